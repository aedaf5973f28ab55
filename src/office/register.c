#include "office/register.h"

#include "office/inside.h"

enum rc
register_put(const struct door *door, struct office *office, struct register_entry *entry,
             struct err *err)
{
	(void)door;
	(void)office;
	(void)entry;
	return FAIL(err, RC_METHOD, "not there yet");
}

enum rc
register_get(const struct door *door, struct office *office, struct id id, struct arena *arena,
             struct register_entry *entry, struct err *err)
{
	(void)door;
	(void)office;
	(void)id;
	(void)arena;
	(void)entry;
	return FAIL(err, RC_METHOD, "not there yet");
}

enum rc
register_list(const struct door *door, struct office *office,
              const struct register_query *query, struct arena *arena,
              struct register_entries *entries, struct err *err)
{
	(void)door;
	(void)office;
	(void)query;
	(void)arena;
	(void)entries;
	return FAIL(err, RC_METHOD, "not there yet");
}

enum rc
register_attestation(struct office *office, const struct tenant *tenant, struct str name,
                     struct arena *arena, struct register_entry *entry, struct err *err)
{
	(void)office;
	(void)tenant;
	(void)name;
	(void)arena;
	(void)entry;
	return FAIL(err, RC_METHOD, "not there yet");
}

void
register_processing(const struct policy *policy, struct buf *json)
{
	(void)policy;
	(void)json;
}
