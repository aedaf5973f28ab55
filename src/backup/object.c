#include "backup/object.h"
#include "base/broken.h"

#include <zstd.h>

#define ZSTD_LEVEL 3

static void
bytes_free(char **bytes)
{
	free(*bytes);
}

static char *
bytes_new(size_t count)
{
	char *bytes = malloc(count + 1);

	if (bytes == NULL)
		abort();
	return bytes;
}

enum rc
object_seal(const struct age_recipient *to, struct str plain, struct buf *out, struct err *err)
{
	CLEANUP(age_writer_free) struct age_writer *writer = NULL;
	const struct sink sink = sink_to_buf(out);
	size_t room = ZSTD_compressBound(plain.len);
	CLEANUP(bytes_free) char *packed = bytes_new(room);
	size_t len =
	    ZSTD_compress(packed, room, plain.len == 0 ? "" : plain.ptr, plain.len, ZSTD_LEVEL);

	if (ZSTD_isError(len))
		return FAIL(err, RC_IO, "an object cannot be packed");
	if (broken("backup.sealed"))
		return sink.add(sink.arg, (struct str){ packed, len }, err);
	TRY(age_seal_begin(&writer, to, 1, &sink, err));
	TRY(age_seal_more(writer, (struct str){ packed, len }, err));
	return age_seal_end(writer, err);
}

static MUST_CHECK enum rc
unpack(struct str packed, struct buf *out, struct err *err)
{
	unsigned long long len = ZSTD_getFrameContentSize(packed.ptr, packed.len);
	CLEANUP(bytes_free) char *plain = NULL;
	size_t got;

	if (len == ZSTD_CONTENTSIZE_ERROR || len == ZSTD_CONTENTSIZE_UNKNOWN)
		return FAIL(err, RC_CORRUPT, "an object is not packed as ours are");
	if (len > out->max)
		return FAIL(err, RC_LIMIT, "an object is too long");
	plain = bytes_new((size_t)len);
	got = ZSTD_decompress(plain, (size_t)len, packed.ptr, packed.len);
	if (ZSTD_isError(got) || got != len)
		return FAIL(err, RC_CORRUPT, "an object cannot be unpacked");
	buf_add(out, (struct str){ plain, got });
	return RC_OK;
}

enum rc
object_open(const struct age_identity *identity, struct str sealed, struct buf *out,
            struct err *err)
{
	CLEANUP(age_reader_free) struct age_reader *reader = NULL;
	CLEANUP(buf_free) struct buf packed = { 0 };
	const struct sink sink = sink_to_buf(&packed);
	struct str text;

	buf_init(&packed, LIMIT_OBJECT_SEALED);
	TRY(age_open_begin(&reader, identity, &sink, err));
	TRY(age_open_more(reader, sealed, err));
	TRY(age_open_end(reader, err));
	TRY(buf_finish(&packed, &text, err));
	return unpack(text, out, err);
}
