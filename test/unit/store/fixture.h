/*
 * A store in a folder of its own, and checks that work inside transactions.
 *
 * A write runs in the store's thread, where cmocka's assertions cannot jump
 * out: CHECK and EXPECT fail the transaction instead, and the test shows where.
 */
#ifndef TEST_STORE_FIXTURE_H
#define TEST_STORE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

#include "store/store.h"

struct fixture {
	char folder[64];
	char path[96];
	struct clock clock;
	struct arena arena;
	struct store *store;
};

typedef enum rc transaction(struct store_tx *tx, void *arg, struct err *err);

#define CHECK(condition)                                                                       \
	do {                                                                                   \
		if (!(condition))                                                              \
			return FAIL(err, RC_PRECONDITION, "line %d: %s", __LINE__,             \
			            #condition);                                               \
	} while (0)

#define EXPECT(call, expected)                                                                 \
	do {                                                                                   \
		struct err expect_err_ = { 0 };                                                \
		struct err *err_outer_ = err;                                                  \
		enum rc expect_rc_;                                                            \
		err = &expect_err_;                                                            \
		expect_rc_ = (call);                                                           \
		err = err_outer_;                                                              \
		if (expect_rc_ != (expected))                                                  \
			return FAIL(err, RC_PRECONDITION, "line %d: %s is %s (%s)", __LINE__,  \
			            #call, rc_name(expect_rc_), expect_err_.text);             \
	} while (0)

static inline enum rc
fixture_reopen(struct fixture *fixture, struct err *err)
{
	const struct store_options options = { fixture->path, &fixture->clock, false };

	store_close(fixture->store);
	fixture->store = NULL;
	return store_open(&fixture->store, &options, err);
}

static inline int
fixture_open(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	struct err err = { 0 };

	(void)snprintf(fixture->folder, sizeof(fixture->folder),
	               P_tmpdir "/troth-store-XXXXXX");
	if (mkdtemp(fixture->folder) == NULL)
		return -1;
	(void)snprintf(fixture->path, sizeof(fixture->path), "%s/data.db", fixture->folder);
	arena_init(&fixture->arena, 64UL << 20);
	*state = fixture;
	if (fixture_reopen(fixture, &err) == RC_OK)
		return 0;
	print_error("%s\n", err.text);
	return -1;
}

static inline int
fixture_close(void **state)
{
	static const char *const suffixes[] = { "", "-wal", "-shm" };
	struct fixture *fixture = *state;
	char path[128];

	store_close(fixture->store);
	for (size_t i = 0; i < COUNT_OF(suffixes); i++) {
		(void)snprintf(path, sizeof(path), "%s%s", fixture->path, suffixes[i]);
		(void)unlink(path);
	}
	(void)rmdir(fixture->folder);
	arena_free(&fixture->arena);
	free(fixture);
	return 0;
}

static inline void
must_write(struct fixture *fixture, transaction *fn, void *arg)
{
	struct err err = { 0 };

	if (store_write(fixture->store, fn, arg, &err) != RC_OK)
		fail_msg("%s:%d: %s", err.file, err.line, err.text);
}

static inline void
must_read(struct fixture *fixture, transaction *fn, void *arg)
{
	struct err err = { 0 };

	if (store_read(fixture->store, fn, arg, &err) != RC_OK)
		fail_msg("%s:%d: %s", err.file, err.line, err.text);
}

#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)

/* Ids that are told apart by one number and are in its order. */
static inline struct id
id_of(unsigned number)
{
	struct id id = { { 0 } };

	id.bytes[0] = 1;
	id.bytes[14] = (uint8_t)(number >> 8);
	id.bytes[15] = (uint8_t)number;
	return id;
}

#endif
