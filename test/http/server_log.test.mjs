// The server's own log above the tenants: public, and verified here with node's crypto (RFC 9162,
// section 2.1.1; C2SP checkpoint and tlog-tiles).
import https from 'node:https';
import test from 'node:test';
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { base, skip } from './client.mjs';

function get(path) {
	return new Promise((resolve, reject) => {
		https.get({ hostname: base.hostname, port: base.port, path, rejectUnauthorized: false }, (got) => {
			const pieces = [];
			got.on('data', (piece) => pieces.push(piece));
			got.on('end', () => resolve({ status: got.statusCode, bytes: Buffer.concat(pieces) }));
		}).on('error', reject);
	});
}

const node = (left, right) => createHash('sha256').update(Buffer.from([1])).update(left).update(right).digest();
function rootOf(leaves) {
	if (leaves.length === 1) return leaves[0];
	let half = 1;
	while (half * 2 < leaves.length) half *= 2;
	return node(rootOf(leaves.slice(0, half)), rootOf(leaves.slice(half)));
}

test('the server log is there for everybody, and its tiles lead to its checkpoint', { skip }, async () => {
	const [origin, size, root] = (await get('/log/checkpoint')).bytes.toString().split('\n');
	const key = (await get('/log/key')).bytes.toString();
	assert.equal(key.split('+')[0], origin);
	const width = Number(size);
	assert.ok(width > 0 && width < 256, 'a new server has few entries');
	const tile = await get(`/log/tile/0/000.p/${width}`);
	assert.equal(tile.bytes.length, 32 * width);
	const leaves = Array.from({ length: width }, (_, i) => tile.bytes.subarray(32 * i, 32 * i + 32));
	assert.equal(rootOf(leaves).toString('base64'), root);
});

test('the entries of the server log are served to nobody', { skip }, async () => {
	for (const path of ['/log/tile/entries/000', '/log/tile/entries/000.p/2', '/log/tile/%65ntries/000', '/log/proof/0', '/log'])
		assert.equal((await get(path)).status, 404, path);
});
