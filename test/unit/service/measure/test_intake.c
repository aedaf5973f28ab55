/*
 * Readings in: each once, however often it is sent; bad ones kept apart.
 */
#include <pthread.h>

#include "service/measure/intake_bed.h"

#define BATCH   10000
#define THREADS 8

static struct reading
numbered(struct fixture *f, uint64_t sequence)
{
	struct reading reading = reading_of((int64_t)sequence * 5, 100);

	reading.device = f->actors[DEVICE].id;
	reading.has_sequence = true;
	reading.sequence = sequence;
	return reading;
}

static void
a_reading_sent_twice_is_stored_once(void **state)
{
	struct fixture *f = *state;
	struct reading first = numbered(f, 7);
	struct reading second = numbered(f, 7);

	second.value.digits = 222; /* the number decides, not the value */
	assert_int_equal(take(f, &first, 1).results[0].outcome, INTAKE_STORED);
	assert_int_equal(first.number, 1);
	assert_int_equal(take(f, &second, 1).results[0].outcome, INTAKE_DUPLICATE);
	assert_int_equal(look_up_all(f).count, 1);
	assert_int_equal(look_up_all(f).items[0].value.digits, 100);
}

static void
the_same_time_and_value_under_two_numbers_are_two_readings(void **state)
{
	struct fixture *f = *state;
	struct reading items[2] = { numbered(f, 1), numbered(f, 2) };
	struct reading unnumbered[2] = { reading_of(5, 100), reading_of(5, 100) };

	items[1].taken_us = items[0].taken_us;
	(void)take(f, items, 2);
	(void)take(f, unnumbered, 2);
	assert_int_equal(look_up_all(f).count, 4);
}

static void
one_number_of_two_devices_is_two_readings(void **state)
{
	struct fixture *f = *state;
	struct reading items[2] = { numbered(f, 1), numbered(f, 1) };

	items[1].device = id_new(1);
	(void)take(f, items, 2);
	assert_int_equal(look_up_all(f).count, 2);
}

static void
an_identifier_sent_again_tells_which_reading_it_is(void **state)
{
	struct fixture *f = *state;
	struct reading items[2] = { reading_of(1, 90), reading_of(2, 91) };
	struct reading again = reading_of(9, 99);
	struct reading other = reading_of(9, 99);
	struct intake intake;

	items[1].identifier_system = again.identifier_system = STR("urn:a");
	items[1].identifier = again.identifier = other.identifier = STR("17");
	other.identifier_system = STR("urn:b");
	(void)take(f, items, 2);
	intake = take(f, &again, 1);
	assert_int_equal(intake.results[0].outcome, INTAKE_DUPLICATE);
	assert_int_equal(intake.results[0].number, items[1].number);
	assert_int_equal(take(f, &other, 1).results[0].outcome, INTAKE_STORED);
}

static void
twins_in_one_batch_are_stored_once(void **state)
{
	struct fixture *f = *state;
	struct reading items[4] = { numbered(f, 3), numbered(f, 3), reading_of(1, 80),
		                    reading_of(2, 81) };
	struct intake intake;

	items[2].identifier = items[3].identifier = STR("same");
	intake = take(f, items, 4);
	assert_int_equal(intake.results[0].outcome, INTAKE_STORED);
	assert_int_equal(intake.results[1].outcome, INTAKE_DUPLICATE);
	assert_int_equal(intake.results[2].outcome, INTAKE_STORED);
	assert_int_equal(intake.results[3].outcome, INTAKE_DUPLICATE);
	assert_int_equal(look_up_all(f).count, 2);
}

static void
a_late_reading_takes_its_place_in_time_and_the_next_number(void **state)
{
	struct fixture *f = *state;
	struct reading items[2] = { numbered(f, 10), numbered(f, 30) };
	struct reading late = numbered(f, 20);
	struct readings found;

	(void)take(f, items, 2);
	(void)take(f, &late, 1);
	found = look_up_all(f);
	assert_int_equal(found.count, 3);
	assert_int_equal(found.items[1].sequence, 20);
	assert_int_equal(found.items[1].number, 3);
}

/* --- what is refused ------------------------------------------------------------ */

