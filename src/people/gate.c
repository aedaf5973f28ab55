#include "people/inside.h"

static struct ticket_row
gate_of(int64_t tenant, struct id person)
{
	struct ticket_row row = { .tenant = tenant, .kind = TICKET_GATE, .owner = person };
	struct digest hash = sha256_parts(STR("gate"), id_key(&person), STR_EMPTY);

	memcpy(row.hash, hash.bytes, HASH_BYTES);
	return row;
}

struct gating {
	int64_t tenant;
	struct id person;
	struct gate gate;
	struct id only; /* open: the one that is meant */
};

/* The id of the gate that is shut now; zero: it is open. */
static MUST_CHECK enum rc
gate_find(struct store_tx *tx, int64_t tenant, struct id person, struct id *id, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct ticket_row gate = gate_of(tenant, person);
	enum rc rc;

	arena_init(&arena, ARENA_BYTES);
	rc = store_ticket_find(tx, &arena, &gate, err);
	*id = rc == RC_OK ? gate.id : (struct id){ { 0 } };
	return rc == RC_NOT_FOUND ? RC_OK : rc;
}

static MUST_CHECK enum rc
end_all(struct store_tx *tx, const struct gating *gating, enum ticket_kind kind,
        struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct tickets tickets;

	arena_init(&arena, ARENA_BYTES);
	TRY(store_ticket_list(tx, gating->tenant, (int)kind, gating->person, &arena,
	                      &tickets.items, &tickets.count, err));
	for (size_t i = 0; i < tickets.count; i++)
		TRY(store_ticket_delete(tx, &tickets.items[i], err));
	return RC_OK;
}

static enum rc
shut_in(struct store_tx *tx, void *arg, struct err *err)
{
	struct gating *gating = arg;
	struct ticket_row gate = gate_of(gating->tenant, gating->person);

	TRY(gate_find(tx, gating->tenant, gating->person, &gating->gate.before, err));
	if (!id_is_zero(gating->gate.before))
		TRY(store_ticket_delete(tx, &gate, err));
	gate.created_us = store_tx_now_us(tx);
	gate.expires_us = INT64_MAX;
	gate.id = id_new(gate.created_us);
	gating->gate.now = gate.id;
	TRY(store_ticket_insert(tx, &gate, err));
	TRY(end_all(tx, gating, TICKET_LINK, err));
	TRY(end_all(tx, gating, TICKET_SESSION, err));
	return end_all(tx, gating, TICKET_TOKEN, err);
}

enum rc
gate_shut(const struct people *people, const struct tenant *tenant, struct id person,
          struct gate *gate, struct err *err)
{
	struct gating gating = { .tenant = tenant->id, .person = person };

	TRY(store_write(people->store, shut_in, &gating, err));
	bearers_drop(people->bearers, person);
	*gate = gating.gate;
	return RC_OK;
}

static enum rc
look_in(struct store_tx *tx, void *arg, struct err *err)
{
	struct gating *gating = arg;

	return gate_find(tx, gating->tenant, gating->person, &gating->gate.now, err);
}

enum rc
gate_look(const struct people *people, const struct tenant *tenant, struct id person,
          struct gate *gate, struct err *err)
{
	struct gating gating = { .tenant = tenant->id, .person = person };

	TRY(store_read(people->store, look_in, &gating, err));
	*gate = (struct gate){ gating.gate.now, gating.gate.now };
	return RC_OK;
}

static enum rc
open_in(struct store_tx *tx, void *arg, struct err *err)
{
	const struct gating *gating = arg;
	struct ticket_row gate = gate_of(gating->tenant, gating->person);
	struct id now;

	TRY(gate_find(tx, gating->tenant, gating->person, &now, err));
	return id_eq(now, gating->only) ? store_ticket_delete(tx, &gate, err) : RC_OK;
}

enum rc
gate_open(const struct people *people, const struct tenant *tenant, struct id person,
          const struct gate *gate, struct err *err)
{
	struct gating gating = { .tenant = tenant->id, .person = person, .only = gate->now };

	if (id_is_zero(gate->now))
		return RC_OK;
	return store_write(people->store, open_in, &gating, err);
}

enum rc
gate_check(struct store_tx *tx, int64_t tenant, struct id person, struct err *err)
{
	struct subject_row subject = { .tenant = tenant, .id = person };
	struct id now;

	TRY(gate_find(tx, tenant, person, &now, err));
	if (id_is_zero(now)) {
		enum rc rc = store_subject_find(tx, &subject, err);
		if (rc == RC_NOT_FOUND ||
		    (rc == RC_OK && (subject.flags & SUBJECT_DECEASED) == 0))
			return RC_OK;
		if (rc != RC_OK)
			return rc;
	}
	return FAIL(err, RC_UNAUTHENTICATED, "this account is closed");
}
