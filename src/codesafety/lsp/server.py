"""The server: what editors ask, answered from the desk. It speaks over standard input and output, and to nobody else."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer

from codesafety import __version__
from codesafety.authoring.lint.told import Told
from codesafety.errors import CodesafetyError, RuleError
from codesafety.language import format_text
from codesafety.lsp import names, reading, running, telling
from codesafety.lsp.completing import complete
from codesafety.lsp.desk import Desk
from codesafety.lsp.names import Refused
from codesafety.lsp.places import path_of, uri_of

IDLE_S: Final = 0.8
"""How long nothing must have been written before the linter looks."""
_REQUEST_FAILED: Final = -32803


class Failed(JsonRpcException):
    """A request that cannot be answered, with the reason."""

    CODE = _REQUEST_FAILED
    MESSAGE = "Request Failed"


class Server(LanguageServer):
    """A language server with a desk."""

    def __init__(self, release: Path | None = None) -> None:
        super().__init__("codesafety", __version__)
        self.desk = Desk(release)
        self.colours = reading.Colours()
        self.told: tuple[Told, ...] = ()
        self.shows_answers = False
        """Whether the editor shows what its lenses answer by itself."""
        self._shown: dict[Path, list[types.Diagnostic]] = {}
        self._lint: asyncio.Task[None] | None = None
        self._looking: asyncio.Future[tuple[Told, ...]] | None = None

    def tell(self) -> None:
        """Send what is wrong in each file of which that has changed."""
        now = telling.diagnostics(self.desk, self.told)
        for path in {**self._shown, **now}:
            if now.get(path, []) != self._shown.get(path, []) or (path in now and path not in self._shown):
                parameters = types.PublishDiagnosticsParams(uri_of(path), now.get(path, []))
                self.text_document_publish_diagnostics(parameters)
        self._shown = now

    def changed(self) -> None:
        """Tell what is wrong now, and have the linter look once nothing is written for a while."""
        self.tell()
        if self._lint is not None:
            self._lint.cancel()
        self._lint = asyncio.get_running_loop().create_task(self._look())

    async def _look(self) -> None:
        await asyncio.sleep(IDLE_S)
        desk = self.desk
        if self._looking is not None and not self._looking.done():
            await asyncio.wait([self._looking])  # it is of a text that is past, and cannot be stopped
        if not desk.checked.whole:
            return
        rulesets = sorted({desk.checked.ruleset_of[path] for path in desk.drafts.paths})
        self._looking = asyncio.ensure_future(running.linted(desk, desk.checked, rulesets))
        try:
            self.told = await asyncio.shield(self._looking)
        except CodesafetyError as error:
            self.window_log_message(types.LogMessageParams(types.MessageType.Warning, str(error)))
            return
        self.tell()


def _no_refusal(record: logging.LogRecord) -> bool:
    """Return whether a line of the protocol's log tells of a fault: that something was refused, the editor tells."""
    return record.exc_info is None or not isinstance(record.exc_info[1], Failed)


def server(release: Path | None = None) -> Server:
    """Return the server. Raises CodesafetyError where the release or a plugin cannot be opened."""
    logging.getLogger("pygls.protocol.json_rpc").addFilter(_no_refusal)
    made = Server(release)
    _documents(made)
    _reading(made)
    _writing(made)
    _commands(made)
    return made


def _documents(made: Server) -> None:
    desk = made.desk

    @made.feature(types.INITIALIZE)
    def initialize(parameters: types.InitializeParams) -> None:
        options = parameters.initialization_options
        made.shows_answers = isinstance(options, dict) and options.get("showsAnswers") is True

    @made.feature(types.INITIALIZED)
    def initialized(_: types.InitializedParams) -> None:
        desk.places.encoding = made.workspace.position_encoding or types.PositionEncodingKind.Utf16
        folders = made.workspace.folders or ({made.workspace.root_uri: None} if made.workspace.root_uri else {})
        desk.survey([path_of(uri) for uri in folders])

    @made.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def opened(parameters: types.DidOpenTextDocumentParams) -> None:
        desk.write(path_of(parameters.text_document.uri), parameters.text_document.text)
        made.changed()
        gc.freeze()  # what stands on the desk stays there: a collection need not look at it after every key

    @made.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def changed(parameters: types.DidChangeTextDocumentParams) -> None:
        uri = parameters.text_document.uri
        desk.write(path_of(uri), made.workspace.get_text_document(uri).source)
        made.changed()

    @made.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def closed(parameters: types.DidCloseTextDocumentParams) -> None:
        desk.close(path_of(parameters.text_document.uri))
        made.changed()

    @made.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def saved(_: types.DidSaveTextDocumentParams) -> None:
        desk.reread([])
        made.changed()

    @made.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def watched(parameters: types.DidChangeWatchedFilesParams) -> None:
        desk.reread([path_of(change.uri) for change in parameters.changes])
        made.changed()


