/*
 * Register entries as records of the class `register`.
 */
#include "office/register.h"
#include "base/broken.h"

#include "office/inside.h"

#define CLASS "register"

/* The register's fields that are texts and times, and where they lie. */
static const struct text_field {
	const char *name;
	size_t at;
} text_fields[] = {
	{ "kind", offsetof(struct register_entry, kind) },
	{ "title", offsetof(struct register_entry, title) },
	{ "text", offsetof(struct register_entry, text) },
	{ "party", offsetof(struct register_entry, party) },
	{ "contact", offsetof(struct register_entry, contact) },
	{ "region", offsetof(struct register_entry, region) },
	{ "basis", offsetof(struct register_entry, basis) },
	{ "document", offsetof(struct register_entry, document) },
	{ "reference", offsetof(struct register_entry, reference) },
	{ "classes", offsetof(struct register_entry, classes) },
	{ "state", offsetof(struct register_entry, state) },
	{ "severity", offsetof(struct register_entry, severity) },
	{ "by", offsetof(struct register_entry, by) },
};
static const struct number_field {
	const char *name;
	size_t at;
} number_fields[] = {
	{ "at", offsetof(struct register_entry, at_us) },
	{ "due", offsetof(struct register_entry, due_us) },
	{ "until", offsetof(struct register_entry, until_us) },
	{ "notified", offsetof(struct register_entry, notified_us) },
	{ "closed", offsetof(struct register_entry, closed_us) },
	{ "people", offsetof(struct register_entry, people) },
};

static struct str *
text_at(struct register_entry *entry, const struct text_field *field)
{
	return (struct str *)(void *)((char *)entry + field->at);
}

static int64_t *
number_at(struct register_entry *entry, const struct number_field *field)
{
	return (int64_t *)(void *)((char *)entry + field->at);
}

static MUST_CHECK enum rc
entry_format(struct register_entry *entry, struct arena *arena, struct str *body,
             struct err *err)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	struct json_out out;
	struct str finished;

	buf_init(&text, LIMIT_RECORD_BYTES);
	json_out_init(&out, &text);
	json_object_begin(&out);
	for (size_t i = 0; i < COUNT_OF(text_fields); i++) {
		struct str value = *text_at(entry, &text_fields[i]);
		if (value.len != 0)
			json_text_at(&out, text_fields[i].name, value);
	}
	for (size_t i = 0; i < COUNT_OF(number_fields); i++) {
		int64_t value = *number_at(entry, &number_fields[i]);
		if (value != 0)
			json_int_at(&out, number_fields[i].name, value);
	}
	json_object_close(&out);
	TRY(buf_finish(&text, &finished, err));
	*body = str_copy(arena, finished);
	return RC_OK;
}

static MUST_CHECK enum rc
entry_read(const struct vault_record *record, struct arena *arena, struct register_entry *entry,
           struct err *err)
{
	CLEANUP(json_free) struct json json = { NULL };
	struct json_object *value;

	*entry = (struct register_entry){ .id = record->id, .version = record->version };
	TRY(json_parse(&json, record->body, err));
	for (size_t i = 0; i < COUNT_OF(text_fields); i++) {
		if (json_find(json.root, text_fields[i].name, &value) &&
		    json_kind(value) == JSON_STRING)
			*text_at(entry, &text_fields[i]) = str_copy(arena, json_text(value));
	}
	for (size_t i = 0; i < COUNT_OF(number_fields); i++) {
		if (json_find(json.root, number_fields[i].name, &value))
			TRY(json_int(value, number_at(entry, &number_fields[i]), err));
	}
	return RC_OK;
}

/* --- kinds ----------------------------------------------------------------------------- */

const struct register_kind register_kinds[] = {
	{ "processor", "Processors", "GDPR Art. 28", "since", false, 0 },
	{ "disclosure", "Disclosures", "GDPR Art. 15(1)(c), 45 CFR 164.528", "on", false, 0 },
	{ "transfer", "Transfers", "GDPR Art. 44-49", "since", false, 0 },
	{ "incident", "Incidents", "GDPR Art. 33, 45 CFR 164.404-410", "noticed", true,
	  72 * US_PER_HOUR },
	{ "notice", "Breach notices", "GDPR Art. 34, 45 CFR 164.404", "sent", false, 0 },
	{ "attestation", "Attestations", "GDPR Art. 32(1)(d)", "dated", false, 0 },
	{ "instruction", "Instructions", "GDPR Art. 28(3)(a)", "given", false, 0 },
	{ "training", "Training", "GDPR Art. 39(1)(b), 45 CFR 164.530(b)", "held", false, 0 },
	{ "dpia", "Impact assessments", "GDPR Art. 35", "made", false, 0 },
	{ "alert", "Alerts", "GDPR Art. 32(1)(d)", "raised", true, 0 },
};
const size_t register_kind_count = COUNT_OF(register_kinds);

const struct register_kind *
register_kind_find(struct str name)
{
	for (size_t i = 0; i < register_kind_count; i++) {
		if (str_eq(name, str_from_c(register_kinds[i].name)))
			return &register_kinds[i];
	}
	return NULL;
}

/* --- entries ------------------------------------------------------------------------------ */

#define TITLE_BYTES 300
#define TEXT_BYTES  (64 * KIB)

