#include "deid/table.h"

#include "deid/hierarchy.h"

#define SCRATCH_BYTES (512 * MIB)

/* The search: rows' codes at each level, made once, then compared as numbers. */
struct lattice {
	const struct deid_table *table;
	const struct deid_anonymity *wanted;
	size_t quasi[LIMIT_DEID_COLUMNS]; /* columns of the table */
	size_t quasi_count;
	uint32_t **codes; /* [quasi * DEID_LEVELS_MAX + level][row] */
	struct class *classes;
	size_t class_slots; /* a power of two */
	uint32_t *class_of; /* by row: slot */
};

/* Rows that look alike at some generalisation. */
struct class
{
	uint32_t first; /* 1 + a row of it; 0: free */
	uint32_t count;
};

struct node {
	unsigned levels[LIMIT_DEID_COLUMNS];
	double loss;
	size_t suppressed, k;
};

/* --- codes ----------------------------------------------------------------------------- */

struct text_slot {
	struct str text;
	uint32_t code;
};

/* FNV-1a with the final mix of MurmurHash3. */
static uint64_t
hash_more(uint64_t hash, const void *bytes, size_t count)
{
	const unsigned char *at = bytes;

	for (size_t i = 0; i < count; i++)
		hash = (hash ^ at[i]) * UINT64_C(1099511628211);
	hash ^= hash >> 33;
	return hash * UINT64_C(0xff51afd7ed558ccd);
}

/* Equal texts get equal numbers. */
static uint32_t *
codes_make(const struct lattice *lattice, size_t column, unsigned level, struct arena *arena)
{
	CLEANUP(arena_free) struct arena scratch = { 0 };
	const struct deid_table *table = lattice->table;
	size_t slots = lattice->class_slots;
	struct text_slot *texts;
	uint32_t *codes = arena_alloc(arena, (table->row_count + 1) * sizeof(*codes), 4);
	uint32_t next = 1;

	arena_init(&scratch, SCRATCH_BYTES);
	texts = arena_alloc(&scratch, slots * sizeof(*texts), _Alignof(struct text_slot));
	for (size_t row = 0; row < table->row_count; row++) {
		struct str text = hierarchy_text(
		    &table->columns[column], table->cells[row * table->column_count + column],
		    level, &scratch);
		size_t at = (size_t)(hash_more(0, text.ptr, text.len) >> 20) & (slots - 1);
		while (texts[at].code != 0 && !str_eq(texts[at].text, text))
			at = (at + 1) & (slots - 1);
		if (texts[at].code == 0)
			texts[at] = (struct text_slot){ text, next++ };
		codes[row] = texts[at].code;
	}
	return codes;
}

static void
lattice_make(struct lattice *lattice, struct arena *arena)
{
	const struct deid_table *table = lattice->table;

	lattice->class_slots = 16;
	while (lattice->class_slots < 2 * table->row_count)
		lattice->class_slots *= 2;
	lattice->classes = arena_alloc(arena, lattice->class_slots * sizeof(struct class), 4);
	lattice->class_of = arena_alloc(arena, (table->row_count + 1) * sizeof(uint32_t), 4);
	lattice->codes = arena_alloc(
	    arena, (lattice->quasi_count * DEID_LEVELS_MAX + 1) * sizeof(uint32_t *),
	    _Alignof(uint32_t *));
	for (size_t i = 0; i < lattice->quasi_count; i++)
		for (unsigned level = 0; level <= table->columns[lattice->quasi[i]].levels;
		     level++)
			lattice->codes[i * DEID_LEVELS_MAX + level] =
			    codes_make(lattice, lattice->quasi[i], level, arena);
}

/* --- one generalisation ---------------------------------------------------------------- */

static bool
rows_alike(const struct lattice *lattice, const struct node *node, size_t a, size_t b)
{
	for (size_t i = 0; i < lattice->quasi_count; i++) {
		const uint32_t *codes = lattice->codes[i * DEID_LEVELS_MAX + node->levels[i]];
		if (codes[a] != codes[b])
			return false;
	}
	return true;
}

