/*
 * Sockets, TLS, the library's daemons, the housekeeper.
 *
 * A host name that stands for several addresses (localhost: 127.0.0.1 and ::1)
 * gets a socket and a daemon for each, so that a name for the loopback never
 * opens a socket to the world.
 */
#include "web/listener.h"

#include <errno.h>
#include <netdb.h>
#include <unistd.h>

#include "base/broken.h"
#include "base/log.h"
#include "web/carriage.h"
#include "web/metrics.h"

#define ADDRESSES_MAX   4
#define BACKLOG         512
#define TIDY_MS         250
#define STACK_BYTES     (1 * MIB)
#define POOL_BYTES      (LIMIT_HEADERS_BYTES + 48 * KIB) /* head, its index, answer's head */
#define PRIORITY_COMMON ":-CIPHER-ALL:+AES-256-GCM:-MAC-ALL:+AEAD:%SERVER_PRECEDENCE"
#define PRIORITY_3      "NORMAL:-VERS-ALL:+VERS-TLS1.3" PRIORITY_COMMON
#define PRIORITY_2                                                                             \
	"NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-KX-ALL:+ECDHE-ECDSA:+ECDHE-"              \
	"RSA" PRIORITY_COMMON

struct listener {
	struct shared shared;
	char *certificate_file, *key_file;
	struct MHD_Daemon *daemons[ADDRESSES_MAX];
	size_t daemon_count;
	uint16_t port;
	pthread_t housekeeper;
	bool has_housekeeper;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool is_closing; /* under the lock */
};

/* --- TLS ----------------------------------------------------------------------- */

static int
certificate_choose(gnutls_session_t session, const gnutls_datum_t *authorities,
                   int authority_count, const gnutls_pk_algorithm_t *algorithms,
                   int algorithm_count, gnutls_pcert_st **chain, unsigned *chain_count,
                   gnutls_privkey_t *key)
{
	/* The library keeps its connection here (0.9.75), and has no other way for
	 * this callback to know its daemon. */
	struct connection *connection = connection_of(gnutls_session_get_ptr(session));
	struct certificate *certificate;

	(void)authorities;
	(void)authority_count;
	(void)algorithms;
	(void)algorithm_count;
	if (connection == NULL)
		return -1;
	certificate = atomic_load(&((struct shared *)connection->owner)->certificate);
	*chain = certificate->chain;
	*chain_count = certificate->count;
	*key = certificate->key;
	return 0;
}

/* --- connections ------------------------------------------------------------------ */

static void
connection_notify(void *cls, struct MHD_Connection *peer, void **context,
                  enum MHD_ConnectionNotificationCode what)
{
	struct shared *shared = cls;
	const union MHD_ConnectionInfo *fd, *address;

	if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
		if (*context != NULL)
			connection_remove(*context);
		*context = NULL;
	} else {
		fd = MHD_get_connection_info(peer, MHD_CONNECTION_INFO_CONNECTION_FD);
		address = MHD_get_connection_info(peer, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
		*context =
		    connection_add(shared->connections, fd->connect_fd, address->client_addr);
		((struct connection *)*context)->owner = shared;
	}
	if (shared->site->metrics != NULL)
		metrics_connections(shared->site->metrics,
		                    what == MHD_CONNECTION_NOTIFY_CLOSED ? -1 : 1);
}

static void *
housekeeper_run(void *arg)
{
	struct listener *listener = arg;
	bool is_closing = false;

	while (!is_closing) {
		struct timespec until;
		(void)clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += TIDY_MS * 1000000L;
		until.tv_sec += until.tv_nsec / 1000000000L;
		until.tv_nsec %= 1000000000L;
		(void)pthread_mutex_lock(&listener->lock);
		if (!listener->is_closing)
			(void)pthread_cond_timedwait(&listener->wake, &listener->lock, &until);
		is_closing = listener->is_closing;
		(void)pthread_mutex_unlock(&listener->lock);
		connections_tidy(listener->shared.connections, false);
	}
	return NULL;
}

/* --- sockets ------------------------------------------------------------------------ */

static int
socket_open(const struct addrinfo *address, uint16_t port, bool is_any)
{
	int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int one = 1, only_v6 = is_any ? 0 : 1;
	struct sockaddr_storage place;

	if (fd < 0)
		return -1;
	memcpy(&place, address->ai_addr, address->ai_addrlen);
	if (address->ai_family == AF_INET6) {
		((struct sockaddr_in6 *)&place)->sin6_port = htons(port);
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only_v6, sizeof(only_v6));
	} else {
		((struct sockaddr_in *)&place)->sin_port = htons(port);
	}
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&place, address->ai_addrlen) != 0 ||
	    listen(fd, BACKLOG) != 0) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

static uint16_t
socket_port(int fd)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} place = { .v6 = { 0 } };
	socklen_t size = sizeof(place);

	if (getsockname(fd, &place.any, &size) != 0)
		return 0;
	return ntohs(place.any.sa_family == AF_INET6 ? place.v6.sin6_port : place.v4.sin_port);
}

static const char *
priority_of(int tls_minor)
{
	if (broken("tls.minimum"))
		return "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";
	if (broken("tls.cipher"))
		return "NORMAL:-VERS-ALL:+VERS-TLS1.3";
	return tls_minor >= 3 ? PRIORITY_3 : PRIORITY_2;
}

