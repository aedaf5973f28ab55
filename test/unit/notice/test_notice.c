/* The outbox, its delivery by a real SMTP conversation, the inbox of demonstrations. */
#include "people/house.h"

#include "notice/notice.h"
#include "notice/relay.h"

struct post {
	struct notice *notice;
	struct relay *relay;
	char url[64];
};

static struct post
post_open(struct house *house, enum relay_mode mode, const char *address)
{
	struct post post = { .relay = relay_start(mode, address) };
	struct notice_options options = { .vault = house->vault,
		                          .smtp_url = post.url,
		                          .from = "no-reply@lumen.example" };

	(void)snprintf(post.url, sizeof(post.url), "smtp://%s:%d", address, post.relay->port);
	RC_IS(house, notice_open(&post.notice, &options, &house->err), RC_OK);
	return post;
}

/* The notice first: its connection must end for the relay's thread to end. */
static void
post_close(struct post *post)
{
	notice_close(post->notice);
	relay_stop(post->relay);
}

static void
send_one(struct house *house, struct notice *notice, const char *to)
{
	const struct message message = { .to = str_from_c(to),
		                         .subject = STR("Votre lien, Zoë"),
		                         .text = STR("Code 12345678\n.dot\n") };

	RC_IS(house, notice_send(notice, house->tenant, &message, &house->err), RC_OK);
}

static struct notice_figures
deliver(struct house *house, struct notice *notice)
{
	struct notice_figures figures = { 0 };

	RC_IS(house, notice_deliver(notice, &figures, &house->err), RC_OK);
	return figures;
}

static void
a_message_reaches_its_mailbox_once(void **state)
{
	struct house *house = *state;
	struct post post = post_open(house, RELAY_TAKES, "127.0.0.1");
	struct notice_figures figures;
	const char *text = post.relay->messages[0];

	send_one(house, post.notice, "Ana@example.org");
	send_one(house, post.notice, "ben@example.org");
	figures = deliver(house, post.notice);
	assert_int_equal(figures.sent, 2);
	assert_int_equal(figures.waiting, 0);
	figures = deliver(house, post.notice);
	assert_int_equal(figures.sent, 2);
	post_close(&post);
	assert_int_equal(post.relay->count, 2);
	assert_int_equal(post.relay->connections, 1); /* one for all that is due */
	assert_string_equal(post.relay->hello, "EHLO lumen.example");
	assert_non_null(strstr(post.relay->from, "FROM:<no-reply@lumen.example>"));
	assert_string_equal(post.relay->to, "RCPT TO:<ben@example.org>");
	assert_non_null(strstr(text, "\r\nTo: <ana@example.org>\r\n"));
	assert_non_null(strstr(text, "\r\nFrom: =?UTF-8?B?THVtZW4gJiBTw7ZobmU=?=\r\n "
	                             "<no-reply@lumen.example>\r\n"));
	assert_non_null(strstr(text, "\r\nSubject: =?UTF-8?B?Vm90cmUgbGllbiwgWm/Dqw==?=\r\n"));
	assert_non_null(strstr(text, "\r\n\r\nCode 12345678\r\n.dot\r\n"));
	free(post.relay);
}

static void
a_relay_that_cannot_now_is_tried_again_ever_later_and_then_no_more(void **state)
{
	struct house *house = *state;
	struct post post = post_open(house, RELAY_NOT_NOW, "127.0.0.1");
	struct notice_figures figures;

	send_one(house, post.notice, "ana@example.org");
	for (uint64_t i = 0; i < NOTICE_TRIES_MAX; i++) {
		figures = deliver(house, post.notice);
		assert_int_equal(figures.failed, i + 1);
		assert_int_equal(figures.given_up, i + 1 == NOTICE_TRIES_MAX);
		house->clock.offset_us += (US_PER_MIN << i) - 10 * US_PER_S;
		figures = deliver(house, post.notice); /* not yet due */
		assert_int_equal(figures.failed, i + 1);
		house->clock.offset_us += 10 * US_PER_S;
	}
	assert_int_equal(figures.waiting, 0);
	assert_int_equal(figures.sent, 0);
	post_close(&post);
	assert_int_equal(post.relay->rcpts, NOTICE_TRIES_MAX);
	free(post.relay);
}

static void
a_mailbox_that_is_not_there_is_given_up_at_once(void **state)
{
	struct house *house = *state;
	struct post post = post_open(house, RELAY_NO_MAILBOX, "127.0.0.1");
	struct notice_figures figures;

	send_one(house, post.notice, "ana@example.org");
	figures = deliver(house, post.notice);
	assert_int_equal(figures.given_up, 1);
	assert_int_equal(figures.waiting, 0);
	post_close(&post);
	free(post.relay);
}

static enum rc
broken_in(struct store_tx *tx, void *arg, struct err *err)
{
	return store_outbox_insert(tx, arg, err);
}

