/*
 * Help and the manual page, from the table of commands.
 */
#include "main/command.h"
#include "main/version.h"

static void
synopsis(const struct command *command, struct buf *out)
{
	buf_addf(out, "troth %s", command->name);
	for (size_t i = 0; i < OPTIONS_MAX && command->options[i].kind != OPTION_END; i++) {
		const struct option_row *option = &command->options[i];
		buf_addf(out, option->is_required ? " %s" : " [%s", option->name);
		if (option->value != NULL)
			buf_addf(out, " %s", option->value);
		if (!option->is_required)
			buf_add(out, STR("]"));
	}
	if (command->arguments != NULL)
		buf_addf(out, " %s", command->arguments);
}

void
command_usage(const struct command *command, struct buf *out)
{
	buf_add(out, STR("usage: "));
	synopsis(command, out);
	buf_add(out, STR("\n"));
	for (size_t i = 0; i < OPTIONS_MAX && command->options[i].kind != OPTION_END; i++) {
		const struct option_row *option = &command->options[i];
		buf_addf(out, "  %-22s %s\n", option->name, option->says);
	}
}

void
command_help(struct buf *out)
{
	buf_addf(out,
	         "Troth %s: a clinical-data server whose privacy policy is its program.\n\n",
	         TROTH_VERSION);
	for (size_t i = 0; i < command_count; i++) {
		buf_addf(out, "  %-14s %s\n", commands[i].name, commands[i].says);
		buf_add(out, STR("                   "));
		synopsis(&commands[i], out);
		buf_add(out, STR("\n"));
	}
	buf_add(out, STR("\nBegin with `troth init --data DIR --demo` and `troth serve --data "
	                 "DIR`.\n"));
}

/* In roff a hyphen that is to be copied is \-, a backslash \e. */
static void
roff_add(struct buf *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '-' || *text == '\\')
			buf_addf(out, "\\%c", *text == '-' ? '-' : 'e');
		else
			buf_add(out, (struct str){ text, 1 });
	}
}

static void
man_command(const struct command *command, struct buf *out)
{
	buf_add(out, STR(".SS \"troth "));
	roff_add(out, command->name);
	if (command->arguments != NULL)
		buf_addf(out, " %s", command->arguments);
	buf_add(out, STR("\"\n"));
	roff_add(out, command->says);
	buf_add(out, STR(".\n"));
	for (size_t i = 0; i < OPTIONS_MAX && command->options[i].kind != OPTION_END; i++) {
		const struct option_row *option = &command->options[i];
		buf_add(out, STR(".TP\n\\fB"));
		roff_add(out, option->name);
		buf_add(out, STR("\\fR"));
		if (option->value != NULL) {
			buf_add(out, STR(" \\fI"));
			roff_add(out, option->value);
			buf_add(out, STR("\\fR"));
		}
		buf_add(out, STR("\n"));
		roff_add(out, option->says);
		buf_add(out, option->is_required ? STR(". Required.\n") : STR(".\n"));
	}
}

void
command_man(struct buf *out)
{
	buf_addf(out, ".TH TROTH 1 \"\" \"Troth %s\" \"User Commands\"\n", TROTH_VERSION);
	buf_add(
	    out,
	    STR(".SH NAME\ntroth \\- a clinical\\-data server whose privacy policy is its "
	        "program\n"
	        ".SH SYNOPSIS\n\\fBtroth\\fR \\fICOMMAND\\fR [\\fIOPTIONS\\fR]\n"
	        ".SH DESCRIPTION\nTroth serves tenants, each under a policy of its own that "
	        "it prints, enforces and records. Commands that need the data directory "
	        "are carried out by the server while one is running.\n"
	        ".SH COMMANDS\n"));
	for (size_t i = 0; i < command_count; i++)
		man_command(&commands[i], out);
	buf_add(out,
	        STR(".SH ENVIRONMENT\n.TP\n\\fBTROTH_DATA\\fR\nthe data directory, where "
	            "\\-\\-data is not given.\n"
	            ".TP\n\\fBCREDENTIALS_DIRECTORY\\fR\nwhere systemd puts the credential "
	            "master.key.\n"
	            ".SH EXIT STATUS\n0 when it succeeded, 1 when it failed, 2 when the words "
	            "were wrong.\n"
	            ".SH FILES\n.TP\n\\fIDIR\\fR/master.key\nthe key above all keys: keep a "
	            "copy apart from the data.\n"));
}

static MUST_CHECK enum rc
usage_find(struct call *call, struct err *err)
{
	bool is_found = false;

	for (size_t i = 0; i < command_count; i++) {
		struct str first;
		(void)str_cut(str_from_c(commands[i].name), ' ', &first);
		if (!str_eq(first, call->arguments[0]))
			continue;
		command_usage(&commands[i], call->out);
		is_found = true;
	}
	return is_found ? RC_OK : FAIL(err, RC_INVALID, "no such command; see `troth help`");
}

enum rc
help_run(struct call *call, struct err *err)
{
	if (call->argument_count != 0)
		return usage_find(call, err);
	if (call_has(call, "--man"))
		command_man(call->out);
	else
		command_help(call->out);
	return RC_OK;
}

enum rc
version_run(struct call *call, struct err *err)
{
	(void)err;
	buf_addf(call->out, call->is_json ? "{\"version\":\"%s\"}\n" : "troth %s\n",
	         TROTH_VERSION);
	return RC_OK;
}
