/*
 * A small SMTP server on this machine (RFC 5321), for the tests: one thread,
 * one connection after the other, every message kept.
 */
#ifndef NOTICE_RELAY_H
#define NOTICE_RELAY_H

#include <arpa/inet.h>
#include <gnutls/gnutls.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "crypto/cert.h"

enum relay_mode {
	RELAY_TAKES,
	RELAY_NOT_NOW,    /* 451 to every RCPT */
	RELAY_NO_MAILBOX, /* 550 to every RCPT */
	RELAY_SELF_SIGNED /* offers STARTTLS with a certificate of its own making */
};

#define RELAY_MESSAGES 8

struct relay {
	enum relay_mode mode;
	int listener, stop[2];
	int port;
	pthread_t thread;
	size_t connections, handshakes, rcpts, count;
	char hello[300], from[300], to[300];
	char messages[RELAY_MESSAGES][64 * 1024];
};

static void
relay_say(FILE *client, const char *line)
{
	(void)fputs(line, client);
	(void)fputs("\r\n", client);
	(void)fflush(client);
}

static void
relay_data(struct relay *relay, FILE *client)
{
	char line[1200], *message = relay->messages[relay->count % RELAY_MESSAGES];
	size_t len = 0;

	relay_say(client, "354 go on");
	while (fgets(line, sizeof(line), client) != NULL && strcmp(line, ".\r\n") != 0) {
		const char *text = line[0] == '.' ? line + 1 : line; /* section 4.5.2 */
		len += (size_t)snprintf(message + len, sizeof(relay->messages[0]) - len, "%s",
		                        text);
	}
	relay->count++;
	relay_say(client, "250 taken");
}

/* The client is expected to break off. */
static void
relay_tls(struct relay *relay, int fd)
{
	struct buf certificate, private_key;
	gnutls_certificate_credentials_t credentials;
	gnutls_session_t session;
	gnutls_datum_t cert, key;
	struct err err;

	buf_init(&certificate, 1 << 16);
	buf_init(&private_key, 1 << 16);
	if (cert_new(STR("relay.example"), clock_now_us(&(struct clock){ 0 }), &certificate,
	             &private_key, &err) != RC_OK)
		abort();
	cert = (gnutls_datum_t){ (unsigned char *)certificate.text, (unsigned)certificate.len };
	key = (gnutls_datum_t){ (unsigned char *)private_key.text, (unsigned)private_key.len };
	(void)gnutls_certificate_allocate_credentials(&credentials);
	(void)gnutls_certificate_set_x509_key_mem(credentials, &cert, &key,
	                                          GNUTLS_X509_FMT_PEM);
	(void)gnutls_init(&session, GNUTLS_SERVER);
	(void)gnutls_set_default_priority(session);
	(void)gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials);
	gnutls_transport_set_int(session, fd);
	gnutls_handshake_set_timeout(session, 5000);
	relay->handshakes++;
	if (gnutls_handshake(session) == GNUTLS_E_SUCCESS) {
		char text[100];
		ssize_t got = gnutls_record_recv(session, text, sizeof(text) - 1);
		if (got > 0)
			(void)snprintf(relay->from, sizeof(relay->from), "%.*s", (int)got,
			               text);
	}
	gnutls_deinit(session);
	gnutls_certificate_free_credentials(credentials);
	buf_free(&certificate);
	buf_free(&private_key);
}

static void
relay_hello(struct relay *relay, FILE *client, const char *line)
{
	(void)snprintf(relay->hello, sizeof(relay->hello), "%.*s", (int)strcspn(line, "\r\n"),
	               line);
	if (relay->mode == RELAY_SELF_SIGNED)
		relay_say(client, "250-relay\r\n250 STARTTLS");
	else
		relay_say(client, "250 relay");
}

static void
relay_rcpt(struct relay *relay, FILE *client, const char *line)
{
	relay->rcpts++;
	(void)snprintf(relay->to, sizeof(relay->to), "%.*s", (int)strcspn(line, "\r\n"), line);
	if (relay->mode == RELAY_NOT_NOW)
		relay_say(client, "451 not now");
	else if (relay->mode == RELAY_NO_MAILBOX)
		relay_say(client, "550 no such mailbox");
	else
		relay_say(client, "250 fine");
}

static void
relay_serve(struct relay *relay, int fd)
{
	FILE *client = fdopen(fd, "r+");
	char line[1200];

	relay->connections++;
	relay_say(client, "220 relay ready");
	while (fgets(line, sizeof(line), client) != NULL) {
		(void)fseek(client, 0, SEEK_CUR);
		if (strncmp(line, "EHLO", 4) == 0) {
			relay_hello(relay, client, line);
		} else if (strncmp(line, "STARTTLS", 8) == 0) {
			relay_say(client, "220 go on");
			relay_tls(relay, fd);
			break;
		} else if (strncmp(line, "MAIL", 4) == 0) {
			(void)snprintf(relay->from, sizeof(relay->from), "%.*s",
			               (int)strcspn(line, "\r\n"), line);
			relay_say(client, "250 fine");
		} else if (strncmp(line, "RCPT", 4) == 0) {
			relay_rcpt(relay, client, line);
		} else if (strncmp(line, "DATA", 4) == 0) {
			relay_data(relay, client);
		} else if (strncmp(line, "QUIT", 4) == 0) {
			relay_say(client, "221 bye");
			break;
		} else {
			relay_say(client, "250 fine");
		}
	}
	(void)fclose(client);
}

static void *
relay_run(void *arg)
{
	struct relay *relay = arg;
	struct pollfd fds[2] = { { relay->listener, POLLIN, 0 },
		                 { relay->stop[0], POLLIN, 0 } };

	while (poll(fds, 2, -1) > 0 && fds[1].revents == 0) {
		int fd = accept(relay->listener, NULL, NULL);
		if (fd >= 0)
			relay_serve(relay, fd);
	}
	return NULL;
}

/* `address`: 127.0.0.1, or 127.0.0.2, which is not among the names of this machine. */
static inline struct relay *
relay_start(enum relay_mode mode, const char *address)
{
	struct relay *relay = calloc(1, sizeof(*relay));
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t size = sizeof(at);

	relay->mode = mode;
	relay->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(inet_pton(AF_INET, address, &at.sin_addr), 1);
	assert_int_equal(bind(relay->listener, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(listen(relay->listener, 8), 0);
	assert_int_equal(getsockname(relay->listener, (struct sockaddr *)&at, &size), 0);
	relay->port = ntohs(at.sin_port);
	assert_int_equal(pipe(relay->stop), 0);
	assert_int_equal(pthread_create(&relay->thread, NULL, relay_run, relay), 0);
	return relay;
}

/* After this the counts can be read. */
static inline void
relay_stop(struct relay *relay)
{
	assert_int_equal(write(relay->stop[1], "x", 1), 1);
	(void)pthread_join(relay->thread, NULL);
	(void)close(relay->listener);
	(void)close(relay->stop[0]);
	(void)close(relay->stop[1]);
}

#endif
