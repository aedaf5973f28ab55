/*
 * The statements as data.
 *
 * Only what SQLite and PostgreSQL share stands here: numbered parameters,
 * ON CONFLICT, RETURNING, row limits.  A list of records has one statement for
 * each order that an index serves; the filters that no index narrows down
 * (facets, overlap, items) are terms that a zero switches off.  Which index
 * serves which list is checked by test/unit/store/test_plan.c.
 */
#include "store/sql.h"

#include <stddef.h>

/* What record_row() in record.c reads, in its order.  time_from_us is NULL
 * where it equals time_to_us, expires_us where it is not known yet: a single
 * reading stores neither. */
#define RECORD_HEAD                                                                            \
	" tenant, subject, class, id, version, created_us, updated_after_us, change_from,"     \
	" change_to, facet0, facet1, facet2, "
#define RECORD_TAIL   ", time_to_us, items, expires_us, month, "
#define RECORD_COLUMN RECORD_HEAD "COALESCE(time_from_us, time_to_us)" RECORD_TAIL "body"
#define RECORD_STORED RECORD_HEAD "time_from_us" RECORD_TAIL "body"

/* A list asks for bodies only when ?13 is 1. */
#define RECORD_LISTED(from)                                                                    \
	"SELECT" RECORD_HEAD from RECORD_TAIL "CASE WHEN ?13 = 1 THEN body END FROM record"    \
	" WHERE tenant = ?1"
#define RECORD_START   "COALESCE(time_from_us, time_to_us)"
#define RECORD_SUBJECT " AND subject = ?2"
#define RECORD_CLASS   " AND class = ?3"
#define RECORD_FACETS                                                                          \
	" AND (?4 = 0 OR facet0 = ?4) AND (?5 = 0 OR facet1 = ?5)"                             \
	" AND (?6 = 0 OR facet2 = ?6) AND change_to >= ?9 AND (?10 = 0 OR items < ?10)"
#define RECORD_FILTER                                                                          \
	RECORD_FACETS                                                                          \
	" AND time_to_us >= ?7 AND COALESCE(time_from_us, time_to_us) < ?8"
/* Written so that the index on ids does not look fit for the order: one
 * subject's rows are sorted, instead of the tenant's filtered. */
#define RECORD_AFTER_SORTED " AND COALESCE(id, ?11) > ?11 ORDER BY COALESCE(id, ?11)"
#define RECORD_LIMIT        " LIMIT ?14"

/* A purge removes at most this many rows a statement. */
#define CHUNK " LIMIT 1000)"

#define PURGE(table, owner)                                                                    \
	"DELETE FROM " table " WHERE seq IN (SELECT seq FROM " table                           \
	" WHERE tenant = ?1 AND " owner " = ?2" CHUNK

#define DEADLINE_SELECT                                                                        \
	"SELECT tenant, subject, class, due_us, state, made_us FROM deadline WHERE tenant = "  \
	"?1"
#define HOLD_SELECT                                                                            \
	"SELECT tenant, id, subject, class, record, created_us, released_us, body FROM hold"   \
	" WHERE tenant = ?1"
#define ERASURE_SELECT                                                                         \
	"SELECT tenant, id, kind, subject, class, record, month, items, made_us,"              \
	" beyond_use_us, erased_us, epoch FROM erasure WHERE tenant = ?1"
#define CHOICE_SELECT                                                                          \
	"SELECT tenant, subject, kind, purpose, recipient, person, record, from_us, until_us"  \
	" FROM choice WHERE tenant = ?1"

