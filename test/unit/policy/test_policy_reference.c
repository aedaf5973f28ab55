/*
 * The reference policies, each alike: in order, honest, and read strictly.  The
 * classes and fields that the privacy office needs are those of office_check(),
 * which this layer cannot link; the rights of each basis are W3C DPV's table, as
 * in words.c.
 */
#include "sample.h"

#include "policy/probe.h"

static const char *const files[] = {
	"policies/measure.yaml",
	"policies/analyze.yaml",
	"policies/study.yaml",
	"policies/evaluate.yaml",
};

static struct sample *
reference(const char *path)
{
	struct arena arena;
	struct sample *sample;

	arena_init(&arena, MIB);
	sample = sample_read(sample_file(&arena, path));
	arena_free(&arena);
	for (size_t i = 0; i < sample->faults.count && i < POLICY_LIST_MAX; i++)
		print_message("  %s:%d: %.*s\n", path, sample->faults.items[i].line,
		              STR_ARGS(sample->faults.items[i].text));
	assert_int_equal(sample->rc, RC_OK);
	return sample;
}

static void
each_reference_policy_has_no_fault(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		SAMPLE sample = reference(files[i]);
		assert_true(str_eq(str_printf(&sample->arena, "policies/%.*s.yaml",
		                              STR_ARGS(sample->policy->service)),
		                   str_from_c(files[i])));
	}
}

/* Implied ones too: what the program adds must be something it knows. */
static void
each_promise_has_exactly_one_check_that_is_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		SAMPLE sample = reference(files[i]);
		const struct policy *policy = sample->policy;
		for (size_t k = 0; k < policy->promise_count; k++) {
			const struct policy_promise *promise = &policy->promises[k];
			struct str fault = STR_EMPTY;
			assert_true((promise->probe.len == 0) != (promise->attested.len == 0));
			if (promise->probe.len != 0)
				fault = probe_fault(policy, promise->probe, &sample->arena);
			if (fault.len != 0)
				fail_msg("%s: %.*s", files[i], STR_ARGS(fault));
			for (size_t j = 0; j < k; j++)
				assert_false(str_eq(policy->promises[j].id, promise->id));
		}
	}
}

static unsigned
granted_in_the_eu(const struct policy *policy)
{
	unsigned fallback = 0;

	for (size_t i = 0; i < policy->jurisdiction_count; i++) {
		if (str_eq(policy->jurisdictions[i], STR("eu")))
			return policy->granted[i];
		if (str_eq(policy->jurisdictions[i], STR("default")))
			fallback = policy->granted[i];
	}
	return fallback;
}

static void
people_in_the_eu_have_the_rights_of_each_basis(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		SAMPLE sample = reference(files[i]);
		unsigned granted = granted_in_the_eu(sample->policy);
		for (size_t k = 0; k < sample->policy->class_count; k++)
			assert_int_equal(sample->policy->classes[k].rights & ~granted, 0);
	}
}

static struct str
render(const struct policy *policy, struct buf *out)
{
	struct err err = { 0 };
	struct str text;

	buf_init(out, MIB);
	policy_render_html(policy, out);
	assert_int_equal(buf_finish(out, &text, &err), RC_OK);
	return text;
}

/* As HTML has it. */
static struct str
escaped(struct arena *arena, struct str text)
{
	struct str done = STR_EMPTY;

	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '\'')
			done = str_printf(arena, "%.*s&#39;", STR_ARGS(done));
		else
			done = str_printf(arena, "%.*s%c", STR_ARGS(done), text.ptr[i]);
	}
	return done;
}

static void
each_written_promise_purpose_class_and_recipient_is_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		SAMPLE sample = reference(files[i]);
		CLEANUP(buf_free) struct buf html = { 0 };
		const struct policy *policy = sample->policy;
		struct str text = render(policy, &html);
		struct arena *arena = &sample->arena;
