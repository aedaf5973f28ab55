/* Signing in by a mailed link or code. */
#include "people/house.h"

#include <pthread.h>

static enum rc
begin(struct house *house, struct str email, struct link_begun *begun)
{
	return people_link_begin(house->people, &house->visitor, email, &house->arena, begun,
	                         &house->err);
}

static enum rc
finish(struct house *house, const char *browser, const char *link, const char *code)
{
	struct link_finish finish = { str_from_c(browser), str_from_c(link), str_from_c(code) };
	struct session session;
	char secret[SECRET_TEXT];

	return people_link_finish(house->people, &house->visitor, &finish, &house->arena,
	                          &session, secret, &house->err);
}

static void
a_link_signs_in_the_person_it_was_mailed_to(void **state)
{
	struct house *house = *state;
	struct person person = house_person(house, STR("Ana@Example.org"), STR("member"));
	char secret[SECRET_TEXT];
	struct session session = house_sign_in(house, STR("ana@example.ORG "), secret);
	struct session found;

	assert_true(id_eq(session.person, person.id));
	assert_int_equal(session.actor.assurance, 1);
	assert_true(session.needs_factor);
	assert_false(session.has_factor);
	RC_IS(house,
	      people_session_find(house->people, &house->visitor, str_from_c(secret),
	                          &house->arena, &found, &house->err),
	      RC_OK);
	assert_true(id_eq(found.id, session.id));
	assert_true(str_eq(found.actor.role->name, STR("member")));
	assert_true(str_eq(found.browser, STR("Browser/1.0")));
	assert_int_equal(house_entries(house, STR("sign-in"), STR("ok")), 1);
}

static void
a_first_sign_in_makes_an_invited_person_active(void **state)
{
	struct house *house = *state;
	struct door door = house_door(house);
	struct person person = { .email = STR("new@example.org"),
		                 .role = STR("admin"),
		                 .language = STR("fr"),
		                 .zone = STR("UTC") };
	char secret[SECRET_TEXT];

	RC_IS(house, people_add(&door, house->people, &person, &house->err), RC_OK);
	assert_int_equal(person.state, PERSON_INVITED);
	(void)house_sign_in(house, person.email, secret);
	RC_IS(house,
	      people_get(&door, house->people, person.id, &house->arena, &person, &house->err),
	      RC_OK);
	assert_int_equal(person.state, PERSON_ACTIVE);
}

static void
a_code_signs_in_and_a_link_works_once(void **state)
{
	struct house *house = *state;
	struct link_begun a, b;

	house_person(house, STR("ana@example.org"), STR("member"));
	RC_IS(house, begin(house, STR("ana@example.org"), &a), RC_OK);
	RC_IS(house, begin(house, STR("ana@example.org"), &b), RC_OK);
	RC_IS(house, finish(house, a.browser_secret, "", a.code), RC_OK);
	RC_IS(house, finish(house, a.browser_secret, a.link_secret, ""), RC_UNAUTHENTICATED);
	RC_IS(house, finish(house, b.browser_secret, b.link_secret, ""), RC_OK);
	RC_IS(house, finish(house, b.browser_secret, b.link_secret, ""), RC_UNAUTHENTICATED);
}

static void
who_has_died_signs_in_no_more_and_their_session_ends(void **state)
{
	struct house *house = *state;
	struct door door = house_door(house);
	struct person person = house_person(house, STR("ana@example.org"), STR("member"));
	char secret[SECRET_TEXT];
	struct session session = house_sign_in(house, STR("ana@example.org"), secret);
	struct link_begun begun;

	RC_IS(house, vault_subject_flags(&door, person.id, SUBJECT_DECEASED, 0, &house->err),
	      RC_OK);
	RC_IS(house,
	      people_session_find(house->people, &house->visitor, str_from_c(secret),
	                          &house->arena, &session, &house->err),
	      RC_UNAUTHENTICATED);
	RC_IS(house, begin(house, STR("ana@example.org"), &begun), RC_OK);
	RC_IS(house, finish(house, begun.browser_secret, begun.link_secret, ""),
	      RC_UNAUTHENTICATED);
}

static void
a_link_needs_the_browser_that_asked(void **state)
{
	struct house *house = *state;
	struct link_begun a, b;

	house_person(house, STR("ana@example.org"), STR("member"));
	RC_IS(house, begin(house, STR("ana@example.org"), &a), RC_OK);
	RC_IS(house, begin(house, STR("ana@example.org"), &b), RC_OK);
	RC_IS(house, finish(house, b.browser_secret, a.link_secret, ""), RC_UNAUTHENTICATED);
	RC_IS(house, finish(house, b.browser_secret, "", a.code), RC_UNAUTHENTICATED);
	RC_IS(house, finish(house, "", a.link_secret, ""), RC_UNAUTHENTICATED);
	RC_IS(house, finish(house, a.browser_secret, a.link_secret, a.code),
	      RC_UNAUTHENTICATED);
	RC_IS(house, finish(house, a.browser_secret, "", ""), RC_UNAUTHENTICATED);
	RC_IS(house, finish(house, a.browser_secret, a.link_secret, ""), RC_OK);
}

