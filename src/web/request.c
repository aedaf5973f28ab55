#include "web/request.h"

#include <assert.h>

#include "web/exchange.h"
#include "web/form.h"

struct str
request_query(const struct request *request, const char *name)
{
	return pairs_find(&request->query, str_from_c(name));
}

struct str
request_form(const struct request *request, const char *name)
{
	return pairs_find(&request->form, str_from_c(name));
}

struct str
request_header(const struct request *request, const char *name)
{
	struct str wanted = str_from_c(name);

	for (size_t i = 0; i < request->headers.count; i++) {
		if (str_eq_nocase(request->headers.items[i].name, wanted))
			return request->headers.items[i].value;
	}
	return STR_EMPTY;
}

bool
request_has_query(const struct request *request, const char *name)
{
	struct str wanted = str_from_c(name);

	for (size_t i = 0; i < request->query.count; i++) {
		if (str_eq(request->query.items[i].name, wanted))
			return true;
	}
	return false;
}

enum rc
request_json(struct request *request, const struct json_object **root, struct err *err)
{
	struct exchange *exchange = request->exchange;

	if (!exchange->has_json) {
		if (request->body.len == 0)
			return FAIL(err, RC_SYNTAX, "the body is empty");
		TRY(json_parse(&exchange->json, request->body, err));
		exchange->has_json = true;
	}
	*root = exchange->json.root;
	return RC_OK;
}

enum rc
request_redirect(struct request *request, struct str path)
{
	request->response.status = 303;
	request->response.location =
	    str_printf(request->arena, "%.*s%.*s", STR_ARGS(request->prefix), STR_ARGS(path));
	return RC_OK;
}

/* A control character in a header would let its value end the line: our own
 * callers never send one, so the answer stops rather than leaves that way. */
void
response_header(struct request *request, const char *name, struct str value)
{
	struct err err;

	for (size_t i = 0; i < value.len; i++)
		assert((unsigned char)value.ptr[i] >= ' ' && value.ptr[i] != 127);
	if (pairs_add(&request->response.headers, str_from_c(name), value, &err) != RC_OK)
		assert(!"a handler sets a bounded number of headers");
}

static const struct doc_field error_fields[] = {
	{ "field", DOC_TEXT, NULL, "Field" },
	{ "text", DOC_TEXT, NULL, "What to change" },
};

static const char *
part_name(struct request *request, const char *prefix, struct str field)
{
	return str_to_c(request->arena,
	                str_printf(request->arena, "%s%.*s", prefix, STR_ARGS(field)));
}

static void
values_keep(struct request *request, struct doc *doc)
{
	for (size_t i = 0; i < request->form.count; i++) {
		const struct pair *pair = &request->form.items[i];
		const char *name = part_name(request, "value_", pair->name);
		if (!str_eq(pair->name, STR("csrf")) && doc_find(doc, str_from_c(name)) == NULL)
			doc_page_text(doc, name, pair->value);
	}
}

void
request_field_error(struct request *request, struct doc *doc, const char *field,
                    struct str text)
{
	const char *name = part_name(request, "error_", str_from_c(field));
	struct doc_cell *cells;

	if (request->exchange->errors == NULL) {
		request->exchange->errors =
		    doc_rows(doc, "errors", error_fields, COUNT_OF(error_fields));
		request->response.status = 422;
		values_keep(request, doc);
	}
	cells = doc_row(doc, request->exchange->errors);
	cell_text(&cells[0], str_from_c(field));
	cell_text(&cells[1], text);
	if (doc_find(doc, str_from_c(name)) == NULL)
		doc_page_text(doc, name, text);
}

bool
request_has_errors(const struct request *request)
{
	return request->exchange->errors != NULL;
}

/* The only words that `?done=` may hold; anything else shows nothing. */
static const struct {
	struct str word;
	const char *text;
} notices[] = {
	{ { "saved", 5 }, "Your changes are saved." },
	{ { "added", 5 }, "Added." },
	{ { "removed", 7 }, "Removed." },
	{ { "sent", 4 }, "Sent." },
	{ { "revoked", 7 }, "Revoked: it no longer works." },
	{ { "ended", 5 }, "Ended." },
	{ { "shared", 6 }, "Shared. You can end this at any time." },
	{ { "stopped", 7 }, "Sharing is stopped." },
	{ { "invited", 7 }, "The invitation is on its way." },
	{ { "requested", 9 }, "Your request is recorded." },
	{ { "withdrawn", 9 }, "Withdrawn." },
	{ { "suspended", 9 }, "Suspended." },
	{ { "restored", 8 }, "Restored." },
	{ { "signed-out", 10 }, "You are signed out." },
	{ { "enrolled", 8 }, "Your second factor is set up." },
	{ { "confirmed", 9 }, "Confirmed." },
	{ { "erased", 6 }, "Erased." },
};

struct str
request_notice(const struct request *request)
{
	struct str word = request_query(request, "done");

	for (size_t i = 0; i < COUNT_OF(notices); i++) {
		if (str_eq(notices[i].word, word))
			return request_say(request, notices[i].text);
	}
	return STR_EMPTY;
}

struct str
request_say(const struct request *request, const char *text)
{
	return language_text(request->language, str_from_c(text));
}

void
request_at_end(struct request *request, void (*fn)(void *arg), void *arg)
{
	assert(request->ending_count < REQUEST_ENDINGS_MAX);
	request->endings[request->ending_count++] = (struct ending){ fn, arg };
}
