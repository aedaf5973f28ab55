/*
 * The request desk.  Deadlines were computed beforehand with python 3.11's zoneinfo
 * and dateutil 2.9 (relativedelta): the earlier of the received day + 1 month and
 * + answer_days, to the last second of that local day; + 3 months for the European
 * extension; the first due day + 30 days for the American one.
 */
#include "desk_house.h"
#include "office/inside.h"

/* --- deadlines ------------------------------------------------------------------------- */

static const struct {
	const char *zone, *opened;
	int answer_days;
	const char *due, *due_eu, *due_us;
} due_table[] = {
	{ "Europe/Paris", "2026-01-31T10:00:00Z", 30, "2026-02-28T22:59:59Z",
	  "2026-04-30T21:59:59Z", "2026-03-30T21:59:59Z" },
	{ "Europe/Paris", "2028-01-31T10:00:00Z", 30, "2028-02-29T22:59:59Z",
	  "2028-04-30T21:59:59Z", "2028-03-30T21:59:59Z" },
	{ "Europe/Paris", "2026-01-30T23:30:00Z", 30, "2026-02-28T22:59:59Z",
	  "2026-04-30T21:59:59Z", "2026-03-30T21:59:59Z" },
	{ "Europe/Paris", "2026-03-01T00:30:00Z", 30, "2026-03-31T21:59:59Z",
	  "2026-06-01T21:59:59Z", "2026-04-30T21:59:59Z" },
	{ "Europe/Paris", "2026-10-01T12:00:00Z", 30, "2026-10-31T22:59:59Z",
	  "2027-01-01T22:59:59Z", "2026-11-30T22:59:59Z" },
	{ "Europe/Paris", "2026-02-10T12:00:00Z", 30, "2026-03-10T22:59:59Z",
	  "2026-05-10T21:59:59Z", "2026-04-09T21:59:59Z" },
	{ "America/New_York", "2026-10-15T03:30:00Z", 30, "2026-11-14T04:59:59Z",
	  "2027-01-15T04:59:59Z", "2026-12-14T04:59:59Z" },
	{ "America/New_York", "2026-02-20T12:00:00Z", 14, "2026-03-07T04:59:59Z",
	  "2026-05-21T03:59:59Z", "2026-04-06T03:59:59Z" },
	{ "Pacific/Auckland", "2026-08-31T11:59:59Z", 30, "2026-09-30T10:59:59Z",
	  "2026-11-30T10:59:59Z", "2026-10-30T10:59:59Z" },
	{ "Asia/Kolkata", "2026-12-31T20:00:00Z", 30, "2027-01-31T18:29:59Z",
	  "2027-04-01T18:29:59Z", "2027-03-02T18:29:59Z" },
	{ "Asia/Beirut", "2026-02-26T12:00:00Z", 30, "2026-03-26T21:59:59Z",
	  "2026-05-26T20:59:59Z", "2026-04-25T20:59:59Z" },
	{ "Africa/Cairo", "2026-03-24T12:00:00Z", 30, "2026-04-23T21:59:59Z",
	  "2026-06-24T20:59:59Z", "2026-05-23T20:59:59Z" },
};

static void
time_is(int64_t us, const char *expected)
{
	char text[TIME_TEXT_MAX];

	time_format(us, 0, text);
	assert_string_equal(text, expected);
}

static void
a_request_is_due_with_the_last_second_of_a_month_or_of_the_promised_days(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(due_table); i++) {
		struct policy policy = { .answer_days = due_table[i].answer_days };
		struct tenant tenant = { .zone = str_from_c(due_table[i].zone),
			                 .policy = &policy };
		struct asked asked = { 0 };
		struct err err;
		int64_t due_us;
		assert_int_equal(
		    time_parse(str_from_c(due_table[i].opened), &asked.opened_us, NULL, &err),
		    RC_OK);
		assert_int_equal(desk_due(&tenant, asked.opened_us, &asked.due_us, &err),
		                 RC_OK);
		time_is(asked.due_us, due_table[i].due);
		assert_int_equal(
		    desk_due_extended(&tenant, &asked, STR("default"), &due_us, &err), RC_OK);
		time_is(due_us, due_table[i].due_eu);
		assert_int_equal(desk_due_extended(&tenant, &asked, STR("us"), &due_us, &err),
		                 RC_OK);
		time_is(due_us, due_table[i].due_us);
	}
}

