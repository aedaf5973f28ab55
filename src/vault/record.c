/*
 * Records: single sealed JSON documents, their versions and their terms.
 */
#include "base/broken.h"
#include "base/json.h"
#include "base/limits.h"
#include "vault/inside.h"

/* --- what the body says -------------------------------------------------------- */

/* The terms of one body, ready for the store. */
struct terms {
	struct term_row rows[VAULT_TERMS_MAX];
	size_t count;
};

static bool
fields_are_declared(const struct policy_class *class, const struct json_object *body)
{
	struct json_iter at;

	for (json_iter_start(&at, body); json_iter_next(&at);) {
		if (!policy_field_is_declared(class, at.name))
			return false;
	}
	return true;
}

static MUST_CHECK enum rc
facet_take(struct record_row *row, const struct policy_index *index,
           const struct json_object *value, struct err *err)
{
	if (json_kind(value) == JSON_STRING) {
		row->facet[index->number] = policy_number(json_text(value));
		return RC_OK;
	}
	return json_int(value, &row->facet[index->number], err);
}

static MUST_CHECK enum rc
time_take(struct record_row *row, const struct json_object *value, struct err *err)
{
	if (json_kind(value) == JSON_STRING)
		TRY(time_parse(json_text(value), &row->time_from_us, NULL, err));
	else
		TRY(json_int(value, &row->time_from_us, err));
	row->time_to_us = row->time_from_us;
	return RC_OK;
}

struct indexing {
	const struct door *door;
	const struct policy_class *class;
	struct record_row *row;
	struct terms *terms;
	bool has_undeclared; /* out: a member that is no field of the class */
};

static MUST_CHECK enum rc
term_take(const struct indexing *to, const struct policy_index *index,
          const struct json_object *value, struct err *err)
{
	struct term_row *term = &to->terms->rows[to->terms->count];

	if (json_kind(value) != JSON_STRING)
		return FAIL(err, RC_INVALID, "an indexed term is not a string");
	if (to->terms->count == VAULT_TERMS_MAX)
		return FAIL(err, RC_LIMIT, "a record has over %d terms", VAULT_TERMS_MAX);
	*term = (struct term_row){ .class = to->class->number,
		                   .name = index->number,
		                   .subject = to->row->subject,
		                   .record = to->row->id };
	to->terms->count++;
	return term_mac(to->door->vault, to->door->tenant, term, json_text(value), err);
}

static MUST_CHECK enum rc
indexes_take(const struct indexing *to, const struct json_object *body, struct err *err)
{
	to->terms->count = 0;
	for (size_t i = 0; i < to->class->index_count; i++) {
		const struct policy_index *index = &to->class->indexes[i];
		char name[64];
		struct json_object *value;

		(void)snprintf(name, sizeof(name), "%.*s", STR_ARGS(index->field));
		if (!json_find(body, name, &value) || value == NULL)
			continue;
		if (index->kind == INDEX_FACET)
			TRY(facet_take(to->row, index, value, err));
		else if (index->kind == INDEX_TIME)
			TRY(time_take(to->row, value, err));
		else
			TRY(term_take(to, index, value, err));
	}
	return RC_OK;
}

static MUST_CHECK enum rc
body_read(struct indexing *to, struct str body, struct err *err)
{
	CLEANUP(json_free) struct json json = { NULL };

	TRY(json_parse(&json, body, err));
	if (json_kind(json.root) != JSON_OBJECT)
		return FAIL(err, RC_INVALID, "a record is a JSON object");
	to->has_undeclared =
	    !broken("fields.declared") && !fields_are_declared(to->class, json.root);
	return indexes_take(to, json.root, err);
}

/* --- writing --------------------------------------------------------------------- */

struct put {
	struct touch *touch;
	struct record_row row;
	struct str body;
	struct terms terms, old_terms;
	struct key key;
	struct arena *arena;
	const struct record_also *also;
};

