/*
 * My requests: which rights I have in plain words, asking in two steps, what became
 * of what I asked, and the package that answers access.
 *
 * The first step says what will happen and to which data; only the second, with
 * `confirmed`, asks.  Programs send `confirmed` at once.
 */
#include "pages/requests.h"
#include "base/broken.h"
#include "base/limits.h"
#include "office/desk.h"
#include "office/package.h"

#define REQUESTS_SHOWN 200

/* --- rights in plain words ------------------------------------------------------------- */

static const struct {
	enum policy_right right;
	const char *label, *says, *then;
} rights_table[] = {
	{ RIGHT_ACCESS, MSGID("Have all my data"),
	  MSGID("Everything we hold about you, readable and as files."),
	  MSGID("You get everything we hold about you as one file, with a summary to read.") },
	{ RIGHT_PORTABILITY, MSGID("Take my data with me"),
	  MSGID("What you gave us, in forms that other services read."),
	  MSGID("You get your data as files that other services can read.") },
	{ RIGHT_RECTIFICATION, MSGID("Correct my data"),
	  MSGID("Something is wrong or missing: tell us what and how it should be."),
	  MSGID("We correct it, keep the old version for the record, and tell those who had "
	        "it.") },
	{ RIGHT_ERASURE, MSGID("Erase my data"),
	  MSGID("All of it, or some kinds of it. All of it closes your account."),
	  MSGID("What is erased cannot be brought back, by us either.") },
	{ RIGHT_RESTRICTION, MSGID("Restrict the use of my data"),
	  MSGID("We keep them and use them for nothing, until it is settled."),
	  MSGID(
	      "From then on nobody but you uses your data. You can end it by asking again.") },
	{ RIGHT_OBJECTION, MSGID("Object to a use"),
	  MSGID("We stop using your data for a purpose that rests on our interest."),
	  MSGID("We stop using your data for this.") },
};

struct str
request_label(const struct request *request, enum policy_right right)
{
	for (size_t i = 0; i < COUNT_OF(rights_table); i++) {
		if (rights_table[i].right == right)
			return request_say(request, rights_table[i].label);
	}
	return STR_EMPTY;
}

static struct str
classes_text(const struct request *request, const struct rights *rights,
             enum policy_right right)
{
	const struct policy *policy = request->tenant->policy;
	struct str text = STR_EMPTY;

	for (size_t i = 0; i < policy->class_count; i++) {
		if ((rights->classes[right] >> i & 1) == 0)
			continue;
		text = str_printf(
		    request->arena, "%.*s%s%.*s", STR_ARGS(text), text.len == 0 ? "" : "; ",
		    STR_ARGS(request_say(request,
		                         str_to_c(request->arena, policy->classes[i].says))));
	}
	return text;
}

static const struct doc_field right_fields[] = { { "kind", DOC_TEXT, NULL, NULL },
	                                         { "label", DOC_TEXT, NULL, "Right" },
	                                         { "says", DOC_TEXT, NULL, "Meaning" },
	                                         { "covers", DOC_TEXT, NULL, "Covers" } };

static void
rights_fill(struct request *request, struct doc *doc, const struct rights *rights)
{
	struct doc_part *rows = doc_rows(doc, "rights", right_fields, COUNT_OF(right_fields));

	for (size_t i = 0; i < COUNT_OF(rights_table); i++) {
		enum policy_right right = rights_table[i].right;
		struct doc_cell *cells;
		if ((rights->granted & right) == 0)
			continue;
		cells = doc_row(doc, rows);
		cell_text(&cells[0], str_from_c(asked_kind_word(right)));
		cell_text(&cells[1], request_say(request, rights_table[i].label));
		cell_text(&cells[2], request_say(request, rights_table[i].says));
		cell_text(&cells[3], classes_text(request, rights, right));
	}
}

/* --- mine ------------------------------------------------------------------------------- */

