/*
 * Projections: a sealed, packed summary of one subject, for screens over many.
 *
 * It is written in the transaction of the records it follows from
 * (series_append.projection), so it is never behind them, and read for many
 * subjects at once with one entry.  It belongs to a class of the policy: whoever
 * may read that class may read it, and it goes when the subject's key goes.
 */
#ifndef VAULT_PROJECTION_H
#define VAULT_PROJECTION_H

#include "vault/vault.h"

#define PROJECTION_BYTES_MAX (16 * 1024)

struct projection_change {
	struct str class;
	const char *name;
	/* Inside the transaction, and perhaps again: `old` is what stands (empty:
	 * nothing yet); what is added to `next` replaces it, nothing leaves it. */
	enum rc (*fn)(const void *arg, struct str old, struct buf *next, struct err *err);
	const void *arg;
};

struct projection_query {
	struct str class;
	const char *name;
	const struct id *subjects; /* one: as its own; more: needs the class of all */
	size_t count;
	struct str *bodies; /* out, beside the subjects; empty where there is none */
};
enum rc vault_projections(const struct door *door, struct projection_query *query,
                          struct arena *arena, struct err *err) MUST_CHECK;

#endif
