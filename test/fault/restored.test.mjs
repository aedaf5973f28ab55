// A person is marked, backed up, and erased through the request desk.  The old backup, restored, holds
// nothing of what was erased: no file, no page, no export, no row and no key; what a law keeps is there for
// nobody but those who answer for it.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Server, must, pause, skip as absent } from './server.mjs';

const sqlite = spawnSync('sqlite3', ['--version']).status === 0;
const skip = absent || (sqlite ? false : 'sqlite3 is not here');

const gone = {
	name: 'Quillonia Zyxtperrick',
	mail: 'zyxtperrick.quillonia@canary.example',
	serial: 'CNRY-77431-QZX',
};
// `required_by` of measurement and request: the law on medical devices, the duty to show answers.
const kept = {
	note: 'felt wobbly near the xylophone shop',
	text: 'everything about my ocarina lessons',
	said: 'we cannot see whose vermilion gramophone this is',
};
const marks = { ...gone, ...kept };

let server, places, identity, member, staff, admin, subject, request, moment, http;

before(async () => {
	if (skip) return;
	server = new Server();
	places = ['one', 'two'].map((name) => path.join(server.place, name));
	identity = path.join(server.place, 'recovery.key');
	must('backup', 'key', '--data', server.data, '--out', identity);
	for (const [i, place] of places.entries()) {
		mkdirSync(place);
		must('backup', 'place', 'add', '--data', server.data, '--name', `place-${i}`, '--url', place, '--region', 'eu');
	}
	must('person', 'add', '--data', server.data, '--tenant', 'demo', '--role', 'member', '--email', gone.mail, '--name', gone.name);
	await server.start('--backup-every', '0');
	process.env.TROTH_URL = `https://localhost:${server.port}/demo`;
	http = await import('../http/client.mjs');
	member = server.token('--person', gone.mail);
	staff = server.token('--person', 'support@demo.example');
	admin = server.token('--person', 'admin@demo.example');
}, { timeout: 120_000 });
after(() => server?.remove());

const hits = (bytes, what = marks) => Object.entries(what).filter(([, text]) => bytes.includes(text)).map(([name]) => name);
const rows = (sql) => {
	const done = spawnSync('sqlite3', [path.join(server.data, 'troth.db'), sql], { encoding: 'utf8' });
	assert.equal(done.status, 0, done.stderr);
	return done.stdout.trim().split('\n').filter(Boolean);
};

async function post(token, target, body) {
	const answer = await server.request('POST', `/demo${target}`, { token, body: JSON.stringify(body) });
	assert.ok(answer.status < 400, `${target}: ${answer.status} ${answer.text}`);
	return answer;
}

async function step(id, fields) {
	const { request: { version } } = await server.json(`/demo/admin/requests/${id}`, staff);
	await post(staff, `/admin/requests/${id}/step`, { version: String(version), ...fields });
}

async function mine(kind) {
	const { requests } = await server.json('/demo/me/requests', member);
	return requests.find((one) => one.kind === kind);
}

// Every address of the tenant that is read, with this person and request where it names something.
async function everyPage(token, each) {
	let count = 0;
	for (const { method, path: route } of JSON.parse(must('routes', '--json'))) {
		if (method !== 'GET' || route.startsWith('/log/tile')) continue;
		const target = route.replace(':request', request).replace(':person', subject).replace(/:kind/, 'notice').replace(/:\w+/g, subject);
		for (const [query, accept] of [['', 'text/html'], ['', 'application/json'], ['?reason=test&all=1', 'application/json'], ['', 'text/csv']]) {
			const answer = await server.request('GET', `/demo${target}${query}`, { token, headers: { Accept: accept } });
			assert.notEqual(answer.status, 500, `${target} ${answer.text}`);
			each(`${target}${query} as ${accept}`, answer);
			count++;
		}
	}
	return count;
}

test('a marked person reads, asks, is answered, and all of it is backed up', { skip, timeout: 60_000 }, async () => {
	const client = await http.signIn(gone.mail);
	await client.get('/devices/new');
	assert.ok((await client.post('/devices/new', { serial: gone.serial, model: 'Z', firmware: '1.0' })).status < 400);
	const device = server.token('--device', gone.serial);
	await post(device, '/readings', { readings: [{ analyte: 'glucose', value: 187.3, unit: 'mg/dL', taken: '2026-01-02T03:04:05Z', sequence: 1, note: kept.note }] });
	await post(member, '/me/requests', { kind: 'access', text: kept.text, confirmed: 'true' });
	({ id: request } = await mine('access'));
	({ request: { subject } } = await server.json(`/demo/admin/requests/${request}`, staff));
	await step(request, { step: 'refuse', code: 'identity', words: kept.said });
	const told = (await client.get('/me/messages')).text.match(/\/me\/messages\/[0-9a-f-]{36}/g);
	const texts = await Promise.all([...new Set(told)].map(async (page) => (await client.get(page)).text));
	assert.ok(texts.some((text) => text.includes(kept.said)), 'the message says why');
	const seen = new Set();
	await everyPage(member, (page, answer) => hits(answer.bytes).forEach((mark) => seen.add(mark)));
	await everyPage(admin, (page, answer) => hits(answer.bytes).forEach((mark) => seen.add(mark)));
	for (const mark of ['name', 'mail', 'serial', 'note', 'text']) assert.ok(seen.has(mark), `${mark} is on a page before`);
	must('backup', 'create', '--data', server.data);
	await pause(1100);
	moment = new Date().toISOString();
	await pause(1100);
});

