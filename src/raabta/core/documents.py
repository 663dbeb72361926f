"""Reading declared things from YAML files, remembering which line said what."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.scalarstring import LiteralScalarString

from raabta.core.errors import Problem

#: A definition file larger than this is a mistake.
MAX_BYTES = 2_000_000


@dataclass(frozen=True)
class Document:
    """One definition: plain data, and the line of each field path ('steps[2].send.template')."""

    file: str
    kind: str
    name: str
    body: dict[str, Any]
    lines: dict[str, int] = field(default_factory=dict, compare=False)

    def problem(self, field_path: str, message: str, remedy: str = "") -> Problem:
        """A problem at the line of the field, or of the nearest field that encloses it."""
        path = field_path
        while path and path not in self.lines:
            cut = max(path.rfind("."), path.rfind("["))
            path = path[:cut] if cut > 0 else ""
        return Problem(self.file, self.lines.get(path, 1), field_path or self.kind, message, remedy)


def read_folder(
    folder: Path, kinds: Sequence[str], skip: Iterable[str] = ()
) -> tuple[list[Document], list[Problem]]:
    """All definitions of a folder and the folders in it, in the order of their paths.

    A file's first key says what it declares; a file may hold several, separated by `---`. Folders
    named in `skip` are left out.
    """
    documents: list[Document] = []
    problems: list[Problem] = []
    left_out = set(skip)
    for path in sorted([*folder.rglob("*.yaml"), *folder.rglob("*.yml")]):
        inside = path.relative_to(folder)
        if left_out.intersection(inside.parts[:-1]):
            continue
        found, wrong = read_file(path, inside.as_posix(), kinds)
        documents += found
        problems += wrong
    seen: dict[tuple[str, str], Document] = {}
    for document in documents:
        key = (document.kind, document.name)
        if key in seen:
            problems.append(
                document.problem(
                    document.kind,
                    f"{document.name!r} is declared twice",
                    f"it stands in {seen[key].file} too",
                )
            )
        seen[key] = document
    return documents, problems


def read_file(path: Path, shown: str, kinds: Sequence[str]) -> tuple[list[Document], list[Problem]]:
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError:
        return [], [Problem(shown, 1, "file", "is not UTF-8 text", "save it as UTF-8")]
    return read_text(text, shown, kinds)


def read_text(text: str, shown: str, kinds: Sequence[str]) -> tuple[list[Document], list[Problem]]:
    """All definitions of a text; `shown` is what problems call its file."""
    if len(text) > MAX_BYTES:
        return [], [Problem(shown, 1, "file", "is too large", f"at most {MAX_BYTES:,} bytes")]
    try:
        parts = list(YAML(typ="rt").load_all(text))
    except MarkedYAMLError as error:
        mark = error.problem_mark
        line = mark.line + 1 if mark else 1
        return [], [Problem(shown, line, "yaml", str(error.problem or "cannot be read"))]
    documents, problems = [], []
    for part in parts:
        if part is None:
            continue
        kind = next((k for k in part if k in kinds), None) if isinstance(part, Mapping) else None
        if kind is None:
            line = part.lc.line + 1 if hasattr(part, "lc") else 1
            word = str(next(iter(part), "")) if isinstance(part, Mapping) else "file"
            problems.append(
                Problem(shown, line, word, "declares nothing", f"start with {', '.join(kinds)}")
            )
            continue
        lines: dict[str, int] = {}
        body = _plain(part, "", lines)
        name = body.get(kind)
        document = Document(shown, kind, str(name), body, lines)
        if not isinstance(name, str) or not name.strip():
            problems.append(document.problem(kind, "must be a name"))
        else:
            documents.append(document)
    return documents, problems


def _plain(value: Any, path: str, lines: dict[str, int]) -> Any:
    if isinstance(value, CommentedMap):
        result = {}
        for key, inner in value.items():
            here = f"{path}.{key}" if path else str(key)
            position = value.lc.data.get(key) if value.lc.data else None
            if position:
                lines[here] = position[0] + 1
            result[str(key)] = _plain(inner, here, lines)
        return result
    if isinstance(value, CommentedSeq):
        found = []
        for n, inner in enumerate(value):
            here = f"{path}[{n}]"
            position = value.lc.data.get(n) if value.lc.data else None
            if position:
                lines[here] = position[0] + 1
            found.append(_plain(inner, here, lines))
        return found
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    return str(value)


def canonical(body: Mapping[str, Any]) -> str:
    """The same text for the same definition, whatever the order of its fields in the file."""
    return json.dumps(body, ensure_ascii=False, sort_keys=False, separators=(",", ":"))


def to_yaml(body: Mapping[str, Any]) -> str:
    """A definition as text that reads back to the same body: long text in blocks, as people write."""
    writer = YAML(typ="rt")
    writer.indent(mapping=2, sequence=4, offset=2)
    writer.width = 100
    text = StringIO()
    writer.dump(_blocks(body), text)
    return text.getvalue()


def _blocks(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _blocks(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_blocks(inner) for inner in value]
    if isinstance(value, str) and "\n" in value:
        return LiteralScalarString(value)
    return value
