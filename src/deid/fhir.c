#include "deid/fhir.h"

#include "base/clock.h"
#include "crypto/digest.h"
#include "deid/date.h"
#include "deid/find.h"

#define ABSENT_REASON   "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
#define SECURITY        "http://terminology.hl7.org/CodeSystem/v3-ObservationValue"
#define AGE_MAX         89
#define PSEUDONYM_CHARS 32
#define NAME_MAX_BYTES  64
#define FULL_URL_BASE   "https://deidentified.invalid/" /* RFC 2606: resolves nowhere */

enum action {
	ACTION_TEXT, /* date, or free text; what no row names */
	ACTION_KEEP,
	ACTION_DROP,
	ACTION_ID,
	ACTION_REFERENCE,
	ACTION_FULL_URL, /* a reference that must be absolute */
	ACTION_BIRTH,
	ACTION_POSTCODE,
	ACTION_EXTENSIONS,
	ACTION_META,
	ACTION_ENTER, /* an object or array whose members have rules */
};

/* `under`: the member that holds it ("" any).  The first row that fits counts. */
struct rule {
	struct str under, name;
	enum action action;
};

#define RULE(under, name, action)                                                              \
	{                                                                                      \
		{ "" under, sizeof(under) - 1 }, { "" name, sizeof(name) - 1 }, action         \
	}

static const struct rule rules[] = {
	/* Who: 164.514(b)(2)(i)(A), (D)–(R). */
	RULE("", "identifier", ACTION_DROP),
	RULE("", "telecom", ACTION_DROP),
	RULE("", "photo", ACTION_DROP),
	RULE("", "contact", ACTION_DROP),
	RULE("", "masterIdentifier", ACTION_DROP),
	RULE("", "groupIdentifier", ACTION_DROP),
	RULE("", "accessionIdentifier", ACTION_DROP),
	RULE("", "requisition", ACTION_DROP),
	RULE("", "subscriberId", ACTION_DROP),
	RULE("", "udiCarrier", ACTION_DROP),
	RULE("", "serialNumber", ACTION_DROP),
	RULE("", "lotNumber", ACTION_DROP),
	RULE("", "distinctIdentifier", ACTION_DROP),
	RULE("", "maidenName", ACTION_DROP),
	RULE("", "authorString", ACTION_DROP),
	RULE("", "valueHumanName", ACTION_DROP),
	RULE("", "valueContactPoint", ACTION_DROP),
	RULE("", "valueIdentifier", ACTION_DROP),
	RULE("", "valueAddress", ACTION_DROP),
	RULE("", "valueSignature", ACTION_DROP),
	RULE("", "signature", ACTION_DROP),
	RULE("", "multipleBirthInteger", ACTION_DROP),
	/* Pictures, documents, narrative. */
	RULE("", "data", ACTION_DROP),
	RULE("", "hash", ACTION_DROP),
	RULE("", "content", ACTION_DROP),
	RULE("", "valueAttachment", ACTION_DROP),
	RULE("", "attachment", ACTION_DROP),
	RULE("", "div", ACTION_DROP),
	RULE("", "presentedForm", ACTION_DROP),
	/* Where: (B). */
	RULE("address", "state", ACTION_KEEP),
	RULE("address", "country", ACTION_KEEP),
	RULE("address", "use", ACTION_KEEP),
	RULE("address", "type", ACTION_KEEP),
	RULE("address", "postalCode", ACTION_POSTCODE),
	RULE("address", "period", ACTION_ENTER),
	RULE("period", "start", ACTION_TEXT),
	RULE("period", "end", ACTION_TEXT),
	RULE("", "position", ACTION_DROP),
	/* When: (C). */
	RULE("", "birthDate", ACTION_BIRTH),
	/* Links. */
	RULE("", "id", ACTION_ID),
	RULE("", "fullUrl", ACTION_FULL_URL),
	RULE("", "reference", ACTION_REFERENCE),
	RULE("", "link", ACTION_DROP),
	RULE("", "extension", ACTION_EXTENSIONS),
	RULE("", "modifierExtension", ACTION_EXTENSIONS),
	RULE("", "meta", ACTION_META),
	RULE("request", "url", ACTION_REFERENCE),
	RULE("response", "location", ACTION_DROP),
	RULE("response", "etag", ACTION_DROP),
	RULE("", "url", ACTION_DROP),
	RULE("", "ifNoneExist", ACTION_DROP),
	/* Codes. */
	RULE("", "resourceType", ACTION_KEEP),
	RULE("", "system", ACTION_KEEP),
	RULE("", "version", ACTION_KEEP),
	RULE("", "code", ACTION_KEEP),
	RULE("", "status", ACTION_KEEP),
	RULE("", "intent", ACTION_KEEP),
	RULE("", "priority", ACTION_KEEP),
	RULE("", "gender", ACTION_KEEP),
	RULE("", "use", ACTION_KEEP),
	RULE("", "mode", ACTION_KEEP),
	RULE("", "type", ACTION_KEEP),
	RULE("", "method", ACTION_KEEP),
	RULE("", "unit", ACTION_KEEP),
	RULE("", "comparator", ACTION_KEEP),
	RULE("", "language", ACTION_KEEP),
	RULE("", "contentType", ACTION_KEEP),
	RULE("", "valueCode", ACTION_KEEP),
	RULE("", "durationUnit", ACTION_KEEP),
	RULE("", "periodUnit", ACTION_KEEP),
	RULE("", "instantiatesCanonical", ACTION_KEEP),
	RULE("", "linkId", ACTION_KEEP),
	RULE("", "valueTime", ACTION_KEEP),
	RULE("", "dimensions", ACTION_KEEP),
};

