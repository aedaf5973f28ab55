/*
 * `troth policy …` and `troth why`.
 */
#include <fcntl.h>
#include <unistd.h>

#include "base/json.h"
#include "base/limits.h"
#include "main/command.h"
#include "main/services.h"
#include "office/agreement.h"
#include "office/change.h"
#include "vault/version.h"

static void
policy_drop(struct policy **policy)
{
	policy_free(*policy);
}

static MUST_CHECK enum rc
file_read(struct call *call, struct str path, struct str *text, struct err *err)
{
	CLEANUP(buf_free) struct buf whole = { 0 };
	FILE *file = fopen(str_to_c(call->arena, path), "re");
	char piece[16 * KIB];
	size_t count;

	if (file == NULL)
		return FAIL(err, RC_NOT_FOUND, "cannot read the file %.*s", STR_ARGS(path));
	buf_init(&whole, POLICY_SOURCE_MAX + 1);
	while ((count = fread(piece, 1, sizeof(piece), file)) > 0)
		buf_add(&whole, (struct str){ piece, count });
	(void)fclose(file);
	TRY(buf_finish(&whole, text, err));
	*text = str_copy(call->arena, *text);
	return RC_OK;
}

static void
faults_write(const struct call *call, const struct policy_diagnostics *faults, struct str path)
{
	struct json_out out;

	json_out_init(&out, call->out);
	if (call->is_json)
		json_array_begin(&out);
	for (size_t i = 0; i < faults->count && i < POLICY_LIST_MAX; i++) {
		const struct policy_fault *fault = &faults->items[i];
		if (!call->is_json) {
			buf_addf(call->out, "%.*s:%d:%d: %.*s\n", STR_ARGS(path), fault->line,
			         fault->column, STR_ARGS(fault->text));
			continue;
		}
		json_object_begin(&out);
		json_int_at(&out, "line", fault->line);
		json_int_at(&out, "column", fault->column);
		json_text_at(&out, "text", fault->text);
		json_object_close(&out);
	}
	if (call->is_json)
		json_array_close(&out);
}

static MUST_CHECK enum rc
policy_load(struct call *call, size_t argument, struct policy **policy, struct err *err)
{
	struct policy_diagnostics faults = { .arena = call->arena };
	struct str yaml;
	enum rc rc;

	TRY(file_read(call, call->arguments[argument], &yaml, err));
	rc = policy_read(policy, yaml, &faults, err);
	if (rc != RC_OK)
		faults_write(call, &faults, call->arguments[argument]);
	return rc;
}

enum rc
policy_check_run(struct call *call, struct err *err)
{
	CLEANUP(policy_drop) struct policy *policy = NULL;

	TRY(policy_load(call, 0, &policy, err));
	TRY(services_check(policy, NULL, err));
	if (!services_have(policy->service) && !call->is_json)
		buf_addf(
		    call->out,
		    "The service \"%.*s\" is not part of this program: a tenant under this "
		    "policy has the pages that every tenant has.\n",
		    STR_ARGS(policy->service));
	if (call->is_json)
		buf_add(call->out, STR("[]\n"));
	else
		buf_add(call->out, STR("The policy is in order.\n"));
	return RC_OK;
}

enum rc
policy_show_run(struct call *call, struct err *err)
{
	CLEANUP(policy_drop) struct policy *policy = NULL;

	TRY(policy_load(call, 0, &policy, err));
	if (call->is_json)
		buf_addf(call->out, "%.*s\n", STR_ARGS(policy->json));
	else if (call_has(call, "--html"))
		policy_render_html(policy, call->out);
	else
		policy_render_text(policy, call->out);
	return RC_OK;
}

