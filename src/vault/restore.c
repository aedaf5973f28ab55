#include "vault/restore.h"

#include <fcntl.h>
#include <unistd.h>

#include "audit/restart.h"
#include "base/limits.h"
#include "vault/epoch.h"
#include "vault/inside.h"
#include "vault/replay.h"
#include "vault/retention.h"

#define PATH_BYTES 600

static MUST_CHECK enum rc
path_in(const char *dir, const char *name, char path[PATH_BYTES], struct err *err)
{
	if (snprintf(path, PATH_BYTES, "%s/%s", dir, name) >= PATH_BYTES)
		return FAIL(err, RC_INVALID, "the data directory's name is too long");
	return RC_OK;
}

/* --- logs begin anew ----------------------------------------------------------------- */

struct log_restart {
	struct vault *vault;
	int64_t tenant; /* 0: the server's */
	struct str slug;
	int64_t number;
	struct arena *arena;
	struct str seed; /* sealed */
	struct audit_restart audit;
};

static MUST_CHECK enum rc
entry_add(struct store_tx *tx, const struct log_restart *restart, struct err *err)
{
	CLEANUP(buf_free) struct buf leaf = { 0 };
	struct audit_entry entry = { .act = STR("restored"),
		                     .outcome = STR("ok"),
		                     .role = STR("system"),
		                     .time_us = store_tx_now_us(tx),
		                     .count = (int64_t)restart->audit.old_size,
		                     .hash = restart->audit.old };
	struct str text;
	int64_t index;

	random_bytes(entry.nonce, sizeof(entry.nonce));
	buf_init(&leaf, 4 * KIB);
	audit_entry_format(&entry, &leaf);
	TRY(buf_finish(&leaf, &text, err));
	return audit_append(tx, restart->tenant, text, &index, err);
}

static MUST_CHECK enum rc
restart_write(struct store_tx *tx, void *arg, struct err *err)
{
	struct log_restart *restart = arg;
	char number[24];

	(void)snprintf(number, sizeof(number), "%lld", (long long)restart->number);
	TRY(audit_restart(tx, &restart->audit, err));
	TRY(store_setting_put(tx, restart->tenant, STR("log.seed"), restart->seed, err));
	TRY(store_setting_put(tx, restart->tenant, STR(LOG_NUMBER_SETTING), str_from_c(number),
	                      err));
	return entry_add(tx, restart, err);
}

/* The number after every one that was ever used, here or by an earlier restore. */
struct number_ask {
	int64_t tenant;
	int64_t most;
};

static MUST_CHECK enum rc
number_look(void *arg, const struct ledger_line *line, struct str text, struct err *err)
{
	struct number_ask *ask = arg;

	(void)text;
	(void)err;
	if (line->kind == LEDGER_LOG && line->tenant == ask->tenant && line->number > ask->most)
		ask->most = line->number;
	return RC_OK;
}

static MUST_CHECK enum rc
log_restart(struct log_restart *restart, struct err *err)
{
	CLEANUP(sign_key_wipe) struct sign_key key = { 0 };
	const struct tenant tenant = { .id = restart->tenant };
	const struct vault_secret secret = { restart->tenant == 0 ? NULL : &tenant, "log.seed",
		                             STR("log.seed") };
	struct number_ask ask = { restart->tenant, 1 };
	struct ledger_line line = { .kind = LEDGER_LOG, .tenant = restart->tenant };
	char path[PATH_BYTES];

	TRY(log_number(restart->vault, restart->tenant, &ask.most, err));
	TRY(path_in(restart->vault->dir, "ledger", path, err));
	TRY(ledger_replay(path, number_look, &ask, err));
	restart->number = ask.most + 1;
	line.number = restart->number;
	TRY(ledger_append(restart->vault->ledger, &line, err));
	sign_key_new(&key);
	vault_seal(restart->vault, &secret,
	           (struct str){ (const char *)key.seed.bytes, KEY_BYTES }, restart->arena,
	           &restart->seed);
	restart->audit = (struct audit_restart){
		.tenant = restart->tenant,
		.key = &key,
		.origin = log_origin_text(restart->vault, restart->slug, restart->number,
		                          restart->arena),
	};
	return store_write(restart->vault->store, restart_write, restart, err);
}

