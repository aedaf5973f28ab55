/*
 * Who looked at my data: every touch of a person's data by a person stands
 * there, with its reason, and its entry can be proven from the log.
 */
#include "vault/retention.h"
#include "vault/vault_fixture.h"

static enum rc
looks_of(struct fixture *f, enum who asks, enum who about, struct looks *looks)
{
	const struct door door = door_of(f, asks, "security");
	struct looks_query query = { f->actors[about].subject, INT64_MAX };

	return vault_looks(&door, &query, &f->arena, looks, &f->err);
}

static struct vault_record
account_of(struct fixture *f, enum who who, const char *body)
{
	return put_by_system(f, "account", f->actors[who].subject, body);
}

static void
staff_that_looks_is_seen_with_its_reason_and_the_entry_proves_it(void **state)
{
	struct fixture *f = *state;
	const struct door admin = door_of(f, ADMIN, "support");
	struct vault_record account = account_of(f, ANA, "{\"name\":\"Ana\"}");
	CLEANUP(buf_free) struct buf proof = { 0 };
	struct looks looks;
	struct str text;

	RC_IS(f, vault_get(&admin, STR("account"), account.id, &f->arena, &account, &f->err),
	      RC_OK);
	RC_IS(f, looks_of(f, ANA, ANA, &looks), RC_OK);
	assert_int_equal(looks.count, 1);
	assert_true(id_eq(looks.items[0].actor, f->actors[ADMIN].id));
	str_is(looks.items[0].role, "admin");
	str_is(looks.items[0].act, "read");
	str_is(looks.items[0].class, "account");
	str_is(looks.items[0].purpose, "support");
	str_is(looks.items[0].reason, "yearly review");
	assert_int_equal(looks.items[0].count, 1);
	str_is(log_entry(f, looks.items[0].entry).act, "read");
	RC_IS(f, vault_tick(f->vault, &f->err), RC_OK);
	buf_init(&proof, 64 * KIB);
	RC_IS(f,
	      audit_prove(vault_audit(f->vault), f->tenant->id, looks.items[0].entry, &proof,
	                  &f->err),
	      RC_OK);
	RC_IS(f, buf_finish(&proof, &text, &f->err), RC_OK);
	assert_non_null(memmem(text.ptr, text.len, "checkpoint", 10));
}

static void
a_list_over_many_members_is_seen_by_each_of_them(void **state)
{
	struct fixture *f = *state;
	const struct door admin = door_of(f, ADMIN, "support");
	struct record_query query = { .limit = 100 };
	struct vault_records records;
	struct looks looks;
	int64_t before;

	(void)account_of(f, ANA, "{\"name\":\"Ana\"}");
	(void)account_of(f, BEN, "{\"name\":\"Ben\"}");
	before = log_size(f);
	RC_IS(f, vault_list(&admin, STR("account"), &query, &f->arena, &records, &f->err),
	      RC_OK);
	assert_int_equal(records.count, 2);
	(void)entry_is(
	    f, before,
	    &(struct expected_entry){ "read", "account", "support", "ok", "admin", 2 });
	RC_IS(f, looks_of(f, ANA, ANA, &looks), RC_OK);
	assert_int_equal(looks.count, 1);
	assert_int_equal(looks.items[0].entry, before);
	assert_int_equal(looks.items[0].count, 1);
	str_is(looks.items[0].role, "admin");
	RC_IS(f, looks_of(f, BEN, BEN, &looks), RC_OK);
	assert_int_equal(looks.count, 1);
}

static void
a_list_over_many_leaves_out_who_is_restricted_or_erased(void **state)
{
	struct fixture *f = *state;
	const struct door admin = door_of(f, ADMIN, "support");
	struct record_query query = { .limit = 100 };
	struct vault_records records;
	struct id erin;

	(void)account_of(f, ANA, "{\"name\":\"Ana\"}");
	(void)account_of(f, BEN, "{\"name\":\"Ben\"}");
	erin = subject_new(f, "member", "care");
	(void)put_by_system(f, "account", erin, "{\"name\":\"Erin\"}");
	RC_IS(f, vault_subject_erase(&admin, erin, NULL, &f->err), RC_OK);
	RC_IS(
	    f,
	    vault_subject_flags(&admin, f->actors[BEN].subject, SUBJECT_RESTRICTED, 0, &f->err),
	    RC_OK);
	RC_IS(f, vault_list(&admin, STR("account"), &query, &f->arena, &records, &f->err),
	      RC_OK);
	assert_int_equal(records.count, 1);
	assert_true(id_eq(records.items[0].subject, f->actors[ANA].subject));
}

