/*
 * Probes of connections: TLS in and out, signing in without passwords, cookies.
 */
#include "outbound/outbound.h"
#include "prove/inside.h"

/* --- TLS ----------------------------------------------------------------------------- */

static MUST_CHECK enum rc
handshake(struct prove *prove, int most_minor, const char *ciphers, bool *is_taken,
          struct err *err)
{
	struct question question = { .method = "GET",
		                     .path = STR("/-/health"),
		                     .is_from_root = true,
		                     .tls_max_minor = most_minor,
		                     .tls13_ciphers = ciphers };
	struct answer answer;

	TRY(client_ask(prove, &question, &answer, err));
	*is_taken = !answer.is_refused;
	return RC_OK;
}

enum rc
tls_minimum(struct prove *prove, struct str rest, struct verdict *verdict, struct err *err)
{
	int least = prove->tenant->policy->tls_minor;
	bool is_taken = false;

	(void)rest;
	for (int minor = 1; minor < least; minor++) {
		TRY(handshake(prove, minor, NULL, &is_taken, err));
		if (is_taken) {
			verdict_broken(prove, verdict, "a handshake with TLS 1.%d was accepted",
			               minor);
			return RC_OK;
		}
	}
	TRY(handshake(prove, 3, NULL, &is_taken, err));
	if (!is_taken)
		verdict_broken(prove, verdict, "a handshake with TLS 1.3 was refused");
	else
		verdict_kept(prove, verdict, "TLS 1.1%s refused, TLS 1.3 accepted",
		             least == 3 ? " and 1.2" : "");
	return RC_OK;
}

enum rc
tls_cipher(struct prove *prove, struct str rest, struct verdict *verdict, struct err *err)
{
	static const char *const weaker[] = { "TLS_AES_128_GCM_SHA256",
		                              "TLS_CHACHA20_POLY1305_SHA256",
		                              "TLS_AES_128_CCM_SHA256" };
	bool is_taken = false;

	(void)rest;
	for (size_t i = 0; i < COUNT_OF(weaker); i++) {
		TRY(handshake(prove, 3, weaker[i], &is_taken, err));
		if (is_taken) {
			verdict_broken(prove, verdict, "%s was accepted", weaker[i]);
			return RC_OK;
		}
	}
	TRY(handshake(prove, 3, "TLS_AES_256_GCM_SHA384", &is_taken, err));
	if (!is_taken)
		verdict_broken(prove, verdict, "AES-256 was refused");
	else
		verdict_kept(prove, verdict,
		             "AES-256-GCM accepted; AES-128 and ChaCha20 suites refused");
	return RC_OK;
}

static enum rc
nothing_taken(void *arg, struct str bytes, struct err *err)
{
	(void)arg;
	(void)bytes;
	(void)err;
	return RC_OK;
}

/* Our own listener is a peer that the system's roots do not vouch for. */
enum rc
tls_outbound(struct prove *prove, struct str rest, struct verdict *verdict, struct err *err)
{
	struct str host = str_from_c(prove->options->address);
	struct outbound_hosts hosts = { &host, 1 };
	struct outbound_request request = {
		.method = STR("GET"),
		.url = str_printf(prove->arena, "https://%s/-/health", prove->options->address),
		.hosts = &hosts
	};
	struct sink sink = { .add = nothing_taken };
	struct err refused;
	long status = 0;
	enum rc rc = outbound_send(&request, &sink, &status, &refused);

	(void)rest;
	if (rc == RC_OK) {
		verdict_broken(prove, verdict, "a peer that nobody vouches for was spoken to");
		return RC_OK;
	}
	if (rc != RC_DENIED) {
		*err = refused;
		return rc;
	}
	host = STR("undeclared.invalid");
	rc = outbound_send(&request, &sink, &status, &refused);
	if (rc != RC_DENIED)
		verdict_broken(prove, verdict, "a host that is not declared was asked");
	else
		verdict_kept(prove, verdict,
		             "an unverified peer and an undeclared host were refused");
	return RC_OK;
}

/* --- signing in --------------------------------------------------------------------------- */

static bool
is_password(struct str field)
{
	return memmem(field.ptr, field.len, "password", 8) != NULL;
}

static bool
policy_has_password(const struct policy *policy)
{
	for (size_t i = 0; i < policy->class_count; i++) {
		for (size_t k = 0; k < policy->classes[i].field_count; k++) {
			if (is_password(policy->classes[i].fields[k]))
				return true;
		}
	}
	return false;
}

