/*
 * Registers, disclosures and what lapses, over a real vault under the policy of measure.
 * The 72 hours are those of GDPR Art. 33(1).
 */
#include "desk_house.h"
#include "office/disclosure.h"
#include "office/inside.h"

static struct door
law(struct house *house)
{
	return (struct door){ house->vault, house->tenant, &house_system, STR("law") };
}

static struct register_entry
entry_of(const char *kind)
{
	return (struct register_entry){ .kind = str_from_c(kind),
		                        .title = STR("Something"),
		                        .at_us = 20000 * US_PER_DAY };
}

static size_t
count_of(struct house *house, const char *kind, const char *state)
{
	struct door door = law(house);
	struct register_query query = { .kind = str_from_c(kind),
		                        .state = str_from_c(state),
		                        .limit = LIMIT_PAGE_ROWS };
	struct register_entries entries;

	RC_IS(house,
	      register_list(&door, house->office, &query, &house->arena, &entries, &house->err),
	      RC_OK);
	return entries.count;
}

static void
an_incident_is_due_seventy_two_hours_after_it_was_noticed(void **state)
{
	struct house *house = *state;
	struct door door = law(house);
	struct register_entry entry = entry_of("incident");
	struct register_entry read;

	RC_IS(house, register_put(&door, house->office, &entry, &house->err), RC_OK);
	RC_IS(house,
	      register_get(&door, house->office, entry.id, &house->arena, &read, &house->err),
	      RC_OK);
	assert_int_equal(read.due_us, 20003 * US_PER_DAY);
	assert_true(str_eq(read.state, STR("open")));
	assert_true(str_eq(read.by, STR("system")));
}

static void
a_change_is_a_version_and_an_old_one_is_refused(void **state)
{
	struct house *house = *state;
	struct door door = law(house);
	struct register_entry entry = entry_of("dpia");
	struct register_entries versions;
	struct register_entry late;

	RC_IS(house, register_put(&door, house->office, &entry, &house->err), RC_OK);
	late = entry;
	entry.title = STR("Something else");
	RC_IS(house, register_put(&door, house->office, &entry, &house->err), RC_OK);
	assert_int_equal(entry.version, 2);
	RC_IS(house, register_put(&door, house->office, &late, &house->err), RC_CONFLICT);
	RC_IS(house,
	      register_history(&door, house->office, entry.id, &house->arena, &versions,
	                       &house->err),
	      RC_OK);
	assert_int_equal(versions.count, 2);
	assert_true(str_eq(versions.items[0].title, STR("Something else")));
	assert_true(str_eq(versions.items[1].title, STR("Something")));
}

static void
what_a_register_needs_is_refused_without_it(void **state)
{
	struct house *house = *state;
	struct door door = law(house);
	struct register_entry transfer = entry_of("transfer");
	struct register_entry attestation = entry_of("attestation");
	struct register_entry disclosure = entry_of("disclosure");
	struct register_entry unknown = entry_of("secrets");
	struct register_entry untitled = entry_of("dpia");

	disclosure.party = STR("nobody");
	untitled.title = STR_EMPTY;
	RC_IS(house, register_put(&door, house->office, &transfer, &house->err), RC_INVALID);
	RC_IS(house, register_put(&door, house->office, &attestation, &house->err), RC_INVALID);
	RC_IS(house, register_put(&door, house->office, &disclosure, &house->err), RC_INVALID);
	RC_IS(house, register_put(&door, house->office, &unknown, &house->err), RC_INVALID);
	RC_IS(house, register_put(&door, house->office, &untitled, &house->err), RC_INVALID);
}

static void
a_role_without_the_grant_neither_writes_nor_reads(void **state)
{
	struct house *house = *state;
	struct register_query query = { .kind = STR("incident"), .limit = 10 };
	struct register_entry entry = entry_of("incident");
	struct register_entries entries;
	struct somebody support, member;

	house_somebody(house, &support, "s@example.org", "support");
	house_somebody(house, &member, "m@example.org", "member");
	RC_IS(house, register_put(&support.door, house->office, &entry, &house->err),
	      RC_DENIED);
	RC_IS(house,
	      register_list(&member.door, house->office, &query, &house->arena, &entries,
	                    &house->err),
	      RC_DENIED);
}