static void
changes_write(const struct call *call, const struct policy_changes *changes,
              struct json_out *out)
{
	if (call->is_json)
		json_array_begin(out);
	for (size_t i = 0; i < changes->count; i++) {
		const struct policy_change *change = &changes->items[i];
		if (!call->is_json) {
			buf_addf(call->out, "%s %.*s\n",
			         change->is_material ? "material:" : "         ",
			         STR_ARGS(change->text));
			continue;
		}
		json_object_begin(out);
		json_text_at(out, "text", change->text);
		json_bool_at(out, "material", change->is_material);
		json_object_close(out);
	}
	if (call->is_json)
		json_array_close(out);
	else if (changes->count == 0)
		buf_add(call->out, STR("Nothing changes.\n"));
}

enum rc
policy_diff_run(struct call *call, struct err *err)
{
	CLEANUP(policy_drop) struct policy *old = NULL;
	CLEANUP(policy_drop) struct policy *new = NULL;
	struct policy_changes changes;
	struct json_out out;

	TRY(policy_load(call, 0, &old, err));
	TRY(policy_load(call, 1, &new, err));
	policy_diff(old, new, call->arena, &changes);
	json_out_init(&out, call->out);
	changes_write(call, &changes, &out);
	return RC_OK;
}

/* --- versions of a tenant ------------------------------------------------------------------
 */

/* The text of the terms that a policy names: what people accept is shown whole. */
static MUST_CHECK enum rc
terms_check(struct call *call, const struct tenant *tenant, const struct policy *policy,
            struct err *err)
{
	struct str which =
	    str_printf(call->arena, "terms.%.*s", STR_ARGS(policy->terms_version));
	struct str stored;

	if (policy->terms_version.len == 0 || call_has(call, "--terms") ||
	    str_eq(policy->terms_version, tenant->policy->terms_version))
		return RC_OK;
	TRY(agreement_text(call->office, tenant, which, call->arena, &stored, err));
	if (stored.len != 0)
		return RC_OK;
	return FAIL(err, RC_INVALID, "terms: their version is new; give their text by --terms");
}

static MUST_CHECK enum rc
terms_put(struct call *call, const struct door *door, const struct policy *policy,
          struct err *err)
{
	struct str which =
	    str_printf(call->arena, "terms.%.*s", STR_ARGS(policy->terms_version));

	if (!call_has(call, "--terms"))
		return RC_OK;
	return agreement_text_put(door, call->office, which, call_option(call, "--terms"), err);
}

static void
loaded_write(const struct call *call, const struct tenant *tenant,
             const struct policy_load *load)
{
	struct json_out out;
	bool is_dry = load->is_dry_run;

	json_out_init(&out, call->out);
	if (!call->is_json) {
		changes_write(call, &load->changes, &out);
		buf_addf(call->out, "%s: version %.*s, in force from that day on in %.*s. %s\n",
		         is_dry ? "It can be loaded" : "Loaded",
		         STR_ARGS(load->version.version), STR_ARGS(tenant->zone),
		         is_dry ? "Nothing was loaded." : "People are being told.");
		return;
	}
	json_object_begin(&out);
	json_text_at(&out, "version", load->version.version);
	json_time_at(&out, "effective", load->version.effective_us);
	json_bool_at(&out, "material", load->is_material);
	json_bool_at(&out, "loaded", !is_dry);
	json_name(&out, "changes");
	changes_write(call, &load->changes, &out);
	json_object_close(&out);
}

enum rc
policy_load_run(struct call *call, struct err *err)
{
	CLEANUP(policy_drop) struct policy *policy = NULL;
	struct policy_diagnostics faults = { .arena = call->arena };
	struct policy_load load = { .yaml = call->arguments[0],
		                    .faults = &faults,
		                    .is_dry_run = call_has(call, "--dry-run") };
	const struct tenant *tenant;
	struct door door;
	struct json_out out;
	enum rc rc;

	TRY(call_tenant(call, &tenant, err));
	rc = policy_read(&policy, load.yaml, &faults, err);
	if (rc != RC_OK)
		faults_write(call, &faults, STR("FILE"));
	TRY(rc);
	TRY(services_check(policy, NULL, err));
	TRY(office_check(policy, err));
	TRY(terms_check(call, tenant, policy, err));
	door = call_door(call, tenant, "security");
	rc = vault_policy_load(&door, &load, call->arena, err);
	json_out_init(&out, call->out);
	if (rc != RC_OK && !call->is_json)
		changes_write(call, &load.changes, &out);
	TRY(rc);
	if (!load.is_dry_run)
		TRY(terms_put(call, &door, policy, err));
	loaded_write(call, tenant, &load);
	return RC_OK;
}

