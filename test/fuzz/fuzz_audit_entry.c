/*
 * Any text: what the reader of entries accepts has one form, so writing it
 * again gives the same bytes.  Also a plain program that replays files.
 */
#include "audit/entry.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(buf_free) struct buf again = { 0 };
	struct str leaf = { (const char *)data, size };
	struct audit_entry entry;
	struct err err = { 0 };

	buf_init(&again, ENTRY_LEAF_MAX);
	if (entry_read(leaf, &entry, &err) != RC_OK)
		return 0;
	audit_entry_format(&entry, &again);
	if (!str_eq(leaf, (struct str){ again.text, again.len }))
		abort();
	return 0;
}

#include "replay.h"
