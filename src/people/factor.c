/*
 * Second factors: codes of an authenticator app, and recovery codes.
 *
 * A person's seed, last used step and recovery codes are one record of class
 * "signin", whose id follows from the person's, so there is never a second one.
 * A code is spent by storing the record's next version: of two requests with
 * the same code one meets a newer version, looks again, and finds it used.  An
 * offered seed lies in the session that asked for it until it is confirmed.
 */
#include "people/inside.h"
#include "people/qr.h"
#include "people/totp.h"

#define OFFER_FOR_US (15 * US_PER_MIN)

struct signin {
	int64_t version; /* 0: no record */
	int64_t created_us;
	struct str seed; /* bytes */
	int64_t last_step;
	struct digest recovery[RECOVERY_CODES];
	size_t recovery_count;
};

/* --- the record --------------------------------------------------------------------- */

static struct id
signin_id(struct id person)
{
	struct id id = person;

	id.bytes[sizeof(id.bytes) - 1] ^= 1;
	return id;
}

static struct digest
recovery_digest(struct id person, const char code[RECOVERY_LETTERS + 1])
{
	return sha256_parts(STR("recovery"), id_key(&person), str_from_c(code));
}

static MUST_CHECK enum rc
recovery_read_all(const struct json_object *root, struct signin *signin, struct err *err)
{
	struct json_object *list;
	size_t count = 0;

	if (!json_find(root, "recovery", &list) || json_count(list) > RECOVERY_CODES)
		return FAIL(err, RC_CORRUPT, "a sign-in record lacks its recovery codes");
	for (size_t i = 0; i < json_count(list); i++) {
		const struct json_object *item = json_at(list, i);
		if (json_kind(item) != JSON_STRING)
			return FAIL(err, RC_CORRUPT, "a recovery code is no text");
		TRY(base64url_parse(json_text(item), signin->recovery[i].bytes, DIGEST_BYTES,
		                    &count, err));
		if (count != DIGEST_BYTES)
			return FAIL(err, RC_CORRUPT, "a recovery code is cut short");
		signin->recovery_count++;
	}
	return RC_OK;
}

/* RC_OK with version 0 when the person has none. */
static MUST_CHECK enum rc
signin_read(struct people *people, const struct tenant *tenant, struct id person,
            struct arena *arena, struct signin *signin, struct err *err)
{
	CLEANUP(json_free) struct json json = { NULL };
	struct door door = people_door(people, tenant);
	struct vault_record record;
	struct str seed;
	enum rc rc;

	*signin = (struct signin){ 0 };
	rc = vault_get(&door, STR(SIGNIN_CLASS), signin_id(person), arena, &record, err);
	if (rc == RC_NOT_FOUND)
		return RC_OK;
	TRY(rc);
	TRY(json_parse(&json, record.body, err));
	TRY(json_need_text(json.root, "totp", &seed, err));
	TRY(totp_seed_parse(seed, arena, &signin->seed, err));
	TRY(json_need_int(json.root, "last_step", &signin->last_step, err));
	TRY(recovery_read_all(json.root, signin, err));
	signin->version = record.version;
	signin->created_us = record.created_us;
	return RC_OK;
}

/* RC_CONFLICT: another request was first. */
static MUST_CHECK enum rc
signin_write(struct people *people, const struct tenant *tenant, struct id person,
             const struct signin *signin, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	CLEANUP(buf_free) struct buf text = { 0 };
	struct door door = people_door(people, tenant);
	struct vault_record record = { .class = STR(SIGNIN_CLASS),
		                       .subject = person,
		                       .id = signin_id(person),
		                       .version = signin->version };
	struct json_out out;

	arena_init(&arena, ARENA_BYTES);
	buf_init(&text, 4 * KIB);
	json_out_init(&out, &text);
	json_object_begin(&out);
	json_text_at(&out, "totp", totp_seed_format(&arena, signin->seed));
	json_int_at(&out, "last_step", signin->last_step);
	json_name(&out, "recovery");
	json_array_begin(&out);
	for (size_t i = 0; i < signin->recovery_count; i++) {
		char hash[SECRET_TEXT];
		base64url_format(signin->recovery[i].bytes, DIGEST_BYTES, hash);
		json_put_text(&out, str_from_c(hash));
	}
	json_array_close(&out);
	json_object_close(&out);
	TRY(buf_finish(&text, &record.body, err));
	return vault_put(&door, &record, err);
}

enum rc
factor_is_enrolled(struct people *people, const struct tenant *tenant, struct id person,
                   bool *is_enrolled, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct signin signin;

	arena_init(&arena, ARENA_BYTES);
	TRY(signin_read(people, tenant, person, &arena, &signin, err));
	*is_enrolled = signin.version != 0;
	return RC_OK;
}

