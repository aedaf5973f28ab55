/*
 * See keys.h.  The tree of keys over its slots (slots.h) and its rows.
 *
 * `making` is held for reading from taking a slot until its row is there, and
 * while a slot is destroyed; for writing while the epoch turns.  Another mutex
 * lets one thread at a time destroy.  No lock but these two is held while the
 * store is asked.
 */
#include "vault/keys.h"

#include <assert.h>
#include <pthread.h>

#include "base/limits.h"
#include "crypto/digest.h"
#include "vault/key_cache.h"
#include "vault/slots.h"

struct keys {
	struct store *store;
	struct key_cache *cache;
	struct slots *slots;
	struct key *master; /* locked memory */
	pthread_rwlock_t making;
	pthread_mutex_t destroying; /* one key at a time */
};

static void
unlock(pthread_mutex_t **mutex)
{
	(void)pthread_mutex_unlock(*mutex);
}

static void
release(pthread_rwlock_t **lock)
{
	(void)pthread_rwlock_unlock(*lock);
}

/* --- opening ------------------------------------------------------------------ */

enum rc
keys_create(const char *path, const struct key *master, struct err *err)
{
	return slots_create(path, master, err);
}

static MUST_CHECK enum rc
row_mark(const struct key_row *row, void *arg, struct err *err)
{
	struct keys *keys = arg;

	return slots_mark(keys->slots, row->slot, err);
}

static MUST_CHECK enum rc
rows_mark(struct store_tx *tx, void *arg, struct err *err)
{
	return store_key_scan(tx, 0, (struct id){ { 0 } }, row_mark, arg, err);
}

/* A slot that no row names was written before a crash, or not quite destroyed. */
static MUST_CHECK enum rc
parts_open(struct keys *keys, const struct keys_options *options, struct err *err)
{
	const struct slots_options slots = { options->path, options->master,
		                             options->is_read_only };

	TRY(slots_open(&keys->slots, &slots, err));
	if (options->is_read_only) /* the server beside may add slots at this moment */
		return RC_OK;
	TRY(store_read(keys->store, rows_mark, keys, err));
	return slots_wipe_free(keys->slots, err);
}

enum rc
keys_open(struct keys **keys, const struct keys_options *options, struct err *err)
{
	struct keys *opened = calloc(1, sizeof(*opened));
	enum rc rc;

	if (opened == NULL)
		abort();
	opened->store = options->store;
	opened->master = secret_alloc(sizeof(*opened->master));
	*opened->master = *options->master;
	opened->cache = key_cache_new(options->cached);
	(void)pthread_rwlock_init(&opened->making, NULL);
	(void)pthread_mutex_init(&opened->destroying, NULL);
	rc = parts_open(opened, options, err);
	if (rc != RC_OK) {
		keys_close(opened);
		return rc;
	}
	*keys = opened;
	return RC_OK;
}

void
keys_close(struct keys *keys)
{
	if (keys == NULL)
		return;
	key_cache_free(keys->cache);
	slots_close(keys->slots);
	secret_free(keys->master, sizeof(*keys->master));
	(void)pthread_rwlock_destroy(&keys->making);
	(void)pthread_mutex_destroy(&keys->destroying);
	free(keys);
}

/* --- finding and making ---------------------------------------------------------- */

static bool
is_root(const struct key_name *name)
{
	return id_is_zero(name->owner) && name->class == 0;
}

/* The name of the key that wraps this one; not for a root, which the master wraps. */
static struct key_name
above_of(const struct key_name *name)
{
	if (id_is_zero(name->owner) || name->class == 0)
		return (struct key_name){ .tenant = name->tenant };
	return (struct key_name){ .tenant = name->tenant, .owner = name->owner };
}

static struct key
master_for(const struct keys *keys)
{
	return hkdf_sha256((struct str){ (const char *)keys->master->bytes, KEY_BYTES },
	                   STR_EMPTY, STR("troth tenant"));
}

struct row_find {
	struct key_row row;
};

static MUST_CHECK enum rc
row_find(struct store_tx *tx, void *arg, struct err *err)
{
	struct row_find *find = arg;

	return store_key_find(tx, &find->row, err);
}

static struct key_cache_name
cache_name(const struct key_name *name)
{
	return (struct key_cache_name){ name->tenant, name->owner, name->class, name->month,
		                        KEY_CACHE_TREE };
}

static enum rc key_get(struct keys *keys, const struct key_name *name, bool may_make,
                       struct key *key, struct err *err) MUST_CHECK;