static MUST_CHECK enum rc
entry_check(const struct policy *policy, struct register_entry *entry, struct err *err)
{
	const struct register_kind *kind = register_kind_find(entry->kind);

	if (kind == NULL)
		return FAIL(err, RC_INVALID, "kind: there is no such register");
	if (entry->title.len == 0 || entry->title.len > TITLE_BYTES)
		return FAIL(err, RC_INVALID, "title: 1 to %d bytes", TITLE_BYTES);
	for (size_t i = 0; i < COUNT_OF(text_fields); i++) {
		struct str value = *text_at(entry, &text_fields[i]);
		if (value.len > TEXT_BYTES || !str_is_utf8(value))
			return FAIL(err, RC_INVALID, "%s: at most %lu bytes of text",
			            text_fields[i].name, TEXT_BYTES);
	}
	if (str_eq(entry->kind, STR("attestation")) && entry->reference.len == 0)
		return FAIL(err, RC_INVALID, "reference: the name that the policy gives it");
	if (str_eq(entry->kind, STR("transfer")) && entry->basis.len == 0)
		return FAIL(err, RC_INVALID, "basis: a transfer has one (GDPR chapter V)");
	if (str_eq(entry->kind, STR("disclosure")) &&
	    policy_recipient_find(policy, entry->party) == NULL)
		return FAIL(err, RC_INVALID, "party: a recipient of the policy");
	if (entry->state.len == 0)
		entry->state = STR("open");
	if (entry->due_us == 0 && kind->due_us != 0)
		entry->due_us = entry->at_us + kind->due_us;
	return RC_OK;
}

enum rc
register_put(const struct door *door, struct office *office, struct register_entry *entry,
             struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct vault_record record = { .class = STR(CLASS),
		                       .id = entry->id,
		                       .version = entry->version };
	char by[ID_TEXT_LEN + 1];

	arena_init(&arena, OFFICE_ARENA_BYTES);
	if (entry->at_us == 0)
		entry->at_us = office_now_us(office);
	TRY(entry_check(door->tenant->policy, entry, err));
	id_format(door->actor->id, by);
	entry->by = door->actor->kind == ACTOR_SYSTEM ? STR("system") : str_from_c(by);
	TRY(office_organisation(office, door->tenant, &record.subject, err));
	TRY(entry_format(entry, &arena, &record.body, err));
	entry->by = STR_EMPTY; /* it lies on this stack */
	TRY(vault_put(door, &record, err));
	entry->id = record.id;
	entry->version = record.version;
	return RC_OK;
}

enum rc
register_get(const struct door *door, struct office *office, struct id id, struct arena *arena,
             struct register_entry *entry, struct err *err)
{
	struct vault_record record;

	(void)office;
	TRY(vault_get(door, STR(CLASS), id, arena, &record, err));
	return entry_read(&record, arena, entry, err);
}

static MUST_CHECK enum rc
entries_read(const struct vault_records *records, struct arena *arena,
             struct register_entries *entries, struct err *err)
{
	entries->count = records->count;
	entries->items = arena_alloc(arena, (records->count + 1) * sizeof(*entries->items),
	                             _Alignof(struct register_entry));
	for (size_t i = 0; i < records->count; i++)
		TRY(entry_read(&records->items[i], arena, &entries->items[i], err));
	return RC_OK;
}

static void
facet_ask(const struct policy_class *class, const char *field, struct str value,
          struct record_query *query)
{
	const struct policy_index *index = policy_index_find(class, str_from_c(field));

	if (value.len != 0 && index != NULL && index->kind == INDEX_FACET)
		query->facet[index->number] = policy_number(value);
}

enum rc
register_list(const struct door *door, struct office *office,
              const struct register_query *query, struct arena *arena,
              struct register_entries *entries, struct err *err)
{
	const struct policy_class *class = policy_class_find(door->tenant->policy, STR(CLASS));
	struct record_query ask = { .order = RECORD_BY_ID,
		                    .after = query->after,
		                    .limit = query->limit };
	struct vault_records records;

	if (class == NULL)
		return FAIL(err, RC_INVALID, "the policy keeps no registers");
	facet_ask(class, "kind", query->kind, &ask);
	facet_ask(class, "state", query->state, &ask);
	if (query->is_newest_first) {
		ask.order = RECORD_BY_TIME_DOWN;
		ask.after_key = query->after_us;
	}
	TRY(office_organisation(office, door->tenant, &ask.subject, err));
	TRY(vault_list(door, STR(CLASS), &ask, arena, &records, err));
	return entries_read(&records, arena, entries, err);
}

enum rc
register_history(const struct door *door, struct office *office, struct id id,
                 struct arena *arena, struct register_entries *entries, struct err *err)
{
	struct vault_records records;

	(void)office;
	TRY(vault_history(door, STR(CLASS), id, arena, &records, err));
	return entries_read(&records, arena, entries, err);
}

/* --- attestations ------------------------------------------------------------------------- */

static bool
lasts_longer(const struct register_entry *a, const struct register_entry *b)
{
	if (a->until_us == 0 || b->until_us == 0)
		return a->until_us == 0;
	return a->until_us > b->until_us;
}

enum rc
register_attestation(struct office *office, const struct tenant *tenant, struct str name,
                     struct arena *arena, struct register_entry *entry, struct err *err)
{
	struct door door = office_door(office, tenant);
	struct register_query query = { .kind = STR("attestation"), .limit = LIMIT_PAGE_ROWS };
	struct register_entries page;
	bool is_found = false;

	do {
		TRY(register_list(&door, office, &query, arena, &page, err));
		for (size_t i = 0; i < page.count; i++) {
			const struct register_entry *one = &page.items[i];
			query.after = one->id;
			if (!str_eq(one->reference, name) || str_eq(one->state, STR("closed")))
				continue;
			if (!is_found || lasts_longer(one, entry))
				*entry = *one;
			is_found = true;
		}
	} while (page.count == LIMIT_PAGE_ROWS);
	if (!is_found || broken("attested"))
		return FAIL(err, RC_NOT_FOUND, "no such attestation is on file");
	return RC_OK;
}
