/*
 * The member as a Patient, their Devices, and Patient/$everything, which streams
 * in flat memory: the Patient, every Device, every Observation.
 */
#include "service/measure/device.h"
#include "service/measure/fhir_answer.h"
#include "service/measure/fhir_bundle.h"
#include "service/measure/fhir_handlers.h"
#include "service/measure/fhir_party.h"
#include "service/measure/scan.h"

#define PIECE_BYTES ((size_t)64 * KIB)

/* --- Patient ------------------------------------------------------------------------- */

static struct str
extra_text(const struct json_object *extra, const char *name, struct arena *arena)
{
	struct json_object *value;

	if (!json_find(extra, name, &value) || json_kind(value) != JSON_STRING)
		return STR_EMPTY;
	return str_copy(arena, json_text(value));
}

/* The account's own words, where they are FHIR's as well. */
static void
extra_read(struct fhir_patient *patient, struct str extra, struct arena *arena)
{
	CLEANUP(json_free) struct json json = { NULL };
	struct err err;
	int64_t born_us;

	if (extra.len == 0 || json_parse(&json, extra, &err) != RC_OK)
		return;
	patient->phone = extra_text(json.root, "phone", arena);
	patient->gender = extra_text(json.root, "gender", arena);
	patient->birth_date = extra_text(json.root, "born", arena);
	if (date_parse(patient->birth_date, &born_us, &err) != RC_OK)
		patient->birth_date = STR_EMPTY;
}

static MUST_CHECK enum rc
patient_load(const struct request *request, struct id id, struct fhir_patient *patient,
             struct err *err)
{
	struct person person;
	enum rc rc =
	    people_get(&request->door, request->site->people, id, request->arena, &person, err);

	if (rc != RC_OK)
		return fhir_patient_rc(request, id, rc, err);
	*patient = (struct fhir_patient){
		.id = person.id,
		.version = (uint64_t)person.version,
		.updated_us = person.version == 1 ? person.created_us : 0,
		.is_active = person.state == PERSON_ACTIVE,
		.name = person.name,
		.email = person.email,
	};
	extra_read(patient, person.extra, request->arena);
	return RC_OK;
}

static MUST_CHECK enum rc
id_of_address(const struct request *request, struct id *id, struct err *err)
{
	if (id_parse(request->params[0], id, err) != RC_OK)
		return FAIL(err, RC_NOT_FOUND, "there is no such resource");
	return RC_OK;
}

enum rc
fhir_patient_get(struct request *request, struct doc *doc, struct err *err)
{
	CLEANUP(fhir_answer_free) struct fhir_answer answer = { 0 };
	struct fhir_patient patient = { 0 };
	struct id id = { { 0 } };

	(void)doc;
	fhir_answer_begin(&answer, request);
	TRY(fhir_query_check(request, "", err));
	TRY(id_of_address(request, &id, err));
	TRY(patient_load(request, id, &patient, err));
	fhir_version_headers(request, patient.version, patient.updated_us);
	if (fhir_etag_names(request_header(request, "If-None-Match"), patient.version)) {
		request->response.status = 304;
		return RC_OK;
	}
	fhir_patient_write(&answer.out, &patient);
	return fhir_answer_end(&answer, 200, err);
}

/* "ID" or "Patient/ID" as an argument; false: not the one given. */
static bool
names(struct str argument, const char *type, struct id id)
{
	struct err err;
	struct id found;

	if (argument.len == 0)
		return true;
	return (fhir_reference_parse(argument, type, &found) ||
	        id_parse(argument, &found, &err) == RC_OK) &&
	       id_eq(found, id);
}

static void
bundle_begin(struct fhir_bundle *bundle, struct json_out *out, const struct request *request)
{
	struct fhir_bundle_head head = { .type = "searchset", .timestamp_us = request->now_us };

	fhir_bundle_begin(bundle, out, &head);
}

