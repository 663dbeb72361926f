"""One definition: read, checked and changed."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field


class ProblemOut(BaseModel):
    """One thing wrong with a definition."""

    message: str
    field: str = Field(description="the path of the field, as steps[2].send.template")
    line: int = Field(description="in the YAML text, from 1")
    remedy: str
    file: str = ""


class DefinitionVersion(BaseModel):
    version: int
    applied_at: str
    active: bool


class DefinitionOut(BaseModel):
    kind: str
    name: str
    version: int = Field(description="the version in force, else the last one that was")
    active: bool
    file: str
    yaml: str
    body: dict[str, Any]
    versions: list[DefinitionVersion] = Field(description="newest first")


class DefinitionPut(BaseModel):
    model_config = ConfigDict(extra="forbid")

    yaml: Annotated[str, Field(max_length=2_000_000)]
    dry_run: bool = Field(False, description="only check, and say what would change")
    base_version: int | None = Field(
        None, description="the version that was edited; 0 for a new definition; 409 if it moved on"
    )


class ChangeOut(BaseModel):
    kind: str
    name: str
    action: str = Field(description="create, update or remove")
    version: int
    file: str
    effect: str = Field(description="for whom, in words")


class DefinitionChanged(BaseModel):
    """`problems` only where nothing was to be written; else they come as a 422."""

    changes: list[ChangeOut]
    problems: list[ProblemOut]
