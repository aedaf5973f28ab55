#include "main/control.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/json.h"
#include "base/log.h"

#define WAIT_S    60
#define ACCEPT_MS 200

struct control {
	struct call like;
	int fd;
	pthread_t thread;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	_Atomic bool is_ending;
};

static void
fd_close(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

static MUST_CHECK enum rc
address_of(struct str dir, struct sockaddr_un *address, struct err *err)
{
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	int length = snprintf(address->sun_path, sizeof(address->sun_path), "%.*s/control.sock",
	                      STR_ARGS(dir));

	if (length < 0 || (size_t)length >= sizeof(address->sun_path))
		return FAIL(err, RC_INVALID, "the data directory's name is too long");
	return RC_OK;
}

/* Everything until the other side shuts its writing end. */
static MUST_CHECK enum rc
all_read(int fd, struct buf *text, struct err *err)
{
	char piece[16 * KIB];
	ssize_t count;

	while ((count = recv(fd, piece, sizeof(piece), 0)) > 0)
		buf_add(text, (struct str){ piece, (size_t)count });
	if (count < 0)
		return FAIL(err, RC_IO, "the control socket fell silent");
	return RC_OK;
}

static MUST_CHECK enum rc
all_write(int fd, struct str text, struct err *err)
{
	while (text.len != 0) {
		ssize_t count = send(fd, text.ptr, text.len, MSG_NOSIGNAL);
		if (count <= 0)
			return FAIL(err, RC_IO, "the control socket broke");
		text = (struct str){ text.ptr + count, text.len - (size_t)count };
	}
	(void)shutdown(fd, SHUT_WR);
	return RC_OK;
}

/* --- the server's side ----------------------------------------------------------- */

static bool
peer_is_ours(int fd)
{
	struct ucred peer;
	socklen_t length = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 &&
	       (peer.uid == geteuid() || peer.uid == 0);
}

static MUST_CHECK enum rc
value_take(struct call *call, const struct json_object *item, struct err *err)
{
	struct str name, value;

	TRY(json_need_text(item, "name", &name, err));
	TRY(json_need_text(item, "value", &value, err));
	for (size_t i = 0; i < OPTIONS_MAX; i++) {
		const struct option_row *option = &call->command->options[i];
		if (option->kind == OPTION_END)
			break;
		if (!str_eq(str_from_c(option->name), name))
			continue;
		call->values[i] = value;
		return RC_OK;
	}
	return FAIL(err, RC_INVALID, "no such option");
}

static MUST_CHECK enum rc
request_read(struct call *call, const struct json_object *root, struct err *err)
{
	struct json_object *list = NULL;
	struct str name;

	TRY(json_need_text(root, "command", &name, err));
	for (size_t i = 0; i < command_count; i++) {
		if (commands[i].place == PLACE_VAULT &&
		    str_eq(str_from_c(commands[i].name), name))
			call->command = &commands[i];
	}
	if (call->command == NULL)
		return FAIL(err, RC_INVALID, "no such command");
	if (json_find(root, "options", &list) && json_kind(list) == JSON_ARRAY) {
		for (size_t i = 0; i < json_count(list); i++)
			TRY(value_take(call, json_at(list, i), err));
	}
	if (json_find(root, "arguments", &list) && json_kind(list) == JSON_ARRAY) {
		for (size_t i = 0; i < json_count(list) && i < ARGUMENTS_MAX; i++) {
			if (json_kind(json_at(list, i)) == JSON_STRING)
				call->arguments[call->argument_count++] =
				    json_text(json_at(list, i));
		}
	}
	call->is_json = call_has(call, "--json");
	return RC_OK;
}

static MUST_CHECK enum rc
request_run(struct control *control, struct str text, struct buf *out, int *exit_code,
            struct err *err)
{
	CLEANUP(json_free) struct json json = { NULL };
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct call call = control->like;

	arena_init(&arena, LIMIT_ARENA_BYTES);
	call.command = NULL;
	memset(call.values, 0, sizeof(call.values));
	call.argument_count = 0;
	call.arena = &arena;
	call.out = out;
	TRY(json_parse(&json, text, err));
	TRY(request_read(&call, json.root, err));
	TRY(call.command->run(&call, err));
	*exit_code = call.exit_code;
	return RC_OK;
}

static void
answer_format(struct buf *answer, enum rc rc, int exit_code, const struct buf *out,
              const struct err *err)
{
	struct json_out json;

	json_out_init(&json, answer);
	json_object_begin(&json);
	json_int_at(&json, "code", (int)rc);
	json_int_at(&json, "exit", exit_code);
	json_text_at(&json, "text", (struct str){ out->text, out->len });
	json_text_at(&json, "error", rc == RC_OK ? STR_EMPTY : str_from_c(err->text));
	json_object_close(&json);
}

static void
connection_serve(struct control *control, int fd)
{
	CLEANUP(buf_free) struct buf request = { 0 };
	CLEANUP(buf_free) struct buf answer = { 0 };
	CLEANUP(buf_free) struct buf out = { 0 };
	struct timeval wait = { .tv_sec = WAIT_S };
	struct err err = { 0 };
	struct str text;
	int exit_code = 0;
	enum rc rc;

	buf_init(&request, LIMIT_BODY_BYTES);
	buf_init(&answer, 2 * OUTPUT_MAX);
	buf_init(&out, OUTPUT_MAX);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	if (!peer_is_ours(fd) || all_read(fd, &request, &err) != RC_OK)
		return;
	rc = buf_finish(&request, &text, &err);
	if (rc == RC_OK)
		rc = request_run(control, text, &out, &exit_code, &err);
	answer_format(&answer, rc, exit_code, &out, &err);
	if (buf_finish(&answer, &text, &err) == RC_OK)
		DISCARD(all_write(fd, text, &err), "the asker is gone");
}

static void *
control_loop(void *arg)
{
	struct control *control = arg;

	while (!control->is_ending) {
		struct pollfd waiting = { .fd = control->fd, .events = POLLIN };
		if (poll(&waiting, 1, ACCEPT_MS) <= 0)
			continue;
		CLEANUP(fd_close) int fd = accept4(control->fd, NULL, NULL, SOCK_CLOEXEC);
		if (fd >= 0)
			connection_serve(control, fd);
	}
	return NULL;
}

enum rc
control_open(struct control **control, const struct call *like, struct err *err)
{
	struct control *opened;
	struct sockaddr_un address;
	mode_t mask;
	int bound;

	TRY(address_of(like->data_dir, &address, err));
	opened = calloc(1, sizeof(*opened));
	if (opened == NULL)
		abort();
	opened->like = *like;
	memcpy(opened->path, address.sun_path, sizeof(opened->path));
	(void)unlink(address.sun_path); /* the lock says that nobody else serves here */
	opened->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	mask = umask(0177);
	bound = bind(opened->fd, (const struct sockaddr *)&address, sizeof(address));
	(void)umask(mask);
	if (bound != 0 || listen(opened->fd, 16) != 0 ||
	    pthread_create(&opened->thread, NULL, control_loop, opened) != 0) {
		fd_close(&opened->fd);
		free(opened);
		return FAIL(err, RC_IO, "cannot open the control socket");
	}
	*control = opened;
	return RC_OK;
}

void
control_close(struct control *control)
{
	if (control == NULL)
		return;
	control->is_ending = true;
	(void)pthread_join(control->thread, NULL);
	fd_close(&control->fd);
	(void)unlink(control->path);
	free(control);
}

/* --- the asker's side ------------------------------------------------------------------ */

static void
request_format(const struct call *call, struct buf *request)
{
	struct json_out json;

	json_out_init(&json, request);
	json_object_begin(&json);
	json_text_at(&json, "command", str_from_c(call->command->name));
	json_name(&json, "options");
	json_array_begin(&json);
	for (size_t i = 0; i < OPTIONS_MAX && call->command->options[i].kind != OPTION_END;
	     i++) {
		if (call->values[i].ptr == NULL)
			continue;
		json_object_begin(&json);
		json_text_at(&json, "name", str_from_c(call->command->options[i].name));
		json_text_at(&json, "value", call->values[i]);
		json_object_close(&json);
	}
	json_array_close(&json);
	json_name(&json, "arguments");
	json_array_begin(&json);
	for (size_t i = 0; i < call->argument_count; i++)
		json_put_text(&json, call->arguments[i]);
	json_array_close(&json);
	json_object_close(&json);
}

static MUST_CHECK enum rc
answer_read(struct call *call, struct str text, struct err *err)
{
	CLEANUP(json_free) struct json json = { NULL };
	struct str out, error;
	int64_t code, leave;

	TRY(json_parse(&json, text, err));
	TRY(json_need_int(json.root, "code", &code, err));
	TRY(json_need_int(json.root, "exit", &leave, err));
	TRY(json_need_text(json.root, "text", &out, err));
	TRY(json_need_text(json.root, "error", &error, err));
	buf_add(call->out, out);
	call->exit_code = (int)leave;
	if (code == RC_OK)
		return RC_OK;
	return FAIL(err, code > RC_OK && code <= RC_FULL ? (enum rc)code : RC_IO, "%.*s",
	            STR_ARGS(error));
}

enum rc
control_ask(struct call *call, bool *is_there, struct err *err)
{
	CLEANUP(fd_close) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CLEANUP(buf_free) struct buf request = { 0 };
	CLEANUP(buf_free) struct buf answer = { 0 };
	struct sockaddr_un address;
	struct str text;

	*is_there = false;
	TRY(address_of(call->data_dir, &address, err));
	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0)
		return RC_OK;
	*is_there = true;
	buf_init(&request, LIMIT_BODY_BYTES);
	buf_init(&answer, 2 * OUTPUT_MAX);
	request_format(call, &request);
	TRY(buf_finish(&request, &text, err));
	TRY(all_write(fd, text, err));
	TRY(all_read(fd, &answer, err));
	TRY(buf_finish(&answer, &text, err));
	return answer_read(call, text, err);
}
