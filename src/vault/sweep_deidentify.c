/*
 * De-identified copies of what is past its time.
 *
 * A copy lies under a fresh subject of the same kind, one for each subject of a
 * chunk: what was together in time stays together, and nothing joins the chunks.
 * It has the codes of the record, no times and no terms; members that are indexed
 * by value or time are left out, and every text goes through deid_text().  A
 * body that is no JSON object has no copy.
 */
#include "base/json.h"
#include "vault/sweep.h"

#define BODY_BYTES (2 * LIMIT_RECORD_BYTES)

/* A copy takes its record's row, opened and de-identified, and its own row. */
static_assert(SWEEP_MOVED * 5 * LIMIT_RECORD_BYTES < LIMIT_ARENA_BYTES, "a chunk fits");

struct copy {
	struct record_row row; /* of the copy; a version of 0: there is none */
	struct str body;
	struct id subject; /* of the record */
	struct key key;
};

struct copies {
	struct sweep *sweep;
	struct moving *moving;
	struct arena *arena;
	struct copy *items;       /* one a row */
	struct record_row stored; /* of copy_read() */
	struct subject_row fresh[SWEEP_MOVED];
	size_t fresh_count;
	size_t at;
};

/* --- the body ------------------------------------------------------------------- */

static MUST_CHECK enum rc
text_deidentify(struct sweep *sweep, struct str text, struct buf *out, struct err *err)
{
	const struct deid_options options = { .style = DEID_TAGS };

	if (sweep->deid == NULL)
		TRY(deid_open(&sweep->deid, err));
	return deid_text(sweep->deid, &options, text, out, err);
}

static enum rc value_write(struct sweep *sweep, struct json_out *out,
                           const struct json_object *value, struct err *err) MUST_CHECK;

static MUST_CHECK enum rc
text_write(struct sweep *sweep, struct json_out *out, struct str text, struct err *err)
{
	CLEANUP(buf_free) struct buf clean = { 0 };
	struct str result;

	buf_init(&clean, BODY_BYTES);
	TRY(text_deidentify(sweep, text, &clean, err));
	TRY(buf_finish(&clean, &result, err));
	json_put_text(out, result);
	return RC_OK;
}

/* Numbers, truth values, null: as they are. */
static MUST_CHECK enum rc
scalar_write(struct json_out *out, const struct json_object *value, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };

	arena_init(&arena, 64 * KIB);
	return json_put_value(out, value, &arena, err);
}

static MUST_CHECK enum rc
members_write(struct sweep *sweep, struct json_out *out, const struct json_object *object,
              struct err *err)
{
	struct json_iter at;

	json_object_begin(out);
	for (json_iter_start(&at, object); json_iter_next(&at);) {
		json_name_str(out, at.name);
		TRY(value_write(sweep, out, at.value, err));
	}
	json_object_close(out);
	return RC_OK;
}

/* As deep as json_parse() lets a body be. */
static enum rc
value_write(struct sweep *sweep, struct json_out *out, const struct json_object *value,
            struct err *err)
{
	if (json_kind(value) == JSON_STRING)
		return text_write(sweep, out, json_text(value), err);
	if (json_kind(value) == JSON_OBJECT)
		return members_write(sweep, out, value, err);
	if (json_kind(value) != JSON_ARRAY)
		return scalar_write(out, value, err);
	json_array_begin(out);
	for (size_t i = 0; i < json_count(value); i++)
		TRY(value_write(sweep, out, json_at(value, i), err));
	json_array_close(out);
	return RC_OK;
}

static bool
is_left_out(const struct policy_class *class, struct str name)
{
	const struct policy_index *index = policy_index_find(class, name);

	return index != NULL && index->kind != INDEX_FACET;
}

static MUST_CHECK enum rc
body_deidentify(const struct copies *copies, struct str body, struct str *clean,
                struct err *err)
{
	CLEANUP(json_free) struct json json = { NULL };
	CLEANUP(buf_free) struct buf text = { 0 };
	struct json_out out;
	struct json_iter at;

	if (json_parse(&json, body, err) != RC_OK || json_kind(json.root) != JSON_OBJECT)
		return FAIL(err, RC_MEDIA, "a body that is no JSON object");
	buf_init(&text, BODY_BYTES);
	json_out_init(&out, &text);
	json_object_begin(&out);
	for (json_iter_start(&at, json.root); json_iter_next(&at);) {
		if (is_left_out(copies->moving->class, at.name))
			continue;
		json_name_str(&out, at.name);
		TRY(value_write(copies->sweep, &out, at.value, err));
	}
	json_object_close(&out);
	TRY(buf_finish(&text, clean, err));
	*clean = str_copy(copies->arena, *clean);
	return RC_OK;
}

/* --- copies ----------------------------------------------------------------------- */

static MUST_CHECK enum rc
copy_read(struct store_tx *tx, void *arg, struct err *err)
{
	struct copies *copies = arg;
	const struct record_row *row = &copies->moving->rows[copies->at];

	return store_record_find(tx, row->tenant, row->id, copies->arena, &copies->stored, err);
}

static MUST_CHECK enum rc
kind_read(struct store_tx *tx, void *arg, struct err *err)
{
	return store_subject_find(tx, arg, err);
}

