/*
 * Ground for these tests: a folder of their own, a place's options, and servers
 * that are real programs on a loopback port.
 */
#ifndef OUTBOUND_GROUND_H
#define OUTBOUND_GROUND_H

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/limits.h"
#include "outbound/place.h"

#define RC_IS(ground, call, expected)                                                          \
	do {                                                                                   \
		(ground)->err = (struct err){ 0 };                                             \
		enum rc rc_ = (call);                                                          \
		if (rc_ != (expected))                                                         \
			print_error("%s:%d: %s: %s\n", __FILE__, __LINE__, rc_name(rc_),       \
			            (ground)->err.text);                                       \
		assert_int_equal(rc_, (expected));                                             \
	} while (0)

struct ground {
	struct arena arena;
	struct err err;
	struct outbound_place *place;
	pid_t server; /* 0: none */
	int port;
	char dir[64];
	struct str host; /* "localhost:PORT", declared */
	struct outbound_hosts hosts;
	struct outbound_place_options options;
};

static inline const char *
ground_path(struct ground *ground, const char *name)
{
	return str_printf(&ground->arena, "%s/%s", ground->dir, name).ptr;
}

static inline void
ground_write(struct ground *ground, const char *name, struct str text, mode_t mode)
{
	FILE *file = fopen(ground_path(ground, name), "wb");

	assert_non_null(file);
	assert_true(text.len == 0 || fwrite(text.ptr, 1, text.len, file) == text.len);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(ground_path(ground, name), mode), 0);
}

static inline struct str
ground_read(struct ground *ground, const char *name)
{
	FILE *file = fopen(ground_path(ground, name), "rb");
	char *text = arena_alloc(&ground->arena, MIB, 1);
	size_t len;

	assert_non_null(file);
	len = fread(text, 1, MIB, file);
	(void)fclose(file);
	return (struct str){ text, len };
}

/* In the folder; true when it ends well. */
static inline bool
ground_run(struct ground *ground, const char *command)
{
	return system(str_printf(&ground->arena, "cd %s && %s", ground->dir, command).ptr) == 0;
}

static inline struct ground *
ground_new(void)
{
	struct ground *ground = calloc(1, sizeof(*ground));

	assert_non_null(ground);
	arena_init(&ground->arena, 64 * MIB);
	(void)snprintf(ground->dir, sizeof(ground->dir), P_tmpdir "/troth-outbound-XXXXXX");
	assert_non_null(mkdtemp(ground->dir));
	ground->options.name = STR("attic");
	ground->options.region = STR("eu");
	return ground;
}

static inline void
ground_stop(struct ground *ground)
{
	if (ground->server <= 0)
		return;
	(void)kill(ground->server, SIGTERM);
	(void)waitpid(ground->server, NULL, 0);
	ground->server = 0;
}

static inline void
ground_free(struct ground *ground)
{
	place_close(&ground->place);
	ground_stop(ground);
	(void)ground_run(ground, "rm -r ../$(basename $PWD)");
	arena_free(&ground->arena);
	free(ground);
}

/* A port that is free at this moment. */
static inline int
ground_port(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		                       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	(void)close(fd);
	return ntohs(address.sin_port);
}

static inline bool
port_answers(int port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		                       .sin_port = htons((uint16_t)port),
		                       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool is_there = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;

	(void)close(fd);
	return is_there;
}

/* Starts a program, its words in the folder's file `log`, and waits until it
 * listens.  False when it ended instead. */
static inline bool
ground_serve(struct ground *ground, char *const argv[])
{
	ground->host = str_printf(&ground->arena, "localhost:%d", ground->port);
	ground->hosts = (struct outbound_hosts){ &ground->host, 1 };
	ground->options.hosts = &ground->hosts;
	ground->server = fork();
	assert_true(ground->server >= 0);
	if (ground->server == 0) {
		/* It ends with the test, however that ends. */
		int is_bound = prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
		FILE *log = freopen(ground_path(ground, "log"), "w", stderr);
		if (log != NULL && is_bound == 0)
			(void)execv(argv[0], argv);
		_exit(127);
	}
	for (int tries = 0; tries < 1000; tries++) {
		if (port_answers(ground->port))
			return true;
		if (waitpid(ground->server, NULL, WNOHANG) != 0)
			break;
		(void)usleep(20000);
	}
	ground->server = 0;
	return false;
}

