#include "base/err.h"

#include <assert.h>
#include <stdarg.h>

enum rc
err_raise(struct err *err, enum rc rc, const char *file, int line, const char *fmt, ...)
{
	va_list args;
	int length;

	assert(rc != RC_OK);
	err->rc = rc;
	err->file = file;
	err->line = line;

	va_start(args, fmt);
	length = vsnprintf(err->text, sizeof(err->text), fmt, args);
	va_end(args);
	if (length < 0)
		err->text[0] = '\0';
	else if ((size_t)length >= sizeof(err->text))
		memcpy(err->text + sizeof(err->text) - 4, "...", 4);
	return rc;
}

int
rc_http_status(enum rc rc)
{
	static const int status[] = {
#define RC_STATUS(code, http, meaning) [code] = (http),
		RC_TABLE(RC_STATUS)
#undef RC_STATUS
	};

	return status[rc];
}

const char *
rc_meaning(enum rc rc)
{
	static const char *const meanings[] = {
#define RC_MEANING(code, http, meaning) [code] = (meaning),
		RC_TABLE(RC_MEANING)
#undef RC_MEANING
	};

	return meanings[rc];
}

const char *
rc_name(enum rc rc)
{
	static const char *const names[] = {
#define RC_NAME(code, http, meaning) [code] = #code,
		RC_TABLE(RC_NAME)
#undef RC_NAME
	};
	static const size_t skip = sizeof("RC_") - 1;

	return names[rc] + skip;
}
