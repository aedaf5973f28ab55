/*
 * Renders parsed templates over a document.  Everything that reaches the page
 * goes through buf_add_html(), but our own literals and MARKUP in text.
 *
 * Sources are read into the arena before a page is begun: a page may ask
 * whether there is any row before it shows the first.  A page is bounded by
 * PAGE_ROWS_MAX; what is larger is an export and has no page.
 */
#include "web/template.h"

#include <assert.h>

#include "base/limits.h"
#include "base/zone.h"
#include "web/template_tree.h"

#define PAGE_ROWS_MAX 10000

/* A row or record that names are looked up in. */
struct frame {
	const struct doc_part *part;
	const struct doc_cell *cells;
};

struct render {
	const struct templates *templates;
	const struct template_scene *scene;
	struct buf *out;
	struct doc_part *parts; /* the document's, sources read */
	size_t part_count;
	struct frame frames[2 * TEMPLATE_DEPTH];
	size_t depth;
	struct zone *zone;
	bool is_zone_known;
};

/* What a name stands for: a part, and the cell where it has one value. */
struct found {
	const struct doc_part *part; /* NULL: nothing */
	const struct doc_cell *cell;
	enum doc_type type;
};

/* --- names ---------------------------------------------------------------------- */

static struct found
field_find(const struct doc_part *part, const struct doc_cell *cells, struct str name)
{
	for (size_t i = 0; i < part->field_count; i++) {
		if (str_eq(str_from_c(part->fields[i].name), name))
			return (struct found){ part, &cells[i], part->fields[i].type };
	}
	return (struct found){ NULL, NULL, DOC_TEXT };
}

static const struct doc_part *
part_find(const struct render *render, struct str name)
{
	for (size_t i = 0; i < render->part_count; i++) {
		if (str_eq(str_from_c(render->parts[i].name), name))
			return &render->parts[i];
	}
	return NULL;
}

/* "part.field": of a row that is being shown, else of a record. */
static struct found
dotted_find(const struct render *render, struct str name, struct str field)
{
	const struct doc_part *part;

	for (size_t i = render->depth; i-- > 0;) {
		if (str_eq(str_from_c(render->frames[i].part->name), name))
			return field_find(render->frames[i].part, render->frames[i].cells,
			                  field);
	}
	part = part_find(render, name);
	if (part == NULL || part->kind != DOC_RECORD)
		return (struct found){ NULL, NULL, DOC_TEXT };
	return field_find(part, part->cells, field);
}

static struct found
name_find(const struct render *render, struct str name)
{
	struct str head;
	struct str field = str_cut(name, '.', &head);
	const struct doc_part *part;
	struct found found;

	if (field.len != 0)
		return dotted_find(render, head, field);
	for (size_t i = render->depth; i-- > 0;) {
		found = field_find(render->frames[i].part, render->frames[i].cells, name);
		if (found.part != NULL)
			return found;
	}
	part = part_find(render, name);
	if (part == NULL)
		return (struct found){ NULL, NULL, DOC_TEXT };
	if (part->kind == DOC_VALUE)
		return (struct found){ part, part->cells, part->fields[0].type };
	return (struct found){ part, NULL, DOC_TEXT };
}

/* Not zero: some digit before an exponent is not 0. */
static bool
number_is_zero(struct str text)
{
	for (size_t i = 0; i < text.len && text.ptr[i] != 'e' && text.ptr[i] != 'E'; i++) {
		if (text.ptr[i] >= '1' && text.ptr[i] <= '9')
			return false;
	}
	return true;
}

static bool
cell_is_true(const struct doc_cell *cell, enum doc_type type)
{
	if (!cell->is_set)
		return false;
	if (type == DOC_INT || type == DOC_BOOL)
		return cell->number != 0;
	if (type == DOC_TIME || type == DOC_DATE)
		return true;
	return cell->text.len != 0 && (type != DOC_NUMBER || !number_is_zero(cell->text));
}

static bool
found_is_true(const struct found *found)
{
	if (found->part == NULL)
		return false;
	if (found->cell != NULL)
		return cell_is_true(found->cell, found->type);
	return found->part->kind == DOC_RECORD || found->part->row_count != 0;
}

/* --- values ---------------------------------------------------------------------- */

static const struct zone *
zone_of(struct render *render)
{
	struct err ignored;

	if (!render->is_zone_known && render->scene->zone.len != 0)
		DISCARD(zone_open(&render->zone, render->scene->zone, &ignored),
		        "an unknown zone shows as UTC, which the text names");
	render->is_zone_known = true;
	return render->zone;
}

static void
time_put(struct render *render, int64_t us, bool is_plain)
{
	char exact[TIME_TEXT_MAX];

	/* HTML, section 2.3.5.7: at most three digits of a second. */
	time_format(us / US_PER_MS * US_PER_MS, 0, exact);
	if (is_plain) {
		buf_add(render->out, str_from_c(exact));
		return;
	}
	buf_addf(render->out, "<time datetime=\"%s\">", exact);
	buf_add_html(render->out, language_zone_time(render->scene->language, zone_of(render),
	                                             us, render->scene->arena));
	buf_add(render->out, STR("</time>"));
}