static void
patient_entry(struct fhir_bundle *bundle, const struct request *request,
              const struct fhir_patient *patient)
{
	fhir_bundle_entry_begin(bundle, fhir_url(request, "Patient", patient->id));
	fhir_bundle_resource(bundle);
	fhir_patient_write(bundle->out, patient);
	fhir_bundle_matched(bundle);
	fhir_bundle_entry_end(bundle);
}

/* There is one Patient that an actor may see: its own. */
enum rc
fhir_patient_search(struct request *request, struct doc *doc, struct err *err)
{
	CLEANUP(fhir_answer_free) struct fhir_answer answer = { 0 };
	struct id own = request->actor.subject;
	struct fhir_patient patient = { 0 };
	struct fhir_bundle bundle;

	(void)doc;
	fhir_answer_begin(&answer, request);
	TRY(fhir_query_check(request, "_id", err));
	bundle_begin(&bundle, &answer.out, request);
	if (names(request_query(request, "_id"), "Patient", own)) {
		TRY(patient_load(request, own, &patient, err));
		patient_entry(&bundle, request, &patient);
	}
	fhir_bundle_end(&bundle);
	return fhir_answer_end(&answer, 200, err);
}

/* --- Device -------------------------------------------------------------------------- */

static struct fhir_device
device_of(const struct device *device)
{
	return (struct fhir_device){
		.id = device->id,
		.version = (uint64_t)device->version,
		.updated_us = device->version == 1 ? device->enrolled_us : 0,
		.status =
		    device->state == DEVICE_ACTIVE ? FHIR_DEVICE_ACTIVE : FHIR_DEVICE_INACTIVE,
		.serial = device->serial,
		.model = device->model.len != 0 ? device->model : device->serial,
		.firmware = device->firmware,
		.patient = device->member,
	};
}

static MUST_CHECK enum rc
device_load(const struct request *request, struct id id, struct device *device, struct err *err)
{
	enum rc rc = device_get(&request->door, id, request->arena, device, err);

	if (rc == RC_OK && id_eq(device->member, request->actor.subject))
		return RC_OK;
	if (rc == RC_OK || rc == RC_DENIED || rc == RC_GONE || rc == RC_NOT_FOUND)
		return FAIL(err, RC_NOT_FOUND, "there is no such Device of yours");
	return rc;
}

enum rc
fhir_device_get(struct request *request, struct doc *doc, struct err *err)
{
	CLEANUP(fhir_answer_free) struct fhir_answer answer = { 0 };
	struct device device;
	struct fhir_device out;
	struct id id;

	(void)doc;
	fhir_answer_begin(&answer, request);
	TRY(fhir_query_check(request, "", err));
	TRY(id_of_address(request, &id, err));
	TRY(device_load(request, id, &device, err));
	out = device_of(&device);
	fhir_version_headers(request, out.version, out.updated_us);
	if (fhir_etag_names(request_header(request, "If-None-Match"), out.version)) {
		request->response.status = 304;
		return RC_OK;
	}
	fhir_device_write(&answer.out, &out);
	return fhir_answer_end(&answer, 200, err);
}

static void
device_entry(struct fhir_bundle *bundle, const struct request *request,
             const struct device *device)
{
	struct fhir_device out = device_of(device);

	fhir_bundle_entry_begin(bundle, fhir_url(request, "Device", device->id));
	fhir_bundle_resource(bundle);
	fhir_device_write(bundle->out, &out);
	fhir_bundle_matched(bundle);
	fhir_bundle_entry_end(bundle);
}

/* Page after page; few have more than one. */
static MUST_CHECK enum rc
devices_write(struct fhir_bundle *bundle, const struct request *request, struct str wanted,
              struct err *err)
{
	struct devices devices = { 0 };
	struct id after = { { 0 } };

