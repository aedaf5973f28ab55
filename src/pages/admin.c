/*
 * The office's own start page: what waits, what is due, what was proved; of each only
 * what the role may see.
 */
#include "office/alert.h"
#include "office/change.h"
#include "office/desk.h"
#include "office/proof.h"
#include "vault/retention.h"

#include "pages/registers.h"
#include "pages/requests.h"

#define SHOWN 5

static bool
may(const struct request *request, enum policy_verb verb, const char *what)
{
	const struct need need = { NEED_GRANT, verb, what };

	return need_holds(request, &need);
}

/* --- requests ------------------------------------------------------------------------------
 */

static MUST_CHECK enum rc
requests_part(struct request *request, struct doc *doc, struct err *err)
{
	static const struct doc_field fields[] = { { "id", DOC_TEXT, NULL, NULL },
		                                   { "kind", DOC_TEXT, NULL, "Kind" },
		                                   { "due", DOC_TIME, NULL, "Due" },
		                                   { "days", DOC_INT, "d", "Days left" },
		                                   { "is_late", DOC_BOOL, NULL, NULL } };
	struct doc_part *rows;
	struct asked_list list;

	if (!may(request, VERB_READ, "request"))
		return RC_OK;
	TRY(queue_load(request, false, &list, err));
	doc_int(doc, "request_count", (int64_t)list.count);
	doc_page_bool(doc, "has_requests", true);
	rows = doc_rows(doc, "requests", fields, COUNT_OF(fields));
	for (size_t i = 0; i < list.count && i < SHOWN; i++) {
		const struct asked *asked = &list.items[i];
		struct doc_cell *cells = doc_row(doc, rows);
		cell_text(&cells[0], id_to_str(request->arena, asked->id));
		cell_text(&cells[1], request_label(request, asked->right));
		cell_int(&cells[2], asked->due_us);
		cell_int(&cells[3], (asked->due_us - request->now_us) / US_PER_DAY);
		cell_int(&cells[4], asked->due_us < request->now_us);
	}
	return RC_OK;
}

/* --- incidents, attestations ----------------------------------------------------------------
 */

static MUST_CHECK enum rc
incidents_part(struct request *request, struct doc *doc, struct err *err)
{
	static const struct doc_field fields[] = {
		{ "id", DOC_TEXT, NULL, NULL },      { "title", DOC_TEXT, NULL, "What" },
		{ "due", DOC_TIME, NULL, "Due" },    { "hours", DOC_INT, "h", "Hours left" },
		{ "is_late", DOC_BOOL, NULL, NULL }, { "is_told", DOC_BOOL, NULL, NULL }
	};
	struct register_query query = { .kind = STR("incident"),
		                        .state = STR("open"),
		                        .limit = SHOWN,
		                        .is_newest_first = true };
	struct doc_part *rows = doc_rows(doc, "incidents", fields, COUNT_OF(fields));
	struct register_entries incidents;

	TRY(register_list(&request->door, request->site->office, &query, request->arena,
	                  &incidents, err));
	for (size_t i = 0; i < incidents.count; i++) {
		const struct register_entry *incident = &incidents.items[i];
		bool is_told = incident->notified_us != 0 || incident->basis.len != 0;
		struct doc_cell *cells = doc_row(doc, rows);
		cell_text(&cells[0], id_to_str(request->arena, incident->id));
		cell_text(&cells[1], incident->title);
		cell_int(&cells[2], incident->due_us);
		cell_int(&cells[3], (incident->due_us - request->now_us) / US_PER_HOUR);
		cell_int(&cells[4], !is_told && incident->due_us < request->now_us);
		cell_int(&cells[5], is_told);
	}
	return RC_OK;
}

static const struct doc_field lapse_fields[] = {
	{ "id", DOC_TEXT, NULL, NULL },          { "kind", DOC_TEXT, NULL, NULL },
	{ "title", DOC_TEXT, NULL, "What" },     { "until", DOC_DATE, NULL, "Until" },
	{ "standing", DOC_TEXT, NULL, "State" }, { "tag", DOC_TEXT, NULL, NULL },
};

static MUST_CHECK enum rc
lapses_add(struct request *request, struct doc *doc, struct doc_part *rows, const char *kind,
           struct err *err)
{
	struct register_query query = { .kind = str_from_c(kind),
		                        .state = STR("open"),
		                        .limit = LIMIT_PAGE_ROWS,
		                        .is_newest_first = true };
	struct register_entries entries;

