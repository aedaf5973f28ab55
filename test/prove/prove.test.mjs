// Every promise of the demonstration's policy is kept, and each probe turns red when its promise is broken on
// purpose: a check that cannot fail shows nothing.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Server, must, pause, run, skip } from '../fault/server.mjs';

const prove = (server, ...only) => {
	const done = run('prove', '--data', server.data, '--tenant', 'demo', '--json', ...only);
	assert.notEqual(done.out, '', done.err);
	return { status: done.status, proofs: JSON.parse(done.out) };
};
const stateOf = (proofs, name) => proofs.find((proof) => proof.probe === name || proof.attested === name);

// The seam that is broken (one may break several promises of a kind), the probe that must notice, and what
// else has to be done for it.
const broken = [
	['tls.minimum', 'tls.minimum'],
	['tls.cipher', 'tls.cipher'],
	['tls.outbound', 'tls.outbound'],
	['seal.at_rest', 'seal.at_rest'],
	['keys.apart', 'keys.apart'],
	// Entries of another run, hashed after it.
	['audit.intact', 'audit.intact', async () => { prove(server, 'tls.minimum'); await pause(1500); }],
	['audit.complete', 'audit.complete'],
	['login.no_password', 'login.no_password'],
	['login.limits', 'login.limits'],
	['factor.required', 'factor.required'],
	['onboarding.gate', 'onboarding.gate'],
	['roles.enforced', 'roles.enforced'],
	['isolation.tenant', 'isolation.tenant'],
	['isolation.subject', 'isolation.subject'],
	['fields.declared', 'fields.declared'],
	['retention', 'retention.measurement'],
	['retention', 'retention.log'],
	['retention', 'retention.consent'],
	['rights.access', 'rights.access'],
	['rights.portability', 'rights.portability'],
	['rights.rectification', 'rights.rectification'],
	['rights.erasure', 'rights.erasure'],
	['rights.restriction', 'rights.restriction'],
	['rights.objection', 'rights.objection'],
	['erasure.final', 'erasure.final'],
	['consent', 'consent.clinician'],
	['consent', 'consent.research'],
	['release.deidentified', 'release.deidentified'],
	['release.registered', 'release.registered'],
	['telemetry.anonymous', 'telemetry.anonymous'],
	['notice.lead_time', 'notice.lead_time'],
	['cookies.declared', 'cookies.declared'],
	['cookies.optional', 'cookies.optional'],
	['backup.sealed', 'backup.sealed', () => must('backup', 'create', '--data', server.data)],
	['', 'backup.apart', () => must('backup', 'place', 'remove', '--data', server.data, '--name', 'south')],
	['', 'region.pinned', () => must('region', 'us', '--data', server.data)],
	['attested', 'soc2'],
];

let server, places;
before(async () => {
	if (skip) return;
	server = new Server();
	await server.start();
	places = mkdtempSync(path.join(tmpdir(), 'troth-places-'));
	must('backup', 'key', '--data', server.data, '--out', path.join(places, 'recovery.key'));
	for (const name of ['north', 'south']) {
		mkdirSync(path.join(places, name));
		must('backup', 'place', 'add', '--data', server.data, '--name', name, '--url', path.join(places, name), '--region', 'eu');
	}
	must('backup', 'create', '--data', server.data);
	must('backup', 'drill', '--data', server.data, '--identity', path.join(places, 'recovery.key'));
}, { timeout: 120_000 });
after(async () => {
	await server?.remove();
	if (places) rmSync(places, { recursive: true, force: true });
});

test('every promise that this program can keep is kept, and nothing stays of the run but its entries', { skip, timeout: 300_000 }, async () => {
	const token = server.token('--person', 'admin@demo.example');
	const people = async () => (await server.json('/demo/admin/people', token)).people.length;
	const before = await people();
	const { status, proofs } = prove(server);
	const notKept = proofs.filter((proof) => proof.state !== 'kept').map((proof) => `${proof.promise}: ${proof.state}: ${proof.evidence}`);
	assert.deepEqual(notKept, []);
	assert.equal(status, 0);
	assert.equal(await people(), before);
	const shown = await server.json('/demo/trust');
	assert.equal(shown.failed_count, 0);
	assert.equal(shown.proved_count + shown.attested_count, proofs.length);
});

test('every probe that a promise names is broken here, or has its reason to be left out', { skip, timeout: 60_000 }, async () => {
	const names = new Set(broken.map(([, probe]) => probe.replace(/^(retention|consent)\..*/, '$1.')));
	const { proofs } = prove(server, 'tls.minimum');
	assert.equal(proofs.length, 1);
	const shown = await server.json('/demo/trust');
	const promised = shown.promises.filter((promise) => promise.how.includes('.')).map((promise) => promise.how.replace(/^(retention|consent)\..*/, '$1.'));
	assert.deepEqual(promised.filter((probe) => !names.has(probe)), []);
});

for (const [seam, probe, act] of broken) {
	test(`${probe} turns red when it is broken`, { skip, timeout: 120_000 }, async () => {
		process.env.TROTH_BROKEN = seam;
		try {
			await server.stop();
			await server.start();
			await act?.();
			const { status, proofs } = prove(server, probe);
			assert.equal(stateOf(proofs, probe).state, 'broken', stateOf(proofs, probe).evidence);
			assert.equal(status, 1);
		} finally {
			delete process.env.TROTH_BROKEN;
		}
	});
}
