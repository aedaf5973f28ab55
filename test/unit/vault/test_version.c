/*
 * Versions of a policy: the notice that a material change needs, the day on which
 * a version takes effect, what it must leave alone.
 *
 * Days are counted here with the calendar of base/clock.h and the rules of
 * docs/policy-language.md ("Change of policy"); the tenant's zone is Europe/Paris.
 */
#include "vault/version.h"

#include "base/zone.h"
#include "vault_fixture.h"

#define NOTICE_DAYS 30 /* of policies/measure.yaml */

static struct zone *paris;

static int
zone_setup(void **state)
{
	struct err err;

	(void)state;
	return zone_open(&paris, STR("Europe/Paris"), &err) == RC_OK ? 0 : -1;
}

static int
zone_teardown(void **state)
{
	(void)state;
	zone_close(&paris);
	return 0;
}

/* --- policies made from the reference --------------------------------------------------- */

/* The date in Paris, so many days after today: "2026-03-01". */
static struct str
day(struct fixture *f, int days)
{
	int64_t now_us = clock_now_us(&f->clock);
	int offset_s = zone_offset_s(paris, now_us);
	struct civil civil = civil_from_us(now_us + days * US_PER_DAY, offset_s);

	return str_printf(&f->arena, "%04d-%02d-%02d", civil.year, civil.month, civil.day);
}

static int64_t
midnight_us(struct fixture *f, struct str date)
{
	struct civil civil;
	int64_t us = 0;

	RC_IS(f, date_parse(date, &us, &f->err), RC_OK);
	civil = civil_from_us(us, 0);
	return zone_local_to_us(paris, &civil);
}

/* `text` with the first `old` in it replaced. */
static struct str
replaced(struct fixture *f, struct str text, const char *old, struct str new)
{
	const char *at = memmem(text.ptr, text.len, old, strlen(old));
	struct str head, tail;

	assert_non_null(at);
	head = (struct str){ text.ptr, (size_t)(at - text.ptr) };
	tail = (struct str){ at + strlen(old), text.len - head.len - strlen(old) };
	return str_printf(&f->arena, "%.*s%.*s%.*s", STR_ARGS(head), STR_ARGS(new),
	                  STR_ARGS(tail));
}

static struct str
dated(struct fixture *f, int days)
{
	return replaced(f, f->tenant->policy->source, "version: 2026-01-01",
	                str_printf(&f->arena, "version: %.*s", STR_ARGS(day(f, days))));
}

static struct str
minor(struct fixture *f, int days)
{
	return replaced(f, dated(f, days), "title: Privacy policy",
	                STR("title: Our privacy policy"));
}

static struct str
material(struct fixture *f, int days)
{
	return replaced(f, dated(f, days), "to take payments and send invoices",
	                STR("to take payments, and to advertise"));
}

static enum rc
load_as(struct fixture *f, enum who who, struct str yaml, struct policy_load *load)
{
	struct door door = door_of(f, who, "security");
	struct policy_diagnostics *faults =
	    arena_alloc(&f->arena, sizeof(*faults), _Alignof(struct policy_diagnostics));

	*faults = (struct policy_diagnostics){ .arena = &f->arena };
	load->yaml = yaml;
	load->faults = faults;
	return vault_policy_load(&door, load, &f->arena, &f->err);
}

static enum rc
load(struct fixture *f, struct str yaml)
{
	struct policy_load given = { 0 };

	return load_as(f, ADMIN, yaml, &given);
}

/* Sets the clock to an instant. */
static void
clock_to(struct fixture *f, int64_t us)
{
	f->clock.offset_us += us - clock_now_us(&f->clock);
}

static void
tick(struct fixture *f)
{
	RC_IS(f, vault_tick(f->vault, &f->err), RC_OK);
}

static size_t
version_count(struct fixture *f)
{
	struct policy_versions versions = { 0 };

	RC_IS(f, vault_version_list(f->vault, f->tenant, &f->arena, &versions, &f->err), RC_OK);
	return versions.count;
}

/* Entries of that act. */
static int
acts(struct fixture *f, const char *act)
{
	int count = 0;

	for (int64_t i = 0; i < log_size(f); i++)
		count += str_eq(log_entry(f, i).act, str_from_c(act));
	return count;
}

/* --- notice ----------------------------------------------------------------------------- */

static void
a_material_change_inside_the_notice_is_refused_and_the_first_day_is_named(void **state)
{
	struct fixture *f = *state;
	struct policy_load given = { 0 };
	struct str first = day(f, NOTICE_DAYS + 1);

	RC_IS(f, load_as(f, ADMIN, material(f, NOTICE_DAYS), &given), RC_PRECONDITION);
	assert_non_null(strstr(f->err.text, str_to_c(&f->arena, first)));
	assert_true(given.is_material);
	assert_true(given.changes.count >= 2); /* the version, the purpose */
	assert_int_equal(version_count(f), 1);
	assert_int_equal(acts(f, "policy-loaded"), 0);
}

