/*
 * Choices at the door: what is given opens exactly that, what is withdrawn closes it
 * for what is under way too.  Ages are worked out by hand on the calendar; the limits
 * of 16 and 13 are GDPR Art. 8(1) and 16 CFR 312.2.
 */
#include "vault/choice.h"

#include "vault/inside.h"
#include "vault/projection.h"
#include "vault/retention.h"
#include "vault/vault_fixture.h"

static struct choice
sharing_of(const struct fixture *f, enum who whose, enum who with)
{
	return (struct choice){ .kind = CHOICE_CONSENT,
		                .subject = f->actors[whose].subject,
		                .purpose = STR("sharing"),
		                .recipient = STR("clinician"),
		                .person = f->actors[with].id,
		                .text = STR("My clinician sees my readings."),
		                .how = STR("page") };
}

static struct choice
share(struct fixture *f, enum who whose)
{
	const struct door door = door_of(f, whose, "law");
	struct choice choice = sharing_of(f, whose, CLINICIAN);

	RC_IS(f, vault_choice_give(&door, &choice, &f->err), RC_OK);
	return choice;
}

static struct vault_record
reading_of(struct fixture *f, enum who whose)
{
	return put_by_system(f, "measurement", f->actors[whose].subject,
	                     "{\"analyte\":\"glucose\",\"value\":\"5.4\"}");
}

static enum rc
read_by(struct fixture *f, enum who who, const char *purpose, const struct vault_record *record)
{
	const struct door door = door_of(f, who, purpose);
	struct vault_record read;

	return vault_get(&door, record->class, record->id, &f->arena, &read, &f->err);
}

static size_t
listed_by(struct fixture *f, enum who who, const char *purpose)
{
	const struct door door = door_of(f, who, purpose);
	struct record_query query = { .limit = 100 };
	struct vault_records records;

	RC_IS(f, vault_list(&door, STR("measurement"), &query, &f->arena, &records, &f->err),
	      RC_OK);
	return records.count;
}

/* A member's account, as the system writes it. */
static void
account_put(struct fixture *f, enum who whose, const char *body)
{
	(void)put_by_system(f, "account", f->actors[whose].subject, body);
}

/* --- consent ---------------------------------------------------------------------- */

static void
a_consent_opens_and_its_withdrawal_closes(void **state)
{
	struct fixture *f = *state;
	const struct door ana = door_of(f, ANA, "law");
	struct vault_record reading = reading_of(f, ANA);
	struct choice choice;

	RC_IS(f, read_by(f, CLINICIAN, "sharing", &reading), RC_DENIED);
	choice = share(f, ANA);
	RC_IS(f, read_by(f, CLINICIAN, "sharing", &reading), RC_OK);
	RC_IS(f, vault_choice_withdraw(&ana, choice.id, &f->err), RC_OK);
	RC_IS(f, read_by(f, CLINICIAN, "sharing", &reading), RC_DENIED);
	RC_IS(f, vault_choice_withdraw(&ana, choice.id, &f->err), RC_OK);
	log_verifies(f);
}

static void
giving_and_withdrawing_leave_their_entries(void **state)
{
	struct fixture *f = *state;
	const struct door ana = door_of(f, ANA, "law");
	int64_t before = log_size(f);
	struct choice choice = share(f, ANA);
	struct audit_entry entry;

	entry = entry_is(
	    f, before,
	    &(struct expected_entry){ "consent-given", "consent", "law", "ok", "member", 1 });
	str_is(entry.detail, "clinician");
	RC_IS(f, vault_choice_withdraw(&ana, choice.id, &f->err), RC_OK);
	entry = entry_is(f, before + 1,
	                 &(struct expected_entry){ "consent-withdrawn", "consent", "law", "ok",
	                                           "member", 1 });
	str_is(entry.detail, "clinician");
}

