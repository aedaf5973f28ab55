/*
 * How the pages are used: counts by day and route, of nobody.
 */
#include "office/tally.h"

#include "pages/registers.h"

#define DAYS_SHOWN   30
#define ROUTES_MOST  512
#define BUCKETS_MOST 16 /* of TALLY_TIME */

struct route_sum {
	struct str what; /* "GET /me" */
	int64_t calls, refused, failed;
	int64_t times[BUCKETS_MOST];
};

struct sums {
	struct route_sum *routes;
	size_t count;
	int64_t days[DAYS_SHOWN];
	int64_t first_day;
};

static struct route_sum *
route_of(struct sums *sums, struct str what)
{
	for (size_t i = 0; i < sums->count; i++) {
		if (str_eq(sums->routes[i].what, what))
			return &sums->routes[i];
	}
	if (sums->count == ROUTES_MOST)
		return NULL;
	sums->routes[sums->count] = (struct route_sum){ .what = what };
	return &sums->routes[sums->count++];
}

/* "calls GET /me" is of the kind "calls". */
static bool
kind_cut(struct str what, const char *kind, struct str *rest)
{
	struct str head;

	*rest = str_cut(what, ' ', &head);
	return str_eq(head, str_from_c(kind));
}

static void
row_add(struct sums *sums, const struct tally_row *row)
{
	struct str what;
	bool is_call = kind_cut(row->what, "calls", &what);
	bool is_time = !is_call && kind_cut(row->what, "ms", &what);
	struct route_sum *route = is_call || is_time ? route_of(sums, what) : NULL;

	if (route == NULL)
		return;
	if (is_time) {
		route->times[row->bucket < 0 || row->bucket >= BUCKETS_MOST ? BUCKETS_MOST - 1
		                                                            : row->bucket] +=
		    row->count;
		return;
	}
	route->calls += row->count;
	route->refused += row->bucket == 4 ? row->count : 0;
	route->failed += row->bucket == 5 ? row->count : 0;
	sums->days[row->day - sums->first_day] += row->count;
}

/* The bucket that holds the middle one: at most 2^bucket ms, or -1. */
static int64_t
middle_ms(const struct route_sum *route)
{
	int64_t all = 0, so_far = 0;

	for (int i = 0; i < BUCKETS_MOST; i++)
		all += route->times[i];
	for (int i = 0; i < BUCKETS_MOST && all != 0; i++) {
		so_far += route->times[i];
		if (2 * so_far >= all)
			return (int64_t)1 << i;
	}
	return -1;
}

static int
busier_first(const void *a, const void *b)
{
	const struct route_sum *x = a;
	const struct route_sum *y = b;

	return (x->calls < y->calls) - (x->calls > y->calls);
}

/* --- parts ---------------------------------------------------------------------------------
 */

/* As they are counted, for programs: the first rows, so the CSV too. */
static void
counts_part(struct doc *doc, const struct tally_query *query)
{
	static const struct doc_field fields[] = { { "day", DOC_DATE, NULL, "Day" },
		                                   { "what", DOC_TEXT, NULL, "What" },
		                                   { "bucket", DOC_INT, NULL, "Group" },
		                                   { "count", DOC_INT, NULL, "Count" } };
	struct doc_part *rows = doc_rows(doc, "counts", fields, COUNT_OF(fields));

	for (size_t i = 0; i < query->count; i++) {
		struct doc_cell *cells = doc_row(doc, rows);
		cell_int(&cells[0], query->rows[i].day * US_PER_DAY);
		cell_text(&cells[1], query->rows[i].what);
		cell_int(&cells[2], query->rows[i].bucket);
		cell_int(&cells[3], query->rows[i].count);
	}
}

