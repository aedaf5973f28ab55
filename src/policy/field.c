#include "policy/field.h"

#include "base/limits.h"

#define NAME_MAX_BYTES 40

/* --- forms of texts ----------------------------------------------------- */

static bool
is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool
is_word(struct str text, char joint)
{
	if (text.len == 0 || text.len > NAME_MAX_BYTES || !is_lower(text.ptr[0]))
		return false;
	for (size_t i = 1; i < text.len; i++) {
		char c = text.ptr[i];
		if (!is_lower(c) && !(c >= '0' && c <= '9') && c != joint)
			return false;
	}
	return true;
}

static bool
is_name(struct str text)
{
	return is_word(text, '_');
}

static bool
is_region(struct str text)
{
	return is_word(text, '-');
}

static bool
is_date(struct str text)
{
	struct err err;
	int64_t us;

	return date_parse(text, &us, &err) == RC_OK;
}

static bool
is_mail(struct str text)
{
	struct str local;
	struct str host = str_cut(text, '@', &local);

	if (local.len == 0 || host.len < 3 || text.len > 254)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] <= ' ' || strchr("<>()[],;:\\\"", text.ptr[i]) != NULL)
			return false;
	}
	return memchr(host.ptr, '@', host.len) == NULL &&
	       memchr(host.ptr + 1, '.', host.len - 2) != NULL;
}

static bool
is_file(struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		if (!is_lower(c) && !(c >= '0' && c <= '9') && strchr("._-", c) == NULL)
			return false;
	}
	return text.len <= NAME_MAX_BYTES && text.len > 0 && text.ptr[0] != '.';
}

static bool
is_category(struct str text)
{
	struct str part;

	if (!str_starts_with(text, STR("user.")) && !str_starts_with(text, STR("system.")))
		return false;
	while (text.len != 0) {
		bool is_last = memchr(text.ptr, '.', text.len) == NULL;
		text = str_cut(text, '.', &part);
		if (!is_name(part) || (text.len == 0 && !is_last))
			return false;
	}
	return true;
}

const struct form form_name = { is_name, "a name (small letters, digits and _)" };
const struct form form_region = { is_region, "a region (small letters, digits and -)" };
const struct form form_date = { is_date, "a date (YYYY-MM-DD)" };
const struct form form_mail = { is_mail, "a mail address" };
const struct form form_file = { is_file, "the name of a file beside the policy" };
/* A token (RFC 9110, section 5.6.2). */
static bool
is_cookie(struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		bool is_plain = is_lower(c) || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
		if (!is_plain && strchr("!#$%&'*+-.^_`|~", c) == NULL)
			return false;
	}
	return text.len > 0 && text.len <= 64;
}

const struct form form_cookie = { is_cookie, "a cookie's name (letters, digits, -, _)" };
const struct form form_category = { is_category, "a Fideslang key (user.… or system.…)" };

/* --- what readers share -------------------------------------------------- */

void *
field_place(const struct field *field, void *target)
{
	return (char *)target + field->to;
}

void
field_count_set(const struct field *field, void *target, size_t count)
{
	*(size_t *)(void *)((char *)target + field->count_to) = count;
}

bool
field_is(struct reader *reader, const struct node *node, enum node_kind kind)
{
	static const char *const names[] = {
		[NODE_TEXT] = "a text",
		[NODE_LIST] = "a list",
		[NODE_MAP] = "a map of keys",
	};

	if (node->is_bad)
		return false;
	if (node->kind == kind && (kind == NODE_TEXT || node->count != 0))
		return true;
	fault_add(reader->faults, node->at,
	          node->kind == kind ? "%s with nothing in it" : "this must be %s",
	          names[kind]);
	return false;
}

static bool
has_control(struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		if ((unsigned char)text.ptr[i] < ' ' || text.ptr[i] == 0x7f)
			return true;
	}
	return false;
}

bool
field_fits(struct reader *reader, const struct node *node, const struct form *form)
{
	if (!field_is(reader, node, NODE_TEXT))
		return false;
	if (node->text.len > FIELD_TEXT_MAX || has_control(node->text)) {
		fault_add(reader->faults, node->at,
		          "a text is one line of at most %d bytes (fold longer ones with >-)",
		          FIELD_TEXT_MAX);
		return false;
	}
	if (form == NULL || form->fits(node->text))
		return true;
	fault_add(reader->faults, node->at, "this must be %s", form->says);
	return false;
}

