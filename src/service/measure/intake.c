#include "service/measure/intake.h"

#include "base/limits.h"
#include "crypto/secret.h"
#include "service/measure/analyte.h"
#include "service/measure/compact.h"
#include "service/measure/contact.h"
#include "service/measure/segment.h"

#define TRIES_MAX     64
#define SEGMENT_ITEMS COMPACT_ITEMS_MOST
#define SEGMENT_BYTES (256 * KIB) /* guessed size of a segment at which it is closed */
#define READING_BYTES 64          /* guess for one without texts */
#define MEASUREMENT   STR("measurement")

int64_t
intake_facet(int analyte)
{
	return analyte + 1;
}

/* --- checks ----------------------------------------------------------------------- */

static void
refuse(struct intake_result *result, const char *field, struct str why)
{
	*result =
	    (struct intake_result){ .outcome = INTAKE_REFUSED, .field = field, .why = why };
}

static void
item_check(const struct reading *item, struct intake_result *result, int64_t now_us,
           struct arena *arena)
{
	static const struct civil earliest = { .year = INTAKE_EARLIEST_YEAR,
		                               .month = 1,
		                               .day = 1 };
	struct err err;

	if (analyte_check_value(item->analyte, item->unit, &item->value, &err) != RC_OK)
		refuse(result, "value", str_copy(arena, str_from_c(err.text)));
	else if (item->taken_us > now_us + INTAKE_FUTURE_US)
		refuse(result, "taken", STR("the time lies in the future"));
	else if (item->taken_us < civil_to_us(&earliest, 0))
		refuse(result, "taken", STR("the time lies before 1990"));
	else if (item->has_sequence && id_is_zero(item->device))
		refuse(result, "sequence", STR("a sequence number needs a device"));
	else if (item->has_sequence && item->sequence >= (uint64_t)1 << 62)
		refuse(result, "sequence", STR("the number is too large"));
}

void
intake_check(struct intake *intake, int64_t now_us, struct arena *arena)
{
	for (size_t i = 0; i < intake->count; i++) {
		if (intake->results[i].outcome == INTAKE_DUE)
			item_check(&intake->items[i], &intake->results[i], now_us, arena);
	}
}

/* FNV-1a from a state that nobody outside knows: senders choose what is hashed. */
static uint64_t
hash_add(uint64_t hash, const void *bytes, size_t count)
{
	const uint8_t *at = bytes;

	for (size_t i = 0; i < count; i++)
		hash = (hash ^ at[i]) * 0x100000001b3;
	return hash;
}

static uint64_t
hash_seed(void)
{
	uint64_t seed;

	random_bytes(&seed, sizeof(seed));
	return seed;
}

static uint64_t
identifier_hash(uint64_t seed, const struct reading *item)
{
	uint64_t hash =
	    hash_add(seed, item->identifier_system.ptr, item->identifier_system.len);

	return hash_add(hash_add(hash, "|", 1), item->identifier.ptr, item->identifier.len);
}

static bool
identifier_eq(const struct reading *a, const struct reading *b)
{
	return str_eq(a->identifier, b->identifier) &&
	       str_eq(a->identifier_system, b->identifier_system);
}

/* Of two items in one request with one identifier the second is the duplicate. */
static void
twins_find(struct intake *intake, struct arena *arena)
{
	uint64_t seed = hash_seed();
	size_t places = 2 * intake->count + 1;
	size_t *table = arena_alloc(arena, places * sizeof(*table), _Alignof(size_t));

	for (size_t i = 0; i < intake->count; i++) {
		const struct reading *item = &intake->items[i];
		if (intake->results[i].outcome != INTAKE_DUE || item->identifier.len == 0)
			continue;
		size_t at = identifier_hash(seed, item) % places;
		while (table[at] != 0 && !identifier_eq(&intake->items[table[at] - 1], item))
			at = (at + 1) % places;
		if (table[at] != 0)
			intake->results[i].outcome = INTAKE_DUPLICATE;
		else
			table[at] = i + 1;
	}
}

/* --- one try -------------------------------------------------------------------------- */

