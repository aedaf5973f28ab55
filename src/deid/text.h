/*
 * Free text: finding what identifies a person, and replacing it.
 *
 * The kinds are those of HIPAA's Safe Harbor, 45 CFR 164.514(b)(2)(i)(A)–(R),
 * found by patterns, check digits, dictionaries and context in English and
 * French.  Years, ages to 89, states and countries stay: the rule lets them.
 * Nobody finds everything: README.md says what share is found, and where.
 *
 * A struct deid is compiled once and never changes, so threads share it.
 * Text is UTF-8 (RFC 3629) of at most LIMIT_DEID_TEXT_BYTES.  The time taken
 * grows with its length: patterns have bounded repeats and a bound on
 * backtracking, and a text that reaches it is refused, never passed on.
 */
#ifndef DEID_TEXT_H
#define DEID_TEXT_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"
#include "crypto/secret.h"

#define LIMIT_DEID_TEXT_BYTES  (1 * MIB)
#define LIMIT_DEID_SPANS       65536 /* in one text; more is RC_LIMIT */
#define LIMIT_DEID_ARENA_BYTES (160 * MIB)

/*     kind             tag           letter of the rule, what else it holds       */
#define DEID_KIND_TABLE(X)                                                                     \
	X(DEID_NAME, "NAME", 'A')                                                              \
	X(DEID_ADDRESS, "ADDRESS", 'B')   /* number and street, box, what follows */           \
	X(DEID_PLACE, "PLACE", 'B')       /* city */                                           \
	X(DEID_POSTCODE, "POSTCODE", 'B') /* United States, France, Canada, UK */              \
	X(DEID_FACILITY, "FACILITY", 'B') /* hospital, employer with its legal form */         \
	X(DEID_DATE, "DATE", 'C')         /* all but a year alone; weekdays too */             \
	X(DEID_AGE, "AGE", 'C')           /* 90 and over */                                    \
	X(DEID_PHONE, "PHONE", 'D')                                                            \
	X(DEID_FAX, "FAX", 'E')                                                                \
	X(DEID_EMAIL, "EMAIL", 'F')                                                            \
	X(DEID_SSN, "SSN", 'G') /* and the French NIR */                                       \
	X(DEID_RECORD, "RECORD", 'H')                                                          \
	X(DEID_PLAN, "PLAN", 'I') /* health plan beneficiary; NHS number */                    \
	X(DEID_ACCOUNT, "ACCOUNT", 'J')                                                        \
	X(DEID_LICENSE, "LICENSE", 'K') /* certificates, NPI, DEA, passports */                \
	X(DEID_VEHICLE, "VEHICLE", 'L')                                                        \
	X(DEID_DEVICE, "DEVICE", 'M')                                                          \
	X(DEID_URL, "URL", 'N')                                                                \
	X(DEID_IP, "IP", 'O')                                                                  \
	X(DEID_BIOMETRIC, "BIOMETRIC", 'P')                                                    \
	X(DEID_PHOTO, "PHOTO", 'Q') /* names of picture files */                               \
	X(DEID_OTHER, "ID", 'R')

enum deid_kind {
#define DEID_KIND_ENUM(kind, tag, letter) kind,
	DEID_KIND_TABLE(DEID_KIND_ENUM)
#undef DEID_KIND_ENUM
	    DEID_KINDS
};

struct str deid_kind_tag(enum deid_kind kind); /* "NAME" */
char deid_kind_letter(enum deid_kind kind);    /* 'A' … 'R' */

struct deid;

/* RC_INVALID only by a broken build: a pattern that does not compile. */
enum rc deid_open(struct deid **deid, struct err *err) MUST_CHECK;
/* Closes and sets to NULL; NULL is fine. */
void deid_close(struct deid **deid);

/* Offsets and lengths in bytes, at character borders. */
struct deid_span {
	size_t offset;
	size_t length;
	enum deid_kind kind;
	float score; /* 0.5 … 1: how sure */
};

struct deid_spans {
	const struct deid_span *items; /* in order of place, without overlap */
	size_t count;
};

/*
 * What identifies.  A value found at one place is found at all of the text.
 * Tags that deid_text() wrote are passed over.  The spans live in the arena.
 * RC_INVALID: no UTF-8.  RC_LIMIT: too long, too many, a pattern's bound.
 */
enum rc deid_find(const struct deid *deid, struct str text, struct arena *arena,
                  struct deid_spans *spans, struct err *err) MUST_CHECK;

enum deid_style {
	/* "[NAME]"; an age becomes "90+". */
	DEID_TAGS,
	/*
	 * A made-up value of the same shape, chosen by HMAC under the subject's key:
	 * the same value gives the same surrogate under the same key, another under
	 * another.  Names word by word from the dictionaries, codes digit by digit,
	 * postal codes to three digits (000 for the 17 prefixes of 20,000 people or
	 * less, HHS guidance of 26 November 2012, Census 2000), and dates moved by a
	 * constant number of days, so that intervals stay.  Moved dates are not Safe
	 * Harbor: they need an expert's determination or a limited data set.
	 */
	DEID_SURROGATES,
};

struct deid_options {
	enum deid_style style;
	const struct key *key; /* the subject's; needed by surrogates, else NULL */
	bool is_day_first;     /* how 03/04/2026 is read when the text does not tell */
};

/* De-identified `text` appended to `out`: UTF-8, nothing else.  As deid_find();
 * RC_INVALID also for surrogates without a key. */
enum rc deid_text(const struct deid *deid, const struct deid_options *options, struct str text,
                  struct buf *out, struct err *err) MUST_CHECK;

/* Days that this key moves dates by: −365 … 365, never 0. */
int deid_shift_days(const struct key *key);

/* "94107-1234" → "941", "03601" → "000". Fewer than three digits: "000". */
void deid_zip3(struct str postal_code, char zip3[4]);

#endif
