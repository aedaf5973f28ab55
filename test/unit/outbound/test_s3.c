/*
 * S3 as a place, against a server that checks each signature by botocore's own
 * signer and answers lists in pages of two.
 */
#include "outbound/s3_listing.h"
#include "outbound/store.h"

static struct str
url_of(struct ground *ground, const char *path)
{
	return str_printf(&ground->arena, "s3+https://localhost:%d%s", ground->port, path);
}

static int
set_up(void **state)
{
	struct ground *ground = ground_new();

	*state = ground;
	store_start(ground, "tls");
	if (ground->server == 0)
		return 0;
	ground_write(ground, "credentials", STR("AKIDTEST\nthe secret\n"), 0600);
	ground->options.credentials_file = ground_path(ground, "credentials");
	ground->options.ca_file = ground_path(ground, "certificate");
	RC_IS(ground,
	      place_open(&ground->place, url_of(ground, "/bucket/troth/one?region=eu-test-1"),
	                 &ground->options, &ground->err),
	      RC_OK);
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
		struct ground *ground = *state;                                                \
		if (ground->server == 0)                                                       \
			skip();                                                                \
		rule(ground);                                                                  \
	}
ON_GROUND(place_keeps_what_it_is_given)
ON_GROUND(place_says_what_is_not_there)
ON_GROUND(place_lists_by_name_and_page)
ON_GROUND(place_takes_whole_objects_only)
ON_GROUND(place_replaces_an_object)
ON_GROUND(place_passes_on_what_the_sink_says)

static void
use_is(struct ground *ground, const char *path, const struct outbound_place_options *options,
       enum rc expected)
{
	CLEANUP(place_close) struct outbound_place *place = NULL;

	RC_IS(ground, place_open(&place, url_of(ground, path), options, &ground->err), RC_OK);
	RC_IS(ground, place_put_str(place, STR("used"), STR("x"), &ground->err), expected);
}

static void
another_secret_or_region_is_refused_by_the_store(void **state)
{
	struct ground *ground = *state;

	if (ground->server == 0)
		skip();
	use_is(ground, "/bucket?region=eu-test-1", &ground->options, RC_OK);
	use_is(ground, "/bucket?region=eu-test-2", &ground->options, RC_DENIED);
	ground_write(ground, "credentials", STR("AKIDTEST\nanother secret"), 0600);
	use_is(ground, "/bucket?region=eu-test-1", &ground->options, RC_DENIED);
	assert_null(strstr(ground->err.text, "another"));
	assert_null(strstr(ground->err.text, "AKID"));
}

static void
a_store_whose_certificate_does_not_verify_gets_nothing(void **state)
{
	struct ground *ground = *state;
	struct outbound_place_options options = ground->options;

	if (ground->server == 0)
		skip();
	options.ca_file = NULL;
	use_is(ground, "/bucket?region=eu-test-1", &options, RC_DENIED);
	store_certificate(ground, "localhost"); /* of the same name, by another key */
	use_is(ground, "/bucket?region=eu-test-1", &ground->options, RC_DENIED);
}

static void
a_place_without_a_prefix_lists_the_bucket(void **state)
{
	struct ground *ground = *state;
	CLEANUP(place_close) struct outbound_place *below = NULL;

	if (ground->server == 0)
		skip();
	below = ground->place;
	ground->place = NULL;
	RC_IS(ground, place_put_str(below, STR("inner"), STR("x"), &ground->err), RC_OK);
	RC_IS(ground,
	      place_open(&ground->place, url_of(ground, "/bucket/?region=eu-test-1"),
	                 &ground->options, &ground->err),
	      RC_OK);
	RC_IS(ground, ground_put(ground, "outer", STR("x")), RC_OK);
	assert_string_equal(ground_list(ground, "", "", 10), "outer troth/one/inner ");
	assert_string_equal(ground_list(ground, "", "outer", 1), "troth/one/inner ");
}

