#include "web/server_routes.h"

#include "web/metrics.h"
#include "web/request.h"
#include "web/server_log.h"
#include "web/site.h"

#define METRICS_BYTES (4 * MIB)

static const struct doc_field tenant_fields[] = {
	{ "path", DOC_TEXT, NULL, NULL },
	{ "name", DOC_TEXT, NULL, "Name" },
	{ "service", DOC_TEXT, NULL, "Service" },
};

/* Suspended and closed ones are nobody's business here. */
static enum rc
tenants_list(struct request *request, struct doc *doc, struct err *err)
{
	struct vault *vault = request->site->vault;
	struct doc_part *rows =
	    doc_rows(doc, "tenants", tenant_fields, COUNT_OF(tenant_fields));

	(void)err;
	doc_page_text(doc, "page_title", request_say(request, "Who is here"));
	for (size_t i = 0; i < vault_tenant_count(vault); i++) {
		const struct tenant *tenant = vault_tenant_at(vault, i);
		struct doc_cell *cells;
		if (tenant->state != TENANT_ACTIVE)
			continue;
		cells = doc_row(doc, rows);
		cell_text(&cells[0],
		          str_printf(request->arena, "/%.*s/", STR_ARGS(tenant->slug)));
		cell_text(&cells[1], tenant->name);
		cell_text(&cells[2], tenant->service);
	}
	return RC_OK;
}

/* The process answers: nothing else is looked at. */
static enum rc
health(struct request *request, struct doc *doc, struct err *err)
{
	(void)request;
	(void)err;
	doc_text(doc, "state", STR("alive"));
	return RC_OK;
}

static enum rc
store_look(struct store_tx *tx, void *arg, struct err *err)
{
	struct tenant_row *rows;
	size_t count;

	return store_tenant_list(tx, arg, &rows, &count, err);
}

static enum rc
ready(struct request *request, struct doc *doc, struct err *err)
{
	struct store *store = vault_store(request->site->vault);
	struct store_figures figures;

	if (store_read(store, store_look, request->arena, err) != RC_OK)
		return FAIL(err, RC_BUSY, "the store does not answer");
	store_figures(store, &figures);
	if (figures.queue >= LIMIT_STORE_QUEUE)
		return FAIL(err, RC_BUSY, "the store is too far behind");
	doc_text(doc, "state", STR("ready"));
	return RC_OK;
}

/* The operator's own machine: figures tell an outsider what the server does. */
static bool
is_loopback(struct str address)
{
	return str_starts_with(address, STR("127.")) || str_eq(address, STR("::1")) ||
	       str_starts_with(address, STR("::ffff:127."));
}

static enum rc
figures(struct request *request, struct doc *doc, struct err *err)
{
	CLEANUP(buf_free) struct buf out = { 0 };
	struct str text;

	(void)doc;
	if (!is_loopback(request->visitor.address) || request->site->metrics == NULL)
		return FAIL(err, RC_NOT_FOUND, "there is no such page");
	buf_init(&out, METRICS_BYTES);
	metrics_write(request->site->metrics, &out);
	TRY(buf_finish(&out, &text, err));
	request->response.type = STR("text/plain; version=0.0.4; charset=utf-8");
	request->response.body = str_copy(request->arena, text);
	return RC_OK;
}

#define OPEN ANYONE, "none", 0, BODY_NONE, 0
static const struct route rows[] = {
	{ METHOD_GET, "/", OPEN, ANSWER_DOC, "tenants", tenants_list, "Who is here" },
	{ METHOD_GET, "/-/health", OPEN, ANSWER_DOC, "none", health, "The process answers" },
	{ METHOD_GET, "/-/ready", OPEN, ANSWER_DOC, "none", ready, "The store answers" },
	{ METHOD_GET, "/-/metrics", OPEN, ANSWER_DATA, "none", figures, "Figures" },
	{ METHOD_GET, "/log/checkpoint", OPEN, ANSWER_DATA, "none", server_log_checkpoint,
	  "The latest checkpoint of the server's own log" },
	{ METHOD_GET, "/log/key", OPEN, ANSWER_DATA, "none", server_log_key,
	  "The key that verifies its checkpoints" },
	{ METHOD_GET, "/log/tile/:level/:a", OPEN, ANSWER_DATA, "none", server_log_tile,
	  "A tile of its hashes" },
	{ METHOD_GET, "/log/tile/:level/:a/:b", OPEN, ANSWER_DATA, "none", server_log_tile,
	  "A tile of its hashes, of a longer log or partial" },
	{ METHOD_GET, "/log/tile/:level/:a/:b/:c", OPEN, ANSWER_DATA, "none", server_log_tile,
	  "A tile of its hashes, of a long log" },
	{ METHOD_GET, "/-/asset/:hash/:file", OPEN, ANSWER_DATA, "none", asset_serve,
	  "A file of the pages" },
	{ METHOD_GET, "/-/asset/:hash/:dir/:file", OPEN, ANSWER_DATA, "none", asset_serve,
	  "A file of the pages" },
};

const struct routes server_routes = { rows, COUNT_OF(rows) };
