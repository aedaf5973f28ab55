/*
 * Any bytes as a FHIR resource: refused, or JSON that reads back and says in its
 * meta.security what was done.
 */
#include "deid/fhir.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct deid *deid; /* compiled once */
	CLEANUP(json_free) struct json json = { NULL };
	CLEANUP(buf_free) struct buf out = { 0 };
	CLEANUP(key_wipe) struct key key = { { 1 } };
	struct deid_fhir_options options = { .key = &key, .now_us = 1 };
	struct json_object *meta;
	struct str text;
	struct err err;

	if (deid == NULL && deid_open(&deid, &err) != RC_OK)
		abort();
	buf_init(&out, 64 * MIB);
	if (deid_fhir(deid, &options, (struct str){ (const char *)data, size }, &out, &err) !=
	    RC_OK)
		return 0;
	if (buf_finish(&out, &text, &err) != RC_OK || json_parse(&json, text, &err) != RC_OK)
		abort();
	if (!json_find(json.root, "meta", &meta))
		abort();
	return 0;
}

#include "replay.h"
