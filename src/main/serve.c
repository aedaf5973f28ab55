/*
 * `troth serve`: a supervisor without threads, and the server it starts and
 * restarts.  Any process may be killed at any moment; what was acknowledged is
 * there after the restart.
 *
 *   supervisor ── server: listener threads, store's writer, housekeeper, control socket
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/log.h"
#include "main/context.h"
#include "main/control.h"
#include "main/demo.h"
#include "main/prover.h"
#include "main/services.h"
#include "pages/pages.h"
#include "web/listener.h"
#include "web/metrics.h"
#include "web/server_routes.h"

#define LISTEN_USUAL    "localhost:8443"
#define TICK_MS         200
#define MAIL_EVERY_US   (1 * US_PER_S)
#define TIDY_EVERY_US   (20 * US_PER_S)
#define TIDY_FOR_US     (2 * US_PER_S)
#define BACK_OFF_MIN_MS 100
#define BACK_OFF_MAX_MS 10000
#define STEADY_US       (60 * US_PER_S) /* up for so long: the next crash starts anew */
#define CLOSE_WAIT_MS   5000

/* --- the site ------------------------------------------------------------------------- */

struct server {
	struct context context;
	struct site site;
	struct listener *listener;
	struct control *control;
	struct prover *prover;
	pthread_t housekeeper;
	_Atomic bool is_ending;
};

static MUST_CHECK enum rc
site_make(struct server *server, const struct call *call, struct err *err)
{
	struct site *site = &server->site;

	*site = (struct site){ .vault = call->vault,
		               .people = call->people,
		               .notice = call->notice,
		               .office = call->office,
		               .backup = call->backup,
		               .clock = call->clock,
		               .metrics = metrics_new(),
		               .services = services,
		               .service_count = service_count,
		               .pages = pages_routes,
		               .server = server_routes,
		               .is_demo = server->context.is_demo };
	TRY(templates_load(&site->templates, err));
	TRY(routes_check(&site->server, 1, NULL, site->templates, err));
	for (size_t i = 0; i < vault_tenant_count(site->vault); i++)
		TRY(services_check(vault_tenant_at(site->vault, i)->policy, site->templates,
		                   err));
	return RC_OK;
}

/* The strictest policy on the listener wins. */
static int
tls_minor(struct vault *vault)
{
	int minor = 2;

	for (size_t i = 0; i < vault_tenant_count(vault); i++) {
		if (vault_tenant_at(vault, i)->policy->tls_minor > minor)
			minor = vault_tenant_at(vault, i)->policy->tls_minor;
	}
	return vault_tenant_count(vault) == 0 ? 3 : minor;
}

/* --- the housekeeper ------------------------------------------------------------------- */

static void
tidy(const struct site *site)
{
	struct err err;

	for (size_t i = 0; i < vault_tenant_count(site->vault); i++) {
		const struct tenant *tenant = vault_tenant_at(site->vault, i);
		const struct service *service = site_service(site, tenant);
		if (office_tick(site->office, tenant, clock_monotonic_us() + TIDY_FOR_US,
		                &err) != RC_OK)
			log_failure("office.failed", &err);
		if (service == NULL || service->tick == NULL)
			continue;
		if (service->tick(site, tenant, clock_monotonic_us() + TIDY_FOR_US, &err) !=
		    RC_OK)
			log_failure("tidy.failed", &err);
	}
}

static void *
housekeeper_loop(void *arg)
{
	struct server *server = arg;
	struct notice_figures figures;
	int64_t mailed_us = 0;
	int64_t tidied_us = clock_monotonic_us();
	struct err err;

	while (!server->is_ending) {
		int64_t now_us = clock_monotonic_us();
		if (vault_tick(server->site.vault, &err) != RC_OK)
			log_failure("tick.failed", &err);
		if (now_us - mailed_us > MAIL_EVERY_US) {
			mailed_us = now_us;
			if (notice_deliver(server->site.notice, &figures, &err) != RC_OK)
				log_failure("mail.failed", &err);
		}
		if (now_us - tidied_us > TIDY_EVERY_US) {
			tidied_us = now_us;
			tidy(&server->site);
		}
		(void)usleep(TICK_MS * 1000);
	}
	return NULL;
}

