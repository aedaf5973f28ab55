#include "people/code.h"

#include "people/inside.h"

static const struct rate redeem_rate = { "code", 20, 15 * US_PER_MIN };

/* A MAC, not a hash: 50 bits could be searched by whoever has the file. */
static struct ticket_row
row_of(const struct people *people, const struct tenant *tenant,
       const char letters[RECOVERY_LETTERS + 1])
{
	struct ticket_row row = { .tenant = tenant->id, .kind = TICKET_CODE };
	struct digest hash =
	    vault_mac(people->vault, tenant, "code", (struct str){ letters, RECOVERY_LETTERS });

	memcpy(row.hash, hash.bytes, HASH_BYTES);
	return row;
}

static MUST_CHECK enum rc
code_insert(struct store_tx *tx, void *arg, struct err *err)
{
	return store_ticket_insert(tx, arg, err);
}

/* The owner is the row's; the body holds whose it is. */
static MUST_CHECK enum rc
body_make(const struct code *code, struct buf *body, struct str *text, struct err *err)
{
	char subject[ID_TEXT_LEN + 1];
	struct json_out out;

	id_format(code->subject, subject);
	json_out_init(&out, body);
	json_object_begin(&out);
	json_text_at(&out, "subject", str_from_c(subject));
	json_object_close(&out);
	return buf_finish(body, text, err);
}

enum rc
people_code_issue(const struct door *door, struct people *people, struct code *code,
                  struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	CLEANUP(buf_free) struct buf body = { 0 };
	char letters[RECOVERY_LETTERS + 1];
	struct vault_act act = { .act = STR("code-issued"),
		                 .outcome = STR("ok"),
		                 .subject = code->subject,
		                 .count = 1 };
	struct ticket_row row;
	struct str text;

	arena_init(&arena, 64 * KIB);
	buf_init(&body, 256);
	recovery_new(code->text);
	TRY(recovery_read(str_from_c(code->text), letters, err));
	row = row_of(people, door->tenant, letters);
	row.id = id_new(people_now_us(people));
	row.owner = code->owner;
	row.created_us = people_now_us(people);
	row.expires_us = row.created_us + code->minutes * US_PER_MIN;
	TRY(body_make(code, &body, &text, err));
	ticket_seal(people, door->tenant, &row, text, &arena);
	TRY(vault_note(door, &act, NULL, err));
	return store_write(people->store, code_insert, &row, err);
}

struct redeeming {
	struct ticket_row row;
	struct arena *arena;
	int64_t now_us;
};

/* Found and gone in one transaction: of two that redeem at once one does. */
static MUST_CHECK enum rc
code_take(struct store_tx *tx, void *arg, struct err *err)
{
	struct redeeming *redeeming = arg;

	TRY(store_ticket_find(tx, redeeming->arena, &redeeming->row, err));
	if (redeeming->row.expires_us <= redeeming->now_us)
		return FAIL(err, RC_NOT_FOUND, "the code has expired");
	return store_ticket_delete(tx, &redeeming->row, err);
}

static MUST_CHECK enum rc
code_spend(struct people *people, const struct visitor *visitor, struct redeeming *redeeming,
           struct code *code, struct err *err)
{
	CLEANUP(json_free) struct json body = { NULL };
	struct str subject;
	enum rc rc = store_write(people->store, code_take, redeeming, err);

	if (rc == RC_NOT_FOUND)
		return FAIL(err, RC_UNAUTHENTICATED, "the code does not work (any more)");
	TRY(rc);
	TRY(ticket_open(people, visitor->tenant, &redeeming->row, &body, err));
	TRY(json_need_text(body.root, "subject", &subject, err));
	code->owner = redeeming->row.owner;
	return id_parse(subject, &code->subject, err);
}

enum rc
people_code_redeem(struct people *people, const struct visitor *visitor, struct str text,
                   struct code *code, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	char letters[RECOVERY_LETTERS + 1];
	struct redeeming redeeming = { .arena = &arena, .now_us = people_now_us(people) };

	arena_init(&arena, ARENA_BYTES);
	TRY(people_rate(people, visitor->tenant, &redeem_rate,
	                rate_network(&arena, visitor->address), err));
	TRY(recovery_read(text, letters, err));
	redeeming.row = row_of(people, visitor->tenant, letters);
	return code_spend(people, visitor, &redeeming, code, err);
}
