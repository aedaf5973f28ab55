/*
 * The tables behind what a policy promises: deadlines, holds, erasures,
 * consents, tallies.
 *
 * Rows are plain columns of random ids, numbers of the policy's names and
 * times; what people wrote is a sealed body.  Functions follow store.h.
 */
#ifndef STORE_DUTY_H
#define STORE_DUTY_H

#include "store/store.h"

/* --- what is past its time -------------------------------------------------------- */

/* When everything of one class about one subject ends: of periods that a trigger
 * begins (the account closed, the project ended).  Periods that begin with the
 * record stand in record_row.expires_us. */
enum deadline_state {
	DEADLINE_SET = 1,
	DEADLINE_WAITING,  /* past, until the client approves (then: ask_client) */
	DEADLINE_APPROVED, /* by the client: the next sweep carries it out */
	DEADLINE_PURGING,  /* its key is gone; rows follow */
};
struct deadline_row {
	int64_t tenant;
	struct id subject;
	int64_t class;
	int64_t due_us;
	int64_t state;
	int64_t made_us;
};
enum rc store_deadline_put(struct store_tx *tx, const struct deadline_row *row, struct err *err)
    MUST_CHECK; /* inserts or replaces */
enum rc store_deadline_find(struct store_tx *tx, struct deadline_row *row, struct err *err)
    MUST_CHECK; /* by tenant, subject, class; RC_NOT_FOUND */
enum rc store_deadline_delete(struct store_tx *tx, const struct deadline_row *row,
                              struct err *err) MUST_CHECK; /* RC_OK when there is none */
struct deadline_query {
	int64_t tenant;
	int64_t state;
	int64_t due_us;   /* due then or before */
	int64_t after_us; /* paging: due_us and subject of the last row; 0, zero: the start */
	struct id after;
	int limit;
};
enum rc store_deadline_list(struct store_tx *tx, const struct deadline_query *query,
                            struct arena *arena, struct deadline_row **rows, size_t *count,
                            struct err *err) MUST_CHECK; /* by due_us, subject */

/* Records (no bodies) of a class whose own time is over, by expires_us, id. */
struct expired_query {
	int64_t tenant;
	int64_t class;
	int64_t due_us;
	int64_t after_us; /* paging: expires_us and id of the last row; INT64_MIN, zero: the
	                     start */
	struct id after;
	int limit;
};
enum rc store_record_expired(struct store_tx *tx, const struct expired_query *query,
                             struct arena *arena, struct record_row **rows, size_t *count,
                             struct err *err) MUST_CHECK;
struct expired_count {
	int64_t count;
	int64_t oldest_us; /* INT64_MAX: none */
};
enum rc store_record_expired_count(struct store_tx *tx, const struct expired_query *query,
                                   struct expired_count *count, struct err *err) MUST_CHECK;
enum rc store_term_delete_record(struct store_tx *tx, int64_t tenant, struct id subject,
                                 struct id record, struct err *err) MUST_CHECK;

/* What stood for things of one record stands for them in another, which they joined. */
struct term_move {
	int64_t tenant;
	struct id subject, from, to;
};
enum rc store_term_move(struct store_tx *tx, const struct term_move *move, struct err *err)
    MUST_CHECK;

/* One chunk (1,000 rows at most) of what a subject has in one class: records,
 * versions, terms, deadline; *removed 0: nothing is left. */
enum rc store_class_purge_some(struct store_tx *tx, const struct deadline_row *what,
                               int64_t *removed, struct err *err) MUST_CHECK;
/* What sums up the class: its key is gone, so it neither opens nor can be carried on. */
enum rc store_projection_end(struct store_tx *tx, const struct deadline_row *what,
                             struct err *err) MUST_CHECK;
/* The same of everything that store_subject_purge() removes. */
enum rc store_subject_purge_some(struct store_tx *tx, int64_t tenant, struct id subject,
                                 int64_t *removed, struct err *err) MUST_CHECK;

/* The same of what stands beside the records: terms, marks, counters,
 * projections, looks, choices, outbox rows, and last its tickets. */
enum rc store_subject_strip_some(struct store_tx *tx, int64_t tenant, struct id subject,
                                 int64_t *removed, struct err *err) MUST_CHECK;
/* Sets month, deadline and body of a record's row, or of one of its versions, that is still
 * at row->version and at `month`: RC_RETRY otherwise. */
enum rc store_record_reseal(struct store_tx *tx, const struct record_row *row, int64_t month,
                            struct err *err) MUST_CHECK;
enum rc store_version_reseal(struct store_tx *tx, const struct record_row *row, int64_t month,
                             struct err *err) MUST_CHECK;

/* --- holds --------------------------------------------------------------------------- */

struct hold_row {
	int64_t tenant;
	struct id id;
	struct id subject;
	int64_t class;    /* 0: every class */
	struct id record; /* zero: every record of the class */
	int64_t created_us;
	int64_t released_us; /* 0: in force */
	struct str body;     /* why, by whom, until when: sealed */
};
enum rc store_hold_insert(struct store_tx *tx, const struct hold_row *row, struct err *err)
    MUST_CHECK;
