#include "policy/words.h"

#define TABLE(name, ...)                                                                       \
	static const struct word name##_table[] = { __VA_ARGS__ };                             \
	const struct words words_##name = { name##_table, COUNT_OF(name##_table) }

TABLE(side, { "controller", 1 }, { "processor", 0 });

TABLE(basis, { "consent", BASIS_CONSENT }, { "contract", BASIS_CONTRACT },
      { "legal_obligation", BASIS_LEGAL_OBLIGATION },
      { "vital_interest", BASIS_VITAL_INTEREST }, { "public_task", BASIS_PUBLIC_TASK },
      { "legitimate_interest", BASIS_LEGITIMATE_INTEREST });

TABLE(right, { "access", RIGHT_ACCESS }, { "rectification", RIGHT_RECTIFICATION },
      { "erasure", RIGHT_ERASURE }, { "portability", RIGHT_PORTABILITY },
      { "restriction", RIGHT_RESTRICTION }, { "objection", RIGHT_OBJECTION });

TABLE(through, { "person", 0 }, { "client", 1 });

TABLE(trigger, { "recorded", KEEP_RECORDED }, { "submitted", KEEP_SUBMITTED },
      { "account_closed", KEEP_ACCOUNT_CLOSED }, { "session_ended", KEEP_SESSION_ENDED },
      { "project_ended", KEEP_PROJECT_ENDED });

TABLE(after, { "erase", THEN_ERASE }, { "deidentify", THEN_DEIDENTIFY },
      { "ask_client", THEN_ASK_CLIENT }, { "prune", THEN_PRUNE });

TABLE(index, { "term", INDEX_TERM }, { "facet", INDEX_FACET }, { "time", INDEX_TIME });

TABLE(when, { "consent", WHEN_CONSENT }, { "contract", WHEN_CONTRACT },
      { "client_approval", WHEN_CLIENT_APPROVAL }, { "legal_order", WHEN_LEGAL_ORDER },
      { "emergency", WHEN_EMERGENCY }, { "succession", WHEN_SUCCESSION },
      { "never", WHEN_NEVER });

TABLE(form, { "as_is", AS_IS }, { "deidentified", AS_DEIDENTIFIED },
      { "aggregate", AS_AGGREGATE });

TABLE(verb, { "read", VERB_READ }, { "write", VERB_WRITE }, { "erase", VERB_ERASE },
      { "release", VERB_RELEASE });

TABLE(scope, { "own", SCOPE_OWN }, { "shared", SCOPE_SHARED }, { "site", SCOPE_SITE },
      { "all", SCOPE_ALL });

TABLE(manage, { "people", 1 }, { "roles", 2 }, { "devices", 3 }, { "policy", 4 }, { "log", 5 },
      { "requests", 6 }, { "holds", 7 }, { "notices", 8 }, { "recipients", 9 },
      { "processors", 10 }, { "exports", 11 }, { "tickets", 12 }, { "payments", 13 },
      { "sites", 14 }, { "studies", 15 }, { "projects", 16 }, { "content", 17 },
      { "attestations", 18 });

TABLE(second, { "optional", SECOND_OPTIONAL }, { "required", SECOND_REQUIRED },
      { "by_role", SECOND_BY_ROLE });

TABLE(required, { "optional", 0 }, { "required", 1 });

TABLE(signs_in, { "link", 0 }, { "credential", 1 });

TABLE(factor, { "totp", FACTOR_TOTP }, { "passkey", FACTOR_PASSKEY }, { "mail", FACTOR_MAIL },
      { "text", FACTOR_TEXT });

TABLE(tls, { "1.2", 2 }, { "1.3", 3 });

TABLE(notice, { "email", 1 }, { "page", 2 }, { "text", 3 }, { "letter", 4 });

TABLE(accepted, { "use", ACCEPTED_BY_USE }, { "signature", ACCEPTED_BY_SIGNATURE });

TABLE(held, { "memory", 1 });

TABLE(under, { "agreement", 1 });

TABLE(export, { "json", 1 }, { "csv", 2 }, { "fhir", 3 }, { "pdf", 4 }, { "odm", 5 },
      { "dicom", 6 });

TABLE(onboarding, { "terms", 1 }, { "consents", 2 }, { "nda", 3 }, { "credentials", 4 },
      { "training", 5 }, { "profile", 6 }, { "factor", 7 });

TABLE(transfer, { "adequacy", 1 }, { "standard_contractual_clauses", 2 },
      { "binding_corporate_rules", 3 }, { "explicit_consent", 4 });

struct str
words_text(const struct words *words, int value)
{
	for (size_t i = 0; i < words->count; i++) {
		if (words->items[i].value == value)
			return str_from_c(words->items[i].text);
	}
	return STR_EMPTY;
}

/* W3C Data Privacy Vocabulary 2.0, EU-GDPR extension, table "legal basis →
 * rights" (legal_basis_rights_mapping.csv): which of GDPR Art. 15, 16, 17, 18,
 * 20 and 21 each point of Art. 6(1) gives. */
unsigned
basis_rights(enum policy_basis basis)
{
	static const unsigned always = RIGHT_ACCESS | RIGHT_RECTIFICATION | RIGHT_RESTRICTION;
	static const unsigned beside[] = {
		[BASIS_CONSENT] = RIGHT_ERASURE | RIGHT_PORTABILITY,
		[BASIS_CONTRACT] = RIGHT_ERASURE | RIGHT_PORTABILITY,
		[BASIS_LEGAL_OBLIGATION] = 0,
		[BASIS_VITAL_INTEREST] = RIGHT_ERASURE,
		[BASIS_PUBLIC_TASK] = RIGHT_OBJECTION,
		[BASIS_LEGITIMATE_INTEREST] = RIGHT_ERASURE | RIGHT_OBJECTION,
	};

	if (basis < BASIS_CONSENT || basis > BASIS_LEGITIMATE_INTEREST)
		return 0;
	return always | beside[basis];
}
