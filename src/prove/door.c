/*
 * Probes of the door: what is sealed, what is refused, who reaches what.
 */
#include "outbound/outbound.h"
#include "prove/inside.h"

/* --- at rest --------------------------------------------------------------------------- */

static bool
takes_records(const struct policy_class *class)
{
	const struct policy_index *email = policy_index_find(class, STR("email"));

	return class->field_count != 0 && class->use != 0 && !class->is_memory &&
	       !class->needs_agreement && (email == NULL || email->kind != INDEX_TERM);
}

/* A record of every class that is about such a person. */
static MUST_CHECK enum rc
records_put(struct prove *prove, const struct canary *canary, size_t *count, struct err *err)
{
	const struct policy *policy = prove->tenant->policy;

	*count = 0;
	for (size_t i = 0; i < policy->class_count; i++) {
		const struct policy_class *class = &policy->classes[i];
		struct vault_record record = { 0 };
		if (!takes_records(class) ||
		    !policy_class_is_about(policy, class, canary->role->is_number))
			continue;
		TRY(canary_record(prove, canary, class, &record, err));
		(*count)++;
	}
	return RC_OK;
}

static const struct policy_role *
first_signing_role(const struct policy *policy)
{
	for (size_t i = 0; i < policy->role_count; i++) {
		if (!policy->roles[i].by_credential)
			return &policy->roles[i];
	}
	return NULL;
}

enum rc
seal_at_rest(struct prove *prove, struct str rest, struct verdict *verdict, struct err *err)
{
	struct canary_wish wish = { .role = first_signing_role(prove->tenant->policy),
		                    .assurance = 2 };
	struct vault_check check = { 0 };
	struct canary *canary;
	struct str where = STR_EMPTY;
	size_t classes = 0, found = 0;

	(void)rest;
	TRY(canary_make(prove, &wish, &canary, err));
	TRY(records_put(prove, canary, &classes, err));
	TRY(folder_search(prove->options->data_dir, str_from_c(canary->mark), prove->arena,
	                  &found, &where, err));
	if (found != 0)
		verdict_broken(prove, verdict, "a canary's values stand in %zu files in clear",
		               found);
	TRY(vault_verify(prove->vault, prove->tenant, prove->arena, &check, err));
	if (check.fault_count != 0)
		verdict_broken(prove, verdict, "%zu rows or keys do not open, the first: %.*s",
		               check.fault_count, STR_ARGS(check.faults[0].where));
	verdict_kept(
	    prove, verdict,
	    "values of %zu classes are in no file; %llu records open with live keys of "
	    "their own",
	    classes, (unsigned long long)check.records);
	return RC_OK;
}

/* --- what is not declared ----------------------------------------------------------------- */

static MUST_CHECK enum rc
undeclared_put(struct prove *prove, const struct canary *canary, const char *what,
               struct verdict *verdict, struct err *err)
{
	const struct policy *policy = prove->tenant->policy;
	bool is_class = strcmp(what, "class") == 0;
	struct vault_record record = { .subject = canary->person,
		                       .body = STR("{\"undeclared\":1}") };
	struct door door = prove->door;
	struct err refused = { 0 };
	enum rc rc;

	for (size_t i = 0; i < policy->class_count && record.class.len == 0; i++) {
		const struct policy_class *class = &policy->classes[i];
		if (!takes_records(class) ||
		    !policy_class_is_about(policy, class, canary->role->is_number))
			continue;
		record.class = class->name;
		door.purpose = plain_purpose(policy, class);
	}
	if (is_class)
		record.class = STR("undeclared");
	rc = vault_put(&door, &record, &refused);
	if (rc == RC_OK)
		verdict_broken(prove, verdict, "an undeclared %s was stored", what);
	else if (rc != RC_DENIED) {
		*err = refused;
		return rc;
	}
	return RC_OK;
}

static enum rc
nothing_added(void *arg, struct str bytes, struct err *err)
{
	(void)arg;
	(void)bytes;
	(void)err;
	return RC_OK;
}

