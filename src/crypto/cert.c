/*
 * A self-signed certificate: enough for a first start and for demonstrations.
 * The names it holds are what browsers match (RFC 9525: subjectAltName only).
 */
#include "crypto/cert.h"

#include <arpa/inet.h>
#include <assert.h>

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/clock.h"
#include "crypto/engine.h"
#include "crypto/secret.h"

#define CERT_DAYS       397 /* the most that browsers take */
#define CERT_HOST_BYTES 253 /* RFC 1035, section 2.3.4, as text */
#define CERT_SERIAL     16

static void
x509_free(X509 **x509)
{
	X509_free(*x509);
}

static void
pkey_free(EVP_PKEY **pkey)
{
	EVP_PKEY_free(*pkey);
}

static void
bio_free(BIO **bio)
{
	BIO_free(*bio);
}

static bool
is_host(struct str host)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789.-:";

	if (host.len == 0 || host.len > CERT_HOST_BYTES)
		return false;
	for (size_t i = 0; i < host.len; i++) {
		if (host.ptr[i] == '\0' || strchr(allowed, host.ptr[i]) == NULL)
			return false;
	}
	return true;
}

static bool
is_address(const char *host)
{
	unsigned char bytes[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, host, bytes) == 1 || inet_pton(AF_INET6, host, bytes) == 1;
}

static void
extend(X509 *x509, int nid, const char *value)
{
	X509V3_CTX context;
	X509_EXTENSION *extension;

	X509V3_set_ctx(&context, x509, x509, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	engine_must(extension != NULL, "X509V3_EXT_conf_nid");
	engine_must(X509_add_ext(x509, extension, -1), "X509_add_ext");
	X509_EXTENSION_free(extension);
}

static void
name(X509 *x509, const char *host)
{
	char names[CERT_HOST_BYTES + 80];
	X509_NAME *subject = X509_get_subject_name(x509);

	/* A common name holds 64 bytes at most, and only people read it. */
	engine_must(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
	                                       (const unsigned char *)"troth", -1, -1, 0),
	            "X509_NAME_add_entry_by_txt");
	engine_must(X509_set_issuer_name(x509, subject), "X509_set_issuer_name");
	(void)snprintf(names, sizeof(names), "%s:%s,DNS:localhost,IP:127.0.0.1,IP:::1",
	               is_address(host) ? "IP" : "DNS", host);
	extend(x509, NID_subject_alt_name, names);
	extend(x509, NID_basic_constraints, "critical,CA:FALSE");
	extend(x509, NID_key_usage, "critical,digitalSignature");
	extend(x509, NID_ext_key_usage, "serverAuth");
}

static void
number(X509 *x509)
{
	uint8_t bytes[CERT_SERIAL];
	BIGNUM *serial;

	random_bytes(bytes, sizeof(bytes));
	bytes[0] = (uint8_t)((bytes[0] & 0x7f) | 0x40); /* positive, and never short */
	serial = BN_bin2bn(bytes, sizeof(bytes), NULL);
	engine_must(serial != NULL, "BN_bin2bn");
	engine_must(BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(x509)) != NULL,
	            "BN_to_ASN1_INTEGER");
	BN_free(serial);
}

static void
date(X509 *x509, int64_t now_us)
{
	int64_t from_us = now_us - US_PER_DAY;
	time_t from_s = (time_t)(from_us / US_PER_S);
	/* The last second counts (RFC 5280, section 4.1.2.5). */
	time_t to_s = from_s + CERT_DAYS * 86400 - 1;

	engine_must(ASN1_TIME_set(X509_getm_notBefore(x509), from_s) != NULL, "ASN1_TIME_set");
	engine_must(ASN1_TIME_set(X509_getm_notAfter(x509), to_s) != NULL, "ASN1_TIME_set");
}

static void
add_bio(struct buf *out, BIO *bio)
{
	char *text = NULL;
	long len = BIO_get_mem_data(bio, &text);

	engine_must(len > 0, "BIO_get_mem_data");
	buf_add(out, (struct str){ text, (size_t)len });
}

enum rc
cert_new(struct str host, int64_t now_us, struct buf *certificate, struct buf *private_key,
         struct err *err)
{
	CLEANUP(pkey_free) EVP_PKEY *pkey = NULL;
	CLEANUP(x509_free) X509 *x509 = X509_new();
	CLEANUP(bio_free) BIO *public_text = BIO_new(BIO_s_mem());
	CLEANUP(bio_free) BIO *private_text = BIO_new(BIO_s_secmem());
	char text[CERT_HOST_BYTES + 1] = "";

	if (!is_host(host))
		return FAIL(err, RC_INVALID, "the host is neither a name nor an address");
	memcpy(text, host.ptr, host.len);
	if (strchr(text, ':') != NULL && !is_address(text))
		return FAIL(err, RC_INVALID, "the host is neither a name nor an address");
	pkey = EVP_EC_gen("P-256");
	engine_must(pkey != NULL && x509 != NULL && public_text != NULL && private_text != NULL,
	            "EVP_EC_gen");
	engine_must(X509_set_version(x509, X509_VERSION_3), "X509_set_version");
	number(x509);
	date(x509, now_us);
	engine_must(X509_set_pubkey(x509, pkey), "X509_set_pubkey");
	name(x509, text);
	engine_must(X509_sign(x509, pkey, EVP_sha256()) > 0, "X509_sign");
	engine_must(PEM_write_bio_X509(public_text, x509), "PEM_write_bio_X509");
	engine_must(
	    PEM_write_bio_PKCS8PrivateKey(private_text, pkey, NULL, NULL, 0, NULL, NULL),
	    "PEM_write_bio_PKCS8PrivateKey");
	add_bio(certificate, public_text);
	add_bio(private_key, private_text);
	return RC_OK;
}
