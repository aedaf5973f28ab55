#include "service/measure/fhir_bundle.h"

#include "base/clock.h"
#include "service/measure/fhir_outcome.h"

static void
link_write(struct json_out *out, const char *relation, struct str url)
{
	if (url.len == 0)
		return;
	json_object_begin(out);
	json_text_at(out, "relation", str_from_c(relation));
	json_text_at(out, "url", url);
	json_object_close(out);
}

void
fhir_bundle_begin(struct fhir_bundle *bundle, struct json_out *out,
                  const struct fhir_bundle_head *head)
{
	*bundle = (struct fhir_bundle){ .out = out };
	json_object_begin(out);
	json_text_at(out, "resourceType", STR("Bundle"));
	json_text_at(out, "type", str_from_c(head->type));
	if (head->timestamp_us != 0)
		json_time_at(out, "timestamp", head->timestamp_us);
	if (head->has_total)
		json_int_at(out, "total", (int64_t)head->total);
	if (head->self.len == 0 && head->next.len == 0)
		return;
	json_name(out, "link");
	json_array_begin(out);
	link_write(out, "self", head->self);
	link_write(out, "next", head->next);
	json_array_close(out);
}

void
fhir_bundle_entry_begin(struct fhir_bundle *bundle, struct str full_url)
{
	if (!bundle->has_entry) {
		json_name(bundle->out, "entry");
		json_array_begin(bundle->out);
	}
	bundle->has_entry = true;
	json_object_begin(bundle->out);
	if (full_url.len != 0)
		json_text_at(bundle->out, "fullUrl", full_url);
}

void
fhir_bundle_resource(struct fhir_bundle *bundle)
{
	json_name(bundle->out, "resource");
}

void
fhir_bundle_matched(struct fhir_bundle *bundle)
{
	json_name(bundle->out, "search");
	json_put_raw(bundle->out, STR("{\"mode\":\"match\"}"));
}

void
fhir_bundle_advised(struct fhir_bundle *bundle)
{
	json_name(bundle->out, "search");
	json_put_raw(bundle->out, STR("{\"mode\":\"outcome\"}"));
}

void
fhir_bundle_request(struct fhir_bundle *bundle, const char *method, struct str url)
{
	struct json_out *out = bundle->out;

	json_name(out, "request");
	json_object_begin(out);
	json_text_at(out, "method", str_from_c(method));
	json_text_at(out, "url", url);
	json_object_close(out);
}

/* RFC 9110, section 15. */
static const char *
status_line(int http_status)
{
	static const struct {
		int status;
		const char *line;
	} rows[] = {
		{ 200, "200 OK" },
		{ 201, "201 Created" },
		{ 204, "204 No Content" },
		{ 304, "304 Not Modified" },
		{ 400, "400 Bad Request" },
		{ 401, "401 Unauthorized" },
		{ 403, "403 Forbidden" },
		{ 404, "404 Not Found" },
		{ 405, "405 Method Not Allowed" },
		{ 409, "409 Conflict" },
		{ 410, "410 Gone" },
		{ 412, "412 Precondition Failed" },
		{ 413, "413 Content Too Large" },
		{ 415, "415 Unsupported Media Type" },
		{ 422, "422 Unprocessable Content" },
		{ 429, "429 Too Many Requests" },
		{ 503, "503 Service Unavailable" },
		{ 507, "507 Insufficient Storage" },
	};

	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		if (rows[i].status == http_status)
			return rows[i].line;
	}
	return "500 Internal Server Error";
}

void
fhir_bundle_response(struct fhir_bundle *bundle, const struct fhir_response *response)
{
	struct json_out *out = bundle->out;
	char etag[32];

	json_name(out, "response");
	json_object_begin(out);
	json_text_at(out, "status", str_from_c(status_line(response->http_status)));
	if (response->location.len != 0)
		json_text_at(out, "location", response->location);
	if (response->version != 0) {
		(void)snprintf(etag, sizeof(etag), "W/\"%llu\"",
		               (unsigned long long)response->version);
		json_text_at(out, "etag", str_from_c(etag));
	}
	if (response->modified_us != 0)
		json_time_at(out, "lastModified", response->modified_us);
	if (response->issues != NULL) {
		json_name(out, "outcome");
		fhir_outcome_write(out, response->issues);
	}
	json_object_close(out);
}

void
fhir_bundle_entry_end(struct fhir_bundle *bundle)
{
	json_object_close(bundle->out);
}

void
fhir_bundle_end(struct fhir_bundle *bundle)
{
	if (bundle->has_entry)
		json_array_close(bundle->out);
	json_object_close(bundle->out);
}
