#include "office/alert.h"

#include "office/inside.h"

enum rc
alert_raise(struct office *office, const struct tenant *tenant, const struct alert *alert,
            struct err *err)
{
	(void)office;
	(void)tenant;
	(void)alert;
	return FAIL(err, RC_METHOD, "not there yet");
}

enum rc
alert_acknowledge(const struct door *door, struct office *office, struct id alert,
                  struct str note, struct err *err)
{
	(void)door;
	(void)office;
	(void)alert;
	(void)note;
	return FAIL(err, RC_METHOD, "not there yet");
}

enum rc
alert_tick(struct office *office, const struct tenant *tenant, int64_t deadline_us,
           struct err *err)
{
	(void)office;
	(void)tenant;
	(void)deadline_us;
	(void)err;
	return RC_OK;
}