static bool
is_undeclared_host_refused(void)
{
	struct outbound_hosts hosts = { NULL, 0 };
	struct outbound_request request = { .method = STR("GET"),
		                            .url = STR("https://undeclared.invalid/"),
		                            .hosts = &hosts };
	struct sink sink = { .add = nothing_added };
	struct err err;
	long status;

	return outbound_send(&request, &sink, &status, &err) == RC_DENIED;
}

enum rc
fields_declared(struct prove *prove, struct str rest, struct verdict *verdict, struct err *err)
{
	struct canary_wish wish = { .role = first_signing_role(prove->tenant->policy),
		                    .assurance = 2 };
	struct vault_release release = { .recipient = STR("undeclared"),
		                         .class = prove->tenant->policy->classes[0].name,
		                         .count = 1 };
	struct canary *canary;
	struct err refused;
	int64_t entry;

	(void)rest;
	TRY(canary_make(prove, &wish, &canary, err));
	TRY(undeclared_put(prove, canary, "field", verdict, err));
	TRY(undeclared_put(prove, canary, "class", verdict, err));
	release.subject = canary->person;
	if (vault_release(&prove->door, &release, &entry, &refused) == RC_OK)
		verdict_broken(prove, verdict, "an undeclared recipient was given data");
	if (policy_cookie_find(prove->tenant->policy, STR("undeclared")) != NULL)
		verdict_broken(prove, verdict, "an undeclared cookie can be set");
	if (!is_undeclared_host_refused())
		verdict_broken(prove, verdict, "an undeclared host can be asked");
	verdict_kept(prove, verdict,
	             "an undeclared field, class, recipient and host were each refused");
	return RC_OK;
}

/* --- isolation ------------------------------------------------------------------------------
 */

/* Reads nothing of others by its grants. */
static bool
is_only_own(const struct policy *policy, const struct policy_role *role)
{
	if (role->by_credential ||
	    !policy_class_is_about(policy, policy_class_find(policy, STR("request")),
	                           role->is_number))
		return false;
	for (size_t i = 0; i < role->grant_count; i++) {
		const struct policy_grant *grant = &role->grants[i];
		const struct policy_class *class =
		    grant->class_index < 0 ? NULL : &policy->classes[grant->class_index];
		if (grant->verb == VERB_MANAGE ||
		    (grant->scope == SCOPE_ALL && class != NULL &&
		     policy_class_is_about(policy, class, role->is_number)))
			return false;
	}
	return true;
}

static const struct policy_role *
only_own_role(const struct policy *policy)
{
	for (size_t i = 0; i < policy->role_count; i++) {
		if (is_only_own(policy, &policy->roles[i]))
			return &policy->roles[i];
	}
	return NULL;
}

/* Every address, with the ids of the one in it, as the other. */
static MUST_CHECK enum rc
reach_walk(struct prove *prove, const struct canary *whose, const struct canary *asks,
           size_t *tried, struct verdict *verdict, struct err *err)
{
	struct str mark = str_from_c(whose->mark);
	struct route_walk walk;
	const struct route *route;

	routes_walk(prove, &walk);
	while ((route = routes_next(&walk)) != NULL) {
		struct question question = { .method = "GET",
			                     .token = str_from_c(asks->token) };
		struct answer answer;
		if (route->method != METHOD_GET)
			continue;
		question.path =
		    route_path(prove, route, id_to_str(prove->arena, whose->person));
		TRY(client_ask(prove, &question, &answer, err));
		(*tried)++;
		if (memmem(answer.body.ptr, answer.body.len, mark.ptr, mark.len) != NULL)
			verdict_broken(prove, verdict, "%s shows another person's data",
			               route->path);
	}
	return RC_OK;
}

static MUST_CHECK enum rc
records_refused(struct prove *prove, const struct canary *whose, const struct canary *asks,
                struct verdict *verdict, struct err *err)
{
	const struct policy *policy = prove->tenant->policy;
	struct actor actor = { .kind = ACTOR_PERSON,
		               .id = asks->person,
		               .subject = asks->person,
		               .role = asks->role,
		               .assurance = 2 };
	struct door door = { prove->vault, prove->tenant, &actor, STR_EMPTY };

