/*
 * One request: to whom, how verified, with what; against a real HTTPS server.
 */
#include "base/clock.h"
#include "crypto/digest.h"
#include "outbound/store.h"

struct round {
	struct outbound_request request;
	struct buf answer;
	long status;
};

static int
set_up_as(void **state, const char *kind)
{
	struct ground *ground = ground_new();

	*state = ground;
	store_start(ground, kind);
	return 0;
}

static int
set_up_tls(void **state)
{
	return set_up_as(state, "tls");
}

static int
set_up_plain(void **state)
{
	return set_up_as(state, "plain");
}

static int
set_up_none(void **state)
{
	*state = ground_new();
	return 0;
}

static int
tear_down(void **state)
{
	ground_free(*state);
	return 0;
}

static struct round *
round_to(struct ground *ground, const char *origin, const char *path)
{
	struct round *round = ARENA_NEW(&ground->arena, struct round);
	struct str url = str_printf(&ground->arena, "%s:%d%s", origin, ground->port, path);

	buf_init(&round->answer, MIB);
	round->request =
	    (struct outbound_request){ .method = STR("GET"),
		                       .url = url,
		                       .hosts = &ground->hosts,
		                       .ca_file = ground_path(ground, "certificate") };
	return round;
}

static enum rc
round_send(struct ground *ground, struct round *round)
{
	struct sink sink = sink_to_buf(&round->answer);

	return outbound_send(&round->request, &sink, &round->status, &ground->err);
}

/* Nothing reached a page of the server. */
static bool
nothing_was_seen(struct ground *ground)
{
	return ground_run(ground, "! grep -q seen log");
}

static void
a_declared_and_verified_host_gets_the_request(void **state)
{
	struct ground *ground = *state;
	const struct outbound_header headers[] = { { STR("Content-Type"), STR("text/plain") },
		                                   { STR("X-Empty"), STR_EMPTY } };
	struct round *round;

	if (ground->server == 0)
		skip();
	round = round_to(ground, "https://localhost", "/echo?a=b");
	round->request.method = STR("POST");
	round->request.body = STR("abc");
	round->request.headers = headers;
	round->request.header_count = 2;
	RC_IS(ground, round_send(ground, round), RC_OK);
	assert_int_equal(round->status, 200);
	assert_non_null(strstr(round->answer.text, "POST /echo?a=b\n"));
	/* FIPS 180-4's example: SHA-256 of "abc". */
	assert_non_null(
	    strstr(round->answer.text,
	           "\nba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n"));
	assert_non_null(strstr(round->answer.text, "\nContent-Type: text/plain"));
	assert_non_null(strstr(round->answer.text, "\nX-Empty: "));
	assert_non_null(strstr(round->answer.text, "\nContent-Length: 3"));
	assert_null(strstr(round->answer.text, "Expect"));
	assert_null(strstr(round->answer.text, "User-Agent"));
	buf_free(&round->answer);
}

static void
every_method_arrives_as_it_is_named(void **state)
{
	static const char *const methods[] = { "GET", "PUT", "DELETE", "POST" };
	struct ground *ground = *state;

	if (ground->server == 0)
		skip();
	for (size_t i = 0; i < COUNT_OF(methods); i++) {
		struct round *round = round_to(ground, "https://localhost", "/echo");
		round->request.method = str_from_c(methods[i]);
		RC_IS(ground, round_send(ground, round), RC_OK);
		assert_true(
		    str_starts_with(str_from_c(round->answer.text), str_from_c(methods[i])));
		buf_free(&round->answer);
	}
}

static void
a_body_comes_from_a_source_of_a_known_length(void **state)
{
	struct ground *ground = *state;
	struct str bytes = ground_bytes(ground, 500000), left = bytes;
	struct source source = source_from_str(&left);
	struct digest digest = sha256(bytes);
	struct round *round;

	if (ground->server == 0)
		skip();
	round = round_to(ground, "https://localhost", "/echo");
	round->request.method = STR("POST");
	round->request.source = &source;
	round->request.source_bytes = bytes.len;
	RC_IS(ground, round_send(ground, round), RC_OK);
	assert_non_null(strstr(round->answer.text,
	                       hex_format(&ground->arena, digest.bytes, DIGEST_BYTES).ptr));
	buf_free(&round->answer);
	left = bytes;
	round->request.source_bytes = bytes.len + 1;
	RC_IS(ground, round_send(ground, round), RC_INVALID);
	left = bytes;
	round->request.source_bytes = bytes.len - 1;
	RC_IS(ground, round_send(ground, round), RC_INVALID);
}

