/*
 * A TZif reader and the look-ups on it.
 *
 * Everything is worked out while a zone is opened: the transitions of the file,
 * then those that its POSIX footer implies up to ZONE_LAST_YEAR, become one
 * sorted array.  A look-up is a binary search in it and cannot fail.
 *
 * The bytes are not trusted: each count is checked against what is left before
 * anything is read, indexes against their tables, and times must rise.
 * Start at zone_parse().
 */
#include "base/zone.h"

#include "base/buf.h"

#include <errno.h>

#define HEADER_BYTES     44
#define TYPES_MAX        256
#define TRANSITIONS_MAX  4096
#define ABBREVIATION_MAX 11 /* RFC 8536 has no limit; tzdata stays under 7 */
#define OFFSET_MAX_S     (26 * 3600)
#define DAY_S            86400
#define ZONE_DIR         "/usr/share/zoneinfo/"

struct zone_type {
	int offset_s;
	char abbreviation[ABBREVIATION_MAX + 1];
};

struct transition {
	int64_t at_us;
	unsigned type;
};

struct zone {
	struct zone_type types[TYPES_MAX + 2]; /* the footer brings at most two */
	unsigned type_count;
	size_t count;
	struct transition transitions[]; /* before the first one type 0 holds */
};

/* --- bytes ---------------------------------------------------------------- */

struct cursor {
	const unsigned char *at;
	size_t left;
};

static bool
skip(struct cursor *from, size_t count)
{
	if (from->left < count)
		return false;
	from->at += count;
	from->left -= count;
	return true;
}

/* Big-endian, `size` bytes; the caller has checked that they are there. */
static uint64_t
big_endian(const unsigned char *at, size_t size)
{
	uint64_t value = 0;

	for (size_t i = 0; i < size; i++)
		value = value << 8 | at[i];
	return value;
}

/* RFC 8536, section 3.1: six counts after magic, version and 15 unused bytes. */
struct header {
	char version;
	size_t is_ut_count;
	size_t is_standard_count;
	size_t leap_count;
	size_t time_count;
	size_t type_count;
	size_t char_count;
};

static bool
take_header(struct cursor *from, struct header *header)
{
	const unsigned char *at = from->at;

	if (!skip(from, HEADER_BYTES) || memcmp(at, "TZif", 4) != 0)
		return false;
	header->version = (char)at[4];
	header->is_ut_count = big_endian(at + 20, 4);
	header->is_standard_count = big_endian(at + 24, 4);
	header->leap_count = big_endian(at + 28, 4);
	header->time_count = big_endian(at + 32, 4);
	header->type_count = big_endian(at + 36, 4);
	header->char_count = big_endian(at + 40, 4);
	return header->time_count <= TRANSITIONS_MAX && header->type_count >= 1 &&
	       header->type_count <= TYPES_MAX && header->char_count <= 4096 &&
	       header->leap_count <= 4096;
}

static size_t
block_bytes(const struct header *header, size_t time_bytes)
{
	return header->time_count * (time_bytes + 1) + header->type_count * 6 +
	       header->char_count + header->leap_count * (time_bytes + 4) +
	       header->is_standard_count + header->is_ut_count;
}

/* --- the data block (RFC 8536, section 3.2) -------------------------------- */

static bool
take_types(struct zone *zone, const struct header *header, const unsigned char *at)
{
	const unsigned char *chars = at + header->type_count * 6;

	for (size_t i = 0; i < header->type_count; i++) {
		struct zone_type *type = &zone->types[i];
		size_t name = at[i * 6 + 5];
		size_t len;

		type->offset_s = (int)(int32_t)(uint32_t)big_endian(at + i * 6, 4);
		if (abs(type->offset_s) > OFFSET_MAX_S || name >= header->char_count)
			return false;
		len = strnlen((const char *)chars + name, header->char_count - name);
		if (len > ABBREVIATION_MAX || len == header->char_count - name)
			return false;
		memcpy(type->abbreviation, chars + name, len);
	}
	zone->type_count = (unsigned)header->type_count;
	return true;
}

static bool
take_transitions(struct zone *zone, const struct header *header, const unsigned char *at)
{
	const unsigned char *types = at + header->time_count * 8;
	int64_t last_s = INT64_MIN;

	for (size_t i = 0; i < header->time_count; i++) {
		int64_t at_s = (int64_t)big_endian(at + i * 8, 8);
		struct transition *to = &zone->transitions[zone->count];

		if ((i > 0 && at_s <= last_s) || types[i] >= header->type_count)
			return false;
		last_s = at_s;
		/* Some files open with "the beginning of time", which no _us reaches. */
		if (at_s > INT64_MAX / US_PER_S)
			return false;
		to->at_us = at_s < INT64_MIN / US_PER_S ? INT64_MIN : at_s * US_PER_S;
		to->type = types[i];
		zone->count++;
	}
	return true;
}

