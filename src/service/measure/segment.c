/*
 * Columns of numbers, one after another.  Start at segment_pack(); unpacking
 * mirrors it step by step.
 *
 * The table of columns is the only place that knows struct reading.  Packing
 * and unpacking hold every number to the same bounds, so whatever unpacks can
 * be packed again.
 */
#include "service/measure/segment.h"

#include <assert.h>
#include <stddef.h>

#include "service/measure/analyte.h"

#define VERSION      1
#define ID_BYTES     16
#define VARINT_MAX   10
#define TIME_LOW_US  (INT64_C(-62135596800) * US_PER_S)     /* year 1 */
#define TIME_HIGH_US (INT64_C(253402300800) * US_PER_S - 1) /* end of year 9999 */

static const int64_t divisors[] = { 1000000, 1000, 1 };

/* --- the table ------------------------------------------------------------- */

enum kind {
	KIND_64,
	KIND_U32,
	KIND_S32,
	KIND_BOOL,
	KIND_DEVICE, /* 0: none, else 1 + index in the dictionary */
	KIND_SYSTEM, /* the same */
	KIND_LENGTH, /* of a text whose bytes stand at the end */
};

#define NO_BASE SIZE_MAX

struct column {
	enum kind kind;
	size_t offset;
	size_t base; /* offset of a 64-bit field of an earlier column, taken off */
	int64_t low;
	int64_t high;
};

#define AT(field) offsetof(struct reading, field)

static_assert(sizeof(enum reading_status) == 4 && sizeof(enum reading_method) == 4,
              "status and method are read as 32 bits");

/* Order is the format.  A field stands after the one it is relative to. */
static const struct column columns[] = {
	{ KIND_64, AT(number), NO_BASE, INT64_MIN, INT64_MAX },
	{ KIND_64, AT(change), NO_BASE, INT64_MIN, INT64_MAX },
	{ KIND_U32, AT(version), NO_BASE, 0, UINT32_MAX },
	{ KIND_U32, AT(status), NO_BASE, READING_FINAL, READING_IN_ERROR },
	{ KIND_U32, AT(method), NO_BASE, READING_OPTICAL, READING_MANUAL },
	{ KIND_S32, AT(analyte), NO_BASE, 0, ANALYTE_COUNT - 1 },
	{ KIND_S32, AT(unit), NO_BASE, 0, UNIT_COUNT - 1 },
	{ KIND_64, AT(value.digits), NO_BASE, INT64_MIN, INT64_MAX },
	{ KIND_S32, AT(value.scale), NO_BASE, 0, 9 },
	{ KIND_BOOL, AT(has_raw), NO_BASE, 0, 1 },
	{ KIND_64, AT(raw.digits), AT(value.digits), INT64_MIN, INT64_MAX },
	{ KIND_S32, AT(raw.scale), NO_BASE, 0, 9 },
	{ KIND_U32, AT(calibration), NO_BASE, 0, UINT32_MAX },
	{ KIND_64, AT(taken_us), NO_BASE, TIME_LOW_US, TIME_HIGH_US },
	{ KIND_S32, AT(offset_s), NO_BASE, -86399, 86399 },
	{ KIND_64, AT(received_us), AT(taken_us), TIME_LOW_US, TIME_HIGH_US },
	{ KIND_64, AT(updated_us), AT(received_us), TIME_LOW_US, TIME_HIGH_US },
	{ KIND_S32, AT(drift_ms), NO_BASE, INT32_MIN, INT32_MAX },
	{ KIND_DEVICE, AT(device), NO_BASE, 0, SEGMENT_DICTIONARY_MAX },
	{ KIND_BOOL, AT(has_sequence), NO_BASE, 0, 1 },
	{ KIND_64, AT(sequence), NO_BASE, INT64_MIN, INT64_MAX },
	{ KIND_SYSTEM, AT(identifier_system), NO_BASE, 0, SEGMENT_DICTIONARY_MAX },
	{ KIND_LENGTH, AT(identifier), NO_BASE, 0, SEGMENT_TEXT_MAX },
	{ KIND_LENGTH, AT(note), NO_BASE, 0, SEGMENT_TEXT_MAX },
};

