// Registers: entries by form with their history, the clock of an incident, telling people of a
// breach, disclosures; and what each refuses.  The 72 hours are those of GDPR Art. 33(1).
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { formFields, letters, signIn, skip } from './client.mjs';

let shared;
const admin = async () => (shared ??= await signIn('admin@demo.example'));
const day = (offset) => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);

async function enter(kind, fields) {
	const client = await admin();
	const page = await client.get(`/admin/registers/${kind}/new`);
	assert.equal(page.status, 200);
	const answer = await client.post(`/admin/registers/${kind}/new`, { ...formFields(page.text, `/admin/registers/${kind}/new`), ...fields });
	return { answer, path: answer.to?.replace(/\?.*/, '') };
}

test('every register is there with its purpose, and each as JSON and CSV', { skip, timeout: 120_000 }, async () => {
	const client = await admin();
	const { json } = await client.json('/admin/registers');
	assert.deepEqual(json.registers.map(({ kind }) => kind), ['processor', 'disclosure', 'transfer', 'incident', 'notice', 'attestation', 'instruction', 'training', 'dpia', 'alert']);
	for (const { kind } of json.registers) {
		assert.equal((await client.get(`/admin/registers/${kind}`)).status, 200, kind);
		const csv = await client.get(`/admin/registers/${kind}?format=csv`, { Accept: 'text/csv' });
		assert.match(csv.text, /^Number,What,Standing/, kind);
	}
	assert.equal((await client.get('/admin/registers/secrets')).status, 404);
	const processors = (await client.json('/admin/registers/processor')).json.entries;
	assert.equal(processors.length, 3, 'the demonstration has the processors of its policy');
});

test('the records of processing follow from the policy', { skip, timeout: 120_000 }, async () => {
	const client = await admin();
	const { json } = await client.json('/admin/registers/processing');
	const policy = (await client.json('/privacy')).json.policy;
	assert.equal(json.article, 'GDPR Art. 30(1)');
	assert.equal(json.activities.length, Object.keys(policy.purposes).length);
	assert.equal(json.data.length, Object.keys(policy.classes).length);
	assert.match((await client.get('/admin/registers/processing')).text, /Example Hosting SARL/);
});

test('a register is for who may read it', { skip, timeout: 120_000 }, async () => {
	const member = await signIn('bela@demo.example');
	for (const target of ['/admin', '/admin/registers', '/admin/registers/incident', '/admin/alerts', '/admin/usage']) assert.equal((await member.json(target)).status, 403, target);
	const support = await signIn('support@demo.example');
	assert.equal((await support.get('/admin')).status, 200);
	assert.equal((await support.json('/admin/registers')).status, 403);
	await member.post('/sign-out');
	await support.post('/sign-out');
});

test('an entry keeps its versions, and a stale form is refused', { skip, timeout: 120_000 }, async () => {
	const client = await admin();
	const { answer, path } = await enter('dpia', { title: 'A <new> use', text: 'Low.', at: day(-1) });
	assert.equal(answer.status, 303);
	const page = await client.get(path);
	assert.match(page.text, /A &lt;new&gt; use/);
	const fields = { ...formFields(page.text, path), title: 'A new use', text: 'Two\nlines', severity: 'low' };
	assert.equal((await client.post(path, fields)).status, 303);
	const stale = await client.post(path, { ...fields, title: 'Too late' });
	assert.equal(stale.status, 409);
	const { json } = await client.json(path);
	assert.equal(json.entries[0].title, 'A new use');
	assert.deepEqual(json.history.map(({ version, title }) => [version, title]), [[2, 'A new use'], [1, 'A <new> use']]);
	assert.equal(json.history[0].who, 'you');
});

test('what a register needs is asked for beside its field, and what was typed is kept', { skip, timeout: 120_000 }, async () => {
	const { answer } = await enter('attestation', { title: 'Kept', reference: '', party: 'Somebody', at: '31 March', until: day(1), document: 'x' });
	assert.equal(answer.status, 422);
	assert.match(answer.text, /id="reference-error"/);
	assert.match(answer.text, /id="at-error"/);
	assert.match(answer.text, /value="Kept"/);
	assert.equal((await (await admin()).get('/admin/registers/alert/new')).status, 404, 'the program alone raises alerts');
});

test('a training counts for a member of staff, and for nobody who is not here', { skip, timeout: 120_000 }, async () => {
	const fields = { title: 'Privacy', at: day(-2), until: day(363) };
	const nobody = await enter('training', { ...fields, contact: 'nobody@demo.example' });
	assert.equal(nobody.answer.status, 422);
	assert.match(nobody.answer.text, /id="contact-error"/);
	const own = await enter('training', { ...fields, contact: 'admin@demo.example' });
	assert.equal(own.answer.status, 422, 'nobody vouches for themselves');
	assert.equal((await enter('training', { ...fields, contact: 'support@demo.example' })).answer.status, 303);
});

