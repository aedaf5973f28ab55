/*
 * Detection, fed directly.  The figures are those of detect.h; 400 people are within
 * what linear counting over 2048 bits estimates to some per cent (Whang et al. 1990,
 * "A linear-time probabilistic counting algorithm", table II).
 */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/limits.h"
#include "office/detect.h"

#define START_US (20000 * US_PER_DAY + US_PER_HOUR)

struct scene {
	struct detect *detect;
	struct tenant tenant;
	struct actor actor;
	int64_t now_us;
};

static int
scene_open(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));

	scene->detect = detect_new();
	scene->tenant.id = 7;
	scene->actor = (struct actor){ .kind = ACTOR_PERSON, .id = id_new(START_US) };
	scene->actor.subject = scene->actor.id;
	scene->now_us = START_US;
	*state = scene;
	return 0;
}

static int
scene_close(void **state)
{
	struct scene *scene = *state;

	detect_free(scene->detect);
	free(scene);
	return 0;
}

static struct sighting
sighting_of(const struct scene *scene, const char *act, const char *outcome, int64_t count)
{
	return (struct sighting){ .tenant = &scene->tenant,
		                  .actor = &scene->actor,
		                  .act = str_from_c(act),
		                  .outcome = str_from_c(outcome),
		                  .count = count,
		                  .time_us = scene->now_us };
}

static void
see(struct scene *scene, const char *act, const char *outcome, int64_t count)
{
	struct sighting sighting = sighting_of(scene, act, outcome, count);

	detect_see(scene->detect, &sighting);
}

/* Opens `count` people that nobody has opened. */
static void
read_people(struct scene *scene, int count)
{
	for (int i = 0; i < count; i++) {
		struct sighting sighting = sighting_of(scene, "read", "ok", 1);
		sighting.subject = id_new(START_US + i);
		detect_see(scene->detect, &sighting);
	}
}

static void
nothing_is_found(struct scene *scene)
{
	struct finding finding;

	assert_false(detect_take(scene->detect, &finding));
}

static void
is_found(struct scene *scene, const char *what)
{
	struct finding finding;

	assert_true(detect_take(scene->detect, &finding));
	assert_string_equal(finding.what, what);
	assert_int_equal(finding.tenant, 7);
	assert_true(id_eq(finding.about, scene->actor.id));
	nothing_is_found(scene);
}

static void
twenty_refusals_within_ten_minutes_are_found_once(void **state)
{
	struct scene *scene = *state;

	for (int i = 0; i < 19; i++)
		see(scene, "read", "role", 0);
	nothing_is_found(scene);
	see(scene, "refusal", "refused", 0);
	is_found(scene, "refusals");
	see(scene, "read", "role", 0);
	nothing_is_found(scene);
}

static void
twenty_refusals_over_longer_are_not(void **state)
{
	struct scene *scene = *state;

	for (int i = 0; i < 60; i++) {
		see(scene, "read", "scope", 0);
		scene->now_us += 32 * US_PER_S; /* 19 steps: 10 minutes and 8 seconds */
	}
	nothing_is_found(scene);
}

static void
what_is_allowed_is_no_refusal(void **state)
{
	struct scene *scene = *state;

	for (int i = 0; i < 100; i++)
		see(scene, "write", "ok", 1);
	nothing_is_found(scene);
}

static void
refusals_of_two_actors_are_not_added_up(void **state)
{
	struct scene *scene = *state;
	struct id first = scene->actor.id;
	struct id second = id_new(START_US + 1);

	for (int i = 0; i < 38; i++) {
		scene->actor.id = i % 2 == 0 ? first : second;
		see(scene, "read", "role", 0);
	}
	nothing_is_found(scene);
}

static void
five_wrong_factors_of_a_person_are_found(void **state)
{
	struct scene *scene = *state;
	struct actor system = { .kind = ACTOR_SYSTEM };

	for (int i = 0; i < 5; i++) {
		struct sighting sighting = sighting_of(scene, "factor", "refused", 0);
		sighting.actor = &system;
		sighting.subject = scene->actor.id;
		nothing_is_found(scene);
		detect_see(scene->detect, &sighting);
	}
	is_found(scene, "factor");
}

static void
right_factors_are_not_found(void **state)
{
	struct scene *scene = *state;

	for (int i = 0; i < 50; i++) {
		struct sighting sighting = sighting_of(scene, "factor", "ok", 0);
		sighting.subject = scene->actor.id;
		detect_see(scene->detect, &sighting);
	}
	nothing_is_found(scene);
}

static void
opening_four_hundred_people_in_a_day_is_found_once(void **state)
{
	struct scene *scene = *state;

	read_people(scene, 150);
	nothing_is_found(scene);
	read_people(scene, 250);
	is_found(scene, "reading");
	read_people(scene, 100);
	nothing_is_found(scene);
}

static void
opening_one_person_often_is_not_opening_many(void **state)
{
	struct scene *scene = *state;
	struct id somebody = id_new(START_US);

	for (int i = 0; i < 1000; i++) {
		struct sighting sighting = sighting_of(scene, "read", "ok", 5);
		sighting.subject = somebody;
		detect_see(scene->detect, &sighting);
	}
	nothing_is_found(scene);
}

static void
who_opens_a_hundred_a_day_may_open_three_hundred(void **state)
{
	struct scene *scene = *state;

	for (int day = 0; day < 3; day++) {
		read_people(scene, 100);
		scene->now_us += US_PER_DAY;
	}
	read_people(scene, 300);
	nothing_is_found(scene);
	read_people(scene, 400);
	is_found(scene, "reading");
}

static void
busy_days_longer_ago_than_two_weeks_count_no_more(void **state)
{
	struct scene *scene = *state;

	read_people(scene, 150);
	scene->now_us += 20 * US_PER_DAY;
	read_people(scene, 400);
	is_found(scene, "reading");
}

