/*
 * The course of a request: framing → target → tenant → route → actor → need →
 * body → handler → answer.  Each step fails with an error of its own; the
 * answer to any of them is made in one place (failure.c).
 */
#include "web/exchange.h"
#include "base/broken.h"

#include "web/cookie.h"
#include "web/form.h"
#include "web/metrics.h"
#include "web/target.h"

struct exchange *
exchange_new(const struct site *site)
{
	struct exchange *exchange = calloc(1, sizeof(*exchange));

	if (exchange == NULL)
		abort();
	arena_init(&exchange->arena, LIMIT_ARENA_BYTES);
	buf_init(&exchange->page, LIMIT_PAGE_BYTES);
	doc_init(&exchange->doc, &exchange->arena);
	exchange->request = (struct request){ .site = site,
		                              .actor = { .kind = ACTOR_NOBODY },
		                              .language = language_find(STR("en")),
		                              .arena = &exchange->arena,
		                              .exchange = exchange };
	exchange->request.now_us = clock_now_us(site->clock);
	random_bytes(&exchange->number, sizeof(exchange->number));
	return exchange;
}

void
exchange_free(struct exchange *exchange)
{
	if (exchange == NULL)
		return;
	for (size_t i = exchange->request.ending_count; i-- > 0;)
		exchange->request.endings[i].fn(exchange->request.endings[i].arg);
	if (exchange->has_json)
		json_free(&exchange->json);
	key_wipe(&exchange->csrf_key);
	buf_free(&exchange->page);
	arena_free(&exchange->arena);
	free(exchange);
}

static const struct {
	struct str name;
	enum method method;
} methods[] = {
	{ { "GET", 3 }, METHOD_GET },       { { "HEAD", 4 }, METHOD_GET },
	{ { "POST", 4 }, METHOD_POST },     { { "PUT", 3 }, METHOD_PUT },
	{ { "DELETE", 6 }, METHOD_DELETE },
};

/* Zero: one that no route takes. */
static enum method
method_find(struct str name)
{
	for (size_t i = 0; i < COUNT_OF(methods); i++) {
		if (str_eq(methods[i].name, name))
			return methods[i].method;
	}
	return 0;
}

const struct service *
site_service(const struct site *site, const struct tenant *tenant)
{
	for (size_t i = 0; i < site->service_count; i++) {
		if (str_eq(str_from_c(site->services[i]->name), tenant->service))
			return site->services[i];
	}
	return NULL;
}

/* "/-/health", "/log/key" and "/" are the server's; else the first segment is a tenant. */
static enum rc
tenant_route(struct exchange *exchange, struct str path, struct err *err)
{
	struct request *request = &exchange->request;
	const struct site *site = request->site;
	const struct service *service;
	struct str slug;
	struct str rest = str_cut((struct str){ path.ptr + 1, path.len - 1 }, '/', &slug);

	if (slug.len == 0 || str_eq(slug, STR("-")) || str_eq(slug, STR("log"))) {
		request->path = path;
		exchange->tables[exchange->table_count++] = site->server;
		return RC_OK;
	}
	request->tenant = vault_tenant_find(site->vault, slug);
	if (request->tenant == NULL && broken("isolation.tenant"))
		request->tenant = vault_tenant_at(site->vault, 0);
	if (request->tenant == NULL)
		return FAIL(err, RC_NOT_FOUND, "there is no such page");
	request->prefix = str_printf(request->arena, "/%.*s", STR_ARGS(request->tenant->slug));
	request->zone = request->tenant->zone;
	exchange->tables[exchange->table_count++] = site->pages;
	service = site_service(site, request->tenant);
	for (size_t i = 0;
	     service != NULL && i < SERVICE_TABLES_MAX && service->tables[i] != NULL; i++)
		exchange->tables[exchange->table_count++] = *service->tables[i];
	request->path = STR("/");
	if (rest.len != 0)
		request->path = (struct str){ rest.ptr - 1, rest.len + 1 };
	return RC_OK;
}

static enum rc
tenant_check(const struct request *request, struct err *err)
{
	if (request->tenant == NULL || request->tenant->state == TENANT_ACTIVE)
		return RC_OK;
	if (request->tenant->state == TENANT_SUSPENDED)
		return FAIL(err, RC_BUSY, "this place is suspended");
	return FAIL(err, RC_GONE, "this place is closed");
}

static enum rc
cookies_read(struct exchange *exchange, struct err *err)
{
	struct request *request = &exchange->request;

	for (size_t i = 0; i < request->headers.count; i++) {
		if (str_eq_nocase(request->headers.items[i].name, STR("Cookie")))
			TRY(cookies_parse(request->headers.items[i].value, &request->cookies,
			                  err));
	}
	for (size_t i = 0; i < request->cookies.count; i++) {
		struct pair *cookie = &request->cookies.items[i];
		if (!cookie_is_jar(cookie->name) || request->tenant == NULL)
			continue;
		TRY(pairs_add(&exchange->jars, cookie->name, cookie->value, err));
		cookie->value = jar_find(cookie->value, request->tenant->slug);
	}
	return RC_OK;
}

static void
language_choose(struct exchange *exchange)
{
	struct request *request = &exchange->request;
	struct str chosen = pairs_find(&request->cookies, STR(COOKIE_LANGUAGE));

	if (chosen.len != 0)
		request->language = language_find(chosen);
	else if (request->session != NULL && request->session->language.len != 0)
		request->language = language_find(request->session->language);
	else
		request->language = language_accept(request_header(request, "Accept-Language"));
	if (request->session != NULL && request->session->zone.len != 0)
		request->zone = request->session->zone;
	request->visitor.language = str_from_c(request->language->code);
}

