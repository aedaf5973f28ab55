/*
 * Reading a policy: what comes into the model, where faults are, and the
 * canonical form.  The hash of small.yaml was computed by an independent
 * program: Python's yaml (BaseLoader, defaults of docs/policy-language.md
 * added, the four numbers as int), json.dumps(sort_keys=True,
 * separators=(",", ":")) and hashlib.sha256.
 */
#include "sample.h"

#include "base/json.h"

#define SMALL_SHA256 "b476bf1efdc84b9c4fc4810dc8fb860e09a4384bcb066d8888ecf98fc68286d9"

static void
hex(const struct digest *digest, char text[2 * DIGEST_BYTES + 1])
{
	for (size_t i = 0; i < DIGEST_BYTES; i++)
		(void)snprintf(text + 2 * i, 3, "%02x", digest->bytes[i]);
}

static void
a_policy_without_faults_becomes_a_model(void **state)
{
	SAMPLE sample = sample_small(NULL, NULL);
	const struct policy *policy = sample->policy;
	const struct policy_class *note;

	(void)state;
	assert_int_equal(sample->rc, RC_OK);
	assert_true(str_eq(policy->service, STR("small")));
	assert_int_equal(policy->effective_us, INT64_C(1772323200) * US_PER_S);
	assert_int_equal(policy->tls_minor, 3);
	assert_int_equal(policy->session_hours, 12);
	assert_int_equal(policy->factors, FACTOR_TOTP);
	assert_int_equal(policy->class_count, 3);
	assert_int_equal(policy->cookies[1].lasts_s, 146097 * INT64_C(86400) / 400);
	note = policy_class_find(policy, STR("note"));
	assert_non_null(note);
	assert_ptr_equal(policy_class_by_number(policy, note->number), note);
	assert_int_equal(note->keep.until, KEEP_RECORDED);
	assert_int_equal(note->keep.plus.count, 90);
	assert_int_equal(note->keep.then, THEN_ERASE);
	assert_int_equal(note->use, 3);
	assert_true(note->is_controller);
	assert_true(policy_field_is_declared(note, STR("mood")));
	assert_false(policy_field_is_declared(note, STR("name")));
	assert_null(policy_class_find(policy, STR("notes")));
}

/* `date -u -d 2026-03-01 +%s` is 1772323200; the digest is sha256sum's of
 * "measurement": 6c5a6990…, whose first 31 bits are 908932296. */
static void
numbers_follow_from_names(void **state)
{
	(void)state;
	assert_int_equal(policy_number(STR("measurement")), 908932296);
	assert_int_not_equal(policy_number(STR("measurement")), policy_number(STR("account")));
}

/* W3C DPV 2.0, legal_basis_rights_mapping.csv: A6-1-b and A6-1-f together give
 * Art. 15, 16, 17, 18, 20 and 21; A6-1-a and A6-1-b all but 21. */
static void
rights_of_a_class_follow_from_its_bases(void **state)
{
	SAMPLE sample = sample_small(NULL, NULL);
	const unsigned all_but_objection = RIGHT_ACCESS | RIGHT_RECTIFICATION | RIGHT_ERASURE |
	                                   RIGHT_PORTABILITY | RIGHT_RESTRICTION;

	(void)state;
	assert_int_equal(sample->policy->classes[0].rights,
	                 all_but_objection | RIGHT_OBJECTION);
	assert_int_equal(sample->policy->classes[1].rights, all_but_objection);
	assert_int_equal(sample->policy->classes[2].rights, 0);
}

static void
the_widest_scope_of_a_role_is_given(void **state)
{
	SAMPLE sample =
	    sample_small("read own note, write own note", "read own note, read all note");
	const struct policy_role *member = policy_role_find(sample->policy, STR("member"));

	(void)state;
	assert_int_equal(policy_role_scope(member, VERB_READ, 1, STR_EMPTY), SCOPE_ALL);
	assert_int_equal(policy_role_scope(member, VERB_WRITE, 1, STR_EMPTY), 0);
	assert_int_equal(policy_role_scope(member, VERB_READ, 0, STR_EMPTY), 0);
	assert_int_equal(policy_role_scope(member, VERB_MANAGE, -1, STR("people")), SCOPE_ALL);
	assert_int_equal(policy_role_scope(member, VERB_MANAGE, -1, STR("policy")), 0);
}

