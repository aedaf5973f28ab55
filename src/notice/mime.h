/*
 * A message as it travels: RFC 5322 headers and one plain text part.
 *
 * Lines end in CRLF and are at most 76 characters; everything that is not
 * printable ASCII is encoded: the subject and the sender's name by RFC 2047
 * (section 4.1, "B"), the text by quoted-printable (RFC 2045, section 6.7).
 * Automatic messages say so (RFC 3834, section 5).
 */
#ifndef NOTICE_MIME_H
#define NOTICE_MIME_H

#include "base/buf.h"
#include "base/id.h"

#define MIME_LINE 76

struct mime {
	struct str from;      /* an address */
	struct str from_name; /* may be empty */
	struct str to;        /* an address */
	struct str subject;
	struct str text;
	struct id id;    /* "<ID@domain of from>": the same at every try */
	int64_t date_us; /* when it was made */
};

void mime_format(const struct mime *mime, struct buf *out);

/* Parts of it, for the tests and other headers. */
void mime_header_add(struct buf *out, const char *name, struct str text); /* with CRLF */
void mime_text_add(struct buf *out, struct str text);
void mime_date_add(struct buf *out, int64_t us); /* "Sun, 01 Mar 2026 09:00:00 +0000" */

/* What the domain of an address is. */
struct str mime_domain(struct str address);

#endif
