/*
 * Questions about a policy that has been read: by name, by number, by grant.
 * Tables hold at most POLICY_LIST_MAX items, so they are searched in a line.
 */
#include "policy/policy.h"

void
policy_free(struct policy *policy)
{
	struct arena *arena;

	if (policy == NULL)
		return;
	arena = policy->arena; /* which holds the policy itself */
	arena_free(arena);
	free(arena);
}

/* Each item of a table begins with its name. */
#define FIND(type, items, item_count, wanted)                                                  \
	const type *at = (items);                                                              \
	for (size_t i = 0; i < (item_count); i++, at++) {                                      \
		if (str_eq(at->name, (wanted)))                                                \
			return at;                                                             \
	}                                                                                      \
	return NULL

const struct policy_class *
policy_class_find(const struct policy *policy, struct str name)
{
	FIND(struct policy_class, policy->classes, policy->class_count, name);
}

const struct policy_purpose *
policy_purpose_find(const struct policy *policy, struct str name)
{
	FIND(struct policy_purpose, policy->purposes, policy->purpose_count, name);
}

const struct policy_role *
policy_role_find(const struct policy *policy, struct str name)
{
	FIND(struct policy_role, policy->roles, policy->role_count, name);
}

const struct policy_recipient *
policy_recipient_find(const struct policy *policy, struct str name)
{
	FIND(struct policy_recipient, policy->recipients, policy->recipient_count, name);
}

const struct policy_cookie *
policy_cookie_find(const struct policy *policy, struct str name)
{
	FIND(struct policy_cookie, policy->cookies, policy->cookie_count, name);
}

const struct policy_class *
policy_class_by_number(const struct policy *policy, int64_t number)
{
	for (size_t i = 0; i < policy->class_count; i++) {
		if (policy->classes[i].number == number)
			return &policy->classes[i];
	}
	return NULL;
}

const struct policy_index *
policy_index_find(const struct policy_class *class, struct str field)
{
	for (size_t i = 0; i < class->index_count; i++) {
		if (str_eq(class->indexes[i].field, field))
			return &class->indexes[i];
	}
	return NULL;
}

static bool
signs_in_as(const struct policy *policy, int64_t kind_number, bool with_credentials)
{
	for (size_t i = 0; i < policy->role_count; i++) {
		const struct policy_role *role = &policy->roles[i];
		if ((with_credentials || !role->by_credential) &&
		    role->is_number == kind_number)
			return true;
	}
	return false;
}

/* Some class or role names it: the kinds that a policy knows. */
static bool
is_kind(const struct policy *policy, int64_t kind_number)
{
	for (size_t i = 0; i < policy->class_count; i++) {
		const struct policy_class *class = &policy->classes[i];
		if (class->about_number == kind_number && !policy_kind_is_many(class->about))
			return true;
	}
	return signs_in_as(policy, kind_number, true);
}

bool
policy_kind_is_many(struct str about)
{
	return str_eq(about, STR("person")) || str_eq(about, STR("actor")) ||
	       str_eq(about, STR("subject"));
}

bool
policy_class_is_about(const struct policy *policy, const struct policy_class *class,
                      int64_t kind_number)
{
	if (class->about_number == kind_number)
		return true;
	if (str_eq(class->about, STR("person")))
		return signs_in_as(policy, kind_number, false);
	if (str_eq(class->about, STR("actor")))
		return signs_in_as(policy, kind_number, true);
	return str_eq(class->about, STR("subject")) && is_kind(policy, kind_number);
}

bool
policy_field_is_declared(const struct policy_class *class, struct str field)
{
	for (size_t i = 0; i < class->field_count; i++) {
		if (str_eq(class->fields[i], field))
			return true;
	}
	return false;
}

size_t
policy_class_index(const struct policy *policy, const struct policy_class *class)
{
	return (size_t)(class - policy->classes);
}

int64_t
policy_number(struct str name)
{
	struct digest digest = sha256(name);
	uint32_t head = (uint32_t)digest.bytes[0] << 24 | (uint32_t)digest.bytes[1] << 16 |
	                (uint32_t)digest.bytes[2] << 8 | (uint32_t)digest.bytes[3];

	return head >> 1;
}

enum policy_scope
policy_role_scope(const struct policy_role *role, enum policy_verb verb, int class_index,
                  struct str what)
{
	unsigned widest = 0;

	for (size_t i = 0; i < role->grant_count; i++) {
		const struct policy_grant *grant = &role->grants[i];
		bool is_it = verb == VERB_MANAGE ? str_eq(grant->what, what)
		                                 : grant->class_index == class_index;
		if (grant->verb == verb && is_it && grant->scope > widest)
			widest = grant->scope;
	}
	return (enum policy_scope)widest;
}
