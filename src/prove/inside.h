/*
 * What the probes share.  Nothing outside src/prove includes this.
 */
#ifndef PROVE_INSIDE_H
#define PROVE_INSIDE_H

#include "base/json.h"
#include "base/limits.h"
#include "prove/prove.h"
#include "vault/choice.h"
#include "vault/retention.h"

#define PROBE_CANARIES_MAX 64
#define MARK_BYTES         40 /* "canary" and 32 hex digits, and a NUL */

/* --- a run -------------------------------------------------------------------------- */

struct canary {
	struct id person; /* and subject */
	const struct policy_role *role;
	struct str email;
	char mark[MARK_BYTES];
	char token[64];
};

struct prove {
	const struct prove_options *options;
	const struct tenant *tenant;
	struct vault *vault;
	struct people *people;
	struct office *office;
	struct door door; /* the system's, for the purpose "security" */
	struct arena *arena;
	struct client *client;
	struct canary canaries[PROBE_CANARIES_MAX];
	size_t canary_count;
};

struct verdict {
	enum proof_state state;
	struct str evidence;
};
/* The answers of a probe; the first that is not `kept` stands. */
void verdict_kept(struct prove *prove, struct verdict *verdict, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void verdict_broken(struct prove *prove, struct verdict *verdict, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void verdict_not_built(struct prove *prove, struct verdict *verdict, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* One row of the table in run.c; `rest` follows the dot of names like "retention.". */
typedef enum rc probe_fn(struct prove *prove, struct str rest, struct verdict *verdict,
                         struct err *err);

probe_fn tls_minimum, tls_cipher, tls_outbound, login_no_password;
probe_fn cookies_declared, cookies_optional;
probe_fn seal_at_rest, fields_declared, isolation_subject, isolation_tenant;
probe_fn factor_required, onboarding_shut, roles_enforced, staff_trained;
probe_fn audit_intact, audit_complete;
probe_fn consent_recipient, release_deidentified, release_registered, training_never;
probe_fn agreement_class, login_limits, session_isolated;
probe_fn retention_class, rights_right, erasure_final, notice_lead_time, telemetry_anonymous;
probe_fn keys_apart, backup_sealed, backup_apart, region_pinned;
probe_fn session_nothing_kept, voice_not_kept, sms_stop, sms_help;

/* --- canaries ------------------------------------------------------------------------- */

/* A person of that role, active, onboarding complete, with a token of that assurance. */
struct canary_wish {
	const struct policy_role *role;
	int assurance;
	bool is_new;             /* nothing of the onboarding is done */
	struct str jurisdiction; /* of the account; empty: none */
};
enum rc canary_make(struct prove *prove, const struct canary_wish *wish, struct canary **canary,
                    struct err *err) MUST_CHECK;
/* A subject of what `class` is about, with no account and no role. */
enum rc canary_subject(struct prove *prove, const struct policy_class *class,
                       struct canary **canary, struct err *err) MUST_CHECK;
/* The first role whose holders are about what `class` is about, signing in; NULL. */
const struct policy_role *role_about(const struct policy *policy,
                                     const struct policy_class *class);
/* The first role with that grant, signing in; NULL. */
const struct policy_role *role_with(const struct policy *policy, enum policy_verb verb,
                                    struct str what);
/* A purpose that the class is used for and that needs no consent; else its first. */
struct str plain_purpose(const struct policy *policy, const struct policy_class *class);
/* A record of the class about the canary: every text field holds the mark. */
enum rc canary_record(struct prove *prove, const struct canary *canary,
                      const struct policy_class *class, struct vault_record *record,
                      struct err *err) MUST_CHECK;
/* Erases all of them; also those that a run which was cut short has left. */
enum rc canaries_end(struct prove *prove, struct err *err) MUST_CHECK;
enum rc canaries_left_end(struct prove *prove, struct err *err) MUST_CHECK;

/* A canary's identifiers are gone from a text that src/deid went over. */
enum rc text_is_stripped(struct prove *prove, struct verdict *verdict, struct err *err)
    MUST_CHECK;

/* --- asking the server -------------------------------------------------------------------- */

struct client;

struct question {
	const char *method;
	struct str path;  /* below the tenant: "/me" */
	struct str token; /* empty: nobody */
	struct str type, body;
	struct str accept;  /* empty: application/json */
	struct str cookies; /* header text; empty: none */
	bool is_from_root;  /* the path begins at the listener's root */
	int tls_max_minor;  /* 0: as the library likes */
	const char *tls13_ciphers;
	bool is_counted; /* as somebody's use */
};
struct response_header {
	struct str name, value;
};
struct answer {
	bool is_refused; /* no connection or no TLS: what the handshake said is in `why` */
	const char *why;
	long status;
	struct str body; /* at most ANSWER_BYTES_MAX are kept */
	struct response_header headers[64];
	size_t header_count;
};
#define ANSWER_BYTES_MAX (4 * MIB)

enum rc client_open(struct client **client, const struct prove_options *options,
                    struct err *err) MUST_CHECK;
void client_close(struct client *client);
/* RC_OK whatever the server says; RC_IO when it cannot be asked for another reason
 * than TLS. */
enum rc client_ask(struct prove *prove, const struct question *question, struct answer *answer,
                   struct err *err) MUST_CHECK;
struct str answer_header(const struct answer *answer, const char *name); /* empty: none */

/* --- routes ---------------------------------------------------------------------------------
 */

struct route_walk {
	const struct routes *tables[1 + SERVICE_TABLES_MAX];
	size_t table_count;
	size_t table, row;
};
void routes_walk(const struct prove *prove, struct route_walk *walk);
const struct route *routes_next(struct route_walk *walk); /* NULL at the end */
/* The path with every parameter filled in. */
struct str route_path(struct prove *prove, const struct route *route, struct str param);
/* What the dispatcher itself refuses: 401, 403, or away to sign in or to welcome. */
bool is_turned_away(const struct answer *answer);

enum rc shut_walk(struct prove *prove, const struct canary *canary, size_t *tried,
                  struct verdict *verdict, struct err *err) MUST_CHECK;

/* --- searching
 * -------------------------------------------------------------------------------- */

/* Files of a folder (and below) that hold the text; the first one's name in `where`. */
enum rc folder_search(const char *folder, struct str text, struct arena *arena, size_t *found,
                      struct str *where, struct err *err) MUST_CHECK;
/* The same of one file or a folder; RC_OK with none found when it is not there. */
enum rc path_search(const char *path, struct str text, struct arena *arena, size_t *found,
                    struct str *where, struct err *err) MUST_CHECK;

#endif