static MUST_CHECK enum rc
terms_replace(struct store_tx *tx, const struct put *put, struct err *err)
{
	for (size_t i = 0; i < put->old_terms.count; i++)
		TRY(store_term_delete(tx, &put->old_terms.rows[i], err));
	for (size_t i = 0; i < put->terms.count; i++) {
		enum rc rc = store_term_insert(tx, &put->terms.rows[i], err);
		if (rc == RC_CONFLICT)
			return FAIL(err, RC_CONFLICT,
			            "another record has this unique value already");
		TRY(rc);
	}
	return RC_OK;
}

static MUST_CHECK enum rc
put_write(struct store_tx *tx, void *arg, struct err *err)
{
	struct put *put = arg;
	struct record_row *row = &put->row;

	TRY(touch_decide(tx, put->touch, err));
	if (touch_is_refused(put->touch))
		return touch_record(tx, put->touch, err);
	row->updated_us = store_tx_now_us(tx);
	if (row->version == 1)
		row->created_us = row->updated_us;
	TRY(row_seal(&put->key, row, put->body, put->arena, err));
	if (broken("seal.at_rest"))
		TRY(store_setting_put(tx, row->tenant, STR("leak"), put->body, err));
	if (row->version == 1)
		TRY(store_record_insert(tx, row, err));
	else
		TRY(store_record_update(tx, row, !broken("rights.rectification"), err));
	TRY(terms_replace(tx, put, err));
	if (put->also->write != NULL)
		TRY(put->also->write(tx, put->touch, row->id, put->also->arg, err));
	return touch_record(tx, put->touch, err);
}

struct row_read {
	int64_t tenant;
	struct id id;
	struct arena *arena;
	struct record_row row;
};

static MUST_CHECK enum rc
row_read(struct store_tx *tx, void *arg, struct err *err)
{
	struct row_read *read = arg;

	return store_record_find(tx, read->tenant, read->id, read->arena, &read->row, err);
}

/* The stored row behind a next version: its terms, its times. */
static MUST_CHECK enum rc
put_previous(struct put *put, const struct indexing *to, struct err *err)
{
	struct row_read read = { put->row.tenant, put->row.id, put->arena, { 0 } };
	struct record_row ignored;
	struct indexing old = { to->door, to->class, &ignored, &put->old_terms, false };
	struct str body;

	TRY(store_read(to->door->vault->store, row_read, &read, err));
	if (read.row.version != put->row.version - 1 || read.row.class != put->row.class ||
	    !id_eq(read.row.subject, put->row.subject))
		return FAIL(err, RC_CONFLICT, "somebody else changed it first");
	TRY(row_unseal(to->door->vault, &read.row, put->arena, &body, err));
	ignored = read.row;
	TRY(body_read(&old, body, err));
	put->row.created_us = read.row.created_us;
	put->row.expires_us = read.row.expires_us;
	put->row.month = read.row.month;
	return RC_OK;
}

/* When the period begins: the system may put what was recorded before. */
static int64_t
recorded_us(const struct door *door, const struct vault_record *record)
{
	if (door->actor->kind == ACTOR_SYSTEM && record->created_us != 0)
		return record->created_us;
	return clock_now_us(door->vault->clock);
}

static MUST_CHECK enum rc
put_prepare(struct put *put, const struct door *door, const struct vault_record *record,
            const struct policy_class *class, struct err *err)
{
	struct indexing to = { door, class, &put->row, &put->terms, false };
	struct record_key_name name;
	enum rc rc;

	put->body = record->body;
	put->row = (struct record_row){ .tenant = door->tenant->id,
		                        .subject = record->subject,
		                        .class = class->number,
		                        .id = record->id,
		                        .version = record->version + 1,
		                        .items = 1 };
	if (id_is_zero(put->row.id))
		put->row.id = id_new(clock_now_us(door->vault->clock));
	if (put->row.version > 1)
		TRY(put_previous(put, &to, err));
	else
		row_retention(&put->row, door->tenant, class, recorded_us(door, record));
	TRY(body_read(&to, record->body, err));
	if (to.has_undeclared)
		return touch_refuse(put->touch, REFUSAL_FIELD_UNDECLARED, err);
	name = (struct record_key_name){ put->row.tenant, put->row.subject, class->number,
		                         put->row.month };
	rc = keys_record(door->vault->keys, &name, true, &put->key, err);
	if (rc == RC_NOT_FOUND)
		return FAIL(err, RC_GONE, "there is no such subject (any more)");
	return rc;
}

