/*
 * Probes of the audit log: that it is whole, and that it misses nothing.
 */
#include "prove/inside.h"

enum rc
audit_intact(struct prove *prove, struct str rest, struct verdict *verdict, struct err *err)
{
	struct audit_log log;
	struct audit_report report = { 0 };
	struct str dir = str_printf(prove->arena, "%s/log", prove->options->data_dir);
	enum rc rc;

	(void)rest;
	TRY(audit_identity(vault_audit(prove->vault), prove->tenant->id, &log, err));
	log.tenant = prove->tenant->id;
	log.store = vault_store(prove->vault);
	log.dir = str_to_c(prove->arena, dir);
	rc = audit_verify(&log, &report, err);
	if (rc == RC_CORRUPT || report.faults != 0) {
		verdict_broken(prove, verdict, "%llu faults in the log, the first: %s",
		               (unsigned long long)report.faults, report.first_fault);
		return RC_OK;
	}
	TRY(rc);
	verdict_kept(prove, verdict,
	             "%llu entries and %llu checkpoints verify, each checkpoint extends those "
	             "before it",
	             (unsigned long long)report.entries,
	             (unsigned long long)report.checkpoints);
	return RC_OK;
}

/* --- that nothing is missing ---------------------------------------------------------- */

/* One act of the script, and the entry that it must leave. */
struct scripted {
	const char *act, *outcome;
	const char *class;
};

struct script {
	struct prove *prove;
	struct door door; /* of the canary */
	const struct policy_class *class;
	struct id record;
	struct actor actor;
};

static MUST_CHECK enum rc
log_size(struct prove *prove, uint64_t *size, struct err *err)
{
	struct audit_figures figures;

	TRY(audit_figures(vault_audit(prove->vault), prove->tenant->id, &figures, err));
	*size = figures.size;
	return RC_OK;
}

/* Entries of others may stand between: the scripted ones are looked for in order,
 * by act, class, outcome and role. */
static MUST_CHECK enum rc
entries_match(struct script *script, uint64_t from, const struct scripted *expected,
              size_t count, size_t *matched, struct err *err)
{
	struct prove *prove = script->prove;
	struct entry_row *rows = NULL;
	size_t found = 0;

	*matched = 0;
	TRY(audit_entries(vault_audit(prove->vault), prove->tenant->id, (int64_t)from,
	                  LIMIT_PAGE_ROWS, prove->arena, &rows, &found, err));
	for (size_t i = 0; i < found && *matched < count; i++) {
		const struct scripted *next = &expected[*matched];
		struct audit_entry entry;
		TRY(audit_entry_parse(rows[i].leaf, &entry, prove->arena, err));
		*matched += str_eq(entry.act, str_from_c(next->act)) &&
		            str_eq(entry.outcome, str_from_c(next->outcome)) &&
		            str_eq(entry.class, str_from_c(next->class)) &&
		            str_eq(entry.role, script->actor.role->name);
	}
	return RC_OK;
}

/* The account's class: every role that signs in may read its own. */
static const struct policy_class *
account_class(const struct policy *policy, const struct policy_role *role)
{
	for (size_t i = 0; i < policy->class_count; i++) {
		const struct policy_class *class = &policy->classes[i];
		const struct policy_index *email = policy_index_find(class, STR("email"));
		if (class->about_number == role->is_number && email != NULL &&
		    email->kind == INDEX_TERM)
			return class;
	}
	return NULL;
}

static MUST_CHECK enum rc
script_play(struct script *script, struct id other, struct err *err)
{
	struct prove *prove = script->prove;
	struct vault_record record;
	struct err refused;
	enum rc rc;

	TRY(vault_get(&script->door, script->class->name, script->actor.id, prove->arena,
	              &record, err));                /* read */
	TRY(vault_put(&script->door, &record, err)); /* write, the same again */
	rc = vault_get(&script->door, script->class->name, other, prove->arena, &record,
	               &refused); /* a refusal */
	if (rc == RC_OK)
		return FAIL(err, RC_CORRUPT, "another person's account was read");
	return RC_OK;
}

enum rc
audit_complete(struct prove *prove, struct str rest, struct verdict *verdict, struct err *err)
{
	const struct policy *policy = prove->tenant->policy;
	const struct policy_role *role = NULL;
	struct script script = { .prove = prove };
	struct canary *canary, *other;
	uint64_t from = 0;
	size_t matched = 0;

	(void)rest;
	for (size_t i = 0; i < policy->role_count && role == NULL; i++) {
		const struct policy_role *one = &policy->roles[i];
		script.class = one->by_credential ? NULL : account_class(policy, one);
		if (script.class != NULL &&
		    policy_role_scope(one, VERB_READ,
		                      (int)policy_class_index(policy, script.class),
		                      STR_EMPTY) == SCOPE_OWN &&
		    policy_role_scope(one, VERB_WRITE,
		                      (int)policy_class_index(policy, script.class),
		                      STR_EMPTY) == SCOPE_OWN)
			role = one;
	}
	if (role == NULL)
		return FAIL(err, RC_NOT_FOUND, "no role reads and writes its own account");
	{
		struct canary_wish wish = { .role = role, .assurance = 2 };
		TRY(canary_make(prove, &wish, &canary, err));
		TRY(canary_make(prove, &wish, &other, err));
	}
	script.actor = (struct actor){ .kind = ACTOR_PERSON,
		                       .id = canary->person,
		                       .subject = canary->person,
		                       .role = role,
		                       .assurance = 2 };
	script.door = (struct door){ prove->vault, prove->tenant, &script.actor,
		                     plain_purpose(policy, script.class) };
	TRY(log_size(prove, &from, err));
	TRY(script_play(&script, other->person, err));
	{
		const char *class = str_to_c(prove->arena, script.class->name);
		const struct scripted expected[] = { { "read", "ok", class },
			                             { "write", "ok", class },
			                             { "read", "scope", class } };
		TRY(entries_match(&script, from, expected, COUNT_OF(expected), &matched, err));
		if (matched != COUNT_OF(expected))
			verdict_broken(prove, verdict,
			               "of %zu scripted acts %zu left their entry",
			               COUNT_OF(expected), matched);
	}
	verdict_kept(prove, verdict,
	             "a read, a write and a refusal each left exactly their entry");
	return RC_OK;
}
