// The pages of one's own data and of the log, against a running demonstration:
//
//   TROTH_URL=https://localhost:8443/demo node --test --test-concurrency=1 test/http/pages.test.mjs
//
// Signatures and Merkle proofs (RFC 6962, section 2.1; C2SP signed-note) are checked here with
// node's own Ed25519 and SHA-256, not with code of the server.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { createHash, createPublicKey, randomBytes, verify } from 'node:crypto';
import { Client, base, formFields, signIn, skip } from './client.mjs';

const sha256 = (...parts) => createHash('sha256').update(Buffer.concat(parts)).digest();

// RFC 9162, section 2.1.3.2: the root that an inclusion proof leads to.
function rootOf(leaf, index, size, hashes) {
	let fn = index;
	let sn = size - 1;
	let root = sha256(Buffer.from([0]), leaf);
	for (const hash of hashes) {
		assert.ok(sn > 0, 'the proof is not longer than the tree is high');
		if (fn % 2 === 1 || fn === sn) {
			root = sha256(Buffer.from([1]), hash, root);
			while (fn % 2 === 0 && fn !== 0) {
				fn = Math.floor(fn / 2);
				sn = Math.floor(sn / 2);
			}
		} else {
			root = sha256(Buffer.from([1]), root, hash);
		}
		fn = Math.floor(fn / 2);
		sn = Math.floor(sn / 2);
	}
	assert.equal(sn, 0, 'nor shorter');
	return root;
}

function readCheckpoint(note, keyLine) {
	const [text, signatures] = [note.slice(0, note.indexOf('\n\n') + 1), note.slice(note.indexOf('\n\n') + 2)];
	const [origin, hash, key] = [keyLine.split('+')[0], keyLine.split('+')[1], keyLine.split('+').slice(2).join('+')];
	const raw = Buffer.from(key, 'base64');
	const signature = Buffer.from(signatures.split(' ')[2], 'base64');
	assert.equal(signature.subarray(0, 4).toString('hex'), hash, 'the key that the line names');
	const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), raw.subarray(1)]);
	const publicKey = createPublicKey({ key: spki, format: 'der', type: 'spki' });
	assert.ok(verify(null, Buffer.from(text), publicKey, signature.subarray(4)), 'the checkpoint is signed');
	const lines = text.split('\n');
	assert.equal(lines[0], origin);
	return { size: Number(lines[1]), root: Buffer.from(lines[2], 'base64') };
}

let shared;
const member = async () => (shared ??= await signIn('alma@demo.example'));

test('who looked at my data is proved by the log, with a verifier that is not the server\'s', { skip, timeout: 120_000 }, async () => {
	const client = await member();
	const key = (await client.get('/log/key')).text.trim();
	let look;
	for (let i = 0; i < 20 && !look; i++) {
		await new Promise((wake) => setTimeout(wake, 300));
		look = (await client.json('/me/looks')).json.looks.find((row) => row.proof);
	}
	assert.ok(look, 'a checkpoint covers the reading of the account within seconds');
	const { json } = await client.json(look.proof);
	assert.equal(json.index, look.entry);
	const { size, root } = readCheckpoint(json.checkpoint, key);
	assert.equal(size, json.size);
	const leaf = Buffer.from(json.leaf);
	const hashes = json.hashes.map((hash) => Buffer.from(hash, 'base64'));
	assert.deepEqual(rootOf(leaf, json.index, json.size, hashes), root);
	assert.doesNotMatch(leaf.toString(), /alma|Brook/i, 'and the entry names nobody');
	const changed = Buffer.from(leaf);
	changed[5] ^= 1;
	assert.notDeepEqual(rootOf(changed, json.index, json.size, hashes), root);
});

