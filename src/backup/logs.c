/*
 * The files of the logs: immutable, so each is read once.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backup/inside.h"

#define FILES_MOST 4000000
#define DEPTH_MOST 10

static void
fd_close(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

static void
dir_close(DIR **dir)
{
	if (*dir != NULL)
		(void)closedir(*dir);
}

struct files {
	struct arena *arena;
	const char *root;
	struct log_file *items;
	size_t count, room;
};

static void
files_grow(struct files *files)
{
	size_t room = 2 * files->room + 256;
	struct log_file *items =
	    arena_alloc(files->arena, room * sizeof(*items), _Alignof(max_align_t));

	if (files->count != 0)
		memcpy(items, files->items, files->count * sizeof(*items));
	files->items = items;
	files->room = room;
}

static MUST_CHECK enum rc
file_note(struct files *files, struct str path, struct err *err)
{
	if (files->count == FILES_MOST)
		return FAIL(err, RC_LIMIT, "the logs have too many files");
	if (files->count == files->room)
		files_grow(files);
	files->items[files->count++] = (struct log_file){ .path = path };
	return RC_OK;
}

/* What is being written has another name until it is whole. */
static MUST_CHECK enum rc
folder_walk(struct files *files, struct str below, int depth, struct err *err)
{
	const char *path =
	    str_printf(files->arena, "%s/%.*s", files->root, STR_ARGS(below)).ptr;
	CLEANUP(dir_close) DIR *dir = opendir(path);
	const struct dirent *entry;

	if (dir == NULL)
		return errno == ENOENT ? RC_OK : FAIL(err, RC_IO, "the logs cannot be read");
	if (depth > DEPTH_MOST)
		return FAIL(err, RC_LIMIT, "the folders of the logs are too deep");
	while ((entry = readdir(dir)) != NULL) {
		struct str name = str_from_c(entry->d_name);
		struct str inner;
		if (name.ptr[0] == '.' || str_ends_with(name, STR(".tmp")))
			continue;
		inner = below.len == 0 ? str_copy(files->arena, name)
		                       : str_printf(files->arena, "%.*s/%s", STR_ARGS(below),
		                                    entry->d_name);
		if (entry->d_type == DT_DIR)
			TRY(folder_walk(files, inner, depth + 1, err));
		else if (entry->d_type == DT_REG)
			TRY(file_note(files, inner, err));
	}
	return RC_OK;
}

static MUST_CHECK enum rc
file_read(const struct files *files, struct str path, struct buf *out, struct err *err)
{
	CLEANUP(fd_close) int fd = -1;
	char piece[64 * KIB];
	ssize_t count;

	(void)snprintf(piece, sizeof(piece), "%s/%.*s", files->root, STR_ARGS(path));
	fd = open(piece, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return FAIL(err, errno == ENOENT ? RC_NOT_FOUND : RC_IO,
		            "a file of a log cannot be read");
	while ((count = read(fd, piece, sizeof(piece))) > 0)
		buf_add(out, (struct str){ piece, (size_t)count });
	return count < 0 ? FAIL(err, RC_IO, "a file of a log cannot be read") : RC_OK;
}

static bool
is_everywhere(const struct shipment *shipment, const struct digest *name)
{
	for (size_t i = 0; i < shipment->count; i++) {
		const struct target *target = &shipment->targets[i];
		if (!target->has_failed && nameset_find(target->known, name) == NULL)
			return false;
	}
	return true;
}

/* RC_NOT_FOUND: cut from the log since the walk. */
static MUST_CHECK enum rc
file_ship(struct shipment *shipment, const struct files *files, struct log_file *file,
          struct err *err)
{
	CLEANUP(buf_free) struct buf bytes = { 0 };
	struct digest key = sha256(file->path);
	const struct digest *name = nameset_find(&shipment->backup->logs, &key);
	struct str text;

	if (name != NULL && is_everywhere(shipment, name)) {
		file->name = *name;
		shipment->report->blocks++;
		return RC_OK;
	}
	buf_init(&bytes, LIMIT_OBJECT_PLAIN);
	TRY(file_read(files, file->path, &bytes, err));
	TRY(buf_finish(&bytes, &text, err));
	ship_block(shipment, "data", &shipment->block_key, text, &file->name);
	nameset_add(&shipment->backup->logs, &key, &file->name);
	return RC_OK;
}

enum rc
ship_logs(struct shipment *shipment, struct err *err)
{
	struct files files = { .arena = shipment->arena };
	char root[BACKUP_PATH_BYTES];
	size_t kept = 0;

	TRY(backup_path(shipment->backup, "log", root, err));
	files.root = root;
	TRY(folder_walk(&files, STR_EMPTY, 0, err));
	for (size_t i = 0; i < files.count && !shipment_is_lost(shipment); i++) {
		enum rc rc = file_ship(shipment, &files, &files.items[i], err);
		if (rc != RC_OK && rc != RC_NOT_FOUND)
			return rc;
		if (rc == RC_OK)
			files.items[kept++] = files.items[i];
	}
	shipment->logs = files.items;
	shipment->log_count = kept;
	return RC_OK;
}
