/*
 * How fast the log advances and verifies, on one core.
 *
 * Usage: bench-audit [ENTRIES [FOLDER]]     built as test/go/export.c is
 *
 * Prints the tree over leaves in memory (hashes alone), reading entries alone,
 * verification of a whole log in a data directory, and audit_advance() over a
 * backlog and over portions of 2,000 entries, as 10,000 a second give every
 * 200 ms; its CPU share is of the whole process, the store's writer included.
 */
#include "bed.h"

#include <sys/resource.h>

#include "audit/edge.h"

static double
cpu_s(void)
{
	struct rusage usage;

	(void)getrusage(RUSAGE_SELF, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static double
now_s(void)
{
	return (double)clock_monotonic_us() / 1e6;
}

static void
print_rate(const char *what, double count, double seconds)
{
	printf("%-44s %12.0f /s\n", what, count / seconds);
}

static enum rc
tile_ignore(void *arg, const struct tile *tile, const struct digest *hashes, struct err *err)
{
	(void)arg;
	(void)tile;
	(void)hashes;
	(void)err;
	return RC_OK;
}

static void
parts_bench(int64_t count)
{
	CLEANUP(buf_free) struct buf leaf = { 0 };
	struct audit_entry entry;
	const struct edge_sink sink = { tile_ignore, NULL };
	struct edge edge;
	struct digest digest;
	struct err err = { 0 };
	struct str text;
	double start;

	edge_init(&edge);
	buf_init(&leaf, ENTRY_LEAF_MAX);
	bed_leaf(1, &leaf);
	bed_must(buf_finish(&leaf, &text, &err), &err);
	printf("an entry has %zu bytes\n", text.len);
	start = now_s();
	for (int64_t i = 0; i < count; i++) {
		digest = merkle_leaf(text);
		bed_must(edge_add(&edge, &digest, &sink, &err), &err);
	}
	print_rate("tree over leaves in memory, hashes alone", (double)count, now_s() - start);
	edge_free(&edge);
	start = now_s();
	for (int64_t i = 0; i < count; i++)
		bed_must(entry_read(text, &entry, &err), &err);
	print_rate("entries read", (double)count, now_s() - start);
}

static void
advance_bench(struct bed *bed, int64_t count)
{
	double wall = 0, cpu = 0;
	int64_t at = 0;

	for (; at < count / 2; at += 10000)
		bed_append(bed, 1, at, 10000);
	wall = now_s();
	bed_advance(bed);
	print_rate("advance over a backlog", (double)at, now_s() - wall);
	wall = 0;
	for (int64_t from = at; at < count; at += 2000) {
		double start_wall, start_cpu;

		bed_append(bed, 1, at, 2000);
		start_wall = now_s();
		start_cpu = cpu_s();
		bed_advance(bed);
		wall += now_s() - start_wall;
		cpu += cpu_s() - start_cpu;
		if (at + 2000 < count)
			continue;
		print_rate("advance in portions of 2,000", (double)(at + 2000 - from), wall);
		printf("%-44s %11.1f %%\n", "of a core at 10,000 entries/s",
		       100 * cpu / (double)(at + 2000 - from) * 10000);
	}
}

static void
verify_bench(struct bed *bed, int64_t count)
{
	struct audit_report report;
	double start = now_s();

	if (bed_verify(bed, 1, &report) != RC_OK || report.entries != (uint64_t)count)
		abort();
	print_rate("verification, entries read", (double)count, now_s() - start);
}

int
main(int argc, char **argv)
{
	int64_t count = argc > 1 ? strtoll(argv[1], NULL, 10) : 200000;
	struct bed bed;

	count = count < 20000 ? 20000 : count / 20000 * 20000;
	parts_bench(count);
	bed_init(&bed, argc > 2 ? argv[2] : P_tmpdir);
	bed_add(&bed, 1);
	advance_bench(&bed, count);
	verify_bench(&bed, count);
	bed_free(&bed);
	return 0;
}