struct tenants_list {
	struct arena *arena;
	struct tenant_row *rows;
	size_t count;
};

static MUST_CHECK enum rc
tenants_list(struct store_tx *tx, void *arg, struct err *err)
{
	struct tenants_list *list = arg;

	return store_tenant_list(tx, list->arena, &list->rows, &list->count, err);
}

static MUST_CHECK enum rc
logs_restart(struct vault *vault, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct tenants_list list = { .arena = &arena };
	struct log_restart server = { .vault = vault, .arena = &arena };

	arena_init(&arena, 64 * MIB);
	TRY(store_read(vault->store, tenants_list, &list, err));
	TRY(log_restart(&server, err));
	for (size_t i = 0; i < list.count; i++) {
		struct log_restart restart = { .vault = vault,
			                       .tenant = list.rows[i].id,
			                       .slug = list.rows[i].slug,
			                       .arena = &arena };
		TRY(log_restart(&restart, err));
	}
	return RC_OK;
}

/* --- what is past its time -------------------------------------------------------------- */

static MUST_CHECK enum rc
tenant_sweep(struct vault *vault, const struct tenant *tenant, struct restore_report *report,
             struct err *err)
{
	int64_t erased;

	do {
		CLEANUP(arena_free) struct arena arena = { 0 };
		struct retention_run run = { 0 };

		arena_init(&arena, 16 * MIB);
		erased = 0;
		TRY(vault_retention_sweep(vault, tenant, &run, &arena, err));
		for (size_t i = 0; i < run.count; i++)
			erased += run.lines[i].erased;
		report->swept += (uint64_t)erased;
	} while (erased != 0);
	return RC_OK;
}

static MUST_CHECK enum rc
time_pass(struct vault *vault, struct restore_report *report, struct err *err)
{
	TRY(vault_clock_accept(vault, err));
	for (size_t i = 0; i < vault_tenant_count(vault); i++)
		TRY(tenant_sweep(vault, vault_tenant_at(vault, i), report, err));
	return RC_OK;
}

/* --- all of it ---------------------------------------------------------------------------- */

static void
vault_drop(struct vault **vault)
{
	vault_close(*vault);
}

static MUST_CHECK enum rc
logs_step(const struct vault_options *options, struct err *err)
{
	CLEANUP(vault_drop) struct vault *vault = NULL;

	TRY(vault_open_as(&vault, options, OPEN_CORE, err));
	return logs_restart(vault, err);
}

static MUST_CHECK enum rc
data_step(const struct vault_options *options, struct restore_report *report, struct err *err)
{
	CLEANUP(vault_drop) struct vault *vault = NULL;
	char path[PATH_BYTES];

	TRY(path_in(options->dir, "ledger", path, err));
	TRY(vault_open_as(&vault, options, OPEN_RESTORING, err));
	TRY(vault_replay(vault, path, report, err));
	TRY(time_pass(vault, report, err));
	TRY(vault_purge_some(vault, INT64_MAX, err));
	report->epoch = vault_keys_epoch(vault);
	return audit_advance(vault->audit, err);
}

enum rc
vault_restore(const struct vault_options *options, struct restore_report *report,
              struct err *err)
{
	char path[PATH_BYTES];
	int fd;
	bool is_gone;

	*report = (struct restore_report){ 0 };
	TRY(path_in(options->dir, RESTORING_FILE, path, err));
	if (access(path, F_OK) != 0)
		return FAIL(err, RC_PRECONDITION, "no restore into this directory was begun");
	TRY(logs_step(options, err));
	TRY(data_step(options, report, err));
	is_gone = unlink(path) == 0;
	fd = open(options->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	is_gone = fd >= 0 && fsync(fd) == 0 && is_gone;
	if (fd >= 0)
		(void)close(fd);
	return is_gone ? RC_OK : FAIL(err, RC_IO, "the mark of the restore cannot be removed");
}