	for (size_t i = 0; i < policy->class_count; i++) {
		const struct policy_class *class = &policy->classes[i];
		struct record_query query = { .subject = whose->person,
			                      .order = RECORD_BY_ID,
			                      .limit = 10 };
		struct vault_records records;
		struct err refused;
		if (!takes_records(class) ||
		    !policy_class_is_about(policy, class, whose->role->is_number))
			continue;
		door.purpose = plain_purpose(policy, class);
		if (vault_list(&door, class->name, &query, prove->arena, &records, &refused) ==
		    RC_OK)
			verdict_broken(prove, verdict, "%.*s of another person was listed",
			               STR_ARGS(class->name));
		else if (refused.rc != RC_DENIED) {
			*err = refused;
			return refused.rc;
		}
	}
	return RC_OK;
}

enum rc
isolation_subject(struct prove *prove, struct str rest, struct verdict *verdict,
                  struct err *err)
{
	struct canary_wish wish = { .role = only_own_role(prove->tenant->policy),
		                    .assurance = 2 };
	struct canary *whose, *asks;
	size_t classes = 0, tried = 0;

	(void)rest;
	if (wish.role == NULL) {
		verdict_not_built(prove, verdict,
		                  "no role is there that sees its own data only");
		return RC_OK;
	}
	TRY(canary_make(prove, &wish, &whose, err));
	TRY(canary_make(prove, &wish, &asks, err));
	TRY(records_put(prove, whose, &classes, err));
	TRY(records_refused(prove, whose, asks, verdict, err));
	TRY(reach_walk(prove, whose, asks, &tried, verdict, err));
	verdict_kept(prove, verdict,
	             "%zu addresses and %zu classes, asked as another person: nothing shown",
	             tried, classes);
	return RC_OK;
}

static const struct tenant *
other_tenant(const struct prove *prove)
{
	for (size_t i = 0; i < vault_tenant_count(prove->vault); i++) {
		const struct tenant *tenant = vault_tenant_at(prove->vault, i);
		if (tenant->id != prove->tenant->id && tenant->state == TENANT_ACTIVE)
			return tenant;
	}
	return NULL;
}

/* A token and an id of this tenant, at another one. */
static MUST_CHECK enum rc
other_tenant_try(struct prove *prove, const struct canary *canary, const struct tenant *other,
                 struct verdict *verdict, struct err *err)
{
	struct question question = { .method = "GET",
		                     .token = str_from_c(canary->token),
		                     .is_from_root = true };
	struct subject_row row = { .tenant = other->id, .id = canary->person };
	struct answer answer;
	struct err refused;

	question.path = str_printf(prove->arena, "/%.*s/me", STR_ARGS(other->slug));
	TRY(client_ask(prove, &question, &answer, err));
	if (!is_turned_away(&answer))
		verdict_broken(prove, verdict, "a token of this organisation opens another's");
	if (vault_subject_find(prove->vault, &row, &refused) == RC_OK)
		verdict_broken(prove, verdict,
		               "an id of this organisation is one of another's");
	return RC_OK;
}

enum rc
isolation_tenant(struct prove *prove, struct str rest, struct verdict *verdict, struct err *err)
{
	struct canary_wish wish = { .role = first_signing_role(prove->tenant->policy),
		                    .assurance = 2 };
	const struct tenant *other = other_tenant(prove);
	struct question question = { .method = "GET", .is_from_root = true };
	struct canary *canary;
	struct answer answer;

	(void)rest;
	TRY(canary_make(prove, &wish, &canary, err));
	question.token = str_from_c(canary->token);
	question.path = STR("/no-such-tenant/me");
	TRY(client_ask(prove, &question, &answer, err));
	if (answer.status == 200)
		verdict_broken(prove, verdict,
		               "a token opens an organisation that is not here");
	if (other != NULL)
		TRY(other_tenant_try(prove, canary, other, verdict, err));
	verdict_kept(prove, verdict, "%s",
	             other != NULL
	                 ? "a token and an id of this organisation open nothing at another"
	                 : "no other organisation is on this server; a token opens nothing "
	                   "under another name");
	return RC_OK;
}