/* --- a desk with people around it --------------------------------------------------------- */

struct scene {
	struct house *house;
	struct somebody ana, ben, support, auditor;
};

static void
scene_set(struct scene *scene, void **state)
{
	scene->house = *state;
	house_somebody(scene->house, &scene->ana, "ana@example.org", "member");
	house_somebody(scene->house, &scene->ben, "ben@example.org", "member");
	house_somebody(scene->house, &scene->support, "sol@example.org", "support");
	house_somebody(scene->house, &scene->auditor, "aud@example.org", "auditor");
}

static struct asked
ask_for(struct scene *scene, struct somebody *who, enum policy_right right)
{
	struct asked asked = { .subject = who->person.id, .right = right };

	RC_IS(scene->house,
	      desk_open(&who->door, scene->house->office, &asked, &scene->house->err), RC_OK);
	return asked;
}

static enum rc
step(struct scene *scene, struct somebody *who, const struct asked *asked,
     const struct desk_move *what)
{
	struct desk_move move = *what;

	move.request = asked->id;
	move.version = move.version == 0 ? asked->version : move.version;
	return desk_move(&who->door, scene->house->office, &move, &scene->house->err);
}

static struct asked
look_at(struct scene *scene, struct somebody *who, const struct asked *asked)
{
	struct asked read = { 0 };

	RC_IS(scene->house,
	      desk_get(&who->door, scene->house->office, asked->id, &scene->house->arena, &read,
	               &scene->house->err),
	      RC_OK);
	return read;
}

static void
str_is(struct str text, const char *expected)
{
	if (!str_eq(text, str_from_c(expected)))
		fail_msg("\"%.*s\" is not \"%s\"", STR_ARGS(text), expected);
}

static void
a_person_asks_and_staff_answer(void **state)
{
	struct scene scene;
	struct asked asked, read;

	scene_set(&scene, state);
	asked = ask_for(&scene, &scene.ana, RIGHT_ACCESS);
	assert_int_equal(asked.state, ASKED_OPEN);
	str_is(asked.maker, "self");
	assert_int_equal(house_mails(scene.house, "ana@example.org", "We have your request"),
	                 1);
	RC_IS(scene.house,
	      step(&scene, &scene.support, &asked, &(struct desk_move){ .step = STEP_FULFIL }),
	      RC_OK);
	read = look_at(&scene, &scene.ana, &asked);
	assert_int_equal(read.state, ASKED_ANSWERED);
	assert_int_equal(read.version, 2);
	assert_true(read.closed_us >= read.opened_us);
	assert_int_equal(
	    house_mails(scene.house, "ana@example.org", "Your request is answered"), 1);
	assert_int_equal(house_entries(scene.house, "request-opened", "ok"), 1);
	assert_int_equal(house_entries(scene.house, "request-fulfilled", "ok"), 1);
	RC_IS(scene.house,
	      step(&scene, &scene.support, &read, &(struct desk_move){ .step = STEP_FULFIL }),
	      RC_PRECONDITION);
}

static void
nobody_asks_for_a_stranger_or_sees_their_request(void **state)
{
	struct scene scene;
	struct asked asked, strange, read;
	struct asked_query all = { .limit = 10 };
	struct asked_list list;

	scene_set(&scene, state);
	asked = ask_for(&scene, &scene.ana, RIGHT_ACCESS);
	strange = (struct asked){ .subject = scene.ana.person.id,
		                  .right = RIGHT_ERASURE,
		                  .channel = STR("page"),
		                  .maker = STR("self") };
	RC_IS(scene.house,
	      desk_open(&scene.ben.door, scene.house->office, &strange, &scene.house->err),
	      RC_DENIED);
	RC_IS(scene.house,
	      desk_get(&scene.ben.door, scene.house->office, asked.id, &scene.house->arena,
	               &read, &scene.house->err),
	      RC_DENIED);
	RC_IS(scene.house,
	      desk_get(&scene.auditor.door, scene.house->office, asked.id, &scene.house->arena,
	               &read, &scene.house->err),
	      RC_DENIED);
	RC_IS(scene.house,
	      desk_list(&scene.ben.door, scene.house->office, &all, &scene.house->arena, &list,
	                &scene.house->err),
	      RC_DENIED);
	RC_IS(scene.house,
	      step(&scene, &scene.ben, &asked, &(struct desk_move){ .step = STEP_WITHDRAW }),
	      RC_DENIED);
	/* The person itself takes no step of staff. */
	RC_IS(scene.house,
	      step(&scene, &scene.ana, &asked, &(struct desk_move){ .step = STEP_FULFIL }),
	      RC_DENIED);
	assert_true(house_entries(scene.house, "request", "role") >= 3);
}

