/*
 * The log over a real store and real files: append from threads, advance, read,
 * prove, crash.
 */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "audit/note.h"
#include "audit/tile.h"
#include "base/json.h"
#include "bed.h"

static int
bed_setup(void **state)
{
	struct bed *bed = malloc(sizeof(*bed));

	assert_non_null(bed);
	bed_init(bed, P_tmpdir);
	*state = bed;
	return 0;
}

static int
bed_teardown(void **state)
{
	bed_free(*state);
	free(*state);
	return 0;
}

static struct note_head
head_of(struct bed *bed, int64_t tenant)
{
	CLEANUP(buf_free) struct buf note = { 0 };
	struct note_signer signer = { .origin = BED_ORIGIN };
	struct note_head head = { .size = 0 };
	struct err err = { 0 };

	buf_init(&note, NOTE_MAX);
	memcpy(signer.public, bed->key.public, SIGN_PUBLIC_BYTES);
	bed_must(audit_checkpoint(bed->audit, tenant, &note, &err), &err);
	bed_must(note_open((struct str){ note.text, note.len }, &signer, &head, &err), &err);
	return head;
}

/* The root of the entries that bed_leaf() makes, without any of the log's code
 * but the two hashes: RFC 6962's definition. */
static struct digest
root_expected(int64_t from, int64_t count)
{
	struct digest left, right;
	int64_t split = 1;

	if (count == 1) {
		CLEANUP(buf_free) struct buf leaf = { 0 };

		buf_init(&leaf, ENTRY_LEAF_MAX);
		bed_leaf(from, &leaf);
		return merkle_leaf((struct str){ leaf.text, leaf.len });
	}
	while (split * 2 < count)
		split *= 2;
	left = root_expected(from, split);
	right = root_expected(from + split, count - split);
	return merkle_node(&left, &right);
}

static void
assert_signed(struct bed *bed, int64_t tenant, int64_t count)
{
	struct note_head head = head_of(bed, tenant);
	struct digest root = root_expected(0, count);

	assert_true(head.size == (uint64_t)count);
	assert_memory_equal(&head.root, &root, sizeof(root));
}

static bool
exists(const struct bed *bed, const char *path)
{
	char name[256];

	(void)snprintf(name, sizeof(name), "%s/1/%s", bed->log_dir, path);
	return access(name, R_OK) == 0;
}

/* --- advancing -------------------------------------------------------------------- */

static void
nothing_is_signed_before_there_is_an_entry(void **state)
{
	CLEANUP(buf_free) struct buf out = { 0 };
	struct bed *bed = *state;
	struct err err = { 0 };

	buf_init(&out, NOTE_MAX);
	bed_add(bed, 1);
	bed_advance(bed);
	assert_int_equal(audit_checkpoint(bed->audit, 1, &out, &err), RC_NOT_FOUND);
	assert_int_equal(audit_checkpoint(bed->audit, 2, &out, &err), RC_NOT_FOUND);
	assert_int_equal(audit_prove(bed->audit, 1, 0, &out, &err), RC_NOT_FOUND);
	assert_int_equal(audit_tile(bed->audit, 1, STR("tile/0/000.p/1"), &out, &err),
	                 RC_NOT_FOUND);
}

struct raw {
	struct str leaf;
	bool is_checked;
};

static enum rc
raw_append(struct store_tx *tx, void *arg, struct err *err)
{
	const struct raw *raw = arg;
	int64_t index;

	if (raw->is_checked)
		return audit_append(tx, 1, raw->leaf, &index, err);
	return store_entry_append(tx, 1, raw->leaf, &index, err);
}

