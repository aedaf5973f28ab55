/*
 * The payload: a nonce, then chunks of 64 KiB (STREAM).
 *
 * A chunk's nonce is its number and whether it is the last, so chunks cannot be
 * moved, left out or cut off at the end.  Only the last may be shorter, and it
 * is empty only when the file is.  Whether a full chunk is the last shows when
 * the next byte comes or the end does: it waits until then, in both directions.
 *
 * Chunks lie in the two structs, which are wiped before they are freed.
 */
#include "crypto/age.h"

#include <assert.h>

#include "base/limits.h"
#include "crypto/age_header.h"
#include "crypto/digest.h"

#define CHUNK_BYTES   (64 * KIB)
#define SEALED_BYTES  (CHUNK_BYTES + AGE_TAG_BYTES)
#define PAYLOAD_NONCE 16
#define LABEL_PAYLOAD STR("payload")

/* Version line, a stanza a recipient, the MAC's line. */
#define VERSION_LEN 22
#define STANZA_LEN  (10 + 43 + 1 + 43 + 1)
#define MAC_LEN     (4 + 43 + 1)

static_assert(VERSION_LEN + LIMIT_AGE_RECIPIENTS * STANZA_LEN + MAC_LEN <
                  LIMIT_AGE_HEADER_BYTES,
              "what is written can be read");

struct age_writer {
	struct sink sink;
	EVP_CIPHER_CTX *context;
	struct key key; /* the payload's */
	uint64_t number;
	size_t held;
	bool is_over; /* ended, or failed */
	char chunk[CHUNK_BYTES];
	char sealed[SEALED_BYTES];
};

enum age_stage { AGE_HEADER, AGE_NONCE, AGE_CHUNKS, AGE_OVER };

struct age_reader {
	struct sink sink;
	EVP_CIPHER_CTX *context;
	struct age_identity identity;
	struct key file_key;
	struct key key;
	enum age_stage stage;
	uint64_t number;
	size_t held; /* in `sealed`, of whatever the stage is about */
	size_t line; /* of the header: where its last, unfinished line starts */
	char sealed[SEALED_BYTES];
	char chunk[CHUNK_BYTES];
};

static_assert(LIMIT_AGE_HEADER_BYTES < SEALED_BYTES, "a header fits where a chunk does");

static struct key
payload_key(const struct key *file_key, const char nonce[PAYLOAD_NONCE])
{
	return hkdf_sha256((struct str){ (const char *)file_key->bytes, AGE_FILE_KEY_BYTES },
	                   (struct str){ nonce, PAYLOAD_NONCE }, LABEL_PAYLOAD);
}

/* Eleven bytes of number, most significant first, and one of "last". */
static void
chunk_nonce(uint64_t number, bool is_last, uint8_t nonce[AGE_NONCE_BYTES])
{
	memset(nonce, 0, AGE_NONCE_BYTES);
	for (int i = 10; i >= 3; i--) {
		nonce[i] = (uint8_t)number;
		number >>= 8;
	}
	nonce[11] = is_last;
}

uint64_t
age_sealed_bytes(uint64_t bytes, size_t count)
{
	uint64_t chunks = bytes == 0 ? 1 : (bytes + CHUNK_BYTES - 1) / CHUNK_BYTES;

	return VERSION_LEN + count * STANZA_LEN + MAC_LEN + PAYLOAD_NONCE + bytes +
	       chunks * AGE_TAG_BYTES;
}

/* --- sealing ----------------------------------------------------------------------------- */

static MUST_CHECK enum rc
head_seal(struct age_writer *writer, const struct age_recipient *recipients, size_t count,
          struct err *err)
{
	CLEANUP(buf_free) struct buf head = { 0 };
	CLEANUP(key_wipe) struct key file_key = { { 0 } };
	char nonce[PAYLOAD_NONCE];
	struct str text;

