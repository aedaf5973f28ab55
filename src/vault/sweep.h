/*
 * One run of the sweep, as its files share it: of records (sweep_record.c), of
 * deadlines (sweep_deadline.c), of months' keys (sweep_month.c).  Nothing outside
 * src/vault includes this.
 */
#ifndef VAULT_SWEEP_H
#define VAULT_SWEEP_H

#include "vault/past.h"

struct sweep {
	struct vault *vault;
	const struct tenant *tenant;
	const struct policy *policy; /* one and the same while it runs */
	struct retention_run *run;
	int64_t now_us;              /* as of when */
	int64_t left;                /* records that it may still take */
	struct retention_line other; /* of classes that the policy has no more */
};

/* Never NULL. */
struct retention_line *sweep_line(struct sweep *sweep, int64_t class);
static inline enum policy_after
sweep_then(const struct policy_class *class)
{
	return class == NULL ? THEN_ERASE : class->keep.then;
}

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
