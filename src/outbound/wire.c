#include "outbound/wire.h"
#include "base/broken.h"

#include <arpa/inet.h>

#define DROPPED_MAX (64UL * 1024) /* of an error's text that nobody reads */

/* --- sources of a known length ----------------------------------------------------------- */

/* That nothing follows, before the last byte leaves. */
static MUST_CHECK enum rc
exact_end(struct exact *exact, struct err *err)
{
	char more;
	size_t count = 0;

	TRY(exact->source->take(exact->source->arg, &more, 1, &count, err));
	return count == 0 ? RC_OK : FAIL(err, RC_INVALID, "a source gives more than it said");
}

enum rc
exact_begin(struct exact *exact, const struct source *source, uint64_t bytes, struct err *err)
{
	*exact = (struct exact){ source, bytes };
	return bytes == 0 ? exact_end(exact, err) : RC_OK;
}

enum rc
exact_take(struct exact *exact, char *out, size_t room, size_t *count, struct err *err)
{
	size_t got = 0;

	if (room > exact->left)
		room = (size_t)exact->left;
	if (room != 0)
		TRY(exact->source->take(exact->source->arg, out, room, &got, err));
	if (got == 0 && exact->left != 0)
		return FAIL(err, RC_INVALID, "a source gives less than it said");
	exact->left -= got;
	if (exact->left == 0 && got != 0)
		TRY(exact_end(exact, err));
	*count = got;
	return RC_OK;
}

/* --- URLs -------------------------------------------------------------------------------- */

void
wire_url_free(struct wire_url *url)
{
	curl_free(url->scheme);
	curl_free(url->host);
	curl_free(url->path);
	curl_url_cleanup(url->url);
	*url = (struct wire_url){ 0 };
}

static void
part_free(char **part)
{
	curl_free(*part);
}

static bool
url_has(const struct wire_url *url, CURLUPart what)
{
	CLEANUP(part_free) char *part = NULL;

	return curl_url_get(url->url, what, &part, 0) == CURLUE_OK;
}

static bool
url_take(struct wire_url *url, const char *text)
{
	CLEANUP(part_free) char *port = NULL;
	struct err ignored = { 0 };

	return curl_url_set(url->url, CURLUPART_URL, text, 0) == CURLUE_OK &&
	       curl_url_get(url->url, CURLUPART_SCHEME, &url->scheme, 0) == CURLUE_OK &&
	       curl_url_get(url->url, CURLUPART_HOST, &url->host, 0) == CURLUE_OK &&
	       curl_url_get(url->url, CURLUPART_PATH, &url->path, 0) == CURLUE_OK &&
	       curl_url_get(url->url, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK &&
	       str_to_u32(str_from_c(port), &url->port, &ignored) == RC_OK && url->port != 0;
}

enum rc
wire_url_read(struct wire_url *url, struct str text, bool may_name_user, const char *what,
              struct err *err)
{
	char copy[LIMIT_OUTBOUND_URL_BYTES + 1];

	if (text.len == 0 || text.len > LIMIT_OUTBOUND_URL_BYTES)
		return FAIL(err, RC_INVALID, "%s: a URL of 1 to %d bytes", what,
		            LIMIT_OUTBOUND_URL_BYTES);
	for (size_t i = 0; i < text.len; i++) {
		copy[i] = text.ptr[i];
		if (copy[i] <= ' ' || copy[i] > '~')
			return FAIL(err, RC_INVALID, "%s: a URL is visible ASCII", what);
	}
	copy[text.len] = '\0';
	url->url = curl_url();
	if (url->url == NULL)
		abort();
	if (!url_take(url, copy))
		return FAIL(err, RC_INVALID, "%s: the URL does not read", what);
	if (url_has(url, CURLUPART_PASSWORD) || url_has(url, CURLUPART_OPTIONS) ||
	    url_has(url, CURLUPART_FRAGMENT) ||
	    (!may_name_user && url_has(url, CURLUPART_USER)))
		return FAIL(err, RC_INVALID, "%s: no secret, user or fragment in a URL", what);
	return RC_OK;
}

bool
wire_is_loopback(const char *host)
{
	struct in_addr four;

	if (strcmp(host, "[::1]") == 0)
		return true;
	return inet_pton(AF_INET, host, &four) == 1 && ntohl(four.s_addr) >> 24 == 127;
}

/* --- the handle -------------------------------------------------------------------------- */

enum rc
wire_open(struct wire *wire, struct err *err)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return FAIL(err, RC_IO, "libcurl does not start");
	wire->curl = curl_easy_init();
	if (wire->curl == NULL)
		abort();
	return RC_OK;
}

void
wire_close(struct wire *wire)
{
	if (wire->curl == NULL)
		return;
	curl_slist_free_all(wire->headers);
	curl_easy_cleanup(wire->curl);
	curl_global_cleanup();
	*wire = (struct wire){ 0 };
}

static size_t
bytes_read(char *out, size_t size, size_t items, void *arg)
{
	struct wire *wire = arg;
	size_t count = 0;

	if (wire->exact == NULL || wire->rc != RC_OK)
		return CURL_READFUNC_ABORT;
	wire->rc = exact_take(wire->exact, out, size * items, &count, wire->err);
	return wire->rc == RC_OK ? count : CURL_READFUNC_ABORT;
}

