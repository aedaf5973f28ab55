/*
 * What the files about deadlines, holds, erasures and the sweep share.  Nothing
 * outside src/vault includes this.
 *
 * Everything that is destroyed goes the same way: a mark in the database that it
 * is to go (a deadline APPROVED, a ticket of erasure) with its entry in the log;
 * a line in the ledger; the key; the certificate and the next mark; the rows, in
 * steps.  Each step may be done twice, so a crash between any two is finished by
 * whoever comes next: the next opening, tick or sweep.
 */
#ifndef VAULT_PAST_H
#define VAULT_PAST_H

#include "vault/inside.h"
#include "vault/retention.h"

/* yyyymm in UTC of a deadline; 0 for INT64_MAX. */
int64_t retention_month(int64_t expires_us);
/* The first instant of the UTC month that holds `us`. */
int64_t month_start_us(int64_t us);
int64_t deadline_in(const struct zone *zone, const struct policy_period *period,
                    int64_t from_us);

/* Does an end of the subject's data of the class include it?  The log outlives
 * whom it is about. */
bool class_ends_with(const struct policy *policy, const struct policy_class *class,
                     int64_t kind);

/* The line before a subject's or a class's key goes.  None for a canary: hundreds come
 * and go with each run of the probes, and one that a restore brings back goes with the
 * next run. */
enum rc past_line(struct vault *vault, struct ledger_line *line, struct err *err) MUST_CHECK;

/* --- deadlines of (subject, class) -------------------------------------------------- */

/* Sets one where there is none; the first time stays. */
enum rc deadline_first(struct store_tx *tx, const struct deadline_row *row, struct err *err)
    MUST_CHECK;
/* Pages through a tenant's deadlines in one state; rows may change in between.
 * Groups of one time and subject are never cut. */
struct deadline_pages {
	struct vault *vault;
	struct deadline_query query; /* after_us and after are the pages' own */
	struct arena *arena;         /* reset at each page */
	struct deadline_row *rows;
	size_t count; /* 0: that was all */
	bool is_last;
};
enum rc deadline_page(struct deadline_pages *pages, struct err *err) MUST_CHECK;
/* Periods that a newer policy has shortened shorten the deadlines that stand. */
enum rc deadlines_follow_policy(struct vault *vault, const struct tenant *tenant,
                                struct err *err) MUST_CHECK;

/* --- holds ------------------------------------------------------------------------------ */

/* In force, of one subject. */
struct hold_rows {
	struct hold_row *items;
	size_t count;
};
enum rc holds_read(struct store_tx *tx, int64_t tenant, struct id subject, struct arena *arena,
                   struct hold_rows *holds, struct err *err) MUST_CHECK;
bool hold_has_class(const struct hold_rows *holds, int64_t class);     /* all of the class */
bool hold_has_record_of(const struct hold_rows *holds, int64_t class); /* one or more of it */
bool hold_has_record(const struct hold_rows *holds, const struct record_row *row);
/* Seals a held record, and its versions, under the key of the hold, or (when
 * nothing holds it any more) under that of its month again. */
enum rc hold_reseal(struct vault *vault, const struct tenant *tenant, const struct id *ids,
                    size_t count, struct err *err) MUST_CHECK;
/* Of a class that ends: what is held is past its time, so that it goes with its hold and
 * what is written into the class from then on does not. */
enum rc hold_reseal_last(struct vault *vault, const struct tenant *tenant, struct id id,
                         struct err *err) MUST_CHECK;
/* The same of all that a subject has in a class (0: in every class). */
struct hold_range {
	struct id subject;
	int64_t class;
};
enum rc hold_reseal_range(struct vault *vault, const struct tenant *tenant,
                          const struct hold_range *range, struct err *err) MUST_CHECK;

/* --- the end of a class, of a subject ------------------------------------------------------
 */

/* Puts the deadline as APPROVED: from then on nothing is written into the class of the
 * subject until its rows are gone. */
enum rc class_approve(struct store_tx *tx, struct deadline_row row, struct err *err) MUST_CHECK;
/* Of a deadline that is APPROVED: the ledger, the keys, the certificate, PURGING. */
enum rc class_end(struct vault *vault, const struct tenant *tenant,
                  const struct deadline_row *row, struct err *err) MUST_CHECK;
/* Some rows of a deadline that is PURGING; *is_done when nothing is left to do. */
enum rc class_purge_some(struct vault *vault, const struct deadline_row *row, bool *is_done,
                         struct err *err) MUST_CHECK;
/* A closed subject of whom nothing is left, and nothing is held, goes too. */
enum rc subject_end_if_empty(struct vault *vault, const struct tenant *tenant,
                             struct id subject, struct err *err) MUST_CHECK;

/* --- entries and certificates ----------------------------------------------------------------
 */

/* The system's entry, of so many of a class; never of whom. */
struct past_entry {
	const struct tenant *tenant;
	const char *act;
	struct str class;
	int64_t count;
	const char *detail;
};
enum rc past_entry_write(struct store_tx *tx, const struct past_entry *what, struct err *err)
    MUST_CHECK;
/* The epoch of keys.dat in which what is destroyed at this moment stood last. */
int64_t past_epoch(struct vault *vault);

/* --- the clock -------------------------------------------------------------------------------
 */

/* RC_PRECONDITION when it has jumped. */
enum rc clock_check(struct vault *vault, struct err *err) MUST_CHECK;

#endif
