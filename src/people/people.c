#include <liboath/oath.h>

#include "people/inside.h"

static const struct actor system_actor = { .kind = ACTOR_SYSTEM };

enum rc
people_open(struct people **people, struct vault *vault, struct err *err)
{
	struct people *opened;

	if (oath_init() != OATH_OK)
		return FAIL(err, RC_IO, "the library of one-time codes does not start");
	opened = calloc(1, sizeof(*opened));
	if (opened == NULL)
		abort();
	opened->vault = vault;
	opened->store = vault_store(vault);
	opened->bearers = bearers_new();
	*people = opened;
	return RC_OK;
}

void
people_close(struct people *people)
{
	if (people == NULL)
		return;
	bearers_free(people->bearers);
	free(people);
	(void)oath_done();
}

struct door
people_door(const struct people *people, const struct tenant *tenant)
{
	return (struct door){ people->vault, tenant, &system_actor, STR(SIGNIN_PURPOSE) };
}

enum rc
people_note(const struct people *people, const struct tenant *tenant,
            const struct vault_act *act, struct err *err)
{
	struct door door = people_door(people, tenant);
	int64_t entry;

	return vault_note(&door, act, &entry, err);
}

int64_t
people_now_us(const struct people *people)
{
	return clock_now_us(vault_clock(people->vault));
}

/* --- can people sign in under this policy? ------------------------------------------ */

static const char *const person_fields[] = { "email",    "name", "role",
	                                     "language", "zone", "state" };
static const char *const signin_fields[] = { "totp", "last_step", "recovery" };

static MUST_CHECK enum rc
class_check(const struct policy *policy, const struct policy_class *class,
            const char *const *fields, size_t count, struct err *err)
{
	const struct policy_purpose *purpose = policy_purpose_find(policy, STR(SIGNIN_PURPOSE));

	for (size_t i = 0; i < count; i++) {
		if (!policy_field_is_declared(class, str_from_c(fields[i])))
			return FAIL(err, RC_INVALID, "policy: class %.*s lacks the field %s",
			            STR_ARGS(class->name), fields[i]);
	}
	if ((class->use >> (purpose - policy->purposes) & 1) == 0)
		return FAIL(err, RC_INVALID, "policy: class %.*s is not used for %s",
		            STR_ARGS(class->name), SIGNIN_PURPOSE);
	return RC_OK;
}

static MUST_CHECK enum rc
role_check(const struct policy *policy, const struct policy_role *role, struct err *err)
{
	const struct policy_class *class = person_class(policy, role);
	bool needs = role->needs_second_factor || policy->second_factor == SECOND_REQUIRED;

	if (!person_role_signs_in(role))
		return RC_OK;
	if (class == NULL)
		return FAIL(err, RC_INVALID,
		            "policy: role %.*s has no class about it with index email: term",
		            STR_ARGS(role->name));
	if (needs && (policy->factors & FACTOR_TOTP) == 0)
		return FAIL(err, RC_INVALID,
		            "policy: role %.*s needs a second factor, and totp is none",
		            STR_ARGS(role->name));
	return class_check(policy, class, person_fields, COUNT_OF(person_fields), err);
}

enum rc
people_check(const struct policy *policy, struct err *err)
{
	const struct policy_class *signin = policy_class_find(policy, STR(SIGNIN_CLASS));

	if (policy_purpose_find(policy, STR(SIGNIN_PURPOSE)) == NULL)
		return FAIL(err, RC_INVALID, "policy: no purpose %s", SIGNIN_PURPOSE);
	if (signin == NULL || !str_eq(signin->about, STR("person")))
		return FAIL(err, RC_INVALID, "policy: no class %s about person", SIGNIN_CLASS);
	TRY(class_check(policy, signin, signin_fields, COUNT_OF(signin_fields), err));
	for (size_t i = 0; i < policy->role_count; i++)
		TRY(role_check(policy, &policy->roles[i], err));
	return RC_OK;
}
