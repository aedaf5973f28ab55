/*
 * Carries out every line of a ledger on an open vault.  Included by restore.c alone.
 */
#ifndef VAULT_REPLAY_H
#define VAULT_REPLAY_H

#include "vault/restore.h"

/* `ledger`: the file's path.  May be done again. */
enum rc vault_replay(struct vault *vault, const char *ledger, struct restore_report *report,
                     struct err *err) MUST_CHECK;

#endif
