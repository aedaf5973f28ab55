/*
 * A sealed row opens only in its place: whoever writes to the database file
 * moves, renames or flips something, and the row is RC_CORRUPT and named.
 */
#include "vault/vault_fixture.h"

struct tampering {
	const char *name;
	const char *set; /* of UPDATE record SET … */
};

static const struct tampering tamperings[] = {
	{ "version", "version = version + 1" },
	{ "created", "created_us = created_us - 1" },
	{ "updated", "updated_after_us = updated_after_us + 1" },
	{ "facet", "facet0 = facet0 + 1" },
	{ "second facet", "facet1 = 7" },
	{ "time", "time_to_us = time_to_us + 1" },
	{ "start", "time_from_us = 1" },
	{ "items", "items = 2" },
	{ "deadline", "expires_us = 1" },
	{ "change", "change_from = 1, change_to = 1" },
	{ "cut short", "body = substr(body, 1, 20)" },
	{ "longer", "body = CAST(body || x'00' AS BLOB)" },
	{ "emptied", "body = x''" },
	{ "first byte", "body = CAST(x'00' || substr(body, 2) AS BLOB)" },
	{ "last byte", "body = CAST(substr(body, 1, length(body) - 1) || x'00' AS BLOB)" },
};

static struct vault_record
record_new(struct fixture *f, enum who who)
{
	return put_by_system(f, "health", f->actors[who].subject,
	                     "{\"kind\":\"meal\",\"taken\":\"2026-03-01T10:00:00Z\"}");
}

static enum rc
record_get(struct fixture *f, const char *class, struct id id)
{
	const struct door door = door_of(f, SYSTEM, "care");
	struct vault_record got;

	return vault_get(&door, str_from_c(class), id, &f->arena, &got, &f->err);
}

/* vault_verify() names the record. */
static void
check_names(struct fixture *f, struct id id)
{
	struct vault_check check;
	struct str name = id_to_str(&f->arena, id);

	RC_IS(f, vault_verify(f->vault, f->tenant, &f->arena, &check, &f->err), RC_CORRUPT);
	assert_int_equal(check.fault_count, 1);
	assert_non_null(
	    memmem(check.faults[0].where.ptr, check.faults[0].where.len, name.ptr, name.len));
}

static void
each_column_that_is_changed_makes_the_row_unreadable(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < COUNT_OF(tamperings); i++) {
		struct vault_record record = record_new(f, ANA);
		char sql[256];
		char id[40];
		enum rc rc;
		(void)snprintf(sql, sizeof(sql), "UPDATE record SET %s WHERE id = %s",
		               tamperings[i].set, id_sql(record.id, id));
		database_change(f, sql, 1);
		rc = record_get(f, "health", record.id);
		if (rc != RC_CORRUPT)
			fail_msg("%s: %s", tamperings[i].name, rc_name(rc));
		check_names(f, record.id);
		(void)snprintf(sql, sizeof(sql), "DELETE FROM record WHERE id = %s", id);
		database_change(f, sql, 1);
	}
}

static void
a_row_moved_to_another_subject_does_not_open(void **state)
{
	struct fixture *f = *state;
	struct vault_record ana = record_new(f, ANA);
	struct vault_record ben = record_new(f, BEN); /* so that there is a key to try */
	char sql[256];
	char to[40], which[40];

	(void)snprintf(sql, sizeof(sql), "UPDATE record SET subject = %s WHERE id = %s",
	               id_sql(f->actors[BEN].subject, to), id_sql(ana.id, which));
	database_change(f, sql, 1);
	assert_int_equal(record_get(f, "health", ana.id), RC_CORRUPT);
	assert_int_equal(record_get(f, "health", ben.id), RC_OK);
	check_names(f, ana.id);
}

static void
a_row_moved_to_another_class_does_not_open(void **state)
{
	struct fixture *f = *state;
	struct vault_record record = record_new(f, ANA);
	char sql[256];
	char which[40];

	(void)put_by_system(f, "alert", f->actors[ANA].subject, "{\"kind\":\"low\"}");
	(void)snprintf(sql, sizeof(sql), "UPDATE record SET class = %lld WHERE id = %s",
	               (long long)policy_class_find(f->tenant->policy, STR("alert"))->number,
	               id_sql(record.id, which));
	database_change(f, sql, 1);
	assert_int_equal(record_get(f, "alert", record.id), RC_CORRUPT);
	check_names(f, record.id);
}

