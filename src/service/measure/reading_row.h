/*
 * A reading as a row of a document: what JSON, CSV and lists show of it.
 */
#ifndef SERVICE_MEASURE_READING_ROW_H
#define SERVICE_MEASURE_READING_ROW_H

#include "service/measure/reading.h"
#include "web/doc.h"

extern const struct doc_field reading_fields[];
extern const size_t reading_field_count;

void reading_cells(struct doc_cell *cells, struct arena *arena, struct id subject,
                   const struct reading *reading);
/* All of them as a rows part. */
void reading_rows(struct doc *doc, const char *name, struct id subject,
                  const struct readings *readings);

/* "optical" → READING_OPTICAL. */
bool reading_method_find(struct str word, enum reading_method *method);

#endif
