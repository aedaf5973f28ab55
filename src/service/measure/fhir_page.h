/*
 * One page of a search: the first so many readings, in the order that was asked
 * for, after a cursor.
 *
 * The cursor is the place of the last reading given: its time (or its commit
 * time) and its number.  So pages neither repeat nor skip a reading, whatever
 * arrives meanwhile.
 */
#ifndef SERVICE_MEASURE_FHIR_PAGE_H
#define SERVICE_MEASURE_FHIR_PAGE_H

#include "service/measure/fhir_search.h"
#include "vault/vault.h"

struct fhir_page {
	const struct door *door;
	struct id patient;
	const struct fhir_search *search;
	struct readings readings; /* out, in the arena given */
	bool has_more;            /* out */
};

/* RC_INVALID: the cursor is not one of this order. */
enum rc fhir_page_load(struct fhir_page *page, struct arena *arena, struct err *err) MUST_CHECK;

/* How many match: a look at every reading of the span. */
enum rc fhir_page_count(const struct fhir_page *page, uint64_t *count, struct err *err)
    MUST_CHECK;

/* The cursor of the page after one that ends with `last`. */
struct str fhir_page_cursor(const struct fhir_page *page, const struct reading *last,
                            struct arena *arena);

#endif