/* The texts whose bytes stand at the end, in that order. */
static const size_t texts[] = { AT(identifier), AT(note) };

struct dictionary {
	size_t device_count;
	size_t system_count;
	struct id devices[SEGMENT_DICTIONARY_MAX];
	struct str systems[SEGMENT_DICTIONARY_MAX];
};

static size_t
device_index(const struct dictionary *dictionary, struct id device)
{
	size_t i = 0;

	while (i < dictionary->device_count && !id_eq(dictionary->devices[i], device))
		i++;
	return i;
}

static size_t
system_index(const struct dictionary *dictionary, struct str system)
{
	size_t i = 0;

	while (i < dictionary->system_count && !str_eq(dictionary->systems[i], system))
		i++;
	return i;
}

static struct str
text_at(const struct reading *reading, size_t offset)
{
	struct str text;

	memcpy(&text, (const char *)reading + offset, sizeof(text));
	return text;
}

static int64_t
load_64(const struct reading *reading, size_t offset)
{
	int64_t value;

	memcpy(&value, (const char *)reading + offset, sizeof(value));
	return value;
}

static int64_t
load_32(const struct reading *reading, const struct column *column)
{
	uint32_t value;

	memcpy(&value, (const char *)reading + column->offset, sizeof(value));
	return column->kind == KIND_S32 ? (int64_t)(int32_t)value : (int64_t)value;
}

/* The number of a field, before anything is taken off it. */
static int64_t
load(const struct reading *reading, const struct column *column,
     const struct dictionary *dictionary)
{
	struct id device;
	bool truth;

	switch (column->kind) {
	case KIND_64:
		return load_64(reading, column->offset);
	case KIND_U32:
	case KIND_S32:
		return load_32(reading, column);
	case KIND_BOOL:
		memcpy(&truth, (const char *)reading + column->offset, sizeof(truth));
		return truth;
	case KIND_DEVICE:
		memcpy(&device, (const char *)reading + column->offset, sizeof(device));
		return id_is_zero(device) ? 0 : 1 + (int64_t)device_index(dictionary, device);
	case KIND_SYSTEM:
		if (text_at(reading, column->offset).len == 0)
			return 0;
		return 1 + (int64_t)system_index(dictionary, text_at(reading, column->offset));
	case KIND_LENGTH:
		return (int64_t)text_at(reading, column->offset).len;
	}
	abort();
}

/* False when the dictionary has no such entry; bounds are the caller's. */
static bool
save(struct reading *reading, const struct column *column, int64_t value,
     const struct dictionary *dictionary)
{
	char *to = (char *)reading + column->offset;
	uint32_t small = (uint32_t)value;
	bool truth = value != 0;
	struct str text = { NULL, (size_t)value };

	switch (column->kind) {
	case KIND_64:
		memcpy(to, &value, sizeof(value));
		return true;
	case KIND_U32:
	case KIND_S32:
		memcpy(to, &small, sizeof(small));
		return true;
	case KIND_BOOL:
		memcpy(to, &truth, sizeof(truth));
		return true;
	case KIND_DEVICE:
		if (value > 0 && (size_t)value <= dictionary->device_count)
			memcpy(to, &dictionary->devices[value - 1], sizeof(struct id));
		return (size_t)value <= dictionary->device_count;
	case KIND_SYSTEM:
		if (value > 0 && (size_t)value <= dictionary->system_count)
			memcpy(to, &dictionary->systems[value - 1], sizeof(struct str));
		return (size_t)value <= dictionary->system_count;
	case KIND_LENGTH:
		memcpy(to, &text, sizeof(text));
		return true;
	}
	abort();
}

/* What a column stores: modulo 2^64. */
static uint64_t
stored(const struct reading *reading, const struct column *column,
       const struct dictionary *dictionary)
{
	uint64_t value = (uint64_t)load(reading, column, dictionary);

	return column->base == NO_BASE ? value
	                               : value - (uint64_t)load_64(reading, column->base);
}

/* --- varints --------------------------------------------------------------- */

static uint64_t
zigzag(uint64_t value)
{
	return value << 1 ^ (value >> 63 ? ~UINT64_C(0) : 0);
}

static uint64_t
unzigzag(uint64_t value)
{
	return value >> 1 ^ (value & 1 ? ~UINT64_C(0) : 0);
}