def _reading(made: Server) -> None:
    desk = made.desk

    @made.feature(types.TEXT_DOCUMENT_HOVER)
    async def hover(parameters: types.HoverParams) -> types.Hover | None:
        place = desk.places.at(parameters.text_document.uri, parameters.position)
        found = reading.hover(desk, *place) if place is not None else None
        if place is not None and found is not None and (declared := names.declared_at(desk, *place)) is not None:
            assert isinstance(found.contents, types.MarkupContent)
            found.contents.value += await running.drawn(desk, reading.rules_of(desk, declared))
        return found

    @made.feature(types.TEXT_DOCUMENT_DEFINITION)
    def definition(parameters: types.DefinitionParams) -> types.Location | None:
        place = desk.places.at(parameters.text_document.uri, parameters.position)
        return names.definition(desk, *place) if place is not None else None

    @made.feature(types.TEXT_DOCUMENT_REFERENCES)
    def references(parameters: types.ReferenceParams) -> list[types.Location]:
        place = desk.places.at(parameters.text_document.uri, parameters.position)
        declaration = parameters.context.include_declaration
        return names.references(desk, *place, declaration=declaration) if place is not None else []

    @made.feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    def symbols(parameters: types.DocumentSymbolParams) -> list[types.DocumentSymbol]:
        return names.document_symbols(desk, parameters.text_document.uri)

    @made.feature(types.WORKSPACE_SYMBOL)
    def workspace_symbols(parameters: types.WorkspaceSymbolParams) -> list[types.WorkspaceSymbol]:
        return names.workspace_symbols(desk, parameters.query)

    @made.feature(types.TEXT_DOCUMENT_FOLDING_RANGE)
    def folding(parameters: types.FoldingRangeParams) -> list[types.FoldingRange]:
        return names.folding(desk, parameters.text_document.uri)

    @made.feature(types.TEXT_DOCUMENT_INLAY_HINT)
    def inlay_hints(parameters: types.InlayHintParams) -> list[types.InlayHint]:
        return reading.inlay_hints(desk, parameters.text_document.uri, parameters.range)

    @made.feature(types.TEXT_DOCUMENT_CODE_LENS)
    def code_lenses(parameters: types.CodeLensParams) -> list[types.CodeLens]:
        return reading.code_lenses(desk, parameters.text_document.uri)

    @made.feature(types.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL, types.SemanticTokensLegend(list(reading.TOKENS), []))
    def semantic_tokens(parameters: types.SemanticTokensParams) -> types.SemanticTokens:
        return made.colours.of(desk, parameters.text_document.uri)


def _writing(made: Server) -> None:
    desk = made.desk

    @made.feature(types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(trigger_characters=[".", " "]))
    def completion(parameters: types.CompletionParams) -> list[types.CompletionItem]:
        place = desk.places.at(parameters.text_document.uri, parameters.position)
        return complete(desk, *place) if place is not None else []

    @made.feature(types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions([types.CodeActionKind.QuickFix]))
    def code_actions(parameters: types.CodeActionParams) -> list[types.CodeAction]:
        return telling.quick_fixes(desk, parameters.text_document.uri, parameters.range, made.told)

    @made.feature(types.TEXT_DOCUMENT_FORMATTING)
    def formatting(parameters: types.DocumentFormattingParams) -> list[types.TextEdit]:
        path = path_of(parameters.text_document.uri)
        text = desk.drafts.text(path)
        if text is None:
            return []
        try:
            neat = format_text(text, path.as_posix())
        except RuleError as error:
            first = error.diagnostics[0]
            line = desk.places.position(text, first.span.start).line + 1
            raise Failed(f"line {line}: {first.message}: what is not understood is not laid out") from None
        return [types.TextEdit(desk.places.whole(path), neat)] if neat != text else []

    @made.feature(types.TEXT_DOCUMENT_PREPARE_RENAME)
    def prepare_rename(parameters: types.PrepareRenameParams) -> types.Range | None:
        place = desk.places.at(parameters.text_document.uri, parameters.position)
        return _or_failed(lambda: names.prepare_rename(desk, *place)) if place is not None else None

    @made.feature(types.TEXT_DOCUMENT_RENAME, types.RenameOptions(prepare_provider=True))
    def rename(parameters: types.RenameParams) -> types.WorkspaceEdit | None:
        place = desk.places.at(parameters.text_document.uri, parameters.position)
        return _or_failed(lambda: names.rename(desk, *place, parameters.new_name)) if place is not None else None


def _or_failed(ask: Callable[[], Any]) -> Any:
    try:
        return ask()
    except Refused as reason:
        raise Failed(str(reason)) from None


def _commands(made: Server) -> None:
    desk = made.desk
    run, coverage, why = reading.LENSES

    def answered(ask: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Return an answer, and show its first line where the editor has not said that it shows answers itself."""
        try:
            found = ask()
        except (Refused, CodesafetyError) as reason:
            found = {"ok": False, "refused": True, "text": str(reason)}
        if made.shows_answers:
            return found
        kind = types.MessageType.Info if found["ok"] else types.MessageType.Warning
        made.window_show_message(types.ShowMessageParams(kind, found["text"].partition("\n")[0]))
        return found

    @made.command(run)
    def run_examples(uri: str, *named: str) -> dict[str, Any]:  # a rule, and an example of it; pygls fills no defaults in
        return answered(lambda: running.run(desk, uri, *named))

    @made.command(coverage)
    def show_coverage(uri: str, rule: str) -> dict[str, Any]:
        return answered(lambda: running.coverage(desk, uri, rule))

    @made.command(why)
    def show_why(uri: str, rule: str, example: str) -> dict[str, Any]:
        return answered(lambda: running.why(desk, uri, rule, example))
