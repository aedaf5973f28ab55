/*
 * What people are told of the next policy, in their language.  Nothing outside src/office
 * includes this.
 */
#ifndef OFFICE_CHANGE_WORDS_H
#define OFFICE_CHANGE_WORDS_H

#include "office/office.h"

struct change_news {
	struct str language; /* "en", "fr"; English for any other */
	const struct tenant *tenant;
	struct str version, before; /* dates; `version` stands in the subject */
	struct str url;             /* "https://HOST/T" */
	const struct policy_changes *changes;
};
/* Of the changes, at most NEWS_LINES_MAX are written out, those that are material first;
 * the texts live in the arena. */
#define NEWS_LINES_MAX 40
void change_words(const struct change_news *news, struct arena *arena, struct str *subject,
                  struct str *text);

#endif
