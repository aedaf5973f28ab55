/*
 * The registers: which there are, and the entries of one, newest first.
 */
#include "pages/registers.h"

#define ENTRIES_SHOWN 100
#define PAGES_COUNTED 10 /* of LIMIT_PAGE_ROWS entries, for the overview */
#define SOON_US       (30 * US_PER_DAY)
#define MSGID(text)   text /* marks a text for tools/messages */

void
register_reason(struct request *request)
{
	request->actor.reason = STR("registers");
}

bool
register_may_write(const struct request *request)
{
	static const struct need need = MAY(WRITE, "register");

	return need_holds(request, &need);
}

void
register_crumbs(struct doc *doc, const char *path, const char *label)
{
	static const struct doc_field fields[] = { { "path", DOC_TEXT, NULL, NULL },
		                                   { "label", DOC_TEXT, NULL, NULL } };
	const char *const all[][2] = { { "/admin", MSGID("Office") },
		                       { "/admin/registers", MSGID("Registers") },
		                       { path, label } };
	struct doc_part *part = doc_rows(doc, "crumbs", fields, COUNT_OF(fields));
	size_t count = label == NULL ? 1 : path == NULL ? 2 : 3;

	part->is_for_page_only = true;
	for (size_t i = 0; i < count; i++) {
		struct doc_cell *cells = doc_row(doc, part);
		cell_text(&cells[0], str_from_c(all[i][0]));
		cell_text(&cells[1], str_from_c(all[i][1]));
	}
}

/* --- entries as rows --------------------------------------------------------------------- */

struct standing
register_standing(const struct register_entry *entry, int64_t now_us)
{
	const struct register_kind *kind = register_kind_find(entry->kind);
	bool is_by_hand = kind != NULL && kind->is_closed_by_hand;

	if (str_eq(entry->state, STR("closed")))
		return (struct standing){ MSGID("closed"), "closed" };
	if (str_eq(entry->state, STR("acknowledged")))
		return (struct standing){ MSGID("acknowledged"), "done" };
	if (entry->until_us != 0 && entry->until_us < now_us)
		return (struct standing){ MSGID("lapsed"), "lapsed" };
	if (entry->due_us != 0 && entry->notified_us == 0 && entry->basis.len == 0 &&
	    entry->due_us < now_us)
		return (struct standing){ MSGID("overdue"), "failed" };
	if (entry->until_us != 0 && entry->until_us < now_us + SOON_US)
		return (struct standing){ MSGID("ends soon"), "due" };
	if (is_by_hand)
		return (struct standing){ MSGID("open"), "requested" };
	return (struct standing){ MSGID("in force"), "active" };
}

static const struct doc_field entry_fields[] = {
	{ "id", DOC_TEXT, NULL, "Number" },
	{ "title", DOC_TEXT, NULL, "What" },
	{ "standing", DOC_TEXT, NULL, "Standing" },
	{ "tag", DOC_TEXT, NULL, NULL },
	{ "at", DOC_DATE, NULL, "Date" }, /* or a moment */
	{ "until", DOC_DATE, NULL, "Until" },
	{ "due", DOC_TIME, NULL, "Due" },
	{ "left_hours", DOC_INT, "h", "Hours left" },
	{ "late_hours", DOC_INT, "h", "Hours late" },
	{ "severity", DOC_TEXT, NULL, "Severity" },
	{ "party", DOC_TEXT, NULL, "Party" },
	{ "contact", DOC_TEXT, NULL, "Contact" },
	{ "region", DOC_TEXT, NULL, "Region" },
	{ "basis", DOC_TEXT, NULL, "Basis" },
	{ "classes", DOC_TEXT, NULL, "Kinds of data" },
	{ "document", DOC_TEXT, NULL, "Document" },
	{ "reference", DOC_TEXT, NULL, "Reference" },
	{ "people", DOC_INT, NULL, "People" },
	{ "notified", DOC_TIME, NULL, "Told" },
	{ "closed", DOC_TIME, NULL, "Closed" },
	{ "text", DOC_TEXT, NULL, "Text" },
	{ "version", DOC_INT, NULL, "Version" },
	{ "by", DOC_TEXT, NULL, "Entered by" },
};

static void
texts_fill(struct request *request, struct doc_cell *cells, const struct register_entry *entry)
{
	const struct str texts[] = { entry->severity, entry->party,    entry->contact,
		                     entry->region,   entry->basis,    entry->classes,
		                     entry->document, entry->reference };

	cell_text(&cells[0], id_to_str(request->arena, entry->id));
	cell_text(&cells[1], entry->title);
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		if (texts[i].len != 0)
			cell_text(&cells[9 + i], texts[i]);
	}
	if (entry->text.len != 0)
		cell_text(&cells[20], entry->text);
	cell_text(&cells[22], entry->by);
}

