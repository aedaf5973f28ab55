/*
 * Choices for other programs: as FHIR R4 Consent resources, and as receipts with the
 * sections and names of ISO/IEC TS 27560:2023 (header, processing, parties, events).
 * Sources: HL7 FHIR R4, "Consent" (ppc-1: a policy or policyRule stands in each);
 * CodeSystems consentscope, v3-ActCode (OPTIN, OPTOUT), v3-RoleClass; LOINC 59284-0.
 */
#include "base/json.h"
#include "pages/consents.h"

#define ANSWER_MAX ((size_t)8 * MIB)

struct telling {
	const struct consents *of;
	struct json_out out;
};

static struct str
privacy_url(const struct consents *of)
{
	return str_printf(of->request->arena, "%.*s%.*s/privacy", STR_ARGS(of->request->origin),
	                  STR_ARGS(of->request->prefix));
}

static struct str
urn_of(const struct consents *of, struct id id)
{
	return str_printf(of->request->arena, "urn:uuid:%.*s",
	                  STR_ARGS(id_to_str(of->request->arena, id)));
}

static MUST_CHECK enum rc
answer(struct request *request, const struct buf *buf, struct str type, struct err *err)
{
	struct str text;

	TRY(buf_finish(buf, &text, err));
	request->response.type = type;
	request->response.body = str_copy(request->arena, text);
	return RC_OK;
}

static MUST_CHECK enum rc
telling_begin(struct request *request, struct consents *of, struct telling *telling,
              struct buf *buf, struct err *err)
{
	TRY(consents_begin(request, of, err));
	TRY(consents_load(of, err));
	buf_init(buf, ANSWER_MAX);
	telling->of = of;
	json_out_init(&telling->out, buf);
	return RC_OK;
}

/* --- FHIR ---------------------------------------------------------------------------- */

static void
coding(struct json_out *out, struct str system, struct str code, struct str display)
{
	json_object_begin(out);
	json_text_at(out, "system", system);
	json_text_at(out, "code", code);
	if (display.len != 0)
		json_text_at(out, "display", display);
	json_object_close(out);
}

static void concept(struct json_out *out, struct str system, struct str code,
                    struct str display)
{
	json_object_begin(out);
	json_name(out, "coding");
	json_array_begin(out);
	coding(out, system, code, display);
	json_array_close(out);
	json_object_close(out);
}

static void
period_put(struct json_out *out, const struct choice *choice)
{
	int64_t end_us = choice->until_us;

	if (choice->withdrawn_us != 0 && choice->withdrawn_us < end_us)
		end_us = choice->withdrawn_us;
	json_name(out, "period");
	json_object_begin(out);
	json_time_at(out, "start", choice->given_us);
	if (end_us != INT64_MAX)
		json_time_at(out, "end", end_us);
	json_object_close(out);
}

/* Who gets it: v3-RoleClass CON, CAREGIVER … say less than the policy's own words. */
static void
actor_put(struct telling *to, const struct choice *choice)
{
	const struct policy *policy = to->of->request->tenant->policy;
	const struct policy_recipient *recipient =
	    policy_recipient_find(policy, choice->recipient);
	struct json_out *out = &to->out;

	if (choice->recipient.len == 0)
		return;
	json_name(out, "actor");
	json_array_begin(out);
	json_object_begin(out);
	json_name(out, "role");
	concept(out, privacy_url(to->of), choice->recipient, STR_EMPTY);
	json_name(out, "reference");
	json_object_begin(out);
	if (!id_is_zero(choice->person))
		json_text_at(out, "reference", urn_of(to->of, choice->person));
	json_text_at(out, "display", recipient == NULL ? choice->recipient : recipient->says);
	json_object_close(out);
	json_object_close(out);
	json_array_close(out);
}

static void
classes_put(struct telling *to, const struct choice *choice)
{
	const struct policy *policy = to->of->request->tenant->policy;
	const struct policy_recipient *recipient =
	    policy_recipient_find(policy, choice->recipient);
	struct json_out *out = &to->out;

	if (recipient == NULL || consents_classes(to->of, recipient).len == 0)
		return;
	json_name(out, "code");
	json_array_begin(out);
	for (size_t i = 0; i < policy->class_count; i++) {
		if ((recipient->receives >> i & 1) != 0 &&
		    policy_class_is_about(policy, &policy->classes[i], to->of->kind))
		concept(out, privacy_url(to->of), policy->classes[i].name,
		        policy->classes[i].says);
	}
	json_array_close(out);
}

