/*
 * What choice.c and choice_read.c share.
 */
#ifndef VAULT_CHOICE_INSIDE_H
#define VAULT_CHOICE_INSIDE_H

#include "vault/choice.h"
#include "vault/inside.h"

/* Who chooses about whom, and what is therefore asked of the policy. */
struct choosing {
	struct subject_row subject;
	bool is_own;
	int64_t represents; /* number of "guardian" …; 0: no */
	struct ask ask;
};
/* `verb` on the class for the subject itself and who represents it; for anybody else
 * `manage requests`.  RC_NOT_FOUND: no such subject. */
enum rc choosing_begin(const struct door *door, struct id subject, enum policy_verb verb,
                       struct choosing *who, struct err *err) MUST_CHECK;
/* As `manage requests` in any case; RC_DENIED where the reason is missing. */
enum rc choosing_staff(const struct door *door, struct choosing *who, struct err *err)
    MUST_CHECK;
enum rc choosing_refuse(const struct door *door, const struct choosing *who,
                        enum refusal refusal, struct err *err) MUST_CHECK;

/* One stored choice by the id of its record, without a look: for the act itself. */
struct choice_stored {
	struct record_row row; /* its id is given */
	struct str body;
	struct choice choice;
};
enum rc choice_load(const struct door *door, struct arena *arena, struct choice_stored *stored,
                    struct err *err) MUST_CHECK;

/* By the account's `born` and `jurisdiction`, which no entry tells of: it is part of
 * giving. */
enum rc choice_is_by_minor(const struct door *door, const struct subject_row *subject,
                           bool *is_minor, struct err *err) MUST_CHECK;

#endif
