/*
 * Records through the door: what goes in comes out, what the policy does not
 * declare is refused, and each of it leaves exactly its entry.
 */
#include <pthread.h>

#include "vault/vault_fixture.h"

#define THREADS 100

static struct vault_record
get_by_system(struct fixture *f, const char *class, struct id id)
{
	const struct door door = door_of(f, SYSTEM, "care");
	struct vault_record record;

	RC_IS(f, vault_get(&door, str_from_c(class), id, &f->arena, &record, &f->err), RC_OK);
	return record;
}

static void
what_is_put_is_got_as_it_was(void **state)
{
	struct fixture *f = *state;
	const struct door door = door_of(f, ANA, "care");
	struct vault_record put =
	    record_of("health", f->actors[ANA].subject, "{\"kind\":\"meal\",\"amount\":5.40}");
	struct vault_record got;
	int64_t before = log_size(f);

	RC_IS(f, vault_put(&door, &put, &f->err), RC_OK);
	(void)entry_is(
	    f, before,
	    &(struct expected_entry){ "write", "health", "care", "ok", "member", 1 });
	assert_int_equal(put.version, 1);
	RC_IS(f, vault_get(&door, STR("health"), put.id, &f->arena, &got, &f->err), RC_OK);
	(void)entry_is(f, before + 1,
	               &(struct expected_entry){ "read", "health", "care", "ok", "member", 1 });
	assert_true(str_eq(got.body, put.body));
	assert_true(id_eq(got.subject, put.subject));
	assert_int_equal(got.version, 1);
	assert_int_equal(got.created_us, put.created_us);
	fixture_reopen(f);
	assert_true(str_eq(get_by_system(f, "health", put.id).body, put.body));
}

static void
a_next_version_keeps_the_one_before_in_its_history(void **state)
{
	struct fixture *f = *state;
	const struct door door = door_of(f, ANA, "care");
	struct vault_record record =
	    record_of("health", f->actors[ANA].subject, "{\"note\":\"one\"}");
	struct vault_records all;
	int64_t before;

	RC_IS(f, vault_put(&door, &record, &f->err), RC_OK);
	record.body = STR("{\"note\":\"two\"}");
	RC_IS(f, vault_put(&door, &record, &f->err), RC_OK);
	assert_int_equal(record.version, 2);
	before = log_size(f);
	RC_IS(f, vault_history(&door, STR("health"), record.id, &f->arena, &all, &f->err),
	      RC_OK);
	(void)entry_is(f, before,
	               &(struct expected_entry){ "read", "health", "care", "ok", "member", 2 });
	assert_int_equal(all.count, 2);
	str_is(all.items[0].body, "{\"note\":\"two\"}");
	str_is(all.items[1].body, "{\"note\":\"one\"}");
	assert_int_equal(all.items[1].version, 1);
	assert_int_equal(all.items[0].created_us, all.items[1].created_us);
}

static void
a_version_that_somebody_else_replaced_is_a_conflict(void **state)
{
	struct fixture *f = *state;
	const struct door door = door_of(f, ANA, "care");
	struct vault_record mine =
	    record_of("health", f->actors[ANA].subject, "{\"note\":\"one\"}");
	struct vault_record theirs;

	RC_IS(f, vault_put(&door, &mine, &f->err), RC_OK);
	theirs = mine;
	theirs.body = STR("{\"note\":\"theirs\"}");
	RC_IS(f, vault_put(&door, &theirs, &f->err), RC_OK);
	RC_IS(f, vault_put(&door, &mine, &f->err), RC_CONFLICT);
	str_is(get_by_system(f, "health", mine.id).body, "{\"note\":\"theirs\"}");
}

static void
a_list_gives_the_subjects_own_and_has_one_entry(void **state)
{
	struct fixture *f = *state;
	const struct door door = door_of(f, ANA, "care");
	struct record_query query = { .subject = f->actors[ANA].subject, .limit = 10 };
	struct vault_records records;
	int64_t before;

	(void)put_by_system(f, "health", f->actors[ANA].subject, "{\"note\":\"a\"}");
	(void)put_by_system(f, "health", f->actors[BEN].subject, "{\"note\":\"b\"}");
	(void)put_by_system(f, "health", f->actors[ANA].subject, "{\"note\":\"c\"}");
	before = log_size(f);
	RC_IS(f, vault_list(&door, STR("health"), &query, &f->arena, &records, &f->err), RC_OK);
	(void)entry_is(f, before,
	               &(struct expected_entry){ "read", "health", "care", "ok", "member", 2 });
	assert_int_equal(records.count, 2);
	str_is(records.items[0].body, "{\"note\":\"a\"}");
	str_is(records.items[1].body, "{\"note\":\"c\"}");
}