/* What one append is made of; rebuilt when something changed meanwhile. */
struct attempt {
	const struct door *door;
	struct intake *intake;
	struct arena *arena; /* of this try alone */
	uint64_t seed;
	size_t *places; /* of a mark, 1 + index, by hash; 0: free */
	size_t place_count;
	size_t *order; /* of the due items, as they lie in the segments */
	size_t due;
	struct series_append append;
	struct buf *packed; /* one a segment */
};

static void
attempt_free(struct attempt *attempt)
{
	for (size_t i = 0; i < attempt->append.segment_count; i++)
		buf_free(&attempt->packed[i]);
	attempt->append.segment_count = 0;
}

static struct series_mark *
mark_of(struct attempt *attempt, const struct reading *item)
{
	struct series_append *append = &attempt->append;
	int64_t block = (int64_t)(item->sequence / MARK_BITS);
	uint64_t hash = hash_add(attempt->seed, item->device.bytes, sizeof(item->device.bytes));
	size_t at = hash_add(hash, &block, sizeof(block)) % attempt->place_count;

	for (; attempt->places[at] != 0; at = (at + 1) % attempt->place_count) {
		struct series_mark *mark = &append->marks[attempt->places[at] - 1];
		if (mark->block == block && id_eq(mark->owner, item->device))
			return mark;
	}
	append->marks[append->mark_count] =
	    (struct series_mark){ .owner = item->device, .block = block };
	attempt->places[at] = append->mark_count + 1;
	return &append->marks[append->mark_count++];
}

/* Reads the blocks that the due items fall in. */
static MUST_CHECK enum rc
marks_read(struct attempt *attempt, struct err *err)
{
	struct intake *intake = attempt->intake;
	struct series_append *append = &attempt->append;

	append->mark_count = 0;
	append->marks = arena_alloc(attempt->arena, intake->count * sizeof(*append->marks),
	                            _Alignof(struct series_mark));
	attempt->seed = hash_seed();
	attempt->place_count = 2 * intake->count + 1;
	attempt->places = arena_alloc(
	    attempt->arena, attempt->place_count * sizeof(*attempt->places), _Alignof(size_t));
	for (size_t i = 0; i < intake->count; i++) {
		if (intake->results[i].outcome == INTAKE_DUE && intake->items[i].has_sequence)
			(void)mark_of(attempt, &intake->items[i]);
	}
	if (append->mark_count == 0)
		return RC_OK;
	return vault_marks_read(attempt->door, append->marks, append->mark_count, err);
}

/* Sets an item's bit; false when it was set already. */
static bool
mark_set(struct attempt *attempt, const struct reading *item)
{
	struct series_mark *mark = mark_of(attempt, item);
	uint64_t bit = item->sequence % MARK_BITS;
	uint8_t mask = (uint8_t)(1u << bit % 8);

	if ((mark->after[bit / 8] & mask) != 0)
		return false;
	mark->after[bit / 8] |= mask;
	return true;
}

/* With the system's length, so that no two pairs are one text, and none is that of a
 * correction. */
static struct str
term_value(struct arena *arena, const struct reading *item)
{
	return str_printf(arena, "%zu|%.*s|%.*s", item->identifier_system.len,
	                  STR_ARGS(item->identifier_system), STR_ARGS(item->identifier));
}

/* An item whose identifier is stored already is that reading. */
static MUST_CHECK enum rc
identifier_find(struct attempt *attempt, size_t i, struct err *err)
{
	struct series_term term = { .field = "identifier" };
	int64_t number;
	enum rc rc;

	term.value = term_value(attempt->arena, &attempt->intake->items[i]);
	rc = vault_series_find(attempt->door, MEASUREMENT, attempt->intake->subject, &term,
	                       &number, err);
	if (rc == RC_NOT_FOUND)
		return RC_OK;
	TRY(rc);
	attempt->intake->results[i] =
	    (struct intake_result){ .outcome = INTAKE_DUPLICATE, .number = (uint64_t)number };
	return RC_OK;
}

