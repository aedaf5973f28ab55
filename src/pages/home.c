/*
 * Where people land: home after sign-in, or the page they were on their way to.
 */
#include "pages/handlers.h"
#include "web/exchange.h"
#include "web/form.h"
#include "web/target.h"

struct str
next_read(struct request *request)
{
	struct str next = request_form(request, "next");

	if (next.len == 0)
		next = request_query(request, "next");
	if (next.len == 0 || !target_is_local(next, request->arena))
		return STR_EMPTY;
	return next;
}

void
next_show(struct request *request, struct doc *doc)
{
	struct str next = next_read(request);

	if (next.len != 0)
		doc_page_text(doc, "next", next);
}

struct str
next_add(struct request *request, struct str path)
{
	struct str next = percent_encode(next_read(request), request->arena);

	if (next.len == 0)
		return path;
	return str_printf(request->arena, "%.*s?next=%.*s", STR_ARGS(path), STR_ARGS(next));
}

enum rc
landing(struct request *request, const struct session *session)
{
	struct str next = next_read(request);

	if (session->needs_factor && session->has_factor)
		return request_redirect(request, next_add(request, STR("/sign-in/factor")));
	if (session->needs_factor)
		return request_redirect(request, next_add(request, STR("/sign-in/enrol")));
	return request_redirect(request, next.len == 0 ? STR("/") : next);
}

/* The service's own start page where the role sees it, else its first place. */
static struct str
home_of(const struct request *request)
{
	const struct service *service = site_service(request->site, request->tenant);
	const char *home = "/me";

	for (size_t i = service == NULL ? 0 : service->place_count; i > 0; i--) {
		const struct place *place = &service->places[i - 1];
		if (!need_holds(request, &place->need))
			continue;
		home = place->path;
	}
	for (size_t i = 0; service != NULL && i < service->place_count; i++) {
		const struct place *place = &service->places[i];
		if (service->home != NULL && strcmp(place->path, service->home) == 0 &&
		    need_holds(request, &place->need))
			home = place->path;
	}
	return str_from_c(home);
}

enum rc
home_show(struct request *request, struct doc *doc, struct err *err)
{
	(void)doc;
	(void)err;
	if (request->actor.kind == ACTOR_NOBODY)
		return request_redirect(request, STR("/sign-in"));
	if (request->session != NULL && request->session->needs_factor)
		return landing(request, request->session);
	return request_redirect(request, home_of(request));
}
