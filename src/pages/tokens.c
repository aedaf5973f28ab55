/*
 * Tokens: what a program of the person's carries instead of a session.
 *
 * One makes no other: whoever finds a token has it until it ends or is revoked,
 * and nothing that outlives it.
 */
#include "pages/handlers.h"

#define TOKEN_DAYS_USUAL 90
#define TOKEN_DAYS_MOST  366

static MUST_CHECK enum rc
tokens_page(struct request *request, struct doc *doc, struct err *err)
{
	static const struct doc_field fields[] = {
		{ "id", DOC_TEXT, NULL, NULL },          { "label", DOC_TEXT, NULL, "Name" },
		{ "role", DOC_TEXT, NULL, "Role" },      { "created", DOC_TIME, NULL, "Made" },
		{ "seen", DOC_TIME, NULL, "Last used" }, { "expires", DOC_TIME, NULL, "Ends" },
	};
	struct doc_part *rows;
	struct token *tokens;
	size_t count;

	TRY(people_token_list(&request->door, request->site->people, request->actor.id,
	                      request->arena, &tokens, &count, err));
	doc_page_text(doc, "page_title", request_say(request, "Tokens"));
	doc_page_text(
	    doc, "lead",
	    request_say(request, "A token lets a program of yours in, in your role."));
	rows = doc_rows(doc, "tokens", fields, COUNT_OF(fields));
	for (size_t i = 0; i < count; i++) {
		struct doc_cell *cells = doc_row(doc, rows);
		cell_text(&cells[0], id_to_str(request->arena, tokens[i].id));
		cell_text(&cells[1], tokens[i].label);
		cell_text(&cells[2], tokens[i].role);
		cell_int(&cells[3], tokens[i].created_us);
		if (tokens[i].seen_us != 0)
			cell_int(&cells[4], tokens[i].seen_us);
		cell_int(&cells[5], tokens[i].expires_us);
	}
	if (doc_find(doc, STR("value_days")) == NULL)
		doc_page_text(doc, "value_days",
		              str_printf(request->arena, "%d", TOKEN_DAYS_USUAL));
	return RC_OK;
}

enum rc
tokens_show(struct request *request, struct doc *doc, struct err *err)
{
	return tokens_page(request, doc, err);
}

enum rc
token_submit(struct request *request, struct doc *doc, struct err *err)
{
	struct token token = { .kind = TOKEN_PERSON,
		               .owner = request->actor.id,
		               .label = str_trim(request_form(request, "label")) };
	struct str days_text = str_trim(request_form(request, "days"));
	uint32_t days = TOKEN_DAYS_USUAL;
	char secret[64];
	enum rc rc;

	if (request->session == NULL)
		return FAIL(err, RC_DENIED, "a token is made when signed in with a browser");
	if (days_text.len != 0 &&
	    (str_to_u32(days_text, &days, err) != RC_OK || days < 1 || days > TOKEN_DAYS_MOST))
		request_field_error(
		    request, doc, "days",
		    request_say(request, "Enter a number of days from 1 to 366"));
	if (token.label.len == 0)
		request_field_error(request, doc, "label",
		                    request_say(request, "Say what the token is for"));
	if (request_has_errors(request))
		return tokens_page(request, doc, err);
	token.expires_us = request->now_us + (int64_t)days * US_PER_DAY;
	rc = people_token_issue(&request->door, request->site->people, &token, secret, err);
	if (rc == RC_INVALID && field_error_of(request, doc, err))
		return tokens_page(request, doc, err);
	TRY(rc);
	request->response.status = 201;
	doc_text(doc, "secret", str_copy(request->arena, str_from_c(secret)));
	doc_time(doc, "expires", token.expires_us);
	return tokens_page(request, doc, err);
}

enum rc
token_revoke_submit(struct request *request, struct doc *doc, struct err *err)
{
	struct id token;

	(void)doc;
	if (id_parse(request->params[0], &token, err) != RC_OK || id_is_zero(token))
		return FAIL(err, RC_NOT_FOUND, "there is no such token of yours");
	TRY(people_token_revoke(&request->door, request->site->people, request->actor.id, token,
	                        err));
	return request_redirect(request, STR("/me/tokens?done=revoked"));
}
