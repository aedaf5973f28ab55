// The whole life of requests under people's rights, on the real server: asked by the person in
// two steps, handled by staff, carried out, told; and refused to whoever it does not concern.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { Client, base, formFields, letters, signIn, skip } from './client.mjs';

const program = process.env.TROTH_BIN;
const data = process.env.TROTH_DATA;

const issued = new Map();
function token(email) {
	if (!issued.has(email)) issued.set(email, execFileSync(program, ['token', 'issue', '--data', data, '--tenant', 'demo', '--label', 'tests', '--person', email], { encoding: 'utf8' }).trim());
	return issued.get(email);
}

// JSON by token, as a program does it.
async function call(email, method, target, body) {
	const headers = { Accept: 'application/json', Authorization: `Bearer ${token(email)}` };
	const text = body ? JSON.stringify(body) : '';
	if (method === 'POST') headers['Content-Type'] = 'application/json';
	const answer = await new Client().request(method, target, { body: text, headers });
	return { ...answer, json: answer.text.startsWith('{') ? JSON.parse(answer.text) : null };
}

const support = 'support@demo.example';

async function mine(email, kind) {
	const { status, json } = await call(email, 'GET', '/me/requests');
	assert.equal(status, 200);
	return json.requests.filter((request) => request.kind === kind);
}

async function askFor(email, kind, more = {}) {
	const answer = await call(email, 'POST', '/me/requests', { kind, confirmed: 'true', ...more });
	assert.equal(answer.status, 303, answer.text);
	return (await mine(email, kind))[0];
}

async function look(email, id) {
	const { status, json, text } = await call(email, 'GET', `/admin/requests/${id}`);
	assert.equal(status, 200, text);
	return json;
}

async function step(email, id, fields) {
	const { request } = await look(email, id);
	return call(email, 'POST', `/admin/requests/${id}/step`, { version: String(request.version), ...fields });
}

const everything = async () => (await call(support, 'GET', '/admin/requests?all=1')).json.requests;

test('access: asked, answered, and the package is there', { skip }, async () => {
	const asked = await askFor('alma@demo.example', 'access', { text: 'Everything, please.' });
	assert.equal(asked.state, 'open');
	assert.ok(new Date(asked.due) - new Date(asked.opened) < 32 * 86400e3);
	const twice = await call('alma@demo.example', 'POST', '/me/requests', { kind: 'access', confirmed: 'true' });
	assert.equal(twice.status, 409);
	const queue = await call(support, 'GET', '/admin/requests');
	assert.ok(queue.json.requests.some((request) => request.id === asked.id && request.days_left >= 27));
	assert.equal((await step(support, asked.id, { step: 'fulfil' })).status, 303);
	const [answered] = await mine('alma@demo.example', 'access');
	assert.equal(answered.state, 'answered');
	assert.match(answered.answer, /ready/);
	const subjects = (await letters('alma@demo.example')).map((letter) => letter.subject);
	assert.ok(subjects.includes('We have your request') && subjects.includes('Your request is answered'));
	const got = await call('alma@demo.example', 'GET', '/me/package');
	assert.equal(got.status, 200);
	assert.equal(got.headers['content-type'], 'application/zip');
});

test('rectification: a field of the account, with its old and new value', { skip }, async () => {
	const asked = await askFor('bela@demo.example', 'rectification', { text: 'My name is Béla.' });
	assert.equal((await step(support, asked.id, { step: 'fulfil', code: 'email', words: 'x@y.example' })).status, 422);
	assert.equal((await step(support, asked.id, { step: 'fulfil', code: 'name', words: 'Béla Stone' })).status, 303);
	const [answered] = await mine('bela@demo.example', 'rectification');
	assert.match(answered.answer, /name: “Bela Stone” → “Béla Stone”/);
	assert.equal((await call('bela@demo.example', 'GET', '/me')).json.account.name, 'Béla Stone');
	const { account } = await look(support, asked.id); // staff see what it was, beside what it is
	assert.deepEqual(account.filter(({ was }) => was).map(({ field, value, was }) => [field, value, was]), [['name', 'Béla Stone', 'Bela Stone']]);
	const [mail] = (await letters('bela@demo.example')).filter(({ subject }) => subject === 'Your request is answered');
	assert.match(mail.text, new RegExp(`${base.href}/me/requests`));
	assert.doesNotMatch(mail.text, /Stone/, 'values stay out of mail');
});

