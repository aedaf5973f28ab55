/*
 * Names, by dictionary, shape and what stands around.
 *
 * A run is capital words in a row with initials and particles between ("Ludwig
 * van B. Beuren").  Its score grows with what the dictionaries know of its words
 * and with a title, a label or a word such as "daughter" before it; a dose, or a
 * noun that eponyms go with, takes it away ("Foley catheter", "Xarelto 20 mg").
 * A second pass takes each word of a sure name wherever it stands.
 */
#include "deid/find.h"

#define SCORE_LEAST 0.5f
#define RUN_MAX     8

enum weight { WEIGHT_NONE, WEIGHT_WEAK, WEIGHT_UNKNOWN, WEIGHT_STRONG };

struct search {
	const struct words *words;
	const struct token *tokens;
	size_t count;
	struct found *found;
	bool *is_taken;
};

struct run {
	size_t first, end; /* tokens */
	unsigned strong, unknown, weak, initials, given, family;
};

/* --- what stands around ------------------------------------------------------------------ */

static struct str
gap_before(const struct search *search, size_t at)
{
	const struct token *before = &search->tokens[at - 1];
	size_t from = before->offset + before->length;

	return (struct str){ search->found->text.ptr + from, search->tokens[at].offset - from };
}

static bool
gap_has(struct str gap, char c)
{
	return gap.len != 0 && memchr(gap.ptr, c, gap.len) != NULL;
}

static bool
is_space(struct str gap)
{
	return str_eq(gap, STR(" ")) || str_eq(gap, STR("  ")) || str_eq(gap, STR("\u00a0"));
}

/* A class of the word `back` places before `at`, on the same line. */
static bool
is_before(const struct search *search, size_t at, size_t back, uint32_t classes)
{
	if (at < back)
		return false;
	for (size_t i = at - back + 1; i <= at; i++)
		if (gap_has(gap_before(search, i), '\n') || gap_before(search, i).len > 4)
			return false;
	return (search->tokens[at - back].classes & classes) != 0;
}

/* The token just after `end`, parted by a space or a genitive; NULL: none. */
static const struct token *
token_after(const struct search *search, size_t end)
{
	size_t at = end;

	if (at < search->count && str_eq(search->tokens[at].folded, STR("s")) &&
	    gap_before(search, at).len != 0 && !is_space(gap_before(search, at)))
		at++;
	if (at >= search->count || gap_has(gap_before(search, at), '\n') ||
	    gap_has(gap_before(search, at), '.') || gap_before(search, at).len > 3)
		return NULL;
	return &search->tokens[at];
}

static bool
is_before_dose(const struct search *search, size_t end)
{
	const struct token *after = token_after(search, end);

	if (after == NULL)
		return false;
	if (after->shape == TOKEN_MIXED && after->folded.ptr[0] <= '9')
		return true; /* 20mg */
	if (after->shape == TOKEN_NUMBER)
		after = token_after(search, (size_t)(after - search->tokens) + 1);
	return after != NULL && (after->classes & WORD_DOSE) != 0;
}

/* "Crohn's disease", "maladie de Crohn", "sonde Foley". */
static bool
is_eponym(const struct search *search, const struct run *run)
{
	const struct token *after = token_after(search, run->end);
	size_t at = run->first;

	if (after != NULL && (after->classes & WORD_EPONYM_NOUN) != 0)
		return true;
	if (after != NULL && (search->tokens[run->end - 1].classes & WORD_EPONYM) != 0 &&
	    (str_eq(after->folded, STR("coma")) || str_eq(after->folded, STR("s"))))
		return true;
	if (is_before(search, at, 1, WORD_EPONYM_NOUN))
		return true;
	return is_before(search, at, 2, WORD_EPONYM_NOUN) &&
	       (str_eq(search->tokens[at - 1].folded, STR("de")) ||
	        str_eq(search->tokens[at - 1].folded, STR("of")) ||
	        str_eq(search->tokens[at - 1].folded, STR("d")));
}

/* --- words -----------------------------------------------------------------------------------
 */

