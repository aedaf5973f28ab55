/* Tenants, policies, keys, subjects, tickets, rates, outbox, leases, settings and
 * the audit log's rows: what goes in comes out, and what must be refused is. */
#include "store/fixture.h"

#include "base/limits.h"
#include "store/duty.h"

#define IN_ONE_WRITE(name, transaction)                                                        \
	static void name(void **state)                                                         \
	{                                                                                      \
		must_write(*state, transaction, *state);                                       \
	}

static enum rc
tenants(struct store_tx *tx, void *arg, struct err *err)
{
	struct fixture *fixture = arg;
	struct tenant_row one = { .slug = STR("one"),
		                  .service = STR("measure"),
		                  .name = STR("One"),
		                  .zone = STR("Europe/Paris"),
		                  .state = TENANT_ACTIVE,
		                  .created_us = 5 };
	struct tenant_row two = one, *rows;
	size_t count = 0;

	TRY(store_tenant_insert(tx, &one, err));
	EXPECT(store_tenant_insert(tx, &two, err), RC_CONFLICT);
	two.slug = STR("two");
	TRY(store_tenant_insert(tx, &two, err));
	TRY(store_tenant_state(tx, two.id, TENANT_CLOSED, err));
	EXPECT(store_tenant_state(tx, 99, TENANT_CLOSED, err), RC_NOT_FOUND);
	TRY(store_tenant_list(tx, &fixture->arena, &rows, &count, err));
	CHECK(count == 2 && rows[0].id == 1 && rows[1].id == 2);
	CHECK(str_eq(rows[0].slug, one.slug) && str_eq(rows[0].service, one.service));
	CHECK(str_eq(rows[0].name, one.name) && str_eq(rows[0].zone, one.zone));
	CHECK(rows[0].state == TENANT_ACTIVE && rows[0].created_us == 5);
	CHECK(rows[1].state == TENANT_CLOSED);
	return RC_OK;
}
IN_ONE_WRITE(a_tenant_s_slug_is_its_own_and_its_state_changes, tenants)

static enum rc
policies(struct store_tx *tx, void *arg, struct err *err)
{
	struct fixture *fixture = arg;
	struct policy_row one = { .tenant = 1,
		                  .hash = { 1 },
		                  .version = STR("2026-01-01"),
		                  .source = STR("yaml"),
		                  .json = STR("{}"),
		                  .effective_us = 10,
		                  .loaded_us = 1 };
	struct policy_row two = one, *rows;
	size_t count = 0;

	TRY(store_policy_insert(tx, &one, err));
	EXPECT(store_policy_insert(tx, &one, err), RC_CONFLICT);
	two.hash[31] = 2;
	two.effective_us = 20;
	TRY(store_policy_insert(tx, &two, err));
	TRY(store_policy_list(tx, 1, &fixture->arena, &rows, &count, err));
	CHECK(count == 2 && rows[0].effective_us == 20 && rows[1].effective_us == 10);
	CHECK(rows[0].hash[31] == 2 && str_eq(rows[1].source, STR("yaml")));
	TRY(store_policy_list(tx, 2, &fixture->arena, &rows, &count, err));
	CHECK(count == 0);
	return RC_OK;
}
IN_ONE_WRITE(policies_come_newest_first_and_each_hash_once, policies)

/* Counts rows and deletes each, which a scan must stand. */
struct scan {
	struct store_tx *tx;
	int64_t count;
	bool deletes;
};

static enum rc
scan_each(const struct key_row *row, void *arg, struct err *err)
{
	struct scan *scan = arg;

	scan->count++;
	return scan->deletes ? store_key_delete(scan->tx, row, err) : RC_OK;
}