static void
days_part(struct doc *doc, const struct sums *sums)
{
	static const struct doc_field fields[] = { { "day", DOC_DATE, NULL, "Day" },
		                                   { "count", DOC_INT, NULL, "Requests" },
		                                   { "percent", DOC_INT, NULL, NULL } };
	struct doc_part *rows = doc_rows(doc, "days", fields, COUNT_OF(fields));
	int64_t most = 1;

	for (int i = 0; i < DAYS_SHOWN; i++)
		most = sums->days[i] > most ? sums->days[i] : most;
	for (int i = DAYS_SHOWN - 1; i >= 0; i--) {
		struct doc_cell *cells;
		if (sums->days[i] == 0)
			continue;
		cells = doc_row(doc, rows);
		cell_int(&cells[0], (sums->first_day + i) * US_PER_DAY);
		cell_int(&cells[1], sums->days[i]);
		cell_int(&cells[2], (100 * sums->days[i] + most - 1) / most);
	}
}

static void
routes_part(struct doc *doc, struct sums *sums)
{
	static const struct doc_field fields[] = { { "route", DOC_TEXT, NULL, "Page" },
		                                   { "calls", DOC_INT, NULL, "Requests" },
		                                   { "refused", DOC_INT, NULL, "Refused" },
		                                   { "failed", DOC_INT, NULL, "Failed" },
		                                   { "middle", DOC_INT, "ms", "Usual time" } };
	struct doc_part *rows = doc_rows(doc, "routes", fields, COUNT_OF(fields));

	qsort(sums->routes, sums->count, sizeof(*sums->routes), busier_first);
	for (size_t i = 0; i < sums->count; i++) {
		const struct route_sum *route = &sums->routes[i];
		struct doc_cell *cells = doc_row(doc, rows);
		cell_text(&cells[0], route->what);
		cell_int(&cells[1], route->calls);
		cell_int(&cells[2], route->refused);
		cell_int(&cells[3], route->failed);
		if (middle_ms(route) >= 0)
			cell_int(&cells[4], middle_ms(route));
	}
}

static void
errors_part(struct request *request, struct doc *doc, const struct tally_query *query)
{
	static const struct doc_field fields[] = { { "kind", DOC_TEXT, NULL, "Error" },
		                                   { "count", DOC_INT, NULL, "Count" } };
	struct doc_part *rows = doc_rows(doc, "failures", fields, COUNT_OF(fields));
	struct sums sums = { .routes =
		                 arena_alloc(request->arena, ROUTES_MOST * sizeof(*sums.routes),
		                             _Alignof(struct route_sum)) };
	struct str what;

	for (size_t i = 0; i < query->count; i++) {
		struct route_sum *sum = kind_cut(query->rows[i].what, "error", &what)
		                            ? route_of(&sums, what)
		                            : NULL;
		if (sum != NULL)
			sum->calls += query->rows[i].count;
	}
	qsort(sums.routes, sums.count, sizeof(*sums.routes), busier_first);
	for (size_t i = 0; i < sums.count; i++) {
		struct doc_cell *cells = doc_row(doc, rows);
		cell_text(&cells[0], sums.routes[i].what);
		cell_int(&cells[1], sums.routes[i].calls);
	}
}

enum rc
usage_show(struct request *request, struct doc *doc, struct err *err)
{
	int64_t today = request->now_us / US_PER_DAY;
	struct tally_query query = { .from_day = today - DAYS_SHOWN + 1,
		                     .until_day = today + 1 };
	struct sums sums = { .first_day = query.from_day,
		             .routes =
		                 arena_alloc(request->arena, ROUTES_MOST * sizeof(*sums.routes),
		                             _Alignof(struct route_sum)) };

	TRY(tally_list(request->site->office, request->tenant, &query, request->arena, err));
	doc_page_text(doc, "page_title", STR("Use of the pages"));
	doc_page_text(doc, "lead", STR("Requests of the last 30 days, in days of UTC."));
	register_crumbs(doc, NULL, NULL);
	for (size_t i = 0; i < query.count; i++)
		row_add(&sums, &query.rows[i]);
	counts_part(doc, &query);
	days_part(doc, &sums);
	routes_part(doc, &sums);
	errors_part(request, doc, &query);
	return RC_OK;
}
