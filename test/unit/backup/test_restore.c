/*
 * What a restore brings back, and what it does not.  That the erased is gone is
 * looked for by grep(1) over every file, and by opening every record.
 */
#include "backup/backup_fixture.h"
#include "vault/choice.h"
#include "vault/projection.h"
#include "vault/series.h"

static void
a_restore_brings_back_every_record_and_verifies(void **state)
{
	struct backups *b = *state;
	struct vault_record record;
	struct fixture r;

	RC_IS(b->f, vault_tick(b->f->vault, &b->f->err), RC_OK);
	back_up(b);
	assert_int_equal(b->report.places_whole, 2);
	RC_IS(b->f, restore_at(b, 0), RC_OK);
	assert_int_equal(b->found.restored.keys_lost, 0);
	restored_open(b, &r);
	RC_IS(&r, record_get(&r, b->record, &record), RC_OK);
	str_is(record.body, HEALTH);
	all_is_in_order(&r);
	restored_close(&r);
}

static void
a_restored_server_goes_on_and_can_be_backed_up(void **state)
{
	struct backups *b = *state;
	struct vault_record record;
	struct fixture r;

	back_up(b);
	RC_IS(b->f, restore_at(b, 0), RC_OK);
	restored_open(b, &r);
	record = put_by_system(&r, "health", b->canary, "{\"kind\":\"meal\"}");
	RC_IS(&r, vault_tick(r.vault, &r.err), RC_OK);
	fixture_reopen(&r);
	RC_IS(&r, record_get(&r, record.id, &record), RC_OK);
	all_is_in_order(&r);
	restored_close(&r);
}

/* --- erased since ------------------------------------------------------------------- */

/* No record of the class opens that says it, and no file holds it. */
static void
canary_is_gone(struct backups *b, struct fixture *r)
{
	const struct door door = door_of(r, SYSTEM, "care");
	struct record_query query = { .limit = 1000 };
	struct vault_records records = { 0 };

	RC_IS(r, vault_list(&door, STR("health"), &query, &r->arena, &records, &r->err), RC_OK);
	for (size_t i = 0; i < records.count; i++)
		assert_null(memmem(records.items[i].body.ptr, records.items[i].body.len, CANARY,
		                   strlen(CANARY)));
	sh("! grep -rqaF '%s' %s", CANARY, b->restored);
}

static void
erase_canary(struct backups *b)
{
	const struct door door = door_of(b->f, SYSTEM, "care");
	struct erasure_result result;

	RC_IS(b->f, vault_subject_erase(&door, b->canary, &result, &b->f->err), RC_OK);
}

static void
who_was_erased_after_the_backup_is_not_in_its_restore(void **state)
{
	struct backups *b = *state;
	struct vault_record record;
	struct fixture r;

	back_up(b);
	erase_canary(b);
	RC_IS(b->f, restore_at(b, 0), RC_OK);
	assert_true(b->found.restored.lines >= 1);
	assert_int_equal(b->found.restored.subjects, 1);
	restored_open(b, &r);
	assert_int_not_equal(record_get(&r, b->record, &record), RC_OK);
	canary_is_gone(b, &r);
	all_is_in_order(&r);
	restored_close(&r);
}

static void
a_record_deleted_after_the_backup_is_not_in_its_restore(void **state)
{
	struct backups *b = *state;
	const struct door door = door_of(b->f, SYSTEM, "care");
	struct vault_record record;
	struct vault_record kept =
	    put_by_system(b->f, "health", b->canary, "{\"kind\":\"meal\"}");
	struct fixture r;

	back_up(b);
	RC_IS(b->f, vault_delete(&door, STR("health"), b->record, &b->f->err), RC_OK);
	RC_IS(b->f, restore_at(b, 0), RC_OK);
	assert_int_equal(b->found.restored.records, 1);
	restored_open(b, &r);
	RC_IS(&r, record_get(&r, b->record, &record), RC_NOT_FOUND);
	RC_IS(&r, record_get(&r, kept.id, &record), RC_OK);
	canary_is_gone(b, &r);
	all_is_in_order(&r);
	restored_close(&r);
}