#define IS_READ(says)                                                                          \
	do {                                                                                   \
		struct str part = escaped(arena, (says));                                      \
		if (memmem(text.ptr, text.len, part.ptr, part.len) == NULL)                    \
			fail_msg("%s does not say: %.*s", files[i], STR_ARGS(part));           \
	} while (0)
		for (size_t k = 0; k < policy->promise_count; k++) {
			if (!policy->promises[k].is_implied)
				IS_READ(policy->promises[k].says);
		}
		for (size_t k = 0; k < policy->purpose_count; k++)
			IS_READ(policy->purposes[k].says);
		for (size_t k = 0; k < policy->class_count; k++)
			IS_READ(policy->classes[k].says);
		for (size_t k = 0; k < policy->recipient_count; k++)
			IS_READ(policy->recipients[k].says);
		for (size_t k = 0; k < policy->processor_count; k++)
			IS_READ(policy->processors[k].name);
	}
}

/* --- what every policy declares for the privacy office ------------------------------- */

static void
the_classes_of_the_privacy_office_are_declared_and_used_for_the_law(void **state)
{
	static const char *const names[] = { "request", "consent", "agreement", "message",
		                             "register" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		SAMPLE sample = reference(files[i]);
		const struct policy *policy = sample->policy;
		const struct policy_purpose *law = policy_purpose_find(policy, STR("law"));
		assert_non_null(law);
		assert_int_equal(law->basis, BASIS_LEGAL_OBLIGATION);
		assert_non_null(policy_class_find(policy, STR("usage")));
		for (size_t k = 0; k < COUNT_OF(names); k++) {
			const struct policy_class *class =
			    policy_class_find(policy, str_from_c(names[k]));
			if (class == NULL)
				fail_msg("%s has no class %s", files[i], names[k]);
			assert_true(class->use >> (law - policy->purposes) & 1);
		}
	}
}

/* Whoever signs in can ask, read what they signed and what they were told. */
static void
whoever_signs_in_can_use_their_rights(void **state)
{
	static const char *const names[] = { "request", "agreement", "message" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		SAMPLE sample = reference(files[i]);
		const struct policy *policy = sample->policy;
		for (size_t k = 0; k < policy->role_count * COUNT_OF(names); k++) {
			const struct policy_role *role = &policy->roles[k / COUNT_OF(names)];
			struct str name = str_from_c(names[k % COUNT_OF(names)]);
			const struct policy_class *class = policy_class_find(policy, name);
			int at = (int)policy_class_index(policy, class);
			if (role->by_credential)
				continue;
			if (policy_role_scope(role, VERB_READ, at, STR_EMPTY) == 0 ||
			    policy_role_scope(role, VERB_WRITE, at, STR_EMPTY) == 0)
				fail_msg("%s: %.*s has no %.*s", files[i], STR_ARGS(role->name),
				         STR_ARGS(name));
		}
	}
}

static void
somebody_does_each_duty_of_the_office(void **state)
{
	static const char *const duties[] = { "people",  "requests", "holds",
		                              "notices", "policy",   "attestations" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		SAMPLE sample = reference(files[i]);
		for (size_t k = 0; k < COUNT_OF(duties); k++) {
			struct str duty = str_from_c(duties[k]);
			size_t found = 0;
			for (size_t r = 0; r < sample->policy->role_count; r++)
				found += policy_role_scope(&sample->policy->roles[r],
				                           VERB_MANAGE, -1, duty) != 0;
			if (found == 0)
				fail_msg("%s: nobody manages %s", files[i], duties[k]);
		}
	}
}

/* Some role of each kind of subject's data can erase all of it: an erasure that
 * the policy lets nobody carry out would be a promise that cannot be kept. */
