/*
 * `troth tenant …`, `person …`, `token …`: what the operator provisions.
 */
#include "base/json.h"
#include "base/limits.h"
#include "main/command.h"
#include "main/services.h"
#include "service/measure/device.h"
#include "web/asset.h"

#define TOKEN_DAYS_USUAL 30
#define TOKEN_DAYS_MOST  800

static void
faults_write(const struct policy_diagnostics *faults, struct buf *out)
{
	for (size_t i = 0; i < faults->count && i < POLICY_LIST_MAX; i++)
		buf_addf(out, "%d:%d: %.*s\n", faults->items[i].line, faults->items[i].column,
		         STR_ARGS(faults->items[i].text));
}

static MUST_CHECK enum rc
policy_given(const struct call *call, struct str *yaml, struct err *err)
{
	const struct asset *asset;
	struct str path;

	*yaml = call_option(call, "--policy");
	if (yaml->len != 0)
		return RC_OK;
	path = str_printf(call->arena, "policies/%.*s.yaml",
	                  STR_ARGS(call_option(call, "--service")));
	asset = asset_find(path);
	if (asset == NULL)
		return FAIL(err, RC_INVALID,
		            "give --policy FILE or the --service of a reference "
		            "policy");
	*yaml = asset_text(asset);
	return RC_OK;
}

static void
tenant_write(struct json_out *out, const struct tenant *tenant)
{
	json_object_begin(out);
	json_text_at(out, "slug", tenant->slug);
	json_text_at(out, "name", tenant->name);
	json_text_at(out, "service", tenant->service);
	json_text_at(out, "zone", tenant->zone);
	json_text_at(out, "policy", tenant->policy->version);
	json_time_at(out, "created", tenant->created_us);
	json_object_close(out);
}

enum rc
tenant_add_run(struct call *call, struct err *err)
{
	struct policy_diagnostics faults = { .arena = call->arena };
	struct tenant_new new = { .slug = call_option(call, "--slug"),
		                  .name = call_option(call, "--name"),
		                  .zone = call_option(call, "--zone"),
		                  .faults = &faults };
	struct json_out out;
	enum rc rc;

	if (new.zone.len == 0)
		new.zone = STR("UTC");
	TRY(policy_given(call, &new.policy_yaml, err));
	TRY(services_check_policy(new.policy_yaml, call->arena, &faults, err));
	rc = vault_tenant_add(call->vault, &new, err);
	faults_write(&faults, call->out);
	TRY(rc);
	json_out_init(&out, call->out);
	if (call->is_json)
		tenant_write(&out, vault_tenant_find(call->vault, new.slug));
	else
		buf_addf(
		    call->out, "Added the tenant %.*s.%s\n", STR_ARGS(new.slug),
		    services_have(vault_tenant_find(call->vault, new.slug)->service)
			? ""
			: " Its service is not part of this program: it has the pages that "
			  "every tenant has.");
	return RC_OK;
}

enum rc
tenant_list_run(struct call *call, struct err *err)
{
	struct json_out out;

	(void)err;
	json_out_init(&out, call->out);
	if (call->is_json)
		json_array_begin(&out);
	for (size_t i = 0; i < vault_tenant_count(call->vault); i++) {
		const struct tenant *tenant = vault_tenant_at(call->vault, i);
		if (call->is_json)
			tenant_write(&out, tenant);
		else
			buf_addf(call->out, "%-20.*s %-10.*s %.*s\n", STR_ARGS(tenant->slug),
			         STR_ARGS(tenant->service), STR_ARGS(tenant->name));
	}
	if (call->is_json)
		json_array_close(&out);
	return RC_OK;
}

/* --- persons ----------------------------------------------------------------------- */

