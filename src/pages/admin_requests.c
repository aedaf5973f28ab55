/*
 * The request desk for staff: the queue by due date, one request with its steps,
 * entering what came by another way, and the certificate of an erasure.
 *
 * A step is a form with one button.  Erasing is confirmed on a page that says what
 * goes and what stays.
 */
#include "base/json.h"
#include "base/limits.h"
#include "pages/requests.h"

/* --- the queue ---------------------------------------------------------------------------- */

static const struct doc_field queue_fields[] = {
	{ "id", DOC_TEXT, NULL, "id" },
	{ "kind", DOC_TEXT, NULL, "Kind" },
	{ "label", DOC_TEXT, NULL, NULL },
	{ "state", DOC_TEXT, NULL, "State" },
	{ "maker", DOC_TEXT, NULL, "Made by" },
	{ "channel", DOC_TEXT, NULL, "Came by" },
	{ "opened", DOC_TIME, NULL, "Asked" },
	{ "due", DOC_TIME, NULL, "Due" },
	{ "days_left", DOC_INT, NULL, "Days left" },
	{ "is_late", DOC_BOOL, NULL, "Late" },
	{ "is_open", DOC_BOOL, NULL, NULL },
};

static int
by_due(const void *a, const void *b)
{
	const struct asked *left = a, *right = b;
	bool left_open = asked_is_open(left), right_open = asked_is_open(right);

	if (left_open != right_open)
		return left_open ? -1 : 1;
	if (left->due_us != right->due_us)
		return left->due_us < right->due_us ? -1 : 1;
	return id_compare(left->id, right->id);
}

static int64_t
days_left(const struct request *request, const struct asked *asked)
{
	int64_t left_us = asked->due_us - request->now_us;

	return left_us < 0 ? -1 : left_us / US_PER_DAY;
}

static void
queue_row(struct request *request, struct doc_cell *cells, const struct asked *asked)
{
	bool is_open = asked_is_open(asked);

	cell_text(&cells[0], id_to_str(request->arena, asked->id));
	cell_text(&cells[1], str_from_c(asked_kind_word(asked->right)));
	cell_text(&cells[2], request_label(request, asked->right));
	cell_text(&cells[3], str_from_c(asked_state_word(asked->state)));
	cell_text(&cells[4], asked->maker);
	cell_text(&cells[5], asked->channel);
	cell_int(&cells[6], asked->opened_us);
	cell_int(&cells[7], asked->due_us);
	if (is_open && request->now_us <= asked->due_us)
		cell_int(&cells[8], days_left(request, asked));
	cell_int(&cells[9], is_open && request->now_us > asked->due_us);
	cell_int(&cells[10], is_open);
}

static bool
is_wanted(const struct request *request, const struct asked *asked)
{
	struct str kind = request_query(request, "kind");

	return kind.len == 0 || asked_kind_find(kind) == asked->right;
}

/* Open ones at once; with the closed ones page by page. */
enum rc
queue_load(struct request *request, bool is_all, struct asked_list *all, struct err *err)
{
	struct asked_query query = { .only_open = !is_all, .limit = LIMIT_PAGE_ROWS };
	struct asked_list page = { .count = 1 };

	all->count = 0;
	all->items = arena_alloc(request->arena, DESK_OPEN_MOST * sizeof(*all->items),
	                         _Alignof(struct asked));
	for (;;) {
		TRY(desk_list(&request->door, request->site->office, &query, request->arena,
		              &page, err));
		for (size_t i = 0; i < page.count && all->count < DESK_OPEN_MOST; i++)
			all->items[all->count++] = page.items[i];
		if (id_is_zero(page.last) || all->count == DESK_OPEN_MOST)
			break;
		query.after = page.last;
	}
	qsort(all->items, all->count, sizeof(*all->items), by_due);
	return RC_OK;
}

static const struct doc_field kind_fields[] = { { "kind", DOC_TEXT, NULL, NULL },
	                                        { "label", DOC_TEXT, NULL, NULL },
	                                        { "is_here", DOC_BOOL, NULL, NULL } };

static void
kinds_part(struct request *request, struct doc *doc, struct str chosen)
{
	struct doc_part *rows = doc_rows(doc, "kinds", kind_fields, COUNT_OF(kind_fields));

	rows->is_for_page_only = true;
	for (unsigned right = RIGHT_ACCESS; right <= RIGHT_OBJECTION; right <<= 1) {
		struct doc_cell *cells = doc_row(doc, rows);
		struct str word = str_from_c(asked_kind_word((enum policy_right)right));
		cell_text(&cells[0], word);
		cell_text(&cells[1], request_label(request, (enum policy_right)right));
		cell_int(&cells[2], str_eq(word, chosen));
	}
}

