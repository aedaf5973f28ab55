/*
 * Sign-in by mailed link or code.
 *
 * A ticket is found by the secret of the browser that asked, so neither a link
 * nor a code is worth anything without that browser's cookie.  Looking at a
 * link changes nothing; only people_link_finish() does.  A wrong try and the
 * one use are both store updates of the ticket's revision: of many that race
 * each is counted, and one at most succeeds.
 *
 * An address that is not known gets a ticket too, owned by nobody, and one more
 * entry in the log in place of the entry that reading a person leaves.
 */
#include "base/broken.h"
#include "people/inside.h"

static const struct rate address_rate = { "sign-in", 5, 15 * US_PER_MIN };
static const struct rate network_rate = { "sign-in-network", 30, 15 * US_PER_MIN };
static const struct rate code_rate = { "sign-in-code", 10, US_PER_HOUR };

/* One text for everything that is wrong. */
static const char refused_text[] =
    "this link or code does not work (any more): ask for a new one";

/* What a link's ticket holds, sealed. */
struct link_body {
	struct digest link;
	struct digest code; /* of the browser's hash and the digits */
	bool is_known;
};

/* The browser's hash alone would not do: it lies in the row.  The digits have
 * little to hide behind but the seal, and the browser's secret adds 256 bits. */
static struct digest
code_digest(struct str browser_secret, const char digits[CODE_DIGITS + 1])
{
	return sha256_parts(STR("code"), browser_secret, str_from_c(digits));
}

static void
code_new(char digits[CODE_DIGITS + 1])
{
	uint8_t byte;

	for (size_t i = 0; i < CODE_DIGITS; i++) {
		do {
			random_bytes(&byte, 1);
		} while (byte >= 250); /* a multiple of ten: no bias */
		digits[i] = (char)('0' + byte % 10);
	}
	digits[CODE_DIGITS] = '\0';
}

static MUST_CHECK enum rc
body_format(const struct link_body *body, struct arena *arena, struct str *text,
            struct err *err)
{
	CLEANUP(buf_free) struct buf buf = { 0 };
	char link[SECRET_TEXT], code[SECRET_TEXT];
	struct json_out out;
	struct str finished;

	base64url_format(body->link.bytes, DIGEST_BYTES, link);
	base64url_format(body->code.bytes, DIGEST_BYTES, code);
	buf_init(&buf, KIB);
	json_out_init(&out, &buf);
	json_object_begin(&out);
	json_text_at(&out, "link", str_from_c(link));
	json_text_at(&out, "code", str_from_c(code));
	json_int_at(&out, "known", body->is_known); /* one character either way */
	json_object_close(&out);
	TRY(buf_finish(&buf, &finished, err));
	*text = str_copy(arena, finished);
	return RC_OK;
}

static MUST_CHECK enum rc
body_read(const struct people *people, const struct tenant *tenant,
          const struct ticket_row *row, struct link_body *body, struct err *err)
{
	CLEANUP(json_free) struct json json = { NULL };
	size_t link_bytes = 0, code_bytes = 0;
	struct str link, code;
	int64_t known;

	TRY(ticket_open(people, tenant, row, &json, err));
	TRY(json_need_text(json.root, "link", &link, err));
	TRY(json_need_text(json.root, "code", &code, err));
	TRY(json_need_int(json.root, "known", &known, err));
	TRY(base64url_parse(link, body->link.bytes, DIGEST_BYTES, &link_bytes, err));
	TRY(base64url_parse(code, body->code.bytes, DIGEST_BYTES, &code_bytes, err));
	if (link_bytes != DIGEST_BYTES || code_bytes != DIGEST_BYTES)
		return FAIL(err, RC_CORRUPT, "a link's ticket is cut short");
	body->is_known = known != 0;
	return RC_OK;
}

/* --- begin ------------------------------------------------------------------------- */

static enum rc
insert_in(struct store_tx *tx, void *arg, struct err *err)
{
	const struct ticket_row *row = arg;

	return store_ticket_insert(tx, row, err);
}

/* Whom the address is of; a person who is out is nobody here. */
static MUST_CHECK enum rc
whose(struct people *people, const struct tenant *tenant, struct str email, struct arena *arena,
      struct person *person, struct err *err)
{
	struct vault_act asked = { .act = STR("sign-in-asked"), .outcome = STR("unknown") };
	enum rc rc = person_of_email(people, tenant, email, arena, person, err);

	if (rc == RC_OK && person_is_out(person->state))
		*person = (struct person){ 0 };
	if (rc != RC_NOT_FOUND)
		return rc;
	*person = (struct person){ 0 };
	return people_note(people, tenant, &asked, err);
}

