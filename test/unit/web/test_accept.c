/* Expected answers follow from RFC 9110, sections 12.4.2 and 12.5.1. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "web/accept.h"

#define ALL (FORMAT_HTML | FORMAT_JSON | FORMAT_CSV)

static enum format
choose(const char *header, unsigned offered)
{
	return accept_choose(str_from_c(header), offered, FORMAT_HTML);
}

static void
the_heaviest_representation_is_chosen(void **state)
{
	(void)state;
	assert_int_equal(choose("application/json", ALL), FORMAT_JSON);
	assert_int_equal(choose("text/html;q=0.5, text/csv;q=0.7", ALL), FORMAT_CSV);
	assert_int_equal(choose("text/html;q=0.123, application/json;q=0.124", ALL),
	                 FORMAT_JSON);
	assert_int_equal(choose("TEXT/CSV", ALL), FORMAT_CSV);
	assert_int_equal(
	    choose("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", ALL),
	    FORMAT_HTML);
}

static void
the_range_that_names_most_of_a_type_decides(void **state)
{
	(void)state;
	assert_int_equal(choose("text/*;q=0.9, text/html;q=0.1, */*;q=0.5", ALL), FORMAT_CSV);
	assert_int_equal(choose("*/*, text/html;q=0", ALL), FORMAT_JSON);
}

static void
anything_means_the_first_choice(void **state)
{
	(void)state;
	assert_int_equal(choose("", ALL), FORMAT_HTML);
	assert_int_equal(choose("*/*", ALL), FORMAT_HTML);
	assert_int_equal(accept_choose(STR("*/*"), ALL, FORMAT_JSON), FORMAT_JSON);
	assert_int_equal(choose("*/*", FORMAT_JSON | FORMAT_CSV), FORMAT_JSON);
}

static void
what_is_not_offered_is_not_chosen(void **state)
{
	(void)state;
	assert_int_equal(choose("image/png", ALL), FORMAT_NONE);
	assert_int_equal(choose("text/html;q=0", ALL), FORMAT_NONE);
	assert_int_equal(choose("text/html", FORMAT_JSON), FORMAT_NONE);
	assert_int_equal(choose("text", ALL), FORMAT_NONE);
	assert_int_equal(choose(",;,=", ALL), FORMAT_NONE);
	assert_int_equal(choose("text/htmlx, xtext/html, te/*", ALL), FORMAT_NONE);
}

static void
a_browser_is_known_by_naming_html(void **state)
{
	(void)state;
	assert_true(accept_names(STR("text/html, */*;q=0.1"), FORMAT_HTML));
	assert_true(accept_names(STR("text/*"), FORMAT_HTML));
	assert_false(accept_names(STR("*/*"), FORMAT_HTML));
	assert_false(accept_names(STR(""), FORMAT_HTML));
	assert_false(accept_names(STR("text/html;q=0"), FORMAT_HTML));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_heaviest_representation_is_chosen),
		cmocka_unit_test(the_range_that_names_most_of_a_type_decides),
		cmocka_unit_test(anything_means_the_first_choice),
		cmocka_unit_test(what_is_not_offered_is_not_chosen),
		cmocka_unit_test(a_browser_is_known_by_naming_html),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
