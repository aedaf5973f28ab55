/*
 * Series: what is appended once is there once, numbered without a gap, whatever
 * threads do; and joining segments loses nothing.
 */
#include <pthread.h>

#include "vault/retention.h"
#include "vault/series.h"
#include "vault/vault_fixture.h"

#define THREADS 8
#define ROUNDS  25

static struct series_segment
segment_of(const char *body, int64_t items, int64_t from_us, int64_t to_us)
{
	return (struct series_segment){ .facet = { 1 },
		                        .time_from_us = from_us,
		                        .time_to_us = to_us,
		                        .items = items,
		                        .body = str_from_c(body) };
}

static struct series_append
append_of(struct id subject, struct series_segment *segments, size_t count)
{
	return (struct series_append){ .class = STR("measurement"),
		                       .subject = subject,
		                       .segments = segments,
		                       .segment_count = count };
}

static struct series_segments
read_all(struct fixture *f, struct id subject)
{
	const struct door door = door_of(f, SYSTEM, "care");
	struct series_query query = { .class = STR("measurement"),
		                      .subject = subject,
		                      .order = RECORD_BY_CHANGE,
		                      .limit = 1000 };
	struct series_segments segments;

	RC_IS(f, vault_series_read(&door, &query, &f->arena, &segments, &f->err), RC_OK);
	return segments;
}

static void
what_is_appended_is_read_and_numbered_from_one(void **state)
{
	struct fixture *f = *state;
	const struct door device = door_of(f, DEVICE, "care");
	const struct door ana = door_of(f, ANA, "care");
	struct series_segment segments[2] = { segment_of("aaa", 3, 10, 30),
		                              segment_of("bb", 2, 40, 50) };
	struct series_append append = append_of(f->actors[ANA].subject, segments, 2);
	struct series_query query = { .class = STR("measurement"),
		                      .subject = f->actors[ANA].subject,
		                      .order = RECORD_BY_TIME,
		                      .limit = 10 };
	struct series_segments read;
	int64_t before = log_size(f);
	int64_t change;

	RC_IS(f, vault_series_append(&device, &append, &f->err), RC_OK);
	(void)entry_is(
	    f, before,
	    &(struct expected_entry){ "write", "measurement", "care", "ok", "device", 5 });
	assert_int_equal(segments[0].change_from, 1);
	assert_int_equal(segments[0].change_to, 3);
	assert_int_equal(segments[1].change_from, 4);
	assert_int_equal(segments[1].change_to, 5);
	RC_IS(f, vault_series_read(&ana, &query, &f->arena, &read, &f->err), RC_OK);
	(void)entry_is(
	    f, before + 1,
	    &(struct expected_entry){ "read", "measurement", "care", "ok", "member", 5 });
	assert_int_equal(read.count, 2);
	str_is(read.items[0].body, "aaa");
	str_is(read.items[1].body, "bb");
	assert_int_equal(read.items[1].updated_us, segments[1].updated_us);
	RC_IS(f, vault_series_change(&ana, f->actors[ANA].subject, &change, &f->err), RC_OK);
	assert_int_equal(change, 5);
}

static void
an_append_of_nothing_is_invalid(void **state)
{
	struct fixture *f = *state;
	const struct door device = door_of(f, DEVICE, "care");
	struct series_segment segment = segment_of("", 0, 1, 1);
	struct series_append append = append_of(f->actors[ANA].subject, &segment, 1);

	RC_IS(f, vault_series_append(&device, &append, &f->err), RC_INVALID);
	append.segment_count = 0;
	RC_IS(f, vault_series_append(&device, &append, &f->err), RC_INVALID);
}

