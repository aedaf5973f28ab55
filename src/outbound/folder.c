/*
 * A folder as a place.
 *
 * An object is written beside its name, synced, renamed, and the folders that
 * changed are synced, so that RC_OK means: there after a power cut.  The name
 * beside is made of the object's, so what a crash leaves is overwritten by the
 * next put.  No symbolic link below the folder is followed.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "outbound/inside.h"

#define BLOCK_BYTES 65536
#define PART_PREFIX ".part-"
#define OPEN_FOLDER (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

static void
fd_close(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

static void
directory_close(DIR **directory)
{
	if (*directory != NULL)
		(void)closedir(*directory);
}

/* As errno says it. */
static MUST_CHECK enum rc
folder_fail(const struct outbound_place *place, struct str object, const char *what,
            struct err *err)
{
	switch (errno) {
	case ENOENT:
	case ENOTDIR:
		return PLACE_FAIL(err, RC_NOT_FOUND, place, object, "there is none");
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		return PLACE_FAIL(err, RC_FULL, place, object, "the disk is full");
	case EACCES:
	case EPERM:
	case EROFS:
	case ELOOP:
		return PLACE_FAIL(err, RC_DENIED, place, object, what);
	default:
		return PLACE_FAIL(err, RC_IO, place, object, what);
	}
}

