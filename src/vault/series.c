#include "vault/series.h"

#include <assert.h>

#include "base/limits.h"
#include "vault/past.h"

/* Kinds of a subject's counters. */
#define CHANGE_COUNTER  1 /* of its changes */
#define COMPACT_COUNTER 2 /* of how often its segments were joined */

/* --- marks ----------------------------------------------------------------------- */

struct marks_read {
	int64_t tenant;
	struct series_mark *marks;
	size_t count;
};

static MUST_CHECK enum rc
marks_read(struct store_tx *tx, void *arg, struct err *err)
{
	struct marks_read *read = arg;

	for (size_t i = 0; i < read->count; i++) {
		struct series_mark *mark = &read->marks[i];
		struct mark_row row = { .tenant = read->tenant,
			                .owner = mark->owner,
			                .block = mark->block };
		TRY(store_mark_get(tx, &row, err));
		memcpy(mark->before, row.bits, sizeof(row.bits));
		memcpy(mark->after, row.bits, sizeof(row.bits));
	}
	return RC_OK;
}

enum rc
vault_marks_read(const struct door *door, struct series_mark *marks, size_t count,
                 struct err *err)
{
	struct marks_read read = { door->tenant->id, marks, count };

	return store_read(door->vault->store, marks_read, &read, err);
}

/* Sets the bits that are new in `after`; others may have set theirs meanwhile. */
static bool
mark_merge(const struct series_mark *mark, uint8_t bits[MARK_BITS / 8])
{
	for (size_t i = 0; i < sizeof(mark->after); i++) {
		uint8_t fresh = mark->after[i] & (uint8_t)~mark->before[i];
		if ((bits[i] & fresh) != 0)
			return false;
		bits[i] |= fresh;
	}
	return true;
}

static MUST_CHECK enum rc
marks_write(struct store_tx *tx, const struct series_append *append, int64_t tenant,
            struct err *err)
{
	for (size_t i = 0; i < append->mark_count; i++) {
		const struct series_mark *mark = &append->marks[i];
		struct mark_row row = { .tenant = tenant,
			                .owner = mark->owner,
			                .block = mark->block };
		TRY(store_mark_get(tx, &row, err));
		if (!mark_merge(mark, row.bits))
			return FAIL(err, RC_RETRY, "another request has marked one of these");
		row.subject = append->subject;
		TRY(store_mark_put(tx, &row, err));
	}
	return RC_OK;
}

/* --- appending ---------------------------------------------------------------------- */

struct append {
	struct touch *touch;
	struct series_append *what;
	const struct policy_class *class;
	struct term_row *terms; /* their MACs, one a term */
	struct record_row retention;
	struct key key;
	struct projection_writing projection;
	struct arena *arena;
};

static const struct series_segment *
segment_of_item(const struct series_append *append, uint64_t item)
{
	const struct series_segment *segment = append->segments;

	while (item >= (uint64_t)segment->items) {
		item -= (uint64_t)segment->items;
		segment++;
		assert(segment < append->segments + append->segment_count);
	}
	return segment;
}

static MUST_CHECK enum rc
terms_write(struct store_tx *tx, const struct append *append, int64_t first, struct err *err)
{
	for (size_t i = 0; i < append->what->term_count; i++) {
		struct series_term *term = &append->what->terms[i];
		struct term_row *row = &append->terms[i];
		row->record = segment_of_item(append->what, term->item)->id;
		row->number = first + (int64_t)term->item;
		enum rc rc = store_term_insert(tx, row, err);
		if (rc != RC_CONFLICT) {
			TRY(rc);
			continue;
		}
		TRY(store_term_find(tx, row, err));
		term->number = row->number;
		return FAIL(err, RC_CONFLICT, "an item has this identifier already");
	}
	return RC_OK;
}

