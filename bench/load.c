/*
 * A load generator for `make bench`: keep-alive HTTPS connections to a server on
 * the loopback, one thread each, as lean as TLS allows, since it shares the
 * machine with what it measures.  Bounded in requests and in seconds.
 *
 *	load PORT MODE TOKEN_FILE CONNECTIONS REQUESTS SECONDS [PATIENT [START]]
 *
 * MODE: post (one reading a request), batch (288 readings), again (one batch of
 * 288, the same for ever), fhir (a batch Bundle of 288 Observations), fhir-post,
 * search (latest 50), health, proof (one reading, then the checkpoint is asked for
 * until it covers one entry more).  Every batch is a stretch of time of its own, a
 * reading a minute, from START batches before now backwards, as a device that has
 * years to make up for would send them.  Prints one line of JSON.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"

#define BATCH           288
#define STEP_US         US_PER_MIN
#define POLL_US         10000
#define BODY_MAX        (4 * 1024 * 1024)
#define CONNECTIONS_MAX 64

enum mode {
	MODE_POST,
	MODE_BATCH,
	MODE_AGAIN,
	MODE_FHIR,
	MODE_FHIR_POST,
	MODE_SEARCH,
	MODE_HEALTH,
	MODE_PROOF
};

static const struct {
	const char *name;
	const char *path;
	const char *type;
	int readings;
} modes[] = {
	[MODE_POST] = { "post", "/demo/readings", "application/json", 1 },
	[MODE_BATCH] = { "batch", "/demo/readings", "application/json", BATCH },
	[MODE_AGAIN] = { "again", "/demo/readings", "application/json", BATCH },
	[MODE_FHIR] = { "fhir", "/demo/fhir", "application/fhir+json", BATCH },
	[MODE_FHIR_POST] = { "fhir-post", "/demo/fhir/Observation", "application/fhir+json",
	                     1 },
	[MODE_SEARCH] = { "search", "/demo/fhir/Observation?_sort=-date&_count=50", NULL, 50 },
	[MODE_HEALTH] = { "health", "/-/health", NULL, 0 },
	[MODE_PROOF] = { "proof", "/demo/readings", "application/json", 1 },
};

struct load {
	uint16_t port;
	enum mode mode;
	char token[128];
	const char *patient;
	int connections;
	long requests; /* of each connection */
	int64_t until_us;
	SSL_CTX *tls;
	_Atomic int64_t stretch; /* the next batch's */
};

struct worker {
	struct load *load;
	int number;
	pthread_t thread;
	long done, failed, bytes;
	uint32_t *took_us;
	uint64_t sequence;
};

/* --- bodies ----------------------------------------------------------------------- */

/* Each worker has sequence numbers of its own: the thread's number in the high bits. */
static int64_t
next_sequence(struct worker *worker)
{
	return (int64_t)((uint64_t)worker->number << 40 | worker->sequence++);
}

static void
plain_reading(struct worker *worker, struct json_out *out, int64_t taken_us)
{
	json_object_begin(out);
	json_text_at(out, "analyte", STR("glucose"));
	json_int_at(out, "value", 90 + (int64_t)(worker->sequence % 90));
	json_text_at(out, "unit", STR("mg/dL"));
	json_time_at(out, "taken", taken_us / US_PER_MS * US_PER_MS);
	json_int_at(out, "sequence", next_sequence(worker));
	json_object_close(out);
}

static void
coding(struct json_out *out, const char *system, const char *code)
{
	json_object_begin(out);
	json_text_at(out, "system", str_from_c(system));
	json_text_at(out, "code", str_from_c(code));
	json_object_close(out);
}

