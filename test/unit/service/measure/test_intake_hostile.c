/*
 * Readings that are allowed and meant to harm: what one member sends must not
 * stop the others, nor be lost or mistaken for something else.
 */
#include "service/measure/intake_bed.h"
#include "service/measure/scan.h"
#include "service/measure/segment.h"

#define MANY (SEGMENT_DICTIONARY_MAX + 45)

static struct reading
named(struct fixture *f, int64_t minute, const char *system, const char *identifier)
{
	struct reading item = reading_of(minute, 100);

	item.identifier_system = str_copy(&f->arena, str_from_c(system));
	item.identifier = str_copy(&f->arena, str_from_c(identifier));
	return item;
}

static struct reading
of_own_system(struct fixture *f, int64_t minute)
{
	struct reading item = reading_of(minute, 100);

	item.identifier_system = str_printf(&f->arena, "urn:system:%lld", (long long)minute);
	item.identifier = STR("1");
	return item;
}

static int64_t
rows_of(struct fixture *f, enum who who)
{
	char hex[33], text[128];

	for (size_t i = 0; i < 16; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", f->actors[who].subject.bytes[i]);
	(void)snprintf(text, sizeof(text), "SELECT count(*) FROM record WHERE subject = x'%s'",
	               hex);
	return database_number(f, text);
}

/* One by one, as a member that types them in. */
static void
take_singly(struct fixture *f, enum who who, int count)
{
	const struct door door = door_of(f, who, "care");

	for (int i = 0; i < count; i++) {
		struct reading item = reading_of(i, 100);
		struct intake intake = intake_of(f, &item, 1);
		item.method = READING_MANUAL;
		intake.subject = f->actors[who].subject;
		RC_IS(f, intake_store(&door, &intake, &f->arena, &f->err), RC_OK);
	}
}

static void
a_restricted_member_does_not_stop_the_joining_of_others(void **state)
{
	struct fixture *f = *state;
	const struct door door = door_of(f, SYSTEM, "care");

	take_singly(f, ANA, COMPACT_ROWS_LEAST);
	take_singly(f, BEN, COMPACT_ROWS_LEAST);
	RC_IS(
	    f,
	    vault_subject_flags(&door, f->actors[ANA].subject, SUBJECT_RESTRICTED, 0, &f->err),
	    RC_OK);
	compact(f);
	assert_int_equal(rows_of(f, ANA), COMPACT_ROWS_LEAST);
	assert_int_equal(rows_of(f, BEN), 1);
}

static void
a_damaged_segment_is_told_and_does_not_stop_the_joining_of_others(void **state)
{
	struct fixture *f = *state;
	const struct door door = door_of(f, SYSTEM, "care");

	take_singly(f, ANA, COMPACT_ROWS_LEAST);
	database_change(f, "UPDATE record SET body = zeroblob(length(body))",
	                COMPACT_ROWS_LEAST);
	take_singly(f, BEN, COMPACT_ROWS_LEAST);
	RC_IS(f, compact_run(&door, INT64_MAX, &f->err), RC_CORRUPT);
	assert_int_equal(rows_of(f, BEN), 1);
}

static void
a_batch_with_more_identifier_systems_than_a_segment_names_is_stored(void **state)
{
	struct fixture *f = *state;
	struct reading items[MANY];
	struct intake intake;

	for (size_t i = 0; i < COUNT_OF(items); i++)
		items[i] = of_own_system(f, (int64_t)i);
	intake = take(f, items, COUNT_OF(items));
	for (size_t i = 0; i < COUNT_OF(items); i++)
		assert_int_equal(intake.results[i].outcome, INTAKE_STORED);
	assert_int_equal(look_up_all(f).count, COUNT_OF(items));
}

static void
segments_of_more_systems_than_one_names_are_joined_as_far_as_they_fit(void **state)
{
	struct fixture *f = *state;
	struct readings before, after;

	for (int i = 0; i < MANY; i++) {
		struct reading item = of_own_system(f, i);
		(void)take(f, &item, 1);
	}
	before = look_up_all(f);
	compact(f);
	after = look_up_all(f);
	readings_are(&before, &after);
	assert_true(rows_of(f, ANA) < MANY / 4);
}

/* A system and an identifier that run into each other as others do. */
static void
identifiers_of_two_systems_are_never_one(void **state)
{
	struct fixture *f = *state;
	struct reading items[] = { named(f, 1, "a", "b|c"), named(f, 2, "a|b", "c"),
		                   named(f, 3, "", "a|b|c"), named(f, 4, "", "1|a|b|c") };
	struct intake intake = take(f, items, COUNT_OF(items));

	for (size_t i = 0; i < COUNT_OF(items); i++)
		assert_int_equal(intake.results[i].outcome, INTAKE_STORED);
}

static void
an_identifier_cannot_take_the_place_of_a_correction(void **state)
{
	struct fixture *f = *state;
	struct reading first = reading_of(1, 100);
	struct reading other = named(f, 2, "version", "1.2");
	struct reading third = named(f, 3, "", "version|1.2");

	(void)take(f, &first, 1);
	(void)take(f, &other, 1);
	(void)take(f, &third, 1);
	assert_int_equal(first.number, 1);
	assert_int_equal(correct(f, &first, reading_of(1, 101)).version, 2);
}

/* From the far end to where the scan has been, or from there to the far end. */
static void
scan_while_moved(struct fixture *f, size_t which, int64_t minute)
{
	const struct door door = door_of(f, ANA, "care");
	struct lookup ask = { .subject = f->actors[ANA].subject, .analyte = ANALYTE_ANY };
	CLEANUP(scan_close) struct scan scan = { 0 };
	struct readings before = look_up_all(f);
	struct readings batch;
	size_t at = 0;

	scan_open(&scan, &door, &ask, false);
	do {
		RC_IS(f, scan_next(&scan, &batch, &f->err), RC_OK);
		for (size_t i = 0; i < batch.count; i++)
			reading_is(&batch.items[i], &before.items[at++]);
		if (at == batch.count) /* after the first batch */
			(void)correct(f, &before.items[which], reading_of(minute, 101));
	} while (batch.count != 0);
	assert_int_equal(at, before.count);
}

static void
a_reading_that_is_moved_during_a_scan_comes_once_as_it_was(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 100; i++) {
		struct reading item = reading_of(i, 100);
		(void)take(f, &item, 1);
	}
	scan_while_moved(f, 99, 0);
	scan_while_moved(f, 1, 99);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		VAULT_TEST(a_restricted_member_does_not_stop_the_joining_of_others),
		VAULT_TEST(a_damaged_segment_is_told_and_does_not_stop_the_joining_of_others),
		VAULT_TEST(a_batch_with_more_identifier_systems_than_a_segment_names_is_stored),
		VAULT_TEST(
		    segments_of_more_systems_than_one_names_are_joined_as_far_as_they_fit),
		VAULT_TEST(identifiers_of_two_systems_are_never_one),
		VAULT_TEST(an_identifier_cannot_take_the_place_of_a_correction),
		VAULT_TEST(a_reading_that_is_moved_during_a_scan_comes_once_as_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
