/*
 * A member's devices: list, add with a one-time code, a new code, disconnect;
 * and the claim by which a device turns its code into a credential.
 */
#include "base/json.h"
#include "people/code.h"
#include "people/qr.h"
#include "service/measure/contact.h"
#include "service/measure/device.h"
#include "service/measure/pages.h"

static const struct doc_field device_fields[] = {
	{ "id", DOC_TEXT, NULL, NULL },
	{ "serial", DOC_TEXT, NULL, "Serial number" },
	{ "model", DOC_TEXT, NULL, "Device" },
	{ "firmware", DOC_TEXT, NULL, "Firmware" },
	{ "state", DOC_TEXT, NULL, "State" },
	{ "enrolled", DOC_TIME, NULL, "Added" },
	{ "seen", DOC_TIME, NULL, "Last contact" },
	{ "drift_ms", DOC_INT, "ms", "Its clock differs by" },
};

static void
device_fill(struct doc_cell *cells, struct arena *arena, const struct device *device)
{
	cell_text(&cells[0], id_to_str(arena, device->id));
	cell_text(&cells[1], device->serial);
	cell_text(&cells[2], device->model);
	cell_text(&cells[3], device->firmware);
	cell_text(&cells[4], str_from_c(device_state_word(device->state)));
	cell_int(&cells[5], device->enrolled_us);
}

static MUST_CHECK enum rc
contacts_of(struct request *request, struct contacts *contacts, struct err *err)
{
	struct str body = STR_EMPTY;
	struct projection_query query = { .class = STR("device"),
		                          .name = CONTACT_NAME,
		                          .subjects = &request->actor.subject,
		                          .count = 1,
		                          .bodies = &body };

	TRY(vault_projections(&request->door, &query, request->arena, err));
	return contacts_read(body, contacts, err);
}

static void
contact_fill(struct doc_cell *cells, const struct contacts *contacts,
             const struct device *device)
{
	const struct contact *contact = contact_of(contacts, device->id);

	if (contact == NULL)
		return;
	cell_int(&cells[6], contact->seen_us);
	if (contact->drift_ms != 0)
		cell_int(&cells[7], contact->drift_ms);
}

enum rc
devices_show(struct request *request, struct doc *doc, struct err *err)
{
	struct contacts contacts;
	struct devices devices;
	struct doc_part *part;

	doc_page_text(doc, "page_title", STR("My devices"));
	TRY(device_list(&request->door, request->actor.subject, (struct id){ { 0 } },
	                request->arena, &devices, err));
	TRY(contacts_of(request, &contacts, err));
	part = doc_rows(doc, "devices", device_fields, COUNT_OF(device_fields));
	for (size_t i = 0; i < devices.count; i++) {
		struct doc_cell cells[COUNT_OF(device_fields)] = { 0 };
		device_fill(cells, request->arena, &devices.items[i]);
		contact_fill(cells, &contacts, &devices.items[i]);
		memcpy(doc_row(doc, part), cells, sizeof(cells));
	}
	return RC_OK;
}

static MUST_CHECK enum rc
device_of_path(struct request *request, struct device *device, struct err *err)
{
	struct id id;

	if (id_parse(request->params[0], &id, err) != RC_OK)
		return FAIL(err, RC_NOT_FOUND, "there is no such device");
	return device_get(&request->door, id, request->arena, device, err);
}

/* The way back, from the third level on. */
static void
crumbs_fill(struct doc *doc)
{
	static const struct doc_field fields[] = { { "path", DOC_TEXT, NULL, NULL },
		                                   { "label", DOC_TEXT, NULL, NULL } };
	struct doc_part *part = doc_rows(doc, "crumbs", fields, COUNT_OF(fields));
	struct doc_cell *cells = doc_row(doc, part);

	part->is_for_page_only = true;
	cell_text(&cells[0], STR("/devices"));
	cell_text(&cells[1], STR("My devices"));
}

enum rc
device_show(struct request *request, struct doc *doc, struct err *err)
{
	struct contacts contacts;
	struct device device;
	struct doc_cell *cells;

	TRY(device_of_path(request, &device, err));
	TRY(contacts_of(request, &contacts, err));
	doc_page_text(doc, "page_title", device.model);
	crumbs_fill(doc);
	doc_page_bool(doc, "is_active", device.state != DEVICE_REVOKED);
	cells = doc_record(doc, "device", device_fields, COUNT_OF(device_fields));
	device_fill(cells, request->arena, &device);
	contact_fill(cells, &contacts, &device);
	return RC_OK;
}

/* --- adding ----------------------------------------------------------------------- */

enum rc
device_new_show(struct request *request, struct doc *doc, struct err *err)
{
	(void)request;
	(void)err;
	doc_page_text(doc, "page_title", STR("Add a device"));
	crumbs_fill(doc);
	return RC_OK;
}

/* Shows the one-time code, as text and as a picture to scan. */
static MUST_CHECK enum rc
code_show(struct request *request, struct doc *doc, const struct device *device,
          struct err *err)
{
	struct code code = { .owner = device->id,
		             .subject = device->member,
		             .minutes = DEVICE_CODE_MIN };
	struct str uri;
	struct str svg;

