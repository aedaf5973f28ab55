/*
 * `troth audit …`: verify, prove, export.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/prune.h"
#include "base/json.h"
#include "base/limits.h"
#include "main/context.h"

/* --- verify ------------------------------------------------------------------------ */

/* What is being verified, and how it is told. */
struct verifying {
	struct call *call;
	struct vault *vault;
	struct json_out json;
	bool is_good;
};

static void
report_write(struct verifying *verifying, struct str what, const struct audit_report *report)
{
	struct json_out *json = &verifying->json;

	verifying->is_good = verifying->is_good && report->faults == 0;
	if (verifying->call->is_json) {
		json_object_begin(json);
		json_text_at(json, "log", what);
		json_int_at(json, "entries", (int64_t)report->entries);
		json_int_at(json, "checkpoints", (int64_t)report->checkpoints);
		json_int_at(json, "tiles", (int64_t)report->tiles);
		json_int_at(json, "faults", (int64_t)report->faults);
		json_text_at(json, "first_fault", str_from_c(report->first_fault));
		json_object_close(json);
		return;
	}
	buf_addf(verifying->call->out,
	         "%.*s log: %llu entries, %llu checkpoints, %llu tiles: ", STR_ARGS(what),
	         (unsigned long long)report->entries, (unsigned long long)report->checkpoints,
	         (unsigned long long)report->tiles);
	if (report->faults == 0)
		buf_add(verifying->call->out, STR("in order\n"));
	else
		buf_addf(verifying->call->out, "%llu faults; the first: %s\n",
		         (unsigned long long)report->faults, report->first_fault);
}

static MUST_CHECK enum rc
log_verify(struct verifying *verifying, const struct tenant *tenant, struct err *err)
{
	struct audit_report report = { 0 };
	struct audit_log log = { .store = vault_store(verifying->vault),
		                 .dir = context_path(verifying->call, "log"),
		                 .tenant = tenant == NULL ? 0 : tenant->id };
	enum rc rc;

	TRY(audit_identity(vault_audit(verifying->vault), log.tenant, &log, err));
	rc = audit_verify(&log, &report, err);
	if (rc != RC_OK && rc != RC_CORRUPT)
		return rc;
	report_write(verifying, tenant == NULL ? STR("server") : tenant->slug, &report);
	return RC_OK;
}

#define FAULTS_SHOWN 20

static void
check_write(struct verifying *verifying, struct str what, const struct vault_check *check)
{
	struct json_out *json = &verifying->json;
	size_t shown = check->fault_count < FAULTS_SHOWN ? check->fault_count : FAULTS_SHOWN;

	verifying->is_good = verifying->is_good && check->fault_count == 0;
	if (!verifying->call->is_json) {
		buf_addf(verifying->call->out,
		         "%.*s data: %llu keys, %llu records: %zu faults\n", STR_ARGS(what),
		         (unsigned long long)check->keys, (unsigned long long)check->records,
		         check->fault_count);
		for (size_t i = 0; i < shown; i++)
			buf_addf(verifying->call->out, "  %.*s\n",
			         STR_ARGS(check->faults[i].where));
		return;
	}
	json_object_begin(json);
	json_text_at(json, "data", what);
	json_int_at(json, "keys", (int64_t)check->keys);
	json_int_at(json, "records", (int64_t)check->records);
	json_int_at(json, "faults", (int64_t)check->fault_count);
	json_name(json, "where");
	json_array_begin(json);
	for (size_t i = 0; i < shown; i++)
		json_put_text(json, check->faults[i].where);
	json_array_close(json);
	json_object_close(json);
}

static MUST_CHECK enum rc
rows_verify(struct verifying *verifying, const struct tenant *tenant, struct err *err)
{
	struct vault_check check;
	enum rc rc =
	    vault_verify(verifying->vault, tenant, verifying->call->arena, &check, err);

	if (rc != RC_OK && rc != RC_CORRUPT)
		return rc;
	check_write(verifying, tenant->slug, &check);
	return RC_OK;
}

static MUST_CHECK enum rc
directory_verify(struct verifying *verifying, struct err *err)
{
	struct str only = call_option(verifying->call, "--tenant");

	if (only.len != 0 && vault_tenant_find(verifying->vault, only) == NULL)
		return FAIL(err, RC_NOT_FOUND,
		            "there is no such tenant; see `troth tenant list`");
	TRY(store_check(vault_store(verifying->vault), err));
	TRY(log_verify(verifying, NULL, err));
	for (size_t i = 0; i < vault_tenant_count(verifying->vault); i++) {
		const struct tenant *tenant = vault_tenant_at(verifying->vault, i);
		if (only.len != 0 && !str_eq(only, tenant->slug))
			continue;
		TRY(log_verify(verifying, tenant, err));
		TRY(rows_verify(verifying, tenant, err));
	}
	return RC_OK;
}

