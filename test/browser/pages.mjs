// Every page that a person can open, by role.  `find` gives an address that only the running
// server knows: the first link of a list; where `make` is there, it makes what the list would lack.
const everyone = [
	{ name: 'sign-in', path: '/sign-in' },
	{ name: 'sign-in-sent', path: '/sign-in/sent' },
	{ name: 'link-used', path: '/sign-in/link?secret=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' },
	{ name: 'privacy', path: '/privacy' },
	{ name: 'privacy-versions', path: '/privacy/versions' },
	{ name: 'privacy-diff', path: '/privacy/diff' },
	{ name: 'trust', path: '/trust' },
	{ name: 'log', path: '/log' },
	{ name: 'inbox', path: '/inbox' },
	{ name: 'api', path: '/api' },
	{ name: 'absent', path: '/no/such/page', status: 404 },
];

// Clicks what loads a page.
const press = (page, locator) => Promise.all([page.waitForEvent('load'), locator.click()]);

// A request under one's rights, in its two steps; which also is a message to whoever asks.
async function ask(base, page, kind) {
	await page.goto(`${base.href}/me/requests/new?kind=${kind}`);
	await page.locator('#text').fill('My last name is spelled with one l.');
	await press(page, page.locator('main form.form button[type=submit]'));
	await press(page, page.locator('main button[name=confirmed]'));
}

const own = [
	{ name: 'me', path: '/me' },
	{ name: 'sessions', path: '/me/sessions' },
	{ name: 'looks', path: '/me/looks' },
	{ name: 'tokens', path: '/me/tokens' },
	{ name: 'messages', path: '/me/messages' },
	{ name: 'welcome', path: '/welcome' },
	{ name: 'enrol', path: '/sign-in/enrol' },
	{ name: 'requests', path: '/me/requests' },
	{ name: 'shared', path: '/shared' },
];

const rights = ['access', 'portability', 'rectification', 'erasure', 'restriction', 'objection'];

const people = { name: 'people', path: '/admin/people' };

export const roles = [
	{ role: 'nobody', email: null, pages: everyone },
	{ role: 'member', email: 'alma@demo.example', pages: [
		{ name: 'today', path: '/today' },
		{ name: 'trends', path: '/trends' },
		{ name: 'trends-day', path: '/trends?days=1' },
		{ name: 'trends-ketone', path: '/trends?analyte=ketone&days=90' },
		{ name: 'agp', path: '/agp' },
		{ name: 'agp-90', path: '/agp?days=90' },
		{ name: 'devices', path: '/devices' },
		{ name: 'device', find: { path: '/devices', link: 'main tbody th a' } },
		{ name: 'device-new', path: '/devices/new' },
		{ name: 'export', path: '/export' },
		...own,
		{ name: 'consents', path: '/me/consents' },
		...rights.map((kind) => ({ name: `request-${kind}`, path: `/me/requests/new?kind=${kind}` })),
		{ name: 'message', make: (base, page) => ask(base, page, 'rectification'), find: { path: '/me/messages', link: 'main tbody th a, main .links a' } },
		{ name: 'requests-asked', path: '/me/requests' },
		{ name: 'refused', path: '/admin/people', status: 403 },
	] },
	{ role: 'admin', email: 'admin@demo.example', pages: [
		{ name: 'staff', path: '/staff' },
		people,
		{ name: 'person-reason', find: { path: '/admin/people', link: 'main tbody th a' } },
		{ name: 'person', find: { path: '/admin/people', link: 'main tbody th a' }, query: '?reason=the+quarterly+look+at+accounts' },
		{ name: 'person-new', path: '/admin/people/new' },
		{ name: 'admin-policy', path: '/admin/policy' },
		{ name: 'person-consents', find: { path: '/admin/people', link: 'main tbody th a' }, query: '/consents?reason=a+question+by+phone' },
		{ name: 'person-steps', find: { path: '/admin/people', link: 'main tbody th a' }, query: '/steps' },
		{ name: 'queue', path: '/admin/requests' },
		{ name: 'queue-all', path: '/admin/requests?all=1' },
		{ name: 'request', find: { path: '/admin/requests', link: 'main tbody th a' } },
		{ name: 'request-new', path: '/admin/requests/new' },
		{ name: 'office', path: '/admin' },
		{ name: 'registers', path: '/admin/registers' },
		{ name: 'register', path: '/admin/registers/attestation' },
		{ name: 'register-empty', path: '/admin/registers/transfer' },
		{ name: 'register-new', path: '/admin/registers/incident/new' },
		{ name: 'register-entry', find: { path: '/admin/registers/attestation', link: 'main tbody th a' } },
		{ name: 'register-incident', find: { path: '/admin/registers/incident', link: 'main tbody th a' } },
		{ name: 'breach-tell', find: { path: '/admin/registers/incident', link: 'main tbody th a' }, query: '/tell' },
		{ name: 'disclosure-new', path: '/admin/registers/disclosure/new' },
		{ name: 'processing', path: '/admin/registers/processing' },
		{ name: 'alerts', path: '/admin/alerts' },
		{ name: 'usage', path: '/admin/usage' },
		{ name: 'refused', path: '/today', status: 403 },
		...own,
	] },
	{ role: 'support', email: 'support@demo.example', pages: [{ name: 'staff', path: '/staff' }, ...own] },
	{ role: 'auditor', email: 'auditor@demo.example', pages: [{ name: 'log', path: '/log' }, ...own] },
	{ role: 'clinician', email: 'clinician@demo.example', pages: own },
];

// The address of a page, below the tenant.
export async function address(base, page, row) {
	await row.make?.(base, page);
	if (row.path) return row.path;
	await page.goto(base.href + row.find.path);
	const found = await page.locator(row.find.link).first().getAttribute('href');
	return found.slice(base.pathname.length) + (row.query ?? '');
}
