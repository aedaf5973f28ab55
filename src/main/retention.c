/*
 * `troth retention …`, `hold …`, `erasure …`: what is past its time, what keeps it,
 * and what was erased.
 */
#include "vault/retention.h"

#include "base/json.h"
#include "main/command.h"

static const char PURPOSE[] = "law";

static void
date_text(int64_t us, char text[TIME_TEXT_MAX])
{
	time_format(us, 0, text);
	text[10] = '\0';
}

/* --- retention show, retention sweep ------------------------------------------------- */

static struct str
keep_text(struct arena *arena, const struct policy_keep *keep)
{
	static const char *const triggers[] = { [KEEP_RECORDED] = "recorded",
		                                [KEEP_SUBMITTED] = "submitted",
		                                [KEEP_ACCOUNT_CLOSED] = "account_closed",
		                                [KEEP_SESSION_ENDED] = "session_ended",
		                                [KEEP_PROJECT_ENDED] = "project_ended" };
	static const char *const afters[] = { [THEN_ERASE] = "erase",
		                              [THEN_DEIDENTIFY] = "deidentify",
		                              [THEN_ASK_CLIENT] = "ask_client",
		                              [THEN_PRUNE] = "prune" };

	if (keep->plus.is_forever)
		return STR("forever");
	return str_printf(arena, "%s + %lld%s, %s", triggers[keep->until],
	                  (long long)keep->plus.count,
	                  keep->plus.unit == 'm' ? "mo" : (char[2]){ keep->plus.unit, '\0' },
	                  afters[keep->then]);
}

static void
line_json(struct json_out *out, struct arena *arena, const struct retention_line *line)
{
	json_object_begin(out);
	json_text_at(out, "class", line->class->name);
	json_text_at(out, "keep", keep_text(arena, &line->class->keep));
	json_text_at(out, "required_by", line->class->keep.required_by);
	json_int_at(out, "due", line->due);
	json_int_at(out, "erased", line->erased);
	json_int_at(out, "held", line->held);
	json_int_at(out, "waiting", line->waiting);
	if (line->oldest_us != INT64_MAX)
		json_time_at(out, "oldest", line->oldest_us);
	json_object_close(out);
}

static void
line_text(struct buf *out, struct arena *arena, const struct retention_line *line)
{
	char oldest[TIME_TEXT_MAX] = "-";

	if (line->oldest_us != INT64_MAX)
		date_text(line->oldest_us, oldest);
	buf_addf(out, "%-14.*s %-34.*s %8lld %8lld %8lld %8lld  %s\n",
	         STR_ARGS(line->class->name), STR_ARGS(keep_text(arena, &line->class->keep)),
	         (long long)line->due, (long long)line->erased, (long long)line->held,
	         (long long)line->waiting, oldest);
}

static void
run_write(struct call *call, const struct retention_run *run)
{
	struct json_out out;

	if (!call->is_json) {
		buf_addf(call->out, "%-14s %-34s %8s %8s %8s %8s  %s\n", "class", "kept", "due",
		         "erased", "held", "waiting", "oldest");
		for (size_t i = 0; i < run->count; i++)
			line_text(call->out, call->arena, &run->lines[i]);
		if (run->is_behind)
			buf_addf(call->out, "More is past its time than this run took.\n");
		return;
	}
	json_out_init(&out, call->out);
	json_object_begin(&out);
	json_bool_at(&out, "dry_run", run->is_dry);
	json_bool_at(&out, "behind", run->is_behind);
	json_name(&out, "classes");
	json_array_begin(&out);
	for (size_t i = 0; i < run->count; i++)
		line_json(&out, call->arena, &run->lines[i]);
	json_array_close(&out);
	json_object_close(&out);
}

enum rc
retention_show_run(struct call *call, struct err *err)
{
	struct retention_run run = { .is_dry = true };
	const struct tenant *tenant;

	TRY(call_tenant(call, &tenant, err));
	TRY(vault_retention_sweep(call->vault, tenant, &run, call->arena, err));
	run_write(call, &run);
	return RC_OK;
}

