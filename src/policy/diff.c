/*
 * What changes from one version to the next, and whether it is material: new
 * data, a new purpose, somebody new who gets data, a longer time, a weaker
 * right or control.  A material change needs notice (docs/policy-language.md,
 * "Change of policy").
 *
 * One function a part of the policy, all called by policy_diff(); each says
 * what is new, what is gone and what differs, by name.  In doubt a change is
 * material: a needless notice harms nobody.
 */
#include "policy/period.h"
#include "policy/policy.h"
#include "policy/words.h"

struct diff {
	const struct policy *a, *b;
	struct arena *arena;
	struct policy_changes *changes;
	size_t room;
};

#define MATERIAL true
#define MINOR    false

static void
grow(struct diff *diff)
{
	size_t room = diff->room == 0 ? 64 : 2 * diff->room;
	struct policy_change *items =
	    arena_alloc(diff->arena, room * sizeof(*items), _Alignof(struct policy_change));

	if (diff->changes->count != 0)
		memcpy(items, diff->changes->items, diff->changes->count * sizeof(*items));
	diff->changes->items = items;
	diff->room = room;
}

static void
add(struct diff *diff, bool is_material, struct str text)
{
	if (diff->changes->count == diff->room)
		grow(diff);
	diff->changes->items[diff->changes->count++] =
	    (struct policy_change){ .text = text, .is_material = is_material };
}

#define ADD(diff, is_material, ...)                                                            \
	add((diff), (is_material), str_printf((diff)->arena, __VA_ARGS__))

static bool
has_text(const struct str *texts, size_t count, struct str text)
{
	for (size_t i = 0; i < count; i++) {
		if (str_eq(texts[i], text))
			return true;
	}
	return false;
}

/* --- single values ------------------------------------------------------------ */

/* A text that differs. */
static void
compare_text(struct diff *diff, const char *what, struct str a, struct str b, bool is_material)
{
	if (!str_eq(a, b))
		ADD(diff, is_material, "%s: %.*s → %.*s", what, STR_ARGS(a), STR_ARGS(b));
}

/* A number of which more, or less, is weaker. */
static void
compare_number(struct diff *diff, const char *what, int a, int b, int weaker_by)
{
	bool is_weaker = weaker_by > 0 ? b > a : b < a;

	if (a != b)
		ADD(diff, is_weaker, "%s: %d → %d%s", what, a, b, is_weaker ? " (weaker)" : "");
}

static void
diff_head(struct diff *diff)
{
	const struct policy *a = diff->a;
	const struct policy *b = diff->b;

	compare_text(diff, "version", a->version, b->version, MINOR);
	compare_text(diff, "title", a->title, b->title, MINOR);
	compare_text(diff, "terms", a->terms_version, b->terms_version, MINOR);
	if (!str_eq(a->controller.name, b->controller.name))
		ADD(diff, MATERIAL, "controller: another name");
	if (!str_eq(a->controller.address, b->controller.address) ||
	    !str_eq(a->controller.contact, b->controller.contact) ||
	    !str_eq(a->controller.officer, b->controller.officer))
		ADD(diff, MINOR, "controller: another address, contact or officer");
	if (a->is_controller != b->is_controller)
		ADD(diff, MATERIAL, "role: %s",
		    b->is_controller ? "processor → controller" : "controller → processor");
	compare_number(diff, "notice days", a->notice_days, b->notice_days, -1);
	if (a->accepted_by != b->accepted_by)
		ADD(diff,
		    a->accepted_by == ACCEPTED_BY_SIGNATURE ||
		        b->accepted_by == ACCEPTED_BY_USE,
		    "changes: accepted by %.*s → %.*s",
		    STR_ARGS(words_text(&words_accepted, (int)a->accepted_by)),
		    STR_ARGS(words_text(&words_accepted, (int)b->accepted_by)));
	for (size_t i = 0; i < a->notice_by_count; i++) {
		if (!has_text(b->notice_by, b->notice_by_count, a->notice_by[i]))
			ADD(diff, MATERIAL, "notice by %.*s: gone", STR_ARGS(a->notice_by[i]));
	}
}

/* --- rights ------------------------------------------------------------------- */

/* What people of a jurisdiction have: its own row, else the default. */
static unsigned
rights_in(const struct policy *policy, struct str jurisdiction)
{
	unsigned fallback = 0;

	for (size_t i = 0; i < policy->jurisdiction_count; i++) {
		if (str_eq(policy->jurisdictions[i], jurisdiction))
			return policy->granted[i];
		if (str_eq(policy->jurisdictions[i], STR("default")))
			fallback = policy->granted[i];
	}
	return fallback;
}

