/*
 * Events of libfyaml become nodes.  The parser is used by its events and not
 * by its documents: those would resolve aliases and drop positions of keys.
 * What a policy may not use is noted as a fault and read on where the shape of
 * the file stays clear, so that one pass shows everything.
 *
 * libfyaml 0.7.12 leaks a buffer of some kilobytes for a single-quoted text with
 * tens of doubled quotes in it.  Only operators give files to read, so it is
 * borne; fuzz with leak detection off.
 */
#include "policy/tree.h"

#include <libfyaml.h>

#include "base/json.h"

#define NAME_BYTES_MAX 64

struct builder {
	struct arena *arena;
	struct policy_diagnostics *faults;
	struct node *root;
	struct node *stack[TREE_DEPTH_MAX];
	size_t depth;
	size_t nodes;
	bool has_name; /* a key was read, its value is due */
	struct str name;
	struct place name_at;
	bool has_stopped;
};

static struct place
place_of(const struct builder *builder, const struct fy_mark *mark)
{
	if (mark == NULL) /* an empty value has no place of its own */
		return builder->has_name ? builder->name_at : (struct place){ 1, 1 };
	return (struct place){ mark->line + 1, mark->column + 1 };
}

static void
stop(struct builder *builder, struct place at, const char *why)
{
	fault_add(builder->faults, at, "%s", why);
	builder->has_stopped = true;
}

static struct node *
parent_of(const struct builder *builder)
{
	return builder->depth == 0 ? NULL : builder->stack[builder->depth - 1];
}

static bool
awaits_name(const struct builder *builder)
{
	const struct node *parent = parent_of(builder);

	return parent != NULL && parent->kind == NODE_MAP && !builder->has_name;
}

static void
link_node(struct node *parent, struct node *node)
{
	if (parent->last == NULL)
		parent->first = node;
	else
		parent->last->next = node;
	parent->last = node;
	parent->count++;
}

/* Where `node` belongs.  A second one of a name and what is past the limit are
 * faults and stay outside the tree, with all that is in them. */
static void
attach(struct builder *builder, struct node *node)
{
	struct node *parent = parent_of(builder);
	bool is_twice = false;
	size_t most;

	if (parent == NULL) {
		builder->root = node;
		return;
	}
	if (parent->kind == NODE_MAP) {
		node->name = builder->name;
		node->name_at = builder->name_at;
		builder->has_name = false;
		is_twice = tree_find(parent, node->name) != NULL;
	}
	most = parent->kind == NODE_LIST && node->kind == NODE_TEXT ? TREE_TEXTS_MAX
	                                                            : POLICY_LIST_MAX;
	if (is_twice)
		fault_add(builder->faults, node->name_at, "the key \"%.*s\" stands here twice",
		          STR_ARGS(node->name));
	else if (parent->count == most)
		fault_add(builder->faults, node->at, "more than %zu entries", most);
	else
		link_node(parent, node);
}

static struct node *
node_new(struct builder *builder, enum node_kind kind, struct place at)
{
	struct node *node = ARENA_NEW(builder->arena, struct node);

	if (++builder->nodes > TREE_NODES_MAX)
		stop(builder, at, "the file is larger than a policy may be");
	node->kind = kind;
	node->at = at;
	return node;
}

static void
take_name(struct builder *builder, struct str text, struct place at)
{
	if (text.len == 0 || text.len > NAME_BYTES_MAX)
		fault_add(builder->faults, at, "a key has 1 to %d bytes", NAME_BYTES_MAX);
	builder->name = str_copy(builder->arena, text);
	builder->name_at = at;
	builder->has_name = true;
}

static bool
is_nothing(struct str text, struct fy_token *token)
{
	if (token != NULL && fy_token_scalar_style(token) != FYSS_PLAIN)
		return text.len == 0;
	return text.len == 0 || str_eq(text, STR("~")) || str_eq_nocase(text, STR("null"));
}