static struct record_row
segment_row(const struct append *append, const struct series_segment *segment)
{
	struct record_row row = append->retention;

	row.id = segment->id;
	row.change_from = segment->change_from;
	row.change_to = segment->change_to;
	row.updated_us = segment->updated_us;
	memcpy(row.facet, segment->facet, sizeof(row.facet));
	row.time_from_us = segment->time_from_us;
	row.time_to_us = segment->time_to_us;
	row.items = segment->items;
	return row;
}

static MUST_CHECK enum rc
segments_write(struct store_tx *tx, const struct append *append, int64_t first, struct err *err)
{
	int64_t next = first;

	for (size_t i = 0; i < append->what->segment_count; i++) {
		struct series_segment *segment = &append->what->segments[i];
		struct record_row row;
		segment->change_from = next;
		segment->change_to = next + segment->items - 1;
		segment->updated_us = store_tx_now_us(tx);
		next += segment->items;
		row = segment_row(append, segment);
		row.created_us = segment->updated_us;
		TRY(row_seal(&append->key, &row, segment->body, append->arena, err));
		TRY(store_record_insert(tx, &row, err));
	}
	return RC_OK;
}

static int64_t
items_count(const struct series_append *what)
{
	int64_t count = 0;

	for (size_t i = 0; i < what->segment_count; i++)
		count += what->segments[i].items;
	return count;
}

static MUST_CHECK enum rc
append_write(struct store_tx *tx, void *arg, struct err *err)
{
	struct append *append = arg;
	int64_t count = items_count(append->what);
	struct counter_row counter = { .tenant = append->retention.tenant,
		                       .owner = append->what->subject,
		                       .kind = CHANGE_COUNTER,
		                       .add = count };
	int64_t last;

	TRY(touch_decide(tx, append->touch, err));
	if (touch_is_refused(append->touch))
		return touch_record(tx, append->touch, err);
	TRY(marks_write(tx, append->what, append->retention.tenant, err));
	TRY(store_counter_add(tx, &counter, &last, err));
	/* Each change is one use of the subject's key at most, two with joining. */
	if ((uint64_t)last > LIMIT_KEY_USES)
		return FAIL(err, RC_LIMIT, "a subject has more changes than its key may seal");
	TRY(terms_write(tx, append, last - count + 1, err));
	TRY(segments_write(tx, append, last - count + 1, err));
	if (append->what->projection != NULL)
		TRY(projection_write(tx, &append->projection, err));
	return touch_record(tx, append->touch, err);
}

static void
append_wipe(struct append *append)
{
	key_wipe(&append->key);
	key_wipe(&append->projection.key);
}

/* An identifier is unique within its subject: row->subject is given. */
static MUST_CHECK enum rc
term_prepare(const struct door *door, const struct policy_class *class,
             const struct series_term *term, struct term_row *row, struct err *err)
{
	const struct policy_index *index = policy_index_find(class, str_from_c(term->field));
	struct str subject = { (const char *)row->subject.bytes, sizeof(row->subject.bytes) };
	struct digest value = sha256_parts(subject, term->value, STR_EMPTY);

	if (index == NULL || index->kind != INDEX_TERM)
		return FAIL(err, RC_DENIED, "the policy indexes no such term");
	row->class = class->number;
	row->name = index->number;
	return term_mac(door->vault, door->tenant, row,
	                (struct str){ (const char *)value.bytes, DIGEST_BYTES }, err);
}

