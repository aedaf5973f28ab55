/*
 * Delivery: of all servers the one with the lease sends what is due.
 *
 * A message is handed to the relay first and marked afterwards, so dying in
 * between sends it twice and never loses it; its Message-ID stays the same, by
 * which mail systems drop the second.  The lease is renewed before each
 * message and outlasts the longest that one can take.
 */
#include "notice/inside.h"
#include "notice/mime.h"

#define LEASE_US   (3 * US_PER_MIN)
#define RUN_MAX    50 /* messages of one run: the housekeeper has other work */
#define BACKOFF_US US_PER_MIN
#define DUE_BYTES  (128 * MIB)

static_assert(LIMIT_PAGE_ROWS * (2 * NOTICE_TEXT_BYTES + 4 * KIB) < DUE_BYTES,
              "a page of the longest messages, escaped, fits");

struct taking {
	struct notice *notice;
	struct arena *arena;
	struct outbox_row *rows;
	size_t count;
	int64_t due_us;
};

static enum rc
lease_in(struct store_tx *tx, void *arg, struct err *err)
{
	const struct notice *notice = arg;

	return store_lease_take(tx, STR("outbox"), notice->holder,
	                        store_tx_now_us(tx) + LEASE_US, err);
}

static enum rc
due_in(struct store_tx *tx, void *arg, struct err *err)
{
	struct taking *taking = arg;

	return store_outbox_due(tx, taking->due_us, taking->arena, &taking->rows,
	                        &taking->count, err);
}

static enum rc
update_in(struct store_tx *tx, void *arg, struct err *err)
{
	const struct outbox_row *row = arg;

	return store_outbox_update(tx, row, err);
}

/* RC_IO or RC_INVALID from the relay; RC_CORRUPT for a row that does not open. */
static MUST_CHECK enum rc
row_send(struct notice *notice, const struct outbox_row *row, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	CLEANUP(buf_free) struct buf text = { 0 };
	const struct tenant *tenant = vault_tenant_by_id(notice->vault, row->tenant);
	struct message message;
	struct mime mime;
	struct str finished;

	arena_init(&arena, 8 * MIB);
	buf_init(&text, 4 * NOTICE_TEXT_BYTES);
	if (tenant == NULL)
		return FAIL(err, RC_CORRUPT, "a message is of no tenant");
	TRY(notice_unseal(notice, tenant, row, &arena, &message, err));
	mime = (struct mime){ notice->from, tenant->name, message.to,     message.subject,
		              message.text, row->id,      row->created_us };
	mime_format(&mime, &text);
	TRY(buf_finish(&text, &finished, err));
	return smtp_send(notice->smtp, message.to, finished, err);
}

/* Tried again after 1, 2, 4 … minutes, or not any more. */
static MUST_CHECK enum rc
row_settle(struct notice *notice, struct outbox_row *row, enum rc sent, struct err *err)
{
	int64_t now_us = clock_now_us(vault_clock(notice->vault));
	bool is_final = sent == RC_INVALID || sent == RC_CORRUPT;

	if (sent == RC_OK) {
		row->state = OUTBOX_SENT;
		notice->figures.sent++;
	}
	if (sent != RC_OK) {
		row->due_us = now_us + (BACKOFF_US << row->tries);
		notice->figures.failed++;
	}
	row->tries++;
	if (sent != RC_OK && (is_final || row->tries >= NOTICE_TRIES_MAX)) {
		row->state = OUTBOX_GIVEN_UP;
		notice->figures.given_up++;
	}
	return store_write(notice->store, update_in, row, err);
}

static MUST_CHECK enum rc
due_send(struct notice *notice, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct taking taking = { .notice = notice,
		                 .arena = &arena,
		                 .due_us = clock_now_us(vault_clock(notice->vault)) };

	arena_init(&arena, DUE_BYTES);
	TRY(store_read(notice->store, due_in, &taking, err));
	for (size_t i = 0; i < taking.count && i < RUN_MAX; i++) {
		struct err failed = { 0 };
		enum rc sent;
		TRY(store_write(notice->store, lease_in, notice, err));
		sent = row_send(notice, &taking.rows[i], &failed);
		TRY(row_settle(notice, &taking.rows[i], sent, err));
	}
	return RC_OK;
}

static MUST_CHECK enum rc
waiting_count(struct notice *notice, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct taking taking = { .notice = notice, .arena = &arena, .due_us = INT64_MAX };

	arena_init(&arena, DUE_BYTES);
	TRY(store_read(notice->store, due_in, &taking, err));
	notice->figures.waiting = taking.count;
	return RC_OK;
}

static MUST_CHECK enum rc
deliver_locked(struct notice *notice, struct err *err)
{
	enum rc rc = RC_OK;

	TRY(waiting_count(notice, err));
	if (notice->smtp == NULL || notice->figures.waiting == 0)
		return RC_OK;
	rc = store_write(notice->store, lease_in, notice, err);
	if (rc == RC_BUSY) /* another server delivers */
		return RC_OK;
	TRY(rc);
	rc = due_send(notice, err);
	if (rc == RC_BUSY) /* the lease went to another while we sent */
		rc = RC_OK;
	TRY(rc);
	return waiting_count(notice, err);
}

enum rc
notice_deliver(struct notice *notice, struct notice_figures *figures, struct err *err)
{
	enum rc rc;

	(void)pthread_mutex_lock(&notice->lock);
	rc = deliver_locked(notice, err);
	if (rc == RC_OK)
		*figures = notice->figures;
	(void)pthread_mutex_unlock(&notice->lock);
	return rc;
}
