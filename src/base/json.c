/*
 * See json.h.  json-c keeps the last of two members with one name, silently, and
 * takes numbers and strings that RFC 8259 does not.  So the text is looked
 * through once more beside the tree (struct survey).  A duplicate is found by
 * counting: outside of strings, each ':' of the text belongs to one member, so a
 * tree with fewer members than colons lost some.
 */
#include "base/json.h"

#include <assert.h>
#include <errno.h>
#include <json-c/json.h>

#include "base/arena.h"
#include "base/clock.h"

static void
tokener_free(struct json_tokener **tokener)
{
	if (*tokener != NULL)
		json_tokener_free(*tokener);
}

static size_t
digits_skip(struct str text, size_t at)
{
	while (at < text.len && text.ptr[at] >= '0' && text.ptr[at] <= '9')
		at++;
	return at;
}

/* RFC 8259, section 6.  json-c also takes 00, -05 and 1. */
static bool
number_is_valid(struct str text)
{
	size_t start = str_starts_with(text, STR("-")) ? 1 : 0;
	size_t at = digits_skip(text, start);
	size_t part;

	if (at == start || (at > start + 1 && text.ptr[start] == '0'))
		return false;
	if (at < text.len && text.ptr[at] == '.') {
		part = at + 1;
		at = digits_skip(text, part);
		if (at == part)
			return false;
	}
	if (at < text.len && (text.ptr[at] == 'e' || text.ptr[at] == 'E')) {
		part = at + 1;
		if (part < text.len && (text.ptr[part] == '+' || text.ptr[part] == '-'))
			part++;
		at = digits_skip(text, part);
		if (at == part)
			return false;
	}
	return at == text.len;
}

static bool
begins_number(char c)
{
	return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.';
}

static size_t
number_skip(struct str text, size_t at)
{
	while (at < text.len &&
	       (begins_number(text.ptr[at]) || text.ptr[at] == 'e' || text.ptr[at] == 'E'))
		at++;
	return at;
}

/* What json-c's tree does not tell of the text. */
struct survey {
	size_t colons; /* outside of strings, as are the two below */
	size_t values; /* at most as many */
	size_t objects;
	bool has_apostrophe;
	bool has_bad_number;
	bool has_control; /* unescaped in a string: RFC 8259, section 7 */
};

/* An apostrophe outside of a string is one that json-c would take for a quote.  Up
 * to the first such one, or the first fault, strings end where json-c ends them. */
static struct survey
survey_of(struct str text)
{
	struct survey survey = { 0 };
	bool in_string = false;
	size_t end;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		if (c == '"')
			in_string = !in_string;
		if (c == '\\' && in_string)
			i++;
		survey.has_control |= in_string && (unsigned char)c < ' ';
		if (in_string)
			continue;
		survey.colons += c == ':' ? 1 : 0;
		survey.values += c == ',' || c == '[' || c == '{' ? 1 : 0;
		survey.objects += c == '{' ? 1 : 0;
		survey.has_apostrophe |= c == '\'';
		if (!begins_number(c))
			continue;
		end = number_skip(text, i);
		survey.has_bad_number |=
		    !number_is_valid((struct str){ text.ptr + i, end - i });
		i = end - 1;
	}
	return survey;
}

static size_t
member_count(const struct json_object *value)
{
	enum json_kind kind = json_kind(value);
	size_t count = 0;
	struct json_iter at;

	if (kind == JSON_ARRAY) {
		for (size_t i = 0; i < json_count(value); i++)
			count += member_count(json_at(value, i));
		return count;
	}
	if (kind != JSON_OBJECT)
		return 0;
	for (json_iter_start(&at, value); json_iter_next(&at);)
		count += 1 + member_count(at.value);
	return count;
}

/* json-c reads NaN and Infinity, and clips integers over 64 bits. */
static bool
tree_is_plain(const struct json_object *value)
{
	enum json_kind kind = json_kind(value);
	struct json_iter at;

	if (kind == JSON_NUMBER) {
		double number = json_object_get_double(value);
		if (json_object_is_type(value, json_type_double))
			return __builtin_isfinite(number);
		return number < 9.2e18 && number > -9.2e18;
	}
	if (kind == JSON_ARRAY) {
		for (size_t i = 0; i < json_count(value); i++) {
			if (!tree_is_plain(json_at(value, i)))
				return false;
		}
	}
	if (kind == JSON_OBJECT) {
		for (json_iter_start(&at, value); json_iter_next(&at);) {
			if (!tree_is_plain(at.value))
				return false;
		}
	}
	return true;
}

