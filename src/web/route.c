#include "web/route.h"

#include "base/limits.h"
#include "web/form.h"
#include "web/template.h"

#define SEGMENTS_MAX 16

static bool
is_param(struct str segment)
{
	return segment.len > 1 && segment.ptr[0] == ':';
}

struct segments {
	struct str items[SEGMENTS_MAX];
	size_t count;
};

/* "/a/b" is two segments; "/" is none; "/a/" and "//" are not paths. */
static bool
path_split(struct str path, struct segments *segments)
{
	struct str rest = { path.ptr + 1, path.len - 1 };

	segments->count = 0;
	if (path.len == 0 || path.ptr[0] != '/')
		return false;
	if (path.len > 1 && path.ptr[path.len - 1] == '/')
		return false;
	while (rest.len != 0) {
		if (segments->count == SEGMENTS_MAX)
			return false;
		rest = str_cut(rest, '/', &segments->items[segments->count]);
		if (segments->items[segments->count++].len == 0)
			return false;
	}
	return true;
}

/* Walks the pattern beside the path without taking either apart first: this runs
 * for every row that comes before the right one. */
static bool
path_matches(const char *pattern, struct str path)
{
	const char *at = path.ptr, *end = path.ptr + path.len;

	while (*pattern != '\0') {
		if (*pattern == ':') {
			const char *start = at;
			while (*pattern != '\0' && *pattern != '/')
				pattern++;
			while (at < end && *at != '/')
				at++;
			if (at == start)
				return false;
			continue;
		}
		if (at == end || *at++ != *pattern++)
			return false;
	}
	return at == end;
}

/* Of two patterns that match one path: does `a` name more of it literally? */
static bool
is_closer(const char *a, const char *b)
{
	struct str rest_a = str_from_c(a), rest_b = str_from_c(b);
	struct str one, other;

	while (rest_a.len != 0 && rest_b.len != 0) {
		rest_a = str_cut(rest_a, '/', &one);
		rest_b = str_cut(rest_b, '/', &other);
		if (is_param(one) != is_param(other))
			return is_param(other);
	}
	return false;
}

static enum rc
params_read(const char *pattern, struct str path, struct arena *arena,
            struct route_match *match, struct err *err)
{
	struct str names = str_from_c(pattern);
	struct str name, text;

	match->param_count = 0;
	while (names.len != 0 && match->param_count < ROUTE_PARAMS_MAX) {
		names = str_cut(names, '/', &name);
		path = str_cut(path, '/', &text);
		if (!is_param(name))
			continue;
		TRY(percent_decode(text, false, arena, &match->params[match->param_count++],
		                   err));
	}
	return RC_OK;
}

enum rc
routes_find(const struct routes *tables, size_t count, enum method method, struct str path,
            struct arena *arena, struct route_match *match, struct err *err)
{
	const struct route *found = NULL;
	bool is_known = false;

	for (size_t t = 0; t < count; t++) {
		for (size_t i = 0; i < tables[t].count; i++) {
			const struct route *row = &tables[t].rows[i];
			if (row->method != method && is_known)
				continue;
			if (!path_matches(row->path, path))
				continue;
			is_known = true;
			if (row->method == method &&
			    (found == NULL || is_closer(row->path, found->path)))
				found = row;
		}
	}
	if (found == NULL && is_known)
		return FAIL(err, RC_METHOD, "the address does not take this method");
	if (found == NULL)
		return FAIL(err, RC_NOT_FOUND, "there is no such page");
	match->route = found;
	return params_read(found->path, path, arena, match, err);
}

/* --- checking at start ----------------------------------------------------- */

static enum rc
path_check(const struct route *row, struct err *err)
{
	struct segments segments;
	size_t params = 0;

	if (row->path == NULL || !path_split(str_from_c(row->path), &segments))
		return FAIL(err, RC_INVALID, "%s: not a path",
		            row->path == NULL ? "?" : row->path);
	for (size_t i = 0; i < segments.count; i++)
		params += is_param(segments.items[i]) ? 1 : 0;
	if (params > ROUTE_PARAMS_MAX)
		return FAIL(err, RC_INVALID, "%s: too many parameters", row->path);
	return RC_OK;
}

static enum rc
need_check(const struct route *row, struct err *err)
{
	const struct need *need = &row->need;

	if (need->kind < NEED_PUBLIC || need->kind > NEED_GRANT)
		return FAIL(err, RC_INVALID, "%s: who may is not stated", row->path);
	if (need->kind == NEED_GRANT &&
	    (need->what == NULL || need->verb < VERB_READ || need->verb > VERB_MANAGE))
		return FAIL(err, RC_INVALID, "%s: the grant is not whole", row->path);
	if (row->assurance < 0 || row->assurance > 2 ||
	    (row->assurance == 0) != (need->kind == NEED_PUBLIC))
		return FAIL(err, RC_INVALID, "%s: assurance does not fit who may", row->path);
	return RC_OK;
}

