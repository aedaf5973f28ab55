/*
 * Today: the latest of everything, time in ranges since midnight or over the
 * last day, and what stands out, each with the readings behind it.
 */
#include "service/measure/analyte.h"
#include "service/measure/device.h"
#include "service/measure/pages.h"
#include "service/measure/view.h"

#define LATEST_READINGS 400 /* more than a day of glucose, and the rest of it */
#define STALE_US        (30 * US_PER_MIN)
#define TREND_SPAN_US   (20 * US_PER_MIN)
#define LOW_MG_DL       70.0
#define HIGH_MG_DL      180.0

/* Rates of the usual arrows of continuous glucose monitors, mg/dL a minute. */
static const struct {
	double from;
	const char *word, *icon;
} trends[] = {
	{ 2.0, "rising fast", "arrow-up" },     { 1.0, "rising", "arrow-up-right" },
	{ -1.0, "steady", "arrow-right" },      { -2.0, "falling", "arrow-down-right" },
	{ -1e9, "falling fast", "arrow-down" },
};

static const char *
state_of(const struct reading *reading)
{
	double value = unit_convert(reading->analyte, decimal_value(&reading->value),
	                            reading->unit, UNIT_MG_DL);

	if (reading->analyte != ANALYTE_GLUCOSE)
		return NULL;
	if (value < 54)
		return "very-low";
	if (value < 70)
		return "low";
	if (value <= 180)
		return "in-range";
	return value <= 250 ? "high" : "very-high";
}

/* The earliest glucose within the span before the latest: what the trend is from. */
static const struct reading *
trend_from(const struct readings *readings, const struct reading *latest)
{
	const struct reading *from = NULL;

	for (size_t i = 0; i < readings->count; i++) {
		const struct reading *item = &readings->items[i];
		if (item->analyte == latest->analyte && item->taken_us < latest->taken_us &&
		    latest->taken_us - item->taken_us <= TREND_SPAN_US)
			from = item; /* they come newest first */
	}
	return from;
}

static void
trend_fill(struct doc_cell *cells, const struct readings *readings,
           const struct reading *latest)
{
	const struct reading *from = trend_from(readings, latest);
	double rate;

	if (from == NULL || from->unit != latest->unit || state_of(latest) == NULL)
		return;
	rate = unit_convert(latest->analyte,
	                    decimal_value(&latest->value) - decimal_value(&from->value),
	                    latest->unit, UNIT_MG_DL) /
	       ((double)(latest->taken_us - from->taken_us) / US_PER_MIN);
	for (size_t i = 0; i < COUNT_OF(trends); i++) {
		if (rate < trends[i].from)
			continue;
		cell_text(&cells[0], str_from_c(trends[i].word));
		cell_text(&cells[1], str_from_c(trends[i].icon));
		return;
	}
}

static const struct reading *
latest_of(const struct readings *readings, int analyte)
{
	for (size_t i = 0; i < readings->count; i++) {
		if (readings->items[i].analyte == analyte)
			return &readings->items[i];
	}
	return NULL;
}

static void
latest_fill(const struct view *view, struct doc *doc, const struct readings *readings)
{
	static const struct doc_field fields[] = {
		{ "analyte", DOC_TEXT, NULL, "Analyte" },
		{ "value", DOC_NUMBER, NULL, "Value" },
		{ "unit", DOC_TEXT, NULL, "Unit" },
		{ "taken", DOC_TIME, NULL, "Taken" },
		{ "trend", DOC_TEXT, NULL, "Trend" },
		{ "trend_icon", DOC_TEXT, NULL, NULL },
		{ "state", DOC_TEXT, NULL, "State" },
	};
	const struct reading *latest = latest_of(readings, ANALYTE_GLUCOSE);
	struct doc_cell *cells;

	if (latest == NULL)
		latest = &readings->items[0];
	cells = doc_record(doc, "latest", fields, COUNT_OF(fields));
	cell_text(&cells[0], str_from_c(analyte_at(latest->analyte)->name));
	cell_text(&cells[1], view_value(view, latest));
	cell_text(&cells[2], str_from_c(unit_ucum(view_unit(view, latest->analyte))));
	cell_int(&cells[3], latest->taken_us);
	trend_fill(&cells[4], readings, latest);
	if (state_of(latest) != NULL)
		cell_text(&cells[6], str_from_c(state_of(latest)));
}

