/*
 * What is past its time goes: deadlines, the sweep, holds, erasure and its
 * certificates.
 *
 * A period that begins with the record gives each record its own deadline; one
 * that a trigger begins (an account that closes) gives one deadline for each
 * (subject, class), set when the trigger happens.  Both are counted on the
 * calendar in the tenant's zone.  A sweep carries out what is due: `erase`
 * destroys the key of (subject, class), or of the month, and then the rows;
 * `deidentify` puts a de-identified copy under a subject that nobody is;
 * `ask_client` waits for vault_retention_approve().  Classes of the log are cut
 * by the audit log itself.  Held records stay, sealed anew under a key of the
 * hold; a hold that ends leaves them to the next sweep.
 */
#ifndef VAULT_RETENTION_H
#define VAULT_RETENTION_H

#include "store/duty.h"
#include "vault/vault.h"

/* --- deadlines ------------------------------------------------------------------- */

/* The end of a period that began at from_us, in the tenant's zone; INT64_MAX: never. */
enum rc vault_deadline(const struct tenant *tenant, const struct policy_period *period,
                       int64_t from_us, int64_t *due_us, struct err *err) MUST_CHECK;

/* The trigger happened for a subject: every class about its kind that waits for it
 * has its deadline; KEEP_ACCOUNT_CLOSED also sets SUBJECT_CLOSED.  Again: the first
 * time stays. */
struct retention_trigger {
	struct id subject;
	enum policy_trigger trigger;
	int64_t at_us;
};
enum rc vault_retention_trigger(const struct door *door,
                                const struct retention_trigger *trigger, struct err *err)
    MUST_CHECK;
/* An account that is opened again: its deadlines go. */
enum rc vault_retention_reopen(const struct door *door, struct id subject, struct err *err)
    MUST_CHECK;

/* --- the sweep ---------------------------------------------------------------------- */

#define SWEEP_RECORDS_MOST 20000              /* of one tenant in one run, as a rule */
#define SWEEP_CHUNK        500                /* records of one write transaction */
#define SWEEP_LAG_US       (26 * US_PER_HOUR) /* overdue by more: an alarm */

struct retention_line { /* of one class */
	const struct policy_class *class;
	int64_t due;     /* records (deadlines count as one) past their time */
	int64_t erased;  /* by this run */
	int64_t held;    /* past and held */
	int64_t waiting; /* for the client's approval */
	int64_t
	    oldest_us; /* the oldest deadline that is past and still here; INT64_MAX: none */
};
struct retention_run {
	bool is_dry;      /* counts only */
	int64_t as_of_us; /* 0: now; another time only with is_dry */
	int64_t most;     /* 0: SWEEP_RECORDS_MOST */
	/* out: */
	struct retention_line *lines; /* one a class, as the policy has them */
	size_t count;
	bool is_behind; /* the cap was met, or something is overdue by SWEEP_LAG_US */
};
/* RC_PRECONDITION: the clock has jumped (see vault_clock_accept()). */
enum rc vault_retention_sweep(struct vault *vault, const struct tenant *tenant,
                              struct retention_run *run, struct arena *arena, struct err *err)
    MUST_CHECK;
/* The client's approval for what waits of a class; needs `manage requests`. */
enum rc vault_retention_approve(const struct door *door, struct str class, int64_t *count,
                                struct err *err) MUST_CHECK;
/* The operator says that the clock is right after all. */
enum rc vault_clock_accept(struct vault *vault, struct err *err) MUST_CHECK;

/* --- holds ---------------------------------------------------------------------------- */

#define HOLDS_MOST 200 /* in force, of one subject: each erasure reads them all */

struct hold {
	struct id id;
	struct id subject;
	struct str class;  /* empty: every class */
	struct id record;  /* zero: every record */
	struct str reason; /* the case or the order, in words */
	struct str by;     /* who asked for it */
	int64_t created_us, released_us;
};
struct holds {
	struct hold *items;
	size_t count;
};
/* Need `manage holds`. */
enum rc vault_hold_place(const struct door *door, struct hold *hold, struct err *err)
    MUST_CHECK;
enum rc vault_hold_release(const struct door *door, struct id hold, struct err *err) MUST_CHECK;
enum rc vault_hold_list(const struct door *door, struct arena *arena, struct holds *holds,
                        struct err *err) MUST_CHECK;

/* --- erasure and its certificate -------------------------------------------------------- */

/*
 * Erases a subject: of each class about it the key goes first, so that it is
 * unreadable at once however many records there are; the rows follow in steps.
 * What a law keeps (`required_by`) and what is held stays and is restricted until
 * its time is over; *kept tells how many classes.  With nothing kept the
 * subject's own key goes too.  Needs `erase` on every class about its kind.
 */
struct erasure_result {
	struct id certificate; /* of the subject's erasure */
	size_t erased, kept;   /* classes */
};
enum rc vault_subject_erase(const struct door *door, struct id subject,
                            struct erasure_result *result, struct err *err) MUST_CHECK;
/* One class of one subject (an objection, a consent withdrawn with its data). */
enum rc vault_class_erase(const struct door *door, struct id subject, struct str class,
                          struct err *err) MUST_CHECK;

struct certificate {
	struct erasure_row row;
	struct str class; /* name; empty: the whole subject */
};
struct certificates {
	struct certificate *items;
	size_t count;
};
/* Need `manage requests`. */
enum rc vault_certificate_list(const struct door *door, struct id before, struct arena *arena,
                               struct certificates *list, struct err *err) MUST_CHECK;
enum rc vault_certificate_find(const struct door *door, struct id id,
                               struct certificate *certificate, struct err *err) MUST_CHECK;

/* Purges some rows of what is erased already, for at most until deadline_us of
 * the monotonic clock; housekeeping. */
enum rc vault_purge_some(struct vault *vault, int64_t deadline_us, struct err *err) MUST_CHECK;

#endif
