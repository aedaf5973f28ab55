#include "policy/period.h"

#define YEAR_S  (INT64_C(146097) * 86400 / 400)
#define MONTH_S (YEAR_S / 12)

static const struct unit {
	const char *suffix;
	char unit;
	int64_t most;
	int64_t seconds;
	const char *says;
} units[] = {
	{ "mo", 'm', 1200, MONTH_S, "month" },
	{ "s", 's', 31536000, 1, "second" },
	{ "d", 'd', 36525, 86400, "day" },
	{ "y", 'y', 100, YEAR_S, "year" },
};

static const struct unit *
unit_of(char unit)
{
	for (size_t i = 0; i < COUNT_OF(units); i++) {
		if (units[i].unit == unit)
			return &units[i];
	}
	return NULL;
}

static bool
parse_with(struct str text, const struct unit *unit, struct policy_period *period)
{
	struct str suffix = str_from_c(unit->suffix);
	struct err err;
	uint32_t count;

	if (!str_ends_with(text, suffix))
		return false;
	text.len -= suffix.len;
	if (str_to_u32(text, &count, &err) != RC_OK || count > unit->most ||
	    (text.len > 1 && text.ptr[0] == '0'))
		return false;
	*period = (struct policy_period){ .count = count, .unit = unit->unit };
	return true;
}

bool
period_parse(struct str text, struct policy_period *period)
{
	if (str_eq(text, STR("forever"))) {
		*period = (struct policy_period){ .is_forever = true };
		return true;
	}
	for (size_t i = 0; i < COUNT_OF(units); i++) {
		if (parse_with(text, &units[i], period))
			return true;
	}
	return false;
}

struct str
period_says(struct arena *arena, const struct policy_period *period)
{
	const struct unit *unit = unit_of(period->unit);

	if (period->is_forever)
		return STR("ever");
	if (period->count == 0 || unit == NULL)
		return STR("no time");
	return str_printf(arena, "%lld %s%s", (long long)period->count, unit->says,
	                  period->count == 1 ? "" : "s");
}

struct str
period_format(struct arena *arena, const struct policy_period *period)
{
	const struct unit *unit = unit_of(period->unit);

	if (period->is_forever || unit == NULL)
		return STR("forever");
	return str_printf(arena, "%lld%s", (long long)period->count, unit->suffix);
}

int64_t
period_length_s(const struct policy_period *period)
{
	const struct unit *unit = unit_of(period->unit);

	if (period->is_forever || unit == NULL)
		return INT64_MAX;
	return period->count * unit->seconds;
}

static int
last_day(int year, int month)
{
	struct civil civil = { .year = year, .month = month, .day = 31 };

	while (!civil_is_valid(&civil))
		civil.day--;
	return civil.day;
}

/* The same day and time `months` later, or the month's last day where it has
 * no such day. */
static int64_t
months_later(int64_t from_us, int64_t months)
{
	struct civil civil = civil_from_us(from_us, 0);
	int64_t month = civil.month - 1 + months;
	int64_t year = civil.year + month / 12;
	int last;

	if (year > 9999)
		return INT64_MAX;
	civil.year = (int)year;
	civil.month = (int)(month % 12) + 1;
	last = last_day(civil.year, civil.month);
	if (civil.day > last)
		civil.day = last;
	return civil_to_us(&civil, 0);
}

int64_t
policy_period_end(const struct policy_period *period, int64_t from_us)
{
	int64_t length_us;
	int64_t end_us;

	if (period->is_forever || from_us == 0)
		return INT64_MAX;
	if (period->unit == 'm')
		return months_later(from_us, period->count);
	if (period->unit == 'y')
		return months_later(from_us, 12 * period->count);
	if (__builtin_mul_overflow(period_length_s(period), US_PER_S, &length_us) ||
	    __builtin_add_overflow(from_us, length_us, &end_us))
		return INT64_MAX;
	return end_us;
}

int64_t
policy_retention_month(const struct policy_keep *keep, int64_t now_us)
{
	struct civil end;
	int64_t end_us;

	if (keep->until != KEEP_RECORDED)
		return 0;
	end_us = policy_period_end(&keep->plus, now_us);
	if (end_us == INT64_MAX)
		return 0;
	end = civil_from_us(end_us, 0);
	return end.year * INT64_C(100) + end.month;
}
