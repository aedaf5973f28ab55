/*
 * Sign-in by mailed link or code.
 *
 * Asking, looking at the link and finishing are three requests.  Only POSTs act:
 * what opens links in mail on its own uses nothing up.  The answer to asking is
 * the same for every address.
 */
#include "crypto/secret.h"
#include "office/detect.h"
#include "pages/handlers.h"
#include "people/spelling.h"
#include "web/cookie.h"
#include "web/form.h"

static void
ask_page(struct request *request, struct doc *doc)
{
	doc_page_text(doc, "page_title", request_say(request, "Sign in"));
	next_show(request, doc);
}

enum rc
sign_in_show(struct request *request, struct doc *doc, struct err *err)
{
	(void)err;
	if (request->session != NULL)
		return landing(request, request->session);
	ask_page(request, doc);
	return RC_OK;
}

enum rc
sign_in_submit(struct request *request, struct doc *doc, struct err *err)
{
	struct link_begun begun;
	struct str email;

	if (email_normal(request_form(request, "email"), request->arena, &email, err) !=
	    RC_OK) {
		request_field_error(request, doc, "email",
		                    request_say(request, "Enter an e-mail address, such as "
		                                         "name@example.org"));
		ask_page(request, doc);
		return RC_OK;
	}
	TRY(people_link_begin(request->site->people, &request->visitor, email, request->arena,
	                      &begun, err));
	TRY(link_mail(request, &begun, email, err));
	TRY(request_cookie(request, COOKIE_SIGNIN, str_from_c(begun.browser_secret), err));
	return request_redirect(request, next_add(request, STR("/sign-in/sent")));
}

static void
sent_page(struct request *request, struct doc *doc)
{
	doc_page_text(doc, "page_title", request_say(request, "Look into your mailbox"));
	doc_int(doc, "minutes", LINK_MINUTES);
	next_show(request, doc);
}

enum rc
sign_in_sent_show(struct request *request, struct doc *doc, struct err *err)
{
	(void)err;
	sent_page(request, doc);
	return RC_OK;
}

/* --- finishing --------------------------------------------------------------- */

enum rc
link_show(struct request *request, struct doc *doc, struct err *err)
{
	bool is_other = pairs_find(&request->cookies, STR(COOKIE_SIGNIN)).len == 0;

	(void)err;
	doc_page_text(doc, "page_title", request_say(request, "Finish signing in"));
	doc_page_text(doc, "secret", request_query(request, "secret"));
	doc_page_bool(doc, "is_other_browser", is_other);
	next_show(request, doc);
	return RC_OK;
}

/* The old session of this browser ends: nobody sees that it is still open. */
static MUST_CHECK enum rc
finish(struct request *request, struct str link_secret, struct str code, struct err *err)
{
	struct link_finish proof = { .browser_secret =
		                         pairs_find(&request->cookies, STR(COOKIE_SIGNIN)),
		                     .link_secret = link_secret,
		                     .code = code };
	struct people *people = request->site->people;
	struct session session;
	char secret[SECRET_TEXT];
	struct err second;
	enum rc rc;

	TRY(people_link_finish(people, &request->visitor, &proof, request->arena, &session,
	                       secret, err));
	detect_sign_in(request->site->office, request->tenant, session.person,
	               request->visitor.address);
	rc = request_cookie(request, COOKIE_SESSION, str_from_c(secret), err);
	secret_wipe(secret, sizeof(secret));
	TRY(rc);
	TRY(request_cookie(request, COOKIE_SIGNIN, STR_EMPTY, err));
	if (request->session != NULL)
		DISCARD(
		    people_session_end(people, request->session, request->session->id, &second),
		    "it may have ended by itself in the meantime");
	return landing(request, &session);
}

enum rc
link_submit(struct request *request, struct doc *doc, struct err *err)
{
	enum rc rc = finish(request, request_form(request, "secret"), STR_EMPTY, err);

	if (rc != RC_UNAUTHENTICATED)
		return rc;
	request_field_error(request, doc, "again",
	                    request_say(request, "This link does not work: it was used, it is "
	                                         "too old, or another browser asked for it"));
	doc_page_text(doc, "page_title", request_say(request, "Finish signing in"));
	doc_page_bool(doc, "is_refused", true);
	return RC_OK;
}

enum rc
code_submit(struct request *request, struct doc *doc, struct err *err)
{
	enum rc rc = finish(request, STR_EMPTY, request_form(request, "code"), err);

	if (rc != RC_UNAUTHENTICATED)
		return rc;
	request_field_error(request, doc, "code",
	                    request_say(request, "This code does not work: look whether it is "
	                                         "typed right, or ask for a new mail"));
	sent_page(request, doc);
	return RC_OK;
}

enum rc
sign_out_submit(struct request *request, struct doc *doc, struct err *err)
{
	(void)doc;
	TRY(people_session_end(request->site->people, request->session, request->session->id,
	                       err));
	TRY(request_cookie(request, COOKIE_SESSION, STR_EMPTY, err));
	return request_redirect(request, STR("/sign-in?done=signed-out"));
}