enum rc
queue_show(struct request *request, struct doc *doc, struct err *err)
{
	struct doc_part *rows;
	struct asked_list all;

	doc_page_text(doc, "page_title", request_say(request, "Requests"));
	doc_page_text(
	    doc, "lead",
	    request_say(request, "What people ask under their rights, the most urgent first."));
	TRY(queue_load(request, request_has_query(request, "all"), &all, err));
	rows = doc_rows(doc, "requests", queue_fields, COUNT_OF(queue_fields));
	for (size_t i = 0; i < all.count; i++) {
		if (is_wanted(request, &all.items[i]))
			queue_row(request, doc_row(doc, rows), &all.items[i]);
	}
	kinds_part(request, doc, request_query(request, "kind"));
	doc_page_bool(doc, "is_all", request_has_query(request, "all"));
	return RC_OK;
}

/* --- one request -----------------------------------------------------------------------------
 */

static const struct doc_field one_fields[] = {
	{ "id", DOC_TEXT, NULL, "id" },
	{ "kind", DOC_TEXT, NULL, "Kind" },
	{ "label", DOC_TEXT, NULL, NULL },
	{ "state", DOC_TEXT, NULL, "State" },
	{ "text", DOC_TEXT, NULL, "Text" },
	{ "classes", DOC_TEXT, NULL, "Covers" },
	{ "channel", DOC_TEXT, NULL, "Came by" },
	{ "maker", DOC_TEXT, NULL, "Made by" },
	{ "authority", DOC_TEXT, NULL, "Authority" },
	{ "identity", DOC_TEXT, NULL, "Identity" },
	{ "opened", DOC_TIME, NULL, "Asked" },
	{ "due", DOC_TIME, NULL, "Due" },
	{ "extended", DOC_TIME, NULL, "Extended" },
	{ "extension_reason", DOC_TEXT, NULL, "Reason" },
	{ "answer", DOC_TEXT, NULL, "Answer" },
	{ "refusal", DOC_TEXT, NULL, "Refusal" },
	{ "passed_to", DOC_TEXT, NULL, "Passed on to" },
	{ "recipients", DOC_TEXT, NULL, "Must hear of it" },
	{ "closed", DOC_TIME, NULL, "Closed" },
	{ "subject", DOC_TEXT, NULL, "Subject" },
	{ "version", DOC_INT, NULL, "Version" },
};

static void
time_cell(struct doc_cell *cell, int64_t us)
{
	if (us != 0)
		cell_int(cell, us);
}

static void
one_fill(struct request *request, struct doc *doc, const struct asked *asked)
{
	struct doc_cell *cells = doc_record(doc, "request", one_fields, COUNT_OF(one_fields));
	const struct str texts[] = { asked->text,  asked->classes,   asked->channel,
		                     asked->maker, asked->authority, asked->identity };

	cell_text(&cells[0], id_to_str(request->arena, asked->id));
	cell_text(&cells[1], str_from_c(asked_kind_word(asked->right)));
	cell_text(&cells[2], request_label(request, asked->right));
	cell_text(&cells[3], str_from_c(asked_state_word(asked->state)));
	for (size_t i = 0; i < COUNT_OF(texts); i++)
		cell_text(&cells[4 + i], texts[i]);
	time_cell(&cells[10], asked->opened_us);
	time_cell(&cells[11], asked->due_us);
	time_cell(&cells[12], asked->extended_us);
	cell_text(&cells[13], asked->extension_reason);
	cell_text(&cells[14], asked->answer);
	cell_text(&cells[15], asked->refusal);
	cell_text(&cells[16], asked->passed_to);
	cell_text(&cells[17], asked->recipients);
	time_cell(&cells[18], asked->closed_us);
	cell_text(&cells[19], id_to_str(request->arena, asked->subject));
	cell_int(&cells[20], asked->version);
}

static const struct doc_field timeline_fields[] = { { "at", DOC_TIME, NULL, "When" },
	                                            { "state", DOC_TEXT, NULL, "State" },
	                                            { "due", DOC_TIME, NULL, "Due" } };