static void
what_another_makes_waits_for_identity_and_authority(void **state)
{
	struct scene scene;
	struct asked asked;
	struct desk_move fulfil = { .step = STEP_FULFIL };

	scene_set(&scene, state);
	asked = (struct asked){ .subject = scene.ana.person.id,
		                .right = RIGHT_ACCESS,
		                .channel = STR("letter"),
		                .maker = STR("agent") };
	RC_IS(scene.house,
	      desk_open(&scene.support.door, scene.house->office, &asked, &scene.house->err),
	      RC_INVALID);
	asked.authority = STR("power of attorney of 3 March");
	RC_IS(scene.house,
	      desk_open(&scene.support.door, scene.house->office, &asked, &scene.house->err),
	      RC_OK);
	assert_int_equal(asked.state, ASKED_IDENTITY);
	RC_IS(scene.house, step(&scene, &scene.support, &asked, &fulfil), RC_PRECONDITION);
	RC_IS(
	    scene.house,
	    step(&scene, &scene.support, &asked, &(struct desk_move){ .step = STEP_IDENTIFY }),
	    RC_INVALID);
	RC_IS(scene.house,
	      step(&scene, &scene.support, &asked,
	           &(struct desk_move){ .step = STEP_IDENTIFY, .words = STR("passport seen") }),
	      RC_OK);
	asked = look_at(&scene, &scene.support, &asked);
	assert_int_equal(asked.state, ASKED_OPEN);
	RC_IS(scene.house, step(&scene, &scene.support, &asked, &fulfil), RC_OK);
}

static void
a_request_is_extended_once_and_with_a_reason(void **state)
{
	struct scene scene;
	struct asked asked;
	struct desk_move extend = { .step = STEP_EXTEND, .words = STR("four archives") };
	int64_t due_us;

	scene_set(&scene, state);
	asked = ask_for(&scene, &scene.ana, RIGHT_ACCESS);
	due_us = asked.due_us;
	RC_IS(scene.house,
	      step(&scene, &scene.support, &asked, &(struct desk_move){ .step = STEP_EXTEND }),
	      RC_INVALID);
	RC_IS(scene.house, step(&scene, &scene.support, &asked, &extend), RC_OK);
	asked = look_at(&scene, &scene.ana, &asked);
	assert_true(asked.due_us > due_us + 55 * US_PER_DAY);
	str_is(asked.extension_reason, "four archives");
	RC_IS(scene.house, step(&scene, &scene.support, &asked, &extend), RC_CONFLICT);
}

static void
a_late_request_is_not_extended(void **state)
{
	struct scene scene;
	struct asked asked;

	scene_set(&scene, state);
	asked = ask_for(&scene, &scene.ana, RIGHT_ACCESS);
	scene.house->clock.offset_us += 40 * US_PER_DAY;
	RC_IS(scene.house,
	      step(&scene, &scene.support, &asked,
	           &(struct desk_move){ .step = STEP_EXTEND, .words = STR("busy") }),
	      RC_PRECONDITION);
}

