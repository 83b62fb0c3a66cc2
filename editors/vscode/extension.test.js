"use strict";
// What the test pane is told, with stand-ins for what only the editor has: `node --test`.

const assert = require("node:assert/strict");
const Module = require("node:module");
const { test } = require("node:test");

class TestMessage {
  constructor(message) {
    this.message = message;
  }
  static diff(message, expected, actual) {
    return Object.assign(new TestMessage(message), { expectedOutput: expected, actualOutput: actual });
  }
}
const editor = { TestMessage, Location: class {}, EventEmitter: class {} };
const load = Module._load;
Module._load = (name, ...rest) => (name === "vscode" ? editor : name === "vscode-languageclient/node" ? {} : load(name, ...rest));
const { examplesOf, report } = require("./extension.js");

function told(found) {
  const calls = [];
  const note = (name) => (_, messages) => calls.push([name, messages]);
  report({ passed: note("passed"), failed: note("failed"), errored: note("errored") }, { uri: "u" }, found);
  return calls;
}

const example = { rule: "my.rules/r", example: "a", passed: true, expected: "fires", got: "fires", because: [] };

test("an example that is answered as expected passes", () => {
  assert.deepEqual(told({ ok: true, examples: [example] }), [["passed", undefined]]);
});

test("one that is not fails with both answers and the clause that decided", () => {
  const wrong = { ...example, passed: false, got: "clear", because: ["not so: patient.gender is male"] };
  const [[name, [message]]] = told({ ok: false, examples: [example, wrong] });
  assert.equal(name, "failed");
  assert.equal(message.message, "my.rules/r:\nnot so: patient.gender is male");
  assert.deepEqual([message.expectedOutput, message.actualOutput], ["fires", "clear"]);
});

test("what was not run is an error, and never passes", () => {
  assert.equal(told({ ok: false, refused: true, text: "a.rules:3 is wrong" })[0][0], "errored");
  assert.equal(told({ ok: true, examples: [], text: "" })[0][0], "errored");
});

test("the examples below an item are found in order", () => {
  const item = (label, ...children) => ({ label, children: { size: children.length, forEach: (each) => children.forEach(each) } });
  const tree = item("file", item("one", item("a"), item("b")), item("two", item("c")));
  assert.deepEqual(examplesOf([tree]).map((one) => one.label), ["a", "b", "c"]);
});
