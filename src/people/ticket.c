#include "people/inside.h"

static const char *
what_of(int64_t kind)
{
	static const char *const words[] = { "link", "session", "token", NULL, "code" };

	assert(kind >= TICKET_LINK && kind <= TICKET_CODE && words[kind - TICKET_LINK] != NULL);
	return words[kind - TICKET_LINK];
}

void
ticket_secret_new(char text[SECRET_TEXT], uint8_t hash[HASH_BYTES])
{
	CLEANUP(key_wipe) struct key bytes = { { 0 } };
	struct digest digest;

	random_bytes(bytes.bytes, KEY_BYTES);
	base64url_format(bytes.bytes, KEY_BYTES, text);
	digest = sha256((struct str){ (const char *)bytes.bytes, KEY_BYTES });
	memcpy(hash, digest.bytes, HASH_BYTES);
}

/* Where a ticket's body belongs, as text. */
struct place {
	char text[SECRET_TEXT];
	struct vault_secret secret;
};

static void
place_fill(struct place *place, const struct tenant *tenant, const struct ticket_row *row)
{
	base64url_format(row->hash, HASH_BYTES, place->text);
	place->secret =
	    (struct vault_secret){ tenant, what_of(row->kind), str_from_c(place->text) };
}

void
ticket_seal(const struct people *people, const struct tenant *tenant, struct ticket_row *row,
            struct str text, struct arena *arena)
{
	struct place place;

	place_fill(&place, tenant, row);
	vault_seal(people->vault, &place.secret, text, arena, &row->body);
}

enum rc
ticket_open(const struct people *people, const struct tenant *tenant,
            const struct ticket_row *row, struct json *body, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct place place;
	struct str text;

	arena_init(&arena, ARENA_BYTES);
	place_fill(&place, tenant, row);
	TRY(vault_unseal(people->vault, &place.secret, row->body, &arena, &text, err));
	return json_parse(body, text, err);
}

struct finding {
	struct ticket_row *row;
	struct arena *arena;
};

static enum rc
find_in(struct store_tx *tx, void *arg, struct err *err)
{
	struct finding *finding = arg;

	return store_ticket_find(tx, finding->arena, finding->row, err);
}

enum rc
ticket_find(const struct people *people, struct ticket_row *row, struct arena *arena,
            struct err *err)
{
	struct finding finding = { row, arena };

	return store_read(people->store, find_in, &finding, err);
}

static enum rc
update_in(struct store_tx *tx, void *arg, struct err *err)
{
	const struct ticket_row *row = arg;

	return store_ticket_update(tx, row, err);
}

enum rc
ticket_update(const struct people *people, const struct ticket_row *row, struct err *err)
{
	struct ticket_row copy = *row;

	return store_write(people->store, update_in, &copy, err);
}

struct listing {
	const struct ticket_row *like;
	struct arena *arena;
	struct tickets *tickets;
};

static enum rc
list_in(struct store_tx *tx, void *arg, struct err *err)
{
	struct listing *listing = arg;

	return store_ticket_list(tx, listing->like->tenant, (int)listing->like->kind,
	                         listing->like->owner, listing->arena, &listing->tickets->items,
	                         &listing->tickets->count, err);
}

enum rc
ticket_list(const struct people *people, const struct ticket_row *like, struct arena *arena,
            struct tickets *tickets, struct err *err)
{
	struct listing listing = { like, arena, tickets };

	return store_read(people->store, list_in, &listing, err);
}
