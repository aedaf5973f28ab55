/*
 * Holds: what a case keeps stays, readable and under a key of its own, through the
 * sweep, the end of its month and the erasure of its subject; and goes when the
 * hold ends.
 */
#include "vault/past.h"
#include "vault/vault_fixture.h"

#define LOG_BODY    "{\"event\":\"started\"}"
#define LOG_KEPT_US (90 * US_PER_DAY)

static void
later(struct fixture *f, int64_t us)
{
	f->clock.offset_us += us;
	RC_IS(f, vault_clock_accept(f->vault, &f->err), RC_OK);
}

static struct retention_line
sweep_of(struct fixture *f, const char *class)
{
	struct retention_run run = { 0 };

	RC_IS(f, vault_retention_sweep(f->vault, f->tenant, &run, &f->arena, &f->err), RC_OK);
	for (size_t i = 0; i < run.count; i++) {
		if (str_eq(run.lines[i].class->name, str_from_c(class)))
			return run.lines[i];
	}
	fail_msg("no line of %s", class);
	return run.lines[0];
}

static struct vault_record
log_put(struct fixture *f, enum who who)
{
	const struct door door = door_of(f, SYSTEM, "security");
	struct vault_record record = record_of("log", f->actors[who].subject, LOG_BODY);

	RC_IS(f, vault_put(&door, &record, &f->err), RC_OK);
	return record;
}

static struct id
hold_new(struct fixture *f, struct id subject, const char *class, struct id record)
{
	const struct door door = door_of(f, ADMIN, "law");
	struct hold hold = { .subject = subject,
		             .class = str_from_c(class),
		             .record = record,
		             .reason = STR("case 17"),
		             .by = STR("court of Lyon") };

	RC_IS(f, vault_hold_place(&door, &hold, &f->err), RC_OK);
	assert_false(id_is_zero(hold.id));
	return hold.id;
}

static void
hold_end(struct fixture *f, struct id hold)
{
	const struct door door = door_of(f, ADMIN, "law");

	RC_IS(f, vault_hold_release(&door, hold, &f->err), RC_OK);
}

static enum rc
readable(struct fixture *f, const char *class, struct id id)
{
	const struct door door =
	    door_of(f, SYSTEM, strcmp(class, "log") == 0 ? "security" : "care");
	struct vault_record got;

	return vault_get(&door, str_from_c(class), id, &f->arena, &got, &f->err);
}