static void
a_consent_is_for_its_purpose_class_and_person_alone(void **state)
{
	struct fixture *f = *state;
	struct vault_record reading = reading_of(f, ANA);
	struct vault_record alert =
	    put_by_system(f, "alert", f->actors[ANA].subject, "{\"kind\":\"low\"}");
	struct actor other = f->actors[CLINICIAN];

	(void)share(f, ANA);
	RC_IS(f, read_by(f, CLINICIAN, "care", &reading), RC_DENIED);
	RC_IS(f, read_by(f, CLINICIAN, "care", &alert), RC_DENIED);
	RC_IS(f, read_by(f, BEN, "sharing", &reading), RC_DENIED);
	fixture_person(f, CLINICIAN, "clinician", "support");
	fixture_roles(f);
	RC_IS(f, read_by(f, CLINICIAN, "sharing", &reading), RC_DENIED);
	f->actors[CLINICIAN] = other;
	f->actors[CLINICIAN].role = f->actors[SUPPORT].role; /* no clinician any more */
	RC_IS(f, read_by(f, CLINICIAN, "sharing", &reading), RC_DENIED);
}

static void
another_members_consent_gives_nothing(void **state)
{
	struct fixture *f = *state;
	struct vault_record of_ana = reading_of(f, ANA);
	struct vault_record of_ben = reading_of(f, BEN);

	(void)share(f, BEN);
	RC_IS(f, read_by(f, CLINICIAN, "sharing", &of_ana), RC_DENIED);
	RC_IS(f, read_by(f, CLINICIAN, "sharing", &of_ben), RC_OK);
}

static void
a_consent_ends_when_it_said(void **state)
{
	struct fixture *f = *state;
	const struct door ana = door_of(f, ANA, "law");
	struct vault_record reading = reading_of(f, ANA);
	struct choice choice = sharing_of(f, ANA, CLINICIAN);

	choice.until_us = clock_now_us(&f->clock) - 1;
	RC_IS(f, vault_choice_give(&ana, &choice, &f->err), RC_INVALID);
	choice.until_us = clock_now_us(&f->clock) + US_PER_HOUR;
	RC_IS(f, vault_choice_give(&ana, &choice, &f->err), RC_OK);
	RC_IS(f, read_by(f, CLINICIAN, "sharing", &reading), RC_OK);
	f->clock.offset_us += US_PER_HOUR;
	RC_IS(f, read_by(f, CLINICIAN, "sharing", &reading), RC_DENIED);
	choice = share(f, ANA); /* once it is over it may be given anew */
	RC_IS(f, read_by(f, CLINICIAN, "sharing", &reading), RC_OK);
}

/* Consent must be shown (GDPR Art. 7(1)): without its record there is none. */
static void
a_choice_ends_with_its_record(void **state)
{
	struct fixture *f = *state;
	const struct door system = door_of(f, SYSTEM, "law");
	struct vault_record reading = reading_of(f, ANA);
	struct choice choice = share(f, ANA);

	RC_IS(f, read_by(f, CLINICIAN, "sharing", &reading), RC_OK);
	RC_IS(f, vault_delete(&system, STR("consent"), choice.id, &f->err), RC_OK);
	RC_IS(f, read_by(f, CLINICIAN, "sharing", &reading), RC_DENIED);
}

static void
the_same_is_not_given_twice(void **state)
{
	struct fixture *f = *state;
	const struct door ana = door_of(f, ANA, "law");
	struct choice choice = share(f, ANA);

	RC_IS(f, vault_choice_give(&ana, &choice, &f->err), RC_CONFLICT);
}

