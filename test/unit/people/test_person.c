/* Persons: adding, finding, listing, changing; what a policy must have. */
#include "people/house.h"

static enum rc
add(struct house *house, const char *email, const char *role)
{
	struct door door = house_door(house);
	struct person person = { .email = str_from_c(email),
		                 .name = STR("Ana"),
		                 .role = str_from_c(role),
		                 .language = STR("en"),
		                 .zone = STR("UTC") };

	return people_add(&door, house->people, &person, &house->err);
}

/* An actor as a session of the person would be, with both factors. */
static struct actor
actor_of(const struct house *house, const struct person *person)
{
	return (struct actor){ .kind = ACTOR_PERSON,
		               .id = person->id,
		               .subject = person->id,
		               .role = policy_role_find(house->tenant->policy, person->role),
		               .assurance = 2,
		               .reason = STR("a test") };
}

static void
a_person_is_found_as_it_was_added(void **state)
{
	struct house *house = *state;
	struct door door = house_door(house);
	struct person person = { .email = STR(" Ana.Lima@Example.ORG"),
		                 .name = STR("Ana Lima"),
		                 .role = STR("member"),
		                 .language = STR("en"),
		                 .zone = STR("Europe/Lisbon"),
		                 .extra =
		                     STR("{\"born\":\"1980-02-29\",\"target_low\":3.90}") };
	struct person by_id, by_email;

	RC_IS(house, people_add(&door, house->people, &person, &house->err), RC_OK);
	RC_IS(house,
	      people_get(&door, house->people, person.id, &house->arena, &by_id, &house->err),
	      RC_OK);
	RC_IS(house,
	      people_find(&door, house->people, STR("ana.lima@example.org"), &house->arena,
	                  &by_email, &house->err),
	      RC_OK);
	assert_true(id_eq(by_id.id, by_email.id));
	assert_true(str_eq(by_id.email, STR("ana.lima@example.org")));
	assert_true(str_eq(by_id.zone, STR("Europe/Lisbon")));
	assert_true(str_eq(by_id.extra, person.extra)); /* 3.90 stays 3.90 */
	assert_int_equal(by_id.state, PERSON_INVITED);
	assert_int_equal(by_id.version, 1);
	RC_IS(house,
	      people_find(&door, house->people, STR("bob@example.org"), &house->arena,
	                  &by_email, &house->err),
	      RC_NOT_FOUND);
	assert_int_equal(house_entries(house, STR("person-added"), STR("ok")), 1);
}

static void
an_address_has_one_account_over_all_kinds(void **state)
{
	struct house *house = *state;

	RC_IS(house, add(house, "ana@example.org", "member"), RC_OK);
	RC_IS(house, add(house, "ANA@example.org", "member"), RC_CONFLICT);
	RC_IS(house, add(house, "ana@example.org", "admin"), RC_CONFLICT);
	RC_IS(house, add(house, "ana@example.org", "clinician"), RC_CONFLICT);
}

static void
what_is_not_valid_is_refused_by_name(void **state)
{
	struct house *house = *state;
	struct door door = house_door(house);
	const struct person good = { .email = STR("ana@example.org"),
		                     .name = STR("Ana"),
		                     .role = STR("member"),
		                     .language = STR("en"),
		                     .zone = STR("UTC") };
	struct person bad[] = { good, good, good, good, good, good, good, good };
	const char *const names[] = { "email",    "role", "role",  "name",
		                      "language", "zone", "extra", "policy" };

	bad[0].email = STR("ana@");
	bad[1].role = STR("nobody");
	bad[2].role = STR("device");
	bad[3].name = STR("Ana\nBcc");
	bad[4].language = STR("english");
	bad[5].zone = STR("Mars/Olympus");
	bad[6].extra = STR("{\"role\":\"admin\"}");
	bad[7].extra = STR("{\"shoe_size\":41}");
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		enum rc rc = people_add(&door, house->people, &bad[i], &house->err);
		assert_int_equal(rc, i == 7 ? RC_DENIED : RC_INVALID);
		assert_non_null(strstr(house->err.text, names[i]));
	}
}

static void
a_change_needs_the_version_that_was_seen_and_keeps_the_address(void **state)
{
	struct house *house = *state;
	struct door door = house_door(house);
	struct person person = house_person(house, STR("ana@example.org"), STR("member"));
	struct person late = person, now;

	person.name = STR("Ana Maria");
	person.email = STR("other@example.org");
	RC_IS(house, people_change(&door, house->people, &person, &house->err), RC_OK);
	assert_int_equal(person.version, 2);
	late.name = STR("Too late");
	RC_IS(house, people_change(&door, house->people, &late, &house->err), RC_CONFLICT);
	RC_IS(house,
	      people_get(&door, house->people, person.id, &house->arena, &now, &house->err),
	      RC_OK);
	assert_true(str_eq(now.name, STR("Ana Maria")));
	assert_true(str_eq(now.email, STR("ana@example.org")));
	now.role = STR("admin"); /* staff are another kind */
	RC_IS(house, people_change(&door, house->people, &now, &house->err), RC_INVALID);
}

