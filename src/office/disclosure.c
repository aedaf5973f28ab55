/*
 * See disclosure.h.  The entry first, which the releases name; the message last.
 */
#include "office/disclosure.h"

#include "crypto/digest.h"
#include "office/inside.h"
#include "office/tell.h"

#define MARK_DIGITS 8

bool
disclosure_is_for(const struct policy_recipient *recipient)
{
	return recipient->when == WHEN_LEGAL_ORDER || recipient->when == WHEN_EMERGENCY ||
	       recipient->when == WHEN_SUCCESSION;
}

/* --- checking ---------------------------------------------------------------------------- */

static MUST_CHECK enum rc
classes_take(const struct policy *policy, const struct policy_recipient *recipient,
             struct str names, policy_set *classes, struct err *err)
{
	struct str name;

	*classes = 0;
	for (names = str_trim(names); names.len != 0; names = str_trim(names)) {
		const struct policy_class *class;
		names = str_cut(names, ' ', &name);
		class = policy_class_find(policy, name);
		if (class == NULL ||
		    (recipient->receives >> policy_class_index(policy, class) & 1) == 0)
			return FAIL(err, RC_INVALID, "classes: only what the recipient gets");
		*classes |= (policy_set)1 << policy_class_index(policy, class);
	}
	if (*classes == 0)
		return FAIL(err, RC_INVALID, "classes: at least one");
	return RC_OK;
}

static MUST_CHECK enum rc
disclosure_check(const struct door *door, struct disclosure *d,
                 const struct policy_recipient **recipient, struct err *err)
{
	struct subject_row row = { .tenant = door->tenant->id, .id = d->subject };

	*recipient = policy_recipient_find(door->tenant->policy, d->recipient);
	if (*recipient == NULL || !disclosure_is_for(*recipient))
		return FAIL(err, RC_INVALID, "recipient: one for such a case");
	if (d->asked_by.len == 0)
		return FAIL(err, RC_INVALID, "asked_by: who asked");
	if (d->basis.len == 0)
		return FAIL(err, RC_INVALID, "basis: the rule or order");
	if (d->why.len == 0)
		return FAIL(err, RC_INVALID, "why: what for");
	if (d->is_put_off && d->tell_us <= clock_now_us(vault_clock(door->vault)))
		return FAIL(err, RC_INVALID, "tell: a day that is still to come");
	return vault_subject_find(door->vault, &row, err);
}

/* --- releasing ------------------------------------------------------------------------------
 */

static struct str
purpose_of(const struct policy *policy, const struct policy_recipient *recipient,
           const struct policy_class *class)
{
	const struct policy_purpose *law = policy_purpose_find(policy, STR("law"));

	if (recipient->purpose.len != 0)
		return recipient->purpose;
	if (law != NULL && (class->use >> (law - policy->purposes) & 1) != 0)
		return law->name;
	for (size_t i = 0; i < policy->purpose_count; i++) {
		if ((class->use >> i & 1) != 0)
			return policy->purposes[i].name;
	}
	return STR("law");
}

static MUST_CHECK enum rc
class_release(struct office *office, const struct tenant *tenant, const struct disclosure *d,
              const struct policy_class *class, struct err *err)
{
	const struct policy_recipient *recipient =
	    policy_recipient_find(tenant->policy, d->recipient);
	struct door door = office_door(office, tenant);
	struct vault_release release = { .recipient = d->recipient,
		                         .class = class->name,
		                         .subject = d->subject,
		                         .form = recipient->form,
		                         .registered = d->entry,
		                         .count = 1,
		                         .content =
		                             sha256((struct str){ (const char *)d->entry.bytes,
		                                                  sizeof(d->entry.bytes) }) };
	int64_t entry;

	door.purpose = purpose_of(tenant->policy, recipient, class);
	return vault_release(&door, &release, &entry, err);
}

static MUST_CHECK enum rc
classes_release(struct office *office, const struct tenant *tenant, struct disclosure *d,
                policy_set classes, struct err *err)
{
	for (size_t i = 0; i < tenant->policy->class_count; i++) {
		if ((classes >> i & 1) == 0)
			continue;
		TRY(class_release(office, tenant, d, &tenant->policy->classes[i], err));
		d->released++;
	}
	return RC_OK;
}

/* --- telling ---------------------------------------------------------------------------------
 */

static MUST_CHECK enum rc
language_of(struct office *office, const struct tenant *tenant, struct id person,
            struct arena *arena, bool *is_french, struct err *err)
{
	struct door door = office_door(office, tenant);
	struct person found;

	door.purpose = STR("security");
	TRY(people_get(&door, office->people, person, arena, &found, err));
	*is_french = str_starts_with(found.language, STR("fr"));
	return RC_OK;
}

/* Mail is read by others on its way: to whom and what stands on the page alone. */
static MUST_CHECK enum rc
mail_words(struct office *office, const struct tenant *tenant, bool is_french,
           struct arena *arena, struct str *text, struct err *err)
{
	struct str url;

	TRY(office_url(office, tenant, arena, &url, err));
	*text =
	    str_printf(arena,
	               is_french ? "Connectez-vous pour lire à qui, quoi et sur quelle base : "
	                           "%.*s/me/messages\n"
	                         : "Sign in to read to whom, what and on which basis: "
	                           "%.*s/me/messages\n",
	               STR_ARGS(url));
	return RC_OK;
}