static void
what_rests_on_no_consent_is_not_consented_to(void **state)
{
	static const struct {
		enum choice_kind kind;
		const char *purpose, *recipient, *text;
	} bad[] = {
		{ CHOICE_CONSENT, "care", "", "yes" },            /* a contract */
		{ CHOICE_CONSENT, "marketing", "", "yes" },       /* undeclared */
		{ CHOICE_CONSENT, "research", "", "" },           /* to what? */
		{ CHOICE_CONSENT, "law", "authority", "y" },      /* by order, not by consent */
		{ CHOICE_CONSENT, "research", "clinician", "y" }, /* another purpose */
		{ CHOICE_CONSENT, "sharing", "advertiser", "y" },
		{ CHOICE_OBJECTION, "care", "", "" },
		{ CHOICE_OBJECTION, "research", "", "" }, /* withdraw instead */
		{ CHOICE_OBJECTION, "security", "", "" },
		{ CHOICE_OBJECTION, "improvement", "research", "" },
		{ CHOICE_REPRESENTATION, "", "neighbour", "" },
		{ CHOICE_REPRESENTATION, "", "guardian", "" }, /* who? */
	};
	struct fixture *f = *state;
	const struct door ana = door_of(f, ANA, "law");

	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct choice choice = { .kind = bad[i].kind,
			                 .subject = f->actors[ANA].subject,
			                 .purpose = str_from_c(bad[i].purpose),
			                 .recipient = str_from_c(bad[i].recipient),
			                 .text = str_from_c(bad[i].text),
			                 .how = STR("page") };
		RC_IS(f, vault_choice_give(&ana, &choice, &f->err), RC_INVALID);
	}
}

static void
a_withdrawal_reaches_what_is_under_way(void **state)
{
	struct fixture *f = *state;
	const struct door ana = door_of(f, ANA, "law");
	const struct door clinician = door_of(f, CLINICIAN, "sharing");
	const struct ask one = { .verb = VERB_READ,
		                 .class = STR("measurement"),
		                 .purpose = STR("sharing"),
		                 .subject = f->actors[ANA].subject };
	struct ask many = one;
	struct choice choice = share(f, ANA);
	struct record_row row = { .subject = f->actors[ANA].subject };
	struct touch_rows rows = { &row, 1 };
	struct touch single, list;

	many.subject = (struct id){ { 0 } };
	many.is_each = true;
	RC_IS(f, touch_begin(&single, &clinician, &one, "read", &f->err), RC_OK);
	RC_IS(f, touch_first(&single, &f->err), RC_OK);
	single.state_version = 2; /* as the read of its rows saw it */
	RC_IS(f, touch_begin(&list, &clinician, &many, "read", &f->err), RC_OK);
	RC_IS(f, touch_first(&list, &f->err), RC_OK);
	RC_IS(f, touch_many(&list, &rows, &f->arena, &f->err), RC_OK);
	RC_IS(f, vault_choice_withdraw(&ana, choice.id, &f->err), RC_OK);
	RC_IS(f, touch_commit(&single, &f->err), RC_RETRY);
	RC_IS(f, touch_commit(&list, &f->err), RC_RETRY);
	touch_wipe(&single);
	touch_wipe(&list);
}

struct taking {
	struct touch *touch;
	struct touch_rows page, taken;
};

static MUST_CHECK enum rc
taking(struct store_tx *tx, void *arg, struct err *err)
{
	struct taking *taking = arg;

	taking->taken.count = 0;
	return touch_many_take(tx, taking->touch, &taking->page, &taking->taken, err);
}

static void
a_withdrawal_between_a_list_and_its_entry_is_seen(void **state)
{
	struct fixture *f = *state;
	const struct door ana = door_of(f, ANA, "law");
	const struct door clinician = door_of(f, CLINICIAN, "sharing");
	const struct ask many = { .verb = VERB_READ,
		                  .class = STR("measurement"),
		                  .purpose = STR("sharing"),
		                  .is_each = true };
	struct choice choice = share(f, ANA);
	struct record_row rows[2] = { { .subject = choice.subject } };
	struct touch list;
	struct taking take = { &list, { rows, 1 }, { rows + 1, 0 } };

	RC_IS(f, touch_begin(&list, &clinician, &many, "read", &f->err), RC_OK);
	RC_IS(f, touch_first(&list, &f->err), RC_OK);
	RC_IS(f, store_read(vault_store(f->vault), taking, &take, &f->err), RC_OK);
	assert_int_equal(take.taken.count, 1);
	RC_IS(f, vault_choice_withdraw(&ana, choice.id, &f->err), RC_OK);
	RC_IS(f, touch_many(&list, &take.taken, &f->arena, &f->err), RC_OK);
	RC_IS(f, touch_commit(&list, &f->err), RC_RETRY);
	touch_wipe(&list);
}

/* Consents in force as this actor would read for that purpose. */
struct weighing {
	struct touch touch;
	struct id subject;
	struct subject_state state;
};

