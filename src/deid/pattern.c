#define PCRE2_CODE_UNIT_WIDTH 8
#include "deid/pattern.h"

#include <pcre2.h>

#define HEAP_LIMIT_KIB 4096

enum rc
patterns_open(struct patterns *patterns, const struct pattern_row *rows, size_t count,
              struct err *err)
{
	int code = 0;
	PCRE2_SIZE at = 0;

	*patterns = (struct patterns){ rows, count, calloc(count, sizeof(void *)) };
	if (patterns->codes == NULL)
		abort();
	for (size_t i = 0; i < count; i++) {
		patterns->codes[i] =
		    pcre2_compile((PCRE2_SPTR)rows[i].pattern, PCRE2_ZERO_TERMINATED,
		                  PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C, &code, &at, NULL);
		if (patterns->codes[i] == NULL)
			return FAIL(err, RC_INVALID, "pattern %zu: error %d at %zu", i, code,
			            (size_t)at);
	}
	return RC_OK;
}

void
patterns_close(struct patterns *patterns)
{
	for (size_t i = 0; patterns->codes != NULL && i < patterns->count; i++)
		pcre2_code_free(patterns->codes[i]);
	free(patterns->codes);
	*patterns = (struct patterns){ 0 };
}

/* What one search needs beside the shared patterns. */
struct run {
	pcre2_match_data *data;
	pcre2_match_context *context;
	struct str text;
	size_t from; /* where to go on */
};

static void
run_free(struct run *run)
{
	pcre2_match_data_free(run->data);
	pcre2_match_context_free(run->context);
}

static void
match_read(const pcre2_match_data *data, uint32_t count, struct str text,
           struct pattern_match *match)
{
	/* The library's signature wants no const. */
	PCRE2_SIZE *at = pcre2_get_ovector_pointer((pcre2_match_data *)(uintptr_t)data);

	*match = (struct pattern_match){ .whole = { text.ptr + at[0], at[1] - at[0] } };
	for (uint32_t i = 1; i < count && i < PATTERN_GROUPS; i++)
		if (at[2 * i] != PCRE2_UNSET)
			match->groups[i] =
			    (struct str){ text.ptr + at[2 * i], at[2 * i + 1] - at[2 * i] };
}

/* The next match; a length of 0: none. */
static enum rc
match_next(const struct patterns *patterns, size_t row, struct run *run,
           struct pattern_match *match, struct err *err)
{
	int count = pcre2_match(patterns->codes[row], (PCRE2_SPTR)run->text.ptr, run->text.len,
	                        run->from, PCRE2_NO_UTF_CHECK, run->data, run->context);

	*match = (struct pattern_match){ 0 };
	if (count == PCRE2_ERROR_NOMATCH)
		return RC_OK;
	if (count <= 0)
		return FAIL(err, RC_LIMIT, "pattern %zu reached its bound (%d)", row, count);
	match_read(run->data, (uint32_t)count, run->text, match);
	if (match->whole.len == 0)
		return FAIL(err, RC_INVALID, "pattern %zu matches nothing", row);
	run->from = (size_t)(match->whole.ptr - run->text.ptr) + match->whole.len;
	return RC_OK;
}

static void
match_offer(const struct pattern_row *rows, size_t row, struct pattern_match *match,
            pattern_sink *sink, void *context)
{
	struct str *value =
	    rows[row].group == 0 ? &match->whole : &match->groups[rows[row].group];

	if (value->len != 0 && (rows[row].check == NULL || rows[row].check(value)))
		sink(context, row, match);
}

static enum rc
row_run(const struct patterns *patterns, size_t row, struct run *run, pattern_sink *sink,
        void *context, struct err *err)
{
	struct pattern_match match;

	run->from = 0;
	do {
		TRY(match_next(patterns, row, run, &match, err));
		if (match.whole.len != 0)
			match_offer(patterns->rows, row, &match, sink, context);
	} while (match.whole.len != 0 && run->from < run->text.len);
	return RC_OK;
}

enum rc
patterns_run(const struct patterns *patterns, struct str text, pattern_sink *sink,
             void *context, struct err *err)
{
	CLEANUP(run_free) struct run run = { .text = text };

	if (text.len == 0)
		return RC_OK;
	run.data = pcre2_match_data_create(PATTERN_GROUPS + 8, NULL);
	run.context = pcre2_match_context_create(NULL);
	if (run.data == NULL || run.context == NULL)
		abort();
	(void)pcre2_set_match_limit(run.context, PATTERN_MATCH_LIMIT);
	(void)pcre2_set_heap_limit(run.context, HEAP_LIMIT_KIB);
	for (size_t row = 0; row < patterns->count; row++)
		TRY(row_run(patterns, row, &run, sink, context, err));
	return RC_OK;
}