static void
facets_and_times_are_found_and_nothing_else_is(void **state)
{
	struct fixture *f = *state;
	const struct door door = door_of(f, ANA, "care");
	struct record_query query = { .subject = f->actors[ANA].subject, .limit = 10 };
	struct vault_records records;

	(void)put_by_system(f, "health", f->actors[ANA].subject,
	                    "{\"kind\":\"meal\",\"taken\":\"2026-03-01T10:00:00Z\"}");
	(void)put_by_system(f, "health", f->actors[ANA].subject,
	                    "{\"kind\":\"sport\",\"taken\":\"2026-03-02T10:00:00Z\"}");
	query.facet[0] = policy_number(STR("sport"));
	RC_IS(f, vault_list(&door, STR("health"), &query, &f->arena, &records, &f->err), RC_OK);
	assert_int_equal(records.count, 1);
	query = (struct record_query){ .subject = f->actors[ANA].subject,
		                       .order = RECORD_BY_TIME,
		                       .limit = 10 };
	RC_IS(f, time_parse(STR("2026-03-01T00:00:00Z"), &query.time_from_us, NULL, &f->err),
	      RC_OK);
	query.time_to_us = query.time_from_us + US_PER_DAY;
	RC_IS(f, vault_list(&door, STR("health"), &query, &f->arena, &records, &f->err), RC_OK);
	assert_int_equal(records.count, 1);
	assert_non_null(
	    memmem(records.items[0].body.ptr, records.items[0].body.len, "meal", 4));
}

static void
a_deleted_record_is_not_found_and_its_term_is_free(void **state)
{
	struct fixture *f = *state;
	const struct door system = door_of(f, SYSTEM, "care");
	struct id ana = f->actors[ANA].subject;
	struct vault_record device = put_by_system(f, "device", ana, "{\"serial\":\"S-1\"}");
	struct vault_term term = { "serial", STR("S-1") };
	struct vault_record got;
	int64_t before = log_size(f);

	RC_IS(f, vault_delete(&system, STR("device"), device.id, &f->err), RC_OK);
	(void)entry_is(
	    f, before,
	    &(struct expected_entry){ "erase", "device", "care", "ok", "system", 1 });
	RC_IS(f, vault_get(&system, STR("device"), device.id, &f->arena, &got, &f->err),
	      RC_NOT_FOUND);
	RC_IS(f, vault_find(&system, STR("device"), &term, &f->arena, &got, &f->err),
	      RC_NOT_FOUND);
	RC_IS(f, vault_delete(&system, STR("device"), device.id, &f->err), RC_NOT_FOUND);
	(void)put_by_system(f, "device", f->actors[BEN].subject, "{\"serial\":\"S-1\"}");
}

/* --- terms ---------------------------------------------------------------------- */

static void
a_record_is_found_by_its_term_and_the_term_follows_a_change(void **state)
{
	struct fixture *f = *state;
	const struct door door = door_of(f, SYSTEM, "care");
	struct vault_record device =
	    put_by_system(f, "device", f->actors[ANA].subject, "{\"serial\":\"OLD-7\"}");
	struct vault_term old = { "serial", STR("OLD-7") };
	struct vault_term new = { "serial", STR("NEW-7") };
	struct vault_record got;

	RC_IS(f, vault_find(&door, STR("device"), &old, &f->arena, &got, &f->err), RC_OK);
	assert_true(id_eq(got.id, device.id));
	device.body = STR("{\"serial\":\"NEW-7\"}");
	RC_IS(f, vault_put(&door, &device, &f->err), RC_OK);
	RC_IS(f, vault_find(&door, STR("device"), &new, &f->arena, &got, &f->err), RC_OK);
	RC_IS(f, vault_find(&door, STR("device"), &old, &f->arena, &got, &f->err),
	      RC_NOT_FOUND);
	(void)put_by_system(f, "device", f->actors[BEN].subject, "{\"serial\":\"OLD-7\"}");
}

