/*
 * The ambulatory glucose profile as a drawing: bands of the 5th to 95th and the
 * 25th to 75th percentile, the median, the target range, and beside them the
 * time in ranges as one stacked bar.  Layout after the AGP report (Johnson et
 * al. 2019, doi:10.1089/dia.2019.0034); colours are the caller's.
 *
 * One function draws on any cairo_t, in points, so page, SVG and PDF show the
 * same.  All words come from the caller, translated; the drawing holds none of
 * its own.
 */
#ifndef SERVICE_MEASURE_AGP_H
#define SERVICE_MEASURE_AGP_H

#include "service/measure/canvas.h"
#include "service/measure/metrics.h"

/* 0xRRGGBB */
struct agp_palette {
	uint32_t paper;
	uint32_t ink;   /* words */
	uint32_t faint; /* second-rank words */
	uint32_t grid;
	uint32_t rule;   /* from the bar to its labels */
	uint32_t target; /* the target range's lines and its tint */
	uint32_t outer;  /* 5 to 95 */
	uint32_t inner;  /* 25 to 75 */
	uint32_t median;
	uint32_t ranges[RANGE_COUNT]; /* of the bar, from very low to very high */
};

extern const struct agp_palette agp_light;
extern const struct agp_palette agp_dark;

/* UTF-8, as they are to be read. */
struct agp_words {
	const char *title;    /* "Glucose profile" */
	const char *subtitle; /* "1–28 March 2026 · 98% of the time · Europe/Paris" */
	const char *unit;     /* "mg/dL" */
	const char *bar;      /* "Time in ranges" */
	const char *ranges[RANGE_COUNT]; /* "Very low" … "Very high" */
	const char *target;              /* "Target range" */
	const char *curves[3];           /* "Median", "25–75%", "5–95%" */
	const char *empty;               /* "Not enough readings for a profile." */
	const char *hours[5]; /* "12 am", "6 am", "12 pm", "6 pm", "12 am"; NULL: 00:00 … */
	char decimal_mark;    /* '.' or ','; 0: '.' */
};

struct agp {
	const struct metrics *metrics;
	const struct agp_words *words;
	const struct agp_palette *palette;
	int unit;           /* UNIT_MG_DL or UNIT_MMOL_L of analyte.h */
	double width;       /* points; at least AGP_WIDTH_MIN, or AGP_CHART_WIDTH_MIN */
	double height;      /* points; at least AGP_HEIGHT_MIN, or AGP_CHART_HEIGHT_MIN */
	bool is_chart_only; /* for a page that says title and time in ranges itself */
};

#define AGP_WIDTH            720
#define AGP_HEIGHT           360
#define AGP_WIDTH_MIN        600
#define AGP_HEIGHT_MIN       310

#define AGP_CHART_WIDTH_MIN  280
#define AGP_CHART_HEIGHT_MIN 240

/* True when there is a profile to draw; else the words `empty` are drawn. */
bool agp_has_profile(const struct metrics *metrics);

/* At the origin of `cr`, over width × height. */
void agp_draw(cairo_t *cr, const struct agp *agp);

/* A complete document, appended to `out`; a page shows the SVG as an image. */
enum rc agp_render(const struct agp *agp, enum canvas_format format, struct buf *out,
                   struct err *err) MUST_CHECK;

#endif
