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

int64_t
trace_interval_us(const struct trace *trace, struct arena *arena)
{
	struct rank *gaps = ranks_new(arena, trace->count);
	struct rank *scratch = ranks_new(arena, trace->count);
	size_t count = 0;

	for (size_t i = 1; i < trace->count; i++) {
		int64_t gap_us = trace->points[i].taken_us - trace->points[i - 1].taken_us;

		assert(gap_us >= 0);
		if (gap_us > 0)
			gaps[count++] = (struct rank){ (uint64_t)gap_us, i };
	}
	if (count == 0)
		return 0;
	rank_sort(gaps, scratch, count);
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
