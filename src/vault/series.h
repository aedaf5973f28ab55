/*
 * Series: many small things of one subject, packed and sealed by the hundred.
 *
 * A series is for readings and their like: items are appended in segments, a
 * segment is one sealed body of a packed form that the service knows.  The
 * subject's change counter numbers items gap-free in commit order: a segment
 * of n items takes n numbers.  Marks make an append idempotent by (owner,
 * sequence number); terms by a free identifier.  Every touch goes through the
 * same door as a record: decided, recorded, sealed.
 */
#ifndef VAULT_SERIES_H
#define VAULT_SERIES_H

#include "vault/projection.h"

struct series_mark {
	struct id owner; /* the device */
	int64_t block;
	uint8_t before[MARK_BITS / 8]; /* as read */
	uint8_t after[MARK_BITS / 8];  /* with more bits: RC_RETRY when one is set by now */
};

struct series_term {
	const char *field;
	struct str value;
	uint64_t item;  /* index of the item within the append, over its segments in order */
	int64_t number; /* out, on RC_CONFLICT: the item that has it */
};

struct series_segment {
	int64_t facet[FACETS_MAX];
	int64_t time_from_us, time_to_us;
	int64_t items;
	struct str body; /* packed */
	/* out, and in for a segment that is read or replaced: */
	struct id id;
	int64_t change_from, change_to;
	int64_t updated_us; /* commit time; of compacted ones the latest */
};

struct series_append {
	struct str class;
	struct id subject;
	struct series_mark *marks;
	size_t mark_count;
	struct series_term *terms;
	size_t term_count;
	struct series_segment *segments;
	size_t segment_count;
	const struct projection_change *projection; /* NULL: none */
};

enum rc vault_marks_read(const struct door *door, struct series_mark *marks, size_t count,
                         struct err *err) MUST_CHECK; /* fills before (and after alike) */
enum rc vault_series_append(const struct door *door, struct series_append *what,
                            struct err *err) MUST_CHECK;

struct series_query {
	struct str class;
	struct id subject;
	int64_t facet0;        /* 0: any */
	const int64_t *facets; /* or of each of these one page, one after the other */
	size_t facet_count;
	int64_t time_from_us, time_to_us; /* overlap; both 0: any */
	int64_t change_after;             /* 0: any */
	int64_t change_until;             /* with RECORD_BY_CHANGE; 0: any */
	enum record_order order;
	struct id after;
	int64_t after_key;
	int limit;
	int64_t items_below; /* 0: any */
	/* RECORD_BY_TIME_DOWN only: opens no more rows than hold the latest so many
	 * items; 0: all.  What it left out follows with the next page. */
	int64_t items_wanted;
	const char *act; /* word of the entry: "read", "export"; NULL: "read" */
};
struct series_segments {
	struct series_segment *items;
	size_t count;
	/* How often segments of the subject were joined so far: whoever reads page by
	 * page begins again when it changes, since what was joined has moved. */
	int64_t generation;
};
/* One entry for the page. */
enum rc vault_series_read(const struct door *door, const struct series_query *query,
                          struct arena *arena, struct series_segments *segments,
                          struct err *err) MUST_CHECK;
enum rc vault_series_find(const struct door *door, struct str class_name, struct id subject,
                          const struct series_term *term, int64_t *number, struct err *err)
    MUST_CHECK; /* the item with that term; RC_NOT_FOUND */
/* The last change number given out. */
enum rc vault_series_change(const struct door *door, struct id subject, int64_t *change,
                            struct err *err) MUST_CHECK;

/* Segments of any subject with fewer than `items_below` items, by id: places for
 * housekeeping to look at, no bodies, no entry.  Only for ACTOR_SYSTEM. */
struct series_small {
	struct id subject;
	struct id id;
	int64_t facet0;
	int64_t items;
};
struct series_small_query {
	struct str class;
	int64_t items_below;
	struct id after;
	int limit;
	struct series_small *items; /* out */
	size_t count;
};
enum rc vault_series_small(const struct door *door, struct series_small_query *query,
                           struct arena *arena, struct err *err) MUST_CHECK;

/* Replaces segments by one that holds the same items: RC_RETRY when any is
 * gone, RC_INVALID when their retention differs. */
struct series_compact {
	struct str class;
	struct id subject;
	const struct id *remove;
	size_t remove_count;
	struct series_segment into;
};
enum rc vault_series_compact(const struct door *door, struct series_compact *what,
                             struct err *err) MUST_CHECK;

#endif
