/*
 * What lies at a place: sealed, apart, only what changed; and what goes from it.
 * That an object is an age file is said by age(1), that its content is zstd by
 * zstd(1), where they are installed.
 */
#include "backup/backup_fixture.h"

static int
count_at(struct backups *b, size_t place, const char *below)
{
	char command[512];
	char line[32] = "0";
	FILE *pipe;

	(void)snprintf(command, sizeof(command), "find %s/%s -type f 2>/dev/null | wc -l",
	               b->places[place], below);
	pipe = popen(command, "r");
	assert_non_null(pipe);
	assert_non_null(fgets(line, sizeof(line), pipe));
	(void)pclose(pipe);
	return (int)strtol(line, NULL, 10);
}

static void
identity_write(struct backups *b)
{
	char text[AGE_IDENTITY_TEXT_MAX];
	char path[128];
	FILE *file;

	age_identity_format(&b->key.identity, text);
	(void)snprintf(path, sizeof(path), "%s/identity", b->f->dir);
	file = fopen(path, "w");
	assert_non_null(file);
	(void)fprintf(file, "%s\n", text);
	(void)fclose(file);
}

/* --- sealed ------------------------------------------------------------------------ */

static void
age_opens_an_object_with_the_recovery_key_and_not_with_another(void **state)
{
	struct backups *b = *state;

	if (system("command -v age age-keygen zstd >/dev/null") != 0) {
		print_message("age or zstd is not installed\n");
		skip();
	}
	back_up(b);
	identity_write(b);
	sh("cd %s/data && f=$(find . -type f | sort | head -n 1) && age -d -i %s/identity $f | "
	   "zstd -dq >%s/plain && test -s %s/plain",
	   b->places[0], b->f->dir, b->f->dir, b->f->dir);
	sh("age-keygen -o %s/other 2>/dev/null && cd %s/data && ! age -d -i %s/other $(find . "
	   "-type f | head -n 1) >/dev/null 2>&1",
	   b->f->dir, b->places[0], b->f->dir);
}

/* Whoever has every place and the recovery key, and no master key, has nothing: each
 * object is opened by age(1) and searched. */
static void
no_object_says_what_a_record_says_even_when_opened(void **state)
{
	struct backups *b = *state;

	if (system("command -v age zstd >/dev/null") != 0) {
		print_message("age or zstd is not installed\n");
		skip();
	}
	back_up(b);
	identity_write(b);
	sh("! grep -rqaF '%s' %s", CANARY, b->places[0]);
	sh("mkdir %s/opened && cd %s && for f in $(find data keys epochs manifests ledger "
	   "-type "
	   "f 2>/dev/null); do age -d -i %s/identity $f | zstd -dq >>%s/opened/all; done",
	   b->f->dir, b->places[0], b->f->dir, b->f->dir);
	sh("test $(stat -c %%s %s/opened/all) -gt 262144 && ! grep -qaF '%s' %s/opened/all",
	   b->f->dir, CANARY, b->f->dir);
}

static enum rc
restore_now(struct backups *b)
{
	const struct backup_from from = { b->rows, 2, &b->key, 0 };

	return backup_restore(&from, b->restored, &b->f->clock, &b->found, &b->f->err);
}

static void
data_without_the_epoch_key_or_without_the_keys_restores_nothing(void **state)
{
	static const char *const parts[] = { "epochs", "keys" };
	struct backups *b = *state;

	for (size_t i = 0; i < COUNT_OF(parts); i++) {
		back_up(b);
		sh("rm -r %s/%s %s/%s", b->places[0], parts[i], b->places[1], parts[i]);
		RC_IS(b->f, restore_now(b), RC_NOT_FOUND);
		backups_reopen(b); /* what the places have is listed anew */
	}
}

