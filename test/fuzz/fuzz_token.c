/*
 * What people and programs type to get in: any bytes.  The first byte chooses
 * the reader, the rest is the text.  What a reader takes has one form: an
 * address is itself when read again and holds nothing that could end a header;
 * a secret is of exactly one spelling; a code is of its letters only.
 */
#include "base/limits.h"
#include "people/spelling.h"

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static void
address(struct str text)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct str email, again;
	struct err err;

	arena_init(&arena, MIB);
	if (email_normal(text, &arena, &email, &err) != RC_OK)
		return;
	must(email.len <= EMAIL_MAX && memchr(email.ptr, '@', email.len) != NULL);
	must(memchr(email.ptr, '@', email.len) == memrchr(email.ptr, '@', email.len));
	for (size_t i = 0; i < email.len; i++)
		must(email.ptr[i] > 0x20 && email.ptr[i] < 0x7f &&
		     strchr("\"<>(),:;\\[]", email.ptr[i]) == NULL);
	must(email_normal(email, &arena, &again, &err) == RC_OK && str_eq(email, again));
}

/* Changing the last bit of the last character's value is another secret, or none. */
static void
secret(struct str text)
{
	uint8_t bytes[SECRET_BYTES];
	char again[48];
	size_t count = 0;
	struct digest hash, plain;
	struct err err;

	if (secret_read(text, &hash, &err) != RC_OK)
		return;
	must(base64url_parse(text, bytes, sizeof(bytes), &count, &err) == RC_OK);
	base64url_format(bytes, count, again);
	must(str_eq(text, str_from_c(again)));
	plain = sha256((struct str){ (const char *)bytes, count });
	must(digest_eq(&hash, &plain));
}

static void
bearer(struct str text)
{
	struct digest hash, plain;
	struct err err;

	if (bearer_read(text, &hash, &err) != RC_OK)
		return;
	must(str_starts_with(text, STR(BEARER_PREFIX)) && text.len == 6 + 43);
	text = (struct str){ text.ptr + 6, text.len - 6 };
	must(secret_read(text, &plain, &err) == RC_OK && digest_eq(&hash, &plain));
	secret(text);
}

static void
codes(struct str text)
{
	char digits[9], letters[RECOVERY_LETTERS + 1], again[RECOVERY_LETTERS + 1];
	struct err err;

	if (digits_read(text, 8, digits, &err) == RC_OK)
		must(strspn(digits, "0123456789") == 8 && digits[8] == '\0');
	if (recovery_read(text, letters, &err) != RC_OK)
		return;
	must(strspn(letters, "0123456789ABCDEFGHJKMNPQRSTVWXYZ") == RECOVERY_LETTERS);
	must(recovery_read(str_from_c(letters), again, &err) == RC_OK);
	must(strcmp(letters, again) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const readers[])(struct str text) = { address, secret, bearer, codes };
	struct str text;

	if (size == 0)
		return 0;
	text = (struct str){ (const char *)data + 1, size - 1 };
	readers[data[0] % COUNT_OF(readers)](text);
	return 0;
}

#include "replay.h"
