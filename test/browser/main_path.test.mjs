// What a newcomer does on the first day, as a member and as an administrator, in one browser.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { launch, visitor } from './browser.mjs';
import { product, skip } from './product.mjs';
import { follow, followMail, freshCode, offeredCode, signIn } from './person.mjs';

let server, browser, member;
const email = 'alma@demo.example';
const heading = (page) => page.locator('h1').innerText();
const press = (page, name) => follow(page, page.getByRole('button', { name, exact: true }));

before(async () => {
	if (skip) return;
	server = await product();
	browser = await launch();
	member = await visitor(browser, server.base);
});

after(async () => {
	await browser?.close();
	await server?.close();
});

test('a member signs in by mail, sets up the second factor, keeps the codes and stands on Today', { skip }, async () => {
	const { page } = member;
	await followMail(server.base, page, email);
	if (page.url().includes('/sign-in/enrol')) {
		await page.locator('#code').fill(await offeredCode(server.base, page, email));
		await press(page, 'Confirm');
		await page.locator('.codes').waitFor();
		assert.ok((await page.locator('.codes li').count()) >= 8, 'recovery codes are shown');
		await follow(page, page.locator('a.action', { hasText: 'continue' }));
	} else {
		await page.locator('#code').fill(await freshCode(server.base, email));
		await press(page, 'Continue');
	}
	await page.waitForURL(/\/today$/);
	assert.equal(await heading(page), 'Today');
	assert.match(await page.locator('.reading strong').innerText(), /^\d+$/);
	assert.ok(await page.locator('main figure img').evaluate((img) => img.complete && img.naturalWidth > 0), 'the curve of the day is drawn');
});

test('the plot of trends zooms where it is dragged, and a double click shows all again', { skip }, async () => {
	const { page, go } = member;
	await go('/trends');
	const plot = page.locator('figure.plot .u-over');
	await plot.waitFor();
	const ticks = () => page.evaluate(() => document.querySelector('figure.plot canvas').toDataURL());
	const before = await ticks();
	const box = await plot.boundingBox();
	await page.mouse.move(box.x + box.width * 0.3, box.y + box.height / 2);
	await page.mouse.down();
	await page.mouse.move(box.x + box.width * 0.6, box.y + box.height / 2, { steps: 8 });
	await page.mouse.up();
	await page.waitForTimeout(100);
	const zoomed = await ticks();
	assert.notEqual(zoomed, before, 'the range of the axis has changed');
	await plot.dblclick();
	await page.mouse.move(0, 0);
	await page.waitForTimeout(100);
	assert.equal(await ticks(), before);
});

test('trends follow the choice of analyte and period, also in what is downloaded', { skip }, async () => {
	const { page, go } = member;
	await go('/trends');
	await page.locator('#analyte').selectOption('ketone');
	await page.locator('#days').selectOption('30');
	await press(page, 'Show');
	await page.waitForURL(/analyte=ketone&days=30/);
	assert.match(await page.locator('figcaption').innerText(), /Ketone/);
	assert.equal(await page.locator('th', { hasText: 'In range' }).count(), 0, 'a target range is glucose’s alone');
	assert.match(await page.locator('a.action', { hasText: 'CSV' }).getAttribute('href'), /analyte=ketone&days=30/);
});

test('the glucose profile shows its picture, and gives the report as PDF', { skip }, async () => {
	const { page, go } = member;
	await go('/agp');
	assert.ok(await page.locator('main figure img').evaluate((img) => img.complete && img.naturalWidth > 0));
	const [download] = await Promise.all([page.waitForEvent('download'), page.locator('a.action', { hasText: 'PDF' }).click()]);
	assert.equal(readFileSync(await download.path()).subarray(0, 5).toString(), '%PDF-');
});