static int64_t
count_of(struct fixture *f, const char *from)
{
	char sql[200];

	(void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s", from);
	return database_number(f, sql);
}

static const struct id none;

static void
a_held_record_stays_through_the_sweep_and_the_end_of_its_month(void **state)
{
	struct fixture *f = *state;
	struct vault_record held = log_put(f, ANA);
	struct vault_record other = log_put(f, ANA);
	struct id hold = hold_new(f, f->actors[ANA].subject, "log", held.id);
	struct retention_line line;

	assert_int_equal(count_of(f, "record WHERE month = 1"), 1);
	RC_IS(f, readable(f, "log", held.id), RC_OK);
	later(f, LOG_KEPT_US + US_PER_DAY);
	line = sweep_of(f, "log");
	assert_int_equal(line.due, 2);
	assert_int_equal(line.erased, 1);
	assert_int_equal(line.held, 1);
	RC_IS(f, readable(f, "log", other.id), RC_NOT_FOUND);
	later(f, 40 * US_PER_DAY);
	(void)sweep_of(f, "log");
	assert_int_equal(count_of(f, "key_slot WHERE month > 1"), 0);
	RC_IS(f, readable(f, "log", held.id), RC_OK);
	hold_end(f, hold);
	line = sweep_of(f, "log");
	assert_int_equal(line.erased, 1);
	RC_IS(f, readable(f, "log", held.id), RC_NOT_FOUND);
	/* The other's month is over; the key of the hold is still there. */
	assert_int_equal(count_of(f, "erasure WHERE kind = 3 AND beyond_use_us > 0"), 1);
	assert_int_equal(count_of(f, "erasure WHERE kind = 3 AND beyond_use_us = 0"), 1);
	log_verifies(f);
}

static void
a_hold_that_ends_in_time_puts_records_under_their_month_again(void **state)
{
	struct fixture *f = *state;
	const struct door door = door_of(f, SYSTEM, "security");
	struct vault_record record = log_put(f, ANA);
	struct vault_records history;
	struct vault_check check;
	struct id hold;

	RC_IS(f, vault_put(&door, &record, &f->err), RC_OK); /* two versions */
	hold = hold_new(f, f->actors[ANA].subject, "", none);
	assert_int_equal(count_of(f, "record WHERE month = 1"), 1);
	assert_int_equal(count_of(f, "record_version WHERE month = 1"), 1);
	RC_IS(f, vault_put(&door, &record, &f->err), RC_OK); /* a held record may go on */
	assert_int_equal(count_of(f, "record_version WHERE month = 1"), 2);
	hold_end(f, hold);
	assert_int_equal(count_of(f, "record WHERE month = 1"), 0);
	assert_int_equal(count_of(f, "record_version WHERE month = 1"), 0);
	RC_IS(f, vault_history(&door, STR("log"), record.id, &f->arena, &history, &f->err),
	      RC_OK);
	assert_int_equal(history.count, 3);
	RC_IS(f, vault_verify(f->vault, f->tenant, &f->arena, &check, &f->err), RC_OK);
}

static void
two_holds_of_one_record_end_with_the_second(void **state)
{
	struct fixture *f = *state;
	struct vault_record record = log_put(f, ANA);
	struct id one = hold_new(f, f->actors[ANA].subject, "log", record.id);
	struct id all = hold_new(f, f->actors[ANA].subject, "", none);

	hold_end(f, one);
	assert_int_equal(count_of(f, "record WHERE month = 1"), 1);
	later(f, LOG_KEPT_US + US_PER_DAY);
	assert_int_equal(sweep_of(f, "log").held, 1);
	hold_end(f, all);
	assert_int_equal(sweep_of(f, "log").erased, 1);
}

/* Written after the hold was placed: sealed as others are until its time comes. */
static void
what_comes_under_a_hold_later_is_held_too(void **state)
{
	struct fixture *f = *state;
	struct vault_record record;

	(void)hold_new(f, f->actors[ANA].subject, "log", none);
	record = log_put(f, ANA);
	(void)log_put(f, BEN);
	later(f, LOG_KEPT_US + US_PER_DAY);
	assert_int_equal(sweep_of(f, "log").erased, 1); /* Ben's */
	assert_int_equal(count_of(f, "record WHERE month = 1"), 1);
	later(f, 40 * US_PER_DAY);
	(void)sweep_of(f, "log");
	RC_IS(f, readable(f, "log", record.id), RC_OK);
}

static void
a_held_class_of_a_closed_account_waits_for_the_end_of_the_hold(void **state)
{
	struct fixture *f = *state;
	const struct door door = door_of(f, SYSTEM, "care");
	struct id subject = f->actors[ANA].subject;
	struct vault_record record = put_by_system(f, "alert", subject, "{\"kind\":\"low\"}");
	const struct retention_trigger closed = { subject, KEEP_ACCOUNT_CLOSED,
		                                  clock_now_us(&f->clock) };
	struct id hold = hold_new(f, subject, "alert", none);

	RC_IS(f, vault_retention_trigger(&door, &closed, &f->err), RC_OK);
	assert_int_equal(sweep_of(f, "alert").held, 1);
	assert_int_equal(sweep_of(f, "alert").held, 1);
	RC_IS(f, readable(f, "alert", record.id), RC_OK);
	hold_end(f, hold);
	assert_int_equal(sweep_of(f, "alert").erased, 1);
	RC_IS(f, readable(f, "alert", record.id), RC_NOT_FOUND);
}

/* The rest of the class goes with the class's key; the held one has its own. */
static void
one_held_record_of_a_class_that_ends_is_all_that_stays_of_it(void **state)
{
	struct fixture *f = *state;
	const struct door door = door_of(f, SYSTEM, "care");
	struct id subject = f->actors[ANA].subject;
	struct vault_record held = put_by_system(f, "alert", subject, "{\"kind\":\"low\"}");
	struct vault_record other = put_by_system(f, "alert", subject, "{\"kind\":\"high\"}");
	const struct retention_trigger closed = { subject, KEEP_ACCOUNT_CLOSED,
		                                  clock_now_us(&f->clock) };
	struct id hold = hold_new(f, subject, "alert", held.id);

	RC_IS(f, vault_retention_trigger(&door, &closed, &f->err), RC_OK);
	assert_int_equal(sweep_of(f, "alert").erased, 1);
	RC_IS(f, readable(f, "alert", other.id), RC_NOT_FOUND);
	RC_IS(f, readable(f, "alert", held.id), RC_OK);
	assert_int_equal(sweep_of(f, "alert").held, 1); /* once, not again each hour */
	assert_int_equal(sweep_of(f, "alert").erased, 0);
	hold_end(f, hold);
	assert_int_equal(sweep_of(f, "alert").erased, 1);
	RC_IS(f, readable(f, "alert", held.id), RC_NOT_FOUND);
	assert_int_equal(count_of(f, "record WHERE month = 1"), 0);
}

/* Somebody who stays has one class erased while a record of it is held: what is
 * written from then on is not what was to be erased. */
static void
what_is_written_after_a_class_was_erased_stays_whatever_the_hold_does(void **state)
{
	struct fixture *f = *state;
	const struct door admin = door_of(f, ADMIN, "care");
	struct id subject = f->actors[ANA].subject;
	struct vault_record held = put_by_system(f, "alert", subject, "{\"kind\":\"low\"}");
	struct id hold = hold_new(f, subject, "alert", held.id);
	struct vault_record new;

	RC_IS(f, vault_class_erase(&admin, subject, STR("alert"), &f->err), RC_OK);
	new = put_by_system(f, "alert", subject, "{\"kind\":\"high\"}");
	f->clock.offset_us += US_PER_S;
	assert_int_equal(sweep_of(f, "alert").held, 1);
	RC_IS(f, readable(f, "alert", new.id), RC_OK);
	RC_IS(f, readable(f, "alert", held.id), RC_OK);
	hold_end(f, hold);
	assert_int_equal(sweep_of(f, "alert").erased, 1);
	RC_IS(f, readable(f, "alert", held.id), RC_NOT_FOUND);
	RC_IS(f, readable(f, "alert", new.id), RC_OK);
}

/* One that is not read would hold nothing. */
static void
no_more_holds_than_are_read_are_placed(void **state)
{
	struct fixture *f = *state;
	const struct door admin = door_of(f, ADMIN, "law");
	struct hold one_more = { .subject = f->actors[ANA].subject, .reason = STR("case 18") };
	char sql[300];
	char id[40];

	(void)snprintf(sql, sizeof(sql),
	               "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
	               " WHERE i < %d) INSERT INTO hold SELECT %lld, randomblob(16), %s, 7,"
	               " randomblob(16), 1, 0, x'00' FROM n",
	               HOLDS_MOST, (long long)f->tenant->id,
	               id_sql(f->actors[ANA].subject, id));
	database_change(f, sql, HOLDS_MOST);
	RC_IS(f, vault_hold_place(&admin, &one_more, &f->err), RC_LIMIT);
	one_more.subject = f->actors[BEN].subject;
	RC_IS(f, vault_hold_place(&admin, &one_more, &f->err), RC_OK);
}

static void
an_erasure_leaves_what_is_held_and_restricts_the_subject(void **state)
{
	struct fixture *f = *state;
	const struct door admin = door_of(f, ADMIN, "support");
	struct id subject = f->actors[ANA].subject;
	struct subject_row row = { .tenant = f->tenant->id, .id = subject };
	struct vault_record held = put_by_system(f, "health", subject, "{\"kind\":\"meal\"}");
	struct vault_record other = put_by_system(f, "health", subject, "{\"kind\":\"sport\"}");
	struct vault_record account =
	    put_by_system(f, "account", subject, "{\"name\":\"Erin\"}");
	struct id hold = hold_new(f, subject, "health", held.id);
	struct erasure_result result;

	RC_IS(f, vault_subject_erase(&admin, subject, &result, &f->err), RC_OK);
	assert_int_equal(result.kept, 1);
	RC_IS(f, readable(f, "account", account.id), RC_NOT_FOUND);
	RC_IS(f, readable(f, "health", other.id), RC_NOT_FOUND);
	RC_IS(f, readable(f, "health", held.id), RC_OK);
	RC_IS(f, vault_subject_find(f->vault, &row, &f->err), RC_OK);
	assert_int_equal(row.flags & SUBJECT_ERASED, 0);
	assert_true((row.flags & SUBJECT_RESTRICTED) != 0);
	hold_end(f, hold);
	(void)sweep_of(f, "health");
	RC_IS(f, readable(f, "health", held.id), RC_NOT_FOUND);
	RC_IS(f, vault_subject_find(f->vault, &row, &f->err), RC_OK);
	assert_true((row.flags & SUBJECT_ERASED) != 0);
}

static void
a_held_class_is_not_erased_on_its_own(void **state)
{
	struct fixture *f = *state;
	const struct door admin = door_of(f, ADMIN, "care");
	struct vault_record record =
	    put_by_system(f, "health", f->actors[ANA].subject, "{\"kind\":\"meal\"}");

	(void)hold_new(f, f->actors[ANA].subject, "", none);
	RC_IS(f, vault_class_erase(&admin, f->actors[ANA].subject, STR("health"), &f->err),
	      RC_PRECONDITION);
	RC_IS(f, readable(f, "health", record.id), RC_OK);
}

static void
a_held_record_is_not_deleted_by_hand(void **state)
{
	struct fixture *f = *state;
	const struct door admin = door_of(f, ADMIN, "security");
	struct vault_record record = log_put(f, ANA);
	struct id hold = hold_new(f, f->actors[ANA].subject, "log", record.id);

	RC_IS(f, vault_delete(&admin, STR("log"), record.id, &f->err), RC_PRECONDITION);
	RC_IS(f, readable(f, "log", record.id), RC_OK);
	hold_end(f, hold);
	RC_IS(f, vault_delete(&admin, STR("log"), record.id, &f->err), RC_OK);
}

static void
many_records_of_a_class_are_sealed_anew_page_by_page(void **state)
{
	struct fixture *f = *state;
	const struct door door = door_of(f, SYSTEM, "care");
	struct id subject = f->actors[ANA].subject;
	struct vault_check check;
	struct id hold;

	for (int i = 0; i < 1203; i++) {
		struct vault_record record = record_of("alert", subject, "{\"kind\":\"low\"}");
		RC_IS(f, vault_put(&door, &record, &f->err), RC_OK);
	}
	hold = hold_new(f, subject, "alert", none);
	assert_int_equal(count_of(f, "record WHERE month = 1"), 1203);
	RC_IS(f, vault_verify(f->vault, f->tenant, &f->arena, &check, &f->err), RC_OK);
	hold_end(f, hold);
	assert_int_equal(count_of(f, "record WHERE month = 1"), 0);
	RC_IS(f, vault_verify(f->vault, f->tenant, &f->arena, &check, &f->err), RC_OK);
}

static void
a_hold_is_listed_with_its_reason_and_leaves_entries(void **state)
{
	struct fixture *f = *state;
	const struct door admin = door_of(f, ADMIN, "law");
	int64_t before = log_size(f);
	struct holds holds;
	struct id hold = hold_new(f, f->actors[ANA].subject, "health", none);

	(void)entry_is(f, before,
	               &(struct expected_entry){ "hold", "", "law", "ok", "admin", 0 });
	RC_IS(f, vault_hold_list(&admin, &f->arena, &holds, &f->err), RC_OK);
	assert_int_equal(holds.count, 1);
	str_is(holds.items[0].reason, "case 17");
	str_is(holds.items[0].by, "court of Lyon");
	str_is(holds.items[0].class, "health");
	assert_int_equal(holds.items[0].released_us, 0);
	before = log_size(f);
	hold_end(f, hold);
	(void)entry_is(f, before,
	               &(struct expected_entry){ "hold-release", "", "law", "ok", "admin", 0 });
	RC_IS(f, vault_hold_release(&admin, hold, &f->err), RC_NOT_FOUND);
	RC_IS(f, vault_hold_list(&admin, &f->arena, &holds, &f->err), RC_OK);
	assert_true(holds.items[0].released_us != 0);
}

static void
who_may_not_manage_holds_places_lists_and_ends_none(void **state)
{
	struct fixture *f = *state;
	const struct door support = door_of(f, SUPPORT, "law");
	struct id hold = hold_new(f, f->actors[ANA].subject, "", none);
	struct hold another = { .subject = f->actors[BEN].subject, .reason = STR("mine") };
	struct holds holds;

	RC_IS(f, vault_hold_place(&support, &another, &f->err), RC_DENIED);
	RC_IS(f, vault_hold_list(&support, &f->arena, &holds, &f->err), RC_DENIED);
	RC_IS(f, vault_hold_release(&support, hold, &f->err), RC_DENIED);
	assert_int_equal(count_of(f, "hold WHERE released_us = 0"), 1);
}

static void
a_hold_says_whose_which_and_why(void **state)
{
	struct fixture *f = *state;
	const struct door admin = door_of(f, ADMIN, "law");
	struct vault_record ben = log_put(f, BEN);
	struct hold wrong[] = {
		{ .reason = STR("r") },
		{ .subject = f->actors[ANA].subject },
		{ .subject = f->actors[ANA].subject,
		  .class = STR("nothing"),
		  .reason = STR("r") },
		{ .subject = f->actors[ANA].subject, .record = ben.id, .reason = STR("r") },
	};
	struct hold others = { .subject = f->actors[ANA].subject,
		               .class = STR("log"),
		               .record = ben.id,
		               .reason = STR("r") };

	for (size_t i = 0; i < COUNT_OF(wrong); i++)
		RC_IS(f, vault_hold_place(&admin, &wrong[i], &f->err), RC_INVALID);
	RC_IS(f, vault_hold_place(&admin, &others, &f->err), RC_NOT_FOUND);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		VAULT_TEST(a_held_record_stays_through_the_sweep_and_the_end_of_its_month),
		VAULT_TEST(a_hold_that_ends_in_time_puts_records_under_their_month_again),
		VAULT_TEST(two_holds_of_one_record_end_with_the_second),
		VAULT_TEST(what_comes_under_a_hold_later_is_held_too),
		VAULT_TEST(a_held_class_of_a_closed_account_waits_for_the_end_of_the_hold),
		VAULT_TEST(one_held_record_of_a_class_that_ends_is_all_that_stays_of_it),
		VAULT_TEST(
		    what_is_written_after_a_class_was_erased_stays_whatever_the_hold_does),
		VAULT_TEST(no_more_holds_than_are_read_are_placed),
		VAULT_TEST(an_erasure_leaves_what_is_held_and_restricts_the_subject),
		VAULT_TEST(a_held_class_is_not_erased_on_its_own),
		VAULT_TEST(a_held_record_is_not_deleted_by_hand),
		VAULT_TEST(many_records_of_a_class_are_sealed_anew_page_by_page),
		VAULT_TEST(a_hold_is_listed_with_its_reason_and_leaves_entries),
		VAULT_TEST(who_may_not_manage_holds_places_lists_and_ends_none),
		VAULT_TEST(a_hold_says_whose_which_and_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
