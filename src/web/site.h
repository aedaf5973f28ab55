/*
 * The running site: what the listener and every handler share, and what a
 * service brings.  Made once by main, read-only afterwards.
 */
#ifndef WEB_SITE_H
#define WEB_SITE_H

#include "backup/backup.h"
#include "office/office.h"
#include "office/package.h"
#include "web/request.h"
#include "web/template.h"

/* A place in the header of a service's pages. */
struct place {
	const char *path;  /* "/today" */
	const char *label; /* msgid */
	const char *icon;
	struct need need; /* who sees it */
};

#define SERVICE_TABLES_MAX 4

/* One service: a row of the table in main.  Functions may be NULL. */
struct service {
	const char *name;                                /* as in the policy: "measure" */
	const struct routes *tables[SERVICE_TABLES_MAX]; /* as many as there are, then NULL */
	const struct place *places;
	size_t place_count;
	const char *home; /* where `/T/` goes after sign-in: "/today" */
	/* Fields of the account that the step `profile` of onboarding asks for,
	 * NULL-ended; NULL: none. */
	const char *const *profile;
	/* What the package of a person holds of this service beside plain records. */
	const struct package_source *packages;
	size_t package_count;
	enum rc (*check)(const struct policy *policy,
	                 struct err *err); /* classes, fields, indexes */
	enum rc (*tick)(const struct site *site, const struct tenant *tenant,
	                int64_t deadline_us,
	                struct err *err); /* housekeeping, in small steps */
};

struct metrics;

struct site {
	struct vault *vault;
	struct people *people;
	struct notice *notice;
	struct office *office;
	struct backup *backup;
	const struct clock *clock;
	struct templates *templates;
	struct metrics *metrics;
	const struct service *const *services;
	size_t service_count;
	struct routes pages;  /* of every tenant: sign-in, me, privacy, log, admin */
	struct routes server; /* above tenants: /, /-/health … */
	bool is_demo;
};

const struct service *site_service(const struct site *site, const struct tenant *tenant);

#endif
