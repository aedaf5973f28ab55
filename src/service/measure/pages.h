/*
 * The handlers of measure's pages and of its plain API; routes.c has the table.
 */
#ifndef SERVICE_MEASURE_PAGES_H
#define SERVICE_MEASURE_PAGES_H

#include "web/site.h"

enum rc today_show(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;
enum rc trends_show(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;
enum rc trends_picture(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;
enum rc agp_show(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;
enum rc agp_picture(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;
enum rc agp_print(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;

enum rc devices_show(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;
enum rc device_show(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;
enum rc device_new_show(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;
enum rc device_new_submit(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;
enum rc device_code_submit(struct request *request, struct doc *doc, struct err *err)
    MUST_CHECK;
enum rc device_revoke_submit(struct request *request, struct doc *doc, struct err *err)
    MUST_CHECK;
enum rc device_claim(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;

enum rc readings_take(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;
enum rc readings_list(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;
enum rc readings_changes(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;

enum rc export_show(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;
enum rc export_readings(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;
enum rc export_fhir(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;

enum rc staff_show(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;

#endif