static MUST_CHECK enum rc
version_write(struct call *call, const struct tenant *tenant,
              const struct policy_version *version, struct json_out *out, struct err *err)
{
	struct change_progress progress;

	TRY(change_progress(call->office, tenant, version->version, &progress, err));
	if (!call->is_json) {
		buf_addf(call->out, "%.*s %-8s told %lld%s, accepted %lld\n",
		         STR_ARGS(version->version), version->is_in_force ? "in force" : "",
		         (long long)progress.told, progress.is_told ? " (all)" : "",
		         (long long)progress.accepted);
		return RC_OK;
	}
	json_object_begin(out);
	json_text_at(out, "version", version->version);
	json_time_at(out, "effective", version->effective_us);
	json_time_at(out, "loaded", version->loaded_us);
	json_bool_at(out, "in_force", version->is_in_force);
	json_int_at(out, "told", progress.told);
	json_bool_at(out, "is_told", progress.is_told);
	json_int_at(out, "accepted", progress.accepted);
	json_object_close(out);
	return RC_OK;
}

enum rc
policy_list_run(struct call *call, struct err *err)
{
	struct policy_versions versions;
	const struct tenant *tenant;
	struct json_out out;

	TRY(call_tenant(call, &tenant, err));
	TRY(vault_version_list(call->vault, tenant, call->arena, &versions, err));
	json_out_init(&out, call->out);
	if (call->is_json)
		json_array_begin(&out);
	for (size_t i = 0; i < versions.count; i++)
		TRY(version_write(call, tenant, &versions.items[i], &out, err));
	if (call->is_json)
		json_array_close(&out);
	return RC_OK;
}

/* --- why --------------------------------------------------------------------------------- */

static MUST_CHECK enum rc
verb_parse(struct str word, enum policy_verb *verb, struct err *err)
{
	static const char *const words[] = { [VERB_READ] = "read",
		                             [VERB_WRITE] = "write",
		                             [VERB_ERASE] = "erase",
		                             [VERB_RELEASE] = "release",
		                             [VERB_MANAGE] = "manage" };

	for (size_t i = VERB_READ; i < COUNT_OF(words); i++) {
		if (!str_eq(word, str_from_c(words[i])))
			continue;
		*verb = (enum policy_verb)i;
		return RC_OK;
	}
	return FAIL(err, RC_INVALID, "--verb is read, write, erase, release or manage");
}

static MUST_CHECK enum rc
ask_parse(const struct call *call, const struct actor *actor, struct ask *ask, struct err *err)
{
	struct str whose = call_option(call, "--whose");

	TRY(verb_parse(call_option(call, "--verb"), &ask->verb, err));
	if (ask->verb == VERB_MANAGE)
		ask->what = call_option(call, "--class");
	else
		ask->class = call_option(call, "--class");
	ask->purpose = call_option(call, "--purpose");
	if (ask->purpose.len == 0)
		ask->purpose = STR("none");
	ask->recipient = call_option(call, "--recipient");
	if (whose.len == 0 || str_eq(whose, STR("own")))
		ask->subject = actor->subject;
	else if (str_eq(whose, STR("other")))
		ask->subject = id_new(clock_now_us(call->clock));
	else if (!str_eq(whose, STR("all")))
		return FAIL(err, RC_INVALID, "--whose is own, other or all");
	return RC_OK;
}