enum rc
json_parse(struct json *json, struct str text, struct err *err)
{
	CLEANUP(tokener_free)
	struct json_tokener *tokener = json_tokener_new_ex(LIMIT_JSON_DEPTH);
	CLEANUP(json_free) struct json parsed = { NULL };
	enum json_tokener_error code;
	struct survey survey;

	*json = (struct json){ NULL };
	if (tokener == NULL)
		abort();
	text = str_trim(text);
	if (text.len == 0)
		return FAIL(err, RC_SYNTAX, "empty where JSON was expected");
	if (text.len > LIMIT_BODY_BYTES)
		return FAIL(err, RC_LIMIT, "JSON is longer than %lu bytes", LIMIT_BODY_BYTES);
	if (!str_is_utf8(text))
		return FAIL(err, RC_SYNTAX, "JSON is not valid UTF-8");
	/* Before parsing: a tree takes up to 250 times its text's bytes. */
	survey = survey_of(text);
	if (survey.has_apostrophe)
		return FAIL(err, RC_SYNTAX, "JSON holds an apostrophe outside of a string");
	if (survey.values > LIMIT_JSON_VALUES || survey.objects > LIMIT_JSON_OBJECTS)
		return FAIL(err, RC_LIMIT, "JSON holds over %d values or %d objects",
		            LIMIT_JSON_VALUES, LIMIT_JSON_OBJECTS);
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
	parsed.root = json_tokener_parse_ex(tokener, text.ptr, (int)text.len);
	code = json_tokener_get_error(tokener);
	if (code == json_tokener_continue) /* a bare number may still go on */
		parsed.root = json_tokener_parse_ex(tokener, "", 1);
	if (code == json_tokener_continue)
		code = json_tokener_get_error(tokener);
	if (code == json_tokener_error_depth)
		return FAIL(err, RC_LIMIT, "JSON is nested deeper than %d", LIMIT_JSON_DEPTH);
	if (code != json_tokener_success)
		return FAIL(err, RC_SYNTAX, "JSON is broken at byte %zu: %s",
		            json_tokener_get_parse_end(tokener), json_tokener_error_desc(code));
	if (survey.has_bad_number)
		return FAIL(err, RC_SYNTAX, "JSON holds a number that is none (RFC 8259)");
	if (survey.has_control)
		return FAIL(err, RC_SYNTAX, "JSON holds a control character in a string");
	if (!tree_is_plain(parsed.root))
		return FAIL(err, RC_SYNTAX, "JSON holds a number that cannot be kept");
	if (survey.colons != member_count(parsed.root))
		return FAIL(err, RC_SYNTAX, "JSON has one name twice in an object");
	*json = parsed;
	parsed.root = NULL;
	return RC_OK;
}

void
json_free(struct json *json)
{
	if (json->root != NULL)
		(void)json_object_put(json->root);
	json->root = NULL;
}

enum json_kind
json_kind(const struct json_object *value)
{
	switch (json_object_get_type(value)) {
	case json_type_boolean:
		return JSON_BOOL;
	case json_type_double:
	case json_type_int:
		return JSON_NUMBER;
	case json_type_object:
		return JSON_OBJECT;
	case json_type_array:
		return JSON_ARRAY;
	case json_type_string:
		return JSON_STRING;
	case json_type_null:
	default:
		return JSON_NULL;
	}
}

bool
json_find(const struct json_object *object, const char *name, struct json_object **value)
{
	return json_kind(object) == JSON_OBJECT &&
	       json_object_object_get_ex(object, name, value) != 0;
}

void
json_iter_start(struct json_iter *iter, const struct json_object *object)
{
	assert(json_kind(object) == JSON_OBJECT);
	*iter = (struct json_iter){ .entry = json_object_get_object(object)->head };
}

bool
json_iter_next(struct json_iter *iter)
{
	const struct lh_entry *entry = iter->entry;

	if (entry == NULL)
		return false;
	iter->name = str_from_c(lh_entry_k(entry));
	iter->value = lh_entry_v(entry);
	iter->entry = entry->next;
	return true;
}

