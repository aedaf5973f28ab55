#include "service/measure/fhir_outcome.h"

static void
outcome_begin(struct json_out *out)
{
	json_object_begin(out);
	json_text_at(out, "resourceType", STR("OperationOutcome"));
	json_name(out, "issue");
	json_array_begin(out);
}

static void
outcome_close(struct json_out *out)
{
	json_array_close(out);
	json_object_close(out);
}

static void
issue_write(struct json_out *out, const struct fhir_issue *issue)
{
	json_object_begin(out);
	json_text_at(out, "severity", str_from_c(fhir_severity_code(issue->severity)));
	json_text_at(out, "code", str_from_c(fhir_issue_code(issue->type)));
	json_text_at(out, "diagnostics", str_from_c(issue->why));
	if (issue->expression.len != 0) {
		json_name(out, "expression");
		json_array_begin(out);
		json_put_text(out, issue->expression);
		json_array_close(out);
	}
	json_object_close(out);
}

void
fhir_outcome_write(struct json_out *out, const struct fhir_issues *issues)
{
	static const struct fhir_issue good = {
		FHIR_INFORMATION, FHIR_INFORMATIONAL, { NULL, 0 }, "nothing is wrong"
	};
	static const struct fhir_issue cut = { FHIR_INFORMATION,
		                               FHIR_INFORMATIONAL,
		                               { NULL, 0 },
		                               "more is wrong than stands here" };

	outcome_begin(out);
	for (size_t i = 0; i < issues->count; i++)
		issue_write(out, &issues->items[i]);
	if (issues->count == 0)
		issue_write(out, &good);
	if (issues->is_cut)
		issue_write(out, &cut);
	outcome_close(out);
}

void
fhir_outcome_write_err(struct json_out *out, const struct err *err)
{
	bool is_ours = rc_http_status(err->rc) >= 500 || err->text[0] == '\0';
	struct fhir_issue issue = { FHIR_ERROR, fhir_issue_of_rc(err->rc), STR_EMPTY,
		                    is_ours ? rc_meaning(err->rc) : err->text };

	outcome_begin(out);
	issue_write(out, &issue);
	outcome_close(out);
}