static void
put_wipe(struct put *put)
{
	key_wipe(&put->key);
}

enum rc
record_put(const struct door *door, struct vault_record *record, const struct record_also *also,
           struct err *err)
{
	CLEANUP(touch_wipe) struct touch touch = { 0 };
	CLEANUP(arena_free) struct arena arena = { 0 };
	CLEANUP(put_wipe) struct put put = { .touch = &touch, .arena = &arena, .also = also };
	const struct policy_class *class;
	enum rc rc;

	arena_init(&arena, 8 * MIB);
	TRY(touch_begin(&touch, door, &also->ask, also->act, err));
	if (also->detail.len != 0)
		touch.entry.detail = also->detail;
	TRY(touch_class(&touch, &class, err));
	TRY(touch_first(&touch, err));
	TRY(put_prepare(&put, door, record, class, err));
	touch_about(&touch, (struct str){ (const char *)put.row.id.bytes, 16 }, 1);
	rc = store_write(door->vault->store, put_write, &put, err);
	if (rc == RC_RETRY)
		return FAIL(err, RC_CONFLICT, "somebody else changed it first");
	TRY(rc);
	TRY(touch_end(&touch, err));
	record->id = put.row.id;
	record->version = put.row.version;
	record->created_us = put.row.created_us;
	record->updated_us = put.row.updated_us;
	return RC_OK;
}

enum rc
vault_put(const struct door *door, struct vault_record *record, struct err *err)
{
	const struct record_also also = { .act = "write",
		                          .ask = { .verb = VERB_WRITE,
		                                   .class = record->class,
		                                   .purpose = door->purpose,
		                                   .subject = record->subject } };

	return record_put(door, record, &also, err);
}

/* For what is found by its id: nobody's subject is known yet. */
static MUST_CHECK enum rc
class_need(const struct door *door, const struct ask *ask, const char *act,
           const struct policy_class **class, struct err *err)
{
	CLEANUP(touch_wipe) struct touch touch = { 0 };

	*class = policy_class_find(door->tenant->policy, ask->class);
	if (*class != NULL)
		return RC_OK;
	TRY(touch_begin(&touch, door, ask, act, err));
	return touch_class(&touch, class, err);
}

struct erase_one {
	struct touch *touch;
	struct id id;
	int64_t version; /* whose terms these are */
	struct terms terms;
	struct arena *arena;
};

static MUST_CHECK enum rc
delete_write(struct store_tx *tx, void *arg, struct err *err)
{
	struct erase_one *one = arg;
	int64_t tenant = one->touch->door->tenant->id;
	struct record_row row;

	TRY(touch_decide(tx, one->touch, err));
	if (touch_is_refused(one->touch))
		return touch_record(tx, one->touch, err);
	TRY(store_record_find(tx, tenant, one->id, one->arena, &row, err));
	if (row.version != one->version)
		return FAIL(err, RC_CONFLICT, "somebody else changed it first");
	TRY(hold_refuses(tx, &row, one->arena, err));
	TRY(store_record_delete(tx, tenant, one->id, false, err));
	TRY(choice_end(tx, &row, err));
	for (size_t i = 0; i < one->terms.count; i++)
		TRY(store_term_delete(tx, &one->terms.rows[i], err));
	return touch_record(tx, one->touch, err);
}

