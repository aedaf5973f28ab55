/*
 * Readings for the package: every version in commit order, unpacked from segments;
 * and Patient, Device and current Observation resources, a line each (the layout of
 * FHIR's Bulk Data files).
 */
#include "service/measure/package.h"

#include "service/measure/device.h"
#include "service/measure/fhir_observation.h"
#include "service/measure/fhir_party.h"
#include "service/measure/reading_id.h"
#include "service/measure/reading_row.h"
#include "service/measure/scan.h"

#define CHANGES_PAGE 2000
#define STATE_BYTES  (64 * MIB)
#define LINE_BYTES   LIMIT_RECORD_BYTES

struct reader {
	struct door door;
	struct actor actor;
	struct id subject;
	struct arena arena; /* of the page at hand */
	struct arena row;   /* of the row at hand */
	struct buf line;
	struct readings page;
	size_t at;
	int64_t after; /* the change */
	struct scan scan;
	struct devices devices;
	struct id after_id;
	bool is_over;
	int64_t now_us;
};

static struct reader *
reader_new(const struct door *door, struct id subject)
{
	struct reader *reader = calloc(1, sizeof(*reader));

	if (reader == NULL)
		abort();
	reader->actor = *door->actor;
	reader->door = *door;
	reader->door.actor = &reader->actor;
	reader->subject = subject;
	reader->now_us = clock_now_us(vault_clock(door->vault));
	arena_init(&reader->arena, STATE_BYTES);
	arena_init(&reader->row, LINE_BYTES);
	buf_init(&reader->line, LINE_BYTES);
	return reader;
}

static enum rc
reader_open(const struct door *door, struct id subject, void **state, struct err *err)
{
	(void)err;
	*state = reader_new(door, subject);
	return RC_OK;
}

static void
reader_close(void *state)
{
	struct reader *reader = state;

	arena_free(&reader->arena);
	arena_free(&reader->row);
	buf_free(&reader->line);
	free(reader);
}

/* --- every version of every reading ---------------------------------------------------- */

static MUST_CHECK enum rc
changes_next(struct reader *reader, const struct reading **reading, struct err *err)
{
	struct lookup_changes ask = { reader->subject, reader->after, CHANGES_PAGE };

	*reading = NULL;
	if (reader->at == reader->page.count) {
		reader->at = 0;
		arena_reset(&reader->arena);
		TRY(lookup_changes(&reader->door, &ask, &reader->arena, &reader->page, err));
	}
	if (reader->at == reader->page.count)
		return RC_OK;
	*reading = &reader->page.items[reader->at++];
	reader->after = (int64_t)(*reading)->change;
	return RC_OK;
}

static bool
is_of_the_row(struct str name)
{
	return str_eq(name, STR("id")) || str_eq(name, STR("version")) ||
	       str_eq(name, STR("change"));
}

static void
cell_write(struct json_out *out, const struct doc_field *field, const struct doc_cell *cell)
{
	if (!cell->is_set || is_of_the_row(str_from_c(field->name)))
		return;
	json_name(out, field->name);
	if (field->type == DOC_INT)
		json_put_int(out, cell->number);
	else if (field->type == DOC_TIME)
		json_put_time(out, cell->number);
	else if (field->type == DOC_NUMBER)
		json_put_number(out, cell->text);
	else
		json_put_text(out, cell->text);
}

static MUST_CHECK enum rc
reading_fields_write(struct reader *reader, const struct reading *reading, struct str *text,
                     struct err *err)
{
	struct doc_cell *cells = arena_alloc(&reader->row, reading_field_count * sizeof(*cells),
	                                     _Alignof(struct doc_cell));
	struct json_out out;

	reader->line.len = 0;
	reading_cells(cells, &reader->row, reader->subject, reading);
	json_out_init(&out, &reader->line);
	json_object_begin(&out);
	for (size_t i = 0; i < reading_field_count; i++)
		cell_write(&out, &reading_fields[i], &cells[i]);
	json_int_at(&out, "offset", reading->offset_s);
	if (reading->drift_ms != 0)
		json_int_at(&out, "drift", reading->drift_ms);
	if (reading->updated_us != 0)
		json_time_at(&out, "updated", reading->updated_us);
	json_object_close(&out);
	return buf_finish(&reader->line, text, err);
}

static enum rc
readings_row(void *state, struct package_row *row, bool *more, struct err *err)
{
	struct reader *reader = state;
	const struct reading *reading;
	struct reading_id id;
	char text[READING_ID_MAX + 1];

	arena_reset(&reader->row);
	TRY(changes_next(reader, &reading, err));
	*more = reading != NULL;
	if (reading == NULL)
		return RC_OK;
	id = (struct reading_id){ reader->subject, reading->analyte, reading->number };
	row->id = str_copy(&reader->row, (struct str){ text, reading_id_format(&id, text) });
	row->version = reading->version;
	return reading_fields_write(reader, reading, &row->fields, err);
}

/* --- FHIR --------------------------------------------------------------------------------- */

static MUST_CHECK enum rc
line_end(struct reader *reader, struct str *line, struct err *err)
{
	return buf_finish(&reader->line, line, err);
}

