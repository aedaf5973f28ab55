/*
 * The policy that people read: complete, escaped, and the same in both forms.
 */
#include "sample.h"

static struct str
render(const struct policy *policy, bool is_html, struct buf *out)
{
	struct err err = { 0 };
	struct str text;

	buf_init(out, MIB);
	if (is_html)
		policy_render_html(policy, out);
	else
		policy_render_text(policy, out);
	assert_int_equal(buf_finish(out, &text, &err), RC_OK);
	return text;
}

/* Everything that the sample declares is said. */
static void
every_declaration_is_said(void **state)
{
	static const char *const said[] = {
		"Some Clinic",
		"1 Road",
		"privacy@clinic.example",
		"to care for you (because our contract with you needs it)",
		"to share what you choose (because you agreed to it)",
		"kind, text, at, place, mood and until",
		"until 90 days after it is recorded",
		"until 2 years after the account is closed",
		"some law",
		"only after you agreed, and until you withdraw it",
		"where the law orders it; each time is written down",
		"A Host",
		"the United States, since 2026-01-01",
		"Access: see what we hold",
		"Objection: object",
		"within 30 days",
		"as JSON",
		"TLS 1.3 or newer",
		"a code of an application",
		"Somebody audits us. (attested: soc2)",
		"whoever holds the database file can read",
		"at and kind",
		"__Host-session",
		"until you close the browser",
		"1 year",
		"takes effect on 2026-03-01",
		"14 days before",
		"by mail and on a page of this service",
	};
	SAMPLE sample = sample_small(NULL, NULL);
	CLEANUP(buf_free) struct buf html = { 0 };
	struct str text = render(sample->policy, true, &html);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(said); i++) {
		if (!sample_holds(text, said[i]))
			fail_msg("not said: %s", said[i]);
	}
}

static void
what_is_not_declared_is_not_said(void **state)
{
	static const char *const unsaid[] = {
		"fun",          "passkey", "data protection officer",
		"terms of use", "behalf",  "for ever"
	};
	SAMPLE sample = sample_small(NULL, NULL);
	CLEANUP(buf_free) struct buf html = { 0 };
	struct str text = render(sample->policy, true, &html);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(unsaid); i++) {
		if (sample_holds(text, unsaid[i]))
			fail_msg("said: %s", unsaid[i]);
	}
}

/* What is said differs with what is declared. */
static void
each_way_of_a_declaration_reads_differently(void **state)
{
	static const struct {
		const char *from, *to, *said;
	} rows[] = {
		{ "rights:\n", "role: processor\nrights:\n  through: client\n",
		  "Requests are passed to the organisation" },
		{ "days: 14,", "days: 0,", "We tell you before a change" },
		{ "days: 14,", "days: 1,", "at least one day before" },
		{ "by: [email, page]", "by: [email, page], accepted_by: use",
		  "goes on using the service after that day accepts" },
		{ "by: [email, page]", "by: [email, page], accepted_by: signature",
		  "holds for those who sign it" },
		{ "    says: Notes\n", "    says: Notes\n    only_under: agreement\n",
		  "not at all without a signed agreement about it; with one, until 90 days" },
		{ "attested: soc2 }", "attested: soc2, region: us }",
		  "(attested: soc2, for data kept in the United States)" },
		{ "    about: member\n    category", "    about: subject\n    category",
		  "whoever data here are about" },
		{ "basis: adequacy", "basis: explicit_consent", "your explicit consent" },
		{ "[read own note, write own note, release own note",
		  "[read own note, write site note, release all note",
		  "see their own note; change, at their site or in their project: note; pass "
		  "on, of everybody: note; manage people" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		SAMPLE sample = sample_small(rows[i].from, rows[i].to);
		SAMPLE plain = sample_small(NULL, NULL);
		CLEANUP(buf_free) struct buf html = { 0 };
		CLEANUP(buf_free) struct buf before = { 0 };
		assert_int_equal(sample->rc, RC_OK);
		if (!sample_holds(render(sample->policy, true, &html), rows[i].said))
			fail_msg("not said: %s", rows[i].said);
		assert_false(sample_holds(render(plain->policy, true, &before), rows[i].said));
	}
}

static void
texts_cannot_add_markup(void **state)
{
	SAMPLE sample = sample_small("name: Some Clinic", "name: \"<b>A & 'B'</b>\"");
	CLEANUP(buf_free) struct buf html = { 0 };
	struct str text = render(sample->policy, true, &html);

	(void)state;
	assert_false(sample_holds(text, "<b>"));
	assert_true(sample_holds(text, "&lt;b&gt;A &amp; &#39;B&#39;&lt;/b&gt;"));
}

static size_t
count(struct str text, const char *part)
{
	size_t found = 0;

	for (size_t i = 0; i + strlen(part) <= text.len; i++)
		found += memcmp(text.ptr + i, part, strlen(part)) == 0;
	return found;
}

static void
elements_are_closed(void **state)
{
	static const char *const names[] = { "h2",    "p",     "ul", "li", "table",
		                             "thead", "tbody", "tr", "td" };
	SAMPLE sample = sample_small(NULL, NULL);
	CLEANUP(buf_free) struct buf html = { 0 };
	struct str text = render(sample->policy, true, &html);
	char open[16], with[16], close[16];

	(void)state;
	for (size_t i = 0; i < COUNT_OF(names); i++) {
		(void)snprintf(open, sizeof(open), "<%s>", names[i]);
		(void)snprintf(with, sizeof(with), "<%s ", names[i]);
		(void)snprintf(close, sizeof(close), "</%s>", names[i]);
		assert_true(count(text, close) > 0);
		assert_int_equal(count(text, open) + count(text, with), count(text, close));
	}
	assert_int_equal(count(text, "<h2>"), 9);
}

static void
lines_of_plain_text_fit_a_terminal(void **state)
{
	SAMPLE sample = sample_small(NULL, NULL);
	CLEANUP(buf_free) struct buf plain = { 0 };
	struct str text = render(sample->policy, false, &plain);
	struct str line;

	(void)state;
	assert_true(sample_holds(text, "Your rights\n===========\n"));
	while (text.len != 0) {
		text = str_cut(text, '\n', &line);
		assert_true(line.len <= 80);
		assert_false(str_starts_with(line, STR("<")));
	}
}

static void
a_processor_speaks_for_its_client(void **state)
{
	SAMPLE sample = sample_small("policy: small", "policy: small\nrole: processor");
	CLEANUP(buf_free) struct buf html = { 0 };
	struct str text = render(sample->policy, true, &html);

	(void)state;
	assert_true(sample_holds(text, "on behalf of the organisation"));
	assert_false(sample_holds(text, "We decide why and how"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_declaration_is_said),
		cmocka_unit_test(what_is_not_declared_is_not_said),
		cmocka_unit_test(each_way_of_a_declaration_reads_differently),
		cmocka_unit_test(texts_cannot_add_markup),
		cmocka_unit_test(elements_are_closed),
		cmocka_unit_test(lines_of_plain_text_fit_a_terminal),
		cmocka_unit_test(a_processor_speaks_for_its_client),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
