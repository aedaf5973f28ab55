#include "service/measure/demo.h"

#include <assert.h>
#include <math.h>

#include "service/measure/analyte.h"

#define SLOT_US       (5 * US_PER_MIN)
#define MEALS         4 /* three, and a snack */
#define NOISE_MEMORY  32
#define SEQUENCE_STEP 4 /* sequence numbers of one slot: one for each analyte */
#define EPOCH_US      INT64_C(1577836800000000) /* 2020-01-01: sequence 0 */
#define SENSOR_DAYS   10
#define WARM_UP_US    (2 * US_PER_HOUR)

/* What makes one kind of member differ from another; mg/dL and shares. */
static const struct shape {
	double base;
	double day_shift; /* how far whole days differ */
	double dawn;
	double meal;
	double night_low;
	double night_share; /* of nights with a low */
	double noise;
	double missing_share; /* of days without the sensor */
} shapes[DEMO_KINDS] = {
	[DEMO_STEADY] = { 98, 4, 4, 28, 0, 0, 4, 0.04 },
	[DEMO_DAWN] = { 112, 8, 95, 48, 0, 0, 7, 0.05 },
	[DEMO_MEALS] = { 110, 10, 10, 135, 0, 0, 7, 0.05 },
	[DEMO_NIGHT_LOWS] = { 116, 10, 6, 75, 66, 0.55, 8, 0.05 },
	[DEMO_VARIABLE] = { 128, 34, 28, 138, 96, 0.4, 14, 0.08 },
};

/* What the number is for, so that no two draws share a number. */
enum draw {
	DRAW_NOISE,
	DRAW_SHIFT,
	DRAW_DAWN,
	DRAW_MISSING,
	DRAW_GAP,
	DRAW_GAP_START,
	DRAW_GAP_LENGTH,
	DRAW_NIGHT,
	DRAW_NIGHT_TIME,
	DRAW_NIGHT_DEPTH,
	DRAW_PHASE,
	DRAW_KETONE,
	DRAW_CHOLESTEROL,
	DRAW_RECEIVED,
	DRAW_MEAL_TIME,                          /* and one for each meal */
	DRAW_MEAL_SIZE = DRAW_MEAL_TIME + MEALS, /* the same */
};

struct meal {
	int64_t at_us;
	double rise;
	double minutes_to_peak;
};

struct day {
	int64_t index; /* local days since 1970 */
	int64_t start_us;
	int64_t end_us;
	int weekday;
	bool is_missing;
	int64_t gap_from_us;
	int64_t gap_until_us;
	double shift;
	double dawn;
	int64_t low_us; /* middle of the night's low; 0: none */
	double low_depth;
	struct meal meals[MEALS];
};

struct member {
	const struct demo_profile *profile;
	const struct shape *shape;
	struct day days[2]; /* today, and yesterday whose dinner still counts */
};

/* --- chance ---------------------------------------------------------------- */

