/*
 * The package as a zip that is made while it is sent.
 *
 * libarchive stands here and nowhere else.  It calls back with bytes of the zip,
 * which go to the buffer of the call at hand; a piece of a file is at most a page of
 * rows, so memory stays flat.  Sizes are not known beforehand: each file has them
 * after its data (APPNOTE 4.4.4, bit 3) and in the directory at the end.
 */
#include <archive.h>
#include <archive_entry.h>

#include "office/package_inside.h"

#define OUT_BYTES     (64 * KIB) /* of one call, about */
#define MISSING_MOST  (POLICY_LIST_MAX + 8)
#define FILES_A_CLASS 3
#define OWN_FILES     8 /* beside classes and sources */

/* --- what is in it -------------------------------------------------------------------- */

static const struct {
	const char *name, *en, *fr;
	enum rc (*more)(struct package *p, bool *more, struct err *err);
} own_files[] = {
	{ "choices.json", "What you have chosen", "Ce que vous avez choisi", choices_more },
	{ "looks.json", "Who looked at your data", "Qui a consulté vos données", looks_more },
	{ "sessions.json", "Where you are signed in", "Vos connexions", sessions_more },
	{ "tokens.json", "Your tokens, without their secrets", "Vos jetons, sans leurs secrets",
	  tokens_more },
	{ "factor.json", "Your second factor, without its seed",
	  "Votre second facteur, sans son secret", factor_more },
	{ "mail.json", "Mail to you that is still kept", "Courriels encore conservés",
	  mail_more },
	{ "README.html", "This summary", "Ce résumé", readme_more },
	{ "manifest.json", "Every file and its SHA-256", "Chaque fichier et son SHA-256",
	  manifest_more },
};
static_assert(COUNT_OF(own_files) == OWN_FILES, "room for each");

static void
file_add(struct package *p, const struct package_file *file)
{
	p->files[p->file_count++] = *file;
}

static const struct package_source *
source_of(const struct package_options *options, const struct policy_class *class)
{
	for (size_t i = 0; i < options->source_count; i++) {
		const struct package_source *source = &options->sources[i];
		if (source->class != NULL && str_eq(str_from_c(source->class), class->name))
			return source;
	}
	return NULL;
}

static void
class_add(struct package *p, const struct package_options *options,
          const struct policy_class *class)
{
	struct package_file file = { .says = class->says,
		                     .class = class,
		                     .source = source_of(options, class) };

	file.name = str_printf(&p->arena, "%.*s.json", STR_ARGS(class->name));
	file.more = class_json_more;
	file_add(p, &file);
	file.name = str_printf(&p->arena, "%.*s.csv", STR_ARGS(class->name));
	file.more = class_csv_more;
	file_add(p, &file);
	if (file.source != NULL) /* its rows are all versions already */
		return;
	file.name = str_printf(&p->arena, "%.*s-history.json", STR_ARGS(class->name));
	file.more = class_history_more;
	file_add(p, &file);
}

static void
files_make(struct package *p, const struct package_options *options)
{
	const struct policy *policy = p->tenant->policy;
	size_t most = policy->class_count * FILES_A_CLASS + options->source_count + OWN_FILES;

	p->files =
	    arena_alloc(&p->arena, most * sizeof(*p->files), _Alignof(struct package_file));
	p->done =
	    arena_alloc(&p->arena, most * sizeof(*p->done), _Alignof(struct package_done));
	p->missing = arena_alloc(&p->arena, MISSING_MOST * sizeof(*p->missing),
	                         _Alignof(struct package_missing));
	for (size_t i = 0; i < policy->class_count; i++) {
		const struct policy_class *class = &policy->classes[i];
		if (policy_class_is_about(policy, class, p->kind) &&
		    !str_eq(class->about, STR("actor")))
			class_add(p, options, class);
	}
	for (size_t i = 0; i < options->source_count; i++) {
		const struct package_source *source = &options->sources[i];
		struct package_file file = { .source = source, .more = source_lines_more };
		if (source->class != NULL)
			continue;
		file.name = str_from_c(source->file);
		file.says = str_from_c(source->says);
		file_add(p, &file);
	}
	for (size_t i = 0; i < OWN_FILES; i++)
		file_add(p, &(struct package_file){
				.name = str_from_c(own_files[i].name),
				.says = package_words(p, own_files[i].en, own_files[i].fr),
				.more = own_files[i].more });
}

static void
missing_add(struct package *p, struct str what, struct str why)
{
	if (p->missing_count < MISSING_MOST)
		p->missing[p->missing_count++] =
		    (struct package_missing){ what, str_copy(&p->arena, why) };
}

