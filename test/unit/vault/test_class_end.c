/*
 * The end of one class of somebody who stays: what sums it up goes along, and what is
 * written later is nothing of it.
 */
#include "vault/past.h"
#include "vault/projection.h"
#include "vault/series.h"
#include "vault/vault_fixture.h"

static MUST_CHECK enum rc
count_letters(const void *arg, struct str old, struct buf *next, struct err *err)
{
	(void)arg;
	(void)err;
	buf_add(next, old);
	buf_add(next, STR("a"));
	return RC_OK;
}

static void
summary_append(struct fixture *f, struct id subject)
{
	const struct door door = door_of(f, SYSTEM, "care");
	const struct projection_change change = { .class = STR("health"),
		                                  .name = "letters",
		                                  .fn = count_letters };
	struct series_segment segment = { .facet = { 1 },
		                          .time_from_us = 5,
		                          .time_to_us = 5,
		                          .items = 1,
		                          .body = STR("seg") };
	struct series_append append = { .class = STR("alert"),
		                        .subject = subject,
		                        .segments = &segment,
		                        .segment_count = 1,
		                        .projection = &change };

	RC_IS(f, vault_series_append(&door, &append, &f->err), RC_OK);
}

/* Else it would neither open nor let anything be written beside it. */
static void
what_sums_up_a_class_goes_with_it_and_begins_anew(void **state)
{
	struct fixture *f = *state;
	const struct door admin = door_of(f, ADMIN, "care");
	const struct door system = door_of(f, SYSTEM, "care");
	struct id subject = f->actors[ANA].subject;
	struct str body;
	struct projection_query query = { .class = STR("health"),
		                          .name = "letters",
		                          .subjects = &subject,
		                          .count = 1,
		                          .bodies = &body };

	summary_append(f, subject);
	summary_append(f, subject);
	RC_IS(f, vault_class_erase(&admin, subject, STR("alert"), &f->err), RC_OK);
	RC_IS(f, vault_projections(&system, &query, &f->arena, &f->err), RC_OK);
	str_is(body, "aa"); /* of another class */
	RC_IS(f, vault_class_erase(&admin, subject, STR("health"), &f->err), RC_OK);
	assert_int_equal(database_number(f, "SELECT count(*) FROM projection"), 0);
	summary_append(f, subject);
	RC_IS(f, vault_projections(&system, &query, &f->arena, &f->err), RC_OK);
	str_is(body, "a");
}

/* Acknowledged, and then gone with the rows of before: so it is not taken. */
static void
nothing_is_written_into_a_class_while_its_rows_go(void **state)
{
	struct fixture *f = *state;
	const struct door admin = door_of(f, ADMIN, "care");
	const struct door system = door_of(f, SYSTEM, "care");
	struct id subject = f->actors[ANA].subject;
	struct vault_record health = record_of("health", subject, "{\"kind\":\"meal\"}");
	char sql[200];
	char id[40];

	(void)put_by_system(f, "health", subject, "{\"kind\":\"meal\"}");
	RC_IS(f, vault_class_erase(&admin, subject, STR("health"), &f->err), RC_OK);
	(void)snprintf(sql, sizeof(sql),
	               "INSERT INTO deadline VALUES(%lld, %s, %lld, 1, %d, 1)",
	               (long long)f->tenant->id, id_sql(subject, id),
	               (long long)policy_class_find(f->tenant->policy, STR("health"))->number,
	               DEADLINE_PURGING);
	database_change(f, sql, 1);
	RC_IS(f, vault_put(&system, &health, &f->err), RC_RETRY);
	(void)put_by_system(f, "alert", subject, "{\"kind\":\"low\"}");
	RC_IS(f, vault_purge_some(f->vault, INT64_MAX, &f->err), RC_OK);
	RC_IS(f, vault_put(&system, &health, &f->err), RC_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		VAULT_TEST(what_sums_up_a_class_goes_with_it_and_begins_anew),
		VAULT_TEST(nothing_is_written_into_a_class_while_its_rows_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
