/*
 * keys.dat: one key, one slot; what is destroyed is gone.
 */
#include <fcntl.h>
#include <pthread.h>

#include "vault/inside.h"
#include "vault/vault_fixture.h"

#define SLOT_BYTES            64
#define MEMBER_CLASS(f, name) (policy_class_find((f)->tenant->policy, str_from_c(name))->number)

static struct key_name
class_key(struct fixture *f, struct id owner, const char *class)
{
	return (struct key_name){ .tenant = f->tenant->id,
		                  .owner = owner,
		                  .class = MEMBER_CLASS(f, class) };
}

static struct key
key_need(struct fixture *f, struct key_name name)
{
	struct key key;

	RC_IS(f, keys_need(f->vault->keys, &name, &key, &f->err), RC_OK);
	return key;
}

struct slot_find {
	struct key_row row;
};

static enum rc
slot_find(struct store_tx *tx, void *arg, struct err *err)
{
	struct slot_find *find = arg;

	return store_key_find(tx, &find->row, err);
}

static int64_t
slot_of(struct fixture *f, struct key_name name)
{
	struct slot_find find = {
		{ .tenant = name.tenant, .owner = name.owner, .class = name.class }
	};

	RC_IS(f, store_read(vault_store(f->vault), slot_find, &find, &f->err), RC_OK);
	return find.row.slot;
}

static void
slot_get(struct fixture *f, int64_t slot, uint8_t bytes[SLOT_BYTES])
{
	int fd = open(fixture_path(f, "keys.dat"), O_RDONLY);

	assert_true(fd >= 0);
	assert_int_equal(pread(fd, bytes, SLOT_BYTES, slot * SLOT_BYTES), SLOT_BYTES);
	(void)close(fd);
}

static void
slot_put(struct fixture *f, int64_t slot, const uint8_t bytes[SLOT_BYTES])
{
	int fd = open(fixture_path(f, "keys.dat"), O_WRONLY);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, bytes, SLOT_BYTES, slot * SLOT_BYTES), SLOT_BYTES);
	(void)close(fd);
}

/* Whether the file holds these bytes anywhere. */
static bool
file_holds(struct fixture *f, const uint8_t *bytes, size_t count)
{
	struct str file = fixture_file(f, fixture_path(f, "keys.dat"));

	return memmem(file.ptr, file.len, bytes, count) != NULL;
}

static void
a_key_is_found_again_after_reopening(void **state)
{
	struct fixture *f = *state;
	struct key_name name = class_key(f, f->actors[ANA].subject, "health");
	struct key made = key_need(f, name);
	struct key found = key_need(f, name);

	assert_memory_equal(made.bytes, found.bytes, KEY_BYTES);
	fixture_reopen(f);
	RC_IS(f, keys_find(f->vault->keys, &name, &found, &f->err), RC_OK);
	assert_memory_equal(made.bytes, found.bytes, KEY_BYTES);
}

static void
a_key_that_was_not_made_is_not_found(void **state)
{
	struct fixture *f = *state;
	struct key_name name = class_key(f, f->actors[ANA].subject, "health");
	struct key key;

	RC_IS(f, keys_find(f->vault->keys, &name, &key, &f->err), RC_NOT_FOUND);
}

static void
keys_of_two_subjects_and_two_classes_differ(void **state)
{
	struct fixture *f = *state;
	struct key a = key_need(f, class_key(f, f->actors[ANA].subject, "health"));
	struct key b = key_need(f, class_key(f, f->actors[BEN].subject, "health"));
	struct key c = key_need(f, class_key(f, f->actors[ANA].subject, "measurement"));

	assert_memory_not_equal(a.bytes, b.bytes, KEY_BYTES);
	assert_memory_not_equal(a.bytes, c.bytes, KEY_BYTES);
}

static void
the_file_holds_no_key_in_plain(void **state)
{
	struct fixture *f = *state;
	struct key_name node = { .tenant = f->tenant->id, .owner = f->actors[ANA].subject };
	struct key class = key_need(f, class_key(f, f->actors[ANA].subject, "health"));
	struct key owner = key_need(f, node);

	assert_false(file_holds(f, class.bytes, KEY_BYTES));
	assert_false(file_holds(f, owner.bytes, KEY_BYTES));
}