static void
provision_put(struct telling *to, const struct choice *choice)
{
	const struct policy_purpose *purpose =
	    policy_purpose_find(to->of->request->tenant->policy, choice->purpose);
	struct json_out *out = &to->out;

	json_name(out, "provision");
	json_object_begin(out);
	json_text_at(out, "type",
	             choice->kind == CHOICE_OBJECTION ? STR("deny") : STR("permit"));
	period_put(out, choice);
	actor_put(to, choice);
	if (choice->purpose.len != 0) {
		json_name(out, "purpose");
		json_array_begin(out);
		coding(out, privacy_url(to->of), choice->purpose,
		       purpose == NULL ? STR_EMPTY : purpose->says);
		json_array_close(out);
	}
	classes_put(to, choice);
	json_object_close(out);
}

static void
policy_put(struct telling *to, const struct choice *choice)
{
	struct json_out *out = &to->out;

	json_name(out, "policy");
	json_array_begin(out);
	json_object_begin(out);
	json_text_at(out, "uri", privacy_url(to->of));
	json_object_close(out);
	json_array_close(out);
	json_name(out, "policyRule");
	concept(out, STR("http://terminology.hl7.org/CodeSystem/v3-ActCode"),
	        choice->kind == CHOICE_OBJECTION ? STR("OPTOUT") : STR("OPTIN"), STR_EMPTY);
}

static void
consent_put(struct telling *to, const struct choice *choice)
{
	const struct request *request = to->of->request;
	struct json_out *out = &to->out;

	json_object_begin(out);
	json_text_at(out, "resourceType", STR("Consent"));
	json_text_at(out, "id", id_to_str(request->arena, choice->id));
	json_text_at(out, "status",
	             choice_is_in_force(choice, request->now_us) ? STR("active")
	                                                         : STR("inactive"));
	json_name(out, "scope");
	concept(out, STR("http://terminology.hl7.org/CodeSystem/consentscope"),
	        STR("patient-privacy"), STR("Privacy Consent"));
	json_name(out, "category");
	json_array_begin(out);
	concept(out, STR("http://loinc.org"), STR("59284-0"), STR("Consent Document"));
	json_array_close(out);
	json_name(out, "patient");
	json_object_begin(out);
	json_text_at(out, "reference", urn_of(to->of, choice->subject));
	json_object_close(out);
	json_time_at(out, "dateTime", choice->given_us);
	json_name(out, "sourceAttachment");
	json_object_begin(out);
	json_text_at(out, "contentType", STR("text/plain"));
	json_text_at(out, "title", choice->text.len == 0 ? STR("Consent") : choice->text);
	json_object_close(out);
	policy_put(to, choice);
	provision_put(to, choice);
	json_object_close(out);
}

enum rc
consents_fhir_show(struct request *request, struct doc *doc, struct err *err)
{
	CLEANUP(buf_free) struct buf buf = { 0 };
	struct telling to;
	struct consents of;

	(void)doc;
	TRY(telling_begin(request, &of, &to, &buf, err));
	json_object_begin(&to.out);
	json_text_at(&to.out, "resourceType", STR("Bundle"));
	json_text_at(&to.out, "type", STR("collection"));
	json_time_at(&to.out, "timestamp", request->now_us);
	if (of.choices.count != 0)
		json_name(&to.out, "entry");
	if (of.choices.count != 0)
		json_array_begin(&to.out);
	for (size_t i = 0; i < of.choices.count; i++) {
		json_object_begin(&to.out);
		json_text_at(&to.out, "fullUrl", urn_of(&of, of.choices.items[i].id));
		json_name(&to.out, "resource");
		consent_put(&to, &of.choices.items[i]);
		json_object_close(&to.out);
	}
	if (of.choices.count != 0)
		json_array_close(&to.out);
	json_object_close(&to.out);
	return answer(request, &buf, STR("application/fhir+json"), err);
}

/* --- receipts --------------------------------------------------------------------------- */

static const char *const bases[] = {
	[BASIS_CONSENT] = "consent",
	[BASIS_CONTRACT] = "contract",
	[BASIS_LEGAL_OBLIGATION] = "legal_obligation",
	[BASIS_VITAL_INTEREST] = "vital_interest",
	[BASIS_PUBLIC_TASK] = "public_task",
	[BASIS_LEGITIMATE_INTEREST] = "legitimate_interest",
};

static void
information_put(struct telling *to, const struct choice *choice)
{
	const struct policy *policy = to->of->request->tenant->policy;
	const struct policy_recipient *recipient =
	    policy_recipient_find(policy, choice->recipient);
	const struct policy_purpose *purpose = policy_purpose_find(policy, choice->purpose);
	struct json_out *out = &to->out;

	json_name(out, "pii_information");
	json_array_begin(out);
	for (size_t i = 0; i < policy->class_count; i++) {
		const struct policy_class *class = &policy->classes[i];
		bool is_used =
		    purpose != NULL && (class->use >> (purpose - policy->purposes) & 1) != 0;
		bool is_received = recipient == NULL || (recipient->receives >> i & 1) != 0;
		if (!is_used || !is_received ||
		    !policy_class_is_about(policy, class, to->of->kind))
			continue;
		json_object_begin(out);
		json_text_at(out, "pii_attribute_id", class->name);
		json_text_at(out, "pii_type", class->says);
		json_bool_at(out, "pii_optional", true);
		json_object_close(out);
	}
	json_array_close(out);
}

