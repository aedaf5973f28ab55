// What people and programs can make grow has a limit or a period: a small load meets the limits, and when the
// periods are over the tables are as small as before.  The last test names what stays, and how much of it.
//
// Periods are the reference policy's: counts of use 24 months, messages 2 years, requests 3 years, registers
// and the log 6 years.  2,300 days are more than six years.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Server, keptConnection, must, pause, skip as absent } from './server.mjs';

const sqlite = spawnSync('sqlite3', ['--version']).status === 0;
const skip = absent || (sqlite ? false : 'sqlite3 is not here');
const DAY_S = 86400;

let server, alma, admin, first, loaded;

function ask(sql) {
	const done = spawnSync('sqlite3', [path.join(server.data, 'troth.db'), sql], { encoding: 'utf8' });
	assert.equal(done.status, 0, done.stderr);
	return done.stdout.trim().split('\n').filter(Boolean);
}

function counts() {
	const tables = ask("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name");
	return Object.fromEntries(tables.map((name) => [name, Number(ask(`SELECT count(*) FROM ${name}`)[0])]));
}

const agent = keptConnection();
const get = (target, token) => server.request('GET', `/demo${target}`, { token, agent });
const post = (target, token, body) => server.request('POST', `/demo${target}`, { token, agent, body: JSON.stringify(body) });

async function laterBy(days) {
	await server.stop();
	await server.start('--backup-every', '0', '--clock-offset', String(days * DAY_S));
	must('retention', 'clock', '--data', server.data, '--accept');
}

async function until(what, holds) {
	for (let tries = 0; tries < 80; tries++) {
		if (holds(counts())) return;
		await pause(500);
	}
	assert.fail(`${what}: ${JSON.stringify(counts())}`);
}

before(async () => {
	if (skip) return;
	server = new Server();
	await server.start('--backup-every', '0');
	alma = server.token('--person', 'alma@demo.example');
	admin = server.token('--person', 'admin@demo.example');
	first = counts();
}, { timeout: 60_000 });
after(() => {
	agent.destroy();
	return server?.remove();
});

test('one person asks at most so much in a day', { skip, timeout: 60_000 }, async () => {
	const seen = [];
	for (let i = 0; i < 40; i++) {
		const { status } = await post('/me/requests', alma, { kind: 'rectification', text: `line ${i}`, confirmed: 'true' });
		seen.push(status);
		if (status !== 303) break;
		const { requests } = await server.json('/demo/me/requests', alma);
		const [{ id, version }] = requests.filter(({ state }) => state === 'open');
		await post(`/me/requests/${id}/withdraw`, alma, { version: String(version ?? 1) });
	}
	assert.ok(seen.length > 5 && seen.length <= 31, seen.join(' '));
	assert.equal(seen.at(-1), 429);
});

test('a choice that is made again and again is one row', { skip, timeout: 60_000 }, async () => {
	const research = { kind: 'consent', purpose: 'research', recipient: 'research' };
	for (let i = 0; i < 20; i++) {
		const given = await post('/me/consents/give', alma, research);
		assert.ok(given.status < 400, given.text);
		assert.equal(counts().choice, first.choice + 1);
		const taken = await post('/me/consents/withdraw', alma, { consent: JSON.parse(given.text).id });
		assert.ok(taken.status < 400, taken.text);
	}
	assert.equal(counts().choice, first.choice);
});

test('tokens of one person have a number', { skip, timeout: 60_000 }, async () => {
	process.env.TROTH_URL = `https://localhost:${server.port}/demo`;
	const { signIn } = await import('../http/client.mjs');
	const client = await signIn('bela@demo.example');
	await client.get('/me/tokens');
	let status = 200;
	let made = 0;
	for (; made < 130 && status < 400; made++) ({ status } = await client.post('/me/tokens', { label: 'load', days: '1' }));
	assert.ok(status >= 400 && made > 90 && made <= 101, `${made} ${status}`);
});

test('addresses that nobody has are counted by the route that they meet, not by their words', { skip, timeout: 60_000 }, async () => {
	await get('/nothing/at/all');
	await pause(100);
	const seen = [];
	for (let i = 0; i < 300; i++) seen.push((await get(`/nothing-${i}/${i}?q=${i}`)).status);
	assert.ok(seen.every((status) => status >= 400));
});

test('refusals of one person are one alert in an hour', { skip, timeout: 60_000 }, async () => {
	for (let i = 0; i < 90; i++) await get('/admin/requests', alma);
	const open = async () => (await server.json('/demo/admin/alerts?reason=test', admin)).alerts.filter(({ what, title }) => /refus/i.test(`${what} ${title}`));
	for (let tries = 0; tries < 60 && (await open()).length === 0; tries++) await pause(500);
	assert.equal((await open()).length, 1);
});

test('asking for links meets a limit, and leaves as much for an unknown address', { skip, timeout: 60_000 }, async () => {
	const before = counts();
	for (let i = 0; i < 60; i++) {
		const body = new URLSearchParams({ email: `nobody${i}@load.example` }).toString();
		await server.request('POST', '/demo/sign-in', { agent, body, headers: { 'Content-Type': 'application/x-www-form-urlencoded' } });
	}
	const grown = counts();
	assert.ok(grown.outbox - before.outbox <= 30, `${grown.outbox - before.outbox} letters`);
	assert.ok(grown.ticket - before.ticket <= 60);
	loaded = grown;
	assert.ok(loaded.tally > first.tally || loaded.tally === 0);
});

test('a month later no letter, try or ticket of it is there', { skip, timeout: 120_000 }, async () => {
	await laterBy(40);
	await until('outbox', (now) => now.outbox <= 1);
	await until('tickets', (now) => now.ticket < 20); // tokens of one day, codes of ten minutes
	await server.request('POST', '/demo/sign-in', { body: 'email=one@load.example', headers: { 'Content-Type': 'application/x-www-form-urlencoded' } });
	assert.ok(counts().rate <= loaded.rate + 4);
});

test('when the periods are over the tables are small again', { skip, timeout: 240_000 }, async () => {
	await laterBy(2300);
	must('retention', 'sweep', '--data', server.data, '--tenant', 'demo');
	await until('counts of use', () => Number(ask(`SELECT count(*) FROM tally WHERE day < ${Math.floor(Date.now() / 864e5) + 1500}`)[0]) === 0);
	await until('lines of who looked', (now) => now.look < 100);
	const now = counts();
	assert.ok(now.record < loaded.record, 'requests, messages, registers');
	console.log(`after the load ${JSON.stringify(loaded)}`);
	console.log(`years later   ${JSON.stringify(now)}`);
});
