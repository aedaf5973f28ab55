/*
 * The request desk: what people ask for under GDPR Art. 15-21 and 45 CFR
 * 164.524-528, with its clock, its answer and its evidence.
 *
 * A request is a record of the class `request` about the subject, with the fields
 * kind, text, channel, maker, authority, identity, state, opened, due, extended,
 * extension_reason, assigned, answer, refusal, passed_to, closed, recipients, classes.
 * It is due at the earlier of one calendar month (GDPR Art. 12(3)) and the policy's
 * answer_days, counted in the tenant's zone, and may be extended once: by two months
 * (GDPR), or 30 days where the person's jurisdiction is us (45 CFR 164.524(b)(2)).
 */
#ifndef OFFICE_DESK_H
#define OFFICE_DESK_H

#include "office/office.h"
#include "vault/retention.h"

enum asked_state {
	ASKED_RECEIVED = 1,
	ASKED_IDENTITY, /* waits for the maker's identity or authority to be shown */
	ASKED_OPEN,     /* being worked on */
	ASKED_PASSED,   /* passed on to the client that is the controller */
	ASKED_ANSWERED,
	ASKED_REFUSED,
	ASKED_WITHDRAWN,
};
struct asked { /* one request */
	struct id id;
	int64_t version;
	struct id subject;
	enum policy_right right;
	struct str text;      /* what the person wrote */
	struct str channel;   /* "page", "mail", "letter", "phone", "client" */
	struct str maker;     /* "self", "guardian", "agent", "executor" */
	struct str authority; /* what shows that the maker may ask, where not "self" */
	struct str identity;  /* how identity was checked; empty: not yet */
	enum asked_state state;
	int64_t opened_us, due_us, extended_us, closed_us; /* 0: not */
	int64_t updated_us;                                /* when this version was written */
	struct str extension_reason;
	struct str answer;  /* what was done, in words for the person */
	struct str refusal; /* code of the table below; empty: none */
	struct str passed_to;
	/* Names, separated by spaces; empty: all that the right covers.  Of an objection:
	 * purposes. */
	struct str classes;
	struct str recipients; /* who got the data and must hear of it (GDPR Art. 19) */
};
struct asked_list {
	struct asked *items;
	size_t count;
	struct id last; /* of the page, to go on after; zero: there is no more */
};

/* Why a request may be refused: code and text. */
struct refusal_reason {
	const char
	    *code; /* "unfounded", "excessive", "identity", "law", "others", "not-granted" */
	const char *says;   /* msgid */
	const char *source; /* "GDPR Art. 12(5)" … */
};
extern const struct refusal_reason refusal_reasons[];
extern const size_t refusal_reason_count;

/* The rights that this subject has in its jurisdiction, and the classes each covers
 * (policy: rights.grant and the legal bases). */
struct rights {
	unsigned granted;                        /* enum policy_right */
	policy_set classes[RIGHT_OBJECTION + 1]; /* by right */
};
/* May people object to this use?  GDPR Art. 21(1).  Keeping accounts safe is a
 * compelling ground: nobody could sign in without it. */
bool desk_may_object(const struct policy_purpose *purpose);
enum rc desk_rights(const struct door *door, struct office *office, struct id subject,
                    struct rights *rights, struct err *err) MUST_CHECK;

/* By the subject itself, or by staff with `manage requests`. */
enum rc desk_open(const struct door *door, struct office *office, struct asked *asked,
                  struct err *err) MUST_CHECK;
enum rc desk_get(const struct door *door, struct office *office, struct id id,
                 struct arena *arena, struct asked *asked, struct err *err) MUST_CHECK;
/* Every version of a request, newest first: its timeline. */
enum rc desk_history(const struct door *door, struct office *office, struct id id,
                     struct arena *arena, struct asked_list *versions, struct err *err)
    MUST_CHECK;
#define DESK_OPEN_MOST   5000 /* in one list of what is open */
#define DESK_OPEN_OF_ONE 20   /* of one person, asked by itself: RC_LIMIT */
#define DESK_ASKED_A_DAY 30   /* likewise, within a day: RC_RATE */
struct asked_query {
	struct id subject; /* zero: of everybody (needs `read all`) */
	bool only_open;    /* all of them at once, up to DESK_OPEN_MOST: no paging */
	struct id after;
	int limit;
};
enum rc desk_list(const struct door *door, struct office *office,
                  const struct asked_query *query, struct arena *arena, struct asked_list *list,
                  struct err *err) MUST_CHECK;

/* Words of the fields kind and state; NULL for none of them. */
const char *asked_kind_word(enum policy_right right);
const char *asked_state_word(enum asked_state state);
enum policy_right asked_kind_find(struct str word); /* 0: none */
bool asked_is_open(const struct asked *asked);

/* Steps of staff; each is told to the person and leaves its entry. */
enum desk_step {
	STEP_IDENTIFY = 1, /* `words`: how identity or authority was shown */
	STEP_EXTEND,       /* `words`: the reason */
	STEP_PASS,         /* `words`: to whom */
	STEP_REFUSE,       /* `code`, and `words` */
	/* Carries it out.  `words`: what was done, for the person; may be empty.  Of a
	 * rectification `code` may name a field of the account, and `words` is its new
	 * value; of a restriction `code` "lift" ends one. */
	STEP_FULFIL,
	STEP_WITHDRAW, /* by the person */
};
struct desk_move {
	struct id request;
	int64_t version;
	enum desk_step step;
	struct str code, words;
};
enum rc desk_move(const struct door *door, struct office *office, const struct desk_move *move,
                  struct err *err) MUST_CHECK;

/* What erasing the subject would remove, and what a law keeps; and by which law. */
struct erasing_line {
	const struct policy_class *class;
	bool is_kept;
};
struct erasing_plan {
	struct erasing_line *lines; /* of the classes that the request names */
	size_t count;
};
enum rc desk_erasing(const struct door *door, const struct asked *asked, struct arena *arena,
                     struct erasing_plan *plan, struct err *err) MUST_CHECK;
/* The certificate of an erasure that was carried out: RC_NOT_FOUND without one. */
enum rc desk_certificate(const struct door *door, struct office *office,
                         const struct asked *asked, struct arena *arena, struct id *certificate,
                         struct err *err) MUST_CHECK;
/* Every version of the subject's account, newest first: what a rectification has
 * changed, and from what.  RC_NOT_FOUND: the subject has no account. */
enum rc desk_account(const struct door *door, struct office *office, struct id subject,
                     struct arena *arena, struct vault_records *versions, struct err *err)
    MUST_CHECK;

/* When it is due: exported for its tests. */
enum rc desk_due(const struct tenant *tenant, int64_t opened_us, int64_t *due_us,
                 struct err *err) MUST_CHECK;
enum rc desk_due_extended(const struct tenant *tenant, const struct asked *asked,
                          struct str jurisdiction, int64_t *due_us, struct err *err) MUST_CHECK;

#endif
