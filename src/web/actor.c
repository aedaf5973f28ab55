/*
 * Who asks, and whether the route's row lets them.
 *
 * A bearer token and a cookie are never read together: a request with
 * Authorization is the token's alone.  What is refused here is recorded when
 * somebody is named by it (a session, a token, or a token that is none); an
 * anonymous visitor who is sent to the sign-in page is no refusal.
 */
#include "base/broken.h"
#include "base/log.h"
#include "web/cookie.h"
#include "web/exchange.h"
#include "web/form.h"

void
refusal_note(struct exchange *exchange, const char *word)
{
	struct request *request = &exchange->request;
	struct vault_act act = { .act = STR("refusal"),
		                 .outcome = STR("refused"),
		                 .detail = str_from_c(word) };
	struct err err = { 0 };
	int64_t entry;

	if (request->tenant == NULL)
		return;
	request->door.vault = request->site->vault;
	request->door.tenant = request->tenant;
	request->door.actor = &request->actor;
	if (request->door.purpose.len == 0)
		request->door.purpose = str_from_c(request->route->purpose);
	if (vault_note(&request->door, &act, &entry, &err) != RC_OK)
		log_failure("web.note", &err);
}

/* Guessing tokens costs the address its tries (people.h).  They are counted before
 * an entry is written: past the limit a stranger adds nothing to the log. */
static enum rc
bearer_refuse(struct exchange *exchange, struct err *err)
{
	struct request *request = &exchange->request;

	TRY(people_bearer_refused(request->site->people, &request->visitor, err));
	refusal_note(exchange, "token");
	return RC_OK;
}

static enum rc
bearer_find(struct exchange *exchange, struct str header, struct err *err)
{
	struct request *request = &exchange->request;
	struct str scheme;
	struct str secret = str_trim(str_cut(str_trim(header), ' ', &scheme));
	enum rc rc;

	if (!str_eq_nocase(scheme, STR("Bearer")) || secret.len == 0)
		return FAIL(err, RC_UNAUTHENTICATED, "Authorization is not a bearer token");
	rc = people_bearer_find(request->site->people, request->tenant, secret, &request->actor,
	                        err);
	if (rc == RC_OK)
		return RC_OK;
	request->actor = (struct actor){ .kind = ACTOR_NOBODY };
	if (rc != RC_UNAUTHENTICATED)
		return rc;
	TRY(bearer_refuse(exchange, err));
	return FAIL(err, RC_UNAUTHENTICATED, "the token is not valid");
}

/* A cookie whose session has ended is as good as none. */
static enum rc
session_find(struct exchange *exchange, struct err *err)
{
	struct request *request = &exchange->request;
	struct str secret = pairs_find(&request->cookies, STR(COOKIE_SESSION));
	enum rc rc;

	if (secret.len == 0)
		return RC_OK;
	rc = people_session_find(request->site->people, &request->visitor, secret,
	                         request->arena, &exchange->session, err);
	if (rc == RC_UNAUTHENTICATED)
		return RC_OK;
	if (rc != RC_OK)
		return rc;
	request->session = &exchange->session;
	request->actor = exchange->session.actor;
	return RC_OK;
}

enum rc
actor_find(struct exchange *exchange, struct err *err)
{
	struct str header = request_header(&exchange->request, "Authorization");

	if (header.len != 0)
		return bearer_find(exchange, header, err);
	return session_find(exchange, err);
}

static bool
is_person(const struct request *request)
{
	if (request->actor.kind != ACTOR_PERSON)
		return false;
	return request->session == NULL || !request->session->needs_factor;
}

static bool
grant_holds(const struct request *request, const struct need *need)
{
	const struct policy *policy = request->tenant->policy;
	const struct policy_role *role = decide_role(policy, &request->actor);
	const struct policy_class *class;
	struct str what = str_from_c(need->what);

	if (role == NULL)
		return false;
	if (need->verb == VERB_MANAGE)
		return policy_role_scope(role, VERB_MANAGE, -1, what) != 0;
	class = policy_class_find(policy, what);
	return class != NULL &&
	       policy_role_scope(role, need->verb, (int)policy_class_index(policy, class),
	                         STR_EMPTY) != 0;
}

