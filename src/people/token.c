/*
 * Tokens: what programs and devices carry instead of a session.
 *
 * A token makes an actor of the kind it was issued for, in one role, with no
 * more assurance than whoever issued it had.  A device's token acts for its
 * member: while the member's gate is shut the device is refused too.
 */
#include "people/inside.h"

#define LABEL_BYTES    100
#define TOKEN_DAYS_MAX (3 * 366)
#define TOKENS_MAX     100 /* live ones of one owner */
#define SEEN_EVERY_US  US_PER_MIN

static const char refused_text[] = "the token is not accepted";

struct token_body {
	int64_t kind, assurance;
	struct id subject;
	struct str role, label;
};

/* --- body -------------------------------------------------------------------------------- */

static MUST_CHECK enum rc
body_format(const struct token *token, struct arena *arena, struct str *text, struct err *err)
{
	CLEANUP(buf_free) struct buf buf = { 0 };
	struct json_out out;
	struct str finished;

	buf_init(&buf, 4 * KIB);
	json_out_init(&out, &buf);
	json_object_begin(&out);
	json_int_at(&out, "kind", token->kind);
	json_int_at(&out, "assurance", token->assurance);
	json_text_at(&out, "subject", id_to_str(arena, token->subject));
	json_text_at(&out, "role", token->role);
	json_text_at(&out, "label", token->label);
	json_object_close(&out);
	TRY(buf_finish(&buf, &finished, err));
	*text = str_copy(arena, finished);
	return RC_OK;
}

static MUST_CHECK enum rc
body_read(const struct people *people, const struct tenant *tenant,
          const struct ticket_row *row, struct arena *arena, struct token_body *body,
          struct err *err)
{
	CLEANUP(json_free) struct json json = { NULL };
	struct str subject;

	TRY(ticket_open(people, tenant, row, &json, err));
	TRY(json_need_int(json.root, "kind", &body->kind, err));
	TRY(json_need_int(json.root, "assurance", &body->assurance, err));
	TRY(json_need_text(json.root, "subject", &subject, err));
	TRY(id_parse(subject, &body->subject, err));
	TRY(json_need_text(json.root, "role", &body->role, err));
	TRY(json_need_text(json.root, "label", &body->label, err));
	body->role = str_copy(arena, body->role);
	body->label = str_copy(arena, body->label);
	return RC_OK;
}

/* --- issue ---------------------------------------------------------------------------------
 */

static MUST_CHECK enum rc
label_check(struct str label, struct err *err)
{
	if (label.len == 0 || label.len > LABEL_BYTES || !str_is_utf8(label))
		return FAIL(err, RC_INVALID, "label: 1 to %d bytes of text", LABEL_BYTES);
	for (size_t i = 0; i < label.len; i++) {
		if ((unsigned char)label.ptr[i] < 0x20 || label.ptr[i] == 0x7f)
			return FAIL(err, RC_INVALID, "label: one line of text");
	}
	return RC_OK;
}

/* A person's own, in its own role; the operator's command may name any. */
static MUST_CHECK enum rc
person_token_check(const struct door *door, struct token *token, struct err *err)
{
	const struct actor *actor = door->actor;
	const struct policy_role *role;

	token->subject = token->owner;
	if (actor->kind == ACTOR_PERSON && id_eq(actor->id, token->owner) &&
	    actor->role != NULL) {
		if (token->role.len != 0 && !str_eq(token->role, actor->role->name))
			return FAIL(err, RC_DENIED, "role: a token has that of its session");
		token->role = actor->role->name;
		token->assurance = actor->assurance;
		return RC_OK;
	}
	if (actor->kind != ACTOR_SYSTEM)
		return FAIL(err, RC_DENIED, "a token is issued by the person it is for");
	role = policy_role_find(door->tenant->policy, token->role);
	if (role == NULL || !person_role_signs_in(role))
		return FAIL(err, RC_INVALID, "role: none of those who sign in");
	if (token->assurance < 1 || token->assurance > 2)
		return FAIL(err, RC_INVALID, "assurance: 1 or 2");
	return RC_OK;
}

