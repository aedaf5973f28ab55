/*
 * Tenants: adding one, loading all at start, and the keys that their logs sign
 * with.
 */
#include "base/zone.h"
#include "crypto/sign.h"
#include "vault/inside.h"

#define SLUG_MAX    31
#define TENANT_HALF 0 /* state of a tenant whose making was cut short */

static MUST_CHECK enum rc
slug_check(struct str slug, struct err *err)
{
	if (slug.len == 0 || slug.len > SLUG_MAX)
		return FAIL(err, RC_INVALID, "a tenant's short name has 1 to %d characters",
		            SLUG_MAX);
	for (size_t i = 0; i < slug.len; i++) {
		char c = slug.ptr[i];
		bool is_letter = c >= 'a' && c <= 'z';
		bool is_other = (c >= '0' && c <= '9') || c == '-';
		if (!is_letter && (i == 0 || !is_other))
			return FAIL(err, RC_INVALID,
			            "a tenant's short name is a-z, 0-9 and hyphens, and starts "
			            "with a letter");
	}
	if (str_eq(slug, STR("log")))
		return FAIL(err, RC_INVALID, "/log is the server's own log: take another name");
	return RC_OK;
}

/* --- log keys -------------------------------------------------------------------- */

struct seed {
	int64_t tenant;
	struct arena *arena;
	struct str sealed;
};

static MUST_CHECK enum rc
seed_find(struct store_tx *tx, void *arg, struct err *err)
{
	struct seed *seed = arg;

	return store_setting_find(tx, seed->tenant, STR("log.seed"), seed->arena, &seed->sealed,
	                          err);
}

static MUST_CHECK enum rc
seed_put(struct store_tx *tx, void *arg, struct err *err)
{
	struct seed *seed = arg;

	return store_setting_put(tx, seed->tenant, STR("log.seed"), seed->sealed, err);
}

static MUST_CHECK enum rc
seed_make(struct vault *vault, const struct vault_secret *secret, struct seed *seed,
          struct sign_key *key, struct err *err)
{
	struct str text;

	sign_key_new(key);
	text = (struct str){ (const char *)key->seed.bytes, KEY_BYTES };
	vault_seal(vault, secret, text, seed->arena, &seed->sealed);
	return store_write(vault->store, seed_put, seed, err);
}

/* Opens a tenant's log (tenant NULL: the server's), making its key the first time. */
static MUST_CHECK enum rc
log_open(struct vault *vault, const struct tenant *tenant, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	CLEANUP(sign_key_wipe) struct sign_key key = { 0 };
	CLEANUP(key_wipe) struct key bytes = { { 0 } };
	struct vault_secret secret = { tenant, "log.seed", STR("log.seed") };
	struct seed seed = { tenant == NULL ? 0 : tenant->id, &arena, STR_EMPTY };
	struct str text;
	struct str origin;
	enum rc rc;

	arena_init(&arena, 64 * KIB);
	rc = store_read(vault->store, seed_find, &seed, err);
	if (rc == RC_NOT_FOUND && !vault->is_read_only) {
		TRY(seed_make(vault, &secret, &seed, &key, err));
	} else {
		TRY(rc);
		TRY(vault_unseal(vault, &secret, seed.sealed, &arena, &text, err));
		if (text.len != KEY_BYTES)
			return FAIL(err, RC_CORRUPT, "a log's key has a wrong length");
		memcpy(bytes.bytes, text.ptr, KEY_BYTES);
		sign_key_from_seed(&key, &bytes);
	}
	TRY(log_origin(vault, seed.tenant, tenant == NULL ? STR_EMPTY : tenant->slug, &arena,
	               &origin, err));
	return audit_log_add(vault->audit, seed.tenant, origin, &key, err);
}

enum rc
server_log_open(struct vault *vault, struct err *err)
{
	return log_open(vault, NULL, err);
}

/* --- loading ----------------------------------------------------------------------- */

static MUST_CHECK enum rc
tenant_keep(struct vault *vault, const struct tenant_row *row, struct policy *policy,
            struct err *err)
{
	struct tenant *tenant = calloc(1, sizeof(*tenant));
	struct zone *zone = NULL;
	enum rc rc;

