// An alert's way: refusals at the door, the page, the mail of the demonstration, the webhook with its
// signature, the heartbeat; and that it goes only by a note.  The server is one of this test's own, told
// where a TLS server of the test listens, whose certificate is made here by openssl.
//
// The signature is checked as a receiver would (src/outbound/outbound.h): HMAC-SHA-256 (RFC 2104) of
// "t.body" under the SHA-256 of the key file's text.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, createHmac } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Server, must, pause, skip } from '../fault/server.mjs';

const KEY = 'a key of this test, long enough';
const place = mkdtempSync(path.join(tmpdir(), 'troth-alerts-'));
const file = (name) => path.join(place, name);
const got = [];
let server, receiver, client, token;

before(async () => {
	if (skip) return;
	execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-keyout', file('key.pem'), '-out', file('cert.pem')], { stdio: 'ignore' });
	writeFileSync(file('webhook.key'), `${KEY}\n`, { mode: 0o600 });
	receiver = https.createServer({ key: readFileSync(file('key.pem')), cert: readFileSync(file('cert.pem')) }, (asked, answer) => {
		let body = '';
		asked.on('data', (piece) => { body += piece; });
		asked.on('end', () => {
			got.push({ method: asked.method, url: asked.url, headers: asked.headers, body });
			answer.end();
		});
	});
	await new Promise((done) => receiver.listen(0, 'localhost', done));
	const at = `https://localhost:${receiver.address().port}`;
	server = new Server();
	await server.start('--webhook', `${at}/alerts`, '--webhook-key-file', file('webhook.key'), '--heartbeat', `${at}/beat`, '--outbound-ca', file('cert.pem'));
	process.env.TROTH_URL = `https://localhost:${server.port}/demo`;
	client = await import('./client.mjs');
	token = must('token', 'issue', '--data', server.data, '--tenant', 'demo', '--label', 'alerts', '--person', 'bela@demo.example').trim();
});

after(async () => {
	rmSync(place, { recursive: true, force: true });
	receiver?.close();
	receiver?.closeAllConnections();
	await server?.stop?.();
	server?.remove?.();
});

async function until(what, ms = 60_000) {
	for (const began = Date.now(); Date.now() - began < ms; await pause(500)) {
		const found = await what();
		if (found) return found;
	}
	return null;
}

test('repeated refusals become an alert that is told, signed for the webhook, and closed by a note', { skip, timeout: 240_000 }, async () => {
	const admin = await client.signIn('admin@demo.example');
	const member = new client.Client();
	for (let i = 0; i < 20; i++) assert.equal((await member.json('/admin/people', { Authorization: `Bearer ${token}` })).status, 403);

	const alert = await until(async () => (await admin.json('/admin/alerts')).json.alerts.find(({ what }) => what === 'refusals'));
	assert.ok(alert, 'it is raised with the next tick');
	assert.equal(alert.severity, 'medium');
	const page = await admin.get('/admin/alerts');
	assert.match(page.text, /Somebody was refused again and again/);
	assert.match(page.text, /1 open/, 'and counted in the header');

	const mail = (await client.letters('admin@demo.example')).find(({ subject }) => /refused/.test(subject));
	assert.ok(mail);
	assert.doesNotMatch(JSON.stringify(mail), /bela|[0-9a-f]{8}-[0-9a-f]{4}-7/, 'the mail names nobody');
	assert.equal((await client.letters('support@demo.example')).filter(({ subject }) => /refused/.test(subject)).length, 0, 'support does not manage notices');

	const hook = await until(() => got.find(({ url }) => url === '/alerts'));
	assert.ok(hook, 'the webhook gets it');
	assert.equal(hook.method, 'POST');
	const said = JSON.parse(hook.body);
	assert.deepEqual([said.what, said.tenant, said.id], ['refusals', 'demo', alert.id]);
	assert.deepEqual(Object.keys(said).sort(), ['at', 'id', 'severity', 'tenant', 'title', 'what']);
	const [, t, signature] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(hook.headers['troth-signature']);
	const key = createHash('sha256').update(KEY).digest();
	assert.equal(signature, createHmac('sha256', key).update(`${t}.${hook.body}`).digest('hex'));
	assert.ok(Math.abs(Date.now() / 1000 - Number(t)) < 300);
	assert.ok(await until(() => got.find(({ url }) => url === '/beat')), 'and the heartbeat is heard');

	await admin.get('/admin/alerts');
	const empty = await admin.post('/admin/alerts', { alert: alert.id, note: ' ' });
	assert.equal(empty.status, 422);
	assert.match(empty.text, /Say what you found/);
	assert.equal((await admin.post('/admin/alerts', { alert: alert.id, note: 'A test of ours' })).to, '/admin/alerts?done=confirmed');
	const { json } = await admin.json('/admin/alerts');
	assert.equal(json.alerts.length, 0);
	assert.equal(json.done[0].note, 'A test of ours');
	assert.doesNotMatch((await admin.get('/admin')).text, /1 open/);
	assert.equal((await admin.post('/admin/alerts', { alert: alert.id, note: 'again' })).status, 409);
	await pause(25_000);
	assert.equal(got.filter(({ url }) => url === '/alerts').length, 1, 'it is sent once');
});

test('alerts are for who manages notices', { skip, timeout: 60_000 }, async () => {
	const support = await client.signIn('support@demo.example');
	assert.equal((await support.json('/admin/alerts')).status, 403);
	assert.equal((await new client.Client().json('/admin/alerts')).status, 401);
});
