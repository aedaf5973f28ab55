/*
 * The closed vocabularies of the language: each word and the value it has in
 * the model.  The reader, the rendered policy and the comparison of two
 * versions use the same tables.
 */
#ifndef POLICY_WORDS_H
#define POLICY_WORDS_H

#include "policy/field.h"

extern const struct words words_side;       /* controller, processor */
extern const struct words words_basis;      /* enum policy_basis */
extern const struct words words_right;      /* enum policy_right */
extern const struct words words_through;    /* person, client */
extern const struct words words_trigger;    /* enum policy_trigger */
extern const struct words words_after;      /* enum policy_after */
extern const struct words words_index;      /* enum policy_index_kind */
extern const struct words words_when;       /* enum policy_when */
extern const struct words words_form;       /* enum policy_form */
extern const struct words words_verb;       /* enum policy_verb, without manage */
extern const struct words words_scope;      /* enum policy_scope */
extern const struct words words_manage;     /* what may be managed */
extern const struct words words_second;     /* enum policy_second */
extern const struct words words_required;   /* optional, required: of a role */
extern const struct words words_signs_in;   /* link, credential */
extern const struct words words_factor;     /* enum policy_factor */
extern const struct words words_tls;        /* "1.2", "1.3" to the minor number */
extern const struct words words_notice;     /* ways to tell people */
extern const struct words words_accepted;   /* enum policy_acceptance */
extern const struct words words_held;       /* where a class lives that is not stored */
extern const struct words words_under;      /* what a class may need: agreement */
extern const struct words words_export;     /* formats of an export */
extern const struct words words_onboarding; /* steps before anything opens */
extern const struct words words_transfer;   /* GDPR chapter V bases */

struct str words_text(const struct words *words, int value); /* empty: none */

/* Rights that people have in data used on this basis. */
unsigned basis_rights(enum policy_basis basis);

#endif