static void
a_class_erased_and_filled_anew_before_the_backup_is_whole_after_it(void **state)
{
	struct backups *b = *state;
	const struct door door = door_of(b->f, SYSTEM, "care");
	struct vault_record kept;
	struct vault_record record;
	struct fixture r;

	RC_IS(b->f, vault_class_erase(&door, b->canary, STR("health"), &b->f->err), RC_OK);
	kept = put_by_system(b->f, "health", b->canary, "{\"kind\":\"meal\"}");
	back_up(b);
	RC_IS(b->f, restore_at(b, 0), RC_OK);
	restored_open(b, &r);
	RC_IS(&r, record_get(&r, kept.id, &record), RC_OK);
	assert_int_not_equal(record_get(&r, b->record, &record), RC_OK);
	all_is_in_order(&r);
	restored_close(&r);
}

static void
a_class_erased_after_the_backup_is_not_in_its_restore(void **state)
{
	struct backups *b = *state;
	const struct door door = door_of(b->f, SYSTEM, "care");
	struct vault_record record;
	struct fixture r;

	back_up(b);
	RC_IS(b->f, vault_class_erase(&door, b->canary, STR("health"), &b->f->err), RC_OK);
	RC_IS(b->f, restore_at(b, 0), RC_OK);
	restored_open(b, &r);
	assert_int_not_equal(record_get(&r, b->record, &record), RC_OK);
	canary_is_gone(b, &r);
	all_is_in_order(&r);
	restored_close(&r);
}

static MUST_CHECK enum rc
letter_add(const void *arg, struct str old, struct buf *next, struct err *err)
{
	(void)arg;
	(void)err;
	buf_add(next, old);
	buf_add(next, STR("a"));
	return RC_OK;
}

static void
summary_append(struct fixture *f, struct id subject)
{
	const struct door door = door_of(f, SYSTEM, "care");
	const struct projection_change change = { .class = STR("health"),
		                                  .name = "letters",
		                                  .fn = letter_add };
	struct series_segment segment = { .items = 1, .body = STR("seg") };
	struct series_append append = { .class = STR("alert"),
		                        .subject = subject,
		                        .segments = &segment,
		                        .segment_count = 1,
		                        .projection = &change };

	RC_IS(f, vault_series_append(&door, &append, &f->err), RC_OK);
}

static void
what_sums_up_a_class_erased_after_the_backup_begins_anew(void **state)
{
	struct backups *b = *state;
	const struct door door = door_of(b->f, SYSTEM, "care");
	struct fixture r;

	summary_append(b->f, b->canary);
	back_up(b);
	RC_IS(b->f, vault_class_erase(&door, b->canary, STR("health"), &b->f->err), RC_OK);
	RC_IS(b->f, restore_at(b, 0), RC_OK);
	restored_open(b, &r);
	summary_append(&r, b->canary);
	restored_close(&r);
}

/* Withdrawing is for good (GDPR Art. 7(3)): a copy that is older does not undo it. */
static void
a_consent_withdrawn_after_the_backup_is_not_in_force_after_its_restore(void **state)
{
	struct backups *b = *state;
	const struct door ana = door_of(b->f, ANA, "law");
	struct choice choices[] = {
		{ .purpose = STR("research"), .text = STR("yes") },
		{ .purpose = STR("research"),
		  .recipient = STR("research"),
		  .text = STR("yes") },
	};
	struct fixture r;

	for (size_t i = 0; i < COUNT_OF(choices); i++) {
		choices[i].kind = CHOICE_CONSENT;
		choices[i].subject = b->f->actors[ANA].subject;
		RC_IS(b->f, vault_choice_give(&ana, &choices[i], &b->f->err), RC_OK);
	}
	back_up(b);
	RC_IS(b->f, vault_choice_withdraw(&ana, choices[0].id, &b->f->err), RC_OK);
	RC_IS(b->f, restore_at(b, 0), RC_OK);
	restored_open(b, &r);
	assert_int_equal(database_number(&r, "SELECT count(*) FROM choice"), 1);
	assert_int_equal(
	    database_number(&r, "SELECT count(*) FROM choice WHERE recipient <> 0"), 1);
	all_is_in_order(&r);
	restored_close(&r);
}

