/* A folder as a place: objects whole or not at all, and nothing outside it. */
#include "outbound/ground.h"

static int
set_up(void **state)
{
	struct ground *ground = ground_new();

	assert_true(ground_run(ground, "mkdir place"));
	RC_IS(ground,
	      place_open(&ground->place, str_from_c(ground_path(ground, "place")),
	                 &ground->options, &ground->err),
	      RC_OK);
	*state = ground;
	return 0;
}

static int
tear_down(void **state)
{
	ground_free(*state);
	return 0;
}

#define ON_GROUND(rule)                                                                        \
	static void a_##rule(void **state)                                                     \
	{                                                                                      \
		rule(*state);                                                                  \
	}
ON_GROUND(place_keeps_what_it_is_given)
ON_GROUND(place_says_what_is_not_there)
ON_GROUND(place_lists_by_name_and_page)
ON_GROUND(place_takes_whole_objects_only)
ON_GROUND(place_replaces_an_object)
ON_GROUND(place_passes_on_what_the_sink_says)

static void
names_that_lead_elsewhere_are_refused(void **state)
{
	static const char *const wrong[] = {
		"",  "/",   "..",   "a/../b", "/a", "a/",  "a//b",          ".hidden", "a/.b",
		"A", "a b", "a%2e", "a\nb",   "-x", "a?b", "a/b/c/d/e/f/g", "\xc3\xa9"
	};
	struct ground *ground = *state;
	char longest[LIMIT_PLACE_NAME_BYTES + 2];

	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		assert_false(place_name_is_valid(str_from_c(wrong[i])));
		RC_IS(ground, ground_put(ground, wrong[i], STR("x")), RC_INVALID);
	}
	memset(longest, 'a', sizeof(longest));
	assert_true(place_name_is_valid((struct str){ longest, LIMIT_PLACE_NAME_BYTES }));
	assert_false(place_name_is_valid((struct str){ longest, LIMIT_PLACE_NAME_BYTES + 1 }));
	RC_IS(ground,
	      place_put_str(ground->place, (struct str){ longest, LIMIT_PLACE_NAME_BYTES },
	                    STR("x"), &ground->err),
	      RC_OK);
	assert_true(place_name_is_valid(STR("a/b/c/d/e/f")));
}

static void
links_are_not_followed(void **state)
{
	struct ground *ground = *state;
	struct place_object found;
	CLEANUP(buf_free) struct buf buf = { 0 };
	struct sink sink = sink_to_buf(&buf);

	buf_init(&buf, MIB);
	assert_true(ground_run(ground, "mkdir elsewhere; echo kept >elsewhere/file;"
	                               "ln -s ../elsewhere place/folder;"
	                               "ln -s ../elsewhere/file place/file"));
	assert_int_not_equal(place_get(ground->place, STR("file"), &sink, &ground->err), RC_OK);
	assert_int_not_equal(ground_find(ground, "folder/file", &found), RC_OK);
	assert_int_not_equal(ground_put(ground, "folder/new", STR("x")), RC_OK);
	RC_IS(ground, place_delete(ground->place, STR("folder/file"), &ground->err), RC_OK);
	RC_IS(ground, place_delete(ground->place, STR("file"), &ground->err), RC_OK);
	assert_string_equal(ground_list(ground, "", "", 10), "");
	assert_true(
	    ground_run(ground, "grep -q kept elsewhere/file && ! test -e elsewhere/new"));
}

/* The name beside, with which a put that a crash ended leaves its part. */
static void
what_a_crash_left_is_not_listed_and_is_overwritten(void **state)
{
	struct ground *ground = *state;

	assert_true(ground_run(ground, "echo half >place/.part-one"));
	assert_string_equal(ground_list(ground, "", "", 10), "");
	RC_IS(ground, ground_put(ground, "one", STR("whole")), RC_OK);
	assert_true(ground_run(ground, "! test -e place/.part-one && grep -q whole place/one"));
}

/* Another name of the same file shows what became of its bytes. */
static void
a_deleted_object_was_overwritten_with_zeros(void **state)
{
	struct ground *ground = *state;
	struct str bytes = ground_bytes(ground, 100000);

	RC_IS(ground, ground_put(ground, "one", bytes), RC_OK);
	assert_true(ground_run(ground, "ln place/one other"));
	RC_IS(ground, place_delete(ground->place, STR("one"), &ground->err), RC_OK);
	assert_true(ground_run(ground,
	                       "! test -e place/one && test $(stat -c %s other) = 100000 &&"
	                       "cmp -s -n 100000 other /dev/zero"));
}

