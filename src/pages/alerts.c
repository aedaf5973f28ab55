/*
 * Alerts: open ones first, each acknowledged with a note of what was found.
 */
#include "office/alert.h"

#include "pages/registers.h"

#define ALERTS_SHOWN 100

static const struct doc_field alert_fields[] = {
	{ "id", DOC_TEXT, NULL, "Number" },     { "at", DOC_TIME, NULL, "Raised" },
	{ "what", DOC_TEXT, NULL, "What" },     { "severity", DOC_TEXT, NULL, "Severity" },
	{ "tag", DOC_TEXT, NULL, NULL },        { "title", DOC_TEXT, NULL, "Title" },
	{ "text", DOC_TEXT, NULL, "Text" },     { "state", DOC_TEXT, NULL, "State" },
	{ "about", DOC_TEXT, NULL, "About" },   { "sent", DOC_TIME, NULL, "Sent" },
	{ "closed", DOC_TIME, NULL, "Closed" }, { "note", DOC_TEXT, NULL, "Note" },
	{ "about_path", DOC_TEXT, NULL, NULL }, { "error", DOC_TEXT, NULL, NULL },
	{ "value", DOC_TEXT, NULL, NULL },
};

/* Alerts about a person's doing lead there; others to the register they stand in. */
static struct str
path_of(const struct request *request, const struct register_entry *alert)
{
	struct str what = alert->reference;

	if (alert->contact.len == 0)
		return STR_EMPTY;
	if (str_eq(what, STR("incident")))
		return str_printf(request->arena, "/admin/registers/incident/%.*s",
		                  STR_ARGS(alert->contact));
	if (str_starts_with(what, STR("attestation")))
		return str_printf(request->arena, "/admin/registers/attestation/%.*s",
		                  STR_ARGS(alert->contact));
	if (str_starts_with(what, STR("training")))
		return str_printf(request->arena, "/admin/registers/training/%.*s",
		                  STR_ARGS(alert->contact));
	return str_printf(request->arena, "/admin/people/%.*s", STR_ARGS(alert->contact));
}

/* What was said when it was raised, and after an empty line what was found. */
static struct str
text_cut(struct str text, struct str *note)
{
	const char *at = memmem(text.ptr, text.len, "\n\n", 2);

	*note = STR_EMPTY;
	if (at == NULL)
		return text;
	note->ptr = at + 2;
	note->len = (size_t)(text.ptr + text.len - note->ptr);
	text.len = (size_t)(at - text.ptr);
	return text;
}

static const char *
tag_of(struct str severity)
{
	return str_eq(severity, STR("high"))     ? "failed"
	       : str_eq(severity, STR("medium")) ? "due"
	                                         : "requested";
}

static void
alert_fill(struct request *request, struct doc_cell *cells, const struct register_entry *alert)
{
	bool is_closed = !str_eq(alert->state, STR("open"));
	struct str path = path_of(request, alert);
	struct str text = alert->text;
	struct str note = STR_EMPTY;

	if (is_closed)
		text = text_cut(text, &note);
	cell_text(&cells[0], id_to_str(request->arena, alert->id));
	cell_int(&cells[1], alert->at_us);
	cell_text(&cells[2], alert->reference);
	cell_text(&cells[3], alert->severity);
	cell_text(&cells[4], str_from_c(tag_of(alert->severity)));
	cell_text(&cells[5], alert->title);
	cell_text(&cells[6], text);
	cell_text(&cells[7], alert->state);
	if (alert->contact.len != 0)
		cell_text(&cells[8], alert->contact);
	if (alert->notified_us != 0)
		cell_int(&cells[9], alert->notified_us);
	if (alert->closed_us != 0)
		cell_int(&cells[10], alert->closed_us);
	if (note.len != 0)
		cell_text(&cells[11], note);
	if (path.len != 0)
		cell_text(&cells[12], path);
}

static MUST_CHECK enum rc
alerts_part(struct request *request, struct doc *doc, const char *state, const char *part,
            struct err *err)
{
	struct register_query query = { .kind = STR("alert"),
		                        .state = str_from_c(state),
		                        .limit = ALERTS_SHOWN,
		                        .is_newest_first = true };
	struct doc_part *rows = doc_rows(doc, part, alert_fields, COUNT_OF(alert_fields));
	const struct doc_part *error = doc_find(doc, STR("error_note"));
	struct str at = request_form(request, "alert");
	struct register_entries alerts;

	TRY(register_list(&request->door, request->site->office, &query, request->arena,
	                  &alerts, err));
	for (size_t i = 0; i < alerts.count; i++) {
		struct doc_cell *cells = doc_row(doc, rows);
		alert_fill(request, cells, &alerts.items[i]);
		if (error != NULL && str_eq(cells[0].text, at))
			cell_text(&cells[13], error->cells[0].text);
	}
	return RC_OK;
}

static MUST_CHECK enum rc
alerts_page(struct request *request, struct doc *doc, struct err *err)
{
	register_reason(request);
	doc_page_text(doc, "page_title", STR("Alerts"));
	doc_page_text(doc, "lead", STR("What the program noticed and a person must look at."));
	register_crumbs(doc, NULL, NULL);
	TRY(alerts_part(request, doc, "open", "alerts", err));
	return alerts_part(request, doc, "acknowledged", "done", err);
}

enum rc
alerts_show(struct request *request, struct doc *doc, struct err *err)
{
	return alerts_page(request, doc, err);
}

enum rc
alert_submit(struct request *request, struct doc *doc, struct err *err)
{
	struct str note = str_trim(request_form(request, "note"));
	struct id id;

	register_reason(request);
	if (id_parse(request_form(request, "alert"), &id, err) != RC_OK)
		return FAIL(err, RC_NOT_FOUND, "there is no such alert");
	if (note.len == 0) {
		request_field_error(request, doc, "note",
		                    request_say(request, "Say what you found"));
		return alerts_page(request, doc, err);
	}
	TRY(alert_acknowledge(&request->door, request->site->office, id, note, err));
	return request_redirect(request, STR("/admin/alerts?done=confirmed"));
}
