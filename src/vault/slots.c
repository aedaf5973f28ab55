/*
 * See slots.h.  `files` is held for reading while a slot is read or written and
 * for writing while the files change places; `lock` guards the list of free slots.
 */
#include "vault/slots.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "crypto/digest.h"
#include "crypto/seal.h"
#include "vault/slots_file.h"

#define SLOT_GROWTH   1024 /* slots preallocated at a time */
#define GENERATION_AT 60
#define COPY_BYTES    (64 * KIB)

struct slots {
	struct slots_paths paths;
	struct key *master; /* locked memory */
	bool is_read_only;
	pthread_rwlock_t files; /* of what follows */
	int fd;
	int64_t epoch;
	struct key *epoch_key; /* locked memory */
	pthread_mutex_t lock;  /* of what follows */
	uint64_t count;        /* slots in the file, slot 0 is the head */
	uint8_t *is_used;      /* one byte a slot */
	uint64_t next;         /* where to look for a free one */
};

static void
rwlock_release(pthread_rwlock_t **lock)
{
	(void)pthread_rwlock_unlock(*lock);
}

/* --- one slot ------------------------------------------------------------------ */

static uint32_t
generation_of(const uint8_t bytes[SLOT_BYTES])
{
	uint32_t generation;

	memcpy(&generation, bytes + GENERATION_AT, sizeof(generation));
	return le32toh(generation);
}

static void
slot_clear(uint8_t bytes[SLOT_BYTES])
{
	memset(bytes, 0, GENERATION_AT);
}

static MUST_CHECK enum rc
slot_write(int fd, int64_t slot, const uint8_t bytes[SLOT_BYTES], struct err *err)
{
	if (pwrite(fd, bytes, SLOT_BYTES, (off_t)slot * SLOT_BYTES) != SLOT_BYTES)
		return FAIL(err, errno == ENOSPC ? RC_FULL : RC_IO,
		            "keys.dat: cannot write slot");
	return RC_OK;
}

static MUST_CHECK enum rc
slot_read(int fd, int64_t slot, uint8_t bytes[SLOT_BYTES], struct err *err)
{
	if (pread(fd, bytes, SLOT_BYTES, (off_t)slot * SLOT_BYTES) != SLOT_BYTES)
		return FAIL(err, RC_CORRUPT, "keys.dat: slot %lld is not there",
		            (long long)slot);
	return RC_OK;
}

