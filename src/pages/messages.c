/*
 * What the person was told.  Opening a message marks it as read: the one thing beside the
 * offer of a second factor that a GET changes.
 */
#include "office/change.h"
#include "office/told.h"
#include "pages/handlers.h"

static const struct doc_field message_fields[] = {
	{ "id", DOC_TEXT, NULL, NULL },           { "kind", DOC_TEXT, NULL, "Kind" },
	{ "subject", DOC_TEXT, NULL, "Subject" }, { "sent", DOC_TIME, NULL, "Sent" },
	{ "channel", DOC_TEXT, NULL, "By" },      { "is_unread", DOC_BOOL, NULL, "Unread" },
};

static void
message_fill(struct request *request, struct doc_cell *cells, const struct told *told)
{
	cell_text(&cells[0], id_to_str(request->arena, told->id));
	cell_text(&cells[1], told->kind);
	cell_text(&cells[2], told->subject);
	cell_int(&cells[3], told->sent_us);
	cell_text(&cells[4], told->channel);
	cell_int(&cells[5], told->is_unread);
}

enum rc
messages_show(struct request *request, struct doc *doc, struct err *err)
{
	struct told_list list = { 0 };
	struct doc_part *rows;

	TRY(told_list(&request->door, request->site->office, request->arena, &list, err));
	doc_page_text(doc, "page_title", request_say(request, "What we told you"));
	rows = doc_rows(doc, "messages", message_fields, COUNT_OF(message_fields));
	for (size_t i = 0; i < list.count; i++)
		message_fill(request, doc_row(doc, rows), &list.items[i]);
	return RC_OK;
}

static void
lines_part(struct doc *doc, struct str text)
{
	static const struct doc_field fields[] = { { "line", DOC_TEXT, NULL, NULL } };
	struct doc_part *rows = doc_rows(doc, "lines", fields, COUNT_OF(fields));
	struct str line;

	rows->is_for_page_only = true;
	while (text.len != 0) {
		text = str_cut(text, '\n', &line);
		cell_text(&doc_row(doc, rows)[0], line);
	}
}

enum rc
message_show(struct request *request, struct doc *doc, struct err *err)
{
	struct told told;
	struct id id;

	if (id_parse(request->params[0], &id, err) != RC_OK)
		return FAIL(err, RC_NOT_FOUND, "no such message of yours");
	TRY(told_open(&request->door, request->site->office, id, request->arena, &told, err));
	doc_page_text(doc, "page_title", told.subject);
	message_fill(request,
	             doc_record(doc, "message", message_fields, COUNT_OF(message_fields)),
	             &told);
	doc_text(doc, "text", told.text);
	lines_part(doc, told.text);
	doc_page_bool(doc, "is_policy", str_eq(told.kind, STR("policy")));
	return RC_OK;
}
