/*
 * Opening, the lines of the ledger as they come, and the thread that makes backups.
 */
#include <errno.h>

#include "backup/inside.h"
#include "base/log.h"

static void
unlock(pthread_mutex_t **mutex)
{
	(void)pthread_mutex_unlock(*mutex);
}

/* --- the ledger ------------------------------------------------------------------- */

static MUST_CHECK enum rc
line_put(const struct backup_place *row, struct str object, struct str sealed, struct err *err)
{
	CLEANUP(place_close) struct outbound_place *place = NULL;

	TRY(place_open_row(&place, row, err));
	return place_put_str(place, object, sealed, err);
}

/* In the thread of an erasure, which may run beside a backup: with places opened
 * for this line alone.  Every place is tried, whatever another answers. */
static MUST_CHECK enum rc
line_ship(void *arg, const struct ledger_line *line, struct str text, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	CLEANUP(buf_free) struct buf out = { 0 };
	struct backup *backup = arg;
	struct age_recipient recipient;
	struct backup_places places;
	char object[OBJECT_NAME_MAX];
	struct str sealed;
	enum rc rc = RC_OK;

	arena_init(&arena, 256 * KIB);
	TRY(backup_places(backup, &arena, &places, err));
	TRY(age_recipient_parse(places.recipient, &recipient, err));
	buf_init(&out, LIMIT_OBJECT_SEALED);
	TRY(object_seal(&recipient, text, &out, err));
	TRY(buf_finish(&out, &sealed, err));
	(void)snprintf(object, sizeof(object), "ledger/%012lld", (long long)line->line);
	for (size_t i = 0; i < places.count; i++) {
		struct err place_err = { 0 };
		if (line_put(&places.items[i], str_from_c(object), sealed, &place_err) == RC_OK)
			continue;
		*err = place_err;
		rc = place_err.rc;
	}
	return rc;
}

enum rc
backup_ledger_begin(struct backup *backup, bool is_new, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	const struct ledger_shipper shipper = { line_ship, backup };
	struct ledger *ledger = vault_ledger(backup->vault);
	struct backup_places places;
	struct err all_err;

	arena_init(&arena, 256 * KIB);
	TRY(backup_places(backup, &arena, &places, err));
	if (places.count == 0 || places.recipient.len == 0) {
		ledger_ship(ledger, NULL);
		return RC_OK;
	}
	ledger_ship(ledger, &shipper);
	if (is_new)
		DISCARD(ledger_ship_all(ledger, &all_err), "the ledger tries again by itself");
	return RC_OK;
}

/* --- opening ---------------------------------------------------------------------------- */

enum rc
backup_open(struct backup **backup, struct vault *vault, const char *dir, struct err *err)
{
	struct backup *opened = calloc(1, sizeof(*opened));
	pthread_condattr_t attributes;
	enum rc rc;

	if (opened == NULL)
		abort();
	opened->vault = vault;
	opened->dir = strdup(dir);
	(void)pthread_mutex_init(&opened->lock, NULL);
	(void)pthread_mutex_init(&opened->notes_lock, NULL);
	(void)pthread_mutex_init(&opened->run_lock, NULL);
	(void)pthread_condattr_init(&attributes);
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&opened->run_wake, &attributes);
	(void)pthread_condattr_destroy(&attributes);
	notes_read(opened);
	rc = backup_ledger_begin(opened, false, err);
	if (rc != RC_OK) {
		backup_close(opened);
		return rc;
	}
	*backup = opened;
	return RC_OK;
}

void
backup_close(struct backup *backup)
{
	if (backup == NULL)
		return;
	backup_run_end(backup);
	ledger_ship(vault_ledger(backup->vault), NULL);
	for (size_t i = 0; i < LIMIT_PLACES; i++)
		nameset_free(&backup->known[i]);
	nameset_free(&backup->logs);
	(void)pthread_mutex_destroy(&backup->lock);
	(void)pthread_mutex_destroy(&backup->notes_lock);
	(void)pthread_mutex_destroy(&backup->run_lock);
	(void)pthread_cond_destroy(&backup->run_wake);
	free(backup->dir);
	free(backup);
}

/* --- by itself ---------------------------------------------------------------------------- */

static bool
is_configured(struct backup *backup)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct backup_places places;
	struct err err;

	arena_init(&arena, 256 * KIB);
	return backup_places(backup, &arena, &places, &err) == RC_OK && places.count != 0 &&
	       places.recipient.len != 0;
}

/* What a commit or the end of an epoch changes; 0 is never the answer. */
static uint64_t
change_mark(struct backup *backup)
{
	struct store_figures figures;

	store_figures(vault_store(backup->vault), &figures);
	return figures.commits + 1 + ((uint64_t)vault_keys_epoch(backup->vault) << 40);
}

/* True: it is to end. */
static bool
run_wait(struct backup *backup)
{
	CLEANUP(unlock) pthread_mutex_t *held = &backup->run_lock;
	struct timespec until;

	(void)clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += (time_t)backup->every_s;
	(void)pthread_mutex_lock(held);
	while (!backup->is_ending &&
	       pthread_cond_timedwait(&backup->run_wake, &backup->run_lock, &until) !=
	           ETIMEDOUT)
		;
	return backup->is_ending;
}

static void *
run_loop(void *arg)
{
	struct backup *backup = arg;
	struct backup_report report;
	uint64_t shipped = 0;
	struct err err = { 0 };

	while (!run_wait(backup)) {
		uint64_t mark = change_mark(backup);
		if (mark == shipped || !is_configured(backup))
			continue;
		if (backup_create(backup, NULL, &report, &err) != RC_OK) {
			log_failure("backup.failed", &err);
			continue;
		}
		LOG(LEVEL_INFO, "backup.done", F_NUM("blocks", report.blocks),
		    F_NUM("sent", report.blocks_sent), F_NUM("bytes", report.bytes_sent),
		    F_NUM("places", report.places), F_NUM("whole", report.places_whole));
		if (report.places_whole == report.places)
			shipped = mark;
	}
	return NULL;
}

enum rc
backup_run_begin(struct backup *backup, int64_t every_s, struct err *err)
{
	backup->every_s = every_s;
	if (pthread_create(&backup->thread, NULL, run_loop, backup) != 0)
		return FAIL(err, RC_IO, "cannot start the thread of the backups");
	backup->has_thread = true;
	return RC_OK;
}

void
backup_run_end(struct backup *backup)
{
	if (!backup->has_thread)
		return;
	(void)pthread_mutex_lock(&backup->run_lock);
	backup->is_ending = true;
	(void)pthread_cond_signal(&backup->run_wake);
	(void)pthread_mutex_unlock(&backup->run_lock);
	(void)pthread_join(backup->thread, NULL);
	backup->has_thread = false;
}