bool
field_word_find(const struct words *words, struct str text, int *value)
{
	for (size_t i = 0; i < words->count; i++) {
		if (!str_eq(text, str_from_c(words->items[i].text)))
			continue;
		*value = words->items[i].value;
		return true;
	}
	return false;
}

/* --- maps ------------------------------------------------------------------ */

static const struct field *
shape_field(const struct shape *shape, struct str name)
{
	for (size_t i = 0; i < shape->count; i++) {
		if (str_eq(str_from_c(shape->fields[i].name), name))
			return &shape->fields[i];
	}
	return NULL;
}

static struct place
place_of_map(const struct node *map)
{
	return map->name.len == 0 ? map->at : map->name_at;
}

void
shape_read(struct reader *reader, struct node *map, const struct shape *shape, void *target)
{
	if (!field_is(reader, map, NODE_MAP))
		return;
	for (size_t i = 0; i < shape->count; i++) {
		const struct field *field = &shape->fields[i];
		struct node *node = tree_find(map, str_from_c(field->name));
		if (node == NULL && field->fallback != NULL)
			node = tree_add_text(reader->arena, map, field->name, field->fallback);
		if (node != NULL)
			field->read(reader, node, field, target);
		else if (!field->is_optional)
			fault_add(reader->faults, place_of_map(map),
			          "%s: the key \"%s\" is missing", shape->what, field->name);
	}
	for (const struct node *node = map->first; node != NULL; node = node->next) {
		if (shape_field(shape, node->name) == NULL)
			fault_add(reader->faults, node->name_at, "%s: unknown key \"%.*s\"",
			          shape->what, STR_ARGS(node->name));
	}
}

void
field_map(struct reader *reader, struct node *node, const struct field *field, void *target)
{
	shape_read(reader, node, field->how, field_place(field, target));
}

/* Room for the items of a list or map, put where the field says. */
static char *
items_new(struct reader *reader, const struct node *node, const struct field *field,
          void *target)
{
	const struct shape *shape = field->how;
	char *items =
	    arena_alloc(reader->arena, node->count * shape->size, _Alignof(max_align_t));

	memcpy(field_place(field, target), &items, sizeof(items));
	field_count_set(field, target, node->count);
	return items;
}

void
field_table(struct reader *reader, struct node *node, const struct field *field, void *target)
{
	const struct shape *shape = field->how;
	char *item;

	if (!field_is(reader, node, NODE_MAP))
		return;
	item = items_new(reader, node, field, target);
	for (struct node *at = node->first; at != NULL; at = at->next) {
		if (!is_name(at->name))
			fault_add(reader->faults, at->name_at, "%s: this must be %s",
			          shape->what, form_name.says);
		*(struct str *)(void *)item = at->name; /* each such struct begins with it */
		shape_read(reader, at, shape, item);
		item += shape->size;
	}
}

void
field_rows(struct reader *reader, struct node *node, const struct field *field, void *target)
{
	const struct shape *shape = field->how;
	char *item;

	if (!field_is(reader, node, NODE_LIST))
		return;
	item = items_new(reader, node, field, target);
	for (struct node *at = node->first; at != NULL; at = at->next) {
		shape_read(reader, at, shape, item);
		item += shape->size;
	}
}

/* --- texts and numbers ------------------------------------------------------ */

void
field_text(struct reader *reader, struct node *node, const struct field *field, void *target)
{
	if (field_fits(reader, node, NULL))
		*(struct str *)field_place(field, target) = node->text;
}

void
field_formed(struct reader *reader, struct node *node, const struct field *field, void *target)
{
	if (field_fits(reader, node, field->how))
		*(struct str *)field_place(field, target) = node->text;
}

/* A name twice in one list says nothing the second time: a slip. */
static void
refuse_repeats(struct reader *reader, const struct node *list)
{
	for (const struct node *at = list->first; at != NULL; at = at->next) {
		for (const struct node *before = list->first; before != at;
		     before = before->next) {
			if (at->kind == NODE_TEXT && str_eq(at->text, before->text))
				fault_add(reader->faults, at->at, "\"%.*s\" stands here twice",
				          STR_ARGS(at->text));
		}
	}
}

static struct str *
texts_new(struct reader *reader, const struct node *node, const struct field *field,
          void *target)
{
	struct str *texts =
	    arena_alloc(reader->arena, node->count * sizeof(struct str), _Alignof(struct str));

	*(struct str **)field_place(field, target) = texts;
	field_count_set(field, target, node->count);
	refuse_repeats(reader, node);
	return texts;
}

