/*
 * A backup becomes a directory: files first, then what vault/restore.h does with
 * them.  RESTORING stands in it until the last step.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backup/fetch.h"

#define ARENA_BYTES (1024 * MIB)

static void
fd_close(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

/* --- verifying ------------------------------------------------------------------- */

static MUST_CHECK enum rc
logs_verify(struct fetching *fetching, struct err *err)
{
	CLEANUP(buf_free) struct buf plain = { 0 };
	const struct manifest *manifest = &fetching->manifest;

	buf_init(&plain, LIMIT_OBJECT_PLAIN);
	for (size_t i = 0; i < manifest->log_count; i++) {
		fetching->found->objects++;
		if (fetch_block(fetching, "data", &manifest->block_key, &manifest->logs[i].name,
		                &plain, err) != RC_OK)
			fetch_fault(fetching, err);
		else
			fetching->found->bytes += plain.len;
	}
	return RC_OK;
}

static void
keys_prefix(const struct fetching *fetching, char prefix[32])
{
	(void)snprintf(prefix, 32, "keys/%010lld", (long long)fetching->index.epoch);
}

enum rc
backup_verify(const struct backup_from *from, struct backup_found *found, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	CLEANUP(fetch_end)
	struct fetching fetching = { .from = from, .found = found, .arena = &arena };
	struct fetch_blocks blocks = { .prefix = "data", .goes_on = true };
	char prefix[32];

	arena_init(&arena, ARENA_BYTES);
	TRY(fetch_begin(&fetching, err));
	TRY(fetch_choose(&fetching, err));
	blocks.key = &fetching.manifest.block_key;
	blocks.blocks = fetching.manifest.blocks;
	TRY(fetch_all(&fetching, &blocks, err));
	TRY(logs_verify(&fetching, err));
	keys_prefix(&fetching, prefix);
	blocks.prefix = prefix;
	blocks.key = &fetching.index.block_key;
	blocks.blocks = fetching.index.blocks;
	TRY(fetch_all(&fetching, &blocks, err));
	if (found->faults != 0)
		return FAIL(err, RC_CORRUPT, "%s", found->first_fault);
	found->is_good = true;
	return RC_OK;
}

/* --- files -------------------------------------------------------------------------- */

struct restoring {
	struct fetching *fetching;
	const char *dir;
	struct arena *arena;
	int fd; /* of the file that is being written */
};

static MUST_CHECK enum rc
file_open(struct restoring *restoring, struct str name, struct err *err)
{
	const char *path =
	    str_printf(restoring->arena, "%s/%.*s", restoring->dir, STR_ARGS(name)).ptr;

	restoring->fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (restoring->fd < 0)
		return FAIL(err, RC_IO, "%.*s cannot be made", STR_ARGS(name));
	return RC_OK;
}

static MUST_CHECK enum rc
file_finish(struct restoring *restoring, struct err *err)
{
	bool is_synced = fsync(restoring->fd) == 0;

	fd_close(&restoring->fd);
	restoring->fd = -1;
	return is_synced ? RC_OK : FAIL(err, RC_IO, "a restored file cannot be synced");
}

static MUST_CHECK enum rc
bytes_write(int fd, struct str bytes, uint64_t at, struct err *err)
{
	ssize_t done = pwrite(fd, bytes.ptr, bytes.len, (off_t)at);

	if (done != (ssize_t)bytes.len)
		return FAIL(err, errno == ENOSPC ? RC_FULL : RC_IO,
		            "a restored file cannot be written");
	return RC_OK;
}

static MUST_CHECK enum rc
block_write(void *arg, uint64_t number, struct str plain, struct err *err)
{
	const struct restoring *restoring = arg;

	return bytes_write(restoring->fd, plain, number * SNAPSHOT_BLOCK_BYTES, err);
}

