#include "service/measure/fhir_rule.h"

/* Codings of one concept that are compared; the reader keeps only one anyway, and
 * all against all would let one request take minutes. */
#define CODINGS_MAX 32

void
fhir_complain(struct fhir_walk *walk, const struct fhir_place *place, const char *member,
              enum fhir_issue_type type, const char *why)
{
	fhir_issue_add(walk->issues, place, member,
	               (struct fhir_complaint){ RC_SYNTAX, type, why });
}

struct str
fhir_text_of(const struct json_object *object, const char *member)
{
	struct json_object *value;

	if (!json_find(object, member, &value) || json_kind(value) != JSON_STRING)
		return STR_EMPTY;
	return json_text(value);
}

static bool
has(const struct json_object *object, const char *member)
{
	struct json_object *value;

	return json_find(object, member, &value);
}

/* A member whose name begins with `prefix` and goes on: valueString of "value". */
static bool
has_choice(const struct json_object *object, struct str prefix)
{
	struct json_iter at;

	for (json_iter_start(&at, object); json_iter_next(&at);) {
		struct str name = at.name;
		if (str_starts_with(name, STR("_")))
			name = (struct str){ name.ptr + 1, name.len - 1 };
		if (str_starts_with(name, prefix) && name.len > prefix.len)
			return true;
	}
	return false;
}

static struct json_object *
member_of(const struct json_object *object, const char *name)
{
	struct json_object *value = NULL;

	return json_find(object, name, &value) ? value : NULL;
}

static size_t
length(const struct json_object *array)
{
	return json_kind(array) == JSON_ARRAY ? json_count(array) : 0;
}

/* qty-3.  A UCUM code is printable ASCII without white space whose brackets
 * close (UCUM, section 2); which units are kept is the reader's question. */
static void
quantity_rule(struct fhir_walk *walk, const struct json_object *object,
              const struct fhir_place *place)
{
	struct str code = fhir_text_of(object, "code");
	int open = 0;

	if (has(object, "code") && !has(object, "system"))
		fhir_complain(walk, place, "system", FHIR_INVARIANT,
		              "qty-3: a unit's code needs its system");
	if (!str_eq(fhir_text_of(object, "system"), STR("http://unitsofmeasure.org")))
		return;
	for (size_t i = 0; i < code.len && open >= 0; i++) {
		char c = code.ptr[i];
		open += c == '[' || c == '{' || c == '(' ? 1 : 0;
		open -= c == ']' || c == '}' || c == ')' ? 1 : 0;
		if (c <= ' ' || c > '~')
			open = -1;
	}
	if (open != 0)
		fhir_complain(walk, place, "code", FHIR_CODE_INVALID, "not a UCUM code");
}

/* per-1, as far as both ends are precise enough to tell. */
static void
period_rule(struct fhir_walk *walk, const struct json_object *object,
            const struct fhir_place *place)
{
	struct fhir_moment start;
	struct fhir_moment end;

	if (fhir_moment_parse(fhir_text_of(object, "start"), false, &start) &&
	    fhir_moment_parse(fhir_text_of(object, "end"), false, &end) &&
	    start.from_us >= end.until_us)
		fhir_complain(walk, place, NULL, FHIR_INVARIANT,
		              "per-1: it ends before it starts");
}

static bool
quantity_double(const struct json_object *quantity, double *number)
{
	struct json_object *value = member_of(quantity, "value");

	if (json_kind(value) != JSON_NUMBER)
		return false;
	*number = json_double(value);
	return true;
}

/* rng-2, when both ends state the same unit. */
static void
range_rule(struct fhir_walk *walk, const struct json_object *object,
           const struct fhir_place *place)
{
	const struct json_object *low = member_of(object, "low");
	const struct json_object *high = member_of(object, "high");
	double from;
	double to;

	if (quantity_double(low, &from) && quantity_double(high, &to) && from > to &&
	    str_eq(fhir_text_of(low, "code"), fhir_text_of(high, "code")))
		fhir_complain(walk, place, NULL, FHIR_INVARIANT, "rng-2: low is above high");
}

static void
ratio_rule(struct fhir_walk *walk, const struct json_object *object,
           const struct fhir_place *place)
{
	bool has_top = has(object, "numerator");

	if (has_top != has(object, "denominator") || (!has_top && !has(object, "extension")))
		fhir_complain(walk, place, NULL, FHIR_INVARIANT,
		              "rat-1: numerator and denominator stand together");
}

