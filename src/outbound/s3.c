/*
 * A bucket of an S3-compatible store, signed by AWS Signature Version 4 as
 * libcurl does it.
 *
 * A PUT is there whole or not at all, by the store's own promise.  The body is
 * not part of the signature ("UNSIGNED-PAYLOAD"): TLS to a verified peer guards
 * it on the way, and what is stored is sealed.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "outbound/inside.h"
#include "outbound/s3_listing.h"

#define HTTPS_PORT     443
#define SECRET_FILE    (2 * PLACE_SECRET_MAX)
#define TOKEN_MAX      1024
#define LISTED_AT_ONCE 1000 /* the most that stores answer with */

static void
fd_close(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

/* --- open -------------------------------------------------------------------------------- */

static void
file_wipe(char (*text)[SECRET_FILE])
{
	secret_wipe(text, sizeof(*text));
}

static bool
secret_take(struct str line, char secret[PLACE_SECRET_MAX])
{
	line = str_trim(line);
	if (line.len == 0 || line.len >= PLACE_SECRET_MAX)
		return false;
	memcpy(secret, line.ptr, line.len);
	secret[line.len] = '\0';
	return true;
}

static MUST_CHECK enum rc
credentials_read(struct outbound_place *place, const char *path, struct err *err)
{
	CLEANUP(file_wipe) char text[SECRET_FILE] = { 0 };
	CLEANUP(fd_close) int fd = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
	struct stat about;
	struct str left, line;
	ssize_t count;

	if (fd < 0 || fstat(fd, &about) != 0)
		return FAIL(err, RC_INVALID,
		            "place %.*s: the credentials file cannot be opened",
		            STR_ARGS(place->name));
	if ((about.st_mode & 077) != 0)
		return FAIL(err, RC_INVALID, "place %.*s: others may read the credentials file",
		            STR_ARGS(place->name));
	count = read(fd, text, sizeof(text));
	left = (struct str){ text, count < 0 ? 0 : (size_t)count };
	left = str_cut(left, '\n', &line);
	if (!secret_take(line, place->key_id))
		return FAIL(err, RC_INVALID, "place %.*s: credentials: a key id, then a secret",
		            STR_ARGS(place->name));
	left = str_cut(left, '\n', &line);
	if (!secret_take(line, place->secret_key) || str_trim(left).len != 0)
		return FAIL(err, RC_INVALID, "place %.*s: credentials: a key id, then a secret",
		            STR_ARGS(place->name));
	return RC_OK;
}

static bool
is_region(struct str region)
{
	for (size_t i = 0; i < region.len; i++) {
		char c = region.ptr[i];
		if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '-')
			return false;
	}
	return region.len > 0 && region.len < 40;
}

/* "/bucket" or "/bucket/prefix": both as objects' names are, so that nothing
 * is ever escaped. */
static MUST_CHECK enum rc
path_take(struct outbound_place *place, struct str origin, struct str path, struct err *err)
{
	struct str bucket;

	while (path.len > 1 && path.ptr[path.len - 1] == '/')
		path.len--;
	if (path.len < 2 || !place_name_is_valid((struct str){ path.ptr + 1, path.len - 1 }))
		return FAIL(err, RC_INVALID,
		            "place %.*s: /bucket or /bucket/prefix of [a-z0-9._-]",
		            STR_ARGS(place->name));
	place->base = str_printf(&place->arena, "%.*s%.*s", STR_ARGS(origin), STR_ARGS(path));
	path = (struct str){ path.ptr + 1, path.len - 1 };
	place->prefix = str_copy(&place->arena, str_cut(path, '/', &bucket));
	place->bucket_url =
	    str_printf(&place->arena, "%.*s/%.*s", STR_ARGS(origin), STR_ARGS(bucket));
	return RC_OK;
}

static MUST_CHECK enum rc
s3_url_take(struct outbound_place *place, struct str url, const struct outbound_hosts *hosts,
            struct err *err)
{
	CLEANUP(wire_url_free) struct wire_url parts = { 0 };
	struct str origin, region = str_cut(url, '?', &url);

	url = (struct str){ url.ptr + 3, url.len - 3 }; /* "s3+" */
	TRY(wire_url_read(&parts, url, false, "s3", err));
	if (!str_starts_with(region, STR("region=")))
		return FAIL(err, RC_INVALID,
		            "place %.*s: an S3 URL ends in ?region=", STR_ARGS(place->name));
	region = (struct str){ region.ptr + 7, region.len - 7 };
	if (!is_region(region))
		return FAIL(err, RC_INVALID, "place %.*s: a store's region is of [a-z0-9-]",
		            STR_ARGS(place->name));
	if (!outbound_is_declared(hosts, str_from_c(parts.host), parts.port, HTTPS_PORT))
		return FAIL(err, RC_DENIED, "place %.*s: the host is not declared",
		            STR_ARGS(place->name));
	origin = str_printf(&place->arena, "https://%s:%u", parts.host, parts.port);
	if (parts.port == HTTPS_PORT) /* the signature covers Host as it is sent */
		origin = str_printf(&place->arena, "https://%s", parts.host);
	place->signing = str_printf(&place->arena, "aws:amz:%.*s:s3", STR_ARGS(region)).ptr;
	return path_take(place, origin, str_from_c(parts.path), err);
}

