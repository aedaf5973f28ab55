/*
 * What a person was told (tell.h), as their pages show it: unread until it is opened.
 */
#ifndef OFFICE_TOLD_H
#define OFFICE_TOLD_H

#include "office/office.h"

struct told {
	struct id id;
	struct str kind, channel, subject, text;
	int64_t sent_us;
	bool is_unread;
};
struct told_list {
	struct told *items; /* newest first, at most LIMIT_PAGE_ROWS */
	size_t count;
};
/* By the person itself; purpose "law". */
enum rc told_list(const struct door *door, struct office *office, struct arena *arena,
                  struct told_list *list, struct err *err) MUST_CHECK;
/* One of one's own; it is read from then on.  RC_NOT_FOUND. */
enum rc told_open(const struct door *door, struct office *office, struct id id,
                  struct arena *arena, struct told *told, struct err *err) MUST_CHECK;
/* For the line on every page: is anything unread?  Remembered for an hour, or until
 * something is told or opened; otherwise read as the system. */
enum rc told_unread(struct office *office, const struct tenant *tenant, struct id person,
                    bool *is_unread, struct err *err) MUST_CHECK;

#endif
