#include "service/measure/fhir_claim.h"

#include "service/measure/device.h"
#include "service/measure/fhir_observation.h"

static const struct fhir_place root = { NULL, { "Observation", 11 }, -1 };

static void
complain(struct fhir_issues *issues, const char *member, const char *why)
{
	fhir_issue_add(issues, &root, member,
	               (struct fhir_complaint){ RC_INVALID, FHIR_BUSINESS_RULE, why });
}

static MUST_CHECK enum rc
device_find_own(struct fhir_claims *claims, struct id id, struct err *err)
{
	const struct request *request = claims->request;
	struct device device;
	enum rc rc;

	if (id_eq(claims->device, id))
		return RC_OK;
	rc = device_get(&request->door, id, request->arena, &device, err);
	if (rc != RC_OK && rc != RC_NOT_FOUND && rc != RC_DENIED && rc != RC_GONE)
		return rc;
	claims->device = id;
	claims->is_theirs = rc == RC_OK && id_eq(device.member, request->actor.subject);
	return RC_OK;
}

static MUST_CHECK enum rc
device_check(struct fhir_claims *claims, const struct reading *reading,
             struct fhir_issues *issues, struct err *err)
{
	const struct actor *actor = &claims->request->actor;

	if (actor->kind == ACTOR_DEVICE) {
		if (!id_eq(reading->device, actor->id))
			complain(issues, "device.reference", "not the device that sends this");
		if (reading->method != READING_OPTICAL)
			complain(issues, "method", "a device's own reading is an optical one");
		return RC_OK;
	}
	if (id_is_zero(reading->device))
		return RC_OK;
	TRY(device_find_own(claims, reading->device, err));
	if (!claims->is_theirs)
		complain(issues, "device.reference", "not a device of this patient");
	return RC_OK;
}

static bool
has_identifier(const struct reading *reading, const struct fhir_token *token)
{
	char text[24];
	int len = snprintf(text, sizeof(text), "%llu", (unsigned long long)reading->sequence);

	if (reading->identifier.len != 0 && str_eq(token->value, reading->identifier) &&
	    str_eq(token->system, reading->identifier_system))
		return true;
	return reading->has_sequence && str_eq(token->system, STR(FHIR_SEQUENCE_SYSTEM)) &&
	       str_eq(token->value, (struct str){ text, (size_t)len });
}

enum rc
fhir_claim_check(struct fhir_claims *claims, const struct reading *reading,
                 const struct fhir_token *condition, struct fhir_issues *issues,
                 struct err *err)
{
	TRY(device_check(claims, reading, issues, err));
	if (condition != NULL && !has_identifier(reading, condition))
		fhir_issue_add(issues, &root, "identifier",
		               (struct fhir_complaint){
				   RC_PRECONDITION, FHIR_BUSINESS_RULE,
				   "If-None-Exist names an identifier that is not this one" });
	return RC_OK;
}

void
fhir_claim_refused(struct fhir_issues *issues, const struct intake_result *result)
{
	static const struct {
		const char *field, *element;
	} rows[] = {
		{ "value", "valueQuantity.value" },
		{ "taken", "effectiveDateTime" },
		{ "sequence", "identifier" },
	};
	const char *element = NULL;

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		if (strcmp(rows[i].field, result->field) == 0)
			element = rows[i].element;
	}
	complain(issues, element, str_to_c(issues->arena, result->why));
}