/* How words end that are drugs, tests, adjectives, and hardly names. */
static bool
is_term(struct str folded)
{
	static const char *const endings[] = {
		"pril",   "olol",    "statin",    "sartan", "mab",    "cillin",  "mycin",
		"azole",  "idine",   "pine",      "zepam",  "zolam",  "oxetine", "prazole",
		"formin", "gliptin", "gliflozin", "tide",   "caine",  "itis",    "osis",
		"emia",   "aemia",   "ectomy",    "otomy",  "oscopy", "graphy",  "gram",
		"pathy",  "ology",   "ologist",   "tion",   "sion",   "ment",    "ness",
		"ity",    "ical",    "able",      "ible",   "ous",    "ism",     "phobia",
		"plasty", "ique",    "ological",  "ative",  "ful",    "less",    "ship",
		"ite",    "emie",    "ologie",    "ologue", "ement",  "ance",    "ence",
		"oide",   "xaban",   "parin",     "vir",    "tinib",  "ide",
	};

	for (size_t i = 0; i < COUNT_OF(endings); i++)
		if (folded.len > strlen(endings[i]) + 2 &&
		    str_ends_with(folded, str_from_c(endings[i])))
			return true;
	return false;
}

static enum weight
weigh(const struct token *token)
{
	bool is_name = (token->classes & WORD_NAMES) != 0;
	uint32_t clash = ~(uint32_t)(WORD_NAMES | WORD_PARTICLE);
	bool clashes = (token->classes & clash) != 0 &&
	               (token->classes & clash) != WORD_EPONYM; /* its noun tells */

	if (token->is_tagged || (token->classes & WORD_TITLE) != 0 ||
	    (!is_name && (token->classes & WORD_REGION) != 0))
		return WEIGHT_NONE;
	if (token->shape != TOKEN_CAPITAL && token->shape != TOKEN_UPPER)
		return WEIGHT_NONE;
	if (is_name)
		return clashes || token->length < 3 ? WEIGHT_WEAK : WEIGHT_STRONG;
	if ((token->classes & WORD_CITY) != 0 && (token->classes & WORD_COMMON) == 0)
		return WEIGHT_WEAK;
	if (token->classes != 0)
		return (token->classes & WORD_EPONYM) != 0 ? WEIGHT_WEAK : WEIGHT_NONE;
	if (token->shape == TOKEN_UPPER)
		return token->length >= 4 && !token->is_heading ? WEIGHT_WEAK : WEIGHT_NONE;
	return is_term(token->folded) || token->length < 2 ? WEIGHT_NONE : WEIGHT_UNKNOWN;
}

static bool
is_joined(const struct search *search, size_t at)
{
	struct str gap = gap_before(search, at);

	if (is_space(gap))
		return true;
	return search->tokens[at - 1].shape == TOKEN_INITIAL &&
	       (str_eq(gap, STR(". ")) || str_eq(gap, STR(".")));
}

/* One or two particles and then a name: how many tokens that is. */
static size_t
particles_before_name(const struct search *search, size_t at)
{
	size_t i = at;

	while (i < search->count && i < at + 2 && is_joined(search, i) &&
	       (search->tokens[i].classes & WORD_PARTICLE) != 0 &&
	       search->tokens[i].shape == TOKEN_LOWER)
		i++;
	if (i == at || i >= search->count || !is_joined(search, i))
		return 0;
	return search->tokens[i].shape == TOKEN_CAPITAL && !search->tokens[i].is_tagged ? i - at
	                                                                                : 0;
}

static void
run_count(struct run *run, const struct token *token)
{
	enum weight weight = weigh(token);

	run->strong += weight == WEIGHT_STRONG;
	run->unknown += weight == WEIGHT_UNKNOWN;
	run->weak += weight == WEIGHT_WEAK;
	run->initials += token->shape == TOKEN_INITIAL;
	run->given += (token->classes & WORD_GIVEN) != 0;
	run->family += (token->classes & WORD_FAMILY) != 0;
}

