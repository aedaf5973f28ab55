#include "service/measure/fhir_answer.h"

#include "service/measure/fhir_outcome.h"
#include "service/measure/fhir_shape.h"

#define ANSWER_MAX (8 * MIB)

void
fhir_answer_begin(struct fhir_answer *answer, struct request *request)
{
	answer->request = request;
	buf_init(&answer->buf, ANSWER_MAX);
	json_out_init(&answer->out, &answer->buf);
}

enum rc
fhir_answer_end(struct fhir_answer *answer, int http_status, struct err *err)
{
	struct response *response = &answer->request->response;
	struct str text;

	TRY(buf_finish(&answer->buf, &text, err));
	response->status = http_status;
	response->type = STR("application/fhir+json");
	response->body = str_copy(answer->request->arena, text);
	return RC_OK;
}

void
fhir_answer_free(struct fhir_answer *answer)
{
	buf_free(&answer->buf);
}

enum rc
fhir_refuse(struct request *request, const struct fhir_issues *issues, int http_status,
            struct err *err)
{
	CLEANUP(fhir_answer_free) struct fhir_answer answer = { 0 };
	int status = http_status != 0 ? http_status : rc_http_status(issues->rc);

	fhir_answer_begin(&answer, request);
	fhir_outcome_write(&answer.out, issues);
	return fhir_answer_end(&answer, status, err);
}

enum rc
fhir_refuse_one(struct request *request, struct fhir_refusal refusal, struct err *err)
{
	struct fhir_issues issues;

	fhir_issues_init(&issues, request->arena);
	fhir_issue_add(&issues, NULL, refusal.element,
	               (struct fhir_complaint){ RC_INVALID, refusal.type, refusal.why });
	return fhir_refuse(request, &issues, refusal.http_status, err);
}

/* --- addresses ---------------------------------------------------------------------- */

struct str
fhir_base(const struct request *request)
{
	return str_printf(request->arena, "%.*s%.*s/fhir", STR_ARGS(request->origin),
	                  STR_ARGS(request->prefix));
}

struct str
fhir_url(const struct request *request, const char *type, struct id id)
{
	char text[64];

	return str_printf(request->arena, "%.*s/%.*s", STR_ARGS(fhir_base(request)),
	                  STR_ARGS(fhir_reference_format(type, id, text)));
}

struct str
fhir_reading_url(struct str base, const struct reading_id *id, char text[FHIR_URL_MAX])
{
	static const char middle[] = "/Observation/";
	size_t len = base.len;

	if (len > FHIR_URL_MAX - sizeof(middle) - READING_ID_MAX - 1)
		return STR_EMPTY;
	memcpy(text, base.ptr, len);
	memcpy(text + len, middle, sizeof(middle) - 1);
	len += sizeof(middle) - 1;
	len += reading_id_format(id, text + len);
	return (struct str){ text, len };
}

/* --- headers ------------------------------------------------------------------------- */

/* RFC 9110, section 5.6.7: "Sun, 06 Nov 1994 08:49:37 GMT" */
static struct str
http_date(struct arena *arena, int64_t us)
{
	static const char days[][4] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };
	static const char months[][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
		                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	struct civil civil = civil_from_us(us, 0);

	return str_printf(arena, "%s, %02d %s %04d %02d:%02d:%02d GMT",
	                  days[civil_weekday(us, 0)], civil.day, months[civil.month - 1],
	                  civil.year, civil.hour, civil.minute, civil.second);
}

void
fhir_version_headers(struct request *request, uint64_t version, int64_t updated_us)
{
	response_header(request, "ETag",
	                str_printf(request->arena, "W/\"%llu\"", (unsigned long long)version));
	if (updated_us != 0)
		response_header(request, "Last-Modified",
		                http_date(request->arena, updated_us));
}

bool
fhir_etag_names(struct str header, uint64_t version)
{
	char text[32];
	int len = snprintf(text, sizeof(text), "\"%llu\"", (unsigned long long)version);
	struct str wanted = { text, (size_t)len };
	struct str tag;

	while (header.len != 0) {
		header = str_cut(header, ',', &tag);
		tag = str_trim(tag);
		if (str_starts_with(tag, STR("W/")))
			tag = (struct str){ tag.ptr + 2, tag.len - 2 };
		if (str_eq(tag, STR("*")) || str_eq(tag, wanted))
			return true;
	}
	return false;
}

/* RFC 7240, section 2: preferences between commas, parameters between semicolons. */
static bool
prefers(const struct request *request, struct str wanted)
{
	struct str rest = request_header(request, "Prefer");
	struct str part;
	struct str word;

	while (rest.len != 0) {
		rest = str_cut(rest, ',', &part);
		while (part.len != 0) {
			part = str_cut(part, ';', &word);
			if (str_eq_nocase(str_trim(word), wanted))
				return true;
		}
	}
	return false;
}

enum fhir_return
fhir_prefer_return(const struct request *request)
{
	if (prefers(request, STR("return=minimal")))
		return FHIR_RETURN_NOTHING;
	if (prefers(request, STR("return=OperationOutcome")))
		return FHIR_RETURN_OUTCOME;
	return FHIR_RETURN_RESOURCE;
}

bool
fhir_prefer_is_lenient(const struct request *request)
{
	return prefers(request, STR("handling=lenient"));
}

/* --- what is asked ---------------------------------------------------------------------- */

/* The client's weights do not matter where there is one format. */
static bool
takes_json(struct str accept)
{
	static const char known[] =
	    "*/* application/* application/fhir+json application/json text/json";
	struct str range;
	struct str name;

	if (accept.len == 0)
		return true;
	while (accept.len != 0) {
		accept = str_cut(accept, ',', &range);
		(void)str_cut(range, ';', &name);
		if (fhir_word_in(known, str_trim(name)))
			return true;
	}
	return false;
}

enum rc
fhir_accept_check(const struct request *request, struct err *err)
{
	struct str format = request_query(request, "_format");
	bool is_good =
	    fhir_word_in("json application/json text/json application/fhir+json", format);

	if (format.len == 0)
		is_good = takes_json(request_header(request, "Accept"));
	if (!is_good && !str_eq(format, STR("application/fhir json"))) /* its + unescaped */
		return FAIL(err, RC_NOT_ACCEPTABLE, "only JSON is written");
	return RC_OK;
}

enum rc
fhir_query_check(const struct request *request, const char *words, struct err *err)
{
	TRY(fhir_accept_check(request, err));
	for (size_t i = 0; i < request->query.count; i++) {
		struct str name = request->query.items[i].name;
		if (!str_eq(name, STR("_format")) && !fhir_word_in(words, name))
			return FAIL(err, RC_SYNTAX,
			            "argument %zu of the query is not one that is "
			            "carried out here",
			            i + 1);
	}
	return RC_OK;
}

/* --- who ----------------------------------------------------------------------------- */

struct fhir_context
fhir_context_of(const struct request *request)
{
	const struct actor *actor = &request->actor;
	struct fhir_context context = { .patient = actor->subject, .now_us = request->now_us };

	if (actor->kind == ACTOR_DEVICE) {
		context.method = READING_OPTICAL;
		context.device = actor->id;
	}
	return context;
}

enum rc
fhir_patient_rc(const struct request *request, struct id patient, enum rc rc, struct err *err)
{
	bool is_hidden = rc == RC_DENIED || rc == RC_GONE || rc == RC_NOT_FOUND;

	if (is_hidden && !id_eq(patient, request->actor.subject))
		return FAIL(err, RC_DENIED, "not a patient whose record you may see");
	return rc;
}