static enum rc
keys(struct store_tx *tx, void *arg, struct err *err)
{
	struct key_row key = {
		.tenant = 1, .owner = id_of(5), .class = 2, .slot = 7, .generation = 3
	};
	struct key_row found = { .tenant = 1, .owner = id_of(5), .class = 2 };
	struct scan scan = { .tx = tx };

	(void)arg;
	TRY(store_key_insert(tx, &key, err));
	EXPECT(store_key_insert(tx, &key, err), RC_CONFLICT);
	TRY(store_key_find(tx, &found, err));
	CHECK(found.slot == 7 && found.generation == 3);
	found.month = 202601;
	EXPECT(store_key_find(tx, &found, err), RC_NOT_FOUND);
	for (int64_t i = 0; i < 300; i++) {
		key.class = 10 + i;
		TRY(store_key_insert(tx, &key, err));
	}
	key.tenant = 2;
	TRY(store_key_insert(tx, &key, err));
	TRY(store_key_scan(tx, 1, id_of(5), scan_each, &scan, err));
	CHECK(scan.count == 301);
	scan.count = 0;
	TRY(store_key_scan(tx, 0, (struct id){ { 0 } }, scan_each, &scan, err));
	CHECK(scan.count == 302);
	scan = (struct scan){ tx, 0, true };
	TRY(store_key_scan(tx, 1, id_of(5), scan_each, &scan, err));
	CHECK(scan.count == 301);
	scan.count = 0;
	TRY(store_key_scan(tx, 1, id_of(5), scan_each, &scan, err));
	CHECK(scan.count == 0);
	return RC_OK;
}
IN_ONE_WRITE(a_scan_meets_each_key_once_even_when_it_deletes_them, keys)

static enum rc
subjects(struct store_tx *tx, void *arg, struct err *err)
{
	struct fixture *fixture = arg;
	struct subject_row row = { .tenant = 1,
		                   .id = id_of(1),
		                   .domain = id_of(77),
		                   .kind = 2,
		                   .state_version = 1,
		                   .created_us = 9 };
	struct subject_row found = { .tenant = 1, .id = id_of(1) }, *rows;
	struct subject_query query = { .tenant = 1, .limit = 2 };
	size_t count = 0;

	TRY(store_subject_insert(tx, &row, err));
	EXPECT(store_subject_insert(tx, &row, err), RC_CONFLICT);
	row.flags = SUBJECT_RESTRICTED;
	TRY(store_subject_update(tx, &row, err));
	EXPECT(store_subject_update(tx, &row, err), RC_RETRY);
	TRY(store_subject_find(tx, &found, err));
	CHECK(found.flags == SUBJECT_RESTRICTED && found.state_version == 2);
	CHECK(id_eq(found.domain, id_of(77)) && found.kind == 2 && found.created_us == 9);
	found.tenant = 2;
	EXPECT(store_subject_find(tx, &found, err), RC_NOT_FOUND);
	for (unsigned i = 2; i <= 4; i++) {
		row.id = id_of(i);
		row.kind = i;
		TRY(store_subject_insert(tx, &row, err));
	}
	TRY(store_subject_list(tx, &query, &fixture->arena, &rows, &count, err));
	CHECK(count == 2 && id_eq(rows[1].id, id_of(2)));
	query.after = rows[1].id;
	TRY(store_subject_list(tx, &query, &fixture->arena, &rows, &count, err));
	CHECK(count == 2 && id_eq(rows[1].id, id_of(4)));
	query = (struct subject_query){ .tenant = 1, .kind = 2, .limit = 1000 };
	TRY(store_subject_list(tx, &query, &fixture->arena, &rows, &count, err));
	CHECK(count == 2 && id_eq(rows[1].id, id_of(2)));
	query.limit = LIMIT_PAGE_ROWS + 1;
	EXPECT(store_subject_list(tx, &query, &fixture->arena, &rows, &count, err), RC_INVALID);
	return RC_OK;
}
IN_ONE_WRITE(a_subject_changes_only_at_the_version_that_was_read, subjects)

