/*
 * Check digits: whether a number of the right form is one that was issued by
 * its rule.  Each takes the text as written, with spaces, dots and hyphens.
 */
#ifndef DEID_CHECKSUM_H
#define DEID_CHECKSUM_H

#include "base/str.h"

/* ISO/IEC 7812-1, annex B (Luhn): payment cards of 12 to 19 digits. */
bool card_is_valid(struct str *text);
/* ISO 13616-1 (mod 97-10 of ISO 7064); shortens to the longest valid IBAN. */
bool iban_is_valid(struct str *text);
/* Social Security Administration, "Randomization": no 000, 666, 9xx area, no
 * group 00, no serial 0000. */
bool ssn_is_valid(struct str *text);
/* NHS Data Dictionary, "NHS NUMBER": modulus 11 of ten digits. */
bool nhs_is_valid(struct str *text);
/* INSEE, numéro d'inscription au répertoire: key = 97 − (number mod 97), Corsica's
 * 2A as 19 and 2B as 18.  Without a key (13 characters) the form is enough. */
bool nir_is_valid(struct str *text);
/* CMS, "National Provider Identifier Check Digit": Luhn with 80840 before it. */
bool npi_is_valid(struct str *text);
/* 21 CFR 1301 registrants: seventh digit = (1st+3rd+5th + 2(2nd+4th+6th)) mod 10. */
bool dea_is_valid(struct str *text);
/* 49 CFR 565.15(c), table III: the ninth character checks the other sixteen. */
bool vin_is_valid(struct str *text);
/* RFC 4291, section 2.2: at least two colons, and an address. */
bool ipv6_is_valid(struct str *text);
/* 7 to 15 digits (ITU-T E.164). */
bool phone_is_valid(struct str *text);

#endif
