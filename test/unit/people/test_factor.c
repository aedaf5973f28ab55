/* Second factors: enrolling, codes, recovery codes, limits. */
#include "people/house.h"

#include <pthread.h>

#include "people/totp.h"

/* What the person's app shows at the house's time. */
static struct str
shown(struct house *house, struct str secret_base32)
{
	char *code = arena_alloc(&house->arena, TOTP_DIGITS + 1, 1);
	struct str seed;

	RC_IS(house, totp_seed_parse(secret_base32, &house->arena, &seed, &house->err), RC_OK);
	RC_IS(house,
	      totp_code(seed, totp_step(clock_now_us(&house->clock)), TOTP_DIGITS, code,
	                &house->err),
	      RC_OK);
	return str_from_c(code);
}

struct enrolled {
	struct session session;
	char secret[SECRET_TEXT];
	struct str seed;
	struct str codes[RECOVERY_CODES];
};

static struct enrolled
enrol(struct house *house, struct str email)
{
	struct enrolled e;
	struct totp_offer offer;

	e.session = house_sign_in(house, email, e.secret);
	RC_IS(house,
	      people_totp_offer(house->people, &e.session, &house->arena, &offer, &house->err),
	      RC_OK);
	e.seed = offer.secret_base32;
	RC_IS(house,
	      people_totp_confirm(house->people, &e.session, shown(house, e.seed),
	                          &house->arena, e.codes, &house->err),
	      RC_OK);
	return e;
}

static enum rc
check(struct house *house, struct session *session, struct str code)
{
	return people_factor_check(house->people, session, code, &house->err);
}

static struct session
found(struct house *house, const char *secret)
{
	struct session session;

	RC_IS(house,
	      people_session_find(house->people, &house->visitor, str_from_c(secret),
	                          &house->arena, &session, &house->err),
	      RC_OK);
	return session;
}

static void
enrolling_raises_the_session_and_gives_ten_codes(void **state)
{
	struct house *house = *state;
	struct enrolled e;
	struct session session;

	house_person(house, STR("ana@example.org"), STR("member"));
	e = enrol(house, STR("ana@example.org"));
	assert_int_equal(e.session.actor.assurance, 2);
	session = found(house, e.secret);
	assert_int_equal(session.actor.assurance, 2);
	assert_true(session.has_factor);
	assert_false(session.needs_factor);
	for (size_t i = 0; i < RECOVERY_CODES; i++) {
		assert_int_equal(e.codes[i].len, 11);
		assert_int_equal(e.codes[i].ptr[5], '-');
	}
	assert_int_equal(house_entries(house, STR("factor-enrolled"), STR("ok")), 1);
}

static void
an_offer_is_not_in_force_until_its_code_was_typed(void **state)
{
	struct house *house = *state;
	struct str codes[RECOVERY_CODES];
	struct totp_offer offer;
	struct session session;
	char secret[SECRET_TEXT];

	house_person(house, STR("ana@example.org"), STR("member"));
	session = house_sign_in(house, STR("ana@example.org"), secret);
	RC_IS(house,
	      people_totp_confirm(house->people, &session, STR("123456"), &house->arena, codes,
	                          &house->err),
	      RC_PRECONDITION);
	RC_IS(house,
	      people_totp_offer(house->people, &session, &house->arena, &offer, &house->err),
	      RC_OK);
	RC_IS(house, check(house, &session, shown(house, offer.secret_base32)),
	      RC_PRECONDITION);
	RC_IS(house,
	      people_totp_confirm(house->people, &session, STR("12345"), &house->arena, codes,
	                          &house->err),
	      RC_UNAUTHENTICATED);
	assert_false(found(house, secret).has_factor);
	house->clock.offset_us += 14 * US_PER_MIN;
	(void)found(house, secret);
	house->clock.offset_us += 2 * US_PER_MIN;
	RC_IS(house,
	      people_totp_confirm(house->people, &session, shown(house, offer.secret_base32),
	                          &house->arena, codes, &house->err),
	      RC_PRECONDITION); /* the offer is too old */
}

static void
a_second_sign_in_is_asked_and_a_code_is_taken_once(void **state)
{
	struct house *house = *state;
	struct enrolled e;
	struct session session, other;
	char secret[SECRET_TEXT], third[SECRET_TEXT];
	struct str code;

	house_person(house, STR("ana@example.org"), STR("member"));
	e = enrol(house, STR("ana@example.org"));
	session = house_sign_in(house, STR("ana@example.org"), secret);
	assert_true(session.needs_factor);
	assert_true(session.has_factor);
	/* The code that enrolled is spent. */
	RC_IS(house, check(house, &session, shown(house, e.seed)), RC_UNAUTHENTICATED);
	house->clock.offset_us += 30 * US_PER_S;
	code = shown(house, e.seed);
	RC_IS(house, check(house, &session, code), RC_OK);
	assert_int_equal(found(house, secret).actor.assurance, 2);
	other = house_sign_in(house, STR("ana@example.org"), third);
	RC_IS(house, check(house, &other, code), RC_UNAUTHENTICATED);
	assert_int_equal(found(house, third).actor.assurance, 1);
	assert_int_equal(house_entries(house, STR("factor"), STR("ok")), 1);
	assert_int_equal(house_entries(house, STR("factor"), STR("refused")), 2);
}

