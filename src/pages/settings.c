/*
 * A person's settings among the further fields of its record: read from the
 * record's `extra`, taken from the form, written back beside what the page does
 * not know.
 */
#include "base/json.h"
#include "pages/handlers.h"

/* mg/dL: outside of what any device reports, a target is a slip of the finger. */
#define TARGET_LEAST 40
#define TARGET_MOST  400

static const struct policy_class *
class_of_people(const struct policy *policy, const struct policy_role *role)
{
	for (size_t i = 0; i < policy->class_count; i++) {
		const struct policy_class *class = &policy->classes[i];
		const struct policy_index *index = policy_index_find(class, STR("email"));
		if (index != NULL && index->kind == INDEX_TERM &&
		    policy_class_is_about(policy, class, role->is_number))
			return class;
	}
	return NULL;
}

void
settings_declared(const struct policy *policy, const struct policy_role *role,
                  struct settings *settings)
{
	const struct policy_class *class = role == NULL ? NULL : class_of_people(policy, role);

	if (class == NULL)
		return;
	settings->has_unit = policy_field_is_declared(class, STR("unit"));
	settings->has_target = policy_field_is_declared(class, STR("target_low")) &&
	                       policy_field_is_declared(class, STR("target_high"));
}

static struct str
number_at(const struct json_object *root, const char *name, struct arena *arena)
{
	struct json_object *value;

	if (!json_find(root, name, &value) || json_kind(value) != JSON_NUMBER)
		return STR_EMPTY;
	return json_number_text(arena, value);
}

enum rc
settings_read(struct str extra, struct arena *arena, struct settings *settings, struct err *err)
{
	CLEANUP(json_free) struct json json = { NULL };
	struct json_object *unit;

	if (extra.len == 0)
		return RC_OK;
	TRY(json_parse(&json, extra, err));
	if (json_find(json.root, "unit", &unit) && json_kind(unit) == JSON_STRING)
		settings->unit = str_copy(arena, json_text(unit));
	settings->low = number_at(json.root, "target_low", arena);
	settings->high = number_at(json.root, "target_high", arena);
	return RC_OK;
}

static bool
is_ours(const struct settings *settings, struct str name)
{
	if (str_eq(name, STR("unit")))
		return settings->has_unit;
	return settings->has_target &&
	       (str_eq(name, STR("target_low")) || str_eq(name, STR("target_high")));
}

static void
number_put(struct json_out *out, const char *name, struct str number)
{
	if (number.len == 0)
		return;
	json_name(out, name);
	json_put_number(out, number);
}

static MUST_CHECK enum rc
others_put(const struct settings *settings, struct json_out *out, struct str extra,
           struct arena *arena, struct err *err)
{
	CLEANUP(json_free) struct json json = { NULL };
	struct json_iter at;

	if (extra.len == 0)
		return RC_OK;
	TRY(json_parse(&json, extra, err));
	for (json_iter_start(&at, json.root); json_iter_next(&at);) {
		if (is_ours(settings, at.name))
			continue;
		json_name_str(out, at.name);
		TRY(json_put_value(out, at.value, arena, err));
	}
	return RC_OK;
}

enum rc
settings_write(const struct settings *settings, struct arena *arena, struct str *extra,
               struct err *err)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	struct json_out out;
	struct str finished;

	buf_init(&text, LIMIT_RECORD_BYTES);
	json_out_init(&out, &text);
	json_object_begin(&out);
	TRY(others_put(settings, &out, *extra, arena, err));
	if (settings->has_unit && settings->unit.len != 0)
		json_text_at(&out, "unit", settings->unit);
	if (settings->has_target) {
		number_put(&out, "target_low", settings->low);
		number_put(&out, "target_high", settings->high);
	}
	json_object_close(&out);
	TRY(buf_finish(&text, &finished, err));
	*extra = str_copy(arena, finished);
	return RC_OK;
}

/* --- the form --------------------------------------------------------------------- */

static void
unit_take(struct request *request, struct doc *doc, struct settings *settings)
{
	struct str unit = request_form(request, "unit");

	if (unit.len == 0)
		return;
	if (str_eq(unit, STR("mg/dL")) || str_eq(unit, STR("mmol/L")))
		settings->unit = unit;
	else
		request_field_error(request, doc, "unit",
		                    request_say(request, "Choose one of the units"));
}

static bool
target_is_valid(struct str text, uint32_t *value)
{
	struct err err;

	return str_to_u32(text, value, &err) == RC_OK && *value >= TARGET_LEAST &&
	       *value <= TARGET_MOST;
}

/* Written anew: "070" is a number to people and none to JSON. */
static struct str
target_text(struct arena *arena, uint32_t value)
{
	return str_printf(arena, "%u", value);
}

/* Both empty: the usual range. */
static void
target_take(struct request *request, struct doc *doc, struct settings *settings)
{
	struct str low = str_trim(request_form(request, "target_low"));
	struct str high = str_trim(request_form(request, "target_high"));
	uint32_t from = 0, to = 0;

	settings->low = settings->high = STR_EMPTY;
	if (low.len == 0 && high.len == 0)
		return;
	if (!target_is_valid(low, &from))
		request_field_error(request, doc, "target_low",
		                    request_say(request, "Enter a whole number of mg/dL from "
		                                         "40 to 400"));
	if (!target_is_valid(high, &to))
		request_field_error(request, doc, "target_high",
		                    request_say(request, "Enter a whole number of mg/dL from "
		                                         "40 to 400"));
	if (request_has_errors(request))
		return;
	if (from >= to)
		request_field_error(request, doc, "target_high",
		                    request_say(request, "The upper end is above the lower "
		                                         "one"));
	settings->low = target_text(request->arena, from);
	settings->high = target_text(request->arena, to);
}

void
settings_take(struct request *request, struct doc *doc, struct settings *settings)
{
	if (settings->has_unit)
		unit_take(request, doc, settings);
	if (settings->has_target)
		target_take(request, doc, settings);
}
