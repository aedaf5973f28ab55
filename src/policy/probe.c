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
	{ "login.limits", PROBE_WHOLE },
	{ "factor.required", PROBE_WHOLE },
	{ "onboarding.gate", PROBE_WHOLE },
	{ "roles.enforced", PROBE_WHOLE },
	{ "isolation.tenant", PROBE_WHOLE },
	{ "isolation.subject", PROBE_WHOLE },
	{ "fields.declared", PROBE_WHOLE },
	{ "retention.", PROBE_CLASS },
	{ "rights.", PROBE_RIGHT },
	{ "erasure.final", PROBE_WHOLE },
	{ "consent.", PROBE_CONSENT },
	{ "agreement.", PROBE_AGREEMENT },
	{ "release.deidentified", PROBE_WHOLE },
	{ "release.registered", PROBE_WHOLE },
	{ "session.nothing_kept", PROBE_WHOLE },
	{ "session.isolated", PROBE_WHOLE },
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
	if (class->is_memory)
		return "names a class that is never stored";
	return class->keep.plus.is_forever ? "names a class that is kept for ever" : NULL;
}

static const char *
consent_fault(const struct policy *policy, struct str name)
{
	const struct policy_recipient *recipient = policy_recipient_find(policy, name);
	const struct policy_purpose *purpose = policy_purpose_find(policy, name);

	if (recipient == NULL && purpose == NULL)
		return "names neither a recipient nor a purpose that is declared";
	if (recipient != NULL && recipient->when == WHEN_CONSENT)
		return NULL;
	return purpose != NULL && purpose->basis == BASIS_CONSENT
	           ? NULL
	           : "names nothing that needs consent";
}

