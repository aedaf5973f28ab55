/*
 * Verification finds every byte that is not what was signed, and names it.
 */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "audit/tile.h"
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

/* 5000 entries: 19 full tiles, 136 entries in rows, three kept checkpoints. */
static void
log_make(struct bed *bed)
{
	bed_add(bed, 1);
	bed_append(bed, 1, 0, 900);
	bed_advance(bed);
	bed->clock.offset_us = 20 * US_PER_MIN;
	bed_append(bed, 1, 900, 2100);
	bed_advance(bed);
	bed->clock.offset_us = 40 * US_PER_MIN;
	bed_append(bed, 1, 3000, 2000);
	bed_advance(bed);
}

static void
byte_flip(const struct bed *bed, const char *path, off_t at)
{
	char name[256], byte;
	int fd;

	(void)snprintf(name, sizeof(name), "%s/1/%s", bed->log_dir, path);
	fd = open(name, O_RDWR);
	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &byte, 1, at), 1);
	byte ^= 4;
	assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	(void)close(fd);
}

static void
assert_fault(struct bed *bed, const char *first, const char *second)
{
	struct audit_report report;

	assert_int_equal(bed_verify(bed, 1, &report), RC_CORRUPT);
	assert_true(report.faults > 0);
	if (strstr(report.first_fault, "tenant 1") == NULL ||
	    strstr(report.first_fault, first) == NULL ||
	    strstr(report.first_fault, second) == NULL)
		fail_msg("\"%s\" lacks \"%s\" or \"%s\"", report.first_fault, first, second);
}

static void
a_good_log_verifies_with_all_its_parts(void **state)
{
	struct bed *bed = *state;
	struct audit_report report;

	log_make(bed);
	bed_append(bed, 1, 5000, 3); /* not signed yet */
	assert_int_equal(bed_verify(bed, 1, &report), RC_OK);
	assert_true(report.entries == 5000 && report.checkpoints == 3 && report.faults == 0);
	assert_true(report.tiles == 20 + 1);
	assert_true(str_eq(report.origin, BED_ORIGIN));
}

static void
a_flipped_byte_in_a_file_is_found_and_named(void **state)
{
	struct bed *bed = *state;

	log_make(bed);
	byte_flip(bed, "tile/entries/007", 20000);
	assert_fault(bed, "entry 18", "tile/entries/007");
	byte_flip(bed, "tile/entries/007", 20000);
	byte_flip(bed, "tile/entries/007", 0); /* a length */
	assert_fault(bed, "tile/entries/007", "wrong lengths");
	byte_flip(bed, "tile/entries/007", 0);
	byte_flip(bed, "tile/0/011", 32 * 9 + 5);
	assert_fault(bed, "entry 2825", "hash 9 of tile/0/011");
	byte_flip(bed, "tile/0/011", 32 * 9 + 5);
	assert_int_equal(bed_verify(bed, 1, &(struct audit_report){ 0 }), RC_OK);
}

static void
a_full_tile_of_level_one_is_a_file_that_is_checked(void **state)
{
	struct bed *bed = *state;
	struct audit_report report;

	bed_add(bed, 1);
	for (int64_t at = 0; at < 66000; at += 6000)
		bed_append(bed, 1, at, 6000);
	bed_advance(bed);
	assert_int_equal(bed_verify(bed, 1, &report), RC_OK);
	assert_true(report.entries == 66000 && report.tiles == 258 + 2 + 1);
	byte_flip(bed, "tile/1/000", 32 * 200);
	assert_fault(bed, "hash 200 of tile/1/000", "tiles below");
}

static void
a_file_that_is_gone_or_short_is_named(void **state)
{
	struct bed *bed = *state;
	char name[256], aside[300];

	log_make(bed);
	for (int i = 0; i < 2; i++) {
		const char *path = i == 0 ? "tile/0/003" : "tile/entries/003";

		(void)snprintf(name, sizeof(name), "%s/1/%s", bed->log_dir, path);
		(void)snprintf(aside, sizeof(aside), "%s.aside", name);
		assert_int_equal(rename(name, aside), 0);
		assert_fault(bed, path, "missing");
		assert_int_equal(rename(aside, name), 0);
	}
	assert_int_equal(truncate(name, 100), 0);
	assert_fault(bed, "tile/entries/003", "cut");
}

/* --- rows, changed behind the log's back ---------------------------------------------------
 */

static enum rc
tile_row_flip(struct store_tx *tx, void *arg, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct tile_row row = *(const struct tile_row *)arg;
	char *hashes;

	arena_init(&arena, MIB);
	TRY(store_tile_find(tx, &arena, &row, err));
	hashes = arena_alloc(&arena, row.hashes.len, 1);
	memcpy(hashes, row.hashes.ptr, row.hashes.len);
	hashes[40] ^= 1;
	row.hashes.ptr = hashes;
	return store_tile_put(tx, &row, err);
}

static enum rc
tile_row_drop(struct store_tx *tx, void *arg, struct err *err)
{
	return store_tile_delete(tx, arg, err);
}

static enum rc
entry_row_drop(struct store_tx *tx, void *arg, struct err *err)
{
	return store_entry_delete(tx, 1, *(const int64_t *)arg, err);
}

