// What a client that is broken or hostile gets: a 4xx answer of its own, or the end of its
// connection; and the server answers the next client.
//
//   TROTH_URL=https://localhost:8443 node --test test/http/bad_input.test.mjs
//
// Raw bytes over TLS, since no HTTP library would send these.  Limits are those of
// src/base/limits.h.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import net from 'node:net';
import tls from 'node:tls';

const site = process.env.TROTH_URL ? new URL(process.env.TROTH_URL) : null;
const skip = site ? false : 'TROTH_URL is not set';
const host = site?.host;
const port = Number(site?.port || 443);

const HEADER_MS = 10_000;
const PER_ADDRESS = 256;

function dial() {
	return tls.connect({ host: site.hostname, port, servername: net.isIP(site.hostname) ? '' : site.hostname, rejectUnauthorized: false });
}

// Sends pieces, a pause between them, then reads until the server closes or is quiet.
function talk(pieces, { pauseMs = 0, quietMs = 500, end = false, limitMs = 20_000 } = {}) {
	return new Promise((resolve) => {
		const socket = dial();
		const begun = Date.now();
		let text = '';
		let timer;
		const done = (closed) => {
			clearTimeout(timer);
			clearTimeout(limit);
			socket.destroy();
			const statuses = [...text.matchAll(/HTTP\/1\.[01] (\d{3})/g)].map((m) => Number(m[1]));
			resolve({ text, statuses, status: statuses[0] ?? 0, closed, ms: Date.now() - begun });
		};
		const limit = setTimeout(() => done(false), limitMs);
		const rest = () => {
			clearTimeout(timer);
			timer = setTimeout(() => done(false), quietMs);
		};
		socket.on('secureConnect', async () => {
			for (const piece of [pieces].flat()) {
				if (socket.destroyed || !socket.writable) break;
				socket.write(piece);
				if (pauseMs) await new Promise((wake) => setTimeout(wake, pauseMs));
			}
			if (end) socket.end();
			rest();
		});
		socket.on('data', (data) => {
			text += data.toString('latin1');
			rest();
		});
		socket.on('error', () => {});
		socket.on('close', () => done(true));
	});
}

const get = (target, headers = `Host: ${host}`) => `GET ${target} HTTP/1.1\r\n${headers}\r\n\r\n`;
const post = (target, headers, body = '') => `POST ${target} HTTP/1.1\r\nHost: ${host}\r\n${headers}\r\n\r\n${body}`;

async function alive() {
	const answer = await talk(get('/-/health', `Host: ${host}\r\nConnection: close`));
	assert.equal(answer.status, 200, 'the server answers afterwards');
}

let tenant;
async function tenantPath() {
	if (tenant) return tenant;
	const answer = await talk(get('/', `Host: ${host}\r\nAccept: application/json\r\nConnection: close`));
	assert.equal(answer.status, 200);
	tenant = JSON.parse(answer.text.slice(answer.text.indexOf('\r\n\r\n') + 4)).tenants[0].path.replace(/\/$/, '');
	return tenant;
}

function refused(answer, what, wanted = null) {
	if (wanted) assert.equal(answer.status, wanted, `${what}: ${answer.text.slice(0, 200)}`);
	assert.ok(answer.status === 0 ? answer.closed : answer.status >= 400 && answer.status < 500, `${what}: ${answer.status}`);
	// The library writes the head of some of its own refusals twice (web/framing.h).
	assert.ok(new Set(answer.statuses).size <= 1, `${what}: one answer at most`);
}

