/*
 * Surrogates: HMAC-SHA-256 under the subject's key of the kind and the folded
 * value chooses; nothing is kept, so there is no table that could leak.
 */
#include "crypto/digest.h"
#include "deid/find.h"

#define PREFIX_DIGITS 3
#define FOLD_BYTES    (64 * KIB)

/* 64 bits drawn for a value; `purpose` keeps kinds of draws apart. */
static uint64_t
draw(const struct key *key, struct str purpose, struct str value)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct digest digest;
	struct str text;
	uint64_t number = 0;

	arena_init(&arena, 2 * LIMIT_DEID_TEXT_BYTES + FOLD_BYTES);
	text = str_printf(&arena, "troth-deid/%.*s/%.*s", STR_ARGS(purpose), STR_ARGS(value));
	digest = hmac_sha256(key, text);
	for (size_t i = 0; i < 8; i++)
		number = number << 8 | digest.bytes[i];
	return number;
}

int
deid_shift_days(const struct key *key)
{
	/* 730 values: −365 … −1, 1 … 365. */
	int number = (int)(draw(key, STR("days"), STR_EMPTY) % 730);

	return number < 365 ? number - 365 : number - 364;
}

void
deid_zip3(struct str postal_code, char zip3[4])
{
	static const char restricted[][4] = { "036", "059", "063", "102", "203", "556",
		                              "692", "790", "821", "823", "830", "831",
		                              "878", "879", "884", "890", "893" };
	size_t count = 0;

	for (size_t i = 0; i < postal_code.len && count < PREFIX_DIGITS; i++)
		if (postal_code.ptr[i] >= '0' && postal_code.ptr[i] <= '9')
			zip3[count++] = postal_code.ptr[i];
	zip3[count] = '\0';
	for (size_t i = 0; i < COUNT_OF(restricted) && count == PREFIX_DIGITS; i++)
		if (memcmp(zip3, restricted[i], sizeof(restricted[i])) == 0)
			count = 0;
	if (count < PREFIX_DIGITS)
		memcpy(zip3, "000", sizeof("000"));
}

/* --- words ---------------------------------------------------------------------------------
 */

enum casing { CASE_LOWER, CASE_CAPITAL, CASE_UPPER };

static enum casing
casing_of(enum token_shape shape)
{
	if (shape == TOKEN_UPPER)
		return CASE_UPPER;
	return shape == TOKEN_LOWER ? CASE_LOWER : CASE_CAPITAL;
}

/* Dictionaries are ASCII; "_" in a city's name is a space. */
static void
put_word(struct buf *out, struct str word, enum casing casing)
{
	bool is_first = true;

	for (size_t i = 0; i < word.len; i++) {
		char c = word.ptr[i] == '_' ? ' ' : word.ptr[i];
		bool is_up = casing == CASE_UPPER || (casing == CASE_CAPITAL && is_first);
		is_first = c == ' ';
		if (c >= 'a' && c <= 'z' && is_up)
			c = (char)(c - 32);
		buf_add(out, (struct str){ &c, 1 });
	}
}

/* Another word of the list than the one replaced. */
static struct str
pick_other(const struct deid *deid, enum word_class from, uint64_t number, struct str folded)
{
	struct str word = words_pick(deid->words, from, number);

	return str_eq(word, folded) ? words_pick(deid->words, from, number + 1) : word;
}

static void
put_name_word(const struct deid *deid, const struct key *key, const struct token *token,
              struct buf *out)
{
	uint64_t number = draw(key, STR("name"), token->folded);
	bool is_given = (token->classes & WORD_GIVEN) != 0;
	enum word_class from = is_given ? WORD_GIVEN : WORD_FAMILY;

	if (token->shape == TOKEN_INITIAL) {
		char initial = (char)('A' + number % 26);
		buf_add(out, (struct str){ &initial, 1 });
		return;
	}
	if ((token->classes & WORD_PARTICLE) != 0 && token->shape == TOKEN_LOWER) {
		buf_add(out, token->folded);
		return;
	}
	put_word(out, pick_other(deid, from, number, token->folded), casing_of(token->shape));
}