static void
a_consent_deleted_after_the_backup_is_not_in_force_after_its_restore(void **state)
{
	struct backups *b = *state;
	const struct door ana = door_of(b->f, ANA, "law");
	const struct door system = door_of(b->f, SYSTEM, "law");
	struct choice choice = { .kind = CHOICE_CONSENT,
		                 .subject = b->f->actors[ANA].subject,
		                 .purpose = STR("research"),
		                 .text = STR("yes") };
	struct fixture r;

	RC_IS(b->f, vault_choice_give(&ana, &choice, &b->f->err), RC_OK);
	back_up(b);
	RC_IS(b->f, vault_delete(&system, STR("consent"), choice.id, &b->f->err), RC_OK);
	RC_IS(b->f, restore_at(b, 0), RC_OK);
	restored_open(b, &r);
	assert_int_equal(database_number(&r, "SELECT count(*) FROM choice"), 0);
	restored_close(&r);
}

/* GDPR Art. 18 and 21: what somebody wished since holds in a restored server too, and
 * what they took back since is taken back. */
static void
restrictions_and_objections_since_the_backup_hold_after_its_restore(void **state)
{
	struct backups *b = *state;
	const struct door ana = door_of(b->f, ANA, "law");
	const struct door ben = door_of(b->f, BEN, "law");
	struct choice objection = { .kind = CHOICE_OBJECTION,
		                    .subject = b->f->actors[ANA].subject,
		                    .purpose = STR("improvement"),
		                    .text = STR("no") };
	struct choice taken_back = objection;
	struct fixture r;

	taken_back.subject = b->f->actors[BEN].subject;
	RC_IS(b->f, vault_restrict(&ben, taken_back.subject, true, &b->f->err), RC_OK);
	back_up(b);
	RC_IS(b->f, vault_restrict(&ana, objection.subject, true, &b->f->err), RC_OK);
	RC_IS(b->f, vault_choice_give(&ana, &objection, &b->f->err), RC_OK);
	RC_IS(b->f, vault_restrict(&ben, taken_back.subject, false, &b->f->err), RC_OK);
	RC_IS(b->f, vault_choice_give(&ben, &taken_back, &b->f->err), RC_OK);
	RC_IS(b->f, vault_choice_withdraw(&ben, taken_back.id, &b->f->err), RC_OK);
	RC_IS(b->f, restore_at(b, 0), RC_OK);
	restored_open(b, &r);
	assert_int_equal(database_number(&r, "SELECT count(*) FROM choice WHERE kind = 2"), 1);
	assert_int_equal(
	    database_number(&r, "SELECT count(*) FROM subject WHERE flags & 1 <> 0"), 1);
	all_is_in_order(&r);
	restored_close(&r);
}

/* The ledger went there at once; the keys with the next backup. */
static void
an_old_backup_with_the_newest_keys_lacks_what_was_erased_between(void **state)
{
	struct backups *b = *state;
	struct vault_record record;
	int64_t first_us;
	struct fixture r;
	int64_t epoch;

	back_up(b);
	first_us = b->report.time_us;
	erase_canary(b);
	RC_IS(b->f, vault_keys_turn(b->f->vault, &epoch, &b->f->err), RC_OK);
	(void)usleep(2000);
	back_up(b);
	/* Even where the ledger is lost with its places: the keys are gone. */
	sh("rm -r %s/ledger %s/ledger", b->places[0], b->places[1]);
	RC_IS(b->f, restore_at(b, first_us), RC_OK);
	assert_int_equal(b->found.time_us, first_us);
	assert_int_equal(b->found.restored.lines, 0);
	assert_true(b->found.restored.keys_lost > 0);
	restored_open(b, &r);
	assert_int_not_equal(record_get(&r, b->record, &record), RC_OK);
	canary_is_gone(b, &r);
	all_is_in_order(&r);
	restored_close(&r);
}