static void
a_refusal_has_a_reason_of_the_table_and_words(void **state)
{
	struct scene scene;
	struct asked asked;

	scene_set(&scene, state);
	asked = ask_for(&scene, &scene.ana, RIGHT_RECTIFICATION);
	RC_IS(scene.house,
	      step(&scene, &scene.support, &asked,
	           &(struct desk_move){
		       .step = STEP_REFUSE, .code = STR("no-time"), .words = STR("sorry") }),
	      RC_INVALID);
	RC_IS(scene.house,
	      step(&scene, &scene.support, &asked,
	           &(struct desk_move){ .step = STEP_REFUSE, .code = STR("law") }),
	      RC_INVALID);
	RC_IS(scene.house,
	      step(&scene, &scene.support, &asked,
	           &(struct desk_move){ .step = STEP_REFUSE,
	                                .code = STR("law"),
	                                .words = STR("an invoice stays as it is") }),
	      RC_OK);
	asked = look_at(&scene, &scene.ana, &asked);
	assert_int_equal(asked.state, ASKED_REFUSED);
	str_is(asked.refusal, "law");
	assert_int_equal(house_mails(scene.house, "ana@example.org", "Your request is refused"),
	                 1);
}

static void
a_step_on_an_older_version_is_refused(void **state)
{
	struct scene scene;
	struct asked asked;

	scene_set(&scene, state);
	asked = ask_for(&scene, &scene.ana, RIGHT_ACCESS);
	RC_IS(scene.house,
	      step(&scene, &scene.support, &asked,
	           &(struct desk_move){ .step = STEP_FULFIL, .version = 7 }),
	      RC_CONFLICT);
	RC_IS(scene.house,
	      step(&scene, &scene.support, &asked, &(struct desk_move){ .step = 9 }),
	      RC_INVALID);
}

/* Steps in the order of enum desk_step, of what came by letter to a controller; from a
 * closed one there is no step. */
static const enum rc from_identity[] = { RC_OK, RC_OK,           RC_PRECONDITION,
	                                 RC_OK, RC_PRECONDITION, RC_OK };
static const enum rc from_open[] = { RC_PRECONDITION, RC_OK, RC_INVALID, RC_OK, RC_OK, RC_OK };
static const enum asked_state states[] = { ASKED_IDENTITY, ASKED_OPEN, ASKED_ANSWERED,
	                                   ASKED_REFUSED, ASKED_WITHDRAWN };

static enum rc
answer_to(enum asked_state from, int step)
{
	if (from == ASKED_IDENTITY)
		return from_identity[step - STEP_IDENTIFY];
	return from == ASKED_OPEN ? from_open[step - STEP_IDENTIFY] : RC_PRECONDITION;
}

static struct asked
letter_in(struct scene *scene, enum asked_state state)
{
	struct asked asked = { .subject = scene->ana.person.id,
		               .right = RIGHT_ACCESS,
		               .channel = STR("letter"),
		               .maker = STR("self") };
	struct desk_move move = { .words = STR("as it was") };

	if (state != ASKED_IDENTITY)
		asked.identity = STR("passport seen");
	RC_IS(scene->house,
	      desk_open(&scene->support.door, scene->house->office, &asked, &scene->house->err),
	      RC_OK);
	if (state == ASKED_IDENTITY || state == ASKED_OPEN)
		return asked;
	move.step = state == ASKED_ANSWERED ? STEP_FULFIL : STEP_WITHDRAW;
	if (state == ASKED_REFUSED)
		move = (struct desk_move){ .step = STEP_REFUSE,
			                   .code = STR("law"),
			                   .words = move.words };
	RC_IS(scene->house, step(scene, &scene->support, &asked, &move), RC_OK);
	return look_at(scene, &scene->support, &asked);
}

static void
each_step_is_taken_from_its_states_and_from_no_other(void **state)
{
	struct scene scene;

	scene_set(&scene, state);
	for (size_t i = 0; i < COUNT_OF(states); i++) {
		for (int which = STEP_IDENTIFY; which <= STEP_WITHDRAW; which++) {
			struct asked asked = letter_in(&scene, states[i]);
			struct desk_move move = { .step = (enum desk_step)which,
				                  .code = STR("law"),
				                  .words = STR("as it is") };
			assert_int_equal(asked.state, states[i]);
			RC_IS(scene.house, step(&scene, &scene.support, &asked, &move),
			      answer_to(states[i], which));
			asked = look_at(&scene, &scene.support, &asked);
			if (asked_is_open(&asked))
				RC_IS(scene.house,
				      step(&scene, &scene.support, &asked,
				           &(struct desk_move){ .step = STEP_WITHDRAW }),
				      RC_OK);
		}
	}
}

