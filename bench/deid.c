/*
 * How much de-identification of text finds, by kind, and how fast: on notes made
 * from seeds (test/unit/deid/notes.h) and, where it lies beside the project, on
 * the held-out half of a public set (test/unit/deid/synthetic.h).
 *
 *	deid [NOTES]		notes to make, 400 at first
 *	deid show notes|even	what is missed and what is wrong, for tuning
 */
#include "../test/unit/deid/measure.h"

#include "../test/unit/deid/notes.h"
#include "../test/unit/deid/synthetic.h"
#include "base/clock.h"

enum { NOTES = 400, FIRST_SEED = 1000000 };

static void
must(enum rc rc, const struct err *err)
{
	if (rc == RC_OK)
		return;
	(void)fprintf(stderr, "%s:%d: %s\n", err->file, err->line, err->text);
	exit(1);
}

static void
row_print(const char *name, struct tally tally)
{
	printf("%-10s %6zu %8.3f %9.3f %6zu %10.3f\n", name, tally.truths, tally_recall(tally),
	       tally.truths == 0 ? 1 : (double)tally.same_kind / (double)tally.truths,
	       tally.found, tally_precision(tally));
}

static void
table_print(const char *title, const struct tallies *tallies)
{
	printf("%s\n%-10s %6s %8s %9s %6s %10s\n", title, "kind", "true", "recall", "same kind",
	       "found", "precision");
	for (int i = 0; i < DEID_KINDS; i++)
		if (tallies->kinds[i].truths + tallies->kinds[i].found != 0)
			row_print(deid_kind_tag((enum deid_kind)i).ptr, tallies->kinds[i]);
	row_print("all", tally_all(tallies));
}

/* With what stands around. */
static void
fault_show(const char *what, enum deid_kind kind, struct str text, size_t from, size_t length)
{
	size_t first = from > 24 ? from - 24 : 0;
	size_t last = from + length + 16 < text.len ? from + length + 16 : text.len;

	printf("%-6s %-9s |%.*s| in ", what, deid_kind_tag(kind).ptr, (int)length,
	       text.ptr + from);
	for (size_t i = first; i < last; i++)
		(void)putchar(text.ptr[i] == '\n' ? ' ' : text.ptr[i]);
	(void)putchar('\n');
}

static void
faults_show(struct str text, const struct deid_spans *spans, const struct truths *truths)
{
	bool is;

	for (size_t i = 0; i < truths->count; i++) {
		const struct truth *truth = &truths->items[i];
		if (!truth->is_either && !truth_is_covered(text, spans, truth, &is))
			fault_show("missed", truth->kind, text, truth->offset, truth->length);
	}
	for (size_t i = 0; i < spans->count; i++) {
		const struct deid_span *span = &spans->items[i];
		if (!span_is_right(span, truths, &is))
			fault_show("wrong", span->kind, text, span->offset, span->length);
	}
}

static void
measure(const struct deid *deid, struct str text, const struct truths *truths,
        struct tallies *tallies, bool is_shown)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct deid_spans spans;
	struct err err = { 0 };

	arena_init(&arena, 64 * MIB);
	must(deid_find(deid, text, &arena, &spans, &err), &err);
	tally_add(tallies, text, &spans, truths);
	if (is_shown)
		faults_show(text, &spans, truths);
}

static void
notes_measure(const struct deid *deid, unsigned count, bool is_shown)
{
	struct tallies tallies = { 0 };
	static struct truths truths;
	size_t bytes = 0;
	int64_t begun_us, spent_us = 0;

	for (unsigned i = 0; i < count; i++) {
		CLEANUP(buf_free) struct buf note = { 0 };
		buf_init(&note, MIB);
		make_note((is_shown ? 1 : FIRST_SEED) + i, &note, &truths);
		begun_us = clock_monotonic_us();
		measure(deid, (struct str){ note.text, note.len }, &truths, &tallies, is_shown);
		spent_us += clock_monotonic_us() - begun_us;
		bytes += note.len;
	}
	table_print("notes from seeds", &tallies);
	printf("%.0f notes/s, %.2f MB/s on one core\n\n", count / ((double)spent_us / 1e6),
	       (double)bytes / (double)spent_us);
}

static void
synthetic_measure(const struct deid *deid, size_t first, bool is_shown)
{
	CLEANUP(buf_free) struct buf file = { 0 };
	CLEANUP(json_free) struct json json = { NULL };
	struct tallies tallies = { 0 };
	static struct truths truths;
	struct err err = { 0 };

	if (!synthetic_read(&file)) {
		printf("%s is absent\n", SYNTHETIC_FILE);
		return;
	}
	must(json_parse(&json, (struct str){ file.text, file.len }, &err), &err);
	for (size_t i = first; i < json_count(json.root); i += 2) {
		struct str text = synthetic_item(json_at(json.root, i), &truths);
		measure(deid, text, &truths, &tallies, is_shown);
	}
	table_print(first == 0 ? "public set, even items (tuned on)" : "public set, odd items",
	            &tallies);
}

int
main(int argc, char **argv)
{
	CLEANUP(deid_close) struct deid *deid = NULL;
	struct err err = { 0 };

	must(deid_open(&deid, &err), &err);
	if (argc == 3 && strcmp(argv[1], "show") == 0) {
		if (strcmp(argv[2], "notes") == 0)
			notes_measure(deid, 60, true);
		else
			synthetic_measure(deid, 0, true);
		return 0;
	}
	notes_measure(deid, argc == 2 ? (unsigned)strtoul(argv[1], NULL, 10) : NOTES, false);
	synthetic_measure(deid, 1, false);
	return 0;
}
