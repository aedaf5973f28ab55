#include "people/spelling.h"

static const char crockford[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static bool
is_letter_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* RFC 5322, section 3.2.3, of small letters. */
static bool
is_atext(char c)
{
	return is_letter_or_digit(c) || (c != '\0' && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

static bool
local_part_is_valid(struct str local)
{
	if (local.len == 0 || local.len > EMAIL_LOCAL_MAX || local.ptr[0] == '.' ||
	    local.ptr[local.len - 1] == '.')
		return false;
	for (size_t i = 0; i < local.len; i++) {
		if (local.ptr[i] == '.' && local.ptr[i - 1] == '.')
			return false;
		if (local.ptr[i] != '.' && !is_atext(local.ptr[i]))
			return false;
	}
	return true;
}

static bool
label_is_valid(struct str label)
{
	if (label.len == 0 || label.len > EMAIL_LABEL_MAX || label.ptr[0] == '-' ||
	    label.ptr[label.len - 1] == '-')
		return false;
	for (size_t i = 0; i < label.len; i++) {
		if (label.ptr[i] != '-' && !is_letter_or_digit(label.ptr[i]))
			return false;
	}
	return true;
}

static bool
domain_is_valid(struct str domain)
{
	size_t labels = 0;
	struct str label;

	if (domain.len == 0 || domain.ptr[domain.len - 1] == '.')
		return false;
	while (domain.len != 0) {
		domain = str_cut(domain, '.', &label);
		if (!label_is_valid(label))
			return false;
		labels++;
	}
	return labels >= 2;
}

enum rc
email_normal(struct str text, struct arena *arena, struct str *email, struct err *err)
{
	struct str local, domain;
	char *small;

	text = str_trim(text);
	if (text.len == 0 || text.len > EMAIL_MAX)
		return FAIL(err, RC_INVALID, "email: 3 to %d characters", EMAIL_MAX);
	small = arena_alloc(arena, text.len, 1);
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		small[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
	}
	text.ptr = small;
	domain = str_cut(text, '@', &local);
	if (!local_part_is_valid(local) || !domain_is_valid(domain))
		return FAIL(err, RC_INVALID,
		            "email: not an address such as name@place.example");
	*email = text;
	return RC_OK;
}

enum rc
secret_read(struct str text, struct digest *hash, struct err *err)
{
	struct key bytes CLEANUP(key_wipe);
	struct err ignored;
	size_t count = 0;

	if (base64url_parse(text, bytes.bytes, SECRET_BYTES, &count, &ignored) != RC_OK ||
	    count != SECRET_BYTES)
		return FAIL(err, RC_UNAUTHENTICATED, "no secret of ours");
	*hash = sha256((struct str){ (const char *)bytes.bytes, SECRET_BYTES });
	return RC_OK;
}

enum rc
bearer_read(struct str text, struct digest *hash, struct err *err)
{
	const struct str prefix = STR(BEARER_PREFIX);

	if (!str_starts_with(text, prefix))
		return FAIL(err, RC_UNAUTHENTICATED, "no token of ours");
	return secret_read((struct str){ text.ptr + prefix.len, text.len - prefix.len }, hash,
	                   err);
}

static bool
is_passed_over(char c)
{
	return c == ' ' || c == '-';
}

enum rc
digits_read(struct str text, size_t digits, char *out, struct err *err)
{
	size_t count = 0;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		if (is_passed_over(c))
			continue;
		if (c < '0' || c > '9' || count == digits)
			return FAIL(err, RC_UNAUTHENTICATED, "code: %zu digits", digits);
		out[count++] = c;
	}
	if (count != digits)
		return FAIL(err, RC_UNAUTHENTICATED, "code: %zu digits", digits);
	out[count] = '\0';
	return RC_OK;
}

static char
crockford_letter(char c)
{
	if (c >= 'a' && c <= 'z')
		c = (char)(c - 'a' + 'A');
	if (c == 'O')
		return '0';
	if (c == 'I' || c == 'L')
		return '1';
	return c != '\0' && strchr(crockford, c) != NULL ? c : '\0';
}

enum rc
recovery_read(struct str text, char out[RECOVERY_LETTERS + 1], struct err *err)
{
	size_t count = 0;

	for (size_t i = 0; i < text.len; i++) {
		char letter = crockford_letter(text.ptr[i]);
		if (is_passed_over(text.ptr[i]))
			continue;
		if (letter == '\0' || count == RECOVERY_LETTERS)
			return FAIL(err, RC_UNAUTHENTICATED, "no recovery code");
		out[count++] = letter;
	}
	if (count != RECOVERY_LETTERS)
		return FAIL(err, RC_UNAUTHENTICATED, "no recovery code");
	out[count] = '\0';
	return RC_OK;
}

void
recovery_new(char out[RECOVERY_LETTERS + 2])
{
	uint8_t bytes[RECOVERY_LETTERS];
	size_t len = 0;

	random_bytes(bytes, sizeof(bytes));
	for (size_t i = 0; i < RECOVERY_LETTERS; i++) {
		if (i == RECOVERY_LETTERS / 2)
			out[len++] = '-';
		out[len++] = crockford[bytes[i] % 32]; /* 256 is a multiple of 32: no bias */
	}
	out[len] = '\0';
	secret_wipe(bytes, sizeof(bytes));
}