static void
vault_drop(struct vault **vault)
{
	vault_close(*vault);
}

static MUST_CHECK enum rc
export_verify(struct verifying *verifying, struct err *err)
{
	struct call *call = verifying->call;
	struct audit_report report = { 0 };
	enum rc rc =
	    audit_verify_export(str_to_c(call->arena, call->arguments[0]), &report, err);

	if (rc == RC_CORRUPT && report.origin.len == 0)
		return FAIL(err, rc, "no exported log: %s", report.first_fault);
	if (rc == RC_OK || rc == RC_CORRUPT)
		report_write(verifying, report.origin, &report);
	return rc;
}

/* Read-only, beside a running server or without one. */
static MUST_CHECK enum rc
verify(struct verifying *verifying, struct err *err)
{
	CLEANUP(vault_drop) struct vault *vault = NULL;
	struct vault_options options = { .clock = &(struct clock){ 0 }, .is_read_only = true };
	struct call *call = verifying->call;

	if (call->argument_count == 1)
		return export_verify(verifying, err);
	if (call->data_dir.len == 0)
		return FAIL(err, RC_INVALID,
		            "say which data directory: --data DIR, or an "
		            "exported log's folder");
	options.dir = str_to_c(call->arena, call->data_dir);
	TRY(vault_open(&vault, &options, err));
	verifying->vault = vault;
	return directory_verify(verifying, err);
}

enum rc
audit_verify_run(struct call *call, struct err *err)
{
	struct verifying verifying = { .call = call, .is_good = true };
	enum rc rc;

	json_out_init(&verifying.json, call->out);
	if (call->is_json)
		json_array_begin(&verifying.json);
	rc = verify(&verifying, err);
	if (call->is_json)
		json_array_close(&verifying.json);
	TRY(rc);
	return verifying.is_good ? RC_OK : FAIL(err, RC_CORRUPT, "it has faults");
}

/* --- prove ---------------------------------------------------------------------------- */

enum rc
audit_prove_run(struct call *call, struct err *err)
{
	const struct tenant *tenant;
	int64_t index;

	TRY(call_tenant(call, &tenant, err));
	if (str_to_i64(call->arguments[0], &index, err) != RC_OK)
		return FAIL(err, RC_INVALID, "ENTRY is its number: 0 is the log's first");
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
			return FAIL(
			    err, RC_IO,
			    "cannot make the folder; the process that has the data makes it");
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
	int64_t minimum; /* entries below it were cut off */
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
	uint64_t first =
	    str_eq(str_from_c(level), STR("entries")) ? (uint64_t)exporting->minimum / 256 : 0;

	for (uint64_t i = first; i * 256 < count; i++) {
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

/* So that whoever verifies it knows that what is not there was cut, not lost. */
static MUST_CHECK enum rc
minimum_put(const struct exporting *exporting, struct err *err)
{
	struct call *call = exporting->call;
	struct str text = str_printf(call->arena, "%lld", (long long)exporting->minimum);

	if (exporting->minimum == 0)
		return RC_OK;
	return file_put(call, str_printf(call->arena, "%s/minimum", exporting->folder).ptr,
	                text, err);
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
	exporting.folder = str_to_c(call->arena, call->arguments[0]);
	buf_init(&note, 64 * KIB);
	buf_init(&key, 64 * KIB);
	TRY(audit_advance(audit, err));
	TRY(audit_figures(audit, exporting.tenant->id, &figures, err));
	TRY(audit_checkpoint(audit, exporting.tenant->id, &note, err));
	TRY(audit_verifier_key(audit, exporting.tenant->id, &key, err));
	TRY(prune_minimum(vault_store(call->vault), exporting.tenant->id, &exporting.minimum,
	                  err));
	TRY(tiles_put(&exporting, figures.signed_to, err));
	TRY(minimum_put(&exporting, err));
	TRY(buf_finish(&note, &text, err));
	TRY(file_put(call, str_printf(call->arena, "%s/checkpoint", exporting.folder).ptr, text,
	             err));
	TRY(buf_finish(&key, &text, err));
	TRY(file_put(call, str_printf(call->arena, "%s/key", exporting.folder).ptr, text, err));
	buf_addf(call->out, "Wrote %llu entries.\n", (unsigned long long)figures.signed_to);
	return RC_OK;
}
