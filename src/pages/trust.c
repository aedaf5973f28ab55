/*
 * Every promise of the policy, and what shows it true: a check of this server,
 * or a document by somebody else.  What has not been checked says so.
 */
#include "office/proof.h"
#include "pages/handlers.h"

static const struct doc_field promise_fields[] = {
	{ "id", DOC_TEXT, NULL, "Name" },           { "says", DOC_TEXT, NULL, "Promise" },
	{ "state", DOC_TEXT, NULL, "State" },       { "label", DOC_TEXT, NULL, NULL },
	{ "how", DOC_TEXT, NULL, "Shown by" },      { "checked", DOC_TIME, NULL, "Checked" },
	{ "evidence", DOC_TEXT, NULL, "Evidence" },
};

/* How each result reads, and which of the four counts it falls under. */
enum trust_count { COUNT_PROVED, COUNT_ATTESTED, COUNT_OPEN, COUNT_FAILED, COUNTS };

static const struct shown {
	const char *state, *label; /* tag of the style sheet; msgid */
	enum trust_count count;
} by_probe[] = {
	[PROOF_NONE] = { "open", "not yet checked", COUNT_OPEN },
	[PROOF_KEPT] = { "proved", "kept", COUNT_PROVED },
	[PROOF_BROKEN] = { "failed", "broken", COUNT_FAILED },
	[PROOF_NOT_BUILT] = { "open", "not part of this program yet", COUNT_OPEN },
	[PROOF_ERROR] = { "open", "could not be checked", COUNT_OPEN },
}, by_document[] = {
	[PROOF_NONE] = { "open", "not yet checked", COUNT_OPEN },
	[PROOF_KEPT] = { "attested", "attested", COUNT_ATTESTED },
	[PROOF_BROKEN] = { "lapsed", "nothing valid on file", COUNT_FAILED },
	[PROOF_NOT_BUILT] = { "open", "not yet checked", COUNT_OPEN },
	[PROOF_ERROR] = { "open", "could not be checked", COUNT_OPEN },
};

static const struct proof *
proof_of(const struct proofs *proofs, struct str promise)
{
	static const struct proof none = { .state = PROOF_NONE };

	for (size_t i = 0; i < proofs->count; i++) {
		if (str_eq(proofs->items[i].promise, promise))
			return &proofs->items[i];
	}
	return &none;
}

static enum trust_count
promise_fill(struct doc_cell *cells, const struct policy_promise *promise,
             const struct proof *proof)
{
	bool is_attested = promise->probe.len == 0;
	const struct shown *shown =
	    is_attested ? &by_document[proof->state] : &by_probe[proof->state];

	cell_text(&cells[0], promise->id);
	cell_text(&cells[1], promise->says);
	cell_text(&cells[2], str_from_c(shown->state));
	cell_text(&cells[3], str_from_c(shown->label));
	cell_text(&cells[4], is_attested ? promise->attested : promise->probe);
	if (proof->checked_us != 0)
		cell_int(&cells[5], proof->checked_us);
	if (proof->evidence.len != 0)
		cell_text(&cells[6], proof->evidence);
	return shown->count;
}

enum rc
trust_show(struct request *request, struct doc *doc, struct err *err)
{
	const struct policy *policy = request->tenant->policy;
	int64_t counts[COUNTS] = { 0 };
	struct doc_part *rows;
	struct proofs proofs;

	doc_page_text(doc, "page_title", request_say(request, "Promises and proofs"));
	TRY(proof_load(request->site->office, request->tenant, request->arena, &proofs, err));
	rows = doc_rows(doc, "promises", promise_fields, COUNT_OF(promise_fields));
	for (size_t i = 0; i < policy->promise_count; i++)
		counts[promise_fill(doc_row(doc, rows), &policy->promises[i],
		                    proof_of(&proofs, policy->promises[i].id))]++;
	doc_int(doc, "proved_count", counts[COUNT_PROVED]);
	doc_int(doc, "attested_count", counts[COUNT_ATTESTED]);
	doc_int(doc, "open_count", counts[COUNT_OPEN]);
	doc_int(doc, "failed_count", counts[COUNT_FAILED]);
	if (proofs.count != 0)
		doc_time(doc, "run_at", proofs.items[0].checked_us);
	return log_parts(request, doc, err);
}