static void
nobody_raises_an_own_role_or_lifts_an_own_suspension(void **state)
{
	struct house *house = *state;
	struct person support = house_person(house, STR("sam@example.org"), STR("support"));
	struct person admin = house_person(house, STR("ada@example.org"), STR("admin"));
	struct actor sam = actor_of(house, &support), ada = actor_of(house, &admin);
	struct door own = { house->vault, house->tenant, &sam, STR("security") };
	struct door manager = { house->vault, house->tenant, &ada, STR("security") };
	struct person change = support;

	change.role = STR("admin");
	RC_IS(house, people_change(&own, house->people, &change, &house->err), RC_DENIED);
	change = support;
	change.state = PERSON_SUSPENDED;
	RC_IS(house, people_change(&own, house->people, &change, &house->err), RC_DENIED);
	assert_int_equal(house_entries(house, STR("person-changed"), STR("role")), 2);
	change = support;
	change.name = STR("Sam"); /* the policy lets staff write their own account */
	RC_IS(house, people_change(&own, house->people, &change, &house->err), RC_OK);
	change.role = STR("admin");
	RC_IS(house, people_change(&manager, house->people, &change, &house->err), RC_OK);
	change.role = STR("support");
	RC_IS(house, people_change(&manager, house->people, &change, &house->err), RC_OK);
	change.state = PERSON_LEFT; /* everybody may leave */
	RC_IS(house, people_change(&own, house->people, &change, &house->err), RC_OK);
	assert_int_equal(change.version, 5);
}

/* What the vault keeps of one whose account is closed has its time from then on. */
static void
who_leaves_is_closed_and_who_comes_back_is_not(void **state)
{
	struct house *house = *state;
	struct person support = house_person(house, STR("sam@example.org"), STR("support"));
	struct door door = house_door(house);
	struct subject_row row = { .tenant = house->tenant->id, .id = support.id };

	support.state = PERSON_SUSPENDED;
	RC_IS(house, people_change(&door, house->people, &support, &house->err), RC_OK);
	RC_IS(house, vault_subject_find(house->vault, &row, &house->err), RC_OK);
	assert_int_equal(row.flags & SUBJECT_CLOSED, 0);
	support.state = PERSON_LEFT;
	RC_IS(house, people_change(&door, house->people, &support, &house->err), RC_OK);
	RC_IS(house, vault_subject_find(house->vault, &row, &house->err), RC_OK);
	assert_int_equal(row.flags & SUBJECT_CLOSED, SUBJECT_CLOSED);
	assert_int_equal(house_entries(house, STR("retention"), STR("ok")), 1);
	support.state = PERSON_ACTIVE;
	RC_IS(house, people_change(&door, house->people, &support, &house->err), RC_OK);
	RC_IS(house, vault_subject_find(house->vault, &row, &house->err), RC_OK);
	assert_int_equal(row.flags & SUBJECT_CLOSED, 0);
}

static void
an_administrator_gives_themselves_no_other_role(void **state)
{
	struct house *house = *state;
	struct person admin = house_person(house, STR("ada@example.org"), STR("admin"));
	struct actor ada = actor_of(house, &admin);
	struct door manager = { house->vault, house->tenant, &ada, STR("security") };
	struct person change = admin;

	change.role = STR("support");
	RC_IS(house, people_change(&manager, house->people, &change, &house->err), RC_DENIED);
	assert_int_equal(house_entries(house, STR("person-changed"), STR("role")), 1);
	change = admin;
	change.name = STR("Ada");
	RC_IS(house, people_change(&manager, house->people, &change, &house->err), RC_OK);
}

static void
members_see_themselves_and_nobody_else(void **state)
{
	struct house *house = *state;
	struct person ana = house_person(house, STR("ana@example.org"), STR("member"));
	struct person ben = house_person(house, STR("ben@example.org"), STR("member"));
	struct actor actor = actor_of(house, &ana);
	struct door own = { house->vault, house->tenant, &actor, STR("care") };
	struct persons persons;
	struct person seen;

	RC_IS(house, people_get(&own, house->people, ana.id, &house->arena, &seen, &house->err),
	      RC_OK);
	RC_IS(house, people_get(&own, house->people, ben.id, &house->arena, &seen, &house->err),
	      RC_DENIED);
	RC_IS(house,
	      people_list(&own, house->people, (struct id){ { 0 } }, 10, &house->arena,
	                  &persons, &house->err),
	      RC_DENIED);
	actor.assurance = 1;
	RC_IS(house, people_get(&own, house->people, ana.id, &house->arena, &seen, &house->err),
	      RC_DENIED); /* the second factor is missing */
}

