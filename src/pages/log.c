/*
 * The tenant's log for everybody: page, checkpoint, key, hash tiles; and for
 * who may, bundles of entries and proofs (C2SP tlog-tiles).
 *
 * Hash tiles say nothing about what happened.  Bundles hold the entries, so
 * they have rows of their own that need `manage log`, and the public handler
 * serves no other tile than one of hashes.
 */
#include "base/limits.h"
#include "pages/handlers.h"
#include "web/exchange.h"

static struct audit *
audit_of(const struct request *request)
{
	return vault_audit(request->site->vault);
}

/* Empty before the first checkpoint. */
static MUST_CHECK enum rc
checkpoint_read(struct request *request, struct str *note, struct err *err)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	struct str finished;
	enum rc rc;

	buf_init(&text, 16 * KIB);
	*note = STR_EMPTY;
	rc = audit_checkpoint(audit_of(request), request->tenant->id, &text, err);
	if (rc == RC_NOT_FOUND)
		return RC_OK;
	TRY(rc);
	TRY(buf_finish(&text, &finished, err));
	*note = str_copy(request->arena, finished);
	return RC_OK;
}

static MUST_CHECK enum rc
key_read(struct request *request, struct str *key, struct err *err)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	struct str finished;

	buf_init(&text, KIB);
	TRY(audit_verifier_key(audit_of(request), request->tenant->id, &text, err));
	TRY(buf_finish(&text, &finished, err));
	*key = str_copy(request->arena, str_trim(finished));
	return RC_OK;
}

enum rc
log_parts(struct request *request, struct doc *doc, struct err *err)
{
	struct audit_figures figures;
	struct str note, key, origin;

	TRY(checkpoint_read(request, &note, err));
	TRY(key_read(request, &key, err));
	TRY(audit_figures(audit_of(request), request->tenant->id, &figures, err));
	(void)str_cut(key, '+', &origin);
	doc_text(doc, "origin", origin);
	doc_int(doc, "size", (int64_t)figures.signed_to);
	doc_text(doc, "key", key);
	if (note.len == 0)
		return RC_OK;
	doc_text(doc, "checkpoint", note);
	doc_time(doc, "checkpoint_at", figures.signed_us);
	return RC_OK;
}

enum rc
log_show(struct request *request, struct doc *doc, struct err *err)
{
	doc_page_text(doc, "page_title", request_say(request, "Public log"));
	doc_page_text(doc, "lead",
	              request_say(request, "Every access to data is an entry here. None can be "
	                                   "taken out or changed without it showing."));
	return log_parts(request, doc, err);
}

enum rc
log_checkpoint(struct request *request, struct doc *doc, struct err *err)
{
	struct str note;

	(void)doc;
	TRY(checkpoint_read(request, &note, err));
	if (note.len == 0)
		return FAIL(err, RC_NOT_FOUND, "the log has no checkpoint yet");
	request->response.type = STR("text/plain; charset=utf-8");
	request->response.body = note;
	return RC_OK;
}

enum rc
log_key(struct request *request, struct doc *doc, struct err *err)
{
	struct str key;

	(void)doc;
	TRY(key_read(request, &key, err));
	request->response.type = STR("text/plain; charset=utf-8");
	request->response.body = str_printf(request->arena, "%.*s\n", STR_ARGS(key));
	return RC_OK;
}

/* --- tiles -------------------------------------------------------------------------- */

/* A full tile never changes; a partial one is replaced by a wider one. */
static bool
is_partial(struct str path)
{
	return memmem(path.ptr, path.len, ".p/", 3) != NULL;
}

static MUST_CHECK enum rc
tile_serve(struct request *request, const char *cache, struct err *err)
{
	CLEANUP(buf_free) struct buf bytes = { 0 };
	struct str prefix = STR("/log/");
	struct str path = { request->path.ptr + prefix.len, request->path.len - prefix.len };
	struct str finished;

	buf_init(&bytes, LIMIT_BODY_BYTES + MIB);
	TRY(audit_tile(audit_of(request), request->tenant->id, path, &bytes, err));
	TRY(buf_finish(&bytes, &finished, err));
	request->response.type = STR("application/octet-stream");
	request->response.body = str_copy(request->arena, finished);
	if (!is_partial(path))
		response_header(request, "Cache-Control", str_from_c(cache));
	return RC_OK;
}

enum rc
log_tile(struct request *request, struct doc *doc, struct err *err)
{
	uint32_t level;

	(void)doc;
	if (str_to_u32(request->params[0], &level, err) != RC_OK &&
	    !str_starts_with(request->path, STR("/log/tile/0/")))
		return FAIL(err, RC_NOT_FOUND, "the log has no such tile");
	return tile_serve(request, "public, max-age=31536000, immutable", err);
}

enum rc
log_entries(struct request *request, struct doc *doc, struct err *err)
{
	(void)doc;
	return tile_serve(request, "private, max-age=31536000, immutable", err);
}

/* --- proofs -------------------------------------------------------------------------- */

/* A proof shows its entry: of everybody's to who may read the log, else of the
 * person's own, as the list of who looked has it. */
static MUST_CHECK enum rc
entry_allow(struct request *request, int64_t entry, struct err *err)
{
	struct looks_query query = { .subject = request->actor.subject, .before = entry + 1 };
	const struct need auditor = MAY(MANAGE, "log");
	struct looks looks;

	if (need_holds(request, &auditor))
		return RC_OK;
	TRY(vault_looks(&request->door, &query, request->arena, &looks, err));
	if (looks.count == 0 || looks.items[0].entry != entry)
		return FAIL(err, RC_NOT_FOUND, "the log has no such entry about you");
	return RC_OK;
}

enum rc
log_proof(struct request *request, struct doc *doc, struct err *err)
{
	CLEANUP(buf_free) struct buf json = { 0 };
	struct str finished;
	int64_t entry;

	(void)doc;
	if (str_to_i64(request->params[0], &entry, err) != RC_OK || entry < 0 ||
	    entry == INT64_MAX)
		return FAIL(err, RC_NOT_FOUND, "the log has no such entry");
	TRY(entry_allow(request, entry, err));
	buf_init(&json, MIB);
	TRY(audit_prove(audit_of(request), request->tenant->id, entry, &json, err));
	TRY(buf_finish(&json, &finished, err));
	request->response.type = STR("application/json");
	request->response.body = str_copy(request->arena, finished);
	return RC_OK;
}