static enum rc
tickets(struct store_tx *tx, void *arg, struct err *err)
{
	struct fixture *fixture = arg;
	struct ticket_row row = { .tenant = 1,
		                  .kind = 2,
		                  .hash = { 1 },
		                  .id = id_of(1),
		                  .owner = id_of(50),
		                  .created_us = 10,
		                  .expires_us = 100,
		                  .state = 3,
		                  .body = STR("b") };
	struct ticket_row found = { .tenant = 1, .kind = 2, .hash = { 1 } }, *rows;
	int64_t removed = 0;
	size_t count = 0;

	TRY(store_ticket_insert(tx, &row, err));
	EXPECT(store_ticket_insert(tx, &row, err), RC_CONFLICT);
	row.used_us = 12;
	row.body = STR("c");
	TRY(store_ticket_update(tx, &row, err));
	EXPECT(store_ticket_update(tx, &row, err), RC_RETRY);
	TRY(store_ticket_find(tx, &fixture->arena, &found, err));
	CHECK(found.revision == 1 && found.used_us == 12 && found.state == 3);
	CHECK(str_eq(found.body, STR("c")) && id_eq(found.owner, id_of(50)));
	row = found;
	row.hash[0] = 2;
	row.id = id_of(2);
	row.created_us = 20;
	row.expires_us = 200;
	TRY(store_ticket_insert(tx, &row, err));
	row.hash[0] = 3;
	row.owner = id_of(51);
	TRY(store_ticket_insert(tx, &row, err));
	TRY(store_ticket_list(tx, 1, 2, id_of(50), &fixture->arena, &rows, &count, err));
	CHECK(count == 2 && rows[0].created_us == 20 && rows[1].created_us == 10);
	TRY(store_ticket_list(tx, 1, 2, (struct id){ { 0 } }, &fixture->arena, &rows, &count,
	                      err));
	CHECK(count == 3);
	TRY(store_ticket_delete(tx, &row, err));
	TRY(store_ticket_sweep(tx, 100, &removed, err));
	CHECK(removed == 0);
	TRY(store_ticket_sweep(tx, 101, &removed, err));
	CHECK(removed == 1);
	EXPECT(store_ticket_find(tx, &fixture->arena, &found, err), RC_NOT_FOUND);
	return RC_OK;
}
IN_ONE_WRITE(a_ticket_changes_only_at_its_revision_and_expires, tickets)

static enum rc
rate_hit(struct store_tx *tx, void *arg, struct err *err)
{
	static const struct rate_row row = { { 1 }, US_PER_MIN };
	static const struct rate_row other = { { 2 }, US_PER_MIN };
	int64_t *count = arg, apart = 0;

	TRY(store_rate_hit(tx, &row, count, err));
	return store_rate_hit(tx, &other, &apart, err);
}

static void
tries_are_counted_per_window_and_begin_again_after_it(void **state)
{
	struct fixture *fixture = *state;
	int64_t count = 0, now_us = clock_now_us(&fixture->clock);

	fixture->clock.offset_us = US_PER_MIN - now_us % US_PER_MIN; /* a window's start */
	for (int64_t i = 1; i <= 3; i++) {
		must_write(fixture, rate_hit, &count);
		assert_int_equal(count, i);
	}
	fixture->clock.offset_us += US_PER_MIN;
	must_write(fixture, rate_hit, &count);
	assert_int_equal(count, 1);
}