static enum rc
s3_open(struct outbound_place *place, struct str url,
        const struct outbound_place_options *options, struct err *err)
{
	TRY(s3_url_take(place, url, options->hosts, err));
	TRY(credentials_read(place, options->credentials_file, err));
	if (options->ca_file != NULL)
		place->ca_file = str_to_c(&place->arena, str_from_c(options->ca_file));
	return wire_open(&place->wire, err);
}

static void
s3_close(struct outbound_place *place)
{
	wire_close(&place->wire);
}

/* --- one request ------------------------------------------------------------------------- */

static MUST_CHECK enum rc
s3_begin(struct outbound_place *place, struct wire_url *url, struct str text, struct err *err)
{
	CURL *curl = place->wire.curl;

	TRY(wire_url_read(url, text, false, "s3", err));
	TRY(wire_begin(&place->wire,
	               &(struct wire_settings){ url->url, "https", place->ca_file, 0 }, err));
	if (curl_easy_setopt(curl, CURLOPT_AWS_SIGV4, place->signing) != CURLE_OK ||
	    curl_easy_setopt(curl, CURLOPT_USERNAME, place->key_id) != CURLE_OK ||
	    curl_easy_setopt(curl, CURLOPT_PASSWORD, place->secret_key) != CURLE_OK)
		return FAIL(err, RC_IO, "libcurl lacks SigV4");
	place->wire.is_only_2xx = true;
	/* Debian's libcurl signs it as it is given, and by itself leaves it out. */
	wire_header(&place->wire, "x-amz-content-sha256: UNSIGNED-PAYLOAD");
	return RC_OK;
}

static MUST_CHECK enum rc
object_begin(struct outbound_place *place, struct wire_url *url, struct str object,
             struct err *err)
{
	char text[LIMIT_OUTBOUND_URL_BYTES];
	int len =
	    snprintf(text, sizeof(text), "%.*s/%.*s", STR_ARGS(place->base), STR_ARGS(object));

	if (len < 0 || (size_t)len >= sizeof(text))
		return PLACE_FAIL(err, RC_INVALID, place, object, "too long a URL");
	return s3_begin(place, url, (struct str){ text, (size_t)len }, err);
}

static MUST_CHECK enum rc
s3_run(struct outbound_place *place, struct str object, struct err *err)
{
	static const struct {
		long status;
		enum rc rc;
	} known[] = {
		{ 401, RC_DENIED },  { 403, RC_DENIED }, { 404, RC_NOT_FOUND },
		{ 408, RC_TIMEOUT }, { 413, RC_LIMIT },  { 429, RC_BUSY },
		{ 503, RC_BUSY },    { 507, RC_FULL },
	};
	enum rc rc = RC_IO;
	long status;

	place_what(place, object);
	TRY(wire_run(&place->wire, err));
	status = wire_status(&place->wire);
	if (status / 100 == 2)
		return RC_OK;
	for (size_t i = 0; i < COUNT_OF(known); i++) {
		if (known[i].status == status)
			rc = known[i].rc;
	}
	return FAIL(err, rc, "place %.*s: %.*s: the store answers %ld", STR_ARGS(place->name),
	            STR_ARGS(object), status);
}

static enum rc
s3_put(struct outbound_place *place, struct str object, struct exact *exact, struct err *err)
{
	CLEANUP(wire_url_free) struct wire_url url = { 0 };

	TRY(object_begin(place, &url, object, err));
	TRY(wire_sends(&place->wire, exact, err));
	return s3_run(place, object, err);
}

static enum rc
s3_get(struct outbound_place *place, struct str object, const struct sink *sink,
       struct err *err)
{
	CLEANUP(wire_url_free) struct wire_url url = { 0 };

	TRY(object_begin(place, &url, object, err));
	place->wire.sink = sink;
	return s3_run(place, object, err);
}

static enum rc
s3_find(struct outbound_place *place, struct str object, struct place_object *found,
        struct err *err)
{
	CLEANUP(wire_url_free) struct wire_url url = { 0 };
	CURL *curl = place->wire.curl;
	curl_off_t bytes = -1, time_s = -1;

	TRY(object_begin(place, &url, object, err));
	if (curl_easy_setopt(curl, CURLOPT_NOBODY, 1L) != CURLE_OK ||
	    curl_easy_setopt(curl, CURLOPT_FILETIME, 1L) != CURLE_OK)
		return FAIL(err, RC_IO, "libcurl does not take a method");
	TRY(s3_run(place, object, err));
	if (curl_easy_getinfo(curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &bytes) != CURLE_OK ||
	    curl_easy_getinfo(curl, CURLINFO_FILETIME_T, &time_s) != CURLE_OK || bytes < 0 ||
	    time_s < 0)
		return PLACE_FAIL(err, RC_IO, place, object, "its size or time is not told");
	found->bytes = (uint64_t)bytes;
	found->changed_us = (int64_t)time_s * US_PER_S;
	return RC_OK;
}

