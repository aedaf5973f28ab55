/*
 * The policy that people read.
 *
 * Each sentence is made from a declaration of the policy, so it says what the
 * server enforces and no more: to say something else, change the policy.  The
 * page is a table of sections; one function writes one section for both forms
 * (prose.h); the section on protection is in render_protection.c.  It holds no
 * data of any person.
 */
#include "policy/render.h"
#include "base/limits.h"
#include "policy/period.h"
#include "policy/policy.h"
#include "policy/probe.h"
#include "policy/words.h"

#define RENDER_ARENA_BYTES (16 * MIB)

/* --- words for names -------------------------------------------------------- */

struct str
render_plain(struct arena *arena, struct str name)
{
	char *text = arena_alloc(arena, name.len + 1, 1);

	for (size_t i = 0; i < name.len; i++)
		text[i] = name.ptr[i] == '_' ? ' ' : name.ptr[i];
	return (struct str){ text, name.len };
}

struct str
render_region(struct arena *arena, struct str region)
{
	static const struct {
		const char *region;
		const char *says;
	} names[] = {
		{ "default", "everywhere else" },
		{ "eu", "the European Union" },
		{ "uk", "the United Kingdom" },
		{ "us", "the United States" },
		{ "ch", "Switzerland" },
		{ "ca", "Canada" },
		{ "fr", "France" },
		{ "de", "Germany" },
	};

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		if (str_eq(str_from_c(names[i].region), region))
			return str_from_c(names[i].says);
	}
	return str_printf(arena, "the region %.*s", STR_ARGS(region));
}

/* Whom a class is about; words for many kinds are explained. */
static struct str
about_says(struct arena *arena, struct str about)
{
	static const struct {
		const char *about;
		const char *says;
	} names[] = {
		{ "person", "whoever signs in" },
		{ "actor", "whoever does something here" },
		{ "subject", "whoever data here are about" },
		{ "organisation", "ourselves" },
		{ "application", "nobody" },
	};

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		if (str_eq(str_from_c(names[i].about), about))
			return str_from_c(names[i].says);
	}
	return render_plain(arena, about);
}

static struct str
basis_says(enum policy_basis basis)
{
	static const char *const says[] = {
		[BASIS_CONSENT] = "because you agreed to it",
		[BASIS_CONTRACT] = "because our contract with you needs it",
		[BASIS_LEGAL_OBLIGATION] = "because the law obliges us",
		[BASIS_VITAL_INTEREST] = "to protect somebody's life",
		[BASIS_PUBLIC_TASK] = "for a task in the public interest",
		[BASIS_LEGITIMATE_INTEREST] = "because we have a legitimate interest in it",
	};

	return str_from_c(says[basis]);
}

static struct str
classes_of(struct page *page, policy_set set)
{
	struct series series = { .arena = page->arena, .joint = "; " };

	for (size_t i = 0; i < page->policy->class_count; i++) {
		if (set >> i & 1)
			series_add(&series, page->policy->classes[i].says);
	}
	return series_text(&series);
}

/* --- sections ---------------------------------------------------------------- */

static void
say_who(struct page *page)
{
	const struct policy_controller *who = &page->policy->controller;

	if (page->policy->is_controller)
		SAY(page,
		    "We are %.*s, %.*s. We decide why and how the data described here are "
		    "used, "
		    "and we answer for it.",
		    STR_ARGS(who->name), STR_ARGS(who->address));
	else
		SAY(page,
		    "We are %.*s, %.*s. We handle the data described here on behalf of the "
		    "organisation that asked you to use this service. That organisation "
		    "decides "
		    "why and how they are used; we follow its instructions.",
		    STR_ARGS(who->name), STR_ARGS(who->address));
	if (who->officer.len != 0)
		SAY(page, "Our data protection officer can be reached at %.*s.",
		    STR_ARGS(who->officer));
}