test('a device is added, its code is shown once, and it stands in the list', { skip }, async () => {
	const { page, go } = member;
	const serial = `LUM-${Date.now() % 1_000_000}`;
	await go('/devices');
	await follow(page, page.locator('a.action', { hasText: 'Add a device' }));
	await press(page, 'Continue');
	assert.ok((await page.locator('.notice.problem a').count()) >= 1, 'an empty form is refused with a summary');
	await page.locator('#serial').fill(serial);
	await page.locator('#model').fill('Lumen One');
	await press(page, 'Continue');
	assert.ok((await page.locator('.secret').innerText()).replace(/\s/g, '').length >= 8);
	assert.ok(await page.locator('.qr svg').isVisible());
	await follow(page, page.locator('a.action', { hasText: 'Done' }));
	await go('/devices');
	assert.equal(await page.locator('td .mono', { hasText: serial }).count(), 1);
});

test('the member sees the own accesses, each with a proof, and can leave them out', { skip }, async () => {
	const { page } = member;
	await page.locator('details.menu summary', { hasText: 'Alma Brook' }).click();
	await follow(page, page.getByRole('link', { name: 'Who looked at my data' }));
	assert.equal(await heading(page), 'Who looked at my data');
	assert.ok((await page.locator('tbody tr').count()) > 0);
	await follow(page, page.locator('a.action', { hasText: 'Only what others did' }));
	assert.match(await page.locator('main').innerText(), /Nobody else has looked|Older/);
});

test('the readings can be taken along as CSV, JSON and FHIR', { skip }, async () => {
	const { page, go } = member;
	await go('/export');
	const begins = { CSV: /^[\w,]+/, JSON: /^\{/, 'FHIR R4': /"resourceType":\s*"Bundle"/ };
	for (const [name, begin] of Object.entries(begins)) {
		const [download] = await Promise.all([page.waitForEvent('download'), page.locator('.links a', { has: page.getByText(name, { exact: true }) }).click()]);
		const text = readFileSync(await download.path()).toString();
		assert.match(text.slice(0, 400), begin, name);
		assert.ok(text.length > 10_000, `${name} holds the readings`);
	}
});

test('after signing out nothing opens; a second sign-in asks for the code of the app', { skip }, async () => {
	const { page, go } = member;
	await go('/today');
	await page.locator('details.menu summary', { hasText: 'Alma Brook' }).click();
	await press(page, 'Sign out');
	await go('/today');
	assert.match(page.url(), /\/sign-in\?next=/);
	await followMail(server.base, page, email);
	assert.match(page.url(), /\/sign-in\/factor/);
	await page.locator('#code').fill('000000');
	await press(page, 'Continue');
	assert.ok(await page.locator('#code-error').isVisible(), 'a wrong code is told beside the field');
	await page.locator('#code').fill(await freshCode(server.base, email));
	await press(page, 'Continue');
	await page.waitForURL(/\/today$/);
	assert.deepEqual(member.faults, []);
});

test('an administrator sees counts, invites a person, and suspends them for a stated reason', { skip }, async () => {
	const { page, go, faults } = await visitor(browser, server.base);
	const name = `Nova ${Date.now() % 1_000_000}`;
	await signIn(server.base, page, 'admin@demo.example');
	assert.match(page.url(), /\/staff$/);
	assert.match(await page.locator('.count').first().innerText(), /^\d+$/);

	await follow(page, page.getByRole('link', { name: 'People' }));
	await follow(page, page.locator('a.action', { hasText: 'Invite somebody' }));
	await page.locator('#name').fill(name);
	await page.locator('#email').fill(`${name.replace(' ', '.').toLowerCase()}@demo.example`);
	await page.getByRole('radio', { name: 'A member, with their own data' }).check();
	await press(page, 'Send the invitation');

	await go('/admin/people');
	await follow(page, page.getByRole('link', { name }));
	await page.locator('#reason').fill('asked by telephone to close it');
	await press(page, 'Open');
	await press(page, 'Suspend');
	assert.match(await page.locator('main').innerText(), /Every session and token of the person ends at once/, 'what will happen is said first');
	await press(page, 'Yes, end their access');
	await go('/admin/people');
	const row = page.locator('tbody tr', { hasText: name });
	assert.match(await row.innerText(), /suspended/);
	await go('/inbox');
	assert.equal(await page.locator('article.letter', { hasText: name.replace(' ', '.').toLowerCase() }).count(), 1, 'the invitation was mailed');
	assert.deepEqual(faults, []);
});