static MUST_CHECK enum rc
device_token_check(const struct door *door, struct token *token, struct err *err)
{
	const struct actor *actor = door->actor;
	const struct policy_role *role =
	    policy_role_find(door->tenant->policy, STR(DEVICE_ROLE));
	bool is_its_member = actor->kind == ACTOR_PERSON && id_eq(actor->id, token->subject);
	bool manages = actor->kind == ACTOR_PERSON && actor->role != NULL &&
	               policy_role_scope(actor->role, VERB_MANAGE, -1, STR("devices")) != 0;

	if (role == NULL || !role->by_credential)
		return FAIL(err, RC_INVALID, "the policy has no role for devices");
	if (actor->kind != ACTOR_SYSTEM && !is_its_member && !manages)
		return FAIL(err, RC_DENIED, "your role may not give a device a token");
	token->role = role->name;
	token->assurance = 1;
	return RC_OK;
}

static MUST_CHECK enum rc
token_check(const struct door *door, struct token *token, int64_t now_us, struct err *err)
{
	if (id_is_zero(token->owner) ||
	    (token->kind == TOKEN_DEVICE && id_is_zero(token->subject)))
		return FAIL(err, RC_INVALID, "a token needs its owner and subject");
	if (token->expires_us <= now_us ||
	    token->expires_us - now_us > TOKEN_DAYS_MAX * US_PER_DAY)
		return FAIL(err, RC_INVALID, "expires: within %d days", TOKEN_DAYS_MAX);
	TRY(label_check(token->label, err));
	if (door->actor->kind == ACTOR_PERSON && door->actor->role != NULL &&
	    door->actor->role->needs_second_factor && door->actor->assurance < 2)
		return FAIL(err, RC_DENIED, "confirm with your second factor first");
	if (token->kind == TOKEN_PERSON)
		return person_token_check(door, token, err);
	if (token->kind == TOKEN_DEVICE)
		return device_token_check(door, token, err);
	return FAIL(err, RC_INVALID, "a token is of a person or of a device");
}

struct issuing {
	struct ticket_row row;
	struct id subject;
};

static enum rc
issue_in(struct store_tx *tx, void *arg, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	const struct issuing *issuing = arg;
	const struct ticket_row *row = &issuing->row;
	struct tickets all;
	size_t live = 0;

	arena_init(&arena, ARENA_BYTES);
	if (gate_check(tx, row->tenant, issuing->subject, err) == RC_UNAUTHENTICATED)
		return FAIL(err, RC_DENIED, "this account is closed");
	TRY(store_ticket_list(tx, row->tenant, TICKET_TOKEN, row->owner, &arena, &all.items,
	                      &all.count, err));
	for (size_t i = 0; i < all.count; i++)
		live += all.items[i].expires_us > row->created_us;
	if (live >= TOKENS_MAX)
		return FAIL(err, RC_LIMIT, "at most %d tokens: revoke one first", TOKENS_MAX);
	return store_ticket_insert(tx, row, err);
}

enum rc
people_token_issue(const struct door *door, struct people *people, struct token *token,
                   char secret[64], struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct vault_act issued = { .act = STR("token-issued"), .outcome = STR("ok") };
	int64_t now_us = people_now_us(people);
	struct token new = *token;
	struct issuing issuing = { 0 };
	char text[SECRET_TEXT];
	struct str body;

	arena_init(&arena, ARENA_BYTES);
	TRY(token_check(door, &new, now_us, err));
	new.id = id_new(now_us);
	new.created_us = now_us;
	new.seen_us = 0;
	issuing.subject = new.subject;
	issuing.row = (struct ticket_row){ .tenant = door->tenant->id,
		                           .kind = TICKET_TOKEN,
		                           .id = new.id,
		                           .owner = new.owner,
		                           .created_us = now_us,
		                           .expires_us = new.expires_us };
	ticket_secret_new(text, issuing.row.hash);
	TRY(body_format(&new, &arena, &body, err));
	ticket_seal(people, door->tenant, &issuing.row, body, &arena);
	/* The entry first: a token that nobody knows of is worse than an entry
	 * about one that was not made. */
	issued.subject = new.subject;
	issued.detail = new.kind == TOKEN_DEVICE ? STR("device") : STR("person");
	TRY(people_note(people, door->tenant, &issued, err));
	TRY(store_write(people->store, issue_in, &issuing, err));
	*token = new;
	(void)snprintf(secret, 64, "%s%s", BEARER_PREFIX, text);
	secret_wipe(text, sizeof(text));
	return RC_OK;
}

