/*
 * What the pages about choices share: whose they are, and how they are told in words.
 */
#ifndef PAGES_CONSENTS_H
#define PAGES_CONSENTS_H

#include "pages/handlers.h"
#include "vault/choice.h"

struct consents {
	struct request *request;
	struct id subject;
	int64_t kind;  /* of the subject */
	bool is_staff; /* somebody else's, entered by staff */
	struct choices choices;
};

/* Of the path's person, or of the actor itself; RC_NOT_FOUND. */
enum rc consents_begin(struct request *request, struct consents *of, struct err *err)
    MUST_CHECK;
enum rc consents_load(struct consents *of, struct err *err) MUST_CHECK;

bool choice_is_in_force(const struct choice *choice, int64_t now_us);
const char *choice_kind_word(enum choice_kind kind); /* "consent" … */
const char *choice_state_word(const struct choice *choice, int64_t now_us);

/* "Readings, Skin tone and calibration": of a recipient's classes those about the
 * subject, in the page's language; empty: it gets none of them. */
struct str consents_classes(const struct consents *of,
                            const struct policy_recipient *recipient);

#endif
