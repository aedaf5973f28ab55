/*
 * Epochs of the key store: a turn leaves every key readable and every old copy
 * useless, wherever a crash cuts it short.  The states that a crash can leave
 * are made here from the files before and after, in the order of slots.h.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>

#include "store/duty.h"
#include "vault/epoch.h"
#include "vault/inside.h"
#include "vault/vault_fixture.h"

static void
copy(struct fixture *f, const char *from, const char *to)
{
	char command[512];

	(void)snprintf(command, sizeof(command), "cd %s && cp %s %s", f->dir, from, to);
	assert_int_equal(system(command), 0);
}

static void
shell(struct fixture *f, const char *what)
{
	char command[1024];

	(void)snprintf(command, sizeof(command), "cd %s && %s", f->dir, what);
	assert_int_equal(system(command), 0);
}

static void
slot_bad(void *arg, const struct key_row *row)
{
	int *bad = arg;

	(void)row;
	(*bad)++;
}

static int
bad_slots(struct fixture *f, uint64_t *count)
{
	int bad = 0;

	RC_IS(f, keys_verify(f->vault->keys, count, slot_bad, &bad, &f->err), RC_OK);
	return bad;
}

static int64_t
turn(struct fixture *f)
{
	int64_t epoch = 0;

	RC_IS(f, vault_keys_turn(f->vault, &epoch, &f->err), RC_OK);
	return epoch;
}

static void
every_key_opens_after_a_turn_and_after_opening_again(void **state)
{
	struct fixture *f = *state;
	uint64_t before = 0;
	uint64_t after = 0;

	assert_int_equal(bad_slots(f, &before), 0);
	assert_true(before > 5);
	assert_int_equal(turn(f), 2);
	assert_int_equal(bad_slots(f, &after), 0);
	assert_int_equal(before, after);
	fixture_reopen(f);
	assert_int_equal(bad_slots(f, &after), 0);
	assert_int_equal(before, after);
	assert_int_equal(vault_keys_epoch(f->vault), 2);
}

static void
keys_made_before_a_turn_are_the_same_after_it(void **state)
{
	struct fixture *f = *state;
	const struct key_name name = { .tenant = f->tenant->id,
		                       .owner = f->actors[ANA].subject,
		                       .class = 5 };
	struct key before;
	struct key after;

	RC_IS(f, keys_need(f->vault->keys, &name, &before, &f->err), RC_OK);
	(void)turn(f);
	fixture_reopen(f);
	RC_IS(f, keys_find(f->vault->keys, &name, &after, &f->err), RC_OK);
	assert_memory_equal(before.bytes, after.bytes, KEY_BYTES);
}

static void
an_old_keys_dat_opens_nothing_with_the_new_epoch_key(void **state)
{
	struct fixture *f = *state;
	uint64_t count = 0;

	copy(f, "keys.dat", "stolen");
	(void)turn(f);
	fixture_close_vault(f);
	copy(f, "stolen", "keys.dat");
	RC_IS(f, fixture_try_open(f), RC_CORRUPT);
	/* Nor when its head is made to say the new epoch. */
	shell(f, "printf '\\002' | dd of=keys.dat bs=1 seek=32 conv=notrunc 2>/dev/null");
	assert_int_not_equal(fixture_try_open(f), RC_OK);
	(void)count;
}

static void
a_new_keys_dat_does_not_open_with_the_old_epoch_key(void **state)
{
	struct fixture *f = *state;

	copy(f, "epoch.key", "stolen");
	(void)turn(f);
	fixture_close_vault(f);
	copy(f, "stolen", "epoch.key");
	RC_IS(f, fixture_try_open(f), RC_CORRUPT);
}

/* A second name of each old file shows what is left of its bytes. */
static void
the_old_files_are_overwritten_with_zeros(void **state)
{
	struct fixture *f = *state;

	shell(f, "ln keys.dat held.keys && ln epoch.key held.epoch");
	(void)turn(f);
	shell(f, "test $(tr -d '\\000' <held.keys | wc -c) = 0");
	shell(f, "test $(tr -d '\\000' <held.epoch | wc -c) = 0");
	shell(f, "test ! -e keys.dat.old -a ! -e keys.dat.new");
	shell(f, "test ! -e epoch.key.old -a ! -e epoch.key.new");
}