size_t
json_count(const struct json_object *value)
{
	switch (json_kind(value)) {
	case JSON_ARRAY:
		return json_object_array_length(value);
	case JSON_OBJECT:
		return (size_t)json_object_object_length(value);
	case JSON_NULL:
	case JSON_BOOL:
	case JSON_NUMBER:
	case JSON_STRING:
	default:
		return 0;
	}
}

struct json_object *
json_at(const struct json_object *array, size_t index)
{
	assert(json_kind(array) == JSON_ARRAY && index < json_count(array));
	return json_object_array_get_idx(array, index);
}

/* json-c's getters take a plain pointer for what they only read. */
static struct json_object *
unconst(const struct json_object *value)
{
	union {
		const struct json_object *in;
		struct json_object *out;
	} pointer = { .in = value };

	return pointer.out;
}

struct str
json_text(const struct json_object *string)
{
	assert(json_kind(string) == JSON_STRING);
	return (struct str){ json_object_get_string(unconst(string)),
		             (size_t)json_object_get_string_len(string) };
}

bool
json_truth(const struct json_object *value)
{
	assert(json_kind(value) == JSON_BOOL);
	return json_object_get_boolean(value) != 0;
}

double
json_double(const struct json_object *number)
{
	assert(json_kind(number) == JSON_NUMBER);
	return json_object_get_double(number);
}

struct str
json_number_text(struct arena *arena, const struct json_object *number)
{
	assert(json_kind(number) == JSON_NUMBER);
	if (json_object_is_type(number, json_type_int))
		return str_printf(arena, "%lld", (long long)json_object_get_int64(number));
	return str_copy(arena, str_from_c(json_object_get_userdata(unconst(number))));
}

enum rc
json_int(const struct json_object *value, int64_t *number, struct err *err)
{
	if (!json_object_is_type(value, json_type_int))
		return FAIL(err, RC_INVALID, "not a whole number");
	*number = json_object_get_int64(value);
	return RC_OK;
}

enum rc
json_need_text(const struct json_object *object, const char *name, struct str *text,
               struct err *err)
{
	struct json_object *value;

	if (!json_find(object, name, &value))
		return FAIL(err, RC_INVALID, "\"%s\" is missing", name);
	if (json_kind(value) != JSON_STRING)
		return FAIL(err, RC_INVALID, "\"%s\" is not a string", name);
	*text = json_text(value);
	return RC_OK;
}

enum rc
json_need_int(const struct json_object *object, const char *name, int64_t *number,
              struct err *err)
{
	struct json_object *value;

	if (!json_find(object, name, &value))
		return FAIL(err, RC_INVALID, "\"%s\" is missing", name);
	if (json_int(value, number, err) != RC_OK)
		return FAIL(err, RC_INVALID, "\"%s\" is not a whole number", name);
	return RC_OK;
}

static int
name_compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static enum rc canonical_value(struct json_out *out, const struct json_object *value,
                               struct err *err) MUST_CHECK;

static MUST_CHECK enum rc
canonical_object(struct json_out *out, const struct json_object *object, struct err *err)
{
	const char *names[LIMIT_FIELDS];
	struct json_object *value = NULL;
	size_t count = 0;
	struct json_iter at;

	if (json_count(object) > LIMIT_FIELDS)
		return FAIL(err, RC_LIMIT, "an object has over %d members", LIMIT_FIELDS);
	for (json_iter_start(&at, object); json_iter_next(&at);)
		names[count++] = at.name.ptr;
	qsort(names, count, sizeof(names[0]), name_compare);
	json_object_begin(out);
	for (size_t i = 0; i < count; i++) {
		json_name(out, names[i]);
		if (!json_find(object, names[i], &value))
			return FAIL(err, RC_INVALID, "a name holds a NUL");
		TRY(canonical_value(out, value, err));
	}
	json_object_close(out);
	return RC_OK;
}

