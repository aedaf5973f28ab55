/*
 * "How we protect it": the promises that somebody wrote, sign-in, who may do
 * what, and which columns are readable in the file.  Promises that follow from
 * another declaration are said where that stands, not here.
 */
#include "policy/render.h"

static struct str
index_fields(struct page *page, const struct policy_class *class, bool is_term)
{
	struct series fields = { .arena = page->arena, .joint = " and " };

	for (size_t i = 0; i < class->index_count; i++) {
		if ((class->indexes[i].kind == INDEX_TERM) == is_term)
			series_add(&fields, render_plain(page->arena, class->indexes[i].field));
	}
	return series_text(&fields);
}

static void
say_plain_columns(struct page *page)
{
	static const char *const heads[] = { "Data", "Readable in the file",
		                             "Kept as a keyed fingerprint" };
	const struct policy *policy = page->policy;

	prose_paragraph(
	    &page->prose,
	    STR("Records are sealed. So that they can be found, a few columns are not: whoever "
	        "holds the database file can read the codes and times named here, and that a "
	        "record exists, how long it is and when it was stored. Fingerprints can be "
	        "compared with each other, but not turned back without their key."));
	prose_table_begin(&page->prose, heads, COUNT_OF(heads));
	for (size_t i = 0; i < policy->class_count; i++) {
		const struct policy_class *class = &policy->classes[i];
		if (class->index_count == 0)
			continue;
		prose_row(&page->prose, (struct str[]){
					    class->says,
					    index_fields(page, class, false),
					    index_fields(page, class, true),
					});
	}
	prose_table_end(&page->prose);
}

/* Verbs as a set: bit VERB_READ is "see". */
static unsigned
verbs_on(const struct policy_role *role, enum policy_scope scope, int class_index)
{
	unsigned verbs = 0;

	for (size_t i = 0; i < role->grant_count; i++) {
		const struct policy_grant *grant = &role->grants[i];
		if (grant->class_index == class_index && grant->scope == scope)
			verbs |= 1U << grant->verb;
	}
	return verbs;
}

static struct str
verbs_say(struct page *page, unsigned verbs)
{
	static const char *const says[] = { [VERB_READ] = "see",
		                            [VERB_WRITE] = "change",
		                            [VERB_ERASE] = "erase",
		                            [VERB_RELEASE] = "pass on" };
	struct series all = { .arena = page->arena, .joint = " and " };

	for (unsigned verb = VERB_READ; verb <= VERB_RELEASE; verb++) {
		if (verbs >> verb & 1)
			series_add(&all, str_from_c(says[verb]));
	}
	return series_text(&all);
}

/* "see and change their own account and note", for each set of verbs. */
static void
add_scope(struct page *page, const struct policy_role *role, enum policy_scope scope,
          struct series *all)
{
	static const char *const scopes[] = {
		[SCOPE_OWN] = "their own",
		[SCOPE_SHARED] = "where it is shared with them:",
		[SCOPE_SITE] = "at their site or in their project:",
		[SCOPE_ALL] = "of everybody:",
	};

	for (unsigned verbs = 1; verbs < 1U << VERB_MANAGE; verbs++) {
		struct series names = { .arena = page->arena, .joint = " and " };
		for (size_t i = 0; i < page->policy->class_count; i++) {
			if (verbs_on(role, scope, (int)i) == verbs)
				series_add(&names, render_plain(page->arena,
				                                page->policy->classes[i].name));
		}
		if (names.count != 0)
			series_add(all, str_printf(page->arena, "%.*s%s %s %.*s",
			                           STR_ARGS(verbs_say(page, verbs)),
			                           scope == SCOPE_OWN ? "" : ",", scopes[scope],
			                           STR_ARGS(series_text(&names))));
	}
}

static struct str
may_says(struct page *page, const struct policy_role *role)
{
	struct series all = { .arena = page->arena, .joint = "; " };
	struct series managed = { .arena = page->arena, .joint = " and " };

	for (unsigned scope = SCOPE_OWN; scope <= SCOPE_ALL; scope++)
		add_scope(page, role, (enum policy_scope)scope, &all);
	for (size_t i = 0; i < role->grant_count; i++) {
		if (role->grants[i].verb == VERB_MANAGE)
			series_add(&managed, render_plain(page->arena, role->grants[i].what));
	}
	if (managed.count != 0)
		series_add(&all, str_printf(page->arena, "manage %.*s",
		                            STR_ARGS(series_text(&managed))));
	return series_text(&all);
}