static void
line_begin(struct reader *reader, struct json_out *out)
{
	reader->line.len = 0;
	json_out_init(out, &reader->line);
}

static enum rc
observations_open(const struct door *door, struct id subject, void **state, struct err *err)
{
	struct reader *reader = reader_new(door, subject);
	struct lookup ask = {
		.subject = subject, .analyte = ANALYTE_ANY, .has_errors = true, .act = "export"
	};

	(void)err;
	scan_open(&reader->scan, &reader->door, &ask, false);
	*state = reader;
	return RC_OK;
}

static void
observations_close(void *state)
{
	struct reader *reader = state;

	scan_close(&reader->scan);
	reader_close(reader);
}

static enum rc
observations_line(void *state, struct str *line, bool *more, struct err *err)
{
	struct reader *reader = state;
	struct fhir_context context = { .patient = reader->subject, .now_us = reader->now_us };
	struct json_out out;

	if (reader->at == reader->page.count) {
		reader->at = 0;
		TRY(scan_next(&reader->scan, &reader->page, err));
	}
	*more = reader->page.count != 0;
	if (!*more)
		return RC_OK;
	line_begin(reader, &out);
	fhir_observation_write(&out, &reader->page.items[reader->at++], &context);
	return line_end(reader, line, err);
}

static enum rc
devices_line(void *state, struct str *line, bool *more, struct err *err)
{
	struct reader *reader = state;
	const struct device *device;
	struct fhir_device resource;
	struct json_out out;

	if (reader->at == reader->devices.count) {
		reader->at = 0;
		arena_reset(&reader->arena);
		TRY(device_list(&reader->door, reader->subject, reader->after_id,
		                &reader->arena, &reader->devices, err));
	}
	*more = reader->devices.count != 0;
	if (!*more)
		return RC_OK;
	device = &reader->devices.items[reader->at++];
	reader->after_id = device->id;
	resource = (struct fhir_device){
		.id = device->id,
		.version = (uint64_t)device->version,
		.status =
		    device->state == DEVICE_ACTIVE ? FHIR_DEVICE_ACTIVE : FHIR_DEVICE_INACTIVE,
		.serial = device->serial,
		.model = device->model.len != 0 ? device->model : device->serial,
		.firmware = device->firmware,
		.patient = device->member,
	};
	line_begin(reader, &out);
	fhir_device_write(&out, &resource);
	return line_end(reader, line, err);
}

static struct str
text_of(const struct json_object *root, const char *name)
{
	struct json_object *value;

	return json_find(root, name, &value) && json_kind(value) == JSON_STRING
	           ? json_text(value)
	           : STR_EMPTY;
}

static MUST_CHECK enum rc
patient_write(struct reader *reader, const struct vault_record *record, struct err *err)
{
	CLEANUP(json_free) struct json json = { NULL };
	struct fhir_patient patient;
	struct json_out out;
	int64_t born_us;

	TRY(json_parse(&json, record->body, err));
	patient = (struct fhir_patient){ .id = record->subject,
		                         .version = (uint64_t)record->version,
		                         .updated_us = record->updated_us,
		                         .is_active =
		                             str_eq(text_of(json.root, "state"), STR("active")),
		                         .name = text_of(json.root, "name"),
		                         .email = text_of(json.root, "email"),
		                         .phone = text_of(json.root, "phone"),
		                         .gender = text_of(json.root, "gender"),
		                         .birth_date = text_of(json.root, "born") };
	if (date_parse(patient.birth_date, &born_us, err) != RC_OK)
		patient.birth_date = STR_EMPTY;
	line_begin(reader, &out);
	fhir_patient_write(&out, &patient);
	return RC_OK;
}

/* The member's account is the record of its own id; others have no Patient. */
static enum rc
patient_line(void *state, struct str *line, bool *more, struct err *err)
{
	struct reader *reader = state;
	struct vault_record record;
	enum rc rc;

	*more = false;
	if (reader->is_over)
		return RC_OK;
	reader->is_over = true;
	rc = vault_get(&reader->door, STR("account"), reader->subject, &reader->arena, &record,
	               err);
	if (rc == RC_NOT_FOUND)
		return RC_OK;
	TRY(rc);
	TRY(patient_write(reader, &record, err));
	*more = true;
	return line_end(reader, line, err);
}

const struct package_source measure_packages[MEASURE_PACKAGES] = {
	{ .class = "measurement",
	  .purpose = "care",
	  .open = reader_open,
	  .row = readings_row,
	  .close = reader_close },
	{ .file = "fhir/Patient.ndjson",
	  .says = "FHIR R4: Patient",
	  .purpose = "care",
	  .open = reader_open,
	  .line = patient_line,
	  .close = reader_close },
	{ .file = "fhir/Device.ndjson",
	  .says = "FHIR R4: Device",
	  .purpose = "care",
	  .open = reader_open,
	  .line = devices_line,
	  .close = reader_close },
	{ .file = "fhir/Observation.ndjson",
	  .says = "FHIR R4: Observation",
	  .purpose = "care",
	  .open = observations_open,
	  .line = observations_line,
	  .close = observations_close },
};
