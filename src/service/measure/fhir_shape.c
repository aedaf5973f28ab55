/*
 * Tables of the resources that this service takes in: Observation, Device,
 * Patient, Bundle and Parameters of FHIR R4; see fhir_shape.h.
 */
#include "service/measure/fhir_shape.h"

static const struct fhir_element reference_range_rows[] = {
	FHIR_BACKBONE_ROWS,
	FHIR_ONE_OF("low", fhir_simple_quantity),
	FHIR_ONE_OF("high", fhir_simple_quantity),
	FHIR_ONE_OF("type", fhir_codeable_concept),
	FHIR_MANY_OF("appliesTo", fhir_codeable_concept),
	FHIR_ONE_OF("age", fhir_range),
	FHIR_ONE("text", FHIR_STRING),
};
static const struct fhir_shape reference_range =
    FHIR_SHAPE(reference_range_rows, "referenceRange", FHIR_RULE_REFERENCE_RANGE, NULL);

static const struct fhir_element component_rows[] = {
	FHIR_BACKBONE_ROWS,
	FHIR_NEED_OF("code", fhir_codeable_concept),
	FHIR_OBSERVATION_VALUE_ROWS(1),
	FHIR_ONE_OF("dataAbsentReason", fhir_codeable_concept),
	FHIR_MANY_OF("interpretation", fhir_codeable_concept),
	FHIR_MANY_OF("referenceRange", reference_range),
};
static const struct fhir_shape component =
    FHIR_SHAPE(component_rows, "component", FHIR_RULE_NONE, "value[x]");

static const struct fhir_element observation_rows[] = {
	FHIR_DOMAIN_ROWS,
	FHIR_CODED("status", 1,
	           "final registered preliminary amended corrected cancelled entered-in-error "
	           "unknown"),
	FHIR_NEED_OF("code", fhir_codeable_concept),
	FHIR_TO("subject", "Patient Group Device Location"),
	FHIR_PICK(1, "effectiveDateTime", FHIR_DATETIME),
	FHIR_OBSERVATION_VALUE_ROWS(2),
	FHIR_MANY_OF("category", fhir_codeable_concept),
	FHIR_TO("device", "Device DeviceMetric"),
	FHIR_MANY_OF("identifier", fhir_identifier),
	FHIR_ONE_OF("method", fhir_codeable_concept),
	FHIR_ONE("issued", FHIR_INSTANT),
	FHIR_MANY_OF("note", fhir_annotation),
	FHIR_TO_MANY("performer", "Practitioner PractitionerRole Organization CareTeam Patient "
	                          "RelatedPerson"),
	FHIR_PICK_OF(1, "effectivePeriod", fhir_period),
	FHIR_PICK(1, "effectiveTiming", FHIR_OPAQUE),
	FHIR_PICK(1, "effectiveInstant", FHIR_INSTANT),
	FHIR_TO_MANY("basedOn", "CarePlan DeviceRequest ImmunizationRecommendation "
	                        "MedicationRequest NutritionOrder ServiceRequest"),
	FHIR_TO_MANY("partOf",
	             "MedicationAdministration MedicationDispense MedicationStatement "
	             "Procedure Immunization ImagingStudy"),
	FHIR_TO_MANY("focus", NULL),
	FHIR_TO("encounter", "Encounter"),
	FHIR_ONE_OF("dataAbsentReason", fhir_codeable_concept),
	FHIR_MANY_OF("interpretation", fhir_codeable_concept),
	FHIR_ONE_OF("bodySite", fhir_codeable_concept),
	FHIR_TO("specimen", "Specimen"),
	FHIR_MANY_OF("referenceRange", reference_range),
	FHIR_TO_MANY("hasMember", "Observation QuestionnaireResponse MolecularSequence"),
	FHIR_TO_MANY("derivedFrom", "DocumentReference ImagingStudy Media "
	                            "QuestionnaireResponse Observation MolecularSequence"),
	FHIR_MANY_OF("component", component),
};
static const struct fhir_shape observation = FHIR_SHAPE(
    observation_rows, "Observation", FHIR_RULE_OBSERVATION, "effective[x]", "value[x]");

static const struct fhir_element device_name_rows[] = {
	FHIR_BACKBONE_ROWS,
	FHIR_NEED("name", FHIR_STRING),
	FHIR_CODED("type", 1,
	           "udi-label-name user-friendly-name patient-reported-name manufacturer-name "
	           "model-name other"),
};
static const struct fhir_shape device_name =
    FHIR_SHAPE(device_name_rows, "deviceName", FHIR_RULE_NONE, NULL);

