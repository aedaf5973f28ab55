/*
 * README.html and manifest.json: what the package says of itself.
 *
 * README.html holds no script, no style from elsewhere and no link that leaves the
 * package; everything of the data is escaped (buf_add_html).
 */
#include "office/package_inside.h"

#include "crypto/secret.h"

struct str
package_words(const struct package *p, const char *en, const char *fr)
{
	return str_from_c(str_eq(p->language, STR("fr")) ? fr : en);
}

/* --- sections of the classes ------------------------------------------------------------ */

static void
element(struct buf *out, const char *name, struct str text)
{
	buf_addf(out, "<%s>", name);
	buf_add_html(out, text);
	buf_addf(out, "</%s>", name);
}

static void
fact(struct buf *out, struct str name, struct str value)
{
	element(out, "dt", name);
	element(out, "dd", value);
}

static struct str
purposes_text(struct package *p, const struct policy_class *class)
{
	const struct policy *policy = p->tenant->policy;
	struct str text = STR_EMPTY;

	for (size_t i = 0; i < policy->purpose_count; i++) {
		if ((class->use >> i & 1) == 0)
			continue;
		text =
		    str_printf(&p->page, "%.*s%s%.*s", STR_ARGS(text),
		               text.len == 0 ? "" : "; ", STR_ARGS(policy->purposes[i].says));
	}
	return text;
}

static struct str
recipients_text(struct package *p, const struct policy_class *class)
{
	const struct policy *policy = p->tenant->policy;
	size_t index = policy_class_index(policy, class);
	struct str text = STR_EMPTY;

	for (size_t i = 0; i < policy->recipient_count; i++) {
		const struct policy_recipient *recipient = &policy->recipients[i];
		if ((recipient->receives >> index & 1) == 0 || recipient->when == WHEN_NEVER)
			continue;
		text = str_printf(&p->page, "%.*s%s%.*s", STR_ARGS(text),
		                  text.len == 0 ? "" : "; ", STR_ARGS(recipient->says));
	}
	return text.len == 0 ? package_words(p, "nobody", "personne") : text;
}

static struct str
keep_text(struct package *p, const struct policy_class *class)
{
	static const char *const en[] = { [KEEP_RECORDED] = "from when it was recorded",
		                          [KEEP_SUBMITTED] = "from when it was submitted",
		                          [KEEP_ACCOUNT_CLOSED] = "after the account is closed",
		                          [KEEP_SESSION_ENDED] = "after the session ends",
		                          [KEEP_PROJECT_ENDED] = "after the project ends" };
	static const char *const fr[] = { [KEEP_RECORDED] = "après l’enregistrement",
		                          [KEEP_SUBMITTED] = "après la remise",
		                          [KEEP_ACCOUNT_CLOSED] =
		                              "après la fermeture du compte",
		                          [KEEP_SESSION_ENDED] = "après la fin de la session",
		                          [KEEP_PROJECT_ENDED] = "après la fin du projet" };
	const struct policy_keep *keep = &class->keep;
	bool is_french = str_eq(p->language, STR("fr"));
	const char *unit = keep->plus.unit == 's'   ? "s"
	                   : keep->plus.unit == 'd' ? (is_french ? "jours" : "days")
	                   : keep->plus.unit == 'm' ? (is_french ? "mois" : "months")
	                                            : (is_french ? "ans" : "years");

	if (keep->plus.is_forever)
		return package_words(p, "for ever", "pour toujours");
	return str_printf(&p->page, "%lld %s %s%s%.*s", (long long)keep->plus.count, unit,
	                  is_french ? fr[keep->until] : en[keep->until],
	                  keep->required_by.len == 0 ? "" : " – ", STR_ARGS(keep->required_by));
}

void
readme_class_begin(struct package *p, const struct policy_class *class)
{
	struct buf *out = &p->readme;

	buf_add(out, STR("<section>\n"));
	element(out, "h2", class->says);
	buf_add(out, STR("<dl>"));
	fact(out, package_words(p, "Files", "Fichiers"),
	     str_printf(&p->page, "%.*s.json, %.*s.csv", STR_ARGS(class->name),
	                STR_ARGS(class->name)));
	fact(out, package_words(p, "What for", "Pour quoi"), purposes_text(p, class));
	fact(out, package_words(p, "Who may get it", "Qui peut les recevoir"),
	     recipients_text(p, class));
	fact(out, package_words(p, "How long", "Combien de temps"), keep_text(p, class));
	buf_add(out, STR("</dl>\n"));
}

