/*
 * Adding and changing persons.
 *
 * The vault decides whether an actor may write the record; here stands what the
 * record alone cannot say: nobody raises an own role, and whoever is suspended
 * is out at once.  For that the gate is shut (which ends every session and
 * token, one transaction) before the record is changed, and opened again when
 * the change fails or lets the person in: dying in between leaves somebody out,
 * never in.
 */
#include "people/inside.h"
#include "vault/retention.h"

static MUST_CHECK enum rc
may_manage(const struct door *door, const struct people *people, const char *act,
           struct err *err)
{
	const struct actor *actor = door->actor;
	struct vault_act refused = { .act = str_from_c(act),
		                     .outcome = STR("role"),
		                     .subject = actor->subject };

	if (actor->kind == ACTOR_SYSTEM)
		return RC_OK;
	if (actor->kind == ACTOR_PERSON && actor->role != NULL &&
	    policy_role_scope(actor->role, VERB_MANAGE, -1, STR("people")) != 0)
		return RC_OK;
	TRY(people_note(people, door->tenant, &refused, err));
	return FAIL(err, RC_DENIED, "your role may not manage people");
}

/* --- add --------------------------------------------------------------------------- */

/* Across classes: the term of one class does not know of the others. */
static MUST_CHECK enum rc
address_is_free(const struct door *door, struct people *people, struct str email,
                struct arena *arena, struct err *err)
{
	struct person other;
	enum rc rc = person_of_email(people, door->tenant, email, arena, &other, err);

	if (rc == RC_NOT_FOUND)
		return RC_OK;
	TRY(rc);
	return FAIL(err, RC_CONFLICT, "email: this address has an account");
}

enum rc
people_add(const struct door *door, struct people *people, struct person *person,
           struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	const struct policy *policy = door->tenant->policy;
	struct vault_act added = { .act = STR("person-added"), .outcome = STR("ok") };
	struct vault_record record = { 0 };
	const struct policy_role *role;
	struct person new = *person;

	arena_init(&arena, ARENA_BYTES);
	if (new.state == 0)
		new.state = PERSON_INVITED;
	TRY(email_normal(person->email, &arena, &new.email, err));
	TRY(person_check(policy, &new, err));
	TRY(may_manage(door, people, "person-added", err));
	TRY(address_is_free(door, people, new.email, &arena, err));
	role = policy_role_find(policy, new.role);
	TRY(person_format(&new, &arena, &record.body, err));
	TRY(vault_subject_add(door, role->is, &record.subject, err));
	record.class = person_class(policy, role)->name;
	record.id = record.subject;
	TRY(vault_put(door, &record, err));
	added.subject = record.subject;
	TRY(people_note(people, door->tenant, &added, err));
	person->id = record.subject;
	person->version = record.version;
	person->created_us = record.created_us;
	person->state = new.state;
	return RC_OK;
}

/* --- change -------------------------------------------------------------------------- */

static bool
is_manager_s(const struct door *door, const struct person *old, const struct person *new)
{
	bool leaves = new->state == PERSON_LEFT &&id_eq(door->actor->id, old->id);

	if (!str_eq(old->role, new->role))
		return true;
	return old->state != new->state && !leaves;
}

/* Whoever may give roles gives themselves none: that takes a second administrator. */
static MUST_CHECK enum rc
own_role_stays(const struct door *door, const struct people *people, const struct person *old,
               const struct person *new, struct err *err)
{
	struct vault_act refused = { .act = STR("person-changed"),
		                     .outcome = STR("role"),
		                     .subject = old->id };

	if (door->actor->kind != ACTOR_PERSON || !id_eq(door->actor->id, old->id) ||
	    str_eq(old->role, new->role))
		return RC_OK;
	TRY(people_note(people, door->tenant, &refused, err));
	return FAIL(err, RC_DENIED, "another administrator changes your role");
}