static void
a_leaf_that_could_not_be_verified_is_not_appended(void **state)
{
	struct bed *bed = *state;
	struct raw raw = { STR("{\"act\":\"x\"}"), true };
	struct audit_figures figures;
	struct audit_report report;
	struct err err = { 0 };

	bed_add(bed, 1);
	bed_append(bed, 1, 0, 3);
	assert_int_equal(store_write(bed->store, raw_append, &raw, &err), RC_INVALID);
	bed_must(audit_figures(bed->audit, 1, &figures, &err), &err);
	assert_true(figures.size == 3 && figures.signed_to == 0);
	assert_int_equal(bed_verify(bed, 1, &report), RC_OK);

	raw.is_checked = false; /* somebody goes past audit_append() */
	bed_must(store_write(bed->store, raw_append, &raw, &err), &err);
	assert_int_equal(bed_verify(bed, 1, &report), RC_CORRUPT);
	assert_string_equal(report.first_fault, "tenant 1: entry row 3 is malformed");
	bed_advance(bed);
	assert_int_equal(bed_verify(bed, 1, &report), RC_CORRUPT);
	assert_non_null(strstr(report.first_fault, "tenant 1: entry 3 in "));
}

static void
every_size_up_to_two_tiles_is_signed_with_its_root(void **state)
{
	struct bed *bed = *state;
	int64_t size = 0;

	bed_add(bed, 1);
	while (size < 530) {
		int64_t more = size < 10 || (size > 250 && size < 260) ? 1 : 17;

		bed_append(bed, 1, size, more);
		size += more;
		bed_advance(bed);
		assert_signed(bed, 1, size);
	}
	assert_true(exists(bed, "tile/0/001") && exists(bed, "tile/entries/001"));
	assert_false(exists(bed, "tile/0/002") || exists(bed, "tile/1/000"));
}

static void
a_checkpoint_is_not_signed_again_when_nothing_is_new(void **state)
{
	CLEANUP(buf_free) struct buf first = { 0 };
	CLEANUP(buf_free) struct buf second = { 0 };
	struct bed *bed = *state;
	struct store_figures before, after;
	struct err err = { 0 };

	buf_init(&first, NOTE_MAX);
	buf_init(&second, NOTE_MAX);
	bed_add(bed, 1);
	bed_append(bed, 1, 0, 5);
	bed_advance(bed);
	bed_must(audit_checkpoint(bed->audit, 1, &first, &err), &err);
	store_figures(bed->store, &before);
	bed_advance(bed);
	store_figures(bed->store, &after);
	bed_must(audit_checkpoint(bed->audit, 1, &second, &err), &err);
	assert_string_equal(first.text, second.text);
	assert_true(before.writes == after.writes);
}

struct writer {
	struct bed *bed;
	pthread_t thread;
	int64_t count;
};

static void *
writer_run(void *arg)
{
	struct writer *writer = arg;

	for (int64_t i = 0; i < writer->count; i++)
		bed_append(writer->bed, 1, i, 1);
	return NULL;
}

static void
entries_of_many_threads_are_all_in_the_tree_while_it_grows(void **state)
{
	struct bed *bed = *state;
	struct writer writers[4];
	struct audit_figures figures = { 0 };
	struct audit_report report;
	struct err err = { 0 };

	bed_add(bed, 1);
	for (size_t i = 0; i < COUNT_OF(writers); i++) {
		writers[i] = (struct writer){ .bed = bed, .count = 300 };
		assert_int_equal(
		    pthread_create(&writers[i].thread, NULL, writer_run, &writers[i]), 0);
	}
	while (figures.signed_to < 1200) {
		CLEANUP(buf_free) struct buf json = { 0 };

		buf_init(&json, 1 << 20);
		bed_advance(bed);
		bed_must(audit_figures(bed->audit, 1, &figures, &err), &err);
		if (figures.signed_to > 0)
			bed_must(audit_prove(bed->audit, 1, (int64_t)figures.signed_to - 1,
			                     &json, &err),
			         &err);
	}
	for (size_t i = 0; i < COUNT_OF(writers); i++)
		(void)pthread_join(writers[i].thread, NULL);
	assert_int_equal(bed_verify(bed, 1, &report), RC_OK);
	assert_true(report.entries == 1200);
}

