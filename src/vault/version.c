/*
 * See version.h.
 *
 * The row of a version says from when it is in force; the setting IN_FORCE says
 * which version's entry "policy" was the last.  Entry and setting are one
 * transaction, before the tenant's policy is replaced, so that no touch under a
 * version stands in the log before the entry that names it, and a crash between
 * leaves neither a second entry nor none.
 *
 * Rows keep facets by column (policy.h): a version that would read a column as
 * another field than it was written with is refused while there are such rows.
 */
#include "vault/version.h"
#include "base/broken.h"

#include "base/zone.h"
#include "vault/inside.h"

#define IN_FORCE       "policy.in_force" /* setting: hash of json, in hexadecimal */
#define VERSIONS_BYTES (64 * MIB)

struct versions {
	int64_t tenant;
	struct arena *arena;
	struct policy_row *rows; /* by effective_us, newest first */
	size_t count;
	struct str in_force; /* empty: no change has taken effect yet */
};

static MUST_CHECK enum rc
versions_read(struct store_tx *tx, void *arg, struct err *err)
{
	struct versions *versions = arg;
	enum rc rc;

	TRY(store_policy_list(tx, versions->tenant, versions->arena, &versions->rows,
	                      &versions->count, err));
	if (versions->count == 0)
		return FAIL(err, RC_CORRUPT, "a tenant has no policy");
	rc = store_setting_find(tx, versions->tenant, STR(IN_FORCE), versions->arena,
	                        &versions->in_force, err);
	if (rc != RC_NOT_FOUND)
		return rc;
	versions->in_force = STR_EMPTY;
	return RC_OK;
}

const struct policy_row *
policy_row_due(const struct policy_row *rows, size_t count, int64_t now_us)
{
	for (size_t i = 0; i < count; i++) {
		if (rows[i].effective_us <= now_us)
			return &rows[i];
	}
	return &rows[count - 1];
}

enum rc
policy_row_read(const struct policy_row *row, struct policy **policy, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct policy_diagnostics faults = { .arena = &arena };

	arena_init(&arena, 1 * MIB);
	TRY(policy_read(policy, row->source, &faults, err));
	if (secret_eq((*policy)->hash.bytes, row->hash, HASH_BYTES))
		return RC_OK;
	policy_free(*policy);
	*policy = NULL;
	return FAIL(err, RC_CORRUPT, "a stored policy does not have its hash");
}

static void
policy_drop(struct policy **policy)
{
	policy_free(*policy);
}

/* --- the list ------------------------------------------------------------------------ */

static void
version_fill(struct policy_version *version, const struct policy_row *row,
             const struct policy *in_force)
{
	*version = (struct policy_version){ .version = row->version,
		                            .source = row->source,
		                            .effective_us = row->effective_us,
		                            .loaded_us = row->loaded_us };
	memcpy(version->hash.bytes, row->hash, HASH_BYTES);
	version->is_in_force = secret_eq(row->hash, in_force->hash.bytes, HASH_BYTES);
}

enum rc
vault_version_list(struct vault *vault, const struct tenant *tenant, struct arena *arena,
                   struct policy_versions *versions, struct err *err)
{
	struct versions read = { .tenant = tenant->id, .arena = arena };
	const struct policy *in_force = tenant->policy;

	TRY(store_read(vault->store, versions_read, &read, err));
	versions->items = arena_alloc(arena, read.count * sizeof(*versions->items),
	                              _Alignof(struct policy_version));
	for (size_t i = 0; i < read.count; i++)
		version_fill(&versions->items[i], &read.rows[i], in_force);
	versions->count = read.count;
	return RC_OK;
}

/* --- columns ------------------------------------------------------------------------- */

struct column_look {
	struct vault *vault;
	int64_t tenant;
	int64_t class;
	bool has_rows;
};

static MUST_CHECK enum rc
rows_look(struct store_tx *tx, void *arg, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct column_look *look = arg;
	struct record_query query = { .tenant = look->tenant,
		                      .class = look->class,
		                      .order = RECORD_BY_ID,
		                      .limit = 1,
		                      .without_body = true };
	struct record_row *rows;
	size_t count;

	arena_init(&arena, 64 * KIB);
	TRY(store_record_list(tx, &query, &arena, &rows, &count, err));
	look->has_rows = count != 0;
	return RC_OK;
}

