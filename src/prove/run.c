/*
 * The table of probes, and a run over a policy's promises.
 */
#include <stdarg.h>

#include "office/register.h"
#include "prove/inside.h"

#define PROVE_PURPOSE "security"
#define TURN_US       (15 * US_PER_MIN)

static const struct probe_row {
	const char *name; /* up to and with the dot, where something follows */
	probe_fn *run;
} probes[] = {
	{ "tls.minimum", tls_minimum },
	{ "tls.cipher", tls_cipher },
	{ "tls.outbound", tls_outbound },
	{ "seal.at_rest", seal_at_rest },
	{ "keys.apart", keys_apart },
	{ "audit.intact", audit_intact },
	{ "audit.complete", audit_complete },
	{ "login.no_password", login_no_password },
	{ "login.limits", login_limits },
	{ "factor.required", factor_required },
	{ "onboarding.gate", onboarding_shut },
	{ "roles.enforced", roles_enforced },
	{ "isolation.tenant", isolation_tenant },
	{ "isolation.subject", isolation_subject },
	{ "fields.declared", fields_declared },
	{ "retention.", retention_class },
	{ "rights.", rights_right },
	{ "erasure.final", erasure_final },
	{ "consent.", consent_recipient },
	{ "agreement.", agreement_class },
	{ "release.deidentified", release_deidentified },
	{ "release.registered", release_registered },
	{ "session.nothing_kept", session_nothing_kept },
	{ "session.isolated", session_isolated },
	{ "voice.not_kept", voice_not_kept },
	{ "training.never", training_never },
	{ "telemetry.anonymous", telemetry_anonymous },
	{ "notice.lead_time", notice_lead_time },
	{ "cookies.declared", cookies_declared },
	{ "cookies.optional", cookies_optional },
	{ "sms.stop", sms_stop },
	{ "sms.help", sms_help },
	{ "staff.trained", staff_trained },
	{ "backup.sealed", backup_sealed },
	{ "backup.apart", backup_apart },
	{ "region.pinned", region_pinned },
};

/* --- verdicts --------------------------------------------------------------------------- */

static void
verdict_set(struct prove *prove, struct verdict *verdict, enum proof_state state,
            const char *format, va_list args)
{
	char line[400];
	int length;

	if (verdict->state > PROOF_KEPT)
		return;
	length = vsnprintf(line, sizeof(line), format, args);
	if (length < 0)
		length = 0;
	if ((size_t)length >= sizeof(line))
		length = sizeof(line) - 1;
	verdict->state = state;
	verdict->evidence = str_copy(prove->arena, (struct str){ line, (size_t)length });
}

void
verdict_kept(struct prove *prove, struct verdict *verdict, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	verdict_set(prove, verdict, PROOF_KEPT, format, args);
	va_end(args);
}

void
verdict_broken(struct prove *prove, struct verdict *verdict, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	verdict_set(prove, verdict, PROOF_BROKEN, format, args);
	va_end(args);
}

void
verdict_not_built(struct prove *prove, struct verdict *verdict, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	verdict_set(prove, verdict, PROOF_NOT_BUILT, format, args);
	va_end(args);
}

/* --- one promise ---------------------------------------------------------------------------
 */

static const struct probe_row *
probe_find(struct str name, struct str *rest)
{
	for (size_t i = 0; i < COUNT_OF(probes); i++) {
		struct str head = str_from_c(probes[i].name);
		bool is_head = head.ptr[head.len - 1] == '.';
		if (is_head ? !str_starts_with(name, head) : !str_eq(name, head))
			continue;
		*rest = (struct str){ name.ptr + head.len, name.len - head.len };
		return &probes[i];
	}
	return NULL;
}

static MUST_CHECK enum rc
attested(struct prove *prove, struct str name, struct verdict *verdict, struct err *err)
{
	struct register_entry entry;
	char day[TIME_TEXT_MAX];
	enum rc rc =
	    register_attestation(prove->office, prove->tenant, name, prove->arena, &entry, err);

	if (rc == RC_NOT_FOUND) {
		verdict_broken(prove, verdict, "no attestation \"%.*s\" is on file",
		               STR_ARGS(name));
		return RC_OK;
	}
	TRY(rc);
	time_format(entry.until_us, 0, day);
	day[10] = '\0'; /* the date alone */
	if (entry.until_us != 0 && entry.until_us <= clock_now_us(vault_clock(prove->vault)))
		verdict_broken(prove, verdict, "the attestation \"%.*s\" lapsed on %s",
		               STR_ARGS(name), day);
	else
		verdict_kept(prove, verdict, "on file: %.*s, %s%s", STR_ARGS(entry.title),
		             entry.until_us == 0 ? "without an end" : "until ",
		             entry.until_us == 0 ? "" : day);
	return RC_OK;
}

static MUST_CHECK enum rc
promise_run(struct prove *prove, const struct policy_promise *promise, struct verdict *verdict,
            struct err *err)
{
	struct str rest = STR_EMPTY;
	const struct probe_row *row;

	if (promise->probe.len == 0 && promise->region.len != 0 &&
	    !str_eq(promise->region, prove->tenant->policy->region)) {
		verdict_not_built(prove, verdict, "it is of %.*s, where these data are not",
		                  STR_ARGS(promise->region));
		return RC_OK;
	}
	if (promise->probe.len == 0)
		return attested(prove, promise->attested, verdict, err);
	row = probe_find(promise->probe, &rest);
	if (row == NULL)
		return FAIL(err, RC_NOT_FOUND, "there is no such probe");
	return row->run(prove, rest, verdict, err);
}