/* --- the footer: a POSIX TZ string (RFC 8536, section 3.3.1) ---------------- */

/* The day on which a rule applies, and the local time of that day. */
struct rule {
	char kind; /* 'M' month.week.day, 'J' day without 29 February, 'D' day from 0 */
	int month;
	int week;
	int day;
	int time_s; /* −167 h to 167 h */
};

struct footer {
	struct zone_type standard;
	struct zone_type daylight;
	bool has_daylight;
	struct rule starts; /* of daylight, in standard time */
	struct rule ends;   /* of daylight, in daylight time */
};

static bool
take_char(struct str *text, char c)
{
	if (text->len == 0 || text->ptr[0] != c)
		return false;
	*text = (struct str){ text->ptr + 1, text->len - 1 };
	return true;
}

static bool
take_number(struct str *text, int low, int high, int *number)
{
	int value = 0;
	size_t digits = 0;

	while (digits < 3 && text->len > 0 && text->ptr[0] >= '0' && text->ptr[0] <= '9') {
		value = value * 10 + (text->ptr[0] - '0');
		*text = (struct str){ text->ptr + 1, text->len - 1 };
		digits++;
	}
	*number = value;
	return digits > 0 && value >= low && value <= high;
}

/* [+-]hh[:mm[:ss]] */
static bool
take_time(struct str *text, int hours_max, int *time_s)
{
	bool is_negative = take_char(text, '-');
	int hours;
	int minutes = 0;
	int seconds = 0;

	if (!is_negative)
		(void)take_char(text, '+');
	if (!take_number(text, 0, hours_max, &hours))
		return false;
	if (take_char(text, ':') && !take_number(text, 0, 59, &minutes))
		return false;
	if (take_char(text, ':') && !take_number(text, 0, 59, &seconds))
		return false;
	*time_s = (hours * 3600 + minutes * 60 + seconds) * (is_negative ? -1 : 1);
	return true;
}

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* "CET" or "<+0545>" */
static bool
take_name(struct str *text, char name[ABBREVIATION_MAX + 1])
{
	bool is_quoted = take_char(text, '<');
	size_t len = 0;

	while (len < text->len &&
	       (is_quoted ? text->ptr[len] != '>' : is_letter(text->ptr[len])))
		len++;
	if (len < 3 || len > ABBREVIATION_MAX)
		return false;
	memcpy(name, text->ptr, len);
	name[len] = '\0';
	*text = (struct str){ text->ptr + len, text->len - len };
	return !is_quoted || take_char(text, '>');
}

static bool
take_rule(struct str *text, struct rule *rule)
{
	rule->time_s = 2 * 3600;
	rule->kind = 'D';
	if (take_char(text, 'M')) {
		rule->kind = 'M';
		if (!take_number(text, 1, 12, &rule->month) || !take_char(text, '.') ||
		    !take_number(text, 1, 5, &rule->week) || !take_char(text, '.') ||
		    !take_number(text, 0, 6, &rule->day))
			return false;
	} else if (take_char(text, 'J')) {
		rule->kind = 'J';
		if (!take_number(text, 1, 365, &rule->day))
			return false;
	} else if (!take_number(text, 0, 365, &rule->day)) {
		return false;
	}
	return !take_char(text, '/') || take_time(text, 167, &rule->time_s);
}

static bool
take_footer(struct str text, struct footer *footer)
{
	int west_s;

	if (!take_name(&text, footer->standard.abbreviation) || !take_time(&text, 24, &west_s))
		return false;
	footer->standard.offset_s = -west_s;
	if (text.len == 0)
		return true;
	footer->has_daylight = true;
	footer->daylight.offset_s = 3600 - west_s;
	if (!take_name(&text, footer->daylight.abbreviation))
		return false;
	if (text.len > 0 && text.ptr[0] != ',') {
		if (!take_time(&text, 24, &west_s))
			return false;
		footer->daylight.offset_s = -west_s;
	}
	return take_char(&text, ',') && take_rule(&text, &footer->starts) &&
	       take_char(&text, ',') && take_rule(&text, &footer->ends) && text.len == 0;
}

