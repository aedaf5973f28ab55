#include "store/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/limits.h"
#include "store/sqlite.h"

#define COPY_SUFFIX "-snapshot"
#define PATH_BYTES  600

struct store_snapshot {
	int fd;
	uint64_t bytes;
	uint64_t at;
};

static void
fd_close(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

static void
database_close(sqlite3 **db)
{
	(void)sqlite3_close(*db);
}

/* What a crash left of an earlier copy goes first. */
static MUST_CHECK enum rc
copy_make(const char *path, int *fd, sqlite3 **db, struct err *err)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;

	(void)unlink(path);
	*fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (*fd < 0)
		return FAIL(err, errno == ENOSPC ? RC_FULL : RC_IO,
		            "store: cannot make a file for the snapshot");
	if (sqlite3_open_v2(path, db, flags, NULL) != SQLITE_OK ||
	    sqlite3_exec(*db, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF", NULL, NULL,
	                 NULL) != SQLITE_OK) {
		(void)unlink(path);
		return FAIL(err, RC_IO, "store: cannot open the file for the snapshot");
	}
	return RC_OK;
}

/* All pages in one step: one read transaction, so one moment. */
static MUST_CHECK enum rc
pages_copy(sqlite3 *from, sqlite3 *to, struct err *err)
{
	sqlite3_backup *copy = sqlite3_backup_init(to, "main", from, "main");
	int code;

	if (copy == NULL)
		return FAIL(err, RC_IO, "store: the snapshot cannot begin");
	code = sqlite3_backup_step(copy, -1);
	(void)sqlite3_backup_finish(copy);
	if (code != SQLITE_DONE)
		return FAIL(err, (code & 0xff) == SQLITE_FULL ? RC_FULL : RC_IO,
		            "store: snapshot: %s (%d)", sqlite3_errstr(code), code);
	return RC_OK;
}

static MUST_CHECK enum rc
copy_fill(const char *path, const char *copy_path, int *fd, struct err *err)
{
	CLEANUP(connection_close) struct connection from = { 0 };
	CLEANUP(database_close) sqlite3 *to = NULL;
	enum rc rc;

	TRY(connection_open(&from, path, CONNECTION_READ, err));
	TRY(copy_make(copy_path, fd, &to, err));
	rc = pages_copy(from.db, to, err);
	(void)unlink(copy_path);
	return rc;
}

enum rc
store_snapshot_begin(struct store *store, struct store_snapshot **snapshot, struct err *err)
{
	struct store_snapshot *made;
	char path[PATH_BYTES];
	int fd = -1;
	off_t end;
	enum rc rc;

	if (snprintf(path, sizeof(path), "%s" COPY_SUFFIX, store_path(store)) >=
	    (int)sizeof(path))
		return FAIL(err, RC_INVALID, "store: the path is too long");
	rc = copy_fill(store_path(store), path, &fd, err);
	end = rc == RC_OK ? lseek(fd, 0, SEEK_END) : 0;
	if (rc == RC_OK && end <= 0)
		rc = FAIL(err, RC_IO, "store: the snapshot is empty");
	if (rc != RC_OK) {
		fd_close(&fd);
		return rc;
	}
	made = calloc(1, sizeof(*made));
	if (made == NULL)
		abort();
	*made = (struct store_snapshot){ fd, (uint64_t)end, 0 };
	*snapshot = made;
	return RC_OK;
}

uint64_t
store_snapshot_bytes(const struct store_snapshot *snapshot)
{
	return snapshot->bytes;
}

enum rc
store_snapshot_next(struct store_snapshot *snapshot, char *room, size_t *count, struct err *err)
{
	uint64_t left = snapshot->bytes - snapshot->at;
	size_t wanted = left < SNAPSHOT_BLOCK_BYTES ? (size_t)left : SNAPSHOT_BLOCK_BYTES;

	for (size_t done = 0; done < wanted;) {
		ssize_t got = pread(snapshot->fd, room + done, wanted - done,
		                    (off_t)(snapshot->at + done));
		if (got <= 0)
			return FAIL(err, RC_IO, "store: the snapshot cannot be read");
		done += (size_t)got;
	}
	snapshot->at += wanted;
	*count = wanted;
	return RC_OK;
}

void
store_snapshot_end(struct store_snapshot **snapshot)
{
	if (*snapshot == NULL)
		return;
	fd_close(&(*snapshot)->fd);
	free(*snapshot);
	*snapshot = NULL;
}
