/*
 * Rows of the package: records of a class, page by page, or what a service unpacks
 * from them; as JSON, as CSV, and their earlier versions.
 *
 * Each file reads for itself, so that nothing has to be kept between files.
 */
#include "office/package_inside.h"

/* --- through which door ------------------------------------------------------------- */

/* A purpose of the class: the law's where it has it, else one that needs no consent. */
static struct str
purpose_for(const struct policy *policy, const struct policy_class *class)
{
	struct str chosen = STR_EMPTY;

	for (size_t i = 0; i < policy->purpose_count; i++) {
		const struct policy_purpose *purpose = &policy->purposes[i];
		if ((class->use >> i & 1) == 0)
			continue;
		if (str_eq(purpose->name, STR("law")))
			return purpose->name;
		if (chosen.len == 0 || purpose->basis != BASIS_CONSENT)
			chosen = purpose->name;
	}
	return chosen;
}

void
package_door(struct package *p, const struct policy_class *class)
{
	const struct policy *policy = p->tenant->policy;
	const struct policy_role *role = decide_role(policy, &p->actor);
	int index = (int)policy_class_index(policy, class);

	p->read = p->door;
	if (role == NULL || policy_role_scope(role, VERB_READ, index, STR_EMPTY) == 0)
		p->read = office_door(p->office, p->tenant);
	p->read.purpose = purpose_for(policy, class);
	if (p->files[p->at].source != NULL)
		p->read.purpose = str_from_c(p->files[p->at].source->purpose);
}

static const struct {
	const char *class, *field;
} secrets[] = {
	{ "signin", "totp" },
	{ "signin", "offered" },
	{ "signin", "recovery" },
};

bool
package_is_secret(const struct policy_class *class, struct str field)
{
	for (size_t i = 0; i < COUNT_OF(secrets); i++) {
		if (str_eq(class->name, str_from_c(secrets[i].class)) &&
		    str_eq(field, str_from_c(secrets[i].field)))
			return true;
	}
	return false;
}

/* --- one row in each form -------------------------------------------------------------- */

#define NOT_GIVEN "not given: a secret"

static MUST_CHECK enum rc
row_json(struct package *p, const struct policy_class *class, const struct package_row *row,
         const struct json_object *fields, struct err *err)
{
	struct json_out out;
	struct json_iter at;

	json_out_init(&out, &p->piece);
	json_object_begin(&out);
	json_text_at(&out, "id", row->id);
	json_int_at(&out, "version", row->version);
	if (row->created_us != 0)
		json_time_at(&out, "created", row->created_us);
	if (row->updated_us != 0)
		json_time_at(&out, "updated", row->updated_us);
	json_name(&out, "fields");
	json_object_begin(&out);
	for (json_iter_start(&at, fields); json_iter_next(&at);) {
		json_name_str(&out, at.name);
		if (package_is_secret(class, at.name))
			json_put_text(&out, STR(NOT_GIVEN));
		else
			TRY(json_put_value(&out, at.value, &p->page, err));
	}
	json_object_close(&out);
	json_object_close(&out);
	return RC_OK;
}

struct str
package_value_text(const struct json_object *value, struct arena *arena)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	struct json_out out;
	struct str finished;
	struct err err;

	if (json_kind(value) == JSON_NULL)
		return STR_EMPTY;
	if (json_kind(value) == JSON_STRING)
		return json_text(value);
	buf_init(&text, LIMIT_RECORD_BYTES);
	json_out_init(&out, &text);
	if (json_put_value(&out, value, arena, &err) != RC_OK ||
	    buf_finish(&text, &finished, &err) != RC_OK)
		return STR("…");
	return str_copy(arena, finished);
}

/* RFC 4180; what a spreadsheet would run as a formula gets an apostrophe. */
static void
csv_cell(struct buf *out, struct str text, bool is_text)
{
	bool runs = is_text && text.len != 0 && memchr("=+-@\t\r", text.ptr[0], 6) != NULL;

	buf_add(out, STR("\""));
	if (runs)
		buf_add(out, STR("'"));
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '"')
			buf_add(out, STR("\""));
		buf_add(out, (struct str){ text.ptr + i, 1 });
	}
	buf_add(out, STR("\""));
}

static void
csv_time(struct buf *out, int64_t us)
{
	char text[TIME_TEXT_MAX];

	buf_add(out, STR(","));
	if (us == 0)
		return;
	time_format(us, 0, text);
	buf_add(out, str_from_c(text));
}

static void
csv_head(struct package *p, const struct policy_class *class)
{
	buf_add(&p->piece, STR("id,version,created,updated"));
	for (size_t i = 0; i < class->field_count; i++) {
		buf_add(&p->piece, STR(","));
		csv_cell(&p->piece, class->fields[i], false);
	}
	buf_add(&p->piece, STR("\r\n"));
}

static void
row_csv(struct package *p, const struct policy_class *class, const struct package_row *row,
        const struct json_object *fields)
{
	csv_cell(&p->piece, row->id, false);
	buf_addf(&p->piece, ",%lld", (long long)row->version);
	csv_time(&p->piece, row->created_us);
	csv_time(&p->piece, row->updated_us);
	for (size_t i = 0; i < class->field_count; i++) {
		const char *name = str_to_c(&p->page, class->fields[i]);
		struct json_object *value;
		buf_add(&p->piece, STR(","));
		if (!json_find(fields, name, &value) || value == NULL)
			continue;
		if (package_is_secret(class, class->fields[i]))
			csv_cell(&p->piece, STR(NOT_GIVEN), false);
		else
			csv_cell(&p->piece, package_value_text(value, &p->page),
			         json_kind(value) == JSON_STRING);
	}
	buf_add(&p->piece, STR("\r\n"));
}

