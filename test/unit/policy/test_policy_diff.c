/*
 * What changes between two versions, and whether people must be told
 * beforehand: new class, purpose or recipient, longer retention, weaker right
 * or control.
 */
#include "sample.h"

struct row {
	const char *from, *to;
	const char *text;
	bool is_material;
};

static void
check_row(const struct row *row)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	SAMPLE a = sample_small(NULL, NULL);
	SAMPLE b = sample_small(row->from, row->to);
	struct policy_changes changes;

	arena_init(&arena, MIB);
	assert_int_equal(b->rc, RC_OK);
	policy_diff(a->policy, b->policy, &arena, &changes);
	for (size_t i = 0; i < changes.count; i++) {
		if (!str_eq(changes.items[i].text, str_from_c(row->text)))
			continue;
		if (changes.items[i].is_material != row->is_material)
			fail_msg("%s: material %d", row->text, changes.items[i].is_material);
		return;
	}
	for (size_t i = 0; i < changes.count; i++)
		print_message("  %.*s\n", STR_ARGS(changes.items[i].text));
	fail_msg("not among the changes: %s", row->text);
}

static void
check_rows(const struct row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		check_row(&rows[i]);
}

static void
a_policy_does_not_differ_from_itself(void **state)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	SAMPLE a = sample_small(NULL, NULL);
	SAMPLE b = sample_small("days: 14, by: [email, page]", "by: [email, page], days: 14");
	struct policy_changes changes;

	(void)state;
	arena_init(&arena, MIB);
	policy_diff(a->policy, b->policy, &arena, &changes);
	assert_int_equal(changes.count, 0);
}

static void
more_data_and_more_uses_are_material(void **state)
{
	static const struct row rows[] = {
		{ "  audit:\n",
		  "  extra:\n    about: member\n    fields: [a]\n    keep: { until: recorded, "
		  "then: erase }\n  audit:\n",
		  "class extra: new", true },
		{ "mood, until]", "mood, until, weight]", "class note: field weight: new",
		  true },
		{ "mood, until]", "mood]", "class note: field until: gone", false },
		{ "purposes:\n", "purposes:\n  fun: { basis: consent, says: to play }\n",
		  "purpose fun: new", true },
		{ "sharing: { basis: consent, says: to share what you choose }",
		  "sharing: { basis: consent, says: to share what we choose }",
		  "purpose sharing: says something else", true },
		{ "care: { basis: contract", "care: { basis: public_task",
		  "purpose care: basis contract → public_task", true },
		{ "use: [care, security]", "use: [care, security, sharing]",
		  "class account: used for sharing", true },
		{ "{ kind: facet, at: time }", "{ kind: facet, at: time, mood: facet }",
		  "class note: plain column mood: new", true },
		{ "{ kind: facet, at: time }", "{ kind: facet }",
		  "class note: plain column at: gone", false },
		{ "[user.health_and_medical]", "[user.health_and_medical, user.biometric]",
		  "class note: category user.biometric: new", true },
	};

	(void)state;
	check_rows(rows, COUNT_OF(rows));
}

static void
longer_retention_is_material_and_shorter_is_not(void **state)
{
	static const struct row rows[] = {
		{ "plus: 90d", "plus: 91d", "class note: keep 90d → 91d (longer)", true },
		{ "plus: 90d", "plus: 89d", "class note: keep 90d → 89d (shorter)", false },
		{ "plus: 2y", "plus: 25mo", "class account: keep 2y → 25mo (longer)", true },
		{ "plus: 2y, then: erase", "plus: forever",
		  "class account: keep 2y → forever (longer)", true },
		{ "until: recorded, plus: 90d", "until: account_closed, plus: 90d",
		  "class note: keep until recorded → account_closed", true },
		{ "then: erase, required_by", "then: deidentify, required_by",
		  "class note: then erase → deidentify", true },
		{ ", required_by: some law", "", "class note: required by no law any more",
		  false },
		{ "plus: 2y, then: erase", "plus: 2y, then: erase, required_by: a law",
		  "class account: required by a law: new", true },
	};

	(void)state;
	check_rows(rows, COUNT_OF(rows));
}

