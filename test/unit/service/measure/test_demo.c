/* Made-up readings: the same each time, and shaped as their kind says. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "service/measure/analyte.h"
#include "service/measure/demo.h"
#include "service/measure/metrics.h"

#define START_US INT64_C(1772323200000000) /* 2026-03-01T00:00:00Z */

static struct demo_profile
member(uint64_t seed, enum demo_kind kind)
{
	return (struct demo_profile){
		.seed = seed, .kind = kind, .calibration = 2, .gain = 1.1, .offset_mg_dl = -4
	};
}

static struct readings
make(struct arena *arena, const struct demo_profile *profile, int from_day, int days)
{
	struct readings readings;
	int64_t from_us = START_US + from_day * US_PER_DAY;

	demo_readings(profile, from_us, from_us + days * US_PER_DAY, arena, &readings);
	return readings;
}

static struct metrics
measure(struct arena *arena, const struct demo_profile *profile, int days)
{
	struct readings readings = make(arena, profile, 0, days);
	struct point *points = arena_alloc(arena, readings.count * sizeof(*points), 8);
	struct metrics_input input = { .points = points, .zone = profile->zone };
	struct metrics metrics;

	for (size_t i = 0; i < readings.count; i++) {
		const struct reading *reading = &readings.items[i];
		if (reading->analyte != ANALYTE_GLUCOSE)
			continue;
		points[input.count++] =
		    (struct point){ reading->taken_us, decimal_value(&reading->value) };
	}
	metrics_compute(&input, &metrics, arena);
	return metrics;
}

static void
a_stretch_is_the_same_alone_and_within_a_longer_one(void **state)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct demo_profile profile = member(42, DEMO_VARIABLE);
	struct readings whole;
	struct readings part;
	size_t at = 0;

	(void)state;
	arena_init(&arena, 256 << 20);
	whole = make(&arena, &profile, 0, 20);
	part = make(&arena, &profile, 7, 5);
	assert_true(part.count > 1000);
	while (whole.items[at].taken_us < START_US + 7 * US_PER_DAY)
		at++;
	for (size_t i = 0; i < part.count; i++) {
		const struct reading *a = &part.items[i];
		const struct reading *b = &whole.items[at + i];

		assert_int_equal(a->taken_us, b->taken_us);
		assert_int_equal(a->value.digits, b->value.digits);
		assert_int_equal(a->raw.digits, b->raw.digits);
		assert_true(a->sequence == b->sequence);
	}
}

static void
readings_are_in_order_with_rising_sequences_and_possible_values(void **state)
{
	CLEANUP(arena_free) struct arena arena = { 0 };

	(void)state;
	arena_init(&arena, 256 << 20);
	for (int kind = 0; kind < DEMO_KINDS; kind++) {
		struct demo_profile profile = member(7, (enum demo_kind)kind);
		struct readings readings = make(&arena, &profile, 0, 30);
		struct err err = { 0 };

		for (size_t i = 0; i < readings.count; i++) {
			const struct reading *reading = &readings.items[i];

			assert_int_equal(analyte_check_value(reading->analyte, reading->unit,
			                                     &reading->value, &err),
			                 RC_OK);
			assert_true(reading->received_us > reading->taken_us);
			if (i == 0)
				continue;
			assert_true(reading->taken_us >= readings.items[i - 1].taken_us);
			assert_true(reading->sequence > readings.items[i - 1].sequence);
		}
	}
}

static void
another_seed_gives_another_member(void **state)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct demo_profile one = member(1, DEMO_STEADY);
	struct demo_profile two = member(2, DEMO_STEADY);

	(void)state;
	arena_init(&arena, 256 << 20);
	assert_true(measure(&arena, &one, 14).mean.value !=
	            measure(&arena, &two, 14).mean.value);
}

static void
each_kind_shows_what_it_is_called_after(void **state)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct metrics metrics[DEMO_KINDS];

	(void)state;
	arena_init(&arena, 512 << 20);
	for (int kind = 0; kind < DEMO_KINDS; kind++) {
		struct demo_profile profile = member(11, (enum demo_kind)kind);
		const struct metrics *m = &metrics[kind];

		metrics[kind] = measure(&arena, &profile, 28);
		print_message("kind %d: mean %.0f CV %.0f%% in range %.0f%% low %.1f%% "
		              "active %.0f%% episodes low %zu high %zu\n",
		              kind, m->mean.value, m->cv_percent.value,
		              m->ranges[RANGE_TARGET].percent,
		              m->ranges[RANGE_LOW].percent + m->ranges[RANGE_VERY_LOW].percent,
		              m->active_percent.value, m->episodes.count_of[EPISODE_LOW],
		              m->episodes.count_of[EPISODE_HIGH]);
		assert_true(m->active_percent.value > 70 && m->active_percent.value < 100);
	}
	assert_true(metrics[DEMO_STEADY].ranges[RANGE_TARGET].percent > 95);
	assert_true(metrics[DEMO_DAWN].profile.bins[26].curve[CURVE_50] >
	            metrics[DEMO_DAWN].profile.bins[4].curve[CURVE_50] + 30);
	assert_true(metrics[DEMO_MEALS].episodes.count_of[EPISODE_HIGH] > 28);
	assert_true(metrics[DEMO_NIGHT_LOWS].episodes.count_of[EPISODE_LOW] >= 7);
	assert_true(metrics[DEMO_VARIABLE].cv_percent.value > 33);
}

static void
raw_values_lead_to_the_values_by_the_calibration(void **state)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct demo_profile profile = member(3, DEMO_MEALS);
	struct readings readings;

	(void)state;
	arena_init(&arena, 256 << 20);
	readings = make(&arena, &profile, 0, 3);
	for (size_t i = 0; i < readings.count; i++) {
		const struct reading *reading = &readings.items[i];
		if (reading->analyte != ANALYTE_GLUCOSE)
			continue;
		assert_true(reading->has_raw);
		assert_true(fabs(1.1 * decimal_value(&reading->raw) - 4 -
		                 decimal_value(&reading->value)) < 0.56);
	}
	profile.calibration = 0;
	assert_false(make(&arena, &profile, 0, 1).items[0].has_raw);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stretch_is_the_same_alone_and_within_a_longer_one),
		cmocka_unit_test(
		    readings_are_in_order_with_rising_sequences_and_possible_values),
		cmocka_unit_test(another_seed_gives_another_member),
		cmocka_unit_test(each_kind_shows_what_it_is_called_after),
		cmocka_unit_test(raw_values_lead_to_the_values_by_the_calibration),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
