/*
 * Epochs of the key store: when they end, and what is erased for good with them.
 *
 * Keys that were destroyed are beyond use at once.  Copies of their wrapped forms
 * may lie in freed blocks and in copies of keys.dat until the epoch's own key is
 * gone: here at the turn, and at the places of the backups when whoever keeps
 * those says so.  Then what was destroyed before is erased.
 */
#ifndef VAULT_EPOCH_H
#define VAULT_EPOCH_H

#include "vault/keys.h"
#include "vault/ledger.h"
#include "vault/vault.h"

int64_t vault_keys_epoch(struct vault *vault);

/* Ends the epoch and begins the next, with an entry in the server's log.  Without a
 * shipper of the ledger nobody else has copies, and vault_epoch_ended() is implied. */
enum rc vault_keys_turn(struct vault *vault, int64_t *epoch, struct err *err) MUST_CHECK;

/* No key of an earlier epoch is left anywhere: dates what was destroyed in them. */
enum rc vault_epoch_ended(struct vault *vault, struct err *err) MUST_CHECK;

enum rc vault_keys_copy(struct vault *vault, const struct keys_copying *to, struct err *err)
    MUST_CHECK;

/* The master key as base64, with an entry in the server's log that it left. */
enum rc vault_master_text(struct vault *vault, struct arena *arena, struct str *text,
                          struct err *err) MUST_CHECK;

/* An act of the server's own, in its log: durable on return. */
enum rc vault_note_server(struct vault *vault, const char *act, int64_t count, struct err *err)
    MUST_CHECK;

#endif
