/*
 * A document as one JSON object: values and records by name, rows as arrays of
 * objects.  The writer may be left after any row, so punctuation follows from
 * its state alone: which part is due, whether one stands before it, which row.
 */
#include <assert.h>

#include "base/json.h"
#include "web/doc.h"

enum { JSON_START, JSON_PARTS, JSON_ROWS };
#define HAS_PART 16 /* beside the state: a part stands before */

static void
date_put(struct json_out *out, int64_t us)
{
	char text[TIME_TEXT_MAX];

	time_format(us, 0, text);
	json_put_text(out, (struct str){ text, sizeof("2026-03-01") - 1 });
}

static void
cell_put(struct json_out *out, enum doc_type type, const struct doc_cell *cell)
{
	if (!cell->is_set) {
		json_put_null(out);
		return;
	}
	switch (type) {
	case DOC_TEXT:
		json_put_text(out, cell->text);
		return;
	case DOC_INT:
		json_put_int(out, cell->number);
		return;
	case DOC_NUMBER:
		json_put_number(out, cell->text);
		return;
	case DOC_BOOL:
		json_put_bool(out, cell->number != 0);
		return;
	case DOC_TIME:
		json_put_time(out, cell->number);
		return;
	case DOC_DATE:
		date_put(out, cell->number);
		return;
	case DOC_JSON:
		json_put_raw(out, cell->text);
		return;
	case DOC_MARKUP:
		break;
	}
	assert(!"markup is for pages only");
}

/* What stands before each field's value: "first": then ,"next":.  Made once for
 * all rows of a part, so that a row costs little more than its values. */
static struct str *
heads_make(const struct doc_part *part, struct arena *arena)
{
	struct str *heads =
	    arena_alloc(arena, part->field_count * sizeof(*heads), _Alignof(struct str));
	const char *before = "";

	for (size_t i = 0; i < part->field_count; i++) {
		if (part->fields[i].type == DOC_MARKUP)
			continue;
		heads[i] = str_printf(arena, "%s\"%s\":", before, part->fields[i].name);
		before = ",";
	}
	return heads;
}

static void
row_put(struct json_out *out, const struct doc_part *part, const struct str *heads,
        const struct doc_cell *cells)
{
	buf_add(out->buf, STR("{"));
	for (size_t i = 0; i < part->field_count; i++) {
		if (part->fields[i].type == DOC_MARKUP)
			continue;
		buf_add(out->buf, heads[i]);
		out->has_name = true;
		cell_put(out, part->fields[i].type, &cells[i]);
	}
	buf_add(out->buf, STR("}"));
}

/* The name of the part that is due, with the comma before it. */
static void
part_name_put(struct doc_writer *writer, struct buf *out)
{
	if ((writer->state & HAS_PART) != 0)
		buf_add(out, STR(","));
	writer->state |= HAS_PART;
	buf_addf(out, "\"%s\":", writer->part->name);
}

static void
part_put(struct doc_writer *writer, struct buf *out)
{
	const struct doc_part *part = writer->part;
	struct json_out json;

	part_name_put(writer, out);
	json_out_init(&json, out);
	if (part->kind == DOC_VALUE)
		cell_put(&json, part->fields[0].type, part->cells);
	else
		row_put(&json, part, heads_make(part, writer->doc->arena), part->cells);
	writer->part = part->next;
}

/* Rows until the chunk is full or they end. */
static enum rc
rows_put(struct doc_writer *writer, struct buf *out, size_t full, struct err *err)
{
	const struct doc_part *part = writer->part;
	const struct doc_cell *cells;
	struct json_out json;
	bool more;

	json_out_init(&json, out);
	while (out->len < full) {
		TRY(doc_next_row(part, writer->row, &cells, &more, err));
		if (!more) {
			buf_add(out, STR("]"));
			writer->part = part->next;
			writer->state = JSON_PARTS | HAS_PART;
			return RC_OK;
		}
		if (writer->row != 0)
			buf_add(out, STR(","));
		row_put(&json, part, writer->heads, cells);
		if (out->full)
			return FAIL(err, RC_LIMIT, "document is longer than its buffer");
		writer->row++;
	}
	return RC_OK;
}

enum rc
doc_json_more(struct doc_writer *writer, struct buf *out, bool *more, struct err *err)
{
	size_t full = out->len + DOC_CHUNK_BYTES;

	if (writer->state == JSON_START) {
		buf_add(out, STR("{"));
		writer->state = JSON_PARTS;
	}
	while (writer->part != NULL && out->len < full && !out->full) {
		if (writer->part->is_for_page_only) {
			writer->part = writer->part->next;
		} else if (writer->part->kind != DOC_ROWS) {
			part_put(writer, out);
		} else if ((writer->state & ~HAS_PART) == JSON_PARTS) {
			part_name_put(writer, out);
			buf_add(out, STR("["));
			writer->state = JSON_ROWS | HAS_PART;
			writer->row = 0;
			writer->heads = heads_make(writer->part, writer->doc->arena);
		} else {
			TRY(rows_put(writer, out, full, err));
		}
	}
	if (out->full)
		return FAIL(err, RC_LIMIT, "document is longer than its buffer");
	*more = writer->part != NULL;
	if (!*more)
		buf_add(out, STR("}"));
	return RC_OK;
}