static MUST_CHECK enum rc
timeline_fill(struct request *request, struct doc *doc, struct id id, struct err *err)
{
	struct doc_part *rows =
	    doc_rows(doc, "timeline", timeline_fields, COUNT_OF(timeline_fields));
	struct asked_list versions;

	TRY(desk_history(&request->door, request->site->office, id, request->arena, &versions,
	                 err));
	for (size_t i = versions.count; i > 0; i--) {
		struct doc_cell *cells = doc_row(doc, rows);
		const struct asked *version = &versions.items[i - 1];
		cell_int(&cells[0], version->updated_us);
		cell_text(&cells[1], str_from_c(asked_state_word(version->state)));
		cell_int(&cells[2], version->due_us);
	}
	return RC_OK;
}

static const struct doc_field reason_fields[] = { { "code", DOC_TEXT, NULL, NULL },
	                                          { "says", DOC_TEXT, NULL, NULL },
	                                          { "source", DOC_TEXT, NULL, NULL } };

static void
reasons_part(struct request *request, struct doc *doc)
{
	struct doc_part *rows =
	    doc_rows(doc, "reasons", reason_fields, COUNT_OF(reason_fields));

	rows->is_for_page_only = true;
	for (size_t i = 0; i < refusal_reason_count; i++) {
		struct doc_cell *cells = doc_row(doc, rows);
		cell_text(&cells[0], str_from_c(refusal_reasons[i].code));
		cell_text(&cells[1], request_say(request, refusal_reasons[i].says));
		cell_text(&cells[2], str_from_c(refusal_reasons[i].source));
	}
}

/* Whose it is, where the role may know; an erased person is nobody any more. */
static void
whose(struct request *request, struct doc *doc, const struct asked *asked)
{
	struct door door = request->door;
	struct actor actor = request->actor;
	struct person person;
	struct err err;

	door.actor = &actor;
	door.purpose = STR("security");
	if (actor.reason.len == 0)
		actor.reason = STR("to handle a request under their rights");
	if (people_get(&door, request->site->people, asked->subject, request->arena, &person,
	               &err) != RC_OK)
		return;
	doc_text(doc, "name", person.name);
	doc_text(doc, "email", person.email);
}

static const struct doc_field line_fields[] = { { "says", DOC_TEXT, NULL, NULL },
	                                        { "law", DOC_TEXT, NULL, NULL } };

void
erasing_parts(struct request *request, struct doc *doc, const struct erasing_plan *plan)
{
	struct doc_part *goes = doc_rows(doc, "goes", line_fields, COUNT_OF(line_fields));
	struct doc_part *stays = doc_rows(doc, "stays", line_fields, COUNT_OF(line_fields));

	for (size_t i = 0; i < plan->count; i++) {
		const struct policy_class *class = plan->lines[i].class;
		struct doc_cell *cells = doc_row(doc, plan->lines[i].is_kept ? stays : goes);
		cell_text(&cells[0],
		          request_say(request, str_to_c(request->arena, class->says)));
		cell_text(&cells[1], class->keep.required_by);
	}
}

static MUST_CHECK enum rc
steps_fill(struct request *request, struct doc *doc, const struct asked *asked, struct err *err)
{
	struct subject_row row = { .tenant = request->tenant->id, .id = asked->subject };
	bool is_open = asked_is_open(asked);
	bool is_client_s = request->tenant->policy->rights_through_client;
	struct erasing_plan plan;

	TRY(vault_subject_find(request->site->vault, &row, err));
	doc_page_bool(doc, "is_open", is_open);
	doc_page_bool(doc, "is_late", is_open && request->now_us > asked->due_us);
	doc_page_bool(doc, "may_identify", asked->state == ASKED_IDENTITY);
	doc_page_bool(doc, "may_extend",
	              is_open && asked->extended_us == 0 && request->now_us <= asked->due_us);
	doc_page_bool(doc, "may_pass",
	              is_client_s &&
	                  (asked->state == ASKED_RECEIVED || asked->state == ASKED_OPEN));
	doc_page_bool(doc, "may_fulfil",
	              asked->state == ASKED_OPEN || asked->state == ASKED_PASSED);
	doc_page_bool(doc, "is_erasure", asked->right == RIGHT_ERASURE);
	doc_page_bool(doc, "is_rectification", asked->right == RIGHT_RECTIFICATION);
	doc_page_bool(doc, "is_restriction", asked->right == RIGHT_RESTRICTION);
	doc_bool(doc, "is_restricted", (row.flags & SUBJECT_RESTRICTED) != 0);
	doc_page_bool(doc, "has_certificate",
	              asked->right == RIGHT_ERASURE && asked->state == ASKED_ANSWERED);
	reasons_part(request, doc);
	if (asked->right != RIGHT_ERASURE || !is_open)
		return RC_OK;
	TRY(desk_erasing(&request->door, asked, request->arena, &plan, err));
	erasing_parts(request, doc, &plan);
	return RC_OK;
}

