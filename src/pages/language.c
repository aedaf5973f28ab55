/*
 * The language of pages, kept in a cookie where the policy declares it.
 */
#include "pages/handlers.h"
#include "web/cookie.h"

enum rc
language_submit(struct request *request, struct doc *doc, struct err *err)
{
	struct str code = request_form(request, "language");
	struct str next = next_read(request);

	(void)doc;
	for (size_t i = 0; i < language_count; i++) {
		if (!str_eq(code, str_from_c(languages[i].code)))
			continue;
		TRY(request_cookie(request, COOKIE_LANGUAGE, code, err));
		return request_redirect(request, next.len == 0 ? STR("/") : next);
	}
	return FAIL(err, RC_INVALID, "language: none that is here");
}
