/*
 * libcurl with the doors shut: the one way this folder's files use it.
 *
 * wire_begin() starts from nothing and sets all that keeps a transfer safe;
 * callers add what their protocol needs and never take away.  Only
 * src/outbound includes this header.
 */
#ifndef OUTBOUND_WIRE_H
#define OUTBOUND_WIRE_H

#include <curl/curl.h>

#include "outbound/outbound.h"

/* A source that gives exactly so many bytes, or the transfer fails before its
 * last byte is handed on. */
struct exact {
	const struct source *source;
	uint64_t left;
};

enum rc exact_begin(struct exact *exact, const struct source *source, uint64_t bytes,
                    struct err *err) MUST_CHECK;
/* As source.take. */
enum rc exact_take(struct exact *exact, char *out, size_t room, size_t *count, struct err *err)
    MUST_CHECK;

#define WIRE_WHAT_MAX 256

struct wire {
	CURL *curl;
	struct curl_slist *headers;
	char what[WIRE_WHAT_MAX]; /* in errors: "request", a place and its object */
	/* The transfer's: */
	struct exact *exact;     /* NULL: nothing is sent */
	const struct sink *sink; /* NULL: what comes is dropped */
	bool is_only_2xx;        /* of HTTP: the sink gets no other answer's body */
	size_t dropped_bytes;
	enum rc rc; /* what source or sink failed with */
	struct err *err;
};

enum rc wire_open(struct wire *wire, struct err *err) MUST_CHECK;
void wire_close(struct wire *wire);

/* A URL taken apart.  `what` is of the sort "webhook". */
struct wire_url {
	CURLU *url;
	char *scheme, *host, *path;
	uint32_t port;
};

void wire_url_free(struct wire_url *url);
/* Visible ASCII; no user (but with `may_name_user`), password or fragment. */
enum rc wire_url_read(struct wire_url *url, struct str text, bool may_name_user,
                      const char *what, struct err *err) MUST_CHECK;
bool wire_is_loopback(const char *host); /* a literal address */

struct wire_settings {
	CURLU *url;           /* lives until the transfer is over */
	const char *protocol; /* "https", "http", "sftp" */
	const char *ca_file;  /* may be NULL */
	long whole_s;         /* 0: as long as it takes above the least speed */
};
enum rc wire_begin(struct wire *wire, const struct wire_settings *settings, struct err *err)
    MUST_CHECK;
/* `line` is copied. */
void wire_header(struct wire *wire, const char *line);
/* Send exact->left bytes by UPLOAD. */
enum rc wire_sends(struct wire *wire, struct exact *exact, struct err *err) MUST_CHECK;

/* RC_NOT_FOUND, RC_DENIED, RC_FULL, RC_TIMEOUT, RC_IO, or the source's or the
 * sink's.  An HTTP answer is RC_OK whatever its status. */
enum rc wire_run(struct wire *wire, struct err *err) MUST_CHECK;
long wire_status(const struct wire *wire);

#endif
