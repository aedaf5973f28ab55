/* Records, versions, terms, marks, counters, projections, and the purge. */
#include "store/fixture.h"

#include "base/limits.h"

#define TENANT  1
#define READING 3

static struct record_row
reading(unsigned number, int64_t time_us)
{
	return (struct record_row){
		.tenant = TENANT,
		.subject = id_of(900),
		.class = READING,
		.id = id_of(number),
		.version = 1,
		.created_us = 1000,
		.updated_us = 1000,
		.change_from = number,
		.change_to = number,
		.facet = { 1 + number % 2, 7, 0 },
		.time_from_us = time_us,
		.time_to_us = time_us,
		.items = 1,
		.expires_us = INT64_MAX,
		.month = 202603,
		.body = STR("sealed"),
	};
}

static struct record_query
query_of(enum record_order order)
{
	return (struct record_query){ .tenant = TENANT,
		                      .class = READING,
		                      .subject = id_of(900),
		                      .order = order,
		                      .limit = 100 };
}

/* Whether a list answers exactly these numbers, in this order, 0 at the end. */
static enum rc
expect_list(struct store_tx *tx, const struct record_query *query, const unsigned *numbers,
            struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct record_row *rows = NULL;
	size_t count = 0, at = 0;

	arena_init(&arena, 8 * MIB);
	TRY(store_record_list(tx, query, &arena, &rows, &count, err));
	for (; at < count && numbers[at] != 0; at++) {
		if (!id_eq(rows[at].id, id_of(numbers[at])))
			return FAIL(err, RC_PRECONDITION, "row %zu is %u", at,
			            rows[at].id.bytes[15]);
	}
	if (at < count || numbers[at] != 0)
		return FAIL(err, RC_PRECONDITION, "%zu rows, or %zu", count, at);
	return RC_OK;
}

#define LIST(query, ...)                                                                       \
	EXPECT(                                                                                \
	    expect_list(tx, (query), (const unsigned[]){ __VA_ARGS__ __VA_OPT__(, ) 0 }, err), \
	    RC_OK)

static bool
same_record(const struct record_row *a, const struct record_row *b)
{
	return a->tenant == b->tenant && id_eq(a->subject, b->subject) &&
	       a->class == b->class && id_eq(a->id, b->id) && a->version == b->version &&
	       a->created_us == b->created_us && a->updated_us == b->updated_us &&
	       a->change_from == b->change_from && a->change_to == b->change_to &&
	       memcmp(a->facet, b->facet, sizeof(a->facet)) == 0 &&
	       a->time_from_us == b->time_from_us && a->time_to_us == b->time_to_us &&
	       a->items == b->items && a->expires_us == b->expires_us && a->month == b->month &&
	       str_eq(a->body, b->body);
}

/* --- put, find, change ---------------------------------------------------------- */

static enum rc
records_come_back_as_they_went_in(struct store_tx *tx, void *arg, struct err *err)
{
	struct fixture *fixture = arg;
	struct record_row point = reading(1, 500), stretch = reading(2, 900), found;

	stretch.time_from_us = -700;
	stretch.updated_us = 5000;
	stretch.expires_us = 12345;
	stretch.change_from = 1;
	stretch.items = 288;
	stretch.facet[2] = INT64_MAX;
	stretch.body = STR_EMPTY;
	TRY(store_record_insert(tx, &point, err));
	TRY(store_record_insert(tx, &stretch, err));
	TRY(store_record_find(tx, TENANT, point.id, &fixture->arena, &found, err));
	CHECK(same_record(&found, &point));
	TRY(store_record_find(tx, TENANT, stretch.id, &fixture->arena, &found, err));
	CHECK(same_record(&found, &stretch));
	EXPECT(store_record_find(tx, TENANT + 1, point.id, &fixture->arena, &found, err),
	       RC_NOT_FOUND);
	EXPECT(store_record_insert(tx, &point, err), RC_CONFLICT);
	point.time_from_us = point.time_to_us + 1;
	EXPECT(store_record_insert(tx, &point, err), RC_INVALID);
	return RC_OK;
}

