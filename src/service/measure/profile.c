#include "service/measure/profile.h"

#include <assert.h>
#include <math.h>

static const double shares[CURVE_COUNT] = { 0.05, 0.25, 0.50, 0.75, 0.95 };

/* --- groups: sums first, means at the end ---------------------------------- */

static void
group_add(struct profile_group *group, double mg_dl)
{
	bool is_first = group->count++ == 0;

	group->mean += mg_dl;
	group->min = is_first || mg_dl < group->min ? mg_dl : group->min;
	group->max = is_first || mg_dl > group->max ? mg_dl : group->max;
	if (mg_dl < 70)
		group->below_percent += 1;
	else if (mg_dl > 180)
		group->above_percent += 1;
	else
		group->in_percent += 1;
}

static void
group_merge(struct profile_group *group, const struct profile_group *more)
{
	bool is_first = group->count == 0;

	group->count += more->count;
	group->mean += more->mean;
	group->min = is_first || more->min < group->min ? more->min : group->min;
	group->max = is_first || more->max > group->max ? more->max : group->max;
	group->below_percent += more->below_percent;
	group->in_percent += more->in_percent;
	group->above_percent += more->above_percent;
}

static void
group_finish(struct profile_group *group)
{
	double count = (double)group->count;

	if (group->count == 0) {
		*group = (struct profile_group){ 0, NAN, NAN, NAN, NAN, NAN, NAN };
		return;
	}
	group->mean /= count;
	group->below_percent *= 100 / count;
	group->in_percent *= 100 / count;
	group->above_percent *= 100 / count;
}

/* --- walking the trace through the zone ----------------------------------- */

struct walk {
	struct zone_span span;
	int64_t day_end_us;
};

static int64_t
local_time_of_day(const struct walk *walk, int64_t us)
{
	int64_t rest = (us + walk->span.offset_s * US_PER_S) % US_PER_DAY;

	return rest < 0 ? rest + US_PER_DAY : rest;
}

static void
day_begin(struct walk *walk, const struct trace *trace, size_t at, struct profile *profile)
{
	int64_t us = trace->points[at].taken_us;
	struct profile_day *day = &profile->days[profile->day_count++];

	day->start_us = zone_day_start_us(trace->zone, us);
	day->end_us = zone_day_end_us(trace->zone, us);
	day->first = at;
	walk->day_end_us = day->end_us;
}

/* Most days that `count` readings can lie on, without counting them. */
static size_t
days_max(const struct trace *trace)
{
	int64_t span_us;
	size_t days;

	if (trace->count == 0)
		return 1;
	span_us = trace->points[trace->count - 1].taken_us - trace->points[0].taken_us;
	/* A local day has at least 23 hours, and both ends may be partial. */
	days = (size_t)(span_us / (23 * US_PER_HOUR)) + 2;
	return days < trace->count ? days : trace->count;
}

/* Fills groups and days, and each point's bin. */
static void
walk_days(const struct trace *trace, struct profile *profile, uint8_t *bins)
{
	struct walk walk = { .span = { .from_us = 0, .until_us = INT64_MIN },
		             .day_end_us = INT64_MIN };
	struct profile_group *day = NULL;

	for (size_t i = 0; i < trace->count; i++) {
		const struct point *point = &trace->points[i];
		int64_t time_of_day;

		if (point->taken_us >= walk.span.until_us)
			walk.span = zone_span_at(trace->zone, point->taken_us);
		if (point->taken_us >= walk.day_end_us) {
			day_begin(&walk, trace, i, profile);
			day = &profile->days[profile->day_count - 1].group;
		}
		assert(day != NULL);
		time_of_day = local_time_of_day(&walk, point->taken_us);
		bins[i] = (uint8_t)(time_of_day / (PROFILE_BIN_MINUTES * US_PER_MIN));
		group_add(&profile->parts[time_of_day / (US_PER_DAY / PROFILE_PARTS)],
		          point->mg_dl);
		group_add(day, point->mg_dl);
	}
}

