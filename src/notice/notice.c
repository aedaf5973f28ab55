#include "notice/inside.h"

#include "base/json.h"
#include "people/spelling.h"

#define INBOX_BYTES (128 * MIB)

/* --- open ----------------------------------------------------------------------------------
 */

static MUST_CHECK enum rc
notice_fill(struct notice *notice, const struct notice_options *options, struct err *err)
{
	struct smtp_options smtp = { options->smtp_url, options->smtp_user,
		                     options->smtp_password_file, STR_EMPTY };

	if (options->smtp_url == NULL || options->is_demo)
		return RC_OK;
	if (options->from == NULL)
		return FAIL(err, RC_INVALID, "mail needs an address to be from");
	TRY(email_normal(str_from_c(options->from), &notice->arena, &notice->from, err));
	smtp.from = notice->from;
	return smtp_open(&notice->smtp, &smtp, err);
}

enum rc
notice_open(struct notice **notice, const struct notice_options *options, struct err *err)
{
	struct notice *opened = calloc(1, sizeof(*opened));
	enum rc rc;

	if (opened == NULL || pthread_mutex_init(&opened->lock, NULL) != 0)
		abort();
	arena_init(&opened->arena, 64 * KIB);
	opened->vault = options->vault;
	opened->store = vault_store(options->vault);
	opened->is_demo = options->is_demo;
	opened->holder = id_new(clock_now_us(vault_clock(options->vault)));
	rc = notice_fill(opened, options, err);
	if (rc != RC_OK) {
		notice_close(opened);
		return rc;
	}
	*notice = opened;
	return RC_OK;
}

void
notice_close(struct notice *notice)
{
	if (notice == NULL)
		return;
	smtp_close(notice->smtp);
	arena_free(&notice->arena);
	(void)pthread_mutex_destroy(&notice->lock);
	free(notice);
}

/* --- rows ------------------------------------------------------------------------------------
 */

struct place {
	char id[ID_TEXT_LEN + 1];
	struct vault_secret secret;
};

static void
place_fill(struct place *place, const struct tenant *tenant, struct id row)
{
	id_format(row, place->id);
	place->secret = (struct vault_secret){ tenant, "outbox", str_from_c(place->id) };
}

enum rc
notice_unseal(const struct notice *notice, const struct tenant *tenant,
              const struct outbox_row *row, struct arena *arena, struct message *message,
              struct err *err)
{
	CLEANUP(json_free) struct json json = { NULL };
	struct message read = { .created_us = row->created_us };
	struct place place;
	struct str body;
	int64_t decoy;

	place_fill(&place, tenant, row->id);
	TRY(vault_unseal(notice->vault, &place.secret, row->body, arena, &body, err));
	TRY(json_parse(&json, body, err));
	TRY(json_need_text(json.root, "to", &read.to, err));
	TRY(json_need_text(json.root, "subject", &read.subject, err));
	TRY(json_need_text(json.root, "text", &read.text, err));
	TRY(json_need_int(json.root, "decoy", &decoy, err));
	read.to = str_copy(arena, read.to);
	read.subject = str_copy(arena, read.subject);
	read.text = str_copy(arena, read.text);
	read.is_decoy = decoy != 0;
	*message = read;
	return RC_OK;
}

static MUST_CHECK enum rc
body_format(const struct message *message, struct str to, struct arena *arena, struct str *text,
            struct err *err)
{
	CLEANUP(buf_free) struct buf buf = { 0 };
	struct json_out out;
	struct str finished;

	buf_init(&buf, LIMIT_RECORD_BYTES);
	json_out_init(&out, &buf);
	json_object_begin(&out);
	json_text_at(&out, "to", to);
	json_text_at(&out, "subject", message->subject);
	json_text_at(&out, "text", message->text);
	json_int_at(&out, "decoy", message->is_decoy);
	json_object_close(&out);
	TRY(buf_finish(&buf, &finished, err));
	*text = str_copy(arena, finished);
	return RC_OK;
}

/* --- send
 * ------------------------------------------------------------------------------------- */

static bool
is_control(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7f;
}

static MUST_CHECK enum rc
message_check(const struct message *message, struct err *err)
{
	if (message->subject.len == 0 || message->subject.len > NOTICE_SUBJECT_BYTES ||
	    !str_is_utf8(message->subject))
		return FAIL(err, RC_INVALID, "subject: 1 to %d bytes of text",
		            NOTICE_SUBJECT_BYTES);
	for (size_t i = 0; i < message->subject.len; i++) {
		if (is_control(message->subject.ptr[i]))
			return FAIL(err, RC_INVALID, "subject: one line of text");
	}
	if (message->text.len == 0 || message->text.len > NOTICE_TEXT_BYTES ||
	    !str_is_utf8(message->text))
		return FAIL(err, RC_INVALID, "text: 1 to %lu bytes of text", NOTICE_TEXT_BYTES);
	for (size_t i = 0; i < message->text.len; i++) {
		char c = message->text.ptr[i];
		if (is_control(c) && c != '\n' && c != '\t')
			return FAIL(err, RC_INVALID, "text: holds a control character");
	}
	return RC_OK;
}