static void
a_material_change_on_the_first_day_after_the_notice_is_accepted(void **state)
{
	struct fixture *f = *state;
	struct policy_load given = { 0 };
	struct str first = day(f, NOTICE_DAYS + 1);

	RC_IS(f, load_as(f, ADMIN, material(f, NOTICE_DAYS + 1), &given), RC_OK);
	assert_true(given.is_material);
	assert_int_equal(given.version.effective_us, midnight_us(f, first));
	assert_int_equal(version_count(f), 2);
	assert_int_equal(acts(f, "policy-loaded"), 1);
}

static void
a_minor_change_needs_no_notice(void **state)
{
	struct fixture *f = *state;
	struct policy_load given = { 0 };

	RC_IS(f, load_as(f, ADMIN, minor(f, 0), &given), RC_OK);
	assert_false(given.is_material);
	tick(f);
	str_is(f->tenant->policy->title, "Our privacy policy");
}

static void
taking_back_what_is_ahead_is_material_too(void **state)
{
	struct fixture *f = *state;
	struct str shorter = replaced(f, dated(f, 10), "plus: 24mo, then: erase",
	                              STR("plus: 12mo, then: erase"));
	struct policy_load given = { 0 };

	RC_IS(f, load(f, shorter), RC_OK);
	/* The same as in force, but no more the same as people were told. */
	RC_IS(f, load_as(f, ADMIN, dated(f, 20), &given), RC_PRECONDITION);
	assert_true(given.is_material);
}

static void
a_dry_run_checks_everything_and_stores_nothing(void **state)
{
	struct fixture *f = *state;
	struct policy_load given = { .is_dry_run = true };

	RC_IS(f, load_as(f, ADMIN, material(f, NOTICE_DAYS), &given), RC_PRECONDITION);
	RC_IS(f, load_as(f, ADMIN, material(f, NOTICE_DAYS + 1), &given), RC_OK);
	assert_true(given.is_material);
	assert_int_equal(version_count(f), 1);
	assert_int_equal(acts(f, "policy-loaded"), 0);
}

/* --- who, and what ------------------------------------------------------------------------ */

static void
only_whoever_manages_the_policy_loads_one(void **state)
{
	struct fixture *f = *state;
	struct policy_load given = { 0 };
	int64_t before = log_size(f);

	RC_IS(f, load_as(f, ANA, minor(f, 1), &given), RC_DENIED);
	entry_is(f, before,
	         &(struct expected_entry){ "policy-loaded", "", "none", "role", "member", 0 });
	RC_IS(f, load_as(f, SUPPORT, minor(f, 1), &given), RC_DENIED);
	assert_int_equal(version_count(f), 1);
}

static void
a_version_must_come_after_the_newest(void **state)
{
	struct fixture *f = *state;

	RC_IS(f, load(f, minor(f, 5)), RC_OK);
	RC_IS(f, load(f, minor(f, 5)), RC_PRECONDITION);
	RC_IS(f, load(f, minor(f, 4)), RC_PRECONDITION);
	RC_IS(f, load(f, minor(f, 6)), RC_OK);
}

static void
a_policy_with_faults_is_refused_with_each_of_them(void **state)
{
	struct fixture *f = *state;
	struct policy_load given = { 0 };
	struct str wrong = replaced(f, minor(f, 1), "title: Our", STR("titel: Our"));

	RC_IS(f, load_as(f, ADMIN, wrong, &given), RC_INVALID);
	assert_true(given.faults->count >= 1);
	assert_int_equal(version_count(f), 1);
}

static void
another_services_policy_is_refused(void **state)
{
	struct fixture *f = *state;

	RC_IS(f, load(f, replaced(f, minor(f, 1), "policy: measure", STR("policy: study"))),
	      RC_INVALID);
}

/* The facets of `agreement` are `kind` alone, in the first column; `by` sorts before it. */
static void
a_plain_column_keeps_its_field_while_there_are_records(void **state)
{
	struct fixture *f = *state;
	struct str moved =
	    replaced(f, dated(f, NOTICE_DAYS + 1), "index: { kind: facet, at: time }",
	             STR("index: { kind: facet, by: facet, at: time }"));
	const struct door door = door_of(f, SYSTEM, "law");
	struct vault_record record =
	    record_of("agreement", f->actors[ANA].subject, "{\"kind\":\"terms\",\"at\":1}");
	struct policy_load given = { .is_dry_run = true };

	RC_IS(f, load_as(f, ADMIN, moved, &given), RC_OK);
	RC_IS(f, vault_put(&door, &record, &f->err), RC_OK);
	RC_IS(f, load_as(f, ADMIN, moved, &given), RC_PRECONDITION);
	assert_non_null(strstr(f->err.text, "agreement"));
	assert_non_null(strstr(f->err.text, "kind"));
}

