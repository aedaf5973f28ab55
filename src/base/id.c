#include "base/id.h"

#include <sys/random.h>

#include "base/arena.h"

struct id
id_new(int64_t now_us)
{
	struct id id;
	uint64_t ms = (uint64_t)now_us / 1000;

	if (getrandom(id.bytes, sizeof(id.bytes), 0) != (ssize_t)sizeof(id.bytes))
		abort();
	for (int i = 0; i < 6; i++)
		id.bytes[i] = (uint8_t)(ms >> (40 - 8 * i));
	id.bytes[6] = (uint8_t)(0x70 | (id.bytes[6] & 0x0f));
	id.bytes[8] = (uint8_t)(0x80 | (id.bytes[8] & 0x3f));
	return id;
}

int
id_compare(struct id a, struct id b)
{
	return memcmp(a.bytes, b.bytes, sizeof(a.bytes));
}

bool
id_eq(struct id a, struct id b)
{
	return id_compare(a, b) == 0;
}

bool
id_is_zero(struct id id)
{
	return id_eq(id, (struct id){ { 0 } });
}

static bool
hyphen_follows(size_t byte)
{
	return byte == 3 || byte == 5 || byte == 7 || byte == 9;
}

void
id_format(struct id id, char text[ID_TEXT_LEN + 1])
{
	static const char digits[] = "0123456789abcdef";
	char *at = text;

	for (size_t i = 0; i < sizeof(id.bytes); i++) {
		*at++ = digits[id.bytes[i] >> 4];
		*at++ = digits[id.bytes[i] & 15];
		if (hyphen_follows(i))
			*at++ = '-';
	}
	*at = '\0';
}

struct str
id_to_str(struct arena *arena, struct id id)
{
	char *text = arena_alloc(arena, ID_TEXT_LEN + 1, 1);

	id_format(id, text);
	return (struct str){ text, ID_TEXT_LEN };
}

/* The value of one lower-case hexadecimal digit, -1 when it is none. */
static int
digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

enum rc
id_parse(struct str text, struct id *id, struct err *err)
{
	struct id parsed;
	const char *at = text.ptr;

	if (text.len != ID_TEXT_LEN)
		return FAIL(err, RC_INVALID, "not an identifier");
	for (size_t i = 0; i < sizeof(parsed.bytes); i++) {
		int high = digit_value(at[0]);
		int low = digit_value(at[1]);
		if (high < 0 || low < 0)
			return FAIL(err, RC_INVALID, "not an identifier");
		parsed.bytes[i] = (uint8_t)(high << 4 | low);
		at += 2;
		if (hyphen_follows(i) && *at++ != '-')
			return FAIL(err, RC_INVALID, "not an identifier");
	}
	*id = parsed;
	return RC_OK;
}