static MUST_CHECK enum rc
append_prepare(struct append *append, const struct door *door, struct err *err)
{
	struct series_append *what = append->what;
	int64_t now_us = clock_now_us(door->vault->clock);
	struct id *ids = arena_alloc(append->arena, what->segment_count * sizeof(*ids), 1);

	append->retention = (struct record_row){ .tenant = door->tenant->id,
		                                 .subject = what->subject,
		                                 .class = append->class->number,
		                                 .version = 1 };
	row_retention(&append->retention, door->tenant, append->class, now_us);
	append->terms =
	    arena_alloc(append->arena, (what->term_count + 1) * sizeof(*append->terms),
	                _Alignof(struct term_row));
	for (size_t i = 0; i < what->term_count; i++) {
		append->terms[i].subject = what->subject;
		TRY(term_prepare(door, append->class, &what->terms[i], &append->terms[i], err));
	}
	for (size_t i = 0; i < what->segment_count; i++) {
		what->segments[i].id = id_new(now_us);
		ids[i] = what->segments[i].id;
	}
	touch_about(append->touch,
	            (struct str){ (const char *)ids, what->segment_count * sizeof(*ids) },
	            items_count(what));
	return RC_OK;
}

/* The key that the retention names; for whoever may not write none is made. */
static MUST_CHECK enum rc
append_key(struct append *append, struct err *err)
{
	const struct record_row *row = &append->retention;
	struct keys *keys = append->touch->door->vault->keys;
	struct record_key_name name = { row->tenant, row->subject, row->class, row->month };
	enum rc rc = keys_record(keys, &name, false, &append->key, err);

	if (rc != RC_NOT_FOUND)
		return rc;
	TRY(touch_first(append->touch, err));
	rc = keys_record(keys, &name, true, &append->key, err);
	if (rc == RC_NOT_FOUND)
		return FAIL(err, RC_GONE, "there is no such subject (any more)");
	return rc;
}

static bool
has_items(const struct series_append *what)
{
	for (size_t i = 0; i < what->segment_count; i++) {
		if (what->segments[i].items <= 0)
			return false;
	}
	return true;
}

enum rc
vault_series_append(const struct door *door, struct series_append *what, struct err *err)
{
	CLEANUP(touch_wipe) struct touch touch = { 0 };
	CLEANUP(arena_free) struct arena arena = { 0 };
	CLEANUP(append_wipe)
	struct append append = { .touch = &touch, .what = what, .arena = &arena };
	struct ask ask = { .verb = VERB_WRITE,
		           .class = what->class,
		           .purpose = door->purpose,
		           .subject = what->subject };

	arena_init(&arena, 64 * MIB);
	if (what->segment_count == 0 || !has_items(what))
		return FAIL(err, RC_INVALID, "nothing to append");
	TRY(touch_begin(&touch, door, &ask, "write", err));
	TRY(touch_class(&touch, &append.class, err));
	TRY(append_prepare(&append, door, err));
	TRY(append_key(&append, err));
	if (what->projection != NULL)
		TRY(projection_prepare(door, what->projection, what->subject,
		                       &append.projection, err));
	TRY(store_write(door->vault->store, append_write, &append, err));
	return touch_end(&touch, err);
}

/* --- reading -------------------------------------------------------------------------- */

struct read {
	struct touch *touch;
	struct record_query query;
	const int64_t *facets;
	size_t facet_count;
	struct arena *arena;
	struct record_row *rows;
	size_t count;
	int64_t generation;
};

/* One page of each facet, in one snapshot. */
static MUST_CHECK enum rc
read_each(struct store_tx *tx, struct read *read, struct err *err)
{
	struct record_row *all;
	struct record_row *rows;
	size_t count;

	all = arena_alloc(read->arena,
	                  (read->facet_count * (size_t)read->query.limit + 1) * sizeof(*all),
	                  _Alignof(struct record_row));
	read->count = 0;
	for (size_t i = 0; i < read->facet_count; i++) {
		read->query.facet[0] = read->facets[i];
		TRY(store_record_list(tx, &read->query, read->arena, &rows, &count, err));
		if (count != 0)
			memcpy(all + read->count, rows, count * sizeof(*rows));
		read->count += count;
	}
	read->rows = all;
	return RC_OK;
}

