/*
 * Readings out: the current version of each and no other, at its own time.
 */
#include "service/measure/intake_bed.h"

static struct lookup
minutes(int64_t from, int64_t until)
{
	return (struct lookup){ .analyte = ANALYTE_ANY,
		                .from_us = BED_START_US + from * US_PER_MIN,
		                .until_us = BED_START_US + until * US_PER_MIN };
}

static void
one_by_one(struct fixture *f, struct reading *items, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		items[i] = reading_of((int64_t)i, 100 + (int64_t)i);
		(void)take(f, &items[i], 1);
	}
}

static void
a_reading_that_is_moved_is_not_seen_at_its_old_time(void **state)
{
	struct fixture *f = *state;
	struct reading items[10];
	struct reading moved;

	one_by_one(f, items, 10);
	moved = items[3];
	moved.taken_us = BED_START_US + 500 * US_PER_MIN;
	moved = correct(f, &items[3], moved);
	assert_int_equal(look_up(f, minutes(3, 4)).count, 0);
	assert_int_equal(look_up(f, minutes(0, 10)).count, 9);
	assert_int_equal(look_up(f, minutes(500, 501)).count, 1);
	moved.taken_us = BED_START_US - 500 * US_PER_MIN;
	{
		struct reading second = look_up(f, minutes(500, 501)).items[0];
		moved = correct(f, &second, moved);
	}
	assert_int_equal(look_up(f, minutes(3, 4)).count, 0);
	assert_int_equal(look_up(f, minutes(500, 501)).count, 0);
	assert_int_equal(look_up(f, minutes(-500, -499)).count, 1);
	assert_int_equal(look_up_all(f).count, 10);
	assert_int_equal(versions_of(f, ANALYTE_GLUCOSE, items[3].number).count, 3);
}

static void
a_span_of_time_has_its_start_and_not_its_end(void **state)
{
	struct fixture *f = *state;
	struct reading items[4];

	one_by_one(f, items, 4);
	assert_int_equal(look_up(f, minutes(1, 3)).count, 2);
	reading_is(&look_up(f, minutes(1, 3)).items[0], &items[1]);
	assert_int_equal(look_up(f, minutes(4, 9)).count, 0);
}

static void
the_latest_are_by_time_down_whatever_came_when(void **state)
{
	struct fixture *f = *state;
	struct reading late[3] = { reading_of(200, 1), reading_of(5, 2), reading_of(150, 3) };
	struct reading items[20];
	struct readings found;

	for (size_t i = 0; i < COUNT_OF(late); i++)
		late[i].value.digits += 100;
	one_by_one(f, items, 20);
	(void)take(f, late, 3);
	found = look_up_latest(f, 3);
	assert_int_equal(found.count, 3);
	reading_is(&found.items[0], &late[0]);
	reading_is(&found.items[1], &late[2]);
	reading_is(&found.items[2], &items[19]);
	assert_int_equal(look_up_latest(f, 1000).count, 23);
}

/* The version that is current may lie many segments before the one it replaces. */
static void
the_latest_do_not_fall_back_to_an_older_version(void **state)
{
	struct fixture *f = *state;
	struct reading items[300];
	struct reading gone;
	struct readings found;

	one_by_one(f, items, 300);
	gone = items[299];
	gone.status = READING_IN_ERROR;
	(void)correct(f, &items[299], gone);
	gone = items[10]; /* its correction spans all the rows between */
	gone.status = READING_IN_ERROR;
	gone.taken_us = BED_START_US + 400 * US_PER_MIN;
	(void)correct(f, &items[10], gone);
	found = look_up_latest(f, 1);
	reading_is(&found.items[0], &items[298]);
	found = look_up_latest(f, 299);
	assert_int_equal(found.count, 298);
	for (size_t i = 0; i < found.count; i++) {
		assert_true(found.items[i].number != items[10].number);
		assert_true(found.items[i].number != items[299].number);
	}
}

/* Many corrections of one instant: the old version comes pages after the new one. */
static void
the_latest_skip_what_a_page_before_took_back(void **state)
{
	struct fixture *f = *state;
	struct reading items[400];
	struct readings found;

	for (size_t i = 0; i < COUNT_OF(items); i++) {
		items[i] = reading_of(7, 100); /* all at one time */
		(void)take(f, &items[i], 1);
	}
	for (size_t i = 0; i < COUNT_OF(items) - 1; i++) {
		struct reading gone = items[i];
		gone.status = READING_IN_ERROR;
		(void)correct(f, &items[i], gone);
	}
	found = look_up_latest(f, 5);
	assert_int_equal(found.count, 1);
	reading_is(&found.items[0], &items[COUNT_OF(items) - 1]);
}

