/*
 * Figures of glucose readings.
 *
 * Expected figures of real people's data come from independent programs: the
 * reference values that stand with the data, and ten lines of Python (csv,
 * statistics) for the outer percentiles, wear and days.  Those of the made-up
 * series are worked out by hand and shown beside them.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "service/measure/metrics.h"

#define CSV        "../shared/data/measure/cgm-5-subjects.csv"
#define CSV_MAX    20000
#define MIN_US     US_PER_MIN
#define START_US   INT64_C(1772323200000000) /* 2026-03-01T00:00:00Z, a Sunday */
#define NEAR(a, b) assert_true(fabs((a) - (b)) < 5e-5)

static struct metrics
compute(struct arena *arena, const struct point *points, size_t count)
{
	struct metrics_input input = { .points = points, .count = count };
	struct metrics metrics;

	metrics_compute(&input, &metrics, arena);
	return metrics;
}

/* Values five minutes apart. */
static struct metrics
compute_values(struct arena *arena, const double *values, size_t count)
{
	struct point *points = arena_alloc(arena, count * sizeof(*points) + 1, 8);

	for (size_t i = 0; i < count; i++)
		points[i] = (struct point){ START_US + (int64_t)i * 5 * MIN_US, values[i] };
	return compute(arena, points, count);
}

static void
the_ranges_hold_their_edges(void **state)
{
	/* 53.9 | 54 69.9 | 70 180 | 180.1 250 | 250.1 and two at 100 */
	static const double values[] = { 53.9, 54, 69.9, 70, 180, 180.1, 250, 250.1, 100, 100 };
	static const size_t counts[] = { 1, 2, 4, 2, 1 };
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct metrics metrics;

	(void)state;
	arena_init(&arena, 64 << 20);
	metrics = compute_values(&arena, values, COUNT_OF(values));
	for (size_t i = 0; i < RANGE_COUNT; i++) {
		assert_int_equal(metrics.ranges[i].count, counts[i]);
		NEAR(metrics.ranges[i].percent, 10.0 * (double)counts[i]);
		assert_int_equal(metrics.ranges[i].tenths, 100 * counts[i]);
	}
	/* 3×10 + 2.4×20 + 1.6×10 + 0.8×20 = 110, and 100 is the most. */
	NEAR(metrics.gri.value, 100);
}

static void
a_personal_target_stands_beside_the_consensus_one(void **state)
{
	static const struct point points[] = { { 1, 79 }, { 2, 80 }, { 3, 140 }, { 4, 141 } };
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct metrics_input input = {
		.points = points, .count = 4, .target_low = 80, .target_high = 140
	};
	struct metrics metrics;

	(void)state;
	arena_init(&arena, 64 << 20);
	metrics_compute(&input, &metrics, &arena);
	assert_int_equal(metrics.targets[TARGET_BELOW].count, 1);
	assert_int_equal(metrics.targets[TARGET_IN].count, 2);
	assert_int_equal(metrics.targets[TARGET_ABOVE].count, 1);
	assert_int_equal(metrics.ranges[RANGE_TARGET].count, 4);
}

static void
moments_and_percentiles_of_one_to_ten(void **state)
{
	/* R: x <- 101:110; mean, sd, quantile(x, c(.05,.25,.5,.75,.95)), type 7 */
	static const double values[] = { 110, 101, 109, 102, 108, 103, 107, 104, 106, 105 };
	static const double quantiles[] = { 101.45, 103.25, 105.5, 107.75, 109.55 };
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct metrics metrics;

	(void)state;
	arena_init(&arena, 64 << 20);
	metrics = compute_values(&arena, values, COUNT_OF(values));
	NEAR(metrics.mean.value, 105.5);
	NEAR(metrics.sd.value, 3.0276504);
	NEAR(metrics.cv_percent.value, 2.8698108);
	NEAR(metrics.gmi_percent.value, 3.31 + 0.02392 * 105.5);
	NEAR(metrics.min.value, 101);
	NEAR(metrics.max.value, 110);
	for (size_t i = 0; i < CURVE_COUNT; i++)
		NEAR(metrics.percentile[i].value, quantiles[i]);
}

