/*
 * The ambulatory glucose profile: page, SVG and one printed page.
 */
#include "service/measure/agp.h"
#include "service/measure/analyte.h"
#include "service/measure/pages.h"
#include "service/measure/view.h"

#define DAYS_USUAL 14

static MUST_CHECK enum rc
metrics_load(struct view *view, struct metrics **metrics, struct err *err)
{
	struct point *points;
	size_t count;

	view->analyte = ANALYTE_GLUCOSE;
	*metrics = ARENA_NEW(view->request->arena, struct metrics);
	TRY(view_points(view, &points, &count, err));
	view_metrics(view, points, count, *metrics);
	return RC_OK;
}

static struct str
shown(const struct view *view, const struct figure *figure)
{
	double value;

	if (figure->lack != LACK_NOTHING)
		return STR_EMPTY;
	value = unit_convert(ANALYTE_GLUCOSE, figure->value, UNIT_MG_DL, view->unit);
	return view_number(view->request->arena, value,
	                   analyte_at(ANALYTE_GLUCOSE)->decimals[view->unit]);
}

/* Through the API figures are not rounded for show: four decimals, in mg/dL. */
static void
exact_fill(const struct view *view, struct doc *doc, const struct metrics *metrics)
{
	static const struct doc_field fields[] = {
		{ "mean", DOC_NUMBER, "mg/dL", NULL }, { "sd", DOC_NUMBER, "mg/dL", NULL },
		{ "cv", DOC_NUMBER, "%", NULL },       { "gmi", DOC_NUMBER, "%", NULL },
		{ "gri", DOC_NUMBER, NULL, NULL },     { "mage", DOC_NUMBER, "mg/dL", NULL },
		{ "p25", DOC_NUMBER, "mg/dL", NULL },  { "p50", DOC_NUMBER, "mg/dL", NULL },
		{ "p75", DOC_NUMBER, "mg/dL", NULL },  { "below_54", DOC_NUMBER, "%", NULL },
		{ "from_54", DOC_NUMBER, "%", NULL },  { "from_70", DOC_NUMBER, "%", NULL },
		{ "over_180", DOC_NUMBER, "%", NULL }, { "over_250", DOC_NUMBER, "%", NULL },
	};
	const struct figure *figures[] = { &metrics->mean,
		                           &metrics->sd,
		                           &metrics->cv_percent,
		                           &metrics->gmi_percent,
		                           &metrics->gri,
		                           &metrics->mage,
		                           &metrics->percentile[CURVE_25],
		                           &metrics->percentile[CURVE_50],
		                           &metrics->percentile[CURVE_75] };
	struct doc_cell *cells = doc_record(doc, "exact", fields, COUNT_OF(fields));

	(void)view;
	for (size_t i = 0; i < COUNT_OF(figures); i++) {
		if (figures[i]->lack == LACK_NOTHING)
			cell_text(&cells[i], view_figure(doc->arena, figures[i], 4));
	}
	for (size_t i = 0; i < RANGE_COUNT && metrics->count != 0; i++)
		cell_text(&cells[COUNT_OF(figures) + i],
		          view_number(doc->arena, metrics->ranges[i].percent, 4));
}

static void
facts_fill(const struct view *view, struct doc *doc, const struct metrics *metrics)
{
	static const struct doc_field fields[] = {
		{ "mean", DOC_NUMBER, NULL, "Mean" },
		{ "sd", DOC_NUMBER, NULL, "Standard deviation" },
		{ "cv", DOC_NUMBER, "%", "Variation (CV)" },
		{ "gmi", DOC_NUMBER, "%", "Glucose management indicator (GMI)" },
		{ "gri", DOC_NUMBER, NULL, "Risk index (GRI)" },
		{ "unit", DOC_TEXT, NULL, "Unit" },
		{ "readings", DOC_INT, NULL, "Readings" },
		{ "days", DOC_INT, NULL, "Days worn" },
		{ "active_percent", DOC_NUMBER, "%", "Sensor active" },
	};
	struct doc_cell *cells = doc_record(doc, "metrics", fields, COUNT_OF(fields));
	struct arena *arena = doc->arena;

	cell_text(&cells[0], shown(view, &metrics->mean));
	cell_text(&cells[1], shown(view, &metrics->sd));
	cell_text(&cells[2], view_figure(arena, &metrics->cv_percent, 1));
	cell_text(&cells[3], view_figure(arena, &metrics->gmi_percent, 1));
	cell_text(&cells[4], view_figure(arena, &metrics->gri, 1));
	cell_text(&cells[5], str_from_c(unit_ucum(view->unit)));
	cell_int(&cells[6], (int64_t)metrics->count);
	cell_int(&cells[7], (int64_t)metrics->days_worn);
	cell_text(&cells[8], view_figure(arena, &metrics->active_percent, 0));
	for (size_t i = 0; i < COUNT_OF(fields); i++) {
		if (fields[i].type == DOC_NUMBER && cells[i].text.len == 0)
			cells[i].is_set = false;
	}
}

/* The curves of the picture at each full hour, for who does not see it. */
static void
hours_fill(const struct view *view, struct doc *doc, const struct profile *profile)
{
	static const struct doc_field fields[] = {
		{ "hour", DOC_TEXT, NULL, "Hour" },  { "p5", DOC_NUMBER, NULL, "5 %" },
		{ "p25", DOC_NUMBER, NULL, "25 %" }, { "p50", DOC_NUMBER, NULL, "Median" },
		{ "p75", DOC_NUMBER, NULL, "75 %" }, { "p95", DOC_NUMBER, NULL, "95 %" },
	};
	struct doc_part *part = doc_rows(doc, "hours", fields, COUNT_OF(fields));
	size_t every = 60 / PROFILE_BIN_MINUTES;

	for (size_t bin = 0; bin < PROFILE_BINS; bin += every) {
		struct doc_cell *cells;
		if (!profile->bins[bin].has)
			continue;
		cells = doc_row(doc, part);
		cell_text(&cells[0], str_printf(doc->arena, "%02zu:00", bin / every));
		for (size_t i = 0; i < CURVE_COUNT; i++) {
			struct figure figure = { profile->bins[bin].curve[i], LACK_NOTHING };
			cell_text(&cells[1 + i], shown(view, &figure));
		}
	}
}

