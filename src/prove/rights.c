/*
 * Probes of people's rights: a canary asks for each and gets it, in time and in
 * every declared format.
 */
#include "office/desk.h"
#include "prove/inside.h"

struct asking {
	struct prove *prove;
	struct canary *canary;
	struct actor actor;
	struct door door; /* the canary's own */
	struct asked asked;
	struct verdict *verdict;
};

struct right_row {
	const char *word;
	enum policy_right right;
	enum rc (*holds)(struct asking *asking, struct err *err);
};

/* --- what each must have done ------------------------------------------------------------ */

static const struct policy_class *
account_of(const struct asking *asking)
{
	const struct policy *policy = asking->prove->tenant->policy;

	for (size_t i = 0; i < policy->class_count; i++) {
		const struct policy_index *email =
		    policy_index_find(&policy->classes[i], STR("email"));
		if (policy->classes[i].about_number == asking->canary->role->is_number &&
		    email != NULL && email->kind == INDEX_TERM)
			return &policy->classes[i];
	}
	return NULL;
}

static MUST_CHECK enum rc
account_get(struct asking *asking, struct vault_record *record, struct err *err)
{
	const struct policy_class *class = account_of(asking);
	struct door door = asking->prove->door;

	if (class == NULL)
		return FAIL(err, RC_NOT_FOUND, "the role has no account");
	door.purpose = plain_purpose(asking->prove->tenant->policy, class);
	return vault_get(&door, class->name, asking->canary->person, asking->prove->arena,
	                 record, err);
}

static bool
holds_name(const struct answer *answer, struct str format)
{
	char name[32];

	(void)snprintf(name, sizeof(name), ".%.*s", STR_ARGS(format));
	if (str_eq(format, STR("fhir")))
		(void)snprintf(name, sizeof(name), "fhir");
	return memmem(answer->body.ptr, answer->body.len, name, strlen(name)) != NULL;
}

/* Formats that only a service can write. */
static bool
is_of_service(struct str format)
{
	return !str_eq(format, STR("json")) && !str_eq(format, STR("csv"));
}

/* The package comes, with a file of each format that the policy names. */
static MUST_CHECK enum rc
package_holds(struct asking *asking, struct err *err)
{
	struct prove *prove = asking->prove;
	const struct policy *policy = prove->tenant->policy;
	struct question question = { .method = "GET",
		                     .path = STR("/me/package"),
		                     .token = str_from_c(asking->canary->token),
		                     .accept = STR("application/zip") };
	struct answer answer;

	TRY(client_ask(prove, &question, &answer, err));
	if (answer.status != 200) {
		verdict_broken(prove, asking->verdict, "the package was answered with %ld",
		               answer.status);
		return RC_OK;
	}
	for (size_t i = 0; i < policy->export_count; i++) {
		if (holds_name(&answer, policy->export_formats[i]))
			continue;
		if (is_of_service(policy->export_formats[i]) &&
		    site_service(prove->options->site, prove->tenant) == NULL)
			verdict_not_built(prove, asking->verdict,
			                  "%.*s comes with a service that is not here",
			                  STR_ARGS(policy->export_formats[i]));
		else
			verdict_broken(prove, asking->verdict, "the package has no %.*s",
			               STR_ARGS(policy->export_formats[i]));
	}
	return RC_OK;
}

static MUST_CHECK enum rc
rectification_holds(struct asking *asking, struct err *err)
{
	struct prove *prove = asking->prove;
	struct door door = prove->door;
	struct person person;
	struct vault_record record;
	struct vault_records history;

	TRY(people_get(&door, prove->people, asking->canary->person, prove->arena, &person,
	               err));
	person.name = STR("Corrected");
	TRY(people_change(&door, prove->people, &person, err));
	TRY(account_get(asking, &record, err));
	door.purpose = plain_purpose(prove->tenant->policy, account_of(asking));
	TRY(vault_history(&door, account_of(asking)->name, asking->canary->person, prove->arena,
	                  &history, err));
	if (memmem(record.body.ptr, record.body.len, "Corrected", 9) == NULL)
		verdict_broken(prove, asking->verdict, "a correction is not there");
	if (history.count < 2)
		verdict_broken(prove, asking->verdict, "what was corrected left no history");
	return RC_OK;
}

static MUST_CHECK enum rc
erasure_holds(struct asking *asking, struct err *err)
{
	struct vault_record record;
	struct err gone = { 0 };
	enum rc rc = account_get(asking, &record, &gone);

	if (rc == RC_OK)
		verdict_broken(asking->prove, asking->verdict, "an erased account can be read");
	else if (rc != RC_GONE && rc != RC_NOT_FOUND) {
		*err = gone;
		return rc;
	}
	return RC_OK;
}

static MUST_CHECK enum rc
restriction_holds(struct asking *asking, struct err *err)
{
	struct subject_row row = { .tenant = asking->prove->tenant->id,
		                   .id = asking->canary->person };

	TRY(vault_subject_find(asking->prove->vault, &row, err));
	if ((row.flags & SUBJECT_RESTRICTED) == 0)
		verdict_broken(asking->prove, asking->verdict,
		               "the use of the data is not restricted");
	return RC_OK;
}

