/*
 * Tables: k-anonymity by full-domain generalisation, and small cells.
 *
 * Direct identifiers are removed, quasi-identifiers generalised column by
 * column until each combination that is left stands in k rows at least, and
 * rows that still stand in smaller classes suppressed.
 *
 * P. Samarati, "Protecting Respondents' Identities in Microdata Release", IEEE
 * TKDE 13(6), 2001: the k-minimal generalisation with a cap on suppression,
 * found by binary search over the height of the lattice.  Of the solutions at
 * the least height the one with the least loss is taken, then the first in
 * order of its levels, so the answer is always the same.
 */
#ifndef DEID_TABLE_H
#define DEID_TABLE_H

#include "base/arena.h"
#include "base/limits.h"
#include "base/str.h"

#define LIMIT_DEID_ROWS    200000
#define LIMIT_DEID_COLUMNS 256
#define LIMIT_DEID_LATTICE 20000 /* generalisations to look among: product of levels */
#define DEID_LEVELS_MAX    8

enum deid_role {
	DEID_DIRECT, /* removed */
	DEID_QUASI,  /* generalised */
	DEID_PLAIN,  /* as it is */
};

/* How a quasi-identifier is generalised.  Level 0 is the value, the last "*".
 * A value that does not read as its hierarchy is "*" from level 1 on. */
enum deid_hierarchy {
	DEID_SUPPRESS, /* value, * */
	DEID_RANGE,    /* value, ranges of `width` × 1, 2, 4 … : "40-49", * */
	DEID_DATES,    /* 2026-03-14, 2026-03, 2026, 2020-2029, * */
	DEID_PREFIX,   /* the last character, two, … dropped: 94107, 9410, …, * */
};

struct deid_column {
	struct str name;
	enum deid_role role;
	enum deid_hierarchy hierarchy; /* of quasi columns */
	unsigned levels; /* above 0, "*" included: 1 … DEID_LEVELS_MAX − 1; DATES: 4 */
	unsigned width;  /* of RANGE: at least 1 */
};

/* cells[row * column_count + column] */
struct deid_table {
	const struct deid_column *columns;
	size_t column_count;
	const struct str *cells;
	size_t row_count;
};

struct deid_anonymity {
	size_t k;              /* at least 1 */
	size_t suppressed_max; /* rows that may be suppressed */
};

struct deid_result {
	struct deid_column *columns; /* without the direct ones */
	size_t column_count;
	struct str *cells; /* of rows that stay, in their order */
	size_t row_count;
	unsigned *levels; /* by column of the result; 0 where plain */
	size_t k;         /* of the smallest class that stays; 0: no row stays */
	size_t suppressed;
	/* Sweeney, "Achieving k-anonymity … using generalization and suppression",
	 * 2002: 1 − Prec, the share of the hierarchies' heights that was climbed,
	 * a suppressed row counting as all.  0 … 1. */
	double loss;
};

/* The result lives in the arena.  RC_LIMIT: too many rows, columns or
 * generalisations.  RC_INVALID: a column's declaration.  RC_CONFLICT: no
 * generalisation keeps within `suppressed_max`. */
enum rc deid_anonymise(const struct deid_table *table, const struct deid_anonymity *wanted,
                       struct arena *arena, struct deid_result *result, struct err *err)
    MUST_CHECK;

#define LIMIT_DEID_CELLS 4096

/* Counts of rows × columns; the margins are their sums. */
struct deid_cells {
	const uint64_t *counts; /* counts[row * columns + column] */
	size_t rows, columns;
	uint64_t least; /* counts 1 … least − 1 are hidden; 0 tells of nobody */
};

/*
 * What must not be shown, margins included: hidden[row * (columns + 1) + column]
 * of rows + 1 times columns + 1 cells, the last of each line its total.
 *
 * Beside small counts, others are hidden until no hidden cell can be worked out
 * from the totals.  A cell can exactly when it is a bridge of the graph with a
 * node for each line and an edge for each hidden cell: D. Gusfield, "A Graph
 * Theoretic Approach to Statistical Data Security", SIAM J. Comput. 17(3), 1988.
 * In each line what is hidden sums to `least` at least.
 * RC_LIMIT: over LIMIT_DEID_CELLS, margins included, or sums over 2^63.
 */
enum rc deid_small_cells(const struct deid_cells *cells, bool *hidden, struct arena *arena,
                         struct err *err) MUST_CHECK;

#endif
