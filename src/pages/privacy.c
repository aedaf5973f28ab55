/*
 * The policy that people read, made from the policy that the server obeys; the versions
 * before it and ahead, and what differs between any two.
 */
#include "base/limits.h"
#include "crypto/secret.h"
#include "office/change.h"
#include "pages/handlers.h"
#include "vault/version.h"

static void
policy_drop(struct policy **policy)
{
	policy_free(*policy);
}

static const struct policy_version *
version_in(const struct policy_versions *versions, struct str name)
{
	for (size_t i = 0; i < versions->count; i++) {
		const struct policy_version *version = &versions->items[i];
		if (name.len == 0 ? version->is_in_force : str_eq(version->version, name))
			return version;
	}
	return NULL;
}

static MUST_CHECK enum rc
version_read(struct request *request, const struct policy_version *version,
             struct policy **policy, struct err *err)
{
	struct policy_diagnostics *faults =
	    arena_alloc(request->arena, sizeof(*faults), _Alignof(struct policy_diagnostics));

	*faults = (struct policy_diagnostics){ .arena = request->arena };
	if (version == NULL)
		return FAIL(err, RC_NOT_FOUND, "there is no version of that day");
	return policy_read(policy, version->source, faults, err);
}

static void
versions_part(struct doc *doc, const struct policy_versions *versions,
              const struct policy_version *shown)
{
	static const struct doc_field fields[] = {
		{ "path", DOC_TEXT, NULL, NULL },
		{ "version", DOC_TEXT, NULL, "Version" },
		{ "is_here", DOC_BOOL, NULL, NULL },
		{ "effective", DOC_TIME, NULL, "In force from" },
		{ "loaded", DOC_TIME, NULL, "Loaded" },
		{ "is_in_force", DOC_BOOL, NULL, "In force" },
		{ "diff", DOC_TEXT, NULL, NULL },
	};
	struct doc_part *rows = doc_rows(doc, "versions", fields, COUNT_OF(fields));

	for (size_t i = 0; i < versions->count; i++) {
		const struct policy_version *version = &versions->items[i];
		struct doc_cell *cells = doc_row(doc, rows);
		cell_text(&cells[0], str_printf(doc->arena, "/privacy?version=%.*s",
		                                STR_ARGS(version->version)));
		cell_text(&cells[1], version->version);
		cell_int(&cells[2], version == shown);
		cell_int(&cells[3], version->effective_us);
		cell_int(&cells[4], version->loaded_us);
		cell_int(&cells[5], version->is_in_force);
		if (i + 1 < versions->count)
			cell_text(&cells[6],
			          str_printf(doc->arena, "/privacy/diff?from=%.*s&to=%.*s",
			                     STR_ARGS(versions->items[i + 1].version),
			                     STR_ARGS(version->version)));
	}
}

static MUST_CHECK enum rc
policy_parts(struct request *request, struct doc *doc, const struct policy *policy,
             struct err *err)
{
	CLEANUP(buf_free) struct buf html = { 0 };
	struct str text;

	buf_init(&html, LIMIT_PAGE_BYTES);
	policy_render_html(policy, &html);
	TRY(buf_finish(&html, &text, err));
	doc_page_text(doc, "page_title", str_copy(request->arena, policy->title));
	doc_markup(doc, "policy_html", str_copy(request->arena, text));
	doc_text(doc, "version", str_copy(request->arena, policy->version));
	doc_page_text(doc, "effective",
	              language_date(request->language, policy->effective_us, request->arena));
	doc_text(doc, "hash", hex_format(request->arena, policy->hash.bytes, DIGEST_BYTES));
	doc_json(doc, "policy", str_copy(request->arena, policy->json));
	return RC_OK;
}

enum rc
privacy_show(struct request *request, struct doc *doc, struct err *err)
{
	CLEANUP(policy_drop) struct policy *read = NULL;
	const struct policy_version *shown;
	struct policy_versions versions;

	TRY(vault_version_list(request->site->vault, request->tenant, request->arena, &versions,
	                       err));
	shown = version_in(&versions, request_query(request, "version"));
	if (shown != NULL && shown->is_in_force) {
		TRY(policy_parts(request, doc, request->tenant->policy, err));
	} else {
		TRY(version_read(request, shown, &read, err));
		TRY(policy_parts(request, doc, read, err));
		doc_page_bool(doc, "is_ahead", shown->effective_us > request->now_us);
		doc_page_bool(doc, "is_past", shown->effective_us <= request->now_us);
	}
	versions_part(doc, &versions, shown);
	return RC_OK;
}

enum rc
versions_show(struct request *request, struct doc *doc, struct err *err)
{
	struct policy_versions versions;

	TRY(vault_version_list(request->site->vault, request->tenant, request->arena, &versions,
	                       err));
	doc_page_text(doc, "page_title",
	              request_say(request, "Versions of the privacy policy"));
	versions_part(doc, &versions, NULL);
	return RC_OK;
}

void
changes_part(struct doc *doc, const struct policy_changes *changes)
{
	static const struct doc_field fields[] = { { "text", DOC_TEXT, NULL, "Change" },
		                                   { "is_material", DOC_BOOL, NULL,
		                                     "Material" } };
	struct doc_part *rows = doc_rows(doc, "changes", fields, COUNT_OF(fields));

	for (size_t i = 0; i < changes->count; i++) {
		struct doc_cell *cells = doc_row(doc, rows);
		cell_text(&cells[0], changes->items[i].text);
		cell_int(&cells[1], changes->items[i].is_material);
	}
}

/* From the one in force to the newest where nothing is said. */
enum rc
privacy_diff_show(struct request *request, struct doc *doc, struct err *err)
{
	CLEANUP(policy_drop) struct policy *old = NULL;
	CLEANUP(policy_drop) struct policy *new = NULL;
	struct str to = request_query(request, "to");
	const struct policy_version *from_version, *to_version;
	struct policy_versions versions;
	struct policy_changes changes;

	TRY(vault_version_list(request->site->vault, request->tenant, request->arena, &versions,
	                       err));
	from_version = version_in(&versions, request_query(request, "from"));
	to_version = to.len == 0 ? &versions.items[0] : version_in(&versions, to);
	TRY(version_read(request, from_version, &old, err));
	TRY(version_read(request, to_version, &new, err));
	policy_diff(old, new, request->arena, &changes);
	doc_page_text(doc, "page_title",
	              request_say(request, "What changes in the privacy policy"));
	doc_text(doc, "from", from_version->version);
	doc_text(doc, "to", to_version->version);
	doc_time(doc, "effective", to_version->effective_us);
	changes_part(doc, &changes);
	doc_page_bool(doc, "may_accept",
	              request->session != NULL && !request->session->needs_factor);
	return RC_OK;
}

enum rc
policy_accept_submit(struct request *request, struct doc *doc, struct err *err)
{
	(void)doc;
	TRY(change_accept(&request->door, request->site->office,
	                  request_form(request, "version"), err));
	return request_redirect(request, STR("/me/messages?done=confirmed"));
}
