#include "deid/checksum.h"

#include <arpa/inet.h>

#define DIGITS_MAX 40

struct digits {
	char text[DIGITS_MAX + 1]; /* letters and digits alone */
	size_t count;
	bool is_numeric;
};

/* `is_numeric` is false also where more came than fit. */
static struct digits
digits_of(struct str text)
{
	struct digits digits = { .is_numeric = true };

	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		bool is_digit = c >= '0' && c <= '9';
		if (!is_digit && !(c >= 'A' && c <= 'Z') && !(c >= 'a' && c <= 'z'))
			continue;
		if (digits.count == DIGITS_MAX)
			return (struct digits){ .count = 0 };
		digits.text[digits.count++] = c;
		digits.is_numeric &= is_digit;
	}
	return digits;
}

static unsigned
digit_at(const struct digits *digits, size_t at)
{
	return (unsigned)(digits->text[at] - '0');
}

static bool
luhn(const struct digits *digits, unsigned sum)
{
	for (size_t i = 0; i < digits->count; i++) {
		unsigned digit = digit_at(digits, digits->count - 1 - i);
		if (i % 2 == 1)
			digit = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
		sum += digit;
	}
	return sum % 10 == 0;
}

bool
card_is_valid(struct str *text)
{
	struct digits digits = digits_of(*text);

	return digits.is_numeric && digits.count >= 12 && digits.count <= 19 &&
	       digits.text[0] != '0' && luhn(&digits, 0);
}

bool
npi_is_valid(struct str *text)
{
	struct digits digits = digits_of(*text);

	/* 80840 adds 24: the sum of its digits, every second one doubled. */
	return digits.is_numeric && digits.count == 10 && luhn(&digits, 24);
}

static unsigned
mod97_step(unsigned rest, char c)
{
	if (c >= '0' && c <= '9')
		return (rest * 10 + (unsigned)(c - '0')) % 97;
	return (rest * 100 + (unsigned)((c | 32) - 'a') + 10) % 97;
}

static bool
iban_check(struct str text)
{
	struct digits digits = digits_of(text);
	unsigned rest = 0;

	if (digits.count < 15 || digits.count > 34)
		return false;
	for (size_t i = 0; i < digits.count; i++)
		rest = mod97_step(rest, digits.text[(i + 4) % digits.count]);
	return rest == 1;
}

bool
iban_is_valid(struct str *text)
{
	struct str tried = *text;

	for (; tried.len >= 15; tried.len--) {
		if (tried.ptr[tried.len - 1] == ' ' || !iban_check(tried))
			continue;
		*text = tried;
		return true;
	}
	return false;
}

bool
ssn_is_valid(struct str *text)
{
	struct digits digits = digits_of(*text);

	return digits.is_numeric && digits.count == 9 && digits.text[0] != '9' &&
	       memcmp(digits.text, "000", 3) != 0 && memcmp(digits.text, "666", 3) != 0 &&
	       memcmp(digits.text + 3, "00", 2) != 0 && memcmp(digits.text + 5, "0000", 4) != 0;
}

bool
nhs_is_valid(struct str *text)
{
	struct digits digits = digits_of(*text);
	unsigned sum = 0;

	if (!digits.is_numeric || digits.count != 10)
		return false;
	for (size_t i = 0; i < 9; i++)
		sum += digit_at(&digits, i) * (unsigned)(10 - i);
	return (11 - sum % 11) % 11 == digit_at(&digits, 9);
}

bool
nir_is_valid(struct str *text)
{
	struct digits digits = digits_of(*text);
	uint64_t number = 0;

	if (digits.count != 13 && digits.count != 15)
		return false;
	if (digits.text[5] == '2' && (digits.text[6] == 'A' || digits.text[6] == 'B')) {
		digits.text[5] = '1';
		digits.text[6] = digits.text[6] == 'A' ? '9' : '8';
	} else if (!digits.is_numeric) {
		return false;
	}
	for (size_t i = 0; i < 13; i++)
		number = number * 10 + digit_at(&digits, i);
	return digits.count == 13 ||
	       97 - number % 97 == digit_at(&digits, 13) * 10 + digit_at(&digits, 14);
}

bool
dea_is_valid(struct str *text)
{
	struct digits digits = digits_of(*text);
	unsigned sum = 0;

	if (digits.count != 9)
		return false;
	for (size_t i = 0; i < 6; i++)
		sum += digit_at(&digits, i + 2) * (i % 2 == 0 ? 1 : 2);
	return sum % 10 == digit_at(&digits, 8);
}

bool
vin_is_valid(struct str *text)
{
	static const char letters[] = "ABCDEFGHJKLMNPRSTUVWXYZ";
	static const char values[] = "12345678123457923456789";
	static const unsigned weights[] = {
		8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2
	};
	struct digits digits = digits_of(*text);
	unsigned sum = 0;

	if (digits.count != 17)
		return false;
	for (size_t i = 0; i < 17; i++) {
		const char *letter = memchr(letters, digits.text[i], sizeof(letters) - 1);
		char value = letter == NULL ? digits.text[i] : values[letter - letters];
		if (value < '0' || value > '9')
			return false;
		sum += (unsigned)(value - '0') * weights[i];
	}
	return digits.text[8] == (sum % 11 == 10 ? 'X' : (char)('0' + sum % 11));
}

bool
ipv6_is_valid(struct str *text)
{
	char copy[INET6_ADDRSTRLEN];
	struct in6_addr address;
	size_t colons = 0;

	if (text->len >= sizeof(copy))
		return false;
	for (size_t i = 0; i < text->len; i++)
		colons += text->ptr[i] == ':';
	memcpy(copy, text->ptr, text->len);
	copy[text->len] = '\0';
	return colons >= 2 && text->len > 3 && inet_pton(AF_INET6, copy, &address) == 1;
}

bool
phone_is_valid(struct str *text)
{
	struct digits digits = digits_of(*text);
	size_t count = 0;

	for (size_t i = 0; i < digits.count; i++)
		count += digits.text[i] >= '0' && digits.text[i] <= '9';
	return count >= 7 && count <= 20;
}
