#include "office/tell.h"

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

static MUST_CHECK enum rc
mail_send(struct office *office, const struct tenant *tenant, const struct telling *telling,
          struct arena *arena, struct err *err)
{
	struct door door = office_door(office, tenant);
	struct person person;
	struct message message = { .subject = telling->subject,
		                   .text = telling->text,
		                   .person = telling->person };

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
	if (!telling->by_mail)
		return RC_OK;
	return mail_send(office, tenant, telling, &arena, err);
}

static bool
is_meant(const struct policy *policy, const struct person *person, const char *word)
{
	const struct policy_role *role = policy_role_find(policy, person->role);

	return person->state == PERSON_ACTIVE && role != NULL &&
	       policy_role_scope(role, VERB_MANAGE, -1, str_from_c(word)) != 0;
}

enum rc
office_tell_staff(struct office *office, const struct tenant *tenant, const char *word,
                  const struct telling *telling, struct err *err)
{
	struct door door = office_door(office, tenant);
	struct id after = { { 0 } };
	bool is_more = true;

	door.purpose = STR("security");
	while (is_more) {
		CLEANUP(arena_free) struct arena arena = { 0 };
		struct persons persons;
		arena_init(&arena, OFFICE_ARENA_BYTES);
		TRY(people_list(&door, office->people, after, LIMIT_PAGE_ROWS, &arena, &persons,
		                err));
		for (size_t i = 0; i < persons.count; i++) {
			struct telling one = *telling;
			one.person = persons.items[i].id;
			if (is_meant(tenant->policy, &persons.items[i], word))
				TRY(office_tell(office, tenant, &one, err));
			after = persons.items[i].id;
		}
		is_more = persons.count != 0;
	}
	return RC_OK;
}