static void
classes_count(const struct lattice *lattice, const struct node *node)
{
	size_t mask = lattice->class_slots - 1;

	memset(lattice->classes, 0, lattice->class_slots * sizeof(struct class));
	for (size_t row = 0; row < lattice->table->row_count; row++) {
		uint64_t hash = 0;
		for (size_t i = 0; i < lattice->quasi_count; i++)
			hash = hash_more(
			    hash, &lattice->codes[i * DEID_LEVELS_MAX + node->levels[i]][row],
			    sizeof(uint32_t));
		size_t at = (size_t)(hash >> 20) & mask;
		while (lattice->classes[at].first != 0 &&
		       !rows_alike(lattice, node, lattice->classes[at].first - 1, row))
			at = (at + 1) & mask;
		if (lattice->classes[at].first == 0)
			lattice->classes[at].first = (uint32_t)row + 1;
		lattice->classes[at].count++;
		lattice->class_of[row] = (uint32_t)at;
	}
}

static void
node_judge(const struct lattice *lattice, struct node *node)
{
	double climbed = 0, rows = (double)lattice->table->row_count;

	classes_count(lattice, node);
	node->suppressed = 0;
	node->k = 0;
	for (size_t i = 0; i < lattice->class_slots; i++) {
		size_t count = lattice->classes[i].count;
		if (count < lattice->wanted->k)
			node->suppressed += count;
		else if (node->k == 0 || count < node->k)
			node->k = count;
	}
	for (size_t i = 0; i < lattice->quasi_count; i++)
		climbed +=
		    (double)node->levels[i] / lattice->table->columns[lattice->quasi[i]].levels;
	if (lattice->quasi_count != 0)
		climbed /= (double)lattice->quasi_count;
	node->loss =
	    rows == 0
		? 0
		: (climbed * (rows - (double)node->suppressed) + (double)node->suppressed) /
		      rows;
}

/* --- the search ------------------------------------------------------------------------- */

/* The next generalisation in order; false after the last. */
static bool
node_next(const struct lattice *lattice, struct node *node)
{
	for (size_t i = lattice->quasi_count; i > 0; i--) {
		if (node->levels[i - 1]++ <
		    lattice->table->columns[lattice->quasi[i - 1]].levels)
			return true;
		node->levels[i - 1] = 0;
	}
	return false;
}

static unsigned
node_height(const struct lattice *lattice, const struct node *node)
{
	unsigned height = 0;

	for (size_t i = 0; i < lattice->quasi_count; i++)
		height += node->levels[i];
	return height;
}

/* The best of one height within the cap on suppression. */
static bool
height_search(const struct lattice *lattice, unsigned height, struct node *best)
{
	struct node node = { .loss = 0 };
	bool is_found = false;

	do {
		if (node_height(lattice, &node) != height)
			continue;
		node_judge(lattice, &node);
		if (node.suppressed > lattice->wanted->suppressed_max)
			continue;
		if (!is_found || node.loss < best->loss)
			*best = node;
		is_found = true;
	} while (node_next(lattice, &node));
	return is_found;
}

/* What is k-anonymous at one height is above it: Samarati, section 5. */
static bool
lattice_search(const struct lattice *lattice, struct node *best)
{
	unsigned low = 0, high = 0;

	for (size_t i = 0; i < lattice->quasi_count; i++)
		high += lattice->table->columns[lattice->quasi[i]].levels;
	if (!height_search(lattice, high, best))
		return false;
	while (low < high) {
		struct node node;
		unsigned middle = (low + high) / 2;
		if (height_search(lattice, middle, &node)) {
			*best = node;
			high = middle;
		} else {
			low = middle + 1;
		}
	}
	return true;
}