static void
a_controller_passes_nothing_on(void **state)
{
	struct scene scene;
	struct asked asked;

	scene_set(&scene, state);
	asked = ask_for(&scene, &scene.ana, RIGHT_ACCESS);
	RC_IS(
	    scene.house,
	    step(&scene, &scene.support, &asked,
	         &(struct desk_move){ .step = STEP_PASS, .words = STR("dpo@client.example") }),
	    RC_INVALID);
}

static void
the_same_is_asked_once_while_it_is_open(void **state)
{
	struct scene scene;
	struct asked asked, again;

	scene_set(&scene, state);
	asked = ask_for(&scene, &scene.ana, RIGHT_ACCESS);
	again = (struct asked){ .subject = scene.ana.person.id, .right = RIGHT_ACCESS };
	RC_IS(scene.house,
	      desk_open(&scene.ana.door, scene.house->office, &again, &scene.house->err),
	      RC_CONFLICT);
	RC_IS(scene.house,
	      step(&scene, &scene.ana, &asked, &(struct desk_move){ .step = STEP_WITHDRAW }),
	      RC_OK);
	(void)ask_for(&scene, &scene.ana, RIGHT_ACCESS);
}

static struct asked_list
list_of(struct scene *scene, bool only_open)
{
	struct asked_query query = { .only_open = only_open, .limit = LIMIT_PAGE_ROWS };
	struct asked_list list = { 0 };

	RC_IS(scene->house,
	      desk_list(&scene->support.door, scene->house->office, &query,
	                &scene->house->arena, &list, &scene->house->err),
	      RC_OK);
	return list;
}

/* The same right over the same kinds, said in another way each time. */
static enum rc
ask_again(struct scene *scene, size_t times)
{
	struct asked asked = { .subject = scene->ana.person.id, .right = RIGHT_ERASURE };

	for (size_t i = 0; i < times; i++)
		asked.classes =
		    str_printf(&scene->house->arena, "%.*s health", STR_ARGS(asked.classes));
	return desk_open(&scene->ana.door, scene->house->office, &asked, &scene->house->err);
}

static void
what_one_person_has_open_is_bounded(void **state)
{
	struct scene scene;

	scene_set(&scene, state);
	for (size_t i = 0; i < DESK_OPEN_OF_ONE; i++)
		RC_IS(scene.house, ask_again(&scene, i + 1), RC_OK);
	RC_IS(scene.house, ask_again(&scene, DESK_OPEN_OF_ONE + 1), RC_LIMIT);
	/* Staff may still enter what came on paper, and see all of it. */
	RC_IS(scene.house,
	      desk_open(&scene.support.door, scene.house->office,
	                &(struct asked){ .subject = scene.ana.person.id,
	                                 .right = RIGHT_ACCESS,
	                                 .channel = STR("letter"),
	                                 .maker = STR("self") },
	                &scene.house->err),
	      RC_OK);
	assert_int_equal(list_of(&scene, true).count, DESK_OPEN_OF_ONE + 1);
}

static void
who_asks_and_withdraws_again_and_again_is_stopped_for_the_day(void **state)
{
	struct scene scene;
	struct asked again = { .right = RIGHT_ACCESS };

	scene_set(&scene, state);
	/* Windows begin with the day: not at the end of one. */
	scene.house->clock.offset_us +=
	    US_PER_DAY - office_now_us(scene.house->office) % US_PER_DAY;
	for (int i = 0; i < DESK_ASKED_A_DAY; i++) {
		struct asked asked = ask_for(&scene, &scene.ana, RIGHT_ACCESS);
		RC_IS(scene.house,
		      step(&scene, &scene.ana, &asked,
		           &(struct desk_move){ .step = STEP_WITHDRAW }),
		      RC_OK);
	}
	again.subject = scene.ana.person.id;
	RC_IS(scene.house,
	      desk_open(&scene.ana.door, scene.house->office, &again, &scene.house->err),
	      RC_RATE);
	(void)ask_for(&scene, &scene.ben, RIGHT_ACCESS);
}

