/*
 * Published test vectors: files beside the project, and hexadecimal in tests.
 */
#ifndef TEST_CRYPTO_VECTOR_FILE_H
#define TEST_CRYPTO_VECTOR_FILE_H

#include "base/arena.h"
#include "base/json.h"

/* Bytes of hexadecimal text, in the arena. */
static inline struct str
unhex(struct arena *arena, struct str text)
{
	char *bytes = arena_alloc(arena, text.len / 2 + 1, 1);

	for (size_t i = 0; i < text.len / 2; i++) {
		const char digits[3] = { text.ptr[2 * i], text.ptr[2 * i + 1], '\0' };
		bytes[i] = (char)strtoul(digits, NULL, 16);
	}
	return (struct str){ bytes, text.len / 2 };
}

static inline struct str
hex_at(struct arena *arena, const struct json_object *object, const char *name)
{
	struct json_object *value = NULL;

	if (!json_find(object, name, &value) || json_kind(value) != JSON_STRING)
		abort();
	return unhex(arena, json_text(value));
}

static inline bool
is_valid(const struct json_object *test)
{
	struct json_object *value = NULL;

	if (!json_find(test, "result", &value))
		abort();
	return str_eq(json_text(value), STR("valid"));
}

static inline int64_t
number_at(const struct json_object *object, const char *name)
{
	struct err err = { 0 };
	int64_t number = 0;

	if (json_need_int(object, name, &number, &err) != RC_OK)
		abort();
	return number;
}

/* False when the file is absent: then the test is skipped. */
static inline bool
vector_file(struct json *json, struct arena *arena, const char *path)
{
	struct err err = { 0 };
	FILE *file = fopen(path, "rb");
	size_t max = LIMIT_BODY_BYTES;
	char *text;
	size_t len;

	if (file == NULL) {
		printf("skipped: no %s\n", path);
		return false;
	}
	text = arena_alloc(arena, max, 1);
	len = fread(text, 1, max, file);
	(void)fclose(file);
	if (json_parse(json, (struct str){ text, len }, &err) != RC_OK)
		abort();
	return true;
}

/* Every test of every group. */
struct vector_iter {
	const struct json_object *groups;
	const struct json_object *group;
	const struct json_object *tests;
	const struct json_object *test;
	size_t group_at, test_at;
};

static inline void
vector_start(struct vector_iter *iter, const struct json *json)
{
	struct json_object *groups = NULL;

	*iter = (struct vector_iter){ 0 };
	if (!json_find(json->root, "testGroups", &groups))
		abort();
	iter->groups = groups;
}

static inline bool
vector_next(struct vector_iter *iter)
{
	struct json_object *tests = NULL;

	while (iter->test_at == (iter->tests == NULL ? 0 : json_count(iter->tests))) {
		if (iter->group_at == json_count(iter->groups))
			return false;
		iter->group = json_at(iter->groups, iter->group_at++);
		if (!json_find(iter->group, "tests", &tests))
			abort();
		iter->tests = tests;
		iter->test_at = 0;
	}
	iter->test = json_at(iter->tests, iter->test_at++);
	return true;
}

#endif