static void
each_refusal_leaves_exactly_its_entry_and_makes_no_key(void **state)
{
	struct fixture *f = *state;
	const struct door ben = door_of(f, BEN, "care");
	const struct door device = door_of(f, DEVICE, "care");
	struct series_segment segment = segment_of("x", 1, 1, 1);
	struct series_append append = append_of(f->actors[ANA].subject, &segment, 1);
	struct series_query query = { .class = STR("measurement"),
		                      .subject = f->actors[ANA].subject,
		                      .limit = 10 };
	struct series_term term = { .field = "identifier", .value = STR("a") };
	struct series_segments read;
	int64_t keys = database_number(f, "SELECT count(*) FROM key_slot");
	int64_t before = log_size(f);
	int64_t number;

	RC_IS(f, vault_series_append(&ben, &append, &f->err), RC_DENIED);
	(void)entry_is(
	    f, before++,
	    &(struct expected_entry){ "write", "measurement", "care", "scope", "member", 0 });
	RC_IS(f, vault_series_read(&ben, &query, &f->arena, &read, &f->err), RC_DENIED);
	(void)entry_is(
	    f, before++,
	    &(struct expected_entry){ "read", "measurement", "care", "scope", "member", 0 });
	RC_IS(f, vault_series_read(&device, &query, &f->arena, &read, &f->err), RC_DENIED);
	(void)entry_is(
	    f, before++,
	    &(struct expected_entry){ "read", "measurement", "care", "role", "device", 0 });
	RC_IS(f,
	      vault_series_find(&ben, STR("measurement"), f->actors[ANA].subject, &term,
	                        &number, &f->err),
	      RC_DENIED);
	(void)entry_is(
	    f, before++,
	    &(struct expected_entry){ "find", "measurement", "care", "scope", "member", 0 });
	append.class = query.class = STR("genome");
	RC_IS(f, vault_series_append(&device, &append, &f->err), RC_DENIED);
	(void)entry_is(f, before++,
	               &(struct expected_entry){ "write", "", "care", "class", "device", 0 });
	RC_IS(f, vault_series_read(&ben, &query, &f->arena, &read, &f->err), RC_DENIED);
	(void)entry_is(f, before++,
	               &(struct expected_entry){ "read", "", "care", "class", "member", 0 });
	assert_int_equal(database_number(f, "SELECT count(*) FROM key_slot"), keys);
	assert_int_equal(database_number(f, "SELECT count(*) FROM record"), 0);
}

/* --- marks ----------------------------------------------------------------------- */

static enum rc
append_marked(struct fixture *f, struct id device_id, uint64_t sequence, struct err *err)
{
	const struct door door = door_of(f, DEVICE, "care");
	struct series_mark mark = { .owner = device_id,
		                    .block = (int64_t)(sequence / MARK_BITS) };
	uint8_t bit = (uint8_t)(1u << sequence % 8);
	uint8_t *byte = &mark.after[sequence % MARK_BITS / 8];
	struct series_segment segment = segment_of("r", 1, 1, 1);
	struct series_append append = append_of(f->actors[ANA].subject, &segment, 1);
	enum rc rc = RC_RETRY;

	append.marks = &mark;
	append.mark_count = 1;
	while (rc == RC_RETRY) {
		TRY(vault_marks_read(&door, &mark, 1, err));
		if ((*byte & bit) != 0)
			return RC_CONFLICT;
		*byte |= bit;
		rc = vault_series_append(&door, &append, err);
	}
	return rc;
}

static void
a_mark_that_is_set_since_it_was_read_asks_to_run_again(void **state)
{
	struct fixture *f = *state;
	const struct door door = door_of(f, DEVICE, "care");
	struct series_mark mark = { .owner = id_new(1), .block = 0 };
	struct series_segment segment = segment_of("r", 1, 1, 1);
	struct series_append append = append_of(f->actors[ANA].subject, &segment, 1);
	int64_t before;

	RC_IS(f, vault_marks_read(&door, &mark, 1, &f->err), RC_OK);
	RC_IS(f, append_marked(f, mark.owner, 5, &f->err), RC_OK);
	before = log_size(f);
	mark.after[0] = 1 << 5 | 1;
	append.marks = &mark;
	append.mark_count = 1;
	RC_IS(f, vault_series_append(&door, &append, &f->err), RC_RETRY);
	assert_int_equal(log_size(f), before);
	assert_int_equal(read_all(f, f->actors[ANA].subject).count, 1);
	mark.after[0] = 1; /* another of the same block stands in nobody's way */
	RC_IS(f, vault_series_append(&door, &append, &f->err), RC_OK);
	RC_IS(f, vault_marks_read(&door, &mark, 1, &f->err), RC_OK);
	assert_int_equal(mark.before[0], 1 << 5 | 1);
}