static void
number_fill(struct doc_cell *cell, int64_t number)
{
	if (number != 0)
		cell_int(cell, number);
}

static void
entry_fill(struct request *request, struct doc_cell *cells, const struct register_entry *entry)
{
	struct standing standing = register_standing(entry, request->now_us);
	int64_t left_us = entry->due_us - request->now_us;
	bool is_running = entry->due_us != 0 && str_eq(entry->state, STR("open")) &&
	                  entry->notified_us == 0 && entry->basis.len == 0;

	texts_fill(request, cells, entry);
	cell_text(&cells[2], str_from_c(standing.word));
	cell_text(&cells[3], str_from_c(standing.tag));
	cell_int(&cells[4], entry->at_us);
	number_fill(&cells[5], entry->until_us);
	number_fill(&cells[6], entry->due_us);
	if (is_running && left_us >= 0)
		cell_int(&cells[7], left_us / US_PER_HOUR);
	if (is_running && left_us < 0)
		cell_int(&cells[8], -left_us / US_PER_HOUR);
	number_fill(&cells[17], entry->people);
	number_fill(&cells[18], entry->notified_us);
	number_fill(&cells[19], entry->closed_us);
	cell_int(&cells[21], entry->version);
}

void
register_rows(struct request *request, struct doc *doc, const struct register_page *page,
              const struct register_entries *entries)
{
	struct doc_field *fields = arena_alloc(request->arena, sizeof(entry_fields), 8);
	struct doc_part *rows;

	memcpy(fields, entry_fields, sizeof(entry_fields));
	if (page->has_moments)
		fields[4].type = DOC_TIME;
	rows = doc_rows(doc, "entries", fields, COUNT_OF(entry_fields));
	for (size_t i = 0; i < entries->count; i++)
		entry_fill(request, doc_row(doc, rows), &entries->items[i]);
}

/* --- one register ------------------------------------------------------------------------ */

static MUST_CHECK enum rc
query_take(const struct request *request, struct register_query *query, struct err *err)
{
	struct str after = request_query(request, "after");
	struct str at = request_query(request, "at");

	query->kind = request->params[0];
	query->state = request_query(request, "state");
	query->limit = ENTRIES_SHOWN;
	query->is_newest_first = true;
	if (after.len == 0)
		return RC_OK;
	TRY(id_parse(after, &query->after, err));
	return str_to_i64(at, &query->after_us, err);
}

static void
states_part(struct doc *doc, const struct register_kind *kind, struct str chosen)
{
	static const struct doc_field fields[] = { { "code", DOC_TEXT, NULL, NULL },
		                                   { "label", DOC_TEXT, NULL, NULL },
		                                   { "is_here", DOC_BOOL, NULL, NULL } };
	static const char *const states[] = { "open", "closed", "acknowledged" };
	bool is_alert = strcmp(kind->name, "alert") == 0;
	struct doc_part *rows = doc_rows(doc, "states", fields, COUNT_OF(fields));

	rows->is_for_page_only = true;
	for (size_t i = 0; i < COUNT_OF(states); i++) {
		struct doc_cell *cells;
		if ((i == 1 && is_alert) || (i == 2 && !is_alert))
			continue;
		cells = doc_row(doc, rows);
		cell_text(&cells[0], str_from_c(states[i]));
		cell_text(&cells[1], str_from_c(states[i]));
		cell_int(&cells[2], str_eq(chosen, str_from_c(states[i])));
	}
}

static void
list_links(struct request *request, struct doc *doc, const struct register_page *page,
           const struct register_entries *entries)
{
	const struct register_entry *last =
	    entries->count == 0 ? NULL : &entries->items[entries->count - 1];
	struct str state = request_query(request, "state");

	doc_page_text(doc, "kind", str_from_c(page->kind));
	doc_page_text(doc, "at_label", str_from_c(page->at_label));
	doc_page_text(doc, "state", state);
	doc_page_bool(doc, "may_add", page->is_made_here && register_may_write(request));
	doc_page_bool(doc, "is_disclosure",
	              strcmp(page->kind, "disclosure") == 0 && register_may_write(request));
	doc_page_bool(doc, "is_alert", strcmp(page->kind, "alert") == 0);
	if (entries->count == ENTRIES_SHOWN)
		doc_text(doc, "next_page",
		         str_printf(request->arena, "?after=%.*s&at=%lld&state=%.*s",
		                    STR_ARGS(id_to_str(request->arena, last->id)),
		                    (long long)last->at_us, STR_ARGS(state)));
}

