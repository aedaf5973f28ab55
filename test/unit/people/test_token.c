/* Tokens of persons and devices. */
#include "people/house.h"

#include <pthread.h>

static struct token
token_of(const struct house *house, enum token_kind kind, struct id owner, struct id subject)
{
	return (struct token){ .kind = kind,
		               .owner = owner,
		               .subject = subject,
		               .label = STR("a token"),
		               .expires_us = clock_now_us(&house->clock) + 30 * US_PER_DAY };
}

static struct id
device_new(struct house *house)
{
	return id_new(clock_now_us(&house->clock));
}

static void
issue(struct house *house, struct token *token, char secret[64])
{
	struct door door = house_door(house);

	RC_IS(house, people_token_issue(&door, house->people, token, secret, &house->err),
	      RC_OK);
}

static enum rc
find(struct house *house, const char *secret, struct actor *actor)
{
	return people_bearer_find(house->people, house->tenant, str_from_c(secret), actor,
	                          &house->err);
}

static void
a_device_acts_for_its_member_in_the_role_of_devices(void **state)
{
	struct house *house = *state;
	struct person member = house_person(house, STR("ana@example.org"), STR("member"));
	struct id device = device_new(house);
	struct token token = token_of(house, TOKEN_DEVICE, device, member.id);
	struct actor actor;
	char secret[64];

	token.assurance = 2; /* a device has one factor, whatever is asked */
	issue(house, &token, secret);
	assert_int_equal(strlen(secret), 6 + 43);
	for (int i = 0; i < 2; i++) { /* from the store, then from memory */
		RC_IS(house, find(house, secret, &actor), RC_OK);
		assert_int_equal(actor.kind, ACTOR_DEVICE);
		assert_true(id_eq(actor.id, device));
		assert_true(id_eq(actor.subject, member.id));
		assert_true(id_eq(actor.session, token.id));
		assert_true(str_eq(actor.role->name, STR("device")));
		assert_int_equal(actor.assurance, 1);
	}
	assert_int_equal(house_entries(house, STR("token-issued"), STR("ok")), 1);
}

static void
a_person_s_token_has_the_role_and_assurance_of_its_session(void **state)
{
	struct house *house = *state;
	struct person ana = house_person(house, STR("ana@example.org"), STR("member"));
	struct person ben = house_person(house, STR("ben@example.org"), STR("member"));
	struct actor self = { .kind = ACTOR_PERSON,
		              .id = ana.id,
		              .subject = ana.id,
		              .role = policy_role_find(house->tenant->policy, STR("member")),
		              .assurance = 1 };
	struct door own = { house->vault, house->tenant, &self, STR("security") };
	struct token token = token_of(house, TOKEN_PERSON, ana.id, ben.id);
	struct actor actor;
	char secret[64];

	RC_IS(house, people_token_issue(&own, house->people, &token, secret, &house->err),
	      RC_DENIED); /* the role needs its second factor first */
	self.assurance = 2;
	RC_IS(house, people_token_issue(&own, house->people, &token, secret, &house->err),
	      RC_OK);
	RC_IS(house, find(house, secret, &actor), RC_OK);
	assert_int_equal(actor.kind, ACTOR_PERSON);
	assert_true(id_eq(actor.subject, ana.id)); /* its own, whatever was asked */
	assert_int_equal(actor.assurance, 2);
	token = token_of(house, TOKEN_PERSON, ana.id, ana.id);
	token.role = STR("admin");
	RC_IS(house, people_token_issue(&own, house->people, &token, secret, &house->err),
	      RC_DENIED);
	token = token_of(house, TOKEN_PERSON, ben.id, ben.id);
	RC_IS(house, people_token_issue(&own, house->people, &token, secret, &house->err),
	      RC_DENIED);
	token = token_of(house, TOKEN_DEVICE, device_new(house), ben.id);
	RC_IS(house, people_token_issue(&own, house->people, &token, secret, &house->err),
	      RC_DENIED);
}

static void
the_operator_states_role_and_assurance(void **state)
{
	struct house *house = *state;
	struct door door = house_door(house);
	struct person ana = house_person(house, STR("ana@example.org"), STR("member"));
	struct token token = token_of(house, TOKEN_PERSON, ana.id, ana.id);
	struct actor actor;
	char secret[64];

	token.role = STR("member");
	RC_IS(house, people_token_issue(&door, house->people, &token, secret, &house->err),
	      RC_INVALID); /* no assurance is stated */
	token.assurance = 2;
	RC_IS(house, people_token_issue(&door, house->people, &token, secret, &house->err),
	      RC_OK);
	RC_IS(house, find(house, secret, &actor), RC_OK);
	assert_int_equal(actor.assurance, 2);
	token.role = STR("device");
	RC_IS(house, people_token_issue(&door, house->people, &token, secret, &house->err),
	      RC_INVALID);
	token.role = STR("member");
	token.expires_us = clock_now_us(&house->clock);
	RC_IS(house, people_token_issue(&door, house->people, &token, secret, &house->err),
	      RC_INVALID);
	token = token_of(house, TOKEN_PERSON, ana.id, ana.id);
	token.label = STR("two\nlines");
	RC_IS(house, people_token_issue(&door, house->people, &token, secret, &house->err),
	      RC_INVALID);
}

