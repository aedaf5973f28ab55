/*
 * Any Cookie header.  What is read could be set again; and whatever a jar
 * holds, a secret put into it is found, and no other tenant's changes.
 */
#include "web/accept.h"
#include "web/cookie.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
jar_check(struct str jar, struct arena *arena)
{
	struct str other = jar_find(jar, STR("other"));
	struct str more = jar_put(jar, STR("mine"), STR("secret"), arena);
	struct str kept = jar_find(more, STR("other"));

	if (!str_eq(jar_find(more, STR("mine")), STR("secret")))
		abort();
	if (kept.len != 0 && !str_eq(kept, other))
		abort();
	if (jar_find(jar_put(more, STR("mine"), STR_EMPTY, arena), STR("mine")).len != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct pairs cookies = { .count = 0 };
	struct str header = { (const char *)data, size };
	struct err err;

	arena_init(&arena, 64 * MIB);
	(void)accept_choose(header, FORMAT_HTML | FORMAT_JSON | FORMAT_CSV, FORMAT_HTML);
	if (size > LIMIT_HEADERS_BYTES || cookies_parse(header, &cookies, &err) != RC_OK)
		return 0;
	for (size_t i = 0; i < cookies.count; i++) {
		struct str value = cookies.items[i].value;
		if (value.len != 0 && memchr(value.ptr, ';', value.len) != NULL)
			abort();
		jar_check(value, &arena);
	}
	return 0;
}

#include "replay.h"
