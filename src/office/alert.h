/*
 * Alerts: something happened that a person must look at.
 *
 * An alert is an entry of the register until somebody acknowledges it; it goes to
 * staff with `manage notices` by page and mail, and to the webhook.  The same `what`
 * within an hour is counted, not raised again.
 */
#ifndef OFFICE_ALERT_H
#define OFFICE_ALERT_H

#include "office/office.h"

struct alert {
	const char *what;     /* "refusals", "promise", "retention", "backup", "factor" … */
	const char *severity; /* "low", "medium", "high" */
	struct str title;     /* for people; nothing personal */
	struct str text;
	struct id about; /* an actor's id, or zero: stands in the register, not in the mail */
};
enum rc alert_raise(struct office *office, const struct tenant *tenant,
                    const struct alert *alert, struct err *err) MUST_CHECK;
/* By a person with `manage notices`; the note says what was found. */
enum rc alert_acknowledge(const struct door *door, struct office *office, struct id alert,
                          struct str note, struct err *err) MUST_CHECK;
/* How many are open; counted once, then kept in memory. */
enum rc alert_open_count(struct office *office, const struct tenant *tenant, int64_t *count,
                         struct err *err) MUST_CHECK;

#endif
