/*
 * Telling the people concerned of a breach (GDPR Art. 34, 45 CFR 164.404): to whom,
 * what, a look at it, then it goes; the register has a notice with the count.
 *
 * Whoever is told twice of one notice, because the button was pressed twice or the
 * server stopped in between, gets it once (office_tell_once).
 */
#include "office/tell.h"

#include "pages/registers.h"

#define SUBJECT_BYTES 150
#define TEXT_BYTES    8000
#define ADDRESSES_MAX 500
#define MARK_DIGITS   8

static const struct actor system_actor = { .kind = ACTOR_SYSTEM };

struct breach {
	struct request *request;
	struct register_entry incident;
	struct str subject, text, role, addresses;
	struct id *people;
	size_t count, capacity;
	size_t unknown; /* line of the first address that nobody has; 0: none */
	int64_t notices;
};

/* --- whom ------------------------------------------------------------------------------- */

static void
person_add(struct breach *breach, struct id person)
{
	for (size_t i = 0; i < breach->count; i++) {
		if (id_eq(breach->people[i], person))
			return;
	}
	if (breach->count == breach->capacity) {
		size_t capacity = breach->capacity == 0 ? 64 : 2 * breach->capacity;
		struct id *people =
		    arena_alloc(breach->request->arena, capacity * sizeof(*people), 8);
		if (breach->count != 0)
			memcpy(people, breach->people, breach->count * sizeof(*people));
		breach->people = people;
		breach->capacity = capacity;
	}
	breach->people[breach->count++] = person;
}

static struct door
people_door_of(const struct request *request)
{
	return (struct door){ request->site->vault, request->tenant, &system_actor,
		              STR("security") };
}

static MUST_CHECK enum rc
addresses_find(struct breach *breach, struct err *err)
{
	struct door door = people_door_of(breach->request);
	struct str left = breach->addresses;
	struct str line;

	for (size_t number = 1; left.len != 0 && number <= ADDRESSES_MAX; number++) {
		struct person person;
		enum rc rc;
		left = str_cut(left, '\n', &line);
		line = str_trim(line);
		if (line.len == 0)
			continue;
		rc = people_find(&door, breach->request->site->people, line,
		                 breach->request->arena, &person, err);
		if ((rc == RC_NOT_FOUND || rc == RC_INVALID) && breach->unknown == 0)
			breach->unknown = number;
		if (rc == RC_NOT_FOUND || rc == RC_INVALID)
			continue;
		TRY(rc);
		person_add(breach, person.id);
	}
	if (left.len != 0)
		return FAIL(err, RC_INVALID, "addresses: at most %d lines", ADDRESSES_MAX);
	return RC_OK;
}

static MUST_CHECK enum rc
role_find(struct breach *breach, struct err *err)
{
	struct door door = people_door_of(breach->request);
	struct id after = { { 0 } };
	struct persons persons;

	do {
		CLEANUP(arena_free) struct arena arena = { 0 };
		arena_init(&arena, 16 * MIB);
		TRY(people_list(&door, breach->request->site->people, after, LIMIT_PAGE_ROWS,
		                &arena, &persons, err));
		for (size_t i = 0; i < persons.count; i++) {
			const struct person *person = &persons.items[i];
			after = person->id;
			if (str_eq(person->role, breach->role) && person->state != PERSON_LEFT)
				person_add(breach, person->id);
		}
	} while (persons.count != 0);
	return RC_OK;
}

/* --- reading the form -------------------------------------------------------------------- */

static MUST_CHECK enum rc
breach_begin(struct request *request, struct breach *breach, struct err *err)
{
	struct id id;

	*breach = (struct breach){ .request = request };
	register_reason(request);
	if (id_parse(request->params[0], &id, err) != RC_OK)
		return FAIL(err, RC_NOT_FOUND, "there is no such incident");
	TRY(register_get(&request->door, request->site->office, id, request->arena,
	                 &breach->incident, err));
	if (!str_eq(breach->incident.kind, STR("incident")))
		return FAIL(err, RC_NOT_FOUND, "there is no such incident");
	return RC_OK;
}

static void
breach_check(struct breach *breach, struct doc *doc)
{
	struct request *request = breach->request;

	if (breach->subject.len == 0 || breach->subject.len > SUBJECT_BYTES)
		request_field_error(request, doc, "subject",
		                    request_say(request, "One line of at most 150 letters"));
	if (breach->text.len == 0 || breach->text.len > TEXT_BYTES)
		request_field_error(request, doc, "text",
		                    request_say(request, "Say what happened and what to do"));
	if (breach->unknown != 0)
		request_field_error(
		    request, doc, "addresses",
		    str_printf(request->arena, "%.*s (%zu)",
		               STR_ARGS(request_say(request, "Nobody here has this address")),
		               breach->unknown));
	else if (breach->count == 0)
		request_field_error(request, doc, "addresses",
		                    request_say(request, "Choose who is told"));
}

