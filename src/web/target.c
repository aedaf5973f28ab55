#include "web/target.h"

#include "base/limits.h"
#include "web/form.h"

/* RFC 3986, sections 3.3 and 3.4, and '%'. */
static bool
is_target_char(char c)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))
		return true;
	return c != '\0' && strchr("-._~!$&'()*+,;=:@%/?", c) != NULL;
}

static enum rc
segment_check(struct str segment, struct arena *arena, struct err *err)
{
	struct str text;

	TRY(percent_decode(segment, false, arena, &text, err));
	if (str_eq(text, STR(".")) || str_eq(text, STR("..")))
		return FAIL(err, RC_SYNTAX, "the path steps out of its place");
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];
		if (c == '/' || c == '\\' || c < ' ' || c == 127)
			return FAIL(err, RC_SYNTAX, "the path holds a forbidden character");
	}
	return RC_OK;
}

static enum rc
path_check(struct str path, struct arena *arena, struct err *err)
{
	struct str rest = { path.ptr + 1, path.len - 1 };
	struct str segment;

	while (rest.len != 0) {
		bool is_last = memchr(rest.ptr, '/', rest.len) == NULL;
		rest = str_cut(rest, '/', &segment);
		if (segment.len == 0)
			return FAIL(err, RC_SYNTAX, "the path has an empty segment");
		TRY(segment_check(segment, arena, err));
		if (is_last)
			break;
	}
	return RC_OK;
}

enum rc
target_parse(struct str text, struct arena *arena, struct target *target, struct err *err)
{
	struct target found;

	if (text.len > LIMIT_PATH_BYTES)
		return FAIL(err, RC_LIMIT, "the address is too long");
	if (text.len == 0 || text.ptr[0] != '/')
		return FAIL(err, RC_SYNTAX, "the target is not a path");
	for (size_t i = 0; i < text.len; i++) {
		if (!is_target_char(text.ptr[i]))
			return FAIL(err, RC_SYNTAX, "the address holds a forbidden character");
	}
	found.query = str_cut(text, '?', &found.path);
	TRY(path_check(found.path, arena, err));
	*target = found;
	return RC_OK;
}

bool
target_is_local(struct str text, struct arena *arena)
{
	struct target target;
	struct err err;

	return target_parse(text, arena, &target, &err) == RC_OK;
}
