/*
 * Probes of backups, of where data lie, and of erasure in all of it.
 */
#include <fcntl.h>
#include <unistd.h>

#include "backup/backup.h"
#include "prove/inside.h"
#include "vault/ledger.h"

#define SLOT_BYTES   64 /* of keys.dat: vault/keys.h */
#define SLOT_KEY_AT  12 /* the wrapped key */
#define SLOT_KEY_LEN 32
#define SLOTS_TRIED  8

/* --- keys apart from what they open --------------------------------------------------- */

static void
fd_close(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

/* Secret bytes of DIR/name at an offset; empty: not there, or all zero. */
static struct str
bytes_at(struct prove *prove, const char *name, off_t at, size_t count)
{
	struct str path = str_printf(prove->arena, "%s/%s", prove->options->data_dir, name);
	CLEANUP(fd_close) int fd = open(str_to_c(prove->arena, path), O_RDONLY | O_CLOEXEC);
	char *bytes = arena_alloc(prove->arena, count, 1);
	bool is_blank = true;

	if (fd < 0 || pread(fd, bytes, count, at) != (ssize_t)count)
		return STR_EMPTY;
	for (size_t i = 0; i < count; i++)
		is_blank = is_blank && bytes[i] == 0;
	return is_blank ? STR_EMPTY : (struct str){ bytes, count };
}

/* What a backup of data is made of: the database and the files of the logs. */
static MUST_CHECK enum rc
data_search(struct prove *prove, struct str secret, const char *what, struct verdict *verdict,
            struct err *err)
{
	static const char *const parts[] = { "troth.db", "troth.db-wal", "log" };

	for (size_t i = 0; i < COUNT_OF(parts) && secret.len != 0; i++) {
		struct str path =
		    str_printf(prove->arena, "%s/%s", prove->options->data_dir, parts[i]);
		struct str where = STR_EMPTY;
		size_t found = 0;
		TRY(path_search(str_to_c(prove->arena, path), secret, prove->arena, &found,
		                &where, err));
		if (found != 0)
			verdict_broken(prove, verdict, "%s stands in %s, which is backed up",
			               what, parts[i]);
	}
	return RC_OK;
}

enum rc
keys_apart(struct prove *prove, struct str rest, struct verdict *verdict, struct err *err)
{
	size_t slots = 0;

	(void)rest;
	TRY(data_search(prove, bytes_at(prove, "master.key", 0, KEY_BYTES), "the master key",
	                verdict, err));
	TRY(data_search(prove, bytes_at(prove, "epoch.key", SLOT_KEY_AT, SLOT_KEY_LEN),
	                "the key of the epoch", verdict, err));
	for (off_t slot = 1; slots < SLOTS_TRIED && slot < 4096; slot++) {
		struct str wrapped =
		    bytes_at(prove, "keys.dat", slot * SLOT_BYTES + SLOT_KEY_AT, SLOT_KEY_LEN);
		slots += wrapped.len != 0;
		TRY(data_search(prove, wrapped, "a wrapped key", verdict, err));
	}
	verdict_kept(prove, verdict,
	             "neither the master key nor the epoch's nor any of %zu wrapped keys is in "
	             "what a backup of data holds",
	             slots);
	return RC_OK;
}

/* --- places ------------------------------------------------------------------------------ */

static struct backup *
backup_of(const struct prove *prove)
{
	return prove->options->site->backup;
}

enum rc
backup_sealed(struct prove *prove, struct str rest, struct verdict *verdict, struct err *err)
{
	struct backup_state state;
	struct backup_peek peek;

	(void)rest;
	TRY(backup_state(backup_of(prove), prove->arena, &state, err));
	if (!state.has_recipient || state.count == 0) {
		verdict_broken(prove, verdict,
		               "there is no place or no recovery key for backups");
		return RC_OK;
	}
	TRY(backup_peek(backup_of(prove), STR("\"email\""), &peek, err));
	if (peek.faults != 0)
		verdict_broken(prove, verdict, "%zu objects of a backup, the first: %s",
		               peek.faults, peek.first_fault);
	if (peek.objects == 0)
		verdict_broken(prove, verdict, "no backup has been made");
	verdict_kept(prove, verdict,
	             "%zu objects at %zu places are sealed to a key that is not here",
	             peek.objects, peek.places);
	return RC_OK;
}

enum rc
backup_apart(struct prove *prove, struct str rest, struct verdict *verdict, struct err *err)
{
	struct backup_state state;

	(void)rest;
	TRY(backup_state(backup_of(prove), prove->arena, &state, err));
	if (state.is_few)
		verdict_broken(prove, verdict,
		               "%zu places hold a backup of the last day; %d must", state.fresh,
		               MIN_PLACES);
	if (state.is_untried)
		verdict_broken(prove, verdict, "no restore was practised for 90 days");
	if (state.is_unshipped)
		verdict_broken(prove, verdict,
		               "%lld erasures are not known at every place for over an hour",
		               (long long)state.unshipped);
	verdict_kept(prove, verdict,
	             "%zu of %zu places hold a backup of the last day, and a restore was "
	             "practised",
	             state.fresh, state.count);
	return RC_OK;
}

enum rc
region_pinned(struct prove *prove, struct str rest, struct verdict *verdict, struct err *err)
{
	struct str declared = prove->tenant->policy->region;
	struct backup_state state;
	struct str here;

	(void)rest;
	TRY(vault_region(prove->vault, prove->arena, &here, err));
	if (here.len == 0)
		verdict_broken(
		    prove, verdict,
		    "the operator has not said where the server stands (troth region)");
	else if (!str_eq(here, declared))
		verdict_broken(prove, verdict, "the server stands in %.*s", STR_ARGS(here));
	TRY(backup_state(backup_of(prove), prove->arena, &state, err));
	for (size_t i = 0; i < state.count; i++) {
		if (!state.places[i].is_region_right)
			verdict_broken(prove, verdict, "the backup place %.*s lies in %.*s",
			               STR_ARGS(state.places[i].name),
			               STR_ARGS(state.places[i].region));
	}
	verdict_kept(prove, verdict, "the server and %zu places of backups are in %.*s",
	             state.count, STR_ARGS(declared));
	return RC_OK;
}

/* --- erasure -------------------------------------------------------------------------------
 */

struct line_search {
	struct id subject;
	bool is_found;
};

static enum rc
line_look(void *arg, const struct ledger_line *line, struct str text, struct err *err)
{
	struct line_search *search = arg;

	(void)text;
	(void)err;
	if (line->kind == LEDGER_SUBJECT && id_eq(line->subject, search->subject))
		search->is_found = true;
	return RC_OK;
}

static MUST_CHECK enum rc
ledger_check(struct prove *prove, struct id subject, struct verdict *verdict, struct err *err)
{
	struct str path = str_printf(prove->arena, "%s/ledger", prove->options->data_dir);
	struct line_search search = { .subject = subject };
	struct ledger_figures figures;

	TRY(ledger_replay(str_to_c(prove->arena, path), line_look, &search, err));
	if (!search.is_found)
		verdict_broken(prove, verdict, "the ledger does not name what was erased");
	ledger_figures(vault_ledger(prove->vault), &figures);
	if (figures.unshipped != 0 && figures.has_shipper)
		verdict_broken(prove, verdict,
		               "a place of backups does not know of %lld erasures",
		               (long long)figures.unshipped);
	return RC_OK;
}

/* Nothing of it can be found or opened by any way in. */
static MUST_CHECK enum rc
gone_check(struct prove *prove, const struct canary *canary, const struct policy_class *class,
           struct verdict *verdict, struct err *err)
{
	struct record_query query = { .subject = canary->person,
		                      .order = RECORD_BY_ID,
		                      .limit = 1 };
	struct subject_row row = { .tenant = prove->tenant->id, .id = canary->person };
	struct door door = prove->door;
	struct vault_records records;
	struct person person;
	struct err gone;

	door.purpose = plain_purpose(prove->tenant->policy, class);
	if (vault_list(&door, class->name, &query, prove->arena, &records, &gone) == RC_OK &&
	    records.count != 0)
		verdict_broken(prove, verdict, "erased records can be read");
	if (people_find(&prove->door, prove->people, canary->email, prove->arena, &person,
	                &gone) == RC_OK)
		verdict_broken(prove, verdict, "an erased address is found");
	if (vault_subject_find(prove->vault, &row, err) == RC_OK &&
	    (row.flags & SUBJECT_ERASED) == 0)
		verdict_broken(prove, verdict, "an erased person is still here");
	else if (err->rc != RC_OK && err->rc != RC_NOT_FOUND)
		return err->rc;
	return RC_OK;
}

/* Erased as anybody is: a canary of the usual kind would leave no line. */
enum rc
erasure_final(struct prove *prove, struct str rest, struct verdict *verdict, struct err *err)
{
	const struct policy_class *class =
	    policy_class_find(prove->tenant->policy, STR("message"));
	struct vault_record record = { 0 };
	struct backup_state state;
	struct canary *canary;

	(void)rest;
	if (class == NULL || role_about(prove->tenant->policy, class) == NULL)
		return FAIL(err, RC_NOT_FOUND, "there is nothing to erase");
	TRY(canary_subject(prove, class, &canary, err));
	canary->email = str_printf(prove->arena, "%s@probe.invalid", canary->mark);
	TRY(canary_record(prove, canary, class, &record, err));
	TRY(vault_subject_flags(&prove->door, canary->person, 0, SUBJECT_CANARY, err));
	TRY(vault_subject_erase(&prove->door, canary->person, NULL, err));
	*err = (struct err){ 0 };
	TRY(gone_check(prove, canary, class, verdict, err));
	TRY(ledger_check(prove, canary->person, verdict, err));
	TRY(backup_state(backup_of(prove), prove->arena, &state, err));
	verdict_kept(prove, verdict,
	             "an erased canary is in no index and opens nowhere; the ledger that every "
	             "restore replays names it, here and at %zu places",
	             state.count);
	return RC_OK;
}
