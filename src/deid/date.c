#include "deid/date.h"

#include "base/clock.h"

#define MONTHS_EN                                                                              \
	"jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"        \
	"sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
#define MONTHS_FR                                                                              \
	"janv(?:ier)?|f[ée]v(?:r(?:ier)?)?|mars|avr(?:il)?|mai|juin|juil(?:let)?|ao[ûu]t|"   \
	"septembre|octobre|novembre|d[ée]c(?:embre)?"
/* Longest first: a short form must not take the beginning of a long one. */
#define MONTH "(?i:" MONTHS_FR "|" MONTHS_EN ")(?![\\p{L}])\\.?"
#define MONTH_CAP                                                                              \
	"(?:January|February|March|April|June|July|August|September|October|November|"         \
	"December|(?i:janvier|f[ée]vrier|avril|juillet|ao[ûu]t|septembre|octobre|novembre|"  \
	"d[ée]cembre))(?!\\p{L})"
#define DAY    "(0?[1-9]|[12]\\d|3[01])"
#define BEFORE "(?<![\\w/.-])"
#define YEAR   "((?:1[89]|20|21)\\d{2})"
/* A time of day belongs to the date it follows. */
#define CLOCK                                                                                  \
	"(?:[T ,]{1,2}(?:at |à "                                                              \
	")?\\d{1,2}[:h]\\d{2}(?::\\d{2})?(?:\\.\\d{1,6})?(?:Z|[+-]\\d{2}:?\\d{2})?)?"
#define WEEKDAY                                                                                \
	"Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|"                            \
	"(?i:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche)"

enum field { YEAR_FIELD, MONTH_FIELD, DAY_FIELD, FIELDS };

/* Which group holds what (0: none); `is_open`: day and month may be swapped. */
struct layout {
	int groups[FIELDS];
	bool is_open;
	bool is_weekday;
};

const struct pattern_row date_rows[] = {
	{ DEID_DATE, 0.95f, 0, BEFORE "(\\d{4})([-/.])(0?[1-9]|1[0-2])\\2" DAY "(?!\\d)" CLOCK,
	  NULL },
	{ DEID_DATE, 0.9f, 0,
	  BEFORE "(\\d{1,2})([/.-])(\\d{1,2})\\2(\\d{4}|\\d{2})(?![\\d%]|[/.-]\\d)" CLOCK,
	  NULL },
	{ DEID_DATE, 0.95f, 0,
	  "(?<![\\p{L}\\d])(" MONTH ") ?" DAY "(?:st|nd|rd|th)?,? {1,2}" YEAR "(?!\\d)", NULL },
	{ DEID_DATE, 0.95f, 0,
	  BEFORE DAY "(?:st|nd|rd|th|er)?[ -]?(?:of |de )?(" MONTH "),?[ -]?" YEAR "(?!\\d)",
	  NULL },
	{ DEID_DATE, 0.9f, 0, BEFORE DAY "-(" MONTH ")-(\\d{2})(?!\\d)", NULL },
	{ DEID_DATE, 0.85f, 0, "(?<![\\p{L}\\d])(" MONTH ")(?: of| de)?,?[ -]" YEAR "(?!\\d)",
	  NULL },
	{ DEID_DATE, 0.8f, 0, BEFORE "(0?[1-9]|1[0-2])/((?:19|20)\\d{2})(?![\\d/])", NULL },
	{ DEID_DATE, 0.7f, 0,
	  "(?<![\\p{L}\\d])(" MONTH ") {1,2}" DAY
	  "(?:st|nd|rd|th)?(?![\\d.,:%/-]\\d|\\d| ?m[gcl])",
	  NULL },
	{ DEID_DATE, 0.7f, 0, "(?<![\\d.,/-])" DAY "(?:st|nd|rd|th|er)?[ -](?:of )?(" MONTH ")",
	  NULL },
	{ DEID_DATE, 0.55f, 0,
	  "(?<=\\bon |\\ble |\\bdu |since |until |dated |depuis le )(\\d{1,2})"
	  "(/)(\\d{1,2})(?![\\d/])",
	  NULL },
	{ DEID_DATE, 0.65f, 0,
	  "(?<![\\w.,+-])((?:19|20)\\d{2})(0[1-9]|1[0-2])(0[1-9]|[12]\\d|"
	  "3[01])(?![\\w-]|[.,]\\d)",
	  NULL },
	{ DEID_DATE, 0.7f, 0,
	  "(?<=\\bin |since |until |[Ll]ast |\\bnext |early |late |\\bmid |\\bby "
	  "|\\ben |depuis |fin |d[ée]but |mi-)(" MONTH_CAP "|May|mars|mai|juin)"
	  "(?![\\p{L}-]| \\d)",
	  NULL },
	{ DEID_DATE, 0.7f, 0, "(?<![\\p{L}\\d])(" MONTH_CAP ")", NULL },
	{ DEID_DATE, 0.6f, 0, "(?<![\\p{L}\\d])(" WEEKDAY ")(?!\\p{L})", NULL },
};
const size_t date_row_count = COUNT_OF(date_rows);

