#include "service/measure/fhir_search.h"

#include "base/arena.h"
#include "service/measure/analyte.h"
#include "service/measure/fhir_observation.h"
#include "service/measure/fhir_primitive.h"
#include "service/measure/fhir_shape.h"

#define STATUS_SYSTEM "http://hl7.org/fhir/observation-status"

/* One query under way, at one of its parameters. */
struct asking {
	struct fhir_search *search;
	struct fhir_issues *issues;
	const struct fhir_param *param;
};

static void
refuse(struct asking *asking, enum fhir_issue_type type, const char *why)
{
	struct fhir_place place = { NULL, asking->param->name, -1 };

	fhir_issue_add(asking->issues, &place, NULL,
	               (struct fhir_complaint){ RC_INVALID, type, why });
}

/* "a,b": the next value, with R4's escapes (\, \| \$ \\) undone. */
static struct str
next_value(struct arena *arena, struct str *rest)
{
	char *text = arena_alloc(arena, rest->len + 1, 1);
	size_t len = 0;
	size_t i = 0;

	while (i < rest->len && rest->ptr[i] != ',') {
		if (rest->ptr[i] == '\\' && i + 1 < rest->len)
			i++;
		text[len++] = rest->ptr[i++];
	}
	if (i < rest->len)
		i++;
	*rest = (struct str){ rest->ptr + i, rest->len - i };
	return (struct str){ text, len };
}

static struct fhir_token
token_of(struct str text)
{
	struct fhir_token token = { false, STR_EMPTY, text };
	struct str head;
	struct str rest = str_cut(text, '|', &head);

	if (head.len == text.len)
		return token;
	return (struct fhir_token){ true, head, rest };
}

static bool
fits_system(struct fhir_token token, struct str system)
{
	return !token.has_system || str_eq(token.system, system);
}

/* "Patient/ID" or "ID". */
static bool
reference_read(struct asking *asking, const char *type, struct id *id)
{
	struct str text = asking->param->value;
	struct err err = { 0 };

	if (fhir_reference_parse(text, type, id) || id_parse(text, id, &err) == RC_OK)
		return true;
	if (text.len == 0 ||
	    (!fhir_id_is_valid(text) && !str_starts_with(text, str_from_c(type))))
		refuse(asking, FHIR_VALUE, "not a reference (Type/id or id)");
	asking->search->is_nothing = true;
	return false;
}

static void
patient_read(struct asking *asking)
{
	struct fhir_search *search = asking->search;
	struct id id;

	if (!reference_read(asking, "Patient", &id))
		return;
	if (search->has_patient && !id_eq(search->patient, id))
		search->is_nothing = true;
	search->has_patient = true;
	search->patient = id;
}

static void
device_read(struct asking *asking)
{
	struct fhir_search *search = asking->search;
	struct id id;

	if (!reference_read(asking, "Device", &id))
		return;
	if (search->has_device && !id_eq(search->device, id))
		search->is_nothing = true;
	search->has_device = true;
	search->device = id;
}

static void
category_read(struct asking *asking)
{
	struct str rest = asking->param->value;
	bool has_ours = false;

	if (rest.len == 0)
		refuse(asking, FHIR_VALUE, "empty");
	while (rest.len != 0) {
		struct fhir_token token = token_of(next_value(asking->issues->arena, &rest));
		if (fits_system(token, STR(FHIR_CATEGORY_SYSTEM)) &&
		    (token.value.len == 0 || str_eq(token.value, STR("laboratory"))))
			has_ours = true;
	}
	if (!has_ours)
		asking->search->is_nothing = true;
}

static void
code_add(struct asking *asking, struct fhir_token token)
{
	struct fhir_search *search = asking->search;
	int analyte;
	int unit;

	if (!fits_system(token, STR(FHIR_LOINC_SYSTEM)) ||
	    !analyte_find_loinc(token.value, &analyte, &unit))
		return;
	search->loincs[search->loinc_count++] = token.value;
	search->analytes |= UINT32_C(1) << analyte;
}

static void
code_read(struct asking *asking)
{
	struct fhir_search *search = asking->search;
	struct str rest = asking->param->value;
	size_t values = 0;

	if (rest.len == 0)
		refuse(asking, FHIR_VALUE, "empty");
	if (search->loinc_count != 0) {
		refuse(asking, FHIR_NOT_SUPPORTED,
		       "code stands once; use commas for any of several");
		return;
	}
	while (rest.len != 0) {
		struct str value = next_value(asking->issues->arena, &rest);
		if (++values > FHIR_SEARCH_LIST_MAX) {
			refuse(asking, FHIR_TOO_COSTLY, "more than 16 values");
			return;
		}
		code_add(asking, token_of(value));
	}
	if (search->loinc_count == 0)
		search->is_nothing = true;
}