static void
what_cannot_be_known_is_not_a_number(void **state)
{
	static const struct point one[] = { { START_US, 100 } };
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct metrics metrics;

	(void)state;
	arena_init(&arena, 64 << 20);
	metrics = compute(&arena, NULL, 0);
	assert_true(isnan(metrics.mean.value) && metrics.mean.lack == LACK_READINGS);
	assert_true(isnan(metrics.gri.value) && isnan(metrics.ranges[RANGE_TARGET].percent));
	assert_int_equal(metrics.doubt, LACK_READINGS);
	assert_int_equal(metrics.days_worn, 0);
	assert_false(metrics.episodes.has);
	assert_false(metrics.profile.bins[0].has);
	metrics = compute(&arena, one, 1);
	NEAR(metrics.mean.value, 100);
	assert_true(isnan(metrics.sd.value) && metrics.sd.lack == LACK_READINGS);
	assert_true(isnan(metrics.active_percent.value));
	assert_true(isnan(metrics.mage.value));
	assert_int_equal(metrics.days_worn, 1);
	assert_int_equal(metrics.doubt, LACK_DAYS);
}

static void
rounded_shares_always_sum_to_a_hundred(void **state)
{
	static const struct {
		size_t counts[5];
		int tenths[5];
	} rows[] = {
		/* 333.3 333.3 333.3: the first gets what is left */
		{ { 1, 1, 1, 0, 0 }, { 334, 333, 333, 0, 0 } },
		/* 142.857 ×2, 714.286: two are left for the two largest rests */
		{ { 1, 1, 5, 0, 0 }, { 143, 143, 714, 0, 0 } },
		{ { 0, 0, 0, 0, 0 }, { 0, 0, 0, 0, 0 } },
		{ { 999999, 1, 0, 0, 0 }, { 1000, 0, 0, 0, 0 } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct share shares[5] = { 0 };
		int sum = 0;

		for (size_t k = 0; k < 5; k++)
			shares[k].count = rows[i].counts[k];
		shares_round(shares, 5);
		for (size_t k = 0; k < 5; k++) {
			assert_int_equal(shares[k].tenths, rows[i].tenths[k]);
			sum += shares[k].tenths;
		}
		assert_true(sum == 1000 || i == 2);
	}
}

/* --- episodes ------------------------------------------------------------- */

static struct episodes
episodes_of(struct arena *arena, const double *values, size_t count)
{
	return compute_values(arena, values, count).episodes;
}

static void
fifteen_minutes_make_an_episode_and_ten_do_not(void **state)
{
	static const double ten[] = { 100, 65, 65, 100, 100, 100, 100 };
	static const double fifteen[] = { 100, 65, 60, 69, 70, 100, 100, 100 };
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct episodes episodes;

	(void)state;
	arena_init(&arena, 64 << 20);
	episodes = episodes_of(&arena, ten, COUNT_OF(ten));
	assert_true(episodes.has);
	assert_int_equal(episodes.count, 0);
	episodes = episodes_of(&arena, fifteen, COUNT_OF(fifteen));
	assert_int_equal(episodes.count, 1);
	assert_int_equal(episodes.items[0].kind, EPISODE_LOW);
	assert_int_equal(episodes.items[0].from_us, START_US + 5 * MIN_US);
	assert_int_equal(episodes.items[0].until_us, START_US + 20 * MIN_US);
	assert_int_equal(episodes.items[0].extreme, 2);
	assert_int_equal(episodes.items[0].last, 3);
	assert_false(episodes.items[0].is_cut);
}

static void
a_short_return_does_not_split_an_episode(void **state)
{
	static const double values[] = { 100, 200, 200, 200, 170, 170, 200, 100,
		                         100, 100, 100, 200, 200, 200, 100 };
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct episodes episodes;

	(void)state;
	arena_init(&arena, 64 << 20);
	episodes = episodes_of(&arena, values, COUNT_OF(values));
	assert_int_equal(episodes.count_of[EPISODE_HIGH], 2);
	assert_int_equal(episodes.items[0].until_us - episodes.items[0].from_us, 30 * MIN_US);
	/* The second one is over, but fifteen minutes back are not in the data. */
	assert_true(episodes.items[1].is_cut);
	assert_int_equal(episodes.total_us[EPISODE_HIGH], 45 * MIN_US);
}

static void
level_two_is_counted_beside_level_one(void **state)
{
	static const double values[] = { 100, 60, 50, 50, 50, 60, 60, 100, 100, 100, 100 };
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct episodes episodes;

	(void)state;
	arena_init(&arena, 64 << 20);
	episodes = episodes_of(&arena, values, COUNT_OF(values));
	assert_int_equal(episodes.count_of[EPISODE_LOW], 1);
	assert_int_equal(episodes.count_of[EPISODE_VERY_LOW], 1);
	assert_int_equal(episodes.items[1].from_us, START_US + 10 * MIN_US);
}

static void
a_gap_ends_an_episode_and_is_not_filled(void **state)
{
	/* Low for 15 min, nothing for two hours, low for 10 min: one, cut. */
	struct point points[60];
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct episodes episodes;
	size_t count = 0;

	(void)state;
	arena_init(&arena, 64 << 20);
	for (int minute = 0; minute < 60; minute += 5)
		points[count++] =
		    (struct point){ START_US + minute * MIN_US, minute >= 45 ? 60.0 : 100.0 };
	for (int minute = 180; minute < 240; minute += 5)
		points[count++] =
		    (struct point){ START_US + minute * MIN_US, minute < 190 ? 60.0 : 100.0 };
	episodes = compute(&arena, points, count).episodes;
	assert_int_equal(episodes.count, 1);
	assert_true(episodes.items[0].is_cut);
	assert_int_equal(episodes.items[0].until_us, START_US + 60 * MIN_US);
}

static void
a_lone_low_before_missing_readings_is_no_episode(void **state)
{
	/* One low reading, then 40 minutes of nothing, then normal again. */
	struct point points[40];
	CLEANUP(arena_free) struct arena arena = { 0 };
	size_t count = 0;

	(void)state;
	arena_init(&arena, 64 << 20);
	for (int minute = 0; minute <= 60; minute += 5)
		points[count++] =
		    (struct point){ START_US + minute * MIN_US, minute == 60 ? 60.0 : 100.0 };
	for (int minute = 100; minute < 160; minute += 5)
		points[count++] = (struct point){ START_US + minute * MIN_US, 100 };
	assert_int_equal(compute(&arena, points, count).episodes.count, 0);
}

static void
only_more_than_two_hours_of_low_are_extended(void **state)
{
	double values[60];
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct episodes episodes;

	(void)state;
	arena_init(&arena, 64 << 20);
	for (size_t i = 0; i < COUNT_OF(values); i++)
		values[i] = i >= 10 && i < 34 ? 65 : 100; /* 24 readings: 120 minutes */
	episodes = episodes_of(&arena, values, COUNT_OF(values));
	assert_int_equal(episodes.count, 1);
	assert_false(episodes.items[0].is_extended);
	values[34] = 65;
	episodes = episodes_of(&arena, values, COUNT_OF(values));
	assert_true(episodes.items[0].is_extended);
}

static void
finger_sticks_show_no_episodes(void **state)
{
	static const struct point points[] = { { START_US, 60 },
		                               { START_US + 6 * US_PER_HOUR, 60 },
		                               { START_US + 12 * US_PER_HOUR, 60 } };
	CLEANUP(arena_free) struct arena arena = { 0 };

	(void)state;
	arena_init(&arena, 64 << 20);
	assert_false(compute(&arena, points, COUNT_OF(points)).episodes.has);
}

/* --- MAGE, wear, profile ---------------------------------------------------- */

static void
mage_is_the_mean_swing_in_the_first_direction(void **state)
{
	/*
	 * Hourly for 26 hours, 100 but for: 170 at 4 h, 60 at 8 h, 200 at 12 h,
	 * 130 at 13 h, 210 at 14 h.  n = 27, sum 2700+70−40+100+30+110 = 2970,
	 * mean 110; squares: 22×100 + 3600 + 2500 + 8100 + 400 + 10000 = 26800,
	 * SD = √(26800/26) = 32.1.  All swings are larger: turning points
	 * 100, 170, 60, 200, 130, 210.  Rises 70, 140, 80: mean 96.6667.
	 */
	struct point points[27];
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct metrics metrics;

	(void)state;
	arena_init(&arena, 64 << 20);
	for (size_t i = 0; i < COUNT_OF(points); i++)
		points[i] = (struct point){ START_US + (int64_t)i * US_PER_HOUR, 100 };
	points[4].mg_dl = 170;
	points[8].mg_dl = 60;
	points[12].mg_dl = 200;
	points[13].mg_dl = 130;
	points[14].mg_dl = 210;
	metrics = compute(&arena, points, COUNT_OF(points));
	NEAR(metrics.sd.value, sqrt(26800.0 / 26));
	NEAR(metrics.mage.value, 290.0 / 3);
	metrics = compute(&arena, points, 20);
	assert_int_equal(metrics.mage.lack, LACK_HOURS);
}

static void
a_steady_line_has_no_mage(void **state)
{
	struct point points[30];
	CLEANUP(arena_free) struct arena arena = { 0 };

	(void)state;
	arena_init(&arena, 64 << 20);
	for (size_t i = 0; i < COUNT_OF(points); i++)
		points[i] = (struct point){ START_US + (int64_t)i * US_PER_HOUR, 100 };
	assert_int_equal(compute(&arena, points, COUNT_OF(points)).mage.lack, LACK_SWING);
}

static void
wear_is_what_came_of_what_was_expected(void **state)
{
	/* One day at five minutes, the last six hours missing but for one reading
	 * at its end, and each reading of the first hour sent twice. */
	struct point points[400];
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct metrics_input input = { .points = points };
	struct metrics metrics;
	size_t count = 0;

	(void)state;
	arena_init(&arena, 64 << 20);
	for (int minute = 0; minute < 18 * 60; minute += 5) {
		points[count++] = (struct point){ START_US + minute * MIN_US, 100 };
		if (minute < 60)
			points[count++] = (struct point){ START_US + minute * MIN_US, 101 };
	}
	points[count++] = (struct point){ START_US + 24 * 60 * MIN_US, 100 };
	metrics = compute(&arena, points, count);
	NEAR(metrics.active_percent.value, 100.0 * 217 / 289);
	assert_int_equal(metrics.days_worn, 2);
	/* Of the first twelve hours all; of 36 hours, 217 of 36×12 = 432. */
	input.count = count;
	input.from_us = START_US;
	input.until_us = START_US + 12 * US_PER_HOUR;
	metrics_compute(&input, &metrics, &arena);
	NEAR(metrics.active_percent.value, 100);
	assert_int_equal(metrics.count, 144 + 12);
	input.until_us = START_US + 36 * US_PER_HOUR;
	metrics_compute(&input, &metrics, &arena);
	NEAR(metrics.active_percent.value, 100.0 * 217 / 432);
}

static void
the_interval_is_the_median_gap(void **state)
{
	/* Gaps in minutes 4, 5, 6, 5, 0, 90: sorted without the 0, 4 5 5 6 90;
	 * then 3, 4, 6, 7 (two middle ones: the lower). */
	static const int64_t minutes[][7] = { { 0, 4, 9, 15, 20, 20, 110 },
		                              { 0, 3, 7, 13, 20 } };
	static const size_t counts[] = { 7, 5 };
	static const int64_t medians[] = { 5, 4 };

	(void)state;
	for (size_t row = 0; row < COUNT_OF(counts); row++) {
		CLEANUP(arena_free) struct arena arena = { 0 };
		struct point points[7];

		arena_init(&arena, 64 << 20);
		for (size_t i = 0; i < counts[row]; i++)
			points[i] = (struct point){ START_US + minutes[row][i] * MIN_US, 100 };
		assert_int_equal(compute(&arena, points, counts[row]).interval_us,
		                 medians[row] * MIN_US);
	}
}

static void
the_profile_follows_the_clock_on_the_wall(void **state)
{
	/*
	 * Four weeks every five minutes round Paris's change of clocks on
	 * 2026-03-29; the value is 100 + the local hour.  In the middle of an hour
	 * every curve is then 100 + the hour, before and after the change alike.
	 */
	CLEANUP(zone_close) struct zone *zone = NULL;
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct metrics_input input = { .count = 28 * 288 };
	struct metrics metrics;
	struct err err = { 0 };
	struct point *points;

	(void)state;
	arena_init(&arena, 64 << 20);
	assert_int_equal(zone_open(&zone, STR("Europe/Paris"), &err), RC_OK);
	points = arena_alloc(&arena, input.count * sizeof(*points), 8);
	for (size_t i = 0; i < input.count; i++) {
		int64_t us = START_US + 14 * US_PER_DAY + (int64_t)i * 5 * MIN_US;
		points[i].taken_us = us;
		points[i].mg_dl = 100.0 + civil_from_us(us, zone_offset_s(zone, us)).hour;
	}
	input.points = points;
	input.zone = zone;
	metrics_compute(&input, &metrics, &arena);
	for (size_t hour = 0; hour < 24; hour++) {
		const struct profile_bin *bin = &metrics.profile.bins[hour * 4 + 2];

		assert_true(bin->has);
		/* Bins 1 and 2 of an hour lie whole bins away from its edges but
		 * for the smoothing, which reaches the median of the next. */
		NEAR(bin->curve[CURVE_50], 100.0 + (double)hour);
	}
	/* 15 March 01:00 to 12 April 02:00 local: 29 days, one of 23 hours. */
	assert_int_equal(metrics.days_worn, 29);
	assert_int_equal(metrics.profile.days[14].end_us - metrics.profile.days[14].start_us,
	                 23 * US_PER_HOUR);
	assert_int_equal(metrics.profile.days[14].group.count, 23 * 12);
	NEAR(metrics.profile.parts[1].mean, 108.5); /* 6 to 11 o'clock */
	/* Tuesdays: four whole days of 0 to 23 o'clock. */
	assert_int_equal(metrics.profile.weekdays[1].count, 4 * 288);
	NEAR(metrics.profile.weekdays[1].mean, 111.5);
	NEAR(metrics.profile.weekdays[1].min, 100);
	NEAR(metrics.profile.weekdays[1].max, 123);
	assert_int_equal(metrics.doubt, LACK_NOTHING);
}

static void
the_curves_never_cross(void **state)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct metrics metrics;
	double values[288 * 15];
	uint64_t noise = 1;

	(void)state;
	arena_init(&arena, 64 << 20);
	for (size_t i = 0; i < COUNT_OF(values); i++) {
		noise = noise * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		values[i] = 50 + (double)(noise >> 40) / 65536.0;
	}
	metrics = compute_values(&arena, values, COUNT_OF(values));
	for (size_t i = 0; i < PROFILE_BINS; i++) {
		for (size_t c = 1; c < CURVE_COUNT; c++)
			assert_true(metrics.profile.bins[i].curve[c - 1] <=
			            metrics.profile.bins[i].curve[c]);
	}
}

