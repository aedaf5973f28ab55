/*
 * The server's own log: one event, one line, typed fields, on standard error.
 *
 * There is no format string, so there is no way to paste a record into a log.
 * Field values are numbers, literals or error codes; text from outside has no
 * constructor.  (What people did is not here: that is the audit log.)
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/str.h"

enum log_level { LEVEL_DEBUG, LEVEL_INFO, LEVEL_WARN, LEVEL_ERROR };

struct log_field {
	const char *name;
	const char *word;
	int64_t number;
};

#define F_NUM(name, value)    ((struct log_field){ "" name, NULL, (int64_t)(value) })
#define F_WORD(name, literal) ((struct log_field){ "" name, "" literal, 0 })

/* LOG(LEVEL_WARN, "store.busy", F_NUM("wait_ms", waited)); */
#define LOG(level, event, ...)                                                                 \
	log_event((level), "" event, (const struct log_field[]){ __VA_ARGS__ },                \
	          sizeof((const struct log_field[]){ __VA_ARGS__ }) /                          \
	              sizeof(struct log_field))

void log_event(enum log_level level, const char *event, const struct log_field *fields,
               size_t count);

/* The one line written for something that failed: code, place and err's text,
 * which carries no subject's data (see base/err.h). */
void log_failure(const char *event, const struct err *err);

#endif
