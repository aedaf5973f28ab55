#include "base/clock.h"

#include "base/arena.h"

int64_t
clock_now_us(const struct clock *clock)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * US_PER_S + now.tv_nsec / 1000 + clock->offset_us;
}

int64_t
clock_monotonic_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * US_PER_S + now.tv_nsec / 1000;
}

/*
 * Days since 1970-01-01 of a civil date and back: Howard Hinnant,
 * "chrono-Compatible Low-Level Date Algorithms", days_from_civil and
 * civil_from_days.  A year of theirs begins in March, so the leap day is last.
 */
static int64_t
days_from_date(int year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t year_of_era = y - era * 400;
	int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	int64_t day_of_era =
	    year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

	return era * 146097 + day_of_era - 719468;
}

static void
date_from_days(int64_t days, struct civil *civil)
{
	int64_t z = days + 719468;
	int64_t era = (z >= 0 ? z : z - 146096) / 146097;
	int64_t doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;

	civil->day = (int)(doy - (153 * mp + 2) / 5 + 1);
	civil->month = (int)(mp < 10 ? mp + 3 : mp - 9);
	civil->year = (int)(yoe + era * 400 + (civil->month <= 2 ? 1 : 0));
}

static int64_t
floor_div(int64_t value, int64_t by)
{
	int64_t quotient = value / by;

	return value % by < 0 ? quotient - 1 : quotient;
}

struct civil
civil_from_us(int64_t us, int offset_s)
{
	int64_t local = us + offset_s * US_PER_S;
	int64_t days = floor_div(local, US_PER_DAY);
	int64_t rest = local - days * US_PER_DAY;
	struct civil civil;

	date_from_days(days, &civil);
	civil.hour = (int)(rest / US_PER_HOUR);
	civil.minute = (int)(rest / US_PER_MIN % 60);
	civil.second = (int)(rest / US_PER_S % 60);
	civil.micro = (int)(rest % US_PER_S);
	return civil;
}

int64_t
civil_to_us(const struct civil *civil, int offset_s)
{
	int64_t days = days_from_date(civil->year, civil->month, civil->day);
	int64_t seconds = civil->hour * 3600 + civil->minute * 60 + civil->second - offset_s;

	return days * US_PER_DAY + seconds * US_PER_S + civil->micro;
}

static int
days_in_month(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return month == 2 && is_leap ? 29 : days[month - 1];
}

static bool
within(int value, int low, int high)
{
	return value >= low && value <= high;
}

bool
civil_is_valid(const struct civil *civil)
{
	return within(civil->year, 1, 9999) && within(civil->month, 1, 12) &&
	       within(civil->day, 1, days_in_month(civil->year, civil->month)) &&
	       within(civil->hour, 0, 23) && within(civil->minute, 0, 59) &&
	       within(civil->second, 0, 59) && within(civil->micro, 0, 999999);
}