static const struct doc_field asked_fields[] = {
	{ "id", DOC_TEXT, NULL, "id" },          { "kind", DOC_TEXT, NULL, "Kind" },
	{ "label", DOC_TEXT, NULL, NULL },       { "state", DOC_TEXT, NULL, "State" },
	{ "opened", DOC_TIME, NULL, "Asked" },   { "due", DOC_TIME, NULL, "Due" },
	{ "text", DOC_TEXT, NULL, "Text" },      { "answer", DOC_TEXT, NULL, "Answer" },
	{ "refusal", DOC_TEXT, NULL, "Reason" }, { "version", DOC_INT, NULL, NULL },
	{ "is_open", DOC_BOOL, NULL, NULL },     { "has_package", DOC_BOOL, NULL, NULL },
};

static void
asked_fill(struct request *request, struct doc_cell *cells, const struct asked *asked)
{
	bool gives = asked->right == RIGHT_ACCESS || asked->right == RIGHT_PORTABILITY;

	cell_text(&cells[0], id_to_str(request->arena, asked->id));
	cell_text(&cells[1], str_from_c(asked_kind_word(asked->right)));
	cell_text(&cells[2], request_label(request, asked->right));
	cell_text(&cells[3], str_from_c(asked_state_word(asked->state)));
	cell_int(&cells[4], asked->opened_us);
	cell_int(&cells[5], asked->due_us);
	cell_text(&cells[6], asked->text);
	cell_text(&cells[7], asked->answer);
	cell_text(&cells[8], asked->refusal);
	cell_int(&cells[9], asked->version);
	cell_int(&cells[10], asked_is_open(asked));
	cell_int(&cells[11], gives && asked->state == ASKED_ANSWERED);
}

static MUST_CHECK enum rc
mine_fill(struct request *request, struct doc *doc, struct err *err)
{
	struct asked_query query = { .subject = request->actor.subject,
		                     .limit = REQUESTS_SHOWN };
	struct doc_part *rows = doc_rows(doc, "requests", asked_fields, COUNT_OF(asked_fields));
	struct asked_list list;

	TRY(desk_list(&request->door, request->site->office, &query, request->arena, &list,
	              err));
	for (size_t i = list.count; i > 0; i--)
		asked_fill(request, doc_row(doc, rows), &list.items[i - 1]);
	return RC_OK;
}

static MUST_CHECK enum rc
rights_of_mine(struct request *request, struct rights *rights, struct err *err)
{
	return desk_rights(&request->door, request->site->office, request->actor.subject,
	                   rights, err);
}

static MUST_CHECK enum rc
restricted_show(struct request *request, struct doc *doc, struct err *err)
{
	struct subject_row row = { .tenant = request->tenant->id,
		                   .id = request->actor.subject };

	TRY(vault_subject_find(request->site->vault, &row, err));
	doc_bool(doc, "is_restricted", (row.flags & SUBJECT_RESTRICTED) != 0);
	return RC_OK;
}

enum rc
requests_show(struct request *request, struct doc *doc, struct err *err)
{
	struct rights rights;

	doc_page_text(doc, "page_title", request_say(request, "My requests"));
	doc_page_text(doc, "lead",
	              request_say(request, "What you can ask of us, and what became of what "
	                                   "you asked. An answer costs nothing."));
	TRY(mine_fill(request, doc, err));
	TRY(rights_of_mine(request, &rights, err));
	rights_fill(request, doc, &rights);
	TRY(restricted_show(request, doc, err));
	doc_int(doc, "answer_days", request->tenant->policy->answer_days);
	return RC_OK;
}

/* --- asking ------------------------------------------------------------------------------ */

static const struct doc_field part_fields[] = { { "name", DOC_TEXT, NULL, NULL },
	                                        { "says", DOC_TEXT, NULL, NULL },
	                                        { "is_here", DOC_BOOL, NULL, NULL },
	                                        { "law", DOC_TEXT, NULL, NULL } };

static bool
is_chosen(const struct request *request, struct str name)
{
	struct str field = str_printf(request->arena, "part_%.*s", STR_ARGS(name));

	return request_form(request, str_to_c(request->arena, field)).len != 0;
}

static void
part_add(struct request *request, struct doc *doc, struct doc_part *rows, struct str name,
         struct str says)
{
	struct doc_cell *cells = doc_row(doc, rows);

