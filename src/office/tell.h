/*
 * Telling people: by mail, and as a record of the class `message` that their
 * pages show until it is read.  Who was told what, when and by which way is thereby
 * on record.
 */
#ifndef OFFICE_TELL_H
#define OFFICE_TELL_H

#include "office/office.h"

/* Texts are in the person's language already, or have no language (figures). */
struct telling {
	struct id person;
	const char *kind; /* "policy", "request", "breach", "alert", "role", "access" … */
	struct str subject, text;
	struct str mail; /* the text of the mail where it may say less; empty: the same */
	bool by_mail, by_page;
	/* To staff alone: for those of them who read French; empty: the same. */
	struct str subject_fr, text_fr;
};
enum rc office_tell(struct office *office, const struct tenant *tenant,
                    const struct telling *telling, struct err *err) MUST_CHECK;
/* The same, and once for this person and occasion however often it is called, also after
 * a crash in between.  `mark` stands in the subject ("2026-03-01"); `at_us` is the same
 * in each call. */
struct tell_once {
	const struct telling *telling;
	struct str mark;
	int64_t at_us;
};
enum rc office_tell_once(struct office *office, const struct tenant *tenant,
                         const struct tell_once *once, struct err *err) MUST_CHECK;
/* Every active person whose role has `manage WORD`; `person` is filled in here. */
enum rc office_tell_staff(struct office *office, const struct tenant *tenant, const char *word,
                          const struct telling *telling, struct err *err) MUST_CHECK;

#endif
