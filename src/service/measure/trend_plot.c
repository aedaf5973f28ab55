#include "service/measure/trend_plot.h"

#include <math.h>

#include "base/clock.h"
#include "service/measure/agp.h"
#include "service/measure/canvas.h"

#define LEFT        44.0
#define RIGHT       12.0
#define TOP         12.0
#define BOTTOM      28.0
#define TEXT_SIZE   11.0
#define VALUE_TICKS 6
#define TICK_WIDTH  72 /* points: at most a label in each */
#define GAP_STEPS   3  /* usual intervals that a line does not bridge */

/* Where values and times lie on the paper. */
struct frame {
	const struct trend_plot *plot;
	const struct agp_palette *palette;
	double bottom, top; /* values at the ends of the axis */
	double step;        /* between ticks */
	int64_t gap_us;
};

static double
x_of(const struct frame *frame, int64_t us)
{
	double share = (double)(us - frame->plot->from_us) /
	               (double)(frame->plot->until_us - frame->plot->from_us);

	return LEFT + share * (frame->plot->width - LEFT - RIGHT);
}

static double
y_of(const struct frame *frame, double value)
{
	double share = (value - frame->bottom) / (frame->top - frame->bottom);

	return TREND_PLOT_HEIGHT - BOTTOM - share * (TREND_PLOT_HEIGHT - TOP - BOTTOM);
}

/* A step of 1, 2 or 5 times a power of ten that gives at most VALUE_TICKS. */
static double
step_for(double span)
{
	static const double steps[] = { 1, 2, 5, 10 };
	double power = pow(10, floor(log10(span / VALUE_TICKS)));

	for (size_t i = 0; i < COUNT_OF(steps); i++) {
		if (span / (steps[i] * power) <= VALUE_TICKS)
			return steps[i] * power;
	}
	return 10 * power;
}

static void
frame_fit(struct frame *frame)
{
	const struct trend_plot *plot = frame->plot;
	double low = plot->high > 0 ? plot->low : INFINITY;
	double high = plot->high > 0 ? plot->high : -INFINITY;

	for (size_t i = 0; i < plot->count; i++) {
		low = fmin(low, plot->points[i].value);
		high = fmax(high, plot->points[i].value);
	}
	if (!isfinite(low) || high <= low) {
		low = isfinite(low) ? low - 1 : 0;
		high = low + 2;
	}
	frame->step = step_for(high - low);
	frame->bottom = floor(low / frame->step) * frame->step;
	frame->top = ceil(high / frame->step) * frame->step;
}

static void
values_draw(cairo_t *cr, const struct frame *frame)
{
	struct canvas_text style = { .x = LEFT - 6,
		                     .size = TEXT_SIZE,
		                     .colour = frame->palette->faint,
		                     .align = ALIGN_RIGHT };
	char text[24];

	for (double v = frame->bottom; v <= frame->top + frame->step / 2; v += frame->step) {
		canvas_colour(cr, frame->palette->grid, 1);
		canvas_line(cr, LEFT, y_of(frame, v), frame->plot->width - RIGHT,
		            y_of(frame, v));
		style.y = y_of(frame, v) + TEXT_SIZE / 3;
		(void)snprintf(text, sizeof(text), frame->step < 1 ? "%.1f" : "%.0f", v);
		canvas_text(cr, &style, text);
	}
}

