/*
 * What the pages of requests share: a person's own and the staff's.
 */
#ifndef PAGES_REQUESTS_H
#define PAGES_REQUESTS_H

#include "office/desk.h"
#include "pages/handlers.h"

/* Marks a text of a table for translation; request_say() translates it. */
#define MSGID(text) text

/* "Erase my data": the right as people choose it. */
struct str request_label(const struct request *request, enum policy_right right);
/* What staff has to answer, or all there was, the most urgent first. */
enum rc queue_load(struct request *request, bool is_all, struct asked_list *all,
                   struct err *err) MUST_CHECK;
/* The parts `goes` and `stays`: what an erasure removes, and what a law keeps. */
void erasing_parts(struct request *request, struct doc *doc, const struct erasing_plan *plan);
/* An error that begins with the name of a field goes beside it; false: none of these. */
bool request_form_error(struct request *request, struct doc *doc, const struct err *err);

#endif