static MUST_CHECK enum rc
change_check(const struct door *door, const struct people *people, const struct person *old,
             struct person *new, struct err *err)
{
	const struct policy *policy = door->tenant->policy;
	const struct policy_role *before = policy_role_find(policy, old->role);

	if (old->version != new->version)
		return FAIL(err, RC_CONFLICT, "somebody else changed this person first");
	new->email = old->email;
	TRY(person_check(policy, new, err));
	if (before != NULL &&
	    before->is_number != policy_role_find(policy, new->role)->is_number)
		return FAIL(err, RC_INVALID, "role: of another kind of person");
	if (!is_manager_s(door, old, new))
		return RC_OK;
	TRY(may_manage(door, people, "person-changed", err));
	return own_role_stays(door, people, old, new, err);
}

static void
session_follow(struct session_body *body, const void *arg)
{
	const struct person *person = arg;

	body->name = person->name;
	body->language = person->language;
	body->zone = person->zone;
}

static MUST_CHECK enum rc
change_write(const struct door *door, struct person *new, struct arena *arena, struct err *err)
{
	const struct policy *policy = door->tenant->policy;
	struct vault_record record = { .subject = new->id,
		                       .id = new->id,
		                       .version = new->version };

	record.class = person_class(policy, policy_role_find(policy, new->role))->name;
	TRY(person_format(new, arena, &record.body, err));
	TRY(vault_put(door, &record, err));
	new->version = record.version;
	return RC_OK;
}

/* The write between a gate that is shut, or as it stands, and its opening. */
static MUST_CHECK enum rc
change_gated(const struct door *door, struct people *people, const struct person *old,
             struct person *new, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	const struct tenant *tenant = door->tenant;
	bool ends = person_is_out(new->state) || !str_eq(old->role, new->role);
	struct gate gate;
	struct err second;
	enum rc rc;

	arena_init(&arena, ARENA_BYTES);
	if (ends)
		TRY(gate_shut(people, tenant, new->id, &gate, err));
	else
		TRY(gate_look(people, tenant, new->id, &gate, err));
	rc = change_write(door, new, &arena, err);
	if (rc == RC_OK && !person_is_out(new->state))
		return gate_open(people, tenant, new->id, &gate, err);
	if (rc != RC_OK && ends && id_is_zero(gate.before))
		DISCARD(gate_open(people, tenant, new->id, &gate, &second),
		        "the first failure is told; a shut gate is the safe side");
	return rc;
}

/* Periods that an account's end begins: they begin, or it is open again. */
static MUST_CHECK enum rc
retention_follow(const struct door *door, const struct people *people, const struct person *old,
                 const struct person *new, struct err *err)
{
	const struct retention_trigger closed = { new->id, KEEP_ACCOUNT_CLOSED,
		                                  people_now_us(people) };

	if (old->state == new->state)
		return RC_OK;
	if (new->state == PERSON_LEFT)
		return vault_retention_trigger(door, &closed, err);
	return old->state == PERSON_LEFT ? vault_retention_reopen(door, new->id, err) : RC_OK;
}

enum rc
people_change(const struct door *door, struct people *people, struct person *person,
              struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct person old, new = *person;
	struct session_edit follow = { .person = person->id,
		                       .fn = session_follow,
		                       .arg = &new };
	struct vault_act changed = { .act = STR("person-changed"),
		                     .outcome = STR("ok"),
		                     .subject = person->id };

	arena_init(&arena, ARENA_BYTES);
	TRY(people_get(door, people, person->id, &arena, &old, err));
	TRY(change_check(door, people, &old, &new, err));
	TRY(change_gated(door, people, &old, &new, err));
	TRY(session_change(people, door->tenant, &follow, err));
	changed.detail = person_is_out(new.state) ? STR("out") : STR("in");
	TRY(people_note(people, door->tenant, &changed, err));
	TRY(retention_follow(door, people, &old, &new, err));
	person->version = new.version;
	return RC_OK;
}
