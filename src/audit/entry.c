/*
 * One table of members drives the writer and the reader, so neither can know a
 * member that the other does not.  The reader is a straight walk over the text:
 * it is on the path of every append and of every verification.
 */
#include "audit/entry.h"

#include <assert.h>

enum member_kind { MEMBER_WORD, MEMBER_INT, MEMBER_BYTES };

struct member {
	struct str lead; /* what stands before the value when it is the first … */
	struct str next; /* … and when something stands before it */
	enum member_kind kind;
	bool is_required;
	size_t offset; /* in struct audit_entry */
	size_t bytes;  /* MEMBER_BYTES: 16 or 32 */
};

#define MEMBER(name, kind, is_required, field, bytes)                                          \
	{                                                                                      \
		{ "{\"" name "\":", sizeof(name) + 3 },                                        \
		    { ",\"" name "\":", sizeof(name) + 3 }, kind, is_required,                 \
		    offsetof(struct audit_entry, field), bytes                                 \
	}

static const struct member members[] = {
	MEMBER("act", MEMBER_WORD, true, act, 0),
	MEMBER("actor", MEMBER_BYTES, false, actor, COMMITMENT_BYTES),
	MEMBER("class", MEMBER_WORD, false, class, 0),
	MEMBER("count", MEMBER_INT, true, count, 0),
	MEMBER("detail", MEMBER_WORD, false, detail, 0),
	MEMBER("hash", MEMBER_BYTES, false, hash, DIGEST_BYTES),
	MEMBER("nonce", MEMBER_BYTES, true, nonce, 16),
	MEMBER("outcome", MEMBER_WORD, true, outcome, 0),
	MEMBER("policy", MEMBER_BYTES, false, policy, DIGEST_BYTES),
	MEMBER("purpose", MEMBER_WORD, false, purpose, 0),
	MEMBER("record", MEMBER_BYTES, false, record, COMMITMENT_BYTES),
	MEMBER("role", MEMBER_WORD, false, role, 0),
	MEMBER("subject", MEMBER_BYTES, false, subject, COMMITMENT_BYTES),
	MEMBER("time_us", MEMBER_INT, true, time_us, 0),
};

static const uint8_t zeros[DIGEST_BYTES];

static bool
word_is_valid(struct str word)
{
	if (word.len == 0 || word.len > ENTRY_WORD_MAX)
		return false;
	for (size_t i = 0; i < word.len; i++) {
		char c = word.ptr[i];
		if (c < ' ' || c > '~' || c == '"' || c == '\\')
			return false;
	}
	return true;
}

/* --- writing --------------------------------------------------------------- */

static bool
member_is_absent(const struct member *member, const char *value)
{
	switch (member->kind) {
	case MEMBER_WORD:
		return ((const struct str *)(const void *)value)->len == 0;
	case MEMBER_BYTES:
		return memcmp(value, zeros, member->bytes) == 0;
	case MEMBER_INT:
		break;
	}
	return false;
}

static void
member_format(const struct member *member, const char *value, struct buf *leaf)
{
	char text[48];
	int64_t number;
	struct str word;

	switch (member->kind) {
	case MEMBER_WORD:
		word = *(const struct str *)(const void *)value;
		assert(word_is_valid(word));
		buf_add(leaf, STR("\""));
		buf_add(leaf, word);
		buf_add(leaf, STR("\""));
		return;
	case MEMBER_INT:
		number = *(const int64_t *)(const void *)value;
		assert(number >= 0);
		(void)snprintf(text, sizeof(text), "%lld", (long long)number);
		buf_add(leaf, str_from_c(text));
		return;
	case MEMBER_BYTES:
		base64url_format(value, member->bytes, text);
		buf_add(leaf, STR("\""));
		buf_add(leaf, str_from_c(text));
		buf_add(leaf, STR("\""));
		return;
	}
}