static void
rows_go_when_files_have_them_and_reading_sees_no_difference(void **state)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct bed *bed = *state;
	struct entry_row *rows;
	struct err err = { 0 };
	size_t found;

	arena_init(&arena, 8 * MIB);
	bed_add(bed, 1);
	bed_append(bed, 1, 0, 700);
	bed_advance(bed);
	bed_append(bed, 1, 700, 20);
	bed_must(audit_entries(bed->audit, 1, 200, 600, &arena, &rows, &found, &err), &err);
	assert_int_equal(found, 520);
	for (size_t i = 0; i < found; i++) {
		CLEANUP(buf_free) struct buf leaf = { 0 };

		buf_init(&leaf, ENTRY_LEAF_MAX);
		bed_leaf(200 + (int64_t)i, &leaf);
		assert_int_equal(rows[i].index, 200 + (int64_t)i);
		assert_true(str_eq(rows[i].leaf, (struct str){ leaf.text, leaf.len }));
	}
	bed_must(audit_entries(bed->audit, 1, 720, 5, &arena, &rows, &found, &err), &err);
	assert_int_equal(found, 0);
	bed_must(audit_entries(bed->audit, 1, 0, 3, &arena, &rows, &found, &err), &err);
	assert_int_equal(found, 3);
}

static void
a_log_that_is_opened_again_goes_on_where_it_was(void **state)
{
	struct bed *bed = *state;
	struct sign_key other;
	struct err err = { 0 };

	bed_add(bed, 1);
	bed_append(bed, 1, 0, 600);
	bed_advance(bed);
	bed_close(bed);
	bed_open(bed);
	sign_key_new(&other);
	assert_int_equal(audit_log_add(bed->audit, 1, BED_ORIGIN, &other, &err), RC_CORRUPT);
	assert_int_equal(audit_log_add(bed->audit, 1, STR("has space"), &bed->key, &err),
	                 RC_INVALID);
	bed_add(bed, 1);
	assert_int_equal(audit_log_add(bed->audit, 1, BED_ORIGIN, &bed->key, &err),
	                 RC_CONFLICT);
	assert_signed(bed, 1, 600);
	bed_append(bed, 1, 600, 200);
	bed_advance(bed);
	assert_signed(bed, 1, 800);
}

static void
a_backlog_is_worked_off_in_steps_that_all_verify(void **state)
{
	struct bed *bed = *state;
	struct audit_report report;

	bed_add(bed, 1);
	for (int64_t at = 0; at < 9000; at += 1000)
		bed_append(bed, 1, at, 1000);
	bed_advance(bed);
	assert_signed(bed, 1, 9000);
	assert_int_equal(bed_verify(bed, 1, &report), RC_OK);
	assert_true(report.entries == 9000 && report.faults == 0);
	assert_true(report.tiles == 35 + 1 + 1);
}

/* --- checkpoints that are kept ------------------------------------------------------ */

static void
one_checkpoint_a_period_is_kept_and_each_is_a_prefix(void **state)
{
	struct bed *bed = *state;
	struct audit_report report;

	bed_add(bed, 1);
	for (int64_t i = 0; i < 40; i++) {
		bed->clock.offset_us = i * 3 * US_PER_MIN;
		bed_append(bed, 1, i, 1);
		bed_advance(bed);
	}
	assert_int_equal(bed_verify(bed, 1, &report), RC_OK);
	/* 117 minutes touch 12 or 13 periods of ten. */
	assert_true(report.checkpoints >= 12 && report.checkpoints <= 13);
}

