/*
 * Names of objects at a place, and walking over them.
 */
#include "backup/inside.h"

#define TIME_DIGITS "%018lld"

void
object_block_name(char name[OBJECT_NAME_MAX], const char *prefix, const struct digest *digest)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct str hex;

	arena_init(&arena, 16 * KIB);
	hex = hex_format(&arena, digest->bytes, DIGEST_BYTES);
	(void)snprintf(name, OBJECT_NAME_MAX, "%s/%.2s/%.*s", prefix, hex.ptr, STR_ARGS(hex));
}

static struct str
last_part(struct str name)
{
	size_t at = name.len;

	while (at > 0 && name.ptr[at - 1] != '/')
		at--;
	return (struct str){ name.ptr + at, name.len - at };
}

bool
object_block_digest(struct str name, struct digest *digest)
{
	struct err err;

	return hex_parse(last_part(name), digest->bytes, DIGEST_BYTES, &err) == RC_OK;
}

void
object_time_name(char name[OBJECT_NAME_MAX], const char *prefix, int64_t time_us)
{
	(void)snprintf(name, OBJECT_NAME_MAX, "%s" TIME_DIGITS, prefix, (long long)time_us);
}

bool
object_number(struct str name, int64_t *number)
{
	static const struct str before[] = { { "index-", 6 }, { "to-", 3 } };
	struct str part = last_part(name);
	struct err err;

	for (size_t i = 0; i < COUNT_OF(before); i++) {
		if (str_starts_with(part, before[i]))
			part =
			    (struct str){ part.ptr + before[i].len, part.len - before[i].len };
	}
	return part.len != 0 && str_to_i64(part, number, &err) == RC_OK && *number >= 0;
}

/* --- walking -------------------------------------------------------------------- */

enum rc
place_walk(struct outbound_place *place, const struct place_walk *walk, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct place_page page = { .is_more = true };
	char after[OBJECT_NAME_MAX + 1] = "";
	size_t after_len = 0;

	arena_init(&arena, 128 * MIB);
	while (page.is_more) {
		const struct place_range range = { walk->prefix,
			                           { after, after_len },
			                           LIMIT_PLACE_PAGE };
		arena_reset(&arena);
		TRY(place_list(place, &range, &page, &arena, err));
		for (size_t i = 0; i < page.count; i++)
			TRY(walk->each(walk->arg, &page.objects[i], err));
		if (page.count == 0)
			return RC_OK;
		after_len = page.objects[page.count - 1].name.len;
		memcpy(after, page.objects[page.count - 1].name.ptr, after_len);
	}
	return RC_OK;
}
