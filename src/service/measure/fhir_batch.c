/*
 * Bundles in: transaction, batch, and $submit-cgm-bundle.
 *
 * All that is good of a Bundle goes into the store in one transaction.  A batch
 * and a CGM Bundle keep the good entries and answer each of the others; a
 * transaction with one bad entry is refused as a whole, naming all of them.
 * The answer is written entry by entry while it is sent: what is stored is never
 * answered with "too long".
 */
#include "service/measure/fhir_answer.h"
#include "service/measure/fhir_cgm.h"
#include "service/measure/fhir_claim.h"
#include "service/measure/fhir_handlers.h"

#define PIECE_BYTES ((size_t)64 * KIB)

/* One Bundle under way. */
struct batch {
	struct request *request;
	struct fhir_context context;
	enum fhir_entries_kind kind;
	const char *answer_type;
	struct fhir_entries entries;
	struct intake intake; /* one item and one result an entry */
	struct json_out out;  /* of the answer, across pieces */
	struct fhir_bundle bundle;
	size_t answered;
	bool is_begun;
};

static void
entry_refuse(struct fhir_entry *entry, const struct fhir_issues *issues)
{
	struct fhir_issues *copy = ARENA_NEW(issues->arena, struct fhir_issues);

	*copy = *issues;
	entry->issues = copy;
	entry->http_status = rc_http_status(issues->rc);
}

/* The service's own rules, for an entry that FHIR's let pass. */
static MUST_CHECK enum rc
entry_check(struct batch *batch, struct fhir_claims *claims, size_t i, struct err *err)
{
	struct fhir_entry *entry = &batch->entries.items[i];
	struct intake_result *result = &batch->intake.results[i];
	struct fhir_issues issues;

	fhir_issues_init(&issues, batch->request->arena);
	TRY(fhir_claim_check(claims, &entry->reading,
	                     entry->has_condition ? &entry->condition : NULL, &issues, err));
	if (result->outcome == INTAKE_REFUSED)
		fhir_claim_refused(&issues, result);
	if (issues.rc != RC_OK)
		entry_refuse(entry, &issues);
	return RC_OK;
}

/* Items and results side by side; what is refused stays so. */
static MUST_CHECK enum rc
entries_check(struct batch *batch, struct err *err)
{
	struct arena *arena = batch->request->arena;
	struct fhir_claims claims = { .request = batch->request };
	struct intake *intake = &batch->intake;

	*intake =
	    (struct intake){ .subject = batch->context.patient, .count = batch->entries.count };
	intake->items = arena_alloc(arena, intake->count * sizeof(*intake->items),
	                            _Alignof(struct reading));
	intake->results = arena_alloc(arena, intake->count * sizeof(*intake->results),
	                              _Alignof(struct intake_result));
	for (size_t i = 0; i < intake->count; i++) {
		intake->items[i] = batch->entries.items[i].reading;
		if (batch->entries.items[i].http_status != 0)
			intake->results[i].outcome = INTAKE_REFUSED;
	}
	intake_check(intake, batch->request->now_us, arena);
	for (size_t i = 0; i < intake->count; i++) {
		if (batch->entries.items[i].http_status == 0)
			TRY(entry_check(batch, &claims, i, err));
		if (batch->entries.items[i].http_status != 0)
			intake->results[i].outcome = INTAKE_REFUSED;
	}
	return RC_OK;
}

/* --- refusing a transaction ------------------------------------------------------------ */

/* "Observation.code" of entry 3 is "Bundle.entry[3].resource.code" of the Bundle. */
static struct str
place_in_bundle(struct arena *arena, struct str expression, size_t i)
{
	static const struct str root = STR("Observation");

	if (!str_starts_with(expression, root))
		return expression.len != 0 ? expression
		                           : str_printf(arena, "Bundle.entry[%zu]", i);
	return str_printf(arena, "Bundle.entry[%zu].resource%.*s", i,
	                  (int)(expression.len - root.len), expression.ptr + root.len);
}

static void
issues_join(struct fhir_issues *all, const struct fhir_issues *issues, size_t i)
{
	for (size_t k = 0; k < issues->count; k++) {
		const struct fhir_issue *issue = &issues->items[k];
		const char *place =
		    str_to_c(all->arena, place_in_bundle(all->arena, issue->expression, i));
		if (issue->severity == FHIR_ERROR)
			fhir_issue_add(
			    all, NULL, place,
			    (struct fhir_complaint){ issues->rc, issue->type, issue->why });
	}
}

static void
transaction_judge(const struct batch *batch, struct fhir_issues *all)
{
	for (size_t i = 0; i < batch->entries.count; i++) {
		const struct fhir_entry *entry = &batch->entries.items[i];
		if (entry->http_status != 0)
			issues_join(all, entry->issues, i);
	}
}

