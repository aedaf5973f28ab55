/* Packing of readings: exact, small, and strict with bytes that are damaged. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "service/measure/analyte.h"
#include "service/measure/segment.h"

#define START_US INT64_C(1772323200000000) /* 2026-03-01T00:00:00Z */
#define DAY      288

static uint64_t
noise(uint64_t *seed, uint64_t below)
{
	*seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (*seed >> 33) % below;
}

/* A day of one device as it comes in: whole seconds, batches, a jittering drift. */
static void
fill_day(struct reading *items, size_t count)
{
	uint64_t seed = 7;
	int64_t value = 120;

	memset(items, 0, count * sizeof(*items));
	for (size_t i = 0; i < count; i++) {
		struct reading *reading = &items[i];

		value += (int64_t)noise(&seed, 13) - 6;
		reading->number = 1000 + i;
		reading->change = 1000 + i;
		reading->version = 1;
		reading->status = READING_FINAL;
		reading->method = READING_OPTICAL;
		reading->analyte = ANALYTE_GLUCOSE;
		reading->unit = UNIT_MG_DL;
		reading->value = (struct decimal){ value, 0 };
		reading->has_raw = true;
		reading->raw = (struct decimal){ value * 10 - (int64_t)noise(&seed, 200), 1 };
		reading->calibration = 3;
		reading->taken_us = START_US + (int64_t)(i * 300 + noise(&seed, 3)) * US_PER_S;
		reading->offset_s = 3600;
		reading->received_us =
		    reading->taken_us + 900000 + (int64_t)noise(&seed, 800000);
		reading->updated_us = reading->received_us + 1000 + (int64_t)noise(&seed, 9000);
		reading->drift_ms = -140 + (int32_t)noise(&seed, 40);
		reading->device.bytes[0] = 1;
		reading->has_sequence = true;
		reading->sequence = 50000 + i;
	}
}

static void
assert_same(const struct reading *a, const struct reading *b)
{
	assert_true(a->number == b->number && a->change == b->change);
	assert_int_equal(a->version, b->version);
	assert_int_equal(a->status, b->status);
	assert_int_equal(a->method, b->method);
	assert_int_equal(a->analyte, b->analyte);
	assert_int_equal(a->unit, b->unit);
	assert_true(a->value.digits == b->value.digits && a->value.scale == b->value.scale);
	assert_int_equal(a->has_raw, b->has_raw);
	assert_true(a->raw.digits == b->raw.digits && a->raw.scale == b->raw.scale);
	assert_int_equal(a->calibration, b->calibration);
	assert_int_equal(a->taken_us, b->taken_us);
	assert_int_equal(a->offset_s, b->offset_s);
	assert_int_equal(a->received_us, b->received_us);
	assert_int_equal(a->updated_us, b->updated_us);
	assert_int_equal(a->drift_ms, b->drift_ms);
	assert_true(id_eq(a->device, b->device));
	assert_int_equal(a->has_sequence, b->has_sequence);
	assert_true(a->sequence == b->sequence);
	assert_true(str_eq(a->identifier_system, b->identifier_system));
	assert_true(str_eq(a->identifier, b->identifier));
	assert_true(str_eq(a->note, b->note));
}

static size_t
round_trip(const struct reading *items, size_t count)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	CLEANUP(buf_free) struct buf packed = { 0 };
	struct readings back = { 0 };
	struct err err = { 0 };

	arena_init(&arena, 64 << 20);
	buf_init(&packed, 4 << 20);
	if (segment_pack(items, count, &packed, &err) != RC_OK)
		fail_msg("%s", err.text);
	if (segment_unpack((struct str){ packed.text, packed.len }, &arena, &back, &err) !=
	    RC_OK)
		fail_msg("%s", err.text);
	assert_int_equal(back.count, count);
	for (size_t i = 0; i < count; i++)
		assert_same(&items[i], &back.items[i]);
	return packed.len;
}

static void
a_regular_day_costs_at_most_sixteen_bytes_a_reading(void **state)
{
	struct reading items[DAY];
	size_t len;

	(void)state;
	fill_day(items, DAY);
	len = round_trip(items, DAY);
	print_message("a day of %d readings: %zu bytes, %.2f a reading\n", DAY, len,
	              (double)len / DAY);
	assert_true(len <= (size_t)16 * DAY);
}

static void
every_field_comes_back_at_its_extremes(void **state)
{
	struct reading items[4] = { 0 };

	(void)state;
	fill_day(items, 4);
	items[0].number = UINT64_MAX;
	items[0].value = (struct decimal){ INT64_MIN, 9 };
	items[0].raw = (struct decimal){ INT64_MAX, 9 };
	items[0].taken_us = INT64_C(-62135596800) * US_PER_S;
	items[0].received_us = INT64_C(253402300800) * US_PER_S - 1;
	items[0].drift_ms = INT32_MIN;
	items[0].offset_s = -86399;
	items[1].version = UINT32_MAX;
	items[1].calibration = UINT32_MAX;
	items[1].drift_ms = INT32_MAX;
	items[1].has_raw = false; /* and its raw is kept as it is */
	items[1].sequence = UINT64_MAX;
	items[2] = (struct reading){ .status = READING_IN_ERROR, .method = READING_MANUAL };
	items[2].analyte = ANALYTE_COUNT - 1;
	items[2].unit = UNIT_COUNT - 1;
	items[2].identifier_system = STR("https://example.org/ids");
	items[2].identifier = STR("a-1");
	items[2].note = STR("après le repas ☕");
	items[3].device.bytes[15] = 9;
	items[3].identifier_system = STR("urn:other");
	items[3].identifier = STR("2");
	(void)round_trip(items, 4);
	(void)round_trip(items, 0);
	(void)round_trip(items + 2, 1);
}