struct link_try {
	struct visitor visitor;
	struct link_begun begun;
	char secret[SECRET_TEXT];
	struct session session;
};

static struct link_try
link_try_of(const struct prove *prove)
{
	return (struct link_try){ .visitor = { .tenant = prove->tenant,
		                               .address = STR("probe"),
		                               .browser = STR("probe"),
		                               .language = STR("en") } };
}

static const struct policy_role *
signing_role(const struct policy *policy)
{
	const struct policy_role *role = role_with(policy, VERB_READ, STR("signin"));

	return role == NULL ? &policy->roles[0] : role;
}

static MUST_CHECK enum rc
link_finish(struct prove *prove, struct link_try *try, struct str browser, bool *is_in,
            struct err *err)
{
	struct link_finish finish = { .browser_secret = browser,
		                      .link_secret = str_from_c(try->begun.link_secret) };
	enum rc rc = people_link_finish(prove->people, &try->visitor, &finish, prove->arena,
	                                &try->session, try->secret, err);

	*is_in = rc == RC_OK;
	return rc == RC_UNAUTHENTICATED ? RC_OK : rc;
}

enum rc
login_no_password(struct prove *prove, struct str rest, struct verdict *verdict,
                  struct err *err)
{
	struct canary_wish wish = { .role = signing_role(prove->tenant->policy),
		                    .assurance = 1 };
	struct link_try try = link_try_of(prove);
	struct canary *canary;
	bool is_in = false;

	(void)rest;
	if (policy_has_password(prove->tenant->policy)) {
		verdict_broken(prove, verdict, "the policy declares a field for passwords");
		return RC_OK;
	}
	TRY(canary_make(prove, &wish, &canary, err));
	TRY(people_link_begin(prove->people, &try.visitor, canary->email, prove->arena,
	                      &try.begun, err));
	TRY(link_finish(prove, &try, STR("another browser"), &is_in, err));
	if (is_in)
		verdict_broken(prove, verdict, "a link worked in another browser");
	TRY(link_finish(prove, &try, str_from_c(try.begun.browser_secret), &is_in, err));
	if (!is_in)
		verdict_broken(prove, verdict, "a link did not work in its own browser");
	TRY(link_finish(prove, &try, str_from_c(try.begun.browser_secret), &is_in, err));
	if (is_in)
		verdict_broken(prove, verdict, "a link worked twice");
	verdict_kept(prove, verdict,
	             "no field holds a password; a link worked once, in its own browser, "
	             "for %d minutes",
	             LINK_MINUTES);
	return RC_OK;
}

/* A session of a link: over by the declared idle time unless it is used, and by the
 * declared hours in any case. */
enum rc
login_limits(struct prove *prove, struct str rest, struct verdict *verdict, struct err *err)
{
	const struct policy *policy = prove->tenant->policy;
	struct canary_wish wish = { .role = signing_role(policy), .assurance = 1 };
	struct link_try try = link_try_of(prove);
	struct canary *canary;
	bool is_in = false;
	int64_t idle_us = policy->idle_minutes * US_PER_MIN;
	int64_t whole_us = policy->session_hours * US_PER_HOUR;
	int64_t lasts_us;

	(void)rest;
	TRY(canary_make(prove, &wish, &canary, err));
	TRY(people_link_begin(prove->people, &try.visitor, canary->email, prove->arena,
	                      &try.begun, err));
	TRY(link_finish(prove, &try, str_from_c(try.begun.browser_secret), &is_in, err));
	if (!is_in)
		return FAIL(err, RC_UNAUTHENTICATED, "a link did not work");
	lasts_us = try.session.expires_us - try.session.created_us;
	if (lasts_us > idle_us + US_PER_S || lasts_us > whole_us + US_PER_S)
		verdict_broken(prove, verdict, "a new session lasts longer than declared");
	verdict_kept(prove, verdict, "a session ends after %d idle minutes, and after %d hours",
	             policy->idle_minutes, policy->session_hours);
	return RC_OK;
}

/* --- cookies ---------------------------------------------------------------------------------
 */

static struct str
cookie_name(struct str header)
{
	struct str name;

	(void)str_cut(header, '=', &name);
	return str_trim(name);
}

static void
cookies_check(struct prove *prove, const struct route *route, const struct answer *answer,
              struct verdict *verdict)
{
	for (size_t i = 0; i < answer->header_count; i++) {
		struct str name = cookie_name(answer->headers[i].value);
		if (!str_eq_nocase(answer->headers[i].name, STR("Set-Cookie")) ||
		    policy_cookie_find(prove->tenant->policy, name) != NULL)
			continue;
		verdict_broken(prove, verdict, "%s sets the cookie %.*s, which is not declared",
		               route->path, STR_ARGS(name));
	}
}