/* Which field stands in that column; NULL: none. */
static const struct policy_index *
column_of(const struct policy_class *class, enum policy_index_kind kind, int number)
{
	for (size_t i = 0; i < class->index_count; i++) {
		if (class->indexes[i].kind == kind && class->indexes[i].number == number)
			return &class->indexes[i];
	}
	return NULL;
}

/* A field whose column another one takes over; NULL: every column keeps its field or
 * stays empty. */
static const struct policy_index *
column_taken(const struct policy_class *old, const struct policy_class *new)
{
	for (size_t i = 0; i < old->index_count; i++) {
		const struct policy_index *index = &old->indexes[i];
		const struct policy_index *now;
		if (index->kind == INDEX_TERM)
			continue;
		now = column_of(new, index->kind, index->number);
		if (now != NULL && !str_eq(now->field, index->field))
			return index;
	}
	return NULL;
}

static MUST_CHECK enum rc
columns_check(const struct column_look *like, const struct policy *old,
              const struct policy *new, struct err *err)
{
	for (size_t i = 0; i < old->class_count; i++) {
		const struct policy_class *class = &old->classes[i];
		const struct policy_class *next = policy_class_find(new, class->name);
		struct column_look look = *like;
		const struct policy_index *index;
		if (next == NULL)
			continue;
		index = column_taken(class, next);
		if (index == NULL)
			continue;
		look.class = class->number;
		TRY(store_read(look.vault->store, rows_look, &look, err));
		if (look.has_rows)
			return FAIL(err, RC_PRECONDITION,
			            "the class \"%.*s\" has records, and the plain column of "
			            "its field \"%.*s\" would be read as another",
			            STR_ARGS(class->name), STR_ARGS(index->field));
	}
	return RC_OK;
}

/* Against every version there was: rows may be as old as the first of them.  One that
 * this program no longer reads tells nothing. */
static MUST_CHECK enum rc
columns_check_all(struct vault *vault, const struct versions *versions,
                  const struct policy *new, struct err *err)
{
	const struct column_look like = { .vault = vault, .tenant = versions->tenant };

	for (size_t i = 0; i < versions->count; i++) {
		CLEANUP(policy_drop) struct policy *old = NULL;
		if (policy_row_read(&versions->rows[i], &old, err) == RC_OK)
			TRY(columns_check(&like, old, new, err));
	}
	return RC_OK;
}

/* --- its day --------------------------------------------------------------------------- */

static int64_t
day_start_us(const struct zone *zone, int64_t date_us)
{
	struct civil midnight = civil_from_us(date_us, 0);

	return zone_local_to_us(zone, &midnight);
}

/* The first day that leaves `days` whole days after today, in which people are told;
 * µs of its date at midnight UTC. */
static int64_t
earliest_date_us(const struct zone *zone, int64_t now_us, int days)
{
	struct civil today = civil_from_us(now_us, zone_offset_s(zone, now_us));

	today.hour = today.minute = today.second = today.micro = 0;
	return civil_to_us(&today, 0) + (1 + (int64_t)days) * US_PER_DAY;
}

static MUST_CHECK enum rc
notice_check(const struct zone *zone, int64_t now_us, const struct policy *in_force,
             const struct policy *new, struct err *err)
{
	int64_t earliest_us = earliest_date_us(zone, now_us, in_force->notice_days);
	struct civil day = civil_from_us(earliest_us, 0);

	if (new->effective_us >= earliest_us || broken("notice.lead_time"))
		return RC_OK;
	return FAIL(err, RC_PRECONDITION,
	            "version: a material change needs %d days of notice; the earliest day is "
	            "%04d-%02d-%02d",
	            in_force->notice_days, day.year, day.month, day.day);
}

static MUST_CHECK enum rc
order_check(const struct policy_row *newest, const struct policy *new, struct err *err)
{
	int64_t newest_us = 0;

	TRY(date_parse(newest->version, &newest_us, err));
	if (new->effective_us > newest_us)
		return RC_OK;
	return FAIL(err, RC_PRECONDITION, "version: it must come after the newest one, %.*s",
	            STR_ARGS(newest->version));
}

/* --- loading --------------------------------------------------------------------------- */

/* What is loaded ahead already counts as well: a version may take back what people
 * have been told will come. */
static MUST_CHECK enum rc
changes_find(const struct policy *in_force, const struct versions *versions,
             const struct policy *new, struct policy_load *load, struct arena *arena,
             struct err *err)
{
	CLEANUP(policy_drop) struct policy *ahead = NULL;
	struct policy_changes after;