/* Local midnights, or hours of a single day. */
static void
times_draw(cairo_t *cr, const struct frame *frame)
{
	const struct trend_plot *plot = frame->plot;
	int64_t span = plot->until_us - plot->from_us;
	bool is_day = span <= 26 * US_PER_HOUR;
	int64_t ticks = plot->width / TICK_WIDTH;
	int64_t days = span / US_PER_DAY / ticks + 1;
	int64_t step = is_day ? (ticks < 8 ? 6 : 3) * US_PER_HOUR : days * US_PER_DAY;
	struct canvas_text style = { .y = TREND_PLOT_HEIGHT - 8,
		                     .size = TEXT_SIZE,
		                     .colour = frame->palette->faint,
		                     .align = ALIGN_CENTRE };
	char text[24];

	for (int64_t at = plot->from_us; at < plot->until_us; at += step) {
		struct civil civil = civil_from_us(at, zone_offset_s(plot->zone, at));
		canvas_colour(cr, frame->palette->grid, 1);
		canvas_line(cr, x_of(frame, at), TOP, x_of(frame, at),
		            TREND_PLOT_HEIGHT - BOTTOM);
		if (is_day)
			(void)snprintf(text, sizeof(text), "%02d:%02d", civil.hour,
			               civil.minute);
		else
			(void)snprintf(text, sizeof(text), "%d/%d", civil.day, civil.month);
		style.x = x_of(frame, at) + (at == plot->from_us ? 8 : 0);
		canvas_text(cr, &style, text);
	}
}

static void
line_draw(cairo_t *cr, const struct frame *frame)
{
	const struct trend_plot *plot = frame->plot;

	canvas_colour(cr, frame->palette->median, 1);
	cairo_set_line_width(cr, 1.5);
	cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
	for (size_t i = 0; i < plot->count; i++) {
		double x = x_of(frame, plot->points[i].taken_us);
		double y = y_of(frame, plot->points[i].value);
		bool is_apart =
		    i == 0 ||
		    plot->points[i].taken_us - plot->points[i - 1].taken_us > frame->gap_us;
		if (is_apart)
			cairo_move_to(cr, x, y);
		else
			cairo_line_to(cr, x, y);
	}
	cairo_stroke(cr);
	for (size_t i = 0; plot->count < 60 && i < plot->count; i++) {
		cairo_arc(cr, x_of(frame, plot->points[i].taken_us),
		          y_of(frame, plot->points[i].value), 2.5, 0, 2 * M_PI);
		cairo_fill(cr);
	}
}

static void
plot_draw(cairo_t *cr, const void *what)
{
	const struct frame *frame = what;
	const struct trend_plot *plot = frame->plot;

	canvas_colour(cr, frame->palette->paper, 1);
	canvas_rectangle(cr, 0, 0, plot->width, TREND_PLOT_HEIGHT);
	if (plot->high > 0) {
		canvas_colour(cr, frame->palette->target, 0.14);
		canvas_rectangle(cr, LEFT, y_of(frame, plot->high),
		                 frame->plot->width - LEFT - RIGHT,
		                 y_of(frame, plot->low) - y_of(frame, plot->high));
	}
	cairo_set_line_width(cr, 0.75);
	values_draw(cr, frame);
	times_draw(cr, frame);
	line_draw(cr, frame);
}

static int
by_length(const void *a, const void *b)
{
	const int64_t *x = a;
	const int64_t *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Three times the median step between readings. */
static int64_t
gap_of(const struct trend_plot *plot)
{
	int64_t *steps;
	int64_t gap;

	if (plot->count < 3)
		return INT64_MAX;
	steps = calloc(plot->count, sizeof(*steps));
	if (steps == NULL)
		abort();
	for (size_t i = 1; i < plot->count; i++)
		steps[i - 1] = plot->points[i].taken_us - plot->points[i - 1].taken_us;
	qsort(steps, plot->count - 1, sizeof(*steps), by_length);
	gap = GAP_STEPS * steps[(plot->count - 1) / 2];
	free(steps);
	return gap;
}

enum rc
trend_plot_render(const struct trend_plot *plot, struct buf *out, struct err *err)
{
	struct frame frame = { .plot = plot,
		               .palette = plot->is_dark ? &agp_dark : &agp_light,
		               .gap_us = gap_of(plot) };
	struct drawing drawing = { plot_draw, &frame, plot->width, TREND_PLOT_HEIGHT };

	frame_fit(&frame);
	return canvas_render(&drawing, CANVAS_SVG, out, err);
}