static MUST_CHECK enum rc
key_above(struct keys *keys, const struct key_name *name, struct key *above, struct err *err)
{
	struct key_name above_name;

	if (is_root(name)) {
		*above = master_for(keys);
		return RC_OK;
	}
	above_name = above_of(name);
	return key_get(keys, &above_name, false, above, err);
}

struct row_insert {
	struct key_row *row;
	const struct key_row
	    *above; /* as it stood when the key was wrapped; NULL: the master */
};

/* A key whose upper one was destroyed meanwhile would open for nobody. */
static MUST_CHECK enum rc
row_insert(struct store_tx *tx, void *arg, struct err *err)
{
	struct row_insert *insert = arg;
	struct key_row above;

	if (insert->above != NULL) {
		above = *insert->above;
		TRY(store_key_find(tx, &above, err));
		if (above.slot != insert->above->slot ||
		    above.generation != insert->above->generation)
			return FAIL(err, RC_NOT_FOUND, "the key above it has been destroyed");
	}
	return store_key_insert(tx, insert->row, err);
}

/* The row of the key above, and then that key: in this order, since a row that
 * is still the same at the insert is the one that this key was read under. */
static MUST_CHECK enum rc
above_find(struct keys *keys, const struct key_name *name, struct key_row *row,
           struct key *above, struct err *err)
{
	struct key_name above_name = above_of(name);
	struct row_find find;

	/* A subject's node is made with the subject, and never again. */
	if (id_is_zero(above_name.owner))
		TRY(key_get(keys, &above_name, true, above, err));
	find.row = (struct key_row){ .tenant = above_name.tenant, .owner = above_name.owner };
	TRY(store_read(keys->store, row_find, &find, err));
	*row = find.row;
	return key_get(keys, &above_name, false, above, err);
}

/* The epoch does not turn between the slot and its row. */
static MUST_CHECK enum rc
key_keep(struct keys *keys, const struct key *above, struct row_insert *insert,
         const struct key *key, struct err *err)
{
	CLEANUP(release) pthread_rwlock_t *held = &keys->making;
	struct key_row *row = insert->row;
	enum rc rc;

	(void)pthread_rwlock_rdlock(held);
	TRY(slots_take(keys->slots, &row->slot, err));
	rc = slots_put(keys->slots, above, row, key, err);
	if (rc == RC_OK)
		rc = store_write(keys->store, row_insert, insert, err);
	/* After an error of the disk the row may yet come back: its slot is kept. */
	if (rc != RC_OK && rc != RC_IO)
		slots_give_back(keys->slots, row->slot);
	return rc;
}

static MUST_CHECK enum rc
key_make(struct keys *keys, const struct key_name *name, struct key *key, struct err *err)
{
	CLEANUP(key_wipe) struct key above = { { 0 } };
	struct key_row above_row;
	struct key_row row = { .tenant = name->tenant,
		               .owner = name->owner,
		               .class = name->class,
		               .month = name->month };
	struct row_insert insert = { &row, is_root(name) ? NULL : &above_row };
	enum rc rc;

	if (is_root(name))
		above = master_for(keys);
	else
		TRY(above_find(keys, name, &above_row, &above, err));
	random_bytes(key->bytes, KEY_BYTES);
	rc = key_keep(keys, &above, &insert, key, err);
	if (rc == RC_CONFLICT) /* somebody else made it meanwhile */
		return key_get(keys, name, false, key, err);
	return rc;
}

static enum rc
key_get(struct keys *keys, const struct key_name *name, bool may_make, struct key *key,
        struct err *err)
{
	CLEANUP(key_wipe) struct key above = { { 0 } };
	struct key_cache_name cached = cache_name(name);
	struct row_find find = { .row = { .tenant = name->tenant,
		                          .owner = name->owner,
		                          .class = name->class,
		                          .month = name->month } };
	uint64_t epoch = 0;
	enum rc rc;

	if (key_cache_find(keys->cache, &cached, key, &epoch))
		return RC_OK;
	rc = store_read(keys->store, row_find, &find, err);
	if (rc == RC_NOT_FOUND && may_make) {
		TRY(key_make(keys, name, key, err));
		key_cache_put(keys->cache, &cached, key, epoch);
		return RC_OK;
	}
	TRY(rc);
	TRY(key_above(keys, name, &above, err));
	TRY(slots_get(keys->slots, &above, &find.row, key, err));
	key_cache_put(keys->cache, &cached, key, epoch);
	return RC_OK;
}

enum rc
keys_find(struct keys *keys, const struct key_name *name, struct key *key, struct err *err)
{
	return key_get(keys, name, false, key, err);
}

enum rc
keys_need(struct keys *keys, const struct key_name *name, struct key *key, struct err *err)
{
	return key_get(keys, name, true, key, err);
}

