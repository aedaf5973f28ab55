/*
 * What the files of notice share.  Nothing outside src/notice includes this.
 */
#ifndef NOTICE_INSIDE_H
#define NOTICE_INSIDE_H

#include <pthread.h>

#include "base/limits.h"
#include "notice/notice.h"
#include "notice/smtp.h"

struct notice {
	struct vault *vault;
	struct store *store;
	struct smtp *smtp; /* NULL: nothing is sent */
	bool is_demo;
	struct arena arena; /* of `from` */
	struct str from;
	struct id holder;     /* of the lease */
	pthread_mutex_t lock; /* of one delivery, and of the figures */
	struct notice_figures figures;
};

/* What a row's body says; texts live in the arena. */
enum rc notice_unseal(const struct notice *notice, const struct tenant *tenant,
                      const struct outbox_row *row, struct arena *arena,
                      struct message *message, struct err *err) MUST_CHECK;

#endif
