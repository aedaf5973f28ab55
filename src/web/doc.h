/*
 * What a handler returns: one document, many representations.
 *
 * A document is named parts.  A part is a value, a record (one row) or rows;
 * records and rows have a shape: a table of fields with type, unit and label.
 * Rows come from memory or from a source that fills one row at a time, so a
 * large answer streams as JSON or CSV in flat memory.  HTML comes from a
 * template (template.h) over the same parts.  No writer knows a service.
 *
 * Everything lives in the request's arena; texts are borrowed.
 */
#ifndef WEB_DOC_H
#define WEB_DOC_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"

enum doc_type {
	DOC_TEXT = 1,
	DOC_INT,
	DOC_NUMBER, /* a decimal as text: 5.40 stays 5.40; JSON number */
	DOC_BOOL,
	DOC_TIME,   /* µs UTC: RFC 3339 in JSON and CSV, <time> in the person's zone in HTML */
	DOC_DATE,   /* µs UTC of its midnight: YYYY-MM-DD */
	DOC_JSON,   /* JSON that we made; in HTML an escaped text, for data attributes */
	DOC_MARKUP, /* HTML that one of our own renderers made and escaped; not in JSON, CSV */
};

struct doc_field {
	const char *name;
	enum doc_type type;
	const char *unit;  /* UCUM, NULL: none */
	const char *label; /* for people, msgid; NULL: not for CSV headings or tables */
};

struct doc_cell {
	bool is_set; /* unset: null in JSON, empty in CSV and HTML */
	struct str text;
	int64_t number; /* INT, BOOL, TIME, DATE */
};

/* Fills cells[0 … field_count) of the next row; *more false at the end. */
struct doc_source {
	enum rc (*next)(void *state, struct doc_cell *cells, bool *more, struct err *err);
	void *state;
};

enum doc_kind { DOC_VALUE = 1, DOC_RECORD, DOC_ROWS };

struct doc_part {
	const char *name;
	enum doc_kind kind;
	const struct doc_field *fields; /* a value has one */
	size_t field_count;
	struct doc_cell *cells;         /* value, record; rows in memory: row after row */
	size_t row_count, row_capacity; /* rows in memory */
	struct doc_source source;       /* or a source */
	bool is_for_page_only;          /* navigation, hints: not in JSON or CSV */
	struct doc_part *next;
};

struct doc {
	struct arena *arena;
	struct doc_part *first, *last;
};

void doc_init(struct doc *doc, struct arena *arena);

/* Values by name.  A name stands once in a document (asserts). */
void doc_text(struct doc *doc, const char *name, struct str text);
void doc_int(struct doc *doc, const char *name, int64_t number);
void doc_number(struct doc *doc, const char *name, struct str decimal);
void doc_bool(struct doc *doc, const char *name, bool value);
void doc_time(struct doc *doc, const char *name, int64_t us);
void doc_json(struct doc *doc, const char *name, struct str json);
void doc_markup(struct doc *doc, const char *name, struct str html);    /* page only */
void doc_page_text(struct doc *doc, const char *name, struct str text); /* page only */
void doc_page_bool(struct doc *doc, const char *name, bool value);

/* A record: fill the cells that come back, one a field, all unset at first. */
struct doc_cell *doc_record(struct doc *doc, const char *name, const struct doc_field *fields,
                            size_t count);
/* Rows in memory: doc_row() adds one and gives its cells. */
struct doc_part *doc_rows(struct doc *doc, const char *name, const struct doc_field *fields,
                          size_t count);
struct doc_cell *doc_row(struct doc *doc, struct doc_part *rows);
/* Rows from a source. */
void doc_stream(struct doc *doc, const char *name, const struct doc_field *fields, size_t count,
                struct doc_source source);

/* Filling cells. */
void cell_text(struct doc_cell *cell, struct str text);
void cell_int(struct doc_cell *cell, int64_t number); /* INT, BOOL, TIME, DATE alike */

const struct doc_part *doc_find(const struct doc *doc, struct str name); /* NULL */

/* For writers: row number `row` of a rows part, asked for in order; *more false
 * past the last.  A source gives each row once, and its cells until the next. */
enum rc doc_next_row(const struct doc_part *part, size_t row, const struct doc_cell **cells,
                     bool *more, struct err *err) MUST_CHECK;

/* Writers.  Each call of _more appends about a chunk to `out`; *more false when
 * the document is whole.  CSV (RFC 4180) is of the first rows part, or of the
 * first record: a column for each field with a label (for every field where
 * none has one), RC_NOT_ACCEPTABLE without either.  Cells that a spreadsheet
 * would run as formulas get a leading apostrophe (=, +, -, @, tab, carriage
 * return at the start of a TEXT). */
#define DOC_CHUNK_BYTES ((size_t)64 * 1024)
struct doc_writer {
	const struct doc *doc;
	const struct doc_part *part;
	size_t row;
	int state;
	const struct str *heads; /* JSON: what stands before each value of a row */
};
void doc_writer_init(struct doc_writer *writer, const struct doc *doc);
enum rc doc_json_more(struct doc_writer *writer, struct buf *out, bool *more, struct err *err)
    MUST_CHECK;
enum rc doc_csv_more(struct doc_writer *writer, struct buf *out, bool *more, struct err *err)
    MUST_CHECK;

#endif
