/*
 * A folder of another machine, over SFTP (libssh2, by libcurl).
 *
 * The host's key is known beforehand or nothing is sent; the only way in is a
 * key file.  An object is uploaded beside its name and renamed.  The protocol's
 * rename (draft-ietf-secsh-filexfer-02, section 6.5) does not replace, so an
 * object of that name is put aside before and removed afterwards; what is looked
 * for and not there may lie aside.
 */
#include <stdarg.h>

#include "base/clock.h"
#include "outbound/inside.h"

#define SFTP_PORT        22
#define FINGERPRINT_LEN  43 /* SHA-256 in base64 without padding */
#define SFTP_PATH_MAX    1024
#define LIST_TOKENS_TAIL 5 /* size, month, day, time or year, name */

struct sftp_path {
	char text[SFTP_PATH_MAX];
};

static void
slist_free(struct curl_slist **list)
{
	curl_slist_free_all(*list);
}

/* --- open -------------------------------------------------------------------------------- */

/* What quote commands and URLs take as it is. */
static bool
root_is_valid(struct str root)
{
	for (size_t i = 0; i < root.len; i++) {
		char c = root.ptr[i];
		bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
		if (!is_letter && (c == '\0' || strchr("0123456789._/-", c) == NULL))
			return false;
	}
	return root.len < SFTP_PATH_MAX / 2;
}

static MUST_CHECK enum rc
host_key_take(struct outbound_place *place, const struct outbound_place_options *options,
              struct err *err)
{
	struct str fingerprint;

	if (options->known_hosts_file != NULL)
		place->known_hosts_file =
		    str_to_c(&place->arena, str_from_c(options->known_hosts_file));
	if (options->host_key_sha256 == NULL)
		return place->known_hosts_file != NULL
		           ? RC_OK
		           : FAIL(err, RC_INVALID, "place %.*s: sftp needs a known host key",
		                  STR_ARGS(place->name));
	fingerprint = str_from_c(options->host_key_sha256);
	if (!str_starts_with(fingerprint, STR("SHA256:")) ||
	    fingerprint.len != 7 + FINGERPRINT_LEN)
		return FAIL(err, RC_INVALID, "place %.*s: a host key is SHA256: and 43 letters",
		            STR_ARGS(place->name));
	place->host_key_sha256 =
	    str_to_c(&place->arena, (struct str){ fingerprint.ptr + 7, FINGERPRINT_LEN });
	return RC_OK;
}

static MUST_CHECK enum rc
sftp_url_take(struct outbound_place *place, struct str url, const struct outbound_hosts *hosts,
              struct err *err)
{
	CLEANUP(wire_url_free) struct wire_url parts = { 0 };
	char *user = NULL;
	struct str root;

	TRY(wire_url_read(&parts, url, true, "sftp", err));
	root = str_from_c(parts.path);
	if (!root_is_valid(root) || memchr(url.ptr, '?', url.len) != NULL ||
	    curl_url_get(parts.url, CURLUPART_USER, &user, 0) != CURLUE_OK)
		return FAIL(err, RC_INVALID, "place %.*s: sftp://user@host/a/plain/path",
		            STR_ARGS(place->name));
	curl_free(user);
	if (!outbound_is_declared(hosts, str_from_c(parts.host), parts.port, SFTP_PORT))
		return FAIL(err, RC_DENIED, "place %.*s: the host is not declared",
		            STR_ARGS(place->name));
	while (root.len > 0 && root.ptr[root.len - 1] == '/')
		root.len--;
	while (url.ptr[url.len - 1] == '/')
		url.len--;
	place->root = str_copy(&place->arena, root);
	place->base = str_copy(&place->arena, url);
	return RC_OK;
}

static enum rc
sftp_open(struct outbound_place *place, struct str url,
          const struct outbound_place_options *options, struct err *err)
{
	TRY(sftp_url_take(place, url, options->hosts, err));
	TRY(host_key_take(place, options, err));
	if (options->key_file == NULL)
		return FAIL(err, RC_INVALID, "place %.*s: sftp needs a key file",
		            STR_ARGS(place->name));
	place->key_file = str_to_c(&place->arena, str_from_c(options->key_file));
	return wire_open(&place->wire, err);
}

static void
sftp_close(struct outbound_place *place)
{
	wire_close(&place->wire);
}

/* --- one transfer ------------------------------------------------------------------------ */

