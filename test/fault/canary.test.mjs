// A marked member: name, mail, device, a reading with unusual digits and a note, all entered through
// the product's own pages and API.  Then every file of the data directory, the database's log
// included, is searched for each mark in the forms in which text is usually kept; and what the
// server wrote to standard error.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { readFileSync } from 'node:fs';
import { Server, must, pause, skip } from './server.mjs';

const marks = {
	name: 'Quillonia Zyxtperrick',
	mail: 'zyxtperrick.quillonia@canary.example',
	serial: 'CNRY-77431-QZX',
	model: 'Zephyrglim 9000',
	value: '187.30519642',
	note: 'felt wobbly near the xylophone shop',
	identifier: 'urn-canary-5519-zq',
};

let server;
let member;

before(async () => {
	if (skip) return;
	server = new Server();
	await server.start();
	process.env.TROTH_URL = `https://localhost:${server.port}/demo`;
	must('person', 'add', '--data', server.data, '--tenant', 'demo', '--role', 'member', '--email', marks.mail, '--name', marks.name);
	member = server.token('--person', marks.mail);
});
after(() => server?.remove());

// UTF-8 and UTF-16, plain, in base64 at each of its three alignments (both alphabets), and in hex.
function forms(text) {
	const list = [];
	for (const [kind, bytes] of [['utf8', Buffer.from(text)], ['utf16le', Buffer.from(text, 'utf16le')], ['utf16be', Buffer.from(text, 'utf16le').swap16()]]) {
		list.push([kind, bytes]);
		list.push([`${kind} hex`, Buffer.from(bytes.toString('hex'))]);
		list.push([`${kind} HEX`, Buffer.from(bytes.toString('hex').toUpperCase())]);
		for (let shift = 0; shift < 3; shift++) {
			// Whole groups inside the text: what stands before and after does not touch them.
			const whole = bytes.subarray((3 - shift) % 3);
			const inner = whole.subarray(0, whole.length - (whole.length % 3)).toString('base64');
			list.push([`${kind} base64+${shift}`, Buffer.from(inner)]);
			list.push([`${kind} base64url+${shift}`, Buffer.from(inner.replaceAll('+', '-').replaceAll('/', '_'))]);
		}
	}
	return list;
}

function found(bytes) {
	const hits = [];
	for (const [what, text] of Object.entries(marks)) {
		for (const [form, needle] of forms(text)) if (bytes.includes(needle)) hits.push(`${what} as ${form}`);
	}
	return hits;
}

function search() {
	const files = server.files();
	assert.ok(files.some((file) => file.endsWith('troth.db-wal')), 'the database keeps a log while it runs');
	return files.flatMap((file) => found(readFileSync(file)).map((hit) => `${file.slice(server.data.length + 1)}: ${hit}`));
}

test('the search finds what is there to find', { skip }, () => {
	const text = `x${marks.note}`;
	assert.ok(found(Buffer.from(text)).includes('note as utf8'));
	for (let shift = 0; shift < 3; shift++) {
		const coded = Buffer.from('y'.repeat(shift) + marks.note + 'zz').toString('base64');
		assert.ok(found(Buffer.from(coded)).some((hit) => hit.startsWith('note as utf8 base64')), `shift ${shift}`);
	}
	assert.ok(found(Buffer.from(Buffer.from(marks.mail).toString('hex'))).includes('mail as utf8 hex'));
	assert.ok(found(Buffer.from(marks.name, 'utf16le')).includes('name as utf16le'));
});

test('a marked member signs in, enrols a device, and sends a reading', { skip }, async () => {
	const { signIn } = await import('../http/client.mjs');
	const client = await signIn(marks.mail);
	await client.get('/devices/new');
	const added = await client.post('/devices/new', { serial: marks.serial, model: marks.model, firmware: '1.0' });
	assert.ok(added.status < 400, `${added.status}`);
	assert.ok((await client.get('/devices')).text.includes(marks.serial));
	const device = server.token('--device', marks.serial);
	const body = `{"readings":[{"analyte":"glucose","value":${marks.value},"unit":"mg/dL","taken":"2026-01-02T03:04:05Z","sequence":1,"identifier":"${marks.identifier}","note":"${marks.note}"}]}`;
	const answer = await server.request('POST', '/demo/readings', { token: device, body });
	assert.equal(answer.status, 201, answer.text);
	const { readings } = await server.json('/demo/readings?limit=1', member);
	assert.equal(String(readings[0].value), marks.value);
	assert.equal(readings[0].note, marks.note);
	assert.ok((await client.get('/me')).text.includes(marks.name));
});

test('refusals and faults about it are provoked too', { skip }, async () => {
	const bad = (body) => server.request('POST', '/demo/readings', { token: member, body });
	await bad(`{"readings":[{"analyte":"${marks.note}","value":${marks.value}}]}`);
	await bad(`{"${marks.name}":`);
	await server.request('GET', `/demo/readings?analyte=${encodeURIComponent(marks.note)}`, { token: member });
	await server.request('GET', `/demo/${encodeURIComponent(marks.name)}`, { token: member });
	await server.request('GET', `/demo/fhir/Observation?identifier=${encodeURIComponent(marks.identifier)}`, { token: member });
});

test('no file of the running server holds a mark', { skip }, async () => {
	await pause(1000);
	assert.deepEqual(search(), []);
});

test('nor does one after a crash and the end, nor what the server wrote', { skip }, async () => {
	process.kill(server.child(), 'SIGKILL'); // so that there is something to write
	await pause(100);
	await server.ready();
	await server.stop();
	assert.deepEqual(server.files().flatMap((file) => found(readFileSync(file)).map((hit) => `${file}: ${hit}`)), []);
	assert.deepEqual(found(Buffer.from(server.log)), []);
	assert.match(server.log, /server\.died/);
});