static void
a_revoked_token_is_refused_at_once_though_it_was_just_used(void **state)
{
	struct house *house = *state;
	struct door door = house_door(house);
	struct person member = house_person(house, STR("ana@example.org"), STR("member"));
	struct id device = device_new(house);
	struct token token = token_of(house, TOKEN_DEVICE, device, member.id);
	struct token second = token;
	struct token *list;
	struct actor actor;
	char secret[64], other[64];
	size_t count;

	issue(house, &token, secret);
	issue(house, &second, other);
	RC_IS(house, find(house, secret, &actor), RC_OK);
	RC_IS(house, find(house, other, &actor), RC_OK);
	RC_IS(house, people_token_revoke(&door, house->people, device, token.id, &house->err),
	      RC_OK);
	RC_IS(house, find(house, secret, &actor), RC_UNAUTHENTICATED);
	RC_IS(house, find(house, other, &actor), RC_OK);
	RC_IS(house, people_token_revoke(&door, house->people, device, token.id, &house->err),
	      RC_NOT_FOUND);
	RC_IS(house,
	      people_token_list(&door, house->people, device, &house->arena, &list, &count,
	                        &house->err),
	      RC_OK);
	assert_int_equal(count, 1);
	assert_true(list[0].seen_us != 0);
	assert_true(str_eq(list[0].label, STR("a token")));
	RC_IS(house,
	      people_token_revoke(&door, house->people, device, (struct id){ { 0 } },
	                          &house->err),
	      RC_OK);
	RC_IS(house, find(house, other, &actor), RC_UNAUTHENTICATED);
}

static void
others_neither_see_nor_revoke_a_token(void **state)
{
	struct house *house = *state;
	struct person ana = house_person(house, STR("ana@example.org"), STR("member"));
	struct person ben = house_person(house, STR("ben@example.org"), STR("member"));
	struct actor other = { .kind = ACTOR_PERSON,
		               .id = ben.id,
		               .subject = ben.id,
		               .role = policy_role_find(house->tenant->policy, STR("member")),
		               .assurance = 2 };
	struct door door = { house->vault, house->tenant, &other, STR("security") };
	struct token token = token_of(house, TOKEN_DEVICE, device_new(house), ana.id);
	struct token *list;
	struct actor actor;
	char secret[64];
	size_t count;

	issue(house, &token, secret);
	RC_IS(house,
	      people_token_list(&door, house->people, token.owner, &house->arena, &list, &count,
	                        &house->err),
	      RC_NOT_FOUND);
	RC_IS(house,
	      people_token_revoke(&door, house->people, token.owner, token.id, &house->err),
	      RC_NOT_FOUND);
	RC_IS(house, find(house, secret, &actor), RC_OK);
	other.id = other.subject = ana.id;
	RC_IS(house,
	      people_token_revoke(&door, house->people, token.owner, token.id, &house->err),
	      RC_OK);
}

static void
a_token_ends_at_its_time_though_it_was_just_used(void **state)
{
	struct house *house = *state;
	struct person member = house_person(house, STR("ana@example.org"), STR("member"));
	struct token token = token_of(house, TOKEN_DEVICE, device_new(house), member.id);
	struct actor actor;
	char secret[64];

	issue(house, &token, secret);
	house->clock.offset_us += 30 * US_PER_DAY - US_PER_MIN;
	RC_IS(house, find(house, secret, &actor), RC_OK);
	house->clock.offset_us += US_PER_MIN;
	RC_IS(house, find(house, secret, &actor), RC_UNAUTHENTICATED);
}

static void
suspension_stops_a_member_s_devices_and_ends_its_tokens(void **state)
{
	struct house *house = *state;
	struct door door = house_door(house);
	struct person member = house_person(house, STR("ana@example.org"), STR("member"));
	struct token device = token_of(house, TOKEN_DEVICE, device_new(house), member.id);
	struct token own = token_of(house, TOKEN_PERSON, member.id, member.id);
	struct actor actor;
	char device_secret[64], own_secret[64];

	own.role = STR("member");
	own.assurance = 2;
	issue(house, &device, device_secret);
	issue(house, &own, own_secret);
	RC_IS(house, find(house, device_secret, &actor), RC_OK);
	RC_IS(house, find(house, own_secret, &actor), RC_OK);
	member.state = PERSON_SUSPENDED;
	RC_IS(house, people_change(&door, house->people, &member, &house->err), RC_OK);
	RC_IS(house, find(house, device_secret, &actor), RC_UNAUTHENTICATED);
	RC_IS(house, find(house, own_secret, &actor), RC_UNAUTHENTICATED);
	RC_IS(house, people_token_issue(&door, house->people, &own, own_secret, &house->err),
	      RC_DENIED);
	member.state = PERSON_ACTIVE;
	RC_IS(house, people_change(&door, house->people, &member, &house->err), RC_OK);
	RC_IS(house, find(house, device_secret, &actor), RC_OK);
	RC_IS(house, find(house, own_secret, &actor), RC_UNAUTHENTICATED); /* it has ended */
}

