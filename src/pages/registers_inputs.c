/*
 * Which fields each register has, and their way between form and entry.
 */
#include "pages/registers.h"

#define AT(member)  offsetof(struct register_entry, member)
#define MSGID(text) text /* marks a text for tools/messages */

#define LINE(name, label, hint, needed)                                                        \
	{                                                                                      \
#name, label, hint, INPUT_LINE, needed, AT(name)                               \
	}
#define AREA(name, label, hint)                                                                \
	{                                                                                      \
#name, label, hint, INPUT_AREA, false, AT(name)                                \
	}
#define DAY(name, label, hint, needed)                                                         \
	{                                                                                      \
#name, label, hint, INPUT_DAY, needed, AT(name##_us)                           \
	}
#define MOMENT(name, label, hint, needed)                                                      \
	{                                                                                      \
#name, label, hint, INPUT_MOMENT, needed, AT(name##_us)                        \
	}
#define DOCUMENT                                                                               \
	LINE(document, MSGID("Document"), MSGID("Where the paper lies, or its number"), false)
#define CLASSES                                                                                \
	LINE(classes, MSGID("Kinds of data"),                                                  \
	     MSGID("Names as the policy has them, separated by spaces"), false)

static const struct register_page pages[] = {
	{ "processor",
	  MSGID("Who processes data for us, under which contract. A new one is told to staff."),
	  MSGID("Since"),
	  false,
	  true,
	  { LINE(title, MSGID("Name"), NULL, true),
	    AREA(text, MSGID("What it does for us"), NULL), CLASSES,
	    LINE(region, MSGID("Where"), MSGID("The region or country where the data lie"),
	         true),
	    LINE(basis, MSGID("Contract"), MSGID("The data processing agreement and its date"),
	         true),
	    LINE(contact, MSGID("Contact"), NULL, false), DAY(at, MSGID("Since"), NULL, true),
	    DAY(until, MSGID("Until"), MSGID("Empty: no end is agreed"), false), DOCUMENT } },
	{ "disclosure",
	  MSGID("What went to an authority, to rescuers or to a successor, and why."),
	  MSGID("On"),
	  true,
	  false,
	  { LINE(title, MSGID("What"), NULL, true), AREA(text, MSGID("Why"), NULL),
	    LINE(basis, MSGID("Legal basis"), NULL, true),
	    LINE(reference, MSGID("Reference"), NULL, false), DOCUMENT } },
	{ "transfer",
	  MSGID("What goes to a country outside, and what makes that lawful."),
	  MSGID("Since"),
	  false,
	  true,
	  { LINE(title, MSGID("What"), NULL, true), LINE(party, MSGID("To whom"), NULL, true),
	    LINE(region, MSGID("Country"), NULL, true),
	    LINE(
		basis, MSGID("Basis"),
		MSGID("Adequacy decision, standard clauses or binding rules (GDPR Art. 45-47)"),
		true),
	    CLASSES, DAY(at, MSGID("Since"), NULL, true),
	    DAY(until, MSGID("Until"), NULL, false),
	    AREA(text, MSGID("Further protection"), NULL), DOCUMENT } },
	{ "incident",
	  MSGID("Every breach, also one that nobody needs to be told of. The authority is told "
	        "within 72 hours."),
	  MSGID("Noticed"),
	  true,
	  true,
	  { LINE(title, MSGID("What happened"), NULL, true),
	    AREA(text, MSGID("Facts, effects and what was done"),
	         MSGID("GDPR Art. 33(5): enough for the authority to follow it")),
	    MOMENT(at, MSGID("Noticed"), MSGID("The 72 hours begin here"), true),
	    { "severity", MSGID("Risk for the people concerned"), NULL, INPUT_SEVERITY, false,
	      AT(severity) },
	    { "people", MSGID("People concerned"), MSGID("As many as are known"), INPUT_COUNT,
	      false, AT(people) },
	    CLASSES,
	    MOMENT(notified, MSGID("Authority told"), MSGID("Empty: not yet, or not needed"),
	           false),
	    LINE(reference, MSGID("Number that the authority gave"), NULL, false),
	    LINE(basis, MSGID("Why the authority is not told"),
	         MSGID("Only where no risk is likely (GDPR Art. 33(1))"), false),
	    DOCUMENT } },
	{ "notice",
	  MSGID("Who was told of a breach, and when."),
	  MSGID("Sent"),
	  true,
	  true,
	  { LINE(title, MSGID("What"), NULL, true),
	    AREA(text, MSGID("Text"), NULL),
	    MOMENT(at, MSGID("Sent"), NULL, true),
	    { "people", MSGID("People told"), NULL, INPUT_COUNT, false, AT(people) },
	    LINE(reference, MSGID("Incident"), MSGID("Its number here"), false),
	    DOCUMENT } },
	{ "attestation",
	  MSGID("Certificates, audit reports and tests by others. A promise of the policy that "
	        "rests on one fails when it lapses."),
	  MSGID("Dated"),
	  false,
	  true,
	  { LINE(title, MSGID("What"), NULL, true),
	    LINE(reference, MSGID("Name in the policy"), MSGID("As a promise says it: soc2"),
	         true),
	    LINE(party, MSGID("By whom"), NULL, true), DAY(at, MSGID("Dated"), NULL, true),
	    DAY(until, MSGID("Valid until"), MSGID("Staff hear of it 30 days before"), true),
	    LINE(document, MSGID("Document"), MSGID("Where the paper lies, or its number"),
	         true),
	    AREA(text, MSGID("Findings"), NULL) } },
	{ "instruction",
	  MSGID("What a client has told us to do with its data."),
	  MSGID("Given"),
	  false,
	  true,
	  { LINE(title, MSGID("What"), NULL, true), LINE(party, MSGID("Client"), NULL, true),
	    LINE(contact, MSGID("Given by"), NULL, false), AREA(text, MSGID("Text"), NULL),
	    DAY(at, MSGID("Given"), NULL, true),
	    LINE(reference, MSGID("Reference"), NULL, false), DOCUMENT } },
	{ "training",
	  MSGID("Who of the staff was trained in what, and until when it counts."),
	  MSGID("Held"),
	  false,
	  true,
	  { LINE(title, MSGID("What was taught"), NULL, true),
	    LINE(contact, MSGID("Who"), MSGID("The e-mail address of the member of staff"),
	         true),
	    DAY(at, MSGID("Held"), NULL, true),
	    DAY(until, MSGID("Valid until"), MSGID("Staff hear of it 30 days before"), true),
	    LINE(party, MSGID("By whom"), NULL, false), DOCUMENT } },
	{ "dpia",
	  MSGID("What was weighed before a use with a high risk began."),
	  MSGID("Made"),
	  false,
	  true,
	  { LINE(title, MSGID("Which use"), NULL, true),
	    AREA(text, MSGID("Risks, and what is done about them"), NULL),
	    CLASSES,
	    { "severity", MSGID("Risk that is left"), NULL, INPUT_SEVERITY, false,
	      AT(severity) },
	    LINE(party, MSGID("Who was consulted"), NULL, false),
	    DAY(at, MSGID("Made"), NULL, true),
	    DAY(until, MSGID("To be looked at again"), NULL, false),
	    DOCUMENT } },
	{ "alert",
	  MSGID("What the program noticed, and what was found."),
	  MSGID("Raised"),
	  true,
	  false,
	  { { NULL } } },
};

