#include "service/measure/view.h"

#include <math.h>

#include "base/json.h"
#include "service/measure/analyte.h"

#define TARGET_LOW  70.0
#define TARGET_HIGH 180.0

static const int period_days[] = { 1, 7, 14, 30, 90 };

static void
extra_read(struct view *view, struct str extra)
{
	CLEANUP(json_free) struct json json = { NULL };
	struct json_object *value;
	struct err err;

	if (extra.len == 0 || json_parse(&json, extra, &err) != RC_OK)
		return;
	if (json_find(json.root, "unit", &value) && json_kind(value) == JSON_STRING &&
	    str_eq(json_text(value), STR("mmol/L")))
		view->unit = UNIT_MMOL_L;
	if (json_find(json.root, "target_low", &value) && json_kind(value) == JSON_NUMBER)
		view->target_low = json_double(value);
	if (json_find(json.root, "target_high", &value) && json_kind(value) == JSON_NUMBER)
		view->target_high = json_double(value);
}

/* "?until=2026-03-01": the period's last day, as the member counts days; noon, so
 * that whole days back from it stay on their day when clocks change. */
static MUST_CHECK enum rc
last_day_read(struct view *view, int64_t *us, struct err *err)
{
	struct str asked = request_query(view->request, "until");
	struct civil day;
	int64_t midnight_us;

	*us = view->request->now_us;
	if (asked.len == 0)
		return RC_OK;
	if (asked.len != 10 || date_parse(asked, &midnight_us, err) != RC_OK)
		return FAIL(err, RC_INVALID, "until is a date, YYYY-MM-DD");
	day = civil_from_us(midnight_us + US_PER_DAY / 2, 0);
	*us = zone_local_to_us(view->zone, &day);
	view->until = asked;
	return RC_OK;
}

static MUST_CHECK enum rc
period_read(struct view *view, int days, struct err *err)
{
	struct str asked = request_query(view->request, "days");
	struct str analyte = request_query(view->request, "analyte");
	uint32_t number = (uint32_t)days;
	int64_t last_us;

	if (asked.len != 0 &&
	    (str_to_u32(asked, &number, err) != RC_OK || number < 1 || number > VIEW_DAYS_MAX))
		return FAIL(err, RC_INVALID, "days is a number from 1 to %d", VIEW_DAYS_MAX);
	view->days = (int)number;
	view->analyte = analyte.len == 0 ? ANALYTE_GLUCOSE : analyte_find(analyte);
	if (view->analyte < 0)
		return FAIL(err, RC_INVALID, "there is no such analyte");
	TRY(last_day_read(view, &last_us, err));
	view->until_us = zone_day_end_us(view->zone, last_us);
	view->from_us =
	    zone_day_start_us(view->zone, last_us - (int64_t)(view->days - 1) * US_PER_DAY);
	return RC_OK;
}

enum rc
view_open(struct view *view, struct request *request, int days, struct err *err)
{
	struct person person;

	*view = (struct view){ .request = request,
		               .member = request->actor.subject,
		               .unit = UNIT_MG_DL,
		               .target_low = TARGET_LOW,
		               .target_high = TARGET_HIGH };
	TRY(people_get(&request->door, request->site->people, view->member, request->arena,
	               &person, err));
	extra_read(view, person.extra);
	TRY(zone_open(&view->zone, person.zone.len == 0 ? request->tenant->zone : person.zone,
	              err));
	return period_read(view, days, err);
}

void
view_close(struct view *view)
{
	zone_close(&view->zone);
}

int
view_unit(const struct view *view, int analyte)
{
	return analyte == ANALYTE_GLUCOSE ? view->unit : (int)analyte_at(analyte)->usual_unit;
}

struct str
view_value(const struct view *view, const struct reading *reading)
{
	char text[28];

	return str_copy(view->request->arena,
	                analyte_show(reading->analyte, decimal_value(&reading->value),
	                             reading->unit, view_unit(view, reading->analyte), text));
}