static void
the_list_is_newest_first_and_pages(void **state)
{
	struct house *house = *state;
	struct door door = law(house);
	struct register_query query = { .kind = STR("instruction"),
		                        .limit = 2,
		                        .is_newest_first = true };
	struct register_entries entries;

	for (int i = 0; i < 3; i++) {
		struct register_entry entry = entry_of("instruction");
		entry.at_us = (20000 + (i * 2) % 3) * US_PER_DAY; /* days 0, 2, 1 */
		RC_IS(house, register_put(&door, house->office, &entry, &house->err), RC_OK);
	}
	RC_IS(house,
	      register_list(&door, house->office, &query, &house->arena, &entries, &house->err),
	      RC_OK);
	assert_int_equal(entries.count, 2);
	assert_int_equal(entries.items[0].at_us, 20002 * US_PER_DAY);
	assert_int_equal(entries.items[1].at_us, 20001 * US_PER_DAY);
	query.after = entries.items[1].id;
	query.after_us = entries.items[1].at_us;
	RC_IS(house,
	      register_list(&door, house->office, &query, &house->arena, &entries, &house->err),
	      RC_OK);
	assert_int_equal(entries.count, 1);
	assert_int_equal(entries.items[0].at_us, 20000 * US_PER_DAY);
}

static void
attestation_put(struct house *house, const char *name, int64_t days_left)
{
	struct door door = law(house);
	struct register_entry entry = entry_of("attestation");

	entry.reference = str_from_c(name);
	entry.until_us = office_now_us(house->office) + days_left * US_PER_DAY;
	RC_IS(house, register_put(&door, house->office, &entry, &house->err), RC_OK);
}

static void
what_lapses_is_raised_once_and_not_where_a_newer_one_is_there(void **state)
{
	struct house *house = *state;

	attestation_put(house, "soc2", 100);
	RC_IS(house, lapse_check(house->office, house->tenant, &house->err), RC_OK);
	assert_int_equal(count_of(house, "alert", "open"), 0);
	attestation_put(house, "penetration_test", 20);
	attestation_put(house, "hipaa_assessment", -1);
	attestation_put(house, "soc2", -40); /* replaced by the one that lasts */
	RC_IS(house, lapse_check(house->office, house->tenant, &house->err), RC_OK);
	RC_IS(house, lapse_check(house->office, house->tenant, &house->err), RC_OK);
	assert_int_equal(count_of(house, "alert", "open"), 2);
}

static void
an_attestation_that_was_closed_is_not_on_file(void **state)
{
	struct house *house = *state;
	struct door door = law(house);
	struct register_entry entry = entry_of("attestation");
	struct register_entry found;

	entry.reference = STR("soc2");
	RC_IS(house, register_put(&door, house->office, &entry, &house->err), RC_OK);
	RC_IS(house,
	      register_attestation(house->office, house->tenant, STR("soc2"), &house->arena,
	                           &found, &house->err),
	      RC_OK);
	entry.state = STR("closed");
	RC_IS(house, register_put(&door, house->office, &entry, &house->err), RC_OK);
	RC_IS(house,
	      register_attestation(house->office, house->tenant, STR("soc2"), &house->arena,
	                           &found, &house->err),
	      RC_NOT_FOUND);
}

/* --- disclosures ---------------------------------------------------------------------------
 */

static struct disclosure
order(struct id subject)
{
	return (struct disclosure){ .recipient = STR("authority"),
		                    .subject = subject,
		                    .classes = STR("account measurement"),
		                    .asked_by = STR("A court"),
		                    .basis = STR("An order"),
		                    .reference = STR("12/34"),
		                    .why = STR("A case") };
}

