/*
 * The rules, one function each, in the order of the file.
 *
 * A place is found again in the tree: item i of a table of the policy is entry
 * i of its map or list, since the reader makes one for each.  docs/policy-
 * language.md lists the rules; test_policy_rules.c breaks each of them.
 */
#include "policy/rules.h"

#include "policy/probe.h"
#include "policy/words.h"
#include "store/row.h"

static struct place
place_of(const struct node *node)
{
	return node->name.len == 0 ? node->at : node->name_at;
}

/* Of table → item i → key, as far as it exists. */
static struct place
place(const struct reader *reader, struct str table, size_t i, struct str key)
{
	const struct node *list = tree_find(reader->root, table);
	const struct node *item = tree_at(list, i);
	const struct node *value = item == NULL ? NULL : tree_find(item, key);

	if (value != NULL)
		return place_of(value);
	return place_of(item != NULL ? item : list != NULL ? list : reader->root);
}

static bool
has_key(const struct reader *reader, struct str table, size_t i, struct str key)
{
	return tree_find(tree_at(tree_find(reader->root, table), i), key) != NULL;
}

/* --- rights, notice, security ------------------------------------------------ */

static unsigned
granted_in(const struct policy *policy, struct str jurisdiction, bool *is_listed)
{
	*is_listed = false;
	for (size_t i = 0; i < policy->jurisdiction_count; i++) {
		if (!str_eq(policy->jurisdictions[i], jurisdiction))
			continue;
		*is_listed = true;
		return policy->granted[i];
	}
	return 0;
}

static void
rights_have_a_default(struct reader *reader)
{
	const struct node *rights = tree_find(reader->root, STR("rights"));
	const struct node *grant = rights == NULL ? NULL : tree_find(rights, STR("grant"));
	bool is_listed;

	(void)granted_in(reader->policy, STR("default"), &is_listed);
	if (grant != NULL && grant->kind == NODE_MAP && !is_listed)
		fault_add(reader->faults, place_of(grant),
		          "rights.grant has no \"default\" for everyone else");
}

static void
rights_through_a_client_need_one(struct reader *reader)
{
	const struct node *rights = tree_find(reader->root, STR("rights"));

	if (reader->policy->rights_through_client && reader->policy->is_controller)
		fault_add(reader->faults, place_of(tree_find(rights, STR("through"))),
		          "a controller answers requests itself: `through: client` is for a "
		          "processor");
}

static void
factors_are_named_where_needed(struct reader *reader)
{
	const struct policy *policy = reader->policy;
	const struct node *security = tree_find(reader->root, STR("security"));

	if (policy->factors != 0 || security == NULL || !probe_factor_needed(policy))
		return;
	fault_add(reader->faults, place_of(security),
	          "a second factor is required and security.factors names none");
}

/* --- transfers and cookies ------------------------------------------------------ */

static void
transfers_go_elsewhere_once(struct reader *reader)
{
	const struct policy *policy = reader->policy;

	for (size_t i = 0; i < policy->transfer_count; i++) {
		struct str to = policy->transfers[i].to;
		bool is_home = to.len != 0 && str_eq(to, policy->region);
		bool is_again = false;
		for (size_t k = 0; k < i; k++)
			is_again = is_again || str_eq(policy->transfers[k].to, to);
		if (!is_home && !is_again)
			continue;
		fault_add(reader->faults, place(reader, STR("transfers"), i, STR("to")),
		          is_home ? "a transfer goes out of the region"
		                  : "this region stands here twice");
	}
}

/* RFC 6265bis, section 4.1.3: browsers compare prefixes without case, so a
 * different spelling would be refused by some and not guarded by others.  The
 * writer sets Secure, Path=/ and no Domain, which is what __Host- demands. */
static const char *
cookie_fault(const struct policy *policy, size_t i)
{
	static const size_t prefix = sizeof("__Host-") - 1;
	struct str name = policy->cookies[i].name;
	struct str head = { name.ptr, name.len < prefix ? name.len : prefix };

	for (size_t k = 0; k < i; k++) {
		if (name.len != 0 && str_eq(policy->cookies[k].name, name))
			return "this cookie stands here twice";
	}
	if (str_eq_nocase(head, STR("__Host-")) &&
	    (!str_eq(head, STR("__Host-")) || name.len == prefix))
		return "a host cookie is spelled __Host- and has a name after that";
	head.len = name.len < sizeof("__Secure-") - 1 ? name.len : sizeof("__Secure-") - 1;
	if (str_eq_nocase(head, STR("__Secure-")))
		return "__Secure- allows other hosts of the domain: use __Host-";
	return NULL;
}

