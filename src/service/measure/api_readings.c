/*
 * The plain API of readings: take, list, changes.
 *
 * A reading in JSON: {"analyte":"glucose","value":5.4,"unit":"mmol/L",
 * "taken":"2026-03-01T10:00:00+01:00"} and, where there are some, "sequence",
 * "raw", "calibration", "method", "identifier", "note".  A body is one of
 * these, or {"readings":[…],"device_time":"…"}; device_time is what the
 * device's clock shows when it sends, from which its drift follows.
 */
#include "base/json.h"
#include "service/measure/analyte.h"
#include "service/measure/intake.h"
#include "service/measure/lookup.h"
#include "service/measure/pages.h"
#include "service/measure/reading_id.h"
#include "service/measure/reading_row.h"

#define LIST_USUAL     100
#define LIST_MOST      10000
#define NOTE_MAX       2000
#define IDENTIFIER_MAX 255

/* What all readings of one request share. */
struct taking {
	struct request *request;
	int32_t drift_ms;
};

static void
refuse(struct intake_result *result, const char *field, struct str why)
{
	*result =
	    (struct intake_result){ .outcome = INTAKE_REFUSED, .field = field, .why = why };
}

/* --- one member of one reading ---------------------------------------------------- */

static bool
text_is(const struct json_object *value, size_t most)
{
	return json_kind(value) == JSON_STRING && json_text(value).len <= most;
}

static const char *
take_analyte(const struct taking *taking, const struct json_object *value,
             struct reading *reading)
{
	(void)taking;
	reading->analyte = text_is(value, 64) ? analyte_find(json_text(value)) : -1;
	return reading->analyte < 0 ? "this analyte is not known" : NULL;
}

static const char *
take_decimal(const struct taking *taking, const struct json_object *value,
             struct decimal *decimal)
{
	struct err err;

	if (json_kind(value) != JSON_NUMBER ||
	    decimal_parse(json_number_text(taking->request->arena, value), decimal, &err) !=
	        RC_OK)
		return "not a decimal number of at most 15 digits";
	return NULL;
}

static const char *
take_value(const struct taking *taking, const struct json_object *value,
           struct reading *reading)
{
	return take_decimal(taking, value, &reading->value);
}

static const char *
take_raw(const struct taking *taking, const struct json_object *value, struct reading *reading)
{
	reading->has_raw = true;
	return take_decimal(taking, value, &reading->raw);
}

static const char *
take_unit(const struct taking *taking, const struct json_object *value, struct reading *reading)
{
	(void)taking;
	reading->unit = text_is(value, 32) ? unit_find(json_text(value)) : -1;
	return reading->unit < 0 ? "not a UCUM unit that is taken" : NULL;
}

static const char *
take_taken(const struct taking *taking, const struct json_object *value,
           struct reading *reading)
{
	struct err err;

	(void)taking;
	if (json_kind(value) != JSON_STRING ||
	    time_parse(json_text(value), &reading->taken_us, &reading->offset_s, &err) != RC_OK)
		return "not a date and time with an offset (RFC 3339)";
	return NULL;
}

static const char *
take_sequence(const struct taking *taking, const struct json_object *value,
              struct reading *reading)
{
	int64_t number;
	struct err err;

	(void)taking;
	if (json_int(value, &number, &err) != RC_OK || number < 0)
		return "not a whole number from 0";
	reading->has_sequence = true;
	reading->sequence = (uint64_t)number;
	return NULL;
}

static const char *
take_calibration(const struct taking *taking, const struct json_object *value,
                 struct reading *reading)
{
	int64_t number;
	struct err err;

	(void)taking;
	if (json_int(value, &number, &err) != RC_OK || number < 0 || number > UINT32_MAX)
		return "not a version number";
	reading->calibration = (uint32_t)number;
	return NULL;
}

static const char *
take_method(const struct taking *taking, const struct json_object *value,
            struct reading *reading)
{
	(void)taking;
	if (!text_is(value, 16) || !reading_method_find(json_text(value), &reading->method))
		return "method is optical, sensor, blood or manual";
	return NULL;
}

static const char *
take_identifier(const struct taking *taking, const struct json_object *value,
                struct reading *reading)
{
	(void)taking;
	if (!text_is(value, IDENTIFIER_MAX) || json_text(value).len == 0)
		return "an identifier is a text of 1 to 255 bytes";
	reading->identifier = json_text(value);
	return NULL;
}

static const char *
take_note(const struct taking *taking, const struct json_object *value, struct reading *reading)
{
	(void)taking;
	if (!text_is(value, NOTE_MAX))
		return "a note is a text of at most 2000 bytes";
	reading->note = json_text(value);
	return NULL;
}

static const struct member {
	const char *name;
	const char *(*take)(const struct taking *taking, const struct json_object *value,
	                    struct reading *reading);
	bool is_required;
} members[] = {
	{ "analyte", take_analyte, true },
	{ "value", take_value, true },
	{ "unit", take_unit, true },
	{ "taken", take_taken, true },
	{ "sequence", take_sequence, false },
	{ "raw", take_raw, false },
	{ "calibration", take_calibration, false },
	{ "method", take_method, false },
	{ "identifier", take_identifier, false },
	{ "note", take_note, false },
};