	cell_text(&cells[0], name);
	cell_text(&cells[1], request_say(request, str_to_c(request->arena, says)));
	cell_int(&cells[2], is_chosen(request, name));
}

/* What the person may choose from: classes, or purposes of an objection. */
static void
parts_fill(struct request *request, struct doc *doc, const struct rights *rights,
           enum policy_right right)
{
	const struct policy *policy = request->tenant->policy;
	struct doc_part *rows = doc_rows(doc, "parts", part_fields, COUNT_OF(part_fields));

	rows->is_for_page_only = true;
	for (size_t i = 0; i < policy->purpose_count && right == RIGHT_OBJECTION; i++) {
		if (desk_may_object(&policy->purposes[i]))
			part_add(request, doc, rows, policy->purposes[i].name,
			         policy->purposes[i].says);
	}
	for (size_t i = 0; i < policy->class_count && right != RIGHT_OBJECTION; i++) {
		if ((rights->classes[right] >> i & 1) != 0)
			part_add(request, doc, rows, policy->classes[i].name,
			         policy->classes[i].says);
	}
}

/* "health alert": from the field `classes`, or from the boxes that are ticked. */
static struct str
classes_take(struct request *request)
{
	const struct policy *policy = request->tenant->policy;
	struct str text = str_trim(request_form(request, "classes"));

	if (text.len != 0)
		return text;
	for (size_t i = 0; i < policy->class_count + policy->purpose_count; i++) {
		struct str name = i < policy->class_count
		                      ? policy->classes[i].name
		                      : policy->purposes[i - policy->class_count].name;
		if (is_chosen(request, name))
			text = str_printf(request->arena, "%.*s%s%.*s", STR_ARGS(text),
			                  text.len == 0 ? "" : " ", STR_ARGS(name));
	}
	return text;
}

static MUST_CHECK enum rc
erasing_fill(struct request *request, struct doc *doc, const struct asked *asked,
             struct err *err)
{
	struct erasing_plan plan;

	TRY(desk_erasing(&request->door, asked, request->arena, &plan, err));
	erasing_parts(request, doc, &plan);
	return RC_OK;
}

static MUST_CHECK enum rc
ask_page(struct request *request, struct doc *doc, const struct asked *asked, struct err *err)
{
	struct rights rights;
	size_t i = 0;

	TRY(rights_of_mine(request, &rights, err));
	if ((rights.granted & asked->right) == 0)
		return FAIL(err, RC_NOT_FOUND, "you do not have this right here");
	while (rights_table[i].right != asked->right)
		i++;
	doc_page_text(doc, "page_title", request_say(request, rights_table[i].label));
	doc_page_text(doc, "kind", str_from_c(asked_kind_word(asked->right)));
	doc_page_text(doc, "says", request_say(request, rights_table[i].says));
	doc_page_text(doc, "then", request_say(request, rights_table[i].then));
	doc_page_bool(doc, "is_erasure", asked->right == RIGHT_ERASURE);
	doc_page_bool(doc, "is_objection", asked->right == RIGHT_OBJECTION);
	doc_page_bool(doc, "is_whole", asked->classes.len == 0);
	doc_page_text(doc, "classes", asked->classes);
	if (doc_find(doc, STR("value_text")) == NULL)
		doc_page_text(doc, "value_text", asked->text);
	doc_int(doc, "answer_days", request->tenant->policy->answer_days);
	parts_fill(request, doc, &rights, asked->right);
	return RC_OK;
}

enum rc
request_new_show(struct request *request, struct doc *doc, struct err *err)
{
	struct asked asked = { .subject = request->actor.subject };

	asked.right = asked_kind_find(request_query(request, "kind"));
	if (asked.right == 0)
		return FAIL(err, RC_NOT_FOUND, "there is no such right");
	return ask_page(request, doc, &asked, err);
}

/* A wrong field of the form is said beside it; its name begins the text. */
bool
request_form_error(struct request *request, struct doc *doc, const struct err *err)
{
	static const char *const fields[] = { "text",    "words",    "code",      "classes",
		                              "channel", "identity", "authority", "maker" };
	struct str text = str_from_c(err->text), field;

	text = str_trim(str_cut(text, ':', &field));
	for (size_t i = 0; i < COUNT_OF(fields); i++) {
		if (!str_eq(field, str_from_c(fields[i])) || text.len == 0)
			continue;
		request_field_error(request, doc, fields[i],
		                    request_say(request, str_to_c(request->arena, text)));
		return true;
	}
	return false;
}

