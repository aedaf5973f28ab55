/*
 * Bytes that flow: where they come from and where they go.
 *
 * For what is too large to hold (a backup, a file that is sent): the producer
 * calls the sink as often as it likes, the consumer calls the source until it
 * is empty.  Both are two words and are passed by pointer; whoever makes one
 * keeps `arg` alive while it is in use.
 */
#ifndef BASE_STREAM_H
#define BASE_STREAM_H

#include "base/buf.h"

/* Takes all of `bytes` or fails; what it returns ends the flow. */
struct sink {
	enum rc (*add)(void *arg, struct str bytes, struct err *err);
	void *arg;
};

/* Writes 1 to `room` bytes to `out` and says how many; 0 is the end. */
struct source {
	enum rc (*take)(void *arg, char *out, size_t room, size_t *count, struct err *err);
	void *arg;
};

/* Into `buf`: RC_LIMIT when it is full. */
struct sink sink_to_buf(struct buf *buf);

/* From `left`, which shrinks as it is read. */
struct source source_from_str(struct str *left);

#endif