	buf_init(&head, LIMIT_AGE_HEADER_BYTES);
	random_bytes(file_key.bytes, AGE_FILE_KEY_BYTES);
	random_bytes(nonce, sizeof(nonce));
	TRY(age_header_write(recipients, count, &file_key, &head, err));
	buf_add(&head, (struct str){ nonce, sizeof(nonce) });
	TRY(buf_finish(&head, &text, err));
	writer->key = payload_key(&file_key, nonce);
	return writer->sink.add(writer->sink.arg, text, err);
}

enum rc
age_seal_begin(struct age_writer **writer, const struct age_recipient *recipients, size_t count,
               const struct sink *sink, struct err *err)
{
	struct age_writer *begun;
	enum rc rc;

	if (count == 0 || count > LIMIT_AGE_RECIPIENTS)
		return FAIL(err, RC_INVALID, "age: 1 to %d recipients", LIMIT_AGE_RECIPIENTS);
	begun = calloc(1, sizeof(*begun));
	if (begun == NULL)
		abort();
	begun->sink = *sink;
	begun->context = age_box_context();
	rc = head_seal(begun, recipients, count, err);
	if (rc != RC_OK) {
		age_writer_free(&begun);
		return rc;
	}
	*writer = begun;
	return RC_OK;
}

static MUST_CHECK enum rc
chunk_seal(struct age_writer *writer, bool is_last, struct err *err)
{
	uint8_t nonce[AGE_NONCE_BYTES];
	size_t len = writer->held;

	chunk_nonce(writer->number++, is_last, nonce);
	age_box_seal(writer->context, &writer->key, nonce, (struct str){ writer->chunk, len },
	             (uint8_t *)writer->sealed);
	writer->held = 0;
	return writer->sink.add(writer->sink.arg,
	                        (struct str){ writer->sealed, len + AGE_TAG_BYTES }, err);
}

static MUST_CHECK enum rc
bytes_seal(struct age_writer *writer, struct str bytes, struct err *err)
{
	while (bytes.len != 0) {
		size_t room = CHUNK_BYTES - writer->held;
		size_t step = bytes.len < room ? bytes.len : room;
		if (room == 0) {
			TRY(chunk_seal(writer, false, err));
			continue;
		}
		memcpy(writer->chunk + writer->held, bytes.ptr, step);
		writer->held += step;
		bytes = (struct str){ bytes.ptr + step, bytes.len - step };
	}
	return RC_OK;
}

enum rc
age_seal_more(struct age_writer *writer, struct str bytes, struct err *err)
{
	enum rc rc;

	assert(!writer->is_over);
	rc = bytes_seal(writer, bytes, err);
	writer->is_over = rc != RC_OK;
	return rc;
}

enum rc
age_seal_end(struct age_writer *writer, struct err *err)
{
	assert(!writer->is_over);
	writer->is_over = true;
	return chunk_seal(writer, true, err);
}

void
age_writer_free(struct age_writer **writer)
{
	if (*writer == NULL)
		return;
	EVP_CIPHER_CTX_free((*writer)->context);
	secret_wipe(*writer, sizeof(**writer));
	free(*writer);
	*writer = NULL;
}

/* --- opening ----------------------------------------------------------------------------- */

enum rc
age_open_begin(struct age_reader **reader, const struct age_identity *identity,
               const struct sink *sink, struct err *err)
{
	struct age_reader *begun = calloc(1, sizeof(*begun));

	(void)err;
	if (begun == NULL)
		abort();
	begun->sink = *sink;
	begun->identity = *identity;
	begun->context = age_box_context();
	*reader = begun;
	return RC_OK;
}

static MUST_CHECK enum rc
chunk_open(struct age_reader *reader, bool is_last, struct err *err)
{
	uint8_t nonce[AGE_NONCE_BYTES];
	struct str sealed = { reader->sealed, reader->held };
	struct str opened = { reader->chunk, reader->held - AGE_TAG_BYTES };

	chunk_nonce(reader->number, is_last, nonce);
	if (!age_box_open(reader->context, &reader->key, nonce, sealed,
	                  (uint8_t *)reader->chunk))
		return FAIL(err, RC_CORRUPT, "age: a chunk was changed, or its file cut short");
	if (opened.len == 0 && reader->number != 0)
		return FAIL(err, RC_CORRUPT, "age: the last chunk is empty");
	reader->number++;
	reader->held = 0;
	return opened.len == 0 ? RC_OK : reader->sink.add(reader->sink.arg, opened, err);
}