static const struct doc_field account_fields[] = { { "field", DOC_TEXT, NULL, "Field" },
	                                           { "value", DOC_TEXT, NULL, "Value" },
	                                           { "was", DOC_TEXT, NULL, "Before" } };

static MUST_CHECK enum rc
member_text(struct request *request, struct json_object *value, struct str *text,
            struct err *err)
{
	CLEANUP(buf_free) struct buf buf = { 0 };
	struct json_out out;
	struct str finished;

	*text = STR_EMPTY;
	if (value == NULL)
		return RC_OK;
	if (json_kind(value) == JSON_STRING) {
		*text = str_copy(request->arena, json_text(value));
		return RC_OK;
	}
	buf_init(&buf, LIMIT_RECORD_BYTES);
	json_out_init(&out, &buf);
	TRY(json_put_value(&out, value, request->arena, err));
	TRY(buf_finish(&buf, &finished, err));
	*text = str_copy(request->arena, finished);
	return RC_OK;
}

/* What the account says, and what it said before its latest change. */
static MUST_CHECK enum rc
account_rows(struct request *request, struct doc *doc, struct doc_part *rows,
             const struct vault_records *versions, struct err *err)
{
	CLEANUP(json_free) struct json now = { NULL };
	CLEANUP(json_free) struct json before = { NULL };
	struct json_iter at;

	TRY(json_parse(&now, versions->items[0].body, err));
	if (versions->count > 1)
		TRY(json_parse(&before, versions->items[1].body, err));
	for (json_iter_start(&at, now.root); json_iter_next(&at);) {
		struct doc_cell *cells = doc_row(doc, rows);
		struct json_object *old = NULL;
		struct str value, was;
		TRY(member_text(request, at.value, &value, err));
		if (before.root != NULL)
			(void)json_find(before.root, str_to_c(request->arena, at.name), &old);
		TRY(member_text(request, old, &was, err));
		cell_text(&cells[0], str_copy(request->arena, at.name));
		cell_text(&cells[1], value);
		if (before.root != NULL && !str_eq(was, value))
			cell_text(&cells[2], was);
	}
	return RC_OK;
}

/* Where the role may read accounts, and there is one. */
static MUST_CHECK enum rc
account_part(struct request *request, struct doc *doc, const struct asked *asked,
             struct err *err)
{
	struct doc_part *rows =
	    doc_rows(doc, "account", account_fields, COUNT_OF(account_fields));
	struct vault_records versions = { 0 };
	enum rc rc;

	if (asked->right != RIGHT_RECTIFICATION)
		return RC_OK;
	rc = desk_account(&request->door, request->site->office, asked->subject, request->arena,
	                  &versions, err);
	if (rc == RC_NOT_FOUND || rc == RC_GONE || rc == RC_DENIED)
		return RC_OK;
	TRY(rc);
	return versions.count == 0 ? RC_OK : account_rows(request, doc, rows, &versions, err);
}

static MUST_CHECK enum rc
one_page(struct request *request, struct doc *doc, struct id id, struct err *err)
{
	struct asked asked;

	TRY(desk_get(&request->door, request->site->office, id, request->arena, &asked, err));
	doc_page_text(doc, "page_title", request_say(request, "Request"));
	one_fill(request, doc, &asked);
	whose(request, doc, &asked);
	TRY(timeline_fill(request, doc, id, err));
	TRY(account_part(request, doc, &asked, err));
	return steps_fill(request, doc, &asked, err);
}

static MUST_CHECK enum rc
id_of_path(struct request *request, struct id *id, struct err *err)
{
	if (id_parse(request->params[0], id, err) != RC_OK)
		return FAIL(err, RC_NOT_FOUND, "there is no such request");
	return RC_OK;
}

enum rc
admin_request_show(struct request *request, struct doc *doc, struct err *err)
{
	struct id id = { { 0 } };

	TRY(id_of_path(request, &id, err));
	return one_page(request, doc, id, err);
}