/* The latest of each analyte, also of those measured once a week. */
static MUST_CHECK enum rc
analytes_fill(const struct view *view, struct doc *doc, struct err *err)
{
	static const struct doc_field fields[] = {
		{ "analyte", DOC_TEXT, NULL, "Analyte" },
		{ "value", DOC_NUMBER, NULL, "Value" },
		{ "unit", DOC_TEXT, NULL, "Unit" },
		{ "taken", DOC_TIME, NULL, "Taken" },
		{ "state", DOC_TEXT, NULL, "State" },
		{ "path", DOC_TEXT, NULL, NULL },
	};
	struct doc_part *part = doc_rows(doc, "analytes", fields, COUNT_OF(fields));
	struct readings latest;

	TRY(lookup_latest_each(&view->request->door, view->member, doc->arena, &latest, err));
	for (size_t i = 0; i < latest.count; i++) {
		const struct reading *item = &latest.items[i];
		int analyte = item->analyte;
		struct doc_cell *cells = doc_row(doc, part);
		cell_text(&cells[0], str_from_c(analyte_at(analyte)->name));
		cell_text(&cells[1], view_value(view, item));
		cell_text(&cells[2], str_from_c(unit_ucum(view_unit(view, analyte))));
		cell_int(&cells[3], item->taken_us);
		cell_text(&cells[5], str_printf(doc->arena, "/trends?analyte=%s",
		                                analyte_at(analyte)->code));
	}
	return RC_OK;
}

static MUST_CHECK enum rc
sensor_fill(const struct view *view, struct doc *doc, const struct reading *latest,
            struct err *err)
{
	static const struct doc_field fields[] = { { "device", DOC_TEXT, NULL, "Device" },
		                                   { "seen", DOC_TIME, NULL, "Seen" },
		                                   { "state", DOC_TEXT, NULL, "State" } };
	struct devices devices;

	TRY(device_list(&view->request->door, view->member, (struct id){ { 0 } }, doc->arena,
	                &devices, err));
	for (size_t i = 0; i < devices.count; i++) {
		struct doc_cell *cells;
		if (!id_eq(devices.items[i].id, latest->device))
			continue;
		cells = doc_record(doc, "sensor", fields, COUNT_OF(fields));
		cell_text(&cells[0], devices.items[i].model);
		cell_int(&cells[1], latest->received_us);
		cell_text(&cells[2],
		          view->request->now_us - latest->received_us > STALE_US
		              ? STR("stale")
		              : str_from_c(device_state_word(devices.items[i].state)));
		return RC_OK;
	}
	return RC_OK;
}

/* What an episode is, in the person's unit: a sentence and its parts. */
static void
insight_fill(const struct view *view, struct doc_cell *cells, const struct episode *episode)
{
	struct arena *arena = view->request->arena;
	bool is_low = episode->kind == EPISODE_LOW;
	double limit = unit_convert(ANALYTE_GLUCOSE, is_low ? LOW_MG_DL : HIGH_MG_DL,
	                            UNIT_MG_DL, view->unit);
	int64_t minutes = (episode->until_us - episode->from_us) / US_PER_MIN;
	int64_t count = (int64_t)(episode->last - episode->first + 1);
	struct str from =
	    language_zone_time(view->request->language, view->zone, episode->from_us, arena);
	const char *unit = unit_ucum(view->unit);
	struct str shown =
	    view_number(arena, limit, analyte_at(ANALYTE_GLUCOSE)->decimals[view->unit]);
	struct str side =
	    is_low ? request_say(view->request, "under") : request_say(view->request, "over");

	cell_text(&cells[0], str_printf(arena, "%.*s: %.*s %.*s %s, %lld min, %lld %.*s",
	                                STR_ARGS(from), STR_ARGS(side), STR_ARGS(shown), unit,
	                                (long long)minutes, (long long)count,
	                                STR_ARGS(request_say(view->request, "readings"))));
	cell_text(&cells[1], STR("/trends?days=1"));
	cell_text(&cells[2], is_low ? STR("low") : STR("high"));
	cell_int(&cells[3], episode->from_us);
	cell_int(&cells[4], minutes);
	cell_text(&cells[5], shown);
	cell_text(&cells[6], str_from_c(unit));
	cell_int(&cells[7], count);
	cell_int(&cells[8], is_low);
}

