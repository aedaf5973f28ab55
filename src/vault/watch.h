/*
 * Who wants to know of acts as they happen: detection, telemetry.
 *
 * After an act's entry is durable the watcher hears of it, in the thread of the
 * act; it must be quick and may not call the vault.  One watcher a vault.
 */
#ifndef VAULT_WATCH_H
#define VAULT_WATCH_H

#include "vault/vault.h"

#define WATCH_SUBJECTS 256

struct sighting {
	const struct tenant *tenant;
	const struct actor *actor;
	struct str act, class, outcome; /* as the entry has them; live during the call */
	int64_t count;
	struct id subject;         /* zero: none, or many */
	const struct id *subjects; /* of a list: whose rows it gave; at most WATCH_SUBJECTS */
	size_t subject_count;
	bool is_own; /* the actor's own data */
	int64_t time_us;
};
void vault_watch(struct vault *vault, void (*fn)(void *arg, const struct sighting *sighting),
                 void *arg);

#endif
