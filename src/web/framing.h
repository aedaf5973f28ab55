/*
 * How a request says where its body ends and which host it is for.
 *
 * RFC 9112, sections 3.2 and 6: whatever two programs on the way could read
 * differently is refused before anything is looked up: a second Content-Length
 * or Host, Content-Length beside Transfer-Encoding, a Transfer-Encoding other
 * than chunked, a Host that is none.
 *
 * What this check cannot see, since GNU libmicrohttpd 0.9.75 reads it before:
 *   - a line that ends in LF alone is taken as one that ends in CR LF;
 *   - a header line that begins with white space (obs-fold, RFC 9112, section
 *     5.2) is joined to the one before;
 *   - a NUL in a header line ends the text we are given; the rest is lost;
 *   - white space around names and values is cut;
 *   - chunk extensions and trailers are read and dropped.
 * It answers some heads itself and closes: a Content-Length that is no number, a
 * head that does not fit its pool.  Those answers have none of our headers, and
 * the first kind comes with its status line and headers twice.
 * So no program that reads these otherwise may stand between clients and this
 * server: terminate TLS here, and put nothing but a TCP balancer before it.
 */
#ifndef WEB_FRAMING_H
#define WEB_FRAMING_H

#include "web/request.h"

struct framing {
	struct str host; /* as sent, with its port */
	bool is_chunked;
	bool has_length;
	uint64_t length;
};

enum rc framing_read(const struct pairs *headers, struct framing *framing, struct err *err)
    MUST_CHECK;

/* The name or address of a Host, without port and brackets. */
struct str host_name(struct str host);

#endif
