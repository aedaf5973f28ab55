/*
 * The keys of the language, as tables.
 *
 * One table a map: to add a key, add a row and, where its result is new, a
 * member in policy.h.  Rows are read in their order: purposes before classes,
 * classes before recipients, roles and processors, since those name them.
 * What single keys cannot show stands in rules.c.  Everything made here lives
 * in the policy's own arena and is never changed after policy_read().
 */
#include "base/limits.h"
#include "policy/period.h"
#include "policy/policy.h"
#include "policy/probe.h"
#include "policy/rules.h"
#include "policy/words.h"

#define POLICY_ARENA_BYTES (32 * MIB)
#define POLICY_JSON_BYTES  (4 * MIB)

/* A row whose key has the result's member for target. */
#define KEY(type, key, reader, member)                                                         \
	.name = (key), .read = (reader), .to = offsetof(struct type, member)
#define FORM(form) .how = (&form_##form)
#define BOUNDS(lo, hi)                                                                         \
	.how = &(const struct bounds)                                                          \
	{                                                                                      \
		(lo), (hi)                                                                     \
	}
#define SHAPE(name, type, title)                                                               \
	static const struct shape name##_shape = { .what = (title),                            \
		                                   .fields = name##_fields,                    \
		                                   .count = COUNT_OF(name##_fields),           \
		                                   .size = sizeof(struct type) }

static const struct reference a_purpose = {
	.what = "purpose",
	.items = offsetof(struct policy, purposes),
	.count = offsetof(struct policy, purpose_count),
	.size = sizeof(struct policy_purpose),
};
static const struct reference a_class = {
	.what = "class",
	.items = offsetof(struct policy, classes),
	.count = offsetof(struct policy, class_count),
	.size = sizeof(struct policy_class),
};

/* --- readers of one key each -------------------------------------------------- */

static void
read_period(struct reader *reader, struct node *node, const struct field *field, void *target)
{
	if (!field_is(reader, node, NODE_TEXT))
		return;
	if (!period_parse(node->text, field_place(field, target)))
		fault_add(reader->faults, node->at,
		          "this must be a period such as 0s, 90d, 24mo, 7y or forever");
}

static int
by_field(const void *a, const void *b)
{
	struct str x = ((const struct policy_index *)a)->field;
	struct str y = ((const struct policy_index *)b)->field;
	int order = memcmp(x.ptr, y.ptr, x.len < y.len ? x.len : y.len);

	return order != 0 ? order : (x.len > y.len) - (x.len < y.len);
}

/* Numbers come from names alone, never from the order of the file: a term's
 * from its name, a facet's from its place among the facets sorted by name. */
static void
number_indexes(struct policy_class *class)
{
	int facets = 0;

	qsort(class->indexes, class->index_count, sizeof(class->indexes[0]), by_field);
	for (size_t i = 0; i < class->index_count; i++) {
		struct policy_index *index = &class->indexes[i];
		if (index->kind == INDEX_TERM)
			index->number = (int)policy_number(index->field);
		else if (index->kind == INDEX_FACET)
			index->number = facets++;
	}
}

static void
read_indexes(struct reader *reader, struct node *node, const struct field *field, void *target)
{
	static const struct field kind = { .read = field_word,
		                           .how = &words_index,
		                           .to = offsetof(struct policy_index, kind) };
	struct policy_class *class = target;

	(void)field;
	if (!field_is(reader, node, NODE_MAP))
		return;
	class->indexes = arena_alloc(reader->arena, node->count * sizeof(class->indexes[0]),
	                             _Alignof(struct policy_index));
	for (struct node *at = node->first; at != NULL; at = at->next) {
		struct policy_index *index = &class->indexes[class->index_count++];
		index->field = at->name;
		field_word(reader, at, &kind, index);
	}
	number_indexes(class);
}

static void
read_purpose_name(struct reader *reader, struct node *node, const struct field *field,
                  void *target)
{
	if (!field_fits(reader, node, &form_name))
		return;
	if (policy_purpose_find(reader->policy, node->text) == NULL)
		fault_add(reader->faults, node->at, "the purpose \"%.*s\" is not declared",
		          STR_ARGS(node->text));
	else
		*(struct str *)field_place(field, target) = node->text;
}

