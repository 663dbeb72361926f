"""What the live stream tells."""

from __future__ import annotations

from pydantic import BaseModel, Field


class LiveFigures(BaseModel):
    """The data of one event of `GET /api/v1/live`. Days are the workspace's own."""

    reached: str | None = Field(description="the instant the engine has come to")
    position: int = Field(description="the log's row up to which everything is handled")
    tail: int = Field(description="the log's last row")
    people: int
    inside: int
    sent_today: int
    deferred_today: int
    withheld_today: int
    error: str | None = Field(description="of the last tick")
    revision: int = Field(description="rises with each change of the definitions")