static void
own_looks_are_there_and_the_servers_own_work_is_not(void **state)
{
	struct fixture *f = *state;
	const struct door ana = door_of(f, ANA, "care");
	const struct door system = door_of(f, SYSTEM, "care");
	struct vault_record account = account_of(f, ANA, "{\"name\":\"Ana\"}");
	struct looks looks;

	RC_IS(f, vault_get(&system, STR("account"), account.id, &f->arena, &account, &f->err),
	      RC_OK);
	RC_IS(f, looks_of(f, ANA, ANA, &looks), RC_OK);
	assert_int_equal(looks.count, 0);
	RC_IS(f, vault_get(&ana, STR("account"), account.id, &f->arena, &account, &f->err),
	      RC_OK);
	RC_IS(f, looks_of(f, ANA, ANA, &looks), RC_OK);
	str_is(looks.items[looks.count - 1].act, "looks");
	str_is(looks.items[0].act, "read");
	assert_true(id_eq(looks.items[0].actor, f->actors[ANA].id));
}

static void
a_refused_touch_is_no_look(void **state)
{
	struct fixture *f = *state;
	const struct door ben = door_of(f, BEN, "care");
	struct vault_record account = account_of(f, ANA, "{\"name\":\"Ana\"}");
	struct looks looks;

	RC_IS(f, vault_get(&ben, STR("account"), account.id, &f->arena, &account, &f->err),
	      RC_DENIED);
	RC_IS(f, looks_of(f, ANA, ANA, &looks), RC_OK);
	assert_int_equal(looks.count, 0);
}

static void
only_the_subject_and_auditors_may_ask(void **state)
{
	static const enum who refused[] = { BEN, CLINICIAN, SUPPORT, ADMIN, DEVICE, NOBODY };
	struct fixture *f = *state;
	struct looks looks;

	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		int64_t before = log_size(f);
		RC_IS(f, looks_of(f, refused[i], ANA, &looks), RC_DENIED);
		assert_int_equal(log_size(f), before + 1);
		str_is(log_entry(f, before).act, "looks");
		assert_false(str_eq(log_entry(f, before).outcome, STR("ok")));
	}
	RC_IS(f, looks_of(f, AUDITOR, ANA, &looks), RC_OK);
	f->actors[ANA].assurance = 1;
	RC_IS(f, looks_of(f, ANA, ANA, &looks), RC_DENIED);
	RC_IS(f, looks_of(f, NOBODY, NOBODY, &looks), RC_DENIED);
}

static void
a_line_whose_time_was_changed_does_not_open(void **state)
{
	struct fixture *f = *state;
	const struct door admin = door_of(f, ADMIN, "support");
	struct vault_record account = account_of(f, ANA, "{\"name\":\"Ana\"}");
	struct looks looks;

	RC_IS(f, vault_get(&admin, STR("account"), account.id, &f->arena, &account, &f->err),
	      RC_OK);
	RC_IS(f, looks_of(f, ANA, ANA, &looks), RC_OK);
	database_change(f, "UPDATE look SET time_us = time_us - 1", 2);
	RC_IS(f, looks_of(f, ANA, ANA, &looks), RC_CORRUPT);
}

static void
a_long_reason_is_kept_whole(void **state)
{
	struct fixture *f = *state;
	struct vault_record account = account_of(f, ANA, "{\"name\":\"Ana\"}");
	char reason[1001];
	struct looks looks;

	memset(reason, 'r', sizeof(reason) - 1);
	reason[sizeof(reason) - 1] = '\0';
	f->actors[ADMIN].reason = str_from_c(reason);
	const struct door admin = door_of(f, ADMIN, "support");
	RC_IS(f, vault_get(&admin, STR("account"), account.id, &f->arena, &account, &f->err),
	      RC_OK);
	RC_IS(f, looks_of(f, ANA, ANA, &looks), RC_OK);
	str_is(looks.items[0].reason, reason);
}

static void
looks_come_page_by_page_newest_first(void **state)
{
	struct fixture *f = *state;
	const struct door admin = door_of(f, ADMIN, "support");
	const struct door ana = door_of(f, ANA, "security");
	struct looks_query query = { f->actors[ANA].subject, INT64_MAX };
	struct vault_record account = account_of(f, ANA, "{\"name\":\"Ana\"}");
	struct looks looks;

	for (int i = 0; i < 3; i++)
		RC_IS(
		    f,
		    vault_get(&admin, STR("account"), account.id, &f->arena, &account, &f->err),
		    RC_OK);
	RC_IS(f, vault_looks(&ana, &query, &f->arena, &looks, &f->err), RC_OK);
	assert_int_equal(looks.count, 3);
	assert_true(looks.items[0].entry > looks.items[1].entry);
	query.before = looks.items[1].entry;
	RC_IS(f, vault_looks(&ana, &query, &f->arena, &looks, &f->err), RC_OK);
	assert_int_equal(looks.count, 1);
}

