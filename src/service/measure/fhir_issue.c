#include "service/measure/fhir_issue.h"

#include "base/arena.h"
#include "base/buf.h"

#define EXPRESSION_MAX 512
#define NAME_MAX_LEN   48

void
fhir_issues_init(struct fhir_issues *issues, struct arena *arena)
{
	issues->arena = arena;
	issues->rc = RC_OK;
	issues->count = 0;
	issues->is_cut = false;
}

static bool
is_letter(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool
fhir_is_element_name(struct str name)
{
	if (str_starts_with(name, STR("_")))
		name = (struct str){ name.ptr + 1, name.len - 1 };
	if (name.len == 0 || name.len > NAME_MAX_LEN || !is_letter(name.ptr[0]))
		return false;
	for (size_t i = 1; i < name.len; i++) {
		char c = name.ptr[i];
		if (!is_letter(c) && (c < '0' || c > '9'))
			return false;
	}
	return true;
}

static void
place_add(struct buf *buf, const struct fhir_place *place)
{
	if (place->up != NULL) {
		place_add(buf, place->up);
		buf_add(buf, STR("."));
	}
	buf_add(buf, place->name);
	if (place->index >= 0)
		buf_addf(buf, "[%td]", place->index);
}

static struct str
expression_of(struct arena *arena, const struct fhir_place *place, const char *member)
{
	CLEANUP(buf_free) struct buf buf = { 0 };

	buf_init(&buf, EXPRESSION_MAX);
	if (place != NULL)
		place_add(&buf, place);
	if (member != NULL)
		buf_addf(&buf, "%s%s", buf.len != 0 ? "." : "", member);
	return str_copy(arena, (struct str){ buf.text, buf.len });
}

static struct fhir_issue *
issue_new(struct fhir_issues *issues)
{
	if (issues->count == FHIR_ISSUES_MAX) {
		issues->is_cut = true;
		return NULL;
	}
	return &issues->items[issues->count++];
}

void
fhir_issue_add(struct fhir_issues *issues, const struct fhir_place *place, const char *member,
               struct fhir_complaint complaint)
{
	struct fhir_issue *issue = issue_new(issues);

	if (issues->rc == RC_OK)
		issues->rc = complaint.rc;
	if (issue == NULL)
		return;
	*issue =
	    (struct fhir_issue){ FHIR_ERROR, complaint.type,
		                 expression_of(issues->arena, place, member), complaint.why };
}

void
fhir_issue_warn(struct fhir_issues *issues, struct str expression, const char *why)
{
	struct fhir_issue *issue = issue_new(issues);

	if (issue != NULL)
		*issue =
		    (struct fhir_issue){ FHIR_WARNING, FHIR_NOT_SUPPORTED, expression, why };
}

enum fhir_issue_type
fhir_issue_of_rc(enum rc rc)
{
	static const struct {
		enum rc rc;
		enum fhir_issue_type type;
	} rows[] = {
		{ RC_OK, FHIR_INFORMATIONAL },
		{ RC_SYNTAX, FHIR_INVALID },
		{ RC_UNAUTHENTICATED, FHIR_SECURITY },
		{ RC_DENIED, FHIR_FORBIDDEN },
		{ RC_NOT_FOUND, FHIR_NOT_FOUND },
		{ RC_METHOD, FHIR_NOT_SUPPORTED },
		{ RC_NOT_ACCEPTABLE, FHIR_NOT_SUPPORTED },
		{ RC_CONFLICT, FHIR_CONFLICT },
		{ RC_GONE, FHIR_DELETED },
		{ RC_PRECONDITION, FHIR_CONFLICT },
		{ RC_LIMIT, FHIR_TOO_COSTLY },
		{ RC_MEDIA, FHIR_NOT_SUPPORTED },
		{ RC_INVALID, FHIR_BUSINESS_RULE },
		{ RC_RATE, FHIR_THROTTLED },
		{ RC_BUSY, FHIR_TRANSIENT },
		{ RC_RETRY, FHIR_TRANSIENT },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		if (rows[i].rc == rc)
			return rows[i].type;
	}
	return FHIR_EXCEPTION;
}

const char *
fhir_issue_code(enum fhir_issue_type type)
{
	static const char *const codes[] = {
#define FHIR_ISSUE_CODE(name, code) [(name)] = (code),
		FHIR_ISSUE_TABLE(FHIR_ISSUE_CODE)
#undef FHIR_ISSUE_CODE
	};

	return codes[type];
}

const char *
fhir_severity_code(enum fhir_severity severity)
{
	static const char *const codes[] = { [FHIR_ERROR] = "error",
		                             [FHIR_WARNING] = "warning",
		                             [FHIR_INFORMATION] = "information" };

	return codes[severity];
}
