/*
 * Logic-less templates (the tags of Mustache 5, less what is dangerous).
 *
 *   {{name}} {{part.field}}   escaped always; there is no raw form
 *   {{#part}} … {{/part}}     rows: once a row; record: once if present;
 *                             value: once if set, not empty, not zero, not false
 *   {{^part}} … {{/part}}     otherwise
 *   {{?part}} … {{/part}}     once if {{^part}} would not show: around a table
 *   {{>partial}}              another template of ui/, by name
 *   {{_ text}}                translated text; {{_ text | a, b}}: %1, %2 are replaced
 *                             by values a and b, escaped
 *   {{_ :name}}               the value's text, translated; a code such as
 *                             in-range is looked up as words: "in range"
 *   {{icon name}}             <svg class="icon"><use href="…#name"></svg>; or :name
 *   {{url /path}}             with the tenant's prefix
 *   {{asset file}}            /-/asset/HASH/file: cacheable for ever
 *   {{csrf}}                  hidden field of the form token
 *   {{! remark }}
 *
 * Inside a section names are looked up in the row, then outside.  A MARKUP
 * value is put as it is: only our own renderers make one.  TIME becomes
 * <time datetime="…Z">the person's format, zone named</time>; in the quotes of
 * an attribute it is RFC 3339, and MARKUP is escaped there.
 *
 * What is not a tag, a section that does not close or ends elsewhere in the
 * HTML than it began, a value in a tag but outside of quotes, a script or style
 * in the page: each fails when templates are loaded at start.  A value that
 * begins a href, src or action and has a scheme other than https, mailto or tel
 * becomes "#".  An unknown name renders as nothing; templates_check() finds
 * names that the template's first remark, or its partials', does not declare.
 */
#ifndef WEB_TEMPLATE_H
#define WEB_TEMPLATE_H

#include "web/doc.h"
#include "web/language.h"

struct templates;

/* Parses every .html of ui/ in the assets. */
enum rc templates_load(struct templates **templates, struct err *err) MUST_CHECK;
/* The same from sources that outlive it. */
struct template_source {
	struct str name, text; /* "sign_in" */
};
enum rc templates_parse(struct templates **templates, const struct template_source *sources,
                        size_t count, struct err *err) MUST_CHECK;
void templates_free(struct templates *templates);
enum rc templates_check(const struct templates *templates, struct err *err) MUST_CHECK;
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
