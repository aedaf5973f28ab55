/*
 * The subcommands of `troth`: one table, from which help and man page come.
 *
 * A command that needs the data directory runs where the vault is open: in this
 * process, or, when a server has the directory, inside the server, which is
 * asked through DIR/control.sock (control.h).  So a command sees an open vault
 * and writes to `out`; it never prints and never asks which it was.
 */
#ifndef MAIN_COMMAND_H
#define MAIN_COMMAND_H

#include "backup/backup.h"
#include "office/office.h"

#define OPTIONS_MAX   16
#define ARGUMENTS_MAX 4
#define OUTPUT_MAX    (16 * 1024 * 1024)

enum option_kind {
	OPTION_END = 0,
	OPTION_TEXT,
	OPTION_FILE, /* the value is the file's content */
	OPTION_FLAG,
	OPTION_PATH, /* made absolute: the server stands in another directory */
};

struct option_row {
	const char *name; /* "--tenant" */
	enum option_kind kind;
	bool is_required;
	const char *value; /* how help shows it: "T" */
	const char *says;
};

enum command_place {
	PLACE_ALONE = 1, /* needs no open vault, or opens what it needs itself */
	PLACE_VAULT,     /* with the vault open, here or in the server */
};

struct call;

struct command {
	const char *name;      /* "tenant add" */
	const char *arguments; /* "[FILE]"; NULL: none */
	const char *says;
	enum command_place place;
	struct option_row options[OPTIONS_MAX];
	enum rc (*run)(struct call *call, struct err *err);
};

/* One invocation. */
struct call {
	const struct command *command;
	struct str values[OPTIONS_MAX];      /* beside command->options; ptr NULL: absent */
	struct str arguments[ARGUMENTS_MAX]; /* PLACE_VAULT: FILE is its content */
	size_t argument_count;
	bool is_json;
	struct str data_dir;
	struct arena *arena;
	struct buf *out;
	int exit_code; /* of the process, where RC_OK alone does not say it */
	/* PLACE_VAULT: */
	struct vault *vault;
	struct people *people;
	struct notice *notice;
	struct backup *backup;
	struct office *office;
	const struct clock *clock;
	/* Inside a server: */
	const struct site *site;
	const char *url, *address; /* as others name it; where it listens */
};

extern const struct command commands[];
extern const size_t command_count;

/* The value of an option, empty when absent; a flag's is not empty when given. */
struct str call_option(const struct call *call, const char *name);
bool call_has(const struct call *call, const char *name);

/* The tenant named by --tenant; RC_NOT_FOUND. */
enum rc call_tenant(const struct call *call, const struct tenant **tenant, struct err *err)
    MUST_CHECK;
/* The operator, as the system actor of a tenant with a purpose. */
struct door call_door(const struct call *call, const struct tenant *tenant,
                      const char *purpose);

/* Words → call: finds the command, its options; RC_INVALID with a usage text. */
enum rc command_parse(struct call *call, int count, char *const *words, struct err *err)
    MUST_CHECK;
void command_help(struct buf *out);
void command_usage(const struct command *command, struct buf *out);
void command_man(struct buf *out); /* roff, section 1 */

/* The commands, by file. */
/* certificate.pem and key.pem into call->data_dir, of its own for a year. */
enum rc init_certificate(const struct call *call, struct str host, struct err *err) MUST_CHECK;
enum rc init_run(struct call *call, struct err *err) MUST_CHECK;
enum rc serve_run(struct call *call, struct err *err) MUST_CHECK;
enum rc tenant_add_run(struct call *call, struct err *err) MUST_CHECK;
enum rc tenant_list_run(struct call *call, struct err *err) MUST_CHECK;
enum rc policy_check_run(struct call *call, struct err *err) MUST_CHECK;
enum rc policy_show_run(struct call *call, struct err *err) MUST_CHECK;
enum rc policy_diff_run(struct call *call, struct err *err) MUST_CHECK;
enum rc policy_load_run(struct call *call, struct err *err) MUST_CHECK;
enum rc policy_list_run(struct call *call, struct err *err) MUST_CHECK;
enum rc person_add_run(struct call *call, struct err *err) MUST_CHECK;
enum rc token_issue_run(struct call *call, struct err *err) MUST_CHECK;
enum rc backup_key_run(struct call *call, struct err *err) MUST_CHECK;
enum rc backup_place_add_run(struct call *call, struct err *err) MUST_CHECK;
enum rc backup_place_remove_run(struct call *call, struct err *err) MUST_CHECK;
enum rc backup_list_run(struct call *call, struct err *err) MUST_CHECK;
enum rc backup_create_run(struct call *call, struct err *err) MUST_CHECK;
enum rc backup_verify_run(struct call *call, struct err *err) MUST_CHECK;
enum rc backup_drill_run(struct call *call, struct err *err) MUST_CHECK;
enum rc restore_run(struct call *call, struct err *err) MUST_CHECK;
enum rc keys_turn_run(struct call *call, struct err *err) MUST_CHECK;
enum rc retention_show_run(struct call *call, struct err *err) MUST_CHECK;
enum rc retention_sweep_run(struct call *call, struct err *err) MUST_CHECK;
enum rc retention_approve_run(struct call *call, struct err *err) MUST_CHECK;
enum rc retention_clock_run(struct call *call, struct err *err) MUST_CHECK;
enum rc hold_place_run(struct call *call, struct err *err) MUST_CHECK;
enum rc hold_release_run(struct call *call, struct err *err) MUST_CHECK;
enum rc hold_list_run(struct call *call, struct err *err) MUST_CHECK;
enum rc erasure_list_run(struct call *call, struct err *err) MUST_CHECK;
enum rc audit_verify_run(struct call *call, struct err *err) MUST_CHECK;
enum rc audit_prove_run(struct call *call, struct err *err) MUST_CHECK;
enum rc audit_export_run(struct call *call, struct err *err) MUST_CHECK;
enum rc routes_run(struct call *call, struct err *err) MUST_CHECK;
enum rc why_run(struct call *call, struct err *err) MUST_CHECK;
enum rc simulate_run(struct call *call, struct err *err) MUST_CHECK;
enum rc prove_command_run(struct call *call, struct err *err) MUST_CHECK;
enum rc region_run(struct call *call, struct err *err) MUST_CHECK;
enum rc version_run(struct call *call, struct err *err) MUST_CHECK;
enum rc help_run(struct call *call, struct err *err) MUST_CHECK;

#endif
