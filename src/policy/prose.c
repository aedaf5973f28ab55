#include "policy/prose.h"

#define WIDTH 78

void
prose_init(struct prose *prose, struct buf *out, bool is_html)
{
	*prose = (struct prose){ .out = out, .is_html = is_html };
}

/* Plain text in lines of at most WIDTH bytes where words allow it. */
static void
add_wrapped(struct buf *out, struct str text, struct str first, struct str later)
{
	struct str word;
	size_t column = first.len;

	buf_add(out, first);
	for (bool is_first = true; text.len != 0; is_first = false) {
		text = str_cut(text, ' ', &word);
		if (!is_first && column + 1 + word.len > WIDTH) {
			buf_add(out, STR("\n"));
			buf_add(out, later);
			column = later.len;
		} else if (!is_first) {
			buf_add(out, STR(" "));
			column++;
		}
		buf_add(out, word);
		column += word.len;
	}
	buf_add(out, STR("\n"));
}

static void
add_element(struct prose *prose, const char *open, struct str text, const char *close)
{
	buf_add(prose->out, str_from_c(open));
	buf_add_html(prose->out, text);
	buf_add(prose->out, str_from_c(close));
}

void
prose_heading(struct prose *prose, const char *text)
{
	struct str heading = str_from_c(text);

	if (prose->is_html) {
		add_element(prose, "<h2>", heading, "</h2>\n");
		return;
	}
	buf_add(prose->out, STR("\n"));
	buf_add(prose->out, heading);
	buf_add(prose->out, STR("\n"));
	for (size_t i = 0; i < heading.len; i++)
		buf_add(prose->out, STR("="));
	buf_add(prose->out, STR("\n\n"));
}

void
prose_paragraph(struct prose *prose, struct str text)
{
	if (prose->is_html) {
		add_element(prose, "<p>", text, "</p>\n");
		return;
	}
	add_wrapped(prose->out, text, STR_EMPTY, STR_EMPTY);
	buf_add(prose->out, STR("\n"));
}

void
prose_list_begin(struct prose *prose)
{
	if (prose->is_html)
		buf_add(prose->out, STR("<ul>\n"));
}

void
prose_item(struct prose *prose, struct str text)
{
	if (prose->is_html)
		add_element(prose, "<li>", text, "</li>\n");
	else
		add_wrapped(prose->out, text, STR("- "), STR("  "));
}

void
prose_list_end(struct prose *prose)
{
	buf_add(prose->out, prose->is_html ? STR("</ul>\n") : STR("\n"));
}

void
prose_table_begin(struct prose *prose, const char *const *heads, size_t count)
{
	prose->columns = count < PROSE_COLUMNS_MAX ? count : PROSE_COLUMNS_MAX;
	for (size_t i = 0; i < prose->columns; i++)
		prose->heads[i] = heads[i];
	if (!prose->is_html)
		return;
	buf_add(prose->out,
	        STR("<div class=\"table stack\" tabindex=\"0\"><table>\n<thead><tr>"));
	for (size_t i = 0; i < prose->columns; i++)
		add_element(prose, "<th scope=\"col\">", str_from_c(heads[i]), "</th>");
	buf_add(prose->out, STR("</tr></thead>\n<tbody>\n"));
}

static void
add_text_row(struct prose *prose, const struct str *cells)
{
	char first[48];

	add_wrapped(prose->out, cells[0], STR("* "), STR("  "));
	for (size_t i = 1; i < prose->columns; i++) {
		if (cells[i].len == 0)
			continue;
		(void)snprintf(first, sizeof(first), "    %s: ", prose->heads[i]);
		add_wrapped(prose->out, cells[i], str_from_c(first), STR("      "));
	}
}

/* With its column's name, for screens on which rows stand as blocks. */
static void
add_cell(struct prose *prose, const char *head, struct str text)
{
	buf_add(prose->out, STR("<td data-label=\""));
	buf_add_html(prose->out, str_from_c(head));
	add_element(prose, "\"><span>", text, "</span></td>");
}

void
prose_row(struct prose *prose, const struct str *cells)
{
	if (!prose->is_html) {
		add_text_row(prose, cells);
		return;
	}
	buf_add(prose->out, STR("<tr>"));
	add_element(prose, "<th scope=\"row\">", cells[0], "</th>");
	for (size_t i = 1; i < prose->columns; i++)
		add_cell(prose, prose->heads[i], cells[i]);
	buf_add(prose->out, STR("</tr>\n"));
}

void
prose_table_end(struct prose *prose)
{
	buf_add(prose->out, prose->is_html ? STR("</tbody>\n</table></div>\n") : STR("\n"));
}

void
series_add(struct series *series, struct str text)
{
	if (series->count == 1)
		series->done = series->last;
	else if (series->count > 1)
		series->done =
		    str_printf(series->arena, "%.*s%s%.*s", STR_ARGS(series->done),
		               series->joint[0] == ';' ? "; " : ", ", STR_ARGS(series->last));
	series->last = text;
	series->count++;
}

struct str
series_text(const struct series *series)
{
	if (series->count < 2)
		return series->last;
	return str_printf(series->arena, "%.*s%s%.*s", STR_ARGS(series->done), series->joint,
	                  STR_ARGS(series->last));
}
