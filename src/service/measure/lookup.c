#include "service/measure/lookup.h"

#include "base/limits.h"
#include "service/measure/analyte.h"
#include "service/measure/intake.h"
#include "service/measure/segment.h"

#define PAGE_ROWS   200
#define LATEST_ROWS 16 /* segments looked at for the latest of an analyte */
#define ROUNDS_MAX  16 /* of a read that compaction overtakes */

/* Grows in an arena; the old place is left to the arena. */
struct pile {
	struct reading *items;
	size_t count, capacity;
	struct arena *arena;
	size_t least_left;  /* bytes of the arena that are not for the pile */
	int64_t generation; /* of the segments; 0: none read yet, else one more than theirs */
};

static const char too_much[] = "too much was measured in that time: ask for a shorter one";

/* Half of what is left of the arena stays for whoever makes an answer of what is
 * loaded: an arena that runs full there ends the process. */
static struct pile
pile_on(struct arena *arena)
{
	return (struct pile){ .arena = arena, .least_left = (arena->max - arena->total) / 2 };
}

/* Pages of one read must be of one generation: RC_RETRY when segments were joined
 * between two of them. */
static MUST_CHECK enum rc
generation_check(struct pile *pile, const struct series_segments *page, struct err *err)
{
	if (pile->generation != 0 && pile->generation != page->generation + 1)
		return FAIL(err, RC_RETRY, "segments were joined while they were read");
	pile->generation = page->generation + 1;
	return RC_OK;
}

static MUST_CHECK enum rc
pile_reserve(struct pile *pile, size_t more, struct err *err)
{
	size_t capacity = pile->count == 0 ? more : 2 * (pile->count + more);
	struct reading *items;

	if (pile->count + more <= pile->capacity)
		return RC_OK;
	items =
	    arena_try_alloc(pile->arena, capacity * sizeof(*items), _Alignof(struct reading));
	if (items == NULL)
		return FAIL(err, RC_LIMIT, "%s", too_much);
	if (pile->count != 0)
		memcpy(items, pile->items, pile->count * sizeof(*items));
	pile->items = items;
	pile->capacity = capacity;
	return RC_OK;
}

static MUST_CHECK enum rc
pile_add(struct pile *pile, const struct readings *more, struct err *err)
{
	if (pile->capacity == 0) { /* nothing to copy: the first are the pile */
		pile->items = more->items;
		pile->capacity = pile->count = more->count;
		return RC_OK;
	}
	TRY(pile_reserve(pile, more->count, err));
	if (more->count != 0)
		memcpy(pile->items + pile->count, more->items,
		       more->count * sizeof(*more->items));
	pile->count += more->count;
	return RC_OK;
}

/* Readings of its own, to be thinned and ordered without the other. */
static MUST_CHECK enum rc
pile_copy(struct pile *to, const struct pile *from, struct err *err)
{
	to->count = 0;
	to->capacity = 0;
	TRY(pile_reserve(to, from->count, err));
	if (from->count != 0)
		memcpy(to->items, from->items, from->count * sizeof(*from->items));
	to->count = from->count;
	return RC_OK;
}

/* A fresh segment's items get the numbers of its row; a compacted one has them. */
static void
readings_number(const struct series_segment *segment, struct readings *readings)
{
	for (size_t i = 0; i < readings->count; i++) {
		struct reading *item = &readings->items[i];
		if (item->change == 0) {
			item->change = (uint64_t)segment->change_from + i;
			item->updated_us = segment->updated_us;
		}
		if (item->number == 0)
			item->number = item->change;
		if (item->version == 0)
			item->version = 1;
	}
}

static MUST_CHECK enum rc
segments_unpack(const struct series_segments *segments, struct pile *pile, struct err *err)
{
	size_t items = 0;

	for (size_t i = 0; i < segments->count; i++)
		items += (size_t)segments->items[i].items;
	if (segments->count > 1)
		TRY(pile_reserve(pile, items, err));
	for (size_t i = 0; i < segments->count; i++) {
		struct readings readings;
		TRY(segment_unpack(segments->items[i].body, pile->arena, &readings, err));
		if ((int64_t)readings.count != segments->items[i].items)
			return FAIL(err, RC_CORRUPT,
			            "a segment does not hold what its row says");
		readings_number(&segments->items[i], &readings);
		TRY(pile_add(pile, &readings, err));
	}
	return RC_OK;
}

enum rc
lookup_unpack(const struct series_segments *segments, struct arena *arena, struct readings *out,
              struct err *err)
{
	struct pile pile = pile_on(arena);