static void
cookies_are_host_cookies_once(struct reader *reader)
{
	for (size_t i = 0; i < reader->policy->cookie_count; i++) {
		const char *fault = cookie_fault(reader->policy, i);
		if (fault != NULL)
			fault_add(reader->faults, place(reader, STR("cookies"), i, STR("name")),
			          "%s", fault);
	}
}

/* --- classes ------------------------------------------------------------------- */

static void
audit_is_declared(struct reader *reader)
{
	const struct node *classes = tree_find(reader->root, STR("classes"));

	if (classes != NULL && policy_class_find(reader->policy, STR("audit")) == NULL)
		fault_add(reader->faults, place_of(classes),
		          "the audit log is a class too: \"audit\" is missing");
}

static bool
is_audit(const struct policy_class *class)
{
	return str_eq(class->name, STR("audit"));
}

static void
classes_have_fields(struct reader *reader)
{
	const struct policy *policy = reader->policy;

	for (size_t i = 0; i < policy->class_count; i++) {
		const struct policy_class *class = &policy->classes[i];
		if (is_audit(class) == has_key(reader, STR("classes"), i, STR("fields")))
			fault_add(reader->faults,
			          place(reader, STR("classes"), i, STR("fields")),
			          is_audit(class)
			              ? "the entries of the audit log have fields of their own"
			              : "a class without \"fields\" can hold nothing");
	}
}

static void
check_index(struct reader *reader, size_t i)
{
	const struct policy_class *class = &reader->policy->classes[i];
	const struct node *map =
	    tree_find(tree_at(tree_find(reader->root, STR("classes")), i), STR("index"));
	int facets = 0;
	int times = 0;

	for (size_t k = 0; k < class->index_count; k++) {
		const struct policy_index *index = &class->indexes[k];
		facets += index->kind == INDEX_FACET;
		times += index->kind == INDEX_TIME;
		if (!policy_field_is_declared(class, index->field))
			fault_add(reader->faults, place_of(tree_find(map, index->field)),
			          "the class has no field \"%.*s\" to index",
			          STR_ARGS(index->field));
	}
	if (facets > FACETS_MAX)
		fault_add(reader->faults, place_of(map), "more than %d facets", FACETS_MAX);
	if (times > 1)
		fault_add(reader->faults, place_of(map), "more than one time");
}

static void
indexes_fit_the_store(struct reader *reader)
{
	for (size_t i = 0; i < reader->policy->class_count; i++) {
		if (reader->policy->classes[i].index_count != 0)
			check_index(reader, i);
	}
}

static const char *
keep_fault(const struct policy_class *class, bool has_then)
{
	const struct policy_keep *keep = &class->keep;

	if (keep->until == 0)
		return NULL; /* its own fault already */
	if (keep->plus.is_forever)
		return has_then ? "what is kept for ever has no `then`" : NULL;
	if (!has_then)
		return "`then` is missing: what happens when the time is over";
	if ((keep->then == THEN_PRUNE) != is_audit(class) && keep->then != 0)
		return "`prune` is for the audit log, and the audit log is pruned";
	if (keep->then == THEN_ASK_CLIENT && class->is_controller)
		return "`ask_client` is for data held as a processor";
	return NULL;
}

static void
periods_have_an_end(struct reader *reader)
{
	const struct node *classes = tree_find(reader->root, STR("classes"));

	for (size_t i = 0; i < reader->policy->class_count; i++) {
		const struct node *keep = tree_find(tree_at(classes, i), STR("keep"));
		const struct node *then = tree_find(keep, STR("then"));
		const char *fault = keep_fault(&reader->policy->classes[i], then != NULL);
		if (fault != NULL)
			fault_add(reader->faults, place_of(then != NULL ? then : keep), "%s",
			          fault);
	}
}

static bool
is_probed(const struct policy *policy, struct str probe)
{
	for (size_t i = 0; i < policy->promise_count; i++) {
		if (str_eq(policy->promises[i].probe, probe))
			return true;
	}
	return false;
}

