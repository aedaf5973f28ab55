/*
 * Combinations that a policy may not have: each rule of src/policy/rules.c is
 * broken once by one change to small.yaml, and the fault must stand in the line
 * where the change is.
 *
 * The colliding names were found by a search over "n0", "n1" … with Python's
 * hashlib: the first 31 bits of SHA-256 of n18622 and n41826 are 1646142148.
 */
#include "sample.h"

struct breach {
	const char *from, *to;
	int line;
	const char *text;
};

static void
refuse_each(const struct breach *breaches, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		SAMPLE sample = sample_small(breaches[i].from, breaches[i].to);
		sample_refused(sample, breaches[i].line, breaches[i].text);
	}
}

static void
names_that_are_not_declared_are_refused(void **state)
{
	static const struct breach breaches[] = {
		{ "use: [care, sharing]", "use: [care, fun]", 40, "purpose \"fun\"" },
		{ "gets: [note], for", "gets: [mote], for", 46, "class \"mote\"" },
		{ "for: sharing", "for: fun", 46, "purpose \"fun\"" },
		{ "gets: [note], region", "gets: [mote], region", 58, "class \"mote\"" },
		{ "read own note", "read own mote", 52, "class \"mote\"" },
	};

	(void)state;
	refuse_each(breaches, COUNT_OF(breaches));
}

static void
rights_fall_short_of_no_legal_basis(void **state)
{
	static const struct breach breaches[] = {
		{ "portability, restriction, objection]", "restriction, objection]", 32,
		  "more rights in the EU than rights.grant: portability" },
		{ "portability, restriction, objection]", "portability, restriction]", 32,
		  "objection" },
		/* without a row of its own, the EU has the default */
		{ "    eu: [access, rectification, erasure, portability, restriction, "
		  "objection]\n",
		  "", 39, "rectification, portability, restriction" },
		{ "    default: [access, erasure]\n", "", 9, "no \"default\"" },
		{ "  answer_days: 30", "  answer_days: 30\n  through: client", 8,
		  "for a processor" },
	};

	(void)state;
	refuse_each(breaches, COUNT_OF(breaches));
}

static void
second_factors_are_consistent(void **state)
{
	static const struct breach breaches[] = {
		{ "  factors: [totp]\n", "", 12, "names none" },
		{ "    second_factor: required\n", "", 49, "this role does not say" },
		{ "    by: credential", "    by: credential\n    second_factor: required", 56,
		  "a credential has no second factor" },
	};

	(void)state;
	refuse_each(breaches, COUNT_OF(breaches));
}

static void
a_role_cannot_opt_out_of_a_required_factor(void **state)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct str text;

	(void)state;
	arena_init(&arena, 8 * MIB);
	text = sample_file(&arena, SMALL);
	text = sample_swap(&arena, text, "second_factor: by_role", "second_factor: required");
	SAMPLE accepted = sample_read(text);
	assert_int_equal(accepted->rc, RC_OK);
	assert_true(accepted->policy->roles[0].needs_second_factor);
	assert_false(accepted->policy->roles[1].needs_second_factor);
	text = sample_swap(&arena, text, "    second_factor: required",
	                   "    second_factor: optional");
	SAMPLE refused = sample_read(text);
	sample_refused(refused, 51, "requires a second factor of all");
}

static void
regions_are_home_or_in_transfers(void **state)
{
	static const struct breach breaches[] = {
		{ "to: us", "to: eu", 19, "out of the region" },
		{ "since: 2026-01-01 }\ncookies",
		  "since: 2026-01-01 }\n  - { to: us, basis: adequacy, since: 2026-02-01 "
		  "}\ncookies",
		  20, "twice" },
		{ "region: us", "region: jp", 58, "no transfer goes there" },
	};

	(void)state;
	refuse_each(breaches, COUNT_OF(breaches));
}

static void
cookies_are_named_as_browsers_guard_them(void **state)
{
	static const struct breach breaches[] = {
		{ "name: lang", "name: __Host-session", 22, "twice" },
		{ "name: lang", "name: __host-lang", 22, "spelled __Host-" },
		{ "name: lang", "name: __Host-", 22, "spelled __Host-" },
		{ "name: lang", "name: __secure-lang", 22, "use __Host-" },
		{ "name: lang", "name: \"la ng\"", 22, "a cookie's name" },
	};

	(void)state;
	refuse_each(breaches, COUNT_OF(breaches));
}

static void
classes_are_complete(void **state)
{
	static const struct breach breaches[] = {
		{ "  audit:\n", "  trail:\n", 27, "\"audit\" is missing" },
		{ "    fields: [kind, text, at, place, mood, until]\n", "", 34,
		  "can hold nothing" },
		{ "    about: actor", "    about: actor\n    fields: [who]", 44,
		  "fields of their own" },
		{ "use: [care, sharing]", "use: [care, sharing, security]", 40,
		  "legitimate interest" },
	};

	(void)state;
	refuse_each(breaches, COUNT_OF(breaches));
}