enum rc
line_undo(struct vault *vault, const struct ledger_line *line, struct err *err)
{
	struct ledger_line undone = { .kind = LEDGER_UNDONE,
		                      .tenant = line->tenant,
		                      .number = line->line };

	return ledger_append(vault->ledger, &undone, err);
}

static MUST_CHECK enum rc
delete_carry_out(struct erase_one *one, struct ledger_line *line, struct err *err)
{
	struct vault *vault = one->touch->door->vault;
	struct err undo_err;
	enum rc rc;

	TRY(ledger_append(vault->ledger, line, err));
	rc = store_write(vault->store, delete_write, one, err);
	if (rc != RC_OK || touch_is_refused(one->touch))
		DISCARD(line_undo(vault, line, &undo_err), "a restore then erases too much");
	return rc;
}

enum rc
vault_delete(const struct door *door, struct str class_name, struct id id, struct err *err)
{
	CLEANUP(touch_wipe) struct touch touch = { 0 };
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct row_read read = { door->tenant->id, id, &arena, { 0 } };
	struct erase_one one = { .touch = &touch, .id = id, .arena = &arena };
	struct ask ask = { .verb = VERB_ERASE, .class = class_name, .purpose = door->purpose };
	const struct policy_class *class;
	struct record_row indexed;
	struct indexing to = { door, NULL, &indexed, &one.terms, false };
	struct ledger_line line = { .kind = LEDGER_RECORD,
		                    .tenant = door->tenant->id,
		                    .record = id };
	struct str body;

	arena_init(&arena, 8 * MIB);
	TRY(class_need(door, &ask, "erase", &class, err));
	TRY(store_read(door->vault->store, row_read, &read, err));
	if (read.row.class != class->number)
		return FAIL(err, RC_NOT_FOUND, "there is no such record");
	ask.subject = read.row.subject;
	line.subject = read.row.subject;
	line.class = read.row.class;
	indexed = read.row;
	one.version = read.row.version;
	to.class = class;
	TRY(touch_begin(&touch, door, &ask, "erase", err));
	TRY(touch_first(&touch, err));
	TRY(row_unseal(door->vault, &read.row, &arena, &body, err));
	TRY(body_read(&to, body, err));
	touch_about(&touch, (struct str){ (const char *)id.bytes, 16 }, 1);
	TRY(delete_carry_out(&one, &line, err));
	return touch_end(&touch, err);
}

/* --- reading ------------------------------------------------------------------------- */

static MUST_CHECK enum rc
record_fill(const struct door *door, const struct record_row *row, struct arena *arena,
            struct vault_record *record, struct err *err)
{
	const struct policy_class *class =
	    policy_class_by_number(door->tenant->policy, row->class);

	*record = (struct vault_record){ .subject = row->subject,
		                         .id = row->id,
		                         .version = row->version,
		                         .created_us = row->created_us,
		                         .updated_us = row->updated_us };
	if (class != NULL)
		record->class = class->name;
	return row_unseal(door->vault, row, arena, &record->body, err);
}

/* Rows that were fetched, opened once the decision stands, and their entry. */

static MUST_CHECK enum rc
fetched_release(struct touch *touch, const struct touch_rows *fetched, struct arena *arena,
                struct vault_records *records, struct err *err)
{
	struct id *ids = arena_alloc(arena, (fetched->count + 1) * sizeof(*ids), 1);
	struct vault_record *items =
	    arena_alloc(arena, (fetched->count + 1) * sizeof(*items), _Alignof(max_align_t));

	for (size_t i = 0; i < fetched->count && !touch_is_refused(touch); i++) {
		ids[i] = fetched->items[i].id;
		TRY(record_fill(touch->door, &fetched->items[i], arena, &items[i], err));
	}
	touch_about(touch, (struct str){ (const char *)ids, fetched->count * sizeof(*ids) },
	            (int64_t)fetched->count);
	TRY(touch_commit(touch, err));
	*records = (struct vault_records){ items, fetched->count };
	return RC_OK;
}

