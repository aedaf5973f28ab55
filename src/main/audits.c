/*
 * `troth audit …`: verify, prove, export.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/limits.h"
#include "main/context.h"

/* --- verify ------------------------------------------------------------------------ */

static void
report_write(struct call *call, struct str slug, const struct audit_report *report)
{
	if (report->faults == 0)
		buf_addf(call->out,
		         "%.*s log: %llu entries, %llu checkpoints, %llu tiles: in order\n",
		         STR_ARGS(slug), (unsigned long long)report->entries,
		         (unsigned long long)report->checkpoints,
		         (unsigned long long)report->tiles);
	else
		buf_addf(call->out, "%.*s log: %llu faults; the first: %s\n", STR_ARGS(slug),
		         (unsigned long long)report->faults, report->first_fault);
}

static MUST_CHECK enum rc
log_verify(struct call *call, struct vault *vault, const struct tenant *tenant, bool *is_good,
           struct err *err)
{
	struct audit_report report = { 0 };
	struct audit_log log = { .store = vault_store(vault),
		                 .dir = context_path(call, "log"),
		                 .tenant = tenant == NULL ? 0 : tenant->id };
	enum rc rc;

	TRY(audit_identity(vault_audit(vault), log.tenant, &log, err));
	rc = audit_verify(&log, &report, err);
	if (rc != RC_OK && rc != RC_CORRUPT)
		return rc;
	report_write(call, tenant == NULL ? STR("server") : tenant->slug, &report);
	*is_good = *is_good && rc == RC_OK;
	return RC_OK;
}

static MUST_CHECK enum rc
rows_verify(struct call *call, struct vault *vault, const struct tenant *tenant, bool *is_good,
            struct err *err)
{
	struct vault_check check;
	enum rc rc = vault_verify(vault, tenant, call->arena, &check, err);

	if (rc != RC_OK && rc != RC_CORRUPT)
		return rc;
	buf_addf(call->out, "%.*s data: %llu keys, %llu records: %s\n", STR_ARGS(tenant->slug),
	         (unsigned long long)check.keys, (unsigned long long)check.records,
	         rc == RC_OK ? "all open" : "not all open");
	for (size_t i = 0; i < check.fault_count && i < 20; i++)
		buf_addf(call->out, "  %.*s\n", STR_ARGS(check.faults[i].where));
	*is_good = *is_good && rc == RC_OK;
	return RC_OK;
}

static MUST_CHECK enum rc
directory_verify(struct call *call, struct vault *vault, struct err *err)
{
	struct str only = call_option(call, "--tenant");
	bool is_good = true;

	TRY(store_check(vault_store(vault), err));
	TRY(log_verify(call, vault, NULL, &is_good, err));
	for (size_t i = 0; i < vault_tenant_count(vault); i++) {
		const struct tenant *tenant = vault_tenant_at(vault, i);
		if (only.len != 0 && !str_eq(only, tenant->slug))
			continue;
		TRY(log_verify(call, vault, tenant, &is_good, err));
		TRY(rows_verify(call, vault, tenant, &is_good, err));
	}
	if (!is_good)
		return FAIL(err, RC_CORRUPT, "the data directory has faults");
	return RC_OK;
}

static void
vault_drop(struct vault **vault)
{
	vault_close(*vault);
}

/* Read-only, beside a running server or without one. */
enum rc
audit_verify_run(struct call *call, struct err *err)
{
	CLEANUP(vault_drop) struct vault *vault = NULL;
	struct vault_options options = { .clock = &(struct clock){ 0 }, .is_read_only = true };
	struct audit_report report = { 0 };
	enum rc rc;

	if (call->argument_count == 1) {
		rc = audit_verify_export(str_to_c(call->arena, call->arguments[0]), &report,
		                         err);
		report_write(call, report.origin, &report);
		return rc;
	}
	if (call->data_dir.len == 0)
		return FAIL(err, RC_INVALID,
		            "say which data directory: --data DIR, or an "
		            "exported log's folder");
	options.dir = str_to_c(call->arena, call->data_dir);
	TRY(vault_open(&vault, &options, err));
	return directory_verify(call, vault, err);
}

/* --- prove ---------------------------------------------------------------------------- */

enum rc
audit_prove_run(struct call *call, struct err *err)
{
	const struct tenant *tenant;
	int64_t index;

	TRY(call_tenant(call, &tenant, err));
	if (call->argument_count != 1)
		return FAIL(err, RC_INVALID, "say which entry, by its number");
	TRY(str_to_i64(call->arguments[0], &index, err));
	TRY(audit_prove(vault_audit(call->vault), tenant->id, index, call->out, err));
	buf_add(call->out, STR("\n"));
	return RC_OK;
}

