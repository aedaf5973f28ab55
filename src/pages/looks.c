/*
 * Who looked at my data: every access to what is about the person, with the
 * number of its entry in the log.
 */
#include "pages/handlers.h"

#define LOOKS_SHOWN 100

static const struct doc_field look_fields[] = {
	{ "at", DOC_TIME, NULL, "When" },       { "who", DOC_TEXT, NULL, "Who" },
	{ "role", DOC_TEXT, NULL, "Role" },     { "act", DOC_TEXT, NULL, "Act" },
	{ "what", DOC_TEXT, NULL, "What" },     { "why", DOC_TEXT, NULL, "Why" },
	{ "reason", DOC_TEXT, NULL, "Reason" }, { "count", DOC_INT, NULL, "Records" },
	{ "entry", DOC_INT, NULL, "Entry" },    { "proof", DOC_TEXT, NULL, NULL },
};

/* The name only of the person itself: who else it was, the role says. */
static void
who_fill(struct request *request, struct doc_cell *cells, const struct look *look)
{
	bool is_own = id_eq(look->actor, request->actor.id);

	if (is_own) {
		cell_text(&cells[0], request_say(request, "yourself"));
		return;
	}
	cell_text(&cells[0], look->role);
}

static void
look_fill(struct request *request, struct doc_cell *cells, const struct look *look,
          int64_t proved)
{
	const struct policy *policy = request->tenant->policy;
	const struct policy_class *class = policy_class_find(policy, look->class);
	const struct policy_purpose *purpose = policy_purpose_find(policy, look->purpose);

	cell_int(&cells[0], look->time_us);
	who_fill(request, &cells[1], look);
	cell_text(&cells[3], look->act);
	if (class != NULL)
		cell_text(&cells[4], class->says);
	if (purpose != NULL)
		cell_text(&cells[5], purpose->says);
	if (look->reason.len != 0)
		cell_text(&cells[6], look->reason);
	cell_int(&cells[7], look->count);
	cell_int(&cells[8], look->entry);
	if (look->entry < proved)
		cell_text(&cells[9], str_printf(request->arena, "/log/proof/%lld",
		                                (long long)look->entry));
}

enum rc
looks_show(struct request *request, struct doc *doc, struct err *err)
{
	struct looks_query query = { .subject = request->actor.subject, .before = INT64_MAX };
	struct str before = request_query(request, "before");
	struct audit_figures figures;
	struct doc_part *rows;
	struct looks looks;
	size_t shown;

	if (before.len != 0)
		TRY(str_to_i64(before, &query.before, err));
	TRY(vault_looks(&request->door, &query, request->arena, &looks, err));
	TRY(audit_figures(vault_audit(request->site->vault), request->tenant->id, &figures,
	                  err));
	doc_page_text(doc, "page_title", request_say(request, "Who looked at my data"));
	rows = doc_rows(doc, "looks", look_fields, COUNT_OF(look_fields));
	shown = looks.count < LOOKS_SHOWN ? looks.count : LOOKS_SHOWN;
	for (size_t i = 0; i < shown; i++)
		look_fill(request, doc_row(doc, rows), &looks.items[i],
		          (int64_t)figures.signed_to);
	if (shown < looks.count)
		doc_text(doc, "next_page",
		         str_printf(request->arena, "?before=%lld",
		                    (long long)looks.items[shown - 1].entry));
	return RC_OK;
}