static bool
erases_all_about(const struct policy *policy, const struct policy_role *role, int64_t kind)
{
	for (size_t i = 0; i < policy->class_count; i++) {
		const struct policy_class *class = &policy->classes[i];
		if (!policy_class_is_about(policy, class, kind) ||
		    str_eq(class->about, STR("actor")) || class->keep.plus.is_forever)
			continue;
		if (policy_role_scope(role, VERB_ERASE, (int)i, STR_EMPTY) != SCOPE_ALL)
			return false;
	}
	return true;
}

static void
somebody_can_erase_each_person(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		SAMPLE sample = reference(files[i]);
		const struct policy *policy = sample->policy;
		for (size_t k = 0; k < policy->role_count; k++) {
			const struct policy_role *who = &policy->roles[k];
			bool is_erased = who->by_credential && !str_eq(who->is, STR("patient"));
			for (size_t r = 0; r < policy->role_count; r++)
				is_erased =
				    is_erased ||
				    erases_all_about(policy, &policy->roles[r], who->is_number);
			if (!is_erased)
				fail_msg("%s: nobody may erase a %.*s", files[i],
				         STR_ARGS(who->is));
		}
	}
}

/* --- mutations -------------------------------------------------------------------------- */

/*
 * The canonical form is YAML too, on one line and without a blank, so a member is
 * found in it by a short walk.  Each key of the language is tried once a file,
 * where it first stands ("classes.*.keep.until"): what purposes, classes, roles
 * and so on are called is the policy's own and no key.
 */
struct member {
	struct str key;     /* without quotes */
	size_t from, until; /* the whole member, without a comma */
	struct str path;    /* names of the policy's own are "*" */
};
struct members {
	struct member items[256];
	size_t count;
	struct arena *arena;
	struct str json;
};

static bool
holds_own_names(struct str path)
{
	static const char *const maps[] = { "purposes", "classes",         "recipients",
		                            "roles",    "classes.*.index", "rights.grant" };

	for (size_t i = 0; i < COUNT_OF(maps); i++) {
		if (str_eq(path, str_from_c(maps[i])))
			return true;
	}
	return false;
}

static size_t
text_end(struct str json, size_t at) /* at: the opening quote */
{
	for (at++; json.ptr[at] != '"'; at++)
		at += json.ptr[at] == '\\';
	return at + 1;
}

static void
note_member(struct members *members, const struct member *member)
{
	for (size_t i = 0; i < members->count; i++) {
		if (str_eq(members->items[i].path, member->path))
			return;
	}
	assert_true(members->count < COUNT_OF(members->items));
	members->items[members->count++] = *member;
}

static size_t walk(struct members *members, size_t at, struct str path);

static size_t
walk_member(struct members *members, size_t at, struct str path)
{
	size_t end = text_end(members->json, at);
	struct member member = { .key = { members->json.ptr + at + 1, end - at - 2 },
		                 .from = at };
	bool is_own = holds_own_names(path);

	member.path =
	    str_printf(members->arena, "%.*s%s%.*s", STR_ARGS(path), path.len == 0 ? "" : ".",
	               is_own ? 1 : (int)member.key.len, is_own ? "*" : member.key.ptr);
	member.until = walk(members, end + 1, member.path);
	if (!is_own)
		note_member(members, &member);
	return member.until;
}

/* The end of the value that begins at `at`. */
static size_t
walk(struct members *members, size_t at, struct str path)
{
	const char *json = members->json.ptr;
	bool is_map = json[at] == '{';

	if (json[at] == '"')
		return text_end(members->json, at);
	if (!is_map && json[at] != '[') {
		while (json[at] >= '0' && json[at] <= '9')
			at++;
		return at;
	}
	for (at++; json[at] != '}' && json[at] != ']'; at += json[at] == ',')
		at = is_map ? walk_member(members, at, path) : walk(members, at, path);
	return at + 1;
}

