#include "service/measure/analyte.h"

#include <assert.h>

static const char *const ucum_codes[UNIT_COUNT] = {
	[UNIT_MG_DL] = "mg/dL",
	[UNIT_MMOL_L] = "mmol/L",
	[UNIT_UMOL_L] = "umol/L",
};

/* clang-format off */
static const struct analyte analytes[ANALYTE_COUNT] = {
	/* code            name             g/mol    low   high  in            usual          mg/dL mmol/L umol/L */
	{ "glucose",       "Glucose",       180.156, 10,   1000, UNIT_MG_DL,   UNIT_MG_DL,  { 0,    1,     -1 } },
	{ "ketone",        "Ketone (β-hydroxybutyrate)",
	                                    104.105, 0,    25,   UNIT_MMOL_L,  UNIT_MMOL_L, { 1,    1,     -1 } },
	{ "cholesterol",   "Cholesterol",   386.65,  20,   2000, UNIT_MG_DL,   UNIT_MG_DL,  { 0,    2,     -1 } },
	{ "hdl",           "HDL cholesterol", 386.65, 2,   300,  UNIT_MG_DL,   UNIT_MG_DL,  { 0,    2,     -1 } },
	{ "ldl",           "LDL cholesterol", 386.65, 2,   1500, UNIT_MG_DL,   UNIT_MG_DL,  { 0,    2,     -1 } },
	{ "triglycerides", "Triglycerides", 885.7,   5,   15000, UNIT_MG_DL,   UNIT_MG_DL,  { 0,    2,     -1 } },
	{ "urate",         "Urate",         168.11,  0.1,  50,   UNIT_MG_DL,   UNIT_MG_DL,  { 1,    2,      0 } },
	{ "lactate",       "Lactate",       90.08,   0.1,  40,   UNIT_MMOL_L,  UNIT_MMOL_L, { 0,    1,     -1 } },
};

/* Which specimen a LOINC code speaks of. */
enum specimen { TISSUE, BLOOD };

struct loinc {
	const char *code;
	enum analyte_index analyte;
	enum unit_index unit;
	enum specimen specimen;
};

/*
 * LOINC 2.7x.  All are accepted; of several for one analyte, unit and specimen
 * the first is written.  "verify": taken from laboratory catalogues, not from a
 * LOINC release; check against one before relying on it.
 */
static const struct loinc loincs[] = {
	{ "99504-3",  ANALYTE_GLUCOSE,       UNIT_MG_DL,  TISSUE }, /* mass, interstitial fluid */
	{ "105272-9", ANALYTE_GLUCOSE,       UNIT_MMOL_L, TISSUE }, /* moles, interstitial fluid */
	{ "2339-0",   ANALYTE_GLUCOSE,       UNIT_MG_DL,  BLOOD },  /* mass, blood */
	{ "15074-8",  ANALYTE_GLUCOSE,       UNIT_MMOL_L, BLOOD },  /* moles, blood */
	{ "41653-7",  ANALYTE_GLUCOSE,       UNIT_MG_DL,  BLOOD },  /* mass, capillary, glucometer */
	{ "14743-9",  ANALYTE_GLUCOSE,       UNIT_MMOL_L, BLOOD },  /* moles, capillary, glucometer */
	{ "2345-7",   ANALYTE_GLUCOSE,       UNIT_MG_DL,  BLOOD },  /* mass, serum or plasma */
	{ "14749-6",  ANALYTE_GLUCOSE,       UNIT_MMOL_L, BLOOD },  /* moles, serum or plasma */
	{ "66441-7",  ANALYTE_KETONE,        UNIT_MMOL_L, BLOOD },  /* moles, blood, test strip */
	{ "6873-4",   ANALYTE_KETONE,        UNIT_MMOL_L, BLOOD },  /* moles, serum or plasma */
	{ "29512-1",  ANALYTE_KETONE,        UNIT_MG_DL,  BLOOD },  /* mass, serum or plasma */
	{ "2093-3",   ANALYTE_CHOLESTEROL,   UNIT_MG_DL,  BLOOD },
	{ "14647-2",  ANALYTE_CHOLESTEROL,   UNIT_MMOL_L, BLOOD },
	{ "2085-9",   ANALYTE_HDL,           UNIT_MG_DL,  BLOOD },
	{ "14646-4",  ANALYTE_HDL,           UNIT_MMOL_L, BLOOD },
	{ "13457-7",  ANALYTE_LDL,           UNIT_MG_DL,  BLOOD },  /* calculated */
	{ "22748-8",  ANALYTE_LDL,           UNIT_MMOL_L, BLOOD },  /* verify */
	{ "2089-1",   ANALYTE_LDL,           UNIT_MG_DL,  BLOOD },  /* verify */
	{ "2571-8",   ANALYTE_TRIGLYCERIDES, UNIT_MG_DL,  BLOOD },
	{ "14927-8",  ANALYTE_TRIGLYCERIDES, UNIT_MMOL_L, BLOOD },
	{ "3084-1",   ANALYTE_URATE,         UNIT_MG_DL,  BLOOD },
	{ "14933-6",  ANALYTE_URATE,         UNIT_UMOL_L, BLOOD },
	{ "2524-7",   ANALYTE_LACTATE,       UNIT_MMOL_L, BLOOD },
	{ "14118-4",  ANALYTE_LACTATE,       UNIT_MG_DL,  BLOOD },  /* verify */
};
/* clang-format on */

