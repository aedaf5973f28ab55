/*
 * DIR/ledger: what has been destroyed, so that no backup brings it back.
 *
 * One JSON object a line, append-only, each line naming the SHA-256 of the line
 * before, on the disk before ledger_append() returns.  It holds random ids and
 * numbers, nothing else.  A line is appended before the key goes, and each line
 * is handed to whoever ships it to the places of the backups before the append
 * returns; where that fails the erasure goes on and the line is shipped later.
 * A restore replays the longest of all places' ledgers, never one that a backup
 * brought along (docs/decisions/0018).
 */
#ifndef VAULT_LEDGER_H
#define VAULT_LEDGER_H

#include "base/arena.h"
#include "base/clock.h"
#include "base/id.h"
#include "crypto/digest.h"

#define LEDGER_LINE_MAX 512 /* bytes of a line, its end included */

struct ledger;

enum ledger_kind {
	LEDGER_SUBJECT = 1, /* tenant, subject: all of it */
	LEDGER_CLASS,       /* tenant, subject, class */
	LEDGER_RECORD,      /* tenant, subject, class, record */
	LEDGER_MONTH,       /* tenant, class, month: the month's key */
	LEDGER_LOG,         /* tenant (0: the server), number: the log's origin began anew */
	LEDGER_UNDONE,      /* number: a line that came to nothing after all */
	LEDGER_CHOICE,      /* tenant, subject, record: a choice that was withdrawn */
	LEDGER_KEPT,        /* tenant, subject: all but what a law or a hold keeps; lines of the
	                       classes follow */
	LEDGER_RESTRICTED,  /* tenant, subject, number: 1 its use is restricted, 2 no more */
	LEDGER_OBJECTION,   /* tenant, subject, class: number of the purpose, record */
};

struct ledger_line {
	enum ledger_kind kind;
	int64_t tenant;
	struct id subject;
	int64_t class;
	struct id record;
	int64_t month;
	int64_t number;  /* LEDGER_LOG: 2 is "HOST/T/log/2" */
	int64_t time_us; /* 0 when appended: the clock's */
	/* out: */
	int64_t line; /* its place, from 1 */
};

struct ledger_options {
	const char *path; /* made when absent unless read-only */
	const struct clock *clock;
	bool is_read_only;
};

/* A last line without its end was never acknowledged and is cut off.
 * RC_CORRUPT: a line does not name the one before it. */
enum rc ledger_open(struct ledger **ledger, const struct ledger_options *options,
                    struct err *err) MUST_CHECK;
void ledger_close(struct ledger *ledger);

/* Durable when it returns.  RC_FULL, RC_IO: nothing was appended, and what it
 * was to tell of must not be done. */
enum rc ledger_append(struct ledger *ledger, struct ledger_line *line, struct err *err)
    MUST_CHECK;

/* Every line from the first, chain checked; `text` is the line with its end.
 * The file may be one that no ledger has open. */
enum rc ledger_replay(const char *path,
                      enum rc (*each)(void *arg, const struct ledger_line *line,
                                      struct str text, struct err *err),
                      void *arg, struct err *err) MUST_CHECK;
/* One line, end included, that follows one with the digest `before` (zero: the
 * first); `before` becomes its own.  NULL: whatever it follows.  RC_CORRUPT. */
enum rc ledger_line_parse(struct str text, struct digest *before, struct ledger_line *line,
                          struct err *err) MUST_CHECK;

/* --- shipping ---------------------------------------------------------------------- */

/* Called with each line, in the thread of the append, one at a time; again for
 * the same line after a failure. */
struct ledger_shipper {
	enum rc (*ship)(void *arg, const struct ledger_line *line, struct str text,
	                struct err *err);
	void *arg;
};
/* NULL: nobody.  What was not shipped yet is shipped by ledger_ship_again(). */
void ledger_ship(struct ledger *ledger, const struct ledger_shipper *shipper);
/* Tries again what failed; stops at the first that fails again.  RC_OK when all
 * is shipped or there is no shipper. */
enum rc ledger_ship_again(struct ledger *ledger, struct err *err) MUST_CHECK;
/* There is a new place: every line is due again. */
enum rc ledger_ship_all(struct ledger *ledger, struct err *err) MUST_CHECK;

struct ledger_figures {
	bool has_shipper;
	int64_t lines;
	int64_t unshipped;    /* of them; 0 without a shipper */
	int64_t unshipped_us; /* when the oldest of them was appended; 0: none */
	struct digest last;   /* of the last line; zero: there is none */
};
void ledger_figures(struct ledger *ledger, struct ledger_figures *figures);

#endif
