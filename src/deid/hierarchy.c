#include "deid/hierarchy.h"

#include "base/clock.h"

#define ANY STR("*")

enum rc
hierarchy_check(const struct deid_column *column, struct err *err)
{
	if (column->levels == 0 || column->levels >= DEID_LEVELS_MAX)
		return FAIL(err, RC_INVALID, "a column's levels are not 1 to %d",
		            DEID_LEVELS_MAX - 1);
	if (column->hierarchy == DEID_SUPPRESS && column->levels != 1)
		return FAIL(err, RC_INVALID, "a column that is suppressed has one level");
	if (column->hierarchy == DEID_DATES && column->levels != 4)
		return FAIL(err, RC_INVALID, "a column of dates has four levels");
	if (column->hierarchy == DEID_RANGE && (column->width == 0 || column->width > 1000000))
		return FAIL(err, RC_INVALID, "a column's ranges are 1 to 1000000 wide");
	return RC_OK;
}

/* Fractions fall into the range of their whole part; so −0.5 is in the one below 0. */
static struct str
range_text(struct str value, int64_t width, struct arena *arena)
{
	struct str whole, fraction = str_cut(value, '.', &whole);
	int64_t number = 0, low;
	struct err err;

	if (str_to_i64(whole, &number, &err) != RC_OK || number > INT32_MAX ||
	    number < INT32_MIN)
		return ANY;
	for (size_t i = 0; i < fraction.len; i++)
		if (fraction.ptr[i] < '0' || fraction.ptr[i] > '9')
			return ANY;
	if (whole.ptr[0] == '-' && fraction.len != 0)
		number--;
	low = number - (number % width + width) % width;
	return str_printf(arena, "%ld-%ld", low, low + width - 1);
}

static struct str
date_text(struct str value, unsigned level, struct arena *arena)
{
	int64_t us;
	struct err err;

	if (value.len < 10 || date_parse((struct str){ value.ptr, 10 }, &us, &err) != RC_OK)
		return ANY;
	if (level == 1)
		return (struct str){ value.ptr, 7 };
	if (level == 2)
		return (struct str){ value.ptr, 4 };
	return str_printf(arena, "%.3s0-%.3s9", value.ptr, value.ptr);
}

/* By characters, never in the middle of one. */
static struct str
prefix_text(struct str value, unsigned level)
{
	struct str prefix = value;

	for (unsigned i = 0; i < level && prefix.len != 0; i++) {
		do
			prefix.len--;
		while (prefix.len != 0 &&
		       ((unsigned char)value.ptr[prefix.len] & 0xC0) == 0x80);
	}
	return prefix.len == 0 ? ANY : prefix;
}

struct str
hierarchy_text(const struct deid_column *column, struct str value, unsigned level,
               struct arena *arena)
{
	if (level == 0)
		return value;
	if (level >= column->levels)
		return ANY;
	if (column->hierarchy == DEID_RANGE)
		return range_text(value, (int64_t)column->width << (level - 1), arena);
	if (column->hierarchy == DEID_DATES)
		return date_text(value, level, arena);
	if (column->hierarchy == DEID_PREFIX)
		return prefix_text(value, level);
	return ANY;
}
