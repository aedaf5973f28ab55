/*
 * Telemetry: how the pages are used, counted so that nobody is in it.
 *
 * A count is of (tenant, day, what, bucket): `what` is one of our own words (a
 * route's pattern with its method, an error code, a firmware's name from a device's
 * own list), never a path as it was asked, a query, an address or an id; buckets are
 * those of a histogram.  Counts are added up in memory and written once a minute.
 * Days are UTC.  The class `usage` of the policy says how long they stay.
 */
#ifndef OFFICE_TALLY_H
#define OFFICE_TALLY_H

#include "office/office.h"
#include "store/duty.h"

#define TALLY_WORDS_MAX 2048 /* different counts of a tenant and day; more are dropped */

/* What probes call themselves: their asking is nobody's use. */
#define PROBE_BROWSER "troth probe"

enum tally_kind {
	TALLY_CALLS = 1, /* "GET /me": bucket: status class 2 … 5 */
	TALLY_TIME,      /* "GET /me": bucket: log2 of the milliseconds, 0 … 15 */
	TALLY_ERROR,     /* an enum rc's name; bucket 0 */
};
/* From any thread, quick.  `what` lives as long as the program (a route's pattern). */
struct tally {
	enum tally_kind kind;
	const char *method; /* "GET"; empty: none */
	const char *what;
	int bucket;
};
void tally_count(struct office *office, const struct tenant *tenant, const struct tally *tally);
/* Writes what is in memory; the tick calls it. */
enum rc tally_flush(struct office *office, struct err *err) MUST_CHECK;

/* Counts of [from_day, until_day), days since 1970-01-01, by day, what, bucket. */
struct tally_query {
	int64_t from_day, until_day;
	struct tally_row *rows; /* out */
	size_t count;
};
enum rc tally_list(struct office *office, const struct tenant *tenant,
                   struct tally_query *query, struct arena *arena, struct err *err) MUST_CHECK;
/* Midnight of the oldest day that has a count; INT64_MAX: none. */
enum rc tally_oldest(struct office *office, const struct tenant *tenant, int64_t *oldest_us,
                     struct err *err) MUST_CHECK;
/* For the probe: how many rows there are, and whether every `what` is a word that
 * this program has (no row holds `text` or anything that looks like an id). */
enum rc tally_holds_none(struct office *office, const struct tenant *tenant, struct str text,
                         size_t *rows, bool *is_clean, struct err *err) MUST_CHECK;

#endif
