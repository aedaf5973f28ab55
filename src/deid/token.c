#include "deid/token.h"

#include "deid/text.h"

/* Latin letters U+00C0 … U+017F without their accents; ' ' where there is none. */
static const char unaccented[] = "aaaaaaaceeeeiiii"
				 "dnooooo ouuuuyts"
				 "aaaaaaaceeeeiiii"
				 "dnooooo ouuuuyty"
				 "aaaaaaccccccccdd"
				 "ddeeeeeeeeeegggg"
				 "gggghhhhiiiiiiii"
				 "iiiijjkkklllllll"
				 "lllnnnnnnnnnoooo"
				 "oooorrrrrrssssss"
				 "ssttttttuuuuuuuu"
				 "uuuuwwyyyzzzzzzs";

uint32_t
utf8_at(struct str text, size_t at, size_t *bytes)
{
	const unsigned char *p = (const unsigned char *)text.ptr + at;

	if (p[0] < 0x80) {
		*bytes = 1;
		return p[0];
	}
	if (p[0] < 0xE0) {
		*bytes = 2;
		return (uint32_t)(p[0] & 0x1F) << 6 | (p[1] & 0x3F);
	}
	if (p[0] < 0xF0) {
		*bytes = 3;
		return (uint32_t)(p[0] & 0x0F) << 12 | (uint32_t)(p[1] & 0x3F) << 6 |
		       (p[2] & 0x3F);
	}
	*bytes = 4;
	return (uint32_t)(p[0] & 0x07) << 18 | (uint32_t)(p[1] & 0x3F) << 12 |
	       (uint32_t)(p[2] & 0x3F) << 6 | (p[3] & 0x3F);
}

static bool
is_digit(uint32_t c)
{
	return c >= '0' && c <= '9';
}

/* Letters with which names are written; what is unknown above Latin counts as one. */
static bool
is_letter(uint32_t c)
{
	if (c < 0x80)
		return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
	if (c < 0xC0)
		return c == 0xB5; /* micro */
	return c != 0xD7 && c != 0xF7 && !(c >= 0x2000 && c <= 0x2BFF) &&
	       !(c >= 0x3000 && c <= 0x3020) && !(c >= 0xFE00 && c <= 0xFE0F) && c != 0xFEFF &&
	       c < 0x1F000;
}

/* In U+0100 … U+017F capitals are even, but odd in two stretches. */
static bool
is_extended_capital(uint32_t c)
{
	if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E))
		return c % 2 == 1;
	return c == 0x178 || (c % 2 == 0 && c < 0x178);
}

static bool
is_capital(uint32_t c)
{
	if (c < 0x80)
		return c >= 'A' && c <= 'Z';
	if (c < 0x100)
		return c >= 0xC0 && c <= 0xDE && c != 0xD7;
	if (c < 0x180)
		return is_extended_capital(c);
	return (c >= 0x386 && c <= 0x3AB && c != 0x390) || (c >= 0x400 && c <= 0x42F);
}

struct str
text_fold(struct arena *arena, struct str text)
{
	char *out = arena_alloc(arena, text.len + 1, 1);
	size_t len = 0, bytes;

	for (size_t at = 0; at < text.len; at += bytes) {
		uint32_t c = utf8_at(text, at, &bytes);
		if (c < 0x80) {
			out[len++] = (char)(is_capital(c) ? c + 32 : c);
		} else if (c >= 0xC0 && c < 0x180 && unaccented[c - 0xC0] != ' ') {
			out[len++] = unaccented[c - 0xC0];
		} else if (c == 0x2019) {
			out[len++] = '\'';
		} else {
			memcpy(out + len, text.ptr + at, bytes);
			len += bytes;
		}
	}
	return (struct str){ out, len };
}

static bool
is_apostrophe(uint32_t c)
{
	return c == '\'' || c == 0x2019;
}

/* l’ d’ j’ m’ t’ s’ n’ c’ qu’; but not the D’ and O’ that names begin with. */
static bool
is_elision(struct str word)
{
	if (word.len == 1)
		return memchr("ldjmtsncL", word.ptr[0], 9) != NULL;
	return str_eq_nocase(word, STR("qu"));
}