static void
a_credentials_file_is_for_its_owner_alone(void **state)
{
	static const char *const wrong[] = { "", "AKIDTEST", "AKIDTEST\n", "\nthe secret",
		                             "AKIDTEST\nthe secret\nmore" };
	struct ground *ground = *state;
	struct outbound_place *place = NULL;
	struct str url;

	if (ground->server == 0)
		skip();
	url = url_of(ground, "/bucket?region=eu-test-1");
	ground_write(ground, "credentials", STR("AKIDTEST\nthe secret\n"), 0640);
	RC_IS(ground, place_open(&place, url, &ground->options, &ground->err), RC_INVALID);
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		ground_write(ground, "credentials", str_from_c(wrong[i]), 0600);
		RC_IS(ground, place_open(&place, url, &ground->options, &ground->err),
		      RC_INVALID);
		assert_null(strstr(ground->err.text, "the secret"));
	}
	ground->options.credentials_file = NULL;
	RC_IS(ground, place_open(&place, url, &ground->options, &ground->err), RC_INVALID);
}

static void
a_url_says_bucket_and_region_and_no_secret(void **state)
{
	static const char *const wrong[] = {
		"s3+https://localhost/bucket",
		"s3+https://localhost/?region=eu",
		"s3+https://localhost/bucket?region=",
		"s3+https://localhost/bucket?region=EU",
		"s3+https://localhost/bucket?region=eu&key=letmein",
		"s3+https://id:letmein@localhost/bucket?region=eu",
		"s3+https://localhost/bucket/a%2fb?region=eu",
		"s3+http://localhost/bucket?region=eu",
	};
	static const struct str host = { "localhost", 9 };
	struct ground *ground = *state;
	struct outbound_place *place = NULL;
	struct outbound_hosts hosts = { &host, 1 };

	ground->options.hosts = &hosts;
	ground_write(ground, "credentials", STR("AKIDTEST\nthe secret\n"), 0600);
	ground->options.credentials_file = ground_path(ground, "credentials");
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		RC_IS(ground,
		      place_open(&place, str_from_c(wrong[i]), &ground->options, &ground->err),
		      RC_INVALID);
		assert_null(strstr(ground->err.text, "letmein"));
	}
	RC_IS(ground,
	      place_open(&place, STR("s3+https://elsewhere.example/bucket?region=eu"),
	                 &ground->options, &ground->err),
	      RC_DENIED);
}

/* The form of the answer: S3's API reference, ListObjectsV2, "Response syntax". */
static void
lists_that_are_malformed_are_refused(void **state)
{
	static const char *const no_list[] = {
		"",
		"<Error><Code>NoSuchBucket</Code></Error>",
		"<ListBucketResult></ListBucketResult>",
		"<ListBucketResult><IsTruncated>false</IsTruncated>",
		"<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>",
		"<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>"
		"</NextContinuationToken></ListBucketResult>",
	};
	static const char *const no_entry[] = {
		"<Contents></Contents>",
		"<Contents><Key>a</Key><Size>1</Size></Contents>",
		"<Contents><Key>a</Key><Size>-1</Size><LastModified>2026-01-01T00:00:00.000Z"
		"</LastModified></Contents>",
		"<Contents><Key>a</Key><Size>99999999999999999999</Size><LastModified>"
		"2026-01-01T00:00:00.000Z</LastModified></Contents>",
		"<Contents><Key>a</Key><Size>1</Size><LastModified>today</LastModified></"
		"Contents>",
	};
	struct ground *ground = *state;
	struct s3_listing listing;
	struct s3_object object;
	bool is_there;

	for (size_t i = 0; i < COUNT_OF(no_list); i++)
		RC_IS(ground, s3_listing_read(str_from_c(no_list[i]), &listing, &ground->err),
		      RC_CORRUPT);
	for (size_t i = 0; i < COUNT_OF(no_entry); i++) {
		struct str xml = str_printf(
		    &ground->arena,
		    "<ListBucketResult><IsTruncated>false</IsTruncated>%s</ListBucketResult>",
		    no_entry[i]);
		RC_IS(ground, s3_listing_read(xml, &listing, &ground->err), RC_OK);
		RC_IS(ground, s3_listing_next(&listing, &object, &is_there, &ground->err),
		      RC_CORRUPT);
	}
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
		TEST(another_secret_or_region_is_refused_by_the_store),
		TEST(a_store_whose_certificate_does_not_verify_gets_nothing),
		TEST(a_place_without_a_prefix_lists_the_bucket),
		TEST(a_credentials_file_is_for_its_owner_alone),
		TEST(a_url_says_bucket_and_region_and_no_secret),
		TEST(lists_that_are_malformed_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