static void
indexes_fit_the_columns_of_the_store(void **state)
{
	static const struct breach breaches[] = {
		{ "{ kind: facet, at: time }", "{ kind: facet, age: time }", 39,
		  "no field \"age\"" },
		{ "{ kind: facet, at: time }",
		  "{ kind: facet, text: facet, place: facet, mood: facet }", 39,
		  "more than 3 facets" },
		{ "{ kind: facet, at: time }", "{ until: time, at: time }", 39,
		  "more than one time" },
	};

	(void)state;
	refuse_each(breaches, COUNT_OF(breaches));
}

static void
periods_end_or_last_for_ever(void **state)
{
	static const struct breach breaches[] = {
		{ "plus: 90d, then: erase", "plus: forever, then: erase", 41, "for ever" },
		{ "plus: 90d, then: erase", "plus: 90d", 41, "`then` is missing" },
		{ "plus: 90d, then: erase", "plus: 90d, then: prune", 41, "`prune`" },
		{ "then: prune", "then: erase", 44, "`prune`" },
		{ "plus: 90d, then: erase", "plus: 90d, then: ask_client", 41,
		  "as a processor" },
	};

	(void)state;
	refuse_each(breaches, COUNT_OF(breaches));
}

#define IN_MEMORY "    keep: { until: session_ended, then: erase }\n    held: memory"
#define NOTE_KEPT                                                                              \
	"    index: { kind: facet, at: time }\n    use: [care, sharing]\n"                     \
	"    keep: { until: recorded, plus: 90d, then: erase, required_by: some law }"

static void
what_lives_in_memory_is_never_stored(void **state)
{
	static const struct breach breaches[] = {
		{ "    category", "    held: memory\n    category", 37,
		  "goes with its session" },
		{ NOTE_KEPT,
		  "    use: [care, sharing]\n"
		  "    keep: { until: session_ended, plus: 1d, then: erase }\n    held: memory",
		  41, "goes with its session" },
		{ NOTE_KEPT, "    index: { kind: facet }\n    use: [care, sharing]\n" IN_MEMORY,
		  42, "has no `index`" },
		{ NOTE_KEPT, "    only_under: agreement\n    use: [care, sharing]\n" IN_MEMORY,
		  42, "needs no agreement" },
		{ NOTE_KEPT, "    use: [care, sharing]\n" IN_MEMORY, 41,
		  "needs a promise with the probe" },
		{ NOTE_KEPT, "    use: [care, sharing]\n" IN_MEMORY, 61,
		  "a class that is never stored" },
		{ "    category", "    held: disk\n    category", 37, "memory" },
		{ "    category", "    only_under: oath\n    category", 37, "agreement" },
	};

	(void)state;
	refuse_each(breaches, COUNT_OF(breaches));
}

static void
what_lives_in_memory_and_has_its_promise_is_in_order(void **state)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct str text;

	(void)state;
	arena_init(&arena, 8 * MIB);
	text = sample_file(&arena, SMALL);
	text = sample_swap(&arena, text, NOTE_KEPT, "    use: [care, sharing]\n" IN_MEMORY);
	text = sample_swap(&arena, text, "probe: retention.note", "probe: voice.not_kept");
	SAMPLE sample = sample_read(text);
	assert_int_equal(sample->rc, RC_OK);
	assert_true(policy_class_find(sample->policy, STR("note"))->is_memory);
	for (size_t i = 0; i < sample->policy->promise_count; i++)
		assert_false(str_eq(sample->policy->promises[i].probe, STR("retention.note")));
}

static void
two_names_never_share_a_number(void **state)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct str text;

	(void)state;
	arena_init(&arena, 8 * MIB);
	assert_int_equal(policy_number(STR("n18622")), policy_number(STR("n41826")));
	text = sample_file(&arena, SMALL);
	text = sample_swap(&arena, text, "about: member\n    category",
	                   "about: n18622\n    category");
	SAMPLE alone = sample_read(text);
	assert_int_equal(alone->rc, RC_OK);
	text = sample_swap(&arena, text, "about: actor", "about: n41826");
	SAMPLE both = sample_read(text);
	sample_refused(both, 43, "the number of \"n18622\"");
}

static void
consent_is_asked_for_a_purpose_that_rests_on_it(void **state)
{
	static const struct breach breaches[] = {
		{ "for: sharing, when", "for: care, when", 46, "whose basis is consent" },
		{ "for: sharing, when", "when", 46, "whose basis is consent" },
		{ "use: [care, sharing]", "use: [care]", 46, "\"note\" is not used for this" },
	};

	(void)state;
	refuse_each(breaches, COUNT_OF(breaches));
}

static void
roles_can_sign_in_and_release_to_somebody(void **state)
{
	static const struct breach breaches[] = {
		{ "is: member", "is: visitor", 50, "no class about \"visitor\"" },
		{ "index: { email: term }", "index: { email: facet }", 50, "to sign in by" },
		{ "is: member", "is: subject", 50, "a word for many kinds" },
		{ "is: machine", "is: actor", 54, "a word for many kinds" },
		{ "release own note", "release own account", 52, "no recipient gets" },
	};

	(void)state;
	refuse_each(breaches, COUNT_OF(breaches));
}