static const struct fhir_element device_version_rows[] = {
	FHIR_BACKBONE_ROWS,
	FHIR_ONE_OF("type", fhir_codeable_concept),
	FHIR_ONE_OF("component", fhir_identifier),
	FHIR_NEED("value", FHIR_STRING),
};
static const struct fhir_shape device_version =
    FHIR_SHAPE(device_version_rows, "version", FHIR_RULE_NONE, NULL);

static const struct fhir_element device_rows[] = {
	FHIR_DOMAIN_ROWS,
	FHIR_MANY_OF("identifier", fhir_identifier),
	FHIR_TO("definition", "DeviceDefinition"),
	FHIR_MANY("udiCarrier", FHIR_OPAQUE),
	FHIR_CODED("status", 0, "active inactive entered-in-error unknown"),
	FHIR_MANY_OF("statusReason", fhir_codeable_concept),
	FHIR_ONE("distinctIdentifier", FHIR_STRING),
	FHIR_ONE("manufacturer", FHIR_STRING),
	FHIR_ONE("manufactureDate", FHIR_DATETIME),
	FHIR_ONE("expirationDate", FHIR_DATETIME),
	FHIR_ONE("lotNumber", FHIR_STRING),
	FHIR_ONE("serialNumber", FHIR_STRING),
	FHIR_MANY_OF("deviceName", device_name),
	FHIR_ONE("modelNumber", FHIR_STRING),
	FHIR_ONE("partNumber", FHIR_STRING),
	FHIR_ONE_OF("type", fhir_codeable_concept),
	FHIR_MANY("specialization", FHIR_OPAQUE),
	FHIR_MANY_OF("version", device_version),
	FHIR_MANY("property", FHIR_OPAQUE),
	FHIR_TO("patient", "Patient"),
	FHIR_TO("owner", "Organization"),
	FHIR_MANY_OF("contact", fhir_contact_point),
	FHIR_TO("location", "Location"),
	FHIR_ONE("url", FHIR_URI),
	FHIR_MANY_OF("note", fhir_annotation),
	FHIR_MANY_OF("safety", fhir_codeable_concept),
	FHIR_TO("parent", "Device"),
};
static const struct fhir_shape device = FHIR_SHAPE(device_rows, "Device", FHIR_RULE_NONE, NULL);

static const struct fhir_element patient_rows[] = {
	FHIR_DOMAIN_ROWS,
	FHIR_MANY_OF("identifier", fhir_identifier),
	FHIR_ONE("active", FHIR_BOOLEAN),
	FHIR_MANY_OF("name", fhir_human_name),
	FHIR_MANY_OF("telecom", fhir_contact_point),
	FHIR_CODED("gender", 0, "male female other unknown"),
	FHIR_ONE("birthDate", FHIR_DATE),
	FHIR_PICK(1, "deceasedBoolean", FHIR_BOOLEAN),
	FHIR_PICK(1, "deceasedDateTime", FHIR_DATETIME),
	FHIR_MANY_OF("address", fhir_address),
	FHIR_ONE_OF("maritalStatus", fhir_codeable_concept),
	FHIR_PICK(2, "multipleBirthBoolean", FHIR_BOOLEAN),
	FHIR_PICK(2, "multipleBirthInteger", FHIR_INTEGER),
	FHIR_MANY_OF("photo", fhir_attachment),
	FHIR_MANY("contact", FHIR_OPAQUE),
	FHIR_MANY("communication", FHIR_OPAQUE),
	FHIR_TO_MANY("generalPractitioner", "Organization Practitioner PractitionerRole"),
	FHIR_TO("managingOrganization", "Organization"),
	FHIR_MANY("link", FHIR_OPAQUE),
};
static const struct fhir_shape patient =
    FHIR_SHAPE(patient_rows, "Patient", FHIR_RULE_NONE, "deceased[x]", "multipleBirth[x]");

static const struct fhir_element link_rows[] = {
	FHIR_BACKBONE_ROWS,
	FHIR_NEED("relation", FHIR_STRING),
	FHIR_NEED("url", FHIR_URI),
};
static const struct fhir_shape bundle_link =
    FHIR_SHAPE(link_rows, "link", FHIR_RULE_NONE, NULL);

static const struct fhir_element search_rows[] = {
	FHIR_BACKBONE_ROWS,
	FHIR_CODED("mode", 0, "match include outcome"),
	FHIR_ONE("score", FHIR_DECIMAL),
};
static const struct fhir_shape entry_search =
    FHIR_SHAPE(search_rows, "search", FHIR_RULE_NONE, NULL);