/* --- damage ------------------------------------------------------------------- */

static void
find_is_corrupt(struct fixture *f, struct key_name name, int64_t slot)
{
	struct key key;
	char number[32];

	RC_IS(f, keys_find(f->vault->keys, &name, &key, &f->err), RC_CORRUPT);
	(void)snprintf(number, sizeof(number), "slot %lld", (long long)slot);
	assert_non_null(strstr(f->err.text, number));
}

static void
a_flipped_bit_anywhere_in_a_slot_is_named(void **state)
{
	struct fixture *f = *state;
	struct key_name name = class_key(f, f->actors[ANA].subject, "health");
	uint8_t bytes[SLOT_BYTES];
	int64_t slot;

	(void)key_need(f, name);
	slot = slot_of(f, name);
	slot_get(f, slot, bytes);
	for (size_t at = 0; at < SLOT_BYTES; at += 7) { /* nonce, key, tag and generation */
		bytes[at] ^= 1;
		slot_put(f, slot, bytes);
		fixture_reopen(f);
		find_is_corrupt(f, name, slot);
		bytes[at] ^= 1;
	}
	slot_put(f, slot, bytes);
	fixture_reopen(f);
	RC_IS(f, keys_find(f->vault->keys, &name, &(struct key){ { 0 } }, &f->err), RC_OK);
}

static void
two_slots_that_are_swapped_open_for_nobody(void **state)
{
	struct fixture *f = *state;
	struct key_name ana = class_key(f, f->actors[ANA].subject, "health");
	struct key_name ben = class_key(f, f->actors[BEN].subject, "health");
	uint8_t a[SLOT_BYTES], b[SLOT_BYTES];

	(void)key_need(f, ana);
	(void)key_need(f, ben);
	slot_get(f, slot_of(f, ana), a);
	slot_get(f, slot_of(f, ben), b);
	slot_put(f, slot_of(f, ana), b);
	slot_put(f, slot_of(f, ben), a);
	fixture_reopen(f);
	find_is_corrupt(f, ana, slot_of(f, ana));
	find_is_corrupt(f, ben, slot_of(f, ben));
}

/* The row is made to name another slot, to which the bytes were copied. */
static void
a_slot_that_is_moved_does_not_open(void **state)
{
	struct fixture *f = *state;
	struct key_name name = class_key(f, f->actors[ANA].subject, "health");
	uint8_t bytes[SLOT_BYTES];
	char sql[128];

	(void)key_need(f, name);
	slot_get(f, slot_of(f, name), bytes);
	slot_put(f, 900, bytes);
	(void)snprintf(sql, sizeof(sql), "UPDATE key_slot SET slot = 900 WHERE slot = %lld",
	               (long long)slot_of(f, name));
	database_change(f, sql, 1);
	fixture_reopen(f);
	find_is_corrupt(f, name, 900);
}

/* An attacker of the database points Ben's row at Ana's slot. */
static void
a_row_of_another_subject_does_not_open_a_slot(void **state)
{
	struct fixture *f = *state;
	struct key_name ana = class_key(f, f->actors[ANA].subject, "health");
	struct key_name ben = class_key(f, f->actors[BEN].subject, "health");
	char sql[200];

	(void)key_need(f, ana);
	(void)key_need(f, ben);
	(void)snprintf(sql, sizeof(sql),
	               "UPDATE key_slot SET slot = %lld, generation = 1 WHERE slot = %lld",
	               (long long)slot_of(f, ana), (long long)slot_of(f, ben));
	database_change(f, sql, 1);
	fixture_reopen(f);
	find_is_corrupt(f, ben, slot_of(f, ana));
}

static void
another_master_key_opens_nothing(void **state)
{
	struct fixture *f = *state;
	FILE *file;
	char fresh[32];

	fixture_close_vault(f);
	file = fopen(fixture_path(f, "master.key"), "r+b");
	assert_non_null(file);
	memset(fresh, 'x', sizeof(fresh));
	assert_int_equal(fwrite(fresh, 1, sizeof(fresh), file), sizeof(fresh));
	(void)fclose(file);
	RC_IS(f, fixture_try_open(f), RC_CORRUPT);
}

