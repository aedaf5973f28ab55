/*
 * What the pages of the registers share: which fields each register has, in a form
 * and in words.  Nothing outside src/pages includes this.
 */
#ifndef PAGES_REGISTERS_H
#define PAGES_REGISTERS_H

#include "base/limits.h"
#include "base/zone.h"
#include "office/register.h"
#include "pages/handlers.h"
#include "web/exchange.h"

enum input_type {
	INPUT_LINE = 1,
	INPUT_AREA,
	INPUT_DAY,    /* midnight UTC of the day: a date has no zone */
	INPUT_MOMENT, /* in the zone of who types it */
	INPUT_COUNT,
	INPUT_SEVERITY,
};

#define REGISTER_INPUTS_MAX 12

struct register_input {
	const char *name;  /* of the form and of the record */
	const char *label; /* msgid */
	const char *hint;  /* msgid; NULL: none */
	enum input_type type;
	bool is_needed;
	size_t at; /* in struct register_entry */
};

struct register_page { /* of one kind */
	const char *kind;
	const char *lead;     /* msgid: what the register is for */
	const char *at_label; /* msgid: what `at` says, as a heading */
	bool has_moments;     /* `at` is a moment, else a day */
	bool is_made_here;    /* by the form; else by a page or step of its own */
	struct register_input inputs[REGISTER_INPUTS_MAX]; /* ends with a name of NULL */
};
/* RC_NOT_FOUND; with register_kind_find()'s row. */
enum rc register_page_find(struct str kind, const struct register_page **page,
                           const struct register_kind **row, struct err *err) MUST_CHECK;

/* The form's fields into the entry; what is wrong goes to the page. */
void register_inputs_take(struct request *request, struct doc *doc,
                          const struct register_page *page, struct register_entry *entry);
/* The part `inputs`, with what was typed or else what the entry says. */
void register_inputs_part(struct request *request, struct doc *doc,
                          const struct register_page *page, struct register_entry *entry);

/* A word and a tag of the style sheet for how an entry stands. */
struct standing {
	const char *word, *tag;
};
struct standing register_standing(const struct register_entry *entry, int64_t now_us);

/* Entries as rows; kinds with moments show them so. */
void register_rows(struct request *request, struct doc *doc, const struct register_page *page,
                   const struct register_entries *entries);

/* The organisation's own records are nobody's: the reason for reading them is that
 * they are kept. */
void register_reason(struct request *request);
bool register_may_write(const struct request *request);
/* `second` NULL: one step back alone, to the office. */
void register_crumbs(struct doc *doc, const char *path, const char *label);

/* "2026-03-01T10:00" in the zone, as a field of a form has it. */
enum rc moment_parse(const struct request *request, struct str text, int64_t *us,
                     struct err *err) MUST_CHECK;

#endif
