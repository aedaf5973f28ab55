/*
 * A person's own use of the pages, where the policy declares a class `activity` about
 * people of that kind: which pages, how often, for how long, with which browser.
 *
 * One record a visit (a pause of ACTIVITY_PAUSE_US ends it), written by the tick as the
 * system; who objected to its purpose has none.  It goes with the class's period, stands
 * in the person's package, and is read by nobody else than the policy's roles.  A page
 * is a route's pattern, never the address that was asked for.  A server that is killed
 * loses the visits under way.
 */
#ifndef OFFICE_ACTIVITY_H
#define OFFICE_ACTIVITY_H

#include "office/office.h"

#define ACTIVITY_PEOPLE   512 /* visits under way at once; more are not recorded */
#define ACTIVITY_PAGES    32  /* different pages of one visit; more are not named */
#define ACTIVITY_PAUSE_US (15 * US_PER_MIN)
#define ACTIVITY_LONG_US                                                                       \
	(4 * US_PER_HOUR) /* a visit is written after so long at the latest                    \
	                   */

struct activity {
	struct id person;
	const char *method; /* both live as long as the program */
	const char *page;
	struct str browser; /* cut to 100 bytes */
};
/* From any thread, quick; nothing where the policy declares no such class. */
void activity_count(struct office *office, const struct tenant *tenant,
                    const struct activity *activity);

#endif