enum rc store_hold_release(struct store_tx *tx, const struct hold_row *row, struct err *err)
    MUST_CHECK; /* sets released_us of one in force; RC_NOT_FOUND */
enum rc store_hold_find(struct store_tx *tx, struct arena *arena, struct hold_row *row,
                        struct err *err) MUST_CHECK; /* by tenant, id */
/* In force, of a subject; or with a zero subject all, newest first, at most
 * LIMIT_PAGE_ROWS, released ones too. */
enum rc store_hold_list(struct store_tx *tx, int64_t tenant, struct id subject,
                        struct arena *arena, struct hold_row **rows, size_t *count,
                        struct err *err) MUST_CHECK;

/* --- erasures ------------------------------------------------------------------------- */

enum erasure_kind {
	ERASURE_SUBJECT = 1,
	ERASURE_CLASS,
	ERASURE_RECORD,
	ERASURE_MONTH,
	ERASURE_PART, /* of a subject: all but what a law or a hold keeps */
};
struct erasure_row {
	int64_t tenant;
	struct id id;
	int64_t kind;
	struct id subject; /* or of the record, with ERASURE_RECORD in `record` */
	int64_t class;
	struct id record;
	int64_t month;
	int64_t items; /* records, as far as they were counted */
	int64_t made_us;
	int64_t beyond_use_us; /* the keys are gone */
	int64_t erased_us;     /* the last epoch that held them has ended; 0: not yet */
	int64_t epoch;         /* of keys.dat when the keys went */
};
enum rc store_erasure_insert(struct store_tx *tx, const struct erasure_row *row,
                             struct err *err) MUST_CHECK;
/* Every erasure of an epoch before `epoch` that is not yet erased is. */
enum rc store_erasure_end(struct store_tx *tx, int64_t epoch, int64_t now_us, struct err *err)
    MUST_CHECK;
/* What waited for the keys of its months (beyond_use_us 0, epoch INT64_MAX) is beyond
 * use: of row->class, of months up to row->month. */
enum rc store_erasure_beyond(struct store_tx *tx, const struct erasure_row *row,
                             struct err *err) MUST_CHECK;
enum rc store_erasure_find(struct store_tx *tx, struct erasure_row *row, struct err *err)
    MUST_CHECK; /* by tenant, id */
enum rc store_erasure_list(struct store_tx *tx, int64_t tenant, struct id before,
                           struct arena *arena, struct erasure_row **rows, size_t *count,
                           struct err *err)
    MUST_CHECK; /* newest first; `before` zero: from the newest; at most LIMIT_PAGE_ROWS */

/* --- consents and objections ------------------------------------------------------------ */

enum choice_kind { CHOICE_CONSENT = 1, CHOICE_OBJECTION, CHOICE_REPRESENTATION };
struct choice_row {
	int64_t tenant;
	struct id subject;
	int64_t kind;
	int64_t purpose;   /* policy_number() of its name; 0: none */
	int64_t recipient; /* likewise; 0: none */
	struct id person;  /* with whom; zero: whoever acts for that recipient */
	struct id record;  /* of the class `consent` that says it in words */
	int64_t from_us;
	int64_t until_us; /* INT64_MAX: until it is withdrawn */
};
enum rc store_choice_put(struct store_tx *tx, const struct choice_row *row, struct err *err)
    MUST_CHECK; /* inserts or replaces, by all but record and times */
enum rc store_choice_delete(struct store_tx *tx, const struct choice_row *row, struct err *err)
    MUST_CHECK; /* RC_OK when there is none */
/* All of a subject; or with a zero subject all that name `person`: by these of `like`,
 * and its tenant. */
enum rc store_choice_list(struct store_tx *tx, const struct choice_row *like,
                          struct arena *arena, struct choice_row **rows, size_t *count,
                          struct err *err) MUST_CHECK;

/* --- tallies ----------------------------------------------------------------------------- */

/* Counts by day: telemetry, and rules over time.  `what` is a word of ours. */
struct tally_row {
	int64_t tenant;
	int64_t day; /* days since 1970-01-01 */
	struct str what;
	int64_t bucket;
	int64_t count;
};
enum rc store_tally_add(struct store_tx *tx, const struct tally_row *row, struct err *err)
    MUST_CHECK;
struct tally_span {
	int64_t tenant;
	int64_t from_day, until_day; /* the last one is not in it */
};
enum rc store_tally_list(struct store_tx *tx, const struct tally_span *span,
                         struct arena *arena, struct tally_row **rows, size_t *count,
                         struct err *err) MUST_CHECK; /* by day, what, bucket */
enum rc store_tally_sweep(struct store_tx *tx, int64_t tenant, int64_t before_day,
                          struct err *err) MUST_CHECK;

#endif
