/*
 * Sessions: tickets that end by idleness, by age, by their owner, or with the
 * person's access.
 *
 * The secret is made only after a link or code was proved from the browser that
 * asked, and it travels in a __Host- cookie, which no other host and no plain
 * connection can set: nobody can plant one beforehand (session fixation), so
 * the second factor raises the same session and the secret stays.
 */
#include "base/broken.h"
#include "people/inside.h"

#define BROWSER_BYTES 200
#define SEEN_EVERY_US US_PER_MIN

static const char gone[] = "sign in first";

/* When a session last seen then ends. */
static int64_t
session_deadline(const struct policy *policy, int64_t created_us, int64_t seen_us)
{
	int64_t idle_us = seen_us + policy->idle_minutes * US_PER_MIN;
	int64_t end_us = created_us + policy->session_hours * US_PER_HOUR;

	if (broken("login.limits"))
		return created_us + 366 * US_PER_DAY;
	return idle_us < end_us ? idle_us : end_us;
}

/* Cut to whole characters; what is no text is left out. */
static struct str
browser_text(struct arena *arena, struct str browser)
{
	if (browser.len > BROWSER_BYTES) {
		browser.len = BROWSER_BYTES;
		while (browser.len > 0 && (browser.ptr[browser.len] & 0xc0) == 0x80)
			browser.len--;
	}
	return str_is_utf8(browser) ? str_copy(arena, browser) : STR_EMPTY;
}

enum rc
session_new(struct people *people, const struct visitor *visitor, const struct person *person,
            struct arena *arena, struct new_session *new, struct err *err)
{
	const struct policy *policy = visitor->tenant->policy;
	struct session_body body = { .role = person->role,
		                     .browser = browser_text(arena, visitor->browser),
		                     .language = person->language,
		                     .zone = person->zone,
		                     .name = person->name,
		                     .assurance = 1 };
	struct ticket_row *row = &new->row;
	struct str text;

	random_bytes(body.csrf.bytes, DIGEST_BYTES);
	TRY(factor_is_enrolled(people, visitor->tenant, person->id, &body.has_factor, err));
	*row = (struct ticket_row){ .tenant = visitor->tenant->id,
		                    .kind = TICKET_SESSION,
		                    .owner = person->id,
		                    .created_us = people_now_us(people) };
	row->id = id_new(row->created_us);
	row->used_us = row->created_us;
	row->expires_us = session_deadline(policy, row->created_us, row->created_us);
	ticket_secret_new(new->secret, row->hash);
	TRY(session_body_format(&body, arena, &text, err));
	ticket_seal(people, visitor->tenant, row, text, arena);
	return RC_OK;
}

enum rc
session_fill(const struct people *people, const struct tenant *tenant,
             const struct ticket_row *row, struct arena *arena, struct session *session,
             struct err *err)
{
	const struct policy_role *role;
	struct session_body body;
	bool asks;

	TRY(session_body_read(people, tenant, row, arena, &body, err));
	role = policy_role_find(tenant->policy, body.role);
	if (role == NULL || !person_role_signs_in(role))
		return FAIL(err, RC_UNAUTHENTICATED, "%s", gone);
	/* A factor that somebody has is asked for, whether or not the policy insists. */
	asks = role->needs_second_factor || body.has_factor ||
	       tenant->policy->second_factor == SECOND_REQUIRED;
	*session = (struct session){
		.tenant = tenant,
		.id = row->id,
		.person = row->owner,
		.actor = { .kind = ACTOR_PERSON,
		           .id = row->owner,
		           .subject = row->owner,
		           .role = role,
		           .assurance = (int)body.assurance,
		           .session = row->id },
		.created_us = row->created_us,
		.seen_us = row->used_us,
		.expires_us = row->expires_us,
		.browser = body.browser,
		.language = body.language,
		.zone = body.zone,
		.name = body.name,
		.csrf = body.csrf,
		.needs_factor = asks && body.assurance < 2,
		.has_factor = body.has_factor,
	};
	return RC_OK;
}

static bool
is_live(const struct policy *policy, const struct ticket_row *row, int64_t now_us)
{
	return now_us < row->expires_us &&
	       now_us < session_deadline(policy, row->created_us, row->used_us);
}

/* At most once a minute; never so late that the idle limit falls between. */
static MUST_CHECK enum rc
session_slide(const struct people *people, const struct tenant *tenant, struct ticket_row *row,
              int64_t now_us, struct err *err)
{
	int64_t every_us = tenant->policy->idle_minutes * US_PER_MIN / 4;
	enum rc rc;

	if (every_us > SEEN_EVERY_US)
		every_us = SEEN_EVERY_US;
	if (now_us - row->used_us < every_us)
		return RC_OK;
	row->used_us = now_us;
	row->expires_us = session_deadline(tenant->policy, row->created_us, now_us);
	rc = ticket_update(people, row, err);
	if (rc == RC_RETRY) /* another request of the same session was first */
		return RC_OK;
	if (rc == RC_NOT_FOUND)
		return FAIL(err, RC_UNAUTHENTICATED, "%s", gone);
	return rc;
}

/* The dead sign nothing: whoever goes on with their session is somebody else. */
static MUST_CHECK enum rc
owner_check(const struct people *people, const struct ticket_row *row, struct err *err)
{
	struct subject_row subject = { .tenant = row->tenant, .id = row->owner };
	enum rc rc = vault_subject_find(people->vault, &subject, err);

	if (rc == RC_OK && (subject.flags & SUBJECT_DECEASED) != 0)
		return FAIL(err, RC_UNAUTHENTICATED, "%s", gone);
	return rc == RC_NOT_FOUND ? RC_OK : rc;
}

