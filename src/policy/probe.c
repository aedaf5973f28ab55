#include "policy/probe.h"

#include "policy/words.h"

static const struct probe {
	const char *name; /* up to and with the dot, where something follows */
	enum probe_about about;
} probes[] = {
	{ "tls.minimum", PROBE_WHOLE },
	{ "tls.cipher", PROBE_WHOLE },
	{ "tls.outbound", PROBE_WHOLE },
	{ "seal.at_rest", PROBE_WHOLE },
	{ "keys.apart", PROBE_WHOLE },
	{ "audit.intact", PROBE_WHOLE },
	{ "audit.complete", PROBE_WHOLE },
	{ "login.no_password", PROBE_WHOLE },
	{ "factor.required", PROBE_WHOLE },
	{ "onboarding.gate", PROBE_WHOLE },
	{ "roles.enforced", PROBE_WHOLE },
	{ "isolation.tenant", PROBE_WHOLE },
	{ "isolation.subject", PROBE_WHOLE },
	{ "fields.declared", PROBE_WHOLE },
	{ "retention.", PROBE_CLASS },
	{ "rights.", PROBE_RIGHT },
	{ "erasure.final", PROBE_WHOLE },
	{ "consent.", PROBE_RECIPIENT },
	{ "release.deidentified", PROBE_WHOLE },
	{ "session.nothing_kept", PROBE_WHOLE },
	{ "voice.not_kept", PROBE_WHOLE },
	{ "training.never", PROBE_WHOLE },
	{ "telemetry.anonymous", PROBE_WHOLE },
	{ "notice.lead_time", PROBE_WHOLE },
	{ "cookies.declared", PROBE_WHOLE },
	{ "cookies.optional", PROBE_WHOLE },
	{ "sms.stop", PROBE_WHOLE },
	{ "sms.help", PROBE_WHOLE },
	{ "staff.trained", PROBE_WHOLE },
	{ "backup.sealed", PROBE_WHOLE },
	{ "backup.apart", PROBE_WHOLE },
	{ "region.pinned", PROBE_WHOLE },
};

static const struct probe *
probe_find(struct str name, struct str *rest)
{
	for (size_t i = 0; i < COUNT_OF(probes); i++) {
		struct str head = str_from_c(probes[i].name);
		bool is_it = probes[i].about == PROBE_WHOLE ? str_eq(name, head)
		                                            : str_starts_with(name, head);
		if (!is_it)
			continue;
		*rest = (struct str){ name.ptr + head.len, name.len - head.len };
		return &probes[i];
	}
	return NULL;
}

unsigned
probe_rights_granted(const struct policy *policy)
{
	unsigned granted = 0;

	for (size_t i = 0; i < policy->jurisdiction_count; i++)
		granted |= policy->granted[i];
	return granted;
}

bool
probe_factor_needed(const struct policy *policy)
{
	for (size_t i = 0; i < policy->role_count; i++) {
		if (policy->roles[i].needs_second_factor)
			return true;
	}
	return false;
}

static const char *
class_fault(const struct policy *policy, struct str name)
{
	const struct policy_class *class = policy_class_find(policy, name);

	if (class == NULL)
		return "names a class that is not declared";
	return class->keep.plus.is_forever ? "names a class that is kept for ever" : NULL;
}

static const char *
recipient_fault(const struct policy *policy, struct str name)
{
	const struct policy_recipient *recipient = policy_recipient_find(policy, name);

	if (recipient == NULL)
		return "names a recipient that is not declared";
	return recipient->when == WHEN_CONSENT ? NULL
	                                       : "names a recipient without `when: consent`";
}

static const char *
right_fault(const struct policy *policy, struct str name)
{
	int right;

	if (!field_word_find(&words_right, name, &right))
		return "names no right";
	return probe_rights_granted(policy) & (unsigned)right
	           ? NULL
	           : "names a right that rights.grant grants nowhere";
}

static const char *
whole_fault(const struct policy *policy, struct str name)
{
	if (str_eq(name, STR("factor.required")) && !probe_factor_needed(policy))
		return "promises a second factor that no role needs";
	if (str_eq(name, STR("onboarding.gate")) && policy->onboarding_count == 0)
		return "promises steps that security.onboarding does not name";
	return NULL;
}

struct str
probe_fault(const struct policy *policy, struct str name, struct arena *arena)
{
	static const char *(*const faults[])(const struct policy *, struct str) = {
		[PROBE_WHOLE] = whole_fault,
		[PROBE_CLASS] = class_fault,
		[PROBE_RECIPIENT] = recipient_fault,
		[PROBE_RIGHT] = right_fault,
	};
	struct str rest;
	const struct probe *probe = probe_find(name, &rest);
	const char *fault;

	if (probe == NULL)
		return str_printf(arena, "there is no probe \"%.*s\"", STR_ARGS(name));
	fault = faults[probe->about](policy, probe->about == PROBE_WHOLE ? name : rest);
	if (fault == NULL)
		return STR_EMPTY;
	return str_printf(arena, "the probe \"%.*s\" %s", STR_ARGS(name), fault);
}

