/*
 * DIR/control.sock: how a command reaches the server that has the directory.
 *
 * A stream socket, mode 0600, and the peer must be the server's user or root
 * (SO_PEERCRED).  One request a connection: a JSON array of the command's
 * words, files already as their content; one answer {"code":n,"text":"…"}.
 */
#ifndef MAIN_CONTROL_H
#define MAIN_CONTROL_H

#include "main/command.h"

struct control;

/* Serves commands with the vault, people and notice of `like` until closed. */
enum rc control_open(struct control **control, const struct call *like, struct err *err)
    MUST_CHECK;
void control_close(struct control *control);

/* Asks a running server.  *is_there false: none listens, nothing was done. */
enum rc control_ask(struct call *call, bool *is_there, struct err *err) MUST_CHECK;

#endif
