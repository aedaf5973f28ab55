/* Templates: escaping in every context, sections, and what is refused at load. */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/limits.h"
#include "web/asset.h"
#include "web/template.h"

static const struct doc_field fields[] = {
	{ "name", DOC_TEXT, NULL, "Name" },
	{ "is_here", DOC_BOOL, NULL, NULL },
};

#define HOSTILE  "<b a='1' c=\"2\">&</b>"
#define HARMLESS "&lt;b a=&#39;1&#39; c=&quot;2&quot;&gt;&amp;&lt;/b&gt;"

struct bench {
	struct arena arena;
	struct doc doc;
	struct buf out;
	struct template_scene scene;
};

static int
bench_begin(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));

	arena_init(&bench->arena, 16 * MIB);
	doc_init(&bench->doc, &bench->arena);
	buf_init(&bench->out, MIB);
	bench->scene = (struct template_scene){
		.doc = &bench->doc,
		.language = language_find(STR("en")),
		.zone = STR("Europe/Paris"),
		.prefix = STR("/T"),
		.csrf = STR("token\""),
		.arena = &bench->arena,
	};
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
templates_drop(struct templates **templates)
{
	templates_free(*templates);
}

static enum rc
render(struct bench *bench, const char *text, struct err *err)
{
	CLEANUP(templates_drop) struct templates *templates = NULL;
	const struct template_source sources[] = {
		{ STR("page"), str_from_c(text) },
		{ STR("part"), STR("[{{name}}]") },
	};

	buf_free(&bench->out);
	buf_add(&bench->out, STR(""));
	TRY(templates_parse(&templates, sources, COUNT_OF(sources), err));
	return template_render(templates, STR("page"), &bench->scene, &bench->out, err);
}

static void
expect(struct bench *bench, const char *text, const char *expected)
{
	struct err err = { 0 };

	if (render(bench, text, &err) != RC_OK)
		fail_msg("%s: %s", text, err.text);
	assert_string_equal(bench->out.text == NULL ? "" : bench->out.text, expected);
}

static void
rows_add(struct bench *bench)
{
	struct doc_part *rows = doc_rows(&bench->doc, "rows", fields, COUNT_OF(fields));
	struct doc_cell *cells = doc_row(&bench->doc, rows);

	cell_text(&cells[0], STR("one"));
	cells = doc_row(&bench->doc, rows);
	cell_text(&cells[0], STR("<two>"));
	cell_int(&cells[1], true);
}

static void
values_are_escaped_in_text_and_in_both_quotes(void **state)
{
	struct bench *bench = *state;

	doc_text(&bench->doc, "v", STR(HOSTILE));
	expect(bench, "<p>{{v}}</p>", "<p>" HARMLESS "</p>");
	expect(bench, "<p title=\"{{v}}\">", "<p title=\"" HARMLESS "\">");
	expect(bench, "<p title='{{v}}'>", "<p title='" HARMLESS "'>");
}

static void
values_inside_translated_texts_are_escaped_too(void **state)
{
	struct bench *bench = *state;

	doc_text(&bench->doc, "v", STR(HOSTILE));
	expect(bench, "{{_ a & %1 b %2 %% | v}}", "a &amp; " HARMLESS " b %2 %%");
	expect(bench, "{{_ :v}}", HARMLESS);
}

static void
a_code_that_is_translated_reads_as_words(void **state)
{
	struct bench *bench = *state;

	doc_text(&bench->doc, "code", STR("in-range"));
	doc_text(&bench->doc, "name", STR("Sensor-12"));
	expect(bench, "<p class=\"tag-{{code}}\">{{_ :code}} {{_ :name}}",
	       "<p class=\"tag-in-range\">in range Sensor-12");
	bench->scene.language = language_find(STR("fr"));
	expect(bench, "{{_ :code}}", "dans la cible");
}

static void
json_in_an_attribute_cannot_leave_it(void **state)
{
	struct bench *bench = *state;

	doc_json(&bench->doc, "v", STR("{\"a\":\"<\\\"'\"}"));
	expect(bench, "<p data-v=\"{{v}}\">",
	       "<p data-v=\"{&quot;a&quot;:&quot;&lt;\\&quot;&#39;&quot;}\">");
}

static void
markup_is_put_as_it_is_in_text_alone(void **state)
{
	struct bench *bench = *state;

	doc_markup(&bench->doc, "v", STR("<b>x</b>"));
	expect(bench, "{{v}}", "<b>x</b>");
	expect(bench, "<p title=\"{{v}}\">", "<p title=\"&lt;b&gt;x&lt;/b&gt;\">");
}

