/*
 * A trace by time of day, by day and by kind of day, in the member's zone.
 *
 * The ambulatory glucose profile (Bergenstal et al. 2013, doi:10.1089/dia.
 * 2013.0051; Johnson et al. 2019, doi:10.1089/dia.2019.0034) lays all days over
 * one another.  Ours: 96 bins of 15 minutes of local clock time; the
 * percentiles of a bin (type 7) are those of its own readings and of the two
 * neighbouring bins together, round midnight too; then each curve is smoothed
 * once with the weights 1-2-1 over bins that have a value.  That order keeps
 * the curves from crossing.  A bin with fewer than PROFILE_BIN_MIN readings has
 * no value.  On the day of a change of clocks the repeated hour counts twice
 * and the skipped hour not at all, as the clock on the wall does.
 */
#ifndef SERVICE_MEASURE_PROFILE_H
#define SERVICE_MEASURE_PROFILE_H

#include "service/measure/trace.h"

#define PROFILE_BINS        96
#define PROFILE_BIN_MIN     5
#define PROFILE_BIN_MINUTES (24 * 60 / PROFILE_BINS)
#define PROFILE_PARTS       4 /* of the day: from 0, 6, 12 and 18 o'clock */
#define PROFILE_WEEKDAYS    7 /* from Monday */

enum profile_curve { CURVE_5, CURVE_25, CURVE_50, CURVE_75, CURVE_95, CURVE_COUNT };

struct profile_bin {
	size_t count; /* readings in the bin and its neighbours */
	bool has;
	double curve[CURVE_COUNT]; /* mg/dL; NAN without `has` */
};

/* Some of the readings together.  Percentages of readings, unrounded. */
struct profile_group {
	size_t count; /* 0: the rest is NAN */
	double mean;
	double min;
	double max;
	double below_percent; /* under 70 */
	double in_percent;    /* 70 to 180 */
	double above_percent; /* over 180 */
};

struct profile_day {
	int64_t start_us;
	int64_t end_us;
	size_t first; /* index of its first point; they are consecutive */
	struct profile_group group;
};

struct profile {
	struct profile_bin bins[PROFILE_BINS];
	struct profile_group parts[PROFILE_PARTS];
	struct profile_group weekdays[PROFILE_WEEKDAYS];
	struct profile_day *days; /* local days with a reading, in order */
	size_t day_count;
};

/* `ranks` are trace_rank()'s of the same trace. */
void profile_compute(const struct trace *trace, const struct rank *ranks,
                     struct profile *profile, struct arena *arena);

#endif
