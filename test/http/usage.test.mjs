// Counts of use: of our own words for pages, never of who asked.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { signIn, skip } from './client.mjs';

test('requests are counted by page within a minute, and nobody is in the counts', { skip, timeout: 180_000 }, async () => {
	const admin = await signIn('admin@demo.example');
	const { people } = (await admin.json('/admin/people')).json;
	await admin.get(`/admin/people/${people[0].id}?reason=usage`);
	await admin.get('/no/such/page?q=alma@demo.example');
	let usage;
	for (let i = 0; i < 60; i++) {
		usage = (await admin.json('/admin/usage')).json;
		if (usage.routes.some(({ route }) => route === 'GET /admin/people/:person')) break;
		await new Promise((wake) => setTimeout(wake, 1000));
	}
	const route = usage.routes.find((row) => row.route === 'GET /admin/people/:person');
	assert.ok(route.calls >= 1);
	const text = JSON.stringify(usage);
	assert.doesNotMatch(text, /[0-9a-f]{8}-[0-9a-f]{4}-/, 'no id');
	assert.doesNotMatch(text, /@|alma|q=|no\/such/, 'no address, query or path as it was asked');
	const csv = await admin.get('/admin/usage?format=csv', { Accept: 'text/csv' });
	assert.match(csv.text, /^Day,What,Group,Count/);
	assert.match((await admin.get('/admin/usage')).text, /<progress/);
});

test('counts are for who may read them', { skip, timeout: 120_000 }, async () => {
	const auditor = await signIn('auditor@demo.example');
	assert.equal((await auditor.json('/admin/usage')).status, 403);
});