static void
a_link_with_a_scheme_that_runs_leads_nowhere(void **state)
{
	static const char *const bad[] = { "javascript:x",        "JavaScript:x",
		                           " javascript:x",       "data:text/html,x",
		                           "//evil.example",      "/\\evil.example",
		                           "http://plain.example" };
	static const char *const good[] = {
		"/T/me", "https://a.example/", "mailto:a@b.example", "#top", "?page=2", "/"
	};
	struct bench *bench = *state;

	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		doc_init(&bench->doc, &bench->arena);
		doc_text(&bench->doc, "v", str_from_c(bad[i]));
		expect(bench, "<a href=\"{{v}}\">", "<a href=\"#\">");
		expect(bench, "<a href=\"{{#v}}{{v}}{{/v}}\">", "<a href=\"#\">");
	}
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		doc_init(&bench->doc, &bench->arena);
		doc_text(&bench->doc, "v", str_from_c(good[i]));
		expect(bench, "<a href=\"{{v}}\">",
		       str_to_c(&bench->arena,
		                str_printf(&bench->arena, "<a href=\"%s\">", good[i])));
	}
}

static void
sections_repeat_for_rows_and_ask_for_values(void **state)
{
	struct bench *bench = *state;

	rows_add(bench);
	doc_rows(&bench->doc, "none", fields, COUNT_OF(fields));
	doc_int(&bench->doc, "zero", 0);
	doc_number(&bench->doc, "nil", STR("0.00"));
	doc_text(&bench->doc, "empty", STR_EMPTY);
	doc_text(&bench->doc, "outside", STR("o"));
	expect(bench, "{{#rows}}{{name}}{{#is_here}}!{{/is_here}}{{outside}} {{/rows}}",
	       "oneo &lt;two&gt;!o ");
	expect(bench, "{{?rows}}any{{/rows}}{{^rows}}no{{/rows}}", "any");
	expect(bench, "{{#none}}x{{/none}}{{?none}}any{{/none}}{{^none}}no{{/none}}", "no");
	expect(bench, "{{#zero}}x{{/zero}}{{#nil}}x{{/nil}}{{#empty}}x{{/empty}}-", "-");
	expect(bench, "{{^zero}}a{{/zero}}{{^nil}}b{{/nil}}{{^empty}}c{{/empty}}", "abc");
	expect(bench, "{{#unknown}}x{{/unknown}}{{unknown}}{{unknown.field}}", "");
}

static void
a_record_opens_once_and_its_fields_have_two_names(void **state)
{
	struct bench *bench = *state;
	struct doc_cell *cells = doc_record(&bench->doc, "person", fields, COUNT_OF(fields));

	cell_text(&cells[0], STR("Ann"));
	expect(bench, "{{#person}}{{name}}{{/person}} {{person.name}} {{name}}", "Ann Ann ");
	rows_add(bench);
	expect(bench, "{{#person}}{{#rows}}{{person.name}} {{rows.name}},{{/rows}}{{/person}}",
	       "Ann one,Ann &lt;two&gt;,");
}

static void
partials_see_the_row_that_they_stand_in(void **state)
{
	struct bench *bench = *state;

	rows_add(bench);
	expect(bench, "{{#rows}}{{>part}}{{/rows}}", "[one][&lt;two&gt;]");
}

/* 2026-03-01T10:00:00Z is 11:00 in Paris (CET, UTC+1: IANA tzdata). */
static void
a_time_is_for_people_in_text_and_for_programs_in_quotes(void **state)
{
	struct bench *bench = *state;

	doc_time(&bench->doc, "at", INT64_C(1772359200) * US_PER_S);
	expect(bench, "{{at}}",
	       "<time datetime=\"2026-03-01T10:00:00Z\">1 March 2026, 11:00 CET</time>");
	expect(bench, "<i title=\"{{at}}\">", "<i title=\"2026-03-01T10:00:00Z\">");
}

static void
tags_of_a_page_render(void **state)
{
	struct bench *bench = *state;

	expect(bench, "<a href=\"{{url /me}}\">", "<a href=\"/T/me\">");
	expect(bench, "{{csrf}}",
	       "<input type=\"hidden\" name=\"csrf\" value=\"token&quot;\">");
	expect(bench, "a{{! a remark }}b", "ab");
	assert_int_equal(render(bench, "{{icon user}}", &(struct err){ 0 }), RC_OK);
	assert_non_null(strstr(bench->out.text, "icons.svg#user\"></use>"));
	assert_int_equal(render(bench, "<a href=\"{{asset troth.css}}\">", &(struct err){ 0 }),
	                 RC_OK);
	assert_non_null(strstr(bench->out.text, asset_find(STR("ui/troth.css"))->hash));
}

