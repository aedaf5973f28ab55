#include "base/str.h"

#include <assert.h>
#include <limits.h>
#include <stdarg.h>
#include <strings.h>

#include "base/arena.h"

bool
str_eq(struct str a, struct str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool
str_starts_with(struct str text, struct str prefix)
{
	return text.len >= prefix.len &&
	       (prefix.len == 0 || memcmp(text.ptr, prefix.ptr, prefix.len) == 0);
}

struct str
str_cut(struct str text, char sep, struct str *head)
{
	const char *at = text.len == 0 ? NULL : memchr(text.ptr, sep, text.len);
	size_t before = at == NULL ? text.len : (size_t)(at - text.ptr);
	size_t skipped = at == NULL ? before : before + 1;

	*head = (struct str){ text.ptr, before };
	if (skipped == 0) /* nothing to step over; also keeps NULL + 0 out */
		return text;
	return (struct str){ text.ptr + skipped, text.len - skipped };
}

enum rc
str_to_u32(struct str text, uint32_t *value, struct err *err)
{
	uint32_t sum = 0;

	if (text.len == 0)
		return FAIL(err, RC_INVALID, "empty number");
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] < '0' || text.ptr[i] > '9')
			return FAIL(err, RC_INVALID, "not a decimal number");
		uint32_t digit = (uint32_t)(text.ptr[i] - '0');
		if (__builtin_mul_overflow(sum, 10u, &sum) ||
		    __builtin_add_overflow(sum, digit, &sum))
			return FAIL(err, RC_INVALID, "number too large");
	}
	*value = sum;
	return RC_OK;
}

const char *
str_to_c(struct arena *arena, struct str text)
{
	char *copy = arena_alloc(arena, text.len + 1, 1);

	if (text.len != 0)
		memcpy(copy, text.ptr, text.len);
	copy[text.len] = '\0';
	return copy;
}

int
str_print_len(struct str text)
{
	return text.len > INT_MAX ? INT_MAX : (int)text.len;
}

enum rc
str_to_i64(struct str text, int64_t *value, struct err *err)
{
	bool is_negative = str_starts_with(text, STR("-"));
	int64_t sum = 0;

	if (is_negative)
		text = (struct str){ text.ptr + 1, text.len - 1 };
	if (text.len == 0)
		return FAIL(err, RC_INVALID, "empty number");
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] < '0' || text.ptr[i] > '9')
			return FAIL(err, RC_INVALID, "not a decimal number");
		int64_t digit = text.ptr[i] - '0';
		if (__builtin_mul_overflow(sum, (int64_t)10, &sum) ||
		    __builtin_sub_overflow(sum, digit, &sum))
			return FAIL(err, RC_INVALID, "number too large");
	}
	if (!is_negative && sum == INT64_MIN)
		return FAIL(err, RC_INVALID, "number too large");
	*value = is_negative ? sum : -sum;
	return RC_OK;
}

struct str
str_from_c(const char *text)
{
	return (struct str){ text, text == NULL ? 0 : strlen(text) };
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

struct str
str_trim(struct str text)
{
	while (text.len != 0 && is_space(text.ptr[0]))
		text = (struct str){ text.ptr + 1, text.len - 1 };
	while (text.len != 0 && is_space(text.ptr[text.len - 1]))
		text.len--;
	return text;
}

bool
str_ends_with(struct str text, struct str suffix)
{
	return text.len >= suffix.len &&
	       str_eq((struct str){ text.ptr + text.len - suffix.len, suffix.len }, suffix);
}

bool
str_eq_nocase(struct str a, struct str b)
{
	return a.len == b.len && (a.len == 0 || strncasecmp(a.ptr, b.ptr, a.len) == 0);
}

/* The length of the UTF-8 sequence that starts with `lead`, 0 when none does. */
static size_t
utf8_length(unsigned char lead)
{
	if (lead < 0x80)
		return lead == 0 ? 0 : 1;
	if (lead >= 0xc2 && lead <= 0xdf)
		return 2;
	if (lead >= 0xe0 && lead <= 0xef)
		return 3;
	return lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
}

/* RFC 3629, section 4: what the second byte may be depends on the first. */
static bool
utf8_second_fits(unsigned char lead, unsigned char second)
{
	switch (lead) {
	case 0xe0:
		return second >= 0xa0;
	case 0xed:
		return second <= 0x9f;
	case 0xf0:
		return second >= 0x90;
	case 0xf4:
		return second <= 0x8f;
	default:
		return true;
	}
}

bool
str_is_utf8(struct str text)
{
	size_t i = 0;

	while (i < text.len) {
		unsigned char lead = (unsigned char)text.ptr[i];
		size_t length = utf8_length(lead);
		if (length == 0 || length > text.len - i)
			return false;
		if (length > 1 && !utf8_second_fits(lead, (unsigned char)text.ptr[i + 1]))
			return false;
		for (size_t k = 1; k < length; k++) {
			if (((unsigned char)text.ptr[i + k] & 0xc0) != 0x80)
				return false;
		}
		i += length;
	}
	return true;
}

struct str
str_copy(struct arena *arena, struct str text)
{
	return (struct str){ str_to_c(arena, text), text.len };
}

struct str
str_printf(struct arena *arena, const char *fmt, ...)
{
	va_list args;
	char *text;
	int need;

	assert(fmt != NULL);
	va_start(args, fmt);
	need = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	if (need < 0)
		return STR_EMPTY;
	text = arena_alloc(arena, (size_t)need + 1, 1);
	va_start(args, fmt);
	(void)vsnprintf(text, (size_t)need + 1, fmt, args);
	va_end(args);
	return (struct str){ text, (size_t)need };
}