static void
a_term_that_is_taken_is_a_conflict_and_changes_nothing(void **state)
{
	struct fixture *f = *state;
	const struct door door = door_of(f, SYSTEM, "care");
	struct vault_record second = record_of("device", f->actors[BEN].subject, NULL);
	struct vault_record third;
	struct vault_term term = { "serial", STR("S-3") };
	int64_t before;

	(void)put_by_system(f, "device", f->actors[ANA].subject, "{\"serial\":\"S-2\"}");
	third = put_by_system(f, "device", f->actors[BEN].subject, "{\"serial\":\"S-3\"}");
	second.body = STR("{\"serial\":\"S-2\"}");
	before = log_size(f);
	RC_IS(f, vault_put(&door, &second, &f->err), RC_CONFLICT);
	assert_null(strstr(f->err.text, "S-2"));
	third.body = STR("{\"serial\":\"S-2\"}");
	RC_IS(f, vault_put(&door, &third, &f->err), RC_CONFLICT);
	assert_int_equal(log_size(f), before); /* nothing happened, nothing is told */
	RC_IS(f, vault_find(&door, STR("device"), &term, &f->arena, &second, &f->err), RC_OK);
	assert_int_equal(second.version, 1);
}

static void
an_index_that_the_policy_does_not_declare_is_refused(void **state)
{
	struct fixture *f = *state;
	const struct door door = door_of(f, SYSTEM, "care");
	struct vault_term facet = { "kind", STR("meal") };
	struct vault_term field = { "note", STR("x") };
	struct vault_record got;

	RC_IS(f, vault_find(&door, STR("health"), &facet, &f->arena, &got, &f->err),
	      RC_INVALID);
	RC_IS(f, vault_find(&door, STR("health"), &field, &f->arena, &got, &f->err),
	      RC_INVALID);
}

struct put_runner {
	struct fixture *f;
	pthread_t thread;
	struct err err;
	enum rc rc;
};

static void *
put_run(void *arg)
{
	struct put_runner *runner = arg;
	const struct door door = door_of(runner->f, SYSTEM, "care");
	struct vault_record record =
	    record_of("device", runner->f->actors[ANA].subject, "{\"serial\":\"RACE\"}");

	runner->rc = vault_put(&door, &record, &runner->err);
	return NULL;
}

static void
of_a_hundred_threads_with_one_unique_term_one_wins(void **state)
{
	struct fixture *f = *state;
	const struct door door = door_of(f, SYSTEM, "care");
	struct record_query query = { .subject = f->actors[ANA].subject, .limit = 100 };
	struct put_runner runners[THREADS];
	struct vault_records records;
	int won = 0;

	for (size_t i = 0; i < THREADS; i++) {
		runners[i] = (struct put_runner){ .f = f };
		assert_int_equal(pthread_create(&runners[i].thread, NULL, put_run, &runners[i]),
		                 0);
	}
	for (size_t i = 0; i < THREADS; i++) {
		(void)pthread_join(runners[i].thread, NULL);
		won += runners[i].rc == RC_OK;
		assert_true(runners[i].rc == RC_OK || runners[i].rc == RC_CONFLICT);
	}
	assert_int_equal(won, 1);
	RC_IS(f, vault_list(&door, STR("device"), &query, &f->arena, &records, &f->err), RC_OK);
	assert_int_equal(records.count, 1);
}

/* --- what is refused, each with exactly its entry ---------------------------------- */

struct refused_row {
	const char *name;
	enum who who;
	const char *class, *purpose, *body;
	enum who about;
	int assurance;
	const char *entry_class, *entry_purpose, *outcome;
	const char *role;
};

static const struct refused_row refused_puts[] = {
	{ "an undeclared field", ANA, "health", "care",
	  "{\"kind\":\"meal\",\"religion\":\"x\"}", ANA, 2, "health", "care", "field",
	  "member" },
	{ "an undeclared class", ANA, "genome", "care", "{}", ANA, 2, "", "care", "class",
	  "member" },
	{ "a class that is no word of a log", ANA, "\"\n\\", "care", "{}", ANA, 2, "", "care",
	  "class", "member" },
	{ "an undeclared purpose", ANA, "health", "marketing", "{}", ANA, 2, "health", "",
	  "purpose", "member" },
	{ "a purpose of other classes", ANA, "health", "billing", "{}", ANA, 2, "health",
	  "billing", "purpose-class", "member" },
	{ "a wrong kind of subject", SYSTEM, "health", "care", "{}", ADMIN, 0, "health", "care",
	  "kind", "system" },
	{ "another member", BEN, "health", "care", "{}", ANA, 2, "health", "care", "scope",
	  "member" },
	{ "a role without the grant", SUPPORT, "health", "care", "{}", ANA, 2, "health", "care",
	  "role", "support" },
	{ "a missing second factor", ANA, "health", "care", "{}", ANA, 1, "health", "care",
	  "factor", "member" },
	{ "nobody", NOBODY, "health", "care", "{}", ANA, 0, "health", "care", "sign-in", "" },
	{ "another member, with a body that is broken too", BEN, "health", "care", "{", ANA, 2,
	  "health", "care", "scope", "member" },
};

