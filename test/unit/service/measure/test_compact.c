/*
 * Compaction changes no answer.  Random workloads from a seed: readings in
 * batches, late ones, corrections that move in time or take back; every kind of
 * question is asked before and after, and also of a list that the test keeps.
 */
#include "service/measure/intake_bed.h"

#define SEEDS      6
#define STEPS      160
#define READINGS   1200
#define QUESTIONS  40
#define VERSION_TO 60 /* readings whose versions are asked for */

struct world {
	struct fixture *f;
	uint64_t random;
	struct reading items[READINGS]; /* the current version of each */
	size_t count;
	uint64_t changes;
};

/* xorshift64* (Vigna 2016): the same workload for the same seed everywhere. */
static uint64_t
below(struct world *world, uint64_t limit)
{
	world->random ^= world->random >> 12;
	world->random ^= world->random << 25;
	world->random ^= world->random >> 27;
	return (world->random * UINT64_C(2685821657736338717) >> 33) % limit;
}

static void
batch_take(struct world *world)
{
	size_t count = 1 + below(world, 12);
	struct reading items[12];

	if (world->count + count > READINGS)
		return;
	for (size_t i = 0; i < count; i++) {
		items[i] =
		    reading_of((int64_t)below(world, 2000), 60 + (int64_t)below(world, 200));
		if (below(world, 6) == 0) {
			items[i].analyte = ANALYTE_KETONE;
			items[i].unit = UNIT_MMOL_L;
			items[i].value = (struct decimal){ (int64_t)below(world, 40), 1 };
		}
		if (below(world, 4) == 0)
			items[i].note = STR("after a walk");
		items[i].device = world->f->actors[DEVICE].id;
		items[i].has_sequence = true;
		items[i].sequence = world->count + i;
	}
	(void)take(world->f, items, count);
	memcpy(world->items + world->count, items, count * sizeof(*items));
	world->count += count;
	world->changes += count;
}

static void
one_correct(struct world *world)
{
	struct reading *old = &world->items[below(world, world->count)];
	struct reading next = *old;

	switch (below(world, 3)) {
	case 0:
		next.status = READING_IN_ERROR;
		break;
	case 1:
		next.taken_us = BED_START_US + (int64_t)below(world, 2000) * US_PER_MIN;
		break;
	default:
		next.note = STR("typed in again");
		break;
	}
	*old = correct(world->f, old, next);
	world->changes++;
}

static int
by_time(const void *a, const void *b)
{
	const struct reading *x = a;
	const struct reading *y = b;

	if (x->taken_us != y->taken_us)
		return x->taken_us < y->taken_us ? -1 : 1;
	return x->number < y->number ? -1 : x->number > y->number;
}

/* What the world itself says. */
static struct readings
expected(struct world *world, const struct lookup *lookup)
{
	struct readings out = { arena_alloc(&world->f->arena,
		                            (world->count + 1) * sizeof(*out.items),
		                            _Alignof(struct reading)),
		                0 };

	for (size_t i = 0; i < world->count; i++) {
		const struct reading *item = &world->items[i];
		bool is_in_time =
		    (lookup->from_us == 0 && lookup->until_us == 0) ||
		    (item->taken_us >= lookup->from_us && item->taken_us < lookup->until_us);
		bool is_of = lookup->analyte == ANALYTE_ANY || lookup->analyte == item->analyte;
		if (is_of && is_in_time &&
		    (lookup->has_errors || item->status != READING_IN_ERROR))
			out.items[out.count++] = *item;
	}
	qsort(out.items, out.count, sizeof(*out.items), by_time);
	return out;
}

static void
range_ask(struct world *world)
{
	int64_t from = (int64_t)below(world, 2000);
	struct lookup lookup = {
		.analyte = below(world, 3) == 0 ? ANALYTE_ANY : (int)below(world, 2),
		.from_us = BED_START_US + from * US_PER_MIN,
		.until_us = BED_START_US + (from + 1 + (int64_t)below(world, 300)) * US_PER_MIN,
		.has_errors = below(world, 4) == 0,
	};
	struct readings wanted = expected(world, &lookup);
	struct readings found = look_up(world->f, lookup);

	readings_are(&found, &wanted);
}

static void
latest_ask(struct world *world)
{
	struct lookup lookup = { .analyte = (int)below(world, 2) };
	struct readings wanted = expected(world, &lookup);
	struct readings found;

	lookup.latest = 1 + below(world, 60);
	found = look_up(world->f, lookup);
	assert_int_equal(found.count,
	                 lookup.latest < wanted.count ? lookup.latest : wanted.count);
	for (size_t i = 0; i < found.count; i++)
		reading_is(&found.items[i], &wanted.items[wanted.count - 1 - i]);
}

