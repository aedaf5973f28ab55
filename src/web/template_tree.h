/*
 * A parsed template: nodes in reading order.  Between the parser
 * (template_parse.c), the loader (template_load.c) and the renderer (template.c)
 * only.
 *
 * A section's node knows where its inside ends; the nodes between are its
 * inside, so rendering walks one array and no tree is built.  Texts borrow
 * from the asset they came from.
 */
#ifndef WEB_TEMPLATE_TREE_H
#define WEB_TEMPLATE_TREE_H

#include "base/arena.h"
#include "base/str.h"

#define TEMPLATE_DEPTH    8 /* sections in sections, partials in partials: each */
#define TEMPLATE_ARGS_MAX 4

enum node_kind {
	NODE_LITERAL = 1,
	NODE_VALUE,
	NODE_SECTION, /* {{#name}}: for each, or once */
	NODE_ANY,     /* {{?name}}: once if there is any */
	NODE_UNLESS,  /* {{^name}} */
	NODE_PARTIAL,
	NODE_SAY, /* a text to translate, or the value that is one */
	NODE_ICON,
	NODE_URL,
	NODE_CSRF,
};

struct template;

struct node {
	enum node_kind kind;
	struct str text;    /* literal, name, msgid, path */
	bool is_in_quotes;  /* in an attribute's value: plain forms only */
	bool is_link_start; /* begins a href, src or action: the scheme is checked */
	bool is_named;      /* SAY, ICON: text is the name of a value that holds it */
	size_t end;         /* SECTION, ANY, UNLESS: the node after the inside */
	struct str *args;   /* SAY: names of values for %1 … */
	size_t arg_count;
	const struct template *partial;
};

struct template
{
	struct str name;  /* "sign_in" */
	struct str reads; /* its first remark: every name that it may use stands there */
	struct node *nodes;
	size_t count;
};

struct templates {
	struct arena arena;
	struct template *items;
	size_t count;
	struct str sprite; /* address of the icons */
};

/* NULL when there is none. */
const struct template *template_find(const struct templates *templates, struct str name);

/* Fills `template` from its source.  RC_INVALID names the line. */
enum rc template_parse(struct template *template, struct str source, struct arena *arena,
                       struct err *err) MUST_CHECK;

#endif
