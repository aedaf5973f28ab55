/*
 * A set of digests that grows, each with another one beside it.
 */
#ifndef BACKUP_NAMESET_H
#define BACKUP_NAMESET_H

#include "crypto/digest.h"

struct nameset_slot {
	bool is_used, is_gone;
	struct digest key, value;
};
struct nameset {
	struct nameset_slot *slots;
	size_t count, room;
};

void nameset_free(struct nameset *names);
/* NULL: not there. */
const struct digest *nameset_find(const struct nameset *names, const struct digest *key);
void nameset_add(struct nameset *names, const struct digest *key, const struct digest *value);

void nameset_drop(struct nameset *names, const struct digest *key);

#endif
