/* SFTP as a place, against OpenSSH's sshd on a loopback port with its own keys. */
#include "outbound/ground.h"

#include <pwd.h>

/* As root, sshd wants a folder of its own under /run: in a namespace, so that
 * nothing of the machine's changes. */
static const char start[] =
    "if [ $(id -u) = 0 ]; then exec unshare --mount sh -c 'mount -t tmpfs none /run && "
    "mkdir -m 755 /run/sshd && exec /usr/sbin/sshd -D -e -f sshd_config'; "
    "else exec /usr/sbin/sshd -D -e -f sshd_config; fi";

static bool
sshd_start(struct ground *ground)
{
	const char *command = str_printf(&ground->arena, "cd %s && %s", ground->dir, start).ptr;
	char shell[] = "/bin/sh", option[] = "-c";
	char line[1024];
	char *const argv[] = { shell, option, line, NULL };

	(void)snprintf(line, sizeof(line), "%s", command);
	ground->port = ground_port();
	ground_write(
	    ground, "sshd_config",
	    str_printf(&ground->arena,
	               "Port %d\nListenAddress 127.0.0.1\nHostKey %s/host\nHostKey %s/second\n"
	               "AuthorizedKeysFile %s/allowed\nStrictModes no\nUsePAM no\n"
	               "PidFile none\nPasswordAuthentication no\n"
	               "PermitRootLogin prohibit-password\n"
	               "Subsystem sftp internal-sftp\n",
	               ground->port, ground->dir, ground->dir, ground->dir),
	    0600);
	return ground_serve(ground, argv);
}

static struct str
url_of(struct ground *ground)
{
	const struct passwd *user = getpwuid(getuid());

	return str_printf(&ground->arena, "sftp://%s@localhost:%d%s/place", user->pw_name,
	                  ground->port, ground->dir);
}