test('hash tiles are for everybody, entries and proofs are not', { skip, timeout: 120_000 }, async () => {
	const anybody = new Client();
	const size = Number((await anybody.get('/log/checkpoint')).text.split('\n')[1]);
	const tile = size < 256 ? `000.p/${size}` : '000';
	const hashes = await anybody.get(`/log/tile/0/${tile}`);
	assert.equal(hashes.status, 200);
	assert.equal(hashes.bytes.length, 32 * Math.min(size, 256));
	for (const target of [`/log/tile/entries/${tile}`, '/log/proof/0']) assert.equal((await anybody.json(target)).status, 401, target);
	assert.equal((await anybody.json(`/log/tile/%65ntries/${tile}`)).status, 404);
	const client = await member();
	assert.equal((await client.json(`/log/tile/entries/${tile}`)).status, 403, 'a member is no auditor');
	const auditor = await signIn('auditor@demo.example');
	const entries = await auditor.get(`/log/tile/entries/${tile}`);
	assert.equal(entries.status, 200);
	const length = entries.bytes.readUInt16BE(0);
	assert.deepEqual(sha256(Buffer.from([0]), entries.bytes.subarray(2, 2 + length)), hashes.bytes.subarray(0, 32));
	await auditor.post('/sign-out');
});

test('my account is changed once for each version that was seen', { skip, timeout: 120_000 }, async () => {
	const client = await member();
	const page = await client.get('/me');
	assert.equal(page.status, 200);
	const fields = { ...formFields(page.text, '/me'), language: 'en', unit: 'mmol/L', target_low: '75', target_high: '170' };
	assert.equal((await client.post('/me', { ...fields, name: 'Alma <Brook>' })).to, '/me?done=saved');
	const late = await client.post('/me', { ...fields, name: 'Alma Late' });
	assert.equal(late.status, 409);
	assert.match(late.text, /value="Alma Late"/, 'what was typed is kept');
	const after = (await client.json('/me')).json;
	assert.equal(after.account.name, 'Alma <Brook>');
	assert.deepEqual(after.settings, { unit: 'mmol/L', target_low: 75, target_high: 170 });
	assert.match((await client.get('/me')).text, /Alma &lt;Brook&gt;/);
	const now = formFields((await client.get('/me')).text, '/me');
	assert.equal((await client.post('/me', { ...now, language: 'en', unit: 'mg/dL', name: 'Alma Brook', target_low: '', target_high: '' })).status, 303);
});

test('what my account cannot be is refused beside the field', { skip, timeout: 120_000 }, async () => {
	const client = await member();
	const fields = { ...formFields((await client.get('/me')).text, '/me'), language: 'en' };
	for (const [field, value] of [['name', ' '.repeat(3) + 'x'.repeat(300)], ['zone', 'Mars/Olympus'], ['target_low', '7'], ['target_high', '60'], ['unit', 'stone'], ['language', 'tlh']]) {
		const answer = await client.post('/me', { ...fields, target_low: '70', target_high: '180', [field]: value });
		assert.equal(answer.status, 422, field);
		assert.ok(answer.text.includes(`href="#${field}"`), field);
	}
});

test('a token is shown once, works as its person, and stops when it is revoked', { skip, timeout: 120_000 }, async () => {
	const client = await member();
	await client.get('/me/tokens');
	const label = `test ${randomBytes(3).toString('hex')}`;
	const made = await client.post('/me/tokens', { label, days: '2' });
	assert.equal(made.status, 201);
	const secret = /troth_[A-Za-z0-9_-]{43}/.exec(made.text)[0];
	const headers = { Authorization: `Bearer ${secret}` };
	const list = await client.json('/me/tokens');
	assert.doesNotMatch(list.text, new RegExp(secret));
	const { id } = list.json.tokens.find((token) => token.label === label);
	assert.equal((await new Client().json('/me', headers)).json.account.email, 'alma@demo.example');
	assert.equal((await client.post('/me/tokens', { label: '', days: '0' })).status, 422);
	assert.equal((await client.post(`/me/tokens/${id}/revoke`)).to, '/me/tokens?done=revoked');
	await new Promise((wake) => setTimeout(wake, 1100));
	assert.equal((await new Client().json('/me', headers)).status, 401);
});

