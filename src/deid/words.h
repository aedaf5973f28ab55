/*
 * The dictionaries, and what a word is in them.
 *
 * Words are looked up folded: lower case, Latin letters without accents, so
 * that "Zoé", "ZOÉ" and "zoe" are one.  A word may be several things at once
 * ("Rose", "Paris", "Graves"); whoever asks decides by what stands around.
 */
#ifndef DEID_WORDS_H
#define DEID_WORDS_H

#include "base/str.h"

extern const char words_given[], words_family[];                    /* words_names.c */
extern const char words_city[], words_region[];                     /* words_places.c */
extern const char words_english[], words_french[], words_medical[]; /* words_common.c */
extern const char words_eponym[];
extern const char words_title[], words_street[], words_hospital[]; /* words_around.c */
extern const char words_firm[], words_particle[], words_eponym_noun[], words_label[];
extern const char words_before_place[], words_before_person[], words_after_person[];
extern const char words_dose[];

enum word_class {
	WORD_GIVEN = 1 << 0,
	WORD_FAMILY = 1 << 1,
	WORD_CITY = 1 << 2,
	WORD_REGION = 1 << 3, /* may stay */
	WORD_COMMON = 1 << 4, /* English, French or medical */
	WORD_EPONYM = 1 << 5, /* Parkinson, Foley */
	WORD_TITLE = 1 << 6,  /* before a name: Dr, Mme */
	WORD_STREET = 1 << 7, /* Street, rue */
	WORD_HOSPITAL = 1 << 8,
	WORD_FIRM = 1 << 9,           /* Inc, GmbH */
	WORD_PARTICLE = 1 << 10,      /* van, de */
	WORD_EPONYM_NOUN = 1 << 11,   /* disease, catheter, maladie */
	WORD_LABEL = 1 << 12,         /* before a colon and a name: Name, Nom */
	WORD_BEFORE_PLACE = 1 << 13,  /* in, from, à */
	WORD_BEFORE_PERSON = 1 << 14, /* daughter, by, says */
	WORD_AFTER_PERSON = 1 << 15,  /* said, shouted, dit */
	WORD_DOSE = 1 << 16,          /* mg, ml */
};
#define WORD_NAMES (WORD_GIVEN | WORD_FAMILY)

struct words;

struct words *words_new(void);
void words_free(struct words *words);

/* Classes of a folded word; 0: in no dictionary. */
uint32_t words_find(const struct words *words, struct str folded);

/* One of the given or family names, or cities, chosen by `number`; lower case. */
struct str words_pick(const struct words *words, enum word_class from, uint64_t number);

#endif
