#include "backup/nameset.h"

/* Keys are digests: their first bytes are as good as any hash of them. */
static size_t
first_place(const struct nameset *names, const struct digest *key)
{
	uint64_t head;

	memcpy(&head, key->bytes, sizeof(head));
	return (size_t)(head % names->room);
}

static struct nameset_slot *
nameset_slot(const struct nameset *names, const struct digest *key)
{
	size_t at = first_place(names, key);

	while (names->slots[at].is_used && !digest_eq(&names->slots[at].key, key))
		at = (at + 1) % names->room;
	return &names->slots[at];
}

static void
nameset_grow(struct nameset *names)
{
	struct nameset grown = { NULL, names->count, names->room == 0 ? 256 : 2 * names->room };

	grown.slots = calloc(grown.room, sizeof(*grown.slots));
	if (grown.slots == NULL)
		abort();
	for (size_t i = 0; i < names->room; i++) {
		if (names->slots[i].is_used)
			*nameset_slot(&grown, &names->slots[i].key) = names->slots[i];
	}
	free(names->slots);
	*names = grown;
}

void
nameset_free(struct nameset *names)
{
	free(names->slots);
	*names = (struct nameset){ 0 };
}

const struct digest *
nameset_find(const struct nameset *names, const struct digest *key)
{
	const struct nameset_slot *slot;

	if (names->room == 0)
		return NULL;
	slot = nameset_slot(names, key);
	return slot->is_used && !slot->is_gone ? &slot->value : NULL;
}

void
nameset_add(struct nameset *names, const struct digest *key, const struct digest *value)
{
	struct nameset_slot *slot;

	if (2 * (names->count + 1) > names->room)
		nameset_grow(names);
	slot = nameset_slot(names, key);
	names->count += !slot->is_used;
	*slot = (struct nameset_slot){ true, false, *key, *value };
}

void
nameset_drop(struct nameset *names, const struct digest *key)
{
	if (names->room != 0)
		nameset_slot(names, key)->is_gone = true;
}