static void
what_was_entered_in_error_is_counted_nowhere_but_kept(void **state)
{
	struct fixture *f = *state;
	struct reading items[5];
	struct reading gone;
	struct readings found;

	one_by_one(f, items, 5);
	gone = items[4];
	gone.status = READING_IN_ERROR;
	gone = correct(f, &items[4], gone);
	assert_int_equal(look_up_all(f).count, 4);
	assert_int_equal(look_up(f, minutes(0, 100)).count, 4);
	assert_int_equal(look_up_latest(f, 10).count, 4);
	reading_is(&look_up_latest(f, 1).items[0], &items[3]);
	found = look_up(f, (struct lookup){ .analyte = ANALYTE_ANY, .has_errors = true });
	assert_int_equal(found.count, 5);
	reading_is(&found.items[4], &gone);
	found = changes_after(f, 5, 10);
	assert_int_equal(found.count, 1);
	assert_int_equal(found.items[0].status, READING_IN_ERROR);
}

static void
an_analyte_is_looked_up_alone(void **state)
{
	struct fixture *f = *state;
	struct reading items[2] = { reading_of(1, 100), reading_of(2, 0) };
	struct readings found;

	items[1].analyte = ANALYTE_KETONE;
	items[1].unit = UNIT_MMOL_L;
	items[1].value = (struct decimal){ 12, 1 };
	(void)take(f, items, 2);
	found = look_up(f, (struct lookup){ .analyte = ANALYTE_KETONE });
	assert_int_equal(found.count, 1);
	reading_is(&found.items[0], &items[1]);
	assert_int_equal(look_up_all(f).count, 2);
}

static void
a_number_finds_its_reading_and_no_other_does(void **state)
{
	struct fixture *f = *state;
	const struct door door = door_of(f, ANA, "care");
	struct lookup_one absent = { f->actors[ANA].subject, ANALYTE_GLUCOSE, 99 };
	struct lookup_one other = { f->actors[ANA].subject, ANALYTE_KETONE, 3 };
	struct lookup_one zero = { f->actors[ANA].subject, ANALYTE_GLUCOSE, 0 };
	struct reading items[8];
	struct readings found;

	one_by_one(f, items, 8);
	for (size_t i = 0; i < COUNT_OF(items); i++) {
		found = versions_of(f, ANALYTE_GLUCOSE, items[i].number);
		assert_int_equal(found.count, 1);
		reading_is(&found.items[0], &items[i]);
	}
	RC_IS(f, lookup_versions(&door, &absent, &f->arena, &found, &f->err), RC_NOT_FOUND);
	RC_IS(f, lookup_versions(&door, &other, &f->arena, &found, &f->err), RC_NOT_FOUND);
	RC_IS(f, lookup_versions(&door, &zero, &f->arena, &found, &f->err), RC_NOT_FOUND);
}

static void
a_cursor_meets_every_change_once_in_order_of_commit(void **state)
{
	struct fixture *f = *state;
	struct reading items[30];
	struct readings page;
	int64_t after = 0;

	one_by_one(f, items, 30);
	(void)correct(f, &items[2], items[2]);
	(void)correct(f, &items[29], items[29]);
	for (uint64_t expected = 1; expected <= 32;) {
		page = changes_after(f, after, 7);
		assert_true(page.count != 0);
		for (size_t i = 0; i < page.count; i++, expected++)
			assert_int_equal(page.items[i].change, expected);
		after = (int64_t)page.items[page.count - 1].change;
	}
	assert_int_equal(changes_after(f, 32, 7).count, 0);
}

static void
nobody_looks_up_another_member(void **state)
{
	struct fixture *f = *state;
	const struct door ben = door_of(f, BEN, "care");
	struct lookup lookup = { .subject = f->actors[ANA].subject, .analyte = ANALYTE_ANY };
	struct lookup_changes changes = { f->actors[ANA].subject, 0, 10 };
	struct reading items[2];
	struct readings found;

	one_by_one(f, items, 2);
	RC_IS(f, lookup_readings(&ben, &lookup, &f->arena, &found, &f->err), RC_DENIED);
	RC_IS(f, lookup_changes(&ben, &changes, &f->arena, &found, &f->err), RC_DENIED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		VAULT_TEST(a_reading_that_is_moved_is_not_seen_at_its_old_time),
		VAULT_TEST(a_span_of_time_has_its_start_and_not_its_end),
		VAULT_TEST(the_latest_are_by_time_down_whatever_came_when),
		VAULT_TEST(the_latest_do_not_fall_back_to_an_older_version),
		VAULT_TEST(the_latest_skip_what_a_page_before_took_back),
		VAULT_TEST(what_was_entered_in_error_is_counted_nowhere_but_kept),
		VAULT_TEST(an_analyte_is_looked_up_alone),
		VAULT_TEST(a_number_finds_its_reading_and_no_other_does),
		VAULT_TEST(a_cursor_meets_every_change_once_in_order_of_commit),
		VAULT_TEST(nobody_looks_up_another_member),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
