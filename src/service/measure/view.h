/*
 * What the pages of a member share: the member's own settings, the period that
 * is looked at, and readings turned into points and figures.
 */
#ifndef SERVICE_MEASURE_VIEW_H
#define SERVICE_MEASURE_VIEW_H

#include "service/measure/lookup.h"
#include "service/measure/metrics.h"
#include "web/site.h"

#define VIEW_DAYS_MAX 366

struct view {
	struct request *request;
	struct id member;
	struct zone *zone; /* the member's */
	int unit;          /* glucose in this one */
	double target_low; /* mg/dL, the member's own or 70 */
	double target_high;
	int analyte;
	int days;         /* of the period, the last one is today, or ?until= */
	struct str until; /* that date as asked for, else empty */
	int64_t from_us, until_us;
};

/* The signed-in member's view, with ?analyte=, ?days= and ?until= (the period's last
 * day, YYYY-MM-DD; today) of the request.  Ends with view_close(). */
enum rc view_open(struct view *view, struct request *request, int days, struct err *err)
    MUST_CHECK;
void view_close(struct view *view);

/* The unit in which an analyte is shown to this member. */
int view_unit(const struct view *view, int analyte);
/* "5.4" in that unit. */
struct str view_value(const struct view *view, const struct reading *reading);

/* Glucose of the period as points of metrics.h. */
enum rc view_points(const struct view *view, struct point **points, size_t *count,
                    struct err *err) MUST_CHECK;
void view_metrics(const struct view *view, const struct point *points, size_t count,
                  struct metrics *metrics);

/* The parts `periods` and, with `has_analytes`, `analytes` of the filter form. */
void view_filters(const struct view *view, struct doc *doc, bool has_analytes);
/* The part `ranges`: key, label, percent, minutes. */
void view_ranges(struct doc *doc, const struct metrics *metrics);

/* A number with so many decimals, in the arena; empty when it is not known. */
struct str view_number(struct arena *arena, double value, int decimals);
struct str view_figure(struct arena *arena, const struct figure *figure, int decimals);

#endif
