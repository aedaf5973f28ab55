/*
 * `troth simulate`: plays a CSV of id,time,mg/dL as devices do.
 *
 * Each id of the file becomes a stretch of the device's own sequence numbers, so
 * playing the file again stores nothing new.  In each stretch every tenth batch
 * is held back and sent after the others (late backfill), and every seventh is
 * sent twice (a resend).  Times without an offset are UTC.
 */
#include <curl/curl.h>

#include "base/json.h"
#include "base/limits.h"
#include "main/command.h"

#define BATCH_USUAL  288
#define BATCH_MOST   10000
#define ROWS_MOST    5000000
#define LATE_EVERY   10
#define RESEND_EVERY 7
#define WAIT_S       60L

struct sample {
	int64_t taken_us;
	struct str value; /* as it stands in the file */
	int64_t sequence;
};

struct playing {
	struct call *call;
	CURL *curl;
	const char *url;
	struct curl_slist *headers;
	struct sample *samples;
	size_t count;
	int64_t stored, duplicates, refused, requests;
};

/* --- the file --------------------------------------------------------------------- */

static struct str
unquote(struct str field)
{
	field = str_trim(field);
	if (field.len >= 2 && field.ptr[0] == '"' && field.ptr[field.len - 1] == '"')
		return (struct str){ field.ptr + 1, field.len - 2 };
	return field;
}

/* "2015-06-06 16:50:27", or RFC 3339. */
static MUST_CHECK enum rc
moment_parse(struct str text, int64_t *us, struct err *err)
{
	char copy[TIME_TEXT_MAX];

	if (text.len != sizeof("2015-06-06 16:50:27") - 1)
		return time_parse(text, us, NULL, err);
	(void)snprintf(copy, sizeof(copy), "%.*sZ", STR_ARGS(text));
	copy[10] = 'T';
	return time_parse(str_from_c(copy), us, NULL, err);
}

static MUST_CHECK enum rc
line_parse(struct playing *playing, struct str line, size_t number, struct err *err)
{
	struct sample *sample = &playing->samples[playing->count];
	struct str only = call_option(playing->call, "--id");
	struct str id, time, value;

	line = str_cut(line, ',', &id);
	line = str_cut(line, ',', &time);
	(void)str_cut(line, ',', &value);
	if (only.len != 0 && !str_eq(unquote(id), only))
		return RC_OK;
	if (moment_parse(unquote(time), &sample->taken_us, err) != RC_OK)
		return FAIL(err, RC_INVALID, "line %zu: not id,time,value", number);
	sample->value = unquote(value);
	sample->sequence = (int64_t)number;
	playing->count++;
	return RC_OK;
}

static MUST_CHECK enum rc
file_parse(struct playing *playing, struct str text, struct err *err)
{
	size_t lines = 1;
	size_t number = 0;
	struct str line;

	for (size_t i = 0; i < text.len; i++)
		lines += text.ptr[i] == '\n';
	if (lines > ROWS_MOST)
		return FAIL(err, RC_LIMIT, "the file has over %d lines", ROWS_MOST);
	playing->samples = arena_alloc(playing->call->arena, lines * sizeof(struct sample),
	                               _Alignof(struct sample));
	while (text.len != 0) {
		text = str_cut(text, '\n', &line);
		if (str_trim(line).len != 0 && number != 0)
			TRY(line_parse(playing, line, number, err));
		number++; /* the first line names the columns */
	}
	if (playing->count == 0)
		return FAIL(err, RC_INVALID, "there is no reading in the file");
	return RC_OK;
}

/* --- sending ---------------------------------------------------------------------------- */

static size_t
answer_take(char *data, size_t size, size_t count, void *arg)
{
	buf_add(arg, (struct str){ data, size * count });
	return size * count;
}

static void
batch_format(const struct playing *playing, size_t from, size_t until, struct buf *body)
{
	struct json_out out;

	json_out_init(&out, body);
	json_object_begin(&out);
	json_name(&out, "readings");
	json_array_begin(&out);
	for (size_t i = from; i < until; i++) {
		json_object_begin(&out);
		json_text_at(&out, "analyte", STR("glucose"));
		json_name(&out, "value");
		json_put_number(&out, playing->samples[i].value);
		json_text_at(&out, "unit", STR("mg/dL"));
		json_time_at(&out, "taken", playing->samples[i].taken_us);
		json_int_at(&out, "sequence", playing->samples[i].sequence);
		json_object_close(&out);
	}
	json_array_close(&out);
	json_object_close(&out);
}

static MUST_CHECK enum rc
answer_fail(long status, struct err *err)
{
	if (status == 401 || status == 403)
		return FAIL(err, RC_UNAUTHENTICATED,
		            "the server answered %ld: take a token of `troth token issue "
		            "--device SERIAL`",
		            status);
	if (status == 404)
		return FAIL(err, RC_NOT_FOUND,
		            "the server answered 404: it has no such tenant");
	return FAIL(err, RC_IO, "the server answered %ld", status);
}

static MUST_CHECK enum rc
counts_take(struct playing *playing, struct str text, long status, struct err *err)
{
	CLEANUP(json_free) struct json json = { NULL };
	struct json_object *value;
	int64_t stored = 0;
	int64_t duplicates = 0;
	int64_t refused = 0;

	if (json_parse(&json, text, err) != RC_OK || !json_find(json.root, "stored", &value))
		return answer_fail(status, err);
	TRY(json_need_int(json.root, "stored", &stored, err));
	TRY(json_need_int(json.root, "duplicates", &duplicates, err));
	TRY(json_need_int(json.root, "refused", &refused, err));
	playing->stored += stored;
	playing->duplicates += duplicates;
	playing->refused += refused;
	return RC_OK;
}

