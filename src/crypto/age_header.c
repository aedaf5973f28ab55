/*
 * The header: a line of version, a stanza for each recipient, a MAC.
 *
 *	age-encryption.org/v1
 *	-> X25519 SHARE            the ephemeral share, base64 without padding
 *	BODY                       the file key, wrapped: 32 bytes
 *	--- MAC                    HMAC of all before, "---" included
 *
 * Reading is strict: one spelling of each value, no line that the format does
 * not have.  Stanzas of other kinds are stepped over, for the other recipients
 * of the same file.  The MAC is checked before the payload's key is derived.
 */
#include "crypto/age_header.h"

#include "base/arena.h"
#include "crypto/digest.h"

#define VERSION_LINE STR("age-encryption.org/v1")
#define LABEL_WRAP   STR("age-encryption.org/v1/X25519")
#define LABEL_HEADER STR("header")
#define LINE_COLUMNS 64
#define BASE64_32    43 /* characters of 32 bytes without padding */
#define WRAPPED      (AGE_FILE_KEY_BYTES + AGE_TAG_BYTES)

static const uint8_t nonce_zero[AGE_NONCE_BYTES];

static void
context_free(EVP_CIPHER_CTX **context)
{
	EVP_CIPHER_CTX_free(*context);
}

/* --- the box ----------------------------------------------------------------------------- */

EVP_CIPHER_CTX *
age_box_context(void)
{
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();

	engine_must(context != NULL, "EVP_CIPHER_CTX_new");
	return context;
}

void
age_box_seal(EVP_CIPHER_CTX *context, const struct key *key,
             const uint8_t nonce[AGE_NONCE_BYTES], struct str text, uint8_t *out)
{
	int done = 0;

	engine_must(
	    EVP_EncryptInit_ex2(context, EVP_chacha20_poly1305(), key->bytes, nonce, NULL),
	    "EVP_EncryptInit");
	if (text.len != 0)
		engine_must(EVP_EncryptUpdate(context, out, &done, (const uint8_t *)text.ptr,
		                              (int)text.len),
		            "EVP_EncryptUpdate");
	engine_must(EVP_EncryptFinal_ex(context, out + text.len, &done), "EVP_EncryptFinal");
	engine_must(
	    EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, AGE_TAG_BYTES, out + text.len),
	    "EVP_CTRL_AEAD_GET_TAG");
}

bool
age_box_open(EVP_CIPHER_CTX *context, const struct key *key,
             const uint8_t nonce[AGE_NONCE_BYTES], struct str sealed, uint8_t *out)
{
	size_t len = sealed.len - AGE_TAG_BYTES;
	uint8_t tag[AGE_TAG_BYTES]; /* the call takes no const */
	uint8_t nothing[1];
	int done = 0;

	memcpy(tag, sealed.ptr + len, AGE_TAG_BYTES);
	engine_must(
	    EVP_DecryptInit_ex2(context, EVP_chacha20_poly1305(), key->bytes, nonce, NULL),
	    "EVP_DecryptInit");
	engine_must(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, AGE_TAG_BYTES, tag),
	            "EVP_CTRL_AEAD_SET_TAG");
	if (len != 0)
		engine_must(EVP_DecryptUpdate(context, out, &done, (const uint8_t *)sealed.ptr,
		                              (int)len),
		            "EVP_DecryptUpdate");
	if (EVP_DecryptFinal_ex(context, nothing, &done) == 1)
		return true;
	secret_wipe(out, len);
	return false;
}

/* --- keys -------------------------------------------------------------------------------- */

/* The key that wraps the file key for one recipient. */
static struct key
wrap_key(const struct key *product, const uint8_t share[AGE_SHARE_BYTES],
         const struct age_recipient *recipient)
{
	uint8_t salt[2 * AGE_SHARE_BYTES];

	memcpy(salt, share, AGE_SHARE_BYTES);
	memcpy(salt + AGE_SHARE_BYTES, recipient->share, AGE_SHARE_BYTES);
	return hkdf_sha256((struct str){ (const char *)product->bytes, KEY_BYTES },
	                   (struct str){ (const char *)salt, sizeof(salt) }, LABEL_WRAP);
}