/* Extensions that name nobody.  Their values pass the rules like any other. */
static const char *const extensions_kept[] = {
	ABSENT_REASON,
	"http://hl7.org/fhir/StructureDefinition/patient-genderIdentity",
	"http://hl7.org/fhir/StructureDefinition/iso21090-nullFlavor",
	"http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex",
	"http://hl7.org/fhir/us/core/StructureDefinition/us-core-sex",
};

struct writer {
	const struct deid *deid;
	const struct deid_fhir_options *options;
	struct json_out out;
	struct arena *arena;
	struct str type; /* of the resource that is written */
	int days;
};

static enum rc member_write(struct writer *writer, struct str under, struct str name,
                            const struct json_object *value, struct err *err) MUST_CHECK;
static enum rc members_write(struct writer *writer, struct str under,
                             const struct json_object *object, struct err *err) MUST_CHECK;

/* --- rules ------------------------------------------------------------------------------ */

/* Names that are lists of people's words in some places, and codes in others. */
static bool
is_address(struct str under)
{
	return str_eq(under, STR("address"));
}

static enum action
rule_find(struct str under, struct str name)
{
	for (size_t i = 0; i < COUNT_OF(rules); i++)
		if (str_eq(rules[i].name, name) &&
		    (rules[i].under.len == 0 || str_eq(rules[i].under, under)))
			return rules[i].action;
	/* Of an address nothing else stays. */
	return is_address(under) ? ACTION_DROP : ACTION_TEXT;
}

static bool
is_kept_extension(const struct json_object *extension)
{
	struct json_object *url;

	if (json_kind(extension) != JSON_OBJECT || !json_find(extension, "url", &url) ||
	    json_kind(url) != JSON_STRING)
		return false;
	for (size_t i = 0; i < COUNT_OF(extensions_kept); i++)
		if (str_eq(json_text(url), str_from_c(extensions_kept[i])))
			return true;
	return false;
}

