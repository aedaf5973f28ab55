/*
 * The answer to an error: a page for people, problem JSON (RFC 9457) for
 * programs, an OperationOutcome (FHIR R4) on FHIR's addresses.
 *
 * The text of a 4xx tells the client what to change, so it is shown.  That of a
 * 5xx is for the operator: it is logged with the number that the client sees.
 */
#include "base/log.h"
#include "web/exchange.h"
#include "web/form.h"

static const struct {
	enum rc rc;
	const char *issue; /* FHIR R4 IssueType */
	const char *what_to_do;
} failures[] = {
	{ RC_SYNTAX, "structure", "Go back and try again." },
	{ RC_UNAUTHENTICATED, "login", "Sign in and try again." },
	{ RC_DENIED, "forbidden", "Ask an administrator if you need this." },
	{ RC_NOT_FOUND, "not-found", "Check the address, or start from the home page." },
	{ RC_METHOD, "not-supported", "Start from the home page." },
	{ RC_NOT_ACCEPTABLE, "not-supported", "Ask for HTML, JSON or CSV." },
	{ RC_TIMEOUT, "timeout", "Try again." },
	{ RC_CONFLICT, "conflict", "Load the page again and look at what has changed." },
	{ RC_GONE, "deleted", "It cannot be brought back." },
	{ RC_PRECONDITION, "conflict", "Load the page again." },
	{ RC_LIMIT, "too-long", "Send less at once." },
	{ RC_MEDIA, "not-supported", "Send it as another type." },
	{ RC_INVALID, "invalid", "Go back, change it and try again." },
	{ RC_RATE, "throttled", "Wait a few minutes and try again." },
	{ RC_BUSY, "transient", "Wait a little and try again." },
	{ RC_RETRY, "transient", "Try again." },
	{ RC_FULL, "no-store", "Tell the operator." },
};

struct failure {
	int status;
	struct str title, text;
	const char *issue, *what_to_do;
};

/* Suspended or closed: a state that the operator chose, and no fault. */
static bool
is_shut(const struct exchange *exchange)
{
	const struct tenant *tenant = exchange->request.tenant;

	return tenant != NULL && tenant->state != TENANT_ACTIVE;
}

static struct failure
failure_of(struct exchange *exchange, const struct err *err)
{
	struct failure failure = { .status = rc_http_status(err->rc),
		                   .title = str_from_c(rc_meaning(err->rc)),
		                   .issue = "exception",
		                   .what_to_do = "Try again later. If it happens again, tell "
		                                 "the operator the number below." };

	for (size_t i = 0; i < COUNT_OF(failures); i++) {
		if (failures[i].rc != err->rc)
			continue;
		failure.issue = failures[i].issue;
		failure.what_to_do = failures[i].what_to_do;
	}
	if (exchange->refused_status != 0)
		failure.status = exchange->refused_status;
	failure.text = failure.title;
	if (failure.status < 500 || is_shut(exchange))
		failure.text = str_copy(&exchange->arena, str_from_c(err->text));
	return failure;
}

/* Error texts are written as parts of a line; on a page they stand alone. */
static struct str
sentence_make(const struct request *request, struct str text)
{
	struct str said = language_text(request->language, text);
	char *copy = arena_alloc(request->arena, said.len + 1, 1);

	if (said.len == 0)
		return said;
	memcpy(copy, said.ptr, said.len);
	if (copy[0] >= 'a' && copy[0] <= 'z')
		copy[0] = (char)(copy[0] - 'a' + 'A');
	return (struct str){ copy, said.len };
}

/* What a page says at its head; programs get the meaning of the code. */
static struct str
headline(struct request *request, const struct failure *failure)
{
	if (failure->status == 403)
		return request_say(request, "You may not open this");
	if (failure->status == 404)
		return request_say(request, "Nothing is here");
	return sentence_make(request, failure->title);
}

static void
page_add(struct exchange *exchange, const struct failure *failure)
{
	struct doc *doc = &exchange->doc;
	struct request *request = &exchange->request;
	struct str title = headline(request, failure);

	doc_init(doc, &exchange->arena);
	doc_page_text(doc, "page_title", title);
	doc_int(doc, "status", failure->status);
	doc_text(doc, "title", title);
	doc_text(doc, "text", sentence_make(request, failure->text));
	doc_text(doc, "what_to_do", request_say(request, failure->what_to_do));
	doc_text(doc, "request_id", str_printf(&exchange->arena, "%u", exchange->number));
}

