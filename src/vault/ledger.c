/*
 * See ledger.h.  `appending` is held over an append and its shipping, so that
 * lines are shipped in their order; `lock` only guards what figures show.
 *
 * PATH.shipped holds the number of the last line that is known to be shipped.
 * It may lag: a line that is shipped twice is the same line.
 */
#include "vault/ledger.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/limits.h"

#define RETRY_US    (10 * US_PER_S) /* a place that failed is not waited for again before */
#define CHUNK_BYTES (64 * KIB)
#define PATH_BYTES  600

static const char *const kind_words[] = {
	[LEDGER_SUBJECT] = "subject",
	[LEDGER_CLASS] = "class",
	[LEDGER_RECORD] = "record",
	[LEDGER_MONTH] = "month",
	[LEDGER_LOG] = "log",
	[LEDGER_UNDONE] = "undone",
	[LEDGER_CHOICE] = "choice",
	[LEDGER_KEPT] = "kept",
	[LEDGER_RESTRICTED] = "restricted",
	[LEDGER_OBJECTION] = "objection",
};

struct ledger {
	char *path;
	const struct clock *clock;
	int fd;
	bool is_read_only;
	pthread_mutex_t appending; /* of what follows, but for … */
	off_t end;
	struct ledger_shipper shipper;
	int64_t failed_us;    /* of the monotonic clock; 0: the last ship went well */
	pthread_mutex_t lock; /* … these */
	int64_t lines;
	int64_t shipped;
	int64_t unshipped_us;
	struct digest last;
	bool has_shipper;
};

static void
unlock(pthread_mutex_t **mutex)
{
	(void)pthread_mutex_unlock(*mutex);
}