enum rc
register_page_find(struct str kind, const struct register_page **page,
                   const struct register_kind **row, struct err *err)
{
	*row = register_kind_find(kind);
	for (size_t i = 0; *row != NULL && i < COUNT_OF(pages); i++) {
		if (!str_eq(kind, str_from_c(pages[i].kind)))
			continue;
		*page = &pages[i];
		return RC_OK;
	}
	return FAIL(err, RC_NOT_FOUND, "there is no such register");
}

/* --- from the form --------------------------------------------------------------------- */

static struct str *
text_of(struct register_entry *entry, const struct register_input *input)
{
	return (struct str *)(void *)((char *)entry + input->at);
}

static int64_t *
number_of(struct register_entry *entry, const struct register_input *input)
{
	return (int64_t *)(void *)((char *)entry + input->at);
}

/* "YYYY-MM-DDTHH:MM", with or without seconds. */
static bool
clock_take(struct str text, struct civil *civil)
{
	uint32_t hour, minute;
	struct err ignored;

	if (text.len < 5 || text.ptr[2] != ':' ||
	    str_to_u32((struct str){ text.ptr, 2 }, &hour, &ignored) != RC_OK ||
	    str_to_u32((struct str){ text.ptr + 3, 2 }, &minute, &ignored) != RC_OK ||
	    hour > 23 || minute > 59)
		return false;
	civil->hour = (int)hour;
	civil->minute = (int)minute;
	return true;
}

