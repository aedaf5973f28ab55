#include "service/measure/fhir_primitive.h"

#include "base/clock.h"

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_letter(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool
is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool
take(struct str *text, char c)
{
	if (text->len == 0 || text->ptr[0] != c)
		return false;
	*text = (struct str){ text->ptr + 1, text->len - 1 };
	return true;
}

static bool
take_number(struct str *text, size_t digits, int *number)
{
	int sum = 0;

	if (text->len < digits)
		return false;
	for (size_t i = 0; i < digits; i++) {
		if (!is_digit(text->ptr[i]))
			return false;
		sum = sum * 10 + (text->ptr[i] - '0');
	}
	*number = sum;
	*text = (struct str){ text->ptr + digits, text->len - digits };
	return true;
}

/* ":05.250": what stands after the minutes. */
static bool
take_seconds(struct str *text, struct civil *at, struct fhir_moment *moment)
{
	int scale = 100000;
	int digit;

	if (!take(text, ':') || !take_number(text, 2, &at->second))
		return false;
	if (!take(text, '.'))
		return true;
	while (take_number(text, 1, &digit)) {
		at->micro += digit * scale;
		scale /= 10;
		moment->fraction_digits++;
	}
	return moment->fraction_digits > 0;
}

/* (Z|(\+|-)((0[0-9]|1[0-3]):[0-5][0-9]|14:00)) */
static bool
take_offset(struct str *text, int *offset_s)
{
	bool is_west = text->len > 0 && text->ptr[0] == '-';
	int hours;
	int minutes;

	*offset_s = 0;
	if (take(text, 'Z'))
		return true;
	if (!take(text, is_west ? '-' : '+') || !take_number(text, 2, &hours) ||
	    !take(text, ':') || !take_number(text, 2, &minutes))
		return false;
	if (hours > 14 || minutes > 59 || (hours == 14 && minutes != 0))
		return false;
	*offset_s = (hours * 60 + minutes) * (is_west ? -60 : 60);
	return true;
}

static int64_t
fraction_span_us(int digits)
{
	int64_t span = US_PER_S;

	for (int i = 0; i < digits && span > 1; i++)
		span /= 10;
	return span;
}

/* What follows the 'T'. */
static bool
time_of_day_parse(struct str text, bool is_search, struct civil *at, struct fhir_moment *moment)
{
	int64_t span = US_PER_MIN;

	if (!take_number(&text, 2, &at->hour) || !take(&text, ':') ||
	    !take_number(&text, 2, &at->minute))
		return false;
	if (!is_search || str_starts_with(text, STR(":"))) {
		if (!take_seconds(&text, at, moment))
			return false;
		span = fraction_span_us(moment->fraction_digits);
	}
	if (!(is_search && text.len == 0) && !take_offset(&text, &moment->offset_s))
		return false;
	if (text.len != 0 || !civil_is_valid(at))
		return false;
	moment->has_time = true;
	moment->from_us = civil_to_us(at, moment->offset_s);
	moment->until_us = moment->from_us + span;
	return true;
}

/* The first moment after a year, a month or a day. */
static int64_t
after_us(struct civil at, size_t text_len)
{
	if (text_len == 10)
		return civil_to_us(&at, 0) + US_PER_DAY;
	if (text_len == 4 || at.month == 12) {
		at.year++;
		at.month = 1;
	} else {
		at.month++;
	}
	return civil_to_us(&at, 0);
}

bool
fhir_moment_parse(struct str text, bool is_search, struct fhir_moment *moment)
{
	struct civil at = { .month = 1, .day = 1 };
	struct str rest = text;

	*moment = (struct fhir_moment){ 0 };
	if (!take_number(&rest, 4, &at.year))
		return false;
	if (rest.len != 0 && (!take(&rest, '-') || !take_number(&rest, 2, &at.month)))
		return false;
	if (rest.len != 0 && (!take(&rest, '-') || !take_number(&rest, 2, &at.day)))
		return false;
	if (rest.len != 0)
		return take(&rest, 'T') && time_of_day_parse(rest, is_search, &at, moment);
	if (!civil_is_valid(&at))
		return false;
	moment->from_us = civil_to_us(&at, 0);
	moment->until_us = after_us(at, text.len);
	return true;
}

static size_t
take_digits(struct str *text)
{
	size_t count = 0;

	while (count < text->len && is_digit(text->ptr[count]))
		count++;
	*text = (struct str){ text->ptr + count, text->len - count };
	return count;
}

/* -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)? */
bool
fhir_decimal_is_valid(struct str text)
{
	bool is_zero;
	size_t digits;

	(void)take(&text, '-');
	is_zero = str_starts_with(text, STR("0"));
	digits = take_digits(&text);
	if (digits == 0 || (is_zero && digits > 1))
		return false;
	if (take(&text, '.') && take_digits(&text) == 0)
		return false;
	if (take(&text, 'e') || take(&text, 'E')) {
		if (!take(&text, '+'))
			(void)take(&text, '-');
		if (take_digits(&text) == 0)
			return false;
	}
	return text.len == 0;
}

bool
fhir_id_is_valid(struct str text)
{
	if (text.len == 0 || text.len > 64)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		if (!is_letter(c) && !is_digit(c) && c != '-' && c != '.')
			return false;
	}
	return true;
}