static const char *
memory_fault(const struct policy *policy, const struct policy_class *class)
{
	const struct policy_keep *keep = &class->keep;

	if (keep->until != 0 && (keep->until != KEEP_SESSION_ENDED || keep->plus.count != 0 ||
	                         keep->plus.is_forever || keep->then != THEN_ERASE))
		return "what lives in memory goes with its session: `until: session_ended`, "
		       "`then: erase` and nothing after it";
	if (class->index_count != 0)
		return "what is never stored has no `index`";
	if (class->needs_agreement)
		return "what is never stored needs no agreement to be stored";
	if (!is_probed(policy, STR("session.nothing_kept")) &&
	    !is_probed(policy, STR("voice.not_kept")))
		return "what lives in memory needs a promise with the probe "
		       "session.nothing_kept or voice.not_kept";
	return NULL;
}

static void
memory_is_never_stored(struct reader *reader)
{
	const struct policy *policy = reader->policy;

	for (size_t i = 0; i < policy->class_count; i++) {
		const struct policy_class *class = &policy->classes[i];
		const char *fault = class->is_memory ? memory_fault(policy, class) : NULL;
		if (fault != NULL)
			fault_add(reader->faults, place(reader, STR("classes"), i, STR("held")),
			          "%s", fault);
	}
}

/* A name that the store turns into a number, and where it stands. */
struct numbered {
	struct str name;
	struct place at;
};

static void
add_number(struct reader *reader, struct numbered *names, size_t *count, struct numbered one)
{
	int64_t number = policy_number(one.name);

	if (one.name.len == 0)
		return;
	if (number == 0)
		fault_add(reader->faults, one.at, "the name has no number: take another");
	for (size_t i = 0; i < *count; i++) {
		if (str_eq(names[i].name, one.name))
			return;
		if (policy_number(names[i].name) != number)
			continue;
		fault_add(reader->faults, one.at,
		          "this name has the number of \"%.*s\": take another",
		          STR_ARGS(names[i].name));
		return;
	}
	names[(*count)++] = one;
}

static size_t
count_numbered(const struct policy *policy)
{
	size_t count = 2 * policy->class_count;

	for (size_t i = 0; i < policy->class_count; i++)
		count += policy->classes[i].index_count;
	return count;
}

static void
numbers_are_apart(struct reader *reader)
{
	const struct policy *policy = reader->policy;
	size_t room = count_numbered(policy);
	struct numbered *names =
	    arena_alloc(reader->arena, (room + 1) * sizeof(*names), _Alignof(struct numbered));
	size_t count = 0;

	for (size_t i = 0; i < policy->class_count; i++) {
		const struct policy_class *class = &policy->classes[i];
		struct numbered own = { class->name,
			                place(reader, STR("classes"), i, STR("")) };
		struct numbered about = { class->about,
			                  place(reader, STR("classes"), i, STR("about")) };
		add_number(reader, names, &count, own);
		add_number(reader, names, &count, about);
		for (size_t k = 0; k < class->index_count; k++) {
			struct numbered index = {
				class->indexes[k].field,
				place(reader, STR("classes"), i, STR("index")),
			};
			add_number(reader, names, &count, index);
		}
	}
}

static struct str
missing_rights(struct arena *arena, unsigned missing)
{
	struct str list = STR_EMPTY;

	for (size_t i = 0; i < words_right.count; i++) {
		if ((missing & (unsigned)words_right.items[i].value) == 0)
			continue;
		list = str_printf(arena, "%.*s%s%s", STR_ARGS(list), list.len == 0 ? "" : ", ",
		                  words_right.items[i].text);
	}
	return list;
}

/* Art. 6(1) bases bind where the GDPR does: there, people have each right that
 * the basis of any use of the class gives. */
static void
granted_rights_suffice(struct reader *reader)
{
	const struct policy *policy = reader->policy;
	bool is_listed, has_default;
	unsigned granted = granted_in(policy, STR("eu"), &is_listed);

	if (!is_listed)
		granted = granted_in(policy, STR("default"), &has_default);
	if (!is_listed && !has_default)
		return;
	for (size_t i = 0; i < policy->class_count; i++) {
		unsigned missing = policy->classes[i].rights & ~granted;
		struct str list = missing_rights(reader->arena, missing);
		if (missing != 0)
			fault_add(
			    reader->faults, place(reader, STR("classes"), i, STR("use")),
			    "the legal bases of this class give more rights in the EU than "
			    "rights.grant: %.*s",
			    STR_ARGS(list));
	}
}

static bool
is_special(struct str category)
{
	return str_starts_with(category, STR("user.health_and_medical")) ||
	       str_starts_with(category, STR("user.biometric"));
}

/* GDPR Art. 9(2) lists the exceptions for health and biometric data; a
 * legitimate interest is none of them. */
