/*
 * Any bytes: the reader refuses them or gives a tree; a tree that has a canonical
 * form reads back from it to the same form.
 */
#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(json_free) struct json json = { NULL };
	CLEANUP(json_free) struct json again = { NULL };
	CLEANUP(buf_free) struct buf first = { 0 };
	CLEANUP(buf_free) struct buf second = { 0 };
	struct err err = { 0 };
	struct str text;

	buf_init(&first, 8 * size + 1024);
	buf_init(&second, 8 * size + 1024);
	if (json_parse(&json, (struct str){ (const char *)data, size }, &err) != RC_OK)
		return 0;
	if (json_canonical(&first, json.root, &err) != RC_OK)
		return 0;
	if (buf_finish(&first, &text, &err) != RC_OK ||
	    json_parse(&again, text, &err) != RC_OK ||
	    json_canonical(&second, again.root, &err) != RC_OK)
		abort();
	if (first.len != second.len || memcmp(first.text, second.text, first.len) != 0)
		abort();
	return 0;
}

#include "replay.h"
