/*
 * The package: everything that the store holds about a subject, as one zip.
 *
 *   README.html        what is in it, for people: first rows as tables
 *   CLASS.json .csv    every record of each class about the subject, as declared
 *   CLASS-history.json earlier versions, where there are any
 *   choices.json looks.json sessions.json tokens.json factor.json mail.json
 *   …                  files of the service (FHIR)
 *   manifest.json      every file with its size and SHA-256, and what is not given
 *
 * It answers GDPR Art. 15 and 20 and 45 CFR 164.524.  It is made while it is sent,
 * a page of rows at a time, in flat memory; nothing of it is stored.  Reading is an
 * act of the subject itself; a class that its role does not read is read by the
 * system on its behalf.  Secrets that open something (a second factor's seed and
 * recovery codes, secrets of sessions and tokens) are not given, and that is said.
 *
 * Not in it: the audit log (about actors, by commitments only; looks.json tells the
 * subject its part), what is held about others, keys.
 */
#ifndef OFFICE_PACKAGE_H
#define OFFICE_PACKAGE_H

#include "office/office.h"

/* One thing of a class: texts live until the next. */
struct package_row {
	struct str id;
	int64_t version;
	int64_t created_us, updated_us; /* 0: the fields say it */
	struct str fields;              /* a JSON object of declared fields */
};

/* How a service gives what its records hold packed, and files of its own. */
struct package_source {
	/* A class, in place of its records: `row` gives its rows.  Or NULL: `file` is
	 * the name of a file, `line` gives its lines, JSON each. */
	const char *class;
	const char *file;
	const char *says;    /* msgid: what the file is */
	const char *purpose; /* that its reading has */
	enum rc (*open)(const struct door *door, struct id subject, void **state,
	                struct err *err);
	enum rc (*row)(void *state, struct package_row *row, bool *more, struct err *err);
	enum rc (*line)(void *state, struct str *line, bool *more, struct err *err);
	void (*close)(void *state);
};

struct package;

struct package_options {
	const struct door *door; /* of the subject itself; copied */
	struct office *office;
	struct id subject;
	const struct package_source *sources;
	size_t source_count;
	struct str language; /* of README.html */
};
/* RC_DENIED unless the actor is the subject with all its assurance; its entry
 * ("package") is durable on return. */
enum rc package_open(struct package **package, const struct package_options *options,
                     struct err *err) MUST_CHECK;
/* Appends about 64 KiB of the zip; *more false when it is whole. */
enum rc package_more(struct package *p, struct buf *out, bool *more, struct err *err)
    MUST_CHECK;
void package_close(struct package *p);

#endif