static enum rc
insert_in(struct store_tx *tx, void *arg, struct err *err)
{
	const struct outbox_row *row = arg;

	return store_outbox_insert(tx, row, err);
}

/* A probe's own person has no mailbox: no relay is asked for one. */
static bool
is_to_canary(const struct notice *notice, const struct tenant *tenant, struct id person)
{
	struct subject_row row = { .tenant = tenant->id, .id = person };
	struct err err;

	return !id_is_zero(person) && vault_subject_find(notice->vault, &row, &err) == RC_OK &&
	       (row.flags & SUBJECT_CANARY) != 0;
}

enum rc
notice_send(struct notice *notice, const struct tenant *tenant, const struct message *message,
            struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	int64_t now_us = clock_now_us(vault_clock(notice->vault));
	struct message sent = *message;
	struct outbox_row row = { .tenant = tenant->id,
		                  .id = id_is_zero(sent.id) ? id_new(now_us) : sent.id,
		                  .created_us = now_us,
		                  .due_us = now_us,
		                  .subject = sent.person };
	struct place place;
	struct str to, text;
	enum rc rc;

	sent.is_decoy = sent.is_decoy || is_to_canary(notice, tenant, sent.person);
	row.state = sent.is_decoy ? OUTBOX_GIVEN_UP : OUTBOX_WAITING;
	arena_init(&arena, 8 * MIB);
	TRY(email_normal(sent.to, &arena, &to, err));
	TRY(message_check(&sent, err));
	TRY(body_format(&sent, to, &arena, &text, err));
	place_fill(&place, tenant, row.id);
	vault_seal(notice->vault, &place.secret, text, &arena, &row.body);
	rc = store_write(notice->store, insert_in, &row, err);
	return rc == RC_CONFLICT && !id_is_zero(sent.id) ? RC_OK : rc;
}

/* --- the demonstration's inbox
 * ------------------------------------------------------------------ */

struct listing {
	int64_t tenant;
	struct arena *arena;
	struct outbox_row *rows;
	size_t count;
};

static enum rc
list_in(struct store_tx *tx, void *arg, struct err *err)
{
	struct listing *listing = arg;

	return store_outbox_list(tx, listing->tenant, listing->arena, &listing->rows,
	                         &listing->count, err);
}

enum rc
notice_inbox(struct notice *notice, const struct tenant *tenant, struct arena *arena,
             struct message **messages, size_t *count, struct err *err)
{
	CLEANUP(arena_free) struct arena own = { 0 };
	struct listing listing = { .tenant = tenant->id, .arena = &own };
	struct message *items;
	size_t shown = 0;

	arena_init(&own, INBOX_BYTES);
	if (!notice->is_demo)
		return FAIL(err, RC_NOT_FOUND, "no inbox but in demonstrations");
	TRY(store_read(notice->store, list_in, &listing, err));
	items = arena_alloc(arena, listing.count * sizeof(*items), _Alignof(struct message));
	for (size_t i = 0; i < listing.count; i++) {
		TRY(notice_unseal(notice, tenant, &listing.rows[i], arena, &items[shown], err));
		shown += !items[shown].is_decoy;
	}
	*messages = items;
	*count = shown;
	return RC_OK;
}

enum rc
notice_to(struct notice *notice, const struct tenant *tenant, struct str address,
          struct arena *arena, struct message **messages, size_t *count, struct err *err)
{
	CLEANUP(arena_free) struct arena own = { 0 };
	struct listing listing = { .tenant = tenant->id, .arena = &own };
	struct message *items;
	size_t found = 0;

	arena_init(&own, INBOX_BYTES);
	TRY(store_read(notice->store, list_in, &listing, err));
	items =
	    arena_alloc(arena, (listing.count + 1) * sizeof(*items), _Alignof(struct message));
	for (size_t i = 0; i < listing.count; i++) {
		struct message message;
		TRY(notice_unseal(notice, tenant, &listing.rows[i], &own, &message, err));
		if (message.is_decoy || !str_eq(message.to, address))
			continue;
		message.to = str_copy(arena, message.to);
		message.subject = str_copy(arena, message.subject);
		message.text = str_copy(arena, message.text);
		items[found++] = message;
	}
	*messages = items;
	*count = found;
	return RC_OK;
}
