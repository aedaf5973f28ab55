/*
 * The steps before anything opens: whom each concerns, when it is done, when it lapses.
 */
#include "office/agreement.h"

#include "desk_house.h"

/* A house whose policy has these steps in security.onboarding. */
static const struct policy *
policy_with(struct house *house, const char *steps)
{
	struct policy_diagnostics faults = { .arena = &house->arena };
	struct str text = house->tenant->policy->source;
	static const char old[] = "onboarding: [terms, consents]";
	const char *at = memmem(text.ptr, text.len, old, sizeof(old) - 1);
	struct policy *policy = NULL;
	struct str yaml;

	assert_non_null(at);
	yaml = str_printf(&house->arena, "%.*s%s%.*s", (int)(at - text.ptr), text.ptr, steps,
	                  (int)(text.len - (size_t)(at - text.ptr) - (sizeof(old) - 1)),
	                  at + sizeof(old) - 1);
	RC_IS(house, policy_read(&policy, yaml, &faults, &house->err), RC_OK);
	return policy;
}

/* A tenant beside the house's own, for one test; it borrows the house's records. */
static struct tenant
tenant_with(struct house *house, const char *steps)
{
	struct tenant tenant = *house->tenant;

	tenant.policy = policy_with(house, steps);
	return tenant;
}

static void
tenant_end(const struct tenant *tenant)
{
	union {
		const struct policy *in;
		struct policy *out;
	} policy = { .in = tenant->policy };

	policy_free(policy.out);
}

static struct onboarding
steps_of(struct house *house, const struct tenant *tenant, const struct somebody *who)
{
	const struct onboarding_ask ask = {
		.person = who->person.id,
		.role = policy_role_find(tenant->policy, who->person.role),
	};
	struct onboarding state;

	RC_IS(house, onboarding_state(house->office, tenant, &ask, &state, &house->err), RC_OK);
	return state;
}

static enum onboarding_is
step_is(const struct onboarding *state, const char *name)
{
	for (size_t i = 0; i < state->count; i++) {
		if (strcmp(state->steps[i].name, name) == 0)
			return state->steps[i].is;
	}
	return 0;
}

static bool
gate(struct house *house, const struct somebody *who)
{
	const struct onboarding_ask ask = { .person = who->person.id, .role = who->actor.role };
	bool is_open = false;

	RC_IS(house, onboarding_gate(house->office, house->tenant, &ask, &is_open, &house->err),
	      RC_OK);
	return is_open;
}

static void
put(struct house *house, const struct somebody *who, const char *kind, const char *version,
    int64_t until_us)
{
	const struct door law = { house->vault, house->tenant, &house_system, STR("law") };
	struct agreement agreement = { .person = who->person.id,
		                       .kind = str_from_c(kind),
		                       .version = str_from_c(version),
		                       .state = STR("verified"),
		                       .until_us = until_us };

	RC_IS(house, agreement_put(&law, house->office, &agreement, &house->err), RC_OK);
}

static void
answer_no(struct house *house, const struct somebody *who)
{
	const struct consent_answers answers = {
		.no = onboarding_consents(house->tenant->policy, who->actor.role),
	};

	RC_IS(house, onboarding_answer(&who->door, house->office, &answers, &house->err),
	      RC_OK);
}

/* --- terms and consents -------------------------------------------------------------- */

static void
the_gate_opens_when_terms_and_consents_are_done_and_not_before(void **state)
{
	struct house *house = *state;
	struct somebody ana;

	house_somebody(house, &ana, "ana@example.org", "member");
	assert_false(gate(house, &ana));
	put(house, &ana, "terms", "2026-01-01", 0);
	assert_false(gate(house, &ana));
	answer_no(house, &ana);
	assert_true(gate(house, &ana));
}

static void
terms_of_another_version_do_not_count(void **state)
{
	struct house *house = *state;
	struct somebody ana;

	house_somebody(house, &ana, "ana@example.org", "member");
	answer_no(house, &ana);
	put(house, &ana, "terms", "2025-01-01", 0);
	assert_false(gate(house, &ana));
}

