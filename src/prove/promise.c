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

enum rc
consent_recipient(struct prove *prove, struct str rest, struct verdict *verdict,
                  struct err *err)
{
	const struct policy_recipient *recipient =
	    policy_recipient_find(prove->tenant->policy, rest);
	struct giving giving;
	bool is_out = false;

	if (recipient == NULL)
		return FAIL(err, RC_NOT_FOUND, "the policy has no such recipient");
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