static const struct layout layouts[] = {
	{ { 1, 3, 4 }, false, false }, { { 4, 1, 3 }, true, false },
	{ { 3, 1, 2 }, false, false }, { { 3, 2, 1 }, false, false },
	{ { 3, 2, 1 }, false, false }, { { 2, 1, 0 }, false, false },
	{ { 2, 1, 0 }, false, false }, { { 0, 1, 2 }, false, false },
	{ { 0, 2, 1 }, false, false }, { { 0, 1, 3 }, true, false },
	{ { 1, 2, 3 }, false, false }, { { 0, 1, 0 }, false, false },
	{ { 0, 1, 0 }, false, false }, { { 0, 0, 1 }, false, true },
};
static_assert(COUNT_OF(layouts) == COUNT_OF(date_rows), "each row has its layout");

/* --- words of dates ------------------------------------------------------------------- */

static const char *const month_names[][12] = {
	{ "january", "february", "march", "april", "may", "june", "july", "august", "september",
	  "october", "november", "december" },
	{ "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre",
	  "octobre", "novembre", "décembre" },
	{ "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec" },
	{ "janv", "févr", "mars", "avr", "mai", "juin", "juil", "août", "sept", "oct", "nov",
	  "déc" },
};
/* Other spellings: read as the month of the same place, written as above. */
static const char *const month_others[][12] = {
	{ "", "fevrier", "", "", "", "", "", "aout", "", "", "", "decembre" },
	{ "", "fevr", "", "", "", "", "", "", "sept", "", "", "dec" },
	{ "", "fév", "", "", "", "", "", "", "", "", "", "" },
	{ "", "fev", "", "", "", "", "", "", "", "", "", "" },
};
static const int other_style[] = { 1, 3, 3, 3 };

static const char *const weekday_names[][7] = {
	{ "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday" },
	{ "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche" },
};

/* "É" and "Û" of DÉCEMBRE and AOÛT are two bytes that differ in bit 5 of the second. */
static bool
is_word(struct str text, const char *word)
{
	size_t len = strlen(word);

	if (text.len != len || len == 0)
		return false;
	for (size_t i = 0; i < len; i++) {
		unsigned char a = (unsigned char)text.ptr[i], b = (unsigned char)word[i];
		if (a != b && (a | 0x20) != b)
			return false;
	}
	return true;
}

struct month_word {
	int month; /* 1–12; 0: none */
	int style; /* row of month_names */
};

static struct month_word
month_read(struct str text)
{
	struct str word = text;

	if (word.len != 0 && word.ptr[word.len - 1] == '.')
		word.len--;
	for (int style = 0; style < (int)COUNT_OF(month_names); style++)
		for (int i = 0; i < 12; i++)
			if (is_word(word, month_names[style][i]))
				return (struct month_word){ i + 1, style };
	for (size_t row = 0; row < COUNT_OF(month_others); row++)
		for (int i = 0; i < 12; i++)
			if (is_word(word, month_others[row][i]))
				return (struct month_word){ i + 1, other_style[row] };
	return (struct month_word){ 0, 0 };
}

/* `word` in the case of `like`: all, first or no letter a capital. */
static void
put_cased(struct buf *out, const char *word, struct str like)
{
	bool is_first = like.ptr[0] >= 'A' && like.ptr[0] <= 'Z';
	bool is_all = is_first && like.len > 1 && like.ptr[1] >= 'A' && like.ptr[1] <= 'Z';

	for (size_t i = 0; word[i] != '\0'; i++) {
		unsigned char c = (unsigned char)word[i];
		bool is_tail = i > 0 && (unsigned char)word[i - 1] == 0xC3;
		bool is_letter = (c >= 'a' && c <= 'z') || is_tail;
		if (is_letter && (is_all || (is_first && i == 0)))
			c = (unsigned char)(c & ~0x20);
		buf_add(out, (struct str){ (const char *)&c, 1 });
	}
}

/* --- reading ---------------------------------------------------------------------------- */

/* A date as it stands in a text. */
struct written {
	struct civil civil;
	struct str fields[FIELDS]; /* where they stand; length 0: not there */
	struct month_word word;
	bool is_two_digit;
};

static int
number_of(struct str digits)
{
	int number = 0;

	for (size_t i = 0; i < digits.len && i < 6; i++) {
		if (digits.ptr[i] < '0' || digits.ptr[i] > '9')
			return 0;
		number = number * 10 + (digits.ptr[i] - '0');
	}
	return number;
}

/* Two digits up to 30 mean 20xx: births go back further than plans go forward. */
static int
year_of(struct str digits)
{
	int year = number_of(digits);

	if (digits.len > 2)
		return year;
	return year <= 30 ? 2000 + year : 1900 + year;
}

static void
fields_swap(struct written *written)
{
	struct str day = written->fields[DAY_FIELD];

	written->fields[DAY_FIELD] = written->fields[MONTH_FIELD];
	written->fields[MONTH_FIELD] = day;
}

static bool
written_read(size_t row, const struct pattern_match *match, bool is_day_first,
             struct written *written)
{
	const struct layout *layout = &layouts[row];
	struct civil *civil = &written->civil;

