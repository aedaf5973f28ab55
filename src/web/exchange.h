/*
 * One request from its head to its answer, without the library that carries it.
 *
 *   exchange_begin()   framing, target, tenant, route, actor, need, body's size;
 *                      all that can be said before the body is read
 *   exchange_finish()  body, form token, handler, representation
 *   exchange_refuse()  the answer to a failure of either
 *
 * After finish or refuse `reply` is whole.  Everything lives in the exchange;
 * texts of the head are borrowed and live as long as it does.
 */
#ifndef WEB_EXCHANGE_H
#define WEB_EXCHANGE_H

#include "office/agreement.h"
#include "web/accept.h"
#include "web/framing.h"
#include "web/site.h"

struct head {
	struct str method, target; /* as they came */
	struct pairs headers;
	struct str address; /* of the peer, as text */
};

struct reply {
	int status;
	struct pairs headers;
	struct str body;           /* in the exchange … */
	struct body_source source; /* … or piece by piece, when `more` is not NULL */
};

struct exchange {
	struct request request;
	struct arena arena;
	struct doc doc;
	struct framing framing;
	struct session session;
	struct actor actor;
	struct json json;
	struct buf page; /* the whole body, or the piece that is being sent */
	struct doc_writer writer;
	struct doc_part *errors;  /* rows of a form's errors; NULL: none */
	struct pairs jars;        /* __Host- cookies with every tenant's secret */
	struct pairs set_cookies; /* name, line */
	struct routes tables[1 + SERVICE_TABLES_MAX];
	size_t table_count;
	struct key csrf_key;
	struct str csrf;         /* token of this answer's forms */
	struct str fresh_signin; /* made for it, set only when a form shows the token */
	enum format format;
	bool is_head, is_bearer, has_json;
	bool is_browser;    /* Accept names HTML: a person looks at the answer */
	bool needs_factor;  /* refused for want of a second factor */
	bool needs_steps;   /* refused before the steps of onboarding are complete */
	int refused_status; /* where no rc has the right one: 414, 421, 431 */
	struct str query;   /* as it came */
	uint32_t number;    /* shown with an error, and in the log */
	struct reply reply;
};

struct exchange *exchange_new(const struct site *site);
void exchange_free(struct exchange *exchange);

enum rc exchange_begin(struct exchange *exchange, const struct head *head, struct err *err)
    MUST_CHECK;
void exchange_finish(struct exchange *exchange, struct str body);
void exchange_refuse(struct exchange *exchange, const struct err *err);

/* --- between the files of this folder -------------------------------------- */

/* actor.c: who asks; the tenant is known. */
enum rc actor_find(struct exchange *exchange, struct err *err) MUST_CHECK;
/* Whether they may, by the route's row and the policy; a refusal is recorded. */
enum rc actor_check(struct exchange *exchange, struct err *err) MUST_CHECK;
/* What onboarding asks of the person of a request (office/agreement.h). */
struct onboarding_ask onboarding_ask_of(const struct request *request);
/* For navigation: does the row's need hold?  Records nothing. */
bool need_holds(const struct request *request, const struct need *need);
/* Writes a refusal of ours into the tenant's log; `word` is one of a fixed few. */
void refusal_note(struct exchange *exchange, const char *word);

/* body.c: the body into form and json, by the row; the form token. */
enum rc body_read(struct exchange *exchange, struct str body, struct err *err) MUST_CHECK;
/* Fills csrf_key from session or sign-in cookie; false when there is neither. */
bool csrf_key_find(struct exchange *exchange);

/* respond.c: what the handler left into `reply`. */
enum rc respond(struct exchange *exchange, struct err *err) MUST_CHECK;
void reply_header(struct exchange *exchange, const char *name, struct str value);
void reply_finish(struct exchange *exchange); /* headers that every answer has */

/* page.c: the document as HTML, with the parts every page gets. */
enum rc page_render(struct exchange *exchange, const char *template, struct err *err)
    MUST_CHECK;

/* failure.c: the answer to an error, in the client's form. */
void failure_reply(struct exchange *exchange, const struct err *err);

#endif
