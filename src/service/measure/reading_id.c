#include "service/measure/reading_id.h"

#include <assert.h>

#include "service/measure/analyte.h"

#define HEX_LEN 32

static size_t
number_format(uint64_t number, char *text)
{
	char digits[20];
	size_t count = 0;

	do {
		digits[count++] = (char)('0' + number % 10);
		number /= 10;
	} while (number != 0);
	for (size_t i = 0; i < count; i++)
		text[i] = digits[count - 1 - i];
	return count;
}

size_t
reading_id_format(const struct reading_id *id, char text[READING_ID_MAX + 1])
{
	static const char hex[] = "0123456789abcdef";
	struct str code = str_from_c(analyte_at(id->analyte)->code);
	size_t len = HEX_LEN;

	assert(id->number >= 1 && id->number <= READING_NUMBER_MAX && code.len <= 13);
	for (size_t i = 0; i < 16; i++) {
		text[2 * i] = hex[id->patient.bytes[i] >> 4];
		text[2 * i + 1] = hex[id->patient.bytes[i] & 15];
	}
	text[len++] = '-';
	memcpy(text + len, code.ptr, code.len);
	len += code.len;
	text[len++] = '-';
	len += number_format(id->number, text + len);
	text[len] = '\0';
	return len;
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool
take_hex(struct str text, struct id *id)
{
	if (text.len != HEX_LEN)
		return false;
	for (size_t i = 0; i < 16; i++) {
		int high = hex_value(text.ptr[2 * i]);
		int low = hex_value(text.ptr[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		id->bytes[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

enum rc
reading_id_parse(struct str text, struct reading_id *id, struct err *err)
{
	struct reading_id found;
	struct str patient;
	struct str analyte;
	int64_t number;
	struct str rest = str_cut(str_cut(text, '-', &patient), '-', &analyte);

	if (text.len > READING_ID_MAX || !take_hex(patient, &found.patient))
		return FAIL(err, RC_INVALID, "not a reading's id");
	found.analyte = analyte_find(analyte);
	if (found.analyte < 0)
		return FAIL(err, RC_INVALID, "not a reading's id: no such analyte");
	if (str_to_i64(rest, &number, err) != RC_OK || rest.ptr[0] == '0' || number < 1 ||
	    (uint64_t)number > READING_NUMBER_MAX)
		return FAIL(err, RC_INVALID, "not a reading's id: no such number");
	found.number = (uint64_t)number;
	*id = found;
	return RC_OK;
}
