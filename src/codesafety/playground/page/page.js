"use strict";
// The one page. It asks the server that it came from, and nobody else; the patient is one JSON text, which the form writes too.

const PAUSE_MS = 150;
const SHARED = 1; // the version of the file that is downloaded
const byId = (id) => document.getElementById(id);
const rules = byId("rules"), behind = byId("behind"), json = byId("json");
let patient = { submission: {}, record: { complete: [{ kind: "entry" }, { kind: "medication" }] } };
let choices = [];
let waiting = 0, asked = 0;
let untouched = true; // nobody has given a patient yet

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name in made && name !== "for") made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

// ------------------------------------------------------------------------------------------------ asking

function ask() {
  clearTimeout(waiting);
  waiting = setTimeout(send, PAUSE_MS);
}

async function post(where, given) {
  const response = await fetch(where, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(given) });
  if (!response.ok) throw new Error(await response.text());
  return response.json();
}

async function send() {
  const mine = ++asked;
  try {
    const found = await post("answer", { rules: rules.value, patient: json.value });
    if (mine === asked) show(found);
  } catch (error) {
    if (mine !== asked) return;
    byId("state").textContent = `Not checked: ${error.message || "the server does not answer"}`;
    byId("summary").textContent = "Nothing here was checked.";
    byId("answers").replaceChildren();
  }
}

function show(found) {
  underline(found.problems);
  problems(found.problems);
  answers(found.rules, found.patient_problem);
  byId("patient-problem").textContent = found.patient_problem || "";
  offer(found.patients);
}

// ------------------------------------------------------------------------------------------------ what is wrong

function underline(found) {
  const text = rules.value;
  const parts = [];
  let at = 0;
  for (const one of found) {
    if (one.start < at || one.end <= one.start) continue;
    parts.push(text.slice(at, one.start), element("mark", { className: one.severity }, text.slice(one.start, one.end)));
    at = one.end;
  }
  behind.replaceChildren(...parts, text.slice(at), "\n");
  follow();
}

function follow() {
  behind.scrollTop = rules.scrollTop;
  behind.scrollLeft = rules.scrollLeft;
}

function problems(found) {
  const errors = found.filter((one) => one.severity === "error").length;
  const warnings = found.length - errors;
  const said = [errors && `${errors} ${errors === 1 ? "error" : "errors"}`, warnings && `${warnings} ${warnings === 1 ? "warning" : "warnings"}`];
  byId("state").textContent = found.length ? said.filter(Boolean).join(", ") + "." : "Nothing is wrong.";
  byId("problems").replaceChildren(
    ...found.map((one) => {
      const go = element("button", { type: "button" }, `Line ${one.line}, ${one.severity} ${one.code}: ${one.message}`);
      if (one.help) go.append(element("span", { className: "help" }, one.help));
      go.addEventListener("click", () => {
        rules.focus();
        rules.setSelectionRange(one.start, one.end);
      });
      return element("li", { className: one.severity }, go);
    }),
  );
}

// ------------------------------------------------------------------------------------------------ answers

const KINDS = { fires: "fires", clear: "clear", "cannot tell": "untold", "not checked": "untold" };

function answers(found, wrong) {
  const place = byId("answers");
  const open = new Set([...place.querySelectorAll("details[open]")].map((one) => one.id));
  if (!place.childElementCount && found.length) open.add(`picture-${found[0].name}`);
  place.replaceChildren(...found.map((one) => rule(one, open)));
  byId("summary").textContent = wrong
    ? "Not checked: the patient cannot be read."
    : found.length
      ? found.map((one) => `${one.name}: ${one.answer}`).join("; ")
      : "There is no rule here, so that none was asked.";
}

function rule(one, open) { // open: what of all rules is unfolded
  const made = element("article", { className: `rule ${KINDS[one.answer] || ""}` });
  made.append(
    element("h3", {}, one.name),
    element("p", { className: "verdict" }, one.answer + (one.answer === "fires" ? ` (${one.action})` : "")),
    element("p", {}, one.paragraph),
  );
  if (one.asked.length) {
    const id = `why-${one.name}`;
    const why = element("details", { id, open: open.has(id) }, element("summary", {}, "Why, clause by clause"));
    for (const asked of one.asked) {
      why.append(element("p", {}, `${asked.about}: ${asked.outcome}`), clauses(asked.clauses));
      if (asked.exceptions.length) why.append(element("p", {}, "Unless:"), clauses(asked.exceptions));
    }
    made.append(why);
  }
  if (one.answer !== "not checked") made.append(pictured(one.name, open));
  return made;
}

