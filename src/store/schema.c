/*
 * The schema, version by version.
 *
 * A step is never edited once a release holds it: a change is one more step.
 * PRAGMA user_version counts the steps that a file has had; application_id says
 * that the file is ours.
 *
 * What the tables are shaped for: rows carry tenant and subject first; a posted
 * reading touches as few pages as it can (each one is a page in the WAL), and a
 * list of a subject's records reads few.
 */
#include "store/schema.h"

#define APPLICATION_ID 1414680392 /* "TROH" */

static const char *const step_1[] = {
	"CREATE TABLE tenant(id INTEGER PRIMARY KEY, slug TEXT NOT NULL UNIQUE,"
	" service TEXT NOT NULL, name TEXT NOT NULL, zone TEXT NOT NULL,"
	" state INTEGER NOT NULL, created_us INTEGER NOT NULL) STRICT",
	"CREATE TABLE policy(seq INTEGER PRIMARY KEY, tenant INTEGER NOT NULL,"
	" hash BLOB NOT NULL, version TEXT NOT NULL, effective_us INTEGER NOT NULL,"
	" loaded_us INTEGER NOT NULL, source TEXT NOT NULL, json TEXT NOT NULL,"
	" UNIQUE(tenant, hash)) STRICT",
	"CREATE TABLE key_slot(tenant INTEGER NOT NULL, owner BLOB NOT NULL,"
	" class INTEGER NOT NULL, month INTEGER NOT NULL, slot INTEGER NOT NULL,"
	" generation INTEGER NOT NULL, PRIMARY KEY(tenant, owner, class, month))"
	" STRICT, WITHOUT ROWID",
	"CREATE TABLE subject(tenant INTEGER NOT NULL, id BLOB NOT NULL, domain BLOB NOT NULL,"
	" kind INTEGER NOT NULL, flags INTEGER NOT NULL, state_version INTEGER NOT NULL,"
	" created_us INTEGER NOT NULL, PRIMARY KEY(tenant, id)) STRICT, WITHOUT ROWID",
	"CREATE INDEX subject_kind ON subject(tenant, kind, id)",

	/* Clustered as lists read it: a subject's latest rows lie on a few pages. */
	"CREATE TABLE record(tenant INTEGER NOT NULL,"
	" subject BLOB NOT NULL, class INTEGER NOT NULL, id BLOB NOT NULL,"
	" version INTEGER NOT NULL, created_us INTEGER NOT NULL,"
	" updated_after_us INTEGER NOT NULL, change_from INTEGER NOT NULL,"
	" change_to INTEGER NOT NULL, facet0 INTEGER NOT NULL, facet1 INTEGER NOT NULL,"
	" facet2 INTEGER NOT NULL, time_from_us INTEGER, time_to_us INTEGER NOT NULL,"
	" items INTEGER NOT NULL, expires_us INTEGER, month INTEGER NOT NULL,"
	" body BLOB NOT NULL, PRIMARY KEY(tenant, subject, class, time_to_us, id))"
	" STRICT, WITHOUT ROWID",
	"CREATE UNIQUE INDEX record_id ON record(tenant, id)",
	"CREATE INDEX record_class ON record(tenant, class, id)",
	"CREATE INDEX record_start ON record(tenant, subject, class, time_from_us, id)"
	" WHERE time_from_us IS NOT NULL",
	"CREATE INDEX record_change ON record(tenant, subject, change_to) WHERE change_to > 0",
	"CREATE TABLE record_version(seq INTEGER PRIMARY KEY, tenant INTEGER NOT NULL,"
	" subject BLOB NOT NULL, class INTEGER NOT NULL, id BLOB NOT NULL,"
	" version INTEGER NOT NULL, created_us INTEGER NOT NULL,"
	" updated_after_us INTEGER NOT NULL, change_from INTEGER NOT NULL,"
	" change_to INTEGER NOT NULL, facet0 INTEGER NOT NULL, facet1 INTEGER NOT NULL,"
	" facet2 INTEGER NOT NULL, time_from_us INTEGER, time_to_us INTEGER NOT NULL,"
	" items INTEGER NOT NULL, expires_us INTEGER, month INTEGER NOT NULL,"
	" body BLOB NOT NULL) STRICT",
	"CREATE UNIQUE INDEX version_id ON record_version(tenant, id, version)",
	"CREATE INDEX version_subject ON record_version(tenant, subject)",

	"CREATE TABLE term(tenant INTEGER NOT NULL, class INTEGER NOT NULL,"
	" name INTEGER NOT NULL, mac BLOB NOT NULL, subject BLOB NOT NULL,"
	" record BLOB NOT NULL, number INTEGER NOT NULL,"
	" PRIMARY KEY(tenant, class, name, mac)) STRICT, WITHOUT ROWID",
	"CREATE INDEX term_subject ON term(tenant, subject)",
	"CREATE TABLE mark(tenant INTEGER NOT NULL, owner BLOB NOT NULL,"
	" block INTEGER NOT NULL, subject BLOB NOT NULL, bits BLOB NOT NULL,"
	" PRIMARY KEY(tenant, owner, block)) STRICT, WITHOUT ROWID",
	"CREATE INDEX mark_subject ON mark(tenant, subject)",
	"CREATE TABLE counter(tenant INTEGER NOT NULL, owner BLOB NOT NULL,"
	" kind INTEGER NOT NULL, value INTEGER NOT NULL,"
	" PRIMARY KEY(tenant, owner, kind)) STRICT, WITHOUT ROWID",
	"CREATE TABLE projection(seq INTEGER PRIMARY KEY, tenant INTEGER NOT NULL,"
	" subject BLOB NOT NULL, kind INTEGER NOT NULL, version INTEGER NOT NULL,"
	" body BLOB NOT NULL, UNIQUE(tenant, subject, kind)) STRICT",

	"CREATE TABLE ticket(seq INTEGER PRIMARY KEY, tenant INTEGER NOT NULL,"
	" kind INTEGER NOT NULL, hash BLOB NOT NULL, id BLOB NOT NULL, owner BLOB NOT NULL,"
	" created_us INTEGER NOT NULL, expires_us INTEGER NOT NULL, used_us INTEGER NOT NULL,"
	" state INTEGER NOT NULL, revision INTEGER NOT NULL, body BLOB NOT NULL,"
	" UNIQUE(tenant, kind, hash)) STRICT",
	"CREATE INDEX ticket_owner ON ticket(tenant, owner, kind)",
	"CREATE INDEX ticket_expires ON ticket(expires_us)",
	"CREATE TABLE rate(mac BLOB NOT NULL, ends_us INTEGER NOT NULL,"
	" window_us INTEGER NOT NULL, tries INTEGER NOT NULL,"
	" PRIMARY KEY(mac, ends_us, window_us)) STRICT, WITHOUT ROWID",
	"CREATE INDEX rate_ends ON rate(ends_us)",
	"CREATE TABLE outbox(seq INTEGER PRIMARY KEY, tenant INTEGER NOT NULL,"
	" id BLOB NOT NULL, created_us INTEGER NOT NULL, due_us INTEGER NOT NULL,"
	" tries INTEGER NOT NULL, state INTEGER NOT NULL, changed_us INTEGER NOT NULL,"
	" body BLOB NOT NULL, UNIQUE(tenant, id)) STRICT",
	"CREATE INDEX outbox_due ON outbox(state, due_us)",
	"CREATE TABLE lease(name TEXT PRIMARY KEY NOT NULL, holder BLOB NOT NULL,"
	" until_us INTEGER NOT NULL) STRICT, WITHOUT ROWID",
	"CREATE TABLE setting(tenant INTEGER NOT NULL, name TEXT NOT NULL, value BLOB NOT NULL,"
	" PRIMARY KEY(tenant, name)) STRICT, WITHOUT ROWID",

	/* place = tenant * 2^40 + index: one integer key, each log in order. */
	"CREATE TABLE entry(place INTEGER PRIMARY KEY, leaf BLOB NOT NULL) STRICT",
	"CREATE TABLE log(tenant INTEGER PRIMARY KEY, size INTEGER NOT NULL) STRICT",
	"CREATE TABLE look(tenant INTEGER NOT NULL, subject BLOB NOT NULL,"
	" place INTEGER NOT NULL, time_us INTEGER NOT NULL, body BLOB NOT NULL,"
	" PRIMARY KEY(tenant, subject, place)) STRICT, WITHOUT ROWID",
	"CREATE TABLE checkpoint(tenant INTEGER NOT NULL, size INTEGER NOT NULL,"
	" time_us INTEGER NOT NULL, note BLOB NOT NULL, PRIMARY KEY(tenant, size))"
	" STRICT, WITHOUT ROWID",
	"CREATE TABLE tile(tenant INTEGER NOT NULL, level INTEGER NOT NULL,"
	" place INTEGER NOT NULL, hashes BLOB NOT NULL, PRIMARY KEY(tenant, level, place))"
	" STRICT, WITHOUT ROWID",
};

