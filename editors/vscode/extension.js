"use strict";
// Starts `codesafety lsp`, shows what its lenses answer, and puts the examples of rules into the test pane.

const vscode = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

const LANGUAGE = "codesafety";
const RUN = "codesafety.run";
const SHOWN = new Set(["codesafety.coverage", "codesafety.why"]);
const SCHEME = "codesafety-answer";

let client;

/** The last answer to each lens, as a document that can be read and copied. */
class Answers {
  constructor() {
    this.texts = new Map();
    this.emitter = new vscode.EventEmitter();
    this.onDidChange = this.emitter.event;
  }
  provideTextDocumentContent(uri) {
    return this.texts.get(uri.path) || "";
  }
  async show(title, text) {
    const uri = vscode.Uri.from({ scheme: SCHEME, path: `/${title}` });
    this.texts.set(uri.path, text);
    this.emitter.fire(uri);
    await vscode.window.showTextDocument(uri, { viewColumn: vscode.ViewColumn.Beside, preview: true, preserveFocus: true });
  }
}

function started(answers) {
  const [command, ...args] = vscode.workspace.getConfiguration(LANGUAGE).get("command");
  return new LanguageClient(
    LANGUAGE,
    "codesafety",
    { command, args },
    {
      documentSelector: [{ language: LANGUAGE, scheme: "file" }, { language: LANGUAGE, scheme: "untitled" }],
      initializationOptions: { showsAnswers: true }, // so that the server need not
      synchronize: { fileEvents: vscode.workspace.createFileSystemWatcher("**/*.{rules,csv}") },
      middleware: {
        executeCommand: async (name, given, next) => {
          const found = await next(name, given);
          if (found && name === RUN && found.ok) vscode.window.setStatusBarMessage(`codesafety: ${found.text}`, 5000);
          if (found && (SHOWN.has(name) || (name === RUN && !found.ok))) await answers.show(given[1] || "examples", found.text);
          return found;
        },
      },
    },
  );
}

async function start(answers) {
  client = started(answers);
  try {
    await client.start();
  } catch (error) {
    const settings = (choice) => choice && vscode.commands.executeCommand("workbench.action.openSettings", "codesafety.command");
    vscode.window
      .showErrorMessage(
        `codesafety: the server does not start. Install it (pip install 'codesafety[lsp]'), or say where it is: ${error.message || error}`,
        "Settings",
      )
      .then(settings); // which is waited for by nobody: the rest goes on
  }
}

// ------------------------------------------------------------------------------------------------ the test pane

function testPane(context) {
  const pane = vscode.tests.createTestController(LANGUAGE, "codesafety examples");
  context.subscriptions.push(pane);

  async function fill(uri) {
    const symbols = await vscode.commands.executeCommand("vscode.executeDocumentSymbolProvider", uri);
    const file = pane.createTestItem(uri.toString(), vscode.workspace.asRelativePath(uri), uri);
    for (const rule of symbols || []) {
      const examples = (rule.children || []).filter((one) => one.kind === vscode.SymbolKind.Event);
      if (!examples.length) continue;
      const item = pane.createTestItem(`${uri}#${rule.name}`, rule.name, uri);
      item.range = rule.selectionRange;
      for (const one of examples) {
        const example = pane.createTestItem(`${uri}#${rule.name}#${one.name}`, one.name, uri);
        example.range = one.selectionRange;
        item.children.add(example);
      }
      file.children.add(item);
    }
    if (file.children.size) pane.items.add(file);
    else pane.items.delete(uri.toString());
  }

  const isRules = (document) => document.languageId === LANGUAGE;
  const fillAll = async () => {
    for (const document of vscode.workspace.textDocuments.filter(isRules)) await fill(document.uri);
  };
  pane.resolveHandler = async (item) => item || fillAll();
  context.subscriptions.push(
    vscode.workspace.onDidOpenTextDocument((document) => isRules(document) && fill(document.uri)),
    vscode.workspace.onDidSaveTextDocument((document) => isRules(document) && fill(document.uri)),
    vscode.workspace.onDidCloseTextDocument((document) => pane.items.delete(document.uri.toString())),
  );
  pane.createRunProfile("Run", vscode.TestRunProfileKind.Run, (request, token) => run(pane, request, token), true);
  return fillAll;
}

/** The examples below some items, in order. */
function examplesOf(items) {
  const found = [];
  for (const item of items) {
    if (item.children.size) item.children.forEach((child) => found.push(...examplesOf([child])));
    else found.push(item);
  }
  return found;
}

async function run(pane, request, token) {
  const top = [];
  pane.items.forEach((item) => top.push(item));
  const excluded = new Set(request.exclude || []);
  const examples = examplesOf(request.include || top).filter((item) => !excluded.has(item));
  const testRun = pane.createTestRun(request);
  for (const item of examples) {
    if (token.isCancellationRequested) break;
    testRun.started(item);
    const rule = item.parent.label;
    try {
      const found = await client.sendRequest("workspace/executeCommand", {
        command: RUN,
        arguments: [item.uri.toString(), rule, item.label],
      });
      report(testRun, item, found);
    } catch (error) {
      testRun.errored(item, new vscode.TestMessage(error.message));
    }
  }
  testRun.end();
}

/** Tell the pane what an example answered: of a family it is asked once for each row. */
function report(testRun, item, found) {
  if (found.refused || !found.examples.length) {
    testRun.errored(item, new vscode.TestMessage(found.text || "the example was not run"));
    return;
  }
  const messages = found.examples
    .filter((one) => !one.passed)
    .map((one) => {
      const message = vscode.TestMessage.diff([`${one.rule}:`, ...one.because].join("\n"), one.expected, one.got);
      message.location = new vscode.Location(item.uri, item.range);
      return message;
    });
  if (messages.length) testRun.failed(item, messages);
  else testRun.passed(item);
}

// ------------------------------------------------------------------------------------------------ on and off

async function activate(context) {
  const answers = new Answers();
  context.subscriptions.push(vscode.workspace.registerTextDocumentContentProvider(SCHEME, answers));
  const begin = async () => {
    const fillAll = testPane(context);
    const again = async () => {
      await deactivate();
      await start(answers);
      await fillAll();
    };
    context.subscriptions.push(
      vscode.commands.registerCommand("codesafety.restart", again),
      vscode.workspace.onDidChangeConfiguration((event) => event.affectsConfiguration("codesafety.command") && again()),
    );
    await again();
  };
  if (vscode.workspace.isTrusted) await begin();
  else context.subscriptions.push(vscode.workspace.onDidGrantWorkspaceTrust(begin));
}

async function deactivate() {
  if (client && client.needsStop()) await client.stop();
}

module.exports = { activate, deactivate, examplesOf, report };