static void
somebody_new_who_gets_data_is_material(void **state)
{
	static const struct row rows[] = {
		{ "  court:", "  bank: { gets: [note], when: contract }\n  court:",
		  "recipient bank: new", true },
		{ "  court: { gets: [note], when: legal_order }\n", "", "recipient court: gone",
		  false },
		{ "court: { gets: [note]", "court: { gets: [note, account]",
		  "recipient court: gets account", true },
		{ "when: legal_order", "when: never",
		  "recipient court: when legal_order → never", false },
		{ "when: legal_order", "when: contract",
		  "recipient court: when legal_order → contract", true },
		{ "when: consent }", "when: consent, as: aggregate }",
		  "recipient doctor: as as_is → aggregate", false },
		{ "name: A Host", "name: B Host", "processor B Host: new", true },
		{ "name: A Host", "name: B Host", "processor A Host: gone", false },
		{ "region: us", "region: eu", "processor A Host: region us → eu", true },
		{ "cookies:\n",
		  "  - { to: jp, basis: adequacy, since: 2026-02-01 }\ncookies:\n",
		  "transfer to jp: new", true },
	};

	(void)state;
	check_rows(rows, COUNT_OF(rows));
}

static void
weaker_rights_and_controls_are_material(void **state)
{
	static const struct row rows[] = {
		{ "default: [access, erasure]", "default: [access]",
		  "right of erasure in default: gone", true },
		{ "default: [access, erasure]", "default: [access, erasure, objection]",
		  "right of objection in default: new", false },
		{ "    default:", "    us: [access]\n    default:",
		  "right of erasure in us: gone", true },
		{ "answer_days: 30", "answer_days: 20", "days to answer: 30 → 20", false },
		{ "export: [json]", "export: [csv]", "export as json: gone", true },
		{ "tls: \"1.3\"", "tls: \"1.2\"", "least TLS 1.x: 3 → 2 (weaker)", true },
		{ "idle_minutes: 15", "idle_minutes: 16", "idle minutes: 15 → 16 (weaker)",
		  true },
		{ "idle_minutes: 15", "idle_minutes: 14", "idle minutes: 15 → 14", false },
		{ "factors: [totp]", "factors: [totp, text]", "second factor by text: new",
		  true },
		{ "second_factor: by_role", "second_factor: required",
		  "second factor: by_role → required", false },
		{ "    second_factor: required", "    second_factor: optional",
		  "role member: second factor no longer required", true },
		{ "is: member\n", "is: member\n    reason: required\n",
		  "role member: reason required", false },
		{ "days: 14", "days: 13", "notice days: 14 → 13 (weaker)", true },
		{ "days: 14", "days: 15", "notice days: 14 → 15", false },
		{ "region: eu\n", "region: ch\n", "region: eu → ch", true },
		{ "read own note, ", "", "role member: may no longer read own note", true },
		{ "read own note", "read all note", "role member: may read all note", true },
		{ "manage people", "manage policy", "role member: may manage policy", true },
		{ "manage people", "manage policy", "role member: may no longer manage people",
		  false },
		{ "probe: seal.at_rest", "probe: tls.cipher", "promise sealed: new", false },
		{ "  - { id: audited, says: Somebody audits us., attested: soc2 }", "",
		  "promise audited: gone", true },
		{ "attested: soc2 }", "attested: soc2, region: us }", "promise audited: gone",
		  true },
		{ "by: [email, page]", "by: [email, page], accepted_by: use",
		  "changes: accepted by  → use", true },
		{ "by: [email, page]", "by: [email, page], accepted_by: signature",
		  "changes: accepted by  → signature", false },
		{ "    says: Notes\n", "    says: Notes\n    only_under: agreement\n",
		  "class note: only under an agreement", false },
		{ "name: Some Clinic", "name: Other Clinic", "controller: another name", true },
		{ "address: 1 Road", "address: 2 Road",
		  "controller: another address, contact or officer", false },
		{ "cookies:\n", "cookies:\n  - { name: more, why: fun, lasts: 1d }\n",
		  "cookie more: new", true },
		{ "version: 2026-03-01", "version: 2026-04-01",
		  "version: 2026-03-01 → 2026-04-01", false },
	};

	(void)state;
	check_rows(rows, COUNT_OF(rows));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_policy_does_not_differ_from_itself),
		cmocka_unit_test(more_data_and_more_uses_are_material),
		cmocka_unit_test(longer_retention_is_material_and_shorter_is_not),
		cmocka_unit_test(somebody_new_who_gets_data_is_material),
		cmocka_unit_test(weaker_rights_and_controls_are_material),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