enum rc
keys_record(struct keys *keys, const struct record_key_name *name, bool may_make,
            struct key *key, struct err *err)
{
	CLEANUP(key_wipe) struct key class = { { 0 } };
	CLEANUP(key_wipe) struct key month = { { 0 } };
	struct key_cache_name cached = { name->tenant, name->subject, name->class, name->month,
		                         KEY_CACHE_RECORD };
	struct key_name class_name = { name->tenant, name->subject, name->class,
		                       name->month == HOLD_MONTH ? HOLD_MONTH : 0 };
	struct key_name month_name = { .tenant = name->tenant,
		                       .class = name->class,
		                       .month = name->month };
	uint8_t both[2 * KEY_BYTES];
	uint64_t epoch = 0;

	if (key_cache_find(keys->cache, &cached, key, &epoch))
		return RC_OK;
	TRY(key_get(keys, &class_name, may_make, &class, err));
	TRY(key_get(keys, &month_name, may_make, &month, err));
	memcpy(both, class.bytes, KEY_BYTES);
	memcpy(both + KEY_BYTES, month.bytes, KEY_BYTES);
	*key = hkdf_sha256((struct str){ (const char *)both, sizeof(both) }, STR_EMPTY,
	                   STR("troth record"));
	secret_wipe(both, sizeof(both));
	key_cache_put(keys->cache, &cached, key, epoch);
	return RC_OK;
}

enum rc
keys_derived(struct keys *keys, int64_t tenant, struct id owner, const char *use,
             struct key *key, struct err *err)
{
	CLEANUP(key_wipe) struct key node = { { 0 } };
	struct key_name name = { .tenant = tenant, .owner = owner };
	struct digest use_digest = sha256(str_from_c(use));
	struct key_cache_name cached = { tenant, owner, 0, 0, KEY_CACHE_DERIVED };
	uint64_t epoch = 0;

	memcpy(&cached.class, use_digest.bytes, sizeof(cached.class));
	if (key_cache_find(keys->cache, &cached, key, &epoch))
		return RC_OK;
	TRY(key_get(keys, &name, id_is_zero(owner), &node, err));
	*key = hkdf_sha256((struct str){ (const char *)node.bytes, KEY_BYTES }, STR_EMPTY,
	                   str_from_c(use));
	key_cache_put(keys->cache, &cached, key, epoch);
	return RC_OK;
}

/* --- destruction ------------------------------------------------------------------- */

static MUST_CHECK enum rc
row_delete(struct store_tx *tx, void *arg, struct err *err)
{
	struct row_find *find = arg;

	return store_key_delete(tx, &find->row, err);
}

static MUST_CHECK enum rc
slot_destroy(struct keys *keys, const struct key_row *row, struct err *err)
{
	CLEANUP(release) pthread_rwlock_t *held = &keys->making;
	struct row_find find = { .row = *row };

	(void)pthread_rwlock_rdlock(held);
	TRY(slots_blank(keys->slots, row, err));
	key_cache_drop(keys->cache, row->tenant, row->owner);
	TRY(store_write(keys->store, row_delete, &find, err));
	slots_give_back(keys->slots, row->slot);
	return RC_OK;
}

/* The slot of a row that somebody else has destroyed since it was read may hold
 * another's key: the row is read again where nobody else destroys. */
static MUST_CHECK enum rc
row_destroy(struct keys *keys, const struct key_row *row, struct err *err)
{
	CLEANUP(unlock) pthread_mutex_t *held = &keys->destroying;
	struct row_find find = { .row = *row };
	enum rc rc;

	(void)pthread_mutex_lock(held);
	rc = store_read(keys->store, row_find, &find, err);
	if (rc == RC_NOT_FOUND)
		return RC_OK;
	TRY(rc);
	return slot_destroy(keys, &find.row, err);
}

enum rc
keys_destroy(struct keys *keys, const struct key_name *name, struct err *err)
{
	struct row_find find = { .row = { .tenant = name->tenant,
		                          .owner = name->owner,
		                          .class = name->class,
		                          .month = name->month } };
	enum rc rc = store_read(keys->store, row_find, &find, err);

	if (rc == RC_NOT_FOUND)
		return RC_OK;
	TRY(rc);
	return row_destroy(keys, &find.row, err);
}

#define OWNER_KEYS_MAX 129 /* POLICY_LIST_MAX classes, held ones apart, and the node */

struct owner_keys {
	int64_t tenant;
	struct id owner;
	struct key_row rows[OWNER_KEYS_MAX];
	size_t count;
};

