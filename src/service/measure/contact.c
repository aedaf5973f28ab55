#include "service/measure/contact.h"

#include <endian.h>

#define CONTACT_BYTES 32 /* device 16 ‖ seen 8 ‖ drift 8, little endian */

static int64_t
int_read(const char *at)
{
	uint64_t number;

	memcpy(&number, at, sizeof(number));
	return (int64_t)le64toh(number);
}

static void
int_write(struct buf *out, int64_t value)
{
	uint64_t number = htole64((uint64_t)value);

	buf_add(out, (struct str){ (const char *)&number, sizeof(number) });
}

enum rc
contacts_read(struct str body, struct contacts *contacts, struct err *err)
{
	contacts->count = 0;
	if (body.len % CONTACT_BYTES != 0 || body.len / CONTACT_BYTES > CONTACTS_MAX)
		return FAIL(err, RC_CORRUPT, "the devices' contacts have a wrong length");
	for (const char *at = body.ptr; contacts->count < body.len / CONTACT_BYTES;
	     at += CONTACT_BYTES) {
		struct contact *item = &contacts->items[contacts->count++];
		memcpy(item->device.bytes, at, 16);
		item->seen_us = int_read(at + 16);
		item->drift_ms = int_read(at + 24);
	}
	return RC_OK;
}

const struct contact *
contact_of(const struct contacts *contacts, struct id device)
{
	for (size_t i = 0; i < contacts->count; i++) {
		if (id_eq(contacts->items[i].device, device))
			return &contacts->items[i];
	}
	return NULL;
}

static void
contact_write(struct buf *out, const struct contact *item)
{
	buf_add(out, (struct str){ (const char *)item->device.bytes, 16 });
	int_write(out, item->seen_us);
	int_write(out, item->drift_ms);
}

/* The newest first; the rest keeps its order, and the last of too many goes. */
static enum rc
contact_change_run(const void *arg, struct str old, struct buf *next, struct err *err)
{
	const struct contact *latest = arg;
	struct contacts contacts;
	const struct contact *known;
	size_t kept = 1;

	TRY(contacts_read(old, &contacts, err));
	known = contact_of(&contacts, latest->device);
	if (known != NULL && latest->seen_us - known->seen_us < CONTACT_EVERY_US)
		return RC_OK;
	contact_write(next, latest);
	for (size_t i = 0; i < contacts.count && kept < CONTACTS_MAX; i++) {
		if (id_eq(contacts.items[i].device, latest->device))
			continue;
		contact_write(next, &contacts.items[i]);
		kept++;
	}
	return RC_OK;
}

struct projection_change
contact_change(const struct contact *latest)
{
	return (struct projection_change){ .class = STR("device"),
		                           .name = CONTACT_NAME,
		                           .fn = contact_change_run,
		                           .arg = latest };
}