int
civil_weekday(int64_t us, int offset_s)
{
	int64_t days = floor_div(us + offset_s * US_PER_S, US_PER_DAY);

	return (int)(((days + 3) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
}

/* Exactly `count` digits at the front of *text, taken off it. */
static bool
take_digits(struct str *text, size_t count, int *value)
{
	int sum = 0;

	if (text->len < count)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (text->ptr[i] < '0' || text->ptr[i] > '9')
			return false;
		sum = sum * 10 + (text->ptr[i] - '0');
	}
	*value = sum;
	*text = (struct str){ text->ptr + count, text->len - count };
	return true;
}

static bool
take_char(struct str *text, char c)
{
	if (text->len == 0 || text->ptr[0] != c)
		return false;
	*text = (struct str){ text->ptr + 1, text->len - 1 };
	return true;
}

static bool
take_date(struct str *text, struct civil *civil)
{
	return take_digits(text, 4, &civil->year) && take_char(text, '-') &&
	       take_digits(text, 2, &civil->month) && take_char(text, '-') &&
	       take_digits(text, 2, &civil->day);
}

/* ".5" to ".123456…"; what is finer than a microsecond is cut off. */
static bool
take_fraction(struct str *text, int *micro)
{
	int scale = 100000;
	int digits = 0;
	int digit;

	*micro = 0;
	if (!take_char(text, '.'))
		return true;
	while (take_digits(text, 1, &digit)) {
		*micro += digit * scale;
		scale /= 10;
		digits++;
	}
	return digits > 0;
}

static bool
take_offset(struct str *text, int *offset_s)
{
	bool is_west = str_starts_with(*text, STR("-"));
	int hours;
	int minutes;

	*offset_s = 0;
	if (take_char(text, 'Z') || take_char(text, 'z'))
		return true;
	if (!take_char(text, is_west ? '-' : '+') || !take_digits(text, 2, &hours) ||
	    !take_char(text, ':') || !take_digits(text, 2, &minutes))
		return false;
	if (hours > 23 || minutes > 59)
		return false;
	*offset_s = (hours * 3600 + minutes * 60) * (is_west ? -1 : 1);
	return true;
}

enum rc
time_parse(struct str text, int64_t *us, int *offset_s, struct err *err)
{
	struct civil civil = { 0 };
	int offset;

	if (!take_date(&text, &civil) || (!take_char(&text, 'T') && !take_char(&text, 't')) ||
	    !take_digits(&text, 2, &civil.hour) || !take_char(&text, ':') ||
	    !take_digits(&text, 2, &civil.minute) || !take_char(&text, ':') ||
	    !take_digits(&text, 2, &civil.second) || !take_fraction(&text, &civil.micro) ||
	    !take_offset(&text, &offset) || text.len != 0)
		return FAIL(err, RC_INVALID, "not a date and time with an offset (RFC 3339)");
	if (!civil_is_valid(&civil))
		return FAIL(err, RC_INVALID, "no such date or time of day");
	*us = civil_to_us(&civil, offset);
	if (offset_s != NULL)
		*offset_s = offset;
	return RC_OK;
}

enum rc
date_parse(struct str text, int64_t *us, struct err *err)
{
	struct civil civil = { 0 };

	if (!take_date(&text, &civil) || text.len != 0)
		return FAIL(err, RC_INVALID, "not a date (YYYY-MM-DD)");
	if (!civil_is_valid(&civil))
		return FAIL(err, RC_INVALID, "no such date");
	*us = civil_to_us(&civil, 0);
	return RC_OK;
}

/* The `count` lowest decimal digits of `number`, and where the next character goes. */
static char *
put_digits(char *at, int number, int count)
{
	unsigned rest = (unsigned)number;

	for (int i = count; i-- > 0; rest /= 10)
		at[i] = (char)('0' + rest % 10);
	return at + count;
}

static char *
put_fraction(char *at, int micro)
{
	if (micro == 0)
		return at;
	*at++ = '.';
	return micro % 1000 == 0 ? put_digits(at, micro / 1000, 3) : put_digits(at, micro, 6);
}

static char *
put_zone(char *at, int offset_s)
{
	int minutes = abs(offset_s) / 60;

	if (offset_s == 0) {
		*at++ = 'Z';
		return at;
	}
	*at++ = offset_s < 0 ? '-' : '+';
	at = put_digits(at, minutes / 60, 2);
	*at++ = ':';
	return put_digits(at, minutes % 60, 2);
}

/* Digit by digit: lists of readings write two times a row, and printf took
 * most of their time. */
void
time_format(int64_t us, int offset_s, char text[TIME_TEXT_MAX])
{
	struct civil at = civil_from_us(us, offset_s);
	char *end = put_digits(text, at.year, 4);

	*end++ = '-';
	end = put_digits(end, at.month, 2);
	*end++ = '-';
	end = put_digits(end, at.day, 2);
	*end++ = 'T';
	end = put_digits(end, at.hour, 2);
	*end++ = ':';
	end = put_digits(end, at.minute, 2);
	*end++ = ':';
	end = put_digits(end, at.second, 2);
	end = put_zone(put_fraction(end, at.micro), offset_s);
	*end = '\0';
}
