/*
 * Clinical-looking notes, English and French, made from a seed, with what
 * identifies known: all 18 kinds of 45 CFR 164.514(b)(2)(i), and traps that
 * identify nobody (doses, laboratory values, codes, eponyms, ages under 90).
 *
 * Half of the names are composed from syllables, so no dictionary knows them.
 * A template's "{N}" is a slot; slots[] says what fills it.
 */
#ifndef TEST_DEID_NOTES_H
#define TEST_DEID_NOTES_H

#include "measure.h"

struct maker {
	uint64_t state;
	struct buf *out;
	struct truths *truths;
};

/* Knuth, "MMIX": the notes are the same on every machine. */
static inline unsigned
maker_draw(struct maker *maker, unsigned below)
{
	maker->state =
	    maker->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)((maker->state >> 33) % below);
}

#define PICK(maker, list) ((list)[maker_draw((maker), COUNT_OF(list))])

static inline void
make_syllables(struct maker *maker, struct buf *out)
{
	static const char *const first[] = { "Zor",  "Kel", "Dra", "Vin", "Bre",
		                             "Quer", "Tho", "Szy", "Oko", "Nwa",
		                             "Yil",  "Pet", "Mor", "Gra", "Lev" };
	static const char *const middle[] = {
		"va", "lin", "da", "ko", "ber", "mi", "ra", "zu"
	};
	static const char *const last[] = { "cek",    "nov", "ski",   "dez",  "mann",
		                            "kwo",    "rek", "leuc",  "ssou", "gaard",
		                            "poulos", "vic", "zadeh", "quist" };

	buf_add(out, str_from_c(PICK(maker, first)));
	buf_add(out, str_from_c(PICK(maker, middle)));
	buf_add(out, str_from_c(PICK(maker, last)));
}

static inline void
make_given(struct maker *maker, struct buf *out)
{
	static const char *const given[] = { "Mary",     "John",  "Camille", "Étienne",
		                             "Fatima",   "Rose",  "Mark",    "Aoife",
		                             "Jean-Luc", "Odile", "Grace",   "Thaddeus",
		                             "Ximena",   "Wei",   "Hélène" };

	buf_add(out, str_from_c(PICK(maker, given)));
}

static inline void
make_family(struct maker *maker, struct buf *out)
{
	static const char *const family[] = { "Smith",   "Dupont",       "Lefèvre", "Nguyen",
		                              "O'Brien", "Young",        "Brown",   "Garcia",
		                              "Moreau",  "van der Berg", "Patel",   "McKenzie",
		                              "Graves",  "Kowalski" };

	if (maker_draw(maker, 2) == 0)
		make_syllables(maker, out);
	else
		buf_add(out, str_from_c(PICK(maker, family)));
}

static inline void
make_digits(struct maker *maker, struct buf *out, const char *form)
{
	for (; *form != '\0'; form++) {
		if (*form == '9')
			buf_addf(out, "%u", maker_draw(maker, 10));
		else if (*form == '1')
			buf_addf(out, "%u", 1 + maker_draw(maker, 9));
		else if (*form == 'A')
			buf_addf(out, "%c", (int)("BCDFGHJKLMNP"[maker_draw(maker, 12)]));
		else
			buf_addf(out, "%c", *form);
	}
}

/* The last digit that Luhn's rule asks for (ISO/IEC 7812-1, annex B). */
static inline void
make_luhn(struct maker *maker, struct buf *out, const char *start, unsigned digits,
          unsigned more)
{
	unsigned sum = more, digit;
	char text[24];

	(void)snprintf(text, sizeof(text), "%s", start);
	for (unsigned i = (unsigned)strlen(start); i < digits - 1; i++)
		text[i] = (char)('0' + maker_draw(maker, 10));
	for (unsigned i = 0; i < digits - 1; i++) {
		digit = (unsigned)(text[digits - 2 - i] - '0') * (i % 2 == 0 ? 2 : 1);
		sum += digit > 9 ? digit - 9 : digit;
	}
	text[digits - 1] = (char)('0' + (10 - sum % 10) % 10);
	buf_add(out, (struct str){ text, digits });
}

