/*
 * Readings in: idempotent, numbered, sealed by the segment.
 *
 * Idempotent by (device, sequence number), with a bitmap for each block of
 * numbers, or by a client's own identifier, with a term.  Never by time alone.
 * Both are decided in the store's transaction: of a hundred identical requests
 * at once one stores, and each of the others is told which reading it is.
 */
#ifndef SERVICE_MEASURE_INTAKE_H
#define SERVICE_MEASURE_INTAKE_H

#include "service/measure/reading.h"
#include "vault/series.h"

#define INTAKE_READINGS_MAX  10000 /* in one request */
#define INTAKE_EARLIEST_YEAR 1990
#define INTAKE_FUTURE_US     (5 * US_PER_MIN)

enum intake_outcome {
	INTAKE_DUE = 0, /* not looked at yet */
	INTAKE_STORED,
	INTAKE_DUPLICATE,
	INTAKE_REFUSED,
};

struct intake_result {
	enum intake_outcome outcome;
	uint64_t number;   /* STORED; DUPLICATE by identifier; else 0 */
	const char *field; /* REFUSED: which member, a literal */
	struct str why;    /* REFUSED: in words, without the value */
};

/* One request's readings, and what became of each, side by side.  Those that
 * the caller has refused already stay so. */
struct intake {
	struct id subject;
	struct reading *items;
	struct intake_result *results;
	size_t count;
};

/* Checks that hold whatever the format: limits of the analyte, time, texts. */
void intake_check(struct intake *intake, int64_t now_us, struct arena *arena);

/* Stores all that are due.  On RC_OK every result is decided, and stored items
 * have number, change, version and updated_us. */
enum rc intake_store(const struct door *door, struct intake *intake, struct arena *arena,
                     struct err *err) MUST_CHECK;

/* The next version of a reading: `next` keeps the number of `old`.  RC_CONFLICT
 * when somebody else corrected that version first. */
enum rc intake_correct(const struct door *door, const struct reading *old, struct reading *next,
                       struct id subject, struct err *err) MUST_CHECK;

/* Facet of an analyte in stored segments. */
int64_t intake_facet(int analyte);

#endif
