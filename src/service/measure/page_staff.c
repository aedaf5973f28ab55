/*
 * The first page of the company's staff: counts, never a reading.
 */
#include "service/measure/contact.h"
#include "service/measure/device.h"
#include "service/measure/pages.h"

#define MODELS_MAX 64

struct model {
	struct str name;
	int64_t count;
	int64_t stale; /* silent for a day */
};

struct tally {
	int64_t devices, active, silent;
	struct model models[MODELS_MAX]; /* more are counted together, as "other" */
	size_t model_count;
	int64_t now_us;
};

#define SILENT_US US_PER_DAY

static struct model *
model_of(struct tally *tally, struct str name)
{
	for (size_t i = 0; i < tally->model_count; i++) {
		if (str_eq(tally->models[i].name, name))
			return &tally->models[i];
	}
	if (tally->model_count == MODELS_MAX)
		return &tally->models[MODELS_MAX - 1];
	if (tally->model_count == MODELS_MAX - 1)
		name = STR("other");
	tally->models[tally->model_count].name = name;
	return &tally->models[tally->model_count++];
}

/* The contacts of every member of a page of devices, side by side with them. */
static MUST_CHECK enum rc
contacts_load(struct request *request, const struct devices *page, struct str **bodies,
              struct err *err)
{
	struct id *members = arena_alloc(request->arena, (page->count + 1) * sizeof(*members),
	                                 _Alignof(struct id));
	struct projection_query query = { .class = STR("device"),
		                          .name = CONTACT_NAME,
		                          .subjects = members,
		                          .count = page->count };

	*bodies = arena_alloc(request->arena, (page->count + 1) * sizeof(**bodies),
	                      _Alignof(struct str));
	query.bodies = *bodies;
	for (size_t i = 0; i < page->count; i++)
		members[i] = page->items[i].member;
	return page->count == 0
	           ? RC_OK
	           : vault_projections(&request->door, &query, request->arena, err);
}

static MUST_CHECK enum rc
device_count(struct tally *tally, const struct device *device, struct str body, struct err *err)
{
	const struct contact *contact;
	struct contacts contacts;
	struct model *model;

	tally->devices++;
	if (device->state != DEVICE_ACTIVE)
		return RC_OK;
	TRY(contacts_read(body, &contacts, err));
	contact = contact_of(&contacts, device->id);
	model = model_of(tally, device->model);
	tally->active++;
	model->count++;
	if (contact != NULL && tally->now_us - contact->seen_us <= SILENT_US)
		return RC_OK;
	model->stale++;
	tally->silent++;
	return RC_OK;
}

static MUST_CHECK enum rc
devices_count(struct request *request, struct tally *tally, struct err *err)
{
	struct id after = { { 0 } };
	struct devices page;
	struct str *bodies;

	do {
		TRY(device_list(&request->door, (struct id){ { 0 } }, after, request->arena,
		                &page, err));
		TRY(contacts_load(request, &page, &bodies, err));
		for (size_t i = 0; i < page.count; i++)
			TRY(device_count(tally, &page.items[i], bodies[i], err));
		if (page.count != 0)
			after = page.items[page.count - 1].id;
	} while (page.count == LIMIT_PAGE_ROWS);
	return RC_OK;
}

static MUST_CHECK enum rc
members_count(struct request *request, int64_t *members, struct err *err)
{
	struct subject_list_ask ask = { .class = STR("account"),
		                        .query = { .kind = policy_number(STR("member")),
		                                   .limit = LIMIT_PAGE_ROWS } };

	*members = 0;
	do {
		TRY(vault_subject_list(&request->door, &ask, request->arena, err));
		for (size_t i = 0; i < ask.count; i++)
			*members += (ask.rows[i].flags & SUBJECT_ERASED) == 0;
		if (ask.count != 0)
			ask.query.after = ask.rows[ask.count - 1].id;
	} while (ask.count == LIMIT_PAGE_ROWS);
	return RC_OK;
}

enum rc
staff_show(struct request *request, struct doc *doc, struct err *err)
{
	static const struct doc_field fields[] = { { "model", DOC_TEXT, NULL, "Model" },
		                                   { "count", DOC_INT, NULL, "In use" },
		                                   { "stale", DOC_INT, NULL,
		                                     "Silent for a day" } };
	struct tally *tally = ARENA_NEW(request->arena, struct tally);
	struct doc_part *part;
	int64_t members;

	tally->now_us = request->now_us;
	doc_page_text(doc, "page_title", STR("Overview"));
	TRY(members_count(request, &members, err));
	TRY(devices_count(request, tally, err));
	doc_int(doc, "member_count", members);
	doc_int(doc, "device_count", tally->devices);
	doc_int(doc, "active_device_count", tally->active);
	doc_int(doc, "stale_device_count", tally->silent);
	part = doc_rows(doc, "devices_by_model", fields, COUNT_OF(fields));
	for (size_t i = 0; i < tally->model_count; i++) {
		struct doc_cell *cells = doc_row(doc, part);
		cell_text(&cells[0], tally->models[i].name);
		cell_int(&cells[1], tally->models[i].count);
		cell_int(&cells[2], tally->models[i].stale);
	}
	return RC_OK;
}
