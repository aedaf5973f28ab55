/*
 * The data directory and its tenants.
 *
 *   DIR/master.key  32 bytes, 0600 (or the systemd credential "master.key")
 *   DIR/keys.dat    wrapped keys, and DIR/epoch.key (keys.h)
 *   DIR/troth.db    the store
 *   DIR/log/        tiles of the audit logs
 *   DIR/ledger      what has been destroyed (ledger.h)
 *   DIR/lock        held by the one process that writes
 */
#include "vault/vault.h"
#include "base/broken.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vault/inside.h"
#include "vault/restore.h"
#include "vault/version.h"

#define PATH_BYTES 512
/* Of a vault that is read only or being restored, which may stand in one process
 * beside the one that serves: secret memory holds one large cache. */
#define KEYS_CACHED_BESIDE 16384
#define SWEEP_EVERY        US_PER_HOUR
#define OUTBOX_KEPT        (30 * US_PER_DAY)

static MUST_CHECK enum rc
path_in(const char *dir, const char *name, char path[PATH_BYTES], struct err *err)
{
	int length = snprintf(path, PATH_BYTES, "%s/%s", dir, name);

	if (length < 0 || length >= PATH_BYTES)
		return FAIL(err, RC_INVALID, "the data directory's name is too long");
	return RC_OK;
}

static void
fd_close(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

/* --- the master key ---------------------------------------------------------- */

static MUST_CHECK enum rc
master_create(const char *dir, struct key *master, struct err *err)
{
	CLEANUP(fd_close) int fd = -1;
	char path[PATH_BYTES];

	TRY(path_in(dir, "master.key", path, err));
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return FAIL(err, errno == EEXIST ? RC_CONFLICT : RC_IO,
		            "cannot make master.key: is there a data directory already?");
	random_bytes(master->bytes, KEY_BYTES);
	if (write(fd, master->bytes, KEY_BYTES) != KEY_BYTES || fsync(fd) != 0)
		return FAIL(err, RC_IO, "cannot write master.key");
	return RC_OK;
}

static MUST_CHECK enum rc
master_path(const char *dir, char path[PATH_BYTES], struct err *err)
{
	const char *credentials = getenv("CREDENTIALS_DIRECTORY");

	if (credentials != NULL) {
		TRY(path_in(credentials, "master.key", path, err));
		if (access(path, R_OK) == 0)
			return RC_OK;
	}
	return path_in(dir, "master.key", path, err);
}

static MUST_CHECK enum rc
master_read(const char *dir, struct key *master, struct err *err)
{
	CLEANUP(fd_close) int fd = -1;
	char path[PATH_BYTES];
	struct stat stat;

	TRY(master_path(dir, path, err));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &stat) != 0)
		return FAIL(err, RC_NOT_FOUND, "no master.key: is this a data directory?");
	if ((stat.st_mode & (S_IRWXG | S_IRWXO)) != 0)
		return FAIL(err, RC_DENIED, "master.key may be read by others; chmod 600 it");
	if (stat.st_size != KEY_BYTES || read(fd, master->bytes, KEY_BYTES) != KEY_BYTES)
		return FAIL(err, RC_CORRUPT, "master.key is not 32 bytes");
	return RC_OK;
}

/* --- opening ------------------------------------------------------------------- */

static MUST_CHECK enum rc
store_at(const struct vault_options *options, struct store **store, struct err *err)
{
	struct store_options store_options = { .clock = options->clock,
		                               .is_read_only = options->is_read_only };
	char path[PATH_BYTES];

	TRY(path_in(options->dir, "troth.db", path, err));
	store_options.path = path;
	return store_open(store, &store_options, err);
}

struct origin_put {
	struct str host, region;
};

static MUST_CHECK enum rc
origin_put(struct store_tx *tx, void *arg, struct err *err)
{
	struct origin_put *put = arg;

	if (put->region.len != 0)
		TRY(store_setting_put(tx, 0, STR("region"), put->region, err));
	return put->host.len == 0 ? RC_OK
	                          : store_setting_put(tx, 0, STR("origin"), put->host, err);
}

