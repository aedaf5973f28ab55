/*
 * A run of glucose values in order of time, and what every figure needs of it:
 * the interval between readings, ranks and percentiles.
 *
 * Values are mg/dL as they were measured or converted, never rounded.  Points
 * are sorted by time (equal times may occur) and finite; entered-in-error
 * readings and other analytes are left out by whoever fills the array.
 */
#ifndef SERVICE_MEASURE_TRACE_H
#define SERVICE_MEASURE_TRACE_H

#include "base/arena.h"
#include "base/zone.h"

struct point {
	int64_t taken_us;
	double mg_dl;
};

struct trace {
	const struct point *points;
	size_t count;
	const struct zone *zone; /* the member's; NULL: UTC */
	int64_t interval_us;     /* trace_interval_us(), or 0 */
};

/* Something to sort by: the key, and the index of what it belongs to. */
struct rank {
	uint64_t key;
	size_t index;
};

/* Ascending and stable; `scratch` has room for as many.  A radix sort: linear,
 * and quick for whole numbers, whose doubles share most of their bits. */
void rank_sort(struct rank *ranks, struct rank *scratch, size_t count);

/* A key that sorts as the number does; the number must be finite. */
uint64_t rank_key(double value);

/* The points in order of value, in the arena. */
struct rank *trace_rank(const struct trace *trace, struct arena *arena);

/* The interval at which readings are expected: the median of the gaps between
 * neighbours that are not at the same time.  0 for fewer than two such. */
int64_t trace_interval_us(const struct trace *trace, struct arena *arena);

/* The percentile `share` (0–1) of sorted values: type 7 of Hyndman and Fan
 * 1996, doi:10.1080/00031305.1996.10473566, with linear interpolation.
 * `count` is at least 1. */
double percentile(const double *sorted, size_t count, double share);

#endif