static void
compare_rights(struct diff *diff, struct str jurisdiction)
{
	unsigned before = rights_in(diff->a, jurisdiction);
	unsigned after = rights_in(diff->b, jurisdiction);

	for (size_t i = 0; i < words_right.count; i++) {
		unsigned right = (unsigned)words_right.items[i].value;
		if ((before & right) == (after & right))
			continue;
		ADD(diff, (before & right) != 0, "right of %s in %.*s: %s",
		    words_right.items[i].text, STR_ARGS(jurisdiction),
		    before & right ? "gone" : "new");
	}
}

static void
diff_rights(struct diff *diff)
{
	const struct policy *a = diff->a;
	const struct policy *b = diff->b;

	for (size_t i = 0; i < a->jurisdiction_count; i++)
		compare_rights(diff, a->jurisdictions[i]);
	for (size_t i = 0; i < b->jurisdiction_count; i++) {
		if (!has_text(a->jurisdictions, a->jurisdiction_count, b->jurisdictions[i]))
			compare_rights(diff, b->jurisdictions[i]);
	}
	compare_number(diff, "days to answer", a->answer_days, b->answer_days, 1);
	if (a->rights_through_client != b->rights_through_client)
		ADD(diff, MATERIAL, "requests: through %s",
		    b->rights_through_client ? "person → client" : "client → person");
	for (size_t i = 0; i < a->export_count; i++) {
		if (!has_text(b->export_formats, b->export_count, a->export_formats[i]))
			ADD(diff, MATERIAL, "export as %.*s: gone",
			    STR_ARGS(a->export_formats[i]));
	}
}

/* --- security ------------------------------------------------------------------ */

static void
compare_factors(struct diff *diff)
{
	for (size_t i = 0; i < words_factor.count; i++) {
		unsigned factor = (unsigned)words_factor.items[i].value;
		bool was = diff->a->factors & factor;
		bool is = diff->b->factors & factor;
		if (was != is) /* one more way in is one more to attack */
			ADD(diff, is, "second factor by %s: %s", words_factor.items[i].text,
			    is ? "new" : "gone");
	}
}

static void
diff_security(struct diff *diff)
{
	const struct policy *a = diff->a;
	const struct policy *b = diff->b;

	compare_number(diff, "least TLS 1.x", a->tls_minor, b->tls_minor, -1);
	compare_number(diff, "idle minutes", a->idle_minutes, b->idle_minutes, 1);
	compare_number(diff, "session hours", a->session_hours, b->session_hours, 1);
	if (a->second_factor != b->second_factor)
		ADD(diff,
		    a->second_factor == SECOND_REQUIRED || b->second_factor == SECOND_OPTIONAL,
		    "second factor: %.*s → %.*s",
		    STR_ARGS(words_text(&words_second, (int)a->second_factor)),
		    STR_ARGS(words_text(&words_second, (int)b->second_factor)));
	compare_factors(diff);
	for (size_t i = 0; i < a->onboarding_count; i++) {
		if (!has_text(b->onboarding, b->onboarding_count, a->onboarding[i]))
			ADD(diff, MATERIAL, "onboarding step %.*s: gone",
			    STR_ARGS(a->onboarding[i]));
	}
	compare_text(diff, "region", a->region, b->region, MATERIAL);
}

/* --- transfers, cookies, processors ----------------------------------------------- */

static const struct policy_transfer *
transfer_find(const struct policy *policy, struct str to)
{
	for (size_t i = 0; i < policy->transfer_count; i++) {
		if (str_eq(policy->transfers[i].to, to))
			return &policy->transfers[i];
	}
	return NULL;
}

static void
diff_transfers(struct diff *diff)
{
	for (size_t i = 0; i < diff->b->transfer_count; i++) {
		const struct policy_transfer *now = &diff->b->transfers[i];
		const struct policy_transfer *was = transfer_find(diff->a, now->to);
		if (was == NULL)
			ADD(diff, MATERIAL, "transfer to %.*s: new", STR_ARGS(now->to));
		else if (!str_eq(was->basis, now->basis))
			ADD(diff, MATERIAL, "transfer to %.*s: another basis",
			    STR_ARGS(now->to));
	}
	for (size_t i = 0; i < diff->a->transfer_count; i++) {
		struct str to = diff->a->transfers[i].to;
		if (transfer_find(diff->b, to) == NULL)
			ADD(diff, MINOR, "transfer to %.*s: gone", STR_ARGS(to));
	}
}

