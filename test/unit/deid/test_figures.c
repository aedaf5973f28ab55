/*
 * How much is found: floors under what bench/deid.c measures.  The notes' seeds
 * are others than those looked at while rules were written; of the public set
 * the odd items count (see synthetic.h).
 */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "deid/notes.h"
#include "deid/synthetic.h"

enum { NOTES = 150, FIRST_SEED = 1000000 };

static void
measure(const struct deid *deid, struct str text, const struct truths *truths,
        struct tallies *tallies)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct deid_spans spans;
	struct err err;

	arena_init(&arena, 16 * MIB);
	assert_int_equal(deid_find(deid, text, &arena, &spans, &err), RC_OK);
	tally_add(tallies, text, &spans, truths);
}

static void
expect_floors(const struct tallies *tallies, enum deid_kind kind, double recall,
              double precision)
{
	struct tally tally = kind == DEID_KINDS ? tally_all(tallies) : tallies->kinds[kind];

	if (tally_recall(tally) < recall || tally_precision(tally) < precision)
		fail_msg("%s: recall %.3f, precision %.3f",
		         kind == DEID_KINDS ? "all" : deid_kind_tag(kind).ptr,
		         tally_recall(tally), tally_precision(tally));
}

static void
notes_lose_nearly_all_that_identifies_and_little_else(void **state)
{
	CLEANUP(deid_close) struct deid *deid = NULL;
	static struct truths truths;
	struct tallies tallies = { 0 };
	struct err err;

	(void)state;
	assert_int_equal(deid_open(&deid, &err), RC_OK);
	for (unsigned i = 0; i < NOTES; i++) {
		CLEANUP(buf_free) struct buf note = { 0 };
		buf_init(&note, MIB);
		make_note(FIRST_SEED + i, &note, &truths);
		measure(deid, (struct str){ note.text, note.len }, &truths, &tallies);
	}
	expect_floors(&tallies, DEID_KINDS, 0.99, 0.98);
	for (int kind = 0; kind < DEID_KINDS; kind++)
		expect_floors(&tallies, (enum deid_kind)kind, 0.97, 0.97);
}

static void
the_held_out_half_of_the_public_set_keeps_its_floors(void **state)
{
	CLEANUP(deid_close) struct deid *deid = NULL;
	CLEANUP(buf_free) struct buf file = { 0 };
	CLEANUP(json_free) struct json json = { NULL };
	static struct truths truths;
	struct tallies tallies = { 0 };
	struct err err;

	(void)state;
	if (!synthetic_read(&file)) {
		print_message("%s is absent\n", SYNTHETIC_FILE);
		skip();
	}
	assert_int_equal(deid_open(&deid, &err), RC_OK);
	assert_int_equal(json_parse(&json, (struct str){ file.text, file.len }, &err), RC_OK);
	for (size_t i = 1; i < json_count(json.root); i += 2) {
		struct str text = synthetic_item(json_at(json.root, i), &truths);
		measure(deid, text, &truths, &tallies);
	}
	expect_floors(&tallies, DEID_KINDS, 0.87, 0.94);
	expect_floors(&tallies, DEID_NAME, 0.92, 0.92);
	expect_floors(&tallies, DEID_DATE, 0.95, 0.85);
	expect_floors(&tallies, DEID_PHONE, 0.95, 0.95);
	expect_floors(&tallies, DEID_EMAIL, 0.95, 0.95);
	expect_floors(&tallies, DEID_ACCOUNT, 0.95, 0.95);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(notes_lose_nearly_all_that_identifies_and_little_else),
		cmocka_unit_test(the_held_out_half_of_the_public_set_keeps_its_floors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