/* Finds the duplicates among the due ones, and lists the rest by analyte. */
static MUST_CHECK enum rc
duplicates_find(struct attempt *attempt, struct err *err)
{
	struct intake *intake = attempt->intake;

	for (size_t i = 0; i < intake->count; i++) {
		const struct reading *item = &intake->items[i];
		if (intake->results[i].outcome != INTAKE_DUE)
			continue;
		if (item->identifier.len != 0)
			TRY(identifier_find(attempt, i, err));
		if (intake->results[i].outcome == INTAKE_DUE && item->has_sequence &&
		    !mark_set(attempt, item))
			intake->results[i].outcome = INTAKE_DUPLICATE;
	}
	attempt->due = 0;
	for (int analyte = 0; analyte < ANALYTE_COUNT; analyte++) {
		for (size_t i = 0; i < intake->count; i++) {
			if (intake->results[i].outcome == INTAKE_DUE &&
			    intake->items[i].analyte == analyte)
				attempt->order[attempt->due++] = i;
		}
	}
	return RC_OK;
}

static MUST_CHECK enum rc
segment_close(struct attempt *attempt, const struct reading *items, size_t count,
              struct err *err)
{
	struct series_append *append = &attempt->append;
	struct series_segment *segment = &append->segments[append->segment_count];
	struct buf *packed = &attempt->packed[append->segment_count];

	*segment = (struct series_segment){ .facet = { intake_facet(items[0].analyte) },
		                            .time_from_us = items[0].taken_us,
		                            .time_to_us = items[0].taken_us,
		                            .items = (int64_t)count };
	for (size_t i = 1; i < count; i++) {
		if (items[i].taken_us < segment->time_from_us)
			segment->time_from_us = items[i].taken_us;
		if (items[i].taken_us > segment->time_to_us)
			segment->time_to_us = items[i].taken_us;
	}
	buf_init(packed, LIMIT_RECORD_BYTES);
	append->segment_count++;
	TRY(segment_pack(items, count, packed, err));
	return buf_finish(packed, &segment->body, err);
}

/* Lays the due items out in their order and packs them: a segment ends with its
 * analyte, or when it is large. */
static MUST_CHECK enum rc
segments_pack(struct attempt *attempt, struct err *err)
{
	struct reading *items = arena_alloc(attempt->arena, attempt->due * sizeof(*items),
	                                    _Alignof(struct reading));
	size_t start = 0;
	size_t bytes = 0;
	size_t systems = 0; /* at most as many are in the segment */

	for (size_t i = 0; i < attempt->due; i++) {
		items[i] = attempt->intake->items[attempt->order[i]];
		bytes += READING_BYTES + items[i].identifier.len + items[i].note.len;
		if (i == start ||
		    !str_eq(items[i].identifier_system, items[i - 1].identifier_system)) {
			bytes += items[i].identifier_system.len;
			systems++;
		}
		bool is_end =
		    i + 1 == attempt->due ||
		    attempt->intake->items[attempt->order[i + 1]].analyte != items[i].analyte ||
		    i + 1 - start == SEGMENT_ITEMS || bytes > SEGMENT_BYTES ||
		    systems == SEGMENT_DICTIONARY_MAX;
		if (!is_end)
			continue;
		TRY(segment_close(attempt, items + start, i + 1 - start, err));
		start = i + 1;
		bytes = 0;
		systems = 0;
	}
	return RC_OK;
}

static void
terms_list(struct attempt *attempt)
{
	struct series_append *append = &attempt->append;

	append->term_count = 0;
	append->terms = arena_alloc(attempt->arena, (attempt->due + 1) * sizeof(*append->terms),
	                            _Alignof(struct series_term));
	for (size_t i = 0; i < attempt->due; i++) {
		const struct reading *item = &attempt->intake->items[attempt->order[i]];
		if (item->identifier.len == 0)
			continue;
		append->terms[append->term_count++] =
		    (struct series_term){ .field = "identifier",
			                  .value = term_value(attempt->arena, item),
			                  .item = i };
	}
}

static void
results_fill(struct attempt *attempt)
{
	const struct series_append *append = &attempt->append;
	size_t at = 0;

	for (size_t s = 0; s < append->segment_count; s++) {
		const struct series_segment *segment = &append->segments[s];
		for (int64_t i = 0; i < segment->items; i++, at++) {
			struct reading *item = &attempt->intake->items[attempt->order[at]];
			item->number = (uint64_t)(segment->change_from + i);
			item->change = item->number;
			item->version = 1;
			item->updated_us = segment->updated_us;
			attempt->intake->results[attempt->order[at]] =
			    (struct intake_result){ .outcome = INTAKE_STORED,
				                    .number = item->number };
		}
	}
}

