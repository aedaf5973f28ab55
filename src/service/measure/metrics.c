/*
 * Figures over a period.  Start at metrics_compute(): cut the period out, rank
 * once, and let every figure use the ranks; all of it is linear in the number
 * of readings.
 */
#include "service/measure/metrics.h"

#include <assert.h>
#include <math.h>

static struct figure
known(double value)
{
	return (struct figure){ value, LACK_NOTHING };
}

static struct figure
unknown(enum lack lack)
{
	return (struct figure){ NAN, lack };
}

const char *
lack_text(enum lack lack)
{
	static const char *const texts[] = {
		[LACK_NOTHING] = "",
		[LACK_READINGS] = "not enough readings",
		[LACK_HOURS] = "less than a day of readings",
		[LACK_SWING] = "no swing larger than the usual variation",
		[LACK_DAYS] = "fewer than 14 days of readings",
		[LACK_ACTIVE] = "the sensor was active for less than 70% of the time",
	};

	return texts[lack];
}

/* --- shares --------------------------------------------------------------- */

void
shares_round(struct share *shares, size_t count)
{
	uint64_t total = 0;
	uint64_t rest[16];
	int left = 1000;

	assert(count <= COUNT_OF(rest));
	for (size_t i = 0; i < count; i++)
		total += shares[i].count;
	for (size_t i = 0; i < count; i++) {
		uint64_t thousandfold = 1000 * (uint64_t)shares[i].count;
		shares[i].tenths = total == 0 ? 0 : (int)(thousandfold / total);
		rest[i] = total == 0 ? 0 : thousandfold % total;
		left -= shares[i].tenths;
	}
	for (; total > 0 && left > 0; left--) {
		size_t largest = 0;
		for (size_t i = 1; i < count; i++)
			largest = rest[i] > rest[largest] ? i : largest;
		shares[largest].tenths++;
		rest[largest] = 0;
	}
}

static void
shares_finish(struct share *shares, size_t count, size_t total)
{
	for (size_t i = 0; i < count; i++)
		shares[i].percent =
		    total == 0 ? NAN : 100.0 * (double)shares[i].count / (double)total;
	shares_round(shares, count);
}

static enum range
range_of(double mg_dl)
{
	if (mg_dl < 54)
		return RANGE_VERY_LOW;
	if (mg_dl < 70)
		return RANGE_LOW;
	if (mg_dl <= 180)
		return RANGE_TARGET;
	return mg_dl <= 250 ? RANGE_HIGH : RANGE_VERY_HIGH;
}

static enum target
target_of(const struct metrics *metrics, double mg_dl)
{
	if (mg_dl < metrics->target_low)
		return TARGET_BELOW;
	return mg_dl > metrics->target_high ? TARGET_ABOVE : TARGET_IN;
}

static void
compute_ranges(struct metrics *metrics)
{
	const struct share *ranges = metrics->ranges;
	double gri;

	for (size_t i = 0; i < metrics->count; i++) {
		double mg_dl = metrics->trace.points[i].mg_dl;
		metrics->ranges[range_of(mg_dl)].count++;
		metrics->targets[target_of(metrics, mg_dl)].count++;
	}
	shares_finish(metrics->ranges, RANGE_COUNT, metrics->count);
	shares_finish(metrics->targets, TARGET_COUNT, metrics->count);
	if (metrics->count == 0)
		return;
	gri = 3.0 * ranges[RANGE_VERY_LOW].percent + 2.4 * ranges[RANGE_LOW].percent +
	      1.6 * ranges[RANGE_VERY_HIGH].percent + 0.8 * ranges[RANGE_HIGH].percent;
	metrics->gri = known(gri < 100 ? gri : 100);
}

/* --- moments and ranks ------------------------------------------------------ */

