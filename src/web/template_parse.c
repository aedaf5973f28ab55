/*
 * Reads a template into nodes, and follows the HTML around the tags just far
 * enough to know where a value would stand: in text, in quotes of an
 * attribute, or where it must not stand at all (bare in a tag, in a comment).
 * A section ends in the place where it began, so the answer does not depend on
 * data.  Styles and scripts inside a page are refused: the pages' security
 * policy forbids them, and no escaping would be right there.
 */
#include "web/template_tree.h"

#include "web/asset.h"

enum place { PLACE_TEXT, PLACE_TAG, PLACE_DOUBLE, PLACE_SINGLE, PLACE_COMMENT };

struct parse {
	struct template *template;
	struct arena *arena;
	struct str source;
	size_t at;       /* how far it was read */
	size_t capacity; /* of the nodes */
	enum place place;
	bool is_link_start;
	size_t open[TEMPLATE_DEPTH]; /* sections: their nodes */
	enum place open_place[TEMPLATE_DEPTH];
	size_t depth;
};

static int
line_of(const struct parse *parse)
{
	int line = 1;

	for (size_t i = 0; i < parse->at; i++)
		line += parse->source.ptr[i] == '\n';
	return line;
}

#define REFUSE(parse, err, why)                                                                \
	FAIL(err, RC_INVALID, "ui/%.*s.html line %d: %s", STR_ARGS((parse)->template->name),   \
	     line_of(parse), why)

static struct node *
node_add(struct parse *parse, enum node_kind kind, struct str text)
{
	struct template *template = parse->template;
	struct node *node;

	if (template->count == parse->capacity) {
		size_t capacity = parse->capacity == 0 ? 64 : 2 * parse->capacity;
		node =
		    arena_alloc(parse->arena, capacity * sizeof(*node), _Alignof(struct node));
		if (template->count != 0)
			memcpy(node, template->nodes, template->count * sizeof(*node));
		template->nodes = node;
		parse->capacity = capacity;
	}
	node = &template->nodes[template->count++];
	*node = (struct node){ .kind = kind, .text = text };
	node->is_in_quotes = parse->place == PLACE_DOUBLE || parse->place == PLACE_SINGLE;
	return node;
}

/* --- the HTML around the tags ----------------------------------------------- */

static bool
is_link_attribute(struct str before_quote)
{
	return str_ends_with(before_quote, STR("href=")) ||
	       str_ends_with(before_quote, STR("src=")) ||
	       str_ends_with(before_quote, STR("action="));
}

static void
text_follow(struct parse *parse, struct str text, size_t i)
{
	struct str here = { text.ptr + i, text.len - i };

	if (str_starts_with(here, STR("<!--")))
		parse->place = PLACE_COMMENT;
	else if (here.ptr[0] == '<')
		parse->place = PLACE_TAG;
}

static void
tag_follow(struct parse *parse, struct str text, size_t i)
{
	char c = text.ptr[i];

	if (c == '>')
		parse->place = PLACE_TEXT;
	if (c != '"' && c != '\'')
		return;
	parse->place = c == '"' ? PLACE_DOUBLE : PLACE_SINGLE;
	parse->is_link_start = is_link_attribute((struct str){ text.ptr, i });
}

static void
html_follow(struct parse *parse, struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		switch (parse->place) {
		case PLACE_TEXT:
			text_follow(parse, text, i);
			break;
		case PLACE_TAG:
			tag_follow(parse, text, i);
			break;
		case PLACE_DOUBLE:
		case PLACE_SINGLE:
			parse->is_link_start = false;
			if (c == (parse->place == PLACE_DOUBLE ? '"' : '\''))
				parse->place = PLACE_TAG;
			break;
		case PLACE_COMMENT:
			if (str_ends_with((struct str){ text.ptr, i + 1 }, STR("-->")))
				parse->place = PLACE_TEXT;
			break;
		}
	}
}

static bool
has_text(struct str text, const char *what)
{
	return text.len != 0 && memmem(text.ptr, text.len, what, strlen(what)) != NULL;
}

static enum rc
literal_parse(struct parse *parse, struct str text, struct err *err)
{
	static const char *const banned[] = {
		"<style",     " style=",  "<script>",  " onclick=", " onchange=",
		" onsubmit=", " onload=", " onerror=", " oninput=", " srcdoc=",
	};

	for (size_t i = 0; i < COUNT_OF(banned); i++) {
		if (has_text(text, banned[i]))
			return REFUSE(parse, err,
			              "styles and scripts stand in files of their own");
	}
	if (text.len == 0)
		return RC_OK;
	node_add(parse, NODE_LITERAL, text);
	html_follow(parse, text);
	return RC_OK;
}

