// A change of policy from its loading to its day, on servers of this file's own: the notice
// enforced, everybody told once though the server is killed in between, in force on its day
// without a restart, the day reached by --clock-offset.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';

const { TROTH_BIN: program } = process.env;
const skip = program ? false : 'needs TROTH_BIN';
const DAY = 86_400_000;
const NOTICE = 30; // days, of policies/measure.yaml
const work = mkdtempSync(path.join(tmpdir(), 'troth-policy-'));
const data = path.join(work, 'data');
const agent = new https.Agent({ rejectUnauthorized: false });
let server = null;

const troth = (...words) => execFileSync(program, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
const refused = (...words) => {
	try {
		troth(...words);
	} catch (error) {
		return String(error.stderr) + String(error.stdout);
	}
	assert.fail(`${words.join(' ')} was not refused`);
};
const load = (file, ...more) => ['policy', 'load', file, '--data', data, '--tenant', 'demo', ...more];
const listed = () => JSON.parse(troth('policy', 'list', '--data', data, '--tenant', 'demo', '--json'));

// The date in Paris, where the demonstration's tenant is, so many days from now on.
const paris = (days) => new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Paris' }).format(Date.now() + days * DAY);

function version(days, from, to) {
	const text = readFileSync('policies/measure.yaml', 'utf8').replace(/^version: .*$/m, `version: ${paris(days)}`).replace(from, to);
	const file = path.join(work, `${days}.yaml`);
	writeFileSync(file, text);
	return file;
}
const advertising = (days) => version(days, 'to take payments and send invoices', 'to take payments, and to advertise');

function start(offset = 0) {
	const words = ['serve', '--data', data, '--listen', 'localhost:0', ...(offset ? ['--clock-offset', String(offset)] : [])];
	server = spawn(program, words, { stdio: ['ignore', 'pipe', 'ignore'] });
	return new Promise((resolve, reject) => {
		let text = '';
		server.stdout.on('data', (piece) => {
			text += piece;
			const port = /https:\/\/localhost:(\d+)\//.exec(text);
			if (port) resolve(Number(port[1]));
		});
		server.on('exit', () => reject(new Error('the server does not start')));
	});
}

function end(signal = 'SIGTERM') {
	const ended = new Promise((resolve) => server.once('exit', resolve));
	// The supervisor would start another one; and with the supervisor gone the server would
	// end in order, which is not what is tried here.
	const children = readFileSync(`/proc/${server.pid}/task/${server.pid}/children`, 'utf8').trim().split(' ').filter(Boolean);
	if (signal === 'SIGKILL') for (const child of children) process.kill(Number(child), 'SIGKILL');
	server.kill(signal);
	return ended;
}

function get(port, target, token) {
	const headers = { Accept: 'application/json', ...(token ? { Authorization: `Bearer ${token}` } : {}) };
	return new Promise((resolve, reject) => {
		https.get({ agent, hostname: 'localhost', port, path: `/demo${target}`, headers }, (answer) => {
			let text = '';
			answer.on('data', (piece) => (text += piece));
			answer.on('end', () => resolve({ status: answer.statusCode, text, json: text.startsWith('{') ? JSON.parse(text) : null }));
		}).on('error', reject);
	});
}

async function until(what, holds) {
	for (let i = 0; i < 600; i++) {
		if (await holds()) return;
		await new Promise((wake) => setTimeout(wake, 200));
	}
	assert.fail(`${what}: not within two minutes`);
}

const letters = async (port, email) => (await get(port, '/inbox?format=json')).json.letters.filter(({ to }) => to === email);
const people = ['alma', 'bela', 'cleo', 'dara', 'ezra', 'admin', 'support', 'auditor', 'clinician'].map((name) => `${name}@demo.example`);

after(async () => {
	if (server?.exitCode === null && server.signalCode === null) await end('SIGKILL');
	rmSync(work, { recursive: true, force: true });
});

test('a change of policy, from its loading to its day', { skip, timeout: 600_000 }, async () => {
	troth('init', '--data', data, '--demo');

	// Before the notice: refused, and the first day is named.
	assert.match(refused(...load(advertising(NOTICE))), new RegExp(paris(NOTICE + 1)));
	assert.match(refused(...load(version(3, 'title: Privacy policy', 'titel: Privacy policy'))), /titel|title/);
	// A policy that the service cannot work with.
	assert.match(refused(...load(version(NOTICE + 1, 'index: { serial: term }', 'index: { firmware: term }'))), /serial/);
	assert.match(troth(...load(advertising(NOTICE + 1), '--dry-run')), /Nothing was loaded/);
	assert.equal(listed().length, 1);

	// Through the control socket of a running server, which is killed while it tells.
	let port = await start();
	const asked = JSON.parse(troth(...load(advertising(NOTICE + 1), '--json')));
	assert.equal(asked.material, true);
	assert.ok(asked.changes.some(({ text, material }) => material && text.startsWith('purpose billing')));
	await until('the first is told', async () => (await letters(port, people[0])).some(({ subject }) => subject.includes(paris(NOTICE + 1))));
	await end('SIGKILL');
	port = await start();
	await until('everybody is told', () => listed()[0].is_told);
	for (const email of people) {
		const about = (await letters(port, email)).filter(({ subject }) => subject.includes(paris(NOTICE + 1)));
		assert.equal(about.length, 1, `${email} is told once`);
	}
	assert.equal(listed()[0].told, people.length);
	const token = troth('token', 'issue', '--data', data, '--tenant', 'demo', '--person', people[0], '--for', '100d').trim();
	const french = troth('token', 'issue', '--data', data, '--tenant', 'demo', '--person', 'cleo@demo.example').trim();
	const { messages } = (await get(port, '/me/messages', token)).json;
	assert.equal(messages.length, 1);
	assert.equal(messages[0].is_unread, true);
	assert.match((await get(port, `/me/messages/${messages[0].id}`, token)).json.text, /purpose billing: says something else/);
	assert.equal((await get(port, '/me/messages', token)).json.messages[0].is_unread, false, 'opened is read');
	assert.match((await get(port, '/me/messages', french)).json.messages[0].subject, /La politique de confidentialité change/);
	assert.notEqual((await get(port, `/me/messages/${messages[0].id}`, french)).status, 200, 'another’s message');

	// Ahead: readable, compared, not in force.
	assert.doesNotMatch((await get(port, '/privacy')).text, /to advertise/);
	assert.match((await get(port, `/privacy?version=${paris(NOTICE + 1)}`)).text, /to advertise/);
	const diff = (await get(port, `/privacy/diff?from=2026-01-01&to=${paris(NOTICE + 1)}`)).json;
	assert.deepEqual(diff.changes.filter(({ is_material }) => is_material).map(({ text }) => text), ['purpose billing: says something else']);
	assert.equal((await get(port, '/privacy?version=1999-01-01')).status, 404);
	await end();

	// A minute before its day, and then on it, in one process.
	const midnight = new Date(`${paris(NOTICE + 1)}T00:00:00`);
	const zone = (date) => new Date(date.toLocaleString('en-US', { timeZone: 'Europe/Paris' })) - new Date(date.toLocaleString('en-US', { timeZone: 'UTC' }));
	const instant = Date.parse(`${paris(NOTICE + 1)}T00:00:00Z`) - zone(midnight);
	port = await start(Math.floor((instant - Date.now()) / 1000) - 15);
	assert.equal((await get(port, '/privacy')).json.version, '2026-01-01');
	await until('it is in force', async () => (await get(port, '/privacy')).json.version === paris(NOTICE + 1));
	assert.match((await get(port, '/privacy')).text, /to advertise/);
	assert.match((await get(port, '/privacy?version=2026-01-01')).text, /to take payments and send invoices/, 'the old one stays readable');
	assert.equal(listed().filter(({ in_force }) => in_force).length, 1);
	assert.equal((await get(port, '/readings?limit=1', token)).status !== 500, true, 'who is signed in goes on');
	await end();
	assert.match(troth('audit', 'verify', '--data', data), /./);
});