	TRY(segments_unpack(segments, &pile, err));
	*out = (struct readings){ pile.items, pile.count };
	return RC_OK;
}

static MUST_CHECK enum rc
page_unpack(const struct series_segments *page, struct pile *pile, struct err *err)
{
	TRY(generation_check(pile, page, err));
	TRY(segments_unpack(page, pile, err));
	if (pile->arena->max - pile->arena->total < pile->least_left)
		return FAIL(err, RC_LIMIT, "%s", too_much);
	return RC_OK;
}

/* --- orders ----------------------------------------------------------------------- */

static int
compare(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int
by_number(const void *a, const void *b)
{
	const struct reading *x = a;
	const struct reading *y = b;
	int order = compare(x->number, y->number);

	return order != 0 ? order : -compare(x->version, y->version);
}

static int
by_time(const void *a, const void *b)
{
	const struct reading *x = a;
	const struct reading *y = b;

	if (x->taken_us != y->taken_us)
		return x->taken_us < y->taken_us ? -1 : 1;
	return by_number(a, b);
}

static int
by_time_down(const void *a, const void *b)
{
	return by_time(b, a);
}

static int
by_change(const void *a, const void *b)
{
	return compare(((const struct reading *)a)->change,
	               ((const struct reading *)b)->change);
}

static void
order_by(struct reading *items, size_t count, int (*order)(const void *, const void *))
{
	size_t i = 1;

	while (i < count && order(&items[i - 1], &items[i]) <= 0)
		i++;
	if (i < count)
		qsort(items, count, sizeof(*items), order);
}

/* Of each number only the latest version stays. */
static void
keep_current(struct pile *pile)
{
	bool has_later = false;
	size_t kept = 0;

	for (size_t i = 0; i < pile->count && !has_later; i++)
		has_later = pile->items[i].version > 1;
	if (!has_later)
		return;
	order_by(pile->items, pile->count, by_number);
	for (size_t i = 0; i < pile->count; i++) {
		if (kept == 0 || pile->items[kept - 1].number != pile->items[i].number)
			pile->items[kept++] = pile->items[i];
	}
	pile->count = kept;
}

static bool
is_wanted(const struct lookup *lookup, const struct reading *item)
{
	if (lookup->analyte != ANALYTE_ANY && item->analyte != lookup->analyte)
		return false;
	if (!lookup->has_errors && item->status == READING_IN_ERROR)
		return false;
	if (lookup->from_us == 0 && lookup->until_us == 0)
		return true;
	return item->taken_us >= lookup->from_us && item->taken_us < lookup->until_us;
}

static void
keep_wanted(const struct lookup *lookup, struct pile *pile)
{
	size_t kept = 0;

	for (size_t i = 0; i < pile->count; i++) {
		if (is_wanted(lookup, &pile->items[i]))
			pile->items[kept++] = pile->items[i];
	}
	pile->count = kept;
}

/* --- loading ------------------------------------------------------------------------- */

static struct series_query
query_of(const struct lookup *lookup)
{
	return (struct series_query){
		.class = STR("measurement"),
		.subject = lookup->subject,
		.facet0 = lookup->analyte == ANALYTE_ANY ? 0 : intake_facet(lookup->analyte),
		.time_from_us = lookup->from_us,
		.time_to_us = lookup->until_us,
		.order = RECORD_BY_TIME,
		.limit = PAGE_ROWS,
		.act = lookup->act,
	};
}

/* All rows of a query, page by page. */
static MUST_CHECK enum rc
rows_load(const struct door *door, struct series_query *query, struct pile *pile,
          struct err *err)
{
	struct series_segments page;

	do {
		TRY(vault_series_read(door, query, pile->arena, &page, err));
		TRY(page_unpack(&page, pile, err));
		if (page.count == 0)
			break;
		query->after = page.items[page.count - 1].id;
		query->after_key = query->order == RECORD_BY_CHANGE
		                       ? page.items[page.count - 1].change_to
		                       : page.items[page.count - 1].time_from_us;
	} while (page.count == (size_t)query->limit);
	return RC_OK;
}

/* The latest so many: rows from the newest on, until what follows is older than
 * what is asked for. */
static MUST_CHECK enum rc
latest_load(const struct door *door, const struct lookup *lookup, struct pile *chosen,
            struct err *err)
{
	struct series_query query = query_of(lookup);
	/* Everything that was loaded: a version that is not wanted must stay to replace
	 * the one before it, which a later page may hold. */
	struct pile whole = pile_on(chosen->arena);
	struct pile *pile = &whole;
	struct series_segments page;

	query.order = RECORD_BY_TIME_DOWN;
	query.items_wanted = (int64_t)lookup->latest;
	for (;;) {
		const struct series_segment *last;
		TRY(vault_series_read(door, &query, pile->arena, &page, err));
		TRY(page_unpack(&page, pile, err));
		if (page.count == 0)
			return RC_OK;
		keep_current(pile);
		TRY(pile_copy(chosen, pile, err));
		keep_wanted(lookup, chosen);
		order_by(chosen->items, chosen->count, by_time_down);
		last = &page.items[page.count - 1];
		if (chosen->count >= lookup->latest &&
		    chosen->items[lookup->latest - 1].taken_us > last->time_to_us)
			return RC_OK;
		if (chosen->count >= lookup->latest && page.count < (size_t)query.limit)
			return RC_OK;
		query.after = last->id;
		query.after_key = last->time_to_us;
	}
}

static MUST_CHECK enum rc
readings_once(const struct door *door, const struct lookup *lookup, struct arena *arena,
              struct readings *out, struct err *err)
{
	struct pile pile = pile_on(arena);
	struct series_query query = query_of(lookup);

	if (lookup->latest != 0) {
		TRY(latest_load(door, lookup, &pile, err));
		if (pile.count > lookup->latest)
			pile.count = lookup->latest;
		*out = (struct readings){ pile.items, pile.count };
		return RC_OK;
	}
	TRY(rows_load(door, &query, &pile, err));
	if (!lookup->has_versions)
		keep_current(&pile);
	keep_wanted(lookup, &pile);
	order_by(pile.items, pile.count, by_time);
	*out = (struct readings){ pile.items, pile.count };
	return RC_OK;
}

enum rc
lookup_readings(const struct door *door, const struct lookup *lookup, struct arena *arena,
                struct readings *out, struct err *err)
{
	enum rc rc = RC_RETRY;

	for (int round = 0; round < ROUNDS_MAX && rc == RC_RETRY; round++)
		rc = readings_once(door, lookup, arena, out, err);
	return rc;
}

/* The newest of one analyte in the pile that is not in error; NULL. */
static const struct reading *
newest_of(const struct pile *pile, int analyte)
{
	const struct reading *newest = NULL;

	for (size_t i = 0; i < pile->count; i++) {
		const struct reading *item = &pile->items[i];
		if (item->analyte == analyte && item->status != READING_IN_ERROR &&
		    (newest == NULL || by_time(newest, item) < 0))
			newest = item;
	}
	return newest;
}

static bool
has_analyte(const struct pile *pile, int analyte)
{
	for (size_t i = 0; i < pile->count; i++) {
		if (pile->items[i].analyte == analyte)
			return true;
	}
	return false;
}

static MUST_CHECK enum rc
each_load(const struct door *door, struct id subject, struct pile *pile, struct err *err)
{
	int64_t facets[ANALYTE_COUNT];
	struct series_query query = { .class = STR("measurement"),
		                      .subject = subject,
		                      .facets = facets,
		                      .facet_count = ANALYTE_COUNT,
		                      .order = RECORD_BY_TIME_DOWN,
		                      .limit = LATEST_ROWS,
		                      .items_wanted = 1 };
	struct series_segments page;

	for (int i = 0; i < ANALYTE_COUNT; i++)
		facets[i] = intake_facet(i);
	TRY(vault_series_read(door, &query, pile->arena, &page, err));
	TRY(segments_unpack(&page, pile, err));
	keep_current(pile);
	return RC_OK;
}

enum rc
lookup_latest_each(const struct door *door, struct id subject, struct arena *arena,
                   struct readings *out, struct err *err)
{
	struct pile pile = pile_on(arena);

	out->items =
	    arena_alloc(arena, ANALYTE_COUNT * sizeof(*out->items), _Alignof(struct reading));
	out->count = 0;
	TRY(each_load(door, subject, &pile, err));
	for (int i = 0; i < ANALYTE_COUNT; i++) {
		struct lookup lookup = { .subject = subject, .analyte = i, .latest = 1 };
		const struct reading *newest = newest_of(&pile, i);
		struct readings one = { 0 };
		/* All that was at hand is in error: what lies before it is asked for. */
		if (newest == NULL && has_analyte(&pile, i))
			TRY(lookup_readings(door, &lookup, arena, &one, err));
		if (one.count != 0)
			newest = &one.items[0];
		if (newest != NULL)
			out->items[out->count++] = *newest;
	}
	return RC_OK;
}

/* The segment in which a reading was created: its range of changes holds the number. */
static MUST_CHECK enum rc
created_find(const struct door *door, const struct lookup_one *one, struct pile *pile,
             const struct reading **found, struct err *err)
{
	struct series_query query = { .class = STR("measurement"),
		                      .subject = one->subject,
		                      .facet0 = intake_facet(one->analyte),
		                      .change_after = (int64_t)one->number - 1,
		                      .change_until = (int64_t)one->number,
		                      .order = RECORD_BY_CHANGE,
		                      .limit = 1 };
	struct series_segments page;

	if (one->number == 0)
		return FAIL(err, RC_NOT_FOUND, "there is no such reading");
	for (;;) {
		pile->count = 0;
		TRY(vault_series_read(door, &query, pile->arena, &page, err));
		TRY(generation_check(pile, &page, err));
		if (page.count == 0)
			return FAIL(err, RC_NOT_FOUND, "there is no such reading");
		TRY(segments_unpack(&page, pile, err));
		for (size_t i = 0; i < pile->count; i++) {
			if (pile->items[i].number != one->number)
				continue;
			*found = &pile->items[i];
			return RC_OK;
		}
		query.after = page.items[0].id;
		query.after_key = page.items[0].change_to;
	}
}

/* A correction may move a reading, and the next one from there: the span grows
 * until it holds every version that it leads to. */
static bool
span_grows(struct lookup *lookup, const struct reading *items, size_t count)
{
	bool grows = false;

	for (size_t i = 0; i < count; i++) {
		if (items[i].taken_us < lookup->from_us) {
			lookup->from_us = items[i].taken_us;
			grows = true;
		}
		if (items[i].taken_us >= lookup->until_us) {
			lookup->until_us = items[i].taken_us + 1;
			grows = true;
		}
	}
	return grows;
}

static MUST_CHECK enum rc
versions_once(const struct door *door, const struct lookup_one *one, struct arena *arena,
              struct readings *out, struct err *err)
{
	struct pile pile = pile_on(arena);
	struct lookup lookup = { .subject = one->subject,
		                 .analyte = one->analyte,
		                 .has_errors = true,
		                 .has_versions = true };
	struct series_query query;
	const struct reading *found = NULL;
	size_t kept;

	TRY(created_find(door, one, &pile, &found, err));
	lookup.from_us = found->taken_us;
	lookup.until_us = found->taken_us + 1;
	do {
		kept = 0;
		pile.count = 0;
		query = query_of(&lookup);
		TRY(rows_load(door, &query, &pile, err));
		for (size_t i = 0; i < pile.count; i++) {
			if (pile.items[i].number == one->number)
				pile.items[kept++] = pile.items[i];
		}
	} while (span_grows(&lookup, pile.items, kept));
	order_by(pile.items, kept, by_number);
	*out = (struct readings){ pile.items, kept };
	return RC_OK;
}

enum rc
lookup_versions(const struct door *door, const struct lookup_one *one, struct arena *arena,
                struct readings *out, struct err *err)
{
	enum rc rc = RC_RETRY;

	for (int round = 0; round < ROUNDS_MAX && rc == RC_RETRY; round++)
		rc = versions_once(door, one, arena, out, err);
	return rc;
}

static MUST_CHECK enum rc
changes_once(const struct door *door, const struct lookup_changes *changes, struct arena *arena,
             struct readings *out, struct err *err)
{
	struct pile pile = pile_on(arena);
	/* Changes have no gaps, so the next `limit` of them are these numbers. */
	int64_t last = changes->after < INT64_MAX - (int64_t)changes->limit
	                   ? changes->after + (int64_t)changes->limit
	                   : INT64_MAX;
	struct series_query query = { .class = STR("measurement"),
		                      .subject = changes->subject,
		                      .change_after = changes->after,
		                      .change_until = last,
		                      .order = RECORD_BY_CHANGE,
		                      .limit = PAGE_ROWS };
	size_t kept = 0;

	TRY(rows_load(door, &query, &pile, err));
	for (size_t i = 0; i < pile.count; i++) {
		int64_t change = (int64_t)pile.items[i].change;
		if (change > changes->after && change <= last)
			pile.items[kept++] = pile.items[i];
	}
	order_by(pile.items, kept, by_change);
	*out = (struct readings){ pile.items, kept };
	return RC_OK;
}

enum rc
lookup_changes(const struct door *door, const struct lookup_changes *changes,
               struct arena *arena, struct readings *out, struct err *err)
{
	enum rc rc = RC_RETRY;

	for (int round = 0; round < ROUNDS_MAX && rc == RC_RETRY; round++)
		rc = changes_once(door, changes, arena, out, err);
	return rc;
}