/* [^\s]+(\s[^\s]+)* : no white space at the ends, none twice in a row. */
static bool
code_is_valid(struct str text)
{
	bool was_space = true;

	for (size_t i = 0; i < text.len; i++) {
		bool now_space = is_space(text.ptr[i]);
		if (now_space && was_space)
			return false;
		was_space = now_space;
	}
	return !was_space;
}

/* urn:oid:[0-2](\.(0|[1-9][0-9]*))+ */
static bool
oid_is_valid(struct str text)
{
	size_t arcs = 0;

	if (!str_starts_with(text, STR("urn:oid:")))
		return false;
	text = (struct str){ text.ptr + 8, text.len - 8 };
	if (text.len == 0 || text.ptr[0] < '0' || text.ptr[0] > '2')
		return false;
	text = (struct str){ text.ptr + 1, text.len - 1 };
	while (take(&text, '.')) {
		size_t len = 0;
		while (len < text.len && is_digit(text.ptr[len]))
			len++;
		if (len == 0 || (len > 1 && text.ptr[0] == '0'))
			return false;
		text = (struct str){ text.ptr + len, text.len - len };
		arcs++;
	}
	return arcs > 0 && text.len == 0;
}

/* urn:uuid: and 8-4-4-4-12 lower-case hex digits. */
static bool
uuid_is_valid(struct str text)
{
	if (!str_starts_with(text, STR("urn:uuid:")) || text.len != 9 + 36)
		return false;
	for (size_t i = 0; i < 36; i++) {
		char c = text.ptr[9 + i];
		bool is_hyphen = i == 8 || i == 13 || i == 18 || i == 23;
		if (is_hyphen ? c != '-' : !is_digit(c) && (c < 'a' || c > 'f'))
			return false;
	}
	return true;
}

static bool
has_space(struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (is_space(text.ptr[i]))
			return true;
	}
	return false;
}

static bool
uri_is_valid(struct str text)
{
	if (has_space(text))
		return false;
	if (str_starts_with(text, STR("urn:uuid:")))
		return uuid_is_valid(text);
	return !str_starts_with(text, STR("urn:oid:")) || oid_is_valid(text);
}

/* (\s*([0-9a-zA-Z\+/=]){4}\s*)+ */
static bool
base64_is_valid(struct str text)
{
	size_t count = 0;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		if (is_space(c))
			continue;
		if (!is_letter(c) && !is_digit(c) && c != '+' && c != '/' && c != '=')
			return false;
		count++;
	}
	return count > 0 && count % 4 == 0;
}

/* Narrative.div, as far as its frame goes (txt-1): one XHTML div, no script. */
static bool
xhtml_is_valid(struct str text)
{
	struct str head = { text.ptr, 0 };

	while (head.len < text.len && text.ptr[head.len] != '>')
		head.len++;
	if (!str_starts_with(head, STR("<div")) || !str_ends_with(text, STR("</div>")))
		return false;
	if (memmem(head.ptr, head.len, "http://www.w3.org/1999/xhtml", 28) == NULL)
		return false;
	return memmem(text.ptr, text.len, "<script", 7) == NULL;
}

