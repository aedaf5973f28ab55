/*
 * decide(): every refusal has a row here, and what is allowed has some; then
 * every role, verb and class of the reference policy against a second reading
 * of the file's grants, which shares no code with src/policy.
 */
#include "vault/vault_fixture.h"

struct decide_row {
	const char *name;
	enum who who;
	enum policy_verb verb;
	const char *class, *purpose, *recipient, *what;
	enum who about;   /* NOBODY: over many subjects */
	const char *kind; /* of the subject; NULL: member */
	int64_t flags;
	int assurance; /* 0: as the fixture has it */
	bool has_no_reason, has_consents;
	const char *shared;    /* the recipient through which the actor sees it */
	const char *agreed;    /* the recipient with a consent in force */
	const char *objection; /* the purpose objected to */
	bool is_represented, is_each;
	enum policy_form form;
	bool is_registered;
	enum refusal expected;
};

static const struct decide_row rows[] = {
	{ "a member reads an own reading", ANA, VERB_READ, "measurement", "care", "", "", ANA,
	  .expected = REFUSAL_NONE },
	{ "an undeclared class", ANA, VERB_READ, "genome", "care", "", "", ANA,
	  .expected = REFUSAL_CLASS_UNDECLARED },
	{ "an undeclared purpose", ANA, VERB_READ, "measurement", "marketing", "", "", ANA,
	  .expected = REFUSAL_PURPOSE_UNDECLARED },
	{ "`none` is a purpose of management alone", ANA, VERB_READ, "measurement", "none", "",
	  "", ANA, .expected = REFUSAL_PURPOSE_UNDECLARED },
	{ "a class that the purpose does not use", ANA, VERB_READ, "measurement", "billing", "",
	  "", ANA, .expected = REFUSAL_PURPOSE_NOT_OF_CLASS },
	{ "an undeclared recipient", ANA, VERB_RELEASE, "measurement", "sharing", "advertiser",
	  "", ANA, .expected = REFUSAL_RECIPIENT_UNDECLARED },
	{ "a recipient that does not get the class", ANA, VERB_RELEASE, "account", "support",
	  "clinician", "", ANA, .expected = REFUSAL_RECIPIENT_NOT_OF_CLASS },
	{ "nobody", NOBODY, VERB_READ, "measurement", "care", "", "", ANA,
	  .expected = REFUSAL_NOT_SIGNED_IN },
	{ "support never reads a reading", SUPPORT, VERB_READ, "measurement", "care", "", "",
	  ANA, .expected = REFUSAL_ROLE },
	{ "an auditor reads no account", AUDITOR, VERB_READ, "account", "law", "", "", ANA,
	  .expected = REFUSAL_ROLE },
	{ "a device writes and does not read", DEVICE, VERB_READ, "measurement", "care", "", "",
	  ANA, .expected = REFUSAL_ROLE },
	{ "a device writes its member's readings", DEVICE, VERB_WRITE, "measurement", "care",
	  "", "", ANA, .expected = REFUSAL_NONE },
	{ "a device writes no other's readings", DEVICE, VERB_WRITE, "measurement", "care", "",
	  "", BEN, .expected = REFUSAL_SCOPE },
	{ "another member's reading", BEN, VERB_READ, "measurement", "care", "", "", ANA,
	  .expected = REFUSAL_SCOPE },
	{ "a list over all members is no member's", ANA, VERB_READ, "measurement", "care", "",
	  "", NOBODY, .expected = REFUSAL_SCOPE },
	{ "a clinician without a share", CLINICIAN, VERB_READ, "measurement", "sharing", "", "",
	  ANA, .has_consents = true, .expected = REFUSAL_SCOPE },
	{ "a clinician with a share and the consent", CLINICIAN, VERB_READ, "measurement",
	  "sharing", "", "", ANA, .shared = "clinician", .has_consents = true,
	  .expected = REFUSAL_NONE },
	{ "a share whose consent is withdrawn", CLINICIAN, VERB_READ, "measurement", "sharing",
	  "", "", ANA, .shared = "clinician", .expected = REFUSAL_CONSENT_MISSING },
	{ "a member by a link alone", ANA, VERB_READ, "measurement", "care", "", "", ANA,
	  .assurance = 1, .expected = REFUSAL_FACTOR_MISSING },
	{ "an administrator without a reason", ADMIN, VERB_READ, "account", "support", "", "",
	  ANA, .has_no_reason = true, .expected = REFUSAL_REASON_MISSING },
	{ "an administrator with one", ADMIN, VERB_READ, "account", "support", "", "", ANA,
	  .expected = REFUSAL_NONE },
	{ "writing asks for no reason", ADMIN, VERB_WRITE, "account", "support", "", "", ANA,
	  .has_no_reason = true, .expected = REFUSAL_NONE },
	{ "a reading about a member of staff", SYSTEM, VERB_WRITE, "measurement", "care", "",
	  "", ADMIN, .kind = "staff", .expected = REFUSAL_SUBJECT_KIND },
	{ "a sign-in is about whoever signs in", ADMIN, VERB_READ, "signin", "security", "", "",
	  ADMIN, .kind = "staff", .expected = REFUSAL_NONE },
	{ "an erased subject", ANA, VERB_READ, "measurement", "care", "", "", ANA,
	  .flags = SUBJECT_ERASED, .expected = REFUSAL_SUBJECT_ERASED },
	{ "an erased subject, for the server itself", SYSTEM, VERB_READ, "measurement", "care",
	  "", "", ANA, .flags = SUBJECT_ERASED, .expected = REFUSAL_SUBJECT_ERASED },
	{ "a restricted subject, for staff", ADMIN, VERB_READ, "account", "support", "", "",
	  ANA, .flags = SUBJECT_RESTRICTED, .expected = REFUSAL_SUBJECT_RESTRICTED },
	{ "a restricted subject is not written to", SYSTEM, VERB_WRITE, "measurement", "care",
	  "", "", ANA, .flags = SUBJECT_RESTRICTED, .expected = REFUSAL_SUBJECT_RESTRICTED },
	{ "a restricted subject, for itself", ANA, VERB_READ, "measurement", "care", "", "",
	  ANA, .flags = SUBJECT_RESTRICTED, .expected = REFUSAL_NONE },
	{ "a restricted subject may be erased", ADMIN, VERB_ERASE, "account", "support", "", "",
	  ANA, .flags = SUBJECT_RESTRICTED, .expected = REFUSAL_NONE },
	{ "a restriction may be lifted", ADMIN, VERB_MANAGE, "", "none", "", "requests", ANA,
	  .flags = SUBJECT_RESTRICTED, .expected = REFUSAL_NONE },
	{ "a share gives no class that its recipient does not get", CLINICIAN, VERB_READ,
	  "health", "sharing", "", "", ANA, .shared = "third_party", .has_consents = true,
	  .expected = REFUSAL_SCOPE },
	{ "nobody shares by order", CLINICIAN, VERB_READ, "measurement", "care", "", "", ANA,
	  .shared = "authority", .has_consents = true, .expected = REFUSAL_SCOPE },
	{ "and those that it gets", CLINICIAN, VERB_READ, "measurement", "sharing", "", "", ANA,
	  .shared = "third_party", .has_consents = true, .expected = REFUSAL_NONE },
	{ "a share is for its recipient's purpose alone", CLINICIAN, VERB_READ, "measurement",
	  "care", "", "", ANA, .shared = "clinician", .has_consents = true,
	  .expected = REFUSAL_SCOPE },
	{ "a share lets nobody write", CLINICIAN, VERB_WRITE, "measurement", "sharing", "", "",
	  ANA, .shared = "clinician", .has_consents = true, .expected = REFUSAL_ROLE },
	{ "a restricted subject shares nothing", CLINICIAN, VERB_READ, "measurement", "sharing",
	  "", "", ANA, .flags = SUBJECT_RESTRICTED, .shared = "clinician", .has_consents = true,
	  .expected = REFUSAL_SUBJECT_RESTRICTED },
	{ "a clinician's list, of which each subject is decided", CLINICIAN, VERB_READ,
	  "measurement", "sharing", "", "", NOBODY, .is_each = true, .expected = REFUSAL_NONE },
	{ "a clinician's list of which none is", CLINICIAN, VERB_READ, "measurement", "sharing",
	  "", "", NOBODY, .expected = REFUSAL_SCOPE },
	{ "a member has no list even so", ANA, VERB_READ, "measurement", "care", "", "", NOBODY,
	  .is_each = true, .expected = REFUSAL_SCOPE },
	{ "who acts for a member reads what the member reads", BEN, VERB_READ, "measurement",
	  "care", "", "", ANA, .is_represented = true, .expected = REFUSAL_NONE },
	{ "who acts for a member chooses for it", BEN, VERB_WRITE, "consent", "law", "", "",
	  ANA, .is_represented = true, .expected = REFUSAL_NONE },
	{ "who acts for a member writes nothing else", BEN, VERB_WRITE, "measurement", "care",
	  "", "", ANA, .is_represented = true, .expected = REFUSAL_SCOPE },
	{ "who acts for a member has its own role's grants alone", AUDITOR, VERB_READ,
	  "measurement", "care", "", "", ANA, .is_represented = true,
	  .expected = REFUSAL_ROLE },
	{ "a use that the member has objected to", SUPPORT, VERB_READ, "log", "security", "",
	  "", ANA, .objection = "security", .expected = REFUSAL_OBJECTED },
	{ "an objection to another purpose", SUPPORT, VERB_READ, "log", "security", "", "", ANA,
	  .objection = "improvement", .expected = REFUSAL_NONE },
	{ "an objection binds the server too", SYSTEM, VERB_WRITE, "log", "security", "", "",
	  ANA, .objection = "security", .expected = REFUSAL_OBJECTED },
	{ "an objection keeps nobody from erasing", ADMIN, VERB_ERASE, "log", "security", "",
	  "", ANA, .objection = "security", .expected = REFUSAL_NONE },
	{ "an objection keeps nobody from their own", ANA, VERB_READ, "log", "security", "", "",
	  ANA, .objection = "security", .expected = REFUSAL_NONE },
	{ "research without consent", SYSTEM, VERB_RELEASE, "measurement", "research",
	  "research", "", ANA, .form = AS_AGGREGATE, .expected = REFUSAL_CONSENT_MISSING },
	{ "research with consent", SYSTEM, VERB_RELEASE, "measurement", "research", "research",
	  "", ANA, .form = AS_AGGREGATE, .has_consents = true, .agreed = "research",
	  .expected = REFUSAL_NONE },
	{ "research with a consent for another recipient", SYSTEM, VERB_RELEASE, "measurement",
	  "research", "research", "", ANA, .form = AS_AGGREGATE, .has_consents = true,
	  .agreed = "clinician", .expected = REFUSAL_CONSENT_MISSING },
	{ "research gets no single readings", SYSTEM, VERB_RELEASE, "measurement", "research",
	  "research", "", ANA, .has_consents = true, .agreed = "research",
	  .expected = REFUSAL_FORM },
	{ "de-identified is not aggregate", SYSTEM, VERB_RELEASE, "measurement", "research",
	  "research", "", ANA, .form = AS_DEIDENTIFIED, .has_consents = true,
	  .agreed = "research", .expected = REFUSAL_FORM },
	{ "a recipient's purpose is not another's", SYSTEM, VERB_RELEASE, "measurement", "care",
	  "clinician", "", ANA, .has_consents = true, .agreed = "clinician",
	  .expected = REFUSAL_PURPOSE_NOT_OF_RECIPIENT },
	{ "a member's own release is a consent", ANA, VERB_RELEASE, "measurement", "sharing",
	  "third_party", "", ANA, .expected = REFUSAL_NONE },
	{ "an authority without an entry in the register", SYSTEM, VERB_RELEASE, "payment",
	  "law", "authority", "", ANA, .expected = REFUSAL_UNREGISTERED },
	{ "an authority with one needs no consent", SYSTEM, VERB_RELEASE, "payment", "law",
	  "authority", "", ANA, .is_registered = true, .expected = REFUSAL_NONE },
	{ "an emergency without an entry", SYSTEM, VERB_RELEASE, "measurement", "care",
	  "rescue", "", ANA, .expected = REFUSAL_UNREGISTERED },
	{ "a successor without an entry", SYSTEM, VERB_RELEASE, "measurement", "care",
	  "successor", "", ANA, .expected = REFUSAL_UNREGISTERED },
	{ "an order reaches restricted data", SYSTEM, VERB_RELEASE, "payment", "law",
	  "authority", "", ANA, .is_registered = true, .flags = SUBJECT_RESTRICTED,
	  .expected = REFUSAL_NONE },
	{ "an emergency does not", SYSTEM, VERB_RELEASE, "measurement", "care", "rescue", "",
	  ANA, .is_registered = true, .flags = SUBJECT_RESTRICTED,
	  .expected = REFUSAL_SUBJECT_RESTRICTED },
	{ "what is objected to is not released", SYSTEM, VERB_RELEASE, "measurement",
	  "research", "research", "", ANA, .form = AS_AGGREGATE, .has_consents = true,
	  .agreed = "research", .objection = "research", .expected = REFUSAL_OBJECTED },
	{ "an administrator manages people", ADMIN, VERB_MANAGE, "", "none", "", "people",
	  NOBODY, .expected = REFUSAL_NONE },
	{ "an auditor manages no people", AUDITOR, VERB_MANAGE, "", "none", "", "people",
	  NOBODY, .expected = REFUSAL_ROLE },
	{ "an administrator has no log", ADMIN, VERB_MANAGE, "", "none", "", "log", NOBODY,
	  .expected = REFUSAL_ROLE },
	{ "a restricted person's request is answered", SUPPORT, VERB_WRITE, "request", "law",
	  "", "", ANA, .flags = SUBJECT_RESTRICTED, .expected = REFUSAL_NONE },
	{ "a restricted person's account is not used for it", SUPPORT, VERB_READ, "account",
	  "law", "", "", ANA, .flags = SUBJECT_RESTRICTED,
	  .expected = REFUSAL_SUBJECT_RESTRICTED },
};

