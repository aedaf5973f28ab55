/*
 * The record of processing activities (GDPR Art. 30): what the policy in force says,
 * in the order of the article.  Nothing to edit: it changes with the policy.
 */
#include "pages/registers.h"
#include "web/exchange.h"

#define PROCESSING_BYTES (1 * MIB)

static struct str
text_of(const struct json_object *object, const char *name, struct arena *arena)
{
	struct json_object *value;

	if (!json_find(object, name, &value) || json_kind(value) != JSON_STRING)
		return STR_EMPTY;
	return str_copy(arena, json_text(value));
}

/* A text, or a list of texts as one; whoever looks at the page reads each of a list in
 * their language. */
static struct str
said(const struct request *request, const struct json_object *object, const char *name)
{
	struct arena *arena = request->arena;
	struct str all = STR_EMPTY;
	struct json_object *list;

	if (!json_find(object, name, &list))
		return STR_EMPTY;
	if (json_kind(list) != JSON_ARRAY)
		return text_of(object, name, arena);
	for (size_t i = 0; i < json_count(list); i++) {
		struct str one = json_text(json_at(list, i));
		if (request->exchange->is_browser)
			one = request_say(request, str_to_c(arena, one));
		all = str_printf(arena, "%.*s%s%.*s", STR_ARGS(all), i == 0 ? "" : "; ",
		                 STR_ARGS(one));
	}
	return all;
}

struct listing {
	const struct request *request;
	struct doc *doc;
	const struct json_object *root;
};

static void
list_part(const struct listing *of, const char *name, const struct doc_field *fields,
          size_t count)
{
	struct doc *doc = of->doc;
	struct doc_part *rows = doc_rows(doc, name, fields, count);
	struct json_object *list;

	if (!json_find(of->root, name, &list))
		return;
	for (size_t i = 0; i < json_count(list); i++) {
		struct doc_cell *cells = doc_row(doc, rows);
		for (size_t f = 0; f < count; f++) {
			struct str text = said(of->request, json_at(list, i), fields[f].name);
			if (text.len != 0)
				cell_text(&cells[f], text);
		}
	}
}

static void
security_part(struct doc *doc, const struct json_object *root)
{
	static const struct doc_field fields[] = { { "measure", DOC_TEXT, NULL, "Measure" } };
	struct doc_part *rows = doc_rows(doc, "security", fields, COUNT_OF(fields));
	struct json_object *list;

	if (!json_find(root, "security", &list))
		return;
	for (size_t i = 0; i < json_count(list); i++)
		cell_text(doc_row(doc, rows),
		          str_copy(doc->arena, json_text(json_at(list, i))));
}

static void
parts_fill(const struct listing *of)
{
	struct doc *doc = of->doc;
	const struct json_object *root = of->root;
	static const struct doc_field activities[] = { { "purpose", DOC_TEXT, NULL, "Purpose" },
		                                       { "basis", DOC_TEXT, NULL,
		                                         "Legal basis" },
		                                       { "data", DOC_TEXT, NULL, "Data" } };
	static const struct doc_field data[] = { { "data", DOC_TEXT, NULL, "Data" },
		                                 { "about", DOC_TEXT, NULL, "About" },
		                                 { "categories", DOC_TEXT, NULL, "Categories" },
		                                 { "from", DOC_TEXT, NULL, "From" },
		                                 { "period", DOC_TEXT, NULL, "Kept for" },
		                                 { "required_by", DOC_TEXT, NULL,
		                                   "Required by" } };
	static const struct doc_field recipients[] = { { "who", DOC_TEXT, NULL, "Recipient" },
		                                       { "data", DOC_TEXT, NULL, "Data" } };
	static const struct doc_field processors[] = { { "who", DOC_TEXT, NULL, "Processor" },
		                                       { "does", DOC_TEXT, NULL, "Does" },
		                                       { "region", DOC_TEXT, NULL, "Region" },
		                                       { "contract", DOC_TEXT, NULL,
		                                         "Contract" },
		                                       { "data", DOC_TEXT, NULL, "Data" } };
	static const struct doc_field transfers[] = { { "to", DOC_TEXT, NULL, "To" },
		                                      { "basis", DOC_TEXT, NULL, "Basis" },
		                                      { "since", DOC_TEXT, NULL, "Since" } };
	static const char *const heads[] = { "article", "controller", "address",
		                             "contact", "officer",    "version" };

	list_part(of, "activities", activities, COUNT_OF(activities));
	list_part(of, "data", data, COUNT_OF(data));
	list_part(of, "recipients", recipients, COUNT_OF(recipients));
	list_part(of, "processors", processors, COUNT_OF(processors));
	list_part(of, "transfers", transfers, COUNT_OF(transfers));
	security_part(doc, root);
	for (size_t i = 0; i < COUNT_OF(heads); i++)
		doc_text(doc, heads[i], text_of(root, heads[i], doc->arena));
}

enum rc
processing_show(struct request *request, struct doc *doc, struct err *err)
{
	CLEANUP(buf_free) struct buf buf = { 0 };
	CLEANUP(json_free) struct json json = { NULL };
	struct str text;

	buf_init(&buf, PROCESSING_BYTES);
	register_processing(request->tenant->policy, &buf);
	TRY(buf_finish(&buf, &text, err));
	TRY(json_parse(&json, text, err));
	doc_page_text(doc, "page_title", STR("Records of processing"));
	doc_page_text(doc, "lead",
	              STR("As the policy in force has them: they change with it."));
	register_crumbs(doc, NULL, "");
	parts_fill(&(struct listing){ request, doc, json.root });
	return RC_OK;
}
