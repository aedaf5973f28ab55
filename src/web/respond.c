/*
 * What the handler left, in the representation that was chosen.
 *
 * A document that fits one piece leaves whole, with its length and a proper
 * status if a row fails; a longer one is sent piece by piece, in flat memory.
 */
#include "base/broken.h"
#include "web/exchange.h"
#include "web/form.h"

static const struct {
	const char *name;
	struct str value;
} always[] = {
	/* Nothing from another origin, nothing inline, no frames.  A page of ours
	 * that needs more is changed, not this line. */
	{ "Content-Security-Policy",
	  STR("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
	      "font-src 'self'; connect-src 'self'; media-src 'self'; form-action 'self'; "
	      "frame-ancestors 'none'; base-uri 'none'") },
	{ "Strict-Transport-Security", STR("max-age=31536000") },
	{ "X-Content-Type-Options", STR("nosniff") },
	{ "Referrer-Policy", STR("no-referrer") },
	{ "Cross-Origin-Opener-Policy", STR("same-origin") },
	{ "Cross-Origin-Resource-Policy", STR("same-origin") },
	{ "Permissions-Policy",
	  STR("camera=(), geolocation=(), payment=(), usb=(), microphone=(self)") },
};

void
reply_header(struct exchange *exchange, const char *name, struct str value)
{
	struct err err;

	if (pairs_add(&exchange->reply.headers, str_from_c(name), value, &err) != RC_OK)
		assert(!"an answer has a bounded number of headers");
}

static bool
reply_has(const struct exchange *exchange, struct str name)
{
	for (size_t i = 0; i < exchange->reply.headers.count; i++) {
		if (str_eq_nocase(exchange->reply.headers.items[i].name, name))
			return true;
	}
	return false;
}

void
reply_finish(struct exchange *exchange)
{
	struct request *request = &exchange->request;

	for (size_t i = 0; i < request->response.headers.count; i++) {
		const struct pair *header = &request->response.headers.items[i];
		DISCARD(pairs_add(&exchange->reply.headers, header->name, header->value,
		                  &(struct err){ 0 }),
		        "an answer with 256 headers may lose one");
	}
	if (request->response.location.len != 0)
		reply_header(exchange, "Location", request->response.location);
	for (size_t i = 0; i < exchange->set_cookies.count; i++)
		reply_header(exchange, "Set-Cookie", exchange->set_cookies.items[i].value);
	if (broken("cookies.declared"))
		reply_header(exchange, "Set-Cookie", STR("track=1"));
	for (size_t i = 0; i < COUNT_OF(always); i++)
		reply_header(exchange, always[i].name, always[i].value);
	if (!reply_has(exchange, STR("Cache-Control")))
		reply_header(exchange, "Cache-Control", STR("no-store"));
	if (!reply_has(exchange, STR("Vary")) && request->tenant != NULL)
		reply_header(exchange, "Vary", STR("Accept, Accept-Language, Cookie"));
}

static enum rc
doc_more(void *state, struct buf *out, bool *more, struct err *err)
{
	struct exchange *exchange = state;

	if (exchange->format == FORMAT_CSV)
		return doc_csv_more(&exchange->writer, out, more, err);
	return doc_json_more(&exchange->writer, out, more, err);
}

/* The first piece is made here, so that an early failure has a status. */
static enum rc
source_start(struct exchange *exchange, struct body_source source, struct err *err)
{
	struct str text;
	bool more = true;

	exchange->page.len = 0;
	TRY(source.more(source.state, &exchange->page, &more, err));
	TRY(buf_finish(&exchange->page, &text, err));
	if (more)
		exchange->reply.source = source;
	exchange->reply.body = text;
	return RC_OK;
}

static enum rc
doc_respond(struct exchange *exchange, struct err *err)
{
	reply_header(exchange, "Content-Type", format_type(exchange->format));
	if (exchange->format == FORMAT_HTML) {
		TRY(page_render(exchange, exchange->request.route->template, err));
		return buf_finish(&exchange->page, &exchange->reply.body, err);
	}
	doc_writer_init(&exchange->writer, &exchange->doc);
	return source_start(exchange, (struct body_source){ doc_more, exchange }, err);
}

enum rc
respond(struct exchange *exchange, struct err *err)
{
	struct response *response = &exchange->request.response;
	bool has_data = response->body.len != 0 || response->source.more != NULL;

	if (broken("cookies.optional") && exchange->request.tenant != NULL &&
	    exchange->request.cookies.count == 0)
		return FAIL(err, RC_IO, "a cookie is missing");
	exchange->reply.status = response->status == 0 ? 200 : response->status;
	if (exchange->reply.status == 303 || exchange->reply.status == 304 ||
	    exchange->reply.status == 204)
		return RC_OK;
	if (exchange->request.route->answer == ANSWER_DOC && !has_data)
		return doc_respond(exchange, err);
	if (response->type.len != 0)
		reply_header(exchange, "Content-Type", response->type);
	if (response->source.more != NULL)
		return source_start(exchange, response->source, err);
	exchange->reply.body = response->body;
	return RC_OK;
}
