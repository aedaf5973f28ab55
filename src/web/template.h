/*
 * Logic-less templates (the tags of Mustache 5, less what is dangerous).
 *
 *   {{name}} {{part.field}}   escaped always; there is no raw form
 *   {{#part}} … {{/part}}     rows: once a row; record: once if present;
 *                             value: once if set, not empty, not zero, not false
 *   {{^part}} … {{/part}}     otherwise
 *   {{>partial}}              another template of ui/, by name
 *   {{_ text}}                translated text; {{_ text | a, b}}: %1, %2 are replaced
 *                             by values a and b, escaped
 *   {{icon name}}             <svg class="icon"><use href="…#name"></svg>
 *   {{url /path}}             with the tenant's prefix
 *   {{asset file}}            /-/asset/HASH/file: cacheable for ever
 *   {{csrf}}                  hidden field of the form token
 *   {{! remark }}
 *
 * Inside a section names are looked up in the row, then outside.  A MARKUP
 * value is put as it is: only our own renderers make one.  TIME becomes
 * <time datetime="…Z">the person's format, zone named</time>.  A template that
 * names what no tag can be, or a section that does not close, fails when
 * templates are loaded at start; an unknown name renders as nothing in
 * production and is an error in templates_check().
 */
#ifndef WEB_TEMPLATE_H
#define WEB_TEMPLATE_H

#include "web/doc.h"
#include "web/language.h"

struct templates;

/* Parses every ui/*.html of the assets. */
enum rc templates_load(struct templates **templates, struct err *err) MUST_CHECK;
void templates_free(struct templates *templates);
bool templates_has(const struct templates *templates, struct str name);

struct template_scene {
	const struct doc *doc;
	const struct language *language;
	struct str zone;   /* IANA name for times; empty: UTC */
	struct str prefix; /* "/T", or empty */
	struct str csrf;   /* token; empty: none */
	struct arena *arena;
};
enum rc template_render(const struct templates *templates, struct str name,
                        const struct template_scene *scene, struct buf *out, struct err *err)
    MUST_CHECK;

#endif
