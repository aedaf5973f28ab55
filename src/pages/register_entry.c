/*
 * One entry of a register: shown with its history, entered, changed, closed.  A change
 * makes the next version; nothing that was entered goes.
 */
#include "office/agreement.h"
#include "office/tell.h"
#include "pages/registers.h"

static const struct actor system_actor = { .kind = ACTOR_SYSTEM };

/* --- showing ---------------------------------------------------------------------------- */

static MUST_CHECK enum rc
entry_of_path(struct request *request, struct register_entry *entry, struct err *err)
{
	struct id id;

	register_reason(request);
	if (id_parse(request->params[1], &id, err) != RC_OK)
		return FAIL(err, RC_NOT_FOUND, "there is no such entry");
	TRY(register_get(&request->door, request->site->office, id, request->arena, entry,
	                 err));
	if (!str_eq(entry->kind, request->params[0]))
		return FAIL(err, RC_NOT_FOUND, "there is no such entry");
	return RC_OK;
}

/* What was entered, as labels and values. */
static void
facts_part(struct doc *doc, const struct doc_part *inputs)
{
	static const struct doc_field fields[] = { { "label", DOC_TEXT, NULL, "Field" },
		                                   { "value", DOC_TEXT, NULL, "Value" } };
	struct doc_part *rows = doc_rows(doc, "facts", fields, COUNT_OF(fields));

	rows->is_for_page_only = true;
	for (size_t i = 0; i < inputs->row_count; i++) {
		const struct doc_cell *input = &inputs->cells[i * inputs->field_count];
		struct doc_cell *cells;
		if (input[15].text.len == 0)
			continue;
		cells = doc_row(doc, rows);
		cell_text(&cells[0], input[1].text);
		cell_text(&cells[1], input[15].text);
	}
}

/* Who of the staff: the name, which the register's readers may know. */
static struct str
name_of(struct request *request, struct str by)
{
	struct door door = { request->site->vault, request->tenant, &system_actor,
		             STR("security") };
	struct person person;
	struct err ignored;
	struct id id;

	if (id_parse(by, &id, &ignored) != RC_OK)
		return request_say(request, "the program");
	if (id_eq(id, request->actor.id))
		return request_say(request, "you");
	if (people_get(&door, request->site->people, id, request->arena, &person, &ignored) !=
	    RC_OK)
		return request_say(request, "somebody who has left");
	return person.name;
}

static MUST_CHECK enum rc
history_part(struct request *request, struct doc *doc, struct id id, struct err *err)
{
	static const struct doc_field fields[] = { { "version", DOC_INT, NULL, "Version" },
		                                   { "title", DOC_TEXT, NULL, "What" },
		                                   { "state", DOC_TEXT, NULL, "State" },
		                                   { "who", DOC_TEXT, NULL, "By" },
		                                   { "changed", DOC_TIME, NULL, "When" } };
	struct vault_records records;
	struct register_entries versions;
	struct doc_part *rows;

	TRY(register_history(&request->door, request->site->office, id, request->arena,
	                     &versions, err));
	TRY(vault_history(&request->door, STR("register"), id, request->arena, &records, err));
	rows = doc_rows(doc, "history", fields, COUNT_OF(fields));
	for (size_t i = 0; i < versions.count && i < records.count; i++) {
		struct doc_cell *cells = doc_row(doc, rows);
		cell_int(&cells[0], versions.items[i].version);
		cell_text(&cells[1], versions.items[i].title);
		cell_text(&cells[2], versions.items[i].state);
		cell_text(&cells[3], name_of(request, versions.items[i].by));
		cell_int(&cells[4], records.items[i].updated_us);
	}
	return RC_OK;
}