static void
a_reading_that_breaks_its_bounds_is_not_packed(void **state)
{
	(void)state;
	for (int broken = 0; broken < 8; broken++) {
		CLEANUP(buf_free) struct buf packed = { 0 };
		struct reading item;
		struct err err = { 0 };

		buf_init(&packed, 1 << 16);
		fill_day(&item, 1);
		item.status = broken == 0 ? 0 : item.status;
		item.method = broken == 1 ? 9 : item.method;
		item.analyte = broken == 2 ? ANALYTE_COUNT : item.analyte;
		item.unit = broken == 3 ? -1 : item.unit;
		item.value.scale = broken == 4 ? 10 : item.value.scale;
		item.offset_s = broken == 5 ? 86400 : item.offset_s;
		item.taken_us = broken == 6 ? INT64_MAX : item.taken_us;
		item.note = broken == 7 ? STR("\xc3\x28") : item.note;
		assert_int_equal(segment_pack(&item, 1, &packed, &err), RC_INVALID);
		assert_int_equal(packed.len, 0);
	}
}

static void
too_many_readings_or_devices_are_refused(void **state)
{
	CLEANUP(buf_free) struct buf packed = { 0 };
	struct reading *items = calloc(SEGMENT_READINGS_MAX + 1, sizeof(*items));
	struct err err = { 0 };

	(void)state;
	buf_init(&packed, 8 << 20);
	fill_day(items, SEGMENT_READINGS_MAX + 1);
	assert_int_equal(segment_pack(items, SEGMENT_READINGS_MAX + 1, &packed, &err),
	                 RC_LIMIT);
	(void)round_trip(items, SEGMENT_READINGS_MAX);
	for (size_t i = 0; i < 256; i++)
		items[i].device.bytes[1] = (uint8_t)i;
	assert_int_equal(segment_pack(items, 256, &packed, &err), RC_LIMIT);
	(void)round_trip(items, 255);
	free(items);
}

static void
bytes_cut_anywhere_or_with_a_tail_are_refused(void **state)
{
	CLEANUP(buf_free) struct buf packed = { 0 };
	struct reading items[20];
	struct readings back;
	struct err err = { 0 };

	(void)state;
	buf_init(&packed, 1 << 16);
	fill_day(items, 20);
	items[3].note = STR("note");
	assert_int_equal(segment_pack(items, 20, &packed, &err), RC_OK);
	for (size_t cut = 0; cut < packed.len; cut++) {
		CLEANUP(arena_free) struct arena arena = { 0 };
		char *part = malloc(cut + 1); /* of the exact size, for sanitizers */

		arena_init(&arena, 8 << 20);
		memcpy(part, packed.text, cut);
		assert_int_equal(segment_unpack((struct str){ part, cut }, &arena, &back, &err),
		                 RC_CORRUPT);
		free(part);
	}
	{
		CLEANUP(arena_free) struct arena arena = { 0 };

		arena_init(&arena, 8 << 20);
		buf_add(&packed, STR("\0"));
		assert_int_equal(segment_unpack((struct str){ packed.text, packed.len }, &arena,
		                                &back, &err),
		                 RC_CORRUPT);
	}
}

static void
a_changed_bit_never_reads_out_of_bounds(void **state)
{
	CLEANUP(buf_free) struct buf packed = { 0 };
	struct reading items[20];
	struct readings back;
	struct err err = { 0 };
	size_t refused = 0;

	(void)state;
	buf_init(&packed, 1 << 16);
	fill_day(items, 20);
	items[3].note = STR("note");
	assert_int_equal(segment_pack(items, 20, &packed, &err), RC_OK);
	for (size_t bit = 0; bit < packed.len * 8; bit++) {
		CLEANUP(arena_free) struct arena arena = { 0 };
		enum rc rc;

		arena_init(&arena, 8 << 20);
		packed.text[bit / 8] = (char)(packed.text[bit / 8] ^ (1 << bit % 8));
		rc = segment_unpack((struct str){ packed.text, packed.len }, &arena, &back,
		                    &err);
		packed.text[bit / 8] = (char)(packed.text[bit / 8] ^ (1 << bit % 8));
		assert_true(rc == RC_OK || rc == RC_CORRUPT);
		refused += rc == RC_CORRUPT;
	}
	assert_true(refused > packed.len);
}

static void
impossible_heads_are_refused(void **state)
{
	static const struct str heads[] = {
		STR(""),                     /* nothing */
		STR("\x00\x00\x00\x00"),     /* version 0 */
		STR("\x02\x00\x00\x00"),     /* version 2 */
		STR("\x81\x00\x00\x00\x00"), /* version 1, not in its shortest form */
		STR("\x01\x81\x80\x01"),     /* 16385 readings */
		STR("\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
		STR("\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"), /* over 64 bits */
		STR("\x01\x01\x80\x02"),                             /* 256 devices */
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(heads); i++) {
		CLEANUP(arena_free) struct arena arena = { 0 };
		struct readings back;
		struct err err = { 0 };

		arena_init(&arena, 8 << 20);
		assert_int_equal(segment_unpack(heads[i], &arena, &back, &err), RC_CORRUPT);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_regular_day_costs_at_most_sixteen_bytes_a_reading),
		cmocka_unit_test(every_field_comes_back_at_its_extremes),
		cmocka_unit_test(a_reading_that_breaks_its_bounds_is_not_packed),
		cmocka_unit_test(too_many_readings_or_devices_are_refused),
		cmocka_unit_test(bytes_cut_anywhere_or_with_a_tail_are_refused),
		cmocka_unit_test(a_changed_bit_never_reads_out_of_bounds),
		cmocka_unit_test(impossible_heads_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