static struct digest
header_mac(const struct key *file_key, struct str header)
{
	CLEANUP(key_wipe)
	struct key key =
	    hkdf_sha256((struct str){ (const char *)file_key->bytes, AGE_FILE_KEY_BYTES },
	                STR_EMPTY, LABEL_HEADER);

	return hmac_sha256(&key, header);
}

/* --- writing ----------------------------------------------------------------------------- */

/* 32 bytes: all that this header spells in base64. */
static void
base64_add(struct buf *header, const uint8_t bytes[32])
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct str text;

	arena_init(&arena, 4096);
	text = base64_format(&arena, bytes, 32);
	text.len = BASE64_32;
	buf_add(header, text);
}

static MUST_CHECK enum rc
stanza_write(const struct age_recipient *recipient, const struct key *file_key,
             EVP_CIPHER_CTX *context, struct buf *header, struct err *err)
{
	CLEANUP(age_identity_wipe) struct age_identity once = { { { 0 } } };
	CLEANUP(key_wipe) struct key product = { { 0 } };
	CLEANUP(key_wipe) struct key wrap = { { 0 } };
	struct age_recipient share;
	uint8_t body[WRAPPED];

	age_identity_new(&once);
	share = age_recipient_of(&once);
	if (!age_multiply(&once.secret, recipient->share, &product))
		return FAIL(err, RC_INVALID, "an age recipient is a point of low order");
	wrap = wrap_key(&product, share.share, recipient);
	age_box_seal(context, &wrap, nonce_zero,
	             (struct str){ (const char *)file_key->bytes, AGE_FILE_KEY_BYTES }, body);
	buf_add(header, STR("-> X25519 "));
	base64_add(header, share.share);
	buf_add(header, STR("\n"));
	base64_add(header, body);
	buf_add(header, STR("\n"));
	return RC_OK;
}

enum rc
age_header_write(const struct age_recipient *recipients, size_t count,
                 const struct key *file_key, struct buf *header, struct err *err)
{
	CLEANUP(context_free) EVP_CIPHER_CTX *context = age_box_context();
	struct digest mac;

	buf_add(header, VERSION_LINE);
	buf_add(header, STR("\n"));
	for (size_t i = 0; i < count; i++)
		TRY(stanza_write(&recipients[i], file_key, context, header, err));
	buf_add(header, STR("---"));
	mac = header_mac(file_key, (struct str){ header->text, header->len });
	buf_add(header, STR(" "));
	base64_add(header, mac.bytes);
	buf_add(header, STR("\n"));
	return RC_OK;
}

/* --- reading ----------------------------------------------------------------------------- */

struct opening {
	const struct age_identity *identity;
	struct age_recipient recipient; /* the identity's own */
	struct str left;                /* lines not yet read */
	struct key file_key;
	bool is_open;
};

static void
opening_wipe(struct opening *opening)
{
	secret_wipe(opening, sizeof(*opening));
}

/* The format has one spelling of 32 bytes, which the padded one shares but for
 * its last character. */
static bool
base64_32_read(struct str text, uint8_t out[32])
{
	char padded[BASE64_32 + 1];
	struct err ignored = { 0 };
	size_t count = 0;

	if (text.len != BASE64_32)
		return false;
	memcpy(padded, text.ptr, BASE64_32);
	padded[BASE64_32] = '=';
	return base64_parse((struct str){ padded, sizeof(padded) }, out, 32, &count,
	                    &ignored) == RC_OK &&
	       count == 32;
}

static bool
is_base64_line(struct str line)
{
	for (size_t i = 0; i < line.len; i++) {
		char c = line.ptr[i];
		if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
		      (c >= '0' && c <= '9') || c == '+' || c == '/'))
			return false;
	}
	return line.len <= LINE_COLUMNS;
}

/* Words of visible ASCII with one space between them. */
static bool
is_stanza_head(struct str words)
{
	bool is_after_space = true;

	for (size_t i = 0; i < words.len; i++) {
		unsigned char c = (unsigned char)words.ptr[i];
		if (c == ' ' && is_after_space)
			return false;
		if (c != ' ' && (c < 33 || c > 126))
			return false;
		is_after_space = c == ' ';
	}
	return !is_after_space;
}

/* Full lines, then one that is shorter, perhaps empty.  `first` is the first,
 * `lines` counts them. */
