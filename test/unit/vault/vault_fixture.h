/*
 * A real vault in a directory of its own, with one tenant under the reference
 * policy of `measure` (policies/measure.yaml) and one actor for each role.
 *
 * `who` names the actors; each but the system is about a subject of its own,
 * and the device is one of the first member's.
 */
#ifndef TEST_VAULT_FIXTURE_H
#define TEST_VAULT_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <ftw.h>
#include <sqlite3.h>
#include <unistd.h>

#include "base/json.h"
#include "base/limits.h"
#include "vault/vault.h"

enum who { SYSTEM, ANA, BEN, CLINICIAN, SUPPORT, ADMIN, AUDITOR, DEVICE, NOBODY, WHO_COUNT };

struct fixture {
	char dir[64];
	char path[96];
	struct clock clock;
	struct vault *vault;
	const struct tenant *tenant;
	struct actor actors[WHO_COUNT];
	struct arena arena;
	struct err err;
};

/* Shows the error when it is not what was expected. */
#define RC_IS(fixture, call, expected)                                                         \
	do {                                                                                   \
		enum rc rc_is_ = (call);                                                       \
		if (rc_is_ != (expected))                                                      \
			print_error("%d: %s is %s: %s\n", __LINE__, #call, rc_name(rc_is_),    \
			            (fixture)->err.text);                                      \
		assert_int_equal(rc_is_, (expected));                                          \
	} while (0)

