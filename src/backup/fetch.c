#include "backup/fetch.h"

enum rc
fetch_begin(struct fetching *fetching, struct err *err)
{
	const struct backup_from *from = fetching->from;

	*fetching->found = (struct backup_found){ 0 };
	if (from->count == 0 || from->count > LIMIT_PLACES)
		return FAIL(err, RC_INVALID, "say from which place: 1 to %d", LIMIT_PLACES);
	for (size_t i = 0; i < from->count; i++)
		TRY(place_open_row(&fetching->places[i], &from->places[i], err));
	return RC_OK;
}

void
fetch_end(struct fetching *fetching)
{
	for (size_t i = 0; i < LIMIT_PLACES; i++)
		place_close(&fetching->places[i]);
	key_wipe(&fetching->manifest.block_key);
	key_wipe(&fetching->index.block_key);
}

void
fetch_fault(struct fetching *fetching, const struct err *err)
{
	struct backup_found *found = fetching->found;

	if (found->faults++ == 0)
		(void)snprintf(found->first_fault, sizeof(found->first_fault), "%.199s",
		               err->text);
}

/* --- one object -------------------------------------------------------------------- */

static MUST_CHECK enum rc
object_from(struct fetching *fetching, size_t i, struct str object, struct buf *out,
            struct err *err)
{
	CLEANUP(buf_free) struct buf sealed = { 0 };
	const struct sink sink = sink_to_buf(&sealed);
	struct str text;
	enum rc rc;

	buf_init(&sealed, LIMIT_OBJECT_SEALED);
	TRY(place_get(fetching->places[i], object, &sink, err));
	TRY(buf_finish(&sealed, &text, err));
	rc = object_open(&fetching->from->key->identity, text, out, err);
	if (rc != RC_OK)
		return FAIL(err, rc, "place %.*s: %.*s: %s",
		            STR_ARGS(fetching->from->places[i].name), STR_ARGS(object),
		            rc == RC_DENIED ? "is sealed to another recovery key"
		                            : "does not open");
	return RC_OK;
}

enum rc
fetch_object(struct fetching *fetching, struct str object, struct buf *out, struct err *err)
{
	enum rc rc = RC_NOT_FOUND;

	for (size_t i = 0; i < fetching->from->count; i++) {
		struct err place_err = { 0 };
		enum rc place_rc;
		out->len = 0;
		place_rc = object_from(fetching, i, object, out, &place_err);
		if (place_rc == RC_OK)
			return RC_OK;
		/* That one place lacks it says less than that another's is wrong. */
		if (rc == RC_NOT_FOUND) {
			rc = place_rc;
			*err = place_err;
		}
	}
	return rc;
}

enum rc
fetch_block(struct fetching *fetching, const char *prefix, const struct key *key,
            const struct digest *name, struct buf *out, struct err *err)
{
	char object[OBJECT_NAME_MAX];
	enum rc rc = RC_NOT_FOUND;

	object_block_name(object, prefix, name);
	for (size_t i = 0; i < fetching->from->count; i++) {
		struct err place_err = { 0 };
		enum rc place_rc;
		struct digest own;
		out->len = 0;
		place_rc = object_from(fetching, i, str_from_c(object), out, &place_err);
		own = hmac_sha256(key, (struct str){ out->text, out->len });
		if (place_rc == RC_OK && digest_eq(&own, name))
			return RC_OK;
		if (place_rc == RC_OK)
			place_rc = FAIL(&place_err, RC_CORRUPT, "%s: another content", object);
		if (rc == RC_NOT_FOUND) {
			rc = place_rc;
			*err = place_err;
		}
	}
	return rc;
}