static void
a_bin_with_too_few_readings_has_no_value(void **state)
{
	static const double values[] = { 100, 101, 102, 103, 104 };
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct metrics metrics;

	(void)state;
	arena_init(&arena, 64 << 20);
	metrics = compute_values(&arena, values, COUNT_OF(values));
	assert_true(metrics.profile.bins[0].has);
	assert_true(metrics.profile.bins[1].has);
	assert_int_equal(metrics.profile.bins[2].count, 2);
	assert_false(metrics.profile.bins[2].has);
	assert_true(isnan(metrics.profile.bins[2].curve[CURVE_50]));
}

/* --- five people ------------------------------------------------------------ */

/* "Subject 1",2015-06-06 16:50:27,153; times have no zone and are read as UTC. */
static size_t
read_subject(const char *subject, struct point *points)
{
	FILE *file = fopen(CSV, "r");
	char line[128];
	size_t count = 0;

	if (file == NULL)
		return 0;
	while (count < CSV_MAX && fgets(line, sizeof(line), file) != NULL) {
		struct str rest = str_trim(str_from_c(line));
		struct str id;
		struct str time;
		struct err err = { 0 };
		char text[40];

		rest = str_cut(rest, ',', &id);
		rest = str_cut(rest, ',', &time);
		if (!str_eq(str_from_c(subject), id))
			continue;
		(void)snprintf(text, sizeof(text), "%.10sT%.8sZ", time.ptr, time.ptr + 11);
		assert_int_equal(
		    time_parse(str_from_c(text), &points[count].taken_us, NULL, &err), RC_OK);
		points[count].mg_dl = strtod(rest.ptr, NULL);
		count++;
	}
	fclose(file);
	return count;
}

