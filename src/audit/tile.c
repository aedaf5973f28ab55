/*
 * Paths, bundles and files of tiles.  Order is all that makes the files safe:
 * sync the bytes, rename, sync the folder; whoever deletes the rows that a file
 * replaces does so after tile_batch_finish().
 */
#include "audit/tile.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#define BATCH_MAX 64

/* --- paths ------------------------------------------------------------------- */

void
tile_path_format(const struct tile *tile, char path[TILE_PATH_MAX])
{
	char level[8] = "entries";
	char groups[32] = "";
	int at = 0;
	uint64_t unit = 1;

	assert(tile->index < UINT64_C(1) << 55);
	if (tile->level != TILE_ENTRIES)
		(void)snprintf(level, sizeof(level), "%d", tile->level);
	while (tile->index / unit >= 1000)
		unit *= 1000;
	for (; unit >= 1; unit /= 1000)
		at += snprintf(groups + at, sizeof(groups) - (size_t)at, "/%s%03u",
		               unit > 1 ? "x" : "", (unsigned)(tile->index / unit % 1000));
	at = snprintf(path, TILE_PATH_MAX, "tile/%s%s", level, groups);
	if (tile->width < TILE_HASHES)
		(void)snprintf(path + at, TILE_PATH_MAX - (size_t)at, ".p/%u", tile->width);
}

/* "x001/x234/067" → 1234067. */
static bool
index_parse(struct str text, uint64_t *index)
{
	uint64_t value = 0;
	struct err ignored;

	while (text.len != 0) {
		struct str group;
		uint32_t part;

		text = str_cut(text, '/', &group);
		if (text.len != 0 && !str_starts_with(group, STR("x")))
			return false;
		if (text.len != 0)
			group = (struct str){ group.ptr + 1, group.len - 1 };
		if (group.len != 3 || str_to_u32(group, &part, &ignored) != RC_OK ||
		    value >= UINT64_C(1) << 45)
			return false;
		value = value * 1000 + part;
	}
	*index = value;
	return true;
}

/* Takes ".p/12" off the end of the path. */
static bool
width_parse(struct str *path, unsigned *width)
{
	struct err ignored;
	uint32_t value;

	*width = TILE_HASHES;
	for (size_t i = 0; i + 3 <= path->len; i++) {
		if (memcmp(path->ptr + i, ".p/", 3) != 0)
			continue;
		if (str_to_u32((struct str){ path->ptr + i + 3, path->len - i - 3 }, &value,
		               &ignored) != RC_OK ||
		    value == 0 || value >= TILE_HASHES)
			return false;
		*width = value;
		path->len = i;
		return true;
	}
	return true;
}

enum rc
tile_path_parse(struct str path, struct tile *tile, struct err *err)
{
	struct tile found = { 0 };
	char again[TILE_PATH_MAX];
	struct err ignored;
	struct str word, rest;
	uint32_t level = 0;

	rest = str_cut(path, '/', &word);
	if (path.len >= TILE_PATH_MAX || !str_eq(word, STR("tile")))
		return FAIL(err, RC_NOT_FOUND, "no tile's path");
	rest = str_cut(rest, '/', &word);
	if (str_eq(word, STR("entries")))
		found.level = TILE_ENTRIES;
	else if (str_to_u32(word, &level, &ignored) == RC_OK && level < 64)
		found.level = (int)level;
	else
		return FAIL(err, RC_NOT_FOUND, "no tile's path");
	if (!width_parse(&rest, &found.width) || !index_parse(rest, &found.index))
		return FAIL(err, RC_NOT_FOUND, "no tile's path");
	/* One text for one tile: no leading zeros, no needless groups. */
	tile_path_format(&found, again);
	if (!str_eq(path, str_from_c(again)))
		return FAIL(err, RC_NOT_FOUND, "no tile's path");
	*tile = found;
	return RC_OK;
}

uint64_t
tile_end(const struct tile *tile)
{
	return tile->index * TILE_HASHES + tile->width;
}

/* --- bundles ----------------------------------------------------------------- */

void
bundle_add(struct buf *bundle, struct str leaf)
{
	char length[2] = { (char)(leaf.len >> 8), (char)(leaf.len & 0xff) };

	assert(leaf.len <= UINT16_MAX);
	buf_add(bundle, (struct str){ length, 2 });
	buf_add(bundle, leaf);
}

enum rc
bundle_read(struct str bundle, size_t count, struct str *leaves, struct err *err)
{
	const unsigned char *at = (const unsigned char *)bundle.ptr;
	size_t left = bundle.len;

	for (size_t i = 0; i < count; i++) {
		size_t len = left < 2 ? 0 : (size_t)at[0] << 8 | at[1];

		if (left < 2 || len > left - 2)
			return FAIL(err, RC_CORRUPT, "a bundle ends in entry %zu", i);
		leaves[i] = (struct str){ (const char *)at + 2, len };
		at += 2 + len;
		left -= 2 + len;
	}
	return left == 0 ? RC_OK
	                 : FAIL(err, RC_CORRUPT, "a bundle holds more than its entries");
}

/* --- files ------------------------------------------------------------------- */

struct tile_batch {
	int root; /* DIR/TENANT */
	size_t count;
	char paths[BATCH_MAX][TILE_PATH_MAX];
};

static void
fd_close(const int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

static enum rc
io_fail(struct err *err, const char *what)
{
	if (errno == ENOSPC || errno == EDQUOT)
		return FAIL(err, RC_FULL, "the disk of the audit log is full");
	return FAIL(err, RC_IO, "%s of the audit log fails: %s", what, strerrordesc_np(errno));
}

/* Syncs the folder that holds `path`, a relative path. */
static enum rc
folder_sync(int root, const char *path, struct err *err)
{
	CLEANUP(fd_close) int fd = -1;
	char folder[TILE_PATH_MAX] = ".";
	const char *slash = strrchr(path, '/');

	if (slash != NULL)
		(void)snprintf(folder, sizeof(folder), "%.*s", (int)(slash - path), path);
	fd = openat(root, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) != 0)
		return io_fail(err, "syncing a folder");
	return RC_OK;
}