static void
add_collected(struct page *page, const struct policy_class *class)
{
	struct series holds = { .arena = page->arena, .joint = " and " };
	struct series use = { .arena = page->arena, .joint = " and " };
	struct str cells[4];

	for (size_t i = 0; i < class->field_count; i++)
		series_add(&holds, render_plain(page->arena, class->fields[i]));
	if (class->field_count == 0)
		series_add(&holds, STR("who did what, when and why, without names or values"));
	for (size_t i = 0; i < page->policy->purpose_count; i++) {
		if (class->use >> i & 1)
			series_add(&use,
			           render_plain(page->arena, page->policy->purposes[i].name));
	}
	cells[0] = class->says;
	cells[1] = about_says(page->arena, class->about);
	cells[2] = series_text(&holds);
	cells[3] = use.count == 0 ? STR("to run the service") : series_text(&use);
	prose_row(&page->prose, cells);
}

static void
say_other_side(struct page *page)
{
	struct series others = { .arena = page->arena, .joint = "; " };
	const struct policy *policy = page->policy;

	for (size_t i = 0; i < policy->class_count; i++) {
		if (policy->classes[i].is_controller != policy->is_controller)
			series_add(&others, policy->classes[i].says);
	}
	if (others.count != 0)
		SAY(page,
		    policy->is_controller ? "We hold these on behalf of somebody else, who "
		                            "decides about them: %.*s."
		                          : "We decide about these ourselves: %.*s.",
		    STR_ARGS(series_text(&others)));
}

static void
say_collected(struct page *page)
{
	static const char *const heads[] = { "Data", "About", "What it holds", "Used for" };
	const struct policy *policy = page->policy;

	prose_paragraph(&page->prose, STR("We use data for these purposes and no others:"));
	prose_list_begin(&page->prose);
	for (size_t i = 0; i < policy->purpose_count; i++) {
		const struct policy_purpose *purpose = &policy->purposes[i];
		struct str name = render_plain(page->arena, purpose->name);
		prose_item(&page->prose, str_printf(page->arena, "%.*s: %.*s (%.*s)",
		                                    STR_ARGS(name), STR_ARGS(purpose->says),
		                                    STR_ARGS(basis_says(purpose->basis))));
	}
	prose_list_end(&page->prose);
	prose_paragraph(&page->prose,
	                STR("These are all the data there are. The server refuses to store "
	                    "anything that is not in this table."));
	prose_table_begin(&page->prose, heads, COUNT_OF(heads));
	for (size_t i = 0; i < policy->class_count; i++)
		add_collected(page, &policy->classes[i]);
	prose_table_end(&page->prose);
	say_other_side(page);
}

static struct str
period_kept(struct arena *arena, const struct policy_keep *keep)
{
	static const char *const triggers[] = {
		[KEEP_RECORDED] = "it is recorded",
		[KEEP_SUBMITTED] = "it is submitted",
		[KEEP_ACCOUNT_CLOSED] = "the account is closed",
		[KEEP_SESSION_ENDED] = "the session ends",
		[KEEP_PROJECT_ENDED] = "the project ends",
	};
	const char *trigger = triggers[keep->until];

	if (keep->plus.is_forever)
		return STR("for ever");
	if (keep->plus.count == 0)
		return str_printf(arena, "until %s", trigger);
	return str_printf(arena, "until %.*s after %s",
	                  STR_ARGS(period_says(arena, &keep->plus)), trigger);
}

static struct str
kept_says(struct arena *arena, const struct policy_class *class)
{
	struct str period = period_kept(arena, &class->keep);

	if (class->is_memory)
		return STR("never stored: in memory only, until the session ends");
	if (!class->needs_agreement)
		return period;
	return str_printf(arena,
	                  "not at all without a signed agreement about it; with one, %.*s",
	                  STR_ARGS(period));
}

static struct str
then_says(const struct policy_class *class)
{
	static const char *const then[] = {
		[0] = "",
		[THEN_ERASE] = "erased",
		[THEN_DEIDENTIFY] = "stripped of everything that tells who it is about",
		[THEN_ASK_CLIENT] = "erased once our client approves",
		[THEN_PRUNE] = "cut off the end of the log",
	};

	return class->is_memory ? STR("gone") : str_from_c(then[class->keep.then]);
}