/* --- which moment -------------------------------------------------------------------- */

static void
the_newest_backup_before_a_time_is_restored(void **state)
{
	struct backups *b = *state;
	struct vault_record record;
	struct vault_record later;
	int64_t first_us;
	struct fixture r;

	back_up(b);
	first_us = b->report.time_us;
	(void)usleep(2000);
	later = put_by_system(b->f, "health", b->canary, "{\"kind\":\"later\"}");
	back_up(b);
	RC_IS(b->f, restore_at(b, b->report.time_us - 1), RC_OK);
	assert_int_equal(b->found.time_us, first_us);
	restored_open(b, &r);
	RC_IS(&r, record_get(&r, later.id, &record), RC_NOT_FOUND);
	RC_IS(&r, record_get(&r, b->record, &record), RC_OK);
	restored_close(&r);
	RC_IS(b->f, restore_at(b, first_us - 1), RC_NOT_FOUND);
}

/* --- logs ----------------------------------------------------------------------------------
 */

static void
logs_begin_anew_under_the_next_name_and_commit_to_the_old_checkpoint(void **state)
{
	struct backups *b = *state;
	struct audit_log log = { 0 };
	CLEANUP(buf_free) struct buf note = { 0 };
	struct digest old;
	struct fixture r;
	int64_t before;
	struct audit_entry first;

	RC_IS(b->f, vault_tick(b->f->vault, &b->f->err), RC_OK);
	buf_init(&note, 64 * KIB);
	RC_IS(b->f,
	      audit_checkpoint(vault_audit(b->f->vault), b->f->tenant->id, &note, &b->f->err),
	      RC_OK);
	old = sha256((struct str){ note.text, note.len });
	before = log_size(b->f);
	back_up(b);
	RC_IS(b->f, restore_at(b, 0), RC_OK);
	restored_open(b, &r);
	RC_IS(&r, audit_identity(vault_audit(r.vault), r.tenant->id, &log, &r.err), RC_OK);
	str_is(log.origin, "localhost/demo/log/2");
	for (int64_t i = 0; i < before; i++)
		assert_false(str_eq(log_entry(&r, i).act, STR("restored")));
	first = log_entry(&r, before);
	str_is(first.act, "restored");
	assert_true(digest_eq(&first.hash, &old));
	restored_close(&r);
}

static void
a_second_restore_takes_a_name_that_no_restore_had(void **state)
{
	struct backups *b = *state;
	struct audit_log log = { 0 };
	struct backup *again;
	struct fixture r;

	back_up(b);
	RC_IS(b->f, restore_at(b, 0), RC_OK);
	/* The restored server takes the places over and so tells them of its name. */
	sh("cp %s/backup.json %s/", b->f->dir, b->restored);
	restored_open(b, &r);
	RC_IS(&r, backup_open(&again, r.vault, r.dir, &r.err), RC_OK);
	RC_IS(&r, ledger_ship_all(vault_ledger(r.vault), &r.err), RC_OK);
	backup_close(again);
	restored_close(&r);
	RC_IS(b->f, restore_at(b, 0), RC_OK);
	restored_open(b, &r);
	RC_IS(&r, audit_identity(vault_audit(r.vault), r.tenant->id, &log, &r.err), RC_OK);
	str_is(log.origin, "localhost/demo/log/3");
	all_is_in_order(&r);
	restored_close(&r);
}