static MUST_CHECK enum rc
file_write(struct restoring *restoring, struct str name, struct str bytes, struct err *err)
{
	TRY(file_open(restoring, name, err));
	TRY(bytes_write(restoring->fd, bytes, 0, err));
	return file_finish(restoring, err);
}

static MUST_CHECK enum rc
blocks_write(struct restoring *restoring, struct str name, const struct fetch_blocks *what,
             uint64_t bytes, struct err *err)
{
	struct fetch_blocks blocks = *what;
	struct stat stat;

	blocks.each = block_write;
	blocks.arg = restoring;
	TRY(file_open(restoring, name, err));
	TRY(fetch_all(restoring->fetching, &blocks, err));
	if (fstat(restoring->fd, &stat) != 0 || (uint64_t)stat.st_size != bytes)
		return FAIL(err, RC_CORRUPT, "%.*s has another length than the backup says",
		            STR_ARGS(name));
	return file_finish(restoring, err);
}

/* --- logs ------------------------------------------------------------------------------ */

static MUST_CHECK enum rc
folders_make(struct restoring *restoring, struct str path, struct err *err)
{
	char *copy = arena_alloc(restoring->arena, BACKUP_PATH_BYTES, 1);
	int len = snprintf(copy, BACKUP_PATH_BYTES, "%s/%.*s", restoring->dir, STR_ARGS(path));

	if (len < 0 || len >= BACKUP_PATH_BYTES)
		return FAIL(err, RC_INVALID, "the directory's name is too long");
	for (char *at = strchr(copy + strlen(restoring->dir) + 1, '/'); at != NULL;
	     at = strchr(at + 1, '/')) {
		*at = '\0';
		if (mkdir(copy, 0700) != 0 && errno != EEXIST)
			return FAIL(err, RC_IO, "a folder of the logs cannot be made");
		*at = '/';
	}
	return RC_OK;
}

static MUST_CHECK enum rc
logs_write(struct restoring *restoring, struct err *err)
{
	CLEANUP(buf_free) struct buf plain = { 0 };
	struct fetching *fetching = restoring->fetching;
	const struct manifest *manifest = &fetching->manifest;

	buf_init(&plain, LIMIT_OBJECT_PLAIN);
	for (size_t i = 0; i < manifest->log_count; i++) {
		CLEANUP(arena_free) struct arena arena = { 0 };
		struct restoring one = { fetching, restoring->dir, &arena, -1 };
		struct str path;

		arena_init(&arena, 64 * KIB);
		path = str_printf(&arena, "log/%.*s", STR_ARGS(manifest->logs[i].path));
		TRY(fetch_block(fetching, "data", &manifest->block_key, &manifest->logs[i].name,
		                &plain, err));
		fetching->found->objects++;
		fetching->found->bytes += plain.len;
		TRY(folders_make(&one, path, err));
		TRY(file_write(&one, path, (struct str){ plain.text, plain.len }, err));
	}
	return RC_OK;
}

/* --- all of it -----------------------------------------------------------------------------
 */

/* A restore that did not finish is begun again; anything else is left alone. */
static MUST_CHECK enum rc
folder_begin(struct restoring *restoring, struct err *err)
{
	const char *mark =
	    str_printf(restoring->arena, "%s/%s", restoring->dir, RESTORING_FILE).ptr;

	if (mkdir(restoring->dir, 0700) != 0) {
		if (errno != EEXIST)
			return FAIL(err, RC_IO, "the directory cannot be made");
		if (access(mark, F_OK) != 0)
			return FAIL(err, RC_CONFLICT,
			            "there is something at that place; a restore makes its "
			            "directory");
	}
	return file_write(restoring, STR(RESTORING_FILE), STR("a restore is under way\n"), err);
}

static void
stale_remove(const struct restoring *restoring)
{
	static const char *const names[] = { "troth.db-wal",  "troth.db-shm",  "keys.dat.new",
		                             "keys.dat.old",  "epoch.key.new", "epoch.key.old",
		                             "ledger.shipped" };

	for (size_t i = 0; i < COUNT_OF(names); i++)
		(void)unlink(
		    str_printf(restoring->arena, "%s/%s", restoring->dir, names[i]).ptr);
}

