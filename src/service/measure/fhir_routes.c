#include "service/measure/fhir_routes.h"

#include "base/limits.h"
#include "service/measure/fhir_handlers.h"

#define READ_OWN    MAY(READ, "measurement")
#define WRITE_OWN   MAY(WRITE, "measurement")
#define READ_SELF   MAY(READ, "account")
#define READ_DEVICE MAY(READ, "device")
#define ONE         (64 * KIB) /* a resource */
#define MANY        LIMIT_BODY_BYTES
#define OBSERVATION "/fhir/Observation"

/* clang-format off */
static const struct route rows[] = {
	{ METHOD_GET,  "/fhir/metadata", ANYONE, "none", 0, BODY_NONE, 0, ANSWER_FHIR, "none", fhir_metadata, "What this FHIR server can do" },

	{ METHOD_GET,  OBSERVATION,               READ_OWN,  "care", 1, BODY_NONE, 0,                ANSWER_FHIR, "none", fhir_observation_search,  "Searches Observations" },
	{ METHOD_POST, OBSERVATION "/_search",    READ_OWN,  "care", 1, BODY_FORM, LIMIT_FORM_BYTES, ANSWER_FHIR, "none", fhir_observation_search,  "Searches Observations with parameters in the body" },
	{ METHOD_GET,  OBSERVATION "/$lastn",     READ_OWN,  "care", 1, BODY_NONE, 0,                ANSWER_FHIR, "none", fhir_observation_lastn,   "The latest Observations of each analyte" },
	{ METHOD_POST, OBSERVATION,               WRITE_OWN, "care", 1, BODY_FHIR, ONE,              ANSWER_FHIR, "none", fhir_observation_create,  "Stores one Observation; If-None-Exist makes it conditional" },
	{ METHOD_GET,  OBSERVATION "/:id",        READ_OWN,  "care", 1, BODY_NONE, 0,                ANSWER_FHIR, "none", fhir_observation_get,     "The current version of an Observation" },
	{ METHOD_PUT,  OBSERVATION "/:id",        WRITE_OWN, "care", 1, BODY_FHIR, ONE,              ANSWER_FHIR, "none", fhir_observation_update,  "Corrects an Observation: its next version" },
	{ METHOD_GET,  OBSERVATION "/:id/_history",          READ_OWN, "care", 1, BODY_NONE, 0,      ANSWER_FHIR, "none", fhir_observation_history, "Every version of an Observation" },
	{ METHOD_GET,  OBSERVATION "/:id/_history/:version", READ_OWN, "care", 1, BODY_NONE, 0,      ANSWER_FHIR, "none", fhir_observation_vread,   "One version of an Observation" },

	{ METHOD_GET,  "/fhir/Patient",                 READ_SELF, "care", 1, BODY_NONE, 0, ANSWER_FHIR, "none", fhir_patient_search,     "The actor's own Patient" },
	{ METHOD_GET,  "/fhir/Patient/:id",             READ_SELF, "care", 1, BODY_NONE, 0, ANSWER_FHIR, "none", fhir_patient_get,        "A Patient" },
	{ METHOD_GET,  "/fhir/Patient/:id/$everything", READ_OWN,  "care", 1, BODY_NONE, 0, ANSWER_FHIR, "none", fhir_patient_everything, "A Patient with all Devices and Observations" },
	{ METHOD_GET,  "/fhir/Device",     READ_DEVICE, "care", 1, BODY_NONE, 0, ANSWER_FHIR, "none", fhir_device_search, "The actor's own Devices" },
	{ METHOD_GET,  "/fhir/Device/:id", READ_DEVICE, "care", 1, BODY_NONE, 0, ANSWER_FHIR, "none", fhir_device_get,    "A Device" },

	{ METHOD_POST, "/fhir",                    WRITE_OWN, "care", 1, BODY_FHIR, MANY, ANSWER_FHIR, "none", fhir_bundle_take, "Stores a transaction or batch Bundle of Observations" },
	{ METHOD_POST, "/fhir/$submit-cgm-bundle", WRITE_OWN, "care", 1, BODY_FHIR, MANY, ANSWER_FHIR, "none", fhir_cgm_take,    "Takes a Bundle of the HL7 CGM guide, entry by entry" },
};
/* clang-format on */

const struct routes fhir_routes = { rows, COUNT_OF(rows) };
