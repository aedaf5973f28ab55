/*
 * Erasure: unreadable at once, gone from every table, the log intact; and a
 * crash between two of its steps is finished at the next opening.
 */
#include <sys/wait.h>

#include "vault/inside.h"
#include "vault/retention.h"
#include "vault/series.h"
#include "vault/vault_fixture.h"

static void
life_with(struct fixture *f, enum who who, const char *account)
{
	const struct door door = door_of(f, who, "care");
	struct id subject = f->actors[who].subject;
	struct series_mark mark = { .owner = id_new(1), .block = 0 };
	struct series_term term = { .field = "identifier", .value = STR("mine") };
	struct series_segment segment = { .facet = { 1 },
		                          .time_from_us = 5,
		                          .time_to_us = 5,
		                          .items = 1,
		                          .body = STR("seg") };
	struct series_append append = { .class = STR("measurement"),
		                        .subject = subject,
		                        .marks = &mark,
		                        .mark_count = 1,
		                        .terms = &term,
		                        .term_count = 1,
		                        .segments = &segment,
		                        .segment_count = 1 };
	struct vault_record health;
	struct vault_record got;

	mark.after[0] = 1;
	(void)put_by_system(f, "account", subject, account);
	health = put_by_system(f, "health", subject, "{\"kind\":\"meal\"}");
	RC_IS(f, vault_put(&door, &health, &f->err), RC_OK);
	RC_IS(f, vault_series_append(&door, &append, &f->err), RC_OK);
	RC_IS(f, vault_get(&door, STR("health"), health.id, &f->arena, &got, &f->err), RC_OK);
}

static void
life_of(struct fixture *f, enum who who)
{
	life_with(f, who, "{\"name\":\"Erin\"}");
}

