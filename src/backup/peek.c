/*
 * A look at what lies at the places, as somebody sees it who has no recovery key.
 */
#include "backup/inside.h"

#define PEEK_EACH  4 /* objects of each prefix at each place */
#define PEEK_BYTES (LIMIT_OBJECT_SEALED)

static const char *const prefixes[] = { "manifests/", "data/", "keys/", "epochs/", "ledger/" };

struct peeking {
	struct outbound_place *place;
	const struct age_identity *stranger;
	struct str mark;
	struct backup_peek *peek;
};

static void
fault_note(struct backup_peek *peek, struct str object, const char *what)
{
	if (peek->faults++ == 0)
		(void)snprintf(peek->first_fault, sizeof(peek->first_fault), "%.*s %s",
		               STR_ARGS(object), what);
}

/* Sealed for somebody else: an age file that a new identity does not open. */
static MUST_CHECK enum rc
object_peek(struct peeking *peeking, struct str object, struct err *err)
{
	CLEANUP(buf_free) struct buf sealed = { 0 };
	CLEANUP(buf_free) struct buf plain = { 0 };
	struct sink sink = sink_to_buf(&sealed);
	struct err refused;
	struct str bytes;

	buf_init(&sealed, PEEK_BYTES);
	buf_init(&plain, LIMIT_OBJECT_PLAIN);
	TRY(place_get(peeking->place, object, &sink, err));
	TRY(buf_finish(&sealed, &bytes, err));
	peeking->peek->objects++;
	if (object_open(peeking->stranger, bytes, &plain, &refused) != RC_DENIED)
		fault_note(peeking->peek, object, "is not sealed to the recovery key");
	if (peeking->mark.len != 0 &&
	    memmem(bytes.ptr, bytes.len, peeking->mark.ptr, peeking->mark.len) != NULL)
		fault_note(peeking->peek, object, "holds data in clear");
	return RC_OK;
}

/* The newest of those whose names are times, any of the others. */
static MUST_CHECK enum rc
prefix_peek(struct peeking *peeking, const char *prefix, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct place_range range = { .prefix = str_from_c(prefix), .max = LIMIT_PLACE_PAGE };
	struct place_page page;
	size_t from;

	arena_init(&arena, 2 * LIMIT_PLACE_LIST_BYTES);
	do {
		TRY(place_list(peeking->place, &range, &page, &arena, err));
		if (page.count != 0)
			range.after = page.objects[page.count - 1].name;
	} while (page.is_more && strcmp(prefix, "manifests/") == 0);
	from = page.count > PEEK_EACH ? page.count - PEEK_EACH : 0;
	for (size_t i = from; i < page.count; i++)
		TRY(object_peek(peeking, page.objects[i].name, err));
	return RC_OK;
}

enum rc
backup_peek(struct backup *backup, struct str mark, struct backup_peek *peek, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	CLEANUP(age_identity_wipe) struct age_identity stranger = { 0 };
	struct backup_places places;

	arena_init(&arena, 1 * MIB);
	*peek = (struct backup_peek){ 0 };
	age_identity_new(&stranger);
	TRY(backup_places(backup, &arena, &places, err));
	for (size_t i = 0; i < places.count; i++) {
		CLEANUP(place_close) struct outbound_place *place = NULL;
		struct peeking peeking = { NULL, &stranger, mark, peek };
		TRY(place_open_row(&place, &places.items[i], err));
		peeking.place = place;
		for (size_t k = 0; k < COUNT_OF(prefixes); k++)
			TRY(prefix_peek(&peeking, prefixes[k], err));
		peek->places++;
	}
	return RC_OK;
}
