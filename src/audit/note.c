/*
 * The reader goes over text that others may have made (an exported log), so it
 * takes nothing on trust: control characters, leading zeros, a missing final
 * newline and base64 with spare bits are all refused.
 */
#include "audit/note.h"

#define KEY_ID_BYTES    4
#define SIGNATURE_TYPE  "\x01"
#define SIGNATURE_LINE  "\xe2\x80\x94 " /* an em dash and a space */
#define SIGNATURE_BYTES (KEY_ID_BYTES + SIGN_SIGNATURE_BYTES)

static struct str
bytes_of(const void *bytes, size_t count)
{
	return (struct str){ bytes, count };
}

bool
note_origin_is_valid(struct str origin)
{
	if (origin.len == 0 || origin.len > NOTE_ORIGIN_MAX)
		return false;
	for (size_t i = 0; i < origin.len; i++) {
		if (origin.ptr[i] <= ' ' || origin.ptr[i] > '~' || origin.ptr[i] == '+')
			return false;
	}
	return true;
}

static struct digest
key_id(struct str origin, const uint8_t public[SIGN_PUBLIC_BYTES])
{
	return sha256_parts(origin, STR("\n" SIGNATURE_TYPE),
	                    bytes_of(public, SIGN_PUBLIC_BYTES));
}

static void
base64_add(struct buf *out, const void *bytes, size_t count)
{
	CLEANUP(arena_free) struct arena arena = { 0 };

	arena_init(&arena, 4096);
	buf_add(out, base64_format(&arena, bytes, count));
}

void
note_format(struct str origin, const struct sign_key *key, const struct note_head *head,
            struct buf *note)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	struct digest id = key_id(origin, key->public);
	uint8_t signature[SIGNATURE_BYTES];

	buf_init(&text, NOTE_MAX);
	buf_add(&text, origin);
	buf_addf(&text, "\n%llu\n", (unsigned long long)head->size);
	base64_add(&text, head->root.bytes, DIGEST_BYTES);
	buf_add(&text, STR("\n"));
	memcpy(signature, id.bytes, KEY_ID_BYTES);
	sign(key, bytes_of(text.text, text.len), signature + KEY_ID_BYTES);
	buf_add(note, bytes_of(text.text, text.len));
	buf_add(note, STR("\n" SIGNATURE_LINE));
	buf_add(note, origin);
	buf_add(note, STR(" "));
	base64_add(note, signature, sizeof(signature));
	buf_add(note, STR("\n"));
}

/* --- reading --------------------------------------------------------------- */

/* Splits a note at its last empty line into text and signature lines, both
 * with their final newlines. */
static enum rc
note_split(struct str note, struct str *text, struct str *signatures, struct err *err)
{
	size_t at = 0;

	if (note.len > NOTE_MAX || !str_is_utf8(note) || !str_ends_with(note, STR("\n")))
		return FAIL(err, RC_CORRUPT, "a checkpoint is no note");
	for (size_t i = 0; i < note.len; i++) {
		if ((unsigned char)note.ptr[i] < ' ' && note.ptr[i] != '\n')
			return FAIL(err, RC_CORRUPT, "a checkpoint has control characters");
		if (i > 0 && note.ptr[i] == '\n' && note.ptr[i - 1] == '\n')
			at = i;
	}
	if (at == 0 || at + 1 == note.len)
		return FAIL(err, RC_CORRUPT, "a checkpoint has no signatures");
	*text = (struct str){ note.ptr, at };
	*signatures = (struct str){ note.ptr + at + 1, note.len - at - 1 };
	return RC_OK;
}

static enum rc
size_parse(struct str text, uint64_t *size, struct err *err)
{
	int64_t number;

	if (text.len == 0 || text.ptr[0] == '-' || (text.len > 1 && text.ptr[0] == '0') ||
	    str_to_i64(text, &number, err) != RC_OK)
		return FAIL(err, RC_CORRUPT, "a checkpoint's tree size is malformed");
	*size = (uint64_t)number;
	return RC_OK;
}

/* Three lines and perhaps extension lines, none of them empty. */
static enum rc
text_read(struct str text, struct str *origin, struct note_head *head, struct err *err)
{
	struct note_head found = { 0 };
	struct str name, size, root, line;
	struct str rest = str_cut(text, '\n', &name);
	size_t count;

	rest = str_cut(rest, '\n', &size);
	rest = str_cut(rest, '\n', &root);
	if (!note_origin_is_valid(name))
		return FAIL(err, RC_CORRUPT, "a checkpoint's origin is malformed");
	TRY(size_parse(size, &found.size, err));
	if (root.len != 44 ||
	    base64_parse(root, found.root.bytes, DIGEST_BYTES, &count, err) != RC_OK ||
	    count != DIGEST_BYTES)
		return FAIL(err, RC_CORRUPT, "a checkpoint's root is malformed");
	while (rest.len != 0) {
		rest = str_cut(rest, '\n', &line);
		if (line.len == 0)
			return FAIL(err, RC_CORRUPT, "a checkpoint has an empty line");
	}
	*origin = name;
	*head = found;
	return RC_OK;
}