/* --- promises that follow from declarations --------------------------------- */

static void
imply(struct reader *reader, struct str probe, struct str says)
{
	struct policy *policy = reader->policy;

	for (size_t i = 0; i < policy->promise_count; i++) {
		if (str_eq(policy->promises[i].probe, probe))
			return;
	}
	policy->promises[policy->promise_count++] = (struct policy_promise){
		.id = probe, .says = says, .probe = probe, .is_implied = true
	};
}

static void
imply_periods(struct reader *reader)
{
	static const char *const then[] = {
		[THEN_ERASE] = "erased",
		[THEN_DEIDENTIFY] = "stripped of all that tells who it is about",
		[THEN_ASK_CLIENT] = "erased when the client approves",
		[THEN_PRUNE] = "cut off the log",
	};
	const struct policy *policy = reader->policy;

	for (size_t i = 0; i < policy->class_count; i++) {
		const struct policy_class *class = &policy->classes[i];
		if (class->keep.plus.is_forever)
			continue;
		imply(reader,
		      str_printf(reader->arena, "retention.%.*s", STR_ARGS(class->name)),
		      str_printf(reader->arena, "%.*s: past its time, it is %s.",
		                 STR_ARGS(class->says), then[class->keep.then]));
	}
}

static void
imply_recipients(struct reader *reader)
{
	const struct policy *policy = reader->policy;
	bool is_changed = false;

	for (size_t i = 0; i < policy->recipient_count; i++) {
		const struct policy_recipient *recipient = &policy->recipients[i];
		is_changed = is_changed || recipient->form != AS_IS;
		if (recipient->when != WHEN_CONSENT)
			continue;
		imply(reader,
		      str_printf(reader->arena, "consent.%.*s", STR_ARGS(recipient->name)),
		      str_printf(reader->arena, "Nothing goes to %.*s without consent.",
		                 STR_ARGS(recipient->says)));
	}
	if (is_changed)
		imply(reader, STR("release.deidentified"),
		      STR("What leaves de-identified or as an aggregate names nobody."));
}

static void
imply_rights(struct reader *reader)
{
	unsigned granted = probe_rights_granted(reader->policy);

	for (size_t i = 0; i < words_right.count; i++) {
		const struct word *right = &words_right.items[i];
		if ((granted & (unsigned)right->value) == 0)
			continue;
		imply(reader, str_printf(reader->arena, "rights.%s", right->text),
		      str_printf(reader->arena, "The right of %s is answered within %d days.",
		                 right->text, reader->policy->answer_days));
	}
	if (granted & RIGHT_ERASURE)
		imply(
		    reader, STR("erasure.final"),
		    STR("What has been erased cannot be read again, not even from a backup."));
}

static void
imply_protection(struct reader *reader)
{
	const struct policy *policy = reader->policy;

	imply(
	    reader, STR("tls.minimum"),
	    str_printf(reader->arena, "Connections use TLS 1.%d or newer.", policy->tls_minor));
	imply(reader, STR("roles.enforced"), STR("Each role sees what it is named for here."));
	imply(reader, STR("fields.declared"),
	      STR("Nothing that this policy does not name can be stored or sent."));
	imply(reader, STR("cookies.declared"),
	      STR("Only the cookies named here are set, and no page loads from elsewhere."));
	imply(reader, STR("region.pinned"),
	      STR("Data and backups lie in the region named here."));
	if (probe_factor_needed(policy))
		imply(reader, STR("factor.required"),
		      STR("A role that needs a second factor gets nothing without it."));
	if (policy->onboarding_count != 0)
		imply(reader, STR("onboarding.gate"),
		      STR("Nothing opens before the steps named here are complete."));
	if (policy->notice_days != 0)
		imply(reader, STR("notice.lead_time"),
		      STR("People are told before a material change takes effect."));
}

void
probe_imply(struct reader *reader)
{
	struct policy *policy = reader->policy;
	/* classes, recipients, rights, and the fixed ones */
	size_t room =
	    policy->promise_count + policy->class_count + policy->recipient_count + 32;
	struct policy_promise *promises =
	    arena_alloc(reader->arena, room * sizeof(*promises), _Alignof(max_align_t));

	if (policy->promise_count != 0)
		memcpy(promises, policy->promises, policy->promise_count * sizeof(*promises));
	policy->promises = promises;
	imply_protection(reader);
	imply_periods(reader);
	imply_recipients(reader);
	imply_rights(reader);
}
