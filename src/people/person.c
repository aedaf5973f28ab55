/*
 * Persons: records of the vault, found by id (which is the subject's and the
 * record's) or by address.  An address has one account in a tenant, over all
 * classes that sign in: within a class the vault's term decides, across classes
 * a look before.
 */
#include "people/inside.h"

bool
person_role_signs_in(const struct policy_role *role)
{
	return !role->by_credential;
}

static bool
has_email_term(const struct policy_class *class)
{
	const struct policy_index *index = policy_index_find(class, STR("email"));

	return index != NULL && index->kind == INDEX_TERM;
}

const struct policy_class *
person_class(const struct policy *policy, const struct policy_role *role)
{
	if (!person_role_signs_in(role))
		return NULL;
	for (size_t i = 0; i < policy->class_count; i++) {
		const struct policy_class *class = &policy->classes[i];
		if (has_email_term(class) &&
		    policy_class_is_about(policy, class, role->is_number))
			return class;
	}
	return NULL;
}

bool
person_class_signs_in(const struct policy *policy, const struct policy_class *class)
{
	if (!has_email_term(class))
		return false;
	for (size_t i = 0; i < policy->role_count; i++) {
		if (person_class(policy, &policy->roles[i]) == class)
			return true;
	}
	return false;
}

/* Does the class hold people, and may the role read `scope` of it?  Whom, the
 * vault decides: this only keeps a search through several classes from leaving
 * refusals in the log. */
static bool
may_look(const struct door *door, const struct policy *policy, const struct policy_class *class,
         enum policy_scope scope)
{
	const struct policy_role *role;

	if (!person_class_signs_in(policy, class))
		return false;
	if (door->actor->kind == ACTOR_SYSTEM)
		return true;
	role = decide_role(policy, door->actor);
	return role != NULL &&
	       policy_role_scope(role, VERB_READ, (int)policy_class_index(policy, class),
	                         STR_EMPTY) >= scope;
}

/* One way of finding a record, tried in each class that signs in. */
struct search {
	struct id id;
	struct str email; /* empty: by id */
	bool is_whole;    /* goes on when found: the same touches for every address */
};

static MUST_CHECK enum rc
look_in(const struct door *door, const struct policy_class *class, const struct search *search,
        struct arena *arena, struct vault_record *record, struct err *err)
{
	struct vault_term term = { "email", search->email };

	if (search->email.len != 0)
		return vault_find(door, class->name, &term, arena, record, err);
	return vault_get(door, class->name, search->id, arena, record, err);
}

static MUST_CHECK enum rc
search_run(const struct door *door, const struct search *search, struct arena *arena,
           struct person *person, struct err *err)
{
	const struct policy *policy = door->tenant->policy;
	struct vault_record record, found;
	bool is_found = false;
	size_t looks = 0;

	for (size_t i = 0; i < policy->class_count && (search->is_whole || !is_found); i++) {
		const struct policy_class *class = &policy->classes[i];
		enum rc rc;
		if (!may_look(door, policy, class, SCOPE_OWN))
			continue;
		looks++;
		record = (struct vault_record){ 0 };
		rc = look_in(door, class, search, arena, &record, err);
		if (rc == RC_NOT_FOUND)
			continue;
		TRY(rc);
		found = is_found ? found : record;
		is_found = true;
	}
	if (looks == 0)
		return FAIL(err, RC_DENIED, "your role may not see people");
	if (!is_found)
		return FAIL(err, RC_NOT_FOUND, "no such person");
	return person_parse(&found, arena, person, err);
}

enum rc
person_of_email(struct people *people, const struct tenant *tenant, struct str email,
                struct arena *arena, struct person *person, struct err *err)
{
	struct door door = people_door(people, tenant);
	struct search search = { .email = email, .is_whole = true };

	return search_run(&door, &search, arena, person, err);
}

enum rc
person_of_id(struct people *people, const struct tenant *tenant, struct id id,
             struct arena *arena, struct person *person, struct err *err)
{
	struct door door = people_door(people, tenant);
	struct search search = { .id = id };

	return search_run(&door, &search, arena, person, err);
}

enum rc
people_get(const struct door *door, struct people *people, struct id id, struct arena *arena,
           struct person *person, struct err *err)
{
	struct search search = { .id = id };

	(void)people;
	return search_run(door, &search, arena, person, err);
}

enum rc
people_find(const struct door *door, struct people *people, struct str email,
            struct arena *arena, struct person *person, struct err *err)
{
	struct search search = { 0 };

	(void)people;
	TRY(email_normal(email, arena, &search.email, err));
	return search_run(door, &search, arena, person, err);
}

/* --- lists ---------------------------------------------------------------------- */

static int
person_order(const void *a, const void *b)
{
	const struct person *left = a, *right = b;

	return id_compare(left->id, right->id);
}

static MUST_CHECK enum rc
list_add(const struct vault_records *records, struct arena *arena, struct persons *persons,
         struct err *err)
{
	for (size_t i = 0; i < records->count; i++) {
		struct person *person = &persons->items[persons->count];
		TRY(person_parse(&records->items[i], arena, person, err));
		persons->count++;
	}
	return RC_OK;
}

enum rc
people_list(const struct door *door, struct people *people, struct id after, int limit,
            struct arena *arena, struct persons *persons, struct err *err)
{
	const struct policy *policy = door->tenant->policy;
	struct persons all = { 0 };
	size_t looks = 0, most = (size_t)limit;

	(void)people;
	if (limit < 1 || limit > LIMIT_PAGE_ROWS)
		return FAIL(err, RC_INVALID, "limit: 1 to %d", LIMIT_PAGE_ROWS);
	all.items = arena_alloc(arena, policy->class_count * most * sizeof(*all.items),
	                        _Alignof(struct person));
	for (size_t i = 0; i < policy->class_count; i++) {
		const struct policy_class *class = &policy->classes[i];
		struct record_query query = { .after = after,
			                      .limit = limit,
			                      .order = RECORD_BY_ID };
		struct vault_records records = { 0 };
		if (!may_look(door, policy, class, SCOPE_ALL))
			continue;
		looks++;
		TRY(vault_list(door, class->name, &query, arena, &records, err));
		TRY(list_add(&records, arena, &all, err));
	}
	if (looks == 0)
		return FAIL(err, RC_DENIED, "your role may not see people");
	qsort(all.items, all.count, sizeof(*all.items), person_order);
	all.count = all.count < most ? all.count : most;
	*persons = all;
	return RC_OK;
}