static enum rc
outbox(struct store_tx *tx, void *arg, struct err *err)
{
	struct fixture *fixture = arg;
	struct outbox_row row = { .tenant = 1,
		                  .created_us = 1,
		                  .state = OUTBOX_WAITING,
		                  .body = STR("m") },
			  *rows;
	int64_t now_us = store_tx_now_us(tx);
	size_t count = 0;

	for (unsigned i = 1; i <= 3; i++) {
		row.id = id_of(i);
		row.due_us = 40 - 10 * (int64_t)i;
		TRY(store_outbox_insert(tx, &row, err));
	}
	EXPECT(store_outbox_insert(tx, &row, err), RC_CONFLICT);
	TRY(store_outbox_due(tx, 20, &fixture->arena, &rows, &count, err));
	CHECK(count == 2 && rows[0].due_us == 10 && rows[1].due_us == 20);
	row = rows[0];
	row.state = OUTBOX_SENT;
	row.tries = 1;
	TRY(store_outbox_update(tx, &row, err));
	TRY(store_outbox_due(tx, 20, &fixture->arena, &rows, &count, err));
	CHECK(count == 1);
	TRY(store_outbox_list(tx, 1, &fixture->arena, &rows, &count, err));
	CHECK(count == 3 && id_eq(rows[0].id, id_of(3)) && rows[0].tries == 1);
	row = (struct outbox_row){ .tenant = 1,
		                   .id = id_of(4),
		                   .created_us = 1,
		                   .due_us = now_us + US_PER_DAY,
		                   .state = OUTBOX_WAITING,
		                   .body = STR("m") };
	TRY(store_outbox_insert(tx, &row, err));
	/* All are of this moment: one sent, two overdue and never sent, one of tomorrow. */
	TRY(store_outbox_sweep(tx, now_us, err));
	TRY(store_outbox_list(tx, 1, &fixture->arena, &rows, &count, err));
	CHECK(count == 4);
	TRY(store_outbox_sweep(tx, now_us + 1, err));
	TRY(store_outbox_list(tx, 1, &fixture->arena, &rows, &count, err));
	CHECK(count == 1 && id_eq(rows[0].id, id_of(4)));
	row.id = id_of(99);
	EXPECT(store_outbox_update(tx, &row, err), RC_NOT_FOUND);
	return RC_OK;
}
IN_ONE_WRITE(mail_is_due_oldest_first_and_swept_unless_its_time_is_to_come, outbox)

static enum rc
canaries(struct store_tx *tx, void *arg, struct err *err)
{
	const int64_t flags[] = { SUBJECT_CANARY | SUBJECT_ERASED, SUBJECT_ERASED,
		                  SUBJECT_CANARY };
	struct subject_row subject = { .tenant = 1, .kind = 1, .created_us = 1 };

	(void)arg;
	for (unsigned i = 0; i < 3; i++) {
		struct erasure_row erasure = { .tenant = 1,
			                       .id = id_of(70 + i),
			                       .kind = ERASURE_SUBJECT,
			                       .subject = id_of(60 + i) };
		subject.id = id_of(60 + i);
		subject.flags = flags[i];
		TRY(store_subject_insert(tx, &subject, err));
		TRY(store_erasure_insert(tx, &erasure, err));
		TRY(store_canary_forget(tx, 1, subject.id, err));
		EXPECT(store_subject_find(tx, &subject, err), i == 0 ? RC_NOT_FOUND : RC_OK);
		EXPECT(store_erasure_find(tx, &erasure, err), i == 0 ? RC_NOT_FOUND : RC_OK);
	}
	return store_canary_forget(tx, 1, id_of(90), err);
}
IN_ONE_WRITE(a_canary_that_is_erased_is_forgotten_and_nobody_else, canaries)

static enum rc
leases(struct store_tx *tx, void *arg, struct err *err)
{
	int64_t now_us = store_tx_now_us(tx);

	(void)arg;
	TRY(store_lease_take(tx, STR("sweep"), id_of(1), now_us + 10, err));
	TRY(store_lease_take(tx, STR("sweep"), id_of(1), now_us + 20, err));
	EXPECT(store_lease_take(tx, STR("sweep"), id_of(2), now_us + 30, err), RC_BUSY);
	TRY(store_lease_take(tx, STR("other"), id_of(2), now_us + 30, err));
	TRY(store_lease_take(tx, STR("sweep"), id_of(1), now_us, err));
	TRY(store_lease_take(tx, STR("sweep"), id_of(2), now_us + 30, err));
	return RC_OK;
}
IN_ONE_WRITE(a_lease_is_renewed_by_its_holder_and_taken_when_it_ended, leases)

