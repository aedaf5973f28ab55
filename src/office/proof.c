#include "office/proof.h"

#include "office/alert.h"
#include "office/inside.h"

#define PROOFS_BYTES (512 * KIB) /* of one tenant's latest run */

static const char *const words[] = {
	[PROOF_NONE] = "unchecked",      [PROOF_KEPT] = "kept",   [PROOF_BROKEN] = "broken",
	[PROOF_NOT_BUILT] = "not-built", [PROOF_ERROR] = "error",
};

const char *
proof_word(enum proof_state state)
{
	return words[state];
}

static enum proof_state
state_of(struct str word)
{
	for (size_t i = 0; i < COUNT_OF(words); i++) {
		if (str_eq(word, str_from_c(words[i])))
			return (enum proof_state)i;
	}
	return PROOF_ERROR;
}

static MUST_CHECK enum rc
proofs_format(const struct proofs *proofs, struct buf *text, struct str *json, struct err *err)
{
	struct json_out out;

	json_out_init(&out, text);
	json_array_begin(&out);
	for (size_t i = 0; i < proofs->count; i++) {
		const struct proof *proof = &proofs->items[i];
		json_object_begin(&out);
		json_text_at(&out, "promise", proof->promise);
		json_text_at(&out, "state", str_from_c(words[proof->state]));
		json_text_at(&out, "evidence", proof->evidence);
		json_int_at(&out, "checked", proof->checked_us);
		json_int_at(&out, "entry", proof->entry);
		json_object_close(&out);
	}
	json_array_close(&out);
	return buf_finish(text, json, err);
}

static const struct proof *
proof_of(const struct proofs *proofs, struct str promise)
{
	for (size_t i = 0; i < proofs->count; i++) {
		if (str_eq(proofs->items[i].promise, promise))
			return &proofs->items[i];
	}
	return NULL;
}

/* One alert for all that turned. */
static MUST_CHECK enum rc
turned_tell(struct office *office, const struct tenant *tenant, const struct proofs *old,
            const struct proofs *new, struct arena *arena, struct err *err)
{
	struct str list = STR_EMPTY;
	struct alert alert = { .what = "promise", .severity = "high" };

	for (size_t i = 0; i < new->count; i++) {
		const struct proof *before = proof_of(old, new->items[i].promise);
		bool was_broken = before != NULL && before->state == PROOF_BROKEN;
		if (new->items[i].state != PROOF_BROKEN || was_broken)
			continue;
		list = str_printf(arena, "%.*s%s%.*s: %.*s", STR_ARGS(list),
		                  list.len == 0 ? "" : "\n", STR_ARGS(new->items[i].promise),
		                  STR_ARGS(new->items[i].evidence));
	}
	if (list.len == 0)
		return RC_OK;
	alert.title = STR("A promise of the privacy policy is broken");
	alert.text = list;
	return alert_raise(office, tenant, &alert, err);
}

enum rc
proof_store(struct office *office, const struct tenant *tenant, const struct proofs *proofs,
            struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	CLEANUP(buf_free) struct buf text = { 0 };
	struct proofs old;
	struct str json;

	arena_init(&arena, OFFICE_ARENA_BYTES);
	buf_init(&text, PROOFS_BYTES);
	TRY(proof_load(office, tenant, &arena, &old, err));
	TRY(proofs_format(proofs, &text, &json, err));
	TRY(office_setting_put(office, tenant, "proofs", json, err));
	return turned_tell(office, tenant, &old, proofs, &arena, err);
}

static MUST_CHECK enum rc
proof_read(const struct json_object *item, struct arena *arena, struct proof *proof,
           struct err *err)
{
	struct str promise, word, evidence;

	TRY(json_need_text(item, "promise", &promise, err));
	TRY(json_need_text(item, "state", &word, err));
	TRY(json_need_text(item, "evidence", &evidence, err));
	TRY(json_need_int(item, "checked", &proof->checked_us, err));
	TRY(json_need_int(item, "entry", &proof->entry, err));
	proof->promise = str_copy(arena, promise);
	proof->evidence = str_copy(arena, evidence);
	proof->state = state_of(word);
	return RC_OK;
}

enum rc
proof_load(struct office *office, const struct tenant *tenant, struct arena *arena,
           struct proofs *proofs, struct err *err)
{
	CLEANUP(json_free) struct json json = { NULL };
	struct str text;

	*proofs = (struct proofs){ NULL, 0 };
	TRY(office_setting(office, tenant, "proofs", arena, &text, err));
	if (text.len == 0)
		return RC_OK;
	TRY(json_parse(&json, text, err));
	proofs->items = arena_alloc(arena, (json_count(json.root) + 1) * sizeof(struct proof),
	                            _Alignof(struct proof));
	for (size_t i = 0; i < json_count(json.root); i++)
		TRY(proof_read(json_at(json.root, i), arena, &proofs->items[proofs->count++],
		               err));
	return RC_OK;
}
