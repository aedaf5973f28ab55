/*
 * The table of what has a form, a check digit or a label.
 *
 * Rows with check digits score highest, labelled ones next, forms alone least.
 * Every repeat is bounded.  A label may be followed by "number", "no.", "n°",
 * a colon, "is"; what it labels holds a digit.
 */
#include "deid/checksum.h"
#include "deid/find.h"

#define NO_DIGIT_BEFORE "(?<![\\d.,/-])"
#define WORD_BEFORE     "(?<![A-Za-z0-9])"
#define SEP                                                                                    \
	"(?i:\\s{0,2}(?:\\(?(?:number|num[ée]ro|no\\.?|n[°o]\\.?|#|id|code)\\)?)?\\s{0,2}"   \
	"(?:[:#=]|is|are|est|of)?\\s{0,2}#?)"
#define CODE      "((?=[A-Za-z/-]{0,8}\\d)[A-Za-z0-9][A-Za-z0-9/-]{3,24}(?<![/-]))"
#define LABEL(of) WORD_BEFORE "(?i:" of ")" SEP CODE

#define CAP       "\\p{Lu}[\\p{L}'’.-]{0,30}"
#define LINK      "(?:de la|de|du|des|la|le|les|of|the|van|von|al|el|dos|da|do|del|y|and)"
#define ELISION   "(?:[dlDL]['’])?"
#define STREET_END                                                                             \
	"(?i:street|avenue|ave|road|rd|boulevard|blvd|lane|ln|drive|court|ct|circle|place|pl|" \
	"squares?|terrace|way|highway|hwy|parkway|pkwy|trail|close|crescent|row|mews|grove|"   \
	"alley|st|dr)\\b\\.?"
#define STREET_FR                                                                              \
	"(?i:rue|avenue|av\\.|boulevard|bd\\.?|place|chemin|impasse|all[ée]e|quai|route|"     \
	"cours|square|passage|faubourg|r[ée]sidence|lotissement|via|rua|calle|ul\\.)"
#define UNIT                                                                                     \
	"(?:[,\\s>?]{1,6}(?:Apt|Apartment|Suite|Ste|Unit|Appt|Appartement|B[âa]t|B[âa]timent|" \
	"Esc|[ÉE]tage|apt|suite|appt|b[âa]t)\\b\\.? ?#?[A-Z]?\\d{0,5})?"
/* ", Town, Country" on the same line. */
#define TOWNS "(?:,? (?!The|He|She|His|Her|I\\b)\\p{Lu}[\\p{L}'’-]{1,30}(?!\\p{L})){0,4}"
/* City, state and country up to a postal code; nothing where there is none. */
#define TO_ZIP                                                                                 \
	"(?:(?:[,\\s>?-]{1,12}(?:\\(?\\p{Lu}[\\p{L}'’.)-]{0,30}|nan|de|la|les|du|sur|del|"   \
	"di|\\d{2})(?!\\p{L})\\)?){0,8}?[,\\s>?-]{1,12}\\d{4,5}(?:-\\d{4})?(?!\\d|[/.]\\d))?"
#define FR_TOWN                                                                                \
	"(?:[,\\s-]{1,4}\\d{5}(?: \\p{Lu}[\\p{L}'’-]{1,30}(?:[ -](?:sur|en|les|la|le|de|"    \
	"\\p{Lu}[\\p{L}'’-]{1,30})){0,4})?)?"
#define OCTET     "(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)"
#define EXT       "(?:\\s?(?:x|ext\\.?|poste)\\s?\\d{1,6})?"
#define PHONE_ANY "(\\+?\\(?\\d(?:[ .()-]{0,2}\\d){6,16}" EXT ")(?![\\d/])"
#define SAYS                                                                                    \
	"(?i:\\s{0,2}(?:number|num[ée]ro|no\\.?|n°|#)?\\s{0,2}(?:[:#=]|is|at|on|est|au)?\\s{" \
	"0,3})"

/* A French postal code begins with a department. */
static bool
is_french_code(struct str *value)
{
	return memcmp(value->ptr, "00", 2) != 0 && memcmp(value->ptr, "99", 2) != 0;
}

