/*
 * The steps of a request, as a table: from which states, by whom, and what each
 * needs.  A step writes the next version of the record, leaves its entry, and is
 * told to the person.
 */
#include "office/desk_inside.h"

#define FROM(state) (1u << (state))
#define FROM_ANY_OPEN                                                                          \
	(FROM(ASKED_RECEIVED) | FROM(ASKED_IDENTITY) | FROM(ASKED_OPEN) | FROM(ASKED_PASSED))

struct stepping {
	const struct door *door;
	struct office *office;
	const struct desk_move *move;
	struct asked asked; /* as it will be */
	struct arena *arena;
	enum desk_news news;
	struct str words; /* for the person */
};

static MUST_CHECK enum rc
words_need(const struct stepping *step, const char *what, struct err *err)
{
	if (str_trim(step->move->words).len == 0)
		return FAIL(err, RC_INVALID, "words: %s", what);
	if (step->move->words.len > DESK_TEXT_BYTES || !str_is_utf8(step->move->words))
		return FAIL(err, RC_INVALID, "words: text of at most %d bytes",
		            DESK_TEXT_BYTES);
	return RC_OK;
}

static enum rc
identify(struct stepping *step, struct err *err)
{
	bool is_client_s = step->door->tenant->policy->rights_through_client;

	TRY(words_need(step, "how identity or authority was shown", err));
	step->asked.identity = step->move->words;
	step->asked.state = is_client_s ? ASKED_RECEIVED : ASKED_OPEN;
	step->news = NEWS_OPEN;
	return RC_OK;
}

/* GDPR Art. 12(3): within the first period, once, with the reason. */
static enum rc
extend(struct stepping *step, struct err *err)
{
	struct str jurisdiction = STR("default");
	struct person person;
	enum rc rc;

	TRY(words_need(step, "the reason", err));
	if (step->asked.extended_us != 0)
		return FAIL(err, RC_CONFLICT, "it has been extended once already");
	if (office_now_us(step->office) > step->asked.due_us)
		return FAIL(err, RC_PRECONDITION, "it is late: too late to extend it");
	rc = desk_person(step->door, step->office, step->asked.subject, step->arena, &person,
	                 err);
	if (rc == RC_OK)
		jurisdiction = desk_jurisdiction(&person, step->arena);
	else if (rc != RC_NOT_FOUND)
		return rc;
	TRY(desk_due_extended(step->door->tenant, &step->asked, jurisdiction,
	                      &step->asked.due_us, err));
	step->asked.extended_us = office_now_us(step->office);
	step->asked.extension_reason = step->move->words;
	step->news = NEWS_EXTENDED;
	step->words = step->move->words;
	return RC_OK;
}

/* A processor assists: the client answers (GDPR Art. 28(3)(e)). */
static enum rc
pass(struct stepping *step, struct err *err)
{
	if (!step->door->tenant->policy->rights_through_client)
		return FAIL(err, RC_INVALID, "there is no client: you answer yourselves");
	TRY(words_need(step, "to whom: the client's contact", err));
	step->asked.passed_to = step->move->words;
	step->asked.state = ASKED_PASSED;
	step->news = NEWS_PASSED;
	step->words = step->move->words;
	return RC_OK;
}

static enum rc
refuse(struct stepping *step, struct err *err)
{
	const struct refusal_reason *reason = NULL;
	struct str more = str_trim(step->move->words);

	for (size_t i = 0; i < refusal_reason_count; i++) {
		if (str_eq(str_from_c(refusal_reasons[i].code), step->move->code))
			reason = &refusal_reasons[i];
	}
	if (reason == NULL)
		return FAIL(err, RC_INVALID, "code: none of the reasons there are");
	TRY(words_need(step, "why, in words for the person", err));
	step->asked.refusal = step->move->code;
	step->asked.answer = str_printf(step->arena, "%.*s\n%s (%s)", STR_ARGS(more),
	                                reason->says, reason->source);
	step->asked.state = ASKED_REFUSED;
	step->asked.closed_us = office_now_us(step->office);
	step->news = NEWS_REFUSED;
	step->words = step->asked.answer;
	return RC_OK;
}