/* --- what it refuses ------------------------------------------------------------------------
 */

static void
a_restore_never_writes_into_a_directory_that_is_there(void **state)
{
	struct backups *b = *state;
	const struct backup_from from = { b->rows, 2, &b->key, 0 };

	back_up(b);
	RC_IS(b->f, backup_restore(&from, b->f->dir, &b->f->clock, &b->found, &b->f->err),
	      RC_CONFLICT);
}

static void
a_directory_of_a_restore_that_did_not_finish_opens_for_nobody(void **state)
{
	struct backups *b = *state;
	struct fixture r = { .clock = b->f->clock };

	back_up(b);
	/* The last object to be fetched is missing. */
	sh("rm -rf %s/ledger %s/ledger %s/keys %s/keys; mkdir -p %s/ledger", b->places[0],
	   b->places[1], b->places[0], b->places[1], b->places[0]);
	assert_int_not_equal(restore_at(b, 0), RC_OK);
	back_up(b);
	RC_IS(b->f, restore_at(b, 0), RC_OK);
	sh("echo x >%s/RESTORING", b->restored);
	(void)snprintf(r.dir, sizeof(r.dir), "%.63s", b->restored);
	RC_IS(&r, fixture_try_open(&r), RC_PRECONDITION);
	/* And it can be begun again where it was left. */
	{
		const struct backup_from from = { b->rows, 2, &b->key, 0 };
		RC_IS(b->f,
		      backup_restore(&from, b->restored, &b->f->clock, &b->found, &b->f->err),
		      RC_OK);
	}
	restored_open(b, &r);
	all_is_in_order(&r);
	restored_close(&r);
}

static void
another_recovery_key_opens_nothing(void **state)
{
	struct backups *b = *state;

	back_up(b);
	age_identity_new(&b->key.identity);
	RC_IS(b->f, restore_at(b, 0), RC_DENIED);
}

static void
another_master_key_opens_nothing(void **state)
{
	struct backups *b = *state;

	back_up(b);
	b->key.master.bytes[0] ^= 1;
	RC_IS(b->f, restore_at(b, 0), RC_CORRUPT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BACKUP_TEST(a_restore_brings_back_every_record_and_verifies),
		BACKUP_TEST(a_restored_server_goes_on_and_can_be_backed_up),
		BACKUP_TEST(who_was_erased_after_the_backup_is_not_in_its_restore),
		BACKUP_TEST(a_record_deleted_after_the_backup_is_not_in_its_restore),
		BACKUP_TEST(a_class_erased_and_filled_anew_before_the_backup_is_whole_after_it),
		BACKUP_TEST(a_class_erased_after_the_backup_is_not_in_its_restore),
		BACKUP_TEST(what_sums_up_a_class_erased_after_the_backup_begins_anew),
		BACKUP_TEST(
		    a_consent_withdrawn_after_the_backup_is_not_in_force_after_its_restore),
		BACKUP_TEST(
		    a_consent_deleted_after_the_backup_is_not_in_force_after_its_restore),
		BACKUP_TEST(
		    restrictions_and_objections_since_the_backup_hold_after_its_restore),
		BACKUP_TEST(an_old_backup_with_the_newest_keys_lacks_what_was_erased_between),
		BACKUP_TEST(the_newest_backup_before_a_time_is_restored),
		BACKUP_TEST(
		    logs_begin_anew_under_the_next_name_and_commit_to_the_old_checkpoint),
		BACKUP_TEST(a_second_restore_takes_a_name_that_no_restore_had),
		BACKUP_TEST(a_restore_never_writes_into_a_directory_that_is_there),
		BACKUP_TEST(a_directory_of_a_restore_that_did_not_finish_opens_for_nobody),
		BACKUP_TEST(another_recovery_key_opens_nothing),
		BACKUP_TEST(another_master_key_opens_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
