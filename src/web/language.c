/*
 * Catalogues of GNU gettext: a sorted table of English texts and a table of
 * translations beside it, found by bisection.  A catalogue is ours, made by
 * msgfmt at build time; still every offset is checked, and one that leads
 * outside is a text that is not translated.
 *
 * The table of languages is made by tools/embed from the catalogues it finds.
 */
#include "web/language.h"

#include "base/zone.h"

#define MO_MAGIC   0x950412deu
#define MO_SWAPPED 0xde120495u

/* Byte offsets of the words in a catalogue's head. */
enum { MO_AT_COUNT = 8, MO_AT_TEXTS = 12, MO_AT_TRANSLATIONS = 16, MO_HEAD_BYTES = 28 };

const struct language *
language_find(struct str code)
{
	const struct language *english = &languages[0];

	for (size_t i = 0; i < language_count; i++) {
		if (str_eq(str_from_c(languages[i].code), code))
			return &languages[i];
		if (strcmp(languages[i].code, "en") == 0)
			english = &languages[i];
	}
	return english;
}

static const struct language *
tag_find(struct str tag)
{
	struct str primary;

	(void)str_cut(tag, '-', &primary);
	for (size_t i = 0; i < language_count; i++) {
		if (str_eq_nocase(str_from_c(languages[i].code), primary))
			return &languages[i];
	}
	return NULL;
}

const struct language *
language_accept(struct str header)
{
	struct str range, tag;

	while (header.len != 0) {
		const struct language *language;

		header = str_cut(header, ',', &range);
		(void)str_cut(range, ';', &tag);
		language = tag_find(str_trim(tag));
		if (language != NULL)
			return language;
	}
	return language_find(STR("en"));
}

/* --- the catalogue -------------------------------------------------------------- */

static uint32_t
word_at(struct str catalogue, size_t at)
{
	uint32_t word = 0;
	uint32_t magic;

	if (at > catalogue.len || catalogue.len - at < sizeof(word))
		return 0;
	memcpy(&magic, catalogue.ptr, sizeof(magic));
	memcpy(&word, catalogue.ptr + at, sizeof(word));
	return magic == MO_SWAPPED ? __builtin_bswap32(word) : word;
}

static bool
is_catalogue(struct str bytes)
{
	return bytes.len >= MO_HEAD_BYTES && word_at(bytes, 0) == MO_MAGIC;
}

/* The text that entry `index` of the table at `table` describes. */
static struct str
text_at(struct str catalogue, size_t table, size_t index)
{
	size_t length = word_at(catalogue, table + 8 * index);
	size_t offset = word_at(catalogue, table + 8 * index + 4);

	if (offset > catalogue.len || length > catalogue.len - offset)
		return STR_EMPTY;
	return (struct str){ catalogue.ptr + offset, length };
}

static int
text_compare(struct str a, struct str b)
{
	size_t shorter = a.len < b.len ? a.len : b.len;
	int order = shorter == 0 ? 0 : memcmp(a.ptr, b.ptr, shorter);

	return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

struct str
language_text(const struct language *language, struct str text)
{
	struct str catalogue = language->catalogue;
	size_t low = 0;
	size_t high;

	if (text.len == 0 || !is_catalogue(catalogue))
		return text;
	high = word_at(catalogue, MO_AT_COUNT);
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = text_compare(
		    text, text_at(catalogue, word_at(catalogue, MO_AT_TEXTS), middle));

		if (order == 0) {
			struct str found =
			    text_at(catalogue, word_at(catalogue, MO_AT_TRANSLATIONS), middle);
			return found.len == 0 ? text : found;
		}
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return text;
}

/* --- times and numbers ------------------------------------------------------------ */

static struct str
month_name(const struct language *language, int month)
{
	static const char *const months[] = {
		"January", "February", "March",     "April",   "May",      "June",
		"July",    "August",   "September", "October", "November", "December",
	};

	return language_text(language, str_from_c(months[month - 1]));
}

static struct str
civil_date(const struct language *language, const struct civil *civil, struct arena *arena)
{
	/* French counts the first day of a month: 1er mars. */
	const char *ordinal = civil->day == 1 && strcmp(language->code, "fr") == 0 ? "er" : "";

	return str_printf(arena, "%d%s %.*s %d", civil->day, ordinal,
	                  STR_ARGS(month_name(language, civil->month)), civil->year);
}

struct str
language_date(const struct language *language, int64_t us, struct arena *arena)
{
	struct civil civil = civil_from_us(us, 0);

	return civil_date(language, &civil, arena);
}

struct str
language_zone_time(const struct language *language, const struct zone *zone, int64_t us,
                   struct arena *arena)
{
	struct civil civil = civil_from_us(us, zone_offset_s(zone, us));

	return str_printf(arena, "%.*s, %02d:%02d %s",
	                  STR_ARGS(civil_date(language, &civil, arena)), civil.hour,
	                  civil.minute, zone_abbreviation(zone, us));
}

struct str
language_time(const struct language *language, struct str zone, int64_t us, struct arena *arena)
{
	CLEANUP(zone_close) struct zone *opened = NULL;
	struct err ignored;

	if (zone.len != 0)
		DISCARD(zone_open(&opened, zone, &ignored),
		        "an unknown zone shows as UTC, which the text names");
	return language_zone_time(language, opened, us, arena);
}

struct str
language_number(const struct language *language, struct str decimal, struct arena *arena)
{
	struct str whole;
	struct str fraction = str_cut(decimal, '.', &whole);

	if (fraction.len == 0 || strcmp(language->code, "fr") != 0)
		return decimal;
	return str_printf(arena, "%.*s,%.*s", STR_ARGS(whole), STR_ARGS(fraction));
}
