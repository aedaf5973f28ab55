/*
 * The parts of a document: made in order, found by name, kept in the arena.
 * Rows in memory grow by doubling; what they outgrow stays in the arena until
 * the request ends.
 */
#include "web/doc.h"

#include <assert.h>

#define ROWS_FIRST 16

static const struct doc_field value_fields[] = {
	[DOC_TEXT] = { "value", DOC_TEXT, NULL, NULL },
	[DOC_INT] = { "value", DOC_INT, NULL, NULL },
	[DOC_NUMBER] = { "value", DOC_NUMBER, NULL, NULL },
	[DOC_BOOL] = { "value", DOC_BOOL, NULL, NULL },
	[DOC_TIME] = { "value", DOC_TIME, NULL, NULL },
	[DOC_DATE] = { "value", DOC_DATE, NULL, NULL },
	[DOC_JSON] = { "value", DOC_JSON, NULL, NULL },
	[DOC_MARKUP] = { "value", DOC_MARKUP, NULL, NULL },
};

void
doc_init(struct doc *doc, struct arena *arena)
{
	*doc = (struct doc){ .arena = arena };
}

const struct doc_part *
doc_find(const struct doc *doc, struct str name)
{
	for (const struct doc_part *part = doc->first; part != NULL; part = part->next) {
		if (str_eq(str_from_c(part->name), name))
			return part;
	}
	return NULL;
}

static struct doc_cell *
cells_new(struct arena *arena, size_t count)
{
	return arena_alloc(arena, count * sizeof(struct doc_cell), _Alignof(struct doc_cell));
}

static struct doc_part *
part_add(struct doc *doc, const char *name, const struct doc_field *fields, size_t count)
{
	struct doc_part *part = ARENA_NEW(doc->arena, struct doc_part);

	assert(count != 0);
	assert(doc_find(doc, str_from_c(name)) == NULL);
	part->name = name;
	part->fields = fields;
	part->field_count = count;
	if (doc->last == NULL)
		doc->first = part;
	else
		doc->last->next = part;
	doc->last = part;
	return part;
}

static struct doc_part *
value_add(struct doc *doc, const char *name, enum doc_type type)
{
	struct doc_part *part = part_add(doc, name, &value_fields[type], 1);

	part->kind = DOC_VALUE;
	part->cells = cells_new(doc->arena, 1);
	part->is_for_page_only = type == DOC_MARKUP;
	return part;
}

void
doc_text(struct doc *doc, const char *name, struct str text)
{
	cell_text(value_add(doc, name, DOC_TEXT)->cells, text);
}

void
doc_int(struct doc *doc, const char *name, int64_t number)
{
	cell_int(value_add(doc, name, DOC_INT)->cells, number);
}

void
doc_number(struct doc *doc, const char *name, struct str decimal)
{
	cell_text(value_add(doc, name, DOC_NUMBER)->cells, decimal);
}

void
doc_bool(struct doc *doc, const char *name, bool value)
{
	cell_int(value_add(doc, name, DOC_BOOL)->cells, value);
}

void
doc_time(struct doc *doc, const char *name, int64_t us)
{
	cell_int(value_add(doc, name, DOC_TIME)->cells, us);
}

void
doc_json(struct doc *doc, const char *name, struct str json)
{
	cell_text(value_add(doc, name, DOC_JSON)->cells, json);
}

void
doc_markup(struct doc *doc, const char *name, struct str html)
{
	cell_text(value_add(doc, name, DOC_MARKUP)->cells, html);
}

void
doc_page_text(struct doc *doc, const char *name, struct str text)
{
	struct doc_part *part = value_add(doc, name, DOC_TEXT);

	part->is_for_page_only = true;
	cell_text(part->cells, text);
}

void
doc_page_bool(struct doc *doc, const char *name, bool value)
{
	struct doc_part *part = value_add(doc, name, DOC_BOOL);

	part->is_for_page_only = true;
	cell_int(part->cells, value);
}

struct doc_cell *
doc_record(struct doc *doc, const char *name, const struct doc_field *fields, size_t count)
{
	struct doc_part *part = part_add(doc, name, fields, count);

	part->kind = DOC_RECORD;
	part->cells = cells_new(doc->arena, count);
	return part->cells;
}

struct doc_part *
doc_rows(struct doc *doc, const char *name, const struct doc_field *fields, size_t count)
{
	struct doc_part *part = part_add(doc, name, fields, count);

	part->kind = DOC_ROWS;
	return part;
}

struct doc_cell *
doc_row(struct doc *doc, struct doc_part *rows)
{
	assert(rows->kind == DOC_ROWS && rows->source.next == NULL);
	if (rows->row_count == rows->row_capacity) {
		size_t capacity = rows->row_capacity == 0 ? ROWS_FIRST : 2 * rows->row_capacity;
		struct doc_cell *cells = cells_new(doc->arena, capacity * rows->field_count);

		if (rows->row_count != 0)
			memcpy(cells, rows->cells,
			       rows->row_count * rows->field_count * sizeof(*cells));
		rows->cells = cells;
		rows->row_capacity = capacity;
	}
	return rows->cells + rows->row_count++ * rows->field_count;
}

void
doc_stream(struct doc *doc, const char *name, const struct doc_field *fields, size_t count,
           struct doc_source source)
{
	struct doc_part *part = part_add(doc, name, fields, count);

	assert(source.next != NULL);
	part->kind = DOC_ROWS;
	part->source = source;
	part->cells = cells_new(doc->arena, count);
}

void
cell_text(struct doc_cell *cell, struct str text)
{
	*cell = (struct doc_cell){ .is_set = true, .text = text };
}

void
cell_int(struct doc_cell *cell, int64_t number)
{
	*cell = (struct doc_cell){ .is_set = true, .number = number };
}

void
doc_writer_init(struct doc_writer *writer, const struct doc *doc)
{
	*writer = (struct doc_writer){ .doc = doc, .part = doc->first };
}

enum rc
doc_next_row(const struct doc_part *part, size_t row, const struct doc_cell **cells, bool *more,
             struct err *err)
{
	*more = row < part->row_count;
	*cells = part->cells + row * part->field_count;
	if (part->source.next == NULL)
		return RC_OK;
	*cells = part->cells;
	memset(part->cells, 0, part->field_count * sizeof(*part->cells));
	return part->source.next(part->source.state, part->cells, more, err);
}
