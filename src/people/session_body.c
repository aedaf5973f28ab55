/*
 * What a session's ticket holds, sealed: who in which role, how sure, and what
 * pages need of the person without a look at the record.
 */
#include "people/inside.h"

static const struct {
	const char *name;
	size_t at;
} texts[] = {
	{ "role", offsetof(struct session_body, role) },
	{ "browser", offsetof(struct session_body, browser) },
	{ "language", offsetof(struct session_body, language) },
	{ "zone", offsetof(struct session_body, zone) },
	{ "name", offsetof(struct session_body, name) },
	{ "offer", offsetof(struct session_body, offer) },
};

enum rc
session_body_format(const struct session_body *body, struct arena *arena, struct str *text,
                    struct err *err)
{
	CLEANUP(buf_free) struct buf buf = { 0 };
	char csrf[SECRET_TEXT];
	struct json_out out;
	struct str finished;

	base64url_format(body->csrf.bytes, DIGEST_BYTES, csrf);
	buf_init(&buf, 16 * KIB);
	json_out_init(&out, &buf);
	json_object_begin(&out);
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		const char *at = (const char *)body + texts[i].at;
		json_text_at(&out, texts[i].name, *(const struct str *)(const void *)at);
	}
	json_int_at(&out, "assurance", body->assurance);
	json_text_at(&out, "csrf", str_from_c(csrf));
	json_int_at(&out, "factor", body->has_factor);
	json_int_at(&out, "offer_until", body->offer_until_us);
	json_object_close(&out);
	TRY(buf_finish(&buf, &finished, err));
	*text = str_copy(arena, finished);
	return RC_OK;
}

enum rc
session_body_read(const struct people *people, const struct tenant *tenant,
                  const struct ticket_row *row, struct arena *arena, struct session_body *body,
                  struct err *err)
{
	CLEANUP(json_free) struct json json = { NULL };
	struct session_body read = { 0 };
	int64_t has_factor;
	size_t count = 0;
	struct str csrf;

	TRY(ticket_open(people, tenant, row, &json, err));
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		char *at = (char *)&read + texts[i].at;
		struct str *text = (struct str *)(void *)at;
		TRY(json_need_text(json.root, texts[i].name, text, err));
		*text = str_copy(arena, *text);
	}
	TRY(json_need_int(json.root, "assurance", &read.assurance, err));
	TRY(json_need_text(json.root, "csrf", &csrf, err));
	TRY(base64url_parse(csrf, read.csrf.bytes, DIGEST_BYTES, &count, err));
	if (count != DIGEST_BYTES)
		return FAIL(err, RC_CORRUPT, "a session's key is cut short");
	TRY(json_need_int(json.root, "factor", &has_factor, err));
	TRY(json_need_int(json.root, "offer_until", &read.offer_until_us, err));
	read.has_factor = has_factor != 0;
	*body = read;
	return RC_OK;
}
