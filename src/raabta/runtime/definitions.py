"""A folder of definitions: read, validated as a whole, and turned into the engine's rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from raabta.audiences.model import Segment
from raabta.content.check import check_template
from raabta.content.model import Brand, Template
from raabta.core.documents import Document, read_folder
from raabta.core.errors import InvalidDefinitions, InvalidInput, Problem
from raabta.decisioning.model import Policy
from raabta.journeys.model import Branch, Journey, Send
from raabta.journeys.parse import parse_journey
from raabta.journeys.plan import Plan
from raabta.query.compile import inline
from raabta.query.model import Catalog, Condition, InSegment, leaves
from raabta.query.parse import nearest, parse
from raabta.runtime.ports import Rules

KINDS = ("segment", "journey", "template", "brand", "policy")
#: Folders beside definitions that hold other YAML: mappings of imports.
NOT_DEFINITIONS = ("import",)
_SEGMENT_FIELDS = ("segment", "description", "where")


@dataclass
class Declared:
    """Everything a folder declares, parsed. Conditions are not yet inlined."""

    documents: dict[tuple[str, str], Document] = field(default_factory=dict)
    segments: dict[str, tuple[str, Condition]] = field(default_factory=dict)
    journeys: dict[str, Journey] = field(default_factory=dict)
    templates: dict[str, Template] = field(default_factory=dict)
    brand: Brand | None = None
    policy: Policy = field(default_factory=Policy)


def load(folder: Path, catalog: Catalog | None = None) -> Declared:
    """Read and check a folder. Raises InvalidDefinitions with every problem found."""
    if not folder.is_dir():
        raise InvalidInput("is not a folder", field=str(folder), remedy="name the folder of YAML")
    documents, problems = read_folder(folder, KINDS, NOT_DEFINITIONS)
    declared, wrong = declare(documents, catalog)
    if problems + wrong:
        raise InvalidDefinitions(sorted(problems + wrong, key=lambda p: (p.file, p.line)))
    return declared


def declare(
    documents: Iterable[Document], catalog: Catalog | None = None
) -> tuple[Declared, list[Problem]]:
    """Parse and cross-check documents."""
    declared = Declared()
    problems: list[Problem] = []
    for document in documents:
        wrong = _misdeclared(document, declared)
        if wrong:
            problems.append(wrong)
            continue
        declared.documents[(document.kind, document.name)] = document
        try:
            _take(document, declared)
        except ValidationError as error:
            problems += _pydantic_problems(document, error)
        except InvalidInput as error:
            field_path = error.field or document.kind
            problems.append(document.problem(field_path, error.message, error.remedy))
    if not problems:
        problems += _cross_check(declared, catalog)
    return declared, problems


def _misdeclared(document: Document, declared: Declared) -> Problem | None:
    """What is wrong with a document as a whole: files cannot say such things, programs can."""
    if document.kind not in KINDS:
        return document.problem("kind", f"{document.kind!r} is not a kind", _nearest_kind(document))
    if document.body.get(document.kind) != document.name:
        return document.problem(
            document.kind, f"must be {document.name!r}, the definition's name", "name it once"
        )
    if (document.kind, document.name) in declared.documents:
        return document.problem(document.kind, f"{document.name!r} is declared twice")
    if document.kind in ("brand", "policy"):
        for kind, name in declared.documents:
            if kind == document.kind:
                return document.problem(
                    kind, f"there is a {kind} already: {name!r}", f"a workspace has one {kind}"
                )
    return None


def _nearest_kind(document: Document) -> str:
    return nearest(document.kind, KINDS)


def _take(document: Document, declared: Declared) -> None:
    body = document.body
    match document.kind:
        case "segment":
            for key in body:
                if key not in _SEGMENT_FIELDS:
                    raise InvalidInput(
                        "unknown field", field=key, remedy=nearest(key, _SEGMENT_FIELDS)
                    )
            if "where" not in body:
                raise InvalidInput("is missing", field="where", remedy="say who is in it")
            condition = parse(body["where"])
            declared.segments[document.name] = (str(body.get("description", "")), condition)
        case "journey":
            declared.journeys[document.name] = parse_journey(body)
        case "template":
            declared.templates[document.name] = Template.model_validate(body)
        case "brand":
            declared.brand = Brand.model_validate(body)
        case _:
            declared.policy = Policy.model_validate(body)


def _pydantic_problems(document: Document, error: ValidationError) -> list[Problem]:
    models: dict[str, type[BaseModel]] = {"template": Template, "brand": Brand, "policy": Policy}
    model = models[document.kind]
    found = []
    for item in error.errors():
        path = ""
        for part in item["loc"]:
            path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
        remedy = ""
        if item["type"] == "extra_forbidden":
            remedy = nearest(str(item["loc"][-1]), _fields_at(model, item["loc"][:-1]))
            found.append(document.problem(path, "unknown field", remedy))
            continue
        found.append(document.problem(path, item["msg"].removeprefix("Value error, "), remedy))
    return found


def _fields_at(model: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    """The field names allowed where an unknown one stood."""
    current: Any = model
    for part in loc:
        info = current.model_fields.get(part) if _is_model(current) else None
        annotation = info.annotation if info else current
        options = [annotation, *getattr(annotation, "__args__", ())]
        current = next((o for o in options if _is_model(o)), annotation)
    if not _is_model(current):
        return list(model.model_fields)
    return list(current.model_fields)


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _cross_check(declared: Declared, catalog: Catalog | None) -> list[Problem]:
    problems: list[Problem] = []
    conditions = {name: condition for name, (_, condition) in declared.segments.items()}
    for name, condition in conditions.items():
        document = declared.documents[("segment", name)]
        try:
            inline(condition, conditions)
        except InvalidInput as error:
            remedy = error.remedy or nearest_segment(condition, conditions)
            problems.append(document.problem("where", error.message, remedy))
    for name, journey in declared.journeys.items():
        problems += _check_journey(declared.documents[("journey", name)], journey, declared)
    problems += _check_templates(declared, catalog)
    return problems


def nearest_segment(condition: Condition, known: Mapping[str, Condition]) -> str:
    missing = [
        leaf.name
        for leaf in leaves(condition)
        if isinstance(leaf, InSegment) and leaf.name not in known
    ]
    return nearest(missing[0], sorted(known)) if missing and known else ""


def _check_journey(document: Document, journey: Journey, declared: Declared) -> list[Problem]:
    problems = []
    names = [journey.entry.segment] if journey.entry.segment else []
    for condition in journey.conditions():
        names += [leaf.name for leaf in leaves(condition) if isinstance(leaf, InSegment)]
    for name in names:
        if name not in declared.segments:
            where = "entry.segment" if name == journey.entry.segment else _line_of(document, name)
            problems.append(
                document.problem(
                    where,
                    f"there is no segment {name!r}",
                    nearest(name, sorted(declared.segments)),
                )
            )
    for step in journey.steps:
        if isinstance(step, Send) and step.template not in declared.templates:
            problems.append(
                document.problem(
                    f"{_path_of(document, step.template)}.template",
                    f"there is no template {step.template!r}",
                    nearest(step.template, sorted(declared.templates)),
                )
            )
    return problems


def _path_of(document: Document, template: str) -> str:
    """The path of the send that names a template."""
    return next(
        (
            path.removesuffix(".template")
            for path in document.lines
            if path.endswith("send.template") and _at(document.body, path) == template
        ),
        "steps",
    )


def _line_of(document: Document, segment: str) -> str:
    return next(
        (
            path
            for path in document.lines
            if path.endswith(".segment") and _at(document.body, path) == segment
        ),
        "steps",
    )


def _at(body: Any, path: str) -> Any:
    for part in path.replace("[", ".[").split("."):
        body = body[int(part[1:-1])] if part.startswith("[") else body[part]
    return body


def _check_templates(declared: Declared, catalog: Catalog | None) -> list[Problem]:
    problems = []
    for name, template in declared.templates.items():
        document = declared.documents[("template", name)]
        senders = [
            (journey, step)
            for journey in declared.journeys.values()
            for step in journey.steps
            if isinstance(step, Send) and step.template == name
        ]
        promotional = any(step.cls != "transactional" for _, step in senders) or not senders
        traits = set(catalog.trait_keys) | _set_by_journeys(declared) if catalog else None
        properties = _properties(senders, catalog)
        for finding in check_template(
            template,
            declared.brand,
            traits or None,
            properties,
            promotional=promotional,
        ):
            problems.append(document.problem(finding.field, finding.message, finding.remedy))
    return problems


def _set_by_journeys(declared: Declared) -> set[str]:
    return {key for journey in declared.journeys.values() for key in journey.set_keys()}


def _properties(senders: list[tuple[Journey, Send]], catalog: Catalog | None) -> set[str] | None:
    """What `event.` may name: properties of the events that bring people in; None if unknown."""
    if catalog is None or not senders:
        return None
    found: set[str] = set()
    for journey, _ in senders:
        if journey.entry.event is None:
            continue
        table = catalog.events.get(journey.entry.event.event)
        if table is None:
            return None
        found |= {path.partition(".")[0] for path in table.columns} | set(table.arrays)
    return found


def rules(
    declared: Declared,
    versions: Mapping[tuple[str, str], int],
    revision: int = 0,
    drained: Iterable[Journey] = (),
    retired: Mapping[str, Condition] | None = None,
) -> Rules:
    """The engine's rules. `versions` by (kind, name); `drained` are older versions of journeys
    that still hold people and take nobody in; `retired` are segments no longer in force, which
    those may still ask."""
    conditions = {name: condition for name, (_, condition) in declared.segments.items()}
    known = {**(retired or {}), **conditions}
    segments = tuple(
        Segment(
            name,
            versions.get(("segment", name), 1),
            description,
            inline(condition, conditions),
        )
        for name, (description, condition) in declared.segments.items()
    )
    active = [
        _inlined(journey, versions.get(("journey", name), 1), conditions)
        for name, journey in declared.journeys.items()
    ]
    old = [_inlined(journey, journey.version, known) for journey in drained]
    plan = Plan(tuple(active + old), tuple([True] * len(active) + [False] * len(old)))
    return Rules(revision, segments, plan, declared.policy)


def _inlined(journey: Journey, version: int, conditions: Mapping[str, Condition]) -> Journey:
    entry = journey.entry
    if entry.condition:
        entry = replace(entry, condition=inline(entry.condition, conditions))
    steps = tuple(
        replace(step, arms=tuple((inline(c, conditions), t) for c, t in step.arms))
        if isinstance(step, Branch)
        else step
        for step in journey.steps
    )
    return replace(journey, version=version, entry=entry, steps=steps)