struct refused {
	const char *field;
	void (*spoil)(struct reading *reading, int64_t now_us);
};

static void
too_high(struct reading *reading, int64_t now_us)
{
	(void)now_us;
	reading->value.digits = 100000;
}

static void
wrong_unit(struct reading *reading, int64_t now_us)
{
	(void)now_us;
	reading->unit = UNIT_UMOL_L;
}

static void
in_the_future(struct reading *reading, int64_t now_us)
{
	reading->taken_us = now_us + 10 * US_PER_MIN;
}

static void
before_1990(struct reading *reading, int64_t now_us)
{
	(void)now_us;
	reading->taken_us = -1;
}

static void
without_device(struct reading *reading, int64_t now_us)
{
	(void)now_us;
	reading->device = (struct id){ { 0 } };
}

static void
number_too_large(struct reading *reading, int64_t now_us)
{
	(void)now_us;
	reading->sequence = UINT64_C(1) << 62;
}

static const struct refused refusals[] = {
	{ "value", too_high },          { "value", wrong_unit },
	{ "taken", in_the_future },     { "taken", before_1990 },
	{ "sequence", without_device }, { "sequence", number_too_large },
};

static void
of_ten_thousand_the_bad_ones_are_named_and_the_good_ones_kept(void **state)
{
	struct fixture *f = *state;
	struct reading *items =
	    arena_alloc(&f->arena, BATCH * sizeof(*items), _Alignof(struct reading));
	size_t bad = 0;
	struct intake intake;
	struct readings found;

	for (size_t i = 0; i < BATCH; i++) {
		items[i] = numbered(f, i);
		items[i].taken_us = BED_START_US + (int64_t)i * US_PER_MIN;
		if (i % 97 == 5)
			refusals[bad++ % COUNT_OF(refusals)].spoil(&items[i],
			                                           clock_now_us(&f->clock));
	}
	intake = take(f, items, BATCH);
	bad = 0;
	for (size_t i = 0; i < BATCH; i++) {
		if (i % 97 != 5) {
			assert_int_equal(intake.results[i].outcome, INTAKE_STORED);
			continue;
		}
		assert_int_equal(intake.results[i].outcome, INTAKE_REFUSED);
		assert_string_equal(intake.results[i].field,
		                    refusals[bad++ % COUNT_OF(refusals)].field);
		assert_true(intake.results[i].why.len != 0);
	}
	found = look_up_all(f);
	assert_int_equal(found.count, BATCH - bad);
	for (size_t i = 1; i < found.count; i++)
		assert_true(found.items[i].taken_us > found.items[i - 1].taken_us);
	assert_int_equal(changes_after(f, 0, BATCH).count, BATCH - bad);
}

static void
a_batch_of_bad_ones_alone_stores_nothing(void **state)
{
	struct fixture *f = *state;
	struct reading item = numbered(f, 1);
	int64_t before = log_size(f);

	too_high(&item, 0);
	assert_int_equal(take(f, &item, 1).results[0].outcome, INTAKE_REFUSED);
	assert_int_equal(log_size(f), before);
}

static void
readings_of_another_member_are_not_taken(void **state)
{
	struct fixture *f = *state;
	const struct door ben = door_of(f, BEN, "care");
	struct reading item = reading_of(1, 100);
	struct intake intake;

	item.identifier = STR("17");
	(void)take(f, &item, 1);
	intake = intake_of(f, &item, 1);
	RC_IS(f, intake_store(&ben, &intake, &f->arena, &f->err), RC_DENIED);
	item.identifier = STR_EMPTY;
	intake = intake_of(f, &item, 1);
	RC_IS(f, intake_store(&ben, &intake, &f->arena, &f->err), RC_DENIED);
	assert_int_equal(look_up_all(f).count, 1);
}

/* --- corrections ------------------------------------------------------------------- */

