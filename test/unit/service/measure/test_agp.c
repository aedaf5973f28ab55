/*
 * The drawing of the glucose profile: complete documents, whatever the data
 * lacks.  What it looks like is judged by eye.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "service/measure/agp.h"
#include "service/measure/analyte.h"

#define START_US INT64_C(1772323200000000) /* 2026-03-01T00:00:00Z */

/* fontconfig keeps its cache until the process ends. */
const char *__lsan_default_suppressions(void);

const char *
__lsan_default_suppressions(void)
{
	return "leak:libfontconfig";
}

static const struct agp_words words = {
	.title = "Glucose profile",
	.subtitle = "1–14 March 2026",
	.unit = "mg/dL",
	.bar = "Time in ranges",
	.ranges = { "Very low", "Low", "Target", "High", "Very high" },
	.target = "Target range",
	.curves = { "Median", "25–75%", "5–95%" },
	.empty = "Not enough readings",
};

/* `hours_a_day` hours of readings on each of the days, waving round 140. */
static struct metrics
wave(struct arena *arena, int days, int hours_a_day)
{
	size_t count = (size_t)(days * hours_a_day * 12);
	struct point *points = arena_alloc(arena, count * sizeof(*points) + 1, 8);
	struct metrics_input input = { .points = points, .count = count };
	struct metrics metrics;

	for (size_t i = 0; i < count; i++) {
		int64_t day = (int64_t)i / (hours_a_day * 12);
		int64_t minute = (int64_t)i % (hours_a_day * 12) * 5;

		points[i].taken_us = START_US + day * US_PER_DAY + minute * US_PER_MIN;
		points[i].mg_dl = 140 + 90 * sin((double)i / 30) + (double)(day * 3 % 20);
	}
	metrics_compute(&input, &metrics, arena);
	return metrics;
}

static struct agp
drawing_of(const struct metrics *metrics)
{
	return (struct agp){ .metrics = metrics,
		             .words = &words,
		             .palette = &agp_light,
		             .unit = UNIT_MG_DL,
		             .width = AGP_WIDTH,
		             .height = AGP_HEIGHT };
}

static void
assert_svg(const struct agp *agp)
{
	CLEANUP(buf_free) struct buf out = { 0 };
	struct err err = { 0 };

	buf_init(&out, 4 << 20);
	assert_int_equal(agp_render(agp, CANVAS_SVG, &out, &err), RC_OK);
	assert_true(str_starts_with((struct str){ out.text, out.len }, STR("<?xml")));
	assert_non_null(strstr(out.text, "</svg>"));
	assert_null(strstr(out.text, "nan"));
	assert_null(strstr(out.text, "inf"));
	assert_null(strstr(out.text, "href=\"http")); /* nothing from elsewhere */
}

static void
every_amount_of_data_makes_a_whole_document(void **state)
{
	static const int hours[] = { 24, 20, 8, 7, 5, 1 };
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct metrics metrics;
	struct agp agp;

	(void)state;
	arena_init(&arena, 256 << 20);
	for (size_t i = 0; i < COUNT_OF(hours); i++) {
		metrics = wave(&arena, 14, hours[i]);
		agp = drawing_of(&metrics);
		assert_int_equal(agp_has_profile(&metrics), hours[i] >= 6);
		assert_svg(&agp);
		agp.unit = UNIT_MMOL_L;
		agp.palette = &agp_dark;
		assert_svg(&agp);
	}
	metrics = wave(&arena, 0, 0);
	agp = drawing_of(&metrics);
	assert_false(agp_has_profile(&metrics));
	assert_svg(&agp);
}

static void
the_same_drawing_comes_as_pdf_and_png(void **state)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	CLEANUP(buf_free) struct buf pdf = { 0 };
	CLEANUP(buf_free) struct buf png = { 0 };
	struct err err = { 0 };
	struct metrics metrics;
	struct agp agp;

	(void)state;
	arena_init(&arena, 64 << 20);
	buf_init(&pdf, 4 << 20);
	buf_init(&png, 4 << 20);
	metrics = wave(&arena, 14, 24);
	agp = drawing_of(&metrics);
	assert_int_equal(agp_render(&agp, CANVAS_PDF, &pdf, &err), RC_OK);
	assert_int_equal(agp_render(&agp, CANVAS_PNG, &png, &err), RC_OK);
	assert_memory_equal(pdf.text, "%PDF-", 5);
	assert_memory_equal(png.text, "\x89PNG", 4);
}

static void
a_full_buffer_is_a_limit_and_a_small_page_is_refused(void **state)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	CLEANUP(buf_free) struct buf out = { 0 };
	struct err err = { 0 };
	struct metrics metrics;
	struct agp agp;

	(void)state;
	arena_init(&arena, 64 << 20);
	buf_init(&out, 2000);
	metrics = wave(&arena, 14, 24);
	agp = drawing_of(&metrics);
	assert_int_equal(agp_render(&agp, CANVAS_SVG, &out, &err), RC_LIMIT);
	agp.width = AGP_WIDTH_MIN - 1;
	assert_int_equal(agp_render(&agp, CANVAS_SVG, &out, &err), RC_INVALID);
}

static void
labels_that_would_meet_are_spread_as_little_as_it_takes(void **state)
{
	/* By hand: three within 2 of 50 spread round 50; a far one stays. */
	double at[] = { 49, 50, 51, 90 };
	double low[] = { 1, 2, 3 };
	double high[] = { 97, 98, 99 };

	(void)state;
	canvas_spread(at, 4, 10, 0, 100);
	assert_true(fabs(at[0] - 40) < 1e-9 && fabs(at[1] - 50) < 1e-9);
	assert_true(fabs(at[2] - 60) < 1e-9 && fabs(at[3] - 90) < 1e-9);
	canvas_spread(low, 3, 10, 0, 100);
	assert_true(low[0] == 0 && low[1] == 10 && low[2] == 20);
	canvas_spread(high, 3, 10, 0, 100);
	assert_true(high[0] == 80 && high[1] == 90 && high[2] == 100);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_amount_of_data_makes_a_whole_document),
		cmocka_unit_test(the_same_drawing_comes_as_pdf_and_png),
		cmocka_unit_test(a_full_buffer_is_a_limit_and_a_small_page_is_refused),
		cmocka_unit_test(labels_that_would_meet_are_spread_as_little_as_it_takes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