test('a new processor is made known to staff', { skip, timeout: 120_000 }, async () => {
	const before = (await letters('support@demo.example')).length;
	const { answer } = await enter('processor', { title: 'Example Print SARL', text: 'prints letters', region: 'eu', basis: 'a contract', at: day(0) });
	assert.equal(answer.status, 303);
	const after = await letters('support@demo.example');
	assert.equal(after.length, before + 1);
	assert.match(after[0].subject, /Example Print SARL/);
});

test('an incident has 72 hours, and is closed only once it is meant', { skip, timeout: 120_000 }, async () => {
	const client = await admin();
	const noticed = new Date(Date.now() - 10 * 3_600_000).toISOString();
	const { path } = await enter('incident', { title: 'A stolen laptop', at: noticed.replace(/\..*/, 'Z'), people: '2' });
	const { json } = await client.json(path);
	const [entry] = json.entries;
	assert.equal(Date.parse(entry.due) - Date.parse(entry.at), 72 * 3_600_000);
	assert.ok(entry.left_hours === 61 || entry.left_hours === 62);
	assert.deepEqual(json.steps.map(({ is_done: done }) => done), [true, false, false, false]);
	assert.match((await client.get('/admin')).text, /A stolen laptop/);
	await client.get(path);
	const asked = await client.post(`${path}/close`);
	assert.equal(asked.status, 200);
	assert.match(asked.text, /name="confirmed"/);
	assert.equal((await client.json(path)).json.entries[0].standing, 'open');
	const closed = await client.post(`${path}/close`, { confirmed: 'true', version: '1' });
	assert.equal(closed.status, 303);
	assert.equal((await client.json(path)).json.entries[0].standing, 'closed');
	assert.equal((await client.post(path, { version: '2', title: 'Changed' })).status, 409, 'what is closed stays');
});

test('the people concerned are told after a look at it, once each, and the register counts them', { skip, timeout: 120_000 }, async () => {
	const client = await admin();
	const { path } = await enter('incident', { title: 'A lost key', at: new Date().toISOString().replace(/\..*/, 'Z') });
	const form = { subject: 'A key was lost', text: 'It opened nothing.', role: 'clinician', addresses: 'alma@demo.example\nALMA@demo.example\n' };
	await client.get(`${path}/tell`);
	const unknown = await client.post(`${path}/tell`, { ...form, addresses: 'alma@demo.example\nnobody@demo.example' });
	assert.equal(unknown.status, 422);
	assert.match(unknown.text, /id="addresses-error"/);
	const before = (await letters('alma@demo.example')).length;
	const preview = await client.post(`${path}/tell`, form);
	assert.match(preview.text, /This goes to 2 people/);
	assert.equal((await letters('alma@demo.example')).length, before, 'nothing is sent by looking');
	const sent = await client.post(`${path}/tell`, { ...formFields(preview.text, `${path}/tell`), confirmed: 'true' });
	assert.equal(sent.to, `${path}?done=sent`);
	const after = await letters('alma@demo.example');
	assert.equal(after.length, before + 1);
	assert.match(after[0].text, /It opened nothing/);
	const { json } = await client.json(path);
	assert.equal(json.notices.length, 1);
	assert.equal(json.notices[0].people, 2);
	assert.equal(json.steps[3].is_done, true);
});

test('a disclosure is registered, told, and seen by its person; beyond the policy it is refused', { skip, timeout: 120_000 }, async () => {
	const client = await admin();
	const target = '/admin/registers/disclosure/new';
	await client.get(target);
	const form = { recipient: 'authority', subject: 'bela@demo.example', class_account: 'yes', class_payment: 'yes', asked_by: 'A court', basis: 'Order 12/34', why: 'A case' };
	const beyond = await client.post(target, { ...form, class_health: 'yes' });
	assert.equal(beyond.status, 422);
	assert.match(beyond.text, /href="#classes"/);
	assert.equal((await client.post(target, { ...form, put_off: 'yes', tell: '2020-01-01' })).status, 422);
	const before = (await letters('bela@demo.example')).length;
	const made = await client.post(target, form);
	assert.equal(made.status, 303);
	assert.equal((await letters('bela@demo.example')).length, before + 1);
	const { json } = await client.json(made.to.replace(/\?.*/, ''));
	assert.equal(json.entries[0].party, 'authority');
	assert.equal(json.entries[0].classes, 'account payment');
	const bela = await signIn('bela@demo.example');
	const looks = (await bela.json('/me/looks')).json.looks.filter(({ act }) => act === 'release');
	assert.equal(looks.length, 2);
});