static bool
is_set_ssh(const struct outbound_place *place)
{
	CURL *curl = place->wire.curl;
	bool is_set =
	    curl_easy_setopt(curl, CURLOPT_SSH_AUTH_TYPES, (long)CURLSSH_AUTH_PUBLICKEY) ==
		CURLE_OK &&
	    curl_easy_setopt(curl, CURLOPT_SSH_PRIVATE_KEYFILE, place->key_file) == CURLE_OK &&
	    curl_easy_setopt(curl, CURLOPT_NEW_FILE_PERMS, 0600L) == CURLE_OK &&
	    curl_easy_setopt(curl, CURLOPT_NEW_DIRECTORY_PERMS, 0700L) == CURLE_OK;

	if (is_set && place->host_key_sha256 != NULL)
		is_set = curl_easy_setopt(curl, CURLOPT_SSH_HOST_PUBLIC_KEY_SHA256,
		                          place->host_key_sha256) == CURLE_OK;
	if (is_set && place->known_hosts_file != NULL)
		is_set = curl_easy_setopt(curl, CURLOPT_SSH_KNOWNHOSTS,
		                          place->known_hosts_file) == CURLE_OK;
	return is_set;
}

/* `path` is below the place's folder; a folder's ends in "/". */
static MUST_CHECK enum rc
sftp_begin(struct outbound_place *place, struct wire_url *url, struct str path, struct err *err)
{
	char text[LIMIT_OUTBOUND_URL_BYTES];
	int len =
	    snprintf(text, sizeof(text), "%.*s/%.*s", STR_ARGS(place->base), STR_ARGS(path));

	if (len < 0 || (size_t)len >= sizeof(text))
		return PLACE_FAIL(err, RC_INVALID, place, path, "too long a URL");
	TRY(wire_url_read(url, (struct str){ text, (size_t)len }, true, "sftp", err));
	TRY(wire_begin(&place->wire, &(struct wire_settings){ url->url, "sftp", NULL, 0 },
	               err));
	place_what(place, path);
	return is_set_ssh(place) ? RC_OK : FAIL(err, RC_IO, "libcurl lacks SFTP");
}

/* Commands that end in 0; libcurl copies neither list nor words before it runs. */
static MUST_CHECK enum rc
quote_set(const struct outbound_place *place, CURLoption when, struct curl_slist *commands,
          struct err *err)
{
	if (commands == NULL)
		abort();
	if (curl_easy_setopt(place->wire.curl, when, commands) != CURLE_OK)
		return FAIL(err, RC_IO, "libcurl lacks SFTP");
	return RC_OK;
}

static MUST_CHECK struct curl_slist *quote_add(struct curl_slist *list, const char *fmt, ...)
    PRINTF_LIKE(2, 3);

static struct curl_slist *
quote_add(struct curl_slist *list, const char *fmt, ...)
{
	char command[2 * SFTP_PATH_MAX + 16];
	struct curl_slist *longer;
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(command, sizeof(command), fmt, args);
	va_end(args);
	if (len < 0 || (size_t)len >= sizeof(command))
		abort(); /* root_is_valid() and names leave room */
	longer = curl_slist_append(list, command);
	if (longer == NULL)
		abort();
	return longer;
}

#define PART "part" /* being uploaded */
#define OLD  "old"  /* being replaced */

/* "daily/.part-one" of "daily/one". */
static struct sftp_path
beside(struct str object, const char *what)
{
	struct sftp_path path;
	const char *slash = memrchr(object.ptr, '/', object.len);
	size_t folder = slash == NULL ? 0 : (size_t)(slash - object.ptr) + 1;

	(void)snprintf(path.text, sizeof(path.text), "%.*s.%s-%.*s", (int)folder, object.ptr,
	               what, (int)(object.len - folder), object.ptr + folder);
	return path;
}

/* --- objects ----------------------------------------------------------------------------- */

/* `may_fail` is "*" or empty. */
static MUST_CHECK struct curl_slist *
quote_rename(struct curl_slist *list, const char *may_fail, struct str root,
             const struct sftp_path *from, const struct sftp_path *to)
{
	return quote_add(list, "%srename %.*s/%s %.*s/%s", may_fail, STR_ARGS(root), from->text,
	                 STR_ARGS(root), to->text);
}

/* Whatever state the last put was broken off in: there is an object or one
 * aside until the new one has its name.  What may fail, because there is nothing
 * or something in its way, starts with an asterisk. */