	*written = (struct written){ .civil = { 2001, 1, 15, 0, 0, 0, 0 } };
	for (int i = 0; i < FIELDS; i++)
		if (layout->groups[i] != 0)
			written->fields[i] = match->groups[layout->groups[i]];
	if (layout->is_open) {
		int first = number_of(written->fields[MONTH_FIELD]);
		int second = number_of(written->fields[DAY_FIELD]);
		if (first > 12 || (second <= 12 && is_day_first))
			fields_swap(written);
	}
	if (written->fields[MONTH_FIELD].len != 0) {
		written->word = month_read(written->fields[MONTH_FIELD]);
		civil->month = written->word.month != 0
		                   ? written->word.month
		                   : number_of(written->fields[MONTH_FIELD]);
	}
	if (written->fields[DAY_FIELD].len != 0)
		civil->day = number_of(written->fields[DAY_FIELD]);
	if (written->fields[YEAR_FIELD].len != 0) {
		civil->year = year_of(written->fields[YEAR_FIELD]);
		written->is_two_digit = written->fields[YEAR_FIELD].len == 2;
	} else if (civil->month == 2 && civil->day == 29) {
		civil->year = 2000;
	}
	return civil_is_valid(civil);
}

/* --- order ------------------------------------------------------------------------------ */

struct votes {
	int day_first, month_first;
};

static void
vote(void *context, size_t row, const struct pattern_match *match)
{
	struct votes *votes = context;

	if (!layouts[row].is_open)
		return;
	votes->day_first += number_of(match->groups[1]) > 12;
	votes->month_first += number_of(match->groups[3]) > 12;
}

int
dates_order(const struct patterns *dates, struct str text)
{
	struct votes votes = { 0, 0 };
	struct err err;

	DISCARD(patterns_run(dates, text, vote, &votes, &err),
	        "the finder has refused it by now");
	return (votes.day_first > votes.month_first) - (votes.day_first < votes.month_first);
}

/* --- moving ----------------------------------------------------------------------------- */

/* The row that takes the whole text, if any. */
struct whole {
	struct str text;
	struct pattern_match match;
	size_t row;
	bool is_found;
};

static void
whole_take(void *context, size_t row, const struct pattern_match *match)
{
	struct whole *whole = context;

	if (whole->is_found || match->whole.len != whole->text.len)
		return;
	whole->is_found = true;
	whole->match = *match;
	whole->row = row;
}

/* As many digits as were written, at least. */
static void
put_number(struct buf *out, int number, struct str like)
{
	int width = like.len >= 2 && like.ptr[0] == '0' ? 2 : 1;

	if (like.len == 4)
		width = 4;
	/* Two digits without a leading zero say nothing of one: keep two. */
	if (like.len == 2)
		width = 2;
	buf_addf(out, "%0*d", width, number);
}

static void
put_field(struct buf *out, const struct written *written, enum field field,
          const struct civil *moved)
{
	struct str like = written->fields[field];

	if (field == YEAR_FIELD) {
		buf_addf(out, "%0*d", written->is_two_digit ? 2 : 4,
		         written->is_two_digit ? moved->year % 100 : moved->year);
	} else if (field == DAY_FIELD) {
		put_number(out, moved->day, like);
	} else if (written->word.month == 0) {
		put_number(out, moved->month, like);
	} else {
		put_cased(out, month_names[written->word.style][moved->month - 1], like);
		if (like.ptr[like.len - 1] == '.')
			buf_add(out, STR("."));
	}
}

static void
put_written(struct buf *out, struct str text, const struct written *written,
            const struct civil *moved)
{
	const char *at = text.ptr, *end = text.ptr + text.len;

	while (at < end) {
		int field = 0;
		while (field < FIELDS &&
		       (written->fields[field].len == 0 || written->fields[field].ptr != at))
			field++;
		if (field == FIELDS) {
			buf_add(out, (struct str){ at++, 1 });
			continue;
		}
		put_field(out, written, (enum field)field, moved);
		at += written->fields[field].len;
	}
}

static bool
weekday_shift(struct str text, int days, struct buf *out)
{
	for (size_t row = 0; row < COUNT_OF(weekday_names); row++) {
		for (int i = 0; i < 7; i++) {
			if (!is_word(text, weekday_names[row][i]))
				continue;
			put_cased(out, weekday_names[row][((i + days) % 7 + 7) % 7], text);
			return true;
		}
	}
	return false;
}

bool
date_shift(const struct patterns *dates, struct str text, int days, bool is_day_first,
           struct buf *out)
{
	struct whole whole = { .text = text };
	struct written written;
	struct civil moved;
	struct err err;

	DISCARD(patterns_run(dates, text, whole_take, &whole, &err), "no date then");
	if (!whole.is_found)
		return false;
	if (layouts[whole.row].is_weekday)
		return weekday_shift(text, days, out);
	if (!written_read(whole.row, &whole.match, is_day_first, &written))
		return false;
	moved = civil_from_us(civil_to_us(&written.civil, 0) + days * US_PER_DAY, 0);
	if (moved.year < 1 || moved.year > 9999)
		return false;
	put_written(out, text, &written, &moved);
	return true;
}