static struct run
run_read(const struct search *search, size_t first)
{
	struct run run = { .first = first, .end = first };

	while (run.end < search->count && run.end - first < RUN_MAX) {
		const struct token *token = &search->tokens[run.end];
		bool is_name = weigh(token) != WEIGHT_NONE || token->shape == TOKEN_INITIAL;
		size_t particles = 0;
		if (run.end != first && !is_joined(search, run.end))
			break;
		if (run.end != first && !is_name)
			particles = particles_before_name(search, run.end);
		if (!is_name && particles == 0)
			break;
		run.end += particles;
		token = &search->tokens[run.end];
		run_count(&run, token);
		run.end++;
	}
	/* "I", "A" and vitamins are no initials at the end of a run that is none. */
	while (run.end > first + 1 && search->tokens[run.end - 1].shape == TOKEN_INITIAL &&
	       run.strong == 0)
		run.end--;
	return run;
}

/* --- scores
 * ------------------------------------------------------------------------------------- */

/* French "M. Dupont"; "M. Smith" is a name all the same. */
static bool
is_monsieur(const struct search *search, size_t at)
{
	return at + 1 < search->count && search->tokens[at].shape == TOKEN_INITIAL &&
	       str_eq(search->tokens[at].folded, STR("m")) &&
	       str_eq(gap_before(search, at + 1), STR(". "));
}

static bool
is_after_title(const struct search *search, size_t at)
{
	if (at > 0 && is_monsieur(search, at - 1))
		return true;
	return is_before(search, at, 1, WORD_TITLE) && !gap_has(gap_before(search, at), ',');
}

/* "Name: X", "Attending physician: X", "name is X", "last name? X". */
static bool
is_after_label(const struct search *search, size_t at)
{
	struct str gap = at == 0 ? STR_EMPTY : gap_before(search, at);

	if (at == 0 || gap.len > 24)
		return false;
	if (gap_has(gap, ':') || gap_has(gap, '?'))
		return (search->tokens[at - 1].classes & WORD_LABEL) != 0;
	return is_before(search, at, 2, WORD_LABEL) &&
	       (str_eq(search->tokens[at - 1].folded, STR("is")) ||
	        str_eq(search->tokens[at - 1].folded, STR("est")) ||
	        str_eq(search->tokens[at - 1].folded, STR("by")) ||
	        str_eq(search->tokens[at - 1].folded, STR("par")));
}

static bool
is_and(const struct token *token)
{
	return str_eq(token->folded, STR("and")) || str_eq(token->folded, STR("et"));
}

/* A word that no dictionary knows and that begins a sentence: a name where a
 * common word of some length goes on ("Koppany listed"), not a preposition. */
static bool
is_likely_subject(const struct search *search, const struct run *run)
{
	const struct token *after = token_after(search, run->end);

	/* A genitive, or an enumeration. */
	if (after != NULL && after != &search->tokens[run->end])
		return true;
	if (after != NULL && (gap_has(gap_before(search, run->end), ',') || is_and(after)))
		return true;
	return after != NULL && after->shape == TOKEN_LOWER && after->length > 2 &&
	       (after->classes & WORD_COMMON) != 0 &&
	       (after->classes & (WORD_PARTICLE | WORD_BEFORE_PLACE)) == 0;
}

static float
run_alone(const struct search *search, const struct run *run)
{
	const struct token *first = &search->tokens[run->first];
	size_t words = run->strong + run->unknown + run->weak;

	if (run->strong != 0 && words + run->initials >= 2)
		return 0.95f;
	if (run->strong != 0)
		return run->given != 0 ? 0.85f : 0.75f;
	if (run->unknown >= 2 || (run->unknown != 0 && run->initials != 0))
		return 0.7f;
	if (words >= 2 && run->given != 0 && run->family + run->unknown != 0 &&
	    (first->classes & WORD_GIVEN) != 0)
		return 0.65f;
	if (words >= 2 && run->unknown != 0)
		return 0.55f;
	if (run->unknown == 1 && first->length >= 3)
		return first->is_start && !is_likely_subject(search, run) ? 0.4f : 0.55f;
	return run->given + run->family != 0 && !first->is_start ? 0.35f : 0.2f;
}