/* By jurisdiction, the rights that people there have. */
static void
read_granted(struct reader *reader, struct node *node, const struct field *field, void *target)
{
	static const struct field rights = { .read = field_word_set, .how = &words_right };
	struct policy *policy = target;

	(void)field;
	if (!field_is(reader, node, NODE_MAP))
		return;
	policy->jurisdictions =
	    arena_alloc(reader->arena, node->count * sizeof(struct str), _Alignof(struct str));
	policy->granted =
	    arena_alloc(reader->arena, node->count * sizeof(unsigned), _Alignof(unsigned));
	for (struct node *at = node->first; at != NULL; at = at->next) {
		size_t i = policy->jurisdiction_count++;
		policy->jurisdictions[i] = at->name;
		if (!form_name.fits(at->name))
			fault_add(reader->faults, at->name_at, "this must be %s",
			          form_name.says);
		field_word_set(reader, at, &rights, &policy->granted[i]);
	}
}

static void
refuse_grant(struct reader *reader, const struct node *node)
{
	fault_add(reader->faults, node->at,
	          "a grant is \"read|write|erase|release own|shared|site|all CLASS\" or "
	          "\"manage WORD\"");
}

static void
parse_manage(struct reader *reader, const struct node *node, struct str what,
             struct policy_grant *grant)
{
	int value;

	*grant = (struct policy_grant){ .class_index = -1 };
	if (!field_word_find(&words_manage, what, &value)) {
		fault_add(reader->faults, node->at, "\"%.*s\" is nothing that can be managed",
		          STR_ARGS(what));
		return;
	}
	grant->verb = VERB_MANAGE;
	grant->scope = SCOPE_ALL;
	grant->what = what;
}

static void
parse_grant(struct reader *reader, const struct node *node, struct policy_grant *grant)
{
	const struct policy_class *class;
	struct str verb, scope;
	struct str rest;
	int verb_value, scope_value;

	*grant = (struct policy_grant){ .class_index = -1 };
	if (!field_fits(reader, node, NULL))
		return;
	rest = str_cut(node->text, ' ', &verb);
	if (str_eq(verb, STR("manage"))) {
		parse_manage(reader, node, rest, grant);
		return;
	}
	rest = str_cut(rest, ' ', &scope);
	if (!field_word_find(&words_verb, verb, &verb_value) ||
	    !field_word_find(&words_scope, scope, &scope_value) || !form_name.fits(rest)) {
		refuse_grant(reader, node);
		return;
	}
	class = policy_class_find(reader->policy, rest);
	if (class == NULL) {
		fault_add(reader->faults, node->at, "the class \"%.*s\" is not declared",
		          STR_ARGS(rest));
		return;
	}
	grant->verb = (enum policy_verb)verb_value;
	grant->scope = (enum policy_scope)scope_value;
	grant->class_index = (int)policy_class_index(reader->policy, class);
}

static void
read_grants(struct reader *reader, struct node *node, const struct field *field, void *target)
{
	struct policy_role *role = target;

	(void)field;
	if (!field_is(reader, node, NODE_LIST))
		return;
	role->grants = arena_alloc(reader->arena, node->count * sizeof(role->grants[0]),
	                           _Alignof(struct policy_grant));
	for (const struct node *at = node->first; at != NULL; at = at->next)
		parse_grant(reader, at, &role->grants[role->grant_count++]);
}

/* "session", or a period; a browser cuts what is longer than 400 days off
 * (RFC 6265bis, section 5.5), so a longer one could not be true. */
#define COOKIE_DAYS_MAX 400
static void
read_lasts(struct reader *reader, struct node *node, const struct field *field, void *target)
{
	struct policy_cookie *cookie = target;
	struct policy_period period;

	(void)field;
	if (!field_is(reader, node, NODE_TEXT))
		return;
	cookie->lasts = node->text;
	if (str_eq(node->text, STR("session")))
		return;
	if (!period_parse(node->text, &period) || period.count == 0 ||
	    period_length_s(&period) > COOKIE_DAYS_MAX * INT64_C(86400)) {
		fault_add(reader->faults, node->at,
		          "a cookie lasts for the \"session\" or a period of at most %d days",
		          COOKIE_DAYS_MAX);
		return;
	}
	cookie->lasts_s = period_length_s(&period);
}

/* --- the tables ----------------------------------------------------------------- */

static const struct field controller_fields[] = {
	{ KEY(policy_controller, "name", field_text, name) },
	{ KEY(policy_controller, "address", field_text, address) },
	{ KEY(policy_controller, "contact", field_formed, contact), FORM(mail) },
	{ KEY(policy_controller, "officer", field_formed, officer), FORM(mail),
	  .is_optional = true },
};
SHAPE(controller, policy_controller, "controller");