static void
diff_cookies(struct diff *diff)
{
	for (size_t i = 0; i < diff->b->cookie_count; i++) {
		const struct policy_cookie *now = &diff->b->cookies[i];
		const struct policy_cookie *was = policy_cookie_find(diff->a, now->name);
		bool is_longer = was != NULL && was->lasts_s < now->lasts_s;
		if (was == NULL)
			ADD(diff, MATERIAL, "cookie %.*s: new", STR_ARGS(now->name));
		else if (!str_eq(was->lasts, now->lasts))
			ADD(diff, is_longer, "cookie %.*s: lasts %.*s → %.*s",
			    STR_ARGS(now->name), STR_ARGS(was->lasts), STR_ARGS(now->lasts));
	}
	for (size_t i = 0; i < diff->a->cookie_count; i++) {
		struct str name = diff->a->cookies[i].name;
		if (policy_cookie_find(diff->b, name) == NULL)
			ADD(diff, MINOR, "cookie %.*s: gone", STR_ARGS(name));
	}
}

static const struct policy_processor *
processor_find(const struct policy *policy, struct str name)
{
	for (size_t i = 0; i < policy->processor_count; i++) {
		if (str_eq(policy->processors[i].name, name))
			return &policy->processors[i];
	}
	return NULL;
}

/* Classes that `set` of policy b names and `before` of policy a does not. */
static void
compare_classes(struct diff *diff, struct str who, policy_set before, policy_set after)
{
	const struct policy *b = diff->b;

	for (size_t i = 0; i < b->class_count; i++) {
		const struct policy_class *was = policy_class_find(diff->a, b->classes[i].name);
		bool had = was != NULL && (before >> policy_class_index(diff->a, was) & 1);
		if ((after >> i & 1) && !had)
			ADD(diff, MATERIAL, "%.*s: gets %.*s", STR_ARGS(who),
			    STR_ARGS(b->classes[i].name));
	}
}

static void
diff_processors(struct diff *diff)
{
	for (size_t i = 0; i < diff->b->processor_count; i++) {
		const struct policy_processor *now = &diff->b->processors[i];
		const struct policy_processor *was = processor_find(diff->a, now->name);
		struct str who = str_printf(diff->arena, "processor %.*s", STR_ARGS(now->name));
		if (was == NULL) {
			ADD(diff, MATERIAL, "%.*s: new", STR_ARGS(who));
			continue;
		}
		compare_classes(diff, who, was->receives, now->receives);
		if (!str_eq(was->region, now->region))
			ADD(diff, MATERIAL, "%.*s: region %.*s → %.*s", STR_ARGS(who),
			    STR_ARGS(was->region), STR_ARGS(now->region));
	}
	for (size_t i = 0; i < diff->a->processor_count; i++) {
		struct str name = diff->a->processors[i].name;
		if (processor_find(diff->b, name) == NULL)
			ADD(diff, MINOR, "processor %.*s: gone", STR_ARGS(name));
	}
}

/* --- purposes and classes ------------------------------------------------------- */

static void
diff_purposes(struct diff *diff)
{
	for (size_t i = 0; i < diff->b->purpose_count; i++) {
		const struct policy_purpose *now = &diff->b->purposes[i];
		const struct policy_purpose *was = policy_purpose_find(diff->a, now->name);
		if (was == NULL)
			ADD(diff, MATERIAL, "purpose %.*s: new", STR_ARGS(now->name));
		else if (was->basis != now->basis)
			ADD(diff, MATERIAL, "purpose %.*s: basis %.*s → %.*s",
			    STR_ARGS(now->name),
			    STR_ARGS(words_text(&words_basis, (int)was->basis)),
			    STR_ARGS(words_text(&words_basis, (int)now->basis)));
		else if (!str_eq(was->says, now->says)) /* it may now mean something else */
			ADD(diff, MATERIAL, "purpose %.*s: says something else",
			    STR_ARGS(now->name));
	}
	for (size_t i = 0; i < diff->a->purpose_count; i++) {
		struct str name = diff->a->purposes[i].name;
		if (policy_purpose_find(diff->b, name) == NULL)
			ADD(diff, MINOR, "purpose %.*s: gone", STR_ARGS(name));
	}
}