/* RC_NOT_FOUND: the subject is nobody who signs in. */
static MUST_CHECK enum rc
subject_tell(struct office *office, const struct tenant *tenant,
             const struct register_entry *entry, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	const struct policy_recipient *recipient =
	    policy_recipient_find(tenant->policy, entry->party);
	struct telling telling = { .kind = "disclosure", .by_mail = true, .by_page = true };
	struct str number;
	struct tell_once once = { .telling = &telling, .at_us = entry->at_us };
	bool is_french = false;

	arena_init(&arena, OFFICE_ARENA_BYTES);
	TRY(id_parse(entry->contact, &telling.person, err));
	TRY(language_of(office, tenant, telling.person, &arena, &is_french, err));
	number = id_to_str(&arena, entry->id);
	once.mark = (struct str){ number.ptr + number.len - MARK_DIGITS, MARK_DIGITS };
	telling.subject = str_printf(&arena,
	                             is_french ? "Vos données ont été communiquées (n° %.*s)"
	                                       : "Your data were disclosed (no. %.*s)",
	                             STR_ARGS(once.mark));
	telling.text = str_printf(
	    &arena,
	    is_french ? "À qui : %.*s\nCe qui : %.*s\nSur quelle base : %.*s\n\nVous pouvez "
			"demander tout ce qui a été communiqué."
		      : "To whom: %.*s\nWhat: %.*s\nOn which basis: %.*s\n\nYou may ask for "
			"all that was disclosed.",
	    STR_ARGS(recipient == NULL ? entry->party : recipient->says),
	    STR_ARGS(entry->classes), STR_ARGS(entry->basis));
	TRY(mail_words(office, tenant, is_french, &arena, &telling.mail, err));
	return office_tell_once(office, tenant, &once, err);
}

/* Nobody to tell is as good as told: a subject that is a device, or has left. */
static MUST_CHECK enum rc
told_set(const struct door *door, struct office *office, struct register_entry *entry,
         struct err *err)
{
	enum rc rc = subject_tell(office, door->tenant, entry, err);

	if (rc != RC_OK && rc != RC_NOT_FOUND && rc != RC_GONE)
		return rc;
	entry->notified_us = office_now_us(office);
	return register_put(door, office, entry, err);
}

/* --- the whole
 * --------------------------------------------------------------------------------
 */

static MUST_CHECK enum rc
entry_close(const struct door *door, struct office *office, struct register_entry *entry,
            struct arena *arena, struct err *err)
{
	entry->state = STR("closed");
	entry->closed_us = office_now_us(office);
	entry->text =
	    str_printf(arena, "%.*s\n\nRefused: nothing was released.", STR_ARGS(entry->text));
	return register_put(door, office, entry, err);
}

static struct register_entry
entry_of(const struct disclosure *d, const struct policy_recipient *recipient,
         struct arena *arena)
{
	return (struct register_entry){
		.kind = STR("disclosure"),
		.title = recipient->says,
		.party = recipient->name,
		.contact = id_to_str(arena, d->subject),
		.text = str_printf(arena, "Asked by: %.*s\n%.*s", STR_ARGS(d->asked_by),
		                   STR_ARGS(d->why)),
		.basis = d->basis,
		.reference = d->reference,
		.classes = d->classes,
		.due_us = d->is_put_off ? d->tell_us : 0,
		.people = 1,
	};
}

enum rc
disclosure_make(const struct door *door, struct office *office, struct disclosure *d,
                struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	const struct policy_recipient *recipient = NULL;
	struct register_entry entry;
	policy_set classes = 0;
	struct err second;
	enum rc rc;

	arena_init(&arena, OFFICE_ARENA_BYTES);
	TRY(disclosure_check(door, d, &recipient, err));
	TRY(classes_take(door->tenant->policy, recipient, d->classes, &classes, err));
	entry = entry_of(d, recipient, &arena);
	d->released = 0;
	TRY(register_put(door, office, &entry, err));
	d->entry = entry.id;
	rc = classes_release(office, door->tenant, d, classes, err);
	if (rc != RC_OK && d->released == 0) {
		DISCARD(entry_close(door, office, &entry, &arena, &second),
		        "the refusal is what is told");
		return rc;
	}
	TRY(rc);
	return d->is_put_off ? RC_OK : told_set(door, office, &entry, err);
}

/* --- later
 * -------------------------------------------------------------------------------------
 */

enum rc
disclosure_tell_due(struct office *office, const struct tenant *tenant, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct door door = office_door(office, tenant);
	struct register_query query = { .kind = STR("disclosure"),
		                        .state = STR("open"),
		                        .limit = LIMIT_PAGE_ROWS,
		                        .is_newest_first = true };
	struct register_entries entries;

	arena_init(&arena, OFFICE_ARENA_BYTES);
	TRY(register_list(&door, office, &query, &arena, &entries, err));
	for (size_t i = 0; i < entries.count; i++) {
		struct register_entry *entry = &entries.items[i];
		if (entry->due_us == 0 || entry->notified_us != 0 ||
		    entry->due_us > office_now_us(office))
			continue;
		TRY(told_set(&door, office, entry, err));
	}
	return RC_OK;
}