/* --- the server -------------------------------------------------------------------------- */

struct address {
	const char *host;
	uint16_t port;
};

static MUST_CHECK enum rc
address_parse(const struct call *call, struct address *address, struct err *err)
{
	struct str text = call_option(call, "--listen");
	uint32_t port = 0;
	size_t at;

	if (text.len == 0)
		text = STR(LISTEN_USUAL);
	for (at = text.len; at > 0 && text.ptr[at - 1] != ':'; at--)
		;
	if (at == 0 ||
	    str_to_u32((struct str){ text.ptr + at, text.len - at }, &port, err) != RC_OK ||
	    port > 65535)
		return FAIL(err, RC_INVALID, "--listen is HOST:PORT");
	address->port = (uint16_t)port;
	text.len = at - 1;
	if (text.len > 1 && text.ptr[0] == '[')
		text = (struct str){ text.ptr + 1, text.len - 2 };
	address->host = str_to_c(call->arena, text);
	return RC_OK;
}

/* Listening on every address is reached at this machine's own. */
static void
reached_at(const struct server *server, struct call *call, const struct address *address)
{
	const char *host = strcmp(address->host, "0.0.0.0") == 0 ? "127.0.0.1"
	                   : strcmp(address->host, "::") == 0    ? "::1"
	                                                         : address->host;
	bool is_ipv6 = strchr(host, ':') != NULL;
	unsigned port = listener_port(server->listener);

	call->site = &server->site;
	call->address =
	    str_to_c(call->arena, str_printf(call->arena, "%s%s%s:%u", is_ipv6 ? "[" : "", host,
	                                     is_ipv6 ? "]" : "", port));
	call->url = str_to_c(call->arena, str_printf(call->arena, "https://%s:%u",
	                                             vault_origin_host(call->vault), port));
}

static void
greet(const struct server *server, const struct address *address)
{
	unsigned port = listener_port(server->listener);

	(void)printf("Troth serves https://%s:%u/\n", address->host, port);
	if (server->context.is_demo)
		(void)printf(
		    "\n"
		    "A demonstration. The browser warns of the certificate, which is its "
		    "own.\n"
		    "1. Open https://%s:%u/%s/sign-in and enter %s\n"
		    "   (staff: %s).\n"
		    "2. Read the mail at https://%s:%u/%s/inbox and follow its link.\n"
		    "3. Add the second factor with any authenticator app.\n",
		    address->host, port, DEMO_TENANT, demo_member_email, demo_admin_email,
		    address->host, port, DEMO_TENANT);
	(void)fflush(stdout);
}

static MUST_CHECK enum rc
backups_begin(struct server *server, const struct call *call, struct err *err)
{
	int64_t every_s = BACKUP_EVERY_S;

	if (call_has(call, "--backup-every"))
		TRY(str_to_i64(call_option(call, "--backup-every"), &every_s, err));
	if (every_s < 0)
		return FAIL(err, RC_INVALID, "--backup-every is seconds");
	return every_s == 0 ? RC_OK : backup_run_begin(server->context.backup, every_s, err);
}

static MUST_CHECK enum rc
server_start(struct server *server, struct call *call, struct err *err)
{
	struct listener_options options = { .site = &server->site };
	struct address address = { 0 };

	TRY(address_parse(call, &address, err));
	TRY(context_open(&server->context, call, err));
	TRY(site_make(server, call, err));
	options.host = address.host;
	options.port = address.port;
	options.certificate_file = context_path(call, "certificate.pem");
	options.key_file = context_path(call, "key.pem");
	options.tls_minor = tls_minor(call->vault);
	TRY(listener_open(&server->listener, &options, err));
	reached_at(server, call, &address);
	if (server->context.is_demo)
		office_reached_at(server->context.office, call->url);
	TRY(control_open(&server->control, call, err));
	TRY(prover_open(&server->prover, call, err));
	TRY(backups_begin(server, call, err));
	if (pthread_create(&server->housekeeper, NULL, housekeeper_loop, server) != 0)
		return FAIL(err, RC_IO, "cannot start the housekeeper");
	greet(server, &address);
	return RC_OK;
}

