#include "service/measure/compact.h"

#include "base/limits.h"
#include "service/measure/lookup.h"
#include "service/measure/segment.h"

#define SCAN_ROWS 1000 /* small segments looked at in one step */
#define JOIN_ROWS 256  /* joined in one step */

struct series_name {
	struct id subject;
	int64_t facet0;
};

static MUST_CHECK enum rc
segment_of(const struct readings *readings, struct buf *packed, struct series_segment *into,
           struct err *err)
{
	*into = (struct series_segment){ .items = (int64_t)readings->count };
	for (size_t i = 0; i < readings->count; i++) {
		const struct reading *item = &readings->items[i];
		if (i == 0 || item->taken_us < into->time_from_us)
			into->time_from_us = item->taken_us;
		if (i == 0 || item->taken_us > into->time_to_us)
			into->time_to_us = item->taken_us;
		if (i == 0 || (int64_t)item->change < into->change_from)
			into->change_from = (int64_t)item->change;
		if ((int64_t)item->change > into->change_to)
			into->change_to = (int64_t)item->change;
		if (item->updated_us > into->updated_us)
			into->updated_us = item->updated_us;
	}
	buf_init(packed, LIMIT_RECORD_BYTES);
	TRY(segment_pack(readings->items, readings->count, packed, err));
	return buf_finish(packed, &into->body, err);
}

/* How many of the page's segments fit into one. */
static size_t
rows_that_fit(const struct series_segments *page)
{
	int64_t items = 0;
	size_t bytes = 0;
	size_t i = 0;

	for (; i < page->count; i++) {
		items += page->items[i].items;
		bytes += page->items[i].body.len;
		if (items > COMPACT_ITEMS_MOST || bytes > LIMIT_RECORD_BYTES / 4)
			break;
	}
	return i;
}

/* A correction's segment spans the times before and after: what joins it spans
 * as much, or a reader of the old time would miss it. */
static void
span_widen(struct series_segment *into, const struct series_segments *joined)
{
	for (size_t i = 0; i < joined->count; i++) {
		if (joined->items[i].time_from_us < into->time_from_us)
			into->time_from_us = joined->items[i].time_from_us;
		if (joined->items[i].time_to_us > into->time_to_us)
			into->time_to_us = joined->items[i].time_to_us;
	}
}

/* Joins the first small segments of a series; *is_done when there was too little. */
static MUST_CHECK enum rc
series_join(const struct door *door, const struct series_name *name, bool *is_done,
            struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	CLEANUP(buf_free) struct buf packed = { 0 };
	struct series_query query = { .class = STR("measurement"),
		                      .subject = name->subject,
		                      .facet0 = name->facet0,
		                      .order = RECORD_BY_CHANGE,
		                      .limit = JOIN_ROWS,
		                      .items_below = COMPACT_ITEMS_FULL,
		                      .act = "compact-read" };
	struct series_compact compact = { .class = query.class, .subject = name->subject };
	struct series_segments page;
	struct readings readings;
	struct id remove[JOIN_ROWS];
	enum rc rc;

	arena_init(&arena, 256 * MIB);
	*is_done = true;
	TRY(vault_series_read(door, &query, &arena, &page, err));
	page.count = rows_that_fit(&page);
	do {
		if (page.count < 2)
			return RC_OK;
		buf_free(&packed);
		TRY(lookup_unpack(&page, &arena, &readings, err));
		rc = segment_of(&readings, &packed, &compact.into, err);
		if (rc == RC_LIMIT) /* more devices or systems than one can name */
			page.count /= 2;
	} while (rc == RC_LIMIT);
	TRY(rc);
	span_widen(&compact.into, &page);
	compact.into.facet[0] = name->facet0;
	for (size_t i = 0; i < page.count; i++)
		remove[i] = page.items[i].id;
	compact.remove = remove;
	compact.remove_count = page.count;
	*is_done = false;
	return vault_series_compact(door, &compact, err);
}

/* Of a scan, how many segments are of the same series as the one at `at`; each
 * series is looked at once, at its first. */
static size_t
series_count(const struct series_small_query *scan, size_t at)
{
	const struct series_small *first = &scan->items[at];
	size_t count = 0;

	for (size_t i = 0; i < scan->count; i++) {
		if (scan->items[i].facet0 != first->facet0 ||
		    !id_eq(scan->items[i].subject, first->subject))
			continue;
		if (i < at)
			return 0;
		count++;
	}
	return count;
}

static MUST_CHECK enum rc
series_compact(const struct door *door, const struct series_name *name, int64_t deadline_us,
               struct err *err)
{
	bool is_done = false;

	while (!is_done && clock_monotonic_us() < deadline_us) {
		enum rc rc = series_join(door, name, &is_done, err);
		/* Erased or changed meanwhile: the next run sees what is left.  What is
		 * restricted stays as it is. */
		if (rc == RC_RETRY || rc == RC_GONE || rc == RC_DENIED)
			return RC_OK;
		TRY(rc);
	}
	return RC_OK;
}

/* One series that fails must not stop the others: the first failure is kept. */
static MUST_CHECK enum rc
page_compact(const struct door *door, const struct series_small_query *scan,
             int64_t deadline_us, struct err *err)
{
	enum rc first = RC_OK;

	for (size_t i = 0; i < scan->count; i++) {
		struct series_name name = { scan->items[i].subject, scan->items[i].facet0 };
		struct err own = { 0 };
		enum rc rc = RC_OK;

		if (series_count(scan, i) >= COMPACT_ROWS_LEAST)
			rc = series_compact(door, &name, deadline_us, &own);
		if (rc != RC_OK && first == RC_OK) {
			first = rc;
			*err = own;
		}
	}
	return first;
}

enum rc
compact_run(const struct door *door, int64_t deadline_us, struct err *err)
{
	struct series_small_query scan = { .class = STR("measurement"),
		                           .items_below = COMPACT_ITEMS_FULL,
		                           .limit = SCAN_ROWS };

	enum rc first = RC_OK;

	do {
		CLEANUP(arena_free) struct arena arena = { 0 };
		struct err own = { 0 };
		enum rc rc;

		arena_init(&arena, 4 * MIB);
		TRY(vault_series_small(door, &scan, &arena, err));
		rc = page_compact(door, &scan, deadline_us, &own);
		if (rc != RC_OK && first == RC_OK) {
			first = rc;
			*err = own;
		}
		if (scan.count != 0)
			scan.after = scan.items[scan.count - 1].id;
	} while (scan.count == (size_t)scan.limit && clock_monotonic_us() < deadline_us);
	return first;
}
