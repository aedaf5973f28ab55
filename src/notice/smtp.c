#include "notice/smtp.h"

#include <curl/curl.h>

#include "base/arena.h"
#include "base/limits.h"
#include "crypto/secret.h"
#include "notice/mime.h"

#define CONNECT_S      15L
#define WHOLE_S        60L
#define PASSWORD_BYTES 256

struct smtp {
	CURL *curl;
	struct arena arena;
	const char *url;
	const char *user; /* NULL: none */
	const char *from; /* "<address>" */
	bool is_clear;    /* on this machine */
	char password[PASSWORD_BYTES];
};

static void
url_free(CURLU **url)
{
	curl_url_cleanup(*url);
}

static void
part_free(char **part)
{
	curl_free(*part);
}

static void
list_free(struct curl_slist **list)
{
	curl_slist_free_all(*list);
}

static void
file_close(FILE **file)
{
	if (*file != NULL)
		(void)fclose(*file);
}

/* --- open ------------------------------------------------------------------------------ */

static bool
host_is_here(const char *host)
{
	static const char *const names[] = { "localhost", "127.0.0.1", "[::1]" };

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		if (strcmp(host, names[i]) == 0)
			return true;
	}
	return false;
}

/* No part but scheme, host and port; a path would be the name we greet with. */
static MUST_CHECK enum rc
url_take(struct smtp *smtp, const struct smtp_options *options, struct err *err)
{
	static const CURLUPart others[] = { CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_QUERY,
		                            CURLUPART_FRAGMENT };
	CLEANUP(url_free) CURLU *url = curl_url();
	CLEANUP(part_free) char *scheme = NULL;
	CLEANUP(part_free) char *host = NULL;
	CLEANUP(part_free) char *path = NULL;
	struct str given = str_from_c(options->url);

	if (url == NULL)
		abort();
	if (curl_url_set(url, CURLUPART_URL, options->url, 0) != CURLUE_OK ||
	    curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
	    curl_url_get(url, CURLUPART_HOST, &host, 0) != CURLUE_OK ||
	    curl_url_get(url, CURLUPART_PATH, &path, 0) != CURLUE_OK ||
	    strcmp(path, "/") != 0 ||
	    (strcmp(scheme, "smtp") != 0 && strcmp(scheme, "smtps") != 0))
		return FAIL(err, RC_INVALID, "smtp: not a URL such as smtp://host:587");
	for (size_t i = 0; i < COUNT_OF(others); i++) {
		CLEANUP(part_free) char *part = NULL;
		if (curl_url_get(url, others[i], &part, 0) == CURLUE_OK)
			return FAIL(err, RC_INVALID, "smtp: a URL of host and port only");
	}
	smtp->is_clear = strcmp(scheme, "smtp") == 0 && host_is_here(host);
	if (str_ends_with(given, STR("/")))
		given.len--;
	/* Greet as the sender's domain, not with this machine's name. */
	smtp->url = str_printf(&smtp->arena, "%.*s/%.*s", STR_ARGS(given),
	                       STR_ARGS(mime_domain(options->from)))
	                .ptr;
	return RC_OK;
}

static MUST_CHECK enum rc
password_read(struct smtp *smtp, const char *path, struct err *err)
{
	CLEANUP(file_close) FILE *file = fopen(path, "rbe");
	size_t count;

	if (file == NULL)
		return FAIL(err, RC_INVALID, "smtp: the password file cannot be opened");
	setbuf(file, NULL);
	count = fread(smtp->password, 1, PASSWORD_BYTES, file);
	if (count == PASSWORD_BYTES)
		return FAIL(err, RC_INVALID, "smtp: the password is over %d bytes",
		            PASSWORD_BYTES - 1);
	smtp->password[count] = '\0';
	smtp->password[strcspn(smtp->password, "\r\n")] = '\0';
	return RC_OK;
}

static MUST_CHECK enum rc
smtp_fill(struct smtp *smtp, const struct smtp_options *options, struct err *err)
{
	TRY(url_take(smtp, options, err));
	if (options->user != NULL)
		smtp->user = str_to_c(&smtp->arena, str_from_c(options->user));
	if (options->password_file != NULL)
		TRY(password_read(smtp, options->password_file, err));
	smtp->from = str_printf(&smtp->arena, "<%.*s>", STR_ARGS(options->from)).ptr;
	smtp->curl = curl_easy_init();
	if (smtp->curl == NULL)
		abort();
	return RC_OK;
}

