/*
 * One request, as handlers see it, and what they say back.
 */
#ifndef WEB_REQUEST_H
#define WEB_REQUEST_H

#include "base/json.h"
#include "notice/notice.h"
#include "web/language.h"
#include "web/route.h"

struct site;
struct exchange; /* the dispatcher's own side of a request: web/exchange.h */

struct pair {
	struct str name, value;
};
struct pairs {
	struct pair items[LIMIT_FIELDS];
	size_t count;
};

/* A body that is made piece by piece: each call appends about 64 KiB. */
struct body_source {
	enum rc (*more)(void *state, struct buf *out, bool *more, struct err *err);
	void *state; /* in the request's arena */
};

struct response {
	int status;          /* 0: 200, or by the error */
	struct str location; /* redirect (303), or of what was created */
	struct pairs headers;
	struct str type;           /* with ANSWER_DATA, ANSWER_FHIR */
	struct str body;           /* in the arena … */
	struct body_source source; /* … or piece by piece */
};

#define REQUEST_ENDINGS_MAX 4
struct ending {
	void (*fn)(void *arg);
	void *arg;
};

struct request {
	const struct site *site;
	const struct tenant *tenant; /* NULL for routes above tenants */
	const struct route *route;
	enum method method;
	struct str path; /* below the tenant */
	struct str params[ROUTE_PARAMS_MAX];
	struct pairs query, form, headers, cookies;
	struct str body;
	struct visitor visitor;
	struct actor actor;
	struct session *session; /* NULL by token or when nobody is signed in */
	struct door door;        /* vault, tenant, actor and the route's purpose */
	const struct language *language;
	struct str zone;   /* of the person, else of the tenant */
	struct str prefix; /* of the tenant's URLs */
	struct str origin; /* "https://HOST:PORT" as the client sees it */
	struct arena *arena;
	int64_t now_us;
	struct response response;
	struct ending endings[REQUEST_ENDINGS_MAX];
	size_t ending_count;
	struct exchange *exchange;
};

/* By name; empty when absent.  Names of headers in any case. */
struct str request_query(const struct request *request, const char *name);
struct str request_form(const struct request *request, const char *name);
struct str request_header(const struct request *request, const char *name);
bool request_has_query(const struct request *request, const char *name);

/* The body as JSON: freed with the request. */
enum rc request_json(struct request *request, const struct json_object **root, struct err *err)
    MUST_CHECK;

/* 303 to a path below the tenant. */
enum rc request_redirect(struct request *request, struct str path) MUST_CHECK;
void response_header(struct request *request, const char *name, struct str value);

/* Only cookies that the tenant's policy declares: RC_DENIED otherwise.  Empty
 * value: removes it. */
enum rc request_cookie(struct request *request, const char *name, struct str value,
                       struct err *err) MUST_CHECK;

/* A form that was not accepted: the page is shown again with status 422, the
 * error beside its field and in the summary, the values kept.  The handler
 * then returns RC_OK.  The document gets parts `errors` (rows: field, text),
 * `error_FIELD` and `value_FIELD` for every field of the form. */
void request_field_error(struct request *request, struct doc *doc, const char *field,
                         struct str text);
bool request_has_errors(const struct request *request);

/* A line shown once on the next page: a word in the redirect's query (`?done=saved`)
 * that a fixed table turns into text. */
struct str request_notice(const struct request *request); /* translated; empty: none */

/* Calls fn(arg) when the answer is sent or given up: for what does not lie in the
 * request's arena.  At most REQUEST_ENDINGS_MAX (asserts). */
void request_at_end(struct request *request, void (*fn)(void *arg), void *arg);

/* Translated text. */
struct str request_say(const struct request *request, const char *text);

#endif
