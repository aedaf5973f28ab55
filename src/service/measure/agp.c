/*
 * Start at agp_draw(): it lays out two boxes, the bar at the left and the chart
 * at the right, and draws each from the back to the front.  Text that could
 * meet (percentages beside the bar, percentiles beside the chart, ticks) is
 * spread apart or left out before it is drawn.
 */
#include "service/measure/agp.h"

#include <math.h>

#include "service/measure/analyte.h"

#define MARGIN     18
#define BAR_WIDTH  30
#define BAR_PANEL  214 /* bar, labels and the space before the chart */
#define TEXT       10
#define TEXT_SMALL 9
#define HOURS      24
#define LEFT_ALONE 42 /* of a chart without its bar */

const struct agp_palette agp_light = {
	.paper = 0xffffff,
	.ink = 0x1c2730,
	.faint = 0x55626e,
	.grid = 0xe2e7eb,
	.rule = 0xb4bec7,
	.target = 0x2b8a57,
	.outer = 0xd3e3f0,
	.inner = 0x93bddd,
	.median = 0x134b78,
	.ranges = { 0x8c1d18, 0xd8504a, 0x3f9d66, 0xf2b84b, 0xd9731a },
};

const struct agp_palette agp_dark = {
	.paper = 0x142124, /* as --surface of ui/troth.css */
	.ink = 0xe9eef3,
	.faint = 0xa3b0bc,
	.grid = 0x29313a,
	.rule = 0x56626e,
	.target = 0x5cc389,
	.outer = 0x1f3547,
	.inner = 0x2f5f86,
	.median = 0xb4dcfa,
	.ranges = { 0xb03a34, 0xe8736d, 0x4cae77, 0xf2bf5c, 0xe58a3a },
};

struct box {
	double left;
	double top;
	double right;
	double bottom;
};

/* Consecutive bins that have a value. */
struct stretch {
	size_t first;
	size_t last;
};

/* The chart's box and scale. */
struct chart {
	const struct agp *agp;
	cairo_t *cr;
	struct box box;
	double top_mg_dl; /* at the upper edge; the lower edge is 0 */
};

bool
agp_has_profile(const struct metrics *metrics)
{
	size_t known = 0;

	for (size_t i = 0; i < PROFILE_BINS; i++)
		known += metrics->profile.bins[i].has;
	return known >= PROFILE_BINS / 4;
}

static struct canvas_text
style(const struct agp *agp, double x, double y, enum canvas_align align)
{
	return (struct canvas_text){
		.x = x, .y = y, .size = TEXT, .align = align, .colour = agp->palette->ink
	};
}

/* --- numbers ----------------------------------------------------------------- */

static void
localise(const struct agp *agp, char *text)
{
	char *point = strchr(text, '.');

	if (point != NULL && agp->words->decimal_mark != 0)
		*point = agp->words->decimal_mark;
}

static void
format_mg_dl(const struct agp *agp, double mg_dl, char text[28])
{
	(void)analyte_show(ANALYTE_GLUCOSE, mg_dl, UNIT_MG_DL, agp->unit, text);
	if (mg_dl == 0)
		(void)snprintf(text, 28, "0");
	localise(agp, text);
}

static void
format_share(const struct agp *agp, const struct share *share, char text[28])
{
	/* Something that rounds to nothing is still not nothing. */
	if (share->tenths == 0 && share->count > 0)
		(void)snprintf(text, 28, "<0.1%%");
	else
		(void)snprintf(text, 28, "%d.%d%%", share->tenths / 10, share->tenths % 10);
	localise(agp, text);
}

/* --- the bar ------------------------------------------------------------------ */

/* Heights from very low to very high; a share that exists can be seen. */
static void
bar_heights(const struct share *ranges, double total, double heights[RANGE_COUNT])
{
	double sum = 0;

	for (size_t i = 0; i < RANGE_COUNT; i++) {
		heights[i] = total * ranges[i].percent / 100;
		if (ranges[i].count > 0 && heights[i] < 2.5)
			heights[i] = 2.5;
		sum += heights[i];
	}
	for (size_t i = 0; i < RANGE_COUNT; i++)
		heights[i] *= total / sum;
}

