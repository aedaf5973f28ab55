/*
 * What the files of the renderer share.  Nothing outside src/policy includes this.
 */
#ifndef POLICY_RENDER_H
#define POLICY_RENDER_H

#include "policy/policy.h"
#include "policy/prose.h"

struct page { /* one rendering */
	const struct policy *policy;
	struct arena *arena; /* of the sentences */
	struct prose prose;
};

#define SAY(page, ...) prose_paragraph(&(page)->prose, str_printf((page)->arena, __VA_ARGS__))

/* A name as people read it: "lab_result" is "lab result". */
struct str render_plain(struct arena *arena, struct str name);
struct str render_region(struct arena *arena, struct str region); /* "the European Union" */

/* The section on protection: promises, sign-in, roles, plain columns. */
void render_protection(struct page *page);

#endif