static policy_set
recipient_set(const struct policy *policy, const char *name)
{
	const struct policy_recipient *recipient;

	if (name == NULL)
		return 0;
	recipient = policy_recipient_find(policy, str_from_c(name));
	assert_non_null(recipient);
	return (policy_set)1 << (recipient - policy->recipients);
}

static policy_set
purpose_set(const struct policy *policy, const char *name)
{
	const struct policy_purpose *purpose;

	if (name == NULL)
		return 0;
	purpose = policy_purpose_find(policy, str_from_c(name));
	assert_non_null(purpose);
	return (policy_set)1 << (purpose - policy->purposes);
}

static struct decision
row_decide(struct fixture *f, const struct decide_row *row)
{
	struct actor actor = f->actors[row->who];
	struct ask ask = { .verb = row->verb,
		           .class = str_from_c(row->class),
		           .what = str_from_c(row->what),
		           .purpose = str_from_c(row->purpose),
		           .recipient = str_from_c(row->recipient),
		           .is_each = row->is_each,
		           .form = row->form,
		           .is_registered = row->is_registered };
	struct subject_state state = {
		.kind = policy_number(str_from_c(row->kind == NULL ? "member" : row->kind)),
		.flags = row->flags,
		.version = 1,
		.is_represented = row->is_represented,
		.shared = recipient_set(f->tenant->policy, row->shared),
		.consents = row->has_consents ? ~(policy_set)0 : 0,
		.agreed = recipient_set(f->tenant->policy, row->agreed),
		.objections = purpose_set(f->tenant->policy, row->objection),
	};
	struct decision decision;

	if (row->assurance != 0)
		actor.assurance = row->assurance;
	if (row->has_no_reason)
		actor.reason = STR_EMPTY;
	if (row->about != NOBODY)
		ask.subject = f->actors[row->about].subject;
	decide(f->tenant->policy, &actor, &ask, row->about == NOBODY ? NULL : &state,
	       &decision);
	return decision;
}

