#include "web/carriage.h"
#include "base/broken.h"

#include "office/activity.h"
#include "office/tally.h"

#include <poll.h>
#include <sys/socket.h>

#include "base/log.h"
#include "web/form.h"
#include "web/metrics.h"

#define PIECE_BYTES     (64 * KIB)
#define LINGER_MS       1000
#define LINGER_BYTES    (4 * MIB)
#define TARGET_KEPT_MAX (LIMIT_PATH_BYTES + 1) /* one more: so that it is seen as too long */

struct carriage {
	struct shared *shared;
	struct connection *connection;
	struct exchange *exchange;
	struct head head;
	struct buf body;
	size_t charged_bytes; /* of the budget of all bodies */
	struct err err;
	bool has_begun, is_refused, is_over_limit;
	int64_t begun_us;
	size_t piece_at; /* how far the current piece of the answer is sent */
	bool has_more;
	size_t sent_bytes;
	bool has_unread; /* answered before the body was read */
};

struct connection *
connection_of(struct MHD_Connection *peer)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(peer, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info == NULL ? NULL : info->socket_context;
}

void *
carriage_first_line(void *cls, const char *target, struct MHD_Connection *peer)
{
	struct shared *shared = cls;
	struct carriage *carriage = calloc(1, sizeof(*carriage));
	struct str text = str_from_c(target);

	if (carriage == NULL)
		abort();
	carriage->shared = shared;
	carriage->connection = connection_of(peer);
	carriage->begun_us = clock_monotonic_us();
	carriage->exchange = exchange_new(shared->site);
	if (text.len > TARGET_KEPT_MAX)
		text.len = TARGET_KEPT_MAX;
	carriage->head.target = str_copy(&carriage->exchange->arena, text);
	if (atomic_load(&carriage->connection->phase) == PHASE_IDLE)
		connection_phase(carriage->connection, PHASE_HEAD);
	return carriage;
}

/* --- the answer -------------------------------------------------------------- */

static ssize_t
piece_read(void *cls, uint64_t position, char *out, size_t max)
{
	struct carriage *carriage = cls;
	struct exchange *exchange = carriage->exchange;
	struct err err = { 0 };
	size_t left, count;

	(void)position;
	while (carriage->piece_at == exchange->page.len) {
		if (!carriage->has_more)
			return MHD_CONTENT_READER_END_OF_STREAM;
		exchange->page.len = 0;
		carriage->piece_at = 0;
		if (exchange->reply.source.more(exchange->reply.source.state, &exchange->page,
		                                &carriage->has_more, &err) != RC_OK ||
		    exchange->page.full) {
			log_failure("web.stream", &err);
			return MHD_CONTENT_READER_END_WITH_ERROR;
		}
	}
	left = exchange->page.len - carriage->piece_at;
	count = left < max ? left : max;
	memcpy(out, exchange->page.text + carriage->piece_at, count);
	carriage->piece_at += count;
	carriage->sent_bytes += count;
	return (ssize_t)count;
}

static struct MHD_Response *
response_make(struct carriage *carriage)
{
	const struct reply *reply = &carriage->exchange->reply;

	if (reply->source.more != NULL) {
		carriage->has_more = true;
		return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, PIECE_BYTES,
		                                         piece_read, carriage, NULL);
	}
	carriage->sent_bytes = reply->body.len;
	/* The library only reads a persistent buffer; its type says otherwise. */
	return MHD_create_response_from_buffer(
	    reply->body.len, (void *)(uintptr_t)reply->body.ptr, MHD_RESPMEM_PERSISTENT);
}

static enum MHD_Result
answer_send(struct carriage *carriage, struct MHD_Connection *peer)
{
	struct exchange *exchange = carriage->exchange;
	struct MHD_Response *response = response_make(carriage);
	enum MHD_Result result = MHD_YES;

	if (response == NULL)
		return MHD_NO;
	for (size_t i = 0; i < exchange->reply.headers.count && result == MHD_YES; i++) {
		const struct pair *header = &exchange->reply.headers.items[i];
		result =
		    MHD_add_response_header(response, str_to_c(&exchange->arena, header->name),
		                            str_to_c(&exchange->arena, header->value));
	}
	if (result == MHD_YES && carriage->has_unread)
		result = MHD_add_response_header(response, "Connection", "close");
	if (result == MHD_YES)
		result = MHD_queue_response(peer, (unsigned)exchange->reply.status, response);
	else
		LOG(LEVEL_ERROR, "web.header", F_NUM("status", exchange->reply.status));
	MHD_destroy_response(response);
	return result;
}

/* --- the head ---------------------------------------------------------------- */

static enum MHD_Result
header_take(void *cls, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct carriage *carriage = cls;
	struct str text = value == NULL ? STR_EMPTY : str_from_c(value);

	(void)kind;
	return pairs_add(&carriage->head.headers, str_from_c(name), text, &carriage->err) ==
	               RC_OK
	           ? MHD_YES
	           : MHD_NO;
}

