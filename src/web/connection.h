/*
 * The connections of a listener, and who of them takes too long.
 *
 * A record per connection, in a list that the housekeeper walks.  The phase is
 * set by the connection's own thread and read by the housekeeper's, both
 * through atomics; the list changes under the lock, and a record leaves it
 * before its socket is closed, so the housekeeper never touches a socket that
 * has become somebody else's.
 */
#ifndef WEB_CONNECTION_H
#define WEB_CONNECTION_H

#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/clock.h"

enum phase {
	PHASE_IDLE = 1, /* between two requests */
	PHASE_HEAD,     /* the handshake, the first line, the headers */
	PHASE_BODY,
	PHASE_WORK, /* the handler, the answer */
};

struct connections;

struct connection {
	struct connections *all;
	void *owner; /* what its listener shares: for callbacks that get nothing else */
	int fd;
	char address[INET6_ADDRSTRLEN];
	char host[256]; /* the last Host found good; empty: none */
	_Atomic int phase;
	_Atomic int64_t since_us; /* monotonic: when the phase began */
	_Atomic size_t body_bytes;
	struct connection *previous, *next;
};

struct connections *connections_new(void);
void connections_free(struct connections *all); /* when none is left */

struct connection *connection_add(struct connections *all, int fd,
                                  const struct sockaddr *address);
void connection_remove(struct connection *connection);
void connection_phase(struct connection *connection, enum phase phase);

/* Is its time over?  A pure function of the record and the moment. */
bool connection_is_late(const struct connection *connection, int64_t now_us);

/* Ends the late ones, and with `idle_too` those that wait for a request. */
void connections_tidy(struct connections *all, bool idle_too);
size_t connections_busy(struct connections *all); /* body or work */

#endif