static void
table_head(struct package *p, const struct policy_class *class)
{
	buf_add(&p->readme, STR("<div class=\"table\"><table><thead><tr>"));
	for (size_t i = 0; i < class->field_count; i++)
		element(&p->readme, "th", class->fields[i]);
	buf_add(&p->readme, STR("</tr></thead><tbody>\n"));
}

static struct str
cell_text_of(struct package *p, const struct policy_class *class,
             const struct json_object *fields, struct str field)
{
	struct json_object *value;
	struct str text;
	size_t length;

	if (!json_find(fields, str_to_c(&p->page, field), &value) || value == NULL)
		return STR_EMPTY;
	if (package_is_secret(class, field))
		return package_words(p, "not given: a secret", "non donné : un secret");
	text = package_value_text(value, &p->page);
	if (text.len <= PACKAGE_CELL_BYTES)
		return text;
	length = PACKAGE_CELL_BYTES;
	while (length > 0 && (text.ptr[length] & 0xc0) == 0x80)
		length--;
	return str_printf(&p->page, "%.*s…", (int)length, text.ptr);
}

void
readme_class_row(struct package *p, const struct policy_class *class,
                 const struct package_row *row, const struct json_object *fields)
{
	(void)row;
	if (p->rows >= PACKAGE_README_ROWS)
		return;
	if (p->rows == 0)
		table_head(p, class);
	buf_add(&p->readme, STR("<tr>"));
	for (size_t i = 0; i < class->field_count; i++)
		element(&p->readme, "td", cell_text_of(p, class, fields, class->fields[i]));
	buf_add(&p->readme, STR("</tr>\n"));
}

void
readme_class_end(struct package *p)
{
	struct buf *out = &p->readme;

	if (p->rows != 0)
		buf_add(out, STR("</tbody></table></div>\n"));
	if (p->rows > PACKAGE_README_ROWS)
		element(
		    out, "p",
		    str_printf(&p->page, "%d / %lld", PACKAGE_README_ROWS, (long long)p->rows));
	if (p->rows == 0)
		element(out, "p", package_words(p, "Nothing is held.", "Rien n’est conservé."));
	buf_add(out, STR("</section>\n"));
}

/* --- the page ----------------------------------------------------------------------------- */