static MUST_CHECK enum rc
weigh(struct store_tx *tx, void *arg, struct err *err)
{
	struct weighing *weighing = arg;
	struct subject_row row = { .tenant = weighing->touch.door->tenant->id,
		                   .id = weighing->subject };

	TRY(store_subject_find(tx, &row, err));
	return touch_state(tx, &weighing->touch, &row, &weighing->state, err);
}

static bool
has_consent_for(struct fixture *f, enum who who, struct id subject)
{
	const struct door door = door_of(f, who, "sharing");
	struct weighing weighing = { .touch = { .door = &door, .policy = f->tenant->policy },
		                     .subject = subject };

	RC_IS(f, store_read(vault_store(f->vault), weigh, &weighing, &f->err), RC_OK);
	return weighing.state.consents != 0;
}

/* Consent is specific (GDPR Art. 4(11)). */
static void
a_consent_to_share_with_one_is_no_consent_for_others_to_use_it_so(void **state)
{
	struct fixture *f = *state;

	(void)share(f, ANA);
	assert_true(has_consent_for(f, CLINICIAN, f->actors[ANA].subject));
	assert_false(has_consent_for(f, ADMIN, f->actors[ANA].subject));
	assert_false(has_consent_for(f, BEN, f->actors[ANA].subject));
}

/* It is past its time as any record: the sweep takes it, and with it its force. */
static void
a_choice_whose_record_is_past_its_time_is_over(void **state)
{
	struct fixture *f = *state;
	struct vault_record reading = reading_of(f, ANA);
	struct retention_run run = { 0 };

	(void)share(f, ANA);
	RC_IS(f, read_by(f, CLINICIAN, "sharing", &reading), RC_OK);
	database_change(f,
	                "UPDATE record SET expires_us = 1 WHERE id IN"
	                " (SELECT record FROM choice)",
	                1);
	RC_IS(f, vault_retention_sweep(f->vault, f->tenant, &run, &f->arena, &f->err), RC_OK);
	assert_int_equal(database_number(f, "SELECT count(*) FROM choice"), 0);
	RC_IS(f, read_by(f, CLINICIAN, "sharing", &reading), RC_DENIED);
}

static void
a_list_over_many_takes_those_who_share(void **state)
{
	struct fixture *f = *state;
	const struct door clinician = door_of(f, CLINICIAN, "sharing");
	struct record_query query = { .limit = 100 };
	struct vault_records records;
	struct choice choice;

	(void)reading_of(f, ANA);
	(void)reading_of(f, BEN);
	assert_int_equal(listed_by(f, CLINICIAN, "sharing"), 0);
	choice = share(f, BEN);
	RC_IS(f,
	      vault_list(&clinician, STR("measurement"), &query, &f->arena, &records, &f->err),
	      RC_OK);
	assert_int_equal(records.count, 1);
	assert_true(id_eq(records.items[0].subject, choice.subject));
	RC_IS(f,
	      vault_list(&(struct door){ f->vault, f->tenant, &f->actors[ANA], STR("care") },
	                 STR("measurement"), &query, &f->arena, &records, &f->err),
	      RC_DENIED);
}

/* Most of a tenant's rows are not shared with whoever lists them. */
static void
a_list_over_many_takes_no_memory_for_what_it_leaves_out(void **state)
{
	static char body[3000];
	CLEANUP(arena_free) struct arena small = { 0 };
	struct fixture *f = *state;
	const struct door clinician = door_of(f, CLINICIAN, "sharing");
	struct record_query query = { .limit = 20 };
	struct vault_records records;

	(void)snprintf(body, sizeof(body), "{\"note\":\"%2900d\"}", 1);
	for (int i = 0; i < 200; i++)
		(void)put_by_system(f, "health", f->actors[ANA].subject, body);
	(void)put_by_system(f, "health", f->actors[BEN].subject, "{\"note\":\"shared\"}");
	(void)share(f, BEN);
	arena_init(&small, 256 * KIB);
	RC_IS(f, vault_list(&clinician, STR("health"), &query, &small, &records, &f->err),
	      RC_OK);
	assert_int_equal(records.count, 1);
	str_is(records.items[0].body, "{\"note\":\"shared\"}");
}

