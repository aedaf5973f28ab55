/*
 * A real vault with people, notice and an office, under the reference policy of
 * measure, for the tests of the desk and the package.
 */
#ifndef OFFICE_DESK_HOUSE_H
#define OFFICE_DESK_HOUSE_H

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <ftw.h>
#include <unistd.h>

#include "audit/entry.h"
#include "base/limits.h"
#include "office/desk.h"

struct house {
	char dir[64];
	struct clock clock;
	struct vault *vault;
	const struct tenant *tenant;
	struct people *people;
	struct notice *notice;
	struct office *office;
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

static inline int
house_remove(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline struct str
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

static inline int
house_open(void **state)
{
	struct house *house = calloc(1, sizeof(*house));
	struct policy_diagnostics faults = { 0 };
	struct vault_options options = { house->dir, &house->clock, "localhost", false };
	struct tenant_new new = { STR("measure"), STR("Lumen"), STR("Europe/Paris"), STR_EMPTY,
		                  &faults };
	struct notice_options mail = { .is_demo = true };
	struct office_options office = { .clock = &house->clock, .is_demo = true };

	arena_init(&house->arena, 256 * MIB);
	faults.arena = &house->arena;
	(void)snprintf(house->dir, sizeof(house->dir), P_tmpdir "/troth-office-XXXXXX");
	assert_non_null(mkdtemp(house->dir));
	RC_IS(house, vault_create(&options, &house->err), RC_OK);
	RC_IS(house, vault_open(&house->vault, &options, &house->err), RC_OK);
	new.policy_yaml = house_file(house, "policies/measure.yaml");
	RC_IS(house, vault_tenant_add(house->vault, &new, &house->err), RC_OK);
	house->tenant = vault_tenant_find(house->vault, STR("measure"));
	RC_IS(house, people_open(&house->people, house->vault, &house->err), RC_OK);
	mail.vault = house->vault;
	RC_IS(house, notice_open(&house->notice, &mail, &house->err), RC_OK);
	office.vault = house->vault;
	office.people = house->people;
	office.notice = house->notice;
	RC_IS(house, office_open(&house->office, &office, &house->err), RC_OK);
	*state = house;
	return 0;
}

static inline int
house_close(void **state)
{
	struct house *house = *state;

	office_close(house->office);
	notice_close(house->notice);
	people_close(house->people);
	vault_close(house->vault);
	arena_free(&house->arena);
	(void)nftw(house->dir, house_remove, 8, FTW_DEPTH | FTW_PHYS);
	free(house);
	return 0;
}

/* Somebody who is signed in with a second factor, and their door. */
struct somebody {
	struct person person;
	struct actor actor;
	struct door door;
};

static inline void
house_somebody(struct house *house, struct somebody *somebody, const char *email,
               const char *role)
{
	struct door door = { house->vault, house->tenant, &house_system, STR("security") };

	somebody->person = (struct person){ .email = str_from_c(email),
		                            .name = STR("Ana Lima"),
		                            .role = str_from_c(role),
		                            .language = STR("en"),
		                            .zone = STR("Europe/Paris"),
		                            .state = PERSON_ACTIVE };
	RC_IS(house, people_add(&door, house->people, &somebody->person, &house->err), RC_OK);
	somebody->actor =
	    (struct actor){ .kind = ACTOR_PERSON,
		            .id = somebody->person.id,
		            .subject = somebody->person.id,
		            .role = policy_role_find(house->tenant->policy, str_from_c(role)),
		            .assurance = 2 };
	somebody->door =
	    (struct door){ house->vault, house->tenant, &somebody->actor, STR("law") };
}

static inline size_t
house_entries(struct house *house, const char *act, const char *outcome)
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
		count += str_eq(entry.act, str_from_c(act)) &&
		         str_eq(entry.outcome, str_from_c(outcome));
	}
	return count;
}

/* Mails to an address that are in the inbox. */
static inline size_t
house_mails(struct house *house, const char *to, const char *subject)
{
	struct message *messages;
	size_t count = 0, found = 0;

	RC_IS(house,
	      notice_inbox(house->notice, house->tenant, &house->arena, &messages, &count,
	                   &house->err),
	      RC_OK);
	for (size_t i = 0; i < count; i++)
		found += str_eq(messages[i].to, str_from_c(to)) &&
		         str_eq(messages[i].subject, str_from_c(subject));
	return found;
}

#define HOUSE_TEST(name) cmocka_unit_test_setup_teardown(name, house_open, house_close)

#endif