/* --- the tags ------------------------------------------------------------------ */

static bool
is_name(struct str name)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];
		bool is_word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
		if (!is_word && !(c == '.' && i != 0 && i + 1 < name.len))
			return false;
	}
	return name.len != 0 && name.ptr[0] >= 'a' && name.ptr[0] <= 'z';
}

static bool
is_in_text(const struct parse *parse)
{
	return parse->place == PLACE_TEXT;
}

/* A value may stand in text and in quotes. */
static enum rc
value_place_check(const struct parse *parse, struct err *err)
{
	if (parse->place == PLACE_TAG)
		return REFUSE(parse, err, "a value stands in a tag, outside of quotes");
	if (parse->place == PLACE_COMMENT)
		return REFUSE(parse, err, "a value stands in a comment");
	return RC_OK;
}

static enum rc
value_parse(struct parse *parse, struct str name, struct err *err)
{
	struct node *node;

	if (!is_name(name))
		return REFUSE(parse, err, "no such tag");
	TRY(value_place_check(parse, err));
	node = node_add(parse, NODE_VALUE, name);
	node->is_link_start = parse->is_link_start;
	parse->is_link_start = false;
	return RC_OK;
}

static enum rc
section_open(struct parse *parse, enum node_kind kind, struct str name, struct err *err)
{
	if (!is_name(name))
		return REFUSE(parse, err, "a section without a name");
	if (parse->depth == TEMPLATE_DEPTH)
		return REFUSE(parse, err, "too many sections in sections");
	parse->open[parse->depth] = parse->template->count;
	parse->open_place[parse->depth] = parse->place;
	parse->depth++;
	node_add(parse, kind, name);
	return RC_OK;
}

static enum rc
section_close(struct parse *parse, struct str name, struct err *err)
{
	struct node *node;

	if (parse->depth == 0)
		return REFUSE(parse, err, "a section closes that is not open");
	parse->depth--;
	node = &parse->template->nodes[parse->open[parse->depth]];
	if (!str_eq(node->text, name))
		return REFUSE(parse, err, "another section closes than was opened");
	if (parse->open_place[parse->depth] != parse->place)
		return REFUSE(parse, err, "a section ends elsewhere in the HTML than it began");
	node->end = parse->template->count;
	return RC_OK;
}

static enum rc
partial_parse(struct parse *parse, struct str name, struct err *err)
{
	if (!is_in_text(parse) || !is_name(name))
		return REFUSE(parse, err, "a partial stands between tags, by name");
	node_add(parse, NODE_PARTIAL, name);
	return RC_OK;
}

static enum rc
args_parse(struct parse *parse, struct node *node, struct str list, struct err *err)
{
	struct str name;

	node->args = arena_alloc(parse->arena, TEMPLATE_ARGS_MAX * sizeof(name), 8);
	while (list.len != 0) {
		list = str_cut(list, ',', &name);
		name = str_trim(name);
		if (!is_name(name) || node->arg_count == TEMPLATE_ARGS_MAX)
			return REFUSE(parse, err, "a text's values are at most four names");
		node->args[node->arg_count++] = name;
	}
	return RC_OK;
}

static enum rc
say_parse(struct parse *parse, struct str inside, struct err *err)
{
	struct str text;
	struct str list = str_cut(inside, '|', &text);
	struct node *node;

	TRY(value_place_check(parse, err));
	text = str_trim(text);
	node = node_add(parse, NODE_SAY, text);
	parse->is_link_start = false;
	if (str_starts_with(text, STR(":"))) {
		node->is_named = true;
		node->text = (struct str){ text.ptr + 1, text.len - 1 };
	}
	if (text.len == 0 || (node->is_named && !is_name(node->text)))
		return REFUSE(parse, err, "a text to translate, or :name");
	return args_parse(parse, node, list, err);
}

static enum rc
icon_parse(struct parse *parse, struct str name, struct err *err)
{
	struct node *node;

	if (!is_in_text(parse) || name.len == 0)
		return REFUSE(parse, err, "an icon stands between tags, by name");
	node = node_add(parse, NODE_ICON, name);
	if (name.ptr[0] == ':') {
		node->is_named = true;
		node->text = (struct str){ name.ptr + 1, name.len - 1 };
	}
	return RC_OK;
}

