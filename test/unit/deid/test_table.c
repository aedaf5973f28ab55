/* k-anonymity by examples worked by hand; small cells against linear algebra. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <math.h>

#include "deid/table.h"

static const struct deid_column people_columns[] = {
	{ { "name", 4 }, DEID_DIRECT, DEID_SUPPRESS, 0, 0 },
	{ { "zip", 3 }, DEID_QUASI, DEID_PREFIX, 5, 0 },
	{ { "sex", 3 }, DEID_QUASI, DEID_SUPPRESS, 1, 0 },
	{ { "finding", 7 }, DEID_PLAIN, DEID_SUPPRESS, 0, 0 },
};

#define C(text)                                                                                \
	{                                                                                      \
		"" text, sizeof(text) - 1                                                      \
	}
static const struct str people[] = {
	C("Ann"), C("94107"), C("F"), C("a"), C("Eve"), C("94107"), C("F"), C("b"),
	C("Bob"), C("94109"), C("M"), C("c"), C("Max"), C("94109"), C("M"), C("d"),
	C("Zoe"), C("94110"), C("F"), C("e"), C("Lou"), C("94111"), C("F"), C("f"),
};
static const struct deid_table table = { people_columns, COUNT_OF(people_columns), people, 6 };

static void
expect_cell(const struct deid_result *result, size_t row, size_t column, const char *text)
{
	assert_true(
	    str_eq(result->cells[row * result->column_count + column], str_from_c(text)));
}

/* Level 1 of the postal code gives 9410/F, 9410/M and 9411/F, two rows each;
 * hiding the sex alone leaves 94110 and 94111 single.  (1/5 + 0/1) / 2 = 0.1. */
static void
the_least_generalisation_is_found_and_direct_columns_are_gone(void **state)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct deid_anonymity wanted = { 2, 0 };
	struct deid_result result;
	struct err err;

	(void)state;
	arena_init(&arena, 16 * MIB);
	assert_int_equal(deid_anonymise(&table, &wanted, &arena, &result, &err), RC_OK);
	assert_int_equal(result.column_count, 3);
	assert_int_equal(result.row_count, 6);
	assert_int_equal(result.k, 2);
	assert_int_equal(result.suppressed, 0);
	assert_true(fabs(result.loss - 0.1) < 1e-9);
	assert_int_equal(result.levels[0], 1);
	assert_int_equal(result.levels[1], 0);
	expect_cell(&result, 0, 0, "9410");
	expect_cell(&result, 5, 0, "9411");
	expect_cell(&result, 5, 1, "F");
	expect_cell(&result, 5, 2, "f");
}

/* Unchanged, the two rows that stand alone go: loss (0 × 4 + 2) / 6. */
static void
suppression_within_the_cap_spares_generalisation(void **state)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct deid_anonymity wanted = { 2, 2 };
	struct deid_result result;
	struct err err;

	(void)state;
	arena_init(&arena, 16 * MIB);
	assert_int_equal(deid_anonymise(&table, &wanted, &arena, &result, &err), RC_OK);
	assert_int_equal(result.suppressed, 2);
	assert_int_equal(result.row_count, 4);
	assert_true(fabs(result.loss - 2.0 / 6) < 1e-9);
	expect_cell(&result, 3, 0, "94109");
}

static void
more_than_there_are_rows_cannot_be_had(void **state)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct deid_anonymity wanted = { 7, 5 };
	struct deid_result result;
	struct err err;

	(void)state;
	arena_init(&arena, 16 * MIB);
	assert_int_equal(deid_anonymise(&table, &wanted, &arena, &result, &err), RC_CONFLICT);
	wanted = (struct deid_anonymity){ 7, 6 };
	assert_int_equal(deid_anonymise(&table, &wanted, &arena, &result, &err), RC_OK);
	assert_int_equal(result.row_count, 0);
	assert_int_equal(result.k, 0);
}

static void
ages_fall_into_ranges_and_dates_into_months(void **state)
{
	static const struct deid_column two[] = {
		{ { "age", 3 }, DEID_QUASI, DEID_RANGE, 3, 10 },
		{ { "day", 3 }, DEID_QUASI, DEID_DATES, 4, 0 },
	};
	static const struct str cells[] = { C("41"), C("2026-03-01"), C("49.5"),
		                            C("2026-03-31") };
	struct deid_table small = { two, 2, cells, 2 };
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct deid_anonymity wanted = { 2, 0 };
	struct deid_result result;
	struct err err;

	(void)state;
	arena_init(&arena, 16 * MIB);
	assert_int_equal(deid_anonymise(&small, &wanted, &arena, &result, &err), RC_OK);
	expect_cell(&result, 0, 0, "40-49");
	expect_cell(&result, 1, 0, "40-49");
	expect_cell(&result, 1, 1, "2026-03");
}

static void
a_column_of_dates_with_other_levels_is_refused(void **state)
{
	static const struct deid_column one[] = {
		{ { "day", 3 }, DEID_QUASI, DEID_DATES, 3, 0 }
	};
	struct deid_table small = { one, 1, NULL, 0 };
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct deid_anonymity wanted = { 2, 0 };
	struct deid_result result;
	struct err err;

	(void)state;
	arena_init(&arena, MIB);
	assert_int_equal(deid_anonymise(&small, &wanted, &arena, &result, &err), RC_INVALID);
}