static float
run_score(const struct search *search, const struct run *run)
{
	const struct token *after = token_after(search, run->end);
	const struct token *first = &search->tokens[run->first];
	float score = run_alone(search, run);

	if (is_after_title(search, run->first))
		return 0.97f;
	if (is_eponym(search, run) || (run->strong == 0 && is_before_dose(search, run->end)))
		return 0;
	if (is_after_label(search, run->first))
		return 0.92f;
	if (run->end == run->first + 1 && (first->classes & WORD_EPONYM) != 0)
		return (first->classes & WORD_NAMES) != 0 ? score : 0;
	if (is_before(search, run->first, 1, WORD_BEFORE_PERSON) && !first->is_start)
		score += 0.2f;
	if (after != NULL && after->shape == TOKEN_LOWER &&
	    (after->classes & WORD_AFTER_PERSON) != 0)
		score += 0.15f;
	if (after != NULL && is_and(after) && after + 1 < search->tokens + search->count &&
	    weigh(after + 1) == WEIGHT_STRONG)
		score += 0.15f;
	return score > 0.97f ? 0.97f : score;
}

/* --- spans
 * ---------------------------------------------------------------------------------------- */

static void
take(struct search *search, size_t first, size_t end, enum deid_kind kind, float score)
{
	const struct token *last = &search->tokens[end - 1];
	size_t from = search->tokens[first].offset;

	for (size_t i = first; i < end; i++)
		search->is_taken[i] = true;
	found_add(search->found,
	          (struct deid_span){ from, last->offset + last->length - from, kind, score });
}

static bool
is_before_place(const struct search *search, size_t at)
{
	return is_before(search, at, 1, WORD_BEFORE_PLACE) && is_space(gap_before(search, at));
}

static enum deid_kind
run_kind(const struct search *search, const struct run *run)
{
	const struct token *after = token_after(search, run->end);

	if (after != NULL && (after->classes & WORD_FIRM) != 0 && after->shape != TOKEN_LOWER)
		return DEID_FACILITY;
	if (run->strong == 0 && run->first > 0 && is_before_place(search, run->first))
		return DEID_PLACE;
	return DEID_NAME;
}

/* After a title or a label even a common word is a name, when it has a capital. */
static size_t
told_end(const struct search *search, size_t from)
{
	size_t at = from, end = from;

	while (end < search->count && end < at + 2 &&
	       (search->tokens[end].classes & WORD_PARTICLE) != 0 &&
	       search->tokens[end].shape == TOKEN_LOWER)
		end++;
	if (end > from && (end >= search->count || search->tokens[end].shape != TOKEN_CAPITAL))
		return from;
	at = end;
	while (end < search->count && end < at + 4 && !search->tokens[end].is_tagged) {
		const struct token *token = &search->tokens[end];
		bool is_capital = token->shape == TOKEN_CAPITAL ||
		                  token->shape == TOKEN_INITIAL || token->shape == TOKEN_UPPER;
		if (end > at &&
		    (!is_joined(search, end) || (token->classes & WORD_COMMON) != 0))
			break;
		if (!is_capital || (token->classes & (WORD_TITLE | WORD_LABEL)) != 0)
			break;
		end++;
	}
	return end;
}

/* "my name is nyberg", "patricia desrosiers": no capital tells. */
static size_t
lower_end(const struct search *search, size_t at)
{
	const struct token *token = &search->tokens[at];
	uint32_t known = token->classes & ~(uint32_t)(WORD_NAMES | WORD_PARTICLE);
	bool is_told = is_after_label(search, at) || is_after_title(search, at);
	size_t end = at + 1;

	if (token->shape != TOKEN_LOWER || token->is_tagged || known != 0 || token->length < 3)
		return at;
	if (is_told && !is_before(search, at, 2, WORD_LABEL) && token->classes == 0 &&
	    is_term(token->folded))
		return at;
	while (end < search->count && end < at + 3 && is_joined(search, end) &&
	       search->tokens[end].shape == TOKEN_LOWER && search->tokens[end].length > 2 &&
	       (search->tokens[end].classes & ~(uint32_t)WORD_NAMES) == 0)
		end++;
	if (is_told)
		return end;
	return (token->classes & WORD_GIVEN) != 0 && end > at + 1 ? end : at;
}

/* A capital common word amid a sentence, before one name alone, is its first:
 * "by Hope Sandström". */