test('objection: the purpose is named, and security is none of them', { skip }, async () => {
	assert.equal((await call('cleo@demo.example', 'POST', '/me/requests', { kind: 'objection', classes: 'security', confirmed: 'true' })).status, 422);
	const asked = await askFor('cleo@demo.example', 'objection', { classes: 'improvement' });
	assert.equal((await step(support, asked.id, { step: 'fulfil' })).status, 303);
	const [answered] = await mine('cleo@demo.example', 'objection');
	assert.equal(answered.state, 'answered');
	assert.match(answered.answer, /plus vos données/); // Cleo reads French
	const zip = await call('cleo@demo.example', 'GET', '/me/package');
	assert.equal(zip.status, 200);
});

test('restriction: nobody but the person uses the data, until it is lifted', { skip }, async () => {
	const member = 'dara@demo.example';
	const asked = await askFor(member, 'restriction');
	assert.equal((await step(support, asked.id, { step: 'fulfil' })).status, 303);
	const after = await call(member, 'GET', '/me/requests');
	assert.equal(after.json.is_restricted, true);
	assert.equal(after.json.requests[0].state, 'answered');
	const { request } = await look(support, asked.id); // staff still see what they handled
	const opened = await call('admin@demo.example', 'GET', `/admin/people/${request.subject}?reason=test`);
	assert.equal(opened.status, 403);
	assert.ok((await everything()).some(({ id, state }) => id === asked.id && state === 'answered'), 'closed, and still in the list of all');
	assert.equal((await call(member, 'GET', '/readings?latest=1')).status, 200);
	const lift = await askFor(member, 'restriction', { text: 'It is settled: lift it.' });
	const queue = await call(support, 'GET', '/admin/requests');
	assert.ok(queue.json.requests.some(({ id }) => id === lift.id), 'a restricted person is answered too');
	assert.equal((await step(support, lift.id, { step: 'fulfil', code: 'lift' })).status, 303);
	assert.equal((await call(member, 'GET', '/me/requests')).json.is_restricted, false);
});

test('erasure: in two steps, confirmed by staff, with its certificate, and sign-in ends', { skip }, async () => {
	const member = 'ezra@demo.example';
	const client = await signIn(member);
	const form = await client.get('/me/requests/new?kind=erasure');
	assert.match(form.text, /name="part_health"/);
	const check = await client.post('/me/requests', { kind: 'erasure', text: 'Please.' });
	assert.equal(check.status, 200);
	assert.match(check.text, /Mesures de biomarqueurs|Biomarker readings/);
	assert.equal((await mine(member, 'erasure')).length, 0, 'the first step asks for nothing');
	const sent = await client.post('/me/requests', { ...formFields(check.text, '/me/requests'), confirmed: 'true' });
	assert.equal(sent.to, '/me/requests?done=requested');
	const [asked] = await mine(member, 'erasure');
	assert.equal((await step(support, asked.id, { step: 'fulfil' })).status, 412, 'not without confirming');
	assert.equal((await step(support, asked.id, { step: 'fulfil', confirmed: 'true' })).status, 303);
	assert.ok((await letters(member)).some((letter) => letter.subject === 'Vos données sont effacées'));
	assert.equal((await client.get('/me')).status === 200, false, 'the session has ended');
	assert.equal((await call(member, 'GET', '/me')).status, 401, 'tokens have ended');
	const { request } = await look(support, asked.id);
	assert.equal(request.state, 'answered');
	assert.match(request.answer, /loi|law/i);
	assert.ok((await everything()).some(({ id }) => id === asked.id), 'what was asked is in the list of all');
	const certificate = await call(support, 'GET', `/admin/requests/${asked.id}/certificate`);
	assert.equal(certificate.status, 200);
	assert.equal(certificate.json.certificate.subject, request.subject);
	assert.ok(certificate.json.certificate.beyond_use);
});