static void
a_record_comes_back_as_it_went_in_and_its_id_is_taken(void **state)
{
	must_write(*state, records_come_back_as_they_went_in, *state);
}

static enum rc
versions_are_kept(struct store_tx *tx, void *arg, struct err *err)
{
	struct fixture *fixture = arg;
	struct record_row first = reading(1, 500), second = first, found, *rows;
	size_t count = 0;

	TRY(store_record_insert(tx, &first, err));
	second.version = 2;
	second.time_from_us = second.time_to_us = 800;
	second.body = STR("other");
	TRY(store_record_update(tx, &second, true, err));
	EXPECT(store_record_update(tx, &second, true, err), RC_RETRY);
	second.version = 4;
	EXPECT(store_record_update(tx, &second, false, err), RC_RETRY);
	second.version = 1;
	EXPECT(store_record_update(tx, &second, false, err), RC_RETRY);
	second.version = 3;
	TRY(store_record_update(tx, &second, false, err));
	TRY(store_record_find(tx, TENANT, first.id, &fixture->arena, &found, err));
	CHECK(same_record(&found, &second));
	TRY(store_record_delete(tx, TENANT, first.id, true, err));
	EXPECT(store_record_delete(tx, TENANT, first.id, true, err), RC_NOT_FOUND);
	EXPECT(store_record_delete(tx, TENANT, first.id, false, err), RC_NOT_FOUND);
	EXPECT(store_record_find(tx, TENANT, first.id, &fixture->arena, &found, err),
	       RC_NOT_FOUND);
	TRY(store_version_list(tx, TENANT, first.id, &fixture->arena, &rows, &count, err));
	CHECK(count == 2);
	CHECK(same_record(&rows[0], &second));
	CHECK(same_record(&rows[1], &first));
	return RC_OK;
}

static void
an_update_needs_the_version_before_and_keeps_it_when_asked(void **state)
{
	must_write(*state, versions_are_kept, *state);
}

/* --- lists ------------------------------------------------------------------------ */

/* Five points at 10 … 50 µs, a stretch 15–45 (6), another class and subject. */
static enum rc
fill(struct store_tx *tx, struct err *err)
{
	struct record_row row;

	for (unsigned i = 1; i <= 5; i++) {
		row = reading(i, 10 * (int64_t)i);
		TRY(store_record_insert(tx, &row, err));
	}
	row = reading(6, 45);
	row.time_from_us = 15;
	row.items = 30;
	TRY(store_record_insert(tx, &row, err));
	row = reading(7, 30);
	row.class = READING + 1;
	TRY(store_record_insert(tx, &row, err));
	row = reading(8, 30);
	row.subject = id_of(901);
	return store_record_insert(tx, &row, err);
}

static enum rc
orders(struct store_tx *tx, void *arg, struct err *err)
{
	struct record_query query = query_of(RECORD_BY_ID);

	(void)arg;
	TRY(fill(tx, err));
	LIST(&query, 1, 2, 3, 4, 5, 6);
	query.order = RECORD_BY_CHANGE;
	LIST(&query, 1, 2, 3, 4, 5, 6);
	query.class = 0;
	LIST(&query, 1, 2, 3, 4, 5, 6, 7);
	query.change_after = 4;
	LIST(&query, 5, 6, 7);
	query = query_of(RECORD_BY_TIME);
	LIST(&query, 1, 6, 2, 3, 4, 5);
	query.order = RECORD_BY_TIME_DOWN;
	LIST(&query, 5, 6, 4, 3, 2, 1);
	query = query_of(RECORD_BY_ID);
	query.subject = (struct id){ { 0 } };
	LIST(&query, 1, 2, 3, 4, 5, 6, 8);
	query.class = 0;
	LIST(&query, 1, 2, 3, 4, 5, 6, 7, 8);
	query.tenant = TENANT + 1;
	LIST(&query);
	return RC_OK;
}

static void
lists_come_in_each_order_of_their_subject_and_class(void **state)
{
	must_write(*state, orders, *state);
}

