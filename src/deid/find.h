/*
 * Inside de-identification of text: what the finders share.
 *
 * Each finder (patterns, dates, names and places) adds spans to one list;
 * spans_settle() makes of it one without overlap.  Included by src/deid only.
 */
#ifndef DEID_FIND_H
#define DEID_FIND_H

#include "deid/pattern.h"
#include "deid/text.h"
#include "deid/token.h"

/* Found so far, in any order, overlapping. */
struct found {
	struct deid_span *items;
	size_t count, room;
	bool is_over; /* more than LIMIT_DEID_SPANS came */
	struct str text;
	struct arena *arena; /* dies with the search */
};

void found_add(struct found *found, struct deid_span span);

struct deid {
	struct words *words;
	struct patterns identifiers; /* identifier.c */
	struct patterns dates;       /* date.c */
};

/* identifier.c: numbers, codes and addresses that have a form, a check digit
 * or a label. */
extern const struct pattern_row identifier_rows[];
extern const size_t identifier_row_count;

/* name.c: names, cities, facilities, by dictionary and context. */
void names_find(const struct words *words, const struct tokens *tokens, struct found *found);

/* settle.c: overlapping spans become one, of the surer one's kind; what was
 * found once is found everywhere; spans that touch a tag go. */
enum rc spans_settle(struct found *found, const struct tokens *tokens, struct deid_spans *spans,
                     struct arena *arena, struct err *err) MUST_CHECK;

/* surrogate.c: the surrogate of `value`, appended. */
void surrogate_put(const struct deid *deid, const struct key *key, enum deid_kind kind,
                   struct str value, struct buf *out);

#endif