static enum rc
withdraw(struct stepping *step, struct err *err)
{
	bool is_entered = !str_eq(step->asked.channel, STR("page"));

	if (!desk_is_own(step->door, step->asked.subject) && !is_entered)
		return FAIL(err, RC_DENIED, "the person withdraws what it asked for itself");
	step->asked.state = ASKED_WITHDRAWN;
	step->asked.closed_us = office_now_us(step->office);
	step->news = NEWS_WITHDRAWN;
	return RC_OK;
}

static const struct {
	unsigned from;
	bool is_staff_s;
	enum rc (*take)(struct stepping *step, struct err *err); /* NULL: desk_fulfil() */
	const char *act;
} steps[] = {
	[STEP_IDENTIFY] = { FROM(ASKED_RECEIVED) | FROM(ASKED_IDENTITY), true, identify,
	                    "request-identified" },
	[STEP_EXTEND] = { FROM_ANY_OPEN, true, extend, "request-extended" },
	[STEP_PASS] = { FROM(ASKED_RECEIVED) | FROM(ASKED_OPEN), true, pass, "request-passed" },
	[STEP_REFUSE] = { FROM_ANY_OPEN, true, refuse, "request-refused" },
	[STEP_FULFIL] = { FROM(ASKED_OPEN) | FROM(ASKED_PASSED), true, NULL,
	                  "request-fulfilled" },
	[STEP_WITHDRAW] = { FROM_ANY_OPEN, false, withdraw, "request-withdrawn" },
};

static MUST_CHECK enum rc
step_check(const struct stepping *step, struct err *err)
{
	const struct asked *asked = &step->asked;
	enum desk_step which = step->move->step;

	if ((steps[which].from & FROM(asked->state)) == 0)
		return FAIL(err, RC_PRECONDITION, "step: not from the state that it is in");
	if (which != STEP_FULFIL)
		return RC_OK;
	if (asked->identity.len == 0)
		return FAIL(err, RC_PRECONDITION, "identity: it must be shown first");
	return RC_OK;
}

static MUST_CHECK enum rc
step_take(struct stepping *step, struct err *err)
{
	TRY(steps[step->move->step].take(step, err));
	TRY(asked_put(step->door, &step->asked, err));
	TRY(desk_watch(step->office, step->door->tenant, &step->asked, err));
	return desk_tell(step->office, step->door->tenant, &step->asked, step->news,
	                 step->words, err);
}

static MUST_CHECK enum rc
step_note(const struct stepping *step, const char *outcome, struct err *err)
{
	struct vault_act act = { .act = str_from_c(steps[step->move->step].act),
		                 .outcome = str_from_c(outcome),
		                 .subject = step->asked.subject,
		                 .count = 1 };
	struct subject_row row = { .tenant = step->door->tenant->id,
		                   .id = step->asked.subject };

	TRY(vault_subject_find(step->door->vault, &row, err));
	if ((row.flags & SUBJECT_ERASED) != 0) /* nobody's any more */
		act.subject = (struct id){ { 0 } };
	return vault_note(step->door, &act, NULL, err);
}

enum rc
desk_move(const struct door *door, struct office *office, const struct desk_move *move,
          struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct desk_door own;
	struct stepping step = { &own.door, office, move, { 0 }, &arena, 0, STR_EMPTY };

	arena_init(&arena, OFFICE_ARENA_BYTES);
	desk_door(&own, door);
	if (move->step < STEP_IDENTIFY || move->step > STEP_WITHDRAW)
		return FAIL(err, RC_INVALID, "step: none of those there are");
	TRY(desk_get(door, office, move->request, &arena, &step.asked, err));
	if (steps[move->step].is_staff_s)
		TRY(desk_allow_staff(&own.door, step.asked.subject, err));
	if (step.asked.version != move->version)
		return FAIL(err, RC_CONFLICT, "somebody else has taken a step meanwhile");
	TRY(step_check(&step, err));
	if (move->step == STEP_FULFIL)
		TRY(desk_fulfil(&own.door, office, move, &step.asked, err));
	else
		TRY(step_take(&step, err));
	return step_note(&step, "ok", err);
}