enum rc
people_session_find(struct people *people, const struct visitor *visitor, struct str secret,
                    struct arena *arena, struct session *session, struct err *err)
{
	const struct tenant *tenant = visitor->tenant;
	struct ticket_row row = { .tenant = tenant->id, .kind = TICKET_SESSION };
	int64_t now_us = people_now_us(people);
	struct digest hash;
	enum rc rc;

	TRY(secret_read(secret, &hash, err));
	memcpy(row.hash, hash.bytes, HASH_BYTES);
	rc = ticket_find(people, &row, arena, err);
	if (rc == RC_NOT_FOUND || (rc == RC_OK && !is_live(tenant->policy, &row, now_us)))
		return FAIL(err, RC_UNAUTHENTICATED, "%s", gone);
	TRY(rc);
	TRY(owner_check(people, &row, err));
	TRY(session_slide(people, tenant, &row, now_us, err));
	return session_fill(people, tenant, &row, arena, session, err);
}

/* --- the sessions of one person ------------------------------------------------------- */

static MUST_CHECK enum rc
rows_of(const struct people *people, const struct tenant *tenant, struct id person,
        struct arena *arena, struct tickets *rows, struct err *err)
{
	struct ticket_row like = { .tenant = tenant->id,
		                   .kind = TICKET_SESSION,
		                   .owner = person };
	int64_t now_us = people_now_us(people);
	struct tickets all;
	size_t live = 0;

	TRY(ticket_list(people, &like, arena, &all, err));
	for (size_t i = 0; i < all.count; i++) {
		if (is_live(tenant->policy, &all.items[i], now_us))
			all.items[live++] = all.items[i];
	}
	*rows = (struct tickets){ all.items, live };
	return RC_OK;
}

enum rc
people_session_list(struct people *people, const struct session *session, struct arena *arena,
                    struct session **sessions, size_t *count, struct err *err)
{
	struct session *items;
	struct tickets rows;
	size_t filled = 0;

	TRY(rows_of(people, session->tenant, session->person, arena, &rows, err));
	items = arena_alloc(arena, rows.count * sizeof(*items), _Alignof(struct session));
	for (size_t i = 0; i < rows.count; i++) {
		enum rc rc = session_fill(people, session->tenant, &rows.items[i], arena,
		                          &items[filled], err);
		if (rc == RC_UNAUTHENTICATED) /* in a role that the policy has no more */
			continue;
		TRY(rc);
		filled++;
	}
	*sessions = items;
	*count = filled;
	return RC_OK;
}

static enum rc
delete_in(struct store_tx *tx, void *arg, struct err *err)
{
	const struct ticket_row *row = arg;

	return store_ticket_delete(tx, row, err);
}

enum rc
people_session_end(struct people *people, const struct session *session, struct id which,
                   struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	const struct tenant *tenant = session->tenant;
	struct vault_act ended = { .act = STR("session-end"),
		                   .outcome = STR("ok"),
		                   .subject = session->person,
		                   .count = 1 };
	struct ticket_row *row = NULL;
	struct tickets rows;

	arena_init(&arena, ARENA_BYTES);
	TRY(rows_of(people, tenant, session->person, &arena, &rows, err));
	for (size_t i = 0; i < rows.count; i++) {
		if (id_eq(rows.items[i].id, which))
			row = &rows.items[i];
	}
	if (row == NULL)
		return FAIL(err, RC_NOT_FOUND, "no such session of yours");
	TRY(store_write(people->store, delete_in, row, err));
	return people_note(people, tenant, &ended, err);
}

/* --- changes ------------------------------------------------------------------------------ */

static MUST_CHECK enum rc
row_change(const struct people *people, const struct tenant *tenant, struct ticket_row *row,
           const struct session_edit *edit, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct session_body body;
	struct str text;

	arena_init(&arena, ARENA_BYTES);
	TRY(session_body_read(people, tenant, row, &arena, &body, err));
	edit->fn(&body, edit->arg);
	TRY(session_body_format(&body, &arena, &text, err));
	ticket_seal(people, tenant, row, text, &arena);
	return ticket_update(people, row, err);
}

static MUST_CHECK enum rc
change_once(const struct people *people, const struct tenant *tenant,
            const struct session_edit *edit, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	bool is_met = id_is_zero(edit->which);
	struct tickets rows;

	arena_init(&arena, ARENA_BYTES);
	TRY(rows_of(people, tenant, edit->person, &arena, &rows, err));
	for (size_t i = 0; i < rows.count; i++) {
		bool is_this = id_eq(rows.items[i].id, edit->which);
		enum rc rc;
		if (!is_this && !id_is_zero(edit->which))
			continue;
		rc = row_change(people, tenant, &rows.items[i], edit, err);
		if (rc == RC_NOT_FOUND) /* it has ended meanwhile */
			continue;
		TRY(rc);
		is_met = true;
	}
	return is_met ? RC_OK : FAIL(err, RC_UNAUTHENTICATED, "%s", gone);
}

enum rc
session_change(const struct people *people, const struct tenant *tenant,
               const struct session_edit *edit, struct err *err)
{
	enum rc rc = RC_RETRY;

	for (int round = 0; round < ROUNDS_MAX && rc == RC_RETRY; round++)
		rc = change_once(people, tenant, edit, err);
	return rc;
}

enum rc
session_body_of(const struct people *people, const struct tenant *tenant,
                const struct session *session, struct arena *arena, struct session_body *body,
                struct err *err)
{
	struct tickets rows;

	TRY(rows_of(people, tenant, session->person, arena, &rows, err));
	for (size_t i = 0; i < rows.count; i++) {
		if (id_eq(rows.items[i].id, session->id))
			return session_body_read(people, tenant, &rows.items[i], arena, body,
			                         err);
	}
	return FAIL(err, RC_UNAUTHENTICATED, "%s", gone);
}
