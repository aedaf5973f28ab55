/*
 * Any bytes as text.  What is found lies in the text at character borders and
 * in order; the de-identified text is UTF-8, and of no value of 6 to 64 bytes
 * that was found anything is left but what tags say.
 */
#include "deid/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
is_border(struct str text, size_t at)
{
	return at == text.len || ((unsigned char)text.ptr[at] & 0xC0) != 0x80;
}

static void
spans_check(struct str text, const struct deid_spans *spans)
{
	size_t end = 0;

	for (size_t i = 0; i < spans->count; i++) {
		const struct deid_span *span = &spans->items[i];
		if (span->length == 0 || span->offset < end || span->length > text.len ||
		    span->offset > text.len - span->length)
			abort();
		end = span->offset + span->length;
		if (!is_border(text, span->offset) || !is_border(text, end) ||
		    span->kind >= DEID_KINDS)
			abort();
	}
}

/* Tags are made blank first: their letters are nobody's. */
static void
left_check(struct str text, const struct deid_spans *spans, struct buf *out)
{
	for (int kind = 0; kind < DEID_KINDS; kind++) {
		struct str tag = deid_kind_tag((enum deid_kind)kind);
		char *at = out->text, *end = out->text + out->len;
		while (at < end &&
		       (at = memmem(at, (size_t)(end - at), tag.ptr, tag.len)) != NULL) {
			if (at > out->text && at[-1] == '[' && at[tag.len] == ']')
				memset(at, 1, tag.len);
			at += tag.len;
		}
	}
	for (size_t i = 0; i < spans->count; i++) {
		const struct deid_span *span = &spans->items[i];
		if (span->length >= 6 && span->length <= 64 &&
		    memmem(out->text, out->len, text.ptr + span->offset, span->length) != NULL)
			abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct deid *deid; /* compiled once */
	CLEANUP(arena_free) struct arena arena = { 0 };
	CLEANUP(buf_free) struct buf out = { 0 };
	CLEANUP(buf_free) struct buf other = { 0 };
	CLEANUP(key_wipe) struct key key = { { 1 } };
	struct deid_options options = { .style = DEID_TAGS, .key = &key };
	struct str text = { (const char *)data, size };
	struct deid_spans spans;
	struct err err;

	if (deid == NULL && deid_open(&deid, &err) != RC_OK)
		abort();
	arena_init(&arena, 64 * MIB);
	buf_init(&out, 64 * MIB);
	buf_init(&other, 64 * MIB);
	if (deid_find(deid, text, &arena, &spans, &err) != RC_OK)
		return 0;
	spans_check(text, &spans);
	if (deid_text(deid, &options, text, &out, &err) != RC_OK)
		abort();
	if (!str_is_utf8((struct str){ out.text, out.len }))
		abort();
	if (out.len != 0)
		left_check(text, &spans, &out);
	options.style = DEID_SURROGATES;
	if (deid_text(deid, &options, text, &other, &err) != RC_OK ||
	    !str_is_utf8((struct str){ other.text, other.len }))
		abort();
	return 0;
}

#include "replay.h"