static void
each_recovery_code_works_once_in_any_spelling(void **state)
{
	struct house *house = *state;
	struct enrolled e;
	struct session session;
	char secret[SECRET_TEXT], typed[13];
	const char *given;

	house_person(house, STR("ana@example.org"), STR("member"));
	e = enrol(house, STR("ana@example.org"));
	session = house_sign_in(house, STR("ana@example.org"), secret);
	given = e.codes[3].ptr;
	for (size_t i = 0; i < 11; i++) {
		char c = given[i];
		typed[i] = c == '0' ? 'o' : c == '1' ? 'l' : c == '-' ? ' ' : c;
		if (typed[i] >= 'A' && typed[i] <= 'Z')
			typed[i] = (char)(typed[i] - 'A' + 'a');
	}
	typed[11] = '\0';
	RC_IS(house, check(house, &session, str_from_c(typed)), RC_OK);
	session = house_sign_in(house, STR("ana@example.org"), secret);
	RC_IS(house, check(house, &session, e.codes[3]), RC_UNAUTHENTICATED);
	RC_IS(house, check(house, &session, e.codes[9]), RC_OK);
}

static void
nobody_enrols_over_a_factor_without_having_used_it(void **state)
{
	struct house *house = *state;
	struct enrolled e;
	struct session session;
	struct totp_offer offer;
	char secret[SECRET_TEXT];

	house_person(house, STR("ana@example.org"), STR("member"));
	e = enrol(house, STR("ana@example.org"));
	session = house_sign_in(house, STR("ana@example.org"), secret);
	RC_IS(house,
	      people_totp_offer(house->people, &session, &house->arena, &offer, &house->err),
	      RC_DENIED);
	session.has_factor = false; /* what the page believes does not matter */
	RC_IS(house,
	      people_totp_offer(house->people, &session, &house->arena, &offer, &house->err),
	      RC_DENIED);
	RC_IS(house,
	      people_totp_offer(house->people, &e.session, &house->arena, &offer, &house->err),
	      RC_OK);
}

static void
an_earlier_session_learns_of_the_factor_and_cannot_go_around_it(void **state)
{
	struct house *house = *state;
	struct session early;
	char secret[SECRET_TEXT];

	house_person(house, STR("ana@example.org"), STR("member"));
	early = house_sign_in(house, STR("ana@example.org"), secret);
	assert_false(early.has_factor);
	(void)enrol(house, STR("ana@example.org"));
	early = found(house, secret);
	assert_true(early.has_factor);
	assert_true(early.needs_factor);
	assert_int_equal(early.actor.assurance, 1);
}

static void
tries_are_limited_for_a_session_and_for_a_person(void **state)
{
	struct house *house = *state;
	struct enrolled e;
	struct session session;
	char secret[SECRET_TEXT];

	house_person(house, STR("ana@example.org"), STR("member"));
	e = enrol(house, STR("ana@example.org")); /* one of the person's ten */
	session = house_sign_in(house, STR("ana@example.org"), secret);
	for (int i = 0; i < 5; i++)
		RC_IS(house, check(house, &session, STR("000000x")), RC_UNAUTHENTICATED);
	RC_IS(house, check(house, &session, e.codes[0]), RC_RATE);
	session = house_sign_in(house, STR("ana@example.org"), secret);
	for (int i = 0; i < 3; i++)
		RC_IS(house, check(house, &session, STR("ABCDE")), RC_UNAUTHENTICATED);
	RC_IS(house, check(house, &session, e.codes[0]), RC_RATE); /* the person's eleventh */
}

struct racer {
	struct house *house;
	struct session session;
	struct str code;
	pthread_barrier_t *barrier;
	enum rc rc;
	struct err err;
};

static void *
race_run(void *arg)
{
	struct racer *racer = arg;

	(void)pthread_barrier_wait(racer->barrier);
	racer->rc = people_factor_check(racer->house->people, &racer->session, racer->code,
	                                &racer->err);
	return NULL;
}

/* Two sessions of one person, since each has five tries and the person ten. */
static void
of_many_that_use_one_code_at_once_one_is_taken(void **state)
{
	struct house *house = *state;
	struct racer racers[8];
	pthread_t threads[8];
	pthread_barrier_t barrier;
	struct session sessions[2];
	struct enrolled e;
	char secret[SECRET_TEXT];
	size_t winners = 0;

	house_person(house, STR("ana@example.org"), STR("member"));
	e = enrol(house, STR("ana@example.org"));
	sessions[0] = house_sign_in(house, STR("ana@example.org"), secret);
	sessions[1] = house_sign_in(house, STR("ana@example.org"), secret);
	house->clock.offset_us += 30 * US_PER_S;
	(void)pthread_barrier_init(&barrier, NULL, COUNT_OF(racers));
	for (size_t i = 0; i < COUNT_OF(racers); i++) {
		racers[i] = (struct racer){ .house = house,
			                    .session = sessions[i % 2],
			                    .code = shown(house, e.seed),
			                    .barrier = &barrier };
		assert_int_equal(pthread_create(&threads[i], NULL, race_run, &racers[i]), 0);
	}
	for (size_t i = 0; i < COUNT_OF(racers); i++) {
		(void)pthread_join(threads[i], NULL);
		winners += racers[i].rc == RC_OK;
		if (racers[i].rc != RC_OK)
			assert_int_equal(racers[i].rc, RC_UNAUTHENTICATED);
	}
	(void)pthread_barrier_destroy(&barrier);
	assert_int_equal(winners, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HOUSE_TEST(enrolling_raises_the_session_and_gives_ten_codes),
		HOUSE_TEST(an_offer_is_not_in_force_until_its_code_was_typed),
		HOUSE_TEST(a_second_sign_in_is_asked_and_a_code_is_taken_once),
		HOUSE_TEST(each_recovery_code_works_once_in_any_spelling),
		HOUSE_TEST(nobody_enrols_over_a_factor_without_having_used_it),
		HOUSE_TEST(an_earlier_session_learns_of_the_factor_and_cannot_go_around_it),
		HOUSE_TEST(tries_are_limited_for_a_session_and_for_a_person),
		HOUSE_TEST(of_many_that_use_one_code_at_once_one_is_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