static void
a_certificate_that_does_not_verify_is_refused(void **state)
{
	struct ground *ground = *state;
	struct round *round;

	if (ground->server == 0)
		skip();
	round = round_to(ground, "https://localhost", "/echo");
	round->request.ca_file = NULL; /* the system's roots */
	RC_IS(ground, round_send(ground, round), RC_DENIED);
	store_certificate(ground, "localhost"); /* of the same name, by another key */
	round->request.ca_file = ground_path(ground, "certificate");
	RC_IS(ground, round_send(ground, round), RC_DENIED);
	assert_int_equal(round->answer.len, 0);
	assert_true(nothing_was_seen(ground));
}

/* Certificates that are trusted, made in one way, of two names. */
static void
a_certificate_of_another_host_is_refused(void **state)
{
	struct ground *ground = *state;
	struct round *round;

	store_start_named(ground, "tls", "other.example");
	if (ground->server == 0)
		skip();
	round = round_to(ground, "https://localhost", "/echo");
	RC_IS(ground, round_send(ground, round), RC_DENIED);
	assert_true(nothing_was_seen(ground));
	ground_stop(ground);
	store_start_named(ground, "tls", "localhost");
	round = round_to(ground, "https://localhost", "/echo");
	RC_IS(ground, round_send(ground, round), RC_OK);
	buf_free(&round->answer);
}

static void
a_host_that_is_not_declared_is_refused_before_any_connection(void **state)
{
	struct ground *ground = *state;
	struct str other = STR("localhost"); /* on port 443, not on the server's */
	struct round *round;

	if (ground->server == 0)
		skip();
	round = round_to(ground, "https://localhost", "/echo");
	round->request.hosts = &(struct outbound_hosts){ &other, 1 };
	RC_IS(ground, round_send(ground, round), RC_DENIED);
	round->request.hosts = &(struct outbound_hosts){ NULL, 0 };
	RC_IS(ground, round_send(ground, round), RC_DENIED);
	round->request.hosts = NULL;
	RC_IS(ground, round_send(ground, round), RC_DENIED);
	/* A name that no resolver has: with a lookup it would be RC_IO. */
	round = round_to(ground, "https://nobody.invalid", "/echo");
	RC_IS(ground, round_send(ground, round), RC_DENIED);
	assert_true(nothing_was_seen(ground));
}

static void
a_redirect_is_an_answer_and_is_not_followed(void **state)
{
	struct ground *ground = *state;
	struct round *round;

	if (ground->server == 0)
		skip();
	round = round_to(ground, "https://localhost", "/redirect");
	RC_IS(ground, round_send(ground, round), RC_OK);
	assert_int_equal(round->status, 302);
	assert_string_equal(round->answer.text, "elsewhere");
	assert_true(nothing_was_seen(ground));
	buf_free(&round->answer);
}

static void
an_error_of_the_server_is_an_answer(void **state)
{
	struct ground *ground = *state;
	struct round *round;

	if (ground->server == 0)
		skip();
	round = round_to(ground, "https://localhost", "/fails");
	RC_IS(ground, round_send(ground, round), RC_OK);
	assert_int_equal(round->status, 500);
	buf_free(&round->answer);
}

static void
an_answer_that_is_too_long_is_refused(void **state)
{
	struct ground *ground = *state;
	struct round *round;

	if (ground->server == 0)
		skip();
	round = round_to(ground, "https://localhost", "/long");
	buf_init(&round->answer, 99999);
	RC_IS(ground, round_send(ground, round), RC_LIMIT);
	buf_free(&round->answer);
	buf_init(&round->answer, 100000);
	RC_IS(ground, round_send(ground, round), RC_OK);
	buf_free(&round->answer);
}

static void
a_proxy_of_the_environment_is_ignored(void **state)
{
	static const char *const names[] = { "https_proxy", "HTTPS_PROXY", "ALL_PROXY" };
	struct ground *ground = *state;
	struct round *round;

	if (ground->server == 0)
		skip();
	for (size_t i = 0; i < COUNT_OF(names); i++)
		assert_int_equal(setenv(names[i], "http://127.0.0.1:9", 1), 0);
	round = round_to(ground, "https://localhost", "/echo");
	RC_IS(ground, round_send(ground, round), RC_OK);
	buf_free(&round->answer);
	for (size_t i = 0; i < COUNT_OF(names); i++)
		assert_int_equal(unsetenv(names[i]), 0);
}

static void
in_clear_only_to_a_literal_loopback_address(void **state)
{
	struct ground *ground = *state;
	struct round *round;
	struct str names[2];
	struct outbound_hosts hosts = { names, 2 };

	if (ground->server == 0)
		skip();
	names[0] = ground->host;
	names[1] = str_printf(&ground->arena, "127.0.0.1:%d", ground->port);
	round = round_to(ground, "http://127.0.0.1", "/echo");
	round->request.hosts = &hosts;
	RC_IS(ground, round_send(ground, round), RC_OK);
	buf_free(&round->answer);
	round = round_to(ground, "http://localhost", "/echo");
	round->request.hosts = &hosts;
	RC_IS(ground, round_send(ground, round), RC_INVALID);
}