/* What a policy promises: deadlines, holds, erasures, consents, tallies. */
static const char *const step_2[] = {
	"CREATE INDEX record_expires ON record(tenant, class, expires_us, id)"
	" WHERE expires_us IS NOT NULL",
	"CREATE TABLE deadline(tenant INTEGER NOT NULL, subject BLOB NOT NULL,"
	" class INTEGER NOT NULL, due_us INTEGER NOT NULL, state INTEGER NOT NULL,"
	" made_us INTEGER NOT NULL, PRIMARY KEY(tenant, subject, class)) STRICT, WITHOUT ROWID",
	"CREATE INDEX deadline_due ON deadline(tenant, state, due_us, subject)",
	"CREATE TABLE hold(tenant INTEGER NOT NULL, id BLOB NOT NULL, subject BLOB NOT NULL,"
	" class INTEGER NOT NULL, record BLOB NOT NULL, created_us INTEGER NOT NULL,"
	" released_us INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY(tenant, id))"
	" STRICT, WITHOUT ROWID",
	"CREATE INDEX hold_subject ON hold(tenant, subject)",
	"CREATE TABLE erasure(tenant INTEGER NOT NULL, id BLOB NOT NULL, kind INTEGER NOT NULL,"
	" subject BLOB NOT NULL, class INTEGER NOT NULL, record BLOB NOT NULL,"
	" month INTEGER NOT NULL, items INTEGER NOT NULL, made_us INTEGER NOT NULL,"
	" beyond_use_us INTEGER NOT NULL, erased_us INTEGER NOT NULL, epoch INTEGER NOT NULL,"
	" PRIMARY KEY(tenant, id)) STRICT, WITHOUT ROWID",
	"CREATE INDEX erasure_open ON erasure(epoch) WHERE erased_us = 0",
	"CREATE TABLE choice(tenant INTEGER NOT NULL, subject BLOB NOT NULL,"
	" kind INTEGER NOT NULL, purpose INTEGER NOT NULL, recipient INTEGER NOT NULL,"
	" person BLOB NOT NULL, record BLOB NOT NULL, from_us INTEGER NOT NULL,"
	" until_us INTEGER NOT NULL,"
	" PRIMARY KEY(tenant, subject, kind, purpose, recipient, person))"
	" STRICT, WITHOUT ROWID",
	"CREATE INDEX choice_person ON choice(tenant, person)",
	"CREATE TABLE tally(tenant INTEGER NOT NULL, day INTEGER NOT NULL, what TEXT NOT NULL,"
	" bucket INTEGER NOT NULL, count INTEGER NOT NULL,"
	" PRIMARY KEY(tenant, day, what, bucket)) STRICT, WITHOUT ROWID",
	"ALTER TABLE outbox ADD COLUMN subject BLOB NOT NULL"
	" DEFAULT x'00000000000000000000000000000000'",
	"CREATE INDEX outbox_subject ON outbox(tenant, subject)",
	"ALTER TABLE projection ADD COLUMN class INTEGER NOT NULL DEFAULT 0",
	"CREATE INDEX look_place ON look(tenant, place)",
	/* Terms of one record, without a look at all of its subject's. */
	"DROP INDEX term_subject",
	"CREATE INDEX term_subject ON term(tenant, subject, record)",
};