static void
general_kinds_stand_for_those_who_sign_in(void **state)
{
	SAMPLE sample =
	    sample_small("    about: member\n    category", "    about: person\n    category");
	const struct policy *policy = sample->policy;
	const struct policy_class *note = policy_class_find(policy, STR("note"));
	const struct policy_class *audit = policy_class_find(policy, STR("audit"));

	(void)state;
	assert_true(policy_class_is_about(policy, note, policy_number(STR("member"))));
	assert_false(policy_class_is_about(policy, note, policy_number(STR("machine"))));
	assert_true(policy_class_is_about(policy, audit, policy_number(STR("machine"))));
	assert_false(policy_class_is_about(policy, audit, policy_number(STR("stranger"))));
}

static void
subject_stands_for_every_kind_that_is_named(void **state)
{
	SAMPLE sample =
	    sample_small("    about: member\n    category", "    about: subject\n    category");
	const struct policy *policy = sample->policy;
	const struct policy_class *note = policy_class_find(policy, STR("note"));

	(void)state;
	assert_true(policy_class_is_about(policy, note, policy_number(STR("member"))));
	assert_true(policy_class_is_about(policy, note, policy_number(STR("machine"))));
	assert_false(policy_class_is_about(policy, note, policy_number(STR("stranger"))));
	assert_false(policy_class_is_about(policy, note, policy_number(STR("actor"))));
}

static void
facets_are_numbered_by_name_and_terms_from_it(void **state)
{
	SAMPLE sample = sample_small("index: { kind: facet, at: time }",
	                             "index: { place: facet, mood: term, kind: facet }");
	const struct policy_class *note = policy_class_find(sample->policy, STR("note"));

	(void)state;
	assert_int_equal(policy_index_find(note, STR("kind"))->number, 0);
	assert_int_equal(policy_index_find(note, STR("place"))->number, 1);
	assert_int_equal(policy_index_find(note, STR("mood"))->number,
	                 policy_number(STR("mood")));
	assert_null(policy_index_find(note, STR("text")));
}

static void
declarations_imply_promises_that_nobody_wrote(void **state)
{
	static const char *const implied[] = { "tls.minimum",       "fields.declared",
		                               "cookies.declared",  "region.pinned",
		                               "retention.account", "retention.audit",
		                               "consent.doctor",    "rights.objection",
		                               "erasure.final",     "notice.lead_time",
		                               "factor.required",   "login.limits",
		                               "audit.complete",    "release.registered" };
	SAMPLE sample = sample_small(NULL, NULL);
	const struct policy *policy = sample->policy;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(implied); i++) {
		size_t found = 0;
		for (size_t k = 0; k < policy->promise_count; k++) {
			if (str_eq(policy->promises[k].probe, str_from_c(implied[i])))
				found += policy->promises[k].is_implied;
		}
		if (found != 1)
			fail_msg("%s is implied %zu times", implied[i], found);
	}
	for (size_t k = 0; k < policy->promise_count; k++) {
		if (str_eq(policy->promises[k].probe, STR("retention.note")))
			assert_false(policy->promises[k].is_implied);
	}
}

/* What another company does for us, and on what ground data go abroad, only papers
 * show: they are attested, and named after whom or what they are about. */
static void
papers_are_implied_as_attestations(void **state)
{
	static const char *const implied[] = { "processor_a_host", "transfer_us",
		                               "instructions", "iso27001" };
	SAMPLE sample = sample_small("gets: [note], region: us, since: 2026-01-01 }",
	                             "gets: [note], region: us, since: 2026-01-01, "
	                             "attested: [iso27001, soc2] }");
	CLEANUP(arena_free) struct arena arena = { 0 };
	const struct policy *policy = sample->policy;
	size_t found[COUNT_OF(implied)] = { 0 };
	size_t audits = 0;

	(void)state;
	arena_init(&arena, MIB);
	for (size_t k = 0; k < policy->promise_count; k++) {
		const struct policy_promise *promise = &policy->promises[k];
		audits += str_eq(promise->attested, STR("soc2"));
		for (size_t i = 0; i < COUNT_OF(implied); i++)
			found[i] += promise->is_implied &&
			            str_eq(promise->attested, str_from_c(implied[i]));
	}
	assert_int_equal(found[0], 1);
	assert_int_equal(found[1], 1);
	assert_int_equal(found[2], 0); /* the clinic decides itself */
	assert_int_equal(found[3], 1);
	assert_int_equal(audits, 1); /* the one that somebody wrote */
}

