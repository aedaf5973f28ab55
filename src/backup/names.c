#include "backup/names.h"

/* Keys are digests: their first bytes are as good as any hash of them. */
static size_t
first_place(const struct names *names, const struct digest *key)
{
	uint64_t head;

	memcpy(&head, key->bytes, sizeof(head));
	return (size_t)(head % names->room);
}

static struct name_slot *
slot_for(const struct names *names, const struct digest *key)
{
	size_t at = first_place(names, key);

	while (names->slots[at].is_used && !digest_eq(&names->slots[at].key, key))
		at = (at + 1) % names->room;
	return &names->slots[at];
}

static void
names_grow(struct names *names)
{
	struct names grown = { NULL, names->count, names->room == 0 ? 256 : 2 * names->room };

	grown.slots = calloc(grown.room, sizeof(*grown.slots));
	if (grown.slots == NULL)
		abort();
	for (size_t i = 0; i < names->room; i++) {
		if (names->slots[i].is_used)
			*slot_for(&grown, &names->slots[i].key) = names->slots[i];
	}
	free(names->slots);
	*names = grown;
}

void
names_free(struct names *names)
{
	free(names->slots);
	*names = (struct names){ 0 };
}

const struct digest *
names_find(const struct names *names, const struct digest *key)
{
	const struct name_slot *slot;

	if (names->room == 0)
		return NULL;
	slot = slot_for(names, key);
	return slot->is_used && !slot->is_gone ? &slot->value : NULL;
}

void
names_add(struct names *names, const struct digest *key, const struct digest *value)
{
	struct name_slot *slot;

	if (2 * (names->count + 1) > names->room)
		names_grow(names);
	slot = slot_for(names, key);
	names->count += !slot->is_used;
	*slot = (struct name_slot){ true, false, *key, *value };
}

void
names_drop(struct names *names, const struct digest *key)
{
	if (names->room != 0)
		slot_for(names, key)->is_gone = true;
}