/* --- list and revoke ------------------------------------------------------------------------
 */

static MUST_CHECK enum rc
rows_of(const struct door *door, const struct people *people, struct id owner,
        struct arena *arena, struct tickets *rows, struct err *err)
{
	struct ticket_row like = { .tenant = door->tenant->id,
		                   .kind = TICKET_TOKEN,
		                   .owner = owner };

	if (id_is_zero(owner))
		return FAIL(err, RC_INVALID, "a token needs its owner");
	return ticket_list(people, &like, arena, rows, err);
}

/* Its owner, the member of a device, who manages them, the system. */
static bool
may_touch(const struct door *door, struct id owner, const struct token_body *body)
{
	const struct actor *actor = door->actor;
	struct str what = body->kind == TOKEN_DEVICE ? STR("devices") : STR("people");

	if (actor->kind == ACTOR_SYSTEM)
		return true;
	if (actor->kind != ACTOR_PERSON || actor->role == NULL)
		return false;
	return id_eq(actor->id, owner) || id_eq(actor->id, body->subject) ||
	       policy_role_scope(actor->role, VERB_MANAGE, -1, what) != 0;
}

static MUST_CHECK enum rc
token_fill(const struct door *door, const struct people *people, const struct ticket_row *row,
           struct arena *arena, struct token *token, struct err *err)
{
	struct token_body body;

	TRY(body_read(people, door->tenant, row, arena, &body, err));
	if (!may_touch(door, row->owner, &body))
		return FAIL(err, RC_NOT_FOUND, "no such token of yours");
	*token = (struct token){ .id = row->id,
		                 .kind = (enum token_kind)body.kind,
		                 .owner = row->owner,
		                 .subject = body.subject,
		                 .role = body.role,
		                 .label = body.label,
		                 .assurance = (int)body.assurance,
		                 .created_us = row->created_us,
		                 .expires_us = row->expires_us,
		                 .seen_us = row->used_us };
	return RC_OK;
}

enum rc
people_token_list(const struct door *door, struct people *people, struct id owner,
                  struct arena *arena, struct token **tokens, size_t *count, struct err *err)
{
	int64_t now_us = people_now_us(people);
	struct token *items;
	struct tickets rows;
	size_t live = 0;

	TRY(rows_of(door, people, owner, arena, &rows, err));
	items = arena_alloc(arena, rows.count * sizeof(*items), _Alignof(struct token));
	for (size_t i = 0; i < rows.count; i++) {
		if (rows.items[i].expires_us <= now_us)
			continue;
		TRY(token_fill(door, people, &rows.items[i], arena, &items[live], err));
		live++;
	}
	*tokens = items;
	*count = live;
	return RC_OK;
}

static enum rc
delete_in(struct store_tx *tx, void *arg, struct err *err)
{
	const struct tickets *rows = arg;

	for (size_t i = 0; i < rows->count; i++)
		TRY(store_ticket_delete(tx, &rows->items[i], err));
	return RC_OK;
}

enum rc
people_token_revoke(const struct door *door, struct people *people, struct id owner,
                    struct id token, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct vault_act revoked = { .act = STR("token-revoked"), .outcome = STR("ok") };
	struct tickets rows, chosen = { 0 };
	struct token filled = { 0 };

	arena_init(&arena, ARENA_BYTES);
	TRY(rows_of(door, people, owner, &arena, &rows, err));
	chosen.items = rows.items;
	for (size_t i = 0; i < rows.count; i++) {
		if (!id_is_zero(token) && !id_eq(rows.items[i].id, token))
			continue;
		TRY(token_fill(door, people, &rows.items[i], &arena, &filled, err));
		chosen.items[chosen.count++] = rows.items[i];
	}
	if (chosen.count == 0 && !id_is_zero(token))
		return FAIL(err, RC_NOT_FOUND, "no such token of yours");
	if (chosen.count == 0)
		return RC_OK;
	TRY(store_write(people->store, delete_in, &chosen, err));
	bearers_drop(people->bearers, id_is_zero(token) ? owner : token);
	revoked.subject = filled.subject;
	revoked.count = (int64_t)chosen.count;
	return people_note(people, door->tenant, &revoked, err);
}