static const struct member *
member_find(struct str name)
{
	for (size_t i = 0; i < COUNT_OF(members); i++) {
		if (str_eq(name, str_from_c(members[i].name)))
			return &members[i];
	}
	return NULL;
}

/* --- one reading ---------------------------------------------------------------------- */

static void
reading_begin(const struct taking *taking, struct reading *reading)
{
	const struct request *request = taking->request;
	bool is_device = request->actor.kind == ACTOR_DEVICE;

	*reading = (struct reading){ .status = READING_FINAL,
		                     .method = is_device ? READING_OPTICAL : READING_MANUAL,
		                     .received_us = request->now_us,
		                     .drift_ms = taking->drift_ms };
	if (is_device)
		reading->device = request->actor.id;
}

static void
reading_take(const struct taking *taking, const struct json_object *object,
             struct reading *reading, struct intake_result *result)
{
	unsigned seen = 0;
	struct json_iter at;

	reading_begin(taking, reading);
	if (json_kind(object) != JSON_OBJECT) {
		refuse(result, "readings", STR("not an object"));
		return;
	}
	for (json_iter_start(&at, object); json_iter_next(&at);) {
		const struct member *member = member_find(at.name);
		const char *why = member == NULL ? "the policy declares no such member"
		                                 : member->take(taking, at.value, reading);
		if (why != NULL) {
			refuse(result, member == NULL ? "" : member->name, str_from_c(why));
			return;
		}
		seen |= 1u << (member - members);
	}
	for (size_t i = 0; i < COUNT_OF(members); i++) {
		if (!members[i].is_required || (seen >> i & 1) != 0)
			continue;
		refuse(result, members[i].name, STR("it is missing"));
		return;
	}
}

static MUST_CHECK enum rc
drift_take(struct taking *taking, const struct json_object *root, struct err *err)
{
	struct json_object *value = NULL;
	int64_t device_us;
	int64_t drift_ms;

	if (!json_find(root, "device_time", &value))
		return RC_OK;
	if (json_kind(value) != JSON_STRING ||
	    time_parse(json_text(value), &device_us, NULL, err) != RC_OK)
		return FAIL(err, RC_INVALID,
		            "device_time is not a date and time with an offset");
	drift_ms = (device_us - taking->request->now_us) / US_PER_MS;
	if (drift_ms > INT32_MAX || drift_ms < INT32_MIN)
		return FAIL(err, RC_INVALID,
		            "device_time is over 24 days from the server's time");
	taking->drift_ms = (int32_t)drift_ms;
	return RC_OK;
}

/* --- one request -------------------------------------------------------------------------- */

static MUST_CHECK enum rc
batch_find(struct taking *taking, const struct json_object *root,
           const struct json_object **list, struct err *err)
{
	struct json_object *readings = NULL;
	struct json_iter at;

	*list = root;
	if (json_kind(root) == JSON_ARRAY)
		return RC_OK;
	if (!json_find(root, "readings", &readings)) {
		*list = NULL;
		return RC_OK;
	}
	for (json_iter_start(&at, root); json_iter_next(&at);) {
		if (!str_eq(at.name, STR("readings")) && !str_eq(at.name, STR("device_time")))
			return FAIL(err, RC_INVALID,
			            "beside readings only device_time is taken");
	}
	if (json_kind(readings) != JSON_ARRAY)
		return FAIL(err, RC_INVALID, "readings is not an array");
	*list = readings;
	return drift_take(taking, root, err);
}

static void
result_put(struct json_out *out, const struct taking *taking, const struct reading *reading,
           const struct intake_result *result)
{
	static const char *const words[] = { [INTAKE_STORED] = "stored",
		                             [INTAKE_DUPLICATE] = "duplicate",
		                             [INTAKE_REFUSED] = "refused" };
	struct reading_id id = { taking->request->actor.subject, reading->analyte,
		                 result->number };
	char text[READING_ID_MAX + 1];

	json_object_begin(out);
	json_text_at(out, "status", str_from_c(words[result->outcome]));
	if (result->number != 0) {
		size_t length = reading_id_format(&id, text);
		json_text_at(out, "id", (struct str){ text, length });
	}
	if (result->outcome == INTAKE_REFUSED) {
		json_text_at(out, "field", str_from_c(result->field));
		json_text_at(out, "error", result->why);
	}
	json_object_close(out);
}