static void
extension_rule(struct fhir_walk *walk, const struct json_object *object,
               const struct fhir_place *place)
{
	if (has(object, "extension") == has_choice(object, STR("value")))
		fhir_complain(walk, place, NULL, FHIR_INVARIANT,
		              "ext-1: either extensions or a value, not both, not neither");
}

static void
reference_range_rule(struct fhir_walk *walk, const struct json_object *object,
                     const struct fhir_place *place)
{
	if (!has(object, "low") && !has(object, "high") && !has(object, "text"))
		fhir_complain(walk, place, NULL, FHIR_INVARIANT, "obs-3: low, high or text");
}

static bool
has_coding(const struct json_object *list, const struct json_object *coding)
{
	struct str code = fhir_text_of(coding, "code");
	struct str system = fhir_text_of(coding, "system");

	for (size_t i = 0; code.len != 0 && i < length(list) && i < CODINGS_MAX; i++) {
		const struct json_object *other = json_at(list, i);
		if (str_eq(code, fhir_text_of(other, "code")) &&
		    str_eq(system, fhir_text_of(other, "system")))
			return true;
	}
	return false;
}

/* Whether two CodeableConcepts share a coding (system and code). */
static bool
codes_meet(const struct json_object *a, const struct json_object *b)
{
	const struct json_object *left = member_of(a, "coding");
	const struct json_object *right = member_of(b, "coding");

	for (size_t i = 0; i < length(left) && i < CODINGS_MAX; i++) {
		if (has_coding(right, json_at(left, i)))
			return true;
	}
	return false;
}

static void
observation_rule(struct fhir_walk *walk, const struct json_object *object,
                 const struct fhir_place *place)
{
	const struct json_object *components = member_of(object, "component");
	bool has_value = has_choice(object, STR("value"));

	if (has_value && has(object, "dataAbsentReason"))
		fhir_complain(walk, place, "dataAbsentReason", FHIR_INVARIANT,
		              "obs-6: only where there is no value");
	for (size_t i = 0; has_value && i < length(components); i++) {
		const struct json_object *item = json_at(components, i);
		struct fhir_place at = { place, STR("component"), (ptrdiff_t)i };
		if (codes_meet(member_of(item, "code"), member_of(object, "code")))
			fhir_complain(walk, &at, "code", FHIR_INVARIANT,
			              "obs-7: the Observation's own code with a value beside");
	}
}

/* bdl-3 and bdl-4: what an entry of this type of Bundle has, or has not. */
static void
entries_rule(struct fhir_walk *walk, const struct json_object *bundle,
             const struct fhir_place *place, struct str type)
{
	bool is_history = str_eq(type, STR("history"));
	bool asks =
	    is_history || str_eq(type, STR("batch")) || str_eq(type, STR("transaction"));
	bool answers = is_history || str_eq(type, STR("batch-response")) ||
	               str_eq(type, STR("transaction-response"));
	const struct json_object *entries = member_of(bundle, "entry");

	for (size_t i = 0; i < length(entries); i++) {
		const struct json_object *entry = json_at(entries, i);
		struct fhir_place at = { place, STR("entry"), (ptrdiff_t)i };
		if (has(entry, "request") != asks)
			fhir_complain(
			    walk, &at, "request", FHIR_INVARIANT,
			    "bdl-3: in a batch, transaction or history, and only there");
		if (has(entry, "response") != answers)
			fhir_complain(walk, &at, "response", FHIR_INVARIANT,
			              "bdl-4: in a response or history, and only there");
		if (has(entry, "search") && !str_eq(type, STR("searchset")))
			fhir_complain(walk, &at, "search", FHIR_INVARIANT,
			              "bdl-2: in a searchset only");
	}
}

struct full_url {
	struct str url;
	struct str version;
	size_t index;
};