static bool
is_promised(const struct policy *policy, const char *check)
{
	for (size_t k = 0; k < policy->promise_count; k++) {
		const struct policy_promise *promise = &policy->promises[k];
		if (str_eq(promise->probe, str_from_c(check)) ||
		    str_eq(promise->attested, str_from_c(check)))
			return true;
	}
	return false;
}

static void
a_condition_of_a_class_implies_its_promise(void **state)
{
	SAMPLE plain = sample_small(NULL, NULL);
	SAMPLE bound =
	    sample_small("    says: Notes\n", "    says: Notes\n    only_under: agreement\n"
	                                      "    role: processor\n");
	SAMPLE counted = sample_small("    about: member\n    category",
	                              "    about: application\n    category");
	SAMPLE asked = sample_small("care: { basis: contract", "care: { basis: consent");

	(void)state;
	assert_false(is_promised(plain->policy, "agreement.note"));
	assert_true(is_promised(bound->policy, "agreement.note"));
	assert_true(is_promised(bound->policy, "instructions"));
	assert_false(is_promised(plain->policy, "telemetry.anonymous"));
	assert_true(is_promised(counted->policy, "telemetry.anonymous"));
	assert_false(is_promised(plain->policy, "consent.care"));
	assert_true(is_promised(asked->policy, "consent.care"));
	assert_false(is_promised(asked->policy, "consent.sharing")); /* the doctor's consent */
}

static void
the_canonical_form_is_what_another_program_makes(void **state)
{
	SAMPLE sample = sample_small(NULL, NULL);
	char text[2 * DIGEST_BYTES + 1];

	(void)state;
	hex(&sample->policy->hash, text);
	assert_string_equal(text, SMALL_SHA256);
}

static void
the_canonical_form_is_canonical_json(void **state)
{
	SAMPLE sample = sample_small(NULL, NULL);
	CLEANUP(json_free) struct json json = { 0 };
	CLEANUP(buf_free) struct buf again = { 0 };
	struct err err = { 0 };
	struct str text;

	(void)state;
	buf_init(&again, MIB);
	assert_int_equal(json_parse(&json, sample->policy->json, &err), RC_OK);
	assert_int_equal(json_canonical(&again, json.root, &err), RC_OK);
	assert_int_equal(buf_finish(&again, &text, &err), RC_OK);
	assert_true(str_eq(text, sample->policy->json));
}

/* Writings of one meaning have one hash; another meaning has another. */
static void
the_hash_follows_the_meaning_and_not_the_writing(void **state)
{
	static const struct {
		const char *from, *to;
		bool is_same;
	} rows[] = {
		{ "policy: small", "# a remark\n\npolicy:   \"small\"  # another", true },
		{ "days: 14, by: [email, page]", "by: [email, page], days: 14", true },
		{ "policy: small\nversion: 2026-03-01", "version: 2026-03-01\npolicy: small",
		  true },
		{ "days: 14,", "days: \"14\",", true },
		{ "policy: small", "policy: small\ntitle: Privacy policy", true },
		{ "kind: facet, at: time", "at: time, kind: facet", true },
		{ "days: 14,", "days: 15,", false },
		{ "[email, page]", "[page, email]", false },
		{ "says: Notes", "says: notes", false },
	};
	SAMPLE plain = sample_small(NULL, NULL);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		SAMPLE other = sample_small(rows[i].from, rows[i].to);
		assert_int_equal(other->rc, RC_OK);
		assert_int_equal(digest_eq(&plain->policy->hash, &other->policy->hash),
		                 rows[i].is_same);
	}
}