static const struct field notice_fields[] = {
	{ KEY(policy, "days", field_int, notice_days), BOUNDS(0, 365) },
	{ KEY(policy, "by", field_word_list, notice_by), .how = &words_notice,
	  .count_to = offsetof(struct policy, notice_by_count) },
	{ KEY(policy, "accepted_by", field_word, accepted_by), .how = &words_accepted,
	  .is_optional = true },
};
SHAPE(notice, policy, "notice");

static const struct field terms_fields[] = {
	{ KEY(policy, "version", field_formed, terms_version), FORM(date) },
	{ KEY(policy, "file", field_formed, terms_file), FORM(file) },
};
SHAPE(terms, policy, "terms");

/* One month at most (GDPR Art. 12(3)); HIPAA's 30 days are 45 CFR 164.524(b). */
static const struct field rights_fields[] = {
	{ KEY(policy, "answer_days", field_int, answer_days), BOUNDS(1, 30) },
	{ KEY(policy, "through", field_flag, rights_through_client), .how = &words_through,
	  .fallback = "person" },
	{ KEY(policy, "export", field_word_list, export_formats), .how = &words_export,
	  .count_to = offsetof(struct policy, export_count) },
	{ KEY(policy, "grant", read_granted, granted) },
};
SHAPE(rights, policy, "rights");

static const struct field security_fields[] = {
	{ KEY(policy, "tls", field_word, tls_minor), .how = &words_tls },
	{ KEY(policy, "second_factor", field_word, second_factor), .how = &words_second },
	{ KEY(policy, "factors", field_word_set, factors), .how = &words_factor,
	  .is_optional = true },
	{ KEY(policy, "idle_minutes", field_int, idle_minutes), BOUNDS(1, 1440) },
	{ KEY(policy, "session_hours", field_int, session_hours), BOUNDS(1, 720),
	  .fallback = "12" },
	{ KEY(policy, "onboarding", field_word_list, onboarding), .how = &words_onboarding,
	  .count_to = offsetof(struct policy, onboarding_count), .is_optional = true },
	{ KEY(policy, "region", field_formed, region), FORM(region) },
};
SHAPE(security, policy, "security");

static const struct field transfer_fields[] = {
	{ KEY(policy_transfer, "to", field_formed, to), FORM(region) },
	{ KEY(policy_transfer, "basis", field_word_text, basis), .how = &words_transfer },
	{ KEY(policy_transfer, "since", field_formed, since), FORM(date) },
};
SHAPE(transfer, policy_transfer, "transfer");

static const struct field cookie_fields[] = {
	{ KEY(policy_cookie, "name", field_formed, name), FORM(cookie) },
	{ KEY(policy_cookie, "why", field_text, why) },
	{ KEY(policy_cookie, "lasts", read_lasts, lasts) },
};
SHAPE(cookie, policy_cookie, "cookie");

static const struct field purpose_fields[] = {
	{ KEY(policy_purpose, "basis", field_word, basis), .how = &words_basis },
	{ KEY(policy_purpose, "says", field_text, says) },
};
SHAPE(purpose, policy_purpose, "purpose");

static const struct field keep_fields[] = {
	{ KEY(policy_keep, "until", field_word, until), .how = &words_trigger },
	{ KEY(policy_keep, "plus", read_period, plus), .fallback = "0s" },
	{ KEY(policy_keep, "then", field_word, then), .how = &words_after,
	  .is_optional = true },
	{ KEY(policy_keep, "required_by", field_text, required_by), .is_optional = true },
};
SHAPE(keep, policy_keep, "keep");

static const struct field class_fields[] = {
	{ KEY(policy_class, "says", field_text, says), .is_optional = true },
	{ KEY(policy_class, "about", field_formed, about), FORM(name) },
	{ KEY(policy_class, "category", field_formed_list, categories), FORM(category),
	  .count_to = offsetof(struct policy_class, category_count), .is_optional = true },
	{ KEY(policy_class, "fields", field_formed_list, fields), FORM(name),
	  .count_to = offsetof(struct policy_class, field_count), .is_optional = true },
	{ KEY(policy_class, "index", read_indexes, indexes), .is_optional = true },
	{ KEY(policy_class, "use", field_reference_set, use), .how = &a_purpose,
	  .is_optional = true },
	{ KEY(policy_class, "keep", field_map, keep), .how = &keep_shape },
	{ KEY(policy_class, "role", field_flag, is_controller), .how = &words_side,
	  .is_optional = true },
	{ KEY(policy_class, "held", field_flag, is_memory), .how = &words_held,
	  .is_optional = true },
	{ KEY(policy_class, "only_under", field_flag, needs_agreement), .how = &words_under,
	  .is_optional = true },
};
SHAPE(class, policy_class, "class");

