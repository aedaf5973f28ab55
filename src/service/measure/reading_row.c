#include "service/measure/reading_row.h"

#include "service/measure/analyte.h"
#include "service/measure/reading_id.h"

enum column {
	COLUMN_ID,
	COLUMN_ANALYTE,
	COLUMN_VALUE,
	COLUMN_UNIT,
	COLUMN_TAKEN,
	COLUMN_RECEIVED,
	COLUMN_DEVICE,
	COLUMN_SEQUENCE,
	COLUMN_RAW,
	COLUMN_CALIBRATION,
	COLUMN_METHOD,
	COLUMN_STATUS,
	COLUMN_IDENTIFIER,
	COLUMN_NOTE,
	COLUMN_VERSION,
	COLUMN_CHANGE,
	COLUMN_COUNT
};

/* TAKEN is a text: it keeps the offset that the sender stated. */
const struct doc_field reading_fields[] = {
	[COLUMN_ID] = { "id", DOC_TEXT, NULL, "id" },
	[COLUMN_ANALYTE] = { "analyte", DOC_TEXT, NULL, "analyte" },
	[COLUMN_VALUE] = { "value", DOC_NUMBER, NULL, "value" },
	[COLUMN_UNIT] = { "unit", DOC_TEXT, NULL, "unit" },
	[COLUMN_TAKEN] = { "taken", DOC_TEXT, NULL, "taken" },
	[COLUMN_RECEIVED] = { "received", DOC_TIME, NULL, "received" },
	[COLUMN_DEVICE] = { "device", DOC_TEXT, NULL, "device" },
	[COLUMN_SEQUENCE] = { "sequence", DOC_INT, NULL, "sequence" },
	[COLUMN_RAW] = { "raw", DOC_NUMBER, NULL, "raw" },
	[COLUMN_CALIBRATION] = { "calibration", DOC_INT, NULL, "calibration" },
	[COLUMN_METHOD] = { "method", DOC_TEXT, NULL, "method" },
	[COLUMN_STATUS] = { "status", DOC_TEXT, NULL, "status" },
	[COLUMN_IDENTIFIER] = { "identifier", DOC_TEXT, NULL, "identifier" },
	[COLUMN_NOTE] = { "note", DOC_TEXT, NULL, "note" },
	[COLUMN_VERSION] = { "version", DOC_INT, NULL, "version" },
	[COLUMN_CHANGE] = { "change", DOC_INT, NULL, "change" },
};
const size_t reading_field_count = COLUMN_COUNT;

static const char *const methods[] = { [READING_OPTICAL] = "optical",
	                               [READING_SENSOR] = "sensor",
	                               [READING_BLOOD] = "blood",
	                               [READING_MANUAL] = "manual" };

static const char *const statuses[] = { [READING_FINAL] = "final",
	                                [READING_PRELIMINARY] = "preliminary",
	                                [READING_AMENDED] = "amended",
	                                [READING_CORRECTED] = "corrected",
	                                [READING_IN_ERROR] = "entered-in-error" };

bool
reading_method_find(struct str word, enum reading_method *method)
{
	for (size_t i = READING_OPTICAL; i < COUNT_OF(methods); i++) {
		if (!str_eq(word, str_from_c(methods[i])))
			continue;
		*method = (enum reading_method)i;
		return true;
	}
	return false;
}

static void
cell_decimal(struct doc_cell *cell, struct arena *arena, const struct decimal *decimal)
{
	char text[28];

	cell_text(cell, str_copy(arena, decimal_format(decimal, text)));
}

static struct str
id_text(struct arena *arena, struct id subject, const struct reading *reading)
{
	struct reading_id id = { subject, reading->analyte, reading->number };
	char text[READING_ID_MAX + 1];
	size_t length = reading_id_format(&id, text);

	return str_copy(arena, (struct str){ text, length });
}

static struct str
taken_text(struct arena *arena, const struct reading *reading)
{
	char text[TIME_TEXT_MAX];

	time_format(reading->taken_us, reading->offset_s, text);
	return str_copy(arena, str_from_c(text));
}

void
reading_cells(struct doc_cell *cells, struct arena *arena, struct id subject,
              const struct reading *reading)
{
	cell_text(&cells[COLUMN_ID], id_text(arena, subject, reading));
	cell_text(&cells[COLUMN_ANALYTE], str_from_c(analyte_at(reading->analyte)->code));
	cell_decimal(&cells[COLUMN_VALUE], arena, &reading->value);
	cell_text(&cells[COLUMN_UNIT], str_from_c(unit_ucum(reading->unit)));
	cell_text(&cells[COLUMN_TAKEN], taken_text(arena, reading));
	cell_int(&cells[COLUMN_RECEIVED], reading->received_us);
	if (!id_is_zero(reading->device))
		cell_text(&cells[COLUMN_DEVICE], id_to_str(arena, reading->device));
	if (reading->has_sequence)
		cell_int(&cells[COLUMN_SEQUENCE], (int64_t)reading->sequence);
	if (reading->has_raw)
		cell_decimal(&cells[COLUMN_RAW], arena, &reading->raw);
	if (reading->calibration != 0)
		cell_int(&cells[COLUMN_CALIBRATION], reading->calibration);
	cell_text(&cells[COLUMN_METHOD], str_from_c(methods[reading->method]));
	cell_text(&cells[COLUMN_STATUS], str_from_c(statuses[reading->status]));
	if (reading->identifier.len != 0)
		cell_text(&cells[COLUMN_IDENTIFIER], reading->identifier);
	if (reading->note.len != 0)
		cell_text(&cells[COLUMN_NOTE], reading->note);
	cell_int(&cells[COLUMN_VERSION], reading->version);
	cell_int(&cells[COLUMN_CHANGE], (int64_t)reading->change);
}

void
reading_rows(struct doc *doc, const char *name, struct id subject,
             const struct readings *readings)
{
	struct doc_part *part = doc_rows(doc, name, reading_fields, COLUMN_COUNT);

	for (size_t i = 0; i < readings->count; i++)
		reading_cells(doc_row(doc, part), doc->arena, subject, &readings->items[i]);
}
