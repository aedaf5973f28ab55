/*
 * The table of subcommands, and how words become a call.
 */
#include "main/command.h"

#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include "base/limits.h"

#define FILE_MAX (8 * MIB)

#define DATA                                                                                   \
	{                                                                                      \
		"--data", OPTION_TEXT, false, "DIR", "the data directory (or $TROTH_DATA)"     \
	}
#define TENANT                                                                                 \
	{                                                                                      \
		"--tenant", OPTION_TEXT, true, "T", "the tenant's short name"                  \
	}
#define PLACE_OPTIONS                                                                          \
	{ "--credentials", OPTION_PATH, false, "FILE", "S3: key id and secret key, 0600" },    \
	    { "--key-file", OPTION_PATH, false, "FILE", "SFTP: the private key" },             \
	    { "--host-key", OPTION_TEXT, false, "SHA256:…", "SFTP: the host's key" },          \
	    { "--known-hosts", OPTION_PATH, false, "FILE", "SFTP: or a known_hosts file" },    \
	{                                                                                      \
		"--ca", OPTION_PATH, false, "FILE", "S3: roots to trust"                       \
	}
#define RECOVERY                                                                               \
	{ "--identity", OPTION_FILE, true, "FILE", "the recovery key" },                       \
	    { "--from", OPTION_TEXT, false, "URL[,URL…]", "places; else those of the data" },  \
	{                                                                                      \
		"--at", OPTION_TEXT, false, "TIME", "the newest backup of then or before"      \
	}
#define MASTER                                                                                 \
	{                                                                                      \
		"--master", OPTION_FILE, false, "FILE", "master.key, where the key has none"   \
	}
#define JSON                                                                                   \
	{                                                                                      \
		"--json", OPTION_FLAG, false, NULL, "answer in JSON"                           \
	}