/* Where even the error page cannot be made. */
static void
page_plain(struct exchange *exchange, const struct failure *failure)
{
	struct buf *page = &exchange->page;

	page->len = 0;
	buf_add(page, STR("<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>"));
	buf_add_html(page, failure->title);
	buf_add(page, STR("</title><h1>"));
	buf_add_html(page, failure->title);
	buf_add(page, STR("</h1><p>"));
	buf_add_html(page, failure->text);
	buf_addf(page, "<p>%s<p>%u</html>\n", failure->what_to_do, exchange->number);
}

static void
html_reply(struct exchange *exchange, const struct failure *failure)
{
	struct err err = { 0 };

	page_add(exchange, failure);
	if (page_render(exchange, "error", &err) != RC_OK) {
		log_failure("web.error_page", &err);
		page_plain(exchange, failure);
	}
	reply_header(exchange, "Content-Type", format_type(FORMAT_HTML));
}

static void
problem_reply(struct exchange *exchange, const struct failure *failure)
{
	struct json_out out;

	json_out_init(&out, &exchange->page);
	json_object_begin(&out);
	json_text_at(&out, "type", STR("about:blank"));
	json_text_at(&out, "title", failure->title);
	json_int_at(&out, "status", failure->status);
	json_text_at(&out, "detail", failure->text);
	json_int_at(&out, "request", exchange->number);
	json_object_close(&out);
	reply_header(exchange, "Content-Type", STR("application/problem+json"));
}

static void
outcome_reply(struct exchange *exchange, const struct failure *failure)
{
	struct json_out out;

	json_out_init(&out, &exchange->page);
	json_object_begin(&out);
	json_text_at(&out, "resourceType", STR("OperationOutcome"));
	json_name(&out, "issue");
	json_array_begin(&out);
	json_object_begin(&out);
	json_text_at(&out, "severity", STR("error"));
	json_text_at(&out, "code", str_from_c(failure->issue));
	json_text_at(&out, "diagnostics", failure->text);
	json_object_close(&out);
	json_array_close(&out);
	json_object_close(&out);
	reply_header(exchange, "Content-Type", STR("application/fhir+json"));
}

/* A person who is not known yet is led to where they can be. */
static bool
is_led(struct exchange *exchange, const struct err *err)
{
	struct request *request = &exchange->request;
	const char *page = exchange->needs_factor  ? "/sign-in/factor"
	                   : exchange->needs_steps ? "/welcome"
	                                           : "/sign-in";
	struct str here = request->path;

	if (request->method != METHOD_GET || request->tenant == NULL || !exchange->is_browser)
		return false;
	if (err->rc != RC_UNAUTHENTICATED && !exchange->needs_factor && !exchange->needs_steps)
		return false;
	if (exchange->query.len != 0)
		here = str_printf(request->arena, "%.*s?%.*s", STR_ARGS(here),
		                  STR_ARGS(exchange->query));
	here = percent_encode(here, request->arena);
	return request_redirect(request, str_printf(request->arena, "%s?next=%.*s", page,
	                                            STR_ARGS(here))) == RC_OK;
}

void
failure_reply(struct exchange *exchange, const struct err *err)
{
	struct request *request = &exchange->request;
	struct failure failure = failure_of(exchange, err);

	if (failure.status >= 500 && !is_shut(exchange)) {
		log_failure("web.failure", err);
		LOG(LEVEL_ERROR, "web.answer", F_NUM("request", exchange->number),
		    F_NUM("status", failure.status));
	}
	exchange->reply = (struct reply){ .status = failure.status };
	exchange->page.len = 0;
	request->response.location = STR_EMPTY;
	if (err->rc != RC_METHOD)
		request->response.headers.count = 0;
	if (is_led(exchange, err)) {
		exchange->reply.status = 303;
		return;
	}
	if (err->rc == RC_UNAUTHENTICATED)
		response_header(request, "WWW-Authenticate", STR("Bearer"));
	if (failure.status == 503 || failure.status == 429)
		response_header(request, "Retry-After",
		                failure.status == 503 ? STR("2") : STR("60"));
	if (request->route != NULL && request->route->answer == ANSWER_FHIR)
		outcome_reply(exchange, &failure);
	else if (exchange->is_browser)
		html_reply(exchange, &failure);
	else
		problem_reply(exchange, &failure);
	exchange->reply.body = (struct str){ exchange->page.text, exchange->page.len };
}