/* Without these keys a policy is still one: docs/policy-language.md. */
static bool
is_optional(struct str path)
{
	static const char *const paths[] = {
		"title",
		"role",
		"terms",
		"transfers",
		"cookies",
		"recipients",
		"processors",
		"promises",
		"controller.officer",
		"notice.accepted_by",
		"rights.through",
		"security.factors",
		"security.session_hours",
		"security.onboarding",
		"classes.*.says",
		"classes.*.category",
		"classes.*.index",
		"classes.*.use",
		"classes.*.role",
		"classes.*.held",
		"classes.*.only_under",
		"classes.*.keep.plus",
		"classes.*.keep.then",
		"classes.*.keep.required_by",
		"recipients.*.for",
		"recipients.*.as",
		"recipients.*.says",
		"roles.*.by",
		"roles.*.second_factor",
		"roles.*.reason",
		"roles.*.says",
		"processors.gets",
		"processors.contract",
		"processors.attested",
		"promises.region",
	};

	for (size_t i = 0; i < COUNT_OF(paths); i++) {
		if (str_eq(path, str_from_c(paths[i])))
			return true;
	}
	return false;
}

static void
refuse_without(const char *path, const struct members *members, const struct member *member)
{
	struct str json = members->json;
	size_t from = member->from;
	size_t until = member->until;

	if (json.ptr[until] == ',')
		until++;
	else if (json.ptr[from - 1] == ',')
		from--;
	SAMPLE sample = sample_read(str_printf(members->arena, "%.*s%.*s", (int)from, json.ptr,
	                                       (int)(json.len - until), json.ptr + until));
	if (sample->rc == RC_OK && !is_optional(member->path))
		fail_msg("%s is read without %.*s", path, STR_ARGS(member->path));
}

static void
refuse_misspelled(const char *path, const struct members *members, const struct member *member)
{
	struct str json = members->json;
	size_t end = (size_t)(member->key.ptr - json.ptr) + member->key.len;
	SAMPLE sample = sample_read(str_printf(members->arena, "%.*sx%.*s", (int)end, json.ptr,
	                                       (int)(json.len - end), json.ptr + end));

	if (sample->rc != RC_INVALID)
		fail_msg("%s is read with %.*sx", path, STR_ARGS(member->path));
}

static void
the_canonical_form_reads_as_the_policy_that_it_is(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		SAMPLE sample = reference(files[i]);
		SAMPLE again = sample_read(sample->policy->json);
		assert_int_equal(again->rc, RC_OK);
		assert_true(digest_eq(&again->policy->hash, &sample->policy->hash));
	}
}

static void
no_key_can_be_left_out_or_misspelled_unseen(void **state)
{
	size_t tried = 0;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		CLEANUP(arena_free) struct arena arena = { 0 };
		SAMPLE sample = reference(files[i]);
		struct members members = { .arena = &arena, .json = sample->policy->json };
		arena_init(&arena, 64 * MIB);
		assert_int_equal(walk(&members, 0, STR_EMPTY), members.json.len);
		for (size_t k = 0; k < members.count; k++) {
			refuse_without(files[i], &members, &members.items[k]);
			refuse_misspelled(files[i], &members, &members.items[k]);
		}
		tried += 2 * members.count;
	}
	print_message("%zu mutations\n", tried);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_reference_policy_has_no_fault),
		cmocka_unit_test(each_promise_has_exactly_one_check_that_is_known),
		cmocka_unit_test(people_in_the_eu_have_the_rights_of_each_basis),
		cmocka_unit_test(each_written_promise_purpose_class_and_recipient_is_read),
		cmocka_unit_test(
		    the_classes_of_the_privacy_office_are_declared_and_used_for_the_law),
		cmocka_unit_test(whoever_signs_in_can_use_their_rights),
		cmocka_unit_test(somebody_does_each_duty_of_the_office),
		cmocka_unit_test(somebody_can_erase_each_person),
		cmocka_unit_test(the_canonical_form_reads_as_the_policy_that_it_is),
		cmocka_unit_test(no_key_can_be_left_out_or_misspelled_unseen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
