/*
 * Three ways to a page, the quickest first: the latest readings as they are
 * (lookup.h), a scan in order of time that ends when the page is full, and for
 * orders of commit time a scan of all that keeps the best.
 */
#include "service/measure/fhir_page.h"

#include "base/limits.h"
#include "service/measure/scan.h"

#define SLACK 32 /* of readings at the cursor's own time */

struct cursor {
	bool is_set;
	int64_t time_us;
	uint64_t number;
};

/* A page under way. */
struct filling {
	struct fhir_page *page;
	struct arena *arena;
	struct cursor cursor;
	size_t wanted; /* one more than the page has: it tells of the next */
	struct reading *items;
	size_t count, capacity;
	struct arena *texts;  /* of the items: the arena, or */
	struct arena scratch; /* while better ones may still come */
};

static bool
is_by_update(const struct fhir_search *search)
{
	return search->sort == FHIR_SORT_UPDATED || search->sort == FHIR_SORT_UPDATED_DOWN;
}

static bool
is_down(const struct fhir_search *search)
{
	return search->sort == FHIR_SORT_DATE_DOWN || search->sort == FHIR_SORT_UPDATED_DOWN;
}

/* --- cursors ----------------------------------------------------------------------------- */

struct str
fhir_page_cursor(const struct fhir_page *page, const struct reading *last, struct arena *arena)
{
	bool is_update = is_by_update(page->search);

	return str_printf(arena, "%d.%llx.%llx", (int)page->search->sort,
	                  (unsigned long long)(is_update ? last->updated_us : last->taken_us),
	                  (unsigned long long)last->number);
}

static bool
hex_read(struct str text, uint64_t *number)
{
	*number = 0;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		bool is_digit = c >= '0' && c <= '9';
		if (!is_digit && (c < 'a' || c > 'f'))
			return false;
		*number = *number << 4 | (uint64_t)(is_digit ? c - '0' : c - 'a' + 10);
	}
	return text.len != 0 && text.len <= 16;
}

static MUST_CHECK enum rc
cursor_read(struct str text, enum fhir_sort sort, struct cursor *cursor, struct err *err)
{
	struct str order, time;
	struct str number = str_cut(str_cut(text, '.', &order), '.', &time);
	uint64_t time_us;

	if (text.len == 0)
		return RC_OK;
	if (order.len != 1 || order.ptr[0] != '0' + (char)sort || !hex_read(time, &time_us) ||
	    !hex_read(number, &cursor->number))
		return FAIL(err, RC_INVALID, "_cursor is not one of this search");
	cursor->is_set = true;
	cursor->time_us = (int64_t)time_us;
	return RC_OK;
}

/* --- order ------------------------------------------------------------------------------- */

static int64_t
time_of(const struct fhir_search *search, const struct reading *reading)
{
	return is_by_update(search) ? reading->updated_us : reading->taken_us;
}

/* Does the reading come after the cursor, in the order of the search? */
static bool
is_after(const struct filling *filling, const struct reading *reading)
{
	const struct fhir_search *search = filling->page->search;
	const struct cursor *cursor = &filling->cursor;
	int64_t time_us = time_of(search, reading);
	int order = time_us < cursor->time_us ? -1 : time_us > cursor->time_us;

	if (!cursor->is_set)
		return true;
	if (order == 0)
		order =
		    reading->number < cursor->number ? -1 : reading->number > cursor->number;
	return is_down(search) ? order < 0 : order > 0;
}

static int
by_update(const void *a, const void *b)
{
	const struct reading *x = a;
	const struct reading *y = b;

	if (x->updated_us != y->updated_us)
		return x->updated_us < y->updated_us ? -1 : 1;
	return x->number < y->number ? -1 : x->number > y->number;
}

static int
by_update_down(const void *a, const void *b)
{
	return by_update(b, a);
}

/* --- filling -------------------------------------------------------------------------------
 */

static struct lookup
lookup_of(const struct fhir_page *page)
{
	const struct fhir_search *search = page->search;
	struct lookup lookup = { .subject = page->patient,
		                 .analyte = ANALYTE_ANY,
		                 .has_errors = true };
	bool is_one = search->analytes != 0 && (search->analytes & (search->analytes - 1)) == 0;

	if (is_one)
		lookup.analyte = __builtin_ctz(search->analytes);
	fhir_dates_window(&search->taken, &lookup.from_us, &lookup.until_us);
	if (lookup.from_us == INT64_MIN && lookup.until_us == INT64_MAX)
		lookup.from_us = lookup.until_us = 0;
	return lookup;
}

/* Orders of time begin at the cursor. */
static struct lookup
lookup_after(const struct filling *filling)
{
	const struct fhir_search *search = filling->page->search;
	struct lookup lookup = lookup_of(filling->page);
	int64_t time_us = filling->cursor.time_us;

	if (!filling->cursor.is_set || is_by_update(search))
		return lookup;
	if (lookup.from_us == 0 && lookup.until_us == 0) {
		lookup.from_us = INT64_MIN;
		lookup.until_us = INT64_MAX;
	}
	if (is_down(search) && time_us < lookup.until_us)
		lookup.until_us = time_us + 1;
	if (!is_down(search) && time_us > lookup.from_us)
		lookup.from_us = time_us;
	return lookup;
}

static bool
is_wanted(const struct filling *filling, const struct reading *reading)
{
	return is_after(filling, reading) &&
	       fhir_search_matches(filling->page->search, filling->page->patient, reading);
}