static void
date_put(struct render *render, int64_t us, bool is_plain)
{
	char exact[TIME_TEXT_MAX];

	time_format(us, 0, exact);
	exact[sizeof("2026-03-01") - 1] = '\0';
	if (is_plain) {
		buf_add(render->out, str_from_c(exact));
		return;
	}
	buf_addf(render->out, "<time datetime=\"%s\">", exact);
	buf_add_html(render->out,
	             language_date(render->scene->language, us, render->scene->arena));
	buf_add(render->out, STR("</time>"));
}

static void
bool_put(struct render *render, bool value, bool is_plain)
{
	struct str text = value ? STR("yes") : STR("no");

	if (is_plain)
		text = value ? STR("true") : STR("false");
	else
		text = language_text(render->scene->language, text);
	buf_add_html(render->out, text);
}

/* `is_plain`: inside an attribute, where markup has no place and programs read. */
static void
cell_put(struct render *render, const struct found *found, bool is_plain)
{
	const struct doc_cell *cell = found->cell;

	if (cell == NULL || !cell->is_set)
		return;
	switch (found->type) {
	case DOC_INT:
		buf_addf(render->out, "%lld", (long long)cell->number);
		return;
	case DOC_BOOL:
		bool_put(render, cell->number != 0, is_plain);
		return;
	case DOC_TIME:
		time_put(render, cell->number, is_plain);
		return;
	case DOC_DATE:
		date_put(render, cell->number, is_plain);
		return;
	case DOC_NUMBER:
		buf_add_html(render->out,
		             is_plain ? cell->text
		                      : language_number(render->scene->language, cell->text,
		                                        render->scene->arena));
		return;
	case DOC_MARKUP:
		if (!is_plain) {
			buf_add(render->out, cell->text);
			return;
		}
		break;
	case DOC_TEXT:
	case DOC_JSON:
		break;
	}
	buf_add_html(render->out, cell->text);
}

/* A link goes to a page of ours, to https, or writes a mail; it never runs. */
static bool
link_is_safe(struct str link)
{
	static const char *const schemes[] = { "https://", "mailto:", "tel:", "#", "?" };

	if (link.len != 0 && link.ptr[0] == '/')
		return link.len == 1 || (link.ptr[1] != '/' && link.ptr[1] != '\\');
	for (size_t i = 0; i < COUNT_OF(schemes); i++) {
		if (str_starts_with(link, str_from_c(schemes[i])))
			return true;
	}
	return link.len == 0;
}

static void
value_put(struct render *render, const struct node *node)
{
	struct found found = name_find(render, node->text);

	if (node->is_link_start && found.cell != NULL && !link_is_safe(found.cell->text))
		buf_add(render->out, STR("#"));
	else
		cell_put(render, &found, node->is_in_quotes);
}

/* Either the node's own text or that of the value it names. */
static struct str
node_text(const struct render *render, const struct node *node)
{
	struct found found;

	if (!node->is_named)
		return node->text;
	found = name_find(render, node->text);
	return found.cell == NULL ? STR_EMPTY : found.cell->text;
}

/* A code such as in-range or data_manager reads as words. */
static struct str
code_words(struct str code, struct arena *arena)
{
	char *words;

	for (size_t i = 0; i < code.len; i++) {
		char c = code.ptr[i];
		if ((c < 'a' || c > 'z') && c != '-' && c != '_')
			return code;
	}
	words = arena_alloc(arena, code.len + 1, 1);
	for (size_t i = 0; i < code.len; i++)
		words[i] = code.ptr[i] == '-' || code.ptr[i] == '_' ? ' ' : code.ptr[i];
	return (struct str){ words, code.len };
}

static void
say_put(struct render *render, const struct node *node)
{
	struct str source = node_text(render, node);
	struct str text =
	    language_text(render->scene->language,
	                  node->is_named ? code_words(source, render->scene->arena) : source);
	size_t plain = 0;

	for (size_t i = 0; i + 1 < text.len; i++) {
		size_t arg = (size_t)(text.ptr[i + 1] - '1');
		struct found found;

		if (text.ptr[i] != '%' || arg >= node->arg_count)
			continue;
		buf_add_html(render->out, (struct str){ text.ptr + plain, i - plain });
		found = name_find(render, node->args[arg]);
		cell_put(render, &found, node->is_in_quotes);
		plain = i + 2;
		i++;
	}
	if (plain < text.len)
		buf_add_html(render->out, (struct str){ text.ptr + plain, text.len - plain });
}

static void
icon_put(struct render *render, const struct node *node)
{
	struct str name = node_text(render, node);

	if (name.len == 0)
		return;
	buf_add(render->out, STR("<svg class=\"icon\" aria-hidden=\"true\"><use href=\""));
	buf_add(render->out, render->templates->sprite);
	buf_add(render->out, STR("#"));
	buf_add_html(render->out, name);
	buf_add(render->out, STR("\"></use></svg>"));
}

