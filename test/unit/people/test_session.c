/* Sessions: limits, lists, ends. */
#include "people/house.h"

static enum rc
find(struct house *house, const char *secret, struct session *session)
{
	return people_session_find(house->people, &house->visitor, str_from_c(secret),
	                           &house->arena, session, &house->err);
}

static void
a_session_ends_when_idle_and_slides_while_used(void **state)
{
	struct house *house = *state;
	struct session session;
	char secret[SECRET_TEXT];

	house_person(house, STR("ana@example.org"), STR("member"));
	(void)house_sign_in(house, STR("ana@example.org"), secret);
	for (int i = 0; i < 4; i++) {
		house->clock.offset_us += 14 * US_PER_MIN; /* of 15 */
		RC_IS(house, find(house, secret, &session), RC_OK);
	}
	house->clock.offset_us += 15 * US_PER_MIN;
	RC_IS(house, find(house, secret, &session), RC_UNAUTHENTICATED);
	house->clock.offset_us -= 14 * US_PER_MIN;
	RC_IS(house, find(house, secret, &session), RC_OK);
}

static void
a_session_ends_after_the_policy_s_hours_however_busy(void **state)
{
	struct house *house = *state;
	struct session session;
	char secret[SECRET_TEXT];

	house_person(house, STR("ana@example.org"), STR("member"));
	(void)house_sign_in(house, STR("ana@example.org"), secret);
	for (int i = 0; i < 71; i++) { /* 12 h are 72 times 10 min */
		house->clock.offset_us += 10 * US_PER_MIN;
		RC_IS(house, find(house, secret, &session), RC_OK);
	}
	assert_true(session.expires_us - session.created_us <= 12 * US_PER_HOUR);
	house->clock.offset_us += 10 * US_PER_MIN;
	RC_IS(house, find(house, secret, &session), RC_UNAUTHENTICATED);
}

static void
a_session_is_written_at_most_once_a_minute(void **state)
{
	struct house *house = *state;
	struct session session;
	char secret[SECRET_TEXT];
	uint64_t before;

	house_person(house, STR("ana@example.org"), STR("member"));
	(void)house_sign_in(house, STR("ana@example.org"), secret);
	before = house_writes(house);
	for (int i = 0; i < 20; i++)
		RC_IS(house, find(house, secret, &session), RC_OK);
	assert_int_equal(house_writes(house), before);
	house->clock.offset_us += US_PER_MIN;
	for (int i = 0; i < 20; i++)
		RC_IS(house, find(house, secret, &session), RC_OK);
	assert_int_equal(house_writes(house), before + 1);
}

static void
no_other_text_is_a_session(void **state)
{
	struct house *house = *state;
	struct session session;
	char secret[SECRET_TEXT], other[SECRET_TEXT];

	house_person(house, STR("ana@example.org"), STR("member"));
	(void)house_sign_in(house, STR("ana@example.org"), secret);
	memcpy(other, secret, sizeof(other));
	other[5] = other[5] == 'A' ? 'B' : 'A';
	RC_IS(house, find(house, other, &session), RC_UNAUTHENTICATED);
	RC_IS(house, find(house, "", &session), RC_UNAUTHENTICATED);
	other[5] = '\0';
	RC_IS(house, find(house, other, &session), RC_UNAUTHENTICATED);
}

static void
a_session_of_one_tenant_is_none_of_another(void **state)
{
	struct house *house = *state;
	struct policy_diagnostics faults = { .arena = &house->arena };
	struct tenant_new new = { STR("other"), STR("Other"), STR("UTC"),
		                  house_file(house, "policies/measure.yaml"), &faults };
	struct session session;
	char secret[SECRET_TEXT];

	house_person(house, STR("ana@example.org"), STR("member"));
	(void)house_sign_in(house, STR("ana@example.org"), secret);
	RC_IS(house, vault_tenant_add(house->vault, &new, &house->err), RC_OK);
	house->visitor.tenant = vault_tenant_find(house->vault, STR("other"));
	RC_IS(house, find(house, secret, &session), RC_UNAUTHENTICATED);
}

static void
people_see_and_end_their_own_sessions_and_no_others(void **state)
{
	struct house *house = *state;
	struct session ana, again, ben, found, *list;
	char first[SECRET_TEXT], second[SECRET_TEXT], third[SECRET_TEXT];
	size_t count = 0;

	house_person(house, STR("ana@example.org"), STR("member"));
	house_person(house, STR("ben@example.org"), STR("member"));
	ana = house_sign_in(house, STR("ana@example.org"), first);
	again = house_sign_in(house, STR("ana@example.org"), second);
	ben = house_sign_in(house, STR("ben@example.org"), third);
	RC_IS(
	    house,
	    people_session_list(house->people, &ana, &house->arena, &list, &count, &house->err),
	    RC_OK);
	assert_int_equal(count, 2);
	RC_IS(house, people_session_end(house->people, &ben, ana.id, &house->err),
	      RC_NOT_FOUND);
	RC_IS(house, people_session_end(house->people, &ana, again.id, &house->err), RC_OK);
	RC_IS(house, people_session_end(house->people, &ana, again.id, &house->err),
	      RC_NOT_FOUND);
	RC_IS(house, find(house, second, &found), RC_UNAUTHENTICATED);
	RC_IS(house, find(house, first, &found), RC_OK);
	RC_IS(house, find(house, third, &found), RC_OK);
	assert_int_equal(house_entries(house, STR("session-end"), STR("ok")), 1);
}

