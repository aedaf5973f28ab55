/*
 * Any text as a checkpoint, a verifier key, a tile's path and an entry bundle.
 *
 * What reads as a checkpoint has a size and an origin that write back to the
 * same lines; what reads as a key or a path writes back to the same text; and
 * a note that this program has no key for never opens.  Also a plain program
 * that replays files.
 */
#include "audit/note.h"
#include "audit/tile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool holds)
{
	if (!holds)
		abort();
}

static void
try_note(struct str text)
{
	CLEANUP(buf_free) struct buf lines = { 0 };
	struct note_signer nobody = { .origin = STR("nobody.example/log") };
	struct note_head head;
	struct str origin;
	struct err err = { 0 };

	buf_init(&lines, NOTE_MAX);
	if (note_read(text, &origin, &head, &err) != RC_OK)
		return;
	must(note_origin_is_valid(origin));
	buf_add(&lines, origin);
	buf_addf(&lines, "\n%llu\n", (unsigned long long)head.size);
	must(str_starts_with(text, (struct str){ lines.text, lines.len }));
	must(note_open(text, &nobody, &head, &err) != RC_OK);
}

static void
try_key(struct str text)
{
	CLEANUP(buf_free) struct buf line = { 0 };
	struct note_signer signer;
	struct err err = { 0 };

	buf_init(&line, NOTE_KEY_LINE_MAX);
	if (note_key_parse(text, &signer, &err) != RC_OK)
		return;
	note_key_format(&signer, &line);
	must(str_starts_with(text, (struct str){ line.text, line.len }));
}

static void
try_path(struct str text)
{
	char path[TILE_PATH_MAX];
	struct tile tile;
	struct err err = { 0 };

	if (tile_path_parse(text, &tile, &err) != RC_OK)
		return;
	must(tile.width >= 1 && tile.width <= TILE_HASHES && tile_end(&tile) != 0);
	tile_path_format(&tile, path);
	must(str_eq(text, str_from_c(path)));
}

/* As many leaves as the first byte says. */
static void
try_bundle(struct str text)
{
	CLEANUP(buf_free) struct buf again = { 0 };
	struct str leaves[TILE_HASHES], bundle;
	struct err err = { 0 };
	size_t count;

	buf_init(&again, BUNDLE_MAX);
	if (text.len == 0)
		return;
	count = (unsigned char)text.ptr[0];
	bundle = (struct str){ text.ptr + 1, text.len - 1 };
	if (bundle_read(bundle, count, leaves, &err) != RC_OK)
		return;
	for (size_t i = 0; i < count; i++)
		bundle_add(&again, leaves[i]);
	must(str_eq(bundle, (struct str){ again.text, again.len }));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data, size };

	try_note(text);
	try_key(text);
	try_path(text);
	try_bundle(text);
	return 0;
}

#include "replay.h"