static void
observation(struct worker *worker, struct json_out *out, int64_t taken_us)
{
	char text[80];

	json_object_begin(out);
	json_text_at(out, "resourceType", STR("Observation"));
	json_name(out, "identifier");
	json_array_begin(out);
	json_object_begin(out);
	json_text_at(out, "system", STR("urn:troth:sequence"));
	(void)snprintf(text, sizeof(text), "%lld", (long long)next_sequence(worker));
	json_text_at(out, "value", str_from_c(text));
	json_object_close(out);
	json_array_close(out);
	json_text_at(out, "status", STR("final"));
	json_name(out, "code");
	json_object_begin(out);
	json_name(out, "coding");
	json_array_begin(out);
	coding(out, "http://loinc.org", "99504-3");
	json_array_close(out);
	json_object_close(out);
	json_name(out, "subject");
	json_object_begin(out);
	(void)snprintf(text, sizeof(text), "Patient/%s", worker->load->patient);
	json_text_at(out, "reference", str_from_c(text));
	json_object_close(out);
	json_time_at(out, "effectiveDateTime", taken_us / US_PER_MS * US_PER_MS);
	json_name(out, "valueQuantity");
	json_object_begin(out);
	json_int_at(out, "value", 90 + (int64_t)(worker->sequence % 90));
	json_text_at(out, "unit", STR("mg/dl"));
	json_text_at(out, "system", STR("http://unitsofmeasure.org"));
	json_text_at(out, "code", STR("mg/dL"));
	json_object_close(out);
	json_object_close(out);
}

static void
fhir_batch(struct worker *worker, struct json_out *out, int64_t from_us)
{
	json_object_begin(out);
	json_text_at(out, "resourceType", STR("Bundle"));
	json_text_at(out, "type", STR("batch"));
	json_name(out, "entry");
	json_array_begin(out);
	for (int i = 0; i < BATCH; i++) {
		json_object_begin(out);
		json_name(out, "resource");
		observation(worker, out, from_us + i * STEP_US);
		json_name(out, "request");
		json_object_begin(out);
		json_text_at(out, "method", STR("POST"));
		json_text_at(out, "url", STR("Observation"));
		json_object_close(out);
		json_object_close(out);
	}
	json_array_close(out);
	json_object_close(out);
}

/* Where the next batch's time begins. */
static int64_t
stretch_take(struct worker *worker, int64_t now_us)
{
	int64_t stretch = worker->load->mode == MODE_AGAIN ? 1 : worker->load->stretch++;

	return now_us / STEP_US * STEP_US - (stretch + 1) * BATCH * STEP_US;
}

static void
body_make(struct worker *worker, struct buf *body)
{
	int64_t now_us = clock_now_us(&(struct clock){ 0 });
	struct json_out out;

	body->len = 0;
	json_out_init(&out, body);
	if (worker->load->mode == MODE_AGAIN)
		worker->sequence = 0;
	switch (worker->load->mode) {
	case MODE_POST:
	case MODE_PROOF:
		plain_reading(worker, &out, now_us);
		return;
	case MODE_BATCH:
	case MODE_AGAIN:
		now_us = stretch_take(worker, now_us);
		json_array_begin(&out);
		for (int i = 0; i < BATCH; i++)
			plain_reading(worker, &out, now_us + i * STEP_US);
		json_array_close(&out);
		return;
	case MODE_FHIR:
		fhir_batch(worker, &out, stretch_take(worker, now_us));
		return;
	case MODE_FHIR_POST:
		observation(worker, &out, now_us);
		return;
	case MODE_SEARCH:
	case MODE_HEALTH:
	default:
		return;
	}
}

/* --- one connection ------------------------------------------------------------------ */

static SSL *
connect_to(const struct load *load)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		                       .sin_port = htons(load->port),
		                       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	int yes = 1;
	SSL *ssl;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0)
		return NULL;
	ssl = SSL_new(load->tls);
	SSL_set_fd(ssl, fd);
	SSL_set_tlsext_host_name(ssl, "localhost");
	return SSL_connect(ssl) == 1 ? ssl : NULL;
}