static inline void
make_date(struct maker *maker, struct buf *out, bool is_french)
{
	static const char *const en[] = { "January", "March", "May", "August", "Sept", "Dec" };
	static const char *const fr[] = { "janvier", "mars",      "mai",
		                          "août",    "septembre", "décembre" };
	unsigned day = 1 + maker_draw(maker, 28), month = 1 + maker_draw(maker, 12);
	unsigned year = 1935 + maker_draw(maker, 90);

	switch (maker_draw(maker, 4)) {
	case 0:
		buf_addf(out, "%02u/%02u/%u", is_french ? day : month, is_french ? month : day,
		         year);
		break;
	case 1:
		buf_addf(out, "%u-%02u-%02u", year, month, day);
		break;
	case 2:
		if (is_french)
			buf_addf(out, "%u %s %u", day, PICK(maker, fr), year);
		else
			buf_addf(out, "%s %u, %u", PICK(maker, en), day, year);
		break;
	default:
		buf_addf(out, "%u %s %u", day, is_french ? PICK(maker, fr) : PICK(maker, en),
		         year);
	}
}

static inline void
make_street(struct maker *maker, struct buf *out, bool is_french)
{
	static const char *const fr[] = { "rue de la République", "avenue Victor Hugo",
		                          "chemin des Lilas", "bis, boulevard Voltaire" };
	static const char *const en[] = { "Maple Street",  "N. Oak Ave", "Lincoln Blvd",
		                          "Old Mill Road", "5th Avenue", "Cedar Ln" };

	buf_addf(out, "%u ", 1 + maker_draw(maker, 900));
	buf_add(out, str_from_c(is_french ? PICK(maker, fr) : PICK(maker, en)));
}

static inline void
make_slot_code(struct maker *maker, struct buf *out, char slot)
{
	static const struct {
		char slot;
		const char *forms[3];
	} codes[] = {
		{ 'p', { "(199) 199-9999", "199-199-9999", "+1 199 199 9999" } },
		{ 'q', { "01 99 99 99 99", "06.99.99.99.99", "+33 1 99 99 99 99" } },
		{ 'x', { "199-199-9999", "(199) 199-9999", "199.199.9999" } },
		{ 's', { "199-19-1999", "219-49-1999", "319-59-1999" } },
		{ 'm', { "1999999", "A-199999", "00199999" } },
		{ 'h', { "AAA199999999", "1999999A", "99-199999" } },
		{ 'a', { "199999999", "19-99999-1", "1999999999" } },
		{ 'l', { "A1999999", "199 is no code1", "AA-199999" } },
		{ 'v', { "AA-199-AA", "AA-199-AA", "AA-199-AA" } },
		{ 'd', { "SN1999999", "A19-99999", "199999AA9" } },
		{ 'b', { "FP-199999", "AA19999", "199-9999-1" } },
		{ 'r', { "AA-199999", "19-9999", "S199999" } },
		{ 'z', { "94199", "02199", "10199-1999" } },
		{ 'c', { "75011", "44000", "31400" } },
		{ 'i', { "10.99.1.19", "192.168.1.19", "172.16.99.1" } },
		{ 'g', { "93", "97", "101" } },
	};
	const char *form = "1999";

	for (size_t i = 0; i < COUNT_OF(codes); i++)
		if (codes[i].slot == slot)
			form = codes[i].forms[maker_draw(maker, 3)];
	if (slot == 'l' && strchr(form, ' ') != NULL)
		form = "A199-9999-9999";
	if (slot == 'z' || slot == 'c' || slot == 'i' || slot == 'g')
		buf_add(out, str_from_c(form));
	else
		make_digits(maker, out, form);
}