/* The finalizer of SplitMix64: Steele, Lea, Flood 2014, doi:10.1145/2660193.2660195. */
static uint64_t
mix(uint64_t x)
{
	x += UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

static uint64_t
draw(const struct demo_profile *profile, unsigned what, int64_t when)
{
	return mix(mix(profile->seed + what) ^ (uint64_t)when);
}

/* 0 to 1. */
static double
uniform(const struct demo_profile *profile, unsigned what, int64_t when)
{
	return (double)(draw(profile, what, when) >> 11) * 0x1p-53;
}

/* Nearly normal, mean 0 and SD 1: the sum of three uniforms, scaled. */
static double
normal(const struct demo_profile *profile, unsigned what, int64_t when)
{
	uint64_t bits = draw(profile, what, when);
	uint64_t sum = (bits & 0x1fffff) + (bits >> 21 & 0x1fffff) + (bits >> 42 & 0x1fffff);

	return ((double)sum * 0x1p-21 - 1.5) * 2;
}

/* AR(1) with coefficient 0.9, cut after NOISE_MEMORY steps, SD 1. */
static double
noise(const struct demo_profile *profile, int64_t slot)
{
	const double coefficient = 0.9;
	double weight = sqrt(1 - coefficient * coefficient);
	double sum = 0;

	for (int64_t back = 0; back < NOISE_MEMORY; back++) {
		sum += weight * normal(profile, DRAW_NOISE, slot - back);
		weight *= coefficient;
	}
	return sum;
}

/* --- days ------------------------------------------------------------------ */

static void
plan_meals(const struct member *member, struct day *day)
{
	static const double hours[MEALS] = { 7.5, 12.6, 16.2, 19.3 };
	static const double sizes[MEALS] = { 0.85, 1.0, 0.3, 1.1 };
	const struct demo_profile *profile = member->profile;
	bool is_weekend = day->weekday >= 5;

	for (unsigned i = 0; i < MEALS; i++) {
		double hour = hours[i] +
		              0.45 * normal(profile, DRAW_MEAL_TIME + i, day->index) +
		              (is_weekend && i == 0 ? 1.3 : 0);
		double size =
		    sizes[i] * (1 + 0.3 * normal(profile, DRAW_MEAL_SIZE + i, day->index));

		day->meals[i] = (struct meal){
			.at_us = day->start_us + (int64_t)(hour * (double)US_PER_HOUR),
			.rise = member->shape->meal * (size > 0 ? size : 0),
			.minutes_to_peak = 45 + 5 * i,
		};
	}
}

static void
plan_day(const struct member *member, int64_t us, struct day *day)
{
	const struct demo_profile *profile = member->profile;
	int offset_s = zone_offset_s(profile->zone, us);
	int64_t hours;

	*day = (struct day){ .start_us = zone_day_start_us(profile->zone, us),
		             .end_us = zone_day_end_us(profile->zone, us),
		             .weekday = civil_weekday(us, offset_s) };
	day->index = (day->start_us + 12 * US_PER_HOUR + offset_s * US_PER_S) / US_PER_DAY;
	day->shift = member->shape->day_shift * normal(profile, DRAW_SHIFT, day->index);
	day->dawn = member->shape->dawn * (1 + 0.3 * normal(profile, DRAW_DAWN, day->index));
	day->is_missing =
	    uniform(profile, DRAW_MISSING, day->index) < member->shape->missing_share;
	if (uniform(profile, DRAW_GAP, day->index) < 0.35) {
		hours = (int64_t)(22 * uniform(profile, DRAW_GAP_START, day->index));
		day->gap_from_us = day->start_us + hours * US_PER_HOUR;
		day->gap_until_us =
		    day->gap_from_us + 30 * US_PER_MIN +
		    (int64_t)(150 * uniform(profile, DRAW_GAP_LENGTH, day->index)) * US_PER_MIN;
	}
	if (day->index % SENSOR_DAYS == (int64_t)(profile->seed % SENSOR_DAYS)) {
		day->gap_from_us = day->start_us + 9 * US_PER_HOUR;
		day->gap_until_us = day->gap_from_us + WARM_UP_US;
	}
	if (uniform(profile, DRAW_NIGHT, day->index) < member->shape->night_share) {
		hours = 1 + (int64_t)(4 * uniform(profile, DRAW_NIGHT_TIME, day->index));
		day->low_us = day->start_us + hours * US_PER_HOUR;
		day->low_depth = member->shape->night_low *
		                 (0.8 + 0.5 * uniform(profile, DRAW_NIGHT_DEPTH, day->index));
	}
	plan_meals(member, day);
}

static void
follow_days(struct member *member, int64_t us)
{
	if (us < member->days[0].end_us && us >= member->days[0].start_us)
		return;
	plan_day(member, us, &member->days[0]);
	plan_day(member, member->days[0].start_us - 1, &member->days[1]);
}

/* --- glucose ---------------------------------------------------------------- */

/* Rises, peaks after `minutes_to_peak`, and fades. */
static double
meal_effect(const struct meal *meal, int64_t us)
{
	double x = (double)(us - meal->at_us) / (double)US_PER_MIN / meal->minutes_to_peak;

	return x <= 0 ? 0 : meal->rise * x * x * exp(2 * (1 - x));
}

/* A bell of `half_hours` to either side. */
static double
bell(int64_t us, int64_t middle_us, double half_hours)
{
	double x = (double)(us - middle_us) / (double)US_PER_HOUR / half_hours;

	return exp(-x * x * 2);
}

static double
glucose_at(const struct member *member, int64_t slot, int64_t us)
{
	const struct day *today = &member->days[0];
	double midday = bell(us, today->start_us + 14 * US_PER_HOUR, 9);
	double value = member->shape->base + today->shift * midday;

	for (size_t d = 0; d < 2; d++) {
		for (size_t m = 0; m < MEALS; m++)
			value += meal_effect(&member->days[d].meals[m], us);
	}
	value += today->dawn * bell(us, today->start_us + 13 * US_PER_HOUR / 2, 3.2);
	if (today->low_us != 0)
		value -= today->low_depth * bell(us, today->low_us, 1.6);
	value += member->shape->noise * noise(member->profile, slot);
	/* Bodies resist what is far too low or too high. */
	if (value < 65)
		value = 65 - (65 - value) * 0.35;
	if (value > 280)
		value = 280 + (value - 280) * 0.75;
	return fmin(fmax(value, 41), 395);
}

/* --- readings --------------------------------------------------------------- */

struct output {
	struct member member;
	struct readings *readings;
	size_t room;
};

static struct reading *
add(struct output *output, int analyte, int64_t slot, int64_t us)
{
	const struct demo_profile *profile = output->member.profile;
	int64_t quarter_us = (us / (15 * US_PER_MIN) + 1) * 15 * US_PER_MIN;
	struct reading *reading = &output->readings->items[output->readings->count++];

	assert(output->readings->count <= output->room);
	*reading = (struct reading){
		.version = 1,
		.status = READING_FINAL,
		.method = READING_OPTICAL,
		.analyte = analyte,
		.unit = (int)analyte_at(analyte)->usual_unit,
		.taken_us = us,
		.offset_s = zone_offset_s(profile->zone, us),
		.drift_ms = (int32_t)(slot / 96 % 64) * 25 - 800,
		.device = profile->device,
		.has_sequence = true,
		.sequence = (uint64_t)(slot - EPOCH_US / SLOT_US) * SEQUENCE_STEP +
		            (uint64_t)analyte % SEQUENCE_STEP,
	};
	reading->received_us =
	    quarter_us + (int64_t)(draw(profile, DRAW_RECEIVED, quarter_us) % (20 * US_PER_S));
	return reading;
}

static void
add_glucose(struct output *output, int64_t slot, int64_t us)
{
	const struct demo_profile *profile = output->member.profile;
	struct reading *reading = add(output, ANALYTE_GLUCOSE, slot, us);
	double value = glucose_at(&output->member, slot, us);

	reading->value = (struct decimal){ llround(value), 0 };
	if (profile->calibration == 0)
		return;
	reading->has_raw = true;
	reading->raw =
	    (struct decimal){ llround((value - profile->offset_mg_dl) / profile->gain * 10),
		              1 };
	reading->calibration = profile->calibration;
}

/* In tenths of mmol/L: higher before breakfast than after meals. */
static void
add_ketone(struct output *output, int64_t slot, int64_t us, bool is_morning)
{
	double value = (is_morning ? 0.35 : 0.18) +
	               0.12 * normal(output->member.profile, DRAW_KETONE, slot);
	struct reading *reading = add(output, ANALYTE_KETONE, slot, us);

	reading->value = (struct decimal){ value > 0.1 ? llround(value * 10) : 1, 1 };
}

static void
add_cholesterol(struct output *output, int64_t slot, int64_t us)
{
	double value = 168 + (double)(mix(output->member.profile->seed) % 50) +
	               6 * normal(output->member.profile, DRAW_CHOLESTEROL, slot);
	struct reading *reading = add(output, ANALYTE_CHOLESTEROL, slot, us);

	reading->value = (struct decimal){ llround(value), 0 };
}

static void
add_slot(struct output *output, int64_t slot, int64_t us)
{
	const struct day *day = &output->member.days[0];
	int64_t since_us = us - day->start_us;
	int64_t slot_of_day = since_us / SLOT_US;

	if (day->is_missing)
		return;
	if (us < day->gap_from_us || us >= day->gap_until_us)
		add_glucose(output, slot, us);
	if (slot_of_day == 84 || slot_of_day == 158 ||
	    slot_of_day == 255) /* 7:00 13:10 21:15 */
		add_ketone(output, slot, us, slot_of_day == 84);
	if (slot_of_day == 96 && day->weekday == 0)
		add_cholesterol(output, slot, us);
}

void
demo_readings(const struct demo_profile *profile, int64_t from_us, int64_t to_us,
              struct arena *arena, struct readings *readings)
{
	/* Devices do not measure on the minute: each has a phase of its own. */
	int64_t phase_us = (int64_t)(uniform(profile, DRAW_PHASE, 0) * 299) * US_PER_S;
	struct output output = { .readings = readings };

	assert(profile->kind >= 0 && profile->kind < DEMO_KINDS && profile->gain != 0);
	assert(from_us >= EPOCH_US);
	output.member = (struct member){ .profile = profile, .shape = &shapes[profile->kind] };
	output.room = to_us > from_us ? (size_t)((to_us - from_us) / SLOT_US + 2) : 0;
	/* Of 288 slots a day at most four have a second analyte. */
	output.room += output.room / 36 + 8;
	*readings = (struct readings){ arena_alloc(arena, output.room * sizeof(struct reading),
		                                   _Alignof(struct reading)),
		                       0 };
	for (int64_t slot = (from_us - phase_us + SLOT_US - 1) / SLOT_US;
	     slot * SLOT_US + phase_us < to_us; slot++) {
		int64_t us = slot * SLOT_US + phase_us;

		follow_days(&output.member, us);
		add_slot(&output, slot, us);
	}
}