/* clang-format off */
const struct command commands[] = {
	{ "init", NULL, "make a data directory, with its keys and certificate", PLACE_ALONE, {
	  DATA,
	  { "--demo", OPTION_FLAG, false, NULL, "with a demonstration tenant: made-up people and readings" },
	  { "--host", OPTION_TEXT, false, "NAME", "the server's name in certificates and logs (localhost)" } },
	  init_run },
	{ "serve", NULL, "serve a data directory over HTTPS", PLACE_ALONE, {
	  DATA,
	  { "--listen", OPTION_TEXT, false, "HOST:PORT", "where (localhost:8443)" },
	  { "--smtp", OPTION_TEXT, false, "URL", "mail server, smtp://HOST:587 or smtps://HOST" },
	  { "--smtp-user", OPTION_TEXT, false, "NAME", "its user" },
	  { "--smtp-password-file", OPTION_TEXT, false, "PATH", "its password" },
	  { "--from", OPTION_TEXT, false, "E", "address that mail comes from" },
	  { "--webhook", OPTION_TEXT, false, "URL", "where alerts are sent" },
	  { "--webhook-key-file", OPTION_TEXT, false, "PATH", "the key that signs them" },
	  { "--heartbeat", OPTION_TEXT, false, "URL", "asked every minute while all is well" },
	  { "--outbound-ca", OPTION_TEXT, false, "PATH", "who vouches for them, beside the system's" },
	  { "--prove-every", OPTION_TEXT, false, "HOURS", "between runs of all probes (24; 0: only by hand)" },
	  { "--backup-every", OPTION_TEXT, false, "SECONDS", "between backups, when something changed (60; 0: only by hand)" },
	  { "--clock-offset", OPTION_TEXT, false, "SECONDS", "run at another time; only in demonstration directories" } },
	  serve_run },
	{ "tenant add", NULL, "add a tenant with its policy", PLACE_VAULT, {
	  DATA,
	  { "--slug", OPTION_TEXT, true, "T", "its short name, in URLs" },
	  { "--name", OPTION_TEXT, true, "NAME", "the organisation's name" },
	  { "--policy", OPTION_FILE, false, "FILE", "its policy" },
	  { "--service", OPTION_TEXT, false, "NAME", "or the reference policy of this service" },
	  { "--zone", OPTION_TEXT, false, "ZONE", "time zone of its deadlines (UTC)" },
	  JSON }, tenant_add_run },
	{ "tenant list", NULL, "list the tenants", PLACE_VAULT, { DATA, JSON }, tenant_list_run },
	{ "policy check", "FILE", "report everything wrong with a policy", PLACE_ALONE, { JSON }, policy_check_run },
	{ "policy show", "FILE", "print what people will read", PLACE_ALONE, {
	  { "--html", OPTION_FLAG, false, NULL, "as HTML" }, JSON }, policy_show_run },
	{ "policy diff", "OLD NEW", "say what changes, and whether it is material", PLACE_ALONE, { JSON }, policy_diff_run },
	{ "policy load", "FILE", "load the next version of a tenant's policy; people are told", PLACE_VAULT, {
	  DATA, TENANT,
	  { "--dry-run", OPTION_FLAG, false, NULL, "say what would change, and load nothing" },
	  { "--terms", OPTION_FILE, false, "FILE", "the text of its terms of use, where their version is new" },
	  JSON }, policy_load_run },
	{ "policy list", NULL, "list the versions of a tenant's policy, and who was told", PLACE_VAULT, {
	  DATA, TENANT, JSON }, policy_list_run },
	{ "person add", NULL, "add a person, who signs in by mailed link", PLACE_VAULT, {
	  DATA, TENANT,
	  { "--role", OPTION_TEXT, true, "R", "a role of the policy" },
	  { "--email", OPTION_TEXT, true, "E", "the address" },
	  { "--name", OPTION_TEXT, false, "NAME", "the name" },
	  { "--zone", OPTION_TEXT, false, "ZONE", "time zone" },
	  { "--language", OPTION_TEXT, false, "CODE", "en or fr" },
	  JSON }, person_add_run },
	{ "token issue", NULL, "issue a token for a person or a device; prints it alone", PLACE_VAULT, {
	  DATA, TENANT,
	  { "--person", OPTION_TEXT, false, "E", "of this address" },
	  { "--device", OPTION_TEXT, false, "SERIAL", "of this serial number" },
	  { "--for", OPTION_TEXT, false, "30d", "how long it works (30d)" },
	  { "--label", OPTION_TEXT, false, "TEXT", "what it is for" },
	  JSON }, token_issue_run },
	{ "backup key", NULL, "make the key that backups are sealed to, with the master key, in one file to take offline", PLACE_VAULT, {
	  DATA,
	  { "--out", OPTION_PATH, false, "FILE", "where to write it" },
	  { "--recipient", OPTION_TEXT, false, "AGE1", "or the recipient of a key you have" } }, backup_key_run },
	{ "backup place add", NULL, "add a place for backups: a folder, SFTP or S3", PLACE_VAULT, {
	  DATA,
	  { "--name", OPTION_TEXT, true, "N", "its name here" },
	  { "--url", OPTION_TEXT, true, "URL", "/DIR, sftp://USER@HOST/DIR or s3+https://HOST/BUCKET?region=R" },
	  { "--region", OPTION_TEXT, true, "R", "where it lies, as policies say it" },
	  PLACE_OPTIONS }, backup_place_add_run },
	{ "backup place remove", NULL, "send nothing to a place any more", PLACE_VAULT, {
	  DATA, { "--name", OPTION_TEXT, true, "N", "its name" } }, backup_place_remove_run },
	{ "backup list", NULL, "list the places, how fresh each is, and alarms", PLACE_VAULT, { DATA, JSON }, backup_list_run },
	{ "backup create", NULL, "make a backup, as the server does every minute", PLACE_VAULT, { DATA, JSON }, backup_create_run },
	{ "backup verify", NULL, "open and check every object of a backup", PLACE_ALONE, {
	  DATA, RECOVERY, PLACE_OPTIONS, JSON }, backup_verify_run },
	{ "backup drill", NULL, "restore into a folder, verify everything, and remove it", PLACE_ALONE, {
	  DATA, RECOVERY, MASTER, PLACE_OPTIONS, JSON }, backup_drill_run },
	{ "backup restore", NULL, "make a data directory from a backup; erases again what was erased since", PLACE_ALONE, {
	  DATA, RECOVERY, MASTER, PLACE_OPTIONS, JSON }, restore_run },
	{ "keys turn", NULL, "end the epoch of the keys: what was destroyed is erased for good", PLACE_VAULT, { DATA, JSON }, keys_turn_run },
	{ "retention show", NULL, "count what is past its time, class by class", PLACE_VAULT, { DATA, TENANT, JSON }, retention_show_run },
	{ "retention sweep", NULL, "erase what is past its time, as the server does every hour", PLACE_VAULT, {
	  DATA, TENANT,
	  { "--dry-run", OPTION_FLAG, false, NULL, "count only" },
	  { "--as-of", OPTION_TEXT, false, "DATE", "with --dry-run: as it will be that day" },
	  JSON }, retention_sweep_run },
	{ "retention approve", NULL, "say that the client approves of erasing what waits of a class", PLACE_VAULT, {
	  DATA, TENANT,
	  { "--class", OPTION_TEXT, true, "C", "the class" },
	  JSON }, retention_approve_run },
	{ "retention clock", NULL, "say that a clock that has jumped is right", PLACE_VAULT, {
	  DATA,
	  { "--accept", OPTION_FLAG, false, NULL, "it is right: sweeps go on" },
	  JSON }, retention_clock_run },
	{ "hold place", NULL, "keep data beyond their time and against erasure; prints the hold's id", PLACE_VAULT, {
	  DATA, TENANT,
	  { "--subject", OPTION_TEXT, true, "ID", "whose data" },
	  { "--class", OPTION_TEXT, false, "C", "only of this class" },
	  { "--record", OPTION_TEXT, false, "ID", "only this record of the class" },
	  { "--reason", OPTION_TEXT, true, "TEXT", "the case or the order" },
	  { "--by", OPTION_TEXT, false, "TEXT", "who asked for it" },
	  JSON }, hold_place_run },
	{ "hold release", "HOLD", "end a hold", PLACE_VAULT, { DATA, TENANT, JSON }, hold_release_run },
	{ "hold list", NULL, "list the holds, the newest first", PLACE_VAULT, { DATA, TENANT, JSON }, hold_list_run },
	{ "erasure list", NULL, "list the certificates of erasure, the newest first", PLACE_VAULT, {
	  DATA, TENANT,
	  { "--before", OPTION_TEXT, false, "ID", "those before this one" },
	  JSON }, erasure_list_run },
	{ "audit verify", "[EXPORT]", "verify every key, row, log and checkpoint, or an exported log", PLACE_ALONE, {
	  DATA,
	  { "--tenant", OPTION_TEXT, false, "T", "only this tenant" }, JSON }, audit_verify_run },
	{ "audit prove", "ENTRY", "print an entry with the proof that the log holds it", PLACE_VAULT, {
	  DATA, TENANT, JSON }, audit_prove_run },
	{ "audit export", "FOLDER", "write a tenant's log as static files that others can verify", PLACE_VAULT, {
	  DATA, TENANT }, audit_export_run },
	{ "why", NULL, "explain what the policy decides", PLACE_VAULT, {
	  DATA, TENANT,
	  { "--role", OPTION_TEXT, true, "R", "the actor's role" },
	  { "--verb", OPTION_TEXT, true, "V", "read, write, erase, release or manage" },
	  { "--class", OPTION_TEXT, false, "C", "the class, or the word that is managed" },
	  { "--purpose", OPTION_TEXT, false, "P", "the purpose" },
	  { "--recipient", OPTION_TEXT, false, "R", "for release" },
	  { "--whose", OPTION_TEXT, false, "W", "own, other or all (own)" },
	  { "--where", OPTION_TEXT, false, "WORDS", "shared,consented,objected,represented,restricted,registered" },
	  { "--factor", OPTION_FLAG, false, NULL, "the second factor was given" },
	  { "--reason", OPTION_TEXT, false, "TEXT", "the stated reason" },
	  JSON }, why_run },
	{ "prove", "[PROMISE]", "prove every promise of a policy on the running server", PLACE_VAULT, {
	  DATA, TENANT, JSON }, prove_command_run },
	{ "region", "[R]", "say where this machine stands, as policies name regions, or print it", PLACE_VAULT, {
	  DATA, JSON }, region_run },
	{ "routes", NULL, "list every address and who may use it", PLACE_ALONE, { JSON }, routes_run },
	{ "simulate", NULL, "play a CSV of id,time,mg/dL as a device does", PLACE_ALONE, {
	  { "--csv", OPTION_FILE, true, "FILE", "the readings" },
	  TENANT,
	  { "--token", OPTION_TEXT, true, "TOKEN", "the device's credential" },
	  { "--url", OPTION_TEXT, false, "URL", "the server (https://localhost:8443)" },
	  { "--ca", OPTION_TEXT, false, "PATH", "the certificate to trust; on the loopback any is taken" },
	  { "--id", OPTION_TEXT, false, "ID", "only the rows of this id" },
	  { "--batch", OPTION_TEXT, false, "N", "readings in a request (288)" },
	  JSON }, simulate_run },
	{ "version", NULL, "print the version", PLACE_ALONE, { JSON }, version_run },
	{ "help", "[COMMAND]", "print this, or the options of the commands that begin so", PLACE_ALONE, {
	  { "--man", OPTION_FLAG, false, NULL, "as a manual page" } }, help_run },
};
/* clang-format on */
const size_t command_count = COUNT_OF(commands);

