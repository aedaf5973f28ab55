// When something is not as it should be, the page says what happened and what to do next.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { launch, visitor } from './browser.mjs';
import { product, skip } from './product.mjs';
import { follow, followMail, newestLink, signIn } from './person.mjs';

let server, browser;

before(async () => {
	if (skip) return;
	server = await product();
	browser = await launch();
});

after(async () => {
	await browser?.close();
	await server?.close();
});

const main = (page) => page.locator('main').innerText();

test('an address that is not there says so and leads to the start', { skip }, async () => {
	const { page, go } = await visitor(browser, server.base);
	const answer = await go('/no/such/page');
	assert.equal(answer.status(), 404);
	assert.equal(await page.locator('h1').innerText(), 'Nothing is here');
	await follow(page, page.locator('main a.action', { hasText: 'start page' }));
	assert.match(page.url(), /\/sign-in$/);
});

test('a member who opens the staff’s pages is refused, told why, and led back', { skip }, async () => {
	const { page, go } = await visitor(browser, server.base);
	await signIn(server.base, page, 'cleo@demo.example');
	await page.context().addCookies([{ name: 'lang', value: 'en', url: server.base.href }]);
	const answer = await go('/admin/people');
	assert.equal(answer.status(), 403);
	assert.match(await main(page), /Your role does not include this/);
	assert.doesNotMatch(await main(page), /@demo\.example/);
	await follow(page, page.locator('main a.action', { hasText: 'start page' }));
	assert.match(page.url(), /\/today$/);
});

test('a session that has ended leads to sign-in, and from there back to where one was', { skip }, async () => {
	const { context, page, go } = await visitor(browser, server.base);
	await signIn(server.base, page, 'bela@demo.example');
	await context.clearCookies({ name: '__Host-session' });
	await go('/trends?days=14');
	assert.match(page.url(), /\/sign-in\?next=/);
	assert.equal(await page.locator('main input[name=next]').first().inputValue(), '/trends?days=14');
});

test('a form of a session that has ended is refused with a way to sign in', { skip }, async () => {
	const { context, page, go } = await visitor(browser, server.base);
	await signIn(server.base, page, 'dara@demo.example');
	await go('/me');
	await context.clearCookies({ name: '__Host-session' });
	await follow(page, page.getByRole('button', { name: 'Save' }));
	assert.ok(await page.getByRole('link', { name: 'Sign in' }).first().isVisible());
});

test('a link that was used says so and offers a new one', { skip }, async () => {
	const { page, go } = await visitor(browser, server.base);
	const email = 'support@demo.example';
	await followMail(server.base, page, email);
	await page.context().clearCookies({ name: '__Host-session' });
	await go('/sign-in');
	await page.goto(await newestLink(server.base, page, email));
	const button = page.locator('main form.form button[type=submit]');
	if (await button.count()) await follow(page, button);
	assert.match(await main(page), /new link|Ask for a link/);
	assert.ok(await page.locator('main a.action').first().isVisible());
});

test('a link that is opened in another browser leads back or asks again', { skip }, async () => {
	const asking = await visitor(browser, server.base);
	const other = await visitor(browser, server.base);
	const email = 'auditor@demo.example';
	await asking.go('/sign-in');
	await asking.page.locator('#email').fill(email);
	await follow(asking.page, asking.page.getByRole('button', { name: 'Send me a link' }));
	await other.page.goto(await newestLink(server.base, other.page, email));
	const button = other.page.locator('main form.form button[type=submit]');
	if (await button.count()) await follow(other.page, button);
	assert.match(await main(other.page), /not the browser|another browser/i);
	assert.ok(await other.page.locator('main a.action').first().isVisible());
});

test('a wrong address keeps what was typed and names the field', { skip }, async () => {
	const { page, go } = await visitor(browser, server.base);
	await go('/sign-in');
	await page.locator('#email').fill('nobody at all');
	await follow(page, page.getByRole('button', { name: 'Send me a link' }));
	assert.equal(await page.locator('#email').inputValue(), 'nobody at all');
	assert.equal(await page.locator('#email').getAttribute('aria-invalid'), 'true');
	await page.locator('.notice.problem a').click();
	assert.equal(await page.evaluate(() => document.activeElement.id), 'email');
});

test('an address without an account gets the same answer as one with', { skip }, async () => {
	const answers = [];
	for (const email of ['clinician@demo.example', 'nobody.here@demo.example']) {
		const { page, go } = await visitor(browser, server.base);
		await go('/sign-in');
		await page.locator('#email').fill(email);
		await follow(page, page.getByRole('button', { name: 'Send me a link' }));
		answers.push(`${page.url()}\n${await main(page)}`);
	}
	assert.equal(answers[0], answers[1]);
});