struct runner {
	struct fixture *f;
	struct id device;
	pthread_t thread;
	struct err err;
	int stored, duplicates, number;
	bool is_bad;
};

/* All threads send the same sequence numbers. */
static void *
marks_run(void *arg)
{
	struct runner *runner = arg;

	for (uint64_t i = 0; i < ROUNDS; i++) {
		enum rc rc = append_marked(runner->f, runner->device, 490 + i, &runner->err);
		runner->stored += rc == RC_OK;
		runner->duplicates += rc == RC_CONFLICT;
		runner->is_bad = runner->is_bad || (rc != RC_OK && rc != RC_CONFLICT);
	}
	return NULL;
}

static void *
plain_run(void *arg)
{
	struct runner *runner = arg;
	const struct door door = door_of(runner->f, DEVICE, "care");

	for (int i = 0; i < ROUNDS; i++) {
		struct series_segment segments[2] = { segment_of("abc", 3, 1, 2),
			                              segment_of("d", 1, 1, 1) };
		struct series_append append =
		    append_of(runner->f->actors[ANA].subject, segments, 2);
		if (vault_series_append(&door, &append, &runner->err) != RC_OK)
			runner->is_bad = true;
	}
	return NULL;
}

static struct runner
run_all(struct fixture *f, void *(*run)(void *))
{
	struct runner runners[THREADS];
	struct runner total = { .f = f };
	struct id device = id_new(1);

	for (int i = 0; i < THREADS; i++) {
		runners[i] = (struct runner){ .f = f, .device = device, .number = i };
		assert_int_equal(pthread_create(&runners[i].thread, NULL, run, &runners[i]), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		(void)pthread_join(runners[i].thread, NULL);
		if (runners[i].is_bad)
			fail_msg("%s", runners[i].err.text);
		total.stored += runners[i].stored;
		total.duplicates += runners[i].duplicates;
	}
	return total;
}

/* Every change number up to the last belongs to one segment. */
static void
numbers_have_no_gap(struct fixture *f, int64_t expected)
{
	struct series_segments all = read_all(f, f->actors[ANA].subject);
	int64_t next = 1;

	for (size_t i = 0; i < all.count; i++) {
		assert_int_equal(all.items[i].change_from, next);
		assert_int_equal(all.items[i].change_to,
		                 all.items[i].change_from + all.items[i].items - 1);
		next = all.items[i].change_to + 1;
	}
	assert_int_equal(next - 1, expected);
}

static void
threads_that_send_the_same_marks_store_each_once(void **state)
{
	struct fixture *f = *state;
	struct runner total = run_all(f, marks_run);

	assert_int_equal(total.stored, ROUNDS);
	assert_int_equal(total.duplicates, ROUNDS * (THREADS - 1));
	numbers_have_no_gap(f, ROUNDS);
}

static void
numbers_of_many_threads_have_no_gap(void **state)
{
	struct fixture *f = *state;

	(void)run_all(f, plain_run);
	numbers_have_no_gap(f, 4 * ROUNDS * THREADS);
}

/* --- terms ------------------------------------------------------------------------ */

static void
a_term_is_unique_within_its_subject_and_free_in_another(void **state)
{
	struct fixture *f = *state;
	const struct door system = door_of(f, SYSTEM, "care");
	struct series_segment segments[2] = { segment_of("aaa", 3, 1, 3),
		                              segment_of("bb", 2, 4, 5) };
	struct series_term terms[2] = {
		{ .field = "identifier", .value = STR("x"), .item = 1 },
		{ .field = "identifier", .value = STR("y"), .item = 4 }
	};
	struct series_append append = append_of(f->actors[ANA].subject, segments, 2);
	int64_t number = 0;

	append.terms = terms;
	append.term_count = 2;
	RC_IS(f, vault_series_append(&system, &append, &f->err), RC_OK);
	RC_IS(f,
	      vault_series_find(&system, append.class, append.subject, &terms[1], &number,
	                        &f->err),
	      RC_OK);
	assert_int_equal(number, 5); /* the fifth item */
	terms[1].value = STR("z");
	RC_IS(f, vault_series_append(&system, &append, &f->err), RC_CONFLICT);
	assert_int_equal(terms[0].number, 2);
	RC_IS(f,
	      vault_series_find(&system, append.class, append.subject, &terms[1], &number,
	                        &f->err),
	      RC_NOT_FOUND); /* of the conflict nothing is left */
	numbers_have_no_gap(f, 5);
	append.subject = f->actors[BEN].subject;
	RC_IS(f,
	      vault_series_find(&system, append.class, append.subject, &terms[0], &number,
	                        &f->err),
	      RC_NOT_FOUND);
	RC_IS(f, vault_series_append(&system, &append, &f->err), RC_OK);
	assert_int_equal(segments[0].change_from, 1); /* each subject counts for itself */
}

static void
a_term_that_the_policy_does_not_index_is_refused(void **state)
{
	struct fixture *f = *state;
	const struct door system = door_of(f, SYSTEM, "care");
	struct series_segment segment = segment_of("a", 1, 1, 1);
	struct series_term term = { .field = "note", .value = STR("x") };
	struct series_append append = append_of(f->actors[ANA].subject, &segment, 1);

	append.terms = &term;
	append.term_count = 1;
	RC_IS(f, vault_series_append(&system, &append, &f->err), RC_DENIED);
}

/* --- reading ------------------------------------------------------------------------- */

static void
a_span_of_time_gives_every_segment_that_overlaps_it(void **state)
{
	struct fixture *f = *state;
	const struct door system = door_of(f, SYSTEM, "care");
	struct series_segment segments[3] = { segment_of("early", 1, 10, 20),
		                              segment_of("wide", 1, 5, 100),
		                              segment_of("late", 1, 60, 70) };
	struct series_append append = append_of(f->actors[ANA].subject, segments, 3);
	struct series_query query = { .class = STR("measurement"),
		                      .subject = f->actors[ANA].subject,
		                      .time_from_us = 15,
		                      .time_to_us = 60,
		                      .order = RECORD_BY_TIME,
		                      .limit = 10 };
	struct series_segments read;

	RC_IS(f, vault_series_append(&system, &append, &f->err), RC_OK);
	RC_IS(f, vault_series_read(&system, &query, &f->arena, &read, &f->err), RC_OK);
	assert_int_equal(read.count, 2);
	str_is(read.items[0].body, "wide");
	str_is(read.items[1].body, "early");
	query.facet0 = 2;
	RC_IS(f, vault_series_read(&system, &query, &f->arena, &read, &f->err), RC_OK);
	assert_int_equal(read.count, 0);
}

static void
a_restricted_series_is_the_subjects_own_and_an_erased_one_gone(void **state)
{
	struct fixture *f = *state;
	const struct door admin = door_of(f, ADMIN, "support");
	const struct door ana = door_of(f, ANA, "care");
	const struct door system = door_of(f, SYSTEM, "care");
	struct series_query query = { .class = STR("measurement"),
		                      .subject = f->actors[ANA].subject,
		                      .limit = 10 };
	struct series_segment segment = segment_of("a", 1, 1, 1);
	struct series_append append = append_of(query.subject, &segment, 1);
	struct series_segments read;

	RC_IS(f, vault_series_append(&ana, &append, &f->err), RC_OK);
	RC_IS(f, vault_subject_flags(&admin, query.subject, SUBJECT_RESTRICTED, 0, &f->err),
	      RC_OK);
	RC_IS(f, vault_series_append(&system, &append, &f->err), RC_DENIED);
	RC_IS(f, vault_series_read(&ana, &query, &f->arena, &read, &f->err), RC_OK);
	/* A law keeps readings, but not those of a probe's own subject. */
	RC_IS(f, vault_subject_flags(&system, query.subject, SUBJECT_CANARY, 0, &f->err),
	      RC_OK);
	RC_IS(f, vault_subject_erase(&admin, query.subject, NULL, &f->err), RC_OK);
	RC_IS(f, vault_series_append(&system, &append, &f->err), RC_GONE);
	RC_IS(f, vault_series_read(&system, &query, &f->arena, &read, &f->err), RC_GONE);
}

/* --- compaction ------------------------------------------------------------------------ */

struct joined {
	struct series_segment segments[3];
	struct id ids[3];
	struct series_compact compact;
};

static void
three_appended(struct fixture *f, struct joined *joined)
{
	const struct door system = door_of(f, SYSTEM, "care");

	for (size_t i = 0; i < COUNT_OF(joined->segments); i++) {
		static const char *const bodies[] = { "a", "bb", "ccc" };
		struct series_append append =
		    append_of(f->actors[ANA].subject, &joined->segments[i], 1);
		joined->segments[i] = segment_of(bodies[i], (int64_t)i + 1, (int64_t)i, 9);
		RC_IS(f, vault_series_append(&system, &append, &f->err), RC_OK);
		joined->ids[i] = joined->segments[i].id;
	}
	joined->compact = (struct series_compact){ .class = STR("measurement"),
		                                   .subject = f->actors[ANA].subject,
		                                   .remove = joined->ids,
		                                   .remove_count = 3,
		                                   .into = segment_of("abbccc", 6, 0, 9) };
	joined->compact.into.change_from = 1;
	joined->compact.into.change_to = 6;
	joined->compact.into.updated_us = joined->segments[2].updated_us;
}

static void
joined_segments_keep_numbers_times_and_change(void **state)
{
	struct fixture *f = *state;
	const struct door system = door_of(f, SYSTEM, "care");
	struct joined joined;
	struct series_segments all;
	struct vault_check check;
	int64_t before, change;

	three_appended(f, &joined);
	before = log_size(f);
	RC_IS(f, vault_series_compact(&system, &joined.compact, &f->err), RC_OK);
	(void)entry_is(
	    f, before,
	    &(struct expected_entry){ "compact", "measurement", "care", "ok", "system", 6 });
	all = read_all(f, f->actors[ANA].subject);
	assert_int_equal(all.count, 1);
	str_is(all.items[0].body, "abbccc");
	assert_int_equal(all.items[0].change_from, 1);
	assert_int_equal(all.items[0].change_to, 6);
	assert_int_equal(all.items[0].updated_us, joined.segments[2].updated_us);
	RC_IS(f, vault_series_change(&system, f->actors[ANA].subject, &change, &f->err), RC_OK);
	assert_int_equal(change, 6); /* joining is no change */
	RC_IS(f, vault_verify(f->vault, f->tenant, &f->arena, &check, &f->err), RC_OK);
}

static void
joining_what_is_joined_already_asks_to_run_again(void **state)
{
	struct fixture *f = *state;
	const struct door system = door_of(f, SYSTEM, "care");
	struct joined joined;

	three_appended(f, &joined);
	RC_IS(f, vault_series_compact(&system, &joined.compact, &f->err), RC_OK);
	RC_IS(f, vault_series_compact(&system, &joined.compact, &f->err), RC_RETRY);
	assert_int_equal(read_all(f, f->actors[ANA].subject).count, 1);
}

static void
joining_that_would_lose_items_is_refused(void **state)
{
	struct fixture *f = *state;
	const struct door system = door_of(f, SYSTEM, "care");
	struct joined joined;

	three_appended(f, &joined);
	joined.compact.into.items = 5;
	RC_IS(f, vault_series_compact(&system, &joined.compact, &f->err), RC_INVALID);
	assert_int_equal(read_all(f, f->actors[ANA].subject).count, 3);
}

static void
joining_takes_nothing_of_another_subject(void **state)
{
	struct fixture *f = *state;
	const struct door system = door_of(f, SYSTEM, "care");
	struct joined joined;

	three_appended(f, &joined);
	joined.compact.subject = f->actors[BEN].subject;
	RC_IS(f, vault_series_compact(&system, &joined.compact, &f->err), RC_INVALID);
	assert_int_equal(read_all(f, f->actors[ANA].subject).count, 3);
}

/* Of the hold there is the row; its segment is not yet sealed anew. */
static void
a_held_segment_is_not_joined_with_others(void **state)
{
	struct fixture *f = *state;
	const struct door system = door_of(f, SYSTEM, "care");
	struct joined joined;
	char sql[300];
	char subject[40], record[40];

	three_appended(f, &joined);
	(void)snprintf(
	    sql, sizeof(sql),
	    "INSERT INTO hold SELECT tenant, randomblob(16), subject, class, id, 1, 0,"
	    " x'00' FROM record WHERE id = %s AND subject = %s",
	    id_sql(joined.ids[1], record), id_sql(joined.compact.subject, subject));
	database_change(f, sql, 1);
	RC_IS(f, vault_series_compact(&system, &joined.compact, &f->err), RC_RETRY);
	assert_int_equal(read_all(f, f->actors[ANA].subject).count, 3);
}

/* So that they go with it when its time is over. */
static void
identifiers_follow_their_items_into_the_joined_segment(void **state)
{
	struct fixture *f = *state;
	const struct door system = door_of(f, SYSTEM, "care");
	struct series_segment segment = segment_of("dddd", 1, 7, 9);
	struct series_term term = { .field = "identifier", .value = STR("x") };
	struct series_append append = append_of(f->actors[ANA].subject, &segment, 1);
	struct joined joined;
	struct id ids[4];
	int64_t number = 0;

	three_appended(f, &joined);
	append.terms = &term;
	append.term_count = 1;
	RC_IS(f, vault_series_append(&system, &append, &f->err), RC_OK);
	memcpy(ids, joined.ids, sizeof(joined.ids));
	ids[3] = segment.id;
	joined.compact.remove = ids;
	joined.compact.remove_count = 4;
	joined.compact.into = segment_of("abbcccdddd", 7, 0, 9);
	joined.compact.into.change_from = 1;
	joined.compact.into.change_to = 7;
	joined.compact.into.updated_us = segment.updated_us;
	RC_IS(f, vault_series_compact(&system, &joined.compact, &f->err), RC_OK);
	assert_int_equal(database_number(f, "SELECT count(*) FROM term t JOIN record r"
	                                    " ON r.id = t.record"),
	                 1);
	RC_IS(f,
	      vault_series_find(&system, append.class, append.subject, &term, &number, &f->err),
	      RC_OK);
	assert_int_equal(number, 7);
}

static void
only_the_server_may_look_for_small_segments(void **state)
{
	struct fixture *f = *state;
	const struct door admin = door_of(f, ADMIN, "support");
	const struct door system = door_of(f, SYSTEM, "care");
	struct series_small_query query = { .class = STR("measurement"),
		                            .items_below = 3,
		                            .limit = 10 };
	struct joined joined;

	three_appended(f, &joined);
	RC_IS(f, vault_series_small(&admin, &query, &f->arena, &f->err), RC_DENIED);
	RC_IS(f, vault_series_small(&system, &query, &f->arena, &f->err), RC_OK);
	assert_int_equal(query.count, 2);
	assert_int_equal(query.items[1].items, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		VAULT_TEST(what_is_appended_is_read_and_numbered_from_one),
		VAULT_TEST(an_append_of_nothing_is_invalid),
		VAULT_TEST(each_refusal_leaves_exactly_its_entry_and_makes_no_key),
		VAULT_TEST(a_mark_that_is_set_since_it_was_read_asks_to_run_again),
		VAULT_TEST(threads_that_send_the_same_marks_store_each_once),
		VAULT_TEST(numbers_of_many_threads_have_no_gap),
		VAULT_TEST(a_term_is_unique_within_its_subject_and_free_in_another),
		VAULT_TEST(a_term_that_the_policy_does_not_index_is_refused),
		VAULT_TEST(a_span_of_time_gives_every_segment_that_overlaps_it),
		VAULT_TEST(a_restricted_series_is_the_subjects_own_and_an_erased_one_gone),
		VAULT_TEST(joined_segments_keep_numbers_times_and_change),
		VAULT_TEST(joining_what_is_joined_already_asks_to_run_again),
		VAULT_TEST(joining_that_would_lose_items_is_refused),
		VAULT_TEST(joining_takes_nothing_of_another_subject),
		VAULT_TEST(a_held_segment_is_not_joined_with_others),
		VAULT_TEST(identifiers_follow_their_items_into_the_joined_segment),
		VAULT_TEST(only_the_server_may_look_for_small_segments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