/* Waits for signals; SIGHUP reads the certificate again. */
static void
server_wait(struct server *server, const sigset_t *signals)
{
	struct err err;
	int signal = 0;

	while (sigwait(signals, &signal) == 0 && signal == SIGHUP) {
		if (listener_reload(server->listener, &err) != RC_OK)
			log_failure("reload.failed", &err);
	}
}

static int
server_run(struct call *call, const sigset_t *signals)
{
	struct server *server = calloc(1, sizeof(*server));
	struct err err = { 0 };

	if (server == NULL)
		abort();
	if (server_start(server, call, &err) != RC_OK) {
		(void)fprintf(stderr, "troth: %s\n", err.text);
		if (server->listener != NULL)
			listener_close(server->listener, 0);
		free(server);
		return 1;
	}
	server_wait(server, signals);
	server->is_ending = true;
	prover_close(server->prover);
	listener_close(server->listener, CLOSE_WAIT_MS);
	(void)pthread_join(server->housekeeper, NULL);
	backup_run_end(server->context.backup);
	control_close(server->control);
	if (vault_tick(server->site.vault, &err) != RC_OK)
		log_failure("tick.failed", &err);
	templates_free(server->site.templates);
	metrics_free(server->site.metrics);
	context_close(&server->context);
	free(server);
	return 0;
}

/* --- the supervisor --------------------------------------------------------------------------
 */

static pid_t
server_spawn(struct call *call, const sigset_t *signals)
{
	pid_t parent = getpid();
	pid_t child = fork();

	if (child != 0)
		return child;
	/* When the supervisor is killed, the server goes with it. */
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(1);
	exit(server_run(call, signals));
}

/* Passes signals on until the server ends; its wait status. */
static int
server_watch(pid_t server, const sigset_t *signals, bool *is_asked)
{
	int status = 0;
	int signal;

	for (;;) {
		if (sigwait(signals, &signal) != 0)
			continue;
		if (signal != SIGCHLD) {
			*is_asked = *is_asked || signal != SIGHUP;
			(void)kill(server, signal);
			continue;
		}
		if (waitpid(server, &status, WNOHANG) == server)
			return status;
	}
}

enum rc
serve_run(struct call *call, struct err *err)
{
	int back_off_ms = BACK_OFF_MIN_MS;
	bool is_asked = false;
	sigset_t signals;

	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGTERM);
	(void)sigaddset(&signals, SIGINT);
	(void)sigaddset(&signals, SIGHUP);
	(void)sigaddset(&signals, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &signals, NULL);
	for (;;) {
		int64_t since_us = clock_monotonic_us();
		pid_t server = server_spawn(call, &signals);
		if (server < 0)
			return FAIL(err, RC_IO, "cannot start the server");
		int status = server_watch(server, &signals, &is_asked);
		if (is_asked || WIFEXITED(status)) {
			call->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
			return RC_OK;
		}
		LOG(LEVEL_ERROR, "server.died", F_NUM("signal", WTERMSIG(status)),
		    F_NUM("back_off_ms", back_off_ms));
		if (clock_monotonic_us() - since_us > STEADY_US)
			back_off_ms = BACK_OFF_MIN_MS;
		(void)usleep((useconds_t)back_off_ms * 1000);
		back_off_ms =
		    back_off_ms * 2 < BACK_OFF_MAX_MS ? back_off_ms * 2 : BACK_OFF_MAX_MS;
	}
}
