/*
 * The record of processing activities: GDPR Art. 30(1)(a) to (g), or (2) of a
 * processor, from the policy in force.
 */
#include "office/inside.h"
#include "office/register.h"

static void
names_write(struct json_out *out, const char *member, const struct policy *policy,
            policy_set classes)
{
	json_name(out, member);
	json_array_begin(out);
	for (size_t i = 0; i < policy->class_count; i++) {
		if ((classes >> i & 1) != 0)
			json_put_text(out, policy->classes[i].says);
	}
	json_array_close(out);
}

static const char *const bases[] = {
	[BASIS_CONSENT] = "GDPR Art. 6(1)(a): consent",
	[BASIS_CONTRACT] = "GDPR Art. 6(1)(b): contract",
	[BASIS_LEGAL_OBLIGATION] = "GDPR Art. 6(1)(c): legal obligation",
	[BASIS_VITAL_INTEREST] = "GDPR Art. 6(1)(d): vital interests",
	[BASIS_PUBLIC_TASK] = "GDPR Art. 6(1)(e): public task",
	[BASIS_LEGITIMATE_INTEREST] = "GDPR Art. 6(1)(f): legitimate interests",
};

static void
period_write(struct json_out *out, const struct policy_period *period)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%lld%s", (long long)period->count,
	               period->unit == 'm'   ? "mo"
	               : period->unit == 'd' ? "d"
	               : period->unit == 'y' ? "y"
	                                     : "s");
	json_text_at(out, "period", period->is_forever ? STR("for ever") : str_from_c(text));
}

static void
class_write(struct json_out *out, const struct policy_class *class)
{
	static const char *const triggers[] = { [KEEP_RECORDED] = "recorded",
		                                [KEEP_SUBMITTED] = "submitted",
		                                [KEEP_ACCOUNT_CLOSED] = "account closed",
		                                [KEEP_SESSION_ENDED] = "session ended",
		                                [KEEP_PROJECT_ENDED] = "project ended" };

	json_object_begin(out);
	json_text_at(out, "data", class->says);
	json_text_at(out, "about", class->about);
	json_name(out, "categories");
	json_array_begin(out);
	for (size_t i = 0; i < class->category_count; i++)
		json_put_text(out, class->categories[i]);
	json_array_close(out);
	json_text_at(out, "from", str_from_c(triggers[class->keep.until]));
	period_write(out, &class->keep.plus);
	json_text_at(out, "required_by", class->keep.required_by);
	json_object_close(out);
}

static void
purpose_write(struct json_out *out, const struct policy *policy, size_t purpose)
{
	policy_set classes = 0;

	for (size_t i = 0; i < policy->class_count; i++) {
		if ((policy->classes[i].use >> purpose & 1) != 0)
			classes |= (policy_set)1 << i;
	}
	json_object_begin(out);
	json_text_at(out, "purpose", policy->purposes[purpose].says);
	json_text_at(out, "basis", str_from_c(bases[policy->purposes[purpose].basis]));
	names_write(out, "data", policy, classes);
	json_object_close(out);
}

static void
outside_write(struct json_out *out, const struct policy *policy)
{
	json_name(out, "recipients");
	json_array_begin(out);
	for (size_t i = 0; i < policy->recipient_count; i++) {
		json_object_begin(out);
		json_text_at(out, "who", policy->recipients[i].says);
		names_write(out, "data", policy, policy->recipients[i].receives);
		json_object_close(out);
	}
	json_array_close(out);
	json_name(out, "processors");
	json_array_begin(out);
	for (size_t i = 0; i < policy->processor_count; i++) {
		json_object_begin(out);
		json_text_at(out, "who", policy->processors[i].name);
		json_text_at(out, "does", policy->processors[i].does);
		json_text_at(out, "region", policy->processors[i].region);
		json_text_at(out, "contract", policy->processors[i].contract);
		names_write(out, "data", policy, policy->processors[i].receives);
		json_object_close(out);
	}
	json_array_close(out);
	json_name(out, "transfers");
	json_array_begin(out);
	for (size_t i = 0; i < policy->transfer_count; i++) {
		json_object_begin(out);
		json_text_at(out, "to", policy->transfers[i].to);
		json_text_at(out, "basis", policy->transfers[i].basis);
		json_text_at(out, "since", policy->transfers[i].since);
		json_object_close(out);
	}
	json_array_close(out);
}

static void
security_write(struct json_out *out, const struct policy *policy)
{
	json_name(out, "security");
	json_array_begin(out);
	json_put_text(out, policy->tls_minor == 3 ? STR("TLS 1.3") : STR("TLS 1.2 or newer"));
	json_put_text(out, STR("AES-256-GCM at rest, a key for each person and kind of data"));
	json_put_text(out, policy->second_factor == SECOND_OPTIONAL
	                       ? STR("a second factor where a person wants one")
	                       : STR("a second factor"));
	json_put_text(out, STR("a log of every access that cannot be changed unseen"));
	json_array_close(out);
}

void
register_processing(const struct policy *policy, struct buf *json)
{
	struct json_out out;

	json_out_init(&out, json);
	json_object_begin(&out);
	json_text_at(&out, "article",
	             policy->is_controller ? STR("GDPR Art. 30(1)") : STR("GDPR Art. 30(2)"));
	json_text_at(&out, "controller", policy->controller.name);
	json_text_at(&out, "address", policy->controller.address);
	json_text_at(&out, "contact", policy->controller.contact);
	json_text_at(&out, "officer", policy->controller.officer);
	json_text_at(&out, "version", policy->version);
	json_name(&out, "activities");
	json_array_begin(&out);
	for (size_t i = 0; i < policy->purpose_count; i++)
		purpose_write(&out, policy, i);
	json_array_close(&out);
	json_name(&out, "data");
	json_array_begin(&out);
	for (size_t i = 0; i < policy->class_count; i++)
		class_write(&out, &policy->classes[i]);
	json_array_close(&out);
	outside_write(&out, policy);
	security_write(&out, policy);
	json_object_close(&out);
}