/* --- what every place must do ------------------------------------------------------------ */

static inline struct str
ground_get(struct ground *ground, const char *name)
{
	struct buf *buf = ARENA_NEW(&ground->arena, struct buf);
	struct sink sink = sink_to_buf(buf);
	struct str copy;

	buf_init(buf, 32 * MIB);
	RC_IS(ground, place_get(ground->place, str_from_c(name), &sink, &ground->err), RC_OK);
	copy = str_copy(&ground->arena, (struct str){ buf->text, buf->len });
	buf_free(buf);
	return copy;
}

static inline enum rc
ground_put(struct ground *ground, const char *name, struct str text)
{
	return place_put_str(ground->place, str_from_c(name), text, &ground->err);
}

static inline enum rc
ground_find(struct ground *ground, const char *name, struct place_object *object)
{
	return place_find(ground->place, str_from_c(name), object, &ground->err);
}

/* The names of a page, with a space after each, and "…" when there is more. */
static inline const char *
ground_list(struct ground *ground, const char *prefix, const char *after, size_t max)
{
	struct place_range range = { str_from_c(prefix), str_from_c(after), max };
	struct place_page page = { 0 };
	struct buf names;
	const char *text;

	RC_IS(ground, place_list(ground->place, &range, &page, &ground->arena, &ground->err),
	      RC_OK);
	buf_init(&names, MIB);
	buf_add(&names, STR("")); /* an empty list has a text as well */
	for (size_t i = 0; i < page.count; i++) {
		buf_addf(&names, "%.*s ", STR_ARGS(page.objects[i].name));
		assert_true(page.objects[i].bytes != 0 && page.objects[i].changed_us > 0);
	}
	buf_addf(&names, "%s", page.is_more ? "…" : "");
	text = str_to_c(&ground->arena, (struct str){ names.text, names.len });
	buf_free(&names);
	return text;
}

/* Every byte value, and longer than any block. */
static inline struct str
ground_bytes(struct ground *ground, size_t len)
{
	char *bytes = arena_alloc(&ground->arena, len, 1);

	for (size_t i = 0; i < len; i++)
		bytes[i] = (char)((i * 2654435761u) >> 11);
	return (struct str){ bytes, len };
}

static inline void
place_keeps_what_it_is_given(struct ground *ground)
{
	static const size_t lengths[] = { 0, 1, 65535, 65536, 65537, 3000000 };
	struct place_object found;

	for (size_t i = 0; i < COUNT_OF(lengths); i++) {
		struct str bytes = ground_bytes(ground, lengths[i]);
		RC_IS(ground, ground_put(ground, "deep/down/object", bytes), RC_OK);
		RC_IS(ground, ground_find(ground, "deep/down/object", &found), RC_OK);
		assert_int_equal(found.bytes, lengths[i]);
		assert_true(str_eq(ground_get(ground, "deep/down/object"), bytes));
	}
}

static inline void
place_says_what_is_not_there(struct ground *ground)
{
	CLEANUP(buf_free) struct buf buf = { 0 };
	struct sink sink = sink_to_buf(&buf);
	struct place_object found;

	buf_init(&buf, MIB);
	RC_IS(ground, place_get(ground->place, STR("no/such"), &sink, &ground->err),
	      RC_NOT_FOUND);
	assert_int_equal(buf.len, 0);
	RC_IS(ground, ground_find(ground, "none", &found), RC_NOT_FOUND);
	RC_IS(ground, place_delete(ground->place, STR("none"), &ground->err), RC_OK);
	RC_IS(ground, place_delete(ground->place, STR("no/such"), &ground->err), RC_OK);
	assert_string_equal(ground_list(ground, "", "", 10), "");
}

