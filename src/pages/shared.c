/*
 * Who shares with me: for roles that others choose to share with.  The list says who
 * and which kinds of data; opening one is a look like any other, which the person sees.
 */
#include "base/limits.h"
#include "pages/handlers.h"
#include "vault/choice.h"

/* The recipient through which the actor's role sees others; NULL: none. */
static const struct policy_recipient *
recipient_of(const struct request *request)
{
	const struct policy_role *role = decide_role(request->tenant->policy, &request->actor);

	return role == NULL ? NULL : policy_recipient_find(request->tenant->policy, role->name);
}

static struct str
name_of(struct request *request, const struct door *door, struct id id)
{
	const struct policy_recipient *recipient = recipient_of(request);
	struct person person;
	struct err err;

	for (size_t i = 0; i < request->tenant->policy->class_count; i++) {
		const struct policy_class *class = &request->tenant->policy->classes[i];
		if ((recipient->receives >> i & 1) != 0 &&
		    policy_index_find(class, STR("email")) != NULL &&
		    people_get(door, request->site->people, id, request->arena, &person,
		               &err) == RC_OK &&
		    person.name.len != 0)
			return person.name;
	}
	return id_to_str(request->arena, id);
}

enum rc
shared_show(struct request *request, struct doc *doc, struct err *err)
{
	static const struct doc_field fields[] = { { "id", DOC_TEXT, NULL, NULL },
		                                   { "name", DOC_TEXT, NULL, "Person" } };
	const struct policy_recipient *recipient = recipient_of(request);
	struct door door = request->door;
	struct sharers sharers;
	struct doc_part *rows;

	doc_page_text(doc, "page_title", request_say(request, "Who shares with me"));
	rows = doc_rows(doc, "people", fields, COUNT_OF(fields));
	if (recipient == NULL)
		return RC_OK;
	door.purpose = recipient->purpose;
	TRY(vault_sharers(&door, request->arena, &sharers, err));
	for (size_t i = 0; i < sharers.count; i++) {
		struct doc_cell *cells = doc_row(doc, rows);
		cell_text(&cells[0], id_to_str(request->arena, sharers.subjects[i]));
		cell_text(&cells[1], name_of(request, &door, sharers.subjects[i]));
	}
	return RC_OK;
}

static const struct doc_field class_fields[] = { { "class", DOC_TEXT, NULL, NULL },
	                                         { "says", DOC_TEXT, NULL, "What" },
	                                         { "records", DOC_INT, NULL, "Records" } };

/* Of one class, what the role may read of others; a page of it is enough to say. */
static MUST_CHECK enum rc
class_count(const struct door *door, const struct policy_class *class, struct id subject,
            struct vault_records *records, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct record_query query = { .subject = subject, .limit = LIMIT_PAGE_ROWS };

	arena_init(&arena, 64 * MIB);
	return vault_list(door, class->name, &query, &arena, records, err);
}

enum rc
shared_person_show(struct request *request, struct doc *doc, struct err *err)
{
	const struct policy *policy = request->tenant->policy;
	const struct policy_recipient *recipient = recipient_of(request);
	const struct policy_role *role = decide_role(policy, &request->actor);
	struct door door = request->door;
	struct doc_part *rows;
	struct id subject;

	if (recipient == NULL || id_parse(request->params[0], &subject, err) != RC_OK)
		return FAIL(err, RC_NOT_FOUND, "nobody of that id shares with you");
	door.purpose = recipient->purpose;
	doc_page_text(doc, "page_title", request_say(request, "What is shared with me"));
	rows = doc_rows(doc, "classes", class_fields, COUNT_OF(class_fields));
	for (size_t i = 0; i < policy->class_count; i++) {
		const struct policy_class *class = &policy->classes[i];
		struct vault_records records;
		struct doc_cell *cells;
		if ((recipient->receives >> i & 1) == 0 ||
		    policy_role_scope(role, VERB_READ, (int)i, STR_EMPTY) < SCOPE_SHARED)
			continue;
		TRY(class_count(&door, class, subject, &records, err));
		cells = doc_row(doc, rows);
		cell_text(&cells[0], class->name);
		cell_text(&cells[1], class->says);
		cell_int(&cells[2], (int64_t)records.count);
	}
	return RC_OK;
}
