/* Documents as JSON and CSV.  Expected texts follow RFC 8259, RFC 3339 and RFC 4180. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/json.h"
#include "web/doc.h"

static const struct doc_field fields[] = {
	{ "taken", DOC_TIME, NULL, "Taken" },
	{ "value", DOC_NUMBER, "mg/dL", "Glucose" },
	{ "note", DOC_TEXT, NULL, "Note" },
	{ "id", DOC_INT, NULL, NULL },
};

/* 2026-03-01T10:00:00Z, by `date -u -d 2026-03-01T10:00:00Z +%s`. */
#define TAKEN_US (INT64_C(1772359200) * US_PER_S)

struct bench {
	struct arena arena;
	struct doc doc;
	struct buf out;
};

static int
bench_begin(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));

	arena_init(&bench->arena, 64 * MIB);
	doc_init(&bench->doc, &bench->arena);
	buf_init(&bench->out, 64 * MIB);
	*state = bench;
	return 0;
}

static int
bench_end(void **state)
{
	struct bench *bench = *state;

	buf_free(&bench->out);
	arena_free(&bench->arena);
	free(bench);
	return 0;
}

static void
row_add(struct bench *bench, struct doc_part *rows, const char *value, const char *note)
{
	struct doc_cell *cells = doc_row(&bench->doc, rows);

	cell_int(&cells[0], TAKEN_US);
	cell_text(&cells[1], str_from_c(value));
	cell_text(&cells[2], str_from_c(note));
	cell_int(&cells[3], 7);
}

typedef enum rc write_more(struct doc_writer *, struct buf *, bool *, struct err *);

static size_t
write_whole(struct bench *bench, write_more *more_of)
{
	struct doc_writer writer;
	struct err err;
	size_t calls = 0;
	bool more = true;

	doc_writer_init(&writer, &bench->doc);
	for (; more; calls++)
		assert_int_equal(more_of(&writer, &bench->out, &more, &err), RC_OK);
	return calls;
}

static void
every_kind_of_value_is_written_as_json(void **state)
{
	struct bench *bench = *state;
	struct doc_cell *record;

	doc_text(&bench->doc, "text", STR("a\"b\n"));
	doc_int(&bench->doc, "int", -5);
	doc_number(&bench->doc, "number", STR("5.40"));
	doc_bool(&bench->doc, "yes", true);
	doc_time(&bench->doc, "at", TAKEN_US);
	doc_json(&bench->doc, "raw", STR("[1,2]"));
	record = doc_record(&bench->doc, "record", fields, COUNT_OF(fields));
	cell_text(&record[1], STR("99"));
	doc_rows(&bench->doc, "none", fields, COUNT_OF(fields));
	write_whole(bench, doc_json_more);
	assert_string_equal(
	    bench->out.text,
	    "{\"text\":\"a\\\"b\\n\",\"int\":-5,\"number\":5.40,\"yes\":true,"
	    "\"at\":\"2026-03-01T10:00:00Z\",\"raw\":[1,2],"
	    "\"record\":{\"taken\":null,\"value\":99,\"note\":null,\"id\":null},\"none\":[]}");
}

static void
what_is_for_pages_is_in_neither_json_nor_csv(void **state)
{
	struct bench *bench = *state;

	doc_markup(&bench->doc, "html", STR("<b>x</b>"));
	doc_page_text(&bench->doc, "title", STR("x"));
	doc_page_bool(&bench->doc, "is_here", true);
	doc_int(&bench->doc, "count", 1);
	write_whole(bench, doc_json_more);
	assert_string_equal(bench->out.text, "{\"count\":1}");
}

static void
rows_are_an_array_of_objects(void **state)
{
	struct bench *bench = *state;
	struct doc_part *rows = doc_rows(&bench->doc, "rows", fields, COUNT_OF(fields));

	row_add(bench, rows, "5.40", "x");
	row_add(bench, rows, "-1", "y");
	doc_int(&bench->doc, "after", 1);
	write_whole(bench, doc_json_more);
	assert_string_equal(bench->out.text, "{\"rows\":[{\"taken\":\"2026-03-01T10:00:00Z\","
	                                     "\"value\":5.40,\"note\":\"x\",\"id\":7},"
	                                     "{\"taken\":\"2026-03-01T10:00:00Z\",\"value\":-1,"
	                                     "\"note\":\"y\",\"id\":7}],\"after\":1}");
}

static enum rc
count_down(void *left, struct doc_cell *cells, bool *more, struct err *err)
{
	int64_t *rest = left;

	if (*rest < 0)
		return FAIL(err, RC_IO, "source failed");
	*more = *rest != 0;
	if (*more)
		cell_int(&cells[3], --*rest);
	return RC_OK;
}

