/*
 * A scan gives what a whole look gives, in order, in batches, whatever lies how
 * in the store.  The expected readings are kept beside by the test itself.
 */
#include "vault/vault_fixture.h"

#include "service/measure/analyte.h"
#include "service/measure/compact.h"
#include "service/measure/intake.h"
#include "service/measure/scan.h"

#define START_US (INT64_C(1767225600) * US_PER_S) /* 2026-01-01T00:00:00Z */
#define MOST     8192

/* What should be there: time and value by the order of making. */
struct kept {
	struct reading items[MOST];
	size_t count;
};

struct bed {
	struct fixture *f;
	struct door door;
	struct kept kept;
};

static struct reading
reading_at(int64_t minute, int64_t value)
{
	return (struct reading){ .status = READING_FINAL,
		                 .method = READING_MANUAL,
		                 .analyte = ANALYTE_GLUCOSE,
		                 .unit = UNIT_MG_DL,
		                 .value = { value, 0 },
		                 .taken_us = START_US + minute * US_PER_MIN,
		                 .received_us = START_US };
}

static void
store(struct bed *bed, struct reading *items, size_t count)
{
	struct intake intake = { .subject = bed->f->actors[ANA].subject,
		                 .items = items,
		                 .count = count };

	intake.results = arena_alloc(&bed->f->arena, count * sizeof(*intake.results),
	                             _Alignof(struct intake_result));
	RC_IS(bed->f, intake_store(&bed->door, &intake, &bed->f->arena, &bed->f->err), RC_OK);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(intake.results[i].outcome, INTAKE_STORED);
		bed->kept.items[bed->kept.count++] = items[i];
	}
}

static void
move(struct bed *bed, size_t which, int64_t minute)
{
	struct reading *old = &bed->kept.items[which];
	struct reading next = *old;

	next.taken_us = START_US + minute * US_PER_MIN;
	RC_IS(bed->f,
	      intake_correct(&bed->door, old, &next, bed->f->actors[ANA].subject, &bed->f->err),
	      RC_OK);
	*old = next;
}

static int
by_place(const void *a, const void *b)
{
	return reading_compare(a, b);
}

/* Up or down over [from, until): every kept reading once, in order. */
static void
expect(struct bed *bed, int64_t from_us, int64_t until_us, bool is_down)
{
	CLEANUP(scan_close) struct scan scan = { 0 };
	struct lookup ask = { .subject = bed->f->actors[ANA].subject,
		              .analyte = ANALYTE_ANY,
		              .from_us = from_us,
		              .until_us = until_us,
		              .has_errors = true };
	struct readings batch;
	size_t low = 0;
	size_t high = bed->kept.count;
	bool is_any = from_us == 0 && until_us == 0;

	qsort(bed->kept.items, high, sizeof(struct reading), by_place);
	while (!is_any && low < high && bed->kept.items[low].taken_us < from_us)
		low++;
	while (!is_any && low < high && bed->kept.items[high - 1].taken_us >= until_us)
		high--;
	scan_open(&scan, &bed->door, &ask, is_down);
	do {
		RC_IS(bed->f, scan_next(&scan, &batch, &bed->f->err), RC_OK);
		for (size_t i = 0; i < batch.count; i++) {
			const struct reading *due =
			    is_down ? &bed->kept.items[--high] : &bed->kept.items[low++];
			assert_true(low <= high);
			assert_int_equal(batch.items[i].number, due->number);
			assert_int_equal(batch.items[i].version, due->version);
			assert_int_equal(batch.items[i].taken_us, due->taken_us);
		}
	} while (batch.count != 0);
	assert_int_equal(low, high);
}

static void
expect_both(struct bed *bed)
{
	int64_t from_us = START_US + 700 * US_PER_MIN;
	int64_t until_us = START_US + 1900 * US_PER_MIN;

	expect(bed, 0, 0, false);
	expect(bed, 0, 0, true);
	expect(bed, from_us, until_us, false);
	expect(bed, from_us, until_us, true);
}

static void
single_readings_and_batches_come_in_order(void **state)
{
	struct bed *bed = *state;
	struct reading batch[300];

	expect_both(bed);
	for (int64_t i = 0; i < 40; i++) {
		struct reading one = reading_at(i * 37 % 40 * 50, 100 + i);
		store(bed, &one, 1);
	}
	for (int64_t k = 0; k < 6; k++) {
		for (int64_t i = 0; i < 300; i++)
			batch[i] = reading_at(k * 250 + i * (k == 5 ? 8 : 1), 100);
		store(bed, batch, 300);
	}
	expect_both(bed);
}

static void
a_corrected_reading_comes_once_where_it_is_now(void **state)
{
	struct bed *bed = *state;

	for (size_t i = 0; i < 30; i++)
		move(bed, i * 11 % bed->kept.count, (int64_t)(i * 97 % 2500));
	for (size_t i = 0; i < 30; i++)
		move(bed, i * 7 % bed->kept.count, (int64_t)(i * 191 % 2500));
	expect_both(bed);
}

static void
many_readings_at_one_time_come_each_once(void **state)
{
	struct bed *bed = *state;

	for (int64_t i = 0; i < 60; i++) {
		struct reading one = reading_at(1000, 100 + i);
		store(bed, &one, 1);
	}
	expect_both(bed);
}

static void
joined_segments_give_the_same(void **state)
{
	struct bed *bed = *state;
	struct door door = bed->door;

	door.actor = &bed->f->actors[SYSTEM];
	RC_IS(bed->f, compact_run(&door, clock_monotonic_us() + 20 * US_PER_S, &bed->f->err),
	      RC_OK);
	expect_both(bed);
}

static void
an_empty_span_has_nothing(void **state)
{
	struct bed *bed = *state;
	int64_t later_us = START_US + 100 * US_PER_DAY;

	expect(bed, later_us, later_us + US_PER_DAY, false);
	expect(bed, later_us, later_us + US_PER_DAY, true);
}

/* One vault for all: each test adds to what the one before it left. */
static int
bed_open(void **state)
{
	struct bed *bed = calloc(1, sizeof(*bed));
	void *fixture;

	assert_non_null(bed);
	if (fixture_open(&fixture) != 0)
		return -1;
	bed->f = fixture;
	bed->door = door_of(bed->f, ANA, "care");
	*state = bed;
	return 0;
}

static int
bed_close(void **state)
{
	struct bed *bed = *state;
	void *fixture = bed->f;

	free(bed);
	return fixture_close(&fixture);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(single_readings_and_batches_come_in_order),
		cmocka_unit_test(many_readings_at_one_time_come_each_once),
		cmocka_unit_test(a_corrected_reading_comes_once_where_it_is_now),
		cmocka_unit_test(joined_segments_give_the_same),
		cmocka_unit_test(an_empty_span_has_nothing),
	};

	return cmocka_run_group_tests(tests, bed_open, bed_close);
}
