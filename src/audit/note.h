/*
 * Checkpoints as signed notes: C2SP tlog-checkpoint over C2SP signed-note,
 * signature type 0x01 (Ed25519).
 *
 *     ORIGIN \n SIZE \n base64(ROOT) \n
 *     \n
 *     — ORIGIN base64(KEY ID ‖ SIGNATURE) \n
 *
 * The key's name is the origin.  Reading accepts further signature lines (up
 * to NOTE_SIGNATURES_MAX, of witnesses say) and extension lines; those that
 * the given key did not make are ignored, as the specification asks.
 */
#ifndef AUDIT_NOTE_H
#define AUDIT_NOTE_H

#include "base/arena.h"
#include "base/buf.h"
#include "crypto/digest.h"
#include "crypto/sign.h"

#define NOTE_MAX            8192
#define NOTE_ORIGIN_MAX     200
#define NOTE_KEY_LINE_MAX   (NOTE_ORIGIN_MAX + 64)
#define NOTE_SIGNATURES_MAX 64

/* Who signs: a log's name and public key. */
struct note_signer {
	struct str origin;
	uint8_t public[SIGN_PUBLIC_BYTES];
};

struct note_head {
	uint64_t size;
	struct digest root;
};

/* Printable ASCII, no space, no '+', 1 to NOTE_ORIGIN_MAX characters. */
bool note_origin_is_valid(struct str origin);

void note_format(struct str origin, const struct sign_key *key, const struct note_head *head,
                 struct buf *note);

/* RC_CORRUPT: not a checkpoint of that origin, or no valid signature of that key. */
enum rc note_open(struct str note, const struct note_signer *signer, struct note_head *head,
                  struct err *err) MUST_CHECK;

/* The text of a checkpoint without looking at signatures; origin borrows. */
enum rc note_read(struct str note, struct str *origin, struct note_head *head, struct err *err)
    MUST_CHECK;

/* "ORIGIN+HASH+KEY": 8 hexadecimal digits of the key id and base64 of the
 * type byte and the key (as golang.org/x/mod/sumdb/note has it). */
void note_key_format(const struct note_signer *signer, struct buf *line);
/* A final newline is allowed.  signer->origin borrows from `line`.  RC_INVALID. */
enum rc note_key_parse(struct str line, struct note_signer *signer, struct err *err) MUST_CHECK;

#endif