test('the desk erases the person: beyond use at once, erased when the keys turn', { skip, timeout: 60_000 }, async () => {
	await post(member, '/me/requests', { kind: 'erasure', confirmed: 'true' });
	const { id } = await mine('erasure');
	await step(id, { step: 'fulfil', confirmed: 'true' });
	const certificate = async () => (await server.json(`/demo/admin/requests/${id}/certificate`, staff)).certificate;
	const first = await certificate();
	assert.equal(first.subject, subject);
	assert.ok(first.beyond_use);
	assert.equal(first.erased ?? null, null);
	must('keys', 'turn', '--data', server.data);
	assert.equal((await certificate()).erased ?? null, null, 'the places have keys of that epoch yet');
	must('backup', 'create', '--data', server.data);
	const second = await certificate();
	assert.equal(second.beyond_use, first.beyond_use);
	assert.ok(new Date(second.erased) >= new Date(second.beyond_use));
});

test('the backup of before is restored, and verifies', { skip, timeout: 60_000 }, async () => {
	await server.stop();
	server.data = path.join(server.place, 'restored');
	must('backup', 'restore', '--data', server.data, '--from', places.join(','), '--identity', identity, '--at', moment);
	const verified = server.verify();
	assert.equal(verified.status, 0, verified.out + verified.err);
});

test('no file of what was restored holds a mark', { skip }, () => {
	const found = server.files().flatMap((file) => hits(readFileSync(file)).map((mark) => `${file}: ${mark}`));
	assert.deepEqual(found, []);
});

// policy_number() of a class is not looked up here: what stays are two classes and their keys, whatever they are.
test('no row, index term or key of what was erased is there', { skip }, () => {
	const whose = `x'${subject.replaceAll('-', '')}'`;
	const classes = rows(`SELECT DISTINCT class FROM record WHERE subject = ${whose}`);
	assert.equal(classes.length, 2);
	for (const table of ['look', 'outbox', 'choice', 'projection', 'mark', 'term']) {
		assert.deepEqual(rows(`SELECT count(*) FROM ${table} WHERE subject = ${whose}`), ['0'], table);
	}
	const elsewhere = ` AND class NOT IN (${classes.join(',')})`;
	assert.deepEqual(rows(`SELECT class FROM record_version WHERE subject = ${whose}${elsewhere}`), []);
	assert.deepEqual(rows(`SELECT class FROM key_slot WHERE owner = ${whose} AND class <> 0${elsewhere}`), []);
	assert.deepEqual(rows(`SELECT count(*) FROM ticket WHERE owner = ${whose}`), ['0']);
});

test('no page and no export of a server on it shows what was erased, to anyone', { skip, timeout: 120_000 }, async () => {
	await server.start('--backup-every', '0');
	const manages = ['admin', 'support']; // requests, which a law keeps
	for (const email of ['admin', 'support', 'auditor', 'alma', 'clinician']) {
		const token = server.token('--person', `${email}@demo.example`);
		const shown = [];
		const count = await everyPage(token, (page, answer) => hits(answer.bytes, manages.includes(email) ? gone : marks).forEach((mark) => shown.push(`${mark} at ${page}`)));
		assert.ok(count > 200);
		assert.deepEqual(shown, [], email);
	}
	await everyPage(undefined, (page, answer) => assert.deepEqual(hits(answer.bytes), [], page));
});

test('the person is nobody: no token, no sign-in, and the address is free', { skip, timeout: 60_000 }, async () => {
	for (const page of ['/me', '/readings?latest=1', '/me/package', '/export/readings']) {
		assert.equal((await server.request('GET', `/demo${page}`, { token: member })).status, 401, page);
	}
	const letters = rows('SELECT count(*) FROM outbox WHERE state = 1');
	const client = new http.Client();
	await client.get('/sign-in');
	assert.ok((await client.post('/sign-in', { email: gone.mail })).status < 400);
	assert.deepEqual(rows('SELECT count(*) FROM outbox WHERE state = 1'), letters, 'no mail goes out');
	must('person', 'add', '--data', server.data, '--tenant', 'demo', '--role', 'member', '--email', gone.mail, '--name', 'Another');
});

test('its certificate came along', { skip }, () => {
	const list = JSON.parse(must('erasure', 'list', '--data', server.data, '--tenant', 'demo', '--json'));
	const one = list.find((row) => row.subject === subject && row.kind.startsWith('subject'));
	assert.ok(one?.beyond_use);
});
