/*
 * Asking the server as anybody could: over its own listener, with libcurl.
 */
#include <curl/curl.h>

#include "base/limits.h"
#include "office/tally.h"
#include "prove/inside.h"

#define ASK_SECONDS 60L

struct client {
	CURL *curl;
	char *url;
	char *ca_file;
	struct curl_slist *to; /* where the server is, whatever its name says */
};

enum rc
client_open(struct client **client, const struct prove_options *options, struct err *err)
{
	struct client *opened = calloc(1, sizeof(*opened));
	char to[300];

	if (opened == NULL)
		abort();
	opened->curl = curl_easy_init();
	opened->url = strdup(options->url);
	opened->ca_file = strdup(options->ca_file);
	(void)snprintf(to, sizeof(to), "::%s", options->address);
	opened->to = curl_slist_append(NULL, to);
	if (opened->curl == NULL) {
		client_close(opened);
		return FAIL(err, RC_IO, "the HTTP client cannot be made");
	}
	*client = opened;
	return RC_OK;
}

void
client_close(struct client *client)
{
	if (client == NULL)
		return;
	curl_easy_cleanup(client->curl);
	curl_slist_free_all(client->to);
	free(client->url);
	free(client->ca_file);
	free(client);
}

struct receiving {
	struct arena *arena;
	struct answer *answer;
	struct buf body;
};

static size_t
body_take(char *data, size_t size, size_t count, void *arg)
{
	struct receiving *receiving = arg;

	if (receiving->body.len + size * count <= ANSWER_BYTES_MAX)
		buf_add(&receiving->body, (struct str){ data, size * count });
	return size * count;
}

static size_t
header_take(char *data, size_t size, size_t count, void *arg)
{
	struct receiving *receiving = arg;
	struct answer *answer = receiving->answer;
	struct str line = { data, size * count };
	struct str name;

	line = str_trim(str_cut(line, ':', &name));
	if (line.len != 0 && answer->header_count < COUNT_OF(answer->headers))
		answer->headers[answer->header_count++] =
		    (struct response_header){ str_copy(receiving->arena, name),
			                      str_copy(receiving->arena, line) };
	return size * count;
}

static void
list_free(struct curl_slist **list)
{
	curl_slist_free_all(*list);
}

static void
header_add(struct curl_slist **list, struct arena *arena, const char *name, struct str value)
{
	struct str line = str_printf(arena, "%s: %.*s", name, STR_ARGS(value));

	if (value.len != 0)
		*list = curl_slist_append(*list, str_to_c(arena, line));
}

static void
tls_set(CURL *curl, const struct client *client, const struct question *question)
{
	static const long most[] = { CURL_SSLVERSION_MAX_TLSv1_0, CURL_SSLVERSION_MAX_TLSv1_1,
		                     CURL_SSLVERSION_MAX_TLSv1_2, CURL_SSLVERSION_MAX_TLSv1_3 };

	curl_easy_setopt(curl, CURLOPT_CAINFO, client->ca_file);
	if (question->tls_max_minor == 0 && question->tls13_ciphers == NULL)
		return;
	curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, 1L);
	curl_easy_setopt(curl, CURLOPT_SSL_SESSIONID_CACHE, 0L);
	curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, 1L);
	if (question->tls_max_minor != 0) {
		curl_easy_setopt(curl, CURLOPT_SSLVERSION,
		                 CURL_SSLVERSION_TLSv1_0 | most[question->tls_max_minor]);
		/* Or the library would refuse old versions before the server is asked. */
		curl_easy_setopt(curl, CURLOPT_SSL_CIPHER_LIST, "ALL:@SECLEVEL=0");
	}
	if (question->tls13_ciphers != NULL)
		curl_easy_setopt(curl, CURLOPT_TLS13_CIPHERS, question->tls13_ciphers);
}

static void
question_set(CURL *curl, const struct prove *prove, const struct question *question)
{
	const struct client *client = prove->client;
	struct str url = str_printf(
	    prove->arena, "%s%s%.*s%.*s", client->url, question->is_from_root ? "" : "/",
	    STR_ARGS(question->is_from_root ? STR_EMPTY : prove->tenant->slug),
	    STR_ARGS(question->path));

	curl_easy_reset(curl);
	curl_easy_setopt(curl, CURLOPT_URL, str_to_c(prove->arena, url));
	curl_easy_setopt(curl, CURLOPT_CONNECT_TO, client->to);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	if (!question->is_counted)
		curl_easy_setopt(curl, CURLOPT_USERAGENT, PROBE_BROWSER);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, ASK_SECONDS);
	curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, question->method);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, body_take);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, header_take);
	if (question->body.len != 0 || strcmp(question->method, "POST") == 0) {
		curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
		                 (curl_off_t)question->body.len);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS,
		                 str_to_c(prove->arena, question->body));
		curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, question->method);
	}
	tls_set(curl, client, question);
}

static bool
is_tls_refusal(CURLcode code)
{
	return code == CURLE_SSL_CONNECT_ERROR || code == CURLE_SSL_CIPHER ||
	       code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_RECV_ERROR ||
	       code == CURLE_GOT_NOTHING || code == CURLE_SEND_ERROR;
}

enum rc
client_ask(struct prove *prove, const struct question *question, struct answer *answer,
           struct err *err)
{
	CLEANUP(list_free) struct curl_slist *headers = NULL;
	CURL *curl = prove->client->curl;
	struct receiving receiving = { prove->arena, answer, { 0 } };
	struct str body;
	CURLcode code;
	enum rc rc;

	*answer = (struct answer){ 0 };
	buf_init(&receiving.body, ANSWER_BYTES_MAX);
	question_set(curl, prove, question);
	header_add(&headers, prove->arena, "Accept",
	           question->accept.len == 0 ? STR("application/json") : question->accept);
	header_add(&headers, prove->arena, "Content-Type", question->type);
	header_add(&headers, prove->arena, "Cookie", question->cookies);
	if (question->token.len != 0)
		header_add(&headers, prove->arena, "Authorization",
		           str_printf(prove->arena, "Bearer %.*s", STR_ARGS(question->token)));
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, &receiving);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, &receiving);
	code = curl_easy_perform(curl);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer->status);
	rc = buf_finish(&receiving.body, &body, err);
	if (rc == RC_OK)
		answer->body = str_copy(prove->arena, body);
	buf_free(&receiving.body);
	TRY(rc);
	if (code == CURLE_OK)
		return RC_OK;
	answer->why = curl_easy_strerror(code);
	answer->is_refused = is_tls_refusal(code);
	if (answer->is_refused)
		return RC_OK;
	return FAIL(err, RC_IO, "the server cannot be asked: %s", answer->why);
}

struct str
answer_header(const struct answer *answer, const char *name)
{
	for (size_t i = 0; i < answer->header_count; i++) {
		if (str_eq_nocase(answer->headers[i].name, str_from_c(name)))
			return answer->headers[i].value;
	}
	return STR_EMPTY;
}