enum rc
retention_sweep_run(struct call *call, struct err *err)
{
	struct retention_run run = { .is_dry = call_has(call, "--dry-run") };
	const struct tenant *tenant;

	TRY(call_tenant(call, &tenant, err));
	if (call_has(call, "--as-of"))
		TRY(date_parse(call_option(call, "--as-of"), &run.as_of_us, err));
	if (run.as_of_us != 0 && !run.is_dry)
		return FAIL(err, RC_INVALID, "--as-of is for --dry-run");
	TRY(vault_retention_sweep(call->vault, tenant, &run, call->arena, err));
	run_write(call, &run);
	return RC_OK;
}

/* --- retention approve, retention clock ------------------------------------------------- */

enum rc
retention_approve_run(struct call *call, struct err *err)
{
	const struct tenant *tenant;
	struct json_out out;
	struct door door;
	int64_t count = 0;

	TRY(call_tenant(call, &tenant, err));
	door = call_door(call, tenant, PURPOSE);
	TRY(vault_retention_approve(&door, call_option(call, "--class"), &count, err));
	if (!call->is_json) {
		buf_addf(call->out, "Approved: %lld; the next sweep takes them.\n",
		         (long long)count);
		return RC_OK;
	}
	json_out_init(&out, call->out);
	json_object_begin(&out);
	json_int_at(&out, "approved", count);
	json_object_close(&out);
	return RC_OK;
}

enum rc
retention_clock_run(struct call *call, struct err *err)
{
	char now[TIME_TEXT_MAX];
	struct json_out out;
	int64_t now_us = clock_now_us(call->clock);

	if (!call_has(call, "--accept"))
		return FAIL(err, RC_INVALID, "say --accept when the server's clock is right");
	TRY(vault_clock_accept(call->vault, err));
	time_format(now_us / US_PER_S * US_PER_S, 0, now);
	if (!call->is_json) {
		buf_addf(call->out, "The clock is taken to be right: %s.\n", now);
		return RC_OK;
	}
	json_out_init(&out, call->out);
	json_object_begin(&out);
	json_time_at(&out, "accepted", now_us);
	json_object_close(&out);
	return RC_OK;
}

/* --- holds
 * ------------------------------------------------------------------------------------ */

static MUST_CHECK enum rc
id_option(const struct call *call, const char *name, struct id *id, struct err *err)
{
	if (!call_has(call, name))
		return RC_OK;
	if (id_parse(call_option(call, name), id, err) != RC_OK)
		return FAIL(err, RC_INVALID, "%s: not an id", name);
	return RC_OK;
}

static void
hold_json(struct json_out *out, struct arena *arena, const struct hold *hold)
{
	json_object_begin(out);
	json_text_at(out, "id", id_to_str(arena, hold->id));
	json_text_at(out, "subject", id_to_str(arena, hold->subject));
	json_text_at(out, "class", hold->class);
	if (!id_is_zero(hold->record))
		json_text_at(out, "record", id_to_str(arena, hold->record));
	json_text_at(out, "reason", hold->reason);
	json_text_at(out, "by", hold->by);
	json_time_at(out, "created", hold->created_us);
	if (hold->released_us != 0)
		json_time_at(out, "released", hold->released_us);
	json_object_close(out);
}

enum rc
hold_place_run(struct call *call, struct err *err)
{
	struct hold hold = { .class = call_option(call, "--class"),
		             .reason = call_option(call, "--reason"),
		             .by = call_option(call, "--by") };
	const struct tenant *tenant;
	struct json_out out;
	struct door door;

	TRY(call_tenant(call, &tenant, err));
	TRY(id_option(call, "--subject", &hold.subject, err));
	TRY(id_option(call, "--record", &hold.record, err));
	door = call_door(call, tenant, PURPOSE);
	TRY(vault_hold_place(&door, &hold, err));
	json_out_init(&out, call->out);
	if (call->is_json)
		hold_json(&out, call->arena, &hold);
	else
		buf_addf(call->out, "%.*s\n", STR_ARGS(id_to_str(call->arena, hold.id)));
	return RC_OK;
}

enum rc
hold_release_run(struct call *call, struct err *err)
{
	const struct tenant *tenant;
	struct json_out out;
	struct id hold;
	struct door door;

	TRY(call_tenant(call, &tenant, err));
	if (call->argument_count != 1 || id_parse(call->arguments[0], &hold, err) != RC_OK)
		return FAIL(err, RC_INVALID, "HOLD: not an id; see `troth hold list`");
	door = call_door(call, tenant, PURPOSE);
	TRY(vault_hold_release(&door, hold, err));
	json_out_init(&out, call->out);
	if (!call->is_json) {
		buf_addf(call->out,
		         "Released; what is past its time goes with the next sweep.\n");
		return RC_OK;
	}
	json_object_begin(&out);
	json_text_at(&out, "released", id_to_str(call->arena, hold));
	json_object_close(&out);
	return RC_OK;
}