/* ">250", "181–250", "70–180" …: the thresholds of a range in the unit. */
static void
format_limits(const struct agp *agp, size_t range, char text[64])
{
	static const double edges[RANGE_COUNT + 1] = { 0, 54, 70, 180, 250, 0 };
	char low[28];
	char high[28];
	double step = agp->unit == UNIT_MG_DL ? 1 : 0.1 * 18.0156;

	/* Neighbours share an edge; what is shown belongs to the range. */
	format_mg_dl(agp, edges[range] + (range == RANGE_HIGH ? step : 0), low);
	format_mg_dl(agp, edges[range + 1] - (range == RANGE_LOW ? step : 0), high);
	if (range == RANGE_VERY_LOW)
		(void)snprintf(text, 64, "<%s", high);
	else if (range == RANGE_VERY_HIGH)
		(void)snprintf(text, 64, ">%s", low);
	else
		(void)snprintf(text, 64, "%s–%s", low, high);
}

static void
draw_bar_label(cairo_t *cr, const struct agp *agp, size_t range, const struct box *at)
{
	struct canvas_text percent = style(agp, at->right, at->top + 4, ALIGN_RIGHT);
	struct canvas_text name = style(agp, at->left + 14, at->top - 1, ALIGN_LEFT);
	struct canvas_text limits = style(agp, at->left + 14, at->top + 10, ALIGN_LEFT);
	char text[64];
	char share[28];

	if (agp->metrics->ranges[range].count > 0) {
		canvas_colour(cr, agp->palette->rule, 1);
		cairo_set_line_width(cr, 1);
		cairo_move_to(cr, at->left - 5, at->bottom);
		cairo_line_to(cr, at->left + 3, at->top);
		cairo_line_to(cr, at->left + 10, at->top);
		cairo_stroke(cr);
	}
	name.is_bold = range == RANGE_TARGET;
	canvas_text(cr, &name, agp->words->ranges[range]);
	format_limits(agp, range, text);
	limits.size = TEXT_SMALL;
	limits.colour = agp->palette->faint;
	canvas_text(cr, &limits, text);
	format_share(agp, &agp->metrics->ranges[range], share);
	percent.size = 12;
	percent.is_bold = true;
	canvas_text(cr, &percent, share);
}

static void
draw_bar(cairo_t *cr, const struct agp *agp, const struct box *box)
{
	double heights[RANGE_COUNT];
	double middles[RANGE_COUNT]; /* from very high, at the top, downwards */
	double labels[RANGE_COUNT];
	double y = box->top;

	bar_heights(agp->metrics->ranges, box->bottom - box->top, heights);
	for (size_t i = 0; i < RANGE_COUNT; i++) {
		size_t range = RANGE_COUNT - 1 - i;
		double gap = heights[range] > 4 ? 0.75 : 0;
		canvas_colour(cr, agp->palette->ranges[range], 1);
		canvas_rectangle(cr, box->left, y + gap, BAR_WIDTH, heights[range] - 2 * gap);
		middles[i] = y + heights[range] / 2;
		labels[i] = middles[i];
		y += heights[range];
	}
	canvas_spread(labels, RANGE_COUNT, 29, box->top + 8, box->bottom - 8);
	for (size_t i = 0; i < RANGE_COUNT; i++) {
		struct box at = { box->left + BAR_WIDTH + 8, labels[i], box->right,
			          middles[i] };
		draw_bar_label(cr, agp, RANGE_COUNT - 1 - i, &at);
	}
}

/* --- the chart ---------------------------------------------------------------- */

static double
y_of(const struct chart *chart, double mg_dl)
{
	double share = mg_dl / chart->top_mg_dl;

	return chart->box.bottom -
	       (share < 1 ? share : 1) * (chart->box.bottom - chart->box.top);
}

static double
x_of(const struct chart *chart, double hour)
{
	return chart->box.left + hour / HOURS * (chart->box.right - chart->box.left);
}

static double
bin_hour(size_t bin)
{
	return ((double)bin + 0.5) * PROFILE_BIN_MINUTES / 60.0;
}

/* Midnight joins the last bin and the first: a day follows a day. */
static double
midnight(const struct profile_bin *bins, size_t curve, size_t own)
{
	if (!bins[0].has || !bins[PROFILE_BINS - 1].has)
		return bins[own].curve[curve];
	return (bins[0].curve[curve] + bins[PROFILE_BINS - 1].curve[curve]) / 2;
}

/* Knots of one curve over a stretch of bins: their middles, and midnight. */
struct knots {
	size_t count;
	double x[PROFILE_BINS + 2];
	double y[PROFILE_BINS + 2];
};

static void
knot_add(struct knots *knots, double x, double y)
{
	knots->x[knots->count] = x;
	knots->y[knots->count] = y;
	knots->count++;
}