	policy_diff(in_force, new, arena, &load->changes);
	load->is_material = policy_changes_are_material(&load->changes);
	if (load->is_material ||
	    secret_eq(versions->rows[0].hash, in_force->hash.bytes, HASH_BYTES))
		return RC_OK;
	TRY(policy_row_read(&versions->rows[0], &ahead, err));
	policy_diff(ahead, new, arena, &after);
	load->is_material = policy_changes_are_material(&after);
	return RC_OK;
}

bool
policy_changes_are_material(const struct policy_changes *changes)
{
	for (size_t i = 0; i < changes->count; i++) {
		if (changes->items[i].is_material)
			return true;
	}
	return false;
}

static MUST_CHECK enum rc
load_check(const struct door *door, const struct policy *new, struct policy_load *load,
           struct arena *arena, struct err *err)
{
	CLEANUP(arena_free) struct arena own = { 0 };
	const struct zone *zone = door->tenant->time_zone;
	struct versions versions = { .tenant = door->tenant->id, .arena = &own };
	const struct policy *in_force = door->tenant->policy;
	int64_t now_us = clock_now_us(door->vault->clock);

	arena_init(&own, VERSIONS_BYTES);
	if (!str_eq(new->service, door->tenant->service))
		return FAIL(err, RC_INVALID, "policy: it is of another service");
	TRY(store_read(door->vault->store, versions_read, &versions, err));
	TRY(changes_find(in_force, &versions, new, load, arena, err));
	load->version = (struct policy_version){
		.hash = new->hash,
		.version = str_copy(arena, new->version),
		.source = str_copy(arena, new->source),
		.effective_us = day_start_us(zone, new->effective_us),
		.loaded_us = now_us,
	};
	if (load->version.effective_us < now_us) /* today's: from this moment on */
		load->version.effective_us = now_us;
	TRY(order_check(&versions.rows[0], new, err));
	if (load->is_material)
		TRY(notice_check(zone, now_us, in_force, new, err));
	return columns_check_all(door->vault, &versions, new, err);
}

struct loading {
	struct touch *touch;
	const struct policy *new;
	struct policy_version *version;
};

/* Two who load at once: the second sees the first's row here. */
static MUST_CHECK enum rc
loading_write(struct store_tx *tx, void *arg, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	const struct loading *loading = arg;
	const struct policy *new = loading->new;
	struct versions versions = { .tenant = loading->touch->door->tenant->id,
		                     .arena = &arena };
	struct policy_row row = { .tenant = versions.tenant,
		                  .version = new->version,
		                  .source = new->source,
		                  .json = new->json,
		                  .effective_us = loading->version->effective_us,
		                  .loaded_us = store_tx_now_us(tx) };

	arena_init(&arena, VERSIONS_BYTES);
	TRY(touch_decide(tx, loading->touch, err));
	if (touch_is_refused(loading->touch))
		return touch_record(tx, loading->touch, err);
	TRY(versions_read(tx, &versions, err));
	TRY(order_check(&versions.rows[0], new, err));
	memcpy(row.hash, new->hash.bytes, HASH_BYTES);
	TRY(store_policy_insert(tx, &row, err));
	loading->version->loaded_us = row.loaded_us;
	return touch_record(tx, loading->touch, err);
}

/* The least of what was there and `due_us`. */
static void
due_lower(struct vault *vault, int64_t due_us)
{
	int64_t before = vault->policy_due_us;

	while (due_us < before &&
	       !atomic_compare_exchange_weak(&vault->policy_due_us, &before, due_us))
		;
}

enum rc
vault_policy_load(const struct door *door, struct policy_load *load, struct arena *arena,
                  struct err *err)
{
	CLEANUP(policy_drop) struct policy *new = NULL;
	CLEANUP(touch_wipe) struct touch touch = { 0 };
	const struct ask ask = { .verb = VERB_MANAGE,
		                 .what = STR("policy"),
		                 .purpose = STR("none") };
	struct loading loading = { .touch = &touch, .version = &load->version };

	TRY(touch_begin(&touch, door, &ask, "policy-loaded", err));
	TRY(touch_first(&touch, err));
	TRY(policy_read(&new, load->yaml, load->faults, err));
	TRY(load_check(door, new, load, arena, err));
	if (load->is_dry_run)
		return RC_OK;
	loading.new = new;
	touch_about(&touch, (struct str){ (const char *)new->hash.bytes, DIGEST_BYTES }, 1);
	TRY(store_write(door->vault->store, loading_write, &loading, err));
	due_lower(door->vault, load->version.effective_us);
	return touch_end(&touch, err);
}