/* --- the result ----------------------------------------------------------------------------
 */

static void
columns_write(const struct lattice *lattice, const struct node *node,
              struct deid_result *result, struct arena *arena)
{
	const struct deid_table *table = lattice->table;
	size_t quasi = 0;

	result->columns =
	    arena_alloc(arena, (table->column_count + 1) * sizeof(*result->columns),
	                _Alignof(struct deid_column));
	result->levels = arena_alloc(arena, (table->column_count + 1) * sizeof(unsigned), 4);
	for (size_t i = 0; i < table->column_count; i++) {
		if (table->columns[i].role == DEID_DIRECT)
			continue;
		if (table->columns[i].role == DEID_QUASI)
			result->levels[result->column_count] = node->levels[quasi++];
		result->columns[result->column_count++] = table->columns[i];
	}
}

static void
row_write(const struct deid_table *table, size_t row, struct deid_result *result,
          struct arena *arena)
{
	struct str *out = &result->cells[result->row_count++ * result->column_count];
	size_t at = 0;

	for (size_t i = 0; i < table->column_count; i++) {
		struct str cell = table->cells[row * table->column_count + i];
		if (table->columns[i].role == DEID_DIRECT)
			continue;
		if (table->columns[i].role == DEID_QUASI)
			cell =
			    hierarchy_text(&table->columns[i], cell, result->levels[at], arena);
		out[at++] = cell;
	}
}

static void
result_write(const struct lattice *lattice, const struct node *node, struct deid_result *result,
             struct arena *arena)
{
	const struct deid_table *table = lattice->table;

	*result = (struct deid_result){ .k = node->k,
		                        .loss = node->loss,
		                        .suppressed = node->suppressed };
	columns_write(lattice, node, result, arena);
	result->cells = arena_alloc(
	    arena, (table->row_count * result->column_count + 1) * sizeof(struct str),
	    _Alignof(struct str));
	classes_count(lattice, node);
	for (size_t row = 0; row < table->row_count; row++)
		if (lattice->classes[lattice->class_of[row]].count >= lattice->wanted->k)
			row_write(table, row, result, arena);
}

static enum rc
columns_check(const struct deid_table *table, struct lattice *lattice, struct err *err)
{
	size_t nodes = 1;

	if (table->row_count > LIMIT_DEID_ROWS || table->column_count > LIMIT_DEID_COLUMNS)
		return FAIL(err, RC_LIMIT, "a table of over %d rows or %d columns",
		            LIMIT_DEID_ROWS, LIMIT_DEID_COLUMNS);
	for (size_t i = 0; i < table->column_count; i++) {
		const struct deid_column *column = &table->columns[i];
		if (column->role != DEID_QUASI)
			continue;
		TRY(hierarchy_check(column, err));
		nodes *= column->levels + 1;
		if (nodes > LIMIT_DEID_LATTICE)
			return FAIL(err, RC_LIMIT, "over %d generalisations to look among",
			            LIMIT_DEID_LATTICE);
		lattice->quasi[lattice->quasi_count++] = i;
	}
	return RC_OK;
}

enum rc
deid_anonymise(const struct deid_table *table, const struct deid_anonymity *wanted,
               struct arena *arena, struct deid_result *result, struct err *err)
{
	CLEANUP(arena_free) struct arena scratch = { 0 };
	struct lattice lattice = { .table = table, .wanted = wanted };
	struct node best;

	if (wanted->k == 0)
		return FAIL(err, RC_INVALID, "k is 0");
	TRY(columns_check(table, &lattice, err));
	arena_init(&scratch, SCRATCH_BYTES);
	lattice_make(&lattice, &scratch);
	if (!lattice_search(&lattice, &best))
		return FAIL(err, RC_CONFLICT, "k of %zu needs more rows suppressed than %zu",
		            wanted->k, wanted->suppressed_max);
	result_write(&lattice, &best, result, arena);
	return RC_OK;
}