static void
a_row_that_does_not_open_is_given_up_and_the_next_is_sent(void **state)
{
	struct house *house = *state;
	struct post post = post_open(house, RELAY_TAKES, "127.0.0.1");
	struct outbox_row row = { .tenant = house->tenant->id,
		                  .id = id_new(1),
		                  .state = OUTBOX_WAITING,
		                  .body =
		                      STR("not sealed by the tenant's key, and long enough") };
	struct outbox_row stranger = row;
	struct notice_figures figures;

	stranger.tenant = 999;
	RC_IS(house, store_write(vault_store(house->vault), broken_in, &row, &house->err),
	      RC_OK);
	RC_IS(house, store_write(vault_store(house->vault), broken_in, &stranger, &house->err),
	      RC_OK);
	send_one(house, post.notice, "ana@example.org");
	figures = deliver(house, post.notice);
	assert_int_equal(figures.given_up, 2);
	assert_int_equal(figures.sent, 1);
	post_close(&post);
	free(post.relay);
}

/* 127.0.0.2 stands for another machine: only the names of smtp.h are this one. */
static void
another_machine_without_starttls_is_refused(void **state)
{
	struct house *house = *state;
	struct post post = post_open(house, RELAY_TAKES, "127.0.0.2");
	struct notice_figures figures;

	send_one(house, post.notice, "ana@example.org");
	figures = deliver(house, post.notice);
	assert_int_equal(figures.failed, 1);
	assert_int_equal(figures.sent, 0);
	post_close(&post);
	assert_int_equal(post.relay->connections, 1);
	assert_int_equal(post.relay->rcpts, 0);
	assert_string_equal(post.relay->from, "");
	free(post.relay);
}

static void
a_certificate_that_nobody_vouches_for_is_refused(void **state)
{
	struct house *house = *state;
	struct post post = post_open(house, RELAY_SELF_SIGNED, "127.0.0.2");
	struct notice_figures figures;

	send_one(house, post.notice, "ana@example.org");
	figures = deliver(house, post.notice);
	assert_int_equal(figures.failed, 1);
	post_close(&post);
	assert_int_equal(post.relay->handshakes, 1);
	assert_string_equal(post.relay->from, "");
	assert_int_equal(post.relay->count, 0);
	free(post.relay);
}

static void
of_two_servers_one_delivers_at_a_time(void **state)
{
	struct house *house = *state;
	struct post first = post_open(house, RELAY_NOT_NOW, "127.0.0.1");
	struct post second = post_open(house, RELAY_TAKES, "127.0.0.1");

	send_one(house, first.notice, "ana@example.org");
	assert_int_equal(deliver(house, first.notice).failed, 1);
	house->clock.offset_us += 2 * US_PER_MIN;
	assert_int_equal(deliver(house, second.notice).sent, 0); /* the lease is the first's */
	house->clock.offset_us += 2 * US_PER_MIN;
	assert_int_equal(deliver(house, second.notice).sent, 1);
	post_close(&first);
	post_close(&second);
	free(first.relay);
	free(second.relay);
}

static void
what_would_end_a_header_is_refused(void **state)
{
	struct house *house = *state;
	struct notice_options options = { .vault = house->vault };
	const struct message good = { .to = STR("ana@example.org"),
		                      .subject = STR("Hello"),
		                      .text = STR("Text\n") };
	struct message bad[] = { good, good, good, good, good, good };
	struct notice *notice;

	bad[0].to = STR("ana@example.org\r\nBcc: x@example.org");
	bad[1].to = STR("ana@example.org, x@example.org");
	bad[2].subject = STR("Hello\r\nBcc: x@example.org");
	bad[3].subject = STR("Hello\x7f");
	bad[4].text = STR("Text\r\n");
	bad[5].subject = STR("\xff");
	RC_IS(house, notice_open(&notice, &options, &house->err), RC_OK);
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		RC_IS(house, notice_send(notice, house->tenant, &bad[i], &house->err),
		      RC_INVALID);
	RC_IS(house, notice_send(notice, house->tenant, &good, &house->err), RC_OK);
	assert_int_equal(deliver(house, notice).waiting, 1); /* no relay: it stays */
	notice_close(notice);
}