static void
visitor_fill(struct exchange *exchange, const struct head *head)
{
	struct request *request = &exchange->request;
	struct str browser = request_header(request, "User-Agent");

	while (browser.len > 200 || (browser.len > 0 && !str_is_utf8(browser)))
		browser.len = browser.len > 200 ? 200 : browser.len - 1;
	request->visitor = (struct visitor){ .tenant = request->tenant,
		                             .address = head->address,
		                             .browser = browser };
}

/* The forms in which the row can answer, and the client's choice among them. */
static enum rc
format_choose(struct exchange *exchange, struct err *err)
{
	struct request *request = &exchange->request;
	const struct route *route = request->route;
	struct str wanted = request_query(request, "format");
	unsigned offered = FORMAT_JSON | FORMAT_CSV;

	if (route->answer != ANSWER_DOC)
		return RC_OK;
	if (strcmp(route->template, "none") != 0)
		offered |= FORMAT_HTML;
	if (wanted.len != 0) {
		exchange->format = format_find(wanted) & offered;
	} else {
		exchange->format =
		    accept_choose(request_header(request, "Accept"), offered,
		                  exchange->is_bearer ? FORMAT_JSON : FORMAT_HTML);
	}
	if (exchange->format == FORMAT_NONE)
		return FAIL(err, RC_NOT_ACCEPTABLE, "HTML, JSON and CSV are what there is");
	return RC_OK;
}

static struct str
allow_list(struct exchange *exchange)
{
	struct request *request = &exchange->request;
	struct str list = STR_EMPTY;

	for (size_t i = 0; i < COUNT_OF(methods); i++) {
		struct route_match match;
		struct err err;
		if (routes_find(exchange->tables, exchange->table_count, methods[i].method,
		                request->path, request->arena, &match, &err) != RC_OK)
			continue;
		list = list.len == 0 ? methods[i].name
		                     : str_printf(request->arena, "%.*s, %.*s", STR_ARGS(list),
		                                  STR_ARGS(methods[i].name));
	}
	return list;
}

static enum rc
route_find(struct exchange *exchange, struct err *err)
{
	struct request *request = &exchange->request;
	struct route_match match = { 0 };
	enum rc rc = routes_find(exchange->tables, exchange->table_count, request->method,
	                         request->path, request->arena, &match, err);

	if (rc == RC_METHOD)
		response_header(request, "Allow", allow_list(exchange));
	if (rc != RC_OK)
		return rc;
	request->route = match.route;
	memcpy(request->params, match.params, sizeof(request->params));
	return RC_OK;
}

static enum rc
body_expect(const struct exchange *exchange, struct err *err)
{
	const struct framing *framing = &exchange->framing;
	const struct route *route = exchange->request.route;
	bool has_body = framing->is_chunked || framing->length > 0;

	if (has_body && route->body == BODY_NONE)
		return FAIL(err, RC_LIMIT, "this address takes no body");
	if (framing->length > route->body_bytes)
		return FAIL(err, RC_LIMIT, "the body is longer than %zu bytes",
		            route->body_bytes);
	return RC_OK;
}

/* What of the head can be read even if the rest of it is refused. */
static void
head_take(struct exchange *exchange, const struct head *head)
{
	struct request *request = &exchange->request;

	request->headers = head->headers;
	request->method = method_find(head->method);
	exchange->is_head = str_eq(head->method, STR("HEAD"));
	exchange->is_bearer = request_header(request, "Authorization").len != 0;
	exchange->is_browser = !exchange->is_bearer &&
	                       accept_names(request_header(request, "Accept"), FORMAT_HTML);
	visitor_fill(exchange, head);
}

enum rc
exchange_begin(struct exchange *exchange, const struct head *head, struct err *err)
{
	struct request *request = &exchange->request;
	struct target target;

	head_take(exchange, head);
	TRY(framing_read(&head->headers, &exchange->framing, err));
	request->origin =
	    str_printf(request->arena, "https://%.*s", STR_ARGS(exchange->framing.host));
	exchange->refused_status = head->target.len > LIMIT_PATH_BYTES ? 414 : 0;
	TRY(target_parse(head->target, request->arena, &target, err));
	TRY(form_parse(target.query, request->arena, &request->query, err));
	exchange->query = target.query;
	TRY(tenant_route(exchange, target.path, err));
	request->visitor.tenant = request->tenant;
	TRY(cookies_read(exchange, err));
	language_choose(exchange);
	TRY(tenant_check(request, err));
	TRY(route_find(exchange, err));
	TRY(format_choose(exchange, err));
	if (request->tenant != NULL)
		TRY(actor_find(exchange, err));
	language_choose(exchange);
	request->door = (struct door){ .vault = request->site->vault,
		                       .tenant = request->tenant,
		                       .actor = &request->actor,
		                       .purpose = str_from_c(request->route->purpose) };
	TRY(actor_check(exchange, err));
	return body_expect(exchange, err);
}

static enum rc
handle(struct exchange *exchange, struct str body, struct err *err)
{
	struct request *request = &exchange->request;

	TRY(body_read(exchange, body, err));
	TRY(request->route->handle(request, &exchange->doc, err));
	return respond(exchange, err);
}

void
exchange_finish(struct exchange *exchange, struct str body)
{
	struct err err = { 0 };

	if (handle(exchange, body, &err) != RC_OK) {
		exchange_refuse(exchange, &err);
		return;
	}
	reply_finish(exchange);
}

void
exchange_refuse(struct exchange *exchange, const struct err *err)
{
	failure_reply(exchange, err);
	reply_finish(exchange);
}
