/*
 * Templates out of the program's files: parsed, their partials linked, what
 * they read compared with what they declare.  Read-only from then on.
 */
#include "web/template.h"

#include "base/limits.h"
#include "web/asset.h"
#include "web/template_tree.h"

#define TEMPLATES_BYTES (16 * MIB)

const struct template *
template_find(const struct templates *templates, struct str name)
{
	for (size_t i = 0; i < templates->count; i++) {
		if (str_eq(templates->items[i].name, name))
			return &templates->items[i];
	}
	return NULL;
}

bool
templates_has(const struct templates *templates, struct str name)
{
	return template_find(templates, name) != NULL;
}

static enum rc
partials_link(struct templates *templates, struct err *err)
{
	for (size_t i = 0; i < templates->count; i++) {
		struct template *template = &templates->items[i];
		for (size_t k = 0; k < template->count; k++) {
			struct node *node = &template->nodes[k];
			if (node->kind != NODE_PARTIAL)
				continue;
			node->partial = template_find(templates, node->text);
			if (node->partial == NULL)
				return FAIL(err, RC_INVALID, "ui/%.*s.html: no partial %.*s",
				            STR_ARGS(template->name), STR_ARGS(node->text));
		}
	}
	return RC_OK;
}

static enum rc
partials_check(const struct template *template, int depth, struct err *err)
{
	if (depth > TEMPLATE_DEPTH)
		return FAIL(err, RC_INVALID, "ui/%.*s.html: partials contain each other",
		            STR_ARGS(template->name));
	for (size_t i = 0; i < template->count; i++) {
		if (template->nodes[i].kind == NODE_PARTIAL)
			TRY(partials_check(template->nodes[i].partial, depth + 1, err));
	}
	return RC_OK;
}

void
templates_free(struct templates *templates)
{
	if (templates == NULL)
		return;
	arena_free(&templates->arena);
	free(templates);
}

static void
templates_drop(struct templates **templates)
{
	templates_free(*templates);
}

enum rc
templates_parse(struct templates **templates, const struct template_source *sources,
                size_t count, struct err *err)
{
	CLEANUP(templates_drop) struct templates *loaded = calloc(1, sizeof(*loaded));
	const struct asset *sprite = asset_find(STR("ui/icons.svg"));

	if (loaded == NULL)
		abort();
	arena_init(&loaded->arena, TEMPLATES_BYTES);
	loaded->items = arena_alloc(&loaded->arena, (count + 1) * sizeof(struct template),
	                            _Alignof(struct template));
	for (size_t i = 0; i < count; i++) {
		struct template *template = &loaded->items[loaded->count++];
		template->name = sources[i].name;
		TRY(template_parse(template, sources[i].text, &loaded->arena, err));
	}
	TRY(partials_link(loaded, err));
	for (size_t i = 0; i < loaded->count; i++)
		TRY(partials_check(&loaded->items[i], 0, err));
	if (sprite != NULL)
		loaded->sprite =
		    str_printf(&loaded->arena, "/-/asset/%s/icons.svg", sprite->hash);
	*templates = loaded;
	loaded = NULL;
	return RC_OK;
}

/* The name of the template that the asset is; empty when it is none. */
static struct str
asset_template_name(const struct asset *asset)
{
	struct str path = str_from_c(asset->path);

	if (!str_starts_with(path, STR("ui/")) || !str_ends_with(path, STR(".html")))
		return STR_EMPTY;
	return (struct str){ path.ptr + strlen("ui/"), path.len - strlen("ui/.html") };
}

enum rc
templates_load(struct templates **templates, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct template_source *sources;
	size_t count = 0;

	arena_init(&arena, MIB);
	sources = arena_alloc(&arena, (asset_count + 1) * sizeof(*sources),
	                      _Alignof(struct template_source));
	for (size_t i = 0; i < asset_count; i++) {
		struct str name = asset_template_name(&assets[i]);

		if (name.len != 0)
			sources[count++] =
			    (struct template_source){ name, asset_text(&assets[i]) };
	}
	return templates_parse(templates, sources, count, err);
}

/* Does `name` stand in `list` as a word? */
static bool
word_stands(struct str list, struct str name)
{
	size_t start = 0;

	for (size_t i = 0; i <= list.len; i++) {
		char c = i < list.len ? list.ptr[i] : ' ';
		if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_')
			continue;
		if (str_eq((struct str){ list.ptr + start, i - start }, name))
			return true;
		start = i + 1;
	}
	return false;
}

/* Each half of "part.field" is declared by itself. */
static enum rc
name_check(const struct template *template, struct str name, struct err *err)
{
	struct str head;
	struct str field = str_cut(name, '.', &head);

	if (word_stands(template->reads, head) &&
	    (field.len == 0 || word_stands(template->reads, field)))
		return RC_OK;
	return FAIL(err, RC_INVALID, "ui/%.*s.html: %.*s is not declared in its first remark",
	            STR_ARGS(template->name), STR_ARGS(name));
}

static enum rc
node_check(const struct template *template, const struct node *node, struct err *err)
{
	bool has_name = node->kind == NODE_VALUE || node->kind == NODE_SECTION ||
	                node->kind == NODE_ANY || node->kind == NODE_UNLESS || node->is_named;

	if (has_name)
		TRY(name_check(template, node->text, err));
	for (size_t i = 0; i < node->arg_count; i++)
		TRY(name_check(template, node->args[i], err));
	return RC_OK;
}

enum rc
templates_check(const struct templates *templates, struct err *err)
{
	for (size_t i = 0; i < templates->count; i++) {
		const struct template *template = &templates->items[i];
		for (size_t k = 0; k < template->count; k++)
			TRY(node_check(template, &template->nodes[k], err));
	}
	return RC_OK;
}
