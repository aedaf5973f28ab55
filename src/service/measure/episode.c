#include "service/measure/episode.h"

#define EPISODE_INTERVAL_MAX (EPISODE_INTERVAL_MAX_MINUTES * US_PER_MIN)

static const struct level {
	double mg_dl;
	bool is_low;
} levels[EPISODE_KINDS] = {
	[EPISODE_LOW] = { 70, true },
	[EPISODE_VERY_LOW] = { 54, true },
	[EPISODE_HIGH] = { 180, false },
	[EPISODE_VERY_HIGH] = { 250, false },
};

/* Consecutive readings on one side of the threshold. */
struct run {
	size_t first;
	size_t last;
	int64_t from_us;
	int64_t until_us;
	bool is_beyond;
	bool is_broken; /* no data follows within the longest gap */
};

struct search {
	const struct trace *trace;
	enum episode_kind kind;
	int64_t gap_us;   /* longer ones break a run */
	int64_t least_us; /* fifteen minutes, less the jitter */
	struct episodes *found;
	struct episode *open; /* the last of `found`, while it goes on */
};

static bool
is_beyond(const struct search *search, size_t at)
{
	const struct level *level = &levels[search->kind];
	double mg_dl = search->trace->points[at].mg_dl;

	return level->is_low ? mg_dl < level->mg_dl : mg_dl > level->mg_dl;
}

static struct run
run_from(const struct search *search, size_t first)
{
	const struct trace *trace = search->trace;
	struct run run = { .first = first, .last = first };
	int64_t stands_us = trace->interval_us * 3 / 2;
	int64_t gap_us = 0;

	run.from_us = trace->points[first].taken_us;
	run.is_beyond = is_beyond(search, first);
	run.is_broken = true;
	for (size_t next = first + 1; next < trace->count; next++) {
		gap_us = trace->points[next].taken_us - trace->points[run.last].taken_us;
		if (gap_us > search->gap_us)
			break;
		if (is_beyond(search, next) != run.is_beyond) {
			run.is_broken = false;
			break;
		}
		run.last = next;
	}
	run.until_us = trace->points[run.last].taken_us;
	if (run.is_broken)
		run.until_us += trace->interval_us;
	else
		run.until_us += gap_us < stands_us ? gap_us : stands_us;
	return run;
}

static void
episode_close(struct search *search, bool is_cut)
{
	struct episode *episode = search->open;
	int64_t length_us;

	if (episode == NULL)
		return;
	length_us = episode->until_us - episode->from_us;
	episode->is_cut = is_cut;
	episode->is_extended =
	    search->kind == EPISODE_LOW && length_us > EPISODE_EXTENDED_MINUTES * US_PER_MIN;
	search->found->total_us[search->kind] += length_us;
	search->open = NULL;
}

static void
episode_grow(struct search *search, const struct run *run)
{
	const struct point *points = search->trace->points;
	struct episode *episode = search->open;
	bool is_low = levels[search->kind].is_low;

	episode->until_us = run->until_us;
	episode->last = run->last;
	for (size_t i = run->first; i <= run->last; i++) {
		double extreme = points[episode->extreme].mg_dl;
		if (is_low ? points[i].mg_dl < extreme : points[i].mg_dl > extreme)
			episode->extreme = i;
	}
}

static void
take_run(struct search *search, const struct run *run)
{
	bool is_long = run->until_us - run->from_us >= search->least_us;

	if (run->is_beyond && is_long && search->open == NULL) {
		search->open = &search->found->items[search->found->count++];
		search->found->count_of[search->kind]++;
		*search->open = (struct episode){ .kind = search->kind,
			                          .from_us = run->from_us,
			                          .first = run->first,
			                          .extreme = run->first };
	}
	if (run->is_beyond && search->open != NULL)
		episode_grow(search, run);
	if (!run->is_beyond && is_long)
		episode_close(search, false);
	if (run->is_broken)
		episode_close(search, true);
}

/* Episodes of a kind do not overlap, and each takes `least_us`. */
static size_t
episodes_max(const struct search *search)
{
	const struct point *points = search->trace->points;
	int64_t span_us = points[search->trace->count - 1].taken_us - points[0].taken_us;
	size_t fit = (size_t)(span_us / search->least_us) + 2;

	return EPISODE_KINDS * (fit < search->trace->count ? fit : search->trace->count);
}

void
episodes_find(const struct trace *trace, struct episodes *episodes, struct arena *arena)
{
	struct search search = { .trace = trace, .found = episodes };
	int64_t gap_us = EPISODE_GAP_MINUTES * US_PER_MIN;

	*episodes = (struct episodes){ 0 };
	if (trace->interval_us == 0 || trace->interval_us > EPISODE_INTERVAL_MAX)
		return;
	episodes->has = true;
	search.gap_us = 3 * trace->interval_us > gap_us ? 3 * trace->interval_us : gap_us;
	search.least_us = EPISODE_MINUTES * US_PER_MIN - trace->interval_us / 10;
	episodes->items = arena_alloc(arena, episodes_max(&search) * sizeof(struct episode),
	                              _Alignof(struct episode));
	for (int kind = 0; kind < EPISODE_KINDS; kind++) {
		search.kind = (enum episode_kind)kind;
		for (size_t at = 0; at < trace->count;) {
			struct run run = run_from(&search, at);
			take_run(&search, &run);
			at = run.last + 1;
		}
		episode_close(&search, true);
	}
}