static void
status_read(struct asking *asking)
{
	static const struct {
		const char *code;
		enum reading_status status;
	} rows[] = {
		{ "final", READING_FINAL },
		{ "preliminary", READING_PRELIMINARY },
		{ "amended", READING_AMENDED },
		{ "corrected", READING_CORRECTED },
		{ "entered-in-error", READING_IN_ERROR },
	};
	struct str rest = asking->param->value;
	uint32_t bits = 0;

	if (rest.len == 0)
		refuse(asking, FHIR_VALUE, "empty");
	while (rest.len != 0) {
		struct fhir_token token = token_of(next_value(asking->issues->arena, &rest));
		for (size_t i = 0; i < COUNT_OF(rows); i++) {
			if (fits_system(token, STR(STATUS_SYSTEM)) &&
			    str_eq(token.value, str_from_c(rows[i].code)))
				bits |= UINT32_C(1) << rows[i].status;
		}
	}
	if (asking->search->statuses != 0)
		bits &= asking->search->statuses;
	asking->search->statuses = bits;
	if (bits == 0)
		asking->search->is_nothing = true;
}

static void
identifier_read(struct asking *asking)
{
	struct str rest = asking->param->value;
	struct fhir_search *search = asking->search;

	if (rest.len == 0 || search->has_identifier) {
		refuse(asking, FHIR_NOT_SUPPORTED, "one identifier");
		return;
	}
	search->identifier = token_of(next_value(asking->issues->arena, &rest));
	search->has_identifier = true;
	if (rest.len != 0 || search->identifier.value.len == 0)
		refuse(asking, FHIR_NOT_SUPPORTED, "one identifier, as system|value or value");
}

static void
id_read(struct asking *asking)
{
	struct fhir_search *search = asking->search;
	struct str rest = asking->param->value;
	struct err err = { 0 };

	if (search->id_count != 0) {
		refuse(asking, FHIR_NOT_SUPPORTED,
		       "_id stands once; use commas for any of several");
		return;
	}
	while (rest.len != 0) {
		struct str value = next_value(asking->issues->arena, &rest);
		if (search->id_count == FHIR_SEARCH_LIST_MAX) {
			refuse(asking, FHIR_TOO_COSTLY, "more than 16 values");
			return;
		}
		if (!fhir_id_is_valid(value))
			refuse(asking, FHIR_VALUE, "not an id");
		else if (reading_id_parse(value, &search->ids[search->id_count], &err) == RC_OK)
			search->id_count++;
	}
	if (search->id_count == 0)
		search->is_nothing = true;
}

static void
date_add(struct asking *asking, struct fhir_dates *dates)
{
	static const char *const prefixes[] = {
		[FHIR_EQ] = "eq", [FHIR_NE] = "ne", [FHIR_GT] = "gt", [FHIR_GE] = "ge",
		[FHIR_LT] = "lt", [FHIR_LE] = "le", [FHIR_SA] = "sa", [FHIR_EB] = "eb",
	};
	struct str text = asking->param->value;
	struct fhir_date date = { .prefix = FHIR_EQ };
	struct fhir_moment moment;

	for (size_t i = 0; i < COUNT_OF(prefixes); i++) {
		if (!str_starts_with(text, (struct str){ prefixes[i], 2 }))
			continue;
		date.prefix = (enum fhir_prefix)i;
		text = (struct str){ text.ptr + 2, text.len - 2 };
		break;
	}
	if (!fhir_moment_parse(text, true, &moment)) {
		refuse(asking, FHIR_VALUE,
		       "not a date that exists, with eq ne gt ge lt le sa eb or no prefix");
		return;
	}
	if (dates->count == FHIR_SEARCH_DATES_MAX) {
		refuse(asking, FHIR_TOO_COSTLY, "more than 8 dates");
		return;
	}
	date.from_us = moment.from_us;
	date.until_us = moment.until_us;
	dates->items[dates->count++] = date;
}

static void
date_read(struct asking *asking)
{
	date_add(asking, &asking->search->taken);
}

static void
updated_read(struct asking *asking)
{
	date_add(asking, &asking->search->updated);
}

