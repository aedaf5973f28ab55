/*
 * Compaction: many small segments of one series become one.
 *
 * Readings arrive one by one and by the batch, late and corrected; each request
 * leaves a small sealed segment.  A background step joins those of one subject
 * and analyte, with the numbers, changes and commit times that their rows had,
 * into segments that are not touched again.  What a reader sees is the same
 * before, during and after.
 */
#ifndef SERVICE_MEASURE_COMPACT_H
#define SERVICE_MEASURE_COMPACT_H

#include "vault/series.h"

/* Large enough that a row costs a reading little (about 1 byte), small enough that
 * the latest few readings are found in little. */
#define COMPACT_ITEMS_FULL 256 /* a segment with so many is left alone */
#define COMPACT_ITEMS_MOST 512 /* none is made larger */
#define COMPACT_ROWS_LEAST 24  /* fewer small ones are not worth a rewrite */

/* As system, until nothing is left to do or `deadline_us` (monotonic) has passed. */
enum rc compact_run(const struct door *door, int64_t deadline_us, struct err *err) MUST_CHECK;

#endif