static MUST_CHECK enum rc
batch_send(struct playing *playing, size_t from, size_t until, struct err *err)
{
	CLEANUP(buf_free) struct buf body = { 0 };
	CLEANUP(buf_free) struct buf answer = { 0 };
	struct str text;
	long status = 0;
	CURLcode code;

	buf_init(&body, LIMIT_BODY_BYTES);
	buf_init(&answer, LIMIT_BODY_BYTES);
	batch_format(playing, from, until, &body);
	TRY(buf_finish(&body, &text, err));
	curl_easy_setopt(playing->curl, CURLOPT_POSTFIELDS, text.ptr);
	curl_easy_setopt(playing->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)text.len);
	curl_easy_setopt(playing->curl, CURLOPT_WRITEDATA, &answer);
	code = curl_easy_perform(playing->curl);
	if (code != CURLE_OK)
		return FAIL(err, RC_IO, "cannot reach the server: %s",
		            curl_easy_strerror(code));
	playing->requests++;
	curl_easy_getinfo(playing->curl, CURLINFO_RESPONSE_CODE, &status);
	TRY(buf_finish(&answer, &text, err));
	return counts_take(playing, text, status, err);
}

enum order { ORDER_PROMPT, ORDER_LATE };

static MUST_CHECK enum rc
pass(struct playing *playing, size_t batch, enum order order, struct err *err)
{
	for (size_t i = 0; i * batch < playing->count; i++) {
		size_t until = (i + 1) * batch;
		bool is_late = i % LATE_EVERY == LATE_EVERY - 1;
		if (until > playing->count)
			until = playing->count;
		if (is_late != (order == ORDER_LATE))
			continue;
		TRY(batch_send(playing, i * batch, until, err));
		if (i % RESEND_EVERY == RESEND_EVERY - 1)
			TRY(batch_send(playing, i * batch, until, err));
	}
	return RC_OK;
}

/* --- the command ---------------------------------------------------------------------------
 */

/* A self-signed certificate is taken on the loopback alone. */
static bool
is_loopback(struct str url)
{
	static const char *const starts[] = { "https://localhost:", "https://127.0.0.1:",
		                              "https://[::1]:" };

	for (size_t i = 0; i < COUNT_OF(starts); i++) {
		if (str_starts_with(url, str_from_c(starts[i])))
			return true;
	}
	return false;
}

static void
connection_set(struct playing *playing)
{
	struct call *call = playing->call;
	struct str url = call_option(call, "--url");
	struct str header;

	if (url.len == 0)
		url = STR("https://localhost:8443");
	playing->url =
	    str_to_c(call->arena, str_printf(call->arena, "%.*s/%.*s/readings", STR_ARGS(url),
	                                     STR_ARGS(call_option(call, "--tenant"))));
	header = str_printf(call->arena, "Authorization: Bearer %.*s",
	                    STR_ARGS(call_option(call, "--token")));
	playing->headers = curl_slist_append(NULL, header.ptr);
	playing->headers =
	    curl_slist_append(playing->headers, "Content-Type: application/json");
	playing->headers = curl_slist_append(playing->headers, "Expect:");
	curl_easy_setopt(playing->curl, CURLOPT_URL, playing->url);
	curl_easy_setopt(playing->curl, CURLOPT_HTTPHEADER, playing->headers);
	curl_easy_setopt(playing->curl, CURLOPT_WRITEFUNCTION, answer_take);
	curl_easy_setopt(playing->curl, CURLOPT_TIMEOUT, WAIT_S);
	curl_easy_setopt(playing->curl, CURLOPT_PROXY, "");
	if (call_has(call, "--ca"))
		curl_easy_setopt(playing->curl, CURLOPT_CAINFO,
		                 str_to_c(call->arena, call_option(call, "--ca")));
	else if (is_loopback(url)) {
		curl_easy_setopt(playing->curl, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(playing->curl, CURLOPT_SSL_VERIFYHOST, 0L);
	}
}

static void
playing_end(struct playing *playing)
{
	curl_slist_free_all(playing->headers);
	if (playing->curl != NULL)
		curl_easy_cleanup(playing->curl);
}

enum rc
simulate_run(struct call *call, struct err *err)
{
	CLEANUP(playing_end) struct playing playing = { .call = call };
	struct str asked = call_option(call, "--batch");
	uint32_t batch = BATCH_USUAL;

	if (asked.len != 0)
		TRY(str_to_u32(asked, &batch, err));
	if (batch < 1 || batch > BATCH_MOST)
		return FAIL(err, RC_INVALID, "--batch is a number from 1 to %d", BATCH_MOST);
	TRY(file_parse(&playing, call_option(call, "--csv"), err));
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0)
		return FAIL(err, RC_IO, "cannot start libcurl");
	playing.curl = curl_easy_init();
	if (playing.curl == NULL)
		return FAIL(err, RC_IO, "cannot start libcurl");
	connection_set(&playing);
	TRY(pass(&playing, batch, ORDER_PROMPT, err));
	TRY(pass(&playing, batch, ORDER_LATE, err));
	buf_addf(call->out,
	         call->is_json ? "{\"readings\":%zu,\"stored\":%lld,\"duplicates\":%lld,"
	                         "\"refused\":%lld,\"requests\":%lld}\n"
	                       : "%zu readings: %lld stored, %lld duplicates, %lld refused, in "
	                         "%lld requests\n",
	         playing.count, (long long)playing.stored, (long long)playing.duplicates,
	         (long long)playing.refused, (long long)playing.requests);
	call->exit_code = playing.refused == 0 ? 0 : 1;
	return RC_OK;
}
