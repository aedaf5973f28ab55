/*
 * The body of a request, and the proof that a page of ours sent it.
 *
 * A request by cookie that changes anything needs that proof: a form carries a
 * token (csrf.h); anything else must come with an Origin or Sec-Fetch-Site that
 * names this site.  A bearer token is proof by itself.
 */
#include "web/cookie.h"
#include "web/csrf.h"
#include "web/exchange.h"
#include "web/form.h"

static bool
media_is(struct str type, struct str media)
{
	struct str name;

	(void)str_cut(type, ';', &name);
	return str_eq_nocase(str_trim(name), media);
}

/* Only UTF-8: RFC 8259, section 8.1, and what our own pages send. */
static bool
charset_is_utf8(struct str type)
{
	struct str part, name, value;

	type = str_cut(type, ';', &part);
	while (type.len != 0) {
		type = str_cut(type, ';', &part);
		value = str_trim(str_cut(part, '=', &name));
		if (str_eq_nocase(str_trim(name), STR("charset")))
			return str_eq_nocase(value, STR("utf-8")) ||
			       str_eq_nocase(value, STR("\"utf-8\""));
	}
	return true;
}

enum sent { SENT_NOTHING, SENT_FORM, SENT_JSON, SENT_FHIR, SENT_OTHER };

static enum sent
sent_kind(const struct request *request)
{
	struct str type = request_header(request, "Content-Type");

	if (type.len == 0 && request->body.len == 0)
		return SENT_NOTHING;
	if (!charset_is_utf8(type))
		return SENT_OTHER;
	if (media_is(type, STR("application/x-www-form-urlencoded")))
		return SENT_FORM;
	if (media_is(type, STR("application/json")))
		return SENT_JSON;
	if (media_is(type, STR("application/fhir+json")))
		return SENT_FHIR;
	return SENT_OTHER;
}

static bool
body_fits(enum body_kind kind, enum sent sent)
{
	switch (kind) {
	case BODY_NONE:
		return sent != SENT_OTHER;
	case BODY_FORM:
		return sent == SENT_FORM || sent == SENT_NOTHING;
	case BODY_JSON:
		return sent == SENT_JSON || sent == SENT_NOTHING;
	case BODY_FHIR:
		return sent == SENT_JSON || sent == SENT_FHIR || sent == SENT_NOTHING;
	case BODY_FORM_OR_JSON:
		return sent == SENT_FORM || sent == SENT_JSON || sent == SENT_NOTHING;
	case BODY_NOT_STATED:
		break;
	}
	return false;
}

bool
csrf_key_find(struct exchange *exchange)
{
	struct request *request = &exchange->request;
	struct str signin = pairs_find(&request->cookies, STR(COOKIE_SIGNIN));

	if (request->session != NULL) {
		exchange->csrf_key = csrf_key_of_session(&request->session->csrf);
		return true;
	}
	if (signin.len == 0)
		return false;
	exchange->csrf_key = csrf_key_of_cookie(signin);
	return true;
}

static bool
is_proven(struct exchange *exchange, enum sent sent)
{
	struct request *request = &exchange->request;
	enum origin_says says =
	    origin_check(request_header(request, "Origin"),
	                 request_header(request, "Sec-Fetch-Site"), request->origin);

	if (says == ORIGIN_OTHER)
		return false;
	if (sent == SENT_FORM)
		return csrf_key_find(exchange) &&
		       csrf_token_is_valid(&exchange->csrf_key, request_form(request, "csrf"));
	return request->session == NULL || says == ORIGIN_SAME;
}

static enum rc
form_add(struct request *request, struct str name, struct json_object *value, struct err *err)
{
	switch (json_kind(value)) {
	case JSON_STRING:
		return pairs_add(&request->form, name, json_text(value), err);
	case JSON_NUMBER:
		return pairs_add(&request->form, name, json_number_text(request->arena, value),
		                 err);
	case JSON_BOOL: /* as a checkbox: there or not */
		if (!json_truth(value))
			return RC_OK;
		return pairs_add(&request->form, name, STR("true"), err);
	case JSON_NULL:
	case JSON_ARRAY:
	case JSON_OBJECT:
		break;
	}
	return RC_OK;
}

/* Members of a JSON object as fields, so that one handler serves page and API. */
static enum rc
form_from_json(struct request *request, struct err *err)
{
	const struct json_object *root;
	struct json_iter at;

	TRY(request_json(request, &root, err));
	if (json_kind(root) != JSON_OBJECT)
		return FAIL(err, RC_INVALID, "the body is not a JSON object");
	for (json_iter_start(&at, root); json_iter_next(&at);) {
		if (json_kind(at.value) != JSON_ARRAY) {
			TRY(form_add(request, at.name, at.value, err));
			continue;
		}
		for (size_t i = 0; i < json_count(at.value); i++)
			TRY(form_add(request, at.name, json_at(at.value, i), err));
	}
	return RC_OK;
}

enum rc
body_read(struct exchange *exchange, struct str body, struct err *err)
{
	struct request *request = &exchange->request;
	enum sent sent;

	request->body = body;
	if (request->method == METHOD_GET)
		return RC_OK;
	sent = sent_kind(request);
	if (!body_fits(request->route->body, sent))
		return FAIL(err, RC_MEDIA, "the body's type is not one this address takes");
	if (sent == SENT_FORM)
		TRY(form_parse(body, request->arena, &request->form, err));
	if (!exchange->is_bearer && !is_proven(exchange, sent)) {
		if (request->session != NULL)
			refusal_note(exchange, "form");
		return FAIL(err, RC_DENIED,
		            "the form is too old or not from here: load the page again");
	}
	if (sent == SENT_JSON && request->route->body == BODY_FORM_OR_JSON)
		return form_from_json(request, err);
	return RC_OK;
}