/* --- pages of rows ------------------------------------------------------------------------ */

typedef enum rc each_row(struct package *p, const struct policy_class *class,
                         const struct package_row *row, struct err *err);

static struct package_row
row_of(struct package *p, const struct vault_record *record)
{
	return (struct package_row){ .id = id_to_str(&p->page, record->id),
		                     .version = record->version,
		                     .created_us = record->created_us,
		                     .updated_us = record->updated_us,
		                     .fields = record->body };
}

static MUST_CHECK enum rc
records_page(struct package *p, const struct policy_class *class, each_row *each, bool *more,
             struct err *err)
{
	struct record_query query = { .subject = p->subject,
		                      .order = RECORD_BY_ID,
		                      .after = p->after,
		                      .limit = PACKAGE_PAGE_ROWS };
	struct vault_records records;

	TRY(vault_list(&p->read, class->name, &query, &p->page, &records, err));
	for (size_t i = 0; i < records.count; i++) {
		struct package_row row = row_of(p, &records.items[i]);
		TRY(each(p, class, &row, err));
		p->after = records.items[i].id;
	}
	*more = records.count == PACKAGE_PAGE_ROWS;
	return RC_OK;
}

static MUST_CHECK enum rc
source_page(struct package *p, const struct package_file *file, each_row *each, bool *more,
            struct err *err)
{
	if (p->source_state == NULL)
		TRY(file->source->open(&p->read, p->subject, &p->source_state, err));
	*more = true;
	for (int i = 0; i < PACKAGE_PAGE_ROWS && *more; i++) {
		struct package_row row = { 0 };
		TRY(file->source->row(p->source_state, &row, more, err));
		if (*more)
			TRY(each(p, file->class, &row, err));
	}
	return RC_OK;
}

static MUST_CHECK enum rc
page_of(struct package *p, each_row *each, bool *more, struct err *err)
{
	const struct package_file *file = &p->files[p->at];

	arena_reset(&p->page);
	if (!p->is_begun)
		package_door(p, file->class);
	if (file->source != NULL)
		return source_page(p, file, each, more, err);
	return records_page(p, file->class, each, more, err);
}

/* --- the files ------------------------------------------------------------------------------
 */

static enum rc
each_json(struct package *p, const struct policy_class *class, const struct package_row *row,
          struct err *err)
{
	CLEANUP(json_free) struct json fields = { NULL };

	TRY(json_parse(&fields, row->fields, err));
	buf_add(&p->piece, p->rows == 0 ? STR("\n") : STR(",\n"));
	TRY(row_json(p, class, row, fields.root, err));
	readme_class_row(p, class, row, fields.root);
	p->rows++;
	p->has_versions = p->has_versions || row->version > 1;
	return RC_OK;
}

enum rc
class_json_more(struct package *p, bool *more, struct err *err)
{
	const struct package_file *file = &p->files[p->at];

	if (!p->is_begun) {
		p->has_versions = false;
		buf_add(&p->piece, STR("["));
	}
	TRY(page_of(p, each_json, more, err));
	if (!*more) {
		buf_add(&p->piece, STR("\n]\n"));
		readme_class_end(p);
	}
	(void)file;
	return RC_OK;
}

static enum rc
each_csv(struct package *p, const struct policy_class *class, const struct package_row *row,
         struct err *err)
{
	CLEANUP(json_free) struct json fields = { NULL };

	TRY(json_parse(&fields, row->fields, err));
	row_csv(p, class, row, fields.root);
	p->rows++;
	return RC_OK;
}

enum rc
class_csv_more(struct package *p, bool *more, struct err *err)
{
	if (!p->is_begun)
		csv_head(p, p->files[p->at].class);
	return page_of(p, each_csv, more, err);
}

static MUST_CHECK enum rc
version_json(struct package *p, const struct policy_class *class,
             const struct vault_record *version, struct err *err)
{
	CLEANUP(json_free) struct json fields = { NULL };
	struct package_row row = row_of(p, version);

	TRY(json_parse(&fields, row.fields, err));
	buf_add(&p->piece, p->rows == 0 ? STR("\n") : STR(",\n"));
	p->rows++;
	return row_json(p, class, &row, fields.root, err);
}

static enum rc
each_history(struct package *p, const struct policy_class *class, const struct package_row *row,
             struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct vault_records versions;
	struct id id = { { 0 } };

	if (row->version <= 1)
		return RC_OK;
	arena_init(&arena, PACKAGE_PAGE_BYTES);
	TRY(id_parse(row->id, &id, err));
	TRY(vault_history(&p->read, class->name, id, &arena, &versions, err));
	for (size_t i = 1; i < versions.count; i++)
		TRY(version_json(p, class, &versions.items[i], err));
	return RC_OK;
}

enum rc
class_history_more(struct package *p, bool *more, struct err *err)
{
	if (!p->is_begun)
		buf_add(&p->piece, STR("["));
	TRY(page_of(p, each_history, more, err));
	if (!*more)
		buf_add(&p->piece, STR("\n]\n"));
	return RC_OK;
}

enum rc
source_lines_more(struct package *p, bool *more, struct err *err)
{
	const struct package_source *source = p->files[p->at].source;
	struct str line;

	p->read = p->door;
	p->read.purpose = str_from_c(source->purpose);
	if (p->source_state == NULL)
		TRY(source->open(&p->read, p->subject, &p->source_state, err));
	*more = true;
	for (int i = 0; i < PACKAGE_PAGE_ROWS && *more; i++) {
		TRY(source->line(p->source_state, &line, more, err));
		if (!*more)
			break;
		buf_add(&p->piece, line);
		buf_add(&p->piece, STR("\n"));
		p->rows++;
	}
	return RC_OK;
}