/* --- acts and releases --------------------------------------------------------------- */

static void
a_note_is_an_entry_of_its_own(void **state)
{
	struct fixture *f = *state;
	const struct door ana = door_of(f, ANA, "none");
	const struct vault_act act = { .act = STR("sign-in"),
		                       .outcome = STR("ok"),
		                       .detail = STR("link"),
		                       .subject = f->actors[ANA].subject,
		                       .count = 1 };
	int64_t before = log_size(f);
	int64_t index = -1;
	struct audit_entry entry;

	RC_IS(f, vault_note(&ana, &act, &index, &f->err), RC_OK);
	assert_int_equal(index, before);
	entry = entry_is(f, before,
	                 &(struct expected_entry){ "sign-in", "", "none", "ok", "member", 1 });
	str_is(entry.detail, "link");
}

static void
a_release_is_recorded_and_one_without_consent_is_refused(void **state)
{
	struct fixture *f = *state;
	const struct door ana = door_of(f, ANA, "sharing");
	const struct door system = door_of(f, SYSTEM, "research");
	struct vault_release release = { .recipient = STR("third_party"),
		                         .class = STR("measurement"),
		                         .subject = f->actors[ANA].subject,
		                         .count = 12,
		                         .content = sha256(STR("what leaves")) };
	int64_t before = log_size(f);
	struct audit_entry entry;
	int64_t index;

	RC_IS(f, vault_release(&ana, &release, &index, &f->err), RC_OK);
	entry = entry_is(f, before++,
	                 &(struct expected_entry){ "release", "measurement", "sharing", "ok",
	                                           "member", 12 });
	str_is(entry.detail, "third_party");
	release.recipient = STR("research");
	release.form = AS_AGGREGATE;
	RC_IS(f, vault_release(&system, &release, &index, &f->err), RC_DENIED);
	(void)entry_is(f, before++,
	               &(struct expected_entry){ "release", "measurement", "research",
	                                         "consent", "system", 0 });
	release.recipient = STR("\"advertiser\"");
	release.form = AS_IS;
	RC_IS(f, vault_release(&ana, &release, &index, &f->err), RC_DENIED);
	entry = entry_is(f, before++,
	                 &(struct expected_entry){ "release", "measurement", "sharing",
	                                           "recipient", "member", 0 });
	assert_int_equal(entry.detail.len, 0);
}

/* Two entries about one person share no value by which they could be joined. */
static void
entries_about_one_person_join_to_nobody(void **state)
{
	struct fixture *f = *state;
	const struct door ana = door_of(f, ANA, "care");
	struct vault_record account = account_of(f, ANA, "{\"name\":\"Ana\"}");
	int64_t before = log_size(f);
	struct audit_entry a, b;

	RC_IS(f, vault_get(&ana, STR("account"), account.id, &f->arena, &account, &f->err),
	      RC_OK);
	RC_IS(f, vault_get(&ana, STR("account"), account.id, &f->arena, &account, &f->err),
	      RC_OK);
	a = log_entry(f, before);
	b = log_entry(f, before + 1);
	assert_memory_not_equal(a.actor.bytes, b.actor.bytes, DIGEST_BYTES);
	assert_memory_not_equal(a.subject.bytes, b.subject.bytes, DIGEST_BYTES);
	assert_memory_not_equal(a.record.bytes, b.record.bytes, DIGEST_BYTES);
	assert_memory_not_equal(a.nonce, b.nonce, sizeof(a.nonce));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		VAULT_TEST(staff_that_looks_is_seen_with_its_reason_and_the_entry_proves_it),
		VAULT_TEST(a_list_over_many_members_is_seen_by_each_of_them),
		VAULT_TEST(a_list_over_many_leaves_out_who_is_restricted_or_erased),
		VAULT_TEST(own_looks_are_there_and_the_servers_own_work_is_not),
		VAULT_TEST(a_refused_touch_is_no_look),
		VAULT_TEST(only_the_subject_and_auditors_may_ask),
		VAULT_TEST(a_line_whose_time_was_changed_does_not_open),
		VAULT_TEST(a_long_reason_is_kept_whole),
		VAULT_TEST(looks_come_page_by_page_newest_first),
		VAULT_TEST(a_note_is_an_entry_of_its_own),
		VAULT_TEST(a_release_is_recorded_and_one_without_consent_is_refused),
		VAULT_TEST(entries_about_one_person_join_to_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
