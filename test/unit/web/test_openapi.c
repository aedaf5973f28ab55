/* The API's description, read back with the strict JSON reader. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/json.h"
#include "web/openapi.h"

static enum rc
answer(struct request *request, struct doc *doc, struct err *err)
{
	(void)request;
	(void)doc;
	return FAIL(err, RC_NOT_FOUND, "not called here");
}

static const struct route page_rows[] = {
	{ METHOD_GET, "/me", PERSON, "account", 1, BODY_NONE, 0, ANSWER_DOC, "me", answer,
	  "My data" },
	{ METHOD_POST, "/me", PERSON, "account", 1, BODY_FORM, KIB, ANSWER_DOC, "me", answer,
	  "Change my data" },
	{ METHOD_GET, "/privacy", ANYONE, "none", 0, BODY_NONE, 0, ANSWER_DOC, "privacy",
	  answer, "The policy" },
};
static const struct route service_rows[] = {
	{ METHOD_POST, "/devices/:device/revoke", MAY(WRITE, "device"), "care", 2, BODY_FORM,
	  KIB, ANSWER_DOC, "none", answer, "Disconnect a device" },
	{ METHOD_POST, "/fhir", MAY(WRITE, "measurement"), "care", 1, BODY_FHIR, MIB,
	  ANSWER_FHIR, "none", answer, "Bundle" },
};

struct described {
	struct buf text;
	struct json json;
};

static void
describe(struct described *described)
{
	struct str fields[] = { STR("analyte"), STR("value") };
	struct policy_class classes[] = { { .name = STR("measurement"),
		                            .says = STR("Measurements"),
		                            .fields = fields,
		                            .field_count = 2 } };
	struct policy policy = { .version = STR("2026-03-01"),
		                 .classes = classes,
		                 .class_count = 1 };
	struct tenant tenant = { .slug = STR("acme"),
		                 .service = STR("measure"),
		                 .name = STR("Acme"),
		                 .policy = &policy };
	struct routes table = { service_rows, COUNT_OF(service_rows) };
	struct service service = { .name = "measure", .tables = { &table } };
	const struct service *const services[] = { &service };
	struct site site = { .services = services,
		             .service_count = 1,
		             .pages = { page_rows, COUNT_OF(page_rows) } };
	struct err err;

	buf_init(&described->text, MIB);
	openapi_write(&site, &tenant, &described->text);
	assert_int_equal(json_parse(&described->json,
	                            (struct str){ described->text.text, described->text.len },
	                            &err),
	                 RC_OK);
}

static void
described_free(struct described *described)
{
	json_free(&described->json);
	buf_free(&described->text);
}

/* The value at a path of names that are separated by spaces; NULL when absent. */
static struct json_object *
at(const struct described *described, const char *names)
{
	struct json_object *value = described->json.root;
	struct str rest = str_from_c(names);
	char name[64];
	struct str head;

	while (rest.len != 0) {
		rest = str_cut(rest, ' ', &head);
		(void)snprintf(name, sizeof(name), "%.*s", STR_ARGS(head));
		if (!json_find(value, name, &value))
			return NULL;
	}
	return value;
}

static void
rows_of_one_path_are_one_item(void **state)
{
	CLEANUP(described_free) struct described described = { 0 };

	(void)state;
	describe(&described);
	assert_int_equal(json_count(at(&described, "paths")), 4);
	assert_int_equal(json_count(at(&described, "paths /me")), 2);
	assert_true(
	    str_eq(json_text(at(&described, "paths /me post summary")), STR("Change my data")));
	assert_true(str_eq(json_text(at(&described, "openapi")), STR("3.1.0")));
}

static void
parameters_of_a_path_are_in_braces_and_listed(void **state)
{
	CLEANUP(described_free) struct described described = { 0 };
	struct json_object *list;

	(void)state;
	describe(&described);
	list = at(&described, "paths /devices/{device}/revoke post parameters");
	assert_int_equal(json_count(list), 1);
	assert_null(at(&described, "paths /me get parameters"));
}

static void
what_is_open_to_anyone_needs_no_scheme_and_the_rest_one_of_two(void **state)
{
	CLEANUP(described_free) struct described described = { 0 };

	(void)state;
	describe(&described);
	assert_int_equal(json_count(at(&described, "paths /privacy get security")), 0);
	assert_int_equal(json_count(at(&described, "paths /me get security")), 2);
	assert_non_null(at(&described, "components securitySchemes token"));
	assert_non_null(at(&described, "components securitySchemes session"));
}

static void
bodies_and_schemas_follow_from_the_rows_and_the_policy(void **state)
{
	CLEANUP(described_free) struct described described = { 0 };

	(void)state;
	describe(&described);
	assert_null(at(&described, "paths /me get requestBody"));
	assert_non_null(
	    at(&described, "paths /fhir post requestBody content application/fhir+json"));
	assert_int_equal(
	    json_count(at(&described, "components schemas measurement properties")), 2);
	assert_false(
	    json_truth(at(&described, "components schemas measurement additionalProperties")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_of_one_path_are_one_item),
		cmocka_unit_test(parameters_of_a_path_are_in_braces_and_listed),
		cmocka_unit_test(
		    what_is_open_to_anyone_needs_no_scheme_and_the_rest_one_of_two),
		cmocka_unit_test(bodies_and_schemas_follow_from_the_rows_and_the_policy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