static void
the_server_log_anchors_a_changed_checkpoint_once_a_minute(void **state)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	CLEANUP(buf_free) struct buf note = { 0 };
	struct bed *bed = *state;
	struct entry_row *rows;
	struct audit_entry entry;
	struct digest expected;
	struct err err = { 0 };
	size_t found;

	arena_init(&arena, MIB);
	buf_init(&note, NOTE_MAX);
	bed_add(bed, 0);
	bed_add(bed, 1);
	bed_append(bed, 1, 0, 5);
	bed_advance(bed);
	bed_must(audit_checkpoint(bed->audit, 1, &note, &err), &err);
	expected = sha256((struct str){ note.text, note.len });
	assert_true(head_of(bed, 0).size == 1);
	bed_must(audit_entries(bed->audit, 0, 0, 10, &arena, &rows, &found, &err), &err);
	assert_int_equal(found, 1);
	bed_must(entry_read(rows[0].leaf, &entry, &err), &err);
	assert_true(str_eq(entry.act, STR("anchor")) && entry.count == 5);
	assert_memory_equal(&entry.hash, &expected, sizeof(expected));

	bed_append(bed, 1, 5, 1); /* within the minute */
	bed_advance(bed);
	assert_true(head_of(bed, 0).size == 1);
	bed->clock.offset_us = 61 * US_PER_S;
	bed_advance(bed);
	assert_true(head_of(bed, 0).size == 2);
	bed->clock.offset_us = 200 * US_PER_S; /* nothing new */
	bed_advance(bed);
	assert_true(head_of(bed, 0).size == 2);
}

/* --- tiles and proofs ---------------------------------------------------------------- */

static void
tiles_are_those_of_the_specification(void **state)
{
	static const struct {
		const char *path;
		size_t bytes; /* 0: not found */
	} rows[] = {
		{ "tile/0/000", 8192 },
		{ "tile/0/001", 8192 },
		{ "tile/0/002", 0 },
		{ "tile/0/002.p/88", 2816 },
		{ "tile/0/002.p/3", 96 },
		{ "tile/0/002.p/89", 0 },
		{ "tile/0/000.p/5", 160 },
		{ "tile/1/000.p/2", 64 },
		{ "tile/1/000.p/3", 0 },
		{ "tile/1/000", 0 },
		{ "tile/2/000.p/1", 0 },
		{ "tile/9/000", 0 },
		{ "tile/0/003", 0 },
		{ "tile/entries/002", 0 },
		{ "tile/0/../0", 0 },
		{ "checkpoint", 0 },
		{ "tile/entries/002.p/89", 0 },
	};
	struct bed *bed = *state;

	bed_add(bed, 1);
	bed_append(bed, 1, 0, 600);
	bed_advance(bed);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		CLEANUP(buf_free) struct buf out = { 0 };
		struct err err = { 0 };
		enum rc rc;

		buf_init(&out, TILE_BYTES);
		rc = audit_tile(bed->audit, 1, str_from_c(rows[i].path), &out, &err);
		if (rc != (rows[i].bytes == 0 ? RC_NOT_FOUND : RC_OK) ||
		    out.len != rows[i].bytes)
			fail_msg("%s: %s, %zu bytes", rows[i].path, rc_name(rc), out.len);
	}
}

static void
bundles_hold_the_leaves_that_the_tiles_hash(void **state)
{
	static const char *const pairs[][2] = {
		{ "tile/entries/000", "tile/0/000" },
		{ "tile/entries/002.p/88", "tile/0/002.p/88" },
		{ "tile/entries/001.p/7", "tile/0/001.p/7" },
	};
	static const size_t widths[] = { 256, 88, 7 };
	struct bed *bed = *state;

	bed_add(bed, 1);
	bed_append(bed, 1, 0, 600);
	bed_advance(bed);
	for (size_t i = 0; i < COUNT_OF(pairs); i++) {
		CLEANUP(buf_free) struct buf bundle = { 0 };
		CLEANUP(buf_free) struct buf tile = { 0 };
		struct str leaves[TILE_HASHES];
		struct err err = { 0 };

		buf_init(&bundle, MIB);
		buf_init(&tile, TILE_BYTES);
		bed_must(audit_tile(bed->audit, 1, str_from_c(pairs[i][0]), &bundle, &err),
		         &err);
		bed_must(audit_tile(bed->audit, 1, str_from_c(pairs[i][1]), &tile, &err), &err);
		bed_must(bundle_read((struct str){ bundle.text, bundle.len }, widths[i], leaves,
		                     &err),
		         &err);
		for (size_t j = 0; j < widths[i]; j++) {
			struct digest hash = merkle_leaf(leaves[j]);
			assert_memory_equal(&hash, tile.text + j * DIGEST_BYTES, DIGEST_BYTES);
		}
	}
}