static MUST_CHECK enum rc
files_write(struct restoring *restoring, const struct clock *clock, struct err *err)
{
	struct fetching *fetching = restoring->fetching;
	const struct key *master = &fetching->from->key->master;
	struct fetch_blocks blocks = { .prefix = "data",
		                       .key = &fetching->manifest.block_key,
		                       .blocks = fetching->manifest.blocks };
	char prefix[32];

	TRY(blocks_write(restoring, STR("troth.db"), &blocks, fetching->manifest.database_bytes,
	                 err));
	TRY(logs_write(restoring, err));
	keys_prefix(fetching, prefix);
	blocks = (struct fetch_blocks){ .prefix = prefix,
		                        .key = &fetching->index.block_key,
		                        .blocks = fetching->index.blocks };
	TRY(blocks_write(restoring, STR("keys.dat"), &blocks, fetching->index.bytes, err));
	TRY(file_write(restoring, STR("epoch.key"), fetching->epoch_key, err));
	TRY(file_write(restoring, STR("master.key"),
	               (struct str){ (const char *)master->bytes, KEY_BYTES }, err));
	return fetch_ledger(fetching,
	                    str_printf(restoring->arena, "%s/ledger", restoring->dir).ptr,
	                    clock, err);
}

static void
restoring_end(struct restoring *restoring)
{
	fd_close(&restoring->fd);
}

enum rc
backup_restore(const struct backup_from *from, const char *dir, const struct clock *clock,
               struct backup_found *found, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	CLEANUP(fetch_end)
	struct fetching fetching = { .from = from, .found = found, .arena = &arena };
	CLEANUP(restoring_end)
	struct restoring restoring = { &fetching, dir, &arena, -1 };
	const struct vault_options options = { .dir = dir, .clock = clock };

	arena_init(&arena, ARENA_BYTES);
	*found = (struct backup_found){ 0 };
	if (!from->key->has_master)
		return FAIL(err, RC_INVALID, "the recovery key holds no master key: give it");
	TRY(fetch_begin(&fetching, err));
	TRY(fetch_choose(&fetching, err));
	TRY(folder_begin(&restoring, err));
	stale_remove(&restoring);
	TRY(files_write(&restoring, clock, err));
	return vault_restore(&options, &found->restored, err);
}

/* --- the recovery key
 * -------------------------------------------------------------------------- */

static MUST_CHECK enum rc
master_parse(struct str text, struct backup_key *key, struct err *err)
{
	size_t count = 0;

	if (base64_parse(text, key->master.bytes, KEY_BYTES, &count, err) != RC_OK ||
	    count != KEY_BYTES)
		return FAIL(err, RC_INVALID, "the recovery key: its master key is not one");
	key->has_master = true;
	return RC_OK;
}

enum rc
backup_key_parse(struct str text, struct backup_key *key, struct err *err)
{
	static const struct str master = { "# master key: ", 14 };
	bool has_identity = false;
	struct str line;

	*key = (struct backup_key){ 0 };
	while (text.len != 0) {
		text = str_cut(text, '\n', &line);
		line = str_trim(line);
		if (str_starts_with(line, master))
			TRY(master_parse(
			    (struct str){ line.ptr + master.len, line.len - master.len }, key,
			    err));
		if (line.len == 0 || line.ptr[0] == '#')
			continue;
		if (has_identity)
			return FAIL(err, RC_INVALID, "the recovery key: one identity alone");
		TRY(age_identity_parse(line, &key->identity, err));
		has_identity = true;
	}
	return has_identity ? RC_OK
	                    : FAIL(err, RC_INVALID, "the recovery key: no identity in it");
}

void
backup_key_wipe(struct backup_key *key)
{
	age_identity_wipe(&key->identity);
	key_wipe(&key->master);
}