static enum rc
url_parse(struct parse *parse, struct str path, struct err *err)
{
	struct node *node = node_add(parse, NODE_URL, path);

	if (!node->is_in_quotes || !str_starts_with(path, STR("/")))
		return REFUSE(parse, err, "an address begins with / and stands in quotes");
	parse->is_link_start = false;
	return RC_OK;
}

static enum rc
asset_parse(struct parse *parse, struct str file, struct err *err)
{
	struct str path = str_printf(parse->arena, "ui/%.*s", STR_ARGS(file));
	const struct asset *asset = asset_find(path);
	struct str address;

	if (asset == NULL)
		return REFUSE(parse, err, "no such asset");
	if (parse->place != PLACE_DOUBLE && parse->place != PLACE_SINGLE)
		return REFUSE(parse, err, "an asset's address stands in quotes");
	address = str_printf(parse->arena, "/-/asset/%s/%.*s", asset->hash, STR_ARGS(file));
	node_add(parse, NODE_LITERAL, address);
	parse->is_link_start = false;
	return RC_OK;
}

static enum rc
csrf_parse(struct parse *parse, struct err *err)
{
	if (!is_in_text(parse))
		return REFUSE(parse, err, "the form token is a field of a form");
	node_add(parse, NODE_CSRF, STR_EMPTY);
	return RC_OK;
}

static bool
take_word(struct str *inside, struct str word)
{
	if (!str_starts_with(*inside, word))
		return false;
	*inside = str_trim((struct str){ inside->ptr + word.len, inside->len - word.len });
	return true;
}

static enum rc
tag_parse(struct parse *parse, struct str inside, struct err *err)
{
	if (take_word(&inside, STR("!"))) {
		if (parse->template->reads.len == 0)
			parse->template->reads = inside;
		return RC_OK;
	}
	if (take_word(&inside, STR("#")))
		return section_open(parse, NODE_SECTION, inside, err);
	if (take_word(&inside, STR("?")))
		return section_open(parse, NODE_ANY, inside, err);
	if (take_word(&inside, STR("^")))
		return section_open(parse, NODE_UNLESS, inside, err);
	if (take_word(&inside, STR("/")))
		return section_close(parse, inside, err);
	if (take_word(&inside, STR(">")))
		return partial_parse(parse, inside, err);
	if (take_word(&inside, STR("_ ")) || take_word(&inside, STR("_\n")))
		return say_parse(parse, inside, err);
	if (take_word(&inside, STR("icon ")))
		return icon_parse(parse, inside, err);
	if (take_word(&inside, STR("url ")))
		return url_parse(parse, inside, err);
	if (take_word(&inside, STR("asset ")))
		return asset_parse(parse, inside, err);
	if (str_eq(inside, STR("csrf")))
		return csrf_parse(parse, err);
	return value_parse(parse, inside, err);
}

/* The next "{{" or "}}" from `at`; the source's length when there is none. */
static size_t
braces_find(const struct parse *parse, size_t at, const char *braces)
{
	struct str rest = { parse->source.ptr + at, parse->source.len - at };
	const char *found = rest.len == 0 ? NULL : memmem(rest.ptr, rest.len, braces, 2);

	return found == NULL ? parse->source.len : (size_t)(found - parse->source.ptr);
}

enum rc
template_parse(struct template *template, struct str source, struct arena *arena,
               struct err *err)
{
	struct parse parse = { .template = template, .arena = arena, .source = source };

	while (parse.at < source.len) {
		size_t begin = braces_find(&parse, parse.at, "{{");
		size_t end;

		TRY(literal_parse(
		    &parse, (struct str){ source.ptr + parse.at, begin - parse.at }, err));
		parse.at = begin;
		if (begin == source.len)
			break;
		end = braces_find(&parse, begin + 2, "}}");
		if (end == source.len)
			return REFUSE(&parse, err, "a tag does not end");
		TRY(tag_parse(&parse,
		              str_trim((struct str){ source.ptr + begin + 2, end - begin - 2 }),
		              err));
		parse.at = end + 2;
	}
	if (parse.depth != 0)
		return REFUSE(&parse, err, "a section does not close");
	if (parse.place != PLACE_TEXT)
		return REFUSE(&parse, err, "the HTML ends inside a tag");
	return RC_OK;
}
