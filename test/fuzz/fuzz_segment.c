/*
 * Any bytes as a stored segment.  What unpacks must pack, and unpack again to
 * the same readings; packing those once more gives the same bytes.  Also a plain
 * program that replays files, so `make test` runs the corpus with gcc.
 */
#include "service/measure/segment.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
is_same(const struct reading *a, const struct reading *b)
{
	return a->number == b->number && a->change == b->change && a->version == b->version &&
	       a->status == b->status && a->method == b->method && a->analyte == b->analyte &&
	       a->unit == b->unit && a->value.digits == b->value.digits &&
	       a->value.scale == b->value.scale && a->has_raw == b->has_raw &&
	       a->raw.digits == b->raw.digits && a->raw.scale == b->raw.scale &&
	       a->calibration == b->calibration && a->taken_us == b->taken_us &&
	       a->offset_s == b->offset_s && a->received_us == b->received_us &&
	       a->updated_us == b->updated_us && a->drift_ms == b->drift_ms &&
	       id_eq(a->device, b->device) && a->has_sequence == b->has_sequence &&
	       a->sequence == b->sequence &&
	       str_eq(a->identifier_system, b->identifier_system) &&
	       str_eq(a->identifier, b->identifier) && str_eq(a->note, b->note);
}

static void
check(struct arena *arena, const struct readings *readings)
{
	CLEANUP(buf_free) struct buf first = { 0 };
	CLEANUP(buf_free) struct buf second = { 0 };
	struct err err = { 0 };
	struct readings again;

	buf_init(&first, 64 * 1024 * 1024);
	buf_init(&second, 64 * 1024 * 1024);
	if (segment_pack(readings->items, readings->count, &first, &err) != RC_OK)
		abort();
	if (segment_unpack((struct str){ first.text, first.len }, arena, &again, &err) !=
	        RC_OK ||
	    again.count != readings->count)
		abort();
	for (size_t i = 0; i < again.count; i++) {
		if (!is_same(&again.items[i], &readings->items[i]))
			abort();
	}
	if (segment_pack(again.items, again.count, &second, &err) != RC_OK ||
	    second.len != first.len || memcmp(first.text, second.text, first.len) != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct err err = { 0 };
	struct readings readings;
	enum rc rc;

	arena_init(&arena, 192 * 1024 * 1024);
	rc = segment_unpack((struct str){ (const char *)data, size }, &arena, &readings, &err);
	if (rc == RC_OK)
		check(&arena, &readings);
	else if (rc != RC_CORRUPT)
		abort();
	return 0;
}

#include "replay.h"
