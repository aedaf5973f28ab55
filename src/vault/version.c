#include "vault/version.h"

enum rc
vault_version_list(struct vault *vault, const struct tenant *tenant, struct arena *arena,
                   struct policy_versions *versions, struct err *err)
{
	(void)vault;
	(void)tenant;
	(void)arena;
	(void)versions;
	return FAIL(err, RC_METHOD, "not there yet");
}

enum rc
vault_policy_load(const struct door *door, struct policy_load *load, struct arena *arena,
                  struct err *err)
{
	(void)door;
	(void)load;
	(void)arena;
	return FAIL(err, RC_METHOD, "not there yet");
}

enum rc
vault_policy_advance(struct vault *vault, struct err *err)
{
	(void)vault;
	return FAIL(err, RC_METHOD, "not there yet");
}
