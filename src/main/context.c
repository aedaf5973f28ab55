#include "main/context.h"

#include <unistd.h>

#include "base/limits.h"

const char *
context_path(const struct call *call, const char *name)
{
	return str_printf(call->arena, "%.*s/%s", STR_ARGS(call->data_dir), name).ptr;
}

bool
context_is_demo(struct str dir)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct call call = { .arena = &arena, .data_dir = dir };

	arena_init(&arena, 16 * KIB);
	return access(context_path(&call, "demo"), F_OK) == 0;
}

static MUST_CHECK enum rc
clock_set(struct context *context, const struct call *call, struct err *err)
{
	struct str offset = call_option(call, "--clock-offset");
	int64_t seconds = 0;

	if (offset.len == 0)
		return RC_OK;
	if (!context->is_demo)
		return FAIL(err, RC_INVALID, "another time is for demonstration directories");
	TRY(str_to_i64(offset, &seconds, err));
	context->clock.offset_us = seconds * US_PER_S;
	return RC_OK;
}

static const char *
option_text(const struct call *call, const char *name)
{
	return call_has(call, name) ? str_to_c(call->arena, call_option(call, name)) : NULL;
}

static MUST_CHECK enum rc
office_make(struct context *context, const struct call *call, struct err *err)
{
	struct office_options options = {
		.vault = context->vault,
		.people = context->people,
		.notice = context->notice,
		.backup = context->backup,
		.clock = &context->clock,
		.is_demo = context->is_demo,
		.webhook_url = option_text(call, "--webhook"),
		.webhook_key_file = option_text(call, "--webhook-key-file"),
		.heartbeat_url = option_text(call, "--heartbeat"),
		.ca_file = option_text(call, "--outbound-ca"),
	};

	return office_open(&context->office, &options, err);
}

enum rc
context_open(struct context *context, struct call *call, struct err *err)
{
	struct vault_options vault = { .clock = &context->clock };
	struct notice_options notice = { 0 };
	struct str smtp = call_option(call, "--smtp");
	struct str from = call_option(call, "--from");

	if (call->data_dir.len == 0)
		return FAIL(err, RC_INVALID, "say which data directory: --data DIR");
	*context = (struct context){ .is_demo = context_is_demo(call->data_dir) };
	TRY(clock_set(context, call, err));
	vault.dir = str_to_c(call->arena, call->data_dir);
	TRY(vault_open(&context->vault, &vault, err));
	TRY(backup_open(&context->backup, context->vault, vault.dir, err));
	TRY(people_open(&context->people, context->vault, err));
	notice = (struct notice_options){
		.vault = context->vault,
		.smtp_url = smtp.len == 0 ? NULL : str_to_c(call->arena, smtp),
		.from =
		    from.len == 0 ? "troth@localhost.localdomain" : str_to_c(call->arena, from),
		.is_demo = context->is_demo,
	};
	if (call_has(call, "--smtp-user"))
		notice.smtp_user = str_to_c(call->arena, call_option(call, "--smtp-user"));
	if (call_has(call, "--smtp-password-file"))
		notice.smtp_password_file =
		    str_to_c(call->arena, call_option(call, "--smtp-password-file"));
	TRY(notice_open(&context->notice, &notice, err));
	TRY(office_make(context, call, err));
	call->vault = context->vault;
	call->people = context->people;
	call->notice = context->notice;
	call->backup = context->backup;
	call->office = context->office;
	call->clock = &context->clock;
	return RC_OK;
}

void
context_close(struct context *context)
{
	office_close(context->office);
	notice_close(context->notice);
	people_close(context->people);
	backup_close(context->backup);
	vault_close(context->vault);
}