static void
every_row_of_the_table_is_decided_as_it_says(void **state)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct decision decision = row_decide(*state, &rows[i]);
		if (decision.refusal != rows[i].expected)
			fail_msg("%s: %s", rows[i].name, refusal_word(decision.refusal));
	}
}

static void
every_refusal_has_a_row_a_word_and_a_sentence(void **state)
{
	bool is_met[REFUSAL_MINOR + 1] = { false };

	(void)state;
	is_met[REFUSAL_FIELD_UNDECLARED] = true; /* the vault's own: test_record.c */
	is_met[REFUSAL_MINOR] = true;            /* likewise: test_choice.c */
	is_met[REFUSAL_MEMORY] = is_met[REFUSAL_AGREEMENT] = true; /* another policy's: below */
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		is_met[rows[i].expected] = true;
	for (size_t i = 0; i < COUNT_OF(is_met); i++) {
		assert_true(is_met[i]);
		assert_true(refusal_word((enum refusal)i)[0] != '\0');
		assert_true(refusal_text((enum refusal)i)[0] != '\0');
	}
}

/* The reference policy of the analysis has both kinds. */
static void
what_is_held_in_memory_or_needs_an_agreement_is_never_stored(void **state)
{
	struct fixture *f = *state;
	struct policy_diagnostics faults = { .arena = &f->arena };
	struct policy *policy = NULL;
	struct actor system = { .kind = ACTOR_SYSTEM };
	size_t memory = 0, agreement = 0;

	RC_IS(f,
	      policy_read(&policy, fixture_file(f, "policies/analyze.yaml"), &faults, &f->err),
	      RC_OK);
	for (size_t i = 0; i < policy->class_count; i++) {
		const struct policy_class *class = &policy->classes[i];
		struct decision decision;
		struct ask ask = { .verb = VERB_WRITE, .class = class->name };
		if (class->use == 0)
			continue;
		ask.purpose = policy->purposes[__builtin_ctzll(class->use)].name;
		decide(policy, &system, &ask, NULL, &decision);
		if (class->is_memory)
			assert_int_equal(decision.refusal, REFUSAL_MEMORY);
		else if (class->needs_agreement)
			assert_int_equal(decision.refusal, REFUSAL_AGREEMENT);
		else
			assert_int_not_equal(decision.refusal, REFUSAL_MEMORY);
		memory += class->is_memory;
		agreement += class->needs_agreement;
	}
	assert_true(memory != 0 && agreement != 0);
	policy_free(policy);
}