/* keys.dat's wrapped keys are looked for in every object of data, opened. */
static void
nothing_of_the_keys_lies_below_data(void **state)
{
	struct backups *b = *state;

	if (system("command -v age zstd python3 >/dev/null") != 0) {
		print_message("age, zstd or python3 is not installed\n");
		skip();
	}
	back_up(b);
	identity_write(b);
	sh("cd %s && for f in $(find data manifests -type f); do age -d -i %s/identity $f | "
	   "zstd -dq; done >%s/data.all",
	   b->places[0], b->f->dir, b->f->dir);
	sh("cd %s && python3 -c 'd=open(\"data.all\",\"rb\").read();"
	   "k=open(\"keys.dat\",\"rb\").read();"
	   "s=[k[i:i+60] for i in range(64,len(k),64) if any(k[i:i+60])];"
	   "assert len(s)>5 and not any(x[12:44] in d for x in s);"
	   "assert open(\"epoch.key\",\"rb\").read()[24:] not in d'",
	   b->f->dir);
}

/* --- only what changed ----------------------------------------------------------------- */

static void
a_second_backup_sends_the_blocks_that_changed(void **state)
{
	struct backups *b = *state;
	char *body = arena_alloc(&b->f->arena, 30000, 1);

	memset(body, 'x', 29999);
	memcpy(body, "{\"kind\":\"meal\",\"note\":\"", 23);
	memcpy(body + 29997, "\"}", 3);
	for (int i = 0; i < 150; i++)
		(void)put_by_system(b->f, "health", b->canary, body);
	back_up(b);
	assert_true(b->report.blocks_sent > 15);
	(void)put_by_system(b->f, "health", b->canary, "{\"kind\":\"meal\"}");
	back_up(b);
	assert_true(b->report.blocks > 15);
	assert_in_range(b->report.blocks_sent, 1, 8);
}

static void
a_process_that_starts_anew_lists_what_a_place_has(void **state)
{
	struct backups *b = *state;

	back_up(b);
	backups_reopen(b);
	back_up(b);
	assert_in_range(b->report.blocks_sent, 0, 4);
}

static void
for_another_recovery_key_everything_is_sealed_anew(void **state)
{
	struct backups *b = *state;
	struct str text;

	back_up(b);
	RC_IS(b->f, backup_key_new(b->backup, &b->f->arena, &text, &b->f->err), RC_OK);
	RC_IS(b->f, backup_key_parse(text, &b->key, &b->f->err), RC_OK);
	(void)usleep(2000);
	back_up(b);
	assert_int_equal(b->report.blocks_sent, b->report.blocks);
	RC_IS(b->f, restore_now(b), RC_OK);
}

/* --- damage --------------------------------------------------------------------------- */

static void
flip(struct backups *b, size_t place, const char *below)
{
	sh("cd %s/%s && f=$(find . -type f | sort | head -n 1) && python3 -c 'import sys;"
	   "p=sys.argv[1];d=bytearray(open(p,\"rb\").read());d[-30]^=1;"
	   "open(p,\"wb\").write(d)' $f",
	   b->places[place], below);
}

static void
a_flipped_byte_is_named_and_another_place_gives_the_right_one(void **state)
{
	static const char *const parts[] = { "data", "keys/0000000001" };
	struct backups *b = *state;

	for (size_t i = 0; i < COUNT_OF(parts); i++) {
		const struct backup_from one = { b->rows, 1, &b->key, 0 };
		const struct backup_from both = { b->rows, 2, &b->key, 0 };

		back_up(b);
		RC_IS(b->f, backup_verify(&one, &b->found, &b->f->err), RC_OK);
		assert_true(b->found.objects >= 2);
		flip(b, 0, parts[i]);
		RC_IS(b->f, backup_verify(&one, &b->found, &b->f->err), RC_CORRUPT);
		assert_int_equal(b->found.faults, 1);
		assert_non_null(strstr(b->found.first_fault, parts[i]));
		assert_non_null(strstr(b->found.first_fault, "place one"));
		RC_IS(b->f, backup_verify(&both, &b->found, &b->f->err), RC_OK);
		sh("rm -r %s/*", b->places[0]);
		backups_reopen(b);
	}
}

static void
a_missing_block_is_named(void **state)
{
	struct backups *b = *state;
	const struct backup_from one = { b->rows, 1, &b->key, 0 };

	back_up(b);
	sh("cd %s/data && rm $(find . -type f | sort | head -n 1)", b->places[0]);
	assert_int_not_equal(backup_verify(&one, &b->found, &b->f->err), RC_OK);
	assert_int_equal(b->found.faults, 1);
}

