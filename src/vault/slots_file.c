#include "vault/slots_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "crypto/seal.h"

#define KEYS_MAGIC  "troth keys 2\n"
#define EPOCH_MAGIC "troth epoch 1\n"
#define EPOCH_AT    32 /* in the head of keys.dat */
#define PLAIN_BYTES 24 /* of epoch.key: magic 16, epoch 8 */
#define EPOCH_BYTES (PLAIN_BYTES + KEY_BYTES + SEAL_EXTRA_BYTES)
#define OPEN_TRIES  50 /* for a reader beside a turn, 10 ms apart */

static void
fd_close(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

static MUST_CHECK enum rc
path_make(char path[SLOTS_PATH_BYTES], const char *folder, const char *name, struct err *err)
{
	int length = snprintf(path, SLOTS_PATH_BYTES, "%s/%s", folder, name);

	if (length < 0 || length >= SLOTS_PATH_BYTES)
		return FAIL(err, RC_INVALID, "the data directory's name is too long");
	return RC_OK;
}

enum rc
slots_paths_fill(struct slots_paths *paths, const char *keys, struct err *err)
{
	char copy[SLOTS_PATH_BYTES];

	if (strlen(keys) >= sizeof(copy))
		return FAIL(err, RC_INVALID, "the data directory's name is too long");
	memcpy(copy, keys, strlen(keys) + 1);
	memcpy(paths->keys, keys, strlen(keys) + 1);
	(void)snprintf(paths->folder, sizeof(paths->folder), "%s", dirname(copy));
	TRY(path_make(paths->keys_new, paths->folder, "keys.dat.new", err));
	TRY(path_make(paths->keys_old, paths->folder, "keys.dat.old", err));
	TRY(path_make(paths->epoch, paths->folder, "epoch.key", err));
	TRY(path_make(paths->epoch_new, paths->folder, "epoch.key.new", err));
	return path_make(paths->epoch_old, paths->folder, "epoch.key.old", err);
}

static MUST_CHECK enum rc
folder_sync(const struct slots_paths *paths, struct err *err)
{
	CLEANUP(fd_close) int fd = open(paths->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || fsync(fd) != 0)
		return FAIL(err, RC_IO, "keys.dat: cannot sync its folder");
	return RC_OK;
}

/* --- overwriting --------------------------------------------------------------- */

static MUST_CHECK enum rc
zeros_write(int fd, off_t bytes, struct err *err)
{
	static const char zeros[64 * KIB];

	for (off_t at = 0; at < bytes;) {
		size_t room = sizeof(zeros);
		ssize_t done;
		if (bytes - at < (off_t)room)
			room = (size_t)(bytes - at);
		done = pwrite(fd, zeros, room, at);
		if (done <= 0)
			return FAIL(err, RC_IO, "an old file of keys cannot be overwritten");
		at += done;
	}
	if (fsync(fd) != 0)
		return FAIL(err, RC_IO, "an old file of keys cannot be overwritten");
	return RC_OK;
}

/* `kept`: a second name of the same file is taken away only. */
static MUST_CHECK enum rc
file_wipe(const char *path, const char *kept, struct err *err)
{
	CLEANUP(fd_close) int fd = open(path, O_WRONLY | O_CLOEXEC);
	struct stat stat_own;
	struct stat stat_kept;
	bool is_kept;

	if (fd < 0 && errno == ENOENT)
		return RC_OK;
	if (fd < 0 || fstat(fd, &stat_own) != 0)
		return FAIL(err, RC_IO, "an old file of keys cannot be opened");
	is_kept = stat(kept, &stat_kept) == 0 && stat_kept.st_ino == stat_own.st_ino &&
	          stat_kept.st_dev == stat_own.st_dev;
	if (!is_kept)
		TRY(zeros_write(fd, stat_own.st_size, err));
	if (unlink(path) != 0)
		return FAIL(err, RC_IO, "an old file of keys cannot be removed");
	return RC_OK;
}

enum rc
slots_file_make(const char *path, int *fd, struct err *err)
{
	TRY(file_wipe(path, path + strlen(path), err)); /* the empty path names no file */
	*fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (*fd < 0)
		return FAIL(err, RC_IO, "cannot make a new file of keys");
	return RC_OK;
}

/* --- the heads --------------------------------------------------------------------- */

void
slots_head_fill(uint8_t head[SLOT_BYTES], int64_t epoch)
{
	uint64_t number = htole64((uint64_t)epoch);

	memset(head, 0, SLOT_BYTES);
	memcpy(head, KEYS_MAGIC, sizeof(KEYS_MAGIC));
	memcpy(head + EPOCH_AT, &number, sizeof(number));
}

static MUST_CHECK enum rc
head_read(int fd, int64_t *epoch, struct err *err)
{
	uint8_t head[SLOT_BYTES] = { 0 };
	uint64_t number;

	if (pread(fd, head, SLOT_BYTES, 0) != SLOT_BYTES ||
	    memcmp(head, KEYS_MAGIC, sizeof(KEYS_MAGIC)) != 0)
		return FAIL(err, RC_CORRUPT, "keys.dat: the head is not one of ours");
	memcpy(&number, head + EPOCH_AT, sizeof(number));
	*epoch = (int64_t)le64toh(number);
	return RC_OK;
}

static void
epoch_plain(uint8_t plain[PLAIN_BYTES], int64_t epoch)
{
	uint64_t number = htole64((uint64_t)epoch);

	memset(plain, 0, PLAIN_BYTES);
	memcpy(plain, EPOCH_MAGIC, sizeof(EPOCH_MAGIC));
	memcpy(plain + 16, &number, sizeof(number));
}

enum rc
slots_epoch_write(const char *path, const struct key *master, int64_t epoch,
                  const struct key *key, struct err *err)
{
	CLEANUP(fd_close) int fd = -1;
	uint8_t bytes[EPOCH_BYTES];

	epoch_plain(bytes, epoch);
	seal(master, (struct str){ (const char *)key->bytes, KEY_BYTES },
	     (struct str){ (const char *)bytes, PLAIN_BYTES }, bytes + PLAIN_BYTES);
	TRY(slots_file_make(path, &fd, err));
	if (write(fd, bytes, EPOCH_BYTES) != EPOCH_BYTES || fsync(fd) != 0)
		return FAIL(err, errno == ENOSPC ? RC_FULL : RC_IO,
		            "epoch.key: cannot be written");
	return RC_OK;
}

static MUST_CHECK enum rc
epoch_load(const char *path, uint8_t bytes[EPOCH_BYTES], int64_t *epoch, struct err *err)
{
	CLEANUP(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint64_t number;

	if (fd < 0)
		return FAIL(err, RC_NOT_FOUND, "there is no epoch.key");
	if (read(fd, bytes, EPOCH_BYTES) != EPOCH_BYTES ||
	    memcmp(bytes, EPOCH_MAGIC, sizeof(EPOCH_MAGIC)) != 0)
		return FAIL(err, RC_CORRUPT, "epoch.key is not one of ours");
	memcpy(&number, bytes + 16, sizeof(number));
	*epoch = (int64_t)le64toh(number);
	return RC_OK;
}

static MUST_CHECK enum rc
epoch_read(const char *path, const struct key *master, int64_t *epoch, struct key *key,
           struct err *err)
{
	uint8_t bytes[EPOCH_BYTES];

	TRY(epoch_load(path, bytes, epoch, err));
	if (seal_open(
		master,
		(struct str){ (const char *)bytes + PLAIN_BYTES, EPOCH_BYTES - PLAIN_BYTES },
		(struct str){ (const char *)bytes, PLAIN_BYTES }, key->bytes, err) != RC_OK)
		return FAIL(err, RC_CORRUPT, "epoch.key does not open with this master.key");
	return RC_OK;
}

enum rc
slots_epoch_bytes(const struct slots_paths *paths, struct buf *out, struct err *err)
{
	uint8_t bytes[EPOCH_BYTES];
	int64_t epoch = 0;

	TRY(epoch_load(paths->epoch, bytes, &epoch, err));
	buf_add(out, (struct str){ (const char *)bytes, EPOCH_BYTES });
	return RC_OK;
}

/* --- making and opening ---------------------------------------------------------------- */

enum rc
slots_files_create(const struct slots_paths *paths, const struct key *master, struct err *err)
{
	CLEANUP(key_wipe) struct key key = { { 0 } };
	CLEANUP(fd_close)
	int fd = open(paths->keys, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	uint8_t head[SLOT_BYTES];

	if (fd < 0)
		return FAIL(err, errno == EEXIST ? RC_CONFLICT : RC_IO, "cannot make keys.dat");
	random_bytes(key.bytes, KEY_BYTES);
	slots_head_fill(head, 1);
	if (write(fd, head, SLOT_BYTES) != SLOT_BYTES || fsync(fd) != 0)
		return FAIL(err, errno == ENOSPC ? RC_FULL : RC_IO, "cannot make keys.dat");
	TRY(slots_epoch_write(paths->epoch, master, 1, &key, err));
	return folder_sync(paths, err);
}

static MUST_CHECK enum rc
files_open_once(const struct slots_paths *paths, const struct key *master, bool is_read_only,
                struct slots_files *files, struct err *err)
{
	int64_t epoch = 0;

	files->fd = open(paths->keys, (is_read_only ? O_RDONLY : O_RDWR) | O_CLOEXEC);
	if (files->fd < 0)
		return FAIL(err, RC_IO, "cannot open keys.dat");
	TRY(head_read(files->fd, &epoch, err));
	TRY(epoch_read(paths->epoch, master, &files->epoch, &files->key, err));
	if (files->epoch != epoch)
		return FAIL(err, RC_CORRUPT, "keys.dat and epoch.key are of two epochs");
	return RC_OK;
}

/* A reader beside the server may look between steps 3 and 4 of a turn. */
enum rc
slots_files_open(const struct slots_paths *paths, const struct key *master, bool is_read_only,
                 struct slots_files *files, struct err *err)
{
	int tries = is_read_only ? OPEN_TRIES : 1;
	enum rc rc = RC_OK;

	for (int i = 0; i < tries; i++) {
		rc = files_open_once(paths, master, is_read_only, files, err);
		if (rc == RC_OK)
			return RC_OK;
		fd_close(&files->fd);
		key_wipe(&files->key);
		if (i + 1 < tries)
			(void)usleep(10000);
	}
	return rc;
}

/* --- a turn ------------------------------------------------------------------------------ */

enum rc
slots_files_swap(const struct slots_paths *paths, struct err *err)
{
	if (link(paths->keys, paths->keys_old) != 0 ||
	    link(paths->epoch, paths->epoch_old) != 0)
		return FAIL(err, RC_IO, "the old files of keys cannot be named");
	TRY(folder_sync(paths, err));
	if (rename(paths->keys_new, paths->keys) != 0)
		return FAIL(err, RC_IO, "keys.dat.new cannot take its place");
	return folder_sync(paths, err);
}

enum rc
slots_files_finish(const struct slots_paths *paths, struct err *err)
{
	if (rename(paths->epoch_new, paths->epoch) != 0)
		return FAIL(err, RC_IO, "epoch.key.new cannot take its place");
	TRY(folder_sync(paths, err));
	TRY(file_wipe(paths->epoch_old, paths->epoch, err));
	TRY(file_wipe(paths->keys_old, paths->keys, err));
	return folder_sync(paths, err);
}

static MUST_CHECK enum rc
leftovers_wipe(const struct slots_paths *paths, struct err *err)
{
	TRY(file_wipe(paths->keys_new, paths->keys, err));
	TRY(file_wipe(paths->epoch_new, paths->epoch, err));
	TRY(file_wipe(paths->epoch_old, paths->epoch, err));
	TRY(file_wipe(paths->keys_old, paths->keys, err));
	return folder_sync(paths, err);
}

static MUST_CHECK enum rc
epoch_at(const char *path, int64_t *epoch)
{
	uint8_t bytes[EPOCH_BYTES];
	struct err err;

	return epoch_load(path, bytes, epoch, &err);
}

enum rc
slots_files_mend(const struct slots_paths *paths, const struct key *master, struct err *err)
{
	CLEANUP(fd_close) int fd = open(paths->keys, O_RDONLY | O_CLOEXEC);
	CLEANUP(key_wipe) struct key key = { { 0 } };
	int64_t epoch = 0;
	int64_t head = 0;

	if (fd < 0)
		return FAIL(err, RC_IO, "cannot open keys.dat");
	TRY(head_read(fd, &head, err));
	if (epoch_at(paths->epoch, &epoch) == RC_OK && epoch == head)
		return leftovers_wipe(paths, err);
	if (epoch_at(paths->epoch_new, &epoch) != RC_OK || epoch != head)
		return FAIL(err, RC_CORRUPT, "keys.dat and epoch.key are of two epochs");
	TRY(epoch_read(paths->epoch_new, master, &epoch, &key, err));
	return slots_files_finish(paths, err);
}