test('a body whose end could be read in two ways is refused, and what follows it is not run', { skip }, async () => {
	const path = `${await tenantPath()}/sign-in`;
	const type = 'Content-Type: application/x-www-form-urlencoded';
	const hidden = get('/-/health');
	const cases = {
		'two Content-Lengths, alike': post(path, `${type}\r\nContent-Length: 3\r\nContent-Length: 3`, `a=b${hidden}`),
		'two Content-Lengths': post(path, `${type}\r\nContent-Length: 0\r\nContent-Length: 3`, `a=b${hidden}`),
		'Content-Length and chunked': post(path, `${type}\r\nContent-Length: 3\r\nTransfer-Encoding: chunked`, `0\r\n\r\n${hidden}`),
		'chunked and Content-Length': post(path, `${type}\r\nTransfer-Encoding: chunked\r\nContent-Length: 3`, `0\r\n\r\n${hidden}`),
		'gzip encoding': post(path, `${type}\r\nTransfer-Encoding: gzip`, `abc${hidden}`),
		'chunked twice': post(path, `${type}\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked`, `0\r\n\r\n${hidden}`),
		'chunked in a list': post(path, `${type}\r\nTransfer-Encoding: chunked, identity`, `0\r\n\r\n${hidden}`),
		'xchunked': post(path, `${type}\r\nTransfer-Encoding: xchunked`, `0\r\n\r\n${hidden}`),
		'a signed length': post(path, `${type}\r\nContent-Length: +3`, `a=b${hidden}`),
		'a negative length': post(path, `${type}\r\nContent-Length: -3`, `a=b${hidden}`),
		'a length in hexadecimal': post(path, `${type}\r\nContent-Length: 0x3`, `a=b${hidden}`),
		'a list of lengths': post(path, `${type}\r\nContent-Length: 3, 3`, `a=b${hidden}`),
		'a length past 64 bits': post(path, `${type}\r\nContent-Length: 99999999999999999999999`, hidden),
		'a chunk size that is none': post(path, `${type}\r\nTransfer-Encoding: chunked`, `zz\r\nabc\r\n0\r\n\r\n${hidden}`),
		'a chunk size past 64 bits': post(path, `${type}\r\nTransfer-Encoding: chunked`, `fffffffffffffffff\r\nabc\r\n0\r\n\r\n`),
		'GET with a body': get('/-/health', `Host: ${host}\r\nContent-Length: 3`) + `abc${hidden}`,
		'GET with chunks': get('/-/health', `Host: ${host}\r\nTransfer-Encoding: chunked`) + `0\r\n\r\n${hidden}`,
	};
	for (const [what, bytes] of Object.entries(cases)) refused(await talk(bytes), what);
	await alive();
});

test('a request that is for no host, two hosts or another one is refused', { skip }, async () => {
	const cases = {
		'no Host': '',
		'an empty Host': 'Host: ',
		'two Hosts': `Host: ${host}\r\nHost: ${host}`,
		'two Hosts in one': `Host: ${host}, example.org`,
		'a Host with a path': `Host: ${host}/x`,
		'a Host with a user': `Host: a@${host}`,
		'a Host with a port that is none': `Host: ${site?.hostname}:99999`,
		'a Host with spaces': 'Host: a b',
	};
	for (const [what, headers] of Object.entries(cases)) refused(await talk(get('/', headers)), what, 400);
	refused(await talk(get('/', 'Host: elsewhere.example')), 'another host', 421);
	await alive();
});

test('hostile targets are refused before any handler', { skip }, async () => {
	const at = await tenantPath();
	const targets = [
		`${at}/../x`, `${at}/./x`, `${at}/%2e%2e/x`, `${at}/.%2e/x`, `${at}//x`, '//', `//${host}/`, `${at}/a%2fb`, `${at}/a%5cb`,
		`${at}/a\\b`, `${at}/%00`, `${at}/%0a`, `${at}/%zz`, `${at}/%4`, `${at}/%`, `${at}/%ff%fe`, `${at}/%c0%af`, `${at}/%ed%a0%80`,
		`${at}/a\x01b`, `${at}/<script>`, `${at}/#x`, `https://${host}/`, 'http://elsewhere.example/', `${host}`, '*', 'x', `${at}/?a=%`,
		`${at}/?a=%ff`, `${at}/?%00=1`, `${at}/?a={}`, `${at}/caf\xc3\xa9`,
	];
	for (const target of targets) refused(await talk(get(target)), target, 400);
	await alive();
});