	TRY(people_code_issue(&request->door, request->site->people, &code, err));
	uri = str_printf(request->arena, "%.*s%.*s/devices/claim#%.*s:%s",
	                 STR_ARGS(request->origin), STR_ARGS(request->prefix),
	                 STR_ARGS(device->serial), code.text);
	TRY(qr_svg(uri, request_say(request, "Code to connect the device"), request->arena,
	           &svg, err));
	doc_text(doc, "code", str_copy(request->arena, str_from_c(code.text)));
	doc_int(doc, "minutes", DEVICE_CODE_MIN);
	doc_markup(doc, "qr_svg", svg);
	doc_text(doc, "device_path",
	         str_printf(request->arena, "/devices/%.*s",
	                    STR_ARGS(id_to_str(request->arena, device->id))));
	return RC_OK;
}

enum rc
device_new_submit(struct request *request, struct doc *doc, struct err *err)
{
	struct device device = { .member = request->actor.subject,
		                 .serial = request_form(request, "serial"),
		                 .model = request_form(request, "model"),
		                 .firmware = request_form(request, "firmware"),
		                 .state = DEVICE_WAITING };
	enum rc rc;

	doc_page_text(doc, "page_title", STR("Add a device"));
	if (device_serial_check(device.serial, err) != RC_OK)
		request_field_error(request, doc, "serial",
		                    str_copy(request->arena, str_from_c(err->text)));
	if (device.model.len == 0 || device.model.len > DEVICE_TEXT_MAX)
		request_field_error(request, doc, "model",
		                    request_say(request, "Enter the model"));
	if (device.firmware.len > DEVICE_TEXT_MAX)
		request_field_error(request, doc, "firmware",
		                    request_say(request, "This is too long"));
	if (request_has_errors(request))
		return RC_OK;
	rc = device_add(&request->door, &device, err);
	if (rc == RC_CONFLICT) {
		request_field_error(request, doc, "serial",
		                    request_say(request, "A device with this serial number is "
		                                         "connected already"));
		return RC_OK;
	}
	TRY(rc);
	return code_show(request, doc, &device, err);
}

enum rc
device_code_submit(struct request *request, struct doc *doc, struct err *err)
{
	struct device device;

	doc_page_text(doc, "page_title", STR("Connect the device"));
	TRY(device_of_path(request, &device, err));
	if (device.state == DEVICE_REVOKED)
		return FAIL(err, RC_CONFLICT, "the device is disconnected; add it again");
	return code_show(request, doc, &device, err);
}

enum rc
device_revoke_submit(struct request *request, struct doc *doc, struct err *err)
{
	struct device device;

	(void)doc;
	TRY(device_of_path(request, &device, err));
	/* The state first: a claim that is under way looks at it after its token. */
	device.state = DEVICE_REVOKED;
	TRY(device_change(&request->door, &device, err));
	TRY(people_token_revoke(&request->door, request->site->people, device.id,
	                        (struct id){ { 0 } }, err));
	return request_redirect(request, STR("/devices?done=revoked"));
}

/* --- the claim -------------------------------------------------------------------- */

/* The system acts for a device that is not anybody yet. */
static struct door
system_door(const struct request *request, const struct actor *system)
{
	struct door door = request->door;

	door.actor = system;
	return door;
}

/* A credential for a device, unless it was disconnected meanwhile. */
static MUST_CHECK enum rc
credential_issue(struct request *request, const struct door *door, const struct device *device,
                 struct token *token, char secret[64], struct err *err)
{
	struct people *people = request->site->people;
	struct device again;

	*token =
	    (struct token){ .kind = TOKEN_DEVICE,
		            .owner = device->id,
		            .subject = device->member,
		            .role = STR("device"),
		            .label = device->serial,
		            .assurance = 1,
		            .expires_us = request->now_us + DEVICE_TOKEN_DAYS * US_PER_DAY };
	TRY(people_token_issue(door, people, token, secret, err));
	TRY(device_get(door, device->id, request->arena, &again, err));
	if (again.state == DEVICE_ACTIVE)
		return RC_OK;
	TRY(people_token_revoke(door, people, device->id, (struct id){ { 0 } }, err));
	return FAIL(err, RC_UNAUTHENTICATED, "the device has been disconnected");
}

enum rc
device_claim(struct request *request, struct doc *doc, struct err *err)
{
	static const struct actor system = { .kind = ACTOR_SYSTEM };
	struct door door = system_door(request, &system);
	const struct json_object *root;
	struct code code = { 0 };
	struct device device;
	struct token token;
	struct str serial, text;
	char secret[64];

	TRY(request_json(request, &root, err));
	TRY(json_need_text(root, "serial", &serial, err));
	TRY(json_need_text(root, "code", &text, err));
	TRY(people_code_redeem(request->site->people, &request->visitor, text, &code, err));
	TRY(device_get(&door, code.owner, request->arena, &device, err));
	if (!str_eq(device.serial, serial) || device.state == DEVICE_REVOKED)
		return FAIL(err, RC_UNAUTHENTICATED, "the code is not of this device");
	device.state = DEVICE_ACTIVE;
	TRY(device_change(&door, &device, err));
	TRY(credential_issue(request, &door, &device, &token, secret, err));
	request->response.status = 201;
	doc_text(doc, "token", str_copy(request->arena, str_from_c(secret)));
	doc_time(doc, "expires", token.expires_us);
	doc_text(doc, "device", id_to_str(request->arena, device.id));
	return RC_OK;
}
