/*
 * A person's own use, where the policy declares it: under the reference policy of
 * evaluate, which does about experts and not about staff.
 */
#include "desk_house.h"
#include "office/activity.h"
#include "office/inside.h"
#include "vault/choice.h"

static const char get[] = "GET";
static const char tasks[] = "/tasks";
static const char mine[] = "/me";

static int
evaluate_open(void **state)
{
	struct policy_diagnostics faults = { 0 };
	struct tenant_new new = { STR("evaluate"), STR("Reviewers"), STR("UTC"), STR_EMPTY,
		                  &faults };
	struct house *house;

	if (house_open(state) != 0)
		return -1;
	house = *state;
	faults.arena = &house->arena;
	new.policy_yaml = house_file(house, "policies/evaluate.yaml");
	RC_IS(house, vault_tenant_add(house->vault, &new, &house->err), RC_OK);
	house->tenant = vault_tenant_find(house->vault, STR("evaluate"));
	return 0;
}

static void
use(struct house *house, const struct somebody *who, const char *page)
{
	struct activity activity = { who->person.id, get, page, STR("Some Browser 1.0") };

	activity_count(house->office, house->tenant, &activity);
}

static void
tick(struct house *house)
{
	RC_IS(house,
	      activity_tick(house->office, house->tenant, clock_monotonic_us() + US_PER_S,
	                    &house->err),
	      RC_OK);
}

static struct vault_records
records_of(struct house *house, const struct somebody *who)
{
	struct door door = { house->vault, house->tenant, &house_system, STR("security") };
	struct record_query query = { .subject = who->person.id,
		                      .order = RECORD_BY_ID,
		                      .limit = 10 };
	struct vault_records records = { 0 };

	RC_IS(house,
	      vault_list(&door, STR("activity"), &query, &house->arena, &records, &house->err),
	      RC_OK);
	return records;
}

static bool
holds(struct str text, const char *part)
{
	return memmem(text.ptr, text.len, part, strlen(part)) != NULL;
}

static void
a_visit_is_one_record_of_the_person_once_it_is_over(void **state)
{
	struct house *house = *state;
	struct somebody ana;
	struct vault_records records;

	house_somebody(house, &ana, "ana@example.org", "expert");
	use(house, &ana, tasks);
	house->clock.offset_us += 90 * US_PER_S;
	use(house, &ana, tasks);
	use(house, &ana, mine);
	tick(house);
	assert_int_equal(records_of(house, &ana).count, 0); /* it goes on */
	house->clock.offset_us += ACTIVITY_PAUSE_US + US_PER_S;
	tick(house);
	records = records_of(house, &ana);
	assert_int_equal(records.count, 1);
	assert_true(holds(records.items[0].body, "GET /tasks (2), GET /me (1)"));
	assert_true(holds(records.items[0].body, "\"seconds\":90"));
	assert_true(holds(records.items[0].body, "Some Browser 1.0"));
	use(house, &ana, mine); /* another visit */
	house->clock.offset_us += ACTIVITY_PAUSE_US + US_PER_S;
	tick(house);
	assert_int_equal(records_of(house, &ana).count, 2);
}

static void
who_objects_has_no_record(void **state)
{
	struct house *house = *state;
	struct somebody ana;
	struct choice choice = { .kind = CHOICE_OBJECTION,
		                 .purpose = STR("improvement"),
		                 .text = STR("no"),
		                 .version = STR("1"),
		                 .how = STR("page"),
		                 .until_us = INT64_MAX };

	house_somebody(house, &ana, "ana@example.org", "expert");
	choice.subject = ana.person.id;
	RC_IS(house, vault_choice_give(&ana.door, &choice, &house->err), RC_OK);
	use(house, &ana, tasks);
	house->clock.offset_us += ACTIVITY_PAUSE_US + US_PER_S;
	tick(house);
	assert_int_equal(records_of(house, &ana).count, 0);
}

static void
nothing_is_kept_of_people_whom_the_class_is_not_about(void **state)
{
	struct house *house = *state;
	struct somebody sol;

	house_somebody(house, &sol, "sol@example.org", "support");
	use(house, &sol, tasks);
	house->clock.offset_us += ACTIVITY_PAUSE_US + US_PER_S;
	tick(house); /* and it is no failure */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    a_visit_is_one_record_of_the_person_once_it_is_over, evaluate_open,
		    house_close),
		cmocka_unit_test_setup_teardown(who_objects_has_no_record, evaluate_open,
		                                house_close),
		cmocka_unit_test_setup_teardown(
		    nothing_is_kept_of_people_whom_the_class_is_not_about, evaluate_open,
		    house_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