enum rc
moment_parse(const struct request *request, struct str text, int64_t *us, struct err *err)
{
	CLEANUP(zone_close) struct zone *zone = NULL;
	struct civil civil;
	struct str day;
	struct str time = str_cut(text, 'T', &day);
	int64_t day_us;

	if (time_parse(text, us, NULL, err) == RC_OK)
		return RC_OK;
	TRY(date_parse(day, &day_us, err));
	civil = civil_from_us(day_us, 0);
	if (!clock_take(time, &civil))
		return FAIL(err, RC_INVALID, "a date and time such as 2026-03-01T10:00");
	TRY(zone_open(&zone, request->zone, err));
	*us = zone_local_to_us(zone, &civil);
	return RC_OK;
}

static const char *
number_take(const struct request *request, const struct register_input *input, struct str text,
            int64_t *number)
{
	struct err err;

	*number = 0;
	if (text.len == 0)
		return NULL;
	if (input->type == INPUT_COUNT)
		return str_to_i64(text, number, &err) == RC_OK && *number >= 0
		           ? NULL
		           : request_say(request, "Enter a whole number").ptr;
	if (input->type == INPUT_MOMENT)
		return moment_parse(request, text, number, &err) == RC_OK
		           ? NULL
		           : request_say(request, "Enter a date and a time").ptr;
	return date_parse(text, number, &err) == RC_OK
	           ? NULL
	           : request_say(request, "Enter a date such as 2026-12-31").ptr;
}

static const char *const severities[] = { "low", "medium", "high" };

static bool
is_severity(struct str text)
{
	for (size_t i = 0; i < COUNT_OF(severities); i++) {
		if (str_eq(text, str_from_c(severities[i])))
			return true;
	}
	return text.len == 0;
}

static bool
is_number(const struct register_input *input)
{
	return input->type == INPUT_DAY || input->type == INPUT_MOMENT ||
	       input->type == INPUT_COUNT;
}

static void
input_take(struct request *request, struct doc *doc, const struct register_input *input,
           struct register_entry *entry)
{
	struct str text = str_trim(request_form(request, input->name));
	const char *wrong = NULL;

	if (input->is_needed && text.len == 0)
		wrong = request_say(request, "This is needed").ptr;
	else if (is_number(input))
		wrong = number_take(request, input, text, number_of(entry, input));
	else if (input->type == INPUT_SEVERITY && !is_severity(text))
		wrong = request_say(request, "Choose one of these").ptr;
	else
		*text_of(entry, input) = text;
	if (wrong != NULL)
		request_field_error(request, doc, input->name, str_from_c(wrong));
}

void
register_inputs_take(struct request *request, struct doc *doc, const struct register_page *page,
                     struct register_entry *entry)
{
	for (size_t i = 0; page->inputs[i].name != NULL; i++)
		input_take(request, doc, &page->inputs[i], entry);
}

/* --- to the form ----------------------------------------------------------------------- */

static struct str
number_text(const struct request *request, const struct register_input *input, int64_t number)
{
	CLEANUP(zone_close) struct zone *zone = NULL;
	struct civil civil;
	struct err ignored;

	if (number == 0)
		return STR_EMPTY;
	if (input->type == INPUT_COUNT)
		return str_printf(request->arena, "%lld", (long long)number);
	if (input->type == INPUT_DAY) {
		civil = civil_from_us(number, 0);
		return str_printf(request->arena, "%04d-%02d-%02d", civil.year, civil.month,
		                  civil.day);
	}
	DISCARD(zone_open(&zone, request->zone, &ignored), "then it is UTC both ways");
	civil = civil_from_us(number, zone_offset_s(zone, number));
	return str_printf(request->arena, "%04d-%02d-%02dT%02d:%02d", civil.year, civil.month,
	                  civil.day, civil.hour, civil.minute);
}

static struct str
stored_value(const struct request *request, const struct register_input *input,
             struct register_entry *entry)
{
	if (is_number(input))
		return number_text(request, input, *number_of(entry, input));
	return *text_of(entry, input);
}

/* The same to be read: days and moments as the reader writes them. */
static struct str
read_value(const struct request *request, const struct register_input *input,
           struct register_entry *entry)
{
	int64_t number = is_number(input) ? *number_of(entry, input) : 0;