static void
texts_copy(struct reading *reading, struct arena *arena)
{
	reading->identifier_system = str_copy(arena, reading->identifier_system);
	reading->identifier = str_copy(arena, reading->identifier);
	reading->note = str_copy(arena, reading->note);
}

/* A copy that outlives the batch. */
static void
filling_add(struct filling *filling, const struct reading *reading)
{
	struct reading *copy = &filling->items[filling->count++];

	*copy = *reading;
	texts_copy(copy, filling->texts);
}

/* True when the latest readings alone fill the page, or are all there are. */
static MUST_CHECK enum rc
latest_try(struct filling *filling, bool *is_full, struct err *err)
{
	struct lookup lookup = lookup_after(filling);
	struct readings latest;
	size_t kept = 0;

	lookup.latest = filling->wanted + (filling->cursor.is_set ? SLACK : 0);
	TRY(lookup_readings(filling->page->door, &lookup, filling->arena, &latest, err));
	*is_full = latest.count < lookup.latest;
	for (size_t i = 0; i < latest.count && kept < filling->wanted; i++) {
		if (is_wanted(filling, &latest.items[i]))
			latest.items[kept++] = latest.items[i];
	}
	if (kept == filling->wanted)
		*is_full = true;
	filling->items = latest.items;
	filling->count = kept;
	return RC_OK;
}

static MUST_CHECK enum rc
time_fill(struct filling *filling, struct err *err)
{
	CLEANUP(scan_close) struct scan scan = { 0 };
	struct lookup lookup = lookup_after(filling);
	struct readings batch;

	scan_open(&scan, filling->page->door, &lookup, is_down(filling->page->search));
	do {
		TRY(scan_next(&scan, &batch, err));
		for (size_t i = 0; i < batch.count && filling->count < filling->wanted; i++) {
			if (is_wanted(filling, &batch.items[i]))
				filling_add(filling, &batch.items[i]);
		}
	} while (batch.count != 0 && filling->count < filling->wanted);
	return RC_OK;
}

/* Keeps the first `wanted` of all that were added, and their texts in `arena`. */
static void
best_cut(struct filling *filling, struct arena *arena)
{
	if (filling->count != 0)
		qsort(filling->items, filling->count, sizeof(*filling->items),
		      is_down(filling->page->search) ? by_update_down : by_update);
	if (filling->count > filling->wanted)
		filling->count = filling->wanted;
	for (size_t i = 0; i < filling->count; i++)
		texts_copy(&filling->items[i], arena);
}

/* Memory stays that of the best, however many are looked at. */
static MUST_CHECK enum rc
update_fill(struct filling *filling, struct err *err)
{
	CLEANUP(scan_close) struct scan scan = { 0 };
	struct lookup lookup = lookup_of(filling->page);
	struct readings batch;

	filling->texts = &filling->scratch;
	scan_open(&scan, filling->page->door, &lookup, is_down(filling->page->search));
	do {
		TRY(scan_next(&scan, &batch, err));
		for (size_t i = 0; i < batch.count; i++) {
			struct arena fresh;
			if (!is_wanted(filling, &batch.items[i]))
				continue;
			filling_add(filling, &batch.items[i]);
			if (filling->count < filling->capacity)
				continue;
			arena_init(&fresh, LIMIT_ARENA_BYTES);
			best_cut(filling, &fresh);
			arena_free(&filling->scratch);
			filling->scratch = fresh;
		}
	} while (batch.count != 0);
	best_cut(filling, filling->arena);
	return RC_OK;
}

static MUST_CHECK enum rc
filling_run(struct filling *filling, struct err *err)
{
	const struct fhir_search *search = filling->page->search;
	bool is_full = false;

	if (search->sort == FHIR_SORT_DATE_DOWN)
		TRY(latest_try(filling, &is_full, err));
	if (is_full)
		return RC_OK;
	filling->count = 0;
	filling->texts = filling->arena;
	filling->capacity = 2 * filling->wanted;
	filling->items =
	    arena_alloc(filling->arena, filling->capacity * sizeof(*filling->items),
	                _Alignof(struct reading));
	return is_by_update(search) ? update_fill(filling, err) : time_fill(filling, err);
}

static void
filling_end(struct filling *filling)
{
	arena_free(&filling->scratch);
}

enum rc
fhir_page_load(struct fhir_page *page, struct arena *arena, struct err *err)
{
	CLEANUP(filling_end)
	struct filling filling = { .page = page,
		                   .arena = arena,
		                   .wanted = (size_t)page->search->count + 1 };

	arena_init(&filling.scratch, LIMIT_ARENA_BYTES);
	page->readings = (struct readings){ 0 };
	page->has_more = false;
	TRY(cursor_read(page->search->cursor, page->search->sort, &filling.cursor, err));
	if (page->search->is_nothing)
		return RC_OK;
	TRY(filling_run(&filling, err));
	page->has_more = filling.count == filling.wanted;
	page->readings.items = filling.items;
	page->readings.count = page->has_more ? filling.wanted - 1 : filling.count;
	return RC_OK;
}

enum rc
fhir_page_count(const struct fhir_page *page, uint64_t *count, struct err *err)
{
	CLEANUP(scan_close) struct scan scan = { 0 };
	struct lookup lookup = lookup_of(page);
	struct readings batch;

	*count = 0;
	scan_open(&scan, page->door, &lookup, false);
	do {
		if (page->search->is_nothing)
			return RC_OK;
		TRY(scan_next(&scan, &batch, err));
		for (size_t i = 0; i < batch.count; i++)
			*count +=
			    fhir_search_matches(page->search, page->patient, &batch.items[i])
				? 1
				: 0;
	} while (batch.count != 0);
	return RC_OK;
}
