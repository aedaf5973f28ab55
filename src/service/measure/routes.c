/*
 * Every address of measure but FHIR's (fhir_routes.c).
 */
#include "service/measure/measure.h"
#include "service/measure/pages.h"

#define READ_OWN  MAY(READ, "measurement")
#define WRITE_OWN MAY(WRITE, "measurement")
#define BATCH     (4 * MIB) /* of readings in one request */
#define FORM      (16 * KIB)

/* clang-format off */
static const struct route rows[] = {
	{ METHOD_GET,  "/today",      READ_OWN,  "care", 2, BODY_NONE, 0, ANSWER_DOC,  "today",  today_show, "The latest readings and the day's time in ranges" },
	{ METHOD_GET,  "/trends",     READ_OWN,  "care", 2, BODY_NONE, 0, ANSWER_DOC,  "trends", trends_show, "Readings of a period, day by day" },
	{ METHOD_GET,  "/trends.svg", READ_OWN,  "care", 2, BODY_NONE, 0, ANSWER_DATA, "none",   trends_picture, "The same as a picture" },
	{ METHOD_GET,  "/agp",        READ_OWN,  "care", 1, BODY_NONE, 0, ANSWER_DOC,  "agp",    agp_show, "Ambulatory glucose profile and figures of a period" },
	{ METHOD_GET,  "/agp.svg",    READ_OWN,  "care", 2, BODY_NONE, 0, ANSWER_DATA, "none",   agp_picture, "The profile as a drawing" },
	{ METHOD_GET,  "/agp.pdf",    READ_OWN,  "care", 2, BODY_NONE, 0, ANSWER_DATA, "none",   agp_print, "The profile to print" },

	{ METHOD_GET,  "/devices",                READ_OWN,  "care", 2, BODY_NONE, 0,    ANSWER_DOC, "devices",    devices_show, "The member's devices" },
	{ METHOD_GET,  "/devices/new",            WRITE_OWN, "care", 2, BODY_NONE, 0,    ANSWER_DOC, "device_new", device_new_show, "A form to add a device" },
	{ METHOD_POST, "/devices/new",            MAY(WRITE, "device"), "care", 2, BODY_FORM, FORM, ANSWER_DOC, "device_new", device_new_submit, "Adds a device and shows its one-time code" },
	{ METHOD_POST, "/devices/claim",          ANYONE,    "care", 0, BODY_JSON, FORM, ANSWER_DOC, "none",       device_claim, "Turns a one-time code into the device's credential" },
	{ METHOD_GET,  "/devices/:device",        READ_OWN,  "care", 2, BODY_NONE, 0,    ANSWER_DOC, "device",     device_show, "One device" },
	{ METHOD_POST, "/devices/:device/code",   MAY(WRITE, "device"), "care", 2, BODY_FORM, FORM, ANSWER_DOC, "device_new", device_code_submit, "A new one-time code for a device" },
	{ METHOD_POST, "/devices/:device/revoke", MAY(WRITE, "device"), "care", 2, BODY_FORM, FORM, ANSWER_DOC, "none",       device_revoke_submit, "Disconnects a device" },

	{ METHOD_POST, "/readings",         WRITE_OWN, "care", 1, BODY_JSON, BATCH, ANSWER_DATA, "none", readings_take, "Takes one reading or up to 10,000" },
	{ METHOD_GET,  "/readings",         READ_OWN,  "care", 1, BODY_NONE, 0,     ANSWER_DOC,  "none", readings_list, "Readings of a period, or the latest" },
	{ METHOD_GET,  "/readings/changes", READ_OWN,  "care", 1, BODY_NONE, 0,     ANSWER_DOC,  "none", readings_changes, "What changed since a cursor, in commit order" },

	{ METHOD_GET,  "/export",               MAY(RELEASE, "measurement"), "care", 2, BODY_NONE, 0, ANSWER_DOC,  "export", export_show, "What can be taken along, and how" },
	{ METHOD_GET,  "/export/readings",      MAY(RELEASE, "measurement"), "care", 1, BODY_NONE, 0, ANSWER_DOC,  "none",   export_readings, "All readings as JSON or CSV" },
	{ METHOD_GET,  "/export/fhir.json",     MAY(RELEASE, "measurement"), "care", 1, BODY_NONE, 0, ANSWER_DATA, "none",   export_fhir, "All readings as a FHIR R4 Bundle" },

	{ METHOD_GET,  "/staff", MAY(MANAGE, "devices"), "support", 2, BODY_NONE, 0, ANSWER_DOC, "staff", staff_show, "Counts of members, devices and storage" },
};
/* clang-format on */

const struct routes measure_routes = { rows, COUNT_OF(rows) };