static void
people_of_a_list_are_counted_each(void **state)
{
	struct scene *scene = *state;
	struct id people[WATCH_SUBJECTS];
	struct sighting sighting = sighting_of(scene, "read", "ok", WATCH_SUBJECTS);

	for (size_t i = 0; i < WATCH_SUBJECTS; i++)
		people[i] = id_new(START_US + (int64_t)i);
	sighting.subjects = people;
	sighting.subject_count = WATCH_SUBJECTS;
	detect_see(scene->detect, &sighting);
	is_found(scene, "reading");
}

static void
more_than_ten_thousand_records_out_in_an_hour_are_found(void **state)
{
	struct scene *scene = *state;

	see(scene, "export", "ok", 6000);
	scene->now_us += 59 * US_PER_MIN;
	see(scene, "release", "ok", 4000);
	nothing_is_found(scene);
	see(scene, "release", "ok", 1);
	is_found(scene, "export");
}

static void
the_same_over_two_hours_is_not(void **state)
{
	struct scene *scene = *state;

	see(scene, "export", "ok", 9000);
	scene->now_us += 61 * US_PER_MIN;
	see(scene, "export", "ok", 9000);
	scene->now_us += 5 * US_PER_DAY;
	see(scene, "export", "ok", 9000);
	nothing_is_found(scene);
}

static void
sign_in(struct scene *scene, const char *address)
{
	struct signing_in in = { 7, scene->actor.id, str_from_c(address), scene->now_us };

	detect_signed_in(scene->detect, &in);
}

static void
a_sign_in_from_another_network_is_found_and_then_known(void **state)
{
	struct scene *scene = *state;

	sign_in(scene, "192.0.2.1"); /* addresses for documentation: RFC 5737, RFC 3849 */
	sign_in(scene, "192.0.77.9");
	nothing_is_found(scene);
	sign_in(scene, "198.51.100.4");
	is_found(scene, "network");
	sign_in(scene, "::ffff:198.51.7.7");
	nothing_is_found(scene);
	sign_in(scene, "2001:db8::1");
	is_found(scene, "network");
	sign_in(scene, "2001:db8:ffff::1");
	sign_in(scene, "not an address");
	nothing_is_found(scene);
}

static void
a_network_not_used_for_ninety_days_is_new_again(void **state)
{
	struct scene *scene = *state;

	sign_in(scene, "192.0.2.1");
	scene->now_us += 60 * US_PER_DAY;
	sign_in(scene, "198.51.100.4");
	is_found(scene, "network");
	scene->now_us += 31 * US_PER_DAY;
	sign_in(scene, "192.0.2.1");
	is_found(scene, "network");
	/* Whoever was away altogether has no network to differ from. */
	scene->now_us += 200 * US_PER_DAY;
	sign_in(scene, "203.0.113.1");
	nothing_is_found(scene);
}

static void
memory_is_bounded_and_the_least_recent_actor_goes(void **state)
{
	struct scene *scene = *state;
	struct id first = scene->actor.id;

	for (int i = 0; i < 19; i++)
		see(scene, "read", "role", 0);
	for (int i = 0; i < DETECT_ACTORS; i++) {
		scene->now_us++;
		scene->actor.id = id_new(START_US + i);
		see(scene, "read", "ok", 1);
	}
	scene->actor.id = first;
	see(scene, "read", "role", 0);
	nothing_is_found(scene);
}

static void
findings_that_nobody_takes_are_dropped_past_their_number(void **state)
{
	struct scene *scene = *state;
	struct finding finding;
	int count = 0;

	for (int i = 0; i < (DETECT_FINDINGS + 10) * DETECT_REFUSALS; i++)
		see(scene, "read", "role", 0);
	while (detect_take(scene->detect, &finding))
		count++;
	assert_int_equal(count, DETECT_FINDINGS);
}

static void
the_system_is_not_watched(void **state)
{
	struct scene *scene = *state;

	scene->actor = (struct actor){ .kind = ACTOR_SYSTEM };
	for (int i = 0; i < 50; i++)
		see(scene, "read", "role", 0);
	read_people(scene, 500);
	nothing_is_found(scene);
}

#define SCENE_TEST(name) cmocka_unit_test_setup_teardown(name, scene_open, scene_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE_TEST(twenty_refusals_within_ten_minutes_are_found_once),
		SCENE_TEST(twenty_refusals_over_longer_are_not),
		SCENE_TEST(what_is_allowed_is_no_refusal),
		SCENE_TEST(refusals_of_two_actors_are_not_added_up),
		SCENE_TEST(five_wrong_factors_of_a_person_are_found),
		SCENE_TEST(right_factors_are_not_found),
		SCENE_TEST(opening_four_hundred_people_in_a_day_is_found_once),
		SCENE_TEST(opening_one_person_often_is_not_opening_many),
		SCENE_TEST(who_opens_a_hundred_a_day_may_open_three_hundred),
		SCENE_TEST(busy_days_longer_ago_than_two_weeks_count_no_more),
		SCENE_TEST(people_of_a_list_are_counted_each),
		SCENE_TEST(more_than_ten_thousand_records_out_in_an_hour_are_found),
		SCENE_TEST(the_same_over_two_hours_is_not),
		SCENE_TEST(a_sign_in_from_another_network_is_found_and_then_known),
		SCENE_TEST(a_network_not_used_for_ninety_days_is_new_again),
		SCENE_TEST(memory_is_bounded_and_the_least_recent_actor_goes),
		SCENE_TEST(findings_that_nobody_takes_are_dropped_past_their_number),
		SCENE_TEST(the_system_is_not_watched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
