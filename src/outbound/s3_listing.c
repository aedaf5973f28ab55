#include "outbound/s3_listing.h"

#include "base/clock.h"

/* What stands between `from` and `to`; *left is what follows. */
static bool
between(struct str *left, struct str from, struct str to, struct str *inside)
{
	const char *start =
	    left->len == 0 ? NULL : memmem(left->ptr, left->len, from.ptr, from.len);
	const char *end;
	size_t rest;

	if (start == NULL)
		return false;
	start += from.len;
	rest = left->len - (size_t)(start - left->ptr);
	end = memmem(start, rest, to.ptr, to.len);
	if (end == NULL)
		return false;
	*inside = (struct str){ start, (size_t)(end - start) };
	*left = (struct str){ end + to.len, rest - inside->len - to.len };
	return true;
}

static bool
value_of(struct str text, struct str from, struct str to, struct str *value)
{
	return between(&text, from, to, value);
}

enum rc
s3_listing_read(struct str xml, struct s3_listing *listing, struct err *err)
{
	struct str root, truncated;

	if (!value_of(xml, STR("<ListBucketResult"), STR("</ListBucketResult>"), &root) ||
	    !value_of(root, STR("<IsTruncated>"), STR("</IsTruncated>"), &truncated))
		return FAIL(err, RC_CORRUPT, "S3: an answer that is no list");
	*listing =
	    (struct s3_listing){ .left = root, .is_truncated = str_eq(truncated, STR("true")) };
	if (!listing->is_truncated)
		return RC_OK;
	if (!value_of(root, STR("<NextContinuationToken>"), STR("</NextContinuationToken>"),
	              &listing->token) ||
	    listing->token.len == 0 || listing->token.len > 1024 ||
	    memchr(listing->token.ptr, '&', listing->token.len) != NULL)
		return FAIL(err, RC_CORRUPT, "S3: a list is cut off and does not say where");
	return RC_OK;
}

/* Decimal digits only. */
static bool
bytes_read(struct str text, uint64_t *bytes)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] < '0' || text.ptr[i] > '9' ||
		    __builtin_mul_overflow(sum, (uint64_t)10, &sum) ||
		    __builtin_add_overflow(sum, (uint64_t)(text.ptr[i] - '0'), &sum))
			return false;
	}
	*bytes = sum;
	return text.len != 0;
}

enum rc
s3_listing_next(struct s3_listing *listing, struct s3_object *object, bool *is_there,
                struct err *err)
{
	struct str entry, bytes, time;
	struct err ignored = { 0 };

	*is_there = between(&listing->left, STR("<Contents>"), STR("</Contents>"), &entry);
	if (!*is_there)
		return RC_OK;
	if (!value_of(entry, STR("<Key>"), STR("</Key>"), &object->key) ||
	    !value_of(entry, STR("<Size>"), STR("</Size>"), &bytes) ||
	    !value_of(entry, STR("<LastModified>"), STR("</LastModified>"), &time) ||
	    !bytes_read(bytes, &object->bytes) ||
	    time_parse(time, &object->changed_us, NULL, &ignored) != RC_OK)
		return FAIL(err, RC_CORRUPT, "S3: an entry of a list is malformed");
	return RC_OK;
}