enum rc
view_points(const struct view *view, struct point **points, size_t *count, struct err *err)
{
	struct lookup lookup = { .subject = view->member,
		                 .analyte = ANALYTE_GLUCOSE,
		                 .from_us = view->from_us,
		                 .until_us = view->until_us };
	struct arena *arena = view->request->arena;
	struct readings readings;

	TRY(lookup_readings(&view->request->door, &lookup, arena, &readings, err));
	*points =
	    arena_alloc(arena, (readings.count + 1) * sizeof(**points), _Alignof(struct point));
	*count = readings.count;
	for (size_t i = 0; i < readings.count; i++) {
		const struct reading *item = &readings.items[i];
		(*points)[i] =
		    (struct point){ item->taken_us,
			            unit_convert(ANALYTE_GLUCOSE, decimal_value(&item->value),
			                         item->unit, UNIT_MG_DL) };
	}
	return RC_OK;
}

void
view_metrics(const struct view *view, const struct point *points, size_t count,
             struct metrics *metrics)
{
	struct metrics_input input = { .points = points,
		                       .count = count,
		                       .zone = view->zone,
		                       .target_low = view->target_low,
		                       .target_high = view->target_high };

	metrics_compute(&input, metrics, view->request->arena);
}

void
view_filters(const struct view *view, struct doc *doc, bool has_analytes)
{
	static const struct doc_field period_fields[] = { { "days", DOC_INT, "d", NULL },
		                                          { "label", DOC_TEXT, NULL, NULL },
		                                          { "is_here", DOC_BOOL, NULL, NULL } };
	static const struct doc_field analyte_fields[] = { { "code", DOC_TEXT, NULL, NULL },
		                                           { "label", DOC_TEXT, NULL, NULL },
		                                           { "is_here", DOC_BOOL, NULL,
		                                             NULL } };
	static const char *const labels[] = { "Today", "7 days", "14 days", "30 days",
		                              "90 days" };
	struct doc_part *part;

	if (view->until.len != 0)
		doc_page_text(doc, "last_day", view->until);
	part = doc_rows(doc, "periods", period_fields, COUNT_OF(period_fields));
	part->is_for_page_only = true;
	for (size_t i = 0; i < COUNT_OF(period_days); i++) {
		struct doc_cell *cells = doc_row(doc, part);
		cell_int(&cells[0], period_days[i]);
		cell_text(&cells[1], str_from_c(labels[i]));
		cell_int(&cells[2], period_days[i] == view->days);
	}
	if (!has_analytes)
		return;
	part = doc_rows(doc, "analytes", analyte_fields, COUNT_OF(analyte_fields));
	part->is_for_page_only = true;
	for (int i = 0; i < ANALYTE_COUNT; i++) {
		struct doc_cell *cells = doc_row(doc, part);
		cell_text(&cells[0], str_from_c(analyte_at(i)->code));
		cell_text(&cells[1], str_from_c(analyte_at(i)->name));
		cell_int(&cells[2], i == view->analyte);
	}
}

void
view_ranges(struct doc *doc, const struct metrics *metrics)
{
	static const struct doc_field fields[] = { { "key", DOC_TEXT, NULL, "Range" },
		                                   { "label", DOC_TEXT, NULL, "Meaning" },
		                                   { "percent", DOC_NUMBER, "%", "Share" },
		                                   { "minutes", DOC_INT, "min", "Minutes" } };
	static const struct {
		enum range range;
		const char *key, *label;
	} rows[] = {
		{ RANGE_VERY_HIGH, "very-high", "Very high" }, { RANGE_HIGH, "high", "High" },
		{ RANGE_TARGET, "in-range", "In range" },      { RANGE_LOW, "low", "Low" },
		{ RANGE_VERY_LOW, "very-low", "Very low" },
	};
	struct doc_part *part = doc_rows(doc, "ranges", fields, COUNT_OF(fields));

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		const struct share *share = &metrics->ranges[rows[i].range];
		struct doc_cell *cells = doc_row(doc, part);
		cell_text(&cells[0], str_from_c(rows[i].key));
		cell_text(&cells[1], str_from_c(rows[i].label));
		cell_text(&cells[2], str_printf(doc->arena, "%d.%d", share->tenths / 10,
		                                share->tenths % 10));
		cell_int(&cells[3], (int64_t)share->count * metrics->interval_us / US_PER_MIN);
	}
}

struct str
view_number(struct arena *arena, double value, int decimals)
{
	return isfinite(value) ? str_printf(arena, "%.*f", decimals, value) : STR_EMPTY;
}

struct str
view_figure(struct arena *arena, const struct figure *figure, int decimals)
{
	return figure->lack == LACK_NOTHING ? view_number(arena, figure->value, decimals)
	                                    : STR_EMPTY;
}