/* --- the second factor
 * ------------------------------------------------------------------------ */

static bool
is_for_people(const struct route *route)
{
	return route->need.kind == NEED_PERSON || route->need.kind == NEED_GRANT;
}

static MUST_CHECK enum rc
factor_walk(struct prove *prove, const struct canary *canary, size_t *tried,
            struct verdict *verdict, struct err *err)
{
	struct route_walk walk;
	const struct route *route;

	routes_walk(prove, &walk);
	while ((route = routes_next(&walk)) != NULL) {
		struct question question = { .method = "GET",
			                     .token = str_from_c(canary->token) };
		struct answer answer;
		if (route->method != METHOD_GET || !is_for_people(route))
			continue;
		question.path = route_path(prove, route, STR_EMPTY);
		TRY(client_ask(prove, &question, &answer, err));
		(*tried)++;
		if (!is_turned_away(&answer))
			verdict_broken(prove, verdict,
			               "%s answered %ld to the role %.*s without its factor",
			               route->path, answer.status,
			               STR_ARGS(canary->role->name));
	}
	return RC_OK;
}

enum rc
factor_required(struct prove *prove, struct str rest, struct verdict *verdict, struct err *err)
{
	const struct policy *policy = prove->tenant->policy;
	size_t tried = 0, roles = 0;

	(void)rest;
	for (size_t i = 0; i < policy->role_count; i++) {
		struct canary_wish wish = { .role = &policy->roles[i], .assurance = 1 };
		struct canary *canary;
		if (policy->roles[i].by_credential || !policy->roles[i].needs_second_factor)
			continue;
		TRY(canary_make(prove, &wish, &canary, err));
		TRY(factor_walk(prove, canary, &tried, verdict, err));
		roles++;
	}
	verdict_kept(prove, verdict,
	             "%zu roles got nothing from %zu addresses without their second factor",
	             roles, tried);
	return RC_OK;
}

/* --- roles
 * --------------------------------------------------------------------------------------- */

/* The dispatcher's own words, not the vault's: whom a route is for. */
static bool
is_route_refusal(const struct answer *answer)
{
	static const char *const words[] = { "your role does not include this",
		                             "a second factor is needed",
		                             "this needs a tenant" };

	if (answer->status == 401)
		return true;
	for (size_t i = 0; i < COUNT_OF(words) && answer->status == 403; i++) {
		if (memmem(answer->body.ptr, answer->body.len, words[i], strlen(words[i])))
			return true;
	}
	return false;
}

static bool
role_may_use(const struct policy *policy, const struct policy_role *role,
             const struct route *route)
{
	struct str what = str_from_c(route->need.what == NULL ? "" : route->need.what);
	const struct policy_class *class = policy_class_find(policy, what);

	switch (route->need.kind) {
	case NEED_PUBLIC:
		return true;
	case NEED_PERSON:
		return role != NULL;
	case NEED_GRANT:
		if (role == NULL)
			return false;
		if (route->need.verb == VERB_MANAGE)
			return policy_role_scope(role, VERB_MANAGE, -1, what) != 0;
		return class != NULL &&
		       policy_role_scope(role, route->need.verb,
		                         (int)policy_class_index(policy, class),
		                         STR_EMPTY) != 0;
	case NEED_SESSION:
	case NEED_NOT_STATED:
		break;
	}
	return false;
}

/* What changes something is tried only where it must be refused. */
static MUST_CHECK enum rc
route_try(struct prove *prove, const struct canary *canary, const struct route *route,
          struct verdict *verdict, struct err *err)
{
	static const char *const methods[] = { [METHOD_GET] = "GET",
		                               [METHOD_POST] = "POST",
		                               [METHOD_PUT] = "PUT",
		                               [METHOD_DELETE] = "DELETE" };
	const struct policy_role *role = canary == NULL ? NULL : canary->role;
	bool may = role_may_use(prove->tenant->policy, role, route);
	struct question question = { .method = methods[route->method],
		                     .path = route_path(prove, route, STR_EMPTY) };
	struct answer answer;