static size_t
put_varint(struct buf *out, uint64_t value)
{
	char bytes[VARINT_MAX];
	size_t len = 0;

	do {
		bytes[len++] = (char)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
		value >>= 7;
	} while (value > 0);
	if (out != NULL)
		buf_add(out, (struct str){ bytes, len });
	return len;
}

static bool
take_varint(struct str *from, uint64_t *value)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < VARINT_MAX && i < from->len; i++) {
		uint64_t byte = (unsigned char)from->ptr[i];
		if (i == VARINT_MAX - 1 && byte > 1)
			return false; /* more than 64 bits */
		sum |= (byte & 0x7f) << (7 * i);
		if (byte & 0x80)
			continue;
		if (byte == 0 && i > 0)
			return false; /* not the shortest form */
		*value = sum;
		*from = (struct str){ from->ptr + i + 1, from->len - i - 1 };
		return true;
	}
	return false;
}

static bool
take_bytes(struct str *from, size_t len, struct str *bytes)
{
	if (len > from->len)
		return false;
	*bytes = (struct str){ from->ptr, len };
	*from = (struct str){ from->ptr + len, from->len - len };
	return true;
}

/* --- one column ------------------------------------------------------------- */

/* Guesses the next number; the residual is what the guess was off by. */
struct guess {
	unsigned order;
	size_t seen;
	uint64_t last;
	uint64_t step;
};

static uint64_t
guess_next(const struct guess *guess)
{
	return guess->last + (guess->order == 2 && guess->seen >= 2 ? guess->step : 0);
}

static void
guess_learn(struct guess *guess, uint64_t value)
{
	guess->step = value - guess->last;
	guess->last = value;
	guess->seen++;
}

struct packing {
	const struct reading *items;
	size_t count;
	struct dictionary dictionary;
};

/* Writes the residuals, or only measures them when `out` is NULL. */
static size_t
put_residuals(const struct packing *packing, const struct column *column, unsigned order,
              int64_t divisor, struct buf *out)
{
	struct guess guess = { .order = order };
	uint64_t zeros = 0;
	size_t len = 0;

	for (size_t i = 0; i < packing->count; i++) {
		int64_t number =
		    (int64_t)stored(&packing->items[i], column, &packing->dictionary);
		uint64_t value = (uint64_t)(number / divisor);
		uint64_t residual = zigzag(value - guess_next(&guess));

		guess_learn(&guess, value);
		if (residual != 0 && zeros > 0) {
			len += put_varint(out, 0) + put_varint(out, zeros - 1);
			zeros = 0;
		}
		if (residual != 0)
			len += put_varint(out, residual);
		else
			zeros++;
	}
	if (zeros > 0)
		len += put_varint(out, 0) + put_varint(out, zeros - 1);
	return len;
}

static bool
all_divide(const struct packing *packing, const struct column *column, int64_t divisor)
{
	for (size_t i = 0; i < packing->count; i++) {
		if ((int64_t)stored(&packing->items[i], column, &packing->dictionary) % divisor)
			return false;
	}
	return true;
}

static void
put_column(const struct packing *packing, const struct column *column, struct buf *out)
{
	unsigned divisor = 0;
	unsigned order = 1;

	while (!all_divide(packing, column, divisors[divisor]))
		divisor++;
	if (put_residuals(packing, column, 2, divisors[divisor], NULL) <
	    put_residuals(packing, column, 1, divisors[divisor], NULL))
		order = 2;
	(void)put_varint(out, order << 2 | divisor);
	(void)put_residuals(packing, column, order, divisors[divisor], out);
}

struct unpacking {
	struct str from;
	struct reading *items;
	uint64_t *numbers; /* of the column at hand */
	size_t count;
	struct dictionary dictionary;
};

