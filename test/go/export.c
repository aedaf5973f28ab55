/*
 * Makes a real log in a temporary folder and exports it as it would be served,
 * with proofs, for verifiers that are not ours.
 *
 * Usage: audit-export FOLDER [ENTRIES]
 *
 * Built as a unit test is, from the layers up to audit:
 *     cc … -Itest/unit/audit test/go/export.c (objects of base, crypto, store, audit)
 */
#include "export.h"

int
main(int argc, char **argv)
{
	int64_t entries = argc > 2 ? strtoll(argv[2], NULL, 10) : 70000;
	struct audit_report report;
	struct bed bed;
	struct err err = { 0 };

	if (argc < 2 || entries < 2)
		return 2;
	bed_init(&bed, P_tmpdir);
	log_export(&bed, argv[1], entries);
	bed_free(&bed);
	bed_must(audit_verify_export(argv[1], &report, &err), &err);
	printf("%s: %llu entries, %llu tiles\n", argv[1], (unsigned long long)report.entries,
	       (unsigned long long)report.tiles);
	return 0;
}
