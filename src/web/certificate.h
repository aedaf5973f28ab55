/*
 * The server's certificate chain and key, as GnuTLS wants them.
 */
#ifndef WEB_CERTIFICATE_H
#define WEB_CERTIFICATE_H

#include <gnutls/abstract.h>
#include <gnutls/x509.h>

#include "base/str.h"

#define CERTIFICATE_CHAIN_MAX 8

struct certificate {
	gnutls_pcert_st chain[CERTIFICATE_CHAIN_MAX]; /* the server's first */
	unsigned count;
	gnutls_privkey_t key;
	gnutls_x509_crt_t leaf;
	struct certificate *older; /* handshakes may still hold it: kept to the end */
};

/* PEM files.  RC_IO: not readable; RC_INVALID: no certificate, or the key is
 * another one's. */
enum rc certificate_new(struct certificate **certificate, const char *certificate_file,
                        const char *key_file, struct err *err) MUST_CHECK;
void certificate_free(struct certificate *certificate); /* and all older ones */

/* Is it for this name or address (RFC 6125, section 6.4)? */
bool certificate_covers(const struct certificate *certificate, struct str name);

#endif
