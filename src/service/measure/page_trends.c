/*
 * Trends: readings over time as a plot that zooms, a picture without script,
 * and a table of days.
 */
#include <math.h>

#include "base/json.h"
#include "service/measure/analyte.h"
#include "service/measure/canvas.h"
#include "service/measure/pages.h"
#include "service/measure/trend_plot.h"
#include "service/measure/view.h"

#define DAYS_USUAL 7

static MUST_CHECK enum rc
period_load(const struct view *view, struct readings *readings, struct err *err)
{
	struct lookup lookup = { .subject = view->member,
		                 .analyte = view->analyte,
		                 .from_us = view->from_us,
		                 .until_us = view->until_us };

	return lookup_readings(&view->request->door, &lookup, view->request->arena, readings,
	                       err);
}

static double
shown_value(const struct view *view, const struct reading *item)
{
	return unit_convert(item->analyte, decimal_value(&item->value), item->unit,
	                    view_unit(view, item->analyte));
}

/* {"taken":[s],"value":[…],"low":…,"high":…} for the plot. */
static MUST_CHECK enum rc
series_fill(const struct view *view, struct doc *doc, const struct readings *readings,
            struct err *err)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	struct json_out out;
	struct str json;
	int unit = view_unit(view, view->analyte);
	int decimals = analyte_at(view->analyte)->decimals[unit];

	buf_init(&text, 8 * MIB);
	json_out_init(&out, &text);
	json_object_begin(&out);
	json_name(&out, "taken");
	json_array_begin(&out);
	for (size_t i = 0; i < readings->count; i++)
		json_put_int(&out, readings->items[i].taken_us / US_PER_S);
	json_array_close(&out);
	json_name(&out, "value");
	json_array_begin(&out);
	for (size_t i = 0; i < readings->count; i++)
		json_put_number(
		    &out,
		    view_number(doc->arena, shown_value(view, &readings->items[i]), decimals));
	json_array_close(&out);
	if (view->analyte == ANALYTE_GLUCOSE) {
		json_name(&out, "low");
		json_put_number(&out,
		                view_number(doc->arena,
		                            unit_convert(ANALYTE_GLUCOSE, view->target_low,
		                                         UNIT_MG_DL, unit),
		                            decimals));
		json_name(&out, "high");
		json_put_number(&out,
		                view_number(doc->arena,
		                            unit_convert(ANALYTE_GLUCOSE, view->target_high,
		                                         UNIT_MG_DL, unit),
		                            decimals));
	}
	json_object_close(&out);
	TRY(buf_finish(&text, &json, err));
	doc_json(doc, "series", str_copy(doc->arena, json));
	return RC_OK;
}

/* What the table says of one day. */
struct day {
	int64_t start_us, end_us;
	double sum, low, high;
	size_t count, in_range;
};

static void
day_add(const struct view *view, struct day *day, const struct reading *item)
{
	double value = shown_value(view, item);
	double mg_dl =
	    unit_convert(item->analyte, decimal_value(&item->value), item->unit, UNIT_MG_DL);

	day->low = day->count == 0 || value < day->low ? value : day->low;
	day->high = day->count == 0 || value > day->high ? value : day->high;
	day->sum += value;
	day->count++;
	if (mg_dl >= view->target_low && mg_dl <= view->target_high)
		day->in_range++;
}

static void
day_row(const struct view *view, struct doc *doc, struct doc_part *part, const struct day *day)
{
	int decimals = analyte_at(view->analyte)->decimals[view_unit(view, view->analyte)];
	struct doc_cell *cells = doc_row(doc, part);
	int offset_s = zone_offset_s(view->zone, day->start_us);

	cell_int(&cells[0], day->start_us + offset_s * US_PER_S);
	cell_text(&cells[1], view_number(doc->arena, day->sum / (double)day->count, decimals));
	cell_text(&cells[2], view_number(doc->arena, day->low, decimals));
	cell_text(&cells[3], view_number(doc->arena, day->high, decimals));
	if (view->analyte == ANALYTE_GLUCOSE)
		cell_text(&cells[4],
		          view_number(doc->arena,
		                      100.0 * (double)day->in_range / (double)day->count, 1));
	cell_int(&cells[5], (int64_t)day->count);
}

