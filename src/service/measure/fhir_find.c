/*
 * Searching Observations: one page of a searchset, and $lastn.
 *
 * Whose: the actor's own, or the patient that is named; somebody else's is a
 * 403, as R4 "Search" allows, so that nobody takes "you may not" for "there is
 * nothing".
 */
#include "base/limits.h"
#include "service/measure/analyte.h"
#include "service/measure/fhir_answer.h"
#include "service/measure/fhir_bundle.h"
#include "service/measure/fhir_handlers.h"
#include "service/measure/fhir_outcome.h"
#include "service/measure/fhir_page.h"

#define LASTN_MOST 100

/* One search under way. */
struct find {
	struct request *request;
	struct fhir_query query;
	struct fhir_search search;
	struct fhir_issues issues;
	struct id patient;
	struct str base;
	uint32_t lastn; /* $lastn's max */
};

static void
params_add(struct fhir_param *params, size_t *count, const struct pairs *pairs)
{
	for (size_t i = 0; i < pairs->count; i++) {
		if (!str_eq(pairs->items[i].name, STR("csrf")))
			params[(*count)++] =
			    (struct fhir_param){ pairs->items[i].name, pairs->items[i].value };
	}
}

/* $lastn's own parameter, taken out of the search's. */
static void
max_take(struct find *find, struct fhir_param *params)
{
	struct err err;
	size_t kept = 0;

	find->lastn = 1;
	for (size_t i = 0; i < find->query.count; i++) {
		if (!str_eq(params[i].name, STR("max"))) {
			params[kept++] = params[i];
			continue;
		}
		if (str_to_u32(params[i].value, &find->lastn, &err) == RC_OK &&
		    find->lastn >= 1 && find->lastn <= LASTN_MOST)
			continue;
		fhir_issue_add(&find->issues, NULL, "max",
		               (struct fhir_complaint){ RC_INVALID, FHIR_VALUE,
		                                        "a whole number from 1 to 100" });
	}
	find->query.count = kept;
}

static MUST_CHECK enum rc
find_begin(struct find *find, struct request *request, bool is_lastn, struct err *err)
{
	struct fhir_param *params = arena_alloc(
	    request->arena, 2 * LIMIT_FIELDS * sizeof(*params), _Alignof(struct fhir_param));
	size_t count = 0;

	*find = (struct find){ .request = request };
	fhir_issues_init(&find->issues, request->arena);
	TRY(fhir_accept_check(request, err));
	params_add(params, &count, &request->query);
	params_add(params, &count, &request->form);
	find->query = (struct fhir_query){ params, count, fhir_prefer_is_lenient(request) };
	if (is_lastn)
		max_take(find, params);
	if (fhir_search_parse(&find->query, &find->search, &find->issues) != RC_OK)
		return RC_OK;
	find->patient =
	    find->search.has_patient ? find->search.patient : request->actor.subject;
	find->base = fhir_base(request);
	return RC_OK;
}

static void
entry_write(const struct find *find, struct fhir_bundle *bundle, const struct reading *reading)
{
	struct fhir_context context = { .patient = find->patient,
		                        .now_us = find->request->now_us };
	struct reading_id id = { find->patient, reading->analyte, reading->number };
	char url[FHIR_URL_MAX];

	fhir_bundle_entry_begin(bundle, fhir_reading_url(find->base, &id, url));
	fhir_bundle_resource(bundle);
	fhir_observation_write(bundle->out, reading, &context);
	fhir_bundle_matched(bundle);
	fhir_bundle_entry_end(bundle);
}

/* What a lenient search left out: R4 "Search", an outcome among the entries. */
static void
warnings_write(const struct find *find, struct fhir_bundle *bundle)
{
	if (find->issues.count == 0)
		return;
	fhir_bundle_entry_begin(bundle, STR_EMPTY);
	fhir_bundle_resource(bundle);
	fhir_outcome_write(bundle->out, &find->issues);
	fhir_bundle_advised(bundle);
	fhir_bundle_entry_end(bundle);
}

static MUST_CHECK enum rc
link_make(const struct find *find, struct str cursor, struct str *url, struct err *err)
{
	CLEANUP(buf_free) struct buf buf = { 0 };
	struct str path =
	    str_printf(find->request->arena, "%.*s/Observation", STR_ARGS(find->base));

	buf_init(&buf, LIMIT_FORM_BYTES * 4);
	fhir_search_link(&buf, path, &find->query, &find->search, cursor);
	TRY(buf_finish(&buf, url, err));
	*url = str_copy(find->request->arena, *url);
	return RC_OK;
}

