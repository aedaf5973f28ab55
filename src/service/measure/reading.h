/*
 * One reading of one biomarker, as the whole measure service passes it around.
 *
 * A reading keeps what was sent: the decimal with its trailing zeros, the unit,
 * the device's own time and offset, beside the server's time.  Nothing here is
 * converted for display; see analyte.h for units and metrics.h for figures.
 *
 * Identity: a series is (subject, analyte).  A reading's `number` is the
 * subject's change number at which it was created, so a reading's public id
 * SUBJECT-ANALYTE-NUMBER names the stored segment without a row of its own.
 * A correction is a new version of the same number under a new change number.
 */
#ifndef SERVICE_MEASURE_READING_H
#define SERVICE_MEASURE_READING_H

#include "base/clock.h"
#include "base/id.h"

/* FHIR R4 ObservationStatus, those that a measured value can have. */
enum reading_status {
	READING_FINAL = 1,
	READING_PRELIMINARY,
	READING_AMENDED,
	READING_CORRECTED,
	READING_IN_ERROR, /* entered-in-error: kept, counted nowhere */
};

/* How the value came about. */
enum reading_method {
	READING_OPTICAL = 1, /* through the skin, by a device of ours */
	READING_SENSOR,      /* interstitial sensor of another product */
	READING_BLOOD,       /* finger-stick or laboratory, a reference value */
	READING_MANUAL,      /* typed in by the member */
};

/* digits × 10^-scale: 5.40 is { 540, 2 }.  scale 0–9. */
struct decimal {
	int64_t digits;
	int scale;
};

struct reading {
	uint64_t number;  /* change number that created it; 0: not stored yet */
	uint64_t change;  /* change number of this version */
	uint32_t version; /* from 1 */
	enum reading_status status;
	enum reading_method method;
	int analyte; /* index into the table of analyte.h */
	int unit;    /* index into the table of units of analyte.h */
	struct decimal value;
	bool has_raw;
	struct decimal raw;   /* before calibration, in the same unit */
	uint32_t calibration; /* version that led from raw to value; 0: none */
	int64_t taken_us;     /* when measured, by the device's clock */
	int offset_s;         /* the offset from UTC that the sender stated */
	int64_t received_us;  /* when the server had it */
	int64_t updated_us;   /* commit time of this version (lastUpdated) */
	int32_t drift_ms;     /* device clock minus server clock when sent; 0: unknown */
	struct id device;     /* zero: none */
	bool has_sequence;
	uint64_t sequence;            /* the device's own running number */
	struct str identifier_system; /* a client's own identifier, may be empty */
	struct str identifier;
	struct str note; /* may be empty */
};

/* An array in an arena. */
struct readings {
	struct reading *items;
	size_t count;
};

/* "5.40" ↔ { 540, 2 }: FHIR's decimal without an exponent, at most 15 digits. */
enum rc decimal_parse(struct str text, struct decimal *decimal, struct err *err) MUST_CHECK;
struct str decimal_format(const struct decimal *decimal, char text[28]);
double decimal_value(const struct decimal *decimal);

#endif