/* --- options ---------------------------------------------------------------------- */

static size_t
option_find(const struct command *command, struct str name)
{
	size_t i = 0;

	while (i < OPTIONS_MAX && command->options[i].kind != OPTION_END &&
	       !str_eq(str_from_c(command->options[i].name), name))
		i++;
	return i;
}

static bool
option_is(const struct command *command, size_t i)
{
	return i < OPTIONS_MAX && command->options[i].kind != OPTION_END;
}

struct str
call_option(const struct call *call, const char *name)
{
	size_t i = option_find(call->command, str_from_c(name));

	return option_is(call->command, i) && call->values[i].ptr != NULL ? call->values[i]
	                                                                  : STR_EMPTY;
}

bool
call_has(const struct call *call, const char *name)
{
	return call_option(call, name).ptr != NULL;
}

enum rc
call_tenant(const struct call *call, const struct tenant **tenant, struct err *err)
{
	*tenant = vault_tenant_find(call->vault, call_option(call, "--tenant"));
	if (*tenant == NULL)
		return FAIL(err, RC_NOT_FOUND,
		            "there is no such tenant; see `troth tenant list`");
	return RC_OK;
}

struct door
call_door(const struct call *call, const struct tenant *tenant, const char *purpose)
{
	static const struct actor operator= { .kind = ACTOR_SYSTEM };

	return (struct door){ call->vault, tenant, &operator, str_from_c(purpose) };
}