static MUST_CHECK enum rc
owner_key_add(const struct key_row *row, void *arg, struct err *err)
{
	struct owner_keys *list = arg;

	if (list->count == OWNER_KEYS_MAX)
		return FAIL(err, RC_LIMIT, "an owner has more keys than classes exist");
	list->rows[list->count++] = *row;
	return RC_OK;
}

static MUST_CHECK enum rc
owner_keys_read(struct store_tx *tx, void *arg, struct err *err)
{
	struct owner_keys *list = arg;

	list->count = 0;
	return store_key_scan(tx, list->tenant, list->owner, owner_key_add, list, err);
}

enum rc
keys_destroy_owner(struct keys *keys, int64_t tenant, struct id owner, struct err *err)
{
	struct owner_keys list = { .tenant = tenant, .owner = owner };
	struct key_name node = { .tenant = tenant, .owner = owner };

	assert(!id_is_zero(owner));
	TRY(keys_destroy(keys, &node, err));
	TRY(store_read(keys->store, owner_keys_read, &list, err));
	for (size_t i = 0; i < list.count; i++)
		TRY(row_destroy(keys, &list.rows[i], err));
	return RC_OK;
}

/* --- the epoch ------------------------------------------------------------------------- */

int64_t
keys_epoch(struct keys *keys)
{
	return slots_epoch(keys->slots);
}

struct turning {
	struct keys *keys;
	struct slots_turn *turn;
};

static MUST_CHECK enum rc
row_turn(const struct key_row *row, void *arg, struct err *err)
{
	CLEANUP(key_wipe) struct key above = { { 0 } };
	const struct key_name name = { row->tenant, row->owner, row->class, row->month };
	const struct turning *turning = arg;

	TRY(key_above(turning->keys, &name, &above, err));
	return slots_turn_put(turning->turn, &above, row, err);
}

static MUST_CHECK enum rc
rows_turn(struct store_tx *tx, void *arg, struct err *err)
{
	return store_key_scan(tx, 0, (struct id){ { 0 } }, row_turn, arg, err);
}

enum rc
keys_epoch_turn(struct keys *keys, int64_t *epoch, struct err *err)
{
	CLEANUP(release) pthread_rwlock_t *held = &keys->making;
	CLEANUP(slots_turn_drop) struct slots_turn *turn = NULL;
	struct turning turning = { .keys = keys };

	(void)pthread_rwlock_wrlock(held);
	TRY(slots_turn_begin(keys->slots, &turn, err));
	turning.turn = turn;
	TRY(store_read(keys->store, rows_turn, &turning, err));
	TRY(slots_turn_commit(turn, err));
	*epoch = slots_epoch(keys->slots);
	return RC_OK;
}

/* The epoch stays what it is until both are copied. */
enum rc
keys_copy(struct keys *keys, const struct keys_copying *to, struct err *err)
{
	CLEANUP(release) pthread_rwlock_t *held = &keys->making;

	(void)pthread_rwlock_rdlock(held);
	TRY(to->begin(to->arg, slots_epoch(keys->slots), err));
	TRY(slots_copy_epoch(keys->slots, to->epoch_key, err));
	return slots_copy(keys->slots, &to->file, err);
}

struct str
keys_master_text(struct keys *keys, struct arena *arena)
{
	return base64_format(arena, keys->master->bytes, KEY_BYTES);
}

/* --- checking ------------------------------------------------------------------------ */

struct verify {
	struct keys *keys;
	uint64_t count;
	void (*bad)(void *arg, const struct key_row *row);
	void *arg;
};

static MUST_CHECK enum rc
row_verify(const struct key_row *row, void *arg, struct err *err)
{
	CLEANUP(key_wipe) struct key above = { { 0 } };
	CLEANUP(key_wipe) struct key key = { { 0 } };
	struct key_name name = { row->tenant, row->owner, row->class, row->month };
	struct verify *verify = arg;

	verify->count++;
	if (key_above(verify->keys, &name, &above, err) != RC_OK ||
	    slots_get(verify->keys->slots, &above, row, &key, err) != RC_OK)
		verify->bad(verify->arg, row);
	return RC_OK;
}

static MUST_CHECK enum rc
rows_verify(struct store_tx *tx, void *arg, struct err *err)
{
	return store_key_scan(tx, 0, (struct id){ { 0 } }, row_verify, arg, err);
}

enum rc
keys_verify(struct keys *keys, uint64_t *count,
            void (*bad)(void *arg, const struct key_row *row), void *arg, struct err *err)
{
	struct verify verify = { keys, 0, bad, arg };

	TRY(store_read(keys->store, rows_verify, &verify, err));
	*count = verify.count;
	return RC_OK;
}
