#include "people/qr.h"

#include <qrencode.h>

#include "base/buf.h"

#define QUIET     4 /* modules, ISO/IEC 18004, section 5.3.8 */
#define SVG_BYTES (512 * 1024)

static void
code_free(QRcode **code)
{
	QRcode_free(*code);
}

/* One run of dark modules as a subpath. */
static void
row_add(struct buf *out, const QRcode *code, int y)
{
	const unsigned char *row = code->data + y * code->width;

	for (int x = 0; x < code->width; x++) {
		int from = x;
		while (x < code->width && (row[x] & 1) != 0)
			x++;
		if (x > from)
			buf_addf(out, "M%d %dh%dv1h-%dz", from + QUIET, y + QUIET, x - from,
			         x - from);
	}
}

enum rc
qr_svg(struct str text, struct str title, struct arena *arena, struct str *svg, struct err *err)
{
	CLEANUP(code_free) QRcode *code = NULL;
	CLEANUP(buf_free) struct buf out = { 0 };
	struct str finished;
	int side;

	buf_init(&out, SVG_BYTES);
	if (text.len == 0 || text.len > 2000)
		return FAIL(err, RC_LIMIT, "too long for a QR code");
	code =
	    QRcode_encodeData((int)text.len, (const unsigned char *)text.ptr, 0, QR_ECLEVEL_M);
	if (code == NULL)
		return FAIL(err, RC_LIMIT, "too long for a QR code");
	side = code->width + 2 * QUIET;
	buf_addf(&out,
	         "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" role=\"img\" "
	         "width=\"%d\" height=\"%d\" shape-rendering=\"crispEdges\"><title>",
	         side, side, side * 4, side * 4);
	buf_add_html(&out, title);
	buf_addf(&out,
	         "</title><path fill=\"#fff\" d=\"M0 0h%dv%dH0z\"/><path fill=\"#000\" d=\"",
	         side, side);
	for (int y = 0; y < code->width; y++)
		row_add(&out, code, y);
	buf_add(&out, STR("\"/></svg>"));
	TRY(buf_finish(&out, &finished, err));
	*svg = str_copy(arena, finished);
	return RC_OK;
}
