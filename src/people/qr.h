/*
 * A QR code (ISO/IEC 18004, by libqrencode) as an SVG text for a page.
 */
#ifndef PEOPLE_QR_H
#define PEOPLE_QR_H

#include "base/arena.h"
#include "base/str.h"

/* One <svg> element, four modules of quiet zone, dark on a white ground in every
 * colour scheme so that cameras read it; `title` (escaped) is its accessible
 * name.  RC_LIMIT: the text does not fit a symbol. */
enum rc qr_svg(struct str text, struct str title, struct arena *arena, struct str *svg,
               struct err *err) MUST_CHECK;

#endif
