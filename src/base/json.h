/*
 * JSON (RFC 8259): a strict reader over json-c, and a writer that streams.
 *
 * The reader refuses what two readers could understand differently: invalid
 * UTF-8, duplicate names, trailing text, comments, NaN, depth over
 * LIMIT_JSON_DEPTH, integers that do not fit 64 bits.  A number keeps the text
 * it came with (5.40 stays 5.40).  Nothing outside base/ sees json-c.
 *
 * The writer appends to a buf; no tree is built for output.  Commas and
 * escapes are its business; a value that JSON cannot hold (NaN) is a bug of
 * the caller and asserts.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/buf.h"
#include "base/limits.h"

/* --- reading ------------------------------------------------------------ */

struct json_object; /* json-c's; a NULL pointer is the JSON null */

enum json_kind {
	JSON_NULL,
	JSON_BOOL,
	JSON_NUMBER,
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT,
};

/* Owns what it parsed; texts borrowed from it live until json_free(). */
struct json {
	struct json_object *root;
};

enum rc json_parse(struct json *json, struct str text, struct err *err) MUST_CHECK;
void json_free(struct json *json);

enum json_kind json_kind(const struct json_object *value);

/* A member by name.  False when absent; *value may be NULL for a JSON null. */
bool json_find(const struct json_object *object, const char *name, struct json_object **value);

/* Members of an object in the order in which they came:
 *     struct json_iter at;
 *     for (json_iter_start(&at, object); json_iter_next(&at);) … at.name, at.value */
struct json_iter {
	void *entry;
	struct str name;
	struct json_object *value;
};
void json_iter_start(struct json_iter *iter, const struct json_object *object);
bool json_iter_next(struct json_iter *iter);

size_t json_count(const struct json_object *value); /* of an array or an object, else 0 */
struct json_object *json_at(const struct json_object *array, size_t index);

/* Of the right kind, or asserts: ask json_kind() first. */
struct str json_text(const struct json_object *string);
bool json_truth(const struct json_object *value);
double json_double(const struct json_object *number);

/* The number as it was written; lives in the arena. */
struct str json_number_text(struct arena *arena, const struct json_object *number);
/* Whole numbers only ("1.0" and "1e3" are not): else RC_INVALID. */
enum rc json_int(const struct json_object *value, int64_t *number, struct err *err) MUST_CHECK;

/* A required member of a kind: RC_INVALID that names it when absent or other. */
enum rc json_need_text(const struct json_object *object, const char *name, struct str *text,
                       struct err *err) MUST_CHECK;
enum rc json_need_int(const struct json_object *object, const char *name, int64_t *number,
                      struct err *err) MUST_CHECK;

/* RFC 8785-like canonical form for trees of ours: members sorted by name,
 * no white space, integers only; anything else is RC_INVALID. */
enum rc json_canonical(struct buf *out, const struct json_object *value, struct err *err)
    MUST_CHECK;

/* --- writing ------------------------------------------------------------ */

struct json_out {
	struct buf *buf;
	unsigned depth;
	bool is_pretty;
	bool has_name;                       /* a name was written, its value is due */
	bool has_item[LIMIT_JSON_OUT_DEPTH]; /* something stands before, per level */
};

void json_out_init(struct json_out *out, struct buf *buf);
void json_object_begin(struct json_out *out);
void json_object_close(struct json_out *out);
void json_array_begin(struct json_out *out);
void json_array_close(struct json_out *out);
void json_name(struct json_out *out, const char *name);
void json_name_str(struct json_out *out, struct str name);
void json_put_text(struct json_out *out, struct str text);
void json_put_int(struct json_out *out, int64_t number);
void json_put_number(struct json_out *out,
                     struct str text); /* a JSON number's text, as it is */
void json_put_bool(struct json_out *out, bool value);
void json_put_null(struct json_out *out);
void json_put_raw(struct json_out *out, struct str json); /* JSON that we made */
void json_put_time(struct json_out *out, int64_t us);     /* RFC 3339, UTC */
/* What was read, as it came.  RC_LIMIT: deeper than LIMIT_JSON_OUT_DEPTH allows
 * here; what was written until then is to be thrown away. */
enum rc json_put_value(struct json_out *out, const struct json_object *value,
                       struct arena *arena, struct err *err) MUST_CHECK;

/* Name and value in one line. */
void json_text_at(struct json_out *out, const char *name, struct str text);
void json_int_at(struct json_out *out, const char *name, int64_t number);
void json_bool_at(struct json_out *out, const char *name, bool value);
void json_time_at(struct json_out *out, const char *name, int64_t us);

#endif