static void
a_link_ends_after_ten_minutes(void **state)
{
	struct house *house = *state;
	struct link_begun begun;

	house_person(house, STR("ana@example.org"), STR("member"));
	RC_IS(house, begin(house, STR("ana@example.org"), &begun), RC_OK);
	house->clock.offset_us += LINK_MINUTES * US_PER_MIN;
	RC_IS(house, finish(house, begun.browser_secret, begun.link_secret, ""),
	      RC_UNAUTHENTICATED);
}

static void
five_wrong_codes_end_a_ticket_for_its_link_too(void **state)
{
	struct house *house = *state;
	struct link_begun begun;
	char wrong[CODE_DIGITS + 1];

	house_person(house, STR("ana@example.org"), STR("member"));
	RC_IS(house, begin(house, STR("ana@example.org"), &begun), RC_OK);
	memcpy(wrong, begun.code, sizeof(wrong));
	wrong[0] = wrong[0] == '9' ? '0' : (char)(wrong[0] + 1);
	for (int i = 0; i < CODE_TRIES; i++)
		RC_IS(house, finish(house, begun.browser_secret, "", wrong),
		      RC_UNAUTHENTICATED);
	RC_IS(house, finish(house, begun.browser_secret, "", begun.code), RC_UNAUTHENTICATED);
	RC_IS(house, finish(house, begun.browser_secret, begun.link_secret, ""),
	      RC_UNAUTHENTICATED);
	assert_int_equal(house_entries(house, STR("sign-in-refused"), STR("refused")),
	                 CODE_TRIES);
}

static void
codes_are_limited_for_a_person_and_its_links_are_not(void **state)
{
	struct house *house = *state;
	struct link_begun begun = { 0 };

	house_person(house, STR("ana@example.org"), STR("member"));
	for (int i = 0; i < 10; i++) {
		if (i % 4 == 0)
			RC_IS(house, begin(house, STR("ana@example.org"), &begun), RC_OK);
		RC_IS(house, finish(house, begun.browser_secret, "", "1"), RC_UNAUTHENTICATED);
	}
	RC_IS(house, begin(house, STR("ana@example.org"), &begun), RC_OK);
	RC_IS(house, finish(house, begun.browser_secret, "", begun.code), RC_RATE);
	RC_IS(house, finish(house, begun.browser_secret, begun.link_secret, ""), RC_OK);
}

static void
asking_is_limited_for_an_address_known_or_not_and_for_a_network(void **state)
{
	struct house *house = *state;
	struct link_begun begun;
	char email[32];

	house_person(house, STR("ana@example.org"), STR("member"));
	for (int i = 0; i < 5; i++) {
		RC_IS(house, begin(house, STR("ana@example.org"), &begun), RC_OK);
		RC_IS(house, begin(house, STR("none@example.org"), &begun), RC_OK);
	}
	RC_IS(house, begin(house, STR("ANA@example.org"), &begun), RC_RATE);
	RC_IS(house, begin(house, STR("none@example.org"), &begun), RC_RATE);
	house->visitor.address = STR("2001:db8:1:2::1");
	for (int i = 0; i < 30; i++) {
		(void)snprintf(email, sizeof(email), "a%d@example.org", i);
		RC_IS(house, begin(house, str_from_c(email), &begun), RC_OK);
	}
	house->visitor.address = STR("2001:db8:1:2:ffff::9"); /* the same /64 */
	RC_IS(house, begin(house, STR("b@example.org"), &begun), RC_RATE);
	house->visitor.address = STR("2001:db8:1:3::1");
	RC_IS(house, begin(house, STR("b@example.org"), &begun), RC_OK);
}

/* Counted work, since time on a shared machine shows nothing. */
static void
an_unknown_address_costs_the_same_writes_and_answers_alike(void **state)
{
	struct house *house = *state;
	struct link_begun known, unknown, out;
	struct door door = house_door(house);
	struct person person = house_person(house, STR("ana@example.org"), STR("member"));
	uint64_t before = house_writes(house), cost_known, cost_unknown;

	RC_IS(house, begin(house, STR("ana@example.org"), &known), RC_OK);
	cost_known = house_writes(house) - before;
	before = house_writes(house);
	RC_IS(house, begin(house, STR("bob@example.org"), &unknown), RC_OK);
	cost_unknown = house_writes(house) - before;
	assert_int_equal(cost_known, 3); /* rates, entry, ticket */
	assert_int_equal(cost_unknown, cost_known);
	assert_true(known.is_known);
	assert_false(unknown.is_known);
	assert_int_equal(strlen(unknown.browser_secret), strlen(known.browser_secret));
	assert_int_equal(unknown.email.len, 0);

	person.state = PERSON_SUSPENDED;
	RC_IS(house, people_change(&door, house->people, &person, &house->err), RC_OK);
	before = house_writes(house);
	RC_IS(house, begin(house, STR("ana@example.org"), &out), RC_OK);
	assert_int_equal(house_writes(house) - before, cost_known);
	assert_false(out.is_known);
	RC_IS(house, finish(house, unknown.browser_secret, unknown.link_secret, ""),
	      RC_UNAUTHENTICATED);
	RC_IS(house, finish(house, unknown.browser_secret, "", unknown.code),
	      RC_UNAUTHENTICATED);
}