/* What each step of a turn leaves; a: before the turn, b: after it. */
static const struct crash {
	const char *made;
	int epoch; /* that goes on */
} crashes[] = {
	{ "cp b/epoch.key epoch.key.new", 1 },
	{ "cp b/epoch.key epoch.key.new && head -c 100 b/keys.dat >keys.dat.new", 1 },
	{ "cp b/epoch.key epoch.key.new && cp b/keys.dat keys.dat.new", 1 },
	{ "cp b/epoch.key epoch.key.new && cp b/keys.dat keys.dat.new && ln keys.dat "
	  "keys.dat.old",
	  1 },
	{ "cp b/epoch.key epoch.key.new && cp b/keys.dat keys.dat.new && ln keys.dat "
	  "keys.dat.old && ln epoch.key epoch.key.old",
	  1 },
	{ "cp b/epoch.key epoch.key.new && ln keys.dat keys.dat.old && ln epoch.key "
	  "epoch.key.old && cp b/keys.dat keys.dat.new && mv keys.dat.new keys.dat",
	  2 },
	{ "ln keys.dat keys.dat.old && ln epoch.key epoch.key.old && cp b/keys.dat "
	  "keys.dat.new && mv keys.dat.new keys.dat && cp b/epoch.key epoch.key.new && mv "
	  "epoch.key.new epoch.key",
	  2 },
	{ "rm keys.dat epoch.key && cp b/keys.dat b/epoch.key . && cp a/keys.dat keys.dat.old",
	  2 },
};

static void
a_turn_cut_short_at_any_step_is_finished_or_undone(void **state)
{
	struct fixture *f = *state;
	uint64_t whole = 0;

	assert_int_equal(bad_slots(f, &whole), 0);
	shell(f, "mkdir a b && cp keys.dat epoch.key a");
	(void)turn(f);
	shell(f, "cp keys.dat epoch.key b");
	for (size_t i = 0; i < COUNT_OF(crashes); i++) {
		uint64_t count = 0;
		fixture_close_vault(f);
		shell(f, "rm -f keys.dat* epoch.key* && cp a/keys.dat a/epoch.key .");
		shell(f, crashes[i].made);
		RC_IS(f, fixture_try_open(f), RC_OK);
		fixture_roles(f);
		assert_int_equal(vault_keys_epoch(f->vault), crashes[i].epoch);
		assert_int_equal(bad_slots(f, &count), 0);
		assert_int_equal(count, whole);
		shell(f, "test \"$(ls keys.dat* epoch.key*)\" = \"$(printf "
		         "'epoch.key\\nkeys.dat')\"");
	}
}

struct maker {
	struct fixture *f;
	pthread_t thread;
	int made, failed;
	_Atomic bool is_ending;
};

static void *
make_loop(void *arg)
{
	struct maker *maker = arg;
	struct err err;

	while (!maker->is_ending) {
		struct key_name name = { .tenant = maker->f->tenant->id,
			                 .owner = id_new(clock_now_us(&maker->f->clock)) };
		struct key key;
		if (keys_need(maker->f->vault->keys, &name, &key, &err) != RC_OK ||
		    (maker->made % 3 == 0 &&
		     keys_destroy(maker->f->vault->keys, &name, &err) != RC_OK))
			maker->failed++;
		maker->made++;
	}
	return NULL;
}

static void
keys_are_made_and_destroyed_while_the_epoch_turns(void **state)
{
	struct fixture *f = *state;
	struct maker makers[2] = { { .f = f }, { .f = f } };
	uint64_t count = 0;

	for (size_t i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&makers[i].thread, NULL, make_loop, &makers[i]),
		                 0);
	for (int i = 0; i < 10; i++)
		(void)turn(f);
	for (size_t i = 0; i < 2; i++) {
		makers[i].is_ending = true;
		(void)pthread_join(makers[i].thread, NULL);
		assert_int_equal(makers[i].failed, 0);
	}
	fixture_reopen(f);
	assert_int_equal(bad_slots(f, &count), 0);
	assert_int_equal(vault_keys_epoch(f->vault), 11);
}

