/*
 * OpenAPI 3.1.0 (OpenAPI Initiative, 2021), written from the same rows that the
 * dispatcher enforces: who may, for which purpose, which body, which answers.
 * Rows of one path, from whichever table, are one path item.
 */
#include "web/openapi.h"

#include "base/json.h"

/* The tables of a tenant: pages of every tenant, then its service's. */
struct tables {
	const struct routes *items[1 + SERVICE_TABLES_MAX];
	size_t count;
};

static const char *const methods[] = {
	[METHOD_GET] = "get",
	[METHOD_POST] = "post",
	[METHOD_PUT] = "put",
	[METHOD_DELETE] = "delete",
};

static const char *const verbs[] = {
	[VERB_READ] = "read",       [VERB_WRITE] = "write",   [VERB_ERASE] = "erase",
	[VERB_RELEASE] = "release", [VERB_MANAGE] = "manage",
};

static struct tables
tables_of(const struct site *site, const struct tenant *tenant)
{
	const struct service *service = site_service(site, tenant);
	struct tables tables = { .items = { &site->pages }, .count = 1 };

	for (size_t i = 0; service != NULL && service->tables[i] != NULL; i++)
		tables.items[tables.count++] = service->tables[i];
	return tables;
}

/* "/devices/:device" as "/devices/{device}". */
static void
path_put(struct json_out *out, struct str path)
{
	struct buf text;
	struct str segment;

	buf_init(&text, LIMIT_PATH_BYTES);
	path = (struct str){ path.ptr + 1, path.len - 1 };
	do {
		path = str_cut(path, '/', &segment);
		buf_add(&text, STR("/"));
		if (str_starts_with(segment, STR(":")))
			buf_addf(&text, "{%.*s}", (int)segment.len - 1, segment.ptr + 1);
		else
			buf_add(&text, segment);
	} while (path.len != 0);
	json_name_str(out, (struct str){ text.text, text.len });
	buf_free(&text);
}

static void
parameter_put(struct json_out *out, struct str name)
{
	json_object_begin(out);
	json_text_at(out, "name", name);
	json_text_at(out, "in", STR("path"));
	json_bool_at(out, "required", true);
	json_name(out, "schema");
	json_object_begin(out);
	json_text_at(out, "type", STR("string"));
	json_object_close(out);
	json_object_close(out);
}

static void
parameters_put(struct json_out *out, const struct route *route)
{
	struct str rest = str_from_c(route->path);
	struct str segment;

	if (strchr(route->path, ':') == NULL)
		return;
	json_name(out, "parameters");
	json_array_begin(out);
	while (rest.len != 0) {
		rest = str_cut(rest, '/', &segment);
		if (str_starts_with(segment, STR(":")))
			parameter_put(out, (struct str){ segment.ptr + 1, segment.len - 1 });
	}
	json_array_close(out);
}

/* "content": an entry for each type of a list that ends with NULL. */
static void
content_put(struct json_out *out, const char *const *types)
{
	json_name(out, "content");
	json_object_begin(out);
	for (size_t i = 0; types[i] != NULL; i++) {
		json_name(out, types[i]);
		json_object_begin(out);
		json_object_close(out);
	}
	json_object_close(out);
}

static void
body_put(struct json_out *out, const struct route *route)
{
	static const char *const types[][3] = {
		[BODY_FORM] = { "application/x-www-form-urlencoded" },
		[BODY_JSON] = { "application/json" },
		[BODY_FHIR] = { "application/fhir+json", "application/json" },
		[BODY_FORM_OR_JSON] = { "application/json",
		                        "application/x-www-form-urlencoded" },
	};

	if (route->body == BODY_NONE || route->body == BODY_NOT_STATED)
		return;
	json_name(out, "requestBody");
	json_object_begin(out);
	json_bool_at(out, "required", true);
	content_put(out, types[route->body]);
	json_object_close(out);
}

static void
responses_put(struct json_out *out, const struct route *route)
{
	static const char *const documents[] = { "application/json", "text/csv", "text/html",
		                                 NULL };
	static const char *const resources[] = { "application/fhir+json", NULL };
	static const char *const data[] = { "*/*", NULL };
	static const char *const problems[] = { "application/problem+json", NULL };
	const char *const *types = route->answer == ANSWER_DOC    ? documents
	                           : route->answer == ANSWER_FHIR ? resources
	                                                          : data;

	json_name(out, "responses");
	json_object_begin(out);
	json_name(out, "200");
	json_object_begin(out);
	json_text_at(out, "description", STR("Done."));
	content_put(out, types);
	json_object_close(out);
	json_name(out, "default");
	json_object_begin(out);
	json_text_at(out, "description",
	             STR("What went wrong (RFC 9457; FHIR: OperationOutcome)."));
	content_put(out, route->answer == ANSWER_FHIR ? resources : problems);
	json_object_close(out);
	json_object_close(out);
}

static void
security_put(struct json_out *out, const struct route *route)
{
	static const char *const schemes[] = { "token", "session" };

	json_name(out, "security");
	json_array_begin(out);
	for (size_t i = 0; i < COUNT_OF(schemes) && route->need.kind != NEED_PUBLIC; i++) {
		json_object_begin(out);
		json_name(out, schemes[i]);
		json_array_begin(out);
		json_array_close(out);
		json_object_close(out);
	}
	json_array_close(out);
}