static void
sharers_are_those_who_share_with_the_actor_now(void **state)
{
	struct fixture *f = *state;
	const struct door clinician = door_of(f, CLINICIAN, "sharing");
	const struct door ana = door_of(f, ANA, "law");
	const struct door ben = door_of(f, BEN, "law");
	struct choice choice = share(f, ANA);
	struct choice every = sharing_of(f, BEN, CLINICIAN);
	struct sharers sharers;

	every.person = (struct id){ { 0 } };
	RC_IS(f, vault_choice_give(&ben, &every, &f->err), RC_OK);
	RC_IS(f, vault_sharers(&clinician, &f->arena, &sharers, &f->err), RC_OK);
	assert_int_equal(sharers.count, 2);
	RC_IS(f, vault_choice_withdraw(&ana, choice.id, &f->err), RC_OK);
	RC_IS(f, vault_sharers(&clinician, &f->arena, &sharers, &f->err), RC_OK);
	assert_int_equal(sharers.count, 1);
	assert_true(id_eq(sharers.subjects[0], every.subject));
	RC_IS(f, vault_sharers(&ana, &f->arena, &sharers, &f->err), RC_OK);
	assert_int_equal(sharers.count, 0);
}

static void
the_member_sees_each_look_of_a_clinician(void **state)
{
	struct fixture *f = *state;
	const struct door ana = door_of(f, ANA, "law");
	struct vault_record reading = reading_of(f, ANA);
	struct looks_query query = { f->actors[ANA].subject, INT64_MAX };
	struct looks looks;

	(void)share(f, ANA);
	RC_IS(f, read_by(f, CLINICIAN, "sharing", &reading), RC_OK);
	assert_int_equal(listed_by(f, CLINICIAN, "sharing"), 1);
	RC_IS(f, vault_looks(&ana, &query, &f->arena, &looks, &f->err), RC_OK);
	assert_true(looks.count >= 2);
	for (size_t i = 0; i < 2; i++) {
		str_is(looks.items[i].role, "clinician");
		str_is(looks.items[i].class, "measurement");
		str_is(looks.items[i].purpose, "sharing");
		assert_true(id_eq(looks.items[i].actor, f->actors[CLINICIAN].id));
	}
}

static void
choices_are_listed_with_their_history(void **state)
{
	struct fixture *f = *state;
	const struct door ana = door_of(f, ANA, "law");
	const struct door ben = door_of(f, BEN, "law");
	struct choice first = share(f, ANA);
	struct choices choices;

	RC_IS(f, vault_choice_withdraw(&ana, first.id, &f->err), RC_OK);
	f->clock.offset_us += US_PER_S;
	(void)share(f, ANA);
	RC_IS(f, vault_choice_list(&ana, first.subject, &f->arena, &choices, &f->err), RC_OK);
	assert_int_equal(choices.count, 2);
	assert_int_equal(choices.items[0].withdrawn_us, 0);
	assert_true(choices.items[1].withdrawn_us >= choices.items[1].given_us);
	assert_true(id_eq(choices.items[1].id, first.id));
	str_is(choices.items[0].purpose, "sharing");
	str_is(choices.items[0].recipient, "clinician");
	str_is(choices.items[0].how, "page");
	assert_true(id_eq(choices.items[0].person, f->actors[CLINICIAN].id));
	assert_true(str_eq(choices.items[0].version, f->tenant->policy->version));
	RC_IS(f, vault_choice_list(&ben, first.subject, &f->arena, &choices, &f->err),
	      RC_DENIED);
}

/* --- who may choose ------------------------------------------------------------------- */