static void
put_name(const struct deid *deid, const struct key *key, struct str value, struct buf *out)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct tokens tokens;
	size_t at = 0;

	arena_init(&arena, LIMIT_DEID_ARENA_BYTES);
	tokens = tokens_read(deid->words, value, &arena);
	for (size_t i = 0; i < tokens.count; i++) {
		const struct token *token = &tokens.items[i];
		buf_add(out, (struct str){ value.ptr + at, token->offset - at });
		put_name_word(deid, key, token, out);
		at = token->offset + token->length;
	}
	buf_add(out, (struct str){ value.ptr + at, value.len - at });
}

/* --- codes ---------------------------------------------------------------------------------
 */

static char
other_char(char c, uint64_t number)
{
	if (c >= '0' && c <= '9')
		return (char)('0' + (unsigned)(c - '0' + 1 + (int)(number % 9)) % 10);
	if (c >= 'A' && c <= 'Z')
		return (char)('A' + (unsigned)(c - 'A' + 1 + (int)(number % 25)) % 26);
	if (c >= 'a' && c <= 'z')
		return (char)('a' + (unsigned)(c - 'a' + 1 + (int)(number % 25)) % 26);
	return c;
}

/* Digit for digit, letter for letter; the rest stands.  Every character changes. */
static void
put_code(const struct key *key, enum deid_kind kind, struct str value, struct buf *out)
{
	uint64_t state = draw(key, deid_kind_tag(kind), value) | 1;

	for (size_t i = 0; i < value.len; i++) {
		/* Knuth, "MMIX": the draw spread over the characters. */
		state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		char c = other_char(value.ptr[i], state >> 33);
		/* Letters outside ASCII say nothing that a code needs. */
		if ((unsigned char)c >= 0x80)
			c = 'x';
		buf_add(out, (struct str){ &c, 1 });
	}
}

static void
put_address(const struct deid *deid, const struct key *key, struct str folded, struct buf *out)
{
	uint64_t number = draw(key, STR("address"), folded);

	buf_addf(out, "%u ", (unsigned)(number % 998 + 1));
	put_word(out, words_pick(deid->words, WORD_FAMILY, number >> 10), CASE_CAPITAL);
	buf_add(out, STR(" Street, "));
	put_word(out, words_pick(deid->words, WORD_CITY, number >> 24), CASE_CAPITAL);
}

/* RFC 2606 names and RFC 5737 addresses: they reach nobody. */
static void
put_reserved(enum deid_kind kind, uint64_t number, struct buf *out)
{
	if (kind == DEID_EMAIL)
		buf_addf(out, "person-%06x@example.org", (unsigned)(number % 0xFFFFFF));
	else if (kind == DEID_URL)
		buf_addf(out, "https://example.org/%06x", (unsigned)(number % 0xFFFFFF));
	else if (kind == DEID_PHOTO)
		buf_addf(out, "photo-%06x.jpg", (unsigned)(number % 0xFFFFFF));
	else
		buf_addf(out, "192.0.2.%u", (unsigned)(number % 254 + 1));
}

static void
put_place(const struct deid *deid, const struct key *key, enum deid_kind kind,
          struct str folded, struct buf *out)
{
	uint64_t number = draw(key, STR("place"), folded);

	put_word(out, pick_other(deid, WORD_CITY, number, folded), CASE_CAPITAL);
	if (kind == DEID_FACILITY)
		buf_add(out, STR(" Hospital"));
}

void
surrogate_put(const struct deid *deid, const struct key *key, enum deid_kind kind,
              struct str value, struct buf *out)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	char zip3[4];

	arena_init(&arena, LIMIT_DEID_TEXT_BYTES + FOLD_BYTES);
	struct str folded = text_fold(&arena, value);
	switch ((int)kind) {
	case DEID_NAME:
		put_name(deid, key, value, out);
		break;
	case DEID_ADDRESS:
		put_address(deid, key, folded, out);
		break;
	case DEID_PLACE:
	case DEID_FACILITY:
		put_place(deid, key, kind, folded, out);
		break;
	case DEID_POSTCODE:
		deid_zip3(value, zip3);
		buf_add(out, str_from_c(zip3));
		break;
	case DEID_EMAIL:
	case DEID_URL:
	case DEID_PHOTO:
	case DEID_IP:
		put_reserved(kind, draw(key, deid_kind_tag(kind), folded), out);
		break;
	default:
		put_code(key, kind, value, out);
	}
}
