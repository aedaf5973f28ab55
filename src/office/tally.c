/*
 * See tally.h.  A small table in memory under a lock of its own; the tick writes it
 * and starts anew.  Keys are pointers to our own words: nothing that was asked can
 * become one.
 */
#include "office/tally.h"

#include "office/inside.h"
#include "vault/retention.h"

#define TALLY_PLACES 4096 /* a power of two, twice TALLY_WORDS_MAX */

static_assert(TALLY_PLACES == 2 * TALLY_WORDS_MAX, "the table is at most half full");

struct tally_place {
	int64_t tenant; /* 0: free */
	struct tally tally;
	int64_t count;
};

struct tallies {
	pthread_mutex_t lock;
	struct tally_place places[TALLY_PLACES];
	size_t used;
};

struct tallies *
tallies_new(void)
{
	struct tallies *tallies = calloc(1, sizeof(*tallies));

	if (tallies == NULL)
		abort();
	(void)pthread_mutex_init(&tallies->lock, NULL);
	return tallies;
}

void
tallies_free(struct tallies *tallies)
{
	if (tallies == NULL)
		return;
	(void)pthread_mutex_destroy(&tallies->lock);
	free(tallies);
}

static bool
is_same(const struct tally_place *place, int64_t tenant, const struct tally *tally)
{
	return place->tenant == tenant && place->tally.what == tally->what &&
	       place->tally.method == tally->method && place->tally.kind == tally->kind &&
	       place->tally.bucket == tally->bucket;
}

static size_t
place_hash(int64_t tenant, const struct tally *tally)
{
	uint64_t hash = (uint64_t)tenant * 0x9e3779b97f4a7c15U;

	hash = (hash ^ (uintptr_t)tally->what) * 0x9e3779b97f4a7c15U;
	hash = (hash ^ (uintptr_t)tally->method) * 0x9e3779b97f4a7c15U;
	hash ^= (uint64_t)(unsigned)tally->bucket << 8 | (uint64_t)tally->kind;
	return (size_t)((hash * 0x9e3779b97f4a7c15U) >> 40);
}

void
tally_count(struct office *office, const struct tenant *tenant, const struct tally *tally)
{
	struct tallies *tallies = office->tallies;
	size_t at = place_hash(tenant->id, tally) & (TALLY_PLACES - 1);

	(void)pthread_mutex_lock(&tallies->lock);
	while (tallies->places[at].tenant != 0 &&
	       !is_same(&tallies->places[at], tenant->id, tally))
		at = (at + 1) & (TALLY_PLACES - 1);
	if (tallies->places[at].tenant == 0 && tallies->used < TALLY_WORDS_MAX) {
		tallies->places[at] = (struct tally_place){ tenant->id, *tally, 0 };
		tallies->used++;
	}
	if (tallies->places[at].tenant != 0)
		tallies->places[at].count++;
	(void)pthread_mutex_unlock(&tallies->lock);
}

/* --- writing ------------------------------------------------------------------------- */

static const char *const kind_words[] = {
	[TALLY_CALLS] = "calls", [TALLY_TIME] = "ms", [TALLY_ERROR] = "error"
};

struct flush {
	struct tally_place *places;
	size_t count;
	int64_t day;
};

static enum rc
flush_write(struct store_tx *tx, void *arg, struct err *err)
{
	const struct flush *flush = arg;
	char what[300];

	for (size_t i = 0; i < flush->count; i++) {
		const struct tally_place *place = &flush->places[i];
		struct tally_row row = { place->tenant, flush->day, STR_EMPTY,
			                 place->tally.bucket, place->count };
		(void)snprintf(what, sizeof(what), "%s %s%s%s", kind_words[place->tally.kind],
		               place->tally.method, place->tally.method[0] == '\0' ? "" : " ",
		               place->tally.what);
		row.what = str_from_c(what);
		TRY(store_tally_add(tx, &row, err));
	}
	return RC_OK;
}