/* GDPR Art. 33 and 34 in four steps. */
static void
steps_show(struct doc *doc, const struct register_entry *entry, int64_t told)
{
	static const struct doc_field fields[] = { { "label", DOC_TEXT, NULL, "Step" },
		                                   { "is_done", DOC_BOOL, NULL, "Done" } };
	const struct {
		const char *label;
		bool is_done;
	} steps[] = { { "Noticed", true },
		      { "Assessed", entry->severity.len != 0 },
		      { "Authority told, or why not",
		        entry->notified_us != 0 || entry->basis.len != 0 },
		      { "People told", told != 0 } };
	struct doc_part *rows = doc_rows(doc, "steps", fields, COUNT_OF(fields));

	for (size_t i = 0; i < COUNT_OF(steps); i++) {
		struct doc_cell *cells = doc_row(doc, rows);
		cell_text(&cells[0], str_from_c(steps[i].label));
		cell_int(&cells[1], steps[i].is_done);
	}
}

/* The notices that name this incident. */
static MUST_CHECK enum rc
notices_part(struct request *request, struct doc *doc, const struct register_entry *entry,
             int64_t *told, struct err *err)
{
	static const struct doc_field fields[] = { { "id", DOC_TEXT, NULL, NULL },
		                                   { "title", DOC_TEXT, NULL, "What" },
		                                   { "people", DOC_INT, NULL, "People told" },
		                                   { "at", DOC_TIME, NULL, "Sent" } };
	struct register_query query = { .kind = STR("notice"),
		                        .limit = LIMIT_PAGE_ROWS,
		                        .is_newest_first = true };
	struct str number = id_to_str(request->arena, entry->id);
	struct doc_part *rows = doc_rows(doc, "notices", fields, COUNT_OF(fields));
	struct register_entries notices;

	TRY(register_list(&request->door, request->site->office, &query, request->arena,
	                  &notices, err));
	for (size_t i = 0; i < notices.count; i++) {
		const struct register_entry *notice = &notices.items[i];
		struct doc_cell *cells;
		if (!str_eq(notice->reference, number))
			continue;
		*told += 1;
		cells = doc_row(doc, rows);
		cell_text(&cells[0], id_to_str(request->arena, notice->id));
		cell_text(&cells[1], notice->title);
		cell_int(&cells[2], notice->people);
		cell_int(&cells[3], notice->at_us);
	}
	return RC_OK;
}

static MUST_CHECK enum rc
incident_parts(struct request *request, struct doc *doc, const struct register_entry *entry,
               struct err *err)
{
	static const struct need need = MAY(MANAGE, "notices");
	int64_t told = 0;

	TRY(notices_part(request, doc, entry, &told, err));
	steps_show(doc, entry, told);
	doc_page_bool(doc, "may_tell", need_holds(request, &need));
	return RC_OK;
}

static MUST_CHECK enum rc
entry_page(struct request *request, struct doc *doc, struct register_entry *entry,
           struct err *err)
{
	const struct register_page *page;
	const struct register_kind *kind;
	struct register_entries one = { entry, 1 };
	bool is_open = str_eq(entry->state, STR("open"));

	TRY(register_page_find(request->params[0], &page, &kind, err));
	doc_page_text(doc, "page_title", entry->title);
	doc_page_text(doc, "kind", str_from_c(page->kind));
	register_crumbs(doc,
	                str_to_c(request->arena,
	                         str_printf(request->arena, "/admin/registers/%s", page->kind)),
	                kind->title);
	register_rows(request, doc, page, &one);
	register_inputs_part(request, doc, page, entry);
	facts_part(doc, doc_find(doc, STR("inputs")));
	doc_page_bool(doc, "may_change",
	              register_may_write(request) && is_open && page->inputs[0].name != NULL);
	doc_page_bool(doc, "may_close",
	              register_may_write(request) && is_open &&
	                  strcmp(page->kind, "alert") != 0);
	doc_page_bool(doc, "is_alert", strcmp(page->kind, "alert") == 0);
	if (strcmp(page->kind, "alert") == 0)
		doc_page_text(doc, "text", entry->text);
	if (strcmp(page->kind, "incident") == 0)
		TRY(incident_parts(request, doc, entry, err));
	return history_part(request, doc, entry->id, err);
}

enum rc
register_entry_show(struct request *request, struct doc *doc, struct err *err)
{
	struct register_entry entry;

	TRY(entry_of_path(request, &entry, err));
	return entry_page(request, doc, &entry, err);
}

