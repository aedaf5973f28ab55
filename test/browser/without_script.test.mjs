// The same product with JavaScript off: every page says what it says, every form works.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { launch, visitor } from './browser.mjs';
import { address, roles } from './pages.mjs';
import { product, skip } from './product.mjs';
import { follow, signIn } from './person.mjs';

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

const words = (text) => text.replace(/\s+/g, ' ').trim();

for (const { role, email, pages } of roles.filter(({ role }) => ['nobody', 'member', 'admin'].includes(role))) {
	test(`pages of ${role} hold their content without script`, { skip }, async () => {
		const { context, page, faults, go } = await visitor(browser, server.base, { javaScriptEnabled: false });
		if (email) await signIn(server.base, page, email);
		for (const row of pages) {
			const answer = await go(await address(server.base, page, row));
			assert.equal(answer.status(), row.status ?? 200, row.name);
			const text = words(await page.locator('main').innerText());
			assert.ok(text.length > 40, `${row.name} says something: ${text}`);
			for (const image of await page.locator('main img').all()) assert.ok((await image.boundingBox()).height > 100, `${row.name} shows its picture`);
		}
		assert.deepEqual(faults, []);
		await context.close();
	});
}

test('forms work without script: a setting, a device, a token, the language, the way out', { skip }, async () => {
	const { page, go } = await visitor(browser, server.base, { javaScriptEnabled: false });
	const main = page.locator('main');
	const send = (name) => follow(page, page.getByRole('button', { name, exact: true }));
	await signIn(server.base, page, 'dara@demo.example');

	await go('/me');
	await page.locator('#unit').selectOption('mmol/L');
	await send('Save');
	await go('/today');
	assert.match(words(await page.locator('.reading').innerText()), /\d\.\d mmol\/L/);

	await go('/devices/new');
	await page.locator('#serial').fill('LUM-31001');
	await page.locator('#model').fill('Lumen One');
	await send('Continue');
	assert.ok(await page.locator('.secret').isVisible());

	await go('/me/tokens');
	await page.locator('#label').fill('my own script');
	await send('Make a token');
	assert.ok(await page.locator('.secret').isVisible());
	assert.match(words(await main.innerText()), /my own script/);

	await go('/trends');
	await page.locator('#days').selectOption('14');
	await send('Show');
	assert.match(page.url(), /days=14/);

	await page.locator('details.menu summary', { hasText: 'Language' }).click();
	await send('Français');
	assert.equal(await page.locator('html').getAttribute('lang'), 'fr');
	await page.locator('details.menu summary', { hasText: 'Dara Field' }).click();
	await send('Se déconnecter');
	await go('/today');
	assert.match(page.url(), /\/sign-in/);
});