static MUST_CHECK enum rc
objection_holds(struct asking *asking, struct err *err)
{
	struct choices choices;

	struct door door = office_door(asking->prove->office, asking->prove->tenant);

	TRY(vault_choice_list(&door, asking->canary->person, asking->prove->arena, &choices,
	                      err));
	for (size_t i = 0; i < choices.count; i++) {
		if (choices.items[i].kind == CHOICE_OBJECTION &&
		    choices.items[i].withdrawn_us == 0)
			return RC_OK;
	}
	verdict_broken(asking->prove, asking->verdict, "the objection is not in force");
	return RC_OK;
}

static const struct right_row rows[] = {
	{ "access", RIGHT_ACCESS, package_holds },
	{ "portability", RIGHT_PORTABILITY, package_holds },
	{ "rectification", RIGHT_RECTIFICATION, rectification_holds },
	{ "erasure", RIGHT_ERASURE, erasure_holds },
	{ "restriction", RIGHT_RESTRICTION, restriction_holds },
	{ "objection", RIGHT_OBJECTION, objection_holds },
};

static const struct right_row *
right_find(struct str word)
{
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		if (str_eq(word, str_from_c(rows[i].word)))
			return &rows[i];
	}
	return NULL;
}

/* --- asking ----------------------------------------------------------------------------------
 */

/* Where the right is granted; empty where it is everybody's. */
static struct str
jurisdiction_with(const struct policy *policy, enum policy_right right)
{
	struct str found = STR_EMPTY;

	for (size_t i = 0; i < policy->jurisdiction_count; i++) {
		if ((policy->granted[i] & (unsigned)right) == 0)
			continue;
		if (str_eq(policy->jurisdictions[i], STR("default")))
			return STR_EMPTY;
		found = policy->jurisdictions[i];
	}
	return found;
}

/* Where rights are asked of the client, the request is passed on first, and what it
 * says is then carried out. */
static MUST_CHECK enum rc
fulfil(struct asking *asking, struct err *err)
{
	struct prove *prove = asking->prove;
	struct door door = office_door(prove->office, prove->tenant);
	struct desk_move move = { .request = asking->asked.id,
		                  .version = asking->asked.version,
		                  .step = STEP_PASS,
		                  .words = STR("a probe") };
	struct asked asked;

	if (prove->tenant->policy->rights_through_client) {
		TRY(desk_get(&door, prove->office, move.request, prove->arena, &asked, err));
		move.version = asked.version;
		if (asked.state == ASKED_RECEIVED || asked.state == ASKED_OPEN)
			TRY(desk_move(&door, prove->office, &move, err));
		TRY(desk_get(&door, prove->office, move.request, prove->arena, &asked, err));
		move.version = asked.version;
	}
	move.step = STEP_FULFIL;
	return desk_move(&door, prove->office, &move, err);
}

static MUST_CHECK enum rc
asking_begin(struct prove *prove, enum policy_right right, struct asking *asking,
             struct err *err)
{
	struct canary_wish wish = { .assurance = 2 };
	const struct policy_class *request =
	    policy_class_find(prove->tenant->policy, STR("request"));

	wish.role = request == NULL ? NULL : role_about(prove->tenant->policy, request);
	if (wish.role == NULL)
		return FAIL(err, RC_NOT_FOUND, "nobody can ask for a right");
	wish.jurisdiction = jurisdiction_with(prove->tenant->policy, right);
	TRY(canary_make(prove, &wish, &asking->canary, err));
	asking->actor = (struct actor){ .kind = ACTOR_PERSON,
		                        .id = asking->canary->person,
		                        .subject = asking->canary->person,
		                        .role = wish.role,
		                        .assurance = 2 };
	asking->door = (struct door){ prove->vault, prove->tenant, &asking->actor, STR("law") };
	asking->asked = (struct asked){ .subject = asking->canary->person,
		                        .right = right,
		                        .text = STR("a probe"),
		                        .channel = STR("page"),
		                        .maker = STR("self"),
		                        .identity = STR("signed in") };
	return desk_open(&asking->door, prove->office, &asking->asked, err);
}

static void
clock_check(struct asking *asking)
{
	int64_t most_us = (asking->prove->tenant->policy->answer_days + 1) * US_PER_DAY;

	if (asking->asked.due_us <= asking->asked.opened_us ||
	    asking->asked.due_us > asking->asked.opened_us + most_us + US_PER_HOUR)
		verdict_broken(asking->prove, asking->verdict,
		               "the request is due later than promised");
}

enum rc
rights_right(struct prove *prove, struct str rest, struct verdict *verdict, struct err *err)
{
	const struct right_row *row = right_find(rest);
	struct asking asking = { .prove = prove, .verdict = verdict };

	if (row == NULL)
		return FAIL(err, RC_NOT_FOUND, "there is no such right");
	TRY(asking_begin(prove, row->right, &asking, err));
	clock_check(&asking);
	TRY(fulfil(&asking, err));
	TRY(row->holds(&asking, err));
	verdict_kept(prove, verdict,
	             "a canary asked and got it; an answer is due within %d days",
	             prove->tenant->policy->answer_days);
	return RC_OK;
}
