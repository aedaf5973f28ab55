/*
 * Observations out, one at a time: read, vread, history; and the metadata.
 */
#include "service/measure/fhir_answer.h"
#include "service/measure/fhir_bundle.h"
#include "service/measure/fhir_capability.h"
#include "service/measure/fhir_handlers.h"
#include "service/measure/lookup.h"

#define CAPABILITY_CHANGED_US INT64_C(1767225600000000) /* 2026-01-01 */

enum rc
fhir_metadata(struct request *request, struct doc *doc, struct err *err)
{
	CLEANUP(fhir_answer_free) struct fhir_answer answer = { 0 };
	struct fhir_capability capability = { .url = fhir_base(request),
		                              .changed_us = CAPABILITY_CHANGED_US };

	(void)doc;
	TRY(fhir_accept_check(request, err));
	fhir_answer_begin(&answer, request);
	fhir_capability_write(&answer.out, &capability);
	return fhir_answer_end(&answer, 200, err);
}

/* Every version of the reading that the address names, newest first. */
static MUST_CHECK enum rc
versions_get(struct request *request, struct reading_id *id, struct readings *versions,
             struct err *err)
{
	struct lookup_one one;
	enum rc rc;

	TRY(fhir_query_check(request, "", err));
	if (reading_id_parse(request->params[0], id, err) != RC_OK)
		return FAIL(err, RC_NOT_FOUND, "there is no such Observation");
	one = (struct lookup_one){ id->patient, id->analyte, id->number };
	rc = lookup_versions(&request->door, &one, request->arena, versions, err);
	return rc == RC_OK ? rc : fhir_patient_rc(request, id->patient, rc, err);
}

static struct fhir_context
context_of(const struct request *request, const struct reading_id *id)
{
	return (struct fhir_context){ .patient = id->patient, .now_us = request->now_us };
}

static MUST_CHECK enum rc
version_answer(struct request *request, const struct reading_id *id,
               const struct reading *reading, struct err *err)
{
	CLEANUP(fhir_answer_free) struct fhir_answer answer = { 0 };
	struct fhir_context context = context_of(request, id);

	fhir_version_headers(request, reading->version, reading->updated_us);
	if (fhir_etag_names(request_header(request, "If-None-Match"), reading->version)) {
		request->response.status = 304;
		return RC_OK;
	}
	fhir_answer_begin(&answer, request);
	fhir_observation_write(&answer.out, reading, &context);
	return fhir_answer_end(&answer, 200, err);
}

enum rc
fhir_observation_get(struct request *request, struct doc *doc, struct err *err)
{
	struct reading_id id;
	struct readings versions;

	(void)doc;
	TRY(versions_get(request, &id, &versions, err));
	return version_answer(request, &id, &versions.items[0], err);
}

enum rc
fhir_observation_vread(struct request *request, struct doc *doc, struct err *err)
{
	struct reading_id id;
	struct readings versions;
	uint32_t wanted;

	(void)doc;
	TRY(versions_get(request, &id, &versions, err));
	if (str_to_u32(request->params[1], &wanted, err) == RC_OK) {
		for (size_t i = 0; i < versions.count; i++) {
			if (versions.items[i].version == wanted)
				return version_answer(request, &id, &versions.items[i], err);
		}
	}
	return FAIL(err, RC_NOT_FOUND, "there is no such version");
}

static void
history_entry(struct fhir_bundle *bundle, const struct reading *reading,
              const struct fhir_context *context, struct str url)
{
	bool is_first = reading->version == 1;
	struct reading_id id = { context->patient, reading->analyte, reading->number };
	struct fhir_response response = { .http_status = is_first ? 201 : 200,
		                          .version = reading->version,
		                          .modified_us = reading->updated_us };
	char name[READING_ID_MAX + 1];
	char path[READING_ID_MAX + 16];

	(void)reading_id_format(&id, name);
	(void)snprintf(path, sizeof(path), "Observation/%s", name);
	fhir_bundle_entry_begin(bundle, url);
	fhir_bundle_resource(bundle);
	fhir_observation_write(bundle->out, reading, context);
	fhir_bundle_request(bundle, is_first ? "POST" : "PUT",
	                    is_first ? STR("Observation") : str_from_c(path));
	fhir_bundle_response(bundle, &response);
	fhir_bundle_entry_end(bundle);
}

enum rc
fhir_observation_history(struct request *request, struct doc *doc, struct err *err)
{
	CLEANUP(fhir_answer_free) struct fhir_answer answer = { 0 };
	struct fhir_bundle_head head = { .type = "history", .has_total = true };
	struct fhir_context context;
	struct fhir_bundle bundle;
	struct reading_id id;
	struct readings versions;
	char text[FHIR_URL_MAX];
	struct str url;

	(void)doc;
	fhir_answer_begin(&answer, request);
	TRY(versions_get(request, &id, &versions, err));
	context = context_of(request, &id);
	url = fhir_reading_url(fhir_base(request), &id, text);
	head.total = versions.count;
	head.timestamp_us = request->now_us;
	head.self = str_printf(request->arena, "%.*s/_history", STR_ARGS(url));
	fhir_bundle_begin(&bundle, &answer.out, &head);
	for (size_t i = 0; i < versions.count; i++)
		history_entry(&bundle, &versions.items[i], &context, url);
	fhir_bundle_end(&bundle);
	return fhir_answer_end(&answer, 200, err);
}