static int
str_order(struct str a, struct str b)
{
	size_t common = a.len < b.len ? a.len : b.len;
	int order = common == 0 ? 0 : memcmp(a.ptr, b.ptr, common);

	return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static int
full_url_order(const void *a, const void *b)
{
	const struct full_url *one = a;
	const struct full_url *two = b;
	int order = str_order(one->url, two->url);

	return order != 0 ? order : str_order(one->version, two->version);
}

/* bdl-7: a fullUrl stands once, or with different versions. */
static void
full_urls_rule(struct fhir_walk *walk, const struct json_object *bundle,
               const struct fhir_place *place)
{
	const struct json_object *entries = member_of(bundle, "entry");
	struct full_url *urls = calloc(length(entries) + 1, sizeof(*urls));
	size_t count = 0;

	if (urls == NULL)
		abort();
	for (size_t i = 0; i < length(entries); i++) {
		const struct json_object *entry = json_at(entries, i);
		const struct json_object *resource = member_of(entry, "resource");
		struct str url = fhir_text_of(entry, "fullUrl");
		if (url.len != 0)
			urls[count++] = (struct full_url){
				url, fhir_text_of(member_of(resource, "meta"), "versionId"), i
			};
	}
	qsort(urls, count, sizeof(*urls), full_url_order);
	for (size_t i = 1; i < count; i++) {
		struct fhir_place at = { place, STR("entry"), (ptrdiff_t)urls[i].index };
		if (full_url_order(&urls[i - 1], &urls[i]) == 0)
			fhir_complain(walk, &at, "fullUrl", FHIR_DUPLICATE,
			              "bdl-7: the same fullUrl twice");
	}
	free(urls);
}

static void
bundle_rule(struct fhir_walk *walk, const struct json_object *object,
            const struct fhir_place *place)
{
	struct str type = fhir_text_of(object, "type");
	bool is_history = str_eq(type, STR("history"));

	if (has(object, "total") && !is_history && !str_eq(type, STR("searchset")))
		fhir_complain(walk, place, "total", FHIR_INVARIANT,
		              "bdl-1: in a searchset or history only");
	entries_rule(walk, object, place, type);
	if (!is_history)
		full_urls_rule(walk, object, place);
}

static void
bundle_entry_rule(struct fhir_walk *walk, const struct json_object *object,
                  const struct fhir_place *place)
{
	struct str url = fhir_text_of(object, "fullUrl");

	if (!has(object, "resource") && !has(object, "request") && !has(object, "response"))
		fhir_complain(walk, place, NULL, FHIR_INVARIANT,
		              "bdl-5: a resource, a request or a response");
	if (url.len != 0 && memmem(url.ptr, url.len, "/_history/", 10) != NULL)
		fhir_complain(walk, place, "fullUrl", FHIR_INVARIANT, "bdl-8: names a version");
}

static void
parameter_rule(struct fhir_walk *walk, const struct json_object *object,
               const struct fhir_place *place)
{
	int count = has(object, "part") + has(object, "resource");

	count += has_choice(object, STR("value"));
	if (count != 1)
		fhir_complain(walk, place, NULL, FHIR_INVARIANT,
		              "inv-1: one of value, resource and part");
}

static void
contact_rule(struct fhir_walk *walk, const struct json_object *object,
             const struct fhir_place *place)
{
	if (has(object, "value") && !has(object, "system"))
		fhir_complain(walk, place, "system", FHIR_INVARIANT,
		              "cpt-2: a value needs its system");
}

void
fhir_rule_check(struct fhir_walk *walk, enum fhir_rule rule, const struct json_object *object,
                const struct fhir_place *place)
{
	static void (*const rules[])(struct fhir_walk *, const struct json_object *,
	                             const struct fhir_place *) = {
		[FHIR_RULE_QUANTITY] = quantity_rule,
		[FHIR_RULE_PERIOD] = period_rule,
		[FHIR_RULE_RANGE] = range_rule,
		[FHIR_RULE_RATIO] = ratio_rule,
		[FHIR_RULE_EXTENSION] = extension_rule,
		[FHIR_RULE_REFERENCE_RANGE] = reference_range_rule,
		[FHIR_RULE_OBSERVATION] = observation_rule,
		[FHIR_RULE_BUNDLE] = bundle_rule,
		[FHIR_RULE_BUNDLE_ENTRY] = bundle_entry_rule,
		[FHIR_RULE_PARAMETER] = parameter_rule,
		[FHIR_RULE_CONTACT] = contact_rule,
	};

	if (rule != FHIR_RULE_NONE)
		rules[rule](walk, object, place);
}

static bool
is_contained(const struct json_object *root, struct str id)
{
	const struct json_object *list = member_of(root, "contained");

	for (size_t i = 0; i < length(list) && i < FHIR_CONTAINED_MAX; i++) {
		if (str_eq(fhir_text_of(json_at(list, i), "id"), id))
			return true;
	}
	return false;
}

/* "Patient/12" or "Patient/12/_history/3": *type gets "Patient". */
static bool
relative_is_valid(struct str text, struct str *type)
{
	struct str id;
	struct str history;
	struct str rest = str_cut(text, '/', type);

	rest = str_cut(rest, '/', &id);
	if (!fhir_is_element_name(*type) || type->ptr[0] < 'A' || type->ptr[0] > 'Z')
		return false;
	if (!fhir_id_is_valid(id))
		return false;
	if (text.len == type->len + 1 + id.len)
		return true;
	rest = str_cut(rest, '/', &history);
	return str_eq(history, STR("_history")) && fhir_id_is_valid(rest);
}

static bool
is_uri_of(struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] <= ' ')
			return false;
	}
	return true;
}

