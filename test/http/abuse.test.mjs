// What one who may do a little tries to make of it: each of these was a way to more.
//
//   TROTH_URL, TROTH_TOKEN, TROTH_TOKEN_OTHER, TROTH_DEVICE_TOKEN: see test/run
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { Client, skip } from './client.mjs';

const bearer = (token) => ({ Authorization: `Bearer ${token?.trim()}` });
const member = bearer(process.env.TROTH_TOKEN);
const other = bearer(process.env.TROTH_TOKEN_OTHER);
const device = bearer(process.env.TROTH_DEVICE_TOKEN);
const logSize = async () => (await new Client().json('/log')).json.size;

test('a proof shows an entry to the person it is about, and to no other member', { skip }, async () => {
	const client = new Client();
	let look;
	for (let round = 0; round < 50 && !look; round++) {
		await client.json('/me', member);
		await new Promise((wake) => setTimeout(wake, 200));
		look = (await client.json('/me/looks', member)).json.looks.find((row) => row.proof);
	}
	const own = await client.json(look.proof, member);
	assert.equal(own.status, 200);
	assert.equal(Math.floor(JSON.parse(own.json.leaf).time_us / 1000), Date.parse(look.at));
	const foreign = await client.json(look.proof, other);
	assert.equal(foreign.status, 404);
	assert.doesNotMatch(foreign.text, /leaf/);
});

test('a token makes no token', { skip }, async () => {
	const body = JSON.stringify({ label: 'child', days: '366' });
	const answer = await new Client().request('POST', '/me/tokens', { body, headers: { ...member, 'Content-Type': 'application/json' } });
	assert.equal(answer.status, 403);
	assert.doesNotMatch(answer.text, /troth_/);
});

test('a stranger who guesses tokens adds to the log until the limit, and nothing after', { skip, timeout: 60_000 }, async () => {
	const guess = async () => (await new Client().request('GET', '/me', { headers: bearer('troth_no') })).status;
	for (let i = 0; i < 60; i++) assert.equal(await guess(), 401);
	await new Promise((wake) => setTimeout(wake, 2500)); // for the checkpoint that covers them
	const before = await logSize();
	for (let i = 0; i < 40; i++) assert.equal(await guess(), 429);
	await new Promise((wake) => setTimeout(wake, 2500));
	assert.equal(await logSize(), before);
	assert.equal((await new Client().json('/me', member)).status, 200, 'whose token is good is let in');
});

// 120 MB of notes: more than one answer's memory, sent by the member's own device.
test('more readings than fit are refused, and the server answers the next request', { skip, timeout: 300_000 }, async () => {
	const note = 'x'.repeat(2000);
	for (let day = 0; day < 30; day++) {
		const readings = [];
		for (let i = 0; i < 1900; i++) readings.push({ analyte: 'glucose', value: 5.4, unit: 'mmol/L', taken: new Date(Date.UTC(2025, 3, 1 + day, 0, 0, 30 * i)).toISOString(), sequence: 10_000_000 + day * 1900 + i, note });
		const answer = await new Client().request('POST', '/readings', { body: JSON.stringify({ readings }), headers: { ...device, 'Content-Type': 'application/json' } });
		assert.equal(answer.status, 201);
	}
	for (const until of ['2025-04-10', '2025-04-17', '2025-04-20', '2025-04-23', '2025-05-01']) {
		const answer = await new Client().json(`/readings?from=2025-04-01&until=${until}`, member);
		assert.equal(answer.status, 413, until);
	}
	assert.equal((await new Client().json('/readings?from=2025-04-01&until=2025-04-02&limit=10000', member)).status, 200);
});