/* The policy of measure keeps consents about members alone. */
static void
staff_is_not_asked_for_consents_about_members(void **state)
{
	struct house *house = *state;
	struct somebody admin;

	house_somebody(house, &admin, "admin@example.org", "admin");
	assert_int_equal(onboarding_consents(house->tenant->policy, admin.actor.role), 0);
	put(house, &admin, "terms", "2026-01-01", 0);
	assert_true(gate(house, &admin));
}

static void
going_on_under_a_version_without_accepting_it_is_on_record(void **state)
{
	struct house *house = *state;
	struct agreements agreements;
	const struct agreement *found;
	struct somebody admin;

	house_somebody(house, &admin, "admin@example.org", "admin");
	put(house, &admin, "terms", "2026-01-01", 0);
	assert_true(gate(house, &admin));
	assert_true(gate(house, &admin));
	RC_IS(house,
	      agreement_list(&admin.door, house->office, admin.person.id, &house->arena,
	                     &agreements, &house->err),
	      RC_OK);
	assert_int_equal(agreements.count, 2); /* the terms, and this once */
	found = agreement_find(&agreements, "policy", STR("2026-01-01"));
	assert_non_null(found);
	assert_true(str_eq(found->how, STR("continued use")));
}

/* --- what staff enters ------------------------------------------------------------------ */

static void
a_training_that_lapses_shuts_the_gate(void **state)
{
	struct house *house = *state;
	struct tenant tenant = tenant_with(house, "onboarding: [training]");
	int64_t now_us = clock_now_us(&house->clock);
	struct somebody admin, ana;
	struct onboarding steps;

	house_somebody(house, &admin, "admin@example.org", "admin");
	house_somebody(house, &ana, "ana@example.org", "member");
	steps = steps_of(house, &tenant, &admin);
	assert_int_equal(step_is(&steps, "training"), ONBOARDING_WAITING);
	put(house, &admin, "training", "", now_us + US_PER_DAY);
	steps = steps_of(house, &tenant, &admin);
	assert_true(steps.is_complete);
	assert_int_equal(steps.until_us, now_us + US_PER_DAY);
	house->clock.offset_us += 2 * US_PER_DAY;
	steps = steps_of(house, &tenant, &admin);
	assert_false(steps.is_complete);
	steps = steps_of(house, &tenant, &ana); /* sees nobody's data but her own */
	assert_int_equal(steps.count, 0);
	tenant_end(&tenant);
}

static void
credentials_wait_for_staff_and_count_when_verified(void **state)
{
	struct house *house = *state;
	struct tenant tenant = tenant_with(house, "onboarding: [credentials]");
	struct agreement shown = { .kind = STR("credentials"),
		                   .text = STR("Licence 1"),
		                   .state = STR("waiting") };
	struct somebody doctor;
	struct onboarding steps;

	house_somebody(house, &doctor, "doctor@example.org", "clinician");
	steps = steps_of(house, &tenant, &doctor);
	assert_int_equal(step_is(&steps, "credentials"), ONBOARDING_OPEN);
	shown.person = doctor.person.id;
	RC_IS(house, agreement_put(&doctor.door, house->office, &shown, &house->err), RC_OK);
	steps = steps_of(house, &tenant, &doctor);
	assert_int_equal(step_is(&steps, "credentials"), ONBOARDING_WAITING);
	put(house, &doctor, "credentials", "", 0);
	steps = steps_of(house, &tenant, &doctor);
	assert_int_equal(step_is(&steps, "credentials"), ONBOARDING_DONE);
	tenant_end(&tenant);
}

/* --- texts ----------------------------------------------------------------------------------
 */

