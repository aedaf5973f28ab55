// The data directory lies on a small disk that fills up: writes answer 507, nothing acknowledged is
// lost, and when there is room again writes work again.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, rmdirSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Server, keptConnection, pause, reading, skip as absent } from './server.mjs';

const DISK_MIB = 96;
const BALLAST_MIB = 32;
const BATCH = 500;
const BATCHES_MOST = 2000;

const mount = (...args) => spawnSync(args[0], args.slice(1)).status === 0;

let disk;
let isMounted = false;
let server;
let token;
let member;
let ballast;
let skip = absent;

if (!skip) {
	disk = mkdtempSync(path.join(tmpdir(), 'troth-disk-'));
	isMounted = mount('mount', '-t', 'tmpfs', '-o', `size=${DISK_MIB}m`, 'tmpfs', disk);
	if (!isMounted) skip = 'a small disk cannot be mounted here (no right to)';
}

before(async () => {
	if (skip) return;
	server = new Server(disk);
	ballast = path.join(disk, 'ballast');
	await server.start();
	token = server.token('--device', 'LUM-20001');
	member = server.token('--person', 'alma@demo.example');
});
after(async () => {
	await server?.remove();
	if (isMounted) mount('umount', disk);
	if (disk) rmdirSync(disk);
});

// Fills what is free but for a little.
function fill(leaveMib) {
	const { bavail, bsize } = statfsSync(disk);
	writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - leaveMib * (1 << 20)), 1));
}

const acknowledged = [];
let sequence = 0;

async function batch(agent) {
	const first = sequence;
	const readings = Array.from({ length: BATCH }, () => ({ ...reading(sequence++), note: 'x'.repeat(200) + sequence }));
	const answer = await server.request('POST', '/demo/readings', { token, agent, body: JSON.stringify({ readings }) });
	if (answer.status === 201) acknowledged.push(first);
	return answer;
}

test('a full disk is answered with 507, and reading goes on or says so', { skip }, async () => {
	const agent = keptConnection();
	let answer;
	fill(6);
	for (let i = 0; i < BATCHES_MOST; i++) {
		answer = await batch(agent);
		if (answer.status !== 201) break;
	}
	assert.equal(answer.status, 507, answer.text.slice(0, 300));
	console.log(`full after ${acknowledged.length} batches of ${BATCH}`);
	const read = await server.request('GET', '/demo/readings?limit=5', { token: member });
	assert.ok(read.status === 507 || read.status === 200, `${read.status}`); // its entry needs room too
	assert.equal((await server.request('GET', '/-/health')).status, 200);
	agent.destroy();
});

test('with room again writes work again, and nothing acknowledged is lost', { skip }, async () => {
	rmSync(ballast);
	await pause(500);
	const agent = keptConnection();
	const answer = await batch(agent);
	assert.equal(answer.status, 201, answer.text.slice(0, 300));
	agent.destroy();
	for (const first of acknowledged) {
		const at = (i) => new Date(Date.UTC(2020, 0, 1) + i * 60_000).toISOString();
		const { readings } = await server.json(`/demo/readings?from=${at(first)}&until=${at(first + BATCH)}&limit=10000`, member);
		assert.equal(readings.length, BATCH);
	}
});

test('the directory verifies after a full disk, and the server ends cleanly', { skip }, async () => {
	assert.equal(await server.stop(), 0);
	const { status, out, err } = server.verify();
	assert.equal(status, 0, out + err);
});