function pictured(name, open) {
  const id = `picture-${name}`;
  const kept = byId(id); // that of before stays until there is another: nothing flickers at a key
  const place = kept ? kept.querySelector("div") : element("div", { role: "group", ariaLabel: `For whom ${name} fires` });
  const made = element("details", { id, open: open.has(id) }, element("summary", {}, "For whom it fires"), place);
  made.addEventListener("toggle", () => made.open && draw(name, place));
  return made;
}

let drawing = Promise.resolve(); // one at a time, so that keys do not pile up pictures

function draw(name, place) {
  const text = rules.value;
  if (place.dataset.of === text) return;
  place.dataset.of = text;
  drawing = drawing.then(async () => {
    if (place.dataset.of !== text) return;
    const parts = await drawn(name, text);
    if (place.dataset.of === text) place.replaceChildren(...parts);
  });
}

async function drawn(name, text) {
  try {
    const found = await post("picture", { rules: text, rule: name });
    if (found.why) return [element("p", {}, found.why)];
    const source = `data:image/svg+xml,${encodeURIComponent(found.svg)}`;
    return [
      element("img", { src: source, alt: `For whom ${name} fires; in words below.` }),
      element("ul", {}, ...found.sentences.map((one) => element("li", {}, one))),
    ];
  } catch (error) {
    return [element("p", {}, `Not drawn: ${error.message || "the server does not answer"}`)];
  }
}

function clauses(found) {
  return element(
    "ul",
    {},
    ...found.map((one) => {
      const words = element("span", {}, element("code", {}, one.words));
      if (one.notes.length) words.append(element("span", { className: "notes" }, ` (${one.notes.join("; ")})`));
      const line = element("li", {}, element("div", { className: "clause" }, element("span", { className: "value" }, one.value), words));
      if (one.parts.length) line.append(clauses(one.parts));
      return line;
    }),
  );
}

// ------------------------------------------------------------------------------------------------ the patient

const SIDES = [["submission", "incoming"], ["record", "in the record"]];
const FIELDS = {
  entries: [
    ["code", "Code", (item) => coding(item.codings).code, (item, value) => code(item, "codings", { code: value })],
    ["system", "System", (item) => coding(item.codings).system, (item, value) => code(item, "codings", { system: value })],
    ["date", "Date", (item) => item.date, (item, value) => set(item, "date", value)],
    ["assertion", "Stated as", (item) => item.assertion, (item, value) => set(item, "assertion", value), ["", "present", "absent", "possible", "planned"]],
    ["temporality", "Time", (item) => item.temporality, (item, value) => set(item, "temporality", value), ["", "current", "past"]],
    ["subject", "Of whom", (item) => item.subject, (item, value) => set(item, "subject", value), ["", "patient", "family"]],
  ],
  medications: [
    ["code", "Code", (item) => coding(item.products).code, (item, value) => code(item, "products", { code: value })],
    ["system", "System", (item) => coding(item.products).system, (item, value) => code(item, "products", { system: value })],
    ["date", "Handed over", (item) => item.handed_over, (item, value) => set(item, "handed_over", value)],
  ],
};

const coding = (list) => (list && list[0]) || {};

function code(item, name, change) {
  const made = { system: "sct", ...coding(item[name]), ...change };
  if ("code" in change) delete made.display;
  item[name] = [made, ...(item[name] || []).slice(1)];
}

function set(item, name, value) {
  if (value) item[name] = value;
  else delete item[name];
}

function changed() {
  untouched = false;
  json.value = JSON.stringify(patient, null, 2);
  ask();
}

function form() {
  const who = (patient.submission || {}).patient || {};
  byId("gender").value = who.gender || "";
  byId("born").value = who.born || "";
  byId("held").value = !patient.record ? "none" : (patient.record.complete || []).length ? "complete" : "open";
  for (const kind of Object.keys(FIELDS)) items(kind);
}

function items(kind) {
  const singular = kind === "entries" ? "entry" : "medicine";
  const rows = [];
  let number = 0;
  for (const [side] of SIDES) {
    const list = (patient[side] && patient[side][kind]) || [];
    list.forEach((item, index) => {
      number += 1;
      const called = `${singular} ${number}`;
      const row = element("li", { "aria-label": called });
      for (const field of FIELDS[kind]) row.append(input(kind, field, item, `${kind}-${number}`, called));
      const id = `${kind}-${number}-side`;
      const where = element("select", { id, "aria-label": `Where, ${called}` }, ...SIDES.map(([value, text]) => element("option", { value }, text)));
      where.value = side;
      where.addEventListener("change", () => {
        list.splice(index, 1);
        add(where.value, kind, item);
      });
      const remove = element("button", { type: "button", "aria-label": `Remove ${called}` }, "Remove");
      remove.addEventListener("click", () => {
        list.splice(index, 1);
        form();
        changed();
        byId(kind === "entries" ? "add-entry" : "add-medication").focus();
      });
      row.append(element("div", {}, element("label", { for: id }, "Where"), where), remove);
      rows.push(row);
    });
  }
  byId(kind).replaceChildren(...rows);
}

