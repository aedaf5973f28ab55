/*
 * Interface languages: GNU gettext catalogues (.mo) inside the binary.
 *
 * English texts are the msgids.  The catalogue format is read here (GNU
 * gettext manual, "The Format of GNU MO Files"), since libc's gettext() hangs
 * on a locale of the whole process.
 */
#ifndef WEB_LANGUAGE_H
#define WEB_LANGUAGE_H

#include "base/arena.h"
#include "base/str.h"

struct zone;

struct language {
	const char *code;     /* "en", "fr" */
	const char *name;     /* in itself: "English", "Français" */
	struct str catalogue; /* .mo bytes; empty: English */
};

/* Made by tools/embed: English, and one for each catalogue ui/language/CODE.po. */
extern const struct language languages[];
extern const char *const language_codes[];
extern const size_t language_count;

/* By code; English for anything unknown. */
const struct language *language_find(struct str code);
/* RFC 9110, section 12.5.4, simplified to the first known tag. */
const struct language *language_accept(struct str header);

/* The translation, or the text itself. */
struct str language_text(const struct language *language, struct str text);

/* A time for people: "3 March 2026, 14:05 CET"; a date: "3 March 2026". */
struct str language_time(const struct language *language, struct str zone, int64_t us,
                         struct arena *arena);
struct str language_date(const struct language *language, int64_t us, struct arena *arena);
/* The same with a zone that is open; NULL: UTC. */
struct str language_zone_time(const struct language *language, const struct zone *zone,
                              int64_t us, struct arena *arena);
/* A decimal for people: 5.40, or 5,40. */
struct str language_number(const struct language *language, struct str decimal,
                           struct arena *arena);

#endif
