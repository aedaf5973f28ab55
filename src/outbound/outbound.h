/*
 * One HTTPS request to a host that somebody declared.
 *
 * The peer's certificate and host name are verified always, by TLS 1.2 at
 * least (RFC 8996), and no option turns that off; `ca_file` names other roots
 * than the system's.  Redirects are answers, not followed.  No proxy, no
 * cookies, no .netrc, nothing from the environment.  In clear only to a literal
 * loopback address (127.0.0.0/8 or ::1): a relay on this machine.
 *
 * Errors: RC_DENIED: the host is not declared, which shows before anything is
 * sent or looked up; or the peer does not verify.  RC_INVALID: the URL, the
 * method or a header.  RC_LIMIT: what the sink says.  RC_TIMEOUT, RC_IO: the
 * network.  An answer of any status is RC_OK.
 */
#ifndef OUTBOUND_OUTBOUND_H
#define OUTBOUND_OUTBOUND_H

#include "base/arena.h"
#include "base/stream.h"
#include "crypto/secret.h"

#define LIMIT_OUTBOUND_CONNECT_S    15L
#define LIMIT_OUTBOUND_WHOLE_S      60L /* of a request; places have none, but a least speed */
#define LIMIT_OUTBOUND_SLOW_S       30L /* under the least speed for so long: ended */
#define LIMIT_OUTBOUND_BYTES_PER_S  1024L
#define LIMIT_OUTBOUND_URL_BYTES    2048
#define LIMIT_OUTBOUND_HEADERS      32
#define LIMIT_OUTBOUND_HEADER_BYTES 4096

/* Declared hosts: "api.example.org" allows the scheme's own port (443, sftp 22),
 * "api.example.org:8443" that one.  No patterns; compared without case. */
struct outbound_hosts {
	const struct str *names;
	size_t count;
};

bool outbound_is_declared(const struct outbound_hosts *hosts, struct str host, uint32_t port,
                          uint32_t own_port);

struct outbound_header {
	struct str name;  /* a token (RFC 9110, section 5.6.2) */
	struct str value; /* no control characters */
};

struct outbound_request {
	struct str method; /* "GET", "POST", …: capital letters */
	struct str url;
	const struct outbound_hosts *hosts;
	const struct outbound_header *headers;
	size_t header_count;
	struct str body;             /* unless `source` is set */
	const struct source *source; /* may be NULL */
	uint64_t source_bytes;       /* that it gives: no more, no less */
	const char *ca_file;         /* PEM; NULL: the system's roots */
	long whole_s;                /* 0: LIMIT_OUTBOUND_WHOLE_S */
};

/* The answer's body goes to `sink`, whose ceiling bounds it, also when the
 * status is not 2xx: look at the status before believing it. */
enum rc outbound_send(const struct outbound_request *request, const struct sink *sink,
                      long *status, struct err *err) MUST_CHECK;

/*
 * The value of a webhook's header `Troth-Signature`: "t=UNIX,v1=HEX", where HEX
 * is HMAC-SHA-256 (RFC 2104) under the receiver's key of UNIX, a dot and the
 * body.  A receiver compares in constant time and refuses an old `t`.
 */
#define OUTBOUND_SIGNATURE_HEADER "Troth-Signature"
struct str outbound_signature(const struct key *key, int64_t now_us, struct str body,
                              struct arena *arena);

#endif