static int
by_start_down(const void *a, const void *b)
{
	const struct episode *x = a;
	const struct episode *y = b;

	return x->from_us > y->from_us ? -1 : x->from_us < y->from_us;
}

/* The newest first, each naming the readings it is from. */
static void
insights_fill(const struct view *view, struct doc *doc, const struct metrics *metrics)
{
	static const struct doc_field fields[] = {
		{ "text", DOC_TEXT, NULL, "Insight" },
		{ "path", DOC_TEXT, NULL, NULL },
		{ "kind", DOC_TEXT, NULL, "Kind" },
		{ "from", DOC_TIME, NULL, "From" },
		{ "minutes", DOC_INT, "min", "Minutes" },
		{ "limit", DOC_NUMBER, NULL, "Limit" },
		{ "unit", DOC_TEXT, NULL, "Unit" },
		{ "count", DOC_INT, NULL, "Readings" },
		{ "is_low", DOC_BOOL, NULL, NULL },
	};
	struct doc_part *part = doc_rows(doc, "insights", fields, COUNT_OF(fields));
	size_t count = metrics->episodes.count;
	struct episode *sorted =
	    arena_alloc(doc->arena, (count + 1) * sizeof(*sorted), _Alignof(struct episode));

	if (count != 0)
		memcpy(sorted, metrics->episodes.items, count * sizeof(*sorted));
	qsort(sorted, count, sizeof(*sorted), by_start_down);
	for (size_t i = 0; i < count; i++) {
		if (sorted[i].kind == EPISODE_LOW || sorted[i].kind == EPISODE_HIGH)
			insight_fill(view, doc_row(doc, part), &sorted[i]);
	}
}

static MUST_CHECK enum rc
day_fill(struct view *view, struct doc *doc, struct err *err)
{
	struct metrics *metrics = ARENA_NEW(doc->arena, struct metrics);
	struct point *points;
	size_t count;

	view->until_us = view->request->now_us + US_PER_HOUR;
	view->from_us = view->request->now_us - US_PER_DAY;
	TRY(view_points(view, &points, &count, err));
	view_metrics(view, points, count, metrics);
	doc_int(doc, "hours", 24);
	if (metrics->count != 0)
		view_ranges(doc, metrics);
	insights_fill(view, doc, metrics);
	return RC_OK;
}

enum rc
today_show(struct request *request, struct doc *doc, struct err *err)
{
	CLEANUP(view_close) struct view view = { 0 };
	struct lookup lookup = { .analyte = ANALYTE_ANY, .latest = LATEST_READINGS };
	struct readings readings;

	TRY(view_open(&view, request, 1, err));
	doc_page_text(doc, "page_title", STR("Today"));
	lookup.subject = view.member;
	TRY(lookup_readings(&request->door, &lookup, request->arena, &readings, err));
	doc_bool(doc, "has_readings", readings.count != 0);
	if (readings.count == 0)
		return RC_OK;
	latest_fill(&view, doc, &readings);
	TRY(analytes_fill(&view, doc, err));
	TRY(sensor_fill(&view, doc, &readings.items[0], err));
	return day_fill(&view, doc, err);
}
