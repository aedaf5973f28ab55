/*
 * When each device of a member last delivered, and how far its clock was off: a
 * projection, so that devices and staff pages open no reading for it.
 */
#ifndef SERVICE_MEASURE_CONTACT_H
#define SERVICE_MEASURE_CONTACT_H

#include "vault/projection.h"

#define CONTACT_NAME     "contact"
#define CONTACTS_MAX     64 /* devices of one member; of more the longest silent goes */
#define CONTACT_EVERY_US (60 * US_PER_S) /* finer is not written down */

struct contact {
	struct id device;
	int64_t seen_us;
	int64_t drift_ms;
};
struct contacts {
	struct contact items[CONTACTS_MAX];
	size_t count;
};

/* The change that an append makes; `latest` must live until it is done. */
struct projection_change contact_change(const struct contact *latest);

/* RC_CORRUPT for bytes that contact_change() did not write; empty is none. */
enum rc contacts_read(struct str body, struct contacts *contacts, struct err *err) MUST_CHECK;
const struct contact *contact_of(const struct contacts *contacts, struct id device); /* NULL */

#endif