/* --- steps
 * -------------------------------------------------------------------------------------- */

static const struct {
	const char *word;
	enum desk_step step;
} steps[] = {
	{ "identify", STEP_IDENTIFY }, { "extend", STEP_EXTEND }, { "pass", STEP_PASS },
	{ "refuse", STEP_REFUSE },     { "fulfil", STEP_FULFIL }, { "withdraw", STEP_WITHDRAW },
};

static enum desk_step
step_find(struct str word)
{
	for (size_t i = 0; i < COUNT_OF(steps); i++) {
		if (str_eq(str_from_c(steps[i].word), word))
			return steps[i].step;
	}
	return 0;
}

/* Erasing is asked for twice. */
static MUST_CHECK enum rc
must_confirm(struct request *request, const struct desk_move *move, bool *must, struct err *err)
{
	struct asked asked;

	*must = false;
	if (move->step != STEP_FULFIL || request_form(request, "confirmed").len != 0)
		return RC_OK;
	TRY(desk_get(&request->door, request->site->office, move->request, request->arena,
	             &asked, err));
	*must = asked.right == RIGHT_ERASURE;
	if (*must && request->session == NULL)
		return FAIL(err, RC_PRECONDITION, "confirmed: say true to erase");
	return RC_OK;
}

static MUST_CHECK enum rc
step_redirect(struct request *request, const struct desk_move *move)
{
	struct str id = id_to_str(request->arena, move->request);

	return request_redirect(
	    request,
	    str_printf(request->arena, "/admin/requests/%.*s?done=saved", STR_ARGS(id)));
}

enum rc
request_step_submit(struct request *request, struct doc *doc, struct err *err)
{
	struct desk_move move = { .step = step_find(request_form(request, "step")),
		                  .code = str_trim(request_form(request, "code")),
		                  .words = str_trim(request_form(request, "words")) };
	bool must;
	enum rc rc;

	TRY(id_of_path(request, &move.request, err));
	if (str_to_i64(request_form(request, "version"), &move.version, err) != RC_OK)
		return FAIL(err, RC_INVALID, "version: the one that was seen is missing");
	TRY(must_confirm(request, &move, &must, err));
	if (must) {
		doc_page_bool(doc, "is_confirm", true);
		doc_page_text(doc, "value_words", move.words);
		return one_page(request, doc, move.request, err);
	}
	rc = desk_move(&request->door, request->site->office, &move, err);
	if (rc == RC_INVALID && request->session != NULL &&
	    request_form_error(request, doc, err))
		return one_page(request, doc, move.request, err);
	TRY(rc);
	return step_redirect(request, &move);
}

/* --- what came otherwise
 * --------------------------------------------------------------------------- */

static const struct doc_field word_fields[] = { { "word", DOC_TEXT, NULL, NULL },
	                                        { "is_here", DOC_BOOL, NULL, NULL } };

static void
words_part(struct request *request, struct doc *doc, const char *name,
           const char *const words[4])
{
	struct doc_part *rows = doc_rows(doc, name, word_fields, COUNT_OF(word_fields));
	struct str chosen = request_form(
	    request, str_eq(str_from_c(name), STR("makers")) ? "maker" : "channel");

	rows->is_for_page_only = true;
	for (int i = 0; i < 4; i++) {
		struct doc_cell *cells = doc_row(doc, rows);
		cell_text(&cells[0], str_from_c(words[i]));
		cell_int(&cells[1],
		         chosen.len == 0 ? i == 0 : str_eq(chosen, str_from_c(words[i])));
	}
}

static MUST_CHECK enum rc
enter_page(struct request *request, struct doc *doc)
{
	static const char *const makers[] = { "self", "guardian", "agent", "executor" };
	static const char *const channels[] = { "mail", "letter", "phone", "client" };

	doc_page_text(doc, "page_title",
	              request_say(request, "Enter a request that came another way"));
	kinds_part(request, doc, request_form(request, "kind"));
	words_part(request, doc, "makers", makers);
	words_part(request, doc, "channels", channels);
	return RC_OK;
}

enum rc
admin_request_new_show(struct request *request, struct doc *doc, struct err *err)
{
	(void)err;
	return enter_page(request, doc);
}