/* What stands beside a primitive ("_status") stays for a known extension alone. */
static bool
has_kept_extension(const struct json_object *beside)
{
	struct json_object *list;

	if (json_kind(beside) != JSON_OBJECT || !json_find(beside, "extension", &list) ||
	    json_kind(list) != JSON_ARRAY)
		return false;
	for (size_t i = 0; i < json_count(list); i++)
		if (is_kept_extension(json_at(list, i)))
			return true;
	return false;
}

/* Nothing of an address would stay: an empty object is no FHIR. */
static bool
is_bare_address(const struct json_object *value)
{
	static const char *const kept[] = { "state", "country", "postalCode", "use", "type" };
	struct json_object *member;
	bool is_bare = true;

	if (json_kind(value) == JSON_ARRAY && json_count(value) != 0)
		return is_bare_address(json_at(value, 0));
	for (size_t i = 0; i < COUNT_OF(kept) && json_kind(value) == JSON_OBJECT; i++)
		is_bare &= !json_find(value, kept[i], &member);
	return is_bare;
}

/* onsetAge and its like: (C), all ages over 89. */
static bool
is_old_age(struct str name, const struct json_object *value)
{
	struct json_object *number;

	return str_ends_with(name, STR("Age")) && json_kind(value) == JSON_OBJECT &&
	       json_find(value, "value", &number) && json_kind(number) == JSON_NUMBER &&
	       json_double(number) > AGE_MAX;
}

/* FHIR's names are letters and digits; others could say anything. */
static bool
is_element_name(struct str name)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];
		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
		    !(c >= '0' && c <= '9') && !(c == '_' && i == 0))
			return false;
	}
	return name.len != 0 && name.len <= NAME_MAX_BYTES;
}

/* "name" is a person's, an organisation's, a device's: an object, or a text. */
static bool
is_dropped(struct str under, struct str name, const struct json_object *value)
{
	enum json_kind kind = json_kind(value);

	if (!is_element_name(name) || rule_find(under, name) == ACTION_DROP)
		return true;
	if (str_eq(name, STR("name")) || str_eq(name, STR("alias")) || is_old_age(name, value))
		return true;
	if (is_address(name) && is_bare_address(value))
		return true;
	if (str_eq(name, STR("text")) && kind == JSON_OBJECT)
		return true; /* narrative */
	/* The marker of a birth date is written anew. */
	return name.ptr[0] == '_' &&
	       (str_eq(name, STR("_birthDate")) || !has_kept_extension(value));
}

/* --- pseudonyms ----------------------------------------------------------------------------
 */

static struct str
pseudonym(struct writer *writer, struct str type, struct str id)
{
	struct str text = str_printf(writer->arena, "troth-deid/fhir/%.*s/%.*s", STR_ARGS(type),
	                             STR_ARGS(id));
	struct digest digest = hmac_sha256(writer->options->key, text);

	return hex_format(writer->arena, digest.bytes, PSEUDONYM_CHARS / 2);
}

/* The last two steps of a path, before any "?" and "/_history": type and id. */
static bool
reference_read(struct str reference, struct str *type, struct str *id)
{
	struct str path, step, rest;

	(void)str_cut(reference, '?', &path);
	*type = *id = STR_EMPTY;
	for (rest = path; rest.len != 0;) {
		rest = str_cut(rest, '/', &step);
		if (str_eq(step, STR("_history")))
			break;
		*type = *id;
		*id = step;
	}
	return id->len != 0 && type->len != 0 && type->ptr[0] >= 'A' && type->ptr[0] <= 'Z';
}

static struct str
uuid_of(struct writer *writer, struct str text)
{
	struct str hex = pseudonym(writer, STR("uuid"), text);

	return str_printf(writer->arena, "urn:uuid:%.8s-%.4s-8%.3s-a%.3s-%.12s", hex.ptr,
	                  hex.ptr + 8, hex.ptr + 13, hex.ptr + 17, hex.ptr + 20);
}