static struct knots
curve_knots(const struct chart *chart, size_t curve, const struct stretch *stretch)
{
	const struct profile_bin *bins = chart->agp->metrics->profile.bins;
	struct knots knots = { 0 };

	if (stretch->first == 0)
		knot_add(&knots, chart->box.left, y_of(chart, midnight(bins, curve, 0)));
	for (size_t i = stretch->first; i <= stretch->last; i++)
		knot_add(&knots, x_of(chart, bin_hour(i)), y_of(chart, bins[i].curve[curve]));
	if (stretch->last == PROFILE_BINS - 1)
		knot_add(&knots, chart->box.right,
		         y_of(chart, midnight(bins, curve, stretch->last)));
	return knots;
}

static double
secant(const struct knots *knots, size_t at)
{
	return (knots->y[at + 1] - knots->y[at]) / (knots->x[at + 1] - knots->x[at]);
}

/* A cubic that never overshoots its knots: Fritsch and Butland 1984,
 * doi:10.1137/0905021 (harmonic mean of the slopes to either side). */
static double
slope(const struct knots *knots, size_t at)
{
	double before;
	double after;

	if (at == 0 || at + 1 == knots->count)
		return 0;
	before = secant(knots, at - 1);
	after = secant(knots, at);
	return before * after <= 0 ? 0 : 2 * before * after / (before + after);
}

/* Onto the path, from left to right or back. */
static void
trace_curve(cairo_t *cr, const struct knots *knots, bool is_back)
{
	for (size_t i = 0; i < knots->count; i++) {
		size_t to = is_back ? knots->count - 1 - i : i;
		size_t from = is_back ? to + 1 : to - 1;
		double third;

		if (i == 0) {
			cairo_line_to(cr, knots->x[to], knots->y[to]);
			continue;
		}
		third = (knots->x[to] - knots->x[from]) / 3;
		cairo_curve_to(cr, knots->x[from] + third,
		               knots->y[from] + third * slope(knots, from),
		               knots->x[to] - third, knots->y[to] - third * slope(knots, to),
		               knots->x[to], knots->y[to]);
	}
}

static void
draw_band(const struct chart *chart, size_t low, size_t high, const struct stretch *stretch)
{
	struct knots upper = curve_knots(chart, high, stretch);
	struct knots lower = curve_knots(chart, low, stretch);

	cairo_new_path(chart->cr);
	trace_curve(chart->cr, &upper, false);
	trace_curve(chart->cr, &lower, true);
	cairo_close_path(chart->cr);
	cairo_fill(chart->cr);
}

static void
draw_bands(const struct chart *chart, const struct stretch *stretch)
{
	canvas_colour(chart->cr, chart->agp->palette->outer, 1);
	draw_band(chart, CURVE_5, CURVE_95, stretch);
	canvas_colour(chart->cr, chart->agp->palette->inner, 1);
	draw_band(chart, CURVE_25, CURVE_75, stretch);
}

static void
draw_median(const struct chart *chart, const struct stretch *stretch)
{
	struct knots knots = curve_knots(chart, CURVE_50, stretch);

	canvas_colour(chart->cr, chart->agp->palette->median, 1);
	cairo_set_line_width(chart->cr, 2.25);
	cairo_new_path(chart->cr);
	trace_curve(chart->cr, &knots, false);
	cairo_stroke(chart->cr);
}

static void
each_stretch(const struct chart *chart,
             void (*draw)(const struct chart *chart, const struct stretch *stretch))
{
	const struct profile_bin *bins = chart->agp->metrics->profile.bins;
	struct stretch stretch = { 0 };

	for (size_t i = 0; i < PROFILE_BINS; i++) {
		stretch.last = i;
		if (!bins[i].has)
			stretch.first = i + 1;
		else if (i + 1 == PROFILE_BINS || !bins[i + 1].has)
			draw(chart, &stretch);
	}
}

static void
draw_grid(const struct chart *chart)
{
	const struct box *box = &chart->box;
	static const char *const clock[] = { "00:00", "06:00", "12:00", "18:00", "24:00" };

	cairo_set_line_width(chart->cr, 0.75);
	for (int hour = 0; hour <= HOURS; hour += 3) {
		double x = x_of(chart, hour);
		struct canvas_text label = style(chart->agp, x, box->bottom + 14, ALIGN_CENTRE);
		const char *words = chart->agp->words->hours[hour / 6];

		canvas_colour(chart->cr, chart->agp->palette->grid, 1);
		canvas_line(chart->cr, x, box->top, x, box->bottom + (hour % 6 == 0 ? 4 : 0));
		label.colour = chart->agp->palette->faint;
		if (hour % 6 == 0)
			canvas_text(chart->cr, &label, words != NULL ? words : clock[hour / 6]);
	}
}

static bool
is_target(const struct chart *chart, double mg_dl)
{
	return mg_dl == chart->agp->metrics->target_low ||
	       mg_dl == chart->agp->metrics->target_high;
}