static void
say_kept(struct page *page)
{
	static const char *const heads[] = { "Data", "Kept", "Then", "Required by" };
	bool has_law = false;

	prose_table_begin(&page->prose, heads, COUNT_OF(heads));
	for (size_t i = 0; i < page->policy->class_count; i++) {
		const struct policy_class *class = &page->policy->classes[i];
		has_law = has_law || class->keep.required_by.len != 0;
		prose_row(&page->prose, (struct str[]){
					    class->says,
					    kept_says(page->arena, class),
					    then_says(class),
					    class->keep.required_by,
					});
	}
	prose_table_end(&page->prose);
	if (!(probe_rights_granted(page->policy) & RIGHT_ERASURE))
		return;
	SAY(page, "When %s erasure, %s",
	    page->policy->rights_through_client
	        ? "the organisation that decides has us carry out an"
	        : "you ask for",
	    has_law
	        ? "we erase at once what no law makes us keep. What a law named in the table "
	          "makes us keep is locked and used for nothing else until its time is over."
	        : "we erase everything about you.");
}

static struct str
when_says(enum policy_when when)
{
	static const char *const says[] = {
		[WHEN_CONSENT] = "only after you agreed, and until you withdraw it",
		[WHEN_CONTRACT] = "where our contract with you needs it",
		[WHEN_CLIENT_APPROVAL] =
		    "after our client approved it; each time is written down",
		[WHEN_LEGAL_ORDER] = "where the law orders it; each time is written down",
		[WHEN_EMERGENCY] =
		    "in an emergency; each time is written down and you are told",
		[WHEN_SUCCESSION] = "if the service passes to them; it is written down",
		[WHEN_NEVER] = "never",
	};

	return str_from_c(says[when]);
}

static struct str
form_says(enum policy_form form)
{
	static const char *const says[] = {
		[AS_IS] = "as it is",
		[AS_DEIDENTIFIED] = "without anything that tells who it is about",
		[AS_AGGREGATE] = "as figures over many people",
	};

	return str_from_c(says[form]);
}

static void
say_recipients(struct page *page)
{
	static const char *const heads[] = { "Who", "What they get", "When", "In which form" };
	const struct policy *policy = page->policy;

	if (policy->recipient_count == 0) {
		prose_paragraph(&page->prose, STR("Nobody else gets your data."));
		return;
	}
	prose_paragraph(
	    &page->prose,
	    STR("Nobody gets your data but those named here, and each only under the "
	        "condition beside it. There is no way to sell data in this service."));
	prose_table_begin(&page->prose, heads, COUNT_OF(heads));
	for (size_t i = 0; i < policy->recipient_count; i++) {
		const struct policy_recipient *recipient = &policy->recipients[i];
		prose_row(&page->prose, (struct str[]){
					    recipient->says,
					    classes_of(page, recipient->receives),
					    when_says(recipient->when),
					    form_says(recipient->form),
					});
	}
	prose_table_end(&page->prose);
}

static void
add_processor(struct page *page, const struct policy_processor *processor)
{
	struct series shown = { .arena = page->arena, .joint = " and " };
	struct str cells[5] = { processor->name, processor->does };

	if (processor->contract.len != 0)
		series_add(&shown, processor->contract);
	for (size_t i = 0; i < processor->attested_count; i++)
		series_add(&shown, render_plain(page->arena, processor->attested[i]));
	cells[2] = classes_of(page, processor->receives);
	cells[3] = str_printf(page->arena, "%.*s, since %.*s",
	                      STR_ARGS(render_region(page->arena, processor->region)),
	                      STR_ARGS(processor->since));
	cells[4] = series_text(&shown);
	prose_row(&page->prose, cells);
}

static void
say_processors(struct page *page)
{
	static const char *const heads[] = { "Company", "What it does", "What it gets", "Where",
		                             "Bound by" };
	const struct policy *policy = page->policy;

	if (policy->processor_count == 0)
		return;
	prose_paragraph(&page->prose, STR("These companies work for us, on our instructions:"));
	prose_table_begin(&page->prose, heads, COUNT_OF(heads));
	for (size_t i = 0; i < policy->processor_count; i++)
		add_processor(page, &policy->processors[i]);
	prose_table_end(&page->prose);
}

static struct str
ground_says(struct str basis)
{
	static const struct {
		const char *basis;
		const char *says;
	} names[] = {
		{ "adequacy",
		  "a decision of the authorities that data are safe there (adequacy)" },
		{ "standard_contractual_clauses", "standard contractual clauses" },
		{ "binding_corporate_rules", "binding corporate rules" },
		{ "explicit_consent", "your explicit consent" },
	};

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		if (str_eq(str_from_c(names[i].basis), basis))
			return str_from_c(names[i].says);
	}
	return basis;
}