static void
reference_write(struct writer *writer, struct str reference, const char *base)
{
	struct str type, id;

	if (str_starts_with(reference, STR("urn:"))) {
		json_put_text(&writer->out, uuid_of(writer, reference));
	} else if (reference.len > 1 && reference.ptr[0] == '#') {
		id = (struct str){ reference.ptr + 1, reference.len - 1 };
		id = pseudonym(writer, STR("#"), id);
		json_put_text(&writer->out, str_printf(writer->arena, "#%.*s", STR_ARGS(id)));
	} else if (reference_read(reference, &type, &id)) {
		struct str hidden = pseudonym(writer, type, id);
		json_put_text(&writer->out, str_printf(writer->arena, "%s%.*s/%.*s", base,
		                                       STR_ARGS(type), STR_ARGS(hidden)));
	} else {
		/* A type alone ("Observation", of a request): names nobody. */
		bool is_type = reference.len != 0 && reference.ptr[0] >= 'A' &&
		               reference.ptr[0] <= 'Z' &&
		               memchr(reference.ptr, '?', reference.len) == NULL &&
		               memchr(reference.ptr, '/', reference.len) == NULL;
		json_put_text(&writer->out, is_type ? reference : STR("#removed"));
	}
}

/* --- dates ---------------------------------------------------------------------------------
 */

/* FHIR's date, dateTime and instant: whether the text is one of months or days. */
static bool
is_fhir_date(struct str text)
{
	static const char form[] = "9999-99-99T";

	if (text.len != 7 && text.len != 10 && (text.len < 16 || text.len > TIME_TEXT_MAX))
		return false;
	for (size_t i = 0; i < text.len && i < sizeof(form) - 1; i++) {
		bool is_digit = text.ptr[i] >= '0' && text.ptr[i] <= '9';
		if (form[i] == '9' ? !is_digit : text.ptr[i] != form[i])
			return false;
	}
	return true;
}

/* False, and nothing written: it only looked like one. */
static bool
date_write(struct writer *writer, struct str text)
{
	struct str day = { text.ptr, text.len > 10 ? 10 : text.len };
	struct civil civil;
	struct err err;
	int64_t us;

	if (day.len == 7)
		day = str_printf(writer->arena, "%.7s-15", text.ptr);
	if (date_parse(day, &us, &err) != RC_OK)
		return false;
	civil = civil_from_us(us + writer->days * US_PER_DAY, 0);
	if (civil.year < 1 || civil.year > 9999)
		return false;
	day = str_printf(writer->arena, "%04d-%02d-%02d", civil.year, civil.month, civil.day);
	if (text.len == 7)
		day.len = 7;
	else if (text.len > 10)
		day = str_printf(writer->arena, "%.*s%.*s", STR_ARGS(day), (int)text.len - 10,
		                 text.ptr + 10);
	json_put_text(&writer->out, day);
	return true;
}

static void
absent_write(struct writer *writer)
{
	struct json_out *out = &writer->out;

	json_name(out, "_birthDate");
	json_object_begin(out);
	json_name(out, "extension");
	json_array_begin(out);
	json_object_begin(out);
	json_text_at(out, "url", STR(ABSENT_REASON));
	json_text_at(out, "valueCode", STR("masked"));
	json_object_close(out);
	json_array_close(out);
	json_object_close(out);
}

/* Years of age that the year alone allows: the oldest counts. */
static enum rc
birth_write(struct writer *writer, const struct json_object *value, struct err *err)
{
	struct str text = json_kind(value) == JSON_STRING ? json_text(value) : STR_EMPTY;
	struct civil now = civil_from_us(writer->options->now_us, 0);
	uint32_t year;

	if (text.len < 4 || str_to_u32((struct str){ text.ptr, 4 }, &year, err) != RC_OK)
		return FAIL(err, RC_INVALID, "birthDate is no date");
	if (now.year - (int)year > AGE_MAX) {
		absent_write(writer);
		return RC_OK;
	}
	json_text_at(&writer->out, "birthDate", (struct str){ text.ptr, 4 });
	return RC_OK;
}

