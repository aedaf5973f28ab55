/*
 * The elements of the FHIR R4 resources and datatypes that this service takes
 * in, as tables (R4 4.0.1, StructureDefinitions of each; "Data Types";
 * "Resource Index").  fhir_check.c walks a resource along them.
 *
 * A datatype that only an element of no use here can hold is FHIR_OPAQUE: its
 * form is checked, its content is not, and no reader keeps it.
 */
#ifndef SERVICE_MEASURE_FHIR_SHAPE_H
#define SERVICE_MEASURE_FHIR_SHAPE_H

#include "service/measure/fhir_primitive.h"

#define FHIR_ELEMENTS_MAX 64 /* of one shape: presence is a bit each */

struct fhir_shape;

struct fhir_element {
	const char *name;
	uint8_t type;   /* enum fhir_type */
	uint8_t min;    /* 0 or 1 */
	bool is_many;   /* a JSON array */
	uint8_t choice; /* elements with the same number (not 0) exclude each other */
	const struct fhir_shape *shape; /* of FHIR_OBJECT */
	/* Words between blanks: of FHIR_CODE the value set of a required binding,
	 * of FHIR_REFERENCE the resource types.  NULL: any. */
	const char *allowed;
};

/* Rules over several elements, checked in fhir_rule.c. */
enum fhir_rule {
	FHIR_RULE_NONE,
	FHIR_RULE_QUANTITY,
	FHIR_RULE_PERIOD,
	FHIR_RULE_RANGE,
	FHIR_RULE_RATIO,
	FHIR_RULE_EXTENSION,
	FHIR_RULE_REFERENCE_RANGE,
	FHIR_RULE_OBSERVATION,
	FHIR_RULE_BUNDLE,
	FHIR_RULE_BUNDLE_ENTRY,
	FHIR_RULE_PARAMETER,
	FHIR_RULE_CONTACT,
};

struct fhir_shape {
	const char *name; /* of a resource: its resourceType */
	const struct fhir_element *elements;
	size_t count;
	enum fhir_rule rule;
	const char *choices[3]; /* names of choice groups 1, 2 and 3: "value[x]" */
};

/* The shape of a resource type, or NULL when this service takes in none. */
const struct fhir_shape *fhir_shape_find(struct str resource_type);

/* The element by name; *index is its place in the table.  NULL: unknown. */
const struct fhir_element *fhir_element_find(const struct fhir_shape *shape, struct str name,
                                             size_t *index);

/* Whether `word` stands in a list of words between blanks. */
bool fhir_word_in(const char *words, struct str word);

/* Datatypes, for the resources' tables. */
extern const struct fhir_shape fhir_quantity;
extern const struct fhir_shape fhir_simple_quantity;
extern const struct fhir_shape fhir_codeable_concept;
extern const struct fhir_shape fhir_coding;
extern const struct fhir_shape fhir_identifier;
extern const struct fhir_shape fhir_reference;
extern const struct fhir_shape fhir_period;
extern const struct fhir_shape fhir_range;
extern const struct fhir_shape fhir_ratio;
extern const struct fhir_shape fhir_sampled_data;
extern const struct fhir_shape fhir_meta;
extern const struct fhir_shape fhir_narrative;
extern const struct fhir_shape fhir_annotation;
extern const struct fhir_shape fhir_extension;
extern const struct fhir_shape fhir_contact_point;
extern const struct fhir_shape fhir_human_name;
extern const struct fhir_shape fhir_address;
extern const struct fhir_shape fhir_attachment;

/* How a row is written. */
/* clang-format off */
#define FHIR_ONE(name, type)         { name, type, 0, false, 0, NULL, NULL }
#define FHIR_NEED(name, type)        { name, type, 1, false, 0, NULL, NULL }
#define FHIR_MANY(name, type)        { name, type, 0, true, 0, NULL, NULL }
#define FHIR_ONE_OF(name, shape)     { name, FHIR_OBJECT, 0, false, 0, &(shape), NULL }
#define FHIR_NEED_OF(name, shape)    { name, FHIR_OBJECT, 1, false, 0, &(shape), NULL }
#define FHIR_MANY_OF(name, shape)    { name, FHIR_OBJECT, 0, true, 0, &(shape), NULL }
#define FHIR_CODED(name, min, set)   { name, FHIR_CODE, min, false, 0, NULL, set }
#define FHIR_TO(name, types)         { name, FHIR_REFERENCE, 0, false, 0, NULL, types }
#define FHIR_TO_MANY(name, types)    { name, FHIR_REFERENCE, 0, true, 0, NULL, types }
#define FHIR_PICK(group, name, type) { name, type, 0, false, group, NULL, NULL }
#define FHIR_PICK_OF(group, name, shape) { name, FHIR_OBJECT, 0, false, group, &(shape), NULL }

#define FHIR_ELEMENT_ROWS  FHIR_ONE("id", FHIR_ELEMENT_ID), FHIR_MANY_OF("extension", fhir_extension)
#define FHIR_BACKBONE_ROWS FHIR_ELEMENT_ROWS, FHIR_MANY_OF("modifierExtension", fhir_extension)
#define FHIR_RESOURCE_ROWS FHIR_ONE("id", FHIR_ID), FHIR_ONE_OF("meta", fhir_meta), \
	FHIR_ONE("implicitRules", FHIR_URI), FHIR_ONE("language", FHIR_CODE)
#define FHIR_DOMAIN_ROWS   FHIR_RESOURCE_ROWS, FHIR_ONE_OF("text", fhir_narrative), \
	FHIR_MANY("contained", FHIR_RESOURCE), FHIR_MANY_OF("extension", fhir_extension), \
	FHIR_MANY_OF("modifierExtension", fhir_extension)

