// The package as it is downloaded: a zip that an independent program opens, with every file's
// digest as the manifest has it, the person's readings, and nothing of anybody else.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { Client, signIn, skip } from './client.mjs';

const unzips = (() => {
	try {
		execFileSync('python3', ['-c', 'import zipfile']);
		return true;
	} catch {
		return false;
	}
})();

// Python's zipfile: checks every CRC, then writes the files out.
function unzip(bytes) {
	const dir = mkdtempSync(path.join(tmpdir(), 'troth-package-'));
	writeFileSync(path.join(dir, 'a.zip'), bytes);
	execFileSync('python3', ['-c', 'import sys,zipfile\nz=zipfile.ZipFile(sys.argv[1])\nassert z.testzip() is None\nz.extractall(sys.argv[2])', path.join(dir, 'a.zip'), path.join(dir, 'out')]);
	const files = new Map();
	const walk = (at) => {
		for (const entry of readdirSync(at, { withFileTypes: true })) {
			const full = path.join(at, entry.name);
			if (entry.isDirectory()) walk(full);
			else files.set(path.relative(path.join(dir, 'out'), full), readFileSync(full));
		}
	};
	walk(path.join(dir, 'out'));
	rmSync(dir, { recursive: true });
	return files;
}

const lines = (bytes) => bytes.toString().split('\n').filter(Boolean).map((line) => JSON.parse(line));

test('a package is whole, and of one person', { skip: skip || (!unzips && 'python3 is not here') }, async () => {
	const client = await signIn('bela@demo.example');
	await client.post('/me/requests', { kind: 'access', text: 'CANARY-own-words', confirmed: 'true' });
	const answer = await client.get('/me/package');
	assert.equal(answer.status, 200);
	assert.match(answer.headers['content-disposition'], /my-data\.zip/);
	const files = unzip(answer.bytes);
	const manifest = JSON.parse(files.get('manifest.json'));
	assert.ok(manifest.files.length > 30);
	for (const { name, bytes, sha256 } of manifest.files) {
		assert.equal(files.get(name).length, bytes, name);
		assert.equal(createHash('sha256').update(files.get(name)).digest('hex'), sha256, name);
	}
	for (const [name, bytes] of files) {
		if (name.endsWith('.json')) JSON.parse(bytes);
		assert.ok(!/alma@|cleo@|Alma Brook|Cleo Marsh|Dara Field/.test(bytes.toString().slice(0, 2e6)), `${name} names somebody else`);
	}
	assert.match(files.get('request.json').toString(), /CANARY-own-words/);
	assert.match(files.get('README.html').toString(), /CANARY-own-words/);
	assert.doesNotMatch(files.get('README.html').toString(), /<script|https?:\/\//);
	assert.match(files.get('message.json').toString(), /We have your request/);
	assert.equal(JSON.parse(files.get('sessions.json')).length, 1);
	const factor = JSON.parse(files.get('factor.json'));
	assert.equal(factor.enrolled, true);
	assert.match(files.get('signin.json').toString(), /not given: a secret/);

	const readings = JSON.parse(files.get('measurement.json'));
	const { json } = await client.json('/readings?latest=1');
	assert.ok(readings.length > 20000, String(readings.length));
	const latest = json.readings[0];
	assert.ok(readings.some((reading) => reading.id === latest.id && String(reading.fields.value) === String(latest.value)));
	assert.equal(files.get('measurement.csv').toString().split('\r\n').length - 2, readings.length);
	const observations = lines(files.get('fhir/Observation.ndjson'));
	assert.equal(observations.length, new Set(readings.map((reading) => reading.id)).size);
	assert.equal(observations[0].resourceType, 'Observation');
	const [patient] = lines(files.get('fhir/Patient.ndjson'));
	assert.equal(observations[0].subject.reference, `Patient/${patient.id}`);
	assert.equal(lines(files.get('fhir/Device.ndjson')).length, JSON.parse(files.get('device.json')).length);
});

test('who looked tells of the package, and nobody gets it signed out', { skip }, async () => {
	const client = await signIn('cleo@demo.example');
	await client.get('/me/package');
	const { json } = await client.json('/me/looks');
	assert.ok(json.looks.some((look) => look.what === 'Biomarker readings' || /biomarqueurs/.test(look.what ?? '')));
	assert.equal((await new Client().get('/me/package', { Accept: 'application/json' })).status, 401);
});

// 10 an hour; a window may begin in between.
test('nobody has the server make packages without end', { skip }, async () => {
	const client = await signIn('auditor@demo.example');
	const statuses = [];
	while (statuses.length < 21 && statuses.at(-1) !== 429) statuses.push((await client.get('/me/package')).status);
	assert.equal(statuses.at(-1), 429);
	assert.ok(statuses.slice(0, 10).every((status) => status === 200));
});