/* Nine digits or more of a national number, with separators: not a measure. */
static bool
is_long_number(struct str *value)
{
	size_t digits = 0;

	for (size_t i = 0; i < value->len; i++)
		digits += value->ptr[i] >= '0' && value->ptr[i] <= '9';
	return digits >= 9 && digits <= 13;
}

/* What ends a sentence is not the address's. */
static bool
url_trim(struct str *value)
{
	while (value->len > 0 && memchr(".,;:!?)'", value->ptr[value->len - 1], 8) != NULL)
		value->len--;
	return value->len > 6;
}

const struct pattern_row identifier_rows[] = {
	/* F, N, O */
	{ DEID_EMAIL, 0.99f, 0,
	  "(?<![\\p{L}\\p{N}._%+-])[\\p{L}\\p{N}._%+'-]{1,64}@(?:[A-Za-z0-9-]{1,63}\\.){1,6}"
	  "[A-Za-z]{2,24}",
	  NULL },
	{ DEID_URL, 0.99f, 0, "\\b(?i:https?|s?ftps?)://[^\\s<>\"\\]\\[]{1,2000}", url_trim },
	{ DEID_URL, 0.95f, 0, "\\b(?i:www)\\.[^\\s<>\"\\]\\[]{3,2000}", url_trim },
	{ DEID_URL, 0.8f, 0,
	  "(?<![\\w.@-])(?:[A-Za-z0-9][A-Za-z0-9-]{0,62}\\.){1,4}(?i:com|org|net|fr|io|edu|gov|"
	  "info|biz|uk|eu|ca|ch)\\b(?:/[^\\s<>\"\\]\\[]{0,500})?(?![\\w@])",
	  url_trim },
	{ DEID_IP, 0.9f, 0, "(?<![\\d.])(?:" OCTET "\\.){3}" OCTET "(?!\\d|\\.\\d)", NULL },
	{ DEID_IP, 0.9f, 0, "(?<![0-9A-Fa-f:.])[0-9A-Fa-f:]{4,39}(?![0-9A-Za-z:])",
	  ipv6_is_valid },
	/* D, E */
	{ DEID_FAX, 0.95f, 1,
	  WORD_BEFORE "(?i:fax|facsimile|t[ée]l[ée]copie(?:ur)?)" SAYS PHONE_ANY,
	  phone_is_valid },
	{ DEID_FAX, 0.95f, 1, "(?<![\\d+])" PHONE_ANY "[- ]{1,2}(?i:fax)\\b", phone_is_valid },
	{ DEID_PHONE, 0.9f, 1,
	  WORD_BEFORE
	  "(?i:t[ée]l(?:[ée]phone)?\\.?|phone|mobile|portable|cell(?: ?phone)?|pager|"
	  "desk|office|call(?: me| us| her| him)?|reached|joignable|contact|answering|"
	  "messages to|home|work|text)" SAYS PHONE_ANY,
	  phone_is_valid },
	{ DEID_PHONE, 0.85f, 0, "(?<![\\w+])\\+\\d{1,3}(?:[ .()-]{0,2}\\d){6,13}" EXT "(?!\\d)",
	  NULL },
	{ DEID_PHONE, 0.85f, 0,
	  NO_DIGIT_BEFORE "(?:1[ .-]?)?(?:\\(\\d{3}\\)\\s?|\\d{3}[ .-])\\d{3}[ .-]\\d{4}" EXT
	                  "(?![\\d-])",
	  NULL },
	{ DEID_PHONE, 0.85f, 0, NO_DIGIT_BEFORE "0[1-9](?:[ .-]?\\d{2}){4}(?!\\d)", NULL },
	{ DEID_PHONE, 0.6f, 0,
	  NO_DIGIT_BEFORE "\\(?0\\d{1,4}\\)?(?:[ .-]\\d{2,4}){2,4}(?![\\d/])", is_long_number },
	{ DEID_PHONE, 0.6f, 1,
	  "(?<![\\d+])" PHONE_ANY "[ -]{1,2}(?i:office|home|mobile|desk)\\b", phone_is_valid },
	/* G */
	{ DEID_SSN, 0.95f, 0, "(?<![\\d-])\\d{3}-\\d{2}-\\d{4}(?![\\d-])", ssn_is_valid },
	{ DEID_SSN, 0.95f, 1,
	  WORD_BEFORE "(?i:ssn|social security|s[ée]curit[ée] sociale|nss|nir)" SEP
	              "(\\d{3}[- ]?\\d{2}[- ]?\\d{4}|\\d(?:[ .]?[\\dAB]){12,14})(?!\\d)",
	  NULL },
	{ DEID_SSN, 0.95f, 0,
	  "(?<!\\d)[12] ?\\d{2} ?(?:0[1-9]|1[0-2]|[2-9]\\d) ?(?:\\d{2}|2[AB]) ?\\d{3} ?\\d{3} ?"
	  "\\d{2}(?!\\d)",
	  nir_is_valid },
	/* H, I, J */
	{ DEID_RECORD, 0.95f, 1,
	  LABEL(
	      "mrn|medical record|record|chart|patient (?:id|number|no\\.?)|patient #|ipp|nip|"
	      "dossier(?: patient| m[ée]dical)?|hospital number|unit number"),
	  NULL },
	{ DEID_PLAN, 0.95f, 1,
	  LABEL("health plan|beneficiary|member|policy|insurance|medicare|medicaid|mutuelle|"
	        "adh[ée]rent|subscriber|group|hicn|mbi|plan|nhs|assurance"),
	  NULL },
	{ DEID_PLAN, 0.8f, 0, NO_DIGIT_BEFORE "\\d{3} \\d{3} \\d{4}(?!\\d)", nhs_is_valid },
	{ DEID_ACCOUNT, 0.95f, 1,
	  LABEL("(?:bank |billing |patient )?account|acct|compte(?: bancaire)?|invoice|facture|"
	        "guarantor|routing|rib"),
	  NULL },
	{ DEID_ACCOUNT, 0.99f, 0, "(?<![\\d-])\\d(?:[ -]?\\d){11,18}(?![\\d])", card_is_valid },
	{ DEID_ACCOUNT, 0.99f, 0, WORD_BEFORE "[A-Z]{2}\\d{2}(?: ?[A-Z0-9]){11,30}",
	  iban_is_valid },
	{ DEID_ACCOUNT, 0.85f, 1,
	  WORD_BEFORE "(?i:card|cc|carte|iban)" SEP "([A-Z]{0,2}\\d(?:[ -]?[A-Z0-9]){11,30})",
	  NULL },
	{ DEID_ACCOUNT, 0.9f, 1,
	  WORD_BEFORE "(?i:iban)" SEP "([A-Za-z]{2}\\d{2}(?: ?[A-Za-z0-9]{2,4}){3,8})", NULL },
	/* K, L, M */
	{ DEID_LICENSE, 0.95f, 1,
	  LABEL("(?:driver(?:'|’)?s? |driving |medical |nursing )?licen[sc]e|permis(?: de "
	        "conduire)?"
	        "|certificate|certificat|rpps|adeli|dea|npi|passport|passeport|dl|"
	        "carte d['’]identit[ée]|cni|registration"),
	  NULL },
	{ DEID_LICENSE, 0.8f, 0, "(?<![\\w-])[12]\\d{9}(?![\\w-])", npi_is_valid },
	{ DEID_LICENSE, 0.85f, 0, "(?<![\\w-])[A-HJ-NP-UX][A-Z9]\\d{7}(?![\\w-])",
	  dea_is_valid },
	{ DEID_VEHICLE, 0.97f, 0, "(?<![\\w-])[A-HJ-NPR-Z0-9]{17}(?![\\w-])", vin_is_valid },
	{ DEID_VEHICLE, 0.85f, 0,
	  "(?<![\\w-])[A-HJ-NP-TV-Z]{2}-\\d{3}-[A-HJ-NP-TV-Z]{2}(?![\\w-])", NULL },
	{ DEID_VEHICLE, 0.96f, 1,
	  WORD_BEFORE
	  "(?i:(?:license |licence |number )?plates?|vin|immatricul(?:ation|[ée]e?)|"
	  "plaque|vehicle)" SEP "((?=[A-Z -]{0,8}\\d)[A-Z0-9][A-Z0-9]{1,16}"
	  "(?:[ -][A-Z0-9]{1,7}){0,3})\\b",
	  NULL },
	{ DEID_DEVICE, 0.96f, 1,
	  LABEL("(?:pacemaker |implant |pump |device )?serial|s/?n|device|udi|imei|"
	        "num[ée]ro de s[ée]rie|appareil|n° de s[ée]rie|sensor|lot"),
	  NULL },
	{ DEID_DEVICE, 0.95f, 0, "\\(01\\)\\d{14}(?:\\(\\d{2}\\)[A-Za-z0-9-]{1,20}){0,4}",
	  NULL },
	{ DEID_DEVICE, 0.95f, 0,
	  "(?<![\\w:-])[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}(?![\\w:-])", NULL },
	/* P, Q, R */
	{ DEID_BIOMETRIC, 0.95f, 1,
	  LABEL("finger ?print|voice ?print|retinal? scan|iris(?: scan| code)?|biometric|"
	        "empreintes?(?: digitales?| vocale)?|biom[ée]trie|face template"),
	  NULL },
	{ DEID_PHOTO, 0.95f, 0,
	  "(?<![\\w-])[\\w-]{1,64}\\.(?i:jpe?g|png|heic|tiff?|gif|bmp|webp)\\b", NULL },
	{ DEID_OTHER, 0.9f, 1,
	  LABEL("study|subject|participant|trial|accession|specimen|case|encounter|visit|order|"
	        "sample|[ée]chantillon|inclusion|s[ée]jour|protocol|ticket|reference|r[ée]f[ée]"
	        "rence|"
	        "employee|badge|barcode|identifiant|identifier|id"),
	  NULL },
	{ DEID_OTHER, 0.9f, 0,
	  "(?<![\\w-])[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}(?![\\w-])", NULL },
	/* Numbers too long to measure anything. */
	{ DEID_OTHER, 0.6f, 0, "(?<![\\w.,+-])\\d{8,24}(?![\\w-]|[.,]\\d)", NULL },
	{ DEID_OTHER, 0.55f, 0, "(?<![\\w-])[A-Z]{1,4}-?\\d{6,12}(?![\\w-])", NULL },
	/* C: ages */
	{ DEID_AGE, 0.9f, 1,
	  "(?<![\\d.,/])(9\\d|1[0-3]\\d)(?:[ -]{0,2})(?i:years?|yrs?|y\\.?/?o\\.?|ans)\\b",
	  NULL },
	{ DEID_AGE, 0.9f, 1,
	  "\\b(?i:aged?|[âa]g[ée]e? de|age:|age is)\\s{1,2}(9\\d|1[0-3]\\d)(?![\\d.,%+/])",
	  NULL },
	{ DEID_AGE, 0.8f, 1, "(?<![\\w.])(9\\d|1[0-3]\\d) ?[MFH](?![\\w])", NULL },
	/* B */
	{ DEID_ADDRESS, 0.9f, 0,
	  NO_DIGIT_BEFORE
	  "\\d{1,6}[A-Za-z]?,? (?:\\d{1,4} )?(?:(?:[NSEW]\\.?|\\d{1,4}(?:st|nd|rd|th)?|" CAP
	  "|" LINK ") ){1,6}?" STREET_END UNIT TO_ZIP TOWNS,
	  NULL },
	{ DEID_ADDRESS, 0.9f, 0,
	  NO_DIGIT_BEFORE "\\d{1,6}(?: ?(?:bis|ter|quater|[A-D]))?,? " STREET_FR "(?: (?:" LINK
	                  "|" ELISION CAP "|\\d{1,4})){1,6}" UNIT FR_TOWN TO_ZIP,
	  NULL },
	{ DEID_ADDRESS, 0.7f, 0,
	  "\\b(?:[Rr]ue|[Cc]hemin|[Ii]mpasse|[Bb]oulevard|[Qq]uai)(?: (?:" LINK
	  ")){0,2} " ELISION CAP "(?:[ -]" ELISION CAP "){0,3}" FR_TOWN,
	  NULL },
	{ DEID_ADDRESS, 0.8f, 0,
	  "\\p{Lu}\\p{Ll}{2,24}(?:gatan|gata|gade|gatu|vej|vägen|veien|straße|strasse|gasse|"
	  "weg|"
	  "platz|katu|kuja|laan|straat|plein|utca) \\d{1,5}" UNIT TO_ZIP,
	  NULL },
	/* Number, name of a street in any language, number. */
	{ DEID_ADDRESS, 0.7f, 0,
	  NO_DIGIT_BEFORE
	  "\\d{2,6} (?:(?:\\d{1,4} )?(?:" CAP "|ul\\.|" LINK
	  ") ){1,6}(?:u\\. |út |tér |rkp\\. )?\\d{1,5}\\b\\.?" UNIT TO_ZIP TOWNS,
	  NULL },
	{ DEID_ADDRESS, 0.8f, 0,
	  NO_DIGIT_BEFORE "\\d{1,6} (?:" CAP "[ ]){1,5}" CAP
	                  "\\s{1,4}(?:Apt|Suite)\\.? \\d{1,5}" TO_ZIP,
	  NULL },
	{ DEID_ADDRESS, 0.8f, 0,
	  NO_DIGIT_BEFORE
	  "(?i:\\d{1,6} (?:[a-z0-9]{1,20} ){1,3}(?:street|avenue|road|boulevard|"
	  "lane))\\b",
	  NULL },
	{ DEID_ADDRESS, 0.9f, 0,
	  "(?:\\b\\d{1,6} )?\\b(?i:p\\.? ?o\\.? ?box|bo[îi]te postale) \\d{1,6}\\b" UNIT TO_ZIP
	      TOWNS,
	  NULL },
	{ DEID_ADDRESS, 0.9f, 0, "\\bBP \\d{1,6}(?=[,\\s-]{1,4}\\d{5})" FR_TOWN, NULL },
	{ DEID_ADDRESS, 0.7f, 0,
	  "(?i:the corner of) [^\\n]{3,60}? and (?:ul\\. )?" CAP "(?: " CAP "| \\d{1,5}){0,3}",
	  NULL },
	{ DEID_PLACE, 0.7f, 1,
	  "\\b(?i:grew up in|lives? in|living in|based in|born in|i(?: a|')m in|moved (?:here "
	  ")?"
	  "(?:from|to)|originally from|travell?ed to|habite|habite à|n[ée]e? à|demeurant à|"
	  "domicili[ée]e? à|where:) (\\p{Lu}[\\p{L}'’-]{2,30}(?:[ "
	  "-]\\p{Lu}[\\p{L}'’-]{1,30}){0,3})",
	  NULL },
	{ DEID_ADDRESS, 0.95f, 0,
	  "\\b(?i:psc|cmr|unit|usns|uss|usnv|uscgc)\\b[^\\n]{1,40}\\n?[\\s,]{0,3}(?i:apo|fpo|"
	  "dpo),? "
	  "(?i:a[ape]) \\d{5}",
	  NULL },
	{ DEID_ADDRESS, 0.7f, 0, "(?<![\\w.])(?:Apt|Suite|Appt|Unit)\\.? #?[A-Z]?\\d{1,5}\\b",
	  NULL },
	{ DEID_POSTCODE, 0.85f, 1,
	  "(?<![A-Za-z])(?:A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N["
	  "CDEHJMVY]|"
	  "O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY]|P[R])\\.?,?\\s{1,3}(\\d{5}(?:-\\d{4})?)(?!"
	  "\\d)",
	  NULL },
	{ DEID_POSTCODE, 0.9f, 1,
	  "\\b(?i:zip(?: ?code)?|postal ?code|postcode|code "
	  "postal|cp)\\s{0,2}(?:is|[:=])?\\s{0,2}"
	  "(\\d{3,5}(?:[ -]\\d{2,4})?|[A-Z]{1,2}\\d[A-Z\\d]? ?\\d[A-Z]{1,2})\\b",
	  NULL },
	{ DEID_POSTCODE, 0.7f, 1,
	  "(?<![\\w.,/-])(\\d{5}) (?:\\p{Lu}\\p{L}{2,30})(?:[ "
	  "-](?:sur|en|les|la|\\p{Lu}\\p{L}{1,30}))"
	  "{0,3}(?!\\p{L})",
	  is_french_code },
	{ DEID_POSTCODE, 0.8f, 0, "(?<![\\w-])[A-Z]\\d[A-Z] ?\\d[A-Z]\\d(?![\\w-])", NULL },
	{ DEID_POSTCODE, 0.75f, 0, "(?<![\\w-])[A-Z]{1,2}\\d[A-Z\\d]? \\d[A-Z]{2}(?![\\w-])",
	  NULL },
};
const size_t identifier_row_count = COUNT_OF(identifier_rows);
