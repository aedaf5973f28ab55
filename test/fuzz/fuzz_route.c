/*
 * Any target, any method.  A target that is taken has no segment that steps
 * out, and what the router hands on is UTF-8 without a slash or a NUL.  The
 * first byte chooses the method.
 */
#include "web/form.h"
#include "web/target.h"

static enum rc
nothing(struct request *request, struct doc *doc, struct err *err)
{
	(void)request;
	(void)doc;
	(void)err;
	return RC_OK;
}

#define OPEN ANYONE, "none", 0, BODY_NONE, 0, ANSWER_DOC, "none", nothing, "x"

static const struct route rows[] = {
	{ METHOD_GET, "/", OPEN },        { METHOD_GET, "/a/:id", OPEN },
	{ METHOD_GET, "/a/new", OPEN },   { METHOD_PUT, "/:a/:b/:c/:d", OPEN },
	{ METHOD_GET, "/a/:id/b", OPEN },
};
static const struct routes table = { rows, COUNT_OF(rows) };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
match_check(const struct route_match *match)
{
	for (size_t i = 0; i < match->param_count; i++) {
		struct str param = match->params[i];
		if (param.len == 0 || !str_is_utf8(param) ||
		    memchr(param.ptr, '/', param.len) != NULL || str_eq(param, STR("..")) ||
		    str_eq(param, STR(".")))
			abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct route_match match = { 0 };
	struct target target;
	struct err err;

	if (size == 0)
		return 0;
	arena_init(&arena, 16 * MIB);
	if (target_parse((struct str){ (const char *)data + 1, size - 1 }, &arena, &target,
	                 &err) == RC_OK &&
	    routes_find(&table, 1, (enum method)(data[0] % 5), target.path, &arena, &match,
	                &err) == RC_OK)
		match_check(&match);
	return 0;
}

#include "replay.h"