/* --- places that are away ---------------------------------------------------------------- */

static void
a_place_that_is_away_holds_up_neither_the_other_nor_an_erasure(void **state)
{
	struct backups *b = *state;
	const struct door door = door_of(b->f, SYSTEM, "care");
	struct backup_state how;

	back_up(b);
	sh("mv %s %s.away", b->places[1], b->places[1]);
	RC_IS(b->f, vault_delete(&door, STR("health"), b->record, &b->f->err), RC_OK);
	assert_int_equal(count_at(b, 0, "ledger"), 1);
	back_up(b);
	assert_int_equal(b->report.places_whole, 1);
	RC_IS(b->f, backup_state(b->backup, &b->f->arena, &how, &b->f->err), RC_OK);
	assert_int_equal(how.unshipped, 1);
	assert_true(how.places[0].was_reached);
	assert_false(how.places[1].was_reached);
	assert_true(how.places[1].newest_us < how.places[0].newest_us);
	/* It comes back: the line and the backup follow. */
	sh("mv %s.away %s", b->places[1], b->places[1]);
	backups_reopen(b);
	RC_IS(b->f, ledger_ship_again(vault_ledger(b->f->vault), &b->f->err), RC_OK);
	assert_int_equal(count_at(b, 1, "ledger"), 1);
	(void)usleep(2000);
	back_up(b);
	assert_int_equal(b->report.places_whole, 2);
}

static void
without_a_place_or_a_recovery_key_nothing_is_sent(void **state)
{
	struct backups *b = *state;

	RC_IS(b->f, backup_place_remove(b->backup, STR("one"), &b->f->err), RC_OK);
	RC_IS(b->f, backup_place_remove(b->backup, STR("two"), &b->f->err), RC_OK);
	RC_IS(b->f, backup_create(b->backup, NULL, &b->report, &b->f->err), RC_PRECONDITION);
	RC_IS(b->f, backup_place_remove(b->backup, STR("two"), &b->f->err), RC_NOT_FOUND);
}

static void
a_place_is_tried_before_it_is_added(void **state)
{
	struct backups *b = *state;
	const struct backup_place place = { .name = STR("three"),
		                            .url = STR("/proc/nowhere"),
		                            .region = STR("eu") };
	struct backup_places places;

	assert_int_not_equal(backup_place_add(b->backup, &place, &b->f->err), RC_OK);
	RC_IS(b->f, backup_place_add(b->backup, &b->rows[0], &b->f->err), RC_CONFLICT);
	RC_IS(b->f, backup_places(b->backup, &b->f->arena, &places, &b->f->err), RC_OK);
	assert_int_equal(places.count, 2);
}

/* --- what goes ------------------------------------------------------------------------------
 */

static void
the_keys_of_an_epoch_that_has_ended_go_from_every_place(void **state)
{
	struct backups *b = *state;
	int64_t epoch;

	back_up(b);
	assert_int_equal(count_at(b, 0, "epochs/0000000001"), 1);
	RC_IS(b->f, vault_keys_turn(b->f->vault, &epoch, &b->f->err), RC_OK);
	(void)usleep(2000);
	back_up(b);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(count_at(b, i, "epochs/0000000001"), 0);
		assert_int_equal(count_at(b, i, "keys/0000000001"), 0);
		assert_int_equal(count_at(b, i, "epochs/0000000002"), 1);
	}
	RC_IS(b->f, restore_now(b), RC_OK);
	assert_int_equal(b->found.restored.epoch, 2);
}

static enum rc
erasure_find(struct store_tx *tx, void *arg, struct err *err)
{
	return store_erasure_find(tx, arg, err);
}

