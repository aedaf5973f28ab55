#include "service/measure/fhir_capability.h"

#include "base/clock.h"
#include "service/measure/fhir_cgm.h"
#include "service/measure/fhir_search.h"

#define PROFILE "http://hl7.org/fhir/StructureDefinition/"

struct operation {
	const char *name;
	const char *definition;
};

struct resource {
	const char *type;
	const char *profile;         /* of R4 */
	const char *supported[3];    /* of the CGM guide */
	const char *interactions[6]; /* R4 restful-interaction */
	const struct fhir_search_param *params;
	size_t param_count;
	bool is_conditional; /* create with If-None-Exist */
	struct operation operations[2];
};

static const struct fhir_search_param patient_params[] = { { "_id", "token" } };
static const struct fhir_search_param device_params[] = { { "_id", "token" },
	                                                  { "patient", "reference" } };

/* Observation's are those of fhir_search.h. */
static const struct resource resources[] = {
	{
	    .type = "Patient",
	    .profile = PROFILE "Patient",
	    .interactions = { "read", "search-type" },
	    .params = patient_params,
	    .param_count = COUNT_OF(patient_params),
	    .operations = { { "everything",
	                      "http://hl7.org/fhir/OperationDefinition/Patient-everything" } },
	},
	{
	    .type = "Observation",
	    .profile = PROFILE "Observation",
	    .supported = { FHIR_CGM "/StructureDefinition/cgm-sensor-reading-mass-per-volume",
	                   FHIR_CGM
	                   "/StructureDefinition/cgm-sensor-reading-moles-per-volume" },
	    .interactions = { "read", "vread", "update", "history-instance", "create",
	                      "search-type" },
	    .is_conditional = true,
	    .operations = { { "lastn",
	                      "http://hl7.org/fhir/OperationDefinition/Observation-lastn" } },
	},
	{
	    .type = "Device",
	    .profile = PROFILE "Device",
	    .supported = { FHIR_CGM "/StructureDefinition/cgm-device" },
	    .interactions = { "read", "search-type" },
	    .params = device_params,
	    .param_count = COUNT_OF(device_params),
	},
};

static const char *const system_interactions[] = { "transaction", "batch" };

static const struct operation system_operations[] = {
	{ "submit-cgm-bundle", FHIR_CGM_OPERATION },
};

static void
text_list_at(struct json_out *out, const char *name, const char *const *texts, size_t count)
{
	if (count == 0 || texts[0] == NULL)
		return;
	json_name(out, name);
	json_array_begin(out);
	for (size_t i = 0; i < count && texts[i] != NULL; i++)
		json_put_text(out, str_from_c(texts[i]));
	json_array_close(out);
}

static void
interactions_write(struct json_out *out, const char *const *codes, size_t count)
{
	json_name(out, "interaction");
	json_array_begin(out);
	for (size_t i = 0; i < count && codes[i] != NULL; i++) {
		json_object_begin(out);
		json_text_at(out, "code", str_from_c(codes[i]));
		json_object_close(out);
	}
	json_array_close(out);
}

static void
operations_write(struct json_out *out, const struct operation *operations, size_t count)
{
	if (operations[0].name == NULL)
		return;
	json_name(out, "operation");
	json_array_begin(out);
	for (size_t i = 0; i < count && operations[i].name != NULL; i++) {
		json_object_begin(out);
		json_text_at(out, "name", str_from_c(operations[i].name));
		json_text_at(out, "definition", str_from_c(operations[i].definition));
		json_object_close(out);
	}
	json_array_close(out);
}

static void
search_params_write(struct json_out *out, const struct fhir_search_param *params, size_t count)
{
	json_name(out, "searchParam");
	json_array_begin(out);
	for (size_t i = 0; i < count; i++) {
		json_object_begin(out);
		json_text_at(out, "name", str_from_c(params[i].name));
		json_text_at(out, "type", str_from_c(params[i].type));
		json_object_close(out);
	}
	json_array_close(out);
}

static void
resource_write(struct json_out *out, const struct resource *resource)
{
	json_object_begin(out);
	json_text_at(out, "type", str_from_c(resource->type));
	json_text_at(out, "profile", str_from_c(resource->profile));
	text_list_at(out, "supportedProfile", resource->supported,
	             COUNT_OF(resource->supported));
	interactions_write(out, resource->interactions, COUNT_OF(resource->interactions));
	json_text_at(out, "versioning", STR("versioned"));
	if (resource->is_conditional) {
		json_bool_at(out, "updateCreate", false);
		json_bool_at(out, "conditionalCreate", true);
	}
	if (resource->params == NULL)
		search_params_write(out, fhir_search_params, fhir_search_param_count);
	else
		search_params_write(out, resource->params, resource->param_count);
	operations_write(out, resource->operations, COUNT_OF(resource->operations));
	json_object_close(out);
}

static void
security_write(struct json_out *out)
{
	json_name(out, "security");
	json_object_begin(out);
	json_bool_at(out, "cors", false);
	json_name(out, "service");
	json_put_raw(out, STR("[{\"text\":\"Bearer token of a person, device or client\"}]"));
	json_text_at(out, "description",
	             STR("Tokens are scoped to a role, expire and can be revoked. "
	                 "Every access is an entry of the audit log."));
	json_object_close(out);
}

static void
rest_write(struct json_out *out)
{
	json_name(out, "rest");
	json_array_begin(out);
	json_object_begin(out);
	json_text_at(out, "mode", STR("server"));
	security_write(out);
	json_name(out, "resource");
	json_array_begin(out);
	for (size_t i = 0; i < COUNT_OF(resources); i++)
		resource_write(out, &resources[i]);
	json_array_close(out);
	interactions_write(out, system_interactions, COUNT_OF(system_interactions));
	operations_write(out, system_operations, COUNT_OF(system_operations));
	json_object_close(out);
	json_array_close(out);
}

void
fhir_capability_write(struct json_out *out, const struct fhir_capability *capability)
{
	static const char *const instantiates[] = { FHIR_CGM_RECEIVER };
	static const char *const formats[] = { "json", "application/fhir+json" };

	json_object_begin(out);
	json_text_at(out, "resourceType", STR("CapabilityStatement"));
	json_text_at(out, "name", STR("TrothMeasure"));
	json_text_at(out, "title", STR("Troth: readings of biomarkers"));
	json_text_at(out, "status", STR("active"));
	json_time_at(out, "date", capability->changed_us);
	json_text_at(out, "kind", STR("instance"));
	text_list_at(out, "instantiates", instantiates, COUNT_OF(instantiates));
	json_name(out, "software");
	json_object_begin(out);
	json_text_at(out, "name", STR("Troth"));
	if (capability->software.len != 0)
		json_text_at(out, "version", capability->software);
	json_object_close(out);
	json_name(out, "implementation");
	json_object_begin(out);
	json_text_at(out, "description", STR("Readings, devices and members of one tenant"));
	json_text_at(out, "url", capability->url);
	json_object_close(out);
	json_text_at(out, "fhirVersion", STR("4.0.1"));
	text_list_at(out, "format", formats, COUNT_OF(formats));
	rest_write(out);
	json_object_close(out);
}