void
field_formed_list(struct reader *reader, struct node *node, const struct field *field,
                  void *target)
{
	struct str *texts;

	if (!field_is(reader, node, NODE_LIST))
		return;
	texts = texts_new(reader, node, field, target);
	for (const struct node *at = node->first; at != NULL; at = at->next, texts++) {
		if (field_fits(reader, at, field->how))
			*texts = at->text;
	}
}

void
field_int(struct reader *reader, struct node *node, const struct field *field, void *target)
{
	const struct bounds *bounds = field->how;
	struct err err;
	uint32_t value;

	if (!field_is(reader, node, NODE_TEXT))
		return;
	if (str_to_u32(node->text, &value, &err) != RC_OK || value > (uint32_t)bounds->most ||
	    value < (uint32_t)bounds->least ||
	    (node->text.len > 1 && node->text.ptr[0] == '0')) {
		fault_add(reader->faults, node->at, "this must be a whole number from %d to %d",
		          bounds->least, bounds->most);
		return;
	}
	node->is_number = true;
	*(int *)field_place(field, target) = (int)value;
}

/* --- words ---------------------------------------------------------------- */

static bool
read_word(struct reader *reader, const struct node *node, const struct words *words, int *value)
{
	CLEANUP(buf_free) struct buf list = { 0 };

	buf_init(&list, KIB);
	if (!field_is(reader, node, NODE_TEXT))
		return false;
	if (field_word_find(words, node->text, value))
		return true;
	for (size_t i = 0; i < words->count; i++)
		buf_addf(&list, "%s%s", i == 0 ? "" : ", ", words->items[i].text);
	fault_add(reader->faults, node->at, "this must be one of: %s", list.text);
	return false;
}

void
field_word(struct reader *reader, struct node *node, const struct field *field, void *target)
{
	int value;

	if (read_word(reader, node, field->how, &value))
		*(int *)field_place(field, target) = value;
}

void
field_word_text(struct reader *reader, struct node *node, const struct field *field,
                void *target)
{
	int value;

	if (read_word(reader, node, field->how, &value))
		*(struct str *)field_place(field, target) = node->text;
}

void
field_flag(struct reader *reader, struct node *node, const struct field *field, void *target)
{
	int value;

	if (read_word(reader, node, field->how, &value))
		*(bool *)field_place(field, target) = value != 0;
}

void
field_word_set(struct reader *reader, struct node *node, const struct field *field,
               void *target)
{
	unsigned *set = field_place(field, target);
	int value;

	if (!field_is(reader, node, NODE_LIST))
		return;
	refuse_repeats(reader, node);
	for (const struct node *at = node->first; at != NULL; at = at->next) {
		if (read_word(reader, at, field->how, &value))
			*set |= (unsigned)value;
	}
}

void
field_word_list(struct reader *reader, struct node *node, const struct field *field,
                void *target)
{
	struct str *texts;
	int value;

	if (!field_is(reader, node, NODE_LIST))
		return;
	texts = texts_new(reader, node, field, target);
	for (const struct node *at = node->first; at != NULL; at = at->next, texts++) {
		if (read_word(reader, at, field->how, &value))
			*texts = at->text;
	}
}

/* --- names of other things -------------------------------------------------- */

static bool
reference_find(const struct reader *reader, const struct reference *reference, struct str name,
               size_t *index)
{
	const char *policy = (const char *)reader->policy;
	const char *items;
	size_t count;

	memcpy(&items, policy + reference->items, sizeof(items));
	memcpy(&count, policy + reference->count, sizeof(count));
	for (size_t i = 0; i < count; i++) {
		const void *item = items + i * reference->size;
		if (!str_eq(*(const struct str *)item, name)) /* each begins with its name */
			continue;
		*index = i;
		return true;
	}
	return false;
}

void
field_reference_set(struct reader *reader, struct node *node, const struct field *field,
                    void *target)
{
	const struct reference *reference = field->how;
	policy_set *set = field_place(field, target);
	size_t index;

	if (!field_is(reader, node, NODE_LIST))
		return;
	refuse_repeats(reader, node);
	for (const struct node *at = node->first; at != NULL; at = at->next) {
		if (!field_fits(reader, at, &form_name))
			continue;
		if (reference_find(reader, reference, at->text, &index))
			*set |= (policy_set)1 << index;
		else
			fault_add(reader->faults, at->at, "the %s \"%.*s\" is not declared",
			          reference->what, STR_ARGS(at->text));
	}
}