static void
compute_moments(struct metrics *metrics)
{
	double count = (double)metrics->count;
	double sum = 0;
	double squares = 0;
	double mean;

	if (metrics->count == 0)
		return;
	for (size_t i = 0; i < metrics->count; i++)
		sum += metrics->trace.points[i].mg_dl;
	mean = sum / count;
	metrics->mean = known(mean);
	metrics->gmi_percent = known(3.31 + 0.02392 * mean);
	if (metrics->count < 2)
		return;
	for (size_t i = 0; i < metrics->count; i++) {
		double off = metrics->trace.points[i].mg_dl - mean;
		squares += off * off;
	}
	metrics->sd = known(sqrt(squares / (count - 1)));
	if (mean > 0)
		metrics->cv_percent = known(100 * metrics->sd.value / mean);
}

static void
compute_ranks(struct metrics *metrics, const struct rank *ranks, struct arena *arena)
{
	static const double shares[CURVE_COUNT] = { 0.05, 0.25, 0.50, 0.75, 0.95 };
	double *sorted;

	if (metrics->count == 0)
		return;
	sorted = arena_alloc(arena, metrics->count * sizeof(*sorted), _Alignof(double));
	for (size_t i = 0; i < metrics->count; i++)
		sorted[i] = metrics->trace.points[ranks[i].index].mg_dl;
	metrics->min = known(sorted[0]);
	metrics->max = known(sorted[metrics->count - 1]);
	for (size_t i = 0; i < CURVE_COUNT; i++)
		metrics->percentile[i] = known(percentile(sorted, metrics->count, shares[i]));
}

/* --- wear ------------------------------------------------------------------ */

static void
compute_wear(struct metrics *metrics)
{
	const struct point *points = metrics->trace.points;
	int64_t interval_us = metrics->interval_us;
	int64_t last_us;
	double received = 1;
	double expected;

	metrics->days_worn = metrics->profile.day_count;
	metrics->doubt = metrics->count == 0 ? LACK_READINGS : LACK_DAYS;
	if (interval_us == 0)
		return;
	last_us = points[0].taken_us;
	for (size_t i = 1; i < metrics->count; i++) {
		if (points[i].taken_us - last_us < interval_us / 2)
			continue;
		last_us = points[i].taken_us;
		received++;
	}
	/* The end of a period asked for is outside it; the last reading is inside. */
	expected = floor((double)(metrics->until_us - metrics->from_us) / (double)interval_us);
	if (metrics->until_us == metrics->last_us)
		expected++;
	metrics->active_percent = known(received < expected ? 100 * received / expected : 100);
	if (metrics->days_worn < METRICS_DAYS_WANTED)
		return;
	metrics->doubt = metrics->active_percent.value < METRICS_ACTIVE_PERCENT_WANTED
	                     ? LACK_ACTIVE
	                     : LACK_NOTHING;
}

/* --- MAGE ------------------------------------------------------------------ */

struct swings {
	double sd;
	int going;  /* +1 up, −1 down, 0 not known yet */
	double low; /* since the last turning point */
	double high;
	double turn; /* the last turning point */
	bool has_turn;
	double sums[2]; /* of falls and of rises */
	size_t counts[2];
	int first; /* index of the first one's direction; −1: none yet */
};

static void
swings_start(struct swings *swings, double mg_dl)
{
	swings->going = 0;
	swings->has_turn = false;
	swings->low = mg_dl;
	swings->high = mg_dl;
}

/* `extreme` has been followed by a swing back of more than one SD. */
static void
swings_turn(struct swings *swings, double extreme, double mg_dl)
{
	int direction = extreme > swings->turn ? 1 : 0;

	if (swings->has_turn) {
		swings->sums[direction] += fabs(extreme - swings->turn);
		swings->counts[direction]++;
		if (swings->first < 0)
			swings->first = direction;
	}
	swings->turn = extreme;
	swings->has_turn = true;
	swings->low = mg_dl;
	swings->high = mg_dl;
}

