/*
 * My account: what is held about the person who is signed in, and changing it.
 */
#include "pages/handlers.h"
#include "web/cookie.h"
#include "web/exchange.h"
#include "web/form.h"

static const char *const zone_names[] = {
	"Africa/Cairo",        "Africa/Johannesburg",
	"Africa/Lagos",        "Africa/Nairobi",
	"America/Bogota",      "America/Chicago",
	"America/Denver",      "America/Halifax",
	"America/Lima",        "America/Los_Angeles",
	"America/Mexico_City", "America/New_York",
	"America/Sao_Paulo",   "America/Toronto",
	"Asia/Dhaka",          "Asia/Dubai",
	"Asia/Hong_Kong",      "Asia/Jakarta",
	"Asia/Jerusalem",      "Asia/Karachi",
	"Asia/Kolkata",        "Asia/Manila",
	"Asia/Seoul",          "Asia/Shanghai",
	"Asia/Singapore",      "Asia/Tokyo",
	"Atlantic/Reykjavik",  "Australia/Perth",
	"Australia/Sydney",    "Europe/Athens",
	"Europe/Berlin",       "Europe/Brussels",
	"Europe/Dublin",       "Europe/Helsinki",
	"Europe/Istanbul",     "Europe/Lisbon",
	"Europe/London",       "Europe/Madrid",
	"Europe/Paris",        "Europe/Rome",
	"Europe/Stockholm",    "Europe/Warsaw",
	"Europe/Zurich",       "Pacific/Auckland",
	"Pacific/Honolulu",    "UTC",
};

static void
zones_part(struct doc *doc)
{
	static const struct doc_field fields[] = { { "name", DOC_TEXT, NULL, NULL } };
	struct doc_part *rows = doc_rows(doc, "zones", fields, COUNT_OF(fields));

	rows->is_for_page_only = true;
	for (size_t i = 0; i < COUNT_OF(zone_names); i++)
		cell_text(&doc_row(doc, rows)[0], str_from_c(zone_names[i]));
}

static const struct doc_field choice_fields[] = { { "code", DOC_TEXT, NULL, NULL },
	                                          { "name", DOC_TEXT, NULL, NULL },
	                                          { "is_here", DOC_BOOL, NULL, NULL } };

static void
choice_add(struct doc *doc, struct doc_part *rows, const char *const texts[2],
           struct str chosen)
{
	struct doc_cell *cells = doc_row(doc, rows);

	cell_text(&cells[0], str_from_c(texts[0]));
	cell_text(&cells[1], str_from_c(texts[1]));
	cell_int(&cells[2], str_eq(chosen, str_from_c(texts[0])));
}

static void
choices_part(struct doc *doc, const struct person *person, const struct settings *settings)
{
	static const char *const units[][2] = { { "mg/dL", "mg/dL" }, { "mmol/L", "mmol/L" } };
	struct doc_part *rows =
	    doc_rows(doc, "language_choices", choice_fields, COUNT_OF(choice_fields));

	rows->is_for_page_only = true;
	for (size_t i = 0; i < language_count; i++) {
		const char *const texts[2] = { languages[i].code, languages[i].name };
		choice_add(doc, rows, texts, person->language);
	}
	if (!settings->has_unit)
		return;
	rows = doc_rows(doc, "units", choice_fields, COUNT_OF(choice_fields));
	rows->is_for_page_only = true;
	for (size_t i = 0; i < COUNT_OF(units); i++)
		choice_add(doc, rows, units[i], settings->unit);
}

static void
account_part(struct doc *doc, const struct person *person)
{
	static const struct doc_field fields[] = {
		{ "name", DOC_TEXT, NULL, "Name" },
		{ "email", DOC_TEXT, NULL, "E-mail address" },
		{ "role", DOC_TEXT, NULL, "Role" },
		{ "created", DOC_TIME, NULL, "Here since" },
		{ "state", DOC_TEXT, NULL, "State" },
		{ "version", DOC_INT, NULL, NULL },
		{ "language", DOC_TEXT, NULL, "Language" },
		{ "zone", DOC_TEXT, NULL, "Time zone" },
	};
	struct doc_cell *cells = doc_record(doc, "account", fields, COUNT_OF(fields));

	cell_text(&cells[0], person->name);
	cell_text(&cells[1], person->email);
	cell_text(&cells[2], person->role);
	cell_int(&cells[3], person->created_us);
	cell_text(&cells[4], person_state_word(person->state));
	cell_int(&cells[5], person->version);
	cell_text(&cells[6], person->language);
	cell_text(&cells[7], person->zone);
}

/* What was typed stays where the form was not accepted. */
static void
value_part(struct doc *doc, const char *name, struct str value)
{
	if (doc_find(doc, str_from_c(name)) == NULL)
		doc_page_text(doc, name, value);
}