static MUST_CHECK enum rc
body_read(struct opening *opening, struct str *first, size_t *lines, struct err *err)
{
	struct str line;

	*lines = 0;
	do {
		opening->left = str_cut(opening->left, '\n', &line);
		if (!is_base64_line(line))
			return FAIL(err, RC_CORRUPT, "age: a stanza's body is not base64");
		if ((*lines)++ == 0)
			*first = line;
	} while (line.len == LINE_COLUMNS);
	return RC_OK;
}

/* A stanza that is another recipient's does not open, and that is no fault. */
static MUST_CHECK enum rc
x25519_try(struct opening *opening, struct str share_text, struct str body_text,
           struct err *err)
{
	CLEANUP(context_free) EVP_CIPHER_CTX *context = age_box_context();
	CLEANUP(key_wipe) struct key product = { { 0 } };
	CLEANUP(key_wipe) struct key wrap = { { 0 } };
	CLEANUP(key_wipe) struct key opened = { { 0 } };
	uint8_t share[AGE_SHARE_BYTES], body[WRAPPED];

	if (!base64_32_read(share_text, share) || !base64_32_read(body_text, body))
		return FAIL(err, RC_CORRUPT, "age: an X25519 stanza is malformed");
	if (!age_multiply(&opening->identity->secret, share, &product))
		return FAIL(err, RC_CORRUPT, "age: a share is a point of low order");
	wrap = wrap_key(&product, share, &opening->recipient);
	if (opening->is_open ||
	    !age_box_open(context, &wrap, nonce_zero,
	                  (struct str){ (const char *)body, sizeof(body) }, opened.bytes))
		return RC_OK;
	opening->file_key = opened;
	opening->is_open = true;
	return RC_OK;
}

static MUST_CHECK enum rc
stanza_read(struct opening *opening, struct str head, struct err *err)
{
	struct str kind, body = STR_EMPTY;
	struct str arguments = str_cut(head, ' ', &kind);
	size_t lines;

	if (!is_stanza_head(head))
		return FAIL(err, RC_CORRUPT, "age: a stanza's line is malformed");
	TRY(body_read(opening, &body, &lines, err));
	if (!str_eq(kind, STR("X25519")))
		return RC_OK;
	if (lines != 1)
		return FAIL(err, RC_CORRUPT, "age: an X25519 stanza is malformed");
	return x25519_try(opening, arguments, body, err);
}

/* "--- MAC", and nothing after it. */
static MUST_CHECK enum rc
mac_check(const struct opening *opening, struct str header, struct str line, struct err *err)
{
	struct digest given, expected;
	struct str covered = { header.ptr, (size_t)(line.ptr - header.ptr) + 3 };

	if (!str_starts_with(line, STR("--- ")) || opening->left.len != 0 ||
	    !base64_32_read((struct str){ line.ptr + 4, line.len - 4 }, given.bytes))
		return FAIL(err, RC_CORRUPT, "age: the header's last line is malformed");
	if (!opening->is_open)
		return FAIL(err, RC_DENIED, "age: the file is for another recipient");
	expected = header_mac(&opening->file_key, covered);
	if (!digest_eq(&given, &expected))
		return FAIL(err, RC_CORRUPT, "age: the header was changed");
	return RC_OK;
}

enum rc
age_header_read(struct str header, const struct age_identity *identity, struct key *file_key,
                struct err *err)
{
	CLEANUP(opening_wipe) struct opening opening = { .identity = identity };
	struct str line;

	opening.recipient = age_recipient_of(identity);
	if (header.len == 0 || header.ptr[header.len - 1] != '\n')
		return FAIL(err, RC_CORRUPT, "age: the header is cut short");
	opening.left = str_cut(header, '\n', &line);
	if (!str_eq(line, VERSION_LINE))
		return FAIL(err, RC_CORRUPT, "not an age file of version 1");
	opening.left = str_cut(opening.left, '\n', &line);
	if (!str_starts_with(line, STR("-> ")))
		return FAIL(err, RC_CORRUPT, "age: the header has no stanza");
	while (str_starts_with(line, STR("-> "))) {
		TRY(stanza_read(&opening, (struct str){ line.ptr + 3, line.len - 3 }, err));
		opening.left = str_cut(opening.left, '\n', &line);
	}
	TRY(mac_check(&opening, header, line, err));
	*file_key = opening.file_key;
	return RC_OK;
}
