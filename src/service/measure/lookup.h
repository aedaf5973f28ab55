/*
 * Readings out: the current version of each, whatever segments they lie in.
 *
 * A correction lies in a later segment, whose time span covers the time before
 * and after, so whoever loads a span of time has every version of what is in it.
 */
#ifndef SERVICE_MEASURE_LOOKUP_H
#define SERVICE_MEASURE_LOOKUP_H

#include "service/measure/reading.h"
#include "vault/series.h"

#define ANALYTE_ANY (-1)

struct lookup {
	struct id subject;
	int analyte;     /* or ANALYTE_ANY */
	int64_t from_us; /* taken, from <= t < until; both 0: any */
	int64_t until_us;
	size_t latest;     /* only so many, the newest; 0: all */
	bool has_errors;   /* with those entered in error */
	bool has_versions; /* with all versions, not the current ones alone */
	const char *act;   /* word of the log's entry; NULL: "read" */
};

/* By time ascending (then by number, version); `latest` ones by time down. */
enum rc lookup_readings(const struct door *door, const struct lookup *lookup,
                        struct arena *arena, struct readings *out, struct err *err) MUST_CHECK;

/* The latest reading of each analyte that has one, by analyte; one look. */
enum rc lookup_latest_each(const struct door *door, struct id subject, struct arena *arena,
                           struct readings *out, struct err *err) MUST_CHECK;

/* Every version of one reading, newest first.  RC_NOT_FOUND. */
struct lookup_one {
	struct id subject;
	int analyte;
	uint64_t number;
};
enum rc lookup_versions(const struct door *door, const struct lookup_one *one,
                        struct arena *arena, struct readings *out, struct err *err) MUST_CHECK;

/* Versions with change > after, by change, at most `limit`: gap-free in commit order. */
struct lookup_changes {
	struct id subject;
	int64_t after;
	size_t limit;
};
enum rc lookup_changes(const struct door *door, const struct lookup_changes *changes,
                       struct arena *arena, struct readings *out, struct err *err) MUST_CHECK;

/* What the segments of a page hold, numbered: for compaction. */
enum rc lookup_unpack(const struct series_segments *segments, struct arena *arena,
                      struct readings *out, struct err *err) MUST_CHECK;

#endif