static enum rc
daemon_start(struct listener *listener, int fd, int tls_minor, struct err *err)
{
	struct shared *shared = &listener->shared;
	struct MHD_Daemon *daemon = MHD_start_daemon(
	    MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL |
		MHD_USE_ITC | MHD_USE_TLS,
	    0, NULL, NULL, carriage_step, shared, MHD_OPTION_LISTEN_SOCKET, fd,
	    MHD_OPTION_HTTPS_CERT_CALLBACK, certificate_choose, MHD_OPTION_HTTPS_PRIORITIES,
	    priority_of(tls_minor), MHD_OPTION_URI_LOG_CALLBACK, carriage_first_line, shared,
	    MHD_OPTION_NOTIFY_COMPLETED, carriage_over, shared, MHD_OPTION_NOTIFY_CONNECTION,
	    connection_notify, shared, MHD_OPTION_CONNECTION_LIMIT, (unsigned)LIMIT_CONNECTIONS,
	    MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned)LIMIT_CONNECTIONS_PER_ADDRESS,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)POOL_BYTES,
	    MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)LIMIT_IDLE_S, MHD_OPTION_THREAD_STACK_SIZE,
	    (size_t)STACK_BYTES, MHD_OPTION_END);

	if (daemon == NULL)
		return FAIL(err, RC_IO, "the listener did not start");
	listener->daemons[listener->daemon_count++] = daemon;
	return RC_OK;
}

static enum rc
addresses_open(struct listener *listener, const struct listener_options *options,
               const struct addrinfo *found, struct err *err)
{
	bool is_any = strcmp(options->host, "::") == 0;

	listener->port = options->port;
	for (const struct addrinfo *at = found; at != NULL; at = at->ai_next) {
		int fd;
		if (listener->daemon_count == ADDRESSES_MAX)
			break;
		fd = socket_open(at, listener->port, is_any);
		if (fd < 0) { /* a name may have an address this machine has not */
			LOG(LEVEL_WARN, "web.bind", F_NUM("errno", errno));
			continue;
		}
		listener->port = socket_port(fd);
		if (daemon_start(listener, fd, options->tls_minor, err) != RC_OK) {
			(void)close(fd);
			return err->rc;
		}
	}
	if (listener->daemon_count == 0)
		return FAIL(
		    err, RC_IO,
		    "--listen: the port is taken by another program, or the host has no "
		    "address of this machine");
	return RC_OK;
}

static enum rc
sockets_open(struct listener *listener, const struct listener_options *options, struct err *err)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE };
	struct addrinfo *found = NULL;
	enum rc rc;

	if (getaddrinfo(options->host, NULL, &hints, &found) != 0)
		return FAIL(err, RC_INVALID, "the listener's host has no address");
	rc = addresses_open(listener, options, found, err);
	freeaddrinfo(found);
	return rc;
}

/* --- the listener --------------------------------------------------------------------- */

static char *
text_copy(const char *text)
{
	char *copy = strdup(text);

	if (copy == NULL)
		abort();
	return copy;
}

static enum rc
listener_start(struct listener *listener, const struct listener_options *options,
               struct err *err)
{
	TRY(listener_reload(listener, err));
	TRY(sockets_open(listener, options, err));
	if (pthread_create(&listener->housekeeper, NULL, housekeeper_run, listener) != 0)
		return FAIL(err, RC_IO, "the listener's housekeeper did not start");
	listener->has_housekeeper = true;
	return RC_OK;
}

enum rc
listener_open(struct listener **listener, const struct listener_options *options,
              struct err *err)
{
	struct listener *made = calloc(1, sizeof(*made));
	enum rc rc;

	if (made == NULL)
		abort();
	made->shared.site = options->site;
	made->shared.connections = connections_new();
	made->certificate_file = text_copy(options->certificate_file);
	made->key_file = text_copy(options->key_file);
	(void)pthread_mutex_init(&made->lock, NULL);
	(void)pthread_cond_init(&made->wake, NULL);
	rc = listener_start(made, options, err);
	if (rc != RC_OK) {
		listener_close(made, 0);
		return rc;
	}
	*listener = made;
	return RC_OK;
}

uint16_t
listener_port(const struct listener *listener)
{
	return listener->port;
}

enum rc
listener_reload(struct listener *listener, struct err *err)
{
	struct certificate *certificate;

	TRY(certificate_new(&certificate, listener->certificate_file, listener->key_file, err));
	certificate->older = atomic_load(&listener->shared.certificate);
	atomic_store(&listener->shared.certificate, certificate);
	return RC_OK;
}

static void
requests_wait(struct listener *listener, int wait_ms)
{
	int64_t until_us = clock_monotonic_us() + wait_ms * US_PER_MS;

	connections_tidy(listener->shared.connections, true);
	while (connections_busy(listener->shared.connections) > 0 &&
	       clock_monotonic_us() < until_us)
		(void)usleep(10000);
}

void
listener_close(struct listener *listener, int wait_ms)
{
	for (size_t i = 0; i < listener->daemon_count; i++) {
		int fd = MHD_quiesce_daemon(listener->daemons[i]);
		if (fd >= 0)
			(void)close(fd);
	}
	requests_wait(listener, wait_ms);
	(void)pthread_mutex_lock(&listener->lock);
	listener->is_closing = true;
	(void)pthread_cond_signal(&listener->wake);
	(void)pthread_mutex_unlock(&listener->lock);
	if (listener->has_housekeeper)
		(void)pthread_join(listener->housekeeper, NULL);
	for (size_t i = 0; i < listener->daemon_count; i++)
		MHD_stop_daemon(listener->daemons[i]);
	connections_free(listener->shared.connections);
	certificate_free(atomic_load(&listener->shared.certificate));
	(void)pthread_cond_destroy(&listener->wake);
	(void)pthread_mutex_destroy(&listener->lock);
	free(listener->certificate_file);
	free(listener->key_file);
	free(listener);
}
