/*
 * The TLS certificate that a new data directory gets when none is given.
 */
#ifndef CRYPTO_CERT_H
#define CRYPTO_CERT_H

#include "base/buf.h"

/* A self-signed P-256 certificate (RFC 5280) for `host`, "localhost",
 * 127.0.0.1 and ::1, valid from a day before `now_us` for 397 days.  PEM texts. */
enum rc cert_new(struct str host, int64_t now_us, struct buf *certificate,
                 struct buf *private_key, struct err *err) MUST_CHECK;

#endif
