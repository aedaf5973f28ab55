/*
 * The handlers behind pages_routes, and the little that they share.  Nothing
 * outside src/pages includes this.
 */
#ifndef PAGES_HANDLERS_H
#define PAGES_HANDLERS_H

#include "web/site.h"

/* --- home.c ------------------------------------------------------------------ */

enum rc home_show(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;

/* The field or argument `next`: where somebody was going when sign-in came in
 * between.  A path of this tenant, or empty: nothing else is followed. */
struct str next_read(struct request *request);
void next_show(struct request *request, struct doc *doc);
/* "PATH?next=…", or the path alone. */
struct str next_add(struct request *request, struct str path);
/* 303 to what the session still lacks, then to `next`, then home. */
enum rc landing(struct request *request, const struct session *session) MUST_CHECK;

/* --- sign_in.c, factor.c ------------------------------------------------------ */

enum rc sign_in_show(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;
enum rc sign_in_submit(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;
enum rc sign_in_sent_show(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;
enum rc link_show(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;
enum rc link_submit(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;
enum rc code_submit(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;
enum rc sign_out_submit(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;

enum rc factor_show(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;
enum rc factor_submit(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;
enum rc enrol_show(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;
enum rc enrol_submit(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;

/* --- mail.c ------------------------------------------------------------------- */

/* "%1" to "%9" become the values; anything else stands as it is. */
struct str text_fill(struct arena *arena, struct str text, const struct str *values,
                     size_t count);
enum rc link_mail(struct request *request, const struct link_begun *begun, struct str email,
                  struct err *err) MUST_CHECK;
enum rc invitation_mail(struct request *request, const struct person *person, struct err *err)
    MUST_CHECK;

/* --- me.c, settings.c, sessions.c, looks.c, tokens.c ---------------------------- */

enum rc me_show(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;
enum rc me_submit(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;
enum rc sessions_show(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;
enum rc session_end_submit(struct request *request, struct doc *doc, struct err *err)
    MUST_CHECK;
enum rc looks_show(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;
enum rc tokens_show(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;
enum rc token_submit(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;
enum rc token_revoke_submit(struct request *request, struct doc *doc, struct err *err)
    MUST_CHECK;

/* What of a person's further fields the page changes, where the policy declares
 * them: the unit of glucose and the target range in mg/dL. */
struct settings {
	bool has_unit, has_target; /* declared */
	struct str unit;           /* UCUM; empty: not chosen */
	struct str low, high;      /* decimals; empty: the usual ones */
};
void settings_declared(const struct policy *policy, const struct policy_role *role,
                       struct settings *settings);
enum rc settings_read(struct str extra, struct arena *arena, struct settings *settings,
                      struct err *err) MUST_CHECK;
/* `extra` with the declared settings in place of what it had. */
enum rc settings_write(const struct settings *settings, struct arena *arena, struct str *extra,
                       struct err *err) MUST_CHECK;
/* The form's values; errors go to the page. */
void settings_take(struct request *request, struct doc *doc, struct settings *settings);

/* --- language.c, privacy.c, trust.c, log.c --------------------------------------- */

enum rc language_submit(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;
enum rc privacy_show(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;
enum rc versions_show(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;
enum rc privacy_diff_show(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;
enum rc policy_accept_submit(struct request *request, struct doc *doc, struct err *err)
    MUST_CHECK;
void changes_part(struct doc *doc, const struct policy_changes *changes);
enum rc trust_show(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;

enum rc log_show(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;
enum rc log_checkpoint(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;
enum rc log_key(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;
enum rc log_tile(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;
enum rc log_entries(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;
enum rc log_proof(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;
/* The parts origin, size, checkpoint, checkpoint_at, key; empty before the first. */
enum rc log_parts(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;

/* --- admin_people.c, admin_person.c ------------------------------------------------ */

enum rc people_show(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;
enum rc person_new_show(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;
enum rc person_new_submit(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;
enum rc person_show(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;
enum rc person_submit(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;
enum rc person_state_submit(struct request *request, struct doc *doc, struct err *err)
    MUST_CHECK;

struct str person_state_word(enum person_state state);
/* The part `roles`: those that sign in, of one kind where `kind` is not 0. */
void roles_part(struct request *request, struct doc *doc, struct str chosen, int64_t kind);
/* An error of src/people that begins with the name of a field ("role: …") goes
 * beside that field; false when it names none of the form's. */
bool field_error_of(struct request *request, struct doc *doc, const struct err *err);

/* Takes the stated reason from form or query; false: a page asks for it first, or says
 * what is wrong with it. */
bool reason_take(struct request *request, struct doc *doc, struct id whose);

/* --- consents.c, consents_fhir.c ------------------------------------------------------ */

enum rc consents_show(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;
enum rc consent_give_submit(struct request *request, struct doc *doc, struct err *err)
    MUST_CHECK;
enum rc consent_withdraw_submit(struct request *request, struct doc *doc, struct err *err)
    MUST_CHECK;
enum rc consents_fhir_show(struct request *request, struct doc *doc, struct err *err)
    MUST_CHECK;
enum rc consents_receipts_show(struct request *request, struct doc *doc, struct err *err)
    MUST_CHECK;

/* --- shared.c ------------------------------------------------------------------------- */

enum rc shared_show(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;
enum rc shared_person_show(struct request *request, struct doc *doc, struct err *err)
    MUST_CHECK;

/* --- welcome.c, paper.c, messages.c, admin_policy.c --------------------------------- */

struct onboarding;
void steps_part(struct doc *doc, const struct onboarding *state);
enum rc welcome_show(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;
enum rc welcome_terms_submit(struct request *request, struct doc *doc, struct err *err)
    MUST_CHECK;
enum rc welcome_consents_submit(struct request *request, struct doc *doc, struct err *err)
    MUST_CHECK;
enum rc welcome_nda_submit(struct request *request, struct doc *doc, struct err *err)
    MUST_CHECK;
enum rc welcome_credentials_submit(struct request *request, struct doc *doc, struct err *err)
    MUST_CHECK;
enum rc welcome_profile_submit(struct request *request, struct doc *doc, struct err *err)
    MUST_CHECK;
enum rc paper_html(struct arena *arena, struct str text, struct str *html, struct err *err)
    MUST_CHECK;
enum rc messages_show(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;
enum rc message_show(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;
enum rc admin_policy_show(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;
enum rc admin_policy_submit(struct request *request, struct doc *doc, struct err *err)
    MUST_CHECK;
enum rc admin_nda_submit(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;
enum rc admin_steps_show(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;
enum rc admin_steps_submit(struct request *request, struct doc *doc, struct err *err)
    MUST_CHECK;

/* --- requests.c, admin_requests.c ---------------------------------------------------- */

enum rc requests_show(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;
enum rc request_new_show(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;
enum rc request_new_submit(struct request *request, struct doc *doc, struct err *err)
    MUST_CHECK;
enum rc request_withdraw_submit(struct request *request, struct doc *doc, struct err *err)
    MUST_CHECK;
enum rc package_give(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;
enum rc queue_show(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;
enum rc admin_request_show(struct request *request, struct doc *doc, struct err *err)
    MUST_CHECK;
enum rc admin_request_new_show(struct request *request, struct doc *doc, struct err *err)
    MUST_CHECK;
enum rc admin_request_new_submit(struct request *request, struct doc *doc, struct err *err)
    MUST_CHECK;
enum rc request_step_submit(struct request *request, struct doc *doc, struct err *err)
    MUST_CHECK;
enum rc certificate_show(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;

/* --- admin.c, registers.c, register_entry.c, register_tell.c, processing.c,
 *     disclosures.c, alerts.c, usage.c ------------------------------------------------ */

enum rc admin_show(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;
enum rc registers_show(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;
enum rc register_show(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;
enum rc register_new_show(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;
enum rc register_new_submit(struct request *request, struct doc *doc, struct err *err)
    MUST_CHECK;
enum rc register_entry_show(struct request *request, struct doc *doc, struct err *err)
    MUST_CHECK;
enum rc register_entry_submit(struct request *request, struct doc *doc, struct err *err)
    MUST_CHECK;
enum rc register_close_submit(struct request *request, struct doc *doc, struct err *err)
    MUST_CHECK;
enum rc processing_show(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;
enum rc breach_tell_show(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;
enum rc breach_tell_submit(struct request *request, struct doc *doc, struct err *err)
    MUST_CHECK;
enum rc disclosure_new_show(struct request *request, struct doc *doc, struct err *err)
    MUST_CHECK;
enum rc disclosure_new_submit(struct request *request, struct doc *doc, struct err *err)
    MUST_CHECK;
enum rc alerts_show(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;
enum rc alert_submit(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;
enum rc usage_show(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;

/* --- inbox.c, api.c ------------------------------------------------------------------ */

enum rc inbox_show(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;
enum rc api_show(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;
enum rc openapi_show(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;

#endif
