// French, chosen in the menu: pages speak it, and nothing English is left over that the catalogue
// of texts knows.
import { after, before, test } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
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

// msgid → msgstr of a gettext catalogue; only what needs no plural.
function catalogue(file) {
	const texts = new Map();
	const read = (lines) => [...lines.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, part]) => part.replace(/\\(.)/g, '$1')).join('');
	for (const [, id, text] of readFileSync(file, 'utf8').matchAll(/^msgid ((?:".*"\s*)+)^msgstr ((?:".*"\s*)+)/gm)) texts.set(read(id), read(text));
	texts.delete('');
	return texts;
}

const french = catalogue(path.join(import.meta.dirname, '../../ui/language/fr.po'));

// English texts of the catalogue that a page could hold by accident: whole, and unlike their French.
const english = new Set([...french].filter(([id, text]) => id !== text && !id.includes('%')).map(([id]) => id.toLowerCase()));

// Each text node, title and label that people read or hear, but not what people or devices typed,
// nor what the page itself marks as English: the policy as it was written, and the API's words.
function spoken() {
	const found = [];
	const walker = document.createTreeWalker(document.querySelector('body'), NodeFilter.SHOW_TEXT);
	while (walker.nextNode()) {
		const { parentElement: at, textContent } = walker.currentNode;
		if (!at.closest('script, style, pre, code, .mono, .letter, [lang="en"]')) found.push(textContent);
	}
	for (const at of document.querySelectorAll('[aria-label], [alt], [data-label]')) if (!at.closest('[lang="en"]')) found.push(at.getAttribute('aria-label') ?? '', at.getAttribute('alt') ?? '', at.dataset.label ?? '');
	return [document.title, ...found].map((text) => text.replace(/\s+/g, ' ').trim()).filter(Boolean);
}

for (const { role, email, pages } of roles.filter(({ role }) => ['nobody', 'member', 'admin'].includes(role))) {
	test(`pages of ${role} are in French once it is chosen`, { skip }, async (t) => {
		const { context, page, go } = await visitor(browser, server.base);
		if (email) await signIn(server.base, page, email);
		await go(email ? '/me' : '/sign-in');
		await page.locator('details.menu summary', { hasText: 'Language' }).click();
		await follow(page, page.getByRole('button', { name: 'Français' }));
		assert.ok((await context.cookies()).some(({ name, value }) => name === 'lang' && value === 'fr'));
		for (const row of pages) {
			await t.test(`${role}: ${row.name}`, async () => {
				await go(await address(server.base, page, row));
				assert.equal(await page.locator('html').getAttribute('lang'), 'fr');
				const left = (await page.evaluate(spoken)).filter((text) => english.has(text.toLowerCase()) || english.has(text.toLowerCase().replace(/\.$/, '')));
				assert.deepEqual([...new Set(left)], []);
			});
		}
		await context.close();
	});
}

test('numbers, dates and times follow the language', { skip }, async () => {
	const { page, go } = await visitor(browser, server.base);
	await signIn(server.base, page, 'ezra@demo.example');
	await go('/today');
	await page.locator('html[lang=fr]').waitFor();
	assert.match(await page.locator('.ranges .number').first().innerText(), /^\d+,\d\s%$/);
	assert.match(await page.locator('.reading + p time').innerText(), /^\d{1,2}(er)? (janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre) \d{4}/);
});