static void
changes_ask(struct world *world)
{
	int64_t after = (int64_t)below(world, world->changes);
	struct readings found = changes_after(world->f, after, 50);

	for (size_t i = 0; i < found.count; i++)
		assert_int_equal(found.items[i].change, (uint64_t)after + 1 + i);
	assert_int_equal(found.count, world->changes - (uint64_t)after < 50
	                                  ? world->changes - (uint64_t)after
	                                  : 50);
}

static void
questions_ask(struct world *world)
{
	struct lookup all = { .analyte = ANALYTE_ANY, .has_errors = true };
	struct readings wanted = expected(world, &all);
	struct readings found = look_up(world->f, all);

	readings_are(&found, &wanted);
	for (int i = 0; i < QUESTIONS; i++) {
		range_ask(world);
		latest_ask(world);
		changes_ask(world);
	}
	for (int i = 0; i < VERSION_TO; i++) {
		const struct reading *item = &world->items[below(world, world->count)];
		found = versions_of(world->f, item->analyte, item->number);
		assert_int_equal(found.count, item->version);
		reading_is(&found.items[0], item);
		assert_int_equal(found.items[found.count - 1].version, 1);
	}
}

static void
world_play(struct world *world)
{
	for (int step = 0; step < STEPS; step++) {
		if (world->count != 0 && below(world, 3) == 0)
			one_correct(world);
		else
			batch_take(world);
	}
}

static void
every_answer_is_the_same_before_and_after_joining(void **state)
{
	struct fixture *f = *state;
	struct world *world = arena_alloc(&f->arena, sizeof(*world), 16);
	struct readings before, after;
	struct vault_check check;
	int64_t rows;

	world->f = f;
	world->random = 0x9e3779b97f4a7c15;
	for (int seed = 1; seed <= SEEDS && world->count + 12 < READINGS; seed++) {
		world->random += (uint64_t)seed;
		world_play(world);
		questions_ask(world);
		before = changes_after(f, 0, 100000);
		rows = database_number(f, "SELECT count(*) FROM record");
		compact(f);
		assert_true(database_number(f, "SELECT count(*) FROM record") < rows);
		questions_ask(world);
		after = changes_after(f, 0, 100000);
		readings_are(&before, &after);
		RC_IS(f, vault_verify(f->vault, f->tenant, &f->arena, &check, &f->err), RC_OK);
		fixture_reopen(f);
	}
}

static void
what_is_joined_is_still_known_as_sent(void **state)
{
	struct fixture *f = *state;
	struct reading items[40];

	for (size_t i = 0; i < COUNT_OF(items); i++) {
		items[i] = reading_of((int64_t)i, 100);
		items[i].device = f->actors[DEVICE].id;
		items[i].has_sequence = true;
		items[i].sequence = i;
		if (i % 2 == 0)
			items[i].identifier = str_printf(&f->arena, "id-%zu", i);
		(void)take(f, &items[i], 1);
	}
	compact(f);
	assert_int_equal(database_number(f, "SELECT count(*) FROM record"), 1);
	for (size_t i = 0; i < COUNT_OF(items); i++) {
		struct reading again = items[i];
		struct intake intake = take(f, &again, 1);
		assert_int_equal(intake.results[0].outcome, INTAKE_DUPLICATE);
		if (i % 2 == 0)
			assert_int_equal(intake.results[0].number, items[i].number);
	}
}

static void
joining_is_work_of_the_server_alone(void **state)
{
	struct fixture *f = *state;
	const struct door admin = door_of(f, ADMIN, "support");

	RC_IS(f, compact_run(&admin, INT64_MAX, &f->err), RC_DENIED);
}

static void
few_small_segments_are_left_as_they_are(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < COMPACT_ROWS_LEAST - 1; i++) {
		struct reading item = reading_of(i, 100);
		(void)take(f, &item, 1);
	}
	compact(f);
	assert_int_equal(database_number(f, "SELECT count(*) FROM record"),
	                 COMPACT_ROWS_LEAST - 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		VAULT_TEST(every_answer_is_the_same_before_and_after_joining),
		VAULT_TEST(what_is_joined_is_still_known_as_sent),
		VAULT_TEST(joining_is_work_of_the_server_alone),
		VAULT_TEST(few_small_segments_are_left_as_they_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
