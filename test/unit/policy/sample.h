/*
 * Policies for tests: small.yaml as it is, or with one piece of it replaced.
 */
#ifndef TEST_POLICY_SAMPLE_H
#define TEST_POLICY_SAMPLE_H

#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/limits.h"
#include "policy/policy.h"

#define SMALL "test/unit/policy/small.yaml"

struct sample {
	struct arena arena;
	struct policy_diagnostics faults;
	struct policy *policy; /* NULL when it was refused */
	enum rc rc;
};

static inline struct str
sample_file(struct arena *arena, const char *path)
{
	size_t room = POLICY_SOURCE_MAX + 1;
	char *text = arena_alloc(arena, room, 1);
	FILE *file = fopen(path, "rb");
	size_t len;

	if (file == NULL)
		fail_msg("%s: cannot be read (tests run in the project's root)", path);
	len = fread(text, 1, room, file);
	fclose(file);
	return (struct str){ text, len };
}

/* The first `from` in `text` becomes `to`. */
static inline struct str
sample_swap(struct arena *arena, struct str text, const char *from, const char *to)
{
	const char *at = memmem(text.ptr, text.len, from, strlen(from));
	size_t before;

	if (at == NULL)
		fail_msg("the sample has no: %s", from);
	before = (size_t)(at - text.ptr);
	return str_printf(arena, "%.*s%s%.*s", (int)before, text.ptr, to,
	                  (int)(text.len - before - strlen(from)), at + strlen(from));
}

static inline void
sample_end(struct sample *sample)
{
	policy_free(sample->policy);
	arena_free(&sample->arena);
	free(sample);
}

static inline struct sample *
sample_read(struct str text)
{
	struct sample *sample = calloc(1, sizeof(*sample));
	struct err err = { 0 };

	assert_non_null(sample);
	arena_init(&sample->arena, 8 * MIB);
	sample->faults.arena = &sample->arena;
	sample->rc = policy_read(&sample->policy, text, &sample->faults, &err);
	return sample;
}

static inline struct sample *
sample_small(const char *from, const char *to)
{
	struct arena arena;
	struct sample *sample;
	struct str text;

	arena_init(&arena, 8 * MIB);
	text = sample_file(&arena, SMALL);
	if (from != NULL)
		text = sample_swap(&arena, text, from, to);
	sample = sample_read(text);
	arena_free(&arena);
	return sample;
}

static inline void
sample_drop(struct sample **sample)
{
	sample_end(*sample);
}
#define SAMPLE CLEANUP(sample_drop) struct sample *

static inline bool
sample_holds(struct str text, const char *part)
{
	return memmem(text.ptr, text.len, part, strlen(part)) != NULL;
}

/* Refused with a fault in this line that says this. */
static inline void
sample_refused(const struct sample *sample, int line, const char *text)
{
	assert_int_equal(sample->rc, RC_INVALID);
	assert_null(sample->policy);
	for (size_t i = 0; i < sample->faults.count && i < POLICY_LIST_MAX; i++) {
		const struct policy_fault *fault = &sample->faults.items[i];
		if (fault->line == line && sample_holds(fault->text, text))
			return;
	}
	for (size_t i = 0; i < sample->faults.count && i < POLICY_LIST_MAX; i++)
		print_message("  %d:%d: %.*s\n", sample->faults.items[i].line,
		              sample->faults.items[i].column,
		              STR_ARGS(sample->faults.items[i].text));
	fail_msg("no fault in line %d says: %s", line, text);
}

#endif