static MUST_CHECK enum rc
link_issue(struct people *people, const struct tenant *tenant, struct arena *arena,
           struct id owner, struct link_begun *begun, struct err *err)
{
	int64_t now_us = people_now_us(people);
	struct ticket_row row = { .tenant = tenant->id,
		                  .kind = TICKET_LINK,
		                  .id = id_new(now_us),
		                  .owner = owner,
		                  .created_us = now_us,
		                  .expires_us = now_us + LINK_MINUTES * US_PER_MIN };
	struct link_body body = { .is_known = begun->is_known };
	struct str text;

	ticket_secret_new(begun->link_secret, body.link.bytes);
	ticket_secret_new(begun->browser_secret, row.hash);
	code_new(begun->code);
	body.code = code_digest(str_from_c(begun->browser_secret), begun->code);
	TRY(body_format(&body, arena, &text, err));
	ticket_seal(people, tenant, &row, text, arena);
	return store_write(people->store, insert_in, &row, err);
}

enum rc
people_link_begin(struct people *people, const struct visitor *visitor, struct str email,
                  struct arena *arena, struct link_begun *begun, struct err *err)
{
	struct rate_try tries[] = { { &address_rate, STR_EMPTY },
		                    { &network_rate, rate_network(arena, visitor->address) } };
	struct link_begun result = { 0 };
	struct person person;
	struct id owner;

	TRY(email_normal(email, arena, &tries[0].key, err));
	TRY(rate_count(people, visitor->tenant, tries, COUNT_OF(tries), err));
	TRY(whose(people, visitor->tenant, tries[0].key, arena, &person, err));
	result.is_known = !id_is_zero(person.id);
	owner = result.is_known ? person.id : id_new(people_now_us(people));
	TRY(link_issue(people, visitor->tenant, arena, owner, &result, err));
	result.email = person.email;
	result.name = person.name;
	result.language = person.language;
	*begun = result;
	return RC_OK;
}

/* --- finish -------------------------------------------------------------------------- */

struct finishing {
	struct people *people;
	const struct visitor *visitor;
	const struct link_finish *proof;
	struct arena *arena;
	struct ticket_row link;
	struct new_session session;
	struct vault_act act; /* what the log is told */
	bool is_counted;      /* a wrong try of a live ticket */
};

static bool
link_is_live(const struct ticket_row *row, int64_t now_us)
{
	return now_us < row->expires_us && (row->used_us == 0 || broken("login.no_password")) &&
	       row->state < CODE_TRIES;
}

static MUST_CHECK enum rc
proof_matches(const struct finishing *f, bool *matches, struct err *err)
{
	struct digest given = { { 0 } };
	char digits[CODE_DIGITS + 1];
	struct link_body body;
	struct err ignored;
	bool is_read;

	TRY(body_read(f->people, f->visitor->tenant, &f->link, &body, err));
	if (f->proof->code.len == 0) {
		is_read = secret_read(f->proof->link_secret, &given, &ignored) == RC_OK;
		*matches = is_read && digest_eq(&given, &body.link) && body.is_known;
		return RC_OK;
	}
	is_read = digits_read(f->proof->code, CODE_DIGITS, digits, &ignored) == RC_OK;
	if (is_read)
		given = code_digest(f->proof->browser_secret, digits);
	*matches = is_read && digest_eq(&given, &body.code) && body.is_known;
	return RC_OK;
}

/* The use of the link and the session that it gives, or neither. */
static enum rc
finish_in(struct store_tx *tx, void *arg, struct err *err)
{
	struct finishing *f = arg;

	TRY(gate_check(tx, f->link.tenant, f->link.owner, err));
	TRY(store_ticket_update(tx, &f->link, err));
	return store_ticket_insert(tx, &f->session.row, err);
}

/* A first sign-in shows that the address is the person's. */
static MUST_CHECK enum rc
person_activate(const struct finishing *f, struct person *person, struct err *err)
{
	struct door door = people_door(f->people, f->visitor->tenant);
	enum rc rc;

	if (person->state != PERSON_INVITED)
		return RC_OK;
	person->state = PERSON_ACTIVE;
	rc = people_change(&door, f->people, person, err);
	return rc == RC_CONFLICT ? RC_OK : rc; /* another of its sign-ins did */
}

