// Backups of a running server while clients write: the process is killed in the middle of backups, the
// directory is lost, and what a restore brings back is exactly what some moment held; what was erased is not.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Server, isAlive, keptConnection, must, pause, reading, run, skip, troth } from './server.mjs';

const HOLD_MS = 6000;

let server;
let token;
let member;
let places;
let identity;
let restored;
const acknowledged = [];
let next = 0;
let isOver = false;

const filesBelow = (dir) => readdirSync(dir, { withFileTypes: true }).flatMap((entry) =>
	entry.isDirectory() ? filesBelow(path.join(dir, entry.name)) : [path.join(dir, entry.name)]);

before(async () => {
	if (skip) return;
	server = new Server();
	places = ['one', 'two'].map((name) => path.join(server.place, name));
	identity = path.join(server.place, 'recovery.key');
	restored = path.join(server.place, 'restored');
	places.forEach((place) => mkdirSync(place));
	must('backup', 'key', '--data', server.data, '--out', identity);
	for (const [i, place] of places.entries()) {
		must('backup', 'place', 'add', '--data', server.data, '--name', `place-${i}`, '--url', place, '--region', 'eu');
	}
	await server.start('--backup-every', '1');
	token = server.token('--device', 'LUM-20001');
	member = server.token('--person', 'alma@demo.example');
});
after(() => server?.remove());

async function client() {
	const agent = keptConnection();
	while (!isOver) {
		const sequence = next++;
		const sent = await server.request('POST', '/demo/readings', { token, body: JSON.stringify(reading(sequence)), agent }).catch(() => null);
		if (sent?.status === 201) acknowledged.push({ sequence, at: Date.now() });
		await pause(5);
	}
	agent.destroy();
}

test('the recovery key is for its owner alone', { skip }, () => {
	assert.equal(statSync(identity).mode & 0o777, 0o600);
	assert.notEqual(run('backup', 'key', '--data', server.data, '--out', identity).status, 0);
});

test('backups go on while clients write, and through kill -9', { skip }, async () => {
	const clients = Array.from({ length: 4 }, client);
	for (let round = 0; round < 3; round++) {
		await pause(1500 + 400 * round);
		const child = server.child();
		process.kill(child, 'SIGKILL');
		while (isAlive(child)) await pause(1);
		await server.ready();
	}
	await pause(HOLD_MS);
	isOver = true;
	await Promise.all(clients);
	must('backup', 'create', '--data', server.data);
	const how = JSON.parse(must('backup', 'list', '--data', server.data, '--json'));
	assert.equal(how.fresh, 2);
	assert.equal(how.few, false);
	for (const place of places) assert.ok(readdirSync(path.join(place, 'manifests')).length > 3);
	assert.ok(acknowledged.length > 50);
});

// What is verified and restored is read from another process, with the recovery key.
test('every backup that a place lists opens', { skip }, () => {
	const times = readdirSync(path.join(places[0], 'manifests')).map(Number);
	for (const time of times) {
		const at = new Date(Math.ceil(time / 1000)).toISOString();
		const verified = JSON.parse(must('backup', 'verify', '--data', server.data, '--identity', identity, '--from', places[0], '--at', at, '--json'));
		assert.equal(verified.faults, 0);
	}
	console.log(`${times.length} backups, each opened`);
});

// Where in a backup it is killed differs from run to run; the times spread over all of one.
test('a backup that is killed at any moment leaves those before it whole', { skip }, async () => {
	await server.stop();
	let killed = 0;
	for (let wait = 20; wait < 620; wait += 25) {
		server.token('--person', 'alma@demo.example');
		const one = spawn(troth, ['backup', 'create', '--data', server.data], { stdio: 'ignore' });
		const ended = new Promise((resolve) => one.on('exit', (code, signal) => resolve(signal)));
		await pause(wait);
		one.kill('SIGKILL');
		killed += await ended === 'SIGKILL';
	}
	const verified = JSON.parse(must('backup', 'verify', '--data', server.data, '--identity', identity, '--json'));
	assert.equal(verified.faults, 0);
	assert.ok(killed > 0);
	console.log(`${killed} of 24 backups were killed`);
	await server.start('--backup-every', '1');
});

test('a drill passes beside the running server and is noted', { skip }, () => {
	assert.equal(JSON.parse(must('backup', 'list', '--data', server.data, '--json')).untried, true);
	const drilled = JSON.parse(must('backup', 'drill', '--data', server.data, '--identity', identity, '--json'));
	assert.equal(drilled.good, true);
	assert.equal(JSON.parse(must('backup', 'list', '--data', server.data, '--json')).untried, false);
});

test('keys turn while the server runs, and no place keeps those of the epoch before', { skip }, async () => {
	must('keys', 'turn', '--data', server.data);
	must('backup', 'create', '--data', server.data);
	for (const place of places) assert.deepEqual(readdirSync(path.join(place, 'epochs')), ['0000000002']);
});

test('the directory is lost; a restore has every reading that was acknowledged', { skip }, async () => {
	must('backup', 'create', '--data', server.data);
	await server.kill();
	rmSync(server.data, { recursive: true });
	must('backup', 'restore', '--data', restored, '--from', places.join(','), '--identity', identity);
	const verified = run('audit', 'verify', '--data', restored);
	assert.equal(verified.status, 0, verified.out + verified.err);
	server.data = restored;
	await server.start('--backup-every', '0');
	const found = new Set();
	for (let from = 0; ;) {
		const page = await server.json(`/demo/readings/changes?limit=10000&after=${from}`, member);
		for (const row of page.readings) if (row.sequence !== undefined && row.taken.startsWith('2020')) found.add(row.sequence);
		from = page.next;
		if (!page.has_more) break;
	}
	for (const { sequence } of acknowledged) assert.ok(found.has(sequence), `reading ${sequence}`);
	const checkpoint = await server.request('GET', '/demo/log/checkpoint');
	assert.match(checkpoint.text, /^localhost\/demo\/log\/2\n/);
});

test('a restore into a directory that is there changes nothing', { skip }, () => {
	const before = filesBelow(restored).length;
	assert.notEqual(run('backup', 'restore', '--data', restored, '--from', places[0], '--identity', identity).status, 0);
	assert.equal(filesBelow(restored).length, before);
});