static void
nobody_else_chooses_and_staff_says_why(void **state)
{
	struct fixture *f = *state;
	const struct door ben = door_of(f, BEN, "law");
	const struct door admin = door_of(f, ADMIN, "law");
	const struct door auditor = door_of(f, AUDITOR, "law");
	struct choice choice = sharing_of(f, ANA, CLINICIAN);
	struct str reason = f->actors[ADMIN].reason;

	choice.how = STR("paper");
	RC_IS(f, vault_choice_give(&ben, &choice, &f->err), RC_DENIED);
	RC_IS(f, vault_choice_give(&auditor, &choice, &f->err), RC_DENIED);
	f->actors[ADMIN].reason = STR_EMPTY;
	RC_IS(f, vault_choice_give(&admin, &choice, &f->err), RC_DENIED);
	f->actors[ADMIN].reason = reason;
	choice.how = STR("page"); /* which is the member's own */
	RC_IS(f, vault_choice_give(&admin, &choice, &f->err), RC_INVALID);
	choice.how = STR("paper");
	RC_IS(f, vault_choice_give(&admin, &choice, &f->err), RC_OK);
	RC_IS(f, vault_choice_withdraw(&ben, choice.id, &f->err), RC_DENIED);
	RC_IS(f, vault_choice_withdraw(&admin, choice.id, &f->err), RC_OK);
}

static void
ages_follow_the_calendar_of_the_zone(void **state)
{
	static const struct {
		const char *born, *now;
		int years;
	} rows[] = {
		{ "2010-03-01", "2026-02-28T22:59:59Z", 15 },
		{ "2010-03-01", "2026-02-28T23:00:00Z", 16 }, /* midnight in Paris, winter */
		{ "2010-07-01", "2026-06-30T22:00:00Z", 16 }, /* and in summer */
		{ "2010-07-01", "2026-06-30T21:59:59Z", 15 },
		{ "2012-02-29", "2028-02-28T12:00:00Z", 15 },
		{ "2012-02-29", "2028-02-29T12:00:00Z", 16 },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		int64_t now_us;
		int years;
		RC_IS(f, time_parse(str_from_c(rows[i].now), &now_us, NULL, &f->err), RC_OK);
		RC_IS(f,
		      choice_age(f->tenant, str_from_c(rows[i].born), now_us, &years, &f->err),
		      RC_OK);
		assert_int_equal(years, rows[i].years);
	}
}

/* "2012-…" by the year of the test's clock, so many years ago. */
static const char *
account_aged(struct fixture *f, int years, const char *jurisdiction)
{
	struct civil today = civil_from_us(clock_now_us(&f->clock), 0);

	return str_printf(&f->arena, "{\"born\":\"%04d-01-01\",\"jurisdiction\":\"%s\"}",
	                  today.year - years, jurisdiction)
	    .ptr;
}

static void
a_minor_does_not_consent_alone(void **state)
{
	struct fixture *f = *state;
	const struct door ana = door_of(f, ANA, "law");
	const struct door admin = door_of(f, ADMIN, "law");
	struct choice choice = sharing_of(f, ANA, CLINICIAN);
	int64_t before;

	account_put(f, ANA, account_aged(f, 15, "eu"));
	before = log_size(f);
	RC_IS(f, vault_choice_give(&ana, &choice, &f->err), RC_DENIED);
	(void)entry_is(
	    f, before,
	    &(struct expected_entry){ "consent", "consent", "law", "minor", "member", 0 });
	choice.how = STR("paper");
	RC_IS(f, vault_choice_give(&admin, &choice, &f->err), RC_DENIED);
	choice.how = STR("guardian");
	RC_IS(f, vault_choice_give(&admin, &choice, &f->err), RC_INVALID); /* by whom? */
	choice.by = STR("her mother");
	RC_IS(f, vault_choice_give(&admin, &choice, &f->err), RC_OK);
	RC_IS(f, vault_choice_withdraw(&ana, choice.id, &f->err), RC_OK);
}

static void
the_age_is_thirteen_under_us_law(void **state)
{
	struct fixture *f = *state;
	const struct door ana = door_of(f, ANA, "law");
	const struct door ben = door_of(f, BEN, "law");
	struct choice of_ana = sharing_of(f, ANA, CLINICIAN);
	struct choice of_ben = sharing_of(f, BEN, CLINICIAN);

	account_put(f, ANA, account_aged(f, 14, "us"));
	account_put(f, BEN, account_aged(f, 12, "us"));
	RC_IS(f, vault_choice_give(&ana, &of_ana, &f->err), RC_OK);
	RC_IS(f, vault_choice_give(&ben, &of_ben, &f->err), RC_DENIED);
}