static void
compare_keep(struct diff *diff, const struct policy_class *was, const struct policy_class *now)
{
	const struct policy_keep *a = &was->keep;
	const struct policy_keep *b = &now->keep;
	int64_t before = period_length_s(&a->plus);
	int64_t after = period_length_s(&b->plus);
	struct str name = now->name;

	if (a->until != b->until)
		ADD(diff, MATERIAL, "class %.*s: keep until %.*s → %.*s", STR_ARGS(name),
		    STR_ARGS(words_text(&words_trigger, (int)a->until)),
		    STR_ARGS(words_text(&words_trigger, (int)b->until)));
	if (before != after)
		ADD(diff, after > before, "class %.*s: keep %.*s → %.*s (%s)", STR_ARGS(name),
		    STR_ARGS(period_format(diff->arena, &a->plus)),
		    STR_ARGS(period_format(diff->arena, &b->plus)),
		    after > before ? "longer" : "shorter");
	if (a->then != b->then)
		ADD(diff, b->then != THEN_ERASE, "class %.*s: then %.*s → %.*s", STR_ARGS(name),
		    STR_ARGS(words_text(&words_after, (int)a->then)),
		    STR_ARGS(words_text(&words_after, (int)b->then)));
	if (!str_eq(a->required_by, b->required_by)) /* with a law, erasure waits */
		ADD(diff, b->required_by.len != 0, "class %.*s: required by %s", STR_ARGS(name),
		    b->required_by.len == 0   ? "no law any more"
		    : a->required_by.len == 0 ? "a law: new"
		                              : "another law");
}

static void
compare_lists(struct diff *diff, const struct policy_class *was, const struct policy_class *now)
{
	struct str name = now->name;

	for (size_t i = 0; i < now->field_count; i++) {
		if (!policy_field_is_declared(was, now->fields[i]))
			ADD(diff, MATERIAL, "class %.*s: field %.*s: new", STR_ARGS(name),
			    STR_ARGS(now->fields[i]));
	}
	for (size_t i = 0; i < was->field_count; i++) {
		if (!policy_field_is_declared(now, was->fields[i]))
			ADD(diff, MINOR, "class %.*s: field %.*s: gone", STR_ARGS(name),
			    STR_ARGS(was->fields[i]));
	}
	for (size_t i = 0; i < now->category_count; i++) {
		if (!has_text(was->categories, was->category_count, now->categories[i]))
			ADD(diff, MATERIAL, "class %.*s: category %.*s: new", STR_ARGS(name),
			    STR_ARGS(now->categories[i]));
	}
	for (size_t i = 0; i < diff->b->purpose_count; i++) {
		struct str purpose = diff->b->purposes[i].name;
		const struct policy_purpose *old = policy_purpose_find(diff->a, purpose);
		bool had = old != NULL && (was->use >> (old - diff->a->purposes) & 1);
		if ((now->use >> i & 1) && !had)
			ADD(diff, MATERIAL, "class %.*s: used for %.*s", STR_ARGS(name),
			    STR_ARGS(purpose));
	}
}

/* More in plain columns is a weaker seal; a facet that moves to another column
 * needs the stored rows indexed anew. */
static void
compare_indexes(struct diff *diff, const struct policy_class *was,
                const struct policy_class *now)
{
	struct str name = now->name;

	for (size_t i = 0; i < now->index_count; i++) {
		const struct policy_index *index = &now->indexes[i];
		const struct policy_index *old = policy_index_find(was, index->field);
		if (old == NULL || old->kind != index->kind)
			ADD(diff, MATERIAL, "class %.*s: plain column %.*s: new",
			    STR_ARGS(name), STR_ARGS(index->field));
		else if (old->number != index->number)
			ADD(diff, MINOR,
			    "class %.*s: plain column %.*s: moved, rows need indexing",
			    STR_ARGS(name), STR_ARGS(index->field));
	}
	for (size_t i = 0; i < was->index_count; i++) {
		if (policy_index_find(now, was->indexes[i].field) == NULL)
			ADD(diff, MINOR, "class %.*s: plain column %.*s: gone", STR_ARGS(name),
			    STR_ARGS(was->indexes[i].field));
	}
}

static void
compare_holding(struct diff *diff, const struct policy_class *was,
                const struct policy_class *now)
{
	if (was->is_memory != now->is_memory)
		ADD(diff, was->is_memory, "class %.*s: %s", STR_ARGS(now->name),
		    now->is_memory ? "no longer stored" : "stored");
	if (was->needs_agreement != now->needs_agreement)
		ADD(diff, was->needs_agreement, "class %.*s: %s", STR_ARGS(now->name),
		    now->needs_agreement ? "only under an agreement" : "without an agreement");
}