enum rc
tally_flush(struct office *office, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct tallies *tallies = office->tallies;
	struct flush flush = { .day = office_now_us(office) / US_PER_DAY };

	arena_init(&arena, TALLY_WORDS_MAX * sizeof(*flush.places) + 4 * KIB);
	flush.places = arena_alloc(&arena, TALLY_WORDS_MAX * sizeof(*flush.places),
	                           _Alignof(struct tally_place));
	(void)pthread_mutex_lock(&tallies->lock);
	for (size_t i = 0; i < TALLY_PLACES && tallies->used != 0; i++) {
		if (tallies->places[i].tenant != 0)
			flush.places[flush.count++] = tallies->places[i];
	}
	memset(tallies->places, 0, sizeof(tallies->places));
	tallies->used = 0;
	(void)pthread_mutex_unlock(&tallies->lock);
	if (flush.count == 0)
		return RC_OK;
	return store_write(vault_store(office->vault), flush_write, &flush, err);
}

/* --- the end of their time -------------------------------------------------------------- */

struct tally_sweeping {
	int64_t tenant, before_day;
};

static enum rc
sweep_write(struct store_tx *tx, void *arg, struct err *err)
{
	const struct tally_sweeping *sweeping = arg;

	return store_tally_sweep(tx, sweeping->tenant, sweeping->before_day, err);
}

/* The first day whose counts may still be here: the period counts from a day's end. */
static MUST_CHECK enum rc
first_day(struct office *office, const struct tenant *tenant, const struct policy_keep *keep,
          int64_t *day, struct err *err)
{
	int64_t now_us = office_now_us(office);
	int64_t end_us = 0;

	TRY(vault_deadline(tenant, &keep->plus, now_us, &end_us, err));
	*day = end_us == INT64_MAX ? 0 : (now_us - (end_us - now_us)) / US_PER_DAY;
	return RC_OK;
}

enum rc
tally_tick(struct office *office, const struct tenant *tenant, int64_t deadline_us,
           struct err *err)
{
	const struct policy_class *class = policy_class_find(tenant->policy, STR("usage"));
	struct tally_sweeping sweeping = { .tenant = tenant->id };

	(void)deadline_us;
	TRY(tally_flush(office, err));
	if (class == NULL || class->keep.plus.is_forever)
		return RC_OK;
	TRY(first_day(office, tenant, &class->keep, &sweeping.before_day, err));
	return store_write(vault_store(office->vault), sweep_write, &sweeping, err);
}

/* --- reading --------------------------------------------------------------------------------
 */

#define TALLY_ARENA_BYTES (64 * MIB)

struct tally_reading {
	struct tally_query *query;
	int64_t tenant;
	struct arena *arena;
};

static enum rc
list_read(struct store_tx *tx, void *arg, struct err *err)
{
	struct tally_reading *reading = arg;

	const struct tally_span span = { reading->tenant, reading->query->from_day,
		                         reading->query->until_day };

	return store_tally_list(tx, &span, reading->arena, &reading->query->rows,
	                        &reading->query->count, err);
}

enum rc
tally_list(struct office *office, const struct tenant *tenant, struct tally_query *query,
           struct arena *arena, struct err *err)
{
	struct tally_reading reading = { query, tenant->id, arena };

	return store_read(vault_store(office->vault), list_read, &reading, err);
}

enum rc
tally_oldest(struct office *office, const struct tenant *tenant, int64_t *oldest_us,
             struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct tally_query query = { .from_day = 0, .until_day = INT32_MAX };

	arena_init(&arena, TALLY_ARENA_BYTES);
	TRY(tally_list(office, tenant, &query, &arena, err));
	*oldest_us = query.count == 0 ? INT64_MAX : query.rows[0].day * US_PER_DAY;
	return RC_OK;
}

/* Eight hexadecimal digits and a hyphen, or an at sign: an id or an address. */
static bool
looks_personal(struct str what)
{
	size_t digits = 0;

	for (size_t i = 0; i < what.len; i++) {
		char c = what.ptr[i];
		bool is_hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
		if (c == '@' || c == '?' || (c == '-' && digits >= 8))
			return true;
		digits = is_hex ? digits + 1 : 0;
	}
	return false;
}

enum rc
tally_holds_none(struct office *office, const struct tenant *tenant, struct str text,
                 size_t *rows, bool *is_clean, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct tally_query query = { .from_day = 0, .until_day = INT32_MAX };

	arena_init(&arena, TALLY_ARENA_BYTES);
	TRY(tally_list(office, tenant, &query, &arena, err));
	*rows = query.count;
	*is_clean = true;
	for (size_t i = 0; i < query.count; i++) {
		struct str what = query.rows[i].what;
		if (memmem(what.ptr, what.len, text.ptr, text.len) != NULL ||
		    looks_personal(what))
			*is_clean = false;
	}
	return RC_OK;
}
