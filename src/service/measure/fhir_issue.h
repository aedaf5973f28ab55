/*
 * What is wrong with a FHIR resource, collected instead of stopping at the first.
 *
 * An issue names the element (a FHIRPath-like expression with the JSON member's
 * own name: Observation.component[1].valueQuantity.code) and says why in a
 * literal of ours, so it cannot carry a value that was sent.  A member's name is
 * repeated only when it looks like an element's name.
 *
 * At most FHIR_ISSUES_MAX are kept; `is_cut` says that there were more.
 */
#ifndef SERVICE_MEASURE_FHIR_ISSUE_H
#define SERVICE_MEASURE_FHIR_ISSUE_H

#include "base/str.h"

#define FHIR_ISSUES_MAX 32

/* R4 code system http://hl7.org/fhir/issue-type, the codes that are used here. */
#define FHIR_ISSUE_TABLE(X)                                                                    \
	X(FHIR_INVALID, "invalid")                                                             \
	X(FHIR_STRUCTURE, "structure")                                                         \
	X(FHIR_REQUIRED, "required")                                                           \
	X(FHIR_VALUE, "value")                                                                 \
	X(FHIR_INVARIANT, "invariant")                                                         \
	X(FHIR_SECURITY, "security")                                                           \
	X(FHIR_FORBIDDEN, "forbidden")                                                         \
	X(FHIR_NOT_SUPPORTED, "not-supported")                                                 \
	X(FHIR_DUPLICATE, "duplicate")                                                         \
	X(FHIR_NOT_FOUND, "not-found")                                                         \
	X(FHIR_DELETED, "deleted")                                                             \
	X(FHIR_TOO_LONG, "too-long")                                                           \
	X(FHIR_CODE_INVALID, "code-invalid")                                                   \
	X(FHIR_EXTENSION, "extension")                                                         \
	X(FHIR_TOO_COSTLY, "too-costly")                                                       \
	X(FHIR_BUSINESS_RULE, "business-rule")                                                 \
	X(FHIR_CONFLICT, "conflict")                                                           \
	X(FHIR_TRANSIENT, "transient")                                                         \
	X(FHIR_THROTTLED, "throttled")                                                         \
	X(FHIR_EXCEPTION, "exception")                                                         \
	X(FHIR_INFORMATIONAL, "informational")

enum fhir_issue_type {
#define FHIR_ISSUE_ENUM(name, code) name,
	FHIR_ISSUE_TABLE(FHIR_ISSUE_ENUM)
#undef FHIR_ISSUE_ENUM
};

enum fhir_severity { FHIR_ERROR, FHIR_WARNING, FHIR_INFORMATION };

struct fhir_issue {
	enum fhir_severity severity;
	enum fhir_issue_type type;
	struct str expression; /* may be empty: the whole request */
	const char *why;       /* a literal */
};

struct fhir_issues {
	struct arena *arena; /* borrowed; the expressions live in it */
	enum rc rc;          /* RC_OK, or what to answer with */
	size_t count;
	bool is_cut;
	struct fhir_issue items[FHIR_ISSUES_MAX];
};

/* Where in a resource: a chain on the stack, written out only for an issue. */
struct fhir_place {
	const struct fhir_place *up; /* NULL: the resource, whose name is its type */
	struct str name;
	ptrdiff_t index; /* in an array, else -1 */
};

void fhir_issues_init(struct fhir_issues *issues, struct arena *arena);

/* One more error at `place`, or at its member `member` when that is not NULL.
 * The first error's `rc` stands: RC_SYNTAX for what is not FHIR (HTTP 400),
 * RC_INVALID for FHIR that breaks a rule of the service (HTTP 422). */
struct fhir_complaint {
	enum rc rc;
	enum fhir_issue_type type;
	const char *why; /* a literal */
};
void fhir_issue_add(struct fhir_issues *issues, const struct fhir_place *place,
                    const char *member, struct fhir_complaint complaint);

/* As fhir_issue_add(), for something that is not an error. */
void fhir_issue_warn(struct fhir_issues *issues, struct str expression, const char *why);

/* The issue type that fits an rc, for an OperationOutcome about one error. */
enum fhir_issue_type fhir_issue_of_rc(enum rc rc);
const char *fhir_issue_code(enum fhir_issue_type type);      /* "not-supported" */
const char *fhir_severity_code(enum fhir_severity severity); /* "error" */

/* [A-Za-z][A-Za-z0-9]{0,47}, with a leading '_' allowed: fit to be repeated. */
bool fhir_is_element_name(struct str name);

#endif