enum rc
smtp_open(struct smtp **smtp, const struct smtp_options *options, struct err *err)
{
	struct smtp *opened;
	enum rc rc;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return FAIL(err, RC_IO, "libcurl does not start");
	opened = calloc(1, sizeof(*opened));
	if (opened == NULL)
		abort();
	arena_init(&opened->arena, 64 * KIB);
	rc = smtp_fill(opened, options, err);
	if (rc != RC_OK) {
		smtp_close(opened);
		return rc;
	}
	*smtp = opened;
	return RC_OK;
}

void
smtp_close(struct smtp *smtp)
{
	if (smtp == NULL)
		return;
	if (smtp->curl != NULL)
		curl_easy_cleanup(smtp->curl);
	arena_free(&smtp->arena);
	secret_wipe(smtp, sizeof(*smtp));
	free(smtp);
	curl_global_cleanup();
}

/* --- send ------------------------------------------------------------------------------ */

static size_t
message_read(char *out, size_t size, size_t items, void *arg)
{
	struct str *left = arg;
	size_t count = size * items < left->len ? size * items : left->len;

	memcpy(out, left->ptr, count);
	left->ptr += count;
	left->len -= count;
	return count;
}

/* Failing to set an option would send without it: every answer counts. */
static MUST_CHECK enum rc
options_set(const struct smtp *smtp, struct str *left, const struct curl_slist *to,
            struct err *err)
{
	CURL *curl = smtp->curl;
	long tls = smtp->is_clear ? CURLUSESSL_NONE : CURLUSESSL_ALL;
	bool is_set = curl_easy_setopt(curl, CURLOPT_URL, smtp->url) == CURLE_OK &&
	              curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps") == CURLE_OK &&
	              curl_easy_setopt(curl, CURLOPT_USE_SSL, tls) == CURLE_OK &&
	              curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
	              curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK &&
	              curl_easy_setopt(curl, CURLOPT_SSLVERSION,
	                               (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK &&
	              curl_easy_setopt(curl, CURLOPT_PROXY, "") == CURLE_OK &&
	              curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
	              curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, CONNECT_S) == CURLE_OK &&
	              curl_easy_setopt(curl, CURLOPT_TIMEOUT, WHOLE_S) == CURLE_OK &&
	              curl_easy_setopt(curl, CURLOPT_MAIL_FROM, smtp->from) == CURLE_OK &&
	              curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, to) == CURLE_OK &&
	              curl_easy_setopt(curl, CURLOPT_READFUNCTION, message_read) == CURLE_OK &&
	              curl_easy_setopt(curl, CURLOPT_READDATA, left) == CURLE_OK &&
	              curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L) == CURLE_OK;

	if (is_set && smtp->user != NULL)
		is_set = curl_easy_setopt(curl, CURLOPT_USERNAME, smtp->user) == CURLE_OK &&
		         curl_easy_setopt(curl, CURLOPT_PASSWORD, smtp->password) == CURLE_OK;
	return is_set ? RC_OK : FAIL(err, RC_IO, "libcurl lacks what mail needs");
}

enum rc
smtp_send(struct smtp *smtp, struct str to, struct str message, struct err *err)
{
	CLEANUP(list_free) struct curl_slist *list = NULL;
	CLEANUP(arena_free) struct arena arena = { 0 };
	CURLcode code;
	long answer = 0;

	arena_init(&arena, 4 * KIB);
	list = curl_slist_append(NULL, str_printf(&arena, "<%.*s>", STR_ARGS(to)).ptr);
	if (list == NULL)
		abort();
	curl_easy_reset(smtp->curl); /* keeps the connection */
	TRY(options_set(smtp, &message, list, err));
	code = curl_easy_perform(smtp->curl);
	if (code == CURLE_OK)
		return RC_OK;
	if (curl_easy_getinfo(smtp->curl, CURLINFO_RESPONSE_CODE, &answer) != CURLE_OK)
		answer = 0;
	if (code == CURLE_SEND_ERROR && (answer == 550 || answer == 551 || answer == 553))
		return FAIL(err, RC_INVALID, "the relay refuses the mailbox (%ld)", answer);
	return FAIL(err, RC_IO, "mail was not taken (%s, %ld)", curl_easy_strerror(code),
	            answer);
}
