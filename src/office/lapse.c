/*
 * What ends on a date: attestations and training.  Staff hear of it once when it
 * comes near, and every month while it has passed and nothing newer is on file.
 */
#include "office/alert.h"
#include "office/inside.h"
#include "office/register.h"

#define MSGID(text)    text /* marks a text for tools/messages */
#define LAPSE_SOON_US  (30 * US_PER_DAY)
#define LAPSE_MONTH_US (30 * US_PER_DAY)

static const struct lapsing {
	const char *kind, *near, *past; /* the last two: what the alerts are called */
	const char *soon, *over, *text;
} lapsings[] = {
	{ "attestation", "attestation-ends", "attestation-lapsed",
	  MSGID("An attestation ends within 30 days"), MSGID("An attestation has lapsed"),
	  MSGID("A promise of the policy rests on it; see the register of attestations.") },
	{ "training", "training-ends", "training-lapsed",
	  MSGID("A training ends within 30 days"), MSGID("A training has lapsed"),
	  MSGID(
	      "Somebody of the staff has to be trained again; see the register of training.") },
};

/* Of the same name, and later. */
static bool
is_replaced(const struct register_entries *entries, const struct register_entry *entry)
{
	for (size_t i = 0; i < entries->count; i++) {
		const struct register_entry *other = &entries->items[i];
		if (str_eq(other->reference, entry->reference) &&
		    str_eq(other->state, STR("open")) &&
		    (other->until_us == 0 || other->until_us > entry->until_us))
			return true;
	}
	return false;
}

static MUST_CHECK enum rc
entry_check(struct office *office, const struct tenant *tenant, const struct lapsing *lapsing,
            const struct register_entry *entry, struct err *err)
{
	int64_t left_us = entry->until_us - office_now_us(office);
	bool is_over = left_us < 0;
	struct alert alert = { .what = is_over ? lapsing->past : lapsing->near,
		               .severity = is_over ? "high" : "medium",
		               .title = str_from_c(is_over ? lapsing->over : lapsing->soon),
		               .text = str_from_c(lapsing->text),
		               .about = entry->id };

	return left_us > LAPSE_SOON_US
	           ? RC_OK
	           : alert_raise_within(office, tenant, &alert, LAPSE_MONTH_US, err);
}

static MUST_CHECK enum rc
kind_check(struct office *office, const struct tenant *tenant, const struct lapsing *lapsing,
           struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct door door = office_door(office, tenant);
	struct register_query query = { .kind = str_from_c(lapsing->kind),
		                        .state = STR("open"),
		                        .limit = LIMIT_PAGE_ROWS,
		                        .is_newest_first = true };
	struct register_entries entries;

	arena_init(&arena, OFFICE_ARENA_BYTES);
	TRY(register_list(&door, office, &query, &arena, &entries, err));
	for (size_t i = 0; i < entries.count; i++) {
		const struct register_entry *entry = &entries.items[i];
		if (entry->until_us != 0 && !is_replaced(&entries, entry))
			TRY(entry_check(office, tenant, lapsing, entry, err));
	}
	return RC_OK;
}

enum rc
lapse_check(struct office *office, const struct tenant *tenant, struct err *err)
{
	for (size_t i = 0; i < COUNT_OF(lapsings); i++)
		TRY(kind_check(office, tenant, &lapsings[i], err));
	return RC_OK;
}
