/*
 * Observations in, one at a time: create (with If-None-Exist) and update, which
 * is a correction: the next version of the same reading.
 */
#include "service/measure/fhir_answer.h"
#include "service/measure/fhir_check.h"
#include "service/measure/fhir_claim.h"
#include "service/measure/fhir_handlers.h"
#include "service/measure/fhir_outcome.h"
#include "service/measure/lookup.h"

/* One write under way. */
struct write {
	struct request *request;
	struct fhir_context context;
	struct fhir_issues issues;
	struct reading reading;
	bool has_condition;
	struct fhir_token condition;
};

static MUST_CHECK enum rc
write_begin(struct write *write, struct request *request, struct err *err)
{
	*write = (struct write){ .request = request, .context = fhir_context_of(request) };
	fhir_issues_init(&write->issues, request->arena);
	return fhir_query_check(request, "", err);
}

/* The body as a reading, with all that is wrong in write->issues. */
static MUST_CHECK enum rc
body_read(struct write *write, struct err *err)
{
	const struct json_object *root;
	struct intake_result result = { .outcome = INTAKE_DUE };
	struct intake intake = { .items = &write->reading, .results = &result, .count = 1 };
	struct fhir_claims claims = { .request = write->request };

	TRY(request_json(write->request, &root, err));
	if (fhir_check(root, "Observation", &write->issues) != RC_OK ||
	    fhir_observation_read(root, &write->context, &write->reading, &write->issues) !=
	        RC_OK)
		return RC_OK;
	TRY(fhir_claim_check(&claims, &write->reading,
	                     write->has_condition ? &write->condition : NULL, &write->issues,
	                     err));
	intake_check(&intake, write->request->now_us, write->request->arena);
	if (result.outcome == INTAKE_REFUSED)
		fhir_claim_refused(&write->issues, &result);
	return RC_OK;
}

/* The answer that Prefer asks for. */
static MUST_CHECK enum rc
written_answer(struct write *write, const struct reading *reading, int http_status,
               struct err *err)
{
	CLEANUP(fhir_answer_free) struct fhir_answer answer = { 0 };
	struct request *request = write->request;
	struct reading_id id = { write->context.patient, reading->analyte, reading->number };
	enum fhir_return wanted = fhir_prefer_return(request);
	char url[FHIR_URL_MAX];

	request->response.location = str_printf(
	    request->arena, "%.*s/_history/%u",
	    STR_ARGS(fhir_reading_url(fhir_base(request), &id, url)), reading->version);
	fhir_version_headers(request, reading->version, reading->updated_us);
	fhir_answer_begin(&answer, request);
	if (wanted == FHIR_RETURN_RESOURCE)
		fhir_observation_write(&answer.out, reading, &write->context);
	if (wanted == FHIR_RETURN_OUTCOME)
		fhir_outcome_write(&answer.out, &write->issues);
	return fhir_answer_end(&answer, http_status, err);
}

static bool
is_same(const struct reading *a, const struct reading *b)
{
	return a->analyte == b->analyte && a->unit == b->unit && a->status == b->status &&
	       a->value.digits == b->value.digits && a->value.scale == b->value.scale &&
	       a->taken_us == b->taken_us;
}

/* It is stored already.  A device may not read, and a sequence number does not
 * lead back to a reading: then there is only the word that it is there. */
static MUST_CHECK enum rc
known_answer(struct write *write, const struct intake_result *result, struct err *err)
{
	struct lookup_one one = { write->context.patient, ANALYTE_ANY, result->number };
	struct request *request = write->request;
	struct readings versions;
	bool is_said_before = write->has_condition;

	if (result->number == 0 || request->actor.kind == ACTOR_DEVICE) {
		fhir_issue_warn(&write->issues, STR("Observation.identifier"),
		                "stored already: nothing was added");
		return fhir_refuse(request, &write->issues, 200, err);
	}
	TRY(lookup_versions(&request->door, &one, request->arena, &versions, err));
	for (size_t i = 0; i < versions.count; i++)
		is_said_before |= is_same(&versions.items[i], &write->reading);
	if (!is_said_before)
		return fhir_refuse_one(
		    request,
		    (struct fhir_refusal){ 409, FHIR_DUPLICATE, "Observation.identifier",
		                           "another reading has this identifier" },
		    err);
	return written_answer(write, &versions.items[0], 200, err);
}