/* --- what follows from an entry ----------------------------------------------------------- */

/* Training counts for who was trained, before anything opens to them: agreement.h. */
static MUST_CHECK enum rc
training_put(struct request *request, const struct register_entry *entry, struct id person,
             struct err *err)
{
	struct door door = { request->site->vault, request->tenant, &system_actor, STR("law") };
	struct agreement agreement = { .person = person,
		                       .kind = STR("training"),
		                       .text = entry->title,
		                       .how = STR("paper"),
		                       .state = STR("accepted"),
		                       .document = entry->document,
		                       .by = id_to_str(request->arena, request->actor.id),
		                       .at_us = entry->at_us,
		                       .until_us = entry->until_us };

	return agreement_put(&door, request->site->office, &agreement, err);
}

/* GDPR Art. 28(2): a new processor is made known.  Clients are told by their contacts,
 * whom staff knows. */
static MUST_CHECK enum rc
processor_tell(struct request *request, const struct register_entry *entry, struct err *err)
{
	struct telling telling = {
		.kind = "processor",
		.subject =
		    str_printf(request->arena, "New processor: %.*s", STR_ARGS(entry->title)),
		.text = str_printf(request->arena,
		                   "%.*s\n\nRegion: %.*s\nContract: %.*s\n\nWhere we are a "
		                   "processor, clients may object (GDPR Art. 28(2)).",
		                   STR_ARGS(entry->text), STR_ARGS(entry->region),
		                   STR_ARGS(entry->basis)),
		.by_mail = true,
		.by_page = true,
	};

	return office_tell_staff(request->site->office, request->tenant, "requests", &telling,
	                         err);
}

/* --- entering ----------------------------------------------------------------------------- */

/* A person of the staff by address; false: the page says that there is none. */
static MUST_CHECK enum rc
trained_find(struct request *request, struct doc *doc, struct register_entry *entry,
             struct id *id, struct err *err)
{
	struct door door = { request->site->vault, request->tenant, &system_actor,
		             STR("security") };
	struct person person;
	enum rc rc = people_find(&door, request->site->people, entry->contact, request->arena,
	                         &person, err);

	if (rc == RC_NOT_FOUND || rc == RC_INVALID) {
		request_field_error(request, doc, "contact",
		                    request_say(request, "Nobody here has this address"));
		return RC_OK;
	}
	TRY(rc);
	if (id_eq(person.id, request->actor.id)) /* as in admin_steps_submit() */
		request_field_error(request, doc, "contact",
		                    request_say(request, "Somebody else must enter this for "
		                                         "you"));
	*id = person.id;
	entry->reference = id_to_str(request->arena, person.id);
	return RC_OK;
}

static MUST_CHECK enum rc
new_page(struct request *request, struct doc *doc, const struct register_page *page,
         const struct register_kind *kind, struct err *err)
{
	struct register_entry empty = { .kind = str_from_c(page->kind) };

	if (!page->is_made_here)
		return FAIL(err, RC_NOT_FOUND, "entries of this register are not made here");
	if (page->has_moments)
		empty.at_us = request->now_us;
	doc_page_text(doc, "page_title", request_say(request, "New entry"));
	doc_page_text(doc, "lead", str_from_c(page->lead));
	doc_page_text(doc, "kind", str_from_c(page->kind));
	register_crumbs(doc,
	                str_to_c(request->arena,
	                         str_printf(request->arena, "/admin/registers/%s", page->kind)),
	                kind->title);
	register_inputs_part(request, doc, page, &empty);
	return RC_OK;
}

enum rc
register_new_show(struct request *request, struct doc *doc, struct err *err)
{
	const struct register_page *page;
	const struct register_kind *kind;

	TRY(register_page_find(request->params[0], &page, &kind, err));
	return new_page(request, doc, page, kind, err);
}

static struct str
path_of(const struct request *request, const struct register_entry *entry, const char *done)
{
	return str_printf(request->arena, "/admin/registers/%.*s/%.*s?done=%s",
	                  STR_ARGS(request->params[0]),
	                  STR_ARGS(id_to_str(request->arena, entry->id)), done);
}

