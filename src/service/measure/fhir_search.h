/*
 * Searching Observations (FHIR R4 "Search", Observation search parameters).
 *
 * Strict by default: a parameter, modifier or prefix that is not carried out is an
 * error, because a filter that is silently ignored shows people what they did not
 * ask for.  With `Prefer: handling=lenient` (R4 "Search", Handling Errors) it is
 * left out instead: a warning is added and the self link shows what was applied.
 *
 * Dates without an offset are UTC.  A value that can match nothing (another
 * category, an unknown code) is no error: is_nothing is set and the answer is empty.
 */
#ifndef SERVICE_MEASURE_FHIR_SEARCH_H
#define SERVICE_MEASURE_FHIR_SEARCH_H

#include "base/buf.h"
#include "service/measure/fhir_issue.h"
#include "service/measure/reading_id.h"

#define FHIR_SEARCH_LIST_MAX   16 /* values between commas */
#define FHIR_SEARCH_DATES_MAX  8
#define FHIR_SEARCH_PARAMS_MAX 64
#define FHIR_COUNT_MAX         1000
#define FHIR_COUNT_DEFAULT     50
#define FHIR_CURSOR_MAX        200

/* What the CapabilityStatement lists; `type` is a SearchParamType. */
struct fhir_search_param {
	const char *name;
	const char *type;
};
extern const struct fhir_search_param fhir_search_params[];
extern const size_t fhir_search_param_count;

/* One argument of the query, percent-decoded. */
struct fhir_param {
	struct str name;
	struct str value;
};

struct fhir_query {
	const struct fhir_param *params;
	size_t count;
	bool is_lenient; /* Prefer: handling=lenient */
};

enum fhir_prefix { FHIR_EQ, FHIR_NE, FHIR_GT, FHIR_GE, FHIR_LT, FHIR_LE, FHIR_SA, FHIR_EB };

struct fhir_date {
	enum fhir_prefix prefix;
	int64_t from_us; /* the range that the written date spans */
	int64_t until_us;
};

struct fhir_dates { /* all must hold */
	struct fhir_date items[FHIR_SEARCH_DATES_MAX];
	size_t count;
};

enum fhir_sort {
	FHIR_SORT_DATE_DOWN, /* newest first: the default */
	FHIR_SORT_DATE,
	FHIR_SORT_UPDATED,
	FHIR_SORT_UPDATED_DOWN,
};

struct fhir_token {      /* identifier=system|value */
	bool has_system; /* "|value" has one: the empty one */
	struct str system;
	struct str value;
};

struct fhir_search {
	bool is_nothing; /* no reading can match */
	bool has_patient;
	struct id patient;
	bool has_device;
	struct id device;
	bool has_identifier;
	struct fhir_token identifier;
	struct str loincs[FHIR_SEARCH_LIST_MAX]; /* any of them; borrowed from the query */
	size_t loinc_count;                      /* 0: any code */
	uint32_t analytes;                       /* bits, of the codes; 0: any */
	uint32_t statuses;                       /* bits 1 << enum reading_status; 0: any */
	struct reading_id ids[FHIR_SEARCH_LIST_MAX];
	size_t id_count; /* 0: any */
	struct fhir_dates taken;
	struct fhir_dates updated;
	enum fhir_sort sort;
	uint32_t count;
	bool is_count_only; /* _summary=count or _count=0 */
	bool has_total;     /* _total=accurate: how many match, which costs a look at all */
	struct str cursor;  /* ours, opaque; empty: the first page */
	uint64_t applied;   /* bit per parameter of the query */
};

/* RC_OK, or RC_INVALID or RC_SYNTAX with the reasons in `issues` (expression: the
 * parameter's name).  The texts are borrowed from the query. */
enum rc fhir_search_parse(const struct fhir_query *query, struct fhir_search *search,
                          struct fhir_issues *issues) MUST_CHECK;

/* Every filter on the reading itself; whose it is (patient) the caller knows. */
bool fhir_search_matches(const struct fhir_search *search, struct id patient,
                         const struct reading *reading);

/* The narrowest range of times that can match, for an index. */
void fhir_dates_window(const struct fhir_dates *dates, int64_t *from_us, int64_t *until_us);

/* The applied parameters as "base?name=value&…", percent-encoded, with `cursor`
 * for the page (empty: the first). */
void fhir_search_link(struct buf *buf, struct str base, const struct fhir_query *query,
                      const struct fhir_search *search, struct str cursor);

/* If-None-Exist: "identifier=system|value", nothing else (R4 "Conditional create").
 * A system is required: without one the identifier is nobody's. */
enum rc fhir_if_none_exist_parse(struct arena *arena, struct str text, struct fhir_token *token,
                                 struct err *err) MUST_CHECK;

#endif
