/*
 * `troth backup …`, `keys turn`.
 *
 * What needs the recovery key runs in a process of its own, never in the server:
 * the key is read there and nowhere else.
 */
#include "backup/backup.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/json.h"
#include "base/limits.h"
#include "base/log.h"
#include "main/context.h"
#include "vault/epoch.h"

#define PROGRESS_EVERY_US (3 * US_PER_S)

static void
fd_close(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

/* --- backup key, backup place … ------------------------------------------------------ */

static MUST_CHECK enum rc
secret_write(const char *path, struct str text, struct err *err)
{
	CLEANUP(fd_close) int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return FAIL(err, RC_CONFLICT,
		            "the process that has the data cannot make that file, or it is "
		            "there already");
	if (write(fd, text.ptr, text.len) != (ssize_t)text.len || fsync(fd) != 0)
		return FAIL(err, RC_IO, "the recovery key cannot be written");
	return RC_OK;
}

enum rc
backup_key_run(struct call *call, struct err *err)
{
	const char *path = str_to_c(call->arena, call_option(call, "--out"));
	struct str text;

	if (call_has(call, "--recipient") == call_has(call, "--out"))
		return FAIL(err, RC_INVALID,
		            "say --out FILE, or --recipient of a key you have");
	if (call_has(call, "--recipient")) {
		TRY(backup_recipient_set(call->backup, call_option(call, "--recipient"), err));
		buf_add(call->out, STR("Backups are sealed to that key. A restore needs a copy "
		                       "of the master key too.\n"));
		return RC_OK;
	}
	if (access(path, F_OK) == 0)
		return FAIL(err, RC_CONFLICT, "there is a file of that name already");
	TRY(backup_key_new(call->backup, call->arena, &text, err));
	TRY(secret_write(path, text, err));
	buf_addf(call->out,
	         "Wrote %s. Take it offline, to two places of its own, and remove it here: "
	         "nothing opens a backup without it.\n",
	         path);
	return RC_OK;
}

static struct backup_place
place_of(const struct call *call)
{
	return (struct backup_place){
		.name = call_option(call, "--name"),
		.url = call_option(call, "--url"),
		.region = call_option(call, "--region"),
		.credentials = call_option(call, "--credentials"),
		.key_file = call_option(call, "--key-file"),
		.known_hosts = call_option(call, "--known-hosts"),
		.ca_file = call_option(call, "--ca"),
		.host_key = call_option(call, "--host-key"),
	};
}

enum rc
backup_place_add_run(struct call *call, struct err *err)
{
	const struct backup_place place = place_of(call);

	TRY(backup_place_add(call->backup, &place, err));
	buf_add(call->out, STR("Added; the next backup goes there too.\n"));
	return RC_OK;
}

enum rc
backup_place_remove_run(struct call *call, struct err *err)
{
	TRY(backup_place_remove(call->backup, call_option(call, "--name"), err));
	buf_add(call->out, STR("Removed. What lies there stays, keys of the present epoch too: "
	                       "delete it.\n"));
	return RC_OK;
}

/* --- backup list ------------------------------------------------------------------------ */

static void
place_write(const struct call *call, const struct backup_place_state *place,
            struct json_out *json)
{
	char newest[TIME_TEXT_MAX] = "never";

	if (place->newest_us != 0)
		time_format(place->newest_us / US_PER_S * US_PER_S, 0, newest);
	if (!call->is_json) {
		buf_addf(call->out, "%.*s (%.*s): newest %s%s%s\n", STR_ARGS(place->name),
		         STR_ARGS(place->region), newest,
		         place->was_reached ? "" : ", not reached at the last try",
		         place->is_region_right ? "" : ", outside a policy's region");
		return;
	}
	json_object_begin(json);
	json_text_at(json, "name", place->name);
	json_text_at(json, "region", place->region);
	if (place->newest_us != 0)
		json_time_at(json, "newest", place->newest_us);
	json_bool_at(json, "fresh", place->is_fresh);
	json_bool_at(json, "reached", place->was_reached);
	json_bool_at(json, "region_right", place->is_region_right);
	json_object_close(json);
}

static void
alarms_write(struct call *call, const struct backup_state *state)
{
	if (!state->has_recipient)
		buf_add(call->out, STR("There is no recovery key: `troth backup key`.\n"));
	if (state->is_few)
		buf_addf(call->out, "Alarm: %zu of at least %d places are fresh.\n",
		         state->fresh, MIN_PLACES);
	if (state->is_abroad)
		buf_add(call->out, STR("Alarm: a place lies outside a policy's region.\n"));
	if (state->is_unshipped)
		buf_addf(call->out, "Alarm: %lld erasures are not told to every place.\n",
		         (long long)state->unshipped);
	if (state->is_untried)
		buf_add(call->out, STR("Alarm: no restore was tried for 90 days: "
		                       "`troth backup drill`.\n"));
}

enum rc
backup_list_run(struct call *call, struct err *err)
{
	struct backup_state state;
	struct json_out json;

	TRY(backup_state(call->backup, call->arena, &state, err));
	json_out_init(&json, call->out);
	if (call->is_json) {
		json_object_begin(&json);
		json_bool_at(&json, "recovery_key", state.has_recipient);
		json_int_at(&json, "fresh", (int64_t)state.fresh);
		json_bool_at(&json, "few", state.is_few);
		json_bool_at(&json, "abroad", state.is_abroad);
		json_bool_at(&json, "untried", state.is_untried);
		json_int_at(&json, "unshipped", state.unshipped);
		json_int_at(&json, "epoch", vault_keys_epoch(call->vault));
		json_name(&json, "places");
		json_array_begin(&json);
	}
	for (size_t i = 0; i < state.count; i++)
		place_write(call, &state.places[i], &json);
	if (!call->is_json) {
		alarms_write(call, &state);
		return RC_OK;
	}
	json_array_close(&json);
	json_object_close(&json);
	return RC_OK;
}

/* --- backup create, keys turn ------------------------------------------------------------- */

/* A line in the log of whichever process makes the backup, every few seconds. */
static void
progress_tell(void *arg, uint64_t done, uint64_t all)
{
	int64_t *told_us = arg;

	if (clock_monotonic_us() - *told_us < PROGRESS_EVERY_US)
		return;
	*told_us = clock_monotonic_us();
	LOG(LEVEL_INFO, "backup.progress", F_NUM("done", done), F_NUM("all", all));
}

enum rc
backup_create_run(struct call *call, struct err *err)
{
	int64_t told_us = clock_monotonic_us();
	const struct backup_progress progress = { progress_tell, &told_us };
	struct backup_report report;
	struct json_out json;

	TRY(backup_create(call->backup, &progress, &report, err));
	if (!call->is_json) {
		buf_addf(
		    call->out,
		    "%llu of %llu blocks were new; %llu bytes sent; whole at %zu of %zu "
		    "places.\n",
		    (unsigned long long)report.blocks_sent, (unsigned long long)report.blocks,
		    (unsigned long long)report.bytes_sent, report.places_whole, report.places);
	} else {
		json_out_init(&json, call->out);
		json_object_begin(&json);
		json_int_at(&json, "time_us", report.time_us);
		json_int_at(&json, "blocks", (int64_t)report.blocks);
		json_int_at(&json, "sent", (int64_t)report.blocks_sent);
		json_int_at(&json, "bytes", (int64_t)report.bytes_sent);
		json_int_at(&json, "places", (int64_t)report.places);
		json_int_at(&json, "whole", (int64_t)report.places_whole);
		json_object_close(&json);
	}
	call->exit_code = report.places_whole == report.places ? 0 : 1;
	return RC_OK;
}

enum rc
keys_turn_run(struct call *call, struct err *err)
{
	int64_t epoch;

	TRY(vault_keys_turn(call->vault, &epoch, err));
	if (call->is_json)
		buf_addf(call->out, "{\"epoch\":%lld}", (long long)epoch);
	else
		buf_addf(call->out, "Every key lies anew under epoch %lld.\n",
		         (long long)epoch);
	return RC_OK;
}

/* --- with the recovery key ------------------------------------------------------------------
 */

struct recovery {
	struct backup_key key;
	struct backup_place places[LIMIT_PLACES];
	struct backup_from from;
};

static void
recovery_wipe(struct recovery *recovery)
{
	backup_key_wipe(&recovery->key);
}

/* --from URL[,URL…], else the places that the data directory names. */
static MUST_CHECK enum rc
places_choose(struct call *call, struct recovery *recovery, struct err *err)
{
	struct str left = call_option(call, "--from");
	struct backup_places known;
	struct str url;

	if (left.len == 0) {
		TRY(backup_places_in(str_to_c(call->arena, call->data_dir), call->arena, &known,
		                     err));
		memcpy(recovery->places, known.items, sizeof(known.items));
		recovery->from.count = known.count;
		return RC_OK;
	}
	for (; left.len != 0 && recovery->from.count < LIMIT_PLACES; recovery->from.count++) {
		struct backup_place *place = &recovery->places[recovery->from.count];
		left = str_cut(left, ',', &url);
		*place = place_of(call);
		place->url = url;
		place->name = str_printf(call->arena, "place-%zu", recovery->from.count + 1);
		place->region = STR("any");
	}
	return RC_OK;
}

static MUST_CHECK enum rc
master_take(struct call *call, struct recovery *recovery, struct err *err)
{
	struct str master = call_option(call, "--master");

	if (master.len == 0)
		return RC_OK;
	if (master.len != KEY_BYTES)
		return FAIL(err, RC_INVALID, "--master is not a master.key of 32 bytes");
	memcpy(recovery->key.master.bytes, master.ptr, KEY_BYTES);
	recovery->key.has_master = true;
	return RC_OK;
}

static MUST_CHECK enum rc
recovery_read(struct call *call, struct recovery *recovery, struct err *err)
{
	struct str at = call_option(call, "--at");

	recovery->from =
	    (struct backup_from){ .places = recovery->places, .key = &recovery->key };
	if (call->data_dir.len == 0)
		return FAIL(err, RC_INVALID, "say which data directory: --data DIR");
	if (at.len != 0)
		TRY(time_parse(at, &recovery->from.at_us, NULL, err));
	TRY(places_choose(call, recovery, err));
	TRY(backup_key_parse(call_option(call, "--identity"), &recovery->key, err));
	return master_take(call, recovery, err);
}

static void
found_write(struct call *call, const struct backup_found *found)
{
	struct json_out json;

	json_out_init(&json, call->out);
	json_object_begin(&json);
	json_time_at(&json, "time", found->time_us);
	json_int_at(&json, "objects", (int64_t)found->objects);
	json_int_at(&json, "bytes", (int64_t)found->bytes);
	json_int_at(&json, "faults", (int64_t)found->faults);
	json_text_at(&json, "first_fault", str_from_c(found->first_fault));
	json_int_at(&json, "ledger_lines", (int64_t)found->restored.lines);
	json_int_at(&json, "subjects_erased", (int64_t)found->restored.subjects);
	json_int_at(&json, "records_erased", (int64_t)found->restored.records);
	json_int_at(&json, "keys_lost", (int64_t)found->restored.keys_lost);
	json_int_at(&json, "swept", (int64_t)found->restored.swept);
	json_bool_at(&json, "good", found->is_good);
	json_object_close(&json);
}

static void
found_tell(struct call *call, const char *what, const struct backup_found *found)
{
	char time[TIME_TEXT_MAX];

	if (call->is_json) {
		found_write(call, found);
		return;
	}
	time_format(found->time_us, 0, time);
	buf_addf(call->out, "%s the backup of %s: %llu objects, %llu bytes, %llu faults.\n",
	         what, time, (unsigned long long)found->objects,
	         (unsigned long long)found->bytes, (unsigned long long)found->faults);
	if (found->faults != 0)
		buf_addf(call->out, "The first: %s\n", found->first_fault);
	if (found->restored.lines != 0)
		buf_addf(
		    call->out,
		    "Since then, done again: %llu lines of the ledger (%llu subjects, %llu "
		    "records); %llu past their time.\n",
		    (unsigned long long)found->restored.lines,
		    (unsigned long long)found->restored.subjects,
		    (unsigned long long)found->restored.records,
		    (unsigned long long)found->restored.swept);
}

enum rc
backup_verify_run(struct call *call, struct err *err)
{
	CLEANUP(recovery_wipe) struct recovery recovery = { 0 };
	struct backup_found found = { 0 };
	enum rc rc;

	TRY(recovery_read(call, &recovery, err));
	rc = backup_verify(&recovery.from, &found, err);
	if (rc != RC_OK && (rc != RC_CORRUPT || found.faults == 0))
		return rc;
	found_tell(call, "Opened", &found);
	call->exit_code = found.is_good ? 0 : 1;
	return RC_OK;
}

enum rc
backup_drill_run(struct call *call, struct err *err)
{
	CLEANUP(recovery_wipe) struct recovery recovery = { 0 };
	struct backup_found found = { 0 };
	const struct clock clock = { 0 };
	enum rc rc;

	TRY(recovery_read(call, &recovery, err));
	rc = backup_drill(str_to_c(call->arena, call->data_dir), &recovery.from, &clock, &found,
	                  err);
	if (rc != RC_OK && (rc != RC_CORRUPT || found.faults == 0))
		return rc;
	found_tell(call, "Restored, verified and removed", &found);
	call->exit_code = found.is_good ? 0 : 1;
	return RC_OK;
}

/* --- restore
 * ------------------------------------------------------------------------------------ */

/* "HOST/log/2" → "HOST": the restored server is called as it was. */
static MUST_CHECK enum rc
host_find(struct call *call, struct str *host, struct err *err)
{
	struct vault_options options = { .dir = str_to_c(call->arena, call->data_dir),
		                         .clock = &(struct clock){ 0 } };
	struct audit_log log = { 0 };
	struct vault *vault;
	enum rc rc;

	TRY(vault_open(&vault, &options, err));
	rc = audit_identity(vault_audit(vault), 0, &log, err);
	if (rc == RC_OK) {
		struct str head;
		(void)str_cut(log.origin, '/', &head);
		*host = str_copy(call->arena, head);
	}
	vault_close(vault);
	return rc;
}

enum rc
restore_run(struct call *call, struct err *err)
{
	CLEANUP(recovery_wipe) struct recovery recovery = { 0 };
	struct backup_found found = { 0 };
	const struct clock clock = { 0 };
	struct str host;

	TRY(recovery_read(call, &recovery, err));
	TRY(backup_restore(&recovery.from, str_to_c(call->arena, call->data_dir), &clock,
	                   &found, err));
	TRY(host_find(call, &host, err));
	TRY(init_certificate(call, host, err));
	found.is_good = true;
	found_tell(call, "Restored", &found);
	if (!call->is_json)
		buf_add(call->out,
		        STR("Its logs go on under new names; its certificate is new and its "
		            "own; add its places again: `troth backup place add`.\n"));
	return RC_OK;
}
