/*
 * Papers that organisations write (terms, agreements) as HTML: headings ("# …"),
 * paragraphs, numbered ones as they are numbered, **strong**.  Everything else stands as
 * it was written, escaped.
 */
#include "base/limits.h"
#include "pages/handlers.h"

/* Pairs of ** become strong; a lone one stays. */
static void
line_add(struct buf *out, struct str line)
{
	bool is_strong = false;

	while (line.len != 0) {
		const char *mark = memmem(line.ptr, line.len, "**", 2);
		struct str head = { line.ptr,
			            mark == NULL ? line.len : (size_t)(mark - line.ptr) };
		struct str rest = { line.ptr + head.len + 2, line.len - head.len - 2 };
		bool is_pair =
		    mark != NULL && (is_strong || memmem(rest.ptr, rest.len, "**", 2) != NULL);
		buf_add_html(out, head);
		if (mark == NULL)
			return;
		if (is_pair)
			buf_add(out, is_strong ? STR("</strong>") : STR("<strong>"));
		else
			buf_add(out, STR("**"));
		is_strong = is_pair ? !is_strong : is_strong;
		line = rest;
	}
}

static bool
is_numbered(struct str line)
{
	size_t i = 0;

	while (i < line.len && line.ptr[i] >= '0' && line.ptr[i] <= '9')
		i++;
	return i > 0 && i + 1 < line.len && line.ptr[i] == '.' && line.ptr[i + 1] == ' ';
}

static void
paragraph_end(struct buf *out, bool *is_in)
{
	if (*is_in)
		buf_add(out, STR("</p>\n"));
	*is_in = false;
}

/* Headings begin at h2, below the page's own. */
static void
heading_add(struct buf *out, struct str line)
{
	struct str text = line;

	while (text.len != 0 && text.ptr[0] == '#')
		text = (struct str){ text.ptr + 1, text.len - 1 };
	buf_add(out, STR("<h3>"));
	line_add(out, str_trim(text));
	buf_add(out, STR("</h3>\n"));
}

enum rc
paper_html(struct arena *arena, struct str text, struct str *html, struct err *err)
{
	CLEANUP(buf_free) struct buf out = { 0 };
	bool is_in = false;
	struct str line, finished;

	buf_init(&out, LIMIT_PAGE_BYTES);
	while (text.len != 0) {
		text = str_cut(text, '\n', &line);
		line = str_trim(line);
		if (line.len == 0 || line.ptr[0] == '#' || is_numbered(line))
			paragraph_end(&out, &is_in);
		if (line.len == 0)
			continue;
		if (line.ptr[0] == '#') {
			heading_add(&out, line);
			continue;
		}
		buf_add(&out, is_in ? STR("\n") : STR("<p>"));
		is_in = true;
		line_add(&out, line);
	}
	paragraph_end(&out, &is_in);
	TRY(buf_finish(&out, &finished, err));
	*html = str_copy(arena, finished);
	return RC_OK;
}
