/*
 * The rows of the store's tables.
 *
 * Ids are 128-bit (base/id.h); tenants and classes are small integers; times
 * are microseconds UTC.  `body` is always sealed by the vault.  MACs are
 * HMAC-SHA-256 cut to 16 bytes unless said otherwise.
 */
#ifndef STORE_ROW_H
#define STORE_ROW_H

#include "base/id.h"

#define MAC_BYTES  16
#define FACETS_MAX 3
#define MARK_BITS  512
#define HASH_BYTES 32

enum tenant_state { TENANT_ACTIVE = 1, TENANT_SUSPENDED, TENANT_CLOSED };

struct tenant_row {
	int64_t id;
	struct str slug;    /* in URLs: [a-z][a-z0-9-]{0,30} */
	struct str service; /* "measure" … */
	struct str name;    /* the organisation's, for people to read */
	struct str zone;    /* IANA name, for deadlines */
	int state;
	int64_t created_us;
};

struct policy_row {
	int64_t tenant;
	uint8_t hash[HASH_BYTES]; /* of json */
	struct str version;       /* "2026-03-01" */
	struct str source;        /* the YAML as loaded */
	struct str json;          /* its canonical form */
	int64_t effective_us;
	int64_t loaded_us;
};

/* One edge of the key tree.  class 0: the owner's own key, under which its
 * class keys are wrapped.  owner zero: a key of the tenant (class 0) or of a
 * class and retention month.  tenant 0 is the server. */
struct key_row {
	int64_t tenant;
	struct id owner;
	int64_t class;
	int64_t month;      /* yyyymm, 0: none */
	int64_t slot;       /* in keys.dat */
	int64_t generation; /* of the slot when it was filled */
};

enum subject_flag {
	SUBJECT_RESTRICTED = 1, /* stored but not used (GDPR Art. 18) */
	SUBJECT_ERASED = 2,
	SUBJECT_HAS_CHOICES = 4, /* rows of `choice` stand beside it */
	SUBJECT_CLOSED = 8,      /* its account is closed: what is left waits for its time */
	SUBJECT_DECEASED = 16,
	SUBJECT_CANARY = 32,   /* a probe's own: nothing of it is kept, whatever a law says */
	SUBJECT_NOBODY = 64,   /* nobody is it: de-identified copies lie under it */
	SUBJECT_TRIMMED = 128, /* a class of it was erased, or is being */
	SUBJECT_KEPT = 256, /* its erasure was asked for: a law or a hold keeps what is left */
};

struct subject_row {
	int64_t tenant;
	struct id id;
	struct id domain; /* a study, a project; zero: the tenant itself */
	int64_t kind;     /* number that the policy gives "member", "device" … */
	int64_t flags;
	int64_t state_version;
	int64_t created_us;
};

struct subject_query {
	int64_t tenant;
	int64_t kind;    /* 0: any */
	struct id after; /* page by id; zero: from the start */
	int limit;       /* at most LIMIT_PAGE_ROWS */
};

struct record_row {
	int64_t tenant;
	struct id subject;
	int64_t class;
	struct id id;
	int64_t version; /* from 1 */
	int64_t created_us;
	int64_t updated_us;
	int64_t change_from, change_to; /* the subject's change numbers it holds; 0: none */
	int64_t facet[FACETS_MAX];
	int64_t time_from_us, time_to_us;
	int64_t items;      /* how many things it holds: 1, or a segment's readings */
	int64_t expires_us; /* INT64_MAX: not known yet */
	int64_t month;      /* of the key it is sealed with */
	struct str body;
};

enum record_order {
	RECORD_BY_ID,        /* in order of making */
	RECORD_BY_CHANGE,    /* change_to */
	RECORD_BY_TIME,      /* time_from_us, id */
	RECORD_BY_TIME_DOWN, /* time_to_us down, id down */
};

struct record_query {
	int64_t tenant;
	int64_t class;             /* 0: any (not in the orders of time) */
	struct id subject;         /* zero: any (only with RECORD_BY_ID) */
	int64_t facet[FACETS_MAX]; /* 0: any */
	int64_t time_from_us;      /* overlap [from, to); both 0: any */
	int64_t time_to_us;
	int64_t change_after; /* change_to greater than this; 0: any */
	int64_t change_until; /* with RECORD_BY_CHANGE: change_from at most this; 0: any */
	int64_t items_below;  /* rows that hold fewer items; 0: any */
	enum record_order order;
	struct id after;   /* paging: the last row of the page before … */
	int64_t after_key; /* … and its change_to or time, for those orders */
	int limit;         /* at most LIMIT_PAGE_ROWS */
	/* RECORD_BY_TIME_DOWN only: no more rows than hold the latest so many items for
	 * sure, because what follows ended before so many of them began; 0: all. */
	int64_t items_wanted;
	bool without_body;
};

struct term_row {
	int64_t tenant;
	int64_t class;
	int64_t name; /* number that the policy gives the index */
	uint8_t mac[MAC_BYTES];
	struct id subject;
	struct id record;
	int64_t number; /* for segments: which of its things */
};

struct mark_row {
	int64_t tenant;
	struct id owner;   /* a device */
	struct id subject; /* whom it is purged with */
	int64_t block;     /* sequence number / MARK_BITS */
	uint8_t bits[MARK_BITS / 8];
};

struct counter_row {
	int64_t tenant;
	struct id owner;
	int64_t kind;
	int64_t add; /* ignored by get */
};

struct projection_row {
	int64_t tenant;
	struct id subject;
	int64_t kind;
	int64_t version; /* put: RC_RETRY unless the stored one is version - 1 */
	struct str body;
	int64_t class; /* whose key seals it.  Not read back */
};

struct ticket_row {
	int64_t tenant;
	int64_t kind; /* session, token, link … (people/) */
	uint8_t hash[HASH_BYTES];
	struct id id; /* to name it to its owner */
	struct id owner;
	int64_t created_us;
	int64_t expires_us;
	int64_t used_us; /* 0: not yet */
	int64_t state;
	int64_t revision;
	struct str body;
};

struct rate_row {
	uint8_t mac[MAC_BYTES];
	int64_t window_us; /* its length */
};

enum outbox_state { OUTBOX_WAITING = 1, OUTBOX_SENT, OUTBOX_GIVEN_UP };

struct outbox_row {
	int64_t tenant;
	struct id id;
	int64_t created_us;
	int64_t due_us;
	int64_t tries;
	int64_t state;
	struct id subject; /* whom it is purged with; zero: nobody. Not read back */
	struct str body;   /* address and text, sealed */
};

struct entry_row {
	int64_t index;
	struct str leaf;
};

/* "Who looked at my data": which entries of the log are about a subject. */
struct look_row {
	int64_t tenant;
	struct id subject;
	int64_t index; /* of the entry */
	int64_t time_us;
	struct str body; /* actor, action, what: sealed for the subject */
};

struct checkpoint_row {
	int64_t tenant;
	int64_t size;
	int64_t time_us;
	struct str note; /* C2SP signed note */
};

struct tile_row {
	int64_t tenant;
	int64_t level;
	int64_t index;
	struct str hashes; /* 32 bytes each */
};

#endif