/* The end of the word that begins at `from`. */
static size_t
word_end(struct str text, size_t from)
{
	size_t at = from, bytes, after;

	while (at < text.len) {
		uint32_t c = utf8_at(text, at, &bytes);
		if (is_letter(c) || is_digit(c)) {
			at += bytes;
			continue;
		}
		if ((c != '-' && !is_apostrophe(c)) || at + bytes >= text.len)
			break;
		uint32_t next = utf8_at(text, at + bytes, &after);
		if (!is_letter(next))
			break;
		if (is_apostrophe(c) && is_elision((struct str){ text.ptr + from, at - from }))
			break;
		/* The English genitive: one s, then no letter. */
		size_t end = at + bytes + after;
		if (is_apostrophe(c) && (next == 's' || next == 'S') &&
		    (end >= text.len || !is_letter(utf8_at(text, end, &after))))
			break;
		at += bytes;
	}
	return at;
}

struct shape_counts {
	size_t letters, capitals, digits, inner; /* inner: capitals after a lower case */
	bool begins_capital;
};

static struct shape_counts
shape_count(struct str word)
{
	struct shape_counts counts = { 0 };
	bool was_lower = false;
	size_t bytes;

	for (size_t at = 0; at < word.len; at += bytes) {
		uint32_t c = utf8_at(word, at, &bytes);
		bool is_upper = is_capital(c);
		counts.digits += is_digit(c);
		counts.letters += is_letter(c);
		counts.capitals += is_upper;
		counts.inner += is_upper && was_lower;
		if (at == 0)
			counts.begins_capital = is_upper;
		was_lower = is_letter(c) && !is_upper;
	}
	return counts;
}

static bool
is_joined_name(struct str word)
{
	return memchr(word.ptr, '-', word.len) != NULL ||
	       memchr(word.ptr, '\'', word.len) != NULL || str_starts_with(word, STR("Mc")) ||
	       str_starts_with(word, STR("Mac")) || str_starts_with(word, STR("De")) ||
	       str_starts_with(word, STR("Le")) || str_starts_with(word, STR("La")) ||
	       str_starts_with(word, STR("Van"));
}

static enum token_shape
shape_of(struct str word)
{
	struct shape_counts counts = shape_count(word);

	if (counts.digits != 0)
		return counts.letters == 0 ? TOKEN_NUMBER : TOKEN_MIXED;
	if (counts.capitals == 0)
		return TOKEN_LOWER;
	if (counts.capitals == counts.letters)
		return counts.letters == 1 ? TOKEN_INITIAL : TOKEN_UPPER;
	if (!counts.begins_capital || (counts.inner != 0 && !is_joined_name(word)))
		return TOKEN_MIXED;
	return TOKEN_CAPITAL;
}

/* Plurals and other endings of a word that is known without them. */
static uint32_t
stem_classes(const struct words *words, struct str folded)
{
	static const struct {
		struct str ending, instead;
	} endings[] = {
		{ { "s", 1 }, { "", 0 } },   { { "es", 2 }, { "", 0 } },
		{ { "ed", 2 }, { "", 0 } },  { { "ed", 2 }, { "e", 1 } },
		{ { "ing", 3 }, { "", 0 } }, { { "ing", 3 }, { "e", 1 } },
		{ { "ly", 2 }, { "", 0 } },  { { "ies", 3 }, { "y", 1 } },
		{ { "e", 1 }, { "", 0 } },
	};
	char stem[64];

	for (size_t i = 0; i < COUNT_OF(endings); i++) {
		size_t keep = folded.len - endings[i].ending.len;
		if (folded.len > 60 || !str_ends_with(folded, endings[i].ending) || keep < 3 ||
		    (endings[i].ending.ptr[0] == 'e' && endings[i].ending.len == 1 && keep < 6))
			continue;
		memcpy(stem, folded.ptr, keep);
		/* "admitted": the last letter was doubled. */
		if (endings[i].instead.len == 0 && keep > 3 &&
		    stem[keep - 1] == stem[keep - 2] &&
		    (words_find(words, (struct str){ stem, keep - 1 }) & WORD_COMMON) != 0)
			return WORD_COMMON;
		memcpy(stem + keep, endings[i].instead.ptr, endings[i].instead.len);
		struct str root = { stem, keep + endings[i].instead.len };
		if ((words_find(words, root) & WORD_COMMON) != 0)
			return WORD_COMMON;
	}
	return 0;
}

/* A word with hyphens is what its parts are: a name when all are, else common
 * when one is. */