static void
objects_are_readable_by_their_owner_alone(void **state)
{
	struct ground *ground = *state;

	RC_IS(ground, ground_put(ground, "deep/one", STR("x")), RC_OK);
	assert_true(ground_run(ground, "test $(stat -c %a place/deep/one) = 600 &&"
	                               "test $(stat -c %a place/deep) = 700"));
}

static void
a_full_disk_is_told(void **state)
{
	struct ground *ground = *state;
	struct str bytes = ground_bytes(ground, 3000000);

	if (!ground_run(ground, "mount -t tmpfs -o size=1m none place 2>/dev/null")) {
		print_message("no rights to mount a small disk\n");
		skip();
	}
	place_close(&ground->place);
	RC_IS(ground,
	      place_open(&ground->place, str_from_c(ground_path(ground, "place")),
	                 &ground->options, &ground->err),
	      RC_OK);
	RC_IS(ground, ground_put(ground, "one", bytes), RC_FULL);
	assert_string_equal(ground_list(ground, "", "", 10), "");
	RC_IS(ground, ground_put(ground, "one", STR("fits")), RC_OK);
	place_close(&ground->place);
	assert_true(ground_run(ground, "umount place"));
}

static void
places_that_are_none_are_refused(void **state)
{
	static const char *const wrong[] = { "relative/path", "http://localhost/x",
		                             "ftp://host/x",  "file://host/x",
		                             "s3://bucket/x", "" };
	struct ground *ground = *state;
	struct outbound_place *place = NULL;
	struct outbound_place_options unnamed = ground->options;

	for (size_t i = 0; i < COUNT_OF(wrong); i++)
		RC_IS(ground,
		      place_open(&place, str_from_c(wrong[i]), &ground->options, &ground->err),
		      RC_INVALID);
	RC_IS(ground,
	      place_open(&place, STR("/no/such/folder"), &ground->options, &ground->err),
	      RC_NOT_FOUND);
	unnamed.region = STR_EMPTY;
	RC_IS(ground, place_open(&place, str_from_c(ground->dir), &unnamed, &ground->err),
	      RC_INVALID);
	assert_null(place);
	assert_true(str_eq(place_name(ground->place), STR("attic")));
	assert_true(str_eq(place_region(ground->place), STR("eu")));
}

static void
a_file_url_is_its_path(void **state)
{
	struct ground *ground = *state;
	struct str url = str_printf(&ground->arena, "file://%s/place/", ground->dir);
	CLEANUP(place_close) struct outbound_place *place = NULL;

	RC_IS(ground, place_open(&place, url, &ground->options, &ground->err), RC_OK);
	RC_IS(ground, place_put_str(place, STR("one"), STR("x"), &ground->err), RC_OK);
	assert_true(ground_run(ground, "test -s place/one"));
}

static void
a_page_of_a_thousand_goes_on_where_it_ended(void **state)
{
	struct ground *ground = *state;
	struct place_range range = { .max = LIMIT_PLACE_PAGE };
	struct place_page page;
	size_t seen = 0;

	assert_true(
	    ground_run(ground, "cd place && mkdir d && seq -f d/%04g 0 2344 | xargs touch"));
	do {
		RC_IS(ground,
		      place_list(ground->place, &range, &page, &ground->arena, &ground->err),
		      RC_OK);
		for (size_t i = 0; i < page.count; i++, seen++)
			assert_true(str_eq(page.objects[i].name,
			                   str_printf(&ground->arena, "d/%04zu", seen)));
		range.after = page.objects[page.count - 1].name;
	} while (page.is_more);
	assert_int_equal(seen, 2345);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_place_keeps_what_it_is_given),
		TEST(a_place_says_what_is_not_there),
		TEST(a_place_lists_by_name_and_page),
		TEST(a_place_takes_whole_objects_only),
		TEST(a_place_replaces_an_object),
		TEST(a_place_passes_on_what_the_sink_says),
		TEST(names_that_lead_elsewhere_are_refused),
		TEST(links_are_not_followed),
		TEST(what_a_crash_left_is_not_listed_and_is_overwritten),
		TEST(a_deleted_object_was_overwritten_with_zeros),
		TEST(objects_are_readable_by_their_owner_alone),
		TEST(a_full_disk_is_told),
		TEST(places_that_are_none_are_refused),
		TEST(a_file_url_is_its_path),
		TEST(a_page_of_a_thousand_goes_on_where_it_ended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
