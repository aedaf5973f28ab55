/*
 * What the desk writes to people, in English and French: the person's language
 * chooses.  "%1" is what was asked for, "%2" the day it was asked, "%3" the day
 * it is due, "%4" words of staff.
 *
 * Mail is read by others on its way: what staff write and what was corrected stands on
 * the page alone, and mail says where; but to whoever cannot sign in any more.
 */
#include "base/zone.h"
#include "office/desk_inside.h"

#define NEWS_BYTES (16 * KIB)

struct words {
	const char *en, *fr;
};

static const struct {
	enum policy_right right;
	struct words name, answer;
} rights[] = {
	{ RIGHT_ACCESS,
	  { "access to your data", "l’accès à vos données" },
	  { "Your data are ready as a package: open “My requests” and download it.",
	    "Vos données sont prêtes, réunies dans un dossier : ouvrez « Mes demandes » et "
	    "téléchargez-le." } },
	{ RIGHT_PORTABILITY,
	  { "your data to take with you", "vos données à emporter" },
	  { "Your data are ready as a package that other services can read: open “My "
	    "requests” and download it.",
	    "Vos données sont prêtes dans un dossier que d’autres services savent lire : "
	    "ouvrez « Mes demandes » et téléchargez-le." } },
	{ RIGHT_RECTIFICATION,
	  { "a correction of your data", "la rectification de vos données" },
	  { "Your data have been corrected.", "Vos données ont été rectifiées." } },
	{ RIGHT_ERASURE,
	  { "the erasure of your data", "l’effacement de vos données" },
	  { "Your data have been erased.", "Vos données ont été effacées." } },
	{ RIGHT_RESTRICTION,
	  { "a restriction of the use of your data",
	    "la limitation de l’utilisation de vos données" },
	  { "From now on your data are kept, and used by nobody but you.",
	    "Désormais vos données sont conservées et personne d’autre que vous ne les "
	    "utilise." } },
	{ RIGHT_OBJECTION,
	  { "that we stop a use of your data", "l’arrêt d’une utilisation de vos données" },
	  { "We have stopped using your data for this.",
	    "Nous n’utilisons plus vos données à cette fin." } },
};

static const struct {
	struct words subject, text;
} news[] = {
	[NEWS_OPENED] = { { "We have your request", "Nous avons votre demande" },
	                  { "On %2 you asked for %1. You have our answer by %3.\n\nYou can "
	                    "follow "
	                    "the request, or withdraw it, under “My requests”.\n",
	                    "Le %2, vous avez demandé %1. Vous aurez notre réponse au plus "
	                    "tard "
	                    "le %3.\n\nVous pouvez suivre la demande, ou la retirer, sous « "
	                    "Mes "
	                    "demandes ».\n" } },
	[NEWS_OPEN] = { { "Your request is under way", "Votre demande est en cours" },
	                { "It has been checked who asked for %1. You have our answer by %3.\n",
	                  "Il a été vérifié qui a demandé %1. Vous aurez notre réponse au plus "
	                  "tard le %3.\n" } },
	[NEWS_EXTENDED] = { { "Your request takes longer",
	                      "Votre demande prend plus de temps" },
	                    { "You asked for %1. We need longer than usual; you have our "
	                      "answer by "
	                      "%3. The reason:\n\n%4\n\nYou may complain to a supervisory "
	                      "authority "
	                      "or go to court.\n",
	                      "Vous avez demandé %1. Il nous faut plus de temps que d’habitude "
	                      "; "
	                      "vous aurez notre réponse au plus tard le %3. La raison "
	                      ":\n\n%4\n\nVous "
	                      "pouvez vous plaindre auprès d’une autorité de contrôle ou "
	                      "saisir un "
	                      "juge.\n" } },
	[NEWS_PASSED] = { { "Your request has been passed on",
	                    "Votre demande a été transmise" },
	                  { "You asked for %1. Whoever decides about your data answers you; "
	                    "your "
	                    "request has been passed on to:\n\n%4\n",
	                    "Vous avez demandé %1. C’est le responsable de vos données qui "
	                    "vous "
	                    "répond ; votre demande a été transmise à :\n\n%4\n" } },
	[NEWS_REFUSED] = { { "Your request is refused", "Votre demande est refusée" },
	                   { "You asked for %1. We do not do it. The reason:\n\n%4\n\nYou may "
	                     "complain to a supervisory authority or go to court.\n",
	                     "Vous avez demandé %1. Nous ne le ferons pas. La raison "
	                     ":\n\n%4\n\nVous "
	                     "pouvez vous plaindre auprès d’une autorité de contrôle ou saisir "
	                     "un "
	                     "juge.\n" } },
	[NEWS_ANSWERED] = { { "Your request is answered", "Réponse à votre demande" },
	                    { "You asked for %1.\n\n%4\n", "Vous avez demandé %1.\n\n%4\n" } },
	[NEWS_WITHDRAWN] = { { "Your request is withdrawn", "Votre demande est retirée" },
	                     { "You have withdrawn your request for %1.\n",
	                       "Vous avez retiré votre demande : %1.\n" } },
	[NEWS_ERASED] = { { "Your data are being erased", "Vos données sont effacées" },
	                  { "You asked for %1. It is being carried out; this is our last "
	                    "message "
	                    "about it.\n\n%4\n",
	                    "Vous avez demandé %1. C’est en cours ; ceci est notre dernier "
	                    "message "
	                    "à ce sujet.\n\n%4\n" } },
};

