#include "service/measure/canvas.h"

#include <cairo/cairo-pdf.h>
#include <cairo/cairo-svg.h>

#define PNG_SCALE 2

void
canvas_colour(cairo_t *cr, uint32_t colour, double alpha)
{
	cairo_set_source_rgba(cr, (colour >> 16 & 0xff) / 255.0, (colour >> 8 & 0xff) / 255.0,
	                      (colour & 0xff) / 255.0, alpha);
}

void
canvas_rectangle(cairo_t *cr, double x, double y, double width, double height)
{
	cairo_rectangle(cr, x, y, width, height);
	cairo_fill(cr);
}

void
canvas_line(cairo_t *cr, double x0, double y0, double x1, double y1)
{
	cairo_move_to(cr, x0, y0);
	cairo_line_to(cr, x1, y1);
	cairo_stroke(cr);
}

static void
choose_font(cairo_t *cr, const struct canvas_text *style)
{
	cairo_select_font_face(cr, "sans-serif", CAIRO_FONT_SLANT_NORMAL,
	                       style->is_bold ? CAIRO_FONT_WEIGHT_BOLD
	                                      : CAIRO_FONT_WEIGHT_NORMAL);
	cairo_set_font_size(cr, style->size);
}

double
canvas_text_width(cairo_t *cr, const struct canvas_text *style, const char *words)
{
	cairo_text_extents_t extents;

	if (words == NULL)
		return 0;
	choose_font(cr, style);
	cairo_text_extents(cr, words, &extents);
	return extents.x_advance;
}

void
canvas_text(cairo_t *cr, const struct canvas_text *style, const char *words)
{
	double width = canvas_text_width(cr, style, words);
	double x = style->x;

	if (words == NULL)
		return;
	if (style->align == ALIGN_CENTRE)
		x -= width / 2;
	if (style->align == ALIGN_RIGHT)
		x -= width;
	canvas_colour(cr, style->colour, 1);
	cairo_move_to(cr, x, style->y);
	cairo_show_text(cr, words);
	cairo_new_path(cr);
}

/*
 * Taking i × apart off each position turns "apart" into "not descending", and the
 * nearest such sequence pools neighbours that are out of order into their mean
 * (isotonic regression, pool adjacent violators).
 */
void
canvas_spread(double *at, size_t count, double apart, double low, double high)
{
	for (size_t i = 1; i < count; i++) {
		size_t first = i;
		double sum = at[i] - (double)i * apart;
		size_t pooled = 1;

		while (first > 0 &&
		       at[first - 1] - (double)(first - 1) * apart > sum / (double)pooled) {
			first--;
			sum += at[first] - (double)first * apart;
			pooled++;
		}
		for (size_t k = first; k <= i; k++)
			at[k] = sum / (double)pooled + (double)k * apart;
	}
	for (size_t i = count; i-- > 0;) {
		double most = i + 1 == count ? high : at[i + 1] - apart;
		at[i] = at[i] > most ? most : at[i];
	}
	for (size_t i = 0; i < count; i++) {
		double least = i == 0 ? low : at[i - 1] + apart;
		at[i] = at[i] < least ? least : at[i];
	}
}

static cairo_status_t
append(void *to, const unsigned char *bytes, unsigned len)
{
	struct buf *out = to;

	buf_add(out, (struct str){ (const char *)bytes, len });
	return out->full ? CAIRO_STATUS_WRITE_ERROR : CAIRO_STATUS_SUCCESS;
}

static cairo_surface_t *
surface_new(const struct drawing *drawing, enum canvas_format format, struct buf *out)
{
	cairo_surface_t *surface;

	if (format == CANVAS_PDF)
		return cairo_pdf_surface_create_for_stream(append, out, drawing->width,
		                                           drawing->height);
	if (format == CANVAS_PNG) {
		surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24,
		                                     (int)drawing->width * PNG_SCALE,
		                                     (int)drawing->height * PNG_SCALE);
		cairo_surface_set_device_scale(surface, PNG_SCALE, PNG_SCALE);
		return surface;
	}
	surface =
	    cairo_svg_surface_create_for_stream(append, out, drawing->width, drawing->height);
	cairo_svg_surface_set_document_unit(surface, CAIRO_SVG_UNIT_PX);
	return surface;
}

enum rc
canvas_render(const struct drawing *drawing, enum canvas_format format, struct buf *out,
              struct err *err)
{
	cairo_surface_t *surface = surface_new(drawing, format, out);
	cairo_t *cr = cairo_create(surface);
	cairo_status_t status;
	struct str text;

	drawing->draw(cr, drawing->what);
	status = cairo_status(cr);
	cairo_destroy(cr);
	if (status == CAIRO_STATUS_SUCCESS && format == CANVAS_PNG)
		status = cairo_surface_write_to_png_stream(surface, append, out);
	cairo_surface_finish(surface);
	if (status == CAIRO_STATUS_SUCCESS)
		status = cairo_surface_status(surface);
	cairo_surface_destroy(surface);
	TRY(buf_finish(out, &text, err));
	if (status != CAIRO_STATUS_SUCCESS)
		return FAIL(err, RC_IO, "drawing failed: %s", cairo_status_to_string(status));
	return RC_OK;
}