static enum rc
sftp_put(struct outbound_place *place, struct str object, struct exact *exact, struct err *err)
{
	CLEANUP(wire_url_free) struct wire_url url = { 0 };
	CLEANUP(slist_free) struct curl_slist *commands = NULL;
	struct sftp_path part = beside(object, PART), old = beside(object, OLD), at;
	struct str root = place->root;

	(void)snprintf(at.text, sizeof(at.text), "%.*s", STR_ARGS(object));
	TRY(sftp_begin(place, &url, str_from_c(part.text), err));
	TRY(wire_sends(&place->wire, exact, err));
	commands = quote_rename(commands, "*", root, &old, &at);
	commands = quote_add(commands, "*rm %.*s/%s", STR_ARGS(root), old.text);
	commands = quote_rename(commands, "*", root, &at, &old);
	commands = quote_rename(commands, "", root, &part, &at);
	commands = quote_add(commands, "*rm %.*s/%s", STR_ARGS(root), old.text);
	TRY(quote_set(place, CURLOPT_POSTQUOTE, commands, err));
	if (curl_easy_setopt(place->wire.curl, CURLOPT_FTP_CREATE_MISSING_DIRS,
	                     (long)CURLFTP_CREATE_DIR) != CURLE_OK)
		return FAIL(err, RC_IO, "libcurl lacks SFTP");
	return wire_run(&place->wire, err);
}

static MUST_CHECK enum rc
path_get(struct outbound_place *place, struct str object, const struct sink *sink,
         struct err *err)
{
	CLEANUP(wire_url_free) struct wire_url url = { 0 };

	TRY(sftp_begin(place, &url, object, err));
	place->wire.sink = sink;
	return wire_run(&place->wire, err);
}

static enum rc
sftp_get(struct outbound_place *place, struct str object, const struct sink *sink,
         struct err *err)
{
	enum rc rc = path_get(place, object, sink, err);

	if (rc != RC_NOT_FOUND)
		return rc;
	return path_get(place, str_from_c(beside(object, OLD).text), sink, err);
}

static MUST_CHECK enum rc
path_find(struct outbound_place *place, struct str object, struct place_object *found,
          struct err *err)
{
	CLEANUP(wire_url_free) struct wire_url url = { 0 };
	CURL *curl = place->wire.curl;
	curl_off_t bytes = -1, time_s = -1;

	TRY(sftp_begin(place, &url, object, err));
	if (curl_easy_setopt(curl, CURLOPT_NOBODY, 1L) != CURLE_OK ||
	    curl_easy_setopt(curl, CURLOPT_FILETIME, 1L) != CURLE_OK)
		return FAIL(err, RC_IO, "libcurl lacks SFTP");
	TRY(wire_run(&place->wire, err));
	if (curl_easy_getinfo(curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &bytes) != CURLE_OK ||
	    curl_easy_getinfo(curl, CURLINFO_FILETIME_T, &time_s) != CURLE_OK || time_s < 0)
		return PLACE_FAIL(err, RC_IO, place, object, "its size or time is not told");
	found->bytes = bytes < 0 ? 0 : (uint64_t)bytes; /* of an empty file: none told */
	found->changed_us = (int64_t)time_s * US_PER_S;
	return RC_OK;
}

static enum rc
sftp_find(struct outbound_place *place, struct str object, struct place_object *found,
          struct err *err)
{
	enum rc rc = path_find(place, object, found, err);

	if (rc != RC_NOT_FOUND)
		return rc;
	return path_find(place, str_from_c(beside(object, OLD).text), found, err);
}

/* Whether the command did it shows in looking for the object afterwards. */
static enum rc
sftp_erase(struct outbound_place *place, struct str object, struct err *err)
{
	CLEANUP(wire_url_free) struct wire_url url = { 0 };
	CLEANUP(slist_free) struct curl_slist *commands = NULL;
	struct err why = { 0 };
	enum rc rc;

	TRY(sftp_begin(place, &url, object, err));
	commands =
	    quote_add(commands, "*rm %.*s/%s", STR_ARGS(place->root), beside(object, OLD).text);
	commands =
	    quote_add(commands, "*rm %.*s/%.*s", STR_ARGS(place->root), STR_ARGS(object));
	TRY(quote_set(place, CURLOPT_QUOTE, commands, err));
	if (curl_easy_setopt(place->wire.curl, CURLOPT_NOBODY, 1L) != CURLE_OK)
		return FAIL(err, RC_IO, "libcurl lacks SFTP");
	rc = wire_run(&place->wire, &why);
	if (rc == RC_NOT_FOUND)
		return RC_OK;
	if (rc == RC_OK)
		return PLACE_FAIL(err, RC_DENIED, place, object, "cannot be deleted");
	*err = why;
	return rc;
}