static MUST_CHECK enum rc
breach_take(struct breach *breach, struct doc *doc, struct err *err)
{
	struct request *request = breach->request;

	breach->subject = str_trim(request_form(request, "subject"));
	breach->text = str_trim(request_form(request, "text"));
	breach->role = request_form(request, "role");
	breach->addresses = str_trim(request_form(request, "addresses"));
	TRY(addresses_find(breach, err));
	if (policy_role_find(request->tenant->policy, breach->role) != NULL)
		TRY(role_find(breach, err));
	breach_check(breach, doc);
	return RC_OK;
}

/* --- showing -------------------------------------------------------------------------------
 */

static MUST_CHECK enum rc
breach_page(struct breach *breach, struct doc *doc, bool is_preview)
{
	struct request *request = breach->request;

	doc_page_text(doc, "page_title", request_say(request, "Tell the people concerned"));
	doc_page_text(doc, "incident", id_to_str(request->arena, breach->incident.id));
	doc_page_text(doc, "incident_title", breach->incident.title);
	register_crumbs(doc, "/admin/registers/incident", "Incidents");
	roles_part(request, doc, breach->role, 0);
	doc_bool(doc, "is_preview", is_preview);
	if (!is_preview)
		return RC_OK;
	doc_int(doc, "count", (int64_t)breach->count);
	doc_page_text(doc, "subject", breach->subject);
	doc_page_text(doc, "text", breach->text);
	doc_page_text(doc, "role", breach->role);
	doc_page_text(doc, "addresses", breach->addresses);
	return RC_OK;
}

enum rc
breach_tell_show(struct request *request, struct doc *doc, struct err *err)
{
	struct breach breach;

	TRY(breach_begin(request, &breach, err));
	return breach_page(&breach, doc, false);
}

/* --- sending --------------------------------------------------------------------------------
 */

/* How many notices there are already: each is an occasion of its own. */
static MUST_CHECK enum rc
notices_count(struct breach *breach, struct err *err)
{
	struct request *request = breach->request;
	struct register_query query = { .kind = STR("notice"), .limit = LIMIT_PAGE_ROWS };
	struct str number = id_to_str(request->arena, breach->incident.id);
	struct register_entries notices;

	TRY(register_list(&request->door, request->site->office, &query, request->arena,
	                  &notices, err));
	for (size_t i = 0; i < notices.count; i++)
		breach->notices += str_eq(notices.items[i].reference, number);
	return RC_OK;
}

static MUST_CHECK enum rc
breach_send(struct breach *breach, struct err *err)
{
	struct request *request = breach->request;
	struct str number = id_to_str(request->arena, breach->incident.id);
	struct str mark =
	    str_printf(request->arena, "%.*s-%lld", MARK_DIGITS,
	               number.ptr + number.len - MARK_DIGITS, (long long)breach->notices + 1);
	struct telling telling = { .kind = "breach",
		                   .subject =
		                       str_printf(request->arena, "%.*s (%.*s)",
		                                  STR_ARGS(breach->subject), STR_ARGS(mark)),
		                   .text = breach->text,
		                   .by_mail = true,
		                   .by_page = true };
	struct tell_once once = { &telling, mark, breach->incident.at_us };
	struct register_entry notice = { .kind = STR("notice"),
		                         .title = telling.subject,
		                         .text = breach->text,
		                         .reference = number };

	for (size_t i = 0; i < breach->count; i++) {
		enum rc rc;
		telling.person = breach->people[i];
		rc = office_tell_once(request->site->office, request->tenant, &once, err);
		if (rc != RC_OK && rc != RC_GONE && rc != RC_NOT_FOUND)
			return rc;
		notice.people += rc == RC_OK; /* else erased at this moment */
	}
	notice.at_us = notice.notified_us = request->now_us;
	return register_put(&request->door, request->site->office, &notice, err);
}

enum rc
breach_tell_submit(struct request *request, struct doc *doc, struct err *err)
{
	struct breach breach;

	TRY(breach_begin(request, &breach, err));
	TRY(breach_take(&breach, doc, err));
	if (request_has_errors(request))
		return breach_page(&breach, doc, false);
	if (request_form(request, "confirmed").len == 0)
		return breach_page(&breach, doc, true);
	TRY(notices_count(&breach, err));
	TRY(breach_send(&breach, err));
	return request_redirect(request, str_printf(request->arena,
	                                            "/admin/registers/incident/%.*s?done=sent",
	                                            STR_ARGS(request->params[0])));
}