/* --- destruction ----------------------------------------------------------------- */

static void
a_destroyed_key_leaves_no_trace_and_is_not_found(void **state)
{
	struct fixture *f = *state;
	struct key_name name = class_key(f, f->actors[ANA].subject, "health");
	uint8_t bytes[SLOT_BYTES];
	struct key key;

	(void)key_need(f, name);
	slot_get(f, slot_of(f, name), bytes);
	assert_true(file_holds(f, bytes + 12, 32));
	RC_IS(f, keys_destroy(f->vault->keys, &name, &f->err), RC_OK);
	assert_false(file_holds(f, bytes, 12));      /* nonce */
	assert_false(file_holds(f, bytes + 12, 32)); /* wrapped key */
	assert_false(file_holds(f, bytes + 44, 16)); /* tag */
	RC_IS(f, keys_find(f->vault->keys, &name, &key, &f->err), RC_NOT_FOUND);
	RC_IS(f, keys_destroy(f->vault->keys, &name, &f->err), RC_OK); /* gone already */
}

static void
a_slot_that_is_used_again_has_another_generation(void **state)
{
	struct fixture *f = *state;
	struct key_name name = class_key(f, f->actors[ANA].subject, "health");
	uint8_t old[SLOT_BYTES];
	struct key first = key_need(f, name);
	struct key second;
	int64_t slot = slot_of(f, name);

	slot_get(f, slot, old);
	RC_IS(f, keys_destroy(f->vault->keys, &name, &f->err), RC_OK);
	second = key_need(f, name);
	assert_int_equal(slot_of(f, name), slot);
	assert_memory_not_equal(first.bytes, second.bytes, KEY_BYTES);
	slot_put(f, slot, old); /* from a backup of the file */
	fixture_reopen(f);
	find_is_corrupt(f, name, slot);
}

static void
destroying_an_owner_takes_every_key_below_it(void **state)
{
	struct fixture *f = *state;
	struct id ana = f->actors[ANA].subject;
	struct key_name node = { .tenant = f->tenant->id, .owner = ana };
	struct key_name health = class_key(f, ana, "health");
	struct key key;

	(void)key_need(f, health);
	(void)key_need(f, class_key(f, ana, "measurement"));
	RC_IS(f, keys_destroy_owner(f->vault->keys, f->tenant->id, ana, &f->err), RC_OK);
	RC_IS(f, keys_find(f->vault->keys, &node, &key, &f->err), RC_NOT_FOUND);
	RC_IS(f, keys_find(f->vault->keys, &health, &key, &f->err), RC_NOT_FOUND);
	RC_IS(f, keys_derived(f->vault->keys, f->tenant->id, ana, "log", &key, &f->err),
	      RC_NOT_FOUND);
	RC_IS(f, keys_need(f->vault->keys, &health, &key, &f->err), RC_NOT_FOUND);
}

/* A slot written before a crash, which no row came to name. */
static void
orphans_are_wiped_at_open(void **state)
{
	struct fixture *f = *state;
	uint8_t bytes[SLOT_BYTES];

	fixture_close_vault(f);
	memset(bytes, 0xa5, sizeof(bytes));
	slot_put(f, 800, bytes);
	RC_IS(f, fixture_try_open(f), RC_OK);
	slot_get(f, 800, bytes);
	for (size_t i = 0; i < 60; i++)
		assert_int_equal(bytes[i], 0);
	assert_int_equal(bytes[60], 0xa5); /* the generation goes on */
}

static void
a_reader_beside_the_server_wipes_nothing(void **state)
{
	struct fixture *f = *state;
	const struct vault_options beside = { f->dir, &f->clock, "localhost", true };
	struct vault *reader = NULL;
	uint8_t bytes[SLOT_BYTES], after[SLOT_BYTES];

	memset(bytes, 0xa5, sizeof(bytes));
	slot_put(f, 800, bytes);
	RC_IS(f, vault_open(&reader, &beside, &f->err), RC_OK);
	vault_close(reader);
	slot_get(f, 800, after);
	assert_memory_equal(bytes, after, SLOT_BYTES);
}