static void
an_erasure_is_final_when_no_place_has_keys_of_its_epoch(void **state)
{
	struct backups *b = *state;
	const struct door door = door_of(b->f, SYSTEM, "care");
	struct erasure_result result;
	struct erasure_row row = { .tenant = b->f->tenant->id };
	int64_t epoch;

	back_up(b);
	RC_IS(b->f, vault_subject_erase(&door, b->canary, &result, &b->f->err), RC_OK);
	row.id = result.certificate;
	RC_IS(b->f, vault_keys_turn(b->f->vault, &epoch, &b->f->err), RC_OK);
	sh("mv %s %s.away", b->places[1], b->places[1]);
	(void)usleep(2000);
	back_up(b);
	RC_IS(b->f, store_read(b->f->vault->store, erasure_find, &row, &b->f->err), RC_OK);
	assert_true(row.beyond_use_us > 0);
	assert_int_equal(row.erased_us, 0);
	sh("mv %s.away %s", b->places[1], b->places[1]);
	(void)usleep(2000);
	back_up(b);
	RC_IS(b->f, store_read(b->f->vault->store, erasure_find, &row, &b->f->err), RC_OK);
	assert_true(row.erased_us > 0);
}

/* 40 days of one backup each 6 hours: all of the last 24 hours, one a day for 30. */
static void
old_backups_are_thinned_and_their_blocks_swept(void **state)
{
	struct backups *b = *state;
	int before;

	b->f->clock.offset_us = -40 * US_PER_DAY;
	for (int i = 0; i < 160; i++) {
		back_up(b);
		b->f->clock.offset_us += 6 * US_PER_HOUR;
	}
	assert_true(count_at(b, 0, "manifests") > 100);
	before = count_at(b, 0, "data");
	(void)put_by_system(b->f, "health", b->canary, "{\"kind\":\"meal\"}");
	backups_reopen(b); /* a process thins with its first backup */
	back_up(b);
	/* 24 hours at 6 hours are 4 or 5 with the present one; 29 to 31 days more. */
	assert_in_range(count_at(b, 0, "manifests"), 32, 37);
	assert_int_equal(count_at(b, 0, "manifests"), count_at(b, 0, "refs"));
	assert_true(count_at(b, 0, "data") <= before + 4);
	RC_IS(b->f, restore_now(b), RC_OK);
}

static void
many_lines_of_the_ledger_become_one_object(void **state)
{
	struct backups *b = *state;

	back_up(b);
	for (int64_t i = 0; i < 1200; i++) {
		struct ledger_line line = { .kind = LEDGER_MONTH,
			                    .tenant = b->f->tenant->id,
			                    .class = 1,
			                    .month = 200001 };
		RC_IS(b->f, ledger_append(vault_ledger(b->f->vault), &line, &b->f->err), RC_OK);
	}
	assert_int_equal(count_at(b, 0, "ledger"), 1200);
	backups_reopen(b); /* a process thins with its first backup */
	(void)usleep(2000);
	back_up(b);
	assert_in_range(count_at(b, 0, "ledger"), 1, 3);
	RC_IS(b->f, restore_now(b), RC_OK);
	assert_int_equal(b->found.restored.lines, 1200);
}

static void
a_backup_apart_is_whole_and_notes_nothing(void **state)
{
	struct backups *b = *state;
	struct backup_places places = { .count = 1 };
	char recipient[AGE_RECIPIENT_TEXT_MAX];
	char folder[128];
	struct age_recipient to;
	struct backup_state how;
	struct backup_from from = { places.items, 1, &b->key, 0 };

	(void)snprintf(folder, sizeof(folder), "%s/apart", b->f->dir);
	assert_int_equal(mkdir(folder, 0700), 0);
	age_identity_new(&b->key.identity); /* another one than the configured */
	to = age_recipient_of(&b->key.identity);
	age_recipient_format(&to, recipient);
	places.items[0] = (struct backup_place){ .name = STR("apart"),
		                                 .url = str_from_c(folder),
		                                 .region = STR("eu") };
	places.recipient = str_from_c(recipient);
	RC_IS(b->f, backup_create_to(b->backup, &places, &b->report, &b->f->err), RC_OK);
	RC_IS(b->f, backup_state(b->backup, &b->f->arena, &how, &b->f->err), RC_OK);
	assert_int_equal(how.fresh, 0);
	assert_int_equal(count_at(b, 0, "data"), 0);
	RC_IS(b->f, backup_restore(&from, b->restored, &b->f->clock, &b->found, &b->f->err),
	      RC_OK);
}