static void
the_first_refusal_ends_the_steps(void **state)
{
	struct decision refused = row_decide(*state, &rows[1]);
	struct decision allowed = row_decide(*state, &rows[0]);

	assert_int_equal(refused.step_count, 1);
	assert_false(refused.steps[0].is_yes);
	for (size_t i = 0; i < allowed.step_count; i++)
		assert_true(allowed.steps[i].is_yes);
	assert_true(allowed.step_count > 10);
}

/* Policies are replaced while requests are under way: the role counts by its name. */
static void
a_role_of_an_earlier_policy_is_the_role_of_its_name(void **state)
{
	struct fixture *f = *state;
	struct str text = fixture_file(f, "policies/measure.yaml");
	struct policy_diagnostics faults = { .arena = &f->arena };
	const struct ask ask = { .verb = VERB_READ,
		                 .class = STR("measurement"),
		                 .purpose = STR("care"),
		                 .subject = f->actors[ANA].subject };
	const struct subject_state subject = { .kind = policy_number(STR("member")) };
	struct actor actor = f->actors[ANA];
	struct policy_role unknown = *actor.role;
	struct decision decision;
	struct policy *policy;

	RC_IS(f, policy_read(&policy, text, &faults, &f->err), RC_OK);
	assert_ptr_not_equal(decide_role(policy, &actor), actor.role);
	decide(policy, &actor, &ask, &subject, &decision);
	assert_int_equal(decision.refusal, REFUSAL_NONE);
	unknown.name = STR("visitor");
	actor.role = &unknown;
	decide(policy, &actor, &ask, &subject, &decision);
	assert_int_equal(decision.refusal, REFUSAL_NOT_SIGNED_IN);
	policy_free(policy);
}