static void
each_refused_write_leaves_exactly_its_entry_and_no_row(void **state)
{
	struct fixture *f = *state;
	int64_t rows = database_number(f, "SELECT count(*) FROM record");
	int64_t keys = database_number(f, "SELECT count(*) FROM key_slot");

	for (size_t i = 0; i < COUNT_OF(refused_puts); i++) {
		const struct refused_row *row = &refused_puts[i];
		struct actor actor = f->actors[row->who];
		struct door door = { f->vault, f->tenant, &actor, str_from_c(row->purpose) };
		struct vault_record record =
		    record_of(row->class, f->actors[row->about].subject, row->body);
		int64_t before = log_size(f);
		actor.assurance = row->assurance;
		RC_IS(f, vault_put(&door, &record, &f->err), RC_DENIED);
		assert_null(strstr(f->err.text, "religion"));
		(void)entry_is(f, before,
		               &(struct expected_entry){ "write", row->entry_class,
		                                         row->entry_purpose, row->outcome,
		                                         row->role, 0 });
	}
	assert_int_equal(database_number(f, "SELECT count(*) FROM record"), rows);
	assert_int_equal(database_number(f, "SELECT count(*) FROM key_slot"), keys);
}

static void
a_body_that_is_no_object_is_invalid(void **state)
{
	struct fixture *f = *state;
	const struct door door = door_of(f, ANA, "care");
	static const char *const bodies[] = { "", "[]", "3", "{", "{\"note\":1,\"note\":2}" };

	for (size_t i = 0; i < COUNT_OF(bodies); i++) {
		struct vault_record record =
		    record_of("health", f->actors[ANA].subject, bodies[i]);
		enum rc rc = vault_put(&door, &record, &f->err);
		assert_true(rc == RC_INVALID || rc == RC_SYNTAX);
	}
}

static void
each_refused_read_leaves_exactly_its_entry(void **state)
{
	struct fixture *f = *state;
	const struct door ben = door_of(f, BEN, "care");
	struct record_query query = { .subject = f->actors[ANA].subject, .limit = 10 };
	struct record_query all = { .limit = 10 };
	struct expected_entry scope = { "read", "health", "care", "scope", "member", 0 };
	struct expected_entry class = { "read", "", "care", "class", "member", 0 };
	struct vault_term term = { "serial", STR("S") };
	struct vault_record got =
	    put_by_system(f, "health", f->actors[ANA].subject, "{\"note\":\"a\"}");
	struct vault_records records;
	struct id id = got.id;
	int64_t before = log_size(f);

	RC_IS(f, vault_get(&ben, STR("health"), id, &f->arena, &got, &f->err), RC_DENIED);
	(void)entry_is(f, before++, &scope);
	RC_IS(f, vault_history(&ben, STR("health"), id, &f->arena, &records, &f->err),
	      RC_DENIED);
	(void)entry_is(f, before++, &scope);
	RC_IS(f, vault_list(&ben, STR("health"), &query, &f->arena, &records, &f->err),
	      RC_DENIED);
	(void)entry_is(f, before++, &scope);
	RC_IS(f, vault_list(&ben, STR("health"), &all, &f->arena, &records, &f->err),
	      RC_DENIED);
	(void)entry_is(f, before++, &scope);
	RC_IS(f, vault_get(&ben, STR("genome"), id, &f->arena, &got, &f->err), RC_DENIED);
	(void)entry_is(f, before++, &class);
	RC_IS(f, vault_history(&ben, STR("genome"), id, &f->arena, &records, &f->err),
	      RC_DENIED);
	(void)entry_is(f, before++, &class);
	RC_IS(f, vault_list(&ben, STR("genome"), &query, &f->arena, &records, &f->err),
	      RC_DENIED);
	(void)entry_is(f, before++, &class);
	RC_IS(f, vault_find(&ben, STR("genome"), &term, &f->arena, &got, &f->err), RC_DENIED);
	(void)entry_is(f, before++, &class);
	class.act = scope.act = "erase";
	RC_IS(f, vault_delete(&ben, STR("genome"), id, &f->err), RC_DENIED);
	(void)entry_is(f, before++, &class);
	RC_IS(f, vault_delete(&ben, STR("health"), id, &f->err), RC_DENIED);
	(void)entry_is(f, before++, &scope);
}

static void
a_record_of_another_class_is_not_found(void **state)
{
	struct fixture *f = *state;
	const struct door door = door_of(f, ANA, "care");
	struct vault_record got =
	    put_by_system(f, "health", f->actors[ANA].subject, "{\"note\":\"a\"}");

	RC_IS(f, vault_get(&door, STR("alert"), got.id, &f->arena, &got, &f->err),
	      RC_NOT_FOUND);
}

