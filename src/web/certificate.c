#include "web/certificate.h"

static void
datum_free(gnutls_datum_t *datum)
{
	if (datum->data != NULL)
		gnutls_memset(datum->data, 0, datum->size);
	gnutls_free(datum->data);
	datum->data = NULL;
}

static enum rc
must(int code, const char *what, struct err *err)
{
	if (code < 0)
		return FAIL(err, RC_INVALID, "%s: %s", what, gnutls_strerror(code));
	return RC_OK;
}

static enum rc
file_load(const char *path, const char *what, gnutls_datum_t *datum, struct err *err)
{
	if (gnutls_load_file(path, datum) < 0)
		return FAIL(err, RC_IO, "%s: the file cannot be read", what);
	return RC_OK;
}

/* A certificate beside the key of another fails every handshake: better now. */
static enum rc
pair_check(const struct certificate *certificate, struct err *err)
{
	unsigned char a[64], b[64];
	size_t a_len = sizeof(a), b_len = sizeof(b);
	gnutls_pubkey_t public;

	TRY(must(gnutls_pubkey_init(&public), "key", err));
	if (gnutls_pubkey_import_privkey(public, certificate->key, 0, 0) < 0 ||
	    gnutls_pubkey_get_key_id(public, GNUTLS_KEYID_USE_SHA256, a, &a_len) < 0)
		a_len = 0;
	gnutls_pubkey_deinit(public);
	if (gnutls_x509_crt_get_key_id(certificate->leaf, GNUTLS_KEYID_USE_SHA256, b, &b_len) <
	    0)
		return FAIL(err, RC_INVALID, "certificate: no public key");
	if (a_len == 0 || a_len != b_len || memcmp(a, b, a_len) != 0)
		return FAIL(err, RC_INVALID, "the key is not the certificate's");
	return RC_OK;
}

static enum rc
chain_load(struct certificate *certificate, const gnutls_datum_t *pem, struct err *err)
{
	unsigned count = CERTIFICATE_CHAIN_MAX;

	TRY(must(gnutls_x509_crt_init(&certificate->leaf), "certificate", err));
	TRY(must(gnutls_x509_crt_import(certificate->leaf, pem, GNUTLS_X509_FMT_PEM),
	         "certificate", err));
	TRY(must(gnutls_pcert_list_import_x509_raw(certificate->chain, &count, pem,
	                                           GNUTLS_X509_FMT_PEM, 0),
	         "certificate", err));
	certificate->count = count;
	return RC_OK;
}

static enum rc
certificate_load(struct certificate *certificate, const char *certificate_file,
                 const char *key_file, struct err *err)
{
	CLEANUP(datum_free) gnutls_datum_t chain = { 0 };
	CLEANUP(datum_free) gnutls_datum_t key = { 0 };

	TRY(file_load(certificate_file, "certificate", &chain, err));
	TRY(file_load(key_file, "key", &key, err));
	TRY(chain_load(certificate, &chain, err));
	TRY(must(gnutls_privkey_init(&certificate->key), "key", err));
	TRY(must(gnutls_privkey_import_x509_raw(certificate->key, &key, GNUTLS_X509_FMT_PEM,
	                                        NULL, 0),
	         "key", err));
	return pair_check(certificate, err);
}

enum rc
certificate_new(struct certificate **certificate, const char *certificate_file,
                const char *key_file, struct err *err)
{
	struct certificate *made = calloc(1, sizeof(*made));
	enum rc rc;

	if (made == NULL)
		abort();
	rc = certificate_load(made, certificate_file, key_file, err);
	if (rc != RC_OK) {
		certificate_free(made);
		return rc;
	}
	*certificate = made;
	return RC_OK;
}

void
certificate_free(struct certificate *certificate)
{
	while (certificate != NULL) {
		struct certificate *older = certificate->older;
		for (unsigned i = 0; i < certificate->count; i++)
			gnutls_pcert_deinit(&certificate->chain[i]);
		if (certificate->key != NULL)
			gnutls_privkey_deinit(certificate->key);
		if (certificate->leaf != NULL)
			gnutls_x509_crt_deinit(certificate->leaf);
		free(certificate);
		certificate = older;
	}
}

bool
certificate_covers(const struct certificate *certificate, struct str name)
{
	char text[256];

	if (name.len >= sizeof(text))
		return false;
	memcpy(text, name.ptr, name.len);
	text[name.len] = '\0';
	return gnutls_x509_crt_check_hostname(certificate->leaf, text) != 0;
}
