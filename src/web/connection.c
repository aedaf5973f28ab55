#include "web/connection.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include "base/limits.h"

struct connections {
	pthread_mutex_t lock;
	struct connection *first;
};

struct connections *
connections_new(void)
{
	struct connections *all = calloc(1, sizeof(*all));

	if (all == NULL)
		abort();
	(void)pthread_mutex_init(&all->lock, NULL);
	return all;
}

void
connections_free(struct connections *all)
{
	assert(all->first == NULL);
	(void)pthread_mutex_destroy(&all->lock);
	free(all);
}

/* IPv4 in its own form also where it came over an IPv6 socket: one person has
 * one address for rate limits. */
static void
address_format(const struct sockaddr *address, char text[INET6_ADDRSTRLEN])
{
	const void *bytes = NULL;
	sa_family_t family = address == NULL ? AF_UNSPEC : address->sa_family;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	text[0] = '\0';
	if (family == AF_INET) {
		memcpy(&v4, address, sizeof(v4));
		bytes = &v4.sin_addr;
	} else if (family == AF_INET6) {
		memcpy(&v6, address, sizeof(v6));
		bytes = &v6.sin6_addr;
		if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
			bytes = v6.sin6_addr.s6_addr + 12;
			family = AF_INET;
		}
	}
	if (bytes != NULL)
		(void)inet_ntop(family, bytes, text, INET6_ADDRSTRLEN);
}

struct connection *
connection_add(struct connections *all, int fd, const struct sockaddr *address)
{
	struct connection *connection = calloc(1, sizeof(*connection));

	if (connection == NULL)
		abort();
	connection->all = all;
	connection->fd = fd;
	address_format(address, connection->address);
	connection_phase(connection, PHASE_HEAD);
	(void)pthread_mutex_lock(&all->lock);
	connection->next = all->first;
	if (all->first != NULL)
		all->first->previous = connection;
	all->first = connection;
	(void)pthread_mutex_unlock(&all->lock);
	return connection;
}

void
connection_remove(struct connection *connection)
{
	struct connections *all = connection->all;

	(void)pthread_mutex_lock(&all->lock);
	if (connection->previous != NULL)
		connection->previous->next = connection->next;
	else
		all->first = connection->next;
	if (connection->next != NULL)
		connection->next->previous = connection->previous;
	(void)pthread_mutex_unlock(&all->lock);
	free(connection);
}

void
connection_phase(struct connection *connection, enum phase phase)
{
	atomic_store(&connection->since_us, clock_monotonic_us());
	atomic_store(&connection->body_bytes, 0);
	atomic_store(&connection->phase, phase);
}

bool
connection_is_late(const struct connection *connection, int64_t now_us)
{
	int64_t took_ms = (now_us - atomic_load(&connection->since_us)) / US_PER_MS;
	int64_t bytes = (int64_t)atomic_load(&connection->body_bytes);

	switch (atomic_load(&connection->phase)) {
	case PHASE_HEAD:
		return took_ms > LIMIT_HEADER_MS;
	case PHASE_BODY:
		return took_ms > LIMIT_BODY_GRACE_MS &&
		       bytes * 1000 < took_ms * LIMIT_BODY_BYTES_PER_S;
	case PHASE_IDLE: /* a first line that comes byte by byte is not seen as one */
		return took_ms > LIMIT_IDLE_S * 1000 + LIMIT_HEADER_MS;
	default:
		return false;
	}
}

void
connections_tidy(struct connections *all, bool idle_too)
{
	int64_t now_us = clock_monotonic_us();

	(void)pthread_mutex_lock(&all->lock);
	for (struct connection *at = all->first; at != NULL; at = at->next) {
		bool is_idle = atomic_load(&at->phase) <= PHASE_HEAD;
		if ((idle_too && is_idle) || connection_is_late(at, now_us))
			(void)shutdown(at->fd, SHUT_RDWR);
	}
	(void)pthread_mutex_unlock(&all->lock);
}

size_t
connections_busy(struct connections *all)
{
	size_t busy = 0;

	(void)pthread_mutex_lock(&all->lock);
	for (struct connection *at = all->first; at != NULL; at = at->next)
		busy += atomic_load(&at->phase) >= PHASE_BODY ? 1 : 0;
	(void)pthread_mutex_unlock(&all->lock);
	return busy;
}