void
audit_entry_format(const struct audit_entry *entry, struct buf *leaf)
{
	for (size_t i = 0; i < COUNT_OF(members); i++) {
		const struct member *member = &members[i];
		const char *value = (const char *)entry + member->offset;

		if (!member->is_required && member_is_absent(member, value))
			continue;
		buf_add(leaf, i == 0 ? member->lead : member->next);
		member_format(member, value, leaf);
	}
	buf_add(leaf, STR("}"));
}

/* --- reading --------------------------------------------------------------- */

static bool
take(struct str *text, struct str expected)
{
	if (!str_starts_with(*text, expected))
		return false;
	text->ptr += expected.len;
	text->len -= expected.len;
	return true;
}

static bool
take_quoted(struct str *text, struct str *value)
{
	const char *end;

	if (!take(text, STR("\"")))
		return false;
	end = memchr(text->ptr, '"', text->len);
	if (end == NULL)
		return false;
	*value = (struct str){ text->ptr, (size_t)(end - text->ptr) };
	text->len -= value->len + 1;
	text->ptr = end + 1;
	return true;
}

/* Decimal, no sign, no leading zero, at most INT64_MAX. */
static bool
take_int(struct str *text, int64_t *number)
{
	int64_t value = 0;
	size_t i = 0;

	for (; i < text->len && text->ptr[i] >= '0' && text->ptr[i] <= '9'; i++) {
		if (__builtin_mul_overflow(value, 10, &value) ||
		    __builtin_add_overflow(value, text->ptr[i] - '0', &value))
			return false;
	}
	if (i == 0 || (i > 1 && text->ptr[0] == '0'))
		return false;
	*number = value;
	text->ptr += i;
	text->len -= i;
	return true;
}

static bool
member_read(const struct member *member, struct str *text, char *value)
{
	struct err ignored;
	struct str quoted;
	size_t count;

	if (member->kind == MEMBER_INT)
		return take_int(text, (int64_t *)(void *)value);
	if (!take_quoted(text, &quoted))
		return false;
	if (member->kind == MEMBER_WORD) {
		*(struct str *)(void *)value = quoted;
		return word_is_valid(quoted);
	}
	return base64url_parse(quoted, value, member->bytes, &count, &ignored) == RC_OK &&
	       count == member->bytes &&
	       (member->is_required || memcmp(value, zeros, member->bytes) != 0);
}

enum rc
entry_read(struct str leaf, struct audit_entry *entry, struct err *err)
{
	struct audit_entry found = { 0 };
	struct str text = leaf;

	if (leaf.len > ENTRY_LEAF_MAX)
		return FAIL(err, RC_INVALID, "an entry is longer than %d bytes",
		            ENTRY_LEAF_MAX);
	for (size_t i = 0; i < COUNT_OF(members); i++) {
		const struct member *member = &members[i];

		if (!take(&text, i == 0 ? member->lead : member->next)) {
			if (member->is_required)
				return FAIL(err, RC_INVALID, "an entry lacks member %zu", i);
			continue;
		}
		if (!member_read(member, &text, (char *)&found + member->offset))
			return FAIL(err, RC_INVALID, "member %zu of an entry is malformed", i);
	}
	if (!str_eq(text, STR("}")))
		return FAIL(err, RC_INVALID, "an entry goes on after its last member");
	*entry = found;
	return RC_OK;
}

enum rc
audit_entry_parse(struct str leaf, struct audit_entry *entry, struct arena *arena,
                  struct err *err)
{
	struct audit_entry found;

	TRY(entry_read(leaf, &found, err));
	for (size_t i = 0; i < COUNT_OF(members); i++) {
		struct str *word = (struct str *)(void *)((char *)&found + members[i].offset);

		if (members[i].kind == MEMBER_WORD)
			*word = str_copy(arena, *word);
	}
	*entry = found;
	return RC_OK;
}

enum rc
audit_append(struct store_tx *tx, int64_t tenant, struct str leaf, int64_t *index,
             struct err *err)
{
	struct audit_entry entry;

	/* A leaf that the verifier would refuse must never enter the tree: it
	 * could not be taken out again. */
	TRY(entry_read(leaf, &entry, err));
	return store_entry_append(tx, tenant, leaf, index, err);
}