static size_t
bytes_drop(struct wire *wire, size_t count)
{
	wire->dropped_bytes += count;
	return wire->dropped_bytes <= DROPPED_MAX ? count : 0;
}

static size_t
bytes_write(char *bytes, size_t size, size_t items, void *arg)
{
	struct wire *wire = arg;
	size_t count = size * items;

	if (wire->sink == NULL || (wire->is_only_2xx && wire_status(wire) / 100 != 2))
		return bytes_drop(wire, count);
	wire->rc = wire->sink->add(wire->sink->arg, (struct str){ bytes, count }, wire->err);
	return wire->rc == RC_OK ? count : 0;
}

/* Failing to set an option would go on without it: every answer counts. */
static bool
is_set_safe(CURL *curl, const struct wire_settings *settings)
{
	long is_verified = broken("tls.outbound") ? 0L : 1L;
	bool is_set =
	    curl_easy_setopt(curl, CURLOPT_CURLU, settings->url) == CURLE_OK &&
	    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, settings->protocol) == CURLE_OK &&
	    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
	    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, is_verified) == CURLE_OK &&
	    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2 * is_verified) == CURLE_OK &&
	    curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) ==
		CURLE_OK &&
	    curl_easy_setopt(curl, CURLOPT_PROXY, "") == CURLE_OK &&
	    curl_easy_setopt(curl, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED) == CURLE_OK &&
	    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK;

	if (is_set && settings->ca_file != NULL)
		is_set =
		    curl_easy_setopt(curl, CURLOPT_CAINFO, settings->ca_file) == CURLE_OK &&
		    curl_easy_setopt(curl, CURLOPT_CAPATH, NULL) == CURLE_OK;
	return is_set;
}

static bool
is_set_bounded(struct wire *wire, long whole_s)
{
	CURL *curl = wire->curl;

	return curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, LIMIT_OUTBOUND_CONNECT_S) ==
	           CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_TIMEOUT, whole_s) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, LIMIT_OUTBOUND_BYTES_PER_S) ==
	           CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, LIMIT_OUTBOUND_SLOW_S) ==
	           CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_READFUNCTION, bytes_read) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_READDATA, wire) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, bytes_write) == CURLE_OK &&
	       curl_easy_setopt(curl, CURLOPT_WRITEDATA, wire) == CURLE_OK;
}

enum rc
wire_begin(struct wire *wire, const struct wire_settings *settings, struct err *err)
{
	curl_easy_reset(wire->curl); /* keeps the connection */
	curl_slist_free_all(wire->headers);
	wire->headers = NULL;
	wire->exact = NULL;
	wire->sink = NULL;
	wire->is_only_2xx = false;
	if (!is_set_safe(wire->curl, settings) || !is_set_bounded(wire, settings->whole_s))
		return FAIL(err, RC_IO, "libcurl lacks what a connection needs");
	return RC_OK;
}

void
wire_header(struct wire *wire, const char *line)
{
	struct curl_slist *longer = curl_slist_append(wire->headers, line);

	if (longer == NULL)
		abort();
	wire->headers = longer;
}

enum rc
wire_sends(struct wire *wire, struct exact *exact, struct err *err)
{
	CURL *curl = wire->curl;

	wire->exact = exact;
	if (curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L) != CURLE_OK ||
	    curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)exact->left) !=
	        CURLE_OK)
		return FAIL(err, RC_IO, "libcurl does not take an upload");
	return RC_OK;
}

static enum rc
rc_of(CURLcode code)
{
	static const struct {
		CURLcode code;
		enum rc rc;
	} known[] = {
		{ CURLE_OPERATION_TIMEDOUT, RC_TIMEOUT },
		{ CURLE_REMOTE_FILE_NOT_FOUND, RC_NOT_FOUND },
		{ CURLE_REMOTE_ACCESS_DENIED, RC_DENIED },
		{ CURLE_LOGIN_DENIED, RC_DENIED },
		{ CURLE_PEER_FAILED_VERIFICATION, RC_DENIED },
		{ CURLE_SSL_ISSUER_ERROR, RC_DENIED },
		{ CURLE_REMOTE_DISK_FULL, RC_FULL },
	};

	for (size_t i = 0; i < COUNT_OF(known); i++) {
		if (known[i].code == code)
			return known[i].rc;
	}
	return RC_IO;
}

enum rc
wire_run(struct wire *wire, struct err *err)
{
	CURLcode code;

	wire->rc = RC_OK;
	wire->err = err;
	wire->dropped_bytes = 0;
	if (wire->headers != NULL &&
	    curl_easy_setopt(wire->curl, CURLOPT_HTTPHEADER, wire->headers) != CURLE_OK)
		return FAIL(err, RC_IO, "libcurl does not take headers");
	code = curl_easy_perform(wire->curl);
	wire->err = NULL;
	if (wire->rc != RC_OK)
		return wire->rc;
	/* An error's answer that is too long to be worth reading has its status. */
	if (code == CURLE_WRITE_ERROR && wire->dropped_bytes > DROPPED_MAX)
		return RC_OK;
	if (code != CURLE_OK)
		return FAIL(err, rc_of(code), "%s: %s", wire->what, curl_easy_strerror(code));
	return RC_OK;
}

long
wire_status(const struct wire *wire)
{
	long status = 0;

	if (curl_easy_getinfo(wire->curl, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK)
		return 0;
	return status;
}