static void
a_correction_is_the_next_version_of_the_same_number(void **state)
{
	struct fixture *f = *state;
	struct reading item = numbered(f, 1);
	struct reading next;
	struct readings found;

	(void)take(f, &item, 1);
	next = item;
	next.value.digits = 130;
	next.status = READING_CORRECTED;
	next = correct(f, &item, next);
	assert_int_equal(next.number, item.number);
	assert_int_equal(next.version, 2);
	assert_int_equal(next.change, 2);
	found = look_up_all(f);
	assert_int_equal(found.count, 1);
	reading_is(&found.items[0], &next);
	found = versions_of(f, ANALYTE_GLUCOSE, item.number);
	assert_int_equal(found.count, 2);
	reading_is(&found.items[0], &next);
	reading_is(&found.items[1], &item);
}

static void
of_two_corrections_of_one_version_the_second_is_a_conflict(void **state)
{
	struct fixture *f = *state;
	const struct door door = door_of(f, ANA, "care");
	struct reading item = numbered(f, 1);
	struct reading next;

	(void)take(f, &item, 1);
	next = correct(f, &item, item);
	next = item;
	RC_IS(f, intake_correct(&door, &item, &next, f->actors[ANA].subject, &f->err),
	      RC_CONFLICT);
	assert_int_equal(versions_of(f, ANALYTE_GLUCOSE, item.number).count, 2);
}

/* --- threads ------------------------------------------------------------------------ */

struct runner {
	struct fixture *f;
	pthread_t thread;
	int stored, duplicates;
	enum rc rc;
};

/* Each thread sends the same three hundred readings, in small batches. */
static void *
send_run(void *arg)
{
	struct runner *runner = arg;
	struct arena arena;
	const struct door door = door_of(runner->f, DEVICE, "care");
	struct err err;

	arena_init(&arena, 64 * MIB);
	for (uint64_t at = 0; at < 300 && runner->rc == RC_OK; at += 30) {
		struct reading items[30];
		struct intake_result results[30] = { 0 };
		struct intake intake = { runner->f->actors[ANA].subject, items, results, 30 };
		for (uint64_t i = 0; i < 30; i++)
			items[i] = numbered(runner->f, at + i);
		runner->rc = intake_store(&door, &intake, &arena, &err);
		for (size_t i = 0; i < 30; i++) {
			runner->stored += results[i].outcome == INTAKE_STORED;
			runner->duplicates += results[i].outcome == INTAKE_DUPLICATE;
		}
	}
	arena_free(&arena);
	return NULL;
}

static void
many_clients_that_send_the_same_readings_store_each_once(void **state)
{
	struct fixture *f = *state;
	struct runner runners[THREADS];
	struct readings found;
	int stored = 0, duplicates = 0;

	for (size_t i = 0; i < THREADS; i++) {
		runners[i] = (struct runner){ .f = f };
		assert_int_equal(
		    pthread_create(&runners[i].thread, NULL, send_run, &runners[i]), 0);
	}
	for (size_t i = 0; i < THREADS; i++) {
		(void)pthread_join(runners[i].thread, NULL);
		assert_int_equal(runners[i].rc, RC_OK);
		stored += runners[i].stored;
		duplicates += runners[i].duplicates;
	}
	assert_int_equal(stored, 300);
	assert_int_equal(duplicates, 300 * (THREADS - 1));
	found = changes_after(f, 0, 1000);
	assert_int_equal(found.count, 300);
	for (size_t i = 0; i < found.count; i++)
		assert_int_equal(found.items[i].change, i + 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		VAULT_TEST(a_reading_sent_twice_is_stored_once),
		VAULT_TEST(the_same_time_and_value_under_two_numbers_are_two_readings),
		VAULT_TEST(one_number_of_two_devices_is_two_readings),
		VAULT_TEST(an_identifier_sent_again_tells_which_reading_it_is),
		VAULT_TEST(twins_in_one_batch_are_stored_once),
		VAULT_TEST(a_late_reading_takes_its_place_in_time_and_the_next_number),
		VAULT_TEST(of_ten_thousand_the_bad_ones_are_named_and_the_good_ones_kept),
		VAULT_TEST(a_batch_of_bad_ones_alone_stores_nothing),
		VAULT_TEST(readings_of_another_member_are_not_taken),
		VAULT_TEST(a_correction_is_the_next_version_of_the_same_number),
		VAULT_TEST(of_two_corrections_of_one_version_the_second_is_a_conflict),
		VAULT_TEST(many_clients_that_send_the_same_readings_store_each_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