enum rc
vault_create(const struct vault_options *options, struct err *err)
{
	CLEANUP(key_wipe) struct key master = { { 0 } };
	struct origin_put put = { .host = str_from_c(options->origin_host) };
	struct store *store = NULL;
	char path[PATH_BYTES];
	enum rc rc;

	if (mkdir(options->dir, 0700) != 0 && errno != EEXIST)
		return FAIL(err, RC_IO, "cannot make the data directory");
	TRY(master_create(options->dir, &master, err));
	TRY(path_in(options->dir, "keys.dat", path, err));
	TRY(keys_create(path, &master, err));
	TRY(store_at(options, &store, err));
	rc = store_write(store, origin_put, &put, err);
	store_close(store);
	return rc;
}

static MUST_CHECK enum rc
lock_take(struct vault *vault, struct err *err)
{
	char path[PATH_BYTES];

	TRY(path_in(vault->dir, "lock", path, err));
	vault->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (vault->lock_fd < 0)
		return FAIL(err, RC_IO, "cannot open the lock of the data directory");
	if (flock(vault->lock_fd, LOCK_EX | LOCK_NB) != 0)
		return FAIL(err, RC_BUSY, "another process has this data directory open");
	return RC_OK;
}

struct origin_find {
	struct arena *arena;
	struct str host;
};

static MUST_CHECK enum rc
origin_find(struct store_tx *tx, void *arg, struct err *err)
{
	struct origin_find *find = arg;

	return store_setting_find(tx, 0, STR("origin"), find->arena, &find->host, err);
}

/* A directory that a restore has not finished is nobody's but the restore's. */
static MUST_CHECK enum rc
restoring_check(const struct vault *vault, enum vault_opening opening, struct err *err)
{
	char path[PATH_BYTES];

	TRY(path_in(vault->dir, RESTORING_FILE, path, err));
	if (opening == OPEN_WHOLE && access(path, F_OK) == 0)
		return FAIL(err, RC_PRECONDITION,
		            "a restore into this directory did not finish; run it again");
	return RC_OK;
}

#ifdef TROTH_BREAKABLE
static enum rc
leak_write(struct store_tx *tx, void *master, struct err *err)
{
	const struct key *key = master;

	return store_setting_put(tx, 0, STR("leak"),
	                         (struct str){ (const char *)key->bytes, KEY_BYTES }, err);
}
#define master_leak(store, key, err) store_write((store), leak_write, (key), (err))
#else
#define master_leak(store, key, err) RC_OK
#endif

static MUST_CHECK enum rc
core_open(struct vault *vault, const struct vault_options *options, enum vault_opening opening,
          struct err *err)
{
	bool is_main = opening == OPEN_WHOLE && !options->is_read_only;
	CLEANUP(key_wipe) struct key master = { { 0 } };
	struct origin_find origin = { .arena = &vault->texts };
	struct ledger_options ledger;
	struct keys_options keys;
	char path[PATH_BYTES];

	TRY(master_read(options->dir, &master, err));
	if (!options->is_read_only)
		TRY(lock_take(vault, err));
	TRY(store_at(options, &vault->store, err));
	TRY(store_read(vault->store, origin_find, &origin, err));
	vault->origin_host = strndup(origin.host.ptr, origin.host.len);
	TRY(path_in(options->dir, "keys.dat", path, err));
	keys =
	    (struct keys_options){ .path = path,
		                   .store = vault->store,
		                   .master = &master,
		                   .is_read_only = options->is_read_only,
		                   .cached = is_main ? LIMIT_KEYS_CACHED : KEYS_CACHED_BESIDE };
	if (broken("keys.apart") && !options->is_read_only)
		TRY(master_leak(vault->store, &master, err));
	TRY(keys_open(&vault->keys, &keys, err));
	TRY(path_in(options->dir, "ledger", path, err));
	ledger = (struct ledger_options){ path, vault->clock, options->is_read_only };
	return ledger_open(&vault->ledger, &ledger, err);
}

static MUST_CHECK enum rc
parts_open(struct vault *vault, const struct vault_options *options, enum vault_opening opening,
           struct err *err)
{
	struct audit_options audit = { .clock = options->clock };
	char path[PATH_BYTES];

	TRY(restoring_check(vault, opening, err));
	TRY(core_open(vault, options, opening, err));
	if (opening == OPEN_CORE)
		return RC_OK;
	TRY(path_in(options->dir, "log", path, err));
	audit.store = vault->store;
	audit.dir = path;
	TRY(audit_open(&vault->audit, &audit, err));
	TRY(server_log_open(vault, err));
	TRY(tenant_load_all(vault, err));
	TRY(vault_policy_advance(vault, err));
	return vault->is_read_only ? RC_OK : subjects_finish_erasing(vault, err);
}

