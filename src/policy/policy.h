/*
 * The policy as data.
 *
 * A policy is read from YAML strictly: an unknown key, a missing one, a wrong
 * type or an impossible combination is an error with line and column, all of
 * them at once (policy_diagnostics).  The result is immutable: shared by every
 * thread, it lives until policy_free().  Numbers given to classes, kinds and
 * indexes are stable across versions: they are what the store's rows hold, so
 * they come from the name (see policy_number()).
 *
 * The rules of the language stand in docs/policy-language.md.
 */
#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "crypto/digest.h"

#define POLICY_LIST_MAX   64 /* of any map or list of maps in a policy */
#define POLICY_SOURCE_MAX (256 * 1024)

/* Sets of purposes, classes, recipients: bit i is item i of its table. */
typedef uint64_t policy_set;

enum policy_basis { /* GDPR Art. 6(1), with explicit consent Art. 9(2)(a) */
	            BASIS_CONSENT = 1,
	            BASIS_CONTRACT,
	            BASIS_LEGAL_OBLIGATION,
	            BASIS_VITAL_INTEREST,
	            BASIS_PUBLIC_TASK,
	            BASIS_LEGITIMATE_INTEREST,
};

enum policy_right {
	RIGHT_ACCESS = 1,
	RIGHT_RECTIFICATION = 2,
	RIGHT_ERASURE = 4,
	RIGHT_PORTABILITY = 8,
	RIGHT_RESTRICTION = 16,
	RIGHT_OBJECTION = 32,
};

enum policy_trigger {
	KEEP_RECORDED = 1,
	KEEP_SUBMITTED,
	KEEP_ACCOUNT_CLOSED,
	KEEP_SESSION_ENDED,
	KEEP_PROJECT_ENDED,
};
enum policy_after { THEN_ERASE = 1, THEN_DEIDENTIFY, THEN_ASK_CLIENT, THEN_PRUNE };

/* 0s, 90d, 24mo, 7y, or for ever. */
struct policy_period {
	bool is_forever;
	int64_t count;
	char unit; /* s, d, m (months), y */
};

struct policy_keep {
	enum policy_trigger until;
	struct policy_period plus;
	enum policy_after then;
	struct str required_by; /* the law; empty: none */
};

struct policy_purpose {
	struct str name;
	enum policy_basis basis;
	struct str says;
};

enum policy_index_kind { INDEX_TERM = 1, INDEX_FACET, INDEX_TIME };
struct policy_index {
	struct str field;
	enum policy_index_kind kind;
	int number; /* TERM: name for store rows; FACET: 0 … FACETS_MAX-1; TIME: 0 */
};

struct policy_class {
	struct str name;
	int64_t number; /* for store rows */
	struct str says;
	struct str about; /* kind of subject: "member", "actor" … */
	int64_t about_number;
	struct str *categories; /* Fideslang keys */
	size_t category_count;
	struct str *fields;
	size_t field_count;
	struct policy_index *indexes;
	size_t index_count;
	policy_set use; /* purposes */
	struct policy_keep keep;
	bool is_controller;
	bool is_memory;       /* lives in the memory of one session: never stored */
	bool needs_agreement; /* stored only while an executed agreement is on file */
	unsigned rights;      /* enum policy_right: follows from the bases (W3C DPV) */
};

enum policy_when {
	WHEN_CONSENT = 1,
	WHEN_CONTRACT,
	WHEN_CLIENT_APPROVAL,
	WHEN_LEGAL_ORDER,
	WHEN_EMERGENCY,
	WHEN_SUCCESSION,
	WHEN_NEVER,
};
enum policy_form { AS_IS = 1, AS_DEIDENTIFIED, AS_AGGREGATE };
struct policy_recipient {
	struct str name;
	struct str says;     /* "the doctor you choose" */
	policy_set receives; /* classes */
	struct str purpose;  /* may be empty */
	enum policy_when when;
	enum policy_form form;
};

/* What a role may do: one verb on one class in one scope, or a named act. */
enum policy_verb { VERB_READ = 1, VERB_WRITE, VERB_ERASE, VERB_RELEASE, VERB_MANAGE };
enum policy_scope {
	SCOPE_OWN = 1, /* records about the actor itself */
	SCOPE_SHARED,  /* of subjects that shared with the actor */
	SCOPE_SITE,    /* of the actor's site or domain */
	SCOPE_ALL,     /* of every subject of the tenant */
};
struct policy_grant {
	enum policy_verb verb;
	enum policy_scope scope;
	int class_index; /* into classes; -1 with VERB_MANAGE */
	struct str what; /* VERB_MANAGE: "people", "devices", "policy", "log", "requests" … */
};
struct policy_role {
	struct str name;
	struct str says;
	struct str is; /* the kind of subject its holders are: "member", "staff", "device" … */
	int64_t is_number;
	bool by_credential; /* held by devices and clients: nobody signs in with it */
	struct policy_grant *grants;
	size_t grant_count;
	bool needs_second_factor;
	bool needs_reason; /* each read states why, and the subject is told */
};

struct policy_cookie {
	struct str name;
	struct str why;
	struct str lasts; /* "session", "1y" */
	int64_t lasts_s;  /* 0: session */
};

struct policy_processor {
	struct str name, does, region, since, contract;
	policy_set receives; /* classes */
	struct str *attested;
	size_t attested_count;
};
struct policy_transfer {
	struct str to, basis, since;
};
struct policy_promise {
	struct str id, says;
	struct str probe; /* one of these two */
	struct str attested;
	struct str region; /* where it holds: an attestation of one region; empty: everywhere */
	bool is_implied; /* not written by hand: follows from a declaration (policy/probe.h) */
};