static void
draw_tick(const struct chart *chart, double mg_dl)
{
	const struct agp_palette *palette = chart->agp->palette;
	double y = y_of(chart, mg_dl);
	struct canvas_text label = style(chart->agp, chart->box.left - 7, y + 3.5, ALIGN_RIGHT);
	char text[28];

	label.colour = is_target(chart, mg_dl) ? palette->target : palette->faint;
	label.is_bold = is_target(chart, mg_dl);
	format_mg_dl(chart->agp, mg_dl, text);
	canvas_text(chart->cr, &label, text);
	if (is_target(chart, mg_dl))
		return;
	canvas_colour(chart->cr, palette->grid, 1);
	cairo_set_line_width(chart->cr, 0.75);
	canvas_line(chart->cr, chart->box.left, y, chart->box.right, y);
}

/* The more important first; one that would touch an earlier one is left out. */
static void
draw_ticks(const struct chart *chart)
{
	const struct metrics *metrics = chart->agp->metrics;
	double ticks[] = {
		metrics->target_low, metrics->target_high, 0, chart->top_mg_dl, 250, 54
	};
	struct canvas_text unit =
	    style(chart->agp, chart->box.left - 7, chart->box.top - 9, ALIGN_RIGHT);

	unit.colour = chart->agp->palette->faint;
	unit.size = TEXT_SMALL;
	canvas_text(chart->cr, &unit, chart->agp->words->unit);
	for (size_t i = 0; i < COUNT_OF(ticks); i++) {
		bool is_free = true;
		for (size_t k = 0; k < i; k++) {
			if (fabs(y_of(chart, ticks[i]) - y_of(chart, ticks[k])) < 9)
				is_free = false;
		}
		if (is_free)
			draw_tick(chart, ticks[i]);
	}
}

static void
draw_target(const struct chart *chart)
{
	const struct metrics *metrics = chart->agp->metrics;
	double high = y_of(chart, metrics->target_high);
	double low = y_of(chart, metrics->target_low);

	canvas_colour(chart->cr, chart->agp->palette->target, 1);
	cairo_set_line_width(chart->cr, 1.25);
	canvas_line(chart->cr, chart->box.left, high, chart->box.right, high);
	canvas_line(chart->cr, chart->box.left, low, chart->box.right, low);
}

/* "95%" … "5%" where the curves end. */
static void
draw_ends(const struct chart *chart)
{
	static const char *const names[CURVE_COUNT] = { "5%", "25%", "50%", "75%", "95%" };
	const struct profile_bin *bins = chart->agp->metrics->profile.bins;
	double at[CURVE_COUNT];

	if (!bins[PROFILE_BINS - 1].has)
		return;
	for (size_t i = 0; i < CURVE_COUNT; i++)
		at[i] = y_of(chart, midnight(bins, CURVE_COUNT - 1 - i, PROFILE_BINS - 1));
	canvas_spread(at, CURVE_COUNT, 11, chart->box.top + 4, chart->box.bottom - 2);
	for (size_t i = 0; i < CURVE_COUNT; i++) {
		size_t curve = CURVE_COUNT - 1 - i;
		struct canvas_text label =
		    style(chart->agp, chart->box.right + 6, at[i] + 3.2, ALIGN_LEFT);
		label.size = TEXT_SMALL;
		label.is_bold = curve == CURVE_50;
		label.colour =
		    label.is_bold ? chart->agp->palette->median : chart->agp->palette->faint;
		canvas_text(chart->cr, &label, names[curve]);
	}
}

struct key {
	const char *words;
	uint32_t colour;
	bool is_line;
};

static void
draw_legend(const struct chart *chart)
{
	const struct agp_words *words = chart->agp->words;
	const struct agp_palette *palette = chart->agp->palette;
	const struct key keys[] = {
		{ words->curves[0], palette->median, true },
		{ words->curves[1], palette->inner, false },
		{ words->curves[2], palette->outer, false },
		{ words->target, palette->target, true },
	};
	struct canvas_text label =
	    style(chart->agp, chart->box.left, chart->box.bottom + 36, ALIGN_LEFT);

	double width = 0;

	for (size_t i = 0; i < COUNT_OF(keys); i++)
		width += 39 + canvas_text_width(chart->cr, &label, keys[i].words);
	/* Long words begin further left, under the bar. */
	if (!chart->agp->is_chart_only && width > chart->box.right - chart->box.left)
		label.x = fmax(MARGIN, chart->box.right - width + 18);
	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		double length = 21 + canvas_text_width(chart->cr, &label, keys[i].words);
		double thick = keys[i].is_line ? 2.5 : 9;
		double middle;

		if (label.x + length > chart->agp->width - 4) {
			label.x = chart->agp->is_chart_only ? LEFT_ALONE : MARGIN;
			label.y += 15;
		}
		middle = label.y - 3.5;
		canvas_colour(chart->cr, keys[i].colour, 1);
		canvas_rectangle(chart->cr, label.x, middle - thick / 2, 16, thick);
		label.x += 21;
		canvas_text(chart->cr, &label, keys[i].words);
		label.x += length - 21 + 18;
	}
}