enum rc
vault_open_as(struct vault **vault, const struct vault_options *options,
              enum vault_opening opening, struct err *err)
{
	struct vault *opened = calloc(1, sizeof(*opened));
	enum rc rc;

	if (opened == NULL)
		abort();
	opened->clock = options->clock;
	opened->lock_fd = -1;
	opened->is_read_only = options->is_read_only;
	opened->dir = strdup(options->dir);
	(void)pthread_rwlock_init(&opened->lock, NULL);
	arena_init(&opened->texts, 4 * MIB);
	rc = parts_open(opened, options, opening, err);
	if (rc != RC_OK) {
		vault_close(opened);
		return rc;
	}
	*vault = opened;
	return RC_OK;
}

enum rc
vault_open(struct vault **vault, const struct vault_options *options, struct err *err)
{
	return vault_open_as(vault, options, OPEN_WHOLE, err);
}

void
vault_close(struct vault *vault)
{
	if (vault == NULL)
		return;
	audit_close(vault->audit);
	ledger_close(vault->ledger);
	keys_close(vault->keys);
	store_close(vault->store);
	for (size_t i = 0; i < vault->tenant_count; i++) {
		union {
			const struct policy *in;
			struct policy *out;
		} policy = { .in = vault->tenants[i]->policy };
		union {
			const struct zone *in;
			struct zone *out;
		} zone = { .in = vault->tenants[i]->time_zone };
		policy_free(policy.out);
		zone_close(&zone.out);
		free(vault->tenants[i]);
	}
	policies_end(vault->kept);
	arena_free(&vault->texts);
	fd_close(&vault->lock_fd);
	(void)pthread_rwlock_destroy(&vault->lock);
	free(vault->origin_host);
	free(vault->dir);
	free(vault);
}

struct store *
vault_store(struct vault *vault)
{
	return vault->store;
}

struct audit *
vault_audit(struct vault *vault)
{
	return vault->audit;
}

struct ledger *
vault_ledger(struct vault *vault)
{
	return vault->ledger;
}

const struct clock *
vault_clock(const struct vault *vault)
{
	return vault->clock;
}

const char *
vault_origin_host(const struct vault *vault)
{
	return vault->origin_host;
}

const char *
vault_dir(const struct vault *vault)
{
	return vault->dir;
}

/* --- where the machine stands -------------------------------------------------------- */

struct region_find {
	struct arena *arena;
	struct str region;
};

static enum rc
region_find(struct store_tx *tx, void *arg, struct err *err)
{
	struct region_find *find = arg;
	enum rc rc = store_setting_find(tx, 0, STR("region"), find->arena, &find->region, err);

	if (rc != RC_NOT_FOUND)
		return rc;
	find->region = STR_EMPTY;
	return RC_OK;
}

enum rc
vault_region(struct vault *vault, struct arena *arena, struct str *region, struct err *err)
{
	struct region_find find = { arena, STR_EMPTY };

	TRY(store_read(vault->store, region_find, &find, err));
	*region = find.region;
	return RC_OK;
}

enum rc
vault_region_set(struct vault *vault, struct str region, struct err *err)
{
	struct origin_put put = { .region = region };

	if (region.len == 0 || region.len > 40)
		return FAIL(err, RC_INVALID, "a region has 1 to 40 characters");
	return store_write(vault->store, origin_put, &put, err);
}

/* --- housekeeping ------------------------------------------------------------------ */

static MUST_CHECK enum rc
sweep(struct store_tx *tx, void *arg, struct err *err)
{
	const int64_t *now_us = arg;
	int64_t removed;

	TRY(store_ticket_sweep(tx, *now_us, &removed, err));
	return store_outbox_sweep(tx, *now_us - OUTBOX_KEPT, err);
}

enum rc
vault_tick(struct vault *vault, struct err *err)
{
	int64_t now_us = clock_now_us(vault->clock);
	struct err ship_err;

	TRY(audit_advance(vault->audit, err));
	TRY(vault_policy_advance(vault, err));
	DISCARD(ledger_ship_again(vault->ledger, &ship_err),
	        "tried again, and told by a figure");
	TRY(retention_tick(vault, err));
	if (now_us - vault->swept_us < SWEEP_EVERY)
		return RC_OK;
	vault->swept_us = now_us;
	TRY(epoch_tick(vault, err));
	TRY(subjects_finish_erasing(vault, err));
	return store_write(vault->store, sweep, &now_us, err);
}