static void
settings_parts(struct doc *doc, const struct settings *settings)
{
	static const struct doc_field fields[] = {
		{ "unit", DOC_TEXT, NULL, "Unit of glucose" },
		{ "target_low", DOC_NUMBER, "mg/dL", "Target range from" },
		{ "target_high", DOC_NUMBER, "mg/dL", "Target range to" },
	};
	struct doc_cell *cells;

	if (!settings->has_unit && !settings->has_target)
		return;
	cells = doc_record(doc, "settings", fields, COUNT_OF(fields));
	if (settings->unit.len != 0)
		cell_text(&cells[0], settings->unit);
	if (settings->low.len != 0)
		cell_text(&cells[1], settings->low);
	if (settings->high.len != 0)
		cell_text(&cells[2], settings->high);
	doc_page_bool(doc, "has_target", settings->has_target);
	value_part(doc, "value_target_low", settings->low);
	value_part(doc, "value_target_high", settings->high);
}

static bool
table_exports(const struct request *request, const struct routes *table)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct route *row = &table->rows[i];
		if (row->method == METHOD_GET && strcmp(row->path, "/export") == 0)
			return need_holds(request, &row->need);
	}
	return false;
}

static bool
may_export(const struct request *request)
{
	const struct service *service = site_service(request->site, request->tenant);

	for (size_t i = 0; service != NULL && i < SERVICE_TABLES_MAX; i++) {
		if (service->tables[i] != NULL && table_exports(request, service->tables[i]))
			return true;
	}
	return false;
}

static void
me_page(struct request *request, struct doc *doc, const struct person *person,
        const struct settings *settings)
{
	const struct policy *policy = request->tenant->policy;

	doc_page_text(doc, "page_title", request_say(request, "My data"));
	account_part(doc, person);
	settings_parts(doc, settings);
	value_part(doc, "value_name", person->name);
	value_part(doc, "value_zone", person->zone);
	zones_part(doc);
	choices_part(doc, person, settings);
	doc_page_bool(doc, "has_factor",
	              request->session != NULL && request->session->has_factor);
	doc_page_bool(doc, "may_export", may_export(request));
	doc_page_bool(doc, "may_consent",
	              need_holds(request, &(struct need)MAY(READ, "consent")));
	doc_int(doc, "answer_days", policy->answer_days);
}

/* What is stored, and which of its further fields the policy declares. */
static MUST_CHECK enum rc
mine_read(struct request *request, struct person *person, struct settings *settings,
          struct err *err)
{
	*settings = (struct settings){ 0 };
	TRY(people_get(&request->door, request->site->people, request->actor.id, request->arena,
	               person, err));
	settings_declared(request->tenant->policy, request->actor.role, settings);
	return settings_read(person->extra, request->arena, settings, err);
}

enum rc
me_show(struct request *request, struct doc *doc, struct err *err)
{
	struct settings settings;
	struct person person;

	TRY(mine_read(request, &person, &settings, err));
	me_page(request, doc, &person, &settings);
	return RC_OK;
}

/* --- changing --------------------------------------------------------------------- */

static bool
language_is_here(struct str code)
{
	for (size_t i = 0; i < language_count; i++) {
		if (str_eq(code, str_from_c(languages[i].code)))
			return true;
	}
	return false;
}

/* A program may send some of the fields; the others stay as they are. */
static void
text_take(const struct request *request, const char *name, struct str *text)
{
	struct str given = str_trim(request_form(request, name));

	if (given.len != 0)
		*text = given;
}

static void
form_take(struct request *request, struct doc *doc, struct person *person,
          struct settings *settings)
{
	struct err err;

	text_take(request, "name", &person->name);
	text_take(request, "language", &person->language);
	text_take(request, "zone", &person->zone);
	if (person->name.len == 0)
		request_field_error(request, doc, "name", request_say(request, "Enter a name"));
	if (!language_is_here(person->language))
		request_field_error(request, doc, "language",
		                    request_say(request, "Choose one of the languages"));
	if (str_to_i64(request_form(request, "version"), &person->version, &err) != RC_OK)
		request_field_error(request, doc, "version",
		                    request_say(request, "Load the page again: it does not say "
		                                         "what was changed"));
	settings_take(request, doc, settings);
}

/* The cookie of this browser would otherwise outweigh the choice. */
static MUST_CHECK enum rc
language_follow(struct request *request, struct str code, struct err *err)
{
	if (pairs_find(&request->cookies, STR(COOKIE_LANGUAGE)).len == 0)
		return RC_OK;
	return request_cookie(request, COOKIE_LANGUAGE, code, err);
}

enum rc
me_submit(struct request *request, struct doc *doc, struct err *err)
{
	struct settings settings, stored_settings;
	struct person stored, person;
	enum rc rc;

	TRY(mine_read(request, &stored, &stored_settings, err));
	person = stored;
	settings = stored_settings;
	form_take(request, doc, &person, &settings);
	if (!request_has_errors(request)) {
		TRY(settings_write(&settings, request->arena, &person.extra, err));
		rc = people_change(&request->door, request->site->people, &person, err);
		if (rc == RC_OK) {
			TRY(language_follow(request, person.language, err));
			return request_redirect(request, STR("/me?done=saved"));
		}
		if (rc == RC_CONFLICT) {
			request_field_error(
			    request, doc, "name",
			    request_say(request, "This was changed elsewhere in the meantime: "
			                         "look at what stands here and save again"));
			request->response.status = 409;
		} else if (rc != RC_INVALID || !field_error_of(request, doc, err)) {
			return rc;
		}
	}
	me_page(request, doc, &stored, &stored_settings);
	return RC_OK;
}