/* Line and column are those of an editor: counted from one. */
static void
single_keys_are_read_strictly(void **state)
{
	static const struct {
		const char *from, *to;
		int line;
		const char *text;
	} rows[] = {
		{ "  answer_days: 30", "  answer_days: 30\n  days: 3", 8,
		  "unknown key \"days\"" },
		{ "  answer_days: 30\n", "", 6, "the key \"answer_days\" is missing" },
		{ "answer_days: 30", "answer_days: 31", 7, "from 1 to 30" },
		{ "answer_days: 30", "answer_days: 030", 7, "from 1 to 30" },
		{ "answer_days: 30", "answer_days: -3", 7, "from 1 to 30" },
		{ "answer_days: 30", "answer_days: [30]", 7, "must be a text" },
		{ "answer_days: 30", "answer_days:", 7, "no value" },
		{ "answer_days: 30", "answer_days: ~", 7, "no value" },
		{ "export: [json]", "export: json", 8, "must be a list" },
		{ "export: [json]", "export: []", 8, "nothing in it" },
		{ "export: [json]", "export: [xls]", 8, "json, csv, fhir" },
		{ "export: [json]", "export: [json, json]", 8, "twice" },
		{ "tls: \"1.3\"", "tls: 1.1", 13, "1.2, 1.3" },
		{ "version: 2026-03-01", "version: 2026-02-30", 3, "a date" },
		{ "privacy@clinic.example", "privacy at clinic", 4, "a mail address" },
		{ "region: eu\ntransfers", "region: EU\ntransfers", 17, "a region" },
		{ "lasts: 1y", "lasts: 2y", 22, "at most 400 days" },
		{ "lasts: 1y", "lasts: 0d", 22, "at most 400 days" },
		{ "basis: contract", "basis: habit", 24, "consent, contract" },
		{ "[user.health_and_medical]", "[health]", 37, "a Fideslang key" },
		{ "[user.health_and_medical]", "[user.]", 37, "a Fideslang key" },
		{ "  note:\n", "  Note:\n", 34, "must be a name" },
		{ "at: time }", "at: date }", 39, "term, facet, time" },
		{ "plus: 90d", "plus: 90", 41, "a period" },
		{ "plus: 90d", "plus: 090d", 41, "a period" },
		{ "plus: 90d", "plus: 101y", 41, "a period" },
		{ "read own note", "read note", 52, "a grant is" },
		{ "read own note", "see own note", 52, "a grant is" },
		{ "manage people", "manage everything", 52, "nothing that can be managed" },
		{ "says: Notes", "says: \"No\\0tes\"", 35, "one line" },
		{ "says: Notes", "says: !!str Notes", 35, "tags" },
		{ "says: Notes", "says: &n Notes", 35, "anchors" },
		{ "says: Notes", "says: *n", 35, "aliases" },
		{ "says: Notes", "says: Notes\n    says: Again", 36, "stands here twice" },
		{ "says: Notes", "? [a]\n    : b", 35, "a key is a plain text" },
		{ "policy: small", "policy: small\n--- # again", 3, "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		SAMPLE sample = sample_small(rows[i].from, rows[i].to);
		sample_refused(sample, rows[i].line, rows[i].text);
	}
}

static void
the_column_is_that_of_the_value(void **state)
{
	SAMPLE sample = sample_small("basis: contract", "basis: habit");

	(void)state;
	assert_int_equal(sample->faults.count, 1);
	assert_int_equal(sample->faults.items[0].line, 24);
	assert_int_equal(sample->faults.items[0].column, 18);
}

static void
all_faults_come_at_once_in_the_order_of_the_file(void **state)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct str text;
	int before = 0;

	(void)state;
	arena_init(&arena, 8 * MIB);
	text = sample_file(&arena, SMALL);
	text = sample_swap(&arena, text, "region: us", "region: mars");
	text = sample_swap(&arena, text, "plus: 90d", "plus: soon");
	text = sample_swap(&arena, text, "days: 14", "days: many");
	text = sample_swap(&arena, text, "care: { basis: contract", "care: { bases: contract");
	SAMPLE sample = sample_read(text);
	sample_refused(sample, 5, "whole number");
	sample_refused(sample, 24, "\"basis\" is missing");
	sample_refused(sample, 24, "unknown key \"bases\"");
	sample_refused(sample, 41, "a period");
	sample_refused(sample, 58, "no transfer goes there");
	assert_int_equal(sample->faults.count, 5);
	for (size_t i = 0; i < sample->faults.count; i++) {
		assert_true(sample->faults.items[i].line >= before);
		before = sample->faults.items[i].line;
	}
}

