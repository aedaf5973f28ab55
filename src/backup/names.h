/*
 * A set of digests that grows, each with another one beside it.
 */
#ifndef BACKUP_NAMES_H
#define BACKUP_NAMES_H

#include "crypto/digest.h"

struct name_slot {
	bool is_used, is_gone;
	struct digest key, value;
};
struct names {
	struct name_slot *slots;
	size_t count, room;
};

void names_free(struct names *names);
/* NULL: not there. */
const struct digest *names_find(const struct names *names, const struct digest *key);
void names_add(struct names *names, const struct digest *key, const struct digest *value);

void names_drop(struct names *names, const struct digest *key);

#endif
