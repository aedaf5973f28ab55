/*
 * See keys.h.  One mutex guards the file and the list of free slots, another
 * the cache; neither is held while the store is asked.  A third lets one thread
 * at a time destroy.
 */
#include "vault/keys.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "crypto/digest.h"
#include "crypto/seal.h"
#include "vault/key_cache.h"

#define SLOT_BYTES    64
#define SLOT_GROWTH   1024 /* slots preallocated at a time */
#define FILE_MAGIC    "troth keys 1\n"
#define GENERATION_AT 60

struct keys {
	struct store *store;
	struct key_cache *cache;
	struct key *master; /* locked memory */
	int fd;
	pthread_mutex_t destroying; /* one key at a time, held while the store is asked */
	pthread_mutex_t lock;       /* of what follows */
	uint64_t slot_count;        /* slots in the file, slot 0 is the head */
	uint8_t *is_used;           /* one byte a slot */
	uint64_t next;              /* where to look for a free one */
};

/* --- slots ------------------------------------------------------------------ */

static MUST_CHECK enum rc
slot_write(int fd, uint64_t slot, const uint8_t bytes[SLOT_BYTES], struct err *err)
{
	ssize_t done = pwrite(fd, bytes, SLOT_BYTES, (off_t)(slot * SLOT_BYTES));

	if (done != SLOT_BYTES)
		return FAIL(err, errno == ENOSPC ? RC_FULL : RC_IO,
		            "keys.dat: cannot write slot");
	return RC_OK;
}

static MUST_CHECK enum rc
slots_sync(int fd, struct err *err)
{
	if (fdatasync(fd) != 0)
		return FAIL(err, errno == ENOSPC ? RC_FULL : RC_IO, "keys.dat: cannot sync");
	return RC_OK;
}

static MUST_CHECK enum rc
file_grow(struct keys *keys, struct err *err)
{
	uint64_t count = keys->slot_count + SLOT_GROWTH;
	uint8_t *is_used = realloc(keys->is_used, count);

	if (is_used == NULL)
		abort();
	keys->is_used = is_used;
	if (posix_fallocate(keys->fd, 0, (off_t)(count * SLOT_BYTES)) != 0)
		return FAIL(err, RC_FULL, "keys.dat: no room for more keys");
	memset(is_used + keys->slot_count, 0, SLOT_GROWTH);
	keys->slot_count = count;
	return RC_OK;
}

static MUST_CHECK enum rc
slot_take(struct keys *keys, uint64_t *slot, struct err *err)
{
	for (uint64_t at = keys->next; at < keys->slot_count; at++) {
		if (keys->is_used[at])
			continue;
		keys->is_used[at] = 1;
		keys->next = at + 1;
		*slot = at;
		return RC_OK;
	}
	TRY(file_grow(keys, err));
	return slot_take(keys, slot, err);
}

static uint32_t
generation_of(const uint8_t bytes[SLOT_BYTES])
{
	uint32_t generation;

	memcpy(&generation, bytes + GENERATION_AT, sizeof(generation));
	return le32toh(generation);
}

static MUST_CHECK enum rc
slot_read(const struct keys *keys, uint64_t slot, uint8_t bytes[SLOT_BYTES], struct err *err)
{
	if (pread(keys->fd, bytes, SLOT_BYTES, (off_t)(slot * SLOT_BYTES)) != SLOT_BYTES)
		return FAIL(err, RC_CORRUPT, "keys.dat: slot %llu is not there",
		            (unsigned long long)slot);
	return RC_OK;
}

/* What a wrapping binds. */
struct wrap_place {
	int64_t tenant, class, month, slot, generation;
	struct id owner;
};

static struct wrap_place
place_of(const struct key_row *row)
{
	return (struct wrap_place){ row->tenant, row->class,      row->month,
		                    row->slot,   row->generation, row->owner };
}

static struct seal_parts
slot_parts(const uint8_t *bytes, const struct wrap_place *place, struct str text)
{
	return (struct seal_parts){
		.nonce = bytes,
		.nonce_bytes = SEAL_NONCE_BYTES,
		.text = text,
		.associated = { (const char *)place, sizeof(*place) },
	};
}

