/*
 * When a request is due.
 *
 * Periods are counted as EU Regulation 1182/71 does: the day of the event does not
 * count, and a period ends with the last second of its last day, local time (Art.
 * 3(1), (2)); one of months ends on the day of that number, or on the month's last.
 * Art. 3(4), which moves an end on a holiday or weekend to the next working day, is
 * left out: what is promised is never later than the law's end.
 */
#include "base/zone.h"
#include "office/desk_inside.h"

#define EXTENSION_MONTHS 3  /* GDPR Art. 12(3): one, and two further ones */
#define EXTENSION_DAYS   30 /* 45 CFR 164.524(b)(2)(ii), 164.526(b)(2)(ii) */

static int
month_days(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return month == 2 && is_leap ? 29 : days[month - 1];
}

static struct civil
months_after(struct civil day, int months)
{
	int month = day.month - 1 + months;
	int last;

	day.year += month / 12;
	day.month = month % 12 + 1;
	last = month_days(day.year, day.month);
	day.day = day.day < last ? day.day : last;
	return day;
}

/* Noon stands for the day: no zone skips it but with the whole day. */
static struct civil
local_noon(const struct zone *zone, int64_t us)
{
	struct civil day = civil_from_us(us, zone_offset_s(zone, us));

	return (
	    struct civil){ .year = day.year, .month = day.month, .day = day.day, .hour = 12 };
}

static struct civil
days_after(struct civil day, int64_t days)
{
	struct civil moved = civil_from_us(civil_to_us(&day, 0) + days * US_PER_DAY, 0);

	return moved;
}

static int64_t
day_end_us(const struct zone *zone, const struct civil *noon)
{
	return zone_day_end_us(zone, zone_local_to_us(zone, noon)) - US_PER_S;
}

enum rc
desk_due(const struct tenant *tenant, int64_t opened_us, int64_t *due_us, struct err *err)
{
	CLEANUP(zone_close) struct zone *zone = NULL;
	struct civil opened, month, days;
	int64_t month_us, days_us;

	TRY(zone_open(&zone, tenant->zone, err));
	opened = local_noon(zone, opened_us);
	month = months_after(opened, 1);
	days = days_after(opened, tenant->policy->answer_days);
	month_us = day_end_us(zone, &month);
	days_us = day_end_us(zone, &days);
	*due_us = month_us < days_us ? month_us : days_us;
	return RC_OK;
}

enum rc
desk_due_extended(const struct tenant *tenant, const struct asked *asked,
                  struct str jurisdiction, int64_t *due_us, struct err *err)
{
	CLEANUP(zone_close) struct zone *zone = NULL;
	struct civil day;

	TRY(zone_open(&zone, tenant->zone, err));
	if (str_eq(jurisdiction, STR("us")))
		day = days_after(local_noon(zone, asked->due_us), EXTENSION_DAYS);
	else
		day = months_after(local_noon(zone, asked->opened_us), EXTENSION_MONTHS);
	*due_us = day_end_us(zone, &day);
	return RC_OK;
}
