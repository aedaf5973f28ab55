/*
 * How much a finder finds: spans found beside spans that are true.
 *
 * A true span counts as covered when every letter and digit of it lies in spans
 * that were found, of any kind: what matters first is that nothing is left.  A
 * found span counts as right when half of its bytes at least are true ones.
 */
#ifndef TEST_DEID_MEASURE_H
#define TEST_DEID_MEASURE_H

#include "deid/text.h"

#define TRUTHS_MAX 256

struct truth {
	size_t offset, length;
	enum deid_kind kind;
	bool is_either; /* neither missed nor wrong: no kind of Safe Harbor */
};

struct truths {
	struct truth items[TRUTHS_MAX];
	size_t count;
};

struct tally {
	size_t truths, covered, same_kind; /* by kind of the truth */
	size_t found, right;               /* by kind of what was found */
};

struct tallies {
	struct tally kinds[DEID_KINDS];
};

static inline bool
is_counted(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (unsigned char)c >= 0x80;
}

static inline bool
truth_is_covered(struct str text, const struct deid_spans *spans, const struct truth *truth,
                 bool *is_same_kind)
{
	size_t at = 0;

	*is_same_kind = false;
	for (size_t i = truth->offset; i < truth->offset + truth->length; i++) {
		while (at < spans->count &&
		       spans->items[at].offset + spans->items[at].length <= i)
			at++;
		bool is_in = at < spans->count && spans->items[at].offset <= i;
		if (!is_in && is_counted(text.ptr[i]))
			return false;
		*is_same_kind |= is_in && spans->items[at].kind == truth->kind;
	}
	return true;
}

static inline bool
span_is_right(const struct deid_span *span, const struct truths *truths, bool *is_either)
{
	size_t in = 0, either = 0;

	for (size_t i = 0; i < truths->count; i++) {
		const struct truth *truth = &truths->items[i];
		size_t from = truth->offset > span->offset ? truth->offset : span->offset;
		size_t end = truth->offset + truth->length;
		size_t span_end = span->offset + span->length;
		end = end < span_end ? end : span_end;
		if (end > from && truth->is_either)
			either += end - from;
		else if (end > from)
			in += end - from;
	}
	*is_either = in == 0 && either != 0;
	return 2 * (in + either) >= span->length;
}

static inline void
tally_add(struct tallies *tallies, struct str text, const struct deid_spans *spans,
          const struct truths *truths)
{
	bool is;

	for (size_t i = 0; i < truths->count; i++) {
		const struct truth *truth = &truths->items[i];
		struct tally *tally = &tallies->kinds[truth->kind];
		if (truth->is_either)
			continue;
		tally->truths++;
		tally->covered += truth_is_covered(text, spans, truth, &is);
		tally->same_kind += is;
	}
	for (size_t i = 0; i < spans->count; i++) {
		struct tally *tally = &tallies->kinds[spans->items[i].kind];
		bool is_right = span_is_right(&spans->items[i], truths, &is);
		tally->found += !is;
		tally->right += !is && is_right;
	}
}

static inline struct tally
tally_all(const struct tallies *tallies)
{
	struct tally all = { 0 };

	for (int i = 0; i < DEID_KINDS; i++) {
		all.truths += tallies->kinds[i].truths;
		all.covered += tallies->kinds[i].covered;
		all.same_kind += tallies->kinds[i].same_kind;
		all.found += tallies->kinds[i].found;
		all.right += tallies->kinds[i].right;
	}
	return all;
}

static inline double
tally_recall(struct tally tally)
{
	return tally.truths == 0 ? 1 : (double)tally.covered / (double)tally.truths;
}

static inline double
tally_precision(struct tally tally)
{
	return tally.found == 0 ? 1 : (double)tally.right / (double)tally.found;
}

#endif
