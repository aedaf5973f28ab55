/*
 * Changes of policy: everybody is told once, also when telling was cut short; consents to
 * a text that changes end on the day, and not before.
 */
#include "office/change.h"

#include "base/zone.h"
#include "desk_house.h"
#include "office/agreement.h"
#include "office/inside.h"
#include "office/told.h"
#include "vault/choice.h"
#include "vault/version.h"

#define NOTICE_DAYS 30 /* of policies/measure.yaml */

/* --- versions -------------------------------------------------------------------------- */

static struct str
replaced(struct house *house, struct str text, const char *old, struct str new)
{
	const char *at = memmem(text.ptr, text.len, old, strlen(old));
	struct str head, tail;

	assert_non_null(at);
	head = (struct str){ text.ptr, (size_t)(at - text.ptr) };
	tail = (struct str){ at + strlen(old), text.len - head.len - strlen(old) };
	return str_printf(&house->arena, "%.*s%.*s%.*s", STR_ARGS(head), STR_ARGS(new),
	                  STR_ARGS(tail));
}

static struct str
day(struct house *house, int days)
{
	int64_t us = clock_now_us(&house->clock) + days * US_PER_DAY;
	struct civil civil = civil_from_us(us, zone_offset_s(house->tenant->time_zone, us));

	return str_printf(&house->arena, "%04d-%02d-%02d", civil.year, civil.month, civil.day);
}

/* With `old` replaced, in force after `days`. */
static struct str
loaded(struct house *house, int days, const char *old, struct str new)
{
	struct policy_diagnostics faults = { .arena = &house->arena };
	const struct door door = { house->vault, house->tenant, &house_system, STR("law") };
	struct str yaml = replaced(house, house->tenant->policy->source, old, new);
	struct policy_load load = { .faults = &faults };

	load.yaml =
	    replaced(house, yaml, "version: 2026-01-01",
	             str_printf(&house->arena, "version: %.*s", STR_ARGS(day(house, days))));
	RC_IS(house, vault_policy_load(&door, &load, &house->arena, &house->err), RC_OK);
	return load.version.version;
}

static struct str
advertising(struct house *house)
{
	return loaded(house, NOTICE_DAYS + 1, "to take payments and send invoices",
	              STR("to take payments, and to advertise"));
}

static void
tick(struct house *house)
{
	RC_IS(house,
	      change_tick(house->office, house->tenant, clock_monotonic_us() + 60 * US_PER_S,
	                  &house->err),
	      RC_OK);
}

/* Messages about a version on the person's pages. */
static size_t
told(struct house *house, const struct somebody *who, struct str version)
{
	struct told_list list;
	size_t count = 0;

	RC_IS(house, told_list(&who->door, house->office, &house->arena, &list, &house->err),
	      RC_OK);
	for (size_t i = 0; i < list.count; i++)
		count += str_eq(list.items[i].kind, STR("policy")) &&
		         memmem(list.items[i].subject.ptr, list.items[i].subject.len,
		                version.ptr, version.len) != NULL;
	return count;
}

static size_t
mailed(struct house *house, const struct somebody *who)
{
	struct message *messages;
	size_t count = 0, found = 0;

	RC_IS(house,
	      notice_inbox(house->notice, house->tenant, &house->arena, &messages, &count,
	                   &house->err),
	      RC_OK);
	for (size_t i = 0; i < count; i++)
		found += str_eq(messages[i].to, who->person.email);
	return found;
}

/* As if the process had been killed before it noted how far it had come. */
static void
forget_progress(struct house *house, struct str version)
{
	const char *name = str_printf(&house->arena, "change.told.%.*s", STR_ARGS(version)).ptr;

	RC_IS(house,
	      office_setting_put(house->office, house->tenant, name, STR_EMPTY, &house->err),
	      RC_OK);
}

/* --- telling --------------------------------------------------------------------------------
 */

