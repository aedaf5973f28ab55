/*
 * age's identities and recipients: X25519 keys (RFC 7748, section 6.1) spelled
 * in Bech32.
 *
 * OpenSSL refuses a product of zero, so a point of low order never gives a key;
 * such a recipient is found when it is read, before anything is sealed for it.
 */
#include "crypto/age_header.h"
#include "crypto/bech32.h"

#define IDENTITY_PREFIX  STR("age-secret-key-")
#define RECIPIENT_PREFIX STR("age")

static void
pkey_free(EVP_PKEY **pkey)
{
	EVP_PKEY_free(*pkey);
}

static void
derivation_free(EVP_PKEY_CTX **derivation)
{
	EVP_PKEY_CTX_free(*derivation);
}

static EVP_PKEY *
pkey_private(const struct key *secret)
{
	EVP_PKEY *pkey =
	    EVP_PKEY_new_raw_private_key_ex(NULL, "X25519", NULL, secret->bytes, KEY_BYTES);

	engine_must(pkey != NULL, "EVP_PKEY_new_raw_private_key_ex");
	return pkey;
}

bool
age_multiply(const struct key *secret, const uint8_t point[AGE_SHARE_BYTES],
             struct key *product)
{
	CLEANUP(pkey_free) EVP_PKEY *mine = pkey_private(secret);
	CLEANUP(pkey_free)
	EVP_PKEY *peer =
	    EVP_PKEY_new_raw_public_key_ex(NULL, "X25519", NULL, point, AGE_SHARE_BYTES);
	CLEANUP(derivation_free)
	EVP_PKEY_CTX *derivation = EVP_PKEY_CTX_new_from_pkey(NULL, mine, NULL);
	size_t len = KEY_BYTES;

	engine_must(peer != NULL && derivation != NULL, "EVP_PKEY_CTX_new_from_pkey");
	engine_must(EVP_PKEY_derive_init(derivation), "EVP_PKEY_derive_init");
	/* Without the check of the peer's key: any 32 bytes are a point. */
	engine_must(EVP_PKEY_derive_set_peer_ex(derivation, peer, 0),
	            "EVP_PKEY_derive_set_peer");
	return EVP_PKEY_derive(derivation, product->bytes, &len) == 1 && len == KEY_BYTES;
}

void
age_identity_new(struct age_identity *identity)
{
	random_bytes(identity->secret.bytes, KEY_BYTES);
}

void
age_identity_wipe(struct age_identity *identity)
{
	secret_wipe(identity, sizeof(*identity));
}

enum rc
age_identity_parse(struct str text, struct age_identity *identity, struct err *err)
{
	struct err why = { 0 };

	if (text.len == 0 || text.ptr[0] != 'A' ||
	    bech32_parse(text, IDENTITY_PREFIX, identity->secret.bytes, KEY_BYTES, &why) !=
	        RC_OK)
		return FAIL(err, RC_INVALID, "not an age identity (AGE-SECRET-KEY-1…)");
	return RC_OK;
}

void
age_identity_format(const struct age_identity *identity, char text[AGE_IDENTITY_TEXT_MAX])
{
	bech32_format(IDENTITY_PREFIX, identity->secret.bytes, KEY_BYTES, text);
	for (char *at = text; *at != '\0'; at++) {
		if (*at >= 'a' && *at <= 'z')
			*at = (char)(*at - 'a' + 'A');
	}
}

struct age_recipient
age_recipient_of(const struct age_identity *identity)
{
	CLEANUP(pkey_free) EVP_PKEY *pkey = pkey_private(&identity->secret);
	struct age_recipient recipient;
	size_t len = AGE_SHARE_BYTES;

	engine_must(EVP_PKEY_get_raw_public_key(pkey, recipient.share, &len),
	            "EVP_PKEY_get_raw_public_key");
	return recipient;
}

enum rc
age_recipient_parse(struct str text, struct age_recipient *recipient, struct err *err)
{
	CLEANUP(key_wipe) struct key any = { { 0 } };
	CLEANUP(key_wipe) struct key product = { { 0 } };
	struct age_recipient read;
	struct err why = { 0 };

	if (text.len == 0 || text.ptr[0] != 'a' ||
	    bech32_parse(text, RECIPIENT_PREFIX, read.share, AGE_SHARE_BYTES, &why) != RC_OK)
		return FAIL(err, RC_INVALID, "not an age recipient (age1…)");
	random_bytes(any.bytes, KEY_BYTES);
	if (!age_multiply(&any, read.share, &product))
		return FAIL(err, RC_INVALID, "an age recipient is a point of low order");
	*recipient = read;
	return RC_OK;
}

void
age_recipient_format(const struct age_recipient *recipient, char text[AGE_RECIPIENT_TEXT_MAX])
{
	bech32_format(RECIPIENT_PREFIX, recipient->share, AGE_SHARE_BYTES, text);
}