enum rc
note_read(struct str note, struct str *origin, struct note_head *head, struct err *err)
{
	struct str text, signatures;

	TRY(note_split(note, &text, &signatures, err));
	return text_read(text, origin, head, err);
}

/* One signature line: *is_ours when the name and the key id are the signer's. */
static enum rc
signature_read(struct str line, const struct note_signer *signer, bool *is_ours,
               uint8_t signature[SIGNATURE_BYTES], struct err *err)
{
	struct digest id = key_id(signer->origin, signer->public);
	uint8_t bytes[NOTE_MAX];
	struct str name, value;
	size_t count;

	if (!str_starts_with(line, STR(SIGNATURE_LINE)))
		return FAIL(err, RC_CORRUPT, "a checkpoint's signature line is malformed");
	line.ptr += sizeof(SIGNATURE_LINE) - 1;
	line.len -= sizeof(SIGNATURE_LINE) - 1;
	value = str_cut(line, ' ', &name);
	if (name.len == 0 || value.len == 0 ||
	    base64_parse(value, bytes, sizeof(bytes), &count, err) != RC_OK ||
	    count <= KEY_ID_BYTES)
		return FAIL(err, RC_CORRUPT, "a checkpoint's signature line is malformed");
	*is_ours = str_eq(name, signer->origin) && memcmp(bytes, id.bytes, KEY_ID_BYTES) == 0;
	if (*is_ours && count != SIGNATURE_BYTES)
		return FAIL(err, RC_CORRUPT, "a checkpoint's signature has a wrong length");
	if (*is_ours)
		memcpy(signature, bytes, SIGNATURE_BYTES);
	return RC_OK;
}

/* A signature that names the key must be right, and there must be one. */
static enum rc
signatures_check(struct str text, struct str lines, const struct note_signer *signer,
                 struct err *err)
{
	uint8_t signature[SIGNATURE_BYTES];
	bool is_signed = false;

	for (int i = 0; lines.len != 0; i++) {
		struct str line;
		bool is_ours = false;

		if (i == NOTE_SIGNATURES_MAX)
			return FAIL(err, RC_CORRUPT, "a checkpoint has too many signatures");
		lines = str_cut(lines, '\n', &line);
		TRY(signature_read(line, signer, &is_ours, signature, err));
		if (!is_ours)
			continue;
		if (!sign_verify(signer->public, text,
		                 bytes_of(signature + KEY_ID_BYTES, SIGN_SIGNATURE_BYTES)))
			return FAIL(err, RC_CORRUPT, "a checkpoint's signature is wrong");
		is_signed = true;
	}
	return is_signed ? RC_OK
	                 : FAIL(err, RC_CORRUPT, "the log's key did not sign the checkpoint");
}

enum rc
note_open(struct str note, const struct note_signer *signer, struct note_head *head,
          struct err *err)
{
	struct str text, signatures, origin;
	struct note_head found;

	TRY(note_split(note, &text, &signatures, err));
	TRY(text_read(text, &origin, &found, err));
	if (!str_eq(origin, signer->origin))
		return FAIL(err, RC_CORRUPT, "the checkpoint is of another log");
	TRY(signatures_check(text, signatures, signer, err));
	*head = found;
	return RC_OK;
}

/* --- keys ------------------------------------------------------------------ */

void
note_key_format(const struct note_signer *signer, struct buf *line)
{
	struct digest id = key_id(signer->origin, signer->public);
	uint8_t typed[1 + SIGN_PUBLIC_BYTES] = { 1 };

	memcpy(typed + 1, signer->public, SIGN_PUBLIC_BYTES);
	buf_add(line, signer->origin);
	buf_addf(line, "+%02x%02x%02x%02x+", id.bytes[0], id.bytes[1], id.bytes[2],
	         id.bytes[3]);
	base64_add(line, typed, sizeof(typed));
}

enum rc
note_key_parse(struct str line, struct note_signer *signer, struct err *err)
{
	CLEANUP(buf_free) struct buf again = { 0 };
	struct note_signer found;
	uint8_t typed[1 + SIGN_PUBLIC_BYTES];
	struct str id, key;
	size_t count;

	buf_init(&again, NOTE_KEY_LINE_MAX);
	if (str_ends_with(line, STR("\n")))
		line.len--;
	key = str_cut(str_cut(line, '+', &found.origin), '+', &id);
	if (!note_origin_is_valid(found.origin))
		return FAIL(err, RC_INVALID, "a verifier key's name is malformed");
	if (base64_parse(key, typed, sizeof(typed), &count, err) != RC_OK ||
	    count != sizeof(typed) || typed[0] != 1)
		return FAIL(err, RC_INVALID, "a verifier key is not an Ed25519 key");
	memcpy(found.public, typed + 1, SIGN_PUBLIC_BYTES);
	note_key_format(&found, &again);
	if (!str_eq(line, (struct str){ again.text, again.len }))
		return FAIL(err, RC_INVALID, "a verifier key's id does not fit its key");
	*signer = found;
	return RC_OK;
}