/* R4 "References": absolute, relative or "#id". */
void
fhir_rule_reference(struct fhir_walk *walk, const struct fhir_element *element,
                    const struct json_object *reference, const struct fhir_place *place)
{
	struct str text = fhir_text_of(reference, "reference");
	struct str stated = fhir_text_of(reference, "type");
	struct str type = STR_EMPTY;

	if (stated.len != 0 && element->allowed != NULL &&
	    !fhir_word_in(element->allowed, stated))
		fhir_complain(walk, place, "type", FHIR_VALUE,
		              "not a type that may stand here");
	if (text.len == 0)
		return;
	if (str_starts_with(text, STR("#"))) {
		if (text.len > 1 &&
		    !is_contained(walk->root, (struct str){ text.ptr + 1, text.len - 1 }))
			fhir_complain(walk, place, "reference", FHIR_INVARIANT,
			              "ref-1: no such contained resource");
		return;
	}
	if (str_starts_with(text, STR("urn:")) || str_starts_with(text, STR("http://")) ||
	    str_starts_with(text, STR("https://"))) {
		if (!is_uri_of(text))
			fhir_complain(walk, place, "reference", FHIR_VALUE, "not a uri");
		return;
	}
	if (!relative_is_valid(text, &type))
		fhir_complain(walk, place, "reference", FHIR_VALUE,
		              "not a reference (Type/id, a URL, urn:uuid:... or #id)");
	else if (element->allowed != NULL && !fhir_word_in(element->allowed, type))
		fhir_complain(walk, place, "reference", FHIR_VALUE,
		              "a type of resource that may not stand here");
}

/* Whether something in `value` refers to "#id". */
static bool
refers_to(const struct json_object *value, struct str id)
{
	struct str text = fhir_text_of(value, "reference");
	struct json_iter at;

	if (text.len == id.len + 1 && str_starts_with(text, STR("#")) &&
	    str_ends_with(text, id))
		return true;
	for (size_t i = 0; i < length(value); i++) {
		if (refers_to(json_at(value, i), id))
			return true;
	}
	if (json_kind(value) != JSON_OBJECT)
		return false;
	for (json_iter_start(&at, value); json_iter_next(&at);) {
		if (refers_to(at.value, id))
			return true;
	}
	return false;
}

void
fhir_rule_contained(struct fhir_walk *walk, const struct json_object *contained,
                    const struct fhir_place *place)
{
	const struct json_object *meta = member_of(contained, "meta");
	struct str id = fhir_text_of(contained, "id");

	if (has(contained, "contained"))
		fhir_complain(walk, place, "contained", FHIR_INVARIANT,
		              "dom-2: a contained resource contains none");
	if (id.len == 0)
		fhir_complain(walk, place, "id", FHIR_REQUIRED,
		              "a contained resource has an id");
	else if (!refers_to(walk->root, id))
		fhir_complain(walk, place, NULL, FHIR_INVARIANT, "dom-3: nothing refers to it");
	if (has(meta, "versionId") || has(meta, "lastUpdated"))
		fhir_complain(walk, place, "meta", FHIR_INVARIANT,
		              "dom-4: a contained resource has no version");
	if (has(meta, "security"))
		fhir_complain(walk, place, "meta", FHIR_INVARIANT,
		              "dom-5: a contained resource has no label of its own");
}