/* By the person's address, or by the subject's id where it has no account. */
static MUST_CHECK enum rc
whom_take(struct request *request, struct doc *doc, struct id *subject, struct err *err)
{
	struct str whom = str_trim(request_form(request, "whom"));
	struct door door = request->door;
	struct actor actor = request->actor;
	struct person person;
	enum rc rc;

	if (id_parse(whom, subject, err) == RC_OK)
		return RC_OK;
	door.actor = &actor;
	door.purpose = STR("security");
	actor.reason = STR("to handle a request under their rights");
	rc = people_find(&door, request->site->people, whom, request->arena, &person, err);
	if (rc == RC_OK)
		*subject = person.id;
	if (rc == RC_OK || (rc != RC_NOT_FOUND && rc != RC_INVALID))
		return rc;
	if (request->session == NULL)
		return FAIL(err, RC_INVALID, "whom: nobody has this address or number");
	request_field_error(request, doc, "whom",
	                    request_say(request, "Nobody has this address or number"));
	return RC_OK;
}

static MUST_CHECK enum rc
received_take(struct request *request, struct doc *doc, int64_t *us, struct err *err)
{
	struct str day = str_trim(request_form(request, "received"));

	if (day.len == 0 || date_parse(day, us, err) == RC_OK)
		return RC_OK;
	if (request->session == NULL)
		return FAIL(err, RC_INVALID, "received: a day as YYYY-MM-DD");
	request_field_error(request, doc, "received",
	                    request_say(request, "Enter a day as YYYY-MM-DD"));
	return RC_OK;
}

enum rc
admin_request_new_submit(struct request *request, struct doc *doc, struct err *err)
{
	struct asked asked = { .right = asked_kind_find(request_form(request, "kind")),
		               .text = str_trim(request_form(request, "text")),
		               .channel = request_form(request, "channel"),
		               .maker = request_form(request, "maker"),
		               .authority = str_trim(request_form(request, "authority")),
		               .identity = str_trim(request_form(request, "identity")),
		               .classes = str_trim(request_form(request, "classes")) };
	enum rc rc;

	TRY(whom_take(request, doc, &asked.subject, err));
	TRY(received_take(request, doc, &asked.opened_us, err));
	if (request_has_errors(request))
		return enter_page(request, doc);
	rc = desk_open(&request->door, request->site->office, &asked, err);
	if (rc == RC_INVALID && request->session != NULL &&
	    request_form_error(request, doc, err))
		return enter_page(request, doc);
	TRY(rc);
	return request_redirect(request,
	                        str_printf(request->arena, "/admin/requests/%.*s?done=added",
	                                   STR_ARGS(id_to_str(request->arena, asked.id))));
}

/* --- the certificate
 * --------------------------------------------------------------------------------- */

static const struct doc_field certificate_fields[] = {
	{ "id", DOC_TEXT, NULL, "Certificate" },
	{ "subject", DOC_TEXT, NULL, "Subject" },
	{ "made", DOC_TIME, NULL, "Decided" },
	{ "beyond_use", DOC_TIME, NULL, "Beyond use" },
	{ "erased", DOC_TIME, NULL, "Erased" },
	{ "items", DOC_INT, NULL, "Records" },
	{ "is_part", DOC_BOOL, NULL, "In part" },
};

enum rc
certificate_show(struct request *request, struct doc *doc, struct err *err)
{
	struct certificate certificate;
	struct doc_cell *cells;
	struct asked asked;
	struct id id = { { 0 } }, which;

	TRY(id_of_path(request, &id, err));
	TRY(desk_get(&request->door, request->site->office, id, request->arena, &asked, err));
	TRY(desk_certificate(&request->door, request->site->office, &asked, request->arena,
	                     &which, err));
	TRY(vault_certificate_find(&request->door, which, &certificate, err));
	doc_page_text(doc, "page_title", request_say(request, "Certificate of erasure"));
	cells =
	    doc_record(doc, "certificate", certificate_fields, COUNT_OF(certificate_fields));
	cell_text(&cells[0], id_to_str(request->arena, certificate.row.id));
	cell_text(&cells[1], id_to_str(request->arena, certificate.row.subject));
	time_cell(&cells[2], certificate.row.made_us);
	time_cell(&cells[3], certificate.row.beyond_use_us);
	time_cell(&cells[4], certificate.row.erased_us);
	cell_int(&cells[5], certificate.row.items);
	cell_int(&cells[6], certificate.row.kind == ERASURE_PART);
	doc_page_text(doc, "answer", asked.answer);
	doc_page_text(doc, "held_by", request->tenant->policy->controller.name);
	doc_page_text(doc, "request_id", request->params[0]);
	return RC_OK;
}