static enum rc
s3_erase(struct outbound_place *place, struct str object, struct err *err)
{
	CLEANUP(wire_url_free) struct wire_url url = { 0 };
	struct err why = { 0 };
	enum rc rc;

	TRY(object_begin(place, &url, object, err));
	if (curl_easy_setopt(place->wire.curl, CURLOPT_CUSTOMREQUEST, "DELETE") != CURLE_OK)
		return FAIL(err, RC_IO, "libcurl does not take a method");
	rc = s3_run(place, object, &why);
	if (rc == RC_OK || rc == RC_NOT_FOUND)
		return RC_OK;
	*err = why;
	return rc;
}

/* --- list -------------------------------------------------------------------------------- */

/* RFC 3986, section 2.3: all else is escaped, as SigV4 wants it. */
static void
escaped_add(struct buf *url, struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];
		bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		                (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
		                c == '~';
		if (is_plain)
			buf_addf(url, "%c", c);
		else
			buf_addf(url, "%%%02X", c);
	}
}

/* The arguments in the order of their names, as the signature takes them. */
static void
list_url(const struct outbound_place *place, const struct place_range *range, struct str token,
         struct buf *url)
{
	struct str between = place->prefix.len == 0 ? STR_EMPTY : STR("/");

	buf_add(url, place->bucket_url);
	buf_add(url, STR("?"));
	if (token.len != 0) {
		buf_add(url, STR("continuation-token="));
		escaped_add(url, token);
		buf_add(url, STR("&"));
	}
	buf_addf(url, "list-type=2&max-keys=%d&prefix=", LISTED_AT_ONCE);
	escaped_add(url, place->prefix);
	escaped_add(url, between);
	escaped_add(url, range->prefix);
	if (token.len == 0 && range->after.len != 0) {
		buf_add(url, STR("&start-after="));
		escaped_add(url, place->prefix);
		escaped_add(url, between);
		escaped_add(url, range->after);
	}
}

static MUST_CHECK enum rc
entries_take(const struct outbound_place *place, struct s3_listing *answer,
             struct listing *listing, struct err *err)
{
	size_t skipped = place->prefix.len == 0 ? 0 : place->prefix.len + 1;
	struct s3_object entry;
	bool is_there;

	for (;;) {
		struct place_object object;
		TRY(s3_listing_next(answer, &entry, &is_there, err));
		if (!is_there)
			return RC_OK;
		if (entry.key.len <= skipped || !str_starts_with(entry.key, place->prefix))
			continue;
		object =
		    (struct place_object){ { entry.key.ptr + skipped, entry.key.len - skipped },
			                   entry.bytes,
			                   entry.changed_us };
		TRY(listing_add(listing, &object, err));
	}
}

/* One answer of the store.  `token` is where to go on, and becomes the next's. */
static MUST_CHECK enum rc
s3_list_once(struct outbound_place *place, struct listing *listing, struct buf *token,
             struct err *err)
{
	CLEANUP(wire_url_free) struct wire_url url = { 0 };
	CLEANUP(buf_free) struct buf address = { 0 };
	CLEANUP(buf_free) struct buf answer = { 0 };
	struct sink sink = sink_to_buf(&answer);
	struct s3_listing read;
	struct str text;

	buf_init(&address, LIMIT_OUTBOUND_URL_BYTES);
	buf_init(&answer, LIMIT_PLACE_LIST_BYTES);
	list_url(place, listing->range, (struct str){ token->text, token->len }, &address);
	TRY(buf_finish(&address, &text, err));
	TRY(s3_begin(place, &url, text, err));
	place->wire.sink = &sink;
	TRY(s3_run(place, STR("list"), err));
	TRY(s3_listing_read((struct str){ answer.text, answer.len }, &read, err));
	TRY(entries_take(place, &read, listing, err));
	buf_free(token);
	buf_add(token, read.token);
	return RC_OK;
}

/* The store lists by name, so a full page is the first one. */
static enum rc
s3_list(struct outbound_place *place, struct listing *listing, struct err *err)
{
	CLEANUP(buf_free) struct buf token = { 0 };

	buf_init(&token, TOKEN_MAX);
	for (size_t answers = 0; answers < LIMIT_PLACE_OBJECTS / LISTED_AT_ONCE; answers++) {
		TRY(s3_list_once(place, listing, &token, err));
		if (token.len == 0)
			return RC_OK;
		if (listing->count == listing->range->max) {
			listing->is_more = true;
			return RC_OK;
		}
	}
	return FAIL(err, RC_LIMIT, "place %.*s: too long a list", STR_ARGS(place->name));
}

const struct place_ops place_s3 = { s3_open, s3_close, s3_put,  s3_get,
	                            s3_find, s3_list,  s3_erase };