static const struct field recipient_fields[] = {
	{ KEY(policy_recipient, "says", field_text, says), .is_optional = true },
	{ KEY(policy_recipient, "gets", field_reference_set, receives), .how = &a_class },
	{ KEY(policy_recipient, "for", read_purpose_name, purpose), .is_optional = true },
	{ KEY(policy_recipient, "when", field_word, when), .how = &words_when },
	{ KEY(policy_recipient, "as", field_word, form), .how = &words_form,
	  .fallback = "as_is" },
};
SHAPE(recipient, policy_recipient, "recipient");

static const struct field role_fields[] = {
	{ KEY(policy_role, "says", field_text, says), .is_optional = true },
	{ KEY(policy_role, "is", field_formed, is), FORM(name) },
	{ KEY(policy_role, "by", field_flag, by_credential), .how = &words_signs_in,
	  .fallback = "link" },
	{ KEY(policy_role, "may", read_grants, grants) },
	{ KEY(policy_role, "second_factor", field_flag, needs_second_factor),
	  .how = &words_required, .is_optional = true },
	{ KEY(policy_role, "reason", field_flag, needs_reason), .how = &words_required,
	  .fallback = "optional" },
};
SHAPE(role, policy_role, "role");

static const struct field processor_fields[] = {
	{ KEY(policy_processor, "name", field_text, name) },
	{ KEY(policy_processor, "does", field_text, does) },
	{ KEY(policy_processor, "gets", field_reference_set, receives), .how = &a_class,
	  .is_optional = true },
	{ KEY(policy_processor, "region", field_formed, region), FORM(region) },
	{ KEY(policy_processor, "since", field_formed, since), FORM(date) },
	{ KEY(policy_processor, "contract", field_text, contract), .is_optional = true },
	{ KEY(policy_processor, "attested", field_formed_list, attested), FORM(name),
	  .count_to = offsetof(struct policy_processor, attested_count), .is_optional = true },
};
SHAPE(processor, policy_processor, "processor");

static const struct field promise_fields[] = {
	{ KEY(policy_promise, "id", field_formed, id), FORM(name) },
	{ KEY(policy_promise, "says", field_text, says) },
	{ KEY(policy_promise, "probe", field_text, probe), .is_optional = true },
	{ KEY(policy_promise, "attested", field_formed, attested), FORM(name),
	  .is_optional = true },
	{ KEY(policy_promise, "region", field_formed, region), FORM(region),
	  .is_optional = true },
};
SHAPE(promise, policy_promise, "promise");

#define ITEMS(key, member, shape_, count_)                                                     \
	.name = (key), .to = offsetof(struct policy, member), .how = &shape_##_shape,          \
	.count_to = offsetof(struct policy, count_)

static const struct field policy_fields[] = {
	{ KEY(policy, "policy", field_formed, service), FORM(name) },
	{ KEY(policy, "version", field_formed, version), FORM(date) },
	{ KEY(policy, "title", field_text, title), .fallback = "Privacy policy" },
	{ KEY(policy, "controller", field_map, controller), .how = &controller_shape },
	{ KEY(policy, "role", field_flag, is_controller), .how = &words_side,
	  .fallback = "controller" },
	{ .name = "notice", .read = field_map, .how = &notice_shape },
	{ .name = "terms", .read = field_map, .how = &terms_shape, .is_optional = true },
	{ .name = "rights", .read = field_map, .how = &rights_shape },
	{ .name = "security", .read = field_map, .how = &security_shape },
	{ ITEMS("transfers", transfers, transfer, transfer_count), .read = field_rows,
	  .is_optional = true },
	{ ITEMS("cookies", cookies, cookie, cookie_count), .read = field_rows,
	  .is_optional = true },
	{ ITEMS("purposes", purposes, purpose, purpose_count), .read = field_table },
	{ ITEMS("classes", classes, class, class_count), .read = field_table },
	{ ITEMS("recipients", recipients, recipient, recipient_count), .read = field_table,
	  .is_optional = true },
	{ ITEMS("roles", roles, role, role_count), .read = field_table },
	{ ITEMS("processors", processors, processor, processor_count), .read = field_rows,
	  .is_optional = true },
	{ ITEMS("promises", promises, promise, promise_count), .read = field_rows,
	  .is_optional = true },
};
SHAPE(policy, policy, "policy");