static void
people_of_all_kinds_are_listed_page_by_page(void **state)
{
	static const char *const roles[] = { "member", "admin", "clinician", "support" };
	struct house *house = *state;
	struct door door = house_door(house);
	struct persons page;
	struct id after = { { 0 } };
	char email[32];
	size_t seen = 0;

	for (int i = 0; i < 11; i++) {
		(void)snprintf(email, sizeof(email), "p%d@example.org", i);
		RC_IS(house, add(house, email, roles[i % 4]), RC_OK);
	}
	do {
		RC_IS(house,
		      people_list(&door, house->people, after, 4, &house->arena, &page,
		                  &house->err),
		      RC_OK);
		for (size_t i = 0; i < page.count; i++) {
			assert_true(id_compare(page.items[i].id, after) > 0);
			after = page.items[i].id;
			(void)snprintf(email, sizeof(email), "p%zu@example.org", seen++);
			assert_true(str_eq(page.items[i].email, str_from_c(email)));
		}
	} while (page.count == 4);
	assert_int_equal(seen, 11);
	RC_IS(house,
	      people_list(&door, house->people, after, 0, &house->arena, &page, &house->err),
	      RC_INVALID);
}

/* The reference policy with one text replaced by another. */
static struct policy *
policy_with(struct house *house, const char *old, const char *new)
{
	struct policy_diagnostics faults = { .arena = &house->arena };
	struct str text = house_file(house, "policies/measure.yaml");
	const char *all = str_to_c(&house->arena, text);
	const char *at = strstr(all, old);
	struct policy *policy = NULL;

	assert_non_null(at);
	text =
	    str_printf(&house->arena, "%.*s%s%s", (int)(at - all), all, new, at + strlen(old));
	if (policy_read(&policy, text, &faults, &house->err) != RC_OK)
		print_error("%.*s\n", STR_ARGS(faults.items[0].text));
	assert_non_null(policy);
	return policy;
}

static void
a_policy_that_nobody_could_sign_in_under_is_refused(void **state)
{
	static const struct {
		const char *old, *new, *names;
	} cases[] = {
		{ "[totp, offered, last_step", "[totp, offered", "last_step" },
		{ "factors: [totp]", "factors: [mail]", "totp" },
		{ "use: [care, support, security, law]", "use: [care, support, law]",
		  "security" },
		{ "fields: [name, email, phone, language, zone, unit, role, state, trained",
		  "fields: [name, email, phone, language, zone, unit, role, trained", "state" },
	};
	struct house *house = *state;

	RC_IS(house, people_check(house->tenant->policy, &house->err), RC_OK);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct policy *policy = policy_with(house, cases[i].old, cases[i].new);
		RC_IS(house, people_check(policy, &house->err), RC_INVALID);
		assert_non_null(strstr(house->err.text, cases[i].names));
		policy_free(policy);
	}
}

static void
rates_count_per_key_and_start_anew_in_the_next_window(void **state)
{
	const struct rate rate = { "test", 3, 10 * US_PER_MIN };
	const struct rate other = { "other", 3, 10 * US_PER_MIN };
	struct house *house = *state;
	const struct tenant *tenant = house->tenant;

	for (int i = 0; i < 3; i++)
		RC_IS(house, people_rate(house->people, tenant, &rate, STR("a"), &house->err),
		      RC_OK);
	RC_IS(house, people_rate(house->people, tenant, &rate, STR("a"), &house->err), RC_RATE);
	RC_IS(house, people_rate(house->people, tenant, &rate, STR("b"), &house->err), RC_OK);
	RC_IS(house, people_rate(house->people, tenant, &other, STR("a"), &house->err), RC_OK);
	house->clock.offset_us += 10 * US_PER_MIN;
	RC_IS(house, people_rate(house->people, tenant, &rate, STR("a"), &house->err), RC_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HOUSE_TEST(who_leaves_is_closed_and_who_comes_back_is_not),
		HOUSE_TEST(a_person_is_found_as_it_was_added),
		HOUSE_TEST(an_address_has_one_account_over_all_kinds),
		HOUSE_TEST(what_is_not_valid_is_refused_by_name),
		HOUSE_TEST(a_change_needs_the_version_that_was_seen_and_keeps_the_address),
		HOUSE_TEST(nobody_raises_an_own_role_or_lifts_an_own_suspension),
		HOUSE_TEST(an_administrator_gives_themselves_no_other_role),
		HOUSE_TEST(members_see_themselves_and_nobody_else),
		HOUSE_TEST(people_of_all_kinds_are_listed_page_by_page),
		HOUSE_TEST(a_policy_that_nobody_could_sign_in_under_is_refused),
		HOUSE_TEST(rates_count_per_key_and_start_anew_in_the_next_window),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
