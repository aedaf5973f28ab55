/*
 * Promises of services that this program does not have yet: said so, never kept.
 * A row leaves this file when the service that keeps it arrives.
 */
#include "prove/inside.h"

static MUST_CHECK enum rc
absent(struct prove *prove, const char *what, struct verdict *verdict)
{
	verdict_not_built(prove, verdict, "%s is not part of this program yet", what);
	return RC_OK;
}

enum rc
session_nothing_kept(struct prove *prove, struct str rest, struct verdict *verdict,
                     struct err *err)
{
	(void)rest;
	(void)err;
	return absent(prove, "the analysis of images and reports", verdict);
}

enum rc
session_isolated(struct prove *prove, struct str rest, struct verdict *verdict, struct err *err)
{
	return session_nothing_kept(prove, rest, verdict, err);
}

/* Classes that wait for an agreement are those of the analysis. */
enum rc
agreement_class(struct prove *prove, struct str rest, struct verdict *verdict, struct err *err)
{
	return session_nothing_kept(prove, rest, verdict, err);
}

enum rc
voice_not_kept(struct prove *prove, struct str rest, struct verdict *verdict, struct err *err)
{
	(void)rest;
	(void)err;
	return absent(prove, "the transcription of recordings", verdict);
}

enum rc
sms_stop(struct prove *prove, struct str rest, struct verdict *verdict, struct err *err)
{
	(void)rest;
	(void)err;
	return absent(prove, "the sending of text messages", verdict);
}

enum rc
sms_help(struct prove *prove, struct str rest, struct verdict *verdict, struct err *err)
{
	(void)rest;
	(void)err;
	return absent(prove, "the sending of text messages", verdict);
}
