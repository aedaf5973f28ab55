/*
 * A reading as an Observation of FHIR R4, in and out.
 *
 * Reading takes what fhir_check() has passed and refuses, by name, every valid
 * element that a reading does not keep: nothing is dropped silently.  Accepted
 * and not kept are only what the server states itself (id, meta.versionId,
 * meta.lastUpdated, issued: R4 "create") or what follows from the rest (a
 * generated narrative, Coding.display, the CGM guide's profiles, category
 * "laboratory", a performer who is the patient).
 *
 * How a reading's parts stand:
 *   code         one LOINC coding, one that this service also writes
 *   value        valueQuantity in UCUM; its number keeps its text
 *   taken        effectiveDateTime (or effectiveInstant) with the sender's offset
 *   sequence     identifier with system FHIR_SEQUENCE_SYSTEM; needs a device
 *   identifier   one identifier of the client's own
 *   method       coding of system FHIR_METHOD_SYSTEM: optical sensor blood manual
 *   raw, calibration, drift_ms
 *                components with codes of FHIR_COMPONENT_SYSTEM: "raw" in the
 *                value's unit, "calibration" its version, "clock-drift" in ms
 *   category     laboratory, as in the HL7 CGM guide 1.0.0's examples of sensor
 *                readings (R4 code system observation-category)
 * Readings of interstitial glucose claim the guide's profile, whose pattern asks
 * for the unit's text in small letters ("mg/dl") beside the UCUM code "mg/dL".
 */
#ifndef SERVICE_MEASURE_FHIR_OBSERVATION_H
#define SERVICE_MEASURE_FHIR_OBSERVATION_H

#include "base/json.h"
#include "service/measure/fhir_issue.h"
#include "service/measure/reading.h"

#define FHIR_LOINC_SYSTEM     "http://loinc.org"
#define FHIR_UCUM_SYSTEM      "http://unitsofmeasure.org"
#define FHIR_CATEGORY_SYSTEM  "http://terminology.hl7.org/CodeSystem/observation-category"
#define FHIR_CGM              "http://hl7.org/fhir/uv/cgm"
#define FHIR_SEQUENCE_SYSTEM  "urn:troth:sequence"
#define FHIR_METHOD_SYSTEM    "urn:troth:method"
#define FHIR_COMPONENT_SYSTEM "urn:troth:component"
#define FHIR_ANALYTE_SYSTEM   "urn:troth:analyte" /* where LOINC has no code */

#define FHIR_NOTE_MAX         2000 /* bytes */
#define FHIR_IDENTIFIER_MAX   255  /* bytes, of system and of value */
#define FHIR_FUTURE_US        (5 * US_PER_MIN)

struct fhir_context {
	struct id patient;          /* whose readings these are */
	int64_t now_us;             /* the server's time */
	enum reading_method method; /* of readings that state none; 0: by their code */
	struct id device;           /* of readings that name none; zero: none */
};

/* `observation` has passed fhir_check().  RC_OK, or RC_INVALID with the reasons
 * in `issues`; *reading is written only on success, its texts are borrowed from
 * the JSON.  number, change and version are 0: the store gives them. */
enum rc fhir_observation_read(const struct json_object *observation,
                              const struct fhir_context *context, struct reading *reading,
                              struct fhir_issues *issues) MUST_CHECK;

/* One value: the Observation.  reading->number is not 0. */
void fhir_observation_write(struct json_out *out, const struct reading *reading,
                            const struct fhir_context *context);

/* R4 instant or dateTime at an offset, as base/clock.h's time_format() writes it,
 * in a tenth of the time; an offset beyond ±14:00 is not R4's and becomes UTC. */
struct str fhir_time_format(int64_t us, int offset_s, char text[TIME_TEXT_MAX]);

/* "Patient/0190a0b4-7c3e-…"; `text` has room for 64. */
struct str fhir_reference_format(const char *type, struct id id, char text[64]);

/* The id in "TYPE/ID", or false. */
bool fhir_reference_parse(struct str text, const char *type, struct id *id);

#endif