/* --- the actor behind a bearer
 * ----------------------------------------------------------------- */

struct bearing {
	struct ticket_row row;
	struct arena *arena;
};

/* Also counts a token's use, at most once a minute. */
static MUST_CHECK enum rc
bearer_seen(const struct people *people, struct ticket_row *row, int64_t now_us,
            struct err *err)
{
	enum rc rc;

	if (now_us - row->used_us < SEEN_EVERY_US)
		return RC_OK;
	row->used_us = now_us;
	rc = ticket_update(people, row, err);
	return rc == RC_RETRY ? RC_OK : rc; /* another request was first */
}

static enum rc
bearing_in(struct store_tx *tx, void *arg, struct err *err)
{
	struct bearing *bearing = arg;

	return store_ticket_find(tx, bearing->arena, &bearing->row, err);
}

struct subject_gate {
	int64_t tenant;
	struct id subject;
};

static enum rc
gate_in(struct store_tx *tx, void *arg, struct err *err)
{
	const struct subject_gate *gate = arg;

	return gate_check(tx, gate->tenant, gate->subject, err);
}

static MUST_CHECK enum rc
bearer_make(const struct people *people, const struct tenant *tenant,
            const struct bearing *bearing, struct bearer *bearer, struct err *err)
{
	struct subject_gate gate = { .tenant = tenant->id };
	const struct policy_role *role;
	struct token_body body;

	TRY(body_read(people, tenant, &bearing->row, bearing->arena, &body, err));
	gate.subject = body.subject;
	TRY(store_read(people->store, gate_in, &gate, err));
	role = policy_role_find(tenant->policy, body.role);
	if (role == NULL)
		return FAIL(err, RC_UNAUTHENTICATED, "%s", refused_text);
	*bearer = (struct bearer){
		.tenant = tenant->id,
		.policy = tenant->policy,
		.actor = { .kind = body.kind == TOKEN_DEVICE ? ACTOR_DEVICE : ACTOR_PERSON,
		           .id = bearing->row.owner,
		           .subject = body.subject,
		           .role = role,
		           .assurance = (int)body.assurance,
		           .session = bearing->row.id },
		.expires_us = bearing->row.expires_us,
		.trusted_us = clock_monotonic_us() + BEARER_TRUST_US,
	};
	memcpy(bearer->hash, bearing->row.hash, HASH_BYTES);
	return RC_OK;
}

static MUST_CHECK enum rc
bearer_look_up(struct people *people, const struct tenant *tenant, const struct digest *hash,
               struct actor *actor, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct bearing bearing = { { .tenant = tenant->id, .kind = TICKET_TOKEN }, &arena };
	int64_t now_us = people_now_us(people);
	uint64_t stamp = bearers_stamp(people->bearers);
	struct bearer bearer;
	enum rc rc;

	arena_init(&arena, ARENA_BYTES);
	memcpy(bearing.row.hash, hash->bytes, HASH_BYTES);
	rc = store_read(people->store, bearing_in, &bearing, err);
	if (rc == RC_NOT_FOUND || (rc == RC_OK && now_us >= bearing.row.expires_us))
		return FAIL(err, RC_UNAUTHENTICATED, "%s", refused_text);
	TRY(rc);
	TRY(bearer_make(people, tenant, &bearing, &bearer, err));
	TRY(bearer_seen(people, &bearing.row, now_us, err));
	bearers_enter(people->bearers, &bearer, stamp);
	*actor = bearer.actor;
	return RC_OK;
}

enum rc
people_bearer_find(struct people *people, const struct tenant *tenant, struct str secret,
                   struct actor *actor, struct err *err)
{
	struct digest hash;

	TRY(bearer_read(secret, &hash, err));
	if (bearers_find(people->bearers, tenant, &hash, people_now_us(people), actor))
		return RC_OK;
	return bearer_look_up(people, tenant, &hash, actor, err);
}