bool
need_holds(const struct request *request, const struct need *need)
{
	switch (need->kind) {
	case NEED_PUBLIC:
		return true;
	case NEED_SESSION:
		return request->session != NULL;
	case NEED_PERSON:
		return is_person(request);
	case NEED_GRANT:
		return request->tenant != NULL && grant_holds(request, need);
	case NEED_NOT_STATED:
		break;
	}
	return false;
}

/* The row's, or more when the policy asks for it.  The pages on which a factor
 * is given are below what they lead to. */
static int
assurance_needed(const struct request *request)
{
	const struct policy *policy = request->tenant->policy;
	const struct actor *actor = &request->actor;

	if (request->route->need.kind == NEED_SESSION)
		return request->route->assurance;
	if (request->session != NULL && request->session->needs_factor)
		return 2;
	if (policy->second_factor == SECOND_REQUIRED && actor->kind == ACTOR_PERSON)
		return 2;
	if (actor->role != NULL && actor->role->needs_second_factor)
		return 2;
	return request->route->assurance;
}

/* --- onboarding --------------------------------------------------------------------- */

/* What stays open before the steps are complete: one's own account and rights, the steps
 * themselves.  Public pages and those of signing in are no matter of this. */
static bool
is_before_steps(const char *path)
{
	static const struct str open[] = { STR("/me"), STR("/welcome") };
	struct str whole = str_from_c(path);

	for (size_t i = 0; i < COUNT_OF(open); i++) {
		if (str_starts_with(whole, open[i]) &&
		    (whole.len == open[i].len || whole.ptr[open[i].len] == '/'))
			return true;
	}
	return false;
}

struct onboarding_ask
onboarding_ask_of(const struct request *request)
{
	const struct service *service = site_service(request->site, request->tenant);

	return (struct onboarding_ask){
		.person = request->actor.id,
		.role = decide_role(request->tenant->policy, &request->actor),
		.profile = service == NULL ? NULL : service->profile,
		.has_factor = request->session != NULL ? request->session->has_factor
		                                       : request->actor.assurance >= 2,
	};
}

/* Persons alone, by session and by token; what a device delivers waits for nobody. */
static MUST_CHECK enum rc
steps_check(struct exchange *exchange, struct err *err)
{
	struct request *request = &exchange->request;
	enum need_kind need = request->route->need.kind;
	struct onboarding_ask ask;
	bool is_complete = false;

	if ((need != NEED_PERSON && need != NEED_GRANT) ||
	    request->actor.kind != ACTOR_PERSON || is_before_steps(request->route->path))
		return RC_OK;
	ask = onboarding_ask_of(request);
	if (ask.role == NULL)
		return FAIL(err, RC_DENIED, "the policy has your role no more");
	TRY(onboarding_gate(request->site->office, request->tenant, &ask, &is_complete, err));
	if (is_complete)
		return RC_OK;
	refusal_note(exchange, "onboarding");
	exchange->needs_steps = true;
	return FAIL(err, RC_DENIED, "complete the steps at /welcome first");
}

enum rc
actor_check(struct exchange *exchange, struct err *err)
{
	struct request *request = &exchange->request;
	const struct need *need = &request->route->need;

	if (need->kind == NEED_PUBLIC)
		return RC_OK;
	if (request->tenant == NULL)
		return FAIL(err, RC_DENIED, "this needs a tenant");
	if (request->actor.kind == ACTOR_NOBODY)
		return FAIL(err, RC_UNAUTHENTICATED, "sign in first");
	if (need->kind == NEED_SESSION && request->session == NULL)
		return FAIL(err, RC_UNAUTHENTICATED, "this is for signing in with a browser");
	if (request->actor.assurance < assurance_needed(request) &&
	    !broken("factor.required")) {
		refusal_note(exchange, "factor");
		exchange->needs_factor = true;
		return FAIL(err, RC_DENIED, "a second factor is needed");
	}
	if (!need_holds(request, need) && !broken("roles.enforced")) {
		refusal_note(exchange, need->kind == NEED_PERSON ? "person" : "role");
		return FAIL(err, RC_DENIED, "your role does not include this");
	}
	return steps_check(exchange, err);
}