/* Takes from `bytes` until `wanted` are held. */
static void
fill(struct age_reader *reader, struct str *bytes, size_t wanted)
{
	size_t room = wanted - reader->held;
	size_t step = bytes->len < room ? bytes->len : room;

	memcpy(reader->sealed + reader->held, bytes->ptr, step);
	reader->held += step;
	*bytes = (struct str){ bytes->ptr + step, bytes->len - step };
}

/* The rest of one line.  What cannot be a header is refused when its first line
 * is whole, or longer than that line is. */
static MUST_CHECK enum rc
header_more(struct age_reader *reader, struct str *bytes, struct err *err)
{
	const char *feed = memchr(bytes->ptr, '\n', bytes->len);
	size_t step = feed == NULL ? bytes->len : (size_t)(feed - bytes->ptr) + 1;
	struct str line;

	if (reader->line == 0 && reader->held + step > VERSION_LEN)
		return FAIL(err, RC_CORRUPT, "not an age file of version 1");
	if (reader->held + step > LIMIT_AGE_HEADER_BYTES)
		return FAIL(err, RC_LIMIT, "age: a header over %lu bytes",
		            LIMIT_AGE_HEADER_BYTES);
	fill(reader, bytes, reader->held + step);
	if (feed == NULL)
		return RC_OK;
	line = (struct str){ reader->sealed + reader->line, reader->held - reader->line };
	reader->line = reader->held;
	if (!str_starts_with(line, STR("---")))
		return RC_OK;
	TRY(age_header_read((struct str){ reader->sealed, reader->held }, &reader->identity,
	                    &reader->file_key, err));
	age_identity_wipe(&reader->identity);
	reader->held = 0;
	reader->stage = AGE_NONCE;
	return RC_OK;
}

static MUST_CHECK enum rc
bytes_open(struct age_reader *reader, struct str bytes, struct err *err)
{
	while (bytes.len != 0) {
		if (reader->stage == AGE_HEADER) {
			TRY(header_more(reader, &bytes, err));
			continue;
		}
		if (reader->stage == AGE_CHUNKS) {
			if (reader->held == SEALED_BYTES)
				TRY(chunk_open(reader, false, err));
			fill(reader, &bytes, SEALED_BYTES);
			continue;
		}
		fill(reader, &bytes, PAYLOAD_NONCE);
		if (reader->held < PAYLOAD_NONCE)
			continue;
		reader->key = payload_key(&reader->file_key, reader->sealed);
		reader->held = 0;
		reader->stage = AGE_CHUNKS;
	}
	return RC_OK;
}

static MUST_CHECK enum rc
over_check(const struct age_reader *reader, struct err *err)
{
	if (reader->stage == AGE_OVER)
		return FAIL(err, RC_CORRUPT, "age: this file failed before, or is at its end");
	return RC_OK;
}

enum rc
age_open_more(struct age_reader *reader, struct str bytes, struct err *err)
{
	enum rc rc;

	TRY(over_check(reader, err));
	rc = bytes_open(reader, bytes, err);
	if (rc != RC_OK)
		reader->stage = AGE_OVER;
	return rc;
}

enum rc
age_open_end(struct age_reader *reader, struct err *err)
{
	enum age_stage stage = reader->stage;

	TRY(over_check(reader, err));
	reader->stage = AGE_OVER;
	if (stage != AGE_CHUNKS || reader->held < AGE_TAG_BYTES)
		return FAIL(err, RC_CORRUPT, "age: the file is cut short");
	return chunk_open(reader, true, err);
}

void
age_reader_free(struct age_reader **reader)
{
	if (*reader == NULL)
		return;
	EVP_CIPHER_CTX_free((*reader)->context);
	secret_wipe(*reader, sizeof(**reader));
	free(*reader);
	*reader = NULL;
}
