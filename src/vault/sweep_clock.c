/*
 * Is the clock to be believed?  What a wrong clock erases does not come back.
 *
 * The setting "retention.clock" holds the wall time of the last sweep or tick
 * ("1772359200000000"), with "jumped " before it once a jump was seen: from then
 * on no sweep runs until an operator says that the clock is right.  Seen as a jump
 * are: more than an hour backwards; more than a week forwards while no process
 * ran; and within one, an hour between the wall's clock and the running one.
 */
#include "vault/past.h"

#define BACKWARDS_US US_PER_HOUR
#define AWAY_US      (7 * US_PER_DAY)
#define APART_US     US_PER_HOUR
#define CLOCK_NAME   STR("retention.clock")
#define JUMPED       STR("jumped ")
#define TEXT_BYTES   64

struct clock_state {
	struct arena *arena;
	struct str text;
	int64_t last_us; /* 0: none */
	bool has_jumped;
};

static MUST_CHECK enum rc
clock_find(struct store_tx *tx, void *arg, struct err *err)
{
	struct clock_state *state = arg;
	enum rc rc = store_setting_find(tx, 0, CLOCK_NAME, state->arena, &state->text, err);

	return rc == RC_NOT_FOUND ? RC_OK : rc;
}

static MUST_CHECK enum rc
clock_put(struct store_tx *tx, void *arg, struct err *err)
{
	char text[TEXT_BYTES];
	struct clock_state *state = arg;

	(void)snprintf(text, sizeof(text), "%s%lld", state->has_jumped ? "jumped " : "",
	               (long long)state->last_us);
	return store_setting_put(tx, 0, CLOCK_NAME, str_from_c(text), err);
}

static MUST_CHECK enum rc
clock_read(struct vault *vault, struct clock_state *state, struct err *err)
{
	TRY(store_read(vault->store, clock_find, state, err));
	state->has_jumped = str_starts_with(state->text, JUMPED);
	if (state->has_jumped) {
		state->text.ptr += JUMPED.len;
		state->text.len -= JUMPED.len;
	}
	if (state->text.len == 0)
		return RC_OK;
	if (str_to_i64(state->text, &state->last_us, err) != RC_OK)
		return FAIL(err, RC_CORRUPT, "the setting retention.clock is not a time");
	return RC_OK;
}

static void
clocks_compare(struct vault *vault, int64_t now_us)
{
	atomic_store(&vault->wall_us, now_us);
	atomic_store(&vault->running_us, clock_monotonic_us());
}

static bool
has_jumped(struct vault *vault, const struct clock_state *state, int64_t now_us)
{
	int64_t running_us = atomic_load(&vault->running_us);
	int64_t apart_us;

	if (state->last_us != 0 && now_us < state->last_us - BACKWARDS_US)
		return true;
	if (running_us == 0) /* the first look of this process */
		return state->last_us != 0 && now_us > state->last_us + AWAY_US;
	apart_us =
	    (now_us - atomic_load(&vault->wall_us)) - (clock_monotonic_us() - running_us);
	return apart_us > APART_US || apart_us < -APART_US;
}

enum rc
clock_check(struct vault *vault, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct clock_state state = { .arena = &arena };
	int64_t now_us = clock_now_us(vault->clock);
	bool was_jumped;

	arena_init(&arena, 4 * KIB);
	TRY(clock_read(vault, &state, err));
	was_jumped = state.has_jumped;
	state.has_jumped = was_jumped || has_jumped(vault, &state, now_us);
	if (!state.has_jumped)
		state.last_us = now_us;
	clocks_compare(vault, now_us);
	if (!was_jumped)
		TRY(store_write(vault->store, clock_put, &state, err));
	if (state.has_jumped)
		return FAIL(err, RC_PRECONDITION,
		            "the clock has jumped: nothing is swept until `troth retention "
		            "clock --accept` says that it is right");
	return RC_OK;
}

enum rc
vault_clock_accept(struct vault *vault, struct err *err)
{
	struct clock_state state = { .last_us = clock_now_us(vault->clock) };

	clocks_compare(vault, state.last_us);
	return store_write(vault->store, clock_put, &state, err);
}

#define PURGE_A_TICK_US (200 * US_PER_MS)
#define CHECK_EVERY_US  US_PER_HOUR

enum rc
retention_tick(struct vault *vault, struct err *err)
{
	int64_t running_us = atomic_load(&vault->running_us);
	int64_t now_us = clock_monotonic_us();

	if (running_us == 0 || now_us - running_us > CHECK_EVERY_US) {
		enum rc rc = clock_check(vault, err);
		/* The sweep tells; a tick goes on. */
		if (rc != RC_OK && rc != RC_PRECONDITION)
			return rc;
	}
	if (!atomic_load(&vault->has_purges))
		return RC_OK;
	return vault_purge_some(vault, now_us + PURGE_A_TICK_US, err);
}