/* In words: what the caller needs, and why the data may be touched. */
static void
rule_put(struct json_out *out, const struct route *route)
{
	struct buf text;

	buf_init(&text, KIB);
	if (route->need.kind == NEED_PUBLIC)
		buf_add(&text, STR("Open to anyone."));
	if (route->need.kind == NEED_SESSION || route->need.kind == NEED_PERSON)
		buf_add(&text, STR("For any person who is signed in."));
	if (route->need.kind == NEED_GRANT)
		buf_addf(&text, "For roles that may %s %s.", verbs[route->need.verb],
		         route->need.what);
	if (strcmp(route->purpose, "none") != 0)
		buf_addf(&text, " Purpose: %s.", route->purpose);
	if (route->assurance == 2)
		buf_add(&text, STR(" With a second factor."));
	json_text_at(out, "description", (struct str){ text.text, text.len });
	buf_free(&text);
}

/* The first segment of the path: pages of one matter stand together. */
static struct str
tag_of(const struct route *route)
{
	struct str tag;

	(void)str_cut(str_from_c(route->path + 1), '/', &tag);
	return tag.len == 0 ? STR("start") : tag;
}

static void
operation_put(struct json_out *out, const struct route *route)
{
	json_name(out, methods[route->method]);
	json_object_begin(out);
	json_text_at(out, "summary", str_from_c(route->says));
	rule_put(out, route);
	json_name(out, "tags");
	json_array_begin(out);
	json_put_text(out, tag_of(route));
	json_array_close(out);
	parameters_put(out, route);
	body_put(out, route);
	security_put(out, route);
	responses_put(out, route);
	json_object_close(out);
}

/* Was a row of this path met before row `until` of table `table`? */
static bool
path_was_met(const struct tables *tables, size_t table, size_t until, const char *path)
{
	for (size_t t = 0; t <= table; t++) {
		size_t end = t == table ? until : tables->items[t]->count;
		for (size_t i = 0; i < end; i++) {
			if (strcmp(tables->items[t]->rows[i].path, path) == 0)
				return true;
		}
	}
	return false;
}

static void
path_item_put(struct json_out *out, const struct tables *tables, const char *path)
{
	path_put(out, str_from_c(path));
	json_object_begin(out);
	for (size_t t = 0; t < tables->count; t++) {
		for (size_t i = 0; i < tables->items[t]->count; i++) {
			const struct route *route = &tables->items[t]->rows[i];
			if (strcmp(route->path, path) == 0)
				operation_put(out, route);
		}
	}
	json_object_close(out);
}

static void
paths_put(struct json_out *out, const struct tables *tables)
{
	json_name(out, "paths");
	json_object_begin(out);
	for (size_t t = 0; t < tables->count; t++) {
		for (size_t i = 0; i < tables->items[t]->count; i++) {
			const char *path = tables->items[t]->rows[i].path;
			if (!path_was_met(tables, t, i, path))
				path_item_put(out, tables, path);
		}
	}
	json_object_close(out);
}

static void
class_put(struct json_out *out, const struct policy_class *class)
{
	json_name_str(out, class->name);
	json_object_begin(out);
	json_text_at(out, "type", STR("object"));
	json_text_at(out, "description", class->says);
	json_name(out, "properties");
	json_object_begin(out);
	for (size_t i = 0; i < class->field_count; i++) {
		json_name_str(out, class->fields[i]);
		json_object_begin(out);
		json_object_close(out);
	}
	json_object_close(out);
	json_bool_at(out, "additionalProperties", false);
	json_object_close(out);
}

static void
scheme_put(struct json_out *out, const char *name, bool is_cookie)
{
	json_name(out, name);
	json_object_begin(out);
	json_text_at(out, "type", is_cookie ? STR("apiKey") : STR("http"));
	if (is_cookie) {
		json_text_at(out, "in", STR("cookie"));
		json_text_at(out, "name", STR("__Host-session"));
	} else {
		json_text_at(out, "scheme", STR("bearer"));
	}
	json_object_close(out);
}

static void
components_put(struct json_out *out, const struct policy *policy)
{
	json_name(out, "components");
	json_object_begin(out);
	json_name(out, "securitySchemes");
	json_object_begin(out);
	scheme_put(out, "token", false);
	scheme_put(out, "session", true);
	json_object_close(out);
	json_name(out, "schemas");
	json_object_begin(out);
	for (size_t i = 0; i < policy->class_count; i++)
		class_put(out, &policy->classes[i]);
	json_object_close(out);
	json_object_close(out);
}

static void
info_put(struct json_out *out, const struct tenant *tenant)
{
	json_name(out, "info");
	json_object_begin(out);
	json_text_at(out, "title", tenant->name);
	json_text_at(out, "version", tenant->policy->version);
	json_text_at(
	    out, "description",
	    STR("Every address answers as a page, as JSON and, where it has a table, as "
	        "CSV. Schemas are the classes that the privacy policy declares."));
	json_object_close(out);
}

static void
servers_put(struct json_out *out, const struct tenant *tenant)
{
	struct buf url;

	buf_init(&url, KIB);
	buf_addf(&url, "/%.*s", STR_ARGS(tenant->slug));
	json_name(out, "servers");
	json_array_begin(out);
	json_object_begin(out);
	json_text_at(out, "url", (struct str){ url.text, url.len });
	json_object_close(out);
	json_array_close(out);
	buf_free(&url);
}

void
openapi_write(const struct site *site, const struct tenant *tenant, struct buf *out)
{
	struct tables tables = tables_of(site, tenant);
	struct json_out json;

	json_out_init(&json, out);
	json_object_begin(&json);
	json_text_at(&json, "openapi", STR("3.1.0"));
	info_put(&json, tenant);
	servers_put(&json, tenant);
	paths_put(&json, &tables);
	components_put(&json, tenant->policy);
	json_object_close(&json);
}