const struct sql_row sql_rows[SQL_COUNT] = {
	[SQL_BEGIN_READ] = { "transaction", "BEGIN" },
	[SQL_BEGIN_WRITE] = { "transaction", "BEGIN IMMEDIATE" },
	[SQL_COMMIT] = { "transaction", "COMMIT" },
	[SQL_ROLLBACK] = { "transaction", "ROLLBACK" },
	[SQL_SAVEPOINT] = { "transaction", "SAVEPOINT one" },
	[SQL_SAVEPOINT_RELEASE] = { "transaction", "RELEASE SAVEPOINT one" },
	[SQL_SAVEPOINT_ROLLBACK] = { "transaction", "ROLLBACK TO SAVEPOINT one" },

	[SQL_TENANT_INSERT] = { "tenant", "INSERT INTO tenant(slug, service, name, zone, "
	                                  "state, created_us)"
	                                  " VALUES(?1, ?2, ?3, ?4, ?5, ?6) RETURNING id" },
	[SQL_TENANT_LIST] = { "tenant",
	                      "SELECT id, slug, service, name, zone, state, created_us"
	                      " FROM tenant ORDER BY id" },
	[SQL_TENANT_STATE] = { "tenant", "UPDATE tenant SET state = ?2 WHERE id = ?1" },

	[SQL_POLICY_INSERT] = { "policy",
	                        "INSERT INTO policy(tenant, hash, version, source, json,"
	                        " effective_us, loaded_us) VALUES(?1, ?2, ?3, ?4, ?5, ?6, "
	                        "?7)" },
	[SQL_POLICY_LIST] = { "policy", "SELECT tenant, hash, version, source, json, "
	                                "effective_us, loaded_us"
	                                " FROM policy WHERE tenant = ?1"
	                                " ORDER BY effective_us DESC, loaded_us DESC" },

	[SQL_KEY_INSERT] = { "key", "INSERT INTO key_slot(tenant, owner, class, month, slot, "
	                            "generation)"
	                            " VALUES(?1, ?2, ?3, ?4, ?5, ?6)" },
	[SQL_KEY_FIND] = { "key",
	                   "SELECT slot, generation FROM key_slot"
	                   " WHERE tenant = ?1 AND owner = ?2 AND class = ?3 AND month = ?4" },
	[SQL_KEY_DELETE] = { "key", "DELETE FROM key_slot"
	                            " WHERE tenant = ?1 AND owner = ?2 AND class = ?3 AND "
	                            "month = ?4" },
	[SQL_KEY_SCAN_OWNER] = { "key", "SELECT tenant, owner, class, month, slot, generation"
	                                " FROM key_slot WHERE tenant = ?1 AND owner = ?2"
	                                " AND (class, month) > (?3, ?4) ORDER BY class, month "
	                                "LIMIT ?5" },
	[SQL_KEY_SCAN_ALL] = { "key", "SELECT tenant, owner, class, month, slot, generation"
	                              " FROM key_slot WHERE (tenant, owner, class, month)"
	                              " > (?1, ?2, ?3, ?4)"
	                              " ORDER BY tenant, owner, class, month LIMIT ?5" },

	[SQL_SUBJECT_INSERT] = { "subject",
	                         "INSERT INTO subject(tenant, id, domain, kind, flags,"
	                         " state_version, created_us) VALUES(?1, ?2, ?3, ?4, ?5, ?6, "
	                         "?7)" },
	[SQL_SUBJECT_FIND] = { "subject", "SELECT tenant, id, domain, kind, flags, "
	                                  "state_version, created_us"
	                                  " FROM subject WHERE tenant = ?1 AND id = ?2" },
	[SQL_SUBJECT_UPDATE] = { "subject",
	                         "UPDATE subject SET flags = ?4, state_version = state_version "
	                         "+ 1"
	                         " WHERE tenant = ?1 AND id = ?2 AND state_version = ?3" },
	[SQL_SUBJECT_FORGET] = { "subject", "DELETE FROM subject WHERE tenant = ?1 AND id = ?2"
	                                    " AND (flags & ?3) = ?3" },
	[SQL_SUBJECT_LIST] = { "subject", "SELECT tenant, id, domain, kind, flags, "
	                                  "state_version, created_us"
	                                  " FROM subject WHERE tenant = ?1 AND id > ?3 ORDER "
	                                  "BY id LIMIT ?4" },
	[SQL_SUBJECT_LIST_KIND] = { "subject",
	                            "SELECT tenant, id, domain, kind, flags, state_version,"
	                            " created_us FROM subject WHERE tenant = ?1 AND id IN"
	                            " (SELECT id FROM subject WHERE tenant = ?1 AND kind = ?2"
	                            " AND id > ?3 ORDER BY id LIMIT ?4) ORDER BY id" },

	[SQL_RECORD_INSERT] = { "record", "INSERT INTO record(" RECORD_STORED
	                                  ") VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10,"
	                                  " ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)" },
	[SQL_RECORD_UPDATE] = { "record",
	                        "UPDATE record SET version = ?5, created_us = ?6,"
	                        " updated_after_us = ?7, change_from = ?8, change_to = ?9,"
	                        " facet0 = ?10, facet1 = ?11, facet2 = ?12, time_from_us = ?13,"
	                        " time_to_us = ?14, items = ?15, expires_us = ?16, month = ?17,"
	                        " body = ?18 WHERE tenant = ?1 AND id = ?4 AND subject = ?2"
	                        " AND class = ?3 AND version = ?5 - 1" },
	[SQL_VERSION_DELETE] = { "version",
	                         "DELETE FROM record_version WHERE tenant = ?1 AND id = ?2" },
	[SQL_RECORD_DELETE] = { "record", "DELETE FROM record WHERE tenant = ?1 AND id = ?2" },
	[SQL_RECORD_FIND] = { "record", "SELECT" RECORD_COLUMN
	                                " FROM record WHERE tenant = ?1 AND id = ?2" },
	[SQL_RECORD_KEEP] = { "version", "INSERT INTO record_version(" RECORD_STORED
	                                 ") SELECT" RECORD_STORED
	                                 " FROM record WHERE tenant = ?1 AND id = ?2"
	                                 " AND (?3 = 0 OR version = ?3)" },
	[SQL_RECORD_BY_ID] = { "record", RECORD_LISTED(RECORD_START) RECORD_FILTER
	                       " AND id > ?11 ORDER BY id" RECORD_LIMIT },
	[SQL_RECORD_BY_ID_CLASS] = { "record",
	                             RECORD_LISTED(RECORD_START) RECORD_CLASS RECORD_FILTER
	                             " AND id > ?11 ORDER BY id" RECORD_LIMIT },
	[SQL_RECORD_BY_ID_SUBJECT] = { "record",
	                               RECORD_LISTED(RECORD_START) RECORD_SUBJECT RECORD_FILTER
	                                   RECORD_AFTER_SORTED RECORD_LIMIT },
	[SQL_RECORD_BY_ID_SUBJECT_CLASS] = { "record",
	                                     RECORD_LISTED(RECORD_START)
	                                         RECORD_SUBJECT RECORD_CLASS RECORD_FILTER
	                                             RECORD_AFTER_SORTED RECORD_LIMIT },
	[SQL_RECORD_BY_CHANGE] = { "record",
	                           RECORD_LISTED(RECORD_START) RECORD_SUBJECT RECORD_FILTER
	                           " AND (?3 = 0 OR class = ?3) AND change_to > 0"
	                           " AND change_from <= ?15"
	                           " AND (change_to > ?12 OR id > ?11)"
	                           " ORDER BY change_to, id" RECORD_LIMIT },
	/* Points lie in one index and stretches in another; both in order of start.
	 * ?15 is the later of ?7 and ?12, so that points are sought by one bound. */
	[SQL_RECORD_BY_TIME] = { "record", RECORD_LISTED("time_to_us AS start_us")
	                                       RECORD_SUBJECT RECORD_CLASS RECORD_FACETS
	                         " AND time_from_us IS NULL AND time_to_us >= ?15"
	                         " AND time_to_us < ?8 AND (time_to_us > ?12 OR id > ?11)"
	                         " UNION ALL " RECORD_LISTED("time_from_us")
	                             RECORD_SUBJECT RECORD_CLASS RECORD_FACETS
	                         " AND time_from_us IS NOT NULL AND time_to_us >= ?7"
	                         " AND time_from_us >= ?12"
	                         " AND time_from_us < ?8 AND (time_from_us > ?12 OR id > ?11)"
	                         " ORDER BY start_us, id" RECORD_LIMIT },
	[SQL_RECORD_BY_TIME_DOWN] = { "record", RECORD_LISTED(RECORD_START)
	                                            RECORD_SUBJECT RECORD_CLASS RECORD_FILTER
	                              " AND time_to_us <= ?12 AND (time_to_us < ?12 OR id < "
	                              "?11)"
	                              " ORDER BY time_to_us DESC, id DESC" RECORD_LIMIT },
	[SQL_VERSION_LIST] = { "version", "SELECT" RECORD_COLUMN
	                                  " FROM record_version WHERE tenant = ?1 AND id = ?2"
	                                  " ORDER BY version DESC" },

	[SQL_TERM_INSERT] = { "term", "INSERT INTO term(tenant, class, name, mac, subject, "
	                              "record, number)"
	                              " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)" },
	[SQL_TERM_FIND] = { "term",
	                    "SELECT subject, record, number FROM term"
	                    " WHERE tenant = ?1 AND class = ?2 AND name = ?3 AND mac = ?4" },
	[SQL_TERM_DELETE] = { "term",
	                      "DELETE FROM term"
	                      " WHERE tenant = ?1 AND class = ?2 AND name = ?3 AND mac = ?4" },
	[SQL_MARK_GET] = { "mark", "SELECT subject, bits FROM mark"
	                           " WHERE tenant = ?1 AND owner = ?2 AND block = ?3" },
	[SQL_MARK_PUT] = { "mark",
	                   "INSERT INTO mark(tenant, owner, block, subject, bits)"
	                   " VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT(tenant, owner, block)"
	                   " DO UPDATE SET subject = excluded.subject, bits = excluded.bits" },
	[SQL_COUNTER_ADD] = { "counter",
	                      "INSERT INTO counter(tenant, owner, kind, value)"
	                      " VALUES(?1, ?2, ?3, ?4) ON CONFLICT(tenant, owner, kind)"
	                      " DO UPDATE SET value = counter.value + excluded.value"
	                      " RETURNING value" },
	[SQL_COUNTER_GET] = { "counter", "SELECT value FROM counter"
	                                 " WHERE tenant = ?1 AND owner = ?2 AND kind = ?3" },
	[SQL_PROJECTION_INSERT] = { "projection",
	                            "INSERT INTO projection(tenant, subject, kind, version, "
	                            "body, class)"
	                            " VALUES(?1, ?2, ?3, ?4, ?5, ?6)"
	                            " ON CONFLICT(tenant, subject, kind) DO NOTHING" },
	[SQL_PROJECTION_UPDATE] = { "projection",
	                            "UPDATE projection SET version = ?4, body = ?5, class = ?6"
	                            " WHERE tenant = ?1 AND subject = ?2 AND kind = ?3"
	                            " AND version = ?4 - 1" },
	/* 0: it was put when its class was not written down. */
	[SQL_PROJECTION_END] = { "projection",
	                         "DELETE FROM projection WHERE tenant = ?1 AND subject = ?2"
	                         " AND class IN (0, ?3)" },
	[SQL_PROJECTION_FIND] = { "projection",
	                          "SELECT version, body FROM projection"
	                          " WHERE tenant = ?1 AND subject = ?2 AND kind = ?3" },

	[SQL_PURGE_RECORD] = { "record", "DELETE FROM record WHERE tenant = ?1 AND id IN"
	                                 " (SELECT id FROM record"
	                                 " WHERE tenant = ?1 AND subject = ?2" CHUNK },
	[SQL_PURGE_VERSION] = { "version", PURGE("record_version", "subject") },
	[SQL_PURGE_TERM] = { "term",
	                     "DELETE FROM term WHERE tenant = ?1 AND (class, name, mac) IN"
	                     " (SELECT class, name, mac FROM term"
	                     " WHERE tenant = ?1 AND subject = ?2" CHUNK },
	[SQL_PURGE_MARK] = { "mark", "DELETE FROM mark WHERE tenant = ?1 AND (owner, block) IN"
	                             " (SELECT owner, block FROM mark"
	                             " WHERE tenant = ?1 AND subject = ?2" CHUNK },
	[SQL_PURGE_COUNTER] = { "counter",
	                        "DELETE FROM counter WHERE tenant = ?1 AND owner = ?2" },
	[SQL_PURGE_PROJECTION] = { "projection", PURGE("projection", "subject") },
	[SQL_PURGE_LOOK] = { "look",
	                     "DELETE FROM look WHERE tenant = ?1 AND subject = ?2 AND place IN"
	                     " (SELECT place FROM look"
	                     " WHERE tenant = ?1 AND subject = ?2" CHUNK },
	[SQL_PURGE_TICKET] = { "ticket", PURGE("ticket", "owner") },
	[SQL_PURGE_DEADLINE] = { "deadline",
	                         "DELETE FROM deadline WHERE tenant = ?1 AND subject = ?2" },
	[SQL_PURGE_CHOICE] = { "choice",
	                       "DELETE FROM choice WHERE tenant = ?1 AND subject = ?2" },
	[SQL_PURGE_HOLD] = { "hold", "DELETE FROM hold WHERE tenant = ?1 AND subject = ?2" },
	[SQL_PURGE_OUTBOX] = { "outbox",
	                       "DELETE FROM outbox WHERE tenant = ?1 AND subject = ?2" },
	[SQL_PURGE_CLASS_RECORD] = { "record", "DELETE FROM record WHERE tenant = ?1 AND id IN"
	                                       " (SELECT id FROM record WHERE tenant = ?1"
	                                       " AND subject = ?2 AND class = ?3" CHUNK },
	[SQL_PURGE_CLASS_VERSION] = { "version",
	                              "DELETE FROM record_version WHERE seq IN"
	                              " (SELECT seq FROM record_version WHERE tenant = ?1"
	                              " AND subject = ?2 AND class = ?3" CHUNK },
	[SQL_PURGE_CLASS_TERM] = { "term",
	                           "DELETE FROM term WHERE tenant = ?1 AND (class, name, mac) "
	                           "IN"
	                           " (SELECT class, name, mac FROM term WHERE tenant = ?1"
	                           " AND subject = ?2 AND class = ?3" CHUNK },
	[SQL_PURGE_CLASS_DEADLINE] = { "deadline",
	                               "DELETE FROM deadline WHERE tenant = ?1 AND subject = ?2"
	                               " AND class = ?3" },

	[SQL_TICKET_INSERT] = { "ticket",
	                        "INSERT INTO ticket(tenant, kind, hash, id, owner, created_us,"
	                        " expires_us, used_us, state, revision, body)"
	                        " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)" },
	[SQL_TICKET_FIND] = { "ticket",
	                      "SELECT tenant, kind, hash, id, owner, created_us, expires_us,"
	                      " used_us, state, revision, body FROM ticket"
	                      " WHERE tenant = ?1 AND kind = ?2 AND hash = ?3" },
	[SQL_TICKET_UPDATE] = { "ticket",
	                        "UPDATE ticket SET expires_us = ?5, used_us = ?6, state = ?7,"
	                        " body = ?8, revision = revision + 1"
	                        " WHERE tenant = ?1 AND kind = ?2 AND hash = ?3 AND revision = "
	                        "?4" },
	[SQL_TICKET_DELETE] = { "ticket", "DELETE FROM ticket"
	                                  " WHERE tenant = ?1 AND kind = ?2 AND hash = ?3" },
	[SQL_TICKET_LIST] = { "ticket",
	                      "SELECT tenant, kind, hash, id, owner, created_us, expires_us,"
	                      " used_us, state, revision, body FROM ticket"
	                      " WHERE tenant = ?1 AND kind = ?2 ORDER BY created_us DESC, id "
	                      "DESC" },
	[SQL_TICKET_LIST_OWNER] = { "ticket", "SELECT tenant, kind, hash, id, owner, "
	                                      "created_us, expires_us,"
	                                      " used_us, state, revision, body FROM ticket"
	                                      " WHERE tenant = ?1 AND owner = ?3 AND kind = ?2"
	                                      " ORDER BY created_us DESC, id DESC" },
	[SQL_TICKET_SWEEP] = { "ticket", "DELETE FROM ticket WHERE expires_us < ?1" },
	[SQL_RATE_HIT] = { "rate", "INSERT INTO rate(mac, ends_us, window_us, tries) "
	                           "VALUES(?1, ?2, ?3, 1)"
	                           " ON CONFLICT(mac, ends_us, window_us)"
	                           " DO UPDATE SET tries = rate.tries + 1 RETURNING tries" },
	[SQL_RATE_SWEEP] = { "rate", "DELETE FROM rate WHERE (mac, ends_us, window_us) IN"
	                             " (SELECT mac, ends_us, window_us FROM rate"
	                             " WHERE ends_us <= ?1 LIMIT 16)" },
	[SQL_OUTBOX_INSERT] = { "outbox",
	                        "INSERT INTO outbox(tenant, id, created_us, due_us, tries, "
	                        "state,"
	                        " changed_us, body, subject)"
	                        " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)" },
	[SQL_OUTBOX_DUE] = { "outbox",
	                     "SELECT tenant, id, created_us, due_us, tries, state, body"
	                     " FROM outbox WHERE state = ?1 AND due_us <= ?2"
	                     " ORDER BY due_us, id LIMIT ?3" },
	[SQL_OUTBOX_UPDATE] = { "outbox",
	                        "UPDATE outbox SET due_us = ?3, tries = ?4, state = ?5,"
	                        " changed_us = ?6 WHERE tenant = ?1 AND id = ?2" },
	[SQL_OUTBOX_LIST] = { "outbox",
	                      "SELECT tenant, id, created_us, due_us, tries, state, body"
	                      " FROM outbox WHERE tenant = ?1 ORDER BY id DESC LIMIT ?2" },
	[SQL_OUTBOX_SWEEP] = { "outbox", "DELETE FROM outbox WHERE changed_us < ?2"
	                                 " AND (state <> ?1 OR due_us < ?2)" },
	[SQL_LEASE_TAKE] = { "lease",
	                     "INSERT INTO lease(name, holder, until_us) VALUES(?1, ?2, ?3)"
	                     " ON CONFLICT(name) DO UPDATE"
	                     " SET holder = excluded.holder, until_us = excluded.until_us"
	                     " WHERE lease.holder = excluded.holder OR lease.until_us <= ?4" },
	[SQL_SETTING_PUT] = { "setting",
	                      "INSERT INTO setting(tenant, name, value) VALUES(?1, ?2, ?3)"
	                      " ON CONFLICT(tenant, name) DO UPDATE SET value = "
	                      "excluded.value" },
	[SQL_SETTING_FIND] = { "setting",
	                       "SELECT value FROM setting WHERE tenant = ?1 AND name = ?2" },

	[SQL_LOG_GROW] = { "log", "INSERT INTO log(tenant, size) VALUES(?1, 1)"
	                          " ON CONFLICT(tenant) DO UPDATE SET size = log.size + 1"
	                          " RETURNING size" },
	[SQL_LOG_SIZE] = { "log", "SELECT size FROM log WHERE tenant = ?1" },
	[SQL_ENTRY_INSERT] = { "entry", "INSERT INTO entry(place, leaf) VALUES(?1, ?2)" },
	[SQL_ENTRY_LIST] = { "entry",
	                     "SELECT place, leaf FROM entry WHERE place >= ?1 AND place < ?2"
	                     " ORDER BY place" },
	[SQL_ENTRY_DELETE] = { "entry", "DELETE FROM entry WHERE place >= ?1 AND place < ?2" },
	[SQL_LOOK_INSERT] = { "look", "INSERT INTO look(tenant, subject, place, time_us, body)"
	                              " VALUES(?1, ?2, ?3, ?4, ?5)" },
	[SQL_LOOK_CUT] = { "look", "DELETE FROM look WHERE (tenant, subject, place) IN"
	                           " (SELECT tenant, subject, place FROM look"
	                           " WHERE tenant = ?1 AND place < ?2" CHUNK },
	[SQL_LOOK_LIST] = { "look", "SELECT tenant, subject, place, time_us, body FROM look"
	                            " WHERE tenant = ?1 AND subject = ?2 AND place < ?3"
	                            " ORDER BY place DESC LIMIT ?4" },
	[SQL_CHECKPOINT_PUT] = { "checkpoint",
	                         "INSERT INTO checkpoint(tenant, size, time_us, note)"
	                         " VALUES(?1, ?2, ?3, ?4) ON CONFLICT(tenant, size)"
	                         " DO UPDATE SET time_us = excluded.time_us, note = "
	                         "excluded.note" },
	[SQL_CHECKPOINT_LATEST] = { "checkpoint",
	                            "SELECT tenant, size, time_us, note FROM checkpoint"
	                            " WHERE tenant = ?1 ORDER BY size DESC LIMIT 1" },
	[SQL_CHECKPOINT_LIST] = { "checkpoint",
	                          "SELECT tenant, size, time_us, note FROM checkpoint"
	                          " WHERE tenant = ?1 ORDER BY size" },
	[SQL_CHECKPOINT_DELETE] = { "checkpoint", "DELETE FROM checkpoint"
	                                          " WHERE tenant = ?1 AND size = ?2" },
	[SQL_TILE_PUT] = { "tile", "INSERT INTO tile(tenant, level, place, hashes) VALUES(?1, "
	                           "?2, ?3, ?4)"
	                           " ON CONFLICT(tenant, level, place)"
	                           " DO UPDATE SET hashes = excluded.hashes" },
	[SQL_TILE_FIND] = { "tile", "SELECT hashes FROM tile"
	                            " WHERE tenant = ?1 AND level = ?2 AND place = ?3" },
	[SQL_TILE_DELETE] = { "tile", "DELETE FROM tile"
	                              " WHERE tenant = ?1 AND level = ?2 AND place = ?3" },

	[SQL_DEADLINE_PUT] = { "deadline",
	                       "INSERT INTO deadline(tenant, subject, class, due_us, state,"
	                       " made_us) VALUES(?1, ?2, ?3, ?4, ?5, ?6)"
	                       " ON CONFLICT(tenant, subject, class) DO UPDATE SET"
	                       " due_us = excluded.due_us, state = excluded.state,"
	                       " made_us = excluded.made_us" },
	[SQL_DEADLINE_FIND] = { "deadline",
	                        DEADLINE_SELECT " AND subject = ?2 AND class = ?3" },
	[SQL_DEADLINE_DELETE] = { "deadline", "DELETE FROM deadline WHERE tenant = ?1"
	                                      " AND subject = ?2 AND class = ?3" },
	[SQL_DEADLINE_LIST] = { "deadline",
	                        DEADLINE_SELECT " AND state = ?2 AND due_us <= ?3"
	                                        " AND (due_us, subject) > (?4, ?5)"
	                                        " ORDER BY due_us, subject LIMIT ?6" },
	[SQL_RECORD_EXPIRED] = { "record",
	                         "SELECT subject, id, version, created_us, items, expires_us,"
	                         " month FROM record WHERE tenant = ?1 AND class = ?2"
	                         " AND expires_us IS NOT NULL AND expires_us <= ?3"
	                         " AND (expires_us, id) > (?4, ?5)"
	                         " ORDER BY expires_us, id LIMIT ?6" },
	[SQL_RECORD_EXPIRED_COUNT] = { "record",
	                               "SELECT count(*), min(expires_us) FROM record"
	                               " WHERE tenant = ?1 AND class = ?2"
	                               " AND expires_us IS NOT NULL AND expires_us <= ?3" },
	[SQL_TERM_DELETE_RECORD] = { "term", "DELETE FROM term WHERE tenant = ?1"
	                                     " AND subject = ?2 AND record = ?3" },
	[SQL_TERM_MOVE] = { "term", "UPDATE term SET record = ?4 WHERE tenant = ?1"
	                            " AND subject = ?2 AND record = ?3" },
	[SQL_RECORD_RESEAL] = { "record",
	                        "UPDATE record SET month = ?5, body = ?6, expires_us = ?7"
	                        " WHERE tenant = ?1 AND id = ?2 AND version = ?3"
	                        " AND month = ?4" },
	[SQL_VERSION_RESEAL] = { "version", "UPDATE record_version SET month = ?5, body = ?6, "
	                                    "expires_us = ?7"
	                                    " WHERE tenant = ?1 AND id = ?2 AND version = ?3"
	                                    " AND month = ?4" },
	[SQL_HOLD_INSERT] = { "hold", "INSERT INTO hold(tenant, id, subject, class, record,"
	                              " created_us, released_us, body)"
	                              " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)" },
	[SQL_HOLD_RELEASE] = { "hold", "UPDATE hold SET released_us = ?3 WHERE tenant = ?1"
	                               " AND id = ?2 AND released_us = 0" },
	[SQL_HOLD_FIND] = { "hold", HOLD_SELECT " AND id = ?2" },
	[SQL_HOLD_LIST] = { "hold", HOLD_SELECT " ORDER BY id DESC LIMIT ?2" },
	[SQL_HOLD_LIST_SUBJECT] = { "hold", HOLD_SELECT " AND subject = ?2 AND released_us = 0"
	                                                " LIMIT ?3" },
	[SQL_ERASURE_FORGET] = { "erasure", "DELETE FROM erasure WHERE tenant = ?1"
	                                    " AND id > ?2 AND subject = ?2" },
	[SQL_ERASURE_INSERT] = { "erasure",
	                         "INSERT INTO erasure(tenant, id, kind, subject, class, record,"
	                         " month, items, made_us, beyond_use_us, erased_us, epoch)"
	                         " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)" },
	[SQL_ERASURE_END] = { "erasure", "UPDATE erasure SET erased_us = ?2"
	                                 " WHERE erased_us = 0 AND epoch < ?1" },
	[SQL_ERASURE_BEYOND] = { "erasure",
	                         "UPDATE erasure SET beyond_use_us = ?5, epoch = ?6"
	                         " WHERE erased_us = 0 AND epoch = ?2 AND tenant = ?1"
	                         " AND class = ?3 AND month > 0 AND month <= ?4"
	                         " AND beyond_use_us = 0" },
	[SQL_ERASURE_FIND] = { "erasure", ERASURE_SELECT " AND id = ?2" },
	[SQL_ERASURE_LIST] = { "erasure", ERASURE_SELECT " AND id < ?2 ORDER BY id DESC"
	                                                 " LIMIT ?3" },
	[SQL_CHOICE_PUT] = { "choice",
	                     "INSERT INTO choice(tenant, subject, kind, purpose, recipient,"
	                     " person, record, from_us, until_us)"
	                     " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
	                     " ON CONFLICT(tenant, subject, kind, purpose, recipient, person)"
	                     " DO UPDATE SET record = excluded.record,"
	                     " from_us = excluded.from_us, until_us = excluded.until_us" },
	[SQL_CHOICE_DELETE] = { "choice",
	                        "DELETE FROM choice WHERE tenant = ?1 AND subject = ?2"
	                        " AND kind = ?3 AND purpose = ?4 AND recipient = ?5"
	                        " AND person = ?6" },
	[SQL_CHOICE_LIST] = { "choice", CHOICE_SELECT " AND subject = ?2 LIMIT ?3" },
	[SQL_CHOICE_LIST_PERSON] = { "choice", CHOICE_SELECT " AND person = ?2 LIMIT ?3" },
	[SQL_TALLY_ADD] = { "tally", "INSERT INTO tally(tenant, day, what, bucket, count)"
	                             " VALUES(?1, ?2, ?3, ?4, ?5)"
	                             " ON CONFLICT(tenant, day, what, bucket)"
	                             " DO UPDATE SET count = count + excluded.count" },
	[SQL_TALLY_LIST] = { "tally", "SELECT tenant, day, what, bucket, count FROM tally"
	                              " WHERE tenant = ?1 AND day >= ?2 AND day < ?3"
	                              " ORDER BY day, what, bucket LIMIT ?4" },
	[SQL_TALLY_SWEEP] = { "tally", "DELETE FROM tally WHERE tenant = ?1 AND day < ?2" },
};