/* One row by id, and its class checked. */
static MUST_CHECK enum rc
one_release(const struct door *door, struct str class_name, struct row_read *read,
            struct vault_record *record, struct err *err)
{
	CLEANUP(touch_wipe) struct touch touch = { 0 };
	struct ask ask = { .verb = VERB_READ,
		           .class = class_name,
		           .purpose = door->purpose,
		           .subject = read->row.subject };
	struct touch_rows fetched = { &read->row, 1 };
	struct vault_records records;

	if (read->row.class != policy_number(class_name))
		return FAIL(err, RC_NOT_FOUND, "there is no such record");
	TRY(touch_begin(&touch, door, &ask, "read", err));
	TRY(touch_first(&touch, err));
	TRY(fetched_release(&touch, &fetched, read->arena, &records, err));
	*record = records.items[0];
	return RC_OK;
}

enum rc
vault_get(const struct door *door, struct str class, struct id id, struct arena *arena,
          struct vault_record *record, struct err *err)
{
	struct row_read read = { door->tenant->id, id, arena, { 0 } };
	struct ask ask = { .verb = VERB_READ, .class = class, .purpose = door->purpose };
	const struct policy_class *declared;

	TRY(class_need(door, &ask, "read", &declared, err));
	TRY(store_read(door->vault->store, row_read, &read, err));
	return one_release(door, class, &read, record, err);
}

struct find {
	struct term_row term;
	struct row_read read;
};

static MUST_CHECK enum rc
find_read(struct store_tx *tx, void *arg, struct err *err)
{
	struct find *find = arg;

	TRY(store_term_find(tx, &find->term, err));
	find->read.id = find->term.record;
	return row_read(tx, &find->read, err);
}

enum rc
vault_find(const struct door *door, struct str class_name, const struct vault_term *term,
           struct arena *arena, struct vault_record *record, struct err *err)
{
	struct ask ask = { .verb = VERB_READ, .class = class_name, .purpose = door->purpose };
	struct find find = { .read = { door->tenant->id, { { 0 } }, arena, { 0 } } };
	const struct policy_class *class;
	const struct policy_index *index;

	TRY(class_need(door, &ask, "read", &class, err));
	index = policy_index_find(class, str_from_c(term->field));
	if (index == NULL || index->kind != INDEX_TERM)
		return FAIL(err, RC_INVALID, "the policy indexes no such term");
	find.term = (struct term_row){ .class = class->number, .name = index->number };
	TRY(term_mac(door->vault, door->tenant, &find.term, term->value, err));
	TRY(store_read(door->vault->store, find_read, &find, err));
	return one_release(door, class_name, &find.read, record, err);
}

struct list_read {
	struct touch *touch;
	struct record_query *query;
	struct arena *arena;
	struct touch_rows fetched;
};

/* Their bodies lie in the page's arena, which is about to be used again. */
static MUST_CHECK enum rc
bodies_keep(const struct list_read *read, size_t from, struct err *err)
{
	for (size_t i = from; i < read->fetched.count; i++) {
		struct record_row *row = &read->fetched.items[i];
		char *body = arena_try_alloc(read->arena, row->body.len + 1, 1);
		if (body == NULL)
			return FAIL(err, RC_LIMIT, "the records do not fit");
		if (row->body.len != 0)
			memcpy(body, row->body.ptr, row->body.len);
		row->body.ptr = body;
	}
	return RC_OK;
}

/* Of many subjects' rows only those that the list may give, as many as a page has:
 * what is left out takes time and no memory. */
