/*
 * A real vault with one tenant, two folders as places, a recovery key, and a
 * canary: words that must be found nowhere but where the test says.
 */
#ifndef TEST_BACKUP_FIXTURE_H
#define TEST_BACKUP_FIXTURE_H

#include <fcntl.h>
#include <sys/stat.h>

#include "backup/backup.h"
#include "vault/epoch.h"
#include "vault/inside.h"
#include "vault/ledger.h"
#include "vault/retention.h"
#include "vault/vault_fixture.h"

#define CANARY "QUARTZ-PELICAN-4711"
#define HEALTH "{\"kind\":\"meal\",\"note\":\"" CANARY "\"}"

struct backups {
	struct fixture *f;
	struct backup *backup;
	char places[2][96];
	char restored[96];
	struct backup_place rows[2];
	struct backup_key key;
	struct backup_report report;
	struct backup_found found;
	struct id canary; /* a subject of kind member */
	struct id record; /* with the canary's words */
};

static inline void
sh(const char *fmt, ...)
{
	char command[1024];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(command, sizeof(command), fmt, args);
	va_end(args);
	if (system(command) != 0)
		fail_msg("not so: %s", command);
}

static inline void
backups_reopen(struct backups *b)
{
	backup_close(b->backup);
	b->backup = NULL;
	fixture_reopen(b->f);
	RC_IS(b->f, backup_open(&b->backup, b->f->vault, b->f->dir, &b->f->err), RC_OK);
}

static inline void
backups_places(struct backups *b, size_t count)
{
	static const char *const names[2] = { "one", "two" };

	for (size_t i = 0; i < count; i++) {
		(void)snprintf(b->places[i], sizeof(b->places[i]), "%s.place%zu", b->f->dir, i);
		assert_int_equal(mkdir(b->places[i], 0700), 0);
		b->rows[i] = (struct backup_place){ .name = str_from_c(names[i]),
			                            .url = str_from_c(b->places[i]),
			                            .region = STR("eu") };
		RC_IS(b->f, backup_place_add(b->backup, &b->rows[i], &b->f->err), RC_OK);
	}
}

static inline int
backups_open(void **state)
{
	struct backups *b = calloc(1, sizeof(*b));
	struct str text;

	if (fixture_open(state) != 0)
		return -1;
	b->f = *state;
	*state = b;
	(void)snprintf(b->restored, sizeof(b->restored), "%s.restored", b->f->dir);
	b->canary = subject_new(b->f, "member", "care");
	b->record = put_by_system(b->f, "health", b->canary, HEALTH).id;
	RC_IS(b->f, backup_open(&b->backup, b->f->vault, b->f->dir, &b->f->err), RC_OK);
	RC_IS(b->f, backup_key_new(b->backup, &b->f->arena, &text, &b->f->err), RC_OK);
	RC_IS(b->f, backup_key_parse(text, &b->key, &b->f->err), RC_OK);
	backups_places(b, 2);
	return 0;
}

static inline int
backups_close(void **state)
{
	struct backups *b = *state;
	struct fixture *f = b->f;

	backup_close(b->backup);
	for (size_t i = 0; i < 2; i++)
		(void)nftw(b->places[i], fixture_remove, 8, FTW_DEPTH | FTW_PHYS);
	(void)nftw(b->restored, fixture_remove, 8, FTW_DEPTH | FTW_PHYS);
	free(b);
	*state = f;
	return fixture_close(state);
}

#define BACKUP_TEST(name) cmocka_unit_test_setup_teardown(name, backups_open, backups_close)

static inline void
back_up(struct backups *b)
{
	RC_IS(b->f, backup_create(b->backup, NULL, &b->report, &b->f->err), RC_OK);
}

static inline enum rc
restore_at(struct backups *b, int64_t at_us)
{
	const struct backup_from from = { b->rows, 2, &b->key, at_us };

	(void)nftw(b->restored, fixture_remove, 8, FTW_DEPTH | FTW_PHYS);
	return backup_restore(&from, b->restored, &b->f->clock, &b->found, &b->f->err);
}

/* The restored directory as a fixture of its own; its actors are the original's. */
static inline void
restored_open(struct backups *b, struct fixture *r)
{
	*r = (struct fixture){ .clock = b->f->clock };
	arena_init(&r->arena, 512 * MIB);
	(void)snprintf(r->dir, sizeof(r->dir), "%.63s", b->restored);
	memcpy(r->actors, b->f->actors, sizeof(r->actors));
	RC_IS(r, fixture_try_open(r), RC_OK);
	fixture_roles(r);
}

static inline void
restored_close(struct fixture *r)
{
	fixture_close_vault(r);
	arena_free(&r->arena);
}

static inline enum rc
record_get(struct fixture *f, struct id id, struct vault_record *record)
{
	const struct door door = door_of(f, SYSTEM, "care");

	return vault_get(&door, STR("health"), id, &f->arena, record, &f->err);
}

/* Every key, record and log, as `troth audit verify` does it. */
static inline void
all_is_in_order(struct fixture *f)
{
	struct vault_check check;
	int64_t tenants[2] = { 0, f->tenant->id };
	char dir[96];

	RC_IS(f, vault_verify(f->vault, f->tenant, &f->arena, &check, &f->err), RC_OK);
	for (size_t i = 0; i < check.fault_count; i++)
		print_error("%.*s\n", STR_ARGS(check.faults[i].where));
	assert_int_equal(check.fault_count, 0);
	(void)snprintf(dir, sizeof(dir), "%s/log", f->dir);
	for (size_t i = 0; i < 2; i++) {
		struct audit_report report = { 0 };
		struct audit_log log = { .store = vault_store(f->vault),
			                 .dir = dir,
			                 .tenant = tenants[i] };
		RC_IS(f, audit_identity(vault_audit(f->vault), tenants[i], &log, &f->err),
		      RC_OK);
		if (audit_verify(&log, &report, &f->err) != RC_OK)
			fail_msg("%s", report.first_fault);
	}
}

#endif
