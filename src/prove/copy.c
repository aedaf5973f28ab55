/*
 * Probes of backups and of erasure in them.
 */
#include "prove/inside.h"

enum rc
keys_apart(struct prove *prove, struct str rest, struct verdict *verdict, struct err *err)
{
	(void)rest;
	(void)err;
	verdict_not_built(prove, verdict, "backups are not there yet");
	return RC_OK;
}

enum rc
backup_sealed(struct prove *prove, struct str rest, struct verdict *verdict, struct err *err)
{
	return keys_apart(prove, rest, verdict, err);
}

enum rc
backup_apart(struct prove *prove, struct str rest, struct verdict *verdict, struct err *err)
{
	return keys_apart(prove, rest, verdict, err);
}

enum rc
region_pinned(struct prove *prove, struct str rest, struct verdict *verdict, struct err *err)
{
	return keys_apart(prove, rest, verdict, err);
}

enum rc
erasure_final(struct prove *prove, struct str rest, struct verdict *verdict, struct err *err)
{
	return keys_apart(prove, rest, verdict, err);
}