static void
a_slot_that_does_not_open_keeps_the_epoch_from_turning(void **state)
{
	struct fixture *f = *state;
	int64_t epoch = 0;

	shell(f, "printf 'X' | dd of=keys.dat bs=1 seek=212 conv=notrunc 2>/dev/null");
	RC_IS(f, keys_epoch_turn(f->vault->keys, &epoch, &f->err), RC_CORRUPT);
	assert_int_equal(vault_keys_epoch(f->vault), 1);
	shell(f, "test ! -e keys.dat.new -a ! -e epoch.key.new");
}

static void
a_reader_beside_the_server_follows_a_turn(void **state)
{
	struct fixture *f = *state;
	const struct vault_options options = { f->dir, &f->clock, "localhost", true };
	struct vault *beside;
	uint64_t count = 0;
	int bad = 0;

	RC_IS(f, vault_open(&beside, &options, &f->err), RC_OK);
	(void)turn(f);
	RC_IS(f, keys_verify(beside->keys, &count, slot_bad, &bad, &f->err), RC_OK);
	assert_true(count > 5);
	assert_int_equal(bad, 0);
	vault_close(beside);
}

static enum rc
erasure_put(struct store_tx *tx, void *arg, struct err *err)
{
	return store_erasure_insert(tx, arg, err);
}

static enum rc
erasure_get(struct store_tx *tx, void *arg, struct err *err)
{
	return store_erasure_find(tx, arg, err);
}

static enum rc
ship_nothing(void *arg, const struct ledger_line *line, struct str text, struct err *err)
{
	(void)arg;
	(void)line;
	(void)text;
	(void)err;
	return RC_OK;
}

static void
an_erasure_is_final_when_its_epoch_has_ended_everywhere(void **state)
{
	struct fixture *f = *state;
	const struct ledger_shipper shipper = { ship_nothing, NULL };
	struct erasure_row row = { .tenant = f->tenant->id,
		                   .id = id_new(1),
		                   .kind = ERASURE_SUBJECT,
		                   .made_us = 1,
		                   .beyond_use_us = 1,
		                   .epoch = 1 };

	RC_IS(f, store_write(f->vault->store, erasure_put, &row, &f->err), RC_OK);
	ledger_ship(f->vault->ledger, &shipper);
	(void)turn(f);
	/* A place of the backups may hold the old epoch key yet. */
	RC_IS(f, store_read(f->vault->store, erasure_get, &row, &f->err), RC_OK);
	assert_int_equal(row.erased_us, 0);
	RC_IS(f, vault_epoch_ended(f->vault, &f->err), RC_OK);
	RC_IS(f, store_read(f->vault->store, erasure_get, &row, &f->err), RC_OK);
	assert_true(row.erased_us > 0);
}

static void
the_epoch_turns_by_itself_after_seven_days(void **state)
{
	struct fixture *f = *state;

	RC_IS(f, vault_tick(f->vault, &f->err), RC_OK);
	f->clock.offset_us += 6 * US_PER_DAY;
	RC_IS(f, vault_tick(f->vault, &f->err), RC_OK);
	assert_int_equal(vault_keys_epoch(f->vault), 1);
	f->clock.offset_us += US_PER_DAY + US_PER_HOUR;
	RC_IS(f, vault_tick(f->vault, &f->err), RC_OK);
	assert_int_equal(vault_keys_epoch(f->vault), 2);
}

#define T(name) cmocka_unit_test_setup_teardown(name, fixture_open, fixture_close)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(every_key_opens_after_a_turn_and_after_opening_again),
		T(keys_made_before_a_turn_are_the_same_after_it),
		T(an_old_keys_dat_opens_nothing_with_the_new_epoch_key),
		T(a_new_keys_dat_does_not_open_with_the_old_epoch_key),
		T(the_old_files_are_overwritten_with_zeros),
		T(a_turn_cut_short_at_any_step_is_finished_or_undone),
		T(keys_are_made_and_destroyed_while_the_epoch_turns),
		T(a_slot_that_does_not_open_keeps_the_epoch_from_turning),
		T(a_reader_beside_the_server_follows_a_turn),
		T(an_erasure_is_final_when_its_epoch_has_ended_everywhere),
		T(the_epoch_turns_by_itself_after_seven_days),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
