/*
 * How a record lies in its row: sealed, with every plain column bound to it.
 */
#include "base/limits.h"
#include "crypto/seal.h"
#include "vault/inside.h"

/* The associated data: all the columns, so a row that is moved to another
 * subject, class, version or time does not open. */
struct row_place {
	char what[8];
	int64_t tenant;
	struct id subject;
	int64_t class;
	struct id id;
	int64_t version, created_us, updated_us, change_from, change_to;
	int64_t facet[FACETS_MAX];
	int64_t time_from_us, time_to_us, items, expires_us, month;
};

static struct row_place
place_of(const struct record_row *row)
{
	struct row_place place = { .what = "record1",
		                   .tenant = row->tenant,
		                   .subject = row->subject,
		                   .class = row->class,
		                   .id = row->id,
		                   .version = row->version,
		                   .created_us = row->created_us,
		                   .updated_us = row->updated_us,
		                   .change_from = row->change_from,
		                   .change_to = row->change_to,
		                   .time_from_us = row->time_from_us,
		                   .time_to_us = row->time_to_us,
		                   .items = row->items,
		                   .expires_us = row->expires_us,
		                   .month = row->month };

	memcpy(place.facet, row->facet, sizeof(place.facet));
	return place;
}

enum rc
row_seal(const struct key *key, struct record_row *row, struct str body, struct arena *arena,
         struct err *err)
{
	struct row_place place = place_of(row);
	uint8_t *sealed;

	if (body.len > LIMIT_RECORD_BYTES)
		return FAIL(err, RC_LIMIT, "a record is longer than %lu bytes",
		            LIMIT_RECORD_BYTES);
	sealed = arena_alloc(arena, body.len + SEAL_EXTRA_BYTES, 1);
	seal(key, body, (struct str){ (const char *)&place, sizeof(place) }, sealed);
	row->body = (struct str){ (const char *)sealed, body.len + SEAL_EXTRA_BYTES };
	return RC_OK;
}

enum rc
row_open(const struct key *key, const struct record_row *row, struct arena *arena,
         struct str *body, struct err *err)
{
	struct row_place place = place_of(row);
	char name[ID_TEXT_LEN + 1];
	uint8_t *text;

	id_format(row->id, name);
	if (row->body.len < SEAL_EXTRA_BYTES)
		return FAIL(err, RC_CORRUPT, "record %s is cut short", name);
	text = arena_try_alloc(arena, row->body.len - SEAL_EXTRA_BYTES + 1, 1);
	if (text == NULL)
		return FAIL(err, RC_LIMIT, "the records do not fit");
	if (seal_open(key, row->body, (struct str){ (const char *)&place, sizeof(place) }, text,
	              err) != RC_OK)
		return FAIL(err, RC_CORRUPT, "record %s does not open", name);
	*body = (struct str){ (const char *)text, row->body.len - SEAL_EXTRA_BYTES };
	return RC_OK;
}

enum rc
row_unseal(struct vault *vault, const struct record_row *row, struct arena *arena,
           struct str *body, struct err *err)
{
	CLEANUP(key_wipe) struct key key = { { 0 } };
	struct record_key_name name = { row->tenant, row->subject, row->class, row->month };
	enum rc rc = keys_record(vault->keys, &name, false, &key, err);

	if (rc == RC_NOT_FOUND)
		return FAIL(err, RC_GONE, "its key has been destroyed");
	TRY(rc);
	return row_open(&key, row, arena, body, err);
}

enum rc
term_mac(struct vault *vault, const struct tenant *tenant, struct term_row *row,
         struct str value, struct err *err)
{
	CLEANUP(key_wipe) struct key key = { { 0 } };
	struct {
		int64_t class, name;
		struct digest value;
	} text = { row->class, row->name, sha256(value) };
	struct digest mac;

	TRY(keys_derived(vault->keys, tenant->id, (struct id){ { 0 } }, "term", &key, err));
	mac = hmac_sha256(&key, (struct str){ (const char *)&text, sizeof(text) });
	row->tenant = tenant->id;
	memcpy(row->mac, mac.bytes, MAC_BYTES);
	return RC_OK;
}
