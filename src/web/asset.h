/*
 * Files inside the binary: templates, styles, scripts, icons, catalogues,
 * reference policies.  tools/embed makes the table from ui/ and policies/.
 */
#ifndef WEB_ASSET_H
#define WEB_ASSET_H

#include "base/str.h"

struct asset {
	const char *path; /* "ui/layout.html", "ui/troth.css", "policies/measure.yaml" */
	const char *type; /* content type */
	const char *hash; /* 16 hexadecimal digits of its SHA-256 */
	const unsigned char *start;
	const unsigned char *end;
};

extern const struct asset assets[];
extern const size_t asset_count;

const struct asset *asset_find(struct str path); /* NULL */
struct str asset_text(const struct asset *asset);

#endif