enum rc
fetch_all(struct fetching *fetching, const struct fetch_blocks *blocks, struct err *err)
{
	CLEANUP(buf_free) struct buf plain = { 0 };
	struct digest name;

	buf_init(&plain, LIMIT_OBJECT_PLAIN);
	for (uint64_t i = 0; (i + 1) * DIGEST_BYTES <= blocks->blocks.len; i++) {
		enum rc rc;
		memcpy(name.bytes, blocks->blocks.ptr + i * DIGEST_BYTES, DIGEST_BYTES);
		rc = fetch_block(fetching, blocks->prefix, blocks->key, &name, &plain, err);
		fetching->found->objects++;
		if (rc != RC_OK) {
			fetch_fault(fetching, err);
			if (!blocks->goes_on)
				return rc;
			continue;
		}
		fetching->found->bytes += plain.len;
		if (blocks->each != NULL)
			TRY(blocks->each(blocks->arg, i, (struct str){ plain.text, plain.len },
			                 err));
	}
	return RC_OK;
}

/* --- which backup -------------------------------------------------------------------- */

struct newest {
	int64_t at_us; /* not after this; INT64_MAX: any */
	int64_t number;
	char name[OBJECT_NAME_MAX + 1];
};

static MUST_CHECK enum rc
newest_look(void *arg, const struct place_object *object, struct err *err)
{
	struct newest *newest = arg;
	int64_t number = 0;

	(void)err;
	if (!object_number(object->name, &number) || number > newest->at_us ||
	    (newest->name[0] != '\0' && number <= newest->number))
		return RC_OK;
	newest->number = number;
	(void)snprintf(newest->name, sizeof(newest->name), "%.*s", STR_ARGS(object->name));
	return RC_OK;
}

/* Over all places; one that cannot be reached fails it only when none can. */
static MUST_CHECK enum rc
newest_find(struct fetching *fetching, const char *prefix, struct newest *newest,
            struct err *err)
{
	const struct place_walk walk = { str_from_c(prefix), newest_look, newest };
	bool is_reached = false;
	enum rc rc = RC_OK;

	for (size_t i = 0; i < fetching->from->count; i++) {
		struct err place_err = { 0 };
		enum rc place_rc = place_walk(fetching->places[i], &walk, &place_err);
		is_reached = is_reached || place_rc == RC_OK;
		if (place_rc != RC_OK) {
			rc = place_rc;
			*err = place_err;
		}
	}
	if (!is_reached)
		return rc;
	if (newest->name[0] == '\0')
		return FAIL(err, RC_NOT_FOUND, "no place has an object below %s", prefix);
	return RC_OK;
}

/* The newest that opens: an index of a backup that was cut short is whole too. */
static MUST_CHECK enum rc
keys_choose(struct fetching *fetching, struct err *err)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	struct newest epoch = { .at_us = INT64_MAX };
	struct newest index = { .at_us = INT64_MAX };
	char prefix[64];

	buf_init(&text, LIMIT_OBJECT_PLAIN);
	TRY(newest_find(fetching, "epochs/", &epoch, err));
	(void)snprintf(prefix, sizeof(prefix), "keys/%010lld/index-", (long long)epoch.number);
	TRY(newest_find(fetching, prefix, &index, err));
	TRY(fetch_object(fetching, str_from_c(epoch.name), &text, err));
	fetching->epoch_key = str_copy(fetching->arena, (struct str){ text.text, text.len });
	TRY(fetch_object(fetching, str_from_c(index.name), &text, err));
	return key_index_parse((struct str){ text.text, text.len }, fetching->arena,
	                       &fetching->index, err);
}

enum rc
fetch_choose(struct fetching *fetching, struct err *err)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	int64_t at_us = fetching->from->at_us;
	struct newest newest = { .at_us = at_us == 0 ? INT64_MAX : at_us };

	buf_init(&text, LIMIT_OBJECT_PLAIN);
	TRY(newest_find(fetching, "manifests/", &newest, err));
	TRY(fetch_object(fetching, str_from_c(newest.name), &text, err));
	TRY(manifest_parse((struct str){ text.text, text.len }, fetching->arena,
	                   &fetching->manifest, err));
	if (fetching->manifest.time_us != newest.number)
		return FAIL(err, RC_CORRUPT, "%s: is of another time", newest.name);
	fetching->found->time_us = newest.number;
	return keys_choose(fetching, err);
}
