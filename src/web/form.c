#include "web/form.h"

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* The byte that the escape at the start of `text` stands for; -1: it is none. */
static int
escape_value(struct str text)
{
	int high, low;

	if (text.len < 3)
		return -1;
	high = hex_value(text.ptr[1]);
	low = hex_value(text.ptr[2]);
	return high < 0 || low < 0 ? -1 : high * 16 + low;
}

enum rc
percent_decode(struct str text, bool plus_is_space, struct arena *arena, struct str *decoded,
               struct err *err)
{
	char *out;
	size_t len = 0;

	if (text.len == 0) {
		*decoded = STR("");
		return RC_OK;
	}
	out = arena_try_alloc(arena, text.len, 1);
	if (out == NULL)
		return FAIL(err, RC_LIMIT, "an encoded text is too long");
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		if (c == '%') {
			int value = escape_value((struct str){ text.ptr + i, text.len - i });
			if (value < 0)
				return FAIL(err, RC_SYNTAX,
				            "a %% is not followed by two digits");
			c = (char)value;
			i += 2;
		} else if (c == '+' && plus_is_space) {
			c = ' ';
		}
		out[len++] = c;
	}
	if (!str_is_utf8((struct str){ out, len }))
		return FAIL(err, RC_SYNTAX, "an encoded text is not UTF-8");
	*decoded = (struct str){ out, len };
	return RC_OK;
}

static bool
is_unreserved(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("-._~/", c) != NULL);
}

struct str
percent_encode(struct str text, struct arena *arena)
{
	static const char digits[] = "0123456789ABCDEF";
	char *out = arena_alloc(arena, 3 * text.len + 1, 1);
	size_t len = 0;

	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];
		if (is_unreserved(text.ptr[i])) {
			out[len++] = text.ptr[i];
			continue;
		}
		out[len++] = '%';
		out[len++] = digits[c >> 4];
		out[len++] = digits[c & 15];
	}
	return (struct str){ out, len };
}

enum rc
pairs_add(struct pairs *pairs, struct str name, struct str value, struct err *err)
{
	if (pairs->count == LIMIT_FIELDS)
		return FAIL(err, RC_LIMIT, "more than %d fields", LIMIT_FIELDS);
	pairs->items[pairs->count++] = (struct pair){ name, value };
	return RC_OK;
}

struct str
pairs_find(const struct pairs *pairs, struct str name)
{
	for (size_t i = 0; i < pairs->count; i++) {
		if (str_eq(pairs->items[i].name, name))
			return pairs->items[i].value;
	}
	return STR_EMPTY;
}

enum rc
form_parse(struct str text, struct arena *arena, struct pairs *pairs, struct err *err)
{
	struct str part, name, value;

	while (text.len != 0) {
		text = str_cut(text, '&', &part);
		if (part.len == 0)
			continue;
		value = str_cut(part, '=', &name);
		TRY(percent_decode(name, true, arena, &name, err));
		TRY(percent_decode(value, true, arena, &value, err));
		TRY(pairs_add(pairs, name, value, err));
	}
	return RC_OK;
}
