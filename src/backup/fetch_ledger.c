/*
 * One ledger out of those of all places.
 *
 * Lines that follow one another make the chain, wherever each of them lies.  A line
 * that is right in itself but follows none of them (a place was away for those
 * between, or two servers went on from one backup) tells of a destruction all the
 * same: it is appended anew.
 */
#include <unistd.h>

#include "backup/fetch.h"

struct piece {
	int64_t number;
	struct str text;
	bool is_used;
};

struct pieces {
	struct fetching *fetching;
	size_t place;
	struct arena arena;
	struct piece *items;
	size_t count, room;
};

static void
pieces_free(struct pieces *pieces)
{
	arena_free(&pieces->arena);
	free(pieces->items);
}

static void
piece_add(struct pieces *pieces, int64_t number, struct str text)
{
	if (pieces->count == pieces->room) {
		pieces->room = 2 * pieces->room + 256;
		pieces->items = realloc(pieces->items, pieces->room * sizeof(*pieces->items));
		if (pieces->items == NULL)
			abort();
	}
	pieces->items[pieces->count++] =
	    (struct piece){ number, str_copy(&pieces->arena, text), false };
}

static MUST_CHECK enum rc
lines_add(struct pieces *pieces, struct str text, struct err *err)
{
	while (text.len != 0) {
		const char *stop = memchr(text.ptr, '\n', text.len);
		size_t len = stop == NULL ? text.len : (size_t)(stop - text.ptr) + 1;
		struct str one = { text.ptr, len };
		struct ledger_line line = { 0 };
		TRY(ledger_line_parse(one, NULL, &line, err));
		piece_add(pieces, line.line, one);
		text = (struct str){ text.ptr + len, text.len - len };
	}
	return RC_OK;
}

/* Each place's own copy: one of them may tell what another does not. */
static MUST_CHECK enum rc
line_take(void *arg, const struct place_object *object, struct err *err)
{
	CLEANUP(buf_free) struct buf plain = { 0 };
	CLEANUP(buf_free) struct buf sealed = { 0 };
	struct pieces *pieces = arg;
	const struct sink sink = sink_to_buf(&sealed);
	struct str text;
	enum rc rc;

	buf_init(&plain, LIMIT_OBJECT_PLAIN);
	buf_init(&sealed, LIMIT_OBJECT_SEALED);
	TRY(place_get(pieces->fetching->places[pieces->place], object->name, &sink, err));
	TRY(buf_finish(&sealed, &text, err));
	rc = object_open(&pieces->fetching->from->key->identity, text, &plain, err);
	if (rc == RC_OK)
		rc = lines_add(pieces, (struct str){ plain.text, plain.len }, err);
	if (rc != RC_OK)
		fetch_fault(pieces->fetching, err);
	return RC_OK;
}

static int
by_number(const void *a, const void *b)
{
	const struct piece *left = a;
	const struct piece *right = b;

	return (left->number > right->number) - (left->number < right->number);
}

static MUST_CHECK enum rc
pieces_take(struct pieces *pieces, struct err *err)
{
	const struct place_walk walk = { STR("ledger/"), line_take, pieces };
	size_t reached = 0;
	enum rc rc = RC_OK;

	for (size_t i = 0; i < pieces->fetching->from->count; i++) {
		pieces->place = i;
		rc = place_walk(pieces->fetching->places[i], &walk, err);
		reached += rc == RC_OK;
	}
	if (reached == 0)
		return rc;
	if (pieces->count != 0)
		qsort(pieces->items, pieces->count, sizeof(*pieces->items), by_number);
	return RC_OK;
}

/* --- the chain ------------------------------------------------------------------- */

/* Two places' copies of a line are one line. */
static void
same_use(struct pieces *pieces, size_t at, const struct piece *taken)
{
	for (; at < pieces->count && pieces->items[at].number == taken->number; at++) {
		if (str_eq(pieces->items[at].text, taken->text))
			pieces->items[at].is_used = true;
	}
}

static MUST_CHECK enum rc
chain_write(struct pieces *pieces, FILE *file, struct err *err)
{
	struct digest before = { { 0 } };
	int64_t next = 1;

	for (size_t i = 0; i < pieces->count; i++) {
		struct ledger_line line = { 0 };
		struct piece *piece = &pieces->items[i];
		if (piece->is_used || piece->number != next ||
		    ledger_line_parse(piece->text, &before, &line, err) != RC_OK)
			continue;
		if (fwrite(piece->text.ptr, 1, piece->text.len, file) != piece->text.len)
			return FAIL(err, RC_IO, "the ledger cannot be written");
		same_use(pieces, i, piece);
		next++;
	}
	return RC_OK;
}

static MUST_CHECK enum rc
loose_append(struct pieces *pieces, const char *path, const struct clock *clock,
             struct err *err)
{
	const struct ledger_options options = { path, clock, false };
	struct ledger *ledger = NULL;
	enum rc rc;

	TRY(ledger_open(&ledger, &options, err));
	rc = RC_OK;
	for (size_t i = 0; i < pieces->count && rc == RC_OK; i++) {
		struct ledger_line line = { 0 };
		struct piece *piece = &pieces->items[i];
		if (piece->is_used)
			continue;
		same_use(pieces, i, piece);
		rc = ledger_line_parse(piece->text, NULL, &line, err);
		/* Which line it was undone by is not known: what was said stands. */
		if (rc == RC_OK && line.kind != LEDGER_UNDONE) {
			rc = ledger_append(ledger, &line, err);
			pieces->fetching->found->loose_lines++;
		}
	}
	ledger_close(ledger);
	return rc;
}

enum rc
fetch_ledger(struct fetching *fetching, const char *path, const struct clock *clock,
             struct err *err)
{
	CLEANUP(pieces_free) struct pieces pieces = { .fetching = fetching };
	FILE *file;
	enum rc rc;

	arena_init(&pieces.arena, 1024 * MIB);
	TRY(pieces_take(&pieces, err));
	file = fopen(path, "we");
	if (file == NULL)
		return FAIL(err, RC_IO, "the ledger cannot be written");
	rc = chain_write(&pieces, file, err);
	if (fclose(file) != 0 && rc == RC_OK)
		rc = FAIL(err, RC_IO, "the ledger cannot be written");
	TRY(rc);
	return loose_append(&pieces, path, clock, err);
}