/* --- values ------------------------------------------------------------------------------- */

static enum rc
text_write(struct writer *writer, struct str text, struct err *err)
{
	CLEANUP(buf_free) struct buf done = { 0 };
	const struct deid_options options = { .style = DEID_TAGS };
	struct str written;

	if (is_fhir_date(text) && date_write(writer, text))
		return RC_OK;
	buf_init(&done, 4 * LIMIT_DEID_TEXT_BYTES);
	TRY(deid_text(writer->deid, &options, text, &done, err));
	TRY(buf_finish(&done, &written, err));
	json_put_text(&writer->out, written);
	return RC_OK;
}

static void
postcode_write(struct writer *writer, const struct json_object *value)
{
	char zip3[4] = "000";

	if (json_kind(value) == JSON_STRING)
		deid_zip3(json_text(value), zip3);
	json_put_text(&writer->out, str_copy(writer->arena, str_from_c(zip3)));
}

static enum rc
extensions_write(struct writer *writer, struct str name, const struct json_object *value,
                 struct err *err)
{
	bool is_begun = false;

	for (size_t i = 0; i < json_count(value) && json_kind(value) == JSON_ARRAY; i++) {
		const struct json_object *extension = json_at(value, i);
		struct json_object *url;
		if (!is_kept_extension(extension) || !json_find(extension, "url", &url))
			continue;
		if (!is_begun) {
			json_name_str(&writer->out, name);
			json_array_begin(&writer->out);
		}
		is_begun = true;
		json_object_begin(&writer->out);
		json_text_at(&writer->out, "url", json_text(url));
		TRY(members_write(writer, STR("extension"), extension, err));
		json_object_close(&writer->out);
	}
	if (is_begun)
		json_array_close(&writer->out);
	return RC_OK;
}

static enum rc
value_write(struct writer *writer, struct str name, enum action action,
            const struct json_object *value, struct err *err)
{
	enum json_kind kind = json_kind(value);

	if (writer->out.depth + 4 >= LIMIT_JSON_OUT_DEPTH)
		return FAIL(err, RC_LIMIT, "nested too deep");
	if (kind == JSON_ARRAY) {
		json_array_begin(&writer->out);
		for (size_t i = 0; i < json_count(value); i++)
			TRY(value_write(writer, name, action, json_at(value, i), err));
		json_array_close(&writer->out);
		return RC_OK;
	}
	if (kind == JSON_OBJECT) {
		json_object_begin(&writer->out);
		TRY(members_write(writer, name, value, err));
		json_object_close(&writer->out);
		return RC_OK;
	}
	if (kind != JSON_STRING || action == ACTION_KEEP)
		return json_put_value(&writer->out, value, writer->arena, err);
	if (action == ACTION_REFERENCE || action == ACTION_FULL_URL) {
		reference_write(writer, json_text(value),
		                action == ACTION_FULL_URL ? FULL_URL_BASE : "");
		return RC_OK;
	}
	return text_write(writer, json_text(value), err);
}

/* profile and tag stay; security says what was done. */
static enum rc
meta_write(struct writer *writer, const struct json_object *meta, struct err *err)
{
	static const struct {
		const char *name;
		enum action action;
	} kept[] = { { "profile", ACTION_KEEP }, { "tag", ACTION_TEXT } };
	struct json_out *out = &writer->out;
	struct json_object *value;

	json_name(out, "meta");
	json_object_begin(out);
	for (size_t i = 0; i < COUNT_OF(kept); i++) {
		if (json_kind(meta) != JSON_OBJECT || !json_find(meta, kept[i].name, &value))
			continue;
		json_name(out, kept[i].name);
		TRY(value_write(writer, str_from_c(kept[i].name), kept[i].action, value, err));
	}
	json_name(out, "security");
	json_array_begin(out);
	json_object_begin(out);
	json_text_at(out, "system", STR(SECURITY));
	json_text_at(out, "code",
	             writer->options->is_key_destroyed ? STR("ANONYED") : STR("PSEUDED"));
	json_object_close(out);
	json_array_close(out);
	json_object_close(out);
	return RC_OK;
}

