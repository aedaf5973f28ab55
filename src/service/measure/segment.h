/*
 * Readings packed for storage: what a sealed segment of a series holds.
 *
 * A regular day of one device (288 readings with sequence, raw value and drift)
 * costs under 16 bytes a reading; every field comes back exactly as it was.
 *
 * Layout, version 1.  "varint": little-endian base 128, shortest form only.
 *
 *     byte     version
 *     varint   count, at most SEGMENT_READINGS_MAX
 *     varint   devices, each 16 bytes
 *     varint   identifier systems, each varint length and bytes
 *     columns  one for each row of the table in segment.c, in its order
 *     bytes    all identifiers, then all notes, without separators
 *
 * A column is a byte (order 1 or 2, and a divisor that all its numbers share:
 * 1, 1000 or 1000000) and its residuals, zig-zag varints.  Order 1: difference
 * from the number before; order 2: difference from the difference before.  A
 * residual of zero is followed by how many more zeros follow.  Arithmetic is
 * modulo 2^64, so nothing overflows.
 *
 * The version byte changes with any change of this, and old versions stay
 * readable.
 */
#ifndef SERVICE_MEASURE_SEGMENT_H
#define SERVICE_MEASURE_SEGMENT_H

#include "base/arena.h"
#include "base/buf.h"
#include "service/measure/reading.h"

#define SEGMENT_READINGS_MAX   16384
#define SEGMENT_DICTIONARY_MAX 255  /* devices, and identifier systems */
#define SEGMENT_TEXT_MAX       4096 /* bytes of one system, identifier or note */

/* Appends to `out`.  RC_INVALID for a reading with a field out of its range
 * (years 1 to 9999, known status, method, analyte and unit, UTF-8 texts),
 * RC_LIMIT for too many readings, devices or systems, or when `out` is full. */
enum rc segment_pack(const struct reading *items, size_t count, struct buf *out,
                     struct err *err) MUST_CHECK;

/* Strict: RC_CORRUPT for anything segment_pack() cannot have written.  The
 * readings and their texts are in the arena. */
enum rc segment_unpack(struct str bytes, struct arena *arena, struct readings *out,
                       struct err *err) MUST_CHECK;

#endif
