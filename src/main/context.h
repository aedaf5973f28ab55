/*
 * An open data directory with everything a command or a server needs of it.
 */
#ifndef MAIN_CONTEXT_H
#define MAIN_CONTEXT_H

#include "main/command.h"

/* The vault's cache of keys, and what is around it. */
#define SECRET_MEMORY_BYTES (16 * 1024 * 1024)

struct context {
	struct clock clock;
	struct vault *vault;
	struct people *people;
	struct notice *notice;
	struct backup *backup;
	struct office *office;
	bool is_demo;
};

/* Opens call->data_dir for writing and fills the call's vault, people, notice,
 * clock.  RC_BUSY when another process has it. */
enum rc context_open(struct context *context, struct call *call, struct err *err) MUST_CHECK;
void context_close(struct context *context);

/* DIR/demo marks a demonstration data directory. */
bool context_is_demo(struct str dir);

/* "DIR/name" in the call's arena. */
const char *context_path(const struct call *call, const char *name);

#endif
