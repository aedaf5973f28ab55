/*
 * What all places have in common: names, ranges, pages.
 */
#include "outbound/place.h"

#include "crypto/secret.h"
#include "outbound/inside.h"

#define PLACE_ARENA_BYTES (64UL * 1024)

static const struct {
	struct str scheme;
	const struct place_ops *ops;
} kinds[] = {
	{ { "/", 1 }, &place_folder },
	{ { "file:///", 8 }, &place_folder },
	{ { "sftp://", 7 }, &place_sftp },
	{ { "s3+https://", 11 }, &place_s3 },
};

/* --- names ------------------------------------------------------------------------------- */

static bool
is_small(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool
part_is_valid(struct str part)
{
	if (part.len == 0 || !is_small(part.ptr[0]))
		return false;
	for (size_t i = 1; i < part.len; i++) {
		char c = part.ptr[i];
		if (!is_small(c) && c != '.' && c != '_' && c != '-')
			return false;
	}
	return true;
}

bool
place_name_is_valid(struct str object)
{
	struct str part, left = object;
	size_t parts = 1;

	if (object.len == 0 || object.len > LIMIT_PLACE_NAME_BYTES ||
	    object.ptr[object.len - 1] == '/')
		return false;
	for (; left.len != 0; parts++) {
		left = str_cut(left, '/', &part);
		if (!part_is_valid(part) || parts > LIMIT_PLACE_DEPTH)
			return false;
	}
	return true;
}

/* Of a place: it stands in errors. */
static bool
label_is_valid(struct str label)
{
	for (size_t i = 0; i < label.len; i++) {
		if (!is_small(label.ptr[i]) && label.ptr[i] != '-')
			return false;
	}
	return label.len > 0 && label.len <= 32;
}

static MUST_CHECK enum rc
name_check(const struct outbound_place *place, struct str object, struct err *err)
{
	if (place_name_is_valid(object))
		return RC_OK;
	return FAIL(err, RC_INVALID, "place %.*s: an object's name is malformed",
	            STR_ARGS(place->name));
}

void
place_what(struct outbound_place *place, struct str object)
{
	(void)snprintf(place->wire.what, sizeof(place->wire.what), "place %.*s: %.*s",
	               STR_ARGS(place->name), STR_ARGS(object));
}

/* --- open -------------------------------------------------------------------------------- */

static MUST_CHECK enum rc
place_fill(struct outbound_place *place, struct str url,
           const struct outbound_place_options *options, struct err *err)
{
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		if (!str_starts_with(url, kinds[i].scheme))
			continue;
		place->ops = kinds[i].ops;
		return kinds[i].ops->open(place, url, options, err);
	}
	return FAIL(err, RC_INVALID, "place %.*s: a path, file://, sftp:// or s3+https://",
	            STR_ARGS(place->name));
}

enum rc
place_open(struct outbound_place **place, struct str url,
           const struct outbound_place_options *options, struct err *err)
{
	struct outbound_place *opened;
	enum rc rc;

	if (!label_is_valid(options->name) || !label_is_valid(options->region))
		return FAIL(err, RC_INVALID, "a place has a name and a region of [a-z0-9-]");
	opened = calloc(1, sizeof(*opened));
	if (opened == NULL)
		abort();
	opened->folder = -1;
	arena_init(&opened->arena, PLACE_ARENA_BYTES);
	opened->name = str_copy(&opened->arena, options->name);
	opened->region = str_copy(&opened->arena, options->region);
	rc = place_fill(opened, url, options, err);
	if (rc != RC_OK) {
		place_close(&opened);
		return rc;
	}
	*place = opened;
	return RC_OK;
}

void
place_close(struct outbound_place **place)
{
	struct outbound_place *closed = *place;

	if (closed == NULL)
		return;
	if (closed->ops != NULL)
		closed->ops->close(closed);
	arena_free(&closed->arena);
	secret_wipe(closed, sizeof(*closed));
	free(closed);
	*place = NULL;
}

struct str
place_name(const struct outbound_place *place)
{
	return place->name;
}

struct str
place_region(const struct outbound_place *place)
{
	return place->region;
}

/* --- objects ----------------------------------------------------------------------------- */

enum rc
place_put(struct outbound_place *place, struct str object, uint64_t bytes,
          const struct source *source, struct err *err)
{
	struct exact exact;

	TRY(name_check(place, object, err));
	if (bytes > LIMIT_PLACE_OBJECT_BYTES)
		return PLACE_FAIL(err, RC_LIMIT, place, object, "over 5 GiB");
	TRY(exact_begin(&exact, source, bytes, err));
	return place->ops->put(place, object, &exact, err);
}

