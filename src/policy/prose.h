/*
 * Headings, paragraphs, lists and tables, as HTML or as plain text.
 *
 * What is said is the caller's; how it looks is decided here, so a page and its
 * plain text cannot differ in what they say.  All texts are escaped on their
 * way into HTML; there is no way to add markup.
 */
#ifndef POLICY_PROSE_H
#define POLICY_PROSE_H

#include "base/arena.h"
#include "base/buf.h"

#define PROSE_COLUMNS_MAX 6

struct prose {
	struct buf *out;
	bool is_html;
	size_t columns; /* of the table that is open */
	const char *heads[PROSE_COLUMNS_MAX];
};

void prose_init(struct prose *prose, struct buf *out, bool is_html);
void prose_heading(struct prose *prose, const char *text);
void prose_paragraph(struct prose *prose, struct str text);
void prose_list_begin(struct prose *prose);
void prose_item(struct prose *prose, struct str text);
void prose_list_end(struct prose *prose);
/* In plain text a row is its first cell and, below it, "head: cell" lines. */
void prose_table_begin(struct prose *prose, const char *const *heads, size_t count);
void prose_row(struct prose *prose, const struct str *cells);
void prose_table_end(struct prose *prose);

/* "a, b and c" in an arena, for sentences: texts are added one by one. */
struct series {
	struct arena *arena;
	const char *joint; /* before the last: " and ", "; " */
	struct str done;   /* all but the last */
	struct str last;
	size_t count;
};
void series_add(struct series *series, struct str text);
struct str series_text(const struct series *series);

#endif