static void
sort_read(struct asking *asking)
{
	static const struct {
		const char *word;
		enum fhir_sort sort;
	} rows[] = {
		{ "date", FHIR_SORT_DATE },
		{ "-date", FHIR_SORT_DATE_DOWN },
		{ "_lastUpdated", FHIR_SORT_UPDATED },
		{ "-_lastUpdated", FHIR_SORT_UPDATED_DOWN },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		if (str_eq(asking->param->value, str_from_c(rows[i].word))) {
			asking->search->sort = rows[i].sort;
			return;
		}
	}
	refuse(asking, FHIR_NOT_SUPPORTED, "one of date, -date, _lastUpdated, -_lastUpdated");
}

static void
count_read(struct asking *asking)
{
	struct err err = { 0 };
	uint32_t count = 0;

	if (str_to_u32(asking->param->value, &count, &err) != RC_OK || count > FHIR_COUNT_MAX)
		refuse(asking, FHIR_VALUE, "a whole number from 0 to 1000");
	asking->search->count = count;
	if (count == 0)
		asking->search->is_count_only = true;
}

static void
summary_read(struct asking *asking)
{
	if (str_eq(asking->param->value, STR("count")))
		asking->search->is_count_only = true;
	else if (!str_eq(asking->param->value, STR("false")))
		refuse(asking, FHIR_NOT_SUPPORTED, "count or false");
}

/* R4 "Search", "Total number of resources". */
static void
total_read(struct asking *asking)
{
	asking->search->has_total = str_eq(asking->param->value, STR("accurate"));
	if (!fhir_word_in("none estimate accurate", asking->param->value))
		refuse(asking, FHIR_VALUE, "one of none, estimate, accurate");
}

