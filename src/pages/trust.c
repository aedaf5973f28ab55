/*
 * Every promise of the policy, and what shows it true: a check of this server,
 * or a document by somebody else.  What has not been checked says so.
 */
#include "pages/handlers.h"

static const struct doc_field promise_fields[] = {
	{ "id", DOC_TEXT, NULL, "Name" },           { "says", DOC_TEXT, NULL, "Promise" },
	{ "state", DOC_TEXT, NULL, "State" },       { "label", DOC_TEXT, NULL, NULL },
	{ "how", DOC_TEXT, NULL, "Shown by" },      { "checked", DOC_TIME, NULL, "Checked" },
	{ "evidence", DOC_TEXT, NULL, "Evidence" },
};

static void
promise_fill(struct doc_cell *cells, const struct policy_promise *promise)
{
	bool is_attested = promise->probe.len == 0;

	cell_text(&cells[0], promise->id);
	cell_text(&cells[1], promise->says);
	cell_text(&cells[2], is_attested ? STR("attested") : STR("open"));
	cell_text(&cells[3], is_attested ? STR("attested") : STR("not yet checked"));
	cell_text(&cells[4], is_attested ? promise->attested : promise->probe);
}

enum rc
trust_show(struct request *request, struct doc *doc, struct err *err)
{
	const struct policy *policy = request->tenant->policy;
	int64_t attested = 0, open = 0;
	struct doc_part *rows;

	doc_page_text(doc, "page_title", request_say(request, "Promises and proofs"));
	rows = doc_rows(doc, "promises", promise_fields, COUNT_OF(promise_fields));
	for (size_t i = 0; i < policy->promise_count; i++) {
		promise_fill(doc_row(doc, rows), &policy->promises[i]);
		attested += policy->promises[i].probe.len == 0;
		open += policy->promises[i].probe.len != 0;
	}
	doc_int(doc, "proved_count", 0);
	doc_int(doc, "attested_count", attested);
	doc_int(doc, "open_count", open);
	doc_int(doc, "failed_count", 0);
	return log_parts(request, doc, err);
}
