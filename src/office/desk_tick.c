/*
 * Reminders: 7 and 2 days before a request is due, and when it is late; each once.
 *
 * The setting "desk.open" has a line for each open request: its id, when it is due,
 * and which reminder has been given.  No record is looked at until one is due, so
 * nobody's list of who looked fills with reminders.
 */
#include "base/zone.h"
#include "office/alert.h"
#include "office/desk_inside.h"

#define SETTING     "desk.open"
#define LINES_BYTES (4 * MIB) /* about 60,000 open requests */

enum reminded { REMINDED_NOT = 0, REMINDED_7_DAYS, REMINDED_2_DAYS, REMINDED_LATE };

struct line {
	struct id id;
	int64_t due_us;
	int64_t reminded;
};
struct lines {
	struct line *items;
	size_t count;
};

static MUST_CHECK enum rc
line_parse(struct str text, struct line *line, struct err *err)
{
	struct str id, due, reminded;

	reminded = str_cut(str_cut(text, ' ', &id), ' ', &due);
	TRY(id_parse(id, &line->id, err));
	TRY(str_to_i64(due, &line->due_us, err));
	return str_to_i64(reminded, &line->reminded, err);
}

static MUST_CHECK enum rc
lines_read(struct office *office, const struct tenant *tenant, struct arena *arena,
           struct lines *lines, struct err *err)
{
	struct str left, text;
	size_t most = 1;

	TRY(office_setting(office, tenant, SETTING, arena, &left, err));
	for (size_t i = 0; i < left.len; i++)
		most += left.ptr[i] == '\n';
	lines->count = 0;
	lines->items =
	    arena_alloc(arena, (most + 1) * sizeof(*lines->items), /* and a new one */
	                _Alignof(struct line));
	while (left.len != 0) {
		left = str_cut(left, '\n', &text);
		if (text.len == 0)
			continue;
		TRY(line_parse(text, &lines->items[lines->count], err));
		lines->count++;
	}
	return RC_OK;
}

static MUST_CHECK enum rc
lines_write(struct office *office, const struct tenant *tenant, const struct lines *lines,
            struct err *err)
{
	CLEANUP(buf_free) struct buf text = { 0 };
	struct str finished;

	buf_init(&text, LINES_BYTES);
	for (size_t i = 0; i < lines->count; i++) {
		char id[ID_TEXT_LEN + 1];
		id_format(lines->items[i].id, id);
		buf_addf(&text, "%s %lld %lld\n", id, (long long)lines->items[i].due_us,
		         (long long)lines->items[i].reminded);
	}
	TRY(buf_finish(&text, &finished, err));
	return office_setting_put(office, tenant, SETTING, finished, err);
}

static struct line *
line_find(const struct lines *lines, struct id id)
{
	for (size_t i = 0; i < lines->count; i++) {
		if (id_eq(lines->items[i].id, id))
			return &lines->items[i];
	}
	return NULL;
}

static void
line_set(struct lines *lines, const struct line *line, bool is_open)
{
	struct line *there = line_find(lines, line->id);

	if (!is_open && there != NULL)
		*there = lines->items[--lines->count];
	if (!is_open)
		return;
	if (there == NULL)
		there = &lines->items[lines->count++];
	*there = *line;
}

/* Read, changed and written under the lock: other requests do so too. */
static MUST_CHECK enum rc
line_change(struct office *office, const struct tenant *tenant, const struct line *line,
            bool is_open, struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct lines lines;
	enum rc rc;

	arena_init(&arena, 4 * LINES_BYTES);
	(void)pthread_mutex_lock(&office->lock);
	rc = lines_read(office, tenant, &arena, &lines, err);
	if (rc == RC_OK) {
		line_set(&lines, line, is_open);
		rc = lines_write(office, tenant, &lines, err);
	}
	(void)pthread_mutex_unlock(&office->lock);
	return rc;
}

enum rc
desk_watch(struct office *office, const struct tenant *tenant, const struct asked *asked,
           struct err *err)
{
	struct line line = { asked->id, asked->due_us, REMINDED_NOT };

	return line_change(office, tenant, &line, asked_is_open(asked), err);
}

/* --- reminding -----------------------------------------------------------------------------
 */

