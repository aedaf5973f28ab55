/*
 * A reading's public id: PATIENT-ANALYTE-NUMBER, such as
 * 0190a0b47c3e7abc8def0123456789ab-glucose-17.
 *
 * It names the stored segment without a row of its own (reading.h) and fits a
 * FHIR id (R4: [A-Za-z0-9\-\.]{1,64}).  Knowing it decides nothing.
 */
#ifndef SERVICE_MEASURE_READING_ID_H
#define SERVICE_MEASURE_READING_ID_H

#include "service/measure/reading.h"

#define READING_ID_MAX     64
#define READING_NUMBER_MAX UINT64_C(99999999999999999) /* 17 digits: the room left */

struct reading_id {
	struct id patient;
	int analyte; /* index of analyte.h */
	uint64_t number;
};

/* The text's length; `text` has room for READING_ID_MAX + 1 and ends with a NUL.
 * The analyte is one of the table and number is 1 … READING_NUMBER_MAX. */
size_t reading_id_format(const struct reading_id *id, char text[READING_ID_MAX + 1]);

/* Exactly the form that reading_id_format() writes, else RC_INVALID. */
enum rc reading_id_parse(struct str text, struct reading_id *id, struct err *err) MUST_CHECK;

#endif
