/*
 * Tables of the complex datatypes of FHIR R4 ("Data Types", "Metadata Types",
 * "References", "Extensibility", "Narrative"); see fhir_shape.h.
 */
#include "service/measure/fhir_shape.h"

static const struct fhir_element quantity_rows[] = {
	FHIR_ONE("value", FHIR_DECIMAL),
	FHIR_ONE("unit", FHIR_STRING),
	FHIR_ONE("system", FHIR_URI),
	FHIR_ONE("code", FHIR_CODE),
	FHIR_CODED("comparator", 0, "< <= >= >"),
	FHIR_ELEMENT_ROWS,
};
const struct fhir_shape fhir_quantity =
    FHIR_SHAPE(quantity_rows, "Quantity", FHIR_RULE_QUANTITY, NULL);

/* A Quantity without comparator (sqty-1). */
static const struct fhir_element simple_quantity_rows[] = {
	FHIR_ONE("value", FHIR_DECIMAL),
	FHIR_ONE("unit", FHIR_STRING),
	FHIR_ONE("system", FHIR_URI),
	FHIR_ONE("code", FHIR_CODE),
	FHIR_ELEMENT_ROWS,
};
const struct fhir_shape fhir_simple_quantity =
    FHIR_SHAPE(simple_quantity_rows, "SimpleQuantity", FHIR_RULE_QUANTITY, NULL);

static const struct fhir_element coding_rows[] = {
	FHIR_ONE("system", FHIR_URI),
	FHIR_ONE("code", FHIR_CODE),
	FHIR_ONE("display", FHIR_STRING),
	FHIR_ONE("version", FHIR_STRING),
	FHIR_ELEMENT_ROWS,
	FHIR_ONE("userSelected", FHIR_BOOLEAN),
};
const struct fhir_shape fhir_coding = FHIR_SHAPE(coding_rows, "Coding", FHIR_RULE_NONE, NULL);

static const struct fhir_element codeable_concept_rows[] = {
	FHIR_MANY_OF("coding", fhir_coding),
	FHIR_ONE("text", FHIR_STRING),
	FHIR_ELEMENT_ROWS,
};
const struct fhir_shape fhir_codeable_concept =
    FHIR_SHAPE(codeable_concept_rows, "CodeableConcept", FHIR_RULE_NONE, NULL);

static const struct fhir_element identifier_rows[] = {
	FHIR_ONE("system", FHIR_URI),
	FHIR_ONE("value", FHIR_STRING),
	FHIR_CODED("use", 0, "usual official temp secondary old"),
	FHIR_ONE_OF("type", fhir_codeable_concept),
	FHIR_ONE_OF("period", fhir_period),
	FHIR_TO("assigner", "Organization"),
	FHIR_ELEMENT_ROWS,
};
const struct fhir_shape fhir_identifier =
    FHIR_SHAPE(identifier_rows, "Identifier", FHIR_RULE_NONE, NULL);

static const struct fhir_element reference_rows[] = {
	FHIR_ONE("reference", FHIR_STRING),
	FHIR_ONE_OF("identifier", fhir_identifier),
	FHIR_ONE("display", FHIR_STRING),
	FHIR_ONE("type", FHIR_URI),
	FHIR_ELEMENT_ROWS,
};
const struct fhir_shape fhir_reference =
    FHIR_SHAPE(reference_rows, "Reference", FHIR_RULE_NONE, NULL);

static const struct fhir_element period_rows[] = {
	FHIR_ONE("start", FHIR_DATETIME),
	FHIR_ONE("end", FHIR_DATETIME),
	FHIR_ELEMENT_ROWS,
};
const struct fhir_shape fhir_period = FHIR_SHAPE(period_rows, "Period", FHIR_RULE_PERIOD, NULL);

static const struct fhir_element range_rows[] = {
	FHIR_ONE_OF("low", fhir_simple_quantity),
	FHIR_ONE_OF("high", fhir_simple_quantity),
	FHIR_ELEMENT_ROWS,
};
const struct fhir_shape fhir_range = FHIR_SHAPE(range_rows, "Range", FHIR_RULE_RANGE, NULL);

static const struct fhir_element ratio_rows[] = {
	FHIR_ONE_OF("numerator", fhir_quantity),
	FHIR_ONE_OF("denominator", fhir_quantity),
	FHIR_ELEMENT_ROWS,
};
const struct fhir_shape fhir_ratio = FHIR_SHAPE(ratio_rows, "Ratio", FHIR_RULE_RATIO, NULL);

static const struct fhir_element sampled_data_rows[] = {
	FHIR_NEED_OF("origin", fhir_simple_quantity),
	FHIR_NEED("period", FHIR_DECIMAL),
	FHIR_ONE("factor", FHIR_DECIMAL),
	FHIR_ONE("lowerLimit", FHIR_DECIMAL),
	FHIR_ONE("upperLimit", FHIR_DECIMAL),
	FHIR_NEED("dimensions", FHIR_POSITIVE_INT),
	FHIR_ONE("data", FHIR_STRING),
	FHIR_ELEMENT_ROWS,
};
const struct fhir_shape fhir_sampled_data =
    FHIR_SHAPE(sampled_data_rows, "SampledData", FHIR_RULE_NONE, NULL);