static void
a_restricted_subject_is_left_alone_until_the_restriction_ends(void **state)
{
	struct fixture *f = *state;
	const struct door admin = door_of(f, ADMIN, "support");
	const struct door ana = door_of(f, ANA, "support");
	struct id subject = f->actors[ANA].subject;
	struct vault_record account =
	    put_by_system(f, "account", subject, "{\"name\":\"Ana\"}");
	struct vault_record got;

	RC_IS(f, vault_subject_flags(&admin, subject, SUBJECT_RESTRICTED, 0, &f->err), RC_OK);
	RC_IS(f, vault_get(&admin, STR("account"), account.id, &f->arena, &got, &f->err),
	      RC_DENIED);
	RC_IS(f, vault_get(&ana, STR("account"), account.id, &f->arena, &got, &f->err), RC_OK);
	RC_IS(f, vault_subject_flags(&admin, subject, 0, SUBJECT_RESTRICTED, &f->err), RC_OK);
	RC_IS(f, vault_get(&admin, STR("account"), account.id, &f->arena, &got, &f->err),
	      RC_OK);
	RC_IS(f, vault_subject_flags(&ana, subject, 0, SUBJECT_RESTRICTED, &f->err), RC_DENIED);
}

/* What no law keeps of it, what no list shows: of a person that would be a way around
 * both. */
static void
flags_of_the_vaults_own_are_nobody_elses_to_set(void **state)
{
	static const int64_t own[] = { SUBJECT_ERASED, SUBJECT_HAS_CHOICES, SUBJECT_CLOSED,
		                       SUBJECT_NOBODY, SUBJECT_CANARY };
	struct fixture *f = *state;
	const struct door admin = door_of(f, ADMIN, "support");
	const struct door system = door_of(f, SYSTEM, "support");
	struct id subject = f->actors[ANA].subject;

	for (size_t i = 0; i < COUNT_OF(own); i++) {
		RC_IS(f, vault_subject_flags(&admin, subject, own[i], 0, &f->err), RC_INVALID);
		RC_IS(f, vault_subject_flags(&admin, subject, 0, own[i], &f->err), RC_INVALID);
	}
	RC_IS(f, vault_subject_flags(&system, subject, SUBJECT_CLOSED, 0, &f->err), RC_INVALID);
	RC_IS(f, vault_subject_flags(&system, subject, SUBJECT_CANARY, 0, &f->err), RC_OK);
}

static void
a_record_of_a_megabyte_is_too_long(void **state)
{
	struct fixture *f = *state;
	const struct door door = door_of(f, ANA, "care");
	char *body = arena_alloc(&f->arena, LIMIT_RECORD_BYTES + 64, 1);
	struct vault_record record = record_of("health", f->actors[ANA].subject, "");

	memset(body, 'x', LIMIT_RECORD_BYTES + 32);
	memcpy(body, "{\"note\":\"", 9);
	memcpy(body + LIMIT_RECORD_BYTES, "\"}", 2);
	record.body = (struct str){ body, LIMIT_RECORD_BYTES + 2 };
	RC_IS(f, vault_put(&door, &record, &f->err), RC_LIMIT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		VAULT_TEST(what_is_put_is_got_as_it_was),
		VAULT_TEST(a_next_version_keeps_the_one_before_in_its_history),
		VAULT_TEST(a_version_that_somebody_else_replaced_is_a_conflict),
		VAULT_TEST(a_list_gives_the_subjects_own_and_has_one_entry),
		VAULT_TEST(facets_and_times_are_found_and_nothing_else_is),
		VAULT_TEST(a_deleted_record_is_not_found_and_its_term_is_free),
		VAULT_TEST(a_record_is_found_by_its_term_and_the_term_follows_a_change),
		VAULT_TEST(a_term_that_is_taken_is_a_conflict_and_changes_nothing),
		VAULT_TEST(an_index_that_the_policy_does_not_declare_is_refused),
		VAULT_TEST(of_a_hundred_threads_with_one_unique_term_one_wins),
		VAULT_TEST(each_refused_write_leaves_exactly_its_entry_and_no_row),
		VAULT_TEST(a_body_that_is_no_object_is_invalid),
		VAULT_TEST(each_refused_read_leaves_exactly_its_entry),
		VAULT_TEST(a_record_of_another_class_is_not_found),
		VAULT_TEST(a_restricted_subject_is_left_alone_until_the_restriction_ends),
		VAULT_TEST(flags_of_the_vaults_own_are_nobody_elses_to_set),
		VAULT_TEST(a_record_of_a_megabyte_is_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
