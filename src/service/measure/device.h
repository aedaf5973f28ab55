/*
 * Devices: enrolled by their member, named by serial number, revoked, passed on.
 *
 * A device is a record about its member.  What it sends is the member's; a
 * device that changes hands starts anew with its next owner and leaves the old
 * owner's readings where they are.
 */
#ifndef SERVICE_MEASURE_DEVICE_H
#define SERVICE_MEASURE_DEVICE_H

#include "base/json.h"
#include "vault/vault.h"

#define DEVICE_SERIAL_MAX 64
#define DEVICE_TEXT_MAX   100 /* model, firmware */
#define DEVICE_CODE_MIN   15  /* minutes that a one-time code works */
#define DEVICE_TOKEN_DAYS 400

enum device_state { DEVICE_WAITING = 1, DEVICE_ACTIVE, DEVICE_REVOKED };

struct device {
	struct id id;
	struct id member;
	int64_t version;
	struct str serial, model, firmware;
	enum device_state state;
	int64_t enrolled_us;
};
struct devices {
	struct device *items;
	size_t count;
};

/* Letters, digits and . _ / -: 1 to DEVICE_SERIAL_MAX, else RC_INVALID. */
enum rc device_serial_check(struct str serial, struct err *err) MUST_CHECK;

/* RC_CONFLICT: a device of that serial number is enrolled and not revoked. */
enum rc device_add(const struct door *door, struct device *device, struct err *err) MUST_CHECK;
enum rc device_get(const struct door *door, struct id id, struct arena *arena,
                   struct device *device, struct err *err) MUST_CHECK;
enum rc device_find(const struct door *door, struct str serial, struct arena *arena,
                    struct device *device, struct err *err) MUST_CHECK;
/* A zero member: of all, page by id (needs `read all device`). */
enum rc device_list(const struct door *door, struct id member, struct id after,
                    struct arena *arena, struct devices *devices, struct err *err) MUST_CHECK;
/* Stores state, model and firmware as they are in `device`. */
enum rc device_change(const struct door *door, struct device *device, struct err *err)
    MUST_CHECK;

const char *device_state_word(enum device_state state); /* "active" */

#endif
