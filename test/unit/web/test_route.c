/* Expected answers follow from web/route.h. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "web/request.h"

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
	{ METHOD_GET, "/", OPEN },
	{ METHOD_GET, "/devices", OPEN },
	{ METHOD_GET, "/devices/:device", OPEN },
	{ METHOD_GET, "/devices/new", OPEN },
	{ METHOD_POST, "/devices", ANYONE, "none", 0, BODY_FORM, 100, ANSWER_DOC, "none",
	  nothing, "x" },
	{ METHOD_GET, "/fhir/:type/:id/_history", OPEN },
};
static const struct routes table = { rows, COUNT_OF(rows) };

static int
arena_start(void **state)
{
	struct arena *arena = calloc(1, sizeof(*arena));

	if (arena == NULL)
		return 1;
	arena_init(arena, LIMIT_ARENA_BYTES);
	*state = arena;
	return 0;
}

static int
arena_end(void **state)
{
	arena_free(*state);
	free(*state);
	return 0;
}

static enum rc
find(void **state, enum method method, struct str path, struct route_match *match)
{
	struct err err;

	return routes_find(&table, 1, method, path, *state, match, &err);
}

static void
a_path_finds_its_row_and_its_parameters_decoded(void **state)
{
	struct route_match match;

	assert_int_equal(find(state, METHOD_GET, STR("/"), &match), RC_OK);
	assert_ptr_equal(match.route, &rows[0]);
	assert_int_equal(find(state, METHOD_GET, STR("/fhir/Obs%20x/%C3%A9/_history"), &match),
	                 RC_OK);
	assert_ptr_equal(match.route, &rows[5]);
	assert_int_equal(match.param_count, 2);
	assert_true(str_eq(match.params[0], STR("Obs x")));
	assert_true(str_eq(match.params[1], STR("\xc3\xa9")));
}

static void
a_literal_is_taken_before_a_parameter_whatever_the_order(void **state)
{
	struct route_match match;

	assert_int_equal(find(state, METHOD_GET, STR("/devices/new"), &match), RC_OK);
	assert_ptr_equal(match.route, &rows[3]);
	assert_int_equal(find(state, METHOD_GET, STR("/devices/newer"), &match), RC_OK);
	assert_ptr_equal(match.route, &rows[2]);
}

static void
what_no_row_has_is_not_found(void **state)
{
	static const struct str paths[] = {
		{ "/device", 7 },
		{ "/devices/", 9 },
		{ "/devices/a/b", 12 },
		{ "devices", 7 },
		{ "", 0 },
		{ "//", 2 },
		{ "/fhir/a//", 9 },
		{ "/Devices", 8 },
		{ "/%64evices", 10 },
		{ "/fhir//b/_history", 17 },
	};
	struct route_match match;

	for (size_t i = 0; i < COUNT_OF(paths); i++)
		assert_int_equal(find(state, METHOD_GET, paths[i], &match), RC_NOT_FOUND);
}

static void
another_method_is_told_from_no_page(void **state)
{
	struct route_match match;

	assert_int_equal(find(state, METHOD_PUT, STR("/devices"), &match), RC_METHOD);
	assert_int_equal(find(state, METHOD_POST, STR("/devices"), &match), RC_OK);
	assert_int_equal(find(state, 0, STR("/devices"), &match), RC_METHOD);
}

static void
a_parameter_that_is_no_utf8_is_refused(void **state)
{
	struct route_match match;

	assert_int_equal(find(state, METHOD_GET, STR("/devices/%ff"), &match), RC_SYNTAX);
	assert_int_equal(find(state, METHOD_GET, STR("/devices/%4"), &match), RC_SYNTAX);
}

static enum rc
check_one(struct route row)
{
	struct routes one = { &row, 1 };
	struct err err;

	return routes_check(&one, 1, NULL, NULL, &err);
}

static void
a_row_that_leaves_something_out_stops_the_start(void **state)
{
	const struct route good = { METHOD_GET, "/x",       PERSON, "none",  1,  BODY_NONE,
		                    0,          ANSWER_DOC, "none", nothing, "x" };
	struct route row;

	(void)state;
	assert_int_equal(check_one(good), RC_OK);
	assert_int_equal(check_one((row = good, row.method = 0, row)), RC_INVALID);
	assert_int_equal(check_one((row = good, row.path = NULL, row)), RC_INVALID);
	assert_int_equal(check_one((row = good, row.path = "x", row)), RC_INVALID);
	assert_int_equal(check_one((row = good, row.path = "/x/", row)), RC_INVALID);
	assert_int_equal(check_one((row = good, row.need.kind = 0, row)), RC_INVALID);
	assert_int_equal(check_one((row = good, row.purpose = NULL, row)), RC_INVALID);
	assert_int_equal(check_one((row = good, row.assurance = 0, row)), RC_INVALID);
	assert_int_equal(check_one((row = good, row.assurance = 3, row)), RC_INVALID);
	assert_int_equal(check_one((row = good, row.body = 0, row)), RC_INVALID);
	assert_int_equal(check_one((row = good, row.answer = 0, row)), RC_INVALID);
	assert_int_equal(check_one((row = good, row.template = NULL, row)), RC_INVALID);
	assert_int_equal(check_one((row = good, row.handle = NULL, row)), RC_INVALID);
	assert_int_equal(check_one((row = good, row.says = NULL, row)), RC_INVALID);
	assert_int_equal(check_one((row = good, row.path = "/:a/:b/:c/:d/:e", row)),
	                 RC_INVALID);
}

static void
needs_and_bodies_must_fit_together(void **state)
{
	const struct route good = { METHOD_POST, "/x", MAY(READ, "note"), "none", 1,
		                    BODY_FORM,   100,  ANSWER_DOC,        "none", nothing,
		                    "x" };
	struct route row;

	(void)state;
	assert_int_equal(check_one(good), RC_OK);
	assert_int_equal(check_one((row = good, row.need.what = NULL, row)), RC_INVALID);
	assert_int_equal(check_one((row = good, row.need.verb = 0, row)), RC_INVALID);
	assert_int_equal(check_one((row = good, row.need.kind = NEED_PUBLIC, row)), RC_INVALID);
	assert_int_equal(check_one((row = good, row.body_bytes = 0, row)), RC_INVALID);
	assert_int_equal(check_one((row = good, row.body_bytes = LIMIT_FORM_BYTES + 1, row)),
	                 RC_INVALID);
	assert_int_equal(check_one((row = good, row.method = METHOD_GET, row)), RC_INVALID);
	assert_int_equal(check_one((row = good, row.body = BODY_NONE, row)), RC_INVALID);
}

static enum rc
check_two(const char *a, const char *b)
{
	const struct route two[] = { { METHOD_GET, a, OPEN }, { METHOD_GET, b, OPEN } };
	const struct routes tables[] = { { &two[0], 1 }, { &two[1], 1 } };
	struct err err;

	return routes_check(tables, 2, NULL, NULL, &err);
}

static void
two_rows_for_one_address_stop_the_start_unless_one_is_closer(void **state)
{
	(void)state;
	assert_int_equal(check_two("/a", "/a"), RC_INVALID);
	assert_int_equal(check_two("/a/:b", "/a/:c"), RC_INVALID);
	assert_int_equal(check_two("/:a/b", "/a/:b"), RC_INVALID);
	assert_int_equal(check_two("/a/:b", "/a/b"), RC_OK);
	assert_int_equal(check_two("/a", "/a/:b"), RC_OK);
	assert_int_equal(check_two("/a/:b/c", "/a/:b/d"), RC_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_path_finds_its_row_and_its_parameters_decoded),
		cmocka_unit_test(a_literal_is_taken_before_a_parameter_whatever_the_order),
		cmocka_unit_test(what_no_row_has_is_not_found),
		cmocka_unit_test(another_method_is_told_from_no_page),
		cmocka_unit_test(a_parameter_that_is_no_utf8_is_refused),
		cmocka_unit_test(a_row_that_leaves_something_out_stops_the_start),
		cmocka_unit_test(needs_and_bodies_must_fit_together),
		cmocka_unit_test(two_rows_for_one_address_stop_the_start_unless_one_is_closer),
	};

	return cmocka_run_group_tests(tests, arena_start, arena_end);
}
