/*
 * What the desk's own files share.  Nothing outside src/office includes this.
 *
 * Who may: the subject itself, or staff with `manage requests`.  The vault decides
 * about each record beside that.
 */
#ifndef OFFICE_DESK_INSIDE_H
#define OFFICE_DESK_INSIDE_H

#include "office/desk.h"
#include "office/inside.h"
#include "office/tell.h"

#define REQUEST_CLASS   "request"
#define DESK_TEXT_BYTES 4000 /* of any text of a request */

/* --- desk.c ------------------------------------------------------------------------ */

/* The actor's door with what the desk adds: the purpose, and why it reads. */
struct desk_door {
	struct door door;
	struct actor actor;
};
void desk_door(struct desk_door *own, const struct door *door);

bool desk_is_own(const struct door *door, struct id subject);
bool desk_is_staff(const struct door *door);
/* RC_DENIED with its entry unless the actor is the subject or of the staff. */
enum rc desk_allow(const struct door *door, struct id subject, struct err *err) MUST_CHECK;
enum rc desk_allow_staff(const struct door *door, struct id subject, struct err *err)
    MUST_CHECK;

/* The person behind a subject, as the system sees it; RC_NOT_FOUND: it signs in
 * nowhere.  `jurisdiction` is "default" where the account has none. */
enum rc desk_person(const struct door *door, struct office *office, struct id subject,
                    struct arena *arena, struct person *person, struct err *err) MUST_CHECK;
struct str desk_jurisdiction(const struct person *person, struct arena *arena);

/* --- desk_body.c --------------------------------------------------------------------- */

enum rc asked_format(const struct asked *asked, struct arena *arena, struct str *body,
                     struct err *err) MUST_CHECK;
enum rc asked_parse(const struct vault_record *record, struct arena *arena, struct asked *asked,
                    struct err *err) MUST_CHECK;
/* Next version (or the first); fills id and version. */
enum rc asked_put(const struct door *door, struct asked *asked, struct err *err) MUST_CHECK;

/* --- desk_fulfil.c --------------------------------------------------------------------- */

enum rc desk_fulfil(const struct door *door, struct office *office,
                    const struct desk_move *move, struct asked *asked, struct err *err)
    MUST_CHECK;

/* --- desk_words.c ----------------------------------------------------------------------- */

enum desk_news {
	NEWS_OPENED = 1,
	NEWS_OPEN,
	NEWS_EXTENDED,
	NEWS_PASSED,
	NEWS_REFUSED,
	NEWS_ANSWERED,
	NEWS_WITHDRAWN,
	NEWS_ERASED, /* before it happens */
};
/* Tells the subject, where it is a person, by mail and page; `words` stand in the text. */
enum rc desk_tell(struct office *office, const struct tenant *tenant, const struct asked *asked,
                  enum desk_news which, struct str words, struct err *err) MUST_CHECK;
struct str desk_answer(enum policy_right right, struct str language); /* the usual one */

/* --- desk_tick.c -------------------------------------------------------------------------- */

/* Keeps the dates of what is open, so that reminders need no look at a record. */
enum rc desk_watch(struct office *office, const struct tenant *tenant,
                   const struct asked *asked, struct err *err) MUST_CHECK;

#endif
