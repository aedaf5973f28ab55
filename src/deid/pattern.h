/*
 * Tables of patterns, compiled once, and the only user of PCRE2.
 *
 * Patterns are UTF-8; their repeats are bounded, and matching stops with
 * RC_LIMIT at PATTERN_MATCH_LIMIT steps from one place, so a text can neither
 * take long nor pass unread.
 */
#ifndef DEID_PATTERN_H
#define DEID_PATTERN_H

#include "deid/text.h"

#define PATTERN_MATCH_LIMIT 20000
#define PATTERN_GROUPS      8

struct pattern_match {
	struct str whole;
	struct str groups[PATTERN_GROUPS]; /* 1 …; length 0: not there */
};

/* Whether what matched is one; may shorten `value` to the part that is. */
typedef bool pattern_check(struct str *value);

struct pattern_row {
	enum deid_kind kind;
	float score;
	int group; /* what is found: 0 the whole */
	const char *pattern;
	pattern_check *check; /* NULL: the form is enough */
};

struct patterns {
	const struct pattern_row *rows;
	size_t count;
	void **codes; /* one a row */
};

enum rc patterns_open(struct patterns *patterns, const struct pattern_row *rows, size_t count,
                      struct err *err) MUST_CHECK;
void patterns_close(struct patterns *patterns);

/* Called for each match of row `row` whose check passes, in order of place. */
typedef void pattern_sink(void *context, size_t row, const struct pattern_match *match);

/* Every match of every row in a UTF-8 text. */
enum rc patterns_run(const struct patterns *patterns, struct str text, pattern_sink *sink,
                     void *context, struct err *err) MUST_CHECK;

#endif