static enum rc
headers_take(struct carriage *carriage, struct MHD_Connection *peer, struct err *err)
{
	const union MHD_ConnectionInfo *size =
	    MHD_get_connection_info(peer, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
	int count = MHD_get_connection_values(peer, MHD_HEADER_KIND, header_take, carriage);

	carriage->exchange->refused_status = 431;
	if (count > LIMIT_FIELDS || (size != NULL && size->header_size > LIMIT_HEADERS_BYTES))
		return FAIL(err, RC_LIMIT, "the headers are too long or too many");
	carriage->exchange->refused_status = 0;
	return RC_OK;
}

/* A Host that the certificate is not for would come back in mailed links. */
static enum rc
host_check(struct carriage *carriage, struct err *err)
{
	struct connection *connection = carriage->connection;
	struct str name = host_name(carriage->exchange->framing.host);

	if (name.len == 0 || str_eq(str_from_c(connection->host), name))
		return RC_OK;
	if (!certificate_covers(atomic_load(&carriage->shared->certificate), name)) {
		carriage->exchange->refused_status = 421;
		return FAIL(err, RC_SYNTAX, "this server is not that host");
	}
	memcpy(connection->host, name.ptr, name.len);
	connection->host[name.len] = '\0';
	return RC_OK;
}

static bool
has_body(const struct carriage *carriage)
{
	const struct pairs *headers = &carriage->head.headers;

	for (size_t i = 0; i < headers->count; i++) {
		struct str name = headers->items[i].name;
		if (str_eq_nocase(name, STR("Transfer-Encoding")))
			return true;
		if (str_eq_nocase(name, STR("Content-Length")) &&
		    !str_eq(headers->items[i].value, STR("0")))
			return true;
	}
	return false;
}

static enum rc
head_read(struct carriage *carriage, struct MHD_Connection *peer, const char *method,
          struct err *err)
{
	struct exchange *exchange = carriage->exchange;

	carriage->head.method = str_from_c(method);
	carriage->head.address = str_from_c(carriage->connection->address);
	TRY(headers_take(carriage, peer, err));
	TRY(framing_read(&carriage->head.headers, &exchange->framing, err));
	TRY(host_check(carriage, err));
	return exchange_begin(exchange, &carriage->head, err);
}

static enum MHD_Result
head_step(struct carriage *carriage, struct MHD_Connection *peer, const char *method)
{
	struct exchange *exchange = carriage->exchange;

	carriage->has_begun = true;
	if (head_read(carriage, peer, method, &carriage->err) != RC_OK) {
		carriage->is_refused = true;
		connection_phase(carriage->connection, PHASE_WORK);
		if (!has_body(carriage))
			return MHD_YES;
		carriage->has_unread = true;
		exchange_refuse(exchange, &carriage->err);
		return answer_send(carriage, peer);
	}
	buf_init(&carriage->body, exchange->request.route->body_bytes);
	connection_phase(carriage->connection, has_body(carriage) ? PHASE_BODY : PHASE_WORK);
	return MHD_YES;
}

/* --- the body ---------------------------------------------------------------- */

/* The library takes no answer in the midst of a body, so this one is written to
 * the connection by hand, and the connection ends. */
static enum MHD_Result
body_refuse(struct carriage *carriage, struct MHD_Connection *peer, int status)
{
	static const char too_long[] = "HTTP/1.1 413 Content Too Large\r\n"
				       "Content-Length: 0\r\nConnection: close\r\n"
				       "Cache-Control: no-store\r\n\r\n";
	static const char too_many[] = "HTTP/1.1 503 Service Unavailable\r\n"
				       "Content-Length: 0\r\nConnection: close\r\n"
				       "Retry-After: 2\r\nCache-Control: no-store\r\n\r\n";
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(peer, MHD_CONNECTION_INFO_GNUTLS_SESSION);
	const char *text = status == 413 ? too_long : too_many;

	carriage->exchange->reply.status = status;
	carriage->has_unread = true;
	if (info != NULL && info->tls_session != NULL)
		(void)gnutls_record_send(info->tls_session, text, strlen(text));
	return MHD_NO;
}

static enum MHD_Result
body_step(struct carriage *carriage, struct MHD_Connection *peer, const char *piece,
          size_t *piece_bytes)
{
	struct shared *shared = carriage->shared;
	size_t count = *piece_bytes;

	*piece_bytes = 0;
	if (carriage->is_refused)
		return MHD_NO;
	atomic_fetch_add(&carriage->connection->body_bytes, count);
	carriage->charged_bytes += count;
	if (atomic_fetch_add(&shared->bodies_bytes, count) + count >
	    LIMIT_BODIES_IN_FLIGHT_BYTES)
		return body_refuse(carriage, peer, 503);
	buf_add(&carriage->body, (struct str){ piece, count });
	if (carriage->body.full)
		return body_refuse(carriage, peer, 413);
	return MHD_YES;
}

static enum MHD_Result
last_step(struct carriage *carriage, struct MHD_Connection *peer)
{
	connection_phase(carriage->connection, PHASE_WORK);
	if (carriage->is_refused)
		exchange_refuse(carriage->exchange, &carriage->err);
	else
		exchange_finish(carriage->exchange,
		                (struct str){ carriage->body.text, carriage->body.len });
	return answer_send(carriage, peer);
}

enum MHD_Result
carriage_step(void *cls, struct MHD_Connection *peer, const char *url, const char *method,
              const char *version, const char *piece, size_t *piece_bytes, void **context)
{
	struct carriage *carriage = *context;

	(void)cls;
	(void)url; /* decoded by the library: we have the target as it came */
	(void)version;
	if (!carriage->has_begun)
		return head_step(carriage, peer, method);
	if (*piece_bytes > 0)
		return body_step(carriage, peer, piece, piece_bytes);
	return last_step(carriage, peer);
}

/* A socket that closes with unread bytes resets the connection, and the client
 * may lose the answer: say that we are done, and read a little on. */
static void
linger(const struct connection *connection)
{
	static const int step_ms = 100;
	char ignored[4096];
	size_t total = 0;

	(void)shutdown(connection->fd, SHUT_WR);
	for (int waited_ms = 0; waited_ms < LINGER_MS && total < LINGER_BYTES;) {
		struct pollfd poll_fd = { .fd = connection->fd, .events = POLLIN };
		ssize_t count;
		if (poll(&poll_fd, 1, step_ms) == 0) {
			waited_ms += step_ms;
			continue;
		}
		count = recv(connection->fd, ignored, sizeof(ignored), MSG_DONTWAIT);
		if (count <= 0)
			return;
		total += (size_t)count;
	}
}

static void
carriage_free(struct carriage *carriage)
{
	atomic_fetch_sub(&carriage->shared->bodies_bytes, carriage->charged_bytes);
	buf_free(&carriage->body);
	exchange_free(carriage->exchange);
	free(carriage);
}

/* The bucket of a time: log2 of its milliseconds. */
static int
time_bucket(int64_t took_us)
{
	int bucket = 0;

	for (int64_t ms = took_us / 1000; ms > 1 && bucket < 15; ms /= 2)
		bucket++;
	return bucket;
}

/* By the route's own pattern: what was asked is in no count.  Only where the policy
 * says that use is counted. */
static void
use_count(const struct exchange *exchange, int64_t took_us)
{
	static const char *const methods[] = { [METHOD_GET] = "GET",
		                               [METHOD_POST] = "POST",
		                               [METHOD_PUT] = "PUT",
		                               [METHOD_DELETE] = "DELETE" };
	const struct request *request = &exchange->request;
	struct tally tally = { .kind = TALLY_CALLS };

	if (request->tenant == NULL || request->route == NULL ||
	    str_eq(request->visitor.browser, STR(PROBE_BROWSER)))
		return;
	if (request->actor.kind == ACTOR_PERSON) {
		struct activity activity = { request->actor.id, methods[request->route->method],
			                     request->route->path, request->visitor.browser };
		activity_count(request->site->office, request->tenant, &activity);
	}
	if (policy_class_find(request->tenant->policy, STR("usage")) == NULL)
		return;
	tally.method = methods[request->route->method];
	tally.what = broken("telemetry.anonymous") ? str_to_c(request->arena, request->path)
	                                           : request->route->path;
	tally.bucket = exchange->reply.status / 100;
	tally_count(request->site->office, request->tenant, &tally);
	tally.kind = TALLY_TIME;
	tally.bucket = time_bucket(took_us);
	tally_count(request->site->office, request->tenant, &tally);
}

void
carriage_over(void *cls, struct MHD_Connection *peer, void **context,
              enum MHD_RequestTerminationCode how)
{
	struct carriage *carriage = *context;
	struct exchange *exchange;

	(void)cls;
	(void)peer;
	(void)how;
	if (carriage == NULL)
		return;
	exchange = carriage->exchange;
	if (exchange->request.site->metrics != NULL && exchange->reply.status != 0)
		metrics_request(exchange->request.site->metrics, exchange->request.route,
		                exchange->reply.status,
		                clock_monotonic_us() - carriage->begun_us,
		                carriage->sent_bytes);
	if (exchange->reply.status != 0)
		use_count(exchange, clock_monotonic_us() - carriage->begun_us);
	if (carriage->has_unread)
		linger(carriage->connection);
	connection_phase(carriage->connection, PHASE_IDLE);
	carriage_free(carriage);
	*context = NULL;
}
