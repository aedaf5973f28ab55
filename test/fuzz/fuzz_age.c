/*
 * Any bytes as an age file, and its text as keys.
 *
 * A file is opened whole and byte by byte with the same outcome; what opens was
 * sealed for the one identity that is known here, which the corpus has a file
 * for.  A key that reads writes back to the same text.
 */
#include "base/limits.h"
#include "crypto/age.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static enum rc
open_by(const struct age_identity *identity, struct str sealed, size_t step, struct buf *opened)
{
	CLEANUP(age_reader_free) struct age_reader *reader = NULL;
	struct sink sink = sink_to_buf(opened);
	struct err err = { 0 };

	TRY(age_open_begin(&reader, identity, &sink, &err));
	while (sealed.len != 0) {
		struct str part = { sealed.ptr, sealed.len < step ? sealed.len : step };
		TRY(age_open_more(reader, part, &err));
		sealed = (struct str){ sealed.ptr + part.len, sealed.len - part.len };
	}
	return age_open_end(reader, &err);
}

static void
try_file(struct str text)
{
	CLEANUP(buf_free) struct buf whole = { 0 };
	CLEANUP(buf_free) struct buf bytewise = { 0 };
	struct age_identity identity;
	enum rc rc;

	for (size_t i = 0; i < KEY_BYTES; i++)
		identity.secret.bytes[i] = (uint8_t)i;
	buf_init(&whole, 2 * MIB);
	buf_init(&bytewise, 2 * MIB);
	rc = open_by(&identity, text, SIZE_MAX, &whole);
	must(rc == open_by(&identity, text, 1, &bytewise));
	must(str_eq((struct str){ whole.text, whole.len },
	            (struct str){ bytewise.text, bytewise.len }));
	if (rc == RC_OK)
		must(text.len > whole.len && whole.len < text.len - 16);
}

static void
try_keys(struct str text)
{
	char identity_text[AGE_IDENTITY_TEXT_MAX], recipient_text[AGE_RECIPIENT_TEXT_MAX];
	struct age_identity identity;
	struct age_recipient recipient;
	struct err err = { 0 };

	if (age_identity_parse(text, &identity, &err) == RC_OK) {
		age_identity_format(&identity, identity_text);
		must(str_eq(text, str_from_c(identity_text)));
	}
	if (age_recipient_parse(text, &recipient, &err) == RC_OK) {
		age_recipient_format(&recipient, recipient_text);
		must(str_eq(text, str_from_c(recipient_text)));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data, size };

	try_file(text);
	try_keys(text);
	return 0;
}

#include "replay.h"