/* The device of what is stored; a request has one, or none. */
static void
contact_find(const struct attempt *attempt, struct contact *contact)
{
	for (size_t i = 0; i < attempt->due; i++) {
		const struct reading *item = &attempt->intake->items[attempt->order[i]];
		if (!id_is_zero(item->device) && item->received_us > contact->seen_us)
			*contact =
			    (struct contact){ item->device, item->received_us, item->drift_ms };
	}
}

static MUST_CHECK enum rc
attempt_make(struct attempt *attempt, struct err *err)
{
	struct series_append *append = &attempt->append;
	struct projection_change change;
	struct contact contact = { 0 };

	TRY(marks_read(attempt, err));
	TRY(duplicates_find(attempt, err));
	if (attempt->due == 0)
		return RC_OK;
	append->segments = arena_alloc(attempt->arena, attempt->due * sizeof(*append->segments),
	                               _Alignof(struct series_segment));
	attempt->packed = arena_alloc(attempt->arena, attempt->due * sizeof(*attempt->packed),
	                              _Alignof(struct buf));
	terms_list(attempt);
	TRY(segments_pack(attempt, err));
	contact_find(attempt, &contact);
	if (!id_is_zero(contact.device)) {
		change = contact_change(&contact);
		append->projection = &change;
	}
	TRY(vault_series_append(attempt->door, append, err));
	append->projection = NULL;
	results_fill(attempt);
	return RC_OK;
}

enum rc
intake_store(const struct door *door, struct intake *intake, struct arena *arena,
             struct err *err)
{
	enum rc rc = RC_RETRY;

	twins_find(intake, arena);
	for (int tries = 0; tries < TRIES_MAX && (rc == RC_RETRY || rc == RC_CONFLICT);
	     tries++) {
		CLEANUP(arena_free) struct arena own = { 0 };
		CLEANUP(attempt_free)
		struct attempt attempt = {
			.door = door,
			.intake = intake,
			.arena = &own,
			.append = { .class = MEASUREMENT, .subject = intake->subject },
		};
		arena_init(&own, LIMIT_ARENA_BYTES);
		attempt.order =
		    arena_alloc(&own, (intake->count + 1) * sizeof(size_t), _Alignof(size_t));
		rc = attempt_make(&attempt, err);
	}
	if (rc == RC_RETRY || rc == RC_CONFLICT)
		return FAIL(err, RC_BUSY, "too many requests for the same readings at once");
	return rc;
}

/* --- correction -----------------------------------------------------------------------------
 */

static int64_t
least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

enum rc
intake_correct(const struct door *door, const struct reading *old, struct reading *next,
               struct id subject, struct err *err)
{
	CLEANUP(buf_free) struct buf packed = { 0 };
	char value[48];
	struct series_term term = { .field = "identifier" };
	struct series_segment segment = {
		.facet = { intake_facet(old->analyte) },
		.time_from_us = least(old->taken_us, next->taken_us),
		.time_to_us = -least(-old->taken_us, -next->taken_us),
		.items = 1,
	};
	struct series_append append = { .class = MEASUREMENT,
		                        .subject = subject,
		                        .terms = &term,
		                        .term_count = 1,
		                        .segments = &segment,
		                        .segment_count = 1 };

	next->number = old->number;
	next->version = old->version + 1;
	next->change = 0;
	next->updated_us = 0;
	(void)snprintf(value, sizeof(value), "version|%llu.%u",
	               (unsigned long long)next->number, next->version);
	term.value = str_from_c(value);
	buf_init(&packed, LIMIT_RECORD_BYTES);
	TRY(segment_pack(next, 1, &packed, err));
	TRY(buf_finish(&packed, &segment.body, err));
	TRY(vault_series_append(door, &append, err));
	next->change = (uint64_t)segment.change_from;
	next->updated_us = segment.updated_us;
	return RC_OK;
}
