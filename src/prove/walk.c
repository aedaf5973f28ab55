/*
 * Every route of a tenant, one after the other.
 */
#include "prove/inside.h"

/* Names nothing of anybody's. */
#define NOBODYS_ID "00000000-0000-7000-8000-000000000000"

void
routes_walk(const struct prove *prove, struct route_walk *walk)
{
	const struct service *service = site_service(prove->options->site, prove->tenant);

	*walk =
	    (struct route_walk){ .tables = { &prove->options->site->pages }, .table_count = 1 };
	for (size_t i = 0; service != NULL && i < SERVICE_TABLES_MAX; i++) {
		if (service->tables[i] == NULL)
			break;
		walk->tables[walk->table_count++] = service->tables[i];
	}
}

const struct route *
routes_next(struct route_walk *walk)
{
	for (; walk->table < walk->table_count; walk->table++) {
		const struct routes *table = walk->tables[walk->table];
		if (walk->row < table->count)
			return &table->rows[walk->row++];
		walk->row = 0;
	}
	return NULL;
}

struct str
route_path(struct prove *prove, const struct route *route, struct str param)
{
	struct str rest = str_from_c(route->path);
	struct str path = STR_EMPTY;

	rest = (struct str){ rest.ptr + 1, rest.len - 1 };
	do {
		struct str segment;
		rest = str_cut(rest, '/', &segment);
		if (segment.len != 0 && segment.ptr[0] == ':')
			segment = param.len == 0 ? STR(NOBODYS_ID) : param;
		path = str_printf(prove->arena, "%.*s/%.*s", STR_ARGS(path), STR_ARGS(segment));
	} while (rest.len != 0);
	return path;
}

bool
is_turned_away(const struct answer *answer)
{
	struct str to = answer_header(answer, "Location");

	if (answer->status == 401 || answer->status == 403)
		return true;
	return answer->status == 303 && (memmem(to.ptr, to.len, "/sign-in", 8) != NULL ||
	                                 memmem(to.ptr, to.len, "/welcome", 8) != NULL);
}
