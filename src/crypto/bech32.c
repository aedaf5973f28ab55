/*
 * The checksum and the regrouping of 8 bits into 5 are BIP 173's, section
 * "Bech32".  What passes here may be a private key: buffers are wiped, and the
 * texts are as short as keys are.
 */
#include "crypto/bech32.h"

#include <assert.h>

#include "crypto/secret.h"

#define CHECKSUM_LEN 6
#define GROUPS_MAX   64 /* of five bits: 40 bytes */

static const char letters[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

static uint32_t
checksum_add(uint32_t sum, uint8_t group)
{
	static const uint32_t generators[] = { 0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd,
		                               0x2a1462b3 };
	uint32_t top = sum >> 25;

	sum = ((sum & 0x1ffffff) << 5) ^ group;
	for (size_t i = 0; i < COUNT_OF(generators); i++)
		sum ^= (top >> i) & 1 ? generators[i] : 0;
	return sum;
}

static uint32_t
checksum_of_prefix(struct str prefix)
{
	uint32_t sum = 1;

	for (size_t i = 0; i < prefix.len; i++)
		sum = checksum_add(sum, (uint8_t)((unsigned char)prefix.ptr[i] >> 5));
	sum = checksum_add(sum, 0);
	for (size_t i = 0; i < prefix.len; i++)
		sum = checksum_add(sum, (uint8_t)(prefix.ptr[i] & 31));
	return sum;
}

/* Five bits of `bytes` from bit 5 × index on; zeros follow the last byte. */
static uint8_t
group_at(const uint8_t *bytes, size_t count, size_t index)
{
	size_t bit = 5 * index, byte = bit / 8;
	unsigned wide = (unsigned)bytes[byte] << 8;

	if (byte + 1 < count)
		wide |= bytes[byte + 1];
	return (wide >> (11 - bit % 8)) & 31;
}

static size_t
groups_of(size_t count)
{
	return (8 * count + 4) / 5;
}

void
bech32_format(struct str prefix, const uint8_t *bytes, size_t count, char *out)
{
	uint32_t sum = checksum_of_prefix(prefix);
	char *at = out + prefix.len;

	memcpy(out, prefix.ptr, prefix.len);
	*at++ = '1';
	for (size_t i = 0; i < groups_of(count); i++) {
		uint8_t group = group_at(bytes, count, i);
		sum = checksum_add(sum, group);
		*at++ = letters[group];
	}
	for (int i = 0; i < CHECKSUM_LEN; i++)
		sum = checksum_add(sum, 0);
	sum ^= 1;
	for (int i = CHECKSUM_LEN - 1; i >= 0; i--)
		*at++ = letters[(sum >> (5 * i)) & 31];
	*at = '\0';
}

/* In lower case; 0 when it is of the other case than the text's first letter. */
static char
lowered(char c, bool is_capitals)
{
	if (c >= 'A' && c <= 'Z')
		return is_capitals ? (char)(c + 'a' - 'A') : '\0';
	return c >= 'a' && c <= 'z' && is_capitals ? '\0' : c;
}

static bool
prefix_holds(struct str text, struct str prefix, bool is_capitals)
{
	for (size_t i = 0; i < prefix.len; i++) {
		if (lowered(text.ptr[i], is_capitals) != prefix.ptr[i])
			return false;
	}
	return text.ptr[prefix.len] == '1';
}

/* The groups of `data`, checksum and all, when it is right. */
static bool
groups_read(struct str data, struct str prefix, bool is_capitals, uint8_t *groups)
{
	uint32_t sum = checksum_of_prefix(prefix);

	for (size_t i = 0; i < data.len; i++) {
		char c = lowered(data.ptr[i], is_capitals);
		const char *at = c == '\0' ? NULL : strchr(letters, c);
		if (at == NULL)
			return false;
		groups[i] = (uint8_t)(at - letters);
		sum = checksum_add(sum, groups[i]);
	}
	return sum == 1;
}

/* False when bits that no byte takes are not zero. */
static bool
groups_join(const uint8_t *groups, size_t group_count, uint8_t *out)
{
	uint32_t bits = 0;
	unsigned held = 0;

	for (size_t i = 0; i < group_count; i++) {
		bits = (bits << 5) | groups[i];
		held += 5;
		if (held >= 8) {
			held -= 8;
			*out++ = (uint8_t)(bits >> held);
		}
	}
	return (bits & ((1u << held) - 1)) == 0;
}

static void
groups_wipe(uint8_t (*groups)[GROUPS_MAX + CHECKSUM_LEN])
{
	secret_wipe(groups, sizeof(*groups));
}

enum rc
bech32_parse(struct str text, struct str prefix, uint8_t *out, size_t count, struct err *err)
{
	CLEANUP(groups_wipe) uint8_t groups[GROUPS_MAX + CHECKSUM_LEN] = { 0 };
	CLEANUP(groups_wipe) uint8_t bytes[GROUPS_MAX + CHECKSUM_LEN] = { 0 };
	size_t group_count = groups_of(count);
	struct str data = { text.ptr + prefix.len + 1, group_count + CHECKSUM_LEN };
	bool is_capitals;

	assert(group_count <= GROUPS_MAX && prefix.len > 0);
	if (text.len != prefix.len + 1 + data.len)
		return FAIL(err, RC_INVALID, "bech32: a wrong length");
	is_capitals = text.ptr[0] >= 'A' && text.ptr[0] <= 'Z';
	if (!prefix_holds(text, prefix, is_capitals))
		return FAIL(err, RC_INVALID, "bech32: another prefix");
	if (!groups_read(data, prefix, is_capitals, groups) ||
	    !groups_join(groups, group_count, bytes))
		return FAIL(err, RC_INVALID, "bech32: the checksum does not hold");
	memcpy(out, bytes, count);
	return RC_OK;
}
