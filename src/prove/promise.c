/*
 * Probes of what leaves: consents, recipients, the form in which data go.
 */
#include "prove/inside.h"

/* The first class that a recipient gets and that is about somebody who signs in. */
static const struct policy_class *
class_of_recipient(const struct policy *policy, const struct policy_recipient *recipient)
{
	for (size_t i = 0; i < policy->class_count; i++) {
		if ((recipient->receives >> i & 1) != 0 &&
		    role_about(policy, &policy->classes[i]) != NULL)
			return &policy->classes[i];
	}
	return NULL;
}

struct giving {
	const struct policy_recipient *recipient;
	const struct policy_class *class;
	struct canary *canary;
	struct door door; /* the system's, for the recipient's purpose */
	struct id choice;
};

static MUST_CHECK enum rc
giving_begin(struct prove *prove, const struct policy_recipient *recipient,
             struct giving *giving, struct err *err)
{
	const struct policy *policy = prove->tenant->policy;
	struct canary_wish wish = { .assurance = 2 };

	*giving = (struct giving){ .recipient = recipient,
		                   .class = class_of_recipient(policy, recipient),
		                   .door = prove->door };
	if (giving->class == NULL)
		return RC_OK;
	wish.role = role_about(policy, giving->class);
	if (recipient->purpose.len != 0)
		giving->door.purpose = recipient->purpose;
	return canary_make(prove, &wish, &giving->canary, err);
}

/* RC_OK and whether the door let it out. */
static MUST_CHECK enum rc
release_try(const struct giving *giving, enum policy_form form, bool *is_out, struct err *err)
{
	struct vault_release release = { .recipient = giving->recipient->name,
		                         .class = giving->class->name,
		                         .subject = giving->canary->person,
		                         .count = 1,
		                         .form = form };
	struct err refused = { 0 };
	int64_t entry;
	enum rc rc = vault_release(&giving->door, &release, &entry, &refused);

	*is_out = rc == RC_OK;
	if (rc == RC_OK || rc == RC_DENIED)
		return RC_OK;
	*err = refused;
	return rc;
}

/* As the canary itself: giving is its own act. */
static MUST_CHECK enum rc
consent_give(struct prove *prove, struct giving *giving, struct err *err)
{
	struct actor actor = { .kind = ACTOR_PERSON,
		               .id = giving->canary->person,
		               .subject = giving->canary->person,
		               .role = giving->canary->role,
		               .assurance = 2 };
	struct door door = { prove->vault, prove->tenant, &actor, giving->recipient->purpose };
	struct choice choice = { .kind = CHOICE_CONSENT,
		                 .subject = giving->canary->person,
		                 .purpose = giving->recipient->purpose,
		                 .recipient = giving->recipient->name,
		                 .text = STR("a probe"),
		                 .version = prove->tenant->policy->version,
		                 .how = STR("page"),
		                 .until_us = INT64_MAX };

	TRY(vault_choice_give(&door, &choice, err));
	giving->choice = choice.id;
	return RC_OK;
}

static MUST_CHECK enum rc
consent_withdraw(struct prove *prove, const struct giving *giving, struct err *err)
{
	struct actor actor = { .kind = ACTOR_PERSON,
		               .id = giving->canary->person,
		               .subject = giving->canary->person,
		               .role = giving->canary->role,
		               .assurance = 2 };
	struct door door = { prove->vault, prove->tenant, &actor, giving->recipient->purpose };

	return vault_choice_withdraw(&door, giving->choice, err);
}

/* --- a purpose that no recipient needs ------------------------------------------------ */

static const struct policy_class *
class_of_purpose(const struct policy *policy, const struct policy_purpose *purpose)
{
	for (size_t i = 0; i < policy->class_count; i++) {
		if ((policy->classes[i].use >> (purpose - policy->purposes) & 1) != 0 &&
		    role_about(policy, &policy->classes[i]) != NULL)
			return &policy->classes[i];
	}
	return NULL;
}

static MUST_CHECK enum rc
use_try(const struct giving *giving, struct arena *arena, bool *is_used, struct err *err)
{
	struct record_query query = { .subject = giving->canary->person,
		                      .order = RECORD_BY_ID,
		                      .limit = 1 };
	struct vault_records records;
	struct err refused = { 0 };
	enum rc rc =
	    vault_list(&giving->door, giving->class->name, &query, arena, &records, &refused);

	*is_used = rc == RC_OK;
	if (rc == RC_OK || rc == RC_DENIED)
		return RC_OK;
	*err = refused;
	return rc;
}

static MUST_CHECK enum rc
consent_purpose(struct prove *prove, struct str name, struct verdict *verdict, struct err *err)
{
	const struct policy_purpose *purpose = policy_purpose_find(prove->tenant->policy, name);
	struct policy_recipient nobody = { .purpose = name, .when = WHEN_CONSENT };
	struct giving giving = { .recipient = &nobody, .door = prove->door };
	struct canary_wish wish = { .assurance = 2 };
	bool is_used = false;

	if (purpose == NULL)
		return FAIL(err, RC_NOT_FOUND, "the policy has no such recipient or purpose");
	giving.class = class_of_purpose(prove->tenant->policy, purpose);
	if (giving.class == NULL) {
		verdict_not_built(prove, verdict, "it is about nobody who signs in");
		return RC_OK;
	}
	giving.door.purpose = name;
	wish.role = role_about(prove->tenant->policy, giving.class);
	TRY(canary_make(prove, &wish, &giving.canary, err));
	TRY(use_try(&giving, prove->arena, &is_used, err));
	if (is_used)
		verdict_broken(prove, verdict, "data were used without consent");
	TRY(consent_give(prove, &giving, err));
	TRY(use_try(&giving, prove->arena, &is_used, err));
	if (!is_used)
		verdict_broken(prove, verdict, "data were not used with consent");
	TRY(consent_withdraw(prove, &giving, err));
	TRY(use_try(&giving, prove->arena, &is_used, err));
	if (is_used)
		verdict_broken(prove, verdict, "data were used after consent was withdrawn");
	verdict_kept(prove, verdict,
	             "refused without consent, used with it, refused after it was withdrawn");
	return RC_OK;
}