/* "--where shared,restricted": what the subject chose and how it stands. */
static MUST_CHECK enum rc
where_parse(const struct call *call, struct ask *ask, struct subject_state *state,
            struct err *err)
{
	struct str rest = call_option(call, "--where");
	struct str word;

	while (rest.len != 0) {
		rest = str_cut(rest, ',', &word);
		if (str_eq(word, STR("shared")))
			state->shared = ~(policy_set)0;
		else if (str_eq(word, STR("consented")))
			state->consents = state->agreed = ~(policy_set)0;
		else if (str_eq(word, STR("objected")))
			state->objections = ~(policy_set)0;
		else if (str_eq(word, STR("represented")))
			state->is_represented = true;
		else if (str_eq(word, STR("restricted")))
			state->flags |= SUBJECT_RESTRICTED;
		else if (str_eq(word, STR("registered")))
			ask->is_registered = true;
		else
			return FAIL(err, RC_INVALID, "--where has a word that means nothing");
	}
	return RC_OK;
}

/* The form that the recipient gets is taken as given: the question is who may. */
static void
why_decide(const struct tenant *tenant, const struct actor *actor, struct ask *ask,
           struct subject_state *state, struct decision *decision)
{
	const struct policy *policy = tenant->policy;
	const struct policy_recipient *recipient =
	    policy_recipient_find(policy, ask->recipient);
	const struct policy_class *class = policy_class_find(policy, ask->class);

	if (recipient != NULL)
		ask->form = recipient->form;
	if (class != NULL)
		state->kind = class->about_number;
	decide(policy, actor, ask, id_is_zero(ask->subject) ? NULL : state, decision);
}

static void
decision_write(const struct call *call, const struct decision *decision)
{
	struct json_out out;

	json_out_init(&out, call->out);
	if (!call->is_json) {
		for (size_t i = 0; i < decision->step_count; i++)
			buf_addf(call->out, "%s %s\n",
			         decision->steps[i].is_yes ? "yes" : "no ",
			         decision->steps[i].question);
		buf_addf(call->out, "%s: %s\n", refusal_word(decision->refusal),
		         refusal_text(decision->refusal));
		return;
	}
	json_object_begin(&out);
	json_text_at(&out, "outcome", str_from_c(refusal_word(decision->refusal)));
	json_text_at(&out, "text", str_from_c(refusal_text(decision->refusal)));
	json_name(&out, "steps");
	json_array_begin(&out);
	for (size_t i = 0; i < decision->step_count; i++) {
		json_object_begin(&out);
		json_text_at(&out, "question", str_from_c(decision->steps[i].question));
		json_bool_at(&out, "yes", decision->steps[i].is_yes);
		json_object_close(&out);
	}
	json_array_close(&out);
	json_object_close(&out);
}

enum rc
why_run(struct call *call, struct err *err)
{
	const struct tenant *tenant;
	struct actor actor = { .kind = ACTOR_PERSON, .id = id_new(clock_now_us(call->clock)) };
	struct subject_state state = { 0 };
	struct decision decision;
	struct ask ask = { 0 };

	TRY(call_tenant(call, &tenant, err));
	actor.role = policy_role_find(tenant->policy, call_option(call, "--role"));
	if (actor.role == NULL)
		return FAIL(err, RC_NOT_FOUND, "the policy has no such role");
	actor.subject = actor.id;
	actor.assurance = call_has(call, "--factor") ? 2 : 1;
	actor.reason = call_option(call, "--reason");
	TRY(ask_parse(call, &actor, &ask, err));
	TRY(where_parse(call, &ask, &state, err));
	why_decide(tenant, &actor, &ask, &state, &decision);
	decision_write(call, &decision);
	call->exit_code = decision.refusal == REFUSAL_NONE ? 0 : 1;
	return RC_OK;
}