static inline void
make_slot_text(struct maker *maker, struct buf *out, char slot)
{
	static const char *const towns[] = { "Boston", "Springfield", "Cleveland",
		                             "San Diego" };
	static const char *const villes[] = { "Nantes", "Toulouse", "Villeurbanne",
		                              "Saint-Étienne" };
	static const char *const houses[] = { "Mercy Hospital", "St. Vincent Medical Center",
		                              "Hôpital Necker", "CHU de Rennes" };

	switch (slot) {
	case 'N':
	case 'F':
		make_given(maker, out);
		buf_add(out, STR(" "));
		make_family(maker, out);
		break;
	case 'L':
		make_family(maker, out);
		break;
	case 'T':
		buf_add(out, str_from_c(PICK(maker, towns)));
		break;
	case 'V':
		buf_add(out, str_from_c(PICK(maker, villes)));
		break;
	case 'H':
		buf_add(out, str_from_c(PICK(maker, houses)));
		break;
	case 'S':
	case 'R':
		make_street(maker, out, slot == 'R');
		break;
	case 'D':
	case 'E':
		make_date(maker, out, slot == 'E');
		break;
	case 'e':
		make_syllables(maker, out);
		buf_addf(out, "%u@mail.example.com", maker_draw(maker, 99));
		break;
	case 'u':
		buf_addf(out, "https://portal.example.org/p/%u?x=1", maker_draw(maker, 9999));
		break;
	case 'f':
		buf_addf(out, "IMG_%04u.jpg", maker_draw(maker, 9999));
		break;
	case 'k':
		make_luhn(maker, out, "4", 16, 0);
		break;
	case 'n':
		make_luhn(maker, out, "1", 10, 24); /* 80840 before an NPI adds 24 */
		break;
	default:
		make_slot_code(maker, out, slot);
	}
}

/* Which kind fills a slot. */
static inline enum deid_kind
slot_kind(char slot)
{
	static const char *const slots[DEID_KINDS] = {
		[DEID_NAME] = "NFL",    [DEID_ADDRESS] = "SR",  [DEID_PLACE] = "TV",
		[DEID_POSTCODE] = "zc", [DEID_FACILITY] = "H",  [DEID_DATE] = "DE",
		[DEID_AGE] = "g",       [DEID_PHONE] = "pq",    [DEID_FAX] = "x",
		[DEID_EMAIL] = "e",     [DEID_SSN] = "s",       [DEID_RECORD] = "m",
		[DEID_PLAN] = "h",      [DEID_ACCOUNT] = "ak",  [DEID_LICENSE] = "ln",
		[DEID_VEHICLE] = "v",   [DEID_DEVICE] = "d",    [DEID_URL] = "u",
		[DEID_IP] = "i",        [DEID_BIOMETRIC] = "b", [DEID_PHOTO] = "f",
		[DEID_OTHER] = "r",
	};

	for (int kind = 0; kind < DEID_KINDS; kind++)
		if (strchr(slots[kind], slot) != NULL)
			return (enum deid_kind)kind;
	abort();
}

static inline void
make_line(struct maker *maker, const char *line)
{
	for (const char *at = line; *at != '\0'; at++) {
		size_t from = maker->out->len;
		if (*at != '{') {
			buf_add(maker->out, (struct str){ at, 1 });
			continue;
		}
		make_slot_text(maker, maker->out, at[1]);
		maker->truths->items[maker->truths->count++] =
		    (struct truth){ from, maker->out->len - from, slot_kind(at[1]), false };
		at += 2;
	}
	buf_add(maker->out, STR("\n"));
}

