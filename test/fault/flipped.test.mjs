// One byte is flipped in a row, a key, a tile and an entry bundle, each in a copy of one directory;
// `troth audit verify` finds each and says where.
import assert from 'node:assert/strict';
import { cpSync, openSync, readFileSync, readSync, closeSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { Server, keptConnection, reading, run, skip } from './server.mjs';

const ENTRIES = 600; // more than two full tiles of 256

let server;

before(async () => {
	if (skip) return;
	server = new Server();
	await server.start();
	const token = server.token('--device', 'LUM-20001');
	const agents = Array.from({ length: 16 }, keptConnection);
	await Promise.all(agents.map(async (agent, which) => {
		for (let i = which; i < ENTRIES; i += agents.length) {
			const answer = await server.request('POST', '/demo/readings', { token, agent, body: JSON.stringify(reading(i)) });
			assert.equal(answer.status, 201);
		}
		agent.destroy();
	}));
	await server.stop();
});
after(() => server?.remove());

function flip(file, at) {
	const byte = Buffer.alloc(1);
	const fd = openSync(file, 'r+');
	readSync(fd, byte, 0, 1, at);
	byte[0] ^= 1;
	writeSync(fd, byte, 0, 1, at);
	closeSync(fd);
}

// Verifies a copy of the directory in which `damage` was done.
function verifyDamaged(damage) {
	const copy = path.join(server.place, 'copy');
	rmSync(copy, { recursive: true, force: true });
	cpSync(server.data, copy, { recursive: true });
	damage(copy);
	const { status, out, err } = run('audit', 'verify', '--data', copy);
	return { status, said: out + err };
}

const logFiles = (kind) => server.files(path.join(server.data, 'log')).map((file) => path.relative(server.data, file)).filter((file) => kind.test(file)).sort();

test('an undamaged copy verifies', { skip }, () => {
	const { status, said } = verifyDamaged(() => {});
	assert.equal(status, 0, said);
});

test('a flipped byte of a sealed row is found and the record named', { skip }, () => {
	const { status, said } = verifyDamaged((copy) => {
		// Page by page from the end of the file, a byte near each page's end, where the payload of
		// its first cell lies, until one is a record's.
		const file = path.join(copy, 'troth.db');
		const bytes = readFileSync(file);
		const page = bytes.readUInt16BE(16) === 1 ? 65536 : bytes.readUInt16BE(16);
		for (let at = bytes.length - page; at > page; at -= page) {
			const before = bytes[at + page - 40];
			bytes[at + page - 40] ^= 1;
			writeFileSync(file, bytes);
			const { out, err } = run('audit', 'verify', '--data', copy);
			if (/record [0-9a-f-]{36}/.test(out + err)) return;
			bytes[at + page - 40] = before;
		}
		assert.fail('no page holds a record');
	});
	assert.notEqual(status, 0);
	assert.match(said, /record [0-9a-f]{8}-[0-9a-f-]{27}/);
});

test('a flipped byte of a key is found and the slot named', { skip }, () => {
	for (const slot of [3, 5, 9]) {
		const { status, said } = verifyDamaged((copy) => flip(path.join(copy, 'keys.dat'), 64 * slot + 20));
		assert.notEqual(status, 0);
		assert.match(said, new RegExp(`slot ${slot}\\b`));
	}
});

test('a flipped byte of a tile of hashes is found and the tile named', { skip }, () => {
	const [tile] = logFiles(/tile\/0\//);
	assert.ok(tile, 'there is a full tile');
	const { status, said } = verifyDamaged((copy) => flip(path.join(copy, tile), 77));
	assert.notEqual(status, 0);
	assert.match(said, /tile/);
	console.log(said.split('\n').find((line) => /fault/.test(line)));
});

test('a flipped byte of an entry bundle is found and named', { skip }, () => {
	const [bundle] = logFiles(/entries\//);
	assert.ok(bundle, 'there is a full bundle');
	const { status, said } = verifyDamaged((copy) => flip(path.join(copy, bundle), 1000));
	assert.notEqual(status, 0);
	assert.match(said, /entr/);
	console.log(said.split('\n').find((line) => /fault/.test(line)));
});

test('an entry that is left out of a bundle is found', { skip }, () => {
	const [bundle] = logFiles(/entries\//);
	const { status } = verifyDamaged((copy) => {
		const bytes = readFileSync(path.join(copy, bundle));
		const length = bytes.readUInt16BE(0);
		writeFileSync(path.join(copy, bundle), bytes.subarray(2 + length));
	});
	assert.notEqual(status, 0);
});
