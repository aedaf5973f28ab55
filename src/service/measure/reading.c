#include "service/measure/reading.h"

#define DIGITS_MAX 15 /* what a double holds and FHIR asks readers to keep */
#define SCALE_MAX  9

static const int64_t powers[SCALE_MAX + 1] = {
	1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000
};

/* FHIR R4, decimal: -?(0|[1-9][0-9]*)(\.[0-9]+)? */
enum rc
decimal_parse(struct str text, struct decimal *decimal, struct err *err)
{
	bool is_negative = str_starts_with(text, STR("-"));
	size_t start = is_negative ? 1 : 0;
	size_t digits = 0;
	size_t point = text.len;
	int64_t value = 0;

	for (size_t i = start; i < text.len; i++) {
		char c = text.ptr[i];
		if (c == '.' && point == text.len && i > start) {
			point = i;
			continue;
		}
		if (c < '0' || c > '9')
			return FAIL(err, RC_INVALID, "not a decimal number");
		if (++digits > DIGITS_MAX)
			return FAIL(err, RC_INVALID, "a number of more than %d digits",
			            DIGITS_MAX);
		value = value * 10 + (c - '0');
	}
	if (digits == 0 || point + 1 == text.len)
		return FAIL(err, RC_INVALID, "not a decimal number");
	if (text.ptr[start] == '0' && point - start > 1)
		return FAIL(err, RC_INVALID, "a number with a leading zero");
	if (point < text.len && text.len - point - 1 > SCALE_MAX)
		return FAIL(err, RC_INVALID, "a number of more than %d decimals", SCALE_MAX);
	decimal->digits = is_negative ? -value : value;
	decimal->scale = point < text.len ? (int)(text.len - point - 1) : 0;
	return RC_OK;
}

/* Digit by digit: exports spend much of their time here. */
struct str
decimal_format(const struct decimal *decimal, char text[28])
{
	uint64_t digits =
	    decimal->digits < 0 ? -(uint64_t)decimal->digits : (uint64_t)decimal->digits;
	int scale = decimal->scale < 0 || decimal->scale > SCALE_MAX ? 0 : decimal->scale;
	char *at = text + 27;
	int written = 0;

	*at = '\0';
	do {
		if (written == scale && written != 0)
			*--at = '.';
		*--at = (char)('0' + digits % 10);
		digits /= 10;
		written++;
	} while (digits != 0 || written <= scale);
	if (decimal->digits < 0)
		*--at = '-';
	return (struct str){ at, (size_t)(text + 27 - at) };
}

double
decimal_value(const struct decimal *decimal)
{
	/* Both are exact in a double, so the quotient is the nearest one. */
	return (double)decimal->digits / (double)powers[decimal->scale];
}