static struct choice
representation(const struct fixture *f, const char *as)
{
	return (struct choice){ .kind = CHOICE_REPRESENTATION,
		                .subject = f->actors[ANA].subject,
		                .recipient = str_from_c(as),
		                .person = f->actors[BEN].id,
		                .text = STR("Birth certificate seen."),
		                .how = STR("paper") };
}

static void
a_guardian_reads_and_chooses_until_the_representation_ends(void **state)
{
	struct fixture *f = *state;
	const struct door ana = door_of(f, ANA, "law");
	const struct door ben = door_of(f, BEN, "law");
	const struct door admin = door_of(f, ADMIN, "law");
	struct vault_record reading = reading_of(f, ANA);
	struct choice guardian = representation(f, "guardian");
	struct choice consent = sharing_of(f, ANA, CLINICIAN);
	struct choices choices;

	account_put(f, ANA, account_aged(f, 10, "eu"));
	RC_IS(f, vault_choice_give(&ana, &guardian, &f->err), RC_DENIED); /* staff alone */
	RC_IS(f, read_by(f, BEN, "care", &reading), RC_DENIED);
	RC_IS(f, vault_choice_give(&admin, &guardian, &f->err), RC_OK);
	RC_IS(f, read_by(f, BEN, "care", &reading), RC_OK);
	RC_IS(f, vault_choice_give(&ben, &consent, &f->err), RC_OK);
	RC_IS(f, vault_choice_list(&ben, guardian.subject, &f->arena, &choices, &f->err),
	      RC_OK);
	str_is(choices.items[0].how, "guardian");
	assert_true(choices.items[0].by.len == ID_TEXT_LEN);
	assert_int_equal(choices.items[1].kind, CHOICE_REPRESENTATION);
	RC_IS(f, read_by(f, CLINICIAN, "sharing", &reading), RC_OK);
	RC_IS(f, vault_choice_withdraw(&ben, guardian.id, &f->err), RC_DENIED);
	RC_IS(f, vault_choice_withdraw(&admin, guardian.id, &f->err), RC_OK);
	RC_IS(f, read_by(f, BEN, "care", &reading), RC_DENIED);
	RC_IS(f, vault_choice_withdraw(&ben, consent.id, &f->err), RC_DENIED);
}

static void
nobody_appoints_themselves(void **state)
{
	struct fixture *f = *state;
	const struct door admin = door_of(f, ADMIN, "law");
	struct choice agent = representation(f, "agent");

	agent.person = f->actors[ADMIN].id;
	RC_IS(f, vault_choice_give(&admin, &agent, &f->err), RC_INVALID);
}

static void
an_executor_acts_once_the_subject_has_died_and_a_guardian_no_more(void **state)
{
	struct fixture *f = *state;
	const struct door admin = door_of(f, ADMIN, "law");
	struct vault_record reading = reading_of(f, ANA);
	struct choice executor = representation(f, "executor");
	struct choice guardian = representation(f, "guardian");

	RC_IS(f, vault_choice_give(&admin, &executor, &f->err), RC_OK);
	RC_IS(f, read_by(f, BEN, "care", &reading), RC_DENIED);
	RC_IS(f, vault_choice_give(&admin, &guardian, &f->err), RC_OK);
	RC_IS(f, read_by(f, BEN, "care", &reading), RC_OK);
	RC_IS(f, vault_choice_withdraw(&admin, executor.id, &f->err), RC_OK);
	RC_IS(f, vault_subject_flags(&admin, executor.subject, SUBJECT_DECEASED, 0, &f->err),
	      RC_OK);
	RC_IS(f, read_by(f, BEN, "care", &reading), RC_DENIED);
	RC_IS(f, vault_choice_give(&admin, &executor, &f->err), RC_OK);
	RC_IS(f, read_by(f, BEN, "care", &reading), RC_OK);
}

/* --- objection, restriction, release ----------------------------------------------------- */

