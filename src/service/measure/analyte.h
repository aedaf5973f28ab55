/*
 * What can be measured, in which units, under which codes, and how to convert.
 *
 * The tables are data; a new analyte, unit or code is a row in analyte.c.
 * Their order is stored (struct reading keeps indexes), so rows are only ever
 * appended.  Names are English and pass through gettext where they are shown.
 *
 * A value is converted for show and for figures, never in storage.  Mass and
 * substance concentration differ by the molar mass M (g/mol):
 *     mmol/L = mg/dL × 10 / M
 */
#ifndef SERVICE_MEASURE_ANALYTE_H
#define SERVICE_MEASURE_ANALYTE_H

#include "service/measure/reading.h"

enum unit_index { UNIT_MG_DL, UNIT_MMOL_L, UNIT_UMOL_L, UNIT_COUNT };

enum analyte_index {
	ANALYTE_GLUCOSE,
	ANALYTE_KETONE, /* β-hydroxybutyrate */
	ANALYTE_CHOLESTEROL,
	ANALYTE_HDL,
	ANALYTE_LDL,
	ANALYTE_TRIGLYCERIDES,
	ANALYTE_URATE,
	ANALYTE_LACTATE,
	ANALYTE_COUNT
};

struct analyte {
	const char *code; /* "glucose": in URLs, JSON, CSV */
	const char *name; /* "Glucose" */
	double molar_mass;
	/* Physiological limits, both allowed, in `limit_unit`.  Engineering bounds:
	 * wide enough for any living person, narrow enough to catch a wrong unit
	 * or a broken sensor.  They are no reference ranges. */
	double low;
	double high;
	enum unit_index limit_unit;
	enum unit_index usual_unit; /* where the person has not chosen */
	int decimals[UNIT_COUNT];   /* to show; −1: the unit is not accepted */
};

/* By index, which must be one. */
const struct analyte *analyte_at(int analyte);

/* By code word; −1 when there is none. */
int analyte_find(struct str code);

/* By LOINC code: analyte and the property's usual unit.  False when unknown.
 * Another unit of the same property may come with it: see analyte_unit_fits_loinc(). */
bool analyte_find_loinc(struct str loinc, int *analyte, int *unit);

/* False when a code for mass concentration comes with mmol/L, or the reverse. */
bool analyte_unit_fits_loinc(struct str loinc, int unit);

/* The code to write for a reading; an interstitial or optical glucose is never
 * given a blood code.  Empty when LOINC has none that we know. */
struct str analyte_loinc(int analyte, int unit, enum reading_method method);

/* UCUM, case-sensitive ("mg/dL"; "MG/DL" is none); −1 when unknown. */
int unit_find(struct str ucum);
const char *unit_ucum(int unit);

bool analyte_has_unit(int analyte, int unit);

/* Both units must be ones of the analyte. */
double unit_convert(int analyte, double value, int from, int to);

/* RC_INVALID that says why: not a unit of the analyte, or out of its limits. */
enum rc analyte_check_value(int analyte, int unit, const struct decimal *value, struct err *err)
    MUST_CHECK;

/* The value in another unit with that unit's decimals ("5.4"), as shown. */
struct str analyte_show(int analyte, double value, int from, int to, char text[28]);

#endif