	if (canary != NULL)
		question.token = str_from_c(canary->token);
	if (route->method == METHOD_POST || route->method == METHOD_PUT) {
		question.type = STR("application/json");
		question.body = STR("{}");
	}
	TRY(client_ask(prove, &question, &answer, err));
	if (is_route_refusal(&answer) == may)
		verdict_broken(prove, verdict, "%s %s answered %ld to %.*s", question.method,
		               route->path, answer.status,
		               STR_ARGS(role == NULL ? STR("nobody") : role->name));
	return RC_OK;
}

static MUST_CHECK enum rc
role_walk(struct prove *prove, const struct canary *canary, size_t *tried,
          struct verdict *verdict, struct err *err)
{
	const struct policy_role *role = canary == NULL ? NULL : canary->role;
	struct route_walk walk;
	const struct route *route;

	routes_walk(prove, &walk);
	while ((route = routes_next(&walk)) != NULL) {
		bool may = role_may_use(prove->tenant->policy, role, route);
		if (route->need.kind == NEED_SESSION || (may && route->method != METHOD_GET))
			continue;
		TRY(route_try(prove, canary, route, verdict, err));
		(*tried)++;
	}
	return RC_OK;
}

enum rc
roles_enforced(struct prove *prove, struct str rest, struct verdict *verdict, struct err *err)
{
	const struct policy *policy = prove->tenant->policy;
	size_t tried = 0;

	(void)rest;
	TRY(role_walk(prove, NULL, &tried, verdict, err));
	for (size_t i = 0; i < policy->role_count; i++) {
		struct canary_wish wish = { .role = &policy->roles[i], .assurance = 2 };
		struct canary *canary;
		if (policy->roles[i].by_credential)
			continue;
		TRY(canary_make(prove, &wish, &canary, err));
		TRY(role_walk(prove, canary, &tried, verdict, err));
	}
	verdict_kept(prove, verdict, "%zu combinations of role and address answer as declared",
	             tried);
	return RC_OK;
}

/* --- before anything opens
 * --------------------------------------------------------------------------- */

/* Every address that the role's grants open must stay shut. */
enum rc
shut_walk(struct prove *prove, const struct canary *canary, size_t *tried,
          struct verdict *verdict, struct err *err)
{
	struct route_walk walk;
	const struct route *route;

	routes_walk(prove, &walk);
	while ((route = routes_next(&walk)) != NULL) {
		struct question question = { .method = "GET",
			                     .token = str_from_c(canary->token) };
		struct answer answer;
		if (route->need.kind != NEED_GRANT || route->method != METHOD_GET ||
		    strncmp(route->path, "/me", 3) == 0 || /* one's own stays open */
		    !role_may_use(prove->tenant->policy, canary->role, route))
			continue;
		question.path = route_path(prove, route, STR_EMPTY);
		TRY(client_ask(prove, &question, &answer, err));
		(*tried)++;
		if (!is_turned_away(&answer))
			verdict_broken(prove, verdict, "%s opened to %.*s all the same",
			               route->path, STR_ARGS(canary->role->name));
	}
	return RC_OK;
}

enum rc
onboarding_shut(struct prove *prove, struct str rest, struct verdict *verdict, struct err *err)
{
	const struct policy *policy = prove->tenant->policy;
	size_t tried = 0;

	(void)rest;
	for (size_t i = 0; i < policy->role_count; i++) {
		struct canary_wish wish = { .role = &policy->roles[i],
			                    .assurance = 2,
			                    .is_new = true };
		struct canary *canary;
		if (policy->roles[i].by_credential)
			continue;
		TRY(canary_make(prove, &wish, &canary, err));
		TRY(shut_walk(prove, canary, &tried, verdict, err));
	}
	verdict_kept(prove, verdict,
	             "%zu addresses stayed shut until the declared steps are complete", tried);
	return RC_OK;
}