/* --- export ------------------------------------------------------------------------------ */

/* Makes the folders of a path below `folder`, then the file. */
static MUST_CHECK enum rc
file_put(struct call *call, const char *path, struct str text, struct err *err)
{
	char *copy = arena_alloc(call->arena, strlen(path) + 1, 1);
	FILE *file;
	bool is_whole;

	memcpy(copy, path, strlen(path) + 1);
	for (char *at = strchr(copy + 1, '/'); at != NULL; at = strchr(at + 1, '/')) {
		*at = '\0';
		if (mkdir(copy, 0755) != 0 && errno != EEXIST)
			return FAIL(err, RC_IO, "cannot make a folder");
		*at = '/';
	}
	file = fopen(path, "we");
	if (file == NULL)
		return FAIL(err, RC_IO, "cannot write into the folder");
	is_whole = fwrite(text.ptr, 1, text.len, file) == text.len;
	if (fclose(file) != 0 || !is_whole)
		return FAIL(err, RC_IO, "cannot write into the folder");
	return RC_OK;
}

struct exporting {
	struct call *call;
	const struct tenant *tenant;
	const char *folder;
};

static MUST_CHECK enum rc
tile_put(const struct exporting *exporting, struct str path, struct err *err)
{
	CLEANUP(buf_free) struct buf out = { 0 };
	struct call *call = exporting->call;
	const char *file;
	struct str text;

	buf_init(&out, 64 * MIB);
	TRY(audit_tile(vault_audit(call->vault), exporting->tenant->id, path, &out, err));
	TRY(buf_finish(&out, &text, err));
	file = str_printf(call->arena, "%s/%.*s", exporting->folder, STR_ARGS(path)).ptr;
	return file_put(call, file, text, err);
}

/* C2SP tlog-tiles: x001/067, and .p/W where the tile is not full. */
static struct str
tile_path(struct arena *arena, const char *level, uint64_t number, uint64_t width)
{
	struct str path = str_printf(arena, "%03llu", (unsigned long long)(number % 1000));

	for (number /= 1000; number > 0; number /= 1000)
		path = str_printf(arena, "x%03llu/%.*s", (unsigned long long)(number % 1000),
		                  STR_ARGS(path));
	if (width < 256)
		return str_printf(arena, "tile/%s/%.*s.p/%llu", level, STR_ARGS(path),
		                  (unsigned long long)width);
	return str_printf(arena, "tile/%s/%.*s", level, STR_ARGS(path));
}

static MUST_CHECK enum rc
level_put(const struct exporting *exporting, const char *level, uint64_t count, struct err *err)
{
	for (uint64_t i = 0; i * 256 < count; i++) {
		uint64_t left = count - i * 256;
		TRY(tile_put(
		    exporting,
		    tile_path(exporting->call->arena, level, i, left < 256 ? left : 256), err));
	}
	return RC_OK;
}

static MUST_CHECK enum rc
tiles_put(const struct exporting *exporting, uint64_t size, struct err *err)
{
	char level[4] = "0";

	TRY(level_put(exporting, "entries", size, err));
	for (uint64_t count = size; count > 0; count /= 256, level[0]++)
		TRY(level_put(exporting, level, count, err));
	return RC_OK;
}

enum rc
audit_export_run(struct call *call, struct err *err)
{
	CLEANUP(buf_free) struct buf note = { 0 };
	CLEANUP(buf_free) struct buf key = { 0 };
	struct exporting exporting = { .call = call };
	struct audit_figures figures;
	struct audit *audit = vault_audit(call->vault);
	struct str text;

	TRY(call_tenant(call, &exporting.tenant, err));
	if (call->argument_count != 1)
		return FAIL(err, RC_INVALID, "say into which folder");
	exporting.folder = str_to_c(call->arena, call->arguments[0]);
	buf_init(&note, 64 * KIB);
	buf_init(&key, 64 * KIB);
	TRY(audit_advance(audit, err));
	TRY(audit_figures(audit, exporting.tenant->id, &figures, err));
	TRY(audit_checkpoint(audit, exporting.tenant->id, &note, err));
	TRY(audit_verifier_key(audit, exporting.tenant->id, &key, err));
	TRY(tiles_put(&exporting, figures.signed_to, err));
	TRY(buf_finish(&note, &text, err));
	TRY(file_put(call, str_printf(call->arena, "%s/checkpoint", exporting.folder).ptr, text,
	             err));
	TRY(buf_finish(&key, &text, err));
	TRY(file_put(call, str_printf(call->arena, "%s/key", exporting.folder).ptr, text, err));
	buf_addf(call->out, "Wrote %llu entries.\n", (unsigned long long)figures.signed_to);
	return RC_OK;
}