static void
an_objection_is_kept_and_taken_back(void **state)
{
	struct fixture *f = *state;
	const struct door ana = door_of(f, ANA, "law");
	struct choice objection = { .kind = CHOICE_OBJECTION,
		                    .subject = f->actors[ANA].subject,
		                    .purpose = STR("improvement") };
	int64_t before = log_size(f);
	struct choices choices;
	struct audit_entry entry;

	RC_IS(f, vault_choice_give(&ana, &objection, &f->err), RC_OK);
	entry = entry_is(
	    f, before,
	    &(struct expected_entry){ "objection", "consent", "law", "ok", "member", 1 });
	str_is(entry.detail, "improvement");
	RC_IS(f, vault_choice_list(&ana, objection.subject, &f->arena, &choices, &f->err),
	      RC_OK);
	assert_int_equal(choices.items[0].kind, CHOICE_OBJECTION);
	RC_IS(f, vault_choice_withdraw(&ana, objection.id, &f->err), RC_OK);
}

static void
a_restriction_closes_at_once_but_for_the_subject(void **state)
{
	struct fixture *f = *state;
	const struct door ana = door_of(f, ANA, "law");
	const struct door ben = door_of(f, BEN, "law");
	const struct door admin = door_of(f, ADMIN, "law");
	struct id subject = f->actors[ANA].subject;
	struct vault_record reading = reading_of(f, ANA);

	(void)share(f, ANA);
	RC_IS(f, vault_restrict(&ben, subject, true, &f->err), RC_DENIED);
	RC_IS(f, vault_restrict(&ana, subject, true, &f->err), RC_OK);
	RC_IS(f, read_by(f, CLINICIAN, "sharing", &reading), RC_DENIED);
	assert_int_equal(listed_by(f, CLINICIAN, "sharing"), 0);
	RC_IS(f, read_by(f, ANA, "care", &reading), RC_OK);
	RC_IS(f, vault_restrict(&admin, subject, false, &f->err), RC_OK);
	RC_IS(f, read_by(f, CLINICIAN, "sharing", &reading), RC_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		VAULT_TEST(a_consent_opens_and_its_withdrawal_closes),
		VAULT_TEST(giving_and_withdrawing_leave_their_entries),
		VAULT_TEST(a_consent_is_for_its_purpose_class_and_person_alone),
		VAULT_TEST(another_members_consent_gives_nothing),
		VAULT_TEST(a_consent_ends_when_it_said),
		VAULT_TEST(a_choice_ends_with_its_record),
		VAULT_TEST(the_same_is_not_given_twice),
		VAULT_TEST(what_rests_on_no_consent_is_not_consented_to),
		VAULT_TEST(a_withdrawal_reaches_what_is_under_way),
		VAULT_TEST(a_withdrawal_between_a_list_and_its_entry_is_seen),
		VAULT_TEST(a_consent_to_share_with_one_is_no_consent_for_others_to_use_it_so),
		VAULT_TEST(a_choice_whose_record_is_past_its_time_is_over),
		VAULT_TEST(a_list_over_many_takes_those_who_share),
		VAULT_TEST(a_list_over_many_takes_no_memory_for_what_it_leaves_out),
		VAULT_TEST(sharers_are_those_who_share_with_the_actor_now),
		VAULT_TEST(the_member_sees_each_look_of_a_clinician),
		VAULT_TEST(choices_are_listed_with_their_history),
		VAULT_TEST(nobody_else_chooses_and_staff_says_why),
		VAULT_TEST(ages_follow_the_calendar_of_the_zone),
		VAULT_TEST(a_minor_does_not_consent_alone),
		VAULT_TEST(the_age_is_thirteen_under_us_law),
		VAULT_TEST(a_guardian_reads_and_chooses_until_the_representation_ends),
		VAULT_TEST(nobody_appoints_themselves),
		VAULT_TEST(an_executor_acts_once_the_subject_has_died_and_a_guardian_no_more),
		VAULT_TEST(an_objection_is_kept_and_taken_back),
		VAULT_TEST(a_restriction_closes_at_once_but_for_the_subject),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