	if (tenant == NULL)
		abort();
	*tenant = (struct tenant){ .id = row->id,
		                   .slug = str_copy(&vault->texts, row->slug),
		                   .service = str_copy(&vault->texts, row->service),
		                   .name = str_copy(&vault->texts, row->name),
		                   .zone = str_copy(&vault->texts, row->zone),
		                   .policy = policy,
		                   .state = (enum tenant_state)row->state,
		                   .created_us = row->created_us };
	rc = zone_open(&zone, tenant->zone, err);
	tenant->time_zone = zone;
	if (rc == RC_OK)
		rc = log_open(vault, tenant, err);
	if (rc != RC_OK) {
		zone_close(&zone);
		policy_free(policy);
		free(tenant);
		return rc;
	}
	(void)pthread_rwlock_wrlock(&vault->lock);
	vault->tenants[vault->tenant_count++] = tenant;
	(void)pthread_rwlock_unlock(&vault->lock);
	return RC_OK;
}

struct tenants_read {
	struct arena *arena;
	struct tenant_row *rows;
	size_t count;
	int64_t tenant;
	struct policy_row *policies;
	size_t policy_count;
};

static MUST_CHECK enum rc
tenants_read(struct store_tx *tx, void *arg, struct err *err)
{
	struct tenants_read *read = arg;

	return store_tenant_list(tx, read->arena, &read->rows, &read->count, err);
}

static MUST_CHECK enum rc
policies_read(struct store_tx *tx, void *arg, struct err *err)
{
	struct tenants_read *read = arg;

	return store_policy_list(tx, read->tenant, read->arena, &read->policies,
	                         &read->policy_count, err);
}

static MUST_CHECK enum rc
tenant_load(struct vault *vault, const struct tenant_row *row, struct tenants_read *read,
            struct err *err)
{
	const struct policy_row *version;
	struct policy *policy = NULL;

	read->tenant = row->id;
	TRY(store_read(vault->store, policies_read, read, err));
	if (read->policy_count == 0)
		return FAIL(err, RC_CORRUPT, "a tenant has no policy");
	version =
	    policy_row_due(read->policies, read->policy_count, clock_now_us(vault->clock));
	TRY(policy_row_read(version, &policy, err));
	return tenant_keep(vault, row, policy, err);
}

enum rc
tenant_load_all(struct vault *vault, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct tenants_read read = { .arena = &arena };

	arena_init(&arena, 64 * MIB);
	TRY(store_read(vault->store, tenants_read, &read, err));
	for (size_t i = 0; i < read.count; i++) {
		if (read.rows[i].state != TENANT_HALF)
			TRY(tenant_load(vault, &read.rows[i], &read, err));
	}
	return RC_OK;
}

/* --- adding --------------------------------------------------------------------------- */

static MUST_CHECK enum rc
half_made_find(struct store_tx *tx, struct tenant_row *row, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct tenant_row *rows;
	size_t count;

	arena_init(&arena, 4 * MIB);
	TRY(store_tenant_list(tx, &arena, &rows, &count, err));
	for (size_t i = 0; i < count; i++) {
		if (!str_eq(rows[i].slug, row->slug) || rows[i].state != TENANT_HALF)
			continue;
		row->id = rows[i].id;
		return RC_OK;
	}
	return FAIL(err, RC_CONFLICT, "there is a tenant of that short name already");
}

static MUST_CHECK enum rc
tenant_insert(struct store_tx *tx, void *arg, struct err *err)
{
	struct tenant_row *row = arg;
	enum rc rc;

	row->created_us = store_tx_now_us(tx);
	rc = store_tenant_insert(tx, row, err);
	return rc == RC_CONFLICT ? half_made_find(tx, row, err) : rc;
}

struct tenant_finish {
	struct tenant_row *row;
	const struct policy *policy;
};