static inline void
place_lists_by_name_and_page(struct ground *ground)
{
	static const char *const names[] = { "b/2", "a-z", "c", "b/10", "a/1", "b/1", "a.x" };

	for (size_t i = 0; i < COUNT_OF(names); i++)
		RC_IS(ground, ground_put(ground, names[i], STR("x")), RC_OK);
	assert_string_equal(ground_list(ground, "", "", 10), "a-z a.x a/1 b/1 b/10 b/2 c ");
	assert_string_equal(ground_list(ground, "", "", 7), "a-z a.x a/1 b/1 b/10 b/2 c ");
	assert_string_equal(ground_list(ground, "", "", 3), "a-z a.x a/1 …");
	assert_string_equal(ground_list(ground, "", "a/1", 3), "b/1 b/10 b/2 …");
	assert_string_equal(ground_list(ground, "", "b/2", 3), "c ");
	assert_string_equal(ground_list(ground, "b/", "", 10), "b/1 b/10 b/2 ");
	assert_string_equal(ground_list(ground, "b/1", "", 10), "b/1 b/10 ");
	assert_string_equal(ground_list(ground, "a", "a.x", 10), "a/1 ");
	assert_string_equal(ground_list(ground, "d", "", 10), "");
	RC_IS(ground, place_delete(ground->place, STR("b/10"), &ground->err), RC_OK);
	RC_IS(ground, place_delete(ground->place, STR("c"), &ground->err), RC_OK);
	assert_string_equal(ground_list(ground, "b", "", 10), "b/1 b/2 ");
}

static inline enum rc
source_fails(void *arg, char *out, size_t room, size_t *count, struct err *err)
{
	size_t *given = arg;

	if (*given >= 100000)
		return FAIL(err, RC_CORRUPT, "the source failed");
	memset(out, 'x', room);
	*given += room;
	*count = room;
	return RC_OK;
}

/* Too little, too much, or broken off: what was there stays, nothing is added. */
static inline void
place_takes_whole_objects_only(struct ground *ground)
{
	struct str left;
	struct source source = source_from_str(&left);
	size_t given = 0;
	struct source failing = { source_fails, &given };

	RC_IS(ground, ground_put(ground, "one", STR("first")), RC_OK);
	left = STR("too little");
	RC_IS(ground, place_put(ground->place, STR("one"), 11, &source, &ground->err),
	      RC_INVALID);
	left = STR("too much");
	RC_IS(ground, place_put(ground->place, STR("one"), 7, &source, &ground->err),
	      RC_INVALID);
	left = STR("x");
	RC_IS(ground, place_put(ground->place, STR("two"), 0, &source, &ground->err),
	      RC_INVALID);
	RC_IS(ground, place_put(ground->place, STR("two"), 1000000, &failing, &ground->err),
	      RC_CORRUPT);
	assert_string_equal(ground_list(ground, "", "", 10), "one ");
	assert_true(str_eq(ground_get(ground, "one"), STR("first")));
}

static inline void
place_replaces_an_object(struct ground *ground)
{
	RC_IS(ground, ground_put(ground, "ledger", STR("a longer first text")), RC_OK);
	RC_IS(ground, ground_put(ground, "ledger", STR("second")), RC_OK);
	assert_true(str_eq(ground_get(ground, "ledger"), STR("second")));
	assert_string_equal(ground_list(ground, "", "", 10), "ledger ");
}

static inline enum rc
sink_fails(void *arg, struct str bytes, struct err *err)
{
	(void)arg;
	(void)bytes;
	return FAIL(err, RC_LIMIT, "no more");
}

static inline void
place_passes_on_what_the_sink_says(struct ground *ground)
{
	struct sink sink = { sink_fails, NULL };

	RC_IS(ground, ground_put(ground, "one", STR("first")), RC_OK);
	RC_IS(ground, place_get(ground->place, STR("one"), &sink, &ground->err), RC_LIMIT);
	assert_true(str_eq(ground_get(ground, "one"), STR("first")));
}

#endif
