/*
 * IANA time zones, read from the system's tzdata.
 *
 * A zone turns an instant (`_us`, UTC) into the offset, the abbreviation and
 * the local day that held at that instant.  Files are TZif, version 2 or
 * later (RFC 8536): the 64-bit block, and its POSIX footer carried on to the
 * year ZONE_LAST_YEAR; after that the last offset stays.  Zones with leap
 * seconds ("right/…") are refused: our time has none.
 *
 * A zone does not change once it is open, so threads may share it.
 */
#ifndef BASE_ZONE_H
#define BASE_ZONE_H

#include "base/clock.h"

#define ZONE_NAME_MAX  64
#define ZONE_FILE_MAX  (64 * 1024)
#define ZONE_LAST_YEAR 2150

struct zone;

/* A stretch of time with one offset: from_us <= t < until_us. */
struct zone_span {
	int64_t from_us;
	int64_t until_us;
	int offset_s; /* seconds east of UTC */
};

/* Open by name ("Europe/Paris").  RC_INVALID for a name that is none: letters,
 * digits, "_-+/" only, or unknown to the system.  RC_CORRUPT for a bad file. */
enum rc zone_open(struct zone **zone, struct str name, struct err *err) MUST_CHECK;

/* The same from the bytes of a TZif file; RC_CORRUPT when they are not one. */
enum rc zone_parse(struct zone **zone, struct str bytes, struct err *err) MUST_CHECK;

/* Closes and sets to NULL; NULL is fine.  Fits CLEANUP(zone_close). */
void zone_close(struct zone **zone);

/* Here and below a NULL zone is UTC. */
int zone_offset_s(const struct zone *zone, int64_t us);
const char *zone_abbreviation(const struct zone *zone,
                              int64_t us); /* "CEST"; lives in the zone */

/* The stretch that holds `us`; its ends are INT64_MIN and INT64_MAX where there
 * is no change.  Walk a sorted series with one look-up per stretch. */
struct zone_span zone_span_at(const struct zone *zone, int64_t us);

/*
 * A local date and time as an instant.  RFC 5545, section 3.3.5: a time that
 * occurs twice means the first; a time that is skipped is read with the offset
 * before the gap (02:30 becomes 03:30).
 */
int64_t zone_local_to_us(const struct zone *zone, const struct civil *local);

/* The first instant of the local day that holds `us`, and of the day after.
 * Days have 23, 24 or 25 hours; where midnight is skipped a day begins later. */
int64_t zone_day_start_us(const struct zone *zone, int64_t us);
int64_t zone_day_end_us(const struct zone *zone, int64_t us);

#endif
