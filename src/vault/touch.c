#include "base/broken.h"
#include "vault/inside.h"

#include "base/json.h"
#include "crypto/seal.h"

#define COMMIT_TEXT_MAX 64        /* bytes of ids that a commitment is made over in one go */
#define CHOICES_BYTES   (4 * MIB) /* of one subject's choices: LIMIT_PAGE_ROWS rows */
#define LOOK_BYTES      (4 * KIB) /* of one line of who looked, with a stated reason */

static struct commitment
cut(struct digest digest)
{
	struct commitment commitment;

	memcpy(commitment.bytes, digest.bytes, COMMITMENT_BYTES);
	return commitment;
}

static struct commitment
commitment(const struct key *key, struct str ids, const uint8_t nonce[16])
{
	uint8_t text[COMMIT_TEXT_MAX + 16];
	struct digest whole;

	if (ids.len > COMMIT_TEXT_MAX) {
		whole = sha256(ids);
		ids = (struct str){ (const char *)whole.bytes, DIGEST_BYTES };
	}
	if (ids.len != 0)
		memcpy(text, ids.ptr, ids.len);
	memcpy(text + ids.len, nonce, 16);
	return cut(hmac_sha256(key, (struct str){ (const char *)text, ids.len + 16 }));
}

static struct str
id_bytes(const struct id *id)
{
	return (struct str){ (const char *)id->bytes, sizeof(id->bytes) };
}

/* The keys that bind an entry to its actor and subject.  A subject whose node
 * is gone was erased. */
static MUST_CHECK enum rc
touch_keys(struct touch *touch, struct err *err)
{
	struct vault *vault = touch->door->vault;
	const struct actor *actor = touch->door->actor;
	int64_t tenant = touch->door->tenant->id;
	enum rc rc;

	if (!id_is_zero(actor->subject)) {
		rc = keys_derived(vault->keys, tenant, actor->subject, "log", &touch->actor_log,
		                  err);
		if (rc == RC_NOT_FOUND)
			return FAIL(err, RC_UNAUTHENTICATED, "the account has been erased");
		TRY(rc);
		touch->entry.actor =
		    commitment(&touch->actor_log, id_bytes(&actor->id), touch->entry.nonce);
	}
	if (!touch->has_subject)
		return RC_OK;
	rc = keys_derived(vault->keys, tenant, touch->ask.subject, "log", &touch->subject_log,
	                  err);
	if (rc == RC_NOT_FOUND)
		return FAIL(err, RC_GONE, "there is no such subject (any more)");
	TRY(rc);
	TRY(keys_derived(vault->keys, tenant, touch->ask.subject, "look", &touch->look, err));
	touch->entry.subject =
	    commitment(&touch->subject_log, id_bytes(&touch->ask.subject), touch->entry.nonce);
	return RC_OK;
}

/* An entry says only words of the policy: what is not declared may be anything. */
static void
touch_words(struct touch *touch)
{
	const struct policy *policy = touch->policy;
	const struct ask *ask = &touch->ask;

	if (policy_class_find(policy, ask->class) != NULL)
		touch->entry.class = ask->class;
	if (policy_purpose_find(policy, ask->purpose) != NULL ||
	    str_eq(ask->purpose, STR("none")))
		touch->entry.purpose = ask->purpose;
	if (ask->verb == VERB_MANAGE)
		touch->entry.detail = ask->what;
	else if (policy_recipient_find(policy, ask->recipient) != NULL)
		touch->entry.detail = ask->recipient;
}

enum rc
touch_begin(struct touch *touch, const struct door *door, const struct ask *ask,
            const char *act, struct err *err)
{
	*touch = (struct touch){ .door = door,
		                 .policy = door->tenant->policy,
		                 .act = act,
		                 .ask = *ask,
		                 .index = -1 };
	touch->has_subject = !id_is_zero(ask->subject);
	touch->entry.act = str_from_c(act);
	touch_words(touch);
	touch->entry.policy = touch->policy->hash;
	if (door->actor->kind == ACTOR_SYSTEM)
		touch->entry.role = STR("system");
	else if (door->actor->role != NULL)
		touch->entry.role = door->actor->role->name;
	random_bytes(touch->entry.nonce, sizeof(touch->entry.nonce));
	return touch_keys(touch, err);
}

