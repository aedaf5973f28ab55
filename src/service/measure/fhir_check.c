#include "service/measure/fhir_check.h"

#include "service/measure/fhir_rule.h"

/* One member of an object: what it should be, what it is, where it is. */
struct member {
	const struct fhir_element *element;
	const struct json_object *owner;
	const struct json_object *value;
	const struct fhir_place *at; /* the owner */
};

static const struct fhir_element sibling_rows[] = { FHIR_ELEMENT_ROWS };
static const struct fhir_shape sibling =
    FHIR_SHAPE(sibling_rows, "Element", FHIR_RULE_NONE, NULL);

static void check_object(struct fhir_walk *walk, const struct fhir_shape *shape,
                         const struct json_object *object, const struct fhir_place *place);
static void check_resource(struct fhir_walk *walk, const struct json_object *value,
                           const char *type, const struct fhir_place *place);

/* The form that every JSON value of FHIR has, whatever it is. */
static bool
form_is_good(struct fhir_walk *walk, const struct json_object *value,
             const struct fhir_place *place)
{
	enum json_kind kind = json_kind(value);

	if (kind == JSON_NULL)
		fhir_complain(walk, place, NULL, FHIR_STRUCTURE, "null: leave the element out");
	else if (kind == JSON_OBJECT && json_count(value) == 0)
		fhir_complain(walk, place, NULL, FHIR_STRUCTURE, "an empty object");
	else if (kind == JSON_ARRAY && json_count(value) == 0)
		fhir_complain(walk, place, NULL, FHIR_STRUCTURE, "an empty array");
	else if (kind == JSON_STRING && json_text(value).len == 0)
		fhir_complain(walk, place, NULL, FHIR_VALUE, "an empty string");
	else
		return true;
	return false;
}

static struct str
fit_name(struct str name)
{
	return fhir_is_element_name(name) ? name : STR("(unfit name)");
}

static void
check_opaque(struct fhir_walk *walk, const struct json_object *value,
             const struct fhir_place *place)
{
	enum json_kind kind = json_kind(value);
	struct json_iter at;

	if (!form_is_good(walk, value, place))
		return;
	for (size_t i = 0; kind == JSON_ARRAY && i < json_count(value); i++) {
		struct fhir_place item = { place->up, place->name, (ptrdiff_t)i };
		check_opaque(walk, json_at(value, i), &item);
	}
	if (kind != JSON_OBJECT)
		return;
	for (json_iter_start(&at, value); json_iter_next(&at);) {
		struct fhir_place member = { place, fit_name(at.name), -1 };
		check_opaque(walk, at.value, &member);
	}
}

static void
check_primitive(struct fhir_walk *walk, const struct fhir_element *element,
                const struct json_object *value, const struct fhir_place *place)
{
	enum fhir_issue_type issue;
	const char *why = fhir_primitive_check(element->type, value, &issue);

	if (why == NULL && element->type == FHIR_DECIMAL &&
	    !fhir_decimal_is_valid(json_number_text(walk->issues->arena, value))) {
		issue = FHIR_VALUE;
		why = "not a decimal: a leading zero, or a point without digits";
	}
	if (why == NULL && element->type == FHIR_CODE && element->allowed != NULL &&
	    !fhir_word_in(element->allowed, json_text(value))) {
		issue = FHIR_CODE_INVALID;
		why = "not a code of the value set that R4 requires here";
	}
	if (why != NULL)
		fhir_complain(walk, place, NULL, issue, why);
}

/* One value, not in an array or one item of it. */
static void
check_value(struct fhir_walk *walk, const struct fhir_element *element,
            const struct json_object *value, const struct fhir_place *place)
{
	if (!form_is_good(walk, value, place))
		return;
	if (json_kind(value) == JSON_ARRAY) {
		fhir_complain(walk, place, NULL, FHIR_STRUCTURE,
		              "an array where one value stands");
	} else if (element->type < FHIR_OBJECT) {
		check_primitive(walk, element, value, place);
	} else if (element->type == FHIR_OBJECT) {
		check_object(walk, element->shape, value, place);
	} else if (element->type == FHIR_REFERENCE) {
		check_object(walk, &fhir_reference, value, place);
		fhir_rule_reference(walk, element, value, place);
	} else if (element->type == FHIR_RESOURCE) {
		check_resource(walk, value, NULL, place);
		if (str_eq(place->name, STR("contained")))
			fhir_rule_contained(walk, value, place);
	} else {
		check_opaque(walk, value, place);
	}
}