static const struct {
	const char *const *statements;
	size_t count;
} steps[] = {
	{ step_1, COUNT_OF(step_1) },
	{ step_2, COUNT_OF(step_2) },
};

/* Set inside the step's transaction, so a file is at one version or the next. */
static enum rc
version_set(struct connection *connection, int64_t version, struct err *err)
{
	char text[64];

	(void)snprintf(text, sizeof(text), "PRAGMA user_version = %d", (int)version);
	TRY(connection_exec(connection, text, err));
	(void)snprintf(text, sizeof(text), "PRAGMA application_id = %d", APPLICATION_ID);
	return connection_exec(connection, text, err);
}

static enum rc
step_run(struct connection *connection, size_t step, struct err *err)
{
	for (size_t i = 0; i < steps[step].count; i++)
		TRY(connection_exec(connection, steps[step].statements[i], err));
	return version_set(connection, (int64_t)step + 1, err);
}

static enum rc
version_get(struct connection *connection, int64_t *version, struct err *err)
{
	int64_t application = 0, objects = 0;

	TRY(connection_number(connection, "PRAGMA user_version", version, err));
	TRY(connection_number(connection, "PRAGMA application_id", &application, err));
	TRY(connection_number(connection, "SELECT count(*) FROM sqlite_master", &objects, err));
	if (objects != 0 && application != APPLICATION_ID)
		return FAIL(err, RC_PRECONDITION, "the database belongs to another program");
	if (*version > (int64_t)COUNT_OF(steps))
		return FAIL(err, RC_PRECONDITION,
		            "the database is of version %d, this program knows %d",
		            (int)*version, (int)COUNT_OF(steps));
	return RC_OK;
}

enum rc
schema_migrate(struct connection *connection, struct err *err)
{
	int64_t version = 0;

	TRY(version_get(connection, &version, err));
	for (; version < (int64_t)COUNT_OF(steps); version++) {
		enum rc rc;
		TRY(connection_exec(connection, "BEGIN IMMEDIATE", err));
		rc = step_run(connection, (size_t)version, err);
		if (rc == RC_OK)
			rc = connection_exec(connection, "COMMIT", err);
		if (rc != RC_OK) {
			connection_rollback(connection);
			return rc;
		}
	}
	return RC_OK;
}

enum rc
schema_check(struct connection *connection, struct err *err)
{
	int64_t version = 0;

	TRY(version_get(connection, &version, err));
	if (version != (int64_t)COUNT_OF(steps))
		return FAIL(err, RC_PRECONDITION, "the database has to be upgraded first");
	return RC_OK;
}