static void
slot_wrap(const struct key *above, const struct key_row *row, const struct key *key,
          uint8_t bytes[SLOT_BYTES])
{
	struct wrap_place place = place_of(row);
	uint32_t generation = htole32((uint32_t)row->generation);
	struct seal_parts parts;

	random_bytes(bytes, SEAL_NONCE_BYTES);
	parts = slot_parts(bytes, &place, (struct str){ (const char *)key->bytes, KEY_BYTES });
	seal_with(above, &parts, bytes + SEAL_NONCE_BYTES,
	          bytes + SEAL_NONCE_BYTES + KEY_BYTES);
	memcpy(bytes + GENERATION_AT, &generation, sizeof(generation));
}

static MUST_CHECK enum rc
slot_unwrap(const struct key *above, const struct key_row *row, const uint8_t bytes[SLOT_BYTES],
            struct key *key, struct err *err)
{
	struct wrap_place place = place_of(row);
	struct str wrapped = { (const char *)bytes + SEAL_NONCE_BYTES, KEY_BYTES };
	struct seal_parts parts = slot_parts(bytes, &place, wrapped);

	if (generation_of(bytes) != (uint32_t)row->generation ||
	    seal_open_with(above, &parts, bytes + SEAL_NONCE_BYTES + KEY_BYTES, key->bytes,
	                   err) != RC_OK)
		return FAIL(err, RC_CORRUPT, "keys.dat: slot %lld does not open",
		            (long long)row->slot);
	return RC_OK;
}

/* --- the file ------------------------------------------------------------------ */

enum rc
keys_create(const char *path, struct err *err)
{
	uint8_t head[SLOT_BYTES] = FILE_MAGIC;
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	enum rc rc;

	if (fd < 0)
		return FAIL(err, errno == EEXIST ? RC_CONFLICT : RC_IO, "cannot make keys.dat");
	rc = slot_write(fd, 0, head, err);
	if (rc == RC_OK)
		rc = slots_sync(fd, err);
	(void)close(fd);
	return rc;
}

static MUST_CHECK enum rc
slot_mark(const struct key_row *row, void *arg, struct err *err)
{
	struct keys *keys = arg;

	if (row->slot <= 0 || (uint64_t)row->slot >= keys->slot_count)
		return FAIL(err, RC_CORRUPT, "keys.dat: slot %lld is not there",
		            (long long)row->slot);
	keys->is_used[row->slot] = 1;
	return RC_OK;
}

static MUST_CHECK enum rc
slots_mark(struct store_tx *tx, void *arg, struct err *err)
{
	return store_key_scan(tx, 0, (struct id){ { 0 } }, slot_mark, arg, err);
}

/* A slot that no row names was written before a crash, or not quite destroyed. */
static MUST_CHECK enum rc
orphans_wipe(struct keys *keys, struct err *err)
{
	uint8_t bytes[SLOT_BYTES];
	bool is_dirty = false;

	for (uint64_t slot = 1; slot < keys->slot_count; slot++) {
		uint8_t blank[SLOT_BYTES] = { 0 };
		if (keys->is_used[slot])
			continue;
		TRY(slot_read(keys, slot, bytes, err));
		memcpy(blank + GENERATION_AT, bytes + GENERATION_AT, 4);
		if (secret_eq(blank, bytes, SLOT_BYTES))
			continue;
		TRY(slot_write(keys->fd, slot, blank, err));
		is_dirty = true;
	}
	return is_dirty ? slots_sync(keys->fd, err) : RC_OK;
}

