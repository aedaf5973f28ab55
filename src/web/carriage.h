/*
 * One request on its way through GNU libmicrohttpd: from the first line to the
 * last byte of the answer, in the thread of its connection.
 *
 * The library calls us at the first line (target as it came), with the head,
 * with each piece of the body, for the answer's pieces, and when all is over.
 * A request that is refused by its head is answered before its body is read,
 * and the connection closes.
 */
#ifndef WEB_CARRIAGE_H
#define WEB_CARRIAGE_H

#include <microhttpd.h>

#include "web/certificate.h"
#include "web/connection.h"
#include "web/exchange.h"

/* What all requests of a listener share. */
struct shared {
	const struct site *site;
	struct connections *connections;
	_Atomic(struct certificate *) certificate;
	_Atomic size_t bodies_bytes; /* of bodies in flight */
};

/* The library's callbacks; `cls` is the struct shared. */
void *carriage_first_line(void *cls, const char *target, struct MHD_Connection *peer);
enum MHD_Result carriage_step(void *cls, struct MHD_Connection *peer, const char *url,
                              const char *method, const char *version, const char *piece,
                              size_t *piece_bytes, void **context);
void carriage_over(void *cls, struct MHD_Connection *peer, void **context,
                   enum MHD_RequestTerminationCode how);

struct connection *connection_of(struct MHD_Connection *peer);

#endif