static void
what_could_be_misread_is_refused_at_load(void **state)
{
	static const char *const broken[] = {
		"{{#a}}",
		"{{/a}}",
		"{{#a}}{{/b}}",
		"{{#a}}{{#b}}{{/a}}{{/b}}",
		"{{a",
		"{{}}",
		"{{a b}}",
		"{{{a}}}",
		"{{&a}}",
		"{{A}}",
		"<p {{a}}>",
		"<p title={{a}}>",
		"<{{a}}>",
		"<!-- {{a}} -->",
		"{{#a}}<p {{/a}}>",
		"<p title=\"{{#a}}\"{{/a}}>",
		"<p title=\"",
		"<script>x</script>",
		"<style>p{}</style>",
		"<p style=\"{{a}}\">",
		"<p onclick=\"{{a}}\">",
		"{{>missing}}",
		"{{>page}}",
		"<p title=\"{{>part}}\">",
		"{{asset nothing.css}}",
		"<p title=\"{{asset nothing.css}}\">",
		"{{_ }}",
		"{{_ :B}}",
		"{{_ a | b c}}",
		"{{_ a | b, c, d, e, f}}",
		"<a href={{url /x}}>",
		"<a href=\"{{url x}}\">",
		"<p title=\"{{icon user}}\">",
		"<p title=\"{{csrf}}\">",
	};
	struct bench *bench = *state;

	for (size_t i = 0; i < COUNT_OF(broken); i++) {
		struct err err = { 0 };

		if (render(bench, broken[i], &err) != RC_INVALID)
			fail_msg("accepted: %s", broken[i]);
	}
}

static enum rc
count_down(void *left, struct doc_cell *cells, bool *more, struct err *err)
{
	int64_t *rest = left;

	(void)err;
	*more = *rest != 0;
	if (*more)
		cell_int(&cells[1], --*rest);
	return RC_OK;
}

static void
a_source_can_be_asked_before_and_shown_twice(void **state)
{
	struct bench *bench = *state;
	int64_t left = 2;

	doc_stream(&bench->doc, "rows", fields, COUNT_OF(fields),
	           (struct doc_source){ count_down, &left });
	expect(bench, "{{?rows}}any:{{/rows}}{{#rows}}{{is_here}} {{/rows}}{{#rows}}.{{/rows}}",
	       "any:yes no ..");
}

static void
more_rows_than_a_page_can_show_are_refused(void **state)
{
	struct bench *bench = *state;
	int64_t left = 10001;
	struct err err;

	doc_stream(&bench->doc, "rows", fields, COUNT_OF(fields),
	           (struct doc_source){ count_down, &left });
	assert_int_equal(render(bench, "{{#rows}}.{{/rows}}", &err), RC_LIMIT);
}

static void
a_name_that_the_first_remark_does_not_declare_is_found(void **state)
{
	const struct template_source undeclared = { STR("page"),
		                                    STR("{{! reads: a }}{{a}}{{b}}") };
	const struct template_source declared = {
		STR("page"), STR("{{! reads: a b(c) }}{{a}}{{#b}}{{b.c}}{{/b}}{{_ x | a}}")
	};
	CLEANUP(templates_drop) struct templates *first = NULL;
	CLEANUP(templates_drop) struct templates *second = NULL;
	struct err err;

	(void)state;
	assert_int_equal(templates_parse(&first, &undeclared, 1, &err), RC_OK);
	assert_int_equal(templates_check(first, &err), RC_INVALID);
	assert_int_equal(templates_parse(&second, &declared, 1, &err), RC_OK);
	assert_int_equal(templates_check(second, &err), RC_OK);
}

static void
every_template_of_the_program_loads_and_declares_what_it_reads(void **state)
{
	CLEANUP(templates_drop) struct templates *templates = NULL;
	struct err err = { 0 };

	(void)state;
	if (templates_load(&templates, &err) != RC_OK ||
	    templates_check(templates, &err) != RC_OK)
		fail_msg("%s", err.text);
	assert_true(templates_has(templates, STR("error")));
	assert_false(templates_has(templates, STR("no_such")));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, bench_begin, bench_end)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(values_are_escaped_in_text_and_in_both_quotes),
		TEST(values_inside_translated_texts_are_escaped_too),
		TEST(a_code_that_is_translated_reads_as_words),
		TEST(json_in_an_attribute_cannot_leave_it),
		TEST(markup_is_put_as_it_is_in_text_alone),
		TEST(a_link_with_a_scheme_that_runs_leads_nowhere),
		TEST(sections_repeat_for_rows_and_ask_for_values),
		TEST(a_record_opens_once_and_its_fields_have_two_names),
		TEST(partials_see_the_row_that_they_stand_in),
		TEST(a_time_is_for_people_in_text_and_for_programs_in_quotes),
		TEST(tags_of_a_page_render),
		TEST(what_could_be_misread_is_refused_at_load),
		TEST(a_source_can_be_asked_before_and_shown_twice),
		TEST(more_rows_than_a_page_can_show_are_refused),
		TEST(a_name_that_the_first_remark_does_not_declare_is_found),
		TEST(every_template_of_the_program_loads_and_declares_what_it_reads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
