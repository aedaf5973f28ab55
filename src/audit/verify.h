/*
 * The walk that verifies a log, over whatever holds it: a data directory
 * (verify_store.c) or an exported folder (verify.c).
 */
#ifndef AUDIT_VERIFY_H
#define AUDIT_VERIFY_H

#include "audit/audit.h"
#include "audit/edge.h"
#include "audit/note.h"

#define VERIFY_NAME_MAX 80

/* Where tiles and bundles lie.  RC_NOT_FOUND and RC_CORRUPT come with a text
 * that names the file or the row. */
struct verify_source {
	enum rc (*read)(void *arg, const struct tile *tile, struct buf *out, struct err *err);
	void *arg;
	bool has_rows; /* partial ones are rows, not files */
};

struct verify {
	struct verify_source source;
	struct audit_report *report;
	char label[32];                /* before each fault: "tenant 3: " */
	struct edge edge;              /* of the entries walked so far */
	const struct note_head *heads; /* checkpoints by size; signatures are good */
	size_t head_count;
	size_t next;      /* of heads: the first not reached */
	uint64_t minimum; /* entries below it were cut: of them only hashes are there */
};

void verify_fault(struct verify *verify, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Entries [0, size), their tiles, and the checkpoints among them. */
enum rc verify_walk(struct verify *verify, uint64_t size, struct err *err) MUST_CHECK;

/* Frees the walk and turns what it found, and how it ended, into the answer. */
enum rc verify_conclude(struct verify *verify, enum rc rc, struct err *err) MUST_CHECK;

#endif