static void
take_scalar(struct builder *builder, struct fy_event *event, struct place at)
{
	struct fy_token *token = event->scalar.value;
	struct str text = STR_EMPTY;
	struct node *node;

	if (token != NULL)
		text.ptr = fy_token_get_text(token, &text.len);
	if (text.ptr == NULL)
		text = STR_EMPTY;
	if (awaits_name(builder)) {
		take_name(builder, text, at);
		return;
	}
	node = node_new(builder, NODE_TEXT, at);
	node->text = str_copy(builder->arena, text);
	if (is_nothing(text, token)) {
		fault_add(builder->faults, at, "there is no value here");
		node->is_bad = true;
	}
	attach(builder, node);
}

static void
take_alias(struct builder *builder, struct place at)
{
	struct node *node;

	fault_add(builder->faults, at, "aliases (*name) have no place in a policy");
	if (awaits_name(builder)) {
		builder->has_stopped = true;
		return;
	}
	node = node_new(builder, NODE_TEXT, at);
	node->is_bad = true;
	attach(builder, node);
}

static void
enter(struct builder *builder, enum node_kind kind, struct place at)
{
	struct node *node;

	if (awaits_name(builder)) {
		stop(builder, at, "a key is a plain text");
		return;
	}
	if (builder->depth == TREE_DEPTH_MAX) {
		stop(builder, at, "nested too deeply");
		return;
	}
	node = node_new(builder, kind, at);
	attach(builder, node);
	builder->stack[builder->depth++] = node;
}

static void
refuse_extras(struct builder *builder, struct fy_event *event, struct place at)
{
	if (event->type != FYET_SCALAR && event->type != FYET_MAPPING_START &&
	    event->type != FYET_SEQUENCE_START)
		return;
	if (fy_event_get_anchor_token(event) != NULL)
		fault_add(builder->faults, at, "anchors (&name) have no place in a policy");
	if (fy_event_get_tag_token(event) != NULL)
		fault_add(builder->faults, at, "tags (!name) have no place in a policy");
}

static void
take_event(struct builder *builder, struct fy_event *event)
{
	struct place at = place_of(builder, fy_event_start_mark(event));

	refuse_extras(builder, event, at);
	switch (event->type) {
	case FYET_SCALAR:
		take_scalar(builder, event, at);
		break;
	case FYET_ALIAS:
		take_alias(builder, at);
		break;
	case FYET_MAPPING_START:
		enter(builder, NODE_MAP, at);
		break;
	case FYET_SEQUENCE_START:
		enter(builder, NODE_LIST, at);
		break;
	case FYET_MAPPING_END:
	case FYET_SEQUENCE_END:
		builder->depth--;
		break;
	case FYET_DOCUMENT_START:
		if (builder->root != NULL)
			stop(builder, at, "a policy is one YAML document");
		break;
	case FYET_NONE:
	case FYET_STREAM_START:
	case FYET_STREAM_END:
	case FYET_DOCUMENT_END:
		break;
	}
}

/* libfyaml writes to a stream unless it is given somewhere to be silent. */
static void
say_nothing(struct fy_diag *diag, void *user, const char *text, size_t len)
{
	(void)diag;
	(void)user;
	(void)text;
	(void)len;
}

static void
take_parser_errors(struct builder *builder, struct fy_diag *diag)
{
	const struct fy_diag_error *error;
	void *at = NULL;
	size_t before = builder->faults->count;

	while ((error = fy_diag_errors_iterate(diag, &at)) != NULL) {
		struct place place = { error->line > 0 ? error->line : 1,
			               error->column > 0 ? error->column : 1 };
		fault_add(builder->faults, place, "not YAML: %s", error->msg);
	}
	if (builder->faults->count == before)
		fault_add(builder->faults, (struct place){ 1, 1 }, "not YAML");
}