static MUST_CHECK enum rc
slots_sync(int fd, struct err *err)
{
	if (fdatasync(fd) != 0)
		return FAIL(err, errno == ENOSPC ? RC_FULL : RC_IO, "keys.dat: cannot sync");
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

static struct key
wrapping_key(const struct key *above, const struct key *epoch)
{
	uint8_t both[2 * KEY_BYTES];
	struct key key;

	memcpy(both, above->bytes, KEY_BYTES);
	memcpy(both + KEY_BYTES, epoch->bytes, KEY_BYTES);
	key = hkdf_sha256((struct str){ (const char *)both, sizeof(both) }, STR_EMPTY,
	                  STR("troth slot"));
	secret_wipe(both, sizeof(both));
	return key;
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
slot_wrap(const struct key *wrapping, const struct key_row *row, const struct key *key,
          uint8_t bytes[SLOT_BYTES])
{
	struct wrap_place place = place_of(row);
	uint32_t generation = htole32((uint32_t)row->generation);
	struct seal_parts parts;

	random_bytes(bytes, SEAL_NONCE_BYTES);
	parts = slot_parts(bytes, &place, (struct str){ (const char *)key->bytes, KEY_BYTES });
	seal_with(wrapping, &parts, bytes + SEAL_NONCE_BYTES,
	          bytes + SEAL_NONCE_BYTES + KEY_BYTES);
	memcpy(bytes + GENERATION_AT, &generation, sizeof(generation));
}

static MUST_CHECK enum rc
slot_unwrap(const struct key *wrapping, const struct key_row *row,
            const uint8_t bytes[SLOT_BYTES], struct key *key, struct err *err)
{
	struct wrap_place place = place_of(row);
	struct str wrapped = { (const char *)bytes + SEAL_NONCE_BYTES, KEY_BYTES };
	struct seal_parts parts = slot_parts(bytes, &place, wrapped);

	if (generation_of(bytes) != (uint32_t)row->generation ||
	    seal_open_with(wrapping, &parts, bytes + SEAL_NONCE_BYTES + KEY_BYTES, key->bytes,
	                   err) != RC_OK)
		return FAIL(err, RC_CORRUPT, "keys.dat: slot %lld does not open",
		            (long long)row->slot);
	return RC_OK;
}

/* --- opening --------------------------------------------------------------------- */

/* Both files as they stand: what was opened before goes. */
static MUST_CHECK enum rc
files_open(struct slots *slots, struct err *err)
{
	struct slots_files files = { .fd = -1 };

	TRY(slots_files_open(&slots->paths, slots->master, slots->is_read_only, &files, err));
	if (slots->fd >= 0)
		(void)close(slots->fd);
	slots->fd = files.fd;
	slots->epoch = files.epoch;
	*slots->epoch_key = files.key;
	key_wipe(&files.key);
	return RC_OK;
}

static MUST_CHECK enum rc
list_make(struct slots *slots, struct err *err)
{
	struct stat stat;

	if (fstat(slots->fd, &stat) != 0)
		return FAIL(err, RC_IO, "cannot open keys.dat");
	slots->count = (uint64_t)stat.st_size / SLOT_BYTES;
	slots->is_used = calloc(slots->count, 1);
	if (slots->is_used == NULL)
		abort();
	slots->is_used[0] = 1;
	slots->next = 1;
	return RC_OK;
}

enum rc
slots_create(const char *path, const struct key *master, struct err *err)
{
	struct slots_paths paths = { 0 };

	TRY(slots_paths_fill(&paths, path, err));
	return slots_files_create(&paths, master, err);
}

enum rc
slots_open(struct slots **slots, const struct slots_options *options, struct err *err)
{
	struct slots *opened = calloc(1, sizeof(*opened));
	enum rc rc;

	if (opened == NULL)
		abort();
	opened->fd = -1;
	opened->is_read_only = options->is_read_only;
	opened->master = secret_alloc(sizeof(*opened->master));
	*opened->master = *options->master;
	opened->epoch_key = secret_alloc(sizeof(*opened->epoch_key));
	(void)pthread_rwlock_init(&opened->files, NULL);
	(void)pthread_mutex_init(&opened->lock, NULL);
	rc = slots_paths_fill(&opened->paths, options->path, err);
	if (rc == RC_OK && !opened->is_read_only)
		rc = slots_files_mend(&opened->paths, opened->master, err);
	if (rc == RC_OK)
		rc = files_open(opened, err);
	if (rc == RC_OK)
		rc = list_make(opened, err);
	if (rc != RC_OK) {
		slots_close(opened);
		return rc;
	}
	*slots = opened;
	return RC_OK;
}

void
slots_close(struct slots *slots)
{
	if (slots == NULL)
		return;
	if (slots->fd >= 0)
		(void)close(slots->fd);
	secret_free(slots->master, sizeof(*slots->master));
	secret_free(slots->epoch_key, sizeof(*slots->epoch_key));
	(void)pthread_rwlock_destroy(&slots->files);
	(void)pthread_mutex_destroy(&slots->lock);
	free(slots->is_used);
	free(slots);
}

int64_t
slots_epoch(struct slots *slots)
{
	CLEANUP(rwlock_release) pthread_rwlock_t *held = &slots->files;

	(void)pthread_rwlock_rdlock(held);
	return slots->epoch;
}

/* --- free and used ------------------------------------------------------------------ */

enum rc
slots_mark(struct slots *slots, int64_t slot, struct err *err)
{
	if (slot <= 0 || (uint64_t)slot >= slots->count)
		return FAIL(err, RC_CORRUPT, "keys.dat: slot %lld is not there",
		            (long long)slot);
	slots->is_used[slot] = 1;
	return RC_OK;
}

enum rc
slots_wipe_free(struct slots *slots, struct err *err)
{
	uint8_t bytes[SLOT_BYTES];
	bool is_dirty = false;

	for (uint64_t slot = 1; slot < slots->count; slot++) {
		uint8_t blank[SLOT_BYTES];
		if (slots->is_used[slot])
			continue;
		TRY(slot_read(slots->fd, (int64_t)slot, bytes, err));
		memcpy(blank, bytes, SLOT_BYTES);
		slot_clear(blank);
		if (secret_eq(blank, bytes, SLOT_BYTES))
			continue;
		TRY(slot_write(slots->fd, (int64_t)slot, blank, err));
		is_dirty = true;
	}
	return is_dirty ? slots_sync(slots->fd, err) : RC_OK;
}

static MUST_CHECK enum rc
file_grow(struct slots *slots, struct err *err)
{
	uint64_t count = slots->count + SLOT_GROWTH;
	uint8_t *is_used = realloc(slots->is_used, count);

	if (is_used == NULL)
		abort();
	slots->is_used = is_used;
	if (posix_fallocate(slots->fd, 0, (off_t)(count * SLOT_BYTES)) != 0)
		return FAIL(err, RC_FULL, "keys.dat: no room for more keys");
	memset(is_used + slots->count, 0, SLOT_GROWTH);
	slots->count = count;
	return RC_OK;
}

static MUST_CHECK enum rc
slot_find(struct slots *slots, int64_t *slot, struct err *err)
{
	uint64_t at = slots->next;

	while (at < slots->count && slots->is_used[at])
		at++;
	if (at == slots->count)
		TRY(file_grow(slots, err));
	slots->is_used[at] = 1;
	slots->next = at + 1;
	*slot = (int64_t)at;
	return RC_OK;
}

enum rc
slots_take(struct slots *slots, int64_t *slot, struct err *err)
{
	CLEANUP(rwlock_release) pthread_rwlock_t *held = &slots->files;
	enum rc rc;

	(void)pthread_rwlock_rdlock(held);
	(void)pthread_mutex_lock(&slots->lock);
	rc = slot_find(slots, slot, err);
	(void)pthread_mutex_unlock(&slots->lock);
	return rc;
}

void
slots_give_back(struct slots *slots, int64_t slot)
{
	(void)pthread_mutex_lock(&slots->lock);
	slots->is_used[slot] = 0;
	if ((uint64_t)slot < slots->next)
		slots->next = (uint64_t)slot;
	(void)pthread_mutex_unlock(&slots->lock);
}

/* --- keys in slots ---------------------------------------------------------------------- */

enum rc
slots_put(struct slots *slots, const struct key *above, struct key_row *row,
          const struct key *key, struct err *err)
{
	CLEANUP(rwlock_release) pthread_rwlock_t *held = &slots->files;
	CLEANUP(key_wipe) struct key wrapping = { { 0 } };
	uint8_t bytes[SLOT_BYTES];

	(void)pthread_rwlock_rdlock(held);
	wrapping = wrapping_key(above, slots->epoch_key);
	TRY(slot_read(slots->fd, row->slot, bytes, err));
	row->generation = (int64_t)((generation_of(bytes) + 1) & 0x7fffffff);
	slot_wrap(&wrapping, row, key, bytes);
	TRY(slot_write(slots->fd, row->slot, bytes, err));
	return slots_sync(slots->fd, err);
}

static MUST_CHECK enum rc
slot_get(struct slots *slots, const struct key *above, const struct key_row *row,
         struct key *key, struct err *err)
{
	CLEANUP(rwlock_release) pthread_rwlock_t *held = &slots->files;
	CLEANUP(key_wipe) struct key wrapping = { { 0 } };
	uint8_t bytes[SLOT_BYTES];

	(void)pthread_rwlock_rdlock(held);
	wrapping = wrapping_key(above, slots->epoch_key);
	TRY(slot_read(slots->fd, row->slot, bytes, err));
	return slot_unwrap(&wrapping, row, bytes, key, err);
}

enum rc
slots_get(struct slots *slots, const struct key *above, const struct key_row *row,
          struct key *key, struct err *err)
{
	enum rc rc = slot_get(slots, above, row, key, err);

	if (rc == RC_OK || !slots->is_read_only)
		return rc;
	/* The server beside may have turned the epoch since. */
	(void)pthread_rwlock_wrlock(&slots->files);
	rc = files_open(slots, err);
	(void)pthread_rwlock_unlock(&slots->files);
	TRY(rc);
	return slot_get(slots, above, row, key, err);
}

enum rc
slots_blank(struct slots *slots, const struct key_row *row, struct err *err)
{
	CLEANUP(rwlock_release) pthread_rwlock_t *held = &slots->files;
	uint32_t generation = htole32((uint32_t)row->generation);
	uint8_t blank[SLOT_BYTES] = { 0 };

	(void)pthread_rwlock_rdlock(held);
	memcpy(blank + GENERATION_AT, &generation, sizeof(generation));
	TRY(slot_write(slots->fd, row->slot, blank, err));
	return slots_sync(slots->fd, err);
}

/* --- the next epoch ------------------------------------------------------------------------
 */

struct slots_turn {
	struct slots *slots;
	int fd;          /* of keys.dat.new */
	struct key *key; /* locked memory */
};

/* The head with its epoch, and every slot's generation with nothing before it. */
static MUST_CHECK enum rc
blank_copy(const struct slots *slots, int fd, struct err *err)
{
	static_assert(COPY_BYTES % SLOT_BYTES == 0, "chunks of whole slots");
	uint8_t chunk[COPY_BYTES];

	for (uint64_t slot = 0; slot < slots->count; slot += COPY_BYTES / SLOT_BYTES) {
		off_t at = (off_t)(slot * SLOT_BYTES);
		ssize_t count = pread(slots->fd, chunk, sizeof(chunk), at);
		if (count <= 0 || count % SLOT_BYTES != 0)
			return FAIL(err, RC_CORRUPT, "keys.dat: is cut short");
		for (ssize_t i = 0; i < count; i += SLOT_BYTES)
			slot_clear(chunk + i);
		if (slot == 0)
			slots_head_fill(chunk, slots->epoch + 1);
		if (pwrite(fd, chunk, (size_t)count, at) != count)
			return FAIL(err, errno == ENOSPC ? RC_FULL : RC_IO,
			            "keys.dat.new: cannot write");
	}
	return RC_OK;
}

enum rc
slots_turn_begin(struct slots *slots, struct slots_turn **turn, struct err *err)
{
	struct slots_turn *made = calloc(1, sizeof(*made));

	if (made == NULL)
		abort();
	made->slots = slots;
	made->key = secret_alloc(sizeof(*made->key));
	made->fd = -1;
	*turn = made;
	TRY(slots_files_mend(&slots->paths, slots->master, err));
	random_bytes(made->key->bytes, KEY_BYTES);
	TRY(slots_epoch_write(slots->paths.epoch_new, slots->master, slots->epoch + 1,
	                      made->key, err));
	TRY(slots_file_make(slots->paths.keys_new, &made->fd, err));
	return blank_copy(slots, made->fd, err);
}

enum rc
slots_turn_put(struct slots_turn *turn, const struct key *above, const struct key_row *row,
               struct err *err)
{
	CLEANUP(key_wipe) struct key key = { { 0 } };
	CLEANUP(key_wipe) struct key wrapping = wrapping_key(above, turn->key);
	uint8_t bytes[SLOT_BYTES];

	TRY(slots_get(turn->slots, above, row, &key, err));
	slot_wrap(&wrapping, row, &key, bytes);
	return slot_write(turn->fd, row->slot, bytes, err);
}

/* Whatever the disk has of the swap decides which epoch goes on. */
static MUST_CHECK enum rc
turn_undo(struct slots_turn *turn, struct err *err)
{
	struct slots *slots = turn->slots;
	enum rc rc = err->rc;

	(void)close(turn->fd);
	turn->fd = -1;
	TRY(slots_files_mend(&slots->paths, slots->master, err));
	TRY(files_open(slots, err));
	return FAIL(err, rc, "the epoch of keys.dat could not be turned");
}

enum rc
slots_turn_commit(struct slots_turn *turn, struct err *err)
{
	struct slots *slots = turn->slots;
	CLEANUP(rwlock_release) pthread_rwlock_t *held = &slots->files;
	int old = slots->fd;

	(void)pthread_rwlock_wrlock(held);
	TRY(slots_sync(turn->fd, err));
	if (slots_files_swap(&slots->paths, err) != RC_OK)
		return turn_undo(turn, err);
	slots->fd = turn->fd;
	turn->fd = -1;
	slots->epoch++;
	*slots->epoch_key = *turn->key;
	(void)close(old);
	return slots_files_finish(&slots->paths, err);
}

void
slots_turn_drop(struct slots_turn **turn)
{
	struct err err;

	if (*turn == NULL)
		return;
	if ((*turn)->fd >= 0) {
		(void)close((*turn)->fd);
		DISCARD(slots_files_mend(&(*turn)->slots->paths, (*turn)->slots->master, &err),
		        "the next opening does it");
	}
	secret_free((*turn)->key, sizeof(*(*turn)->key));
	free(*turn);
	*turn = NULL;
}

/* --- a copy
 * ------------------------------------------------------------------------------------ */

enum rc
slots_copy(struct slots *slots, const struct sink *sink, struct err *err)
{
	CLEANUP(rwlock_release) pthread_rwlock_t *held = &slots->files;
	char chunk[COPY_BYTES];
	off_t at = 0;
	ssize_t count;

	(void)pthread_rwlock_rdlock(held);
	while ((count = pread(slots->fd, chunk, sizeof(chunk), at)) > 0) {
		TRY(sink->add(sink->arg, (struct str){ chunk, (size_t)count }, err));
		at += count;
	}
	if (count < 0)
		return FAIL(err, RC_IO, "keys.dat: cannot be read");
	return RC_OK;
}

enum rc
slots_copy_epoch(struct slots *slots, struct buf *out, struct err *err)
{
	CLEANUP(rwlock_release) pthread_rwlock_t *held = &slots->files;

	(void)pthread_rwlock_rdlock(held);
	return slots_epoch_bytes(&slots->paths, out, err);
}
