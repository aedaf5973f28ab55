/*
 * How functions fail.
 *
 * A function that can fail returns enum rc and takes `struct err *err` last.
 * The code says what *kind* of failure it was, and callers branch on it; the
 * text says what *happened*, and only people read it.  Library code never
 * logs: whoever turns an rc into a response writes the one log line.
 *
 * err->text may reach logs and operators.  It must never carry a subject's
 * data: name the field, not its value.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

/*     code                HTTP  meaning                                            */
#define RC_TABLE(X)                                                                            \
	X(RC_OK, 200, "ok")                                                                    \
	X(RC_SYNTAX, 400, "the request cannot be read")                                        \
	X(RC_UNAUTHENTICATED, 401, "sign in first")                                            \
	X(RC_DENIED, 403, "the caller may not do this")                                        \
	X(RC_NOT_FOUND, 404, "no such thing, or none the caller may see")                      \
	X(RC_METHOD, 405, "the address does not take this method")                             \
	X(RC_NOT_ACCEPTABLE, 406, "no representation that the caller accepts")                 \
	X(RC_TIMEOUT, 408, "the request took too long to arrive")                              \
	X(RC_CONFLICT, 409, "someone else changed it first, or it exists already")             \
	X(RC_GONE, 410, "it was here and has been erased or deleted")                          \
	X(RC_PRECONDITION, 412, "a condition of the request does not hold")                    \
	X(RC_LIMIT, 413, "a size or count limit was reached")                                  \
	X(RC_MEDIA, 415, "the content type is not one that is understood")                     \
	X(RC_INVALID, 422, "the request breaks a rule")                                        \
	X(RC_RATE, 429, "too many tries; wait and try again")                                  \
	X(RC_IO, 500, "the store or the network failed")                                       \
	X(RC_CORRUPT, 500, "stored data failed an integrity check")                            \
	X(RC_BUSY, 503, "try again later")                                                     \
	X(RC_RETRY, 503, "the state changed while it was read; run it again")                  \
	X(RC_FULL, 507, "the disk is full")

enum rc {
#define RC_ENUM(code, http, meaning) code,
	RC_TABLE(RC_ENUM)
#undef RC_ENUM
};

struct err {
	enum rc rc;
	const char *file; /* where it was first raised */
	int line;
	char text[240];
};

/*
 * Record a failure and return its code: `return FAIL(err, RC_IO, "...");`
 * The code is the expression's value, not err_raise()'s, so that analyzers see
 * that a failure is not RC_OK.
 */
#define FAIL(err, rc, ...) (err_raise((err), (rc), __FILE__, __LINE__, __VA_ARGS__), (rc))

/*
 * Pass a failure up unchanged.  The only macro in the tree that returns;
 * everything it could leak is held by a CLEANUP variable or an arena.
 */
#define TRY(call)                                                                              \
	do {                                                                                   \
		enum rc try_rc_ = (call);                                                      \
		if (try_rc_ != RC_OK)                                                          \
			return try_rc_;                                                        \
	} while (0)

/* Drop a failure on purpose.  `why` is for the reader. */
#define DISCARD(call, why)                                                                     \
	do {                                                                                   \
		enum rc discard_rc_ = (call);                                                  \
		(void)discard_rc_;                                                             \
		(void)("" why);                                                                \
	} while (0)

enum rc err_raise(struct err *err, enum rc rc, const char *file, int line, const char *fmt, ...)
    PRINTF_LIKE(5, 6);
int rc_http_status(enum rc rc);
const char *rc_meaning(enum rc rc);
const char *rc_name(enum rc rc); /* "INVALID" */

#endif