static void
fd_close(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

/* --- a line -------------------------------------------------------------------- */

static void
id_put(struct json_out *out, const char *name, struct id id)
{
	char text[ID_TEXT_LEN + 1];

	id_format(id, text);
	json_text_at(out, name, str_from_c(text));
}

static MUST_CHECK enum rc
line_format(const struct ledger_line *line, const struct digest *before, struct buf *out,
            struct str *text, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct json_out json;

	arena_init(&arena, 64 * KIB);
	json_out_init(&json, out);
	json_object_begin(&json);
	json_text_at(&json, "before", hex_format(&arena, before->bytes, DIGEST_BYTES));
	json_int_at(&json, "class", line->class);
	json_text_at(&json, "kind", str_from_c(kind_words[line->kind]));
	json_int_at(&json, "line", line->line);
	json_int_at(&json, "month", line->month);
	json_int_at(&json, "number", line->number);
	id_put(&json, "record", line->record);
	id_put(&json, "subject", line->subject);
	json_int_at(&json, "tenant", line->tenant);
	json_int_at(&json, "time", line->time_us);
	json_object_close(&json);
	buf_add(out, STR("\n"));
	return buf_finish(out, text, err);
}

static MUST_CHECK enum rc
kind_parse(struct str word, enum ledger_kind *kind, struct err *err)
{
	for (size_t i = LEDGER_SUBJECT; i < COUNT_OF(kind_words); i++) {
		if (!str_eq(word, str_from_c(kind_words[i])))
			continue;
		*kind = (enum ledger_kind)i;
		return RC_OK;
	}
	return FAIL(err, RC_CORRUPT, "ledger: a kind of line that this program does not know");
}

static MUST_CHECK enum rc
id_need(const struct json_object *object, const char *name, struct id *id, struct err *err)
{
	struct str text;

	TRY(json_need_text(object, name, &text, err));
	return id_parse(text, id, err);
}

static MUST_CHECK enum rc
members_read(const struct json_object *object, struct ledger_line *line, struct err *err)
{
	struct str word;

	TRY(json_need_text(object, "kind", &word, err));
	TRY(kind_parse(word, &line->kind, err));
	TRY(json_need_int(object, "class", &line->class, err));
	TRY(json_need_int(object, "line", &line->line, err));
	TRY(json_need_int(object, "month", &line->month, err));
	TRY(json_need_int(object, "number", &line->number, err));
	TRY(json_need_int(object, "tenant", &line->tenant, err));
	TRY(json_need_int(object, "time", &line->time_us, err));
	TRY(id_need(object, "subject", &line->subject, err));
	return id_need(object, "record", &line->record, err);
}

static MUST_CHECK enum rc
before_read(const struct json_object *object, struct digest *before, struct err *err)
{
	struct str text;

	TRY(json_need_text(object, "before", &text, err));
	return hex_parse(text, before->bytes, DIGEST_BYTES, err);
}

/* A line is what line_format() writes after the line before, to the byte. */
enum rc
ledger_line_parse(struct str text, struct digest *before, struct ledger_line *line,
                  struct err *err)
{
	CLEANUP(json_free) struct json json = { 0 };
	CLEANUP(buf_free) struct buf again = { 0 };
	struct ledger_line read = { 0 };
	struct digest own = { { 0 } };
	struct str expected;

	buf_init(&again, LEDGER_LINE_MAX);
	if (text.len > LEDGER_LINE_MAX || json_parse(&json, text, err) != RC_OK ||
	    members_read(json.root, &read, err) != RC_OK ||
	    before_read(json.root, &own, err) != RC_OK ||
	    line_format(&read, before == NULL ? &own : before, &again, &expected, err) != RC_OK)
		return FAIL(err, RC_CORRUPT, "ledger: a line cannot be read");
	if (!str_eq(text, expected))
		return FAIL(err, RC_CORRUPT, "ledger: line %lld does not follow the one before",
		            (long long)read.line);
	if (before != NULL)
		*before = sha256(text);
	*line = read;
	return RC_OK;
}

/* --- reading the file ------------------------------------------------------------- */

struct walk {
	enum rc (*each)(void *arg, const struct ledger_line *line, struct str text,
	                struct err *err);
	void *arg;
	struct digest before;
	int64_t lines;
	off_t end; /* of the last whole line */
};

static MUST_CHECK enum rc
line_walk(struct walk *walk, struct str text, struct err *err)
{
	struct ledger_line line = { 0 };

	TRY(ledger_line_parse(text, &walk->before, &line, err));
	if (line.line != walk->lines + 1)
		return FAIL(err, RC_CORRUPT, "ledger: line %lld is not the next one",
		            (long long)line.line);
	walk->lines++;
	walk->end += (off_t)text.len;
	return walk->each == NULL ? RC_OK : walk->each(walk->arg, &line, text, err);
}

/* Whole lines of a chunk; what is left of it is read again with the next. */
static MUST_CHECK enum rc
chunk_walk(struct walk *walk, struct str chunk, struct err *err)
{
	const char *stop;

	while (chunk.len != 0 && (stop = memchr(chunk.ptr, '\n', chunk.len)) != NULL) {
		size_t len = (size_t)(stop - chunk.ptr) + 1;
		TRY(line_walk(walk, (struct str){ chunk.ptr, len }, err));
		chunk = (struct str){ chunk.ptr + len, chunk.len - len };
	}
	return RC_OK;
}

static MUST_CHECK enum rc
file_walk(int fd, struct walk *walk, struct err *err)
{
	char chunk[CHUNK_BYTES];

	for (;;) {
		off_t from = walk->end;
		ssize_t count = pread(fd, chunk, sizeof(chunk), from);
		if (count < 0)
			return FAIL(err, RC_IO, "ledger: cannot be read");
		TRY(chunk_walk(walk, (struct str){ chunk, (size_t)count }, err));
		if (walk->end != from)
			continue;
		if (count > LEDGER_LINE_MAX)
			return FAIL(err, RC_CORRUPT, "ledger: a line is too long");
		return RC_OK;
	}
}

enum rc
ledger_replay(const char *path,
              enum rc (*each)(void *arg, const struct ledger_line *line, struct str text,
                              struct err *err),
              void *arg, struct err *err)
{
	CLEANUP(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct walk walk = { .each = each, .arg = arg };

	if (fd < 0)
		return FAIL(err, RC_NOT_FOUND, "ledger: there is none");
	return file_walk(fd, &walk, err);
}

/* --- opening ------------------------------------------------------------------------ */

static MUST_CHECK enum rc
folder_sync(const char *path, struct err *err)
{
	CLEANUP(fd_close) int fd = -1;
	char copy[PATH_BYTES];

	(void)snprintf(copy, sizeof(copy), "%s", path);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) != 0)
		return FAIL(err, RC_IO, "ledger: cannot sync its folder");
	return RC_OK;
}