static void
merge_weekdays(const struct trace *trace, struct profile *profile)
{
	for (size_t i = 0; i < profile->day_count; i++) {
		const struct profile_day *day = &profile->days[i];
		int64_t us = trace->points[day->first].taken_us;
		int weekday = civil_weekday(us, zone_offset_s(trace->zone, us));

		group_merge(&profile->weekdays[weekday], &day->group);
	}
}

/* --- bins ---------------------------------------------------------------- */

/* Points come in order of value, so every bin's list is sorted as it grows. */
static void
fill_bins(const struct trace *trace, const struct rank *ranks, const uint8_t *bin_of,
          struct profile *profile, struct arena *arena)
{
	double *sorted =
	    arena_alloc(arena, (3 * trace->count + 1) * sizeof(double), _Alignof(double));
	size_t own[PROFILE_BINS] = { 0 };
	double *lists[PROFILE_BINS];
	size_t lens[PROFILE_BINS] = { 0 };

	for (size_t i = 0; i < trace->count; i++)
		own[bin_of[i]]++;
	for (size_t i = 0; i < PROFILE_BINS; i++) {
		profile->bins[i].count = own[(i + PROFILE_BINS - 1) % PROFILE_BINS] + own[i] +
		                         own[(i + 1) % PROFILE_BINS];
		lists[i] = sorted;
		sorted += profile->bins[i].count;
	}
	for (size_t i = 0; i < trace->count; i++) {
		double mg_dl = trace->points[ranks[i].index].mg_dl;
		size_t bin = bin_of[ranks[i].index] + PROFILE_BINS - 1;
		for (size_t near = 0; near < 3; near++) {
			size_t to = (bin + near) % PROFILE_BINS;
			lists[to][lens[to]++] = mg_dl;
		}
	}
	for (size_t i = 0; i < PROFILE_BINS; i++) {
		profile->bins[i].has = lens[i] >= PROFILE_BIN_MIN;
		for (size_t c = 0; c < CURVE_COUNT; c++)
			profile->bins[i].curve[c] =
			    profile->bins[i].has ? percentile(lists[i], lens[i], shares[c])
						 : NAN;
	}
}

static double
smoothed(const struct profile_bin *bins, size_t at, size_t curve)
{
	static const double weights[] = { 1, 2, 1 };
	double sum = 0;
	double weight = 0;

	for (size_t near = 0; near < COUNT_OF(weights); near++) {
		const struct profile_bin *bin =
		    &bins[(at + PROFILE_BINS - 1 + near) % PROFILE_BINS];
		if (!bin->has)
			continue;
		sum += weights[near] * bin->curve[curve];
		weight += weights[near];
	}
	return sum / weight;
}

static void
smooth_bins(struct profile *profile)
{
	struct profile_bin rough[PROFILE_BINS];

	memcpy(rough, profile->bins, sizeof(rough));
	for (size_t i = 0; i < PROFILE_BINS; i++) {
		for (size_t c = 0; c < CURVE_COUNT && rough[i].has; c++)
			profile->bins[i].curve[c] = smoothed(rough, i, c);
	}
}

void
profile_compute(const struct trace *trace, const struct rank *ranks, struct profile *profile,
                struct arena *arena)
{
	uint8_t *bin_of = arena_alloc(arena, trace->count + 1, 1);

	*profile = (struct profile){ 0 };
	profile->days = arena_alloc(arena, days_max(trace) * sizeof(profile->days[0]),
	                            _Alignof(struct profile_day));
	walk_days(trace, profile, bin_of);
	merge_weekdays(trace, profile);
	fill_bins(trace, ranks, bin_of, profile, arena);
	smooth_bins(profile);
	for (size_t i = 0; i < PROFILE_PARTS; i++)
		group_finish(&profile->parts[i]);
	for (size_t i = 0; i < PROFILE_WEEKDAYS; i++)
		group_finish(&profile->weekdays[i]);
	for (size_t i = 0; i < profile->day_count; i++)
		group_finish(&profile->days[i].group);
}