static MUST_CHECK enum rc
read_rows(struct store_tx *tx, void *arg, struct err *err)
{
	struct read *read = arg;
	struct counter_row counter = { .tenant = read->query.tenant,
		                       .owner = read->query.subject,
		                       .kind = COMPACT_COUNTER };

	TRY(touch_decide(tx, read->touch, err));
	if (touch_is_refused(read->touch))
		return RC_OK;
	TRY(store_counter_get(tx, &counter, &read->generation, err));
	if (read->facet_count != 0)
		return read_each(tx, read, err);
	return store_record_list(tx, &read->query, read->arena, &read->rows, &read->count, err);
}

static MUST_CHECK enum rc
segment_fill(struct vault *vault, const struct record_row *row, struct arena *arena,
             struct series_segment *segment, struct err *err)
{
	*segment = (struct series_segment){ .time_from_us = row->time_from_us,
		                            .time_to_us = row->time_to_us,
		                            .items = row->items,
		                            .id = row->id,
		                            .change_from = row->change_from,
		                            .change_to = row->change_to,
		                            .updated_us = row->updated_us };
	memcpy(segment->facet, row->facet, sizeof(segment->facet));
	return row_unseal(vault, row, arena, &segment->body, err);
}

static struct record_query
record_query_of(const struct series_query *query, const struct policy_class *class,
                int64_t tenant)
{
	return (struct record_query){ .tenant = tenant,
		                      .class = class->number,
		                      .subject = query->subject,
		                      .facet = { query->facet0 },
		                      .time_from_us = query->time_from_us,
		                      .time_to_us = query->time_to_us,
		                      .change_after = query->change_after,
		                      .change_until = query->change_until,
		                      .items_below = query->items_below,
		                      .order = query->order,
		                      .after = query->after,
		                      .after_key = query->after_key,
		                      .limit = query->limit,
		                      .items_wanted = query->items_wanted };
}

static MUST_CHECK enum rc
read_release(struct read *read, struct series_segments *segments, struct err *err)
{
	struct vault *vault = read->touch->door->vault;
	struct id *ids = arena_alloc(read->arena, (read->count + 1) * sizeof(*ids), 1);
	int64_t items = 0;

	segments->count = read->count;
	segments->generation = read->generation;
	segments->items = arena_alloc(read->arena, (read->count + 1) * sizeof(*segments->items),
	                              _Alignof(struct series_segment));
	for (size_t i = 0; i < read->count; i++) {
		ids[i] = read->rows[i].id;
		items += read->rows[i].items;
		TRY(segment_fill(vault, &read->rows[i], read->arena, &segments->items[i], err));
	}
	touch_about(read->touch, (struct str){ (const char *)ids, read->count * sizeof(*ids) },
	            items);
	return touch_commit(read->touch, err);
}

enum rc
vault_series_read(const struct door *door, const struct series_query *query,
                  struct arena *arena, struct series_segments *segments, struct err *err)
{
	CLEANUP(touch_wipe) struct touch touch = { 0 };
	struct read read = { .touch = &touch,
		             .facets = query->facets,
		             .facet_count = query->facet_count,
		             .arena = arena };
	const struct policy_class *class;
	struct ask ask = { .verb = VERB_READ,
		           .class = query->class,
		           .purpose = door->purpose,
		           .subject = query->subject };

	TRY(touch_begin(&touch, door, &ask, query->act == NULL ? "read" : query->act, err));
	TRY(touch_class(&touch, &class, err));
	read.query = record_query_of(query, class, door->tenant->id);
	TRY(store_read(door->vault->store, read_rows, &read, err));
	return read_release(&read, segments, err);
}

struct term_read {
	struct touch *touch;
	struct term_row row;
};

static MUST_CHECK enum rc
term_read(struct store_tx *tx, void *arg, struct err *err)
{
	struct term_read *read = arg;

	TRY(touch_decide(tx, read->touch, err));
	return touch_is_refused(read->touch) ? RC_OK : store_term_find(tx, &read->row, err);
}