/* --- small cells ---------------------------------------------------------------------------
 */

enum { SIDE = 6, LINES = 2 * SIDE, CELLS = SIDE * SIDE };

/* The equations that a reader has: each line's cells less its total are 0, known
 * ones moved to the other side.  A hidden cell can be worked out exactly when its
 * unit vector lies in the rows' span: reduced rows then hold it alone. */
static bool
is_determined(const bool *hidden, size_t rows, size_t columns, size_t cell)
{
	double m[LINES][CELLS] = { { 0 } };
	size_t rank = 0;

	for (size_t i = 0; i < rows; i++) {
		for (size_t j = 0; j < columns; j++) {
			size_t at = i * columns + j;
			if (!hidden[at])
				continue;
			m[i][at] = j + 1 == columns ? -1 : 1;
			m[rows + j][at] = i + 1 == rows ? -1 : 1;
		}
	}
	for (size_t at = 0; at < rows * columns && rank < rows + columns; at++) {
		size_t pivot = rank;
		while (pivot < rows + columns && fabs(m[pivot][at]) < 1e-9)
			pivot++;
		if (pivot == rows + columns)
			continue;
		for (size_t k = 0; k < rows * columns; k++) {
			double kept = m[pivot][k];
			m[pivot][k] = m[rank][k];
			m[rank][k] = kept;
		}
		for (size_t line = 0; line < rows + columns; line++) {
			double factor = line == rank ? 0 : m[line][at] / m[rank][at];
			for (size_t k = 0; k < rows * columns; k++)
				m[line][k] -= factor * m[rank][k];
		}
		rank++;
	}
	for (size_t line = 0; line < rank; line++) {
		size_t others = 0;
		for (size_t k = 0; k < rows * columns; k++)
			others += k != cell && fabs(m[line][k]) > 1e-9;
		if (others == 0 && fabs(m[line][cell]) > 1e-9)
			return true;
	}
	return false;
}

static void
no_hidden_cell_can_be_worked_out(void **state)
{
	uint64_t counts[CELLS];
	bool hidden[CELLS];
	uint64_t random = 1;

	(void)state;
	for (int i = 0; i < 400; i++) {
		CLEANUP(arena_free) struct arena arena = { 0 };
		struct deid_cells cells = { counts, 1 + (size_t)i % (SIDE - 1),
			                    1 + (size_t)i / 7 % (SIDE - 1), 5 };
		struct err err;
		arena_init(&arena, MIB);
		for (size_t k = 0; k < CELLS; k++) {
			random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
			counts[k] =
			    (random >> 33) % 3 == 0 ? (random >> 40) % 7 : (random >> 40) % 90;
		}
		assert_int_equal(deid_small_cells(&cells, hidden, &arena, &err), RC_OK);
		for (size_t k = 0; k < (cells.rows + 1) * (cells.columns + 1); k++)
			if (hidden[k] &&
			    is_determined(hidden, cells.rows + 1, cells.columns + 1, k))
				fail_msg("table %d, cell %zu", i, k);
	}
}

/* 3 of 33 is small; its row and column have totals, so one more of each goes, and
 * the cell where those cross. */
static void
a_single_small_count_takes_three_others_with_it(void **state)
{
	static const uint64_t counts[] = { 3, 30, 90, 20, 40, 80, 70, 60, 50 };
	struct deid_cells cells = { counts, 3, 3, 5 };
	CLEANUP(arena_free) struct arena arena = { 0 };
	bool hidden[16];
	struct err err;

	(void)state;
	arena_init(&arena, MIB);
	assert_int_equal(deid_small_cells(&cells, hidden, &arena, &err), RC_OK);
	for (size_t i = 0; i < COUNT_OF(hidden); i++)
		assert_int_equal(hidden[i], i == 0 || i == 1 || i == 4 || i == 5);
}

static void
zeros_and_large_counts_are_shown(void **state)
{
	static const uint64_t counts[] = { 0, 30, 20, 40 };
	struct deid_cells cells = { counts, 2, 2, 5 };
	CLEANUP(arena_free) struct arena arena = { 0 };
	bool hidden[9];
	struct err err;

	(void)state;
	arena_init(&arena, MIB);
	assert_int_equal(deid_small_cells(&cells, hidden, &arena, &err), RC_OK);
	for (size_t i = 0; i < COUNT_OF(hidden); i++)
		assert_false(hidden[i]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_least_generalisation_is_found_and_direct_columns_are_gone),
		cmocka_unit_test(suppression_within_the_cap_spares_generalisation),
		cmocka_unit_test(more_than_there_are_rows_cannot_be_had),
		cmocka_unit_test(ages_fall_into_ranges_and_dates_into_months),
		cmocka_unit_test(a_column_of_dates_with_other_levels_is_refused),
		cmocka_unit_test(no_hidden_cell_can_be_worked_out),
		cmocka_unit_test(a_single_small_count_takes_three_others_with_it),
		cmocka_unit_test(zeros_and_large_counts_are_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