/* Whether `_name` holds something for item `index` of the array `name`. */
static bool
sibling_holds(const struct member *member, size_t index)
{
	char name[64];
	struct json_object *list;

	(void)snprintf(name, sizeof(name), "_%s", member->element->name);
	return member->element->type < FHIR_OBJECT && json_find(member->owner, name, &list) &&
	       json_kind(list) == JSON_ARRAY && index < json_count(list) &&
	       json_kind(json_at(list, index)) == JSON_OBJECT;
}

static void
check_array(struct fhir_walk *walk, const struct member *member)
{
	struct fhir_place place = { member->at, str_from_c(member->element->name), -1 };

	if (!form_is_good(walk, member->value, &place))
		return;
	if (json_kind(member->value) != JSON_ARRAY) {
		fhir_complain(walk, &place, NULL, FHIR_STRUCTURE, "must be a JSON array");
		return;
	}
	if (str_eq(place.name, STR("contained")) &&
	    json_count(member->value) > FHIR_CONTAINED_MAX) {
		fhir_complain(walk, &place, NULL, FHIR_TOO_COSTLY,
		              "more than 32 contained resources");
		return;
	}
	for (size_t i = 0; i < json_count(member->value); i++) {
		const struct json_object *item = json_at(member->value, i);
		place.index = (ptrdiff_t)i;
		if (item != NULL || !sibling_holds(member, i))
			check_value(walk, member->element, item, &place);
	}
}

/* `_x` beside a primitive x: its id and extensions (R4 "JSON", primitives). */
static void
check_sibling(struct fhir_walk *walk, const struct member *member)
{
	char name[64];
	struct fhir_place place = { member->at, STR_EMPTY, -1 };

	(void)snprintf(name, sizeof(name), "_%s", member->element->name);
	place.name = str_from_c(name);
	if (!form_is_good(walk, member->value, &place))
		return;
	if (!member->element->is_many) {
		check_object(walk, &sibling, member->value, &place);
		return;
	}
	if (json_kind(member->value) != JSON_ARRAY) {
		fhir_complain(walk, &place, NULL, FHIR_STRUCTURE, "must be a JSON array");
		return;
	}
	for (size_t i = 0; i < json_count(member->value); i++) {
		place.index = (ptrdiff_t)i;
		if (json_at(member->value, i) != NULL)
			check_object(walk, &sibling, json_at(member->value, i), &place);
	}
}

/* One member by its name; *seen gets the element's bit. */
static void
check_member(struct fhir_walk *walk, const struct fhir_shape *shape, const struct json_iter *at,
             struct member member, uint64_t *seen)
{
	bool is_sibling = str_starts_with(at->name, STR("_"));
	struct str name =
	    is_sibling ? (struct str){ at->name.ptr + 1, at->name.len - 1 } : at->name;
	struct fhir_place place = { member.at, fit_name(at->name), -1 };
	size_t index = 0;

	member.element = fhir_element_find(shape, name, &index);
	if (member.element == NULL || (is_sibling && member.element->type >= FHIR_OBJECT)) {
		fhir_complain(walk, &place, NULL, FHIR_STRUCTURE, "no such element in R4");
		return;
	}
	*seen |= UINT64_C(1) << index;
	if (is_sibling) {
		check_sibling(walk, &member);
		return;
	}
	if (str_eq(name, STR("modifierExtension")))
		fhir_complain(walk, &place, NULL, FHIR_EXTENSION,
		              "changes the meaning in a way that is not understood here");
	if (walk->is_shallow && member.element->type == FHIR_RESOURCE)
		return;
	if (member.element->is_many)
		check_array(walk, &member);
	else
		check_value(walk, member.element, member.value, &place);
}