/* Reads one answer; its status, or -1. */
static int
answer_read(SSL *ssl, char *room, size_t size, long *bytes)
{
	size_t have = 0;
	size_t body = 0;
	char *end = NULL;
	const char *length;
	int status;

	while (end == NULL) {
		int count =
		    have + 1 < size ? SSL_read(ssl, room + have, (int)(size - have - 1)) : 0;
		if (count <= 0)
			return -1;
		have += (size_t)count;
		room[have] = '\0';
		end = strstr(room, "\r\n\r\n");
	}
	status = (int)strtol(room + sizeof("HTTP/1.1"), NULL, 10);
	length = strcasestr(room, "content-length:");
	if (length == NULL || length > end)
		return -1;
	body = strtoul(length + sizeof("content-length:") - 1, NULL, 10);
	*bytes += (long)body;
	body += (size_t)(end + 4 - room);
	if (body >= size)
		return -1;
	while (have < body) {
		int count = SSL_read(ssl, room + have, (int)(body - have));
		if (count <= 0)
			return -1;
		have += (size_t)count;
	}
	room[have] = '\0';
	return status;
}

static void
request_make(const struct load *load, const char *path, const struct buf *body,
             struct buf *request)
{
	const char *type = body == NULL ? NULL : modes[load->mode].type;

	request->len = 0;
	buf_addf(request,
	         "%s %s HTTP/1.1\r\nHost: localhost:%u\r\nAccept: application/json\r\n"
	         "Authorization: Bearer %s\r\n",
	         type != NULL ? "POST" : "GET", path, load->port, load->token);
	if (type != NULL)
		buf_addf(request, "Content-Type: %s\r\nContent-Length: %zu\r\n", type,
		         body->len);
	buf_add(request, STR("\r\n"));
	if (type != NULL)
		buf_add(request, (struct str){ body->text, body->len });
}

/* The size that the tenant's checkpoint states, in its second line; -1: none. */
static int64_t
checkpoint_size(const struct load *load, SSL *ssl, char *room)
{
	CLEANUP(buf_free) struct buf request = { 0 };
	const char *at;
	long bytes = 0;

	buf_init(&request, BODY_MAX);
	buf_addf(&request, "GET /demo/log/checkpoint HTTP/1.1\r\nHost: localhost:%u\r\n\r\n",
	         load->port);
	if (SSL_write(ssl, request.text, (int)request.len) <= 0 ||
	    answer_read(ssl, room, BODY_MAX, &bytes) != 200)
		return -1;
	at = strstr(room, "\r\n\r\n");
	at = at == NULL ? NULL : strchr(at + 4, '\n');
	return at == NULL ? -1 : strtoll(at + 1, NULL, 10);
}

/* After its act: how long until the signed tree holds it. */
static bool
proof_await(struct worker *worker, SSL *ssl, char *room, int64_t size)
{
	int64_t begun_us = clock_monotonic_us();

	while (clock_monotonic_us() < worker->load->until_us) {
		if (checkpoint_size(worker->load, ssl, room) > size) {
			worker->took_us[worker->done++] =
			    (uint32_t)(clock_monotonic_us() - begun_us);
			return true;
		}
		(void)usleep(POLL_US);
	}
	return false;
}

/* One request and its answer; false ends the connection. */
static bool
turn(struct worker *worker, SSL *ssl, char *room, const struct buf *request)
{
	int64_t begun_us = clock_monotonic_us();
	bool is_proof = worker->load->mode == MODE_PROOF;
	int64_t size = is_proof ? checkpoint_size(worker->load, ssl, room) : 0;
	int status;

	if (begun_us > worker->load->until_us || size < 0 ||
	    SSL_write(ssl, request->text, (int)request->len) <= 0)
		return false;
	status = answer_read(ssl, room, BODY_MAX, &worker->bytes);
	if (status < 200 || status > 299) {
		worker->failed++;
		return status >= 0;
	}
	if (is_proof)
		return proof_await(worker, ssl, room, size);
	worker->took_us[worker->done++] = (uint32_t)(clock_monotonic_us() - begun_us);
	return true;
}