static enum rc
filters(struct store_tx *tx, void *arg, struct err *err)
{
	struct record_query query = query_of(RECORD_BY_TIME_DOWN);

	(void)arg;
	TRY(fill(tx, err));
	query.facet[0] = 2;
	LIST(&query, 5, 3, 1);
	query.facet[1] = 7;
	LIST(&query, 5, 3, 1);
	query.facet[1] = 8;
	LIST(&query);
	query = query_of(RECORD_BY_TIME_DOWN);
	query.items_below = 30;
	LIST(&query, 5, 4, 3, 2, 1);
	query.items_below = 31;
	LIST(&query, 5, 6, 4, 3, 2, 1);
	query.items_below = 0;
	query.change_after = 3;
	LIST(&query, 5, 6, 4);
	return RC_OK;
}

static void
facets_items_and_changes_filter_any_order(void **state)
{
	must_write(*state, filters, *state);
}

/* [from, to) against [15, 45] of row 6 and the points: row.h, record_query. */
static enum rc
overlaps(struct store_tx *tx, void *arg, struct err *err)
{
	static const enum record_order up[] = { RECORD_BY_TIME, RECORD_BY_TIME_DOWN };
	struct record_query query;

	(void)arg;
	TRY(fill(tx, err));
	for (size_t i = 0; i < COUNT_OF(up); i++) {
		query = query_of(up[i]);
		query.time_from_us = 41;
		query.time_to_us = 46;
		LIST(&query, 6);
		query.time_from_us = 45;
		query.time_to_us = 46;
		LIST(&query, 6);
		query.time_from_us = 46;
		query.time_to_us = 50;
		LIST(&query);
		query.time_from_us = 11;
		query.time_to_us = 15;
		LIST(&query);
		query.time_to_us = 16;
		LIST(&query, 6);
		query.time_from_us = 50;
		query.time_to_us = 51;
		LIST(&query, 5);
	}
	query = query_of(RECORD_BY_TIME);
	query.time_from_us = 20;
	query.time_to_us = 40;
	LIST(&query, 6, 2, 3);
	query.order = RECORD_BY_ID;
	LIST(&query, 2, 3, 6);
	return RC_OK;
}

static void
a_time_filter_means_overlap_with_a_half_open_range(void **state)
{
	must_write(*state, overlaps, *state);
}

/* Page by page gives what one page gives, also where keys are equal. */
static enum rc
page_through(struct store_tx *tx, enum record_order order, struct arena *arena, struct err *err)
{
	struct record_query query = query_of(order);
	struct record_row *all, *page;
	size_t count = 0, seen = 0, got = 1;

	TRY(store_record_list(tx, &query, arena, &all, &count, err));
	CHECK(count == 40);
	for (query.limit = 3; got != 0; seen += got) {
		TRY(store_record_list(tx, &query, arena, &page, &got, err));
		for (size_t i = 0; i < got; i++)
			CHECK(id_eq(page[i].id, all[seen + i].id));
		if (got == 0)
			break;
		query.after = page[got - 1].id;
		query.after_key = order == RECORD_BY_CHANGE ? page[got - 1].change_to
		                  : order == RECORD_BY_TIME ? page[got - 1].time_from_us
		                                            : page[got - 1].time_to_us;
	}
	CHECK(seen == count);
	return RC_OK;
}

static enum rc
pages(struct store_tx *tx, void *arg, struct err *err)
{
	static const enum record_order each[] = { RECORD_BY_ID, RECORD_BY_CHANGE,
		                                  RECORD_BY_TIME, RECORD_BY_TIME_DOWN };
	struct fixture *fixture = arg;

	for (unsigned i = 1; i <= 40; i++) {
		struct record_row row = reading(i * 37 % 41, i / 4);
		row.change_from = row.change_to = 1 + i / 3;
		if (i % 5 == 0)
			row.time_from_us -= i % 3;
		TRY(store_record_insert(tx, &row, err));
	}
	for (size_t i = 0; i < COUNT_OF(each); i++)
		TRY(page_through(tx, each[i], &fixture->arena, err));
	return RC_OK;
}

static void
paging_by_key_neither_skips_nor_repeats_a_row(void **state)
{
	must_write(*state, pages, *state);
}