static MUST_CHECK enum rc
answer(const struct taking *taking, const struct intake *intake, bool is_batch, struct err *err)
{
	CLEANUP(buf_free) struct buf body = { 0 };
	struct request *request = taking->request;
	size_t counts[INTAKE_REFUSED + 1] = { 0 };
	struct json_out out;
	struct str text;

	buf_init(&body, LIMIT_PAGE_BYTES);
	json_out_init(&out, &body);
	for (size_t i = 0; i < intake->count; i++)
		counts[intake->results[i].outcome]++;
	if (is_batch) {
		json_object_begin(&out);
		json_int_at(&out, "stored", (int64_t)counts[INTAKE_STORED]);
		json_int_at(&out, "duplicates", (int64_t)counts[INTAKE_DUPLICATE]);
		json_int_at(&out, "refused", (int64_t)counts[INTAKE_REFUSED]);
		json_name(&out, "results");
		json_array_begin(&out);
	}
	for (size_t i = 0; i < intake->count; i++)
		result_put(&out, taking, &intake->items[i], &intake->results[i]);
	if (is_batch) {
		json_array_close(&out);
		json_object_close(&out);
	}
	TRY(buf_finish(&body, &text, err));
	request->response.body = str_copy(request->arena, text);
	request->response.type = STR("application/json");
	request->response.status = 200;
	if (counts[INTAKE_STORED] != 0)
		request->response.status = 201;
	else if (counts[INTAKE_REFUSED] == intake->count)
		request->response.status = 422;
	return RC_OK;
}

enum rc
readings_take(struct request *request, struct doc *doc, struct err *err)
{
	struct taking taking = { .request = request };
	struct intake intake = { .subject = request->actor.subject };
	const struct json_object *root;
	const struct json_object *list;

	(void)doc;
	TRY(request_json(request, &root, err));
	TRY(batch_find(&taking, root, &list, err));
	intake.count = list == NULL ? 1 : json_count(list);
	if (intake.count == 0 || intake.count > INTAKE_READINGS_MAX)
		return FAIL(err, intake.count == 0 ? RC_INVALID : RC_LIMIT,
		            "a request holds 1 to %d readings", INTAKE_READINGS_MAX);
	intake.items = arena_alloc(request->arena, intake.count * sizeof(*intake.items),
	                           _Alignof(struct reading));
	intake.results = arena_alloc(request->arena, intake.count * sizeof(*intake.results),
	                             _Alignof(struct intake_result));
	for (size_t i = 0; i < intake.count; i++)
		reading_take(&taking, list == NULL ? root : json_at(list, i), &intake.items[i],
		             &intake.results[i]);
	intake_check(&intake, request->now_us, request->arena);
	TRY(intake_store(&request->door, &intake, request->arena, err));
	return answer(&taking, &intake, list != NULL, err);
}

/* --- reading -------------------------------------------------------------------------------
 */

static MUST_CHECK enum rc
time_asked(const struct request *request, const char *name, int64_t *us, struct err *err)
{
	struct str text = request_query(request, name);

	if (text.len == 0)
		return RC_OK;
	if (text.len == 10)
		return date_parse(text, us, err);
	return time_parse(text, us, NULL, err);
}

static MUST_CHECK enum rc
count_asked(const struct request *request, uint32_t *count, struct err *err)
{
	struct str text = request_query(request, "limit");

	if (text.len != 0)
		TRY(str_to_u32(text, count, err));
	if (*count < 1 || *count > LIST_MOST)
		return FAIL(err, RC_INVALID, "limit is a number from 1 to %d", LIST_MOST);
	return RC_OK;
}

enum rc
readings_list(struct request *request, struct doc *doc, struct err *err)
{
	struct lookup lookup = { .subject = request->actor.subject, .analyte = ANALYTE_ANY };
	struct str analyte = request_query(request, "analyte");
	struct readings readings;
	uint32_t count = LIST_USUAL;

	if (analyte.len != 0)
		lookup.analyte = analyte_find(analyte);
	if (analyte.len != 0 && lookup.analyte < 0)
		return FAIL(err, RC_INVALID, "there is no such analyte");
	TRY(time_asked(request, "from", &lookup.from_us, err));
	TRY(time_asked(request, "until", &lookup.until_us, err));
	TRY(count_asked(request, &count, err));
	if (lookup.from_us == 0 && lookup.until_us == 0)
		lookup.latest = count;
	else if (lookup.until_us == 0)
		lookup.until_us = INT64_MAX;
	TRY(lookup_readings(&request->door, &lookup, request->arena, &readings, err));
	if (readings.count > count && lookup.latest == 0)
		return FAIL(err, RC_LIMIT, "over %u readings; ask for a shorter time", count);
	reading_rows(doc, "readings", request->actor.subject, &readings);
	return RC_OK;
}

enum rc
readings_changes(struct request *request, struct doc *doc, struct err *err)
{
	struct lookup_changes changes = { .subject = request->actor.subject };
	struct str after = request_query(request, "after");
	struct readings readings;
	uint32_t count = LIST_USUAL;

	if (after.len != 0)
		TRY(str_to_i64(after, &changes.after, err));
	TRY(count_asked(request, &count, err));
	changes.limit = count;
	TRY(lookup_changes(&request->door, &changes, request->arena, &readings, err));
	doc_int(doc, "next",
	        readings.count == 0 ? changes.after
	                            : (int64_t)readings.items[readings.count - 1].change);
	doc_bool(doc, "has_more", readings.count == count);
	reading_rows(doc, "readings", request->actor.subject, &readings);
	return RC_OK;
}