static MUST_CHECK enum rc
check_page(struct request *request, struct doc *doc, const struct asked *asked, struct err *err)
{
	if (request->session == NULL)
		return FAIL(err, RC_PRECONDITION, "confirmed: say true to ask");
	doc_page_bool(doc, "is_check", true);
	if (asked->right == RIGHT_ERASURE)
		TRY(erasing_fill(request, doc, asked, err));
	return ask_page(request, doc, asked, err);
}

enum rc
request_new_submit(struct request *request, struct doc *doc, struct err *err)
{
	struct asked asked = { .subject = request->actor.subject };
	enum rc rc;

	asked.right = asked_kind_find(request_form(request, "kind"));
	asked.text = str_trim(request_form(request, "text"));
	asked.classes = classes_take(request);
	if (asked.right == 0)
		return FAIL(err, RC_INVALID, "kind: none of the rights there are");
	if (asked.right == RIGHT_RECTIFICATION && asked.text.len == 0) {
		request_field_error(request, doc, "text",
		                    request_say(request, "Say what is wrong, and how it "
		                                         "should be"));
		return ask_page(request, doc, &asked, err);
	}
	if (request_form(request, "confirmed").len == 0)
		return check_page(request, doc, &asked, err);
	rc = desk_open(&request->door, request->site->office, &asked, err);
	if (rc == RC_INVALID && request->session != NULL &&
	    request_form_error(request, doc, err))
		return ask_page(request, doc, &asked, err);
	TRY(rc);
	return request_redirect(request, STR("/me/requests?done=requested"));
}

enum rc
request_withdraw_submit(struct request *request, struct doc *doc, struct err *err)
{
	struct desk_move move = { .step = STEP_WITHDRAW };

	(void)doc;
	if (id_parse(request->params[0], &move.request, err) != RC_OK)
		return FAIL(err, RC_NOT_FOUND, "there is no such request");
	if (str_to_i64(request_form(request, "version"), &move.version, err) != RC_OK)
		return FAIL(err, RC_INVALID, "version: the one that was seen is missing");
	TRY(desk_move(&request->door, request->site->office, &move, err));
	return request_redirect(request, STR("/me/requests?done=withdrawn"));
}

/* --- the package ----------------------------------------------------------------------------
 */

static enum rc
zip_more(void *state, struct buf *out, bool *more, struct err *err)
{
	return package_more(state, out, more, err);
}

static void
zip_end(void *state)
{
	package_close(state);
}

/* Reading everything is the dearest thing that a person can ask of the server. */
static const struct rate package_rate = { "package", 10, US_PER_HOUR };

static MUST_CHECK enum rc
package_room(const struct request *request, struct err *err)
{
	struct id subject = request->actor.subject;

	return people_rate(request->site->people, request->tenant, &package_rate,
	                   (struct str){ (const char *)subject.bytes, sizeof(subject.bytes) },
	                   err);
}

enum rc
package_give(struct request *request, struct doc *doc, struct err *err)
{
	const struct service *service = site_service(request->site, request->tenant);
	struct package_options options = { .door = &request->door,
		                           .office = request->site->office,
		                           .subject = request->actor.subject,
		                           .language = str_from_c(request->language->code) };
	struct package *package = NULL;

	(void)doc;
	if (broken("rights.access") || broken("rights.portability"))
		return FAIL(err, RC_NOT_FOUND, "there is no package");
	if (service != NULL) {
		options.sources = service->packages;
		options.source_count = service->package_count;
	}
	TRY(package_room(request, err));
	TRY(package_open(&package, &options, err));
	request_at_end(request, zip_end, package);
	response_header(request, "Content-Disposition",
	                STR("attachment; filename=\"my-data.zip\""));
	request->response.type = STR("application/zip");
	request->response.source = (struct body_source){ zip_more, package };
	return RC_OK;
}