/* Tells a number to whoever may write, no data: reading the item is a touch of its own. */
enum rc
vault_series_find(const struct door *door, struct str class_name, struct id subject,
                  const struct series_term *term, int64_t *number, struct err *err)
{
	CLEANUP(touch_wipe) struct touch touch = { 0 };
	const struct policy_class *class;
	struct term_read read = { &touch, { .subject = subject } };
	struct ask ask = { .verb = VERB_WRITE,
		           .class = class_name,
		           .purpose = door->purpose,
		           .subject = subject };

	TRY(touch_begin(&touch, door, &ask, "find", err));
	TRY(touch_class(&touch, &class, err));
	TRY(term_prepare(door, class, term, &read.row, err));
	TRY(store_read(door->vault->store, term_read, &read, err));
	if (touch_is_refused(&touch))
		return touch_refuse(&touch, touch.decision.refusal, err);
	*number = read.row.number;
	return RC_OK;
}

static MUST_CHECK enum rc
change_read(struct store_tx *tx, void *arg, struct err *err)
{
	struct counter_row *counter = arg;

	return store_counter_get(tx, counter, &counter->add, err);
}

enum rc
vault_series_change(const struct door *door, struct id subject, int64_t *change,
                    struct err *err)
{
	struct counter_row counter = { .tenant = door->tenant->id,
		                       .owner = subject,
		                       .kind = CHANGE_COUNTER };

	TRY(store_read(door->vault->store, change_read, &counter, err));
	*change = counter.add;
	return RC_OK;
}

/* --- compaction -----------------------------------------------------------------------------
 */

struct small_read {
	struct record_query query;
	struct arena *arena;
	struct record_row *rows;
	size_t count;
};

static MUST_CHECK enum rc
small_read(struct store_tx *tx, void *arg, struct err *err)
{
	struct small_read *read = arg;

	return store_record_list(tx, &read->query, read->arena, &read->rows, &read->count, err);
}

enum rc
vault_series_small(const struct door *door, struct series_small_query *query,
                   struct arena *arena, struct err *err)
{
	struct small_read read = { .arena = arena };
	const struct policy_class *class;

	if (door->actor->kind != ACTOR_SYSTEM)
		return FAIL(err, RC_DENIED, "housekeeping is the server's own");
	class = policy_class_find(door->tenant->policy, query->class);
	if (class == NULL)
		return FAIL(err, RC_DENIED, "the policy does not declare this class");
	read.query = (struct record_query){ .tenant = door->tenant->id,
		                            .class = class->number,
		                            .items_below = query->items_below,
		                            .order = RECORD_BY_ID,
		                            .after = query->after,
		                            .limit = query->limit,
		                            .without_body = true };
	TRY(store_read(door->vault->store, small_read, &read, err));
	query->count = read.count;
	query->items = arena_alloc(arena, (read.count + 1) * sizeof(*query->items),
	                           _Alignof(struct series_small));
	for (size_t i = 0; i < read.count; i++)
		query->items[i] =
		    (struct series_small){ read.rows[i].subject, read.rows[i].id,
			                   read.rows[i].facet[0], read.rows[i].items };
	return RC_OK;
}

struct compact {
	struct append base; /* key, retention, arena, touch */
	struct series_compact *what;
};

/* What is joined is this series' and keeps its retention: all of one month, the
 * earliest deadline. */
static MUST_CHECK enum rc
retention_read(struct store_tx *tx, void *arg, struct err *err)
{
	struct compact *compact = arg;
	struct record_row *whole = &compact->base.retention;
	int64_t items = 0;

	for (size_t i = 0; i < compact->what->remove_count; i++) {
		struct record_row row;
		enum rc rc = store_record_find(tx, whole->tenant, compact->what->remove[i],
		                               compact->base.arena, &row, err);
		if (rc == RC_NOT_FOUND)
			return FAIL(err, RC_RETRY, "a segment has been replaced meanwhile");
		TRY(rc);
		if (!id_eq(row.subject, whole->subject) || row.class != whole->class)
			return FAIL(err, RC_INVALID, "a segment of another series");
		if (row.month == HOLD_MONTH)
			return FAIL(err, RC_RETRY, "a hold keeps the segment as it is");
		if (i != 0 && row.month != whole->month)
			return FAIL(err, RC_INVALID, "segments of two retention months");
		items += row.items;
		whole->month = row.month;
		if (i == 0 || row.expires_us < whole->expires_us)
			whole->expires_us = row.expires_us;
	}
	if (items != compact->what->into.items)
		return FAIL(err, RC_INVALID, "the new segment does not hold as many items");
	return RC_OK;
}