enum rc
person_add_run(struct call *call, struct err *err)
{
	const struct tenant *tenant;
	struct person person = { .email = call_option(call, "--email"),
		                 .name = call_option(call, "--name"),
		                 .role = call_option(call, "--role"),
		                 .language = call_option(call, "--language"),
		                 .zone = call_option(call, "--zone"),
		                 .state = PERSON_ACTIVE };
	struct door door;
	struct json_out out;

	TRY(call_tenant(call, &tenant, err));
	if (person.zone.len == 0)
		person.zone = tenant->zone;
	if (person.language.len == 0)
		person.language = STR("en");
	door = call_door(call, tenant, "security");
	TRY(people_add(&door, call->people, &person, err));
	json_out_init(&out, call->out);
	if (!call->is_json) {
		buf_addf(call->out, "Added; sign in at /%.*s/sign-in with that address.\n",
		         STR_ARGS(tenant->slug));
		return RC_OK;
	}
	json_object_begin(&out);
	json_text_at(&out, "id", id_to_str(call->arena, person.id));
	json_text_at(&out, "role", person.role);
	json_object_close(&out);
	return RC_OK;
}

/* --- tokens -------------------------------------------------------------------------- */

/* "30d", "12h": days or hours. */
static MUST_CHECK enum rc
lifetime_parse(struct str text, int64_t *lifetime_us, struct err *err)
{
	uint32_t count = TOKEN_DAYS_USUAL;
	bool is_hours = str_ends_with(text, STR("h"));

	if (text.len != 0) {
		if (!is_hours && !str_ends_with(text, STR("d")))
			return FAIL(err, RC_INVALID, "--for is a number and d or h");
		TRY(str_to_u32((struct str){ text.ptr, text.len - 1 }, &count, err));
	}
	*lifetime_us = count * (is_hours ? US_PER_HOUR : US_PER_DAY);
	if (count == 0 || *lifetime_us > TOKEN_DAYS_MOST * US_PER_DAY)
		return FAIL(err, RC_INVALID, "a token works for 1 hour to %d days",
		            TOKEN_DAYS_MOST);
	return RC_OK;
}

static MUST_CHECK enum rc
person_token(struct call *call, const struct door *door, struct token *token, struct err *err)
{
	struct person person;

	TRY(people_find(door, call->people, call_option(call, "--person"), call->arena, &person,
	                err));
	token->kind = TOKEN_PERSON;
	token->owner = person.id;
	token->subject = person.id;
	token->role = person.role;
	token->assurance = 2;
	return RC_OK;
}

static MUST_CHECK enum rc
device_token(struct call *call, const struct door *door, struct token *token, struct err *err)
{
	struct door care = *door;
	struct device device;
	enum rc rc;

	care.purpose = STR("care");
	rc = device_find(&care, call_option(call, "--device"), call->arena, &device, err);
	if (rc == RC_NOT_FOUND)
		return FAIL(err, rc,
		            "no device has this serial number: add it at /%.*s/devices",
		            STR_ARGS(door->tenant->slug));
	TRY(rc);
	token->kind = TOKEN_DEVICE;
	token->owner = device.id;
	token->subject = device.member;
	token->role = STR("device");
	token->assurance = 1;
	if (device.state == DEVICE_ACTIVE)
		return RC_OK;
	device.state = DEVICE_ACTIVE;
	return device_change(&care, &device, err);
}

enum rc
token_issue_run(struct call *call, struct err *err)
{
	const struct tenant *tenant;
	struct token token = { .label = call_option(call, "--label") };
	struct door door;
	int64_t lifetime_us = 0;
	char secret[64];

	TRY(call_tenant(call, &tenant, err));
	if (call_has(call, "--person") == call_has(call, "--device"))
		return FAIL(err, RC_INVALID, "give --person E or --device SERIAL");
	TRY(lifetime_parse(call_option(call, "--for"), &lifetime_us, err));
	door = call_door(call, tenant, "security");
	if (call_has(call, "--person"))
		TRY(person_token(call, &door, &token, err));
	else
		TRY(device_token(call, &door, &token, err));
	if (token.label.len == 0)
		token.label = STR("issued by the operator");
	token.expires_us = clock_now_us(call->clock) + lifetime_us;
	TRY(people_token_issue(&door, call->people, &token, secret, err));
	if (call->is_json)
		buf_addf(call->out, "{\"token\":\"%s\"}\n", secret);
	else
		buf_addf(call->out, "%s\n", secret);
	return RC_OK;
}