static size_t
run_start(const struct search *search, const struct run *run)
{
	const struct token *before = &search->tokens[run->first - (run->first > 0)];

	if (run->first == 0 || run->end != run->first + 1 || before->shape != TOKEN_CAPITAL ||
	    before->is_start || before->is_tagged || !is_joined(search, run->first))
		return run->first;
	return (before->classes & ~(uint32_t)(WORD_NAMES | WORD_COMMON)) == 0 ? run->first - 1
	                                                                      : run->first;
}

/* The longest city or region of the dictionary that begins at `at`: its tokens,
 * or 0. */
static size_t
place_length(const struct search *search, size_t at, enum word_class class)
{
	char joined[64];
	size_t len = 0, longest = 0;

	for (size_t i = at; i < search->count && i < at + 3; i++) {
		const struct token *token = &search->tokens[i];
		if (token->shape != TOKEN_CAPITAL && token->shape != TOKEN_UPPER)
			break;
		if ((i > at && !is_space(gap_before(search, i))) ||
		    len + token->folded.len + 1 > sizeof(joined) || token->is_tagged)
			break;
		memcpy(joined + len, token->folded.ptr, token->folded.len);
		len += token->folded.len;
		if ((words_find(search->words, (struct str){ joined, len }) & class) != 0)
			longest = i + 1 - at;
		joined[len++] = '_';
	}
	return longest;
}

static size_t
name_take(struct search *search, size_t at)
{
	struct run run = run_read(search, at);
	bool is_told = at > 0 && (is_after_title(search, at) || is_after_label(search, at));
	size_t end = is_told ? told_end(search, at) : at;
	float score;

	if (is_monsieur(search, at))
		return at + 1;
	if (end > at && end >= run.end && (is_after_title(search, at) || run.end > at)) {
		take(search, at, end, DEID_NAME, 0.95f);
		return end;
	}
	if (run.end > at && run.strong + run.unknown + run.weak != 0) {
		score = run_score(search, &run);
		if (score >= SCORE_LEAST)
			take(search, run_start(search, &run), run.end, run_kind(search, &run),
			     score);
		return run.end;
	}
	end = lower_end(search, at);
	if (end > at)
		take(search, at, end, DEID_NAME, 0.65f);
	return end > at ? end : at + 1;
}

/* --- places and facilities ---------------------------------------------------------------- */

static size_t
city_take(struct search *search, size_t at)
{
	const struct token *token = &search->tokens[at];
	size_t length = place_length(search, at, WORD_CITY);
	struct run run = { .first = at, .end = at + length };
	bool is_told = at > 0 && is_before_place(search, at);
	uint32_t clash = WORD_COMMON | WORD_NAMES | WORD_EPONYM;

	if (length == 0 || (!is_told && is_eponym(search, &run)))
		return at + 1;
	if (length == 1 && !is_told && (token->classes & clash) != 0)
		return at + 1;
	if (length == 1 && (token->classes & WORD_COMMON) != 0 && token->is_heading)
		return at + 1;
	/* "Dr. Boston", "Jack London" */
	if (search->is_taken[at] && !is_told && (token->classes & clash) != 0)
		return at + length;
	take(search, at, at + length, DEID_PLACE, is_told ? 0.9f : 0.8f);
	return at + length;
}

static bool
is_one_of(struct str folded, const char *const *list)
{
	for (size_t i = 0; list[i] != NULL; i++)
		if (str_eq(folded, str_from_c(list[i])))
			return true;
	return false;
}

static bool
is_capital_word(const struct token *token)
{
	return !token->is_tagged &&
	       (token->shape == TOKEN_CAPITAL || token->shape == TOKEN_UPPER);
}

/* "Hôpital Saint-Antoine", "CHU de Nantes". */
static size_t
facility_forward(const struct search *search, size_t at)
{
	static const char *const heads[] = { "hopital",      "clinique", "chu",       "chru",
		                             "polyclinique", "ehpad",    "maternite", NULL };
	size_t end = at + 1, last = at + 1;

	if (!is_one_of(search->tokens[at].folded, heads))
		return at;
	while (end < search->count && end < at + 6 && gap_before(search, end).len <= 4 &&
	       !gap_has(gap_before(search, end), '\n')) {
		const struct token *token = &search->tokens[end];
		end++;
		if (is_capital_word(token))
			last = end;
		else if ((token->classes & WORD_PARTICLE) == 0 && token->length > 1)
			break;
	}
	return last > at + 1 ? last : at;
}