static void
hold_text(struct buf *out, struct arena *arena, const struct hold *hold)
{
	char since[TIME_TEXT_MAX];

	date_text(hold->created_us, since);
	buf_addf(out, "%.*s %s %-8s %.*s %.*s: %.*s\n", STR_ARGS(id_to_str(arena, hold->id)),
	         since, hold->released_us == 0 ? "held" : "released",
	         STR_ARGS(id_to_str(arena, hold->subject)),
	         STR_ARGS(hold->class.len == 0 ? STR("all") : hold->class),
	         STR_ARGS(hold->reason));
}

enum rc
hold_list_run(struct call *call, struct err *err)
{
	const struct tenant *tenant;
	struct json_out out;
	struct holds holds;
	struct door door;

	TRY(call_tenant(call, &tenant, err));
	door = call_door(call, tenant, PURPOSE);
	TRY(vault_hold_list(&door, call->arena, &holds, err));
	json_out_init(&out, call->out);
	if (call->is_json)
		json_array_begin(&out);
	for (size_t i = 0; i < holds.count; i++) {
		if (call->is_json)
			hold_json(&out, call->arena, &holds.items[i]);
		else
			hold_text(call->out, call->arena, &holds.items[i]);
	}
	if (call->is_json)
		json_array_close(&out);
	return RC_OK;
}

/* --- erasures
 * --------------------------------------------------------------------------------- */

static const char *
kind_word(int64_t kind)
{
	static const char *const words[] = { [ERASURE_SUBJECT] = "subject",
		                             [ERASURE_CLASS] = "class",
		                             [ERASURE_RECORD] = "records",
		                             [ERASURE_MONTH] = "month",
		                             [ERASURE_PART] = "subject but for what is kept" };

	return kind >= ERASURE_SUBJECT && kind <= ERASURE_PART ? words[kind] : "other";
}

static void
certificate_json(struct json_out *out, struct arena *arena, const struct certificate *of)
{
	const struct erasure_row *row = &of->row;

	json_object_begin(out);
	json_text_at(out, "id", id_to_str(arena, row->id));
	json_text_at(out, "kind", str_from_c(kind_word(row->kind)));
	if (!id_is_zero(row->subject))
		json_text_at(out, "subject", id_to_str(arena, row->subject));
	json_text_at(out, "class", of->class);
	if (row->month != 0)
		json_int_at(out, "month", row->month);
	json_int_at(out, "items", row->items);
	json_time_at(out, "made", row->made_us);
	if (row->beyond_use_us != 0)
		json_time_at(out, "beyond_use", row->beyond_use_us);
	if (row->erased_us != 0)
		json_time_at(out, "erased", row->erased_us);
	json_object_close(out);
}

static void
certificate_text(struct buf *out, struct arena *arena, const struct certificate *of)
{
	const char *state = "deleted";
	char made[TIME_TEXT_MAX];

	if (of->row.beyond_use_us != 0)
		state = of->row.erased_us == 0 ? "beyond use" : "erased";
	date_text(of->row.made_us, made);
	buf_addf(out, "%.*s %s %-8s %-14.*s %8lld  %s\n",
	         STR_ARGS(id_to_str(arena, of->row.id)), made, kind_word(of->row.kind),
	         STR_ARGS(of->class), (long long)of->row.items, state);
}

enum rc
erasure_list_run(struct call *call, struct err *err)
{
	struct certificates list;
	const struct tenant *tenant;
	struct id before = { { 0 } };
	struct json_out out;
	struct door door;

	TRY(call_tenant(call, &tenant, err));
	TRY(id_option(call, "--before", &before, err));
	door = call_door(call, tenant, PURPOSE);
	TRY(vault_certificate_list(&door, before, call->arena, &list, err));
	json_out_init(&out, call->out);
	if (call->is_json)
		json_array_begin(&out);
	for (size_t i = 0; i < list.count; i++) {
		if (call->is_json)
			certificate_json(&out, call->arena, &list.items[i]);
		else
			certificate_text(call->out, call->arena, &list.items[i]);
	}
	if (call->is_json)
		json_array_close(&out);
	return RC_OK;
}
