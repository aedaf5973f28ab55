// Signing in without a mouse: what Tab reaches, in which order, and that it can be seen.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { launch, visitor } from './browser.mjs';
import { product, skip } from './product.mjs';
import { freshCode, newestLink, offeredCode } from './person.mjs';

let server, browser;
const email = 'bela@demo.example';

before(async () => {
	if (skip) return;
	server = await product();
	browser = await launch();
});

after(async () => {
	await browser?.close();
	await server?.close();
});

const focused = (page) => page.evaluate(() => {
	const at = document.activeElement;
	return { name: at.id || at.textContent.trim().replace(/\s+/g, ' ') || at.tagName, outline: parseFloat(getComputedStyle(at).outlineWidth) };
});

// Enter, where it loads a page.
async function enter(page) {
	await Promise.all([page.waitForEvent('load'), page.keyboard.press('Enter')]);
}

async function tabTo(page, name) {
	for (let i = 0; i < 40; i++) {
		await page.keyboard.press('Tab');
		if ((await focused(page)).name === name) return;
	}
	assert.fail(`Tab never reached ${name}`);
}

test('Tab goes through the sign-in page from top to bottom, and each stop can be seen', { skip }, async () => {
	const { page, go } = await visitor(browser, server.base);
	await go('/sign-in');
	const stops = [];
	for (let i = 0; i < 7; i++) {
		await page.keyboard.press('Tab');
		const at = await focused(page);
		assert.ok(at.outline >= 2, `${at.name} shows that it has the focus`);
		stops.push(at.name);
	}
	assert.deepEqual(stops, ['Skip to the content', 'Read the mail that was sent', 'Lumen Skin Sensing', 'Language', 'Sign in', 'email', 'Send me a link']);
});

test('the skip link leads past the header', { skip }, async () => {
	const { page, go } = await visitor(browser, server.base);
	await go('/sign-in');
	await page.keyboard.press('Tab');
	await page.keyboard.press('Enter');
	await page.keyboard.press('Tab');
	assert.equal((await focused(page)).name, 'email');
});

test('a menu opens and closes with the keyboard, and the focus goes back to its button', { skip }, async () => {
	const { page, go } = await visitor(browser, server.base);
	await go('/sign-in');
	await tabTo(page, 'Language');
	await page.keyboard.press('Enter');
	assert.ok(await page.locator('details.menu[open]').count());
	await page.keyboard.press('Tab');
	assert.equal((await focused(page)).name, 'English');
	await page.keyboard.press('Escape');
	assert.equal(await page.locator('details.menu[open]').count(), 0);
	assert.equal((await focused(page)).name, 'Language');
});

test('the whole of sign-in needs only the keyboard', { skip }, async () => {
	const { page, go } = await visitor(browser, server.base);
	await go('/sign-in');
	await tabTo(page, 'email');
	await page.keyboard.type(email);
	await enter(page);
	assert.match(page.url(), /\/sign-in\/sent/);
	await page.goto(await newestLink(server.base, page, email));
	await tabTo(page, 'Sign in');
	await tabTo(page, 'Sign in');
	await enter(page);
	assert.match(page.url(), /\/sign-in\/(enrol|factor)/);
	const code = page.url().includes('enrol') ? await offeredCode(server.base, page, email) : await freshCode(server.base, email);
	await tabTo(page, 'code');
	await page.keyboard.type(code);
	await enter(page);
	if (!page.url().endsWith('/today')) {
		await tabTo(page, 'I have kept them: continue');
		await enter(page);
	}
	assert.match(page.url(), /\/today$/);
});