static MUST_CHECK enum rc
finish_right(struct finishing *f, struct err *err)
{
	struct person person;
	enum rc rc =
	    person_of_id(f->people, f->visitor->tenant, f->link.owner, f->arena, &person, err);

	if (rc == RC_NOT_FOUND || rc == RC_GONE || (rc == RC_OK && person_is_out(person.state)))
		return FAIL(err, RC_UNAUTHENTICATED, "%s", refused_text);
	TRY(rc);
	TRY(session_new(f->people, f->visitor, &person, f->arena, &f->session, err));
	f->link.used_us = people_now_us(f->people);
	TRY(store_write(f->people->store, finish_in, f, err));
	return person_activate(f, &person, err);
}

static MUST_CHECK enum rc
finish_wrong(struct finishing *f, struct err *err)
{
	f->link.state++;
	TRY(ticket_update(f->people, &f->link, err));
	f->is_counted = true;
	return FAIL(err, RC_UNAUTHENTICATED, "%s", refused_text);
}

/* RC_RETRY: another try of the same ticket was stored first. */
static MUST_CHECK enum rc
finish_once(struct finishing *f, struct err *err)
{
	bool matches = false;
	enum rc rc = ticket_find(f->people, &f->link, f->arena, err);

	if (rc == RC_NOT_FOUND ||
	    (rc == RC_OK && !link_is_live(&f->link, people_now_us(f->people))))
		return FAIL(err, RC_UNAUTHENTICATED, "%s", refused_text);
	TRY(rc);
	TRY(proof_matches(f, &matches, err));
	return matches ? finish_right(f, err) : finish_wrong(f, err);
}

static MUST_CHECK enum rc
finish_rounds(struct finishing *f, struct err *err)
{
	enum rc rc = RC_RETRY;

	for (int round = 0; round < ROUNDS_MAX && rc == RC_RETRY; round++)
		rc = finish_once(f, err);
	return rc;
}

/* Codes can be guessed, so they are limited over all of a person's tickets; a
 * link cannot, and stays a way in while somebody else guesses. */
static MUST_CHECK enum rc
finish_rate(struct finishing *f, struct err *err)
{
	struct rate_try try = { &code_rate, STR_EMPTY };
	enum rc rc;

	if (f->proof->code.len == 0)
		return RC_OK;
	rc = ticket_find(f->people, &f->link, f->arena, err);
	if (rc == RC_NOT_FOUND)
		return FAIL(err, RC_UNAUTHENTICATED, "%s", refused_text);
	TRY(rc);
	try.key = id_key(&f->link.owner);
	return rate_count(f->people, f->visitor->tenant, &try, 1, err);
}

/* A session without its entry must not stand. */
static MUST_CHECK enum rc
finish_note(const struct finishing *f, struct session *session, struct err *err)
{
	enum rc rc = people_note(f->people, f->visitor->tenant, &f->act, err);
	struct err second;

	if (rc != RC_OK)
		DISCARD(people_session_end(f->people, session, session->id, &second),
		        "the failed entry is what is told");
	return rc;
}

/* One text; an entry for what was a try, none for a stranger's cookie. */
static MUST_CHECK enum rc
finish_refuse(struct finishing *f, struct err *err)
{
	f->act.act = STR("sign-in-refused");
	f->act.outcome = STR("refused");
	if (f->is_counted)
		TRY(people_note(f->people, f->visitor->tenant, &f->act, err));
	return FAIL(err, RC_UNAUTHENTICATED, "%s", refused_text);
}

enum rc
people_link_finish(struct people *people, const struct visitor *visitor,
                   const struct link_finish *finish, struct arena *arena,
                   struct session *session, char secret[SECRET_TEXT], struct err *err)
{
	struct finishing f = { .people = people,
		               .visitor = visitor,
		               .proof = finish,
		               .arena = arena,
		               .link = { .tenant = visitor->tenant->id, .kind = TICKET_LINK },
		               .act = { .act = STR("sign-in"), .outcome = STR("ok") } };
	struct digest hash;
	enum rc rc;

	if ((finish->link_secret.len == 0) == (finish->code.len == 0) ||
	    secret_read(finish->browser_secret, &hash, err) != RC_OK)
		return FAIL(err, RC_UNAUTHENTICATED, "%s", refused_text);
	memcpy(f.link.hash, hash.bytes, HASH_BYTES);
	TRY(finish_rate(&f, err));
	f.act.detail = finish->code.len == 0 ? STR("link") : STR("code");
	rc = finish_rounds(&f, err);
	if (rc == RC_UNAUTHENTICATED)
		return finish_refuse(&f, err);
	TRY(rc);
	f.act.subject = f.link.owner;
	TRY(session_fill(people, visitor->tenant, &f.session.row, arena, session, err));
	TRY(finish_note(&f, session, err));
	memcpy(secret, f.session.secret, SECRET_TEXT);
	return RC_OK;
}