static void
a_demonstration_shows_what_it_would_send_newest_first(void **state)
{
	struct house *house = *state;
	struct notice_options options = { .vault = house->vault,
		                          .smtp_url = "smtp://192.0.2.1:25",
		                          .is_demo = true };
	struct message *messages, decoy = { .to = STR("nobody@example.org"),
		                            .subject = STR("Votre lien, Zoë"),
		                            .text = STR("Code 00000000\n"),
		                            .is_decoy = true };
	struct notice *notice;
	uint64_t before;
	size_t count = 0;

	RC_IS(house, notice_open(&notice, &options, &house->err), RC_OK);
	send_one(house, notice, "ana@example.org");
	house->clock.offset_us += US_PER_S;
	before = house_writes(house);
	send_one(house, notice, "ben@example.org");
	assert_int_equal(house_writes(house), before + 1);
	RC_IS(house, notice_send(notice, house->tenant, &decoy, &house->err), RC_OK);
	assert_int_equal(house_writes(house), before + 2); /* the same work */
	assert_int_equal(deliver(house, notice).waiting, 2);
	RC_IS(
	    house,
	    notice_inbox(notice, house->tenant, &house->arena, &messages, &count, &house->err),
	    RC_OK);
	assert_int_equal(count, 2);
	assert_true(str_eq(messages[0].to, STR("ben@example.org")));
	assert_true(str_eq(messages[1].to, STR("ana@example.org")));
	assert_true(str_eq(messages[0].subject, STR("Votre lien, Zoë")));
	assert_true(messages[0].created_us > messages[1].created_us);
	notice_close(notice);
	options = (struct notice_options){ .vault = house->vault };
	RC_IS(house, notice_open(&notice, &options, &house->err), RC_OK);
	RC_IS(
	    house,
	    notice_inbox(notice, house->tenant, &house->arena, &messages, &count, &house->err),
	    RC_NOT_FOUND);
	notice_close(notice);
}

/* Searches a file of the data directory for a text. */
static bool
file_holds(const char *path, const char *text)
{
	static char bytes[4 << 20];
	FILE *file = fopen(path, "rb");
	size_t count = file == NULL ? 0 : fread(bytes, 1, sizeof(bytes), file);

	if (file != NULL)
		(void)fclose(file);
	return count != 0 && memmem(bytes, count, text, strlen(text)) != NULL;
}

static char held_in[200];
static const char *const searched[] = { "ana@example.org", "Code 12345678", "Votre lien" };

static int
file_search(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)ftw;
	for (size_t i = 0; type == FTW_F && i < COUNT_OF(searched); i++) {
		if (file_holds(path, searched[i]))
			(void)snprintf(held_in, sizeof(held_in), "%s", path);
	}
	return 0;
}

static void
no_file_holds_an_address_or_a_text_in_clear(void **state)
{
	struct house *house = *state;
	struct notice_options options = { .vault = house->vault };
	struct notice *notice;
	char secret[SECRET_TEXT];

	RC_IS(house, notice_open(&notice, &options, &house->err), RC_OK);
	house_person(house, STR("ana@example.org"), STR("member"));
	(void)house_sign_in(house, STR("ana@example.org"), secret);
	send_one(house, notice, "ana@example.org");
	held_in[0] = '\0';
	assert_int_equal(nftw(house->dir, file_search, 8, FTW_PHYS), 0);
	assert_string_equal(held_in, "");
	notice_close(notice);
}

static void
a_url_is_scheme_host_and_port_and_nothing_else(void **state)
{
	static const char *const bad[] = {
		"relay.example:587",          "http://relay.example",
		"smtp://u:p@relay.example",   "smtp://relay.example/path",
		"smtp://relay.example:587?x", "smtp://",
		"file:///etc/passwd",
	};
	struct house *house = *state;
	struct notice_options options = { .vault = house->vault,
		                          .from = "no-reply@lumen.example" };
	struct notice *notice;

	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		options.smtp_url = bad[i];
		RC_IS(house, notice_open(&notice, &options, &house->err), RC_INVALID);
	}
	options.smtp_url = "smtps://relay.example:465/";
	RC_IS(house, notice_open(&notice, &options, &house->err), RC_OK);
	notice_close(notice);
	options.from = "nobody";
	RC_IS(house, notice_open(&notice, &options, &house->err), RC_INVALID);
	options.from = NULL;
	RC_IS(house, notice_open(&notice, &options, &house->err), RC_INVALID);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		HOUSE_TEST(a_message_reaches_its_mailbox_once),
		HOUSE_TEST(a_relay_that_cannot_now_is_tried_again_ever_later_and_then_no_more),
		HOUSE_TEST(a_mailbox_that_is_not_there_is_given_up_at_once),
		HOUSE_TEST(a_row_that_does_not_open_is_given_up_and_the_next_is_sent),
		HOUSE_TEST(another_machine_without_starttls_is_refused),
		HOUSE_TEST(a_certificate_that_nobody_vouches_for_is_refused),
		HOUSE_TEST(of_two_servers_one_delivers_at_a_time),
		HOUSE_TEST(what_would_end_a_header_is_refused),
		HOUSE_TEST(a_demonstration_shows_what_it_would_send_newest_first),
		HOUSE_TEST(no_file_holds_an_address_or_a_text_in_clear),
		HOUSE_TEST(a_url_is_scheme_host_and_port_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
