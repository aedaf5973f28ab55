// Lists the operations of an OpenAPI document and tries those that only read.
const place = document.getElementById("explorer");
const words = place.dataset;

function element(name, attributes = {}, ...inside) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...inside);
  return made;
}

function parameterField(parameter, id) {
  const input = element("input", { id, name: parameter.name, class: "short", autocomplete: "off" });
  return element("div", { class: "field" }, element("label", { for: id, lang: "en" }, parameter.name), input);
}

function address(base, path, parameters, form) {
  const query = new URLSearchParams();
  for (const { name, in: where } of parameters) {
    const value = form.elements[name].value;
    if (where === "path") path = path.replace(`{${name}}`, encodeURIComponent(value));
    else if (value !== "") query.set(name, value);
  }
  return base + path + (query.size ? `?${query}` : "");
}

async function answer(url) {
  const response = await fetch(url, { headers: { Accept: "application/json" } });
  const text = await response.text();
  try {
    return `${response.status}\n${JSON.stringify(JSON.parse(text), null, 2)}`;
  } catch {
    return `${response.status}\n${text}`;
  }
}

function tryForm(base, path, parameters, key) {
  const output = element("pre", { class: "answer", "aria-live": "polite", "aria-label": words.answer });
  const form = element("form", { class: "filters" },
    ...parameters.map((parameter, i) => parameterField(parameter, `${key}-${i}`)),
    element("button", { class: "second", type: "submit" }, words.try));
  output.hidden = true;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    output.hidden = false;
    output.textContent = await answer(address(base, path, parameters, form));
  });
  return [form, output];
}

function operation(base, path, method, what, key) {
  const parameters = what.parameters ?? [];
  const body = element("div", {});
  if (what.description) body.append(element("p", { class: "quiet small", lang: "en" }, what.description));
  for (const type of Object.keys(what.requestBody?.content ?? {})) {
    body.append(element("p", { class: "small" }, `${words.body}: `, element("code", {}, type)));
  }
  if (method === "get") body.append(...tryForm(base, path, parameters, key));
  return element("details", { class: "operation" },
    element("summary", {}, element("span", { class: "method" }, method.toUpperCase()), element("code", {}, path), element("span", { class: "quiet", lang: "en" }, what.summary ?? "")), body);
}

function show(description) {
  const base = new URL(description.servers?.[0]?.url ?? "", location.href).pathname.replace(/\/$/, "");
  const groups = new Map();
  let number = 0;
  for (const [path, methods] of Object.entries(description.paths)) {
    for (const [method, what] of Object.entries(methods)) {
      const group = what.tags?.[0] ?? "";
      if (!groups.has(group)) groups.set(group, []);
      groups.get(group).push(operation(base, path, method, what, `try-${number++}`));
    }
  }
  place.replaceChildren(...[...groups].flatMap(([group, list]) => [element("h2", { lang: "en" }, group), ...list]));
}

try {
  const response = await fetch(words.openapi);
  show(await response.json());
} catch {
  place.replaceChildren(element("div", { class: "notice problem" }, words.none));
}
