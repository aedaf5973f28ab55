#include "office/desk.h"

#include "office/inside.h"

enum rc
desk_rights(const struct door *door, struct office *office, struct id subject,
            struct rights *rights, struct err *err)
{
	(void)door;
	(void)office;
	(void)subject;
	(void)rights;
	return FAIL(err, RC_METHOD, "not there yet");
}

enum rc
desk_open(const struct door *door, struct office *office, struct asked *asked, struct err *err)
{
	(void)door;
	(void)office;
	(void)asked;
	return FAIL(err, RC_METHOD, "not there yet");
}

enum rc
desk_get(const struct door *door, struct office *office, struct id id, struct arena *arena,
         struct asked *asked, struct err *err)
{
	(void)door;
	(void)office;
	(void)id;
	(void)arena;
	(void)asked;
	return FAIL(err, RC_METHOD, "not there yet");
}

enum rc
desk_list(const struct door *door, struct office *office, const struct asked_query *query,
          struct arena *arena, struct asked_list *list, struct err *err)
{
	(void)door;
	(void)office;
	(void)query;
	(void)arena;
	(void)list;
	return FAIL(err, RC_METHOD, "not there yet");
}

enum rc
desk_move(const struct door *door, struct office *office, const struct desk_move *move,
          struct err *err)
{
	(void)door;
	(void)office;
	(void)move;
	return FAIL(err, RC_METHOD, "not there yet");
}

enum rc
desk_due(const struct tenant *tenant, int64_t opened_us, int64_t *due_us, struct err *err)
{
	(void)tenant;
	(void)opened_us;
	(void)due_us;
	return FAIL(err, RC_METHOD, "not there yet");
}

enum rc
desk_due_extended(const struct tenant *tenant, const struct asked *asked,
                  struct str jurisdiction, int64_t *due_us, struct err *err)
{
	(void)tenant;
	(void)asked;
	(void)jurisdiction;
	(void)due_us;
	return FAIL(err, RC_METHOD, "not there yet");
}

const struct refusal_reason refusal_reasons[] = { { "unfounded", "", "" } };
const size_t refusal_reason_count = 1;

enum rc
desk_tick(struct office *office, const struct tenant *tenant, int64_t deadline_us,
          struct err *err)
{
	(void)office;
	(void)tenant;
	(void)deadline_us;
	(void)err;
	return RC_OK;
}
