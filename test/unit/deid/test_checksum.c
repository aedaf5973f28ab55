/* Check digits: published examples, and the same with one digit changed. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "deid/checksum.h"

typedef bool check(struct str *value);

struct example {
	check *is_valid;
	const char *right, *wrong;
};

static const struct example examples[] = {
	/* Visa's and American Express's numbers for tests. */
	{ card_is_valid, "4111 1111 1111 1111", "4111 1111 1111 1112" },
	{ card_is_valid, "378282246310005", "378282246310006" },
	/* SWIFT, IBAN Registry: the United Kingdom's and France's examples. */
	{ iban_is_valid, "GB29 NWBK 6016 1331 9268 19", "GB29 NWBK 6016 1331 9268 18" },
	{ iban_is_valid, "FR1420041010050500013M02606", "FR1420041010050500013M02607" },
	/* NHS Data Dictionary, "NHS NUMBER". */
	{ nhs_is_valid, "943 476 5919", "943 476 5918" },
	/* CMS, "Requirements for NPI and NPI check digit". */
	{ npi_is_valid, "1234567893", "1234567894" },
	/* 49 CFR 565.15: all ones; the check digit X. */
	{ vin_is_valid, "11111111111111111", "11111111111111112" },
	{ vin_is_valid, "1M8GDM9AXKP042788", "1M8GDM9A1KP042788" },
	/* (1+3+5) + 2 (2+4+6) = 33. */
	{ dea_is_valid, "AB1234563", "AB1234564" },
	/* INSEE's own example: 97 - 2550814168025 mod 97 = 38. */
	{ nir_is_valid, "2 55 08 14 168 025 38", "2 55 08 14 168 025 39" },
	{ ssn_is_valid, "219-09-9999", "666-09-9999" },
	{ ssn_is_valid, "078-05-1120", "078-00-1120" },
	/* RFC 4291, section 2.2. */
	{ ipv6_is_valid, "2001:DB8:0:0:8:800:200C:417A", "2001:DB8:0:0:8:800:200C" },
	{ ipv6_is_valid, "FF01::101", "12:30:45" },
};

static void
examples_pass_and_one_changed_digit_does_not(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(examples); i++) {
		struct str right = str_from_c(examples[i].right);
		struct str wrong = str_from_c(examples[i].wrong);
		if (!examples[i].is_valid(&right) || examples[i].is_valid(&wrong))
			fail_msg("%s", examples[i].right);
	}
}

static void
an_iban_ends_where_its_check_holds(void **state)
{
	struct str value = STR("GB29 NWBK 6016 1331 9268 19 ABC");

	(void)state;
	assert_true(iban_is_valid(&value));
	assert_int_equal(value.len, 27);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(examples_pass_and_one_changed_digit_does_not),
		cmocka_unit_test(an_iban_ends_where_its_check_holds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