/* The numbers of a column.  Most columns are one run of zeros. */
static bool
take_numbers(struct unpacking *unpacking)
{
	struct guess guess = { 0 };
	uint64_t head;
	uint64_t zeros;
	uint64_t residual;
	uint64_t divisor;

	if (!take_varint(&unpacking->from, &head) || head >> 2 < 1 || head >> 2 > 2 ||
	    (head & 3) >= COUNT_OF(divisors))
		return false;
	guess.order = (unsigned)(head >> 2);
	divisor = (uint64_t)divisors[head & 3];
	for (size_t i = 0; i < unpacking->count;) {
		size_t run = 1;
		if (!take_varint(&unpacking->from, &residual))
			return false;
		if (residual == 0) {
			if (!take_varint(&unpacking->from, &zeros) ||
			    zeros >= unpacking->count - i)
				return false;
			run += zeros;
		}
		for (; run > 0; run--, i++) {
			guess_learn(&guess, guess_next(&guess) + unzigzag(residual));
			unpacking->numbers[i] = guess.last * divisor;
		}
	}
	return true;
}

static bool
take_column(struct unpacking *unpacking, const struct column *column)
{
	if (!take_numbers(unpacking))
		return false;
	for (size_t i = 0; i < unpacking->count; i++) {
		struct reading *reading = &unpacking->items[i];
		uint64_t value = unpacking->numbers[i];
		if (column->base != NO_BASE)
			value += (uint64_t)load_64(reading, column->base);
		if ((int64_t)value < column->low || (int64_t)value > column->high ||
		    !save(reading, column, (int64_t)value, &unpacking->dictionary))
			return false;
	}
	return true;
}

/* --- packing ----------------------------------------------------------------- */

static enum rc
check_texts(const struct reading *reading, struct err *err)
{
	struct str all[] = { reading->identifier_system, reading->identifier, reading->note };

	for (size_t i = 0; i < COUNT_OF(all); i++) {
		if (all[i].len > SEGMENT_TEXT_MAX)
			return FAIL(err, RC_INVALID, "a text of a reading is too long");
		if (!str_is_utf8(all[i]))
			return FAIL(err, RC_INVALID, "a text of a reading is not UTF-8");
	}
	return RC_OK;
}

static enum rc
collect(const struct reading *reading, struct dictionary *dictionary, struct err *err)
{
	size_t device = device_index(dictionary, reading->device);
	size_t system = system_index(dictionary, reading->identifier_system);

	if (!id_is_zero(reading->device) && device == dictionary->device_count) {
		if (device == SEGMENT_DICTIONARY_MAX)
			return FAIL(err, RC_LIMIT, "too many devices in one segment");
		dictionary->devices[dictionary->device_count++] = reading->device;
	}
	if (reading->identifier_system.len > 0 && system == dictionary->system_count) {
		if (system == SEGMENT_DICTIONARY_MAX)
			return FAIL(err, RC_LIMIT,
			            "too many identifier systems in one segment");
		dictionary->systems[dictionary->system_count++] = reading->identifier_system;
	}
	return RC_OK;
}

static enum rc
check_numbers(const struct reading *reading, const struct dictionary *dictionary,
              struct err *err)
{
	for (size_t i = 0; i < COUNT_OF(columns); i++) {
		int64_t number = load(reading, &columns[i], dictionary);

		if (number < columns[i].low || number > columns[i].high)
			return FAIL(err, RC_INVALID,
			            "column %zu of a reading is out of its range", i);
	}
	return RC_OK;
}

static void
put_dictionary(const struct dictionary *dictionary, struct buf *out)
{
	(void)put_varint(out, dictionary->device_count);
	for (size_t i = 0; i < dictionary->device_count; i++)
		buf_add(out,
		        (struct str){ (const char *)dictionary->devices[i].bytes, ID_BYTES });
	(void)put_varint(out, dictionary->system_count);
	for (size_t i = 0; i < dictionary->system_count; i++) {
		(void)put_varint(out, dictionary->systems[i].len);
		buf_add(out, dictionary->systems[i]);
	}
}

enum rc
segment_pack(const struct reading *items, size_t count, struct buf *out, struct err *err)
{
	struct packing packing = { .items = items, .count = count };
	struct str written;

	if (count > SEGMENT_READINGS_MAX)
		return FAIL(err, RC_LIMIT, "more than %d readings in a segment",
		            SEGMENT_READINGS_MAX);
	for (size_t i = 0; i < count; i++) {
		TRY(check_texts(&items[i], err));
		TRY(collect(&items[i], &packing.dictionary, err));
		TRY(check_numbers(&items[i], &packing.dictionary, err));
	}
	(void)put_varint(out, VERSION);
	(void)put_varint(out, count);
	put_dictionary(&packing.dictionary, out);
	for (size_t i = 0; i < COUNT_OF(columns); i++)
		put_column(&packing, &columns[i], out);
	for (size_t t = 0; t < COUNT_OF(texts); t++) {
		for (size_t i = 0; i < count; i++)
			buf_add(out, text_at(&items[i], texts[t]));
	}
	return buf_finish(out, &written, err);
}