/* --- a second reading of the grants ---------------------------------------------- */

struct grant_text {
	char role[32], verb[16], scope[16], class[32];
};

struct grants {
	struct grant_text items[256];
	size_t count;
};

/* Lines of the block `roles:`: two spaces and a name are a role, "- VERB SCOPE
 * CLASS" is a grant. */
static void
grants_read(struct fixture *f, struct grants *grants)
{
	struct str text = fixture_file(f, "policies/measure.yaml");
	char role[32] = "";
	bool is_in_roles = false;

	grants->count = 0;
	while (text.len != 0) {
		struct grant_text *grant = &grants->items[grants->count];
		char copy[128];
		struct str line;
		text = str_cut(text, '\n', &line);
		(void)snprintf(copy, sizeof(copy), "%.*s", STR_ARGS(line));
		if (copy[0] != ' ' && copy[0] != '\0')
			is_in_roles = strncmp(copy, "roles:", 6) == 0;
		if (!is_in_roles)
			continue;
		if (copy[0] == ' ' && copy[2] != ' ' && strchr(copy, ':') != NULL)
			(void)sscanf(copy, " %31[a-z_]:", role);
		if (sscanf(copy, "      - %15s %15s %31s", grant->verb, grant->scope,
		           grant->class) != 3)
			continue;
		(void)snprintf(grant->role, sizeof(grant->role), "%s", role);
		grants->count++;
		assert_true(grants->count < COUNT_OF(grants->items));
	}
}

static bool
is_granted(const struct grants *grants, const struct grant_text *wanted)
{
	for (size_t i = 0; i < grants->count; i++) {
		const struct grant_text *grant = &grants->items[i];
		if (strcmp(grant->role, wanted->role) == 0 &&
		    strcmp(grant->verb, wanted->verb) == 0 &&
		    strcmp(grant->scope, wanted->scope) == 0 &&
		    strcmp(grant->class, wanted->class) == 0)
			return true;
	}
	return false;
}