static void
parse(struct builder *builder, struct str yaml, struct fy_diag *diag)
{
	struct fy_parse_cfg config = { .flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG,
		                       .diag = diag };
	struct fy_parser *parser = fy_parser_create(&config);
	struct fy_event *event;

	if (parser == NULL || fy_parser_set_string(parser, yaml.ptr, yaml.len) != 0) {
		stop(builder, (struct place){ 1, 1 }, "the YAML reader does not start");
		fy_parser_destroy(parser);
		return;
	}
	while (!builder->has_stopped && (event = fy_parser_parse(parser)) != NULL) {
		take_event(builder, event);
		fy_parser_event_free(parser, event);
	}
	if (!builder->has_stopped && fy_parser_get_stream_error(parser)) {
		take_parser_errors(builder, diag);
		builder->has_stopped = true;
	}
	fy_parser_destroy(parser);
}

void
tree_read(struct arena *arena, struct str yaml, struct policy_diagnostics *faults,
          struct node **root)
{
	struct builder builder = { .arena = arena, .faults = faults };
	struct fy_diag_cfg config;
	struct fy_diag *diag;

	*root = NULL;
	if (!str_is_utf8(yaml)) {
		fault_add(faults, (struct place){ 1, 1 }, "the file is not UTF-8 text");
		return;
	}
	fy_diag_cfg_default(&config);
	config.fp = NULL;
	config.output_fn = say_nothing;
	diag = fy_diag_create(&config);
	if (diag == NULL)
		abort();
	fy_diag_set_collect_errors(diag, true);
	parse(&builder, yaml, diag);
	fy_diag_destroy(diag);
	if (builder.has_stopped)
		return;
	if (builder.root == NULL)
		fault_add(faults, (struct place){ 1, 1 }, "the file is empty");
	*root = builder.root;
}

struct node *
tree_find(const struct node *map, struct str name)
{
	if (map == NULL || map->kind != NODE_MAP)
		return NULL;
	for (struct node *node = map->first; node != NULL; node = node->next) {
		if (str_eq(node->name, name))
			return node;
	}
	return NULL;
}

struct node *
tree_at(const struct node *parent, size_t index)
{
	struct node *node = parent == NULL ? NULL : parent->first;

	while (node != NULL && index-- > 0)
		node = node->next;
	return node;
}

struct node *
tree_add_text(struct arena *arena, struct node *map, const char *name, const char *text)
{
	struct node *node = ARENA_NEW(arena, struct node);

	node->kind = NODE_TEXT;
	node->at = node->name_at = map->at;
	node->name = str_from_c(name);
	node->text = str_from_c(text);
	link_node(map, node);
	return node;
}

static int
by_name(const void *a, const void *b)
{
	struct str x = (*(const struct node *const *)a)->name;
	struct str y = (*(const struct node *const *)b)->name;
	int order = memcmp(x.ptr, y.ptr, x.len < y.len ? x.len : y.len);

	return order != 0 ? order : (x.len > y.len) - (x.len < y.len);
}

static const struct node **
sorted(const struct node *map, struct arena *arena)
{
	const struct node **nodes = arena_alloc(arena, (map->count + 1) * sizeof(struct node *),
	                                        _Alignof(struct node *));
	size_t count = 0;

	for (const struct node *node = map->first; node != NULL; node = node->next)
		nodes[count++] = node;
	qsort(nodes, count, sizeof(struct node *), by_name);
	return nodes;
}

static void
write_node(struct json_out *out, const struct node *node, struct arena *arena)
{
	const struct node **members;

	if (node->kind == NODE_TEXT) {
		if (node->is_number)
			json_put_number(out, node->text);
		else
			json_put_text(out, node->text);
		return;
	}
	if (node->kind == NODE_LIST) {
		json_array_begin(out);
		for (const struct node *item = node->first; item != NULL; item = item->next)
			write_node(out, item, arena);
		json_array_close(out);
		return;
	}
	members = sorted(node, arena);
	json_object_begin(out);
	for (size_t i = 0; i < node->count; i++) {
		json_name_str(out, members[i]->name);
		write_node(out, members[i], arena);
	}
	json_object_close(out);
}

void
tree_canonical(const struct node *node, struct arena *arena, struct buf *out)
{
	struct json_out json;

	json_out_init(&json, out);
	write_node(&json, node, arena);
}