static void
fd_close(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

static MUST_CHECK enum rc
file_read(struct call *call, const char *path, struct str *text, struct err *err)
{
	CLEANUP(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
	CLEANUP(buf_free) struct buf whole = { 0 };
	char piece[64 * KIB];
	ssize_t count;

	buf_init(&whole, FILE_MAX);
	if (fd < 0)
		return FAIL(err, RC_NOT_FOUND, "cannot read the file %s", path);
	while ((count = read(fd, piece, sizeof(piece))) > 0)
		buf_add(&whole, (struct str){ piece, (size_t)count });
	if (count < 0)
		return FAIL(err, RC_IO, "cannot read the file %s", path);
	TRY(buf_finish(&whole, text, err));
	*text = str_copy(call->arena, *text);
	return RC_OK;
}

/* --- words to a call ----------------------------------------------------------------- */

/* Whether the words begin with the command's name; how many of them it is. */
static bool
command_is(const struct command *command, int count, char *const *words, int *used)
{
	struct str left = str_from_c(command->name);
	struct str word;

	for (*used = 0; left.len != 0; (*used)++) {
		left = str_cut(left, ' ', &word);
		if (*used == count || !str_eq(word, str_from_c(words[*used])))
			return false;
	}
	return true;
}

/* The command at the front, the longest that fits; how many words it is. */
static const struct command *
command_find(int count, char *const *words, int *used)
{
	const struct command *found = NULL;

	for (size_t i = 0; i < command_count; i++) {
		int length = 0;
		if (!command_is(&commands[i], count, words, &length) ||
		    (found != NULL && length <= *used))
			continue;
		found = &commands[i];
		*used = length;
	}
	return found;
}

static MUST_CHECK enum rc
path_absolute(struct call *call, struct str *path, struct err *err)
{
	char here[PATH_MAX];

	if (str_starts_with(*path, STR("/")))
		return RC_OK;
	if (getcwd(here, sizeof(here)) == NULL)
		return FAIL(err, RC_IO, "the current directory has no path");
	*path = str_printf(call->arena, "%s/%.*s", here, STR_ARGS(*path));
	return RC_OK;
}

static MUST_CHECK enum rc
option_take(struct call *call, int count, char *const *words, int *at, struct err *err)
{
	size_t i = option_find(call->command, str_from_c(words[*at]));
	const struct option_row *option = &call->command->options[i];

	if (!option_is(call->command, i))
		return FAIL(err, RC_INVALID, "%s: %s has no such option; see `troth help`",
		            words[*at], call->command->name);
	if (option->kind == OPTION_FLAG) {
		call->values[i] = STR("yes");
		return RC_OK;
	}
	if (++*at >= count)
		return FAIL(err, RC_INVALID, "%s: a value is missing", option->name);
	if (option->kind == OPTION_FILE)
		return file_read(call, words[*at], &call->values[i], err);
	call->values[i] = str_from_c(words[*at]);
	return option->kind == OPTION_PATH ? path_absolute(call, &call->values[i], err) : RC_OK;
}

static MUST_CHECK enum rc
options_check(struct call *call, struct err *err)
{
	const char *data = getenv("TROTH_DATA");

	for (size_t i = 0; option_is(call->command, i); i++) {
		if (call->command->options[i].is_required && call->values[i].ptr == NULL)
			return FAIL(err, RC_INVALID, "%s %s is missing; see `troth help`",
			            call->command->options[i].name,
			            call->command->options[i].value);
	}
	call->data_dir = call_option(call, "--data");
	if (call->data_dir.len == 0 && data != NULL)
		call->data_dir = str_from_c(data);
	if (call->command->place == PLACE_VAULT && call->data_dir.len == 0)
		return FAIL(err, RC_INVALID, "say which data directory: --data DIR");
	return RC_OK;
}

/* "OLD NEW" takes two, "[EXPORT]" none or one. */
static MUST_CHECK enum rc
arguments_check(const struct call *call, struct err *err)
{
	struct str left =
	    call->command->arguments == NULL ? STR_EMPTY : str_from_c(call->command->arguments);
	size_t fewest = 0;
	size_t most = 0;
	struct str word;

	while (left.len != 0) {
		left = str_cut(left, ' ', &word);
		fewest += !str_starts_with(word, STR("["));
		most++;
	}
	if (call->argument_count > most)
		return FAIL(err, RC_INVALID, "too many words; %s takes %s", call->command->name,
		            most == 0 ? "options only" : call->command->arguments);
	if (call->argument_count < fewest)
		return FAIL(err, RC_INVALID, "%s is missing; see `troth help`",
		            call->command->arguments);
	return RC_OK;
}

/* The server, which may run the command, stands in another directory. */
static MUST_CHECK enum rc
folder_absolute(struct call *call, struct err *err)
{
	const char *arguments = call->command->arguments;

	if (arguments == NULL || strcmp(arguments, "FOLDER") != 0)
		return RC_OK;
	return path_absolute(call, &call->arguments[0], err);
}

/* The server may not read what whoever asks can. */
static MUST_CHECK enum rc
file_argument(struct call *call, struct err *err)
{
	const char *arguments = call->command->arguments;

	if (call->command->place != PLACE_VAULT || arguments == NULL ||
	    strcmp(arguments, "FILE") != 0)
		return RC_OK;
	return file_read(call, str_to_c(call->arena, call->arguments[0]), &call->arguments[0],
	                 err);
}

/* `troth --help`, `troth tenant add --help`: as `troth help …`. */
static bool
help_is_asked(struct call *call, int count, char *const *words)
{
	static char help[] = "help";
	static char *const instead[] = { help };
	const char *last = count == 0 ? "" : words[count - 1];
	int used;

	if (strcmp(last, "--help") != 0 && strcmp(last, "-h") != 0)
		return false;
	call->command = command_find(1, instead, &used);
	if (count > 1)
		call->arguments[call->argument_count++] = str_from_c(words[0]);
	return true;
}

enum rc
command_parse(struct call *call, int count, char *const *words, struct err *err)
{
	int at = 0;

	if (help_is_asked(call, count, words))
		return RC_OK;
	call->command = count == 0 ? NULL : command_find(count, words, &at);
	if (call->command == NULL)
		return FAIL(err, RC_INVALID, "no such command; see `troth help`");
	for (; at < count; at++) {
		if (strncmp(words[at], "--", 2) == 0) {
			TRY(option_take(call, count, words, &at, err));
			continue;
		}
		if (call->argument_count == ARGUMENTS_MAX)
			return FAIL(err, RC_INVALID, "too many arguments");
		call->arguments[call->argument_count++] = str_from_c(words[at]);
	}
	call->is_json = call_has(call, "--json");
	TRY(options_check(call, err));
	TRY(arguments_check(call, err));
	TRY(file_argument(call, err));
	return folder_absolute(call, err);
}