static const char style[] =
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;font-size:.85rem}td,th{border:1px solid #999;"
    "padding:.2rem .5rem;text-align:left;vertical-align:top}.table{overflow-x:auto}"
    "dt{font-weight:600}dd{margin:0 0 .5rem}";

static void
page_begin(struct package *p, struct buf *out)
{
	const struct policy *policy = p->tenant->policy;
	struct str title =
	    package_words(p, "Everything we hold about you", "Tout ce que nous avons sur vous");
	char made[TIME_TEXT_MAX];

	buf_add(out, STR("<!doctype html>\n<html lang=\""));
	buf_add(out, package_words(p, "en", "fr"));
	buf_add(out, STR("\"><head><meta charset=\"utf-8\"><title>"));
	buf_add_html(out, title);
	buf_addf(out, "</title><style>%s</style></head><body>\n", style);
	element(out, "h1", title);
	time_format(p->now_us / US_PER_S * US_PER_S, 0, made);
	buf_add(out, STR("<dl>"));
	fact(out, package_words(p, "Held by", "Responsable"),
	     str_printf(&p->page, "%.*s, %.*s, %.*s", STR_ARGS(policy->controller.name),
	                STR_ARGS(policy->controller.address),
	                STR_ARGS(policy->controller.contact)));
	fact(out, package_words(p, "About", "Concerne"), id_to_str(&p->page, p->subject));
	fact(out, package_words(p, "Made", "Établi le"), str_from_c(made));
	fact(out, package_words(p, "Privacy policy of", "Politique de confidentialité du"),
	     policy->version);
	buf_add(out, STR("</dl>\n"));
	element(
	    out, "p",
	    package_words(p,
	                  "Tables below show the first rows of each kind of data; the files "
	                  "hold all of them. manifest.json lists every file with its "
	                  "SHA-256.",
	                  "Les tableaux montrent les premières lignes de chaque type de "
	                  "données ; les fichiers les contiennent toutes. manifest.json "
	                  "donne chaque fichier avec son SHA-256."));
}

static void
files_list(struct package *p, struct buf *out)
{
	element(out, "h2", package_words(p, "Files", "Fichiers"));
	buf_add(out, STR("<ul>\n"));
	for (size_t i = 0; i < p->done_count; i++) {
		const struct package_done *done = &p->done[i];
		element(out, "li",
		        str_printf(&p->page, "%.*s – %.*s (%lld)", STR_ARGS(done->name),
		                   STR_ARGS(done->says), (long long)done->rows));
	}
	buf_add(out, STR("</ul>\n"));
}

static void
missing_list(struct package *p, struct buf *out)
{
	element(out, "h2", package_words(p, "What is not in it", "Ce qui n’y est pas"));
	buf_add(out, STR("<ul>\n"));
	for (size_t i = 0; i < p->missing_count; i++)
		element(out, "li",
		        str_printf(&p->page, "%.*s: %.*s", STR_ARGS(p->missing[i].what),
		                   STR_ARGS(p->missing[i].why)));
	buf_add(out, STR("</ul>\n</body></html>\n"));
}

enum rc
readme_more(struct package *p, bool *more, struct err *err)
{
	struct str sections;

	arena_reset(&p->page);
	TRY(buf_finish(&p->readme, &sections, err));
	page_begin(p, &p->piece);
	buf_add(&p->piece, sections);
	files_list(p, &p->piece);
	missing_list(p, &p->piece);
	*more = false;
	return RC_OK;
}

/* --- the manifest --------------------------------------------------------------------------
 */

static struct str
hex(const struct digest *digest, struct arena *arena)
{
	static const char digits[] = "0123456789abcdef";
	char *text = arena_alloc(arena, (size_t)DIGEST_BYTES * 2, 1);

	for (size_t i = 0; i < DIGEST_BYTES; i++) {
		text[2 * i] = digits[digest->bytes[i] >> 4];
		text[2 * i + 1] = digits[digest->bytes[i] & 15];
	}
	return (struct str){ text, (size_t)DIGEST_BYTES * 2 };
}

static void
manifest_files(struct package *p, struct json_out *out)
{
	json_name(out, "files");
	json_array_begin(out);
	for (size_t i = 0; i < p->done_count; i++) {
		const struct package_done *done = &p->done[i];
		json_object_begin(out);
		json_text_at(out, "name", done->name);
		json_text_at(out, "says", done->says);
		json_int_at(out, "bytes", done->bytes);
		json_int_at(out, "rows", done->rows);
		json_text_at(out, "sha256", hex(&done->digest, &p->page));
		json_object_close(out);
	}
	json_array_close(out);
}

enum rc
manifest_more(struct package *p, bool *more, struct err *err)
{
	struct json_out out;

	(void)err;
	arena_reset(&p->page);
	json_out_init(&out, &p->piece);
	json_object_begin(&out);
	json_text_at(&out, "subject", id_to_str(&p->page, p->subject));
	json_text_at(&out, "held_by", p->tenant->policy->controller.name);
	json_text_at(&out, "service", p->tenant->policy->service);
	json_text_at(&out, "policy", p->tenant->policy->version);
	json_text_at(&out, "policy_sha256", hex(&p->tenant->policy->hash, &p->page));
	json_time_at(&out, "made", p->now_us);
	manifest_files(p, &out);
	json_name(&out, "not_given");
	json_array_begin(&out);
	for (size_t i = 0; i < p->missing_count; i++) {
		json_object_begin(&out);
		json_text_at(&out, "what", p->missing[i].what);
		json_text_at(&out, "why", p->missing[i].why);
		json_object_close(&out);
	}
	json_array_close(&out);
	json_object_close(&out);
	buf_add(&p->piece, STR("\n"));
	*more = false;
	return RC_OK;
}
