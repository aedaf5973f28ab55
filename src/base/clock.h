/*
 * Time: microseconds since 1970-01-01T00:00:00Z, in int64_t named `_us`.
 *
 * A clock is a value that is passed along, so a test can run a server in
 * another year.  Only this module reads the system's clock.  Zones (IANA
 * names) live in base/zone.h; here everything is UTC or a fixed offset.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include "base/str.h"

#define US_PER_MS     INT64_C(1000)
#define US_PER_S      INT64_C(1000000)
#define US_PER_MIN    (60 * US_PER_S)
#define US_PER_HOUR   (60 * US_PER_MIN)
#define US_PER_DAY    (24 * US_PER_HOUR)

#define TIME_TEXT_MAX 40

struct clock {
	int64_t offset_us; /* added to the system's time; 0 but in tests */
};

int64_t clock_now_us(const struct clock *clock);
int64_t clock_monotonic_us(void); /* for durations; unrelated to the date */

/* A date and time of the proleptic Gregorian calendar, in some offset. */
struct civil {
	int year;
	int month;  /* 1–12 */
	int day;    /* 1–31 */
	int hour;   /* 0–23 */
	int minute; /* 0–59 */
	int second; /* 0–59; a leap second is not representable and is refused */
	int micro;  /* 0–999999 */
};

/* What `us` is at `offset_s` seconds east of UTC, and back.  Fields must be in
 * range; civil_to_us() does not check (civil_is_valid() does). */
struct civil civil_from_us(int64_t us, int offset_s);
int64_t civil_to_us(const struct civil *civil, int offset_s);
bool civil_is_valid(const struct civil *civil); /* years 1–9999, real days */
int civil_weekday(int64_t us, int offset_s);    /* 0 Monday … 6 Sunday */

/* RFC 3339 date-time with its offset ("2026-03-01T10:00:00.5+01:00", "…Z").
 * `offset_s` may be NULL. */
enum rc time_parse(struct str text, int64_t *us, int *offset_s, struct err *err) MUST_CHECK;

/* "2026-03-01T09:00:00Z"; with milliseconds when they are not zero, with
 * microseconds when those are not.  `text` has room for TIME_TEXT_MAX. */
void time_format(int64_t us, int offset_s, char text[TIME_TEXT_MAX]);

/* "2026-03-01". */
enum rc date_parse(struct str text, int64_t *us, struct err *err) MUST_CHECK;

#endif
