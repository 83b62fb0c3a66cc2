"""A scripted editor: it starts the server as a process and speaks to it over standard input and output."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import Any

PATIENCE_S = 60


class Editor:
    """An editor with a folder open. Use it as a context."""

    def __init__(self, folder: Path, *arguments: str, capabilities: dict[str, Any] | None = None, options: Any = None) -> None:
        self.folder = folder
        with (folder.parent / "stderr.txt").open("wb") as complaints:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "codesafety", "lsp", *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=complaints,
            )
        self.pid = self._process.pid
        self._incoming: Queue[dict[str, Any]] = Queue()
        self._serial = 0
        self._versions: dict[str, int] = {}
        self.diagnostics: dict[str, list[dict[str, Any]]] = {}
        self.shown: list[str] = []
        Thread(target=self._listen, daemon=True).start()
        self.capabilities = self.request(
            "initialize",
            {"processId": None, "rootUri": folder.as_uri(), "capabilities": capabilities or {}, "initializationOptions": options, "workspaceFolders": [{"uri": folder.as_uri(), "name": "rules"}]},
        )["capabilities"]  # fmt: skip
        self.notify("initialized", {})

    def __enter__(self) -> Editor:
        return self

    def __exit__(self, *_: object) -> None:
        self.request("shutdown", None)
        self.notify("exit", None)
        self.ended = self._process.wait(PATIENCE_S)
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            stream.close()

    # -------------------------------------------------------------------------------------------- the protocol

    def _listen(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        while line := stream.readline():
            length = 0
            while line.strip():
                if line.lower().startswith(b"content-length:"):
                    length = int(line.partition(b":")[2])
                line = stream.readline()
            self._incoming.put(json.loads(stream.read(length)))

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._process.stdin.flush()

    def notify(self, method: str, parameters: Any) -> None:
        self._send({"method": method, "params": parameters})

    def ask(self, method: str, parameters: Any) -> dict[str, Any]:
        """Return the whole response to a request."""
        self._serial += 1
        self._send({"id": self._serial, "method": method, "params": parameters})
        while True:
            message = self._next()
            if message.get("id") == self._serial and "method" not in message:
                return message

    def request(self, method: str, parameters: Any) -> Any:
        """Return the result of a request, which must succeed."""
        response = self.ask(method, parameters)
        assert "error" not in response, response["error"]
        return response["result"]

    def _next(self) -> dict[str, Any]:
        try:
            message = self._incoming.get(timeout=PATIENCE_S)
        except Empty:
            raise AssertionError((self.folder.parent / "stderr.txt").read_text()) from None
        if message.get("method") == "textDocument/publishDiagnostics":
            self.diagnostics[message["params"]["uri"]] = message["params"]["diagnostics"]
        elif message.get("method") == "window/showMessage":
            self.shown.append(message["params"]["message"])
        elif "id" in message and "method" in message:
            self._send({"id": message["id"], "result": None})
        return message

    def settled(self, wanted: Any) -> None:
        """Read on until a condition holds."""
        while not wanted():
            self._next()

    # -------------------------------------------------------------------------------------------- documents

    def uri(self, name: str) -> str:
        return (self.folder / name).as_uri()

    def open(self, name: str) -> str:
        """Open a file of the folder and return its address."""
        uri = self.uri(name)
        self._versions[uri] = 1
        text = (self.folder / name).read_text("utf-8")
        self.notify(
            "textDocument/didOpen", {"textDocument": {"uri": uri, "languageId": "codesafety", "version": 1, "text": text}}
        )
        self.wait()
        return uri

    def wait(self) -> None:
        """Read on until everything that was sent has been answered."""
        self.request("workspace/symbol", {"query": ""})

    def close_all(self) -> None:
        """Close every document, and forget what was told."""
        for uri in self._versions:
            self.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
        self.wait()
        self._versions, self.diagnostics, self.shown = {}, {}, []

    def edit(self, uri: str, start: tuple[int, int], end: tuple[int, int], text: str) -> list[dict[str, Any]]:
        """Replace a range, and return what is wrong then."""
        self.change(uri, start, end, text)
        self.wait()
        return self.diagnostics[uri]

    def change(self, uri: str, start: tuple[int, int], end: tuple[int, int], text: str) -> None:
        """Replace a range, and wait for nothing."""
        self._versions[uri] += 1
        change = {"range": _range(start, end), "text": text}
        document = {"uri": uri, "version": self._versions[uri]}
        self.notify("textDocument/didChange", {"textDocument": document, "contentChanges": [change]})

    def at(self, method: str, uri: str, line: int, column: int, **more: Any) -> Any:
        place = {"line": line, "character": column}
        return self.request(f"textDocument/{method}", {"textDocument": {"uri": uri}, "position": place, **more})

    def of(self, method: str, uri: str, **more: Any) -> Any:
        return self.request(f"textDocument/{method}", {"textDocument": {"uri": uri}, **more})

    def command(self, command: str, *arguments: str) -> Any:
        return self.request("workspace/executeCommand", {"command": f"codesafety.{command}", "arguments": list(arguments)})


def _range(start: tuple[int, int], end: tuple[int, int]) -> dict[str, Any]:
    return {"start": {"line": start[0], "character": start[1]}, "end": {"line": end[0], "character": end[1]}}


def where(found: dict[str, Any]) -> tuple[int, int, int, int]:
    """Return the numbers of a range."""
    start, end = found["start"], found["end"]
    return start["line"], start["character"], end["line"], end["character"]