	do {
		TRY(device_list(&request->door, request->actor.subject, after, request->arena,
		                &devices, err));
		for (size_t i = 0; i < devices.count; i++) {
			if (names(wanted, "Device", devices.items[i].id))
				device_entry(bundle, request, &devices.items[i]);
			after = devices.items[i].id;
		}
	} while (devices.count == LIMIT_PAGE_ROWS);
	return RC_OK;
}

enum rc
fhir_device_search(struct request *request, struct doc *doc, struct err *err)
{
	CLEANUP(fhir_answer_free) struct fhir_answer answer = { 0 };
	struct fhir_bundle bundle;

	(void)doc;
	fhir_answer_begin(&answer, request);
	TRY(fhir_query_check(request, "_id patient", err));
	if (!names(request_query(request, "patient"), "Patient", request->actor.subject))
		return FAIL(err, RC_DENIED, "not a patient whose record you may see");
	bundle_begin(&bundle, &answer.out, request);
	TRY(devices_write(&bundle, request, request_query(request, "_id"), err));
	fhir_bundle_end(&bundle);
	return fhir_answer_end(&answer, 200, err);
}

/* --- $everything ------------------------------------------------------------------------ */

struct everything {
	struct request *request;
	struct fhir_patient patient;
	struct str base;
	struct json_out out; /* of the bundle, across pieces */
	struct fhir_bundle bundle;
	struct scan scan;
	struct readings batch;
	size_t at;
	bool is_begun;
};

static void
observation_entry(struct everything *all, const struct reading *reading)
{
	struct fhir_context context = { .patient = all->patient.id,
		                        .now_us = all->request->now_us };
	struct reading_id id = { all->patient.id, reading->analyte, reading->number };
	char url[FHIR_URL_MAX];

	fhir_bundle_entry_begin(&all->bundle, fhir_reading_url(all->base, &id, url));
	fhir_bundle_resource(&all->bundle);
	fhir_observation_write(&all->out, reading, &context);
	fhir_bundle_matched(&all->bundle);
	fhir_bundle_entry_end(&all->bundle);
}

static MUST_CHECK enum rc
everything_begin(struct everything *all, struct buf *out, struct err *err)
{
	if (all->is_begun)
		return RC_OK;
	all->is_begun = true;
	json_out_init(&all->out, out);
	bundle_begin(&all->bundle, &all->out, all->request);
	patient_entry(&all->bundle, all->request, &all->patient);
	TRY(devices_write(&all->bundle, all->request, STR_EMPTY, err));
	return scan_next(&all->scan, &all->batch, err);
}

static enum rc
everything_more(void *state, struct buf *out, bool *more, struct err *err)
{
	struct everything *all = state;

	TRY(everything_begin(all, out, err));
	all->out.buf = out;
	while (all->batch.count != 0 && out->len < PIECE_BYTES) {
		observation_entry(all, &all->batch.items[all->at++]);
		if (all->at < all->batch.count)
			continue;
		all->at = 0;
		TRY(scan_next(&all->scan, &all->batch, err));
	}
	*more = all->batch.count != 0;
	if (!*more)
		fhir_bundle_end(&all->bundle);
	return RC_OK;
}

static void
everything_end(void *state)
{
	struct everything *all = state;

	scan_close(&all->scan);
}

enum rc
fhir_patient_everything(struct request *request, struct doc *doc, struct err *err)
{
	struct everything *all = ARENA_NEW(request->arena, struct everything);
	struct lookup lookup = { .analyte = ANALYTE_ANY, .has_errors = true, .act = "export" };

	(void)doc;
	TRY(fhir_query_check(request, "", err));
	TRY(id_of_address(request, &lookup.subject, err));
	TRY(patient_load(request, lookup.subject, &all->patient, err));
	all->request = request;
	all->base = fhir_base(request);
	scan_open(&all->scan, &request->door, &lookup, false);
	request_at_end(request, everything_end, all);
	request->response.type = STR("application/fhir+json");
	request->response.source = (struct body_source){ everything_more, all };
	return RC_OK;
}
