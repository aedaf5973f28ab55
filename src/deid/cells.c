/* Small cells; table.h says what and why. */
#include "deid/table.h"

/* The table with its margins: rows are nodes 0 …, columns come after. */
struct grid {
	const struct deid_cells *cells;
	size_t rows, columns; /* margins included */
	uint64_t *counts;
	bool *hidden;
	/* The walk that finds bridges. */
	size_t *order, *low;
	size_t visited;
	bool *is_side; /* nodes on the near side of a bridge */
};

static size_t
cell_of(const struct grid *grid, size_t row, size_t column)
{
	return row * grid->columns + column;
}

static void
margins_add(struct grid *grid)
{
	size_t rows = grid->rows - 1, columns = grid->columns - 1;

	for (size_t i = 0; i < rows; i++) {
		for (size_t j = 0; j < columns; j++) {
			uint64_t count = grid->cells->counts[i * columns + j];
			grid->counts[cell_of(grid, i, j)] = count;
			grid->counts[cell_of(grid, i, columns)] += count;
			grid->counts[cell_of(grid, rows, j)] += count;
			grid->counts[cell_of(grid, rows, columns)] += count;
		}
	}
}

/* --- bridges --------------------------------------------------------------------------- */

static size_t
cell_between(const struct grid *grid, size_t node, size_t other)
{
	return node < grid->rows ? cell_of(grid, node, other - grid->rows)
	                         : cell_of(grid, other, node - grid->rows);
}

/* The lines that cross this one: nodes from … end. */
struct crossing {
	size_t from, end;
};

static struct crossing
crossing_of(const struct grid *grid, size_t node)
{
	if (node >= grid->rows)
		return (struct crossing){ 0, grid->rows };
	return (struct crossing){ grid->rows, grid->rows + grid->columns };
}

static bool
are_joined(const struct grid *grid, size_t node, size_t other)
{
	return grid->hidden[cell_between(grid, node, other)];
}

/* Tarjan's low points, depth first; a stack frame for each line of the table.
 * The cell of a bridge, or the number of cells when there is none. */
static size_t
bridge_from(struct grid *grid, size_t node, size_t parent)
{
	size_t none = grid->rows * grid->columns;
	struct crossing lines = crossing_of(grid, node);

	grid->order[node] = grid->low[node] = ++grid->visited;
	for (size_t other = lines.from; other < lines.end; other++) {
		if (other == parent || !are_joined(grid, node, other))
			continue;
		if (grid->order[other] == 0) {
			size_t found = bridge_from(grid, other, node);
			if (found != none)
				return found;
			if (grid->low[other] > grid->order[node])
				return cell_between(grid, node, other);
		}
		if (grid->low[other] < grid->low[node])
			grid->low[node] = grid->low[other];
	}
	return none;
}

static size_t
bridge_find(struct grid *grid)
{
	size_t nodes = grid->rows + grid->columns, none = grid->rows * grid->columns;

	memset(grid->order, 0, nodes * sizeof(size_t));
	grid->visited = 0;
	for (size_t node = 0; node < nodes; node++) {
		size_t found = grid->order[node] != 0 ? none : bridge_from(grid, node, nodes);
		if (found != none)
			return found;
	}
	return none;
}

/* --- complements ------------------------------------------------------------------------ */

static void
side_mark(struct grid *grid, size_t node)
{
	struct crossing lines = crossing_of(grid, node);

	grid->is_side[node] = true;
	for (size_t other = lines.from; other < lines.end; other++)
		if (!grid->is_side[other] && are_joined(grid, node, other))
			side_mark(grid, other);
}

/* Inner cells before totals, small before large, zeros last: they hide least. */
static bool
is_cheaper(const struct grid *grid, size_t cell, size_t than)
{
	size_t cells = grid->rows * grid->columns;
	size_t row = cell / grid->columns, column = cell % grid->columns;

	if (than == cells)
		return true;
	bool is_total = row + 1 == grid->rows || column + 1 == grid->columns;
	bool is_other =
	    than / grid->columns + 1 == grid->rows || than % grid->columns + 1 == grid->columns;
	bool is_zero = grid->counts[cell] == 0, is_other_zero = grid->counts[than] == 0;
	if (is_zero != is_other_zero)
		return is_other_zero;
	if (is_total != is_other)
		return is_other;
	return grid->counts[cell] < grid->counts[than];
}

/* The cheapest shown cell of a line (`line` a node) or, for the number of nodes,
 * of those that join the sides. */
