// The size of the server at rest, and a clean end.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { readFileSync } from 'node:fs';
import { Server, isAlive, keptConnection, pause, reading, skip } from './server.mjs';

const RSS_MOST_MIB = 64;
const REQUESTS = 1000;

let server;
let token;
let member;

before(async () => {
	if (skip) return;
	server = new Server();
	await server.start();
	token = server.token('--device', 'LUM-20001');
	member = server.token('--person', 'alma@demo.example');
});
after(() => server?.remove());

const rss = (pid) => Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;

async function restingSize(when) {
	await pause(3000);
	const size = rss(server.child());
	console.log(`${when}: the server's resident memory is ${size.toFixed(1)} MiB`);
	return size;
}

test('the server is small after its start', { skip }, async () => {
	assert.ok(await restingSize('after the start') <= RSS_MOST_MIB);
});

test('the server is small after a thousand requests', { skip }, async () => {
	const agents = Array.from({ length: 8 }, keptConnection);
	await Promise.all(agents.map(async (agent, which) => {
		for (let i = which; i < REQUESTS; i += agents.length) {
			const answer = i % 4 === 0
				? await server.request('GET', '/demo/readings?limit=50', { token: member, agent })
				: await server.request('POST', '/demo/readings', { token, agent, body: JSON.stringify(reading(i)) });
			assert.ok(answer.status < 300, `${answer.status} ${answer.text.slice(0, 200)}`);
		}
		agent.destroy();
	}));
	assert.ok(await restingSize('after 1,000 requests') <= RSS_MOST_MIB);
});

test('SIGTERM ends server and supervisor with status 0', { skip }, async () => {
	const child = server.child();
	assert.equal(await server.stop(), 0);
	assert.ok(!isAlive(child));
	assert.doesNotMatch(server.log, /server\.died|failed/);
});

test('it starts again with what it had', { skip }, async () => {
	await server.start();
	const { readings } = await server.json('/demo/readings?from=2020-01-01&until=2020-01-02&limit=10000', member);
	assert.equal(readings.length, REQUESTS * 3 / 4);
});