/* AGP reports end at 350 mg/dL; a profile that goes higher gets more. */
static double
top_of(const struct metrics *metrics)
{
	for (size_t i = 0; i < PROFILE_BINS; i++) {
		const struct profile_bin *bin = &metrics->profile.bins[i];
		if (bin->has && bin->curve[CURVE_95] > 345)
			return bin->curve[CURVE_95] > 395 ? 500 : 400;
	}
	return 350;
}

static void
draw_chart(cairo_t *cr, const struct agp *agp, const struct box *box)
{
	struct chart chart = { agp, cr, *box, top_of(agp->metrics) };

	cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
	draw_grid(&chart);
	each_stretch(&chart, draw_bands);
	draw_ticks(&chart);
	draw_target(&chart);
	each_stretch(&chart, draw_median);
	draw_ends(&chart);
	draw_legend(&chart);
}

/* --- all of it ------------------------------------------------------------------ */

static void
draw_head(cairo_t *cr, const struct agp *agp)
{
	struct canvas_text title = style(agp, MARGIN, MARGIN + 14, ALIGN_LEFT);
	struct canvas_text subtitle = style(agp, MARGIN, MARGIN + 30, ALIGN_LEFT);

	title.size = 16;
	title.is_bold = true;
	canvas_text(cr, &title, agp->words->title);
	subtitle.colour = agp->palette->faint;
	canvas_text(cr, &subtitle, agp->words->subtitle);
}

static void
draw_empty(cairo_t *cr, const struct agp *agp)
{
	struct canvas_text words =
	    style(agp, agp->width / 2, MARGIN + (agp->height + MARGIN) / 2, ALIGN_CENTRE);

	canvas_colour(cr, agp->palette->grid, 1);
	cairo_set_line_width(cr, 1);
	cairo_rectangle(cr, MARGIN, MARGIN + 46, agp->width - 2 * MARGIN,
	                agp->height - 2 * MARGIN - 46);
	cairo_stroke(cr);
	words.size = 12;
	words.colour = agp->palette->faint;
	canvas_text(cr, &words, agp->words->empty);
}

static void
draw_alone(cairo_t *cr, const struct agp *agp)
{
	struct box box = { LEFT_ALONE, 22, agp->width - 34, agp->height - 62 };

	if (agp_has_profile(agp->metrics))
		draw_chart(cr, agp, &box);
	else
		draw_empty(cr, agp);
}

void
agp_draw(cairo_t *cr, const struct agp *agp)
{
	double top = MARGIN + 72;
	double bottom = agp->height - MARGIN - 40;
	struct box bar = { MARGIN, top, MARGIN + BAR_PANEL - 50, bottom };
	struct box chart = { MARGIN + BAR_PANEL, top, agp->width - MARGIN - 28, bottom };
	struct canvas_text heading = style(agp, MARGIN, top - 12, ALIGN_LEFT);

	canvas_colour(cr, agp->palette->paper, 1);
	canvas_rectangle(cr, 0, 0, agp->width, agp->height);
	if (agp->is_chart_only) {
		draw_alone(cr, agp);
		return;
	}
	draw_head(cr, agp);
	if (!agp_has_profile(agp->metrics)) {
		draw_empty(cr, agp);
		return;
	}
	heading.is_bold = true;
	canvas_text(cr, &heading, agp->words->bar);
	draw_bar(cr, agp, &bar);
	draw_chart(cr, agp, &chart);
}

static void
draw(cairo_t *cr, const void *what)
{
	agp_draw(cr, what);
}

enum rc
agp_render(const struct agp *agp, enum canvas_format format, struct buf *out, struct err *err)
{
	struct drawing drawing = { draw, agp, agp->width, agp->height };

	double width = agp->is_chart_only ? AGP_CHART_WIDTH_MIN : AGP_WIDTH_MIN;
	double height = agp->is_chart_only ? AGP_CHART_HEIGHT_MIN : AGP_HEIGHT_MIN;

	if (agp->width < width || agp->height < height)
		return FAIL(err, RC_INVALID, "too small for a profile");
	return canvas_render(&drawing, format, out, err);
}