static enum reminded
reminder_at(int64_t due_us, int64_t now_us)
{
	if (now_us > due_us)
		return REMINDED_LATE;
	if (now_us > due_us - 2 * US_PER_DAY)
		return REMINDED_2_DAYS;
	return now_us > due_us - 7 * US_PER_DAY ? REMINDED_7_DAYS : REMINDED_NOT;
}

static struct str
day_text(const struct tenant *tenant, int64_t us, struct arena *arena)
{
	CLEANUP(zone_close) struct zone *zone = NULL;
	struct civil day;
	struct err err;

	DISCARD(zone_open(&zone, tenant->zone, &err), "without its zone, the day in UTC");
	day = civil_from_us(us, zone_offset_s(zone, us));
	return str_printf(arena, "%04d-%02d-%02d", day.year, day.month, day.day);
}

static MUST_CHECK enum rc
remind(struct office *office, const struct tenant *tenant, const struct line *line,
       struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	bool is_late = line->reminded == REMINDED_LATE;
	struct telling telling = { .kind = "request", .by_mail = true, .by_page = true };
	struct alert alert = { .what = "request", .severity = "high" };

	arena_init(&arena, 64 * KIB);
	telling.subject = is_late ? STR("A request is late") : STR("A request is due soon");
	telling.text = str_printf(
	    &arena,
	    "A request of a person under their rights %s due on %.*s. Its number is %.*s.\n",
	    is_late ? "was" : "is", STR_ARGS(day_text(tenant, line->due_us, &arena)),
	    STR_ARGS(id_to_str(&arena, line->id)));
	telling.subject_fr =
	    is_late ? STR("Une demande est en retard") : STR("Une demande arrive à échéance");
	telling.text_fr = str_printf(
	    &arena,
	    "La réponse à une demande d’exercice de droits %s due au plus tard le %.*s. Son "
	    "numéro : %.*s.\n",
	    is_late ? "était" : "est", STR_ARGS(day_text(tenant, line->due_us, &arena)),
	    STR_ARGS(id_to_str(&arena, line->id)));
	TRY(office_tell_staff(office, tenant, "requests", &telling, err));
	if (!is_late)
		return RC_OK;
	alert.title = telling.subject;
	alert.text = telling.text;
	return alert_raise(office, tenant, &alert, err);
}

/* A crash may leave the line of a request that was never made, or is closed. */
static MUST_CHECK enum rc
is_still_open(struct office *office, const struct tenant *tenant, struct id id, bool *is_open,
              struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct door door = office_door(office, tenant);
	struct vault_record record;
	struct asked asked;
	enum rc rc;

	arena_init(&arena, OFFICE_ARENA_BYTES);
	*is_open = false;
	rc = vault_get(&door, STR(REQUEST_CLASS), id, &arena, &record, err);
	if (rc == RC_NOT_FOUND || rc == RC_GONE)
		return RC_OK;
	TRY(rc);
	TRY(asked_parse(&record, &arena, &asked, err));
	*is_open = asked_is_open(&asked);
	return RC_OK;
}

static MUST_CHECK enum rc
line_look(struct office *office, const struct tenant *tenant, const struct line *last,
          struct err *err)
{
	struct line line = *last;
	bool is_open = true;

	line.reminded = reminder_at(line.due_us, office_now_us(office));
	if (line.reminded <= last->reminded)
		return RC_OK;
	TRY(is_still_open(office, tenant, line.id, &is_open, err));
	if (is_open)
		TRY(remind(office, tenant, &line, err));
	return line_change(office, tenant, &line, is_open, err);
}

/* A request that cannot be read keeps nobody from being reminded of the others. */
enum rc
desk_tick(struct office *office, const struct tenant *tenant, int64_t deadline_us,
          struct err *err)
{
	CLEANUP(arena_free) struct arena arena = { 0 };
	struct lines lines;
	enum rc failed = RC_OK;

	arena_init(&arena, 4 * LINES_BYTES);
	TRY(lines_read(office, tenant, &arena, &lines, err));
	for (size_t i = 0; i < lines.count && clock_monotonic_us() < deadline_us; i++) {
		struct err one;
		enum rc rc = line_look(office, tenant, &lines.items[i], &one);
		if (rc == RC_OK || failed != RC_OK)
			continue;
		failed = rc;
		*err = one;
	}
	return failed;
}
