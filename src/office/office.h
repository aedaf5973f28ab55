/*
 * The privacy office: what an organisation owes the people whose data it holds,
 * done by the program for every service alike.  Requests and their deadlines
 * (desk.h), the package that answers access and portability (package.h),
 * registers (register.h), changes of policy (change.h), what people sign before
 * anything opens (agreement.h), alerts (alert.h), telling people (tell.h), and
 * the latest proofs of the promises (proof.h).
 *
 * Everything that it keeps are records of classes that the policy declares, by
 * these names; office_check() says which are missing:
 *   request   about subject   what people ask for, and what became of it
 *   consent   about subject   see vault/choice.h
 *   agreement about person    what people signed or took note of
 *   message   about person    what we told them
 *   register  about organisation   registers, incidents, alerts
 *   activity  about those whose use is recorded (optional: activity.h)
 *   usage     about application    telemetry (rows of `tally`, no records)
 */
#ifndef OFFICE_OFFICE_H
#define OFFICE_OFFICE_H

#include "backup/backup.h"
#include "notice/notice.h"
#include "people/people.h"

struct office;

struct office_options {
	struct vault *vault;
	struct people *people;
	struct notice *notice;
	struct backup *backup; /* whose state is watched; NULL: nobody's */
	const struct clock *clock;
	bool is_demo;
	const char *webhook_url;      /* where alerts go; NULL: nowhere */
	const char *webhook_key_file; /* signs them */
	const char *heartbeat_url;    /* asked once a minute while all is well; NULL */
	const char *ca_file;          /* that vouches for both; NULL: the system's */
};
enum rc office_open(struct office **office, const struct office_options *options,
                    struct err *err) MUST_CHECK;
void office_close(struct office *office);
/* What links in mail begin with, "https://localhost:8443", where that is not the host
 * that the log is named after: a demonstration with a port of its own. */
void office_reached_at(struct office *office, const char *url);

/* RC_INVALID names the class or field that the office needs and the policy lacks. */
enum rc office_check(const struct policy *policy, struct err *err) MUST_CHECK;

/* Housekeeping of one tenant, at most until deadline_us of the monotonic clock:
 * the hourly sweep, reminders, notices of a change, clocks of incidents, alerts. */
enum rc office_tick(struct office *office, const struct tenant *tenant, int64_t deadline_us,
                    struct err *err) MUST_CHECK;

/* The system's passage through the door, for a purpose of the policy ("law" where the
 * policy has it, else "security"). */
struct door office_door(const struct office *office, const struct tenant *tenant);
/* The subject of the registers, made the first time. */
enum rc office_organisation(struct office *office, const struct tenant *tenant,
                            struct id *subject, struct err *err) MUST_CHECK;

#endif