static void
say_places(struct page *page)
{
	const struct policy *policy = page->policy;
	struct str home = render_region(page->arena, policy->region);

	SAY(page, "Your data and their backups are kept in %.*s.", STR_ARGS(home));
	for (size_t i = 0; i < policy->transfer_count; i++) {
		const struct policy_transfer *transfer = &policy->transfers[i];
		SAY(page, "Since %.*s, data may also go to %.*s, on the ground of %.*s.",
		    STR_ARGS(transfer->since),
		    STR_ARGS(render_region(page->arena, transfer->to)),
		    STR_ARGS(ground_says(transfer->basis)));
	}
	if (policy->transfer_count == 0)
		prose_paragraph(&page->prose, STR("They are not sent to any other region."));
}

static void
say_shared(struct page *page)
{
	say_recipients(page);
	say_processors(page);
	say_places(page);
}

static struct str
right_says(unsigned right)
{
	static const struct {
		unsigned right;
		const char *says;
	} rights[] = {
		{ RIGHT_ACCESS, "Access: see what we hold about you, and who looked at it" },
		{ RIGHT_RECTIFICATION, "Rectification: have what is wrong put right" },
		{ RIGHT_ERASURE, "Erasure: have your data erased" },
		{ RIGHT_PORTABILITY, "Portability: take your data with you" },
		{ RIGHT_RESTRICTION, "Restriction: have your data kept but not used" },
		{ RIGHT_OBJECTION, "Objection: object to a use that rests on an interest of "
		                   "ours or a public task" },
	};

	for (size_t i = 0; i < COUNT_OF(rights); i++) {
		if (rights[i].right == right)
			return str_from_c(rights[i].says);
	}
	return STR_EMPTY;
}

static struct str
where_granted(struct page *page, unsigned right)
{
	struct series where = { .arena = page->arena, .joint = " and " };
	const struct policy *policy = page->policy;

	for (size_t i = 0; i < policy->jurisdiction_count; i++) {
		if (policy->granted[i] & right)
			series_add(&where,
			           render_region(page->arena, policy->jurisdictions[i]));
	}
	if (where.count == policy->jurisdiction_count)
		return STR("wherever you are");
	return series_text(&where);
}

static bool
has_basis(const struct policy *policy, enum policy_basis basis)
{
	for (size_t i = 0; i < policy->purpose_count; i++) {
		if (policy->purposes[i].basis == basis)
			return true;
	}
	return false;
}

static struct str
format_says(struct str format)
{
	static const struct {
		const char *format;
		const char *says;
	} names[] = {
		{ "json", "JSON" }, { "csv", "CSV" },       { "fhir", "FHIR R4" },
		{ "pdf", "PDF" },   { "odm", "CDISC ODM" }, { "dicom", "DICOM" },
	};

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		if (str_eq(str_from_c(names[i].format), format))
			return str_from_c(names[i].says);
	}
	return format;
}

static void
say_rights(struct page *page)
{
	static const char *const heads[] = { "Your right", "Where you have it" };
	const struct policy *policy = page->policy;
	struct series formats = { .arena = page->arena, .joint = " and " };

	prose_table_begin(&page->prose, heads, COUNT_OF(heads));
	for (unsigned right = RIGHT_ACCESS; right <= RIGHT_OBJECTION; right <<= 1) {
		struct str where = where_granted(page, right);
		if (where.len != 0)
			prose_row(&page->prose, (struct str[]){ right_says(right), where });
	}
	prose_table_end(&page->prose);
	if (has_basis(policy, BASIS_CONSENT))
		prose_paragraph(
		    &page->prose,
		    STR("What you agreed to you can withdraw at any time, as easily as "
		        "you gave it. That changes nothing about what was done before."));
	if (policy->rights_through_client)
		SAY(page,
		    "Requests are passed to the organisation that asked you to use this "
		    "service. It answers, and we help it to do so within %d days.",
		    policy->answer_days);
	else
		SAY(page, "We answer every request within %d days.", policy->answer_days);
	for (size_t i = 0; i < policy->export_count; i++)
		series_add(&formats, format_says(policy->export_formats[i]));
	SAY(page, "You can take your data with you as %.*s.", STR_ARGS(series_text(&formats)));
	SAY(page, "You can complain to the data protection authority of your country.");
}

