/* The table is made by tools/embed, sorted by path. */
#include "web/asset.h"

static int
path_compare(struct str path, const char *other)
{
	struct str text = str_from_c(other);
	size_t shorter = path.len < text.len ? path.len : text.len;
	int order = shorter == 0 ? 0 : memcmp(path.ptr, text.ptr, shorter);

	if (order != 0)
		return order;
	return (path.len > text.len) - (path.len < text.len);
}

const struct asset *
asset_find(struct str path)
{
	size_t low = 0;
	size_t high = asset_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = path_compare(path, assets[middle].path);

		if (order == 0)
			return &assets[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

struct str
asset_text(const struct asset *asset)
{
	return (struct str){ (const char *)asset->start, (size_t)(asset->end - asset->start) };
}