static enum rc
canonical_value(struct json_out *out, const struct json_object *value, struct err *err)
{
	int64_t number = 0;

	switch (json_kind(value)) {
	case JSON_NULL:
		json_put_null(out);
		return RC_OK;
	case JSON_BOOL:
		json_put_bool(out, json_truth(value));
		return RC_OK;
	case JSON_NUMBER:
		TRY(json_int(value, &number, err));
		json_put_int(out, number);
		return RC_OK;
	case JSON_STRING:
		json_put_text(out, json_text(value));
		return RC_OK;
	case JSON_ARRAY:
		json_array_begin(out);
		for (size_t i = 0; i < json_count(value); i++)
			TRY(canonical_value(out, json_at(value, i), err));
		json_array_close(out);
		return RC_OK;
	case JSON_OBJECT:
	default:
		return canonical_object(out, value, err);
	}
}

enum rc
json_canonical(struct buf *out, const struct json_object *value, struct err *err)
{
	struct json_out writer;

	json_out_init(&writer, out);
	return canonical_value(&writer, value, err);
}

void
json_out_init(struct json_out *out, struct buf *buf)
{
	*out = (struct json_out){ .buf = buf };
}

static void
newline_add(struct json_out *out)
{
	if (!out->is_pretty)
		return;
	buf_add(out->buf, STR("\n"));
	for (unsigned i = 0; i < out->depth; i++)
		buf_add(out->buf, STR("  "));
}

/* What stands before a value: a comma, unless a name or a bracket does. */
static void
value_due(struct json_out *out)
{
	if (out->has_name) {
		out->has_name = false;
		return;
	}
	if (out->has_item[out->depth])
		buf_add(out->buf, STR(","));
	if (out->depth != 0)
		newline_add(out);
	out->has_item[out->depth] = true;
}

static void
level_open(struct json_out *out, struct str bracket)
{
	value_due(out);
	buf_add(out->buf, bracket);
	out->depth++;
	assert(out->depth < LIMIT_JSON_OUT_DEPTH);
	out->has_item[out->depth] = false;
}

static void
level_close(struct json_out *out, struct str bracket)
{
	bool has_item = out->has_item[out->depth];

	assert(out->depth > 0);
	out->depth--;
	if (has_item)
		newline_add(out);
	buf_add(out->buf, bracket);
}

void
json_object_begin(struct json_out *out)
{
	level_open(out, STR("{"));
}

void
json_object_close(struct json_out *out)
{
	level_close(out, STR("}"));
}

void
json_array_begin(struct json_out *out)
{
	level_open(out, STR("["));
}

void
json_array_close(struct json_out *out)
{
	level_close(out, STR("]"));
}

static void
escape_add(struct buf *buf, unsigned char c)
{
	static const char digits[] = "0123456789abcdef";
	static const char short_forms[][2] = { { '"', '"' },  { '\\', '\\' }, { '\b', 'b' },
		                               { '\f', 'f' }, { '\n', 'n' },  { '\r', 'r' },
		                               { '\t', 't' } };
	char text[6] = { '\\', 'u', '0', '0', 0, 0 };

	for (size_t i = 0; i < COUNT_OF(short_forms); i++) {
		if (short_forms[i][0] != (char)c)
			continue;
		text[1] = short_forms[i][1];
		buf_add(buf, (struct str){ text, 2 });
		return;
	}
	text[4] = digits[c >> 4];
	text[5] = digits[c & 15];
	buf_add(buf, (struct str){ text, 6 });
}

static bool
is_plain(unsigned char c)
{
	return c >= 0x20 && c != '"' && c != '\\';
}

/* The same of 8 bytes at once: no byte is below 0x20, and none is zero after its
 * difference from a quote or a backslash is taken (H. S. Warren, Hacker's Delight,
 * section 6-1). */
static bool
is_plain_word(const char *bytes)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t word, below, quote, backslash;

	memcpy(&word, bytes, sizeof(word));
	quote = word ^ ones * '"';
	backslash = word ^ ones * '\\';
	below = (word - ones * 0x20) & ~word;
	quote = (quote - ones) & ~quote;
	backslash = (backslash - ones) & ~backslash;
	return ((below | quote | backslash) & ones * 0x80) == 0;
}

/* How many bytes from `at` on stand for themselves. */
static size_t
plain_length(struct str text, size_t at)
{
	size_t end = at;

	while (text.len - end >= sizeof(uint64_t) && is_plain_word(text.ptr + end))
		end += sizeof(uint64_t);
	while (end < text.len && is_plain((unsigned char)text.ptr[end]))
		end++;
	return end - at;
}