static const struct {
	enum policy_verb verb;
	const char *word;
} verbs[] = { { VERB_READ, "read" }, { VERB_WRITE, "write" }, { VERB_ERASE, "erase" } };

/* Which class, and for which purpose, somebody sees by sharing: as the recipients say. */
static bool
is_received(const struct policy *policy, const struct policy_class *class, struct str purpose)
{
	for (size_t i = 0; i < policy->recipient_count; i++) {
		const struct policy_recipient *recipient = &policy->recipients[i];
		if (recipient->when == WHEN_CONSENT &&
		    (recipient->purpose.len == 0 || str_eq(recipient->purpose, purpose)) &&
		    (recipient->receives >> policy_class_index(policy, class) & 1) != 0)
			return true;
	}
	return false;
}

/* The actor of a role asks about itself, about another who shares nothing, and
 * about another who shares with everybody; a grant of a wider scope holds for the narrower. */
static void
role_is_as_written(struct fixture *f, const struct grants *grants,
                   const struct policy_role *role, const struct policy_class *class)
{
	const struct policy *policy = f->tenant->policy;
	struct actor actor = { .kind = role->by_credential ? ACTOR_DEVICE : ACTOR_PERSON,
		               .id = id_new(1),
		               .subject = id_new(2),
		               .role = role,
		               .assurance = 2,
		               .reason = STR("because") };
	struct str purpose = policy->purposes[__builtin_ctzll(class->use)].name;

	for (size_t v = 0; v < COUNT_OF(verbs); v++) {
		struct grant_text wanted = { 0 };
		(void)snprintf(wanted.role, sizeof(wanted.role), "%.*s", STR_ARGS(role->name));
		(void)snprintf(wanted.verb, sizeof(wanted.verb), "%s", verbs[v].word);
		(void)snprintf(wanted.class, sizeof(wanted.class), "%.*s",
		               STR_ARGS(class->name));
		(void)snprintf(wanted.scope, sizeof(wanted.scope), "own");
		bool has_own = is_granted(grants, &wanted);
		(void)snprintf(wanted.scope, sizeof(wanted.scope), "shared");
		bool has_shared = is_granted(grants, &wanted);
		(void)snprintf(wanted.scope, sizeof(wanted.scope), "all");
		bool has_all = is_granted(grants, &wanted);
		const bool expected[] = { has_own || has_shared || has_all, has_all,
			                  has_all || (has_shared &&
			                              is_received(policy, class, purpose)) };
		for (size_t place = 0; place < COUNT_OF(expected); place++) {
			struct ask ask = { .verb = verbs[v].verb,
				           .class = class->name,
				           .purpose = purpose,
				           .subject = place == 0 ? actor.subject : id_new(3) };
			struct subject_state state = { .kind = class->about_number,
				                       .version = 1,
				                       .shared =
				                           place == 2 ? ~(policy_set)0 : 0,
				                       .consents = ~(policy_set)0 };
			struct decision decision;
			decide(policy, &actor, &ask, &state, &decision);
			if ((decision.refusal == REFUSAL_NONE) != expected[place])
				fail_msg("%s %s %s, place %zu: %s", wanted.role, wanted.verb,
				         wanted.class, place, refusal_word(decision.refusal));
		}
	}
}

static void
every_role_verb_and_class_is_as_the_file_grants_it(void **state)
{
	struct fixture *f = *state;
	const struct policy *policy = f->tenant->policy;
	struct grants *grants = arena_alloc(&f->arena, sizeof(*grants), 8);

	grants_read(f, grants);
	assert_true(grants->count > 80); /* the reader did read */
	for (size_t r = 0; r < policy->role_count; r++) {
		for (size_t c = 0; c < policy->class_count; c++)
			role_is_as_written(f, grants, &policy->roles[r], &policy->classes[c]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		VAULT_TEST(every_row_of_the_table_is_decided_as_it_says),
		VAULT_TEST(every_refusal_has_a_row_a_word_and_a_sentence),
		VAULT_TEST(what_is_held_in_memory_or_needs_an_agreement_is_never_stored),
		VAULT_TEST(the_first_refusal_ends_the_steps),
		VAULT_TEST(a_role_of_an_earlier_policy_is_the_role_of_its_name),
		VAULT_TEST(every_role_verb_and_class_is_as_the_file_grants_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