static int64_t
rows_of(struct fixture *f, struct id subject)
{
	static const char *const tables[] = { "record",     "record_version", "term",   "mark",
		                              "projection", "look",           "subject" };
	int64_t total = 0;
	char id[40];
	char sql[128];

	for (size_t i = 0; i < COUNT_OF(tables); i++) {
		const char *column =
		    strcmp(tables[i], "subject") == 0 ? "flags = 99 AND id" : "subject";
		(void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM %s WHERE %s = %s",
		               tables[i], column, id_sql(subject, id));
		total += database_number(f, sql);
	}
	(void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM counter WHERE owner = %s", id);
	total += database_number(f, sql);
	(void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM key_slot WHERE owner = %s", id);
	total += database_number(f, sql);
	(void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM ticket WHERE owner = %s", id);
	return total + database_number(f, sql);
}

static void
an_erased_subject_is_unreadable_at_once_and_its_rows_are_gone(void **state)
{
	struct fixture *f = *state;
	const struct door admin = door_of(f, ADMIN, "support");
	const struct door ana = door_of(f, ANA, "care");
	const struct door system = door_of(f, SYSTEM, "care");
	struct id subject = f->actors[ANA].subject;
	struct record_query query = { .subject = subject, .limit = 10 };
	struct vault_term term = { "email", STR("erin@example.org") };
	struct subject_row row = { .tenant = f->tenant->id, .id = subject };
	struct vault_record record;
	struct vault_records records;
	int64_t before;

	life_with(f, ANA, "{\"email\":\"erin@example.org\"}");
	assert_true(rows_of(f, subject) > 8);
	before = log_size(f);
	RC_IS(f, vault_subject_erase(&admin, subject, NULL, &f->err), RC_OK);
	(void)entry_is(f, before,
	               &(struct expected_entry){ "erase-subject", "account", "support", "ok",
	                                         "admin", 0 });
	assert_int_equal(rows_of(f, subject), 0);
	RC_IS(f, vault_list(&system, STR("health"), &query, &f->arena, &records, &f->err),
	      RC_GONE);
	record = record_of("health", subject, "{}");
	RC_IS(f, vault_put(&system, &record, &f->err), RC_GONE);
	RC_IS(f, vault_put(&ana, &record, &f->err), RC_UNAUTHENTICATED);
	RC_IS(f, vault_find(&system, STR("account"), &term, &f->arena, &record, &f->err),
	      RC_NOT_FOUND);
	RC_IS(f, vault_subject_find(f->vault, &row, &f->err), RC_OK);
	assert_int_equal(row.flags, SUBJECT_ERASED);
	RC_IS(f, vault_subject_erase(&admin, subject, NULL, &f->err), RC_GONE);
}

static void
the_log_verifies_after_an_erasure_and_another_member_is_untouched(void **state)
{
	struct fixture *f = *state;
	const struct door admin = door_of(f, ADMIN, "support");
	struct vault_check check;
	struct vault_record ben = put_by_system(f, "health", f->actors[BEN].subject, "{}");
	const struct door door = door_of(f, BEN, "care");

	life_of(f, ANA);
	log_verifies(f);
	RC_IS(f, vault_subject_erase(&admin, f->actors[ANA].subject, NULL, &f->err), RC_OK);
	log_verifies(f);
	RC_IS(f, vault_get(&door, STR("health"), ben.id, &f->arena, &ben, &f->err), RC_OK);
	RC_IS(f, vault_verify(f->vault, f->tenant, &f->arena, &check, &f->err), RC_OK);
	fixture_reopen(f);
	RC_IS(f, vault_verify(f->vault, f->tenant, &f->arena, &check, &f->err), RC_OK);
}

static void
the_slots_of_an_erased_subject_are_blank(void **state)
{
	struct fixture *f = *state;
	const struct door admin = door_of(f, ADMIN, "support");
	struct str before, after;
	size_t blank = 0;

	life_of(f, ANA);
	before = fixture_file(f, fixture_path(f, "keys.dat"));
	RC_IS(f, vault_subject_erase(&admin, f->actors[ANA].subject, NULL, &f->err), RC_OK);
	after = fixture_file(f, fixture_path(f, "keys.dat"));
	for (size_t at = 64; at + 64 <= before.len; at += 64) {
		static const char zeros[60];
		bool was = memcmp(before.ptr + at, zeros, 60) != 0;
		blank += was && memcmp(after.ptr + at, zeros, 60) == 0;
	}
	assert_int_equal(blank, 4); /* the node, and account, health, measurement */
}

static void
nobody_erases_without_the_right_to_every_class(void **state)
{
	struct fixture *f = *state;
	const struct door ana = door_of(f, ANA, "care");
	const struct door support = door_of(f, SUPPORT, "support");
	struct id subject = f->actors[ANA].subject;
	int64_t before;

	life_of(f, ANA);
	before = log_size(f);
	/* A member may erase its account and its health, but readings are kept by law. */
	RC_IS(f, vault_subject_erase(&ana, subject, NULL, &f->err), RC_DENIED);
	(void)entry_is(
	    f, before++,
	    &(struct expected_entry){ "erase-subject", "signin", "care", "role", "member", 0 });
	RC_IS(f, vault_subject_erase(&support, subject, NULL, &f->err), RC_DENIED);
	(void)entry_is(f, before++,
	               &(struct expected_entry){ "erase-subject", "account", "support", "role",
	                                         "support", 0 });
	assert_true(rows_of(f, subject) > 8);
}

static void
a_new_subject_is_of_a_kind_that_the_policy_knows(void **state)
{
	struct fixture *f = *state;
	const struct door system = door_of(f, SYSTEM, "care");
	const struct door ana = door_of(f, ANA, "care");
	struct id id;
	int64_t before = log_size(f);

	RC_IS(f, vault_subject_add(&system, STR("spaceship"), &id, &f->err), RC_DENIED);
	RC_IS(f, vault_subject_add(&ana, STR("member"), &id, &f->err), RC_DENIED);
	(void)entry_is(
	    f, before,
	    &(struct expected_entry){ "subject", "account", "care", "scope", "member", 0 });
}

/* --- crashes between the steps ------------------------------------------------------ */

enum step { AFTER_FLAG, AFTER_NODE, AFTER_KEYS, STEP_COUNT };

struct flag {
	struct subject_row row;
	struct ticket_row ticket;
};

/* What erase_begin() commits: the flag, and the ticket that finds it again. */
static enum rc
flag_write(struct store_tx *tx, void *arg, struct err *err)
{
	struct flag *flag = arg;

	TRY(store_subject_find(tx, &flag->row, err));
	flag->row.flags |= SUBJECT_ERASED;
	TRY(store_subject_update(tx, &flag->row, err));
	return store_ticket_insert(tx, &flag->ticket, err);
}

/* In a process of its own, which ends without a word after one of the steps. */
static void
erase_until(struct fixture *f, struct id subject, enum step step)
{
	struct digest hash = sha256((struct str){ (const char *)subject.bytes, 16 });
	struct key_name node = { .tenant = f->tenant->id, .owner = subject };
	struct flag flag = {
		.row = { .tenant = f->tenant->id, .id = subject },
		.ticket = { .tenant = f->tenant->id,
		            .kind = 1,
		            .id = subject,
		            .owner = subject,
		            .created_us = 1,
		            .expires_us = INT64_MAX },
	};

	memcpy(flag.ticket.hash, hash.bytes, sizeof(flag.ticket.hash));
	if (store_write(vault_store(f->vault), flag_write, &flag, &f->err) != RC_OK)
		_exit(1);
	if (step >= AFTER_NODE && keys_destroy(f->vault->keys, &node, &f->err) != RC_OK)
		_exit(2);
	if (step >= AFTER_KEYS &&
	    keys_destroy_owner(f->vault->keys, node.tenant, subject, &f->err) != RC_OK)
		_exit(3);
	_exit(0);
}

static void
a_crash_between_the_steps_is_finished_at_the_next_opening(void **state)
{
	struct fixture *f = *state;
	struct id subject = f->actors[ANA].subject;

	life_of(f, ANA);
	for (int step = 0; step < STEP_COUNT; step++) {
		struct vault_check check;
		int status = 0;
		pid_t child;
		if (step != 0) {
			fixture_person(f, ANA, "member", "care");
			fixture_roles(f);
			subject = f->actors[ANA].subject;
			life_of(f, ANA);
		}
		fixture_close_vault(f);
		child = fork();
		if (child == 0) {
			if (fixture_try_open(f) != RC_OK)
				_exit(9);
			erase_until(f, subject, (enum step)step);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(status, 0);
		assert_true(rows_of(f, subject) > 0);
		RC_IS(f, fixture_try_open(f), RC_OK);
		fixture_roles(f);
		assert_int_equal(rows_of(f, subject), 0);
		RC_IS(f, vault_verify(f->vault, f->tenant, &f->arena, &check, &f->err), RC_OK);
		log_verifies(f);
	}
}

/* The real thing, killed at any moment: acknowledged or not, it is whole. */
static void
a_process_killed_while_it_erases_leaves_all_or_nothing_to_finish(void **state)
{
	struct fixture *f = *state;

	for (int round = 0; round < 12; round++) {
		struct id subject;
		struct subject_row row;
		int status = 0;
		pid_t child;
		fixture_person(f, ANA, "member", "care");
		fixture_roles(f);
		subject = f->actors[ANA].subject;
		row = (struct subject_row){ .tenant = f->tenant->id, .id = subject };
		life_of(f, ANA);
		fixture_close_vault(f);
		child = fork();
		if (child == 0) {
			const struct door door = door_of(f, SYSTEM, "support");
			struct door inside = door;
			if (fixture_try_open(f) != RC_OK)
				_exit(9);
			inside.vault = f->vault;
			inside.tenant = f->tenant;
			DISCARD(vault_subject_erase(&inside, subject, NULL, &f->err),
			        "it is killed");
			_exit(0);
		}
		(void)usleep((useconds_t)(12000 + 700 * round));
		(void)kill(child, SIGKILL);
		assert_int_equal(waitpid(child, &status, 0), child);
		RC_IS(f, fixture_try_open(f), RC_OK);
		fixture_roles(f);
		RC_IS(f, vault_subject_find(f->vault, &row, &f->err), RC_OK);
		if ((row.flags & SUBJECT_ERASED) != 0)
			assert_int_equal(rows_of(f, subject), 0);
		else
			assert_true(rows_of(f, subject) > 8);
		log_verifies(f);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		VAULT_TEST(an_erased_subject_is_unreadable_at_once_and_its_rows_are_gone),
		VAULT_TEST(the_log_verifies_after_an_erasure_and_another_member_is_untouched),
		VAULT_TEST(the_slots_of_an_erased_subject_are_blank),
		VAULT_TEST(nobody_erases_without_the_right_to_every_class),
		VAULT_TEST(a_new_subject_is_of_a_kind_that_the_policy_knows),
		VAULT_TEST(a_crash_between_the_steps_is_finished_at_the_next_opening),
		VAULT_TEST(a_process_killed_while_it_erases_leaves_all_or_nothing_to_finish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
