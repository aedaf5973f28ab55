/*
 * Readings over time as a drawing: what stands where the plot that zooms cannot.
 */
#ifndef SERVICE_MEASURE_TREND_PLOT_H
#define SERVICE_MEASURE_TREND_PLOT_H

#include "base/buf.h"
#include "base/zone.h"

/* points */
#define TREND_PLOT_WIDTH  720
#define TREND_PLOT_NARROW 320
#define TREND_PLOT_HEIGHT 300

struct trend_point {
	int64_t taken_us;
	double value;
};

struct trend_plot {
	const struct trend_point *points; /* by time */
	size_t count;
	int64_t from_us, until_us;
	const struct zone *zone;
	double low, high; /* target range; both 0: none */
	int width;        /* TREND_PLOT_WIDTH or _NARROW */
	bool is_dark;
};

/* An SVG document, appended to `out`. */
enum rc trend_plot_render(const struct trend_plot *plot, struct buf *out, struct err *err)
    MUST_CHECK;

#endif
