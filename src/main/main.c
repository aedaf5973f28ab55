/*
 * troth: the entry point.  Words become a call (command.h); a call runs here or
 * in the server that has the data directory (control.h); what it wrote goes to
 * standard output, an error to standard error.
 *
 * Exit status: 0 done, 1 failed, 2 the words were wrong.
 */
#include <malloc.h>
#include <signal.h>
#include <sys/stat.h>

#include "base/json.h"
#include "base/limits.h"
#include "main/context.h"
#include "main/control.h"

/* Each request's arena comes and goes: what it gave back is kept for the next. */
#define TRIM_BYTES (1024 * 1024)
#define MAP_BYTES  (4 * 1024 * 1024) /* what is larger costs its page faults each time */

static MUST_CHECK enum rc
run_here(struct call *call, struct err *err)
{
	struct context context = { 0 };
	enum rc rc = context_open(&context, call, err);

	if (rc == RC_OK)
		rc = call->command->run(call, err);
	context_close(&context);
	return rc;
}

static MUST_CHECK enum rc
run(struct call *call, struct err *err)
{
	bool is_there = false;

	if (call->command->place == PLACE_ALONE)
		return call->command->run(call, err);
	TRY(control_ask(call, &is_there, err));
	return is_there ? RC_OK : run_here(call, err);
}

static void
failure_print(const struct call *call, const struct err *err)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	struct json_out out;

	if (!call->is_json) {
		(void)fprintf(stderr, "troth: %s\n", err->text);
		return;
	}
	buf_init(&text, 4 * KIB);
	json_out_init(&out, &text);
	json_object_begin(&out);
	json_text_at(&out, "error", str_from_c(rc_name(err->rc)));
	json_text_at(&out, "text", str_from_c(err->text));
	json_object_close(&out);
	if (text.text != NULL)
		(void)fprintf(stderr, "%s\n", text.text);
}

static void
output_print(const struct call *call, const struct buf *out)
{
	if (out->text == NULL || out->len == 0)
		return;
	(void)fwrite(out->text, 1, out->len, stdout);
	if (call->is_json && out->text[out->len - 1] != '\n')
		(void)fputc('\n', stdout);
}

int
main(int argc, char **argv)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	CLEANUP(buf_free) struct buf out = { 0 };
	struct call call = { .arena = &arena, .out = &out };
	struct err err = { 0 };
	bool is_locked;
	enum rc rc;

	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN); /* a file-size limit is a full disk, not an end */
	(void)umask(0077);
	(void)mallopt(M_TRIM_THRESHOLD, TRIM_BYTES);
	(void)mallopt(M_MMAP_THRESHOLD, MAP_BYTES);
	arena_init(&arena, LIMIT_ARENA_BYTES);
	buf_init(&out, OUTPUT_MAX);
	if (command_parse(&call, argc - 1, argv + 1, &err) != RC_OK) {
		failure_print(&call, &err);
		return 2;
	}
	rc = secret_init(SECRET_MEMORY_BYTES, &is_locked, &err);
	if (rc == RC_OK)
		rc = run(&call, &err);
	output_print(&call, &out);
	if (rc == RC_OK)
		return call.exit_code;
	failure_print(&call, &err);
	return 1;
}
