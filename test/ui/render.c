/*
 * Renders every template over made-up documents, to be looked at and checked:
 *     render samples.json LANGUAGE OUT
 * writes OUT/NAME.html for each member of the samples, and the assets that the
 * pages link.  A member's parts are read by kind: text, number, boolean, object
 * (record), array (rows); a name may state a type: "seen:time", "qr:markup".
 */
#include <errno.h>
#include <sys/stat.h>

#include "base/json.h"
#include "web/asset.h"
#include "web/template.h"

static const struct {
	const char *suffix;
	enum doc_type type;
} types[] = {
	{ ":time", DOC_TIME },     { ":date", DOC_DATE },     { ":json", DOC_JSON },
	{ ":markup", DOC_MARKUP }, { ":number", DOC_NUMBER },
};

_Noreturn static void
stop(const char *what, const struct err *err)
{
	fprintf(stderr, "%s: %s\n", what, err->text);
	exit(1);
}

static enum doc_type
type_of(struct str *name, const struct json_object *value)
{
	for (size_t i = 0; i < COUNT_OF(types); i++) {
		if (!str_ends_with(*name, str_from_c(types[i].suffix)))
			continue;
		name->len -= strlen(types[i].suffix);
		return types[i].type;
	}
	if (json_kind(value) == JSON_NUMBER)
		return DOC_NUMBER;
	return json_kind(value) == JSON_BOOL ? DOC_BOOL : DOC_TEXT;
}

static void
cell_fill(struct doc_cell *cell, enum doc_type type, const struct json_object *value,
          struct arena *arena)
{
	enum json_kind kind = json_kind(value);
	struct err err;
	int64_t us;

	if (kind == JSON_BOOL)
		cell_int(cell, json_truth(value));
	else if (kind == JSON_NUMBER)
		cell_text(cell, json_number_text(arena, value));
	else if (kind == JSON_STRING && type == DOC_TIME) {
		if (time_parse(json_text(value), &us, NULL, &err) != RC_OK)
			stop("time", &err);
		cell_int(cell, us);
	} else if (kind == JSON_STRING && type == DOC_DATE) {
		if (date_parse(json_text(value), &us, &err) != RC_OK)
			stop("date", &err);
		cell_int(cell, us);
	} else if (kind == JSON_STRING)
		cell_text(cell, json_text(value));
}

static struct doc_field *
fields_make(const struct json_object *object, struct arena *arena)
{
	struct doc_field *fields =
	    arena_alloc(arena, (json_count(object) + 1) * sizeof(*fields), 8);
	struct json_iter at;
	size_t i = 0;

	for (json_iter_start(&at, object); json_iter_next(&at); i++) {
		struct str name = at.name;
		fields[i].type = type_of(&name, at.value);
		fields[i].name = str_to_c(arena, name);
	}
	return fields;
}

/* Rows have the fields of the first one; a field may be absent later. */
static void
row_fill(struct doc_cell *cells, const struct doc_field *fields, size_t count,
         const struct json_object *object, struct arena *arena)
{
	struct json_iter at;

	for (json_iter_start(&at, object); json_iter_next(&at);) {
		struct str name = at.name;
		(void)type_of(&name, at.value);
		for (size_t i = 0; i < count; i++) {
			if (str_eq(str_from_c(fields[i].name), name))
				cell_fill(&cells[i], fields[i].type, at.value, arena);
		}
	}
}

static void
rows_add(struct doc *doc, const char *name, const struct json_object *array)
{
	const struct json_object *first = json_count(array) == 0 ? NULL : json_at(array, 0);
	static const struct doc_field none[] = { { "none", DOC_TEXT, NULL, NULL } };
	size_t count = first == NULL ? 1 : json_count(first);
	const struct doc_field *fields = first == NULL ? none : fields_make(first, doc->arena);
	struct doc_part *rows = doc_rows(doc, name, fields, count);

	for (size_t i = 0; i < json_count(array); i++)
		row_fill(doc_row(doc, rows), fields, count, json_at(array, i), doc->arena);
}