static void
the_file_grows_and_keeps_what_it_had(void **state)
{
	struct fixture *f = *state;
	struct key_name first = { .tenant = f->tenant->id,
		                  .class = MEMBER_CLASS(f, "log"),
		                  .month = 1 };
	struct key key = key_need(f, first);
	struct key again;

	for (int64_t month = 2; month < 1100; month++) {
		struct key_name name = first;
		name.month = month;
		(void)key_need(f, name);
	}
	fixture_reopen(f);
	again = key_need(f, first);
	assert_memory_equal(key.bytes, again.bytes, KEY_BYTES);
}

static void
whoever_may_not_add_a_subject_makes_no_key(void **state)
{
	struct fixture *f = *state;
	const struct door door = door_of(f, AUDITOR, "care");
	int64_t before = database_number(f, "SELECT count(*) FROM key_slot");
	struct id subject;

	RC_IS(f, vault_subject_add(&door, STR("member"), &subject, &f->err), RC_DENIED);
	assert_int_equal(database_number(f, "SELECT count(*) FROM key_slot"), before);
}

/* --- threads ------------------------------------------------------------------------ */

struct runner {
	struct fixture *f;
	struct key_name name;
	struct key key;
	struct err err;
	pthread_t thread;
	_Atomic bool *is_over;
	enum rc rc;
	int found, made;
};

static void *
need_run(void *arg)
{
	struct runner *runner = arg;

	runner->rc =
	    keys_need(runner->f->vault->keys, &runner->name, &runner->key, &runner->err);
	return NULL;
}

static void
threads_that_make_one_key_get_one(void **state)
{
	struct fixture *f = *state;
	struct runner runners[8];

	for (int round = 0; round < 20; round++) {
		struct key_name name = { .tenant = f->tenant->id,
			                 .class = MEMBER_CLASS(f, "log"),
			                 .month = 300 + round };
		for (size_t i = 0; i < COUNT_OF(runners); i++) {
			runners[i] = (struct runner){ .f = f, .name = name };
			assert_int_equal(
			    pthread_create(&runners[i].thread, NULL, need_run, &runners[i]), 0);
		}
		for (size_t i = 0; i < COUNT_OF(runners); i++) {
			(void)pthread_join(runners[i].thread, NULL);
			assert_int_equal(runners[i].rc, RC_OK);
			assert_memory_equal(runners[i].key.bytes, runners[0].key.bytes,
			                    KEY_BYTES);
		}
	}
}

/* Finds a key and makes class keys until told to end; after it has seen the
 * owner gone it must never see it again. */
static void *
fetch_run(void *arg)
{
	struct runner *runner = arg;
	bool is_gone = false;

	while (!*runner->is_over) {
		struct key_name name = runner->name;
		runner->rc =
		    keys_find(runner->f->vault->keys, &name, &runner->key, &runner->err);
		runner->found += is_gone && runner->rc == RC_OK;
		is_gone = is_gone || runner->rc == RC_NOT_FOUND;
		name.class += 1 + (runner->made % 30);
		if (keys_need(runner->f->vault->keys, &name, &runner->key, &runner->err) ==
		    RC_OK)
			runner->made++;
	}
	return NULL;
}

static void
bad_row(void *arg, const struct key_row *row)
{
	int *bad = arg;

	(void)row;
	(*bad)++;
}

static void
a_key_that_is_destroyed_while_others_fetch_it_never_comes_back(void **state)
{
	struct fixture *f = *state;

	for (int round = 0; round < 10; round++) {
		struct id owner = subject_new(f, "member", "care");
		struct key_name name = class_key(f, owner, "health");
		_Atomic bool is_over = false;
		struct runner runners[3];
		uint64_t count;
		int bad = 0;
		(void)key_need(f, name);
		for (size_t i = 0; i < COUNT_OF(runners); i++) {
			runners[i] =
			    (struct runner){ .f = f, .name = name, .is_over = &is_over };
			assert_int_equal(
			    pthread_create(&runners[i].thread, NULL, fetch_run, &runners[i]),
			    0);
		}
		(void)usleep(3000);
		RC_IS(f, keys_destroy_owner(f->vault->keys, f->tenant->id, owner, &f->err),
		      RC_OK);
		(void)usleep(2000);
		is_over = true;
		for (size_t i = 0; i < COUNT_OF(runners); i++) {
			(void)pthread_join(runners[i].thread, NULL);
			assert_int_equal(runners[i].found, 0);
		}
		RC_IS(f, keys_find(f->vault->keys, &name, &runners[0].key, &f->err),
		      RC_NOT_FOUND);
		RC_IS(f, keys_verify(f->vault->keys, &count, bad_row, &bad, &f->err), RC_OK);
		assert_int_equal(bad, 0);
	}
}

