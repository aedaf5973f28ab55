#include "service/measure/scan.h"

#include "base/limits.h"
#include "service/measure/intake.h"

#define ROWS_FIRST  16  /* full segments have some thousand readings each */
#define ROWS_SMALL  256 /* fresh ones have one, or a day's */
#define ROWS_MOST   512
#define ITEMS_FEW   1024
#define ITEMS_MOST  150000
#define ARENA_BYTES (512 * MIB) /* a ceiling far above what ITEMS_MOST readings take */

void
scan_open(struct scan *scan, const struct door *door, const struct lookup *ask, bool is_down)
{
	*scan =
	    (struct scan){ .door = door, .ask = *ask, .is_down = is_down, .rows = ROWS_FIRST };
	if (ask->from_us == 0 && ask->until_us == 0) {
		scan->ask.from_us = INT64_MIN;
		scan->ask.until_us = INT64_MAX;
	}
	arena_init(&scan->arena, ARENA_BYTES);
}

void
scan_close(struct scan *scan)
{
	arena_free(&scan->arena);
}

int
reading_compare(const struct reading *a, const struct reading *b)
{
	if (a->taken_us != b->taken_us)
		return a->taken_us < b->taken_us ? -1 : 1;
	if (a->number != b->number)
		return a->number < b->number ? -1 : 1;
	return a->version < b->version ? -1 : a->version > b->version;
}

static int
by_time(const void *a, const void *b)
{
	return reading_compare(a, b);
}

static int
by_time_down(const void *a, const void *b)
{
	return reading_compare(b, a);
}

/* The later version of a number first. */
static int
by_number(const void *a, const void *b)
{
	const struct reading *x = a;
	const struct reading *y = b;

	if (x->number != y->number)
		return x->number < y->number ? -1 : 1;
	return x->version > y->version ? -1 : x->version < y->version;
}

/* What came or was corrected since the scan began is not of it: a reading that a
 * correction moves meanwhile would be met twice, or not at all. */
static void
keep_older(const struct scan *scan, struct readings *readings)
{
	size_t kept = 0;

	for (size_t i = 0; i < readings->count; i++) {
		if (readings->items[i].change <= (uint64_t)scan->last_change)
			readings->items[kept++] = readings->items[i];
	}
	readings->count = kept;
}

static void
keep_current(struct readings *readings)
{
	size_t kept = 0;
	bool has_later = false;

	for (size_t i = 0; i < readings->count && !has_later; i++)
		has_later = readings->items[i].version > 1;
	if (!has_later)
		return;
	qsort(readings->items, readings->count, sizeof(*readings->items), by_number);
	for (size_t i = 0; i < readings->count; i++) {
		if (kept == 0 || readings->items[kept - 1].number != readings->items[i].number)
			readings->items[kept++] = readings->items[i];
	}
	readings->count = kept;
}

/* from <= taken < until, and what else was asked for. */
static void
keep_wanted(const struct scan *scan, int64_t from_us, int64_t until_us,
            struct readings *readings)
{
	size_t kept = 0;

	for (size_t i = 0; i < readings->count; i++) {
		const struct reading *item = &readings->items[i];
		if (item->taken_us < from_us || item->taken_us >= until_us ||
		    (!scan->ask.has_errors && item->status == READING_IN_ERROR))
			continue;
		readings->items[kept++] = *item;
	}
	readings->count = kept;
}

static size_t
items_in(const struct series_segments *page)
{
	size_t count = 0;

	for (size_t i = 0; i < page->count; i++)
		count += (size_t)page->items[i].items;
	return count;
}

/* The segments that overlap what is left, from its near end on. */
static MUST_CHECK enum rc
page_read(struct scan *scan, struct series_segments *page, struct err *err)
{
	struct series_query query = {
		.class = STR("measurement"),
		.subject = scan->ask.subject,
		.facet0 =
		    scan->ask.analyte == ANALYTE_ANY ? 0 : intake_facet(scan->ask.analyte),
		.time_from_us = scan->ask.from_us,
		.time_to_us = scan->ask.until_us,
		.order = scan->is_down ? RECORD_BY_TIME_DOWN : RECORD_BY_TIME,
		.limit = scan->rows,
		.act = scan->ask.act,
	};

	arena_free(&scan->arena);
	arena_init(&scan->arena, ARENA_BYTES);
	TRY(vault_series_read(scan->door, &query, &scan->arena, page, err));
	if (items_in(page) > ITEMS_MOST)
		return FAIL(err, RC_LIMIT, "too many readings lie at one time");
	return RC_OK;
}

/* How far every version is at hand: rows that were not read begin (or, going
 * down, end) where the last one does. */
static void
bounds_find(const struct scan *scan, const struct series_segments *page, int64_t *from_us,
            int64_t *until_us)
{
	const struct series_segment *last = &page->items[page->count - 1];

	*from_us = scan->ask.from_us;
	*until_us = scan->ask.until_us;
	if (page->count < (size_t)scan->rows)
		return;
	if (scan->is_down && last->time_to_us + 1 > *from_us)
		*from_us = last->time_to_us + 1;
	if (!scan->is_down && last->time_from_us < *until_us)
		*until_us = last->time_from_us;
}

static MUST_CHECK enum rc
step(struct scan *scan, struct readings *batch, struct err *err)
{
	struct series_segments page;
	int64_t from_us, until_us;

	if (!scan->has_last_change)
		TRY(vault_series_change(scan->door, scan->ask.subject, &scan->last_change,
		                        err));
	scan->has_last_change = true;
	TRY(page_read(scan, &page, err));
	scan->is_over = page.count < (size_t)scan->rows;
	if (page.count == 0)
		return RC_OK;
	bounds_find(scan, &page, &from_us, &until_us);
	if (from_us >= until_us) { /* all of them overlap the near end */
		if (scan->rows == ROWS_MOST)
			return FAIL(err, RC_LIMIT, "too many readings lie at one time");
		scan->rows *= 2;
		return RC_OK;
	}
	scan->rows = items_in(&page) < ITEMS_FEW ? ROWS_SMALL : ROWS_FIRST;
	TRY(lookup_unpack(&page, &scan->arena, batch, err));
	keep_older(scan, batch);
	keep_current(batch);
	keep_wanted(scan, from_us, until_us, batch);
	if (batch->count != 0)
		qsort(batch->items, batch->count, sizeof(*batch->items),
		      scan->is_down ? by_time_down : by_time);
	if (scan->is_down)
		scan->ask.until_us = from_us;
	else
		scan->ask.from_us = until_us;
	return RC_OK;
}

enum rc
scan_next(struct scan *scan, struct readings *batch, struct err *err)
{
	*batch = (struct readings){ 0 };
	while (batch->count == 0 && !scan->is_over)
		TRY(step(scan, batch, err));
	return RC_OK;
}