static void
what_a_restricted_person_asked_is_in_every_list_of_staff(void **state)
{
	struct scene scene;
	struct asked closed, open;
	struct asked_list list;

	scene_set(&scene, state);
	closed = ask_for(&scene, &scene.ana, RIGHT_RESTRICTION);
	open = ask_for(&scene, &scene.ana, RIGHT_ACCESS);
	RC_IS(scene.house,
	      step(&scene, &scene.support, &closed, &(struct desk_move){ .step = STEP_FULFIL }),
	      RC_OK);
	list = list_of(&scene, false);
	assert_int_equal(list.count, 2);
	list = list_of(&scene, true);
	assert_int_equal(list.count, 1);
	assert_true(id_eq(list.items[0].id, open.id));
}

static void
a_request_covers_only_what_the_right_covers(void **state)
{
	struct scene scene;
	struct asked asked;

	scene_set(&scene, state);
	asked = (struct asked){ .subject = scene.ana.person.id,
		                .right = RIGHT_ERASURE,
		                .classes = STR("health nothing") };
	RC_IS(scene.house,
	      desk_open(&scene.ana.door, scene.house->office, &asked, &scene.house->err),
	      RC_INVALID);
	asked.right = RIGHT_OBJECTION; /* to what people cannot object to */
	asked.classes = STR("security");
	RC_IS(scene.house,
	      desk_open(&scene.ana.door, scene.house->office, &asked, &scene.house->err),
	      RC_INVALID);
	asked.right = 3;
	asked.classes = STR_EMPTY;
	RC_IS(scene.house,
	      desk_open(&scene.ana.door, scene.house->office, &asked, &scene.house->err),
	      RC_INVALID);
}

static void
rights_follow_the_jurisdiction_of_the_account(void **state)
{
	struct scene scene;
	struct rights rights;
	struct door door;
	struct person person;

	scene_set(&scene, state);
	RC_IS(scene.house,
	      desk_rights(&scene.ana.door, scene.house->office, scene.ana.person.id, &rights,
	                  &scene.house->err),
	      RC_OK);
	assert_int_equal(rights.granted, 63);
	door = (struct door){ scene.house->vault, scene.house->tenant, &house_system,
		              STR("security") };
	RC_IS(scene.house,
	      people_get(&door, scene.house->people, scene.ana.person.id, &scene.house->arena,
	                 &person, &scene.house->err),
	      RC_OK);
	person.extra = STR("{\"jurisdiction\":\"us\"}");
	RC_IS(scene.house,
	      people_change(&door, scene.house->people, &person, &scene.house->err), RC_OK);
	RC_IS(scene.house,
	      desk_rights(&scene.ana.door, scene.house->office, scene.ana.person.id, &rights,
	                  &scene.house->err),
	      RC_OK);
	assert_int_equal(rights.granted & RIGHT_OBJECTION, 0);
	assert_int_equal(rights.granted & RIGHT_ACCESS, RIGHT_ACCESS);
	RC_IS(scene.house,
	      desk_rights(&scene.ben.door, scene.house->office, scene.ana.person.id, &rights,
	                  &scene.house->err),
	      RC_DENIED);
}

static void
a_field_of_the_account_is_corrected_at_once(void **state)
{
	struct scene scene;
	struct asked asked;
	struct vault_records versions;

	scene_set(&scene, state);
	asked = ask_for(&scene, &scene.ana, RIGHT_RECTIFICATION);
	RC_IS(scene.house,
	      step(&scene, &scene.support, &asked,
	           &(struct desk_move){
		       .step = STEP_FULFIL, .code = STR("role"), .words = STR("admin") }),
	      RC_INVALID);
	RC_IS(scene.house,
	      step(&scene, &scene.support, &asked,
	           &(struct desk_move){
		       .step = STEP_FULFIL, .code = STR("name"), .words = STR("Anna Lima") }),
	      RC_OK);
	asked = look_at(&scene, &scene.ana, &asked);
	str_is(asked.answer, "Your data have been corrected.\n"
	                     "name: “Ana Lima” → “Anna Lima”");
	RC_IS(scene.house,
	      desk_account(&scene.support.door, scene.house->office, scene.ana.person.id,
	                   &scene.house->arena, &versions, &scene.house->err),
	      RC_OK);
	assert_int_equal(versions.count, 2);
}

