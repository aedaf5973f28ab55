/*
 * Any form.  What is read is UTF-8, and written again and read again it is the
 * same pairs.
 */
#include "web/form.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
form_write(const struct pairs *pairs, struct arena *arena, struct buf *out)
{
	for (size_t i = 0; i < pairs->count; i++) {
		buf_add(out, i == 0 ? STR("") : STR("&"));
		buf_add(out, percent_encode(pairs->items[i].name, arena));
		buf_add(out, STR("="));
		buf_add(out, percent_encode(pairs->items[i].value, arena));
	}
}

static void
pairs_compare(const struct pairs *a, const struct pairs *b)
{
	if (a->count != b->count)
		abort();
	for (size_t i = 0; i < a->count; i++) {
		if (!str_eq(a->items[i].name, b->items[i].name) ||
		    !str_eq(a->items[i].value, b->items[i].value) ||
		    !str_is_utf8(a->items[i].name) || !str_is_utf8(a->items[i].value))
			abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	CLEANUP(buf_free) struct buf text = { 0 };
	struct pairs pairs = { .count = 0 }, again = { .count = 0 };
	struct err err;

	arena_init(&arena, 16 * MIB);
	buf_init(&text, 4 * MIB);
	if (form_parse((struct str){ (const char *)data, size }, &arena, &pairs, &err) != RC_OK)
		return 0;
	form_write(&pairs, &arena, &text);
	if (form_parse((struct str){ text.text, text.len }, &arena, &again, &err) != RC_OK)
		abort();
	pairs_compare(&pairs, &again);
	return 0;
}

#include "replay.h"