enum rc
agp_show(struct request *request, struct doc *doc, struct err *err)
{
	CLEANUP(view_close) struct view view = { 0 };
	struct metrics *metrics;

	TRY(view_open(&view, request, DAYS_USUAL, err));
	TRY(metrics_load(&view, &metrics, err));
	doc_page_text(doc, "page_title", STR("Glucose profile"));
	doc_bool(doc, "has_readings", metrics->count > 1);
	doc_page_text(doc, "query",
	              str_printf(request->arena, "?days=%d%s%.*s", view.days,
	                         view.until.len == 0 ? "" : "&until=", STR_ARGS(view.until)));
	view_filters(&view, doc, false);
	if (metrics->count == 0)
		return RC_OK;
	doc_page_text(
	    doc, "from",
	    language_date(request->language, view.from_us + US_PER_DAY / 2, request->arena));
	doc_page_text(
	    doc, "until",
	    language_date(request->language, view.until_us - US_PER_DAY / 2, request->arena));
	if (metrics->doubt != LACK_NOTHING)
		doc_text(doc, "lack", request_say(request, lack_text(metrics->doubt)));
	view_ranges(doc, metrics);
	facts_fill(&view, doc, metrics);
	exact_fill(&view, doc, metrics);
	hours_fill(&view, doc, &metrics->profile);
	return RC_OK;
}

/* --- drawings --------------------------------------------------------------------- */

static const char *
say(struct request *request, const char *text)
{
	return str_to_c(request->arena, request_say(request, text));
}

static struct agp_words
words_of(const struct view *view, const struct metrics *metrics)
{
	struct request *request = view->request;
	struct str active = view_figure(request->arena, &metrics->active_percent, 0);
	struct agp_words words = {
		.title = say(request, "Glucose profile"),
		.unit = unit_ucum(view->unit),
		.bar = say(request, "Time in ranges"),
		.ranges = { [RANGE_VERY_LOW] = say(request, "Very low"),
		            [RANGE_LOW] = say(request, "Low"),
		            [RANGE_TARGET] = say(request, "In range"),
		            [RANGE_HIGH] = say(request, "High"),
		            [RANGE_VERY_HIGH] = say(request, "Very high") },
		.target = say(request, "Target range"),
		.curves = { say(request, "Median"), "25–75 %", "5–95 %" },
		.empty = say(request, "Not enough readings for a profile"),
		.decimal_mark = strcmp(request->language->code, "fr") == 0 ? ',' : '.',
	};
	struct str from =
	    language_date(request->language, view->from_us + US_PER_DAY / 2, request->arena);
	struct str until =
	    language_date(request->language, view->until_us - US_PER_DAY / 2, request->arena);

	words.subtitle = str_printf(request->arena, "%.*s – %.*s · %.*s %%", STR_ARGS(from),
	                            STR_ARGS(until), STR_ARGS(active))
	                     .ptr;
	return words;
}

/* "?size=": the whole report, or the chart alone for a wide or a narrow page. */
static void
size_fill(struct request *request, struct agp *agp)
{
	struct str size = request_query(request, "size");
	bool is_narrow = str_eq(size, STR("narrow"));

	agp->width = AGP_WIDTH;
	agp->height = AGP_HEIGHT;
	if (!is_narrow && !str_eq(size, STR("page")))
		return;
	agp->is_chart_only = true;
	agp->width = is_narrow ? AGP_CHART_WIDTH_MIN + 20 : AGP_WIDTH;
	agp->height = is_narrow ? AGP_CHART_HEIGHT_MIN + 40 : AGP_HEIGHT - 40;
}

static MUST_CHECK enum rc
agp_answer(struct request *request, enum canvas_format format, struct str type, struct err *err)
{
	CLEANUP(view_close) struct view view = { 0 };
	CLEANUP(buf_free) struct buf out = { 0 };
	struct metrics *metrics;
	struct agp_words words;
	struct agp agp;
	struct str body;

	TRY(view_open(&view, request, DAYS_USUAL, err));
	TRY(metrics_load(&view, &metrics, err));
	words = words_of(&view, metrics);
	agp = (struct agp){ .metrics = metrics,
		            .words = &words,
		            .palette = str_eq(request_query(request, "theme"), STR("dark"))
		                           ? &agp_dark
		                           : &agp_light,
		            .unit = view.unit };
	size_fill(request, &agp);
	buf_init(&out, 16 * MIB);
	TRY(agp_render(&agp, format, &out, err));
	TRY(buf_finish(&out, &body, err));
	request->response.body = str_copy(request->arena, body);
	request->response.type = type;
	return RC_OK;
}

enum rc
agp_picture(struct request *request, struct doc *doc, struct err *err)
{
	(void)doc;
	return agp_answer(request, CANVAS_SVG, STR("image/svg+xml"), err);
}

enum rc
agp_print(struct request *request, struct doc *doc, struct err *err)
{
	(void)doc;
	response_header(request, "Content-Disposition",
	                STR("attachment; filename=\"glucose-profile.pdf\""));
	return agp_answer(request, CANVAS_PDF, STR("application/pdf"), err);
}