static bool
is_mailed(struct house *house, const char *to, const char *words)
{
	struct message *messages;
	size_t count = 0;
	bool is_it = false;

	RC_IS(house,
	      notice_inbox(house->notice, house->tenant, &house->arena, &messages, &count,
	                   &house->err),
	      RC_OK);
	for (size_t i = 0; i < count; i++)
		is_it = is_it || (str_eq(messages[i].to, str_from_c(to)) &&
		                  memmem(messages[i].text.ptr, messages[i].text.len, words,
		                         strlen(words)) != NULL);
	return is_it;
}

static void
mail_says_where_an_answer_stands_and_not_what_it_is(void **state)
{
	struct scene scene;
	struct asked asked;

	scene_set(&scene, state);
	office_reached_at(scene.house->office, "https://localhost:8443");
	asked = ask_for(&scene, &scene.ana, RIGHT_RECTIFICATION);
	RC_IS(scene.house,
	      step(&scene, &scene.support, &asked,
	           &(struct desk_move){
		       .step = STEP_FULFIL, .code = STR("name"), .words = STR("Anna Lima") }),
	      RC_OK);
	assert_false(is_mailed(scene.house, "ana@example.org", "Anna Lima"));
	assert_true(is_mailed(scene.house, "ana@example.org",
	                      "https://localhost:8443/measure/me/requests"));
}

static void
an_erasure_says_what_goes_and_what_a_law_keeps(void **state)
{
	struct scene scene;
	struct asked asked;
	struct erasing_plan plan;
	bool has_health = false, has_measurement = false;

	scene_set(&scene, state);
	asked = ask_for(&scene, &scene.ana, RIGHT_ERASURE);
	RC_IS(scene.house,
	      desk_erasing(&scene.support.door, &asked, &scene.house->arena, &plan,
	                   &scene.house->err),
	      RC_OK);
	for (size_t i = 0; i < plan.count; i++) {
		const struct policy_class *class = plan.lines[i].class;
		if (str_eq(class->name, STR("health"))) {
			has_health = true;
			assert_false(plan.lines[i].is_kept);
		}
		if (str_eq(class->name, STR("measurement"))) {
			has_measurement = true;
			assert_true(plan.lines[i].is_kept);
		}
		assert_false(str_eq(class->name, STR("audit")));
		assert_false(str_eq(class->name, STR("staff")));
	}
	assert_true(has_health && has_measurement);
}

static void
an_erasure_ends_sign_in_and_leaves_the_request_and_its_certificate(void **state)
{
	struct scene scene;
	struct asked asked;
	struct id certificate = { { 0 } };

	scene_set(&scene, state);
	asked = ask_for(&scene, &scene.ana, RIGHT_ERASURE);
	RC_IS(scene.house,
	      step(&scene, &scene.support, &asked, &(struct desk_move){ .step = STEP_FULFIL }),
	      RC_OK);
	asked = look_at(&scene, &scene.support, &asked);
	assert_int_equal(asked.state, ASKED_ANSWERED);
	RC_IS(scene.house,
	      desk_certificate(&scene.support.door, scene.house->office, &asked,
	                       &scene.house->arena, &certificate, &scene.house->err),
	      RC_OK);
	assert_false(id_is_zero(certificate));
	assert_int_equal(
	    house_mails(scene.house, "ana@example.org", "Your data are being erased"), 1);
}

static void
tick(struct scene *scene)
{
	RC_IS(scene->house,
	      desk_tick(scene->house->office, scene->house->tenant, INT64_MAX,
	                &scene->house->err),
	      RC_OK);
}

static void
staff_are_reminded_once_at_seven_and_two_days(void **state)
{
	struct scene scene;
	const char *subject = "A request is due soon";

	scene_set(&scene, state);
	(void)ask_for(&scene, &scene.ana, RIGHT_ACCESS);
	tick(&scene);
	assert_int_equal(house_mails(scene.house, "sol@example.org", subject), 0);
	scene.house->clock.offset_us += 24 * US_PER_DAY;
	for (int i = 0; i < 3; i++)
		tick(&scene);
	assert_int_equal(house_mails(scene.house, "sol@example.org", subject), 1);
	scene.house->clock.offset_us += 5 * US_PER_DAY;
	for (int i = 0; i < 3; i++)
		tick(&scene);
	assert_int_equal(house_mails(scene.house, "sol@example.org", subject), 2);
	/* Whoever does not handle requests hears nothing. */
	assert_int_equal(house_mails(scene.house, "aud@example.org", subject), 0);
}

