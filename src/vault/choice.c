#include "vault/choice.h"

enum rc
vault_choice_give(const struct door *door, struct choice *choice, struct err *err)
{
	(void)door;
	(void)choice;
	return FAIL(err, RC_METHOD, "not there yet");
}

enum rc
vault_choice_withdraw(const struct door *door, struct id record, struct err *err)
{
	(void)door;
	(void)record;
	return FAIL(err, RC_METHOD, "not there yet");
}

enum rc
vault_choice_list(const struct door *door, struct id subject, struct arena *arena,
                  struct choices *choices, struct err *err)
{
	(void)door;
	(void)subject;
	(void)arena;
	(void)choices;
	return FAIL(err, RC_METHOD, "not there yet");
}

enum rc
vault_sharers(const struct door *door, struct arena *arena, struct sharers *sharers,
              struct err *err)
{
	(void)door;
	(void)arena;
	(void)sharers;
	return FAIL(err, RC_METHOD, "not there yet");
}

enum rc
vault_restrict(const struct door *door, struct id subject, bool is_restricted, struct err *err)
{
	(void)door;
	(void)subject;
	(void)is_restricted;
	return FAIL(err, RC_METHOD, "not there yet");
}
