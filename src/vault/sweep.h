/*
 * One run of the sweep, as its files share it: of records (sweep_record.c), of
 * deadlines (sweep_deadline.c), of months' keys (sweep_month.c).  Nothing outside
 * src/vault includes this.
 */
#ifndef VAULT_SWEEP_H
#define VAULT_SWEEP_H

#include "deid/text.h"
#include "vault/past.h"

#define SWEEP_MOVED 32 /* records of one transaction that de-identifies */

struct sweep {
	struct vault *vault;
	const struct tenant *tenant;
	const struct policy *policy; /* one and the same while it runs */
	struct retention_run *run;
	int64_t now_us;              /* as of when */
	int64_t left;                /* records that it may still take */
	struct retention_line other; /* of classes that the policy has no more */
	struct deid *deid;           /* opened when it is first needed */
};

/* Never NULL. */
struct retention_line *sweep_line(struct sweep *sweep, int64_t class);
static inline enum policy_after
sweep_then(const struct policy_class *class)
{
	return class == NULL ? THEN_ERASE : class->keep.then;
}

/* Puts de-identified copies of records in their place, under a fresh subject of the
 * same kind, in one transaction; what is held stays, and what is a copy already.
 * `moved` and `held` are raised. */
struct moving {
	const struct policy_class *class;
	const struct record_row *rows; /* SWEEP_MOVED at most: they lie in memory */
	size_t count;
	int64_t moved, held;
};
enum rc sweep_deidentify(struct sweep *sweep, struct moving *moving, struct err *err)
    MUST_CHECK;
enum rc sweep_records(struct sweep *sweep, int64_t class, struct err *err) MUST_CHECK;
enum rc sweep_deadlines(struct sweep *sweep, struct err *err) MUST_CHECK;
/* Keys of months that are over and of which nothing is left. */
enum rc sweep_months(struct sweep *sweep, struct err *err) MUST_CHECK;

/* Classes that have keys of months; `month` of the newest month over, of the oldest. */
struct month_keys {
	struct month_class {
		int64_t class;
		int64_t *months; /* over, and more than HOLD_MONTH */
		size_t count;
	} * classes;
	size_t count;
};
enum rc month_keys_read(struct sweep *sweep, struct arena *arena, struct month_keys *keys,
                        struct err *err) MUST_CHECK;

#endif
