/*
 * Registers: what the law wants written down about the organisation itself.
 *
 * Each register is a row of a table (kind, title, which fields, what is due): an
 * entry is a record of the class `register` about the organisation.  The records of
 * processing (GDPR Art. 30) are no entries: they follow from the policy.
 *
 *   processor     GDPR Art. 28(2), (4): processors and notice of new ones
 *   disclosure    to authorities, in emergencies, on succession: who, why, what
 *   transfer      GDPR Art. 44-49, with its basis
 *   incident      GDPR Art. 33 (72 hours), Art. 33(5); 45 CFR 164.400-414
 *   notice        notices to subjects of a breach, GDPR Art. 34
 *   attestation   certificates, reports, tests: a document and its expiry
 *   instruction   of a client, GDPR Art. 28(3)(a)
 *   training      of staff, with expiry
 *   dpia          GDPR Art. 35
 *   alert         raised by the program (alert.h), acknowledged by a person
 */
#ifndef OFFICE_REGISTER_H
#define OFFICE_REGISTER_H

#include "office/office.h"

struct register_kind {
	const char *name;   /* "incident" */
	const char *title;  /* msgid, of the register's page */
	const char *source; /* the rule that asks for it */
	const char *when;   /* msgid: what `at` says: "noticed" */
	bool is_closed_by_hand;
	int64_t due_us; /* after `at`; 0: nothing is due by itself */
};
extern const struct register_kind register_kinds[];
extern const size_t register_kind_count;
const struct register_kind *register_kind_find(struct str name); /* NULL */

struct register_entry {
	struct id id; /* zero: new */
	int64_t version;
	struct str kind, title, text;
	struct str party, contact, region, basis; /* of processors, authorities, transfers */
	struct str document, reference;           /* where the paper lies; its number */
	struct str classes;                       /* names, separated by spaces */
	int64_t at_us;                            /* when it happened, began, was signed */
	int64_t due_us;                           /* what must be done by then; 0: nothing */
	int64_t until_us;                         /* when it lapses; 0: never */
	struct str state;                         /* "open", "closed", "acknowledged" */
	struct str severity;                      /* "low", "medium", "high" */
	int64_t notified_us, closed_us;           /* 0: not yet */
	int64_t people;                           /* how many are affected */
	struct str by; /* who entered or closed it: a person's id, "system" */
};
struct register_entries {
	struct register_entry *items;
	size_t count;
};
/* New or next version; fills id and version. */
enum rc register_put(const struct door *door, struct office *office,
                     struct register_entry *entry, struct err *err) MUST_CHECK;
enum rc register_get(const struct door *door, struct office *office, struct id id,
                     struct arena *arena, struct register_entry *entry, struct err *err)
    MUST_CHECK;
struct register_query {
	struct str kind;
	struct str state; /* empty: any */
	struct id after;  /* paging, in order of making */
	int limit;
	/* By `at`, down; then the page before ended with `after` at after_us. */
	bool is_newest_first;
	int64_t after_us;
};
enum rc register_list(const struct door *door, struct office *office,
                      const struct register_query *query, struct arena *arena,
                      struct register_entries *entries, struct err *err) MUST_CHECK;

/* Every version of an entry, newest first. */
enum rc register_history(const struct door *door, struct office *office, struct id id,
                         struct arena *arena, struct register_entries *entries, struct err *err)
    MUST_CHECK;

/* Is an attestation of that name on file and not lapsed?  Fills the one that lapses
 * last; RC_NOT_FOUND: none ever was. */
enum rc register_attestation(struct office *office, const struct tenant *tenant,
                             struct str name, struct arena *arena, struct register_entry *entry,
                             struct err *err) MUST_CHECK;

/* The record of processing activities, from the policy: GDPR Art. 30(1), or (2) of a
 * processor. */
void register_processing(const struct policy *policy, struct buf *json);

#endif
