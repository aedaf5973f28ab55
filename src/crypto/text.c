/*
 * Bytes as text: base64 with padding, base64url without, hexadecimal.
 *
 * The parsers take one spelling of each value and no other (RFC 4648, section
 * 3.5): no white space, no characters of the other alphabet, and the bits that
 * the last character has to spare are zero.
 */
#include <assert.h>

#include "base/arena.h"
#include "crypto/secret.h"

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char alphabet_url[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* Writes ceil(4/3 count) characters and tells how many. */
static size_t
format(const char *letters, const uint8_t *bytes, size_t count, char *out)
{
	uint32_t bits = 0;
	unsigned held = 0;
	size_t len = 0;

	for (size_t i = 0; i < count; i++) {
		bits = (bits << 8) | bytes[i];
		for (held += 8; held >= 6; held -= 6)
			out[len++] = letters[(bits >> (held - 6)) & 63];
	}
	if (held != 0)
		out[len++] = letters[(bits << (6 - held)) & 63];
	return len;
}

static enum rc
parse(const char *letters, struct str text, uint8_t *out, size_t *count, struct err *err)
{
	uint32_t bits = 0;
	unsigned held = 0;
	size_t len = 0;

	for (size_t i = 0; i < text.len; i++) {
		const char *at = text.ptr[i] == '\0' ? NULL : strchr(letters, text.ptr[i]);
		if (at == NULL)
			return FAIL(err, RC_INVALID, "not a base64 character");
		bits = (bits << 6) | (uint32_t)(at - letters);
		held += 6;
		if (held >= 8) {
			held -= 8;
			out[len++] = (uint8_t)(bits >> held);
		}
	}
	if (held == 6 || (bits & ((1u << held) - 1)) != 0)
		return FAIL(err, RC_INVALID, "base64 of a wrong length");
	*count = len;
	return RC_OK;
}

/* Tokens pass here: the room is asked for before a byte is written. */
static bool
fits(struct str text, size_t max)
{
	return text.len / 4 * 3 + text.len % 4 * 3 / 4 <= max;
}

void
base64url_format(const void *bytes, size_t count, char *out)
{
	out[format(alphabet_url, bytes, count, out)] = '\0';
}

enum rc
base64url_parse(struct str text, void *out, size_t max, size_t *count, struct err *err)
{
	if (!fits(text, max))
		return FAIL(err, RC_INVALID, "base64url text is too long");
	return parse(alphabet_url, text, out, count, err);
}

struct str
base64_format(struct arena *arena, const void *bytes, size_t count)
{
	size_t len = (count + 2) / 3 * 4;
	char *text = arena_alloc(arena, len + 1, 1);
	size_t written = format(alphabet, bytes, count, text);

	memset(text + written, '=', len - written);
	return (struct str){ text, len };
}

enum rc
base64_parse(struct str text, void *out, size_t max, size_t *count, struct err *err)
{
	size_t pads = 0;

	if (text.len % 4 != 0)
		return FAIL(err, RC_INVALID, "base64 of a wrong length");
	while (pads < 2 && pads < text.len && text.ptr[text.len - 1 - pads] == '=')
		pads++;
	text.len -= pads;
	if (!fits(text, max))
		return FAIL(err, RC_INVALID, "base64 text is too long");
	return parse(alphabet, text, out, count, err);
}

struct str
hex_format(struct arena *arena, const void *bytes, size_t count)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *in = bytes;
	char *text = arena_alloc(arena, 2 * count + 1, 1);

	for (size_t i = 0; i < count; i++) {
		text[2 * i] = digits[in[i] >> 4];
		text[2 * i + 1] = digits[in[i] & 15];
	}
	return (struct str){ text, 2 * count };
}

/* 16: not one. */
static unsigned
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	return c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10) : 16;
}

enum rc
hex_parse(struct str text, void *out, size_t count, struct err *err)
{
	uint8_t *bytes = out;

	if (text.len != 2 * count)
		return FAIL(err, RC_INVALID, "not %zu bytes in hexadecimal", count);
	for (size_t i = 0; i < count; i++) {
		unsigned high = hex_digit(text.ptr[2 * i]);
		unsigned low = hex_digit(text.ptr[2 * i + 1]);
		if (high > 15 || low > 15)
			return FAIL(err, RC_INVALID, "not %zu bytes in hexadecimal", count);
		bytes[i] = (uint8_t)(high << 4 | low);
	}
	return RC_OK;
}