static uint32_t
part_classes(const struct words *words, struct str folded)
{
	uint32_t all = WORD_NAMES, any = 0;
	struct str rest = folded;

	while (rest.len != 0) {
		struct str part;
		rest = str_cut(rest, '-', &part);
		uint32_t classes = words_find(words, part);
		all &= classes;
		any |= classes;
	}
	if (all != 0)
		return all;
	return (any & WORD_NAMES) != 0 && (any & WORD_COMMON) == 0 ? any & WORD_NAMES
	                                                           : any & WORD_COMMON;
}

static uint32_t
classes_of(const struct words *words, struct str folded)
{
	uint32_t classes = words_find(words, folded);

	if (classes == 0 && folded.len != 0 && memchr(folded.ptr, '-', folded.len) != NULL)
		classes = part_classes(words, folded);
	if (classes == 0 && folded.len != 0 && memchr(folded.ptr, '\'', folded.len) != NULL) {
		struct str head; /* "I'm", "you're" */
		(void)str_cut(folded, '\'', &head);
		classes = words_find(words, head) & WORD_COMMON;
	}
	return classes == 0 ? stem_classes(words, folded) : classes;
}

/* Nothing but spaces, quotes and bullets since a full stop, a colon or a line. */
static bool
gap_starts(struct str gap)
{
	for (size_t i = gap.len; i > 0; i--) {
		char c = gap.ptr[i - 1];
		if (c == '\n' || c == '.' || c == '!' || c == '?' || c == ':' || c == ';' ||
		    c == '>' || c == '"' || c == '*')
			return true;
	}
	return false;
}

/* The end of a tag of ours ("[NAME]") that begins at `at`; `at` when none does. */
static size_t
tag_end(struct str text, size_t at)
{
	struct str rest = { text.ptr + at + 1, text.len - at - 1 };

	for (int kind = 0; kind < DEID_KINDS && text.ptr[at] == '['; kind++) {
		struct str tag = deid_kind_tag((enum deid_kind)kind);
		if (str_starts_with(rest, tag) && rest.len > tag.len &&
		    rest.ptr[tag.len] == ']')
			return at + tag.len + 2;
	}
	return at;
}

static void
token_read(const struct words *words, struct str text, struct token *token, struct arena *arena)
{
	struct str word = { text.ptr + token->offset, token->length };

	token->folded = text_fold(arena, word);
	token->shape = shape_of(word);
	if (token->shape != TOKEN_NUMBER)
		token->classes = classes_of(words, token->folded);
}

/* Lines of capitals alone: case says nothing there. */
static void
headings_mark(struct tokens *tokens, struct str text)
{
	size_t first = 0;
	bool has_lower = false;

	for (size_t i = 0; i <= tokens->count; i++) {
		bool ends = i == tokens->count;
		if (!ends && i > first) {
			const struct token *before = &tokens->items[i - 1];
			size_t from = before->offset + before->length;
			ends = memchr(text.ptr + from, '\n', tokens->items[i].offset - from) !=
			       NULL;
		}
		if (ends) {
			for (size_t j = first; j < i; j++)
				tokens->items[j].is_heading = !has_lower;
			first = i;
			has_lower = false;
		}
		if (i < tokens->count)
			has_lower |= tokens->items[i].shape == TOKEN_LOWER ||
			             tokens->items[i].shape == TOKEN_CAPITAL;
	}
}

struct tokens
tokens_read(const struct words *words, struct str text, struct arena *arena)
{
	/* A word and what parts it from the next take two bytes at least. */
	struct tokens tokens = { NULL, 0 };
	size_t room = text.len / 2 + 2, bytes, end = 0, tagged = 0;

	tokens.items = arena_alloc(arena, room * sizeof(struct token), _Alignof(struct token));
	for (size_t at = 0; at < text.len;) {
		uint32_t c = utf8_at(text, at, &bytes);
		if (c == '[' && tag_end(text, at) > at)
			tagged = tag_end(text, at);
		if (!is_letter(c) && !is_digit(c)) {
			at += bytes;
			continue;
		}
		struct token *token = &tokens.items[tokens.count++];
		*token = (struct token){ .offset = at, .is_tagged = at < tagged };
		token->is_start =
		    tokens.count == 1 || gap_starts((struct str){ text.ptr + end, at - end });
		end = word_end(text, at);
		token->length = end - at;
		token_read(words, text, token, arena);
		at = end;
	}
	headings_mark(&tokens, text);
	return tokens;
}
