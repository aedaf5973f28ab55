/*
 * Alerts over a real vault: raised once an hour, told to who manages notices, open
 * until somebody says what was found.
 */
#include "desk_house.h"
#include "office/alert.h"
#include "office/detect.h"
#include "office/inside.h"
#include "office/register.h"

#define TITLE "Something was noticed"

static void
raise(struct house *house, const char *what, struct id about)
{
	struct alert alert = { what, "high", STR(TITLE), STR("See the register."), about };

	RC_IS(house, alert_raise(house->office, house->tenant, &alert, &house->err), RC_OK);
}

static int64_t
open_count(struct house *house)
{
	int64_t count = -1;

	RC_IS(house, alert_open_count(house->office, house->tenant, &count, &house->err),
	      RC_OK);
	return count;
}

static struct register_entry
the_alert(struct house *house)
{
	struct door door = office_door(house->office, house->tenant);
	struct register_query query = { .kind = STR("alert"), .limit = 10 };
	struct register_entries entries;

	RC_IS(house,
	      register_list(&door, house->office, &query, &house->arena, &entries, &house->err),
	      RC_OK);
	assert_int_equal(entries.count, 1);
	return entries.items[0];
}

static void
the_same_within_an_hour_is_raised_once_and_told_to_staff_alone(void **state)
{
	struct house *house = *state;
	struct somebody admin, support, member;
	struct id about = id_new(1);

	/* Windows begin with the hour: not at the end of one. */
	house->clock.offset_us += US_PER_HOUR - office_now_us(house->office) % US_PER_HOUR;
	house_somebody(house, &admin, "a@example.org", "admin");
	house_somebody(house, &support, "s@example.org", "support");
	house_somebody(house, &member, "m@example.org", "member");
	assert_int_equal(open_count(house), 0);
	raise(house, "refusals", about);
	raise(house, "refusals", about);
	assert_int_equal(open_count(house), 1);
	assert_int_equal(house_mails(house, "a@example.org", TITLE), 1);
	assert_int_equal(house_mails(house, "s@example.org", TITLE), 0);
	assert_int_equal(house_mails(house, "m@example.org", TITLE), 0);
	raise(house, "refusals", id_new(2)); /* somebody else's */
	raise(house, "export", about);       /* something else */
	assert_int_equal(open_count(house), 3);
	house->clock.offset_us += 61 * US_PER_MIN;
	raise(house, "refusals", about);
	assert_int_equal(open_count(house), 4);
}

static void
an_alert_is_acknowledged_once_and_with_a_note(void **state)
{
	struct house *house = *state;
	struct somebody admin, support;
	struct register_entry alert;

	house_somebody(house, &admin, "a@example.org", "admin");
	house_somebody(house, &support, "s@example.org", "support");
	raise(house, "retention", (struct id){ { 0 } });
	alert = the_alert(house);
	admin.actor.reason = support.actor.reason = STR("registers");
	RC_IS(house,
	      alert_acknowledge(&admin.door, house->office, alert.id, STR_EMPTY, &house->err),
	      RC_INVALID);
	RC_IS(house,
	      alert_acknowledge(&support.door, house->office, alert.id, STR("x"), &house->err),
	      RC_DENIED);
	RC_IS(
	    house,
	    alert_acknowledge(&admin.door, house->office, alert.id, STR("A test"), &house->err),
	    RC_OK);
	RC_IS(
	    house,
	    alert_acknowledge(&admin.door, house->office, alert.id, STR("A test"), &house->err),
	    RC_CONFLICT);
	assert_int_equal(open_count(house), 0);
	alert = the_alert(house);
	assert_true(str_eq(alert.state, STR("acknowledged")));
	assert_true(str_ends_with(alert.text, STR("\n\nA test")));
}

static void
only_an_alert_is_acknowledged(void **state)
{
	struct house *house = *state;
	struct door door = office_door(house->office, house->tenant);
	struct register_entry entry = { .kind = STR("incident"), .title = STR("A breach") };

	RC_IS(house, register_put(&door, house->office, &entry, &house->err), RC_OK);
	RC_IS(house, alert_acknowledge(&door, house->office, entry.id, STR("x"), &house->err),
	      RC_NOT_FOUND);
}

static void
an_incident_whose_time_runs_out_is_raised_until_the_authority_was_told(void **state)
{
	struct house *house = *state;
	struct door door = office_door(house->office, house->tenant);
	struct register_entry entry = { .kind = STR("incident"), .title = STR("A breach") };
	struct err err;

	RC_IS(house, register_put(&door, house->office, &entry, &house->err), RC_OK);
	house->clock.offset_us += 50 * US_PER_HOUR; /* 22 are left */
	RC_IS(house, alert_tick(house->office, house->tenant, 0, &err), RC_OK);
	assert_int_equal(open_count(house), 1);
	house->office->looked_us[(size_t)house->tenant->id % OFFICE_TENANTS] = 0;
	entry.notified_us = office_now_us(house->office);
	RC_IS(house, register_put(&door, house->office, &entry, &house->err), RC_OK);
	house->clock.offset_us += 48 * US_PER_HOUR;
	RC_IS(house, alert_tick(house->office, house->tenant, 0, &err), RC_OK);
	assert_int_equal(open_count(house), 1);
}

static void
refusals_at_the_door_become_an_alert_with_the_tick(void **state)
{
	struct house *house = *state;
	struct register_query query = { .kind = STR("incident"), .limit = 10 };
	struct register_entries entries;
	struct register_entry alert;
	struct somebody member;
	char about[ID_TEXT_LEN + 1];

	house_somebody(house, &member, "m@example.org", "member");
	for (int i = 0; i < DETECT_REFUSALS; i++)
		RC_IS(house,
		      register_list(&member.door, house->office, &query, &house->arena,
		                    &entries, &house->err),
		      RC_DENIED);
	assert_int_equal(open_count(house), 0);
	RC_IS(house, detect_tick(house->office, house->tenant, INT64_MAX, &house->err), RC_OK);
	assert_int_equal(open_count(house), 1);
	alert = the_alert(house);
	id_format(member.person.id, about);
	assert_true(str_eq(alert.reference, STR("refusals")));
	assert_true(str_eq(alert.contact, str_from_c(about)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HOUSE_TEST(the_same_within_an_hour_is_raised_once_and_told_to_staff_alone),
		HOUSE_TEST(an_alert_is_acknowledged_once_and_with_a_note),
		HOUSE_TEST(only_an_alert_is_acknowledged),
		HOUSE_TEST(
		    an_incident_whose_time_runs_out_is_raised_until_the_authority_was_told),
		HOUSE_TEST(refusals_at_the_door_become_an_alert_with_the_tick),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
