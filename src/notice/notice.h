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

#define NOTICE_TRIES_MAX     8
#define NOTICE_SUBJECT_BYTES 200
#define NOTICE_TEXT_BYTES    (16 * KIB)

struct notice_options {
	struct vault *vault;
	/* "smtp://HOST:587": STARTTLS or nothing; "smtps://HOST:465".  NULL: keep in
	 * the outbox.  A relay on this machine ("localhost", "127.0.0.1", "[::1]",
	 * no other name) is spoken to without TLS: nothing leaves the machine. */
	const char *smtp_url;
	const char *smtp_user; /* may be NULL */
	const char *smtp_password_file;
	const char *from; /* an address; the tenant's name is shown beside it */
	bool is_demo;     /* nothing is sent, whatever smtp_url says */
};

enum rc notice_open(struct notice **notice, const struct notice_options *options,
                    struct err *err) MUST_CHECK;
void notice_close(struct notice *notice);

/* Texts are UTF-8, lines end in LF, no control characters in `to` and
 * `subject` (RC_INVALID: header injection).  Shared by all threads. */
struct message {
	struct str to;
	struct str subject;
	struct str text;
	struct id
	    person; /* whose message it is: it goes when they are erased; zero: nobody's */
	/* Names the occasion, so that a message is there once however often it is sent:
	 * a second one is dropped.  Zero: a new one. */
	struct id id;
	int64_t created_us; /* out, from the inbox */
	/* For an address that is not known: the same work, and never sent or shown. */
	bool is_decoy;
};
enum rc notice_send(struct notice *notice, const struct tenant *tenant,
                    const struct message *message, struct err *err) MUST_CHECK;

/* Sends what is due; called by the housekeeper, of all servers by one at a time.
 * Failures are counted, not returned: a message is tried again after 1, 2, 4 …
 * minutes, NOTICE_TRIES_MAX times, unless the mailbox was refused for good. */
struct notice_figures {
	uint64_t sent, failed, given_up; /* since open; `failed`: tries */
	uint64_t waiting;                /* at most LIMIT_PAGE_ROWS are counted */
};
enum rc notice_deliver(struct notice *notice, struct notice_figures *figures, struct err *err)
    MUST_CHECK;

/* The demonstration inbox, newest first.  RC_NOT_FOUND unless is_demo. */
enum rc notice_inbox(struct notice *notice, const struct tenant *tenant, struct arena *arena,
                     struct message **messages, size_t *count, struct err *err) MUST_CHECK;

/* Mail to an address that is still kept, newest first: of the newest LIMIT_PAGE_ROWS
 * of the tenant. */
enum rc notice_to(struct notice *notice, const struct tenant *tenant, struct str address,
                  struct arena *arena, struct message **messages, size_t *count,
                  struct err *err) MUST_CHECK;

#endif
