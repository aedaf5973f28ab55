#include "web/accept.h"

static const struct {
	enum format format;
	struct str name, media, type;
} formats[] = {
	{ FORMAT_HTML, { "html", 4 }, { "text/html", 9 }, { "text/html; charset=utf-8", 24 } },
	{ FORMAT_JSON, { "json", 4 }, { "application/json", 16 }, { "application/json", 16 } },
	{ FORMAT_CSV, { "csv", 3 }, { "text/csv", 8 }, { "text/csv; charset=utf-8", 23 } },
};

/* Thousandths; RFC 9110, section 12.4.2.  What is no weight counts as none given. */
static int
weight_of(struct str text)
{
	int weight = 0, scale = 1000;

	if (text.len == 0 || text.len > 5 || (text.ptr[0] != '0' && text.ptr[0] != '1'))
		return 1000;
	weight = (text.ptr[0] - '0') * 1000;
	for (size_t i = 1; i < text.len; i++) {
		char c = text.ptr[i];
		if (i == 1 && c == '.')
			continue;
		if (i == 1 || c < '0' || c > '9')
			return 1000;
		scale /= 10;
		weight += (c - '0') * scale;
	}
	return weight > 1000 ? 1000 : weight;
}

struct range {
	struct str media;
	int weight;
};

static struct range
range_parse(struct str text)
{
	struct range range = { .weight = 1000 };
	struct str part, name, value;

	text = str_cut(text, ';', &part);
	range.media = str_trim(part);
	while (text.len != 0) {
		text = str_cut(text, ';', &part);
		value = str_cut(part, '=', &name);
		if (str_eq_nocase(str_trim(name), STR("q")))
			range.weight = weight_of(str_trim(value));
	}
	return range;
}

/* How closely a range names a media type: 0 not at all … 3 exactly. */
static int
range_fit(struct str range, struct str media)
{
	struct str kind;

	(void)str_cut(media, '/', &kind);
	if (str_eq_nocase(range, media))
		return 3;
	if (range.len == kind.len + 2 && str_ends_with(range, STR("/*")) &&
	    str_eq_nocase((struct str){ range.ptr, kind.len }, kind))
		return 2;
	return str_eq(range, STR("*/*")) ? 1 : 0;
}

/* The weight of the range that names the media type most closely; 0: none does. */
static int
media_weight(struct str header, struct str media, int least_fit)
{
	struct str part;
	int best_fit = least_fit - 1, weight = 0;

	while (header.len != 0) {
		struct range range;
		int fit;
		header = str_cut(header, ',', &part);
		range = range_parse(part);
		fit = range_fit(range.media, media);
		if (fit > best_fit) {
			best_fit = fit;
			weight = range.weight;
		}
	}
	return weight;
}

enum format
accept_choose(struct str header, unsigned offered, enum format first)
{
	enum format best = FORMAT_NONE;
	int best_weight = 0;

	if (str_trim(header).len == 0)
		header = STR("*/*");
	for (size_t i = 0; i < COUNT_OF(formats); i++) {
		int weight;
		if ((offered & formats[i].format) == 0)
			continue;
		weight = media_weight(header, formats[i].media, 1);
		if (weight > best_weight ||
		    (weight == best_weight && weight > 0 && formats[i].format == first)) {
			best = formats[i].format;
			best_weight = weight;
		}
	}
	return best;
}

bool
accept_names(struct str header, enum format format)
{
	for (size_t i = 0; i < COUNT_OF(formats); i++) {
		if (formats[i].format == format)
			return media_weight(header, formats[i].media, 2) > 0;
	}
	return false;
}

enum format
format_find(struct str name)
{
	for (size_t i = 0; i < COUNT_OF(formats); i++) {
		if (str_eq(formats[i].name, name))
			return formats[i].format;
	}
	return FORMAT_NONE;
}

struct str
format_type(enum format format)
{
	for (size_t i = 0; i < COUNT_OF(formats); i++) {
		if (formats[i].format == format)
			return formats[i].type;
	}
	return STR("application/octet-stream");
}