enum rc
fhir_observation_create(struct request *request, struct doc *doc, struct err *err)
{
	struct write write;
	struct intake_result result = { .outcome = INTAKE_DUE };
	struct intake intake = { .subject = request->actor.subject,
		                 .items = &write.reading,
		                 .results = &result,
		                 .count = 1 };
	struct str condition = request_header(request, "If-None-Exist");

	(void)doc;
	TRY(write_begin(&write, request, err));
	if (condition.len != 0) {
		write.has_condition = true;
		TRY(fhir_if_none_exist_parse(request->arena, condition, &write.condition, err));
	}
	TRY(body_read(&write, err));
	if (write.issues.rc != RC_OK)
		return fhir_refuse(request, &write.issues, 0, err);
	TRY(intake_store(&request->door, &intake, request->arena, err));
	if (result.outcome == INTAKE_DUPLICATE)
		return known_answer(&write, &result, err);
	return written_answer(&write, &write.reading, 201, err);
}

/* --- update ------------------------------------------------------------------------------ */

static void
keep_check(struct write *write, bool is_kept, const char *member)
{
	static const struct fhir_place root = { NULL, { "Observation", 11 }, -1 };

	if (!is_kept)
		fhir_issue_add(&write->issues, &root, member,
		               (struct fhir_complaint){ RC_INVALID, FHIR_BUSINESS_RULE,
		                                        "a correction does not change this" });
}

/* What a reading is known by stays with it. */
static void
identity_check(struct write *write, const struct reading *old)
{
	const struct reading *next = &write->reading;

	keep_check(write, next->analyte == old->analyte, "code");
	keep_check(write, id_eq(next->device, old->device), "device");
	keep_check(write,
	           next->has_sequence == old->has_sequence && next->sequence == old->sequence &&
	               str_eq(next->identifier_system, old->identifier_system) &&
	               str_eq(next->identifier, old->identifier),
	           "identifier");
}

static MUST_CHECK enum rc
body_is_of(struct request *request, bool *is_of, struct err *err)
{
	const struct json_object *root;
	struct json_object *id;

	TRY(request_json(request, &root, err));
	*is_of = json_find(root, "id", &id) && json_kind(id) == JSON_STRING &&
	         str_eq(json_text(id), request->params[0]);
	return RC_OK;
}

static const struct fhir_refusal wrong_id = { 400, FHIR_INVALID, "Observation.id",
	                                      "not the id of the address" };

static MUST_CHECK enum rc
corrected_answer(struct write *write, const struct reading *old, struct err *err)
{
	struct request *request = write->request;
	bool is_of;

	TRY(body_is_of(request, &is_of, err));
	if (!is_of)
		return fhir_refuse_one(request, wrong_id, err);
	TRY(body_read(write, err));
	if (write->issues.rc == RC_OK)
		identity_check(write, old);
	if (write->issues.rc != RC_OK)
		return fhir_refuse(request, &write->issues, 0, err);
	TRY(intake_correct(&request->door, old, &write->reading, write->context.patient, err));
	return written_answer(write, &write->reading, 200, err);
}

/* R4 "update": no id of a client's own is taken, so what is not there is a 405. */
static MUST_CHECK enum rc
unknown_answer(struct request *request, struct err *err)
{
	response_header(request, "Allow", STR("GET, HEAD"));
	return fhir_refuse_one(request,
	                       (struct fhir_refusal){ 405, FHIR_NOT_SUPPORTED, NULL,
	                                              "there is no such Observation, and "
	                                              "the server chooses ids" },
	                       err);
}

enum rc
fhir_observation_update(struct request *request, struct doc *doc, struct err *err)
{
	struct str match = request_header(request, "If-Match");
	struct write write;
	struct reading_id id;
	struct lookup_one one;
	struct readings versions;
	enum rc rc;

	(void)doc;
	TRY(write_begin(&write, request, err));
	if (reading_id_parse(request->params[0], &id, err) != RC_OK)
		return unknown_answer(request, err);
	one = (struct lookup_one){ id.patient, id.analyte, id.number };
	rc = lookup_versions(&request->door, &one, request->arena, &versions, err);
	rc = rc == RC_OK ? rc : fhir_patient_rc(request, id.patient, rc, err);
	if (rc == RC_NOT_FOUND)
		return unknown_answer(request, err);
	TRY(rc);
	if (match.len != 0 && !fhir_etag_names(match, versions.items[0].version))
		return FAIL(err, RC_PRECONDITION, "If-Match is not the current version");
	write.context.patient = id.patient;
	return corrected_answer(&write, &versions.items[0], err);
}
