/*
 * store.py on a loopback port, with a certificate of its own.
 */
#ifndef OUTBOUND_STORE_H
#define OUTBOUND_STORE_H

#include "base/clock.h"
#include "crypto/cert.h"
#include "outbound/ground.h"

static inline void
store_certificate(struct ground *ground, const char *host)
{
	CLEANUP(buf_free) struct buf certificate = { 0 };
	CLEANUP(buf_free) struct buf private_key = { 0 };

	buf_init(&certificate, 1 << 16);
	buf_init(&private_key, 1 << 16);
	RC_IS(ground,
	      cert_new(str_from_c(host), clock_now_us(&(struct clock){ 0 }), &certificate,
	               &private_key, &ground->err),
	      RC_OK);
	ground_write(ground, "certificate", (struct str){ certificate.text, certificate.len },
	             0600);
	ground_write(ground, "key", (struct str){ private_key.text, private_key.len }, 0600);
}

static inline void
store_serve(struct ground *ground, const char *kind)
{
	char python[] = "/usr/bin/python3", script[] = "test/unit/outbound/store.py";
	char port[16], certificate[128], key[128], mode[8];
	char *const argv[] = { python, script, port, certificate, key, mode, NULL };

	ground->port = ground_port();
	(void)snprintf(port, sizeof(port), "%d", ground->port);
	(void)snprintf(certificate, sizeof(certificate), "%s/certificate", ground->dir);
	(void)snprintf(key, sizeof(key), "%s/key", ground->dir);
	(void)snprintf(mode, sizeof(mode), "%s", kind);
	if (!ground_serve(ground, argv))
		print_message("no python3 with botocore here\n");
}

/* `kind` is "plain" or "tls".  Where it does not run, ground->server is 0. */
static inline void
store_start(struct ground *ground, const char *kind)
{
	store_certificate(ground, "localhost");
	store_serve(ground, kind);
}

/* With a certificate of that name and no other, by openssl(1). */
static inline void
store_start_named(struct ground *ground, const char *kind, const char *host)
{
	const char *command =
	    str_printf(&ground->arena,
	               "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "
	               "-keyout key -out certificate -subj /CN=%s -addext "
	               "subjectAltName=DNS:%s -days 2 2>/dev/null",
	               host, host)
		.ptr;

	assert_true(ground_run(ground, command));
	store_serve(ground, kind);
}

#endif