static void
cursor_read(struct asking *asking)
{
	static const char plain[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
	struct str text = asking->param->value;

	for (size_t i = 0; i < text.len; i++) {
		if (memchr(plain, text.ptr[i], sizeof(plain) - 1) == NULL)
			text.len = 0;
	}
	if (text.len == 0 || text.len > FHIR_CURSOR_MAX)
		refuse(asking, FHIR_VALUE, "not a cursor of ours");
	asking->search->cursor = text;
}

/* The answer's format is settled before the search; JSON is the only one. */
static void
format_read(struct asking *asking)
{
	if (!fhir_word_in("json application/json application/fhir+json text/json",
	                  asking->param->value) &&
	    !str_eq(asking->param->value, STR("application/fhir json"))) /* its + unescaped */
		refuse(asking, FHIR_NOT_SUPPORTED, "only JSON is written");
}

struct reader {
	const char *name;
	void (*read)(struct asking *);
};

static const struct reader readers[] = {
	{ "patient", patient_read },
	{ "subject", patient_read },
	{ "category", category_read },
	{ "code", code_read },
	{ "date", date_read },
	{ "identifier", identifier_read },
	{ "status", status_read },
	{ "device", device_read },
	{ "_id", id_read },
	{ "_lastUpdated", updated_read },
	{ "_sort", sort_read },
	{ "_count", count_read },
	{ "_summary", summary_read },
	{ "_total", total_read },
	{ "_cursor", cursor_read },
	{ "_format", format_read },
};

/* R4, Observation: Search Parameters; and "Search", parameters for all resources. */
const struct fhir_search_param fhir_search_params[] = {
	{ "patient", "reference" }, { "subject", "reference" }, { "category", "token" },
	{ "code", "token" },        { "date", "date" },         { "identifier", "token" },
	{ "status", "token" },      { "device", "reference" },  { "_id", "token" },
	{ "_lastUpdated", "date" },
};
const size_t fhir_search_param_count = COUNT_OF(fhir_search_params);

static const struct reader *
reader_find(struct str name)
{
	for (size_t i = 0; i < COUNT_OF(readers); i++) {
		if (str_eq(name, str_from_c(readers[i].name)))
			return &readers[i];
	}
	return NULL;
}

/* The name without its modifier, when it looks like a parameter's. */
static struct str
fit_name(struct arena *arena, struct str name)
{
	static const char plain[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	struct str head;

	(void)str_cut(name, ':', &head);
	for (size_t i = 0; i < head.len; i++) {
		if (memchr(plain, head.ptr[i], sizeof(plain) - 1) == NULL)
			return STR("(unfit name)");
	}
	return head.len == 0 || head.len > 48 ? STR("(unfit name)") : str_copy(arena, head);
}

static void
unknown_read(const struct fhir_query *query, size_t index, struct fhir_issues *issues)
{
	struct fhir_place place = { NULL, fit_name(issues->arena, query->params[index].name),
		                    -1 };

	if (query->is_lenient)
		fhir_issue_warn(issues, place.name,
		                "not a parameter that is carried out here: left out");
	else
		fhir_issue_add(issues, &place, NULL,
		               (struct fhir_complaint){ RC_INVALID, FHIR_NOT_SUPPORTED,
		                                        "not a parameter, or modifier, that is "
		                                        "carried out here" });
}

enum rc
fhir_search_parse(const struct fhir_query *query, struct fhir_search *search,
                  struct fhir_issues *issues)
{
	struct asking asking = { search, issues, NULL };

	*search = (struct fhir_search){ .count = FHIR_COUNT_DEFAULT };
	if (query->count > FHIR_SEARCH_PARAMS_MAX) {
		fhir_issue_add(issues, NULL, NULL,
		               (struct fhir_complaint){ RC_LIMIT, FHIR_TOO_COSTLY,
		                                        "more than 64 parameters" });
		return issues->rc;
	}
	for (size_t i = 0; i < query->count; i++) {
		const struct reader *reader = reader_find(query->params[i].name);
		if (reader == NULL) {
			unknown_read(query, i, issues);
			continue;
		}
		search->applied |= UINT64_C(1) << i;
		asking.param = &query->params[i];
		reader->read(&asking);
	}
	return issues->rc;
}

/* R4 "Search", prefixes, for a resource whose time is a point. */
static bool
date_holds(const struct fhir_date *date, int64_t us)
{
	bool is_in = us >= date->from_us && us < date->until_us;

	switch (date->prefix) {
	case FHIR_EQ:
		return is_in;
	case FHIR_NE:
		return !is_in;
	case FHIR_GT:
	case FHIR_SA:
		return us >= date->until_us;
	case FHIR_GE:
		return us >= date->from_us;
	case FHIR_LT:
	case FHIR_EB:
		return us < date->from_us;
	case FHIR_LE:
	default:
		return us < date->until_us;
	}
}

static bool
dates_hold(const struct fhir_dates *dates, int64_t us)
{
	for (size_t i = 0; i < dates->count; i++) {
		if (!date_holds(&dates->items[i], us))
			return false;
	}
	return true;
}

static bool
loinc_matches(const struct fhir_search *search, const struct reading *reading)
{
	struct str loinc = analyte_loinc(reading->analyte, reading->unit, reading->method);

	for (size_t i = 0; i < search->loinc_count; i++) {
		if (str_eq(search->loincs[i], loinc))
			return true;
	}
	return search->loinc_count == 0;
}

static bool
id_matches(const struct fhir_search *search, struct id patient, const struct reading *reading)
{
	for (size_t i = 0; i < search->id_count; i++) {
		const struct reading_id *id = &search->ids[i];
		if (id_eq(id->patient, patient) && id->analyte == reading->analyte &&
		    id->number == reading->number)
			return true;
	}
	return search->id_count == 0;
}

static bool
identifier_matches(const struct fhir_search *search, const struct reading *reading)
{
	const struct fhir_token *token = &search->identifier;
	struct err err = { 0 };
	int64_t sequence;

	if (!search->has_identifier)
		return true;
	if (reading->identifier.len != 0 && str_eq(token->value, reading->identifier) &&
	    fits_system(*token, reading->identifier_system))
		return true;
	return reading->has_sequence && fits_system(*token, STR(FHIR_SEQUENCE_SYSTEM)) &&
	       str_to_i64(token->value, &sequence, &err) == RC_OK && sequence >= 0 &&
	       (uint64_t)sequence == reading->sequence;
}

bool
fhir_search_matches(const struct fhir_search *search, struct id patient,
                    const struct reading *reading)
{
	if (search->is_nothing || (search->has_patient && !id_eq(search->patient, patient)))
		return false;
	if (search->has_device && !id_eq(search->device, reading->device))
		return false;
	if (search->statuses != 0 && (search->statuses >> reading->status & 1) == 0)
		return false;
	return loinc_matches(search, reading) && id_matches(search, patient, reading) &&
	       identifier_matches(search, reading) &&
	       dates_hold(&search->taken, reading->taken_us) &&
	       dates_hold(&search->updated, reading->updated_us);
}

void
fhir_dates_window(const struct fhir_dates *dates, int64_t *from_us, int64_t *until_us)
{
	*from_us = INT64_MIN;
	*until_us = INT64_MAX;
	for (size_t i = 0; i < dates->count; i++) {
		const struct fhir_date *date = &dates->items[i];
		enum fhir_prefix prefix = date->prefix;
		bool is_low = prefix == FHIR_EQ || prefix == FHIR_GE;
		bool is_high = prefix == FHIR_EQ || prefix == FHIR_LE;
		if (is_low && date->from_us > *from_us)
			*from_us = date->from_us;
		if ((prefix == FHIR_GT || prefix == FHIR_SA) && date->until_us > *from_us)
			*from_us = date->until_us;
		if (is_high && date->until_us < *until_us)
			*until_us = date->until_us;
		if ((prefix == FHIR_LT || prefix == FHIR_EB) && date->from_us < *until_us)
			*until_us = date->from_us;
	}
}

/* RFC 3986: what is not unreserved is written as %XX. */
static void
percent_add(struct buf *buf, struct str text)
{
	static const char hex[] = "0123456789ABCDEF";

	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];
		bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		                (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
		                c == '~';
		char coded[3] = { '%', hex[c >> 4], hex[c & 15] };
		buf_add(buf,
		        is_plain ? (struct str){ text.ptr + i, 1 } : (struct str){ coded, 3 });
	}
}

void
fhir_search_link(struct buf *buf, struct str base, const struct fhir_query *query,
                 const struct fhir_search *search, struct str cursor)
{
	struct str mark = STR("?");

	buf_add(buf, base);
	for (size_t i = 0; i < query->count; i++) {
		if ((search->applied >> i & 1) == 0 ||
		    str_eq(query->params[i].name, STR("_cursor")))
			continue;
		buf_add(buf, mark);
		percent_add(buf, query->params[i].name);
		buf_add(buf, STR("="));
		percent_add(buf, query->params[i].value);
		mark = STR("&");
	}
	if (cursor.len == 0)
		return;
	buf_add(buf, mark);
	buf_add(buf, STR("_cursor="));
	percent_add(buf, cursor);
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 32);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static MUST_CHECK enum rc
percent_decode(struct arena *arena, struct str text, struct str *plain, struct err *err)
{
	char *copy = arena_alloc(arena, text.len + 1, 1);
	size_t len = 0;

	for (size_t i = 0; i < text.len; i++) {
		int high;
		int low;
		if (text.ptr[i] != '%') {
			copy[len++] = text.ptr[i];
			continue;
		}
		high = i + 2 < text.len ? hex_value(text.ptr[i + 1]) : -1;
		low = i + 2 < text.len ? hex_value(text.ptr[i + 2]) : -1;
		if (high < 0 || low < 0)
			return FAIL(err, RC_SYNTAX,
			            "If-None-Exist is not percent-encoded well");
		copy[len++] = (char)(high << 4 | low);
		i += 2;
	}
	*plain = (struct str){ copy, len };
	if (!str_is_utf8(*plain))
		return FAIL(err, RC_SYNTAX, "If-None-Exist is not valid UTF-8");
	return RC_OK;
}

enum rc
fhir_if_none_exist_parse(struct arena *arena, struct str text, struct fhir_token *token,
                         struct err *err)
{
	struct fhir_token found;
	struct str name;
	struct str rest;

	if (str_starts_with(text, STR("?")))
		text = (struct str){ text.ptr + 1, text.len - 1 };
	rest = str_cut(text, '=', &name);
	if (!str_eq(name, STR("identifier")) || rest.len == 0 ||
	    memchr(rest.ptr, '&', rest.len) != NULL)
		return FAIL(err, RC_PRECONDITION,
		            "If-None-Exist takes identifier=system|value");
	TRY(percent_decode(arena, rest, &rest, err));
	found = token_of(next_value(arena, &rest));
	if (rest.len != 0 || found.system.len == 0 || found.value.len == 0)
		return FAIL(err, RC_PRECONDITION,
		            "If-None-Exist takes identifier=system|value");
	if (found.system.len > FHIR_IDENTIFIER_MAX || found.value.len > FHIR_IDENTIFIER_MAX)
		return FAIL(err, RC_LIMIT, "If-None-Exist names an identifier over %d bytes",
		            FHIR_IDENTIFIER_MAX);
	*token = found;
	return RC_OK;
}