enum rc
people_factor_facts(struct people *people, const struct tenant *tenant, struct id person,
                    struct factor_facts *facts, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct signin signin;

	arena_init(&arena, ARENA_BYTES);
	TRY(signin_read(people, tenant, person, &arena, &signin, err));
	*facts = (struct factor_facts){ signin.version != 0, signin.created_us };
	return RC_OK;
}

/* --- tries ------------------------------------------------------------------------------ */

static const struct rate session_rate = { "factor-session", 5, 15 * US_PER_MIN };
static const struct rate person_rate = { "factor-person", 10, US_PER_HOUR };

static MUST_CHECK enum rc
factor_rate(struct people *people, const struct session *session, struct err *err)
{
	const struct rate_try tries[] = { { &session_rate, id_key(&session->id) },
		                          { &person_rate, id_key(&session->person) } };

	return rate_count(people, session->tenant, tries, COUNT_OF(tries), err);
}

static MUST_CHECK enum rc
factor_note(struct people *people, const struct session *session, struct vault_act act,
            struct err *err)
{
	act.subject = session->person;
	return people_note(people, session->tenant, &act, err);
}

/* The refusal stays what is told; an entry that fails does not hide it. */
static enum rc
factor_refused(struct people *people, const struct session *session, struct err *err)
{
	struct vault_act refused = { .act = STR("factor"), .outcome = STR("refused") };

	TRY(factor_note(people, session, refused, err));
	return FAIL(err, RC_UNAUTHENTICATED, "code: not the one that is due");
}

static void
assurance_raise(struct session_body *body, const void *arg)
{
	(void)arg;
	body->assurance = 2;
	body->has_factor = true;
	body->offer = STR_EMPTY;
	body->offer_until_us = 0;
}

static MUST_CHECK enum rc
session_raise(struct people *people, struct session *session, struct err *err)
{
	struct session_edit edit = { session->person, session->id, assurance_raise, NULL };

	TRY(session_change(people, session->tenant, &edit, err));
	session->actor.assurance = 2;
	session->needs_factor = false;
	session->has_factor = true;
	return RC_OK;
}

/* --- enrolling ---------------------------------------------------------------------------- */

static MUST_CHECK enum rc
may_enrol(const struct session *session, const struct signin *signin, struct err *err)
{
	if ((session->tenant->policy->factors & FACTOR_TOTP) == 0)
		return FAIL(err, RC_DENIED, "the policy does not take this second factor");
	if (signin->version != 0 && session->actor.assurance < 2)
		return FAIL(err, RC_DENIED, "confirm with your second factor first");
	return RC_OK;
}

struct offer {
	struct str seed;
	int64_t until_us;
};

static void
offer_put(struct session_body *body, const void *arg)
{
	const struct offer *offer = arg;

	body->offer = offer->seed;
	body->offer_until_us = offer->until_us;
}

enum rc
people_totp_offer(struct people *people, const struct session *session, struct arena *arena,
                  struct totp_offer *offer, struct err *err)
{
	const struct tenant *tenant = session->tenant;
	char bytes[TOTP_SEED_BYTES];
	struct offer put = { .until_us = people_now_us(people) + OFFER_FOR_US };
	struct session_edit edit = { session->person, session->id, offer_put, &put };
	struct signin signin;
	struct person person;

	TRY(signin_read(people, tenant, session->person, arena, &signin, err));
	TRY(may_enrol(session, &signin, err));
	TRY(person_of_id(people, tenant, session->person, arena, &person, err));
	random_bytes(bytes, sizeof(bytes));
	put.seed = totp_seed_format(arena, (struct str){ bytes, sizeof(bytes) });
	secret_wipe(bytes, sizeof(bytes));
	TRY(session_change(people, tenant, &edit, err));
	offer->secret_base32 = put.seed;
	offer->uri = totp_uri(arena, tenant->name, person.email, put.seed);
	return qr_svg(offer->uri, tenant->name, arena, &offer->qr_svg, err);
}

static void
recovery_fill(struct signin *signin, struct id person, struct arena *arena,
              struct str codes[RECOVERY_CODES])
{
	for (size_t i = 0; i < RECOVERY_CODES; i++) {
		char *shown = arena_alloc(arena, RECOVERY_LETTERS + 2, 1);
		char plain[RECOVERY_LETTERS + 1];
		size_t half = RECOVERY_LETTERS / 2;

		recovery_new(shown);
		memcpy(plain, shown, half);
		memcpy(plain + half, shown + half + 1, half + 1);
		signin->recovery[i] = recovery_digest(person, plain);
		codes[i] = str_from_c(shown);
	}
	signin->recovery_count = RECOVERY_CODES;
}

