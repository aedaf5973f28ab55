#include "notice/mime.h"

#include "base/arena.h"
#include "base/clock.h"
#include "crypto/secret.h"

#define WORD_BYTES 42 /* 56 characters of base64: with "=?UTF-8?B?" and "?=" 68, of 75 */

static bool
is_printable(char c)
{
	return c >= 0x20 && c <= 0x7e;
}

/* May it stand in a header as it is: short, printable, and not taken for an
 * encoded word? */
static bool
is_plain_header(struct str text)
{
	if (text.len > 60)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (!is_printable(text.ptr[i]))
			return false;
		if (text.ptr[i] == '=' && i + 1 < text.len && text.ptr[i + 1] == '?')
			return false;
	}
	return true;
}

/* The longest start of whole characters of at most `max` bytes (RFC 2047,
 * section 5: no character is split over two words). */
static size_t
whole_characters(struct str text, size_t max)
{
	size_t len = max;

	if (text.len <= max)
		return text.len;
	while (len > 0 && ((unsigned char)text.ptr[len] & 0xc0) == 0x80)
		len--;
	return len == 0 ? max : len;
}

static void
encoded_words_add(struct buf *out, struct str text)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	bool is_first = true;

	arena_init(&arena, 1024 * 1024);
	while (text.len != 0) {
		size_t len = whole_characters(text, WORD_BYTES);
		if (!is_first)
			buf_add(out, STR("\r\n "));
		buf_add(out, STR("=?UTF-8?B?"));
		buf_add(out, base64_format(&arena, text.ptr, len));
		buf_add(out, STR("?="));
		text = (struct str){ text.ptr + len, text.len - len };
		is_first = false;
	}
}

void
mime_header_add(struct buf *out, const char *name, struct str text)
{
	buf_addf(out, "%s: ", name);
	if (is_plain_header(text))
		buf_add(out, text);
	else
		encoded_words_add(out, text);
	buf_add(out, STR("\r\n"));
}

void
mime_date_add(struct buf *out, int64_t us)
{
	static const char *const days[] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
		                              "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	struct civil at = civil_from_us(us, 0);

	buf_addf(out, "%s, %02d %s %04d %02d:%02d:%02d +0000", days[civil_weekday(us, 0)],
	         at.day, months[at.month - 1], at.year, at.hour, at.minute, at.second);
}

/* Rule 3 of section 6.7: white space at the end of a line is encoded too. */
static bool
qp_is_plain(struct str line, size_t i)
{
	char c = line.ptr[i];

	if (c == ' ' || c == '\t')
		return i + 1 != line.len;
	return is_printable(c) && c != '=';
}

static void
qp_line_add(struct buf *out, struct str line)
{
	size_t column = 0;

	for (size_t i = 0; i < line.len; i++) {
		bool is_plain = qp_is_plain(line, i);
		size_t width = is_plain ? 1 : 3;
		if (column + width > MIME_LINE - 1) { /* room for the "=" of a soft break */
			buf_add(out, STR("=\r\n"));
			column = 0;
		}
		if (is_plain)
			buf_add(out, (struct str){ line.ptr + i, 1 });
		else
			buf_addf(out, "=%02X", (unsigned char)line.ptr[i]);
		column += width;
	}
	buf_add(out, STR("\r\n"));
}

void
mime_text_add(struct buf *out, struct str text)
{
	while (text.len != 0) {
		struct str line;
		text = str_cut(text, '\n', &line);
		qp_line_add(out, line);
	}
}

struct str
mime_domain(struct str address)
{
	struct str local;

	return str_cut(address, '@', &local);
}

static void
from_add(const struct mime *mime, struct buf *out)
{
	buf_add(out, STR("From: "));
	if (mime->from_name.len != 0) {
		encoded_words_add(out, mime->from_name);
		buf_add(out, STR("\r\n "));
	}
	buf_add(out, STR("<"));
	buf_add(out, mime->from);
	buf_add(out, STR(">\r\n"));
}

void
mime_format(const struct mime *mime, struct buf *out)
{
	struct str domain = mime_domain(mime->from);
	char id[ID_TEXT_LEN + 1];

	id_format(mime->id, id);
	buf_add(out, STR("Date: "));
	mime_date_add(out, mime->date_us);
	buf_add(out, STR("\r\n"));
	from_add(mime, out);
	buf_add(out, STR("To: <"));
	buf_add(out, mime->to);
	buf_add(out, STR(">\r\n"));
	mime_header_add(out, "Subject", mime->subject);
	buf_addf(out, "Message-ID: <%s@%.*s>\r\n", id, STR_ARGS(domain));
	buf_add(out, STR("Auto-Submitted: auto-generated\r\n"
	                 "MIME-Version: 1.0\r\n"
	                 "Content-Type: text/plain; charset=utf-8\r\n"
	                 "Content-Transfer-Encoding: quoted-printable\r\n"
	                 "\r\n"));
	mime_text_add(out, mime->text);
}
