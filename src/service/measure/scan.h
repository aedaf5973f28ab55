/*
 * All readings of a span of time in order, a batch at a time, in flat memory.
 *
 *	CLEANUP(scan_close) struct scan scan;
 *	scan_open(&scan, door, &ask);
 *	do {
 *		TRY(scan_next(&scan, &batch, err));
 *		…
 *	} while (batch.count != 0);
 *
 * Each step asks for the segments that overlap what is still to come, so that
 * segments which are joined or added meanwhile lose and repeat nothing: a
 * segment's span covers the time of every version it holds and replaces.  What
 * comes or is corrected after its first step is not of a scan, so that a reading
 * which a correction moves meanwhile comes once, as it was.
 */
#ifndef SERVICE_MEASURE_SCAN_H
#define SERVICE_MEASURE_SCAN_H

#include "service/measure/lookup.h"

struct scan {
	const struct door *door;
	struct lookup ask; /* subject, analyte, from and until, has_errors, act */
	bool is_down;      /* newest first */
	bool is_over;
	bool has_last_change;
	int64_t last_change; /* of the subject at the first step */
	int rows;            /* asked for in one step */
	struct arena arena;  /* of the batch at hand */
};

/* `ask->latest` and `has_versions` are not looked at; current versions only. */
void scan_open(struct scan *scan, const struct door *door, const struct lookup *ask,
               bool is_down);

/* By time (up or down), then by number; good until the next call.  Empty: over.
 * RC_LIMIT when too many readings lie at one time. */
enum rc scan_next(struct scan *scan, struct readings *batch, struct err *err) MUST_CHECK;
void scan_close(struct scan *scan);

/* The one order of readings: by time, number, version. */
int reading_compare(const struct reading *a, const struct reading *b);

#endif
