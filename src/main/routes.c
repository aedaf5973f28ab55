/*
 * `troth routes`: every address and who may use it, from the route tables.
 */
#include "base/json.h"
#include "main/command.h"
#include "main/services.h"
#include "pages/pages.h"

static const char *const methods[] = { [METHOD_GET] = "GET",
	                               [METHOD_POST] = "POST",
	                               [METHOD_PUT] = "PUT",
	                               [METHOD_DELETE] = "DELETE" };
static const char *const verbs[] = { [VERB_READ] = "read",
	                             [VERB_WRITE] = "write",
	                             [VERB_ERASE] = "erase",
	                             [VERB_RELEASE] = "release",
	                             [VERB_MANAGE] = "manage" };
static const char *const bodies[] = { [BODY_NONE] = "none",
	                              [BODY_FORM] = "form",
	                              [BODY_JSON] = "json",
	                              [BODY_FHIR] = "fhir",
	                              [BODY_FORM_OR_JSON] = "form or json" };

/* "anyone", "signing in", "any person", "read measurement". */
static struct str
need_text(struct arena *arena, const struct need *need)
{
	switch (need->kind) {
	case NEED_PUBLIC:
		return STR("anyone");
	case NEED_SESSION:
		return STR("signing in");
	case NEED_PERSON:
		return STR("any person");
	case NEED_GRANT:
		return str_printf(arena, "%s %s", verbs[need->verb], need->what);
	case NEED_NOT_STATED:
	default:
		return STR("not stated");
	}
}

static void
route_write(struct call *call, struct json_out *out, const char *table,
            const struct route *route)
{
	struct str need = need_text(call->arena, &route->need);

	if (!call->is_json) {
		buf_addf(call->out, "%-6s %-34s %-24.*s %-9s %d  %s\n", methods[route->method],
		         route->path, STR_ARGS(need), route->purpose, route->assurance,
		         route->says);
		return;
	}
	json_object_begin(out);
	json_text_at(out, "of", str_from_c(table));
	json_text_at(out, "method", str_from_c(methods[route->method]));
	json_text_at(out, "path", str_from_c(route->path));
	json_text_at(out, "need", need);
	json_text_at(out, "purpose", str_from_c(route->purpose));
	json_int_at(out, "assurance", route->assurance);
	json_text_at(out, "body", str_from_c(bodies[route->body]));
	json_text_at(out, "says", str_from_c(route->says));
	json_object_close(out);
}

static void
routes_write(struct call *call, struct json_out *out, const char *table,
             const struct routes *routes)
{
	for (size_t i = 0; i < routes->count; i++)
		route_write(call, out, table, &routes->rows[i]);
}

enum rc
routes_run(struct call *call, struct err *err)
{
	struct json_out out;

	(void)err;
	json_out_init(&out, call->out);
	if (call->is_json)
		json_array_begin(&out);
	routes_write(call, &out, "pages", &pages_routes);
	for (size_t i = 0; i < service_count; i++) {
		for (size_t t = 0; services[i]->tables[t] != NULL; t++)
			routes_write(call, &out, services[i]->name, services[i]->tables[t]);
	}
	if (call->is_json)
		json_array_close(&out);
	return RC_OK;
}