static void
promise_prove(struct prove *prove, const struct policy_promise *promise, struct proof *proof)
{
	struct verdict verdict = { 0 };
	struct err err = { 0 };
	enum rc rc = promise_run(prove, promise, &verdict, &err);
	struct err ending;

	/* What cannot be erased here is tried again at the end of the run. */
	if (canaries_end(prove, &ending) != RC_OK && rc == RC_OK) {
		err = ending;
		rc = ending.rc;
	}

	*proof = (struct proof){ .promise = promise->id,
		                 .state = verdict.state,
		                 .evidence = verdict.evidence,
		                 .checked_us = clock_now_us(vault_clock(prove->vault)),
		                 .entry = -1 };
	if (rc == RC_OK && verdict.state != PROOF_NONE)
		return;
	proof->state = PROOF_ERROR;
	proof->evidence = rc == RC_OK ? STR("the probe says nothing")
	                              : str_copy(prove->arena, str_from_c(err.text));
}

/* --- a run
 * ------------------------------------------------------------------------------------ */

static bool
is_meant(const struct policy_promise *promise, struct str only)
{
	return only.len == 0 || str_eq(promise->id, only) || str_eq(promise->probe, only) ||
	       (promise->attested.len != 0 && str_eq(promise->attested, only));
}

/* The run itself is an entry, and every result points to it. */
static MUST_CHECK enum rc
run_note(struct prove *prove, struct proofs *proofs, struct err *err)
{
	struct vault_act act = { .act = STR("proved"), .outcome = STR("ok") };
	int64_t entry = -1;

	for (size_t i = 0; i < proofs->count; i++) {
		if (proofs->items[i].state == PROOF_BROKEN)
			act.outcome = STR("broken");
	}
	act.count = (int64_t)proofs->count;
	TRY(vault_note(&prove->door, &act, &entry, err));
	for (size_t i = 0; i < proofs->count; i++)
		proofs->items[i].entry = entry;
	return RC_OK;
}

static MUST_CHECK enum rc
promises_prove(struct prove *prove, struct proofs *proofs, struct err *err)
{
	const struct policy *policy = prove->tenant->policy;

	proofs->items =
	    arena_alloc(prove->arena, (policy->promise_count + 1) * sizeof(*proofs->items),
	                _Alignof(struct proof));
	proofs->count = 0;
	for (size_t i = 0; i < policy->promise_count; i++) {
		if (is_meant(&policy->promises[i], prove->options->only))
			promise_prove(prove, &policy->promises[i],
			              &proofs->items[proofs->count++]);
	}
	if (proofs->count == 0)
		return FAIL(err, RC_NOT_FOUND, "the policy has no such promise");
	return run_note(prove, proofs, err);
}

static const struct actor prove_actor = { .kind = ACTOR_SYSTEM };

/* One run of a tenant at a time, on all servers: canaries of two would meet. */
struct turn {
	struct str name;
	struct id holder;
	bool is_taken;
};

static enum rc
turn_write(struct store_tx *tx, void *arg, struct err *err)
{
	struct turn *turn = arg;
	int64_t until_us = turn->is_taken ? store_tx_now_us(tx) + TURN_US : 0;

	return store_lease_take(tx, turn->name, turn->holder, until_us, err);
}

static MUST_CHECK enum rc
turn_take(struct prove *prove, struct turn *turn, struct err *err)
{
	turn->name = str_printf(prove->arena, "prove/%.*s", STR_ARGS(prove->tenant->slug));
	turn->holder = id_new(clock_now_us(vault_clock(prove->vault)));
	turn->is_taken = true;
	if (store_write(vault_store(prove->vault), turn_write, turn, err) == RC_OK)
		return RC_OK;
	if (err->rc == RC_BUSY)
		return FAIL(err, RC_BUSY, "another run is under way");
	return err->rc;
}

static MUST_CHECK enum rc
turn_give(struct prove *prove, struct turn *turn, struct err *err)
{
	turn->is_taken = false;
	return store_write(vault_store(prove->vault), turn_write, turn, err);
}

/* What the canaries leave goes whatever became of the probes; the first error stands. */
static MUST_CHECK enum rc
run_in_turn(struct prove *prove, struct proofs *proofs, struct err *err)
{
	struct err ending;
	enum rc rc = canaries_left_end(prove, err);

	if (rc == RC_OK)
		rc = promises_prove(prove, proofs, err);
	if (canaries_end(prove, &ending) != RC_OK && rc == RC_OK) {
		*err = ending;
		rc = ending.rc;
	}
	return rc;
}

enum rc
prove_run(const struct prove_options *options, struct arena *arena, struct proofs *proofs,
          struct err *err)
{
	struct prove prove = { .options = options,
		               .tenant = options->tenant,
		               .vault = options->site->vault,
		               .people = options->site->people,
		               .office = options->site->office,
		               .arena = arena };
	struct turn turn = { 0 };
	struct err given;
	enum rc rc;

	prove.door =
	    (struct door){ prove.vault, prove.tenant, &prove_actor, STR(PROVE_PURPOSE) };
	TRY(client_open(&prove.client, options, err));
	rc = turn_take(&prove, &turn, err);
	if (rc == RC_OK) {
		rc = run_in_turn(&prove, proofs, err);
		DISCARD(turn_give(&prove, &turn, &given), "it ends by itself");
	}
	client_close(prove.client);
	if (rc == RC_OK && options->only.len == 0)
		rc = proof_store(options->site->office, options->tenant, proofs, err);
	return rc;
}