static void
a_disclosure_is_registered_released_and_told(void **state)
{
	struct house *house = *state;
	struct register_entry entry;
	struct disclosure disclosure;
	struct somebody admin, member;

	house_somebody(house, &admin, "a@example.org", "admin");
	house_somebody(house, &member, "m@example.org", "member");
	disclosure = order(member.person.id);
	RC_IS(house, disclosure_make(&admin.door, house->office, &disclosure, &house->err),
	      RC_OK);
	assert_int_equal(disclosure.released, 2);
	assert_int_equal(house_entries(house, "release", "ok"), 2);
	admin.actor.reason = STR("registers");
	RC_IS(house,
	      register_get(&admin.door, house->office, disclosure.entry, &house->arena, &entry,
	                   &house->err),
	      RC_OK);
	assert_true(str_eq(entry.party, STR("authority")));
	assert_true(entry.notified_us != 0);
}

static void
a_disclosure_that_may_not_be_told_yet_is_told_on_its_day(void **state)
{
	struct house *house = *state;
	struct door door = law(house);
	struct register_entry entry;
	struct disclosure disclosure;
	struct somebody admin, member;

	house_somebody(house, &admin, "a@example.org", "admin");
	house_somebody(house, &member, "m@example.org", "member");
	disclosure = order(member.person.id);
	disclosure.is_put_off = true;
	disclosure.tell_us = office_now_us(house->office) + 2 * US_PER_DAY;
	RC_IS(house, disclosure_make(&admin.door, house->office, &disclosure, &house->err),
	      RC_OK);
	for (int day = 0; day < 2; day++) {
		RC_IS(house, disclosure_tell_due(house->office, house->tenant, &house->err),
		      RC_OK);
		RC_IS(house,
		      register_get(&door, house->office, disclosure.entry, &house->arena,
		                   &entry, &house->err),
		      RC_OK);
		assert_int_equal(entry.notified_us != 0, day == 1);
		house->clock.offset_us += 3 * US_PER_DAY;
	}
}

static void
a_disclosure_beyond_the_policy_is_refused_and_leaves_no_release(void **state)
{
	struct house *house = *state;
	struct somebody admin, member;
	struct disclosure health, friend, nothing, late, gone;

	house_somebody(house, &admin, "a@example.org", "admin");
	house_somebody(house, &member, "m@example.org", "member");
	health = friend = nothing = late = order(member.person.id);
	gone = order(id_new(1));
	health.classes = STR("account health"); /* an authority gets no health history */
	friend.recipient = STR("clinician");    /* by consent, not by disclosure */
	nothing.classes = STR_EMPTY;
	late.is_put_off = true; /* without a day */
	RC_IS(house, disclosure_make(&admin.door, house->office, &health, &house->err),
	      RC_INVALID);
	RC_IS(house, disclosure_make(&admin.door, house->office, &friend, &house->err),
	      RC_INVALID);
	RC_IS(house, disclosure_make(&admin.door, house->office, &nothing, &house->err),
	      RC_INVALID);
	RC_IS(house, disclosure_make(&admin.door, house->office, &late, &house->err),
	      RC_INVALID);
	RC_IS(house, disclosure_make(&admin.door, house->office, &gone, &house->err),
	      RC_NOT_FOUND);
	RC_IS(house, disclosure_make(&member.door, house->office, &health, &house->err),
	      RC_INVALID);
	health.classes = STR("account");
	RC_IS(house, disclosure_make(&member.door, house->office, &health, &house->err),
	      RC_DENIED);
	assert_int_equal(house_entries(house, "release", "ok"), 0);
	assert_int_equal(count_of(house, "disclosure", ""), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HOUSE_TEST(an_incident_is_due_seventy_two_hours_after_it_was_noticed),
		HOUSE_TEST(a_change_is_a_version_and_an_old_one_is_refused),
		HOUSE_TEST(what_a_register_needs_is_refused_without_it),
		HOUSE_TEST(a_role_without_the_grant_neither_writes_nor_reads),
		HOUSE_TEST(the_list_is_newest_first_and_pages),
		HOUSE_TEST(what_lapses_is_raised_once_and_not_where_a_newer_one_is_there),
		HOUSE_TEST(an_attestation_that_was_closed_is_not_on_file),
		HOUSE_TEST(a_disclosure_is_registered_released_and_told),
		HOUSE_TEST(a_disclosure_that_may_not_be_told_yet_is_told_on_its_day),
		HOUSE_TEST(a_disclosure_beyond_the_policy_is_refused_and_leaves_no_release),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
