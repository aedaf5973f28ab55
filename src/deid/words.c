#include "deid/words.h"

#include <assert.h>

/* Over twice the words there are, so that a miss ends soon. */
#define SLOTS     32768
#define WORDS_MAX 4096 /* of one list that is picked from */

struct slot {
	struct str word;
	uint32_t classes;
};

struct picks {
	struct str items[WORDS_MAX];
	size_t count;
};

struct words {
	struct slot slots[SLOTS];
	struct picks given, family, city;
	size_t used;
};

static const struct list {
	const char *words;
	uint32_t classes;
} lists[] = {
	{ words_given, WORD_GIVEN },
	{ words_family, WORD_FAMILY },
	{ words_city, WORD_CITY },
	{ words_region, WORD_REGION },
	{ words_english, WORD_COMMON },
	{ words_french, WORD_COMMON },
	{ words_medical, WORD_COMMON },
	{ words_eponym, WORD_EPONYM },
	{ words_title, WORD_TITLE | WORD_COMMON },
	{ words_street, WORD_STREET },
	{ words_hospital, WORD_HOSPITAL | WORD_COMMON },
	{ words_firm, WORD_FIRM },
	{ words_particle, WORD_PARTICLE },
	{ words_eponym_noun, WORD_EPONYM_NOUN | WORD_COMMON },
	{ words_label, WORD_LABEL | WORD_COMMON },
	{ words_before_place, WORD_BEFORE_PLACE | WORD_COMMON },
	{ words_before_person, WORD_BEFORE_PERSON | WORD_COMMON },
	{ words_after_person, WORD_AFTER_PERSON | WORD_COMMON },
	{ words_dose, WORD_DOSE | WORD_COMMON },
};

/* FNV-1a, 64 bits: the dictionary is ours, so nobody can choose collisions. */
static size_t
slot_of(struct str word)
{
	uint64_t hash = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < word.len; i++)
		hash = (hash ^ (unsigned char)word.ptr[i]) * UINT64_C(1099511628211);
	return (size_t)(hash >> 20) % SLOTS;
}

static const struct slot *
slot_find(const struct words *words, struct str word)
{
	size_t at = slot_of(word);

	while (words->slots[at].word.len != 0 && !str_eq(words->slots[at].word, word))
		at = (at + 1) % SLOTS;
	return &words->slots[at];
}

static void
word_add(struct words *words, struct str word, uint32_t classes)
{
	struct slot *slot = &words->slots[slot_find(words, word) - words->slots];

	if (slot->word.len == 0) {
		assert(words->used < SLOTS / 2);
		words->used++;
		slot->word = word;
	}
	slot->classes |= classes;
}

static void
pick_add(struct picks *picks, struct str word)
{
	assert(picks->count < WORDS_MAX);
	picks->items[picks->count++] = word;
}

struct words *
words_new(void)
{
	struct words *words = calloc(1, sizeof(*words));

	if (words == NULL)
		abort();
	for (size_t i = 0; i < COUNT_OF(lists); i++) {
		struct str rest = str_from_c(lists[i].words);
		while (rest.len != 0) {
			struct str word;
			rest = str_cut(rest, ' ', &word);
			word_add(words, word, lists[i].classes);
			if (lists[i].classes == WORD_GIVEN)
				pick_add(&words->given, word);
			if (lists[i].classes == WORD_FAMILY)
				pick_add(&words->family, word);
			if (lists[i].classes == WORD_CITY)
				pick_add(&words->city, word);
		}
	}
	return words;
}

void
words_free(struct words *words)
{
	free(words);
}

uint32_t
words_find(const struct words *words, struct str folded)
{
	return folded.len == 0 ? 0 : slot_find(words, folded)->classes;
}

struct str
words_pick(const struct words *words, enum word_class from, uint64_t number)
{
	const struct picks *picks = from == WORD_GIVEN  ? &words->given
	                            : from == WORD_CITY ? &words->city
	                                                : &words->family;

	return picks->items[number % picks->count];
}
