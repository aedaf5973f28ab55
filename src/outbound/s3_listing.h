/*
 * The answer of S3's ListObjectsV2: outside bytes, read strictly and no more
 * than needed.  Only src/outbound includes this header.
 */
#ifndef OUTBOUND_S3_LISTING_H
#define OUTBOUND_S3_LISTING_H

#include "base/str.h"

struct s3_object {
	struct str key; /* as it stands there: "&" is not resolved */
	uint64_t bytes;
	int64_t changed_us;
};

struct s3_listing {
	struct str left; /* of the text, for s3_listing_next() */
	bool is_truncated;
	struct str token; /* of the next page; empty: the last */
};

/* RC_CORRUPT: no list, or a truncated one without a token. */
enum rc s3_listing_read(struct str xml, struct s3_listing *listing, struct err *err) MUST_CHECK;
/* False in *is_there when all were read. */
enum rc s3_listing_next(struct s3_listing *listing, struct s3_object *object, bool *is_there,
                        struct err *err) MUST_CHECK;

#endif
