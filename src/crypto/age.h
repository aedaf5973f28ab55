/*
 * age files, version 1 (C2SP, "The age file encryption format"), for X25519
 * recipients: whoever has a recipient's public text can seal, only the holder
 * of its identity can open.  The files are those of age(1) and rage(1).
 *
 * Both ways stream: memory stays flat whatever the length.  A file is chunks of
 * 64 KiB under ChaCha20-Poly1305 (RFC 8439) after a header that wraps the
 * file's key for each recipient by X25519 (RFC 7748) and HKDF (RFC 5869).
 */
#ifndef CRYPTO_AGE_H
#define CRYPTO_AGE_H

#include "base/stream.h"
#include "crypto/secret.h"

#define AGE_SHARE_BYTES        32
#define AGE_IDENTITY_TEXT_MAX  75 /* "AGE-SECRET-KEY-1" and 58 characters, NUL */
#define AGE_RECIPIENT_TEXT_MAX 63 /* "age1" and 58 characters, NUL */
#define LIMIT_AGE_RECIPIENTS   16
#define LIMIT_AGE_HEADER_BYTES (16UL * 1024)

/* A private key; whoever declares one holds it in CLEANUP(age_identity_wipe). */
struct age_identity {
	struct key secret;
};

struct age_recipient {
	uint8_t share[AGE_SHARE_BYTES];
};

void age_identity_new(struct age_identity *identity);
void age_identity_wipe(struct age_identity *identity);
/* "AGE-SECRET-KEY-1…", all of it in capitals.  RC_INVALID. */
enum rc age_identity_parse(struct str text, struct age_identity *identity, struct err *err)
    MUST_CHECK;
void age_identity_format(const struct age_identity *identity, char text[AGE_IDENTITY_TEXT_MAX]);

struct age_recipient age_recipient_of(const struct age_identity *identity);
/* "age1…", in small letters.  RC_INVALID, also for a point of low order. */
enum rc age_recipient_parse(struct str text, struct age_recipient *recipient, struct err *err)
    MUST_CHECK;
void age_recipient_format(const struct age_recipient *recipient,
                          char text[AGE_RECIPIENT_TEXT_MAX]);

/*
 * Sealing.  The writer borrows what `sink` borrows, and not the recipients.
 *
 *	CLEANUP(age_writer_free) struct age_writer *writer = NULL;
 *	TRY(age_seal_begin(&writer, recipients, count, &sink, err));
 *	TRY(age_seal_more(writer, bytes, err));        as often as there are some
 *	TRY(age_seal_end(writer, err));                 without it the file does not open
 *
 * RC_INVALID: no recipient, over LIMIT_AGE_RECIPIENTS, or a point of low order.
 * Else only what the sink fails with, after which the writer is good for
 * nothing but age_writer_free().
 */
struct age_writer;
enum rc age_seal_begin(struct age_writer **writer, const struct age_recipient *recipients,
                       size_t count, const struct sink *sink, struct err *err) MUST_CHECK;
enum rc age_seal_more(struct age_writer *writer, struct str bytes, struct err *err) MUST_CHECK;
enum rc age_seal_end(struct age_writer *writer, struct err *err) MUST_CHECK;
void age_writer_free(struct age_writer **writer);

/*
 * Opening: the same steps.  What the sink gets has been authenticated chunk by
 * chunk, but that the file is whole is known only when age_open_end() says
 * RC_OK: act on nothing before.
 *
 * RC_CORRUPT: cut short, tampered with, or no age file.  RC_DENIED: no stanza
 * opens: another's file, or one whose stanza was changed.  RC_LIMIT: a header over
 * LIMIT_AGE_HEADER_BYTES.  After a failure every further call fails as well.
 */
struct age_reader;
enum rc age_open_begin(struct age_reader **reader, const struct age_identity *identity,
                       const struct sink *sink, struct err *err) MUST_CHECK;
enum rc age_open_more(struct age_reader *reader, struct str bytes, struct err *err) MUST_CHECK;
enum rc age_open_end(struct age_reader *reader, struct err *err) MUST_CHECK;
void age_reader_free(struct age_reader **reader);

/* The length of a file of `bytes` plain bytes for `count` recipients. */
uint64_t age_sealed_bytes(uint64_t bytes, size_t count);

#endif
