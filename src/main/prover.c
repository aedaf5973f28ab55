#include "main/prover.h"

#include <pthread.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/log.h"
#include "main/demo.h"
#include "prove/prove.h"

#define HOURS_MAX      (31 * 24)
#define LOOK_EVERY_MS  500
#define LOOKS_BETWEEN  120 /* a minute */
#define LOOKS_AT_FIRST 4   /* the listener is up by then */

struct prover {
	struct call like;
	pthread_t thread;
	_Atomic bool is_ending;
	int64_t every_us;
};

/* The latest run is too long ago, or there was none. */
static bool
is_due(const struct prover *prover, const struct tenant *tenant)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct proofs proofs;
	struct err err;

	arena_init(&arena, 8 * MIB);
	if (proof_load(prover->like.office, tenant, &arena, &proofs, &err) != RC_OK) {
		log_failure("prove.failed", &err);
		return false;
	}
	return proofs.count == 0 ||
	       proofs.items[0].checked_us < clock_now_us(prover->like.clock) - prover->every_us;
}

static void
tenant_prove(const struct prover *prover, const struct tenant *tenant)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	const struct call *like = &prover->like;
	struct proofs proofs = { NULL, 0 };
	struct prove_options options = {
		.site = like->site, .tenant = tenant, .url = like->url, .address = like->address
	};
	struct err err;

	arena_init(&arena, PROVE_ARENA_BYTES);
	options.data_dir = str_to_c(&arena, like->data_dir);
	options.ca_file = str_to_c(
	    &arena, str_printf(&arena, "%.*s/certificate.pem", STR_ARGS(like->data_dir)));
	if (prove_run(&options, &arena, &proofs, &err) != RC_OK)
		log_failure("prove.failed", &err);
}

static void *
prover_loop(void *arg)
{
	struct prover *prover = arg;
	struct err err;

	if (prover->like.site->is_demo && demo_places_make(&prover->like, &err) != RC_OK)
		log_failure("places.failed", &err);
	for (size_t looks = LOOKS_BETWEEN - LOOKS_AT_FIRST; !prover->is_ending; looks++) {
		(void)usleep(LOOK_EVERY_MS * 1000);
		if (looks < LOOKS_BETWEEN)
			continue;
		looks = 0;
		for (size_t i = 0; i < vault_tenant_count(prover->like.vault); i++) {
			const struct tenant *tenant = vault_tenant_at(prover->like.vault, i);
			if (!prover->is_ending && is_due(prover, tenant))
				tenant_prove(prover, tenant);
		}
	}
	return NULL;
}

enum rc
prover_open(struct prover **prover, const struct call *like, struct err *err)
{
	struct str hours = call_option(like, "--prove-every");
	uint32_t every = PROVE_EVERY_HOURS;
	struct prover *opened;

	if (hours.len != 0 && (str_to_u32(hours, &every, err) != RC_OK || every > HOURS_MAX))
		return FAIL(err, RC_INVALID, "--prove-every is 0 to %d hours", HOURS_MAX);
	if (every == 0)
		return RC_OK;
	opened = calloc(1, sizeof(*opened));
	if (opened == NULL)
		abort();
	opened->like = *like;
	opened->every_us = every * US_PER_HOUR;
	if (pthread_create(&opened->thread, NULL, prover_loop, opened) != 0) {
		free(opened);
		return FAIL(err, RC_IO, "cannot start the prover");
	}
	*prover = opened;
	return RC_OK;
}

void
prover_close(struct prover *prover)
{
	if (prover == NULL)
		return;
	prover->is_ending = true;
	(void)pthread_join(prover->thread, NULL);
	free(prover);
}
