#include "office/told.h"

#include "office/inside.h"

static MUST_CHECK enum rc
told_read(const struct vault_record *record, struct arena *arena, struct told *told,
          struct err *err)
{
	CLEANUP(json_free) struct json json = { NULL };
	struct str state;

	*told = (struct told){ .id = record->id };
	TRY(json_parse(&json, record->body, err));
	TRY(json_need_text(json.root, "kind", &told->kind, err));
	TRY(json_need_text(json.root, "channel", &told->channel, err));
	TRY(json_need_text(json.root, "subject", &told->subject, err));
	TRY(json_need_text(json.root, "text", &told->text, err));
	TRY(json_need_int(json.root, "sent", &told->sent_us, err));
	TRY(json_need_text(json.root, "state", &state, err));
	told->kind = str_copy(arena, told->kind);
	told->channel = str_copy(arena, told->channel);
	told->subject = str_copy(arena, told->subject);
	told->text = str_copy(arena, told->text);
	told->is_unread = str_eq(state, STR("unread"));
	return RC_OK;
}

static MUST_CHECK enum rc
list_of(const struct door *door, struct id person, struct arena *arena, struct told_list *list,
        struct err *err)
{
	struct record_query query = { .subject = person,
		                      .order = RECORD_BY_TIME_DOWN,
		                      .limit = LIMIT_PAGE_ROWS };
	struct vault_records records;

	TRY(vault_list(door, STR("message"), &query, arena, &records, err));
	list->items = arena_alloc(arena, (records.count + 1) * sizeof(*list->items),
	                          _Alignof(struct told));
	for (size_t i = 0; i < records.count; i++)
		TRY(told_read(&records.items[i], arena, &list->items[i], err));
	list->count = records.count;
	return RC_OK;
}

enum rc
told_list(const struct door *door, struct office *office, struct arena *arena,
          struct told_list *list, struct err *err)
{
	(void)office;
	return list_of(door, door->actor->id, arena, list, err);
}

static MUST_CHECK enum rc
told_format(const struct told *told, struct arena *arena, struct str *body, struct err *err)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	struct json_out out;
	struct str finished;

	buf_init(&text, LIMIT_RECORD_BYTES);
	json_out_init(&out, &text);
	json_object_begin(&out);
	json_text_at(&out, "kind", told->kind);
	json_text_at(&out, "channel", told->channel);
	json_text_at(&out, "subject", told->subject);
	json_text_at(&out, "text", told->text);
	json_int_at(&out, "sent", told->sent_us);
	json_text_at(&out, "state", STR("read"));
	json_object_close(&out);
	TRY(buf_finish(&text, &finished, err));
	*body = str_copy(arena, finished);
	return RC_OK;
}

enum rc
told_open(const struct door *door, struct office *office, struct id id, struct arena *arena,
          struct told *told, struct err *err)
{
	struct vault_record record = { 0 };
	struct vault_record next;
	enum rc rc;

	TRY(vault_get(door, STR("message"), id, arena, &record, err));
	if (!id_eq(record.subject, door->actor->id))
		return FAIL(err, RC_NOT_FOUND, "no such message of yours");
	TRY(told_read(&record, arena, told, err));
	if (!told->is_unread)
		return RC_OK;
	next = (struct vault_record){ .class = STR("message"),
		                      .subject = record.subject,
		                      .id = record.id,
		                      .version = record.version };
	TRY(told_format(told, arena, &next.body, err));
	rc = vault_put(door, &next, err);
	if (rc != RC_OK && rc != RC_CONFLICT && rc != RC_RETRY) /* opened twice at once */
		return rc;
	unread_forget(office, door->actor->id);
	return RC_OK;
}

/* --- is anything unread? --------------------------------------------------------------------
 */

#define UNREAD_ROWS 4096
#define UNREAD_KEPT US_PER_HOUR

struct unread {
	struct unread_row {
		struct id person;
		int64_t until_us;
		bool is_unread;
	} rows[UNREAD_ROWS];
};

/* Held by the office's lock. */
static struct unread_row *
row_of(struct office *office, struct id person)
{
	uint32_t place;

	if (office->unread == NULL)
		office->unread = calloc(1, sizeof(*office->unread));
	if (office->unread == NULL)
		abort();
	memcpy(&place, person.bytes + sizeof(person.bytes) - sizeof(place), sizeof(place));
	return &office->unread->rows[place % UNREAD_ROWS];
}

void
unread_forget(struct office *office, struct id person)
{
	(void)pthread_mutex_lock(&office->lock);
	*row_of(office, person) = (struct unread_row){ 0 };
	(void)pthread_mutex_unlock(&office->lock);
}

static bool
is_known(struct office *office, struct id person, int64_t now_us, bool *is_unread)
{
	const struct unread_row *row;
	bool is_it;

	(void)pthread_mutex_lock(&office->lock);
	row = row_of(office, person);
	is_it = id_eq(row->person, person) && now_us < row->until_us;
	*is_unread = is_it && row->is_unread;
	(void)pthread_mutex_unlock(&office->lock);
	return is_it;
}

enum rc
told_unread(struct office *office, const struct tenant *tenant, struct id person,
            bool *is_unread, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	int64_t now_us = office_now_us(office);
	struct door door = office_door(office, tenant);
	struct told_list list = { 0 };

	if (is_known(office, person, now_us, is_unread))
		return RC_OK;
	arena_init(&arena, LIMIT_ARENA_BYTES);
	TRY(list_of(&door, person, &arena, &list, err));
	for (size_t i = 0; i < list.count; i++)
		*is_unread = *is_unread || list.items[i].is_unread;
	(void)pthread_mutex_lock(&office->lock);
	*row_of(office, person) =
	    (struct unread_row){ person, now_us + UNREAD_KEPT, *is_unread };
	(void)pthread_mutex_unlock(&office->lock);
	return RC_OK;
}