static void
csrf_put(struct render *render)
{
	if (render->scene->csrf.len == 0)
		return;
	buf_add(render->out, STR("<input type=\"hidden\" name=\"csrf\" value=\""));
	buf_add_html(render->out, render->scene->csrf);
	buf_add(render->out, STR("\">"));
}

/* --- walking ----------------------------------------------------------------------- */

static void nodes_put(struct render *render, const struct template *template, size_t from,
                      size_t until);

static void
rows_put(struct render *render, const struct template *template, size_t at,
         const struct doc_part *part)
{
	size_t count = part->kind == DOC_RECORD ? 1 : part->row_count;

	assert(render->depth < COUNT_OF(render->frames));
	render->depth++;
	for (size_t i = 0; i < count; i++) {
		render->frames[render->depth - 1] =
		    (struct frame){ part, part->cells + i * part->field_count };
		nodes_put(render, template, at + 1, template->nodes[at].end);
	}
	render->depth--;
}

static void
section_put(struct render *render, const struct template *template, size_t at)
{
	const struct node *node = &template->nodes[at];
	struct found found = name_find(render, node->text);

	if (node->kind == NODE_SECTION && found.part != NULL && found.cell == NULL)
		rows_put(render, template, at, found.part);
	else if (found_is_true(&found) == (node->kind != NODE_UNLESS))
		nodes_put(render, template, at + 1, node->end);
}

static void
nodes_put(struct render *render, const struct template *template, size_t from, size_t until)
{
	for (size_t i = from; i < until; i++) {
		const struct node *node = &template->nodes[i];
		switch (node->kind) {
		case NODE_LITERAL:
			buf_add(render->out, node->text);
			break;
		case NODE_VALUE:
			value_put(render, node);
			break;
		case NODE_SECTION:
		case NODE_ANY:
		case NODE_UNLESS:
			section_put(render, template, i);
			i = node->end - 1;
			break;
		case NODE_PARTIAL:
			nodes_put(render, node->partial, 0, node->partial->count);
			break;
		case NODE_SAY:
			say_put(render, node);
			break;
		case NODE_ICON:
			icon_put(render, node);
			break;
		case NODE_URL:
			buf_add_html(render->out, render->scene->prefix);
			buf_add_html(render->out, node->text);
			break;
		case NODE_CSRF:
			csrf_put(render);
			break;
		}
	}
}

/* --- sources ------------------------------------------------------------------------- */

static void
row_copy(struct doc *keeper, struct doc_part *rows, const struct doc_cell *cells)
{
	struct doc_cell *copy = doc_row(keeper, rows);

	for (size_t i = 0; i < rows->field_count; i++) {
		copy[i] = cells[i];
		if (cells[i].text.len != 0)
			copy[i].text = str_copy(keeper->arena, cells[i].text);
	}
}

static enum rc
source_read(struct doc_part *part, struct arena *arena, struct err *err)
{
	struct doc keeper = { .arena = arena };
	struct doc_part rows = *part;
	const struct doc_cell *cells;
	bool more = true;

	rows.source = (struct doc_source){ NULL, NULL };
	rows.cells = NULL;
	for (;;) {
		TRY(doc_next_row(part, rows.row_count, &cells, &more, err));
		if (!more)
			break;
		if (rows.row_count == PAGE_ROWS_MAX)
			return FAIL(err, RC_LIMIT, "more rows than a page can show");
		row_copy(&keeper, &rows, cells);
	}
	*part = rows;
	return RC_OK;
}

static enum rc
parts_read(struct render *render, struct err *err)
{
	struct arena *arena = render->scene->arena;
	size_t count = 0;

	for (const struct doc_part *part = render->scene->doc->first; part != NULL;
	     part = part->next)
		count++;
	render->parts = arena_alloc(arena, (count + 1) * sizeof(struct doc_part),
	                            _Alignof(struct doc_part));
	for (const struct doc_part *part = render->scene->doc->first; part != NULL;
	     part = part->next) {
		struct doc_part *copy = &render->parts[render->part_count++];
		*copy = *part;
		if (copy->source.next != NULL)
			TRY(source_read(copy, arena, err));
	}
	return RC_OK;
}

static void
render_end(struct render *render)
{
	zone_close(&render->zone);
}

enum rc
template_render(const struct templates *templates, struct str name,
                const struct template_scene *scene, struct buf *out, struct err *err)
{
	const struct template *template = template_find(templates, name);
	CLEANUP(render_end)
	struct render render = { .templates = templates, .scene = scene, .out = out };

	if (template == NULL)
		return FAIL(err, RC_NOT_FOUND, "no template %.*s", STR_ARGS(name));
	TRY(parts_read(&render, err));
	nodes_put(&render, template, 0, template->count);
	if (out->full)
		return FAIL(err, RC_LIMIT, "page is longer than its buffer");
	return RC_OK;
}
