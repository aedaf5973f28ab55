/*
 * The few things that drawings need of Cairo, and the ways out of it.
 *
 * A drawing is a function on a cairo_t, in points from the top left; canvas_*
 * runs it onto an SVG, a one-page PDF or a PNG.  In an SVG words become outlines,
 * so it looks the same everywhere and needs no font; in a PDF they stay text.
 * Fonts come from the system through fontconfig ("sans-serif").  Cairo's SVG has
 * ids and style attributes: a page shows it as an image, never inline.
 */
#ifndef SERVICE_MEASURE_CANVAS_H
#define SERVICE_MEASURE_CANVAS_H

#include <cairo/cairo.h>

#include "base/buf.h"

enum canvas_format { CANVAS_SVG, CANVAS_PDF, CANVAS_PNG /* two pixels a point */ };

enum canvas_align { ALIGN_LEFT, ALIGN_CENTRE, ALIGN_RIGHT };

struct canvas_text {
	double x; /* of the left end, the middle or the right end, by `align` */
	double y; /* of the base line */
	double size;
	uint32_t colour; /* 0xRRGGBB, as everywhere here */
	enum canvas_align align;
	bool is_bold;
};

struct drawing {
	void (*draw)(cairo_t *cr, const void *what);
	const void *what;
	double width; /* points */
	double height;
};

void canvas_colour(cairo_t *cr, uint32_t colour, double alpha);
void canvas_rectangle(cairo_t *cr, double x, double y, double width, double height);
void canvas_line(cairo_t *cr, double x0, double y0, double x1, double y1);

/* `words` is UTF-8; NULL is nothing. */
void canvas_text(cairo_t *cr, const struct canvas_text *style, const char *words);
double canvas_text_width(cairo_t *cr, const struct canvas_text *style, const char *words);

/* Moves labels so that neighbours keep `apart`, as little as that takes, within
 * low … high (when all do not fit, they go past `high`).  `at` is ascending. */
void canvas_spread(double *at, size_t count, double apart, double low, double high);

/* A complete document, appended to `out`.  RC_LIMIT when `out` is full, RC_IO
 * when Cairo fails. */
enum rc canvas_render(const struct drawing *drawing, enum canvas_format format, struct buf *out,
                      struct err *err) MUST_CHECK;

#endif