static void
special_data_needs_more_than_interest(struct reader *reader)
{
	const struct policy *policy = reader->policy;

	for (size_t i = 0; i < policy->class_count; i++) {
		const struct policy_class *class = &policy->classes[i];
		bool is_about_health = false;
		bool is_by_interest = false;
		for (size_t k = 0; k < class->category_count; k++)
			is_about_health = is_about_health || is_special(class->categories[k]);
		for (size_t k = 0; k < policy->purpose_count; k++)
			is_by_interest = is_by_interest || ((class->use >> k & 1) &&
			                                    policy->purposes[k].basis ==
			                                        BASIS_LEGITIMATE_INTEREST);
		if (is_about_health && is_by_interest)
			fault_add(reader->faults, place(reader, STR("classes"), i, STR("use")),
			          "health and biometric data are not used on a legitimate "
			          "interest (GDPR Art. 9(2))");
	}
}

/* --- recipients, roles, processors --------------------------------------------------- */

static void
consent_has_a_purpose(struct reader *reader, size_t i)
{
	const struct policy_recipient *recipient = &reader->policy->recipients[i];
	const struct policy_purpose *purpose =
	    policy_purpose_find(reader->policy, recipient->purpose);
	bool is_stated = has_key(reader, STR("recipients"), i, STR("for"));

	if (recipient->when != WHEN_CONSENT || (is_stated && purpose == NULL))
		return;
	if (purpose == NULL || (purpose->basis != BASIS_CONSENT && purpose->basis != 0))
		fault_add(reader->faults, place(reader, STR("recipients"), i, STR("when")),
		          "`when: consent` needs a purpose under `for` whose basis is consent");
}

static void
recipients_get_data_for_its_purpose(struct reader *reader)
{
	const struct policy *policy = reader->policy;

	for (size_t i = 0; i < policy->recipient_count; i++) {
		const struct policy_recipient *recipient = &policy->recipients[i];
		const struct policy_purpose *purpose =
		    policy_purpose_find(policy, recipient->purpose);
		consent_has_a_purpose(reader, i);
		for (size_t k = 0; purpose != NULL && k < policy->class_count; k++) {
			policy_set bit = (policy_set)1 << (purpose - policy->purposes);
			bool is_received = recipient->receives >> k & 1;
			if (!is_received || (policy->classes[k].use & bit))
				continue;
			fault_add(reader->faults,
			          place(reader, STR("recipients"), i, STR("for")),
			          "the class \"%.*s\" is not used for this purpose",
			          STR_ARGS(policy->classes[k].name));
		}
	}
}

static bool
kind_has_addresses(const struct policy *policy, struct str kind)
{
	for (size_t i = 0; i < policy->class_count; i++) {
		const struct policy_class *class = &policy->classes[i];
		const struct policy_index *index = policy_index_find(class, STR("email"));
		if (str_eq(class->about, kind) && index != NULL && index->kind == INDEX_TERM)
			return true;
	}
	return false;
}

static void
roles_are_somebody(struct reader *reader)
{
	const struct policy *policy = reader->policy;

	for (size_t i = 0; i < policy->role_count; i++) {
		const struct policy_role *role = &policy->roles[i];
		struct place at = place(reader, STR("roles"), i, STR("is"));
		if (policy_kind_is_many(role->is))
			fault_add(reader->faults, at,
			          "\"%.*s\" is a word for many kinds: a role is one of them",
			          STR_ARGS(role->is));
		else if (role->is.len == 0 || policy->class_count == 0 || role->by_credential)
			continue;
		else if (!kind_has_addresses(policy, role->is))
			fault_add(reader->faults, at,
			          "no class about \"%.*s\" has `index: { email: term }` to "
			          "sign in by",
			          STR_ARGS(role->is));
	}
}

static void
roles_state_their_factor(struct reader *reader)
{
	const struct policy *policy = reader->policy;

	for (size_t i = 0; i < policy->role_count; i++) {
		const struct policy_role *role = &policy->roles[i];
		bool is_stated = has_key(reader, STR("roles"), i, STR("second_factor"));
		const struct node *node = tree_find(
		    tree_at(tree_find(reader->root, STR("roles")), i), STR("second_factor"));
		struct place at = place(reader, STR("roles"), i, STR("second_factor"));
		if (role->by_credential && is_stated)
			fault_add(reader->faults, at, "a credential has no second factor");
		else if (policy->second_factor == SECOND_BY_ROLE && !role->by_credential &&
		         !is_stated)
			fault_add(reader->faults, at,
			          "the second factor is by role, and this role does not say");
		else if (policy->second_factor == SECOND_REQUIRED && is_stated &&
		         str_eq(node->text, STR("optional")))
			fault_add(reader->faults, at,
			          "security requires a second factor of all");
	}
}