static void
what_is_no_address_is_refused_before_any_work(void **state)
{
	struct house *house = *state;
	uint64_t before = house_writes(house);
	struct link_begun begun;

	RC_IS(house, begin(house, STR("ana"), &begun), RC_INVALID);
	RC_IS(house, begin(house, STR("ana@example.org\r\nBcc: x@example.org"), &begun),
	      RC_INVALID);
	assert_int_equal(house_writes(house), before);
}

static void
a_link_that_was_asked_for_before_a_suspension_is_dead(void **state)
{
	struct house *house = *state;
	struct door door = house_door(house);
	struct person person = house_person(house, STR("ana@example.org"), STR("member"));
	struct link_begun begun;

	RC_IS(house, begin(house, STR("ana@example.org"), &begun), RC_OK);
	person.state = PERSON_SUSPENDED;
	RC_IS(house, people_change(&door, house->people, &person, &house->err), RC_OK);
	RC_IS(house, finish(house, begun.browser_secret, begun.link_secret, ""),
	      RC_UNAUTHENTICATED);
}

#define RACERS 100
struct race {
	struct house *house;
	const struct link_begun *begun;
	pthread_barrier_t barrier;
};
struct racer {
	struct race *race;
	enum rc rc;
	struct err err;
	struct session session;
	char secret[SECRET_TEXT];
};

static void *
race_run(void *arg)
{
	struct racer *racer = arg;
	struct race *race = racer->race;
	struct link_finish finish = { str_from_c(race->begun->browser_secret),
		                      str_from_c(race->begun->link_secret), STR_EMPTY };
	CLEANUP(arena_free) struct arena arena = { 0 };

	arena_init(&arena, 8 * MIB);
	(void)pthread_barrier_wait(&race->barrier);
	racer->rc = people_link_finish(race->house->people, &race->house->visitor, &finish,
	                               &arena, &racer->session, racer->secret, &racer->err);
	return NULL;
}

static void
of_a_hundred_that_finish_at_once_one_gets_a_session(void **state)
{
	static struct racer racers[RACERS];
	struct house *house = *state;
	pthread_t threads[RACERS];
	struct race race = { .house = house };
	struct link_begun begun;
	struct session *sessions;
	size_t winners = 0, count = 0;

	house_person(house, STR("ana@example.org"), STR("member"));
	RC_IS(house, begin(house, STR("ana@example.org"), &begun), RC_OK);
	race.begun = &begun;
	(void)pthread_barrier_init(&race.barrier, NULL, RACERS);
	for (size_t i = 0; i < RACERS; i++) {
		racers[i] = (struct racer){ .race = &race };
		assert_int_equal(pthread_create(&threads[i], NULL, race_run, &racers[i]), 0);
	}
	for (size_t i = 0; i < RACERS; i++) {
		(void)pthread_join(threads[i], NULL);
		if (racers[i].rc != RC_OK) {
			assert_int_equal(racers[i].rc, RC_UNAUTHENTICATED);
			continue;
		}
		winners++;
		racers[0].session = racers[i].session;
	}
	(void)pthread_barrier_destroy(&race.barrier);
	assert_int_equal(winners, 1);
	racers[0].session.tenant = house->tenant;
	RC_IS(house,
	      people_session_list(house->people, &racers[0].session, &house->arena, &sessions,
	                          &count, &house->err),
	      RC_OK);
	assert_int_equal(count, 1);
	assert_int_equal(house_entries(house, STR("sign-in"), STR("ok")), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HOUSE_TEST(a_link_signs_in_the_person_it_was_mailed_to),
		HOUSE_TEST(a_first_sign_in_makes_an_invited_person_active),
		HOUSE_TEST(a_code_signs_in_and_a_link_works_once),
		HOUSE_TEST(who_has_died_signs_in_no_more_and_their_session_ends),
		HOUSE_TEST(a_link_needs_the_browser_that_asked),
		HOUSE_TEST(a_link_ends_after_ten_minutes),
		HOUSE_TEST(five_wrong_codes_end_a_ticket_for_its_link_too),
		HOUSE_TEST(codes_are_limited_for_a_person_and_its_links_are_not),
		HOUSE_TEST(asking_is_limited_for_an_address_known_or_not_and_for_a_network),
		HOUSE_TEST(an_unknown_address_costs_the_same_writes_and_answers_alike),
		HOUSE_TEST(what_is_no_address_is_refused_before_any_work),
		HOUSE_TEST(a_link_that_was_asked_for_before_a_suspension_is_dead),
		HOUSE_TEST(of_a_hundred_that_finish_at_once_one_gets_a_session),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
