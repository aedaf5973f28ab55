/*
 * `troth policy …` and `troth why`.
 */
#include <fcntl.h>
#include <unistd.h>

#include "base/json.h"
#include "base/limits.h"
#include "main/command.h"
#include "main/services.h"

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
	if (call->is_json)
		json_array_begin(&out);
	for (size_t i = 0; i < changes.count; i++) {
		const struct policy_change *change = &changes.items[i];
		if (!call->is_json) {
			buf_addf(call->out, "%s %.*s\n",
			         change->is_material ? "material:" : "         ",
			         STR_ARGS(change->text));
			continue;
		}
		json_object_begin(&out);
		json_text_at(&out, "text", change->text);
		json_bool_at(&out, "material", change->is_material);
		json_object_close(&out);
	}
	if (call->is_json)
		json_array_close(&out);
	else if (changes.count == 0)
		buf_add(call->out, STR("Nothing changes.\n"));
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
	decide(tenant->policy, &actor, &ask, NULL, &decision);
	decision_write(call, &decision);
	call->exit_code = decision.refusal == REFUSAL_NONE ? 0 : 1;
	return RC_OK;
}