/* --- how it stands -------------------------------------------------------------------------
 */

static void
the_state_says_what_is_missing(void **state)
{
	struct backups *b = *state;
	struct backup_state how;

	RC_IS(b->f, backup_state(b->backup, &b->f->arena, &how, &b->f->err), RC_OK);
	assert_true(how.is_few && how.is_untried);
	assert_int_equal(how.fresh, 0);
	back_up(b);
	RC_IS(b->f, backup_state(b->backup, &b->f->arena, &how, &b->f->err), RC_OK);
	assert_false(how.is_few);
	assert_int_equal(how.fresh, 2);
	assert_false(how.is_abroad);
	backups_reopen(b); /* it is known after a restart too */
	b->f->clock.offset_us = 25 * US_PER_HOUR;
	RC_IS(b->f, backup_state(b->backup, &b->f->arena, &how, &b->f->err), RC_OK);
	assert_true(how.is_few);
}

static void
a_place_outside_the_policys_region_is_told(void **state)
{
	struct backups *b = *state;
	const struct backup_place place = { .name = STR("far"),
		                            .url = str_from_c(b->f->dir),
		                            .region = STR("mars") };
	struct backup_state how;

	RC_IS(b->f, backup_place_add(b->backup, &place, &b->f->err), RC_OK);
	RC_IS(b->f, backup_state(b->backup, &b->f->arena, &how, &b->f->err), RC_OK);
	assert_true(how.is_abroad);
	assert_false(how.places[2].is_region_right);
}

static void
a_drill_restores_verifies_and_leaves_nothing(void **state)
{
	struct backups *b = *state;
	const struct backup_from from = { b->rows, 2, &b->key, 0 };
	struct backup_state how;

	back_up(b);
	RC_IS(b->f, backup_drill(b->f->dir, &from, &b->f->clock, &b->found, &b->f->err), RC_OK);
	assert_true(b->found.is_good);
	sh("test ! -e %s/drill", b->f->dir);
	RC_IS(b->f, backup_state(b->backup, &b->f->arena, &how, &b->f->err), RC_OK);
	assert_false(how.is_untried);
	flip(b, 0, "data");
	flip(b, 1, "data");
	RC_IS(b->f, backup_drill(b->f->dir, &from, &b->f->clock, &b->found, &b->f->err),
	      RC_CORRUPT);
	assert_false(b->found.is_good);
	sh("test ! -e %s/drill", b->f->dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BACKUP_TEST(age_opens_an_object_with_the_recovery_key_and_not_with_another),
		BACKUP_TEST(no_object_says_what_a_record_says_even_when_opened),
		BACKUP_TEST(data_without_the_epoch_key_or_without_the_keys_restores_nothing),
		BACKUP_TEST(nothing_of_the_keys_lies_below_data),
		BACKUP_TEST(a_second_backup_sends_the_blocks_that_changed),
		BACKUP_TEST(a_process_that_starts_anew_lists_what_a_place_has),
		BACKUP_TEST(for_another_recovery_key_everything_is_sealed_anew),
		BACKUP_TEST(a_flipped_byte_is_named_and_another_place_gives_the_right_one),
		BACKUP_TEST(a_missing_block_is_named),
		BACKUP_TEST(a_place_that_is_away_holds_up_neither_the_other_nor_an_erasure),
		BACKUP_TEST(without_a_place_or_a_recovery_key_nothing_is_sent),
		BACKUP_TEST(a_place_is_tried_before_it_is_added),
		BACKUP_TEST(the_keys_of_an_epoch_that_has_ended_go_from_every_place),
		BACKUP_TEST(an_erasure_is_final_when_no_place_has_keys_of_its_epoch),
		BACKUP_TEST(old_backups_are_thinned_and_their_blocks_swept),
		BACKUP_TEST(many_lines_of_the_ledger_become_one_object),
		BACKUP_TEST(a_backup_apart_is_whole_and_notes_nothing),
		BACKUP_TEST(the_state_says_what_is_missing),
		BACKUP_TEST(a_place_outside_the_policys_region_is_told),
		BACKUP_TEST(a_drill_restores_verifies_and_leaves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
