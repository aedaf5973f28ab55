#include "web/csrf.h"

#include "base/limits.h"

#define MASK_BYTES  16
#define TOKEN_BYTES (MASK_BYTES + DIGEST_BYTES)
#define TOKEN_TEXT  (TOKEN_BYTES / 3 * 4)

static_assert(TOKEN_BYTES % 3 == 0, "tokens have no padding to think about");

struct key
csrf_key_of_session(const struct digest *csrf)
{
	struct key key;

	static_assert(sizeof(key.bytes) == sizeof(csrf->bytes), "both are 256 bits");
	memcpy(key.bytes, csrf->bytes, sizeof(key.bytes));
	return key;
}

struct key
csrf_key_of_cookie(struct str secret)
{
	return hkdf_sha256(secret, STR_EMPTY, STR("form token before sign-in"));
}

static struct digest
mask_mac(const struct key *key, const uint8_t mask[MASK_BYTES])
{
	uint8_t text[4 + MASK_BYTES] = { 'f', 'o', 'r', 'm' };

	memcpy(text + 4, mask, MASK_BYTES);
	return hmac_sha256(key, (struct str){ (const char *)text, sizeof(text) });
}

struct str
csrf_token(const struct key *key, struct arena *arena)
{
	uint8_t token[TOKEN_BYTES];
	struct digest mac;
	char *text = arena_alloc(arena, TOKEN_TEXT + 1, 1);

	random_bytes(token, MASK_BYTES);
	mac = mask_mac(key, token);
	memcpy(token + MASK_BYTES, mac.bytes, DIGEST_BYTES);
	base64url_format(token, sizeof(token), text);
	return (struct str){ text, TOKEN_TEXT };
}

bool
csrf_token_is_valid(const struct key *key, struct str token)
{
	uint8_t bytes[TOKEN_BYTES];
	struct digest mac;
	struct err err;
	size_t count;

	if (token.len != TOKEN_TEXT ||
	    base64url_parse(token, bytes, sizeof(bytes), &count, &err) != RC_OK ||
	    count != sizeof(bytes))
		return false;
	mac = mask_mac(key, bytes);
	return secret_eq(mac.bytes, bytes + MASK_BYTES, DIGEST_BYTES);
}

enum origin_says
origin_check(struct str origin, struct str fetch_site, struct str own)
{
	bool says_origin = origin.len != 0 && !str_eq(origin, STR("null"));

	if (says_origin && !str_eq_nocase(origin, own))
		return ORIGIN_OTHER;
	if (fetch_site.len != 0 && !str_eq(fetch_site, STR("same-origin")))
		return ORIGIN_OTHER;
	return says_origin || fetch_site.len != 0 ? ORIGIN_SAME : ORIGIN_UNKNOWN;
}
