/*
 * `troth init`: a new data directory.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "crypto/cert.h"
#include "main/context.h"
#include "main/demo.h"

#define HOST_USUAL "localhost"

static void
fd_close(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

static MUST_CHECK enum rc
file_write(const char *path, const struct buf *text, mode_t mode, struct err *err)
{
	CLEANUP(fd_close) int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
	struct str whole;

	TRY(buf_finish(text, &whole, err));
	if (fd < 0 || write(fd, whole.ptr, whole.len) != (ssize_t)whole.len || fsync(fd) != 0)
		return FAIL(err, RC_IO, "cannot write into the data directory");
	return RC_OK;
}

enum rc
init_certificate(const struct call *call, struct str host, struct err *err)
{
	CLEANUP(buf_free) struct buf certificate = { 0 };
	CLEANUP(buf_free) struct buf key = { 0 };

	buf_init(&certificate, 64 * KIB);
	buf_init(&key, 64 * KIB);
	TRY(cert_new(host, clock_now_us(&(struct clock){ 0 }), &certificate, &key, err));
	TRY(file_write(context_path(call, "key.pem"), &key, 0600, err));
	return file_write(context_path(call, "certificate.pem"), &certificate, 0644, err);
}

static MUST_CHECK enum rc
demo_make(struct call *call, struct err *err)
{
	CLEANUP(buf_free) struct buf mark = { 0 };
	struct context context = { 0 };
	enum rc rc;

	buf_init(&mark, 64);
	buf_add(&mark, STR("A demonstration: made-up people and data.\n"));
	TRY(file_write(context_path(call, "demo"), &mark, 0644, err));
	rc = context_open(&context, call, err);
	if (rc == RC_OK)
		rc = demo_fill(call, err);
	context_close(&context);
	return rc;
}

enum rc
init_run(struct call *call, struct err *err)
{
	struct str host = call_option(call, "--host");
	struct vault_options options = { .clock = &(struct clock){ 0 } };

	if (call->data_dir.len == 0)
		return FAIL(err, RC_INVALID, "say which data directory: --data DIR");
	if (host.len == 0)
		host = STR(HOST_USUAL);
	options.dir = str_to_c(call->arena, call->data_dir);
	options.origin_host = str_to_c(call->arena, host);
	TRY(vault_create(&options, err));
	TRY(init_certificate(call, host, err));
	if (call_has(call, "--demo"))
		TRY(demo_make(call, err));
	buf_addf(call->out,
	         "Made %s.\nKeep a copy of %s/master.key apart from it: nothing "
	         "opens without it.\n",
	         options.dir, options.dir);
	return RC_OK;
}
