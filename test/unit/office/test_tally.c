/*
 * Counts of use: of our own words alone, by day, for as long as the class `usage` says
 * (24 months in the policy of measure).
 */
#include "desk_house.h"
#include "office/inside.h"
#include "office/tally.h"

static const char route[] = "/me/looks";
static const char *const get = "GET";

static void
call(struct house *house, const char *what, int times)
{
	struct tally tally = { TALLY_CALLS, get, what, 2 };

	for (int i = 0; i < times; i++)
		tally_count(house->office, house->tenant, &tally);
}

static struct tally_query
counts(struct house *house)
{
	struct tally_query query = { .from_day = 0, .until_day = INT32_MAX };

	RC_IS(house, tally_flush(house->office, &house->err), RC_OK);
	RC_IS(house,
	      tally_list(house->office, house->tenant, &query, &house->arena, &house->err),
	      RC_OK);
	return query;
}

static void
the_same_of_one_day_is_added_up_over_flushes(void **state)
{
	struct house *house = *state;
	struct tally_query query;

	call(house, route, 3);
	(void)counts(house);
	call(house, route, 4);
	query = counts(house);
	assert_int_equal(query.count, 1);
	assert_int_equal(query.rows[0].count, 7);
	assert_int_equal(query.rows[0].bucket, 2);
	assert_int_equal(query.rows[0].day, office_now_us(house->office) / US_PER_DAY);
	assert_true(str_eq(query.rows[0].what, STR("calls GET /me/looks")));
	house->clock.offset_us += US_PER_DAY;
	call(house, route, 1);
	assert_int_equal(counts(house).count, 2);
}

static void
kinds_and_groups_are_counted_apart(void **state)
{
	struct house *house = *state;
	struct tally time = { TALLY_TIME, get, route, 5 };
	struct tally refused = { TALLY_CALLS, get, route, 4 };
	struct tally error = { TALLY_ERROR, "", "RC_DENIED", 0 };

	call(house, route, 1);
	tally_count(house->office, house->tenant, &time);
	tally_count(house->office, house->tenant, &refused);
	tally_count(house->office, house->tenant, &error);
	assert_int_equal(counts(house).count, 4);
}

static void
words_past_the_limit_are_dropped_and_nothing_overflows(void **state)
{
	struct house *house = *state;
	char(*words)[16] = calloc(TALLY_WORDS_MAX + 100, sizeof(*words));

	for (int i = 0; i < TALLY_WORDS_MAX + 100; i++) {
		(void)snprintf(words[i], sizeof(words[i]), "/w%d", i);
		call(house, words[i], 1);
	}
	assert_int_equal(counts(house).count, TALLY_WORDS_MAX);
	free(words);
}

static void
what_looks_like_an_id_or_an_address_is_not_clean(void **state)
{
	struct house *house = *state;
	static const char id[] = "/me/0190a1b2-0000-7000-8000-000000000000";
	bool is_clean = false;
	size_t rows = 0;

	call(house, route, 1);
	(void)counts(house);
	RC_IS(house,
	      tally_holds_none(house->office, house->tenant, STR("alma"), &rows, &is_clean,
	                       &house->err),
	      RC_OK);
	assert_int_equal(rows, 1);
	assert_true(is_clean);
	RC_IS(house,
	      tally_holds_none(house->office, house->tenant, STR("looks"), &rows, &is_clean,
	                       &house->err),
	      RC_OK);
	assert_false(is_clean);
	call(house, id, 1);
	(void)counts(house);
	RC_IS(house,
	      tally_holds_none(house->office, house->tenant, STR("alma"), &rows, &is_clean,
	                       &house->err),
	      RC_OK);
	assert_false(is_clean);
}

static void
counts_go_when_their_time_is_over(void **state)
{
	struct house *house = *state;
	int64_t oldest_us = 0;

	call(house, route, 1);
	(void)counts(house);
	RC_IS(house, tally_oldest(house->office, house->tenant, &oldest_us, &house->err),
	      RC_OK);
	assert_int_equal(oldest_us % US_PER_DAY, 0);
	house->clock.offset_us += 720 * US_PER_DAY;
	RC_IS(house, tally_tick(house->office, house->tenant, 0, &house->err), RC_OK);
	assert_int_equal(counts(house).count, 1);
	house->clock.offset_us += 15 * US_PER_DAY; /* 735: past 24 months and a day */
	RC_IS(house, tally_tick(house->office, house->tenant, 0, &house->err), RC_OK);
	assert_int_equal(counts(house).count, 0);
	RC_IS(house, tally_oldest(house->office, house->tenant, &oldest_us, &house->err),
	      RC_OK);
	assert_int_equal(oldest_us, INT64_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HOUSE_TEST(the_same_of_one_day_is_added_up_over_flushes),
		HOUSE_TEST(kinds_and_groups_are_counted_apart),
		HOUSE_TEST(words_past_the_limit_are_dropped_and_nothing_overflows),
		HOUSE_TEST(what_looks_like_an_id_or_an_address_is_not_clean),
		HOUSE_TEST(counts_go_when_their_time_is_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
