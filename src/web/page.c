/*
 * A document as a page: the parts that every page gets, the form token, and
 * the cookie that a form before sign-in needs.
 */
#include "office/alert.h"
#include "office/told.h"
#include "web/cookie.h"
#include "web/csrf.h"
#include "web/exchange.h"

static const struct doc_field place_fields[] = {
	{ "path", DOC_TEXT, NULL, NULL },      { "label", DOC_TEXT, NULL, NULL },
	{ "icon", DOC_TEXT, NULL, NULL },      { "is_here", DOC_BOOL, NULL, NULL },
	{ "open_count", DOC_INT, NULL, NULL },
};

static bool
is_under(struct str path, struct str place)
{
	if (!str_starts_with(path, place))
		return false;
	return path.len == place.len || place.len == 1 || path.ptr[place.len] == '/';
}

/* The office's own place, beside the service's: the first that the role may open. */
static const struct place office_places[] = {
	{ "/admin", "Office", "shield-check", MAY(MANAGE, "requests") },
	{ "/admin/registers", "Registers", "list-checks", MAY(READ, "register") },
};
static const struct need alerts_need = MAY(MANAGE, "notices");

static bool
has_place_here(const struct doc_part *rows)
{
	for (size_t i = 0; i < rows->row_count; i++) {
		if (rows->cells[i * rows->field_count + 3].number != 0)
			return true;
	}
	return false;
}

static const struct place *
office_place_of(const struct request *request)
{
	for (size_t i = 0; i < COUNT_OF(office_places); i++) {
		if (need_holds(request, &office_places[i].need))
			return &office_places[i];
	}
	return NULL;
}

static void
office_place_add(struct exchange *exchange, struct doc_part *rows)
{
	struct request *request = &exchange->request;
	bool is_here = is_under(request->path, STR("/admin")) && !has_place_here(rows);
	const struct place *place = office_place_of(request);
	int64_t count = 0;
	struct doc_cell *cells;
	struct err err;

	if (request->actor.kind != ACTOR_PERSON || place == NULL)
		return;
	cells = doc_row(&exchange->doc, rows);
	cell_text(&cells[0], str_from_c(place->path));
	cell_text(&cells[1], str_from_c(place->label));
	cell_text(&cells[2], str_from_c(place->icon));
	cell_int(&cells[3], is_here);
	if (!need_holds(request, &alerts_need))
		return;
	DISCARD(alert_open_count(request->site->office, request->tenant, &count, &err),
	        "the page is there without the number");
	cell_int(&cells[4], count);
}

static void
places_add(struct exchange *exchange)
{
	struct request *request = &exchange->request;
	const struct service *service = site_service(request->site, request->tenant);
	struct doc_part *rows;

	if (service == NULL || doc_find(&exchange->doc, STR("places")) != NULL)
		return;
	rows = doc_rows(&exchange->doc, "places", place_fields, COUNT_OF(place_fields));
	rows->is_for_page_only = true;
	for (size_t i = 0; i < service->place_count; i++) {
		const struct place *place = &service->places[i];
		struct doc_cell *cells;
		if (request->actor.kind == ACTOR_NOBODY || !need_holds(request, &place->need))
			continue;
		cells = doc_row(&exchange->doc, rows);
		cell_text(&cells[0], str_from_c(place->path));
		cell_text(&cells[1], str_from_c(place->label)); /* the template translates */
		cell_text(&cells[2], str_from_c(place->icon));
		cell_int(&cells[3], is_under(request->path, str_from_c(place->path)));
	}
	office_place_add(exchange, rows);
}

static const struct doc_field language_fields[] = {
	{ "code", DOC_TEXT, NULL, NULL },
	{ "name", DOC_TEXT, NULL, NULL },
	{ "is_here", DOC_BOOL, NULL, NULL },
};

static void
languages_add(struct exchange *exchange)
{
	const struct language *mine = exchange->request.language;
	struct doc_part *rows;

	/* The choice is kept in a cookie: none is offered where the policy has none. */
	if (exchange->request.tenant == NULL ||
	    policy_cookie_find(exchange->request.tenant->policy, STR("lang")) == NULL)
		return;
	if (language_count < 2 || doc_find(&exchange->doc, STR("languages")) != NULL)
		return;
	rows =
	    doc_rows(&exchange->doc, "languages", language_fields, COUNT_OF(language_fields));
	rows->is_for_page_only = true;
	for (size_t i = 0; i < language_count; i++) {
		struct doc_cell *cells = doc_row(&exchange->doc, rows);
		cell_text(&cells[0], str_from_c(languages[i].code));
		cell_text(&cells[1], str_from_c(languages[i].name));
		cell_int(&cells[2], strcmp(languages[i].code, mine->code) == 0);
	}
}

