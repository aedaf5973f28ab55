/*
 * A restore that is thrown away: the only way to know that a backup is one.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/audit.h"
#include "backup/inside.h"

#define FOLDER "drill"

static void
fd_close(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

/* --- away with it ----------------------------------------------------------------- */

static MUST_CHECK enum rc
file_wipe(const char *path, struct err *err)
{
	CLEANUP(fd_close) int fd = open(path, O_WRONLY | O_CLOEXEC);
	static const char zeros[64 * KIB];
	struct stat stat;

	if (fd < 0 && errno == ENOENT)
		return RC_OK;
	if (fd < 0 || fstat(fd, &stat) != 0)
		return FAIL(err, RC_IO, "the drill's keys cannot be overwritten");
	for (off_t at = 0; at < stat.st_size; at += (off_t)sizeof(zeros)) {
		size_t some = stat.st_size - at < (off_t)sizeof(zeros)
		                  ? (size_t)(stat.st_size - at)
		                  : sizeof(zeros);
		if (pwrite(fd, zeros, some, at) != (ssize_t)some)
			return FAIL(err, RC_IO, "the drill's keys cannot be overwritten");
	}
	return fsync(fd) == 0 ? RC_OK
	                      : FAIL(err, RC_IO, "the drill's keys cannot be overwritten");
}

static int
entry_remove(const char *path, const struct stat *stat, int type, struct FTW *at)
{
	(void)stat;
	(void)type;
	(void)at;
	return remove(path);
}

static MUST_CHECK enum rc
folder_remove(const char *folder, struct err *err)
{
	static const char *const keys[] = { "keys.dat",  "keys.dat.new",  "keys.dat.old",
		                            "epoch.key", "epoch.key.new", "epoch.key.old",
		                            "master.key" };
	char path[BACKUP_PATH_BYTES];

	if (access(folder, F_OK) != 0)
		return RC_OK;
	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		TRY(backup_path_in(folder, keys[i], path, err));
		TRY(file_wipe(path, err));
	}
	if (nftw(folder, entry_remove, 16, FTW_DEPTH | FTW_PHYS) != 0)
		return FAIL(err, RC_IO, "the drill's folder cannot be removed");
	return RC_OK;
}

/* --- is it one? -------------------------------------------------------------------- */

struct checking {
	struct vault *vault;
	const char *folder;
	struct backup_found *found;
};

static void
checking_end(struct checking *checking)
{
	vault_close(checking->vault);
}

static void
fault(struct checking *checking, struct str where)
{
	if (checking->found->faults++ == 0)
		(void)snprintf(checking->found->first_fault,
		               sizeof(checking->found->first_fault), "%.*s",
		               (int)(where.len < 199 ? where.len : 199), where.ptr);
}

static MUST_CHECK enum rc
log_check(struct checking *checking, int64_t tenant, struct err *err)
{
	char dir[BACKUP_PATH_BYTES];
	struct audit_report report = { 0 };
	struct audit_log log = { .store = vault_store(checking->vault), .tenant = tenant };
	enum rc rc;

	TRY(backup_path_in(checking->folder, "log", dir, err));
	log.dir = dir;
	TRY(audit_identity(vault_audit(checking->vault), tenant, &log, err));
	rc = audit_verify(&log, &report, err);
	if (rc == RC_CORRUPT)
		fault(checking, str_from_c(report.first_fault));
	return rc == RC_CORRUPT ? RC_OK : rc;
}

static MUST_CHECK enum rc
tenant_check(struct checking *checking, const struct tenant *tenant, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct vault_check check = { 0 };

	arena_init(&arena, LIMIT_ARENA_BYTES);
	TRY(vault_verify(checking->vault, tenant, &arena, &check, err));
	for (size_t i = 0; i < check.fault_count; i++)
		fault(checking, check.faults[i].where);
	return log_check(checking, tenant->id, err);
}

static MUST_CHECK enum rc
folder_check(const char *folder, const struct clock *clock, struct backup_found *found,
             struct err *err)
{
	CLEANUP(checking_end) struct checking checking = { .folder = folder, .found = found };
	const struct vault_options options = { .dir = folder,
		                               .clock = clock,
		                               .is_read_only = true };

	TRY(vault_open(&checking.vault, &options, err));
	TRY(store_check(vault_store(checking.vault), err));
	TRY(log_check(&checking, 0, err));
	for (size_t i = 0; i < vault_tenant_count(checking.vault); i++)
		TRY(tenant_check(&checking, vault_tenant_at(checking.vault, i), err));
	if (found->faults != 0)
		return FAIL(err, RC_CORRUPT, "%s", found->first_fault);
	return RC_OK;
}

/* --- all of it -------------------------------------------------------------------------- */

static MUST_CHECK enum rc
drill_note(const char *dir, int64_t now_us, struct err *err)
{
	CLEANUP(fd_close) int fd = -1;
	char path[BACKUP_PATH_BYTES];
	char text[24];
	int len = snprintf(text, sizeof(text), "%lld", (long long)now_us);

	TRY(backup_path_in(dir, DRILL_MARK, path, err));
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, text, (size_t)len) != len)
		return FAIL(err, RC_IO, "the drill cannot be noted");
	return RC_OK;
}

enum rc
backup_drill(const char *dir, const struct backup_from *from, const struct clock *clock,
             struct backup_found *found, struct err *err)
{
	char folder[BACKUP_PATH_BYTES];
	struct err remove_err = { 0 };
	enum rc removed;
	enum rc rc;

	TRY(backup_path_in(dir, FOLDER, folder, err));
	TRY(folder_remove(folder, err));
	rc = backup_restore(from, folder, clock, found, err);
	if (rc == RC_OK)
		rc = folder_check(folder, clock, found, err);
	removed = folder_remove(folder, &remove_err);
	TRY(rc);
	if (removed != RC_OK) {
		*err = remove_err;
		return removed;
	}
	found->is_good = true;
	return drill_note(dir, clock_now_us(clock), err);
}