/* "Mercy Hospital", "St. Mary's Medical Center"; not "General Hospital". */
static size_t
facility_back(const struct search *search, size_t at)
{
	static const char *const heads[] = { "hospital", "clinic",     "infirmary", "hospice",
		                             "center",   "university", "institute", NULL };
	size_t first = at;
	bool has_name = false;

	if (!is_one_of(search->tokens[at].folded, heads) ||
	    !is_capital_word(&search->tokens[at]))
		return at;
	while (first > 0 && at - first < 5 && gap_before(search, first).len <= 3 &&
	       !gap_has(gap_before(search, first), '\n')) {
		const struct token *token = &search->tokens[first - 1];
		bool is_genitive = str_eq(token->folded, STR("s"));
		if ((!is_capital_word(token) && !is_genitive) ||
		    (token->classes & (WORD_TITLE | WORD_BEFORE_PLACE)) != 0)
			break;
		has_name |= !is_genitive && (token->classes & WORD_COMMON) == 0;
		first--;
	}
	return has_name ? first : at;
}

static void
facility_take(struct search *search, size_t at)
{
	size_t end = facility_forward(search, at), first = facility_back(search, at);

	if ((search->tokens[at].classes & WORD_HOSPITAL) == 0)
		return;
	if (end > at)
		take(search, at, end, DEID_FACILITY, 0.85f);
	else if (first < at)
		take(search, first, at + 1, DEID_FACILITY, 0.85f);
}

/* --- the second pass ------------------------------------------------------------------------
 */

static int
str_compare(const void *a, const void *b)
{
	const struct str *x = a, *y = b;
	size_t len = x->len < y->len ? x->len : y->len;
	int order = memcmp(x->ptr, y->ptr, len);

	return order != 0 ? order : (x->len > y->len) - (x->len < y->len);
}

/* Each word of a name that was found, wherever else it has a capital. */
static void
names_again(struct search *search)
{
	struct str *sure = arena_alloc(
	    search->found->arena, (search->count + 1) * sizeof(*sure), _Alignof(struct str));
	size_t count = 0;

	for (size_t i = 0; i < search->count; i++)
		if (search->is_taken[i] && search->tokens[i].length >= 3 &&
		    (search->tokens[i].classes & (WORD_COMMON | WORD_HOSPITAL | WORD_FIRM |
		                                  WORD_REGION | WORD_STREET)) == 0)
			sure[count++] = search->tokens[i].folded;
	qsort(sure, count, sizeof(*sure), str_compare);
	for (size_t i = 0; i < search->count; i++) {
		const struct token *token = &search->tokens[i];
		struct run run = { .first = i, .end = i + 1 };
		bool is_common = (token->classes & WORD_COMMON) != 0;
		if (search->is_taken[i] || !is_capital_word(token) || is_eponym(search, &run) ||
		    (is_common && token->is_start))
			continue;
		if (bsearch(&token->folded, sure, count, sizeof(*sure), str_compare) != NULL)
			take(search, i, i + 1, DEID_NAME, 0.6f);
	}
}

void
names_find(const struct words *words, const struct tokens *tokens, struct found *found)
{
	struct search search = { words, tokens->items, tokens->count, found, NULL };

	search.is_taken = arena_alloc(found->arena, tokens->count + 1, 1);
	for (size_t at = 0; at < search.count;) {
		size_t region = place_length(&search, at, WORD_REGION);
		bool is_name = region == 1 && ((search.tokens[at].classes & WORD_NAMES) != 0 ||
		                               is_after_title(&search, at));
		if (search.tokens[at].is_tagged)
			at++;
		else
			at = region != 0 && !is_name ? at + region : name_take(&search, at);
	}
	for (size_t at = 0; at < search.count;)
		at = city_take(&search, at);
	for (size_t at = 0; at < search.count; at++)
		facility_take(&search, at);
	names_again(&search);
}