/* The subject of this chunk's copies of one subject, its node made. */
static MUST_CHECK enum rc
fresh_find(struct copies *copies, struct id subject, struct id *fresh, struct err *err)
{
	CLEANUP(key_wipe) struct key key = { { 0 } };
	struct sweep *sweep = copies->sweep;
	struct subject_row row = { .tenant = sweep->tenant->id, .id = subject };
	struct key_name name = { .tenant = row.tenant };

	for (size_t i = 0; i < copies->at; i++) {
		if (copies->items[i].row.version != 0 &&
		    id_eq(copies->items[i].subject, subject)) {
			*fresh = copies->items[i].row.subject;
			return RC_OK;
		}
	}
	TRY(store_read(sweep->vault->store, kind_read, &row, err));
	if ((row.flags & SUBJECT_NOBODY) != 0)
		return FAIL(err, RC_MEDIA, "a copy already");
	row = (struct subject_row){ .tenant = row.tenant,
		                    .id = id_new(sweep->now_us),
		                    .domain = row.domain,
		                    .kind = row.kind,
		                    .flags = SUBJECT_NOBODY,
		                    .state_version = 1 };
	name.owner = row.id;
	TRY(keys_need(sweep->vault->keys, &name, &key, err));
	copies->fresh[copies->fresh_count++] = row;
	*fresh = row.id;
	return RC_OK;
}

static MUST_CHECK enum rc
copy_make(struct copies *copies, struct err *err)
{
	struct sweep *sweep = copies->sweep;
	struct copy *copy = &copies->items[copies->at];
	struct record_key_name name = { .tenant = sweep->tenant->id,
		                        .class = copies->moving->class->number };
	struct str body;

	TRY(store_read(sweep->vault->store, copy_read, copies, err));
	TRY(row_unseal(sweep->vault, &copies->stored, copies->arena, &body, err));
	TRY(body_deidentify(copies, body, &copy->body, err));
	copy->subject = copies->stored.subject;
	TRY(fresh_find(copies, copy->subject, &name.subject, err));
	TRY(keys_record(sweep->vault->keys, &name, true, &copy->key, err));
	copy->row = (struct record_row){ .tenant = name.tenant,
		                         .subject = name.subject,
		                         .class = name.class,
		                         .id = id_new(sweep->now_us),
		                         .version = 1,
		                         .items = copies->stored.items,
		                         .expires_us = INT64_MAX };
	memcpy(copy->row.facet, copies->stored.facet, sizeof(copy->row.facet));
	return RC_OK;
}

/* RC_MEDIA: it has none.  RC_LIMIT: its text is refused, so it has none either.
 * RC_CORRUPT: it does not open, and is past its time all the same. */
static MUST_CHECK enum rc
copies_make(struct copies *copies, struct err *err)
{
	for (copies->at = 0; copies->at < copies->moving->count; copies->at++) {
		enum rc rc = copy_make(copies, err);
		if (rc != RC_NOT_FOUND && rc != RC_GONE && rc != RC_MEDIA && rc != RC_LIMIT &&
		    rc != RC_CORRUPT)
			TRY(rc);
	}
	return RC_OK;
}

/* --- in their place ------------------------------------------------------------------ */

static MUST_CHECK enum rc
row_move(struct store_tx *tx, struct copies *copies, size_t i, struct err *err)
{
	const struct record_row *old = &copies->moving->rows[i];
	struct subject_row subject = { .tenant = old->tenant, .id = old->subject };
	struct copy *copy = &copies->items[i];
	struct hold_rows holds;
	enum rc rc = store_subject_find(tx, &subject, err);

	if (rc == RC_NOT_FOUND || (rc == RC_OK && (subject.flags & SUBJECT_NOBODY) != 0))
		return RC_OK;
	TRY(rc);
	TRY(holds_read(tx, old->tenant, old->subject, copies->arena, &holds, err));
	if (hold_has_record(&holds, old)) {
		copies->moving->held++;
		return RC_OK;
	}
	rc = store_record_delete(tx, old->tenant, old->id, false, err);
	if (rc == RC_NOT_FOUND)
		return RC_OK;
	TRY(rc);
	TRY(choice_end(tx, old, err));
	TRY(store_term_delete_record(tx, old->tenant, old->subject, old->id, err));
	copies->moving->moved++;
	if (copy->row.version == 0)
		return RC_OK;
	copy->row.created_us = store_tx_now_us(tx);
	copy->row.updated_us = copy->row.created_us;
	TRY(row_seal(&copy->key, &copy->row, copy->body, copies->arena, err));
	return store_record_insert(tx, &copy->row, err);
}

static MUST_CHECK enum rc
copies_write(struct store_tx *tx, void *arg, struct err *err)
{
	struct copies *copies = arg;
	struct moving *moving = copies->moving;
	struct past_entry entry = { .tenant = copies->sweep->tenant,
		                    .act = "deidentify",
		                    .class = moving->class->name,
		                    .detail = "retention" };

	moving->moved = moving->held = 0;
	for (size_t i = 0; i < copies->fresh_count; i++) {
		copies->fresh[i].created_us = store_tx_now_us(tx);
		TRY(store_subject_insert(tx, &copies->fresh[i], err));
	}
	for (size_t i = 0; i < moving->count; i++)
		TRY(row_move(tx, copies, i, err));
	entry.count = moving->moved;
	return moving->moved == 0 ? RC_OK : past_entry_write(tx, &entry, err);
}

static void
copies_free(struct copies **copies)
{
	for (size_t i = 0; (*copies)->items != NULL && i < (*copies)->moving->count; i++)
		key_wipe(&(*copies)->items[i].key);
	free(*copies);
}

enum rc
sweep_deidentify(struct sweep *sweep, struct moving *moving, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	CLEANUP(copies_free) struct copies *copies = calloc(1, sizeof(*copies));

	if (copies == NULL)
		abort();
	arena_init(&arena, LIMIT_ARENA_BYTES);
	copies->sweep = sweep;
	copies->moving = moving;
	copies->arena = &arena;
	copies->items = arena_alloc(&arena, (moving->count + 1) * sizeof(*copies->items),
	                            _Alignof(struct copy));
	TRY(copies_make(copies, err));
	return store_write(sweep->vault->store, copies_write, copies, err);
}