static enum rc
body_check(const struct route *row, struct err *err)
{
	if (row->body < BODY_NONE || row->body > BODY_FORM_OR_JSON)
		return FAIL(err, RC_INVALID, "%s: the body is not stated", row->path);
	if ((row->body_bytes == 0) != (row->body == BODY_NONE) ||
	    row->body_bytes > LIMIT_BODY_BYTES)
		return FAIL(err, RC_INVALID, "%s: body and its limit do not fit", row->path);
	if (row->body == BODY_FORM && row->body_bytes > LIMIT_FORM_BYTES)
		return FAIL(err, RC_INVALID, "%s: a form of more than %lu bytes", row->path,
		            LIMIT_FORM_BYTES);
	if (row->body != BODY_NONE && row->method == METHOD_GET)
		return FAIL(err, RC_INVALID, "%s: GET takes no body", row->path);
	return RC_OK;
}

static enum rc
row_check(const struct route *row, struct err *err)
{
	TRY(path_check(row, err));
	if (row->method < METHOD_GET || row->method > METHOD_DELETE)
		return FAIL(err, RC_INVALID, "%s: no method", row->path);
	TRY(need_check(row, err));
	TRY(body_check(row, err));
	if (row->purpose == NULL)
		return FAIL(err, RC_INVALID, "%s: no purpose", row->path);
	if (row->answer < ANSWER_DOC || row->answer > ANSWER_FHIR)
		return FAIL(err, RC_INVALID, "%s: the answer is not stated", row->path);
	if (row->template == NULL)
		return FAIL(err, RC_INVALID, "%s: no template, nor \"none\"", row->path);
	if (row->handle == NULL || row->says == NULL)
		return FAIL(err, RC_INVALID, "%s: no handler, or no words on it", row->path);
	return RC_OK;
}

static bool
role_may_manage(const struct policy *policy, struct str what)
{
	for (size_t i = 0; i < policy->role_count; i++) {
		if (policy_role_scope(&policy->roles[i], VERB_MANAGE, -1, what) != 0)
			return true;
	}
	return false;
}

static enum rc
row_check_policy(const struct route *row, const struct policy *policy, struct err *err)
{
	const struct need *need = &row->need;
	struct str what = need->what == NULL ? STR_EMPTY : str_from_c(need->what);
	bool has_purpose = strcmp(row->purpose, "none") != 0;

	if (has_purpose && policy_purpose_find(policy, str_from_c(row->purpose)) == NULL)
		return FAIL(err, RC_INVALID, "%s: purpose %s is not declared", row->path,
		            row->purpose);
	if (need->kind != NEED_GRANT)
		return RC_OK;
	if (need->verb == VERB_MANAGE && !role_may_manage(policy, what))
		return FAIL(err, RC_INVALID, "%s: no role may manage %s", row->path,
		            need->what);
	if (need->verb != VERB_MANAGE && policy_class_find(policy, what) == NULL)
		return FAIL(err, RC_INVALID, "%s: class %s is not declared", row->path,
		            need->what);
	return RC_OK;
}

/* Two rows that match one path are fine when one is the other with literals in
 * place of parameters; if each is closer somewhere, a reader could not tell. */
static enum rc
pair_check(const struct route *a, const struct route *b, struct err *err)
{
	struct segments one, other;
	size_t closer = 0, wider = 0;

	if (a->method != b->method || !path_split(str_from_c(a->path), &one) ||
	    !path_split(str_from_c(b->path), &other) || one.count != other.count)
		return RC_OK;
	for (size_t i = 0; i < one.count; i++) {
		bool is_open = is_param(one.items[i]), is_other_open = is_param(other.items[i]);
		if (!is_open && !is_other_open && !str_eq(one.items[i], other.items[i]))
			return RC_OK;
		closer += !is_open && is_other_open ? 1 : 0;
		wider += is_open && !is_other_open ? 1 : 0;
	}
	if ((closer == 0) == (wider == 0))
		return FAIL(err, RC_INVALID, "%s and %s match one address", a->path, b->path);
	return RC_OK;
}

static enum rc
rows_check(const struct routes *table, const struct policy *policy,
           const struct templates *templates, struct err *err)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct route *row = &table->rows[i];
		TRY(row_check(row, err));
		if (policy != NULL)
			TRY(row_check_policy(row, policy, err));
		if (templates != NULL && strcmp(row->template, "none") != 0 &&
		    !templates_has(templates, str_from_c(row->template)))
			return FAIL(err, RC_INVALID, "%s: there is no template %s", row->path,
			            row->template);
	}
	return RC_OK;
}

enum rc
routes_check(const struct routes *tables, size_t count, const struct policy *policy,
             const struct templates *templates, struct err *err)
{
	const struct route *rows[ROUTES_MAX];
	size_t row_count = 0;

	for (size_t t = 0; t < count; t++) {
		TRY(rows_check(&tables[t], policy, templates, err));
		for (size_t i = 0; i < tables[t].count; i++) {
			if (row_count == ROUTES_MAX)
				return FAIL(err, RC_LIMIT, "more than %d routes", ROUTES_MAX);
			rows[row_count++] = &tables[t].rows[i];
		}
	}
	for (size_t i = 0; i < row_count; i++) {
		for (size_t j = 0; j < i; j++)
			TRY(pair_check(rows[j], rows[i], err));
	}
	return RC_OK;
}