static void
proof_read(const struct json_object *root, struct merkle_proof *proof)
{
	struct json_object *hashes;
	struct err err = { 0 };

	assert_true(json_find(root, "hashes", &hashes));
	proof->count = json_count(hashes);
	for (size_t i = 0; i < proof->count; i++) {
		size_t count;
		bed_must(base64_parse(json_text(json_at(hashes, i)), &proof->hashes[i],
		                      DIGEST_BYTES, &count, &err),
		         &err);
		assert_int_equal(count, DIGEST_BYTES);
	}
}

static void
assert_proved(struct bed *bed, int64_t index)
{
	CLEANUP(buf_free) struct buf out = { 0 };
	CLEANUP(json_free) struct json json = { NULL };
	struct note_head head = head_of(bed, 1);
	struct merkle_claim claim = { .index = (uint64_t)index,
		                      .size = head.size,
		                      .root = head.root };
	struct merkle_proof proof;
	struct err err = { 0 };
	struct str leaf;

	buf_init(&out, MIB);
	bed_must(audit_prove(bed->audit, 1, index, &out, &err), &err);
	bed_must(json_parse(&json, (struct str){ out.text, out.len }, &err), &err);
	bed_must(json_need_text(json.root, "leaf", &leaf, &err), &err);
	claim.leaf = merkle_leaf(leaf);
	proof_read(json.root, &proof);
	assert_int_equal(merkle_check_inclusion(&claim, &proof, &err), RC_OK);
}

static void
proofs_lead_from_every_entry_to_the_checkpoint(void **state)
{
	struct bed *bed = *state;

	bed_add(bed, 1);
	bed_append(bed, 1, 0, 1000);
	bed_advance(bed);
	for (int64_t index = 0; index < 1000; index += index < 8 || index > 765 ? 1 : 31)
		assert_proved(bed, index);
}

static void
proofs_reach_over_a_full_tile_of_level_one(void **state)
{
	struct bed *bed = *state;

	bed_add(bed, 1);
	for (int64_t at = 0; at < 66000; at += 6000)
		bed_append(bed, 1, at, 6000);
	bed_advance(bed);
	assert_signed(bed, 1, 66000);
	assert_true(exists(bed, "tile/1/000"));
	for (int64_t index = 3; index < 66000; index += 6599)
		assert_proved(bed, index);
}

static void
every_earlier_size_is_proved_a_prefix(void **state)
{
	struct bed *bed = *state;
	struct note_head head;
	struct err err = { 0 };

	bed_add(bed, 1);
	bed_append(bed, 1, 0, 777);
	bed_advance(bed);
	head = head_of(bed, 1);
	for (int64_t old = 1; old <= 777; old += old < 5 || old > 770 ? 1 : 85) {
		CLEANUP(buf_free) struct buf out = { 0 };
		CLEANUP(json_free) struct json json = { NULL };
		struct merkle_claim claim = { .old = (uint64_t)old,
			                      .size = head.size,
			                      .old_root = root_expected(0, old),
			                      .root = head.root };
		struct merkle_proof proof;

		buf_init(&out, MIB);
		bed_must(audit_prove_consistency(bed->audit, 1, old, &out, &err), &err);
		bed_must(json_parse(&json, (struct str){ out.text, out.len }, &err), &err);
		proof_read(json.root, &proof);
		assert_int_equal(merkle_check_consistency(&claim, &proof, &err), RC_OK);
	}
}

/* --- crashes --------------------------------------------------------------------------- */

/* A rename onto a folder fails. */
static void
folder_instead_of_tile(const struct bed *bed, const char *path)
{
	char name[256];

	(void)snprintf(name, sizeof(name), "%s/1/%s", bed->log_dir, path);
	assert_int_equal(mkdir(name, 0700), 0);
}