static void
releases_have_a_recipient(struct reader *reader)
{
	const struct policy *policy = reader->policy;
	const struct node *roles = tree_find(reader->root, STR("roles"));
	policy_set received = 0;

	for (size_t i = 0; i < policy->recipient_count; i++)
		received |= policy->recipients[i].receives;
	for (size_t i = 0; i < policy->role_count; i++) {
		const struct node *may = tree_find(tree_at(roles, i), STR("may"));
		for (size_t k = 0; k < policy->roles[i].grant_count; k++) {
			const struct policy_grant *grant = &policy->roles[i].grants[k];
			if (grant->verb != VERB_RELEASE || (received >> grant->class_index & 1))
				continue;
			fault_add(reader->faults, tree_at(may, k)->at,
			          "no recipient gets this class");
		}
	}
}

static bool
region_is_allowed(const struct policy *policy, struct str region)
{
	for (size_t i = 0; i < policy->transfer_count; i++) {
		if (str_eq(policy->transfers[i].to, region))
			return true;
	}
	return region.len == 0 || policy->region.len == 0 || str_eq(policy->region, region);
}

static void
processors_are_in_allowed_regions(struct reader *reader)
{
	const struct policy *policy = reader->policy;

	for (size_t i = 0; i < policy->processor_count; i++) {
		if (!region_is_allowed(policy, policy->processors[i].region))
			fault_add(
			    reader->faults, place(reader, STR("processors"), i, STR("region")),
			    "this is not the policy's region, and no transfer goes there");
	}
}

/* --- promises ------------------------------------------------------------------------ */

static bool
promise_is_again(const struct policy *policy, size_t i)
{
	for (size_t k = 0; k < i; k++) {
		if (policy->promises[i].id.len != 0 &&
		    str_eq(policy->promises[k].id, policy->promises[i].id))
			return true;
	}
	return false;
}

static void
promises_are_kept_somehow(struct reader *reader)
{
	const struct policy *policy = reader->policy;

	for (size_t i = 0; i < policy->promise_count; i++) {
		bool has_probe = has_key(reader, STR("promises"), i, STR("probe"));
		bool is_attested = has_key(reader, STR("promises"), i, STR("attested"));
		if (has_probe == is_attested)
			fault_add(reader->faults, place(reader, STR("promises"), i, STR("id")),
			          has_probe
			              ? "a promise has a probe or an attestation, not both"
			              : "a promise needs a probe or an attestation");
		if (!is_attested && has_key(reader, STR("promises"), i, STR("region")))
			fault_add(reader->faults,
			          place(reader, STR("promises"), i, STR("region")),
			          "only an attestation is of one region: a probe runs here");
		if (promise_is_again(policy, i))
			fault_add(reader->faults, place(reader, STR("promises"), i, STR("id")),
			          "this id stands here twice");
	}
}

static void
probes_are_known(struct reader *reader)
{
	const struct policy *policy = reader->policy;

	for (size_t i = 0; i < policy->promise_count; i++) {
		struct str probe = policy->promises[i].probe;
		struct str fault = STR_EMPTY;
		if (probe.len != 0)
			fault = probe_fault(policy, probe, reader->arena);
		if (fault.len != 0)
			fault_add(reader->faults,
			          place(reader, STR("promises"), i, STR("probe")), "%.*s",
			          STR_ARGS(fault));
	}
}

void
rules_check(struct reader *reader)
{
	static void (*const rules[])(struct reader *) = {
		rights_have_a_default,
		rights_through_a_client_need_one,
		factors_are_named_where_needed,
		transfers_go_elsewhere_once,
		cookies_are_host_cookies_once,
		audit_is_declared,
		classes_have_fields,
		indexes_fit_the_store,
		periods_have_an_end,
		memory_is_never_stored,
		numbers_are_apart,
		granted_rights_suffice,
		special_data_needs_more_than_interest,
		recipients_get_data_for_its_purpose,
		roles_are_somebody,
		roles_state_their_factor,
		releases_have_a_recipient,
		processors_are_in_allowed_regions,
		promises_are_kept_somehow,
		probes_are_known,
	};

	for (size_t i = 0; i < COUNT_OF(rules); i++)
		rules[i](reader);
}