static void
days_fill(const struct view *view, struct doc *doc, const struct readings *readings)
{
	static const struct doc_field fields[] = {
		{ "day", DOC_DATE, NULL, "Day" },
		{ "mean", DOC_NUMBER, NULL, "Mean" },
		{ "low", DOC_NUMBER, NULL, "Lowest" },
		{ "high", DOC_NUMBER, NULL, "Highest" },
		{ "in_range", DOC_NUMBER, "%", "In range" },
		{ "count", DOC_INT, NULL, "Readings" },
	};
	struct doc_part *part = doc_rows(doc, "days", fields, COUNT_OF(fields));
	struct day day = { 0 };

	for (size_t i = 0; i < readings->count; i++) {
		const struct reading *item = &readings->items[i];
		if (item->taken_us >= day.end_us) {
			if (day.count != 0)
				day_row(view, doc, part, &day);
			day = (struct day){ .start_us =
				                zone_day_start_us(view->zone, item->taken_us),
				            .end_us =
				                zone_day_end_us(view->zone, item->taken_us) };
		}
		day_add(view, &day, item);
	}
	if (day.count != 0)
		day_row(view, doc, part, &day);
}

enum rc
trends_show(struct request *request, struct doc *doc, struct err *err)
{
	CLEANUP(view_close) struct view view = { 0 };
	struct readings readings;

	TRY(view_open(&view, request, DAYS_USUAL, err));
	TRY(period_load(&view, &readings, err));
	doc_page_text(doc, "page_title", STR("Trends"));
	doc_text(doc, "analyte", str_from_c(analyte_at(view.analyte)->name));
	doc_text(doc, "unit", str_from_c(unit_ucum(view_unit(&view, view.analyte))));
	doc_bool(doc, "has_readings", readings.count != 0);
	doc_page_text(doc, "svg_path",
	              str_printf(request->arena, "/trends.svg?analyte=%s&days=%d&until=%.*s",
	                         analyte_at(view.analyte)->code, view.days,
	                         STR_ARGS(view.until)));
	doc_page_text(doc, "csv_query",
	              str_printf(request->arena, "?analyte=%s&days=%d&until=%.*s&format=csv",
	                         analyte_at(view.analyte)->code, view.days,
	                         STR_ARGS(view.until)));
	doc_page_text(doc, "zone", request->zone);
	doc_page_bool(doc, "has_target", view.analyte == ANALYTE_GLUCOSE);
	view_filters(&view, doc, true);
	if (readings.count == 0)
		return RC_OK;
	days_fill(&view, doc, &readings);
	return series_fill(&view, doc, &readings, err);
}

/* "?span=last-day": the last 24 hours from a full hour on, rather than days. */
static void
span_read(struct view *view)
{
	int64_t now_us = view->request->now_us;

	if (!str_eq(request_query(view->request, "span"), STR("last-day")))
		return;
	view->until_us = (now_us / US_PER_HOUR + 1) * US_PER_HOUR;
	view->from_us = view->until_us - US_PER_DAY;
}

enum rc
trends_picture(struct request *request, struct doc *doc, struct err *err)
{
	CLEANUP(view_close) struct view view = { 0 };
	CLEANUP(buf_free) struct buf out = { 0 };
	struct trend_plot plot = { 0 };
	struct readings readings;
	struct trend_point *points;

	(void)doc;
	TRY(view_open(&view, request, DAYS_USUAL, err));
	span_read(&view);
	TRY(period_load(&view, &readings, err));
	points = arena_alloc(request->arena, (readings.count + 1) * sizeof(*points),
	                     _Alignof(struct trend_point));
	for (size_t i = 0; i < readings.count; i++)
		points[i] = (struct trend_point){ readings.items[i].taken_us,
			                          shown_value(&view, &readings.items[i]) };
	plot =
	    (struct trend_plot){ .points = points,
		                 .count = readings.count,
		                 .from_us = view.from_us,
		                 .until_us = view.until_us,
		                 .zone = view.zone,
		                 .width = str_eq(request_query(request, "size"), STR("narrow"))
		                              ? TREND_PLOT_NARROW
		                              : TREND_PLOT_WIDTH,
		                 .is_dark =
		                     str_eq(request_query(request, "theme"), STR("dark")) };
	if (view.analyte == ANALYTE_GLUCOSE) {
		plot.low =
		    unit_convert(ANALYTE_GLUCOSE, view.target_low, UNIT_MG_DL, view.unit);
		plot.high =
		    unit_convert(ANALYTE_GLUCOSE, view.target_high, UNIT_MG_DL, view.unit);
	}
	buf_init(&out, 16 * MIB);
	TRY(trend_plot_render(&plot, &out, err));
	TRY(buf_finish(&out, &request->response.body, err));
	request->response.body = str_copy(request->arena, request->response.body);
	request->response.type = STR("image/svg+xml");
	return RC_OK;
}
