#include "vault/retention.h"

enum rc
vault_deadline(const struct tenant *tenant, const struct policy_period *period, int64_t from_us,
               int64_t *due_us, struct err *err)
{
	(void)tenant;
	(void)period;
	(void)from_us;
	(void)due_us;
	return FAIL(err, RC_METHOD, "not there yet");
}

enum rc
vault_retention_trigger(const struct door *door, const struct retention_trigger *trigger,
                        struct err *err)
{
	(void)door;
	(void)trigger;
	return FAIL(err, RC_METHOD, "not there yet");
}

enum rc
vault_retention_reopen(const struct door *door, struct id subject, struct err *err)
{
	(void)door;
	(void)subject;
	return FAIL(err, RC_METHOD, "not there yet");
}

enum rc
vault_retention_sweep(struct vault *vault, const struct tenant *tenant,
                      struct retention_run *run, struct arena *arena, struct err *err)
{
	(void)vault;
	(void)tenant;
	(void)run;
	(void)arena;
	return FAIL(err, RC_METHOD, "not there yet");
}

enum rc
vault_retention_approve(const struct door *door, struct str class, int64_t *count,
                        struct err *err)
{
	(void)door;
	(void)class;
	(void)count;
	return FAIL(err, RC_METHOD, "not there yet");
}

enum rc
vault_clock_accept(struct vault *vault, struct err *err)
{
	(void)vault;
	return FAIL(err, RC_METHOD, "not there yet");
}

enum rc
vault_hold_place(const struct door *door, struct hold *hold, struct err *err)
{
	(void)door;
	(void)hold;
	return FAIL(err, RC_METHOD, "not there yet");
}

enum rc
vault_hold_release(const struct door *door, struct id hold, struct err *err)
{
	(void)door;
	(void)hold;
	return FAIL(err, RC_METHOD, "not there yet");
}

enum rc
vault_hold_list(const struct door *door, struct arena *arena, struct holds *holds,
                struct err *err)
{
	(void)door;
	(void)arena;
	(void)holds;
	return FAIL(err, RC_METHOD, "not there yet");
}

enum rc
vault_class_erase(const struct door *door, struct id subject, struct str class, struct err *err)
{
	(void)door;
	(void)subject;
	(void)class;
	return FAIL(err, RC_METHOD, "not there yet");
}

enum rc
vault_certificate_list(const struct door *door, struct id before, struct arena *arena,
                       struct certificates *list, struct err *err)
{
	(void)door;
	(void)before;
	(void)arena;
	(void)list;
	return FAIL(err, RC_METHOD, "not there yet");
}

enum rc
vault_certificate_find(const struct door *door, struct id id, struct certificate *certificate,
                       struct err *err)
{
	(void)door;
	(void)id;
	(void)certificate;
	return FAIL(err, RC_METHOD, "not there yet");
}

enum rc
vault_purge_some(struct vault *vault, int64_t deadline_us, struct err *err)
{
	(void)vault;
	(void)deadline_us;
	return FAIL(err, RC_METHOD, "not there yet");
}