static void
the_body_of_another_record_does_not_open(void **state)
{
	struct fixture *f = *state;
	struct vault_record a = record_new(f, ANA);
	struct vault_record b = record_new(f, ANA);
	char sql[400];
	char x[40], y[40];

	(void)snprintf(sql, sizeof(sql),
	               "UPDATE record SET body = (SELECT body FROM record r WHERE r.id = %s)"
	               " WHERE id = %s",
	               id_sql(b.id, y), id_sql(a.id, x));
	database_change(f, sql, 1);
	assert_int_equal(record_get(f, "health", a.id), RC_CORRUPT);
	assert_int_equal(record_get(f, "health", b.id), RC_OK);
}

static void
a_row_under_another_id_does_not_open(void **state)
{
	struct fixture *f = *state;
	struct vault_record record = record_new(f, ANA);
	struct id other = id_new(clock_now_us(&f->clock));
	char sql[256];
	char to[40], which[40];

	(void)snprintf(sql, sizeof(sql), "UPDATE record SET id = %s WHERE id = %s",
	               id_sql(other, to), id_sql(record.id, which));
	database_change(f, sql, 1);
	assert_int_equal(record_get(f, "health", other), RC_CORRUPT);
	check_names(f, other);
}

/* The old body under the new version: a change that is taken back unseen. */
static void
an_old_version_put_back_does_not_open(void **state)
{
	struct fixture *f = *state;
	const struct door door = door_of(f, SYSTEM, "care");
	struct vault_record record = record_new(f, ANA);
	char sql[400];
	char which[40];

	record.body = STR("{\"kind\":\"sport\",\"taken\":\"2026-03-01T10:00:00Z\"}");
	RC_IS(f, vault_put(&door, &record, &f->err), RC_OK);
	(void)snprintf(sql, sizeof(sql),
	               "UPDATE record SET body = (SELECT body FROM record_version v WHERE "
	               "v.id = record.id) WHERE id = %s",
	               id_sql(record.id, which));
	database_change(f, sql, 1);
	assert_int_equal(record_get(f, "health", record.id), RC_CORRUPT);
}

static void
a_flipped_byte_in_an_old_version_is_named_too(void **state)
{
	struct fixture *f = *state;
	const struct door door = door_of(f, SYSTEM, "care");
	struct vault_record record = record_new(f, ANA);

	RC_IS(f, vault_put(&door, &record, &f->err), RC_OK);
	database_change(
	    f, "UPDATE record_version SET body = CAST(substr(body, 1, 20) || x'0000' AS BLOB)",
	    1);
	check_names(f, record.id);
}

static void
a_row_of_a_class_that_is_not_declared_is_checked_too(void **state)
{
	struct fixture *f = *state;
	struct vault_record record = record_new(f, ANA);

	database_change(f, "UPDATE record SET class = 424242", 1);
	check_names(f, record.id);
}

static void
a_flipped_slot_is_named_by_the_check(void **state)
{
	struct fixture *f = *state;
	struct vault_check check;
	FILE *file;

	(void)record_new(f, ANA);
	RC_IS(f, vault_verify(f->vault, f->tenant, &f->arena, &check, &f->err), RC_OK);
	assert_int_equal(check.fault_count, 0);
	assert_int_equal(check.records, 1);
	assert_true(check.keys > 5);
	file = fopen(fixture_path(f, "keys.dat"), "r+b");
	assert_non_null(file);
	assert_int_equal(fseek(file, 64 * 3 + 20, SEEK_SET), 0);
	assert_int_equal(fputc(0x5a, file), 0x5a);
	(void)fclose(file);
	RC_IS(f, vault_verify(f->vault, f->tenant, &f->arena, &check, &f->err), RC_CORRUPT);
	assert_true(check.fault_count >= 1);
	str_is(check.faults[0].where, "keys.dat slot 3");
}

static void
errors_of_a_broken_row_hold_no_value(void **state)
{
	struct fixture *f = *state;
	struct vault_record record = record_new(f, ANA);

	database_change(f, "UPDATE record SET items = 2", 1);
	assert_int_equal(record_get(f, "health", record.id), RC_CORRUPT);
	assert_null(strstr(f->err.text, "meal"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		VAULT_TEST(each_column_that_is_changed_makes_the_row_unreadable),
		VAULT_TEST(a_row_moved_to_another_subject_does_not_open),
		VAULT_TEST(a_row_moved_to_another_class_does_not_open),
		VAULT_TEST(the_body_of_another_record_does_not_open),
		VAULT_TEST(a_row_under_another_id_does_not_open),
		VAULT_TEST(an_old_version_put_back_does_not_open),
		VAULT_TEST(a_flipped_byte_in_an_old_version_is_named_too),
		VAULT_TEST(a_row_of_a_class_that_is_not_declared_is_checked_too),
		VAULT_TEST(a_flipped_slot_is_named_by_the_check),
		VAULT_TEST(errors_of_a_broken_row_hold_no_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
