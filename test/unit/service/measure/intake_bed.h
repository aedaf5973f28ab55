/*
 * A member's readings in a real vault, taken in and looked up, for the tests of
 * intake, lookup and compaction.
 */
#ifndef TEST_INTAKE_BED_H
#define TEST_INTAKE_BED_H

#include "vault/vault_fixture.h"

#include "service/measure/analyte.h"
#include "service/measure/compact.h"
#include "service/measure/intake.h"
#include "service/measure/lookup.h"

#define BED_START_US (INT64_C(1767225600) * US_PER_S) /* 2026-01-01T00:00:00Z */

/* A glucose reading of so many mg/dL, so many minutes after the start. */
static inline struct reading
reading_of(int64_t minute, int64_t mg_dl)
{
	return (struct reading){ .status = READING_FINAL,
		                 .method = READING_OPTICAL,
		                 .analyte = ANALYTE_GLUCOSE,
		                 .unit = UNIT_MG_DL,
		                 .value = { mg_dl, 0 },
		                 .taken_us = BED_START_US + minute * US_PER_MIN,
		                 .received_us = BED_START_US };
}

static inline struct intake
intake_of(struct fixture *f, struct reading *items, size_t count)
{
	struct intake intake = { .subject = f->actors[ANA].subject,
		                 .items = items,
		                 .count = count };

	intake.results = arena_alloc(&f->arena, (count + 1) * sizeof(*intake.results),
	                             _Alignof(struct intake_result));
	return intake;
}

/* As the member's device sends them: checked, then stored. */
static inline struct intake
take(struct fixture *f, struct reading *items, size_t count)
{
	const struct door door = door_of(f, DEVICE, "care");
	struct intake intake = intake_of(f, items, count);

	intake_check(&intake, clock_now_us(&f->clock), &f->arena);
	RC_IS(f, intake_store(&door, &intake, &f->arena, &f->err), RC_OK);
	return intake;
}

static inline struct reading
correct(struct fixture *f, const struct reading *old, struct reading next)
{
	const struct door door = door_of(f, ANA, "care");

	RC_IS(f, intake_correct(&door, old, &next, f->actors[ANA].subject, &f->err), RC_OK);
	return next;
}

static inline struct readings
look_up(struct fixture *f, struct lookup lookup)
{
	const struct door door = door_of(f, ANA, "care");
	struct readings found;

	lookup.subject = f->actors[ANA].subject;
	RC_IS(f, lookup_readings(&door, &lookup, &f->arena, &found, &f->err), RC_OK);
	return found;
}

static inline struct readings
look_up_all(struct fixture *f)
{
	return look_up(f, (struct lookup){ .analyte = ANALYTE_ANY });
}

static inline struct readings
look_up_latest(struct fixture *f, size_t latest)
{
	return look_up(f, (struct lookup){ .analyte = ANALYTE_GLUCOSE, .latest = latest });
}

static inline struct readings
changes_after(struct fixture *f, int64_t after, size_t limit)
{
	const struct door door = door_of(f, ANA, "care");
	struct lookup_changes changes = { f->actors[ANA].subject, after, limit };
	struct readings found;

	RC_IS(f, lookup_changes(&door, &changes, &f->arena, &found, &f->err), RC_OK);
	return found;
}

static inline struct readings
versions_of(struct fixture *f, int analyte, uint64_t number)
{
	const struct door door = door_of(f, ANA, "care");
	struct lookup_one one = { f->actors[ANA].subject, analyte, number };
	struct readings found;

	RC_IS(f, lookup_versions(&door, &one, &f->arena, &found, &f->err), RC_OK);
	return found;
}

static inline void
compact(struct fixture *f)
{
	const struct door door = door_of(f, SYSTEM, "care");

	RC_IS(f, compact_run(&door, INT64_MAX, &f->err), RC_OK);
}

/* The same version of the same reading, in every member. */
static inline void
reading_is(const struct reading *a, const struct reading *b)
{
	assert_int_equal(a->number, b->number);
	assert_int_equal(a->version, b->version);
	assert_int_equal(a->change, b->change);
	assert_int_equal(a->updated_us, b->updated_us);
	assert_int_equal(a->taken_us, b->taken_us);
	assert_int_equal(a->status, b->status);
	assert_int_equal(a->analyte, b->analyte);
	assert_int_equal(a->value.digits, b->value.digits);
	assert_int_equal(a->value.scale, b->value.scale);
	assert_int_equal(a->has_sequence, b->has_sequence);
	assert_int_equal(a->sequence, b->sequence);
	assert_true(id_eq(a->device, b->device));
	assert_true(str_eq(a->identifier, b->identifier));
	assert_true(str_eq(a->note, b->note));
}

static inline void
readings_are(const struct readings *a, const struct readings *b)
{
	assert_int_equal(a->count, b->count);
	for (size_t i = 0; i < a->count; i++)
		reading_is(&a->items[i], &b->items[i]);
}

#endif
