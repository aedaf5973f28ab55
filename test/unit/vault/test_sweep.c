/*
 * The sweep: what is past its time goes, what is not stays, and a clock that has
 * jumped sweeps nothing.
 *
 * Rows in bulk are put into the database file directly: the sweep opens none.
 */
#include "vault/past.h"
#include "vault/vault_fixture.h"

#define LOG_BODY    "{\"event\":\"started\"}"
#define LOG_KEPT_US (90 * US_PER_DAY)

/* The fixture's server runs so much later from here on, and its operator knows. */
static void
later(struct fixture *f, int64_t us)
{
	f->clock.offset_us += us;
	RC_IS(f, vault_clock_accept(f->vault, &f->err), RC_OK);
}

static struct retention_run
swept(struct fixture *f, const struct retention_run *how)
{
	struct retention_run run = *how;

	RC_IS(f, vault_retention_sweep(f->vault, f->tenant, &run, &f->arena, &f->err), RC_OK);
	return run;
}

static struct retention_run
sweep_all(struct fixture *f)
{
	return swept(f, &(struct retention_run){ 0 });
}

static const struct retention_line *
line_of(const struct retention_run *run, const char *class)
{
	for (size_t i = 0; i < run->count; i++) {
		if (str_eq(run->lines[i].class->name, str_from_c(class)))
			return &run->lines[i];
	}
	fail_msg("no line of %s", class);
	return NULL;
}

static int64_t
number_of(struct fixture *f, const char *class)
{
	return policy_class_find(f->tenant->policy, str_from_c(class))->number;
}

static int64_t
records_of(struct fixture *f, const char *class)
{
	char sql[128];

	(void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM record WHERE class = %lld",
	               (long long)number_of(f, class));
	return database_number(f, sql);
}

/* `count` rows of the class about a subject, made and expiring then. */
struct bulk {
	const char *class;
	struct id subject;
	int64_t created_us, expires_us;
	int count;
};

static void
rows_add(struct fixture *f, const struct bulk *bulk)
{
	char sql[900];
	char id[40];

	(void)snprintf(
	    sql, sizeof(sql),
	    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)"
	    " INSERT INTO record(tenant, subject, class, id, version, created_us,"
	    " updated_after_us, change_from, change_to, facet0, facet1, facet2, time_from_us,"
	    " time_to_us, items, expires_us, month, body)"
	    " SELECT %lld, %s, %lld, randomblob(16), 1, %lld, 0, 0, 0, 0, 0, 0, NULL, i, 1,"
	    " %lld, 202001, zeroblob(60) FROM n",
	    bulk->count, (long long)f->tenant->id, id_sql(bulk->subject, id),
	    (long long)number_of(f, bulk->class), (long long)bulk->created_us,
	    (long long)bulk->expires_us);
	database_change(f, sql, bulk->count);
}

static struct vault_record
put_as(struct fixture *f, const char *purpose, const char *class, const char *body)
{
	const struct door door = door_of(f, SYSTEM, purpose);
	struct vault_record record = record_of(class, f->actors[ANA].subject, body);

	RC_IS(f, vault_put(&door, &record, &f->err), RC_OK);
	return record;
}