static void
diff_classes(struct diff *diff)
{
	for (size_t i = 0; i < diff->b->class_count; i++) {
		const struct policy_class *now = &diff->b->classes[i];
		const struct policy_class *was = policy_class_find(diff->a, now->name);
		if (was == NULL) {
			ADD(diff, MATERIAL, "class %.*s: new", STR_ARGS(now->name));
			continue;
		}
		compare_lists(diff, was, now);
		compare_indexes(diff, was, now);
		compare_keep(diff, was, now);
		if (!str_eq(was->about, now->about))
			ADD(diff, MATERIAL, "class %.*s: about %.*s → %.*s",
			    STR_ARGS(now->name), STR_ARGS(was->about), STR_ARGS(now->about));
		if (!str_eq(was->says, now->says))
			ADD(diff, MINOR, "class %.*s: says something else",
			    STR_ARGS(now->name));
		if (was->is_controller != now->is_controller)
			ADD(diff, MATERIAL, "class %.*s: another role", STR_ARGS(now->name));
		compare_holding(diff, was, now);
	}
	for (size_t i = 0; i < diff->a->class_count; i++) {
		struct str name = diff->a->classes[i].name;
		if (policy_class_find(diff->b, name) == NULL)
			ADD(diff, MINOR, "class %.*s: gone", STR_ARGS(name));
	}
}

/* --- recipients, roles, promises -------------------------------------------------- */

static void
compare_recipient(struct diff *diff, const struct policy_recipient *was,
                  const struct policy_recipient *now)
{
	struct str who = str_printf(diff->arena, "recipient %.*s", STR_ARGS(now->name));

	compare_classes(diff, who, was->receives, now->receives);
	if (was->when != now->when)
		ADD(diff, now->when != WHEN_NEVER, "%.*s: when %.*s → %.*s", STR_ARGS(who),
		    STR_ARGS(words_text(&words_when, (int)was->when)),
		    STR_ARGS(words_text(&words_when, (int)now->when)));
	if (was->form != now->form) /* as_is, deidentified, aggregate: ever less */
		ADD(diff, now->form < was->form, "%.*s: as %.*s → %.*s", STR_ARGS(who),
		    STR_ARGS(words_text(&words_form, (int)was->form)),
		    STR_ARGS(words_text(&words_form, (int)now->form)));
	if (!str_eq(was->purpose, now->purpose))
		ADD(diff, MATERIAL, "%.*s: another purpose", STR_ARGS(who));
	if (!str_eq(was->says, now->says)) /* it may be somebody else */
		ADD(diff, MATERIAL, "%.*s: says something else", STR_ARGS(who));
}

static void
diff_recipients(struct diff *diff)
{
	for (size_t i = 0; i < diff->b->recipient_count; i++) {
		const struct policy_recipient *now = &diff->b->recipients[i];
		const struct policy_recipient *was = policy_recipient_find(diff->a, now->name);
		if (was == NULL)
			ADD(diff, MATERIAL, "recipient %.*s: new", STR_ARGS(now->name));
		else
			compare_recipient(diff, was, now);
	}
	for (size_t i = 0; i < diff->a->recipient_count; i++) {
		struct str name = diff->a->recipients[i].name;
		if (policy_recipient_find(diff->b, name) == NULL)
			ADD(diff, MINOR, "recipient %.*s: gone", STR_ARGS(name));
	}
}

static struct str
grant_what(const struct policy *policy, const struct policy_grant *grant)
{
	return grant->verb == VERB_MANAGE ? grant->what
	                                  : policy->classes[grant->class_index].name;
}

/* Grants of `more` (a role of policy p) that `less` (of policy q, or NULL) has
 * not in that scope or a wider one. */
struct grants_of {
	const struct policy *policy;
	const struct policy_role *role;
};

static bool
covers(const struct grants_of *less, const struct grants_of *more,
       const struct policy_grant *grant)
{
	struct str what = grant_what(more->policy, grant);

	for (size_t i = 0; less->role != NULL && i < less->role->grant_count; i++) {
		const struct policy_grant *one = &less->role->grants[i];
		if (one->verb == grant->verb && one->scope >= grant->scope &&
		    str_eq(grant_what(less->policy, one), what))
			return true;
	}
	return false;
}

/* A hand on one's own data is a right, so losing it is material; on the data of
 * others it is a danger, so gaining it is. */