static void
check_presence(struct fhir_walk *walk, const struct fhir_shape *shape, uint64_t seen,
               const struct fhir_place *place)
{
	unsigned picked[COUNT_OF(shape->choices) + 1] = { 0 };

	for (size_t i = 0; i < shape->count; i++) {
		const struct fhir_element *element = &shape->elements[i];
		bool is_here = (seen >> i & 1) != 0;
		if (is_here)
			picked[element->choice]++;
		if (element->min > 0 && !is_here)
			fhir_complain(walk, place, element->name, FHIR_REQUIRED,
			              "missing: R4 requires it");
	}
	for (size_t group = 1; group < COUNT_OF(picked); group++) {
		if (picked[group] > 1)
			fhir_complain(walk, place, shape->choices[group - 1], FHIR_STRUCTURE,
			              "at most one of its types may stand");
	}
}

static void
check_object(struct fhir_walk *walk, const struct fhir_shape *shape,
             const struct json_object *object, const struct fhir_place *place)
{
	struct member member = { NULL, object, NULL, place };
	uint64_t seen = 0;
	struct json_iter at;

	if (json_kind(object) != JSON_OBJECT) {
		fhir_complain(walk, place, NULL, FHIR_STRUCTURE, "must be a JSON object");
		return;
	}
	if (!form_is_good(walk, object, place))
		return;
	for (json_iter_start(&at, object); json_iter_next(&at);) {
		if (str_eq(at.name, STR("resourceType")) &&
		    fhir_shape_find(str_from_c(shape->name)))
			continue;
		member.value = at.value;
		check_member(walk, shape, &at, member, &seen);
	}
	check_presence(walk, shape, seen, place);
	fhir_rule_check(walk, shape->rule, object, place);
}

/* A resource inside another is the root of its own references. */
static void
check_resource(struct fhir_walk *walk, const struct json_object *value, const char *type,
               const struct fhir_place *place)
{
	bool is_entry = place->up != NULL && str_eq(place->name, STR("resource"));
	struct fhir_walk inner = { walk->issues, is_entry ? value : walk->root,
		                   walk->is_shallow };
	const struct fhir_shape *shape;
	struct str name;

	if (json_kind(value) != JSON_OBJECT) {
		fhir_complain(walk, place, NULL, FHIR_STRUCTURE, "must be a JSON object");
		return;
	}
	name = fhir_text_of(value, "resourceType");
	shape = fhir_shape_find(name);
	if (name.len == 0)
		fhir_complain(walk, place, "resourceType", FHIR_REQUIRED,
		              "missing or not a string");
	else if (type != NULL && !str_eq(name, str_from_c(type)))
		fhir_complain(walk, place, "resourceType", FHIR_INVALID,
		              "another type of resource is due here");
	else if (shape != NULL)
		check_object(&inner, shape, value, place);
	else if (place->up == NULL || !fhir_is_element_name(name))
		fhir_complain(walk, place, "resourceType", FHIR_NOT_SUPPORTED,
		              "a type of resource that is not taken in");
	else
		check_opaque(walk, value, place);
}

static enum rc
check(const struct json_object *resource, const char *type, struct fhir_walk *walk)
{
	struct str name = fhir_text_of(resource, "resourceType");
	struct fhir_place place = { NULL, str_from_c(type), -1 };

	if (type == NULL)
		place.name = fhir_shape_find(name) != NULL ? name : STR("Resource");
	check_resource(walk, resource, type, &place);
	return walk->issues->rc;
}

enum rc
fhir_check(const struct json_object *resource, const char *type, struct fhir_issues *issues)
{
	struct fhir_walk walk = { issues, resource, false };

	return check(resource, type, &walk);
}

enum rc
fhir_check_bundle(const struct json_object *bundle, struct fhir_issues *issues)
{
	struct fhir_walk walk = { issues, bundle, true };

	return check(bundle, "Bundle", &walk);
}
