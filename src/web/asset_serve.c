#include "web/asset.h"
#include "web/request.h"
#include "web/server_routes.h"

/* Templates and catalogues are in the binary too, but are not for browsers. */
static bool
type_is_served(const char *type)
{
	static const char *const types[] = { "text/css", "text/javascript", "image/", "font/",
		                             "application/json" };

	for (size_t i = 0; i < COUNT_OF(types); i++) {
		if (strncmp(type, types[i], strlen(types[i])) == 0)
			return true;
	}
	return false;
}

/* RFC 9110, section 13.1.2; our tags are strong, and a weak one of the same text
 * means the same. */
static bool
etag_is_among(struct str header, struct str etag)
{
	struct str part;

	while (header.len != 0) {
		header = str_cut(header, ',', &part);
		part = str_trim(part);
		if (str_starts_with(part, STR("W/")))
			part = (struct str){ part.ptr + 2, part.len - 2 };
		if (str_eq(part, etag) || str_eq(part, STR("*")))
			return true;
	}
	return false;
}

enum rc
asset_serve(struct request *request, struct doc *doc, struct err *err)
{
	const struct asset *asset;
	struct str path, etag;

	(void)doc;
	path = str_printf(request->arena, "ui/%.*s", STR_ARGS(request->params[1]));
	if (request->params[2].len != 0)
		path = str_printf(request->arena, "%.*s/%.*s", STR_ARGS(path),
		                  STR_ARGS(request->params[2]));
	asset = asset_find(path);
	if (asset == NULL || !type_is_served(asset->type) ||
	    !str_eq(request->params[0], str_from_c(asset->hash)))
		return FAIL(err, RC_NOT_FOUND, "there is no such file");
	etag = str_printf(request->arena, "\"%s\"", asset->hash);
	response_header(request, "Cache-Control", STR("public, max-age=31536000, immutable"));
	response_header(request, "ETag", etag);
	if (etag_is_among(request_header(request, "If-None-Match"), etag)) {
		request->response.status = 304;
		return RC_OK;
	}
	request->response.type = str_from_c(asset->type);
	request->response.body = asset_text(asset);
	return RC_OK;
}
