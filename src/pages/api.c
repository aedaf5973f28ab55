/*
 * The description of the API, and a page that draws it.
 */
#include "base/limits.h"
#include "pages/handlers.h"
#include "web/openapi.h"

enum rc
api_show(struct request *request, struct doc *doc, struct err *err)
{
	(void)err;
	doc_page_text(doc, "page_title", request_say(request, "API"));
	doc_page_text(doc, "lead",
	              request_say(request, "What a page can do, a program can do: the same "
	                                   "addresses answer as JSON."));
	return RC_OK;
}

enum rc
openapi_show(struct request *request, struct doc *doc, struct err *err)
{
	CLEANUP(buf_free) struct buf json = { 0 };
	struct str finished;

	(void)doc;
	buf_init(&json, LIMIT_PAGE_BYTES);
	openapi_write(request->site, request->tenant, &json);
	TRY(buf_finish(&json, &finished, err));
	request->response.type = STR("application/json");
	request->response.body = str_copy(request->arena, finished);
	return RC_OK;
}
