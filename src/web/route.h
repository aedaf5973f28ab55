/*
 * Routes are data.
 *
 * A row states everything about a URL: method, path, who may, for which
 * purpose, how surely they are known, what body, which handler, which
 * template.  Zero means "not stated", and routes_check() refuses to start on
 * it.  The dispatcher enforces the row before the handler runs; the vault
 * decides again about each record.
 */
#ifndef WEB_ROUTE_H
#define WEB_ROUTE_H

#include "people/people.h"
#include "web/doc.h"

struct request;

enum method { METHOD_GET = 1, METHOD_POST, METHOD_PUT, METHOD_DELETE };

enum need_kind {
	NEED_NOT_STATED = 0,
	NEED_PUBLIC,  /* anyone */
	NEED_SESSION, /* signed in by link, before the second factor: sign-in's own pages */
	NEED_PERSON,  /* any person, fully signed in */
	NEED_GRANT,   /* a role with this grant in the policy, in whatever scope */
};

struct need {
	enum need_kind kind;
	enum policy_verb verb;
	const char *what; /* class, or word of `manage` */
};
#define ANYONE                                                                                 \
	{                                                                                      \
		NEED_PUBLIC, 0, NULL                                                           \
	}
#define SESSION                                                                                \
	{                                                                                      \
		NEED_SESSION, 0, NULL                                                          \
	}
#define PERSON                                                                                 \
	{                                                                                      \
		NEED_PERSON, 0, NULL                                                           \
	}
#define MAY(verb, what)                                                                        \
	{                                                                                      \
		NEED_GRANT, VERB_##verb, what                                                  \
	}

enum body_kind {
	BODY_NOT_STATED = 0,
	BODY_NONE,
	BODY_FORM, /* application/x-www-form-urlencoded, with a CSRF token */
	BODY_JSON,
	BODY_FHIR, /* application/fhir+json or application/json */
	BODY_FORM_OR_JSON,
};

enum answer_kind {
	ANSWER_NOT_STATED = 0,
	ANSWER_DOC,  /* HTML by template, JSON, CSV: what the client accepts */
	ANSWER_DATA, /* the handler sets its own body and type */
	ANSWER_FHIR, /* as ANSWER_DATA; failures are OperationOutcomes */
};

struct route {
	enum method method;
	const char *path; /* below the tenant: "/devices/:device/revoke" */
	struct need need;
	const char *purpose; /* of the policy; "none" where no record is touched */
	int assurance;       /* least: 0 only with ANYONE; 1, 2 (a policy may ask for more) */
	enum body_kind body;
	size_t body_bytes; /* most; 0 with BODY_NONE */
	enum answer_kind answer;
	const char *template; /* of ui/, without .html; "none" */
	enum rc (*handle)(struct request *request, struct doc *doc, struct err *err);
	const char *says; /* for OpenAPI: what it does, in a few words */
};

#define ROUTE_PARAMS_MAX 4
#define ROUTES_MAX       256

struct routes {
	const struct route *rows;
	size_t count;
};

/* Every row whole and consistent, every purpose, class and word declared by
 * `policy` (NULL: not looked at), every template there.  Two rows may match one
 * request only where one is the other with literals in place of parameters
 * ("/fhir/metadata", "/fhir/:type"): that one is taken. */
struct templates;
enum rc routes_check(const struct routes *tables, size_t count, const struct policy *policy,
                     const struct templates *templates, struct err *err) MUST_CHECK;

/* The row for a path; params in path order, percent-decoded, in the arena.
 * RC_NOT_FOUND; RC_METHOD when only other methods match. */
struct route_match {
	const struct route *route;
	struct str params[ROUTE_PARAMS_MAX];
	size_t param_count;
};
enum rc routes_find(const struct routes *tables, size_t count, enum method method,
                    struct str path, struct arena *arena, struct route_match *match,
                    struct err *err) MUST_CHECK;

#endif