static MUST_CHECK enum rc
file_open(struct keys *keys, const struct keys_options *options, struct err *err)
{
	uint8_t head[SLOT_BYTES] = { 0 };
	struct stat stat;

	keys->fd = open(options->path, (options->is_read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC);
	if (keys->fd < 0 || fstat(keys->fd, &stat) != 0)
		return FAIL(err, RC_IO, "cannot open keys.dat");
	if (pread(keys->fd, head, SLOT_BYTES, 0) != SLOT_BYTES ||
	    memcmp(head, FILE_MAGIC, sizeof(FILE_MAGIC)) != 0)
		return FAIL(err, RC_CORRUPT, "keys.dat: the head is not one of ours");
	keys->slot_count = (uint64_t)stat.st_size / SLOT_BYTES;
	keys->is_used = calloc(keys->slot_count, 1);
	if (keys->is_used == NULL)
		abort();
	keys->is_used[0] = 1;
	keys->next = 1;
	if (options->is_read_only) /* the server beside may add slots at this moment */
		return RC_OK;
	TRY(store_read(keys->store, slots_mark, keys, err));
	return orphans_wipe(keys, err);
}

enum rc
keys_open(struct keys **keys, const struct keys_options *options, struct err *err)
{
	struct keys *opened = calloc(1, sizeof(*opened));
	enum rc rc;

	if (opened == NULL)
		abort();
	opened->store = options->store;
	opened->fd = -1;
	opened->master = secret_alloc(sizeof(*opened->master));
	*opened->master = *options->master;
	opened->cache = key_cache_new(LIMIT_KEYS_CACHED);
	(void)pthread_mutex_init(&opened->destroying, NULL);
	(void)pthread_mutex_init(&opened->lock, NULL);
	rc = file_open(opened, options, err);
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
	secret_free(keys->master, sizeof(*keys->master));
	if (keys->fd >= 0)
		(void)close(keys->fd);
	(void)pthread_mutex_destroy(&keys->destroying);
	(void)pthread_mutex_destroy(&keys->lock);
	free(keys->is_used);
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
	const struct key_row *row;
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

static void
slot_give_back(struct keys *keys, uint64_t slot)
{
	(void)pthread_mutex_lock(&keys->lock);
	keys->is_used[slot] = 0;
	if (slot < keys->next)
		keys->next = slot;
	(void)pthread_mutex_unlock(&keys->lock);
}

/* Wraps the key into the slot that the row names. */
static MUST_CHECK enum rc
slot_fill(struct keys *keys, const struct key *above, const struct key *key,
          struct key_row *row, struct err *err)
{
	uint8_t bytes[SLOT_BYTES];
	uint64_t slot = (uint64_t)row->slot;

	TRY(slot_read(keys, slot, bytes, err));
	row->generation = (int64_t)((generation_of(bytes) + 1) & 0x7fffffff);
	slot_wrap(above, row, key, bytes);
	TRY(slot_write(keys->fd, slot, bytes, err));
	return slots_sync(keys->fd, err);
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
	uint64_t slot = 0;
	enum rc rc;

	if (is_root(name))
		above = master_for(keys);
	else
		TRY(above_find(keys, name, &above_row, &above, err));
	random_bytes(key->bytes, KEY_BYTES);
	(void)pthread_mutex_lock(&keys->lock);
	rc = slot_take(keys, &slot, err);
	(void)pthread_mutex_unlock(&keys->lock);
	TRY(rc);
	row.slot = (int64_t)slot;
	rc = slot_fill(keys, &above, key, &row, err);
	if (rc == RC_OK)
		rc = store_write(keys->store, row_insert, &insert, err);
	/* After an error of the disk the row may yet come back: its slot is kept. */
	if (rc != RC_OK && rc != RC_IO)
		slot_give_back(keys, slot);
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
	uint8_t bytes[SLOT_BYTES];
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
	TRY(slot_read(keys, (uint64_t)find.row.slot, bytes, err));
	TRY(slot_unwrap(&above, &find.row, bytes, key, err));
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
	struct row_find find = { .row = *row };
	uint32_t generation = htole32((uint32_t)row->generation);
	uint8_t blank[SLOT_BYTES] = { 0 };

	memcpy(blank + GENERATION_AT, &generation, sizeof(generation));
	TRY(slot_write(keys->fd, (uint64_t)row->slot, blank, err));
	TRY(slots_sync(keys->fd, err));
	key_cache_drop(keys->cache, row->tenant, row->owner);
	TRY(store_write(keys->store, row_delete, &find, err));
	slot_give_back(keys, (uint64_t)row->slot);
	return RC_OK;
}

static void
unlock(pthread_mutex_t **mutex)
{
	(void)pthread_mutex_unlock(*mutex);
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
	uint8_t bytes[SLOT_BYTES];

	verify->count++;
	if (key_above(verify->keys, &name, &above, err) != RC_OK ||
	    slot_read(verify->keys, (uint64_t)row->slot, bytes, err) != RC_OK ||
	    slot_unwrap(&above, row, bytes, &key, err) != RC_OK)
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
