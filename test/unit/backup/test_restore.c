/*
 * What a restore brings back, and what it does not.
 */
#include "backup/backup_fixture.h"

static void
a_restore_brings_back_every_record_and_verifies(void **state)
{
	struct backups *b = *state;
	struct vault_record record;
	struct fixture r;

	RC_IS(b->f, vault_tick(b->f->vault, &b->f->err), RC_OK);
	back_up(b);
	assert_int_equal(b->report.places_whole, 2);
	RC_IS(b->f, restore_at(b, 0), RC_OK);
	assert_int_equal(b->found.restored.keys_lost, 0);
	restored_open(b, &r);
	RC_IS(&r, record_get(&r, b->record, &record), RC_OK);
	str_is(record.body, HEALTH);
	all_is_in_order(&r);
	restored_close(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		BACKUP_TEST(a_restore_brings_back_every_record_and_verifies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
