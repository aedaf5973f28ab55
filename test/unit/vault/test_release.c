/*
 * What leaves: each condition of the reference policy's recipients, kept and not kept,
 * and what the person is told of it.  Restriction: GDPR Art. 18(2).
 */
#include "vault/choice.h"
#include "vault/vault_fixture.h"

static struct vault_release
to(const struct fixture *f, const char *recipient, const char *class)
{
	return (struct vault_release){ .recipient = str_from_c(recipient),
		                       .class = str_from_c(class),
		                       .subject = f->actors[ANA].subject,
		                       .count = 3,
		                       .content = sha256(STR("what leaves")) };
}

static enum rc
release_by(struct fixture *f, enum who who, const char *purpose,
           const struct vault_release *release)
{
	const struct door door = door_of(f, who, purpose);
	int64_t entry;

	return vault_release(&door, release, &entry, &f->err);
}

static struct choice
consent_to(struct fixture *f, const char *purpose, const char *recipient, struct id person)
{
	const struct door ana = door_of(f, ANA, "law");
	struct choice choice = { .kind = CHOICE_CONSENT,
		                 .subject = f->actors[ANA].subject,
		                 .purpose = str_from_c(purpose),
		                 .recipient = str_from_c(recipient),
		                 .person = person,
		                 .text = STR("yes") };

	RC_IS(f, vault_choice_give(&ana, &choice, &f->err), RC_OK);
	return choice;
}

static void
research_gets_aggregates_under_consent_until_it_is_withdrawn(void **state)
{
	struct fixture *f = *state;
	const struct door ana = door_of(f, ANA, "law");
	struct vault_release release = to(f, "research", "measurement");
	struct choice choice;

	release.form = AS_AGGREGATE;
	RC_IS(f, release_by(f, SYSTEM, "research", &release), RC_DENIED);
	choice = consent_to(f, "research", "research", (struct id){ { 0 } });
	RC_IS(f, release_by(f, SYSTEM, "research", &release), RC_OK);
	release.form = AS_DEIDENTIFIED;
	RC_IS(f, release_by(f, SYSTEM, "research", &release), RC_DENIED);
	release.form = 0;
	RC_IS(f, release_by(f, SYSTEM, "research", &release), RC_DENIED);
	release.form = AS_AGGREGATE;
	RC_IS(f, vault_choice_withdraw(&ana, choice.id, &f->err), RC_OK);
	RC_IS(f, release_by(f, SYSTEM, "research", &release), RC_DENIED);
}

static void
a_consent_that_names_somebody_is_for_nobody_else(void **state)
{
	struct fixture *f = *state;
	struct vault_release release = to(f, "third_party", "measurement");

	(void)consent_to(f, "sharing", "third_party", f->actors[BEN].id);
	RC_IS(f, release_by(f, SYSTEM, "sharing", &release), RC_DENIED);
	release.person = f->actors[CLINICIAN].id;
	RC_IS(f, release_by(f, SYSTEM, "sharing", &release), RC_DENIED);
	release.person = f->actors[BEN].id;
	RC_IS(f, release_by(f, SYSTEM, "sharing", &release), RC_OK);
	release.recipient = STR("clinician");
	RC_IS(f, release_by(f, SYSTEM, "sharing", &release), RC_DENIED);
}

static struct id
registered(struct fixture *f)
{
	const struct door door = door_of(f, SYSTEM, "law");
	struct vault_record entry = record_of("register", subject_new(f, "organisation", "law"),
	                                      "{\"kind\":\"disclosure\"}");

	RC_IS(f, vault_put(&door, &entry, &f->err), RC_OK);
	return entry.id;
}

static void
an_order_an_emergency_and_a_succession_are_registered_first(void **state)
{
	static const char *const recipients[] = { "authority", "rescue", "successor" };
	struct fixture *f = *state;

	for (size_t i = 0; i < COUNT_OF(recipients); i++) {
		struct vault_release release = to(f, recipients[i], "account");
		int64_t before = log_size(f);
		RC_IS(f, release_by(f, SYSTEM, "law", &release), RC_DENIED);
		(void)entry_is(f, before,
		               &(struct expected_entry){ "release", "account", "law",
		                                         "register", "system", 0 });
		release.registered = id_new(clock_now_us(&f->clock)); /* of nothing */
		RC_IS(f, release_by(f, SYSTEM, "law", &release), RC_DENIED);
		release.registered =
		    put_by_system(f, "account", f->actors[BEN].subject, "{}").id;
		RC_IS(f, release_by(f, SYSTEM, "law", &release), RC_DENIED);
		release.registered = registered(f);
		RC_IS(f, release_by(f, SYSTEM, "law", &release), RC_OK);
	}
}

static void
of_restricted_data_only_an_order_gets_any(void **state)
{
	struct fixture *f = *state;
	const struct door ana = door_of(f, ANA, "law");
	struct vault_release order = to(f, "authority", "account");
	struct vault_release rescue = to(f, "rescue", "account");
	struct vault_release research = to(f, "research", "measurement");

	order.registered = rescue.registered = registered(f);
	research.form = AS_AGGREGATE;
	(void)consent_to(f, "research", "research", (struct id){ { 0 } });
	RC_IS(f, vault_restrict(&ana, order.subject, true, &f->err), RC_OK);
	RC_IS(f, release_by(f, SYSTEM, "law", &order), RC_OK);
	RC_IS(f, release_by(f, SYSTEM, "law", &rescue), RC_DENIED);
	RC_IS(f, release_by(f, SYSTEM, "research", &research), RC_DENIED);
}

static void
whoever_is_released_is_told_to_whom(void **state)
{
	struct fixture *f = *state;
	const struct door ana = door_of(f, ANA, "law");
	struct vault_release release = to(f, "research", "measurement");
	struct looks_query query = { f->actors[ANA].subject, INT64_MAX };
	struct looks looks;

	release.form = AS_AGGREGATE;
	RC_IS(f, release_by(f, SYSTEM, "research", &release), RC_DENIED);
	(void)consent_to(f, "research", "research", (struct id){ { 0 } });
	RC_IS(f, release_by(f, SYSTEM, "research", &release), RC_OK);
	RC_IS(f, vault_looks(&ana, &query, &f->arena, &looks, &f->err), RC_OK);
	assert_int_equal(looks.count, 2); /* giving, and one release: not the refused one */
	str_is(looks.items[0].act, "release");
	str_is(looks.items[0].role, "system");
	str_is(looks.items[0].recipient, "research");
	assert_int_equal(looks.items[0].count, 3);
	assert_int_equal(looks.items[1].recipient.len, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		VAULT_TEST(research_gets_aggregates_under_consent_until_it_is_withdrawn),
		VAULT_TEST(a_consent_that_names_somebody_is_for_nobody_else),
		VAULT_TEST(an_order_an_emergency_and_a_succession_are_registered_first),
		VAULT_TEST(of_restricted_data_only_an_order_gets_any),
		VAULT_TEST(whoever_is_released_is_told_to_whom),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
