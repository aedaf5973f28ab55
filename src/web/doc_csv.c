/*
 * A document's table as CSV: RFC 4180, CRLF, UTF-8, one line of headings.
 *
 * Spreadsheets run a cell that looks like a formula when a file is opened; a
 * text that begins like one gets an apostrophe, numbers never do.
 */
#include <assert.h>

#include "base/json.h"
#include "web/doc.h"

enum { CSV_START, CSV_ROWS };

static const struct doc_part *
table_find(const struct doc *doc)
{
	const struct doc_part *record = NULL;

	for (const struct doc_part *part = doc->first; part != NULL; part = part->next) {
		if (part->is_for_page_only)
			continue;
		if (part->kind == DOC_ROWS)
			return part;
		if (part->kind == DOC_RECORD && record == NULL)
			record = part;
	}
	return record;
}

static bool
has_labels(const struct doc_part *part)
{
	for (size_t i = 0; i < part->field_count; i++) {
		if (part->fields[i].label != NULL)
			return true;
	}
	return false;
}

static bool
is_column(const struct doc_field *field, bool by_label)
{
	return field->type != DOC_MARKUP && (!by_label || field->label != NULL);
}

static bool
needs_quotes(struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		if (c == ',' || c == '"' || c == '\n' || c == '\r')
			return true;
	}
	return false;
}

static bool
looks_like_formula(struct str text)
{
	return text.len != 0 && memchr("=+-@\t\r", text.ptr[0], 6) != NULL;
}

static void
text_put(struct buf *out, struct str text, bool may_be_formula)
{
	struct str guard = may_be_formula && looks_like_formula(text) ? STR("'") : STR_EMPTY;
	struct str piece;

	if (!needs_quotes(text)) {
		buf_add(out, guard);
		buf_add(out, text);
		return;
	}
	buf_add(out, STR("\""));
	buf_add(out, guard);
	while (text.len != 0) {
		struct str rest = str_cut(text, '"', &piece);
		buf_add(out, piece);
		if (piece.len < text.len)
			buf_add(out, STR("\"\""));
		text = rest;
	}
	buf_add(out, STR("\""));
}

static void
int_put(struct buf *out, int64_t number)
{
	struct json_out json;

	json_out_init(&json, out);
	json_put_int(&json, number);
}

static void
cell_put(struct buf *out, enum doc_type type, const struct doc_cell *cell)
{
	char text[TIME_TEXT_MAX];

	if (!cell->is_set)
		return;
	switch (type) {
	case DOC_TEXT:
		text_put(out, cell->text, true);
		return;
	case DOC_NUMBER:
	case DOC_JSON:
		text_put(out, cell->text, false);
		return;
	case DOC_INT:
		int_put(out, cell->number);
		return;
	case DOC_BOOL:
		buf_add(out, cell->number != 0 ? STR("true") : STR("false"));
		return;
	case DOC_TIME:
		time_format(cell->number, 0, text);
		buf_add(out, str_from_c(text));
		return;
	case DOC_DATE:
		time_format(cell->number, 0, text);
		buf_add(out, (struct str){ text, sizeof("2026-03-01") - 1 });
		return;
	case DOC_MARKUP:
		break;
	}
	assert(!"markup is for pages only");
}

static void
heading_put(struct buf *out, const struct doc_field *field, bool by_label)
{
	struct buf text;

	buf_init(&text, 1024);
	buf_add(&text, str_from_c(by_label ? field->label : field->name));
	if (field->unit != NULL)
		buf_addf(&text, " [%s]", field->unit);
	text_put(out, (struct str){ text.text, text.len }, true);
	buf_free(&text);
}

static void
line_put(struct buf *out, const struct doc_part *part, const struct doc_cell *cells)
{
	bool by_label = has_labels(part);
	bool has_cell = false;

	for (size_t i = 0; i < part->field_count; i++) {
		if (!is_column(&part->fields[i], by_label))
			continue;
		if (has_cell)
			buf_add(out, STR(","));
		has_cell = true;
		if (cells == NULL)
			heading_put(out, &part->fields[i], by_label);
		else
			cell_put(out, part->fields[i].type, &cells[i]);
	}
	buf_add(out, STR("\r\n"));
}

enum rc
doc_csv_more(struct doc_writer *writer, struct buf *out, bool *more, struct err *err)
{
	const struct doc_part *table = table_find(writer->doc);
	size_t full = out->len + DOC_CHUNK_BYTES;
	const struct doc_cell *cells;

	if (table == NULL)
		return FAIL(err, RC_NOT_ACCEPTABLE, "this resource has no table for CSV");
	if (writer->state == CSV_START) {
		line_put(out, table, NULL);
		writer->state = CSV_ROWS;
	}
	if (table->kind == DOC_RECORD)
		line_put(out, table, table->cells);
	*more = table->kind == DOC_ROWS;
	while (*more && out->len < full && !out->full) {
		TRY(doc_next_row(table, writer->row, &cells, more, err));
		if (!*more)
			break;
		line_put(out, table, cells);
		writer->row++;
	}
	if (out->full)
		return FAIL(err, RC_LIMIT, "document is longer than its buffer");
	return RC_OK;
}