static inline int
fixture_remove(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline const char *
fixture_path(struct fixture *f, const char *name)
{
	(void)snprintf(f->path, sizeof(f->path), "%s/%s", f->dir, name);
	return f->path;
}

static inline struct str
fixture_file(struct fixture *f, const char *path)
{
	FILE *file = fopen(path, "rb");
	char *text = arena_alloc(&f->arena, 4 * MIB, 1);
	size_t count;

	assert_non_null(file);
	count = fread(text, 1, 4 * MIB, file);
	(void)fclose(file);
	return (struct str){ text, count };
}

static inline struct door
door_of(const struct fixture *f, enum who who, const char *purpose)
{
	return (struct door){ f->vault, f->tenant, &f->actors[who], str_from_c(purpose) };
}

static inline enum rc
fixture_try_open(struct fixture *f)
{
	const struct vault_options options = { f->dir, &f->clock, "localhost", false };
	enum rc rc = vault_open(&f->vault, &options, &f->err);

	if (rc == RC_OK)
		f->tenant = vault_tenant_find(f->vault, STR("demo"));
	return rc;
}

static inline void
fixture_close_vault(struct fixture *f)
{
	vault_close(f->vault);
	f->vault = NULL;
}

/* Roles borrow from the policy, which is read anew at each opening. */
static inline void
fixture_roles(struct fixture *f)
{
	static const char *const roles[WHO_COUNT] = {
		[ANA] = "member",      [BEN] = "member",  [CLINICIAN] = "clinician",
		[SUPPORT] = "support", [ADMIN] = "admin", [AUDITOR] = "auditor",
		[DEVICE] = "device"
	};

	for (int who = 0; who < WHO_COUNT; who++) {
		if (roles[who] != NULL)
			f->actors[who].role =
			    policy_role_find(f->tenant->policy, str_from_c(roles[who]));
	}
}

static inline void
fixture_reopen(struct fixture *f)
{
	fixture_close_vault(f);
	RC_IS(f, fixture_try_open(f), RC_OK);
	fixture_roles(f);
}

static inline struct id
subject_new(struct fixture *f, const char *kind, const char *purpose)
{
	const struct door door = door_of(f, SYSTEM, purpose);
	struct id id;

	RC_IS(f, vault_subject_add(&door, str_from_c(kind), &id, &f->err), RC_OK);
	return id;
}

static inline void
fixture_person(struct fixture *f, enum who who, const char *kind, const char *purpose)
{
	struct id id = subject_new(f, kind, purpose);

	f->actors[who] =
	    (struct actor){ .kind = ACTOR_PERSON, .id = id, .subject = id, .assurance = 2 };
}

static inline void
fixture_people(struct fixture *f)
{
	f->actors[NOBODY] = (struct actor){ .kind = ACTOR_NOBODY };
	fixture_person(f, ANA, "member", "care");
	fixture_person(f, BEN, "member", "care");
	fixture_person(f, CLINICIAN, "clinician", "support");
	fixture_person(f, SUPPORT, "staff", "support");
	fixture_person(f, ADMIN, "staff", "support");
	fixture_person(f, AUDITOR, "staff", "support");
	f->actors[SUPPORT].reason = STR("ticket 17");
	f->actors[ADMIN].reason = STR("yearly review");
	f->actors[DEVICE] = (struct actor){ .kind = ACTOR_DEVICE,
		                            .id = id_new(clock_now_us(&f->clock)),
		                            .subject = f->actors[ANA].subject,
		                            .assurance = 1 };
	fixture_roles(f);
}

static inline int
fixture_open(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct policy_diagnostics faults = { 0 };
	struct vault_options options = { f->dir, &f->clock, "localhost", false };
	struct tenant_new new = { STR("demo"), STR("Lumen"), STR("Europe/Paris"), STR_EMPTY,
		                  &faults };

	f->actors[SYSTEM] = (struct actor){ .kind = ACTOR_SYSTEM };
	arena_init(&f->arena, 512 * MIB);
	faults.arena = &f->arena;
	(void)snprintf(f->dir, sizeof(f->dir), P_tmpdir "/troth-vault-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	RC_IS(f, vault_create(&options, &f->err), RC_OK);
	RC_IS(f, fixture_try_open(f), RC_OK);
	new.policy_yaml = fixture_file(f, "policies/measure.yaml");
	RC_IS(f, vault_tenant_add(f->vault, &new, &f->err), RC_OK);
	f->tenant = vault_tenant_find(f->vault, STR("demo"));
	fixture_people(f);
	*state = f;
	return 0;
}

static inline int
fixture_close(void **state)
{
	struct fixture *f = *state;

	vault_close(f->vault);
	arena_free(&f->arena);
	(void)nftw(f->dir, fixture_remove, 8, FTW_DEPTH | FTW_PHYS);
	free(f);
	return 0;
}

#define VAULT_TEST(name) cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)

/* --- records ---------------------------------------------------------------- */

static inline struct vault_record
record_of(const char *class, struct id subject, const char *body)
{
	return (struct vault_record){ .class = str_from_c(class),
		                      .subject = subject,
		                      .body = str_from_c(body) };
}

/* By the system, which may write everything. */
static inline struct vault_record
put_by_system(struct fixture *f, const char *class, struct id subject, const char *body)
{
	const struct door door = door_of(f, SYSTEM, "care");
	struct vault_record record = record_of(class, subject, body);

	RC_IS(f, vault_put(&door, &record, &f->err), RC_OK);
	return record;
}

/* --- the log ----------------------------------------------------------------- */

static inline int64_t
log_size(struct fixture *f)
{
	struct audit_figures figures;

	RC_IS(f, audit_figures(vault_audit(f->vault), f->tenant->id, &figures, &f->err), RC_OK);
	return (int64_t)figures.size;
}

static inline struct audit_entry
log_entry(struct fixture *f, int64_t index)
{
	struct audit_entry entry;
	struct entry_row *rows;
	size_t found = 0;

	RC_IS(f,
	      audit_entries(vault_audit(f->vault), f->tenant->id, index, 1, &f->arena, &rows,
	                    &found, &f->err),
	      RC_OK);
	assert_int_equal(found, 1);
	RC_IS(f, audit_entry_parse(rows[0].leaf, &entry, &f->arena, &f->err), RC_OK);
	return entry;
}

static inline void
str_is(struct str text, const char *expected)
{
	if (!str_eq(text, str_from_c(expected)))
		fail_msg("\"%.*s\" is not \"%s\"", STR_ARGS(text), expected);
}

/* Exactly one entry came since `before`, and it says this. */
struct expected_entry {
	const char *act, *class, *purpose, *outcome, *role;
	int64_t count;
};

static inline struct audit_entry
entry_is(struct fixture *f, int64_t before, const struct expected_entry *expected)
{
	struct audit_entry entry;

	assert_int_equal(log_size(f), before + 1);
	entry = log_entry(f, before);
	str_is(entry.act, expected->act);
	str_is(entry.class, expected->class);
	str_is(entry.purpose, expected->purpose);
	str_is(entry.outcome, expected->outcome);
	str_is(entry.role, expected->role);
	assert_int_equal(entry.count, expected->count);
	assert_memory_equal(entry.policy.bytes, f->tenant->policy->hash.bytes, DIGEST_BYTES);
	return entry;
}

static inline void
log_verifies(struct fixture *f)
{
	struct audit_log log = { 0 };
	struct audit_report report;
	char dir[96];

	(void)snprintf(dir, sizeof(dir), "%s/log", f->dir);
	RC_IS(f, vault_tick(f->vault, &f->err), RC_OK);
	RC_IS(f, audit_identity(vault_audit(f->vault), f->tenant->id, &log, &f->err), RC_OK);
	log.store = vault_store(f->vault);
	log.tenant = f->tenant->id;
	log.dir = dir;
	RC_IS(f, audit_verify(&log, &report, &f->err), RC_OK);
	assert_int_equal(report.faults, 0);
	assert_int_equal(report.entries, log_size(f));
}

/* --- the database file, behind the vault's back ---------------------------------- */

static inline sqlite3 *
database_open(struct fixture *f)
{
	sqlite3 *database = NULL;

	assert_int_equal(sqlite3_open(fixture_path(f, "troth.db"), &database), SQLITE_OK);
	(void)sqlite3_busy_timeout(database, 5000);
	return database;
}

/* Runs a statement that must change `changes` rows. */
static inline void
database_change(struct fixture *f, const char *sql, int changes)
{
	sqlite3 *database = database_open(f);
	char *message = NULL;

	if (sqlite3_exec(database, sql, NULL, NULL, &message) != SQLITE_OK)
		fail_msg("%s: %s", sql, message);
	assert_int_equal(sqlite3_changes(database), changes);
	(void)sqlite3_close(database);
}

static inline int64_t
database_number(struct fixture *f, const char *sql)
{
	sqlite3 *database = database_open(f);
	sqlite3_stmt *statement = NULL;
	int64_t number;

	assert_int_equal(sqlite3_prepare_v2(database, sql, -1, &statement, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	number = sqlite3_column_int64(statement, 0);
	(void)sqlite3_finalize(statement);
	(void)sqlite3_close(database);
	return number;
}

/* An id as SQL writes a blob; `text` has room for 36. */
static inline const char *
id_sql(struct id id, char text[40])
{
	static const char digits[] = "0123456789abcdef";
	char *at = text;

	*at++ = 'x';
	*at++ = '\'';
	for (size_t i = 0; i < sizeof(id.bytes); i++) {
		*at++ = digits[id.bytes[i] >> 4];
		*at++ = digits[id.bytes[i] & 15];
	}
	*at++ = '\'';
	*at = '\0';
	return text;
}

#endif