static void
a_source_streams_in_chunks_and_stays_whole(void **state)
{
	struct bench *bench = *state;
	CLEANUP(json_free) struct json json = { NULL };
	struct json_object *rows;
	int64_t left = 20000;
	struct err err;

	doc_stream(&bench->doc, "rows", fields, COUNT_OF(fields),
	           (struct doc_source){ count_down, &left });
	assert_true(write_whole(bench, doc_json_more) > 5);
	assert_int_equal(
	    json_parse(&json, (struct str){ bench->out.text, bench->out.len }, &err), RC_OK);
	assert_true(json_find(json.root, "rows", &rows));
	assert_int_equal(json_count(rows), 20000);
}

static void
a_failing_source_fails_the_writer(void **state)
{
	struct bench *bench = *state;
	struct doc_writer writer;
	struct err err;
	int64_t left = -1;
	bool more;

	doc_stream(&bench->doc, "rows", fields, COUNT_OF(fields),
	           (struct doc_source){ count_down, &left });
	doc_writer_init(&writer, &bench->doc);
	assert_int_equal(doc_json_more(&writer, &bench->out, &more, &err), RC_IO);
	doc_writer_init(&writer, &bench->doc);
	assert_int_equal(doc_csv_more(&writer, &bench->out, &more, &err), RC_IO);
}

static void
csv_quotes_and_has_a_column_for_each_label(void **state)
{
	struct bench *bench = *state;
	struct doc_part *rows;

	doc_int(&bench->doc, "before", 1);
	rows = doc_rows(&bench->doc, "rows", fields, COUNT_OF(fields));
	row_add(bench, rows, "5.40", "say \"a, b\"");
	(void)doc_row(&bench->doc, rows);
	write_whole(bench, doc_csv_more);
	assert_string_equal(bench->out.text,
	                    "Taken,Glucose [mg/dL],Note\r\n"
	                    "2026-03-01T10:00:00Z,5.40,\"say \"\"a, b\"\"\"\r\n"
	                    ",,\r\n");
}

static void
csv_disarms_texts_that_a_spreadsheet_would_run(void **state)
{
	static const char *const texts[] = { "=1+1", "+1", "-1", "@x", "\tx", "\rx" };
	static const struct doc_field note[] = { { "note", DOC_TEXT, NULL, "Note" } };
	struct bench *bench = *state;
	struct doc_part *rows = doc_rows(&bench->doc, "rows", note, 1);

	for (size_t i = 0; i < COUNT_OF(texts); i++)
		cell_text(doc_row(&bench->doc, rows), str_from_c(texts[i]));
	cell_text(doc_row(&bench->doc, rows), STR("a=1"));
	write_whole(bench, doc_csv_more);
	assert_string_equal(bench->out.text, "Note\r\n'=1+1\r\n'+1\r\n'-1\r\n'@x\r\n'\tx\r\n"
	                                     "\"'\rx\"\r\na=1\r\n");
}

static void
a_negative_number_is_no_formula(void **state)
{
	struct bench *bench = *state;
	struct doc_part *rows = doc_rows(&bench->doc, "rows", fields, COUNT_OF(fields));

	row_add(bench, rows, "-5.40", "");
	write_whole(bench, doc_csv_more);
	assert_non_null(strstr(bench->out.text, ",-5.40,"));
}

static void
a_document_without_a_table_has_no_csv(void **state)
{
	struct bench *bench = *state;
	struct doc_writer writer;
	struct err err;
	bool more;

	doc_int(&bench->doc, "count", 1);
	doc_writer_init(&writer, &bench->doc);
	assert_int_equal(doc_csv_more(&writer, &bench->out, &more, &err), RC_NOT_ACCEPTABLE);
}

static void
a_document_past_its_buffer_fails_and_is_not_cut(void **state)
{
	struct bench *bench = *state;
	struct doc_writer writer;
	struct buf small;
	struct err err;
	int64_t left = 100;
	bool more;

	doc_stream(&bench->doc, "rows", fields, COUNT_OF(fields),
	           (struct doc_source){ count_down, &left });
	buf_init(&small, 100);
	doc_writer_init(&writer, &bench->doc);
	assert_int_equal(doc_json_more(&writer, &small, &more, &err), RC_LIMIT);
	buf_free(&small);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, bench_begin, bench_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_kind_of_value_is_written_as_json),
		TEST(what_is_for_pages_is_in_neither_json_nor_csv),
		TEST(rows_are_an_array_of_objects),
		TEST(a_source_streams_in_chunks_and_stays_whole),
		TEST(a_failing_source_fails_the_writer),
		TEST(csv_quotes_and_has_a_column_for_each_label),
		TEST(csv_disarms_texts_that_a_spreadsheet_would_run),
		TEST(a_negative_number_is_no_formula),
		TEST(a_document_without_a_table_has_no_csv),
		TEST(a_document_past_its_buffer_fails_and_is_not_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