/* --- the subject as the transaction sees it ----------------------------------------- */

static bool
is_in_force(const struct choice_row *row, int64_t now_us)
{
	return row->from_us <= now_us && now_us < row->until_us;
}

/* With this actor: by name, or as one of those who act for the recipient.  Where a role
 * has the recipient's name, whoever it is shared with must hold that role. */
static bool
is_with_actor(const struct touch *touch, const struct choice_row *row,
              const struct policy_recipient *recipient)
{
	const struct actor *actor = touch->door->actor;
	const struct policy_role *role = decide_role(touch->policy, actor);
	bool is_of_role = role != NULL && str_eq(role->name, recipient->name);

	if (actor->kind != ACTOR_PERSON)
		return false;
	if (id_is_zero(row->person))
		return is_of_role;
	return id_eq(row->person, actor->id) &&
	       (is_of_role || policy_role_find(touch->policy, recipient->name) == NULL);
}

/* Consent is for the purpose that the recipient has in this policy. */
static void
recipient_weigh(const struct touch *touch, const struct choice_row *row,
                struct subject_state *state)
{
	const struct policy *policy = touch->policy;

	for (size_t i = 0; i < policy->recipient_count; i++) {
		const struct policy_recipient *recipient = &policy->recipients[i];
		if (policy_number(recipient->name) != row->recipient)
			continue;
		if (recipient->when != WHEN_CONSENT ||
		    (recipient->purpose.len != 0 &&
		     policy_number(recipient->purpose) != row->purpose))
			return;
		if (id_is_zero(row->person) || id_eq(row->person, touch->ask.person))
			state->agreed |= (policy_set)1 << i;
		if (is_with_actor(touch, row, recipient))
			state->shared |= (policy_set)1 << i;
		return;
	}
}

static policy_set
purpose_bit(const struct policy *policy, int64_t number)
{
	for (size_t i = 0; i < policy->purpose_count; i++) {
		if (policy_number(policy->purposes[i].name) == number)
			return (policy_set)1 << i;
	}
	return 0;
}

bool
choice_represents(const struct choice_row *row, struct id person, int64_t flags)
{
	bool is_executor = row->recipient == policy_number(STR("executor"));

	if (row->kind != CHOICE_REPRESENTATION || id_is_zero(person) ||
	    !id_eq(row->person, person))
		return false;
	return is_executor == ((flags & SUBJECT_DECEASED) != 0);
}

/* A consent to share is one to its purpose for whom it is shared with, and for the
 * server, which prepares what leaves: for nobody else (GDPR Art. 4(11): specific). */
static bool
is_for_purpose(const struct touch *touch, const struct choice_row *row)
{
	const struct policy *policy = touch->policy;
	bool is_released_to =
	    touch->ask.verb == VERB_RELEASE &&
	    row->recipient == policy_number(touch->ask.recipient) &&
	    (id_is_zero(row->person) || id_eq(row->person, touch->ask.person));

	if (row->recipient == 0 || touch->door->actor->kind == ACTOR_SYSTEM || is_released_to)
		return true;
	for (size_t i = 0; i < policy->recipient_count; i++) {
		if (policy_number(policy->recipients[i].name) == row->recipient)
			return is_with_actor(touch, row, &policy->recipients[i]);
	}
	return false;
}

static void
choice_weigh(const struct touch *touch, const struct choice_row *row,
             struct subject_state *state)
{
	switch (row->kind) {
	case CHOICE_CONSENT:
		if (is_for_purpose(touch, row))
			state->consents |= purpose_bit(touch->policy, row->purpose);
		recipient_weigh(touch, row, state);
		return;
	case CHOICE_OBJECTION:
		state->objections |= purpose_bit(touch->policy, row->purpose);
		return;
	case CHOICE_REPRESENTATION:
		state->is_represented |=
		    choice_represents(row, touch->door->actor->id, state->flags);
		return;
	default:
		return;
	}
}

