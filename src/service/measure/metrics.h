/*
 * What glucose readings mean: the one module that computes it, for pages, API,
 * alerts, reports and research alike.
 *
 * Over all points of the period, unrounded, in mg/dL.  Sources:
 *   ranges, targets, 14 days and 70 %: Battelino et al. 2019, Diabetes Care
 *     42:1593, doi:10.2337/dci19-0028 (70 and 180 belong to the target range);
 *   GMI % = 3.31 + 0.02392 × mean: Bergenstal et al. 2018, Diabetes Care
 *     41:2275, doi:10.2337/dc18-1581;
 *   GRI = min(100, 3.0·VLow + 2.4·Low + 1.6·VHigh + 0.8·High): Klonoff et al.
 *     2023, J Diabetes Sci Technol 17:1226, doi:10.1177/19322968221085273;
 *   MAGE: Service et al. 1970, Diabetes 19:644, doi:10.2337/diab.19.9.644.
 *
 * MAGE, as computed here: a turning point is an extreme that is followed by a
 * swing back of more than one SD (of the whole period); the excursions are the
 * differences between successive turning points; the mean is taken over those
 * in the direction of the first one.  A gap of more than three hours starts
 * afresh, so no excursion is measured across missing data.
 *
 * A figure that the readings cannot give is NAN and says what is lacking.
 */
#ifndef SERVICE_MEASURE_METRICS_H
#define SERVICE_MEASURE_METRICS_H

#include "service/measure/episode.h"
#include "service/measure/profile.h"

#define METRICS_DAYS_WANTED           14
#define METRICS_ACTIVE_PERCENT_WANTED 70
#define METRICS_MAGE_GAP_MINUTES      180

enum lack {
	LACK_NOTHING,
	LACK_READINGS, /* none, or one where two are needed */
	LACK_HOURS,    /* less than a day from first to last */
	LACK_SWING,    /* nothing moves by more than one SD */
	LACK_DAYS,     /* fewer than METRICS_DAYS_WANTED days worn */
	LACK_ACTIVE,   /* worn for less than METRICS_ACTIVE_PERCENT_WANTED */
};

struct figure {
	double value; /* NAN unless lack is LACK_NOTHING */
	enum lack lack;
};

enum range {
	RANGE_VERY_LOW,
	RANGE_LOW,
	RANGE_TARGET,
	RANGE_HIGH,
	RANGE_VERY_HIGH,
	RANGE_COUNT
};

enum target { TARGET_BELOW, TARGET_IN, TARGET_ABOVE, TARGET_COUNT };

/* A share of the readings. */
struct share {
	size_t count;
	double percent; /* unrounded; NAN without readings */
	int tenths;     /* of a percent; a set's sum is 1000 (largest remainder) */
};

struct metrics_input {
	const struct point *points;
	size_t count;
	const struct zone *zone; /* the member's; NULL: UTC */
	/* The period asked for, from_us <= t < until_us; both 0: all points. */
	int64_t from_us;
	int64_t until_us;
	/* The member's own target range, both ends inside; both 0: 70 to 180. */
	double target_low;
	double target_high;
};

struct metrics {
	struct trace trace; /* the points of the period; borrowed from the input */
	size_t count;
	int64_t first_us; /* of the first and the last reading; 0 without one */
	int64_t last_us;
	int64_t from_us; /* the period: as asked, or first to last reading */
	int64_t until_us;
	int64_t interval_us; /* at which readings are expected; 0: unknown */

	struct figure mean;
	struct figure sd; /* with n − 1 */
	struct figure cv_percent;
	struct figure gmi_percent;
	struct figure gri;
	struct figure mage;
	struct figure min;
	struct figure max;
	struct figure percentile[CURVE_COUNT]; /* 5, 25, 50, 75, 95 of all readings */

	struct share ranges[RANGE_COUNT];
	double target_low;
	double target_high;
	struct share targets[TARGET_COUNT]; /* by the member's own range */

	size_t days_worn; /* local days with at least one reading */
	/* Readings received of those expected in the period, one an interval; two
	 * closer than half an interval are one.  At most 100. */
	struct figure active_percent;
	enum lack doubt; /* LACK_NOTHING: enough to speak for a person's usual days */

	struct profile profile;
	struct episodes episodes;
};

/* `metrics` borrows the input's points; its arrays are in the arena. */
void metrics_compute(const struct metrics_input *input, struct metrics *metrics,
                     struct arena *arena);

/* Shares of a whole in tenths of a percent that sum to 1000 (all 0 when nothing
 * was counted): largest remainder, of equal ones the first.  At most 16. */
void shares_round(struct share *shares, size_t count);

/* What is lacking, in English for gettext; "" for LACK_NOTHING. */
const char *lack_text(enum lack lack);

#endif