struct expected {
	const char *subject;
	size_t count;
	double figures[5]; /* mean, SD, CV, GMI, GRI */
	double ranges[RANGE_COUNT];
	double percentiles[CURVE_COUNT];
	double active;
	size_t days;
};

static void
check_subject(const struct expected *expected)
{
	struct point *points = calloc(CSV_MAX, sizeof(*points));
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct metrics metrics;
	size_t count = read_subject(expected->subject, points);

	arena_init(&arena, 64 << 20);
	if (count == 0) {
		print_message("%s is absent: skipped\n", CSV);
		free(points);
		skip();
	}
	metrics = compute(&arena, points, count);
	assert_int_equal(metrics.count, expected->count);
	NEAR(metrics.mean.value, expected->figures[0]);
	NEAR(metrics.sd.value, expected->figures[1]);
	NEAR(metrics.cv_percent.value, expected->figures[2]);
	NEAR(metrics.gmi_percent.value, expected->figures[3]);
	NEAR(metrics.gri.value, expected->figures[4]);
	for (size_t i = 0; i < RANGE_COUNT; i++)
		NEAR(metrics.ranges[i].percent, expected->ranges[i]);
	for (size_t i = 0; i < CURVE_COUNT; i++)
		NEAR(metrics.percentile[i].value, expected->percentiles[i]);
	NEAR(metrics.active_percent.value, expected->active);
	assert_int_equal(metrics.days_worn, expected->days);
	assert_true(metrics.mage.value > metrics.sd.value);
	free(points);
}