static enum rc
checkpoint_flip(struct store_tx *tx, void *arg, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct checkpoint_row *rows;
	size_t count;
	char *note;

	arena_init(&arena, MIB);
	TRY(store_checkpoint_list(tx, 1, &arena, &rows, &count, err));
	assert_int_equal(count, 3);
	note = arena_alloc(&arena, rows[1].note.len, 1);
	memcpy(note, rows[1].note.ptr, rows[1].note.len);
	note[*(const size_t *)arg] ^= 1;
	rows[1].note.ptr = note;
	return store_checkpoint_put(tx, &rows[1], err);
}

static void
a_flipped_or_lost_row_is_found_and_named(void **state)
{
	struct bed *bed = *state;
	struct tile_row low = { .tenant = 1, .level = 0, .index = 19 };
	struct tile_row high = { .tenant = 1, .level = 1, .index = 0 };
	struct err err = { 0 };
	int64_t before = 4870;
	size_t at = 30;

	log_make(bed);
	bed_must(store_write(bed->store, tile_row_flip, &high, &err), &err);
	assert_fault(bed, "hash 1", "the rows of tile/1/000.p/19");
	bed_must(store_write(bed->store, tile_row_flip, &high, &err), &err);
	bed_must(store_write(bed->store, tile_row_flip, &low, &err), &err);
	assert_fault(bed, "entry 4865", "hash 1 of the rows of tile/0/019.p/136");
	bed_must(store_write(bed->store, tile_row_flip, &low, &err), &err);
	bed_must(store_write(bed->store, checkpoint_flip, &at, &err), &err);
	assert_fault(bed, "checkpoint row of size 3000", "");
	bed_must(store_write(bed->store, checkpoint_flip, &at, &err), &err);
	assert_int_equal(bed_verify(bed, 1, &(struct audit_report){ 0 }), RC_OK);
	bed_must(store_write(bed->store, tile_row_drop, &high, &err), &err);
	assert_fault(bed, "tile/1/000.p/19", "missing");
	bed_must(store_write(bed->store, entry_row_drop, &before, &err), &err);
	assert_fault(bed, "entry row 4864", "missing");
}

static void
a_flipped_byte_of_an_entry_row_is_found_and_named(void **state)
{
	struct bed *bed = *state;
	struct audit_report report;
	char text[64];
	uint8_t *file;
	FILE *db;
	long size;
	char *at;

	/* The store has no call that changes an entry, so its file is changed. */
	log_make(bed);
	bed_close(bed);
	db = fopen(bed->store_path, "r+b");
	assert_non_null(db);
	(void)fseek(db, 0, SEEK_END);
	size = ftell(db);
	rewind(db);
	file = malloc((size_t)size);
	assert_non_null(file);
	assert_int_equal(fread(file, 1, (size_t)size, db), size);
	(void)snprintf(text, sizeof(text), "\"time_us\":%lld}", 1700000000000000LL + 4900);
	at = memmem(file, (size_t)size, text, strlen(text));
	assert_non_null(at);
	do { /* every copy that the file holds, free pages too */
		(void)fseek(db, (long)((uint8_t *)at - file) + 20, SEEK_SET);
		(void)fputc('5', db);
		at = memmem(at + 1, (size_t)(file + size - (uint8_t *)at) - 1, text,
		            strlen(text));
	} while (at != NULL);
	(void)fclose(db);
	free(file);
	bed_open(bed);
	assert_int_equal(bed_verify(bed, 1, &report), RC_CORRUPT);
	assert_non_null(strstr(report.first_fault, "tenant 1: entry 4900: the rows of"));
}

static void
a_log_whose_rows_do_not_fit_does_not_open(void **state)
{
	struct bed *bed = *state;
	struct tile_row low = { .tenant = 1, .level = 0, .index = 19 };
	struct err err = { 0 };

	log_make(bed);
	bed_must(store_write(bed->store, tile_row_flip, &low, &err), &err);
	bed_close(bed);
	bed_open(bed);
	assert_int_equal(audit_log_add(bed->audit, 1, BED_ORIGIN, &bed->key, &err), RC_CORRUPT);
}

static void
another_key_or_origin_does_not_verify(void **state)
{
	struct bed *bed = *state;
	struct audit_report report;
	struct audit_log log = { .dir = bed->log_dir, .tenant = 1, .origin = STR("other/log") };
	struct err err = { 0 };

	log_make(bed);
	log.store = bed->store;
	memcpy(log.public, bed->key.public, SIGN_PUBLIC_BYTES);
	assert_int_equal(audit_verify(&log, &report, &err), RC_CORRUPT);
	log.origin = BED_ORIGIN;
	assert_int_equal(audit_verify(&log, &report, &err), RC_OK);
	log.public[0] ^= 1;
	assert_int_equal(audit_verify(&log, &report, &err), RC_CORRUPT);
}

#define LOG_TEST(name) cmocka_unit_test_setup_teardown(name, bed_setup, bed_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		LOG_TEST(a_good_log_verifies_with_all_its_parts),
		LOG_TEST(a_flipped_byte_in_a_file_is_found_and_named),
		LOG_TEST(a_full_tile_of_level_one_is_a_file_that_is_checked),
		LOG_TEST(a_file_that_is_gone_or_short_is_named),
		LOG_TEST(a_flipped_or_lost_row_is_found_and_named),
		LOG_TEST(a_flipped_byte_of_an_entry_row_is_found_and_named),
		LOG_TEST(another_key_or_origin_does_not_verify),
		LOG_TEST(a_log_whose_rows_do_not_fit_does_not_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