/* --- its day -------------------------------------------------------------------------------
 */

static void
on_its_day_it_is_in_force_without_a_restart(void **state)
{
	struct fixture *f = *state;
	const struct policy *before = f->tenant->policy;
	int64_t midnight = midnight_us(f, day(f, NOTICE_DAYS + 1));
	int64_t size;

	RC_IS(f, load(f, material(f, NOTICE_DAYS + 1)), RC_OK);
	clock_to(f, midnight - US_PER_MIN);
	tick(f);
	assert_ptr_equal(f->tenant->policy, before);
	clock_to(f, midnight);
	size = log_size(f);
	tick(f);
	assert_ptr_not_equal(f->tenant->policy, before);
	entry_is(f, size, &(struct expected_entry){ "policy", "", "", "ok", "system", 1 });
	tick(f);
	assert_int_equal(acts(f, "policy"), 2); /* the first version's, this one's */
	str_is(before->version, "2026-01-01");  /* whoever holds it may still read it */
	log_verifies(f);
}

static void
a_day_that_passed_while_nothing_ran_takes_effect_at_the_start_once(void **state)
{
	struct fixture *f = *state;

	RC_IS(f, load(f, minor(f, 3)), RC_OK);
	clock_to(f, midnight_us(f, day(f, 3)) + US_PER_HOUR);
	fixture_reopen(f);
	str_is(f->tenant->policy->title, "Our privacy policy");
	assert_int_equal(acts(f, "policy"), 2);
	fixture_reopen(f);
	tick(f);
	assert_int_equal(acts(f, "policy"), 2);
}

static void
versions_are_listed_newest_first_with_the_one_in_force(void **state)
{
	struct fixture *f = *state;
	struct policy_versions versions = { 0 };

	RC_IS(f, load(f, minor(f, 3)), RC_OK);
	RC_IS(f, vault_version_list(f->vault, f->tenant, &f->arena, &versions, &f->err), RC_OK);
	assert_int_equal(versions.count, 2);
	assert_false(versions.items[0].is_in_force);
	assert_true(versions.items[1].is_in_force);
	str_is(versions.items[1].version, "2026-01-01");
	assert_true(str_eq(versions.items[1].source, f->tenant->policy->source));
}

/* A class put before all others moves every class's place in its table by one; who has
 * signed in before holds a role that counts in the old table. */
static void
a_role_of_the_version_before_means_what_its_name_means_in_force(void **state)
{
	struct fixture *f = *state;
	struct str shifted =
	    replaced(f, dated(f, NOTICE_DAYS + 1), "classes:\n",
	             STR("classes:\n  aaa:\n    says: Something new\n    about: member\n"
	                 "    category: [user.content]\n    fields: [text]\n    use: [care]\n"
	                 "    keep: { until: account_closed, plus: 0s, then: erase }\n"));
	const struct door mine = door_of(f, ANA, "care");
	struct vault_record own = put_by_system(f, "measurement", f->actors[ANA].subject,
	                                        "{\"analyte\":\"glucose\"}");
	struct vault_record found = { 0 };
	struct vault_record new = record_of("aaa", f->actors[ANA].subject, "{\"text\":\"x\"}");

	RC_IS(f, load(f, shifted), RC_OK);
	clock_to(f, midnight_us(f, day(f, NOTICE_DAYS + 1)));
	tick(f);
	assert_non_null(policy_class_find(f->tenant->policy, STR("aaa")));
	RC_IS(f, vault_get(&mine, STR("measurement"), own.id, &f->arena, &found, &f->err),
	      RC_OK);
	/* No role was granted the new class. */
	RC_IS(f, vault_put(&mine, &new, &f->err), RC_DENIED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		VAULT_TEST(
		    a_material_change_inside_the_notice_is_refused_and_the_first_day_is_named),
		VAULT_TEST(a_material_change_on_the_first_day_after_the_notice_is_accepted),
		VAULT_TEST(a_minor_change_needs_no_notice),
		VAULT_TEST(taking_back_what_is_ahead_is_material_too),
		VAULT_TEST(a_dry_run_checks_everything_and_stores_nothing),
		VAULT_TEST(only_whoever_manages_the_policy_loads_one),
		VAULT_TEST(a_version_must_come_after_the_newest),
		VAULT_TEST(a_policy_with_faults_is_refused_with_each_of_them),
		VAULT_TEST(another_services_policy_is_refused),
		VAULT_TEST(a_plain_column_keeps_its_field_while_there_are_records),
		VAULT_TEST(on_its_day_it_is_in_force_without_a_restart),
		VAULT_TEST(a_day_that_passed_while_nothing_ran_takes_effect_at_the_start_once),
		VAULT_TEST(versions_are_listed_newest_first_with_the_one_in_force),
		VAULT_TEST(a_role_of_the_version_before_means_what_its_name_means_in_force),
	};

	return cmocka_run_group_tests(tests, zone_setup, zone_teardown);
}
