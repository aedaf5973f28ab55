#include "service/measure/device.h"

#include "base/limits.h"

#define CLASS STR("device")

static const char *const state_words[] = {
	[DEVICE_WAITING] = "invited",
	[DEVICE_ACTIVE] = "active",
	[DEVICE_REVOKED] = "revoked",
};

const char *
device_state_word(enum device_state state)
{
	return state_words[state];
}

static bool
is_serial_character(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
	       c == '.' || c == '_' || c == '/' || c == '-';
}

enum rc
device_serial_check(struct str serial, struct err *err)
{
	if (serial.len == 0 || serial.len > DEVICE_SERIAL_MAX)
		return FAIL(err, RC_INVALID, "a serial number has 1 to %d characters",
		            DEVICE_SERIAL_MAX);
	for (size_t i = 0; i < serial.len; i++) {
		if (!is_serial_character(serial.ptr[i]))
			return FAIL(err, RC_INVALID,
			            "a serial number has letters, digits and . _ / - only");
	}
	return RC_OK;
}

static MUST_CHECK enum rc
text_check(struct str text, const char *what, struct err *err)
{
	if (text.len > DEVICE_TEXT_MAX || !str_is_utf8(text))
		return FAIL(err, RC_INVALID, "the %s has at most %d bytes", what,
		            DEVICE_TEXT_MAX);
	return RC_OK;
}

/* --- the record's body ---------------------------------------------------------- */

/* The serial number of a revoked device is free for its next owner: it is kept
 * in the label, out of the index. */
static void
body_write(const struct device *device, struct buf *body)
{
	struct json_out out;

	json_out_init(&out, body);
	json_object_begin(&out);
	json_text_at(&out, device->state == DEVICE_REVOKED ? "label" : "serial",
	             device->serial);
	json_text_at(&out, "model", device->model);
	json_text_at(&out, "firmware", device->firmware);
	json_text_at(&out, "state", str_from_c(device_state_word(device->state)));
	json_time_at(&out, "enrolled", device->enrolled_us);
	json_object_close(&out);
}

static MUST_CHECK enum rc
state_parse(struct str word, enum device_state *state, struct err *err)
{
	for (size_t i = DEVICE_WAITING; i < COUNT_OF(state_words); i++) {
		if (!str_eq(word, str_from_c(state_words[i])))
			continue;
		*state = (enum device_state)i;
		return RC_OK;
	}
	return FAIL(err, RC_CORRUPT, "a device has an unknown state");
}

static MUST_CHECK enum rc
body_read(const struct vault_record *record, struct arena *arena, struct device *device,
          struct err *err)
{
	CLEANUP(json_free) struct json json = { NULL };
	struct str enrolled;
	struct str state;

	*device = (struct device){ .id = record->id,
		                   .member = record->subject,
		                   .version = record->version };
	TRY(json_parse(&json, record->body, err));
	TRY(json_need_text(json.root, "state", &state, err));
	TRY(state_parse(state, &device->state, err));
	TRY(json_need_text(json.root, device->state == DEVICE_REVOKED ? "label" : "serial",
	                   &device->serial, err));
	TRY(json_need_text(json.root, "model", &device->model, err));
	TRY(json_need_text(json.root, "firmware", &device->firmware, err));
	TRY(json_need_text(json.root, "enrolled", &enrolled, err));
	TRY(time_parse(enrolled, &device->enrolled_us, NULL, err));
	device->serial = str_copy(arena, device->serial);
	device->model = str_copy(arena, device->model);
	device->firmware = str_copy(arena, device->firmware);
	return RC_OK;
}

static MUST_CHECK enum rc
device_put(const struct door *door, struct device *device, struct err *err)
{
	CLEANUP(buf_free) struct buf body = { 0 };
	struct vault_record record = { .class = CLASS,
		                       .subject = device->member,
		                       .id = device->id,
		                       .version = device->version };

	TRY(device_serial_check(device->serial, err));
	TRY(text_check(device->model, "model", err));
	TRY(text_check(device->firmware, "firmware", err));
	buf_init(&body, 4 * KIB);
	body_write(device, &body);
	TRY(buf_finish(&body, &record.body, err));
	TRY(vault_put(door, &record, err));
	device->id = record.id;
	device->version = record.version;
	return RC_OK;
}

/* --- the records ---------------------------------------------------------------- */

enum rc
device_add(const struct door *door, struct device *device, struct err *err)
{
	enum rc rc;

	device->id = (struct id){ { 0 } };
	device->version = 0;
	device->enrolled_us = clock_now_us(vault_clock(door->vault));
	rc = device_put(door, device, err);
	if (rc == RC_CONFLICT)
		return FAIL(err, RC_CONFLICT,
		            "a device with this serial number is connected already");
	return rc;
}

enum rc
device_change(const struct door *door, struct device *device, struct err *err)
{
	return device_put(door, device, err);
}

enum rc
device_get(const struct door *door, struct id id, struct arena *arena, struct device *device,
           struct err *err)
{
	struct vault_record record;

	TRY(vault_get(door, CLASS, id, arena, &record, err));
	return body_read(&record, arena, device, err);
}

enum rc
device_find(const struct door *door, struct str serial, struct arena *arena,
            struct device *device, struct err *err)
{
	struct vault_term term = { "serial", serial };
	struct vault_record record;

	TRY(device_serial_check(serial, err));
	TRY(vault_find(door, CLASS, &term, arena, &record, err));
	return body_read(&record, arena, device, err);
}

enum rc
device_list(const struct door *door, struct id member, struct id after, struct arena *arena,
            struct devices *devices, struct err *err)
{
	struct record_query query = { .subject = member,
		                      .after = after,
		                      .order = RECORD_BY_ID,
		                      .limit = LIMIT_PAGE_ROWS };
	struct vault_records records;

	TRY(vault_list(door, CLASS, &query, arena, &records, err));
	devices->count = records.count;
	devices->items = arena_alloc(arena, (records.count + 1) * sizeof(*devices->items),
	                             _Alignof(struct device));
	for (size_t i = 0; i < records.count; i++)
		TRY(body_read(&records.items[i], arena, &devices->items[i], err));
	return RC_OK;
}
