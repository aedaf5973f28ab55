/*
 * A log whose old end was cut: what is gone is not found, what is left verifies.
 */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "audit/prune.h"
#include "audit/tile.h"
#include "export.h"

#define ENTRIES 1100
#define AT(n)   (1700000000000000 + (n)) /* the time of entry n (bed.h) */

static int
bed_setup(void **state)
{
	struct bed *bed = malloc(sizeof(*bed));

	assert_non_null(bed);
	bed_init(bed, P_tmpdir);
	bed_add(bed, 1);
	bed_append(bed, 1, 0, ENTRIES / 2);
	bed_advance(bed);
	bed_append(bed, 1, ENTRIES / 2, ENTRIES - ENTRIES / 2);
	bed_advance(bed);
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

static int64_t
pruned(struct bed *bed, int64_t before_us)
{
	struct err err = { 0 };
	int64_t count = -1;

	bed_must(audit_prune(bed->audit, 1, before_us, &count, &err), &err);
	return count;
}

static enum rc
entry_read_at(struct bed *bed, int64_t index)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct entry_row *rows;
	struct err err = { 0 };
	size_t found;

	arena_init(&arena, 2 * BUNDLE_MAX);
	return audit_entries(bed->audit, 1, index, 1, &arena, &rows, &found, &err);
}

static enum rc
resource(struct bed *bed, const char *path)
{
	CLEANUP(buf_free) struct buf out = { 0 };
	struct err err = { 0 };

	buf_init(&out, BUNDLE_MAX);
	return audit_tile(bed->audit, 1, str_from_c(path), &out, &err);
}

static enum rc
proof(struct bed *bed, int64_t index)
{
	CLEANUP(buf_free) struct buf out = { 0 };
	struct err err = { 0 };

	buf_init(&out, 64 * KIB);
	return audit_prove(bed->audit, 1, index, &out, &err);
}

/* 600 are past their time: the first two bundles are, and part of the third. */
static void
whole_bundles_that_are_past_go_and_all_else_verifies(void **state)
{
	CLEANUP(buf_free) struct buf consistency = { 0 };
	struct bed *bed = *state;
	struct audit_report report;
	struct err err = { 0 };

	assert_int_equal(pruned(bed, AT(600)), 512);
	assert_int_equal(entry_read_at(bed, 511), RC_NOT_FOUND);
	assert_int_equal(entry_read_at(bed, 512), RC_OK);
	assert_int_equal(resource(bed, "tile/entries/001"), RC_NOT_FOUND);
	assert_int_equal(resource(bed, "tile/entries/002"), RC_OK);
	assert_int_equal(resource(bed, "tile/0/001"), RC_OK);
	assert_int_equal(proof(bed, 5), RC_NOT_FOUND);
	assert_int_equal(proof(bed, 600), RC_OK);
	buf_init(&consistency, 64 * KIB);
	assert_int_equal(audit_prove_consistency(bed->audit, 1, 300, &consistency, &err),
	                 RC_OK);
	assert_int_equal(bed_verify(bed, 1, &report), RC_OK);
	assert_int_equal(report.entries, ENTRIES - 512);
	assert_int_equal(report.checkpoints, 1); /* one of the two was thinned out */
	assert_int_equal(pruned(bed, AT(600)), 0);
	bed_append(bed, 1, ENTRIES, 300);
	bed_advance(bed);
	assert_int_equal(bed_verify(bed, 1, &report), RC_OK);
}

static void
nothing_young_and_nothing_that_no_full_bundle_holds_is_cut(void **state)
{
	struct bed *bed = *state;

	assert_int_equal(pruned(bed, AT(0)), 0);
	assert_int_equal(pruned(bed, AT(255)), 0); /* its last entry is not past */
	assert_int_equal(pruned(bed, INT64_MAX), 1024);
	assert_int_equal(entry_read_at(bed, 1024), RC_OK);
}

static void
a_cut_log_opens_again_and_goes_on(void **state)
{
	struct bed *bed = *state;
	struct audit_report report;

	assert_int_equal(pruned(bed, AT(600)), 512);
	bed_close(bed);
	bed_open(bed);
	bed_add(bed, 1);
	assert_int_equal(entry_read_at(bed, 3), RC_NOT_FOUND);
	assert_int_equal(pruned(bed, AT(800)), 256);
	assert_int_equal(bed_verify(bed, 1, &report), RC_OK);
}

/* Gone without having been cut is lost, as before. */
static void
a_bundle_that_is_missing_above_the_minimum_is_a_fault(void **state)
{
	struct bed *bed = *state;
	struct audit_report report;
	char path[160];

	assert_int_equal(pruned(bed, AT(300)), 256);
	(void)snprintf(path, sizeof(path), "%s/1/tile/entries/001", bed->log_dir);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(entry_read_at(bed, 300), RC_CORRUPT);
	assert_int_equal(bed_verify(bed, 1, &report), RC_CORRUPT);
}

static enum rc
minimum_put(struct store_tx *tx, void *arg, struct err *err)
{
	return store_setting_put(tx, 1, STR("log.minimum"), str_from_c(arg), err);
}

/* What a crash between the minimum and the files leaves. */
static void
files_below_the_minimum_go_with_the_next_call(void **state)
{
	char minimum[] = "512";
	struct bed *bed = *state;
	struct err err = { 0 };
	char path[160];

	bed_must(store_write(bed->store, minimum_put, minimum, &err), &err);
	assert_int_equal(pruned(bed, AT(0)), 0);
	for (int i = 0; i < 2; i++) {
		(void)snprintf(path, sizeof(path), "%s/1/tile/entries/00%d", bed->log_dir, i);
		assert_int_equal(access(path, F_OK), -1);
	}
	assert_int_equal(entry_read_at(bed, 512), RC_OK);
}

/* The folder says what was cut; without that word a bundle is missing. */
static void
an_export_of_a_cut_log_verifies_when_it_says_so(void **state)
{
	CLEANUP(buf_free) struct buf minimum = { 0 };
	struct bed *bed = *state;
	struct audit_report report;
	struct err err = { 0 };
	char folder[96], path[160];

	(void)snprintf(folder, sizeof(folder), "%s/export", bed->dir);
	checkpoint_export(bed, folder, "checkpoint");
	level_export(bed, folder, TILE_ENTRIES, ENTRIES);
	for (int level = 0; ENTRIES >> (TILE_HEIGHT * level) > 0; level++)
		level_export(bed, folder, level, ENTRIES >> (TILE_HEIGHT * level));
	proofs_export(bed, folder, 300);
	assert_int_equal(audit_verify_export(folder, &report, &err), RC_OK);
	(void)snprintf(path, sizeof(path), "%s/tile/entries/000", folder);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(audit_verify_export(folder, &report, &err), RC_CORRUPT);
	buf_init(&minimum, 16);
	buf_add(&minimum, STR("256"));
	file_put(folder, "minimum", &minimum);
	assert_int_equal(audit_verify_export(folder, &report, &err), RC_OK);
	assert_int_equal(report.entries, ENTRIES - 256);
}

#define BED_TEST(name) cmocka_unit_test_setup_teardown(name, bed_setup, bed_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BED_TEST(whole_bundles_that_are_past_go_and_all_else_verifies),
		BED_TEST(nothing_young_and_nothing_that_no_full_bundle_holds_is_cut),
		BED_TEST(a_cut_log_opens_again_and_goes_on),
		BED_TEST(a_bundle_that_is_missing_above_the_minimum_is_a_fault),
		BED_TEST(an_export_of_a_cut_log_verifies_when_it_says_so),
		BED_TEST(files_below_the_minimum_go_with_the_next_call),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