static void
say_cookies(struct page *page)
{
	static const char *const heads[] = { "Cookie", "Why", "Lasts" };
	const struct policy *policy = page->policy;

	if (policy->cookie_count == 0) {
		prose_paragraph(&page->prose, STR("We set no cookies."));
		return;
	}
	prose_paragraph(&page->prose, STR("We set these cookies and no others. No page loads "
	                                  "anything from another host."));
	prose_table_begin(&page->prose, heads, COUNT_OF(heads));
	for (size_t i = 0; i < policy->cookie_count; i++) {
		const struct policy_cookie *cookie = &policy->cookies[i];
		struct policy_period period;
		struct str lasts = STR("until you close the browser");
		if (cookie->lasts_s != 0 && period_parse(cookie->lasts, &period))
			lasts = period_says(page->arena, &period);
		prose_row(&page->prose, (struct str[]){ cookie->name, cookie->why, lasts });
	}
	prose_table_end(&page->prose);
}

static struct str
days_before(struct arena *arena, int days)
{
	if (days == 0)
		return STR("before");
	if (days == 1)
		return STR("at least one day before");
	return str_printf(arena, "at least %d days before", days);
}

static void
say_changes(struct page *page)
{
	static const struct {
		const char *way;
		const char *says;
	} ways[] = { { "email", "by mail" },
		     { "page", "on a page of this service" },
		     { "text", "by text message" },
		     { "letter", "by letter" } };
	const struct policy *policy = page->policy;
	struct series by = { .arena = page->arena, .joint = " and " };

	for (size_t i = 0; i < policy->notice_by_count; i++) {
		for (size_t k = 0; k < COUNT_OF(ways); k++) {
			if (str_eq(policy->notice_by[i], str_from_c(ways[k].way)))
				series_add(&by, str_from_c(ways[k].says));
		}
	}
	SAY(page, "This version takes effect on %.*s. Earlier versions stay readable.",
	    STR_ARGS(policy->version));
	SAY(page,
	    "We tell you %.*s a change that matters takes effect, %.*s. What matters: new "
	    "data, a new purpose, somebody new who gets data, a longer time, or a weaker right "
	    "or protection.",
	    STR_ARGS(days_before(page->arena, policy->notice_days)),
	    STR_ARGS(series_text(&by)));
	if (policy->accepted_by == ACCEPTED_BY_USE)
		SAY(page, "Whoever goes on using the service after that day accepts the "
		          "change.");
	if (policy->accepted_by == ACCEPTED_BY_SIGNATURE)
		SAY(page, "The change holds for those who sign it.");
	if (policy->terms_version.len != 0)
		SAY(page, "The terms of use have a version of their own: %.*s.",
		    STR_ARGS(policy->terms_version));
}

static void
say_contact(struct page *page)
{
	const struct policy_controller *who = &page->policy->controller;

	SAY(page,
	    "Write to %.*s with any question or request about your data, or to %.*s, %.*s.",
	    STR_ARGS(who->contact), STR_ARGS(who->name), STR_ARGS(who->address));
}

static void
render(const struct policy *policy, struct buf *out, bool is_html)
{
	static const struct {
		const char *heading;
		void (*say)(struct page *page);
	} sections[] = {
		{ "Who we are", say_who },
		{ "What we collect and why", say_collected },
		{ "How long we keep it", say_kept },
		{ "Who gets it", say_shared },
		{ "Your rights", say_rights },
		{ "How we protect it", render_protection },
		{ "Cookies", say_cookies },
		{ "Changes to this policy", say_changes },
		{ "How to reach us", say_contact },
	};
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct page page = { .policy = policy, .arena = &arena };

	arena_init(&arena, RENDER_ARENA_BYTES);
	prose_init(&page.prose, out, is_html);
	for (size_t i = 0; i < COUNT_OF(sections); i++) {
		prose_heading(&page.prose, sections[i].heading);
		sections[i].say(&page);
	}
}

void
policy_render_html(const struct policy *policy, struct buf *out)
{
	render(policy, out, true);
}

void
policy_render_text(const struct policy *policy, struct buf *out)
{
	buf_add(out, policy->title);
	buf_add(out, STR("\n"));
	render(policy, out, false);
}