static enum rc
settings(struct store_tx *tx, void *arg, struct err *err)
{
	struct fixture *fixture = arg;
	struct str value = STR("untouched");

	EXPECT(store_setting_find(tx, 0, STR("a"), &fixture->arena, &value, err), RC_NOT_FOUND);
	CHECK(str_eq(value, STR("untouched")));
	TRY(store_setting_put(tx, 0, STR("a"), STR("1\0002"), err));
	TRY(store_setting_put(tx, 1, STR("a"), STR_EMPTY, err));
	TRY(store_setting_find(tx, 0, STR("a"), &fixture->arena, &value, err));
	CHECK(str_eq(value, STR("1\0002")));
	TRY(store_setting_find(tx, 1, STR("a"), &fixture->arena, &value, err));
	CHECK(value.len == 0);
	TRY(store_setting_put(tx, 0, STR("a"), STR("3"), err));
	TRY(store_setting_find(tx, 0, STR("a"), &fixture->arena, &value, err));
	CHECK(str_eq(value, STR("3")));
	return RC_OK;
}
IN_ONE_WRITE(a_setting_is_replaced_and_belongs_to_its_tenant, settings)

static enum rc
entries(struct store_tx *tx, void *arg, struct err *err)
{
	struct fixture *fixture = arg;
	struct entry_row *rows;
	int64_t index = -1, size = -1;
	size_t count = 0;

	TRY(store_entry_size(tx, 1, &size, err));
	CHECK(size == 0);
	for (int64_t i = 0; i < 10; i++) {
		TRY(store_entry_append(tx, 1, i % 2 == 0 ? STR("even") : STR("odd"), &index,
		                       err));
		CHECK(index == i);
		TRY(store_entry_append(tx, 0, STR("server"), &index, err));
		CHECK(index == i);
	}
	TRY(store_entry_list(tx, 1, 3, 4, &fixture->arena, &rows, &count, err));
	CHECK(count == 4 && rows[0].index == 3 && rows[3].index == 6);
	CHECK(str_eq(rows[0].leaf, STR("odd")));
	TRY(store_entry_delete(tx, 1, 5, err));
	TRY(store_entry_list(tx, 1, 0, INT64_MAX, &fixture->arena, &rows, &count, err));
	CHECK(count == 5 && rows[0].index == 5);
	TRY(store_entry_size(tx, 1, &size, err));
	CHECK(size == 10);
	TRY(store_entry_delete(tx, 1, 10, err));
	TRY(store_entry_append(tx, 1, STR("next"), &index, err));
	CHECK(index == 10);
	TRY(store_entry_list(tx, 0, 0, 100, &fixture->arena, &rows, &count, err));
	CHECK(count == 10);
	TRY(store_entry_list(tx, 2, 0, 100, &fixture->arena, &rows, &count, err));
	CHECK(count == 0);
	return RC_OK;
}
IN_ONE_WRITE(a_log_numbers_its_leaves_without_a_gap_also_after_deletion, entries)

static enum rc
looks(struct store_tx *tx, void *arg, struct err *err)
{
	struct fixture *fixture = arg;
	struct look_row row = { 1, id_of(1), 0, 5, STR("who") }, *rows;
	size_t count = 0;

	for (row.index = 0; row.index < 5; row.index++)
		TRY(store_look_insert(tx, &row, err));
	TRY(store_look_list(tx, 1, id_of(1), 3, &fixture->arena, &rows, &count, err));
	CHECK(count == 3 && rows[0].index == 2 && rows[2].index == 0);
	CHECK(rows[0].time_us == 5 && str_eq(rows[0].body, STR("who")));
	TRY(store_look_list(tx, 1, id_of(2), 3, &fixture->arena, &rows, &count, err));
	CHECK(count == 0);
	row.index = 0;
	EXPECT(store_look_insert(tx, &row, err), RC_CONFLICT);
	return RC_OK;
}
IN_ONE_WRITE(looks_come_newest_first_below_an_index, looks)

