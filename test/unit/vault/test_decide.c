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
	bool has_no_reason, is_shared, has_consents;
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
	  "sharing", "", "", ANA, .is_shared = true, .has_consents = true,
	  .expected = REFUSAL_NONE },
	{ "a share whose consent is withdrawn", CLINICIAN, VERB_READ, "measurement", "sharing",
	  "", "", ANA, .is_shared = true, .expected = REFUSAL_CONSENT_MISSING },
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
	{ "research without consent", SYSTEM, VERB_RELEASE, "measurement", "research",
	  "research", "", ANA, .expected = REFUSAL_CONSENT_MISSING },
	{ "research with consent", SYSTEM, VERB_RELEASE, "measurement", "research", "research",
	  "", ANA, .has_consents = true, .expected = REFUSAL_NONE },
	{ "a member's own release is a consent", ANA, VERB_RELEASE, "measurement", "sharing",
	  "third_party", "", ANA, .expected = REFUSAL_NONE },
	{ "an administrator manages people", ADMIN, VERB_MANAGE, "", "none", "", "people",
	  NOBODY, .expected = REFUSAL_NONE },
	{ "an auditor manages no people", AUDITOR, VERB_MANAGE, "", "none", "", "people",
	  NOBODY, .expected = REFUSAL_ROLE },
	{ "an administrator has no log", ADMIN, VERB_MANAGE, "", "none", "", "log", NOBODY,
	  .expected = REFUSAL_ROLE },
};

static struct decision
row_decide(struct fixture *f, const struct decide_row *row)
{
	struct actor actor = f->actors[row->who];
	struct ask ask = { .verb = row->verb,
		           .class = str_from_c(row->class),
		           .what = str_from_c(row->what),
		           .purpose = str_from_c(row->purpose),
		           .recipient = str_from_c(row->recipient) };
	struct subject_state state = {
		.kind = policy_number(str_from_c(row->kind == NULL ? "member" : row->kind)),
		.flags = row->flags,
		.version = 1,
		.is_shared = row->is_shared,
		.consents = row->has_consents ? ~(policy_set)0 : 0,
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
	bool is_met[REFUSAL_FIELD_UNDECLARED + 1] = { false };

	(void)state;
	is_met[REFUSAL_FIELD_UNDECLARED] = true; /* the vault's own: test_record.c */
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		is_met[rows[i].expected] = true;
	for (size_t i = 0; i < COUNT_OF(is_met); i++) {
		assert_true(is_met[i]);
		assert_true(refusal_word((enum refusal)i)[0] != '\0');
		assert_true(refusal_text((enum refusal)i)[0] != '\0');
	}
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

/* The actor of a role asks about itself, about another who shares nothing, and
 * about another who shares; a grant of a wider scope holds for the narrower. */
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
			                  has_shared || has_all };
		for (size_t place = 0; place < COUNT_OF(expected); place++) {
			struct ask ask = { .verb = verbs[v].verb,
				           .class = class->name,
				           .purpose = purpose,
				           .subject = place == 0 ? actor.subject : id_new(3) };
			struct subject_state state = { .kind = class->about_number,
				                       .version = 1,
				                       .is_shared = place == 2,
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
		VAULT_TEST(the_first_refusal_ends_the_steps),
		VAULT_TEST(every_role_verb_and_class_is_as_the_file_grants_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
