/*
 * The mail of a demonstration: what would have been sent, for anybody to read.
 * No other data directory has this page.
 */
#include "pages/handlers.h"

/* The first address in the text, for the button below it. */
static struct str
link_of(struct str text)
{
	struct str scheme = STR("https://");
	const char *at =
	    text.len == 0 ? NULL : memmem(text.ptr, text.len, scheme.ptr, scheme.len);
	struct str link = STR_EMPTY;

	if (at == NULL)
		return link;
	link.ptr = at;
	while (at + link.len < text.ptr + text.len && (unsigned char)at[link.len] > ' ')
		link.len++;
	return link;
}

enum rc
inbox_show(struct request *request, struct doc *doc, struct err *err)
{
	static const struct doc_field fields[] = {
		{ "to", DOC_TEXT, NULL, "To" },     { "subject", DOC_TEXT, NULL, "Subject" },
		{ "at", DOC_TIME, NULL, "Sent" },   { "text", DOC_TEXT, NULL, "Text" },
		{ "link", DOC_TEXT, NULL, "Link" },
	};
	struct message *messages;
	struct doc_part *rows;
	size_t count;

	if (!request->site->is_demo)
		return FAIL(err, RC_NOT_FOUND, "there is no such page");
	TRY(notice_inbox(request->site->notice, request->tenant, request->arena, &messages,
	                 &count, err));
	doc_page_text(doc, "page_title", request_say(request, "Mail of this demonstration"));
	rows = doc_rows(doc, "letters", fields, COUNT_OF(fields));
	for (size_t i = 0; i < count; i++) {
		struct doc_cell *cells = doc_row(doc, rows);
		struct str link = link_of(messages[i].text);
		cell_text(&cells[0], messages[i].to);
		cell_text(&cells[1], messages[i].subject);
		cell_int(&cells[2], messages[i].created_us);
		cell_text(&cells[3], messages[i].text);
		if (link.len != 0)
			cell_text(&cells[4], link);
	}
	return RC_OK;
}
