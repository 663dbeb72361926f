"""Backtests over REST: ordered, watched, cancelled, kept."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from raabta.api.schemas.common import Lang
from raabta.api.schemas.simulations import (
    SettingList,
    Simulation,
    SimulationIn,
    SimulationList,
)
from raabta.core.clock import instant
from raabta.core.documents import Document
from raabta.lab.settings import changeable
from raabta.lab.simulations import Order, Simulations
from raabta.runtime.engine import Engine


def simulations_router(engine: Engine, simulations: Simulations) -> APIRouter:
    router = APIRouter(prefix="/api/v1/simulations", tags=["simulations"])

    @router.get("", response_model=SimulationList)
    def listed() -> Any:
        """The newest 50, newest first, without their results."""
        return {"simulations": simulations.list()}

    @router.get("/settings", response_model=SettingList)
    def settings(lang: Lang = "en") -> Any:
        """What of the policy a backtest can change, with the values in force."""
        return {"settings": changeable(engine.declared().policy, lang)}

    @router.post("", response_model=Simulation, status_code=202)
    def start(body: SimulationIn) -> Any:
        """Start a backtest in the background."""
        documents = None
        if body.definitions is not None:
            documents = [
                Document(d.file, d.kind, d.name, d.body, d.lines) for d in body.definitions
            ]
        order = Order(
            start=instant(body.start, "from"),
            end=instant(body.end, "to"),
            journey=body.journey,
            settings=body.settings,
            documents=documents,
        )
        return simulations.start(order)

    @router.get("/{job}", response_model=Simulation)
    def state(job: str) -> Any:
        """Progress, and the result once it is done."""
        return simulations.state(job)

    @router.delete("/{job}", response_model=Simulation)
    def cancel(job: str) -> Any:
        """Ask a backtest to stop; one that is over stays as it is."""
        return simulations.cancel(job)

    return router