test('what is too long is refused with the status that says so', { skip }, async () => {
	const at = await tenantPath();
	refused(await talk(get(`/${'a'.repeat(3000)}`)), 'a long address', 414);
	refused(await talk(get(`/${'a'.repeat(200_000)}`)), 'a very long address');
	refused(await talk(get('/', `Host: ${host}\r\nX-Long: ${'a'.repeat(20_000)}`)), 'a long header', 431);
	refused(await talk(get('/', `Host: ${host}\r\n${'X-Many: 1\r\n'.repeat(300)}X-Last: 1`)), 'many headers', 431);
	refused(await talk(get('/', `Host: ${host}\r\nX-Long: ${'a'.repeat(300_000)}`)), 'a very long header');
	refused(await talk(get(`/?${'a=1&'.repeat(300)}`)), 'many arguments', 413);
	const type = 'Content-Type: application/x-www-form-urlencoded';
	refused(await talk(post(`${at}/sign-in`, `${type}\r\nContent-Length: 99999999`, 'a=b')), 'a long body, announced', 413);
	refused(await talk(post(`${at}/sign-in`, `${type}\r\nTransfer-Encoding: chunked`,
		`${'20000\r\n' + 'a'.repeat(0x20000) + '\r\n'}`.repeat(4))), 'a long body, in chunks', 413);
	const asked = await talk(post(`${at}/sign-in`, `${type}\r\nExpect: 100-continue\r\nContent-Length: 99999999`));
	assert.deepEqual(asked.statuses, [413], 'a client that asks first is told at once');
	await alive();
});

test('bodies of the wrong type, encoding or text are refused', { skip }, async () => {
	const path = `${await tenantPath()}/sign-in`;
	const form = (body, type = 'application/x-www-form-urlencoded') =>
		post(path, `Content-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(body, 'latin1')}\r\nConnection: close`, body);
	refused(await talk(form('a=%')), 'a broken escape');
	refused(await talk(form('a=%ff')), 'no UTF-8');
	refused(await talk(form('a=%00')), 'a NUL');
	refused(await talk(form('a=1&'.repeat(400))), 'many fields');
	refused(await talk(form('a=b', 'text/plain')), 'another type', 415);
	refused(await talk(form('a=b', 'multipart/form-data; boundary=x')), 'multipart', 415);
	refused(await talk(form('a=b', 'application/x-www-form-urlencoded; charset=utf-7')), 'another charset', 415);
	refused(await talk(form('a=b')), 'a form without its token', 403);
	await alive();
});

