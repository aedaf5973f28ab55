/*
 * What FHIR's handlers share: their answers, their headers, and who may be
 * asked about.
 *
 *	CLEANUP(fhir_answer_free) struct fhir_answer answer;
 *	fhir_answer_begin(&answer, request);
 *	… write one resource to &answer.out …
 *	return fhir_answer_end(&answer, 200, err);
 */
#ifndef SERVICE_MEASURE_FHIR_ANSWER_H
#define SERVICE_MEASURE_FHIR_ANSWER_H

#include "service/measure/fhir_observation.h"
#include "service/measure/reading_id.h"
#include "web/request.h"

struct fhir_answer {
	struct request *request;
	struct buf buf;
	struct json_out out;
};

void fhir_answer_begin(struct fhir_answer *answer, struct request *request);
enum rc fhir_answer_end(struct fhir_answer *answer, int http_status, struct err *err)
    MUST_CHECK;
void fhir_answer_free(struct fhir_answer *answer);

/* An OperationOutcome of the issues, with the status of issues->rc or the one given
 * when that is not 0.  RC_OK: the handler is done. */
enum rc fhir_refuse(struct request *request, const struct fhir_issues *issues, int http_status,
                    struct err *err) MUST_CHECK;

/* One issue of one kind as the whole refusal. */
struct fhir_refusal {
	int http_status;
	enum fhir_issue_type type;
	const char *element; /* NULL: the whole request */
	const char *why;     /* a literal */
};
enum rc fhir_refuse_one(struct request *request, struct fhir_refusal refusal, struct err *err)
    MUST_CHECK;

/* "https://HOST/T/fhir" */
struct str fhir_base(const struct request *request);
struct str fhir_url(const struct request *request, const char *type, struct id id);
/* "BASE/Observation/ID" of a reading; `text` has room for FHIR_URL_MAX. */
#define FHIR_URL_MAX 512
struct str fhir_reading_url(struct str base, const struct reading_id *id,
                            char text[FHIR_URL_MAX]);

/* ETag (weak, of the version) and Last-Modified (RFC 9110, section 8.8). */
void fhir_version_headers(struct request *request, uint64_t version, int64_t updated_us);
/* Does a list of entity tags name this version (weak comparison, "*" too)? */
bool fhir_etag_names(struct str header, uint64_t version);

/* Prefer: return=… (R4 "create", RFC 7240). */
enum fhir_return { FHIR_RETURN_RESOURCE, FHIR_RETURN_NOTHING, FHIR_RETURN_OUTCOME };
enum fhir_return fhir_prefer_return(const struct request *request);
bool fhir_prefer_is_lenient(const struct request *request);

/* JSON is the only format: RC_NOT_ACCEPTABLE when Accept or _format want another. */
enum rc fhir_accept_check(const struct request *request, struct err *err) MUST_CHECK;
/* The same, and RC_SYNTAX for a query argument other than _format and those in
 * `words` (between blanks). */
enum rc fhir_query_check(const struct request *request, const char *words, struct err *err)
    MUST_CHECK;

/* Whose data a request is about, and how its readings came about. */
struct fhir_context fhir_context_of(const struct request *request);

/* A failure to read what is `patient`'s: nobody learns whether somebody else's
 * record exists, so that is RC_DENIED alike. */
enum rc fhir_patient_rc(const struct request *request, struct id patient, enum rc rc,
                        struct err *err) MUST_CHECK;

#endif