static const char *const notes_english[] = {
	"Patient: {N}   MRN: {m}   DOB: {D}",
	"Dr. {L} saw {N} at {H} on {D}.",
	"Mrs. {L} is a {g}-year-old woman from {T} with Parkinson disease.",
	"Mr. {L} is a 67-year-old man with a history of Crohn's disease and gout.",
	"Lives at {S}, {T}, OH {z}. Phone: {p}. Fax: {x}.",
	"Her daughter {N} can be reached at {p} or {e}.",
	"SSN {s}, Medicare ID: {h}, account number {a}.",
	"Driver's license {l}; NPI {n}; license plate: {v}.",
	"Pacemaker serial number {d}, implanted {D}.",
	"Uploaded from {i} to {u}, photo {f}.",
	"Fingerprint ID {b}. Study ID {r}. Card {k} was charged.",
	"Admitted {D}, discharged {D} to {T}.",
	"Electronically signed by {N}, MD on {D}",
	"Attending: {N}",
	"{N} was seen in clinic today. {L} denies chest pain.",
	"The son, {N}, brought her in.",
	"A Foley catheter was placed. Glasgow Coma Scale 15. Babinski sign absent.",
	"Metformin 500 mg BID, Lisinopril 10 mg daily, Xarelto 20 mg, Lasix 40 mg IV.",
	"Labs: WBC 7.4, Hgb 13.2, Na 138, K 4.1, creatinine 0.9 mg/dL, HbA1c 6.8 %.",
	"ICD-10 I10, E11.9, J45.909. BP 120/80, pulse 72, SpO2 98 %, temp 37.2.",
	"Since 2015 she may march slowly; august mood, will walk with a cane.",
	"HISTORY OF PRESENT ILLNESS",
	"Assessment and Plan: Continue Aspirin. Follow up in 2 weeks.",
	"Graves disease, Hodgkin lymphoma stage II, Guillain-Barre syndrome in 2009.",
	"Impression: No acute intracranial hemorrhage. Pain 5/10. Strength 4/5.",
};

static const char *const notes_french[] = {
	"Patient : {N}   IPP : {m}   né le {E}",
	"Le Dr {L} a vu {N} au {H} le {E}.",
	"Mme {L}, âgée de {g} ans, habite à {V}, {R}, {c} {V}.",
	"M. {L}, 54 ans, hypertendu, consulte pour une lombalgie.",
	"Tél. : {q}. Courriel : {e}. Fax : {q}.",
	"Sa fille {N} est joignable au {q}.",
	"Numéro de mutuelle : {h}. Compte {a}. Dossier n° {m}.",
	"Permis de conduire {l}. Immatriculation {v}. RPPS {a}.",
	"Numéro de série {d} (stimulateur posé le {E}).",
	"Empreinte digitale {b}. Référence {r}. Image {f}, {u}, {i}.",
	"Hospitalisée du {E} au {E}.",
	"Compte rendu signé par {N} le {E}",
	"Monsieur {N} est suivi depuis 2011 pour une maladie de Parkinson.",
	"Pose d'une sonde de Foley. Score de Glasgow à 15. Signe de Babinski absent.",
	"Doliprane 1000 mg, Metformine 850 mg, Kardegic 75 mg, Lovenox 0,4 ml.",
	"NFS : leucocytes 7,4 G/L, hémoglobine 13,2 g/dL, créatinine 82 µmol/L.",
	"CIM-10 I10, E11.9. TA 13/8, pouls 72, saturation 98 %.",
	"Examen clinique : auscultation cardiaque normale. Pas de fièvre.",
	"Conclusion : Poursuite du traitement. Contrôle dans trois mois.",
};

/* One note of `seed`, a dozen lines; `out` and `truths` begin empty. */
static inline void
make_note(uint64_t seed, struct buf *out, struct truths *truths)
{
	struct maker maker = { seed * UINT64_C(0x9E3779B97F4A7C15) + 1, out, truths };
	bool is_french = seed % 2 == 1;

	truths->count = 0;
	for (int i = 0; i < 14; i++)
		make_line(&maker,
		          is_french ? PICK(&maker, notes_french) : PICK(&maker, notes_english));
}

#endif