/* --- unpacking --------------------------------------------------------------- */

static bool
take_devices(struct unpacking *unpacking)
{
	struct dictionary *dictionary = &unpacking->dictionary;
	struct str bytes;
	uint64_t count;

	if (!take_varint(&unpacking->from, &count) || count > SEGMENT_DICTIONARY_MAX)
		return false;
	for (; dictionary->device_count < count; dictionary->device_count++) {
		struct id *device = &dictionary->devices[dictionary->device_count];
		if (!take_bytes(&unpacking->from, ID_BYTES, &bytes))
			return false;
		memcpy(device->bytes, bytes.ptr, ID_BYTES);
		if (id_is_zero(*device))
			return false;
	}
	return true;
}

static bool
take_systems(struct unpacking *unpacking, struct arena *arena)
{
	struct dictionary *dictionary = &unpacking->dictionary;
	struct str bytes;
	uint64_t count;
	uint64_t len;

	if (!take_varint(&unpacking->from, &count) || count > SEGMENT_DICTIONARY_MAX)
		return false;
	for (; dictionary->system_count < count; dictionary->system_count++) {
		if (!take_varint(&unpacking->from, &len) || len == 0 ||
		    len > SEGMENT_TEXT_MAX || !take_bytes(&unpacking->from, len, &bytes) ||
		    !str_is_utf8(bytes))
			return false;
		dictionary->systems[dictionary->system_count] = str_copy(arena, bytes);
	}
	return true;
}

/* The lengths are there; give them their bytes. */
static bool
take_texts(struct unpacking *unpacking, size_t offset, struct arena *arena)
{
	for (size_t i = 0; i < unpacking->count; i++) {
		struct str text = text_at(&unpacking->items[i], offset);
		struct str bytes;

		if (text.len == 0)
			continue;
		if (!take_bytes(&unpacking->from, text.len, &bytes) || !str_is_utf8(bytes))
			return false;
		text = str_copy(arena, bytes);
		memcpy((char *)&unpacking->items[i] + offset, &text, sizeof(text));
	}
	return true;
}

static bool
take_all(struct unpacking *unpacking, struct arena *arena)
{
	if (!take_devices(unpacking) || !take_systems(unpacking, arena))
		return false;
	for (size_t i = 0; i < COUNT_OF(columns); i++) {
		if (!take_column(unpacking, &columns[i]))
			return false;
	}
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		if (!take_texts(unpacking, texts[i], arena))
			return false;
	}
	return unpacking->from.len == 0;
}

enum rc
segment_unpack(struct str bytes, struct arena *arena, struct readings *out, struct err *err)
{
	struct unpacking unpacking = { .from = bytes };
	uint64_t version;
	uint64_t count;

	if (!take_varint(&unpacking.from, &version) || version != VERSION)
		return FAIL(err, RC_CORRUPT, "a segment of an unknown version");
	if (!take_varint(&unpacking.from, &count) || count > SEGMENT_READINGS_MAX)
		return FAIL(err, RC_CORRUPT, "a segment with an impossible count");
	unpacking.count = count;
	unpacking.items = arena_try_alloc(arena, (count + 1) * sizeof(struct reading),
	                                  _Alignof(struct reading));
	unpacking.numbers =
	    arena_try_alloc(arena, (count + 1) * sizeof(uint64_t), _Alignof(uint64_t));
	if (unpacking.items == NULL || unpacking.numbers == NULL)
		return FAIL(err, RC_LIMIT, "a segment does not fit its memory");
	if (!take_all(&unpacking, arena))
		return FAIL(err, RC_CORRUPT, "a segment is damaged");
	*out = (struct readings){ unpacking.items, unpacking.count };
	return RC_OK;
}