/* --- list -------------------------------------------------------------------------------- */

/* The last words of a line as ls(1) writes them, which is what servers answer
 * (draft-ietf-secsh-filexfer-02, section 7); their count tells a line of it. */
static struct str
last_word(struct str line)
{
	size_t words = 0, at = line.len;

	for (size_t i = line.len; i > 0; i--) {
		if (line.ptr[i - 1] != ' ')
			continue;
		if (words++ == 0)
			at = i;
	}
	if (words < LIST_TOKENS_TAIL)
		return STR_EMPTY;
	return (struct str){ line.ptr + at, line.len - at };
}

struct sftp_walk {
	struct outbound_place *place;
	struct listing *listing;
	char name[LIMIT_PLACE_NAME_BYTES + 2]; /* of the folder, with its "/" */
	size_t len;
	size_t depth;
};

static MUST_CHECK enum rc sftp_walk(struct sftp_walk *walk, struct err *err);

static MUST_CHECK enum rc
line_walk(struct sftp_walk *walk, struct str line, struct err *err)
{
	struct str entry = last_word(line);
	size_t before = walk->len;
	struct place_object object = { .bytes = 0 };

	if (entry.len == 0 || entry.ptr[0] == '.' ||
	    before + entry.len > LIMIT_PLACE_NAME_BYTES)
		return RC_OK;
	memcpy(walk->name + before, entry.ptr, entry.len);
	object.name = (struct str){ walk->name, before + entry.len };
	if (line.ptr[0] == '-')
		return listing_add(walk->listing, &object, err);
	if (line.ptr[0] != 'd' || walk->depth == LIMIT_PLACE_DEPTH ||
	    !place_name_is_valid(object.name) || !listing_may_hold(walk->listing, object.name))
		return RC_OK;
	walk->name[object.name.len] = '/';
	walk->len = object.name.len + 1;
	TRY(sftp_walk(walk, err));
	walk->len = before;
	return RC_OK;
}

/* As deep as names may be.  A folder that is not there holds nothing. */
static enum rc
sftp_walk(struct sftp_walk *walk, struct err *err)
{
	CLEANUP(wire_url_free) struct wire_url url = { 0 };
	CLEANUP(buf_free) struct buf text = { 0 };
	struct outbound_place *place = walk->place;
	struct sink sink = sink_to_buf(&text);
	struct str line, left;
	struct err why = { 0 };
	enum rc rc;

	buf_init(&text, LIMIT_PLACE_LIST_BYTES);
	TRY(sftp_begin(place, &url, (struct str){ walk->name, walk->len }, err));
	place->wire.sink = &sink;
	rc = wire_run(&place->wire, &why);
	if (rc == RC_NOT_FOUND)
		return RC_OK;
	if (rc != RC_OK) {
		*err = why;
		return rc;
	}
	walk->depth++;
	for (left = (struct str){ text.text, text.len }; left.len != 0;) {
		left = str_cut(left, '\n', &line);
		TRY(line_walk(walk, line, err));
	}
	walk->depth--;
	return RC_OK;
}

/* A list's times have no zone and no seconds, so each object of the page is
 * asked for its own.  One that went in between is left out. */
static enum rc
sftp_list(struct outbound_place *place, struct listing *listing, struct err *err)
{
	struct sftp_walk walk = { .place = place, .listing = listing };
	size_t kept = 0;

	TRY(sftp_walk(&walk, err));
	for (size_t i = 0; i < listing->count; i++) {
		struct place_object *object = listing->sorted[i];
		struct err why = { 0 };
		enum rc rc = sftp_find(place, object->name, object, &why);
		if (rc == RC_OK)
			listing->sorted[kept++] = object;
		if (rc == RC_OK || rc == RC_NOT_FOUND)
			continue;
		*err = why;
		return rc;
	}
	listing->count = kept;
	return RC_OK;
}

const struct place_ops place_sftp = { sftp_open, sftp_close, sftp_put,  sftp_get,
	                              sftp_find, sftp_list,  sftp_erase };