static const struct fhir_element meta_rows[] = {
	FHIR_ONE("versionId", FHIR_ID),
	FHIR_ONE("lastUpdated", FHIR_INSTANT),
	FHIR_MANY("profile", FHIR_URI),
	FHIR_ONE("source", FHIR_URI),
	FHIR_MANY_OF("security", fhir_coding),
	FHIR_MANY_OF("tag", fhir_coding),
	FHIR_ELEMENT_ROWS,
};
const struct fhir_shape fhir_meta = FHIR_SHAPE(meta_rows, "Meta", FHIR_RULE_NONE, NULL);

static const struct fhir_element narrative_rows[] = {
	FHIR_CODED("status", 1, "generated extensions additional empty"),
	FHIR_NEED("div", FHIR_XHTML),
	FHIR_ELEMENT_ROWS,
};
const struct fhir_shape fhir_narrative =
    FHIR_SHAPE(narrative_rows, "Narrative", FHIR_RULE_NONE, NULL);

static const struct fhir_element annotation_rows[] = {
	{ "authorReference", FHIR_REFERENCE, 0, false, 1, NULL,
	  "Practitioner Patient RelatedPerson Organization" },
	FHIR_PICK(1, "authorString", FHIR_STRING),
	FHIR_ONE("time", FHIR_DATETIME),
	FHIR_NEED("text", FHIR_MARKDOWN),
	FHIR_ELEMENT_ROWS,
};
const struct fhir_shape fhir_annotation =
    FHIR_SHAPE(annotation_rows, "Annotation", FHIR_RULE_NONE, "author[x]");

static const struct fhir_element extension_rows[] = {
	FHIR_NEED("url", FHIR_URI),
	FHIR_OPEN_VALUE_ROWS(1),
	FHIR_ELEMENT_ROWS,
};
const struct fhir_shape fhir_extension =
    FHIR_SHAPE(extension_rows, "Extension", FHIR_RULE_EXTENSION, "value[x]");

static const struct fhir_element contact_point_rows[] = {
	FHIR_CODED("system", 0, "phone fax email pager url sms other"),
	FHIR_ONE("value", FHIR_STRING),
	FHIR_CODED("use", 0, "home work temp old mobile"),
	FHIR_ONE("rank", FHIR_POSITIVE_INT),
	FHIR_ONE_OF("period", fhir_period),
	FHIR_ELEMENT_ROWS,
};
const struct fhir_shape fhir_contact_point =
    FHIR_SHAPE(contact_point_rows, "ContactPoint", FHIR_RULE_CONTACT, NULL);

static const struct fhir_element human_name_rows[] = {
	FHIR_CODED("use", 0, "usual official temp nickname anonymous old maiden"),
	FHIR_ONE("text", FHIR_STRING),
	FHIR_ONE("family", FHIR_STRING),
	FHIR_MANY("given", FHIR_STRING),
	FHIR_MANY("prefix", FHIR_STRING),
	FHIR_MANY("suffix", FHIR_STRING),
	FHIR_ONE_OF("period", fhir_period),
	FHIR_ELEMENT_ROWS,
};
const struct fhir_shape fhir_human_name =
    FHIR_SHAPE(human_name_rows, "HumanName", FHIR_RULE_NONE, NULL);

static const struct fhir_element address_rows[] = {
	FHIR_CODED("use", 0, "home work temp old billing"),
	FHIR_CODED("type", 0, "postal physical both"),
	FHIR_ONE("text", FHIR_STRING),
	FHIR_MANY("line", FHIR_STRING),
	FHIR_ONE("city", FHIR_STRING),
	FHIR_ONE("district", FHIR_STRING),
	FHIR_ONE("state", FHIR_STRING),
	FHIR_ONE("postalCode", FHIR_STRING),
	FHIR_ONE("country", FHIR_STRING),
	FHIR_ONE_OF("period", fhir_period),
	FHIR_ELEMENT_ROWS,
};
const struct fhir_shape fhir_address =
    FHIR_SHAPE(address_rows, "Address", FHIR_RULE_NONE, NULL);

static const struct fhir_element attachment_rows[] = {
	FHIR_ONE("contentType", FHIR_CODE),
	FHIR_ONE("language", FHIR_CODE),
	FHIR_ONE("data", FHIR_BASE64),
	FHIR_ONE("url", FHIR_URI),
	FHIR_ONE("size", FHIR_UNSIGNED_INT),
	FHIR_ONE("hash", FHIR_BASE64),
	FHIR_ONE("title", FHIR_STRING),
	FHIR_ONE("creation", FHIR_DATETIME),
	FHIR_ELEMENT_ROWS,
};
const struct fhir_shape fhir_attachment =
    FHIR_SHAPE(attachment_rows, "Attachment", FHIR_RULE_NONE, NULL);