static enum rc
bodies(struct store_tx *tx, void *arg, struct err *err)
{
	struct fixture *fixture = arg;
	struct record_query query = query_of(RECORD_BY_ID);
	struct record_row *rows;
	size_t count = 0;

	TRY(fill(tx, err));
	query.limit = 2;
	TRY(store_record_list(tx, &query, &fixture->arena, &rows, &count, err));
	CHECK(count == 2 && str_eq(rows[0].body, STR("sealed")));
	query.without_body = true;
	TRY(store_record_list(tx, &query, &fixture->arena, &rows, &count, err));
	CHECK(count == 2 && rows[0].body.len == 0 && rows[0].items == 1);
	return RC_OK;
}

static void
a_list_leaves_bodies_out_when_asked_and_ends_at_its_limit(void **state)
{
	must_write(*state, bodies, *state);
}

static enum rc
refusals(struct store_tx *tx, void *arg, struct err *err)
{
	struct record_query query = query_of(RECORD_BY_TIME);

	(void)arg;
	query.class = 0;
	EXPECT(expect_list(tx, &query, (const unsigned[]){ 0 }, err), RC_INVALID);
	query = query_of(RECORD_BY_CHANGE);
	query.subject = (struct id){ { 0 } };
	EXPECT(expect_list(tx, &query, (const unsigned[]){ 0 }, err), RC_INVALID);
	query = query_of(RECORD_BY_ID);
	query.limit = LIMIT_PAGE_ROWS + 1;
	EXPECT(expect_list(tx, &query, (const unsigned[]){ 0 }, err), RC_INVALID);
	query.limit = 0;
	EXPECT(expect_list(tx, &query, (const unsigned[]){ 0 }, err), RC_INVALID);
	query.limit = 1;
	query.order = (enum record_order)9;
	EXPECT(expect_list(tx, &query, (const unsigned[]){ 0 }, err), RC_INVALID);
	return RC_OK;
}

static void
a_list_that_no_index_serves_is_refused(void **state)
{
	must_write(*state, refusals, *state);
}

static enum rc
too_much(struct store_tx *tx, void *arg, struct err *err)
{
	CLEANUP(arena_free) struct arena small = { 0 };
	struct record_query query = query_of(RECORD_BY_ID);
	struct record_row *rows = NULL;
	size_t count = 99;

	(void)arg;
	TRY(fill(tx, err));
	arena_init(&small, 256);
	EXPECT(store_record_list(tx, &query, &small, &rows, &count, err), RC_LIMIT);
	CHECK(rows == NULL && count == 99);
	return RC_OK;
}

static void
rows_that_do_not_fit_the_arena_are_a_limit_and_not_a_crash(void **state)
{
	must_write(*state, too_much, *state);
}

/* --- beside records ----------------------------------------------------------------- */

static enum rc
terms(struct store_tx *tx, void *arg, struct err *err)
{
	struct term_row term = { .tenant = TENANT,
		                 .class = READING,
		                 .name = 1,
		                 .mac = { 9 },
		                 .subject = id_of(900),
		                 .record = id_of(1),
		                 .number = 77 };
	struct term_row found = { .tenant = TENANT, .class = READING, .name = 1, .mac = { 9 } };

	(void)arg;
	TRY(store_term_insert(tx, &term, err));
	EXPECT(store_term_insert(tx, &term, err), RC_CONFLICT);
	TRY(store_term_find(tx, &found, err));
	CHECK(id_eq(found.record, term.record) && id_eq(found.subject, term.subject) &&
	      found.number == 77);
	found.mac[0] = 8;
	EXPECT(store_term_find(tx, &found, err), RC_NOT_FOUND);
	TRY(store_term_delete(tx, &term, err));
	EXPECT(store_term_find(tx, &term, err), RC_NOT_FOUND);
	return RC_OK;
}

static void
a_term_is_found_exactly_and_only_once(void **state)
{
	must_write(*state, terms, *state);
}