static void
what_is_no_yaml_is_refused_with_a_place(void **state)
{
	static const char *const texts[] = { "",          "policy: [",      "a: \"b",
		                             "\xff\xfe",  "a: b\n\tc: d\n", "- a\n- b\n",
		                             "just text", "# nothing\n" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		SAMPLE sample = sample_read(str_from_c(texts[i]));
		assert_int_equal(sample->rc, RC_INVALID);
		assert_true(sample->faults.count > 0);
		assert_true(sample->faults.items[0].line >= 1);
		assert_true(sample->faults.items[0].column >= 1);
	}
}

static void
limits_end_what_is_too_large(void **state)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	struct err err = { 0 };
	struct str yaml;

	(void)state;
	buf_init(&text, MIB);
	for (int i = 0; i <= POLICY_LIST_MAX; i++)
		buf_addf(&text, "k%d: v\n", i);
	assert_int_equal(buf_finish(&text, &yaml, &err), RC_OK);
	SAMPLE long_map = sample_read(yaml);
	sample_refused(long_map, 1, "is missing");
	assert_true(long_map->faults.count > POLICY_LIST_MAX); /* counted, not all kept */

	for (size_t i = text.len; i <= POLICY_SOURCE_MAX; i++)
		buf_add(&text, STR("#"));
	assert_int_equal(buf_finish(&text, &yaml, &err), RC_OK);
	SAMPLE long_file = sample_read(yaml);
	sample_refused(long_file, 1, "at most 262144 bytes");

	SAMPLE deep = sample_read(STR("a: [[[[[[[[[[[[[[[[x]]]]]]]]]]]]]]]]\n"));
	sample_refused(deep, 1, "nested too deeply");
}

static void
the_reference_policy_of_measure_has_no_fault(void **state)
{
	CLEANUP(arena_free) struct arena arena = { 0 };

	(void)state;
	arena_init(&arena, MIB);
	SAMPLE sample = sample_read(sample_file(&arena, "policies/measure.yaml"));
	for (size_t i = 0; i < sample->faults.count; i++)
		print_message("  %d:%d: %.*s\n", sample->faults.items[i].line,
		              sample->faults.items[i].column,
		              STR_ARGS(sample->faults.items[i].text));
	assert_int_equal(sample->rc, RC_OK);
}

/* The reference cannot drift from the reader. */
static void
the_example_of_the_reference_is_a_policy(void **state)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	static const char fence[] = "```yaml\n";
	struct str doc;
	const char *start;

	(void)state;
	arena_init(&arena, MIB);
	doc = sample_file(&arena, "docs/policy-language.md");
	start = memmem(doc.ptr, doc.len, fence, strlen(fence));
	assert_non_null(start);
	start += strlen(fence);
	doc = (struct str){ start, doc.len - (size_t)(start - doc.ptr) };
	(void)str_cut(doc, '`', &doc);
	SAMPLE sample = sample_read(doc);
	assert_int_equal(sample->rc, RC_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_policy_without_faults_becomes_a_model),
		cmocka_unit_test(numbers_follow_from_names),
		cmocka_unit_test(rights_of_a_class_follow_from_its_bases),
		cmocka_unit_test(the_widest_scope_of_a_role_is_given),
		cmocka_unit_test(general_kinds_stand_for_those_who_sign_in),
		cmocka_unit_test(subject_stands_for_every_kind_that_is_named),
		cmocka_unit_test(facets_are_numbered_by_name_and_terms_from_it),
		cmocka_unit_test(declarations_imply_promises_that_nobody_wrote),
		cmocka_unit_test(papers_are_implied_as_attestations),
		cmocka_unit_test(a_condition_of_a_class_implies_its_promise),
		cmocka_unit_test(the_canonical_form_is_what_another_program_makes),
		cmocka_unit_test(the_canonical_form_is_canonical_json),
		cmocka_unit_test(the_hash_follows_the_meaning_and_not_the_writing),
		cmocka_unit_test(single_keys_are_read_strictly),
		cmocka_unit_test(the_column_is_that_of_the_value),
		cmocka_unit_test(all_faults_come_at_once_in_the_order_of_the_file),
		cmocka_unit_test(what_is_no_yaml_is_refused_with_a_place),
		cmocka_unit_test(limits_end_what_is_too_large),
		cmocka_unit_test(the_reference_policy_of_measure_has_no_fault),
		cmocka_unit_test(the_example_of_the_reference_is_a_policy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