static void
missing_usual(struct package *p)
{
	missing_add(p,
	            package_words(p, "the seed and recovery codes of your second factor",
	                          "le secret et les codes de secours de votre second facteur"),
	            package_words(p, "whoever has them can sign in as you",
	                          "qui les a peut se connecter en votre nom"));
	missing_add(p,
	            package_words(p, "secrets of sessions and tokens",
	                          "les secrets des connexions et des jetons"),
	            package_words(p, "only their fingerprints are kept",
	                          "seules leurs empreintes sont conservées"));
	missing_add(p, package_words(p, "the log of accesses", "le journal des accès"),
	            package_words(p, "it names nobody; looks.json is your part of it",
	                          "il ne nomme personne ; looks.json en est votre part"));
}

/* --- the archive ------------------------------------------------------------------------- */

static MUST_CHECK enum rc
archive_fail(struct package *p, struct err *err)
{
	(void)p;
	return FAIL(err, RC_IO, "the package cannot be written");
}

static la_ssize_t
archive_put(struct archive *archive, void *arg, const void *bytes, size_t count)
{
	struct package *p = arg;

	(void)archive;
	buf_add(p->out, (struct str){ bytes, count });
	return (la_ssize_t)count;
}

static MUST_CHECK enum rc
archive_begin(struct package *p, struct err *err)
{
	struct archive *archive = archive_write_new();

	if (archive == NULL)
		abort();
	p->archive = archive;
	if (archive_write_set_format_zip(archive) != ARCHIVE_OK ||
	    archive_write_set_bytes_per_block(archive, 0) != ARCHIVE_OK ||
	    archive_write_open(archive, p, NULL, archive_put, NULL) != ARCHIVE_OK)
		return archive_fail(p, err);
	return RC_OK;
}

static MUST_CHECK enum rc
entry_begin(struct package *p, const struct package_file *file, struct err *err)
{
	struct archive_entry *entry = archive_entry_new();
	int result;

	if (entry == NULL)
		abort();
	archive_entry_set_pathname(entry, str_to_c(&p->page, file->name));
	archive_entry_set_filetype(entry, AE_IFREG);
	archive_entry_set_perm(entry, 0644);
	archive_entry_set_mtime(entry, (time_t)(p->now_us / US_PER_S), 0);
	result = archive_write_header(p->archive, entry);
	archive_entry_free(entry);
	return result == ARCHIVE_OK ? RC_OK : archive_fail(p, err);
}

/* --- file by file ---------------------------------------------------------------------------
 */

static void
source_end(struct package *p)
{
	const struct package_source *source =
	    p->at < p->file_count ? p->files[p->at].source : NULL;

	if (source != NULL && p->source_state != NULL)
		source->close(p->source_state);
	p->source_state = NULL;
}

static void
file_next(struct package *p)
{
	source_end(p);
	arena_reset(&p->page);
	p->at++;
	p->is_begun = false;
	p->rows = 0;
	p->bytes = 0;
	p->after = (struct id){ { 0 } };
	p->before = INT64_MAX;
}

static MUST_CHECK enum rc
piece_put(struct package *p, struct err *err)
{
	struct str piece;

	TRY(buf_finish(&p->piece, &piece, err));
	p->bytes += (int64_t)piece.len;
	digesting_add(p->digesting, piece);
	for (size_t at = 0; at < piece.len;) {
		la_ssize_t put = archive_write_data(p->archive, piece.ptr + at, piece.len - at);
		if (put <= 0)
			return archive_fail(p, err);
		at += (size_t)put;
	}
	p->piece.len = 0;
	return RC_OK;
}

static MUST_CHECK enum rc
file_finish(struct package *p, struct err *err)
{
	const struct package_file *file = &p->files[p->at];
	struct package_done *done = &p->done[p->done_count++];

	if (archive_write_finish_entry(p->archive) != ARCHIVE_OK)
		return archive_fail(p, err);
	*done = (struct package_done){ .name = file->name,
		                       .says = file->says,
		                       .bytes = p->bytes,
		                       .rows = p->rows,
		                       .digest = digesting_end(p->digesting) };
	file_next(p);
	return RC_OK;
}

/* What the door does not give, or no longer opens, is left out by name, not by
 * silence; the rest is given. */