static struct str
word_in(const struct words *words, struct str language)
{
	return str_from_c(str_eq(language, STR("fr")) ? words->fr : words->en);
}

struct str
desk_answer(enum policy_right right, struct str language)
{
	for (size_t i = 0; i < COUNT_OF(rights); i++) {
		if (rights[i].right == right)
			return word_in(&rights[i].answer, language);
	}
	return STR_EMPTY;
}

static const struct words elsewhere = {
	"Sign in and open “My requests” to read it: %.*s/me/requests",
	"Connectez-vous et ouvrez « Mes demandes » pour la lire : %.*s/me/requests"
};

static struct str
right_name(enum policy_right right, struct str language)
{
	for (size_t i = 0; i < COUNT_OF(rights); i++) {
		if (rights[i].right == right)
			return word_in(&rights[i].name, language);
	}
	return STR_EMPTY;
}

static struct str
day_of(const struct tenant *tenant, int64_t us, struct arena *arena)
{
	CLEANUP(zone_close) struct zone *zone = NULL;
	struct civil day;
	struct err err;

	DISCARD(zone_open(&zone, tenant->zone, &err), "without its zone, the day in UTC");
	day = civil_from_us(us, zone_offset_s(zone, us));
	return str_printf(arena, "%04d-%02d-%02d", day.year, day.month, day.day);
}

static void
fill(struct buf *out, struct str text, const struct str values[4])
{
	for (size_t i = 0; i < text.len; i++) {
		bool is_value = text.ptr[i] == '%' && i + 1 < text.len &&
		                text.ptr[i + 1] >= '1' && text.ptr[i + 1] <= '4';
		if (!is_value) {
			buf_add(out, (struct str){ text.ptr + i, 1 });
			continue;
		}
		i++;
		buf_add(out, values[text.ptr[i] - '1']);
	}
}

/* A mail that belongs to nobody's record: for whoever is erased next. */
static MUST_CHECK enum rc
mail_alone(struct office *office, const struct tenant *tenant, const struct person *person,
           const struct telling *telling, struct err *err)
{
	struct message message = { .to = person->email,
		                   .subject = telling->subject,
		                   .text = telling->text };

	return notice_send(office->notice, tenant, &message, err);
}

static MUST_CHECK enum rc
person_of(struct office *office, const struct tenant *tenant, struct id subject,
          struct arena *arena, struct person *person, struct err *err)
{
	struct door door = office_door(office, tenant);

	return desk_person(&door, office, subject, arena, person, err);
}

struct saying {
	struct office *office;
	const struct tenant *tenant;
	struct arena *arena;
	struct str language;
};

static MUST_CHECK enum rc
say(const struct saying *saying, const struct asked *asked, enum desk_news which,
    struct str words, struct str *text, struct err *err)
{
	CLEANUP(buf_free) struct buf buf = { 0 };
	const struct str values[4] = { right_name(asked->right, saying->language),
		                       day_of(saying->tenant, asked->opened_us, saying->arena),
		                       day_of(saying->tenant, asked->due_us, saying->arena),
		                       words };
	struct str filled;

	buf_init(&buf, NEWS_BYTES);
	fill(&buf, word_in(&news[which].text, saying->language), values);
	TRY(buf_finish(&buf, &filled, err));
	*text = str_copy(saying->arena, filled);
	return RC_OK;
}

/* The formats are those above. */
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

static MUST_CHECK enum rc
elsewhere_say(const struct saying *saying, struct str *words, struct err *err)
{
	struct str format = word_in(&elsewhere, saying->language);
	struct str url;

	TRY(office_url(saying->office, saying->tenant, saying->arena, &url, err));
	*words = str_printf(saying->arena, format.ptr, STR_ARGS(url));
	return RC_OK;
}

enum rc
desk_tell(struct office *office, const struct tenant *tenant, const struct asked *asked,
          enum desk_news which, struct str words, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct telling telling = {
		.person = asked->subject, .kind = "request", .by_mail = true, .by_page = true
	};
	struct saying saying = { .office = office, .tenant = tenant, .arena = &arena };
	struct person person;
	enum rc rc;

	arena_init(&arena, OFFICE_ARENA_BYTES);
	rc = person_of(office, tenant, asked->subject, &arena, &person, err);
	if (rc == RC_NOT_FOUND) /* whoever asked hears by the way that they asked */
		return RC_OK;
	TRY(rc);
	saying.language = person.language;
	telling.subject = word_in(&news[which].subject, person.language);
	TRY(say(&saying, asked, which, words, &telling.text, err));
	if (which == NEWS_ERASED)
		return mail_alone(office, tenant, &person, &telling, err);
	if (words.len != 0 && person.state == PERSON_ACTIVE) {
		TRY(elsewhere_say(&saying, &words, err));
		TRY(say(&saying, asked, which, words, &telling.mail, err));
	}
	return office_tell(office, tenant, &telling, err);
}