/* The first gate is remembered; what it looked at is not all that may change. */
static void
a_new_role_meets_its_own_steps_at_once(void **state)
{
	struct house *house = *state;
	struct tenant tenant = tenant_with(house, "onboarding: [terms, training]");
	struct onboarding_ask ask = { .role = policy_role_find(tenant.policy, STR("member")) };
	struct somebody ana;
	bool is_open = false;

	house_somebody(house, &ana, "ana@example.org", "member");
	ask.person = ana.person.id;
	put(house, &ana, "terms", "2026-01-01", 0);
	RC_IS(house, onboarding_gate(house->office, &tenant, &ask, &is_open, &house->err),
	      RC_OK);
	assert_true(is_open);
	ask.role = policy_role_find(tenant.policy, STR("support"));
	RC_IS(house, onboarding_gate(house->office, &tenant, &ask, &is_open, &house->err),
	      RC_OK);
	assert_false(is_open);
	tenant_end(&tenant);
}

static void
an_nda_is_signed_again_when_its_text_changes(void **state)
{
	struct house *house = *state;
	struct tenant tenant = tenant_with(house, "onboarding: [nda]");
	const struct door law = { house->vault, house->tenant, &house_system, STR("law") };
	struct onboarding_ask ask = { 0 };
	struct somebody doctor;
	struct onboarding steps;

	house_somebody(house, &doctor, "doctor@example.org", "clinician");
	steps = steps_of(house, &tenant, &doctor);
	assert_int_equal(step_is(&steps, "nda"), ONBOARDING_WAITING); /* there is no text */
	RC_IS(house,
	      agreement_text_put(&law, house->office, STR("nda"), STR("Keep it."), &house->err),
	      RC_OK);
	steps = steps_of(house, &tenant, &doctor);
	assert_int_equal(step_is(&steps, "nda"), ONBOARDING_OPEN);
	ask.person = doctor.person.id;
	ask.role = policy_role_find(tenant.policy, STR("clinician"));
	RC_IS(house,
	      onboarding_complete(house->office, &tenant, &ask, STR("paper"), &house->err),
	      RC_OK);
	steps = steps_of(house, &tenant, &doctor);
	assert_true(steps.is_complete);
	RC_IS(
	    house,
	    agreement_text_put(&law, house->office, STR("nda"), STR("Keep all."), &house->err),
	    RC_OK);
	steps = steps_of(house, &tenant, &doctor);
	assert_int_equal(step_is(&steps, "nda"), ONBOARDING_OPEN);
	tenant_end(&tenant);
}

static void
only_whoever_manages_the_policy_sets_its_texts(void **state)
{
	struct house *house = *state;
	struct somebody ana, admin;

	house_somebody(house, &ana, "ana@example.org", "member");
	house_somebody(house, &admin, "admin@example.org", "admin");
	RC_IS(house,
	      agreement_text_put(&ana.door, house->office, STR("nda"), STR("x"), &house->err),
	      RC_DENIED);
	assert_int_equal(house_entries(house, "agreement-text", "role"), 1);
	RC_IS(house,
	      agreement_text_put(&admin.door, house->office, STR("nda"), STR("x"), &house->err),
	      RC_OK);
	assert_int_equal(house_entries(house, "agreement-text", "ok"), 1);
}

static void
an_unknown_kind_is_refused(void **state)
{
	struct house *house = *state;
	struct agreement agreement = { .kind = STR("oath") };
	struct somebody ana;

	house_somebody(house, &ana, "ana@example.org", "member");
	agreement.person = ana.person.id;
	RC_IS(house, agreement_put(&ana.door, house->office, &agreement, &house->err),
	      RC_INVALID);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HOUSE_TEST(the_gate_opens_when_terms_and_consents_are_done_and_not_before),
		HOUSE_TEST(terms_of_another_version_do_not_count),
		HOUSE_TEST(staff_is_not_asked_for_consents_about_members),
		HOUSE_TEST(going_on_under_a_version_without_accepting_it_is_on_record),
		HOUSE_TEST(a_training_that_lapses_shuts_the_gate),
		HOUSE_TEST(credentials_wait_for_staff_and_count_when_verified),
		HOUSE_TEST(a_new_role_meets_its_own_steps_at_once),
		HOUSE_TEST(an_nda_is_signed_again_when_its_text_changes),
		HOUSE_TEST(only_whoever_manages_the_policy_sets_its_texts),
		HOUSE_TEST(an_unknown_kind_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