static enum rc
marks(struct store_tx *tx, void *arg, struct err *err)
{
	struct mark_row mark = { .tenant = TENANT,
		                 .owner = id_of(1),
		                 .subject = id_of(900),
		                 .block = 2,
		                 .bits = { 5 } };
	struct mark_row found = { .tenant = TENANT, .owner = id_of(1), .block = 2 };

	(void)arg;
	found.bits[3] = 1;
	TRY(store_mark_get(tx, &found, err));
	CHECK(found.bits[3] == 0);
	TRY(store_mark_put(tx, &mark, err));
	mark.bits[63] = 6;
	TRY(store_mark_put(tx, &mark, err));
	TRY(store_mark_get(tx, &found, err));
	CHECK(memcmp(found.bits, mark.bits, sizeof(mark.bits)) == 0);
	CHECK(id_eq(found.subject, mark.subject));
	found.block = 3;
	TRY(store_mark_get(tx, &found, err));
	CHECK(found.bits[0] == 0);
	return RC_OK;
}

static void
an_absent_mark_is_all_zero_and_a_put_replaces(void **state)
{
	must_write(*state, marks, *state);
}

static enum rc
counters(struct store_tx *tx, void *arg, struct err *err)
{
	struct counter_row counter = { TENANT, id_of(1), 1, 5 };
	int64_t value = -1;

	(void)arg;
	TRY(store_counter_get(tx, &counter, &value, err));
	CHECK(value == 0);
	TRY(store_counter_add(tx, &counter, &value, err));
	CHECK(value == 5);
	TRY(store_counter_add(tx, &counter, &value, err));
	CHECK(value == 10);
	counter.kind = 2;
	TRY(store_counter_get(tx, &counter, &value, err));
	CHECK(value == 0);
	return RC_OK;
}

static void
a_counter_starts_at_zero_and_adds(void **state)
{
	must_write(*state, counters, *state);
}

static enum rc
projections(struct store_tx *tx, void *arg, struct err *err)
{
	struct fixture *fixture = arg;
	struct projection_row row = { TENANT, id_of(1), 4, 1, STR("one"), 9 }, found = row;

	EXPECT(store_projection_find(tx, &fixture->arena, &found, err), RC_NOT_FOUND);
	row.version = 2;
	EXPECT(store_projection_put(tx, &row, err), RC_RETRY);
	row.version = 1;
	TRY(store_projection_put(tx, &row, err));
	EXPECT(store_projection_put(tx, &row, err), RC_RETRY);
	row = (struct projection_row){ TENANT, id_of(1), 4, 2, STR("two"), 9 };
	TRY(store_projection_put(tx, &row, err));
	EXPECT(store_projection_put(tx, &row, err), RC_RETRY);
	TRY(store_projection_find(tx, &fixture->arena, &found, err));
	CHECK(found.version == 2 && str_eq(found.body, STR("two")));
	return RC_OK;
}

static void
a_projection_follows_the_version_before(void **state)
{
	must_write(*state, projections, *state);
}

/* --- the purge ------------------------------------------------------------------------ */

static enum rc
fill_beside(struct store_tx *tx, struct id subject, unsigned number, struct err *err)
{
	struct record_row record = reading(number, 1);
	struct term_row term = { .tenant = TENANT, .class = 1, .name = 1, .subject = subject };
	struct mark_row mark = { .tenant = TENANT, .owner = id_of(number), .subject = subject };
	struct counter_row counter = { TENANT, subject, 1, 1 };
	struct projection_row projection = { TENANT, subject, 1, 1, STR("p"), 9 };
	struct look_row look = { TENANT, subject, 5, 6, STR("l") };
	struct ticket_row ticket = {
		.tenant = TENANT, .kind = 1, .owner = subject, .id = id_of(number)
	};
	int64_t value;

	record.subject = subject;
	term.mac[0] = ticket.hash[0] = (uint8_t)number;
	mark.bits[0] = 1;
	TRY(store_record_insert(tx, &record, err));
	record.version = 2;
	TRY(store_record_update(tx, &record, true, err));
	TRY(store_term_insert(tx, &term, err));
	TRY(store_mark_put(tx, &mark, err));
	TRY(store_counter_add(tx, &counter, &value, err));
	TRY(store_projection_put(tx, &projection, err));
	TRY(store_look_insert(tx, &look, err));
	return store_ticket_insert(tx, &ticket, err);
}

