/*
 * Made-up readings of a made-up member, for demonstrations and benchmarks.
 *
 * Plausible, and never anyone's: glucose every five minutes with meals, dawn
 * rise, night lows, correlated noise (a first-order autoregression), sensor
 * changes, gaps and missing days; ketones three times a day; cholesterol on
 * Mondays.  Each number is a function of the seed and of its own time, so a
 * stretch comes out the same whether it is asked for alone or within a longer
 * one.  Not for anything that is judged: the shapes are invented.
 */
#ifndef SERVICE_MEASURE_DEMO_H
#define SERVICE_MEASURE_DEMO_H

#include "base/arena.h"
#include "base/zone.h"
#include "service/measure/reading.h"

enum demo_kind {
	DEMO_STEADY,     /* little happens */
	DEMO_DAWN,       /* high in the early morning */
	DEMO_MEALS,      /* high after meals */
	DEMO_NIGHT_LOWS, /* low on many nights */
	DEMO_VARIABLE,   /* all of it, and days that differ */
	DEMO_KINDS
};

struct demo_profile {
	uint64_t seed;
	enum demo_kind kind;
	const struct zone *zone; /* where the member lives; NULL: UTC */
	struct id device;
	uint32_t calibration; /* its version; 0: none, and no raw values */
	double gain;          /* value = gain × raw + offset; not 0 */
	double offset_mg_dl;
};

/* All readings with from_us <= taken < to_us, by time, all analytes together.
 * number, change and updated_us are 0; received_us is when the device had its
 * quarter-hourly connection.  A device's sequence numbers rise with gaps. */
void demo_readings(const struct demo_profile *profile, int64_t from_us, int64_t to_us,
                   struct arena *arena, struct readings *readings);

#endif
