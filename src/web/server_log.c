#include "web/server_log.h"

#include "base/limits.h"
#include "web/site.h"

#define SERVER_LOG 0 /* where a tenant's number stands otherwise */

static struct audit *
audit_of(const struct request *request)
{
	return vault_audit(request->site->vault);
}

static MUST_CHECK enum rc
answer(struct request *request, struct buf *body, const char *type, struct err *err)
{
	struct str finished;

	TRY(buf_finish(body, &finished, err));
	request->response.type = str_from_c(type);
	request->response.body = str_copy(request->arena, finished);
	return RC_OK;
}

enum rc
server_log_checkpoint(struct request *request, struct doc *doc, struct err *err)
{
	CLEANUP(buf_free) struct buf body = { 0 };

	(void)doc;
	buf_init(&body, 16 * KIB);
	TRY(audit_checkpoint(audit_of(request), SERVER_LOG, &body, err));
	return answer(request, &body, "text/plain; charset=utf-8", err);
}

enum rc
server_log_key(struct request *request, struct doc *doc, struct err *err)
{
	CLEANUP(buf_free) struct buf body = { 0 };

	(void)doc;
	buf_init(&body, 16 * KIB);
	TRY(audit_verifier_key(audit_of(request), SERVER_LOG, &body, err));
	buf_add(&body, STR("\n"));
	return answer(request, &body, "text/plain; charset=utf-8", err);
}

enum rc
server_log_tile(struct request *request, struct doc *doc, struct err *err)
{
	CLEANUP(buf_free) struct buf body = { 0 };
	struct str path = request->path;
	uint32_t level;

	(void)doc;
	if (str_to_u32(request->params[0], &level, err) != RC_OK)
		return FAIL(err, RC_NOT_FOUND, "the log has no such tile");
	path.ptr += sizeof("/log/") - 1;
	path.len -= sizeof("/log/") - 1;
	buf_init(&body, LIMIT_BODY_BYTES);
	TRY(audit_tile(audit_of(request), SERVER_LOG, path, &body, err));
	return answer(request, &body, "application/octet-stream", err);
}
