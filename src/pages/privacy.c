/*
 * The policy that people read, made from the policy that the server obeys.
 */
#include "base/limits.h"
#include "crypto/secret.h"
#include "pages/handlers.h"

enum rc
privacy_show(struct request *request, struct doc *doc, struct err *err)
{
	CLEANUP(buf_free) struct buf html = { 0 };
	const struct policy *policy = request->tenant->policy;
	struct str text;

	buf_init(&html, LIMIT_PAGE_BYTES);
	policy_render_html(policy, &html);
	TRY(buf_finish(&html, &text, err));
	doc_page_text(doc, "page_title", policy->title);
	doc_markup(doc, "policy_html", str_copy(request->arena, text));
	doc_text(doc, "version", policy->version);
	doc_page_text(doc, "effective",
	              language_date(request->language, policy->effective_us, request->arena));
	doc_text(doc, "hash", hex_format(request->arena, policy->hash.bytes, DIGEST_BYTES));
	doc_json(doc, "policy", policy->json);
	return RC_OK;
}