/* Every folder above `path`; each new one is durable in the one above it. */
static enum rc
folders_make(int root, const char *path, struct err *err)
{
	char folder[TILE_PATH_MAX];

	for (const char *slash = strchr(path, '/'); slash != NULL;
	     slash = strchr(slash + 1, '/')) {
		(void)snprintf(folder, sizeof(folder), "%.*s", (int)(slash - path), path);
		if (mkdirat(root, folder, 0700) == 0)
			TRY(folder_sync(root, folder, err));
		else if (errno != EEXIST)
			return io_fail(err, "making a folder");
	}
	return RC_OK;
}

enum rc
tile_folder_make(const char *dir, struct err *err)
{
	CLEANUP(fd_close) int above = -1;
	char path[PATH_MAX];

	if (mkdir(dir, 0700) != 0)
		return errno == EEXIST ? RC_OK : io_fail(err, "making the folder");
	if (snprintf(path, sizeof(path), "%s/..", dir) >= (int)sizeof(path))
		return FAIL(err, RC_LIMIT, "the path of the audit log is too long");
	above = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (above < 0 || fsync(above) != 0)
		return io_fail(err, "syncing a folder");
	return RC_OK;
}

enum rc
tile_batch_new(struct tile_batch **batch, const char *dir, int64_t tenant, struct err *err)
{
	CLEANUP(fd_close) int top = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct tile_batch *made;
	char name[24];
	int root;

	if (top < 0)
		return io_fail(err, "opening the folder");
	(void)snprintf(name, sizeof(name), "%lld/", (long long)tenant);
	TRY(folders_make(top, name, err));
	root = openat(top, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return io_fail(err, "opening the folder");
	made = calloc(1, sizeof(*made));
	assert(made != NULL);
	made->root = root;
	*batch = made;
	return RC_OK;
}

static void
temporary_of(const char *path, char name[TILE_PATH_MAX])
{
	int len = snprintf(name, TILE_PATH_MAX, "%s.tmp", path);

	assert(len > 0 && len < TILE_PATH_MAX);
}

void
tile_batch_free(struct tile_batch **batch)
{
	struct tile_batch *old = *batch;
	char name[TILE_PATH_MAX];

	if (old == NULL)
		return;
	for (size_t i = 0; i < old->count; i++) {
		temporary_of(old->paths[i], name);
		(void)unlinkat(old->root, name, 0);
	}
	fd_close(&old->root);
	free(old);
	*batch = NULL;
}

static enum rc
file_write(int fd, struct str bytes, struct err *err)
{
	while (bytes.len != 0) {
		ssize_t done = write(fd, bytes.ptr, bytes.len);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return io_fail(err, "writing a tile");
		bytes = (struct str){ bytes.ptr + done, bytes.len - (size_t)done };
	}
	return fsync(fd) == 0 ? RC_OK : io_fail(err, "syncing a tile");
}

enum rc
tile_batch_add(struct tile_batch *batch, const struct tile *tile, struct str bytes,
               struct err *err)
{
	const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC;
	CLEANUP(fd_close) int fd = -1;
	char *path = batch->paths[batch->count];
	char name[TILE_PATH_MAX];

	if (batch->count == BATCH_MAX)
		return FAIL(err, RC_LIMIT, "more than %d tiles at once", BATCH_MAX);
	tile_path_format(tile, path);
	temporary_of(path, name);
	fd = openat(batch->root, name, flags, 0600);
	if (fd < 0 && errno == ENOENT) {
		TRY(folders_make(batch->root, path, err));
		fd = openat(batch->root, name, flags, 0600);
	}
	if (fd < 0)
		return io_fail(err, "making a tile");
	batch->count++;
	return file_write(fd, bytes, err);
}

static bool
same_folder(const char *a, const char *b)
{
	size_t len = (size_t)(strrchr(a, '/') - a);

	return len == (size_t)(strrchr(b, '/') - b) && memcmp(a, b, len) == 0;
}

enum rc
tile_batch_finish(struct tile_batch *batch, struct err *err)
{
	char name[TILE_PATH_MAX];

	for (size_t i = 0; i < batch->count; i++) {
		temporary_of(batch->paths[i], name);
		if (renameat(batch->root, name, batch->root, batch->paths[i]) != 0)
			return io_fail(err, "naming a tile");
	}
	for (size_t i = 0; i < batch->count; i++) {
		bool is_synced = false;

		for (size_t j = 0; j < i && !is_synced; j++)
			is_synced = same_folder(batch->paths[i], batch->paths[j]);
		if (!is_synced)
			TRY(folder_sync(batch->root, batch->paths[i], err));
	}
	batch->count = 0;
	return RC_OK;
}

enum rc
tile_file_read(const char *root, const char *path, struct buf *out, struct err *err)
{
	CLEANUP(fd_close) int top = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CLEANUP(fd_close) int fd = -1;
	struct str all;
	char part[16384];

	fd = top < 0 ? -1 : openat(top, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return FAIL(err, RC_NOT_FOUND, "%s is missing", path);
	if (fd < 0)
		return io_fail(err, "opening a tile");
	for (;;) {
		ssize_t got = read(fd, part, sizeof(part));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return io_fail(err, "reading a tile");
		if (got == 0)
			return buf_finish(out, &all, err);
		buf_add(out, (struct str){ part, (size_t)got });
	}
}
