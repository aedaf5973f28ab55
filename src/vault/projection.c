#include "vault/projection.h"

#include "base/limits.h"
#include "crypto/seal.h"
#include "vault/inside.h"

/* What a sealed projection is bound to. */
struct projection_place {
	char what[8];
	int64_t tenant;
	struct id subject;
	int64_t class, kind, version;
};

static struct projection_place
place_of(const struct projection_row *row, int64_t class)
{
	return (struct projection_place){ .what = "project",
		                          .tenant = row->tenant,
		                          .subject = row->subject,
		                          .class = class,
		                          .kind = row->kind,
		                          .version = row->version };
}

static MUST_CHECK enum rc
body_open(const struct key *key, const struct projection_row *row, int64_t class,
          struct arena *arena, struct str *body, struct err *err)
{
	struct projection_place place = place_of(row, class);
	uint8_t *text;

	if (row->body.len < SEAL_EXTRA_BYTES)
		return FAIL(err, RC_CORRUPT, "a projection is cut short");
	text = arena_alloc(arena, row->body.len, 1);
	if (seal_open(key, row->body, (struct str){ (const char *)&place, sizeof(place) }, text,
	              err) != RC_OK)
		return FAIL(err, RC_CORRUPT, "a projection does not open");
	*body = (struct str){ (const char *)text, row->body.len - SEAL_EXTRA_BYTES };
	return RC_OK;
}

/* --- writing --------------------------------------------------------------------- */

enum rc
projection_prepare(const struct door *door, const struct projection_change *change,
                   struct id subject, struct projection_writing *writing, struct err *err)
{
	const struct policy_class *class =
	    policy_class_find(door->tenant->policy, change->class);
	struct record_key_name name = { .tenant = door->tenant->id, .subject = subject };

	if (class == NULL)
		return FAIL(err, RC_DENIED, "the policy does not declare this class");
	name.class = class->number;
	writing->change = change;
	writing->class = class->number;
	writing->row = (struct projection_row){ .tenant = name.tenant,
		                                .subject = subject,
		                                .kind = policy_number(str_from_c(change->name)),
		                                .class = class->number };
	return keys_record(door->vault->keys, &name, true, &writing->key, err);
}

static MUST_CHECK enum rc
next_put(struct store_tx *tx, struct projection_writing *writing, struct str next,
         struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct projection_row row = writing->row;
	struct projection_place place;
	uint8_t *sealed;

	arena_init(&arena, 2 * PROJECTION_BYTES_MAX);
	row.version++;
	place = place_of(&row, writing->class);
	sealed = arena_alloc(&arena, next.len + SEAL_EXTRA_BYTES, 1);
	seal(&writing->key, next, (struct str){ (const char *)&place, sizeof(place) }, sealed);
	row.body = (struct str){ (const char *)sealed, next.len + SEAL_EXTRA_BYTES };
	return store_projection_put(tx, &row, err);
}

enum rc
projection_write(struct store_tx *tx, struct projection_writing *writing, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	CLEANUP(buf_free) struct buf next = { 0 };
	struct str old = STR_EMPTY;
	struct str text;
	enum rc rc;

	arena_init(&arena, 4 * PROJECTION_BYTES_MAX);
	buf_init(&next, PROJECTION_BYTES_MAX);
	rc = store_projection_find(tx, &arena, &writing->row, err);
	if (rc == RC_OK)
		TRY(body_open(&writing->key, &writing->row, writing->class, &arena, &old, err));
	else if (rc != RC_NOT_FOUND)
		return rc;
	else
		writing->row.version = 0;
	TRY(writing->change->fn(writing->change->arg, old, &next, err));
	TRY(buf_finish(&next, &text, err));
	return text.len == 0 ? RC_OK : next_put(tx, writing, text, err);
}

/* --- reading ------------------------------------------------------------------------- */

struct projections_read {
	struct touch *touch;
	struct projection_query *query;
	struct projection_row *rows;
	struct arena *arena;
	struct touch_rows told; /* whose they are, when they are many */
};

static MUST_CHECK enum rc
row_read(struct store_tx *tx, struct projections_read *read, size_t i, struct err *err)
{
	struct projection_row *row = &read->rows[i];
	struct record_row about = { .subject = read->query->subjects[i] };
	size_t before = read->told.count;
	enum rc rc;

	*row = (struct projection_row){ .tenant = read->touch->door->tenant->id,
		                        .subject = about.subject,
		                        .kind = policy_number(str_from_c(read->query->name)) };
	rc = store_projection_find(tx, read->arena, row, err);
	if (rc == RC_NOT_FOUND) {
		row->version = 0;
		return RC_OK;
	}
	TRY(rc);
	TRY(touch_many_take(tx, read->touch, &(struct touch_rows){ &about, 1 }, &read->told,
	                    err));
	if (read->query->count > 1 && read->told.count == before)
		row->version = 0; /* restricted or gone: not in a list over many */
	return RC_OK;
}

static MUST_CHECK enum rc
projections_read(struct store_tx *tx, void *arg, struct err *err)
{
	struct projections_read *read = arg;

	TRY(touch_decide(tx, read->touch, err));
	read->told.count = 0;
	for (size_t i = 0; i < read->query->count && !touch_is_refused(read->touch); i++)
		TRY(row_read(tx, read, i, err));
	return RC_OK;
}

static MUST_CHECK enum rc
projections_open(struct projections_read *read, struct err *err)
{
	const struct door *door = read->touch->door;
	int64_t class = read->touch->decision.class->number;

	for (size_t i = 0; i < read->query->count; i++) {
		CLEANUP(key_wipe) struct key key = { { 0 } };
		struct record_key_name name = { door->tenant->id, read->query->subjects[i],
			                        class, 0 };
		read->query->bodies[i] = STR_EMPTY;
		if (read->rows[i].version == 0)
			continue;
		enum rc rc = keys_record(door->vault->keys, &name, false, &key, err);
		if (rc == RC_NOT_FOUND) /* erased meanwhile */
			continue;
		TRY(rc);
		TRY(body_open(&key, &read->rows[i], class, read->arena, &read->query->bodies[i],
		              err));
	}
	return RC_OK;
}

enum rc
vault_projections(const struct door *door, struct projection_query *query, struct arena *arena,
                  struct err *err)
{
	CLEANUP(touch_wipe) struct touch touch = { 0 };
	struct projections_read read = { .touch = &touch, .query = query, .arena = arena };
	struct ask ask = { .verb = VERB_READ, .class = query->class, .purpose = door->purpose };

	ask.is_each = query->count != 1;
	if (query->count == 1)
		ask.subject = query->subjects[0];
	read.rows = arena_alloc(arena, (query->count + 1) * sizeof(*read.rows),
	                        _Alignof(struct projection_row));
	read.told.items = arena_alloc(arena, (query->count + 1) * sizeof(*read.told.items),
	                              _Alignof(struct record_row));
	TRY(touch_begin(&touch, door, &ask, "read", err));
	TRY(store_read(door->vault->store, projections_read, &read, err));
	if (!touch_is_refused(&touch))
		TRY(projections_open(&read, err));
	if (!touch_is_refused(&touch) && query->count > 1)
		TRY(touch_many(&touch, &read.told, arena, err));
	touch_about(&touch,
	            (struct str){ (const char *)query->subjects,
	                          query->count * sizeof(*query->subjects) },
	            (int64_t)read.told.count);
	return touch_commit(&touch, err);
}
