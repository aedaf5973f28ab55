/*
 * A good Observation, and a way to spoil it by replacing one piece of its text.
 */
#ifndef TEST_FHIR_SAMPLE_H
#define TEST_FHIR_SAMPLE_H

#include "base/arena.h"
#include "service/measure/fhir_check.h"
#include "service/measure/fhir_observation.h"

#define SAMPLE_PATIENT "0190a0b4-7c3e-7abc-8def-0123456789ab"
#define SAMPLE_DEVICE  "0190a0b4-7c3e-7abc-8def-00000000d001"

/* 2026-03-01T12:00:00Z */
#define SAMPLE_NOW_US INT64_C(1772366400000000)

static const char sample_observation[] =
    "{\"resourceType\":\"Observation\","
    "\"id\":\"any-1\","
    "\"meta\":{\"versionId\":\"1\",\"lastUpdated\":\"2026-03-01T09:00:00Z\"},"
    "\"identifier\":[{\"system\":\"urn:troth:sequence\",\"value\":\"17\"},"
    "{\"system\":\"https://app.example/readings\",\"value\":\"r-17\"}],"
    "\"status\":\"final\","
    "\"category\":[{\"coding\":[{\"system\":"
    "\"http://terminology.hl7.org/CodeSystem/observation-category\","
    "\"code\":\"laboratory\"}]}],"
    "\"code\":{\"coding\":[{\"system\":\"http://loinc.org\",\"code\":\"105272-9\"}],"
    "\"text\":\"Glucose\"},"
    "\"subject\":{\"reference\":\"Patient/" SAMPLE_PATIENT "\"},"
    "\"effectiveDateTime\":\"2026-03-01T10:00:00.250+01:00\","
    "\"issued\":\"2026-03-01T09:00:01Z\","
    "\"valueQuantity\":{\"value\":5.40,\"unit\":\"mmol/l\","
    "\"system\":\"http://unitsofmeasure.org\",\"code\":\"mmol/L\"},"
    "\"note\":[{\"text\":\"after lunch\"}],"
    "\"device\":{\"reference\":\"Device/" SAMPLE_DEVICE "\"}}";

static inline struct fhir_context
sample_context(void)
{
	struct fhir_context context = { .now_us = SAMPLE_NOW_US };
	struct err err = { 0 };

	if (id_parse(str_from_c(SAMPLE_PATIENT), &context.patient, &err) != RC_OK)
		abort();
	return context;
}

/* The sample with its first `find` replaced; NULL `find`: as it is. */
static inline struct str
sample_with(struct arena *arena, const char *find, const char *replace)
{
	const char *at = find == NULL ? NULL : strstr(sample_observation, find);

	if (find == NULL)
		return str_from_c(sample_observation);
	if (at == NULL)
		abort();
	return str_printf(arena, "%.*s%s%s", (int)(at - sample_observation), sample_observation,
	                  replace, at + strlen(find));
}

/* Parse, check and read, as the server does; the texts of *reading live as long
 * as *json. */
static inline enum rc
sample_take(struct json *json, struct str text, struct reading *reading,
            struct fhir_issues *issues)
{
	struct fhir_context context = sample_context();
	struct err err = { 0 };
	enum rc rc = json_parse(json, text, &err);

	if (rc == RC_OK)
		rc = fhir_check(json->root, "Observation", issues);
	if (rc == RC_OK)
		rc = fhir_observation_read(json->root, &context, reading, issues);
	return rc;
}

#endif