static void
say_roles(struct page *page)
{
	static const char *const heads[] = { "Who", "May", "Only with" };

	prose_paragraph(
	    &page->prose,
	    STR("Who may do what is decided by their role; to change is also to add. "
	        "Every look and every change is written down."));
	prose_table_begin(&page->prose, heads, COUNT_OF(heads));
	for (size_t i = 0; i < page->policy->role_count; i++) {
		const struct policy_role *role = &page->policy->roles[i];
		struct series with = { .arena = page->arena, .joint = " and " };
		if (role->by_credential)
			series_add(&with,
			           STR("a key or link made for it, which is no sign-in"));
		if (role->needs_second_factor)
			series_add(&with, STR("a second factor"));
		if (role->needs_reason)
			series_add(&with, STR("a stated reason, which you are told"));
		prose_row(&page->prose, (struct str[]){ role->says, may_says(page, role),
		                                        series_text(&with) });
	}
	prose_table_end(&page->prose);
}

static struct str
factors_say(struct page *page)
{
	static const char *const says[] = { "a code of an application", "a passkey",
		                            "a code by mail", "a code by text message" };
	struct series factors = { .arena = page->arena, .joint = " or " };

	for (size_t i = 0; i < COUNT_OF(says); i++) {
		if (page->policy->factors >> i & 1)
			series_add(&factors, str_from_c(says[i]));
	}
	return series_text(&factors);
}

static struct str
step_says(struct str step)
{
	static const struct {
		const char *step;
		const char *says;
	} names[] = {
		{ "terms", "accepting the policy and the terms" },
		{ "consents", "choosing what you agree to" },
		{ "nda", "signing the non-disclosure agreement" },
		{ "credentials", "having your qualification checked" },
		{ "training", "completing the training" },
		{ "profile", "filling in your profile" },
		{ "factor", "setting up the second factor" },
	};

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		if (str_eq(str_from_c(names[i].step), step))
			return str_from_c(names[i].says);
	}
	return step;
}

static void
say_sign_in(struct page *page)
{
	const struct policy *policy = page->policy;
	struct series steps = { .arena = page->arena, .joint = " and " };

	SAY(page,
	    "Connections use TLS 1.%d or newer. A sign-in ends after %d minutes without a "
	    "click, and after %d hours in any case.",
	    policy->tls_minor, policy->idle_minutes, policy->session_hours);
	if (policy->factors != 0)
		SAY(page, "What counts as a second factor: %.*s.", STR_ARGS(factors_say(page)));
	for (size_t i = 0; i < policy->onboarding_count; i++)
		series_add(&steps, step_says(policy->onboarding[i]));
	if (steps.count != 0)
		SAY(page, "Nothing opens before these steps are complete: %.*s.",
		    STR_ARGS(series_text(&steps)));
}

static struct str
promise_says(struct page *page, const struct policy_promise *promise)
{
	struct str by = render_plain(page->arena, promise->attested);

	if (by.len == 0)
		return promise->says;
	if (promise->region.len == 0)
		return str_printf(page->arena, "%.*s (attested: %.*s)", STR_ARGS(promise->says),
		                  STR_ARGS(by));
	return str_printf(page->arena, "%.*s (attested: %.*s, for data kept in %.*s)",
	                  STR_ARGS(promise->says), STR_ARGS(by),
	                  STR_ARGS(render_region(page->arena, promise->region)));
}

void
render_protection(struct page *page)
{
	const struct policy *policy = page->policy;

	prose_paragraph(
	    &page->prose,
	    STR("Each sentence of this list is checked on the running server, or "
	        "attested by somebody who is named; the trust page shows the latest "
	        "result of each."));
	prose_list_begin(&page->prose);
	for (size_t i = 0; i < policy->promise_count; i++) {
		const struct policy_promise *promise = &policy->promises[i];
		if (!promise->is_implied) /* that is said where it is declared */
			prose_item(&page->prose, promise_says(page, promise));
	}
	prose_list_end(&page->prose);
	say_sign_in(page);
	say_roles(page);
	say_plain_columns(page);
}