enum rc
register_show(struct request *request, struct doc *doc, struct err *err)
{
	const struct register_page *page;
	const struct register_kind *kind;
	struct register_query query = { 0 };
	struct register_entries entries;

	TRY(register_page_find(request->params[0], &page, &kind, err));
	TRY(query_take(request, &query, err));
	register_reason(request);
	TRY(register_list(&request->door, request->site->office, &query, request->arena,
	                  &entries, err));
	doc_page_text(doc, "page_title", str_from_c(kind->title));
	doc_page_text(doc, "lead", str_from_c(page->lead));
	doc_page_text(doc, "source", str_from_c(kind->source));
	register_crumbs(doc, NULL, "");
	register_rows(request, doc, page, &entries);
	states_part(doc, kind, query.state);
	list_links(request, doc, page, &entries);
	return RC_OK;
}

/* --- every register ------------------------------------------------------------------------
 */

struct tallied { /* of one kind */
	int64_t count, open, due;
};

static void
entries_count(const struct register_entries *entries, int64_t now_us, struct tallied *tallied)
{
	for (size_t i = 0; i < entries->count; i++) {
		const struct register_entry *entry = &entries->items[i];
		const struct register_kind *kind = register_kind_find(entry->kind);
		struct standing standing = register_standing(entry, now_us);
		struct tallied *one;
		if (kind == NULL)
			continue;
		one = &tallied[kind - register_kinds];
		one->count++;
		one->open += kind->is_closed_by_hand && str_eq(entry->state, STR("open"));
		one->due += strcmp(standing.tag, "lapsed") == 0 ||
		            strcmp(standing.tag, "failed") == 0 ||
		            strcmp(standing.tag, "due") == 0;
	}
}

static MUST_CHECK enum rc
registers_count(struct request *request, struct tallied *tallied, struct err *err)
{
	struct register_query query = { .limit = LIMIT_PAGE_ROWS };

	for (int i = 0; i < PAGES_COUNTED; i++) {
		CLEANUP(arena_free) struct arena arena = { 0 };
		struct register_entries entries;
		arena_init(&arena, 64 * MIB);
		TRY(register_list(&request->door, request->site->office, &query, &arena,
		                  &entries, err));
		entries_count(&entries, request->now_us, tallied);
		if (entries.count < LIMIT_PAGE_ROWS)
			return RC_OK;
		query.after = entries.items[entries.count - 1].id;
	}
	return RC_OK;
}

enum rc
registers_show(struct request *request, struct doc *doc, struct err *err)
{
	static const struct doc_field fields[] = {
		{ "kind", DOC_TEXT, NULL, NULL },      { "title", DOC_TEXT, NULL, "Register" },
		{ "lead", DOC_TEXT, NULL, "Purpose" }, { "source", DOC_TEXT, NULL, "Rule" },
		{ "count", DOC_INT, NULL, "Entries" }, { "open", DOC_INT, NULL, "Open" },
		{ "due", DOC_INT, NULL, "Due" },
	};
	struct tallied *tallied = arena_alloc(
	    request->arena, register_kind_count * sizeof(*tallied), _Alignof(struct tallied));
	struct doc_part *rows;

	memset(tallied, 0, register_kind_count * sizeof(*tallied));
	register_reason(request);
	TRY(registers_count(request, tallied, err));
	doc_page_text(doc, "page_title", STR("Registers"));
	doc_page_text(doc, "lead", STR("What the law wants written down about ourselves."));
	register_crumbs(doc, NULL, NULL);
	rows = doc_rows(doc, "registers", fields, COUNT_OF(fields));
	for (size_t i = 0; i < register_kind_count; i++) {
		const struct register_kind *kind;
		const struct register_page *page;
		struct doc_cell *cells = doc_row(doc, rows);
		TRY(register_page_find(str_from_c(register_kinds[i].name), &page, &kind, err));
		cell_text(&cells[0], str_from_c(kind->name));
		cell_text(&cells[1], str_from_c(kind->title));
		cell_text(&cells[2], str_from_c(page->lead));
		cell_text(&cells[3], str_from_c(kind->source));
		cell_int(&cells[4], tallied[i].count);
		cell_int(&cells[5], tallied[i].open);
		cell_int(&cells[6], tallied[i].due);
	}
	return RC_OK;
}