test('what came by letter waits for identity, and its time runs from the day it came', { skip }, async () => {
	const entered = await call(support, 'POST', '/admin/requests', { whom: 'alma@demo.example', kind: 'portability', channel: 'letter', maker: 'agent', authority: 'power of attorney', received: '2026-01-15' });
	assert.equal(entered.status, 303, entered.text);
	const id = /requests\/([0-9a-f-]+)/.exec(entered.to)[1];
	const { request, timeline } = await look(support, id);
	assert.equal(request.state, 'identity');
	assert.match(request.due, /^2026-02-14T22:59:59/);
	assert.equal(timeline.length, 1);
	assert.equal((await step(support, id, { step: 'fulfil' })).status, 412);
	assert.equal((await step(support, id, { step: 'identify', words: 'both passports seen' })).status, 303);
	assert.equal((await step(support, id, { step: 'refuse', code: 'identity', words: 'The power of attorney has lapsed.' })).status, 303);
	assert.equal((await look(support, id)).request.state, 'refused');
	assert.equal((await look(support, id)).timeline.length, 3);
	const nobody = await call(support, 'POST', '/admin/requests', { whom: 'nobody@demo.example', kind: 'access', channel: 'letter', maker: 'self' });
	assert.equal(nobody.status, 422);
});

test('a request is of whom it concerns: strangers and other roles are refused', { skip }, async () => {
	const asked = await askFor('alma@demo.example', 'restriction');
	assert.equal((await call('bela@demo.example', 'POST', `/me/requests/${asked.id}/withdraw`, { version: '1' })).status, 403);
	for (const email of ['bela@demo.example', 'clinician@demo.example', 'auditor@demo.example']) {
		assert.equal((await call(email, 'GET', '/admin/requests')).status, 403);
		assert.equal((await call(email, 'GET', `/admin/requests/${asked.id}`)).status, 403);
		assert.equal((await call(email, 'POST', `/admin/requests/${asked.id}/step`, { version: '1', step: 'fulfil' })).status, 403);
	}
	assert.equal((await new Client().get('/me/package', { Accept: 'application/json' })).status, 401);
	assert.equal((await call('alma@demo.example', 'POST', `/me/requests/${asked.id}/withdraw`, { version: '1' })).status, 303);
	assert.equal((await mine('alma@demo.example', 'restriction'))[0].state, 'withdrawn');
});

test('pages: the queue, a request with its steps, a form that is not accepted', { skip }, async () => {
	const client = await signIn(support);
	const asked = await askFor('bela@demo.example', 'access');
	const queue = await client.get('/admin/requests');
	assert.equal(queue.status, 200);
	assert.ok(queue.text.includes(`/admin/requests/${asked.id}`));
	const page = await client.get(`/admin/requests/${asked.id}`);
	assert.match(page.text, /Béla Stone|Bela Stone/);
	const wrong = await client.post(`/admin/requests/${asked.id}/step`, { step: 'refuse', version: '1', code: 'law' });
	assert.equal(wrong.status, 422);
	const enter = await client.post('/admin/requests', { whom: 'nobody@demo.example', kind: 'access', maker: 'self', channel: 'letter' });
	assert.equal(enter.status, 422);
	assert.match(enter.text, /value="nobody@demo.example"/);
	const done = await client.post(`/admin/requests/${asked.id}/step`, { step: 'fulfil', version: '1' });
	assert.equal(done.status, 303);
	const csv = await client.get('/admin/requests?format=csv&all=1');
	assert.match(csv.text.split('\r\n')[0], /Kind/);
	assert.ok(base.pathname);
});
