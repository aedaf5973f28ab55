#include "vault/epoch.h"

#include "audit/audit.h"
#include "store/duty.h"
#include "vault/inside.h"

#define TURNED_SETTING "keys.turned" /* µs of the last turn, in decimal */

int64_t
vault_keys_epoch(struct vault *vault)
{
	return keys_epoch(vault->keys);
}

enum rc
vault_keys_copy(struct vault *vault, const struct keys_copying *to, struct err *err)
{
	return keys_copy(vault->keys, to, err);
}

/* --- what an end means ------------------------------------------------------------ */

static MUST_CHECK enum rc
erasures_end(struct store_tx *tx, void *arg, struct err *err)
{
	const int64_t *epoch = arg;

	return store_erasure_end(tx, *epoch, store_tx_now_us(tx), err);
}

enum rc
vault_epoch_ended(struct vault *vault, struct err *err)
{
	int64_t epoch = keys_epoch(vault->keys);

	return store_write(vault->store, erasures_end, &epoch, err);
}

static bool
has_places(struct vault *vault)
{
	struct ledger_figures figures;

	ledger_figures(vault->ledger, &figures);
	return figures.has_shipper;
}

/* --- the turn ------------------------------------------------------------------------ */

struct server_note {
	const char *act;
	int64_t count;
};

static MUST_CHECK enum rc
server_note(struct store_tx *tx, void *arg, struct err *err)
{
	CLEANUP(buf_free) struct buf leaf = { 0 };
	const struct server_note *note = arg;
	struct audit_entry entry = { .act = str_from_c(note->act),
		                     .outcome = STR("ok"),
		                     .role = STR("system"),
		                     .time_us = store_tx_now_us(tx),
		                     .count = note->count };
	struct str text;
	int64_t index;

	random_bytes(entry.nonce, sizeof(entry.nonce));
	buf_init(&leaf, 4 * KIB);
	audit_entry_format(&entry, &leaf);
	TRY(buf_finish(&leaf, &text, err));
	return audit_append(tx, 0, text, &index, err);
}

enum rc
vault_note_server(struct vault *vault, const char *act, int64_t count, struct err *err)
{
	struct server_note note = { act, count };

	return store_write(vault->store, server_note, &note, err);
}

enum rc
vault_master_text(struct vault *vault, struct arena *arena, struct str *text, struct err *err)
{
	TRY(vault_note_server(vault, "recovery-key", 1, err));
	*text = keys_master_text(vault->keys, arena);
	return RC_OK;
}

struct turned {
	struct arena *arena;
	struct str text;
	int64_t epoch; /* of the entry; 0: none */
};

static MUST_CHECK enum rc
turned_put(struct store_tx *tx, void *arg, struct err *err)
{
	const struct turned *turned = arg;
	struct server_note note = { "epoch", turned->epoch };
	char text[24];

	(void)snprintf(text, sizeof(text), "%lld", (long long)store_tx_now_us(tx));
	if (turned->epoch != 0)
		TRY(server_note(tx, &note, err));
	return store_setting_put(tx, 0, STR(TURNED_SETTING), str_from_c(text), err);
}

static MUST_CHECK enum rc
turned_find(struct store_tx *tx, void *arg, struct err *err)
{
	struct turned *turned = arg;

	return store_setting_find(tx, 0, STR(TURNED_SETTING), turned->arena, &turned->text,
	                          err);
}

enum rc
vault_keys_turn(struct vault *vault, int64_t *epoch, struct err *err)
{
	struct turned turned = { 0 };

	TRY(keys_epoch_turn(vault->keys, epoch, err));
	turned.epoch = *epoch;
	TRY(store_write(vault->store, turned_put, &turned, err));
	return has_places(vault) ? RC_OK : vault_epoch_ended(vault, err);
}

/* A clock that went back waits for its time; one that jumped ahead turns early. */
static MUST_CHECK enum rc
turn_when_due(struct vault *vault, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct turned turned = { .arena = &arena };
	int64_t turned_us = 0;
	int64_t epoch;
	enum rc rc;

	arena_init(&arena, 16 * KIB);
	rc = store_read(vault->store, turned_find, &turned, err);
	if (rc == RC_NOT_FOUND)
		return store_write(vault->store, turned_put, &turned, err);
	TRY(rc);
	TRY(str_to_i64(turned.text, &turned_us, err));
	if (clock_now_us(vault->clock) - turned_us < EPOCH_DAYS * US_PER_DAY)
		return RC_OK;
	return vault_keys_turn(vault, &epoch, err);
}

enum rc
epoch_tick(struct vault *vault, struct err *err)
{
	TRY(turn_when_due(vault, err));
	return has_places(vault) ? RC_OK : vault_epoch_ended(vault, err);
}