/* How a person accepts a change: by using the service after it, or by signing it. */
enum policy_acceptance { ACCEPTED_UNSAID, ACCEPTED_BY_USE, ACCEPTED_BY_SIGNATURE };
enum policy_factor { FACTOR_TOTP = 1, FACTOR_PASSKEY = 2, FACTOR_MAIL = 4, FACTOR_TEXT = 8 };
enum policy_second { SECOND_OPTIONAL = 1, SECOND_REQUIRED, SECOND_BY_ROLE };

struct policy_controller {
	struct str name, address, contact, officer;
};

struct policy {
	struct str service; /* "measure" */
	struct str version; /* "2026-03-01" */
	int64_t effective_us;
	struct str title;
	struct policy_controller controller;
	bool is_controller; /* else processor */
	int notice_days;
	struct str *notice_by;
	size_t notice_by_count;
	enum policy_acceptance accepted_by;
	struct str terms_version, terms_file;
	int answer_days;
	bool rights_through_client;
	struct str *export_formats;
	size_t export_count;
	struct str *jurisdictions; /* "eu", "default" */
	unsigned *granted;         /* enum policy_right, beside jurisdictions */
	size_t jurisdiction_count;
	int tls_minor; /* 2 or 3: TLS 1.x at least */
	enum policy_second second_factor;
	unsigned factors; /* enum policy_factor */
	int idle_minutes;
	int session_hours; /* absolute limit */
	struct str *onboarding;
	size_t onboarding_count;
	struct str region;
	struct policy_transfer *transfers;
	size_t transfer_count;
	struct policy_cookie *cookies;
	size_t cookie_count;
	struct policy_purpose *purposes;
	size_t purpose_count;
	struct policy_class *classes;
	size_t class_count;
	struct policy_recipient *recipients;
	size_t recipient_count;
	struct policy_role *roles;
	size_t role_count;
	struct policy_processor *processors;
	size_t processor_count;
	struct policy_promise *promises;
	size_t promise_count;

	struct digest hash;  /* SHA-256 of json */
	struct str json;     /* canonical form (json_canonical) */
	struct str source;   /* the YAML */
	struct arena *arena; /* holds all of it; policy_free() ends it */
};

struct policy_fault {
	int line, column; /* from 1 */
	struct str text;
};
struct policy_diagnostics {
	struct policy_fault items[POLICY_LIST_MAX];
	size_t count;        /* may exceed POLICY_LIST_MAX: the rest was not kept */
	struct arena *arena; /* given by the caller; texts live there */
};

/* RC_INVALID with at least one diagnostic when the policy breaks a rule. */
enum rc policy_read(struct policy **policy, struct str yaml, struct policy_diagnostics *faults,
                    struct err *err) MUST_CHECK;
void policy_free(struct policy *policy);

/* By name; NULL when not declared.  They borrow from the policy. */
const struct policy_class *policy_class_find(const struct policy *policy, struct str name);
const struct policy_class *policy_class_by_number(const struct policy *policy, int64_t number);
const struct policy_purpose *policy_purpose_find(const struct policy *policy, struct str name);
const struct policy_role *policy_role_find(const struct policy *policy, struct str name);
const struct policy_recipient *policy_recipient_find(const struct policy *policy,
                                                     struct str name);
const struct policy_cookie *policy_cookie_find(const struct policy *policy, struct str name);
const struct policy_index *policy_index_find(const struct policy_class *class,
                                             struct str field);
/* Is the class about subjects of this kind?  `person` is every kind whose role signs in,
 * `actor` every role's kind, `subject` every kind that a class or a role names. */
bool policy_class_is_about(const struct policy *policy, const struct policy_class *class,
                           int64_t kind_number);
bool policy_kind_is_many(struct str about); /* one of these words: no subject is of it */
bool policy_field_is_declared(const struct policy_class *class, struct str field);
size_t policy_class_index(const struct policy *policy, const struct policy_class *class);

/* A stable positive number of a name: the first 31 bits of its SHA-256; two names
 * of one policy with one number are an error of that policy. */
int64_t policy_number(struct str name);

/* Does `role` hold verb on class (or on `what`, for VERB_MANAGE)?  Gives the
 * widest scope it has, 0 for none. */
enum policy_scope policy_role_scope(const struct policy_role *role, enum policy_verb verb,
                                    int class_index, struct str what);

/* When a record whose trigger was at `from_us` is past its time; INT64_MAX when
 * never or when the trigger has not happened (from_us 0).  Months and years
 * count on the calendar (29 February + 1y is 28 February) in UTC: for a zone,
 * give local time and take its offset off the result. */
int64_t policy_period_end(const struct policy_period *period, int64_t from_us);
/* yyyymm of the month in which a record made now reaches its deadline, which
 * names the month key it is sealed with; 0 when the deadline is not known at
 * the time of recording. */
int64_t policy_retention_month(const struct policy_keep *keep, int64_t now_us);

/* What people read: HTML sections without layout (h2, p, ul, table), every
 * sentence of it derived from the policy; and the same as plain text. */
void policy_render_html(const struct policy *policy, struct buf *out);
void policy_render_text(const struct policy *policy, struct buf *out);

/* What changes from a to b, one line a change: "class note: new", "class
 * measurement: keep 5y → 7y (longer)".  is_material: new class, purpose or
 * recipient, longer retention, weaker right or control. */
struct policy_change {
	struct str text;
	bool is_material;
};
struct policy_changes {
	struct policy_change *items;
	size_t count;
};
void policy_diff(const struct policy *a, const struct policy *b, struct arena *arena,
                 struct policy_changes *changes);

#endif