test('a session is listed and ended by its owner, and by nobody else', { skip, timeout: 120_000 }, async () => {
	const client = await member();
	const { sessions } = (await client.json('/me/sessions')).json;
	const here = sessions.find((session) => session.is_here);
	assert.ok(here);
	const other = await signIn('bela@demo.example');
	await other.get('/me/sessions');
	assert.equal((await other.post(`/me/sessions/${here.id}/end`)).status, 404);
	assert.equal((await client.get('/me')).status, 200);
	const own = (await other.json('/me/sessions')).json.sessions.find((session) => session.is_here);
	assert.equal((await other.post(`/me/sessions/${own.id}/end`)).to, '/sign-in?done=signed-out');
	assert.equal((await other.get('/me')).status, 303);
});

test('people are for who manages them, and an account opens only for a reason that its person sees', { skip, timeout: 120_000 }, async () => {
	const client = await member();
	assert.equal((await client.json('/admin/people')).status, 403);
	const admin = await signIn('admin@demo.example');
	const { people } = (await admin.json('/admin/people')).json;
	const { id } = people.find((person) => person.email === 'alma@demo.example');
	const asked = await admin.get(`/admin/people/${id}`);
	assert.doesNotMatch(asked.text, /alma@demo/, 'nothing is read before the reason');
	assert.equal((await admin.post(`/admin/people/${id}/open`, { reason: 'x'.repeat(200) })).status, 422);
	const reason = `test "reason" ${randomBytes(3).toString('hex')}`;
	assert.match((await admin.post(`/admin/people/${id}/open`, { reason })).text, /alma@demo/);
	const { looks } = (await client.json('/me/looks')).json;
	const look = looks.find((row) => row.reason === reason);
	assert.equal(look.who, 'admin');
	const others = (await client.json('/me/looks?others=1')).json.looks;
	assert.ok(others.some((row) => row.reason === reason));
	assert.ok(!others.some((row) => row.who === looks.find((own) => own.act === 'opened this list').who), 'and not what she did herself');
	await admin.get('/admin/people/new');
	const twice = await admin.post('/admin/people/new', { name: 'Again', email: 'alma@demo.example', role: 'member' });
	assert.equal(twice.status, 422);
	assert.match(twice.text, /id="email-error"/);
	await admin.post('/sign-out');
});

test('the policy, its promises and the description of the API are for everybody', { skip }, async () => {
	const client = new Client();
	for (const target of ['/privacy', '/trust', '/log', '/api', '/inbox']) assert.equal((await client.get(target)).status, 200, target);
	const { json } = await client.json('/privacy');
	assert.equal(json.policy.policy, 'measure');
	const trust = (await client.json('/trust')).json;
	assert.equal(trust.open_count + trust.attested_count + trust.proved_count + trust.failed_count, trust.promises.length);
	assert.equal((await client.json('/openapi.json')).json.openapi, '3.1.0');
	assert.equal(base.pathname.startsWith('/'), true);
});

test('a language is chosen by cookie, and only one that is here', { skip }, async () => {
	const client = new Client();
	await client.get('/sign-in');
	assert.equal((await client.post('/language', { language: 'tlh' })).status, 422);
	assert.equal((await client.post('/language', { language: 'fr', next: '/privacy' })).to, '/privacy');
	assert.match((await client.get('/sign-in')).text, /<html lang="fr">/);
});

test('the profile is there as figures too: a row an hour, percentiles in order', { skip, timeout: 120_000 }, async () => {
	const { status, json } = await (await member()).json('/agp?days=14');
	assert.equal(status, 200);
	assert.equal(json.hours.length, 24);
	for (const { hour, p5, p25, p50, p75, p95 } of json.hours)
		assert.ok(p5 <= p25 && p25 <= p50 && p50 <= p75 && p75 <= p95, hour);
	assert.match((await (await member()).get('/agp')).text, /<th scope="row">23:00<\/th>/);
});