static MUST_CHECK enum rc
list_page(struct store_tx *tx, struct list_read *read, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct record_query rest = *read->query;
	size_t limit = (size_t)rest.limit;
	struct touch_rows page = { 0 };

	arena_init(&arena, LIMIT_ARENA_BYTES);
	/* A page may bring as many again when all but one are there. */
	read->fetched.items =
	    arena_alloc(read->arena, 2 * (limit + 1) * sizeof(*read->fetched.items),
	                _Alignof(struct record_row));
	do {
		size_t before = read->fetched.count;
		arena_reset(&arena);
		TRY(store_record_list(tx, &rest, &arena, &page.items, &page.count, err));
		TRY(touch_many_take(tx, read->touch, &page, &read->fetched, err));
		if (read->fetched.count > limit)
			read->fetched.count = limit;
		TRY(bodies_keep(read, before, err));
		if (page.count != 0)
			rest.after = page.items[page.count - 1].id;
	} while (page.count != 0 && read->fetched.count < limit);
	return RC_OK;
}

static MUST_CHECK enum rc
list_read(struct store_tx *tx, void *arg, struct err *err)
{
	struct list_read *read = arg;

	read->fetched = (struct touch_rows){ 0 };
	TRY(touch_decide(tx, read->touch, err));
	if (touch_is_refused(read->touch))
		return RC_OK;
	if (!read->touch->has_subject)
		return list_page(tx, read, err);
	return store_record_list(tx, read->query, read->arena, &read->fetched.items,
	                         &read->fetched.count, err);
}

enum rc
record_list(const struct door *door, const struct ask *ask, struct record_query *query,
            struct arena *arena, struct vault_records *records, struct err *err)
{
	CLEANUP(touch_wipe) struct touch touch = { 0 };
	struct list_read read = { &touch, query, arena, { NULL, 0 } };
	const struct policy_class *class;

	TRY(touch_begin(&touch, door, ask, "read", err));
	TRY(touch_class(&touch, &class, err));
	query->tenant = door->tenant->id;
	query->class = class->number;
	TRY(store_read(door->vault->store, list_read, &read, err));
	if (!touch.has_subject && !touch_is_refused(&touch))
		TRY(touch_many(&touch, &read.fetched, arena, err));
	return fetched_release(&touch, &read.fetched, arena, records, err);
}

enum rc
vault_list(const struct door *door, struct str class_name, struct record_query *query,
           struct arena *arena, struct vault_records *records, struct err *err)
{
	struct ask ask = { .verb = VERB_READ,
		           .class = class_name,
		           .purpose = door->purpose,
		           .subject = query->subject };

	ask.is_each = id_is_zero(query->subject);
	return record_list(door, &ask, query, arena, records, err);
}

struct history_read {
	struct row_read current;
	struct record_row *old;
	size_t count;
};

static MUST_CHECK enum rc
history_read(struct store_tx *tx, void *arg, struct err *err)
{
	struct history_read *read = arg;

	TRY(row_read(tx, &read->current, err));
	return store_version_list(tx, read->current.tenant, read->current.id,
	                          read->current.arena, &read->old, &read->count, err);
}

enum rc
vault_history(const struct door *door, struct str class_name, struct id id, struct arena *arena,
              struct vault_records *records, struct err *err)
{
	CLEANUP(touch_wipe) struct touch touch = { 0 };
	const struct policy_class *class;
	struct history_read read = { { door->tenant->id, id, arena, { 0 } }, NULL, 0 };
	struct ask ask = { .verb = VERB_READ, .class = class_name, .purpose = door->purpose };
	struct touch_rows all;

	TRY(class_need(door, &ask, "read", &class, err));
	TRY(store_read(door->vault->store, history_read, &read, err));
	if (read.current.row.class != class->number)
		return FAIL(err, RC_NOT_FOUND, "there is no such record");
	ask.subject = read.current.row.subject;
	all.count = read.count + 1;
	all.items = arena_alloc(arena, all.count * sizeof(*all.items), _Alignof(max_align_t));
	all.items[0] = read.current.row;
	for (size_t i = 0; i < read.count; i++)
		all.items[i + 1] = read.old[i];
	TRY(touch_begin(&touch, door, &ask, "read", err));
	TRY(touch_first(&touch, err));
	return fetched_release(&touch, &all, arena, records, err);
}