/* How many of the eight kinds of row a subject still has. */
static enum rc
count_beside(struct store_tx *tx, struct id subject, unsigned number, struct arena *arena,
             int *kinds)
{
	struct err err = { 0 };
	struct record_row *records, record;
	struct term_row term = { .tenant = TENANT, .class = 1, .name = 1 };
	struct mark_row mark = { .tenant = TENANT, .owner = id_of(number) };
	struct counter_row counter = { TENANT, subject, 1, 1 };
	struct projection_row projection = { .tenant = TENANT, .subject = subject, .kind = 1 };
	struct look_row *looks;
	struct ticket_row *tickets;
	int64_t value = 0;
	size_t versions = 0, looked = 0, held = 0;

	term.mac[0] = (uint8_t)number;
	TRY(store_version_list(tx, TENANT, id_of(number), arena, &records, &versions, &err));
	TRY(store_mark_get(tx, &mark, &err));
	TRY(store_counter_get(tx, &counter, &value, &err));
	TRY(store_look_list(tx, TENANT, subject, 100, arena, &looks, &looked, &err));
	TRY(store_ticket_list(tx, TENANT, 1, subject, arena, &tickets, &held, &err));
	*kinds = (store_record_find(tx, TENANT, id_of(number), arena, &record, &err) == RC_OK) +
	         (int)versions + (store_term_find(tx, &term, &err) == RC_OK) +
	         (mark.bits[0] != 0) + (value != 0) +
	         (store_projection_find(tx, arena, &projection, &err) == RC_OK) + (int)looked +
	         (int)held;
	return RC_OK;
}

static enum rc
purge(struct store_tx *tx, void *arg, struct err *err)
{
	struct fixture *fixture = arg;
	struct record_row row;
	int kinds = 0;

	TRY(fill_beside(tx, id_of(901), 1, err));
	TRY(fill_beside(tx, id_of(902), 2, err));
	for (unsigned i = 0; i < 2500; i++) { /* more than one statement removes */
		row = reading(1000 + i, i);
		row.subject = id_of(901);
		TRY(store_record_insert(tx, &row, err));
	}
	TRY(count_beside(tx, id_of(901), 1, &fixture->arena, &kinds));
	CHECK(kinds == 8);
	TRY(store_subject_purge(tx, TENANT, id_of(901), err));
	TRY(count_beside(tx, id_of(901), 1, &fixture->arena, &kinds));
	CHECK(kinds == 0);
	EXPECT(store_record_find(tx, TENANT, id_of(3400), &fixture->arena, &row, err),
	       RC_NOT_FOUND);
	TRY(count_beside(tx, id_of(902), 2, &fixture->arena, &kinds));
	CHECK(kinds == 8);
	return RC_OK;
}

static void
a_purge_removes_every_row_of_its_subject_and_of_no_other(void **state)
{
	must_write(*state, purge, *state);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(a_record_comes_back_as_it_went_in_and_its_id_is_taken),
		STORE_TEST(an_update_needs_the_version_before_and_keeps_it_when_asked),
		STORE_TEST(lists_come_in_each_order_of_their_subject_and_class),
		STORE_TEST(facets_items_and_changes_filter_any_order),
		STORE_TEST(a_time_filter_means_overlap_with_a_half_open_range),
		STORE_TEST(paging_by_key_neither_skips_nor_repeats_a_row),
		STORE_TEST(a_list_leaves_bodies_out_when_asked_and_ends_at_its_limit),
		STORE_TEST(a_list_that_no_index_serves_is_refused),
		STORE_TEST(rows_that_do_not_fit_the_arena_are_a_limit_and_not_a_crash),
		STORE_TEST(a_term_is_found_exactly_and_only_once),
		STORE_TEST(an_absent_mark_is_all_zero_and_a_put_replaces),
		STORE_TEST(a_counter_starts_at_zero_and_adds),
		STORE_TEST(a_projection_follows_the_version_before),
		STORE_TEST(a_purge_removes_every_row_of_its_subject_and_of_no_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