static void
a_rename_that_fails_leaves_a_log_that_the_next_run_completes(void **state)
{
	struct bed *bed = *state;
	struct audit_report report;
	struct err err = { 0 };
	char name[256];

	bed_add(bed, 1);
	bed_append(bed, 1, 0, 300);
	bed_advance(bed);
	bed_append(bed, 1, 300, 900);
	folder_instead_of_tile(bed, "tile/0/002"); /* after the renames of others */
	assert_int_equal(audit_advance(bed->audit, &err), RC_IO);
	assert_signed(bed, 1, 300);
	assert_true(exists(bed, "tile/entries/001")); /* beside its rows */
	assert_int_equal(bed_verify(bed, 1, &report), RC_OK);
	bed_close(bed);
	bed_open(bed);
	bed_add(bed, 1);
	(void)snprintf(name, sizeof(name), "%s/1/tile/0/002", bed->log_dir);
	assert_int_equal(rmdir(name), 0);
	bed_advance(bed);
	assert_signed(bed, 1, 1200);
	assert_int_equal(bed_verify(bed, 1, &report), RC_OK);
}

static _Noreturn void
child_run(const struct bed *bed)
{
	struct bed mine = *bed;
	int64_t at = 700;

	bed_open(&mine);
	bed_add(&mine, 1);
	for (;;) { /* until the parent ends it, at any point */
		bed_append(&mine, 1, at, 61);
		at += 61;
		bed_advance(&mine);
	}
}

static void
a_process_that_is_killed_at_any_moment_leaves_a_log_that_verifies(void **state)
{
	struct bed *bed = *state;
	struct audit_figures figures;
	struct audit_report report;
	struct err err = { 0 };

	bed_add(bed, 1);
	bed_append(bed, 1, 0, 700);
	bed_advance(bed);
	bed_close(bed);
	for (useconds_t i = 0; i < 12; i++) {
		pid_t child = fork();
		int status;

		if (child == 0)
			child_run(bed);
		(void)usleep(20000 + i * 7001);
		(void)kill(child, SIGKILL);
		(void)waitpid(child, &status, 0);
		bed_open(bed);
		bed_add(bed, 1);
		bed_advance(bed);
		bed_must(audit_figures(bed->audit, 1, &figures, &err), &err);
		assert_true(figures.size == figures.signed_to && figures.size >= 700);
		if (bed_verify(bed, 1, &report) != RC_OK)
			fail_msg("%s", report.first_fault);
		bed_close(bed);
	}
	bed_open(bed);
}

#define LOG_TEST(name) cmocka_unit_test_setup_teardown(name, bed_setup, bed_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		LOG_TEST(nothing_is_signed_before_there_is_an_entry),
		LOG_TEST(a_leaf_that_could_not_be_verified_is_not_appended),
		LOG_TEST(every_size_up_to_two_tiles_is_signed_with_its_root),
		LOG_TEST(a_checkpoint_is_not_signed_again_when_nothing_is_new),
		LOG_TEST(entries_of_many_threads_are_all_in_the_tree_while_it_grows),
		LOG_TEST(rows_go_when_files_have_them_and_reading_sees_no_difference),
		LOG_TEST(a_log_that_is_opened_again_goes_on_where_it_was),
		LOG_TEST(a_backlog_is_worked_off_in_steps_that_all_verify),
		LOG_TEST(one_checkpoint_a_period_is_kept_and_each_is_a_prefix),
		LOG_TEST(the_server_log_anchors_a_changed_checkpoint_once_a_minute),
		LOG_TEST(tiles_are_those_of_the_specification),
		LOG_TEST(bundles_hold_the_leaves_that_the_tiles_hash),
		LOG_TEST(proofs_lead_from_every_entry_to_the_checkpoint),
		LOG_TEST(proofs_reach_over_a_full_tile_of_level_one),
		LOG_TEST(every_earlier_size_is_proved_a_prefix),
		LOG_TEST(a_rename_that_fails_leaves_a_log_that_the_next_run_completes),
		LOG_TEST(a_process_that_is_killed_at_any_moment_leaves_a_log_that_verifies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