static void
staff_who_read_french_are_reminded_in_french(void **state)
{
	struct scene scene;
	struct door door;

	scene_set(&scene, state);
	door = (struct door){ scene.house->vault, scene.house->tenant, &house_system,
		              STR("security") };
	scene.support.person.language = STR("fr");
	RC_IS(
	    scene.house,
	    people_change(&door, scene.house->people, &scene.support.person, &scene.house->err),
	    RC_OK);
	(void)ask_for(&scene, &scene.ana, RIGHT_ACCESS);
	scene.house->clock.offset_us += 24 * US_PER_DAY;
	tick(&scene);
	assert_int_equal(
	    house_mails(scene.house, "sol@example.org", "Une demande arrive à échéance"), 1);
}

static void
a_closed_request_reminds_nobody(void **state)
{
	struct scene scene;
	struct asked asked;

	scene_set(&scene, state);
	asked = ask_for(&scene, &scene.ana, RIGHT_ACCESS);
	RC_IS(scene.house,
	      step(&scene, &scene.ana, &asked, &(struct desk_move){ .step = STEP_WITHDRAW }),
	      RC_OK);
	scene.house->clock.offset_us += 35 * US_PER_DAY;
	tick(&scene);
	assert_int_equal(house_mails(scene.house, "sol@example.org", "A request is late"), 0);
}

static void
a_late_request_raises_an_alert_once(void **state)
{
	struct scene scene;

	scene_set(&scene, state);
	(void)ask_for(&scene, &scene.ana, RIGHT_ACCESS);
	scene.house->clock.offset_us += 35 * US_PER_DAY;
	for (int i = 0; i < 2; i++)
		tick(&scene);
	assert_int_equal(house_mails(scene.house, "sol@example.org", "A request is late"), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_request_is_due_with_the_last_second_of_a_month_or_of_the_promised_days),
		HOUSE_TEST(a_person_asks_and_staff_answer),
		HOUSE_TEST(nobody_asks_for_a_stranger_or_sees_their_request),
		HOUSE_TEST(what_another_makes_waits_for_identity_and_authority),
		HOUSE_TEST(a_request_is_extended_once_and_with_a_reason),
		HOUSE_TEST(a_late_request_is_not_extended),
		HOUSE_TEST(a_refusal_has_a_reason_of_the_table_and_words),
		HOUSE_TEST(a_step_on_an_older_version_is_refused),
		HOUSE_TEST(each_step_is_taken_from_its_states_and_from_no_other),
		HOUSE_TEST(a_controller_passes_nothing_on),
		HOUSE_TEST(the_same_is_asked_once_while_it_is_open),
		HOUSE_TEST(what_one_person_has_open_is_bounded),
		HOUSE_TEST(who_asks_and_withdraws_again_and_again_is_stopped_for_the_day),
		HOUSE_TEST(what_a_restricted_person_asked_is_in_every_list_of_staff),
		HOUSE_TEST(a_request_covers_only_what_the_right_covers),
		HOUSE_TEST(rights_follow_the_jurisdiction_of_the_account),
		HOUSE_TEST(a_field_of_the_account_is_corrected_at_once),
		HOUSE_TEST(mail_says_where_an_answer_stands_and_not_what_it_is),
		HOUSE_TEST(an_erasure_says_what_goes_and_what_a_law_keeps),
		HOUSE_TEST(an_erasure_ends_sign_in_and_leaves_the_request_and_its_certificate),
		HOUSE_TEST(staff_are_reminded_once_at_seven_and_two_days),
		HOUSE_TEST(staff_who_read_french_are_reminded_in_french),
		HOUSE_TEST(a_closed_request_reminds_nobody),
		HOUSE_TEST(a_late_request_raises_an_alert_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