/* --- taking effect ---------------------------------------------------------------------- */

struct taking {
	int64_t tenant;
	const struct policy_row *row;
	struct str hash; /* in hexadecimal */
};

static MUST_CHECK enum rc
taking_write(struct store_tx *tx, void *arg, struct err *err)
{
	CLEANUP(buf_free) struct buf leaf = { 0 };
	const struct taking *taking = arg;
	struct audit_entry entry = { .act = STR("policy"),
		                     .outcome = STR("ok"),
		                     .role = STR("system"),
		                     .detail = taking->row->version,
		                     .time_us = store_tx_now_us(tx),
		                     .count = 1 };
	struct str text;
	int64_t index;

	memcpy(entry.policy.bytes, taking->row->hash, HASH_BYTES);
	random_bytes(entry.nonce, sizeof(entry.nonce));
	buf_init(&leaf, 4 * KIB);
	audit_entry_format(&entry, &leaf);
	TRY(buf_finish(&leaf, &text, err));
	TRY(store_setting_put(tx, taking->tenant, STR(IN_FORCE), taking->hash, err));
	return audit_append(tx, taking->tenant, text, &index, err);
}

void
policies_end(struct policy_kept *kept)
{
	while (kept != NULL) {
		struct policy_kept *next = kept->next;
		union {
			const struct policy *in;
			struct policy *out;
		} policy = { .in = kept->policy };
		policy_free(policy.out);
		free(kept);
		kept = next;
	}
}

/* Whoever began under the old one may hold it still: it ends with the vault. */
static void
policy_replace(struct vault *vault, struct tenant *tenant, struct policy *policy)
{
	struct policy_kept *kept = malloc(sizeof(*kept));

	if (kept == NULL)
		abort();
	(void)pthread_rwlock_wrlock(&vault->lock);
	*kept = (struct policy_kept){ tenant->policy, vault->kept };
	vault->kept = kept;
	tenant->policy = policy;
	(void)pthread_rwlock_unlock(&vault->lock);
}

static MUST_CHECK enum rc
tenant_advance(struct vault *vault, struct tenant *tenant, int64_t now_us, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct versions versions = { .tenant = tenant->id, .arena = &arena };
	struct taking taking = { .tenant = tenant->id };
	struct policy *policy = NULL;
	bool is_noted;

	arena_init(&arena, VERSIONS_BYTES);
	TRY(store_read(vault->store, versions_read, &versions, err));
	for (size_t i = 0; i < versions.count; i++) {
		if (versions.rows[i].effective_us > now_us)
			due_lower(vault, versions.rows[i].effective_us);
	}
	taking.row = policy_row_due(versions.rows, versions.count, now_us);
	taking.hash = hex_format(&arena, taking.row->hash, HASH_BYTES);
	/* The first version has its entry from when the tenant was added. */
	is_noted = versions.in_force.len == 0 ? taking.row == &versions.rows[versions.count - 1]
	                                      : str_eq(versions.in_force, taking.hash);
	if (!secret_eq(taking.row->hash, tenant->policy->hash.bytes, HASH_BYTES))
		TRY(policy_row_read(taking.row, &policy, err));
	if (!is_noted) {
		enum rc rc = store_write(vault->store, taking_write, &taking, err);
		if (rc != RC_OK) {
			policy_free(policy);
			return rc;
		}
	}
	if (policy != NULL)
		policy_replace(vault, tenant, policy);
	return RC_OK;
}

/* policy_due_us is raised before rows are read and lowered after a row is written: a
 * version that comes in between is not missed. */
enum rc
vault_policy_advance(struct vault *vault, struct err *err)
{
	int64_t now_us = clock_now_us(vault->clock);

	if (vault->is_read_only || now_us < vault->policy_due_us)
		return RC_OK;
	vault->policy_due_us = INT64_MAX;
	for (size_t i = 0; i < vault_tenant_count(vault); i++) {
		enum rc rc = tenant_advance(vault, vault->tenants[i], now_us, err);
		if (rc == RC_OK)
			continue;
		vault->policy_due_us = now_us;
		return rc;
	}
	return RC_OK;
}