static void
a_busy_token_is_written_at_most_once_a_minute(void **state)
{
	struct house *house = *state;
	struct person member = house_person(house, STR("ana@example.org"), STR("member"));
	struct token token = token_of(house, TOKEN_DEVICE, device_new(house), member.id);
	struct actor actor;
	char secret[64];
	uint64_t before;

	issue(house, &token, secret);
	before = house_writes(house);
	for (int i = 0; i < 100; i++)
		RC_IS(house, find(house, secret, &actor), RC_OK);
	assert_int_equal(house_writes(house), before + 1);
}

static void
what_is_no_token_is_refused_and_counted_by_network(void **state)
{
	static const char *const wrong[] = {
		"",
		"troth_",
		"troth_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
		"troth_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB", /* spare bits set */
	};
	struct house *house = *state;
	struct actor actor;

	for (size_t i = 0; i < COUNT_OF(wrong); i++)
		RC_IS(house, find(house, wrong[i], &actor), RC_UNAUTHENTICATED);
	for (int i = 0; i < 60; i++)
		RC_IS(house, people_bearer_refused(house->people, &house->visitor, &house->err),
		      RC_OK);
	RC_IS(house, people_bearer_refused(house->people, &house->visitor, &house->err),
	      RC_RATE);
}

/* Readers use a token without a pause while it is revoked: none may be let in
 * by an answer that it got after the revocation. */
struct reader {
	struct house *house;
	const char *secret;
	int *is_revoked;
	size_t late, found;
};

static void *
read_on(void *arg)
{
	struct reader *reader = arg;
	struct err err;
	struct actor actor;

	for (int after = 0; after < 50;) {
		int was_revoked = __atomic_load_n(reader->is_revoked, __ATOMIC_SEQ_CST);
		enum rc rc = people_bearer_find(reader->house->people, reader->house->tenant,
		                                str_from_c(reader->secret), &actor, &err);
		reader->found += rc == RC_OK;
		reader->late += rc == RC_OK && was_revoked;
		after += was_revoked;
	}
	return NULL;
}

static void
no_reader_is_let_in_after_a_revocation(void **state)
{
	struct house *house = *state;
	struct door door = house_door(house);
	struct person member = house_person(house, STR("ana@example.org"), STR("member"));

	for (int round = 0; round < 10; round++) {
		struct token token =
		    token_of(house, TOKEN_DEVICE, device_new(house), member.id);
		struct reader readers[4];
		pthread_t threads[4];
		int is_revoked = 0;
		char secret[64];

		issue(house, &token, secret);
		for (size_t i = 0; i < 4; i++) {
			readers[i] = (struct reader){ house, secret, &is_revoked, 0, 0 };
			assert_int_equal(
			    pthread_create(&threads[i], NULL, read_on, &readers[i]), 0);
		}
		RC_IS(house,
		      people_token_revoke(&door, house->people, token.owner, token.id,
		                          &house->err),
		      RC_OK);
		__atomic_store_n(&is_revoked, 1, __ATOMIC_SEQ_CST);
		for (size_t i = 0; i < 4; i++) {
			(void)pthread_join(threads[i], NULL);
			assert_int_equal(readers[i].late, 0);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HOUSE_TEST(a_device_acts_for_its_member_in_the_role_of_devices),
		HOUSE_TEST(a_person_s_token_has_the_role_and_assurance_of_its_session),
		HOUSE_TEST(the_operator_states_role_and_assurance),
		HOUSE_TEST(a_revoked_token_is_refused_at_once_though_it_was_just_used),
		HOUSE_TEST(others_neither_see_nor_revoke_a_token),
		HOUSE_TEST(a_token_ends_at_its_time_though_it_was_just_used),
		HOUSE_TEST(suspension_stops_a_member_s_devices_and_ends_its_tokens),
		HOUSE_TEST(a_busy_token_is_written_at_most_once_a_minute),
		HOUSE_TEST(what_is_no_token_is_refused_and_counted_by_network),
		HOUSE_TEST(no_reader_is_let_in_after_a_revocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