/* --- what follows from the keys --------------------------------------------------- */

/* A name as people read it: "lab_result" is "lab result". */
static struct str
name_says(struct arena *arena, struct str name)
{
	char *text = arena_alloc(arena, name.len + 1, 1);

	for (size_t i = 0; i < name.len; i++)
		text[i] = name.ptr[i] == '_' ? ' ' : name.ptr[i];
	return (struct str){ text, name.len };
}

static void
derive_class(struct reader *reader, struct policy_class *class, const struct node *node)
{
	const struct policy *policy = reader->policy;

	class->number = policy_number(class->name);
	class->about_number = policy_number(class->about);
	if (class->says.len == 0)
		class->says = name_says(reader->arena, class->name);
	if (tree_find(node, STR("role")) == NULL)
		class->is_controller = policy->is_controller;
	for (size_t i = 0; i < policy->purpose_count; i++) {
		if (class->use >> i & 1)
			class->rights |= basis_rights(policy->purposes[i].basis);
	}
}

static void
derive(struct reader *reader)
{
	struct policy *policy = reader->policy;
	const struct node *classes = tree_find(reader->root, STR("classes"));
	struct err err;

	DISCARD(date_parse(policy->version, &policy->effective_us, &err),
	        "a wrong date is a fault already");
	for (size_t i = 0; i < policy->class_count; i++)
		derive_class(reader, &policy->classes[i], tree_at(classes, i));
	for (size_t i = 0; i < policy->recipient_count; i++) {
		struct policy_recipient *recipient = &policy->recipients[i];
		if (recipient->says.len == 0)
			recipient->says = name_says(reader->arena, recipient->name);
	}
	for (size_t i = 0; i < policy->role_count; i++) {
		struct policy_role *role = &policy->roles[i];
		if (role->says.len == 0)
			role->says = name_says(reader->arena, role->name);
		role->is_number = policy_number(role->is);
		if (policy->second_factor == SECOND_REQUIRED && !role->by_credential)
			role->needs_second_factor = true;
	}
}

/* --- reading a file ----------------------------------------------------------------- */

static struct policy *
policy_new(struct str yaml)
{
	struct arena *arena = malloc(sizeof(*arena));
	struct policy *policy;

	if (arena == NULL)
		abort();
	arena_init(arena, POLICY_ARENA_BYTES);
	policy = ARENA_NEW(arena, struct policy);
	policy->arena = arena;
	policy->source = str_copy(arena, yaml);
	return policy;
}

static void
policy_drop(struct policy **policy)
{
	policy_free(*policy);
}

static MUST_CHECK enum rc
seal_form(struct reader *reader, struct err *err)
{
	CLEANUP(buf_free) struct buf json = { 0 };
	struct policy *policy = reader->policy;
	struct str text;

	buf_init(&json, POLICY_JSON_BYTES);
	tree_canonical(reader->root, reader->arena, &json);
	TRY(buf_finish(&json, &text, err));
	policy->json = str_copy(reader->arena, text);
	policy->hash = sha256(policy->json);
	return RC_OK;
}

static void
read_all(struct reader *reader)
{
	struct policy *policy = reader->policy;

	if (policy->source.len > POLICY_SOURCE_MAX) {
		fault_add(reader->faults, (struct place){ 1, 1 },
		          "a policy has at most %d bytes", POLICY_SOURCE_MAX);
		return;
	}
	tree_read(reader->arena, policy->source, reader->faults, &reader->root);
	if (reader->root == NULL)
		return;
	shape_read(reader, reader->root, &policy_shape, policy);
	derive(reader);
	rules_check(reader);
}

enum rc
policy_read(struct policy **policy, struct str yaml, struct policy_diagnostics *faults,
            struct err *err)
{
	CLEANUP(policy_drop) struct policy *read = policy_new(yaml);
	struct reader reader = { .policy = read, .arena = read->arena, .faults = faults };

	faults->count = 0;
	read_all(&reader);
	if (faults->count != 0) {
		fault_sort(faults);
		return FAIL(err, RC_INVALID, "the policy has %zu faults, the first in line %d",
		            faults->count, faults->items[0].line);
	}
	probe_imply(&reader);
	TRY(seal_form(&reader, err));
	*policy = read;
	read = NULL;
	return RC_OK;
}