/* --- answering ---------------------------------------------------------------------------- */

static void
entry_answer(struct batch *batch, size_t i)
{
	static const struct fhir_issues known = {
		.count = 1,
		.items = { { FHIR_INFORMATION,
		             FHIR_INFORMATIONAL,
		             { NULL, 0 },
		             "stored already: nothing was added" } },
	};
	const struct fhir_entry *entry = &batch->entries.items[i];
	const struct reading *item = &batch->intake.items[i];
	struct fhir_response response = { .http_status = 200, .issues = &known };
	char text[READING_ID_MAX + 32] = "Observation/";

	if (entry->http_status != 0) {
		response = fhir_entry_refusal(entry);
	} else if (batch->intake.results[i].outcome == INTAKE_STORED) {
		struct reading_id id = { batch->context.patient, item->analyte, item->number };
		size_t len = strlen(text);
		len += reading_id_format(&id, text + len);
		(void)snprintf(text + len, sizeof(text) - len, "/_history/1");
		response = (struct fhir_response){ .http_status = 201,
			                           .location = str_from_c(text),
			                           .version = 1,
			                           .modified_us = item->updated_us };
	}
	fhir_bundle_entry_begin(&batch->bundle, STR_EMPTY);
	fhir_bundle_response(&batch->bundle, &response);
	fhir_bundle_entry_end(&batch->bundle);
}

static void
answer_begin(struct batch *batch, struct buf *out)
{
	struct fhir_bundle_head head = { .type = batch->answer_type,
		                         .timestamp_us = batch->request->now_us };

	json_out_init(&batch->out, out);
	fhir_bundle_begin(&batch->bundle, &batch->out, &head);
	batch->is_begun = true;
}

static enum rc
answer_more(void *state, struct buf *out, bool *more, struct err *err)
{
	struct batch *batch = state;

	(void)err;
	if (!batch->is_begun)
		answer_begin(batch, out);
	batch->out.buf = out;
	while (batch->answered < batch->entries.count && out->len < PIECE_BYTES)
		entry_answer(batch, batch->answered++);
	*more = batch->answered < batch->entries.count;
	if (!*more)
		fhir_bundle_end(&batch->bundle);
	return RC_OK;
}

static MUST_CHECK enum rc
batch_store(struct batch *batch, struct err *err)
{
	struct request *request = batch->request;
	struct fhir_issues issues;

	fhir_issues_init(&issues, request->arena);
	TRY(entries_check(batch, err));
	if (batch->kind == FHIR_ENTRIES_TRANSACTION)
		transaction_judge(batch, &issues);
	if (issues.rc != RC_OK)
		return fhir_refuse(request, &issues, 0, err);
	TRY(intake_store(&request->door, &batch->intake, request->arena, err));
	request->response.type = STR("application/fhir+json");
	request->response.source = (struct body_source){ answer_more, batch };
	return RC_OK;
}

static struct batch *
batch_new(struct request *request)
{
	struct batch *batch = ARENA_NEW(request->arena, struct batch);

	*batch = (struct batch){ .request = request,
		                 .context = fhir_context_of(request),
		                 .answer_type = "transaction-response" };
	return batch;
}

static bool
is_batch(const struct json_object *root)
{
	struct json_object *type;

	return json_find(root, "type", &type) && json_kind(type) == JSON_STRING &&
	       str_eq(json_text(type), STR("batch"));
}

enum rc
fhir_bundle_take(struct request *request, struct doc *doc, struct err *err)
{
	struct batch *batch = batch_new(request);
	const struct json_object *root;
	struct fhir_issues issues;

	(void)doc;
	fhir_issues_init(&issues, request->arena);
	TRY(fhir_query_check(request, "", err));
	TRY(request_json(request, &root, err));
	batch->kind = is_batch(root) ? FHIR_ENTRIES_BATCH : FHIR_ENTRIES_TRANSACTION;
	if (batch->kind == FHIR_ENTRIES_BATCH)
		batch->answer_type = "batch-response";
	if (fhir_entries_read(root, &batch->context, batch->kind, &batch->entries, &issues) !=
	    RC_OK)
		return fhir_refuse(request, &issues, 0, err);
	return batch_store(batch, err);
}

enum rc
fhir_cgm_take(struct request *request, struct doc *doc, struct err *err)
{
	struct batch *batch = batch_new(request);
	const struct json_object *root;
	struct fhir_issues issues;

	(void)doc;
	fhir_issues_init(&issues, request->arena);
	TRY(fhir_query_check(request, "", err));
	TRY(request_json(request, &root, err));
	batch->kind = FHIR_ENTRIES_CGM;
	if (fhir_cgm_read(root, &batch->context, &batch->entries, &issues) != RC_OK)
		return fhir_refuse(request, &issues, 0, err);
	return batch_store(batch, err);
}
