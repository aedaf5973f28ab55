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

/* Names of browsers and systems in what a browser says of itself (RFC 9110,
 * section 10.1.5); each before those that it claims to be as well. */
static const char *const browsers[][2] = {
	{ "Edg/", "Edge" },      { "OPR/", "Opera" },    { "Firefox/", "Firefox" },
	{ "Chrome/", "Chrome" }, { "CriOS/", "Chrome" }, { "FxiOS/", "Firefox" },
	{ "Safari/", "Safari" }, { "curl/", "curl" },
};
static const char *const systems[][2] = {
	{ "Windows", "Windows" }, { "Android", "Android" }, { "iPhone", "iPhone" },
	{ "iPad", "iPad" },       { "Mac OS X", "macOS" },  { "CrOS", "ChromeOS" },
	{ "Linux", "Linux" },
};

static const char *
name_in(struct str text, const char *const names[][2], size_t count)
{
	for (size_t i = 0; text.len != 0 && i < count; i++) {
		if (memmem(text.ptr, text.len, names[i][0], strlen(names[i][0])) != NULL)
			return names[i][1];
	}
	return NULL;
}

/* "Firefox · Linux"; what is not known stands as it came. */
static struct str
browser_name(struct arena *arena, struct str said)
{
	const char *browser = name_in(said, browsers, COUNT_OF(browsers));
	const char *system = name_in(said, systems, COUNT_OF(systems));

	if (browser == NULL)
		return said;
	return system == NULL ? str_from_c(browser)
	                      : str_printf(arena, "%s · %s", browser, system);
}

enum rc
sessions_show(struct request *request, struct doc *doc, struct err *err)
{
	static const struct doc_field fields[] = {
		{ "id", DOC_TEXT, NULL, NULL },
		{ "browser", DOC_TEXT, NULL, "Browser" },
		{ "created", DOC_TIME, NULL, "Signed in" },
		{ "seen", DOC_TIME, NULL, "Last used" },
		{ "expires", DOC_TIME, NULL, "Ends unless used" },
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
		cell_text(&cells[1], browser_name(request->arena, sessions[i].browser));
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