static enum rc
folder_open(struct outbound_place *place, struct str url,
            const struct outbound_place_options *options, struct err *err)
{
	struct str path = url;

	(void)options;
	if (str_starts_with(path, STR("file://")))
		path = (struct str){ path.ptr + 7, path.len - 7 };
	while (path.len > 1 && path.ptr[path.len - 1] == '/')
		path.len--;
	if (memchr(path.ptr, '\0', path.len) != NULL || memchr(path.ptr, '%', path.len) != NULL)
		return FAIL(err, RC_INVALID, "place %.*s: a plain absolute path",
		            STR_ARGS(place->name));
	place->folder = open(str_to_c(&place->arena, path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (place->folder < 0)
		return FAIL(err, errno == EACCES ? RC_DENIED : RC_NOT_FOUND,
		            "place %.*s: the folder cannot be opened", STR_ARGS(place->name));
	return RC_OK;
}

static void
folder_close(struct outbound_place *place)
{
	fd_close(&place->folder);
}

/* --- the way to an object ---------------------------------------------------------------- */

struct spot {
	int folder; /* that holds the object */
	char last[LIMIT_PLACE_NAME_BYTES + 1];
	char beside[LIMIT_PLACE_NAME_BYTES + sizeof(PART_PREFIX)];
};

static void
spot_free(struct spot *spot)
{
	fd_close(&spot->folder);
}

/* One folder down; made, and the one above synced, when `is_made`.  -1: errno. */
static int
step_into(int folder, struct str part, bool is_made)
{
	char name[LIMIT_PLACE_NAME_BYTES + 1];
	int below;

	(void)snprintf(name, sizeof(name), "%.*s", STR_ARGS(part));
	below = openat(folder, name, OPEN_FOLDER);
	if (below >= 0 || errno != ENOENT || !is_made)
		return below;
	if (mkdirat(folder, name, 0700) != 0 && errno != EEXIST)
		return -1;
	return fsync(folder) == 0 ? openat(folder, name, OPEN_FOLDER) : -1;
}

static MUST_CHECK enum rc
spot_find(const struct outbound_place *place, struct str object, bool is_made,
          struct spot *spot, struct err *err)
{
	struct str part, left = str_cut(object, '/', &part);

	spot->folder = fcntl(place->folder, F_DUPFD_CLOEXEC, 0);
	while (spot->folder >= 0 && left.len != 0) {
		int below = step_into(spot->folder, part, is_made);
		int cause = errno;
		fd_close(&spot->folder);
		errno = cause;
		spot->folder = below;
		left = str_cut(left, '/', &part);
	}
	if (spot->folder < 0)
		return folder_fail(place, object, "the folder cannot be opened", err);
	(void)snprintf(spot->last, sizeof(spot->last), "%.*s", STR_ARGS(part));
	(void)snprintf(spot->beside, sizeof(spot->beside), PART_PREFIX "%.*s", STR_ARGS(part));
	return RC_OK;
}

/* --- put --------------------------------------------------------------------------------- */

static bool
all_written(int fd, const char *bytes, size_t count)
{
	while (count != 0) {
		ssize_t done = write(fd, bytes, count);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return false;
		bytes += done;
		count -= (size_t)done;
	}
	return true;
}

static MUST_CHECK enum rc
bytes_put(const struct outbound_place *place, struct str object, int fd, struct exact *exact,
          struct err *err)
{
	char block[BLOCK_BYTES];
	size_t count;

	while (exact->left != 0) {
		TRY(exact_take(exact, block, sizeof(block), &count, err));
		if (!all_written(fd, block, count))
			return folder_fail(place, object, "cannot be written", err);
	}
	if (fsync(fd) != 0)
		return folder_fail(place, object, "cannot be synced", err);
	return RC_OK;
}

static enum rc
folder_put(struct outbound_place *place, struct str object, struct exact *exact,
           struct err *err)
{
	CLEANUP(spot_free) struct spot spot = { .folder = -1 };
	CLEANUP(fd_close) int fd = -1;
	enum rc rc;

	TRY(spot_find(place, object, true, &spot, err));
	fd = openat(spot.folder, spot.beside,
	            O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return folder_fail(place, object, "cannot be written", err);
	rc = bytes_put(place, object, fd, exact, err);
	if (rc == RC_OK && renameat(spot.folder, spot.beside, spot.folder, spot.last) != 0)
		rc = folder_fail(place, object, "cannot be renamed", err);
	if (rc != RC_OK) {
		(void)unlinkat(spot.folder, spot.beside, 0);
		return rc;
	}
	if (fsync(spot.folder) != 0)
		return folder_fail(place, object, "its folder cannot be synced", err);
	return RC_OK;
}

/* --- get, find, erase -------------------------------------------------------------------- */

/* A regular file; a folder of that name is no object. */
static MUST_CHECK enum rc
object_open(const struct outbound_place *place, struct str object, int flags, int *fd,
            struct err *err)
{
	CLEANUP(spot_free) struct spot spot = { .folder = -1 };
	struct stat about;

	TRY(spot_find(place, object, false, &spot, err));
	*fd = openat(spot.folder, spot.last, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (*fd < 0 && errno == EISDIR)
		errno = ENOENT;
	if (*fd < 0)
		return folder_fail(place, object, "cannot be opened", err);
	if (fstat(*fd, &about) != 0 || !S_ISREG(about.st_mode))
		return PLACE_FAIL(err, RC_NOT_FOUND, place, object, "there is none");
	return RC_OK;
}

static enum rc
folder_get(struct outbound_place *place, struct str object, const struct sink *sink,
           struct err *err)
{
	CLEANUP(fd_close) int fd = -1;
	char block[BLOCK_BYTES];

	TRY(object_open(place, object, O_RDONLY, &fd, err));
	for (;;) {
		ssize_t count = read(fd, block, sizeof(block));
		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return folder_fail(place, object, "cannot be read", err);
		if (count == 0)
			return RC_OK;
		TRY(sink->add(sink->arg, (struct str){ block, (size_t)count }, err));
	}
}

static int64_t
us_of(struct timespec time)
{
	return (int64_t)time.tv_sec * US_PER_S + time.tv_nsec / 1000;
}

static enum rc
folder_find(struct outbound_place *place, struct str object, struct place_object *found,
            struct err *err)
{
	CLEANUP(fd_close) int fd = -1;
	struct stat about;

	TRY(object_open(place, object, O_RDONLY, &fd, err));
	if (fstat(fd, &about) != 0)
		return folder_fail(place, object, "cannot be looked at", err);
	found->bytes = (uint64_t)about.st_size;
	found->changed_us = us_of(about.st_mtim);
	return RC_OK;
}

/* As well as a file system lets us; the file goes in any case. */
static void
zeros_write(int fd)
{
	static const char zeros[BLOCK_BYTES];
	struct stat about;
	uint64_t left;

	if (fstat(fd, &about) != 0)
		return;
	left = (uint64_t)about.st_size;
	while (left != 0) {
		size_t step = left < sizeof(zeros) ? (size_t)left : sizeof(zeros);
		if (!all_written(fd, zeros, step))
			return;
		left -= step;
	}
	(void)fdatasync(fd);
}

static enum rc
folder_erase(struct outbound_place *place, struct str object, struct err *err)
{
	CLEANUP(spot_free) struct spot spot = { .folder = -1 };
	CLEANUP(fd_close) int fd = -1;
	struct err none = { 0 };
	enum rc rc = object_open(place, object, O_WRONLY, &fd, &none);

	if (rc == RC_NOT_FOUND)
		return RC_OK;
	if (rc == RC_OK)
		zeros_write(fd);
	TRY(spot_find(place, object, false, &spot, err));
	if (unlinkat(spot.folder, spot.last, 0) != 0 && errno != ENOENT)
		return folder_fail(place, object, "cannot be deleted", err);
	if (fsync(spot.folder) != 0)
		return folder_fail(place, object, "its folder cannot be synced", err);
	return RC_OK;
}

/* --- list -------------------------------------------------------------------------------- */

struct walk {
	const struct outbound_place *place;
	struct listing *listing;
	char name[LIMIT_PLACE_NAME_BYTES + 2]; /* of the folder that is read, with its "/" */
	size_t len;
	size_t depth;
};

static MUST_CHECK enum rc folder_walk(struct walk *walk, int folder, struct err *err);

static MUST_CHECK enum rc
entry_walk(struct walk *walk, int folder, const char *entry, struct err *err)
{
	CLEANUP(fd_close) int below = -1;
	size_t before = walk->len, len = strlen(entry);
	struct place_object object;
	struct stat about;

	if (before + len > LIMIT_PLACE_NAME_BYTES || entry[0] == '.' ||
	    fstatat(folder, entry, &about, AT_SYMLINK_NOFOLLOW) != 0)
		return RC_OK;
	memcpy(walk->name + before, entry, len + 1);
	object = (struct place_object){ { walk->name, before + len },
		                        (uint64_t)about.st_size,
		                        us_of(about.st_mtim) };
	if (S_ISREG(about.st_mode))
		return listing_add(walk->listing, &object, err);
	if (!S_ISDIR(about.st_mode) || walk->depth == LIMIT_PLACE_DEPTH ||
	    !listing_may_hold(walk->listing, object.name))
		return RC_OK;
	below = openat(folder, entry, OPEN_FOLDER);
	if (below < 0)
		return folder_fail(walk->place, object.name, "cannot be listed", err);
	walk->name[before + len] = '/';
	walk->len = before + len + 1;
	TRY(folder_walk(walk, below, err));
	walk->len = before;
	return RC_OK;
}

/* As deep as names may be. */
static enum rc
folder_walk(struct walk *walk, int folder, struct err *err)
{
	CLEANUP(directory_close) DIR *directory = NULL;
	struct dirent *entry;
	int copy = openat(folder, ".", OPEN_FOLDER);

	directory = copy < 0 ? NULL : fdopendir(copy);
	if (directory == NULL) {
		fd_close(&copy);
		return folder_fail(walk->place, STR("list"), "the folder cannot be read", err);
	}
	walk->depth++;
	while (errno = 0, (entry = readdir(directory)) != NULL)
		TRY(entry_walk(walk, folder, entry->d_name, err));
	if (errno != 0)
		return folder_fail(walk->place, STR("list"), "the folder cannot be read", err);
	walk->depth--;
	return RC_OK;
}

static enum rc
folder_list(struct outbound_place *place, struct listing *listing, struct err *err)
{
	struct walk walk = { .place = place, .listing = listing };

	return folder_walk(&walk, place->folder, err);
}

const struct place_ops place_folder = { folder_open, folder_close, folder_put,  folder_get,
	                                folder_find, folder_list,  folder_erase };
