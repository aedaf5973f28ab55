/*
 * Notes and paths of tiles.  The figures that are not ours: the example of
 * golang.org/x/mod/sumdb/note's documentation (a key line and what it signs),
 * and the paths that C2SP tlog-tiles gives as examples.
 */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "audit/note.h"
#include "audit/tile.h"

#define PETER "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"

static struct sign_key key;
static const struct str origin = STR("localhost/acme/log");

static struct note_head
head_some(void)
{
	struct note_head head = { .size = 70000 };

	memset(head.root.bytes, 7, DIGEST_BYTES);
	return head;
}

static struct note_signer
signer_ours(void)
{
	struct note_signer signer = { .origin = origin };

	memcpy(signer.public, key.public, SIGN_PUBLIC_BYTES);
	return signer;
}

/* The note with every `from` replaced by `to`. */
static enum rc
open_replaced(const char *from, const char *to)
{
	CLEANUP(buf_free) struct buf note = { 0 };
	CLEANUP(buf_free) struct buf other = { 0 };
	struct note_head head = head_some(), found;
	struct note_signer signer = signer_ours();
	struct err err = { 0 };
	const char *at, *hit;

	buf_init(&note, NOTE_MAX);
	buf_init(&other, 2 * NOTE_MAX);
	note_format(origin, &key, &head, &note);
	for (at = note.text; (hit = strstr(at, from)) != NULL; at = hit + strlen(from)) {
		buf_add(&other, (struct str){ at, (size_t)(hit - at) });
		buf_add(&other, str_from_c(to));
	}
	assert_true(at != note.text);
	buf_add(&other, str_from_c(at));
	return note_open((struct str){ other.text, other.len }, &signer, &found, &err);
}

static void
a_signed_checkpoint_opens_and_has_three_lines(void **state)
{
	CLEANUP(buf_free) struct buf note = { 0 };
	struct note_head head = head_some(), found;
	struct note_signer signer = signer_ours();
	struct err err = { 0 };

	(void)state;
	buf_init(&note, NOTE_MAX);
	note_format(origin, &key, &head, &note);
	assert_true(str_starts_with((struct str){ note.text, note.len },
	                            STR("localhost/acme/log\n70000\n"
	                                "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\n\n"
	                                "\xe2\x80\x94 localhost/acme/log ")));
	assert_int_equal(note_open((struct str){ note.text, note.len }, &signer, &found, &err),
	                 RC_OK);
	assert_true(found.size == 70000);
	assert_memory_equal(&found.root, &head.root, sizeof(head.root));
}

static void
a_note_that_is_changed_anywhere_does_not_open(void **state)
{
	CLEANUP(buf_free) struct buf note = { 0 };
	struct note_head head = head_some(), found;
	struct note_signer signer = signer_ours();
	struct err err = { 0 };

	(void)state;
	buf_init(&note, NOTE_MAX);
	note_format(origin, &key, &head, &note);
	for (size_t i = 0; i < note.len; i++) {
		note.text[i] ^= 1;
		assert_int_equal(
		    note_open((struct str){ note.text, note.len }, &signer, &found, &err),
		    RC_CORRUPT);
		note.text[i] ^= 1;
	}
	for (size_t len = 0; len < note.len; len++)
		assert_int_equal(
		    note_open((struct str){ note.text, len }, &signer, &found, &err),
		    RC_CORRUPT);
}

static void
what_the_specifications_do_not_allow_is_refused(void **state)
{
	(void)state;
	assert_int_equal(open_replaced("\n70000\n", "\n70000\n"), RC_OK);
	assert_int_equal(open_replaced("\n70000\n", "\n070000\n"), RC_CORRUPT);
	assert_int_equal(open_replaced("\n70000\n", "\n-1\n"), RC_CORRUPT);
	assert_int_equal(open_replaced("\n70000\n", "\n\n"), RC_CORRUPT);
	assert_int_equal(open_replaced("\n70000\n", "\n70000\r\n"), RC_CORRUPT);
	assert_int_equal(open_replaced("localhost", "Localhost"), RC_CORRUPT);
	assert_int_equal(open_replaced("\xe2\x80\x94 ", "- "), RC_CORRUPT);
	assert_int_equal(open_replaced("=\n\n", "=\n\n\n"), RC_CORRUPT);
	assert_int_equal(open_replaced("=\n\n", "=\nextension\n\n"), RC_CORRUPT);
}

static void
signatures_of_others_are_ignored_but_ours_must_be_there(void **state)
{
	(void)state;
	assert_int_equal(
	    open_replaced("\n\n\xe2\x80\x94 ",
	                  "\n\n\xe2\x80\x94 witness.example AAAAAAAA\n\xe2\x80\x94 "),
	    RC_OK);
	assert_int_equal(open_replaced("\xe2\x80\x94 localhost", "\xe2\x80\x94 other"),
	                 RC_CORRUPT);
	assert_int_equal(
	    open_replaced("\n\n\xe2\x80\x94 ",
	                  "\n\n\xe2\x80\x94 witness.example not-base64\n\xe2\x80\x94 "),
	    RC_CORRUPT);
}