#define FHIR_SHAPE(rows, title, rule_of, ...) \
	{ .name = title, .elements = rows, .count = COUNT_OF(rows), .rule = rule_of, \
	  .choices = { __VA_ARGS__ } }

/* Observation.value[x] and Observation.component.value[x] */
#define FHIR_OBSERVATION_VALUE_ROWS(group) \
	FHIR_PICK_OF(group, "valueQuantity", fhir_quantity), \
	FHIR_PICK_OF(group, "valueCodeableConcept", fhir_codeable_concept), \
	FHIR_PICK(group, "valueString", FHIR_STRING), \
	FHIR_PICK(group, "valueBoolean", FHIR_BOOLEAN), \
	FHIR_PICK(group, "valueInteger", FHIR_INTEGER), \
	FHIR_PICK_OF(group, "valueRange", fhir_range), \
	FHIR_PICK_OF(group, "valueRatio", fhir_ratio), \
	FHIR_PICK_OF(group, "valueSampledData", fhir_sampled_data), \
	FHIR_PICK(group, "valueTime", FHIR_TIME), \
	FHIR_PICK(group, "valueDateTime", FHIR_DATETIME), \
	FHIR_PICK_OF(group, "valuePeriod", fhir_period)

/* The open type list of Extension.value[x] and Parameters.parameter.value[x]. */
#define FHIR_OPEN_VALUE_ROWS(group) \
	FHIR_PICK(group, "valueBase64Binary", FHIR_BASE64), \
	FHIR_PICK(group, "valueBoolean", FHIR_BOOLEAN), \
	FHIR_PICK(group, "valueCanonical", FHIR_URI), \
	FHIR_PICK(group, "valueCode", FHIR_CODE), \
	FHIR_PICK(group, "valueDate", FHIR_DATE), \
	FHIR_PICK(group, "valueDateTime", FHIR_DATETIME), \
	FHIR_PICK(group, "valueDecimal", FHIR_DECIMAL), \
	FHIR_PICK(group, "valueId", FHIR_ID), \
	FHIR_PICK(group, "valueInstant", FHIR_INSTANT), \
	FHIR_PICK(group, "valueInteger", FHIR_INTEGER), \
	FHIR_PICK(group, "valueMarkdown", FHIR_MARKDOWN), \
	FHIR_PICK(group, "valueOid", FHIR_OID), \
	FHIR_PICK(group, "valuePositiveInt", FHIR_POSITIVE_INT), \
	FHIR_PICK(group, "valueString", FHIR_STRING), \
	FHIR_PICK(group, "valueTime", FHIR_TIME), \
	FHIR_PICK(group, "valueUnsignedInt", FHIR_UNSIGNED_INT), \
	FHIR_PICK(group, "valueUri", FHIR_URI), \
	FHIR_PICK(group, "valueUrl", FHIR_URI), \
	FHIR_PICK(group, "valueUuid", FHIR_UUID), \
	FHIR_PICK_OF(group, "valueAddress", fhir_address), \
	FHIR_PICK(group, "valueAge", FHIR_OPAQUE), \
	FHIR_PICK_OF(group, "valueAnnotation", fhir_annotation), \
	FHIR_PICK_OF(group, "valueAttachment", fhir_attachment), \
	FHIR_PICK_OF(group, "valueCodeableConcept", fhir_codeable_concept), \
	FHIR_PICK_OF(group, "valueCoding", fhir_coding), \
	FHIR_PICK_OF(group, "valueContactPoint", fhir_contact_point), \
	FHIR_PICK(group, "valueCount", FHIR_OPAQUE), \
	FHIR_PICK(group, "valueDistance", FHIR_OPAQUE), \
	FHIR_PICK(group, "valueDuration", FHIR_OPAQUE), \
	FHIR_PICK_OF(group, "valueHumanName", fhir_human_name), \
	FHIR_PICK_OF(group, "valueIdentifier", fhir_identifier), \
	FHIR_PICK(group, "valueMoney", FHIR_OPAQUE), \
	FHIR_PICK_OF(group, "valuePeriod", fhir_period), \
	FHIR_PICK_OF(group, "valueQuantity", fhir_quantity), \
	FHIR_PICK_OF(group, "valueRange", fhir_range), \
	FHIR_PICK_OF(group, "valueRatio", fhir_ratio), \
	FHIR_PICK(group, "valueReference", FHIR_REFERENCE), \
	FHIR_PICK_OF(group, "valueSampledData", fhir_sampled_data), \
	FHIR_PICK(group, "valueSignature", FHIR_OPAQUE), \
	FHIR_PICK(group, "valueTiming", FHIR_OPAQUE), \
	FHIR_PICK(group, "valueContactDetail", FHIR_OPAQUE), \
	FHIR_PICK(group, "valueContributor", FHIR_OPAQUE), \
	FHIR_PICK(group, "valueDataRequirement", FHIR_OPAQUE), \
	FHIR_PICK(group, "valueExpression", FHIR_OPAQUE), \
	FHIR_PICK(group, "valueParameterDefinition", FHIR_OPAQUE), \
	FHIR_PICK(group, "valueRelatedArtifact", FHIR_OPAQUE), \
	FHIR_PICK(group, "valueTriggerDefinition", FHIR_OPAQUE), \
	FHIR_PICK(group, "valueUsageContext", FHIR_OPAQUE), \
	FHIR_PICK(group, "valueDosage", FHIR_OPAQUE), \
	FHIR_PICK_OF(group, "valueMeta", fhir_meta)
/* clang-format on */

#endif
