/*
 * The HTTPS listener: GNU libmicrohttpd with TLS in the process, a thread per
 * connection.  Everything that this library's version decides stays behind
 * this header, so it can be replaced.
 *
 * A request's life: limits and framing rules → tenant by its path → route row
 * → actor by cookie or bearer token → assurance and grant → body and CSRF →
 * handler → representation.  The housekeeper thread here ends connections
 * whose header takes over LIMIT_HEADER_MS or whose body falls under
 * LIMIT_BODY_BYTES_PER_S.
 */
#ifndef WEB_LISTENER_H
#define WEB_LISTENER_H

#include "web/site.h"

struct listener;

struct listener_options {
	const struct site *site;
	const char *host;                        /* "127.0.0.1", "::", … */
	uint16_t port;                           /* 0: any free one */
	const char *certificate_file, *key_file; /* PEM; read again on listener_reload() */
	int tls_minor; /* 2 or 3: the strictest of the tenants' policies */
};

enum rc listener_open(struct listener **listener, const struct listener_options *options,
                      struct err *err) MUST_CHECK;
uint16_t listener_port(const struct listener *listener);
enum rc listener_reload(struct listener *listener, struct err *err)
    MUST_CHECK; /* certificate */
/* Ends what is idle, lets running requests finish for `wait_ms`, closes. */
void listener_close(struct listener *listener, int wait_ms);

#endif