	TRY(register_list(&request->door, request->site->office, &query, request->arena,
	                  &entries, err));
	for (size_t i = 0; i < entries.count; i++) {
		const struct register_entry *entry = &entries.items[i];
		struct standing standing = register_standing(entry, request->now_us);
		struct doc_cell *cells;
		if (strcmp(standing.tag, "active") == 0)
			continue;
		cells = doc_row(doc, rows);
		cell_text(&cells[0], id_to_str(request->arena, entry->id));
		cell_text(&cells[1], str_from_c(kind));
		cell_text(&cells[2], entry->title);
		cell_int(&cells[3], entry->until_us);
		cell_text(&cells[4], str_from_c(standing.word));
		cell_text(&cells[5], str_from_c(standing.tag));
	}
	return RC_OK;
}

static MUST_CHECK enum rc
registers_part(struct request *request, struct doc *doc, struct err *err)
{
	struct doc_part *rows;

	if (!may(request, VERB_READ, "register"))
		return RC_OK;
	register_reason(request);
	doc_page_bool(doc, "has_registers", true);
	TRY(incidents_part(request, doc, err));
	rows = doc_rows(doc, "lapses", lapse_fields, COUNT_OF(lapse_fields));
	TRY(lapses_add(request, doc, rows, "attestation", err));
	TRY(lapses_add(request, doc, rows, "training", err));
	if (!may(request, VERB_MANAGE, "notices"))
		return RC_OK;
	doc_page_bool(doc, "has_alerts", true);
	return RC_OK;
}

static MUST_CHECK enum rc
alerts_part(struct request *request, struct doc *doc, struct err *err)
{
	int64_t count = 0;

	if (!may(request, VERB_MANAGE, "notices"))
		return RC_OK;
	TRY(alert_open_count(request->site->office, request->tenant, &count, err));
	doc_int(doc, "alert_count", count);
	return RC_OK;
}

/* --- policy, proofs, the sweep
 * ---------------------------------------------------------------- */

static MUST_CHECK enum rc
proofs_part(struct request *request, struct doc *doc, struct err *err)
{
	struct proofs proofs;
	int64_t broken = 0;

	TRY(proof_load(request->site->office, request->tenant, request->arena, &proofs, err));
	for (size_t i = 0; i < proofs.count; i++)
		broken += proofs.items[i].state == PROOF_BROKEN;
	doc_int(doc, "broken_count", broken);
	doc_int(doc, "promise_count", (int64_t)request->tenant->policy->promise_count);
	if (proofs.count != 0)
		doc_time(doc, "proved_at", proofs.items[0].checked_us);
	return RC_OK;
}

static MUST_CHECK enum rc
policy_part(struct request *request, struct doc *doc, struct err *err)
{
	struct str ahead = STR_EMPTY;

	doc_text(doc, "version", request->tenant->policy->version);
	doc_page_bool(doc, "may_policy", may(request, VERB_MANAGE, "policy"));
	TRY(change_ahead(request->site->office, request->tenant, request->arena, &ahead, err));
	doc_text(doc, "ahead", ahead);
	return RC_OK;
}

/* Counts alone, of what is past its time at this moment. */
static MUST_CHECK enum rc
sweep_part(struct request *request, struct doc *doc, struct err *err)
{
	struct retention_run run = { .is_dry = true };
	int64_t due = 0, held = 0, waiting = 0;
	enum rc rc;

	if (!may(request, VERB_MANAGE, "policy"))
		return RC_OK;
	rc = vault_retention_sweep(request->site->vault, request->tenant, &run, request->arena,
	                           err);
	doc_page_bool(doc, "has_sweep", true);
	doc_bool(doc, "is_clock_wrong", rc == RC_PRECONDITION);
	if (rc == RC_PRECONDITION)
		return RC_OK;
	TRY(rc);
	for (size_t i = 0; i < run.count; i++) {
		due += run.lines[i].due;
		held += run.lines[i].held;
		waiting += run.lines[i].waiting;
	}
	doc_int(doc, "due_count", due);
	doc_int(doc, "held_count", held);
	doc_int(doc, "waiting_count", waiting);
	doc_bool(doc, "is_behind", run.is_behind);
	return RC_OK;
}

enum rc
admin_show(struct request *request, struct doc *doc, struct err *err)
{
	doc_page_text(doc, "page_title", STR("Office"));
	doc_page_text(doc, "lead", STR("What waits for you, what is due, what was proved."));
	TRY(requests_part(request, doc, err));
	TRY(alerts_part(request, doc, err));
	TRY(registers_part(request, doc, err));
	TRY(policy_part(request, doc, err));
	TRY(proofs_part(request, doc, err));
	TRY(sweep_part(request, doc, err));
	doc_page_bool(doc, "may_usage", may(request, VERB_READ, "usage"));
	doc_page_bool(doc, "may_people", may(request, VERB_MANAGE, "people"));
	return RC_OK;
}
