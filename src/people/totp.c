#include "people/totp.h"

#include <liboath/oath.h>

#include "base/buf.h"
#include "base/clock.h"

int64_t
totp_step(int64_t now_us)
{
	return now_us / (TOTP_STEP_S * US_PER_S);
}

enum rc
totp_code(struct str seed, int64_t step, size_t digits, char *out, struct err *err)
{
	if (oath_hotp_generate(seed.ptr, seed.len, (uint64_t)step, (unsigned)digits, false,
	                       OATH_HOTP_DYNAMIC_TRUNCATION, out) != OATH_OK)
		return FAIL(err, RC_IO, "a one-time code cannot be computed");
	return RC_OK;
}

/* Every step is computed and compared, whichever it is. */
enum rc
totp_match(const struct totp_try *try, int64_t *step, struct err *err)
{
	int64_t now = totp_step(try->now_us);
	char code[TOTP_DIGITS + 1];
	int64_t found = -1;

	for (int64_t at = now - TOTP_STEPS_OFF; at <= now + TOTP_STEPS_OFF; at++) {
		TRY(totp_code(try->seed, at, TOTP_DIGITS, code, err));
		if (secret_eq(code, try->code, TOTP_DIGITS) && at > try->used)
			found = at;
	}
	secret_wipe(code, sizeof(code));
	if (found < 0)
		return FAIL(err, RC_UNAUTHENTICATED, "code: not the one that is shown now");
	*step = found;
	return RC_OK;
}

struct str
totp_seed_format(struct arena *arena, struct str seed)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
	char *text = arena_alloc(arena, seed.len * 8 / 5 + 2, 1);
	uint32_t bits = 0;
	unsigned held = 0;
	size_t len = 0;

	for (size_t i = 0; i < seed.len; i++) {
		bits = bits << 8 | (uint8_t)seed.ptr[i];
		for (held += 8; held >= 5; held -= 5)
			text[len++] = letters[bits >> (held - 5) & 31];
	}
	if (held != 0)
		text[len++] = letters[bits << (5 - held) & 31];
	return (struct str){ text, len };
}

enum rc
totp_seed_parse(struct str text, struct arena *arena, struct str *seed, struct err *err)
{
	char *bytes = NULL;
	size_t count = 0;

	if (oath_base32_decode(text.ptr, text.len, &bytes, &count) != OATH_OK)
		return FAIL(err, RC_CORRUPT, "a second factor's seed cannot be read");
	*seed = str_copy(arena, (struct str){ bytes, count });
	secret_wipe(bytes, count);
	free(bytes);
	return RC_OK;
}

static void
percent_add(struct buf *out, struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];
		bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		                (c >= '0' && c <= '9') ||
		                (c != '\0' && strchr("-._~", c) != NULL);
		if (is_plain)
			buf_add(out, (struct str){ text.ptr + i, 1 });
		else
			buf_addf(out, "%%%02X", c);
	}
}

struct str
totp_uri(struct arena *arena, struct str issuer, struct str account, struct str secret_base32)
{
	CLEANUP(buf_free) struct buf out = { 0 };

	buf_init(&out, 16 * 1024);
	buf_add(&out, STR("otpauth://totp/"));
	percent_add(&out, issuer);
	buf_add(&out, STR(":"));
	percent_add(&out, account);
	buf_add(&out, STR("?secret="));
	buf_add(&out, secret_base32);
	buf_add(&out, STR("&issuer="));
	percent_add(&out, issuer);
	buf_addf(&out, "&algorithm=SHA1&digits=%d&period=%d", TOTP_DIGITS, TOTP_STEP_S);
	return str_copy(arena, (struct str){ out.text, out.len });
}
