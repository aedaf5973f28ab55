/*
 * Words of a text with what is known of each.
 *
 * A token is a run of letters and digits; apostrophes and hyphens between
 * letters belong to it, French elisions (l’, d’, qu’) and an English ’s do not.
 */
#ifndef DEID_TOKEN_H
#define DEID_TOKEN_H

#include "base/arena.h"
#include "deid/words.h"

enum token_shape {
	TOKEN_LOWER,
	TOKEN_CAPITAL, /* one capital, then lower case: "Smith", "Jean-Luc", "McCoy" */
	TOKEN_UPPER,   /* two capitals or more, nothing else */
	TOKEN_INITIAL, /* one capital alone */
	TOKEN_MIXED,   /* digits among letters, capitals inside */
	TOKEN_NUMBER,
};

struct token {
	size_t offset; /* bytes, in the text */
	size_t length;
	struct str folded;
	uint32_t classes; /* enum word_class */
	enum token_shape shape;
	bool is_start;   /* of a sentence or line */
	bool is_tagged;  /* stands in a tag of ours: never to be found */
	bool is_heading; /* in a line of capitals alone */
};

struct tokens {
	struct token *items;
	size_t count;
};

/* Of a UTF-8 text; everything lives in the arena. */
struct tokens tokens_read(const struct words *words, struct str text, struct arena *arena);

/* The character at `at` and its bytes (1–4) of a UTF-8 text. */
uint32_t utf8_at(struct str text, size_t at, size_t *bytes);

/* Lower case, Latin letters to U+017F without accents; lives in the arena. */
struct str text_fold(struct arena *arena, struct str text);

#endif
