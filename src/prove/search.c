/*
 * Looking for a text in every file of a folder, in flat memory.
 *
 * The files are those of the running server.  Closing one drops every POSIX lock that
 * its process has on it (fcntl(2)), and the store's locks are such: with them gone
 * another program's sqlite3_open() would truncate what the server has mapped.  So a
 * search is a thread with a table of descriptors of its own; locks belong to the table.
 */
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include "prove/inside.h"

#define CHUNK_BYTES (1 * MIB)
#define DEPTH_MAX   16

struct search {
	struct str text;
	struct arena *arena;
	char *chunk; /* CHUNK_BYTES, and room for what reaches over from the one before */
	size_t found;
	struct str where;
	const char *path;
	enum rc rc;
	struct err err;
};

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

/* A file that goes away meanwhile holds nothing. */
static MUST_CHECK enum rc
file_search(struct search *search, const char *path, struct err *err)
{
	CLEANUP(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
	size_t kept = 0;
	ssize_t count;

	if (fd < 0)
		return RC_OK;
	while ((count = read(fd, search->chunk + kept, CHUNK_BYTES)) > 0) {
		size_t length = kept + (size_t)count;
		if (memmem(search->chunk, length, search->text.ptr, search->text.len) != NULL) {
			search->found++;
			if (search->where.len == 0)
				search->where = str_copy(search->arena, str_from_c(path));
			return RC_OK;
		}
		kept = length < search->text.len - 1 ? length : search->text.len - 1;
		memmove(search->chunk, search->chunk + length - kept, kept);
	}
	if (count < 0)
		return FAIL(err, RC_IO, "a file of the data directory cannot be read");
	return RC_OK;
}

static enum rc folder_walk(struct search *search, const char *folder, int depth,
                           struct err *err) MUST_CHECK;

static MUST_CHECK enum rc
place_search(struct search *search, const char *path, int depth, struct err *err)
{
	struct stat stat;

	if (lstat(path, &stat) != 0)
		return RC_OK;
	if (S_ISDIR(stat.st_mode))
		return folder_walk(search, path, depth + 1, err);
	return S_ISREG(stat.st_mode) ? file_search(search, path, err) : RC_OK;
}

static enum rc
folder_walk(struct search *search, const char *folder, int depth, struct err *err)
{
	CLEANUP(dir_close) DIR *dir = opendir(folder);
	const struct dirent *entry;

	if (dir == NULL || depth > DEPTH_MAX)
		return FAIL(err, RC_IO, "a folder of the data directory cannot be read");
	while ((entry = readdir(dir)) != NULL) {
		struct str path;
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		path = str_printf(search->arena, "%s/%s", folder, entry->d_name);
		TRY(place_search(search, str_to_c(search->arena, path), depth, err));
	}
	return RC_OK;
}

static void
chunk_free(char **chunk)
{
	free(*chunk);
}

static void *
search_thread(void *arg)
{
	struct search *search = arg;

	if (unshare(CLONE_FILES) != 0)
		search->rc =
		    FAIL(&search->err, RC_IO, "no table of files of its own for the search");
	else
		search->rc = place_search(search, search->path, 0, &search->err);
	return NULL;
}

enum rc
path_search(const char *path, struct str text, struct arena *arena, size_t *found,
            struct str *where, struct err *err)
{
	CLEANUP(chunk_free) char *chunk = malloc(CHUNK_BYTES + text.len);
	struct search search = { .text = text, .arena = arena, .chunk = chunk, .path = path };
	pthread_t thread;

	if (chunk == NULL || pthread_create(&thread, NULL, search_thread, &search) != 0 ||
	    pthread_join(thread, NULL) != 0)
		abort();
	if (search.rc != RC_OK) {
		*err = search.err;
		return search.rc;
	}
	*found = search.found;
	*where = search.where;
	return RC_OK;
}

enum rc
folder_search(const char *folder, struct str text, struct arena *arena, size_t *found,
              struct str *where, struct err *err)
{
	if (access(folder, R_OK | X_OK) != 0)
		return FAIL(err, RC_IO, "a folder of the data directory cannot be read");
	return path_search(folder, text, arena, found, where, err);
}
