/*
 * What the package's own files share.  Nothing outside src/office includes this.
 *
 * A file of the package is a row of a table: begin, then pieces until there is no
 * more.  Pieces go to `piece`, from there through SHA-256 into the archive.
 */
#ifndef OFFICE_PACKAGE_INSIDE_H
#define OFFICE_PACKAGE_INSIDE_H

#include "office/desk_inside.h"
#include "office/package.h"

#define PACKAGE_PAGE_ROWS   100
#define PACKAGE_PAGE_BYTES  (256 * MIB) /* of rows at hand, were each as large as may be */
#define PACKAGE_PIECE_BYTES (256 * MIB)
#define PACKAGE_README_ROWS 200 /* of each class, as tables */
#define PACKAGE_README_MAX  (32 * MIB)
#define PACKAGE_CELL_BYTES  300 /* of a cell there */

struct package_done { /* a file that is in the zip */
	struct str name, says;
	int64_t bytes, rows;
	struct digest digest;
};

struct package_missing { /* what is not given, and why */
	struct str what, why;
};

struct package;
struct package_file {
	struct str name, says;
	const struct policy_class *class;    /* of files of a class */
	const struct package_source *source; /* or of it */
	/* One piece; *more false at the end.  RC_DENIED at the first: it is left out. */
	enum rc (*more)(struct package *p, bool *more, struct err *err);
};

struct package {
	struct door door; /* of the subject */
	struct actor actor;
	struct door read; /* of the file at hand: the subject's, or the system's */
	struct office *office;
	const struct tenant *tenant;
	struct id subject;
	int64_t kind;
	int64_t now_us;
	struct str language;
	struct arena arena; /* lives with the package */
	struct arena page;  /* of the rows at hand */

	struct package_file *files;
	size_t file_count, at;
	struct package_done *done;
	size_t done_count;
	struct package_missing *missing;
	size_t missing_count;

	/* The file at hand. */
	bool is_begun, has_rows;
	int64_t rows, bytes;
	struct buf piece;
	struct digesting *digesting;
	struct id after;
	int64_t before;
	void *source_state;
	bool has_versions; /* of the class at hand: its history follows */

	struct buf readme; /* sections of the classes so far */
	void *archive;     /* libarchive's */
	struct buf *out;   /* where its bytes go */
};

/* --- package_rows.c ------------------------------------------------------------------ */

void package_door(struct package *p, const struct policy_class *class);
enum rc class_json_more(struct package *p, bool *more, struct err *err) MUST_CHECK;
enum rc class_csv_more(struct package *p, bool *more, struct err *err) MUST_CHECK;
enum rc class_history_more(struct package *p, bool *more, struct err *err) MUST_CHECK;
enum rc source_lines_more(struct package *p, bool *more, struct err *err) MUST_CHECK;

/* --- package_own.c --------------------------------------------------------------------- */

enum rc choices_more(struct package *p, bool *more, struct err *err) MUST_CHECK;
enum rc looks_more(struct package *p, bool *more, struct err *err) MUST_CHECK;
enum rc sessions_more(struct package *p, bool *more, struct err *err) MUST_CHECK;
enum rc tokens_more(struct package *p, bool *more, struct err *err) MUST_CHECK;
enum rc factor_more(struct package *p, bool *more, struct err *err) MUST_CHECK;
enum rc mail_more(struct package *p, bool *more, struct err *err) MUST_CHECK;

/* --- package_readme.c -------------------------------------------------------------------- */

struct str package_words(const struct package *p, const char *en, const char *fr);
/* The section of the class at hand: its head before its rows, a row, its foot. */
void readme_class_begin(struct package *p, const struct policy_class *class);
void readme_class_row(struct package *p, const struct policy_class *class,
                      const struct package_row *row, const struct json_object *fields);
void readme_class_end(struct package *p);
enum rc readme_more(struct package *p, bool *more, struct err *err) MUST_CHECK;
enum rc manifest_more(struct package *p, bool *more, struct err *err) MUST_CHECK;

/* A secret of a record: its field is named, its value is not given. */
bool package_is_secret(const struct policy_class *class, struct str field);
/* The value as a line of text, for tables: strings as they are, else JSON. */
struct str package_value_text(const struct json_object *value, struct arena *arena);

#endif