static void
string_add(struct buf *buf, struct str text)
{
	size_t at = 0;

	buf_add(buf, STR("\""));
	while (at < text.len) {
		size_t plain = plain_length(text, at);
		buf_add(buf, (struct str){ text.ptr + at, plain });
		at += plain;
		if (at < text.len)
			escape_add(buf, (unsigned char)text.ptr[at++]);
	}
	buf_add(buf, STR("\""));
}

void
json_name_str(struct json_out *out, struct str name)
{
	assert(!out->has_name);
	value_due(out);
	string_add(out->buf, name);
	buf_add(out->buf, out->is_pretty ? STR(": ") : STR(":"));
	out->has_name = true;
}

void
json_name(struct json_out *out, const char *name)
{
	json_name_str(out, str_from_c(name));
}

void
json_put_text(struct json_out *out, struct str text)
{
	value_due(out);
	string_add(out->buf, text);
}

void
json_put_int(struct json_out *out, int64_t number)
{
	char text[24];
	char *at = text + sizeof(text);
	uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;

	value_due(out);
	do {
		*--at = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest != 0);
	if (number < 0)
		*--at = '-';
	buf_add(out->buf, (struct str){ at, (size_t)(text + sizeof(text) - at) });
}

void
json_put_number(struct json_out *out, struct str text)
{
	assert(text.len != 0 &&
	       (text.ptr[0] == '-' || (text.ptr[0] >= '0' && text.ptr[0] <= '9')));
	value_due(out);
	buf_add(out->buf, text);
}

void
json_put_bool(struct json_out *out, bool value)
{
	value_due(out);
	buf_add(out->buf, value ? STR("true") : STR("false"));
}

void
json_put_null(struct json_out *out)
{
	value_due(out);
	buf_add(out->buf, STR("null"));
}

void
json_put_raw(struct json_out *out, struct str json)
{
	value_due(out);
	buf_add(out->buf, json);
}

void
json_put_time(struct json_out *out, int64_t us)
{
	char text[TIME_TEXT_MAX];

	time_format(us, 0, text);
	value_due(out);
	string_add(out->buf, str_from_c(text));
}

void
json_text_at(struct json_out *out, const char *name, struct str text)
{
	json_name(out, name);
	json_put_text(out, text);
}

void
json_int_at(struct json_out *out, const char *name, int64_t number)
{
	json_name(out, name);
	json_put_int(out, number);
}

void
json_bool_at(struct json_out *out, const char *name, bool value)
{
	json_name(out, name);
	json_put_bool(out, value);
}

void
json_time_at(struct json_out *out, const char *name, int64_t us)
{
	json_name(out, name);
	json_put_time(out, us);
}

static MUST_CHECK enum rc
put_members(struct json_out *out, const struct json_object *value, struct arena *arena,
            struct err *err)
{
	struct json_iter at;

	json_object_begin(out);
	for (json_iter_start(&at, value); json_iter_next(&at);) {
		json_name_str(out, at.name);
		TRY(json_put_value(out, at.value, arena, err));
	}
	json_object_close(out);
	return RC_OK;
}

static MUST_CHECK enum rc
put_items(struct json_out *out, const struct json_object *value, struct arena *arena,
          struct err *err)
{
	json_array_begin(out);
	for (size_t i = 0; i < json_count(value); i++)
		TRY(json_put_value(out, json_at(value, i), arena, err));
	json_array_close(out);
	return RC_OK;
}

enum rc
json_put_value(struct json_out *out, const struct json_object *value, struct arena *arena,
               struct err *err)
{
	switch (json_kind(value)) {
	case JSON_NULL:
		json_put_null(out);
		return RC_OK;
	case JSON_BOOL:
		json_put_bool(out, json_truth(value));
		return RC_OK;
	case JSON_NUMBER:
		json_put_number(out, json_number_text(arena, value));
		return RC_OK;
	case JSON_STRING:
		json_put_text(out, json_text(value));
		return RC_OK;
	case JSON_ARRAY:
	case JSON_OBJECT:
		break;
	}
	if (out->depth + 1 >= LIMIT_JSON_OUT_DEPTH)
		return FAIL(err, RC_LIMIT, "nested too deep");
	if (json_kind(value) == JSON_ARRAY)
		return put_items(out, value, arena, err);
	return put_members(out, value, arena, err);
}
