/* The certificate of a first start, read back by another library (GnuTLS). */
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <gnutls/x509.h>

#include "base/clock.h"
#include "crypto/cert.h"

#define NOW_US INT64_C(1772359200000000) /* 2026-03-01T10:00:00Z */

static enum rc
make(struct str host, struct buf *certificate, struct buf *private_key)
{
	struct err err = { 0 };

	buf_init(certificate, 64 * 1024);
	buf_init(private_key, 64 * 1024);
	return cert_new(host, NOW_US, certificate, private_key, &err);
}

static gnutls_datum_t
datum(const struct buf *buf)
{
	return (gnutls_datum_t){ (unsigned char *)buf->text, (unsigned)buf->len };
}

static void
the_certificate_names_its_hosts_and_its_days(void **state)
{
	CLEANUP(buf_free) struct buf certificate = { 0 };
	CLEANUP(buf_free) struct buf private_key = { 0 };
	gnutls_x509_crt_t read;
	gnutls_datum_t text;
	time_t from_s;

	(void)state;
	assert_int_equal(make(STR("troth.example"), &certificate, &private_key), RC_OK);
	text = datum(&certificate);
	assert_int_equal(gnutls_x509_crt_init(&read), 0);
	assert_int_equal(gnutls_x509_crt_import(read, &text, GNUTLS_X509_FMT_PEM), 0);
	assert_true(gnutls_x509_crt_check_hostname(read, "troth.example"));
	assert_true(gnutls_x509_crt_check_hostname(read, "localhost"));
	assert_true(gnutls_x509_crt_check_ip(read, (unsigned char[]){ 127, 0, 0, 1 }, 4, 0));
	assert_true(gnutls_x509_crt_check_ip(read, (unsigned char[16]){ [15] = 1 }, 16, 0));
	assert_false(gnutls_x509_crt_check_hostname(read, "other.example"));
	assert_int_equal(gnutls_x509_crt_get_version(read), 3);
	from_s = gnutls_x509_crt_get_activation_time(read);
	assert_int_equal(from_s, NOW_US / US_PER_S - 86400);
	assert_int_equal(gnutls_x509_crt_get_expiration_time(read), from_s + 397 * 86400 - 1);
	gnutls_x509_crt_deinit(read);
}

static void
the_private_key_is_the_certificate_s(void **state)
{
	CLEANUP(buf_free) struct buf certificate = { 0 };
	CLEANUP(buf_free) struct buf private_key = { 0 };
	gnutls_certificate_credentials_t credentials;
	gnutls_datum_t public_text, private_text;

	(void)state;
	assert_int_equal(make(STR("10.0.0.7"), &certificate, &private_key), RC_OK);
	public_text = datum(&certificate);
	private_text = datum(&private_key);
	assert_int_equal(gnutls_certificate_allocate_credentials(&credentials), 0);
	assert_int_equal(gnutls_certificate_set_x509_key_mem(
			     credentials, &public_text, &private_text, GNUTLS_X509_FMT_PEM),
	                 0);
	gnutls_certificate_free_credentials(credentials);
}

static void
a_host_that_is_none_is_refused(void **state)
{
	static const char *const hosts[] = { "", "a,DNS:bank.example", "a b", "a\nb", "x:y" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(hosts); i++) {
		CLEANUP(buf_free) struct buf certificate = { 0 };
		CLEANUP(buf_free) struct buf private_key = { 0 };
		assert_int_equal(make(str_from_c(hosts[i]), &certificate, &private_key),
		                 RC_INVALID);
		assert_int_equal(certificate.len, 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_certificate_names_its_hosts_and_its_days),
		cmocka_unit_test(the_private_key_is_the_certificate_s),
		cmocka_unit_test(a_host_that_is_none_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