static bool
is_staff(const struct policy_role *role)
{
	for (size_t i = 0; role != NULL && i < role->grant_count; i++) {
		if (role->grants[i].verb == VERB_MANAGE)
			return true;
	}
	return false;
}

/* A page is shown without the line rather than not at all. */
static bool
has_unread(const struct request *request)
{
	const struct session *session = request->session;
	bool is_unread = false;
	struct err err;

	if (session == NULL || session->needs_factor ||
	    told_unread(request->site->office, request->tenant, session->person, &is_unread,
	                &err) != RC_OK)
		return false;
	return is_unread;
}

/* A handler that says one of these itself is right. */
static void
text_add(struct doc *doc, const char *name, struct str text)
{
	if (text.len != 0 && doc_find(doc, str_from_c(name)) == NULL)
		doc_page_text(doc, name, text);
}

static void
bool_add(struct doc *doc, const char *name, bool value)
{
	if (doc_find(doc, str_from_c(name)) == NULL)
		doc_page_bool(doc, name, value);
}

static void
parts_add(struct exchange *exchange)
{
	struct request *request = &exchange->request;
	struct doc *doc = &exchange->doc;

	bool_add(doc, "is_demo", request->site->is_demo);
	bool_add(doc, "is_signed_in", request->session != NULL);
	text_add(doc, "language_code", str_from_c(request->language->code));
	text_add(doc, "notice_text", request_notice(request));
	if (request->tenant == NULL)
		return;
	text_add(doc, "tenant_name", request->tenant->name);
	text_add(doc, "tenant_prefix", request->prefix);
	text_add(doc, "service", request->tenant->service);
	if (request->method == METHOD_GET)
		text_add(doc, "here",
		         request->path); /* where a choice of language returns to */
	if (request->session != NULL)
		text_add(doc, "person_name", request->session->name);
	bool_add(doc, "is_staff", is_staff(request->actor.role));
	bool_add(doc, "has_unread", has_unread(request));
	places_add(exchange);
	languages_add(exchange);
}

static struct str
random_text(struct arena *arena)
{
	uint8_t bytes[KEY_BYTES];
	char *text = arena_alloc(arena, SECRET_TEXT, 1);

	random_bytes(bytes, sizeof(bytes));
	base64url_format(bytes, sizeof(bytes), text);
	return str_from_c(text);
}

static void
token_make(struct exchange *exchange)
{
	struct request *request = &exchange->request;

	if (request->tenant == NULL)
		return;
	if (!csrf_key_find(exchange)) {
		exchange->fresh_signin = random_text(request->arena);
		exchange->csrf_key = csrf_key_of_cookie(exchange->fresh_signin);
	}
	exchange->csrf = csrf_token(&exchange->csrf_key, request->arena);
}

/* The cookie is set only by a page that shows a form, so that a reader of the
 * privacy page carries none. */
static enum rc
token_keep(struct exchange *exchange, struct err *err)
{
	struct buf *page = &exchange->page;

	if (exchange->fresh_signin.len == 0 || page->text == NULL ||
	    memmem(page->text, page->len, exchange->csrf.ptr, exchange->csrf.len) == NULL)
		return RC_OK;
	return request_cookie(&exchange->request, COOKIE_SIGNIN, exchange->fresh_signin, err);
}

enum rc
page_render(struct exchange *exchange, const char *template, struct err *err)
{
	struct request *request = &exchange->request;
	struct template_scene scene = { .doc = &exchange->doc,
		                        .language = request->language,
		                        .zone = request->zone,
		                        .prefix = request->prefix,
		                        .arena = request->arena };
	struct str text;

	parts_add(exchange);
	token_make(exchange);
	scene.csrf = exchange->csrf;
	exchange->page.len = 0;
	TRY(template_render(request->site->templates, str_from_c(template), &scene,
	                    &exchange->page, err));
	TRY(token_keep(exchange, err));
	return buf_finish(&exchange->page, &text, err);
}