static enum rc
id_write(struct writer *writer, struct str under, const struct json_object *value,
         struct err *err)
{
	bool is_contained = str_eq(under, STR("contained"));

	if (json_kind(value) != JSON_STRING)
		return FAIL(err, RC_INVALID, "an id that is no text");
	/* An element's id serves nothing outside its resource. */
	if (under.len != 0 && !is_contained && !str_eq(under, STR("resource")))
		return RC_OK;
	json_name(&writer->out, "id");
	json_put_text(&writer->out, pseudonym(writer, is_contained ? STR("#") : writer->type,
	                                      json_text(value)));
	return RC_OK;
}

static enum rc
member_write(struct writer *writer, struct str under, struct str name,
             const struct json_object *value, struct err *err)
{
	enum action action = rule_find(under, name);

	if (is_dropped(under, name, value))
		return RC_OK;
	switch ((int)action) {
	case ACTION_ID:
		return id_write(writer, under, value, err);
	case ACTION_BIRTH:
		return birth_write(writer, value, err);
	case ACTION_META:
		return RC_OK; /* written first */
	case ACTION_EXTENSIONS:
		return extensions_write(writer, name, value, err);
	case ACTION_POSTCODE:
		json_name_str(&writer->out, name);
		postcode_write(writer, value);
		return RC_OK;
	default:
		json_name_str(&writer->out, name);
		return value_write(writer, name, action, value, err);
	}
}

static enum rc
members_write(struct writer *writer, struct str under, const struct json_object *object,
              struct err *err)
{
	struct str outer = writer->type;
	struct json_object *value;
	struct json_iter at;
	bool is_reference;

	if (json_find(object, "resourceType", &value) && json_kind(value) == JSON_STRING) {
		writer->type = json_text(value);
		json_text_at(&writer->out, "resourceType", writer->type);
		if (!json_find(object, "meta", &value))
			value = NULL;
		if (!str_eq(under, STR("contained"))) /* dom-4: contained has no security */
			TRY(meta_write(writer, value, err));
	}
	is_reference =
	    json_find(object, "reference", &value) || json_find(object, "identifier", &value);
	for (json_iter_start(&at, object); json_iter_next(&at);) {
		/* What a reference displays is whom it is to. */
		if (str_eq(at.name, STR("resourceType")) ||
		    (is_reference && str_eq(at.name, STR("display"))))
			continue;
		TRY(member_write(writer, under, at.name, at.value, err));
	}
	writer->type = outer;
	return RC_OK;
}

enum rc
deid_fhir(const struct deid *deid, const struct deid_fhir_options *options, struct str resource,
          struct buf *out, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	CLEANUP(json_free) struct json json = { NULL };
	struct writer writer = { .deid = deid, .options = options, .arena = &arena };
	struct json_object *type;
	struct str done;

	if (options->key == NULL)
		return FAIL(err, RC_INVALID, "pseudonyms need a key");
	if (resource.len > LIMIT_DEID_FHIR_BYTES)
		return FAIL(err, RC_LIMIT, "a resource of over %lu bytes",
		            LIMIT_DEID_FHIR_BYTES);
	TRY(json_parse(&json, resource, err));
	if (json_kind(json.root) != JSON_OBJECT ||
	    !json_find(json.root, "resourceType", &type) || json_kind(type) != JSON_STRING)
		return FAIL(err, RC_INVALID, "no FHIR resource");
	arena_init(&arena, LIMIT_DEID_ARENA_BYTES);
	writer.days = deid_shift_days(options->key);
	json_out_init(&writer.out, out);
	json_object_begin(&writer.out);
	TRY(members_write(&writer, STR_EMPTY, json.root, err));
	json_object_close(&writer.out);
	return buf_finish(out, &done, err);
}