static void
swings_take(struct swings *swings, double mg_dl)
{
	swings->low = mg_dl < swings->low ? mg_dl : swings->low;
	swings->high = mg_dl > swings->high ? mg_dl : swings->high;
	if (swings->going >= 0 && swings->high - mg_dl > swings->sd) {
		swings_turn(swings, swings->high, mg_dl);
		swings->going = -1;
	} else if (swings->going <= 0 && mg_dl - swings->low > swings->sd) {
		swings_turn(swings, swings->low, mg_dl);
		swings->going = 1;
	}
}

static void
compute_mage(struct metrics *metrics)
{
	const struct point *points = metrics->trace.points;
	struct swings swings = { .sd = metrics->sd.value, .first = -1 };

	if (metrics->sd.lack != LACK_NOTHING)
		return;
	metrics->mage = unknown(LACK_HOURS);
	if (metrics->last_us - metrics->first_us < US_PER_DAY)
		return;
	swings_start(&swings, points[0].mg_dl);
	for (size_t i = 1; i < metrics->count; i++) {
		int64_t gap_us = points[i].taken_us - points[i - 1].taken_us;
		if (gap_us > METRICS_MAGE_GAP_MINUTES * US_PER_MIN)
			swings_start(&swings, points[i].mg_dl);
		swings_take(&swings, points[i].mg_dl);
	}
	metrics->mage = unknown(LACK_SWING);
	if (swings.first >= 0)
		metrics->mage =
		    known(swings.sums[swings.first] / (double)swings.counts[swings.first]);
}

/* --- all of it --------------------------------------------------------------- */

static size_t
first_at_or_after(const struct point *points, size_t count, int64_t us)
{
	size_t low = 0;
	size_t high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (points[middle].taken_us < us)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void
metrics_start(const struct metrics_input *input, struct metrics *metrics)
{
	bool is_whole = input->from_us == 0 && input->until_us == 0;
	bool has_target = input->target_low != 0 || input->target_high != 0;
	size_t from = 0;
	size_t until = input->count;

	if (!is_whole) {
		from = first_at_or_after(input->points, input->count, input->from_us);
		until = first_at_or_after(input->points, input->count, input->until_us);
	}
	*metrics = (struct metrics){ 0 };
	metrics->count = until > from ? until - from : 0;
	metrics->trace = (struct trace){ input->points + (metrics->count > 0 ? from : 0),
		                         metrics->count, input->zone, 0 };
	metrics->target_low = has_target ? input->target_low : 70;
	metrics->target_high = has_target ? input->target_high : 180;
	if (metrics->count > 0) {
		metrics->first_us = metrics->trace.points[0].taken_us;
		metrics->last_us = metrics->trace.points[metrics->count - 1].taken_us;
	}
	metrics->from_us = is_whole ? metrics->first_us : input->from_us;
	metrics->until_us = is_whole ? metrics->last_us : input->until_us;
}

static void
nothing_known_yet(struct metrics *metrics)
{
	struct figure *const figures[] = { &metrics->mean,          &metrics->sd,
		                           &metrics->cv_percent,    &metrics->gmi_percent,
		                           &metrics->gri,           &metrics->mage,
		                           &metrics->min,           &metrics->max,
		                           &metrics->active_percent };

	for (size_t i = 0; i < COUNT_OF(figures); i++)
		*figures[i] = unknown(LACK_READINGS);
	for (size_t i = 0; i < CURVE_COUNT; i++)
		metrics->percentile[i] = unknown(LACK_READINGS);
}

void
metrics_compute(const struct metrics_input *input, struct metrics *metrics, struct arena *arena)
{
	const struct rank *ranks;

	metrics_start(input, metrics);
	nothing_known_yet(metrics);
	metrics->interval_us = trace_interval_us(&metrics->trace, arena);
	metrics->trace.interval_us = metrics->interval_us;
	ranks = trace_rank(&metrics->trace, arena);
	compute_moments(metrics);
	compute_ranks(metrics, ranks, arena);
	compute_ranges(metrics);
	compute_mage(metrics);
	profile_compute(&metrics->trace, ranks, &metrics->profile, arena);
	episodes_find(&metrics->trace, &metrics->episodes, arena);
	compute_wear(metrics);
}