static void
shipped_path(const struct ledger *ledger, char path[PATH_BYTES])
{
	(void)snprintf(path, PATH_BYTES, "%s.shipped", ledger->path);
}

static void
shipped_read(struct ledger *ledger)
{
	CLEANUP(fd_close) int fd = -1;
	char path[PATH_BYTES];
	char text[24];
	struct err err;
	ssize_t count;

	shipped_path(ledger, path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	count = fd < 0 ? -1 : read(fd, text, sizeof(text));
	if (count <= 0 ||
	    str_to_i64((struct str){ text, (size_t)count }, &ledger->shipped, &err) != RC_OK ||
	    ledger->shipped < 0 || ledger->shipped > ledger->lines)
		ledger->shipped = 0;
}

/* Without a sync: to know too little costs a second shipping, no more. */
static void
shipped_write(const struct ledger *ledger)
{
	CLEANUP(fd_close) int fd = -1;
	char path[PATH_BYTES];
	char text[24];
	int len = snprintf(text, sizeof(text), "%lld", (long long)ledger->shipped);

	shipped_path(ledger, path);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd >= 0 && write(fd, text, (size_t)len) != len)
		(void)unlink(path);
}

static MUST_CHECK enum rc
file_open(struct ledger *ledger, struct err *err)
{
	int flags = ledger->is_read_only ? O_RDONLY : O_RDWR | O_CREAT;
	struct walk walk = { 0 };

	ledger->fd = open(ledger->path, flags | O_CLOEXEC, 0600);
	if (ledger->fd < 0 && ledger->is_read_only && errno == ENOENT)
		return RC_OK;
	if (ledger->fd < 0)
		return FAIL(err, RC_IO, "ledger: cannot be opened");
	TRY(file_walk(ledger->fd, &walk, err));
	ledger->end = walk.end;
	ledger->lines = walk.lines;
	ledger->last = walk.before;
	shipped_read(ledger);
	if (ledger->is_read_only)
		return RC_OK;
	if (ftruncate(ledger->fd, walk.end) != 0 || fsync(ledger->fd) != 0)
		return FAIL(err, RC_IO, "ledger: its end cannot be mended");
	return folder_sync(ledger->path, err);
}

enum rc
ledger_open(struct ledger **ledger, const struct ledger_options *options, struct err *err)
{
	struct ledger *opened = calloc(1, sizeof(*opened));
	enum rc rc;

	if (opened == NULL)
		abort();
	opened->path = strdup(options->path);
	opened->clock = options->clock;
	opened->is_read_only = options->is_read_only;
	opened->fd = -1;
	(void)pthread_mutex_init(&opened->appending, NULL);
	(void)pthread_mutex_init(&opened->lock, NULL);
	rc = file_open(opened, err);
	if (rc != RC_OK) {
		ledger_close(opened);
		return rc;
	}
	*ledger = opened;
	return RC_OK;
}

void
ledger_close(struct ledger *ledger)
{
	if (ledger == NULL)
		return;
	fd_close(&ledger->fd);
	(void)pthread_mutex_destroy(&ledger->appending);
	(void)pthread_mutex_destroy(&ledger->lock);
	free(ledger->path);
	free(ledger);
}

/* --- shipping ------------------------------------------------------------------------- */

static void
shipped_set(struct ledger *ledger, int64_t line)
{
	(void)pthread_mutex_lock(&ledger->lock);
	ledger->shipped = line;
	if (ledger->shipped == ledger->lines)
		ledger->unshipped_us = 0;
	(void)pthread_mutex_unlock(&ledger->lock);
	shipped_write(ledger);
}

static MUST_CHECK enum rc
ship_one(void *arg, const struct ledger_line *line, struct str text, struct err *err)
{
	struct ledger *ledger = arg;

	if (line->line <= ledger->shipped)
		return RC_OK;
	if (ledger->unshipped_us == 0)
		ledger->unshipped_us = line->time_us;
	TRY(ledger->shipper.ship(ledger->shipper.arg, line, text, err));
	shipped_set(ledger, line->line);
	return RC_OK;
}