static void
compare_grants(struct diff *diff, const struct grants_of *less, const struct grants_of *more,
               bool is_new)
{
	for (size_t i = 0; i < more->role->grant_count; i++) {
		const struct policy_grant *grant = &more->role->grants[i];
		struct str verb = words_text(&words_verb, (int)grant->verb);
		struct str scope = words_text(&words_scope, (int)grant->scope);
		struct str what = grant_what(more->policy, grant);
		bool is_material = grant->scope == SCOPE_OWN ? !is_new : is_new;
		if (covers(less, more, grant))
			continue;
		if (grant->verb == VERB_MANAGE)
			ADD(diff, is_new, "role %.*s: %s manage %.*s",
			    STR_ARGS(more->role->name), is_new ? "may" : "may no longer",
			    STR_ARGS(what));
		else
			ADD(diff, is_material, "role %.*s: %s %.*s %.*s %.*s",
			    STR_ARGS(more->role->name), is_new ? "may" : "may no longer",
			    STR_ARGS(verb), STR_ARGS(scope), STR_ARGS(what));
	}
}

static void
compare_role(struct diff *diff, const struct policy_role *was, const struct policy_role *now)
{
	struct grants_of before = { diff->a, was };
	struct grants_of after = { diff->b, now };
	struct str name = now->name;

	compare_grants(diff, &before, &after, true);
	compare_grants(diff, &after, &before, false);
	if (was->needs_second_factor != now->needs_second_factor)
		ADD(diff, was->needs_second_factor, "role %.*s: second factor %s",
		    STR_ARGS(name),
		    now->needs_second_factor ? "required" : "no longer required");
	if (was->needs_reason != now->needs_reason)
		ADD(diff, was->needs_reason, "role %.*s: reason %s", STR_ARGS(name),
		    now->needs_reason ? "required" : "no longer required");
	if (was->by_credential != now->by_credential || !str_eq(was->is, now->is))
		ADD(diff, MATERIAL, "role %.*s: held by others", STR_ARGS(name));
}

static void
diff_roles(struct diff *diff)
{
	for (size_t i = 0; i < diff->b->role_count; i++) {
		const struct policy_role *now = &diff->b->roles[i];
		const struct policy_role *was = policy_role_find(diff->a, now->name);
		if (was == NULL)
			ADD(diff, MATERIAL, "role %.*s: new", STR_ARGS(now->name));
		else
			compare_role(diff, was, now);
	}
	for (size_t i = 0; i < diff->a->role_count; i++) {
		struct str name = diff->a->roles[i].name;
		if (policy_role_find(diff->b, name) == NULL)
			ADD(diff, MINOR, "role %.*s: gone", STR_ARGS(name));
	}
}

/* Two promises are one when the same thing shows them. */
static bool
has_promise(const struct policy *policy, const struct policy_promise *promise)
{
	for (size_t i = 0; i < policy->promise_count; i++) {
		const struct policy_promise *one = &policy->promises[i];
		if (str_eq(one->probe, promise->probe) &&
		    str_eq(one->attested, promise->attested) &&
		    str_eq(one->region, promise->region))
			return true;
	}
	return false;
}

static void
diff_promises(struct diff *diff)
{
	for (size_t i = 0; i < diff->a->promise_count; i++) {
		const struct policy_promise *promise = &diff->a->promises[i];
		if (!promise->is_implied && !has_promise(diff->b, promise))
			ADD(diff, MATERIAL, "promise %.*s: gone", STR_ARGS(promise->id));
	}
	for (size_t i = 0; i < diff->b->promise_count; i++) {
		const struct policy_promise *promise = &diff->b->promises[i];
		if (!promise->is_implied && !has_promise(diff->a, promise))
			ADD(diff, MINOR, "promise %.*s: new", STR_ARGS(promise->id));
	}
}

void
policy_diff(const struct policy *a, const struct policy *b, struct arena *arena,
            struct policy_changes *changes)
{
	static void (*const parts[])(struct diff *) = {
		diff_head,    diff_rights,     diff_security, diff_transfers,
		diff_cookies, diff_purposes,   diff_classes,  diff_recipients,
		diff_roles,   diff_processors, diff_promises,
	};
	struct diff diff = { .a = a, .b = b, .arena = arena, .changes = changes };

	*changes = (struct policy_changes){ 0 };
	for (size_t i = 0; i < COUNT_OF(parts); i++)
		parts[i](&diff);
}