static void
part_add(struct doc *doc, struct str name, const struct json_object *value)
{
	enum doc_type type = type_of(&name, value);
	const char *copy = str_to_c(doc->arena, name);
	struct doc_field *field;

	if (doc_find(doc, name) != NULL)
		return;
	if (json_kind(value) == JSON_ARRAY) {
		rows_add(doc, copy, value);
	} else if (json_kind(value) == JSON_OBJECT) {
		const struct doc_field *fields = fields_make(value, doc->arena);
		row_fill(doc_record(doc, copy, fields, json_count(value)), fields,
		         json_count(value), value, doc->arena);
	} else if (type == DOC_MARKUP) {
		doc_markup(doc, copy, json_text(value));
	} else {
		field = ARENA_NEW(doc->arena, struct doc_field);
		*field = (struct doc_field){ "value", type, NULL, NULL };
		cell_fill(doc_record(doc, copy, field, 1), type, value, doc->arena);
		doc->last->kind = DOC_VALUE;
	}
}

static void
parts_add(struct doc *doc, const struct json_object *parts)
{
	struct json_iter at;

	for (json_iter_start(&at, parts); json_iter_next(&at);)
		part_add(doc, at.name, at.value);
}

static void
file_write(struct str path, struct str text)
{
	char name[512];
	FILE *file;

	(void)snprintf(name, sizeof(name), "%.*s", STR_ARGS(path));
	for (char *at = strchr(name + 1, '/'); at != NULL; at = strchr(at + 1, '/')) {
		*at = '\0';
		if (mkdir(name, 0777) != 0 && errno != EEXIST)
			perror(name);
		*at = '/';
	}
	file = fopen(name, "w");
	if (file == NULL || fwrite(text.ptr, 1, text.len, file) != text.len ||
	    fclose(file) != 0) {
		perror(name);
		exit(1);
	}
}

/* A sample's name is its template's, and a variant after a dot: "sign_in.wrong". */
static void
sample_render(const struct templates *templates, const struct json_object *common,
              struct str name, const struct json_object *sample, const char *const *args)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	CLEANUP(buf_free) struct buf page = { 0 };
	struct doc doc;
	struct template_scene scene = { .doc = &doc,
		                        .language = language_find(str_from_c(args[2])),
		                        .zone = STR("Europe/Paris"),
		                        .prefix = STR("/acme"),
		                        .csrf = STR("sample"),
		                        .arena = &arena };
	struct str template;
	struct err err;

	arena_init(&arena, 64 * MIB);
	buf_init(&page, 16 * MIB);
	doc_init(&doc, &arena);
	(void)str_cut(name, '.', &template);
	parts_add(&doc, sample);
	doc_text(&doc, "language_code", str_from_c(scene.language->code));
	parts_add(&doc, common);
	if (template_render(templates, template, &scene, &page, &err) != RC_OK)
		stop("render", &err);
	file_write(str_printf(&arena, "%s/%.*s.html", args[3], STR_ARGS(name)),
	           (struct str){ page.text, page.len });
}

static void
assets_write(const char *out)
{
	CLEANUP(arena_free) struct arena arena = { 0 };

	arena_init(&arena, MIB);
	for (size_t i = 0; i < asset_count; i++) {
		if (strncmp(assets[i].type, "text/html", 9) != 0 &&
		    strncmp(assets[i].path, "ui/", 3) == 0)
			file_write(str_printf(&arena, "%s/-/asset/%s/%s", out, assets[i].hash,
			                      assets[i].path + 3),
			           asset_text(&assets[i]));
	}
}

static struct str
file_read(const char *name, struct arena *arena)
{
	FILE *file = fopen(name, "r");
	char *text = arena_alloc(arena, 4 * MIB, 1);
	size_t length = file == NULL ? 0 : fread(text, 1, 4 * MIB, file);

	if (file == NULL || fclose(file) != 0) {
		perror(name);
		exit(1);
	}
	return (struct str){ text, length };
}

int
main(int count, char **args)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	CLEANUP(json_free) struct json json = { NULL };
	struct json_object *common, *samples;
	struct templates *templates;
	struct json_iter at;
	struct err err;

	if (count != 4) {
		fprintf(stderr, "render SAMPLES LANGUAGE OUT\n");
		return 2;
	}
	arena_init(&arena, 8 * MIB);
	if (json_parse(&json, file_read(args[1], &arena), &err) != RC_OK ||
	    templates_load(&templates, &err) != RC_OK)
		stop("load", &err);
	if (!json_find(json.root, "common", &common) ||
	    !json_find(json.root, "samples", &samples))
		return 2;
	for (json_iter_start(&at, samples); json_iter_next(&at);)
		sample_render(templates, common, at.name, at.value, (const char *const *)args);
	assets_write(args[3]);
	templates_free(templates);
	return 0;
}
