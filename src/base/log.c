#include "base/log.h"

#include "base/buf.h"
#include "base/clock.h"

#define LINE_BYTES 1024

static const char *const level_names[] = { "debug", "info", "warn", "error" };

static void
line_begin(struct buf *line, enum log_level level, const char *event)
{
	char now[TIME_TEXT_MAX];

	time_format(clock_now_us(&(struct clock){ 0 }), 0, now);
	buf_init(line, LINE_BYTES);
	buf_addf(line, "time=%s level=%s event=%s", now, level_names[level], event);
}

static void
line_write(struct buf *line)
{
	buf_add(line, STR("\n"));
	if (line->text != NULL)
		(void)fwrite(line->text, 1, line->len, stderr);
}

void
log_event(enum log_level level, const char *event, const struct log_field *fields, size_t count)
{
	CLEANUP(buf_free) struct buf line = { 0 };

	line_begin(&line, level, event);
	for (size_t i = 0; i < count; i++) {
		if (fields[i].word != NULL)
			buf_addf(&line, " %s=%s", fields[i].name, fields[i].word);
		else
			buf_addf(&line, " %s=%lld", fields[i].name,
			         (long long)fields[i].number);
	}
	line_write(&line);
}

void
log_failure(const char *event, const struct err *err)
{
	CLEANUP(buf_free) struct buf line = { 0 };

	line_begin(&line, LEVEL_ERROR, event);
	buf_addf(&line, " code=%s at=%s:%d text=\"", rc_name(err->rc),
	         err->file == NULL ? "?" : err->file, err->line);
	for (const char *at = err->text; *at != '\0'; at++) {
		char c = *at >= ' ' && *at != '"' && *at != '\\' && *at != 127 ? *at : '?';
		buf_add(&line, (struct str){ &c, 1 });
	}
	buf_add(&line, STR("\""));
	line_write(&line);
}