static void
suspension_ends_every_session_and_the_way_in_until_it_is_lifted(void **state)
{
	struct house *house = *state;
	struct door door = house_door(house);
	struct person person = house_person(house, STR("ana@example.org"), STR("member"));
	struct link_begun begun;
	struct session found;
	char first[SECRET_TEXT], second[SECRET_TEXT];

	(void)house_sign_in(house, STR("ana@example.org"), first);
	(void)house_sign_in(house, STR("ana@example.org"), second);
	person.state = PERSON_SUSPENDED;
	RC_IS(house, people_change(&door, house->people, &person, &house->err), RC_OK);
	RC_IS(house, find(house, first, &found), RC_UNAUTHENTICATED);
	RC_IS(house, find(house, second, &found), RC_UNAUTHENTICATED);
	RC_IS(house,
	      people_link_begin(house->people, &house->visitor, STR("ana@example.org"),
	                        &house->arena, &begun, &house->err),
	      RC_OK);
	assert_false(begun.is_known);
	person.state = PERSON_ACTIVE;
	RC_IS(house, people_change(&door, house->people, &person, &house->err), RC_OK);
	(void)house_sign_in(house, STR("ana@example.org"), first);
	RC_IS(house, find(house, first, &found), RC_OK);
}

static void
another_role_ends_sessions_and_another_name_reaches_them(void **state)
{
	struct house *house = *state;
	struct door door = house_door(house);
	struct person person = house_person(house, STR("sam@example.org"), STR("admin"));
	struct session found;
	char secret[SECRET_TEXT];

	(void)house_sign_in(house, STR("sam@example.org"), secret);
	person.name = STR("Samira");
	person.language = STR("fr");
	RC_IS(house, people_change(&door, house->people, &person, &house->err), RC_OK);
	RC_IS(house, find(house, secret, &found), RC_OK);
	assert_true(str_eq(found.name, STR("Samira")));
	assert_true(str_eq(found.language, STR("fr")));
	person.role = STR("support");
	RC_IS(house, people_change(&door, house->people, &person, &house->err), RC_OK);
	RC_IS(house, find(house, secret, &found), RC_UNAUTHENTICATED);
	(void)house_sign_in(house, STR("sam@example.org"), secret);
	RC_IS(house, find(house, secret, &found), RC_OK);
	assert_true(str_eq(found.actor.role->name, STR("support")));
}

static void
what_a_browser_calls_itself_is_cut_to_whole_characters(void **state)
{
	struct house *house = *state;
	struct session session;
	char secret[SECRET_TEXT], name[300];

	for (size_t i = 0; i + 1 < sizeof(name); i += 2)
		memcpy(name + i, "\xc3\xa9", 2);
	house->visitor.browser = (struct str){ name + 1, 201 }; /* starts within a character */
	house_person(house, STR("ana@example.org"), STR("member"));
	session = house_sign_in(house, STR("ana@example.org"), secret);
	assert_int_equal(session.browser.len, 0);
	house->visitor.browser = (struct str){ name, 299 };
	session = house_sign_in(house, STR("ana@example.org"), secret);
	assert_int_equal(session.browser.len, 200);
	assert_true(str_is_utf8(session.browser));
	name[0] = 'x';
	house->visitor.browser = (struct str){ name + 1, 0 };
	session = house_sign_in(house, STR("ana@example.org"), secret);
	assert_int_equal(session.browser.len, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HOUSE_TEST(a_session_ends_when_idle_and_slides_while_used),
		HOUSE_TEST(a_session_ends_after_the_policy_s_hours_however_busy),
		HOUSE_TEST(a_session_is_written_at_most_once_a_minute),
		HOUSE_TEST(no_other_text_is_a_session),
		HOUSE_TEST(a_session_of_one_tenant_is_none_of_another),
		HOUSE_TEST(people_see_and_end_their_own_sessions_and_no_others),
		HOUSE_TEST(suspension_ends_every_session_and_the_way_in_until_it_is_lifted),
		HOUSE_TEST(another_role_ends_sessions_and_another_name_reaches_them),
		HOUSE_TEST(what_a_browser_calls_itself_is_cut_to_whole_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