/* Local midnight of the rule's day in that year, as if at UTC. */
static int64_t
rule_day_us(const struct rule *rule, int year)
{
	struct civil first = { .year = year, .month = 1, .day = 1 };
	struct civil march = { .year = year, .month = 3, .day = 1 };
	int64_t start_us;
	int day;

	if (rule->kind == 'M')
		first.month = rule->month;
	start_us = civil_to_us(&first, 0);
	if (rule->kind == 'D')
		return start_us + rule->day * US_PER_DAY;
	if (rule->kind == 'J') {
		bool is_leap = civil_to_us(&march, 0) - start_us == 60 * US_PER_DAY;
		return start_us + (rule->day - 1 + (is_leap && rule->day >= 60)) * US_PER_DAY;
	}
	/* civil_weekday() counts from Monday, POSIX from Sunday. */
	day = (rule->day - (civil_weekday(start_us, 0) + 1) % 7 + 7) % 7 + 7 * (rule->week - 1);
	while (civil_from_us(start_us + day * US_PER_DAY, 0).month != rule->month)
		day -= 7;
	return start_us + day * US_PER_DAY;
}

static void
add_transition(struct zone *zone, int64_t at_us, unsigned type)
{
	bool is_later = zone->count == 0 || at_us > zone->transitions[zone->count - 1].at_us;

	if (is_later)
		zone->transitions[zone->count++] = (struct transition){ at_us, type };
}

/* Carry the footer's rules on from the file's last transition. */
static void
extend(struct zone *zone, const struct footer *footer)
{
	unsigned standard = zone->type_count;
	int first_year = 1970;

	zone->types[standard] = footer->standard;
	zone->types[standard + 1] = footer->daylight;
	zone->type_count += 2;
	if (zone->count == 0 && !footer->has_daylight)
		return;
	if (zone->count > 0 && zone->transitions[zone->count - 1].at_us > 0)
		first_year = civil_from_us(zone->transitions[zone->count - 1].at_us, 0).year;
	for (int year = first_year; footer->has_daylight && year <= ZONE_LAST_YEAR; year++) {
		int64_t starts_us =
		    rule_day_us(&footer->starts, year) +
		    (footer->starts.time_s - footer->standard.offset_s) * US_PER_S;
		int64_t ends_us = rule_day_us(&footer->ends, year) +
		                  (footer->ends.time_s - footer->daylight.offset_s) * US_PER_S;
		bool is_north = starts_us < ends_us;

		add_transition(zone, is_north ? starts_us : ends_us,
		               is_north ? standard + 1 : standard);
		add_transition(zone, is_north ? ends_us : starts_us,
		               is_north ? standard : standard + 1);
	}
}

/* --- opening ------------------------------------------------------------- */

/* Everything after the first (32-bit) block. */
static bool
take_second_block(struct cursor *from, const struct header *header, struct zone *zone)
{
	const unsigned char *at = from->at;
	struct footer footer = { 0 };
	struct str text;

	if (!skip(from, block_bytes(header, 8)) || header->leap_count != 0)
		return false;
	if (!take_transitions(zone, header, at) ||
	    !take_types(zone, header, at + header->time_count * 9))
		return false;
	text = (struct str){ (const char *)from->at, from->left };
	if (!take_char(&text, '\n') || !str_ends_with(text, STR("\n")))
		return false;
	text.len--;
	if (text.len == 0)
		return true;
	if (!take_footer(text, &footer))
		return false;
	extend(zone, &footer);
	return true;
}

enum rc
zone_parse(struct zone **zone, struct str bytes, struct err *err)
{
	struct cursor from = { (const unsigned char *)bytes.ptr, bytes.len };
	size_t room = TRANSITIONS_MAX + 2 * (ZONE_LAST_YEAR - 1970 + 1);
	CLEANUP(zone_close) struct zone *made = NULL;
	struct header header;

	if (!take_header(&from, &header) || header.version < '2' ||
	    !skip(&from, block_bytes(&header, 4)) || !take_header(&from, &header))
		return FAIL(err, RC_CORRUPT, "not a time zone file of version 2 or later");
	made = calloc(1, sizeof(*made) + room * sizeof(made->transitions[0]));
	if (made == NULL)
		abort();
	if (!take_second_block(&from, &header, made))
		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): CLEANUP frees `made` */
		return FAIL(err, RC_CORRUPT, "the time zone file is damaged");
	*zone = realloc(made, sizeof(*made) + made->count * sizeof(made->transitions[0]));
	if (*zone == NULL)
		abort();
	made = NULL;
	return RC_OK;
}

void
zone_close(struct zone **zone)
{
	free(*zone);
	*zone = NULL;
}

static bool
is_zone_name(struct str name)
{
	char last = '/';

	if (name.len == 0 || name.len > ZONE_NAME_MAX || str_starts_with(name, STR("right/")))
		return false;
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];
		bool is_fine = is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
		               c == '+' || (c == '/' && last != '/');
		if (!is_fine)
			return false;
		last = c;
	}
	return last != '/';
}