static const char *
agreement_fault(const struct policy *policy, struct str name)
{
	const struct policy_class *class = policy_class_find(policy, name);

	if (class == NULL)
		return "names a class that is not declared";
	return class->needs_agreement ? NULL : "names a class without `only_under: agreement`";
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
		[PROBE_WHOLE] = whole_fault,     [PROBE_CLASS] = class_fault,
		[PROBE_CONSENT] = consent_fault, [PROBE_AGREEMENT] = agreement_fault,
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

/* What only a paper shows; its id is "attested.NAME". */
static void
imply_attested(struct reader *reader, struct str name, struct str says)
{
	struct policy *policy = reader->policy;

	for (size_t i = 0; i < policy->promise_count; i++) {
		if (str_eq(policy->promises[i].attested, name))
			return;
	}
	policy->promises[policy->promise_count++] = (struct policy_promise){
		.id = str_printf(reader->arena, "attested.%.*s", STR_ARGS(name)),
		.says = says,
		.attested = name,
		.is_implied = true,
	};
}

#define SLUG_MOST 40 /* bytes of a name of the language */

/* "A Host & Co" is a_host_co: the register of attestations is by such names. */
static struct str
name_of(struct arena *arena, const char *head, struct str text)
{
	char *name = arena_alloc(arena, strlen(head) + text.len + 1, 1);
	size_t len = strlen(head);

	memcpy(name, head, len);
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		bool is_upper = c >= 'A' && c <= 'Z';
		if (is_upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
			name[len++] = (char)(is_upper ? c - 'A' + 'a' : c);
		else if (name[len - 1] != '_')
			name[len++] = '_';
	}
	if (len > SLUG_MOST)
		len = SLUG_MOST;
	while (len > 0 && name[len - 1] == '_')
		len--;
	return (struct str){ name, len };
}

static void
imply_class(struct reader *reader, const struct policy_class *class)
{
	static const char *const then[] = {
		[THEN_ERASE] = "erased",
		[THEN_DEIDENTIFY] = "stripped of all that tells who it is about",
		[THEN_ASK_CLIENT] = "erased when the client approves",
		[THEN_PRUNE] = "cut off the log",
	};

	if (str_eq(class->about, STR("application")))
		imply(reader, STR("telemetry.anonymous"),
		      str_printf(reader->arena, "%.*s: it tells nothing about anybody.",
		                 STR_ARGS(class->says)));
	if (class->needs_agreement)
		imply(reader,
		      str_printf(reader->arena, "agreement.%.*s", STR_ARGS(class->name)),
		      str_printf(reader->arena,
		                 "%.*s: stored only while a signed agreement is on file.",
		                 STR_ARGS(class->says)));
	if (!class->keep.plus.is_forever && !class->is_memory)
		imply(reader,
		      str_printf(reader->arena, "retention.%.*s", STR_ARGS(class->name)),
		      str_printf(reader->arena, "%.*s: past its time, it is %s.",
		                 STR_ARGS(class->says), then[class->keep.then]));
}

static void
imply_classes(struct reader *reader)
{
	const struct policy *policy = reader->policy;
	bool is_processor = false;

	for (size_t i = 0; i < policy->class_count; i++) {
		imply_class(reader, &policy->classes[i]);
		is_processor = is_processor || !policy->classes[i].is_controller;
	}
	if (is_processor)
		imply_attested(reader, STR("instructions"),
		               STR("What we hold for somebody else, we use on their written "
		                   "instructions."));
}

static bool
is_registered(enum policy_when when)
{
	return when == WHEN_CLIENT_APPROVAL || when == WHEN_LEGAL_ORDER ||
	       when == WHEN_EMERGENCY || when == WHEN_SUCCESSION;
}

static void
imply_recipients(struct reader *reader)
{
	const struct policy *policy = reader->policy;
	bool is_changed = false;
	bool is_noted = false;

	for (size_t i = 0; i < policy->recipient_count; i++) {
		const struct policy_recipient *recipient = &policy->recipients[i];
		is_changed = is_changed || recipient->form != AS_IS;
		is_noted = is_noted || is_registered(recipient->when);
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
	if (is_noted)
		imply(reader, STR("release.registered"),
		      STR("What leaves by order, approval, emergency or succession is in the "
		          "register, with who, why and when."));
}

/* A purpose whose consent no recipient needs: what is done with data here. */
static void
imply_consents(struct reader *reader)
{
	const struct policy *policy = reader->policy;

	for (size_t i = 0; i < policy->purpose_count; i++) {
		const struct policy_purpose *purpose = &policy->purposes[i];
		bool is_covered = purpose->basis != BASIS_CONSENT;
		for (size_t k = 0; k < policy->recipient_count; k++)
			is_covered = is_covered ||
			             (policy->recipients[k].when == WHEN_CONSENT &&
			              str_eq(policy->recipients[k].purpose, purpose->name));
		if (!is_covered)
			imply(
			    reader,
			    str_printf(reader->arena, "consent.%.*s", STR_ARGS(purpose->name)),
			    str_printf(reader->arena, "We use data %.*s only after you agreed.",
			               STR_ARGS(purpose->says)));
	}
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
	static const struct {
		const char *probe, *says;
	} always[] = {
		{ "seal.at_rest",
		  "Records are sealed; only the columns named here are readable in the file." },
		{ "audit.complete", "Every look and every change is written down." },
		{ "roles.enforced", "Each role sees what it is named for here." },
		{ "fields.declared", "Nothing that this policy does not name can be stored, "
		                     "used or sent." },
		{ "cookies.declared",
		  "Only the cookies named here are set, and no page loads from elsewhere." },
		{ "region.pinned", "Data and backups lie in the region named here." },
		{ "notice.lead_time", "People are told before a material change takes effect, "
		                      "and earlier versions stay readable." },
	};
	const struct policy *policy = reader->policy;

	imply(
	    reader, STR("tls.minimum"),
	    str_printf(reader->arena, "Connections use TLS 1.%d or newer.", policy->tls_minor));
	imply(reader, STR("login.limits"),
	      str_printf(reader->arena,
	                 "A sign-in ends after %d idle minutes, and after %d hours.",
	                 policy->idle_minutes, policy->session_hours));
	for (size_t i = 0; i < COUNT_OF(always); i++)
		imply(reader, str_from_c(always[i].probe), str_from_c(always[i].says));
	if (probe_factor_needed(policy))
		imply(reader, STR("factor.required"),
		      STR("A role that needs a second factor gets nothing without it."));
	if (policy->onboarding_count != 0)
		imply(reader, STR("onboarding.gate"),
		      STR("Nothing opens before the steps named here are complete."));
}

/* What others do for us, and where: contracts and certificates on file. */
static void
imply_outside(struct reader *reader)
{
	const struct policy *policy = reader->policy;
	struct arena *arena = reader->arena;

	for (size_t i = 0; i < policy->transfer_count; i++) {
		struct str to = policy->transfers[i].to;
		imply_attested(reader, name_of(arena, "transfer_", to),
		               str_printf(arena,
		                          "The ground on which data go to the region %.*s is "
		                          "on file.",
		                          STR_ARGS(to)));
	}
	for (size_t i = 0; i < policy->processor_count; i++) {
		const struct policy_processor *processor = &policy->processors[i];
		struct str who = processor->name;
		imply_attested(reader, name_of(arena, "processor_", who),
		               str_printf(arena,
		                          "%.*s works for us under a contract, in the region "
		                          "named here.",
		                          STR_ARGS(who)));
		for (size_t k = 0; k < processor->attested_count; k++)
			imply_attested(reader, processor->attested[k],
			               str_printf(arena, "%.*s has shown: %.*s.", STR_ARGS(who),
			                          STR_ARGS(processor->attested[k])));
	}
}

/* The most that can be implied: of each class, recipient and purpose, of each
 * processor and transfer, of each right, and what every policy promises. */
static size_t
count_room(const struct policy *policy)
{
	size_t room = policy->promise_count + 2 * policy->class_count +
	              policy->recipient_count + policy->purpose_count + policy->transfer_count +
	              words_right.count + 32;

	for (size_t i = 0; i < policy->processor_count; i++)
		room += 1 + policy->processors[i].attested_count;
	return room;
}

void
probe_imply(struct reader *reader)
{
	struct policy *policy = reader->policy;
	struct policy_promise *promises = arena_alloc(
	    reader->arena, count_room(policy) * sizeof(*promises), _Alignof(max_align_t));

	if (policy->promise_count != 0)
		memcpy(promises, policy->promises, policy->promise_count * sizeof(*promises));
	policy->promises = promises;
	imply_protection(reader);
	imply_classes(reader);
	imply_recipients(reader);
	imply_consents(reader);
	imply_rights(reader);
	imply_outside(reader);
}