static MUST_CHECK enum rc
compact_key(struct compact *compact, const struct door *door, struct err *err)
{
	TRY(store_read(door->vault->store, retention_read, compact, err));
	return append_key(&compact->base, err);
}

static void
compact_wipe(struct compact *compact)
{
	key_wipe(&compact->base.key);
}

/* A hold may have been placed since it was read: what it names stays what it is. */
static MUST_CHECK enum rc
segment_join(struct store_tx *tx, const struct record_row *into, struct id id,
             const struct hold_rows *holds, struct err *err)
{
	const struct record_row old = { .class = into->class, .id = id };
	const struct term_move move = { into->tenant, into->subject, id, into->id };
	enum rc rc;

	if (hold_has_record(holds, &old))
		return FAIL(err, RC_RETRY, "a hold keeps the segment as it is");
	rc = store_record_delete(tx, into->tenant, id, false, err);
	if (rc == RC_NOT_FOUND)
		return FAIL(err, RC_RETRY, "a segment has been replaced meanwhile");
	TRY(rc);
	return store_term_move(tx, &move, err);
}

static MUST_CHECK enum rc
compact_write(struct store_tx *tx, void *arg, struct err *err)
{
	struct compact *compact = arg;
	struct series_compact *what = compact->what;
	struct record_row row = segment_row(&compact->base, &what->into);
	struct hold_rows holds;
	struct counter_row counter = {
		.tenant = row.tenant, .owner = row.subject, .kind = COMPACT_COUNTER, .add = 1
	};

	TRY(touch_decide(tx, compact->base.touch, err));
	if (touch_is_refused(compact->base.touch))
		return touch_record(tx, compact->base.touch, err);
	TRY(holds_read(tx, row.tenant, row.subject, compact->base.arena, &holds, err));
	for (size_t i = 0; i < what->remove_count; i++)
		TRY(segment_join(tx, &row, what->remove[i], &holds, err));
	TRY(store_counter_add(tx, &counter, &counter.add, err));
	row.created_us = store_tx_now_us(tx);
	TRY(row_seal(&compact->base.key, &row, what->into.body, compact->base.arena, err));
	TRY(store_record_insert(tx, &row, err));
	return touch_record(tx, compact->base.touch, err);
}

enum rc
vault_series_compact(const struct door *door, struct series_compact *what, struct err *err)
{
	CLEANUP(touch_wipe) struct touch touch = { 0 };
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct series_append append = { .class = what->class,
		                        .subject = what->subject,
		                        .segments = &what->into,
		                        .segment_count = 1 };
	CLEANUP(compact_wipe)
	struct compact compact = {
		.base = { .touch = &touch, .what = &append, .arena = &arena },
		.what = what,
	};
	struct ask ask = { .verb = VERB_WRITE,
		           .class = what->class,
		           .purpose = door->purpose,
		           .subject = what->subject };

	arena_init(&arena, 256 * MIB);
	TRY(touch_begin(&touch, door, &ask, "compact", err));
	TRY(touch_class(&touch, &compact.base.class, err));
	TRY(append_prepare(&compact.base, door, err));
	TRY(compact_key(&compact, door, err));
	TRY(store_write(door->vault->store, compact_write, &compact, err));
	return touch_end(&touch, err);
}