static const struct fhir_element request_rows[] = {
	FHIR_BACKBONE_ROWS,
	FHIR_CODED("method", 1, "GET HEAD POST PUT DELETE PATCH"),
	FHIR_NEED("url", FHIR_URI),
	FHIR_ONE("ifNoneMatch", FHIR_STRING),
	FHIR_ONE("ifModifiedSince", FHIR_INSTANT),
	FHIR_ONE("ifMatch", FHIR_STRING),
	FHIR_ONE("ifNoneExist", FHIR_STRING),
};
static const struct fhir_shape entry_request =
    FHIR_SHAPE(request_rows, "request", FHIR_RULE_NONE, NULL);

static const struct fhir_element response_rows[] = {
	FHIR_BACKBONE_ROWS,
	FHIR_NEED("status", FHIR_STRING),
	FHIR_ONE("location", FHIR_URI),
	FHIR_ONE("etag", FHIR_STRING),
	FHIR_ONE("lastModified", FHIR_INSTANT),
	FHIR_ONE("outcome", FHIR_OPAQUE),
};
static const struct fhir_shape entry_response =
    FHIR_SHAPE(response_rows, "response", FHIR_RULE_NONE, NULL);

static const struct fhir_element entry_rows[] = {
	FHIR_BACKBONE_ROWS,
	FHIR_MANY_OF("link", bundle_link),
	FHIR_ONE("fullUrl", FHIR_URI),
	FHIR_ONE("resource", FHIR_RESOURCE),
	FHIR_ONE_OF("search", entry_search),
	FHIR_ONE_OF("request", entry_request),
	FHIR_ONE_OF("response", entry_response),
};
static const struct fhir_shape bundle_entry =
    FHIR_SHAPE(entry_rows, "entry", FHIR_RULE_BUNDLE_ENTRY, NULL);

static const struct fhir_element bundle_rows[] = {
	FHIR_RESOURCE_ROWS,
	FHIR_ONE_OF("identifier", fhir_identifier),
	FHIR_CODED("type", 1,
	           "document message transaction transaction-response batch batch-response "
	           "history searchset collection"),
	FHIR_ONE("timestamp", FHIR_INSTANT),
	FHIR_ONE("total", FHIR_UNSIGNED_INT),
	FHIR_MANY_OF("link", bundle_link),
	FHIR_MANY_OF("entry", bundle_entry),
	FHIR_ONE("signature", FHIR_OPAQUE),
};
static const struct fhir_shape bundle =
    FHIR_SHAPE(bundle_rows, "Bundle", FHIR_RULE_BUNDLE, NULL);

static const struct fhir_shape parameter;
static const struct fhir_element parameter_rows[] = {
	FHIR_BACKBONE_ROWS,
	FHIR_NEED("name", FHIR_STRING),
	FHIR_OPEN_VALUE_ROWS(1),
	FHIR_ONE("resource", FHIR_RESOURCE),
	FHIR_MANY_OF("part", parameter),
};
static const struct fhir_shape parameter =
    FHIR_SHAPE(parameter_rows, "parameter", FHIR_RULE_PARAMETER, "value[x]");

static const struct fhir_element parameters_rows[] = {
	FHIR_RESOURCE_ROWS,
	FHIR_MANY_OF("parameter", parameter),
};
static const struct fhir_shape parameters =
    FHIR_SHAPE(parameters_rows, "Parameters", FHIR_RULE_NONE, NULL);

static_assert(COUNT_OF(observation_rows) <= FHIR_ELEMENTS_MAX, "a bit for each element");
static_assert(COUNT_OF(parameter_rows) <= FHIR_ELEMENTS_MAX, "a bit for each element");
static_assert(COUNT_OF(device_rows) <= FHIR_ELEMENTS_MAX, "a bit for each element");

const struct fhir_shape *
fhir_shape_find(struct str resource_type)
{
	static const struct fhir_shape *const shapes[] = { &observation, &bundle, &device,
		                                           &patient, &parameters };

	for (size_t i = 0; i < COUNT_OF(shapes); i++) {
		if (str_eq(str_from_c(shapes[i]->name), resource_type))
			return shapes[i];
	}
	return NULL;
}

const struct fhir_element *
fhir_element_find(const struct fhir_shape *shape, struct str name, size_t *index)
{
	for (size_t i = 0; i < shape->count; i++) {
		const struct fhir_element *element = &shape->elements[i];
		if (strncmp(element->name, name.ptr, name.len) != 0 ||
		    element->name[name.len] != '\0')
			continue;
		*index = i;
		return element;
	}
	return NULL;
}

bool
fhir_word_in(const char *words, struct str word)
{
	struct str rest = str_from_c(words);
	struct str head;

	while (rest.len != 0) {
		rest = str_cut(rest, ' ', &head);
		if (str_eq(head, word))
			return true;
	}
	return false;
}
