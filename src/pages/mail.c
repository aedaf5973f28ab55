/*
 * Mails that pages send: the sign-in link, the invitation.
 *
 * A link is worth nothing without the browser that asked, but an attacker may
 * be that browser: a made-up Host would lead the reader of the mail, and with
 * them the secret, to the attacker.  The listener answers only hosts that its
 * certificate covers (web/carriage.c), so the request's own is used here.
 */
#include "pages/handlers.h"
#include "web/form.h"

struct str
text_fill(struct arena *arena, struct str text, const struct str *values, size_t count)
{
	struct str filled = STR_EMPTY;
	size_t start = 0;

	for (size_t i = 0; i + 1 < text.len; i++) {
		size_t which = (size_t)(unsigned char)text.ptr[i + 1] - '1';
		if (text.ptr[i] != '%' || which >= count)
			continue;
		filled = str_printf(arena, "%.*s%.*s%.*s", STR_ARGS(filled), (int)(i - start),
		                    text.ptr + start, STR_ARGS(values[which]));
		start = i + 2;
		i++;
	}
	return str_printf(arena, "%.*s%.*s", STR_ARGS(filled), (int)(text.len - start),
	                  text.ptr + start);
}

static struct str
mail_say(const struct language *language, const char *text)
{
	return language_text(language, str_from_c(text));
}

/* Its address, in mails. */
static struct str
mail_base(const struct request *request)
{
	return str_printf(request->arena, "%.*s%.*s", STR_ARGS(request->origin),
	                  STR_ARGS(request->prefix));
}

/* "12345678" is easier to type as "1234 5678". */
static struct str
code_spaced(struct arena *arena, const char code[CODE_DIGITS + 1])
{
	return str_printf(arena, "%.4s %s", code, code + 4);
}

static struct str
link_text(struct request *request, const struct language *language, struct str base,
          const struct link_begun *begun)
{
	struct arena *arena = request->arena;
	struct str next = percent_encode(next_read(request), arena);
	struct str values[] = {
		request->tenant->name,
		str_printf(arena, "%.*s/sign-in/link?secret=%s%s%.*s", STR_ARGS(base),
		           begun->link_secret, next.len == 0 ? "" : "&next=", STR_ARGS(next)),
		str_printf(arena, "%d", LINK_MINUTES),
		code_spaced(arena, begun->code),
	};
	struct str parts[] = {
		mail_say(language, "Open this link to sign in to %1:"),
		STR("%2"),
		mail_say(language, "It works once, within %3 minutes, in the browser in which "
		                   "you asked for it."),
		mail_say(language,
		         "You read this on another device? Type this code on the page "
		         "where you asked:"),
		STR("%4"),
		mail_say(language, "You did not ask for this? Then do nothing, and tell nobody "
		                   "the code: without it nobody gets in."),
	};
	struct str text = STR_EMPTY;

	for (size_t i = 0; i < COUNT_OF(parts); i++)
		text = str_printf(arena, "%.*s%.*s\n\n", STR_ARGS(text), STR_ARGS(parts[i]));
	return text_fill(arena, text, values, COUNT_OF(values));
}

enum rc
link_mail(struct request *request, const struct link_begun *begun, struct str email,
          struct err *err)
{
	struct str code =
	    begun->language.len == 0 ? str_from_c(request->language->code) : begun->language;
	const struct language *language = language_find(code);
	struct message message = { .to = email, .is_decoy = !begun->is_known };

	message.subject = text_fill(request->arena, mail_say(language, "Sign in to %1"),
	                            &request->tenant->name, 1);
	message.text = link_text(request, language, mail_base(request), begun);
	return notice_send(request->site->notice, request->tenant, &message, err);
}

enum rc
invitation_mail(struct request *request, const struct person *person, struct err *err)
{
	const struct language *language = language_find(person->language);
	struct arena *arena = request->arena;
	struct message message = { .to = person->email };
	struct str values[2] = { request->tenant->name };
	struct str text;

	values[1] = str_printf(arena, "%.*s/sign-in", STR_ARGS(mail_base(request)));
	message.subject = text_fill(arena, mail_say(language, "You are invited to %1"), values,
	                            COUNT_OF(values));
	text = str_printf(
	    arena, "%.*s\n\n%%2\n\n%.*s\n",
	    STR_ARGS(mail_say(language, "You have an account at %1. Sign in with this "
	                                "address here:")),
	    STR_ARGS(mail_say(language, "You get a mail with a link each time: there is no "
	                                "password. What is kept about you, why and how long "
	                                "stands in the privacy policy on that page.")));
	message.text = text_fill(arena, text, values, COUNT_OF(values));
	return notice_send(request->site->notice, request->tenant, &message, err);
}