/* Sources of scripts, pictures, styles and forms name no other host; and the
 * browser is told to load none. */
static void
sources_check(struct prove *prove, const struct route *route, const struct answer *answer,
              struct verdict *verdict)
{
	static const char *const other[] = { "src=\"http", "src=\"//", "action=\"http",
		                             "action=\"//", "@import" };
	struct str csp = answer_header(answer, "Content-Security-Policy");
	struct str own = STR("default-src 'self'");
	struct str none = STR("default-src 'none'");

	for (size_t i = 0; i < COUNT_OF(other); i++) {
		if (memmem(answer->body.ptr, answer->body.len, other[i], strlen(other[i])))
			verdict_broken(prove, verdict, "%s loads from elsewhere", route->path);
	}
	if (memmem(csp.ptr, csp.len, own.ptr, own.len) == NULL &&
	    memmem(csp.ptr, csp.len, none.ptr, none.len) == NULL)
		verdict_broken(prove, verdict, "%s has no content security policy",
		               route->path);
}

struct pages_seen {
	const struct canary *canary; /* NULL: nobody */
	struct str cookies;          /* sent along */
	size_t count;
};

static MUST_CHECK enum rc
pages_walk(struct prove *prove, struct pages_seen *seen, struct verdict *verdict,
           struct err *err)
{
	struct route_walk walk;
	const struct route *route;

	routes_walk(prove, &walk);
	while ((route = routes_next(&walk)) != NULL) {
		struct question question = { .method = "GET",
			                     .accept = STR("text/html"),
			                     .cookies = seen->cookies };
		struct answer answer;
		if (route->method != METHOD_GET || route->answer != ANSWER_DOC)
			continue;
		question.path = route_path(prove, route, STR_EMPTY);
		if (seen->canary != NULL)
			question.token = str_from_c(seen->canary->token);
		TRY(client_ask(prove, &question, &answer, err));
		seen->count++;
		if (answer.status >= 500)
			verdict_broken(prove, verdict, "%s answered %ld", route->path,
			               answer.status);
		cookies_check(prove, route, &answer, verdict);
		sources_check(prove, route, &answer, verdict);
	}
	return RC_OK;
}

static MUST_CHECK enum rc
roles_walk(struct prove *prove, struct str cookies, size_t *pages, struct verdict *verdict,
           struct err *err)
{
	const struct policy *policy = prove->tenant->policy;
	struct pages_seen seen = { .cookies = cookies };

	TRY(pages_walk(prove, &seen, verdict, err));
	for (size_t i = 0; i < policy->role_count; i++) {
		struct canary_wish wish = { .role = &policy->roles[i], .assurance = 2 };
		struct canary *canary;
		if (policy->roles[i].by_credential)
			continue;
		TRY(canary_make(prove, &wish, &canary, err));
		seen.canary = canary;
		TRY(pages_walk(prove, &seen, verdict, err));
	}
	*pages = seen.count;
	return RC_OK;
}

enum rc
cookies_declared(struct prove *prove, struct str rest, struct verdict *verdict, struct err *err)
{
	size_t pages = 0;

	(void)rest;
	TRY(roles_walk(prove, STR_EMPTY, &pages, verdict, err));
	verdict_kept(prove, verdict,
	             "%zu pages, as nobody and as every role: declared cookies only, nothing "
	             "from elsewhere",
	             pages);
	return RC_OK;
}

/* With nothing but what signs in; the walk sends no other cookie, and no page may
 * fail for want of one. */
enum rc
cookies_optional(struct prove *prove, struct str rest, struct verdict *verdict, struct err *err)
{
	struct question question = { .method = "GET",
		                     .path = STR("/privacy"),
		                     .accept = STR("text/html"),
		                     .cookies = STR("lang=xx; other=1") };
	struct answer answer;
	size_t pages = 0;

	(void)rest;
	TRY(roles_walk(prove, STR_EMPTY, &pages, verdict, err));
	TRY(client_ask(prove, &question, &answer, err));
	if (answer.status != 200)
		verdict_broken(prove, verdict, "a page answers %ld when a cookie means nothing",
		               answer.status);
	verdict_kept(prove, verdict,
	             "%zu pages work without any cookie but those of signing in", pages);
	return RC_OK;
}
