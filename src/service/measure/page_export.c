/*
 * Export: everything measured, as JSON, CSV or a FHIR R4 Bundle, made while it
 * is sent: a member's whole history passes by batch after batch (scan.h), so
 * memory stays flat however much there is.
 */
#include "service/measure/analyte.h"
#include "service/measure/fhir_bundle.h"
#include "service/measure/fhir_observation.h"
#include "service/measure/pages.h"
#include "service/measure/reading_id.h"
#include "service/measure/reading_row.h"
#include "service/measure/scan.h"

#define CHUNK_ROWS 256

/* --- the readings, batch by batch ---------------------------------------------------- */

struct walk {
	struct request *request;
	struct scan scan;
	struct readings batch;
	size_t at;
};

static void
walk_open(struct walk *walk, struct request *request)
{
	struct lookup ask = { .subject = request->actor.subject,
		              .analyte = ANALYTE_ANY,
		              .has_errors = true,
		              .act = "export" };

	*walk = (struct walk){ .request = request };
	scan_open(&walk->scan, &request->door, &ask, false);
}

/* The next reading, good until the one after; NULL when there is none left. */
static MUST_CHECK enum rc
walk_next(struct walk *walk, const struct reading **reading, struct err *err)
{
	*reading = NULL;
	if (walk->at == walk->batch.count) {
		walk->at = 0;
		TRY(scan_next(&walk->scan, &walk->batch, err));
	}
	if (walk->batch.count != 0)
		*reading = &walk->batch.items[walk->at++];
	return RC_OK;
}

/* --- formats ----------------------------------------------------------------------------- */

/* A row source of a document: JSON and CSV are the document's business. */
struct export_rows {
	struct walk walk;
	struct arena row; /* texts of the row at hand */
};

static enum rc
row_next(void *state, struct doc_cell *cells, bool *more, struct err *err)
{
	struct export_rows *rows = state;
	const struct reading *reading;

	TRY(walk_next(&rows->walk, &reading, err));
	*more = reading != NULL;
	if (reading == NULL)
		return RC_OK;
	arena_reset(&rows->row);
	reading_cells(cells, &rows->row, rows->walk.request->actor.subject, reading);
	return RC_OK;
}

static void
rows_end(void *state)
{
	struct export_rows *rows = state;

	arena_free(&rows->row);
	scan_close(&rows->walk.scan);
}

enum rc
export_readings(struct request *request, struct doc *doc, struct err *err)
{
	struct export_rows *rows = ARENA_NEW(request->arena, struct export_rows);
	struct doc_source source = { row_next, rows };

	(void)err;
	arena_init(&rows->row, 64 * KIB);
	walk_open(&rows->walk, request);
	request_at_end(request, rows_end, rows);
	doc_stream(doc, "readings", reading_fields, reading_field_count, source);
	response_header(request, "Content-Disposition", STR("attachment"));
	return RC_OK;
}

/* --- FHIR ----------------------------------------------------------------------------------
 */

enum stage { STAGE_BEGIN, STAGE_ROWS, STAGE_DONE };

struct export
{
	struct walk walk;
	enum stage stage;
	struct json_out json; /* of the bundle, across chunks */
	struct fhir_bundle bundle;
};

static void
fhir_begin(struct export *export, struct buf *out)
{
	struct fhir_bundle_head head = { .type = "collection",
		                         .timestamp_us = export->walk.request->now_us };

	json_out_init(&export->json, out);
	fhir_bundle_begin(&export->bundle, &export->json, &head);
}

static void
fhir_row(struct export *export, const struct reading *reading, struct buf *out)
{
	const struct request *request = export->walk.request;
	struct fhir_context context = { .patient = request->actor.subject,
		                        .now_us = request->now_us };
	struct reading_id id = { request->actor.subject, reading->analyte, reading->number };
	char name[READING_ID_MAX + 1];
	char url[512];

	export->json.buf = out;
	(void)reading_id_format(&id, name);
	(void)snprintf(url, sizeof(url), "%.*s%.*s/fhir/Observation/%s",
	               STR_ARGS(request->origin), STR_ARGS(request->prefix), name);
	fhir_bundle_entry_begin(&export->bundle, str_from_c(url));
	fhir_bundle_resource(&export->bundle);
	fhir_observation_write(&export->json, reading, &context);
	fhir_bundle_entry_end(&export->bundle);
}

static void
fhir_end(struct export *export, struct buf *out)
{
	export->json.buf = out;
	fhir_bundle_end(&export->bundle);
}

static enum rc
fhir_more(void *state, struct buf *out, bool *more, struct err *err)
{
	struct export *export = state;

	if (export->stage == STAGE_BEGIN)
		fhir_begin(export, out);
	export->stage = STAGE_ROWS;
	*more = true;
	for (size_t i = 0; i < CHUNK_ROWS && *more; i++) {
		const struct reading *reading;
		TRY(walk_next(&export->walk, &reading, err));
		if (reading != NULL) {
			fhir_row(export, reading, out);
			continue;
		}
		fhir_end(export, out);
		export->stage = STAGE_DONE;
		*more = false;
	}
	return RC_OK;
}

static void
fhir_close(void *state)
{
	struct export *export = state;

	scan_close(&export->walk.scan);
}

enum rc
export_fhir(struct request *request, struct doc *doc, struct err *err)
{
	struct export *export = ARENA_NEW(request->arena, struct export);

	(void)doc;
	(void)err;
	walk_open(&export->walk, request);
	request_at_end(request, fhir_close, export);
	response_header(request, "Content-Disposition",
	                STR("attachment; filename=\"readings.fhir.json\""));
	request->response.type = STR("application/fhir+json");
	request->response.source = (struct body_source){ fhir_more, export };
	return RC_OK;
}

/* --- the page ------------------------------------------------------------------------------
 */

enum rc
export_show(struct request *request, struct doc *doc, struct err *err)
{
	static const struct doc_field fields[] = { { "code", DOC_TEXT, NULL, "Format" },
		                                   { "label", DOC_TEXT, NULL, "Name" },
		                                   { "says", DOC_TEXT, NULL, "For" },
		                                   { "path", DOC_TEXT, NULL, "Path" } };
	static const char *const formats[][4] = {
		{ "csv", "CSV", "For spreadsheets: one reading a line.",
		  "/export/readings?format=csv" },
		{ "json", "JSON", "For programs: every field as it is stored.",
		  "/export/readings?format=json" },
		{ "fhir", "FHIR R4", "For other health services: a Bundle of Observations.",
		  "/export/fhir.json" },
	};
	struct doc_part *part = doc_rows(doc, "formats", fields, COUNT_OF(fields));

	(void)err;
	doc_page_text(doc, "page_title", STR("Take my data along"));
	(void)request;
	for (size_t i = 0; i < COUNT_OF(formats); i++) {
		struct doc_cell *cells = doc_row(doc, part);
		for (size_t k = 0; k < COUNT_OF(fields); k++)
			cell_text(&cells[k], str_from_c(formats[i][k]));
	}
	return RC_OK;
}