static MUST_CHECK enum rc
entry_add(struct request *request, struct register_entry *entry, struct id trained,
          struct err *err)
{
	TRY(register_put(&request->door, request->site->office, entry, err));
	if (!id_is_zero(trained))
		TRY(training_put(request, entry, trained, err));
	if (str_eq(entry->kind, STR("processor")))
		TRY(processor_tell(request, entry, err));
	return request_redirect(request, path_of(request, entry, "added"));
}

enum rc
register_new_submit(struct request *request, struct doc *doc, struct err *err)
{
	struct register_entry entry = { 0 };
	const struct register_page *page;
	const struct register_kind *kind;
	struct id trained = { { 0 } };

	TRY(register_page_find(request->params[0], &page, &kind, err));
	if (!page->is_made_here)
		return FAIL(err, RC_NOT_FOUND, "entries of this register are not made here");
	entry.kind = str_from_c(page->kind);
	register_inputs_take(request, doc, page, &entry);
	if (strcmp(page->kind, "training") == 0 && !request_has_errors(request))
		TRY(trained_find(request, doc, &entry, &trained, err));
	if (!request_has_errors(request))
		return entry_add(request, &entry, trained, err);
	return new_page(request, doc, page, kind, err);
}

/* --- changing, closing ----------------------------------------------------------------------
 */

static MUST_CHECK enum rc
version_take(const struct request *request, struct register_entry *entry, struct err *err)
{
	int64_t seen;

	TRY(str_to_i64(request_form(request, "version"), &seen, err));
	if (seen != entry->version)
		return FAIL(err, RC_CONFLICT, "somebody else changed it first");
	return RC_OK;
}

static bool
is_for_page(const struct request *request)
{
	return request->session != NULL && request->exchange->is_browser;
}

static MUST_CHECK enum rc
conflict_page(struct request *request, struct doc *doc, struct register_entry *entry,
              struct err *err)
{
	request_field_error(
	    request, doc, "title",
	    request_say(request, "Somebody else has changed it: look at the history"));
	request->response.status = 409;
	return entry_page(request, doc, entry, err);
}

enum rc
register_entry_submit(struct request *request, struct doc *doc, struct err *err)
{
	const struct register_page *page;
	const struct register_kind *kind;
	struct register_entry entry, stored;
	enum rc rc;

	TRY(register_page_find(request->params[0], &page, &kind, err));
	TRY(entry_of_path(request, &entry, err));
	stored = entry;
	rc = version_take(request, &entry, err);
	if (rc == RC_CONFLICT && is_for_page(request))
		return conflict_page(request, doc, &entry, err);
	TRY(rc);
	if (!str_eq(entry.state, STR("open")) || page->inputs[0].name == NULL)
		return FAIL(err, RC_CONFLICT, "it is closed");
	register_inputs_take(request, doc, page, &entry);
	if (request_has_errors(request))
		return entry_page(request, doc, &stored, err);
	if (kind->due_us != 0)
		entry.due_us = entry.at_us + kind->due_us;
	TRY(register_put(&request->door, request->site->office, &entry, err));
	return request_redirect(request, path_of(request, &entry, "saved"));
}

enum rc
register_close_submit(struct request *request, struct doc *doc, struct err *err)
{
	struct register_entry entry;

	TRY(entry_of_path(request, &entry, err));
	if (is_for_page(request) && request_form(request, "confirmed").len == 0) {
		doc_page_bool(doc, "confirm", true);
		return entry_page(request, doc, &entry, err);
	}
	TRY(version_take(request, &entry, err));
	if (!str_eq(entry.state, STR("open")) || str_eq(entry.kind, STR("alert")))
		return FAIL(err, RC_CONFLICT, "it is closed, or not closed here");
	entry.state = STR("closed");
	entry.closed_us = request->now_us;
	TRY(register_put(&request->door, request->site->office, &entry, err));
	return request_redirect(request, path_of(request, &entry, "ended"));
}
