/*
 * The server's own log for everybody: checkpoint, key, hash tiles (C2SP
 * tlog-tiles), as a tenant's are under its own prefix.  It anchors the
 * checkpoints of tenants.  Its entries are not served.
 */
#ifndef WEB_SERVER_LOG_H
#define WEB_SERVER_LOG_H

#include "web/request.h"

enum rc server_log_checkpoint(struct request *request, struct doc *doc, struct err *err)
    MUST_CHECK;
enum rc server_log_key(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;
/* /log/tile/:level/… */
enum rc server_log_tile(struct request *request, struct doc *doc, struct err *err) MUST_CHECK;

#endif
