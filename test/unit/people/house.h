/*
 * A real vault in a directory of its own, with one tenant under the reference
 * policy of `measure`, for the tests of people and notice.
 *
 * Every test gets a new house; its clock can be moved (house->clock.offset_us).
 */
#ifndef PEOPLE_HOUSE_H
#define PEOPLE_HOUSE_H

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <ftw.h>
#include <unistd.h>

#include "audit/entry.h"
#include "base/limits.h"
#include "people/people.h"

struct house {
	char dir[64];
	struct clock clock;
	struct vault *vault;
	const struct tenant *tenant;
	struct people *people;
	struct visitor visitor;
	struct arena arena;
	struct err err;
};

static const struct actor house_system = { .kind = ACTOR_SYSTEM };

/* Shows the error when it is not what was expected. */
#define RC_IS(house, call, expected)                                                           \
	do {                                                                                   \
		enum rc rc_is_ = (call);                                                       \
		if (rc_is_ != (expected))                                                      \
			print_error("%s:%d: %s\n", (house)->err.file, (house)->err.line,       \
			            (house)->err.text);                                        \
		assert_int_equal(rc_is_, (expected));                                          \
	} while (0)

static int
house_remove(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static struct str
house_file(struct house *house, const char *path)
{
	FILE *file = fopen(path, "rb");
	char *text = arena_alloc(&house->arena, 256 * KIB, 1);
	size_t count;

	assert_non_null(file);
	count = fread(text, 1, 256 * KIB, file);
	(void)fclose(file);
	return (struct str){ text, count };
}

/* To the start of the next hour, so that no window of a rate ends in a test. */
static int64_t
house_offset_us(void)
{
	int64_t now_us = clock_now_us(&(struct clock){ 0 });

	return US_PER_HOUR - now_us % US_PER_HOUR;
}

static int
house_open(void **state)
{
	struct house *house = calloc(1, sizeof(*house));
	struct policy_diagnostics faults = { 0 };
	struct vault_options options = { house->dir, &house->clock, "localhost", false };
	struct tenant_new new = { STR("measure"), STR("Lumen & Söhne"), STR("Europe/Paris"),
		                  STR_EMPTY, &faults };

	house->clock.offset_us = house_offset_us();
	arena_init(&house->arena, 64 * MIB);
	faults.arena = &house->arena;
	(void)snprintf(house->dir, sizeof(house->dir), P_tmpdir "/troth-people-XXXXXX");
	assert_non_null(mkdtemp(house->dir));
	RC_IS(house, vault_create(&options, &house->err), RC_OK);
	RC_IS(house, vault_open(&house->vault, &options, &house->err), RC_OK);
	new.policy_yaml = house_file(house, "policies/measure.yaml");
	RC_IS(house, vault_tenant_add(house->vault, &new, &house->err), RC_OK);
	house->tenant = vault_tenant_find(house->vault, STR("measure"));
	RC_IS(house, people_open(&house->people, house->vault, &house->err), RC_OK);
	house->visitor =
	    (struct visitor){ house->tenant, STR("192.0.2.7"), STR("Browser/1.0"), STR("en") };
	*state = house;
	return 0;
}

static int
house_close(void **state)
{
	struct house *house = *state;

	people_close(house->people);
	vault_close(house->vault);
	arena_free(&house->arena);
	(void)nftw(house->dir, house_remove, 8, FTW_DEPTH | FTW_PHYS);
	free(house);
	return 0;
}

static inline struct door
house_door(const struct house *house)
{
	return (struct door){ house->vault, house->tenant, &house_system, STR("security") };
}

/* A person of a role, added by the operator. */
static inline struct person
house_person(struct house *house, struct str email, struct str role)
{
	struct door door = house_door(house);
	struct person person = { .email = email,
		                 .name = STR("Ana Lima"),
		                 .role = role,
		                 .language = STR("en"),
		                 .zone = STR("Europe/Paris"),
		                 .state = PERSON_ACTIVE };

	RC_IS(house, people_add(&door, house->people, &person, &house->err), RC_OK);
	return person;
}

/* A session of the person, by a link. */
static inline struct session
house_sign_in(struct house *house, struct str email, char secret[SECRET_TEXT])
{
	struct link_begun begun;
	struct link_finish finish = { 0 };
	struct session session;

	RC_IS(house,
	      people_link_begin(house->people, &house->visitor, email, &house->arena, &begun,
	                        &house->err),
	      RC_OK);
	assert_true(begun.is_known);
	finish.browser_secret = str_copy(&house->arena, str_from_c(begun.browser_secret));
	finish.link_secret = str_copy(&house->arena, str_from_c(begun.link_secret));
	RC_IS(house,
	      people_link_finish(house->people, &house->visitor, &finish, &house->arena,
	                         &session, secret, &house->err),
	      RC_OK);
	return session;
}

/* How many entries of the tenant's log have that act and outcome. */
static inline size_t
house_entries(struct house *house, struct str act, struct str outcome)
{
	struct entry_row *rows;
	size_t found = 0, count = 0;

	RC_IS(house,
	      audit_entries(vault_audit(house->vault), house->tenant->id, 0, 1000,
	                    &house->arena, &rows, &found, &house->err),
	      RC_OK);
	for (size_t i = 0; i < found; i++) {
		struct audit_entry entry;
		RC_IS(house,
		      audit_entry_parse(rows[i].leaf, &entry, &house->arena, &house->err),
		      RC_OK);
		count += str_eq(entry.act, act) && str_eq(entry.outcome, outcome);
	}
	return count;
}

static inline uint64_t
house_writes(const struct house *house)
{
	struct store_figures figures;

	store_figures(vault_store(house->vault), &figures);
	return figures.writes;
}

#define HOUSE_TEST(name) cmocka_unit_test_setup_teardown(name, house_open, house_close)

#endif