enum rc
touch_state(struct store_tx *tx, const struct touch *touch, const struct subject_row *subject,
            struct subject_state *state, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct choice_row like = { .tenant = subject->tenant, .subject = subject->id };
	struct choice_row *rows;
	size_t count;

	*state = (struct subject_state){ .kind = subject->kind,
		                         .flags = subject->flags,
		                         .version = subject->state_version };
	if ((subject->flags & SUBJECT_HAS_CHOICES) == 0)
		return RC_OK;
	arena_init(&arena, CHOICES_BYTES);
	TRY(store_choice_list(tx, &like, &arena, &rows, &count, err));
	for (size_t i = 0; i < count; i++) {
		if (is_in_force(&rows[i], store_tx_now_us(tx)))
			choice_weigh(touch, &rows[i], state);
	}
	return RC_OK;
}

/* What is acknowledged would go with the rows that are on their way out, or be sealed
 * under the key that goes with them. */
static MUST_CHECK enum rc
class_is_open(struct store_tx *tx, const struct touch *touch, struct err *err)
{
	struct deadline_row row = { .tenant = touch->subject.tenant,
		                    .subject = touch->subject.id };
	enum rc rc;

	if (touch->ask.verb != VERB_WRITE || touch_is_refused(touch) ||
	    touch->decision.class == NULL || (touch->subject.flags & SUBJECT_TRIMMED) == 0)
		return RC_OK;
	row.class = touch->decision.class->number;
	rc = store_deadline_find(tx, &row, err);
	if (rc == RC_NOT_FOUND)
		return RC_OK;
	TRY(rc);
	if (row.state == DEADLINE_APPROVED || row.state == DEADLINE_PURGING)
		return FAIL(err, RC_RETRY, "it is being erased at this moment");
	return RC_OK;
}

enum rc
touch_decide(struct store_tx *tx, struct touch *touch, struct err *err)
{
	struct subject_state state = { 0 };

	if (touch->has_subject) {
		touch->subject = (struct subject_row){ .tenant = touch->door->tenant->id,
			                               .id = touch->ask.subject };
		TRY(store_subject_find(tx, &touch->subject, err));
		TRY(touch_state(tx, touch, &touch->subject, &state, err));
		if (touch->state_version != 0 && touch->state_version != state.version)
			return FAIL(err, RC_RETRY, "the subject's state has changed");
		touch->state_version = state.version;
	}
	decide(touch->policy, touch->door->actor, &touch->ask,
	       touch->has_subject ? &state : NULL, &touch->decision);
	if (touch->decision.refusal == REFUSAL_SUBJECT_ERASED)
		return FAIL(err, RC_GONE, "there is no such subject (any more)");
	return class_is_open(tx, touch, err);
}

enum rc
touch_class(struct touch *touch, const struct policy_class **class, struct err *err)
{
	*class = policy_class_find(touch->policy, touch->ask.class);
	if (*class != NULL)
		return RC_OK;
	return touch_refuse(touch, REFUSAL_CLASS_UNDECLARED, err);
}

static MUST_CHECK enum rc
touch_peek(struct store_tx *tx, void *touch, struct err *err)
{
	return touch_decide(tx, touch, err);
}

enum rc
touch_first(struct touch *touch, struct err *err)
{
	TRY(store_read(touch->door->vault->store, touch_peek, touch, err));
	touch->state_version = 0;
	return touch_is_refused(touch) ? touch_refuse(touch, touch->decision.refusal, err)
	                               : RC_OK;
}

enum rc
touch_refuse(struct touch *touch, enum refusal refusal, struct err *err)
{
	touch->decision.refusal = refusal;
	TRY(store_write(touch->door->vault->store, note_write, touch, err));
	return touch_end(touch, err);
}

void
touch_about(struct touch *touch, struct str ids, int64_t count)
{
	touch->entry.count = count;
	if (touch->has_subject && ids.len != 0)
		touch->entry.record = commitment(&touch->subject_log, ids, touch->entry.nonce);
	else if (ids.len != 0)
		touch->entry.record = cut(sha256_parts(
		    ids, (struct str){ (const char *)touch->entry.nonce, 16 }, STR_EMPTY));
}