static enum rc
looks_cut(struct store_tx *tx, void *arg, struct err *err)
{
	struct fixture *fixture = arg;
	struct look_row row = { 1, id_of(1), 0, 5, STR("who") }, *rows;
	size_t count = 0;
	int64_t removed = 0;

	for (; row.index < 1005; row.index++)
		TRY(store_look_insert(tx, &row, err));
	row.tenant = 2;
	row.index = 0;
	TRY(store_look_insert(tx, &row, err));
	TRY(store_look_cut_some(tx, 1, 1003, &removed, err));
	assert_int_equal(removed, 1000);
	TRY(store_look_cut_some(tx, 1, 1003, &removed, err));
	assert_int_equal(removed, 3);
	TRY(store_look_cut_some(tx, 1, 1003, &removed, err));
	assert_int_equal(removed, 0);
	TRY(store_look_list(tx, 1, id_of(1), INT64_MAX, &fixture->arena, &rows, &count, err));
	assert_int_equal(count, 2);
	TRY(store_look_list(tx, 2, id_of(1), INT64_MAX, &fixture->arena, &rows, &count, err));
	assert_int_equal(count, 1);
	return RC_OK;
}

IN_ONE_WRITE(looks_are_cut_below_an_index_in_chunks, looks_cut)

static enum rc
checkpoints(struct store_tx *tx, void *arg, struct err *err)
{
	struct fixture *fixture = arg;
	struct checkpoint_row row = { 1, 5, 1, STR("five") }, found, *rows;
	size_t count = 0;

	EXPECT(store_checkpoint_latest(tx, 1, &fixture->arena, &found, err), RC_NOT_FOUND);
	TRY(store_checkpoint_put(tx, &row, err));
	row = (struct checkpoint_row){ 1, 9, 2, STR("nine") };
	TRY(store_checkpoint_put(tx, &row, err));
	row.note = STR("nine again");
	TRY(store_checkpoint_put(tx, &row, err));
	TRY(store_checkpoint_latest(tx, 1, &fixture->arena, &found, err));
	CHECK(found.size == 9 && str_eq(found.note, STR("nine again")));
	TRY(store_checkpoint_list(tx, 1, &fixture->arena, &rows, &count, err));
	CHECK(count == 2 && rows[0].size == 5);
	return RC_OK;
}
IN_ONE_WRITE(the_latest_checkpoint_is_the_largest, checkpoints)

static enum rc
tiles(struct store_tx *tx, void *arg, struct err *err)
{
	struct fixture *fixture = arg;
	struct tile_row row = { 1, 0, 3, STR("hashes") }, found = { .tenant = 1, .index = 3 };

	EXPECT(store_tile_find(tx, &fixture->arena, &found, err), RC_NOT_FOUND);
	TRY(store_tile_put(tx, &row, err));
	row.hashes = STR("more hashes");
	TRY(store_tile_put(tx, &row, err));
	TRY(store_tile_find(tx, &fixture->arena, &found, err));
	CHECK(str_eq(found.hashes, STR("more hashes")));
	TRY(store_tile_delete(tx, &row, err));
	EXPECT(store_tile_find(tx, &fixture->arena, &found, err), RC_NOT_FOUND);
	return RC_OK;
}
IN_ONE_WRITE(a_tile_is_replaced_and_deleted, tiles)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(a_tenant_s_slug_is_its_own_and_its_state_changes),
		STORE_TEST(policies_come_newest_first_and_each_hash_once),
		STORE_TEST(a_scan_meets_each_key_once_even_when_it_deletes_them),
		STORE_TEST(a_subject_changes_only_at_the_version_that_was_read),
		STORE_TEST(a_ticket_changes_only_at_its_revision_and_expires),
		STORE_TEST(tries_are_counted_per_window_and_begin_again_after_it),
		STORE_TEST(mail_is_due_oldest_first_and_swept_unless_its_time_is_to_come),
		STORE_TEST(a_canary_that_is_erased_is_forgotten_and_nobody_else),
		STORE_TEST(a_lease_is_renewed_by_its_holder_and_taken_when_it_ended),
		STORE_TEST(a_setting_is_replaced_and_belongs_to_its_tenant),
		STORE_TEST(a_log_numbers_its_leaves_without_a_gap_also_after_deletion),
		STORE_TEST(looks_come_newest_first_below_an_index),
		STORE_TEST(looks_are_cut_below_an_index_in_chunks),
		STORE_TEST(the_latest_checkpoint_is_the_largest),
		STORE_TEST(a_tile_is_replaced_and_deleted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
