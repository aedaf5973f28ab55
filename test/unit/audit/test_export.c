/* Offline verification of an exported log, without a store. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <fcntl.h>

#include "export.h"

static char folder[128];

static enum rc
verify(struct audit_report *report)
{
	struct err err = { 0 };

	return audit_verify_export(folder, report, &err);
}

static void
byte_flip(const char *path, off_t at)
{
	char name[256], byte;
	int fd;

	(void)snprintf(name, sizeof(name), "%s/%s", folder, path);
	fd = open(name, O_RDWR);
	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &byte, 1, at), 1);
	byte ^= 1;
	assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	(void)close(fd);
}

static void
an_exported_log_verifies_by_itself(void **state)
{
	struct audit_report report;

	(void)state;
	assert_int_equal(verify(&report), RC_OK);
	assert_true(report.entries == 600 && report.tiles == 3 + 1 && report.checkpoints == 1);
	assert_true(str_eq(report.origin, BED_ORIGIN));
}

static void
a_flipped_byte_anywhere_is_found_and_named(void **state)
{
	static const struct {
		const char *path;
		off_t at;
		const char *named;
	} rows[] = {
		{ "tile/entries/001", 3000, "tile/entries/001" },
		{ "tile/entries/002.p/88", 3000, "tile/entries/002.p/88" },
		{ "tile/0/000", 100, "tile/0/000" },
		{ "tile/0/002.p/88", 100, "tile/0/002.p/88" },
		{ "tile/1/000.p/2", 10, "tile/1/000.p/2" },
		{ "checkpoint", 30, "checkpoint" },
		{ "checkpoint", 110, "checkpoint" },
		{ "key", 30, "key" },
		{ "key", 3, "key" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct audit_report report;

		byte_flip(rows[i].path, rows[i].at);
		assert_int_equal(verify(&report), RC_CORRUPT);
		if (report.faults == 0 || strstr(report.first_fault, rows[i].named) == NULL)
			fail_msg("%s: \"%s\"", rows[i].path, report.first_fault);
		byte_flip(rows[i].path, rows[i].at);
	}
}

static void
a_file_that_is_missing_is_named(void **state)
{
	static const char *const paths[] = { "tile/entries/001", "tile/0/001", "tile/1/000.p/2",
		                             "checkpoint", "key" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(paths); i++) {
		struct audit_report report;
		char name[256], aside[260];

		(void)snprintf(name, sizeof(name), "%s/%s", folder, paths[i]);
		(void)snprintf(aside, sizeof(aside), "%s.no", name);
		assert_int_equal(rename(name, aside), 0);
		assert_int_equal(verify(&report), RC_CORRUPT);
		assert_non_null(strstr(report.first_fault, paths[i]));
		assert_int_equal(rename(aside, name), 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_exported_log_verifies_by_itself),
		cmocka_unit_test(a_flipped_byte_anywhere_is_found_and_named),
		cmocka_unit_test(a_file_that_is_missing_is_named),
	};
	struct bed bed;
	int failed;

	bed_init(&bed, P_tmpdir);
	(void)snprintf(folder, sizeof(folder), "%s/export", bed.dir);
	log_export(&bed, folder, 600);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	bed_free(&bed);
	return failed;
}