static size_t
complement_find(const struct grid *grid, size_t line)
{
	size_t nodes = grid->rows + grid->columns, best = grid->rows * grid->columns;

	for (size_t i = 0; i < grid->rows; i++) {
		for (size_t j = 0; j < grid->columns; j++) {
			bool joins = grid->is_side[i] != grid->is_side[grid->rows + j];
			bool is_in =
			    line == nodes ? joins : line == i || line == grid->rows + j;
			size_t cell = cell_of(grid, i, j);
			if (is_in && !grid->hidden[cell] && is_cheaper(grid, cell, best))
				best = cell;
		}
	}
	return best;
}

static size_t
line_degree(const struct grid *grid, size_t node)
{
	struct crossing lines = crossing_of(grid, node);
	size_t size = 0;

	for (size_t other = lines.from; other < lines.end; other++)
		size += are_joined(grid, node, other);
	return size;
}

static void
bridge_close(struct grid *grid, size_t bridge)
{
	size_t row = bridge / grid->columns, column = grid->rows + bridge % grid->columns;
	size_t nodes = grid->rows + grid->columns, chosen;

	if (line_degree(grid, row) == 1) {
		chosen = complement_find(grid, row);
	} else if (line_degree(grid, column) == 1) {
		chosen = complement_find(grid, column);
	} else {
		grid->hidden[bridge] = false;
		memset(grid->is_side, 0, nodes);
		side_mark(grid, row);
		grid->hidden[bridge] = true;
		chosen = complement_find(grid, nodes);
	}
	assert(chosen != grid->rows * grid->columns);
	grid->hidden[chosen] = true;
}

/* A line whose hidden cells sum to less than `least` betrays that they do. */
static bool
lines_fill(struct grid *grid)
{
	bool is_changed = false;

	for (size_t line = 0; line < grid->rows + grid->columns; line++) {
		struct crossing lines = crossing_of(grid, line);
		uint64_t sum = 0;
		size_t chosen;
		if (line_degree(grid, line) == 0)
			continue;
		for (size_t other = lines.from; other < lines.end; other++)
			if (are_joined(grid, line, other))
				sum += grid->counts[cell_between(grid, line, other)];
		chosen = sum >= grid->cells->least ? grid->rows * grid->columns
		                                   : complement_find(grid, line);
		if (chosen == grid->rows * grid->columns)
			continue;
		grid->hidden[chosen] = true;
		is_changed = true;
	}
	return is_changed;
}

static enum rc
cells_check(const struct deid_cells *cells, struct err *err)
{
	uint64_t sum = 0;

	if (cells->rows == 0 || cells->columns == 0)
		return FAIL(err, RC_INVALID, "a table without rows or columns");
	if (cells->rows >= LIMIT_DEID_CELLS || cells->columns >= LIMIT_DEID_CELLS ||
	    (cells->rows + 1) * (cells->columns + 1) > LIMIT_DEID_CELLS)
		return FAIL(err, RC_LIMIT, "over %d cells, totals included", LIMIT_DEID_CELLS);
	for (size_t i = 0; i < cells->rows * cells->columns; i++)
		if (__builtin_add_overflow(sum, cells->counts[i], &sum) || sum > INT64_MAX)
			return FAIL(err, RC_LIMIT, "counts that sum to over 2^63");
	return RC_OK;
}

enum rc
deid_small_cells(const struct deid_cells *cells, bool *hidden, struct arena *arena,
                 struct err *err)
{
	struct grid grid = { .cells = cells,
		             .rows = cells->rows + 1,
		             .columns = cells->columns + 1 };
	size_t count, nodes, bridge;

	TRY(cells_check(cells, err));
	count = grid.rows * grid.columns;
	nodes = grid.rows + grid.columns;
	grid.counts = arena_alloc(arena, count * sizeof(uint64_t), 8);
	grid.hidden = hidden;
	grid.order = arena_alloc(arena, nodes * sizeof(size_t), 8);
	grid.low = arena_alloc(arena, nodes * sizeof(size_t), 8);
	grid.is_side = arena_alloc(arena, nodes, 1);
	margins_add(&grid);
	for (size_t i = 0; i < count; i++)
		hidden[i] = grid.counts[i] != 0 && grid.counts[i] < cells->least;
	do
		while ((bridge = bridge_find(&grid)) != count)
			bridge_close(&grid, bridge);
	while (lines_fill(&grid));
	return RC_OK;
}