static MUST_CHECK enum rc
head_make(const struct find *find, const struct fhir_page *page, struct fhir_bundle_head *head,
          struct err *err)
{
	const struct readings *readings = &page->readings;
	struct str cursor;

	*head = (struct fhir_bundle_head){ .type = "searchset",
		                           .timestamp_us = find->request->now_us };
	TRY(link_make(find, find->search.cursor, &head->self, err));
	if (page->has_more && readings->count != 0) {
		cursor = fhir_page_cursor(page, &readings->items[readings->count - 1],
		                          find->request->arena);
		TRY(link_make(find, cursor, &head->next, err));
	}
	if (!find->search.is_count_only && !find->search.has_total)
		return RC_OK;
	head->has_total = true;
	return fhir_page_count(page, &head->total, err);
}

static MUST_CHECK enum rc
find_answer(struct find *find, struct err *err)
{
	CLEANUP(fhir_answer_free) struct fhir_answer answer = { 0 };
	struct fhir_page page = {
		&find->request->door, find->patient, &find->search, { 0 }, false
	};
	struct fhir_bundle_head head;
	struct fhir_bundle bundle;

	fhir_answer_begin(&answer, find->request);
	if (!find->search.is_count_only)
		TRY(fhir_page_load(&page, find->request->arena, err));
	TRY(head_make(find, &page, &head, err));
	fhir_bundle_begin(&bundle, &answer.out, &head);
	for (size_t i = 0; i < page.readings.count; i++)
		entry_write(find, &bundle, &page.readings.items[i]);
	warnings_write(find, &bundle);
	fhir_bundle_end(&bundle);
	return fhir_answer_end(&answer, 200, err);
}

enum rc
fhir_observation_search(struct request *request, struct doc *doc, struct err *err)
{
	struct find find;
	enum rc rc;

	(void)doc;
	TRY(find_begin(&find, request, false, err));
	if (find.issues.rc != RC_OK)
		return fhir_refuse(request, &find.issues, 400, err);
	rc = find_answer(&find, err);
	return rc == RC_OK ? rc : fhir_patient_rc(request, find.patient, rc, err);
}

/* --- $lastn ---------------------------------------------------------------------------------
 */

/* R4 "Observation/$lastn" groups by code; here a group is an analyte, whose codes
 * by mass and by moles are one. */
static MUST_CHECK enum rc
lastn_write(struct find *find, struct fhir_bundle *bundle, struct err *err)
{
	uint32_t analytes = find->search.analytes;
	struct fhir_page page = {
		&find->request->door, find->patient, &find->search, { 0 }, false
	};

	find->search.count = find->lastn;
	find->search.sort = FHIR_SORT_DATE_DOWN;
	for (int analyte = 0; analyte < ANALYTE_COUNT; analyte++) {
		uint32_t bit = UINT32_C(1) << analyte;
		if (analytes != 0 && (analytes & bit) == 0)
			continue;
		find->search.analytes = bit;
		TRY(fhir_page_load(&page, find->request->arena, err));
		for (size_t i = 0; i < page.readings.count; i++)
			entry_write(find, bundle, &page.readings.items[i]);
	}
	find->search.analytes = analytes;
	return RC_OK;
}

static MUST_CHECK enum rc
lastn_answer(struct find *find, struct err *err)
{
	CLEANUP(fhir_answer_free) struct fhir_answer answer = { 0 };
	struct fhir_bundle_head head = { .type = "searchset",
		                         .timestamp_us = find->request->now_us };
	struct fhir_bundle bundle;

	fhir_answer_begin(&answer, find->request);
	fhir_bundle_begin(&bundle, &answer.out, &head);
	TRY(lastn_write(find, &bundle, err));
	warnings_write(find, &bundle);
	fhir_bundle_end(&bundle);
	return fhir_answer_end(&answer, 200, err);
}

enum rc
fhir_observation_lastn(struct request *request, struct doc *doc, struct err *err)
{
	struct find find;
	enum rc rc;

	(void)doc;
	TRY(find_begin(&find, request, true, err));
	if (find.issues.rc != RC_OK)
		return fhir_refuse(request, &find.issues, 400, err);
	rc = lastn_answer(&find, err);
	return rc == RC_OK ? rc : fhir_patient_rc(request, find.patient, rc, err);
}