static int
set_up(void **state)
{
	struct ground *ground = ground_new();

	*state = ground;
	if (!ground_run(ground,
	                "mkdir place && for key in host other mine theirs; do ssh-keygen "
	                "-q -t ed25519 -N '' -f $key || exit 1; done && "
	                "cp mine.pub allowed && ssh-keygen -q -t ecdsa -N '' -f second && "
	                "ssh-keygen -lf second.pub | "
	                "cut -d' ' -f2 | tr -d '\\n' >fingerprint && "
	                "ssh-keygen -lf other.pub | cut -d' ' -f2 | tr -d '\\n' >wrong") ||
	    !sshd_start(ground)) {
		print_message("no sshd runs here\n");
		return 0;
	}
	ground->options.key_file = ground_path(ground, "mine");
	ground->options.host_key_sha256 =
	    str_to_c(&ground->arena, ground_read(ground, "fingerprint"));
	RC_IS(ground,
	      place_open(&ground->place, url_of(ground), &ground->options, &ground->err),
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

/* A second place with other options, and what its first use comes to. */
static void
use_is(struct ground *ground, const struct outbound_place_options *options, enum rc expected)
{
	CLEANUP(place_close) struct outbound_place *place = NULL;

	RC_IS(ground, place_open(&place, url_of(ground), options, &ground->err), RC_OK);
	RC_IS(ground, place_put_str(place, STR("used"), STR("x"), &ground->err), expected);
	assert_true(ground_run(ground, expected == RC_OK ? "test -e place/used"
	                                                 : "! ls -A place | grep ."));
	DISCARD(place_delete(place, STR("used"), &ground->err), "as far as there is one");
}

static void
an_unknown_host_key_is_refused(void **state)
{
	struct ground *ground = *state;
	struct outbound_place_options options = ground->options;

	if (ground->server == 0)
		skip();
	options.host_key_sha256 = str_to_c(&ground->arena, ground_read(ground, "wrong"));
	use_is(ground, &options, RC_DENIED);
	options.host_key_sha256 = NULL;
	options.known_hosts_file = ground_path(ground, "known");
	ground_write(ground, "known", STR_EMPTY, 0600);
	use_is(ground, &options, RC_DENIED);
	ground_write(ground, "known",
	             str_printf(&ground->arena, "[localhost]:%d %.*s", ground->port,
	                        STR_ARGS(ground_read(ground, "other.pub"))),
	             0600);
	use_is(ground, &options, RC_DENIED);
	ground_write(ground, "known",
	             str_printf(&ground->arena, "[localhost]:%d %.*s", ground->port,
	                        STR_ARGS(ground_read(ground, "host.pub"))),
	             0600);
	use_is(ground, &options, RC_OK);
}

static void
a_key_that_is_not_allowed_is_refused(void **state)
{
	struct ground *ground = *state;
	struct outbound_place_options options = ground->options;

	if (ground->server == 0)
		skip();
	options.key_file = ground_path(ground, "theirs");
	use_is(ground, &options, RC_DENIED);
	assert_null(strstr(ground->err.text, "theirs"));
}

static void
objects_lie_there_for_their_owner_alone(void **state)
{
	struct ground *ground = *state;

	if (ground->server == 0)
		skip();
	RC_IS(ground, ground_put(ground, "deep/one", STR("x")), RC_OK);
	assert_true(ground_run(ground, "test $(stat -c %a place/deep/one) = 600 &&"
	                               "test $(stat -c %a place/deep) = 700 &&"
	                               "test $(ls -A place/deep | wc -l) = 1"));
}

static void
the_time_is_the_one_of_the_file(void **state)
{
	struct ground *ground = *state;
	struct place_object found;

	if (ground->server == 0)
		skip();
	RC_IS(ground, ground_put(ground, "one", STR("x")), RC_OK);
	assert_true(ground_run(ground, "touch -d 2001-02-03T04:05:06Z place/one"));
	RC_IS(ground, ground_find(ground, "one", &found), RC_OK);
	assert_int_equal(found.changed_us / 1000000, 981173106); /* date -d … +%s */
}

/* As after a connection that broke between the two renames. */
static void
an_object_that_was_put_aside_is_still_there(void **state)
{
	struct ground *ground = *state;
	struct place_object found;

	if (ground->server == 0)
		skip();
	RC_IS(ground, ground_put(ground, "deep/one", STR("first")), RC_OK);
	assert_true(ground_run(ground, "mv place/deep/one place/deep/.old-one"));
	assert_true(str_eq(ground_get(ground, "deep/one"), STR("first")));
	RC_IS(ground, ground_find(ground, "deep/one", &found), RC_OK);
	assert_int_equal(found.bytes, 5);
	RC_IS(ground, ground_put(ground, "deep/one", STR("second")), RC_OK);
	assert_true(ground_run(ground, "echo stale >place/deep/.old-one"));
	RC_IS(ground, ground_put(ground, "deep/one", STR("second")), RC_OK);
	assert_true(str_eq(ground_get(ground, "deep/one"), STR("second")));
	assert_true(ground_run(ground, "! test -e place/deep/.old-one"));
	assert_true(ground_run(ground, "mv place/deep/one place/deep/.old-one"));
	RC_IS(ground, place_delete(ground->place, STR("deep/one"), &ground->err), RC_OK);
	RC_IS(ground, ground_find(ground, "deep/one", &found), RC_NOT_FOUND);
	assert_true(ground_run(ground, "! ls -A place/deep | grep ."));
}

/* What else lies there: links, hidden files, names that are none of ours. */
static void
a_list_leaves_out_what_is_no_object(void **state)
{
	struct ground *ground = *state;

	if (ground->server == 0)
		skip();
	assert_true(ground_run(
	    ground, "cd place && echo x >one && echo x >'two words' && "
		    "echo x >.part-three && echo x >UPPER && ln -s one link && "
		    "ln -s . loop && mkdir empty && mkdir Other && echo x >Other/x"));
	assert_string_equal(ground_list(ground, "", "", 10), "one ");
}

static void
a_host_that_is_not_declared_is_refused_before_any_connection(void **state)
{
	struct ground *ground = *state;
	struct outbound_place *place = NULL;
	struct outbound_hosts nobody = { 0 };
	struct outbound_place_options options = ground->options;

	ground->options.key_file = "key";
	options.hosts = &nobody;
	RC_IS(ground, place_open(&place, STR("sftp://u@localhost/x"), &options, &ground->err),
	      RC_DENIED);
	options.hosts = NULL;
	RC_IS(ground, place_open(&place, STR("sftp://u@localhost/x"), &options, &ground->err),
	      RC_DENIED);
	assert_null(place);
}

static void
a_place_without_a_key_for_each_side_is_refused(void **state)
{
	static const char *const wrong[] = {
		"sftp://localhost/x",     "sftp://u:letmein@localhost/x",
		"sftp://u@localhost/a b", "sftp://u@localhost/x?y",
		"sftp://u@localhost/~/x", "sftp://u@localhost/x#y"
	};
	static const struct str host = { "localhost", 9 };
	struct ground *ground = *state;
	struct outbound_place *place = NULL;
	struct outbound_hosts hosts = { &host, 1 };
	struct outbound_place_options options = ground->options;
	struct str right = STR("sftp://u@localhost/x");

	options.hosts = &hosts;
	options.key_file = "key";
	options.host_key_sha256 = NULL;
	RC_IS(ground, place_open(&place, right, &options, &ground->err), RC_INVALID);
	options.host_key_sha256 = "SHA256:tooshort";
	RC_IS(ground, place_open(&place, right, &options, &ground->err), RC_INVALID);
	options.host_key_sha256 = "SHA256:uNiVztksCsDhcc0u9e8BrrJXVGDQeCWQ5bHBfaHu3Ek";
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		RC_IS(ground, place_open(&place, str_from_c(wrong[i]), &options, &ground->err),
		      RC_INVALID);
		assert_null(strstr(ground->err.text, "letmein"));
	}
	options.key_file = NULL;
	RC_IS(ground, place_open(&place, right, &options, &ground->err), RC_INVALID);
	assert_null(place);
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
		TEST(an_unknown_host_key_is_refused),
		TEST(a_key_that_is_not_allowed_is_refused),
		TEST(objects_lie_there_for_their_owner_alone),
		TEST(the_time_is_the_one_of_the_file),
		TEST(an_object_that_was_put_aside_is_still_there),
		TEST(a_list_leaves_out_what_is_no_object),
		TEST(a_host_that_is_not_declared_is_refused_before_any_connection),
		TEST(a_place_without_a_key_for_each_side_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
