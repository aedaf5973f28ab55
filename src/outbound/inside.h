/*
 * What the kinds of places share.  Only src/outbound includes this header.
 */
#ifndef OUTBOUND_INSIDE_H
#define OUTBOUND_INSIDE_H

#include "outbound/place.h"
#include "outbound/wire.h"

#define PLACE_SECRET_MAX 200

/* For FAIL: which place, which object, what. */
#define PLACE_FAIL(err, rc, place, object, text)                                               \
	FAIL(err, rc, "place %.*s: %.*s: %s", STR_ARGS((place)->name), STR_ARGS(object), text)

/* What the wire's errors name from here on. */
void place_what(struct outbound_place *place, struct str object);

/* The page that a list makes, from objects that come in any order: the first
 * ones of the range, by name. */
struct listing {
	const struct place_range *range;
	struct arena *arena;
	struct place_object **sorted;
	size_t count;
	size_t seen;
	bool is_more;
};

/* Leaves out what is not in the range.  RC_LIMIT over LIMIT_PLACE_OBJECTS. */
enum rc listing_add(struct listing *listing, const struct place_object *object, struct err *err)
    MUST_CHECK;
/* Whether a folder of that name (without the last "/") can hold one of the range. */
bool listing_may_hold(const struct listing *listing, struct str folder);

/* Names given to these are valid. */
struct place_ops {
	enum rc (*open)(struct outbound_place *place, struct str url,
	                const struct outbound_place_options *options, struct err *err);
	void (*close)(struct outbound_place *place);
	enum rc (*put)(struct outbound_place *place, struct str object, struct exact *exact,
	               struct err *err);
	enum rc (*get)(struct outbound_place *place, struct str object, const struct sink *sink,
	               struct err *err);
	enum rc (*find)(struct outbound_place *place, struct str object,
	                struct place_object *found, struct err *err);
	enum rc (*list)(struct outbound_place *place, struct listing *listing, struct err *err);
	enum rc (*erase)(struct outbound_place *place, struct str object, struct err *err);
};

extern const struct place_ops place_folder, place_sftp, place_s3;

struct outbound_place {
	const struct place_ops *ops;
	struct arena arena; /* texts below; no secret */
	struct str name, region;
	struct str base;  /* a folder's path, or a URL; without the last "/" */
	int folder;       /* open; -1: not a folder */
	struct wire wire; /* the others' */
	const char *key_file, *host_key_sha256, *known_hosts_file;   /* sftp */
	struct str root;                                             /* sftp: its path */
	struct str bucket_url, prefix;                               /* S3 */
	const char *ca_file, *signing;                               /* S3 */
	char key_id[PLACE_SECRET_MAX], secret_key[PLACE_SECRET_MAX]; /* S3 */
};

#endif