static void
the_figures_of_subject_1_equal_the_reference(void **state)
{
	static const struct expected expected = {
		.subject = "\"Subject 1\"",
		.count = 2915,
		.figures = { 123.6655, 33.2681, 26.9017, 6.2681, 7.1904 },
		.ranges = { 0, 0.1372, 91.6638, 7.8216, 0.3774 },
		.percentiles = { 88, 99, 112, 143, 195 },
		.active = 79.86301,
		.days = 14,
	};

	(void)state;
	check_subject(&expected);
}

static void
the_figures_of_subject_2_equal_the_reference(void **state)
{
	static const struct expected expected = {
		.subject = "\"Subject 2\"",
		.count = 2829,
		.figures = { 218.4528, 52.3711, 23.9736, 8.5354, 79.7172 },
		.ranges = { 0, 0, 26.4404, 47.4726, 26.0870 },
		.percentiles = { 149, 179, 211, 253, 315 },
		.active = 58.91295,
		.days = 13,
	};

	(void)state;
	check_subject(&expected);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_ranges_hold_their_edges),
		cmocka_unit_test(a_personal_target_stands_beside_the_consensus_one),
		cmocka_unit_test(moments_and_percentiles_of_one_to_ten),
		cmocka_unit_test(what_cannot_be_known_is_not_a_number),
		cmocka_unit_test(rounded_shares_always_sum_to_a_hundred),
		cmocka_unit_test(fifteen_minutes_make_an_episode_and_ten_do_not),
		cmocka_unit_test(a_short_return_does_not_split_an_episode),
		cmocka_unit_test(level_two_is_counted_beside_level_one),
		cmocka_unit_test(a_gap_ends_an_episode_and_is_not_filled),
		cmocka_unit_test(a_lone_low_before_missing_readings_is_no_episode),
		cmocka_unit_test(only_more_than_two_hours_of_low_are_extended),
		cmocka_unit_test(finger_sticks_show_no_episodes),
		cmocka_unit_test(mage_is_the_mean_swing_in_the_first_direction),
		cmocka_unit_test(a_steady_line_has_no_mage),
		cmocka_unit_test(wear_is_what_came_of_what_was_expected),
		cmocka_unit_test(the_interval_is_the_median_gap),
		cmocka_unit_test(the_profile_follows_the_clock_on_the_wall),
		cmocka_unit_test(the_curves_never_cross),
		cmocka_unit_test(a_bin_with_too_few_readings_has_no_value),
		cmocka_unit_test(the_figures_of_subject_1_equal_the_reference),
		cmocka_unit_test(the_figures_of_subject_2_equal_the_reference),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
