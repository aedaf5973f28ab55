/*
 * Episodes of low and high glucose, by timestamps.
 *
 * Battelino et al. 2023, "Continuous glucose monitoring and metrics for
 * clinical trials: an international consensus statement", Lancet Diabetes
 * Endocrinol 11:42, doi:10.1016/S2213-8587(22)00319-9: an episode of a level
 * begins with at least 15 consecutive minutes beyond the level's threshold and
 * ends with at least 15 consecutive minutes back within it.  Level 2 is counted
 * beside level 1, not instead of it.  A level 1 low of more than 120 minutes is
 * an extended one.
 *
 * A reading stands from its time until the next reading.  What happens between
 * readings is not invented: where the next one is on the other side, it stands
 * for at most one and a half intervals; a gap of more than EPISODE_GAP_MINUTES
 * (and three intervals) ends the episode and marks it as cut.  A tenth of an
 * interval is allowed for clocks that jitter.
 */
#ifndef SERVICE_MEASURE_EPISODE_H
#define SERVICE_MEASURE_EPISODE_H

#include "service/measure/trace.h"

#define EPISODE_MINUTES              15
#define EPISODE_EXTENDED_MINUTES     120
#define EPISODE_GAP_MINUTES          45
#define EPISODE_INTERVAL_MAX_MINUTES 20

enum episode_kind {
	EPISODE_LOW,       /* level 1: under 70 mg/dL */
	EPISODE_VERY_LOW,  /* level 2: under 54 */
	EPISODE_HIGH,      /* level 1: over 180 */
	EPISODE_VERY_HIGH, /* level 2: over 250 */
	EPISODE_KINDS
};

struct episode {
	enum episode_kind kind;
	int64_t from_us;
	int64_t until_us; /* back within the threshold, or where the data ends */
	size_t first;     /* index of its first point */
	size_t last;      /* and of its last one beyond the threshold */
	size_t extreme;   /* index of its lowest or highest point */
	bool is_cut;      /* the data ends or breaks before the episode does */
	bool is_extended;
};

struct episodes {
	bool has;              /* false: too few readings, or too far apart, to tell */
	struct episode *items; /* by kind, then by time */
	size_t count;
	size_t count_of[EPISODE_KINDS];
	int64_t total_us[EPISODE_KINDS];
};

/* Readings further apart than EPISODE_INTERVAL_MAX_MINUTES (finger-sticks) cannot
 * show fifteen minutes: then there is no answer, which is not "none". */
void episodes_find(const struct trace *trace, struct episodes *episodes, struct arena *arena);

#endif