static void
file_close(FILE **file)
{
	if (*file != NULL)
		(void)fclose(*file);
}

enum rc
zone_open(struct zone **zone, struct str name, struct err *err)
{
	char path[sizeof(ZONE_DIR) + ZONE_NAME_MAX];
	CLEANUP(file_close) FILE *file = NULL;
	CLEANUP(buf_free) struct buf bytes = { 0 };
	char block[4096];
	size_t got;
	struct str text;

	buf_init(&bytes, ZONE_FILE_MAX);
	if (!is_zone_name(name))
		return FAIL(err, RC_INVALID, "not the name of a time zone");
	(void)snprintf(path, sizeof(path), ZONE_DIR "%.*s", STR_ARGS(name));
	file = fopen(path, "rbe");
	if (file == NULL)
		return FAIL(err, RC_INVALID, "no such time zone on this system");
	while ((got = fread(block, 1, sizeof(block), file)) > 0)
		buf_add(&bytes, (struct str){ block, got });
	if (ferror(file) && errno == EISDIR)
		return FAIL(err, RC_INVALID, "the name of a time zone ends too early");
	if (ferror(file))
		return FAIL(err, RC_IO, "the time zone file cannot be read");
	TRY(buf_finish(&bytes, &text, err));
	if (!str_starts_with(text, STR("TZif"))) /* the folder holds tables, too */
		return FAIL(err, RC_INVALID, "no such time zone on this system");
	return zone_parse(zone, text, err);
}

/* --- look-ups ------------------------------------------------------------ */

static const struct zone_type *
find(const struct zone *zone, int64_t us, struct zone_span *span)
{
	static const struct zone_type utc = { 0, "UTC" };
	const struct zone_type *type = &utc;
	size_t low = 0;
	size_t high = zone == NULL ? 0 : zone->count;

	/* `low` becomes the number of transitions at or before `us`. */
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (zone->transitions[middle].at_us <= us)
			low = middle + 1;
		else
			high = middle;
	}
	if (zone != NULL)
		type = &zone->types[low == 0 ? 0 : zone->transitions[low - 1].type];
	span->offset_s = type->offset_s;
	span->from_us = low == 0 ? INT64_MIN : zone->transitions[low - 1].at_us;
	span->until_us =
	    zone == NULL || low == zone->count ? INT64_MAX : zone->transitions[low].at_us;
	return type;
}

struct zone_span
zone_span_at(const struct zone *zone, int64_t us)
{
	struct zone_span span;

	(void)find(zone, us, &span);
	return span;
}

int
zone_offset_s(const struct zone *zone, int64_t us)
{
	return zone_span_at(zone, us).offset_s;
}

const char *
zone_abbreviation(const struct zone *zone, int64_t us)
{
	struct zone_span span;

	return find(zone, us, &span)->abbreviation;
}

/* `local_us` is the local clock read as if it were UTC. */
static int64_t
resolve(const struct zone *zone, int64_t local_us, bool *is_gap)
{
	int before_s = zone_offset_s(zone, local_us - US_PER_DAY);
	int after_s = zone_offset_s(zone, local_us + US_PER_DAY);
	int64_t early = local_us - before_s * US_PER_S;
	int64_t late = local_us - after_s * US_PER_S;

	*is_gap = false;
	if (zone_offset_s(zone, early) == before_s)
		return early;
	if (zone_offset_s(zone, late) == after_s)
		return late;
	*is_gap = true;
	return early;
}

int64_t
zone_local_to_us(const struct zone *zone, const struct civil *local)
{
	bool is_gap;

	return resolve(zone, civil_to_us(local, 0), &is_gap);
}

/* The first instant of the local day that begins at `midnight_us` local. */
static int64_t
day_first_us(const struct zone *zone, int64_t midnight_us)
{
	bool is_gap;
	int64_t us = resolve(zone, midnight_us, &is_gap);

	return is_gap ? zone_span_at(zone, us).from_us : us;
}

static int64_t
local_midnight_us(const struct zone *zone, int64_t us)
{
	struct civil civil = civil_from_us(us, zone_offset_s(zone, us));
	struct civil midnight = { .year = civil.year, .month = civil.month, .day = civil.day };

	return civil_to_us(&midnight, 0);
}

int64_t
zone_day_start_us(const struct zone *zone, int64_t us)
{
	return day_first_us(zone, local_midnight_us(zone, us));
}

int64_t
zone_day_end_us(const struct zone *zone, int64_t us)
{
	return day_first_us(zone, local_midnight_us(zone, us) + US_PER_DAY);
}