/* The policy, its entry as the first leaf of the tenant's log, and the state. */
static MUST_CHECK enum rc
tenant_finish(struct store_tx *tx, void *arg, struct err *err)
{
	CLEANUP(buf_free) struct buf leaf = { 0 };
	struct tenant_finish *finish = arg;
	const struct policy *policy = finish->policy;
	struct policy_row row = { .tenant = finish->row->id,
		                  .version = policy->version,
		                  .source = policy->source,
		                  .json = policy->json,
		                  .effective_us = policy->effective_us,
		                  .loaded_us = store_tx_now_us(tx) };
	struct audit_entry entry = { .act = STR("policy"),
		                     .outcome = STR("ok"),
		                     .role = STR("system"),
		                     .time_us = store_tx_now_us(tx),
		                     .policy = policy->hash,
		                     .count = 1 };
	struct str text;
	int64_t index;

	memcpy(row.hash, policy->hash.bytes, HASH_BYTES);
	TRY(store_policy_insert(tx, &row, err));
	random_bytes(entry.nonce, sizeof(entry.nonce));
	buf_init(&leaf, 4 * KIB);
	audit_entry_format(&entry, &leaf);
	TRY(buf_finish(&leaf, &text, err));
	TRY(audit_append(tx, finish->row->id, text, &index, err));
	finish->row->state = TENANT_ACTIVE;
	return store_tenant_state(tx, finish->row->id, TENANT_ACTIVE, err);
}

static MUST_CHECK enum rc
new_check(const struct vault *vault, const struct tenant_new *new, struct err *err)
{
	CLEANUP(zone_close) struct zone *zone = NULL;

	TRY(slug_check(new->slug, err));
	if (vault->tenant_count == TENANTS_MAX)
		return FAIL(err, RC_LIMIT, "there are %d tenants already", TENANTS_MAX);
	if (new->name.len == 0 || new->name.len > 200 || !str_is_utf8(new->name))
		return FAIL(err, RC_INVALID, "the organisation's name has 1 to 200 bytes");
	return zone_open(&zone, new->zone, err);
}

enum rc
vault_tenant_add(struct vault *vault, const struct tenant_new *new, struct err *err)
{
	struct policy *policy = NULL;
	struct tenant_row row = { .slug = new->slug, .name = new->name, .zone = new->zone };
	struct tenant_finish finish = { &row, NULL };
	struct key_name root = { 0 };
	CLEANUP(key_wipe) struct key key = { { 0 } };
	enum rc rc;

	TRY(new_check(vault, new, err));
	TRY(policy_read(&policy, new->policy_yaml, new->faults, err));
	row.service = policy->service;
	finish.policy = policy;
	rc = store_write(vault->store, tenant_insert, &row, err);
	root.tenant = row.id;
	if (rc == RC_OK)
		rc = keys_need(vault->keys, &root, &key, err);
	if (rc == RC_OK)
		rc = store_write(vault->store, tenant_finish, &finish, err);
	if (rc != RC_OK) {
		policy_free(policy);
		return rc;
	}
	return tenant_keep(vault, &row, policy, err);
}

/* --- finding ----------------------------------------------------------------------------- */

const struct tenant *
vault_tenant_find(struct vault *vault, struct str slug)
{
	const struct tenant *found = NULL;

	(void)pthread_rwlock_rdlock(&vault->lock);
	for (size_t i = 0; i < vault->tenant_count && found == NULL; i++) {
		if (str_eq(vault->tenants[i]->slug, slug))
			found = vault->tenants[i];
	}
	(void)pthread_rwlock_unlock(&vault->lock);
	return found;
}

const struct tenant *
vault_tenant_by_id(struct vault *vault, int64_t tenant)
{
	const struct tenant *found = NULL;

	(void)pthread_rwlock_rdlock(&vault->lock);
	for (size_t i = 0; i < vault->tenant_count && found == NULL; i++) {
		if (vault->tenants[i]->id == tenant)
			found = vault->tenants[i];
	}
	(void)pthread_rwlock_unlock(&vault->lock);
	return found;
}

size_t
vault_tenant_count(struct vault *vault)
{
	size_t count;

	(void)pthread_rwlock_rdlock(&vault->lock);
	count = vault->tenant_count;
	(void)pthread_rwlock_unlock(&vault->lock);
	return count;
}

const struct tenant *
vault_tenant_at(struct vault *vault, size_t index)
{
	const struct tenant *tenant;

	(void)pthread_rwlock_rdlock(&vault->lock);
	tenant = index < vault->tenant_count ? vault->tenants[index] : NULL;
	(void)pthread_rwlock_unlock(&vault->lock);
	return tenant;
}