/* A subject's own line about this entry, sealed for it. */
static MUST_CHECK enum rc
look_record(struct store_tx *tx, const struct touch *touch, const struct touch_seen *seen,
            struct err *err)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	uint8_t sealed[LOOK_BYTES + SEAL_EXTRA_BYTES];
	int64_t place[3] = { touch->door->tenant->id, touch->index, touch->entry.time_us };
	struct look_row row = { .tenant = place[0],
		                .subject = seen->subject,
		                .index = touch->index,
		                .time_us = place[2] };
	char actor[ID_TEXT_LEN + 1];
	struct json_out out;
	struct str body;

	id_format(touch->door->actor->id, actor);
	buf_init(&text, LOOK_BYTES);
	json_out_init(&out, &text);
	json_object_begin(&out);
	json_text_at(&out, "actor", str_from_c(actor));
	json_text_at(&out, "role", touch->entry.role);
	json_text_at(&out, "act", touch->entry.act);
	json_text_at(&out, "class", touch->entry.class);
	json_text_at(&out, "purpose", touch->entry.purpose);
	json_text_at(&out, "reason", touch->door->actor->reason);
	json_text_at(&out, "recipient",
	             touch->ask.verb == VERB_RELEASE ? touch->entry.detail : STR_EMPTY);
	json_int_at(&out, "count", seen->count);
	json_object_close(&out);
	TRY(buf_finish(&text, &body, err));
	seal(&seen->look, body, (struct str){ (const char *)place, sizeof(place) }, sealed);
	row.body = (struct str){ (const char *)sealed, body.len + SEAL_EXTRA_BYTES };
	return store_look_insert(tx, &row, err);
}

/* Not what a subject need not be told: its own devices writing, housekeeping.  What
 * leaves the house is told whoever sends it. */
static MUST_CHECK enum rc
looks_record(struct store_tx *tx, const struct touch *touch, struct err *err)
{
	struct touch_seen one = { .subject = touch->ask.subject,
		                  .count = touch->entry.count,
		                  .look = touch->look };
	enum rc rc = RC_OK;

	if (touch_is_refused(touch) ||
	    (touch->door->actor->kind != ACTOR_PERSON && touch->ask.verb != VERB_RELEASE))
		return RC_OK;
	if (touch->has_subject)
		rc = look_record(tx, touch, &one, err);
	key_wipe(&one.look);
	for (size_t i = 0; i < touch->seen_count && rc == RC_OK; i++)
		rc = look_record(tx, touch, &touch->seen[i], err);
	return rc;
}

enum rc
touch_record(struct store_tx *tx, struct touch *touch, struct err *err)
{
	CLEANUP(buf_free) struct buf leaf = { 0 };
	struct str text;

	touch->entry.time_us = store_tx_now_us(tx);
	touch->entry.outcome = touch->outcome;
	if (touch->outcome.len == 0)
		touch->entry.outcome = str_from_c(refusal_word(touch->decision.refusal));
	if (touch_is_refused(touch))
		touch->entry.count = 0;
	else
		TRY(touch_many_check(tx, touch, err));
	buf_init(&leaf, 4 * KIB);
	audit_entry_format(&touch->entry, &leaf);
	TRY(buf_finish(&leaf, &text, err));
	if (broken("audit.complete") && str_eq(touch->entry.act, STR("read")))
		return RC_OK;
	TRY(audit_append(tx, touch->door->tenant->id, text, &touch->index, err));
	return looks_record(tx, touch, err);
}

static MUST_CHECK enum rc
touch_write(struct store_tx *tx, void *arg, struct err *err)
{
	struct touch *touch = arg;

	TRY(touch_decide(tx, touch, err));
	return touch_record(tx, touch, err);
}

enum rc
touch_commit(struct touch *touch, struct err *err)
{
	TRY(store_write(touch->door->vault->store, touch_write, touch, err));
	return touch_end(touch, err);
}

enum rc
note_write(struct store_tx *tx, void *touch, struct err *err)
{
	return touch_record(tx, touch, err);
}

enum rc
touch_end(const struct touch *touch, struct err *err)
{
	touch_watch(touch);
	if (!touch_is_refused(touch))
		return RC_OK;
	return FAIL(err, RC_DENIED, "%s", refusal_text(touch->decision.refusal));
}

void
touch_wipe(struct touch *touch)
{
	key_wipe(&touch->actor_log);
	key_wipe(&touch->subject_log);
	key_wipe(&touch->look);
	for (size_t i = 0; i < touch->seen_count; i++)
		key_wipe(&touch->seen[i].look);
}
