/*
 * Breaking promises on purpose, to see that their probes notice.
 *
 * In builds for development and tests broken("tls.minimum") asks the environment
 * (TROTH_BROKEN=tls.minimum).  In the release build, which is what is installed, it
 * is a constant false and the seam is gone from the program.
 */
#ifndef BASE_BROKEN_H
#define BASE_BROKEN_H

#include <stdbool.h>

#ifdef TROTH_BREAKABLE
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static inline bool
broken(const char *promise)
{
	const char *asked = getenv("TROTH_BROKEN");

	return asked != NULL && strcmp(asked, promise) == 0;
}
#else
#define broken(promise) false
#endif

#endif
