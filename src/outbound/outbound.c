/*
 * A request is checked whole before libcurl hears of it: the URL, the declared
 * hosts, the method, each header.  A handle lives for one request, so nothing
 * of one receiver's is ever sent to another.
 */
#include "outbound/outbound.h"

#include <inttypes.h>

#include "base/clock.h"
#include "crypto/digest.h"
#include "outbound/wire.h"

#define HTTPS_PORT 443
#define HTTP_PORT  80
#define METHOD_MAX 16

bool
outbound_is_declared(const struct outbound_hosts *hosts, struct str host, uint32_t port,
                     uint32_t own_port)
{
	char with_port[LIMIT_OUTBOUND_URL_BYTES];
	int len = snprintf(with_port, sizeof(with_port), "%.*s:%" PRIu32, STR_ARGS(host), port);

	if (len < 0 || (size_t)len >= sizeof(with_port) || hosts == NULL)
		return false;
	for (size_t i = 0; i < hosts->count; i++) {
		if (str_eq_nocase(hosts->names[i], (struct str){ with_port, (size_t)len }))
			return true;
		if (port == own_port && str_eq_nocase(hosts->names[i], host))
			return true;
	}
	return false;
}

/* --- what is checked --------------------------------------------------------------------- */

static bool
is_method(struct str method)
{
	for (size_t i = 0; i < method.len; i++) {
		if (method.ptr[i] < 'A' || method.ptr[i] > 'Z')
			return false;
	}
	return method.len > 0 && method.len < METHOD_MAX;
}

/* RFC 9110, section 5.6.2. */
static bool
is_token(struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
		if (!is_letter && (c == '\0' || strchr("0123456789!#$%&'*+-.^_`|~", c) == NULL))
			return false;
	}
	return text.len > 0;
}

static bool
is_header(const struct outbound_header *header)
{
	for (size_t i = 0; i < header->value.len; i++) {
		unsigned char c = (unsigned char)header->value.ptr[i];
		if ((c < ' ' && c != '\t') || c == 127)
			return false;
	}
	return is_token(header->name) &&
	       header->name.len + header->value.len < LIMIT_OUTBOUND_HEADER_BYTES;
}

static MUST_CHECK enum rc
request_check(const struct outbound_request *request, const struct wire_url *url,
              struct err *err)
{
	bool is_secure = strcmp(url->scheme, "https") == 0;
	bool is_here = strcmp(url->scheme, "http") == 0 && wire_is_loopback(url->host);

	if (!is_secure && !is_here)
		return FAIL(err, RC_INVALID, "request: https only (http to 127.0.0.1 or ::1)");
	if (!outbound_is_declared(request->hosts, str_from_c(url->host), url->port,
	                          is_secure ? HTTPS_PORT : HTTP_PORT))
		return FAIL(err, RC_DENIED, "request: the host is not declared");
	if (!is_method(request->method))
		return FAIL(err, RC_INVALID, "request: a method of capital letters");
	if (request->header_count > LIMIT_OUTBOUND_HEADERS)
		return FAIL(err, RC_INVALID, "request: over %d headers",
		            LIMIT_OUTBOUND_HEADERS);
	for (size_t i = 0; i < request->header_count; i++) {
		if (!is_header(&request->headers[i]))
			return FAIL(err, RC_INVALID, "request: header %zu is malformed", i + 1);
	}
	return RC_OK;
}

/* --- what is sent ------------------------------------------------------------------------ */

static void
headers_set(struct wire *wire, const struct outbound_request *request)
{
	char line[LIMIT_OUTBOUND_HEADER_BYTES + 4];

	for (size_t i = 0; i < request->header_count; i++) {
		const struct outbound_header *header = &request->headers[i];
		/* libcurl's spelling of a header without a value. */
		const char *colon = header->value.len == 0 ? ";" : ": ";
		(void)snprintf(line, sizeof(line), "%.*s%s%.*s", STR_ARGS(header->name), colon,
		               STR_ARGS(header->value));
		wire_header(wire, line);
	}
	wire_header(wire, "Expect:"); /* no second's wait for a "100 Continue" */
}

static MUST_CHECK enum rc
method_set(struct wire *wire, const struct outbound_request *request, struct exact *exact,
           struct err *err)
{
	char method[METHOD_MAX];
	bool is_post = str_eq(request->method, STR("POST")) ||
	               str_eq(request->method, STR("PUT")) ||
	               str_eq(request->method, STR("PATCH"));

	(void)snprintf(method, sizeof(method), "%.*s", STR_ARGS(request->method));
	if (exact->left != 0 || is_post)
		TRY(wire_sends(wire, exact, err));
	if (strcmp(method, "HEAD") == 0 &&
	    curl_easy_setopt(wire->curl, CURLOPT_NOBODY, 1L) != CURLE_OK)
		return FAIL(err, RC_IO, "libcurl does not take a method");
	if (curl_easy_setopt(wire->curl, CURLOPT_CUSTOMREQUEST, method) != CURLE_OK)
		return FAIL(err, RC_IO, "libcurl does not take a method");
	return RC_OK;
}

enum rc
outbound_send(const struct outbound_request *request, const struct sink *sink, long *status,
              struct err *err)
{
	CLEANUP(wire_url_free) struct wire_url url = { 0 };
	CLEANUP(wire_close) struct wire wire = { .what = "request" };
	struct str left = request->body;
	struct source body = source_from_str(&left);
	const struct source *source = request->source != NULL ? request->source : &body;
	uint64_t bytes = request->source != NULL ? request->source_bytes : request->body.len;
	struct exact exact;

	TRY(wire_url_read(&url, request->url, false, wire.what, err));
	TRY(request_check(request, &url, err));
	TRY(wire_open(&wire, err));
	TRY(wire_begin(&wire,
	               &(struct wire_settings){
			   url.url, url.scheme, request->ca_file,
			   request->whole_s != 0 ? request->whole_s : LIMIT_OUTBOUND_WHOLE_S },
	               err));
	TRY(exact_begin(&exact, source, bytes, err));
	headers_set(&wire, request);
	TRY(method_set(&wire, request, &exact, err));
	wire.sink = sink;
	TRY(wire_run(&wire, err));
	*status = wire_status(&wire);
	return RC_OK;
}

/* --- webhooks ---------------------------------------------------------------------------- */

static void
text_free(char **text)
{
	free(*text);
}

struct str
outbound_signature(const struct key *key, int64_t now_us, struct str body, struct arena *arena)
{
	CLEANUP(text_free) char *signed_text = malloc(body.len + 32);
	struct digest mac;
	int head;

	if (signed_text == NULL)
		abort();
	head = snprintf(signed_text, 32, "%" PRId64 ".", now_us / US_PER_S);
	if (body.len != 0)
		memcpy(signed_text + head, body.ptr, body.len);
	mac = hmac_sha256(key, (struct str){ signed_text, (size_t)head + body.len });
	return str_printf(arena, "t=%" PRId64 ",v1=%s", now_us / US_PER_S,
	                  hex_format(arena, mac.bytes, DIGEST_BYTES).ptr);
}
