#include "web/framing.h"

static bool
is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '.';
}

static bool
is_address_char(char c)
{
	return (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || (c >= '0' && c <= '9') ||
	       c == ':' || c == '.';
}

static bool
port_is_valid(struct str port)
{
	struct err err;
	uint32_t number;

	return port.len <= 5 && str_to_u32(port, &number, &err) == RC_OK && number >= 1 &&
	       number <= 65535;
}

struct str
host_name(struct str host)
{
	struct str name;

	if (str_starts_with(host, STR("["))) {
		(void)str_cut((struct str){ host.ptr + 1, host.len - 1 }, ']', &name);
		return name;
	}
	(void)str_cut(host, ':', &name);
	return name;
}

static bool
host_is_valid(struct str host)
{
	struct str name = host_name(host);
	bool is_bracketed = str_starts_with(host, STR("["));
	size_t used = name.len + (is_bracketed ? 2 : 0);

	if (name.len == 0 || name.len > 253 || used > host.len)
		return false;
	if (is_bracketed && host.ptr[used - 1] != ']')
		return false;
	for (size_t i = 0; i < name.len; i++) {
		if (!(is_bracketed ? is_address_char(name.ptr[i]) : is_name_char(name.ptr[i])))
			return false;
	}
	if (used == host.len)
		return true;
	return host.ptr[used] == ':' &&
	       port_is_valid((struct str){ host.ptr + used + 1, host.len - used - 1 });
}

/* The one value of a header that may stand once.  *count tells how often it does. */
static struct str
header_only(const struct pairs *headers, struct str name, size_t *count)
{
	struct str value = STR_EMPTY;

	*count = 0;
	for (size_t i = 0; i < headers->count; i++) {
		if (!str_eq_nocase(headers->items[i].name, name))
			continue;
		value = headers->items[i].value;
		*count += 1;
	}
	return value;
}

static enum rc
length_read(struct str text, struct framing *framing, struct err *err)
{
	int64_t length;

	if (text.len == 0 || text.ptr[0] == '-' || str_to_i64(text, &length, err) != RC_OK)
		return FAIL(err, RC_SYNTAX, "Content-Length is not a number");
	framing->has_length = true;
	framing->length = (uint64_t)length;
	return RC_OK;
}

enum rc
framing_read(const struct pairs *headers, struct framing *framing, struct err *err)
{
	struct framing found = { 0 };
	size_t hosts, lengths, encodings;
	struct str length, encoding;

	found.host = header_only(headers, STR("Host"), &hosts);
	length = header_only(headers, STR("Content-Length"), &lengths);
	encoding = header_only(headers, STR("Transfer-Encoding"), &encodings);
	if (hosts != 1)
		return FAIL(err, RC_SYNTAX, "Host is missing or stands twice");
	if (!host_is_valid(found.host))
		return FAIL(err, RC_SYNTAX, "Host is not a host");
	if (lengths > 1)
		return FAIL(err, RC_SYNTAX, "Content-Length stands twice");
	if (encodings > 0 && lengths > 0)
		return FAIL(err, RC_SYNTAX, "Content-Length beside Transfer-Encoding");
	if (encodings > 1 || (encodings == 1 && !str_eq_nocase(encoding, STR("chunked"))))
		return FAIL(err, RC_SYNTAX, "Transfer-Encoding other than chunked");
	found.is_chunked = encodings == 1;
	if (lengths == 1)
		TRY(length_read(length, &found, err));
	*framing = found;
	return RC_OK;
}
