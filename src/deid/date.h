/*
 * Dates as they are written in notes, English and French: found, and moved by
 * days with the way of writing kept.
 *
 * A year alone is no match.  Month and year move as the 15th of that month;
 * day and month without a year move within 2001 (29 February: 2000); a weekday
 * moves too, else it would betray the shift modulo 7.
 */
#ifndef DEID_DATE_H
#define DEID_DATE_H

#include "deid/pattern.h"

extern const struct pattern_row date_rows[];
extern const size_t date_row_count;

/* Whether the text has numeric dates that only make sense day first (1), month
 * first (-1), or neither tells (0). */
int dates_order(const struct patterns *dates, struct str text);

/* `written`, a whole date of this table, moved and appended to `out`.  False,
 * and nothing appended: no date, or outside the years 1–9999. */
bool date_shift(const struct patterns *dates, struct str written, int days, bool is_day_first,
                struct buf *out);

#endif
