#include "service/measure/trace.h"

#include <assert.h>
#include <math.h>

#define RADIX_BITS 11
#define RADIX      (1U << RADIX_BITS)

/* One pass by eleven bits; false when all keys agree in them. */
static bool
rank_pass(const struct rank *from, struct rank *to, size_t count, unsigned shift)
{
	size_t starts[RADIX] = { 0 };
	size_t sum = 0;

	for (size_t i = 0; i < count; i++)
		starts[from[i].key >> shift & (RADIX - 1)]++;
	if (starts[from[0].key >> shift & (RADIX - 1)] == count)
		return false;
	for (size_t i = 0; i < RADIX; i++) {
		size_t here = starts[i];
		starts[i] = sum;
		sum += here;
	}
	for (size_t i = 0; i < count; i++)
		to[starts[from[i].key >> shift & (RADIX - 1)]++] = from[i];
	return true;
}

void
rank_sort(struct rank *ranks, struct rank *scratch, size_t count)
{
	struct rank *from = ranks;
	struct rank *to = scratch;

	if (count < 2)
		return;
	for (unsigned shift = 0; shift < 64; shift += RADIX_BITS) {
		if (rank_pass(from, to, count, shift)) {
			struct rank *swap = from;
			from = to;
			to = swap;
		}
	}
	if (from != ranks)
		memcpy(ranks, from, count * sizeof(*ranks));
}

/* IEEE 754 totalOrder: flip everything below zero, the sign alone above. */
uint64_t
rank_key(double value)
{
	uint64_t bits;

	assert(isfinite(value));
	memcpy(&bits, &value, sizeof(bits));
	return bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
}

static struct rank *
ranks_new(struct arena *arena, size_t count)
{
	return arena_alloc(arena, (count + 1) * sizeof(struct rank), _Alignof(struct rank));
}

struct rank *
trace_rank(const struct trace *trace, struct arena *arena)
{
	struct rank *ranks = ranks_new(arena, trace->count);
	struct rank *scratch = ranks_new(arena, trace->count);

	for (size_t i = 0; i < trace->count; i++)
		ranks[i] = (struct rank){ rank_key(trace->points[i].mg_dl), i };
	rank_sort(ranks, scratch, trace->count);
	return ranks;
}

static int64_t
gap_before(const struct trace *trace, size_t at)
{
	return trace->points[at].taken_us - trace->points[at - 1].taken_us;
}

/* The gap that more than half of `count` gaps are, or 0: Boyer and Moore's vote,
 * then a count.  What is more than half of them is their median, and a sensor
 * that keeps time has one. */
static int64_t
majority_gap(const struct trace *trace, size_t count)
{
	int64_t favourite = 0;
	size_t votes = 0;
	size_t times = 0;

	for (size_t i = 1; i < trace->count; i++) {
		int64_t gap_us = gap_before(trace, i);
		if (gap_us == 0)
			continue;
		if (votes == 0)
			favourite = gap_us;
		votes = gap_us == favourite ? votes + 1 : votes - 1;
	}
	for (size_t i = 1; i < trace->count; i++)
		times += gap_before(trace, i) == favourite;
	return times > count / 2 ? favourite : 0;
}

int64_t
trace_interval_us(const struct trace *trace, struct arena *arena)
{
	struct rank *gaps;
	size_t count = 0;
	int64_t majority;

	for (size_t i = 1; i < trace->count; i++) {
		assert(gap_before(trace, i) >= 0);
		count += gap_before(trace, i) > 0;
	}
	majority = count == 0 ? 0 : majority_gap(trace, count);
	if (count == 0 || majority > 0)
		return majority;
	gaps = ranks_new(arena, count);
	count = 0;
	for (size_t i = 1; i < trace->count; i++) {
		if (gap_before(trace, i) > 0)
			gaps[count++] = (struct rank){ (uint64_t)gap_before(trace, i), i };
	}
	rank_sort(gaps, ranks_new(arena, count), count);
	return (int64_t)gaps[(count - 1) / 2].key;
}

double
percentile(const double *sorted, size_t count, double share)
{
	double at = share * (double)(count - 1);
	size_t low = (size_t)at;

	if (low + 1 >= count)
		return sorted[count - 1];
	return sorted[low] + (at - (double)low) * (sorted[low + 1] - sorted[low]);
}
