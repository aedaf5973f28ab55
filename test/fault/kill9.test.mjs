// Sixteen clients write over kept connections while the server is killed without a word: what was
// acknowledged is there once, nothing twice, and everything verifies.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Server, isAlive, keptConnection, pause, reading, skip } from './server.mjs';

const CLIENTS = 16;
const ROUND_MS = 1500;
const RESTART_MS = 10_000; // generous: the figure is printed

let server;
let token;
const acknowledged = new Set();
let next = 0;
let isOver = false;

async function write(sequence, agent) {
	const body = JSON.stringify(reading(sequence));
	for (;;) {
		const answer = await server.request('POST', '/demo/readings', { token, body, agent }).catch(() => null);
		if (answer?.status === 201 || answer?.status === 200) return acknowledged.add(sequence);
		if (answer) assert.equal(answer.status, 503, answer.text); // a busy store may say so
		if (isOver) return null; // sent, perhaps stored, never acknowledged
		await pause(10);
	}
}

async function client() {
	const agent = keptConnection();
	while (!isOver) await write(next++, agent);
	agent.destroy();
}

async function stored() {
	const found = new Map();
	for (let from = 0; ;) {
		const page = await server.json(`/demo/readings/changes?limit=10000&after=${from}`, member);
		for (const row of page.readings) if (row.sequence !== undefined && row.taken.startsWith('2020')) found.set(row.sequence, (found.get(row.sequence) ?? 0) + 1);
		from = page.next;
		if (!page.has_more) return found;
	}
}

let member;

before(async () => {
	if (skip) return;
	server = new Server();
	await server.start();
	token = server.token('--device', 'LUM-20001');
	member = server.token('--person', 'alma@demo.example');
});
after(() => server?.remove());

async function everythingIsThere() {
	const found = await stored();
	for (const sequence of acknowledged) assert.equal(found.get(sequence), 1, `reading ${sequence}`);
	for (const [sequence, times] of found) assert.equal(times, 1, `reading ${sequence}`);
	for (const sequence of found.keys()) assert.ok(sequence < next);
	assert.ok(acknowledged.size > 50);
}

test('what was acknowledged survives kill -9 of the server, again and again', { skip }, async () => {
	isOver = false;
	const clients = Array.from({ length: CLIENTS }, client);
	for (let round = 0; round < 3; round++) {
		await pause(ROUND_MS);
		const child = server.child();
		const began = Date.now();
		process.kill(child, 'SIGKILL');
		while (isAlive(child)) await pause(1);
		await server.ready();
		console.log(`the server answers ${Date.now() - began} ms after it was killed; ${acknowledged.size} acknowledged`);
		assert.ok(Date.now() - began < RESTART_MS);
		assert.notEqual(server.child(), child);
	}
	isOver = true;
	await Promise.all(clients);
	await everythingIsThere();
});

test('what was acknowledged survives kill -9 of server and supervisor', { skip }, async () => {
	isOver = false;
	const clients = Array.from({ length: CLIENTS }, client);
	await pause(ROUND_MS);
	isOver = true;
	await server.kill();
	await Promise.all(clients);
	const took = await server.start();
	console.log(`a new server answers ${took} ms after it was started; ${acknowledged.size} acknowledged`);
	assert.ok(took < RESTART_MS);
	await everythingIsThere();
});

test('the whole directory verifies afterwards', { skip }, async () => {
	assert.equal(await server.stop(), 0);
	const { status, out, err } = server.verify();
	assert.equal(status, 0, out + err);
	assert.match(out, /demo log: \d+ entries, .*in order/);
	assert.match(out, /demo data: .*: 0 faults/);
});
