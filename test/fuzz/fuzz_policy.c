/*
 * Any bytes as a policy: refused with a fault that has a place, or a policy
 * whose canonical form is canonical JSON and, read as YAML again, is the same
 * policy with the same hash, and that can be rendered and compared with itself
 * without a change.  Also a plain program that replays files.
 */
#include "base/json.h"
#include "base/limits.h"
#include "policy/policy.h"

static void
demand(bool holds)
{
	if (!holds)
		abort();
}

static enum rc
read_policy(struct str text, struct policy **policy)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct policy_diagnostics *faults;
	struct err err = { 0 };
	enum rc rc;

	arena_init(&arena, MIB);
	faults = ARENA_NEW(&arena, struct policy_diagnostics);
	faults->arena = &arena;
	rc = policy_read(policy, text, faults, &err);
	demand((rc == RC_OK) == (faults->count == 0) || rc == RC_LIMIT);
	for (size_t i = 0; i < faults->count && i < POLICY_LIST_MAX; i++)
		demand(faults->items[i].line >= 1 && faults->items[i].column >= 1 &&
		       faults->items[i].text.len != 0);
	return rc;
}

static void
check_json(const struct policy *policy)
{
	CLEANUP(json_free) struct json json = { 0 };
	CLEANUP(buf_free) struct buf again = { 0 };
	struct err err = { 0 };

	buf_init(&again, 4 * MIB);
	demand(json_parse(&json, policy->json, &err) == RC_OK);
	demand(json_canonical(&again, json.root, &err) == RC_OK);
	demand(str_eq((struct str){ again.text, again.len }, policy->json));
}

static void
check_again(const struct policy *policy)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct policy_changes changes;
	struct policy *again = NULL;

	arena_init(&arena, 16 * MIB);
	if (policy->json.len > POLICY_SOURCE_MAX)
		return; /* escapes may make it longer than its source */
	demand(read_policy(policy->json, &again) == RC_OK);
	demand(digest_eq(&policy->hash, &again->hash));
	policy_diff(policy, again, &arena, &changes);
	demand(changes.count == 0);
	policy_free(again);
}

static void
check_page(const struct policy *policy)
{
	CLEANUP(buf_free) struct buf page = { 0 };

	buf_init(&page, 8 * MIB);
	policy_render_html(policy, &page);
	policy_render_text(policy, &page);
	demand(!page.full && page.len != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct policy *policy = NULL;

	if (read_policy((struct str){ (const char *)data, size }, &policy) != RC_OK)
		return 0;
	check_json(policy);
	check_again(policy);
	check_page(policy);
	policy_free(policy);
	return 0;
}

#include "replay.h"