static void
processing_put(struct telling *to, const struct choice *choice)
{
	const struct policy *policy = to->of->request->tenant->policy;
	const struct policy_recipient *recipient =
	    policy_recipient_find(policy, choice->recipient);
	const struct policy_purpose *purpose = policy_purpose_find(policy, choice->purpose);
	struct json_out *out = &to->out;

	json_name(out, "purposes");
	json_array_begin(out);
	json_object_begin(out);
	json_text_at(out, "purpose", choice->purpose);
	if (purpose != NULL)
		json_text_at(out, "purpose_description", purpose->says);
	json_text_at(out, "lawful_basis",
	             str_from_c(bases[purpose == NULL ? BASIS_CONSENT : purpose->basis]));
	information_put(to, choice);
	json_name(out, "recipient_third_parties");
	json_array_begin(out);
	if (recipient != NULL)
		json_put_text(out, recipient->says);
	json_array_close(out);
	json_text_at(out, "jurisdiction", policy->region);
	json_text_at(out, "withdrawal_method",
	             str_printf(to->of->request->arena, "%.*s%.*s/me/consents",
	                        STR_ARGS(to->of->request->origin),
	                        STR_ARGS(to->of->request->prefix)));
	json_object_close(out);
	json_array_close(out);
}

static void
parties_put(struct telling *to)
{
	const struct policy_controller *controller =
	    &to->of->request->tenant->policy->controller;
	struct json_out *out = &to->out;

	json_name(out, "party_identification");
	json_array_begin(out);
	json_object_begin(out);
	json_text_at(out, "party_id", STR("controller"));
	json_text_at(out, "party_name", controller->name);
	json_text_at(out, "party_role", STR("PII controller"));
	json_text_at(out, "party_address", controller->address);
	json_text_at(out, "party_email", controller->contact);
	json_text_at(out, "party_contact", controller->officer);
	json_object_close(out);
	json_array_close(out);
}

struct event {
	const char *state;
	int64_t time_us;
};

static void
event_put(struct telling *to, const struct choice *choice, const struct event *event)
{
	struct json_out *out = &to->out;

	json_object_begin(out);
	json_time_at(out, "event_time", event->time_us);
	json_text_at(out, "event_type", STR("explicit"));
	json_text_at(out, "event_state", str_from_c(event->state));
	json_text_at(out, "entity_id",
	             choice->by.len != 0 ? choice->by
	                                 : id_to_str(to->of->request->arena, choice->subject));
	json_text_at(out, "collection_method", choice->how);
	if (choice->until_us != INT64_MAX)
		json_time_at(out, "valid_until", choice->until_us);
	json_object_close(out);
}

static void
receipt_put(struct telling *to, const struct choice *choice)
{
	const struct event given = { choice->kind == CHOICE_OBJECTION ? "objected" : "given",
		                     choice->given_us };
	const struct event withdrawn = { "withdrawn", choice->withdrawn_us };
	struct arena *arena = to->of->request->arena;
	struct json_out *out = &to->out;

	json_object_begin(out);
	json_text_at(out, "schema_version", STR("ISO/IEC TS 27560:2023"));
	json_text_at(out, "receipt_id", id_to_str(arena, choice->id));
	json_text_at(out, "record_id", id_to_str(arena, choice->id));
	json_text_at(out, "pii_principal_id", id_to_str(arena, choice->subject));
	json_text_at(out, "privacy_notice", privacy_url(to->of));
	json_text_at(out, "privacy_notice_version", choice->version);
	json_text_at(out, "consent_text", choice->text);
	processing_put(to, choice);
	parties_put(to);
	json_name(out, "event");
	json_array_begin(out);
	event_put(to, choice, &given);
	if (choice->withdrawn_us != 0)
		event_put(to, choice, &withdrawn);
	json_array_close(out);
	json_object_close(out);
}

enum rc
consents_receipts_show(struct request *request, struct doc *doc, struct err *err)
{
	CLEANUP(buf_free) struct buf buf = { 0 };
	struct telling to;
	struct consents of;

	(void)doc;
	TRY(telling_begin(request, &of, &to, &buf, err));
	json_object_begin(&to.out);
	json_name(&to.out, "receipts");
	json_array_begin(&to.out);
	for (size_t i = 0; i < of.choices.count; i++) {
		if (of.choices.items[i].kind != CHOICE_REPRESENTATION)
			receipt_put(&to, &of.choices.items[i]);
	}
	json_array_close(&to.out);
	json_object_close(&to.out);
	return answer(request, &buf, STR("application/json"), err);
}