test('methods and versions that are none are refused', { skip }, async () => {
	for (const method of ['OPTIONS', 'TRACE', 'PATCH', 'get', 'PROPFIND', 'G\x00ET']) {
		const answer = await talk(`${method} / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
		refused(answer, method);
		if (method === 'OPTIONS') assert.match(answer.text, /\r\nAllow: GET, HEAD\r\n/);
	}
	for (const line of ['GET /', 'GET / HTTP/2.0', 'GET / HTTP/9', 'GET / http/1.1', 'GET  / x HTTP/1.1', 'PRI * HTTP/2.0', '\x16\x03\x01'])
		assert.notEqual((await talk(`${line}\r\nHost: ${host}\r\n\r\n`)).status, 200, line);
	await alive();
});

test('lines that the library reads leniently never become two requests', { skip }, async () => {
	const cases = {
		'bare LF': `GET /-/health HTTP/1.1\nHost: ${host}\nConnection: close\n\n`,
		'a folded header': `GET /-/health HTTP/1.1\r\nHost: ${host}\r\nX-A: b\r\n c\r\nConnection: close\r\n\r\n`,
		'a NUL in a header': `GET /-/health HTTP/1.1\r\nHost: ${host}\r\nX-A: b\x00Content-Length: 5\r\nConnection: close\r\n\r\n`,
		'a space before the colon': `GET /-/health HTTP/1.1\r\nHost : ${host}\r\nConnection: close\r\n\r\n`,
	};
	for (const [what, bytes] of Object.entries(cases)) {
		const answer = await talk(bytes);
		assert.ok(new Set(answer.statuses).size <= 1, what);
		assert.ok(answer.status === 0 || answer.status === 200 || answer.status === 400, what);
	}
	await alive();
});

test('requests that stop half-way leave nothing behind', { skip }, async () => {
	const path = `${await tenantPath()}/sign-in`;
	const type = 'Content-Type: application/x-www-form-urlencoded';
	for (const bytes of ['', 'G', 'GET / HT', `GET / HTTP/1.1\r\nHost: ${host}`, `GET / HTTP/1.1\r\nHost: ${host}\r\n`,
		post(path, `${type}\r\nContent-Length: 100`, 'a=b'), post(path, `${type}\r\nTransfer-Encoding: chunked`, '5\r\nab')]) {
		const answer = await talk(bytes, { end: true });
		assert.ok(answer.status === 0 || answer.status >= 400, JSON.stringify(bytes));
	}
	for (let i = 0; i < 50; i++) {
		await new Promise((resolve) => {
			const socket = dial();
			socket.on('error', resolve);
			socket.on('secureConnect', () => {
				socket.write(get('/'));
				socket.destroy();
				resolve();
			});
		});
	}
	const raw = net.connect({ host: site.hostname, port });
	raw.on('error', () => {});
	raw.write('GET / HTTP/1.1\r\n\r\n');
	await new Promise((resolve) => raw.on('close', resolve));
	await alive();
});

test('who sends a byte a second is ended after ten', { skip }, async () => {
	const path = `${await tenantPath()}/sign-in`;
	const slow = { pauseMs: 1000, limitMs: 25_000, quietMs: 15_000 };
	const type = 'Content-Type: application/x-www-form-urlencoded';
	const silent = new Promise((resolve) => {
		const begun = Date.now();
		const socket = net.connect({ host: site.hostname, port });
		socket.on('error', () => {});
		socket.on('close', () => resolve({ closed: true, status: 0, ms: Date.now() - begun }));
		setTimeout(() => (socket.destroy(), resolve({ closed: false, status: 0, ms: 25_000 })), 25_000).unref();
	});
	const answers = await Promise.all([
		talk([...get(`/${'a'.repeat(40)}`)], slow),
		talk([get('/', `Host: ${host}`).slice(0, -2), ...'X-Slow: aaaaaaaaaaaaaaaaaaaa'], slow),
		talk([post(path, `${type}\r\nContent-Length: 1000`), ...'a=bbbbbbbbbbbbbbbbbbbbbbbbbb'], slow),
		talk([post(path, `${type}\r\nTransfer-Encoding: chunked`), ...Array(25).fill('1\r\na\r\n')], slow),
		silent,
	]);
	for (const answer of answers) {
		assert.ok(answer.closed, 'ended by the server');
		assert.ok(answer.ms >= HEADER_MS - 500 && answer.ms < HEADER_MS + 4000, `after ten seconds: ${answer.ms} ms`);
		assert.ok(answer.status === 0 || answer.status >= 400);
	}
	await alive();
});

test('one address holds no more connections than it may', { skip }, async () => {
	const sockets = [];
	let ended = 0;
	for (let i = 0; i < PER_ADDRESS + 40; i++) {
		const socket = net.connect({ host: site.hostname, port });
		socket.on('error', () => {});
		socket.on('close', () => ended++);
		sockets.push(socket);
	}
	await new Promise((wake) => setTimeout(wake, 2000));
	assert.ok(ended >= 30 && ended <= 60, `the rest is ended at once: ${ended}`);
	for (const socket of sockets) socket.destroy();
	await new Promise((wake) => setTimeout(wake, 1000));
	await alive();
});
