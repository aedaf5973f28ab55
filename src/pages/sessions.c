/*
 * Where the person is signed in.
 */
#include "pages/handlers.h"
#include "web/cookie.h"

/* By token there is no session of the request; whose they are is all that counts. */
static struct session
session_of(const struct request *request)
{
	if (request->session != NULL)
		return *request->session;
	return (struct session){ .tenant = request->tenant, .person = request->actor.id };
}

enum rc
sessions_show(struct request *request, struct doc *doc, struct err *err)
{
	static const struct doc_field fields[] = {
		{ "id", DOC_TEXT, NULL, NULL },
		{ "browser", DOC_TEXT, NULL, "Browser" },
		{ "created", DOC_TIME, NULL, "Signed in" },
		{ "seen", DOC_TIME, NULL, "Last used" },
		{ "expires", DOC_TIME, NULL, "Ends at the latest" },
		{ "is_here", DOC_BOOL, NULL, "This one" },
	};
	struct session own = session_of(request);
	struct session *sessions;
	struct doc_part *rows;
	size_t count;

	TRY(people_session_list(request->site->people, &own, request->arena, &sessions, &count,
	                        err));
	doc_page_text(doc, "page_title", request_say(request, "Sessions"));
	doc_page_text(doc, "lead", request_say(request, "Where you are signed in."));
	rows = doc_rows(doc, "sessions", fields, COUNT_OF(fields));
	for (size_t i = 0; i < count; i++) {
		struct doc_cell *cells = doc_row(doc, rows);
		cell_text(&cells[0], id_to_str(request->arena, sessions[i].id));
		cell_text(&cells[1], sessions[i].browser);
		cell_int(&cells[2], sessions[i].created_us);
		cell_int(&cells[3], sessions[i].seen_us);
		cell_int(&cells[4], sessions[i].expires_us);
		cell_int(&cells[5], id_eq(sessions[i].id, own.id));
	}
	return RC_OK;
}

enum rc
session_end_submit(struct request *request, struct doc *doc, struct err *err)
{
	struct session own = session_of(request);
	struct id which;

	(void)doc;
	if (id_parse(request->params[0], &which, err) != RC_OK)
		return FAIL(err, RC_NOT_FOUND, "there is no such session of yours");
	TRY(people_session_end(request->site->people, &own, which, err));
	if (!id_eq(which, own.id))
		return request_redirect(request, STR("/me/sessions?done=ended"));
	TRY(request_cookie(request, COOKIE_SESSION, STR_EMPTY, err));
	return request_redirect(request, STR("/sign-in?done=signed-out"));
}
