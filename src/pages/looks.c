/*
 * Who looked at my data: every access to what is about the person, with the
 * number of its entry in the log.
 */
#include "base/limits.h"
#include "pages/handlers.h"

#define LOOKS_SHOWN 100

static const struct doc_field look_fields[] = {
	{ "at", DOC_TIME, NULL, "When" },       { "who", DOC_TEXT, NULL, "Who" },
	{ "role", DOC_TEXT, NULL, "Role" },     { "act", DOC_TEXT, NULL, "Act" },
	{ "what", DOC_TEXT, NULL, "What" },     { "why", DOC_TEXT, NULL, "Why" },
	{ "reason", DOC_TEXT, NULL, "Reason" }, { "count", DOC_INT, NULL, "Records" },
	{ "entry", DOC_INT, NULL, "Entry" },    { "proof", DOC_TEXT, NULL, NULL },
	{ "to", DOC_TEXT, NULL, "Given to" },
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
	const struct policy_recipient *to = policy_recipient_find(policy, look->recipient);

	cell_int(&cells[0], look->time_us);
	who_fill(request, &cells[1], look);
	cell_text(&cells[3],
	          str_eq(look->act, STR("looks")) ? STR("opened this list") : look->act);
	if (class != NULL)
		cell_text(&cells[4], class->says);
	if (purpose != NULL)
		cell_text(&cells[5], purpose->says);
	if (look->reason.len != 0)
		cell_text(&cells[6], look->reason);
	if (look->recipient.len != 0)
		cell_text(&cells[10],
		          to == NULL || to->says.len == 0 ? look->recipient : to->says);
	cell_int(&cells[7], look->count);
	cell_int(&cells[8], look->entry);
	if (look->entry < proved)
		cell_text(&cells[9], str_printf(request->arena, "/log/proof/%lld",
		                                (long long)look->entry));
}

/* "?others=1": without what the person did itself. */
static struct str
page_address(struct request *request, bool is_others, int64_t before)
{
	return str_printf(request->arena, "?%sbefore=%lld", is_others ? "others=1&" : "",
	                  (long long)before);
}

static void
looks_fill(struct request *request, struct doc *doc, const struct looks *looks, int64_t proved)
{
	struct doc_part *rows = doc_rows(doc, "looks", look_fields, COUNT_OF(look_fields));
	bool is_others = request_has_query(request, "others");
	size_t shown = 0, i;

	for (i = 0; i < looks->count && shown < LOOKS_SHOWN; i++) {
		const struct look *look = &looks->items[i];
		if (is_others && id_eq(look->actor, request->actor.id))
			continue;
		look_fill(request, doc_row(doc, rows), look, proved);
		shown++;
	}
	doc_page_bool(doc, "is_others", is_others);
	if (i < looks->count || looks->count == LIMIT_PAGE_ROWS)
		doc_text(doc, "next_page",
		         page_address(request, is_others, looks->items[i - 1].entry));
}

enum rc
looks_show(struct request *request, struct doc *doc, struct err *err)
{
	struct looks_query query = { .subject = request->actor.subject, .before = INT64_MAX };
	struct str before = request_query(request, "before");
	struct audit_figures figures;
	struct looks looks;

	if (before.len != 0)
		TRY(str_to_i64(before, &query.before, err));
	TRY(vault_looks(&request->door, &query, request->arena, &looks, err));
	TRY(audit_figures(vault_audit(request->site->vault), request->tenant->id, &figures,
	                  err));
	doc_page_text(doc, "page_title", request_say(request, "Who looked at my data"));
	looks_fill(request, doc, &looks, (int64_t)figures.signed_to);
	return RC_OK;
}
