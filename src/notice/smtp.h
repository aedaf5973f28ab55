/*
 * Handing one message to a relay (RFC 5321), by libcurl.
 *
 * TLS with a verified peer and host name, or nothing: a relay that offers no
 * STARTTLS (RFC 3207), or a certificate that does not verify, is refused.  The
 * one exception is a relay on this machine, named "localhost", "127.0.0.1" or
 * "::1": it is spoken to in clear.  One thread at a time uses a struct smtp.
 */
#ifndef NOTICE_SMTP_H
#define NOTICE_SMTP_H

#include "base/str.h"

struct smtp;

struct smtp_options {
	const char *url;           /* smtp:// or smtps://, a host, perhaps a port */
	const char *user;          /* may be NULL */
	const char *password_file; /* may be NULL */
	struct str from;           /* an address */
};

/* RC_INVALID: the URL or the password file. */
enum rc smtp_open(struct smtp **smtp, const struct smtp_options *options, struct err *err)
    MUST_CHECK;
void smtp_close(struct smtp *smtp);

/* RC_IO: not now; RC_INVALID: this mailbox is refused for good (550, 551, 553). */
enum rc smtp_send(struct smtp *smtp, struct str to, struct str message, struct err *err)
    MUST_CHECK;

#endif