static void
factor_known(struct session_body *body, const void *arg)
{
	(void)arg;
	body->has_factor = true;
}

/* The offered seed and the step whose code was typed, or a refusal. */
static MUST_CHECK enum rc
offer_match(struct people *people, const struct session *session, struct str code,
            struct arena *arena, struct signin *signin, struct err *err)
{
	struct totp_try try = { .now_us = people_now_us(people) };
	struct session_body body;

	TRY(session_body_of(people, session->tenant, session, arena, &body, err));
	if (body.offer.len == 0 || try.now_us >= body.offer_until_us)
		return FAIL(err, RC_PRECONDITION, "ask for a new code to scan first");
	TRY(totp_seed_parse(body.offer, arena, &try.seed, err));
	if (digits_read(code, TOTP_DIGITS, try.code, err) != RC_OK ||
	    totp_match(&try, &signin->last_step, err) != RC_OK)
		return factor_refused(people, session, err);
	signin->seed = try.seed;
	return RC_OK;
}

enum rc
people_totp_confirm(struct people *people, struct session *session, struct str code,
                    struct arena *arena, struct str codes[RECOVERY_CODES], struct err *err)
{
	const struct tenant *tenant = session->tenant;
	struct session_edit known = { .person = session->person, .fn = factor_known };
	struct vault_act enrolled = { .act = STR("factor-enrolled"),
		                      .outcome = STR("ok"),
		                      .detail = STR("totp") };
	struct str new_codes[RECOVERY_CODES];
	struct signin signin;

	TRY(factor_rate(people, session, err));
	TRY(signin_read(people, tenant, session->person, arena, &signin, err));
	TRY(may_enrol(session, &signin, err));
	TRY(offer_match(people, session, code, arena, &signin, err));
	recovery_fill(&signin, session->person, arena, new_codes);
	TRY(signin_write(people, tenant, session->person, &signin, err));
	TRY(factor_note(people, session, enrolled, err));
	TRY(session_change(people, tenant, &known, err));
	TRY(session_raise(people, session, err));
	memcpy(codes, new_codes, sizeof(new_codes));
	return RC_OK;
}

/* --- checking
 * --------------------------------------------------------------------------------- */

/* Takes the code out of what is left to use, or refuses. */
static MUST_CHECK enum rc
recovery_spend(struct signin *signin, struct id person, struct str code, struct err *err)
{
	char letters[RECOVERY_LETTERS + 1];
	size_t found = RECOVERY_CODES;
	struct digest digest;

	TRY(recovery_read(code, letters, err));
	digest = recovery_digest(person, letters);
	for (size_t i = 0; i < signin->recovery_count; i++) {
		if (digest_eq(&signin->recovery[i], &digest))
			found = i;
	}
	if (found == RECOVERY_CODES)
		return FAIL(err, RC_UNAUTHENTICATED, "no recovery code that is left");
	signin->recovery_count--;
	signin->recovery[found] = signin->recovery[signin->recovery_count];
	return RC_OK;
}

static MUST_CHECK enum rc
code_spend(struct signin *signin, const struct session *session, struct str code,
           struct totp_try *try, struct str *how, struct err *err)
{
	if (digits_read(code, TOTP_DIGITS, try->code, err) != RC_OK) {
		*how = STR("recovery");
		return recovery_spend(signin, session->person, code, err);
	}
	*how = STR("totp");
	try->seed = signin->seed;
	try->used = signin->last_step;
	return totp_match(try, &signin->last_step, err);
}

/* RC_CONFLICT: the record changed in between, look again. */
static MUST_CHECK enum rc
check_once(struct people *people, const struct session *session, struct str code,
           struct str *how, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct totp_try try = { .now_us = people_now_us(people) };
	struct signin signin;
	enum rc rc;

	arena_init(&arena, ARENA_BYTES);
	TRY(signin_read(people, session->tenant, session->person, &arena, &signin, err));
	if (signin.version == 0)
		return FAIL(err, RC_PRECONDITION, "enrol a second factor first");
	rc = code_spend(&signin, session, code, &try, how, err);
	if (rc == RC_UNAUTHENTICATED)
		return factor_refused(people, session, err);
	TRY(rc);
	return signin_write(people, session->tenant, session->person, &signin, err);
}

enum rc
people_factor_check(struct people *people, struct session *session, struct str code,
                    struct err *err)
{
	struct vault_act checked = { .act = STR("factor"), .outcome = STR("ok") };
	enum rc rc = RC_CONFLICT;

	TRY(factor_rate(people, session, err));
	for (int round = 0; round < ROUNDS_MAX && rc == RC_CONFLICT; round++)
		rc = check_once(people, session, code, &checked.detail, err);
	TRY(rc);
	TRY(factor_note(people, session, checked, err));
	return session_raise(people, session, err);
}
