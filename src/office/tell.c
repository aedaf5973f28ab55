#include "office/tell.h"

#include "crypto/digest.h"
#include "office/inside.h"

static MUST_CHECK enum rc
message_format(const struct telling *telling, int64_t now_us, struct arena *arena,
               struct str *body, struct err *err)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	const char *channel =
	    telling->by_mail ? telling->by_page ? "mail page" : "mail" : "page";
	struct json_out out;
	struct str finished;

	buf_init(&text, LIMIT_RECORD_BYTES);
	json_out_init(&out, &text);
	json_object_begin(&out);
	json_text_at(&out, "kind", str_from_c(telling->kind));
	json_text_at(&out, "channel", str_from_c(channel));
	json_text_at(&out, "subject", telling->subject);
	json_text_at(&out, "text", telling->text);
	json_int_at(&out, "sent", now_us);
	json_text_at(&out, "state", telling->by_page ? STR("unread") : STR("read"));
	json_object_close(&out);
	TRY(buf_finish(&text, &finished, err));
	*body = str_copy(arena, finished);
	return RC_OK;
}

/* `id` zero: a new mail. */
static MUST_CHECK enum rc
mail_send(struct office *office, const struct tenant *tenant, const struct telling *telling,
          struct id id, struct arena *arena, struct err *err)
{
	struct door door = office_door(office, tenant);
	struct person person;
	struct message message = { .subject = telling->subject,
		                   .text =
		                       telling->mail.len != 0 ? telling->mail : telling->text,
		                   .person = telling->person,
		                   .id = id };

	door.purpose = STR("security");
	TRY(people_get(&door, office->people, telling->person, arena, &person, err));
	message.to = person.email;
	return notice_send(office->notice, tenant, &message, err);
}

enum rc
office_tell(struct office *office, const struct tenant *tenant, const struct telling *telling,
            struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct door door = office_door(office, tenant);
	struct vault_record record = { .class = STR("message"), .subject = telling->person };

	arena_init(&arena, OFFICE_ARENA_BYTES);
	TRY(message_format(telling, office_now_us(office), &arena, &record.body, err));
	TRY(vault_put(&door, &record, err));
	unread_forget(office, telling->person);
	if (!telling->by_mail)
		return RC_OK;
	return mail_send(office, tenant, telling, (struct id){ { 0 } }, &arena, err);
}

/* --- once ----------------------------------------------------------------------------- */

/* An id made of what it is about: RFC 9562's version 8 would say so, but the outbox sorts
 * by the time that version 7 begins with. */
static struct id
occasion_id(const struct tell_once *once)
{
	struct id person = once->telling->person;
	struct digest digest =
	    sha256_parts((struct str){ (const char *)person.bytes, sizeof(person.bytes) },
	                 str_from_c(once->telling->kind), once->mark);
	uint64_t at_ms = (uint64_t)(once->at_us / US_PER_MS);
	struct id id;

	memcpy(id.bytes, digest.bytes, sizeof(id.bytes));
	for (int i = 0; i < 6; i++)
		id.bytes[i] = (uint8_t)(at_ms >> (40 - 8 * i));
	id.bytes[6] = (uint8_t)(0x70 | (id.bytes[6] & 0x0f));
	id.bytes[8] = (uint8_t)(0x80 | (id.bytes[8] & 0x3f));
	return id;
}

static MUST_CHECK enum rc
is_marked(const struct vault_record *record, struct str mark, bool *is_it, struct err *err)
{
	CLEANUP(json_free) struct json json = { NULL };
	struct str subject;

	TRY(json_parse(&json, record->body, err));
	TRY(json_need_text(json.root, "subject", &subject, err));
	*is_it = *is_it || memmem(subject.ptr, subject.len, mark.ptr, mark.len) != NULL;
	return RC_OK;
}

static MUST_CHECK enum rc
was_told(const struct door *door, const struct tell_once *once, struct arena *arena, bool *was,
         struct err *err)
{
	const struct policy_class *class =
	    policy_class_find(door->tenant->policy, STR("message"));
	const struct policy_index *kind =
	    class == NULL ? NULL : policy_index_find(class, STR("kind"));
	struct record_query query = { .subject = once->telling->person,
		                      .order = RECORD_BY_TIME_DOWN,
		                      .limit = LIMIT_PAGE_ROWS };
	struct vault_records records;

	if (kind != NULL && kind->kind == INDEX_FACET)
		query.facet[kind->number] = policy_number(str_from_c(once->telling->kind));
	TRY(vault_list(door, STR("message"), &query, arena, &records, err));
	for (size_t i = 0; i < records.count; i++)
		TRY(is_marked(&records.items[i], once->mark, was, err));
	return RC_OK;
}

/* The mail first, whose id makes a second one fall away; the record says that it was. */
enum rc
office_tell_once(struct office *office, const struct tenant *tenant,
                 const struct tell_once *once, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct door door = office_door(office, tenant);
	struct vault_record record = { .class = STR("message"),
		                       .subject = once->telling->person };
	bool was = false;

	arena_init(&arena, OFFICE_ARENA_BYTES);
	TRY(was_told(&door, once, &arena, &was, err));
	if (was)
		return RC_OK;
	if (once->telling->by_mail)
		TRY(mail_send(office, tenant, once->telling, occasion_id(once), &arena, err));
	TRY(message_format(once->telling, office_now_us(office), &arena, &record.body, err));
	TRY(vault_put(&door, &record, err));
	unread_forget(office, once->telling->person);
	return RC_OK;
}

static bool
is_meant(const struct policy *policy, const struct person *person, const char *word)
{
	const struct policy_role *role = policy_role_find(policy, person->role);

	return person->state == PERSON_ACTIVE && role != NULL &&
	       policy_role_scope(role, VERB_MANAGE, -1, str_from_c(word)) != 0;
}

static void
french_take(struct telling *telling, struct str language)
{
	if (!str_starts_with(language, STR("fr")) || telling->subject_fr.len == 0)
		return;
	telling->subject = telling->subject_fr;
	telling->text = telling->text_fr;
}

/* One who cannot be told keeps nobody else from it, and is no reason to tell the others
 * again: an error only where nobody was reached. */
enum rc
office_tell_staff(struct office *office, const struct tenant *tenant, const char *word,
                  const struct telling *telling, struct err *err)
{
	struct door door = office_door(office, tenant);
	struct id after = { { 0 } };
	size_t told = 0;
	bool is_more = true;
	enum rc failed = RC_OK;

	door.purpose = STR("security");
	while (is_more) {
		CLEANUP(arena_free) struct arena arena = { 0 };
		struct persons persons;
		arena_init(&arena, OFFICE_ARENA_BYTES);
		TRY(people_list(&door, office->people, after, LIMIT_PAGE_ROWS, &arena, &persons,
		                err));
		for (size_t i = 0; i < persons.count; i++) {
			struct telling one = *telling;
			enum rc rc;
			one.person = persons.items[i].id;
			french_take(&one, persons.items[i].language);
			after = persons.items[i].id;
			if (!is_meant(tenant->policy, &persons.items[i], word))
				continue;
			rc = office_tell(office, tenant, &one, err);
			told += rc == RC_OK;
			failed = rc == RC_OK ? failed : rc;
		}
		is_more = persons.count != 0;
	}
	return told == 0 ? failed : RC_OK;
}