function input(kind, [name, label, read, write, options], item, prefix, called) {
  const id = `${prefix}-${name}`;
  const made = options
    ? element("select", { id }, ...options.map((value) => element("option", { value }, value || "not said")))
    : element("input", { id, autocomplete: "off", placeholder: name === "date" ? "YYYY-MM-DD" : "" });
  made.setAttribute("aria-label", `${label}, ${called}`);
  made.value = read(item) || "";
  made.addEventListener("input", () => {
    write(item, made.value.trim());
    changed();
  });
  return element("div", {}, element("label", { for: id }, label), made);
}

function add(side, kind, item) {
  if (!patient[side]) patient[side] = side === "record" ? { complete: [{ kind: "entry" }, { kind: "medication" }] } : {};
  const list = (patient[side][kind] = patient[side][kind] || []);
  list.push(item);
  list.forEach((one, index) => {
    one.path = `${side === "record" ? "record" : "incoming"}.${kind === "entries" ? "entry" : "medication"}[${index}]`;
  });
  form();
  changed();
}

function person(name, value) {
  for (const [side] of SIDES) {
    if (!patient[side]) continue;
    patient[side].patient = patient[side].patient || {};
    set(patient[side].patient, name, value);
  }
  changed();
}

function offer(found) {
  if (!found.length || JSON.stringify(found) === JSON.stringify(choices)) return; // while no rule is right, those of before
  const first = !choices.length;
  choices = found;
  const place = byId("patients");
  place.replaceChildren(element("option", { value: "" }, "Choose one"), ...found.map((one, index) => element("option", { value: String(index) }, one.name)));
  if (first && untouched) {
    place.value = "0";
    take(found[0].patient);
  }
}

function take(given) {
  patient = structuredClone(given);
  form();
  changed();
}

// ------------------------------------------------------------------------------------------------ a file of it

function download() {
  const text = JSON.stringify({ codesafety_playground: SHARED, rules: rules.value, patient: json.value }, null, 2);
  const link = element("a", { href: URL.createObjectURL(new Blob([text], { type: "application/json" })), download: "playground.json" });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

async function open(file) {
  try {
    const held = JSON.parse(await file.text());
    if (held.codesafety_playground !== SHARED || typeof held.rules !== "string" || typeof held.patient !== "string") throw new Error();
    rules.value = held.rules;
    json.value = held.patient;
    edited();
  } catch {
    byId("state").textContent = "This file is none that a playground wrote.";
  }
}

function edited() {
  untouched = false;
  try {
    const held = JSON.parse(json.value);
    if (held && typeof held === "object" && !Array.isArray(held)) {
      patient = held;
      form();
    }
  } catch {
    // the server says what is wrong with it
  }
  ask();
}

// ------------------------------------------------------------------------------------------------ begin

rules.addEventListener("input", () => {
  underline([]);
  ask();
});
rules.addEventListener("scroll", follow);
json.addEventListener("input", edited);
byId("form").addEventListener("submit", (event) => event.preventDefault());
byId("gender").addEventListener("change", (event) => person("gender", event.target.value));
byId("born").addEventListener("input", (event) => person("born", event.target.value.trim()));
byId("held").addEventListener("change", (event) => {
  const value = event.target.value;
  if (value === "none") patient.record = null;
  else {
    patient.record = patient.record || { patient: { ...((patient.submission || {}).patient || {}) } };
    if (value === "complete") patient.record.complete = [{ kind: "entry" }, { kind: "medication" }];
    else delete patient.record.complete;
  }
  form();
  changed();
});
byId("add-entry").addEventListener("click", () => add("submission", "entries", { codings: [{ system: "sct", code: "" }] }));
byId("add-medication").addEventListener("click", () => add("submission", "medications", { products: [{ system: "sct", code: "" }] }));
byId("patients").addEventListener("change", (event) => {
  if (event.target.value) take(choices[Number(event.target.value)].patient);
});
byId("download").addEventListener("click", download);
byId("open").addEventListener("change", (event) => {
  if (event.target.files.length) open(event.target.files[0]);
  event.target.value = "";
});

(async () => {
  rules.value = await (await fetch("first.rules")).text();
  json.value = JSON.stringify(patient, null, 2);
  form();
  ask();
})();