static void
requests_that_are_malformed_are_refused(void **state)
{
	static const char *const urls[] = {
		"",
		"localhost/x",
		"ftp://localhost/x",
		"file:///etc/hostname",
		"http://example.org/",
		"http://127.0.0.1.example.org/",
		"https://u@localhost/",
		"https://u:letmein@localhost/",
		"https://localhost/#x",
		"https://localhost/a b",
		"https://localhost/\r\nX: y",
		"https://localhost:0/",
		"https://localhost:99999/",
		"https://",
		"gopher://localhost/",
	};
	static const char *const methods[] = { "", "get", "G ET", "GET\r\n",
		                               "LONGLONGLONGLONG" };
	const struct outbound_header headers[] = {
		{ STR("X"), STR("a\r\nY: b") }, { STR("X"), STR("a\nb") },
		{ STR("X y"), STR("a") },       { STR(""), STR("a") },
		{ STR("X:"), STR("a") },
	};
	static const struct str hosts[] = { { "localhost", 9 } };
	struct ground *ground = *state;
	struct outbound_request request = { .method = STR("GET"),
		                            .hosts = &(struct outbound_hosts){ hosts, 1 } };
	long status;

	for (size_t i = 0; i < COUNT_OF(urls); i++) {
		request.url = str_from_c(urls[i]);
		RC_IS(ground, outbound_send(&request, NULL, &status, &ground->err), RC_INVALID);
		assert_null(strstr(ground->err.text, "letmein"));
	}
	request.url = STR("https://localhost/");
	for (size_t i = 0; i < COUNT_OF(methods); i++) {
		request.method = str_from_c(methods[i]);
		RC_IS(ground, outbound_send(&request, NULL, &status, &ground->err), RC_INVALID);
	}
	request.method = STR("GET");
	request.header_count = 1;
	for (size_t i = 0; i < COUNT_OF(headers); i++) {
		request.headers = &headers[i];
		RC_IS(ground, outbound_send(&request, NULL, &status, &ground->err), RC_INVALID);
	}
}

static void
hosts_are_declared_by_name_and_port(void **state)
{
	static const struct str names[] = { { "api.example.org", 15 },
		                            { "B.example:8443", 14 } };
	const struct outbound_hosts hosts = { names, 2 };

	(void)state;
	assert_true(outbound_is_declared(&hosts, STR("api.example.org"), 443, 443));
	assert_true(outbound_is_declared(&hosts, STR("API.Example.org"), 443, 443));
	assert_true(outbound_is_declared(&hosts, STR("b.example"), 8443, 443));
	assert_false(outbound_is_declared(&hosts, STR("api.example.org"), 8443, 443));
	assert_false(outbound_is_declared(&hosts, STR("b.example"), 443, 443));
	assert_false(outbound_is_declared(&hosts, STR("x.api.example.org"), 443, 443));
	assert_false(outbound_is_declared(&hosts, STR("api.example.or"), 443, 443));
	assert_false(outbound_is_declared(&hosts, STR(""), 443, 443));
}

/* The figure: printf '1767225600.{"a":1}' | openssl dgst -sha256 -mac HMAC
 *             -macopt hexkey:000102…1f */
static void
a_webhook_is_signed_over_its_time_and_body(void **state)
{
	struct ground *ground = *state;
	struct key key;
	struct str signature;

	for (size_t i = 0; i < KEY_BYTES; i++)
		key.bytes[i] = (uint8_t)i;
	signature =
	    outbound_signature(&key, 1767225600999999, STR("{\"a\":1}"), &ground->arena);
	assert_string_equal(
	    signature.ptr,
	    "t=1767225600,v1=c3e7cf2aff6be8aa0a93b08f541e09891de34b3f21a678ebdd0ba084bf3c4e40");
}

#define TEST(name)  cmocka_unit_test_setup_teardown(name, set_up_tls, tear_down)
#define PLAIN(name) cmocka_unit_test_setup_teardown(name, set_up_plain, tear_down)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_declared_and_verified_host_gets_the_request),
		TEST(every_method_arrives_as_it_is_named),
		TEST(a_body_comes_from_a_source_of_a_known_length),
		TEST(a_certificate_that_does_not_verify_is_refused),
		cmocka_unit_test_setup_teardown(a_certificate_of_another_host_is_refused,
		                                set_up_none, tear_down),
		TEST(a_host_that_is_not_declared_is_refused_before_any_connection),
		TEST(a_redirect_is_an_answer_and_is_not_followed),
		TEST(an_error_of_the_server_is_an_answer),
		TEST(an_answer_that_is_too_long_is_refused),
		TEST(a_proxy_of_the_environment_is_ignored),
		PLAIN(in_clear_only_to_a_literal_loopback_address),
		TEST(requests_that_are_malformed_are_refused),
		TEST(hosts_are_declared_by_name_and_port),
		TEST(a_webhook_is_signed_over_its_time_and_body),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
