/*
 * The second factor of a session: giving it, and setting it up.
 */
#include "pages/handlers.h"

static void
factor_page(struct request *request, struct doc *doc)
{
	doc_page_text(doc, "page_title", request_say(request, "Confirm that it is you"));
	next_show(request, doc);
}

enum rc
factor_show(struct request *request, struct doc *doc, struct err *err)
{
	(void)err;
	if (!request->session->needs_factor || !request->session->has_factor)
		return landing(request, request->session);
	factor_page(request, doc);
	return RC_OK;
}

enum rc
factor_submit(struct request *request, struct doc *doc, struct err *err)
{
	enum rc rc = people_factor_check(request->site->people, request->session,
	                                 request_form(request, "code"), err);

	if (rc == RC_OK || rc == RC_PRECONDITION)
		return landing(request, request->session);
	if (rc != RC_UNAUTHENTICATED)
		return rc;
	request_field_error(request, doc, "code",
	                    request_say(request, "This is not the code that is due: wait for "
	                                         "the next one and type that"));
	factor_page(request, doc);
	return RC_OK;
}

/* --- setting up ----------------------------------------------------------------- */

static void
enrol_page(struct request *request, struct doc *doc)
{
	doc_page_text(doc, "page_title", request_say(request, "Set up your second factor"));
	next_show(request, doc);
}

/* Each look offers another secret: the one before was never in force. */
enum rc
enrol_show(struct request *request, struct doc *doc, struct err *err)
{
	struct totp_offer offer;

	TRY(people_totp_offer(request->site->people, request->session, request->arena, &offer,
	                      err));
	enrol_page(request, doc);
	doc_text(doc, "secret", offer.secret_base32);
	doc_text(doc, "uri", offer.uri);
	doc_markup(doc, "qr_svg", offer.qr_svg);
	return RC_OK;
}

static void
codes_show(struct request *request, struct doc *doc, const struct str codes[RECOVERY_CODES])
{
	static const struct doc_field fields[] = { { "code", DOC_TEXT, NULL,
		                                     "Recovery code" } };
	struct str next = next_read(request);
	struct doc_part *rows = doc_rows(doc, "codes", fields, COUNT_OF(fields));

	for (size_t i = 0; i < RECOVERY_CODES; i++)
		cell_text(&doc_row(doc, rows)[0], codes[i]);
	doc_page_text(doc, "page_title", request_say(request, "Keep your recovery codes"));
	doc_page_text(doc, "home", next.len == 0 ? STR("/") : next);
}

/* After a wrong code the offer stands, and its picture is not made again: the
 * app has it already. */
enum rc
enrol_submit(struct request *request, struct doc *doc, struct err *err)
{
	struct str codes[RECOVERY_CODES];
	enum rc rc =
	    people_totp_confirm(request->site->people, request->session,
	                        request_form(request, "code"), request->arena, codes, err);

	if (rc == RC_OK) {
		codes_show(request, doc, codes);
		return RC_OK;
	}
	if (rc == RC_PRECONDITION)
		return request_redirect(request, next_add(request, STR("/sign-in/enrol")));
	if (rc != RC_UNAUTHENTICATED)
		return rc;
	request_field_error(request, doc, "code",
	                    request_say(request, "This is not the code that is due: wait for "
	                                         "the next one and type that"));
	enrol_page(request, doc);
	return RC_OK;
}
