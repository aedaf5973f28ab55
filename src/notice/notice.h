/*
 * Messages to people: an outbox in the store, delivered by the housekeeper.
 *
 * A message is sealed in its row, so no address and no link lies in a file in
 * clear.  Delivery is by SMTP (libcurl, STARTTLS with a verified peer, RFC
 * 5321) with back-off and a last try; in demonstration data directories the
 * outbox is shown as an inbox page instead and nothing is sent.
 */
#ifndef NOTICE_NOTICE_H
#define NOTICE_NOTICE_H

#include "vault/vault.h"

struct notice;

#define NOTICE_TRIES_MAX 8

struct notice_options {
	struct vault *vault;
	const char *smtp_url;  /* "smtp://HOST:587"; NULL: keep in the outbox */
	const char *smtp_user; /* may be NULL */
	const char *smtp_password_file;
	const char *from;
	bool is_demo;
};

enum rc notice_open(struct notice **notice, const struct notice_options *options,
                    struct err *err) MUST_CHECK;
void notice_close(struct notice *notice);

/* Texts are UTF-8, lines end in LF, no control characters in `to` and
 * `subject` (RC_INVALID: header injection). */
struct message {
	struct str to;
	struct str subject;
	struct str text;
	int64_t created_us; /* out, from the inbox */
};
enum rc notice_send(struct notice *notice, const struct tenant *tenant,
                    const struct message *message, struct err *err) MUST_CHECK;

/* Sends what is due; called by the housekeeper.  Failures are counted, not returned. */
struct notice_figures {
	uint64_t sent, failed, given_up, waiting;
};
enum rc notice_deliver(struct notice *notice, struct notice_figures *figures, struct err *err)
    MUST_CHECK;

/* The demonstration inbox, newest first.  RC_NOT_FOUND unless is_demo. */
enum rc notice_inbox(struct notice *notice, const struct tenant *tenant, struct arena *arena,
                     struct message **messages, size_t *count, struct err *err) MUST_CHECK;

#endif
