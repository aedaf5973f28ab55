#include "office/change_words.h"

static const struct words {
	const char *language;
	const char *subject; /* the date */
	const char *lead;    /* the tenant's name, the date */
	const char *changes;
	const char *more; /* how many */
	const char *link;
	const char *end;
} words[] = {
	{ "en", "The privacy policy changes on %.*s",
	  "%.*s has a new privacy policy from %.*s on.", "What changes:", "… and %zu more.",
	  "Both versions side by side:",
	  "Whoever goes on using the service from that day on takes note of the new policy. "
	  "Consents are asked for anew where their text changes. If you do not agree, you can "
	  "close your account before." },
	{ "fr", "La politique de confidentialité change le %.*s",
	  "%.*s a une nouvelle politique de confidentialité à partir du %.*s.",
	  "Ce qui change (texte de la politique) :", "… et %zu de plus.",
	  "Les deux versions côte à côte :",
	  "Qui continue à utiliser le service à partir de ce jour prend acte de la nouvelle "
	  "politique. Les consentements dont le texte change sont demandés à nouveau. Si vous "
	  "n’êtes pas d’accord, vous pouvez fermer votre compte avant." },
};

static const struct words *
words_of(struct str language)
{
	for (size_t i = 0; i < COUNT_OF(words); i++) {
		if (str_eq(language, str_from_c(words[i].language)))
			return &words[i];
	}
	return &words[0];
}

/* The lines of one weight, as long as there is room; how many were written. */
static size_t
lines_add(const struct change_news *news, bool is_material, size_t room, struct arena *arena,
          struct str *text)
{
	size_t added = 0;

	for (size_t i = 0; i < news->changes->count && added < room; i++) {
		const struct policy_change *change = &news->changes->items[i];
		if (change->is_material != is_material)
			continue;
		*text =
		    str_printf(arena, "%.*s- %.*s\n", STR_ARGS(*text), STR_ARGS(change->text));
		added++;
	}
	return added;
}

/* The formats are rows of the table above. */
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

void
change_words(const struct change_news *news, struct arena *arena, struct str *subject,
             struct str *text)
{
	const struct words *said = words_of(news->language);
	struct str lines = STR_EMPTY;
	size_t count;

	count = lines_add(news, true, NEWS_LINES_MAX, arena, &lines);
	count += lines_add(news, false, NEWS_LINES_MAX - count, arena, &lines);
	if (count < news->changes->count)
		lines = str_printf(
		    arena, "%.*s%.*s\n", STR_ARGS(lines),
		    STR_ARGS(str_printf(arena, said->more, news->changes->count - count)));
	*subject = str_printf(arena, said->subject, STR_ARGS(news->version));
	*text = str_printf(arena,
	                   "%.*s\n\n%s\n%.*s\n%s\n%.*s/privacy/diff?from=%.*s&to=%.*s\n\n%s\n",
	                   STR_ARGS(str_printf(arena, said->lead, STR_ARGS(news->tenant->name),
	                                       STR_ARGS(news->version))),
	                   said->changes, STR_ARGS(lines), said->link, STR_ARGS(news->url),
	                   STR_ARGS(news->before), STR_ARGS(news->version), said->end);
}
