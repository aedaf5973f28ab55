#include "base/stream.h"

static enum rc
buf_take(void *arg, struct str bytes, struct err *err)
{
	struct buf *buf = arg;
	struct str ignored;

	buf_add(buf, bytes);
	return buf_finish(buf, &ignored, err);
}

struct sink
sink_to_buf(struct buf *buf)
{
	return (struct sink){ buf_take, buf };
}

static enum rc
str_take(void *arg, char *out, size_t room, size_t *count, struct err *err)
{
	struct str *left = arg;
	size_t step = left->len < room ? left->len : room;

	(void)err;
	*count = step;
	if (step == 0)
		return RC_OK;
	memcpy(out, left->ptr, step);
	*left = (struct str){ left->ptr + step, left->len - step };
	return RC_OK;
}

struct source
source_from_str(struct str *left)
{
	return (struct source){ str_take, left };
}
