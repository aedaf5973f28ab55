#include "deid/text.h"

#include "deid/date.h"
#include "deid/find.h"

static const struct {
	struct str tag;
	char letter;
} kinds[DEID_KINDS] = {
#define DEID_KIND_ROW(kind, tag, letter) [kind] = { { "" tag, sizeof(tag) - 1 }, letter },
	DEID_KIND_TABLE(DEID_KIND_ROW)
#undef DEID_KIND_ROW
};

struct str
deid_kind_tag(enum deid_kind kind)
{
	return kinds[kind].tag;
}

char
deid_kind_letter(enum deid_kind kind)
{
	return kinds[kind].letter;
}

enum rc
deid_open(struct deid **deid, struct err *err)
{
	CLEANUP(deid_close) struct deid *made = calloc(1, sizeof(*made));

	if (made == NULL)
		abort();
	made->words = words_new();
	TRY(patterns_open(&made->identifiers, identifier_rows, identifier_row_count, err));
	TRY(patterns_open(&made->dates, date_rows, date_row_count, err));
	*deid = made;
	made = NULL;
	return RC_OK;
}

void
deid_close(struct deid **deid)
{
	if (*deid == NULL)
		return;
	patterns_close(&(*deid)->identifiers);
	patterns_close(&(*deid)->dates);
	words_free((*deid)->words);
	free(*deid);
	*deid = NULL;
}

/* --- finding -------------------------------------------------------------------------------
 */

struct sink {
	const struct words *words;
	struct found *found;
	const struct pattern_row *rows;
};

/* States and countries stay, where a pattern took one for a city. */
static bool
is_region(const struct words *words, struct str value, struct arena *arena)
{
	struct str folded = text_fold(arena, value);
	char joined[64];

	if (folded.len > sizeof(joined))
		return false;
	for (size_t i = 0; i < folded.len; i++)
		joined[i] = folded.ptr[i] == ' ' ? '_' : folded.ptr[i];
	return (words_find(words, (struct str){ joined, folded.len }) & WORD_REGION) != 0;
}

static void
sink_take(void *context, size_t row, const struct pattern_match *match)
{
	const struct sink *sink = context;
	const struct pattern_row *from = &sink->rows[row];
	struct str value = from->group == 0 ? match->whole : match->groups[from->group];

	if (from->kind == DEID_PLACE && is_region(sink->words, value, sink->found->arena))
		return;
	found_add(sink->found, (struct deid_span){ (size_t)(value.ptr - sink->found->text.ptr),
	                                           value.len, from->kind, from->score });
}

static enum rc
rows_find(const struct deid *deid, const struct patterns *patterns, struct found *found,
          struct err *err)
{
	struct sink sink = { deid->words, found, patterns->rows };

	return patterns_run(patterns, found->text, sink_take, &sink, err);
}

static enum rc
text_check(struct str text, struct err *err)
{
	if (text.len > LIMIT_DEID_TEXT_BYTES)
		return FAIL(err, RC_LIMIT, "a text of over %lu bytes", LIMIT_DEID_TEXT_BYTES);
	if (!str_is_utf8(text))
		return FAIL(err, RC_INVALID, "the text is no UTF-8");
	return RC_OK;
}

enum rc
deid_find(const struct deid *deid, struct str text, struct arena *arena,
          struct deid_spans *spans, struct err *err)
{
	CLEANUP(arena_free) struct arena scratch = { 0 };
	struct found found = { .text = text, .arena = &scratch };
	struct tokens tokens;

	TRY(text_check(text, err));
	arena_init(&scratch, LIMIT_DEID_ARENA_BYTES);
	tokens = tokens_read(deid->words, text, &scratch);
	TRY(rows_find(deid, &deid->identifiers, &found, err));
	TRY(rows_find(deid, &deid->dates, &found, err));
	names_find(deid->words, &tokens, &found);
	return spans_settle(&found, &tokens, spans, arena, err);
}

/* --- replacing -----------------------------------------------------------------------------
 */

/* What one text's replacements need. */
struct replacing {
	const struct deid *deid;
	const struct deid_options *options;
	struct buf *out;
	int days;
	bool is_day_first;
};

static void
put_tag(struct buf *out, enum deid_kind kind)
{
	buf_add(out, STR("["));
	buf_add(out, deid_kind_tag(kind));
	buf_add(out, STR("]"));
}

static void
replace(const struct replacing *replacing, const struct deid_span *span, struct str value)
{
	const struct deid_options *options = replacing->options;

	if (span->kind == DEID_AGE)
		buf_add(replacing->out, STR("90+"));
	else if (options->style == DEID_TAGS)
		put_tag(replacing->out, span->kind);
	else if (span->kind != DEID_DATE)
		surrogate_put(replacing->deid, options->key, span->kind, value, replacing->out);
	else if (!date_shift(&replacing->deid->dates, value, replacing->days,
	                     replacing->is_day_first, replacing->out))
		put_tag(replacing->out, DEID_DATE);
}

static void
replace_all(const struct replacing *replacing, const struct deid_spans *spans, struct str text)
{
	size_t at = 0;

	for (size_t i = 0; i < spans->count; i++) {
		const struct deid_span *span = &spans->items[i];
		struct str value = { text.ptr + span->offset, span->length };
		buf_add(replacing->out, (struct str){ text.ptr + at, span->offset - at });
		replace(replacing, span, value);
		at = span->offset + span->length;
	}
	if (at < text.len)
		buf_add(replacing->out, (struct str){ text.ptr + at, text.len - at });
}

enum rc
deid_text(const struct deid *deid, const struct deid_options *options, struct str text,
          struct buf *out, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct replacing replacing = { deid, options, out, 0, options->is_day_first };
	struct deid_spans spans;
	struct str done;

	if (options->style == DEID_SURROGATES && options->key == NULL)
		return FAIL(err, RC_INVALID, "surrogates need a subject's key");
	arena_init(&arena, LIMIT_DEID_ARENA_BYTES);
	TRY(deid_find(deid, text, &arena, &spans, err));
	if (options->style == DEID_SURROGATES) {
		int order = dates_order(&deid->dates, text);
		replacing.days = deid_shift_days(options->key);
		if (order != 0)
			replacing.is_day_first = order > 0;
	}
	replace_all(&replacing, &spans, text);
	return buf_finish(out, &done, err);
}