/* The new line, at once; lines that wait before it are for ledger_ship_again(). */
static void
ship_new(struct ledger *ledger, const struct ledger_line *line, struct str text)
{
	struct err err;
	bool is_next = line->line == ledger->shipped + 1;
	enum rc rc = RC_BUSY;

	if (ledger->shipper.ship == NULL)
		return;
	if (ledger->failed_us == 0 || clock_monotonic_us() - ledger->failed_us > RETRY_US)
		rc = ledger->shipper.ship(ledger->shipper.arg, line, text, &err);
	if (rc == RC_OK && is_next) {
		shipped_set(ledger, line->line);
		return;
	}
	if (rc != RC_OK && rc != RC_BUSY)
		ledger->failed_us = clock_monotonic_us();
	(void)pthread_mutex_lock(&ledger->lock);
	if (ledger->unshipped_us == 0)
		ledger->unshipped_us = line->time_us;
	(void)pthread_mutex_unlock(&ledger->lock);
}

void
ledger_ship(struct ledger *ledger, const struct ledger_shipper *shipper)
{
	(void)pthread_mutex_lock(&ledger->appending);
	ledger->shipper = shipper == NULL ? (struct ledger_shipper){ 0 } : *shipper;
	ledger->failed_us = 0;
	(void)pthread_mutex_lock(&ledger->lock);
	ledger->has_shipper = shipper != NULL;
	(void)pthread_mutex_unlock(&ledger->lock);
	(void)pthread_mutex_unlock(&ledger->appending);
}

enum rc
ledger_ship_again(struct ledger *ledger, struct err *err)
{
	CLEANUP(unlock) pthread_mutex_t *held = &ledger->appending;
	enum rc rc;

	(void)pthread_mutex_lock(held);
	if (ledger->shipper.ship == NULL || ledger->shipped == ledger->lines)
		return RC_OK;
	if (ledger->failed_us != 0 && clock_monotonic_us() - ledger->failed_us <= RETRY_US)
		return RC_OK;
	rc = ledger_replay(ledger->path, ship_one, ledger, err);
	ledger->failed_us = rc == RC_OK ? 0 : clock_monotonic_us();
	return rc;
}

enum rc
ledger_ship_all(struct ledger *ledger, struct err *err)
{
	(void)pthread_mutex_lock(&ledger->appending);
	if (ledger->lines != 0)
		shipped_set(ledger, 0);
	ledger->failed_us = 0;
	(void)pthread_mutex_unlock(&ledger->appending);
	return ledger_ship_again(ledger, err);
}

void
ledger_figures(struct ledger *ledger, struct ledger_figures *figures)
{
	(void)pthread_mutex_lock(&ledger->lock);
	*figures = (struct ledger_figures){ .lines = ledger->lines, .last = ledger->last };
	figures->has_shipper = ledger->has_shipper;
	if (ledger->has_shipper) {
		figures->unshipped = ledger->lines - ledger->shipped;
		figures->unshipped_us = ledger->unshipped_us;
	}
	(void)pthread_mutex_unlock(&ledger->lock);
}

/* --- appending -------------------------------------------------------------------------- */

static MUST_CHECK enum rc
line_write(struct ledger *ledger, struct str text, struct err *err)
{
	ssize_t done = pwrite(ledger->fd, text.ptr, text.len, ledger->end);

	if (done == (ssize_t)text.len && fdatasync(ledger->fd) == 0)
		return RC_OK;
	if (ftruncate(ledger->fd, ledger->end) != 0)
		return FAIL(err, RC_IO, "ledger: cannot be written");
	return FAIL(err, errno == ENOSPC ? RC_FULL : RC_IO, "ledger: cannot be written");
}

enum rc
ledger_append(struct ledger *ledger, struct ledger_line *line, struct err *err)
{
	CLEANUP(unlock) pthread_mutex_t *held = &ledger->appending;
	CLEANUP(buf_free) struct buf out = { 0 };
	struct str text;

	(void)pthread_mutex_lock(held);
	if (ledger->is_read_only)
		return FAIL(err, RC_DENIED, "ledger: opened for reading only");
	buf_init(&out, LEDGER_LINE_MAX);
	if (line->time_us == 0)
		line->time_us = clock_now_us(ledger->clock);
	line->line = ledger->lines + 1;
	TRY(line_format(line, &ledger->last, &out, &text, err));
	TRY(line_write(ledger, text, err));
	ledger->end += (off_t)text.len;
	(void)pthread_mutex_lock(&ledger->lock);
	ledger->lines++;
	ledger->last = sha256(text);
	(void)pthread_mutex_unlock(&ledger->lock);
	ship_new(ledger, line, text);
	return RC_OK;
}