enum rc
place_put_str(struct outbound_place *place, struct str object, struct str text, struct err *err)
{
	struct str left = text;
	struct source source = source_from_str(&left);

	return place_put(place, object, text.len, &source, err);
}

enum rc
place_get(struct outbound_place *place, struct str object, const struct sink *sink,
          struct err *err)
{
	TRY(name_check(place, object, err));
	return place->ops->get(place, object, sink, err);
}

enum rc
place_find(struct outbound_place *place, struct str name, struct place_object *object,
           struct err *err)
{
	struct place_object found = { .name = name };

	TRY(name_check(place, name, err));
	TRY(place->ops->find(place, name, &found, err));
	*object = found;
	return RC_OK;
}

enum rc
place_delete(struct outbound_place *place, struct str object, struct err *err)
{
	TRY(name_check(place, object, err));
	return place->ops->erase(place, object, err);
}

/* --- lists ------------------------------------------------------------------------------- */

static int
name_order(struct str a, struct str b)
{
	size_t shorter = a.len < b.len ? a.len : b.len;
	int order = shorter == 0 ? 0 : memcmp(a.ptr, b.ptr, shorter);

	if (order != 0)
		return order;
	return a.len < b.len ? -1 : a.len > b.len;
}

/* Where the name belongs among those that are there. */
static size_t
listing_at(const struct listing *listing, struct str name)
{
	size_t low = 0, high = listing->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (name_order(listing->sorted[middle]->name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Room for one more: a new one, or that of the last, which the page has no more
 * place for. */
static struct place_object *
listing_slot(struct listing *listing)
{
	struct place_object *slot;

	if (listing->count == listing->range->max) {
		listing->is_more = true;
		return listing->sorted[--listing->count];
	}
	slot = ARENA_NEW(listing->arena, struct place_object);
	slot->name.ptr = arena_alloc(listing->arena, LIMIT_PLACE_NAME_BYTES, 1);
	return slot;
}

static void
slot_fill(struct place_object *slot, const struct place_object *object)
{
	union {
		const char *borrowed;
		char *own;
	} text = { slot->name.ptr }; /* listing_slot()'s own memory */

	memcpy(text.own, object->name.ptr, object->name.len);
	*slot = *object;
	slot->name.ptr = text.own;
}

enum rc
listing_add(struct listing *listing, const struct place_object *object, struct err *err)
{
	const struct place_range *range = listing->range;
	struct place_object *slot;
	size_t at;

	if (++listing->seen > LIMIT_PLACE_OBJECTS)
		return FAIL(err, RC_LIMIT, "a place holds over %d objects under a prefix",
		            LIMIT_PLACE_OBJECTS);
	if (!place_name_is_valid(object->name) ||
	    !str_starts_with(object->name, range->prefix) ||
	    name_order(object->name, range->after) <= 0)
		return RC_OK;
	at = listing_at(listing, object->name);
	if (at == range->max) {
		listing->is_more = true;
		return RC_OK;
	}
	slot = listing_slot(listing);
	slot_fill(slot, object);
	memmove(listing->sorted + at + 1, listing->sorted + at,
	        (listing->count - at) * sizeof(struct place_object *));
	listing->sorted[at] = slot;
	listing->count++;
	return RC_OK;
}

bool
listing_may_hold(const struct listing *listing, struct str folder)
{
	struct str prefix = listing->range->prefix;

	if (prefix.len <= folder.len)
		return str_starts_with(folder, prefix);
	return str_starts_with(prefix, folder) && prefix.ptr[folder.len] == '/';
}

enum rc
place_list(struct outbound_place *place, const struct place_range *range,
           struct place_page *page, struct arena *arena, struct err *err)
{
	struct listing listing = { .range = range, .arena = arena };

	if (range->max == 0 || range->max > LIMIT_PLACE_PAGE)
		return FAIL(err, RC_INVALID, "place %.*s: a page of 1 to %d objects",
		            STR_ARGS(place->name), LIMIT_PLACE_PAGE);
	listing.sorted = arena_alloc(arena, range->max * sizeof(struct place_object *),
	                             _Alignof(struct place_object *));
	TRY(place->ops->list(place, &listing, err));
	page->objects = arena_alloc(arena, (listing.count + 1) * sizeof(struct place_object),
	                            _Alignof(struct place_object));
	for (size_t i = 0; i < listing.count; i++)
		page->objects[i] = *listing.sorted[i];
	page->count = listing.count;
	page->is_more = listing.is_more;
	return RC_OK;
}