const struct analyte *
analyte_at(int analyte)
{
	assert(analyte >= 0 && analyte < ANALYTE_COUNT);
	return &analytes[analyte];
}

int
analyte_find(struct str code)
{
	for (int i = 0; i < ANALYTE_COUNT; i++) {
		if (str_eq(code, str_from_c(analytes[i].code)))
			return i;
	}
	return -1;
}

static const struct loinc *
loinc_find(struct str code)
{
	for (size_t i = 0; i < COUNT_OF(loincs); i++) {
		if (str_eq(code, str_from_c(loincs[i].code)))
			return &loincs[i];
	}
	return NULL;
}

bool
analyte_find_loinc(struct str code, int *analyte, int *unit)
{
	const struct loinc *loinc = loinc_find(code);

	if (loinc == NULL)
		return false;
	*analyte = (int)loinc->analyte;
	*unit = (int)loinc->unit;
	return true;
}

static bool
is_mass(int unit)
{
	return unit == UNIT_MG_DL;
}

bool
analyte_unit_fits_loinc(struct str code, int unit)
{
	const struct loinc *loinc = loinc_find(code);

	return loinc != NULL && analyte_has_unit((int)loinc->analyte, unit) &&
	       is_mass(unit) == is_mass((int)loinc->unit);
}

struct str
analyte_loinc(int analyte, int unit, enum reading_method method)
{
	bool is_tissue = method == READING_OPTICAL || method == READING_SENSOR;
	const struct loinc *fits = NULL;

	for (size_t i = 0; i < COUNT_OF(loincs) && fits == NULL; i++) {
		const struct loinc *loinc = &loincs[i];
		bool is_same = (int)loinc->analyte == analyte &&
		               is_mass((int)loinc->unit) == is_mass(unit);
		/* Only glucose has codes of its own for tissue. */
		bool wants_tissue = is_tissue && analyte == ANALYTE_GLUCOSE;
		if (is_same && (loinc->specimen == TISSUE) == wants_tissue)
			fits = loinc;
	}
	return fits == NULL ? STR_EMPTY : str_from_c(fits->code);
}

int
unit_find(struct str ucum)
{
	for (int i = 0; i < UNIT_COUNT; i++) {
		if (str_eq(ucum, str_from_c(ucum_codes[i])))
			return i;
	}
	return -1;
}

const char *
unit_ucum(int unit)
{
	assert(unit >= 0 && unit < UNIT_COUNT);
	return ucum_codes[unit];
}

bool
analyte_has_unit(int analyte, int unit)
{
	return unit >= 0 && unit < UNIT_COUNT && analyte_at(analyte)->decimals[unit] >= 0;
}

/* How many of the unit make one mmol/L. */
static double
per_mmol_l(int analyte, int unit)
{
	if (unit == UNIT_MG_DL)
		return analytes[analyte].molar_mass / 10.0;
	return unit == UNIT_UMOL_L ? 1000.0 : 1.0;
}

double
unit_convert(int analyte, double value, int from, int to)
{
	assert(analyte_has_unit(analyte, from) && analyte_has_unit(analyte, to));
	if (from == to)
		return value;
	return value / per_mmol_l(analyte, from) * per_mmol_l(analyte, to);
}

enum rc
analyte_check_value(int analyte, int unit, const struct decimal *value, struct err *err)
{
	const struct analyte *row = analyte_at(analyte);
	double converted;

	if (!analyte_has_unit(analyte, unit))
		return FAIL(err, RC_INVALID, "not a unit of %s", row->code);
	converted = unit_convert(analyte, decimal_value(value), unit, (int)row->limit_unit);
	if (converted < row->low || converted > row->high)
		return FAIL(err, RC_INVALID,
		            "the value of %s is outside what is possible (%g to %g %s)",
		            row->code, row->low, row->high, ucum_codes[row->limit_unit]);
	return RC_OK;
}

struct str
analyte_show(int analyte, double value, int from, int to, char text[28])
{
	double shown = unit_convert(analyte, value, from, to);
	int len = snprintf(text, 28, "%.*f", analyte_at(analyte)->decimals[to], shown);

	return (struct str){ text, (size_t)(len < 27 ? len : 27) };
}