static void *
work(void *arg)
{
	struct worker *worker = arg;
	const struct load *load = worker->load;
	bool has_body = modes[load->mode].type != NULL;
	char *room = malloc(BODY_MAX);
	struct buf body;
	struct buf request;
	SSL *ssl = connect_to(load);

	buf_init(&body, BODY_MAX);
	buf_init(&request, 2 * BODY_MAX);
	while (ssl != NULL && worker->done + worker->failed < load->requests) {
		body_make(worker, &body);
		request_make(load, modes[load->mode].path, has_body ? &body : NULL, &request);
		if (!turn(worker, ssl, room, &request))
			break;
	}
	if (ssl == NULL)
		worker->failed = load->requests;
	free(room);
	buf_free(&body);
	buf_free(&request);
	return NULL;
}

static int
by_size(const void *a, const void *b)
{
	const uint32_t *x = a;
	const uint32_t *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void
report(const struct load *load, struct worker *workers, double seconds)
{
	uint32_t *all = malloc((size_t)(load->connections * load->requests + 1) * sizeof(*all));
	long failed = 0;
	long bytes = 0;
	size_t done = 0;

	for (int i = 0; i < load->connections; i++) {
		memcpy(all + done, workers[i].took_us, (size_t)workers[i].done * sizeof(*all));
		done += (size_t)workers[i].done;
		failed += workers[i].failed;
		bytes += workers[i].bytes;
	}
	qsort(all, done, sizeof(*all), by_size);
	printf("{\"mode\":\"%s\",\"connections\":%d,\"requests\":%zu,\"failed\":%ld,"
	       "\"per_s\":%.0f,\"readings_per_s\":%.0f,\"p50_ms\":%.2f,\"p99_ms\":%.2f,"
	       "\"answer_bytes\":%ld}\n",
	       modes[load->mode].name, load->connections, done, failed, (double)done / seconds,
	       (double)done * modes[load->mode].readings / seconds,
	       done == 0 ? 0 : all[done / 2] / 1000.0,
	       done == 0 ? 0 : all[done * 99 / 100] / 1000.0,
	       done == 0 ? 0 : bytes / (long)done);
	free(all);
}

static int
load_run(struct load *load)
{
	static struct worker workers[CONNECTIONS_MAX];
	int64_t begun_us = clock_monotonic_us();
	uint64_t salt = (uint64_t)clock_now_us(&(struct clock){ 0 }) / 1000000 % 1000000;

	for (int i = 0; i < load->connections; i++) {
		workers[i] =
		    (struct worker){ .load = load,
			             .number = i,
			             .sequence = load->mode == MODE_AGAIN ? 0 : salt << 20 };
		workers[i].took_us = calloc((size_t)load->requests + 1, sizeof(uint32_t));
		if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
			return 1;
	}
	for (int i = 0; i < load->connections; i++)
		(void)pthread_join(workers[i].thread, NULL);
	report(load, workers, (double)(clock_monotonic_us() - begun_us) / 1e6);
	return 0;
}

int
main(int argc, char **argv)
{
	struct load load = { 0 };
	FILE *file;

	if (argc < 7)
		return 2;
	(void)signal(SIGPIPE, SIG_IGN);
	load.port = (uint16_t)strtoul(argv[1], NULL, 10);
	for (size_t i = 0; i < COUNT_OF(modes); i++) {
		if (strcmp(argv[2], modes[i].name) == 0)
			load.mode = (enum mode)i;
	}
	file = fopen(argv[3], "re");
	if (file == NULL || fscanf(file, "%100s", load.token) != 1)
		return 2;
	(void)fclose(file);
	load.connections = (int)strtol(argv[4], NULL, 10);
	load.requests = strtol(argv[5], NULL, 10);
	load.until_us = clock_monotonic_us() + strtol(argv[6], NULL, 10) * US_PER_S;
	load.patient = argc > 7 ? argv[7] : "";
	load.stretch = argc > 8 ? strtoll(argv[8], NULL, 10) : 0;
	if (load.connections < 1 || load.connections > CONNECTIONS_MAX)
		return 2;
	load.tls = SSL_CTX_new(TLS_client_method());
	return load_run(&load);
}
