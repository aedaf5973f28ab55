/*
 * `troth prove`: every promise, on the running server.
 */
#include "prove/prove.h"

#include "base/limits.h"
#include "main/command.h"
#include "main/prover.h"

static void
proof_write(const struct call *call, struct json_out *out, const struct policy_promise *promise,
            const struct proof *proof)
{
	if (!call->is_json) {
		buf_addf(call->out, "%-9s %-24.*s %.*s\n", proof_word(proof->state),
		         STR_ARGS(proof->promise), STR_ARGS(proof->evidence));
		return;
	}
	json_object_begin(out);
	json_text_at(out, "promise", proof->promise);
	json_text_at(out, "says", promise->says);
	json_text_at(out, "probe", promise->probe);
	json_text_at(out, "attested", promise->attested);
	json_text_at(out, "state", str_from_c(proof_word(proof->state)));
	json_text_at(out, "evidence", proof->evidence);
	json_time_at(out, "checked", proof->checked_us);
	json_object_close(out);
}

static const struct policy_promise *
promise_of(const struct policy *policy, struct str id)
{
	for (size_t i = 0; i < policy->promise_count; i++) {
		if (str_eq(policy->promises[i].id, id))
			return &policy->promises[i];
	}
	return NULL;
}

static void
proofs_write(struct call *call, const struct policy *policy, const struct proofs *proofs)
{
	size_t counts[PROOF_ERROR + 1] = { 0 };
	struct json_out out;

	json_out_init(&out, call->out);
	if (call->is_json)
		json_array_begin(&out);
	for (size_t i = 0; i < proofs->count; i++) {
		const struct proof *proof = &proofs->items[i];
		counts[proof->state]++;
		proof_write(call, &out, promise_of(policy, proof->promise), proof);
	}
	if (call->is_json)
		json_array_close(&out);
	else
		buf_addf(call->out,
		         "%zu kept, %zu broken, %zu not built, %zu without a result\n",
		         counts[PROOF_KEPT], counts[PROOF_BROKEN], counts[PROOF_NOT_BUILT],
		         counts[PROOF_ERROR]);
	if (counts[PROOF_BROKEN] + counts[PROOF_ERROR] != 0)
		call->exit_code = 1;
}

enum rc
prove_command_run(struct call *call, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	const struct tenant *tenant;
	struct proofs proofs = { NULL, 0 };
	struct prove_options options = { .site = call->site,
		                         .url = call->url,
		                         .address = call->address };

	TRY(call_tenant(call, &tenant, err));
	if (call->site == NULL)
		return FAIL(err, RC_PRECONDITION,
		            "probes ask a running server: start `troth serve` first");
	arena_init(&arena, PROVE_ARENA_BYTES);
	options.tenant = tenant;
	options.data_dir = str_to_c(call->arena, call->data_dir);
	options.ca_file = str_to_c(call->arena, str_printf(call->arena, "%.*s/certificate.pem",
	                                                   STR_ARGS(call->data_dir)));
	if (call->argument_count != 0)
		options.only = call->arguments[0];
	TRY(prove_run(&options, &arena, &proofs, err));
	proofs_write(call, tenant->policy, &proofs);
	return RC_OK;
}

/* --- where the machine stands: no program can see it -------------------------------- */

enum rc
region_run(struct call *call, struct err *err)
{
	struct str region;

	if (call->argument_count != 0)
		TRY(vault_region_set(call->vault, call->arguments[0], err));
	TRY(vault_region(call->vault, call->arena, &region, err));
	if (call->is_json)
		buf_addf(call->out, "{\"region\":\"%.*s\"}\n", STR_ARGS(region));
	else
		buf_addf(call->out, "%.*s\n",
		         STR_ARGS(region.len == 0 ? STR("not said") : region));
	return RC_OK;
}
