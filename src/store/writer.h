/*
 * The writer thread: many writes, one commit.
 *
 * It alone holds the connection that writes.  Only src/store includes this
 * header.
 */
#ifndef STORE_WRITER_H
#define STORE_WRITER_H

#include <stdatomic.h>

#include "base/clock.h"
#include "store/sqlite.h"

struct writer;

struct writer_figures {
	uint64_t writes, commits, failures, queue;
};

/* `last_us` is shared with the readers: the latest time given to anybody. */
enum rc writer_open(struct writer **writer, const char *path, const struct clock *clock,
                    _Atomic int64_t *last_us, struct err *err) MUST_CHECK;
/* Finishes what waits; truncates the WAL. */
void writer_close(struct writer *writer);

enum rc writer_do(struct writer *writer,
                  enum rc (*fn)(struct store_tx *tx, void *arg, struct err *err), void *arg,
                  struct err *err) MUST_CHECK;
void writer_figures(struct writer *writer, struct writer_figures *figures);

/* Now, but never earlier than what was given before. */
int64_t writer_now_us(const struct clock *clock, _Atomic int64_t *last_us);

#endif