static int64_t
certificates(struct fixture *f, const char *where)
{
	char sql[200];

	(void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM erasure WHERE %s", where);
	return database_number(f, sql);
}

/* --- records ------------------------------------------------------------------- */

static void
a_record_past_its_time_goes_with_its_versions_and_one_before_stays(void **state)
{
	struct fixture *f = *state;
	const struct door door = door_of(f, SYSTEM, "security");
	struct vault_record old = record_of("log", f->actors[ANA].subject, LOG_BODY);
	struct retention_run run;
	int64_t before;

	RC_IS(f, vault_put(&door, &old, &f->err), RC_OK);
	RC_IS(f, vault_put(&door, &old, &f->err), RC_OK); /* a second version */
	(void)put_by_system(f, "health", f->actors[ANA].subject, "{\"kind\":\"meal\"}");
	later(f, LOG_KEPT_US - US_PER_DAY);
	run = sweep_all(f);
	assert_int_equal(line_of(&run, "log")->due, 0);
	later(f, US_PER_DAY + US_PER_HOUR);
	before = log_size(f);
	run = sweep_all(f);
	assert_int_equal(line_of(&run, "log")->due, 1);
	assert_int_equal(line_of(&run, "log")->erased, 1);
	assert_int_equal(line_of(&run, "log")->oldest_us, INT64_MAX);
	assert_false(run.is_behind);
	(void)entry_is(f, before,
	               &(struct expected_entry){ "erase", "log", "none", "ok", "system", 1 });
	assert_int_equal(records_of(f, "log"), 0);
	assert_int_equal(records_of(f, "health"), 1);
	assert_int_equal(database_number(f, "SELECT count(*) FROM record_version"), 0);
	assert_int_equal(certificates(f, "kind = 3 AND items = 1 AND beyond_use_us = 0"), 1);
	log_verifies(f);
}

static void
terms_go_with_their_records(void **state)
{
	struct fixture *f = *state;
	int64_t terms = database_number(f, "SELECT count(*) FROM term");

	(void)put_as(f, "billing", "payment", "{\"reference\":\"R-1\"}");
	assert_int_equal(database_number(f, "SELECT count(*) FROM term"), terms + 1);
	later(f, 8 * 366 * US_PER_DAY);
	(void)sweep_all(f);
	assert_int_equal(records_of(f, "payment"), 0);
	assert_int_equal(database_number(f, "SELECT count(*) FROM term"), terms);
}

static void
a_dry_run_of_another_day_counts_and_changes_nothing(void **state)
{
	struct fixture *f = *state;
	struct retention_run run = { .is_dry = true,
		                     .as_of_us = clock_now_us(&f->clock) + LOG_KEPT_US +
		                                 2 * US_PER_DAY };
	int64_t before;

	(void)put_as(f, "security", "log", LOG_BODY);
	before = log_size(f);
	run = swept(f, &run);
	assert_int_equal(line_of(&run, "log")->due, 1);
	assert_int_equal(line_of(&run, "log")->erased, 0);
	assert_true(line_of(&run, "log")->oldest_us < run.as_of_us);
	assert_true(run.is_behind);
	assert_int_equal(log_size(f), before);
	assert_int_equal(records_of(f, "log"), 1);
	run.is_dry = false;
	RC_IS(f, vault_retention_sweep(f->vault, f->tenant, &run, &f->arena, &f->err),
	      RC_INVALID);
}

static void
twenty_thousand_go_in_chunks_each_with_its_entry(void **state)
{
	struct fixture *f = *state;
	int64_t now_us = clock_now_us(&f->clock);
	struct bulk bulk = { "log", f->actors[ANA].subject, now_us - 100 * US_PER_DAY,
		             now_us - US_PER_HOUR, 20000 };
	struct store_figures at_first, at_last;
	struct retention_run run;
	int64_t before;
	int64_t count = 0;

	rows_add(f, &bulk);
	before = log_size(f);
	store_figures(vault_store(f->vault), &at_first);
	run = sweep_all(f);
	store_figures(vault_store(f->vault), &at_last);
	assert_int_equal(line_of(&run, "log")->erased, 20000);
	assert_int_equal(records_of(f, "log"), 0);
	assert_false(run.is_behind);
	for (int64_t i = before; i < log_size(f); i++)
		count += log_entry(f, i).count;
	assert_int_equal(count, 20000);
	assert_int_equal(log_size(f) - before, 20000 / SWEEP_CHUNK);
	/* A chunk is a write; the rest of the run takes some more, however many chunks. */
	assert_true(at_last.writes - at_first.writes < 20000 / SWEEP_CHUNK + 20);
	assert_int_equal(certificates(f, "items = 20000"), 1);
}

static void
a_run_takes_no_more_than_its_cap_and_says_so(void **state)
{
	struct fixture *f = *state;
	int64_t now_us = clock_now_us(&f->clock);
	struct bulk bulk = { "log", f->actors[ANA].subject, now_us - 100 * US_PER_DAY,
		             now_us - US_PER_HOUR, 1700 };
	struct retention_run run = { .most = 1200 };

	rows_add(f, &bulk);
	run = swept(f, &run);
	assert_int_equal(line_of(&run, "log")->due, 1700);
	assert_int_equal(line_of(&run, "log")->erased, 1200);
	assert_int_equal(line_of(&run, "log")->oldest_us, now_us - US_PER_HOUR);
	assert_true(run.is_behind);
	assert_int_equal(records_of(f, "log"), 500);
	run = sweep_all(f);
	assert_int_equal(line_of(&run, "log")->erased, 500);
	assert_false(run.is_behind);
}

/* As when the policy said ten years, and says 90 days since. */
static void
a_shortened_period_takes_older_records_too_and_a_longer_one_gives_no_time(void **state)
{
	struct fixture *f = *state;
	int64_t now_us = clock_now_us(&f->clock);
	struct bulk shortened = { "log", f->actors[ANA].subject, now_us - 100 * US_PER_DAY,
		                  now_us + 3000 * US_PER_DAY, 700 };
	struct bulk longer = { "log", f->actors[BEN].subject, now_us - 2 * US_PER_DAY,
		               now_us - US_PER_DAY, 5 };
	struct retention_run run = { .is_dry = true };

	rows_add(f, &shortened);
	run = swept(f, &run);
	assert_int_equal(line_of(&run, "log")->due, 700);
	rows_add(f, &longer);
	run = sweep_all(f);
	assert_int_equal(line_of(&run, "log")->due, 705);
	assert_int_equal(line_of(&run, "log")->erased, 705);
}

/* --- months ----------------------------------------------------------------------- */

static int64_t
month_keys(struct fixture *f, const char *class)
{
	char sql[200];

	(void)snprintf(sql, sizeof(sql),
	               "SELECT count(*) FROM key_slot WHERE class = %lld AND month > 1",
	               (long long)number_of(f, class));
	return database_number(f, sql);
}

static void
the_key_of_a_month_goes_when_the_month_is_over(void **state)
{
	struct fixture *f = *state;

	(void)put_as(f, "security", "log", LOG_BODY);
	assert_int_equal(month_keys(f, "log"), 1);
	later(f, LOG_KEPT_US + US_PER_HOUR);
	(void)sweep_all(f);
	assert_int_equal(certificates(f, "kind = 3 AND beyond_use_us > 0"), 0);
	later(f, 32 * US_PER_DAY);
	(void)sweep_all(f);
	assert_int_equal(month_keys(f, "log"), 0);
	assert_int_equal(certificates(f, "kind = 4 AND beyond_use_us > 0"), 1);
	assert_int_equal(certificates(f, "kind = 3 AND beyond_use_us > 0"), 1);
	assert_int_equal(certificates(f, "epoch = 9223372036854775807"), 0);
}

/* --- deadlines ------------------------------------------------------------------------ */

static void
account_close(struct fixture *f, struct id subject)
{
	const struct door door = door_of(f, SYSTEM, "care");
	const struct retention_trigger closed = { subject, KEEP_ACCOUNT_CLOSED,
		                                  clock_now_us(&f->clock) };

	RC_IS(f, vault_retention_trigger(&door, &closed, &f->err), RC_OK);
}

static void
a_closed_account_goes_class_by_class_and_then_altogether(void **state)
{
	struct fixture *f = *state;
	struct id subject = f->actors[ANA].subject;
	struct subject_row row = { .tenant = f->tenant->id, .id = subject };
	struct retention_run run;

	(void)put_by_system(f, "alert", subject, "{\"kind\":\"low\"}");
	(void)put_by_system(f, "account", subject, "{\"name\":\"Erin\"}");
	(void)put_by_system(f, "health", subject, "{\"kind\":\"meal\"}");
	account_close(f, subject);
	run = sweep_all(f);
	assert_int_equal(line_of(&run, "alert")->erased, 1); /* 0s */
	assert_int_equal(records_of(f, "alert"), 0);
	assert_int_equal(records_of(f, "account"), 1);
	later(f, 2 * 366 * US_PER_DAY);
	(void)sweep_all(f);
	assert_int_equal(records_of(f, "account"), 0);
	assert_int_equal(records_of(f, "health"), 1);
	RC_IS(f, vault_subject_find(f->vault, &row, &f->err), RC_OK);
	assert_true((row.flags & SUBJECT_ERASED) == 0);
	later(f, 5 * 366 * US_PER_DAY);
	(void)sweep_all(f);
	assert_int_equal(records_of(f, "health"), 0);
	RC_IS(f, vault_subject_find(f->vault, &row, &f->err), RC_OK);
	assert_true((row.flags & SUBJECT_ERASED) != 0);
	assert_int_equal(certificates(f, "kind = 1"), 1);
	assert_int_equal(database_number(f, "SELECT count(*) FROM deadline"), 0);
	log_verifies(f);
}

static void
what_was_opened_again_stays(void **state)
{
	struct fixture *f = *state;
	const struct door door = door_of(f, SYSTEM, "care");
	struct id subject = f->actors[ANA].subject;

	(void)put_by_system(f, "account", subject, "{\"name\":\"Erin\"}");
	account_close(f, subject);
	RC_IS(f, vault_retention_reopen(&door, subject, &f->err), RC_OK);
	later(f, 20 * 366 * US_PER_DAY);
	(void)sweep_all(f);
	assert_int_equal(records_of(f, "account"), 1);
}

/* --- the log ----------------------------------------------------------------------------- */

/* Six years, says the class. */
static void
the_log_is_cut_when_its_time_is_over(void **state)
{
	struct fixture *f = *state;
	const struct door door = door_of(f, SYSTEM, "security");
	const struct vault_act act = { .act = STR("noted"), .outcome = STR("ok") };
	struct retention_run run;
	struct audit_report report;
	struct audit_log log = { 0 };
	char dir[96];

	for (int i = 0; i < 600; i++)
		RC_IS(f, vault_note(&door, &act, NULL, &f->err), RC_OK);
	RC_IS(f, vault_tick(f->vault, &f->err), RC_OK);
	later(f, 6 * 365 * US_PER_DAY);
	run = sweep_all(f);
	assert_int_equal(line_of(&run, "audit")->erased, 0);
	later(f, 3 * US_PER_DAY);
	run = sweep_all(f);
	assert_int_equal(line_of(&run, "audit")->erased, 512);
	str_is(log_entry(f, log_size(f) - 1).act, "prune");
	RC_IS(f, vault_tick(f->vault, &f->err), RC_OK);
	(void)snprintf(dir, sizeof(dir), "%s/log", f->dir);
	RC_IS(f, audit_identity(vault_audit(f->vault), f->tenant->id, &log, &f->err), RC_OK);
	log.store = vault_store(f->vault);
	log.tenant = f->tenant->id;
	log.dir = dir;
	RC_IS(f, audit_verify(&log, &report, &f->err), RC_OK);
	assert_int_equal((int64_t)report.entries, log_size(f) - 512);
}

/* Who looked is told as long as the log can show it. */
static void
lines_of_who_looked_go_with_the_log(void **state)
{
	struct fixture *f = *state;
	const struct door security = door_of(f, SYSTEM, "security");
	const struct door door = door_of(f, ANA, "care");
	const struct vault_act act = { .act = STR("noted"), .outcome = STR("ok") };
	struct looks_query query = { f->actors[ANA].subject, INT64_MAX };
	struct vault_record record = put_by_system(f, "account", f->actors[ANA].subject, "{}");
	struct vault_record read;
	struct looks looks;

	RC_IS(f, vault_get(&door, record.class, record.id, &f->arena, &read, &f->err), RC_OK);
	for (int i = 0; i < 600; i++)
		RC_IS(f, vault_note(&security, &act, NULL, &f->err), RC_OK);
	RC_IS(f, vault_get(&door, record.class, record.id, &f->arena, &read, &f->err), RC_OK);
	RC_IS(f, vault_tick(f->vault, &f->err), RC_OK);
	later(f, 6 * 365 * US_PER_DAY);
	(void)sweep_all(f);
	RC_IS(f, vault_looks(&door, &query, &f->arena, &looks, &f->err), RC_OK);
	assert_int_equal(looks.count, 2);
	later(f, 3 * US_PER_DAY);
	(void)sweep_all(f);
	RC_IS(f, vault_looks(&door, &query, &f->arena, &looks, &f->err), RC_OK);
	assert_int_equal(looks.count, 2); /* the second, and that she asked before */
	assert_true(looks.items[1].entry >= 512);
}

/* --- what does not open ------------------------------------------------------------------ */

static void
record_damage(struct fixture *f, struct id id)
{
	char sql[200];
	char text[40];

	(void)snprintf(sql, sizeof(sql), "UPDATE record SET body = zeroblob(60) WHERE id = %s",
	               id_sql(id, text));
	database_change(f, sql, 1);
}

/* Of the hold there is the row alone: it was placed just before a crash. */
static void
a_held_record_that_does_not_open_stops_nothing_else(void **state)
{
	struct fixture *f = *state;
	struct vault_record held = put_as(f, "security", "log", LOG_BODY);
	char sql[300];
	char subject[40], record[40];

	(void)put_as(f, "security", "log", LOG_BODY);
	(void)snprintf(
	    sql, sizeof(sql),
	    "INSERT INTO hold VALUES(%lld, randomblob(16), %s, %lld, %s, 1, 0, x'00')",
	    (long long)f->tenant->id, id_sql(held.subject, subject),
	    (long long)number_of(f, "log"), id_sql(held.id, record));
	database_change(f, sql, 1);
	record_damage(f, held.id);
	later(f, LOG_KEPT_US + US_PER_DAY);
	(void)sweep_all(f);
	assert_int_equal(records_of(f, "log"), 1);
	fixture_reopen(f);
}

/* --- the clock -------------------------------------------------------------------------- */

static void
sweep_is(struct fixture *f, enum rc expected)
{
	struct retention_run run = { 0 };

	RC_IS(f, vault_retention_sweep(f->vault, f->tenant, &run, &f->arena, &f->err),
	      expected);
}

static void
a_clock_that_jumps_within_a_process_stops_the_sweep_until_it_is_accepted(void **state)
{
	struct fixture *f = *state;

	(void)put_as(f, "security", "log", LOG_BODY);
	sweep_is(f, RC_OK);
	f->clock.offset_us += LOG_KEPT_US + US_PER_DAY;
	sweep_is(f, RC_PRECONDITION);
	assert_int_equal(records_of(f, "log"), 1);
	f->clock.offset_us -= LOG_KEPT_US + US_PER_DAY; /* back: what jumped is not trusted */
	sweep_is(f, RC_PRECONDITION);
	RC_IS(f, vault_clock_accept(f->vault, &f->err), RC_OK);
	sweep_is(f, RC_OK);
	assert_int_equal(records_of(f, "log"), 1);
}

static void
a_clock_that_went_back_or_a_week_ahead_while_nothing_ran_stops_it_too(void **state)
{
	struct fixture *f = *state;

	sweep_is(f, RC_OK);
	f->clock.offset_us += 6 * US_PER_DAY; /* a server that was off for some days */
	fixture_reopen(f);
	sweep_is(f, RC_OK);
	f->clock.offset_us += 8 * US_PER_DAY;
	fixture_reopen(f);
	sweep_is(f, RC_PRECONDITION);
	RC_IS(f, vault_clock_accept(f->vault, &f->err), RC_OK);
	sweep_is(f, RC_OK);
	f->clock.offset_us -= 2 * US_PER_HOUR;
	fixture_reopen(f);
	sweep_is(f, RC_PRECONDITION);
	fixture_reopen(f); /* and another start is no answer */
	sweep_is(f, RC_PRECONDITION);
}

static void
a_tick_goes_on_when_the_clock_has_jumped(void **state)
{
	struct fixture *f = *state;

	RC_IS(f, vault_tick(f->vault, &f->err), RC_OK);
	f->clock.offset_us += 400 * US_PER_DAY;
	RC_IS(f, vault_tick(f->vault, &f->err), RC_OK);
	sweep_is(f, RC_PRECONDITION);
	RC_IS(f, vault_tick(f->vault, &f->err), RC_OK);
}

/* --- the client's approval ------------------------------------------------------------------
 */

static struct str
replaced(struct fixture *f, struct str text, const char *old, const char *new)
{
	const char *place = memmem(text.ptr, text.len, old, strlen(old));
	const char *rest;

	assert_non_null(place);
	rest = place + strlen(old);
	return str_printf(&f->arena, "%.*s%s%.*s", (int)(place - text.ptr), text.ptr, new,
	                  (int)(text.ptr + text.len - rest), rest);
}

/* The same policy, but for what follows the log's 90 days and health's 7 years:
 * the client decides, whose data they are. */
static void
asking_policy(struct fixture *f)
{
	struct policy_diagnostics faults = { .arena = &f->arena };
	struct tenant_new new = { STR("ask"), STR("Lumen"), STR("Europe/Paris"), STR_EMPTY,
		                  &faults };
	struct str yaml = fixture_file(f, "policies/measure.yaml");

	yaml = replaced(f, yaml, "keep: { until: recorded, plus: 90d, then: erase }",
	                "role: processor\n"
	                "    keep: { until: recorded, plus: 90d, then: ask_client }");
	yaml = replaced(f, yaml, "keep: { until: account_closed, plus: 7y, then: erase }",
	                "role: processor\n"
	                "    keep: { until: account_closed, plus: 7y, then: ask_client }");
	new.policy_yaml = yaml;
	RC_IS(f, vault_tenant_add(f->vault, &new, &f->err), RC_OK);
	f->tenant = vault_tenant_find(f->vault, STR("ask"));
	fixture_people(f);
}

static void
what_asks_the_client_waits_until_it_is_approved(void **state)
{
	struct fixture *f = *state;
	struct door door;
	struct door admin;
	struct retention_run run;
	struct id subject;
	int64_t count = 0;

	asking_policy(f);
	door = door_of(f, SYSTEM, "law");
	admin = door_of(f, AUDITOR, "law");
	subject = f->actors[ANA].subject;
	(void)put_as(f, "security", "log", LOG_BODY);
	(void)put_by_system(f, "health", subject, "{\"kind\":\"meal\"}");
	account_close(f, subject);
	later(f, 8 * 366 * US_PER_DAY);
	for (int times = 0; times < 2; times++) {
		run = sweep_all(f);
		assert_int_equal(line_of(&run, "log")->waiting, 1);
		assert_int_equal(line_of(&run, "health")->waiting, 1);
		assert_int_equal(line_of(&run, "log")->erased, 0);
		assert_false(run.is_behind);
	}
	assert_int_equal(records_of(f, "health") + records_of(f, "log"), 2);
	RC_IS(f, vault_retention_approve(&admin, STR("log"), &count, &f->err), RC_DENIED);
	RC_IS(f, vault_retention_approve(&door, STR("account"), &count, &f->err), RC_INVALID);
	RC_IS(f, vault_retention_approve(&door, STR("log"), &count, &f->err), RC_OK);
	assert_int_equal(count, 1);
	run = sweep_all(f);
	assert_int_equal(line_of(&run, "log")->erased, 1);
	assert_int_equal(records_of(f, "health"), 1);
	RC_IS(f, vault_retention_approve(&door, STR("health"), &count, &f->err), RC_OK);
	assert_int_equal(count, 1);
	run = sweep_all(f);
	assert_int_equal(line_of(&run, "health")->erased, 1);
	assert_int_equal(records_of(f, "health"), 0);
}

static void
an_approval_covers_what_was_due_and_not_what_comes_later(void **state)
{
	struct fixture *f = *state;
	struct retention_run run;
	struct door door;
	int64_t count = 0;

	asking_policy(f);
	door = door_of(f, SYSTEM, "law");
	(void)put_as(f, "security", "log", LOG_BODY);
	later(f, LOG_KEPT_US + US_PER_DAY);
	RC_IS(f, vault_retention_approve(&door, STR("log"), &count, &f->err), RC_OK);
	(void)put_as(f, "security", "log", LOG_BODY);
	later(f, LOG_KEPT_US + US_PER_DAY);
	run = sweep_all(f);
	assert_int_equal(line_of(&run, "log")->erased, 1);
	assert_int_equal(line_of(&run, "log")->waiting, 1);
	assert_int_equal(records_of(f, "log"), 1);
}

/* --- de-identified copies -------------------------------------------------------------------
 */

static void
log_becomes_deidentified(struct fixture *f)
{
	struct policy_diagnostics faults = { .arena = &f->arena };
	struct tenant_new new = { STR("deid"), STR("Lumen"), STR("Europe/Paris"), STR_EMPTY,
		                  &faults };
	struct str yaml = fixture_file(f, "policies/measure.yaml");

	yaml = replaced(f, yaml, "keep: { until: recorded, plus: 90d, then: erase }",
	                "keep: { until: recorded, plus: 90d, then: deidentify }");
	new.policy_yaml =
	    replaced(f, yaml, "keep: { until: account_closed, plus: 7y, then: erase }",
	             "keep: { until: account_closed, plus: 7y, then: deidentify }");
	RC_IS(f, vault_tenant_add(f->vault, &new, &f->err), RC_OK);
	f->tenant = vault_tenant_find(f->vault, STR("deid"));
	fixture_people(f);
}

static struct vault_record
only_record(struct fixture *f, const char *class, const char *purpose)
{
	const struct door door = door_of(f, SYSTEM, purpose);
	struct record_query query = { .order = RECORD_BY_ID, .limit = 10 };
	struct vault_records records;

	RC_IS(f, vault_list(&door, str_from_c(class), &query, &f->arena, &records, &f->err),
	      RC_OK);
	assert_int_equal(records.count, 1);
	return records.items[0];
}

static void
no_text_of(struct str body, const char *text)
{
	if (memmem(body.ptr, body.len, text, strlen(text)) != NULL)
		fail_msg("%s is still there", text);
}

static void
a_deidentified_copy_lies_under_a_subject_that_nobody_is(void **state)
{
	struct fixture *f = *state;
	struct vault_record copy;
	struct subject_row row;
	struct retention_run run;

	log_becomes_deidentified(f);
	(void)put_as(f, "security", "log",
	             "{\"event\":\"mail to erin@example.org failed\",\"level\":\"error\","
	             "\"at\":\"2026-03-01T10:00:00Z\"}");
	later(f, LOG_KEPT_US + US_PER_DAY);
	run = sweep_all(f);
	assert_int_equal(line_of(&run, "log")->erased, 1);
	copy = only_record(f, "log", "security");
	assert_false(id_eq(copy.subject, f->actors[ANA].subject));
	no_text_of(copy.body, "erin@example.org");
	no_text_of(copy.body, "2026-03-01");
	assert_non_null(memmem(copy.body.ptr, copy.body.len, "failed", 6));
	row = (struct subject_row){ .tenant = f->tenant->id, .id = copy.subject };
	RC_IS(f, vault_subject_find(f->vault, &row, &f->err), RC_OK);
	assert_int_equal(row.flags, SUBJECT_NOBODY);
	assert_int_equal(row.kind, policy_number(STR("member")));
	later(f, LOG_KEPT_US + US_PER_DAY); /* a copy is not copied again */
	run = sweep_all(f);
	assert_int_equal(line_of(&run, "log")->due, 0);
	assert_true(id_eq(only_record(f, "log", "security").id, copy.id));
	log_verifies(f);
}

static void
what_does_not_open_has_no_copy_and_stops_no_other(void **state)
{
	struct fixture *f = *state;
	struct vault_record damaged;

	log_becomes_deidentified(f);
	damaged = put_as(f, "security", "log", LOG_BODY);
	(void)put_as(f, "security", "log", "{\"event\":\"stopped\"}");
	record_damage(f, damaged.id);
	later(f, LOG_KEPT_US + US_PER_DAY);
	(void)sweep_all(f);
	assert_non_null(memmem(only_record(f, "log", "security").body.ptr, 20, "stopped", 7));
}

static void
a_class_that_ends_leaves_copies_and_no_key(void **state)
{
	struct fixture *f = *state;
	struct vault_record copy;
	struct vault_record record;

	log_becomes_deidentified(f);
	record = put_by_system(f, "health", f->actors[ANA].subject,
	                       "{\"kind\":\"meal\",\"note\":\"call me at +33 1 99 00 12 34\"}");
	account_close(f, f->actors[ANA].subject);
	later(f, 8 * 366 * US_PER_DAY);
	(void)sweep_all(f);
	copy = only_record(f, "health", "care");
	assert_false(id_eq(copy.id, record.id));
	no_text_of(copy.body, "99 00 12");
	assert_int_equal(certificates(f, "kind = 1"),
	                 1); /* and of the person nothing is left */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		VAULT_TEST(a_record_past_its_time_goes_with_its_versions_and_one_before_stays),
		VAULT_TEST(terms_go_with_their_records),
		VAULT_TEST(a_dry_run_of_another_day_counts_and_changes_nothing),
		VAULT_TEST(twenty_thousand_go_in_chunks_each_with_its_entry),
		VAULT_TEST(a_run_takes_no_more_than_its_cap_and_says_so),
		VAULT_TEST(
		    a_shortened_period_takes_older_records_too_and_a_longer_one_gives_no_time),
		VAULT_TEST(the_key_of_a_month_goes_when_the_month_is_over),
		VAULT_TEST(a_closed_account_goes_class_by_class_and_then_altogether),
		VAULT_TEST(what_was_opened_again_stays),
		VAULT_TEST(the_log_is_cut_when_its_time_is_over),
		VAULT_TEST(lines_of_who_looked_go_with_the_log),
		VAULT_TEST(a_held_record_that_does_not_open_stops_nothing_else),
		VAULT_TEST(what_does_not_open_has_no_copy_and_stops_no_other),
		VAULT_TEST(
		    a_clock_that_jumps_within_a_process_stops_the_sweep_until_it_is_accepted),
		VAULT_TEST(
		    a_clock_that_went_back_or_a_week_ahead_while_nothing_ran_stops_it_too),
		VAULT_TEST(a_tick_goes_on_when_the_clock_has_jumped),
		VAULT_TEST(what_asks_the_client_waits_until_it_is_approved),
		VAULT_TEST(a_deidentified_copy_lies_under_a_subject_that_nobody_is),
		VAULT_TEST(a_class_that_ends_leaves_copies_and_no_key),
		VAULT_TEST(an_approval_covers_what_was_due_and_not_what_comes_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