	if (number != 0 && input->type == INPUT_DAY)
		return language_date(request->language, number, request->arena);
	if (number != 0 && input->type == INPUT_MOMENT)
		return language_time(request->language, request->zone, number, request->arena);
	if (input->type == INPUT_SEVERITY && text_of(entry, input)->len != 0)
		return request_say(request, str_to_c(request->arena, *text_of(entry, input)));
	return stored_value(request, input, entry);
}

static struct str
input_error(const struct request *request, const struct doc *doc,
            const struct register_input *input)
{
	const struct doc_part *part =
	    doc_find(doc, str_printf(request->arena, "error_%s", input->name));

	return part == NULL ? STR_EMPTY : part->cells[0].text;
}

static const struct doc_field input_fields[] = {
	{ "name", DOC_TEXT, NULL, NULL },      { "label", DOC_TEXT, NULL, NULL },
	{ "hint", DOC_TEXT, NULL, NULL },      { "type", DOC_TEXT, NULL, NULL },
	{ "value", DOC_TEXT, NULL, NULL },     { "error", DOC_TEXT, NULL, NULL },
	{ "is_area", DOC_BOOL, NULL, NULL },   { "is_severity", DOC_BOOL, NULL, NULL },
	{ "is_line", DOC_BOOL, NULL, NULL },   { "is_needed", DOC_BOOL, NULL, NULL },
	{ "is_low", DOC_BOOL, NULL, NULL },    { "is_medium", DOC_BOOL, NULL, NULL },
	{ "is_high", DOC_BOOL, NULL, NULL },   { "is_short", DOC_BOOL, NULL, NULL },
	{ "is_listed", DOC_BOOL, NULL, NULL }, { "stored", DOC_TEXT, NULL, NULL },
};

static const char *const input_types[] = {
	[INPUT_LINE] = "text",    [INPUT_AREA] = "text",
	[INPUT_DAY] = "date",     [INPUT_MOMENT] = "datetime-local",
	[INPUT_COUNT] = "number", [INPUT_SEVERITY] = "text"
};

static void
input_row(struct doc_cell *cells, const struct register_input *input, struct str value,
          struct str error)
{
	cell_text(&cells[0], str_from_c(input->name));
	cell_text(&cells[1], str_from_c(input->label));
	if (input->hint != NULL)
		cell_text(&cells[2], str_from_c(input->hint));
	cell_text(&cells[3], str_from_c(input_types[input->type]));
	cell_text(&cells[4], value);
	cell_text(&cells[5], error);
	cell_int(&cells[6], input->type == INPUT_AREA);
	cell_int(&cells[7], input->type == INPUT_SEVERITY);
	cell_int(&cells[8], input->type != INPUT_AREA && input->type != INPUT_SEVERITY);
	cell_int(&cells[9], input->is_needed);
	cell_int(&cells[10], str_eq(value, STR("low")));
	cell_int(&cells[11], str_eq(value, STR("medium")));
	cell_int(&cells[12], str_eq(value, STR("high")));
	cell_int(&cells[13], is_number(input));
}

/* The names that promises of the policy rest on, to choose from. */
static void
attested_part(struct request *request, struct doc *doc)
{
	static const struct doc_field fields[] = { { "name", DOC_TEXT, NULL, NULL } };
	const struct policy *policy = request->tenant->policy;
	struct doc_part *rows = doc_rows(doc, "attested", fields, COUNT_OF(fields));

	rows->is_for_page_only = true;
	for (size_t i = 0; i < policy->promise_count; i++) {
		if (policy->promises[i].attested.len != 0)
			cell_text(doc_row(doc, rows), policy->promises[i].attested);
	}
}

void
register_inputs_part(struct request *request, struct doc *doc, const struct register_page *page,
                     struct register_entry *entry)
{
	struct doc_part *rows = doc_rows(doc, "inputs", input_fields, COUNT_OF(input_fields));
	bool is_attestation = strcmp(page->kind, "attestation") == 0;

	rows->is_for_page_only = true;
	for (size_t i = 0; page->inputs[i].name != NULL; i++) {
		const struct register_input *input = &page->inputs[i];
		struct doc_cell *cells = doc_row(doc, rows);
		struct str stored = stored_value(request, input, entry);
		input_row(cells, input,
		          request_has_errors(request) ? request_form(request, input->name)
		                                      : stored,
		          input_error(request, doc, input));
		cell_text(&cells[15], read_value(request, input, entry));
		cell_int(&cells[14], is_attestation && input->at == AT(reference));
	}
	if (is_attestation)
		attested_part(request, doc);
}