static void
everybody_is_told_once_by_mail_and_page(void **state)
{
	struct house *house = *state;
	struct change_progress progress;
	struct somebody ana, ben;
	struct str version;

	house_somebody(house, &ana, "ana@example.org", "member");
	house_somebody(house, &ben, "ben@example.org", "admin");
	tick(house);
	assert_int_equal(mailed(house, &ana), 0); /* nobody is told of the first version */
	version = advertising(house);
	tick(house);
	tick(house);
	assert_int_equal(told(house, &ana, version), 1);
	assert_int_equal(told(house, &ben, version), 1);
	assert_int_equal(mailed(house, &ana), 1);
	assert_int_equal(mailed(house, &ben), 1);
	RC_IS(house,
	      change_progress(house->office, house->tenant, version, &progress, &house->err),
	      RC_OK);
	assert_int_equal(progress.told, 2);
	assert_true(progress.is_told);
	assert_false(progress.is_settled);
}

static void
nobody_is_told_twice_when_it_was_cut_short(void **state)
{
	struct house *house = *state;
	struct somebody ana;
	struct str version;

	house_somebody(house, &ana, "ana@example.org", "member");
	version = advertising(house);
	tick(house);
	forget_progress(house, version);
	tick(house);
	assert_int_equal(told(house, &ana, version), 1);
	assert_int_equal(mailed(house, &ana), 1);
}

/* Killed between the mail and its record: the record comes, the mail not again. */
static void
a_mail_without_its_record_is_not_sent_again(void **state)
{
	struct house *house = *state;
	const struct door law = { house->vault, house->tenant, &house_system, STR("law") };
	struct somebody ana;
	struct told_list list;
	struct str version;

	house_somebody(house, &ana, "ana@example.org", "member");
	version = advertising(house);
	tick(house);
	RC_IS(house, told_list(&ana.door, house->office, &house->arena, &list, &house->err),
	      RC_OK);
	assert_int_equal(list.count, 1);
	RC_IS(house, vault_delete(&law, STR("message"), list.items[0].id, &house->err), RC_OK);
	forget_progress(house, version);
	tick(house);
	assert_int_equal(told(house, &ana, version), 1);
	assert_int_equal(mailed(house, &ana), 1);
}

static void
whoever_is_not_active_is_not_told(void **state)
{
	struct house *house = *state;
	const struct door door = { house->vault, house->tenant, &house_system,
		                   STR("security") };
	struct somebody ana;

	house_somebody(house, &ana, "ana@example.org", "member");
	ana.person.state = PERSON_SUSPENDED;
	RC_IS(house, people_change(&door, house->people, &ana.person, &house->err), RC_OK);
	(void)advertising(house);
	tick(house);
	assert_int_equal(mailed(house, &ana), 0);
}

static void
they_are_told_in_their_language_with_what_changes(void **state)
{
	struct house *house = *state;
	const struct door door = { house->vault, house->tenant, &house_system,
		                   STR("security") };
	struct somebody ana;
	struct told_list list;
	const char *text;

	house_somebody(house, &ana, "ana@example.org", "member");
	ana.person.language = STR("fr");
	RC_IS(house, people_change(&door, house->people, &ana.person, &house->err), RC_OK);
	(void)advertising(house);
	tick(house);
	RC_IS(house, told_list(&ana.door, house->office, &house->arena, &list, &house->err),
	      RC_OK);
	assert_int_equal(list.count, 1);
	assert_true(str_starts_with(list.items[0].subject,
	                            STR("La politique de confidentialité change le ")));
	text = str_to_c(&house->arena, list.items[0].text);
	assert_non_null(strstr(text, "purpose billing: says something else"));
	assert_non_null(strstr(text, "https://localhost/measure/privacy/diff?from=2026-01-01"));
}

static void
a_message_is_unread_until_it_is_opened(void **state)
{
	struct house *house = *state;
	struct somebody ana;
	struct told_list list;
	struct told told_one;
	bool is_unread = true;

	house_somebody(house, &ana, "ana@example.org", "member");
	RC_IS(house,
	      told_unread(house->office, house->tenant, ana.person.id, &is_unread, &house->err),
	      RC_OK);
	assert_false(is_unread);
	(void)advertising(house);
	tick(house);
	RC_IS(house,
	      told_unread(house->office, house->tenant, ana.person.id, &is_unread, &house->err),
	      RC_OK);
	assert_true(is_unread);
	RC_IS(house, told_list(&ana.door, house->office, &house->arena, &list, &house->err),
	      RC_OK);
	RC_IS(house,
	      told_open(&ana.door, house->office, list.items[0].id, &house->arena, &told_one,
	                &house->err),
	      RC_OK);
	RC_IS(house,
	      told_unread(house->office, house->tenant, ana.person.id, &is_unread, &house->err),
	      RC_OK);
	assert_false(is_unread);
}