static void *
destroy_run(void *arg)
{
	struct runner *runner = arg;

	runner->rc = keys_destroy_owner(runner->f->vault->keys, runner->name.tenant,
	                                runner->name.owner, &runner->err);
	return NULL;
}

static void *
months_run(void *arg)
{
	struct runner *runner = arg;

	while (!*runner->is_over) {
		runner->name.month++;
		runner->rc = keys_need(runner->f->vault->keys, &runner->name, &runner->key,
		                       &runner->err);
		runner->made += runner->rc == RC_OK;
	}
	return NULL;
}

/* As a request and the housekeeper may, of an erasure that both finish. */
static void
an_owner_destroyed_by_two_at_once_takes_no_key_of_others(void **state)
{
	struct fixture *f = *state;
	int64_t class = MEMBER_CLASS(f, "health");
	_Atomic bool is_over = false;
	struct runner months = { .f = f,
		                 .name = { .tenant = f->tenant->id, .class = class },
		                 .is_over = &is_over };
	uint64_t count;
	int bad = 0;

	assert_int_equal(pthread_create(&months.thread, NULL, months_run, &months), 0);
	for (int round = 0; round < 10; round++) {
		struct id owner = subject_new(f, "member", "care");
		struct runner runners[2];
		for (int i = 0; i < 8; i++)
			(void)key_need(f,
			               (struct key_name){ f->tenant->id, owner, class + i, 0 });
		for (size_t i = 0; i < COUNT_OF(runners); i++) {
			runners[i] = (struct runner){
				.f = f, .name = { .tenant = f->tenant->id, .owner = owner }
			};
			assert_int_equal(
			    pthread_create(&runners[i].thread, NULL, destroy_run, &runners[i]),
			    0);
		}
		for (size_t i = 0; i < COUNT_OF(runners); i++) {
			(void)pthread_join(runners[i].thread, NULL);
			assert_int_equal(runners[i].rc, RC_OK);
		}
	}
	is_over = true;
	(void)pthread_join(months.thread, NULL);
	assert_true(months.made > 0);
	RC_IS(f, keys_verify(f->vault->keys, &count, bad_row, &bad, &f->err), RC_OK);
	assert_int_equal(bad, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		VAULT_TEST(a_key_is_found_again_after_reopening),
		VAULT_TEST(a_key_that_was_not_made_is_not_found),
		VAULT_TEST(keys_of_two_subjects_and_two_classes_differ),
		VAULT_TEST(the_file_holds_no_key_in_plain),
		VAULT_TEST(a_flipped_bit_anywhere_in_a_slot_is_named),
		VAULT_TEST(two_slots_that_are_swapped_open_for_nobody),
		VAULT_TEST(a_slot_that_is_moved_does_not_open),
		VAULT_TEST(a_row_of_another_subject_does_not_open_a_slot),
		VAULT_TEST(another_master_key_opens_nothing),
		VAULT_TEST(a_destroyed_key_leaves_no_trace_and_is_not_found),
		VAULT_TEST(a_slot_that_is_used_again_has_another_generation),
		VAULT_TEST(destroying_an_owner_takes_every_key_below_it),
		VAULT_TEST(orphans_are_wiped_at_open),
		VAULT_TEST(a_reader_beside_the_server_wipes_nothing),
		VAULT_TEST(the_file_grows_and_keeps_what_it_had),
		VAULT_TEST(whoever_may_not_add_a_subject_makes_no_key),
		VAULT_TEST(an_owner_destroyed_by_two_at_once_takes_no_key_of_others),
		VAULT_TEST(threads_that_make_one_key_get_one),
		VAULT_TEST(a_key_that_is_destroyed_while_others_fetch_it_never_comes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