static void
promises_have_exactly_one_known_check(void **state)
{
	static const struct breach breaches[] = {
		{ ", probe: seal.at_rest", "", 60, "needs a probe or an attestation" },
		{ "probe: seal.at_rest", "probe: seal.at_rest, attested: soc2", 60,
		  "not both" },
		{ "probe: seal.at_rest", "probe: seal.tight", 60, "no probe \"seal.tight\"" },
		{ "id: kept", "id: sealed", 61, "twice" },
		{ "retention.note", "retention.mote", 61, "class that is not declared" },
		{ "retention.note", "retention.", 61, "class that is not declared" },
		{ "retention.note", "consent.nobody", 61, "neither a recipient nor a purpose" },
		{ "retention.note", "consent.court", 61, "nothing that needs consent" },
		{ "retention.note", "consent.care", 61, "nothing that needs consent" },
		{ "retention.note", "agreement.note", 61, "without `only_under: agreement`" },
		{ "retention.note", "agreement.mote", 61, "class that is not declared" },
		{ "probe: retention.note", "probe: retention.note, region: us", 61,
		  "only an attestation is of one region" },
		{ "retention.note", "rights.silence", 61, "names no right" },
		{ "retention.note", "onboarding.gate", 61, "security.onboarding" },
		{ "plus: 90d, then: erase", "plus: forever", 61, "kept for ever" },
	};

	(void)state;
	refuse_each(breaches, COUNT_OF(breaches));
}

/* 256 texts and no more; a map has 64 entries. */
static void
lists_of_texts_end_at_256(void **state)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	CLEANUP(buf_free) struct buf may = { 0 };
	struct err err = { 0 };
	struct str text;

	(void)state;
	arena_init(&arena, 8 * MIB);
	buf_init(&may, MIB);
	for (int i = 0; i < 255; i++)
		buf_add(&may, STR("read own note, "));
	assert_int_equal(buf_finish(&may, &text, &err), RC_OK);
	text = str_printf(&arena, "%.*swrite own note]", STR_ARGS(text));
	SAMPLE most = sample_small("write own note]", text.ptr);
	assert_int_equal(most->rc, RC_OK);
	text = str_printf(&arena, "read own note, %.*s", STR_ARGS(text));
	SAMPLE more = sample_small("write own note]", text.ptr);
	sample_refused(more, 56, "more than 256 entries");
}

static void
a_right_that_nobody_has_cannot_be_promised(void **state)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct str text;

	(void)state;
	arena_init(&arena, 8 * MIB);
	text = sample_file(&arena, SMALL);
	text = sample_swap(&arena, text, "restriction, objection]", "restriction]");
	text = sample_swap(&arena, text, "use: [care, security]", "use: [care]");
	text = sample_swap(&arena, text, "retention.note", "rights.objection");
	SAMPLE sample = sample_read(text);
	sample_refused(sample, 61, "grants nowhere");
	text = sample_swap(&arena, text, "rights.objection", "rights.erasure");
	SAMPLE granted = sample_read(text);
	assert_int_equal(granted->rc, RC_OK);
}

static void
a_second_factor_that_no_role_needs_cannot_be_promised(void **state)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct str text;

	(void)state;
	arena_init(&arena, 8 * MIB);
	text = sample_file(&arena, SMALL);
	text = sample_swap(&arena, text, "retention.note", "factor.required");
	SAMPLE needed = sample_read(text);
	assert_int_equal(needed->rc, RC_OK);
	text = sample_swap(&arena, text, "    second_factor: required",
	                   "    second_factor: optional");
	SAMPLE sample = sample_read(text);
	sample_refused(sample, 61, "no role needs");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_that_are_not_declared_are_refused),
		cmocka_unit_test(rights_fall_short_of_no_legal_basis),
		cmocka_unit_test(second_factors_are_consistent),
		cmocka_unit_test(a_role_cannot_opt_out_of_a_required_factor),
		cmocka_unit_test(regions_are_home_or_in_transfers),
		cmocka_unit_test(cookies_are_named_as_browsers_guard_them),
		cmocka_unit_test(classes_are_complete),
		cmocka_unit_test(indexes_fit_the_columns_of_the_store),
		cmocka_unit_test(periods_end_or_last_for_ever),
		cmocka_unit_test(what_lives_in_memory_is_never_stored),
		cmocka_unit_test(what_lives_in_memory_and_has_its_promise_is_in_order),
		cmocka_unit_test(two_names_never_share_a_number),
		cmocka_unit_test(consent_is_asked_for_a_purpose_that_rests_on_it),
		cmocka_unit_test(roles_can_sign_in_and_release_to_somebody),
		cmocka_unit_test(promises_have_exactly_one_known_check),
		cmocka_unit_test(lists_of_texts_end_at_256),
		cmocka_unit_test(a_right_that_nobody_has_cannot_be_promised),
		cmocka_unit_test(a_second_factor_that_no_role_needs_cannot_be_promised),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