static bool
time_is_valid(struct str text)
{
	struct civil at = { .year = 1970, .month = 1, .day = 1 };
	struct fhir_moment moment = { 0 };

	return take_number(&text, 2, &at.hour) && take(&text, ':') &&
	       take_number(&text, 2, &at.minute) && take_seconds(&text, &at, &moment) &&
	       text.len == 0 && civil_is_valid(&at);
}

static bool
has_control(struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];
		if (c < ' ' && c != '\t' && c != '\r' && c != '\n')
			return true;
	}
	return false;
}

static const char *
time_type_check(enum fhir_type type, struct str text)
{
	struct fhir_moment moment;
	bool is_good = fhir_moment_parse(text, false, &moment);

	if (type == FHIR_TIME)
		return time_is_valid(text) ? NULL : "not a time of day (hh:mm:ss)";
	if (type == FHIR_INSTANT)
		return is_good && moment.has_time ? NULL
		                                  : "not an instant: date, time to the second "
		                                    "and offset, all existing";
	if (type == FHIR_DATE)
		return is_good && !moment.has_time ? NULL : "not a date that exists";
	return is_good ? NULL
	               : "not a dateTime: a date that exists, a time only with its offset";
}

static const char *
string_check(enum fhir_type type, struct str text)
{
	static const struct {
		enum fhir_type type;
		bool (*is_valid)(struct str);
		const char *why;
	} rows[] = {
		{ FHIR_URI, uri_is_valid, "not a uri" },
		{ FHIR_OID, oid_is_valid, "not an oid (urn:oid:...)" },
		{ FHIR_UUID, uuid_is_valid, "not a uuid (urn:uuid:..., lower case)" },
		{ FHIR_CODE, code_is_valid, "not a code: white space at an end or twice" },
		{ FHIR_ID, fhir_id_is_valid, "not an id: 1-64 of A-Z a-z 0-9 - ." },
		{ FHIR_BASE64, base64_is_valid, "not base64" },
		{ FHIR_XHTML, xhtml_is_valid, "not an XHTML div, or it holds a script" },
	};

	if (text.len == 0)
		return "an empty string: leave the element out";
	if (text.len > FHIR_STRING_MAX)
		return "a string over 1 MB";
	if (has_control(text))
		return "a control character";
	if (type == FHIR_ELEMENT_ID && has_space(text))
		return "an element's id holds no space";
	if (type >= FHIR_INSTANT && type <= FHIR_TIME)
		return time_type_check(type, text);
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		if (rows[i].type == type)
			return rows[i].is_valid(text) ? NULL : rows[i].why;
	}
	return NULL;
}

/* integer, unsignedInt and positiveInt are of 32 bits. */
static const char *
integer_check(enum fhir_type type, const struct json_object *value)
{
	int64_t least = type == FHIR_INTEGER ? INT32_MIN : type == FHIR_POSITIVE_INT ? 1 : 0;
	struct err err = { 0 };
	int64_t number;

	if (json_int(value, &number, &err) != RC_OK)
		return "not a whole number";
	return number < least || number > INT32_MAX ? "a whole number out of range" : NULL;
}

const char *
fhir_primitive_check(enum fhir_type type, const struct json_object *value,
                     enum fhir_issue_type *issue)
{
	enum json_kind kind = json_kind(value);
	enum json_kind due = type == FHIR_BOOLEAN  ? JSON_BOOL
	                     : type >= FHIR_STRING ? JSON_STRING
	                                           : JSON_NUMBER;

	*issue = FHIR_STRUCTURE;
	if (kind != due)
		return due == JSON_BOOL     ? "must be a JSON boolean"
		       : due == JSON_NUMBER ? "must be a JSON number"
		                            : "must be a JSON string";
	*issue = FHIR_VALUE;
	if (due == JSON_STRING)
		return string_check(type, json_text(value));
	return type == FHIR_BOOLEAN || type == FHIR_DECIMAL ? NULL : integer_check(type, value);
}