static void
anothers_message_is_not_opened(void **state)
{
	struct house *house = *state;
	struct somebody ana, ben;
	struct told_list list;
	struct told told_one;

	house_somebody(house, &ana, "ana@example.org", "member");
	house_somebody(house, &ben, "ben@example.org", "member");
	(void)advertising(house);
	tick(house);
	RC_IS(house, told_list(&ana.door, house->office, &house->arena, &list, &house->err),
	      RC_OK);
	assert_int_not_equal(told_open(&ben.door, house->office, list.items[0].id,
	                               &house->arena, &told_one, &house->err),
	                     RC_OK);
}

/* --- accepting, consents
 * ---------------------------------------------------------------------- */

static void
accepting_counts_once_and_is_on_record(void **state)
{
	struct house *house = *state;
	struct change_progress progress;
	struct agreements agreements;
	struct somebody ana;
	struct str version;

	house_somebody(house, &ana, "ana@example.org", "member");
	version = advertising(house);
	for (int i = 0; i < 2; i++)
		RC_IS(house, change_accept(&ana.door, house->office, version, &house->err),
		      RC_OK);
	RC_IS(house, change_accept(&ana.door, house->office, STR("1999-01-01"), &house->err),
	      RC_NOT_FOUND);
	RC_IS(house,
	      change_progress(house->office, house->tenant, version, &progress, &house->err),
	      RC_OK);
	assert_int_equal(progress.accepted, 1);
	RC_IS(house,
	      agreement_list(&ana.door, house->office, ana.person.id, &house->arena,
	                     &agreements, &house->err),
	      RC_OK);
	assert_int_equal(agreements.count, 1);
	assert_true(str_eq(agreements.items[0].version, version));
}

static size_t
consents_in_force(struct house *house, const struct somebody *who)
{
	struct choices choices;
	size_t count = 0;

	RC_IS(
	    house,
	    vault_choice_list(&who->door, who->person.id, &house->arena, &choices, &house->err),
	    RC_OK);
	for (size_t i = 0; i < choices.count; i++)
		count += choices.items[i].withdrawn_us == 0;
	return count;
}

static void
a_consent_to_another_text_ends_on_the_day_and_is_asked_anew(void **state)
{
	struct house *house = *state;
	struct consent_answers answers = { 0 };
	struct onboarding_ask ask = { 0 };
	struct onboarding steps;
	struct somebody ana;

	house_somebody(house, &ana, "ana@example.org", "member");
	ask.person = ana.person.id;
	ask.role = ana.actor.role;
	answers.yes = onboarding_consents(house->tenant->policy, ask.role);
	RC_IS(house, onboarding_answer(&ana.door, house->office, &answers, &house->err), RC_OK);
	assert_int_equal(consents_in_force(house, &ana), 2); /* sharing, research */
	(void)loaded(house, NOTICE_DAYS + 1, "to improve medical knowledge with figures",
	             STR("to train and improve models with figures"));
	tick(house);
	assert_int_equal(consents_in_force(house, &ana), 2);
	house->clock.offset_us += (NOTICE_DAYS + 2) * US_PER_DAY;
	RC_IS(house, vault_tick(house->vault, &house->err), RC_OK);
	tick(house);
	assert_int_equal(consents_in_force(house, &ana), 1);
	ask.role = policy_role_find(house->tenant->policy, STR("member"));
	RC_IS(house, onboarding_state(house->office, house->tenant, &ask, &steps, &house->err),
	      RC_OK);
	assert_int_equal(__builtin_popcountll(steps.consents), 1); /* the one that changed */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HOUSE_TEST(everybody_is_told_once_by_mail_and_page),
		HOUSE_TEST(nobody_is_told_twice_when_it_was_cut_short),
		HOUSE_TEST(a_mail_without_its_record_is_not_sent_again),
		HOUSE_TEST(whoever_is_not_active_is_not_told),
		HOUSE_TEST(they_are_told_in_their_language_with_what_changes),
		HOUSE_TEST(a_message_is_unread_until_it_is_opened),
		HOUSE_TEST(anothers_message_is_not_opened),
		HOUSE_TEST(accepting_counts_once_and_is_on_record),
		HOUSE_TEST(a_consent_to_another_text_ends_on_the_day_and_is_asked_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