enum rc
consent_recipient(struct prove *prove, struct str rest, struct verdict *verdict,
                  struct err *err)
{
	const struct policy_recipient *recipient =
	    policy_recipient_find(prove->tenant->policy, rest);
	struct giving giving;
	bool is_out = false;

	if (recipient == NULL)
		return consent_purpose(prove, rest, verdict, err);
	TRY(giving_begin(prove, recipient, &giving, err));
	if (giving.class == NULL) {
		verdict_not_built(prove, verdict, "what it gets is about nobody who signs in");
		return RC_OK;
	}
	TRY(release_try(&giving, recipient->form, &is_out, err));
	if (is_out)
		verdict_broken(prove, verdict, "data left without consent");
	TRY(consent_give(prove, &giving, err));
	TRY(release_try(&giving, recipient->form, &is_out, err));
	if (!is_out)
		verdict_broken(prove, verdict, "data did not leave with consent");
	TRY(consent_withdraw(prove, &giving, err));
	TRY(release_try(&giving, recipient->form, &is_out, err));
	if (is_out)
		verdict_broken(prove, verdict, "data left after the consent was withdrawn");
	verdict_kept(prove, verdict,
	             "refused without consent, given with it, refused after it was withdrawn");
	return RC_OK;
}

enum rc
release_deidentified(struct prove *prove, struct str rest, struct verdict *verdict,
                     struct err *err)
{
	const struct policy *policy = prove->tenant->policy;
	size_t tried = 0;

	(void)rest;
	for (size_t i = 0; i < policy->recipient_count; i++) {
		const struct policy_recipient *recipient = &policy->recipients[i];
		struct giving giving;
		bool is_out = false;
		if (recipient->form == AS_IS)
			continue;
		TRY(giving_begin(prove, recipient, &giving, err));
		if (giving.class == NULL)
			continue;
		if (recipient->when == WHEN_CONSENT)
			TRY(consent_give(prove, &giving, err));
		TRY(release_try(&giving, AS_IS, &is_out, err));
		tried++;
		if (is_out)
			verdict_broken(prove, verdict, "data left for %.*s as they are",
			               STR_ARGS(recipient->name));
	}
	if (tried == 0)
		verdict_not_built(prove, verdict, "no recipient gets changed data");
	TRY(text_is_stripped(prove, verdict, err));
	verdict_kept(prove, verdict,
	             "%zu recipients are refused data as they are, and a canary's identifiers "
	             "are gone from what was de-identified",
	             tried);
	return RC_OK;
}

static bool
is_by_register(enum policy_when when)
{
	return when == WHEN_CLIENT_APPROVAL || when == WHEN_LEGAL_ORDER ||
	       when == WHEN_EMERGENCY || when == WHEN_SUCCESSION;
}

/* Whatever the purpose: without an entry of the register nothing leaves. */
enum rc
release_registered(struct prove *prove, struct str rest, struct verdict *verdict,
                   struct err *err)
{
	const struct policy *policy = prove->tenant->policy;
	size_t tried = 0;

	(void)rest;
	for (size_t i = 0; i < policy->recipient_count; i++) {
		struct giving giving;
		bool is_out = false;
		if (!is_by_register(policy->recipients[i].when))
			continue;
		TRY(giving_begin(prove, &policy->recipients[i], &giving, err));
		if (giving.class == NULL)
			continue;
		if (policy->recipients[i].purpose.len == 0)
			giving.door.purpose = plain_purpose(policy, giving.class);
		TRY(release_try(&giving, policy->recipients[i].form, &is_out, err));
		tried++;
		if (is_out)
			verdict_broken(prove, verdict,
			               "data left for %.*s without an entry of the register",
			               STR_ARGS(policy->recipients[i].name));
	}
	verdict_kept(prove, verdict,
	             "%zu recipients got nothing without an entry of the register", tried);
	return RC_OK;
}

/* No route and no recipient hands data to training: a policy that allowed it would
 * have to declare a purpose and a recipient for it, with consent. */
enum rc
training_never(struct prove *prove, struct str rest, struct verdict *verdict, struct err *err)
{
	const struct policy *policy = prove->tenant->policy;
	size_t tried = 0;

	(void)rest;
	for (size_t i = 0; i < policy->recipient_count; i++) {
		const struct policy_recipient *recipient = &policy->recipients[i];
		struct giving giving;
		bool is_out = false;
		if (memmem(recipient->name.ptr, recipient->name.len, "training", 8) == NULL)
			continue;
		tried++;
		if (recipient->when != WHEN_CONSENT) {
			verdict_broken(prove, verdict, "training gets data without consent");
			return RC_OK;
		}
		TRY(giving_begin(prove, recipient, &giving, err));
		if (giving.class == NULL)
			continue;
		TRY(release_try(&giving, recipient->form, &is_out, err));
		if (is_out)
			verdict_broken(prove, verdict,
			               "data left for training without consent");
	}
	verdict_kept(prove, verdict,
	             "%zu recipients for training, each refused without consent", tried);
	return RC_OK;
}