static void
a_key_line_of_the_go_documentation_is_read_and_verifies_its_note(void **state)
{
	/* golang.org/x/mod/sumdb/note, package documentation. */
	static const char text[] = "If you think cryptography is the answer to your problem,\n"
				   "then you don't know what your problem is.\n";
	static const char signature[] =
	    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXg"
	    "KvqfqdngotpRZb6KE6RyyBwJnAM=";
	CLEANUP(buf_free) struct buf line = { 0 };
	struct note_signer signer;
	uint8_t bytes[128];
	struct err err = { 0 };
	size_t count;

	(void)state;
	assert_int_equal(note_key_parse(STR(PETER "\n"), &signer, &err), RC_OK);
	assert_true(str_eq(signer.origin, STR("PeterNeumann")));
	assert_int_equal(
	    base64_parse(str_from_c(signature), bytes, sizeof(bytes), &count, &err), RC_OK);
	assert_int_equal(count, 68);
	assert_true(sign_verify(signer.public, str_from_c(text),
	                        (struct str){ (const char *)bytes + 4, 64 }));
	buf_init(&line, NOTE_KEY_LINE_MAX);
	note_key_format(&signer, &line);
	assert_true(str_eq((struct str){ line.text, line.len }, STR(PETER)));
}

static void
a_key_line_that_does_not_fit_itself_is_refused(void **state)
{
	static const char *const broken[] = {
		"",
		"PeterNeumann",
		"PeterNeumann+c74f20a3",
		"PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
		"PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
		"PeterNeumanm+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
		"Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
		"PeterNeumann+c74f20a3+AhpcQcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
		PETER "\n\n",
		PETER " ",
	};
	struct note_signer signer;
	struct err err = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(broken); i++)
		assert_int_equal(note_key_parse(str_from_c(broken[i]), &signer, &err),
		                 RC_INVALID);
}

/* --- tiles --------------------------------------------------------------------- */

static void
paths_are_those_of_the_specification(void **state)
{
	static const struct {
		const char *path;
		struct tile tile;
	} rows[] = {
		{ "tile/0/000", { 0, 0, 256 } },
		{ "tile/0/x001/x234/067", { 0, 1234067, 256 } },
		{ "tile/1/x001/067", { 1, 1067, 256 } },
		{ "tile/0/273.p/112", { 0, 273, 112 } },
		{ "tile/2/000.p/1", { 2, 0, 1 } },
		{ "tile/entries/000.p/12", { TILE_ENTRIES, 0, 12 } },
		{ "tile/entries/999", { TILE_ENTRIES, 999, 256 } },
		{ "tile/entries/x001/000", { TILE_ENTRIES, 1000, 256 } },
		{ "tile/63/000", { 63, 0, 256 } },
	};
	struct err err = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		char path[TILE_PATH_MAX];
		struct tile tile;

		tile_path_format(&rows[i].tile, path);
		assert_string_equal(path, rows[i].path);
		assert_int_equal(tile_path_parse(str_from_c(path), &tile, &err), RC_OK);
		assert_int_equal(tile.level, rows[i].tile.level);
		assert_true(tile.index == rows[i].tile.index);
		assert_int_equal(tile.width, rows[i].tile.width);
	}
}

static void
what_is_no_path_of_a_tile_is_not_found(void **state)
{
	static const char *const broken[] = {
		"",
		"tile",
		"tile/0",
		"tile/0/",
		"tile/0/0",
		"tile/0/0000",
		"tile/00/000",
		"tile/64/000",
		"tile/-1/000",
		"tile/data/000",
		"tile/0/x000/067",
		"tile/0/001/067",
		"tile/0/x001/x067",
		"tile/0/000/",
		"tile/0/000.p/0",
		"tile/0/000.p/256",
		"tile/0/000.p/01",
		"tile/0/000.p/1/",
		"tile/0/000.p/",
		"tile/0/000.p/1.p/1",
		"tile/0/../../000",
		"/tile/0/000",
		"tile/0/x999/x999/x999/x999/x999/x999/999",
	};
	struct tile tile;
	struct err err = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(broken); i++) {
		if (tile_path_parse(str_from_c(broken[i]), &tile, &err) != RC_NOT_FOUND)
			fail_msg("accepted: %s", broken[i]);
	}
}

static void
bundles_are_read_whole_or_not_at_all(void **state)
{
	CLEANUP(buf_free) struct buf bundle = { 0 };
	struct str leaves[3], text;
	struct err err = { 0 };

	(void)state;
	buf_init(&bundle, 1024);
	bundle_add(&bundle, STR("one"));
	bundle_add(&bundle, STR(""));
	bundle_add(&bundle, STR("three"));
	text = (struct str){ bundle.text, bundle.len };
	assert_true(str_eq(text, STR("\0\3one\0\0\0\5three")));
	assert_int_equal(bundle_read(text, 3, leaves, &err), RC_OK);
	assert_true(str_eq(leaves[2], STR("three")));
	assert_int_equal(bundle_read(text, 2, leaves, &err), RC_CORRUPT);
	for (text.len--; text.len > 0; text.len--)
		assert_int_equal(bundle_read(text, 3, leaves, &err), RC_CORRUPT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_signed_checkpoint_opens_and_has_three_lines),
		cmocka_unit_test(a_note_that_is_changed_anywhere_does_not_open),
		cmocka_unit_test(what_the_specifications_do_not_allow_is_refused),
		cmocka_unit_test(signatures_of_others_are_ignored_but_ours_must_be_there),
		cmocka_unit_test(
		    a_key_line_of_the_go_documentation_is_read_and_verifies_its_note),
		cmocka_unit_test(a_key_line_that_does_not_fit_itself_is_refused),
		cmocka_unit_test(paths_are_those_of_the_specification),
		cmocka_unit_test(what_is_no_path_of_a_tile_is_not_found),
		cmocka_unit_test(bundles_are_read_whole_or_not_at_all),
	};

	sign_key_new(&key);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
