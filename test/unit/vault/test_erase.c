/*
 * Erasure: unreadable at once, gone from every table, the log intact; and a
 * crash between two of its steps is finished at the next opening.
 */
#include <sys/wait.h>

#include "vault/choice.h"
#include "vault/past.h"
#include "vault/series.h"
#include "vault/vault_fixture.h"

/* Readings are what a law keeps. */
static void
life_with(struct fixture *f, enum who who, const char *account, bool has_readings)
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
	if (has_readings)
		RC_IS(f, vault_series_append(&door, &append, &f->err), RC_OK);
	RC_IS(f, vault_get(&door, STR("health"), health.id, &f->arena, &got, &f->err), RC_OK);
}

static void
life_of(struct fixture *f, enum who who)
{
	life_with(f, who, "{\"name\":\"Erin\"}", false);
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

	life_with(f, ANA, "{\"email\":\"erin@example.org\"}", false);
	assert_true(rows_of(f, subject) > 6);
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
	assert_int_equal(blank, 3); /* the node, and account and health */
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
	assert_true(rows_of(f, subject) > 6);
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

/* --- how much it takes ---------------------------------------------------------------- */

static void
records_add(struct fixture *f, struct id subject, int count)
{
	char sql[700];
	char id[40];

	(void)snprintf(
	    sql, sizeof(sql),
	    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
	    " INSERT INTO record(tenant, subject, class, id, version, created_us,"
	    " updated_after_us, change_from, change_to, facet0, facet1, facet2, time_from_us,"
	    " time_to_us, items, expires_us, month, body)"
	    " SELECT %lld, %s, %lld, randomblob(16), 1, 1, 0, 0, 0, 0, 0, 0, NULL, i, 1,"
	    " NULL, 0, zeroblob(60) FROM n",
	    count, (long long)f->tenant->id, id_sql(subject, id),
	    (long long)policy_class_find(f->tenant->policy, STR("alert"))->number);
	database_change(f, sql, count);
}

/* Transactions until nothing of the subject is left. */
static uint64_t
erasure_writes(struct fixture *f, struct id subject)
{
	const struct door admin = door_of(f, ADMIN, "support");
	struct store_figures at_first, at_last;
	struct ledger_figures before, after;

	ledger_figures(f->vault->ledger, &before);
	store_figures(vault_store(f->vault), &at_first);
	RC_IS(f, vault_subject_erase(&admin, subject, NULL, &f->err), RC_OK);
	RC_IS(f, vault_purge_some(f->vault, INT64_MAX, &f->err), RC_OK);
	store_figures(vault_store(f->vault), &at_last);
	ledger_figures(f->vault->ledger, &after);
	assert_int_equal(after.lines - before.lines, 1);
	assert_int_equal(rows_of(f, subject), 0);
	return at_last.writes - at_first.writes;
}

/* 10 rows are one chunk of a purge, 100,000 are a hundred: nothing else grows, and
 * the chunks come after the keys. */
static void
a_hundred_thousand_records_take_no_more_until_they_are_unreadable_than_ten(void **state)
{
	struct fixture *f = *state;
	uint64_t few, many;

	records_add(f, f->actors[ANA].subject, 10);
	records_add(f, f->actors[BEN].subject, 100000);
	few = erasure_writes(f, f->actors[ANA].subject);
	many = erasure_writes(f, f->actors[BEN].subject);
	assert_int_equal(many - few, 100000 / 1000 - 1);
}

/* --- what a law keeps --------------------------------------------------------------------- */

static int64_t
certificates(struct fixture *f, const char *where)
{
	char sql[160];

	(void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM erasure WHERE %s", where);
	return database_number(f, sql);
}

static int64_t
records_in(struct fixture *f, struct id subject, const char *class)
{
	char sql[200];
	char id[40];

	(void)snprintf(
	    sql, sizeof(sql), "SELECT count(*) FROM record WHERE subject = %s AND class = %lld",
	    id_sql(subject, id),
	    (long long)policy_class_find(f->tenant->policy, str_from_c(class))->number);
	return database_number(f, sql);
}

/* All but readings and their deadline, which begins with the erasure. */
static void
part_is_gone(struct fixture *f, struct id subject)
{
	struct subject_row row = { .tenant = f->tenant->id, .id = subject };
	char sql[200];
	char id[40];

	RC_IS(f, vault_subject_find(f->vault, &row, &f->err), RC_OK);
	assert_int_equal(row.flags & (SUBJECT_RESTRICTED | SUBJECT_CLOSED | SUBJECT_ERASED),
	                 SUBJECT_RESTRICTED | SUBJECT_CLOSED);
	assert_int_equal(records_in(f, subject, "account"), 0);
	assert_int_equal(records_in(f, subject, "health"), 0);
	assert_int_equal(records_in(f, subject, "measurement"), 1);
	(void)snprintf(sql, sizeof(sql),
	               "SELECT (SELECT count(*) FROM term WHERE subject = %s)"
	               " + (SELECT count(*) FROM mark WHERE subject = %s)",
	               id_sql(subject, id), id_sql(subject, id));
	assert_int_equal(database_number(f, sql), 0);
	(void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM look WHERE subject = %s", id);
	assert_int_equal(database_number(f, sql), 0);
	assert_int_equal(database_number(f, "SELECT count(*) FROM ticket WHERE kind = 1"), 0);
	assert_int_equal(database_number(f, "SELECT count(*) FROM deadline WHERE state <> 1"),
	                 0);
}

static void
what_a_law_keeps_stays_restricted_until_its_time(void **state)
{
	struct fixture *f = *state;
	const struct door admin = door_of(f, ADMIN, "support");
	const struct door support = door_of(f, CLINICIAN, "sharing");
	const struct door system = door_of(f, SYSTEM, "care");
	struct id subject = f->actors[ANA].subject;
	struct subject_row row = { .tenant = f->tenant->id, .id = subject };
	struct record_query query = { .subject = subject, .limit = 10 };
	struct vault_records records;
	struct retention_run run = { 0 };
	struct erasure_result result;
	struct certificate certificate;

	life_with(f, ANA, "{\"email\":\"erin@example.org\"}", true);
	RC_IS(f, vault_subject_erase(&admin, subject, &result, &f->err), RC_OK);
	assert_int_equal(result.kept, 1);
	assert_true(result.erased > 5);
	part_is_gone(f, subject);
	RC_IS(f, vault_certificate_find(&admin, result.certificate, &certificate, &f->err),
	      RC_OK);
	assert_true(certificate.row.beyond_use_us != 0);
	assert_int_equal(certificate.row.erased_us, 0);
	RC_IS(f, vault_list(&support, STR("measurement"), &query, &f->arena, &records, &f->err),
	      RC_DENIED);
	RC_IS(f, vault_list(&system, STR("measurement"), &query, &f->arena, &records, &f->err),
	      RC_OK);
	assert_int_equal(records.count, 1);
	f->clock.offset_us += 7 * 366 * US_PER_DAY; /* the class says seven years */
	RC_IS(f, vault_clock_accept(f->vault, &f->err), RC_OK);
	RC_IS(f, vault_retention_sweep(f->vault, f->tenant, &run, &f->arena, &f->err), RC_OK);
	RC_IS(f, vault_subject_find(f->vault, &row, &f->err), RC_OK);
	assert_true((row.flags & SUBJECT_ERASED) != 0);
	assert_int_equal(rows_of(f, subject), 0);
	assert_int_equal(certificates(f, "kind = 1"), 1);
	assert_int_equal(certificates(f, "kind = 5"), 1); /* of what no law kept */
}

static void
a_probe_s_own_subject_is_erased_whatever_a_law_keeps(void **state)
{
	struct fixture *f = *state;
	const struct door system = door_of(f, SYSTEM, "support");
	struct id subject = f->actors[ANA].subject;
	struct erasure_result result;

	life_with(f, ANA, "{\"name\":\"Erin\"}", true);
	RC_IS(f, vault_subject_flags(&system, subject, SUBJECT_CANARY, 0, &f->err), RC_OK);
	RC_IS(f, vault_subject_erase(&system, subject, &result, &f->err), RC_OK);
	assert_int_equal(result.kept, 0);
	assert_int_equal(rows_of(f, subject), 0);
}

/* --- one class --------------------------------------------------------------------------- */

static void
one_class_of_a_subject_goes_and_the_rest_stays(void **state)
{
	struct fixture *f = *state;
	const struct door admin = door_of(f, ADMIN, "care");
	const struct door ana = door_of(f, ANA, "care");
	struct id subject = f->actors[ANA].subject;
	struct vault_record again;
	int64_t before;

	life_of(f, ANA);
	before = log_size(f);
	RC_IS(f, vault_class_erase(&admin, subject, STR("health"), &f->err), RC_OK);
	(void)entry_is(
	    f, before,
	    &(struct expected_entry){ "erase-class", "health", "care", "ok", "admin", 0 });
	assert_int_equal(records_in(f, subject, "health"), 0);
	assert_int_equal(records_in(f, subject, "account"), 1);
	assert_int_equal(certificates(f, "kind = 2 AND beyond_use_us > 0"), 1);
	again = put_by_system(f, "health", subject, "{\"kind\":\"meal\"}"); /* with a new key */
	RC_IS(f, vault_get(&ana, STR("health"), again.id, &f->arena, &again, &f->err), RC_OK);
	log_verifies(f);
}

static void
what_an_erasure_has_left_is_not_put_to_use_again(void **state)
{
	struct fixture *f = *state;
	const struct door admin = door_of(f, ADMIN, "support");
	const struct door system = door_of(f, SYSTEM, "care");
	struct id subject = f->actors[ANA].subject;
	struct subject_row row = { .tenant = f->tenant->id, .id = subject };

	life_with(f, ANA, "{\"name\":\"Erin\"}", true);
	RC_IS(f, vault_subject_erase(&admin, subject, NULL, &f->err), RC_OK);
	RC_IS(f, vault_restrict(&admin, subject, false, &f->err), RC_PRECONDITION);
	RC_IS(f, vault_subject_flags(&admin, subject, 0, SUBJECT_RESTRICTED, &f->err),
	      RC_PRECONDITION);
	RC_IS(f, vault_retention_reopen(&system, subject, &f->err), RC_PRECONDITION);
	RC_IS(f, vault_subject_find(f->vault, &row, &f->err), RC_OK);
	assert_true((row.flags & SUBJECT_RESTRICTED) != 0);
	assert_true((row.flags & SUBJECT_CLOSED) != 0);
}

/* Its class is in no policy any more; its key and its record are there all the same. */
static void
an_erasure_in_part_takes_what_no_policy_declares_any_more(void **state)
{
	struct fixture *f = *state;
	const struct door admin = door_of(f, ADMIN, "support");
	struct id subject = f->actors[ANA].subject;
	char sql[300];

	life_with(f, ANA, "{\"name\":\"Erin\"}", true);
	(void)put_by_system(f, "alert", subject, "{\"kind\":\"low\"}");
	for (int i = 0; i < 2; i++) {
		(void)snprintf(
		    sql, sizeof(sql), "UPDATE %s SET class = 4242 WHERE class = %lld%s",
		    i == 0 ? "record" : "key_slot",
		    (long long)policy_class_find(f->tenant->policy, STR("alert"))->number,
		    i == 0 ? "" : " AND month = 0 AND owner <> zeroblob(16)");
		database_change(f, sql, 1);
	}
	RC_IS(f, vault_subject_erase(&admin, subject, NULL, &f->err), RC_OK);
	assert_int_equal(database_number(f, "SELECT count(*) FROM record WHERE class = 4242"),
	                 0);
	assert_int_equal(database_number(f, "SELECT count(*) FROM key_slot WHERE class = 4242"),
	                 0);
	assert_int_equal(records_in(f, subject, "measurement"), 1);
}

/* What is used for nothing is never written: there is nothing of it to erase, and no
 * purpose to erase it for. */
static void
a_class_without_a_use_keeps_nobody_from_being_erased(void **state)
{
	static const char use[] =
	    "    use: [care]\n    keep: { until: account_closed, plus: 0s";
	struct fixture *f = *state;
	struct policy_diagnostics faults = { .arena = &f->arena };
	struct tenant_new new = { STR("idle"), STR("Lumen"), STR("Europe/Paris"), STR_EMPTY,
		                  &faults };
	struct str yaml = fixture_file(f, "policies/measure.yaml");
	const char *place = memmem(yaml.ptr, yaml.len, use, sizeof(use) - 1);
	size_t before;
	struct door admin;

	assert_non_null(place);
	before = (size_t)(place - yaml.ptr);
	new.policy_yaml = str_printf(&f->arena, "%.*s%.*s", (int)before, yaml.ptr,
	                             (int)(yaml.len - before - 16), place + 16);
	RC_IS(f, vault_tenant_add(f->vault, &new, &f->err), RC_OK);
	f->tenant = vault_tenant_find(f->vault, STR("idle"));
	fixture_people(f);
	(void)put_by_system(f, "account", f->actors[ANA].subject, "{}");
	admin = door_of(f, ADMIN, "support");
	RC_IS(f, vault_subject_erase(&admin, f->actors[ANA].subject, NULL, &f->err), RC_OK);
}

static void
a_class_is_erased_by_who_may_and_not_against_a_law(void **state)
{
	struct fixture *f = *state;
	const struct door support = door_of(f, SUPPORT, "care");
	const struct door system = door_of(f, SYSTEM, "care");
	struct id subject = f->actors[ANA].subject;

	life_with(f, ANA, "{\"name\":\"Erin\"}", true);
	RC_IS(f, vault_class_erase(&support, subject, STR("health"), &f->err), RC_DENIED);
	RC_IS(f, vault_class_erase(&system, subject, STR("measurement"), &f->err),
	      RC_PRECONDITION);
	RC_IS(f, vault_class_erase(&system, subject, STR("nothing"), &f->err), RC_DENIED);
	assert_int_equal(records_in(f, subject, "health"), 1);
	assert_int_equal(certificates(f, "1"), 0);
}

static void
certificates_are_listed_for_who_manages_requests(void **state)
{
	struct fixture *f = *state;
	const struct door admin = door_of(f, ADMIN, "care");
	const struct door auditor = door_of(f, AUDITOR, "security");
	struct certificates list;
	struct certificate one;

	life_of(f, ANA);
	RC_IS(f, vault_class_erase(&admin, f->actors[ANA].subject, STR("health"), &f->err),
	      RC_OK);
	RC_IS(f,
	      vault_certificate_list(&admin, (struct id){ { 0 } }, &f->arena, &list, &f->err),
	      RC_OK);
	assert_int_equal(list.count, 1);
	str_is(list.items[0].class, "health");
	RC_IS(f,
	      vault_certificate_list(&admin, list.items[0].row.id, &f->arena, &list, &f->err),
	      RC_OK);
	assert_int_equal(list.count, 0);
	RC_IS(f, vault_certificate_find(&admin, f->actors[ANA].id, &one, &f->err),
	      RC_NOT_FOUND);
	RC_IS(f,
	      vault_certificate_list(&auditor, (struct id){ { 0 } }, &f->arena, &list, &f->err),
	      RC_DENIED);
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

/* The same where a law keeps a class: the others end one by one. */
enum part_step { AFTER_MARKS, AFTER_CLASS_KEY, AFTER_PURGING, PART_STEPS };

struct marks {
	struct flag flag;
	int64_t classes[2];
	enum deadline_state state;
};

static enum rc
marks_write(struct store_tx *tx, void *arg, struct err *err)
{
	struct marks *marks = arg;
	struct subject_row *row = &marks->flag.row;
	struct deadline_row deadline = { .tenant = row->tenant,
		                         .subject = row->id,
		                         .due_us = 1,
		                         .state = marks->state,
		                         .made_us = 1 };

	TRY(store_subject_find(tx, row, err));
	row->flags |= SUBJECT_RESTRICTED | SUBJECT_CLOSED;
	TRY(store_subject_update(tx, row, err));
	for (size_t i = 0; i < COUNT_OF(marks->classes); i++) {
		deadline.class = marks->classes[i];
		TRY(store_deadline_put(tx, &deadline, err));
	}
	return store_ticket_insert(tx, &marks->flag.ticket, err);
}

static void
part_until(struct fixture *f, struct id subject, enum part_step step)
{
	struct digest hash = sha256((struct str){ (const char *)subject.bytes, 16 });
	struct marks marks = {
		.flag = { .row = { .tenant = f->tenant->id, .id = subject },
		          .ticket = { .tenant = f->tenant->id,
		                      .kind = 1,
		                      .id = subject,
		                      .state = step == AFTER_PURGING ? 4 : 3,
		                      .created_us = 1,
		                      .expires_us = INT64_MAX } },
		.classes = { policy_class_find(f->tenant->policy, STR("account"))->number,
		             policy_class_find(f->tenant->policy, STR("health"))->number },
		.state = step == AFTER_PURGING ? DEADLINE_PURGING : DEADLINE_APPROVED,
	};
	struct key_name key = { f->tenant->id, subject, marks.classes[0], 0 };

	memcpy(marks.flag.ticket.hash, hash.bytes, sizeof(marks.flag.ticket.hash));
	if (store_write(vault_store(f->vault), marks_write, &marks, &f->err) != RC_OK)
		_exit(1);
	if (step >= AFTER_CLASS_KEY && keys_destroy(f->vault->keys, &key, &f->err) != RC_OK)
		_exit(2);
	key.class = marks.classes[1];
	if (step >= AFTER_PURGING && keys_destroy(f->vault->keys, &key, &f->err) != RC_OK)
		_exit(3);
	_exit(0);
}

static void
a_crash_while_a_part_is_erased_is_finished_at_the_next_opening(void **state)
{
	struct fixture *f = *state;

	for (int step = 0; step < PART_STEPS; step++) {
		struct vault_check check;
		struct id subject;
		int status = 0;
		pid_t child;
		fixture_person(f, ANA, "member", "care");
		fixture_roles(f);
		subject = f->actors[ANA].subject;
		life_with(f, ANA, "{\"name\":\"Erin\"}", true);
		fixture_close_vault(f);
		child = fork();
		if (child == 0) {
			if (fixture_try_open(f) != RC_OK)
				_exit(9);
			part_until(f, subject, (enum part_step)step);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(status, 0);
		RC_IS(f, fixture_try_open(f), RC_OK);
		fixture_roles(f);
		part_is_gone(f, subject);
		RC_IS(f, vault_verify(f->vault, f->tenant, &f->arena, &check, &f->err), RC_OK);
		log_verifies(f);
	}
	assert_int_equal(certificates(f, "kind = 2"), 4);
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
		life_with(f, ANA, "{\"name\":\"Erin\"}", round % 2 == 1);
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
		else if ((row.flags & SUBJECT_CLOSED) != 0)
			part_is_gone(f, subject);
		else
			assert_true(rows_of(f, subject) > 6);
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
		VAULT_TEST(
		    a_hundred_thousand_records_take_no_more_until_they_are_unreadable_than_ten),
		VAULT_TEST(what_a_law_keeps_stays_restricted_until_its_time),
		VAULT_TEST(a_probe_s_own_subject_is_erased_whatever_a_law_keeps),
		VAULT_TEST(one_class_of_a_subject_goes_and_the_rest_stays),
		VAULT_TEST(what_an_erasure_has_left_is_not_put_to_use_again),
		VAULT_TEST(an_erasure_in_part_takes_what_no_policy_declares_any_more),
		VAULT_TEST(a_class_without_a_use_keeps_nobody_from_being_erased),
		VAULT_TEST(a_class_is_erased_by_who_may_and_not_against_a_law),
		VAULT_TEST(certificates_are_listed_for_who_manages_requests),
		VAULT_TEST(a_crash_between_the_steps_is_finished_at_the_next_opening),
		VAULT_TEST(a_crash_while_a_part_is_erased_is_finished_at_the_next_opening),
		VAULT_TEST(a_process_killed_while_it_erases_leaves_all_or_nothing_to_finish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