static MUST_CHECK enum rc
file_refused(struct package *p, struct err *err)
{
	const struct package_file *file = &p->files[p->at];

	if (p->is_begun)
		return err->rc;
	missing_add(p, file->name, str_from_c(err->text));
	p->piece.len = 0;
	file_next(p);
	return RC_OK;
}

static bool
is_left_out(const struct package *p, const struct package_file *file)
{
	return file->more == class_history_more && !p->has_versions;
}

static MUST_CHECK enum rc
file_step(struct package *p, struct err *err)
{
	const struct package_file *file = &p->files[p->at];
	bool is_first = !p->is_begun, more = false;
	size_t readme = p->readme.len;
	enum rc rc;

	if (is_first && is_left_out(p, file)) {
		file_next(p);
		return RC_OK;
	}
	if (is_first && file->more == class_json_more)
		readme_class_begin(p, file->class);
	rc = file->more(p, &more, err);
	if (rc == RC_DENIED || rc == RC_CORRUPT || rc == RC_INVALID) {
		p->readme.len = readme;
		return file_refused(p, err);
	}
	TRY(rc);
	if (is_first)
		TRY(entry_begin(p, file, err));
	p->is_begun = true;
	TRY(piece_put(p, err));
	return more ? RC_OK : file_finish(p, err);
}

enum rc
package_more(struct package *p, struct buf *out, bool *more, struct err *err)
{
	size_t start = out->len;

	p->out = out;
	while (p->at < p->file_count && out->len - start < OUT_BYTES)
		TRY(file_step(p, err));
	*more = p->at < p->file_count;
	if (!*more && archive_write_close(p->archive) != ARCHIVE_OK)
		return archive_fail(p, err);
	return out->full ? FAIL(err, RC_LIMIT, "the answer does not fit its buffer") : RC_OK;
}

/* --- opening
 * ------------------------------------------------------------------------------------ */

static MUST_CHECK enum rc
package_allow(struct package *p, struct err *err)
{
	const struct policy_role *role = decide_role(p->tenant->policy, &p->actor);
	struct vault_act act = { .act = STR("package"),
		                 .outcome = STR("ok"),
		                 .subject = p->subject,
		                 .count = (int64_t)p->file_count };
	bool is_own = desk_is_own(&p->door, p->subject) && role != NULL &&
	              (!role->needs_second_factor || p->actor.assurance >= 2);

	if (!is_own) {
		act.outcome = STR("role");
		TRY(vault_note(&p->door, &act, NULL, err));
		return FAIL(err, RC_DENIED, "a package is given to whom it is about");
	}
	return vault_note(&p->door, &act, NULL, err);
}

static void
package_fill(struct package *p, const struct package_options *options)
{
	arena_init(&p->arena, 4 * MIB);
	arena_init(&p->page, PACKAGE_PAGE_BYTES);
	buf_init(&p->piece, PACKAGE_PIECE_BYTES);
	buf_init(&p->readme, PACKAGE_README_MAX);
	p->actor = *options->door->actor;
	p->actor.reason = str_copy(&p->arena, p->actor.reason);
	p->door = *options->door;
	p->door.actor = &p->actor;
	p->read = p->door;
	p->office = options->office;
	p->tenant = options->door->tenant;
	p->subject = options->subject;
	p->language = str_copy(&p->arena, options->language);
	p->now_us = office_now_us(options->office);
	p->before = INT64_MAX;
	p->digesting = digesting_new();
}

enum rc
package_open(struct package **package, const struct package_options *options, struct err *err)
{
	struct subject_row row = { .tenant = options->door->tenant->id,
		                   .id = options->subject };
	struct package *p;
	enum rc rc;

	TRY(vault_subject_find(options->door->vault, &row, err));
	p = calloc(1, sizeof(*p));
	if (p == NULL)
		abort();
	package_fill(p, options);
	p->kind = row.kind;
	files_make(p, options);
	missing_usual(p);
	rc = package_allow(p, err);
	if (rc == RC_OK)
		rc = archive_begin(p, err);
	if (rc == RC_OK)
		*package = p;
	else
		package_close(p);
	return rc;
}

void
package_close(struct package *p)
{
	CLEANUP(buf_free) struct buf rest = { 0 };

	if (p == NULL)
		return;
	source_end(p);
	buf_init(&rest, PACKAGE_PIECE_BYTES); /* what freeing an unfinished one writes */
	p->out = &rest;
	if (p->archive != NULL)
		(void)archive_write_free(p->archive);
	digesting_free(p->digesting);
	buf_free(&p->piece);
	buf_free(&p->readme);
	arena_free(&p->page);
	arena_free(&p->arena);
	free(p);
}
