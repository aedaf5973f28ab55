/*
 * Versions of a tenant's policy: loaded ahead, in force on their day, readable
 * for ever.
 */
#ifndef VAULT_VERSION_H
#define VAULT_VERSION_H

#include "vault/vault.h"

struct policy_version {
	struct digest hash;
	struct str version; /* the policy's own date */
	struct str source;  /* YAML */
	int64_t effective_us, loaded_us;
	bool is_in_force;
};
struct policy_versions {
	struct policy_version *items; /* newest first */
	size_t count;
};
enum rc vault_version_list(struct vault *vault, const struct tenant *tenant,
                           struct arena *arena, struct policy_versions *versions,
                           struct err *err) MUST_CHECK;

/*
 * Loads the next version.  It takes effect at the start of its day (`version`) in
 * the tenant's zone; a material change (policy_diff) nearer than the notice.days of
 * the policy in force is RC_PRECONDITION, and so is a version not after the newest.
 * Its entry is "policy-loaded"; on its day vault_tick() puts it in force ("policy").
 * The day of loading does not count: `notice.days` whole days lie between it and the
 * day of effect.  Another service's policy is RC_INVALID; a version that would read a
 * plain column as another field, while the class has records, is RC_PRECONDITION.
 * Needs `manage policy`.
 */
struct policy_load {
	struct str yaml;
	struct policy_diagnostics *faults; /* when the policy is refused */
	bool is_dry_run;                   /* everything is checked, nothing is stored */
	/* out, once the policy could be read, also when the load is refused: */
	struct policy_version version;
	struct policy_changes changes; /* against the one in force; in the arena given */
	bool is_material;              /* against it, or against what is loaded ahead */
};
enum rc vault_policy_load(const struct door *door, struct policy_load *load,
                          struct arena *arena, struct err *err) MUST_CHECK;
bool policy_changes_are_material(const struct policy_changes *changes);
/* Puts what is due in force; vault_tick() calls it.  Policies that were in force stay
 * readable until the vault closes. */
enum rc vault_policy_advance(struct vault *vault, struct err *err) MUST_CHECK;

#endif
